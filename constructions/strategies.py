"""Hypothesis strategies, one per construction, named in plural. Everything drawn is valid by construction.

Sizes shrink to the smallest and most degenerate case. These are for property tests and for searching; a probability
must come from the seeded samplers in the constructions, never from here.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from math import isqrt

import numpy as np
from hypothesis import assume
from hypothesis import strategies as st
from hypothesis.errors import InvalidArgument

from constructions import kkt_margin as build
from constructions.kkt_margin.instance import MarginInstance
from constructions.space import DRAWN_DENOMINATOR, Point, Real, Reals, Space

Instances = st.SearchStrategy[MarginInstance]


def _require_sizes(min_size: int, max_size: int, least: int) -> None:
    if not least <= min_size <= max_size:
        raise InvalidArgument(f"need {least} <= min_size <= max_size, got min_size={min_size}, max_size={max_size}")


def generators() -> st.SearchStrategy[np.random.Generator]:
    """Numpy generators from a drawn seed."""
    return st.integers(0, 2**32 - 1).map(np.random.default_rng)


@st.composite
def label_vectors(draw: st.DrawFn, min_size: int = 2, max_size: int = 8) -> np.ndarray:
    """Labels +-1 with both classes present; shrinks to (+1, -1)."""
    _require_sizes(min_size, max_size, 2)
    size = draw(st.integers(min_size, max_size))
    rest = draw(st.lists(st.sampled_from([1, -1]), min_size=size - 2, max_size=size - 2))
    return np.array([1, -1, *rest], dtype=np.int64)


def squared_norms() -> st.SearchStrategy[Fraction]:
    """Squared norms of orthogonal and simplex data: squares, non-squares and non-integers."""
    return st.sampled_from([Fraction(1), Fraction(9), Fraction(100), Fraction(12), Fraction(1, 7)])


def biases() -> st.SearchStrategy[bool]:
    """Bias-free first."""
    return st.booleans()


@st.composite
def rationals(draw: st.DrawFn, below: Fraction, *, max_denominator: int = 100) -> Fraction:
    """Rationals in [0, below), shrinking to 0."""
    denominator = draw(st.integers(1, max_denominator))
    return Fraction(draw(st.integers(0, denominator * 10 - 1)), denominator * 10) * below


@st.composite
def sign_datasets(
    draw: st.DrawFn, min_size: int = 2, max_size: int = 8, *, min_dimension: int = 16, max_dimension: int = 400
) -> MarginInstance:
    """+-1 data that some network fits: opposite labels never on one ray (redrawn coordinates instead of rejection)."""
    if min_dimension < 2 * max_size:
        raise InvalidArgument(f"need min_dimension >= 2 * max_size, got {min_dimension} and {max_size}")
    labels, bias = draw(label_vectors(min_size, max_size)), draw(biases())
    dimension = draw(st.integers(min_dimension, max_dimension))
    generator = draw(generators())
    while True:
        instance = build.sign_data(labels.size, dimension, generator, labels=labels, bias=bias)
        if np.abs(np.triu(instance.float_gram(), 1)).max() < dimension:
            return instance


@st.composite
def sphere_datasets(
    draw: st.DrawFn, min_size: int = 2, max_size: int = 8, *, min_dimension: int = 2, max_dimension: int = 10**6
) -> MarginInstance:
    """Uniform sphere data; a triangular factor stands for the points where size <= dimension."""
    labels, bias, generator = draw(label_vectors(min_size, max_size)), draw(biases()), draw(generators())
    dimension = draw(st.integers(min_dimension, max_dimension))
    sample = build.bartlett_sphere_data if labels.size <= dimension else build.uniform_sphere_data
    return sample(labels.size, dimension, generator, labels=labels, bias=bias)


@st.composite
def uneven_datasets(
    draw: st.DrawFn, min_size: int = 2, max_size: int = 8, *, min_dimension: int = 16, max_dimension: int = 10**6
) -> MarginInstance:
    """Sphere directions with norms spread by up to 50 %."""
    labels, bias, generator = draw(label_vectors(min_size, max_size)), draw(biases()), draw(generators())
    dimension, spread = draw(st.integers(min_dimension, max_dimension)), draw(st.sampled_from([0.0, 0.1, 0.5]))
    return build.uneven_norm_data(labels.size, dimension, generator, spread=spread, labels=labels, bias=bias)


@st.composite
def orthogonal_datasets(draw: st.DrawFn, min_size: int = 2, max_size: int = 8) -> MarginInstance:
    """Exactly orthogonal points of equal rational squared norm."""
    labels, bias = draw(label_vectors(min_size, max_size)), draw(biases())
    square = draw(squared_norms())
    return build.orthogonal_data(labels, square, bias=bias)


@st.composite
def simplex_datasets(draw: st.DrawFn, min_size: int = 2, max_size: int = 8) -> MarginInstance:
    """Regular simplices around the origin: the Gram matrix is singular."""
    labels, bias = draw(label_vectors(min_size, max_size)), draw(biases())
    return build.simplex_data(labels, draw(squared_norms()), bias=bias)


@st.composite
def cluster_datasets(
    draw: st.DrawFn, min_size: int = 2, max_size: int = 5, *, max_samples: int = 3, dimension: int = 1000
) -> MarginInstance:
    """Between min_size and max_size clusters of one label each, up to `max_samples` samples in each."""
    labels, bias, generator = draw(label_vectors(min_size, max_size)), draw(biases()), draw(generators())
    samples, noise = draw(st.integers(1, max_samples)), draw(st.sampled_from([0.05, 0.2]))
    return build.cluster_data(labels, samples, dimension, generator, noise=noise, bias=bias)


@st.composite
def signed_gram_datasets(draw: st.DrawFn, min_size: int = 2, max_size: int = 8) -> MarginInstance:
    """Exact label-signed Gram families: autoregressive, or orthogonal blocks."""
    labels, bias = draw(label_vectors(min_size, max_size)), draw(biases())
    if draw(st.booleans()) and labels.size % 2 == 0:
        correlation = draw(rationals(Fraction(1))) * draw(st.sampled_from([1, -1]))
        return build.signed_block_data(labels.size // 2, 2, correlation, labels=labels, bias=bias, scale=16)
    correlation = draw(rationals(Fraction(1, 2))) * draw(st.sampled_from([1, -1]))
    return build.signed_autoregressive_data(labels.size, correlation, labels=labels, bias=bias, scale=16)


@st.composite
def orthogonal_points(draw: st.DrawFn, min_size: int = 2, max_size: int = 8) -> MarginInstance:
    """Exact KKT points of orthogonal data: any partition of the classes without bias, class-merged with bias."""
    labels = draw(label_vectors(min_size, max_size))
    square = draw(squared_norms())
    if draw(biases()):
        return build.orthogonal_biased(labels, square)
    parts = draw(st.integers(1, labels.size))
    return build.orthogonal_partition(labels, square, build.random_blocks(labels, draw(generators()), parts))


@st.composite
def two_point_points(draw: st.DrawFn, *, max_denominator: int = 100) -> MarginInstance:
    """Exact KKT points of one positive and one negative sample at any rational cosine in [-1, 1)."""
    cosine = draw(rationals(Fraction(1), max_denominator=max_denominator)) * draw(st.sampled_from([1, -1]))
    return build.two_points(cosine, draw(st.sampled_from([1, 4])))


@st.composite
def simplex_points(draw: st.DrawFn, min_size: int = 2, max_size: int = 8) -> MarginInstance:
    """Exact KKT points of the simplex, merged or one neuron per sample."""
    labels, square = draw(label_vectors(min_size, max_size)), draw(squared_norms())
    return draw(st.sampled_from([build.simplex_merged, build.simplex_singles]))(labels, square)


@st.composite
def equicorrelated_points(
    draw: st.DrawFn, min_size: int = 2, max_size: int = 10, *, max_row_sum: Fraction = Fraction(99, 100)
) -> MarginInstance:
    """Exact KKT points of signed equicorrelated data with 0 <= r < max_row_sum, merged or one neuron per sample."""
    _require_sizes(min_size, max_size, 2)
    half = draw(st.integers((min_size + 1) // 2, max_size // 2))
    correlation = draw(rationals(max_row_sum)) / (2 * half - 1)
    return draw(st.sampled_from([build.equicorrelated_merged, build.equicorrelated_singles]))(half, correlation)


@st.composite
def support_threshold_points(draw: st.DrawFn, min_size: int = 3, max_size: int = 10) -> MarginInstance:
    """Exact class-merged points with min_size to max_size positives on both sides of the support threshold."""
    _require_sizes(min_size, max_size, 3)
    positives = draw(st.integers(min_size, max_size))
    return build.support_threshold(positives, draw(rationals(Fraction(21, 20))) / (2 * positives - 3))


def closed_form_points(min_size: int = 2, max_size: int = 8) -> Instances:
    """Exact KKT points of every family in closed form."""
    return st.one_of(
        two_point_points(), orthogonal_points(min_size, max_size), simplex_points(min_size, max_size),
        equicorrelated_points(min_size, max_size - max_size % 2), support_threshold_points(3, max(3, max_size - 1)),
    )


def _near_orthogonal(min_size: int, max_size: int) -> Instances:
    """Data with dimension well above 100 n^2, where every partition program behaves."""
    wide = 200 * max_size**2
    return st.one_of(
        orthogonal_datasets(min_size, max_size),
        sign_datasets(min_size, max_size, min_dimension=wide, max_dimension=2 * wide),
        uneven_datasets(min_size, max_size, min_dimension=wide, max_dimension=10**6),
    )


@st.composite
def _with_point(
    draw: st.DrawFn, datasets: Instances, point: Callable[[MarginInstance, np.random.Generator], MarginInstance]
) -> MarginInstance:
    instance, generator = draw(datasets), draw(generators())
    try:
        return point(instance, generator)
    except build.NoPoint:
        assume(False)
        raise


def merged_points(min_size: int = 2, max_size: int = 6, *, exact: bool = False) -> Instances:
    """Class-merged KKT points of nearly orthogonal data; with `exact`, in rationals (doubles give long ones)."""
    method: build.Method = "exact" if exact else "merged"
    return _with_point(_near_orthogonal(min_size, max_size), lambda data, g: build.kkt_point(data, method, g))


def random_pattern_points(min_size: int = 2, max_size: int = 6, *, neurons: int = 2) -> Instances:
    """KKT points of several neurons per class, from cone programs over random patterns (float64)."""
    data = sign_datasets(min_size, max_size, min_dimension=50 * max_size, max_dimension=200 * max_size)
    return _with_point(data, lambda instance, g: build.kkt_point(instance, "cone", g, neurons=neurons))


def gradient_points(min_size: int = 2, max_size: int = 6, *, width: int = 50) -> Instances:
    """KKT points at the end of gradient runs (float64)."""
    data = sign_datasets(min_size, max_size, min_dimension=50 * max_size, max_dimension=200 * max_size)
    return _with_point(data, lambda instance, g: build.kkt_point(instance, "gradient", g, width=width))


def cluster_points(min_size: int = 2, max_size: int = 4, *, max_samples: int = 3) -> Instances:
    """Class-merged KKT points of clustered data, where the class-merged program carries one (float64)."""
    data = cluster_datasets(min_size, max_size, max_samples=max_samples, dimension=5000)
    return _with_point(data, lambda instance, g: build.kkt_point(instance, "merged", g))


@st.composite
def star_points(draw: st.DrawFn, *, max_satellites: int = 10) -> MarginInstance:
    """Exact star points: one positive centre that the negative neuron switches on, which needs r > 2 / sqrt(m)."""
    size = draw(st.integers(6, max(6, max_satellites)))
    row_sum = Fraction(draw(st.integers(220, 250)), 100) / Fraction(isqrt(size * 10**6), 1000)
    return build.rational_star(size, size, row_sum / (2 * size))


def split_networks(min_size: int = 2, max_size: int = 5, *, copies: int = 4) -> Instances:
    """Networks by their weights and merged: class-merged points with every neuron split at random (float64)."""
    data = sphere_datasets(min_size, max_size, min_dimension=80 * max_size**2, max_dimension=160 * max_size**2)
    return _with_point(
        data,
        lambda instance, g: build.split_network(build.kkt_point(instance, "merged", g), g, copies=copies),
    )


@st.composite
def robust_networks(draw: st.DrawFn, min_size: int = 2, max_size: int = 5) -> MarginInstance:
    """Robust networks on orthogonal or +-1 data, theta anywhere between the largest correlation and 1."""
    datasets = st.one_of(
        orthogonal_datasets(min_size, max_size),
        sign_datasets(min_size, max_size, min_dimension=16 * max_size, max_dimension=40 * max_size),
    )
    data = draw(datasets.filter(lambda instance: instance.points is not None))
    gram = data.exact_gram()
    bound = max(abs(gram[i, j]) for i in range(data.size) for j in range(i)) / Fraction(gram[0, 0])
    assume(bound < 1)
    return build.robust_network(data, bound + (1 - bound) * Fraction(draw(st.integers(1, 31)), 32))


@st.composite
def points_of(draw: st.DrawFn, space: Space) -> Point:
    """Points of a space, shrinking to the least whole numbers and the simplest fractions of small denominator."""
    wholes = {
        name: draw(st.integers(parameter.low, parameter.high)) for name, parameter in space.whole.items()
    }
    point: Point = {}
    for name, parameter in space.parameters.items():
        if isinstance(parameter, Reals):
            count = parameter.count(wholes)
            entries = st.lists(_fractions(parameter.low, parameter.high), min_size=count, max_size=count)
            point[name] = tuple(draw(entries))
        elif isinstance(parameter, Real):
            point[name] = draw(_fractions(parameter.low, parameter.high))
        else:
            point[name] = wholes[name]
    return point


def _fractions(low: Fraction, high: Fraction) -> st.SearchStrategy[Fraction]:
    """Fractions in [low, high]: those of denominator up to 64, and a fine grid over the whole range."""
    span = high - low
    grid = st.integers(0, DRAWN_DENOMINATOR).map(lambda k: low + span * Fraction(k, DRAWN_DENOMINATOR))
    most = max(64, low.denominator, high.denominator)
    return st.one_of(st.fractions(low, high, max_denominator=most), grid)
