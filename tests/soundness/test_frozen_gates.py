"""Frozen gates: values straight from the definition, whole numbers at the edge of float64, and least risks by a cone
solver that shares nothing with the multipliers."""

from __future__ import annotations

import math
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from constructions.feature_purification import SparseLaw
from constructions.instance import Draw, InvalidInstance, exact_array, floats_of, fractions_of
from constructions.low_complexity import GateInstance, drawn_gates, spaces
from constructions.low_complexity.gates import GateForm, ascend
from theorems.low_complexity import families
from theorems.low_complexity.kernel import frozen_gates_fail
from theorems.statement import judge
from verifiers.errors import MissingPart
from verifiers.low_complexity import certifies_all, measure
from verifiers.low_complexity.kernel import EXACT, GateSubject, product, root_above, times, whole
from verifiers.verdict import Refuted, Undecided


def line(**changes) -> GateInstance:
    """One point at 1 with label 1, moved to 1/2 with multiplier 1; the gate is open there."""
    own = {"radius": "1/2", "points": [[1]], "labels": [1], "attacked": [["1/2"]], "owners": [0], "directions": [[1]],
           "bias": 0, "ramp": "1/8", "multipliers": ["1"], "values": [["1"]], "limit": "1"}  # fmt: skip
    return GateInstance(**(own | changes))


def gate(height: Fraction, bias: Fraction, ramp: Fraction) -> Fraction:
    if ramp == 0:
        return Fraction(abs(height) > bias)
    return min(Fraction(1), max(Fraction(0), (abs(height) - bias) / ramp))


@settings(max_examples=60, deadline=None)
@given(
    st.integers(1, 4), st.integers(1, 3), st.integers(1, 3), st.integers(0, 99), st.fractions(0, 1, max_denominator=9),
    st.fractions(0, 2, max_denominator=7), st.sampled_from(["0", "1/3", "13/128", "2"]), st.integers(0, 2**60),
)  # fmt: skip
def test_values_and_moments_are_those_of_the_definition(n, d, width, seed, tau, bias, ramp, scale) -> None:
    """In `Fraction` loops; `scale` makes denominators so large that int64 does not hold the numbers."""
    v = tuple(Fraction(seed - 50 + i, 7) / (1 + scale) for i in range(d * width))
    instance = spaces.gates_of(n, d, width, seed, tau, bias, Fraction(ramp), v)
    rows, y = fractions_of(instance.attacked).tolist(), instance.labels.tolist()
    w, vectors = instance.directions.tolist(), fractions_of(instance.values).tolist()
    alpha = fractions_of(instance.multipliers).tolist()
    psi = [[[gate(sum((a * b for a, b in zip(own, x, strict=True)), Fraction(0)), bias, Fraction(ramp)) * e for e in x]
            for own in w] for x in rows]  # fmt: skip
    values = [sum(a * b for p, q in zip(own, vectors, strict=True) for a, b in zip(p, q, strict=True)) for own in psi]
    subject = GateSubject(instance)
    assert subject.values() == values
    z = [sum(a * y[i] * own[r][j] for a, i, own in zip(alpha, instance.owners.tolist(), psi, strict=True)) / n
         for r in range(width) for j in range(d)]  # fmt: skip
    assert subject.moment_sq() == sum(e * e for e in z)
    assert subject.norm_sq() == sum(e * e for e in v)
    margins = [min(y[i] * f for i, f in zip(instance.owners.tolist(), values, strict=True) if i == p) for p in range(n)]
    assert subject.worst_margin() == sum(margins) / n
    assert subject.risk(values) == sum(max(Fraction(0), 1 - m) for m in margins) / n


def test_whole_products_are_exact_at_every_size() -> None:
    generator = np.random.default_rng(0)
    for bits in (4, 20, 26, 27, 31, 33, 61):
        left, right = (generator.integers(-(2**bits), 2**bits, shape) for shape in ((3, 40), (40, 2)))
        expected = [[sum(int(a) * int(b) for a, b in zip(row, own, strict=True)) for own in right.T] for row in left]
        assert product(left, right).tolist() == expected
        assert times(left[:, :2], left[:, :2]).tolist() == [[int(a) ** 2 for a in row[:2]] for row in left]
    odd = np.full((1, 63), 2**26 + 1)  # every square is above 2^52, and the sum is odd and beyond float64
    assert product(odd, odd.T).tolist() == [[63 * (2**26 + 1) ** 2]] and (2**26 + 1) ** 2 * 2 > EXACT
    assert whole(np.array([0.1, 3.0]))[1] == 2**55 and whole(np.array([0.5, 3.0]))[1] <= 2**4


