"""Campaigns: statements judged over a grid of parameters times seeds, every cell once, resumable at any moment.

The plan is computed, never stored: its cells carry content-addressed keys, the store says which of them are finished,
and the rest are computed in any order on any workers. What is reported is read back from the store, so a campaign that
was killed and resumed, or shared by two processes, reports the same numbers and the same digest.
"""

from __future__ import annotations

import hashlib
import math
import os
import random
import time
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait
from contextlib import nullcontext, suppress
from dataclasses import dataclass
from functools import cached_property
from importlib import metadata
from pathlib import Path
from typing import Any

from constructions.space import Space, Value
from theorems.engine import cells, executors, grids
from theorems.engine.cells import Cell, Task
from theorems.engine.counts import Tally
from theorems.engine.library import collect
from theorems.engine.store import COMMIT_SECONDS, Store
from theorems.engine.verify import environment
from theorems.statement import Statement
from verifiers.errors import UsageError
from verifiers.probability import CONFIDENCE

Json = dict[str, Any]
Progress = Callable[[str, int, int, str], None]

TASK_SECONDS = 0.25
"""Cells travel to workers in tasks of about this length, so that the way there costs little."""
TASK_CELLS = 64
LOSSES = 3
"""A cell that was under way at more lost workers than this stops the campaign: it may be what kills them."""
RECENT_SECONDS = 30.0
"""The time left is estimated from the cells finished in so many last seconds."""


def sweep(
    targets: Iterable[str],
    grid: str | grids.Grid | Mapping[str, Sequence[Any]],
    seeds: int = 20,
    space: str | None = None,
    store: Store | str | os.PathLike[str] = "thinmargin-runs",
    executor: str | Executor | executors.Workers | None = None,
    seed: int = 0,
    fixed: Mapping[str, Any] | None = None,
    progress: Progress | None = None,
) -> Json:
    """Judge the statements of `targets` on `seeds` draws at every point of `grid`; return the campaign as JSON.

    `grid` is a text (`grids.parse_grid`), a mapping from parameters to values, or axes. `executor` is None for this
    process, "local:N", "dask:ADDRESS" or any `concurrent.futures.Executor`. Cells finished earlier are taken from the
    store; an interrupt keeps what is finished. Raises `UsageError`.
    """
    campaign = Campaign.plan(targets, grid, seeds, space, seed, fixed)
    with nullcontext(store) if isinstance(store, Store) else Store(store) as opened:
        return campaign.run(opened, executor, progress)


