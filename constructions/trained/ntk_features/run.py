"""`train`: kernels, finite nets beside them, and kernels through training, as tables and as recorded runs."""

from __future__ import annotations

import os
import platform
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch

from constructions.ntk_features import spectrum
from constructions.ntk_features.tasks import THREES, load
from constructions.trained.kkt_margin.networks import resolve_device
from constructions.trained.kkt_margin.run import Checkpoint, TrainingResult, one_torch_thread
from constructions.trained.ntk_features import paths, plans, tables, tables_runs, transfer
from constructions.trained.ntk_features.findings import Measured, findings_table
from constructions.trained.ntk_features.results import Results, draws_of

Json = dict[str, Any]
Progress = Callable[[int, int, str], None]



def settings(scale: str, device: str, seed: int) -> dict[str, str]:
    """What a record says of how its networks were trained."""
    chosen = plans.plan(scale, resolve_device(device))
    transfers = [f"{t.name}: widths {', '.join(map(str, t.widths))}, {t.seeds} nets each, {t.steps} steps, radius "
                 f"{t.radius:g}" for t in chosen.transfers]  # fmt: skip
    walks = [f"{p.name}: {p.seeds} pairs" for p in chosen.paths]
    return {
        "law": "8 x 8 digits over 16, split by the seed; net b has seed 1000 seed + b",
        "recipe": f"NTK parametrisation, weight variance 2, bias variance 1/100, inputs over their number; squared "
        f"loss, full batch, heavy ball {transfer.MOMENTUM:g}, rate {transfer.RATE:g}/lam_1 of the kernel; transfer: "
        "f - f_0, float32; kernels through training: f from a start times 0.3, float64, 5 attack steps within [0, 1]",
        "configuration": "; ".join([*transfers, *walks]),
    }


def train(
    scale: str = "small", device: str = "cpu", seed: int = 0, progress: Progress | None = None,
    budget: float | None = None, *, certified: Measured | None = None, state: str | os.PathLike[str] | None = None,
) -> TrainingResult:  # fmt: skip
    """Run "small" scale (a minute and a half on one core) or "paper" scale (a quarter of an hour, or a GPU).

    `certified(instance)` gives the numbers and p values of recorded runs; without it the table of findings is left out.
    `state` names a checkpoint file from which an interrupted run goes on. Raises `InvalidInstance` on an unknown scale.
    """
    place, begun = resolve_device(device), time.monotonic()
    chosen = plans.plan(scale, place)
    deadline = float("inf") if budget is None else begun + budget
    checkpoint = Checkpoint(Path(state) if state else None, f"ntk 1 {scale} {device} {seed}", deadline)
    units = _units(chosen, seed, place)
    found: dict[str, Any] = {}
    seconds = 0.0
    with one_torch_thread():
        for number, (name, work) in enumerate(units.items()):
            if progress:
                progress(number, len(units), name)
            unit = checkpoint.recall(name, partial(_timed, work))
            found[name] = unit["result"] if unit else None
            seconds += unit["seconds"] if unit else 0.0
    results = _sorted(chosen, found)
    environment = {"torch": torch.__version__, "numpy": np.__version__, "python": platform.python_version(),
                   "device": torch.cuda.get_device_name(place) if place.type == "cuda" else "cpu"}  # fmt: skip
    made = [findings_table(results, certified)] if certified else []
    made += [*tables.tables_of(results), *tables_runs.tables_of(results)]
    return TrainingResult(draws_of(results, seed), [table for table in made if table["rows"]], environment, seconds, {},
                          checkpoint.skipped)  # fmt: skip


def _timed(work: Callable[[], Any]) -> Json:
    begun = time.monotonic()
    result = work()
    return {"seconds": time.monotonic() - begun, "result": result}


def _units(chosen: plans.Plan, seed: int, place: torch.device) -> dict[str, Callable[[], Any]]:
    """Every unit of work by name, in the order in which it is done."""
    units: dict[str, Callable[[], Any]] = {}
    for k in chosen.spectra:
        units[f"features, {k.name}"] = partial(
            spectrum.spectrum, k.task, k.train, k.test, k.depth, seed, radius=k.radius, clip=k.clip)
    for k in chosen.spectra[:1]:
        units[f"random labels, {k.name}"] = partial(
            spectrum.spectrum, k.task, k.train, k.test, k.depth, seed, shuffled=True)
    for k in chosen.truncated:
        for split in range(k.splits):
            units[f"truncation, {k.name}, split {split}"] = partial(
                spectrum.truncation, k.task, k.train, k.test, k.depth, seed + split)
    for k in chosen.deep:
        for split in range(k.splits):
            units[f"depth, {k.name}, split {split}"] = partial(
                spectrum.depths, k.task, k.train, k.test, seed + split)
    for k in chosen.spaces:
        units[f"eigenspaces, {k.name}"] = partial(_spaces, k, seed)
    units["pictures"] = partial(spectrum.pictures, THREES, 250, seed)
    for t in chosen.transfers:
        for width in t.widths:
            units[f"transfer, {t.name}, width {width}"] = partial(transfer.run_width, t, width, seed, place)
    for e in chosen.early:
        for width in e.widths:
            units[f"order, {e.task}, width {width}"] = partial(transfer.run_early, e, width, seed, place)
    for p in chosen.paths:
        units[f"standard, {p.name}"] = partial(paths.run_standard, p, seed, place)
        units[f"adversarial, {p.name}"] = partial(paths.run_adversarial, p, seed, place)
    return units


def _sorted(chosen: plans.Plan, found: dict[str, Any]) -> Results:
    """The results of the units by experiment, complete ones alone."""
    results = Results(pictures=found["pictures"])

    def several(kind: str, k: plans.Kernels) -> list[Any]:
        return [entry for split in range(k.splits) if (entry := found[f"{kind}, {k.name}, split {split}"])]

    results.spectra = [(k, e) for k in chosen.spectra if (e := found[f"features, {k.name}"])]
    results.shuffled = [(k, e) for k in chosen.spectra[:1] if (e := found[f"random labels, {k.name}"])]
    results.truncated = [(k, rows) for k in chosen.truncated if (rows := several("truncation", k))]
    results.deep = [(k, rows) for k in chosen.deep if (rows := several("depth", k))]
    results.spaces = [(k, e) for k in chosen.spaces if (e := found[f"eigenspaces, {k.name}"])]
    for t in chosen.transfers:
        rows = [e for width in t.widths if (e := found[f"transfer, {t.name}, width {width}"])]
        if rows:
            results.transfers.append((t, rows))
    for early in chosen.early:
        rows = [e for width in early.widths if (e := found[f"order, {early.task}, width {width}"])]
        if rows:
            results.early.append((early, rows))
    for p in chosen.paths:
        one, other = found[f"standard, {p.name}"], found[f"adversarial, {p.name}"]
        if one and other:
            results.paths.append((p, one, other))
    return results


def _spaces(k: plans.Kernels, seed: int) -> Json:
    """Leading eigenvectors of the kernels of several architectures on the same points; the first is the reference."""
    points = load(k.task, seed, k.train, k.test).points
    return {
        f"{kind.upper()}, L = {depth}":
            spectrum.leading_vectors(spectrum.kernel_of(points, depth, kind), points, tables.OVERLAP_RANKS[-1]).tolist()
        for depth, kind in ((1, "ntk"), *spectrum.OTHERS)
    }  # fmt: skip
