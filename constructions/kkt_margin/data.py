"""Labelled data for kkt_margin: every function returns a `MarginInstance` without a network.

Random laws take a numpy Generator; structured families take none and are exact (integers, or rationals as text).
Labels default to +, -, +, -, ...; `split_labels(3, 2)` gives + + + - -.
"""

from __future__ import annotations

from fractions import Fraction
from math import isqrt
from typing import Any

import numpy as np

from constructions.instance import InvalidInstance, exact_array, floats_of
from constructions.kkt_margin.instance import MarginInstance

Rational = int | str | Fraction


def alternating_labels(size: int) -> np.ndarray:
    """+1, -1, +1, ..."""
    return np.where(np.arange(size) % 2 == 0, 1, -1)


def split_labels(positives: int, negatives: int) -> np.ndarray:
    """`positives` times +1, then `negatives` times -1."""
    return np.concatenate([np.ones(positives, dtype=np.int64), -np.ones(negatives, dtype=np.int64)])


def random_labels(size: int, generator: np.random.Generator) -> np.ndarray:
    """Independent fair labels, conditioned on both classes being present."""
    if size < 2:
        raise InvalidInstance(f"{size} sample cannot carry two classes; give at least 2")
    while True:
        labels = 2 * generator.integers(0, 2, size) - 1
        if abs(int(labels.sum())) < size:
            return labels


def _labels(size: int, labels: Any) -> np.ndarray:
    labels = alternating_labels(size) if labels is None else np.asarray(labels, dtype=np.int64)
    if labels.shape != (size,):
        raise InvalidInstance(f"{labels.size} labels for {size} samples")
    return labels


def uniform_sphere_data(
    size: int, dimension: int, generator: np.random.Generator, *, labels: Any = None, bias: bool = False
) -> MarginInstance:
    """Points uniform on the sphere of radius sqrt(dimension)."""
    points = generator.standard_normal((size, dimension))
    points *= np.sqrt(dimension) / np.linalg.norm(points, axis=1, keepdims=True)
    return MarginInstance(labels=_labels(size, labels), bias=bias, points=points)


def bartlett_sphere_data(
    size: int, dimension: int, generator: np.random.Generator, *, labels: Any = None, bias: bool = False
) -> MarginInstance:
    """The law of `uniform_sphere_data` up to a rotation, at a cost that does not depend on the dimension.

    Bartlett: Gaussian rows are L Q with L lower triangular, independent entries, normal below the diagonal and
    chi with dimension - i degrees of freedom on it. Needs size <= dimension.
    """
    if size > dimension:
        raise InvalidInstance(f"the triangular factor needs size <= dimension, got {size} > {dimension}")
    factor = np.tril(generator.standard_normal((size, size)), -1)
    factor[np.diag_indices(size)] = np.sqrt(generator.chisquare(dimension - np.arange(size)))
    factor *= np.sqrt(dimension) / np.linalg.norm(factor, axis=1, keepdims=True)
    return MarginInstance(labels=_labels(size, labels), bias=bias, points=factor, dimension=dimension)


def uneven_norm_data(
    size: int, dimension: int, generator: np.random.Generator, *, spread: float = 0.1, labels: Any = None,
    bias: bool = False,
) -> MarginInstance:
    """Sphere data whose norms are sqrt(dimension) times independent factors uniform in [1 - spread, 1 + spread]."""
    if not 0 <= spread < 1:
        raise InvalidInstance(f"spread is {spread}; it must lie in [0, 1)")
    base = bartlett_sphere_data if size <= dimension else uniform_sphere_data
    instance = base(size, dimension, generator, labels=labels, bias=bias)
    factors = generator.uniform(1 - spread, 1 + spread, (size, 1))
    return MarginInstance(labels=instance.labels, bias=bias, points=instance.points * factors, dimension=dimension)


