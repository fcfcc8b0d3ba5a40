"""Theorem C: a lower bound of y f(x + delta) over a whole ball, for any symmetric-ReLU network.

Let h_i = y <w_i, x>, shares s_i > 0, and let the *energy* E be at least sum_i s_i^2 <w_i, delta>^2 over the ball. Then
for every multiplier q > 0

    min over the ball of y f(x + delta)  >=  sum_i psi_i(q s_i^2) - q E,
    psi_i(q) = min over u of [ a_i phi_{b_i}(h_i + u) + q u^2 ],

because q (sum_i s_i^2 <w_i, delta>^2 - E) <= 0 may be added to y f. The minimum over u is one of four numbers. For the
ball of radius tau, E = t tau^2 with W^T diag(s^2) W <= t I (`spectrum.spectral_bound`); for l_inf see `energy`. The
multiplier is chosen per point, which only ever lowers the bound.
Source: derived for this library, after the robust side of Allen-Zhu and Li 2020.
"""

from __future__ import annotations

from fractions import Fraction
from math import sqrt
from typing import Any

import numba
import numpy as np

from verifiers.spectrum import Spectrum, integer_form, matrix_product

SPAN = (-14.0, 14.0)
"""log2 of the multiplier relative to |a s^-1| / (2 sqrt(E)), the range in which it is sought."""

STEPS = 48
"""Golden-section steps: the bound is concave in the multiplier."""

ROUNDING = 1e-10
"""Taken off per unit of sum_i (a |h| + a b + a^2 / q + 1) + q E: a million times what float64 loses per neuron, so that
it covers the sum over a million neurons as well."""

WIDEST = 10**6
"""Networks of more neurons than this are not certified in floats: the reason above would no longer cover them."""


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
def _bound(
    h: np.ndarray, b: np.ndarray, a: np.ndarray, squares: np.ndarray, energy: float, multiplier: float
) -> float:
    total, size = 0.0, multiplier * energy
    for i in range(h.size):
        q = multiplier * squares[i]
        total += _least(h[i], b[i], a[i], q)
        size += 1.0 + a[i] * (abs(h[i]) + b[i]) + a[i] * a[i] / q
    return total - multiplier * energy - ROUNDING * size


@numba.njit(cache=True)
def _search(
    h: np.ndarray, b: np.ndarray, a: np.ndarray, squares: np.ndarray, energy: float, centre: float
) -> tuple[float, float]:
    """Best bound and its multiplier by golden section on a logarithmic scale."""
    shrink = (sqrt(5.0) - 1) / 2
    low, high = SPAN
    x, z = high - shrink * (high - low), low + shrink * (high - low)
    left = _bound(h, b, a, squares, energy, centre * 2.0**x)
    right = _bound(h, b, a, squares, energy, centre * 2.0**z)
    best, place = left, x
    for _ in range(STEPS):
        if right > best:
            best, place = right, z
        if left > best:
            best, place = left, x
        if left > right:
            high, z, right = z, x, left
            x = high - shrink * (high - low)
            left = _bound(h, b, a, squares, energy, centre * 2.0**x)
        else:
            low, x, left = x, z, right
            z = low + shrink * (high - low)
            right = _bound(h, b, a, squares, energy, centre * 2.0**z)
    return best, centre * 2.0**place


@numba.njit(cache=True)
def _bounds(
    h: np.ndarray, b: np.ndarray, a: np.ndarray, squares: np.ndarray, energy: float, centre: float
) -> tuple[np.ndarray, np.ndarray]:
    values, multipliers = np.empty(len(h)), np.empty(len(h))
    for k in range(len(h)):
        values[k], multipliers[k] = _search(h[k], b, a, squares, energy, centre)
    return values, multipliers


