"""Proving scalar steps for all parameter values, with z3's exact decision procedure for nonlinear real arithmetic.

What "proved" means here. The negation of each conclusion, together with everything given, has no real solution; every
denominator was first proved nonzero and every radicand nonnegative under what is given; and the given relations do have
a solution, so that the step is not empty. A time-out, an unsupported expression or a denominator that may vanish leaves
the step open, with the reason. If z3 finds values that violate the conclusion, they are replayed in rational arithmetic
and shown; only a confirmed replay is a counterexample.

Beside that, `theorems.engine.positivstellensatz` looks for a rational certificate of each conclusion, which the
independent checker verifies by expanding polynomials, without any solver. A conclusion that z3 leaves undecided is
still proved if it has one.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any, Literal

import sympy
from sympy.core.relational import Equality

from theorems.engine.clearing import Auxiliary, Clearing, Condition, Unsupported, evaluate, negations
from theorems.proof import ProofStep, StepResult

SECONDS = 20.0
"""Default time limit of one query to the solver."""

Answer = Literal["sat", "unsat", "unknown"]


class _Open(Exception):
    """The step stays open; the message says why."""


class Solver:
    """z3 on polynomial conditions over the reals. Symbols become real variables of the same name."""

    def __init__(self, seconds: float) -> None:
        import z3

        self.z3, self.seconds = z3, seconds
        self.context = z3.Context()
        self.variables: dict[str, Any] = {}
        self.rewritten: dict[Any, Any] = {}

    def expression(self, e: sympy.Expr) -> Any:
        """The polynomial expression as a z3 term with exact rational numbers."""
        if e in self.rewritten:
            return self.rewritten[e]
        if isinstance(e, sympy.Rational):
            term = self.z3.RealVal(f"{int(e.p)}/{int(e.q)}", self.context)
        elif isinstance(e, sympy.Symbol):
            term = self.variables.setdefault(e.name, self.z3.Real(e.name, self.context))
        elif isinstance(e, sympy.Pow) and isinstance(e.exp, sympy.Integer) and e.exp > 0:
            base = self.expression(e.base)
            term = base
            for _ in range(int(e.exp) - 1):
                term = term * base
        elif isinstance(e, (sympy.Add, sympy.Mul)):
            term, *rest = [self.expression(a) for a in e.args]
            for other in rest:
                term = term + other if isinstance(e, sympy.Add) else term * other
        else:
            raise Unsupported(f"{e} is not polynomial")
        self.rewritten[e] = term
        return term

    def condition(self, c: Condition) -> Any:
        term = self.expression(c.expression)
        return {">=": term >= 0, ">": term > 0, "==": term == 0, "!=": term != 0}[c.operator]

    def defining(self, a: Auxiliary) -> list[Any]:
        """What determines the auxiliary; maxima as a case distinction."""
        if a.kind != "maximum":
            return [self.condition(c) for c in a.defining]
        w, first, second = (self.expression(e) for e in (a.symbol, *a.arguments))
        return [w == self.z3.If(first >= second, first, second)]

    def check(self, formulas: Iterable[Any]) -> tuple[Answer, Any]:
        """Answer and, for sat, the model."""
        solver = self.z3.SolverFor("QF_NRA", ctx=self.context)
        solver.set("timeout", max(1, round(1000 * self.seconds)))
        solver.add(*formulas)
        answer = str(solver.check())
        if answer == "sat":
            return "sat", solver.model()
        return ("unsat", None) if answer == "unsat" else ("unknown", None)

    def number(self, model: Any, symbol: str) -> Fraction:
        """The model's value of a variable, rounded to 40 digits where it is an irrational algebraic number."""
        value = model.eval(self.variables[symbol], model_completion=True)
        if self.z3.is_algebraic_value(value):
            value = value.approx(40)
        return Fraction(value.numerator_as_long(), value.denominator_as_long())


@dataclass(frozen=True)
class Cleared:
    """A step in polynomial form: what is given, what is to be shown, and auxiliaries known to make sense."""

    given: tuple[Condition, ...]
    auxiliaries: tuple[Auxiliary, ...]
    conclude: tuple[Condition, ...]


@dataclass(frozen=True)
class _Part:
    """What became of one conclusion."""

    by: Literal["z3", "sympy", "certificate", ""]
    detail: str
    model: Mapping[str, Fraction] | None = None
    confirmed: bool | None = None


def _time_out(seconds: float) -> str:
    return f"z3 time-out after {seconds:g} s"


