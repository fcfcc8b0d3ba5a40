"""Predictors with their kernels, data to separate, and ReLU nets with one local layer, all exactly stored."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

import numpy as np

from constructions.frequency_bias.instance import FrequencyInstance
from constructions.instance import exact_array
from constructions.space import Integer, Reals, Seed, Space

Numbers = tuple[Fraction, ...]

RANDOM_BITS = 12
"""Drawn Gaussian entries are rounded to multiples of 2^-12, so that rational arithmetic stays short."""


def predictor(weights: Any, kernel: int, **parts: Any) -> FrequencyInstance:
    """A predictor on a circle or a torus, and the kernel of the nets that are to realise it."""
    array = np.asarray(weights)
    width = {"width": array.shape[1]} if array.ndim == 2 else {}
    return FrequencyInstance(length=array.shape[0], kernel=kernel, predictor=weights, **width, **parts)


def tone(sites: int, frequency: int, kernel: int, phase: float = 0.0) -> FrequencyInstance:
    """cos(2 pi d n/N + phase) in float64."""
    return predictor(np.cos(2 * np.pi * frequency * np.arange(sites) / sites + phase), kernel)


def labelled(points: Any, labels: Sequence[int], kernel: int, **parts: Any) -> FrequencyInstance:
    """Data on a circle to be separated by nets with a kernel."""
    return FrequencyInstance(length=np.shape(points)[1], kernel=kernel, points=points, labels=np.array(labels), **parts)


def dyadic(generator: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    """Standard normal entries rounded to multiples of 2^-12, float64."""
    return np.round(generator.standard_normal(shape) * 2.0**RANDOM_BITS) / 2.0**RANDOM_BITS


def relu_net(filters: Any, readouts: Any, points: Any, **parts: Any) -> FrequencyInstance:
    """f(x) = sum_c <v_c, relu(u_c corr x)> with filters (C, K), readouts (C, N), and points (n, N) to look at."""
    return FrequencyInstance(
        length=np.shape(readouts)[1], filters=filters, readouts=readouts, points=points, **parts
    )  # fmt: skip


def integer_net(
    sites: int, taps: int, channels: int, count: int, generator: np.random.Generator, **parts: Any
) -> FrequencyInstance:  # fmt: skip
    """A ReLU net with entries -4..4, readouts without zeros, and points with entries -9..9."""
    filters = generator.integers(-4, 5, (channels, taps))
    readouts = generator.integers(1, 5, (channels, sites)) * generator.choice([-1, 1], (channels, sites))
    return relu_net(filters, readouts, generator.integers(-9, 10, (count, sites)), **parts)


def open_net(sites: int, taps: int, generator: np.random.Generator) -> FrequencyInstance:
    """One positive filter, positive points: every unit is open, and the gain inequality is an equality.

    The first tap outweighs the others, so that no gain q_d vanishes.
    """
    filters = generator.integers(1, 4, (1, taps))
    filters[0, 0] = 1 + int(filters[0].sum())
    readouts = generator.integers(1, 5, (1, sites)) * generator.choice([-1, 1], (1, sites))
    return relu_net(filters, readouts, generator.integers(1, 10, (3, sites)))


def _sites(p: Mapping[str, Any]) -> int:
    return int(p["n"])


def _predictor(n: int, k: int, w: Numbers, z: Numbers) -> FrequencyInstance | None:
    if not any(w) or not any(z):
        return None
    return predictor(exact_array(w), min(k, n), signal=exact_array(z))


two_predictors = Space(
    "two_predictors",
    {"n": Integer(2, 9), "k": Integer(1, 9), "w": Reals(-1, 1, _sites), "z": Reals(-1, 1, _sites)},
    _predictor,
    note="two predictors on a circle of up to 9 sites, k at most n",
)


def _even(half: int, k: int, w: Numbers) -> FrequencyInstance | None:
    return predictor(exact_array(w), min(k, 2 * half)) if any(w) else None


even_predictors = Space(
    "even_predictors",
    {"half": Integer(1, 4), "k": Integer(1, 8), "w": Reals(-1, 1, lambda p: 2 * p["half"])},
    _even,
    note="predictors on a circle with an even number of sites",
)


def _torus(n1: int, n2: int, w: Numbers) -> FrequencyInstance | None:
    if not any(w):
        return None
    return predictor(exact_array([list(w[i * n2 : (i + 1) * n2]) for i in range(n1)]), 2)


torus_predictors = Space(
    "torus_predictors",
    {"n1": Integer(3, 5), "n2": Integer(3, 5), "w": Reals(-1, 1, lambda p: p["n1"] * p["n2"])},
    _torus,
    note="predictors on a torus of up to 5 x 5 sites, 2 x 2 taps",
)


def _channels(n: int, k: int, w: Numbers) -> FrequencyInstance | None:
    if not any(w):
        return None
    return FrequencyInstance(length=n, kernel=min(k, n), inputs=exact_array([list(w[:n]), list(w[n:])]))


channel_predictors = Space(
    "channel_predictors",
    {"n": Integer(2, 6), "k": Integer(1, 6), "w": Reals(-1, 1, lambda p: 2 * p["n"])},
    _channels,
    note="predictors of two input channels on a circle of up to 6 sites",
)


def _data(n: int, k: int, count: int, half: int, x: Numbers) -> FrequencyInstance:
    points = exact_array([list(x[i * n : (i + 1) * n]) for i in range(count)])
    width = min(half, (n - 1) // 2)
    band = sorted(d % n for d in range(-width, width + 1))
    return labelled(points, [1 - 2 * (i % 2) for i in range(count)], min(k, n), band=np.array(band))


margin_data = Space(
    "margin_data",
    {"n": Integer(2, 8), "k": Integer(1, 8), "count": Integer(1, 3), "half": Integer(0, 3),
     "x": Reals(-1, 1, lambda p: p["n"] * p["count"])},
    _data,
    note="up to 3 points on a circle of up to 8 sites, labels in turn, a low band |d| <= half",
)  # fmt: skip


def _net(n: int, k: int, c: int, half: int, u: Numbers, v: Numbers, x: Numbers) -> FrequencyInstance | None:
    taps, width = min(k, n), min(half, (n - 1) // 2)
    filters = [list(u[i * k : i * k + taps]) for i in range(c)]
    if not any(any(row) for row in filters) or not all(v):
        return None
    return relu_net(
        exact_array(filters), exact_array([list(v[i * n : (i + 1) * n]) for i in range(c)]),
        exact_array([list(x[:n]), list(x[n:])]), band=np.array(sorted(d % n for d in range(-width, width + 1))),
    )  # fmt: skip


gated_nets = Space(
    "gated_nets",
    {"n": Integer(2, 7), "k": Integer(1, 5), "c": Integer(1, 3), "half": Integer(0, 3),
     "u": Reals(-1, 1, lambda p: p["k"] * p["c"]), "v": Reals(-1, 1, lambda p: p["n"] * p["c"]),
     "x": Reals(-1, 1, lambda p: 2 * p["n"])},
    _net,
    note="ReLU nets of up to 3 filters on up to 7 sites, two points, a low band |d| <= half",
)  # fmt: skip


def _tone(half: int, cycles: int, kernel: int) -> FrequencyInstance:
    """Period 2 half, phased so that no site is a zero: half a step for even quarters."""
    sites = 2 * half * cycles
    phase = np.pi / (2 * half) if half % 2 == 0 else 0.0
    return tone(sites, cycles, min(kernel, sites), phase)


tones = Space(
    "tones",
    {"half": Integer(2, 16), "cycles": Integer(1, 4), "kernel": Integer(1, 9)},
    _tone,
    note="cosines of an even whole period on a circle",
)


def _sample(n: int, x: Numbers) -> FrequencyInstance:
    return labelled(exact_array([list(x)]), [1], min(2, n))


single_samples = Space(
    "single_samples",
    {"n": Integer(2, 12), "x": Reals(-1, 1, _sites)},
    _sample,
    note="one sample on a circle of up to 12 sites",
)


def _seeded_net(n: int, k: int, c: int, seed: int) -> FrequencyInstance:
    own = np.random.default_rng(np.random.SeedSequence([seed, n, k, c]))
    return integer_net(n, min(k, n), c, 4, own, band=np.array(sorted({0, 1 % n, -1 % n})))


integer_nets = Space(
    "integer_nets",
    {"n": Integer(3, 16), "k": Integer(1, 7), "c": Integer(1, 4), "seed": Seed()},
    _seeded_net,
    note="ReLU nets with integer weights, four integer points, the band |d| <= 1",
)


def _open(n: int, k: int, seed: int) -> FrequencyInstance:
    return open_net(n, min(k, n), np.random.default_rng(np.random.SeedSequence([seed, n, k])))


open_nets = Space(
    "open_nets",
    {"n": Integer(2, 10), "k": Integer(1, 5), "seed": Seed()},
    _open,
    note="one positive integer filter on three positive points: every unit is open",
)