@dataclass(frozen=True)
class Campaign:
    """What is swept: statements, space, grid, fixed parameters, number of draws per grid point, seed.

    `left_out` are statements of the targets that do not declare the space.
    """

    targets: tuple[str, ...]
    statements: tuple[Statement, ...]
    left_out: tuple[str, ...]
    space: Space
    grid: grids.Grid
    fixed: dict[str, Value]
    seeds: int
    seed: int

    @classmethod
    def plan(
        cls,
        targets: Iterable[str],
        grid: str | grids.Grid | Mapping[str, Sequence[Any]],
        seeds: int = 20,
        space: str | None = None,
        seed: int = 0,
        fixed: Mapping[str, Any] | None = None,
    ) -> Campaign:
        """Find statements and space, and check grid and parameters against it. Raises `UsageError`."""
        if seeds < 1 or seed < 0:
            raise UsageError(f"{seeds} seeds from seed {seed}: give at least one, and a seed from 0 on")
        names = tuple(targets)
        found = collect(list(names))
        axes = grids.as_grid(grid)
        constants = {axis.name: axis.values[0] for axis in grids.as_grid({k: [v] for k, v in (fixed or {}).items()})}
        chosen = _space(found, space, [axis.name for axis in axes] + list(constants))
        users = tuple(s for s in found if chosen in s.spaces)
        axes, constants = grids.fitted(axes, constants, chosen)
        left_out = tuple(s.id for s in found if s not in users)
        return cls(names, users, left_out, chosen, axes, constants, seeds, seed)

    @cached_property
    def content(self) -> Json:
        """What every cell of the campaign depends on: statements, space, source files."""
        return cells.campaign_content(self.statements, self.space, cells.sources(self.targets))

    @cached_property
    def digest(self) -> str:
        """Digest of `content`: campaigns with the same one share cells."""
        return cells.digest(self.content)

    @cached_property
    def cells(self) -> list[Cell]:
        """Every cell, grid point by grid point."""
        places = map(grids.to_json, grids.points(self.grid, self.fixed))
        return [cells.cell(self.digest, place, self.seed, k) for place in places for k in range(self.seeds)]

    def run(
        self, store: Store, executor: str | Executor | executors.Workers | None = None, progress: Progress | None = None
    ) -> Json:
        """Compute the cells that the store lacks, then report from the store. Raises `UsageError`."""
        start, report = time.perf_counter(), progress or (lambda *_: None)
        store.declare(self.digest, self.content)
        before = store.known(cell.key for cell in self.cells)
        inserted, disagreements = store.inserted, store.disagreements
        missing = [cell for cell in self.cells if cell.key not in before]
        report("sweep", len(before), len(self.cells), "")
        if missing:
            try:
                with executors.executor(executor) as workers:
                    _Run(self, store, workers, missing, report).go()
            except BaseException:
                with suppress(UsageError):
                    store.flush()
                raise
            store.flush()
        now = store.inserted - inserted
        counted = {"total": len(self.cells), "before": len(before), "now": now,
                   "by_others": len(self.cells) - len(before) - now,
                   "disagreeing": store.disagreements - disagreements}  # fmt: skip
        return self._report(store, counted, time.perf_counter() - start)

    def task(self, some: Sequence[Cell]) -> Task:
        """Cells as plain values for a worker."""
        names = tuple(statement.id for statement in self.statements)
        places = tuple((cell.parameters, cell.index) for cell in some)
        targets, sources = tuple(map(_absolute, self.targets)), cells.sources(self.targets)
        return Task(targets, names, self.space.name, self.seed, places, sources)

    def rows(self, store: Store) -> Iterator[tuple[Cell, Json, float]]:
        """Every cell with its stored result and seconds, in the order of the plan.

        Raises `RuntimeError` if the store lacks one: a finished campaign lacks none.
        """
        for start in range(0, len(self.cells), 500):
            some = self.cells[start : start + 500]
            found = store.results(cell.key for cell in some)
            for cell in some:
                if cell.key not in found:
                    raise RuntimeError(f"the store lost the cell {cell.key} at {cell.parameters}, draw {cell.index}")
                yield cell, *found[cell.key]

    def _report(self, store: Store, counted: Json, seconds: float) -> Json:
        tally, results = Tally(self.statements, self.space, self.targets, self.seed), {}
        for cell, result, _ in self.rows(store):
            tally.add(cell, result)
            results[cell.key] = hashlib.sha256(grids.canonical(result).encode()).hexdigest()
        state = hashlib.sha256("".join(f"{key} {results[key]}\n" for key in sorted(results)).encode())
        return {
            "schema": 1,
            "thinmargin": metadata.version("thinmargin"),
            "campaign": self.digest,
            "digest": state.hexdigest(),
            "targets": list(self.targets),
            "space": {"name": self.space.name, "law": self.space.law},
            "grid": [{"name": axis.name, "values": _values(axis), "log": axis.log} for axis in self.grid],
            "fixed": grids.to_json(self.fixed),
            "seeds": self.seeds,
            "seed": self.seed,
            "cells": counted,
            "left_out": list(self.left_out),
            "statements": tally.statements(),
            "confidence": CONFIDENCE,
            "points": tally.points(),
            "store": str(store.path),
            "seconds": round(seconds, 2),
            "environment": environment(),
        }


def _absolute(target: str) -> str:
    """A target that means the same in another folder: files by their full path."""
    path, separator, name = target.partition("::")
    return f"{Path(path).resolve()}{separator}{name}" if Path(path).is_file() else target


def _values(axis: grids.Axis) -> list[int | str]:
    return [value if isinstance(value, int) else str(value) for value in axis.values]


def _space(statements: Sequence[Statement], name: str | None, parameters: Sequence[str]) -> Space:
    """The space asked for, or the only one that has all these parameters."""
    known: dict[str, Space] = {}
    for space in (space for statement in statements for space in statement.spaces):
        if known.setdefault(space.name, space) is not space:
            raise UsageError(f"two different spaces are called {space.name}; rename one of them")
    described = "; ".join(f"{s.name} with {grids.parameters_text(s)}" for s in known.values())
    if not known:
        raise UsageError("none of these statements declares a space to sweep over; declare one with `spaces=`, "
                         "see theorems/_template.py")  # fmt: skip
    if name is not None:
        if name not in known:
            raise UsageError(f"no space {name}; there is {described}")
        return known[name]
    fitting = [space for space in known.values() if set(parameters) <= set(space.parameters)]
    if len(fitting) == 1:
        return fitting[0]
    wanted = ", ".join(parameters) or "any parameters"
    if fitting:
        names = ", ".join(space.name for space in fitting)
        raise UsageError(f"several spaces have {wanted}: {names}; choose one with --space")
    raise UsageError(f"no space has all of {wanted}; there is {described}")


