"""The prover must prove the shipped steps, and must not prove anything false, empty, inexact or undefined."""

from __future__ import annotations

import copy
import math
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from sympy import Abs, Eq, Float, Max, Min, Ne, Rational, cos, nan, oo, pi, sqrt, symbols

from theorems.engine import clearing, grams, positivstellensatz
from theorems.engine.clearing import Clearing, evaluate
from theorems.engine.polynomials import Refutation, Term, multiply
from theorems.engine.prover import Solver, prove, prove_all
from theorems.kkt_margin import proof_steps as steps
from theorems.kkt_margin import scalar_steps as z
from theorems.proof import InexactConstant, ProofStep, StepResult, argued, cited, scalar, unproved
from verifiers import certificates, recheck

x, y, s, t = symbols("x y s t", real=True)
SCALAR = {step.id: step for proof in steps.PROOFS.values() for step in proof if step.kind == "scalar"}
BY_SYMPY = {"C9.form", "T5.equal", "R2.norm"}
UNCERTIFIED = {"T5.equal"}  # after clearing denominators this identity reads 0 = 0: there is nothing left to certify


@pytest.fixture(scope="module")
def results() -> dict[str, StepResult]:
    return {step.id: result for step, result in prove_all(SCALAR.values()).items()}


# ------------------------------------------------------------------ shipped steps


def test_every_scalar_step_is_declared_once() -> None:
    declared = {step.id for step in vars(z).values() if isinstance(step, ProofStep)}
    assert declared == set(SCALAR)
    assert all(SCALAR[step.id] == step for proof in steps.PROOFS.values() for step in proof if step.kind == "scalar")


@pytest.mark.parametrize("name", sorted(SCALAR))
def test_scalar_step_is_proved(name: str, results: dict[str, StepResult]) -> None:
    result = results[name]
    assert (result.status, result.by) == ("proved", "sympy" if name in BY_SYMPY else "z3"), result.detail
    assert result.certified == (name not in UNCERTIFIED), result.detail
    assert result.model is None and not result.vacuous


@pytest.mark.parametrize("name", sorted(SCALAR))
def test_z3_alone_proves_the_step(name: str) -> None:
    result = prove(SCALAR[name], seconds=5.0, certificates=False)
    assert result.status == "proved", result.detail
    assert result.certificates == () and not result.certified


def test_certificates_of_the_steps_are_accepted_by_the_independent_checker(results: dict[str, StepResult]) -> None:
    checked = 0
    for result in results.values():
        for certificate in result.certificates:
            outcome = recheck.check(dict(certificate))
            assert outcome.status == "accepted", (result.id, outcome.sentence)
            assert "imply" in outcome.sentence
            checked += 1
    assert checked >= len(results)


@pytest.mark.parametrize("name", ["S4", "S5.third", "S6", "S10.level", "S11.norm"])
def test_corrupted_certificates_are_rejected(name: str, results: dict[str, StepResult]) -> None:
    for certificate in results[name].certificates:
        bent = copy.deepcopy(dict(certificate))
        number = bent["payload"]["multipliers"][0]
        square = number["squares"][0][0] if "squares" in number else number["polynomial"]["terms"][0]
        square[-2 if "squares" in number else -1] = hex(int(square[-2 if "squares" in number else -1], 16) + 1)
        assert recheck.check(bent).status == "altered"
        assert recheck.check(certificates.seal(bent)).status == "false"
        stronger = copy.deepcopy(dict(certificate))
        terms = stronger["payload"]["conclusion"]["terms"]
        terms[0][1] = hex(int(terms[0][1], 16) - 1)
        assert recheck.check(certificates.seal(stronger)).status == "false"


