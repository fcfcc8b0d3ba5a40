"""What makes a stored network a KKT point, attacked: proved only if it is one or near one."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reference_point import Exact, assert_contains, contains, exactly, in_floats, is_kkt_point, network, stored

from constructions import kkt_margin as build
from constructions import strategies
from constructions.instance import Draw, InvalidInstance
from constructions.kkt_margin.instance import MarginInstance
from theorems.kkt_margin import STATEMENTS
from theorems.statement import judge
from verifiers import arithmetic
from verifiers.errors import NoCertificate
from verifiers.kkt_margin import measure
from verifiers.kkt_margin.box import enclose_point
from verifiers.kkt_margin.data import Data
from verifiers.kkt_margin.exact import exact_violation, float_point, resolve
from verifiers.kkt_margin.point import Point
from verifiers.verdict import Holds, Refuted

PER_POINT = [s for s in STATEMENTS if "kkt_residual" in {name for claim in s.given for name in claim.symbols}]


def kind(instance):
    point = resolve(Data(instance))
    return point.kind if point.proved or point.kind == "float" else "no point"


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
    assert (point.kind == "rational" and point.proved) == truth
    if point.kind == "ball":
        exact = Exact(changed)
        assert all(contains(ball, number) for ball, number in zip(point.multipliers, exact.lam, strict=True))
    if truth:
        assert residual(changed) < 1e-12
    elif how not in ("entry", "mass", "lift") or abs(factor - 1) > 1e-3:
        assert not point.proved and point.residual > 1e-4


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
        assert point.kind == "ball" or not point.proved
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
    "mass lent to a copy": lambda: network(
        ORTHOGONAL, [1, 1, -1], [1, 1, -1, 1], [*np.eye(3, dtype=int), [1, 0, 0]], [2, 1, 1, -1]
    ),
    "copy without mass": lambda: network(
        ORTHOGONAL, [1, 1, -1], [1, 1, -1, 1], [*np.eye(3, dtype=int), [1, 0, 0]], [1, 1, 1, 0]
    ),
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
    assert not point.proved and point.residual > 1e-3
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
    assert kind(wrong) == "no point" and residual(wrong) == pytest.approx(1.0)
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


def test_thresholds_of_exact_points_are_exact_where_floats_see_a_tie():
    """One neuron per sample, two positives pushing each other apart by 1e-20: level -1 is passed just before a bend."""
    small = Fraction(1, 10**20)
    gram = [[1, -small, 0], [-small, 1, 0], [0, 0, 1]]
    instance = network(gram, [1, 1, -1], [1, 1, -1], np.eye(3, dtype=int), [1, 1, 1])
    assert is_kkt_point(instance)
    entries = measure(instance)["level_threshold"].entries
    assert [Fraction(int(e.p), int(e.q)) for e in entries[:2]] == [2 / (2 - small)] * 2


def test_bends_of_exact_points_are_sorted_exactly():
    """Two nearly antipodal samples: the opposite neuron wakes 1e-20 before the own one dies, and 1/2 lies between."""
    point = build.two_points(Fraction(1, 10**20) - 1)
    entries = measure(point)["flip_threshold"].entries
    assert [Fraction(int(e.p), int(e.q)) for e in entries] == [Fraction(1, 2)] * 2
