"""The streams of instances that feed the statements of kkt_margin. Small and degenerate sizes come first in each.

A stream returns None where its method ends without a KKT point; acceptance rates are reported. All statements share the
streams, so that a measured point serves every statement that names it. Laws in d: most +-1 draws meet r < sqrt(2) - 1
from about 60 n^2 on, the paper's hypothesis from about 100 n^2 on (measured).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from functools import partial

import numpy as np

from constructions import kkt_margin as build
from constructions.instance import Instance, InvalidInstance
from constructions.kkt_margin.instance import MarginInstance
from theorems.kkt_margin import exact_families as exact
from theorems.statement import Family

Draw = Callable[[np.random.Generator, int], Instance | None]
Point = Callable[[MarginInstance, np.random.Generator], MarginInstance]


def _exact_merged(instance: MarginInstance, _: np.random.Generator) -> MarginInstance:
    return build.exact_partition_point(instance)


def _exact_blocks(instance: MarginInstance, generator: np.random.Generator) -> MarginInstance:
    return build.exact_partition_point(instance, build.fitting_blocks(instance, generator))


def _float_merged(instance: MarginInstance, _: np.random.Generator) -> MarginInstance:
    return build.merged_point(instance).on(instance)


def _cone(instance: MarginInstance, generator: np.random.Generator) -> MarginInstance:
    return build.kkt_point(instance, "cone", generator)


def _gradient(width: int) -> Point:
    return lambda instance, generator: build.kkt_point(instance, "gradient", generator, width=width)


def _attempt(point: Point, instance: MarginInstance, generator: np.random.Generator) -> MarginInstance | None:
    try:
        return point(instance, generator)
    except (build.NoPoint, InvalidInstance):
        return None


def _sign(sizes: Sequence[int], factor: int, point: Point, labels: str = "random", biases: bool = True) -> Draw:
    """+-1 data with d = factor n^2, sizes in turn, without and with bias in turn."""

    def draw(generator: np.random.Generator, index: int) -> Instance | None:
        n = sizes[index % len(sizes)]
        chosen = build.random_labels(n, generator) if labels == "random" else build.alternating_labels(n)
        bias = biases and index // len(sizes) % 2 == 1
        instance = build.sign_data(n, factor * n * n, generator, labels=chosen, bias=bias)
        return _attempt(point, instance, generator)

    return draw


def _float(make: Callable[..., MarginInstance]) -> Draw:
    """Float data with d = 80 n^2: the class-merged point in exact arithmetic and in floats in turn."""

    def draw(generator: np.random.Generator, index: int) -> Instance | None:
        n = 2 + index % 7
        labels = build.random_labels(n, generator)
        instance = make(n, 80 * n * n, generator, labels=labels, bias=index // 7 % 2 == 1)
        return _attempt((_exact_merged, _float_merged)[index % 2], instance, generator)

    return draw


def _clusters(generator: np.random.Generator, index: int) -> Instance | None:
    k = 2 + index % 4
    noise, bias = (0.05, 0.2)[index % 2], index // 2 % 2 == 1
    samples = 1 + index % 3
    data = build.cluster_data(build.alternating_labels(k), samples, 120 * k * k, generator, noise=noise, bias=bias)
    return _attempt(_float_merged, data, generator)


def _split(generator: np.random.Generator, index: int) -> Instance | None:
    """The class-merged network with every neuron split at random into one to four, by its weights and merged."""
    n = 2 + index % 5
    labels = build.random_labels(n, generator)
    data = build.bartlett_sphere_data(n, 80 * n * n, generator, labels=labels, bias=index // 5 % 2 == 1)
    point = _attempt(_float_merged, data, generator)
    return None if point is None else build.split_network(point, generator)


def _robust(halfway: bool) -> Draw:
    def draw(generator: np.random.Generator, index: int) -> Instance | None:
        n = 2 + index % 5
        labels = build.random_labels(n, generator)
        data = build.sign_data(n, (16, 24, 40)[index % 3] * n, generator, labels=labels, bias=True)
        gram = data.exact_gram()
        bound = Fraction(max(abs(int(gram[i, j])) for i in range(n) for j in range(i)), int(gram[0, 0]))
        if bound >= 1:
            return None
        share = Fraction(1, 2) if halfway else Fraction(int(generator.integers(1, 16)), 16)
        return build.robust_network(data, bound + (1 - bound) * share)

    return draw


_family = partial(Family, simpler=build.simpler)

sign_merged = _family(
    "sign_merged",
    "random",
    "+-1 entries, d = 80 n^2, fair labels; class-merged point",
    _sign((2, 3, 4, 5, 6, 8, 10), 80, _exact_merged),
    quick=70,
    full=700,
)
sign_blocks = _family(
    "sign_blocks",
    "random",
    "+-1 entries, d = 80 n^2, fair labels; each class split at random",
    _sign((3, 4, 5, 6, 8), 80, _exact_blocks),
    quick=40,
    full=400,
)
sphere_merged = _family(
    "sphere_merged",
    "random",
    "uniform on the sphere (Gram factor), d = 80 n^2; class-merged point, every second one in floats",
    _float(build.bartlett_sphere_data),
    quick=28,
    full=400,
)
uneven_merged = _family(
    "uneven_merged",
    "random",
    "uniform directions, uneven norms, d = 80 n^2; class-merged point, every second one in floats",
    _float(build.uneven_norm_data),
    quick=14,
    full=200,
)
paper_sign = _family(
    "paper_sign",
    "random",
    "+-1 entries, d = 140 n^2, fair labels; class-merged point",
    _sign((2, 3, 4, 6), 140, _exact_merged),
    quick=24,
    full=400,
)
loose_sign = _family(
    "loose_sign",
    "random",
    "+-1 entries, d = 12 n^2, fair labels; class-merged point",
    _sign((3, 4, 6, 8, 10), 12, _exact_merged),
    quick=30,
    full=400,
)
cone_points = _family(
    "cone_points",
    "solved",
    "+-1 entries, d = 80 n^2, fair labels; cone program over random patterns",
    _sign((3, 4, 5, 6), 80, _cone),
    quick=12,
    full=120,
)
gradient_points = _family(
    "gradient_points",
    "trained",
    "+-1 entries, d = 80 n^2, labels alternating; gradient method at width 50, then Newton",
    _sign((4, 6, 8), 80, _gradient(50), "alternating"),
    quick=4,
    full=40,
)
narrow_gradient_points = _family(
    "narrow_gradient_points",
    "trained",
    "+-1 entries, n = 4, d = 2240, labels alternating; gradient method at width 8",
    _sign((4,), 140, _gradient(8), "alternating", biases=False),
    quick=6,
    full=60,
)
wide_gradient_points = _family(
    "wide_gradient_points",
    "trained",
    "+-1 entries, n = 4 or 6, d = 140 n^2, labels alternating; gradient method at width 64",
    _sign((4, 6), 140, _gradient(64), "alternating", biases=False),
    quick=4,
    full=60,
)
cluster_points = _family(
    "cluster_points",
    "random",
    "2 to 5 clusters of 1 to 3 samples, d = 120 k^2; class-merged point",
    _clusters,
    quick=24,
    full=300,
)
split_networks = Family(
    "split_networks",
    "random",
    "uniform on the sphere (Gram factor), d = 80 n^2; class-merged network, neurons split at random",
    _split,
    quick=20,
    full=200,
)
robust_half = _family(
    "robust_half",
    "random",
    "+-1 data, d = 16 n to 40 n; robust network, theta = (1 + p/D)/2",
    _robust(halfway=True),
    quick=20,
    full=200,
)
robust_random = _family(
    "robust_random",
    "random",
    "+-1 data, d = 16 n to 40 n; robust network, theta on a grid of 16 above p/D",
    _robust(halfway=False),
    quick=30,
    full=300,
)

POINTS = (
    exact.closed_forms, sign_merged, sign_blocks, sphere_merged, uneven_merged, cone_points, gradient_points,
)  # fmt: skip
ALL_POINTS = (*POINTS, exact.sharp_points, exact.correlated_points, loose_sign)
RADIUS_POINTS = (exact.closed_forms, sign_merged, sphere_merged, exact.sharp_points)
DATASET_POINTS = (sign_merged, sign_blocks, paper_sign, loose_sign)
