"""Theorem C never exceeds the true minimum, found by a second method that knows nothing of duality."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import event, example, given, settings
from purification_minimum import least, least_of, scale, value

from constructions import strategies_purification as strategies
from constructions.feature_purification import PurificationInstance, spaces
from constructions.instance import InvalidInstance, exact_array
from verifiers.errors import NoCertificate
from verifiers.feature_purification import measure
from verifiers.feature_purification.attack import Network, attack, inside
from verifiers.feature_purification.certificate import energy, exact_bound, exact_sum, lower_bounds
from verifiers.spectrum import dominant, integer_form, matrix_product, remainder, spectral_bound


@settings(max_examples=150, deadline=None)
@given(instance=strategies.small_networks())
@example(instance=spaces.small_network(1, 1, (Fraction(1),), (Fraction(1, 5),), (Fraction(1),), (Fraction(1),),
                                       Fraction(1)))  # fmt: skip
def test_the_certificate_never_exceeds_the_least_value_on_a_ball(instance) -> None:
    lowest = least_of(instance)
    measured = measure(instance)
    allowed = 1e-9 * scale(instance)
    for name in ("dual_bound", "schur_dual_bound"):
        assert measured[name].value[0] <= lowest + allowed, name
    grid = measured["psi_sum"].value - measured["multiplier"].value * float(measured["energy"].value)
    assert grid.max() <= lowest + allowed
    assert measured["robust_margin"].lower[0] <= lowest + allowed
    assert measured["attack_value"].value[0] >= lowest - allowed
    event("certified" if measured["dual_bound"].value[0] > 0 else "not certified")


@settings(max_examples=80, deadline=None)
@given(instance=strategies.small_networks(norm=0))
def test_the_certificate_never_exceeds_the_least_value_on_a_cube(instance) -> None:
    lowest, allowed = least_of(instance), 1e-9 * scale(instance)
    measured = measure(instance)
    assert measured["dual_bound"].value[0] <= lowest + allowed
    assert measured["schur_dual_bound"].value[0] <= lowest + allowed
    assert measured["attack_value"].value[0] >= lowest - allowed


@settings(max_examples=8, deadline=None)
@given(instance=strategies.small_networks(max_width=4, max_radius=3))
def test_the_best_diagonal_never_exceeds_the_least_value(instance) -> None:
    lowest = least_of(instance)
    try:
        bound = measure(instance)["program_dual_bound"].value[0]
    except NoCertificate:
        event("the solver gave up")
        return
    assert bound <= lowest + 1e-9 * scale(instance)


@pytest.mark.parametrize("norm", [2, 0])
def test_random_networks_stay_above_their_float_certificate_under_every_attack(norm) -> None:
    generator = np.random.default_rng(5)
    for d, m in ((3, 5), (10, 30), (40, 20)):
        weights, points = generator.normal(size=(m, d)) / np.sqrt(d), generator.normal(size=(30, d))
        biases, outputs = np.abs(generator.normal(size=m)) * 0.2, generator.uniform(0.5, 2, m)
        network = Network(weights, biases, outputs)
        labels = np.where(network.values(points) >= 0, 1, -1)
        for tau in (0.01, 0.1, 1.0):
            bound = float(energy(spectral_bound(weights), Fraction(tau), norm))
            heights = labels[:, None] * (points @ weights.T)
            certified, _ = lower_bounds(heights, biases, outputs, bound, errors=1e-9)
            found = attack(network, points, labels, tau, norm, generator)
            assert np.all(certified <= found.values)
            assert np.all(certified <= labels * network.values(points))


def planar_networks():
    """Networks of up to 18 neurons on the line and in the plane: random, nearly parallel, with copies, zero rows,
    b = 0, points on gates, and radii up to 50."""
    generator = np.random.default_rng(11)
    for number in range(400):
        d, m = 1 + (number % 4 > 0), int(generator.integers(1, 19))
        weights = generator.normal(size=(m, d)) * 2.0 ** generator.integers(-2, 3)
        if number % 3 == 0:  # a dense mixture: all rows lean the same way
            weights = 0.2 * weights + generator.normal(size=d)
        if number % 5 == 0:
            weights[generator.integers(m)] = 0
        if number % 7 == 0:
            weights[: m // 2] = weights[m - m // 2 :]
        biases = np.abs(generator.normal(size=m)) * 2.0 ** generator.integers(-4, 2) * (number % 6 > 0)
        outputs = np.exp(generator.normal(size=m)) if number % 2 else np.ones(m)
        x = generator.normal(size=d) * 2.0 ** generator.integers(-2, 3)
        if number % 8 == 0 and weights[0] @ x > 0:
            x = x * biases[0] / (weights[0] @ x)  # on a gate
        if value(weights, biases, outputs, x) < 0:
            x = -x
        tau = float(generator.choice([0.01, 0.1, 0.3, 1.0, 3.0, 50.0]))
        yield weights, biases, outputs, x, tau, 2 * int(number % 5 < 3)


PLANAR = list(planar_networks())


def certified(network, shares=None, factor=1.0) -> float:
    """The certificate in floats of one network at its point, with shares where given and the energy changed."""
    weights, biases, outputs, x, tau, norm = network
    scaled = weights if shares is None else weights * shares[:, None]
    bound = float(energy(spectral_bound(scaled), Fraction(tau), norm)) * factor
    return float(lower_bounds((weights @ x)[None], biases, outputs, bound, shares, errors=1e-12)[0][0])


def excess(network, bound: float) -> float:
    """How far a bound lies above the least value, relative to the size of the network's values."""
    weights, biases, outputs, x, tau, norm = network
    reach = np.linalg.norm(weights, axis=1) * (np.linalg.norm(x) + 2 * tau)
    return (bound - least(*network)) / (1 + float(outputs @ (reach + biases)))


