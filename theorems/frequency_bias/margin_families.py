"""Streams of predictors, data and nets: oracles, extremal cases, draws."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np

from constructions.frequency_bias import FrequencyInstance, networks
from constructions.frequency_bias.bands import low_band
from constructions.instance import Instance, exact_array
from theorems.statement import Family

Make = Callable[[], Instance]


def _family(name: str, law: str, points: Sequence[Make]) -> Family:
    def draw(_: np.random.Generator, index: int) -> Instance:
        return points[index]()

    return Family(name, "structured", law, draw, quick=len(points), full=len(points))


ORACLE = (4, -1, 3, 0, 2, 5, -2, 1)
oracle_predictors = _family(
    "oracle_predictors", "(4, -1, 3, 0, 2, 5, -2, 1) with every kernel from 1 to 8",
    [partial(networks.predictor, np.array(ORACLE), k) for k in range(1, 9)],
)  # fmt: skip
TONES = ((32, 0, 3), (32, 1, 3), (32, 4, 5), (32, 12, 5), (32, 16, 3), (16, 3, 7), (12, 2, 2))
pure_cosines = _family(
    "pure_cosines", "cosines on 12, 16 and 32 sites, constant and alternating ones included",
    [partial(networks.tone, *entry) for entry in TONES],
)  # fmt: skip


def aligned(weights: Sequence[int], kernel: int) -> FrequencyInstance:
    """A predictor beside the dual vector that its cost is attained at, rounded: the pairing is nearly an equality."""
    from verifiers.frequency_bias.solvers import Shape, represent

    found = represent(np.array(weights, dtype=np.float64), Shape.of(len(weights), kernel))
    dual = np.round(found.dual[0] * 2.0**30) / 2.0**30
    return networks.predictor(np.array(weights), kernel, signal=dual)


aligned_pairs = Family(
    "aligned_pairs", "solved", "an integer predictor and the dual vector of its least-norm factors",
    lambda _, index: aligned(ORACLE[: 8 - index // 3], 2 + index % 3), quick=6, full=6,
)  # fmt: skip
parallel_pairs = _family(
    "parallel_pairs", "a predictor, and twice it, or another tone",
    [
        lambda: networks.predictor(np.array(ORACLE), 3, signal=2 * np.array(ORACLE)),
        lambda: networks.predictor(np.array([1, 1, 1, 1]), 2, signal=np.array([1, 1, 1, 1])),
        lambda: networks.predictor(np.array([1, 0, -1, 0]), 2, signal=np.array([1, 1, 1, 1])),
    ],
)  # fmt: skip
TORUS = [[1, 2, 0, -1], [0, 3, -2, 1], [2, -1, 1, 0], [1, 0, -3, 2]]
torus_oracle = _family(
    "torus_oracle", "a 4 x 4 predictor that one filter of 2 x 2 taps cannot realise at the least cost",
    [lambda: networks.predictor(np.array(TORUS), 2)],
)  # fmt: skip

MARGIN_POINTS = [[3, 1, -2, 0, 1, 1, 0, 2], [1, -1, 2, 2, 0, -3, 1, 0], [0, 2, 1, -1, 1, 0, -2, 1]]


def _oracle_data(kernel: int) -> FrequencyInstance:
    return networks.labelled(np.array(MARGIN_POINTS), [1, -1, 1], kernel, band=low_band(8, 1))


oracle_data = _family(
    "oracle_data", "three integer points on 8 sites, kernels 1, 2, 3, 4, 5 and 8",
    [partial(_oracle_data, k) for k in (1, 2, 3, 4, 5, 8)],
)  # fmt: skip


def rounded_net(kernel: int) -> FrequencyInstance:
    """The oracle data with a net of nearly least cost, rounded to multiples of 2^-16."""
    from verifiers.frequency_bias.margin import max_margin
    from verifiers.frequency_bias.solvers import Shape

    labels = [1, -1, 1]
    found = max_margin(np.array(MARGIN_POINTS), np.array(labels), Shape.of(8, kernel))
    filters, readouts = (np.round(part * 65536) / 65536 for part in (found.filters[:, 0], found.readouts))
    return networks.labelled(np.array(MARGIN_POINTS), labels, kernel, filters=filters, readouts=readouts)


rounded_nets = Family(
    "rounded_nets", "solved", "nets of nearly least cost on three integer points, kernels 1 to 6, rounded",
    lambda _, index: rounded_net(index + 1), quick=6, full=6,
)  # fmt: skip


def gaussian_data(
    sites: int, kernel: int, count: int, half: int, exponent: float, generator: np.random.Generator
) -> FrequencyInstance:  # fmt: skip
    """Gaussian points with spectrum (1 + |d|)^-a, entries rounded to multiples of 2^-12, random labels."""
    frequency = np.minimum(np.arange(sites), sites - np.arange(sites))
    spectrum = np.fft.fft(generator.standard_normal((count, sites)), norm="ortho") * (1.0 + frequency) ** -exponent
    points = np.round(np.fft.ifft(spectrum, norm="ortho").real * 4096) / 4096
    return networks.labelled(points, generator.choice([-1, 1], count).tolist(), kernel, band=low_band(sites, half))


def _gaussian(generator: np.random.Generator, index: int) -> FrequencyInstance:
    sites, kernel, half = ((16, 3, 2), (32, 5, 3), (12, 2, 1), (16, 5, 4))[index % 4]
    return gaussian_data(sites, kernel, 4 + index % 5, half, (0.0, 1.0, 2.0)[index % 3], generator)


gaussians = Family(
    "gaussians", "random", "Gaussian points, white, 1/f and 1/f^2, on 12 to 32 sites, random labels, a low band",
    _gaussian, quick=8, full=80,
)  # fmt: skip
constant_sample = _family(
    "constant_sample", "one constant sample: all energy of the predictor is in the band {0}",
    [
        lambda: networks.labelled(np.ones((1, 8), dtype=int), [1], 3, band=np.array([0])),
        lambda: networks.labelled(np.ones((1, 6), dtype=int), [-1], 2, band=np.array([0])),
    ],
)  # fmt: skip
unit_sample = _family(
    "unit_sample", "one sample that is 1 at one site: with one tap exactly the forced energy is outside of the band",
    [partial(networks.labelled, np.eye(1, n, dtype=int), [1], 1, band=low_band(n, w)) for n, w in ((8, 1), (9, 3))],
)  # fmt: skip


def prolate_data(sites: int, kernel: int, half: int) -> FrequencyInstance:
    """One sample whose best filter leaks as little as any: the gain u~ of the prolate filter, as a signal."""
    from verifiers.frequency_bias.prolate import float_vector

    taps = float_vector(sites, kernel, 2 * half + 1)
    gain = np.abs(np.fft.fft(taps, sites)) ** 2
    inside = np.isin(np.arange(sites), low_band(sites, half))
    sample = np.fft.ifft(np.where(inside, gain, 0.0)).real * sites
    return networks.labelled(np.round(sample[None] * 4096) / 4096, [1], kernel, band=low_band(sites, half))


tight_data = _family(
    "tight_data", "one band-limited sample shaped like a prolate filter",
    [partial(prolate_data, *entry) for entry in ((16, 3, 2), (32, 5, 3), (32, 3, 4))],
)  # fmt: skip

two_predictors = Family.of(networks.two_predictors, quick=40, full=600)
channels = Family.of(networks.channel_predictors, quick=16, full=200)
torus = Family.of(networks.torus_predictors, quick=12, full=200)
data = Family.of(networks.margin_data, quick=25, full=400)


def _shared(index: int) -> FrequencyInstance:
    rows = [[1, 2, 0, -1, 3, 0], [2, 4, 0, -2, 6, 0]] if index else [[1, 0, 0, 0], [0, 1, 0, 0]]
    return FrequencyInstance(length=len(rows[0]), kernel=2, inputs=np.array(rows))


shared_channels = Family(
    "shared_channels", "structured", "two input channels that are multiples, or shifts, of each other",
    lambda _, index: _shared(index), quick=2, full=2,
)  # fmt: skip

gated_nets = Family.of(networks.gated_nets, quick=30, full=500)
integer_nets = Family.of(networks.integer_nets, quick=12, full=200)


def _open(generator: np.random.Generator, index: int) -> FrequencyInstance:
    return networks.open_net(4 + 2 * (index % 4), 1 + index % 4, generator)


open_nets = Family(
    "open_nets", "random", "one positive filter on positive integer points: every unit is open", _open,
    quick=8, full=40,
)  # fmt: skip
open_exceptions = _family(
    "open_exceptions", "all units open, but two filters; and one filter whose gain vanishes at the highest frequency",
    [
        lambda: networks.relu_net(np.array([[1], [2]]), np.array([[1, 2], [2, -1]]), np.array([[1, 3]])),
        lambda: networks.relu_net(np.array([[1, 1]]), np.array([[1, 3, -1, 2]]), np.array([[1, 2, 3, 4]])),
    ],
)  # fmt: skip
even_tones = Family.of(networks.tones, quick=20, full=60)
SIX = (2, 1, -1, -2, -1, 1)
six = _family(
    "period_six", "the cosine of period 6, in integers: 2, 1, -1, -2, -1, 1, repeated",
    [lambda r=r: networks.predictor(exact_array(SIX * r), 3) for r in (2, 4)],  # type: ignore[misc]
)  # fmt: skip
single_samples = Family.of(networks.single_samples, quick=20, full=200)
PINK = ((4, 3, 2, 3), (5, 4, 2, 1, 2, 4), (3, 3, 2, 2))
pink_samples = _family(
    "pink_samples", "one sample with positive correlations of neighbours",
    [lambda x=x: networks.labelled(np.array([x]), [1], 2) for x in PINK],  # type: ignore[misc]
)  # fmt: skip
rough_samples = _family(
    "rough_samples", "one sample whose neighbours are negatively correlated",
    [lambda x=x: networks.labelled(np.array([x]), [1], 2) for x in ((4, -2, 1, 0), (3, -1, 1, -1, 0, 0))],  # type: ignore[misc]
)  # fmt: skip
