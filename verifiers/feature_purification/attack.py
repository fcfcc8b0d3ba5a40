"""Attacks on symmetric-ReLU networks: dense direction, one gradient step, projected gradient from several starts.

An attack proposes; what it proposes is inside the ball for certain (`inside`), and its value is evaluated by whoever
uses it, exactly or with an error bound. A value above zero after every attack proves nothing.

Projected gradient steps along the gate gradient sum_i a_i 1[|h_i| > b_i] w_i, never along that of a loss, which
underflows. In the first half of the steps gates are replaced by smooth ones, so that closed gates have a gradient too.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

STEPS = 40
"""Projected gradient steps: a quarter of the radius in the first half, a sixteenth in the second."""

SMOOTHING = 0.25
"""Width of the smooth gates in the first half, relative to b_i + |w_i| radius / sqrt(d)."""

SHRINK = 1e-12
"""Perturbations are scaled into the ball less this share of its radius: more than the rounding of a norm in d <= 1000
coordinates, so that they lie inside in exact arithmetic."""

STARTS = ("zero", "dense", "gradient", "support", "spike", "neuron", "random")


@dataclass(frozen=True)
class Network:
    """f(x) = sum_i a_i phi_{b_i}(<w_i, x>) in float64: weights (m, d), biases (m,), outputs (m,)."""

    weights: np.ndarray
    biases: np.ndarray
    outputs: np.ndarray

    def values(self, points: np.ndarray) -> np.ndarray:
        """f at points (..., d), as (...,)."""
        heights = points @ self.weights.T
        opened = np.maximum(heights - self.biases, 0) - np.maximum(-heights - self.biases, 0)
        return np.asarray(opened @ self.outputs)

    def gradients(self, points: np.ndarray, width: np.ndarray | None = None) -> np.ndarray:
        """Gate gradients at points (..., d); with smooth gates of these widths (m,) where given."""
        heights = np.abs(points @ self.weights.T)
        if width is None:
            gates = (heights > self.biases).astype(np.float64)
        else:
            rising, falling = ((sign * heights - self.biases) / width for sign in (1, -1))
            gates = _logistic(rising) + _logistic(falling)
        return np.asarray((gates * self.outputs) @ self.weights)


def _logistic(values: np.ndarray) -> np.ndarray:
    return 0.5 * (1 + np.tanh(0.5 * values))


@dataclass(frozen=True)
class Attacked:
    """Best perturbations found, (n, d) float64 and inside the ball, with y f there (n,) as floats; the start that led
    to each; and the points whose gate gradient is zero, at which a one-step attack does not move."""

    deltas: np.ndarray
    values: np.ndarray
    starts: tuple[str, ...]
    zero_gradients: int


def inside(deltas: np.ndarray, radius: float, norm: int) -> np.ndarray:
    """The perturbations (..., d), scaled or clipped into the ball of this radius in exact arithmetic."""
    limit = radius * (1 - SHRINK)
    if norm == 0:
        return np.clip(deltas, -limit, limit)
    lengths = np.sqrt((deltas**2).sum(axis=-1, keepdims=True))
    factor = np.minimum(1.0, limit / np.maximum(lengths, np.finfo(float).tiny))
    return np.where(np.isfinite(factor), deltas * factor, 0.0)


def _ascent(directions: np.ndarray, norm: int) -> np.ndarray:
    """Steepest unit steps in the norm; zero where the direction is zero."""
    if norm == 0:
        return np.sign(directions)
    lengths = np.sqrt((directions**2).sum(axis=-1, keepdims=True))
    return np.where(lengths > 0, directions / np.where(lengths > 0, lengths, 1.0), 0.0)


def one_step(
    network: Network, points: np.ndarray, labels: np.ndarray, radius: float, norm: int
) -> tuple[np.ndarray, int]:
    """The fast gradient method: perturbations (n, d), and how many points have no gradient and stay where they are."""
    gradients = network.gradients(points)
    steps = _ascent(gradients, norm)
    return inside(-radius * labels[:, None] * steps, radius, norm), int(np.sum(~np.any(gradients, axis=1)))


def dense(points: np.ndarray, labels: np.ndarray, radius: float, norm: int, direction: np.ndarray) -> np.ndarray:
    """-y radius u at every point, u the steepest unit vector along `direction`: one perturbation per class."""
    step = _ascent(direction[None], norm)
    return inside(-radius * labels[:, None] * step, radius, norm)


def _starts(
    network: Network, points: np.ndarray, labels: np.ndarray, radius: float, norm: int, direction: np.ndarray,
    generator: np.random.Generator,
) -> np.ndarray:  # fmt: skip
    """One perturbation per start and point, (s, n, d), in the order of `STARTS`."""
    n, d = points.shape
    against = -labels[:, None]
    width = _width(network, radius)
    gradients = network.gradients(points, width)
    sizes = np.abs(points)
    support = np.where(sizes >= 0.5 * sizes.max(axis=1, keepdims=True), np.sign(points), 0.0)
    spike = np.zeros_like(points)
    rows, best = np.arange(n), np.argmax(np.abs(gradients), axis=1)
    spike[rows, best] = np.sign(gradients[rows, best]) * against[:, 0]
    heights = labels[:, None] * (points @ network.weights.T)
    gains = network.outputs * np.where(heights > network.biases, 1.0, 0.0) * (network.weights**2).sum(axis=1)
    neuron = against * network.weights[np.argmax(gains, axis=1)]
    directions = (
        np.zeros_like(points),
        against * np.broadcast_to(direction, points.shape),
        against * gradients,
        -support,
        spike,
        neuron,
        generator.normal(size=(n, d)),
    )
    return np.stack([inside(radius * _ascent(step, norm), radius, norm) for step in directions])


def _width(network: Network, radius: float) -> np.ndarray:
    lengths = np.sqrt((network.weights**2).sum(axis=1))
    scale = network.biases + radius * lengths / np.sqrt(network.weights.shape[1])
    return SMOOTHING * np.where(scale > 0, scale, 1.0)


def attack(
    network: Network, points: np.ndarray, labels: np.ndarray, radius: float, norm: int, generator: np.random.Generator,
    direction: np.ndarray | None = None, steps: int = STEPS,
) -> Attacked:  # fmt: skip
    """Every attack of this module on every point; of each point the best iterate of the best start is kept.

    points (n, d), labels (n,) of +-1; norm 2, or 0 for l_inf; `direction` (d,) is ones unless given.
    """
    labels = labels.astype(np.float64)
    along = np.ones(points.shape[1]) if direction is None else direction
    current = _starts(network, points, labels, radius, norm, along, generator)
    step, zero = one_step(network, points, labels, radius, norm)
    signs = labels[None, :]
    best = np.concatenate([current, step[None]])
    values = signs * network.values(points + best)
    width = _width(network, radius)
    for number in range(steps):
        early = number < steps // 2
        gradients = network.gradients(points + current, width if early else None)
        size = radius / (4 if early else 16)
        current = inside(current - size * signs[..., None] * _ascent(gradients, norm), radius, norm)
        found = signs * network.values(points + current)
        better = found < values[: len(current)]
        values[: len(current)][better] = found[better]
        best[: len(current)][better] = current[better]
    choice, rows = np.argmin(values, axis=0), np.arange(len(points))
    names = (*STARTS, "one step")
    return Attacked(best[choice, rows], values[choice, rows], tuple(names[c] for c in choice), zero)
