"""Rational certificates for implications between polynomial inequalities (Positivstellensatz), found by LP or SDP.

To show that ``h_i >= 0`` (some of them strict) and ``e_j = 0`` imply ``c >= 0`` or ``c > 0``, add the negation of the
conclusion to the hypotheses and find an identity of polynomials

    sum over products P of hypotheses of (sum of squares) * P  +  sum of (polynomial) * e_j  =  0

in which a product of strict hypotheses has a positive number as its multiplier: at a point where all hypotheses and the
negation hold the left side would be positive. Floats find the multipliers; they are rounded to rationals, the identity
is restored by an exact linear solve, squares are split off by an exact LDL^T, and `Refutation.verify` expands it all.

A linear program over products with numbers as multipliers is tried first, with more and more factors; then a
semidefinite program with small Gram matrices. Finding nothing says nothing about the implication.

A step with maxima becomes one implication per case. Quotients are cleared: each denominator gets a certificate of its
own that it is positive, and the relations are multiplied by it. Roots stay, as variables with w >= 0 and w**2 = a.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from itertools import product as choices
from math import comb
from typing import Any

import numpy as np
import sympy

from theorems.engine.clearing import Auxiliary, Condition, negations
from theorems.engine.polynomials import Polynomial, Refutation, Term, add, degree, monomials, multiply, polynomial

ROUNDS = ((1, 2), (2, 2), (2, 3), (3, 3), (2, 4), (3, 4), (4, 4), (3, 5), (4, 5), (5, 5), (4, 6), (5, 7))
"""Number of factors and degree of the products tried by the linear program, in order of cost."""

GRAM_ROUNDS = {8: (1, 4), 10: (1, 6)}
"""Before these rounds, a semidefinite program with so many factors and this degree."""

COLUMNS = 6000
"""A linear program with more unknowns than this is not tried."""

SECONDS = 6.0
"""No new attempt on one implication starts after this many seconds, and none takes longer."""

SUPPORT = 1e-9
"""Multipliers below this, where a strict product has multiplier about 1, are read as zero before the exact solve."""

DENOMINATORS = (1, 12, 720, 10**4, 10**7)
"""Rounding of the free unknowns to these denominators is tried in order; small ones make readable certificates."""


@dataclass(frozen=True)
class Column:
    """A scalar unknown: a product of inequalities, or an equation times a monomial."""

    value: Polynomial
    factors: tuple[int, ...] = ()
    equation: int | None = None
    monomial: Polynomial = field(default_factory=dict)
    strict: bool = False


@dataclass(frozen=True)
class Search:
    """Inequalities (polynomial, strict) with the negated conclusion last, and equations, to be refuted."""

    variables: tuple[str, ...]
    inequalities: tuple[tuple[Polynomial, bool], ...]
    equations: tuple[Polynomial, ...]

    @property
    def one(self) -> Polynomial:
        return {(0,) * len(self.variables): Fraction(1)}

    def products(self, factors: int, up_to: int) -> Iterator[tuple[tuple[int, ...], Polynomial]]:
        """Products of at most so many inequalities, of at most that degree; the negated conclusion at most once."""
        last = len(self.inequalities) - 1
        level: list[tuple[tuple[int, ...], Polynomial]] = [((), self.one)]
        yield level[0]
        for _ in range(factors):
            longer = []
            for chosen, value in level:
                for i in range(chosen[-1] if chosen else 0, last + 1):
                    if i == last and last in chosen:
                        continue
                    longer_product = multiply(value, self.inequalities[i][0])
                    if degree(longer_product) <= up_to:
                        longer.append(((*chosen, i), longer_product))
            yield from longer
            level = longer

    def scalar_columns(self, products: Iterable[tuple[tuple[int, ...], Polynomial]]) -> Iterator[Column]:
        """Each product as an unknown number >= 0."""
        for chosen, value in products:
            yield Column(value, chosen, strict=all(self.inequalities[i][1] for i in chosen))

    def equation_columns(self, up_to: int) -> Iterator[Column]:
        """Each equation times each monomial, as a free unknown number."""
        for j, equation in enumerate(self.equations):
            for exponents in monomials(len(self.variables), up_to - degree(equation)):
                monomial = {exponents: Fraction(1)}
                yield Column(multiply(equation, monomial), equation=j, monomial=monomial)

    def estimate(self, factors: int, up_to: int) -> int:
        """An upper bound on the number of unknowns."""
        n, k = len(self.inequalities), len(self.variables)
        free = sum(comb(k + up_to - degree(e), k) for e in self.equations if degree(e) <= up_to)
        return comb(n + factors, factors) + free

    def linear(self, factors: int, up_to: int) -> Refutation | None:
        """Numbers as multipliers: a linear program, then an exact solve on the support of its basic solution."""
        from scipy.optimize import linprog
        from scipy.sparse import csr_matrix

        columns = [*self.scalar_columns(self.products(factors, up_to)), *self.equation_columns(up_to)]
        rows = {exponents: i for i, exponents in enumerate(dict.fromkeys(e for c in columns for e in c.value))}
        data = [(rows[e], j, float(v)) for j, c in enumerate(columns) for e, v in c.value.items()]
        data += [(len(rows), j, 1.0) for j, c in enumerate(columns) if c.strict]
        i, j, v = zip(*data, strict=True)
        target = np.zeros(len(rows) + 1)
        target[-1] = 1.0
        cost = [0.0 if c.equation is not None else 1.0 + degree(c.value) for c in columns]
        bounds = [(None, None) if c.equation is not None else (0, None) for c in columns]
        answer = linprog(cost, A_eq=csr_matrix((v, (i, j)), shape=(len(rows) + 1, len(columns))), b_eq=target,
                         bounds=bounds, method="highs-ds", options={"time_limit": SECONDS})
        if answer.x is None:
            return None
        kept = [c for c, x in zip(columns, answer.x, strict=True) if abs(x) > SUPPORT]
        matrix = identity_matrix([c.value for c in kept], [c.strict for c in kept])
        for exact in solve_near(matrix, [float(x) for x in answer.x if abs(x) > SUPPORT]):
            proof = self.collect(kept, exact)
            if proof.verify():
                return proof
        return None

    def collect(self, columns: Sequence[Column], values: Sequence[Fraction], more: Iterable[Term] = ()) -> Refutation:
        """The refutation that exact values of the unknowns make; whether it is one, `Refutation.verify` says."""
        terms = list(more)
        multipliers: list[Polynomial] = [{} for _ in self.equations]
        for column, value in zip(columns, values, strict=True):
            if column.equation is not None:
                multipliers[column.equation] = add(multipliers[column.equation], column.monomial, value)
            elif value != 0:
                terms.append(Term(column.factors, ((value, self.one),)))
        return Refutation(self.variables, self.inequalities, self.equations, tuple(terms), tuple(multipliers))


def identity_matrix(values: Sequence[Polynomial], strict: Sequence[bool]) -> list[list[Fraction]]:
    """Augmented matrix of: the unknown combination of `values` is zero, and the strict unknowns add up to 1."""
    rows = list(dict.fromkeys(e for value in values for e in value))
    matrix = [[value.get(e, Fraction(0)) for value in values] + [Fraction(0)] for e in rows]
    return [*matrix, [Fraction(int(s)) for s in strict] + [Fraction(1)]]


def solve_near(matrix: list[list[Fraction]], near: Sequence[float]) -> Iterator[list[Fraction]]:
    """Exact solutions of the augmented linear system `matrix` whose free unknowns are roundings of `near`."""
    import flint

    wide = len(near)
    reduced, rank = flint.fmpq_mat([[flint.fmpq(v.numerator, v.denominator) for v in row] for row in matrix]).rref()
    table = [[Fraction(int(reduced[i, j].p), int(reduced[i, j].q)) for j in range(wide + 1)] for i in range(rank)]
    pivots = [next(j for j in range(wide + 1) if row[j] != 0) for row in table]
    if wide in pivots:
        return
    free = sorted(set(range(wide)) - set(pivots))
    for denominator in DENOMINATORS:
        values = [Fraction(0)] * wide
        for j in free:
            values[j] = Fraction(round(near[j] * denominator), denominator)
        for row, pivot in zip(table, pivots, strict=True):
            values[pivot] = row[wide] - sum((row[j] * values[j] for j in free), Fraction(0))
        yield values
        if not free:
            return


def refute(variables: tuple[str, ...], inequalities: tuple[tuple[Polynomial, bool], ...],
           equations: tuple[Polynomial, ...] = (), seconds: float = SECONDS) -> Refutation | None:
    """A verified refutation of the inequalities and equations, or None if the search finds none.

    The last inequality should be the negated conclusion: it is used at most once in a product.
    """
    from theorems.engine.grams import gram_refutation

    search = Search(variables, inequalities, equations)
    deadline = time.perf_counter() + seconds
    for number, (factors, up_to) in enumerate(ROUNDS):
        if time.perf_counter() > deadline:
            break
        if number in GRAM_ROUNDS:
            proof = gram_refutation(search, *GRAM_ROUNDS[number])
            if proof is not None:
                return proof
        if search.estimate(factors, up_to) <= COLUMNS:
            proof = search.linear(factors, up_to)
            if proof is not None:
                return proof
    return None


@dataclass(frozen=True)
class Implication:
    """Polynomial conditions that imply one condition >= 0 or > 0, with the refutation of its negation."""

    given: tuple[Condition, ...]
    conclude: Condition
    proof: Refutation


def _strip(given: Sequence[Condition], conclude: Condition) -> tuple[Condition, ...]:
    """`given` without conditions on a variable that occurs nowhere else: they cannot help."""
    while True:
        uses: dict[sympy.Symbol, int] = {}
        for c in (*given, conclude, conclude):
            for s in c.expression.free_symbols:
                uses[s] = uses.get(s, 0) + 1
        kept = tuple(c for c in given if all(uses[s] > 1 for s in c.expression.free_symbols))
        if len(kept) == len(given):
            return kept
        given = kept


def imply(given: Sequence[Condition], conclude: Condition) -> Implication | None:
    """The implication between polynomial conditions, proved, or None. The conclusion is >= or >."""
    given = _strip(given, conclude)
    variables = tuple(sorted({s for c in (*given, conclude) for s in c.expression.free_symbols}, key=str))
    inequalities: list[tuple[Polynomial, bool]] = []
    equations = []
    for c in given:
        if c.operator == "==":
            equations.append(polynomial(c.expression, variables))
        else:
            inequalities.append((polynomial(c.expression, variables), c.operator == ">"))
    (negation,) = negations(conclude)
    inequalities.append((polynomial(negation.expression, variables), negation.operator == ">"))
    proof = refute(tuple(s.name for s in variables), tuple(inequalities), tuple(equations)) if variables else None
    return None if proof is None else Implication(given, conclude, _with_conclusion(proof))


def _with_conclusion(proof: Refutation) -> Refutation:
    """The same refutation plus itself times the square of the negated conclusion, if it did not use that at all.

    This happens where what is given is contradictory, as some cases of a maximum are; the checker asks for the use.
    """
    last = len(proof.inequalities) - 1
    if any(last in term.factors for term in proof.terms):
        return proof
    squared = multiply(proof.inequalities[last][0], proof.inequalities[last][0])
    terms = proof.terms + tuple(Term((*term.factors, last, last), term.squares) for term in proof.terms)
    multipliers = tuple(add(m, multiply(m, squared)) for m in proof.multipliers)
    return replace(proof, terms=terms, multipliers=multipliers)


def _plain(c: Condition) -> Condition:
    """``a != 0`` as ``a**2 > 0``."""
    return Condition(c.expression**2, ">") if c.operator == "!=" else c


def _clear_denominator(c: Condition, w: Auxiliary, sign: int) -> Condition:
    """The condition multiplied by the denominator that `w` is the inverse of, often enough for `w` to disappear."""
    powers = sympy.Poly(c.expression, w.symbol).all_coeffs()
    above = len(powers) - 1
    bottom = sign * w.arguments[0]
    cleared = sum((a * sign ** (above - k) * bottom**k for k, a in enumerate(powers)), sympy.Integer(0))
    return Condition(cleared, c.operator)


def implications(given: Sequence[Condition], auxiliaries: Sequence[Auxiliary],
                 conclude: Condition) -> list[Implication] | None:
    """Proved implications that together say: given and the definitions of the auxiliaries imply the conclusion.

    One per case of the maxima and per side of an equation, and one per denominator that it is positive (or negative).
    None if one of them is not found.
    """
    if conclude.operator == "!=":
        return None
    e = conclude.expression
    goals = [conclude] if conclude.operator != "==" else [Condition(e, ">="), Condition(-e, ">=")]
    maxima = [a for a in auxiliaries if a.kind == "maximum"]
    others = [a for a in auxiliaries if a.kind != "maximum"]
    found: list[Implication] = []
    for case in choices((0, 1), repeat=len(maxima)):
        facts = [_plain(c) for c in given]
        values: dict[sympy.Symbol, sympy.Expr] = {}
        for maximum, greater in zip(maxima, case, strict=True):
            ends = [a.xreplace(values) for a in maximum.arguments]
            values[maximum.symbol] = ends[greater]
            facts.append(Condition(ends[greater] - ends[1 - greater], ">="))
        replaced = [Auxiliary(a.symbol, a.kind, tuple(x.xreplace(values) for x in a.arguments)) for a in others]
        part = _case([Condition(c.expression.xreplace(values), c.operator) for c in facts], replaced,
                     [Condition(c.expression.xreplace(values), c.operator) for c in goals])
        if part is None:
            return None
        found += part
    return found


def _case(facts: list[Condition], auxiliaries: list[Auxiliary], goals: list[Condition]) -> list[Implication] | None:
    """`implications` without maxima."""
    found: list[Implication] = []
    facts = facts + [c for a in auxiliaries if a.kind == "root" for c in a.defining]
    for w in reversed([a for a in auxiliaries if a.kind == "inverse"]):
        free = [c for c in facts if w.symbol not in c.expression.free_symbols]
        earlier = auxiliaries[:auxiliaries.index(w)]
        signed = ((sign, _case(free, earlier, [Condition(sign * w.arguments[0], ">")])) for sign in (1, -1))
        sign, shown = next(((s, part) for s, part in signed if part is not None), (0, None))
        if shown is None:
            return None
        found += shown
        facts = [_clear_denominator(c, w, sign) for c in facts]
        goals = [_clear_denominator(c, w, sign) for c in goals]
    for goal in goals:
        last = imply(facts, goal)
        if last is None:
            return None
        found.append(last)
    return found


def to_certificate(implication: Implication, statement: str) -> dict[str, Any]:
    """The implication as a certificate of kind `polynomial_implication` for the independent checker."""
    from verifiers import certificates

    proof = implication.proof
    hypotheses: list[tuple[Polynomial, str]] = []
    position: dict[int, int] = {len(proof.inequalities) - 1: len(implication.given)}
    equations: list[int] = []
    inequalities = iter(range(len(proof.inequalities)))
    symbols = tuple(sympy.Symbol(name, real=True) for name in proof.variables)
    for k, c in enumerate(implication.given):
        hypotheses.append((polynomial(c.expression, symbols), c.operator))
        if c.operator == "==":
            equations.append(k)
        else:
            position[next(inequalities)] = k
    multipliers: list[tuple[list[int], Any]] = [
        ([position[i] for i in term.factors], list(term.squares)) for term in proof.terms]
    multipliers += [([k], m) for k, m in zip(equations, proof.multipliers, strict=True) if m]
    names = _names(proof.variables)
    return certificates.polynomial_implication(
        names, hypotheses, polynomial(implication.conclude.expression, symbols), multipliers,
        relation=implication.conclude.operator, statement=statement)


def _names(variables: Sequence[str]) -> list[str]:
    """Proper names for the checker: roots are called root_1, root_2, ..."""
    names, roots = [], 0
    for name in variables:
        if re.fullmatch(r"[A-Za-z_][A-Za-z_0-9]*", name, re.ASCII) is None:
            roots += 1
            name = f"root_{roots}"
            while name in variables:
                name += "_"
        names.append(name)
    return names
