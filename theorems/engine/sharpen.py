"""How far each named constant can move: from which value on an instance refutes the statement, and which does first.

For one constant, an instance refutes the statement from some value on: the more is claimed (a smaller bound, a wider
hypothesis), the more instances refute. The search minimises that value over instances. Both sides of the value found
are then decided exactly on the worst instance.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np

from constructions.instance import Instance
from theorems.claim import Claim
from theorems.engine import work
from theorems.engine.falsify import Decided, shown
from theorems.engine.objective import (
    EQUAL,
    NOTHING,
    OUTSIDE,
    Arrays,
    Axes,
    Falsify,
    Single,
    axes_of,
    conclusion,
    feasibility,
)
from theorems.engine.origin import Variation
from theorems.engine.search import Candidate, Search
from theorems.engine.shrink import shrink
from theorems.statement import Statement
from verifiers.errors import UsageError
from verifiers.verdict import Holds, HypothesisFailed

Json = dict[str, Any]
Progress = Callable[[str, int, int, str], None]

RANGE = math.log(1000)
"""A constant is moved up to this far on the logarithmic scale, to a thousandth and to a thousandfold."""

HALVINGS = 40
CLOSE = (1e-6, 1e-5, 1e-4, 1e-3, 1e-2)
"""Relative distances from the critical value at which both sides are decided exactly; the first that works is shown."""

CONFIRMED = 12

CHANGE = 1e-12
"""Change of a slack, relative to its sides, below which floats show none."""

SAMPLED = (8, 400)
"""Instances of each source on which the direction of a constant is read off; the second where none of the first met
the hypotheses."""

SEARCHING = 0.8
"""Share of the time spent on searching; the rest is for deciding and shrinking."""


class Moving:
    """Score: how far the constant has to move towards the stronger statement until this instance refutes it.

    Negative scores refute the value as it stands. An instance that refutes no value scores between `RANGE` and
    `OUTSIDE`, the less the nearer it comes.
    """

    violating: Claim | None = None

    def __init__(self, statement: Statement, name: str, direction: int) -> None:
        self.statement = statement
        self.name = name
        self.direction = direction
        self.value = float(value_of(statement, name))
        given, then = statement.given, statement.then
        self.fixed_given = [c for c in given if name not in c.constants]
        self.moving_given = [c for c in given if name in c.constants]
        moving = [c for c in then if name in c.constants]
        self.then = moving if moving and not self.moving_given else list(then)

    def at(self, movement: Any) -> Any:
        """The constant moved: geometrically, which keeps its sign."""
        return self.value * np.exp(self.direction * np.asarray(movement, dtype=np.float64))

    def __call__(self, arrays: Arrays, axes: Axes) -> np.ndarray:
        fixed: np.ndarray = np.array([np.inf])
        if self.fixed_given:
            fixed = feasibility(self.fixed_given, arrays, axes, self.statement.constants)
        if not np.any(fixed >= 0):
            return np.where(np.isnan(fixed), NOTHING, OUTSIDE + np.minimum(-fixed, 1e6))
        furthest = self._slack(RANGE, arrays, axes)
        count = max(len(furthest), len(fixed))
        low, high = np.full(count, -RANGE), np.full(count, RANGE)
        for _ in range(HALVINGS):
            middle = (low + high) / 2
            refuted = self._slack(middle, arrays, axes) < 0
            low, high = np.where(refuted, low, middle), np.where(refuted, middle, high)
        never = RANGE + np.clip(np.where(np.isnan(furthest), 2.0, furthest), 0.0, 2.0)
        score = np.where(furthest < 0, high, never)
        score = np.where(np.isnan(furthest), NOTHING, score)
        return np.where(fixed >= 0, score, np.where(np.isnan(fixed), NOTHING, OUTSIDE + np.minimum(-fixed, 1e6)))

    def _slack(self, movement: Any, arrays: Arrays, axes: Axes) -> np.ndarray:
        """Below zero where the moved statement is refuted: its moving hypotheses hold and a conclusion fails."""
        constants = dict(self.statement.constants) | {self.name: self.at(movement)}
        slack = conclusion(self.then, arrays, axes, constants) + EQUAL
        if not self.moving_given:
            return slack
        held = np.array([np.inf])
        for claim in self.moving_given:
            held = np.minimum(held, claim.batch_slack(arrays, axes, constants))
        return np.where(held >= 0, slack, np.maximum(slack, 0) + np.minimum(-held, 1.0))


def value_of(statement: Statement, name: str) -> Fraction:
    """The value a statement gives a constant. Raises `UsageError` naming what exists if there is none."""
    declared = statement.declared_constants
    if name not in declared:
        known = ", ".join(declared) or "none; name one with `constant(...)` in a claim"
        raise UsageError(f"{statement.id} has no constant {name}; it has {known}")
    return statement.constants.get(name, declared[name].value)


def stronger(statement: Statement, name: str, seed: int = 0) -> tuple[int, ...]:
    """The ways in which moving the constant makes the statement claim more: +1 raising it, -1 lowering it, or both.

    Read off instances that meet the hypotheses: a conclusion claims more with less slack, a hypothesis excludes less
    with more. Raises `UsageError` if no instance shows a change.
    """
    signs: set[int] = set()
    for count in SAMPLED:
        signs = signs or _signs(statement, name, _samples(statement, seed, count))
    if not signs:
        raise UsageError(f"{statement.id}: moving {name} changes no claim on the instances tried; is it used?")
    return tuple(sorted(signs))


def _signs(statement: Statement, name: str, samples: Iterable[Instance]) -> set[int]:
    """The directions that the first instances inside the hypotheses show."""
    axes = axes_of(statement)
    value = float(value_of(statement, name))
    signs: set[int] = set()
    for instance in samples:
        arrays = Single(statement.measure(instance, statement.constants), axes)
        if not np.all(feasibility(statement.given, arrays, axes, statement.constants) >= 0):
            continue
        for claims, effect in ((statement.given, 1), (statement.then, -1)):
            for claim in claims:
                if name in claim.constants:
                    change = _change(claim, arrays, axes, name, value)
                    signs |= {effect * int(sign) for sign in np.sign(change[np.abs(change) > CHANGE])}
    return signs


def _change(claim: Claim, arrays: Arrays, axes: Axes, name: str, value: float) -> np.ndarray:
    """What a slightly larger constant adds to the slack of every entry, in units of the sides as they are.

    Not the change of relative slacks: the sides by which those are divided move as well.
    """
    own = {quantity: np.asarray(arrays[quantity]) for quantity in claim.quantities}
    (before, scale), (after, _) = (claim.batch_entries(own, axes, {name: value * f}) for f in (1.0, 1.001))
    with np.errstate(all="ignore"):
        change = (after - before) / scale
    return np.asarray(change[np.isfinite(change)])


def _samples(statement: Statement, seed: int, count: int) -> Iterator[Instance]:
    """So many instances of every source, the plainest first."""
    for family in statement.instances:
        for draw in work.draws(family, seed, 0, min(count, family.full)):
            yield draw.instance
    for space in statement.spaces:
        generator = work.generator(seed, space.name, 0)
        for _ in range(count):
            instance = space.instance(space.draw(generator))
            if instance is not None:
                yield instance


def sharpen(
    variation: Variation,
    seconds: float = 60.0,
    seed: int = 0,
    names: Iterable[str] = (),
    progress: Progress | None = None,
) -> list[Json]:
    """The atlas of a statement's constants: one row per constant, each with an equal share of the time.

    A row has the stated value, the strongest value that its worst instance does not refute, the weakest value that was
    refuted, with a witness decided exactly, and the critical value between them in floats. Raises `UsageError` for a
    statement without named constants.
    """
    statement = variation.statement()
    chosen = list(names) or list(statement.declared_constants)
    if not chosen:
        raise UsageError(f"{statement.id} names no constant; write `C = constant('C', 7)` and use it in a claim")
    for name in chosen:
        value_of(statement, name)
    rows = []
    for position, name in enumerate(chosen):
        if progress:
            progress("sharpen", position, len(chosen), name)
        ways = stronger(statement, name, seed)
        for direction in ways:
            share = seconds / len(chosen) / len(ways)
            rows.append(_constant(variation, statement, name, direction, share, seed))
    return rows


def _constant(
    variation: Variation, statement: Statement, name: str, direction: int, seconds: float, seed: int
) -> Json:
    start = time.perf_counter()
    value = value_of(statement, name)
    row: Json = {
        "statement": variation.target,
        "constant": name,
        "value": str(value),
        "source": statement.declared_constants[name].source,
        "in": "hypothesis" if any(name in c.constants for c in statement.given) else "conclusion",
    }
    if value == 0:
        raise UsageError(f"{statement.id}: the constant {name} is 0, and constants are moved by factors")
    objective = Moving(statement, name, direction)
    search = Search(objective, seconds * SEARCHING, seed).run()
    inside = [c for c in search.candidates() if c.score < RANGE]
    found = _decided(variation, statement, objective, inside, start + seconds)
    row |= {
        "stronger": "larger" if objective.direction > 0 else "smaller",
        "measured": search.measured,
        "inside": search.inside,
        "seconds": round(time.perf_counter() - start, 2),
        "seed": seed,
    }
    return row | found


def _decided(
    variation: Variation, statement: Statement, objective: Moving, candidates: list[Candidate], until: float
) -> Json:
    """The weakest value refuted and the strongest that is not, both decided exactly on one instance."""
    for candidate in candidates[:CONFIRMED]:
        critical = float(objective.at(candidate.score))
        for distance in CLOSE:
            refuted = _beyond(objective, candidate.score, distance)
            moved = replace(variation, constants={**variation.constants, objective.name: refuted})
            decided = Decided(moved.statement())
            if not decided.refuted(candidate.origin):
                continue
            left = max(1.0, until - time.perf_counter())
            origin = shrink(Falsify(moved.statement()), candidate.origin, decided.refuted, left)
            witness = shown(moved, origin, decided)
            kept = _kept(variation, objective, candidate)
            return {"critical": critical, "refuted": str(refuted), "witness": witness, "not_refuted": kept[0],
                    "worst": kept[1], "decided": True}  # fmt: skip
    return {"critical": None, "refuted": None, "witness": None, "not_refuted": None, "worst": None, "decided": False}


def _kept(variation: Variation, objective: Moving, candidate: Candidate) -> tuple[str | None, Json | None]:
    """The strongest value tried that the worst instance does not refute, decided exactly, with that instance."""
    for distance in CLOSE:
        value = _beyond(objective, candidate.score, -distance)
        moved = replace(variation, constants={**variation.constants, objective.name: value})
        decided = Decided(moved.statement())
        found = decided(candidate.origin)
        if found is not None and isinstance(found[1].verdict, (Holds, HypothesisFailed)):
            return str(value), shown(moved, candidate.origin, decided)
    return None, None


def _beyond(objective: Moving, movement: float, distance: float) -> Fraction:
    """A short decimal at least this relative distance beyond the critical value, and at most twice as far."""
    near, far = (Fraction(float(objective.at(movement + factor * distance))) for factor in (1, 2))
    return decimal_between(min(near, far), max(near, far))


def decimal_between(low: Fraction, high: Fraction) -> Fraction:
    """The decimal of fewest places in [low, high]. Raises `ValueError` if the interval is empty or a single point."""
    if not low < high:
        raise ValueError(f"no decimal is sought in [{low}, {high}]")
    scale = Fraction(1)
    while math.ceil(low * scale) > high * scale:
        scale *= 10
    return Fraction(math.ceil(low * scale)) / scale
