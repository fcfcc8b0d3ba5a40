"""Grids of parameter values: parsed from one line of text, checked against the space they move in.

A grid is a tuple of axes. Whole-number parameters take ints, real parameters fractions, so that a grid point is an
exact statement about which instances it holds.
"""

from __future__ import annotations

import itertools
import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from numbers import Integral
from typing import Any

from constructions.space import Integer, Real, Seed, Space, Value
from verifiers.errors import UsageError

HOW = "write NAME=1|2|5 (these values), NAME=2:8 (all whole numbers), NAME=2:8:3 (steps) or NAME=4:64:6log"
MOST = 10**6
"""Longest axis: beyond it a typing error is more likely than a wish."""


@dataclass(frozen=True)
class Axis:
    """One parameter of a grid with the values it takes, in order; `log` if they are spaced logarithmically."""

    name: str
    values: tuple[Value, ...]
    log: bool = False


Grid = tuple[Axis, ...]


def parse_grid(text: str) -> Grid:
    """The axes of a text such as ``n=4:64:6log,d=100:10000:8log,bias=0|1``.

    ``a:b`` is every whole number, ``a:b:step`` an arithmetic sequence that may be fractional, ``a:b:Klog`` at most K
    whole numbers spaced logarithmically, without repeats, ``v1|v2|v3`` the values themselves. Raises `UsageError`.
    """
    axes: list[Axis] = []
    for part in text.split(","):
        name, equals, values = (piece.strip() for piece in part.partition("="))
        if not (name and equals and values):
            raise UsageError(f"cannot read {part.strip()!r} in the grid; {HOW}")
        if name in [axis.name for axis in axes]:
            raise UsageError(f"the grid names {name} twice; put all its values into one entry: {name}=1|2|3")
        axes.append(_axis(name, values))
    return tuple(axes)


def parse_fixed(texts: Iterable[str]) -> dict[str, Value]:
    """Fixed parameters from texts ``name=value``. Raises `UsageError`."""
    fixed: dict[str, Value] = {}
    for text in texts:
        name, equals, value = (piece.strip() for piece in text.partition("="))
        if not (name and equals):
            raise UsageError(f"cannot read {text!r}; write name=value, such as bias=1 or theta=1/3")
        if name in fixed:
            raise UsageError(f"{name} is set twice; give it one value")
        fixed[name] = _number(value, text)
    return fixed


def as_grid(grid: str | Grid | Mapping[str, Sequence[Any]]) -> Grid:
    """A grid given as text, as axes, or as a mapping from names to values."""
    if isinstance(grid, str):
        return parse_grid(grid)
    if isinstance(grid, Mapping):
        return tuple(Axis(name, tuple(_exact(v, name) for v in values)) for name, values in grid.items())
    return tuple(grid)


def _exact(value: Any, name: str) -> Value:
    if isinstance(value, Integral):  # numpy's too
        return int(value)
    try:
        number = Fraction(value) if isinstance(value, str) else Fraction(*value.as_integer_ratio())
    except (AttributeError, ValueError, ZeroDivisionError, OverflowError):
        raise UsageError(f"{name} = {value!r} is not a finite number; give integers, fractions or '1/3'") from None
    return int(number) if number.denominator == 1 else number


def _number(text: str, context: str) -> Value:
    try:
        number = Fraction(text.strip())
    except (ValueError, ZeroDivisionError):
        raise UsageError(f"{text.strip()!r} in {context!r} is not a number; write 12, 0.25 or 1/4") from None
    return int(number) if number.denominator == 1 else number


def _axis(name: str, text: str) -> Axis:
    context = f"{name}={text}"
    if "|" in text or ":" not in text:
        return Axis(name, _distinct([_number(piece, context) for piece in text.split("|")], context))
    pieces = text.split(":")
    if len(pieces) > 3:
        raise UsageError(f"cannot read {context!r}; {HOW}")
    low, high = (_number(piece, context) for piece in pieces[:2])
    if not low <= high:  # type: ignore[operator]
        raise UsageError(f"{context!r} runs from {low} down to {high}; write the smaller number first")
    if len(pieces) == 3 and pieces[2].strip().endswith("log"):
        return Axis(name, _logarithmic(low, high, pieces[2].strip()[:-3], context), log=True)
    if len(pieces) == 3:
        step = _number(pieces[2], context)
        if not step > 0:  # type: ignore[operator]
            raise UsageError(f"the step in {context!r} is {step}; it must be positive")
    else:
        step = 1
        if not (isinstance(low, int) and isinstance(high, int)):
            raise UsageError(f"{context!r} has no whole ends; give a step: {name}={low}:{high}:1/8")
    count = math.floor(Fraction(high - low) / Fraction(step)) + 1  # type: ignore[operator, arg-type]
    if count > MOST:
        raise UsageError(f"{context!r} has {count} values; at most {MOST} are taken, give a larger step")
    return Axis(name, tuple(_plain(low + k * Fraction(step)) for k in range(count)))  # type: ignore[arg-type, operator]


