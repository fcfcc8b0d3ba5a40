"""What is trained at which scale: tasks, architectures, sizes, and the claims that are put to the test."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import partial

from constructions.image_files import CIFAR_FOLDER
from constructions.trained.frequency_bias.data import Load, cifar, digits, photographs, tones
from constructions.trained.frequency_bias.experiment import Recipe
from constructions.trained.frequency_bias.models import Architecture
from constructions.trained.frequency_bias.tables import Comparison

FLAT, PINK, DIGITS, PHOTOS, CIFAR = "tones, white noise", "tones, 1/f noise", "digits", "photographs", "CIFAR-10"


@dataclass(frozen=True)
class Part:
    """Nets of some models on one task: how many of each, by which recipe; classes sets the chance level.

    Net b of every model has the same data, in all parts of a task, so that models are compared net by net.
    """

    task: str
    load: Load
    nets: int
    models: tuple[Architecture, ...]
    recipe: Recipe
    classes: int = 2


def _convolution(taps: int, channels: int, depth: int = 2) -> Architecture:
    name = f"convolution K={taps}" + (f", depth {depth}" if depth != 2 else "")
    return Architecture(name, "conv", taps, depth, channels)


def _linear(taps: int, depth: int = 2) -> Architecture:
    name = "linear, fully connected" if taps == 1 else f"linear K={taps}"
    return Architecture(name + (f", depth {depth}" if depth != 2 else ""), "linear", taps, depth, 1)


def _dense(width: int) -> Architecture:
    return Architecture("fully connected", "dense", 1, 3, width)


def _local(taps: int, channels: int) -> Architecture:
    return Architecture(f"locally connected K={taps}", "local", taps, 2, channels)


def _attention(patch: int, channels: int) -> Architecture:
    return Architecture(f"attention, patches of {patch}", "attention", patch, 4, channels)


def _zoo(channels: int, width: int, kernels: tuple[int, ...]) -> tuple[Architecture, ...]:
    """Fully connected, and ReLU convolutions of several kernel sizes."""
    return (_dense(width), *(_convolution(k, channels) for k in kernels))


def _others(channels: int) -> tuple[Architecture, ...]:
    """Deeper, linear, without sharing, attention: on 32 sites."""
    return (_convolution(3, channels, 4), _convolution(3, channels, 8), _linear(1), _linear(3), _linear(9), _linear(32),
            _linear(3, 4), _local(3, channels), _local(9, channels), _attention(4, 2 * channels))  # fmt: skip


def parts(scale: str) -> tuple[Part, ...]:
    """The tasks of a scale. "paper" adds CIFAR-10 where `THINMARGIN_CIFAR10` names a folder with its files."""
    if scale == "small":
        recipe = Recipe(steps=200, rate=6e-3, batch=128, attack=12, points=64)
        return (
            Part(PINK, partial(tones, 1.0), 24, _zoo(12, 48, (3, 5, 9, 15)), recipe),
            Part(PINK, partial(tones, 1.0), 12, _others(12), recipe),
            Part(FLAT, partial(tones, 0.0), 12, _zoo(12, 48, (3, 9)), recipe),
            Part(DIGITS, digits, 12, _zoo(12, 64, (3, 5)), recipe, 10),
            Part(PHOTOS, photographs, 10, _zoo(8, 64, (3, 9)),
                 Recipe(steps=150, rate=6e-3, batch=64, attack=12, points=48)),
        )  # fmt: skip
    recipe = Recipe(steps=400, rate=3e-3, batch=128, attack=20, points=200)
    longer = Recipe(steps=1000, rate=2e-3, batch=128, attack=20, points=200)
    found: tuple[Part, ...] = (
        Part(PINK, partial(tones, 1.0), 48, (*_zoo(24, 128, (3, 5, 9, 15, 32)), *_others(24)), recipe),
        Part(FLAT, partial(tones, 0.0), 200, (*_zoo(24, 128, (3, 5, 9, 15, 32)), *_others(24)), recipe),
        Part(DIGITS, digits, 24, (*_zoo(24, 128, (2, 3, 5, 8)), _convolution(3, 24, 4), _local(3, 24),
                                  _attention(2, 48)), longer, 10),
        Part(PHOTOS, photographs, 24, (*_zoo(24, 128, (3, 5, 9, 16)), _convolution(3, 24, 4), _local(3, 24),
                                       _attention(4, 48)), longer),
    )  # fmt: skip
    folder = os.environ.get(CIFAR_FOLDER)
    if folder:
        models = (_dense(512), _local(3, 16), *(_convolution(k, 64) for k in (3, 5, 7, 9, 15, 32)),
                  _convolution(3, 64, 4), _convolution(3, 64, 8), _attention(4, 128))  # fmt: skip
        found += (Part(CIFAR, partial(cifar, folder), 3, models, Recipe(5000, 1e-3, 256, 20, 500), 10),)
    return found


def comparisons(scale: str) -> list[Comparison]:
    """The claims, each as "the HF share of this exceeds that of that"."""
    fully, small, wide = "fully connected", "convolution K=3", "convolution K=15"
    deep, attention = "convolution K=3, depth 4", "attention, patches of 4"
    kernel = "smaller kernels give higher frequencies"
    above = "convolution is higher-frequency than a fully connected net"
    prefers = "the architecture by itself prefers high frequencies (original above mirrored, read back)"
    found = [
        Comparison(kernel, PINK, small, "convolution K=9"),
        Comparison(kernel, PINK, "convolution K=5", wide),
        Comparison(kernel, FLAT, small, "convolution K=9"),
        Comparison(kernel, DIGITS, small, "convolution K=5"),
        Comparison(kernel, PHOTOS, small, "convolution K=9"),
        *(Comparison(above, task, small, fully) for task in (PINK, FLAT, DIGITS, PHOTOS)),
        Comparison("convolution is higher-frequency than filters that are not shared", PINK, small,
                   "locally connected K=3"),
        Comparison("depth gives higher frequencies", PINK, deep, small),
        Comparison("depth gives higher frequencies", PINK, "convolution K=3, depth 8", deep),
        Comparison("attention is lower-frequency than convolution", PINK, small, attention),
        *(Comparison(prefers, task, small, "mirrored") for task in (PINK, FLAT, DIGITS, PHOTOS)),
        Comparison(prefers, PINK, "convolution K=9", "mirrored"),
    ]  # fmt: skip
    if scale != "small":
        found += [
            Comparison("depth gives higher frequencies", DIGITS, deep, small),
            Comparison("depth gives higher frequencies", PHOTOS, deep, small),
            Comparison("attention is lower-frequency than convolution", DIGITS, small, "attention, patches of 2"),
            Comparison("attention is lower-frequency than convolution", PHOTOS, small, attention),
            Comparison(kernel, CIFAR, small, "convolution K=9"),
            Comparison(above, CIFAR, small, fully),
            Comparison("attention is lower-frequency than convolution", CIFAR, small, attention),
            Comparison(prefers, CIFAR, small, "mirrored"),
        ]
    return found


LIMIT_TAPS = (1, 3, 5, 9, 32)
LIMIT_CHANNELS = {"small": (1, 4), "paper": (1, 2, 4)}
LIMIT_STEPS = {"small": (300, 1000, 3000), "paper": (3000, 30000, 200000)}
LIMIT_SETS = {"small": 2, "paper": 8}
"""Training towards the margin limit: kernels, channels, recorded steps and data sets (n = 10, N = 32, Gaussian)."""

SOLVED = {"small": 8, "paper": 32}
SOLVED_TAPS = (1, 3, 9)
"""Draws of the tone task, and kernels, whose max-margin predictors are computed instead of trained."""
