"""Linear relaxation of symmetric-ReLU networks over l2 balls, in the manner of CROWN and of auto_LiRPA; a reference.

Over |delta| <= tau a neuron's height h_i + y <w_i, delta> stays within tau |w_i| of h_i. There phi is bounded below by
a line s_i t + c_i, and y f(x + delta) >= sum_i a_i (s_i h_i + c_i) - tau |sum_i a_i s_i w_i|, the dual norm. For
given slopes the best intercept is a minimum over the ends of the interval and the bends in it, so every slope is sound
and the bound is concave in the slopes. Both ReLUs of a pair are relaxed together, which is never worse than one by one.
Plain float64: the bound is as sound as its rounding, 1e-12 of its terms.
"""

from __future__ import annotations

import torch

STEPS = 60
"""Gradient steps on the slopes of every point."""
RATE = 0.05


def symmetric(t: torch.Tensor, biases: torch.Tensor) -> torch.Tensor:
    return torch.relu(t - biases) - torch.relu(-t - biases)


def intervals(
    weights: torch.Tensor, biases: torch.Tensor, outputs: torch.Tensor, points: torch.Tensor, labels: torch.Tensor,
    radius: float,
) -> torch.Tensor:  # fmt: skip
    """Interval bound (n,): every neuron at the lower end of its interval; phi does not decrease."""
    low = labels[:, None] * (points @ weights.T) - radius * weights.norm(dim=1)
    return symmetric(low, biases) @ outputs


def linear_bound(
    slopes: torch.Tensor, weights: torch.Tensor, biases: torch.Tensor, outputs: torch.Tensor, heights: torch.Tensor,
    radius: float,
) -> torch.Tensor:  # fmt: skip
    """The bound (n,) with lines of these slopes (n, m) under phi; concave in the slopes."""
    reach = radius * weights.norm(dim=1)
    low, high = heights - reach, heights + reach
    bends = (low, high, *(torch.minimum(torch.maximum(bend, low), high) for bend in (biases, -biases)))
    intercepts = torch.stack([symmetric(t, biases) - slopes * t for t in bends]).amin(dim=0)
    # torch's derivative of the norm at 0 is 0: dead networks keep finite slopes
    normal = (slopes * outputs) @ weights
    return (slopes * heights + intercepts) @ outputs - radius * normal.norm(dim=1)


def crown(
    weights: torch.Tensor, biases: torch.Tensor, outputs: torch.Tensor, points: torch.Tensor, labels: torch.Tensor,
    radius: float, steps: int = STEPS,
) -> torch.Tensor:  # fmt: skip
    """The largest bound found (n,) by ascent on all slopes, as in alpha-CROWN, from chords or from the interval bound.

    Slopes 0 give the interval bound, which the optimum therefore never falls below. With `steps` = 0 the fixed slopes
    of CROWN: those of the chords over the intervals.
    """
    heights = labels[:, None] * (points @ weights.T)
    reach = radius * weights.norm(dim=1)
    width = (2 * reach).clamp_min(1e-300)
    chord = (symmetric(heights + reach, biases) - symmetric(heights - reach, biases)) / width
    parts = (weights, biases, outputs, heights, radius)
    best, flat = linear_bound(chord, *parts), linear_bound(torch.zeros_like(chord), *parts)
    if not steps:
        return best
    slopes = torch.where((flat > best)[:, None], torch.zeros_like(chord), chord).requires_grad_(True)
    descent = torch.optim.Adam([slopes], lr=RATE)
    for _ in range(steps):
        descent.zero_grad()
        bound = linear_bound(slopes, *parts)
        best = torch.maximum(best, bound.detach())
        (-bound.sum()).backward()
        descent.step()
    return torch.maximum(best, linear_bound(slopes, *parts).detach())
