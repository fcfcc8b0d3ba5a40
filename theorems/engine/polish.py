"""The numerical methods of searches: descent along the edges of hypotheses, quasi-Newton steps, evolution.

Descent is sequential quadratic programming on batches. A score jumps where a hypothesis stops holding, so descending it
stops there; here hypotheses and the conclusion's worst entry are functions of their own, each differentiable as long as
no entry changes sides. What comes out are vectors to be scored like all others.
"""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

Parts = Callable[[np.ndarray], tuple[np.ndarray, np.ndarray, np.ndarray]]
"""Vectors (B, D) in the unit cube -> by entry: relative slacks of conclusions (B, E), slacks and scales of hypotheses
(B, K)."""

STEP = 1e-6
"""Half-width of central differences, relative to the range of each parameter."""

ITERATIONS = 60
ROUNDS = 3
MARGIN = 1e-11
"""Relative slack that is left to every hypothesis, so that rounding does not lead outside."""

BINDING = 200
"""Entries of hypotheses followed at once: those that are nearest to failing."""

BACK = (0.0, 1e-12, 1e-11, 1e-10, 1e-9, 1e-8, 1e-7, 1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 1.0)
"""Shares of the way back to the start tried in the end: the last step may be outside a hypothesis by rounding."""


class _NoMore(Exception):
    """The time is over, or entries are not the same everywhere."""


class _Local:
    """One conclusion entry and the binding hypotheses as functions of a vector, each evaluated once per place."""

    def __init__(self, parts: Parts, start: np.ndarray, until: float) -> None:
        self._parts, self._until = parts, until
        values, slacks, scales = parts(start[None])
        if not np.any(np.isfinite(values)):
            raise _NoMore
        self._entry = int(np.nanargmin(values[0]))
        self._shapes = (values.shape[1], slacks.shape[1])
        self._rows = np.argsort(slacks[0] / scales[0], kind="stable")[:BINDING]
        self._scales = scales[0, self._rows]
        self._known: dict[tuple[str, bytes], np.ndarray] = {}
        self.binding = len(self._rows)

    def _chosen(self, vectors: np.ndarray) -> np.ndarray:
        """(B, 1 + binding): the conclusion's entry, then the hypotheses."""
        if time.perf_counter() > self._until:
            raise _NoMore
        values, slacks, _ = self._parts(vectors)
        if (values.shape[1], slacks.shape[1]) != self._shapes:
            raise _NoMore
        chosen = np.hstack([values[:, [self._entry]], slacks[:, self._rows] / self._scales - MARGIN])
        return np.where(np.isfinite(chosen), np.clip(chosen, -1e6, 1e6), 1.0)

    def at(self, place: np.ndarray) -> np.ndarray:
        key = ("value", place.tobytes())
        if key not in self._known:
            self._known[key] = self._chosen(np.clip(place, 0, 1)[None])[0]
        return self._known[key].copy()  # scipy writes into what it is given

    def slopes(self, place: np.ndarray) -> np.ndarray:
        """Jacobian (1 + binding, D) by central differences inside the cube."""
        key = ("slope", place.tobytes())
        if key not in self._known:
            inside, shifts = np.clip(place, 0, 1), STEP * np.eye(len(place))
            above, below = np.clip(inside + shifts, 0, 1), np.clip(inside - shifts, 0, 1)
            rows = self._chosen(np.vstack([above, below]))
            width = (above - below).diagonal()[:, None]
            self._known[key] = ((rows[: len(place)] - rows[len(place) :]) / width).T
        return self._known[key].copy()


def descend(parts: Parts, start: np.ndarray, until: float, iterations: int = ITERATIONS) -> np.ndarray:
    """Vectors (R, D) near a local least slack within the hypotheses, and on the way back to the start (D,)."""
    first = np.clip(start, 0, 1)
    end = first
    for _ in range(ROUNDS):  # from where the last one ended, with scales and binding hypotheses of that place
        path = _minimised(parts, end, until, iterations)
        if not np.all(np.isfinite(path[-1])) or np.allclose(path[-1], end, rtol=0, atol=1e-9):
            break
        end = np.clip(path[-1], 0, 1)
    return np.clip(end + np.array(BACK)[:, None] * (first - end), 0, 1)


def _minimised(parts: Parts, start: np.ndarray, until: float, iterations: int) -> list[np.ndarray]:
    """The places that the minimisation went through."""
    from scipy.optimize import minimize

    path = [start]
    try:
        local = _Local(parts, start, until)
        hypotheses: Any = {"type": "ineq", "fun": lambda x: local.at(x)[1:], "jac": lambda x: local.slopes(x)[1:]}
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of places outside the cube, which are moved back into it
            path.append(minimize(
                lambda x: float(local.at(x)[0]), start, jac=lambda x: local.slopes(x)[0], method="SLSQP",
                bounds=[(0.0, 1.0)] * len(start), constraints=hypotheses if local.binding else (),
                callback=lambda x: path.append(np.array(x)), options={"maxiter": iterations, "ftol": 1e-13},
            ).x)  # fmt: skip
    except (_NoMore, np.linalg.LinAlgError, ValueError):
        pass
    return path


def slide(score: Callable[[np.ndarray], np.ndarray], start: np.ndarray, until: float) -> None:
    """Quasi-Newton steps along central differences of a score (B, D) -> (B,) within the unit cube."""
    from scipy.optimize import minimize

    def value_and_slope(place: np.ndarray) -> tuple[float, np.ndarray]:
        if time.perf_counter() > until:
            raise _NoMore
        shifts = STEP * np.eye(len(place))
        rows = np.clip(np.vstack([place, place + shifts, place - shifts]), 0, 1)
        scores = score(rows)
        above, below = np.split(rows[1:], 2)
        ahead, behind = np.split(scores[1:], 2)
        return float(scores[0]), (ahead - behind) / (above - below).diagonal()

    try:
        minimize(value_and_slope, np.clip(start, 0, 1), jac=True, method="L-BFGS-B", bounds=[(0, 1)] * len(start),
                 options={"maxiter": ITERATIONS})  # fmt: skip
    except _NoMore:
        pass


def evolve(
    score: Callable[[np.ndarray], np.ndarray], low: np.ndarray, high: np.ndarray, vector: np.ndarray,
    generator: np.random.Generator, until: float, size: int, generations: int,
) -> tuple[float, np.ndarray]:  # fmt: skip
    """Differential evolution of a score (B, D) -> (B,), half of the population about a vector (D,), half anywhere."""
    from scipy.optimize import differential_evolution

    start = generator.uniform(low, high, (size, len(low)))
    width = (high - low) * 10.0 ** generator.uniform(-4, -0.5, (size // 2, 1))
    start[: size // 2] = vector + width * generator.normal(size=(size // 2, len(low)))
    start[0] = vector
    result = differential_evolution(
        lambda columns: score(columns.T),
        list(zip(low, high, strict=True)),
        init=np.clip(start, low, high),
        maxiter=generations,
        tol=1e-8,
        polish=False,
        vectorized=True,
        updating="deferred",
        rng=generator,
        callback=lambda *_, **__: time.perf_counter() > until,
    )
    return float(result.fun), np.asarray(result.x)
