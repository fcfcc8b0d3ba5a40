"""`train`: the experiments of a scale as tables of a record, and trained networks as instances for the verifier."""

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

from constructions.dimpled_manifold import NetworkInstance, PlaneInstance
from constructions.instance import Draw, Instance, InvalidInstance
from constructions.trained.dimpled_manifold import adversarial, checks, findings, phases, tables
from constructions.trained.dimpled_manifold.descent import fit
from constructions.trained.dimpled_manifold.nets import padded
from constructions.trained.dimpled_manifold.plans import Plan, plan
from constructions.trained.dimpled_manifold.surfaces import SHEETS, watched
from constructions.trained.kkt_margin.networks import resolve_device
from constructions.trained.kkt_margin.run import Checkpoint, TrainingResult, one_torch_thread

Json = dict[str, Any]
Progress = Callable[[int, int, str], None]

SCALES = ("small", "paper")

STACK = 24
"""Nets trained in one tensor on a CPU; more are taken in turns, so that a checkpoint loses little."""


def train(
    scale: str = "small", device: str = "cpu", seed: int = 0, progress: Progress | None = None,
    budget: float | None = None, *, certified: Any = None, state: str | os.PathLike[str] | None = None,
) -> TrainingResult:  # fmt: skip
    """Run "small" scale (about ninety seconds on one core) or "paper" scale (a GPU, or an hour).

    `state` names a checkpoint file from which an interrupted run goes on. Raises `InvalidInstance` on an unknown scale.
    """
    if scale not in SCALES:
        raise InvalidInstance(f"scale {scale!r} is unknown; use {' or '.join(SCALES)}")
    place, start = resolve_device(device), time.monotonic()
    deadline = float("inf") if budget is None else start + budget
    checkpoint = Checkpoint(Path(state) if state else None, f"dimpled 1 {scale} {device} {seed}", deadline)
    chosen = plan(scale)
    with one_torch_thread():
        found = _worked(chosen, place, seed, progress, checkpoint)
        draws = _draws(chosen, seed, place)
    environment = {"torch": torch.__version__, "numpy": np.__version__, "python": platform.python_version(),
                   "device": torch.cuda.get_device_name(place) if place.type == "cuda" else "cpu"}  # fmt: skip
    made = [*findings.tables(found, chosen), *tables.tables(found, chosen)]
    return TrainingResult(draws, made, environment, time.monotonic() - start, {}, checkpoint.skipped)


def _units(chosen: Plan, place: torch.device, seed: int) -> dict[str, Callable[[], Json]]:
    """The experiments by name, each a function of nothing that returns plain JSON."""
    units: dict[str, Callable[[], Json]] = {}
    for name, (task, nets) in chosen.phases.items():
        for first in range(0, nets, STACK):
            units[f"phases: {name}, nets from {first}"] = partial(
                phases.phases, task, seed, 1, min(STACK, nets - first), first, place
            )
    task, codimensions, nets = chosen.codimension
    units["codimension"] = partial(phases.by_codimension, task, codimensions, chosen.margin, seed, 10_000, nets, place)
    versions, nets = chosen.versions
    units["adversarial training"] = partial(adversarial.deepened, versions, seed, 3, nets, place)
    task, radius, nets = chosen.identity
    units["identity"] = partial(adversarial.identities, task, radius, seed, 4, nets, place)
    task, test, shifts, nets = chosen.errors
    units["mislabelled"] = partial(adversarial.mislabelled, task, test, shifts, seed, 5, nets, place)
    task, nets = chosen.bits
    units["invariance"] = lambda: {"rows": checks.invariance(task, seed, 6, nets, place)}
    pairs, codimensions = chosen.pairs
    units["universality"] = partial(checks.universality, pairs, codimensions, seed, 8, place)
    own, nets = chosen.late
    units["late"] = partial(phases.late, own, seed, 2, nets, place)
    for picture in chosen.pictures:
        units[f"picture: {picture.sheet}"] = partial(
            watched, SHEETS[picture.sheet](picture.side), picture.net, picture.recipe, picture.times, seed, 20, place
        )
    return units


def _worked(
    chosen: Plan, place: torch.device, seed: int, progress: Progress | None, checkpoint: Checkpoint
) -> dict[str, Json]:
    units, found = _units(chosen, place, seed), {}
    for position, (name, work) in enumerate(units.items()):
        if progress:
            progress(position, len(units), name)
        result = checkpoint.recall(name, work)
        if result is not None:
            found[name] = result
    return found


JUDGED = 6
"""Points of a trained network that the verifier judges."""


def _draws(chosen: Plan, seed: int, place: torch.device) -> list[Draw]:
    """A narrow network trained on P with its start, the same adversarially trained, and what P sees of a wide one.

    All as they are in float64. The verifier encloses radii of narrow networks; of a wide one it decides whether a flip
    at the predicted size is promised, before anything normal to P is drawn.
    """
    versions = chosen.judged
    task, kinds = versions.task, versions.recipes()
    begun = phases.start(task, seed, 9, 1, 0, place)
    points, labels = padded(begun.points, task.d), begun.labels[0, :JUDGED].cpu().numpy()
    draws = []
    for index, kind in enumerate((adversarial.CLEAN, adversarial.FREE)):
        whole = fit(begun.whole, points, begun.labels, kinds[kind])
        first = {"initial": begun.whole["W"][0].cpu().numpy(), "beta": task.d**-0.5} if not index else {}
        instance: Instance = NetworkInstance(
            weights=whole["W"][0].cpu().numpy(), outputs=whole["u"][0].cpu().numpy(),
            points=points[0, :JUDGED].cpu().numpy(), labels=labels, codimension=task.codimension, **first,
        )  # fmt: skip
        how = f"adversarially trained, l2, radius {versions.radius:g}" if index else "trained on P"
        draws.append(Draw(instance, "trained", f"{task.images.name}, l = {task.codimension}, {how}", seed, index))
    wide = chosen.seen
    begun = phases.start(wide, seed, 9, 1, 0, place)
    plane = fit(begun.plane, begun.points, begun.labels, wide.recipe)
    instance = PlaneInstance(
        weights=plane["W"][0].cpu().numpy(), outputs=plane["u"][0].cpu().numpy(),
        points=begun.points[0, :JUDGED].cpu().numpy(), labels=begun.labels[0, :JUDGED].cpu().numpy(),
        codimension=wide.codimension, beta=wide.d**-0.5,
    )  # fmt: skip
    return [*draws, Draw(instance, "trained", f"{wide.images.name}, l = {wide.codimension}, seen by P", seed, 2)]


def settings(scale: str, device: str, seed: int) -> dict[str, str]:
    """What a record says of how its networks were trained."""
    chosen = plan(scale)
    sizes = [
        f"{name}: {nets} nets, {task.images.name}, l = {task.codimension}, n = {task.count}, m = {task.net.width}, "
        f"{task.recipe.steps} steps of {task.recipe.method} at rate {task.recipe.rate:g}"
        for name, (task, nets) in chosen.phases.items()
    ]
    return {
        "law": "net b has data and start from the seed, the experiment and b alone; points of length sqrt(d), labels "
        "by class, images projected on their leading directions without centring",
        "recipe": "logistic loss, full batch, float64; w_i ~ N(0, I/d), u_i = +-1/sqrt(m) fixed, no biases but in the "
        "pictures; radii by DeepFool, a root on the ray, steps along the gradient at the boundary",
        "configuration": "; ".join(sizes),
    }
