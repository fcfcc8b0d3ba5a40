"""The bound over ALL linear classifiers, in closed form, and what follows for intercepts and degree two.

y <w, x> has mean c m and variance A - s c^2 for a unit vector w with c = <w, u>, u = (1, ..., 1)/sqrt(d), under every
law that permutations of the coordinates leave unchanged. Cantelli's bound V/(V + (tau - c m)^2) is a quotient of two
quadratics in c whose derivative has the sign of (A m - s tau c)(tau - m c); so its maximum over c is known:

    A s / (s (A + tau^2) - A m^2)        at c = A m / (s tau), if s tau > A m;
    (A - s) / (A - s + (tau - m)^2)      at c = 1, otherwise; and 1 if tau <= m.

The first is a rational number. Source: derived for this library, after Allen-Zhu and Li 2020.
"""

from __future__ import annotations

from fractions import Fraction
from functools import lru_cache
from math import isqrt
from typing import Any

from verifiers import arithmetic
from verifiers.low_complexity.lattice import Lattice
from verifiers.low_complexity.linear import ball, root_sign


class Moments:
    """Of y <w, x> for unit w: mean c m and variance A - s c^2, exact; m = sqrt(mean_sq)."""

    def __init__(self, mean_sq: Fraction, across: Fraction, along: Fraction) -> None:
        self.mean_sq = mean_sq
        """m^2."""
        self.across = across
        """A: the variance orthogonally to u, and along it where d = 1."""
        self.along = along
        """B: the second moment along u."""
        self.spread = mean_sq + across - along
        """s = A - (variance along u)."""

    def cantelli(self, c: Fraction, tau: Fraction) -> Any:
        """Cantelli's bound on P(y <w, x> > tau) at one cosine c: 1 where tau <= c m."""
        variance = self.across - self.spread * c**2
        if root_sign(-c, self.mean_sq, tau) <= 0:
            return Fraction(1)
        if variance == 0:
            return Fraction(0)
        below = self.across + tau**2 + (self.mean_sq - self.spread) * c**2
        mean = _root(self.mean_sq)
        if isinstance(mean, Fraction):
            return variance / (below - 2 * tau * c * mean)
        return ball(variance) / (ball(below) - ball(2 * tau * c) * mean)

    def interior(self, tau: Fraction, cap_sq: Fraction = Fraction(1)) -> bool:
        """Whether the maximum over c^2 <= cap_sq lies inside: A m < s tau sqrt(cap_sq)."""
        s = self.spread
        return s > 0 and self.across**2 * self.mean_sq < s**2 * tau**2 * cap_sq

    def best_cosine(self, tau: Fraction) -> Any:
        """The cosine at which Cantelli's bound is largest: A m/(s tau), at most 1."""
        if tau <= 0 or not self.interior(tau):
            return Fraction(1)
        mean = _root(self.mean_sq)
        factor = self.across / (self.spread * tau)
        return factor * mean if isinstance(mean, Fraction) else ball(factor) * mean

    def bound(self, tau: Fraction, cap_sq: Fraction = Fraction(1)) -> Any:
        """The maximum of Cantelli's bound over |c| <= sqrt(cap_sq): a Fraction, or a ball where a root is irrational.

        cap_sq is 1, or 1/d for the maximum norm.
        """
        if tau**2 <= self.mean_sq * cap_sq:
            return Fraction(1)
        a, s = self.across, self.spread
        if self.interior(tau, cap_sq):
            return a * s / (s * (a + tau**2) - a * self.mean_sq)
        variance = a - s * cap_sq
        if variance == 0:
            return Fraction(0)
        mean = _root(self.mean_sq * cap_sq)
        if isinstance(mean, Fraction):
            return variance / (variance + (tau - mean) ** 2)
        return ball(variance) / (ball(variance) + (ball(tau) - mean) ** 2)


def _root(square: Fraction) -> Any:
    """The square root: a Fraction if it is rational, else a ball."""
    above, below = isqrt(square.numerator), isqrt(square.denominator)
    if above**2 == square.numerator and below**2 == square.denominator:
        return Fraction(above, below)
    return ball(square).sqrt()


@lru_cache(maxsize=256)
def moments(lattice: Lattice) -> Moments:
    """Moments under the condition on the margin, which makes the coordinates dependent."""
    accepted, d, unit = lattice.acceptance(), lattice.count, lattice.unit_sq
    second = lattice.expected(2) / accepted * unit / d
    each = lattice.square_mean() / accepted * unit
    return _moments(lattice, lattice.expected(1) / accepted, second, each)


@lru_cache(maxsize=256)
def product_moments(lattice: Lattice) -> Moments:
    """Moments of the independent coordinates, the condition forgotten: what mutants use, and nothing else."""
    free = Lattice(lattice.steps, lattice.count, lattice.unit_sq, 0, lattice.noise)
    return moments(free)


def _moments(lattice: Lattice, mean: Fraction, second: Fraction, each: Fraction) -> Moments:
    d, noise = lattice.count, lattice.noise**2 / lattice.count
    mean_sq, along = mean**2 * lattice.unit_sq / d, second + noise
    if d == 1:  # no direction but u: A may be anything, and makes the bound least where s = 0
        return Moments(mean_sq, along - mean_sq, along)
    return Moments(mean_sq, each - (second - each) / (d - 1) + noise, along)


def linear_bound(lattice: Lattice, tau: Fraction, maximum: bool = False) -> Any:
    """No homogeneous linear classifier has more robust accuracy, under l2 or l_inf perturbations of radius tau.

    For the maximum norm |w|_1 >= max(1, sqrt(d) |c|), so only |c| <= 1/sqrt(d) has to be looked at.
    """
    if tau <= 0:
        return Fraction(1)
    return moments(lattice).bound(tau, Fraction(1, lattice.count) if maximum else Fraction(1))


def with_intercept(bound: Any) -> Any:
    """Bound for affine classifiers, and for every polynomial of degree 2, from the one for linear ones.

    A point and its mirror image (-x, -y) have the same probability, and both are right only if the odd part is.
    """
    return (1 + bound) / 2


def upper_float(value: Any) -> float:
    """A float64 that is not below a rational or a ball."""
    return float(arithmetic.upper_bounds(value)[()])
