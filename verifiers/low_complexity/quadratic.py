"""Robust accuracy of polynomials of degree two on noise-free laws in few dimensions, by enumeration of all points.

The least value of a quadratic over a ball is enclosed from both sides: a multiplier makes it convex and gives a lower
bound in rationals (no gap remains, by the S-lemma), and a rational perturbation inside the ball an upper one. The
multiplier and the perturbation are proposed in floats.
"""

from __future__ import annotations

from fractions import Fraction
from itertools import product
from typing import Any

import numpy as np

from verifiers import arithmetic
from verifiers.errors import MissingPart
from verifiers.low_complexity.lattice import Lattice

POINTS = 1000
"""Most points whose values are enclosed one by one."""

DENOMINATOR = 2**40
"""Proposed multipliers and perturbations are rounded to multiples of 1/DENOMINATOR."""


class Quadratic:
    """f(x) = constant + <linear, x> + x^T matrix x, exact, against l2 perturbations of radius tau."""

    def __init__(self, constant: Fraction, linear: list[Fraction], matrix: np.ndarray, tau: Fraction) -> None:
        from flint import fmpq_mat

        d = len(linear)
        self.constant, self.linear, self.tau = constant, linear, tau
        self.matrix = fmpq_mat(d, d, [arithmetic.rational(entry) for entry in matrix.reshape(-1)])
        self.exact = matrix
        self.values, self.vectors = np.linalg.eigh(matrix.astype(np.float64))

    def _at(self, point: list[Fraction]) -> tuple[Fraction, list[Fraction]]:
        d = len(point)
        pulled = [sum((self.exact[i, j] * point[j] for j in range(d)), Fraction(0)) for i in range(d)]
        inner = sum((a * (b + c) for a, b, c in zip(point, self.linear, pulled, strict=True)), Fraction(0))
        gradient = [a + 2 * b for a, b in zip(self.linear, pulled, strict=True)]
        return self.constant + inner, gradient

    def least(self, point: list[Fraction], label: int) -> tuple[Fraction, Fraction]:
        """(lower, upper) on min over |delta| <= tau of label f(point + delta)."""
        value, gradient = self._at(point)
        value, gradient = label * value, [label * g for g in gradient]
        if self.tau == 0:
            return value, value
        multiplier, move = self._propose(np.array([float(g) for g in gradient]), label)
        upper = value
        rounded = [Fraction(round(v * DENOMINATOR), DENOMINATOR) for v in move]
        length_sq = sum((v**2 for v in rounded), Fraction(0))
        for shrink in (Fraction(1), 1 - Fraction(1, 2**30)):
            if length_sq * shrink**2 <= self.tau**2:
                moved = [p + shrink * v for p, v in zip(point, rounded, strict=True)]
                upper = min(value, label * self._at(moved)[0])
                break
        lower = max(self._dual(value, gradient, label, multiplier + slack) for slack in _SLACKS)
        return lower, upper

    def _propose(self, gradient: np.ndarray, label: int) -> tuple[Fraction, np.ndarray]:
        """Multiplier and minimiser of the trust-region problem in floats, by bisection on the multiplier."""
        values, own, tau = label * self.values, self.vectors.T @ gradient, float(self.tau)
        low = max(0.0, -values.min())
        floor = low + 1e-12 * (1 + abs(values).max())

        def move(multiplier: float) -> np.ndarray:
            return -own / (2 * (values + multiplier))

        if np.linalg.norm(move(floor)) <= tau:
            step, multiplier = move(floor), floor
            if values.min() < 0:  # the hard case: the rest of the radius goes along an eigenvector of least value
                step[np.argmin(values)] += np.sqrt(max(tau**2 - step @ step, 0.0))
        else:
            high = low + np.linalg.norm(own) / (2 * tau) + 1e-9
            low = floor
            for _ in range(100):
                multiplier = (low + high) / 2
                low, high = (multiplier, high) if np.linalg.norm(move(multiplier)) > tau else (low, multiplier)
            multiplier, step = high, move(high)
        return Fraction(round(multiplier * DENOMINATOR), DENOMINATOR), self.vectors @ step

    def _dual(self, value: Fraction, gradient: list[Fraction], label: int, multiplier: Fraction) -> Fraction:
        """value - g^T (label Q + multiplier)^-1 g / 4 - multiplier tau^2, a lower bound; far below if not convex."""
        from flint import fmpq_mat

        d = len(gradient)
        shifted = self.matrix * label
        for i in range(d):
            shifted[i, i] += arithmetic.rational(multiplier)
        if multiplier < 0 or not _positive_definite(shifted, d):
            return value - 10**6
        right = fmpq_mat(d, 1, [arithmetic.rational(g) for g in gradient])
        inner = arithmetic.to_fraction((right.transpose() * shifted.solve(right))[0, 0])
        return value - inner / 4 - multiplier * self.tau**2


_SLACKS = tuple(Fraction(1, 2**power) for power in (38, 28, 20))


def _positive_definite(matrix: Any, d: int) -> bool:
    """All leading minors are positive, in rationals."""
    from flint import fmpq_mat

    return all(fmpq_mat(n, n, [matrix[i, j] for i in range(n) for j in range(n)]).det() > 0 for n in range(1, d + 1))


def quadratic_accuracy(
    lattice: Lattice, constant: Fraction, linear: list[Fraction], matrix: np.ndarray, tau: Fraction
) -> tuple[Fraction, Fraction]:
    """(lower, upper) on the robust accuracy of sign f, f = constant + <linear, x> + x^T matrix x, in l2.

    Raises `MissingPart` with noise, for too many points, and where the unit 1/sqrt(k) is irrational.
    """
    if lattice.noise:
        raise MissingPart("quadratics are enclosed without noise only; set the noise to 0")
    steps = [(step, chance) for step, chance in lattice.steps if chance]
    if len(steps) ** lattice.count > POINTS:
        raise MissingPart(f"{len(steps)}^{lattice.count} points; quadratics are enclosed point by point in small d")
    try:
        unit = arithmetic.to_fraction(arithmetic.square_root(arithmetic.rationals([lattice.unit_sq]))[0])
    except arithmetic.NotRational as error:
        raise MissingPart(f"{error}; quadratics are enclosed where 1/sqrt(k) is rational") from None
    form = Quadratic(constant, [unit * w for w in linear], unit**2 * matrix, tau / unit)
    sure = possible = total = Fraction(0)
    for combination in product(steps, repeat=lattice.count):
        sums = sum(step for step, _ in combination)
        if abs(sums) < lattice.least:
            continue
        weight = Fraction(1)
        for _, chance in combination:
            weight *= chance
        total += weight
        low, high = form.least([Fraction(step) for step, _ in combination], 1 if sums > 0 else -1)
        sure += weight if low > 0 else 0
        possible += weight if high > 0 else 0
    if total == 0:
        raise MissingPart("no draw meets the condition on the margin; lower the gap")
    return sure / total, possible / total
