"""lambda(N, K, M): the largest share of its energy that a filter with K taps can have in M consecutive frequencies.

It is the largest eigenvalue of A_jk = rho(j - k), rho(m) = sin(pi M m/N)/(N sin(pi m/N)), rho(0) = M/N. The tridiagonal
T of the same size commutes with A. With kappa = cos(pi/N) - cos(pi M/N) and up to a multiple of I,

    -T = Laplacian(o_1, ..., o_(K-1)) + diag(e),
    o_j = sin(pi j/N) sin(pi (K-j)/N),   e_j = kappa (1 - cos(pi (2j-K+1)/N)),

all entries of which are sums and products of positive numbers: its smallest eigenpair is found without cancellation.
For K + M <= N the top eigenvectors of T and A are the same and positive (`arguments.md`, TOP).
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from functools import lru_cache
from typing import Any

import numba
import numpy as np

from verifiers import arithmetic
from verifiers.frequency_bias.eigenvalues import Top, ball, largest, toeplitz

Ball = Any


def turn(numerator: int, denominator: int) -> tuple[Ball, Ball]:
    """(sin, cos) of pi times a fraction, as balls at the current precision."""
    angle: Any = arithmetic.rational(Fraction(numerator, denominator))
    return ball(0).sin_cos_pi_fmpq(angle)


def lag(sites: int, size: int, m: int) -> Ball:
    """rho(m) of a centred band of `size` frequencies."""
    if m % sites == 0:
        sign = -1 if (m // sites) % 2 and size % 2 == 0 else 1
        return sign * ball(Fraction(size, sites))
    return turn(size * m, sites)[0] / (sites * turn(m, sites)[0])


def lags(sites: int, taps: int, size: int) -> list[Ball]:
    """rho(0), ..., rho(K-1) as balls."""
    return [lag(sites, size, m) for m in range(taps)]


def tridiagonal(sites: int, taps: int, size: int, sign: int = -1) -> tuple[list[Ball], list[Ball]]:
    """(diagonal, off-diagonal) of T as balls; `sign` = +1 gives the matrix that does not commute."""
    edge = sign * turn(size, sites)[1]
    diagonal = [edge * turn(2 * j - taps + 1, sites)[1] for j in range(taps)]
    return diagonal, [turn(j, sites)[0] * turn(taps - j, sites)[0] for j in range(1, taps)]


@numba.njit(cache=True)
def _factor(links: np.ndarray, excess: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Pivots of Laplacian + diag and the excess carried along: only sums, products, quotients of positive numbers."""
    count = len(excess)
    pivots, carried = np.empty(count), np.empty(count)
    carry = excess[0]
    for j in range(count):
        carried[j] = carry
        link = links[j] if j < count - 1 else 0.0
        pivots[j] = carry + link
        if j < count - 1:
            carry = excess[j + 1] + link * carry / pivots[j]
    return pivots, carried


@numba.njit(cache=True)
def _inverse_iteration(links: np.ndarray, excess: np.ndarray, steps: int, tolerance: float) -> np.ndarray:
    """Smallest eigenvector of Laplacian + diag, positive, entrywise accurate."""
    count = len(excess)
    pivots, _ = _factor(links, excess)
    x = np.ones(count)
    for _ in range(steps):
        y = x.copy()
        for j in range(1, count):
            y[j] += links[j - 1] / pivots[j - 1] * y[j - 1]
        y[count - 1] /= pivots[count - 1]
        for j in range(count - 2, -1, -1):
            y[j] = (y[j] + links[j] * y[j + 1]) / pivots[j]
        y = y + y[::-1]
        y /= np.sqrt(np.sum(y * y))
        change = np.max(np.abs(y - x)) / np.max(y)
        x = y
        if change < tolerance:
            break
    return x


