"""Distances to the boundary by attack: off the manifold, on it, and in all directions, for many points at once.

DeepFool with the gradient restricted to a subspace V, a bisection on its ray, then steps to the foot of the tangent of
the boundary, as long as they come nearer. Every number returned belongs to a point on the other side of the boundary
(up to float rounding), so each is an upper bound of its radius; certificates for small networks are elsewhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numba import njit

DEEPFOOL = 60
"""Steps of DeepFool, each a little beyond the tangent so that it crosses."""

BISECTIONS = 40
REFINEMENTS = 20
OVERSHOOT = 1.02


@dataclass(frozen=True, eq=False)
class AttackRadii:
    """Upper bounds of the radii at n points, infinite where no sign change was found: off, on, full (n,)."""

    off: np.ndarray
    on: np.ndarray
    full: np.ndarray


@njit(cache=True)
def _value(pre: np.ndarray, outputs: np.ndarray) -> float:
    total = 0.0
    for k in range(outputs.size):
        if pre[k] > 0.0:
            total += outputs[k] * pre[k]
    return total


@njit(cache=True)
def _gradient(pre: np.ndarray, outputs: np.ndarray, rows: np.ndarray, gradient: np.ndarray) -> None:
    gradient[:] = 0.0
    for k in range(outputs.size):
        if pre[k] > 0.0:
            for j in range(gradient.size):
                gradient[j] += outputs[k] * rows[k, j]


@njit(cache=True)
def _moved(pre: np.ndarray, rows: np.ndarray, z: np.ndarray, out: np.ndarray) -> None:
    for k in range(pre.size):
        total = pre[k]
        for j in range(z.size):
            total += rows[k, j] * z[j]
        out[k] = total


@njit(cache=True)
def _on_ray(pre: np.ndarray, speed: np.ndarray, t: float, outputs: np.ndarray) -> float:
    total = 0.0
    for k in range(pre.size):
        z = pre[k] + t * speed[k]
        if z > 0.0:
            total += outputs[k] * z
    return total


@njit(cache=True)
def _boundary(pre: np.ndarray, speed: np.ndarray, outputs: np.ndarray, bisections: int) -> float:
    """A time in (0, 1] at which the value on the ray is <= 0, given that it is at 1, as early as bisection finds."""
    low, high = 0.0, 1.0
    for _ in range(bisections):
        middle = 0.5 * (low + high)
        if _on_ray(pre, speed, middle, outputs) <= 0.0:
            high = middle
        else:
            low = middle
    return high


@njit(cache=True)
def _search(pre: np.ndarray, outputs: np.ndarray, rows: np.ndarray, limits: tuple, overshoot: float) -> np.ndarray:
    """The perturbation found, coordinates (r,); its first entry is NaN if none was. outputs are times the label."""
    size = rows.shape[1]
    z, gradient = np.zeros(size), np.zeros(size)
    moved, zero = pre.copy(), np.zeros(pre.size)
    found = False
    for _ in range(limits[0]):
        value = _value(moved, outputs)
        if value <= 0.0:
            found = True
            break
        _gradient(moved, outputs, rows, gradient)
        square = (gradient * gradient).sum()
        if not square > 0.0:
            break
        z -= overshoot * value / square * gradient
        _moved(pre, rows, z, moved)
    if not found and not _value(moved, outputs) <= 0.0:
        z[0] = np.nan
        return z
    best, length = z.copy(), np.inf
    for _ in range(limits[2] + 1):
        _moved(zero, rows, z, moved)
        z *= _boundary(pre, moved, outputs, limits[1])
        own = np.sqrt((z * z).sum())
        if not own < length * (1.0 - 1e-9):
            break
        best, length = z.copy(), own
        _moved(pre, rows, z, moved)
        _gradient(moved, outputs, rows, gradient)
        square = (gradient * gradient).sum()
        if not square > 0.0:
            break
        z = gradient * ((gradient * z).sum() / square)
        z *= 1.0 + 1e-6
        _moved(pre, rows, z, moved)
        tries = 0
        while _value(moved, outputs) > 0.0 and tries < 8:
            z *= 1.05
            _moved(pre, rows, z, moved)
            tries += 1
        if _value(moved, outputs) > 0.0:
            break
    return best


@njit(cache=True)
def _all(pre: np.ndarray, outputs: np.ndarray, labels: np.ndarray, rows: np.ndarray, limits: tuple,
         overshoot: float) -> np.ndarray:  # fmt: skip
    out = np.empty((pre.shape[0], rows.shape[1]))
    for i in range(pre.shape[0]):
        out[i] = _search(pre[i], labels[i] * outputs, rows, limits, overshoot)
    return out


def attack_in(directions: Any, weights: Any, biases: Any, outputs: Any, points: Any, labels: Any) -> np.ndarray:
    """Perturbations (n, d) in the span of orthonormal `directions` (d, r) after which label * N <= 0; NaN where none.

    weights (m, d), biases (m,), outputs (m,), points (n, d), labels (n,) of +-1. A point already on the wrong side
    gets the zero perturbation.
    """
    weights, directions = np.asarray(weights, dtype=np.float64), np.asarray(directions, dtype=np.float64)
    points, labels = np.asarray(points, dtype=np.float64), np.asarray(labels, dtype=np.float64)
    rows = np.ascontiguousarray(weights @ directions)
    pre = np.ascontiguousarray(points @ weights.T + np.asarray(biases, dtype=np.float64))
    if not (np.isfinite(rows).all() and np.isfinite(pre).all() and np.isfinite(outputs).all()):
        raise ValueError("weights, points or outputs hold a NaN or infinity; no radius can be attacked")
    if rows.shape[1] == 0:
        values = labels * (np.maximum(pre, 0.0) @ np.asarray(outputs, dtype=np.float64))
        return np.where((values <= 0)[:, None], 0.0, np.full_like(points, np.nan))
    found = _all(pre, np.asarray(outputs, dtype=np.float64), labels, rows, (DEEPFOOL, BISECTIONS, REFINEMENTS),
                 OVERSHOOT)  # fmt: skip
    return found @ directions.T


def attack_radius(directions: Any, weights: Any, biases: Any, outputs: Any, points: Any, labels: Any) -> np.ndarray:
    """Lengths (n,) of `attack_in`, infinite where it found nothing."""
    lengths = np.linalg.norm(attack_in(directions, weights, biases, outputs, points, labels), axis=1)
    return np.where(np.isnan(lengths), np.inf, lengths)


def attack_radii(
    plane: Any, normal: Any, weights: Any, biases: Any, outputs: Any, points: Any, labels: Any
) -> AttackRadii:
    """Upper bounds of the three radii; `plane` (d, p) and `normal` (d, l) are orthonormal bases.

    The full radius is the least of three attacks: a perturbation within either subspace is one of all of them. Raises
    `ValueError` on NaN and infinities.
    """
    net = (weights, biases, outputs, points, labels)
    off, on = attack_radius(normal, *net), attack_radius(plane, *net)
    full = attack_radius(np.hstack([plane, normal]), *net)
    return AttackRadii(off, on, np.minimum(full, np.minimum(off, on)))
