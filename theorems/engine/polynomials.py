"""Polynomials with exact coefficients, and refutations: identities that show inequalities to have no solution."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import reduce
from itertools import combinations_with_replacement

import sympy

Monomial = tuple[int, ...]
Polynomial = dict[Monomial, Fraction]
"""Exponents of the variables, in a fixed order, to nonzero coefficients."""


def polynomial(expression: sympy.Expr, variables: Sequence[sympy.Symbol]) -> Polynomial:
    """`expression` expanded, with exact coefficients."""
    if not variables:
        return {(): Fraction(int(expression.p), int(expression.q))} if expression != 0 else {}
    expanded = sympy.Poly(expression, *variables, domain=sympy.QQ)
    return {exponents: Fraction(int(c.p), int(c.q)) for exponents, c in expanded.as_dict().items() if c != 0}


def add(a: Polynomial, b: Polynomial, factor: Fraction | int = 1) -> Polynomial:
    """``a + factor * b``."""
    total = dict(a)
    for exponents, coefficient in b.items():
        value = total.get(exponents, Fraction(0)) + factor * coefficient
        if value:
            total[exponents] = value
        else:
            total.pop(exponents, None)
    return total


def multiply(a: Polynomial, b: Polynomial) -> Polynomial:
    """``a * b``."""
    total: Polynomial = {}
    for left, x in a.items():
        for right, y in b.items():
            exponents = tuple(map(int.__add__, left, right))
            total[exponents] = total.get(exponents, Fraction(0)) + x * y
    return {exponents: value for exponents, value in total.items() if value}


def degree(a: Polynomial) -> int:
    """Total degree; 0 for the zero polynomial."""
    return max((sum(exponents) for exponents in a), default=0)


def monomials(count: int, up_to: int) -> Iterator[Monomial]:
    """Exponents of all monomials in `count` variables of at most that degree; none if the degree is negative."""
    for total in range(up_to + 1):
        for chosen in combinations_with_replacement(range(count), total):
            exponents = [0] * count
            for i in chosen:
                exponents[i] += 1
            yield tuple(exponents)


@dataclass(frozen=True)
class Term:
    """A product of inequalities (by position) times a sum of weighted squares ``weight * polynomial**2``."""

    factors: tuple[int, ...]
    squares: tuple[tuple[Fraction, Polynomial], ...]


@dataclass(frozen=True)
class Refutation:
    """Inequalities and equations that have no common solution, with the identity that shows it.

    ``inequalities`` are (polynomial, strict) meaning > 0 or >= 0. ``multipliers`` are the polynomials of the equations.
    The terms and the multiplied equations add up to the zero polynomial, and one term is positive wherever all the
    inequalities hold: its factors are all strict and one of its squares is a positive number.
    """

    variables: tuple[str, ...]
    inequalities: tuple[tuple[Polynomial, bool], ...]
    equations: tuple[Polynomial, ...]
    terms: tuple[Term, ...]
    multipliers: tuple[Polynomial, ...]

    def verify(self) -> bool:
        """Expand everything and check what the class says."""
        constant = (0,) * len(self.variables)
        total: Polynomial = {}
        positive = False
        for term in self.terms:
            strict = all(self.inequalities[i][1] for i in term.factors)
            product = reduce(multiply, (self.inequalities[i][0] for i in term.factors), {constant: Fraction(1)})
            for weight, square in term.squares:
                if weight < 0:
                    return False
                positive |= strict and weight > 0 and set(square) == {constant}
                total = add(total, multiply(multiply(square, square), product), weight)
        for multiplier, equation in zip(self.multipliers, self.equations, strict=True):
            total = add(total, multiply(multiplier, equation))
        return positive and not total
