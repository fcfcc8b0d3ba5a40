"""Ratios of every benchmark beside those of the saved baseline.

`pytest tests/benchmarks` measures and prints them; `THINMARGIN_BASELINE=save pytest tests/benchmarks` also writes
`baseline.json`. Seconds depend on the machine and are shown for orientation; ratios compare two ways in one run.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

BASELINE = Path(__file__).with_name("baseline.json")


def _numbers(info: dict[str, Any], prefix: str = "") -> dict[str, float]:
    found: dict[str, float] = {}
    for key, value in info.items():
        if isinstance(value, dict):
            found |= _numbers(value, f"{prefix}{key}.")
        elif isinstance(value, int | float) and not isinstance(value, bool):
            found[f"{prefix}{key}"] = float(f"{value:.4g}")
    return found


def pytest_terminal_summary(terminalreporter: Any, config: Any) -> None:
    session = getattr(config, "_benchmarksession", None)
    measured = {
        bench.fullname.rsplit("/", 1)[-1]: _numbers({"seconds": bench.stats.median} | dict(bench.extra_info))
        for bench in (session.benchmarks if session else [])
        if bench.stats.rounds
    }
    if not measured:
        return
    saved = json.loads(BASELINE.read_text()) if BASELINE.exists() else {}
    terminalreporter.section("ratios, and the saved baseline")
    for name, numbers in measured.items():
        terminalreporter.write_line(name)
        for key, value in numbers.items():
            before = saved.get(name, {}).get(key)
            terminalreporter.write_line(f"    {key:<40} {value:>12.4g}    {'-' if before is None else f'{before:.4g}'}")
    if os.environ.get("THINMARGIN_BASELINE") == "save":
        BASELINE.write_text(json.dumps(saved | measured, indent=1, sort_keys=True) + "\n")
