"""Exact KKT points of structured data, in rationals, with the neuron scale left free.

With rows P_k and masses a_k rational, `|g_k|^2` is rational and every KKT condition can be checked without a square
root: multipliers are ``lambda_l = P_kl / |g_k|`` (equal over the neurons that are on at l) and kinks need
``0 <= P_kl / |g_k| <= lambda_l``, which is a comparison of squares. Each function derives nothing by solving: the
entries are the formulas in its text.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import numpy as np

from constructions.instance import InvalidInstance, exact_array
from constructions.kkt_margin import data
from constructions.kkt_margin.data import Rational
from constructions.kkt_margin.instance import MarginInstance


def _with(instance: MarginInstance, signs: Sequence[int], rows: Any, masses: Any) -> MarginInstance:
    return instance.with_point(np.array(signs, dtype=np.int64), exact_array(rows), exact_array(masses))


def _zeros(neurons: int, size: int) -> np.ndarray:
    return np.full((neurons, size), Fraction(0), dtype=object)


def orthogonal_partition(
    labels: Any, squared_norm: Rational, blocks: Sequence[Sequence[int]], *, dimension: int | None = None
) -> MarginInstance:
    """Orthogonal data without bias, one neuron per block of a partition into single-class blocks.

    g_B = sum of y_i x_i over B, a = 1/|x|^2. Every cross pre-activation is exactly 0 with sigma' = 0.
    """
    instance = data.orthogonal_data(labels, squared_norm, dimension=dimension)
    n = instance.size
    if sorted(i for block in blocks for i in block) != list(range(n)):
        raise InvalidInstance(f"blocks {list(map(list, blocks))} are not a partition of the samples 0..{n - 1}")
    rows = _zeros(len(blocks), n)
    for k, block in enumerate(blocks):
        if len({int(instance.labels[i]) for i in block}) != 1:
            raise InvalidInstance(f"block {list(block)} is empty or mixes both classes")
        rows[k, list(block)] = Fraction(1)
    signs = [int(instance.labels[block[0]]) for block in blocks]
    return _with(instance, signs, rows, [1 / Fraction(squared_norm)] * len(blocks))


def orthogonal_merged(labels: Any, squared_norm: Rational, *, dimension: int | None = None) -> MarginInstance:
    """Orthogonal data without bias, one neuron per class: the unique global max-margin network up to splitting.

    lambda = 1/sqrt(d n_class), t0 = 1/n.
    """
    labels = np.asarray(labels)
    blocks = [np.flatnonzero(labels == sign).tolist() for sign in (1, -1) if np.any(labels == sign)]
    return orthogonal_partition(labels, squared_norm, blocks, dimension=dimension)


def orthogonal_singles(labels: Any, squared_norm: Rational, *, dimension: int | None = None) -> MarginInstance:
    """Orthogonal data without bias, one neuron per sample: lambda = 1/sqrt d, t0 = 1/(1 + n_opp)."""
    return orthogonal_partition(labels, squared_norm, [[i] for i in range(len(labels))], dimension=dimension)


def orthogonal_biased(labels: Any, squared_norm: Rational, *, dimension: int | None = None) -> MarginInstance:
    """Orthogonal data with bias (lifted Gram d I + 1 1^T), one neuron per class, kinks at the whole opposite class.

    Row of the positive neuron: 1 on its class, n_+/(d + n_-) on the other. Then <g, x~> = d (d + n)/(d + n_-) on its
    class, whose inverse is the mass. A KKT point for all class sizes, as sigma'^2 = n_+ n_-/((d + n_+)(d + n_-)) < 1.
    """
    instance = data.orthogonal_data(labels, squared_norm, dimension=dimension, bias=True)
    d, n = Fraction(squared_norm), instance.size
    rows, masses = _zeros(2, n), []
    for k, sign in enumerate((1, -1)):
        own = instance.labels == sign
        opposite = n - int(own.sum())
        if opposite in (0, n):
            raise InvalidInstance("both classes must be present")
        rows[k, own] = Fraction(1)
        rows[k, ~own] = (n - opposite) / (d + opposite)
        masses.append((d + opposite) / (d * (d + n)))
    return _with(instance, [1, -1], rows, masses)


def two_points(gamma: Rational, squared_norm: Rational = 1) -> MarginInstance:
    """Two points, one per class, without bias: the flip is the midpoint, t0 = 1/2.

    gamma <= 0: each neuron is its own sample. gamma > 0: each neuron is orthogonal to the other sample, a kink with
    sigma' = gamma.
    """
    instance = data.two_point_data(gamma, squared_norm)
    cosine, square = Fraction(gamma), Fraction(squared_norm)
    other = max(cosine, Fraction(0))
    mass = 1 / (square * (1 - other * other))
    return _with(instance, [1, -1], [[1, other], [other, 1]], [mass, mass])


def simplex_merged(labels: Any, squared_norm: Rational | None = None) -> MarginInstance:
    """Regular simplex without bias, one neuron per class, no kinks.

    <g_+, x_i> = s n_- on the positives and -s n_+ on the negatives, s = squared_norm/(n - 1).
    """
    instance = data.simplex_data(labels, squared_norm)
    n = instance.size
    step = Fraction(1) if squared_norm is None else Fraction(squared_norm) / (n - 1)
    rows, masses = _zeros(2, n), []
    for k, sign in enumerate((1, -1)):
        own = instance.labels == sign
        if not 0 < own.sum() < n:
            raise InvalidInstance("both classes must be present")
        rows[k, own] = Fraction(1)
        masses.append(1 / (step * (n - int(own.sum()))))
    return _with(instance, [1, -1], rows, masses)


def simplex_singles(labels: Any, squared_norm: Rational | None = None) -> MarginInstance:
    """Regular simplex without bias, one neuron per sample, all cross pairs strictly off or (opposite class) off."""
    instance = data.simplex_data(labels, squared_norm)
    n = instance.size
    square = Fraction(n - 1) if squared_norm is None else Fraction(squared_norm)
    rows = _zeros(n, n)
    rows[np.diag_indices(n)] = Fraction(1)
    return _with(instance, instance.labels.tolist(), rows, [1 / square] * n)


def equicorrelated_merged(half: int, correlation: Rational, *, scale: Rational = 1) -> MarginInstance:
    """Signed equicorrelated data, one neuron per class, kinks at the whole opposite class, q >= 0.

    With a = 1 - (m - 1) q: row 1 on its class, m q / a on the other; <g, x> = K = (1 - r)(1 + q)/a on its class.
    """
    instance = data.signed_equicorrelated_data(half, correlation, scale=scale)
    m, q = half, _nonnegative(correlation)
    a, r = 1 - (m - 1) * q, (2 * m - 1) * q
    if r >= 1:
        raise InvalidInstance(f"r = (n - 1) q = {r}; the class-merged point needs r < 1")
    rows = _zeros(2, 2 * m)
    for k, sign in enumerate((1, -1)):
        own = instance.labels == sign
        rows[k, own] = Fraction(1)
        rows[k, ~own] = m * q / a
    return _with(instance, [1, -1], rows, [a / ((1 - r) * (1 + q) * Fraction(scale))] * 2)


def equicorrelated_singles(half: int, correlation: Rational, *, scale: Rational = 1) -> MarginInstance:
    """Signed equicorrelated data, one neuron per sample, kinks at the opposite class, off at its own class, q >= 0.

    Row 1 at the sample, q / a at the opposite class; <g, x> = K' = (1 + q)(1 - m q)/a at the sample.
    """
    instance = data.signed_equicorrelated_data(half, correlation, scale=scale)
    m, q = half, _nonnegative(correlation)
    a, n = 1 - (m - 1) * q, 2 * m
    rows = _zeros(n, n)
    for k in range(n):
        rows[k, instance.labels != instance.labels[k]] = q / a
        rows[k, k] = Fraction(1)
    mass = a / ((1 + q) * (1 - m * q) * Fraction(scale))
    return _with(instance, instance.labels.tolist(), rows, [mass] * n)


def _nonnegative(correlation: Rational) -> Fraction:
    q = Fraction(correlation)
    if q < 0:
        raise InvalidInstance(f"q = {q}; these closed forms need q >= 0")
    return q


def support_threshold(positives: int, correlation: Rational) -> MarginInstance:
    """Support-threshold data, one neuron per class: beyond q = 1/(2 positives - 3) the last positive has lambda = 0.

    Above: row 1 on the first positives and 0 on the last, whose output is (n_+ - 1) q / (1 - (n_+ - 2) q) > 1.
    Below: the two values solve  alpha (1 - (n_+ - 2) q) + q beta = 1,  (n_+ - 1) q alpha + beta = 1.
    """
    instance = data.support_threshold_data(positives, correlation)
    q, others = _nonnegative(correlation), positives - 1
    if positives < 2 or (others - 1) * q >= 1:
        raise InvalidInstance(f"need positives >= 2 and (positives - 2) q < 1, got {positives} and q = {q}")
    reduced = 1 - (others - 1) * q
    alpha, beta = 1 / reduced, Fraction(0)
    if others * q < reduced:
        determinant = reduced - others * q * q
        alpha, beta = (1 - q) / determinant, (reduced - others * q) / determinant
    rows = _zeros(2, positives + 1)
    rows[0, :others], rows[0, others], rows[1, positives] = alpha, beta, Fraction(1)
    return _with(instance, [1, -1], rows, [1, 1])


def hub(satellites: int, negatives: int, correlation: Rational, *, scale: Rational = 1) -> MarginInstance:
    """Hub data, q >= 0: one positive neuron per satellite, on at it and at the centre; one neuron for all negatives.

    Row 1 at the centre and rho = (k - q)/(1 - k q) at the satellite, so that the centre's k neurons together give it
    the margin that a single one gives a satellite, k (1 + q rho) = rho + q. The other satellites are off, as
    <g, x_t> = q (1 - rho) <= 0. lambda_s = rho lambda_0: at q = 0 the centre's multiplier is k times smaller.
    """
    instance = data.hub_data(satellites, negatives, correlation, scale=scale)
    q, k, positives = _nonnegative(correlation), satellites, 1 + satellites
    rho = (k - q) / (1 - k * q)
    rows = _zeros(k + (negatives > 0), instance.size)
    for satellite in range(k):
        rows[satellite, 0], rows[satellite, 1 + satellite] = Fraction(1), rho
    masses = [1 / ((rho + q) * Fraction(scale))] * k
    if negatives:
        rows[k, positives:] = Fraction(1)
        masses.append(1 / Fraction(scale))
    return _with(instance, [1] * k + [-1] * (negatives > 0), rows, masses)


def star_multipliers(satellites: int, negatives: int, correlation: float) -> tuple[float, float, float]:
    """lambda of centre, satellite and negative at the star point with unit norms (float64).

    Positive neurons on {centre, s}, one per satellite, kinks at all negatives with mu = lambda_0 q; one negative
    neuron on all negatives and strictly on at the centre.
    """
    from scipy.optimize import brentq

    k, m, q = satellites, negatives, float(correlation)
    reduced = 1 - m * q * q

    def others(centre: float) -> tuple[float, float]:
        negative = q * centre + np.sqrt(q * q * centre * centre + (1 - centre * centre) / m)
        return float(np.sqrt(1 - centre * centre * reduced)), float(negative)

    def centre_excess(centre: float) -> float:
        satellite, negative = others(centre)
        cross = (m * q * negative - centre) / (negative - q * centre)
        return k * centre * reduced / satellite - cross - 1.0

    centre = float(brentq(centre_excess, 0.0, 1.0 - 1e-12, xtol=1e-15, rtol=8.9e-16))
    return (centre, *others(centre))


def star(satellites: int, negatives: int, row_sum: float) -> MarginInstance:
    """Star with unit norms and r = `row_sum` (so q = r/(n - 1)), float64: needs a polish for full accuracy."""
    q = row_sum / (satellites + negatives)
    centre, satellite, negative = star_multipliers(satellites, negatives, q)
    instance = data.star_data(satellites, negatives, q)
    rows = np.zeros((satellites + 1, instance.size))
    rows[:-1, 0], rows[:-1, 1 + satellites:] = centre, centre * q
    rows[np.arange(satellites), 1 + np.arange(satellites)] = satellite
    rows[-1, 0], rows[-1, 1 + satellites:] = centre, negative
    masses = np.append(np.full(satellites, 1 / satellite), 1 / (negative - q * centre))
    return instance.with_point([1] * satellites + [-1], rows, masses)


def rational_star(
    satellites: int, negatives: int, correlation: Rational, *, denominator: int = 10**4
) -> MarginInstance:
    """Star point in exact rationals; the squared norm of the satellites absorbs the roots and is close to 1.

    Centre row entry 1 in the positive neurons and rho in the negative one, p on the negatives: with rational rho, p
    near the unit-norm solution, |g_-|^2 = m p^2 - 2 m q p rho + rho^2 = rho^2 |g_+|^2 fixes the satellite part T of
    |g_+|^2 = 1 - m q^2 + T, the centre margin fixes a_+, and the satellite margin fixes its norm 1/(a_+^2 T).
    """
    k, m, q = satellites, negatives, Fraction(correlation)
    centre, _, negative = star_multipliers(k, m, float(q))
    p = Fraction(1)
    rho = Fraction(centre / negative).limit_denominator(denominator)
    reduced = 1 - m * q * q
    part = (m * p * p - 2 * m * q * p * rho + rho * rho) / (rho * rho) - reduced
    mass_negative = 1 / (p - q * rho)
    cross = mass_negative * (m * q * p - rho)
    mass_positive = (1 + cross) / (k * reduced)
    if not (part > 0 and cross > 0 and mass_positive > 0):
        raise InvalidInstance(f"no star point with strict cross activation for k={k}, m={m}, q={q}")
    instance = data.star_data(k, m, q, satellite_norm=1 / (mass_positive**2 * part))
    rows = _zeros(k + 1, instance.size)
    rows[:-1, 0], rows[:-1, 1 + k:] = Fraction(1), q
    for satellite in range(k):
        rows[satellite, 1 + satellite] = mass_positive * part
    rows[-1, 0], rows[-1, 1 + k:] = rho, p
    return _with(instance, [1] * k + [-1], rows, [mass_positive] * k + [mass_negative])
