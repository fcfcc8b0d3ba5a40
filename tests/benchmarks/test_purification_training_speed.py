"""Adversarial training of many runs at once against one after the other: steps per second, and the same weights.

    pytest tests/benchmarks/test_purification_training_speed.py

Eight seeds of FGM training on light data, 200 steps, batch 256, m = 2d, one core without a GPU. At d = 64 what a step
costs beside its products counts, at d = 256 hardly; `samples` is the share of the loop that drawing data takes, which
no stacking saves. `ratio` is steps per second batched over looped; on one core it says what stacking does not lose.
"""

from __future__ import annotations

import time

import numpy as np
import pytest
import torch

from constructions.feature_purification import SparseLaw
from constructions.trained.feature_purification.descent import Recipe, start_weights, train_network, train_runs

RUNS, STEPS = 8, 200


@pytest.fixture(scope="module", autouse=True)
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def streams() -> list[np.random.Generator]:
    return [np.random.default_rng(seed) for seed in range(RUNS)]


@pytest.mark.timeout(900)
@pytest.mark.parametrize("d", [64, 256])
def test_adversarial_steps(benchmark, d):
    law, recipe = SparseLaw.of("light", d, 5), Recipe(STEPS, radius=0.25)
    generator = torch.Generator().manual_seed(0)
    starts = torch.stack([start_weights(law, 2 * d, recipe, generator) for _ in range(RUNS)])

    def batched() -> torch.Tensor:
        return train_runs(law, starts, [recipe] * RUNS, streams()).weights

    found = benchmark.pedantic(batched, rounds=1, warmup_rounds=0)
    begun = time.perf_counter()
    looped = torch.stack([train_network(law, start, recipe, own) for start, own in zip(starts, streams(), strict=True)])
    seconds = time.perf_counter() - begun
    begun = time.perf_counter()
    for own in streams():
        for _ in range(STEPS):
            law.sample(recipe.batch, own)
    samples = time.perf_counter() - begun
    # float32 sums in another order, over 200 steps with gates that open and close
    assert float((found - looped).norm() / looped.norm()) < 1e-2
    median = benchmark.stats.stats.median
    benchmark.extra_info.update(steps_per_second=RUNS * STEPS / median, looped_steps_per_second=RUNS * STEPS / seconds,
                                ratio=seconds / median, samples=samples / seconds)  # fmt: skip
