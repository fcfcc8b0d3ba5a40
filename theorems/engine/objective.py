"""What a search minimises: how far instances are from refuting a statement, in float64 and for whole batches.

Scores order instances, nothing more. Below zero floats say that the statement fails there; between zero and one it
holds with that relative slack; from `OUTSIDE` on a hypothesis fails, the more the larger; `NOTHING` means that there is
no instance or nothing could be measured. Only `theorems.statement.judge` ever decides.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any, Protocol

import numpy as np
import sympy

from constructions.instance import Instance
from constructions.space import Space
from theorems.claim import Claim
from theorems.statement import Statement
from verifiers.errors import MissingPart, NoCertificate, UsageError

OUTSIDE = 10.0
NOTHING = 1e9
EQUAL = 1e-9
"""Relative distance up to which floats read two sides of an equality as equal, and a slack as zero."""

PROBES = 24
"""Choices of whole numbers on which it is found out whether a batch measures everything."""

Axes = Mapping[str, tuple[str, ...]]
Arrays = Mapping[str, np.ndarray]


class Objective(Protocol):
    """Scores (B,) of a batch of measurements; lower is closer to what is searched for."""

    statement: Statement
    violating: Claim | None

    def __call__(self, arrays: Arrays, axes: Axes) -> np.ndarray: ...


def feasibility(claims: Sequence[Claim], arrays: Arrays, axes: Axes, constants: Mapping[str, Any]) -> np.ndarray:
    """Least relative slack over the hypotheses (B,), where 0 is just held; NaN where one could not be measured."""
    least: np.ndarray = np.array([np.inf])
    for claim in claims:
        slack = claim.batch_slack(arrays, axes, constants)
        if claim.relation.rel_op == "==":
            slack = slack + EQUAL
        elif claim.strict:
            slack = np.where(slack > 0, slack, slack - EQUAL)
        least = np.minimum(least, slack)
        if not np.any(least >= 0):
            break
    return least


def conclusion(claims: Sequence[Claim], arrays: Arrays, axes: Axes, constants: Mapping[str, Any]) -> np.ndarray:
    """Least relative slack over the conclusions that could be measured (B,); NaN where none could."""
    least: np.ndarray = np.array([np.nan])
    for claim in claims:
        least = np.fmin(least, claim.batch_slack(arrays, axes, constants))
    return least


class Falsify:
    """Score of an instance against one statement: its least relative slack, or how far outside the hypotheses it is.

    With `violating`, a hypothesis that the statement was freed of, only instances that violate it count as inside: the
    others can show nothing about whether it is needed.
    """

    def __init__(self, statement: Statement, violating: Claim | None = None) -> None:
        self.statement = statement
        self.violating = violating

    def __call__(self, arrays: Arrays, axes: Axes) -> np.ndarray:
        constants = self.statement.constants
        held = feasibility(self.statement.given, arrays, axes, constants)
        if self.violating is not None:
            excess = -feasibility([self.violating], arrays, axes, constants)
            held = np.fmin(held, np.where(excess > 0, np.inf, np.where(np.isnan(excess), np.nan, excess - EQUAL)))
        inside = held >= 0
        score = np.where(np.isnan(held), NOTHING, OUTSIDE + np.minimum(-held, 1e6))
        if np.any(inside):
            slack = conclusion(self.statement.then, arrays, axes, constants)
            slack = np.where(np.isnan(slack), NOTHING, np.clip(slack, -1e6, OUTSIDE / 2))
            score = np.where(inside, slack, score)
        return score


    def parts(self, arrays: Arrays, axes: Axes) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """By entry: relative slacks of the conclusions (B, E), slacks of the hypotheses (B, K), their scales (B, K).

        An equality counts as two inequalities, in a hypothesis met up to `EQUAL`.
        """
        constants = self.statement.constants
        then, given = (
            [side.batch_entries(arrays, axes, constants) for claim in claims for side in both_ways(claim)]
            for claims in (self.statement.then, self.statement.given)
        )
        equal = [claim.relation.rel_op == "==" for claim in self.statement.given for _ in both_ways(claim)]
        given = [(s + EQUAL * scale * about, scale) for about, (s, scale) in zip(equal, given, strict=True)]
        if self.violating is not None:
            excess = -self.violating.batch_slack(arrays, axes, constants)[:, None]
            given.append((excess, np.ones_like(excess)))
        count = max(len(slack) for slack, _ in (*then, *given))
        slacks, scales = ([part[which] for part in given] for which in (0, 1))
        relative = [slack / scale for slack, scale in then]
        return _joined(relative, count), _joined(slacks, count), _joined(scales, count)


def _joined(parts: list[np.ndarray], count: int) -> np.ndarray:
    return np.hstack([np.empty((count, 0)), *(np.broadcast_to(part, (count, part.shape[1])) for part in parts)])


@lru_cache(maxsize=4096)
def both_ways(claim: Claim) -> tuple[Claim, ...]:
    """An equality as two inequalities, whose slacks have slopes where the sides meet; other claims as they are."""
    if claim.relation.rel_op != "==":
        return (claim,)
    sides = claim.relation.lhs, claim.relation.rhs
    return Claim(claim.name, sympy.Le(*sides, evaluate=False)), Claim(claim.name, sympy.Ge(*sides, evaluate=False))


class Single(Mapping[str, np.ndarray]):
    """The measurements of one instance as a batch of one, measured on access; what cannot be measured is NaN."""

    def __init__(self, measured: Mapping[str, Any], axes: Axes) -> None:
        self._measured = measured
        self._axes = axes

    def __getitem__(self, name: str) -> np.ndarray:
        try:
            return self._measured[name].value[None]
        except (MissingPart, NoCertificate, np.linalg.LinAlgError, ZeroDivisionError):
            return np.full((1,) * (1 + len(self._axes[name])), np.nan)

    def __iter__(self) -> Iterator[str]:
        return iter(self._axes)

    def __len__(self) -> int:
        return len(self._axes)


def axes_of(statement: Statement, *others: Claim) -> dict[str, tuple[str, ...]]:
    """Axes of every quantity that the statement's claims, and the other claims, name.

    Raises `UsageError` for a quantity that the statement's catalogue does not declare.
    """
    catalogue = statement.catalogue
    names = {name for claim in (*statement.given, *statement.then, *others) for name in claim.quantities}
    unknown = sorted(names - set(catalogue))
    if unknown:
        raise UsageError(f"{statement.id} names {', '.join(unknown)}, which its catalogue does not declare")
    return {name: catalogue[name].axes for name in names}


def score_instance(objective: Objective, instance: Instance, axes: Axes) -> float:
    """Score of one instance through the statement's exact measurement, read as floats."""
    try:
        measured = objective.statement.measure(instance, objective.statement.constants)
    except (MissingPart, NoCertificate, np.linalg.LinAlgError, ZeroDivisionError):
        return NOTHING
    return float(objective(Single(measured, axes), axes)[0])


