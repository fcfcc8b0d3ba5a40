"""The streams of instances that feed the statements of kkt_margin. Small and degenerate sizes come first in each.

A stream returns None where its method ends without a KKT point; acceptance rates are reported. All statements share the
streams, so that a measured point serves every statement that names it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction

import numpy as np

from constructions import kkt_margin as build
from constructions.instance import Instance, InvalidInstance
from constructions.kkt_margin.instance import MarginInstance
from theorems.statement import Family

Point = Callable[[MarginInstance, np.random.Generator], MarginInstance]


def _exact_merged(instance: MarginInstance, _: np.random.Generator) -> MarginInstance:
    return build.exact_partition_point(instance)


def _exact_blocks(instance: MarginInstance, generator: np.random.Generator) -> MarginInstance:
    return build.exact_partition_point(instance, build.fitting_blocks(instance, generator))


def _merged(instance: MarginInstance, _: np.random.Generator) -> MarginInstance:
    return build.merged_point(instance).on(instance)


def _attempt(point: Point, instance: MarginInstance, generator: np.random.Generator) -> MarginInstance | None:
    try:
        return point(instance, generator)
    except (build.NoPoint, InvalidInstance):
        return None


def _labels(n: int, generator: np.random.Generator) -> np.ndarray:
    return build.random_labels(n, generator)


def _sign(sizes: Sequence[int], dimension: Callable[[int], int], point: Point) -> Callable:
    def draw(generator: np.random.Generator, index: int) -> Instance | None:
        n = sizes[index % len(sizes)]
        labels = _labels(n, generator)
        instance = build.sign_data(n, dimension(n), generator, labels=labels, bias=bool(index // len(sizes) % 2))
        return _attempt(point, instance, generator)

    return draw


def _near(n: int) -> int:
    """A dimension at which most +-1 draws meet r < sqrt(2) - 1: the measured reach is 41 to 62 n^2."""
    return 80 * n * n


def _paper(n: int) -> int:
    """A dimension at which most +-1 draws meet the paper's hypothesis: the measured reach is about 100 n^2."""
    return 140 * n * n


def _loose(n: int) -> int:
    return 12 * n * n


