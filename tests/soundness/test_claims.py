"""Claims decide soundly: one relation, three arithmetics, no float in between, and doubt never becomes a verdict."""

from __future__ import annotations

import math
import operator
from fractions import Fraction

import mpmath
import numpy as np
import pytest
import sympy
from hypothesis import given, settings
from hypothesis import strategies as st
from sympy import Abs, Eq, Float, Max, Ne, Rational, sqrt

from theorems.claim import Claim, constant, quantities
from theorems.compiled import compile_expression
from theorems.engine import library
from verifiers import arithmetic
from verifiers.quantity import Enclosure, between, enclose, estimate
from verifiers.verdict import Rigor

x, y, z = quantities("test_x test_y test_z")
doubled = constant("test_doubled", 2, "this test")


def _library_claims():
    """Every distinct claim of the library, mutants included, with the axes of what it names."""
    found = {}
    for statement in library.statements():
        claims = [*statement.given, *statement.then, *(c for m in statement.mutants for c in m.then or ())]
        for claim in claims:
            axes = {name: statement.catalogue[name].axes for name in claim.symbols if name in statement.catalogue}
            found.setdefault(str(claim.slack_expression) + type(claim.relation).__name__, (claim, axes))
    return list(found.values())


CLAIMS = _library_claims()


def wide(*numbers):
    """The numbers in 60 digits if any of them is irrational, else as they are."""
    if not any(isinstance(number, mpmath.mpf) for number in numbers):
        return numbers
    return [mpmath.mpf(n.numerator) / n.denominator if isinstance(n, Fraction) else n for n in numbers]


class NotReal(ArithmeticError):
    """A square root of a negative number: the formula has no value there."""


def root(number):
    """Square root: a Fraction where it is one, else 60 digits."""
    if number < 0:
        raise NotReal
    if isinstance(number, Fraction):
        parts = math.isqrt(number.numerator), math.isqrt(number.denominator)
        if (parts[0] ** 2, parts[1] ** 2) == (number.numerator, number.denominator):
            return Fraction(*parts)
    return mpmath.sqrt(wide(number, mpmath.mpf(0))[0])


def exactly(e, values, claim):
    """Value of a sympy expression by the textbook, in Fractions; mpmath numbers of 60 digits after irrational roots,
    exp and log."""
    if isinstance(e, sympy.Symbol):
        return exactly(claim.abbreviations[e.name], values, claim) if e.name in claim.abbreviations else values[e.name]
    if isinstance(e, sympy.Rational):
        return Fraction(int(e.p), int(e.q))
    parts = wide(*(exactly(a, values, claim) for a in e.args))
    if isinstance(e, sympy.Pow) and isinstance(e.exp, sympy.Integer):
        return parts[0] ** int(e.exp)
    if isinstance(e, sympy.Pow) and isinstance(e.exp, sympy.Rational) and e.exp.q == 2:
        return root(parts[0]) ** int(e.exp.p)
    if isinstance(e, sympy.exp):
        return mpmath.exp(wide(parts[0], mpmath.mpf(0))[0])
    operation = {sympy.Add: sum, sympy.Mul: math.prod, sympy.Max: max, sympy.Min: min}
    return abs(parts[0]) if isinstance(e, sympy.Abs) else operation[e.func](parts)


def names_in(claim):
    """Quantities and constants of the formula as written, those that cancel included."""
    sides = [claim.relation, *claim.abbreviations.values()]
    return sorted({s.name for side in sides for s in side.free_symbols} - set(claim.abbreviations))


def endpoints(ball):
    """Lower and upper end of a ball, exactly."""
    ends = [end.man_exp() for end in (ball.lower(), ball.upper())]
    return [Fraction(int(mantissa)) * Fraction(2) ** int(exponent) for mantissa, exponent in ends]


TRUTH = {"<=": operator.le, "<": operator.lt, ">=": operator.ge, ">": operator.gt, "==": operator.eq}


def distance(claim, values):
    """Right minus left as the relation is read, and whether the relation is true."""
    left, right = wide(*(exactly(side, values, claim) for side in (claim.relation.lhs, claim.relation.rhs)))
    symbol = claim.relation.rel_op
    truth = TRUTH[symbol](left, right)
    return (-abs(left - right) if symbol == "==" else right - left if "<" in symbol else left - right), truth


