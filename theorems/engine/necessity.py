"""Which hypotheses are needed: drop each in turn and search among instances that meet all the others but violate it."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from constructions.space import Space
from theorems.claim import Claim
from theorems.engine import work
from theorems.engine.falsify import question
from theorems.engine.objective import Arrays, Axes, Falsify, Single, axes_of, batched, feasibility
from theorems.engine.origin import Variation
from theorems.statement import Statement

Json = dict[str, Any]
Progress = Callable[[str, int, int, str], None]

STATUSES = ("refuted", "numerical", "survived", "vacuous")
"""What a search may find, what says most first."""

FIRST = 0.7
"""Share of the time for the spaces that were seen to violate the hypothesis; the rest is for all of them."""

TRIED = {True: 6, False: 2}
BATCH = 32
"""Choices of whole numbers tried in a space that is measured in batches, or one by one, and draws in a batch."""

SAMPLING = 0.3
"""Time for trying one by one, relative to the search; it is spent beforehand."""


def necessity(variation: Variation, seconds: float, seed: int = 0, progress: Progress | None = None) -> list[Json]:
    """One row per hypothesis: needed (an exact witness refutes the statement without it), needed in floats only, or
    not shown to be needed, with the number of instances that could have shown it.

    Each hypothesis gets an equal share of `seconds`.
    """
    statement = variation.statement()
    rows = []
    for position, claim in enumerate(statement.given):
        if progress:
            progress("necessity", position, len(statement.given), claim.name)
        rows.append(drop(variation, claim.name, seconds / len(statement.given), seed))
    return rows


def drop(
    variation: Variation, name: str, seconds: float, seed: int = 0, progress: Progress | None = None
) -> Json:
    """What a search says about the statement without one hypothesis. Raises `UsageError` if there is none such.

    Most spaces are made to meet the hypotheses: those in which some draw violates this one are searched first, alone.
    """
    without = replace(variation, drop=(*variation.drop, name))
    varied = without.statement()
    claim = next(claim for claim in variation.statement().given if claim.name == name)
    own = _violating(varied, claim, seed, seconds * SAMPLING)
    stages = [(varied, 1.0)] if own in ((), varied.spaces) else [
        (replace(varied, spaces=own, instances=()), FIRST), (varied, 1.0 - FIRST)]  # fmt: skip
    findings: list[Json] = []
    for statement, share in stages:
        findings.append(question(statement, without, share * seconds, seed, progress, violating=claim))
        if findings[-1]["status"] == "refuted":
            break
    finding = _together(findings)
    words = {"refuted": "needed", "numerical": "needed in floats only"}
    return {
        "hypothesis": name,
        "latex": claim.latex(),
        "status": words.get(finding["status"], "not shown to be needed"),
        "violating": finding["inside"],
        "measured": finding["measured"],
        "seconds": finding["seconds"],
        "finding": finding,
    }


def _together(findings: list[Json]) -> Json:
    """The finding that says most, with the effort of all."""
    best = min(findings, key=lambda found: STATUSES.index(found["status"]))
    layers: dict[str, Json] = {}
    for layer in (layer for found in findings for layer in found["layers"]):
        if layer["name"] not in layers:
            layers[layer["name"]] = dict(layer)
            continue
        known = layers[layer["name"]]
        known |= {key: known[key] + layer[key] for key in ("measured", "inside", "seconds")}
        known["least"] = min((one for one in (known["least"], layer["least"]) if one is not None), default=None)
    effort: Json = {key: sum(found[key] for found in findings) for key in ("measured", "inside", "budget", "seconds")}
    return best | effort | {"seconds": round(effort["seconds"], 2), "layers": list(layers.values())}


def _violating(statement: Statement, claim: Claim, seed: int, seconds: float) -> tuple[Space, ...]:
    """The spaces of which one of a few draws violates the claim, in floats."""
    axes = axes_of(statement, claim)
    objective = Falsify(statement, claim)
    fast = [space.name for space in statement.spaces if batched(objective, space)]
    until = time.perf_counter() + seconds
    found = set()
    for space in sorted(statement.spaces, key=lambda space: space.name not in fast):
        generator = work.generator(seed, space.name, 1)
        for _ in range(TRIED[space.name in fast]):
            if space.name not in fast and time.perf_counter() > until:
                break
            if np.any(_slacks(statement, space, claim, axes, generator, space.name in fast) < 0):
                found.add(space.name)
                break
    return tuple(space for space in statement.spaces if space.name in found)


def _slacks(
    statement: Statement, space: Space, claim: Claim, axes: Axes, generator: np.random.Generator, fast: bool
) -> np.ndarray:
    """How far the claim holds on one draw, or on a batch of draws with the same whole numbers."""
    if fast:
        assert statement.measure_batch is not None and space.stack is not None
        sizes = {name: parameter.draw(generator) for name, parameter in space.whole.items()}
        low, high = space.bounds(sizes)
        vectors = generator.uniform(low, high, (BATCH if len(low) else 1, len(low)))
        arrays: Arrays = statement.measure_batch(space.stack(**space.batch(sizes, vectors)))
    else:
        instance = space.instance(space.draw(generator))
        if instance is None:
            return np.array([np.nan])
        arrays = Single(statement.measure(instance, statement.constants), axes)
    return feasibility([claim], arrays, axes, statement.constants)
