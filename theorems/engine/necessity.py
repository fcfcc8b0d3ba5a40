"""Which hypotheses are needed: drop each in turn and search among instances that meet all the others but violate it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from theorems.engine.falsify import question
from theorems.engine.origin import Variation

Json = dict[str, Any]
Progress = Callable[[str, int, int, str], None]


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
    """What a search says about the statement without one hypothesis. Raises `UsageError` if there is none such."""
    without = replace(variation, drop=(*variation.drop, name))
    varied = without.statement()
    claim = next(claim for claim in variation.statement().given if claim.name == name)
    finding = question(varied, without, seconds, seed, progress, violating=claim)
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