def sign_data(
    size: int, dimension: int, generator: np.random.Generator, *, labels: Any = None, bias: bool = False
) -> MarginInstance:
    """Independent fair +-1 coordinates (int64): exactly on the sphere of radius sqrt(dimension), integer Gram."""
    points = 2 * generator.integers(0, 2, (size, dimension)) - 1
    return MarginInstance(labels=_labels(size, labels), bias=bias, points=points)


def rational_sphere_data(
    size: int, dimension: int, generator: np.random.Generator, *, labels: Any = None, bias: bool = False
) -> MarginInstance:
    """Sphere data in rationals: squared norms are exactly `dimension`, the rest is within 1e-6 of a uniform draw.

    Each direction is read through the stereographic projection, whose coordinates are rounded to multiples of 2^-20.
    """
    base = bartlett_sphere_data if size <= dimension else uniform_sphere_data
    points = floats_of(base(size, dimension, generator).points)
    directions, lengths = zip(*map(_rational_direction, points), strict=True)
    integers = np.array(directions, dtype=object)
    gram = dimension * (integers @ integers.T)
    for i, j in np.ndindex(*gram.shape):
        gram[i, j] = Fraction(gram[i, j], lengths[i] * lengths[j])
    return _gram_data(_labels(size, labels), exact_array(gram), dimension, bias)


def _rational_direction(row: np.ndarray) -> tuple[list[int], int]:
    """An integer vector near the direction of `row`, and its length, an integer too; projected from the far pole."""
    unit, scale = row / np.linalg.norm(row), 2**20
    pole = 1 if unit[-1] >= 0 else -1
    plane = [round(float(v) / (1.0 + abs(float(unit[-1]))) * scale) for v in unit[:-1]]
    square = sum(k * k for k in plane)
    return [*(2 * scale * k for k in plane), pole * (scale * scale - square)], scale * scale + square


def sign_cluster_data(
    cluster_labels: Any, samples: int, dimension: int, noise: Rational, generator: np.random.Generator, *,
    bias: bool = False,
) -> MarginInstance:
    """Clusters of +-1 data with one label each: each sample is its cluster's mean with a share `noise` of signs turned.

    Means have independent fair coordinates; every coordinate of a sample is turned independently. All entries +-1.
    A share is drawn as a fraction of denominator at most 2^62.
    """
    cluster_labels, share = np.asarray(cluster_labels, dtype=np.int64), Fraction(noise).limit_denominator(2**62)
    means = 2 * generator.integers(0, 2, (cluster_labels.size, dimension)) - 1
    member = np.repeat(np.arange(cluster_labels.size), samples)
    turned = generator.integers(0, share.denominator, (member.size, dimension)) < share.numerator
    points = np.where(turned, -means[member], means[member])
    return MarginInstance(labels=cluster_labels[member], bias=bias, points=points, clusters=member)


def linear_congruential_sign_data(
    size: int, dimension: int, *, labels: Any = None, bias: bool = False
) -> MarginInstance:
    """Reproducible +-1 data without a library generator.

    s <- 48271 s mod (2^31 - 1) from s = 1, filled row by row, entry +1 exactly when s > 1073741823.
    """
    state, entries = 1, np.empty(size * dimension, dtype=np.int64)
    for position in range(size * dimension):
        state = 48271 * state % 2147483647
        entries[position] = 1 if state > 1073741823 else -1
    return MarginInstance(labels=_labels(size, labels), bias=bias, points=entries.reshape(size, dimension))


def orthogonal_data(
    labels: Any, squared_norm: Rational, *, dimension: int | None = None, bias: bool = False
) -> MarginInstance:
    """Orthogonal points of equal norm: integer multiples of unit vectors if the norm is an integer, else a Gram."""
    labels, square = np.asarray(labels, dtype=np.int64), Fraction(squared_norm)
    if square <= 0:
        raise InvalidInstance(f"squared norm is {square}; it must be positive")
    identity, root = np.eye(labels.size, dtype=np.int64), isqrt(int(square))
    if root * root == square:
        return MarginInstance(labels=labels, bias=bias, points=root * identity, dimension=dimension)
    return _gram_data(labels, exact_array(identity.astype(object) * square), dimension, bias)


