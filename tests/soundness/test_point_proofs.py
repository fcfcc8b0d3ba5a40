"""What makes a stored network a KKT point, attacked: exact only if it is one, boxed only around one, else floats."""

from __future__ import annotations

from fractions import Fraction

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reference_point import Exact, contains, exactly, in_floats, is_kkt_point, network, stored

from constructions import kkt_margin as build
from constructions import strategies
from constructions.instance import Draw, InvalidInstance
from constructions.kkt_margin.instance import MarginInstance
from theorems.kkt_margin import STATEMENTS
from theorems.statement import judge
from verifiers import arithmetic, tolerances
from verifiers.errors import NoCertificate
from verifiers.kkt_margin import measure
from verifiers.kkt_margin.box import enclose_point
from verifiers.kkt_margin.data import Data
from verifiers.kkt_margin.exact import exact_violation, float_point, resolve
from verifiers.kkt_margin.point import Point
from verifiers.verdict import Holds, Refuted

PER_POINT = [s for s in STATEMENTS if "kkt_residual" in {name for claim in s.given for name in claim.symbols}]


def kind(instance):
    return resolve(Data(instance)).kind


def residual(instance):
    return float_point(Data(instance)).residual


def judged(instance):
    return [judge(statement, Draw(instance, "user", "attack")).verdict for statement in PER_POINT]


@settings(max_examples=60)
@given(strategies.closed_form_points(2, 6))
def test_closed_forms_are_kkt_points_by_the_definition_and_by_the_verifier(instance):
    assert is_kkt_point(instance)
    assert kind(instance) == "rational"


TAMPER = ("entry", "mass", "sign", "zero", "swap", "columns", "drop", "lift", "halve", "rescale", "copy")


def tampered(instance, how, k, i, factor):
    """One change; the last three keep a KKT point a KKT point."""
    rows, masses, signs = exactly(instance.rows), exactly(instance.masses), np.array(instance.signs)
    k, i = k % len(masses), i % rows.shape[1]
    if how == "entry":
        rows[k, i] = rows[k, i] * factor
    elif how == "lift":
        rows[k, i] = rows[k, i] + factor - 1
    elif how == "zero":
        rows[k, i] = Fraction(0)
    elif how == "mass":
        masses[k] *= factor
    elif how == "sign":
        signs[k] = -signs[k]
    elif how == "swap":
        rows[[0, k]] = rows[[k, 0]]
    elif how == "columns":
        rows[:, [0, i]] = rows[:, [i, 0]]
    elif how == "drop" and len(masses) > 1:
        rows, masses, signs = (np.delete(part, k, axis=0) for part in (rows, masses, signs))
    elif how in ("halve", "copy"):
        share = masses[k] / 3 if how == "halve" else Fraction(0)
        masses[k] -= share
        rows, signs = np.vstack([rows, rows[k : k + 1]]), np.append(signs, signs[k])
        masses = np.append(masses, share if how == "halve" else masses[k])
    elif how == "rescale":
        rows[k], masses[k] = rows[k] * factor, masses[k] / factor
    return stored(instance, rows, masses, signs)


factors = st.sampled_from(
    [
        Fraction(101, 100),
        1 + Fraction(1, 10**6),
        1 - Fraction(1, 10**12),
        1 + Fraction(1, 10**30),
        Fraction(2),
        Fraction(1, 2),
    ]
)


@settings(max_examples=250)
@given(strategies.closed_form_points(2, 5), st.sampled_from(TAMPER), st.integers(0, 5), st.integers(0, 5), factors)
def test_a_network_is_exact_if_and_only_if_it_satisfies_the_definition(instance, how, k, i, factor):
    changed = tampered(instance, how, k, i, factor)
    truth = is_kkt_point(changed)
    if how in ("halve", "rescale"):
        assert truth
    point = resolve(Data(changed))
    assert (point.kind == "rational") == truth
    if point.kind == "ball":
        exact = Exact(changed)
        assert all(contains(ball, number) for ball, number in zip(point.multipliers, exact.lam, strict=True))
    if truth:
        assert residual(changed) < 1e-12
    elif how not in ("entry", "mass", "lift") or abs(factor - 1) > 1e-3:
        assert point.kind == "float" and point.residual > 1e-4


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


