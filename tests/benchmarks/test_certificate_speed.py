"""The certificate for symmetric-ReLU networks against linear relaxation (CROWN) and intervals, at the same points.

    pytest tests/benchmarks/test_certificate_speed.py

A clean and an adversarially trained network with m = 2d neurons on light data, k = 5, gap .99, noise .1; 500 fresh
points; radii .05 to .20. The seconds of the certificate include the exact proof of the operator norm, once per network.
At d = 256 the networks that are shipped are used where there are any, otherwise they are trained once and kept in the
folder for temporary files. Beside the certified shares stands that of points which no attack broke, an upper bound of
both. `test_relaxation_is_sound` and its neighbour compare the reference itself with least values found otherwise.
"""

from __future__ import annotations

import functools
import importlib.util
import tempfile
import time
from fractions import Fraction
from pathlib import Path

import crown
import numpy as np
import pytest
import torch

from constructions.feature_purification import SparseLaw
from constructions.trained.feature_purification import Recipe, train_network
from constructions.trained.feature_purification.descent import biases_of, start_weights
from verifiers.feature_purification.attack import Network, attack
from verifiers.feature_purification.certificate import energy, height_errors, lower_bounds
from verifiers.spectrum import spectral_bound

SHIPPED = Path(__file__).parents[2] / "reports" / "published" / "finite_pair" / "light_256_5.npz"
POINTS, KAPPA, SPARSITY, RADII = 500, 0.2, 5, ("1/20", "1/10", "3/20", "1/5")
KINDS = ("clean", "adversarial")
ROUNDED = 2.0**-20


