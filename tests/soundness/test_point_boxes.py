"""Boxes around float networks: they contain the KKT point found by independent Newton, or there is no box."""

from __future__ import annotations

from fractions import Fraction

import mpmath
import numpy as np
import pytest
from reference_point import Exact, assert_contains, contains, in_floats, is_kkt_point, network, stored

from constructions import kkt_margin as build
from constructions.instance import Draw
from constructions.kkt_margin.instance import MarginInstance
from theorems.kkt_margin import STATEMENTS
from theorems.statement import judge
from verifiers import tolerances
from verifiers.errors import NoCertificate
from verifiers.kkt_margin import box, measure
from verifiers.kkt_margin.box import enclose_point
from verifiers.kkt_margin.data import Data
from verifiers.kkt_margin.exact import float_point, resolve
from verifiers.verdict import Refuted

PER_POINT = [s for s in STATEMENTS if "kkt_residual" in {name for claim in s.given for name in claim.symbols}]


def kind(instance):
    return resolve(Data(instance)).kind


def residual(instance):
    return float_point(Data(instance)).residual


def judged(instance):
    return [judge(statement, Draw(instance, "user", "attack")).verdict for statement in PER_POINT]


FLOAT_POINTS = {
    "4 signs": lambda: _merged(build.linear_congruential_sign_data(4, 256)),
    "6 signs, bias": lambda: _merged(build.linear_congruential_sign_data(6, 1024, bias=True)),
    "8 signs, bias": lambda: _merged(build.linear_congruential_sign_data(8, 4096, bias=True)),
    "6 signs, three neurons": lambda: _three_neurons(),
    "sphere": lambda: _merged(build.bartlett_sphere_data(5, 2000, np.random.default_rng(3))),
    "uneven": lambda: _merged(build.uneven_norm_data(5, 3000, np.random.default_rng(4), spread=0.3, bias=True)),
    "simplex": lambda: in_floats(build.simplex_merged(build.split_labels(4, 2), 12)),
    "one sample beyond support": lambda: _beyond_support(),
}


def _merged(data):
    return build.merged_point(data).on(data)


def _beyond_support():
    """The last positive has margin 3/2 and no multiplier; the negative is strictly off for the positive neuron."""
    quarter, little = Fraction(1, 4), Fraction(-1, 64)
    gram = [
        [1, -quarter, -quarter, quarter, little],
        [-quarter, 1, -quarter, quarter, little],
        [-quarter, -quarter, 1, quarter, little],
        [quarter, quarter, quarter, 1, little],
        [little] * 4 + [1],
    ]
    rows = [[2, 2, 2, 0, 0], [0, 0, 0, 0, 1]]
    return in_floats(network(gram, [1, 1, 1, 1, -1], [1, -1], rows, [1, 1]))


def _three_neurons():
    data = build.linear_congruential_sign_data(6, 1024, bias=True)
    neurons = build.neurons_of([(1, [2]), (1, [0, 4]), (-1, [1, 3, 5])], 6)
    return build.restricted_point(data, neurons, repairs=0).on(data)


@pytest.fixture(scope="module", params=FLOAT_POINTS)
def float_and_exact(request):
    instance = FLOAT_POINTS[request.param]()
    return instance, Exact(instance)


def test_boxes_contain_the_point_found_by_independent_newton(float_and_exact):
    instance, exact = float_and_exact
    point = resolve(Data(instance))
    assert point.kind == "ball"
    assert_contains(point, exact)
    widths = [float(m.rad()) for m in point.multipliers]
    assert max(widths) < 1e-12 * float(max(exact.lam)), "a box as wide as that says nothing"
    assert abs(float(exact.lam[0]) - float(point.multipliers[0].mid())) <= max(widths)