class _Run:
    """The cells that are missing, on their way through the workers into the store."""

    def __init__(
        self, campaign: Campaign, store: Store, workers: executors.Workers, missing: list[Cell], report: Progress
    ) -> None:
        # Any order gives the same results. At random, costs mix well for the estimate of the time left, and two
        # campaigns on one store share the work instead of computing the same cells side by side.
        random.shuffle(missing)
        self.campaign, self.store, self.workers, self.report = campaign, store, workers, report
        self.waiting = deque(missing)
        self.pending: dict[Future[Any], list[Cell]] = {}
        self.losses: Counter[str] = Counter()
        self.total = len(campaign.cells)
        self.done = self.total - len(missing)
        self.mean: float | None = None
        self.recent: deque[tuple[float, int]] = deque()

    def go(self) -> None:
        try:
            while self.waiting or self.pending:
                self._submit()
                finished, _ = wait(self.pending, timeout=COMMIT_SECONDS, return_when=FIRST_COMPLETED)
                for future in finished:
                    if future in self.pending:
                        self._take(future)
                self.store.flush_if_due()
                self.report("sweep", self.done, self.total, self._left())
        except BaseException:
            for future in self.pending:
                future.cancel()
            raise

    def _submit(self) -> None:
        """Keep every worker busy with one task more in reserve."""
        size = self.workers.size
        while self.waiting and len(self.pending) < (2 * size if size > 1 else 1):
            some = [self.waiting.popleft() for _ in range(self._length(size))]
            stored = self.store.known(cell.key for cell in some)
            self.done += len(stored)
            some = [cell for cell in some if cell.key not in stored]
            if not some:
                continue
            try:
                self.pending[self.workers.submit(cells.run, self.campaign.task(some))] = some
            except self.workers.lost as error:
                self._lost(error, some)

    def _length(self, size: int) -> int:
        """Cells of the next task: about `TASK_SECONDS`, fewer towards the end and after a worker was lost."""
        if self.mean is None or self.losses:
            return 1
        fair = math.ceil(len(self.waiting) / (2 * size))
        return max(1, min(int(TASK_SECONDS / max(self.mean, 1e-6)), TASK_CELLS, fair, len(self.waiting)))

    def _take(self, future: Future[Any]) -> None:
        some = self.pending.pop(future)
        try:
            rows = future.result()
        except self.workers.lost as error:
            self._lost(error, some)
            return
        for cell, (result, seconds) in zip(some, rows, strict=True):
            payload = {"space": self.campaign.space.name, "parameters": cell.parameters,
                       "seed": self.campaign.seed, "index": cell.index}  # fmt: skip
            self.store.add(cell.key, self.campaign.digest, payload, result, seconds)
            self.mean = seconds if self.mean is None else 0.9 * self.mean + 0.1 * seconds
        self.done += len(some)

    def _lost(self, error: BaseException, some: list[Cell]) -> None:
        """Put the cells of a lost worker back, and those of all workers where they are lost together."""
        lost = [some]
        if self.workers.together:
            wait(self.pending, timeout=10)
            for future in list(self.pending):
                if future.done() and not future.cancelled() and future.exception() is None:
                    self._take(future)
                else:
                    lost.append(self.pending.pop(future))
        for batch in lost:
            self.waiting.extendleft(batch)
            self.losses.update(cell.key for cell in batch)
        suspects = [cell for batch in lost for cell in batch if self.losses[cell.key] > LOSSES]
        if suspects:
            places = "; ".join(f"{cell.parameters} draw {cell.index}" for cell in suspects[:3])
            raise UsageError(f"workers died {LOSSES + 1} times while one of these cells ran: {places}; perhaps memory "
                             "ran out: take fewer workers or smaller parameters, finished cells are kept") from error
        self.workers.recover(error)

    def _left(self) -> str:
        """The time left at the recent pace; workers start slowly, so nothing is said before the first cell."""
        now = time.monotonic()
        if self.mean is not None:
            self.recent.append((now, self.done))
        if not self.recent:
            return ""
        while len(self.recent) > 2 and self.recent[1][0] < now - RECENT_SECONDS:
            self.recent.popleft()
        then, had = self.recent[0]
        if self.done <= had or self.done == self.total:
            return ""
        return time_left((self.total - self.done) * (now - then) / (self.done - had))


def time_left(seconds: float) -> str:
    """A rough duration: "about 40 s left", "about 3 min left", "about 2 h 10 min left"."""
    if seconds < 90:
        return f"about {max(1, round(seconds))} s left"
    minutes = round(seconds / 60)
    return f"about {minutes} min left" if minutes < 90 else f"about {minutes // 60} h {minutes % 60} min left"
