"""What is run at each scale."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace

import torch

from constructions.image_files import CIFAR_FOLDER, MNIST_FOLDER
from constructions.instance import InvalidInstance
from constructions.ntk_features.tasks import CARS, HALVES, LARGE_THREES, PARITY, THREES
from constructions.trained.ntk_features.paths import Paths
from constructions.trained.ntk_features.transfer import Early, Transfer

SCALES = ("small", "paper")


@dataclass(frozen=True)
class Kernels:
    """One task on the kernel side: points, hidden layers, splits; `radius` and `clip` of the attacks on features."""

    task: str
    train: int
    test: int | None
    depth: int
    splits: int = 1
    radius: float = 0.1
    clip: bool = False

    @property
    def name(self) -> str:
        return f"{self.task}, n = {self.train}, L = {self.depth}"


@dataclass(frozen=True)
class Plan:
    """The experiments of one scale. The first of `spectra` is repeated with random labels."""

    spectra: tuple[Kernels, ...]
    truncated: tuple[Kernels, ...]
    deep: tuple[Kernels, ...]
    spaces: tuple[Kernels, ...]
    transfers: tuple[Transfer, ...]
    early: tuple[Early, ...]
    paths: tuple[Paths, ...]


RADII = (0.02, 0.04, 0.06, 0.08, 0.1)


def _paths(width: int, seeds: int, steps: int, radii: tuple[float, ...], depth: int = 1) -> tuple[Paths, ...]:
    return tuple(Paths(HALVES, 200, None, width, seeds, steps, radius, depth) for radius in radii)


SMALL = Plan(
    spectra=(Kernels(THREES, 250, None, 1), Kernels(THREES, 250, None, 3), Kernels(HALVES, 500, None, 1),
             Kernels(PARITY, 500, 500, 3)),
    truncated=(Kernels(THREES, 250, None, 1, splits=7), Kernels(HALVES, 250, 200, 3)),
    deep=tuple(Kernels(task, 250, None if task == THREES else 200, 3, splits=7) for task in (THREES, HALVES, PARITY)),
    spaces=(Kernels(THREES, 250, None, 1), Kernels(HALVES, 500, 1, 1)),
    transfers=(Transfer(THREES, 250, None, (16, 64, 256, 1024), 3, 500),
               Transfer(HALVES, 500, 400, (16, 64, 256, 1024), 3, 500)),
    early=(Early(HALVES, 500, (256, 1024), 2, (100, 500, 1000)),),
    paths=_paths(64, 10, 400, (0.04, 0.08)),
)  # fmt: skip

PAPER = Plan(
    spectra=tuple(
        Kernels(task, n, None, depth) for depth in (1, 3)
        for task, n in ((THREES, 250), (HALVES, 500), (PARITY, 500), (HALVES, 1000))
    ),
    truncated=(Kernels(THREES, 250, None, 1, splits=10), Kernels(HALVES, 1000, None, 3),
               Kernels(PARITY, 500, 500, 1, splits=3)),
    deep=tuple(Kernels(task, n, count, 3, splits=10)
               for task, n, count in ((THREES, 250, None), (HALVES, 500, 500), (PARITY, 500, 500))),
    spaces=(Kernels(THREES, 250, None, 1), Kernels(HALVES, 1000, None, 1), Kernels(PARITY, 1000, None, 1)),
    transfers=(Transfer(THREES, 250, None, (16, 64, 256, 1024, 4096), 3, 1500),
               Transfer(HALVES, 500, None, (16, 64, 256, 1024, 4096), 3, 1500)),
    early=(Early(HALVES, 500, (64, 256, 1024, 4096), 3, (100, 500, 1000)),),
    paths=(*_paths(64, 20, 600, RADII), *_paths(256, 10, 400, (0.08,)), *_paths(64, 10, 400, (0.08,), 2)),
)  # fmt: skip
"""A quarter of an hour on one core; on a GPU more nets and wider ones."""

FEATURE_RADIUS = 8 / 255


def plan(scale: str, place: torch.device) -> Plan:
    """The experiments of a scale on a device, with the user's CIFAR-10 and MNIST files at "paper" scale.

    Raises `InvalidInstance` on an unknown scale.
    """
    if scale not in SCALES:
        raise InvalidInstance(f"scale {scale!r} is unknown; use {' or '.join(SCALES)}")
    if scale == "small":
        return SMALL
    chosen = PAPER
    if os.environ.get(CIFAR_FOLDER):
        chosen = replace(chosen, spectra=(*chosen.spectra, Kernels(CARS, 2000, 2000, 1, 1, FEATURE_RADIUS, True)))
    if os.environ.get(MNIST_FOLDER):
        chosen = replace(chosen, spectra=(*chosen.spectra, Kernels(LARGE_THREES, 2000, 2000, 1)))
    if place.type == "cpu":
        return chosen
    return replace(
        chosen,
        transfers=tuple(replace(t, widths=(*t.widths, 16384), seeds=10) for t in chosen.transfers),
        early=tuple(replace(e, widths=(*e.widths, 16384), seeds=10) for e in chosen.early),
        paths=(*_paths(64, 30, 1500, RADII), *_paths(1024, 30, 1500, RADII), *_paths(256, 30, 1500, RADII, 2)),
    )