def simplex_data(labels: Any, squared_norm: Rational | None = None, *, bias: bool = False) -> MarginInstance:
    """Vertices of a regular simplex around the origin: <x_i, x_l> = -squared_norm / (n - 1), Gram of rank n - 1."""
    labels = np.asarray(labels, dtype=np.int64)
    n = labels.size
    if n < 2:
        raise InvalidInstance("a simplex needs at least 2 vertices")
    step = Fraction(1 if squared_norm is None else Fraction(squared_norm) / (n - 1))
    gram = np.full((n, n), -step, dtype=object)
    gram[np.diag_indices(n)] = step * (n - 1)
    return _gram_data(labels, exact_array(gram), n - 1, bias)


def signed_gram_data(signed: Any, labels: Any, *, dimension: int | None = None, bias: bool = False) -> MarginInstance:
    """Data with the given label-signed Gram R = y y^T * K0 (exact rationals)."""
    labels, signed = np.asarray(labels, dtype=np.int64), np.asarray(signed, dtype=object)
    return _gram_data(labels, exact_array(np.outer(labels, labels).astype(object) * signed), dimension, bias)


def signed_equicorrelated_data(half: int, correlation: Rational, *, scale: Rational = 1) -> MarginInstance:
    """2*half unit-norm points with R = (1 + q) I - q 11^T, times `scale`; first half positive. r = (n - 1) q."""
    q, n = Fraction(correlation), 2 * half
    if not (n >= 2 and Fraction(-1) < q and (n - 1) * q <= 1):
        raise InvalidInstance(f"q = {q} with n = {n} is not a Gram matrix; need -1 < q <= {Fraction(1, max(n - 1, 1))}")
    signed = np.full((n, n), -q, dtype=object)
    signed[np.diag_indices(n)] = Fraction(1)
    return signed_gram_data(signed * Fraction(scale), split_labels(half, half))


def signed_autoregressive_data(
    size: int, correlation: Rational, *, labels: Any = None, bias: bool = False, scale: Rational = 1
) -> MarginInstance:
    """Label-signed Gram R_il = scale * correlation^|i - l| (autoregressive of order one), -1 < correlation < 1."""
    rho = Fraction(correlation)
    if not -1 < rho < 1:
        raise InvalidInstance(f"correlation is {rho}; it must lie strictly between -1 and 1")
    signed = [[Fraction(scale) * rho ** abs(i - j) for j in range(size)] for i in range(size)]
    return signed_gram_data(np.array(signed, dtype=object).reshape(size, size), _labels(size, labels), bias=bias)