def test_no_sampled_value_lies_below_the_listed_minimum() -> None:
    generator = np.random.default_rng(14)
    for network in PLANAR[:60]:
        weights, biases, outputs, x, tau, norm = network
        lengths = np.sqrt(generator.random((3000, 1)))
        moved = generator.normal(size=(3000, len(x)))
        moved *= tau * lengths / np.linalg.norm(moved, axis=1, keepdims=True)
        if norm == 0:
            moved = generator.uniform(-tau, tau, (3000, len(x)))
        best = value(weights, biases, outputs, x + moved).min()
        assert -0.1 <= excess(network, least(*network)) - excess(network, best) <= 1e-12


def test_floats_stay_below_the_least_value_of_planar_networks_for_any_shares() -> None:
    generator = np.random.default_rng(12)
    equal = [excess(network, certified(network)) for network in PLANAR]
    shares = [np.exp(generator.normal(size=len(network[0]))) for network in PLANAR]
    unequal = [excess(network, certified(network, s)) for network, s in zip(PLANAR, shares, strict=True)]
    assert max(equal) <= 1e-9 and max(unequal) <= 1e-9
    assert sum(value > -1e-3 for value in equal) >= 40  # and often reach it


def test_an_energy_two_percent_too_small_exceeds_the_least_value() -> None:
    assert sum(excess(network, certified(network, factor=0.98)) > 1e-6 for network in PLANAR) >= 20


def test_psi_without_its_kinks_exceeds_the_least_value() -> None:
    """One neuron whose gate closes within the ball, in rationals."""
    generator, found = np.random.default_rng(13), 0
    for _ in range(60):
        b, height, reach = (Fraction(int(v), 64) for v in generator.integers(8, 64, 3))
        network = (np.eye(1), np.array([float(b)]), np.ones(1), np.array([float(b + height)]), float(height + reach), 2)
        for multiplier in (Fraction(int(v), 64) for v in generator.integers(4, 64, 8)):
            heights = [b + height], [b], [Fraction(1)]
            energy_term = multiplier * (height + reach) ** 2
            assert excess(network, float(exact_sum(*heights, multiplier) - energy_term)) <= 1e-12
            found += excess(network, float(exact_sum(*heights, multiplier, kinks=False) - energy_term)) > 1e-6
    assert found >= 60


def test_perturbations_lie_in_the_ball_in_exact_arithmetic() -> None:
    generator = np.random.default_rng(2)
    for scale_ in (1e-200, 1.0, 1e150):
        for delta in inside(generator.normal(size=(20, 50)) * scale_, 0.3, 2):
            assert sum(Fraction(float(v)) ** 2 for v in delta) <= Fraction(0.3) ** 2
    assert np.abs(inside(generator.normal(size=(5, 5)), 0.3, 0)).max() <= 0.3


