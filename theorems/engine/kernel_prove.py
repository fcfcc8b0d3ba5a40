"""Statements proved by the Rocq kernel: generate their theorems from the claims, check them, say what is covered."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from theorems.engine import formal, kernel
from theorems.engine.rocq_printer import Unprintable
from theorems.statement import Statement

Json = dict[str, Any]
Progress = Callable[[str, int, int, str], None]


@dataclass(frozen=True)
class Outcome:
    """What the kernel says about some statements.

    `skipped` is the reason why nothing was checked, empty otherwise. `rows` are proof entries by statement, one per
    conclusion that is formalised: status proved by rocq, or open with the reason why the kernel rejected it.
    """

    compiler: str = ""
    library: str = ""
    skipped: str = ""
    rows: tuple[tuple[str, tuple[Json, ...]], ...] = ()

    @property
    def by_statement(self) -> dict[str, list[Json]]:
        return {statement: list(rows) for statement, rows in self.rows}

    @property
    def rejected(self) -> list[str]:
        """What the kernel did not accept, each with the reason."""
        return [f"{row['step']}: {row['detail']}" for _, rows in self.rows for row in rows if row["status"] != "proved"]

    def to_json(self) -> Json:
        return {
            "compiler": self.compiler or None,
            "library": self.library or None,
            "skipped": self.skipped or None,
            "axioms": sorted(kernel.AXIOMS),
            "rejected": self.rejected,
        }


def prove(statements: Iterable[Statement], progress: Progress | None = None, cache: Path | None = None) -> Outcome:
    """Check the theorems of every formalised statement. Without a compiler the outcome is skipped, with the reason.

    A library that does not build, or rests on more than the axioms of the reals, rejects every theorem.
    """
    report = progress or (lambda *_: None)
    chosen = [(s, entry) for s in statements if (entry := formal.table(s.slug).get(s.id)) is not None]
    try:
        compiler = kernel.find_compiler()
    except kernel.Unavailable as reason:
        return Outcome(skipped=str(reason))
    try:
        library = kernel.library(compiler, cache=cache, progress=report)
    except kernel.Rejected as reason:
        rows = tuple((s.id, (_failure("library", "the library of formal proofs", str(reason)),)) for s, _ in chosen)
        return Outcome(compiler.version, rows=rows or (("library", (_failure("library", "", str(reason)),)),))
    found = []
    for number, (statement, entry) in enumerate(chosen):
        report("check with Rocq", number, len(chosen), statement.id)
        found.append((statement.id, tuple(_rows(statement, entry, library))))
    report("check with Rocq", len(chosen), len(chosen), "")
    return Outcome(compiler.version, library.digest, rows=tuple(found))


def _rows(statement: Statement, entry: formal.Formal, library: kernel.Library) -> list[Json]:
    """All theorems of a statement in one file; one by one only when that is rejected, to tell which ones fail."""
    try:
        goals = formal.goals(statement, entry)
    except (Unprintable, KeyError) as reason:
        return [_failure(statement.id, statement.title, f"not formalised as claimed: {reason}")]
    try:
        seconds = kernel.check(library, formal.source(entry, goals), [goal.name for goal in goals]).seconds
        return [_proved(statement, goal, library, seconds / len(goals)) for goal in goals]
    except kernel.Rejected:
        return [_one(statement, entry, goal, library) for goal in goals]


def _one(statement: Statement, entry: formal.Formal, goal: formal.Goal, library: kernel.Library) -> Json:
    start = time.perf_counter()
    try:
        kernel.check(library, formal.source(entry, [goal]), [goal.name])
    except kernel.Rejected as reason:
        return _row(statement, goal, "open", None, f"rejected by the kernel: {reason}", time.perf_counter() - start)
    return _proved(statement, goal, library, time.perf_counter() - start)


def _proved(statement: Statement, goal: formal.Goal, library: kernel.Library, seconds: float) -> Json:
    detail = f"generated from the claim, accepted by coqc {library.compiler.version}, library {library.digest}"
    return _row(statement, goal, "proved", "rocq", detail, seconds)


def _row(
    statement: Statement, goal: formal.Goal, status: str, by: str | None, detail: str, seconds: float
) -> Json:
    claim = next(c for c in statement.then if c.name == goal.claim)
    return {
        "step": goal.name,
        "status": status,
        "by": by,
        "title": goal.claim,
        "detail": detail,
        "argument": f"Theorem {goal.name} :\n{goal.statement}.",
        "mathml": claim.mathml(),
        "certificate": None,
        "seconds": round(seconds, 3),
    }


def _failure(step: str, title: str, reason: str) -> Json:
    return {
        "step": step, "status": "open", "by": None, "title": title, "detail": reason, "argument": "", "mathml": None,
        "certificate": None, "seconds": 0.0,
    }  # fmt: skip


def coverage(statement: Statement, rows: Iterable[Json]) -> Json:
    """What the conclusions of a statement rest on, by its proof entries.

    ``by`` is "kernel" when the kernel proved every conclusion, "kernel in part" for some of them, otherwise the weakest
    kind among the steps of the written proof: "scalar prover", "argued", "cited", "open", or "no proof".
    """
    entries = list(rows)
    formalised = {row["title"] for row in entries if row["by"] == "rocq" and row["status"] == "proved"}
    proved = [claim.name for claim in statement.then if claim.name in formalised]
    kinds = {row["status"] for row in entries if row["by"] != "rocq"}
    written = next((kind for kind in ("open", "refuted", "cited", "argued") if kind in kinds), "")
    written = written or ("scalar prover" if kinds else "no proof")
    by = "kernel" if len(proved) == len(statement.then) else "kernel in part" if proved else written
    return {"statement": statement.id, "by": by, "kernel": len(proved), "conclusions": len(statement.then),
            "written_proof": written}  # fmt: skip


def added(statements: list[Statement], rows: list[Json], progress: Progress | None = None) -> Json:
    """Add the kernel's rows to the proof rows of the statements, in their order; what it said, and what is covered."""
    outcome = prove(statements, progress)
    for name, extra in outcome.by_statement.items():
        rows += [{"statement": name} | row for row in extra]
    order = {statement.id: place for place, statement in enumerate(statements)}
    rows.sort(key=lambda row: order[row["statement"]])
    covered = [coverage(s, [row for row in rows if row["statement"] == s.id]) for s in statements]
    return {"kernel": outcome.to_json(), "coverage": covered}
