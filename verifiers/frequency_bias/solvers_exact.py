"""Bounds on R(w) and on R* that are rational numbers, from vectors rounded to integers over a power of two.

Upper: a net (u, v) in integers composes exactly; what it misses of w is charged by its Euclidean length, which is the
cost of representing it with one tap. Lower: for an integer vector z and a rational t, t^2 I - C(z)^T C(z) is shown to
be positive definite by fraction-free elimination, so the dual norm of z is below t.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import isqrt, prod

import numpy as np

from constructions.instance import fractions_of
from verifiers.errors import NoCertificate
from verifiers.frequency_bias.margin import MarginSolution
from verifiers.frequency_bias.solvers import Representation, Shape, dual_norm

BITS = 44
"""Entries of size one are rounded at 2^-44: residuals are then far below the gaps that solvers reach."""


@dataclass(frozen=True, eq=False)
class Sandwich:
    """lower <= R <= upper, proved in rationals; filters, readouts and dual are integers over 2^bits that show it.

    threshold t: the dual norm of `dual` is below it, because t^2 I - C^T C has positive pivots.
    """

    lower: Fraction
    upper: Fraction
    filters: np.ndarray
    readouts: np.ndarray
    dual: np.ndarray
    threshold: Fraction
    bits: int

    @property
    def gap(self) -> Fraction:
        """upper/lower - 1."""
        return self.upper / self.lower - 1


def integers(values: np.ndarray, bits: int) -> np.ndarray:
    """Nearest integers to 2^bits times float64 entries, as Python integers (exact: doubles are dyadic)."""
    flat = np.asarray(values, dtype=np.float64).reshape(-1).tolist()
    out = np.empty(len(flat), dtype=object)
    out[:] = [round(Fraction(entry) * 2**bits) for entry in flat]
    return out.reshape(np.shape(values))


def compose_exact(filters: np.ndarray, readouts: np.ndarray, shape: Shape) -> np.ndarray:
    """beta_r = sum_c u_{c,r} * v_c of object arrays, in their own arithmetic."""
    channels, inputs = filters.shape[:2]
    rows = []
    for r in range(inputs):
        total = np.zeros(shape.grid, dtype=object)
        for c in range(channels):
            for tap in np.ndindex(*shape.kernel):
                total = total + filters[(c, r, *tap)] * np.roll(readouts[c], tap, shape.axes)
        rows.append(total)
    return np.array(rows, dtype=object).reshape(inputs, *shape.grid)


def gram_exact(signal: np.ndarray, shape: Shape) -> np.ndarray:
    """C(z)^T C(z) of an object array z (R, *grid), in its own arithmetic."""
    channels, lags = len(signal), shape.lags()
    known: dict[tuple[int, ...], list[list[object]]] = {}
    for lag in {tuple(int(v) for v in row) for row in np.stack(lags).reshape(len(lags), -1).T}:
        moved = [np.roll(z, tuple(-v for v in lag), shape.axes) for z in signal]
        known[lag] = [[np.sum(a * b) for b in moved] for a in signal]
    taps = prod(shape.kernel)
    matrix = np.empty((channels * taps, channels * taps), dtype=object)
    for j in range(taps):
        for k in range(taps):
            block = known[tuple(int(row[j, k]) for row in lags)]
            for r in range(channels):
                for s in range(channels):
                    matrix[r * taps + j, s * taps + k] = block[r][s]
    return matrix


def positive_definite(matrix: np.ndarray) -> bool:
    """Whether a symmetric matrix of integers is positive definite: all leading minors, by Bareiss elimination."""
    work = [[int(entry) for entry in row] for row in matrix]
    size, before = len(work), 1
    for k in range(size):
        pivot = work[k][k]
        if pivot <= 0:
            return False
        for i in range(k + 1, size):
            for j in range(k + 1, i + 1):
                work[i][j] = (work[i][j] * pivot - work[i][k] * work[j][k]) // before
        for i in range(k + 1, size):
            for j in range(i + 1, size):
                work[i][j] = work[j][i]
        before = pivot
    return True


def dual_threshold(signal: np.ndarray, shape: Shape, bits: int) -> Fraction:
    """A rational t, near the dual norm of the integers z / 2^bits, that exact pivots show to be above it."""
    gram = gram_exact(signal, shape)
    start = dual_norm(signal.astype(np.float64) / 2.0**bits, shape)
    identity = np.eye(len(gram), dtype=object)
    for exponent in (-12, -11, -10, -9, -8, -6, -4):
        threshold = Fraction(int(np.ceil(start * (1 + 10.0**exponent) * 2**50)), 2**50)
        square = threshold**2 * 4**bits
        if positive_definite(square.numerator * identity - square.denominator * gram):
            return threshold
    raise NoCertificate("no threshold near the float64 dual norm could be proved; the vector may be zero")


def root_above(value: Fraction, bits: int = 80) -> Fraction:
    """A rational at least the square root of a nonnegative rational, by integer square roots."""
    return Fraction(isqrt(value.numerator * 4**bits // value.denominator) + 1, 2**bits)


def _length(values: np.ndarray) -> Fraction:
    return root_above(Fraction(sum((Fraction(x) ** 2 for x in values.reshape(-1)), Fraction(0))))


def represent_exact(predictor: np.ndarray, shape: Shape, found: Representation, bits: int = BITS) -> Sandwich:
    """Rational bounds on R(w) of a predictor as stored (float64, int64 or text), from factors that floats found."""
    target = fractions_of(predictor).reshape(-1, *shape.grid)
    filters, readouts = integers(found.filters, bits), integers(found.readouts, bits)
    missing = target - compose_exact(filters, readouts, shape) * Fraction(1, 4**bits)
    cost = Fraction(int(np.sum(filters**2) + np.sum(readouts**2)), 2 * 4**bits)
    upper = cost + sum((_length(row) for row in missing), Fraction(0))
    scale = max(float(np.abs(found.dual).max()), 1e-300)
    dual = integers(found.dual / scale, bits)
    threshold = dual_threshold(dual, shape, bits)
    lower = Fraction(np.sum(target * dual)) / 2**bits / threshold
    return Sandwich(lower, upper, filters, readouts, dual, threshold, bits)


def margin_exact(
    points: np.ndarray, labels: np.ndarray, shape: Shape, found: MarginSolution, bits: int = BITS
) -> Sandwich:
    """Rational bounds on R* of exactly stored data; `dual` holds the integer multipliers.

    Raises `NoCertificate` if the rounded net has no positive margin or the multipliers prove nothing.
    """
    own = fractions_of(points).reshape(len(labels), -1, *shape.grid)
    data = np.stack([int(y) * x for x, y in zip(own, np.asarray(labels).tolist(), strict=True)])
    filters, readouts = integers(found.filters, bits), integers(found.readouts, bits)
    predictor = compose_exact(filters, readouts, shape)
    margin = Fraction(min(np.sum(row * predictor) for row in data)) / 4**bits
    if margin <= 0:
        raise NoCertificate("the rounded net has no positive margin")
    cost = Fraction(int(np.sum(filters**2) + np.sum(readouts**2)), 2 * 4**bits)
    scale = max(float(found.multipliers.max()), 1e-300)
    alpha = np.maximum(integers(found.multipliers / scale, bits), 0)
    combined = np.sum(alpha.reshape(-1, *(1,) * (data.ndim - 1)) * data, axis=0)
    common = int(np.lcm.reduce([Fraction(entry).denominator for entry in combined.reshape(-1)], dtype=object))
    whole = np.frompyfunc(lambda entry: int(Fraction(entry) * common), 1, 1)(combined)
    threshold = dual_threshold(whole, shape, bits) / common
    lower = Fraction(int(alpha.sum()), 2**bits) / threshold
    return Sandwich(lower, cost / margin, filters, readouts, alpha, threshold, bits)
