"""Largest shares of energy for any band: on K sites in a row, on any set of sites, on rectangles of a torus."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from functools import lru_cache
from typing import Any

import numpy as np

from constructions.frequency_bias.bands import is_symmetric
from verifiers.errors import MissingPart
from verifiers.frequency_bias.eigenvalues import Top, ball, largest
from verifiers.frequency_bias.prolate import prolate, turn
from verifiers.frequency_bias.spectra import lag_weights

Ball = Any
LARGEST_MATRIX = 130
"""Rows up to which an eigenvalue is enclosed."""


def prolate_share(sites: int, taps: int, size: int) -> Fraction | Top:
    """lambda(N, K, M): exactly where K + M > N or one of them is 1, else from both sides."""
    if taps + size > sites:
        return Fraction(1)
    if min(taps, size) == 1:
        return Fraction(max(taps, size), sites)
    if taps > LARGEST_MATRIX:
        raise MissingPart(f"eigenvalues are enclosed for up to {LARGEST_MATRIX} taps")
    return prolate(sites, min(taps, size), max(taps, size))


def value_of(share: Fraction | Top) -> Any:
    """The share as one exact number or one ball."""
    return share if isinstance(share, Fraction) else share.value


def shortfall_of(share: Fraction | Top) -> Any:
    """1 - share, relatively accurate."""
    return 1 - share if isinstance(share, Fraction) else share.short


def dense_top(matrix: Callable[[], list[list[Ball]]]) -> Top:
    """The largest eigenvalue of any symmetric matrix with spectrum below 1."""

    def rows(bits: int) -> list[list[Ball]]:
        return matrix()

    def propose(bits: int) -> list[Ball]:
        exact = matrix()
        floats = np.array([[float(x.mid()) for x in row] for row in exact])
        vector = [ball(float(x)) for x in np.linalg.eigh(floats)[1][:, -1]]
        return _refined(exact, vector, rounds=(bits // 50).bit_length() // 2 + 1)

    return largest(rows, propose)


def _refined(rows: list[list[Ball]], vector: list[Ball], rounds: int) -> list[Ball]:
    """Rayleigh quotient iteration with midpoints; stops at a shift that is an eigenvalue to the last bit."""
    import flint

    for _ in range(rounds):
        image = [sum(a * x for a, x in zip(row, vector, strict=True)) for row in rows]
        shift = sum(x * y for x, y in zip(vector, image, strict=True)) / sum(x * x for x in vector)
        moved = [[(x - shift if i == j else x).mid() for j, x in enumerate(row)] for i, row in enumerate(rows)]
        try:
            solved = [row[0].mid() for row in
                      flint.arb_mat(moved).solve(flint.arb_mat([[x] for x in vector])).tolist()]  # fmt: skip
        except ZeroDivisionError:
            break
        peak = max(solved, key=lambda x: abs(float(x)))
        if not peak.is_finite() or peak == 0:
            break
        vector = [(x / peak).mid() for x in solved]
    return vector


@lru_cache(maxsize=1024)
def band_share_bound(sites: int, taps: int, band: tuple[int, ...]) -> Fraction | Top:
    """The largest share in the band among real filters with K taps, for any band; exactly 1 where B = -B, K + M > N."""
    if is_symmetric(sites, np.array(band)) and taps + len(band) > sites:
        return Fraction(1)
    if taps == 1 or len(band) == sites:
        return Fraction(len(band), sites)
    _check(taps)

    def matrix() -> list[list[Ball]]:
        column = lag_weights(sites, band, taps)
        return [[column[abs(i - j)] for j in range(taps)] for i in range(taps)]

    return dense_top(matrix)


@lru_cache(maxsize=1024)
def pair_share_bound(sites: int, places: tuple[int, ...], band: tuple[int, ...]) -> Fraction | Top:
    """|P_B P_T|^2, the largest share in a symmetric band of signals on a set of sites; exactly 1 if T or B is all."""
    if len(places) == sites or len(band) == sites:
        return Fraction(1)
    if len(places) == 1:
        return Fraction(len(band), sites)
    if not is_symmetric(sites, np.array(band)):
        raise MissingPart("this is measured for bands with B = -B")
    if len(places) + len(band) > sites and _full(sites, places, band):
        return Fraction(1)
    _check(len(places))

    def matrix() -> list[list[Ball]]:
        column = lag_weights(sites, band, sites)
        return [[column[abs(i - j)] for j in places] for i in places]

    return dense_top(matrix)


def _full(sites: int, places: Sequence[int], band: Sequence[int]) -> bool:
    """|T| + |B| > N: some signal on T vanishes outside of B, by counting equations."""
    return len(places) + len(band) > sites


@lru_cache(maxsize=256)
def plane_share_bound(
    grid: tuple[int, int], kernel: tuple[int, int], band: tuple[tuple[int, int], ...]
) -> Fraction | Top:
    """The largest share of real filters (K1, K2) in a band of frequencies of a torus that is symmetric, B = -B."""
    members = set(band)
    if any((-a % grid[0], -b % grid[1]) not in members for a, b in band):
        raise MissingPart("this is measured for bands with B = -B")
    if kernel == (1, 1):
        return Fraction(len(band), grid[0] * grid[1])
    _check(kernel[0] * kernel[1])

    def matrix() -> list[list[Ball]]:
        weights = plane_weights(grid, kernel, band)
        places = [(a, b) for a in range(kernel[0]) for b in range(kernel[1])]
        return [[weights[a - c, b - d] for c, d in places] for a, b in places]

    return dense_top(matrix)


def plane_weights(
    grid: tuple[int, int], kernel: tuple[int, int], band: Sequence[tuple[int, int]]
) -> dict[tuple[int, int], Ball]:
    """(1/(N1 N2)) sum_B cos(2 pi (d1 a/N1 + d2 b/N2)) for all lags |a| < K1, |b| < K2."""
    n1, n2 = grid
    first = {(d, a): turn(2 * d * a, n1) for d in {d for d, _ in band} for a in range(kernel[0])}
    second = {(d, b): turn(2 * d * b, n2) for d in {d for _, d in band} for b in range(kernel[1])}
    weights: dict[tuple[int, int], Ball] = {}
    for a in range(kernel[0]):
        for b in range(kernel[1]):
            plus = minus = ball(0)
            for d1, d2 in band:
                (s1, c1), (s2, c2) = first[d1, a], second[d2, b]
                plus, minus = plus + c1 * c2 - s1 * s2, minus + c1 * c2 + s1 * s2
            weights[a, b] = weights[-a, -b] = plus / (n1 * n2)
            weights[a, -b] = weights[-a, b] = minus / (n1 * n2)
    return weights


def _check(rows: int) -> None:
    if rows > LARGEST_MATRIX:
        raise MissingPart(f"eigenvalues are enclosed for matrices of up to {LARGEST_MATRIX} rows")
