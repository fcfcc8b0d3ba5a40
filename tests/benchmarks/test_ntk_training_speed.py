"""Seeds in stacks against a loop, and empirical kernels in blocks against one example after the other.

    pytest tests/benchmarks/test_ntk_training_speed.py

One core without a GPU. Ten nets of one hidden layer on 200 digits: `ratio` is a loop over seeds against `stacks`, which
puts as many into one tensor as the cache holds; `all_at_once` is the loop against one tensor of all. Kernels: Jacobians
of a net with two hidden layers in blocks by `torch.func`, against one backward pass per example, and the closed form of
one hidden layer against the blocks.
"""

from __future__ import annotations

import time

import numpy as np
import pytest
import torch

from constructions.ntk_features.tasks import HALVES, load
from constructions.trained.ntk_features.descent import Attack, descend, stacks
from constructions.trained.ntk_features.empirical import (
    as_function,
    as_parameters,
    empirical_kernel,
    one_layer_kernel,
)
from constructions.trained.ntk_features.networks import Network, start

SEEDS, STEPS, POINTS = 10, 100, 200


@pytest.fixture(scope="module", autouse=True)
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def data() -> tuple[torch.Tensor, torch.Tensor]:
    task = load(HALVES, 0, POINTS, 1)
    return torch.tensor(task.points), torch.tensor(task.labels)


@pytest.mark.timeout(600)
@pytest.mark.parametrize("width", [16, 64, 256])
def test_adversarial_steps_of_many_seeds(benchmark, width):
    points, labels = data()
    network, attack = Network(64, (width,), scale=0.3), Attack(0.08, 5, (0.0, 1.0))

    def trained(groups: list[list[int]]) -> torch.Tensor:
        return torch.cat([
            descend(network, start(network, own), points, labels, STEPS, 1e-3, centred=False, attack=attack)[0]
            for own in groups
        ])  # fmt: skip

    def timed(groups: list[list[int]]) -> tuple[torch.Tensor, float]:
        begun = time.perf_counter()
        return trained(groups), time.perf_counter() - begun

    seeds = list(range(SEEDS))
    groups = stacks(seeds, network, POINTS, torch.device("cpu"))
    found = benchmark.pedantic(trained, (groups,), rounds=1, warmup_rounds=0)
    looped, seconds = timed([[seed] for seed in seeds])
    whole = timed([seeds])[1]
    assert torch.allclose(found, looped, rtol=0, atol=1e-6)  # sums in another order, over gates and signs
    median = benchmark.stats.stats.median
    benchmark.extra_info.update(steps_per_second=SEEDS * STEPS / median, stacks=len(groups),
                                ratio=seconds / median, all_at_once=seconds / whole)  # fmt: skip


@pytest.mark.timeout(600)
def test_empirical_kernel_in_blocks(benchmark):
    points, _ = data()
    network = Network(64, (64, 64))
    function, parameters = as_function(network), as_parameters(start(network, [0]), 0)
    blocks = benchmark.pedantic(empirical_kernel, (function, parameters, points), rounds=3, warmup_rounds=1)
    begun = time.perf_counter()
    rows = []
    for point in points:
        own = {name: value.clone().requires_grad_(True) for name, value in parameters.items()}
        gradient = torch.autograd.grad(function(own, point)[0], list(own.values()))
        rows.append(torch.cat([entry.reshape(-1) for entry in gradient]))
    jacobian = torch.stack(rows)
    looped = jacobian @ jacobian.T
    seconds = time.perf_counter() - begun
    assert float((blocks - looped).abs().max() / looped.abs().max()) < 1e-12
    benchmark.extra_info.update(ratio=seconds / benchmark.stats.stats.median)


@pytest.mark.timeout(600)
def test_closed_form_of_one_hidden_layer(benchmark):
    points, _ = data()
    network = Network(64, (512,))
    parameters = start(network, [0])
    closed = benchmark.pedantic(one_layer_kernel, (network, parameters, points), rounds=3, warmup_rounds=1)
    begun = time.perf_counter()
    blocks = empirical_kernel(as_function(network), as_parameters(parameters, 0), points)
    seconds = time.perf_counter() - begun
    assert np.allclose(closed[0], blocks, rtol=0, atol=1e-12 * float(blocks.abs().max()))
    benchmark.extra_info.update(ratio=seconds / benchmark.stats.stats.median)
