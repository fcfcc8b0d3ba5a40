"""Known answers of feature purification: one-step gradients, moments, pure radii, psi, attacks, laws of data."""

from __future__ import annotations

from fractions import Fraction
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from scipy.stats import binom

from constructions import strategies_purification as strategies
from constructions.feature_purification import (
    InitialLaw,
    PurificationInstance,
    SparseLaw,
    forward,
    haar_orthogonal,
    smoothed_relu,
    spaces,
    symmetric_relu,
)
from constructions.instance import InvalidInstance, NoInstance, fractions_of
from verifiers.feature_purification import measure
from verifiers.feature_purification.attack import Network, attack, one_step
from verifiers.feature_purification.certificate import energy, exact_least, height_errors, lower_bounds
from verifiers.spectrum import spectral_bound


@pytest.mark.parametrize(("d", "k", "gap", "pure", "dense", "ratio"), [
    (256, 5, "99/100", 0.006481, 1.3020e-4, 0.020089), (256, 5, 0, 0.003718, 6.588e-5, 0.017717),
    (256, 8, "99/100", 0.005667, 1.7506e-4, 0.030892), (512, 5, "99/100", 0.003242, 3.257e-5, 0.010046),
    (1024, 10, 0, 8.82e-4, 8.20e-6, 0.009294),
])  # fmt: skip
def test_one_gradient_step(d, k, gap, pure, dense, ratio) -> None:
    measured = measure(SparseLaw.of("light", d, k, gap, 0))
    for names, expected in ((("gradient_pure", "closed_pure"), pure), (("gradient_dense", "closed_dense"), dense)):
        for name in names:
            assert float(measured[name].value) / k**0.5 == pytest.approx(expected, rel=2e-3)
    assert float(measured["gradient_dense"].value / measured["gradient_pure"].value) == pytest.approx(ratio, abs=6e-7)


@pytest.mark.parametrize(("d", "k", "accepted", "first", "second", "support"), [
    (256, 5, 0.25299, 1.65923, 2.94706, 5.9386), (256, 8, 0.36902, 1.45072, 2.3213, 8.6452),
])  # fmt: skip
def test_moments_under_the_margin_condition(d, k, accepted, first, second, support) -> None:
    from verifiers.feature_purification.walk import margin_moment

    law = SparseLaw.of("light", d, k, "99/100", 0)
    measured = measure(law)
    assert float(measured["acceptance"].value) == pytest.approx(accepted, abs=1e-5)
    assert float(measured["mean_margin"].value) / k**0.5 == pytest.approx(first, abs=1e-5)
    assert float(margin_moment(law, 2)) / k == pytest.approx(second, abs=1e-4)
    assert float(measured["mean_support"].value) == pytest.approx(support, abs=1e-4)


@settings(max_examples=40, deadline=None)
@given(law=strategies.light_laws())
def test_gradients_and_moments_agree_with_full_enumeration(law) -> None:
    p, t = law.probability, law.least_count
    chance, pure, dense, margin, support = (Fraction(0) for _ in range(5))
    for z in product((-1, 0, 1), repeat=law.d):
        weight = np.prod([p / 2 if s else 1 - p for s in z])
        total = sum(z)
        if abs(total) >= t:
            y = 1 if total > 0 else -1
            chance += weight
            margin += weight * abs(total)
            support += weight * sum(map(abs, z))
            pure += weight * y * z[0]
            dense += weight * y * z[1] * abs(z[0])
    measured = measure(law)
    expected = {"acceptance": chance, "gradient_pure": pure / chance, "gradient_dense": dense / chance,
                "mean_margin": margin / chance, "mean_support": support / chance}  # fmt: skip
    for name, value in expected.items():
        assert measured[name].entries[()] == value.numerator / measured[name].entries[()].__class__(value.denominator)


