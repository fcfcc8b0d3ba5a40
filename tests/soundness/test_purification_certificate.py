"""Theorem C never exceeds the true minimum, found here by a second method that knows nothing of duality.

On a disk y f is piecewise linear between the lines <w_i, x + delta> = +-b_i; its least value is attained at a crossing
of two lines, where a line leaves the disk, or on the arc between those, at the point where a linear piece is least. All
of these are listed in floats.
"""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import event, example, given, settings

from constructions import strategies_purification as strategies
from constructions.feature_purification import PurificationInstance, spaces
from constructions.instance import InvalidInstance, exact_array, floats_of
from verifiers.errors import NoCertificate
from verifiers.feature_purification import measure
from verifiers.feature_purification.attack import Network, attack, inside
from verifiers.feature_purification.certificate import energy, exact_bound, lower_bounds
from verifiers.feature_purification.spectrum import dominant, integer_form, matrix_product, remainder, spectral_bound


def parts(instance: PurificationInstance) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, float]:
    weights, biases, outputs = (floats_of(v) for v in (instance.weights, instance.biases, instance.outputs))
    return weights, biases, outputs, floats_of(instance.points)[0] * int(instance.labels[0]), float(
        Fraction(str(instance.radius)))  # fmt: skip


def value(weights: np.ndarray, biases: np.ndarray, outputs: np.ndarray, x: np.ndarray) -> float:
    h = weights @ x
    return float(outputs @ (np.maximum(h - biases, 0) - np.maximum(-h - biases, 0)))


def on_interval(instance: PurificationInstance) -> float:
    """Least value in one dimension: at an end or at a bend."""
    weights, biases, outputs, x, tau = parts(instance)
    places = [x[0] - tau, x[0] + tau]
    for w, b in zip(weights[:, 0], biases, strict=True):
        places += [s * b / w for s in (1, -1) if w and abs(s * b / w - x[0]) <= tau]
    return min(value(weights, biases, outputs, np.array([p])) for p in places)


def on_disk(instance: PurificationInstance) -> float:
    """Least value in the plane over a disk: crossings of lines, their ends on the circle, and best points of arcs."""
    weights, biases, outputs, x, tau = parts(instance)
    lines = [(w, s * b) for w, b in zip(weights, biases, strict=True) for s in (1, -1) if np.any(w)]
    places, angles = [x], [0.0, 2 * np.pi]
    for i, (w, c) in enumerate(lines):
        distance = (c - w @ x) / np.linalg.norm(w)
        if abs(distance) <= tau:
            normal = w / np.linalg.norm(w)
            half = np.sqrt(max(tau**2 - distance**2, 0))
            along = np.array([-normal[1], normal[0]])
            for end in (x + distance * normal + half * along, x + distance * normal - half * along):
                places.append(end)
                angles.append(float(np.arctan2(*(end - x)[::-1])) % (2 * np.pi))
        for v, e in lines[:i]:
            matrix = np.array([w, v])
            if abs(np.linalg.det(matrix)) > 1e-12:
                crossing = np.linalg.solve(matrix, [c, e])
                if np.linalg.norm(crossing - x) <= tau:
                    places.append(crossing)
    angles.sort()
    for low, high in zip(angles, angles[1:], strict=False):
        middle = 0.5 * (low + high)
        at = x + tau * np.array([np.cos(middle), np.sin(middle)])
        h = weights @ at
        slope = (outputs * (np.abs(h) > biases)) @ weights
        candidates = [low, middle, high]
        if np.any(slope):
            best = float(np.arctan2(-slope[1], -slope[0])) % (2 * np.pi)
            candidates += [best] if low <= best <= high else []
        places += [x + tau * np.array([np.cos(a), np.sin(a)]) for a in candidates]
    return min(value(weights, biases, outputs, p) for p in places)


def on_square(instance: PurificationInstance) -> float:
    """Least value in the plane over a square: crossings of the lines with each other and with the sides."""
    weights, biases, outputs, x, tau = parts(instance)
    lines = [(w, s * b) for w, b in zip(weights, biases, strict=True) for s in (1, -1) if np.any(w)]
    d = len(x)
    lines += [(np.eye(d)[j], x[j] + s * tau) for j in range(d) for s in (1, -1)]
    places = [x]
    for i, (w, c) in enumerate(lines):
        if d == 1:
            places.append(np.array([c / w[0]]))
        for v, e in lines[:i] if d == 2 else []:
            matrix = np.array([w, v])
            if abs(np.linalg.det(matrix)) > 1e-12:
                places.append(np.linalg.solve(matrix, [c, e]))
    near = [p for p in places if np.abs(p - x).max() <= tau * (1 + 1e-12) + 1e-12]
    return min(value(weights, biases, outputs, p) for p in near)


def scale(instance: PurificationInstance) -> float:
    weights, biases, outputs, x, tau = parts(instance)
    return float(outputs @ (np.linalg.norm(weights, axis=1) * (np.linalg.norm(x) + 2 * tau) + biases)) + 1


@settings(max_examples=150, deadline=None)
@given(instance=strategies.small_networks())
@example(instance=spaces.small_network(1, 1, (Fraction(1),), (Fraction(1, 5),), (Fraction(1),), (Fraction(1),),
                                       Fraction(1)))  # fmt: skip
def test_the_certificate_never_exceeds_the_least_value_on_a_ball(instance) -> None:
    least = on_interval(instance) if instance.dimension == 1 else on_disk(instance)
    measured = measure(instance)
    allowed = 1e-9 * scale(instance)
    for name in ("dual_bound", "schur_dual_bound"):
        assert measured[name].value[0] <= least + allowed, name
    grid = measured["psi_sum"].value - measured["multiplier"].value * float(measured["energy"].value)
    assert grid.max() <= least + allowed
    assert measured["robust_margin"].lower[0] <= least + allowed
    assert measured["attack_value"].value[0] >= least - allowed
    event("certified" if measured["dual_bound"].value[0] > 0 else "not certified")


@settings(max_examples=80, deadline=None)
@given(instance=strategies.small_networks(norm=0))
def test_the_certificate_never_exceeds_the_least_value_on_a_cube(instance) -> None:
    least, allowed = on_square(instance), 1e-9 * scale(instance)
    measured = measure(instance)
    assert measured["dual_bound"].value[0] <= least + allowed
    assert measured["schur_dual_bound"].value[0] <= least + allowed
    assert measured["attack_value"].value[0] >= least - allowed


@settings(max_examples=8, deadline=None)
@given(instance=strategies.small_networks(max_width=4, max_radius=3))
def test_the_best_diagonal_never_exceeds_the_least_value(instance) -> None:
    least = on_interval(instance) if instance.dimension == 1 else on_disk(instance)
    try:
        bound = measure(instance)["program_dual_bound"].value[0]
    except NoCertificate:
        event("the solver gave up")
        return
    assert bound <= least + 1e-9 * scale(instance)


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
