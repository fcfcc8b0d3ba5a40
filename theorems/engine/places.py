"""Places of a space from other places: all of them, neighbours, the same reals at other sizes, simple fractions."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import Any

import numpy as np

from constructions.space import Integer, Point, Reals, Space

ALL = 20_000
"""A space of whole numbers with at most so many places is small."""

DENOMINATORS = (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 15, 16, 20, 24, 30, 36, 60, 100, 144, 210, 1000)
"""Simple fractions are multiples of one over these."""


def key(space: Space, point: Mapping[str, Any]) -> tuple[Any, ...]:
    """The space and the whole numbers of a place."""
    return (space.name, *(point[name] for name in space.whole))


def every(space: Space, generator: np.random.Generator) -> Iterator[Point] | None:
    """Every place of a small space of whole numbers, in random order; None for other spaces."""
    ranges = [range(p.low, p.high + 1) for p in space.parameters.values() if isinstance(p, Integer)]
    count = math.prod(len(numbers) for numbers in ranges)
    if len(ranges) < len(space.parameters) or count > ALL:
        return None
    return _in_order(space, ranges, generator.permutation(count))


def _in_order(space: Space, ranges: list[range], order: np.ndarray) -> Iterator[Point]:
    for position in order:
        indices = np.unravel_index(position, [len(numbers) for numbers in ranges])
        values = [numbers[int(index)] for numbers, index in zip(ranges, indices, strict=True)]
        yield dict(zip(space.parameters, values, strict=True))


def neighbours(space: Space, sizes: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """The whole numbers with one of them changed by one, on a logarithmic scale also by a factor of two.

    Seeds have no order and stay as they are.
    """
    for name, parameter in space.whole.items():
        if isinstance(parameter, Integer):
            value = sizes[name]
            for other in dict.fromkeys((value - 1, value + 1, *((value // 2, value * 2) if parameter.log else ()))):
                if other != value and parameter.low <= other <= parameter.high:
                    yield {**sizes, name: other}


def carried(space: Space, sizes: Mapping[str, Any], vector: np.ndarray, others: Mapping[str, Any]) -> np.ndarray:
    """The real parameters at other whole numbers: each list repeated or cut to its new length."""
    parts, position = [np.empty(0)], 0
    for parameter in space.real.values():
        old, new = (parameter.count(of) if isinstance(parameter, Reals) else 1 for of in (sizes, others))
        own = vector[position : position + old]
        parts.append(np.resize(own, new) if old else np.full(new, float(parameter.low + parameter.high) / 2))
        position += old
    return np.concatenate(parts)


def simple(space: Space, point: Mapping[str, Any]) -> Iterator[Point]:
    """The place with all real parameters rounded to multiples of one simple fraction, coarsest first."""
    for denominator in DENOMINATORS:
        changed = dict(point)
        for name, parameter in space.real.items():
            value = point[name]
            entries = value if isinstance(value, tuple) else (value,)
            near = (Fraction(round(entry * denominator), denominator) for entry in entries)
            within = tuple(min(max(entry, parameter.low), parameter.high) for entry in near)
            changed[name] = within if isinstance(value, tuple) else within[0]
        yield changed
