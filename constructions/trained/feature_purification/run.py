"""`train`: a clean network and its adversarially trained counterparts from both starts, attacked at several radii."""

from __future__ import annotations

import os
import platform
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch

from constructions.feature_purification import PurificationInstance, SparseLaw
from constructions.instance import Draw, InvalidInstance, NoInstance
from constructions.trained.feature_purification.descent import (
    Recipe,
    attacked,
    biases_of,
    start_weights,
    train_network,
)
from constructions.trained.kkt_margin.networks import resolve_device
from constructions.trained.kkt_margin.run import Checkpoint, TrainingResult, one_torch_thread

Json = dict[str, Any]
Progress = Callable[[int, int, str], None]

RADII = (0.1, 0.15, 0.2, 0.25)
KEPT = 2.0**-20
"""Trained weights are rounded to multiples of this, so that certificates stay short."""


@dataclass(frozen=True)
class Scale:
    """Sizes of one scale: dimension, seeds, steps of clean and adversarial training, fresh points, attack steps."""

    dimension: int
    seeds: int
    clean: int
    adversarial: int
    points: int
    attack: int


SCALES = {"small": Scale(64, 1, 1500, 2500, 400, 40), "paper": Scale(256, 8, 1500, 2500, 5000, 40)}
STARTS = ("clean", "adversarial, same start", "adversarial, from the clean network")


def train(
    scale: str = "small", device: str = "cpu", seed: int = 0, progress: Progress | None = None,
    budget: float | None = None, *, certified: Any = None, state: str | os.PathLike[str] | None = None,
) -> TrainingResult:  # fmt: skip
    """Train at "small" scale (d = 64, a minute on one core) or "paper" scale (d = 256, a GPU or half an hour).

    `state` names a checkpoint file from which an interrupted run goes on. Raises `InvalidInstance` on an unknown scale.
    """
    if scale not in SCALES:
        raise InvalidInstance(f"scale {scale!r} is unknown; use {' or '.join(SCALES)}")
    place, begun, sizes = resolve_device(device), time.monotonic(), SCALES[scale]
    deadline = float("inf") if budget is None else begun + budget
    checkpoint = Checkpoint(Path(state) if state else None, f"purification {scale} {device} {seed}", deadline)
    law = SparseLaw.of("light", sizes.dimension, 5)
    draws: list[Draw] = []
    rows: list[list[Any]] = []
    counts = {"not fitted": 0}
    with one_torch_thread():
        for number in range(sizes.seeds):
            if progress:
                progress(number, sizes.seeds, f"seed {seed + number}")
            found = checkpoint.recall(f"seed {number}", partial(_networks, law, sizes, place, seed + number))
            for name, entry in (found or {}).items():
                counts["not fitted"] += entry is None
                if entry is not None:
                    rows += [[name, seed + number, t, a] for t, a in entry["accuracies"]]
                    draws.append(_draw(law, entry, name, sizes, seed + number, len(draws)))
    environment = {"torch": torch.__version__, "numpy": np.__version__, "python": platform.python_version(),
                   "device": str(place)}  # fmt: skip
    return TrainingResult(draws, _tables(law, rows), environment, time.monotonic() - begun, counts, checkpoint.skipped)  # type: ignore[arg-type]


def _networks(law: SparseLaw, sizes: Scale, place: torch.device, seed: int) -> dict[str, Json | None]:
    """The three networks of one seed: weights and robust accuracies; None for a run that collapsed.

    Batches of the three runs and the points of the evaluation come from generators of their own: points of the training
    stream are memorised even in one pass.
    """
    generator = torch.Generator().manual_seed(seed)
    recipe = Recipe(sizes.clean)
    hard = Recipe(sizes.adversarial, radius=0.25)
    initial = start_weights(law, 2 * law.d, recipe, generator).to(place)
    streams = [np.random.default_rng(np.random.SeedSequence([seed, number])) for number in range(4)]
    weights: dict[str, torch.Tensor | None] = {}
    clean = train_network(law, initial, recipe, streams[0])
    weights[STARTS[0]] = clean
    for name, begin, stream in ((STARTS[1], initial, streams[1]), (STARTS[2], clean, streams[2])):
        try:
            weights[name] = train_network(law, begin, hard, stream)
        except NoInstance:
            weights[name] = None
    sample = law.sample(sizes.points, streams[3])
    points = torch.tensor(sample.points, dtype=torch.float64)
    labels = torch.tensor(sample.labels, dtype=torch.float64)
    found: dict[str, Json | None] = {}
    for name, trained in weights.items():
        if trained is None:
            found[name] = None
            continue
        rounded = torch.round(trained.double().cpu() / KEPT) * KEPT
        biases = biases_of(rounded, hard.kappa, float(law.k))
        accuracies = [["0", float((labels * _values(rounded, biases, points) > 0).double().mean())]]
        for radius in RADII:
            margin = attacked(rounded, biases, points, labels, radius, sizes.attack, generator)
            accuracies.append([str(radius), float((margin > 0).double().mean())])
        found[name] = {
            "weights": (rounded / KEPT).long().tolist(),
            "clean": (torch.round(clean.double().cpu() / KEPT)).long().tolist(),
            "biases": biases.tolist(),
            "accuracies": accuracies,
        }
    return found


def _values(weights: torch.Tensor, biases: torch.Tensor, points: torch.Tensor) -> torch.Tensor:
    heights = points @ weights.T
    return (torch.relu(heights - biases) - torch.relu(-heights - biases)).sum(dim=1)


def _draw(law: SparseLaw, entry: Json, name: str, sizes: Scale, seed: int, index: int) -> Draw:
    """The trained network with a few fresh points at radius 1/5."""
    sample = law.sample(8, np.random.default_rng(np.random.SeedSequence([seed, 9, index])))
    instance = PurificationInstance(
        weights=np.array(entry["weights"]) * KEPT,
        biases=entry["biases"],
        points=sample.points,
        labels=sample.labels,
        radius="1/5",
        clean=np.array(entry["clean"]) * KEPT,
    )
    return Draw(instance, "trained", f"{name}, {law.text}", seed, index)


def _tables(law: SparseLaw, rows: list[list[Any]]) -> list[Json]:
    """Robust accuracy against radius, one series per kind of training."""
    units = {"network": "", "seed": "", "radius": "length", "accuracy": "1"}
    return [
        {
            "name": "purification_accuracy", "title": "Robust accuracy against the radius of the attack",
            "columns": list(units), "units": units,
            "rows": [[n, s, float(t), a] for n, s, t, a in rows], "x": "radius", "y": "accuracy", "series": "network",
            "note": f"{law.text}. Attacked accuracies, on fresh points, are upper bounds; f = 0 counts as wrong.",
        }
    ]  # fmt: skip