rationals = st.one_of(
    st.sampled_from([Fraction(1), Fraction(1, 3), Fraction(2), Fraction(7, 10), Fraction(100)]),
    st.builds(Fraction, st.integers(1, 400), st.integers(1, 40)),
    st.builds(lambda a, b: -Fraction(a, b), st.integers(1, 40), st.integers(1, 40)),
)
small = st.builds(Fraction, st.integers(1, 12), st.integers(2, 5))


def numbers_for(claim):
    """Rationals for the quantities of a claim; small ones where an exponential would leave the range of floats."""
    return small if claim.slack_expression.has(sympy.exp) else rationals


@pytest.mark.parametrize(("claim", "axes"), CLAIMS, ids=[claim.name for claim, _ in CLAIMS])
@settings(max_examples=6)
@given(data=st.data())
def test_every_claim_says_the_same_in_floats_balls_and_rationals(claim, axes, data):
    values = {name: data.draw(numbers_for(claim), label=name) for name in names_in(claim)}
    mpmath.mp.dps = 60
    fixed = {declared.name: values[symbol] for symbol, declared in claim.constant_symbols.items()}
    try:
        slack, truth = distance(claim, values)
    except ZeroDivisionError:
        return
    except NotReal:
        outcome = claim.decide({name: enclose(value) for name, value in values.items()}, fixed)
        assert outcome.state == "undecided", "a formula without a value decides nothing"
        return
    names, functions = compile_expression(claim.slack_expression)
    exact = [arithmetic.rational(values[name]) for name in names]
    try:
        assert arithmetic.to_fraction(np.asarray(functions["rational"](*exact), dtype=object)[()]) == slack
    except arithmetic.NotRational:
        assert isinstance(slack, mpmath.mpf), "a rational claim must be decided in rationals"
    balls = [arithmetic.balls(values[name])[()] for name in names]
    with arithmetic.precision(53):
        coarse = np.asarray(functions["ball"](*balls), dtype=object)[()]
        coarse_radius = float(coarse.rad())
    fine = np.asarray(functions["ball"](*balls), dtype=object)[()]
    for lower, upper in map(endpoints, (coarse, fine)):
        lower, inside, upper = wide(lower, slack, upper)
        assert lower <= inside <= upper
    floated = float(functions["float"](*[np.float64(float(values[name])) for name in names]))
    # 53-bit balls bound the rounding of the same formula in doubles, whose inputs are rounded once more.
    assert abs(floated - float(slack)) <= 64 * coarse_radius + 1e-13 * abs(float(slack))
    outcome = claim.decide({name: enclose(value) for name, value in values.items()}, fixed)
    if isinstance(slack, Fraction):
        assert (outcome.state, outcome.rigor) == ("holds" if truth else "fails", Rigor.EXACT)
        assert outcome.slack == pytest.approx(float(slack), rel=1e-15, abs=5e-324)
    else:
        assert outcome.state == ("holds" if truth else "fails") and outcome.rigor == Rigor.CERTIFIED


@pytest.mark.parametrize(("claim", "axes"), CLAIMS, ids=[claim.name for claim, _ in CLAIMS])
@settings(max_examples=3)
@given(data=st.data())
def test_every_claim_is_the_worst_of_its_entries_in_every_rigor(claim, axes, data):
    """Arrays meet by axis name; balls and floats never contradict the rationals they contain."""
    sizes = {axis: data.draw(st.integers(1, 2), label=axis) for own in axes.values() for axis in own}
    order = tuple(dict.fromkeys(axis for name in names_in(claim) for axis in axes.get(name, ())))
    arrays = {}
    for name in names_in(claim):
        shape = tuple(sizes[axis] for axis in axes.get(name, ()))
        entries = np.empty(shape, dtype=object)
        for place in np.ndindex(shape):
            entries[place] = data.draw(numbers_for(claim), label=f"{name}{place}")
        arrays[name] = entries
    truths, slacks = [], []
    for place in np.ndindex(*(sizes[axis] for axis in order)):
        at = dict(zip(order, place, strict=True))
        values = {name: arrays[name][tuple(at[axis] for axis in axes.get(name, ()))] for name in arrays}
        try:
            slack, truth = distance(claim, values)
        except (ZeroDivisionError, NotReal):
            return
        truths.append(truth)
        slacks.append(float(slack))
    known = {name: a for name, a in arrays.items() if name in claim.quantities}
    fixed = {declared.name: arrays[symbol][()] for symbol, declared in claim.constant_symbols.items()}
    outcome = claim.decide({name: enclose(a, axes.get(name, ())) for name, a in known.items()}, fixed)
    assert outcome.state == ("holds" if all(truths) else "fails")
    if all(truths):
        assert outcome.slack == pytest.approx(min(slacks), rel=1e-14, abs=1e-300)
    in_balls = {name: enclose(_wide(a), axes.get(name, ())) for name, a in known.items()}
    certified = claim.decide(in_balls, fixed)
    assert certified.state in (outcome.state, "undecided")
    assert certified.rigor == (Rigor.CERTIFIED if known else outcome.rigor)
    floats = {name: estimate(arithmetic.nearest(a), 1e-9, axes.get(name, ())) for name, a in known.items()}
    numerical = claim.decide(floats, fixed)
    assert numerical.state in {"holds": ("holds", "undecided"), "fails": ("undecided",)}[outcome.state] or not known
    assert not known or numerical.rigor == Rigor.NUMERICAL