def _float(kind: str) -> Callable:
    def draw(generator: np.random.Generator, index: int) -> Instance | None:
        n = 2 + index % 7
        labels = _labels(n, generator)
        options = {"labels": labels, "bias": bool(index // 7 % 2)}
        make = {"sphere": build.bartlett_sphere_data, "uneven": build.uneven_norm_data}[kind]
        point = (_exact_merged, _merged)[index % 2]
        return _attempt(point, make(n, _near(n), generator, **options), generator)

    return draw


def _cone(generator: np.random.Generator, index: int) -> Instance | None:
    n = 3 + index % 4
    instance = build.sign_data(n, _near(n), generator, labels=_labels(n, generator), bias=bool(index % 2))
    return _attempt(lambda data, g: build.kkt_point(data, "cone", g), instance, generator)


def _gradient(generator: np.random.Generator, index: int) -> Instance | None:
    n = 4 + 2 * (index % 3)
    instance = build.sign_data(n, _near(n), generator, labels=build.alternating_labels(n), bias=bool(index % 2))
    return _attempt(lambda data, g: build.kkt_point(data, "gradient", g), instance, generator)


def _listed(points: Sequence[Callable[[], MarginInstance]]) -> Callable:
    def draw(_: np.random.Generator, index: int) -> Instance | None:
        return points[index]()

    return draw


def _structured(name: str, law: str, points: Sequence[Callable[[], MarginInstance]]) -> Family:
    return Family(name, "structured", law, _listed(points), quick=len(points), full=len(points))


split = build.split_labels

_closed_forms: list[Callable[[], MarginInstance]] = [
    lambda: build.two_points("-1/2"),
    lambda: build.two_points(0),
    lambda: build.two_points("1/4"),
    lambda: build.orthogonal_singles(split(1, 1), 9),
    lambda: build.orthogonal_merged(split(3, 2), 9),
    lambda: build.orthogonal_singles(split(3, 2), 9),
    lambda: build.orthogonal_singles(split(4, 1), 4),
    lambda: build.orthogonal_biased(split(2, 2), 100),
    lambda: build.orthogonal_biased(split(5, 2), 100),
]

_sharp: list[Callable[[], MarginInstance]] = [
    *[lambda m=m, r=r: build.equicorrelated_singles(m, _over(r, 2 * m - 1)) for m in (2, 5) for r in ("1/100", "1/5", "2/5")],
    *[lambda m=m, r=r: build.equicorrelated_merged(m, _over(r, 2 * m - 1)) for m in (2, 5) for r in ("1/100", "1/5", "2/5")],
    lambda: build.support_threshold(10, "59/1000"),
    lambda: build.support_threshold(3, "7/20"),
    lambda: build.rational_star(8, 8, "1/20"),
    lambda: build.rational_star(6, 6, "3/40"),
]

_correlated: list[Callable[[], MarginInstance]] = [
    *[lambda m=m, r=r: build.equicorrelated_singles(m, _over(r, 2 * m - 1)) for m in (2, 5) for r in ("3/5", "4/5", "19/20")],
    *[lambda m=m, r=r: build.equicorrelated_merged(m, _over(r, 2 * m - 1)) for m in (2, 5) for r in ("3/5", "4/5", "19/20")],
    lambda: build.simplex_merged(split(3, 3)),
    lambda: build.simplex_merged(split(4, 2)),
    lambda: build.support_threshold(6, "1/9"),
]

_exact_sphere: list[Callable[[], MarginInstance]] = [
    lambda: build.orthogonal_merged(split(2, 2), 16, dimension=16),
    lambda: build.orthogonal_singles(split(3, 3), 36, dimension=36),
    lambda: build.orthogonal_merged(split(8, 2), 100, dimension=100),
    lambda: build.orthogonal_biased(split(5, 5), 100, dimension=100),
    lambda: build.orthogonal_biased(split(5, 2), 100, dimension=100),
]


def _over(value: str, divisor: int) -> str:
    return str(Fraction(value) / divisor)


def _clusters(generator: np.random.Generator, index: int) -> Instance | None:
    k = 2 + index % 4
    labels = np.where(np.arange(k) % 2 == 0, 1, -1)
    data = build.cluster_data(labels, 1 + index % 3, 120 * k * k, generator, noise=(0.05, 0.2)[index % 2],
                              bias=bool(index // 2 % 2))
    return _attempt(_merged, data, generator)


_sizes = (2, 3, 4, 5, 6, 8, 10)
sign_merged = Family("sign_merged", "random", "independent +-1 entries, d = 80 n^2, fair labels; class-merged point",
                     _sign(_sizes, _near, _exact_merged), quick=70, full=700)
sign_blocks = Family("sign_blocks", "random", "independent +-1 entries, d = 80 n^2; each class split at random in two",
                     _sign((3, 4, 5, 6, 8), _near, _exact_blocks), quick=40, full=400)
sphere_merged = Family("sphere_merged", "random", "uniform on the sphere (Gram factor), d = 80 n^2; class-merged point, every second one in floats",
                       _float("sphere"), quick=28, full=400)
uneven_merged = Family("uneven_merged", "random", "uniform directions, uneven norms, d = 80 n^2; class-merged point, every second one in floats",
                       _float("uneven"), quick=14, full=200)
paper_sign = Family("paper_sign", "random", "independent +-1 entries, d = 140 n^2, fair labels; class-merged point",
                    _sign((2, 3, 4, 6), _paper, _exact_merged), quick=24, full=400)
loose_sign = Family("loose_sign", "random", "independent +-1 entries, d = 12 n^2, fair labels; class-merged point",
                    _sign((3, 4, 6, 8, 10), _loose, _exact_merged), quick=30, full=400)
cone_points = Family("cone_points", "solved", "independent +-1 entries, d = 80 n^2; cone program over random patterns",
                     _cone, quick=12, full=120)
gradient_points = Family("gradient_points", "trained", "independent +-1 entries, d = 80 n^2; gradient method, then Newton",
                         _gradient, quick=4, full=40)
cluster_points = Family("cluster_points", "random", "2 to 5 clusters of 1 to 3 samples, d = 120 k^2; class-merged point",
                        _clusters, quick=24, full=300)

POINTS = (_structured("closed_forms", "KKT points in closed form", _closed_forms), sign_merged, sign_blocks,
          sphere_merged, uneven_merged, cone_points, gradient_points)
SHARP_POINTS = (_structured("sharp_points", "KKT points at which the bounds are nearly attained", _sharp),)
CORRELATED_POINTS = (_structured("correlated_points", "KKT points in closed form beyond r = sqrt(2) - 1", _correlated),
                     loose_sign)
SIGN_POINTS = (paper_sign,)
EXACT_SPHERE_POINTS = (_structured("exact_sphere_points", "orthogonal integer samples of norm exactly sqrt(d)",
                                   _exact_sphere),)
CLUSTER_POINTS = (cluster_points,)
ALL_POINTS = POINTS + SHARP_POINTS + CORRELATED_POINTS


def _robust(kind: str) -> Callable:
    def draw(generator: np.random.Generator, index: int) -> Instance | None:
        n = 2 + index % 5
        data = build.sign_data(n, (16, 24, 40)[index % 3] * n, generator, labels=_labels(n, generator), bias=True)
        gram = data.exact_gram()
        largest = max(abs(gram[i, j]) for i in range(n) for j in range(i))
        bound = Fraction(int(largest), int(gram[0, 0]))
        if bound >= 1:
            return None
        level = (1 + bound) / 2 if kind == "half" else bound + (1 - bound) * Fraction(int(generator.integers(1, 16)), 16)
        return build.robust_network(data, level)

    return draw


def _robust_orthogonal(positives: int, negatives: int, level: str) -> MarginInstance:
    data = build.orthogonal_data(split(positives, negatives), 4, bias=True)
    return build.robust_network(data, Fraction(level))


robust_half = Family("robust_half", "random", "+-1 data, d = 16 n to 40 n; robust network, theta = (1 + p/D)/2",
                     _robust("half"), quick=20, full=200)
robust_random = Family("robust_random", "random", "+-1 data, d = 16 n to 40 n; robust network, theta on a grid of 16",
                       _robust("grid"), quick=30, full=300)
robust_orthogonal = _structured("robust_orthogonal", "orthogonal samples of squared norm 4; robust network", [
    lambda a=a, b=b, level=level: _robust_orthogonal(a, b, level)
    for a, b in ((1, 1), (1, 2), (2, 2), (3, 1), (3, 2), (3, 3), (4, 2), (1, 5))
    for level in ("1/4", "1/2", "1/5")
])
robust_orthogonal_half = _structured(
    "robust_orthogonal_half", "orthogonal samples of squared norm 4; robust network at theta = 1/2",
    [lambda: _robust_orthogonal(2, 2, "1/2"), lambda: _robust_orthogonal(3, 1, "1/2")])

RADIUS_POINTS = (POINTS[0], sign_merged, sphere_merged, *SHARP_POINTS)
DATASET_POINTS = (sign_merged, sign_blocks, paper_sign, loose_sign)


def _trained(n_of: Callable[[int], int], dimension: Callable[[int], int], width: int) -> Callable:
    def draw(generator: np.random.Generator, index: int) -> Instance | None:
        n = n_of(index)
        data = build.sign_data(n, dimension(n), generator, labels=build.alternating_labels(n))
        return _attempt(lambda d, g: build.kkt_point(d, "gradient", g, width=width), data, generator)

    return draw


narrow_gradient_points = Family(
    "narrow_gradient_points", "trained", "+-1 data, n = 4, d = 2240, labels alternating; gradient method at width 8",
    _trained(lambda index: 4, _paper, 8), quick=6, full=60)
wide_gradient_points = Family(
    "wide_gradient_points", "trained", "+-1 data, n = 4 or 6, d = 140 n^2; gradient method at width 64",
    _trained(lambda index: 4 + 2 * (index % 2), _paper, 64), quick=4, full=60)
SUPPORT_POINTS = (_structured("support_thresholds", "data on which the last positive stops supporting at q = 1/(2 n_+ - 3)", [
    *[lambda k=k, f=f: build.support_threshold(k, str(Fraction(f) / (2 * k - 3)))
      for k in (3, 6, 10, 20) for f in ("97/100", "103/100")],
    *[lambda k=k: build.support_threshold(k, str(Fraction(499, 1000) / k)) for k in (3, 6, 20)]]),)
UNBALANCED_POINTS = (_structured("unbalanced_singles", "orthogonal samples, one neuron per sample, one negative sample", [
    lambda k=k: build.orthogonal_singles(split(k, 1), 4) for k in (2, 4, 9)]),)
star_points = _structured("star_points", "a centre correlated with every negative, switched on by the negative neuron", [
    lambda: build.rational_star(45, 18, "11/2100")])


def _small_correlation(positives: int, negatives: int, scale: int) -> MarginInstance:
    """Samples scale * e_i + y_i * e_last: squared norm scale^2 + 1, correlations +-1."""
    labels = split(positives, negatives)
    n = labels.size
    points = np.zeros((n, n + 1), dtype=np.int64)
    points[np.arange(n), np.arange(n)] = scale
    points[:, n] = labels
    return build.robust_network(MarginInstance(labels=labels, bias=True, points=points), "1/4")


robust_small_correlation = _structured(
    "robust_small_correlation", "integer samples with p/D = 1/(s^2 + 1), s = 8 to 30; robust network at theta = 1/4",
    [lambda a=a, b=b, s=s: _small_correlation(a, b, s) for a, b in ((1, 1), (2, 1), (2, 2), (3, 3)) for s in (8, 12, 30)])
