"""Necessity as part of a verification: for every hypothesis of every statement a short search without it.

Each search is a unit of work of its own. What it finds is built and judged once more from its replay string before it
counts. The searches end by the clock, so that two runs may differ in them; they are no part of a record's digest.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from theorems.engine import library
from theorems.engine.necessity import drop
from theorems.engine.origin import Variation, refutes, replay
from theorems.statement import Statement, judge

Json = dict[str, Any]

SECONDS = 2.0
"""Time for each hypothesis, a quarter of it for shrinking."""

AGAINST = "refutes the statement itself"
"""Status of a search whose instance meets the hypothesis after all: then the statement is false."""


@dataclass(frozen=True)
class Need:
    """One hypothesis of one statement, which is found again in a worker by its target."""

    target: str
    statement: str
    hypothesis: str
    seed: int

    @property
    def label(self) -> str:
        """What is searched for; no other unit of its run has the same."""
        return f"{self.statement} without {self.hypothesis!r}"


def plan(targets: tuple[str, ...], statements: Iterable[Statement], profile: str, seed: int) -> list[Need]:
    """The searches of a run: in the full profile, every hypothesis of every statement that is expected to be true."""
    if profile != "full":
        return []
    known = {s.id: text for target in targets or library.slugs() for text, s in library.named(target)}
    return [
        Need(known[statement.id], statement.id, claim.name, seed)
        for statement in statements
        if statement.expected != "refuted" and (statement.spaces or statement.instances)
        for claim in statement.given
    ]


def run(need: Need) -> Json:
    """Search for one hypothesis; a row of the record."""
    variation = Variation(need.target)
    row = drop(variation, need.hypothesis, SECONDS, need.seed)
    status = row["status"]
    found: Json | None = row["finding"]["least" if status == "needed in floats only" else "witness"]
    if found is not None and status == "needed":
        _, draw, again = replay(found["replay"])
        if refutes(judge(variation.statement(), draw)):
            status = AGAINST
        elif not refutes(again):
            status, found = "not shown to be needed", None
    return {
        "hypothesis": need.hypothesis,
        "status": status,
        "violating": row["violating"],
        "measured": row["measured"],
        "rigor": found and (found["rigor"] or "numerical"),
        "replay": found and found["replay"],
        "conclusion": found and found["conclusion"],
        "violation": None if found is None or found["slack"] is None else -found["slack"],
    }


def rows(needs: Iterable[Need], results: dict[Any, Json], statement: str) -> list[Json]:
    """The rows of one statement, in the order of its hypotheses."""
    return [results[need] for need in needs if need.statement == statement]