def _plain(number: Any) -> Value:
    return int(number) if Fraction(number).denominator == 1 else Fraction(number)


def _distinct(values: Sequence[Value], context: str) -> tuple[Value, ...]:
    if len(set(values)) < len(values):
        raise UsageError(f"{context!r} has a value twice; a grid point counts once")
    return tuple(values)


def _logarithmic(low: Value, high: Value, count: str, context: str) -> tuple[Value, ...]:
    """Whole numbers nearest to a geometric sequence; the ends are always among them."""
    if not count.strip().isdigit() or int(count) < 2:
        raise UsageError(f"{context!r} needs a number of values of at least 2 before 'log', such as 6log")
    if not (isinstance(low, int) and isinstance(high, int) and low >= 1):
        raise UsageError(f"{context!r} is logarithmic; its ends must be whole numbers from 1 on")
    if int(count) > MOST:
        raise UsageError(f"{context!r} asks for {count} values; at most {MOST} are taken")
    ratio, last = math.log(high / low), int(count) - 1
    inner = [round(low * math.exp(ratio * k / last)) for k in range(1, last)]
    return tuple(dict.fromkeys([low, *(min(max(value, low), high) for value in inner), high]))


def fitted(grid: Grid, fixed: Mapping[str, Value], space: Space) -> tuple[Grid, dict[str, Value]]:
    """The grid and the fixed parameters in the types of the space. Raises `UsageError` for what it does not have."""
    both = sorted({axis.name for axis in grid} & set(fixed))
    if both:
        raise UsageError(f"{both[0]} is both in the grid and set to {fixed[both[0]]}; drop one of them")
    axes = tuple(
        Axis(axis.name, tuple(_fit(space, axis.name, value) for value in axis.values), axis.log) for axis in grid
    )
    for axis in axes:
        if not axis.values:
            raise UsageError(f"{axis.name} has no value in the grid")
        _distinct(axis.values, axis.name)
    return axes, {name: _fit(space, name, value) for name, value in fixed.items()}


def _fit(space: Space, name: str, value: Value) -> Value:
    parameter = space.parameters.get(name)
    if parameter is None:
        raise UsageError(f"the space {space.name} has no parameter {name}; it has {parameters_text(space)}")
    if not isinstance(parameter, (Integer, Seed, Real)) or isinstance(value, tuple):
        raise UsageError(f"{name} of the space {space.name} is a vector; a grid moves single numbers")
    if isinstance(parameter, (Integer, Seed)) and not isinstance(value, int):
        raise UsageError(f"{name} of the space {space.name} is a whole number; {value} is not")
    if not parameter.low <= value <= parameter.high:
        raise UsageError(f"{name} of the space {space.name} is in {parameter.low}..{parameter.high}; {value} is not")
    return Fraction(value) if isinstance(parameter, Real) else value


def parameters_text(space: Space) -> str:
    """The parameters of a space with their laws, for messages."""
    return ", ".join(f"{name} ({parameter.law})" for name, parameter in space.parameters.items())


def points(grid: Grid, fixed: Mapping[str, Value]) -> Iterable[dict[str, Value]]:
    """Every grid point together with the fixed parameters, the last axis moving fastest."""
    for values in itertools.product(*(axis.values for axis in grid)):
        yield dict(zip((axis.name for axis in grid), values, strict=True)) | dict(fixed)


def to_json(values: Mapping[str, Value]) -> dict[str, int | str]:
    """Parameter values as JSON: whole-number parameters as numbers, real ones as texts such as "1/3"."""
    return {name: value if isinstance(value, int) else str(value) for name, value in values.items()}


def from_json(values: Mapping[str, int | str]) -> dict[str, Value]:
    """Inverse of `to_json`."""
    return {name: Fraction(value) if isinstance(value, str) else value for name, value in values.items()}


def canonical(value: Any) -> str:
    """The one JSON text of a value that keys and digests are computed from. Raises `ValueError` on NaN."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)