def lower_bounds(
    heights: Any, biases: Any, outputs: Any, energy: float, shares: Any = None, errors: Any = 0.0
) -> tuple[np.ndarray, np.ndarray]:
    """(bounds, multipliers), each (n,): y f(x + delta) >= bounds over the ball of this energy, proved.

    heights (n, m) are y <w_i, x> in float64 and `errors` (n,) at least sum_i a_i times what they are wrong by; `energy`
    is an upper bound of the energy; shares (m,) default to ones. NaN or infinite input, a bias below 0, an output or
    share that is not positive: -inf, nothing is certified.
    """
    h, b, a = (np.ascontiguousarray(array, dtype=np.float64) for array in (heights, biases, outputs))
    s = np.ones(len(a)) if shares is None else np.ascontiguousarray(shares, dtype=np.float64)
    off = np.broadcast_to(np.asarray(errors, dtype=np.float64), (len(h),))
    energy = float(energy) * (1 + 1e-12)
    nothing = np.full(len(h), -np.inf), np.full(len(h), np.nan)
    sound = all(np.isfinite(array).all() for array in (h, b, a, s)) and np.isfinite(energy)
    if not (sound and energy >= 0 and np.all(b >= 0) and np.all(a > 0) and np.all(s > 0) and len(a) <= WIDEST):
        return nothing
    floor = 1e-30 * float((np.abs(h).max(initial=0.0) + 1) ** 2)  # no energy: any large multiplier will do
    centre = sqrt(float((a * a / (s * s)).sum()) / max(energy, floor)) / 2
    if not (np.isfinite(centre) and centre > 0):
        return nothing
    with np.errstate(all="ignore"):
        values, multipliers = _bounds(h, b, a, s * s * (1 - 1e-12), energy, centre)
        values = values - off
    return np.where(np.isfinite(values), values, -np.inf), multipliers


def energy(spectrum: Spectrum, radius: Fraction, norm: int, shares_squared: Any = None) -> Fraction:
    """E, at least sum_i s_i^2 <w_i, delta>^2 for |delta|_2 <= radius (norm 2) or |delta|_inf <= radius (norm 0).

    `spectrum` is that of the weights, its rows multiplied by the shares. l_inf: delta^T G delta is at most
    radius^2 times the sum of |G_jk|, and |delta|_2^2 at most d radius^2; the smaller of the two counts.
    """
    if norm == 2:
        return spectrum.bound * radius**2
    return min(spectrum.bound * spectrum.integers.shape[1], spectrum.entry_sum) * radius**2


def exact_least(h: Fraction, b: Fraction, a: Fraction, q: Fraction, kinks: bool = True) -> Fraction:
    """psi in rationals. Without `kinks` the two candidates at which a gate closes are left out: too large a number."""
    zero = Fraction(0)

    def value(u: Fraction) -> Fraction:
        return a * (max(h + u - b, zero) - max(-h - u - b, zero)) + q * u * u

    candidates = (zero, -a / (2 * q), b - h, -b - h)
    return min(value(u) for u in candidates[: 4 if kinks else 2])


def exact_sum(
    heights: Any, biases: Any, outputs: Any, multiplier: Fraction, shares_squared: Any = None, kinks: bool = True
) -> Fraction:
    """sum_i psi_i(multiplier s_i^2) of one point in rationals. Raises `ValueError` unless the multipliers are > 0."""
    squares = [Fraction(1)] * len(outputs) if shares_squared is None else list(shares_squared)
    if not (multiplier > 0 and all(s > 0 for s in squares)):
        raise ValueError(f"multiplier {multiplier} and every share must be positive")
    rows = zip(heights, biases, outputs, squares, strict=True)
    return sum((exact_least(h, b, a, multiplier * s, kinks) for h, b, a, s in rows), Fraction(0))


def exact_bound(
    heights: Any, biases: Any, outputs: Any, energy: Fraction, multiplier: Fraction, shares_squared: Any = None
) -> Fraction:
    """The bound of one point in rationals, for a rational multiplier > 0. Raises `ValueError` unless it is."""
    if energy < 0:
        raise ValueError(f"energy {energy} must not be negative")
    return exact_sum(heights, biases, outputs, multiplier, shares_squared) - multiplier * energy


def exact_heights(points: Any, weights: Any, labels: np.ndarray) -> np.ndarray:
    """y <w_i, x> exactly, as fractions (n, m)."""
    left, left_scale = integer_form(points)
    right, right_scale = integer_form(weights)
    product = matrix_product(left, right.T) * labels.astype(object)[:, None]
    flat = [Fraction(int(v), left_scale * right_scale) for v in product.reshape(-1)]
    return np.array(flat, dtype=object).reshape(product.shape)


def height_errors(points: np.ndarray, weights: np.ndarray, outputs: np.ndarray) -> np.ndarray:
    """At least sum_i a_i |error of <w_i, x>| for products of float64 arrays, (n,): d + 2 roundings of |w_i| |x|."""
    step = (weights.shape[1] + 2) * 2.0**-52
    return step * np.sqrt((points**2).sum(axis=1)) * float(outputs @ np.sqrt((weights**2).sum(axis=1)))