def clear(step: ProofStep, solver: Solver) -> Cleared:
    """The step in polynomial form, after proving every denominator nonzero and every radicand nonnegative.

    Raises `_Open` with the reason if one of them is not proved, `Unsupported` if the step leaves algebra.
    """
    clearing = Clearing()
    given = [clearing.relation(r) for r in step.given]
    conclude = [clearing.relation(r) for r in step.conclude]
    known: set[sympy.Symbol] = set()
    while True:
        facts = [solver.condition(c) for c in given if clearing.needed(c.expression) <= known]
        facts += [f for s in known for f in solver.defining(clearing.auxiliaries[s])]
        waiting = [a for s, a in clearing.auxiliaries.items() if s not in known]
        ready = [a for a in waiting if clearing.needed(*a.arguments) <= known]
        reasons, before = [], len(known)
        for a in ready:
            reason = _meaningless(a, facts, solver)
            if reason is None:
                known.add(a.symbol)
            else:
                reasons.append(reason)
        if not waiting:
            return Cleared(tuple(given), tuple(clearing.auxiliaries.values()), tuple(conclude))
        if len(known) == before:
            raise _Open("; ".join(reasons))


def _meaningless(a: Auxiliary, facts: list[Any], solver: Solver) -> str | None:
    """Why the auxiliary may have no meaning under the facts; None if it is proved to have one."""
    if a.condition is None:
        return None
    (failing,) = negations(a.condition)
    answer, _ = solver.check([*facts, solver.condition(failing)])
    if answer == "unsat":
        return None
    what = "denominator" if a.kind == "inverse" else "radicand"
    wanted = "nonzero" if a.kind == "inverse" else "nonnegative"
    why = "what is given allows the opposite" if answer == "sat" else _time_out(solver.seconds)
    return f"the {what} {a.arguments[0]} is not proved {wanted}: {why}"


def _identity(relation: Any) -> bool:
    """An equation whose two sides are the same rational function."""
    return isinstance(relation, Equality) and sympy.cancel(sympy.together(relation.lhs - relation.rhs)) == 0


def _replay(step: ProofStep, index: int, values: Mapping[str, Fraction]) -> tuple[bool, str]:
    """Whether the values satisfy what is given and violate the conclusion, and what rational arithmetic saw."""
    try:
        for relation in step.given:
            if evaluate(relation, values) is not True:
                return False, f"the replay in rational arithmetic does not confirm {relation}"
        if evaluate(step.conclude[index], values) is not False:
            return False, "the replay in rational arithmetic does not refute the conclusion"
    except ArithmeticError as failure:
        return False, f"the replay in rational arithmetic failed: {failure}"
    return True, "confirmed in rational arithmetic"


def _simple(solver: Solver, facts: list[Any], model: Any, names: list[str]) -> dict[str, Fraction]:
    """Values of a model of the facts, made as simple as can be found by fixing one variable after the other."""
    deadline = time.perf_counter() + solver.seconds
    fixed = list(facts)
    brief = Solver(min(2.0, solver.seconds))
    brief.context, brief.variables = solver.context, solver.variables
    for name in names:
        value = solver.number(model, name)
        candidates = [value.limit_denominator(k) for k in (1, 12, 1000, 10**9)] + [value]
        for candidate in dict.fromkeys(candidates):
            if time.perf_counter() > deadline:
                break
            term = solver.variables[name] == solver.z3.RealVal(str(candidate), solver.context)
            answer, found = brief.check([*fixed, term])
            if answer == "sat":
                fixed, model = [*fixed, term], found
                break
    return {name: solver.number(model, name) for name in names}


def _refute(step: ProofStep, index: int, solver: Solver, facts: list[Any], model: Any) -> _Part:
    names = sorted({s.name for r in (*step.given, *step.conclude) for s in r.free_symbols})
    names = [name for name in names if name in solver.variables]
    values = _simple(solver, facts, model, names)
    confirmed, seen = _replay(step, index, values)
    shown = ", ".join(f"{name} = {value}" for name, value in values.items())
    return _Part("", f"{step.conclude[index]} fails at {shown}: {seen}", values, confirmed)


def _decide(step: ProofStep, index: int, cleared: Cleared, solver: Solver, facts: list[Any]) -> _Part:
    if _identity(step.conclude[index]):
        return _Part("sympy", "an identity of rational functions")
    undecided = False
    for negation in negations(cleared.conclude[index]):
        assumed = [*facts, solver.condition(negation)]
        answer, model = solver.check(assumed)
        if answer == "sat":
            return _refute(step, index, solver, assumed, model)
        undecided |= answer != "unsat"
    if undecided:
        return _Part("", f"{step.conclude[index]}: {_time_out(solver.seconds)}")
    return _Part("z3", "the negation has no real solution")


