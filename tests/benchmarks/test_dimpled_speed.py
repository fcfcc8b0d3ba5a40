"""Radii of many points and nets at once against one point after the other; redraws of G against training again.

    pytest tests/benchmarks/test_dimpled_speed.py

Radii: off-manifold attack of eight nets of width 128 at 60 points each, l = 48, in one batch, against a loop over
points with the same algorithm; both find the same radii. `compiled_ratio` is seconds of the verifier's attack, a
compiled loop over points of two-layer nets, over those of the batch: below 1 it is faster, with radii a few percent
longer; the batch serves deep nets and GPUs. Chi-square: the law of the normal gradient by 2000 draws of its block
after one training on P, against training the whole net again for each draw, which gives the same law (timed on a few).
One thread.
"""

from __future__ import annotations

import time

import numpy as np
import pytest
import torch
from scipy import stats

from constructions.trained.dimpled_manifold.descent import fit
from constructions.trained.dimpled_manifold.nets import head_slopes, padded, preactivations, scores
from constructions.trained.dimpled_manifold.phases import completed, start
from constructions.trained.dimpled_manifold.plans import three_eight
from constructions.trained.dimpled_manifold.radii import broken
from verifiers.dimpled_manifold.radii import attack_radius

CPU = torch.device("cpu")
NETS, DRAWS, RETRAINED = 8, 2000, 4


@pytest.fixture(scope="module", autouse=True)
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.mark.timeout(900)
def test_off_manifold_radii(benchmark):
    task = three_eight(16, 48, 60, 128, 200)
    begun = start(task, 0, 1, NETS, 0, CPU)
    whole = completed(fit(begun.plane, begun.points, begun.labels, task.recipe), begun, 1.0)
    points, normal = padded(begun.points, task.d), slice(task.p, task.d)
    found = benchmark.pedantic(lambda: broken(whole, points, normal).radii, rounds=3, warmup_rounds=1)
    begun_at = time.perf_counter()
    looped = torch.stack([
        torch.cat([broken({key: value[b : b + 1] for key, value in whole.items()}, points[b : b + 1, i : i + 1],
                          normal).radii[0] for i in range(task.count)])
        for b in range(NETS)
    ])  # fmt: skip
    seconds = time.perf_counter() - begun_at
    assert float((found / looped - 1).abs().median()) < 1e-6
    directions, signs = np.eye(task.d)[:, task.p :], scores(whole, points).sign().numpy()

    def compiled() -> np.ndarray:
        return np.stack([
            attack_radius(directions, whole["W"][b].numpy(), np.zeros(task.net.width), whole["u"][b].numpy(),
                          points[b].numpy(), signs[b])
            for b in range(NETS)
        ])  # fmt: skip

    compiled()
    begun_at = time.perf_counter()
    other = compiled()
    compiled_seconds = time.perf_counter() - begun_at
    assert np.median(found.numpy() / other) == pytest.approx(1, abs=0.05)
    median = benchmark.stats.stats.median
    benchmark.extra_info.update(points_per_second=NETS * task.count / median, ratio=seconds / median,
                                compiled_ratio=compiled_seconds / median)  # fmt: skip


@pytest.mark.timeout(900)
def test_draws_of_the_normal_block(benchmark):
    task = three_eight(8, 40, 60, 128, 200)
    begun = start(task, 0, 1, 1, 0, CPU)
    own = np.random.default_rng(0)

    def redrawn() -> np.ndarray:
        """rho^2 / (beta^2 |c|^2) at the first point, for draws of the normal block after one training."""
        plane = fit(begun.plane, begun.points, begun.labels, task.recipe)
        _, gates = head_slopes(plane, preactivations(plane, begun.points[:, :1]))
        c = gates[0, 0].numpy()
        sums = np.zeros((DRAWS, task.codimension))
        for first in range(0, DRAWS, 250):
            sums[first : first + 250] = c @ own.standard_normal((250, task.net.width, task.codimension))
        return (sums**2).sum(axis=1) / (c @ c)

    found = benchmark.pedantic(redrawn, rounds=3, warmup_rounds=1)
    assert stats.kstest(found, stats.chi2(task.codimension).cdf).pvalue > 1e-4
    assert stats.kstest(found, stats.chi2(task.codimension + 4).cdf).pvalue < 1e-6, "another law would be noticed"
    begun_at = time.perf_counter()
    retrained = []
    for _ in range(RETRAINED):
        whole = start(task, 0, 1, 1, 0, CPU).whole
        normal = torch.tensor(own.standard_normal((task.net.width, task.codimension)) / task.d**0.5)[None]
        net = {**whole, "W": torch.cat([whole["W"][:, :, : task.p], normal], dim=2)}
        after = fit(net, padded(begun.points, task.d), begun.labels, task.recipe)
        _, gates = head_slopes(after, preactivations(after, padded(begun.points, task.d)[:, :1]))
        slope = (gates @ after["W"])[0, 0, task.p :]
        retrained.append(float(slope.square().sum() / gates[0, 0].square().sum() * task.d))
    seconds = (time.perf_counter() - begun_at) / RETRAINED
    assert 10 < np.mean(retrained) < 90
    median = benchmark.stats.stats.median
    benchmark.extra_info.update(draws_per_second=DRAWS / median, ratio=seconds * DRAWS / median)
