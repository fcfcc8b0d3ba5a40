"""`train`: the frequency experiment and the margin limit of linear nets, as tables and instances for the verifier."""

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

from constructions.frequency_bias import FrequencyInstance, low_band
from constructions.frequency_bias.transform import high_share as share_of
from constructions.instance import Draw, InvalidInstance
from constructions.trained.frequency_bias import plans, tables
from constructions.trained.frequency_bias.data import Load, Task, tones
from constructions.trained.frequency_bias.descent import energy, high_share, profile
from constructions.trained.frequency_bias.experiment import equivariant, measured
from constructions.trained.frequency_bias.limit import descend, early_alignment
from constructions.trained.kkt_margin.networks import resolve_device
from constructions.trained.kkt_margin.run import Checkpoint, TrainingResult, one_torch_thread

Json = dict[str, Any]
Progress = Callable[[int, int, str], None]
Certified = Callable[..., Json]

SCALES = ("small", "paper")
CHUNK = 64
"""Nets trained in one tensor; more are taken in chunks, each with a seed of its own."""


def train(
    scale: str = "small", device: str = "cpu", seed: int = 0, progress: Progress | None = None,
    budget: float | None = None, *, certified: Certified | None = None, state: str | os.PathLike[str] | None = None,
) -> TrainingResult:  # fmt: skip
    """Run "small" scale (about two minutes on one core) or "paper" scale (a GPU; CIFAR-10 from the user's files).

    `certified(points, labels, taps, depth, predictor)` encloses the optimum that a linear net is compared with;
    without it only the experiment runs. `state` names a checkpoint file. Raises `InvalidInstance` on an unknown scale.
    """
    if scale not in SCALES:
        raise InvalidInstance(f"scale {scale!r} is unknown; use {' or '.join(SCALES)}")
    place, start = resolve_device(device), time.monotonic()
    deadline = float("inf") if budget is None else start + budget
    checkpoint = Checkpoint(Path(state) if state else None, f"frequency {scale} {device} {seed}", deadline)
    with one_torch_thread():
        results, found = _experiment(scale, place, seed, progress, checkpoint)
        if certified is not None:
            found += _limits(scale, place, seed, checkpoint, certified)
    draws = _draws(results, seed)
    environment = {"torch": torch.__version__, "numpy": np.__version__, "python": platform.python_version(),
                   "device": torch.cuda.get_device_name(place) if place.type == "cuda" else "cpu"}  # fmt: skip
    return TrainingResult(draws, found, environment, time.monotonic() - start, {}, checkpoint.skipped)


def settings(scale: str, device: str, seed: int) -> dict[str, str]:
    """What a record says of how its networks were trained."""
    chosen = plans.parts(scale)
    sizes = [
        f"{part.task}: {part.nets} nets each of {', '.join(model.name for model in part.models)}; {part.recipe.steps} "
        f"steps of Adam, rate {part.recipe.rate:g}, batch {part.recipe.batch}, {part.recipe.attack} attack steps on "
        f"{part.recipe.points} points"
        for part in chosen
    ]
    return {
        "law": "data of net b from the seed and b alone; mirrored nets from the mirrored initial weights and data",
        "recipe": "logistic loss, float32, no biases but in attention; attacks at half accuracy on the logit margin",
        "configuration": "; ".join(sizes),
    }


def _experiment(
    scale: str, place: torch.device, seed: int, progress: Progress | None, checkpoint: Checkpoint
) -> tuple[tables.Results, list[Json]]:  # fmt: skip
    chosen = plans.parts(scale)
    units = [(part, model, mirror) for part in chosen for model in part.models for mirror in (False, True)
             if not (mirror and equivariant(model))]  # fmt: skip
    results: tables.Results = {}
    loaded: tuple[plans.Part | None, list[Task]] = None, []
    for position, (part, model, mirror) in enumerate(units):
        if progress:
            progress(position, len(units), f"{part.task}: {model.name}{', mirrored' if mirror else ''}")
        if part is not loaded[0]:
            loaded = part, _tasks(part, seed)
        unit = partial(_chunked, part, model, loaded[1], seed, place, mirror)
        found = checkpoint.recall(f"{part.task} {model.name} {mirror}", unit)
        if found is not None:
            results[part.task, model.name, mirror] = found
    described = {task: _described(load, seed) for task, load in {part.task: part.load for part in chosen}.items()}
    models = {model.name: model for part in chosen for model in part.models}
    exact = {model.name for model in models.values() if equivariant(model)}
    chances = {part.task: 1 / part.classes for part in chosen}
    found = [tables.verdicts_table(results, plans.comparisons(scale), chances),
             tables.kernel_table(results, models)]  # fmt: skip
    shown = ["fully connected", "convolution K=3", "convolution K=9", "convolution K=3, depth 4",
             "attention, patches of 4"]  # fmt: skip
    for task, (_, spectrum) in described.items():
        for kind in ("gradient", "l2", "linf") if task == plans.PINK else ("gradient",):
            found.append(tables.spectra_table(results, task, kind, shown, spectrum))
    found += tables.slack_table(results, models)
    shares = {task: high for task, (high, _) in described.items()}
    return results, [*found, tables.numbers_table(results, shares, exact)]


