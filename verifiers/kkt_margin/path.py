"""Activations along the flip path t -> x_i - t y_i u, at the finitely many times at which something bends.

All functions of t compared along the path are piecewise linear, so an inequality that holds at every bend and in the
final slope holds for every t. At its own bend an activation is zero by definition, which is recorded: in balls it
would only be known up to rounding, and equalities could not be decided.
"""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np

from verifiers import arithmetic
from verifiers.arithmetic import certainly_nonnegative, certainly_positive, relu
from verifiers.errors import MissingPart, NoCertificate
from verifiers.kkt_margin.point import Point


def in_arithmetic_of(point: Point, values: Any) -> np.ndarray:
    """Exact rationals in the arithmetic of a point, as an array."""
    if point.kind == "ball":
        return arithmetic.balls(values)
    return arithmetic.nearest(values) if point.kind == "float" else arithmetic.rationals(values)


def _cleared(values: np.ndarray, zero: np.ndarray) -> np.ndarray:
    values[zero] = values.reshape(-1)[0] * 0 if values.dtype != object else arithmetic.rational(0)
    return values


class FlipPath:
    """One row of times per sample (n, T); `zeros` (n, K, T) marks activations that vanish exactly there."""

    def __init__(self, point: Point, times: np.ndarray, zeros: np.ndarray) -> None:
        self.point = point
        self.times = times
        self.zeros = zeros

    @cached_property
    def activations(self) -> np.ndarray:
        """S_k <g_k, x~_i - t y_i u> (n, K, T)."""
        point, labels = self.point, self.point.data.labels
        fall = labels[:, None] * point.slopes[None, :]
        return _cleared(point.pre_activations.T[:, :, None] - fall[:, :, None] * self.times[:, None, :], self.zeros)

    @cached_property
    def same_class(self) -> np.ndarray:
        """True where neuron k has the sign of sample i (n, K)."""
        return self.point.signs[None, :] == self.point.data.labels[:, None]

    @cached_property
    def parts(self) -> tuple[np.ndarray, np.ndarray]:
        """Contributions of own-class and of opposite-class neurons, both nonnegative, (n, T) each."""
        terms = relu(self.activations) * self.point.masses[None, :, None]
        same = self.same_class.astype(np.int64)[:, :, None]
        return (terms * same).sum(axis=1), (terms * (1 - same)).sum(axis=1)

    @cached_property
    def values(self) -> np.ndarray:
        """y_i N(x_i - t y_i u) (n, T)."""
        own, opposite = self.parts
        return own - opposite


def neuron_bends(point: Point, least: Any) -> tuple[np.ndarray, np.ndarray]:
    """Times max(bend, least) at which neurons switch (n, K), and where the bend itself is meant (n, K)."""
    bends = point.pre_activations.T * point.data.labels[:, None] / point.slopes[None, :]
    return arithmetic.maximum(bends, least), certainly_positive(bends - least)


def main_path(point: Point) -> tuple[FlipPath, np.ndarray]:
    """The path from tau = t Delta = q on, with the bends of neurons and of the bound at tau = U; and tau (n, K + 2)."""
    data, n, neurons = point.data, point.data.n, len(point.signs)
    if not data.delta > 0:
        raise MissingPart("Delta = min |x_i|^2 - p (n - 1) is not positive, so the direction has no scale")
    delta = in_arithmetic_of(point, data.delta)[()]
    start = in_arithmetic_of(point, data.q / data.delta)[()]
    bends, own = neuron_bends(point, start)
    fixed = in_arithmetic_of(point, np.array([[data.q, data.greatest_square_norm]] * n, dtype=object))
    zeros = np.zeros((n, neurons, neurons + 2), dtype=bool)
    for k in range(neurons):
        zeros[:, k, 2 + k] = own[:, k]
    path = FlipPath(point, np.concatenate([fixed / delta, bends], axis=1), zeros)
    clipped = certainly_nonnegative(start - bends)
    return path, np.concatenate([fixed, np.where(clipped, fixed[:, :1], bends * delta)], axis=1)


def bound_path(point: Point) -> tuple[FlipPath, np.ndarray]:
    """The path from t = 0 on with the bends of neurons and of (F), and the right side of (F) there (n, T).

    Where all own neurons are off, all opposite ones on and no term (R_il - t h_l)_+ is left, both sides are the same
    linear function of t; such times are replaced by t = 0, since they compare a number with itself.
    """
    data, n, neurons = point.data, point.data.n, len(point.signs)
    products = data.direction_products
    if not all(h > 0 for h in products):
        raise NoCertificate("some sample does not move with its class along u (h_l <= 0)")
    correlation, products = in_arithmetic_of(point, data.correlation), in_arithmetic_of(point, products)
    zero = in_arithmetic_of(point, 0)[()]
    bends, own = neuron_bends(point, zero)
    sample_bends = relu(correlation / products[None, :])
    times = np.concatenate([sample_bends[:, :1] * 0, sample_bends, bends], axis=1)
    zeros, gap_zeros = np.zeros((n, neurons, times.shape[1]), bool), np.zeros((n, n, times.shape[1]), bool)
    for k in range(neurons):
        zeros[:, k, 1 + n + k] = own[:, k]
    for j in range(n):
        gap_zeros[:, j, 1 + j] = certainly_positive(correlation[:, j])

    def gaps(at: np.ndarray, vanish: np.ndarray) -> np.ndarray:
        return _cleared(correlation[:, :, None] - at[:, None, :] * products[None, :, None], vanish)

    path = FlipPath(point, times, zeros)
    same = path.same_class[:, :, None]
    settled = np.where(same, certainly_nonnegative(-path.activations), certainly_nonnegative(path.activations))
    late = np.asarray(settled.all(axis=1) & certainly_nonnegative(-gaps(times, gap_zeros)).all(axis=1))
    times = np.where(late, times[:, :1], times)
    path = FlipPath(point, times, zeros & ~late[:, None, :])
    gap = gaps(times, gap_zeros & ~late[:, None, :])
    plus, minus = (part[None, :, None] for part in point.class_sums)
    positive = data.labels[:, None, None] > 0
    of_own, of_other = np.where(positive, plus, minus), np.where(positive, minus, plus)
    return path, (relu(gap) * of_own + gap * of_other).sum(axis=1)