def _wide(array):
    """Balls of radius 1e-30 about the entries."""
    return arithmetic.ball_between(
        arithmetic.rationals(array - Fraction(1, 10**30)), arithmetic.rationals(array + Fraction(1, 10**30))
    )


def test_a_third_in_a_formula_is_a_third():
    claim = Claim("a third", x <= Rational(1, 3))
    tie = claim.decide({"test_x": enclose(Fraction(1, 3))})
    assert (tie.state, tie.slack, tie.rigor) == ("holds", 0.0, Rigor.EXACT)
    over = claim.decide({"test_x": enclose(Fraction(1, 3) + Fraction(1, 10**60))})
    assert (over.state, over.slack) == ("fails", pytest.approx(-1e-60, rel=1e-12))
    double = claim.decide({"test_x": enclose(Fraction(0.3333333333333333))})
    assert Fraction(double.slack) == Fraction(float(Fraction(1, 3) - Fraction(0.3333333333333333)))
    _, functions = compile_expression(Rational(1, 3) * x)
    assert arithmetic.to_fraction(functions["rational"](arithmetic.rational(1))) == Fraction(1, 3)


@pytest.mark.parametrize(
    "relation",
    [
        x <= 0.1,
        0.1 * x <= y,
        x <= Float("0.5"),
        x**0.5 <= y,
        x ** Rational(1, 3) <= y,
        x <= sympy.pi,
        sympy.sin(x) <= y,
        Max(x, 0.25) <= y,
        x**y <= 1,
    ],
    ids=str,
)
def test_floats_and_unknown_functions_are_refused(relation):
    with pytest.raises(TypeError, match="a claim cannot contain"):
        Claim("inexact", relation).decide({"test_x": enclose(1), "test_y": enclose(1)})


@pytest.mark.parametrize("relation", [Ne(x, y), x <= x, sympy.true, x + y, True], ids=str)
def test_only_relations_that_say_something_are_claims(relation):
    with pytest.raises(TypeError, match="needs a relation"):
        Claim("nothing", relation)


def test_named_constants_move_and_literals_do_not():
    claim = Claim("constants", x <= 2 * doubled)
    measured = {"test_x": enclose(4)}
    assert {"test_doubled"} == set(claim.constants) and claim.constants["test_doubled"].value == 2
    assert claim.decide(measured).state == "holds"
    assert claim.decide(measured, {"test_doubled": Fraction(199, 100)}).state == "fails"
    assert claim.decide(measured, {"test_doubled": Fraction(3)}).slack == 2.0
    assert constant("test_doubled", 2, "this test") == doubled
    other = constant("test_doubled", 3, "another file")
    assert other != doubled and Claim("other", x <= 2 * other).constants["test_doubled"].value == 3


def test_arrays_meet_by_the_names_of_their_axes():
    claim = Claim("by name", x <= y)
    rows = enclose(np.array([0, 10, 20]), ("sample",))
    table = enclose(np.array([[5, 15, 25], [6, 9, 26]]), ("neuron", "sample"))
    outcome = claim.decide({"test_x": rows, "test_y": table})
    assert (outcome.state, outcome.slack, outcome.where) == ("fails", -1.0, "sample 1, neuron 1")
    turned = enclose(np.array([[5, 6], [15, 9], [25, 26]]), ("sample", "neuron"))
    assert claim.decide({"test_x": rows, "test_y": turned}).slack == -1.0
    other = enclose(np.array([0, 10, 20]), ("frequency",))
    assert claim.decide({"test_x": other, "test_y": rows}).slack == -20.0  # all 9 pairs, not the 3 on the diagonal
    assert claim.decide({"test_x": rows, "test_y": rows}).slack == 0.0


