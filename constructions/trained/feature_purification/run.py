"""`train`: clean networks and their adversarially trained counterparts, attacked, measured and handed to verifiers."""

from __future__ import annotations

import os
import platform
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch

from constructions.feature_purification import TrainedRun
from constructions.feature_purification.networks import relative_biases
from constructions.instance import Draw, InvalidInstance
from constructions.trained.feature_purification.descent import Recipe
from constructions.trained.feature_purification.experiments import (
    KEPT,
    STARTS,
    Collapse,
    Pairs,
    run_collapse,
    run_pairs,
    stream,
)
from constructions.trained.feature_purification.frontier import FRESH, SIZES, train_frontier
from constructions.trained.feature_purification.pictures import panels
from constructions.trained.feature_purification.tables import tables_of
from constructions.trained.kkt_margin.networks import resolve_device
from constructions.trained.kkt_margin.run import Checkpoint, TrainingResult, one_torch_thread

Json = dict[str, Any]
Progress = Callable[[int, int, str], None]

CUBE_RADII = (0.005, 0.01, 0.02, 0.03, 0.04)
GRID = (0.1, 0.15, 0.2, 0.25, 0.3, 0.4)


@dataclass(frozen=True)
class Scale:
    """The experiments of one scale."""

    pairs: tuple[Pairs, ...]
    collapses: tuple[Collapse, ...]

    def times(self, factor: int) -> Scale:
        """The same with more seeds."""
        return Scale(
            tuple(replace(p, seeds=factor * p.seeds) for p in self.pairs),
            tuple(replace(c, seeds=factor * c.seeds) for c in self.collapses),
        )


def _cube(d: int, seeds: int, judged: int = 1) -> Pairs:
    return Pairs(d, 5, 0.2, seeds, adversarial=2000, radius=0.04, radii=CUBE_RADII, norm=0, judged=judged)


SCALES = {
    "small": Scale(
        (Pairs(64, 5, 0.2, 1), _cube(64, 1)),
        (Collapse(64, 5, 1, 500, (0.15, 0.25), (0.1, 0.2, 0.5)),),
    ),
    "paper": Scale(
        (Pairs(64, 5, 0.2, 3), Pairs(128, 5, 0.2, 3), Pairs(256, 5, 0.2, 2),
         _cube(256, 1, judged=0), Pairs(256, 8, 0.3, 1, judged=0),
         *(Pairs(64, 5, kappa, 1, judged=0) for kappa in (0.1, 0.35, 0.5))),
        (Collapse(64, 5, 2, 800, GRID, (0.1, 0.2, 0.5)), Collapse(128, 5, 1, 800, GRID[:4], (0.1, 0.2, 0.5))),
    ),
}
"""small: d = 64, under two minutes on one core. paper: the recipes of the reference experiments with few seeds, half an
hour on one core; on a GPU eight times the seeds, and d = 512 as well."""

FRONTIER = "frontier"
"""The scale that asks up to which dimension and radius a pair is proved."""

LARGEST = (Pairs(512, 5, 0.2, 8, judged=0), Pairs(512, 8, 0.3, 8, judged=0))


def plan(scale: str, place: torch.device) -> Scale:
    """The experiments of a scale on a device. Raises `InvalidInstance` on an unknown scale."""
    if scale not in SCALES:
        raise InvalidInstance(f"scale {scale!r} is unknown; use {', '.join(SCALES)} or {FRONTIER}")
    chosen = SCALES[scale]
    if place.type == "cpu" or scale == "small":
        return chosen
    more = chosen.times(8)
    return Scale((*more.pairs, *LARGEST), more.collapses)


def _seeds(count: int, first: int) -> str:
    return f"seed {first}" if count == 1 else f"{count} seeds from {first}"


def settings(scale: str, device: str, seed: int) -> dict[str, str]:
    """What a record says of how its networks were trained."""
    if scale == FRONTIER:
        sizes = "; ".join(f"d = {s.d}: {s.clean} clean and {s.adversarial} adversarial steps" for s in SIZES)
        return {"law": SIZES[0].recipe.law.text.partition("), ")[2],
                "configuration": f"{sizes}; k = 5, m = 2 d, {FRESH} fresh points"}  # fmt: skip
    chosen = plan(scale, resolve_device(device))
    pairs = [
        f"{p.name}: {_seeds(p.seeds, seed)}, m = {2 * p.d}, {p.clean} clean and {p.adversarial} adversarial steps "
        f"at radius {p.radius:g}"
        for p in chosen.pairs
    ]
    grids = [f"{c.name}: {_seeds(c.seeds, seed)}, {c.steps} steps" for c in chosen.collapses]
    recipe = Recipe(1)
    return {
        "law": chosen.pairs[0].law.text.partition("), ")[2],
        "recipe": f"SGD, batch {recipe.batch} fresh, rate {recipe.rate:g} (x0.3 after 70 %, x0.1 after 90 %), decay "
        f"{recipe.decay:g}, start {recipe.start:g}/sqrt(d), radius ramp over 40 % of the steps, float32",
        "configuration": "; ".join([*pairs, *grids]),
    }


