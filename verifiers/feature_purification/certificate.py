"""Theorem C: a lower bound of y f(x + delta) over a whole ball, for any symmetric-ReLU network.

With W^T diag(q) W <= lambda I and h_i = y <w_i, x>,

    min over |delta| <= tau of y f(x + delta)  >=  sum_i psi_i(q_i) - lambda tau^2,
    psi_i(q) = min over u of [ a_i phi_{b_i}(h_i + u) + q u^2 ],

because lambda |delta|^2 >= sum_i q_i <w_i, delta>^2. The minimum over u is one of four numbers. Here q_i = lambda / t
with t from `spectrum.spectral_bound`, and lambda is chosen per point, which only ever lowers the bound.
Source: derived for this library, after the robust side of Allen-Zhu and Li 2020.
"""

from __future__ import annotations

from fractions import Fraction
from math import sqrt
from typing import Any

import numba
import numpy as np

from verifiers.feature_purification.spectrum import integer_form, matrix_product

SPAN = (-12.0, 12.0)
"""log2 of lambda / |W|, the range in which the multiplier is sought."""

STEPS = 40
"""Golden-section steps: the bound is concave in lambda."""

ROUNDING = 1e-10
"""Taken off per unit of m + sum |h| + sum b + sum a / q + lambda tau^2: thousands of times what float64 loses."""


@numba.njit(cache=True)
def _least(h: float, b: float, a: float, q: float) -> float:
    """psi: the least of a phi_b(h + u) + q u^2 over its four candidates."""
    best = a * (max(h - b, 0.0) - max(-h - b, 0.0))
    u = -a / (2 * q)
    t = h + u
    best = min(best, a * (max(t - b, 0.0) - max(-t - b, 0.0)) + q * u * u)
    best = min(best, q * (b - h) * (b - h))
    return min(best, q * (b + h) * (b + h))


@numba.njit(cache=True)
def _bound(h: np.ndarray, b: np.ndarray, a: np.ndarray, t: float, tau: float, multiplier: float) -> float:
    q = multiplier / t
    total, size = 0.0, multiplier * tau * tau
    for i in range(h.size):
        total += _least(h[i], b[i], a[i], q)
        size += 1.0 + a[i] * (abs(h[i]) + b[i]) + a[i] * a[i] / q
    return total - multiplier * tau * tau - ROUNDING * size


@numba.njit(cache=True)
def _search(h: np.ndarray, b: np.ndarray, a: np.ndarray, t: float, tau: float) -> tuple[float, float]:
    """Best bound and its multiplier by golden section on a logarithmic scale."""
    shrink = (sqrt(5.0) - 1) / 2
    root = sqrt(t)
    low, high = SPAN
    x, z = high - shrink * (high - low), low + shrink * (high - low)
    left, right = _bound(h, b, a, t, tau, root * 2.0**x), _bound(h, b, a, t, tau, root * 2.0**z)
    best, place = left, x
    for _ in range(STEPS):
        if right > best:
            best, place = right, z
        if left > best:
            best, place = left, x
        if left > right:
            high, z, right = z, x, left
            x = high - shrink * (high - low)
            left = _bound(h, b, a, t, tau, root * 2.0**x)
        else:
            low, x, left = x, z, right
            z = low + shrink * (high - low)
            right = _bound(h, b, a, t, tau, root * 2.0**z)
    return best, root * 2.0**place


@numba.njit(cache=True, parallel=False)
def _bounds(h: np.ndarray, b: np.ndarray, a: np.ndarray, t: float, tau: float) -> tuple[np.ndarray, np.ndarray]:
    values, multipliers = np.empty(len(h)), np.empty(len(h))
    for k in range(len(h)):
        values[k], multipliers[k] = _search(h[k], b, a, t, tau)
    return values, multipliers


def lower_bounds(
    heights: np.ndarray, biases: np.ndarray, outputs: np.ndarray, bound: Fraction, tau: float
) -> tuple[np.ndarray, np.ndarray]:
    """(bounds, multipliers), each (n,): y f(x + delta) >= bounds for all |delta|_2 <= tau.

    heights (n, m) are y <w_i, x> in float64 with an error below 1e-12 relative to |w_i| |x|; `bound` is t with
    W^T W <= t I. NaN or infinite input gives -inf: nothing is certified.
    """
    t = float(bound) * (1 + 1e-12)
    arrays = [np.ascontiguousarray(array, dtype=np.float64) for array in (heights, biases, outputs)]
    if not (tau >= 0 and t > 0 and np.isfinite(t) and np.isfinite(tau) and all(np.isfinite(v).all() for v in arrays)):
        return np.full(len(heights), -np.inf), np.full(len(heights), np.nan)
    values, multipliers = _bounds(*arrays, t, float(tau))
    return np.where(np.isfinite(values), values, -np.inf), multipliers


def exact_least(h: Fraction, b: Fraction, a: Fraction, q: Fraction) -> Fraction:
    """psi in rationals."""

    zero = Fraction(0)

    def value(u: Fraction) -> Fraction:
        return a * (max(h + u - b, zero) - max(-h - u - b, zero)) + q * u * u

    return min(value(zero), value(-a / (2 * q)), value(b - h), value(-b - h))


def exact_bound(
    heights: Any, biases: Any, outputs: Any, bound: Fraction, tau: Fraction, multiplier: Fraction
) -> Fraction:
    """The bound of one point in rationals, for a rational multiplier > 0. Raises `ValueError` unless it is."""
    if not multiplier > 0 or not bound > 0:
        raise ValueError(f"multiplier {multiplier} and spectral bound {bound} must be positive")
    q = multiplier / bound
    least = (exact_least(h, b, a, q) for h, b, a in zip(heights, biases, outputs, strict=True))
    return sum(least, Fraction(0)) - multiplier * tau**2


def exact_heights(points: Any, weights: Any, labels: np.ndarray) -> np.ndarray:
    """y <w_i, x> exactly, as fractions (n, m)."""
    left, left_scale = integer_form(points)
    right, right_scale = integer_form(weights)
    product = matrix_product(left, right.T) * labels.astype(object)[:, None]
    flat = [Fraction(int(v), left_scale * right_scale) for v in product.reshape(-1)]
    return np.array(flat, dtype=object).reshape(product.shape)