_MEASURED: dict[tuple[Any, ...], bool] = {}


def batched(objective: Objective, space: Space) -> bool:
    """True if instances of the space are measured by the thousand, every quantity that the claims name included."""
    statement = objective.statement
    if statement.measure_batch is None or space.stack is None:
        return False
    others = () if objective.violating is None else (objective.violating,)
    names = tuple(sorted(axes_of(statement, *others)))
    key = (statement.measure_batch, space.name, space.stack, names)
    if key not in _MEASURED:
        _MEASURED[key] = _all_measured(statement, space, names)
    return _MEASURED[key]


def _all_measured(statement: Statement, space: Space, names: tuple[str, ...]) -> bool:
    """Whether some draws of the space together give every quantity a number."""
    assert statement.measure_batch is not None and space.stack is not None
    generator = np.random.default_rng(0)
    missing = set(names)
    for _ in range(PROBES):
        sizes = {name: parameter.draw(generator) for name, parameter in space.whole.items()}
        low, high = space.bounds(sizes)
        vectors = generator.uniform(low, high, (8, len(low)))
        arrays = statement.measure_batch(space.stack(**space.batch(sizes, vectors)))
        missing -= {name for name in missing if name in arrays and np.any(np.isfinite(arrays[name]))}
        if not missing:
            return True
    return False


def score_vectors(
    objective: Objective,
    space: Space,
    sizes: Mapping[str, Any],
    vectors: np.ndarray,
    axes: Axes,
    until: float = np.inf,
) -> np.ndarray:
    """Scores (B,) of the points of a space with these whole numbers and real parameters (B, D).

    Instances that are measured one by one are left out, as `NOTHING`, after the time `until` of `perf_counter`.
    """
    statement = objective.statement
    if batched(objective, space):
        assert statement.measure_batch is not None and space.stack is not None
        arrays = statement.measure_batch(space.stack(**space.batch(sizes, vectors)))
        with np.errstate(all="ignore"):
            return np.broadcast_to(objective(arrays, axes), (len(vectors),)).copy()
    scores = np.full(len(vectors), NOTHING)
    for position, vector in enumerate(vectors):
        if time.perf_counter() > until:
            break
        instance = space.instance(space.point(sizes, vector))
        if instance is not None:
            scores[position] = score_instance(objective, instance, axes)
    return scores