def test_the_pure_radius_of_six_biases_is_attained() -> None:
    at = measure(spaces.pure_point("1/5", ["4/5"] * 3, [0] * 6, "6/5"))
    assert at["pure_least"].entries[0] == 0 and at["spread"].entries[0] == 9  # -2b on all nine coordinates
    below = measure(spaces.pure_point("1/5", ["4/5"] * 3, [0] * 6, "1199/1000"))
    assert below["pure_dual"].value[0] > 0 and below["pure_least"].value[0] > 0
    narrow = measure(spaces.pure_point("1/5", ["4/5"] * 3, [0] * 3, "6/5"))
    assert narrow["pure_least"].value[0] > 0  # six coordinates do not suffice


def test_the_branches_of_the_radius_meet_at_twice_the_dead_zone() -> None:
    """F = 2 A b': F / sqrt(A) = 2 sqrt(b' (F - A b')), and there both are 4b = 4/5 for four coordinates, b = 1/5."""
    heights, b = ["2/5"] * 4, Fraction(1, 5)
    F, A = 4 * Fraction(2, 5), 4
    assert F == 2 * A * b and (F / 2) ** 2 == 4 * b * (F - A * b) == (4 * b) ** 2
    for tau, sign in (("799/1000", 1), ("4/5", 0)):
        at = measure(spaces.pure_point(b, heights, [0] * 5, tau))
        least, dual = at["pure_least"].entries[0], at["pure_dual"].value[0]
        assert (least > 0) == (sign > 0) and (dual > 0) == (sign > 0) and least >= 0
    x = np.array([[0.6] * 4 + [0.0] * 5])
    assert fall(x, np.ones(1), 0.2, 0.8)[0] == pytest.approx(0, abs=1e-12)
    assert fall(x, np.ones(1), 0.2, 0.8 - 1e-9)[0] > 0 > fall(x, np.ones(1), 0.2, 0.8 + 1e-9)[0]


def fall(points: np.ndarray, labels: np.ndarray, b: float, tau: float) -> np.ndarray:
    """F - D(tau) of the pure network sum_j phi_b(x_j), from the three branches of D as they are stated."""
    x = labels[:, None] * points
    d, sizes = points.shape[1], np.abs(x)
    F = symmetric_relu(x, np.full(d, b)).sum(axis=1)
    A = (sizes > b).sum(axis=1)
    gap = b - np.where(sizes <= b, sizes, 0).max(axis=1)
    first, last = tau * np.sqrt(A), tau * np.sqrt(d) - (d - A) * gap
    with np.errstate(divide="ignore"):
        middle = tau**2 / (4 * gap) + A * gap
    return F - np.where(tau <= 2 * gap * np.sqrt(A), first, np.where(tau <= 2 * gap * np.sqrt(d), middle, last))


@pytest.mark.parametrize(("tau", "population", "error"), [(0.2, 0.9876, 0.0004), (0.25, 0.8280, 0.0013),
                                                         (0.3, 0.6198, 0.0017)])  # fmt: skip
def test_pure_networks_keep_their_sign_as_often_as_the_three_branches_say(tau, population, error) -> None:
    """light(256, 8, .99), kappa = .3, noise .1: F > D(tau) in a fresh sample, attacks, and D as it is measured."""
    law, b = SparseLaw.of("light", 256, 8), 0.3 / np.sqrt(8)
    sample = law.sample(8000, np.random.default_rng(23))
    margins = fall(sample.points, sample.labels, b, tau)
    low, high = binom.interval(1 - 1e-6, 8000, population)
    assert low - 8000 * 4 * error <= np.sum(margins > 0) <= high + 8000 * 4 * error
    network = Network(np.eye(256), np.full(256, b), np.ones(256))
    found = attack(network, sample.points[:100], sample.labels[:100], tau, 2, np.random.default_rng(0), steps=80)
    assert np.all(found.values >= margins[:100] - 1e-9)
    assert np.mean((found.values > 0) == (margins[:100] > 0)) >= 0.98
    few = PurificationInstance(weights=np.eye(256, dtype=int), biases=np.full(256, b), points=sample.points[:8],
                               labels=sample.labels[:8], radius=tau)  # fmt: skip
    F, A, gap, spread = (measure(few)[name].value.astype(float) for name in ("pure_value", "active", "gap", "spread"))
    assert F - (tau * np.sqrt(spread) - (spread - A) * gap) == pytest.approx(margins[:8], abs=1e-12)


