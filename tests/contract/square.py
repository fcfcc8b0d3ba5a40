"""A user's file with closed forms: for positive x the square of x is at most factor * x exactly for x <= factor.

`below`: 1/10 <= x <= limit = 1/2 implies x^2 <= factor x with factor = 1. The limit may grow to 1, the factor shrink
to 1/2.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any, ClassVar

from sympy import Rational

from constructions.instance import Instance, exact_array, fractions_of
from constructions.space import Real, Space
from theorems.claim import Claim, constant, quantities
from theorems.statement import Conjecture, Family, Mutant, Source
from verifiers.quantity import Catalogue, Enclosure, enclose

CATALOGUE = Catalogue()


@dataclass(frozen=True, eq=False)
class Number(Instance):
    """One number."""

    slug: ClassVar[str] = "square"
    x: Any


@CATALOGUE.measures("1", "the number")
def x(number: Number) -> Enclosure:
    return enclose(fractions_of(number.x))


@CATALOGUE.measures("1", "its square")
def square(number: Number) -> Enclosure:
    return enclose(fractions_of(number.x) ** 2)


LINE = Space(
    "line", {"x": Real(-1, 3)}, lambda x: Number(exact_array(x)), stack=lambda x: {"x": x, "square": x**2}
)
X, SQUARE = quantities("x square")
limit = constant("limit", "1/2", source="chosen")
factor = constant("factor", 1, source="derived")

below = Conjecture(
    "square.below",
    title="Small numbers have smaller squares",
    source=Source("this file", "closed form", "derived"),
    given=(
        Claim("x at most the limit", limit >= X),
        Claim("x from 1/10 on", X >= Rational(1, 10)),
        Claim("x at most nine", X <= 9),
    ),
    then=(Claim("x^2 <= factor x", SQUARE <= factor * X),),
    measure=CATALOGUE.measure,
    measure_batch=lambda arrays: arrays,
    catalogue=CATALOGUE,
    spaces=(LINE,),
    instances=(Family.of(LINE, quick=20, full=40),),
    mutants=(Mutant("a third of it", constants={"factor": Fraction(1, 3)}),),
    does_not_claim="Nothing about large numbers.",
)
bold = replace(below, id="square.bold", title="All numbers have smaller squares", given=below.given[1:], mutants=())
known_bold = replace(bold, id="square.known_bold", expected="refuted")
nothing_given = replace(bold, id="square.nothing_given", given=())
plain = replace(below, id="square.plain", given=below.given[1:], then=(Claim("x <= 9", X <= 9),), mutants=())
