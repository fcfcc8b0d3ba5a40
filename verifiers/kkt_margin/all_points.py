"""One certificate for every KKT point of a dataset, of every width: flipping by the direction ``u = sum_l y_l x_l``.

With ``A_i^s = sum over neurons j of sign s of v_j^2 lambda_i sigma'_ij``, R = y y^T * G (G the lifted Gram matrix, K0
the raw one) and ``h_l = y_l <x_l, u>``, every KKT point of the max-margin problem satisfies

    (U)  sum_l R_il A_l^{y_i} - sum_{l!=i} (-R_il)_+ A_l^{-y_i} <= 1             for every support vector i
    (L)  sum_l (R_il)_+ A_l^{y_i} >= 1
    (L') sum_l (R_il)_+ A_l^{y_i} + sum_l R_il A_l^{-y_i} >= 1
    (X)  G_ii A_i^{-y_i} <= sum_{l!=i} (-R_il)_+ A_l^{-y_i},     A >= 0
    (F)  y_i N(x_i - t y_i u) <= sum_l (R_il - t h_l)_+ A_l^{y_i} + sum_l (R_il - t h_l) A_l^{-y_i}

*Step 1*: (own, cross) = (A_i^{y_i}, A_i^{-y_i}) <= T (own, cross) + b with T >= 0. A rational vector a > 0 with
``(I - T) a >= b`` and > 0 in every row proves that T has spectral radius below 1 and that (own, cross) <= a. Where the
lower bound on own_i that follows from (L) is positive, sample i is a support vector of every KKT point.
*Step 2*: the maximum of (F) over this polytope, one linear program per sample, is below 0: sample i is flipped by
``t u`` at every KKT point. The maximum is a convex function of t. If all h_l >= 0 it also decreases, so a flip at t is
a flip at every larger t.

Floats find the vectors; integers decide. Dual vectors are rounded to multiples of 2^-44 and what they lack in dual
feasibility is charged against a, so each bound holds whatever the solver did.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any, Literal

import numpy as np

from constructions.kkt_margin.instance import MarginInstance
from verifiers import certificates
from verifiers.errors import NoCertificate
from verifiers.kkt_margin.sum_bounds import MarginData, sum_bounds
from verifiers.simplex import Optimum, SharedPolytope

FAMILIES = ("U", "L", "L'", "X")
DUAL_BITS = 44
"""Dual vectors are multiples of 2^-44: exact products with +-1 data then mostly fit 64-bit integers."""
AT_LEVEL = 4e-9
"""A float LP value this close to the level counts as reached; the LP's own shift is about 1e-9."""


@dataclass(frozen=True, eq=False)
class FlipBounds:
    """Step 2 at one t: ``y_i N(x_i - t y_i u) <= upper[i]`` at every KKT point, proved by the dual vectors.

    `values` are the float LP values. When nothing was proved `upper` is empty and `reason` says why.
    """

    t: Fraction
    level: Fraction
    values: tuple[float, ...]
    upper: tuple[Fraction, ...]
    dual_numerators: np.ndarray
    monotone: bool
    reason: str = ""

    @property
    def samples(self) -> tuple[int, ...]:
        """Samples whose bound is strictly below the level."""
        return tuple(i for i, bound in enumerate(self.upper) if bound < self.level)

    @property
    def flipped(self) -> bool:
        """Every sample goes strictly below the level at every KKT point."""
        return bool(self.upper) and len(self.samples) == len(self.upper)

    @property
    def duals(self) -> dict[str, list[list[Fraction]]]:
        """By row family, one nonnegative vector (n,) per sample."""
        parts = np.split(self.dual_numerators, len(FAMILIES), axis=1)
        return {
            name: [[Fraction(v, 2**DUAL_BITS) for v in row] for row in part.tolist()]
            for name, part in zip(FAMILIES, parts, strict=True)
        }


@dataclass(frozen=True, eq=False)
class Threshold:
    """Least t found at which every sample is below the level at every KKT point.

    `lower` is the float LP threshold, attained at sample `worst`: at t <= lower the LP proves nothing for it.
    `bounds` is the exact certificate at the rational ``bounds.t`` just above. With `monotone` the conclusion extends to
    every larger t, otherwise it is about that t alone.
    """

    level: Fraction
    lower: float
    worst: int | None
    bounds: FlipBounds
    status: Literal["certified", "none"]
    reason: str = ""

    @property
    def t(self) -> Fraction | None:
        """The certified t, or None."""
        return self.bounds.t if self.status == "certified" else None

    @property
    def monotone(self) -> bool:
        return self.bounds.monotone


