"""A layered search for the worst instance: structured, i.i.d., targeted, evolved, polished.

Every layer looks for the least score of an objective (`theorems.engine.objective`), not for the first violation, and
leaves its best candidates in one pool, from which the next layer starts. Scores are floats; whoever uses the pool
decides its candidates exactly.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

import numpy as np

from constructions.space import Point, Space
from theorems.engine import places, polish, work
from theorems.engine.objective import (
    EQUAL,
    NOTHING,
    OUTSIDE,
    Objective,
    axes_of,
    batched,
    score_instance,
    score_vectors,
)
from theorems.engine.origin import Origin
from theorems.statement import Family

Progress = Callable[[str, int, int, str], None]

KEPT = 12
"""Candidates kept per space and family."""

CORNERS = 64
ROUND = 512
MOST_DRAWS = {True: 200_000, False: 2_000}
"""i.i.d. draws of one space, if it is measured in batches or one by one."""

EVOLVED = 6
"""Places from which evolution and descent start, besides the best of every space."""

FIRST = 3
"""Of many places that wait for a layer, the best gets one part in so many of the time, the next of what is left."""

TRIES = 64
"""Random places of which the best is a start for descent."""

DRAWS = ", draws"
"""Added to the name of a family, which may be called like a space: the pool of its draws."""

SIMPLE = ", simple fractions"
"""Added to the name of a space: the pool of what was found by rounding."""

CLIMBING = 12
"""Iterations of local descent after which neighbouring whole numbers are compared."""

SIMPLIFIED = 3
"""Candidates of each space whose numbers are rounded to simple fractions: ties and equalities often lie there."""


@dataclass(frozen=True)
class Candidate:
    """A place and its score."""

    score: float
    origin: Origin


@dataclass
class Layer:
    """What one layer did: instances measured, how many met every hypothesis, the least score among those."""

    name: str
    measured: int = 0
    inside: int = 0
    least: float = NOTHING
    seconds: float = 0.0


@dataclass
class Search:
    """One search; `run` fills `layers` and the pool. Stops at `seconds` after its start, whatever layer it is in."""

    objective: Objective
    seconds: float
    seed: int = 0
    progress: Progress | None = None
    layers: list[Layer] = field(default_factory=list)
    pool: dict[str, list[Candidate]] = field(default_factory=dict)
    best: dict[tuple[Any, ...], tuple[float, Space, Point]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.statement = self.objective.statement
        others = () if self.objective.violating is None else (self.objective.violating,)
        self.axes = axes_of(self.statement, *others)
        self.generator = np.random.default_rng(np.random.SeedSequence([self.seed, 1]))
        self.start = time.perf_counter()
        self.until = self.start + self.seconds

    def run(self) -> Search:
        """All layers in turn, each up to its share of the time."""
        plan: tuple[tuple[str, Callable[[float], None], float], ...] = (
            ("structured and degenerate", self._structured, 0.2),
            ("independent draws", self._independent, 0.4),
            ("targeted by hypothesis", self._targeted, 0.5),
            ("evolved", self._evolved, 0.7),
            ("polished", self._polished, 0.97),
            ("rounded to simple fractions", self._rounded, 1.0),
        )
        for position, (name, layer, share) in enumerate(plan):
            self.layers.append(Layer(name))
            if self.progress:
                self.progress("search", position, len(plan), name)
            begun = time.perf_counter()
            self.until = self.start + share * self.seconds
            layer(self.until)
            self.layers[-1].seconds = time.perf_counter() - begun
        return self

    def candidates(self) -> list[Candidate]:
        """The pool, best first; of equal scores simple fractions first, which exact arithmetic may find to be ties."""
        names = sorted(self.pool, key=lambda name: not name.endswith(SIMPLE))
        return sorted((c for name in names for c in self.pool[name]), key=lambda c: round(c.score, 9))

    @property
    def measured(self) -> int:
        """Instances measured, all layers together."""
        return sum(layer.measured for layer in self.layers)

    @property
    def inside(self) -> int:
        """Instances that met every hypothesis, all layers together."""
        return sum(layer.inside for layer in self.layers)

    # layers

    def _structured(self, until: float) -> None:
        for family in self.statement.instances:
            if family.source == "structured":
                self._family(family, range(family.full), until)
        for space in self.statement.spaces:
            self._points(space, islice(space.corners(), CORNERS), until)

    def _independent(self, until: float) -> None:
        sources: list[Any] = [*self.statement.spaces]
        sources += [family for family in self.statement.instances if family.source not in ("structured", "trained")]
        for position, source in enumerate(sources):
            own = _share(until, len(sources) - position, len(sources))
            if isinstance(source, Family):
                self._family(source, range(source.full), own)
            elif batched(self.objective, source) and source.real:
                self._rounds(source, own)
            else:
                draws = (source.draw(self.generator) for _ in range(MOST_DRAWS[False]))
                self._points(source, places.every(source, self.generator) or draws, own)

    def _rounds(self, space: Space, until: float) -> None:
        for _ in range(MOST_DRAWS[True] // ROUND):
            if time.perf_counter() > until:
                return
            sizes = {name: p.draw(self.generator) for name, p in space.whole.items()}
            low, high = space.bounds(sizes)
            self._score(space, sizes, self.generator.uniform(low, high, (ROUND if len(low) else 1, len(low))))

    def _targeted(self, until: float) -> None:
        """hypothesis drives its own mutations towards low scores; what it draws shrinks to simple fractions."""
        least = {space.name: score for score, space, _ in sorted(self.best.values(), key=lambda b: -b[0])}
        spaces = sorted(self.statement.spaces, key=lambda space: least.get(space.name, NOTHING))
        for position, space in enumerate(spaces):
            self._target(space, _share(until, len(spaces) - position))

    def _target(self, space: Space, until: float) -> None:
        from unittest import SkipTest

        from hypothesis import HealthCheck, Phase, given, settings, target
        from hypothesis import seed as seeded

        from constructions.strategies import points_of

        @seeded(self.seed)
        @settings(max_examples=500, database=None, deadline=None, phases=(Phase.generate, Phase.target),
                  suppress_health_check=list(HealthCheck))  # fmt: skip
        @given(points_of(space))
        def explore(point: Point) -> None:
            if time.perf_counter() > until:
                raise SkipTest("the time of this layer is over")  # hypothesis passes it on at once
            target(-min(self._point(space, point), 2 * OUTSIDE))

        with suppress(SkipTest):
            explore()

    def _evolved(self, until: float) -> None:
        starts = self._places()
        for position, (space, point) in enumerate(starts):
            if time.perf_counter() > until:
                return
            self._evolve(space, point, _share(until, len(starts) - position))

    def _places(self) -> list[tuple[Space, Point]]:
        """The best choices of whole numbers, best first: of every space its best, and the best of the others."""
        chosen, seen, others = [], set(), 0
        for _, space, point in sorted(self.best.values(), key=lambda entry: entry[0]):
            if space.name not in seen or others < EVOLVED:
                others += space.name in seen
                seen.add(space.name)
                chosen.append((space, point))
        return chosen

    def _evolve(self, space: Space, point: Point, until: float) -> None:
        """Neighbouring whole numbers while that helps, then differential evolution over the real parameters there."""
        sizes = {name: point[name] for name in space.whole}
        least, sizes, vector = self._climbed(space, sizes, space.vector(point), _share(until, 2))
        least, vector = self._differential(space, sizes, vector, until)
        improved = True
        while improved and time.perf_counter() < until:
            improved = False
            for neighbour in places.neighbours(space, sizes):
                start = places.carried(space, sizes, vector, neighbour)
                found, place = self._differential(space, neighbour, start, until)
                if found < least:
                    least, sizes, vector, improved = found, neighbour, place, True

    def _climbed(
        self, space: Space, sizes: dict[str, Any], vector: np.ndarray, until: float
    ) -> tuple[float, dict[str, Any], np.ndarray]:
        """The best place reached by changing one whole number at a time, with a few steps of descent after each."""
        least, vector = self._local(space, sizes, vector, until)
        improved = True
        while improved and time.perf_counter() < until:
            improved = False
            for neighbour in places.neighbours(space, sizes):
                if time.perf_counter() > until:
                    break
                found, place = self._local(space, neighbour, places.carried(space, sizes, vector, neighbour), until)
                if found < least - EQUAL:
                    least, sizes, vector, improved = found, neighbour, place, True
                    break
        return least, sizes, vector

    def _local(
        self, space: Space, sizes: dict[str, Any], vector: np.ndarray, until: float, iterations: int = CLIMBING
    ) -> tuple[float, np.ndarray]:
        """Score and place after some steps of descent; where instances are measured one by one, after none."""
        low, high = space.bounds(sizes)
        width = np.maximum(high - low, 1e-12)
        parts = getattr(self.objective, "parts", None)
        rows = vector[None]
        if parts is not None and len(low) and batched(self.objective, space):
            def measured(cube: np.ndarray) -> Any:
                self.layers[-1].measured += len(cube)
                stacked = space.stack(**space.batch(sizes, low + width * cube))  # type: ignore[misc]
                with np.errstate(all="ignore"):
                    return parts(self.statement.measure_batch(stacked), self.axes)  # type: ignore[misc]

            rows = low + width * polish.descend(measured, (vector - low) / width, until, iterations)
        scores = self._score(space, sizes, rows)
        position = int(np.argmin(scores))
        return float(scores[position]), rows[position]

    def _differential(
        self, space: Space, sizes: dict[str, Any], vector: np.ndarray, until: float
    ) -> tuple[float, np.ndarray]:
        low, high = space.bounds(sizes)
        if not len(low):
            return float(self._score(space, sizes, np.zeros((1, 0)))[0]), vector
        fast = batched(self.objective, space)
        return polish.evolve(
            lambda rows: self._score(space, sizes, rows), low, high, vector, self.generator, until,
            size=int(np.clip(8 * len(low), 16, 160)) if fast else 12, generations=10_000 if fast else 40,
        )  # fmt: skip

    def _polished(self, until: float) -> None:
        """Descent to a local least slack from the best places, then with some of their numbers drawn afresh, or all."""
        starts = self._places()
        for position, (space, point) in enumerate(starts):
            if time.perf_counter() > until:
                return
            self._descend(space, point, _share(until, len(starts) - position))
        fast = [(s, point) for s, point in starts if len(s.bounds(point)[0]) and batched(self.objective, s)]
        while fast and time.perf_counter() < until:
            space, point = fast[min(int(self.generator.geometric(1 / 3)), len(fast)) - 1]
            if self.generator.random() < 2 / 3:
                sizes = {name: point[name] for name in space.whole}
                vector = self._kicked(space, sizes)
            else:
                sizes = {name: p.draw(self.generator) for name, p in space.whole.items()}
                low, high = space.bounds(sizes)
                rows = self.generator.uniform(low, high, (TRIES, len(low)))
                vector = rows[int(np.argmin(self._score(space, sizes, rows)))]
            self._local(space, sizes, vector, _share(until, 2), polish.ITERATIONS)

    def _kicked(self, space: Space, sizes: dict[str, Any]) -> np.ndarray:
        """The best place with these whole numbers, with one number drawn afresh, or some, or all."""
        low, high = space.bounds(sizes)
        vector = space.vector(self.best[places.key(space, sizes)][2])
        count = int(len(low) ** self.generator.uniform())
        chosen = self.generator.permutation(len(low))[:count]
        vector[chosen] = self.generator.uniform(low, high)[chosen]
        return vector

    def _descend(self, space: Space, point: Point, until: float) -> None:
        sizes = {name: point[name] for name in space.whole}
        low, high = space.bounds(sizes)
        if not len(low):
            return
        if batched(self.objective, space) and hasattr(self.objective, "parts"):
            self._local(space, sizes, space.vector(point), until, polish.ITERATIONS)
            return
        width = np.maximum(high - low, 1e-12)
        start = (space.vector(point) - low) / width
        polish.slide(lambda rows: np.minimum(self._score(space, sizes, low + width * rows), 2 * OUTSIDE), start, until)

    def _rounded(self, until: float) -> None:
        """The numbers of the best places rounded to simple fractions, all of a parameter alike."""
        for space in self.statement.spaces:
            for candidate in self.pool.get(space.name, [])[:SIMPLIFIED] if space.real else []:
                self._points(space, places.simple(space, candidate.origin.point or {}), until, SIMPLE)

    # scoring

    def _score(self, space: Space, sizes: dict[str, Any], vectors: np.ndarray) -> np.ndarray:
        scores = score_vectors(self.objective, space, sizes, vectors, self.axes, self.until)
        self._count(scores)
        for position in np.argsort(scores, kind="stable")[:2]:
            score = float(scores[position])
            if self._interesting(space.name, score) or score < self.best.get(places.key(space, sizes), (NOTHING,))[0]:
                self._found(space, score, space.point(sizes, vectors[position]))
        return scores

    def _found(self, space: Space, score: float, point: Point, kind: str = "") -> None:
        """Keep a place if it is good enough for the pool of its space, or the best with its whole numbers."""
        if self._interesting(space.name + kind, score):
            self._keep(space.name + kind, score, Origin(space.name, point))
        key = places.key(space, point)
        if score < self.best.get(key, (NOTHING,))[0]:
            self.best[key] = (score, space, point)

    def _point(self, space: Space, point: Point, kind: str = "") -> float:
        """Score of one point with its exact parameters kept."""
        if batched(self.objective, space):
            sizes = {name: point[name] for name in space.whole}
            score = float(
                score_vectors(self.objective, space, sizes, space.vector(point)[None], self.axes)[0]
            )
        else:
            instance = space.instance(point)
            score = NOTHING if instance is None else score_instance(self.objective, instance, self.axes)
        self._count(np.array([score]))
        self._found(space, score, dict(point), kind)
        return score

    def _points(self, space: Space, points: Iterable[Point], until: float, kind: str = "") -> None:
        for point in points:
            if time.perf_counter() > until:
                return
            self._point(space, point, kind)

    def _family(self, family: Family, indices: range, until: float) -> None:
        for index in indices:
            if time.perf_counter() > until:
                return
            instance = family.draw(work.generator(self.seed, family.name, index), index)
            if instance is None:
                continue
            score = score_instance(self.objective, instance, self.axes)
            self._count(np.array([score]))
            name = family.name + DRAWS
            if self._interesting(name, score):
                self._keep(name, score, Origin(family=family.name, seed=self.seed, index=index))

    def _count(self, scores: np.ndarray) -> None:
        layer = self.layers[-1]
        inside = scores < OUTSIDE
        layer.measured += int(np.sum(scores < NOTHING))
        layer.inside += int(np.sum(inside))
        if np.any(inside):
            layer.least = min(layer.least, float(scores[inside].min()))

    def _interesting(self, name: str, score: float) -> bool:
        kept = self.pool.get(name, [])
        return bool(score < NOTHING) and (len(kept) < KEPT or score < kept[-1].score - EQUAL)

    def _keep(self, name: str, score: float, origin: Origin) -> None:
        kept = self.pool.setdefault(name, [])
        kept.append(Candidate(float(score), origin))
        kept.sort(key=lambda candidate: candidate.score)
        del kept[KEPT:]


def _share(until: float, waiting: int, most: int = FIRST) -> float:
    """When the turn of the first of those waiting is over."""
    now = time.perf_counter()
    return now + (until - now) / min(waiting, most)