def prove(step: ProofStep, *, seconds: float = SECONDS, certificates: bool = True) -> StepResult:
    """What becomes of a step. Only scalar and checked steps are work; the others report what they rest on.

    `seconds` limits each query to the solver; `certificates` also looks for rational certificates.
    """
    if step.kind == "argued":
        checked = f", checked on every instance as {', '.join(step.checks)}" if step.checks else ""
        return StepResult(step.id, "argued", "text", f"written proof {step.anchor}{checked}")
    if step.kind == "cited":
        return StepResult(step.id, "cited", "paper", step.reference)
    if step.kind == "open":
        return StepResult(step.id, "open", "", step.reason)
    start = time.perf_counter()
    result = _check(step) if step.kind == "checked" else _prove_scalar(step, seconds, certificates)
    return replace(result, seconds=time.perf_counter() - start)


def _check(step: ProofStep) -> StepResult:
    """A checked step: its certificates as the independent checker answers them. One that it rejects leaves it open."""
    from verifiers import recheck

    found = tuple(step.find()) if step.find else ()
    answers = [recheck.check(certificate) for certificate in found]
    rejected = [answer for answer in answers if answer.status != "accepted"]
    if rejected or not found:
        said = f"{rejected[0].status}: {rejected[0].sentence}" if rejected else "no certificate was found"
        return StepResult(step.id, "open", "", said)
    detail = "; ".join(answer.sentence for answer in answers)
    return StepResult(step.id, "proved", "certificate", detail, certified=True, certificates=found)


def _prove_scalar(step: ProofStep, seconds: float, certificates: bool) -> StepResult:
    solver = Solver(seconds)
    try:
        cleared = clear(step, solver)
    except (_Open, Unsupported) as reason:
        return StepResult(step.id, "open", "", str(reason))
    facts = [solver.condition(c) for c in cleared.given]
    facts += [f for a in cleared.auxiliaries for f in solver.defining(a)]
    possible, _ = solver.check(facts)
    if possible == "unsat":
        return StepResult(step.id, "open", "", "vacuous: no values satisfy what is given", vacuous=True)
    if possible == "unknown":
        return StepResult(step.id, "open", "", f"whether any values satisfy what is given: {_time_out(seconds)}")
    parts = [_decide(step, i, cleared, solver, facts) for i in range(len(step.conclude))]
    refuted = [part for part in parts if part.model is not None]
    if refuted:
        worst = next((part for part in refuted if part.confirmed), refuted[0])
        return StepResult(step.id, "open", "", worst.detail, model=worst.model, confirmed=worst.confirmed)
    found = _certificates(step, cleared) if certificates else {}
    parts = [_Part("certificate", "an exact rational certificate") if part.by == "" and index in found else part
             for index, part in enumerate(parts)]
    kept = tuple({c["digest"]: c for proofs in found.values() for c in proofs}.values())
    missing = [part for part in parts if part.by == ""]
    if missing:
        return StepResult(step.id, "open", "", missing[0].detail, certificates=kept)
    kinds = {part.by for part in parts}
    by = next(kind for kind in ("z3", "certificate", "sympy") if kind in kinds)
    detail = "; ".join(dict.fromkeys(part.detail for part in parts))
    if certificates:
        detail += f"; rational certificates for {len(found)} of {len(parts)} conclusions"
    return StepResult(step.id, "proved", by, detail, certified=len(found) == len(parts), certificates=kept)


def _certificates(step: ProofStep, cleared: Cleared) -> dict[int, list[dict[str, Any]]]:
    """Certificates by position of the conclusion they prove together; conclusions without them are left out.

    Each is checked once more by the independent checker before it is believed.
    """
    from theorems.engine.positivstellensatz import implications, to_certificate
    from verifiers import recheck

    found = {}
    for index, conclusion in enumerate(cleared.conclude):
        proofs = implications(cleared.given, cleared.auxiliaries, conclusion)
        if proofs is not None:
            made = [to_certificate(proof, f"proof step {step.id}: {step.title}") for proof in proofs]
            if all(recheck.check(certificate).status == "accepted" for certificate in made):
                found[index] = made
    return found


def prove_all(steps: Iterable[ProofStep], *, seconds: float = SECONDS, certificates: bool = True,
              progress: Callable[[ProofStep], None] | None = None) -> dict[ProofStep, StepResult]:
    """`prove` on every distinct step, in order; `progress` is called before each."""
    results: dict[ProofStep, StepResult] = {}
    for step in steps:
        if step not in results:
            if progress is not None:
                progress(step)
            results[step] = prove(step, seconds=seconds, certificates=certificates)
    return results