def test_a_point_and_its_mirror_image_are_certified_alike() -> None:
    """The network is odd, so (x, y) and (-x, -y) have equal margins, certificates and attacks, to the last digit."""
    generator = np.random.default_rng(6)
    weights, points = generator.normal(size=(12, 5)), generator.normal(size=(20, 5))
    parts = {"weights": weights, "biases": np.abs(generator.normal(size=12)), "radius": 0.1}
    labels = np.where(generator.random(20) < 0.5, 1, -1)
    here, there = (measure(PurificationInstance(points=s * points, labels=s * labels, **parts)) for s in (1, -1))
    for name in ("margin", "dual_bound", "schur_dual_bound"):
        assert np.array_equal(here[name].value, there[name].value)
    assert np.array_equal(here["dual_bound"].value > 0, there["dual_bound"].value > 0)


def test_six_coordinates_leave_a_positive_minimum() -> None:
    """a = 1/sqrt(5), b = a/5, three active of six: the least value at radius 6b is .0271."""
    a = 1 / np.sqrt(5)
    network = Network(np.eye(6), np.full(6, a / 5), np.ones(6))
    x = np.array([[a, a, a, 0, 0, 0]])
    found = attack(network, x, np.array([1]), 6 * a / 5, 2, np.random.default_rng(0), steps=400)
    shifts = [6 * a / 5 / np.sqrt(n) for n in (3, 4, 5, 6)]
    least = min(network.values(x - np.array([[s] * n + [0] * (6 - n)]))[0] for s, n in zip(shifts, (3, 4, 5, 6),
                                                                                     strict=True))  # fmt: skip
    assert least == pytest.approx(0.0271, abs=1e-4)
    assert found.values[0] == pytest.approx(least, abs=1e-3)


@settings(max_examples=60, deadline=None)
@given(instance=strategies.pure_points())
def test_the_pure_bound_and_the_certificate_stay_below_exact_enumeration(instance) -> None:
    """Separable minimum by a Lagrangian-free enumeration: a grid over the square of the radius, d <= 4."""
    measured = measure(instance)
    x = fractions_of(instance.points)[0].astype(float)
    bias, tau = float(measured["bias"].value), float(measured["tau"].value)
    budgets = np.linspace(0, 1, 41)
    drops = []
    for entry in x:
        moved = entry - np.sqrt(budgets) * tau
        drops.append(symmetric_relu(np.array(entry), bias) - np.minimum.accumulate(symmetric_relu(moved, bias)))
    best = drops[0]
    for other in drops[1:]:
        best = np.array([max(best[i] + other[j - i] for i in range(j + 1)) for j in range(len(budgets))])
    reached = float(measured["pure_value"].value[0]) - best[-1]  # the value of a perturbation on the grid
    F, A, gap = (measured[name].value[0] for name in ("pure_value", "active", "gap"))
    spread = measured["spread"].value[0]
    bound = F - (tau * np.sqrt(spread) - (spread - A) * gap)
    assert bound <= reached + 1e-9
    assert measured["pure_dual"].value[0] <= reached + 1e-9


def test_psi_takes_the_vertex() -> None:
    for b in (Fraction(0), Fraction(1, 3), Fraction(5)):
        assert exact_least(b + 1, b, Fraction(1), Fraction(1)) == Fraction(3, 4)


@settings(max_examples=25, deadline=None)
@given(instance=strategies.small_networks(max_width=1))
def test_psi_is_the_least_on_a_fine_grid(instance) -> None:
    b, a = (float(fractions_of(v)[0]) for v in (instance.biases, instance.outputs))
    for h, q in product((-2.0, -0.3, 0.0, 0.7, 3.0), (0.05, 0.5, 4.0)):
        u = np.linspace(-60, 60, 60_001)
        grid = (a * symmetric_relu(h + u, b) + q * u * u).min()
        exact = float(exact_least(Fraction(h), Fraction(b), Fraction(a), Fraction(q)))
        assert grid - a * 4e-3 <= exact <= grid + 1e-12