def float_vector(sites: int, taps: int, size: int) -> np.ndarray:
    """The top eigenvector, unit length, positive and symmetric, float64 (K,); O(K) per step, for K + M <= N."""
    if size == 1 or taps == 1:
        return np.full(taps, taps**-0.5)
    j = np.arange(taps)
    links = np.sin(np.pi * j[1:] / sites) * np.sin(np.pi * (taps - j[1:]) / sites)
    kappa = 2 * np.sin(np.pi * (size + 1) / (2 * sites)) * np.sin(np.pi * (size - 1) / (2 * sites))
    excess = kappa * 2 * np.sin(np.pi * (2 * j - taps + 1) / (2 * sites)) ** 2
    if taps == 2:  # the ends carry the same excess
        return np.full(2, 2**-0.5)
    return _inverse_iteration(links, excess, 400, 1e-15)


def concentration(sites: int, taps: int, size: int) -> tuple[float, float]:
    """(lambda, 1 - lambda) in float64: both are sums of energies, inside and outside of the band."""
    vector = float_vector(sites, taps, size)
    modulated = vector * np.exp(1j * np.pi * (1 - size % 2) * np.arange(taps) / sites)
    energy = np.abs(np.fft.fft(modulated, sites)) ** 2
    half = (size - 1) // 2
    inside = np.zeros(sites, dtype=bool)
    inside[np.arange(-half, size - half) % sites] = True
    total = energy.sum()
    return float(energy[inside].sum() / total), float(energy[~inside].sum() / total)


def refine(diagonal: Sequence[Ball], off: Sequence[Ball], vector: Sequence[Ball], rounds: int) -> list[Ball]:
    """Rayleigh quotient iteration on a tridiagonal matrix; a proposal, whatever happens on the way."""
    for _ in range(rounds):
        image = apply_tridiagonal(diagonal, off, vector)
        shift = (sum(x * y for x, y in zip(vector, image, strict=True)) / sum(x * x for x in vector)).mid()
        solved = _solve([(d - shift).mid() for d in diagonal], [o.mid() for o in off], vector)
        peak = max(solved, key=lambda x: abs(float(x))) if solved else None
        if peak is None or not peak.is_finite() or peak == 0:
            break
        vector = [(x / peak).mid() for x in solved]
    return list(vector)


def apply_tridiagonal(diagonal: Sequence[Any], off: Sequence[Any], vector: Sequence[Any]) -> list[Any]:
    """T x."""
    image = [d * x for d, x in zip(diagonal, vector, strict=True)]
    for j, link in enumerate(off):
        image[j] = image[j] + link * vector[j + 1]
        image[j + 1] = image[j + 1] + link * vector[j]
    return image


def _solve(diagonal: list[Ball], off: list[Ball], right: Sequence[Ball]) -> list[Ball]:
    """Solution of a tridiagonal system by elimination without exchanges, midpoints only; empty where a pivot is 0."""
    pivots, values = [diagonal[0]], [right[0]]
    for j, link in enumerate(off):
        if pivots[-1] == 0:
            return []
        factor = (link / pivots[-1]).mid()
        pivots.append((diagonal[j + 1] - factor * link).mid())
        values.append((right[j + 1] - factor * values[-1]).mid())
    if pivots[-1] == 0:
        return []
    solved = [(values[-1] / pivots[-1]).mid()]
    for j in range(len(off) - 1, -1, -1):
        solved.append(((values[j] - off[j] * solved[-1]) / pivots[j]).mid())
    return solved[::-1]


@lru_cache(maxsize=4096)
def prolate(sites: int, taps: int, size: int) -> Top:
    """lambda(N, K, M) for K + M <= N, from both sides; raises `NoCertificate` if the bounds do not meet."""
    start = float_vector(sites, taps, size)

    def matrix(bits: int) -> list[list[Ball]]:
        return toeplitz(lags(sites, taps, size))

    def propose(bits: int) -> list[Ball]:
        vector = [ball(float(x)) for x in start]
        if taps <= 2 or size == 1:
            return [ball(1)] * taps
        return refine(*tridiagonal(sites, taps, size), vector, rounds=1 + (bits // 50).bit_length() // 2 + 1)

    return largest(matrix, propose)
