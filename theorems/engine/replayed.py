"""Generated mutants as part of a verification: stored witnesses replayed, and what is open listed.

A mutant with a stored witness (`theorems.engine.ledger`) is known to be false; it counts as killed only if the witness
refutes it again in this run. The quick profile replays the shortest witnesses of each statement, the full one all.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from constructions.instance import Draw, InvalidInstance
from theorems.engine import ledger, library
from theorems.engine.mutate import generated
from theorems.engine.origin import Variation, parse, refutes
from theorems.statement import Statement, judge
from verifiers.errors import UsageError
from verifiers.verdict import Refuted

Json = dict[str, Any]

QUICK = 48
"""Witnesses of one statement that the quick profile replays; one costs about ten milliseconds."""


@dataclass(frozen=True)
class Stored:
    """The generated mutants of one statement, which is found again in a worker by its target."""

    target: str
    statement: str
    most: int | None

    @property
    def label(self) -> str:
        """What is replayed; no other unit of its run has the same."""
        return f"stored witnesses of {self.statement}"


def plan(targets: tuple[str, ...], statements: Iterable[Statement], profile: str) -> list[Stored]:
    """One unit per statement that is no conjecture: whether a conjecture's mutants are false is open like itself."""
    known = {s.id: text for target in targets or library.slugs() for text, s in library.named(target)}
    most = QUICK if profile == "quick" else None
    return [Stored(known[s.id], s.id, most) for s in statements if s.kind != "conjecture"]


def run(unit: Stored) -> Json:
    """What replaying the witnesses of one statement gave, as rows of its record in the order of its mutants."""
    [statement] = library.statements(unit.target)
    entries = ledger.known(statement)
    chosen = set(sorted(entries, key=lambda name: (len(entries[name]["replay"]), name))[: unit.most])
    draws: dict[str, Draw | None] = {}
    rows = []
    for mutant in generated(statement):
        row: Json = {"name": mutant.name, "known_false": mutant.name in entries, "origin": "generated"}
        if mutant.name not in entries:
            rows.append(row | {"status": "open", "witness": None})
        elif mutant.name not in chosen:
            text = "a stored witness, which the full profile replays"
            rows.append(row | {"status": "stored", "witness": text, "replay": entries[mutant.name]["replay"]})
        else:
            rows.append(row | _replayed(statement, entries[mutant.name]["replay"], mutant.name, draws))
    return {"mutants": rows}


def _replayed(statement: Statement, text: str, mutant: str, draws: dict[str, Draw | None]) -> Json:
    """Status and witness of one mutant. Draws are kept by their origin: one instance often refutes many mutants."""
    try:
        variation, origin, digest = parse(text)
        place = str(origin.pairs())
        if place not in draws:
            draws[place] = origin.draw(statement)
        draw = draws[place]
        if variation != Variation(statement.id, mutant=mutant):
            reason = "it is about something else"
        elif draw is None or not draw.instance.digest.startswith(digest):
            reason = "its construction has changed"
        else:
            row = judge(variation.of(statement), draw)
            if refutes(row):
                assert isinstance(row.verdict, Refuted)
                said = f"{row.verdict.conclusion} violated by {row.verdict.violation:.3g} ({row.verdict.rigor})"
                return {"status": "killed", "witness": f"{draw.instance.short_digest}: {said}", "replay": text}
            reason = f"the verdict is {type(row.verdict).__name__}"
    except (UsageError, InvalidInstance) as error:
        reason = str(error)
    return {"status": "survivor", "witness": f"the stored witness no longer refutes it: {reason}", "replay": text}


def rows(units: Iterable[Stored], results: dict[Any, Json], statement: str) -> list[Json]:
    """The generated mutants of one statement."""
    return [row for unit in units if unit.statement == statement for row in results[unit]["mutants"]]
