"""Pure networks f(x) = c sum_j phi_b(x_j): their parts at a point, the parts of D(tau), and attacks known in form."""

from __future__ import annotations

from fractions import Fraction
from functools import cached_property
from typing import Any

import numpy as np

from verifiers import arithmetic
from verifiers.errors import MissingPart
from verifiers.feature_purification.certificate import exact_least
from verifiers.feature_purification.subject import NetworkSubject, response

MULTIPLIER_BITS = 48
"""Bits of the multiplier of a pure network, which is irrational for most radii."""


class Pure:
    """The pure network of a subject; every part is relative to one copy, sum_j phi_b(y x_j)."""

    def __init__(self, subject: NetworkSubject) -> None:
        self.subject = subject
        weights = subject.weights
        m, self.d = weights.shape
        if m % self.d or len(set(subject.biases)) > 1 or len(set(subject.outputs)) > 1:
            raise MissingPart("this is about pure networks: equal biases and outputs, equally many neurons per feature")
        counts = weights.sum(axis=0)
        one = np.all((weights == 0) | (weights == 1)) and np.all(weights.sum(axis=1) == 1)
        if not one or len(set(counts.tolist())) > 1:
            raise MissingPart("this is about pure networks, whose weights are unit vectors e_j, each equally often")
        self.bias = subject.biases[0]
        self.copies = subject.outputs[0] * (m // self.d)
        self.points = subject.points * subject.labels.astype(object)[:, None]

    @cached_property
    def values(self) -> list[Fraction]:
        """F = sum_j phi_b(y x_j)."""
        return [self.value(x) for x in self.points]

    def value(self, point: Any) -> Fraction:
        return sum((response(x, self.bias) for x in point), Fraction(0))

    @cached_property
    def active(self) -> list[int]:
        """A = #{j : |x_j| > b}."""
        return [sum(abs(x) > self.bias for x in point) for point in self.points]

    def _inactive(self, point: Any) -> list[Fraction]:
        return [x for x in point if abs(x) <= self.bias]

    @cached_property
    def gaps(self) -> list[Fraction]:
        """b' = b - max |x_j| over inactive j; radius + 1, which no perturbation crosses, where there is none."""
        rows = [self._inactive(point) for point in self.points]
        return [self.bias - max(map(abs, row)) if row else self.subject.radius + 1 for row in rows]

    @cached_property
    def sharp_gaps(self) -> list[Fraction]:
        """b + min x_j over inactive j: how far the first closed gate is from opening on the wrong side."""
        rows = [self._inactive(point) for point in self.points]
        return [self.bias + min(row) if row else self.subject.radius + 1 for row in rows]

    def count(self, point: int, gap: Fraction) -> Fraction:
        """N, the number of coordinates an attack of this radius is best spread over, between A and d; real."""
        tau = self.subject.radius
        if gap == 0:
            return Fraction(self.d) if tau > 0 else Fraction(self.active[point])
        return min(max(Fraction(self.active[point]), (tau / (2 * gap)) ** 2), Fraction(self.d))

    def dual(self, point: int) -> Fraction:
        """Theorem C with W = I, one copy, at the multiplier sqrt(N) / (2 tau) rounded: a bound for any rounding."""
        tau = self.subject.radius
        if tau == 0:
            return self.values[point]
        root = float(self.count(point, self.gaps[point])) ** 0.5
        q = max(Fraction(round(root * 2**MULTIPLIER_BITS), 2**MULTIPLIER_BITS), Fraction(1, 2**20)) / (2 * tau)
        one = Fraction(1)
        least = sum((exact_least(x, self.bias, one, q) for x in self.points[point]), Fraction(0))
        return least - q * tau**2

    def shift(self, count: int) -> Fraction:
        """tau / sqrt(count) rounded down to a rational: `count` equal shifts stay in the ball."""
        square = self.subject.radius**2 / count
        exact = arithmetic.rational(square)
        try:
            return Fraction(arithmetic.to_fraction(arithmetic.square_root(exact)[()]))
        except arithmetic.NotRational:
            guess = Fraction(float(square) ** 0.5)
            while guess * guess > square:
                guess *= 1 - Fraction(1, 2**50)
            return guess

    def least(self, point: int) -> Fraction:
        """Least value found, one copy: equal shifts of every number of coordinates, those that answer most first."""
        x, tau = self.points[point], self.subject.radius
        order = sorted(range(self.d), key=lambda j: (abs(x[j]) <= self.bias, x[j] if abs(x[j]) <= self.bias else -x[j]))
        best = self.values[point]
        for count in range(1, self.d + 1):
            step = tau if self.subject.norm == 0 else self.shift(count)
            moved = list(x)
            for j in order[:count]:
                moved[j] -= step
            best = min(best, self.value(moved))
        return best