@pytest.mark.parametrize(("tau", "population", "error"), [(0.2, 0.9876, 0.0004), (0.25, 0.8280, 0.0013),
                                                         (0.3, 0.6198, 0.0017)])  # fmt: skip
def test_pure_networks_are_certified_as_often_as_attacks_fail(tau, population, error) -> None:
    """light(256, 8, .99), kappa = .3, noise .1: Theorem C, attacks and the population value agree."""
    law = SparseLaw.of("light", 256, 8)
    sample = law.sample(600, np.random.default_rng(11))
    b, weights = 0.3 / np.sqrt(8), np.eye(256)
    network = Network(weights, np.full(256, b), np.ones(256))
    found = attack(network, sample.points[:200], sample.labels[:200], tau, 2, np.random.default_rng(0))
    heights = sample.labels[:, None] * sample.points
    errors = height_errors(sample.points, weights, np.ones(256))
    bound = float(energy(spectral_bound(np.eye(256, dtype=int)), Fraction(tau), 2))
    certified, _ = lower_bounds(heights, network.biases, network.outputs, bound, errors=errors)
    assert np.all(certified[:200] <= found.values)
    assert np.mean((certified[:200] > 0) == (found.values > 0)) >= 0.98
    low, high = binom.interval(1 - 1e-6, 600, population)
    assert low - 600 * (4 * error + 0.01) <= np.sum(certified > 0) <= high + 600 * 4 * error


def test_gradient_descent_does_not_depend_on_the_dictionary() -> None:
    """A Haar dictionary and a random sign vector: weights W0 D M^T on data x D M^T train to W D M^T."""
    d, m, steps = 12, 24, 50
    generator = np.random.default_rng(3)
    law = SparseLaw.of("light", d, 3, "1/2")
    signs, dictionary = np.where(generator.random(d) < 0.5, -1.0, 1.0), haar_orthogonal(d, generator)
    start = generator.normal(size=(m, d)) * 0.1
    batches = [law.sample(32, generator) for _ in range(steps)]

    def train(weights: np.ndarray, transform: np.ndarray) -> np.ndarray:
        for batch in batches:
            x, y = batch.points @ transform, batch.labels
            biases = 0.2 * np.linalg.norm(weights, axis=1) / np.sqrt(3)
            h = x @ weights.T
            f = symmetric_relu(h, biases).sum(axis=1)
            pull = (y / (1 + np.exp(np.clip(y * f, -50, 50))))[:, None] * (np.abs(h) > biases)
            weights = weights + 0.5 * pull.T @ x / len(y)
        return weights

    turned = train(start * signs @ dictionary.T, np.diag(signs) @ dictionary.T)
    assert np.abs(turned @ dictionary * signs - train(start, np.eye(d))).max() < 1e-9


@pytest.mark.parametrize("name", ["light", "two", "scale", "fixed", "unif"])
def test_moments_of_every_family(name) -> None:
    """E z_j^2 and P(z_j != 0) without a margin condition, against closed forms, within six standard errors."""
    d, k, n = 40, 5, 40_000
    heavy = {"heavy": 2} if name == "two" else {}
    law = SparseLaw.of(name, d, k, 0, 0, **heavy)
    sample = law.sample(n, np.random.default_rng(7))
    z = sample.codes
    assert np.all(z.sum(axis=1) != 0) and np.all(np.sign(z.sum(axis=1)) == sample.labels)
    if name in ("two", "unif", "scale"):
        # ties have probability zero or e^-k: compare with the product law, up to what rejection can change
        p = k / d
        second = {"two": p / k + 2 / d, "unif": p / k * 7 / 3, "scale": p * np.log(k) / (k - 1)}[name]
        rejected = {"two": 0.2, "unif": 0.01, "scale": 0.01}[name]
        assert (z**2).mean() == pytest.approx(second, rel=0.03 + rejected)
    elif name == "fixed":
        assert np.all((z != 0).sum(axis=1) == k) and np.allclose(np.abs(z[z != 0]), 1 / np.sqrt(k))
    else:
        measured = measure(law)
        sizes = (z != 0).sum(axis=1)
        mean = float(measured["mean_support"].value)
        assert abs(sizes.mean() - mean) <= 6 * sizes.std() / np.sqrt(n)
        margins = np.abs(z.sum(axis=1)) * np.sqrt(k)
        assert abs(margins.mean() - float(measured["mean_margin"].value)) <= 6 * margins.std() / np.sqrt(n)


