"""Least values of small symmetric-ReLU networks over balls, by listing the places where they can be attained.

y f is linear between the lines <w_i, x + delta> = +-b_i. On a disk its least value is attained where two lines
cross, where a line leaves the disk, or on an arc between those, where the linear piece is least; on a square, where
lines cross each other or its sides. All of these are listed, in floats. No duality is involved.
"""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from constructions.feature_purification import PurificationInstance
from constructions.instance import floats_of


def parts(instance: PurificationInstance) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, float]:
    """Weights, biases, outputs, y x of the first point (the network is odd) and the radius, as floats."""
    weights, biases, outputs = (floats_of(v) for v in (instance.weights, instance.biases, instance.outputs))
    x = floats_of(instance.points)[0] * int(instance.labels[0])
    return weights, biases, outputs, x, float(Fraction(str(instance.radius)))


def value(weights: np.ndarray, biases: np.ndarray, outputs: np.ndarray, places: np.ndarray) -> np.ndarray:
    """f at places (..., d)."""
    h = places @ weights.T
    return (np.maximum(h - biases, 0) - np.maximum(-h - biases, 0)) @ outputs


def crossings(normals: np.ndarray, offsets: np.ndarray) -> np.ndarray:
    """Where the lines <n, p> = c of the plane cross, (k, 2); parallel ones do not."""
    i, j = np.triu_indices(len(offsets), 1)
    (a, b), (c, d) = normals[i].T, normals[j].T
    determinant = a * d - b * c
    kept = np.abs(determinant) > 1e-12 * np.linalg.norm(normals[i], axis=1) * np.linalg.norm(normals[j], axis=1)
    e, f = offsets[i], offsets[j]
    with np.errstate(all="ignore"):
        return np.stack([(e * d - b * f) / determinant, (a * f - e * c) / determinant], axis=1)[kept]


def lines_of(weights: np.ndarray, biases: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Normals and offsets of the lines at which a gate opens or closes."""
    moving = np.any(weights != 0, axis=1)
    return np.concatenate([weights[moving]] * 2), np.concatenate([biases[moving], -biases[moving]])


def on_disk(weights: np.ndarray, biases: np.ndarray, outputs: np.ndarray, x: np.ndarray, tau: float) -> float:
    """The least value over |p - x|_2 <= tau in the plane."""
    normals, offsets = lines_of(weights, biases)
    met = crossings(normals, offsets)
    lengths = np.linalg.norm(normals, axis=1)
    distances, units = (offsets - normals @ x) / lengths, normals / lengths[:, None]
    hit = np.abs(distances) <= tau
    half = np.sqrt(np.maximum(tau**2 - distances[hit] ** 2, 0))[:, None]
    along = np.stack([-units[hit, 1], units[hit, 0]], axis=1)
    foot = distances[hit, None] * units[hit]
    ends = np.concatenate([foot + half * along, foot - half * along])
    angles = np.sort(np.concatenate([[0.0, 2 * np.pi], np.arctan2(ends[:, 1], ends[:, 0]) % (2 * np.pi)]))

    def circle(at: np.ndarray) -> np.ndarray:
        return x + tau * np.stack([np.cos(at), np.sin(at)], axis=-1)

    low, high = angles[:-1], angles[1:]
    middle = (low + high) / 2
    slopes = (outputs * (np.abs(circle(middle) @ weights.T) > biases)) @ weights
    best = np.arctan2(-slopes[:, 1], -slopes[:, 0]) % (2 * np.pi)
    best = best[(low <= best) & (best <= high)]
    places = [x[None], met[np.linalg.norm(met - x, axis=1) <= tau], x + ends, circle(angles), circle(middle),
              circle(best)]  # fmt: skip
    return float(value(weights, biases, outputs, np.concatenate(places)).min())


def on_square(weights: np.ndarray, biases: np.ndarray, outputs: np.ndarray, x: np.ndarray, tau: float) -> float:
    """The least value over |p - x|_inf <= tau in the plane."""
    normals, offsets = lines_of(weights, biases)
    sides = np.concatenate([x + tau, x - tau])
    met = crossings(np.concatenate([normals, np.eye(2), np.eye(2)]), np.concatenate([offsets, sides]))
    inside = np.abs(met - x).max(axis=1) <= tau * (1 + 1e-12) + 1e-12
    return float(value(weights, biases, outputs, np.concatenate([x[None], met[inside]])).min())


def on_interval(weights: np.ndarray, biases: np.ndarray, outputs: np.ndarray, x: np.ndarray, tau: float) -> float:
    """The least value over |p - x| <= tau on the line: at an end or at a bend."""
    normals, offsets = lines_of(weights, biases)
    bends = offsets / normals[:, 0]
    places = np.concatenate([x - tau, x + tau, bends[np.abs(bends - x[0]) <= tau]])
    return float(value(weights, biases, outputs, places[:, None]).min())


def least(
    weights: np.ndarray, biases: np.ndarray, outputs: np.ndarray, x: np.ndarray, tau: float, norm: int
) -> float:
    """The least value of f over the ball of radius tau around x, in one or two dimensions; norm 2, or 0 for l_inf."""
    if len(x) == 1:
        return on_interval(weights, biases, outputs, x, tau)
    return (on_disk if norm == 2 else on_square)(weights, biases, outputs, x, tau)


def least_of(instance: PurificationInstance) -> float:
    return least(*parts(instance), instance.norm)


def scale(instance: PurificationInstance) -> float:
    """What rounding is measured by: the largest value that the network could take near the ball."""
    weights, biases, outputs, x, tau = parts(instance)
    return float(outputs @ (np.linalg.norm(weights, axis=1) * (np.linalg.norm(x) + 2 * tau) + biases)) + 1