def assert_contains(point, exact):
    """Multipliers, masses, rows, thresholds and class sums of the box contain those of the 60-digit point."""
    n, neurons = len(exact.labels), len(exact.signs)
    assert exact.error < mpmath.mpf(10) ** -45
    assert all(contains(point.multipliers[i], exact.lam[i]) for i in range(n))
    assert all(contains(point.masses[k], exact.mass[k]) for k in range(neurons))
    assert all(contains(point.rows[k, i], exact.mu[k][i]) for k in range(neurons) for i in range(n))
    for i in range(n):
        assert contains(point.own[i], exact.class_sum(i, True)) and contains(point.cross[i], exact.class_sum(i, False))
        if all(slope * sign > 0 for slope, sign in zip(exact.slopes, exact.signs, strict=True)):
            for level in (0, -1):
                assert contains(point.threshold(level)[i], exact.threshold(i, level))


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


@pytest.mark.parametrize("power", [3, 6, 9, 12, 15, 40])
@pytest.mark.parametrize("part", ["rows", "masses"])
def test_rationals_off_by_a_little_are_never_exact(part, power):
    for instance in (
        build.orthogonal_biased(build.split_labels(3, 2), 100),
        build.two_points("1/4", 4),
        build.exact_partition_point(build.linear_congruential_sign_data(4, 256)),
        build.equicorrelated_singles(2, "1/10"),
    ):
        rows, masses = exactly(instance.rows), exactly(instance.masses)
        changed = rows if part == "rows" else masses
        changed[(0,) * changed.ndim] *= 1 + Fraction(1, 10**power)
        off = stored(instance, rows, masses)
        assert not is_kkt_point(off)
        stated = (arithmetic.rationals(exactly(part)) for part in (off.rows, off.masses))
        assert exact_violation(Point(Data(off), np.array(off.signs), *stated, 0.0)) is not None
        point = resolve(Data(off))
        assert point.kind in ("ball", "float")
        if point.kind == "ball":
            assert_contains(point, Exact(in_floats(instance)))


ORTHOGONAL = [[1, 0, 0], [0, 1, 0], [0, 0, 1]]
SICK = {
    "flipped sign": lambda: network(ORTHOGONAL, [1, 1, -1], [1, 1, 1], np.eye(3, dtype=int), [1, 1, 1]),
    "zero mass": lambda: network(ORTHOGONAL, [1, 1, -1], [1, 1, -1], np.eye(3, dtype=int), [1, 1, 0]),
    "negative mass": lambda: network(ORTHOGONAL, [1, 1, -1], [1, 1, -1], np.eye(3, dtype=int), [1, 1, -1]),
    "dead neuron": lambda: network(
        ORTHOGONAL, [1, 1, -1], [1, 1, -1, 1], [*np.eye(3, dtype=int), [0, 0, 0]], [1, 1, 1, 1]
    ),
    "weight zero by cancellation": lambda: network([[1, 1], [1, 1]], [1, -1], [1], [[1, 1]], [1]),
    "copied neuron": lambda: network(
        ORTHOGONAL, [1, 1, -1], [1, 1, -1, 1], [*np.eye(3, dtype=int), [1, 0, 0]], [1, 1, 1, 1]
    ),
    "sample without neuron": lambda: network(ORTHOGONAL, [1, 1, -1], [1, -1], [[1, 0, 0], [0, 0, 1]], [1, 1]),
    "zero sample": lambda: network([[1, 0], [0, 0]], [1, -1], [1], [[1, 0]], [1]),
    "negative coefficient": lambda: network(
        ORTHOGONAL, [1, 1, -1], [1, 1, -1], [[1, 0, 0], [0, 1, 0], [0, "-1/10", 1]], [1, 1, 1]
    ),
}


@pytest.mark.parametrize("name", SICK)
@pytest.mark.parametrize("exact", [True, False])
def test_sick_networks_are_no_kkt_points(name, exact):
    instance = SICK[name]() if exact else in_floats(SICK[name]())
    assert not is_kkt_point(instance)
    point = resolve(Data(instance))
    assert point.kind == "float" and point.residual > 1e-3
    assert not any(isinstance(verdict, (Holds, Refuted)) for verdict in judged(instance))


def test_numbers_that_are_none_never_enter():
    good = build.two_points("1/4")
    for bad in (np.nan, np.inf, -np.inf):
        for rows, masses in (([[bad, 0], [0, 1]], [1.0, 1.0]), ([[1.0, 0], [0, 1]], [1.0, bad])):
            with pytest.raises(InvalidInstance, match="NaN or infinite"):
                good.with_point([1, -1], rows, masses)
    with pytest.raises(InvalidInstance, match="no neuron"):
        good.with_point(np.zeros(0, dtype=int), np.zeros((0, 2)), np.zeros(0))