@pytest.mark.parametrize("change", [
    {"heights": [[np.nan]]}, {"heights": [[np.inf]]}, {"biases": [np.nan]}, {"biases": [-1.0]}, {"outputs": [0.0]},
    {"outputs": [-1.0]}, {"outputs": [np.inf]}, {"energy": np.nan}, {"energy": np.inf}, {"energy": -1.0},
    {"shares": [0.0]}, {"shares": [-1.0]}, {"shares": [np.nan]}, {"errors": np.nan}, {"errors": np.inf},
])  # fmt: skip
def test_corrupted_input_certifies_nothing(change) -> None:
    sound = {"heights": [[2.0]], "biases": [0.5], "outputs": [1.0], "energy": 0.01, "shares": [1.0], "errors": 0.0}
    assert lower_bounds(**sound)[0][0] > 1
    assert lower_bounds(**(sound | change))[0][0] == -np.inf


@pytest.mark.parametrize(("multiplier", "squares"), [(0, 1), (-1, 1), (1, 0), (1, -1)])
def test_the_exact_bound_refuses_multipliers_that_are_not_positive(multiplier, squares) -> None:
    one = Fraction(1)
    with pytest.raises(ValueError):
        exact_bound([2 * one], [one], [one], one, Fraction(multiplier), [Fraction(squares)])


def test_a_dead_network_and_a_tie_are_not_certified() -> None:
    one = Fraction(1)
    dead = spaces.small_network(2, 2, (one, 0 * one, 0 * one, one), (9 * one,) * 2, (one,) * 2, (one, one), one / 10)
    measured = measure(dead)
    assert measured["margin"].value[0] == 0 and measured["dual_bound"].value[0] <= 0
    assert measured["robust_accuracy"].upper == 0
    tie = spaces.small_network(1, 1, (one,), (one,), (one,), (2 * one,), one)  # the least value is exactly 0
    assert measure(tie)["robust_margin"].lower[0] <= 0


def test_the_spectral_proof_is_refused_when_altered() -> None:
    weights = np.random.default_rng(0).normal(size=(7, 5))
    proof = spectral_bound(weights)
    integers, unit = integer_form(weights)
    gram = matrix_product(integers.T, integers)
    assert dominant(remainder(proof.bound, gram, unit, proof.factor, proof.unit))
    assert not dominant(remainder(proof.bound * Fraction(98, 100), gram, unit, proof.factor, proof.unit))
    spoiled = proof.factor.copy()
    spoiled[2, 1] += proof.unit // 100
    assert not dominant(remainder(proof.bound, gram, unit, spoiled, proof.unit))
    assert float(proof.bound) >= np.linalg.norm(weights, 2) ** 2


@pytest.mark.parametrize("scale_", [1e-160, 1e-3, 1e3, 1e140])
def test_weights_of_any_size_have_a_proof_or_none(scale_) -> None:
    weights = np.random.default_rng(1).normal(size=(4, 3)) * scale_
    try:
        bound = spectral_bound(weights).bound
    except NoCertificate:
        return
    assert bound >= Fraction(np.linalg.norm(weights / scale_, 2) * (1 - 1e-12)) ** 2 * Fraction(scale_) ** 2


def test_broken_instances_are_refused() -> None:
    good = {"weights": np.eye(2), "biases": np.zeros(2), "points": [[1.0, 0.0]], "labels": [1], "radius": 0.1}
    PurificationInstance(**good)
    for change in ({"biases": [-1.0, 0]}, {"outputs": [0.0, 1]}, {"labels": [0]}, {"radius": -1.0}, {"norm": 1},
                   {"weights": [[np.nan, 0], [0, 1]]}, {"points": [[np.inf, 0]]}, {"labels": [1, 1]}):  # fmt: skip
        with pytest.raises(InvalidInstance):
            PurificationInstance(**(good | change))


def test_rotating_the_certificate_changes_nothing() -> None:
    instance = spaces.pure_point("1/5", [1] * 3, [0] * 1, "1/2")
    hadamard = np.array([[1, 1, 1, 1], [1, -1, 1, -1], [1, 1, -1, -1], [1, -1, -1, 1]])
    half = exact_array(np.array([[Fraction(int(v), 2) for v in row] for row in hadamard], dtype=object))
    points = exact_array([[sum(Fraction(str(a)) * Fraction(int(h), 2) for a, h in zip(instance.points[0], row,
                                                                                     strict=True))
                           for row in hadamard]])  # fmt: skip
    turned = replace(instance, weights=half, points=points)
    assert measure(turned)["dual_bound"].value[0] == measure(instance)["dual_bound"].value[0]
