"""The table that a run of the planted statements ends with: margin, found or not, seconds."""

from __future__ import annotations

from typing import Any

import pytest

ROWS = pytest.StashKey[list[tuple[str, ...]]]()


@pytest.fixture
def table(request: pytest.FixtureRequest) -> list[tuple[str, ...]]:
    """Rows (statement, margin, outcome, rigor, seconds), printed when the run ends."""
    return request.config.stash.setdefault(ROWS, [])


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    rows = config.stash.get(ROWS, [])
    if not rows:
        return
    terminalreporter.section("planted statements")
    lines = [("statement", "margin", "outcome", "rigor", "seconds"), *rows]
    widths = [max(len(line[column]) for line in lines) for column in range(5)]
    for line in lines:
        terminalreporter.write_line("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)))
