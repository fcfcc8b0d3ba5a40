"""W^T W <= t I, proved in integers: a rounded Cholesky factor carries nearly all, diagonal dominance the rest.

Where the largest row sum of |W^T W| is not larger than the largest eigenvalue, it is t and the factor is zero.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from constructions.instance import fractions_of
from verifiers.errors import NoCertificate

SHIFT = 40
"""The factor is rounded to multiples of 2^-SHIFT relative to the scale of the matrix."""

ROOM = (1e-9, 1e-7, 1e-5, 1e-3)
"""Relative distances above the largest eigenvalue at which the proof is tried; the first that works counts."""


@dataclass(frozen=True)
class Spectrum:
    """t with W^T W <= t I, and the integers that prove it.

    The weights, times their shares, are `integers` / scale, and t I - W^T W = L L^T / unit^2 + remainder with the
    integers L = `factor`; the remainder is symmetric and diagonally dominant with a nonnegative diagonal.
    """

    bound: Fraction
    integers: np.ndarray
    scale: int
    factor: np.ndarray
    unit: int
    entry_sum: Fraction
    """Sum of |(W^T W)_jk| over all j, k."""


SHIFTS = (0, 8, 12, 16, 20, 24, 32, 40, 48)
"""Fractional bits with which float64 arrays are first tried: rounded weights have few, and need no rationals then."""


def integer_form(array: Any) -> tuple[np.ndarray, int]:
    """(integers V, scale s) with array = V / s exactly."""
    array = np.asarray(array)
    if array.dtype.kind == "f":
        for shift in SHIFTS:
            scaled = np.ldexp(array, shift)
            if np.all(np.abs(scaled) < 2.0**62) and np.all(scaled == np.rint(scaled)):
                return scaled.astype(np.int64).astype(object), 2**shift
    exact = fractions_of(array)
    scale = int(np.lcm.reduce([entry.denominator for entry in exact.reshape(-1)], dtype=object))
    flat = [int(entry.numerator * (scale // entry.denominator)) for entry in exact.reshape(-1)]
    return np.array(flat, dtype=object).reshape(exact.shape), scale


def matrix_product(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Exact product of integer matrices, object arrays (a, b) and (b, c)."""
    from flint import fmpz_mat

    product = fmpz_mat(left.tolist()) * fmpz_mat(right.tolist())
    return np.array([int(v) for v in product.entries()], dtype=object).reshape(left.shape[0], right.shape[1])


def spectral_bound(weights: Any, shares: Any = None) -> Spectrum:
    """The proved bound of the squared operator norm of W (m, d), or of diag(shares) W with shares (m,).

    Raises `NoCertificate` if no remainder is diagonally dominant: the weights are far from any float scale.
    """
    integers, scale = integer_form(weights)
    if shares is not None:
        factors, unit = integer_form(shares)
        integers, scale = integers * factors[:, None], scale * unit
    gram = matrix_product(integers.T, integers)
    size = len(gram)
    floats = (integers / scale).astype(np.float64)
    if not np.all(np.isfinite(floats)):
        raise NoCertificate("the weights leave the range of float64; rescale them")
    with np.errstate(over="ignore"):
        approximate = floats.T @ floats
    if not np.all(np.isfinite(approximate)):
        raise NoCertificate("the squares of the weights leave the range of float64; rescale them")
    largest = float(np.linalg.eigvalsh(approximate)[-1])
    sums = np.abs(gram).sum(axis=1)
    entries, row_sum = (Fraction(int(v), scale * scale) for v in (sums.sum(), sums.max()))
    if row_sum <= Fraction(largest) * (1 + Fraction(1, 10**9)) and row_sum > 0:
        return Spectrum(row_sum, integers, scale, np.zeros_like(gram), 1, entries)
    step = Fraction(2) ** (math.frexp(largest)[1] - SHIFT)
    for room in ROOM:
        bound = (math.ceil(Fraction(largest * (1 + room)) / step) + 1) * step
        shifted = float(bound) * np.eye(size) - approximate
        try:
            factor = np.linalg.cholesky(shifted - 0.25 * room * largest * np.eye(size))
        except np.linalg.LinAlgError:
            continue
        unit = 2 ** max(0, SHIFT - math.frexp(math.sqrt(bound))[1])
        rounded = np.array([int(round(v * unit)) for v in factor.reshape(-1)], dtype=object).reshape(factor.shape)
        if dominant(remainder(bound, gram, scale, rounded, unit)):
            return Spectrum(bound, integers, scale, rounded, unit, entries)
    raise NoCertificate(f"no rounded factor proves a bound of the operator norm near {largest**0.5:.6g}")


def remainder(bound: Fraction, gram: np.ndarray, scale: int, factor: np.ndarray, unit: int) -> np.ndarray:
    """bound.denominator scale^2 unit^2 times (t I - W^T W - L L^T), in integers."""
    square = scale * scale
    whole = -gram * (unit * unit * bound.denominator)
    whole[np.diag_indices(len(gram))] += bound.numerator * square * unit * unit
    return whole - matrix_product(factor, factor.T) * (square * bound.denominator)


def dominant(matrix: np.ndarray) -> bool:
    """True if an integer matrix is symmetric and diagonally dominant with nonnegative diagonal, hence semidefinite."""
    sums = np.abs(matrix).sum(axis=1)
    diagonal = matrix.diagonal()
    return bool(np.all(matrix == matrix.T) and np.all(diagonal >= 0) and np.all(2 * diagonal >= sums))