def test_the_scale_law_has_equal_energy_per_octave() -> None:
    law = SparseLaw.of("scale", 200, 16, 0, 0)
    values = np.abs(law.sample(20_000, np.random.default_rng(0)).codes)
    values = values[values > 0]
    octaves = [(values[(values >= low) & (values < 2 * low)] ** 2).sum() for low in (0.25, 0.5)]
    assert octaves[0] == pytest.approx(octaves[1], rel=0.05)


def test_margins_are_kept_and_ties_rejected() -> None:
    for k, gap in ((5, 0), (8, 0), (8, "99/100")):
        law = SparseLaw.of("light", 64, k, gap, 0)
        sums = np.abs(law.sample(3000, np.random.default_rng(1)).codes.sum(axis=1)) * np.sqrt(k)
        assert np.all(np.round(sums) >= law.least_count)
    assert SparseLaw.of("light", 256, 5, 0, 0).least_count == 1
    impossible = SparseLaw.of("light", 2, 1, 2, 0)
    with pytest.raises(NoInstance):
        SparseLaw.of("light", 2, 1, 3, 0).sample(1, np.random.default_rng(0))
    assert impossible.least_count == 2
    for bad in ({"k": 0}, {"gap": -1}, {"noise": -1}, {"name": "fixed", "k": 4}, {"name": "two"}):
        arguments = {"name": "light", "d": 10, "k": 5, "gap": 0, "noise": 0} | bad
        with pytest.raises(InvalidInstance):
            SparseLaw.of(**arguments)


def test_lottery_frequencies_lie_in_their_exact_binomial_range() -> None:
    law = InitialLaw(60, 40_000, "1/10", "1/2")
    sure, potential = law.sets(law.draw(np.random.default_rng(0)))
    measured = measure(law)
    for found, name in ((sure, "sure_chance"), (potential, "potential_chance")):
        low, high = binom.interval(0.999999, law.m, float(measured[name].value))
        assert low <= found[:, 0].sum() <= high
    assert np.all(sure.sum(axis=1) <= 1) and np.all(potential[sure])


def test_smoothing_noise_in_closed_form() -> None:
    generator = np.random.default_rng(0)
    noise = generator.normal(size=400_000) * 0.3
    for t in (-0.5, 0.1, 0.8):
        sampled = np.maximum(t + noise - 0.2, 0)
        closed = smoothed_relu(np.array(t), 0.2, 0.3)
        assert abs(sampled.mean() - closed) <= 6 * sampled.std() / np.sqrt(noise.size)
    assert smoothed_relu(np.array(1.0), 0.2, 0.0) == pytest.approx(0.8)


def test_one_step_attacks_count_the_points_they_cannot_move() -> None:
    network = Network(np.eye(3), np.full(3, 0.5), np.ones(3))
    points = np.array([[0.1, 0.0, 0.2], [1.0, 0.0, 0.0]])
    deltas, still = one_step(network, points, np.array([1, 1]), 0.3, 2)
    assert still == 1 and not np.any(deltas[0]) and deltas[1, 0] == pytest.approx(-0.3)
    found = attack(network, points, np.array([1, 1]), 1.0, 2, np.random.default_rng(0))
    assert found.zero_gradients == 1 and found.values[0] < 0  # other starts get out of the dead zone
    assert np.allclose(forward(network.weights, network.biases, points), network.values(points))
