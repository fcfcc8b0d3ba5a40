"""From relations to polynomial conditions: quotients, roots, maxima and absolute values become auxiliary variables.

``a/b`` becomes ``a*w`` with ``w*b = 1``, which has a meaning only once ``b != 0`` is known; ``sqrt(a)`` becomes ``w``
with ``w >= 0, w**2 = a``, once ``a >= 0`` is known; ``Max(a, b)`` becomes ``w``, which is a or b, whichever is larger;
``Abs(a)`` is ``Max(a, -a)``. What has to be known first is the auxiliary's `condition`: the prover proves it before it
lets the auxiliary stand for anything.

`evaluate` computes a relation at given rational values, with rational enclosures where a root is irrational.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, Literal

import sympy
from sympy.core.relational import (
    Equality,
    GreaterThan,
    LessThan,
    Relational,
    StrictGreaterThan,
    StrictLessThan,
    Unequality,
)

ROOT_BITS = 256
"""Enclosures of irrational square roots are this many bits wide after the point."""

Operator = Literal[">=", ">", "==", "!="]


class Unsupported(ValueError):
    """The relation contains something that is neither rational nor a root, maximum, minimum or absolute value."""


@dataclass(frozen=True)
class Condition:
    """``expression operator 0``, with `expression` polynomial in symbols and auxiliaries."""

    expression: sympy.Expr
    operator: Operator

    def __str__(self) -> str:
        return f"{self.expression} {self.operator} 0"


@dataclass(frozen=True)
class Auxiliary:
    """A variable that stands for a quotient, a root or a maximum of polynomial expressions in earlier variables."""

    symbol: sympy.Symbol
    kind: Literal["inverse", "root", "maximum"]
    arguments: tuple[sympy.Expr, ...]

    @property
    def condition(self) -> Condition | None:
        """What must be known before the variable has a meaning."""
        if self.kind == "inverse":
            return Condition(self.arguments[0], "!=")
        return Condition(self.arguments[0], ">=") if self.kind == "root" else None

    @property
    def defining(self) -> tuple[Condition, ...]:
        """Polynomial conditions that determine the variable; none for a maximum, which is a case distinction."""
        w = self.symbol
        if self.kind == "inverse":
            return (Condition(w * self.arguments[0] - 1, "=="),)
        return (Condition(w, ">="), Condition(w**2 - self.arguments[0], "==")) if self.kind == "root" else ()


@dataclass
class Clearing:
    """Clears relations one after the other; equal quotients, roots and maxima share one auxiliary."""

    auxiliaries: dict[sympy.Symbol, Auxiliary] = field(default_factory=dict)
    symbols: set[sympy.Symbol] = field(default_factory=set)

    def relation(self, relation: Relational) -> Condition:
        """The relation as a polynomial condition. Raises `Unsupported`."""
        left, right = self.expression(relation.lhs), self.expression(relation.rhs)
        if isinstance(relation, (LessThan, StrictLessThan)):
            left, right = right, left
        operators: dict[type, Operator] = {LessThan: ">=", GreaterThan: ">=", StrictLessThan: ">",
                                           StrictGreaterThan: ">", Equality: "==", Unequality: "!="}
        return Condition(left - right, operators[type(relation)])

    def expression(self, e: Any) -> sympy.Expr:
        """`e` with every quotient, root, maximum, minimum and absolute value replaced by its auxiliary."""
        if isinstance(e, sympy.Rational):
            return e
        if isinstance(e, sympy.Symbol):
            self.symbols.add(e)
            return e
        if isinstance(e, (sympy.Add, sympy.Mul)):
            return e.func(*[self.expression(a) for a in e.args])
        if isinstance(e, sympy.Abs):
            inner = self.expression(e.args[0])
            return self._auxiliary("maximum", inner, -inner)
        if isinstance(e, (sympy.Max, sympy.Min)):
            sign = 1 if isinstance(e, sympy.Max) else -1
            first, *rest = [sign * self.expression(a) for a in sorted(e.args, key=sympy.default_sort_key)]
            for other in rest:
                first = self._auxiliary("maximum", first, other)
            return sign * first
        if isinstance(e, sympy.Pow) and isinstance(e.exp, sympy.Rational) and e.exp.q in (1, 2):
            base, power = self.expression(e.base), int(e.exp.p)
            if e.exp.q == 2:
                base = self._auxiliary("root", base)
            return base**power if power > 0 else self._auxiliary("inverse", base) ** (-power)
        raise Unsupported(f"{e} cannot be turned into polynomial conditions; rational numbers, + - * /, integer "
                          "powers, square roots, Max, Min and Abs can")

    def _auxiliary(self, kind: Literal["inverse", "root", "maximum"], *arguments: sympy.Expr) -> sympy.Symbol:
        shown = {"inverse": "1/({})", "root": "sqrt({})", "maximum": "max({}, {})"}[kind].format(*arguments)
        symbol = sympy.Symbol(shown, real=True)
        made = self.auxiliaries.setdefault(symbol, Auxiliary(symbol, kind, arguments))
        if made.arguments != arguments or symbol in self.symbols:
            raise Unsupported(f"two different things are called {shown}; rename a symbol")
        return symbol

    def needed(self, *expressions: sympy.Expr) -> set[sympy.Symbol]:
        """Auxiliaries that the expressions contain, and the ones those are made of."""
        found: set[sympy.Symbol] = set()
        waiting = [s for e in expressions for s in e.free_symbols if s in self.auxiliaries]
        while waiting:
            symbol = waiting.pop()
            if symbol not in found:
                found.add(symbol)
                waiting += [s for e in self.auxiliaries[symbol].arguments for s in e.free_symbols
                            if s in self.auxiliaries]
        return found


def negations(condition: Condition) -> tuple[Condition, ...]:
    """Conditions of which at least one holds exactly when `condition` fails."""
    e = condition.expression
    return {">=": (Condition(-e, ">"),), ">": (Condition(-e, ">="),),
            "==": (Condition(e, ">"), Condition(-e, ">")), "!=": (Condition(e, "=="),)}[condition.operator]


@dataclass(frozen=True)
class _Interval:
    low: Fraction
    high: Fraction

    def __add__(self, other: _Interval) -> _Interval:
        return _Interval(self.low + other.low, self.high + other.high)

    def __mul__(self, other: _Interval) -> _Interval:
        products = [a * b for a in (self.low, self.high) for b in (other.low, other.high)]
        return _Interval(min(products), max(products))

    def power(self, n: int) -> _Interval:
        if n % 2 == 0 and self.low < 0 < self.high:
            return _Interval(Fraction(0), max(self.low**n, self.high**n))
        ends = self.low**n, self.high**n
        return _Interval(min(ends), max(ends))

    def root(self) -> _Interval:
        if self.low < 0:
            raise ArithmeticError("square root of a negative number")
        scale = 1 << ROOT_BITS

        def below(x: Fraction) -> Fraction:
            exact = Fraction(math.isqrt(x.numerator), math.isqrt(x.denominator))
            return exact if exact**2 == x else Fraction(math.isqrt(math.floor(x * scale**2)), scale)

        low, high = below(self.low), below(self.high)
        return _Interval(low, high if high**2 == self.high else high + Fraction(1, scale))

    def inverse(self) -> _Interval:
        if self.low <= 0 <= self.high:
            raise ZeroDivisionError("the denominator may be zero")
        return _Interval(1 / self.high, 1 / self.low)


def _enclose(e: Any, values: Mapping[str, Fraction]) -> _Interval:
    if isinstance(e, sympy.Rational):
        exact = Fraction(int(e.p), int(e.q))
        return _Interval(exact, exact)
    if isinstance(e, sympy.Symbol):
        return _Interval(values[e.name], values[e.name])
    if isinstance(e, sympy.Pow) and isinstance(e.exp, sympy.Rational) and e.exp.q in (1, 2):
        base = _enclose(e.base, values)
        base = base.root() if e.exp.q == 2 else base
        raised = base.power(abs(int(e.exp.p)))
        return raised if e.exp.p > 0 else raised.inverse()
    inner = [_enclose(a, values) for a in e.args]
    if isinstance(e, sympy.Add):
        return _Interval(sum((a.low for a in inner), Fraction(0)), sum((a.high for a in inner), Fraction(0)))
    if isinstance(e, sympy.Mul):
        return math.prod(inner[1:], start=inner[0])
    if isinstance(e, sympy.Max):
        return _Interval(max(a.low for a in inner), max(a.high for a in inner))
    if isinstance(e, sympy.Min):
        return _Interval(min(a.low for a in inner), min(a.high for a in inner))
    if isinstance(e, sympy.Abs):
        (a,) = inner
        least = Fraction(0) if a.low < 0 < a.high else min(abs(a.low), abs(a.high))
        return _Interval(least, max(abs(a.low), abs(a.high)))
    raise Unsupported(f"{e} cannot be evaluated in rational arithmetic")


def evaluate(relation: Relational, values: Mapping[str, Fraction]) -> bool | None:
    """Whether the relation holds at the values; None where the enclosure of a root does not decide.

    Raises `ZeroDivisionError` and `ArithmeticError` where the relation has no meaning.
    """
    left, right = _enclose(relation.lhs, values), _enclose(relation.rhs, values)
    if isinstance(relation, (GreaterThan, StrictGreaterThan)):
        left, right = right, left
    if isinstance(relation, (Equality, Unequality)):
        apart = left.high < right.low or right.high < left.low
        same = left.low == left.high == right.low == right.high
        decided = False if apart else True if same else None
        return decided if decided is None or isinstance(relation, Equality) else not decided
    strict = isinstance(relation, (StrictLessThan, StrictGreaterThan))
    if left.high < right.low or (not strict and left.high == right.low):
        return True
    if left.low > right.high or (strict and left.low >= right.high):
        return False
    return None
