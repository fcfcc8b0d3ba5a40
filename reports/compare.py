"""What changed between two records, statement by statement."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from reports.records import RIGORS, Record, Statement, real
from reports.summary import as_expected, overview
from reports.tables import count, number

Direction = Literal["better", "worse", "changed"]


@dataclass(frozen=True)
class Change:
    """One cell of the index that differs: what it was, what it is, and whether that is an improvement."""

    statement: str
    what: str
    before: str
    after: str
    direction: Direction


def changes(old: Record, new: Record) -> list[Change]:
    """All differences from `old` to `new`, in the order of the new record, statements that are gone last.

    Denominators that fell, slack that shrank and rigor that weakened are worse; a statement whose version changed is
    not compared further, because old evidence belongs to the old formula.
    """
    found: list[Change] = []
    for what in ("profile", "seed", "thinmargin"):
        if old[what] != new[what]:  # type: ignore[literal-required]
            found.append(Change("run", what, str(old[what]), str(new[what]), "changed"))  # type: ignore[literal-required]
    before = {statement["id"]: statement for statement in old["statements"]}
    for statement in new["statements"]:
        earlier = before.pop(statement["id"], None)
        if earlier is None:
            found.append(Change(statement["id"], "statement", "absent", statement["status"], "changed"))
        elif earlier["version"] != statement["version"]:
            found.append(
                Change(statement["id"], "version", str(earlier["version"]), str(statement["version"]), "changed")
            )
        else:
            found += _statement_changes(earlier, statement)
    found += [Change(name, "statement", statement["status"], "absent", "worse") for name, statement in before.items()]
    return found


def _statement_changes(old: Statement, new: Statement) -> list[Change]:
    name, found = new["id"], []
    if old["status"] != new["status"]:
        gained = as_expected(new) - as_expected(old)
        direction: Direction = (
            "better" if gained > 0 or new["status"] == "proved" else "worse" if gained < 0 else "changed"
        )
        found.append(Change(name, "status", old["status"], new["status"], direction))
    for level in ("best", "weakest"):
        a, b = old["rigor"][level], new["rigor"][level]
        if a != b:
            rank = {None: len(RIGORS)} | {rigor: position for position, rigor in enumerate(RIGORS)}
            found.append(
                Change(name, f"{level} rigor", a or "none", b or "none", "better" if rank[b] < rank[a] else "worse")
            )
    earlier, later = overview(old), overview(new)
    for key, what in (
        ("drawn", "instances drawn"),
        ("accepted", "instances accepted"),
        ("checked", "least checks"),
        ("killed", "mutants killed"),
        ("planted", "mutants planted"),
    ):
        if earlier[key] != later[key]:
            found.append(
                Change(
                    name,
                    what,
                    count(earlier[key]),
                    count(later[key]),
                    "better" if later[key] > earlier[key] else "worse",
                )
            )
    found += _slack(name, "least slack", earlier["least_slack"], later["least_slack"])
    steps = {step["step"]: step["status"] for step in old["proof"]}
    order = ("proved", "cited", "argued", "open", "refuted", "absent")
    for step in new["proof"]:
        was = steps.pop(step["step"], "absent")
        if was != step["status"]:
            better = order.index(step["status"]) < order.index(was)
            found.append(
                Change(name, f"proof step {step['step']}", was, step["status"], "better" if better else "worse")
            )
    found += [Change(name, f"proof step {step}", status, "absent", "worse") for step, status in steps.items()]
    return found


def _slack(name: str, what: str, before: Any, after: Any) -> list[Change]:
    """A change of slack that the display can show; a NaN counts as worse."""
    a, b = real(before), real(after)
    if number(a) == number(b):
        return []
    direction: Direction = "changed" if a is None or b is None else "better" if b > a else "worse"
    return [Change(name, what, number(a), number(b), direction)]