def _draws(results: tables.Results, seed: int) -> list[Draw]:
    """Trained nets with one local layer on a circle as instances, weights in float32 as they are."""
    draws: list[Draw] = []
    for (task, name, _), found in results.items():
        if "net" in found:
            net = found["net"]
            readouts = np.array(net["readouts"])
            instance = FrequencyInstance(
                length=readouts.shape[1], filters=np.array(net["filters"]), readouts=readouts,
                points=np.array(net["points"]), labels=np.array(net["labels"]), band=low_band(readouts.shape[1], 2),
            )  # fmt: skip
            draws.append(Draw(instance, "trained", f"{name} trained on {task}", seed, len(draws)))
    return draws


def _tasks(part: plans.Part, seed: int) -> list[Task]:
    sizes = [min(CHUNK, part.nets - start) for start in range(0, part.nets, CHUNK)]
    return [part.load(size, seed + 1000 * index) for index, size in enumerate(sizes)]


def _chunked(
    part: plans.Part, model: Any, loaded: list[Task], seed: int, place: torch.device, mirror: bool
) -> Json:  # fmt: skip
    """Results of all chunks of nets, joined; layer slacks and the net shown are those of the first chunk."""
    joined: Json = {}
    for index, task in enumerate(loaded):
        found = measured(model, task, part.recipe, seed + 1000 * index, place, mirror)
        for name, values in found.items():
            if name in ("layers", "net"):
                joined.setdefault(name, values)
            else:
                joined.setdefault(name, []).extend(values)
    return joined


def _described(load: Load, seed: int) -> tuple[float, list[float]]:
    """(HF share, spectrum) of the data of a task."""
    task = load(2, seed)
    power = energy(task.train[0])
    return float(high_share(power, task.grid).mean()), profile(power, task.grid).mean(0).tolist()


def _limits(scale: str, place: torch.device, seed: int, checkpoint: Checkpoint, certified: Certified) -> list[Json]:
    """Linear nets of depth two against the certified optimum, and of depth three against stationary points."""
    rows: list[list[Any]] = []
    deep: list[list[Any]] = []
    for index in range(plans.LIMIT_SETS[scale]):
        for channels in plans.LIMIT_CHANNELS[scale]:
            unit = partial(_limit, seed, index, 2, channels, list(plans.LIMIT_TAPS), scale, place, certified)
            rows += checkpoint.recall(f"limit {index} {channels}", unit) or []
        unit = partial(_limit, seed, index, 3, 1, [32] * 4, scale, place, certified)
        deep += checkpoint.recall(f"limit {index} depth 3", unit) or []
    units = ["", "1", "1", "1", "1", "1", "1", "1"]
    note = (
        "ratio: cost over margin of the net against the optimum, whose relative enclosure is `gap`; cosine with the "
        "optimal predictor; drift: 1 - cosine with the predictor recorded before. A trend, not a limit: the theorems "
        "assume that directions converge. A cosine near one can hide a cost one percent too high."
    )
    early = checkpoint.recall("early alignment", partial(_early, seed)) or []
    solved = checkpoint.recall("exact solutions", partial(_solutions, seed, scale, certified)) or []
    deep_columns = ["net", "data_set", "steps", "ratio", "cosine", "drift", "residual", "support"]
    return [
        *tables.limit_table(rows, units[:-1], note),
        {"name": "frequency_limit_depth_3", "title": "Full-width linear nets of depth three and stationary points",
         "columns": deep_columns, "units": units, "rows": deep,
         "note": "ratio and cosine against the stationary point reached from the net by reweighting, whose first-order "
                 "residual and number of frequencies are given: different starts end at different points."},
        {"name": "frequency_early", "title": "Early alignment of a five-tap filter, by initial scale",
         "columns": ["data_set", "scale", "filter_cosine", "predictor_cosine"], "units": ["1"] * 4, "rows": early,
         "x": "scale", "y": "filter_cosine", "series": "data_set", "log": "x",
         "note": "When the loss has fallen to 0.68: cosine of the filter with the top eigenvector of the correlations "
                 "of the class mean s, and of the predictor with the spectrum |u~|^2 s^."},
        {"name": "frequency_solutions", "title": "High-frequency share of exact max-margin predictors",
         "columns": ["data", "kernel", "share", "low", "high", "deviation"],
         "units": {"data": "", "kernel": "taps", "share": "share", "low": "share", "high": "share",
                   "deviation": "share"},
         "rows": solved, "x": "kernel", "y": "share", "series": "data", "low": "low", "high": "high", "log": "x",
         "note": "Two-layer linear nets at their certified optimum, 16 points of the tone task; one tap is the fully "
                 "connected net. Bands: two standard errors over draws. On white data the mean is 1/2 by symmetry and "
                 "the spread grows with the kernel."},
    ]  # fmt: skip