def test_an_array_that_does_not_fit_its_axes_is_refused():
    with pytest.raises(ValueError, match="do not fit"):
        Enclosure(("sample",), np.zeros((2, 2)), np.zeros((2, 2)), np.zeros((2, 2)), Rigor.NUMERICAL)
    with pytest.raises(ValueError):
        Claim("sizes", x <= y).decide(
            {"test_x": enclose(np.array([1, 2]), ("sample",)), "test_y": enclose(np.array([1, 2, 3]), ("sample",))}
        )
    with pytest.raises(TypeError, match="estimate"):
        enclose(np.array([0.5]))


RELATIONS = [x <= 1, x < 1, x >= 1, x > 1, Eq(x, 1), Abs(x) <= 1, Max(x, -5) <= 1, x**2 <= 1, 1 / (1 + x**2) <= 1]
SICK = [(math.nan, math.nan), (-math.inf, math.inf), (0.5, math.nan), (math.nan, 2.0)]


@pytest.mark.parametrize("relation", RELATIONS, ids=str)
@pytest.mark.parametrize(("lower", "upper"), SICK)
@pytest.mark.parametrize("rigor", [Rigor.NUMERICAL, Rigor.CERTIFIED])
def test_nan_and_unbounded_enclosures_decide_nothing(relation, lower, upper, rigor):
    outcome = Claim("sick", relation).decide({"test_x": between(lower, upper, (), rigor)})
    assert (outcome.state, outcome.slack) == ("undecided", -math.inf)
    well = {"test_x": between([0.5, lower], [0.5, upper], ("sample",), rigor)}
    assert Claim("sick", relation).decide(well).state != "holds"


def test_nan_estimates_and_infinite_balls_decide_nothing():
    claim = Claim("at least zero", x >= 0)
    assert claim.decide({"test_x": estimate(math.nan, 0.0)}).state == "undecided"
    assert claim.decide({"test_x": estimate(1.0, math.nan)}).state == "undecided"
    assert claim.decide({"test_x": enclose(arithmetic.balls(np.array([math.inf]))[0])}).state != "fails"
    assert claim.decide({"test_x": enclose(arithmetic.ball_between(-math.inf, 1))}).state == "undecided"
    assert claim.decide({"test_x": enclose(arithmetic.balls(math.nan)[()])}).state == "undecided"
    assert Claim("far", x <= 5).decide({"test_x": between(0.0, math.inf)}).state == "undecided"


@pytest.mark.parametrize(
    ("relation", "state"),
    [
        (x <= 2, "holds"),
        (x >= 2, "holds"),
        (x < 2, "fails"),
        (x > 2, "fails"),
        (Eq(x, 2), "holds"),
    ],
    ids=str,
)
def test_strictness_matters_at_a_tie(relation, state):
    exact = Claim("tie", relation).decide({"test_x": enclose(2)})
    assert (exact.state, exact.slack, exact.rigor) == (state, 0.0, Rigor.EXACT)
    ball = Claim("tie", relation).decide({"test_x": enclose(arithmetic.balls(2)[()])})
    assert (ball.state, ball.rigor) == (state, Rigor.CERTIFIED)


def test_an_equality_of_balls_needs_balls_without_width():
    claim = Claim("equal", Eq(x, Rational(1, 3)))
    assert claim.decide({"test_x": enclose(Fraction(1, 3))}).state == "holds"
    third = enclose(arithmetic.balls(Fraction(1, 3))[()])
    assert claim.decide({"test_x": third}).state == "undecided"
    assert claim.decide({"test_x": enclose(arithmetic.balls(Fraction(1, 2))[()])}).state == "fails"
    assert claim.decide({"test_x": estimate(1 / 3, 1e-12)}).state == "undecided"
    assert Claim("near", Abs(x - Rational(1, 3)) <= Rational(1, 10**9)).decide({"test_x": third}).state == "holds"


