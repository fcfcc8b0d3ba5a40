"""A layered search for the worst instance: structured, i.i.d., targeted, evolved, polished.

Every layer looks for the least score of an objective (`theorems.engine.objective`), not for the first violation, and
leaves its best candidates in one pool, from which the next layer starts. Scores are floats; whoever uses the pool
decides its candidates exactly.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

import numpy as np

from constructions.space import Integer, Point, Space
from theorems.engine import work
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
"""Places from which evolution starts: the best choices of whole numbers."""


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
            ("independent draws", self._independent, 0.5),
            ("targeted by hypothesis", self._targeted, 0.65),
            ("evolved", self._evolved, 0.9),
            ("polished", self._polished, 1.0),
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
        """The pool, best first."""
        return sorted((c for kept in self.pool.values() for c in kept), key=lambda c: c.score)

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
            now = time.perf_counter()
            own = now + (until - now) / (len(sources) - position)
            if isinstance(source, Family):
                self._family(source, range(source.full), own)
            elif batched(self.objective, source):
                self._rounds(source, own)
            else:
                draws = (source.draw(self.generator) for _ in range(MOST_DRAWS[False]))
                self._points(source, draws, own)

    def _rounds(self, space: Space, until: float) -> None:
        for _ in range(MOST_DRAWS[True] // ROUND):
            if time.perf_counter() > until:
                return
            sizes = {name: p.draw(self.generator) for name, p in space.whole.items()}
            low, high = space.bounds(sizes)
            self._score(space, sizes, self.generator.uniform(low, high, (ROUND if len(low) else 1, len(low))))

    def _targeted(self, until: float) -> None:
        """hypothesis drives its own mutations towards low scores; what it draws shrinks to simple fractions."""
        for position, space in enumerate(self.statement.spaces):
            now = time.perf_counter()
            self._target(space, now + (until - now) / (len(self.statement.spaces) - position))

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
            now = time.perf_counter()
            if now > until:
                return
            self._evolve(space, point, now + (until - now) / (len(starts) - position))

    def _places(self) -> list[tuple[Space, Point]]:
        """The best choices of whole numbers: of every space its best, then the best of all."""
        spaces = {space.name: space for space in self.statement.spaces}
        best = [kept[0] for name, kept in self.pool.items() if name in spaces]
        found: dict[tuple[Any, ...], tuple[Space, Point]] = {}
        for candidate in [*sorted(best, key=lambda c: c.score), *self.candidates()]:
            if candidate.origin.space in spaces and candidate.score < NOTHING:
                space = spaces[candidate.origin.space]
                point = dict(candidate.origin.point or {})
                key = (space.name, *(point[name] for name in space.whole))
                found.setdefault(key, (space, point))
        return list(found.values())[: max(EVOLVED, len(best))]

    def _evolve(self, space: Space, point: Point, until: float) -> None:
        """Differential evolution over the real parameters, then over neighbouring whole numbers while that helps."""
        sizes = {name: point[name] for name in space.whole}
        vector = space.vector(point)
        least = self._differential(space, sizes, vector, until)
        improved = True
        while improved and time.perf_counter() < until:
            improved = False
            for neighbour in self._neighbours(space, sizes):
                low, _ = space.bounds(neighbour)
                carried = np.resize(vector, len(low)) if len(vector) else np.zeros(len(low))
                found, place = self._differential(space, neighbour, carried, until)
                if found < least[0]:
                    least, sizes, vector, improved = (found, place), neighbour, place, True

    def _neighbours(self, space: Space, sizes: dict[str, Any]) -> Iterator[dict[str, Any]]:
        for name, parameter in space.whole.items():
            for step in (-1, 1):
                if isinstance(parameter, Integer) and parameter.low <= sizes[name] + step <= parameter.high:
                    yield sizes | {name: sizes[name] + step}

    def _differential(
        self, space: Space, sizes: dict[str, Any], vector: np.ndarray, until: float
    ) -> tuple[float, np.ndarray]:
        from scipy.optimize import differential_evolution

        low, high = space.bounds(sizes)
        if not len(low):
            return float(self._score(space, sizes, np.zeros((1, 0)))[0]), vector
        size = int(np.clip(8 * len(low), 16, 160)) if batched(self.objective, space) else 12
        start = self.generator.uniform(low, high, (size, len(low)))
        width = (high - low) * 10.0 ** self.generator.uniform(-4, -0.5, (size // 2, 1))
        start[: size // 2] = vector + width * self.generator.normal(size=(size // 2, len(low)))
        start[0] = vector
        result = differential_evolution(
            lambda columns: self._score(space, sizes, columns.T),
            list(zip(low, high, strict=True)),
            init=np.clip(start, low, high),
            maxiter=10_000 if batched(self.objective, space) else 40,
            tol=1e-8,
            polish=False,
            vectorized=True,
            updating="deferred",
            rng=self.generator,
            callback=lambda *_, **__: time.perf_counter() > until,
        )
        return float(result.fun), np.asarray(result.x)

    def _polished(self, until: float) -> None:
        """Quasi-Newton steps along central differences where the score is differentiable."""
        for space, point in self._places():
            if time.perf_counter() > until:
                return
            self._descend(space, point, until)

    def _descend(self, space: Space, point: Point, until: float) -> None:
        from scipy.optimize import minimize

        sizes = {name: point[name] for name in space.whole}
        low, high = space.bounds(sizes)
        if not len(low) or not batched(self.objective, space):
            return
        width = np.maximum(high - low, 1e-12)

        def value_and_gradient(place: np.ndarray) -> tuple[float, np.ndarray]:
            step = 1e-6
            shifts = step * np.eye(len(place))
            rows = np.clip(np.vstack([place, place + shifts, place - shifts]), 0, 1)
            scores = np.minimum(self._score(space, sizes, low + width * rows), 2 * OUTSIDE)
            moved = (rows[1 : len(place) + 1] - rows[len(place) + 1 :]).diagonal()
            gradient = (scores[1 : len(place) + 1] - scores[len(place) + 1 :]) / moved
            if time.perf_counter() > until:
                gradient = np.zeros_like(gradient)
            return float(scores[0]), gradient

        start = (space.vector(point) - low) / width
        minimize(value_and_gradient, start, jac=True, method="L-BFGS-B", bounds=[(0, 1)] * len(start),
                 options={"maxiter": 60})  # fmt: skip

    # scoring

    def _score(self, space: Space, sizes: dict[str, Any], vectors: np.ndarray) -> np.ndarray:
        scores = score_vectors(self.objective, space, sizes, vectors, self.axes, self.until)
        self._count(scores)
        for position in np.argsort(scores, kind="stable")[:2]:
            if self._interesting(space.name, scores[position]):
                self._keep(space.name, scores[position], Origin(space.name, space.point(sizes, vectors[position])))
        return scores

    def _point(self, space: Space, point: Point) -> float:
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
        if self._interesting(space.name, score):
            self._keep(space.name, score, Origin(space.name, dict(point)))
        return score

    def _points(self, space: Space, points: Iterator[Point], until: float) -> None:
        for point in points:
            if time.perf_counter() > until:
                return
            self._point(space, point)

    def _family(self, family: Family, indices: range, until: float) -> None:
        for index in indices:
            if time.perf_counter() > until:
                return
            instance = family.draw(work.generator(self.seed, family.name, index), index)
            if instance is None:
                continue
            score = score_instance(self.objective, instance, self.axes)
            self._count(np.array([score]))
            if self._interesting(family.name, score):
                self._keep(family.name, score, Origin(family=family.name, seed=self.seed, index=index))

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
