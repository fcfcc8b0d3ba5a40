"""Polynomials by hand: odd ones that interpolate two magnitudes, and power sums invariant under permutations.

Sources: Hermite interpolation; symmetrisation over permutations and the global mirror, after Allen-Zhu and Li 2020.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from math import isqrt

import numpy as np

from constructions.instance import InvalidInstance


def light_magnitude(k: int) -> Fraction:
    """a = 1/sqrt(k). Raises `InvalidInstance` unless k is a perfect square, where a is rational."""
    root = isqrt(k)
    if root * root != k or k < 1:
        raise InvalidInstance(f"1/sqrt({k}) is irrational; take a perfect square k")
    return Fraction(1, root)


def solve(matrix: list[list[Fraction]], right: list[Fraction]) -> list[Fraction]:
    """The solution of a square system in rationals, by elimination. Raises `InvalidInstance` if it is singular."""
    rows = [[*row, value] for row, value in zip(matrix, right, strict=True)]
    for column in range(len(rows)):
        pivot = next((i for i in range(column, len(rows)) if rows[i][column] != 0), None)
        if pivot is None:
            raise InvalidInstance("the interpolation conditions are not independent")
        rows[column], rows[pivot] = rows[pivot], rows[column]
        rows[column] = [entry / rows[column][column] for entry in rows[column]]
        for i, row in enumerate(rows):
            if i != column and row[column] != 0:
                rows[i] = [a - row[column] * b for a, b in zip(row, rows[column], strict=True)]
    return [row[-1] for row in rows]


def quintic(k: int) -> tuple[Fraction, ...]:
    """(0, k + 1, -k): p(t) = (k + 1) t^3 - k t^5 has p(a) = a and p(1) = 1 at a = 1/sqrt(k), for every k."""
    return Fraction(0), Fraction(k + 1), Fraction(-k)


def septic(k: int) -> tuple[Fraction, ...]:
    """Coefficients (0, c_3, c_5, c_7) with p(a) = a, p(1) = 1, p'(1) = 0 at a = 1/sqrt(k), k > 1.

    Solved in the unknowns of t^3, t^5, t^7; a^2 = 1/k makes them rational for every k.
    """
    if k < 2:
        raise InvalidInstance("two magnitudes need k > 1")
    square = Fraction(1, k)
    rows = [[square, square**2, square**3], [Fraction(1)] * 3, [Fraction(n) for n in (3, 5, 7)]]
    return Fraction(0), *solve(rows, [Fraction(1), Fraction(1), Fraction(0)])


def interpolating(squares: Sequence[Fraction], flat: bool = True) -> tuple[Fraction, ...]:
    """Coefficients (0, c_3, ..., c_{4s-1}) with p(a) = a at s magnitudes a, and p'(a) = 0 at all but the smallest.

    Values alone, of degree 2s + 1, unless `flat`.

    `squares` are a^2, positive and different, the smallest first: 2s - 1 conditions that are independent, as
    p(t) = t h(t^2) with h(0) = 0, and h of degree 2s - 1 has no 2s zeros.
    """
    sloped = squares[1:] if flat else ()
    powers = range(1, len(squares) + len(sloped) + 1)
    rows = [[u**n for n in powers] for u in squares] + [[(2 * n + 1) * u**n for n in powers] for u in sloped]
    return Fraction(0), *solve(rows, [Fraction(1)] * len(squares) + [Fraction(0)] * len(sloped))


def partitions(total: int, largest: int | None = None) -> Iterator[tuple[int, ...]]:
    """Partitions of `total` into parts of at most `largest`, each in falling order."""
    if total == 0:
        yield ()
        return
    for part in range(min(total, largest or total), 0, -1):
        for rest in partitions(total - part, part):
            yield part, *rest


def odd_monomials(degree: int) -> list[tuple[int, ...]]:
    """Products of power sums p_l = sum_j x_j^l of odd total degree <= `degree`: (2, 1) stands for p_2 p_1.

    They span the odd symmetric polynomials, in any number of variables; independent if there are `degree` of them.
    """
    return [parts for total in range(1, degree + 1, 2) for parts in partitions(total)]


def power_sum_features(points: np.ndarray, degree: int) -> np.ndarray:
    """Values (n, number of odd monomials) of the power-sum products at points (n, d); rationals stay rational."""
    powers = {part: (points**part).sum(axis=1) for part in range(1, degree + 1)}
    columns = []
    for parts in odd_monomials(degree):
        column = powers[parts[0]]
        for part in parts[1:]:
            column = column * powers[part]
        columns.append(column)
    return np.stack(columns, axis=1)
