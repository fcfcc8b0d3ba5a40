"""What `pytest theorems/` shares: each family is drawn and judged once, and the run ends with a table."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from theorems.engine import library
from theorems.statement import Statement
from theorems.testing import Bench

_RECORDS = pytest.StashKey[dict[str, Any]]()


@pytest.fixture(scope="session")
def check(request: pytest.FixtureRequest) -> Callable[[Statement], dict[str, Any]]:
    """The record of a statement on the quick profile of its families, seed 0, without certificate files."""
    benches: dict[str, Bench] = {}
    records = request.config.stash.setdefault(_RECORDS, {})

    def run(statement: Statement) -> dict[str, Any]:
        if statement.slug not in benches:
            benches[statement.slug] = Bench(library.statements(statement.slug))
        records[statement.id] = benches[statement.slug].record(statement)
        return records[statement.id]

    return run


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """The table of statements: status, rigor, instances checked and accepted, least slack, mutants killed."""
    records = config.stash.get(_RECORDS, {})
    if not records:
        return
    terminalreporter.section("statements")
    header = ("statement", "status", "rigor", "checked / accepted / drawn", "least slack", "mutants killed")
    lines = [header, *(_line(record) for record in records.values())]
    widths = [max(len(line[column]) for line in lines) for column in range(len(header))]
    for line in lines:
        terminalreporter.write_line("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)))


def _line(record: dict[str, Any]) -> tuple[str, ...]:
    rigor, mutants = record["rigor"], record["mutants"]
    levels = dict.fromkeys(level for level in (rigor["best"], rigor["weakest"]) if level)
    checked = min((c["checked"] - c["undecided"] for c in record["conclusions"]), default=0)
    slacks = [c["least_slack"] for c in record["conclusions"] if c["least_slack"] is not None]
    return (
        record["id"],
        record["status"],
        " to ".join(levels) or "-",
        f"{checked} / {record['acceptance']['accepted']} / {record['acceptance']['drawn']}",
        f"{min(slacks):.3g}" if slacks else "-",
        f"{mutants['killed']} / {mutants['planted']}" if mutants["planted"] else "-",
    )