@pytest.mark.parametrize("square", [Fraction(0), Fraction(4), Fraction(2), Fraction(1, 3), Fraction(10**40, 7)])
def test_roots_are_rounded_up(square) -> None:
    root = root_above(square)
    assert root**2 >= square and root - Fraction(1, 2**39) < math.sqrt(square) * (1 + 1e-15) + 1e-12
    assert root == 2 or square != 4


def test_the_bound_of_one_point_by_hand() -> None:
    """f_v(1/2) = v/2, so no |v| <= B has less risk than 1 - B/2; at B = 2 nothing is left."""
    for limit, expected in (("1", Fraction(1, 2)), ("1/2", Fraction(3, 4)), ("2", Fraction(0)), ("3", Fraction(0))):
        subject = GateSubject(line(limit=limit, values=[[limit]]))
        assert subject.bound() == expected == subject.risk(subject.values())


def test_forged_multipliers_prove_nothing() -> None:
    forged = {"attacked": [["1/2"], ["1"]], "owners": [0, 0]}
    for multipliers in (["1", "1/2"], ["2", "-1"], ["-1/2", "1"]):
        assert GateSubject(line(multipliers=multipliers, **forged)).bound() == 0
    assert GateSubject(line(multipliers=["1/2", "1/2"], limit="1/2", **forged)).bound() == Fraction(5, 8)


def test_a_menu_beyond_the_ball_proves_nothing_of_the_ball() -> None:
    assert certifies_all(line()) == {"risk_bound": 0.5}
    assert certifies_all(line(radius="1/4")) == {"risk_bound": 0.0}
    assert measure(line(radius="1/4"))["excess"].lower > 0


def test_what_is_wrong_with_an_instance_is_said() -> None:
    for changes, said in (
        ({"owners": [1]}, "owners"), ({"bias": -1}, "bias"), ({"values": [[1, 2]]}, "values"),
        ({"multipliers": ["1", "1"]}, "multipliers"), ({"directions": [[1, 2]]}, "directions"),
        ({"limit": -1}, "limit"), ({"labels": [2]}, "labels"), ({"radius": -1}, "radius"),
        ({"attacked": [["1/2", 1]]}, "menu"),
    ):  # fmt: skip
        with pytest.raises(InvalidInstance, match=said):
            line(**changes)
    with pytest.raises(MissingPart, match="limit"):
        GateSubject(line(limit=None)).bound()
    with pytest.raises(MissingPart, match="model"):
        GateSubject(line(values=None)).values()


@pytest.mark.parametrize("seed", [0, 1])
def test_least_risk_of_a_norm_by_another_solver(seed) -> None:
    """The primal cone program over v: never below the bound, and above it by little."""
    import cvxpy

    law = SparseLaw.of("light", 8, 3, gap="1/2")
    instance = drawn_gates(law, 12, 6, seed, "1/4", "1/2", epochs=300).instance
    subject, n = GateSubject(instance), 12
    rows, directions = floats_of(instance.attacked), floats_of(instance.directions)
    form = GateForm(directions, 5 / 128, 13 / 128, np.zeros_like(directions))
    psi = (form.gates(rows)[:, :, None] * rows[:, None, :]).reshape(len(rows), -1)
    v, slack = cvxpy.Variable(psi.shape[1]), cvxpy.Variable(n, nonneg=True)
    losses = 1 - cvxpy.multiply(instance.labels[instance.owners], psi @ v)
    limits = [slack[instance.owners] >= losses, cvxpy.norm(v) <= 0.5]
    value = cvxpy.Problem(cvxpy.Minimize(cvxpy.sum(slack) / n), limits).solve(solver="CLARABEL")
    assert 0.05 < value < 0.95
    assert value - 0.01 * value - 1e-3 <= float(subject.bound()) <= value + 1e-7
    assert float(subject.risk(subject.values())) >= value - 1e-6


