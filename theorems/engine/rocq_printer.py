"""Rocq text of sympy expressions and relations over the reals, so that what is proved is what is measured.

`text(expression, names)` prints with one fixed order of terms and factors. Exact rationals, symbols, sums, products,
integer powers, square roots, Max, Min and Abs are known; anything else raises `Unprintable`, so that no claim is
formalised by guesswork.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sympy
from sympy.core.relational import Equality, GreaterThan, LessThan, StrictGreaterThan, StrictLessThan

RELATIONS = {LessThan: "<=", StrictLessThan: "<", GreaterThan: ">=", StrictGreaterThan: ">", Equality: "="}
FUNCTIONS = {sympy.Max: "Rmax", sympy.Min: "Rmin"}

SUM, PRODUCT, POWER, ATOM = range(4)
"""How tightly a printed text binds."""


class Unprintable(ValueError):
    """The expression has a part that the printer does not know; the text names it."""


def relation_text(relation: Any, names: Mapping[str, str]) -> str:
    """A relation between reals. Raises `Unprintable` for an inequation or a part that is not known."""
    symbol = next((sign for kind, sign in RELATIONS.items() if isinstance(relation, kind)), None)
    if symbol is None:
        raise Unprintable(f"{relation} is not one of {', '.join(RELATIONS.values())}")
    return f"{text(relation.lhs, names)} {symbol} {text(relation.rhs, names)}"


def text(expression: Any, names: Mapping[str, str]) -> str:
    """A real-valued expression; `names` maps symbol names to Rocq terms, each an atom or in parentheses."""
    return _print(expression, names)[0]


def _inside(expression: Any, names: Mapping[str, str], least: int) -> str:
    """The text, in parentheses where it binds less tightly than `least`."""
    shown, binds = _print(expression, names)
    return shown if binds >= least else f"({shown})"


def _print(e: Any, names: Mapping[str, str]) -> tuple[str, int]:
    if isinstance(e, sympy.Rational):
        return _rational(e)
    if isinstance(e, sympy.Symbol):
        if e.name not in names:
            raise Unprintable(f"no Rocq term is bound to {e.name}")
        return names[e.name], ATOM
    if isinstance(e, sympy.Add):
        return _sum(e, names), SUM
    if isinstance(e, (sympy.Mul, sympy.Pow)):
        return _product(e, names)
    if isinstance(e, sympy.Abs):
        return f"Rabs {_inside(e.args[0], names, ATOM)}", POWER
    if type(e) in FUNCTIONS:
        first, *rest = sorted(e.args, key=lambda a: (a.is_number, sympy.default_sort_key(a)))
        shown = _inside(first, names, ATOM)
        for other in rest:
            shown = f"{FUNCTIONS[type(e)]} {shown} {_inside(other, names, ATOM)}"
            shown = shown if other is rest[-1] else f"({shown})"
        return shown, POWER
    raise Unprintable(f"{e} of kind {type(e).__name__}")


def _rational(e: sympy.Rational) -> tuple[str, int]:
    """A literal; ``-1`` is one constant of the reals, so it never needs a minus of its own."""
    if e.q == 1:
        return (str(e.p), ATOM) if e.p >= 0 else (f"({e.p})", ATOM)
    return f"{_rational(sympy.Integer(e.p))[0]} / {e.q}", PRODUCT


def _sum(e: sympy.Add, names: Mapping[str, str]) -> str:
    """Terms in sympy's order of ascending degree, a positive one first, negative ones behind a minus."""
    shown = ""
    terms = [(term, term.as_coeff_Mul()[0] < 0) for term in reversed(e.as_ordered_terms())]
    first = next((i for i, (_, negative) in enumerate(terms) if not negative), 0)
    for term, negative in [terms[first], *terms[:first], *terms[first + 1 :]]:
        sign = "-" if negative else "+"
        part = _inside(-term if negative else term, names, PRODUCT)
        shown = f"{shown} {sign} {part}" if shown else (part if sign == "+" else f"- {part}")
    return shown


def _product(e: Any, names: Mapping[str, str]) -> tuple[str, int]:
    """Numerator over denominator; square roots stay functions."""
    factor, rest = e.as_coeff_Mul()
    if not isinstance(factor, sympy.Rational):
        raise Unprintable(f"{factor} is not an exact rational")
    above: list[Any] = [sympy.Integer(factor.p)] if abs(factor.p) != 1 else []
    below: list[Any] = [sympy.Integer(factor.q)] if factor.q != 1 else []
    for base, exponent in (f.as_base_exp() for f in sympy.Mul.make_args(rest)):
        if not isinstance(exponent, sympy.Rational) or exponent.q not in (1, 2):
            raise Unprintable(f"the power {base**exponent}")
        (above if exponent > 0 else below).append(sympy.Pow(base, abs(exponent), evaluate=False))
    minus = "- " if factor.p == -1 else ""
    if not below and len(above) == 1:
        shown, binds = _power(above[0], names)
        return (shown, binds) if not minus else (f"- {shown if binds >= POWER else f'({shown})'}", SUM)
    numerator = " * ".join(_factor(f, names) for f in above) or "1"
    if not below:
        return minus + numerator, SUM if minus else PRODUCT
    denominator = " * ".join(_factor(f, names) for f in below)
    denominator = f"({denominator})" if len(below) > 1 else denominator
    return f"{minus}{numerator} / {denominator}", SUM if minus else PRODUCT


def _factor(f: Any, names: Mapping[str, str]) -> str:
    shown, binds = _power(f, names)
    return shown if binds >= POWER else f"({shown})"


def _power(f: Any, names: Mapping[str, str]) -> tuple[str, int]:
    """A base to a positive whole or half power."""
    base, exponent = f.as_base_exp()
    if exponent == 1:
        return _print(base, names)
    if exponent == sympy.Rational(1, 2):
        return f"sqrt {_inside(base, names, ATOM)}", POWER
    if exponent.q == 2:
        return f"sqrt {_inside(base, names, ATOM)} ^ {exponent.p}", POWER
    return f"{_inside(base, names, ATOM)} ^ {exponent}", POWER