def test_steps_use_only_earlier_steps_and_checks_stand_in_their_argument() -> None:
    for name, proof in steps.PROOFS.items():
        seen: set[str] = set()
        for step in proof:
            assert set(step.uses) <= seen, (name, step.id)
            assert step.id not in seen, (name, step.id)
            seen.add(step.id)
            if step.kind == "argued":
                heading, _, text = steps.argument(step.anchor).partition("\n")
                assert all(check in heading for check in step.checks), (name, step.id)
                assert len(text) > 80


def test_every_written_argument_is_used() -> None:
    used = {step.anchor for proof in steps.PROOFS.values() for step in proof if step.kind == "argued"}
    assert used == set(steps.arguments("kkt_margin")) - {"SETTING"}


@pytest.mark.parametrize(("check", "proof"), [
    ("cross_bound", "CROSS_BOUND"), ("upper_bound", "UPPER_BOUND"), ("lower_bound", "LOWER_BOUND"),
    ("lower_bound_mixed", "LOWER_BOUND_MIXED"), ("flip_bound", "FLIP_BOUND"), ("direction_monotone", "DIRECTION"),
    ("parts", "PARTS"), ("unseen", "UNSEEN_BOUND"),
    ("balance", "BALANCE"), ("multiplier_sum", "MULTIPLIER_SUM"), ("unit_neurons", "UNIT_NEURONS"),
    ("gradient_form", "GRADIENT_FORM"), ("merging", "MERGING")])
def test_each_inequality_checked_per_instance_has_a_written_proof(check: str, proof: str) -> None:
    found = [step for step in steps.PROOFS[proof] if check in step.checks]
    assert len(found) == (2 if check == "parts" else 1)
    for step in found:
        result = prove(step)
        assert (result.status, result.by) == ("argued", "text")
        assert check in result.detail


def test_other_kinds_report_what_they_rest_on() -> None:
    assert prove(cited("a", "title", "Somebody 1963")).by == "paper"
    assert prove(unproved("a", "title", "nobody knows")).status == "open"
    assert prove(argued("a", "title", "S1")).status == "argued"
    entry = prove(SCALAR["S5"], certificates=False).to_json()
    assert {"step", "status", "by"} <= set(entry) and entry["status"] == "proved"
    for make in (lambda: argued("a", "t", ""), lambda: cited("a", "t", ""), lambda: unproved("a", "t", ""),
                 lambda: scalar("a", "t", [x > 0], [])):
        with pytest.raises(ValueError, match="rests on"):
            make()


# ------------------------------------------------------------------ planted false steps


def _weaker(step: ProofStep, drop: object = None, conclude: list | None = None, more: list | None = None) -> ProofStep:
    given = tuple(r for r in step.given if r != drop)
    assert drop is None or len(given) < len(step.given)
    return replace(step, given=given + tuple(more or []), conclude=tuple(conclude or step.conclude))


