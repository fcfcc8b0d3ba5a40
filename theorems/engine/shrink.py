"""From a refuting instance to the plainest one: smallest sizes, small whole numbers, then simplest fractions.

Every accepted step keeps the refutation, decided again in exact or ball arithmetic.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from fractions import Fraction
from itertools import islice
from typing import Any

import numpy as np

from constructions.space import Integer, Point, Real, Reals, Space
from theorems.engine.objective import NOTHING, Objective, axes_of, batched, score_vectors
from theorems.engine.origin import Origin, family_of, space_of
from theorems.statement import Statement

Keep = Callable[[Origin], bool]

DENOMINATORS = (1, 2, 3, 4, 5, 6, 8, 10, 12, 15, 20, 25, 32, 50, 100, 256, 1000, 10**4, 10**5, 10**6, 10**9)
SMALLER = 12
"""Values tried below the present one for each whole number."""

TRIALS = 256
"""Choices of the real parameters tried where smaller whole numbers change their count."""

STEPS = 48
"""Simpler instances of a family looked at before a shrink is taken for finished."""


def shrink(objective: Objective, origin: Origin, keep: Keep, seconds: float) -> Origin:
    """The plainest origin found in the given time for which `keep` is still true."""
    until = time.perf_counter() + seconds
    statement = objective.statement
    if origin.space is None:
        return _shrink_draw(statement, origin, keep, until)
    space = space_of(statement, origin.space)
    best = _shrink_sizes(objective, space, dict(origin.point or {}), keep, until)
    return Origin(space.name, _shrink_reals(space, best, keep, until))


def _shrink_draw(statement: Statement, origin: Origin, keep: Keep, until: float) -> Origin:
    """First an earlier draw of the family, because small sizes come first, then the steps of its `simpler`."""
    family = family_of(statement, origin.family)
    for index in range(min(origin.index, STEPS)):
        if time.perf_counter() > until:
            return origin
        earlier = replace(origin, index=index, steps=())
        if keep(earlier):
            origin = earlier
            break
    while family.simpler is not None:
        draw = origin.draw(statement)
        if draw is None:
            return origin
        for step, instance in enumerate(islice(family.simpler(draw.instance), STEPS)):
            if time.perf_counter() > until:
                return origin
            if instance == draw.instance:
                continue
            plainer = replace(origin, steps=(*origin.steps, step))
            if keep(plainer):
                origin = plainer
                break
        else:
            return origin
    return origin


def _shrink_sizes(objective: Objective, space: Space, point: Point, keep: Keep, until: float) -> Point:
    improved = True
    while improved:
        improved = False
        for name, parameter in space.whole.items():
            now = int(point[name])  # type: ignore[arg-type]
            values = range(parameter.low, min(now, parameter.low + SMALLER))
            for value in [*values, *([now - 1] if now - 1 > parameter.low + SMALLER else [])]:
                if time.perf_counter() > until:
                    return point
                found = _at_sizes(objective, space, point, {name: value}, keep)
                if found is not None:
                    point, improved = found, True
                    break
                if not isinstance(parameter, Integer):
                    break
    return point


def _at_sizes(objective: Objective, space: Space, point: Point, change: Point, keep: Keep) -> Point | None:
    """A refuting point with these whole numbers: the same reals if their count allows, else the best of some trials."""
    sizes: dict[str, Any] = {name: point[name] for name in space.whole} | change
    try:
        low, high = space.bounds(sizes)
    except (ValueError, ArithmeticError):
        return None
    vector = space.vector(point)
    same = {name: sizes.get(name, value) for name, value in point.items()}
    if _fits(space, same) and keep(Origin(space.name, same)):
        return same
    if not len(low):
        return None
    generator = np.random.default_rng(0)
    carried = np.clip(np.resize(vector, len(low)), low, high)
    trials = generator.uniform(low, high, (TRIALS, len(low)))
    nearby = carried + (high - low) * 0.05 * generator.normal(size=(TRIALS // 4, len(low)))
    rows = np.clip(np.vstack([carried[None], nearby, trials]), low, high)
    if not batched(objective, space):
        rows = rows[:24]
    others = () if objective.violating is None else (objective.violating,)
    scores = score_vectors(objective, space, sizes, rows, axes_of(objective.statement, *others))
    for position in np.argsort(scores, kind="stable")[:3]:
        if scores[position] < 0 < NOTHING:
            found = space.point(sizes, rows[position])
            if keep(Origin(space.name, found)):
                return found
    return None


def _fits(space: Space, point: Point) -> bool:
    """Whether every parameter has as many reals as the whole numbers ask for: two may trade reals at an equal total."""
    return all(len(point[n]) == p.count(point) for n, p in space.real.items() if isinstance(p, Reals))  # type: ignore


def _shrink_reals(space: Space, point: Point, keep: Keep, until: float) -> Point:
    for name, parameter in space.real.items():
        for plainer in _plainer(parameter, point[name]):
            if time.perf_counter() > until:
                return point
            if plainer == point[name]:
                break
            candidate = point | {name: plainer}
            if keep(Origin(space.name, candidate)):
                point = candidate
                break
        if isinstance(parameter, Reals):
            point = _shrink_entries(space, name, parameter, point, keep, until)
    return point


def _shrink_entries(
    space: Space, name: str, parameter: Reals, point: Point, keep: Keep, until: float
) -> Point:
    for position in range(len(point[name])):  # type: ignore[arg-type]
        entries = list(point[name])  # type: ignore[arg-type]
        for value in _simple(entries[position], parameter.low, parameter.high):
            if time.perf_counter() > until:
                return point
            if value == entries[position]:
                break
            candidate = point | {name: tuple(value if i == position else e for i, e in enumerate(entries))}
            if keep(Origin(space.name, candidate)):
                point = candidate
                break
    return point


def _plainer(parameter: Real | Reals, value: Any) -> Iterator[Any]:
    """Plainer values, plainest first: for many reals all alike, then every entry rounded alike."""
    if isinstance(parameter, Real):
        yield from _simple(value, parameter.low, parameter.high)
        return
    if not value:
        return
    for entry in _simple(sum(value) / len(value), parameter.low, parameter.high):
        if entry.denominator <= 4:
            yield (entry,) * len(value)
    for denominator in DENOMINATORS:
        rounded = tuple(_within(entry.limit_denominator(denominator), parameter) for entry in value)
        yield rounded


def _within(entry: Fraction, parameter: Reals) -> Fraction:
    return min(max(entry, parameter.low), parameter.high)


def _simple(value: Fraction, low: Fraction, high: Fraction) -> Iterator[Fraction]:
    """Fractions in [low, high], simplest first: 0, the ends, then the best approximations of the value."""
    seen: set[Fraction] = set()
    ends = [end for end in (low, high) if end.denominator <= 4]
    near = [value.limit_denominator(denominator) for denominator in DENOMINATORS]
    for entry in [Fraction(0), Fraction(1), *ends, *near]:
        if low <= entry <= high and entry not in seen:
            seen.add(entry)
            yield entry
