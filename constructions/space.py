"""Spaces: families of instances with named parameters, the ground on which searches and campaigns move.

A space is declared once: its parameters, and `build`, which turns one choice of them into an instance. From that
declaration follow i.i.d. draws with a stated law, the corners where instances degenerate, hypothesis strategies
(`constructions.strategies.points_of`), numerical optimisation over the real parameters, simplification of what was
found, and the text by which it is replayed. Real parameters reach `build` as exact fractions, so that what a search
finds can be decided in rational arithmetic.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import numpy as np

from constructions.instance import Instance, InvalidInstance, NoInstance

Value = int | Fraction | tuple[Fraction, ...]
Point = dict[str, Value]
"""One choice of every parameter, in the order of the space."""

DRAWN_DENOMINATOR = 2**20
"""Drawn real parameters are multiples of their range over this number: exact, and short enough to print."""


@dataclass(frozen=True)
class Integer:
    """A whole number in low..high; `log` draws it uniformly on a logarithmic scale. 0..1 is a switch."""

    low: int
    high: int
    log: bool = False

    def draw(self, generator: np.random.Generator) -> int:
        if self.log:
            raw = math.exp(generator.uniform(math.log(self.low), math.log(self.high + 1)))
            return min(max(int(raw), self.low), self.high)
        return int(generator.integers(self.low, self.high + 1))

    @property
    def law(self) -> str:
        return f"{'log-' if self.log else ''}uniform on {self.low}..{self.high}"


@dataclass(frozen=True)
class Seed:
    """A number from which `build` draws what is random in an instance. Searches draw it afresh, never order it."""

    low: int = 0
    high: int = 2**32 - 1
    law: str = "uniform on the 32-bit integers"

    def draw(self, generator: np.random.Generator) -> int:
        return int(generator.integers(self.low, self.high + 1))


@dataclass(frozen=True)
class Real:
    """A real number in [low, high], given as integers, fractions or texts such as "1/3"."""

    low: Any
    high: Any

    def __post_init__(self) -> None:
        object.__setattr__(self, "low", Fraction(self.low))
        object.__setattr__(self, "high", Fraction(self.high))

    def draw(self, generator: np.random.Generator) -> Fraction:
        return self.low + (self.high - self.low) * Fraction(
            int(generator.integers(0, DRAWN_DENOMINATOR + 1)), DRAWN_DENOMINATOR
        )

    @property
    def law(self) -> str:
        return f"uniform on [{self.low}, {self.high}]"


@dataclass(frozen=True)
class Reals:
    """`count` real numbers in [low, high]; the count may depend on the whole numbers: ``lambda p: p["n"]``."""

    low: Any
    high: Any
    count: Callable[[Mapping[str, Any]], int]

    def __post_init__(self) -> None:
        object.__setattr__(self, "low", Fraction(self.low))
        object.__setattr__(self, "high", Fraction(self.high))

    @property
    def law(self) -> str:
        return f"independent, uniform on [{self.low}, {self.high}]"


Parameter = Integer | Seed | Real | Reals


@dataclass(frozen=True)
class Space:
    """Instances with named parameters.

    `build(**point)` gets ints and fractions (tuples of fractions for `Reals`); it returns None or raises
    `InvalidInstance` or `NoInstance` where there is no instance. `stack(**batch)`, optional, is the fast float form:
    whole numbers as ints, each real parameter as a float64 array (B,) or (B, count); it returns arrays with leading
    axis B for the statement's `measure_batch`. Searches use it to propose; only `build` ever decides.
    """

    name: str
    parameters: Mapping[str, Parameter]
    build: Callable[..., Instance | None] = field(repr=False)
    stack: Callable[..., Mapping[str, np.ndarray]] | None = field(default=None, repr=False)
    note: str = ""

    @property
    def law(self) -> str:
        """What `draw` samples from, in words."""
        parts = [f"{name} {parameter.law}" for name, parameter in self.parameters.items()]
        return "; ".join([*([self.note] if self.note else []), *parts])

    @property
    def whole(self) -> dict[str, Integer | Seed]:
        """The whole-number parameters."""
        return {n: p for n, p in self.parameters.items() if isinstance(p, (Integer, Seed))}

    @property
    def real(self) -> dict[str, Real | Reals]:
        """The real parameters."""
        return {n: p for n, p in self.parameters.items() if isinstance(p, (Real, Reals))}

    def instance(self, point: Mapping[str, Value]) -> Instance | None:
        """The instance at a point, or None where the construction has none."""
        try:
            return self.build(**point)
        except (InvalidInstance, NoInstance):
            return None

    def draw(self, generator: np.random.Generator, fixed: Mapping[str, Value] | None = None) -> Point:
        """One point from the law of the space, with some parameters fixed."""
        fixed = fixed or {}
        wholes = {n: fixed[n] if n in fixed else p.draw(generator) for n, p in self.whole.items()}
        point: Point = {}
        for name, parameter in self.parameters.items():
            if name in wholes:
                point[name] = wholes[name]
            elif name in fixed:
                point[name] = fixed[name]
            elif isinstance(parameter, Reals):
                single = Real(parameter.low, parameter.high)
                point[name] = tuple(single.draw(generator) for _ in range(parameter.count(wholes)))
            elif isinstance(parameter, Real):
                point[name] = parameter.draw(generator)
        return point

    def corners(self) -> Iterator[Point]:
        """Points where every parameter is smallest, largest or, for reals, halfway: sizes from small to large."""
        wholes = self.whole
        choices = [sorted({p.low, min(p.low + 1, p.high), p.high}) if isinstance(p, Integer) else [0, 1]
                   for p in wholes.values()]  # fmt: skip
        for values in sorted(itertools.product(*choices), key=lambda v: (sum(map(float, v)), v)):
            sizes = dict(zip(wholes, values, strict=True))
            levels = [[p.low, (p.low + p.high) / 2, p.high] for p in self.real.values()]
            for entries in itertools.product(*levels):
                chosen: Point = dict(sizes)
                for (name, parameter), entry in zip(self.real.items(), entries, strict=True):
                    many = isinstance(parameter, Reals)
                    chosen[name] = (entry,) * parameter.count(sizes) if many else entry  # type: ignore[union-attr]
                yield {name: chosen[name] for name in self.parameters}

    def vector(self, point: Mapping[str, Value]) -> np.ndarray:
        """The real parameters of a point as one float64 vector."""
        parts = [point[name] if isinstance(p, Reals) else (point[name],) for name, p in self.real.items()]
        return np.array([float(entry) for part in parts for entry in part], dtype=np.float64)  # type: ignore

    def bounds(self, sizes: Mapping[str, Any]) -> tuple[np.ndarray, np.ndarray]:
        """Lower and upper bounds of `vector` at these whole numbers, float64."""
        low, high = [], []
        for p in self.real.values():
            count = p.count(sizes) if isinstance(p, Reals) else 1
            low += [float(p.low)] * count
            high += [float(p.high)] * count
        return np.array(low, dtype=np.float64), np.array(high, dtype=np.float64)

    def point(self, sizes: Mapping[str, Any], vector: np.ndarray) -> Point:
        """The point with these whole numbers and this vector of reals, each read as the dyadic rational it is."""
        point: Point = {}
        position = 0
        for name, parameter in self.parameters.items():
            if isinstance(parameter, (Integer, Seed)):
                point[name] = int(sizes[name])
                continue
            count = parameter.count(sizes) if isinstance(parameter, Reals) else 1
            entries = tuple(
                min(max(Fraction(float(v)), parameter.low), parameter.high) for v in vector[position : position + count]
            )
            point[name] = entries if isinstance(parameter, Reals) else entries[0]
            position += count
        return point

    def batch(self, sizes: Mapping[str, Any], vectors: np.ndarray) -> dict[str, Any]:
        """Arguments of `stack` for vectors (B, D) at these whole numbers."""
        arguments: dict[str, Any] = {}
        position = 0
        for name, parameter in self.parameters.items():
            if isinstance(parameter, (Integer, Seed)):
                arguments[name] = int(sizes[name])
            elif isinstance(parameter, Reals):
                count = parameter.count(sizes)
                arguments[name] = vectors[:, position : position + count]
                position += count
            else:
                arguments[name] = vectors[:, position]
                position += 1
        return arguments

    def check(self, point: Mapping[str, Value]) -> None:
        """Raise `InvalidInstance` unless every parameter is there and within its range."""
        if set(point) != set(self.parameters):
            given = ", ".join(point) or "nothing"
            raise InvalidInstance(f"{self.name} takes {', '.join(self.parameters)}; got {given}")
        for name, parameter in self.parameters.items():
            value = point[name]
            entries = value if isinstance(value, tuple) else (value,)
            if isinstance(parameter, Reals) and len(entries) != parameter.count(point):
                raise InvalidInstance(f"{name} has {len(entries)} entries; {self.name} needs {parameter.count(point)}")
            if not all(parameter.low <= entry <= parameter.high for entry in entries):
                raise InvalidInstance(f"{name} = {value} is outside {parameter.low}..{parameter.high}")


def format_value(value: Value) -> str:
    """A parameter as text: ``3``, ``1/7``, ``0,1/2,1``."""
    return ",".join(str(entry) for entry in value) if isinstance(value, tuple) else str(value)


def parse_value(space: Space, name: str, text: str) -> Value:
    """Inverse of `format_value`. Raises `InvalidInstance` on unknown names and unreadable numbers."""
    if name not in space.parameters:
        raise InvalidInstance(f"{space.name} has no parameter {name}; it has {', '.join(space.parameters)}")
    parameter = space.parameters[name]
    try:
        if isinstance(parameter, Reals):
            return tuple(Fraction(entry) for entry in text.split(",") if entry)
        return Fraction(text) if isinstance(parameter, Real) else int(text)
    except (ValueError, ZeroDivisionError):
        kind = "a whole number" if isinstance(parameter, (Integer, Seed)) else "a number like 1/3"
        raise InvalidInstance(f"{name} = {text!r} is not {kind}") from None
