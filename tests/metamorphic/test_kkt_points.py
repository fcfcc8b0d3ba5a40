"""What must not change a KKT point: rotations, the names of classes and samples, the scale of bias-free data."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings

from constructions import kkt_margin as build
from constructions import strategies

PATTERNS = [(1, [2]), (1, [0, 4]), (-1, [1, 3, 5])]


def data_of(bias):
    return build.linear_congruential_sign_data(6, 1024, bias=bias)


def solve(data, route, order=None):
    """Multipliers and sorted (sign, mass) of one point; `order` says where the six samples went."""
    place = np.argsort(order) if order is not None else np.arange(6)
    if route == "merged":
        point = build.merged_point(data)
    else:
        flip = 1 if data.labels[place[0]] == 1 else -1
        neurons = build.neurons_of([(flip * sign, place[on].tolist()) for sign, on in PATTERNS], 6)
        point = build.restricted_point(data, neurons)
    return point.multipliers, sorted(zip(point.signs.tolist(), point.masses.tolist(), strict=True))


def assert_same(first, second, scale=1.0, sign=1, order=slice(None)):
    assert first[0][order] * scale == pytest.approx(second[0], rel=1e-9)
    expected = sorted((sign * s, m * scale) for s, m in first[1])
    assert [s for s, _ in second[1]] == [s for s, _ in expected]
    assert [m for _, m in second[1]] == pytest.approx([m for _, m in expected], rel=1e-9)


@pytest.mark.parametrize("route", ["merged", "program"])
@pytest.mark.parametrize("bias", [False, True])
def test_rotation_changes_nothing(bias, route):
    data = data_of(bias)
    points = data.points.astype(np.float64)
    for mirror in np.random.default_rng(0).standard_normal((2, 1024)):  # two reflections
        points = points - 2 * np.outer(points @ mirror, mirror) / (mirror @ mirror)
    rotated = build.MarginInstance(labels=data.labels, bias=bias, points=points)
    only_gram = build.MarginInstance(labels=data.labels, bias=bias, gram=data.exact_gram())
    for other in (rotated, only_gram):
        assert_same(solve(data, route), solve(other, route))


@pytest.mark.parametrize("route", ["merged", "program"])
@pytest.mark.parametrize("bias", [False, True])
def test_renaming_the_classes_swaps_the_signs(bias, route):
    data = data_of(bias)
    renamed = build.MarginInstance(labels=-data.labels, bias=bias, points=data.points)
    assert_same(solve(data, route), solve(renamed, route), sign=-1)


@pytest.mark.parametrize("route", ["merged", "program"])
def test_renumbering_the_samples_renumbers_the_multipliers(route):
    data, order = data_of(True), np.array([3, 0, 5, 1, 4, 2])
    renumbered = build.MarginInstance(labels=data.labels[order], bias=True, points=data.points[order])
    assert_same(solve(data, route), solve(renumbered, route, order), order=order)


@pytest.mark.parametrize("route", ["merged", "program"])
@pytest.mark.parametrize("factor", [1e-3, 7.0, 1e4])
def test_scaling_bias_free_data_divides_the_multipliers(factor, route):
    data = data_of(False)
    scaled = build.MarginInstance(labels=data.labels, bias=False, points=factor * data.points)
    assert_same(solve(data, route), solve(scaled, route), scale=1 / factor)


def test_repeating_a_sample_keeps_the_network():
    data = data_of(True)
    order = [0, 1, 2, 3, 4, 5, 0]
    repeated = build.MarginInstance(labels=data.labels[order], bias=True, points=data.points[order])
    first, second = build.merged_point(data), build.merged_point(repeated)
    assert second.masses == pytest.approx(first.masses, rel=1e-10)
    assert second.multipliers.sum() == pytest.approx(first.multipliers.sum(), rel=1e-10)


@settings(deadline=None, max_examples=20)
@given(strategies.random_pattern_points())
def test_polish_is_idempotent_and_knows_its_inverse(instance):
    gram, labels = instance.float_lifted_gram(), instance.labels
    start = build.algebra.normalised(instance.signs, instance.rows, instance.masses, gram, labels)
    once = build.polish(start, gram, labels, refine=True)
    twice = build.polish(once, gram, labels, refine=True)
    assert twice.multipliers == pytest.approx(once.multipliers, rel=1e-13)
    assert once.multipliers == pytest.approx(start.multipliers, rel=1e-9)
    assert once.inverse is not None
    support, kinks = np.flatnonzero(once.support), np.argwhere(once.pattern == 0)
    unknowns = np.concatenate([once.multipliers[support], once.masses, once.rows[kinks[:, 0], kinks[:, 1]]])
    value, jacobian = build.newton.system(unknowns, once.pattern, support, gram, labels)
    assert np.abs(once.inverse @ value).max() <= 1e-13 * unknowns.max()
    scaled = (once.inverse @ jacobian - np.eye(len(unknowns)))
    assert np.abs(scaled).max() < 1e-8


def test_jacobian_is_the_derivative_of_the_system():
    data = data_of(True)
    neurons = build.neurons_of(PATTERNS, 6)
    point, gram = build.restricted_point(data, neurons), data.float_lifted_gram() / 1025
    kinks = np.argwhere(point.pattern == 0)
    unknowns = np.concatenate([point.multipliers, point.masses, point.rows[kinks[:, 0], kinks[:, 1]]]) * 32
    unknowns += 0.05 * np.random.default_rng(1).standard_normal(unknowns.size)
    everyone = np.arange(6)

    def system(at):
        return build.newton.system(at, point.pattern, everyone, gram, data.labels)

    step = 2.0**-20  # the system is quadratic: central differences are exact up to rounding
    for j, direction in enumerate(np.eye(unknowns.size) * step):
        slope = (system(unknowns + direction)[0] - system(unknowns - direction)[0]) / (2 * step)
        assert slope == pytest.approx(system(unknowns)[1][:, j], abs=1e-8)


def test_copies_of_a_neuron_are_merged_by_the_polish():
    data = data_of(True)
    gram, labels, point = data.float_lifted_gram(), data.labels, build.merged_point(data)
    copies = build.MergedPoint(
        signs=np.repeat(point.signs, 3), pattern=np.repeat(point.pattern, 3, axis=0), multipliers=point.multipliers,
        rows=np.repeat(point.rows, 3, axis=0), masses=np.repeat(point.masses, 3) * np.tile([0.2, 0.5, 0.3], 2),
    )
    polished = build.polish(copies, gram, labels)
    assert sorted(polished.signs.tolist()) == [-1, 1]
    assert polished.masses.sum() == pytest.approx(point.masses.sum(), rel=1e-12)
    assert polished.residual < 1e-13


@pytest.mark.parametrize("shift", [1e-3, 0.05])
def test_newton_returns_to_the_point_from_nearby(shift):
    data, generator = data_of(True), np.random.default_rng(2)
    gram, labels, point = data.float_lifted_gram(), data.labels, build.restricted_point(
        data_of(True), build.neurons_of(PATTERNS, 6))
    moved = build.newton.patterned(
        point.signs, point.pattern, point.multipliers * (1 + shift * generator.standard_normal(6)),
        point.rows * (1 + shift * generator.standard_normal(point.rows.shape)),
        point.masses * (1 + shift * generator.standard_normal(3)),
    )
    assert build.polish(moved, gram, labels).multipliers == pytest.approx(point.multipliers, rel=1e-11)
