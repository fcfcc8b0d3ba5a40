"""All models with the same frozen gates on a sample with a menu, bounded by one vector: whole numbers throughout.

f_v(x) = <v, psi(x)>, psi(x) = (g_i(x) x)_i, is linear in v. So multipliers alpha on the menu see every v through
z = (1/n) sum_a alpha_a y_a psi(x_a): the mean of alpha y f_v is <v, z>, of size at most |v| |z|.
"""

from __future__ import annotations

import math
from fractions import Fraction
from functools import cached_property
from typing import Any

import numpy as np

from constructions.instance import fractions_of
from constructions.low_complexity import GateInstance
from verifiers.errors import MissingPart
from verifiers.low_complexity.menu import Attacked

EXACT, LONGEST = 2**53, 2**62
"""Whole numbers below EXACT are exact in float64; int64 is used for numbers below LONGEST, Python's beyond."""

MOST_FEATURES = 64
"""Most features for which multipliers are balanced exactly, one equation each."""


class GateSubject(Attacked):
    """A sample with a menu of perturbations and multipliers, and a network with frozen gates."""

    def __init__(self, instance: GateInstance) -> None:
        super().__init__(instance)
        self.instance = instance

    @cached_property
    def multipliers(self) -> tuple[np.ndarray, int]:
        """Whole multipliers (m,) and their common denominator."""
        return whole(self.instance.multipliers)

    def totals(self) -> list[Fraction]:
        """Sum of the multipliers of every point (n,)."""
        own, unit = self.multipliers
        sums = [0] * self.size
        for owner, part in zip(self.owners.tolist(), own.tolist(), strict=True):
            sums[owner] += part
        return [Fraction(total, unit) for total in sums]

    def mass(self) -> Fraction:
        """Sum of all multipliers over n."""
        own, unit = self.multipliers
        return Fraction(sum(own.tolist()), unit * self.size)

    def feasible(self) -> bool:
        """Whether no multiplier is negative and none of their sums exceeds 1."""
        return min(self.multipliers[0].tolist()) >= 0 and max(self.totals()) <= 1

    def gates(self, points: np.ndarray) -> tuple[np.ndarray, int]:
        """Gates at whole points (m, r), and their common denominator."""
        own, unit = whole(points)
        directions, other = whole(self.instance.directions)
        heights, unit = abs(product(own, directions.T)), unit * other
        bias, ramp = self.instance.number("bias") * unit, self.instance.number("ramp") * unit
        factor = math.lcm(bias.denominator, ramp.denominator)
        start, length = int(bias * factor), int(ramp * factor)
        above = times(heights, np.array(factor))
        if max(start, length) >= LONGEST:
            above = above.astype(object)
        if not length:
            return (above > start).astype(np.int64), 1
        return np.minimum(np.maximum(above - start, 0), length), length

    def moment_sq(self, still: bool = False) -> Fraction:
        """|z|^2; `still` takes the features of the points themselves in place of their perturbations."""
        rows = self.points[self.owners] if still else self.attacked
        gates, gate_unit = self.gates(rows)
        own, unit = whole(rows)
        alpha, share = self.multipliers
        signed = times(own, times(alpha, self.labels[self.owners].astype(np.int64))[:, None])
        moment = product(gates.T, signed)
        return Fraction(sum(v * v for v in moment.reshape(-1).tolist()), (gate_unit * unit * share * self.size) ** 2)

    def values(self) -> list[Fraction]:
        """The model at every perturbation (m,), exactly."""
        vectors, scale = whole(self._vectors())
        own, unit = whole(self.attacked)
        gates, gate_unit = self.gates(self.attacked)
        parts = times(gates, product(own, vectors.T))
        if largest(parts) * parts.shape[1] >= LONGEST:
            parts = parts.astype(object)
        return [Fraction(int(v), gate_unit * unit * scale) for v in parts.sum(axis=1).tolist()]

    def worst_margin(self) -> Fraction:
        """Mean over the points of the least y f on their menu."""
        least: list[Fraction | None] = [None] * self.size
        for owner, value in zip(self.owners.tolist(), self.values(), strict=True):
            margin, before = int(self.labels[owner]) * value, least[owner]
            least[owner] = margin if before is None else min(before, margin)
        return sum((m for m in least if m is not None), Fraction(0)) / self.size

    def norm_sq(self) -> Fraction:
        """|v|^2 of the model."""
        vectors, scale = whole(self._vectors())
        return Fraction(sum(v * v for v in vectors.reshape(-1).tolist()), scale**2)

    def bound(self) -> Fraction:
        """No model of norm at most the limit has less hinge risk on the menu; multipliers that are not feasible: 0."""
        if self.instance.limit is None:
            raise MissingPart("this instance has no limit of the norm")
        if not self.feasible():
            return Fraction(0)
        return max(Fraction(0), self.mass() - self.instance.number("limit") * root_above(self.moment_sq()))

    def any_norm(self) -> Fraction:
        """No model, of whatever norm, has less hinge risk on the menu: multipliers with z = 0, found here."""
        if self.instance.directions.size > MOST_FEATURES:
            raise MissingPart(f"more than {MOST_FEATURES} features can fit a sample; give a limit of the norm instead")
        gates, own = self.gates(self.attacked)[0], whole(self.attacked)[0]
        psi = times(gates[:, :, None], own[:, None, :]).reshape(len(own), -1)
        return self.free_bound(psi.tolist())[0]

    def _vectors(self) -> Any:
        if self.instance.values is None:
            raise MissingPart("this instance has no model, only its gates")
        return self.instance.values


def root_above(square: Fraction, digits: int = 40) -> Fraction:
    """A rational number that is not below the square root, and above it by less than 2^-digits."""
    scaled = -(-(square.numerator << (2 * digits)) // square.denominator)
    root = math.isqrt(scaled)
    return Fraction(root + (root * root < scaled), 1 << digits)


def whole(array: Any) -> tuple[np.ndarray, int]:
    """An array times a common denominator, int64 or Python integers, and the denominator."""
    array = np.asarray(array)
    if array.dtype == np.float64:
        for bits in range(0, 49, 4):
            scaled = array * 2.0**bits
            if np.all(np.abs(scaled) < EXACT) and np.array_equal(scaled, np.rint(scaled)):
                return scaled.astype(np.int64), 2**bits
    exact = fractions_of(array)
    unit = math.lcm(*{v.denominator for v in exact.reshape(-1).tolist()})
    out = np.array([int(v * unit) for v in exact.reshape(-1).tolist()], dtype=object).reshape(exact.shape)
    return (out if largest(out) >= LONGEST else out.astype(np.int64)), unit


def largest(array: np.ndarray) -> int:
    """Largest absolute value of whole numbers."""
    return max(abs(int(array.min())), abs(int(array.max()))) if array.size else 0


def times(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """left * right for whole numbers, entry by entry."""
    if largest(left) * largest(right) >= LONGEST:
        left, right = left.astype(object), right.astype(object)
    return left * right


def product(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """left (a, c) @ right (c, b) for whole numbers: in float64 over so few terms that every sum is exact."""
    most, terms = largest(left) * largest(right), left.shape[1]
    if most * terms >= LONGEST or most >= EXACT:
        return np.asarray(left.astype(object) @ right.astype(object))
    width = terms if not most else min(terms, (EXACT - 1) // most)
    total = np.zeros((left.shape[0], right.shape[1]), dtype=np.int64)
    for start in range(0, terms, width):
        part = slice(start, start + width)
        total += (left[:, part].astype(np.float64) @ right[part].astype(np.float64)).astype(np.int64)
    return total
