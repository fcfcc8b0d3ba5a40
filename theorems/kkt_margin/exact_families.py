"""Streams of instances known in closed form: exact rational KKT points and robust networks, smallest first."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from functools import partial

import numpy as np

from constructions import kkt_margin as build
from constructions.kkt_margin import split_labels as split
from constructions.kkt_margin.instance import MarginInstance
from theorems.statement import Family

Make = Callable[[], MarginInstance]


def _family(name: str, law: str, points: Sequence[Make]) -> Family:
    def draw(_: np.random.Generator, index: int) -> MarginInstance:
        return points[index]()

    return Family(name, "structured", law, draw, quick=len(points), full=len(points), simpler=build.simpler)


def _over(value: str, divisor: int) -> str:
    return str(Fraction(value) / divisor)


def _equicorrelated(*row_sums: str) -> list[Make]:
    """Signed equicorrelated data of 4 and 10 samples with the given r: one neuron per sample, then one per class."""
    makers = (build.equicorrelated_singles, build.equicorrelated_merged)
    return [partial(make, half, _over(r, 2 * half - 1)) for make in makers for half in (2, 5) for r in row_sums]


closed_forms = _family(
    "closed_forms",
    "KKT points in closed form",
    [
        *[partial(build.two_points, gamma) for gamma in ("-1/2", 0, "1/4")],
        partial(build.orthogonal_singles, split(1, 1), 9),
        partial(build.orthogonal_merged, split(3, 2), 9),
        partial(build.orthogonal_singles, split(3, 2), 9),
        partial(build.orthogonal_singles, split(4, 1), 4),
        partial(build.orthogonal_biased, split(2, 2), 100),
        partial(build.orthogonal_biased, split(5, 2), 100),
    ],
)
sharp_points = _family(
    "sharp_points",
    "KKT points at which the bounds are nearly attained",
    [
        *_equicorrelated("1/100", "1/5", "2/5"),
        partial(build.support_threshold, 10, "59/1000"),
        partial(build.support_threshold, 3, "7/20"),
        partial(build.rational_star, 8, 8, "1/20"),
        partial(build.rational_star, 6, 6, "3/40"),
    ],
)
correlated_points = _family(
    "correlated_points",
    "KKT points in closed form beyond r = sqrt(2) - 1",
    [
        *_equicorrelated("3/5", "4/5", "19/20"),
        partial(build.simplex_merged, split(3, 3)),
        partial(build.simplex_merged, split(4, 2)),
        partial(build.support_threshold, 6, "1/9"),
    ],
)
exact_sphere_points = _family(
    "exact_sphere_points",
    "orthogonal integer samples of norm exactly sqrt(d)",
    [
        partial(build.orthogonal_merged, split(2, 2), 16, dimension=16),
        partial(build.orthogonal_singles, split(3, 3), 36, dimension=36),
        partial(build.orthogonal_merged, split(8, 2), 100, dimension=100),
        partial(build.orthogonal_biased, split(5, 5), 100, dimension=100),
        partial(build.orthogonal_biased, split(5, 2), 100, dimension=100),
    ],
)
support_thresholds = _family(
    "support_thresholds",
    "data on which the last positive stops supporting at q = 1/(2 n_+ - 3)",
    [
        *[
            partial(build.support_threshold, positives, _over(factor, 2 * positives - 3))
            for positives in (3, 6, 10, 20)
            for factor in ("97/100", "103/100")
        ],
        *[partial(build.support_threshold, positives, _over("499/1000", positives)) for positives in (3, 6, 20)],
    ],
)
def _uneven_pair() -> MarginInstance:
    """Orthogonal samples of lengths 4 and 1, one per class, one neuron each."""
    data = MarginInstance(labels=[1, -1], bias=False, points=[[4, 0], [0, 1]])
    return data.with_point([1, -1], [[1, 0], [0, 1]], ["1/16", "1"])


def _stretched_xor(length: int) -> MarginInstance:
    """XOR data with one sample moved outward, one neuron per sample: u points along that sample and flips neither
    it nor its class, because the sample beyond the origin is of the same class."""
    points = [[length, 0], [-1, 0], [0, 1], [0, -1]]
    data = MarginInstance(labels=split(2, 2), bias=False, points=points)
    return build.exact_partition_point(data, build.single_blocks(data.labels))


stretched_xor = _family(
    "stretched_xor",
    "XOR data with one of the four samples moved outward; one neuron per sample",
    [partial(_stretched_xor, length) for length in (2, 3, 10)],
)
unbalanced_singles = _family(
    "unbalanced_singles",
    "orthogonal samples, one neuron per sample: one negative sample, or one sample per class of uneven length",
    [*[partial(build.orthogonal_singles, split(positives, 1), 4) for positives in (2, 4, 9)], _uneven_pair],
)
star_points = _family(
    "star_points",
    "a centre correlated with every negative, switched on by the negative neuron",
    [partial(build.rational_star, 45, 18, "11/2100")],
)


def _robust_orthogonal(positives: int, negatives: int, level: str) -> MarginInstance:
    return build.robust_network(build.orthogonal_data(split(positives, negatives), 4, bias=True), level)


def _robust_small_correlation(positives: int, negatives: int, scale: int) -> MarginInstance:
    """Samples scale * e_i + y_i * e_last: squared norm scale^2 + 1, correlations +-1."""
    labels = split(positives, negatives)
    points = np.hstack([scale * np.eye(labels.size, dtype=np.int64), labels[:, None]])
    return build.robust_network(MarginInstance(labels=labels, bias=True, points=points), "1/4")


robust_orthogonal = _family(
    "robust_orthogonal",
    "orthogonal samples of squared norm 4; robust network",
    [
        partial(_robust_orthogonal, positives, negatives, level)
        for positives, negatives in ((1, 1), (1, 2), (2, 2), (3, 1), (3, 2), (3, 3), (4, 2), (1, 5))
        for level in ("1/4", "1/2", "1/5")
    ],
)
robust_orthogonal_half = _family(
    "robust_orthogonal_half",
    "orthogonal samples of squared norm 4; robust network at theta = 1/2",
    [partial(_robust_orthogonal, 2, 2, "1/2"), partial(_robust_orthogonal, 3, 1, "1/2")],
)
robust_small_correlation = _family(
    "robust_small_correlation",
    "integer samples with p/D = 1/(s^2 + 1), s = 8 to 30; robust network at theta = 1/4",
    [
        partial(_robust_small_correlation, positives, negatives, scale)
        for positives, negatives in ((1, 1), (2, 1), (2, 2), (3, 3))
        for scale in (8, 12, 30)
    ],
)
