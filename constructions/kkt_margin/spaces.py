"""Where searches and campaigns look for instances of kkt_margin: every space yields exact rational instances.

`POINTS` hold KKT points, `CLUSTERS` KKT points of clustered data, `ROBUST` robust networks, `NO_POINTS` networks that
are mostly no KKT points, for questions about that hypothesis, and `RAW` networks written out by their weights (floats).

In every space positives come first. A correlation matrix with off-diagonal entries r c_il / (n - 1), |c_il| <= 1, is
diagonally dominant for r < 1, hence positive definite, and r bounds the near-orthogonality of the theorems.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from functools import partial
from itertools import combinations
from typing import Any

import numpy as np

from constructions.instance import NoInstance, exact_array
from constructions.kkt_margin import batch, closed_forms, data
from constructions.kkt_margin.instance import MarginInstance
from constructions.kkt_margin.merged import class_blocks, contiguous_blocks, exact_partition_point, single_blocks
from constructions.kkt_margin.robust_network import correlation_bound, robust_network
from constructions.kkt_margin.splitting import split_network
from constructions.space import Integer, Real, Reals, Seed, Space

SWITCH = Integer(0, 1)


def _pairs(p: Mapping[str, Any]) -> int:
    return p["n"] * (p["n"] - 1) // 2


def _pulled_apart(labels: np.ndarray, c: Sequence[Fraction], singles: int) -> list[Fraction]:
    """The correlations, with those within a class made negative if every sample gets a neuron of its own.

    A neuron of one sample must be off at the others of its class, so positive correlations there leave few points.
    """
    same = [labels[i] == labels[j] for i, j in combinations(range(labels.size), 2)]
    return [-abs(entry) if singles and own else entry for own, entry in zip(same, c, strict=True)]


def _split(n: int, positives: int) -> np.ndarray:
    if not 0 < positives < n:
        raise NoInstance(f"{positives} of {n} samples positive leaves a class empty")
    return data.split_labels(positives, n - positives)


def _point(instance: MarginInstance, singles: int) -> MarginInstance:
    return exact_partition_point(instance, (single_blocks if singles else class_blocks)(instance.labels))


def correlated_data(
    labels: np.ndarray, dimension: int, bias: int, r: Fraction, c: Sequence[Fraction], lengths: Sequence[Fraction] = ()
) -> MarginInstance:
    """Data with lifted Gram  y_i y_l G_il = (d + b) s_i s_l r c_il / (n - 1)  and  G_ii = (d + b) s_i^2, s = 1 or more.

    c (n(n-1)/2,) in the order of pairs (0,1), (0,2), ...; lengths s (n,) or none, which means 1. Without lengths the
    samples have squared norm exactly d. Raises `NoInstance` where positive definiteness is not plain.
    """
    n, square = labels.size, Fraction(dimension + bias)
    if bias and not square * (1 - r) >= n:
        raise NoInstance(f"taking the bias off needs (d + 1)(1 - r) >= n, got {square * (1 - r)} < {n}")
    gram = np.full((n, n), square, dtype=object)
    for (i, j), entry in zip(combinations(range(n), 2), c, strict=True):
        gram[i, j] = gram[j, i] = square * r * entry * int(labels[i] * labels[j]) / (n - 1)
    if lengths:
        gram = gram * np.outer(np.array(lengths, dtype=object), np.array(lengths, dtype=object))
    return MarginInstance(labels=labels, bias=bias, gram=exact_array(gram - bias), dimension=dimension)


def _correlated(
    n: int, positives: int, dimension: int, bias: int, singles: int, uneven: int, r: Fraction,
    c: tuple[Fraction, ...], lengths: tuple[Fraction, ...],
) -> MarginInstance:  # fmt: skip
    labels = _split(n, positives)
    return _point(correlated_data(labels, dimension, bias, r, _pulled_apart(labels, c, singles), lengths), singles)


def _one_class(
    n: int, dimension: int, bias: int, singles: int, r: Fraction, c: tuple[Fraction, ...]
) -> MarginInstance:
    labels = data.split_labels(n, 0)
    return _point(correlated_data(labels, dimension, bias, r, _pulled_apart(labels, c, singles)), singles)


def _equicorrelated(half: int, singles: int, r: Fraction) -> MarginInstance:
    make = closed_forms.equicorrelated_singles if singles else closed_forms.equicorrelated_merged
    return make(half, r / (2 * half - 1), scale=2 * half)


def _support_threshold(positives: int, share: Fraction) -> MarginInstance:
    return closed_forms.support_threshold(positives, share / (2 * positives - 3))


def _orthogonal_partition(
    positives: int, negatives: int, square: int, blocks: int, bias: int, uneven: int, ratio: tuple[Fraction, ...]
) -> MarginInstance:
    labels = data.split_labels(positives, negatives)
    squares = [Fraction(square)] * positives + [square * (ratio[0] if uneven else Fraction(1))] * negatives
    gram = np.diag(np.array(squares, dtype=object))
    instance = MarginInstance(labels=labels, bias=bias, gram=exact_array(gram), dimension=max(square, labels.size))
    return exact_partition_point(instance, contiguous_blocks(labels, blocks))


def _two_points(square: int, bias: int, cosine: Fraction) -> MarginInstance:
    instance = data.two_point_data(cosine, square, bias=bool(bias))
    return exact_partition_point(
        MarginInstance(labels=instance.labels, bias=bias, gram=instance.gram, dimension=max(square, 2))
    )


def _hub(positives: int, negatives: int, r: Fraction) -> MarginInstance:
    n = positives + negatives
    return closed_forms.hub(positives - 1, negatives, r / (n - 1), scale=n)


def _star(satellites: int, negatives: int, r: Fraction) -> MarginInstance:
    try:
        return closed_forms.rational_star(satellites, negatives, r / (satellites + negatives))
    except ValueError as error:
        raise NoInstance(f"no star of {satellites} satellites and {negatives} negatives at r = {r}: {error}") from None


def _generator(seed: int, *sizes: int) -> np.random.Generator:
    return np.random.default_rng(np.random.SeedSequence([seed, *sizes]))


def sign_points_data(n: int, d: int, bias: int, seed: int) -> MarginInstance:
    """+-1 data of the space `sign_points`, without a network."""
    generator = _generator(seed, n, d, bias)
    return data.sign_data(n, d, generator, labels=data.random_labels(n, generator), bias=bool(bias))


def _sign_points(n: int, d: int, bias: int, seed: int) -> MarginInstance:
    return exact_partition_point(sign_points_data(n, d, bias, seed))


def _sphere_points(n: int, d: int, bias: int, seed: int) -> MarginInstance:
    generator = _generator(seed, n, d, bias)
    labels = data.random_labels(n, generator)
    return exact_partition_point(data.rational_sphere_data(n, d, generator, labels=labels, bias=bool(bias)))


def _cluster_points(k: int, samples: int, d: int, bias: int, seed: int, noise: Fraction) -> MarginInstance:
    labels = data.alternating_labels(k)
    return exact_partition_point(
        data.sign_cluster_data(labels, samples, d, noise, _generator(seed, k, samples, d), bias=bool(bias))
    )


def _rescaled_points(
    n: int, positives: int, bias: int, singles: int, zero: int, r: Fraction, c: tuple[Fraction, ...],
    masses: tuple[Fraction, ...], rows: tuple[Fraction, ...],
) -> MarginInstance:  # fmt: skip
    """An exact KKT point with masses and multipliers multiplied by given factors, and a zero sample added on demand."""
    labels = _split(n, positives)
    point = _point(correlated_data(labels, 4 * n, bias, r, _pulled_apart(labels, c, singles)), singles)
    table = np.array([[Fraction(v) * f for v, f in zip(row, rows, strict=True)] for row in point.rows], dtype=object)
    weighted = [Fraction(a) * f for a, f in zip(point.masses, masses, strict=True)]
    if zero:
        gram = np.full((n + 1, n + 1), Fraction(0), dtype=object)
        gram[:n, :n] = point.exact_gram()
        table = np.hstack([table, np.full((len(table), 1), Fraction(0), dtype=object)])
        point = MarginInstance(labels=[*point.labels, 1], bias=bias, gram=exact_array(gram), dimension=4 * n)
    return point.with_point(labels if singles else [1, -1], exact_array(table), exact_array(weighted))


def leaning_data(positives: int, negatives: int, against: int, scale: Fraction, lean: Fraction) -> MarginInstance:
    """Samples scale e_i + y_i lean e_last if `against`, else scale e_i + lean e_last: norms and |correlations| equal.

    With `against` every opposite sample pulls the other way, the worst case of the bound for k opposite neighbours.
    """
    labels = data.split_labels(positives, negatives)
    points = np.full((labels.size, labels.size + 1), Fraction(0), dtype=object)
    points[np.diag_indices(labels.size)] = Fraction(scale)
    points[:, -1] = [lean * (int(y) if against else 1) for y in labels]
    return MarginInstance(labels=labels, bias=True, points=exact_array(points))


def _robust(
    positives: int, negatives: int, against: int, scale: Fraction, lean: Fraction, theta: Fraction
) -> MarginInstance:
    return robust_network(leaning_data(positives, negatives, against, scale, lean), theta)


def _robust_halfway(positives: int, negatives: int, against: int, scale: Fraction, lean: Fraction) -> MarginInstance:
    instance = leaning_data(positives, negatives, against, scale, lean)
    return robust_network(instance, (1 + correlation_bound(instance)) / 2)


def _robust_signs(n: int, d: int, seed: int, share: Fraction) -> MarginInstance:
    instance = sign_points_data(n, d, 1, seed)
    bound = correlation_bound(instance)
    return robust_network(instance, bound + (1 - bound) * share)


def _split_points(n: int, d: int, bias: int, copies: int, seed: int) -> MarginInstance:
    return split_network(_sign_points(n, d, bias, seed), _generator(seed, n, d, bias, copies), copies=copies)


correlated = Space(
    "correlated",
    {
        "n": Integer(2, 12),
        "positives": Integer(1, 11),
        "dimension": Integer(12, 4096, log=True),
        "bias": SWITCH,
        "singles": SWITCH,
        "uneven": SWITCH,
        "r": Real(0, "99/100"),
        "c": Reals(-1, 1, _pairs),
        "lengths": Reals(1, 2, lambda p: p["n"] if p["uneven"] else 0),
    },
    _correlated,
    batch.correlated,
    note="label-signed lifted Gram matrix with off-diagonal r c/(n - 1), one neuron per class, or per sample and then "
    "-|c| within a class; norms sqrt(d), multiplied by `lengths` if uneven",
)
one_class = Space(
    "one_class",
    {
        "n": Integer(1, 8),
        "dimension": Integer(12, 4096, log=True),
        "bias": SWITCH,
        "singles": SWITCH,
        "r": Real(0, "99/100"),
        "c": Reals(-1, 1, _pairs),
    },
    _one_class,
    batch.one_class,
    note="as `correlated`, with positive samples only",
)
equicorrelated = Space(
    "equicorrelated",
    {"half": Integer(1, 10), "singles": SWITCH, "r": Real(0, "99/100")},
    _equicorrelated,
    batch.equicorrelated,
    note="`half` samples per class of squared norm n = d, every pair with label-signed correlation -r/(n - 1)",
)
support_threshold = Space(
    "support_threshold",
    {"positives": Integer(3, 12), "share": Real(0, "21/20")},
    _support_threshold,
    batch.support_threshold,
    note="unit norms, one negative, and a positive that stops supporting beyond share = 1, q = share/(2 positives - 3)",
)
orthogonal_partition = Space(
    "orthogonal_partition",
    {
        "positives": Integer(1, 8),
        "negatives": Integer(1, 8),
        "square": Integer(1, 4096, log=True),
        "blocks": Integer(1, 8),
        "bias": SWITCH,
        "uneven": SWITCH,
        "ratio": Reals("1/4", 4, lambda p: p["uneven"]),
    },
    _orthogonal_partition,
    batch.orthogonal_partition,
    note="orthogonal samples of squared norm `square`, times `ratio` for negatives if uneven; each class in up to "
    "`blocks` neurons (one with bias)",
)
two_points = Space(
    "two_points",
    {"square": Integer(1, 4096, log=True), "bias": SWITCH, "cosine": Real(-1, "99/100")},
    _two_points,
    batch.two_points,
    note="one sample per class, equal norms",
)
hub = Space(
    "hub",
    {"positives": Integer(2, 25, log=True), "negatives": Integer(1, 25, log=True), "r": Real(0, "99/100")},
    _hub,
    batch.hub,
    note="a centre on in every positive neuron, each of which has one satellite besides; norms sqrt(n), n = d",
)
star = Space(
    "star",
    {"satellites": Integer(4, 48), "negatives": Integer(2, 24), "r": Real("1/4", "99/100")},
    _star,
    note="a centre correlated r/(n - 1) with every negative, whose neuron is on at it; satellites of rational norm",
)
sign_points = Space(
    "sign_points",
    {"n": Integer(2, 64, log=True), "d": Integer(4, 2**17, log=True), "bias": SWITCH, "seed": Seed()},
    _sign_points,
    note="independent fair +-1 entries and labels, both classes present; class-merged point",
)
sphere_points = Space(
    "sphere_points",
    {"n": Integer(2, 32, log=True), "d": Integer(4, 2**17, log=True), "bias": SWITCH, "seed": Seed()},
    _sphere_points,
    note="uniform on the sphere of radius sqrt(d), rounded to exact rationals on it; fair labels; class-merged point",
)
cluster_points = Space(
    "cluster_points",
    {
        "k": Integer(2, 6),
        "samples": Integer(1, 3),
        "d": Integer(16, 2**14, log=True),
        "bias": SWITCH,
        "seed": Seed(),
        "noise": Real(0, "1/4"),
    },
    _cluster_points,
    note="+-1 data in k clusters of alternating labels, a share `noise` of signs turned; class-merged point",
)
rescaled_points = Space(
    "rescaled_points",
    {
        "n": Integer(2, 8),
        "positives": Integer(1, 7),
        "bias": SWITCH,
        "singles": SWITCH,
        "zero": SWITCH,
        "r": Real(0, "3/4"),
        "c": Reals(-1, 1, _pairs),
        "masses": Reals("1/2", "3/2", lambda p: p["n"] if p["singles"] else 2),
        "rows": Reals("1/2", "3/2", lambda p: p["n"]),
    },
    _rescaled_points,
    batch.rescaled_points,
    note="no KKT points: points of `correlated` with the mass of every neuron and the multiplier of every sample "
    "rescaled, and a zero sample added where `zero`",
)
robust = Space(
    "robust",
    {
        "positives": Integer(1, 4),
        "negatives": Integer(1, 4),
        "against": SWITCH,
        "scale": Real(1, 64),
        "lean": Real(0, 1),
        "theta": Real(0, 1),
    },
    _robust,
    batch.robust,
    note="robust network on samples scale e_i + lean e_last, the last coordinate times the label if `against`",
)
_LEANING = {name: parameter for name, parameter in robust.parameters.items() if name != "theta"}
robust_halfway = Space(
    "robust_halfway",
    _LEANING,
    _robust_halfway,
    batch.robust_halfway,
    note="`robust` with theta halfway between the correlation bound and 1",
)
robust_quarter = Space(
    "robust_quarter",
    _LEANING,
    partial(_robust, theta=Fraction(1, 4)),
    batch.robust_quarter,
    note="`robust` with theta = 1/4",
)
robust_orthogonal = Space(
    "robust_orthogonal",
    {name: robust.parameters[name] for name in ("positives", "negatives", "scale", "theta")},
    partial(_robust, against=0, lean=Fraction(0)),
    batch.robust_orthogonal,
    note="`robust` on orthogonal samples",
)
robust_orthogonal_quarter = Space(
    "robust_orthogonal_quarter",
    {name: robust.parameters[name] for name in ("positives", "negatives", "scale")},
    partial(_robust, against=0, lean=Fraction(0), theta=Fraction(1, 4)),
    batch.robust_orthogonal,
    note="`robust` on orthogonal samples with theta = 1/4",
)
robust_signs = Space(
    "robust_signs",
    {"n": Integer(2, 8), "d": Integer(4, 1024, log=True), "seed": Seed(), "share": Real(0, 1)},
    _robust_signs,
    note="robust network on +-1 data, theta at a share of the way from the correlation bound to 1",
)
split_points = Space(
    "split_points",
    {
        "n": Integer(2, 8),
        "d": Integer(16, 4096, log=True),
        "bias": SWITCH,
        "copies": Integer(1, 4),
        "seed": Seed(),
    },
    _split_points,
    note="points of `sign_points`, every neuron split at random into up to `copies`, by its weights in float64",
)

POINTS = (
    correlated, equicorrelated, orthogonal_partition, support_threshold, two_points, hub, star, one_class, sign_points,
    sphere_points,
)  # fmt: skip
CLUSTERS = (cluster_points,)
NO_POINTS = (rescaled_points,)
ROBUST = (robust, robust_halfway, robust_quarter, robust_orthogonal, robust_orthogonal_quarter, robust_signs)
RAW = (split_points,)

SPACES: tuple[Space, ...] = (*POINTS, *CLUSTERS, *NO_POINTS, *ROBUST, *RAW)
