"""From the cells of a campaign to its counts: per grid point and statement, verdicts, least slack, share that holds."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from constructions.space import Space
from theorems.claim import definition_formula
from theorems.engine import cells, library
from theorems.engine.cells import Cell
from theorems.engine.origin import Origin, Variation, replay_text
from theorems.statement import Statement
from verifiers.sequences import anytime_interval

Json = dict[str, Any]

LETTERS = {"Holds": "H", "Refuted": "R", "HypothesisFailed": "F", "Undecided": "U", "Unsupported": "N"}
"""Verdicts in a pattern: what several statements say on one draw, in the order of the campaign."""


@dataclass
class Count:
    """What one statement said on the cells of one grid point, or of all of them."""

    verdicts: Counter[str] = field(default_factory=Counter)
    drawn: int = 0
    accepted: int = 0
    open: int = 0
    least: tuple[float, Cell, Json, str] | None = None
    reasons: Counter[str] = field(default_factory=Counter)

    def add(self, cell: Cell, result: Json, name: str) -> None:
        """One more cell; it counts as drawn only where the construction gave no instance."""
        self.drawn += 1
        if result["instance"] is None:
            return
        row = result["statements"][name]
        self.verdicts[row["verdict"]] += 1
        self.accepted += row["accepted"]
        self.open += row["accepted"] and row["verdict"] == "Undecided"
        if row["accepted"] and row["slack"] is not None and (self.least is None or row["slack"] < self.least[0]):
            self.least = (row["slack"], cell, row, result["instance"])
        if row["verdict"] in ("Undecided", "Unsupported"):
            self.reasons[row["reason"]] += 1


class Tally:
    """Counts of a campaign, filled cell by cell in the order of the plan."""

    def __init__(self, statements: tuple[Statement, ...], space: Space, targets: tuple[str, ...], seed: int) -> None:
        self._statements, self._space, self._seed = statements, space, seed
        self._target = {statement.id: _target(statement, targets) for statement in statements}
        self._total = {statement.id: Count() for statement in statements}
        self._places: list[tuple[Json, dict[str, Count], Counter[str]]] = []

    def add(self, cell: Cell, result: Json) -> None:
        """Count one cell; cells of one grid point follow each other."""
        if not self._places or self._places[-1][0] != cell.parameters:
            self._places.append((cell.parameters, {statement.id: Count() for statement in self._statements}, Counter()))
        self._places[-1][2][self._pattern(result)] += 1
        for counts in (self._places[-1][1], self._total):
            for name, count in counts.items():
                count.add(cell, result, name)

    def _pattern(self, result: Json) -> str:
        """What all statements say on one draw together, a letter each; empty where there is no instance."""
        if result["instance"] is None:
            return ""
        return "".join(LETTERS[result["statements"][statement.id]["verdict"]] for statement in self._statements)

    def statements(self) -> list[Json]:
        """Every statement with its formulas and its counts over all cells."""
        return [
            {
                "id": s.id,
                "version": s.source.version,
                "kind": s.kind,
                "title": s.title,
                "expected": s.expected,
                "does_not_claim": s.does_not_claim,
                "given": [{"name": c.name, "latex": c.latex(), "mathml": c.mathml()} for c in s.given],
                "then": [{"name": c.name, "latex": c.latex(), "mathml": c.mathml()} for c in s.then],
                "where": [definition_formula(name, e) for name, e in s.abbreviations.items()],
            }
            | self._counted(s.id, self._total[s.id], pooled=True)
            for s in self._statements
        ]

    def points(self) -> list[Json]:
        """Every grid point with the counts of every statement, and how often each pattern of verdicts occurred."""
        return [
            {
                "parameters": place,
                "statements": {name: self._counted(name, c) for name, c in counts.items()},
                "patterns": dict(sorted(patterns.items())),
            }
            for place, counts, patterns in self._places
        ]

    def _counted(self, name: str, count: Count, pooled: bool = False) -> Json:
        """Counts as JSON. `holds_given_accepted` is an anytime-valid interval for the share of accepted draws on which
        the statement holds, at one grid point: accepted draws that stay undecided may count either way. Pooled over
        grid points draws do not have one law, so there is none.
        """
        interval = None
        if count.accepted and not pooled:
            held = count.verdicts["Holds"]
            interval = [_interval(held, count.accepted)[0], _interval(held + count.open, count.accepted)[1]]
        return {
            "drawn": count.drawn,
            "instances": sum(count.verdicts.values()),
            "accepted": count.accepted,
            "verdicts": {word: count.verdicts[word] for word in cells.WORDS},
            "least": self._least(name, count),
            "holds_given_accepted": interval,
            "reasons": dict(count.reasons.most_common(3)),
        }

    def _least(self, name: str, count: Count) -> Json | None:
        """The least slack among accepted draws, with the cell and the string that replays it."""
        if count.least is None:
            return None
        slack, cell, row, instance = count.least
        origin = Origin(space=self._space.name, point=cells.point(self._space, cell.parameters, self._seed, cell.index))
        return {
            "slack": slack,
            "relative_slack": row["relative_slack"],
            "verdict": row["verdict"],
            "parameters": cell.parameters,
            "index": cell.index,
            "instance": instance,
            "replay": replay_text(Variation(self._target[name]), origin, instance),
        }


@lru_cache(maxsize=4096)
def _interval(successes: int, trials: int) -> tuple[float, float]:
    return anytime_interval(successes, trials)


def _target(statement: Statement, targets: tuple[str, ...]) -> str:
    """The text by which the library finds exactly this statement."""
    for target in targets:
        if any(found is statement for found in library.statements(target)):
            path = target.partition("::")[0]
            return f"{path}::{statement.id}" if Path(path).is_file() else statement.id
    return statement.id
