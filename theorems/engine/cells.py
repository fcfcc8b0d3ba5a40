"""One cell of a campaign: some statements judged on one instance, drawn at fixed parameters. What workers run.

A cell is (statements, space, fixed parameters, seed, index): the parameters left free are drawn from the law of the
space with a generator made from seed, space, fixed parameters and index alone. Its result is plain JSON without times,
so that it can be compared and digested. Only plain values travel to a worker; it finds statements and space by name.
"""

from __future__ import annotations

import hashlib
import math
import threading
import time
import uuid
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from constructions.instance import Draw
from constructions.space import Point, Space, Value
from theorems.claim import Claim, expanded
from theorems.engine import grids
from theorems.engine.library import collect
from theorems.statement import Row, Statement, judge
from verifiers.errors import UsageError

Json = dict[str, Any]

WORDS = ("Holds", "Refuted", "HypothesisFailed", "Undecided", "Unsupported")

_HOME = uuid.uuid4().hex
"""Of this process: work that comes from another one runs in a worker, where each process gets one thread."""
_ONE_AT_A_TIME = threading.Lock()
"""Cells of one process follow each other: the precision of ball arithmetic belongs to the process, not the thread."""


@dataclass(frozen=True)
class Cell:
    """A place in a campaign: the parameters that are fixed there, and the number of the draw."""

    key: str
    parameters: Json
    index: int


@dataclass(frozen=True)
class Task:
    """Some cells of one campaign on their way to a worker; plain values only."""

    targets: tuple[str, ...]
    statements: tuple[str, ...]
    space: str
    seed: int
    cells: tuple[tuple[Json, int], ...]
    sources: str
    home: str = _HOME


def generator(space: str, parameters: Json, seed: int, index: int) -> np.random.Generator:
    """The generator of one cell, from the space's name, its fixed parameters, seed and index alone."""
    place = hashlib.sha256(f"{space}\0{grids.canonical(parameters)}".encode()).digest()
    return np.random.default_rng(np.random.SeedSequence([seed, int.from_bytes(place[:8], "big"), index]))


def point(space: Space, parameters: Json, seed: int, index: int) -> Point:
    """Every parameter of a cell: the fixed ones and what is drawn."""
    fixed: dict[str, Value] = grids.from_json(parameters)
    return space.draw(generator(space.name, parameters, seed, index), fixed)


def run(task: Task) -> list[tuple[Json, float]]:
    """Result and seconds of every cell of a task.

    Raises `UsageError` if this worker has other source files than the process that sent the task.
    """
    if task.home != _HOME:
        _limit_threads()
        if sources(task.targets) != task.sources:
            raise UsageError("a worker has other source files than this process; were they edited meanwhile? Run "
                             "again, on a cluster with the same thinmargin and statement files everywhere")  # fmt: skip
    with _ONE_AT_A_TIME:
        statements, space = _resolved(task.targets, task.statements, task.space)
        return [_timed(statements, space, parameters, task.seed, index) for parameters, index in task.cells]


@lru_cache(maxsize=8)
def _resolved(
    targets: tuple[str, ...], names: tuple[str, ...], space: str
) -> tuple[tuple[Statement, ...], Space]:
    """The statements of a campaign in its order, and its space."""
    found = {statement.id: statement for statement in collect(list(targets))}
    statements = tuple(found[name] for name in names)
    return statements, next(s for s in statements[0].spaces if s.name == space)


@lru_cache(maxsize=1)
def _limit_threads() -> None:
    from constructions.threads import limit_threads

    limit_threads(worker=True)


def _timed(
    statements: tuple[Statement, ...], space: Space, parameters: Json, seed: int, index: int
) -> tuple[Json, float]:
    start = time.perf_counter()
    try:
        result = judged(statements, space, parameters, seed, index)
    except Exception as error:
        where = ", ".join(f"{name}={value}" for name, value in parameters.items())
        error.add_note(f"in the cell {space.name} at {where}, seed {seed}, draw {index}")
        raise
    return result, time.perf_counter() - start


