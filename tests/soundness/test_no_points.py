"""Rational networks that are no KKT points: their numbers are exact, and they pass for KKT points nowhere."""

from __future__ import annotations

from fractions import Fraction
from itertools import islice

import numpy as np
import pytest

from constructions import kkt_margin as build
from constructions.instance import Draw, exact_array
from constructions.kkt_margin import spaces
from constructions.kkt_margin.instance import MarginInstance
from theorems.engine.library import statements
from theorems.statement import judge
from verifiers import tolerances
from verifiers.errors import NoCertificate
from verifiers.kkt_margin import measure
from verifiers.kkt_margin.certify import certify
from verifiers.kkt_margin.nearby import nearby
from verifiers.verdict import Holds, HypothesisFailed, Refuted, Rigor

KKT = "the network is a KKT point of the max-margin problem"
PER_POINT = [s for s in statements("kkt_margin") if any(claim.name == KKT for claim in s.given)]
SINGLES = build.orthogonal_singles(build.split_labels(3, 2), 9)
DEGENERATE = {  # kinks with sigma' = 0 at every pair of different classes: no box can be proved near them
    "orthogonal singles": SINGLES,
    "orthogonal merged": build.orthogonal_merged(build.split_labels(3, 2), 9),
    "orthogonal 4+1": build.orthogonal_singles(build.split_labels(4, 1), 4),
    "equicorrelated, r = 0": build.equicorrelated_singles(2, 0),
}


def with_masses(instance, factor):
    return instance.with_point(
        instance.signs, instance.rows, exact_array([Fraction(a) * Fraction(factor) for a in instance.masses])
    )


def verdict_of(statement, instance):
    return judge(statement, Draw(instance, "user", "attack")).verdict


def statement(name):
    return next(s for s in PER_POINT if s.id == f"kkt_margin.{name}")


@pytest.mark.parametrize("power", [7, 9, 13, 40])
@pytest.mark.parametrize("name", DEGENERATE)
def test_a_near_miss_counts_numerically_at_most(name, power):
    """Masses off by 10^-p: margins off by 10^-p. Statements and their false variants get no exact word from it."""
    wrong = with_masses(DEGENERATE[name], 1 + Fraction(1, 10**power))
    point = measure(wrong).subject.point
    residual = measure(wrong)["kkt_residual"]
    assert point.kind == "rational" and not point.proved
    assert residual.rigor == Rigor.NUMERICAL and residual.value == pytest.approx(10.0**-power, rel=1e-6)
    assert residual.lower > 0
    said = []
    for s in PER_POINT:
        for tested in (s, *(variant for mutant, variant in s.mutations() if mutant.without != KKT)):
            verdict = verdict_of(tested, wrong)
            assert not isinstance(verdict, Refuted), tested.id
            if isinstance(verdict, Holds):
                assert verdict.rigor <= Rigor.NUMERICAL
                said.append(tested.id)
    assert said, "and yet it is not ignored"


@pytest.mark.parametrize("factor", ["1000001001/1000000000", "999998999/1000000000"])
def test_beyond_the_tolerance_the_residual_is_certified_and_fails_the_hypothesis(factor):
    for instance in DEGENERATE.values():
        wrong = with_masses(instance, factor)
        residual = measure(wrong)["kkt_residual"]
        assert residual.rigor == Rigor.CERTIFIED and residual.lower > tolerances.KKT_RESIDUAL
        assert residual.value == pytest.approx(1.001e-6, rel=1e-9)
        for s in PER_POINT:
            verdict = verdict_of(s, wrong)
            assert isinstance(verdict, HypothesisFailed) and verdict.name == KKT


@pytest.mark.parametrize("factor", ["3", "1/2", "1/3"])
def test_the_residual_is_the_worst_margin_when_only_masses_change(factor):
    """All margins become the factor f: the violation is |f - 1|, by complementarity as by the constraint."""
    for instance in DEGENERATE.values():
        residual = measure(with_masses(instance, factor))["kkt_residual"]
        assert residual.rigor == Rigor.CERTIFIED
        assert residual.lower <= abs(Fraction(factor) - 1) <= residual.upper


def test_without_the_hypothesis_exact_numbers_refute_exactly():
    wrong = with_masses(SINGLES, 3)
    assert [Fraction(int(m.p), int(m.q)) for m in measure(wrong)["margin"].entries] == [3] * 5
    row = judge(statement("main").variant(without=KKT), Draw(wrong, "user", "attack"))
    assert isinstance(row.verdict, Refuted) and row.verdict.rigor == Rigor.EXACT
    said = {outcome.name: (outcome.state, outcome.rigor, outcome.slack) for outcome in row.conclusions}
    assert said["every margin is one"] == ("fails", Rigor.EXACT, -2.0)
    assert said["every sample is a support vector"][0] == "holds", "rows are untouched"
    smaller = with_masses(SINGLES, "1/2")
    row = judge(statement("lower_bound").variant(without=KKT), Draw(smaller, "user", "attack"))
    assert isinstance(row.verdict, Refuted) and row.verdict.rigor == Rigor.EXACT and row.verdict.violation == 0.5


