"""Named KKT points in closed form: exact rationals first, small and degenerate ones first.

`POINTS` maps a name to a maker of one exact instance; `structured_draws` builds them. Names state family, sizes and
parameters. All are exact KKT points except those of `FLOAT_POINTS`, which are float64 points of residual about 1e-15.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction

from constructions.instance import Draw
from constructions.kkt_margin import closed_forms, data, newton
from constructions.kkt_margin.algebra import normalised
from constructions.kkt_margin.data import split_labels
from constructions.kkt_margin.instance import MarginInstance
from constructions.kkt_margin.merged import exact_partition_point

Maker = Callable[[], MarginInstance]


def _catalogue() -> dict[str, Maker]:
    points: dict[str, Maker] = {}
    for gamma in ("-1", "-1/2", "0", "1/2", "9/10"):
        points[f"two points, cosine {gamma}"] = lambda g=gamma: closed_forms.two_points(g, 4)
    for positives, negatives in ((1, 1), (2, 1), (3, 2), (9, 1)):
        labels, sizes = split_labels(positives, negatives), f"{positives}+{negatives}"
        points[f"orthogonal {sizes}, merged"] = lambda y=labels: closed_forms.orthogonal_merged(y, 9)
        if positives + negatives > 2:
            points[f"orthogonal {sizes}, singles"] = lambda y=labels: closed_forms.orthogonal_singles(y, 9)
    points["orthogonal 4+2, blocks of 1, 3 and 2"] = lambda: closed_forms.orthogonal_partition(
        split_labels(4, 2), 9, [[0], [1, 2, 3], [4, 5]])
    for positives, negatives in ((1, 1), (5, 5), (5, 2), (1, 6)):
        labels = split_labels(positives, negatives)
        points[f"orthogonal {positives}+{negatives}, bias"] = lambda y=labels: closed_forms.orthogonal_biased(y, 100)
    for positives, negatives in ((2, 1), (3, 3), (4, 2)):
        labels, sizes = split_labels(positives, negatives), f"{positives}+{negatives}"
        points[f"simplex {sizes}, merged"] = lambda y=labels: closed_forms.simplex_merged(y, 12)
        points[f"simplex {sizes}, singles"] = lambda y=labels: closed_forms.simplex_singles(y, 12)
    for half in (1, 2, 5):
        for row_sum in ("1/100", "1/5", "33/100", "2/5", "3/5", "4/5", "19/20"):
            q, name = Fraction(row_sum) / (2 * half - 1), f"equicorrelated n={2 * half}, r={row_sum}"
            points[f"{name}, merged"] = lambda m=half, q=q: closed_forms.equicorrelated_merged(m, q)
            if half > 1:
                points[f"{name}, singles"] = lambda m=half, q=q: closed_forms.equicorrelated_singles(m, q)
    for positives in (3, 6, 10):
        for side, factor in (("below", "97/100"), ("at", "1"), ("above", "103/100")):
            q = Fraction(factor) / (2 * positives - 3)
            points[f"support threshold n={positives + 1}, {side}"] = (
                lambda p=positives, q=q: closed_forms.support_threshold(p, q))
    points["duplicate sample"] = lambda: exact_partition_point(
        MarginInstance(labels=[1, -1, 1], bias=False, points=[[1, 0], [0, 1], [1, 0]]))
    points["autoregressive n=5"] = lambda: exact_partition_point(data.signed_autoregressive_data(5, "-1/10"))
    points["blocks 3 x 2, bias"] = lambda: exact_partition_point(
        data.signed_block_data(3, 2, "-1/8", bias=True, scale=64))
    for size, dimension, bias in ((4, 256, False), (6, 1024, True), (8, 4096, True)):
        points[f"reproducible signs n={size}, d={dimension}"] = lambda n=size, d=dimension, b=bias: (
            exact_partition_point(data.linear_congruential_sign_data(n, d, bias=b)))
    points["reproducible signs n=6, d=1024, three neurons"] = lambda: exact_partition_point(
        data.linear_congruential_sign_data(6, 1024, bias=True), [[2], [0, 4], [1, 3, 5]])
    points["star 8+8, r=4/5"] = lambda: closed_forms.rational_star(8, 8, "1/20")
    points["star 45+18, r=333/1000"] = lambda: closed_forms.rational_star(45, 18, Fraction(333, 63000))
    return points


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
