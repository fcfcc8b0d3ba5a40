"""A campaign of 10 ms cells against the same cells without a store.

    pytest tests/benchmarks/test_store_overhead.py

300 cells that take 10 ms each by the clock, in this process. The plain way judges them in a loop and keeps the results
in a list. `ratio` is with / without; it includes planning, keys, every commit and the report at the end.
`share_outside_cells` is the same overhead read from one run: time not spent in cells, over time spent in them, which
does not depend on how busy the machine was between the two. `store_microseconds_per_cell` is the store alone.
"""

from __future__ import annotations

import itertools
import time
from pathlib import Path

import pytest

from theorems.engine import cells
from theorems.engine.store import Store
from theorems.engine.sweep import Campaign

OWN = str(Path(__file__).parents[1] / "contract" / "campaign_file.py")
CELLS = 300


@pytest.fixture
def campaign():
    targets = [f"{OWN}::product", f"{OWN}::always"]
    planned = Campaign.plan(targets, "n=2:11,x=1/2", CELLS // 10, "pairs", 0, {"pause": 10})
    cells.run(planned.task(planned.cells[:1]))
    return planned


def plain(campaign):
    found = []
    for cell in campaign.cells:
        found.append(cells.judged(campaign.statements, campaign.space, cell.parameters, campaign.seed, cell.index))
    return found


def test_overhead_of_the_store(benchmark, campaign, tmp_path):
    numbers = itertools.count()

    def stored():
        with Store(tmp_path / f"runs-{next(numbers)}") as store:
            return campaign.run(store)

    start = time.perf_counter()
    expected = plain(campaign)
    without = time.perf_counter() - start
    result = benchmark.pedantic(stored, rounds=3, warmup_rounds=0)
    assert result["cells"]["now"] == CELLS == len(expected)
    with Store(tmp_path / "runs-0") as store:
        inside = sum(seconds for _, _, seconds in campaign.rows(store))
        found = [row for _, row, _ in campaign.rows(store)]
    assert found == expected
    total = benchmark.stats.stats.data[0]
    benchmark.extra_info.update(
        plain_seconds=without,
        ratio=benchmark.stats.stats.median / without,
        share_outside_cells=total / inside - 1,
        store_microseconds_per_cell=alone(campaign, expected, tmp_path),
    )
    assert total / inside - 1 < 0.05


def alone(campaign, results, folder) -> float:
    """Microseconds per cell of adding and committing, on many cells of the same size."""
    with Store(folder / "alone") as store:
        start = time.perf_counter()
        for k in range(20):
            for cell, result in zip(campaign.cells, results, strict=True):
                store.add(f"{k}{cell.key}", campaign.digest, {"parameters": cell.parameters}, result, 0.01)
        store.flush()
        return (time.perf_counter() - start) / (20 * len(results)) * 1e6