class AllPoints:
    """Both steps for one dataset; programs of different samples and different t share one warm polytope."""

    def __init__(self, data: MarginData) -> None:
        self.data = data
        self.sums = sum_bounds(data)

    @classmethod
    def from_gram(cls, gram: Any, labels: Any, bias: bool) -> AllPoints:
        return cls(MarginData.from_gram(gram, labels, bias))

    @classmethod
    def from_instance(cls, instance: MarginInstance) -> AllPoints:
        return cls.from_gram(instance.exact_gram(), instance.labels, bool(instance.bias))

    @cached_property
    def gradient_bound_squared(self) -> Fraction | None:
        """``beta^T max(y y^T * K0, 0) beta``: no KKT point has a steeper input gradient (its square), None unproved.

        Margins are at least 1, so every robust radius is at least 1 / sqrt of it.
        """
        if not self.sums.proved:
            return None
        beta = np.array(self.sums.total, dtype=object)
        return Fraction(beta @ np.maximum(self.data.raw, 0) @ beta) / self.data.denominator

    @cached_property
    def _kept(self) -> np.ndarray:
        return np.concatenate([self.sums.support_proved, np.ones(3 * self.data.size, dtype=bool)])

    @cached_property
    def _norms(self) -> np.ndarray:
        diagonal = np.array(np.diag(self.data.lifted) / self.data.denominator, dtype=np.float64)
        return np.concatenate([diagonal, diagonal])

    @cached_property
    def _polytope(self) -> SharedPolytope:
        data = self.data
        matrix = np.array(data.rows / data.denominator, dtype=np.float64) / self._norms
        upper = np.array([float(value) for value in self.sums.upper]) * self._norms
        return SharedPolytope(matrix[self._kept], data.sides[self._kept].astype(np.float64), upper)

    @cached_property
    def _obstacle(self) -> str:
        if not self.sums.proved:
            return self.sums.reason
        return "" if self._polytope.feasible else "the linear program found no feasible point"

    @cached_property
    def _order(self) -> list[int]:
        """Samples class by class: objectives within a class are alike, which saves most of the pivots."""
        return np.argsort(self.data.labels, kind="stable").tolist()

    @cached_property
    def _floats(self) -> tuple[np.ndarray, np.ndarray]:
        scale = self.data.denominator
        return (np.array(self.data.lifted / scale, dtype=np.float64),
                np.array(self.data.direction / scale, dtype=np.float64))

    def _objective(self, i: int, t: float) -> tuple[np.ndarray, np.ndarray]:
        """Float coefficients of (F) for sample i and their derivative in t, in the scaled variables G_ll A_l."""
        signed, direction = self._floats
        same = self.data.same[i]
        tilted = signed[i] - t * direction
        kept = np.maximum(tilted, 0.0)
        slope = np.where(tilted > 0, -direction, 0.0)
        value = np.concatenate([np.where(same, kept, tilted), np.where(same, tilted, kept)])
        change = np.concatenate([np.where(same, slope, -direction), np.where(same, -direction, slope)])
        return value / self._norms, change / self._norms

    def _optimum(self, i: int, t: float) -> tuple[Optimum, float]:
        """LP optimum for sample i at t, and its slope in t."""
        value, change = self._objective(i, t)
        optimum = self._polytope.maximise(value)
        return optimum, float(change @ optimum.point)

    def bound_at(self, t: Any, level: Any = 0) -> FlipBounds:
        """Exact upper bounds of y_i N(x_i - t y_i u) over all KKT points of every width, for every sample."""
        t, level, n = Fraction(t), Fraction(level), self.data.size
        if t < 0 or level > 0:
            raise ValueError(f"t = {t} and level = {level}: a flip needs t >= 0 and a level of at most 0")
        if self._obstacle:
            empty = np.zeros((0, 4 * n), dtype=np.int64)
            return FlipBounds(t, level, (), (), empty, self.data.monotone, self._obstacle)
        duals, values = np.zeros((n, 4 * n)), np.zeros(n)
        for i in self._order:
            optimum, _ = self._optimum(i, float(t))
            duals[i, self._kept], values[i] = optimum.duals, optimum.value
        numerators = _integers(np.floor(duals * 2.0**DUAL_BITS))
        upper = self._exact_bounds(t, numerators)
        return FlipBounds(t, level, tuple(values.tolist()), upper, numerators, self.data.monotone)

    def _exact_bounds(self, t: Fraction, numerators: np.ndarray) -> tuple[Fraction, ...]:
        """Weak duality in integers: b.y + upper.(c - rows^T y)_+ for each sample, y = numerators / 2^DUAL_BITS."""
        data = self.data
        scale = math.lcm(*(value.denominator for value in self.sums.upper))
        upper = np.array([value.numerator * (scale // value.denominator) for value in self.sums.upper], dtype=object)
        product = _exact_product(numerators, data.rows)
        residual = (data.objectives(t) << DUAL_BITS) - product * t.denominator
        unit = data.denominator * t.denominator * scale
        totals = numerators.astype(object) @ data.sides * unit + np.maximum(residual, 0) @ upper
        return tuple(Fraction(total, unit << DUAL_BITS) for total in totals)

    def certificate(self, bounds: FlipBounds, block: dict[str, Any] | None = None, *, statement: str, version: int = 1,
                    instance: str = "") -> dict[str, Any]:
        """Sealed certificate for the samples of `bounds` below its level, on the Gram matrix unless `block` is given.

        Raises `NoCertificate` when there is no such sample.
        """
        chosen = bounds.samples
        if not chosen:
            least = f"the least bound is {float(min(bounds.upper)):.6g}" if bounds.upper else bounds.reason
            raise NoCertificate(f"no sample is proved below {bounds.level} at t = {bounds.t}: {least}")
        if block is None:
            block = certificates.data_block(self.data.labels, self.data.bias, gram=self.data.gram)
        return certificates.all_kkt_points_flipped(
            block, upper=self.sums.upper, support_proved=self.sums.support_proved, t=bounds.t, level=bounds.level,
            duals={name: [rows[i] for i in chosen] for name, rows in bounds.duals.items()},
            samples="all" if bounds.flipped else chosen, every_larger_t=bounds.monotone,
            statement=statement, version=version, instance=instance,
        )

    def threshold(self, level: Any = 0, digits: int = 6) -> Threshold:
        """Least t with (F) below the level for every sample (0: sign flip; -1: full margin), rounded up and certified.

        Newton's method from the left on each sample's LP value, which is convex and piecewise linear in t: iterates
        never pass the root and reach it after finitely many steps. A sample already below the level at the current t
        costs one linear program.
        """
        level = Fraction(level)
        nothing = self.bound_at(0, level) if self._obstacle else None
        if nothing is not None:
            return Threshold(level, math.nan, None, nothing, "none", self._obstacle)
        t, worst = 0.0, None
        for i in self._order:
            for _ in range(100):
                optimum, slope = self._optimum(i, t)
                excess = optimum.value - float(level)
                if excess <= AT_LEVEL:
                    break
                if not slope * max(t, 1e-3) < -AT_LEVEL:
                    reason = f"the LP value of sample {i} stays above {level} for every t"
                    return Threshold(level, math.inf, i, self.bound_at(Fraction(t), level), "none", reason)
                t, worst = t - excess / slope, i
        for candidate in _rounded_up(t, digits):
            bounds = self.bound_at(candidate, level)
            if bounds.flipped:
                return Threshold(level, t, worst, bounds, "certified")
        return Threshold(level, t, worst, bounds, "none", f"no exact bound below {level} near t = {t:.6g}")


def _rounded_up(t: float, digits: int) -> Iterator[Fraction]:
    """Decimal fractions just above t: first with the given number of digits, then coarser.

    Two per step, because just below a round number the first is that number for every step.
    """
    exponent = math.floor(math.log10(t)) if t > 0 else 0
    for kept in range(digits, 1, -1):
        step = Fraction(10) ** (exponent - kept + 1)
        below = math.floor(Fraction(t) / step)
        yield (below + 1) * step
        yield (below + 2) * step


def _integers(values: np.ndarray) -> np.ndarray:
    """Integer-valued floats as int64, or as Python integers where they do not fit."""
    if np.abs(values).max(initial=0.0) < 2.0**62:
        return values.astype(np.int64)
    return np.array([int(v) for v in values.flat], dtype=object).reshape(values.shape)


def _exact_product(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Product of integer matrices, in 64-bit arithmetic when no partial sum can overflow."""
    largest = max(1, int(np.abs(left).max(initial=0))) * max(np.abs(right).sum(axis=0))
    if largest < 2**62 and left.dtype != object:
        return (left @ right.astype(np.int64)).astype(object)
    return left.astype(object) @ right


def certifies_all(instance: MarginInstance) -> bool:
    """True if some t is proved to flip every sample of every KKT point of the data."""
    try:
        return AllPoints.from_instance(instance.without_network()).threshold(0).t is not None
    except NoCertificate:
        return False