@pytest.mark.parametrize("size", [1e-3, 1e-5, 1e-7, 1e-9, 1e-11, 1e-13])
def test_perturbed_networks_are_boxed_around_the_true_point_or_not_at_all(float_and_exact, size):
    instance, exact = float_and_exact
    generator = np.random.default_rng(int(-np.log10(size)))
    boxed = 0
    for _ in range(4):
        rows = instance.rows * (1 + size * generator.standard_normal(instance.rows.shape))
        masses = instance.masses * (1 + size * generator.standard_normal(instance.masses.shape))
        noisy = stored(instance, np.maximum(rows, 0), masses)
        point = resolve(Data(noisy))
        if point.kind == "ball":
            boxed += 1
            assert_contains(point, exact)
            moved = np.abs(np.array([float(lam) for lam in exact.lam]) - _multipliers(noisy)).max()
            assert moved <= point.distance * (1 + 1e-9) + 1e-15 and point.distance < 0.1
        else:
            assert point.kind == "float" and point.residual < 1e3 * size
            if size >= 1e-5:
                assert point.residual > tolerances.KKT_RESIDUAL
        assert not any(isinstance(verdict, Refuted) for verdict in judged(noisy))
    if size <= 1e-11:
        assert boxed == 4, "a network this near to a KKT point must be recognised"


def _multipliers(instance):
    """lambda as the stored rows say it: the largest P_kl / |g_k|."""
    signed = instance.rows * instance.labels
    norms = np.sqrt(((signed @ instance.float_lifted_gram()) * signed).sum(axis=1))
    return (instance.rows / norms[:, None]).max(axis=0)


LITTLE = Fraction(-1, 64)
HALF = Fraction(1, 2)
WIDE = Fraction(70711, 100000)
STEEP, CROSSED = HALF - Fraction(1, 10**6), Fraction(1, 3) + Fraction(1, 10**6)
ONE_VIOLATION = {
    "a kink has sigma' not certainly below 1": lambda: network(
        [[1, 0, HALF], [0, "1619/12288", LITTLE], [HALF, LITTLE, 1]],
        [1, 1, -1],
        [1, -1],
        [[1, 6, "13/32"], [HALF, 0, 1]],
        ["64/51", "4/3"],
        exact=False,
    ),
    "a kink has sigma' not certainly above 0": lambda: network(
        [[1, HALF, LITTLE], [HALF, 1, LITTLE], [LITTLE, LITTLE, 1]],
        [1, 1, -1],
        [1, 1, -1],
        [[1, -HALF, 0], [-HALF, 1, 0], [0, 0, 1]],
        ["4/3", "4/3", 1],
        exact=False,
    ),
    "an active pre-activation is not certainly positive": lambda: network(
        [[1, -WIDE, LITTLE], [-WIDE, 1, LITTLE], [LITTLE, LITTLE, 1]],
        [1, 1, -1],
        [1, 1, -1],
        [[2 * WIDE - Fraction(1, 10**4), 1, 0], [0, 1, 0], [0, 0, 1]],
        [1 / WIDE, 1, 1],
        exact=False,
    ),
    "a mass is not certainly positive": lambda: network(
        [[1, -STEEP, LITTLE], [-STEEP, 1, LITTLE], [LITTLE, LITTLE, 1]],
        [1, 1, -1],
        [1, 1, -1],
        [[2 * STEEP, 1, 0], [0, 1, 0], [0, 0, 1]],
        [1 / STEEP, "1/100000000", 1],
        exact=False,
    ),
    "a multiplier is not certainly positive": lambda: network(
        [
            [1, -CROSSED, CROSSED, LITTLE],
            [-CROSSED, 1, CROSSED, LITTLE],
            [CROSSED, CROSSED, 1, LITTLE],
            [LITTLE] * 3 + [1],
        ],
        [1, 1, 1, -1],
        [1, -1],
        [[1, 1, "1/10000000", 0], [0, 0, 0, 1]],
        [1 / (1 - CROSSED), 1],
        exact=False,
    ),
}


@pytest.mark.parametrize("reason", ONE_VIOLATION)
def test_zeros_of_the_equations_that_violate_one_inequality_are_refused_for_it(reason):
    instance = ONE_VIOLATION[reason]()
    with pytest.raises(NoCertificate, match=reason):
        enclose_point(Data(instance), instance.signs, instance.rows, instance.masses)
    assert kind(instance) == "float"


