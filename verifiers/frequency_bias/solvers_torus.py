"""On a torus one filter can be worse than two: a certified floor for one filter of 2 x 2 taps.

With one filter (a, b; c, d) the correlations r = (r00, r10, r01, r11, r1-1) obey one polynomial relation. The cost is
F(r) = 1/2 (r00 + sum_d |w^_d|^2/q_d(r)), q linear in r, strictly convex. Around its minimiser r0 a box is found, on the
boundary of which F >= t, so that F <= t only inside; where the relation fails on the whole box, every single filter
costs more than t. All numbers are balls.

q > 0 is asked for on the grid only, so r0 need not be the correlations of any filters: t bounds single filters from
below, and says nothing about several.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np

from verifiers import arithmetic
from verifiers.errors import MissingPart, NoCertificate

RADII = tuple(Fraction(1, n) for n in (5, 10, 20, 40, 80, 160, 320, 640))
"""Half widths of the box, relative to r00, largest first."""


def relation(r00: Any, r10: Any, r01: Any, r11: Any, across: Any) -> Any:
    """A polynomial that vanishes on the correlations of a single filter; `across` is r_(1,-1) = b c.

    With s = a^2 + d^2 and t = b^2 + c^2: s + t = r00, across s + r11 t = r10 r01, s t + 4 r11 across = r10^2 + r01^2.
    """
    spread = across - r11
    product = (r10 * r01 - r11 * r00) * (across * r00 - r10 * r01)
    return product + (4 * r11 * across - r10 * r10 - r01 * r01) * spread * spread


def _sum(terms: Any) -> Any:
    import flint

    return sum(terms, flint.arb(0))


def one_filter_floor(predictor: np.ndarray) -> Any:
    """A ball whose lower end bounds the cost of every net with one 2 x 2 filter, for a predictor (N1, N2) of fractions.

    Raises `MissingPart` on grids below 3 x 3, `NoCertificate` if no box excludes single filters.
    """
    import flint

    arb = flint.arb
    if predictor.ndim != 2:
        raise MissingPart("single 2 x 2 filters are looked at on a torus")
    if min(predictor.shape) < 3:
        raise MissingPart("the lags of 2 x 2 taps coincide on grids below 3 x 3")
    rows, sizes = _programme(predictor)
    start = _minimiser(*(arithmetic.nearest(np.array(part, dtype=object)) for part in (rows, sizes)))
    centre = [arb(float(x)) for x in start]
    gains = [_sum(p * r for p, r in zip(row, centre, strict=True)) for row in rows]
    if not all(q > 0 for q in gains):
        raise NoCertificate("the minimiser found has a gain that is not positive")
    value = (centre[0] + _sum(w / q for w, q in zip(sizes, gains, strict=True))) / 2
    weights = [w / q**2 for w, q in zip(sizes, gains, strict=True)]
    slope = [((i == 0) - _sum(w * row[i] for w, row in zip(weights, rows, strict=True))) / 2 for i in range(5)]
    for share in RADII:
        radius = arb(float(share) * float(start[0]))
        box = [c + arb(0, radius) for c in centre]
        if relation(*box).contains(0):
            continue
        largest = [q + radius * _sum(abs(p) for p in row) for q, row in zip(gains, rows, strict=True)]
        bends = [w / q**3 for w, q in zip(sizes, largest, strict=True)]
        curvature = [
            [_sum(w * row[i] * row[j] for w, row in zip(bends, rows, strict=True)) for j in range(5)] for i in range(5)
        ]
        floor = value - radius * _sum(abs(g) for g in slope) + _least(curvature) * radius**2 / 2
        if floor > value:
            return floor
    raise NoCertificate("no box around the minimiser excludes single filters: one may be enough here")


def _programme(predictor: np.ndarray) -> tuple[list[list[Any]], list[Any]]:
    """Rows of q = P r and the sizes |w^_d|^2 (unitary), both as balls, over all frequencies."""
    import flint

    arb, fmpq = flint.arb, flint.fmpq
    first, second = predictor.shape
    exact = arithmetic.rationals(predictor)

    def turn(d: tuple[int, ...], lag: tuple[int, ...]) -> Any:
        return arb.cos_pi_fmpq(fmpq(2 * d[0] * lag[0], first) + fmpq(2 * d[1] * lag[1], second))

    grid = list(np.ndindex(first, second))
    correlations = {lag: np.sum(exact * np.roll(exact, tuple(-v for v in lag), (0, 1))) for lag in grid}
    rows = [[arb(1), *(2 * turn(d, lag) for lag in ((1, 0), (0, 1), (1, 1), (1, -1)))] for d in grid]
    sizes = [_sum(arb(r) * turn(d, lag) for lag, r in correlations.items()) / len(grid) for d in grid]
    return rows, [size.nonnegative_part() for size in sizes]


def _minimiser(rows: np.ndarray, sizes: np.ndarray) -> np.ndarray:
    """Newton's method with halving on F, from a flat gain; in float64, as a proposal."""
    r = np.zeros(5)
    r[0] = np.sqrt(sizes.sum())

    def cost(point: np.ndarray) -> float:
        gains = rows @ point
        return 0.5 * (point[0] + float(np.sum(sizes / gains))) if np.all(gains > 0) else np.inf

    for _ in range(200):
        gains = rows @ r
        gradient = 0.5 * (np.eye(5)[0] - rows.T @ (sizes / gains**2))
        step = np.linalg.solve((rows.T * (sizes / gains**3)) @ rows, gradient)
        length = 1.0
        while length > 1e-12 and not cost(r - length * step) <= cost(r):
            length /= 2
        r = r - length * step
        if np.abs(step).max() <= 1e-15 * np.abs(r).max():
            break
    return r


def _least(matrix: list[list[Any]]) -> Any:
    """A lower bound on the smallest eigenvalue of a symmetric matrix of balls, shown by its pivots; 0 if none is."""
    import flint

    guess = float(np.linalg.eigvalsh(arithmetic.nearest(np.array(matrix, dtype=object)))[0])
    for share in (0.99, 0.9, 0.5):
        bound = flint.arb(guess * share)
        work = [[entry - (bound if i == j else 0) for j, entry in enumerate(row)] for i, row in enumerate(matrix)]
        if guess > 0 and _positive(work):
            return bound
    return flint.arb(0)


def _positive(work: list[list[Any]]) -> bool:
    for k, row in enumerate(work):
        if not row[k] > 0:
            return False
        for i in range(k + 1, len(work)):
            factor = work[i][k] / row[k]
            for j in range(k + 1, len(work)):
                work[i][j] = work[i][j] - factor * row[j]
    return True