def train(
    scale: str = "small", device: str = "cpu", seed: int = 0, progress: Progress | None = None,
    budget: float | None = None, *, certified: Any = None, state: str | os.PathLike[str] | None = None,
) -> TrainingResult:  # fmt: skip
    """Train at "small" scale (d = 64, a minute on one core) or "paper" scale (d = 64 to 256, half an hour on one core).

    `state` names a checkpoint file from which an interrupted run goes on. Raises `InvalidInstance` on an unknown scale.
    """
    place, begun = resolve_device(device), time.monotonic()
    deadline = float("inf") if budget is None else begun + budget
    checkpoint = Checkpoint(Path(state) if state else None, f"purification 3 {scale} {device} {seed}", deadline)
    if scale == FRONTIER:
        return train_frontier(checkpoint, seed, certified, progress or (lambda *_: None))
    chosen = plan(scale, place)
    stack = 1 if place.type == "cpu" else 64
    units: list[tuple[str, Callable[[], Any], Pairs | Collapse]] = []

    def report(text: str) -> None:
        if progress:
            progress(len(done), len(units), text)

    for pairs in chosen.pairs:
        for first in range(0, pairs.seeds, stack):
            seeds = [seed + n for n in range(first, min(first + stack, pairs.seeds))]
            units.append((f"{pairs.name}, seeds {seeds}", partial(run_pairs, pairs, seeds, place, report), pairs))
    for grid in chosen.collapses:
        seeds = [seed + n for n in range(grid.seeds)]
        units.append((f"{grid.name}, seeds {seeds}", partial(run_collapse, grid, seeds, place, report), grid))
    done: list[str] = []
    seconds = 0.0
    found: dict[Pairs | Collapse, list[Json]] = {}
    with one_torch_thread():
        for name, work, key in units:
            unit = checkpoint.recall(name, partial(_timed, work)) or {"seconds": 0.0, "entries": []}
            found.setdefault(key, []).extend(unit["entries"])
            seconds += unit["seconds"]
            done.append(name)
        tables = tables_of(found) + panels(scale, place, seed, checkpoint.recall, progress)
    environment = {"torch": torch.__version__, "numpy": np.__version__, "python": platform.python_version(),
                   "device": torch.cuda.get_device_name(place) if place.type == "cuda" else "cpu"}  # fmt: skip
    counts = {"not fitted": sum(
        network["status"] != "trained"
        for key, entries in found.items() if isinstance(key, Pairs)
        for entry in entries for network in entry["networks"].values()
    )}  # fmt: skip
    draws = [draw for key, entries in found.items() if isinstance(key, Pairs)
             for entry in entries[: key.judged] for draw in _draws(key, entry)]  # fmt: skip
    return TrainingResult(draws, tables, environment, seconds, counts, checkpoint.skipped)  # type: ignore[arg-type]


def _timed(work: Callable[[], list[Json]]) -> Json:
    """The entries of a unit and the seconds it took: those of a run that was interrupted add up."""
    begun = time.monotonic()
    entries = work()
    return {"seconds": time.monotonic() - begun, "entries": entries}


def _draws(pairs: Pairs, entry: Json) -> list[Draw]:
    """The networks of one seed with a few fresh points, at the radius 1/5, or 1/50 in the l_inf version."""
    seed = entry["seed"]
    sample = pairs.law.sample(8, stream(seed, pairs.name, "judged"))
    clean = entry["networks"][STARTS[0]]
    draws = []
    for index, (name, network) in enumerate(entry["networks"].items()):
        if network["status"] != "trained":
            continue
        weights = np.array(network["weights"]) * KEPT
        adversarial = name != STARTS[0]
        instance = TrainedRun(
            weights=weights,
            biases=relative_biases(weights, pairs.kappa, float(pairs.k)),
            points=sample.points,
            labels=sample.labels,
            radius="1/5" if pairs.norm == 2 else "1/50",
            norm=pairs.norm,
            initial=np.array(entry["initial"]) * KEPT,
            clean=np.array(clean["weights"]) * KEPT if clean["status"] == "trained" else None,
            sparsity=pairs.k,
            kappa=str(Fraction(pairs.kappa).limit_denominator(1000)),
            trained_radius=str(Fraction(pairs.radius if adversarial else 0).limit_denominator(1000)),
            ramp="2/5" if adversarial else 0,
        )
        draws.append(Draw(instance, "trained", f"{name}, {pairs.name}, {pairs.law.text}", seed, index))
    return draws
