"""The empirical counterpart: train networks of a slug, hand them to its verifier, and judge every statement on them."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from constructions.files import sole_writer
from constructions.instance import Draw
from theorems.engine import aggregate, work
from theorems.engine.library import statements
from theorems.statement import Statement, judge
from verifiers.errors import UsageError

Json = dict[str, Any]
Progress = Callable[[str, int, int, str], None]

CHECKPOINT = "checkpoint.json"


def train(slug: str, device: str = "cpu", scale: str = "small", seed: int = 0, store: Path = Path("."),
          progress: Progress | None = None) -> Json:
    """Train, polish and judge; the record has the statements' rows on trained instances and the measured tables.

    Networks and a checkpoint that resumes an interrupted run go to `store`, a folder of this run alone.

    Raises `UsageError` for a slug without a trained counterpart, `InvalidInstance` for a device that is not there,
    `OSError` if another run writes to the folder or the disk is full.
    """
    try:
        module = importlib.import_module(f"constructions.trained.{slug}")
    except ModuleNotFoundError as missing:
        if missing.name != f"constructions.trained.{slug}":
            raise
        raise UsageError(f"{slug} has no trained counterpart") from None
    report = progress or (lambda *_: None)
    certified = getattr(importlib.import_module(f"verifiers.{slug}"), "certifies_all", None)
    folder = store / "instances"
    folder.mkdir(parents=True, exist_ok=True)
    with sole_writer(store):
        result = module.train(
            scale, device, seed, lambda done, total, text: report("train", done, total, text), certified=certified,
            state=store / CHECKPOINT)
        for draw in result.draws:
            draw.instance.save(folder / f"{draw.instance.short_digest}.npz")
    describe = getattr(module, "settings", None)
    settings: Json = describe(scale, device, seed) if describe is not None else {}
    records = [_judged(s, result.draws, report) for s in statements(slug) if s.kind != "conjecture"]
    notes = [f"left out by the time budget: {', '.join(result.skipped)}"] if result.skipped else []
    return {"statements": [r for r in records if r["acceptance"]["accepted"]], "measurements": result.tables,
            "environment": result.environment, "notes": notes,
            "training": {"slug": slug, "device": device, "scale": scale, "networks": dict(result.counts)}
            | settings | {"seconds": round(result.seconds, 1)}}


def _judged(statement: Statement, draws: list[Draw], report: Progress) -> Json:
    rows = []
    for draw in draws:
        row = work.row_to_json(judge(statement, draw), draw.index, [])
        rows.append(row | {"family": draw.law, "law": draw.law})
    report("judge", len(rows), len(rows), statement.id)
    laws = {draw.law: None for draw in draws}
    units = [{"family": law, "law": law, "source": "trained", "drawn": sum(d.law == law for d in draws), "kills": {},
              "rows": [row for row in rows if row["law"] == law]} for law in laws]
    record = aggregate.record(statement, units, [], set())
    if record["expected"] == "proved":  # proof steps are no part of such a record: without them nothing is more
        record["expected"] = "supported"
    return record | {"checks_promised": 0, "mutants": {
        "planted": 0, "killed": 0, "open": 0, "survivors": [], "detail": []}, "power": None}
