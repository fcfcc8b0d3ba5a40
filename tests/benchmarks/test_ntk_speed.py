"""Kernels and attacks of ntk_features: fused numba against numpy and torch, batches against loops.

    pytest tests/benchmarks/test_ntk_speed.py

`test_kernel`: NNGP and NTK of 5000 points, depth 3, one thread everywhere, against the recursion array by array in
numpy and in torch, each with the exact diagonal; `numpy_over_fused` and `torch_over_fused` are seconds over seconds.
`near_error` and `numpy_near_error` are the errors at points 1e-6 apart, where the plain recursion has half the digits.
`test_features`: one-step attacks on 40 features at 400 points at once, against a predictor per feature.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from constructions.ntk_features import Architecture, KernelPredictor, features, kernels, kernels_numpy, one_step

POINTS, DIMENSION, DEPTH = 5000, 64, 3


def seconds(work: Callable[[], Any], rounds: int = 2) -> float:
    times = []
    for _ in range(rounds):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return min(times)


def in_torch(points: np.ndarray, depth: int, divisor: float) -> tuple[Any, Any]:
    """The recursion in float64 torch, in place where that helps, with the exact diagonal."""
    torch = pytest.importorskip("torch")
    torch.set_num_threads(1)
    x = torch.from_numpy(points)
    q = 2 * (x * x).sum(1) / divisor
    k = 2 * (x @ x.T) / divisor
    t = k.clone()
    for _ in range(depth):
        n = torch.sqrt(torch.outer(q, q))
        cosine = k.div_(n).clamp_(-1, 1)
        theta = torch.arccos(cosine)
        rest = math.pi - theta
        k = torch.sqrt(1 - cosine * cosine).add_(rest * cosine).mul_(n).div_(math.pi)
        t = k + t.mul_(rest).div_(math.pi)
    k.fill_diagonal_(0).add_(torch.diag(q))
    t.fill_diagonal_(0).add_(torch.diag((depth + 1) * q))
    return k, t


def test_kernel(benchmark) -> None:
    points = np.random.default_rng(0).standard_normal((POINTS, DIMENSION))
    points[1] = points[0] + 1e-6 * points[2]
    kernels(points[:1100], depth=DEPTH, divisor=DIMENSION)  # compiled for tiles of both kinds

    def fused() -> Any:
        return kernels(points, depth=DEPTH, divisor=DIMENSION)

    found = benchmark.pedantic(fused, rounds=3)
    plain = kernels_numpy(points, depth=DEPTH, divisor=DIMENSION)
    torch_ntk = in_torch(points, DEPTH, DIMENSION)[1].numpy()
    scale = np.abs(found.ntk).max()
    far = np.ones_like(found.ntk, dtype=bool)
    far[0, 1] = far[1, 0] = False
    assert np.abs(found.ntk - plain.ntk)[far].max() < 1e-11 * scale
    assert np.abs(found.ntk - torch_ntk)[far].max() < 1e-11 * scale
    own = seconds(fused)
    benchmark.extra_info.update(
        numpy_over_fused=seconds(lambda: kernels_numpy(points, depth=DEPTH, divisor=DIMENSION)) / own,
        torch_over_fused=seconds(lambda: in_torch(points, DEPTH, DIMENSION)) / own,
        numpy_near_error=abs(plain.ntk[0, 1] - found.ntk[0, 1]) / scale,
    )
    assert benchmark.extra_info["numpy_over_fused"] > 2


def test_features(benchmark) -> None:
    generator = np.random.default_rng(1)
    points, y = generator.standard_normal((300, 32)), np.sign(generator.standard_normal(300))
    queries, labels = generator.standard_normal((400, 32)), np.sign(generator.standard_normal(400))
    architecture = Architecture(2, 32.0)
    found = features(architecture.kernel(points), y)
    every = KernelPredictor(points, np.ascontiguousarray(found.coefficients[:, :40]), architecture)

    def batched() -> np.ndarray:
        return one_step(every, queries, labels, 0.1)

    def alone() -> np.ndarray:
        return np.stack([one_step(every.column(c), queries, labels, 0.1) for c in range(40)], axis=1)

    moved = benchmark.pedantic(batched, rounds=5, warmup_rounds=1)
    assert np.allclose(moved, alone())
    benchmark.extra_info["loop_over_batch"] = seconds(alone) / seconds(batched)