def minima():
    """The module that lists least values of small networks, of the tests beside these."""
    path = Path(__file__).parents[1] / "soundness" / "purification_minimum.py"
    spec = importlib.util.spec_from_file_location("purification_minimum", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def trained(d: int) -> dict[str, np.ndarray]:
    law, recipe = SparseLaw.of("light", d, SPARSITY), Recipe(1500)
    start = start_weights(law, 2 * d, recipe, torch.Generator().manual_seed(0))
    streams = [np.random.default_rng(seed) for seed in (1, 2)]
    clean = train_network(law, start, recipe, streams[0])
    hard = train_network(law, start, Recipe(2500, radius=0.25), streams[1])
    found = zip(KINDS, (clean, hard), strict=True)
    return {name: np.round(weights.double().numpy() / ROUNDED) * ROUNDED for name, weights in found}


def with_biases(weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return weights, biases_of(torch.tensor(weights), KAPPA, SPARSITY).numpy()


@functools.cache
def networks(d: int) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Weights and biases by kind."""
    if d == 256 and SHIPPED.exists():
        with np.load(SHIPPED) as stored:
            return {"clean": (stored["clean_weights"], stored["clean_biases"]),
                    "adversarial": (stored["adversarial_weights"][0], stored["adversarial_biases"][0])}  # fmt: skip
    kept = Path(tempfile.gettempdir()) / f"thinmargin-benchmark-networks-{d}.npz"
    if d == 256 and kept.exists():
        with np.load(kept) as stored:
            return {kind: with_biases(stored[kind]) for kind in KINDS}
    found = trained(d)
    if d == 256:
        np.savez(kept, **found)
    return {kind: with_biases(weights) for kind, weights in found.items()}


@pytest.fixture(scope="module", autouse=True)
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def certify(weights, biases, outputs, points, labels, radii):
    """Lower bounds of y f over the ball (radius, point), the operator norm proved on the way."""
    proof = spectral_bound(weights)
    heights, errors = labels[:, None] * (points @ weights.T), 4 * height_errors(points, weights, outputs)
    return [lower_bounds(heights, biases, outputs, float(energy(proof, Fraction(tau), 2)), errors=errors)[0]
            for tau in radii]  # fmt: skip


def share(bounds) -> float:
    return float(np.mean(np.asarray(bounds) > 0))


@pytest.mark.timeout(1800)
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("d", [64, 256])
def test_certified_points(benchmark, d, kind):
    weights, biases = networks(d)[kind]
    outputs = np.ones(len(weights))
    sample = SparseLaw.of("light", d, SPARSITY).sample(POINTS, np.random.default_rng(3))
    points, labels = sample.points, sample.labels.astype(np.float64)
    parts = (weights, biases, outputs, points, labels)
    bounds = benchmark.pedantic(certify, args=(*parts, RADII), rounds=3, warmup_rounds=1)
    seconds = benchmark.stats.stats.median
    benchmark.extra_info["seconds_per_radius"] = seconds / len(RADII)
    tensors = [torch.tensor(part) for part in parts]
    spent = 0.0
    for tau, own in zip(RADII, bounds, strict=True):
        radius = float(Fraction(tau))
        start = time.perf_counter()
        relaxed = crown.crown(*tensors, radius)
        spent += time.perf_counter() - start
        fixed, flat = crown.crown(*tensors, radius, steps=0), crown.intervals(*tensors, radius)
        network = Network(weights, biases, outputs)
        left = attack(network, points[:200], sample.labels[:200], radius, 2, np.random.default_rng(4)).values
        shares = {"certificate": share(own), "crown": share(relaxed), "crown_fixed": share(fixed),
                  "intervals": share(flat), "attack": share(left)}  # fmt: skip
        benchmark.extra_info[f"radius {radius:g}"] = shares
        print(f"\nd = {d}, {kind}, radius {radius:g}: " + ", ".join(f"{k} {v:.3f}" for k, v in shares.items()))
        for found in (own, relaxed.numpy(), flat.numpy()):
            assert np.all(found[:200] <= left + 1e-9)
    benchmark.extra_info["crown_times_slower"] = spent / seconds
    if kind == "adversarial":
        assert share(bounds[-1]) >= 0.9


def small_networks(count: int):
    generator = np.random.default_rng(21)
    for number in range(count):
        d, m = 1 + number % 2, int(generator.integers(1, 10))
        weights = generator.normal(size=(m, d)) * (generator.random((m, 1)) < 0.9)
        biases = np.abs(generator.normal(size=m)) * (number % 4 > 0)
        outputs, x = np.exp(generator.normal(size=m)), generator.normal(size=d) * 2
        yield weights, biases, outputs, x, float(generator.choice([0.05, 0.5, 2.0, 20.0]))


def test_relaxation_is_sound():
    """Never above the least value of a planar network, nor the interval bound above the relaxation's optimum."""
    least, tight = minima().least, 0
    for *network, tau in small_networks(300):
        weights, biases, outputs, x = network
        tensors = [torch.tensor(part) for part in (*network[:3], x[None], np.ones(1))]
        lowest, reach = least(*network, tau, 2), np.linalg.norm(weights, axis=1) * (4 + tau)
        size = 1 + float(outputs @ (reach + biases))
        for bound in (crown.crown(*tensors, tau), crown.crown(*tensors, tau, steps=0), crown.intervals(*tensors, tau)):
            assert float(bound) <= lowest + 1e-9 * size
        assert float(crown.crown(*tensors, tau)) >= float(crown.intervals(*tensors, tau)) - 1e-9 * size
        tight += float(crown.crown(*tensors, tau)) > lowest - 1e-3 * size
    assert tight >= 60


def test_relaxation_is_sound_against_attacks():
    generator = np.random.default_rng(5)
    for d, m, tau in ((3, 5, 0.3), (10, 30, 0.05), (40, 20, 1.0)):
        weights, points = generator.normal(size=(m, d)) / np.sqrt(d), generator.normal(size=(40, d))
        biases, outputs = np.abs(generator.normal(size=m)) * 0.2, generator.uniform(0.5, 2, m)
        network = Network(weights, biases, outputs)
        labels = np.where(network.values(points) >= 0, 1, -1)
        found = attack(network, points, labels, tau, 2, generator)
        parts = (weights, biases, outputs, points, labels.astype(np.float64))
        bound = crown.crown(*(torch.tensor(part) for part in parts), tau)
        assert np.all(bound.numpy() <= found.values + 1e-9)
