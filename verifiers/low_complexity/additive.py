"""Robust accuracy of odd additive polynomials f(x) = sum_j p(x_j) on noise-free lattice laws, enclosed from both sides.

From below: on |delta| <= tau, with any lambda >= 0, y f(x + delta) >= sum_j min_u [y p(x_j + u) + lambda u^2] -
lambda tau^2, one minimum per value a coordinate can take. Minima of polynomials are found through certified roots of
their derivatives. From above: perturbations that move some coordinates of each kind by equal amounts, in rationals.
A point is then a count of coordinates by kind, and its probability a multinomial.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction
from functools import lru_cache
from itertools import product
from typing import Any

import numpy as np

from verifiers import arithmetic
from verifiers.errors import MissingPart
from verifiers.low_complexity.lattice import Lattice
from verifiers.low_complexity.linear import ball

MULTIPLIERS = 48
"""Values of lambda tried for every point; more only tighten the bound."""

SHARES = 12
"""The squared radius is dealt out to the kinds of coordinates in multiples of this part of it."""

SCALE = 2**32
"""Contributions of coordinates are rounded outward to multiples of 1/SCALE, so that sums over a point are integers."""

LARGEST = 2**20
"""Contributions beyond this are not summed: the multiplier that causes them is left out."""

CLASSES = 200_000
"""Most points up to permutation that are looked at."""

UNLIKELY = 1e-9
"""Counts of one kind less likely than this together are left open: neither robust nor broken."""


def scaled(coefficients: Sequence[Fraction], unit_sq: Fraction) -> list[Fraction]:
    """Coefficients of p(unit X)/unit as a polynomial in X, dense from the constant on: rational as p is odd."""
    dense = [Fraction(0)] * (2 * len(coefficients))
    for position, coefficient in enumerate(coefficients):
        dense[2 * position + 1] = Fraction(coefficient) * unit_sq**position
    return dense


def value_at(dense: Sequence[Fraction], point: Fraction) -> Fraction:
    """A polynomial by Horner's rule."""
    total = Fraction(0)
    for coefficient in reversed(dense):
        total = total * point + coefficient
    return total


def shifted(dense: Sequence[Fraction], start: Fraction) -> list[Fraction]:
    """Coefficients of p(start + u) in u."""
    out = list(dense)
    for i in range(len(out) - 1):
        for j in range(len(out) - 2, i - 1, -1):
            out[j] += start * out[j + 1]
    return out


def least_value(dense: Sequence[Fraction], reach: Fraction) -> Any:
    """A ball that contains the minimum of a polynomial over [-reach, reach]: at an end or at a root of p'."""
    from flint import arb, fmpq_poly

    polynomial = fmpq_poly([arithmetic.rational(c) for c in dense])
    places = [ball(-reach), ball(reach)]
    slope = polynomial.derivative().numer()
    if slope.degree() > 0:
        found: Any = slope.complex_roots()
        for root, _ in found:
            if root.imag.contains(0) and not abs(root.real) > ball(reach):
                places.append(root.real)
    coefficients = [ball(c) for c in dense]
    best = None
    for place in places:
        total = arb(0)
        for coefficient in reversed(coefficients):
            total = total * place + coefficient
        best = total if best is None else best.min(total)
    return best


