"""Named KKT points in closed form: exact rationals first, small and degenerate ones first.

`POINTS` maps a name to a maker of one exact instance; `structured_draws` builds them. Names state family, sizes and
parameters. All are exact KKT points except those of `FLOAT_POINTS`, which are float64 points of residual about 1e-15.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction
from functools import partial

from constructions.instance import Draw
from constructions.kkt_margin import closed_forms, data, newton
from constructions.kkt_margin.algebra import normalised
from constructions.kkt_margin.data import split_labels
from constructions.kkt_margin.instance import MarginInstance
from constructions.kkt_margin.merged import Blocks, exact_partition_point

Maker = Callable[[], MarginInstance]


def _catalogue() -> dict[str, Maker]:
    points: dict[str, Maker] = {}
    for gamma in ("-1", "-1/2", "0", "1/2", "9/10"):
        points[f"two points, cosine {gamma}"] = partial(closed_forms.two_points, gamma, 4)
    for positives, negatives in ((1, 1), (2, 1), (3, 2), (9, 1)):
        labels, sizes = split_labels(positives, negatives), f"{positives}+{negatives}"
        points[f"orthogonal {sizes}, merged"] = partial(closed_forms.orthogonal_merged, labels, 9)
        if positives + negatives > 2:
            points[f"orthogonal {sizes}, singles"] = partial(closed_forms.orthogonal_singles, labels, 9)
    points["orthogonal 4+2, blocks of 1, 3 and 2"] = partial(
        closed_forms.orthogonal_partition, split_labels(4, 2), 9, [[0], [1, 2, 3], [4, 5]])
    for positives, negatives in ((1, 1), (5, 5), (5, 2), (1, 6)):
        labels = split_labels(positives, negatives)
        points[f"orthogonal {positives}+{negatives}, bias"] = partial(closed_forms.orthogonal_biased, labels, 100)
    for positives, negatives in ((2, 1), (3, 3), (4, 2)):
        labels, sizes = split_labels(positives, negatives), f"{positives}+{negatives}"
        points[f"simplex {sizes}, merged"] = partial(closed_forms.simplex_merged, labels, 12)
        points[f"simplex {sizes}, singles"] = partial(closed_forms.simplex_singles, labels, 12)
    for half in (1, 2, 5):
        for row_sum in ("1/100", "1/5", "33/100", "2/5", "3/5", "4/5", "19/20"):
            q, name = Fraction(row_sum) / (2 * half - 1), f"equicorrelated n={2 * half}, r={row_sum}"
            points[f"{name}, merged"] = partial(closed_forms.equicorrelated_merged, half, q)
            if half > 1:
                points[f"{name}, singles"] = partial(closed_forms.equicorrelated_singles, half, q)
    for positives in (3, 6, 10):
        for side, factor in (("below", "97/100"), ("at", "1"), ("above", "103/100")):
            q = Fraction(factor) / (2 * positives - 3)
            points[f"support threshold n={positives + 1}, {side}"] = partial(
                closed_forms.support_threshold, positives, q)
    points["duplicate sample"] = _solved(lambda: MarginInstance(
        labels=[1, -1, 1], bias=False, points=[[1, 0], [0, 1], [1, 0]]))
    points["autoregressive n=5"] = _solved(partial(data.signed_autoregressive_data, 5, "-1/10"))
    points["blocks 3 x 2, bias"] = _solved(partial(data.signed_block_data, 3, 2, "-1/8", bias=True, scale=64))
    for size, dimension, bias in ((4, 256, False), (6, 1024, True), (8, 4096, True)):
        points[f"reproducible signs n={size}, d={dimension}"] = _solved(
            partial(data.linear_congruential_sign_data, size, dimension, bias=bias))
    points["reproducible signs n=6, d=1024, three neurons"] = _solved(
        partial(data.linear_congruential_sign_data, 6, 1024, bias=True), [[2], [0, 4], [1, 3, 5]])
    points["star 8+8, r=4/5"] = partial(closed_forms.rational_star, 8, 8, "1/20")
    points["star 45+18, r=333/1000"] = partial(closed_forms.rational_star, 45, 18, Fraction(333, 63000))
    return points


def _solved(dataset: Maker, blocks: Blocks | None = None) -> Maker:
    """The exact partition point of a dataset, class-merged by default."""
    return lambda: exact_partition_point(dataset(), blocks)


def unit_star(satellites: int, negatives: int, row_sum: float) -> MarginInstance:
    """The star with unit norms, polished: float64, degenerate kinks with mu = 0."""
    rough = closed_forms.star(satellites, negatives, row_sum)
    gram, labels = rough.float_lifted_gram(), rough.labels
    return newton.polish(normalised(rough.signs, rough.rows, rough.masses, gram, labels), gram, labels).on(rough)


POINTS: dict[str, Maker] = _catalogue()
FLOAT_POINTS: dict[str, Maker] = {"unit star 12+12, r=.75": lambda: unit_star(12, 12, 0.75)}


def structured_draws(names: list[str] | None = None) -> Iterator[Draw]:
    """The named instances (default: all exact ones) as draws, in catalogue order."""
    everything = POINTS | FLOAT_POINTS
    for index, name in enumerate(POINTS if names is None else names):
        yield Draw(everything[name](), "structured", name, index=index)