def test_no_certificate_calls_it_a_kkt_point():
    kinds = {certificate["kind"] for certificate in certify(SINGLES)}
    assert {"kkt_point", "robust_radius"} <= kinds
    for factor in (3, 1 + Fraction(1, 10**9)):
        found = list(certify(with_masses(SINGLES, factor)))
        assert not [c for c in found if c["kind"] in ("kkt_point", "robust_radius")]
        assert [c["kind"] for c in found] == [c["kind"] for c in certify(SINGLES.without_network())]


def test_no_point_is_nearby_itself():
    wrong = with_masses(SINGLES, 1 + Fraction(1, 10**9))
    with pytest.raises(NoCertificate):
        measure(wrong)["distance_to_exact"].value  # noqa: B018
    found = nearby(wrong)
    assert found.distance > 0, "the network itself is no KKT point"
    if found.proved:
        assert found.instance != wrong
    else:
        assert "no exact KKT point is proved" in found.sentence()


def test_quantities_that_need_no_kkt_point_are_exact_and_those_of_the_merged_point_speak_about_another_network():
    wrong = measure(with_masses(SINGLES, 3))
    right = measure(SINGLES)
    for name in ("fractional_pairs", "strict_cross_pairs", "merged_multiplier_sum", "multiplier_sq", "flip_threshold"):
        assert wrong[name].rigor == right[name].rigor and np.array_equal(wrong[name].value, right[name].value)
    assert np.array_equal(wrong["flip_value"].value, 3 * right["flip_value"].value)
    assert np.array_equal(wrong["radius_sq"].value, right["radius_sq"].value)


ORTHOGONAL = np.eye(3, dtype=int)
SICK = {
    "zero sample": ([[1, 0], [0, 0]], [1, -1], [1], [[1, 0]], ["1"]),
    "sample without neuron": (ORTHOGONAL, [1, 1, -1], [1, -1], [[1, 0, 0], [0, 0, 1]], ["1", "1"]),
    "wrong sign": (ORTHOGONAL, [1, 1, -1], [1, 1, 1], ORTHOGONAL, ["1", "1", "1"]),
    "dead neuron": (ORTHOGONAL, [1, 1, -1], [1, 1, -1, 1], [*ORTHOGONAL, [0, 0, 0]], ["1"] * 4),
    "no mass": (ORTHOGONAL, [1, 1, -1], [1, 1, -1], ORTHOGONAL, ["1", "1", "0"]),
    "negative entry": (ORTHOGONAL, [1, 1, -1], [1, 1, -1], [[1, 0, 0], [0, 1, 0], [0, -1, 1]], ["1"] * 3),
    "cancelled": ([[1, 1], [1, 1]], [1, -1], [1], [[1, 1]], ["1"]),
}


@pytest.mark.parametrize("name", SICK)
def test_sick_networks_are_judged_without_a_crash_with_and_without_the_hypothesis(name):
    points, labels, signs, rows, masses = SICK[name]
    instance = MarginInstance(
        labels=labels, bias=False, points=points, signs=signs, rows=np.array(rows), masses=np.array(masses)
    )
    point = measure(instance).subject.point
    assert not point.proved
    assert point.kind == ("rational" if name in ("zero sample", "sample without neuron", "wrong sign") else "float")
    for s in PER_POINT:
        assert not isinstance(verdict_of(s, instance), (Holds, Refuted))
        verdict = verdict_of(s.variant(without=KKT), instance)
        assert point.kind == "rational" or not isinstance(verdict, Refuted), "floats never refute"


def test_rescaled_points_are_judged_like_that_wherever_they_are_searched():
    seen = {"HypothesisFailed": 0, "Refuted": 0}
    for corner in islice(spaces.rescaled_points.corners(), 0, None, 97):
        instance = spaces.rescaled_points.instance(corner)
        if instance is None or measure(instance).subject.point.proved:
            continue
        for name in ("main", "lower_bound", "cross_bound", "pairs"):
            s = statement(name)
            for tested in (s, s.variant(without=KKT)):
                verdict = verdict_of(tested, instance)
                assert tested is not s or not isinstance(verdict, (Holds, Refuted))
                seen[type(verdict).__name__] = seen.get(type(verdict).__name__, 0) + 1
    assert seen["HypothesisFailed"] > 10 and seen["Refuted"] > 10
