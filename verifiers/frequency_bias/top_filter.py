"""The best filter itself: its taps and zeros enclosed, the tridiagonal that commutes, exact filters close to it.

The top eigenvector of the tridiagonal T is enclosed by its residual over a gap that inertia proves.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import Any

import numpy as np
from scipy.linalg import eigvalsh_tridiagonal

from constructions.frequency_bias.filters import layers_of
from constructions.instance import NoInstance, fractions_of
from verifiers import arithmetic
from verifiers.errors import MissingPart, NoCertificate
from verifiers.frequency_bias.eigenvalues import ball
from verifiers.frequency_bias.prolate import apply_tridiagonal, float_vector, lags, refine, tridiagonal, turn
from verifiers.frequency_bias.spectra import composed

Ball = Any
BITS = 512
SHORT_BITS = 30
"""Bits of the exact filters close to the best one: their shares fall short of the best by about 2^(-2 SHORT_BITS)."""


@dataclass(frozen=True)
class TopFilter:
    """The top eigenvector of T, taps as balls; the zeros of sum_k u_k z^k that are proved to lie on the unit circle.

    `beyond` of them are farther from 1 than the first frequency outside of the band; sign changes prove them.
    """

    taps: tuple[Ball, ...]
    zeros: int
    beyond: int


def _positive_above(diagonal: list[Ball], off: list[Ball], level: Ball) -> int | None:
    """Number of eigenvalues above `level`, by Sturm's count; None where a pivot is not decided."""
    count, pivot = 0, None
    for j, entry in enumerate(diagonal):
        pivot = entry - level - (off[j - 1] * off[j - 1] / pivot if j else 0)
        if not (pivot > 0 or pivot < 0):
            return None
        count += bool(pivot > 0)
    return count


@lru_cache(maxsize=1024)
def top_filter(sites: int, taps: int, size: int) -> TopFilter:
    """The top eigenvector of T and its zeros. Raises `NoCertificate` where it is not enclosed, needs K + M <= N."""
    if taps + size > sites:
        raise MissingPart("K + M > N: many filters have all of their energy in the band")
    with arithmetic.precision(BITS):
        if taps == 1:
            return TopFilter((ball(1),), 0, 0)
        diagonal, off = tridiagonal(sites, taps, size)
        start = [ball(float(x)) for x in float_vector(sites, taps, size)]
        vector = refine(diagonal, off, start, rounds=3)
        enclosed = _enclosed(diagonal, off, vector)
        if not all(x > 0 or x < 0 for x in enclosed):
            raise NoCertificate("the sign of a tap of the best filter is not decided")
        return _zeros(enclosed, sites, size)


def _enclosed(diagonal: list[Ball], off: list[Ball], vector: list[Ball]) -> list[Ball]:
    """The eigenvector above a proved gap, as balls around an approximation."""
    floats = [np.array([float(x.mid()) for x in part]) for part in (diagonal, off)]
    second, first = eigvalsh_tridiagonal(*floats, select="i", select_range=(len(diagonal) - 2, len(diagonal) - 1))
    level = ball(float((first + second) / 2))
    if _positive_above(diagonal, off, level) != 1:
        raise NoCertificate("the gap below the top eigenvalue of the tridiagonal is not proved")
    image = apply_tridiagonal(diagonal, off, vector)
    square = sum((x * x for x in vector), ball(0))
    value = sum((x * y for x, y in zip(vector, image, strict=True)), ball(0)) / square
    gaps = [y - value * x for x, y in zip(vector, image, strict=True)]
    rest: Ball = sum((gap * gap for gap in gaps), ball(0))
    distance = (rest.abs_upper().sqrt() / (value - level)).upper()
    if not (distance.is_finite() and distance >= 0):
        raise NoCertificate("the top eigenvector of the tridiagonal is not enclosed")
    spread = (-distance).union(distance)
    return [x + spread for x in vector]


def _zeros(taps: list[Ball], sites: int, size: int) -> TopFilter:
    """Sign changes of sum_j u_j cos((j - (K-1)/2) t) on (0, pi), each of which is a pair of zeros on the circle."""
    count = len(taps)
    centred = np.array([float(x.mid()) for x in taps])
    angles = np.sort(np.abs(np.angle(np.roots(centred[::-1])))) / np.pi
    pairs = angles[: 2 * ((count - 1) // 2) : 2]
    first = Fraction(size + 1, sites)  # of pi: the first frequency outside of the centred band
    between = [Fraction(float((a + b) / 2)) for a, b in zip(pairs, pairs[1:], strict=False)]
    last = [Fraction(float((pairs[-1] + 1) / 2))] if len(pairs) else []
    signs = [_sign(taps, place) for place in (Fraction(0), first, *between, *last)]
    changes = [a != b for a, b in zip(signs, signs[1:], strict=False)]
    at_minus_one = int(count % 2 == 0)
    if 2 * sum(changes) + at_minus_one < count - 1:
        raise NoCertificate("not every zero of the best filter was found on the unit circle")
    return TopFilter(tuple(taps), 2 * sum(changes) + at_minus_one, 2 * sum(changes[1:]) + at_minus_one)


def _sign(taps: list[Ball], place: Fraction) -> int:
    total = ball(0)
    for j, x in enumerate(taps):
        angle = place * (2 * j - len(taps) + 1) / 2
        total = total + x * turn(angle.numerator, angle.denominator)[1]
    if not (total > 0 or total < 0):
        raise NoCertificate("a sign of the best filter's transform is not decided")
    return 1 if total > 0 else -1


def commutator(sites: int, taps: int, size: int, sign: int) -> list[list[Ball]]:
    """Entries of T A - A T; `sign` = -1 is that of T."""
    diagonal, off = tridiagonal(sites, taps, size, sign)
    column = lags(sites, taps, size)
    rows = [[column[abs(i - j)] for j in range(taps)] for i in range(taps)]
    images = [apply_tridiagonal(diagonal, off, row) for row in rows]  # rows of A T, and columns of T A
    return [[images[j][i] - images[i][j] for j in range(taps)] for i in range(taps)]


def short_filter(sites: int, taps: int, size: int) -> list[Fraction]:
    """A rational filter close to the best one, every entry a multiple of 2^-SHORT_BITS of the largest."""
    vector = float_vector(sites, taps, size)
    return [Fraction(round(float(x) / float(vector.max()) * 2**SHORT_BITS), 2**SHORT_BITS) for x in vector]


def short_composition(sites: int, taps: int, depth: int, size: int) -> list[Fraction]:
    """The composition of L rational layers of K taps each, K odd, whose product comes close to the best filter."""
    reach = depth * (taps - 1) + 1
    if taps % 2 == 0 and depth > 1:
        raise MissingPart("an even number of real taps cannot attain the bound; see `even_taps`")
    try:
        layers = layers_of(float_vector(sites, reach, size), depth) if taps > 1 else np.ones((depth, 1))
    except NoInstance as missing:
        raise MissingPart(str(missing)) from None
    if depth == 1:
        layers = float_vector(sites, reach, size)[None, :]
    return composed(fractions_of(np.round(layers * 2.0**SHORT_BITS)))