class Additive:
    """One odd additive polynomial on one lattice law without noise, against l2 perturbations of radius tau."""

    def __init__(self, lattice: Lattice, coefficients: Sequence[Fraction], tau: Fraction) -> None:
        if lattice.noise:
            raise MissingPart("robust accuracies of polynomials are enclosed without noise only; set the noise to 0")
        self.lattice, self.tau = lattice, tau
        self.dense = scaled(coefficients, lattice.unit_sq)
        self.budget = tau**2 / lattice.unit_sq
        root = Fraction(math.isqrt(math.ceil(self.budget * 2**40)) + 1, 2**20)
        self.reach = root
        """No coordinate moves farther, in units."""
        self.chances = dict(lattice.steps)
        self.kinds = [step for step, chance in lattice.steps if step and chance]

    @property
    def counts(self) -> np.ndarray:
        """Counts (C, kinds + 1) of the points of label +1 up to permutation; the last column counts zeros."""
        return _points(self.lattice)[0]

    def probability(self, chosen: np.ndarray) -> Any:
        """The probability of the chosen rows of `counts`, not divided by that of acceptance, as a ball."""
        return sum(_points(self.lattice)[1][chosen], ball(0))

    def _multipliers(self) -> list[Fraction]:
        size = max(abs(float(c)) for c in self.dense) or 1.0
        span = np.geomspace(size / 100, size * 100, MULTIPLIERS - 1)
        return [Fraction(0), *(Fraction(float(v)).limit_denominator(10**6) for v in span)]

    def certified(self) -> np.ndarray:
        """Which points are robust for certain (C,): the dual bound is positive for some multiplier."""
        robust = np.zeros(len(self.counts), dtype=bool)
        for multiplier in self._multipliers():
            parts = []
            for step in (*self.kinds, 0):
                if step == 0 and self.chances.get(0, Fraction(0)) == 0:
                    parts.append(0)
                    continue
                own = shifted(self.dense, Fraction(step))
                own[2 if len(own) > 2 else 0] += multiplier if len(own) > 2 else 0
                if len(own) == 2:
                    own.append(multiplier)
                low = arithmetic.lower_bounds(least_value(own, self.reach) * SCALE)[()]
                parts.append(math.floor(low) if math.isfinite(low) else -LARGEST * SCALE)
            paid = math.ceil(multiplier * self.budget * SCALE)
            if max(map(abs, (*parts, paid))) < LARGEST * SCALE:
                robust |= self.counts @ np.array(parts, dtype=np.int64) - paid > 0
        return robust

    def broken(self) -> np.ndarray:
        """Which points some perturbation of the menu turns, or brings to zero (C,)."""
        base = np.array(
            [math.ceil(value_at(self.dense, Fraction(step)) * SCALE) for step in (*self.kinds, 0)], dtype=np.int64
        )
        value = self.counts @ base
        gained = np.zeros((len(self.counts), SHARES + 1), dtype=np.int64)
        for column, step in enumerate((*self.kinds, 0)):
            table = self._gains(step, int(self.counts[:, column].max(initial=0)))
            own = table[self.counts[:, column]]
            best = np.zeros_like(gained)
            for share in range(SHARES + 1):
                for spent in range(share + 1):
                    best[:, share] = np.maximum(best[:, share], gained[:, share - spent] + own[:, spent])
            gained = best
        return value - gained[:, SHARES] <= 0

    def _gains(self, step: int, most: int) -> np.ndarray:
        """Most that f loses when up to n coordinates of a kind move by equal amounts, (most + 1, SHARES + 1)."""
        here, table = value_at(self.dense, Fraction(step)), np.zeros((most + 1, SHARES + 1), dtype=np.int64)
        sizes = sorted({*range(1, min(most, 8) + 1), *(2**i for i in range(3, 12)), most} & set(range(1, most + 1)))
        for share in range(1, SHARES + 1):
            for size in sizes:
                exact = self.budget * share / SHARES / size
                move = Fraction(math.isqrt(math.floor(exact * 2**48)), 2**24)
                gain = max(here - value_at(self.dense, step + sign * move) for sign in (-1, 1))
                own = math.floor(gain * size * SCALE)
                if 0 < own < LARGEST * SCALE:
                    table[size, share] = own
        return np.maximum.accumulate(table, axis=0)

    def accuracy(self) -> tuple[Any, Any]:
        """(lower, upper) balls of the robust accuracy."""
        accepted = ball(self.lattice.acceptance() / 2)
        robust, broken = self.certified(), self.broken()
        return self.probability(robust) / accepted, 1 - self.probability(broken) / accepted


@lru_cache(maxsize=8)
def _points(lattice: Lattice) -> tuple[np.ndarray, np.ndarray]:
    """Points of label +1 as counts (C, kinds + 1), and their probabilities before conditioning as balls (C,)."""
    from flint import arb

    d, chances = lattice.count, dict(lattice.steps)
    kinds = [step for step, chance in lattice.steps if step and chance]
    ranges = [range(_most(d, float(chances[step])) + 1) for step in kinds]
    if math.prod(len(r) for r in ranges) > 20 * CLASSES:
        raise MissingPart("too many kinds of points; take a smaller k")
    table = np.array(list(product(*ranges)), dtype=np.int64).reshape(-1, len(kinds))
    total = table.sum(axis=1)
    kept = (table @ np.array(kinds, dtype=np.int64) >= lattice.least) & (total <= d)
    if chances.get(0, Fraction(0)) == 0:
        kept &= total == d
    table, total = table[kept], total[kept]
    if len(table) > CLASSES:
        raise MissingPart(f"{len(table)} kinds of points; take a smaller k")
    counts = np.column_stack([table, d - total])
    factors = []
    for step in (*kinds, 0):
        chance, power, column = ball(chances.get(step, Fraction(0))), arb(1), []
        for n in range(d + 1):
            column.append(power)
            power = power * chance / (n + 1)
        factors.append(column)
    orders, found = arb(d).fac(), np.empty(len(counts), dtype=object)
    for i, row in enumerate(counts.tolist()):
        term = orders
        for column, n in zip(factors, row, strict=True):
            term = term * column[n]
        found[i] = term
    counts.setflags(write=False)
    return counts, found


def _most(d: int, chance: float) -> int:
    """A count that a binomial exceeds with probability below UNLIKELY."""
    from scipy.stats import binom

    return int(min(d, binom.isf(UNLIKELY, d, chance) + 1))
