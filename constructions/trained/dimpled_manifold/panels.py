"""Small experiments of many seeds, as panels for statements about runs: each takes some seconds on one core."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch

from constructions.dimpled_manifold.runs import Codimensions, Deepened, Late, Mislabelled, Phases
from constructions.trained.dimpled_manifold.adversarial import CLEAN, NORMAL, Versions, deepened, mislabelled
from constructions.trained.dimpled_manifold.phases import Task, by_codimension, late, off_phases
from constructions.trained.dimpled_manifold.plans import three_eight, zero_one
from constructions.trained.kkt_margin.run import one_torch_thread

CPU = torch.device("cpu")
SEEDS = 96
"""Enough that an event seen in all of them has probability above 4/5 at the confidence of the verifiers."""


def watched_phases(seed: int) -> Phases:
    """Digits 3 against 8, p = 8, l = 24, n = 40, m = 64, 600 steps."""
    task = replace(three_eight(8, 24, 40, 64, 600), measured=20)
    with one_torch_thread():
        found = off_phases(task, seed, 1, SEEDS, CPU, 3)
    return phases_panel(task, found)


def phases_panel(task: Task, found: dict) -> Phases:
    """The panel of what `phases` measured."""
    return Phases(found["steps"], found["accuracy"], _finite(found["off"]), _finite(found["depth"]), found["energy"],
                  task.codimension / task.d)  # fmt: skip


def _finite(values: list) -> np.ndarray:
    """Radii with the largest double in the place of infinity, which no instance can hold."""
    return np.nan_to_num(np.array(values, dtype=np.float64), posinf=np.finfo(float).max, neginf=-np.finfo(float).max)


def codimension_panel(found: dict) -> Codimensions:
    """The panel of what `by_codimension` measured."""
    return Codimensions(found["codimension"], _finite(found["ratio"]), _finite(found["harmonic"]))


def by_codimensions(seed: int) -> Codimensions:
    """Digits 0 against 1, p = 8, n = 30, m = 64, stopped at margin 1/2."""
    task = replace(zero_one(30, 64), measured=16)
    with one_torch_thread():
        return codimension_panel(by_codimension(task, (24, 248), 0.5, seed, 10_000, SEEDS, CPU))


def deepened_panel(found: dict, name: str) -> Deepened:
    """The panel of two kinds of training that `deepened` compared."""
    return Deepened(*(_finite(found[kind][key]) for key in ("off", "on") for kind in (CLEAN, name)))


def adversarially_deepened(seed: int) -> Deepened:
    """Digits 3 against 8, p = 8, l = 24, n = 32, m = 64, 150 steps, attacks normal to P of radius 2/5."""
    versions = Versions(replace(three_eight(8, 24, 32, 64, 150), measured=12), 0.4, again=1)
    with one_torch_thread():
        return deepened_panel(deepened(versions, seed, 3, SEEDS, CPU, (CLEAN, NORMAL)), NORMAL)


def mislabelled_panel(found: dict, radius: float) -> Mislabelled:
    """The panel of what `mislabelled` measured at one radius."""
    return Mislabelled(found[CLEAN]["test"], *(found[f"{kind} {radius:g}"]["test"] for kind in ("on", "off", "full")))


def mislabelled_students(seed: int) -> Mislabelled:
    """Digits 3 against 8, p = 8, l = 24, n = 48, m = 64, 120 steps, moved by 2."""
    with one_torch_thread():
        return mislabelled_panel(mislabelled(three_eight(8, 24, 48, 64, 120), 48, (2.0,), seed, 5, SEEDS, CPU), 2.0)


def late_panel(found: dict) -> Late:
    """The panel of what `late` measured."""
    return Late(found["steps"], found["output"], _finite(found["off"]))


def long_training(seed: int) -> Late:
    """Digits 3 against 8, p = 4, l = 12, n = 20, m = 32, 2000 steps."""
    task = replace(three_eight(4, 12, 20, 32, 2000), measured=12)
    with one_torch_thread():
        return late_panel(late(task, seed, 2, SEEDS, CPU, 100))