def judged(statements: tuple[Statement, ...], space: Space, parameters: Json, seed: int, index: int) -> Json:
    """The result of one cell: the instance's digest (None where the construction has none) and every verdict.

    A statement has ``verdict`` (its word), ``accepted`` (every hypothesis was decided to hold), ``slack`` and
    ``relative_slack`` (least over the decided conclusions, null where there is none) and ``reason``.
    """
    instance = space.instance(point(space, parameters, seed, index))
    if instance is None:
        return {"instance": None, "statements": {}}
    draw = Draw(instance, "random", space.law, seed, index)
    rows = {statement.id: judge(statement, draw) for statement in statements}
    return {"instance": instance.digest, "statements": {s.id: _row(rows[s.id], len(s.given)) for s in statements}}


def _row(row: Row, hypotheses: int) -> Json:
    verdict = row.verdict.to_json()
    word = verdict["verdict"]
    held = [outcome.state == "holds" for outcome in row.hypotheses] == [True] * hypotheses
    decided = [outcome for outcome in row.conclusions if outcome.state != "undecided"]
    return {
        "verdict": word,
        "accepted": held and word in ("Holds", "Refuted", "Undecided"),
        "slack": _least(outcome.slack for outcome in decided),
        "relative_slack": _least(outcome.relative_slack for outcome in decided),
        "reason": _reason(verdict),
    }


def _least(slacks: Any) -> float | None:
    return min((slack for slack in slacks if math.isfinite(slack)), default=None)


def _reason(verdict: Json) -> str:
    """Why a statement does not hold on an instance, in words; empty where it does."""
    where = f" at {verdict['where']}" if verdict.get("where") else ""
    if verdict["verdict"] == "HypothesisFailed":
        sides = f"{verdict['measured']:.6g} {verdict['relation']} {verdict['required']:.6g}"
        return f"{verdict['name']}: {sides} is false{where}"
    if verdict["verdict"] == "Refuted":
        return f"{verdict['conclusion']}: violated by {verdict['violation']:.6g}{where}, {verdict['rigor']}"
    return str(verdict.get("reason", ""))


def campaign_content(statements: tuple[Statement, ...], space: Space, source: str) -> Json:
    """Everything a cell's result depends on besides its parameters, seed and index."""
    return {
        "statements": [_identity(statement) for statement in statements],
        "space": {"name": space.name, "law": space.law},
        "sources": source,
    }


def _identity(statement: Statement) -> Json:
    constants = {name: c.value for name, c in statement.declared_constants.items()} | dict(statement.constants)
    return {
        "id": statement.id,
        "version": statement.source.version,
        "given": [_formula(claim) for claim in statement.given],
        "then": [_formula(claim) for claim in statement.then],
        "constants": {name: str(value) for name, value in sorted(constants.items())},
    }


def _formula(claim: Claim) -> list[str]:
    relation = claim.relation
    return [claim.name, str(expanded(relation.lhs)), relation.rel_op, str(expanded(relation.rhs))]


def digest(content: Any) -> str:
    """SHA-256 of the canonical JSON of a value, 64 hex digits."""
    return hashlib.sha256(grids.canonical(content).encode()).hexdigest()


def cell(campaign: str, parameters: Json, seed: int, index: int) -> Cell:
    """A cell with its content-addressed key."""
    content = {"campaign": campaign, "parameters": parameters, "seed": seed, "index": index}
    return Cell(digest(content), parameters, index)


@lru_cache(maxsize=8)
def sources(targets: tuple[str, ...]) -> str:
    """Digest of the product's own source files under constructions, verifiers and theorems, and of the user's files.

    Read once per process: what is on the disk when the first campaign starts.
    """
    root = Path(__file__).resolve().parents[2]
    state = hashlib.sha256()
    for package in ("constructions", "theorems", "verifiers"):
        for path in sorted((root / package).rglob("*.py")):
            if not path.name.startswith(("test_", "conftest")):
                state.update(f"{path.relative_to(root).as_posix()}\0".encode() + path.read_bytes() + b"\0")
    for target in targets:
        path = Path(target.partition("::")[0])
        if path.is_file():
            state.update(path.read_bytes() + b"\0")
    return state.hexdigest()
