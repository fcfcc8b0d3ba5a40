"""Mutants of a statement: those it declares, and those that generic operators make of its claims and constants.

The operators know claims, not what they are about: a named constant moved, the larger side of a conclusion scaled,
``<=`` made strict, a relation turned around, a size off by one, equality allowed in a strict hypothesis. Whether such a
mutant is false is open, unless a stored witness refutes it (`theorems.engine.ledger`). A mutant that claims less than
the statement can never be refuted and is not listed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from fractions import Fraction
from functools import lru_cache
from typing import Any

import numpy as np
import sympy
from sympy.core.relational import (
    Equality,
    GreaterThan,
    LessThan,
    Relational,
    StrictGreaterThan,
    StrictLessThan,
)

from theorems.claim import Claim, expanded
from theorems.statement import Mutant, Statement
from verifiers.quantity import Quantity

PERCENT = (1, 3, 10)
"""How far constants and sides are moved."""

COUNTS = frozenset(
    "samples neurons coordinates clusters points entries features patches classes layers steps".split()
)
"""Units of quantities that count something: sizes, which may be off by one."""

SAMPLES = 2048
"""Random values on which two claims are compared; those outside the hypotheses do not count."""

_STRICT = {LessThan: StrictLessThan, GreaterThan: StrictGreaterThan}
_WEAK = {strict: weak for weak, strict in _STRICT.items()}
_TURNED = {
    LessThan: GreaterThan,
    GreaterThan: LessThan,
    StrictLessThan: StrictGreaterThan,
    StrictGreaterThan: StrictLessThan,
}


def mutants(statement: Statement) -> tuple[Mutant, ...]:
    """Declared mutants first, then generated ones, which are known to be false if a witness against them is stored."""
    from theorems.engine import ledger

    known = ledger.known(statement)
    made = (replace(m, known_false=True) if m.name in known else m for m in generated(statement))
    return (*statement.mutants, *made)


def generated(statement: Statement) -> tuple[Mutant, ...]:
    """The mutants that the operators make and the statement does not declare, their truth open."""
    taken = {mutant.name for mutant in statement.mutants}
    moved = [dict(m.constants) for m in statement.mutants if m.constants and m.then is None and m.without is None]
    constants = tuple(sorted(statement.constants.items()))
    made = _generated(statement.given, statement.then, statement.quantities(), constants)
    return tuple(m for m in made if m.name not in taken and dict(m.constants) not in moved)


@lru_cache(maxsize=512)
def _generated(
    given: tuple[Claim, ...],
    then: tuple[Claim, ...],
    quantities: tuple[Quantity, ...],
    constants: tuple[tuple[str, Fraction], ...],
) -> tuple[Mutant, ...]:
    sampled = _Sampled(given, then, quantities, dict(constants))
    found: dict[str, Mutant] = {}
    seen: set[Any] = {(given, then, ())}
    for mutant in _all(given, then, quantities, sampled):
        content = (mutant.given or given, mutant.then or then, tuple(sorted(mutant.constants.items())))
        if mutant.name not in found and content not in seen:
            found[mutant.name] = mutant
            seen.add(content)
    return tuple(found.values())


def _all(
    given: tuple[Claim, ...], then: tuple[Claim, ...], quantities: tuple[Quantity, ...], sampled: _Sampled
) -> Iterator[Mutant]:
    for name, value in sampled.values.items():
        yield from _moved(given, then, name, value, sampled)
    for claim in then:
        if not claim.constants:
            yield from (_one(claim, text, relation) for text, relation in scaled(claim))
    for claim in then:
        if type(claim.relation) in _STRICT:
            kind = _STRICT[type(claim.relation)]
            yield _one(claim, f"{claim.name}: strict", kind(claim.relation.lhs, claim.relation.rhs))
    for claim in then:
        if type(claim.relation) in _TURNED:
            kind = _TURNED[type(claim.relation)]
            yield _one(claim, f"{claim.name}: turned around", kind(claim.relation.lhs, claim.relation.rhs))
    for claim in then:
        for text, relation in off_by_one(claim, quantities):
            mutant = _one(claim, text, relation)
            if mutant.then and sampled.claims_more(mutant.then[0], claim):
                yield mutant
    for position, claim in enumerate(given):
        if type(claim.relation) in _WEAK:
            weak = _WEAK[type(claim.relation)](claim.relation.lhs, claim.relation.rhs)
            changed = (*given[:position], Claim(claim.name, weak), *given[position + 1 :])
            yield Mutant(f"{claim.name}: equality allowed", given=changed, known_false=False)


def _one(claim: Claim, name: str, relation: Any) -> Mutant:
    """The mutant with one changed conclusion; a relation that is plainly true or false leaves the claim as it is."""
    changed = Claim(claim.name, relation) if isinstance(relation, Relational) else claim
    return Mutant(name, then=(changed,), known_false=False)


def _moved(
    given: tuple[Claim, ...], then: tuple[Claim, ...], name: str, value: Fraction, sampled: _Sampled
) -> Iterator[Mutant]:
    """A named constant moved where that claims more; alone in conclusions, it leaves the other conclusions out."""
    own = tuple(claim for claim in then if name in claim.constants)
    conclusions = None if any(name in claim.constants for claim in given) else own
    for sign, word in ((-1, "lowered"), (1, "raised")):
        if value and sampled.moved_claims_more(name, value + sign * abs(value) / 100):
            for percent in PERCENT:
                moved = {name: value + sign * abs(value) * percent / 100}
                yield Mutant(f"{name} {word} by {percent} percent", conclusions, moved, known_false=False)


def scaled(claim: Claim) -> Iterator[tuple[str, Any]]:
    """The larger side moved by a share of its size so that more is claimed; of an equality, the right side.

    A side that is 0 cannot be scaled, and scaling the other one would change nothing.
    """
    relation = claim.relation
    above = isinstance(relation, (GreaterThan, StrictGreaterThan))
    larger, smaller = (relation.lhs, relation.rhs) if above else (relation.rhs, relation.lhs)
    if larger == 0 or smaller == 0:
        return
    equality = isinstance(relation, Equality)
    word = "right side raised by {} percent" if equality else "{} percent stronger"
    for percent in PERCENT:
        share = sympy.Rational(percent, 100)
        size = sympy.Abs(larger)
        moved = larger + share * size if equality else larger - share * size
        sides = (moved, smaller) if above else (smaller, moved)
        yield f"{claim.name}: {word.format(percent)}", type(relation)(*sides)


def off_by_one(claim: Claim, quantities: Iterable[Quantity]) -> Iterator[tuple[str, Any]]:
    """Every size in a claim replaced, wherever it occurs, by itself plus and minus one."""
    relation = claim.relation
    for counted in quantities:
        if counted.unit not in COUNTS or counted.name not in claim.quantities:
            continue
        symbol = sympy.Symbol(counted.name, real=True)
        for step, text in ((-1, "- 1"), (1, "+ 1")):
            sides = [_shifted(side, symbol, step) for side in (relation.lhs, relation.rhs)]
            yield f"{claim.name}: {counted.name} replaced by {counted.name} {text}", type(relation)(*sides)


def _shifted(side: Any, symbol: sympy.Symbol, step: int) -> Any:
    """A side with the symbol shifted; abbreviations are written out only where they hide it."""
    whole = expanded(side)
    hidden = whole.count(symbol) > side.count(symbol)
    return (whole if hidden else side).xreplace({symbol: symbol + step})


class _Sampled:
    """Random positive values of the quantities that meet the hypotheses, to see which of two claims says more.

    A hypothesis that is an equality is left out, because random values never meet it; so may be hypotheses that hold by
    what the quantities mean. All this only decides which mutants are worth listing.
    """

    def __init__(
        self,
        given: tuple[Claim, ...],
        then: tuple[Claim, ...],
        quantities: tuple[Quantity, ...],
        constants: Mapping[str, Fraction],
    ) -> None:
        self.given, self.then = given, then
        declared = {name: c for claim in (*given, *then) for name, c in claim.constants.items()}
        self.values = {name: constants.get(name, c.value) for name, c in declared.items()}
        self._units = {q.name: q.unit for q in quantities}
        self._columns: dict[str, np.ndarray] = {}

    def _column(self, name: str) -> np.ndarray:
        """Values of one quantity, from its name alone: log-uniform, whole if it counts."""
        if name not in self._columns:
            generator = np.random.default_rng(list(name.encode()))
            unit = self._units.get(name, "")
            if unit in COUNTS:
                self._columns[name] = np.floor(np.exp(generator.uniform(0, np.log(50), SAMPLES)))
            else:
                self._columns[name] = np.exp(generator.uniform(-5, 0 if unit == "probability" else 5, SAMPLES))
        return self._columns[name]

    def _slack(self, claim: Claim, moved: Mapping[str, Fraction]) -> np.ndarray:
        values = {**self.values, **moved}
        own = {symbol: float(values[c.name]) for symbol, c in claim.constant_symbols.items()}
        arrays = {name: self._column(name) for name in claim.quantities} | own
        return np.broadcast_to(claim.slack(arrays), (SAMPLES,))

    def _inside(self, about: set[str]) -> np.ndarray:
        """Where the inequalities of the hypotheses hold that speak about these quantities."""
        inside = np.ones(SAMPLES, dtype=bool)
        for claim in self.given:
            if not isinstance(claim.relation, Equality) and about & set(claim.quantities):
                inside &= self._slack(claim, {}) > 0
        return inside if inside.any() else np.ones(SAMPLES, dtype=bool)

    def claims_more(self, changed: Claim, claim: Claim) -> bool:
        """True if somewhere the changed conclusion leaves less slack."""
        return self._less(self._slack(changed, {}), self._slack(claim, {}), claim)

    def moved_claims_more(self, name: str, value: Fraction) -> bool:
        """True if moving the constant somewhere leaves a conclusion less slack, or a hypothesis more."""
        moved = {name: value}
        pairs = [(c, self._slack(c, moved), self._slack(c, {})) for c in self.then if name in c.constants]
        pairs += [(c, self._slack(c, {}), self._slack(c, moved)) for c in self.given if name in c.constants]
        return any(self._less(after, before, claim) for claim, after, before in pairs)

    def _less(self, after: np.ndarray, before: np.ndarray, claim: Claim) -> bool:
        inside = self._inside(set(claim.quantities))
        with np.errstate(all="ignore"):
            return bool(np.any(inside & (after < before - 1e-12 * np.abs(before))))
