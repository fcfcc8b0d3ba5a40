"""Max margins by the factorised method against the convex program, and batched training against a loop.

    pytest tests/benchmarks/test_frequency_speed.py -s

`test_max_margin`: N = 4096, K = 17, n = 200 Gaussian points to a certified relative gap of 1e-6. The K x K program
(cvxpy, Clarabel) is measured at N = 128, 256 and 512 with n = 25, 50, 100 beside the factorised method on the same
data; its time at N = 4096 is extrapolated by a power law fitted to the three. `test_training`: 64 nets of one
architecture for 20 steps in one tensor, against one net after another.
"""

from __future__ import annotations

import time

import numpy as np
import pytest
import torch

from constructions.trained.frequency_bias.data import tones
from constructions.trained.frequency_bias.descent import fit
from constructions.trained.frequency_bias.models import Architecture, started
from verifiers.frequency_bias.margin import max_margin
from verifiers.frequency_bias.solvers import Shape
from verifiers.frequency_bias.solvers_reference import margin_program

KERNEL, GAP = 17, 1e-6
SIZES = ((128, 25), (256, 50), (512, 100))


def data(sites, count):
    own = np.random.default_rng(2026)
    return own.standard_normal((count, sites)), own.choice([-1.0, 1.0], count)


@pytest.mark.timeout(900)
def test_max_margin(benchmark):
    points, labels = data(4096, 200)
    shape = Shape.of(4096, KERNEL)
    found = benchmark.pedantic(lambda: max_margin(points, labels, shape, tolerance=GAP), rounds=3, warmup_rounds=1)
    assert found.gap <= GAP
    ours = benchmark.stats.stats.median
    times, own_times = [], []
    for sites, count in SIZES:
        points, labels = data(sites, count)
        small = Shape.of(sites, KERNEL)
        start = time.perf_counter()
        value, _ = margin_program(points, labels, small)
        times.append(time.perf_counter() - start)
        start = time.perf_counter()
        factorised = max_margin(points, labels, small, tolerance=GAP)
        own_times.append(time.perf_counter() - start)
        assert factorised.gap <= GAP and value == pytest.approx(factorised.lower, rel=1e-4)
    power, constant = np.polyfit(np.log([sites for sites, _ in SIZES]), np.log(times), 1)
    extrapolated = float(np.exp(constant + power * np.log(4096)))
    benchmark.extra_info.update(
        gap=found.gap, program_512=times[-1], factorised_512=own_times[-1], ratio_512=times[-1] / own_times[-1],
        power=float(power), extrapolated=extrapolated, ratio=extrapolated / ours,
    )  # fmt: skip
    print(
        f"\nN = 4096: {ours:.2f} s, gap {found.gap:.1e}; program at N = {[s for s, _ in SIZES]}: "
        f"{[round(t, 2) for t in times]} s, N^{power:.2f}, extrapolated {extrapolated:.0f} s: ratio "
        f"{extrapolated / ours:.0f}; at N = 512 the factorised method takes {own_times[-1]:.2f} s, ratio "
        f"{times[-1] / own_times[-1]:.0f}"
    )
    assert extrapolated / ours >= 50


@pytest.mark.parametrize("model", [
    Architecture("fully connected", "dense", 1, 3, 24), Architecture("convolution K=3", "conv", 3, 2, 6),
    Architecture("linear K=3", "linear", 3, 2, 1), Architecture("convolution, depth 4", "conv", 3, 4, 6),
], ids=lambda model: model.name)  # fmt: skip
def test_training(benchmark, model):
    nets, steps = 64, 20
    torch.set_num_threads(1)
    task = tones(1.0, nets, 0, train=64, test=8)
    points, labels = task.train
    place = torch.device("cpu")
    start = started(model, task.grid, 1, 1, nets, torch.Generator().manual_seed(0), place)

    def batched():
        return fit(model, start, points, labels, steps, 3e-3, 64, torch.Generator())

    def looped():
        return [
            fit(model, {name: value[b : b + 1] for name, value in start.items()}, points[b : b + 1],
                labels[b : b + 1], steps, 3e-3, 64, torch.Generator())
            for b in range(nets)
        ]  # fmt: skip

    together = benchmark.pedantic(batched, rounds=3, warmup_rounds=1)
    clock = time.perf_counter()
    apart = looped()
    loop = time.perf_counter() - clock
    worst = max(
        float((together[name][b] - apart[b][name][0]).abs().max()) for name in together for b in range(0, nets, 9)
    )
    ratio = loop / benchmark.stats.stats.median
    benchmark.extra_info.update(ratio=ratio, difference=worst)
    step = 1e3 * benchmark.stats.stats.median / steps
    print(f"\n{model.name}: {step:.1f} ms per step of 64 nets, loop {ratio:.1f} times slower")
    assert worst < 1e-3