def test_least_risk_of_any_norm_by_another_solver() -> None:
    """16 features, 60 points: a linear program over v. As many features as points fit them, and nothing is proved."""
    import cvxpy

    instance = drawn_gates(SparseLaw.of("light", 4, 2, gap="1/2"), 60, 4, 0, "2/5", 2, rounds=2).instance
    rows, directions = floats_of(instance.attacked), floats_of(instance.directions)
    form = GateForm(directions, 5 / 128, 13 / 128, np.zeros_like(directions))
    psi = (form.gates(rows)[:, :, None] * rows[:, None, :]).reshape(len(rows), -1)
    v, slack = cvxpy.Variable(16), cvxpy.Variable(60, nonneg=True)
    losses = 1 - cvxpy.multiply(instance.labels[instance.owners], psi @ v)
    value = cvxpy.Problem(cvxpy.Minimize(cvxpy.sum(slack) / 60), [slack[instance.owners] >= losses]).solve("CLARABEL")
    assert 0.2 < value < 0.95
    assert float(GateSubject(instance).any_norm()) == pytest.approx(value, abs=1e-6)
    assert GateSubject(line()).any_norm() == 0
    opposed = {"points": [[1], [1]], "labels": [1, -1], "attacked": [["1/2"], ["1/2"]], "owners": [0, 1]}
    assert GateSubject(line(multipliers=["1", "1"], **opposed)).any_norm() == 1
    with pytest.raises(MissingPart, match="features"):
        GateSubject(drawn_gates(spaces.GATE_LAW, 4, 2, 0, "1/4", 1, rounds=1).instance).any_norm()


def test_least_moments_have_the_gap_that_is_said() -> None:
    """Full multipliers: the least |z| over mixtures, by a cone solver."""
    import cvxpy

    generator = np.random.default_rng(3)
    psi, owners = generator.normal(size=(12, 5)) + 0.5, np.tile(np.arange(4), 3)
    alpha, gap = ascend(psi @ psi.T, owners, 4, 1.0, full=True, gap=1e-6, epochs=5000)
    assert np.allclose(np.bincount(owners, alpha), 1)
    p = cvxpy.Variable(12, nonneg=True)
    sums = [cvxpy.sum(p[owners == i]) == 1 for i in range(4)]
    value = cvxpy.Problem(cvxpy.Minimize(cvxpy.norm(psi.T @ p)), sums).solve(solver="CLARABEL")
    found = float(np.linalg.norm(psi.T @ alpha))
    assert value - 1e-6 <= found and found**2 - value**2 <= gap * found**2 + 1e-6


def test_slopes_by_differences() -> None:
    generator = np.random.default_rng(5)
    form = GateForm(generator.normal(size=(7, 4)), 0.1, 0.9, generator.normal(size=(7, 4)))
    points = generator.normal(size=(20, 4))
    for j, step in enumerate(1e-7 * np.eye(4)):
        slopes = (form.values(points + step) - form.values(points - step)) / 2e-7
        assert np.allclose(slopes, form.slopes(points)[:, j], rtol=1e-4, atol=1e-5)
    assert np.allclose(form.values(-points), -form.values(points))


def test_the_pair_of_the_statement_stays_in_its_ball_and_norm() -> None:
    cuts = drawn_gates(spaces.GATE_LAW, 30, 16, 0, "1/4", 1)
    subject = GateSubject(cuts.instance)
    assert subject.excess() <= 0 and subject.norm_sq() <= 1
    assert 0.5 < subject.bound() <= subject.risk(subject.values()) <= 1.02 * subject.bound()
    assert float(subject.bound()) <= cuts.attacked + 1e-9


def test_gates_at_their_edges() -> None:
    """Heights 1/4: closed at bias 1/4, half open at ramp 1/2 from bias 0, hard beyond."""
    cases = (("1/4", "1/2", 0), ("0", "1/2", Fraction(1, 2)), ("0", "0", 1), ("1/4", "0", 0), ("1/8", "1/8", 1))
    for bias, ramp, expected in cases:
        subject = GateSubject(line(bias=bias, ramp=ramp))
        own, unit = subject.gates(exact_array([["1/4"], ["-1/4"]]))
        assert [Fraction(int(g), unit) for g in own.reshape(-1)] == [expected] * 2


def test_a_bound_that_proves_little_refutes_nothing():
    """Without multipliers the least risk is anywhere up to that of the model found: undecided, not refuted."""
    pair = families.gate_pairs.draw(np.random.default_rng(0), 0)
    weak = replace(pair, multipliers=np.zeros_like(pair.multipliers))
    assert measure(weak)["frozen_least_risk"].lower == 0 < measure(pair)["frozen_least_risk"].lower
    assert measure(weak)["frozen_least_risk"].upper == measure(pair)["frozen_least_risk"].upper < 1
    verdicts = [judge(frozen_gates_fail, Draw(instance, "random", "test")).verdict for instance in (pair, weak)]
    assert not isinstance(verdicts[0], (Refuted, Undecided)) and not isinstance(verdicts[1], Refuted)