def _early(seed: int) -> list[list[float]]:
    """Cosines by initial scale on two data sets of 20 Gaussian points."""
    rows = []
    for index in range(2):
        own = np.random.default_rng(np.random.SeedSequence([seed, index, 11]))
        signed = own.standard_normal((20, 32)) * own.choice([-1.0, 1.0], size=(20, 1))
        scales = (1e-1, 1e-2, 1e-3, 1e-4)
        found = early_alignment(signed, 5, scales, torch.Generator().manual_seed(seed))
        rows += [[index, scale, *cosines] for scale, cosines in zip(scales, found, strict=True)]
    return rows


def _solutions(seed: int, scale: str, certified: Certified) -> list[list[Any]]:
    """HF shares of certified optima on small samples of the tone task."""
    rows = []
    for name, exponent in ((plans.FLAT, 0.0), (plans.PINK, 1.0)):
        task = tones(exponent, plans.SOLVED[scale], seed, train=16, test=1)
        points, labels = (part.double().numpy() for part in task.train)
        for kernel in plans.SOLVED_TAPS:
            shares = [
                float(share_of(np.array(certified(x[:, 0], y, kernel, 2, np.zeros(x.shape[-1]))["predictor"])))
                for x, y in zip(points, labels, strict=True)
            ]
            mean, spread, error = tables.summary(shares)
            rows.append([name, kernel, mean, mean - 2 * error, mean + 2 * error, spread])
    return rows


def _limit(
    seed: int, index: int, depth: int, channels: int, taps: list[int], scale: str, place: torch.device,
    certified: Certified,
) -> list[list[Any]]:  # fmt: skip
    """Rows of one batch of nets on one data set: n = 10 Gaussian points on 32 sites with random labels."""
    own = np.random.default_rng(np.random.SeedSequence([seed, index, 7]))
    points, labels = own.standard_normal((10, 32)), own.choice([-1.0, 1.0], size=10)
    generator = torch.Generator().manual_seed(int(own.integers(2**62)))
    signed = np.repeat((points * labels[:, None])[None], len(taps), axis=0)
    path = descend(signed, taps, depth, channels, plans.LIMIT_STEPS[scale], generator, place=place)
    rows = []
    for b, kernel in enumerate(taps):
        known = certified(points, labels, kernel, depth, path.predictors[-1, b])
        optimum = np.asarray(known["predictor"])
        before = None
        title = f"K={kernel}, C={channels}" if depth == 2 else f"start {b + 1}"
        for s, steps in enumerate(path.steps):
            found = path.predictors[s, b]
            drift = float("nan") if before is None else 1.0 - float(before @ found)
            rest = [known["gap"]] if depth == 2 else [known["residual"], known["support"]]
            ratio, cosine = float(path.costs[s, b]) / known["cost"], float(found @ optimum)
            rows.append([title, index, steps, ratio, cosine, drift, *rest])
            before = found
    return rows
