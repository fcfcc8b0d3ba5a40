"""A campaign of 10 ms cells against the same cells without a store.

    pytest tests/benchmarks/test_store_overhead.py

300 cells that take 10 ms each by the clock, in this process. The plain way judges them in a loop and keeps the results
in a list. `ratio` is with / without, each the best of five rounds in turn; it includes planning, keys, every commit and
the report at the end. `share_outside_cells` is the same overhead read from one run, the best of five: time not spent in
cells over time spent in them, which does not mind a machine that is busy with other things in some rounds.
`store_microseconds_per_cell` is the store alone.
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
CELLS, ROUNDS = 300, 5


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
    numbers, without, expected = itertools.count(), [], []

    def loop():
        start = time.perf_counter()
        expected[:] = plain(campaign)
        without.append(time.perf_counter() - start)

    def stored():
        with Store(tmp_path / f"runs-{next(numbers)}") as store:
            return campaign.run(store)

    result = benchmark.pedantic(stored, setup=loop, rounds=ROUNDS, warmup_rounds=0)
    assert result["cells"]["now"] == CELLS == len(expected)
    shares = []
    for number, total in enumerate(benchmark.stats.stats.data):
        with Store(tmp_path / f"runs-{number}") as store:
            rows = list(campaign.rows(store))
        assert [row for _, row, _ in rows] == expected
        shares.append(total / sum(seconds for _, _, seconds in rows) - 1)
    benchmark.extra_info.update(
        plain_seconds=min(without),
        ratio=benchmark.stats.stats.min / min(without),
        share_outside_cells=min(shares),
        store_microseconds_per_cell=alone(campaign, expected, tmp_path),
    )
    assert min(shares) < 0.05


def alone(campaign, results, folder) -> float:
    """Microseconds per cell of adding and committing, on many cells of the same size."""
    with Store(folder / "alone") as store:
        start = time.perf_counter()
        for k in range(20):
            for cell, result in zip(campaign.cells, results, strict=True):
                store.add(f"{k}{cell.key}", campaign.digest, {"parameters": cell.parameters}, result, 0.01)
        store.flush()
        return (time.perf_counter() - start) / (20 * len(results)) * 1e6