HALF, THIRD = Rational(1, 2), Rational(1, 3)
FALSE = {
    "S4 without r < 1": _weaker(z.S4, drop=z.r < 1),
    "S4 without L > 0": _weaker(z.S4, drop=z.L > 0),
    "S5 with 8/5": _weaker(z.S5_THIRD, conclude=[5 * z.L * z.S <= 8]),
    "S5 for r <= 1/2": _weaker(z.S5_THIRD, drop=z.r <= THIRD, more=[z.r <= HALF], conclude=[5 * z.L * z.S <= 9]),
    "S5 without r^2 in the denominator": _weaker(z.S5, conclude=[z.L * z.S * (1 - z.r) <= 1]),
    "S6 without -r^2": _weaker(z.S6, conclude=[z.U * z.A * z.E >= 1 - 2 * z.r]),
    "S6 for r^2 + r < 1": _weaker(z.S6, drop=z.r**2 + 2 * z.r < 1, more=[z.r**2 + z.r < 1], conclude=[z.A > 0]),
    "S10 with 6.9": scalar("S10", "", *z.level(Rational(69, 10), -1, False)),
    "S10 sign with 4.4": scalar("S10", "", *z.level(Rational(44, 10), 0, True)),
    "T1 three percent below tau0": _weaker(z.T1_SIGN, drop=z.T1_SIGN.given[-1], conclude=[z.bound < 0],
                                           more=[z.tau > Rational(97, 100) * (z.S * z.U + z.q * z.m * z.A)
                                                 / (z.S + z.m * z.A)]),
    "S11 with r <= 1/4": _weaker(z.S11_SCALES, conclude=[z.r <= Rational(1, 4)]),
    "S11 with |u|^2 <= nd": _weaker(z.S11_SCALES, conclude=[z.u_sq <= z.n * z.d]),
    "S11 with a tenth less": _weaker(z.S11_STEP, conclude=[2 * z.t * z.n <= Rational(27, 10) * (
        THIRD + 7 * (1 + z.b / z.d) / z.c)]),
    "R2 radius doubled": _weaker(z.R2_RADIUS, conclude=[
        z.delta >= 2 * z.D * z._reach**2 / ((z.k + 1) * (1 + z.k * z.c))]),
    "R3 at theta = 1/2": _weaker(z.R3_RADIUS, drop=Eq(z.theta, Rational(1, 4)), more=[Eq(z.theta, HALF)]),
    "R3 window too wide": _weaker(z.R3_WINDOW, drop=z.R3_WINDOW.given[1], more=[z.theta >= Rational(22, 100)]),
    "C10 for c <= 0.0186": _weaker(z.C10, drop=z.c <= Rational(18, 1000), more=[z.c <= Rational(186, 10000)]),
    "T5 at 0.37": _weaker(z.T5_THIRD, conclude=[
        z.L * z.E**2 / (z.n * (1 + z.r) ** 3) >= Rational(37, 100) ** 2 * z.L / z.n]),
    "M-matrix without strictness": _weaker(z.MM_CROSS, drop=z.G * z.B - z.T > 0, more=[z.G * z.B - z.T >= 0]),
    "an equation that is none": scalar("a", "", [x > 0], [Eq((x + 1) ** 2, x**2 + 1)]),
}


@pytest.mark.parametrize("name", sorted(FALSE))
def test_false_steps_are_open_with_a_replayed_model(name: str) -> None:
    step = FALSE[name]
    result = prove(step)
    assert result.status == "open" and not result.vacuous
    assert result.model is not None and result.confirmed, result.detail
    assert all(isinstance(value, Fraction) for value in result.model.values())
    assert all(evaluate(relation, result.model) is True for relation in step.given)
    assert any(evaluate(relation, result.model) is False for relation in step.conclude)
    assert result.certificates == ()
    assert set(result.to_json()["model"]) == {v.name for r in step.given + step.conclude for v in r.free_symbols}


@pytest.mark.parametrize("name", ["S5 with 8/5", "S6 without -r^2", "S10 sign with 4.4", "R3 at theta = 1/2"])
def test_no_certificate_is_found_for_a_false_step(name: str) -> None:
    solver = Solver(5.0)
    from theorems.engine.prover import clear

    cleared = clear(FALSE[name], solver)
    assert any(positivstellensatz.implications(cleared.given, cleared.auxiliaries, c) is None
               for c in cleared.conclude)


def test_a_model_with_irrational_values_is_shown_but_not_confirmed() -> None:
    result = prove(scalar("a", "", [x > 0, Eq(x**2, 2)], [x >= 2]))
    assert result.status == "open" and result.confirmed is False
    assert result.model is not None and abs(float(result.model["x"]) - math.sqrt(2)) < 1e-12
    assert "does not confirm" in result.detail


# ------------------------------------------------------------------ steps that must not be proved silently


@pytest.mark.parametrize("given", [[x > 0, x < 0], [Eq(x, 1), Eq(x, 2)], [x**2 + y**2 < 2 * x * y - 1],
                                   [x >= 0, Max(x, y) < 0], [sqrt(y) < -1, y > 0]])
