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
CLOSE = (1e-9, 1e-6, 1e-4, 1e-3, 1e-2)
"""Relative distances from the critical value at which both sides are decided exactly; the first that works is shown."""

CONFIRMED = 12

SAMPLED = 8
"""Instances of each source on which the direction of a constant is read off."""

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


def stronger(statement: Statement, name: str, seed: int = 0) -> int:
    """+1 if raising the constant makes the statement claim more, -1 if lowering it does.

    Read off instances that meet the hypotheses: a conclusion claims more with less slack, a hypothesis excludes less
    with more. Raises `UsageError` if claims disagree, or if no instance shows a change.
    """
    axes = axes_of(statement)
    value = float(value_of(statement, name))
    signs: set[int] = set()
    for instance in _samples(statement, seed):
        arrays = Single(statement.measure(instance, statement.constants), axes)
        if not np.all(feasibility(statement.given, arrays, axes, statement.constants) >= 0):
            continue
        for claims, effect in ((statement.given, 1), (statement.then, -1)):
            for claim in claims:
                if name in claim.constants:
                    slacks = [claim.batch_slack(arrays, axes, {name: value * f})[0] for f in (1.0, 1.001)]
                    change = slacks[1] - slacks[0]
                    signs |= {effect * int(np.sign(change))} if math.isfinite(change) else set()
    signs.discard(0)
    if len(signs) != 1:
        found = "strengthens some claims and weakens others" if signs else "changes no claim on the instances tried"
        raise UsageError(f"{statement.id}: moving {name} {found}; use one constant per claim, in one place")
    return signs.pop()


def _samples(statement: Statement, seed: int) -> Iterator[Instance]:
    """A few instances of every source, the plainest first."""
    for family in statement.instances:
        for draw in work.draws(family, seed, 0, SAMPLED):
            yield draw.instance
    for space in statement.spaces:
        generator = work.generator(seed, space.name, 0)
        for _ in range(SAMPLED):
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
        rows.append(_constant(variation, statement, name, seconds / len(chosen), seed))
    return rows


def _constant(variation: Variation, statement: Statement, name: str, seconds: float, seed: int) -> Json:
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
    objective = Moving(statement, name, stronger(statement, name, seed))
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
            refuted = _simplest(objective, candidate.score, distance)
            moved = replace(variation, constants={**variation.constants, objective.name: refuted})
            decided = Decided(moved.statement())
            if not decided.refuted(candidate.origin):
                continue
            if distance > CLOSE[0] and time.perf_counter() < until:
                origin = shrink(_at(objective, moved), candidate.origin, decided.refuted, until - time.perf_counter())
            else:
                origin = candidate.origin
            witness = shown(moved, origin, decided)
            kept = _kept(variation, objective, candidate)
            return {"critical": critical, "refuted": str(refuted), "witness": witness, "not_refuted": kept[0],
                    "worst": kept[1], "decided": True}  # fmt: skip
    return {"critical": None, "refuted": None, "witness": None, "not_refuted": None, "worst": None, "decided": False}


def _at(objective: Moving, moved: Variation) -> Falsify:
    return Falsify(moved.statement())


def _kept(variation: Variation, objective: Moving, candidate: Candidate) -> tuple[str | None, Json | None]:
    """The strongest value tried that the worst instance does not refute, decided exactly, with that instance."""
    for distance in CLOSE:
        value = _simplest(objective, candidate.score, -distance)
        moved = replace(variation, constants={**variation.constants, objective.name: value})
        decided = Decided(moved.statement())
        found = decided(candidate.origin)
        if found is not None and isinstance(found[1].verdict, (Holds, HypothesisFailed)):
            return str(value), shown(moved, candidate.origin, decided)
    return None, None


def _simplest(objective: Moving, movement: float, distance: float) -> Fraction:
    """The simplest fraction at least this relative distance beyond the critical value, and at most twice as far."""
    near, far = (Fraction(float(objective.at(movement + factor * distance))) for factor in (1, 2))
    low, high = min(near, far), max(near, far)
    return simplest_between(low, high)


def simplest_between(low: Fraction, high: Fraction) -> Fraction:
    """The fraction of least denominator in [low, high], by continued fractions."""
    if low > high:
        raise ValueError(f"[{low}, {high}] is empty")
    if low <= 0 <= high:
        return Fraction(0)
    if high < 0:
        return -simplest_between(-high, -low)
    whole = math.floor(low)
    if whole == low:
        return Fraction(whole)
    if whole + 1 <= high:
        return Fraction(whole + 1)
    return whole + 1 / simplest_between(1 / (high - whole), 1 / (low - whole))
