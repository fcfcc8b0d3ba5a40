"""A user's file with closed forms: f(x) = x^2 - x + 1 has its minimum 3/4 at x = 1/2."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import lru_cache
from typing import Any, ClassVar

import numpy as np

from constructions.instance import Instance, exact_array, fractions_of
from constructions.space import Integer, Real, Reals, Space
from theorems.claim import Claim, constant, quantities
from theorems.statement import Conjecture, Family, Mutant, Source
from verifiers.errors import MissingPart
from verifiers.quantity import Catalogue, Enclosure, Measurements, enclose, estimate

CATALOGUE = Catalogue()


@dataclass(frozen=True, eq=False)
class Place(Instance):
    """A point x (n,)."""

    slug: ClassVar[str] = "parabola"
    x: Any


@CATALOGUE.measures("1", "x^2 - x + 1 of each entry", ("entry",))
def f(place: Place) -> Enclosure:
    values = fractions_of(place.x)
    return enclose(values * values - values + 1, ("entry",))


@CATALOGUE.measures("1", "the entries", ("entry",))
def x(place: Place) -> Enclosure:
    return enclose(fractions_of(place.x), ("entry",))


@CATALOGUE.measures("entries", "number of entries")
def n(place: Place) -> Enclosure:
    return enclose(place.x.size)


@CATALOGUE.measures("1", "f in floats, exact only up to rounding", ("entry",), name="rough")
def rough(place: Place) -> Enclosure:
    values = fractions_of(place.x).astype(np.float64)
    return estimate(values * values - values + 1, 1e-12, ("entry",))


@CATALOGUE.measures("1", "not a number", name="broken")
def broken(place: Place) -> Enclosure:
    return estimate(np.nan, 0.0)


@CATALOGUE.measures("1", "a part no place has", name="absent")
def absent(place: Place) -> Enclosure:
    raise MissingPart("a place has no such part")


@lru_cache(maxsize=64)
def _measured(place: Place) -> Measurements:
    return Measurements(CATALOGUE, place)


def measure(place: Place, constants: Mapping[str, Fraction]) -> Measurements:
    return _measured(place)


def measure_batch(arrays: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    points = arrays["x"]
    return {"x": points, "f": points**2 - points + 1, "n": np.full(len(points), float(points.shape[1]))}


def _place(**point: Any) -> Place:
    return Place(exact_array([*point["x"]] if "n" in point else [point["x"]]))


def _simpler(place: Place) -> Iterator[Place]:
    values = fractions_of(place.x)
    for keep in range(len(values)):
        yield Place(exact_array([values[keep]])) if len(values) > 1 else place
    for denominator in (1, 2, 3, 10):
        yield Place(exact_array([value.limit_denominator(denominator) for value in values]))


line = Space("line", {"x": Real(0, 10)}, _place, stack=lambda x: {"x": x[:, None]})
slow_line = Space("slow_line", {"x": Real(0, 10)}, _place)
cube = Space("cube", {"n": Integer(1, 6), "x": Reals(-3, 3, lambda p: p["n"])}, _place, stack=lambda n, x: {"x": x})


def _noisy(generator: np.random.Generator, index: int) -> Place:
    return Place(exact_array([Fraction(int(v), 1000) for v in generator.integers(0, 2001, 1 + index % 5)]))


noisy = Family("noisy", "random", "1 to 5 entries uniform on [0, 2]", _noisy, quick=20, full=200, simpler=_simpler)

size, value, place, floats, nothing, missing = quantities("n f x rough broken absent")
C = constant("C", "3/4")
edge = constant("edge", 1)

_conjecture = dict(
    source=Source("this file", "closed form", "derived"), measure=measure, catalogue=CATALOGUE,
    does_not_claim="Nothing beyond parabolas.",
)  # fmt: skip

minimum = Conjecture(
    "parabola.minimum", title="f is at least 3/4", given=(), then=(Claim("f >= 3/4", value >= C),),
    spaces=(line, cube), instances=(noisy,), measure_batch=measure_batch,
    mutants=(Mutant("one percent more", constants={"C": Fraction(303, 400)}),), **_conjecture,
)  # fmt: skip
right_half = Conjecture(
    "parabola.right_half",
    title="f is at least 1 from x = 1 on",
    given=(Claim("x >= 1", place >= edge), Claim("x <= 9", place <= 9), Claim("at least one entry", size >= 1)),
    then=(Claim("f >= 1", value >= 1),), spaces=(line, slow_line), measure_batch=measure_batch, **_conjecture,
)  # fmt: skip
four_fifths = (Claim("rough >= 4/5", floats >= Fraction(4, 5)),)
rough_only = replace(minimum, id="parabola.rough_only", then=four_fifths, mutants=())
not_a_number = replace(minimum, id="parabola.not_a_number", then=(Claim("NaN >= 0", nothing >= 0),), mutants=())
without_part = replace(minimum, id="parabola.without_part", then=(Claim("absent >= 0", missing >= 0),), mutants=())
never = replace(minimum, id="parabola.never", given=(Claim("x < -5", place < -5),), mutants=())