def test_numbers_beyond_floats_are_judged_and_not_crashed_on():
    huge = Fraction(10) ** 400
    scaled = network([[1, 0], [0, 1]], [1, -1], [1, -1], [[huge, 0], [0, 1]], [1 / huge, 1])
    assert is_kkt_point(scaled) and kind(scaled) == "rational"
    wrong = network([[1, 0], [0, 1]], [1, -1], [1, -1], [[huge, 0], [0, 1]], [2 / huge, 1])
    assert kind(wrong) == "float" and residual(wrong) == pytest.approx(1.0)
    for gram, rows, masses in (
        ([[huge, 0], [0, 1]], [[1, 0], [0, 1]], [1 / huge, 1]),
        ([[1 / huge, 0], [0, 1]], [[1, 0], [0, 1]], [huge, 1]),
    ):
        instance = network(gram, [1, -1], [1, -1], rows, masses)
        assert is_kkt_point(instance) and kind(instance) == "rational"
        assert not any(isinstance(verdict, Refuted) for verdict in judged(instance))
    for matrix in ([[1e-300, 0], [0, 1]], [[1e300, 0], [0, 1]]):
        extreme = MarginInstance(
            labels=[1, -1], bias=False, gram=matrix, signs=[1, -1], rows=[[1e10, 0.0], [0, 1]], masses=[1e-310, 1.0]
        )
        assert not any(isinstance(verdict, Refuted) for verdict in judged(extreme))


def test_a_gram_matrix_of_no_points_carries_no_point():
    impossible = network([[1, 2], [2, 1]], [1, -1], [1, -1], [[1, 0], [0, 1]], [1, 1])
    with pytest.raises(NoCertificate, match="positive semidefinite"):
        resolve(Data(impossible))


def test_split_neurons_are_exact_in_rationals_and_degenerate_in_floats():
    point = build.exact_partition_point(build.linear_congruential_sign_data(4, 256))
    rows, masses = exactly(point.rows), exactly(point.masses)
    copies = stored(point, np.repeat(rows, 2, axis=0), np.repeat(masses / 2, 2), np.repeat(np.array(point.signs), 2))
    assert is_kkt_point(copies) and kind(copies) == "rational"
    floated = in_floats(copies)
    with pytest.raises(NoCertificate):
        enclose_point(Data(floated), floated.signs, floated.rows, floated.masses)
    assert kind(floated) == "float" and residual(floated) < 1e-12


def test_ties_are_decided_in_rationals_and_left_open_in_floats():
    """A sample with multiplier 0 and margin exactly 1; a kink with sigma' exactly 0; a kink with sigma' exactly 1."""
    tie = build.support_threshold(5, Fraction(1, 7))
    closed = network(
        [[1, 0, "1/2"], [0, "1/4", 0], ["1/2", 0, 1]],
        [1, 1, -1],
        [1, -1],
        [[1, 3, "1/2"], ["1/2", 0, 1]],
        ["4/3", "4/3"],
    )
    zero = build.orthogonal_merged(build.split_labels(3, 2), 9)
    for instance in (tie, closed, zero):
        assert is_kkt_point(instance) and kind(instance) == "rational"
        floated = in_floats(instance)
        assert kind(floated) == "float" and residual(floated) < 1e-12
    assert measure(tie)["margin"].value.tolist() == [1.0] * 6 and measure(tie)["multiplier_sq"].value[4] == 0
    assert measure(closed)["fractional_pairs"].value == 1, "sigma' = 1/4 is a fraction, sigma' = 1 is not"
    assert exactly(closed.rows)[1, 0] ** 2 / Fraction(3, 4) == Fraction(1, 3)  # mu^2 = lambda^2 at the kink


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


def test_thresholds_of_exact_points_are_exact_where_floats_see_a_tie():
    """One neuron per sample, two positives pushing each other apart by 1e-20: level -1 is passed just before a bend."""
    small = Fraction(1, 10**20)
    gram = [[1, -small, 0], [-small, 1, 0], [0, 0, 1]]
    instance = network(gram, [1, 1, -1], [1, 1, -1], np.eye(3, dtype=int), [1, 1, 1])
    assert is_kkt_point(instance)
    entries = measure(instance)["level_threshold"].entries
    assert [Fraction(int(e.p), int(e.q)) for e in entries[:2]] == [2 / (2 - small)] * 2


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