def test_a_box_needs_a_contraction():
    """A centre off the zero, a vanishing inverse, an inverse of the wrong size: none proves anything."""
    instance = FLOAT_POINTS["6 signs, bias"]()
    data, signs = Data(instance), np.array(instance.signs)
    system, start = box.read_system(data, signs, instance.rows, instance.masses)
    centre, inverse = box._refine(data, system, start)
    assert box._contraction(data, system, centre, inverse)[0] < 1e-10
    for moved, wrong in ((1.3 * centre, inverse), (centre, 0 * inverse), (centre, 3 * inverse), (centre, -inverse)):
        with pytest.raises(NoCertificate, match="no contraction"):
            box._contraction(data, system, moved, wrong)


@pytest.mark.parametrize("change", ["kinks off", "on sample off", "one sample on twice", "neurons swapped"])
def test_wrong_patterns_are_refused(change):
    instance = FLOAT_POINTS["6 signs, bias"]()
    rows, masses, signs = instance.rows.copy(), instance.masses.copy(), np.array(instance.signs)
    across = signs[:, None] != instance.labels[None, :]
    if change == "kinks off":
        rows[across] = 0
    elif change == "on sample off":
        rows[0, np.flatnonzero(~across[0])[0]] = 0
    elif change == "one sample on twice":
        rows[across] = rows.max()
    else:
        rows = rows[::-1]
    wrong = stored(instance, rows, masses)
    assert not is_kkt_point(wrong)
    assert kind(wrong) == "float" and residual(wrong) > 1e-3


def test_the_residual_sees_what_is_wrong_and_not_how_it_is_written():
    generator = np.random.default_rng(11)
    for name, make in FLOAT_POINTS.items():
        instance = make()
        assert residual(instance) < 1e-12, name
        scale = 2.0 ** generator.integers(-40, 40, len(instance.masses))
        rescaled = stored(instance, instance.rows * scale[:, None], instance.masses / scale)
        assert residual(rescaled) == pytest.approx(residual(instance), abs=1e-13)
        for _ in range(5):
            rows, masses = generator.random(instance.rows.shape), generator.random(instance.masses.shape)
            rows[0, 0] *= generator.choice([1, -1])
            found = residual(stored(instance, rows * instance.rows.max(), masses))
            assert found > 1e-2, name
            again = stored(instance, rows * instance.rows.max() * scale[:, None], masses / scale)
            assert residual(again) == pytest.approx(found, rel=1e-9)
        if not bool(instance.bias) and instance.points is not None:
            larger = MarginInstance(
                labels=instance.labels,
                bias=False,
                points=1024.0 * instance.points,
                signs=instance.signs,
                rows=instance.rows,
                masses=instance.masses / 2.0**20,
            )
            assert residual(larger) == pytest.approx(residual(instance), abs=1e-13)
        for size in (1e-2, 1e-4, 1e-6):
            noisy = stored(instance, instance.rows, instance.masses * (1 + size))
            assert size / 2 <= residual(noisy) <= 2 * size


def test_thresholds_in_balls_contain_those_in_rationals():
    for n, d, bias in ((4, 256, False), (6, 1024, True), (8, 4096, True)):
        data = build.linear_congruential_sign_data(n, d, bias=bias)
        exact, floated = build.exact_partition_point(data), _merged(data)
        for name in ("flip_threshold", "level_threshold", "multiplier_sq", "own", "cross", "radius_sq", "margin"):
            rationals, balls = measure(exact)[name].entries, measure(floated)[name].entries
            for rational, ball in zip(rationals, balls, strict=True):
                assert contains(ball, mpmath.mpf(int(rational.p)) / int(rational.q))
                assert (
                    abs(float(ball.mid()) - int(rational.p) / int(rational.q)) <= 1e-9 * abs(float(ball.mid())) + 1e-12
                )