def signed_block_data(
    blocks: int, block_size: int, correlation: Rational, *, labels: Any = None, bias: bool = False,
    scale: Rational = 1,
) -> MarginInstance:
    """Label-signed Gram with orthogonal blocks, unit diagonal, `correlation` inside a block, times `scale`."""
    rho, n = Fraction(correlation), blocks * block_size
    if not (rho <= 1 and 1 + (block_size - 1) * rho >= 0):
        raise InvalidInstance(f"correlation {rho} in blocks of {block_size} is not a Gram matrix")
    signed = [
        [Fraction(scale) * (1 if i == j else rho if i // block_size == j // block_size else 0) for j in range(n)]
        for i in range(n)
    ]
    return signed_gram_data(np.array(signed, dtype=object).reshape(n, n), _labels(n, labels), bias=bias)


def cluster_data(
    cluster_labels: Any, samples: int, dimension: int, generator: np.random.Generator, *, noise: float = 0.05,
    bias: bool = False,
) -> MarginInstance:
    """Clusters with one label each: means uniform on the sqrt(d)-sphere, `samples` points each with Gaussian noise.

    The noise has standard deviation `noise` per coordinate, so length about noise * sqrt(dimension).
    """
    cluster_labels = np.asarray(cluster_labels, dtype=np.int64)
    means = generator.standard_normal((cluster_labels.size, dimension))
    means *= np.sqrt(dimension) / np.linalg.norm(means, axis=1, keepdims=True)
    member = np.repeat(np.arange(cluster_labels.size), samples)
    points = means[member] + noise * generator.standard_normal((member.size, dimension))
    return MarginInstance(labels=cluster_labels[member], bias=bias, points=points, clusters=member)


def two_point_data(gamma: Rational, squared_norm: Rational = 1, *, bias: bool = False) -> MarginInstance:
    """One positive and one negative point of equal norm with <x_1, x_2> = gamma * squared_norm, |gamma| < 1."""
    cosine, square = Fraction(gamma), Fraction(squared_norm)
    if not -1 <= cosine < 1:
        raise InvalidInstance(f"gamma is {cosine}; it must lie in [-1, 1)")
    gram = [[square, cosine * square], [cosine * square, square]]
    return _gram_data(split_labels(1, 1), exact_array(gram), 2, bias)


def xor_data(*, scale: int = 1, bias: bool = False) -> MarginInstance:
    """+-e1 positive, +-e2 negative: the label sum u vanishes, so no universal direction can be read from it."""
    points = scale * np.array([[1, 0], [-1, 0], [0, 1], [0, -1]])
    return MarginInstance(labels=split_labels(2, 2), bias=bias, points=points)


def support_threshold_data(positives: int, correlation: Rational) -> MarginInstance:
    """The last positive has correlation q with the other positives, which have -q mutually; one orthogonal negative.

    The last positive stops being a support vector of the class-merged point exactly when q > 1/(2 positives - 3).
    """
    q, n = Fraction(correlation), positives + 1
    gram = np.full((n, n), -q, dtype=object)
    gram[positives - 1, :] = gram[:, positives - 1] = q
    gram[positives, :] = gram[:, positives] = Fraction(0)
    gram[np.diag_indices(n)] = Fraction(1)
    return _gram_data(split_labels(positives, 1), exact_array(gram), n, False)


def star_data(
    satellites: int, negatives: int, correlation: Rational | float, *, satellite_norm: Rational = 1
) -> MarginInstance:
    """Centre x_0 and orthogonal satellites positive, orthogonal negatives with <x_0, x_neg> = q; unit norms, no bias.

    Sample order: centre, satellites, negatives. `satellite_norm` is the squared norm of a satellite.
    """
    q, n = Fraction(correlation), 1 + satellites + negatives
    if not negatives * q * q < 1:
        raise InvalidInstance(f"{negatives} negatives at correlation {q} are not a Gram matrix; need m q^2 < 1")
    gram = np.zeros((n, n), dtype=object)
    gram[np.diag_indices(n)] = Fraction(1)
    for satellite in range(1, 1 + satellites):
        gram[satellite, satellite] = Fraction(satellite_norm)
    gram[0, 1 + satellites:] = gram[1 + satellites:, 0] = q
    return _gram_data(split_labels(1 + satellites, negatives), exact_array(gram), n, False)


def hub_data(satellites: int, negatives: int, correlation: Rational, *, scale: Rational = 1) -> MarginInstance:
    """Centre x_0 and satellites positive, <x_0, x_s> = q and <x_s, x_t> = -q; orthogonal negatives; no bias.

    Sample order: centre, satellites, negatives. Every squared norm is `scale`, which multiplies q too.
    """
    q, positives = Fraction(correlation), 1 + satellites
    if not satellites * abs(q) < 1:
        raise InvalidInstance(f"need satellites |q| < 1 for independent samples, got {satellites} and q = {q}")
    gram = np.full((positives + negatives,) * 2, Fraction(0), dtype=object)
    gram[:positives, :positives] = -q
    gram[0, 1:positives] = gram[1:positives, 0] = q
    gram[np.diag_indices(len(gram))] = Fraction(1)
    return _gram_data(split_labels(positives, negatives), exact_array(gram * Fraction(scale)), len(gram), False)


def _gram_data(labels: np.ndarray, gram: np.ndarray, dimension: int | None, bias: bool) -> MarginInstance:
    return MarginInstance(labels=labels, bias=bias, gram=gram, dimension=dimension)