def test_floats_may_support_but_never_refute():
    claim = Claim("below", x <= 1)
    assert claim.decide({"test_x": estimate(0.5, 1e-9)}).state == "holds"
    over = claim.decide({"test_x": estimate(1e6, 1e-9)})
    assert (over.state, over.rigor) == ("undecided", Rigor.NUMERICAL) and over.note.startswith("numerical violation")
    for rigor in (Rigor.EMPIRICAL, Rigor.STATISTICAL):
        assert claim.decide({"test_x": between(2.0, 3.0, (), rigor)}).state == "undecided"
    assert claim.decide({"test_x": between(2.0, 3.0)}).state == "fails"
    mixed = Claim("sum", x + y <= 1).decide({"test_x": enclose(5), "test_y": estimate(0.0, 1e-9)})
    assert (mixed.state, mixed.rigor) == ("undecided", Rigor.NUMERICAL)


@pytest.mark.parametrize(
    ("lower", "upper", "state"),
    [
        (0.0, 0.999999, "holds"),
        (0.0, math.nextafter(1.0, 2.0), "undecided"),
        (1.0, 2.0, "undecided"),
        (1.000001, 2.0, "fails"),
        (0.999, 1.001, "undecided"),
        (1.0, 1.0, "holds"),
        (math.nextafter(1.0, 2.0), math.nextafter(1.0, 2.0), "fails"),
    ],
)
def test_an_enclosure_that_straddles_the_bound_decides_nothing(lower, upper, state):
    outcome = Claim("below one", x <= 1).decide({"test_x": between(lower, upper)})
    assert (outcome.state, outcome.rigor) == (state, Rigor.CERTIFIED)


def test_one_certain_failure_beats_doubt_and_its_place_is_named():
    outcome = Claim("below one", x <= 1).decide({"test_x": between([0.0, -1e9, 1.5], [0.5, 1e9, 2.0], ("sample",))})
    assert (outcome.state, outcome.where) == ("fails", "sample 2")
    assert -0.500001 < outcome.slack <= -0.499999


def test_nothing_to_check_holds_and_says_so():
    nobody = enclose(np.zeros(0, dtype=int), ("sample",))
    outcome = Claim("empty", x <= 1).decide({"test_x": nobody})
    assert (outcome.state, outcome.slack, outcome.note) == ("holds", math.inf, "no entry to check")
    beside = Claim("empty", x <= y).decide({"test_x": nobody, "test_y": enclose(0)})
    assert beside.note == "no entry to check"


def test_exact_numbers_under_roots_are_decided_at_growing_precision():
    root = math.isqrt(2 * 10**400)  # sqrt(2) to 200 digits, beyond the first working precision
    above = {"test_x": enclose(2), "test_y": enclose(Fraction(root + 1, 10**200))}
    below = {"test_x": enclose(2), "test_y": enclose(Fraction(root, 10**200))}
    claim = Claim("root", sqrt(x) <= y)
    assert [(o.state, o.rigor) for o in map(claim.decide, (above, below))] == [
        ("holds", Rigor.CERTIFIED),
        ("fails", Rigor.CERTIFIED),
    ]
    perfect = claim.decide({"test_x": enclose(Fraction(9, 4)), "test_y": enclose(Fraction(3, 2))})
    assert (perfect.state, perfect.rigor, perfect.slack) == ("holds", Rigor.EXACT, 0.0)
    tie = Claim("tie of irrationals", sqrt(x) * sqrt(y) <= 4)
    assert tie.decide({"test_x": enclose(2), "test_y": enclose(8)}).state == "undecided"
    wide = {"test_x": enclose(arithmetic.balls(2)[()]), "test_y": enclose(Fraction(root, 10**200))}
    assert claim.decide(wide).state == "undecided"  # a ball is not refined: more bits would not add information


def test_division_by_zero_is_not_a_verdict():
    outcome = Claim("quotient", x / y <= 1).decide({"test_x": enclose(1), "test_y": enclose(0)})
    assert outcome.state == "undecided"


def test_the_slack_of_an_array_is_its_slack_entry_by_entry():
    claim = Claim("vector", 3 * x + z >= y**2)
    slack = claim.slack({"test_x": np.array([1.0, 2.0]), "test_y": np.array([2.0, 5.0]), "test_z": np.float64(1.0)})
    assert slack.tolist() == [0.0, -18.0]