def test_contradictory_hypotheses_are_reported_vacuous(given: list) -> None:
    result = prove(scalar("a", "", given, [x > 5]))
    assert result.status == "open" and result.vacuous
    assert "vacuous" in result.detail and result.certificates == ()


def _hard() -> ProofStep:
    many = symbols("a0:7", real=True)
    given = [many[i] ** 3 * many[(i + 1) % 7] + many[(i + 2) % 7] ** 2 >= many[(i + 3) % 7] for i in range(7)]
    given += [v > 0 for v in many]
    return scalar("hard", "", given, [sum(v**5 for v in many) >= many[0] * many[1] * many[2]])


def test_time_outs_are_open() -> None:
    result = prove(_hard(), seconds=0.001, certificates=False)
    assert result.status == "open" and "time-out after 0.001 s" in result.detail
    assert result.model is None and not result.vacuous


def test_what_z3_leaves_undecided_can_be_proved_by_its_certificate(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = iter(["sat", "unknown"])
    check = Solver.check

    def hesitant(self: Solver, formulas: object) -> tuple:
        answer, model = check(self, formulas)  # type: ignore[arg-type]
        return (answer, model) if next(answers) == answer else ("unknown", None)

    monkeypatch.setattr(Solver, "check", hesitant)
    result = prove(z.S5)
    assert (result.status, result.by) == ("proved", "certificate")
    assert recheck.check(dict(result.certificates[0])).status == "accepted"
    answers = iter(["sat", "unknown"])
    result = prove(z.S5, certificates=False)
    assert result.status == "open" and "time-out" in result.detail


@pytest.mark.parametrize(("given", "conclude"), [
    ([x >= 0], [1 / x >= 0]), ([x >= 0, 1 / x >= 0], [x > 0]), ([y >= 1], [1 / (x**2 - y) <= 1]),
    ([x > y], [x / (1 / y + 1) > 0])])
def test_division_by_a_denominator_that_may_vanish_is_refused(given: list, conclude: list) -> None:
    result = prove(scalar("a", "", given, conclude))
    assert result.status == "open" and "denominator" in result.detail and "not proved nonzero" in result.detail


def test_the_root_of_something_that_may_be_negative_is_refused() -> None:
    result = prove(scalar("a", "", [x <= 5], [sqrt(x + 1) + y**2 >= y]))
    assert result.status == "open" and "radicand" in result.detail


@pytest.mark.parametrize("make", [
    lambda: x > 0.5, lambda: x + Float("0.1") * y <= 1, lambda: x < np.float64(0.25) * y, lambda: x**0.5 > y,
    lambda: Eq(x, Float("nan") * y, evaluate=False), lambda: Eq(x, oo, evaluate=False),
    lambda: Eq(x, nan, evaluate=False)])
def test_floats_nan_and_infinity_are_refused(make: object) -> None:
    with pytest.raises(InexactConstant):
        scalar("a", "", [make()], [x >= 0])  # type: ignore[operator]


@pytest.mark.parametrize("relation", [Rational(1, 3) > 0, True, x, "x > 0", (x - 1) ** 2 >= 0, Eq(x, math.nan)])
def test_things_that_are_not_relations_between_symbols_are_refused(relation: object) -> None:
    with pytest.raises(ValueError, match="not a relation"):
        scalar("a", "", [relation], [x >= 0])


@pytest.mark.parametrize("assumption", [{"positive": True}, {"integer": True}, {}])
def test_symbols_with_silent_assumptions_are_refused(assumption: dict) -> None:
    (v,) = symbols("v,", **assumption)
    with pytest.raises(ValueError, match="plain real symbol"):
        scalar("a", "", [], [v**3 >= 1])


def test_unsupported_expressions_are_open_with_the_reason() -> None:
    for conclude in (cos(x) <= 2 * x, pi * x >= 0, x ** Rational(1, 3) >= x):
        result = prove(scalar("a", "", [x >= 1], [conclude]))
        assert result.status == "open" and "cannot be turned into polynomial conditions" in result.detail


# ------------------------------------------------------------------ translation


TRUE = [
    scalar("max", "", [x >= y], [Eq(Max(x, y), x)]),
    scalar("min", "", [], [Min(x, y) + Max(x, y) <= x + y, Min(x, y) + Max(x, y) >= x + y]),
    scalar("three", "", [], [Max(x, y, t) >= y, Min(x, y, t) <= t]),
    scalar("abs", "", [], [Abs(x + y) <= Abs(x) + Abs(y)]),
    scalar("root", "", [x >= 0, y >= 0], [sqrt(x * y) <= (x + y) / 2]),
    scalar("root of a constant", "", [x >= sqrt(2)], [x**2 >= 2]),
    scalar("nested", "", [x > 0, y > 0], [1 / (1 / x + 1 / y) <= Min(x, y)]),
    scalar("negative denominator", "", [x < 0], [1 / x < 0]),
    scalar("not zero", "", [Ne(x, 0)], [x**2 + y**2 > y**2]),
    scalar("identity", "", [x > 0], [Eq((x**2 - 1) / (x + 1), x - 1)]),
    scalar("equation", "", [Eq(x + y, 2), Eq(x - y, 0)], [Eq(x, 1), Ne(y, 0)]),
    scalar("square", "", [], [x**2 + y**2 >= 2 * x * y]),
]


@pytest.mark.parametrize("step", TRUE, ids=lambda step: step.id)
def test_quotients_roots_maxima_and_equations(step: ProofStep) -> None:
    result = prove(step)
    assert result.status == "proved", result.detail
    assert all(recheck.check(dict(c)).status == "accepted" for c in result.certificates)


def _random_expression(generator: np.random.Generator, depth: int) -> object:
    if depth == 0:
        return [x, y, t, Rational(int(generator.integers(-3, 4)), int(generator.integers(1, 4)))][generator.integers(4)]
    a, b = (_random_expression(generator, depth - 1) for _ in range(2))
    return [lambda: a + b, lambda: a * b, lambda: Max(a, b), lambda: Min(a, b), lambda: Abs(a), lambda: a - 2 * b,
            lambda: a / (1 + b**2), lambda: sqrt(a**2 + 1) * b, lambda: a**3][generator.integers(9)]()


def test_the_solver_sees_the_value_that_rational_arithmetic_sees() -> None:
    """On random expressions: the translation to z3 holds at a point exactly when the expression does."""
    generator = np.random.default_rng(7)
    decided = 0
    for _ in range(60):
        expression = _random_expression(generator, 3)
        values = {v.name: Fraction(int(generator.integers(-6, 7)), int(generator.integers(1, 4))) for v in (x, y, t)}
        if not getattr(expression, "free_symbols", None):
            continue
        relation = expression >= s
        if relation in (True, False):
            continue
        values["s"] = Fraction(int(generator.integers(-9, 10)), 2)
        expected = evaluate(relation, values)
        fixed = [Eq(v, Rational(values[v.name].numerator, values[v.name].denominator)) for v in (x, y, t, s)]
        result = prove(scalar("a", "", fixed, [relation]), certificates=False)
        assert (result.status == "proved") is expected, (relation, values, result.detail)
        decided += 1
    assert decided > 40


def test_evaluation_encloses_irrational_roots() -> None:
    values = {"x": Fraction(2), "y": Fraction(9, 4), "t": Fraction(-1)}
    assert evaluate(sqrt(x) * sqrt(y) >= 2, values) is True
    assert evaluate(Eq(sqrt(y), Rational(3, 2)), values) is True
    assert evaluate(sqrt(x) > Rational(14142135623730950, 10**16), values) is True
    assert evaluate(sqrt(x) < Rational(14142135623730950, 10**16), values) is False
    assert evaluate(Eq(sqrt(x) * y, sqrt(x * y**2), evaluate=False), values) is None
    assert evaluate(Ne(x, y), values) is True and evaluate(Ne(x, 2), values) is False
    with pytest.raises(ArithmeticError):
        evaluate(sqrt(t) >= 0, values)
    with pytest.raises(ZeroDivisionError):
        evaluate(1 / (t + 1) >= y, values)
    with pytest.raises(clearing.Unsupported):
        evaluate(cos(x) <= y, values)


def test_clearing_refuses_names_that_collide_with_its_own() -> None:
    impostor = symbols("max(x\\,\\ y)", real=True)
    with pytest.raises(clearing.Unsupported, match="rename"):
        Clearing().relation(impostor + Max(x, y) >= 0)


# ------------------------------------------------------------------ certificates


def _polynomial(expression: object) -> dict:
    return positivstellensatz.polynomial(expression, (x, y))  # type: ignore[arg-type]


def test_a_gram_matrix_is_found_where_numbers_do_not_suffice() -> None:
    negated = (_polynomial(2 * x * y - x**2 - y**2), True)
    search = positivstellensatz.Search(("x", "y"), (negated,), ())
    assert search.linear(2, 4) is None
    proof = grams.gram_refutation(search, 1, 2)
    assert proof is not None and proof.verify()
    quartic = (_polynomial(-(x**4 + y**4 - 4 * x * y + 2)), True)
    proof = positivstellensatz.refute(("x", "y"), (quartic,))
    assert proof is not None and proof.verify()


def test_semidefinite_split() -> None:
    split = grams.squares([[Fraction(1), Fraction(-1)], [Fraction(-1), Fraction(1)]])
    assert split == [(1, [1, -1])]
    assert grams.squares([[Fraction(1), Fraction(2)], [Fraction(2), Fraction(1)]]) is None
    assert grams.squares([[Fraction(0), Fraction(1)], [Fraction(1), Fraction(1)]]) is None
    assert grams.squares([[Fraction(0)]]) == []


def test_refutations_are_verified_by_expansion() -> None:
    zero = (0, 0)
    one = {zero: Fraction(1)}
    positive, negative = _polynomial(x + y), _polynomial(-x - y)
    good = Refutation(("x", "y"), ((positive, True), (negative, False)), (),
                      (Term((0,), ((Fraction(1), one),)), Term((1,), ((Fraction(1), one),))), ())
    assert good.verify()
    assert not replace(good, inequalities=((positive, False), (negative, False))).verify()
    assert not replace(good, terms=good.terms[:1]).verify()
    assert not replace(good, terms=(Term((0,), ((Fraction(-1), one),)), Term((1,), ((Fraction(-1), one),)))).verify()
    assert multiply(positive, {}) == {}


def test_consistent_systems_are_never_refuted() -> None:
    generator = np.random.default_rng(3)
    for _ in range(12):
        at = {x: Rational(int(generator.integers(-3, 4))), y: Rational(int(generator.integers(-3, 4)), 2)}
        inequalities = []
        for _ in range(4):
            e = sum(int(c) * m for c, m in zip(generator.integers(-3, 4, 5), (x, y, x * y, x**2, y**2), strict=True))
            value = Rational(e.subs(at)) if hasattr(e, "subs") else Rational(e)
            strict = bool(generator.integers(2))
            inequalities.append((_polynomial(e - value + int(strict)), strict))
        assert positivstellensatz.refute(("x", "y"), tuple(inequalities), seconds=0.2) is None


def test_a_contradictory_case_of_a_maximum_still_yields_an_accepted_certificate() -> None:
    result = prove(scalar("a", "", [x >= y + 1], [Max(x, y) > y]))
    assert result.status == "proved" and result.certified and len(result.certificates) == 2
    assert all(recheck.check(dict(c)).status == "accepted" for c in result.certificates)
