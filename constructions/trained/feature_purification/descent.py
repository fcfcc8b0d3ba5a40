"""Clean and FGM-adversarial training of a symmetric-ReLU network on sparse data, and attacks on it, in torch.

Recipe (reference experiments): plain SGD on fresh samples, logistic loss, decoupled weight decay; biases
b_i = kappa |w_i| / sqrt(k) are refreshed at every step and never differentiated. Adversarial training takes one step of
the fast gradient method at the current weights, with a radius that grows over the first 40 % of the steps: without the
ramp a network trained from scratch collapses.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch

from constructions.feature_purification import SparseLaw
from constructions.instance import NoInstance

COLLAPSED = 0.3
"""Share of the starting norm below which training is given up: the weights have died."""


@dataclass(frozen=True)
class Recipe:
    """Sizes and rates of one run; radius 0 is clean training."""

    steps: int
    radius: float = 0.0
    kappa: float = 0.2
    rate: float = 2.0
    batch: int = 256
    decay: float = 3e-4
    start: float = 0.1


def biases_of(weights: torch.Tensor, kappa: float, k: float) -> torch.Tensor:
    """kappa |w_i| / sqrt(k), without a gradient."""
    return kappa * weights.norm(dim=1).detach() / math.sqrt(k)


def outputs_of(weights: torch.Tensor, biases: torch.Tensor, points: torch.Tensor) -> torch.Tensor:
    """f(x) (n,)."""
    heights = points @ weights.T
    return (torch.relu(heights - biases) - torch.relu(-heights - biases)).sum(dim=1)


def gate_gradient(weights: torch.Tensor, biases: torch.Tensor, points: torch.Tensor) -> torch.Tensor:
    """grad_x f = sum over open gates of w_i (n, d); of f, not of the loss, which saturates."""
    return ((points @ weights.T).abs() > biases).to(points.dtype) @ weights


def fast_gradient(
    weights: torch.Tensor, biases: torch.Tensor, points: torch.Tensor, labels: torch.Tensor, radius: float
) -> torch.Tensor:
    """The l2 fast gradient perturbation -tau y grad / |grad| (n, d); zero where the gradient is."""
    gradient = gate_gradient(weights, biases, points)
    return -radius * labels[:, None] * gradient / gradient.norm(dim=1, keepdim=True).clamp_min(1e-12)


def start_weights(law: SparseLaw, width: int, recipe: Recipe, generator: torch.Generator) -> torch.Tensor:
    """Gaussian weights of standard deviation start / sqrt(d)."""
    return recipe.start / math.sqrt(law.d) * torch.randn((width, law.d), generator=generator)


def train_network(
    law: SparseLaw,
    weights: torch.Tensor,
    recipe: Recipe,
    own: np.random.Generator,
    progress: Callable[[int, int], None] | None = None,
) -> torch.Tensor:
    """The trained weights. Raises `NoInstance` if they collapse."""
    weights, k = weights.clone(), float(law.k)
    first = float(weights.norm())
    for step in range(recipe.steps):
        done = step / recipe.steps
        rate = recipe.rate * (0.1 if done >= 0.9 else 0.3 if done >= 0.7 else 1.0)
        sample = law.sample(recipe.batch, own)
        points = torch.tensor(sample.points, dtype=weights.dtype, device=weights.device)
        labels = torch.tensor(sample.labels, dtype=weights.dtype, device=weights.device)
        biases = biases_of(weights, recipe.kappa, k)
        if recipe.radius:
            radius = recipe.radius * min(1.0, done / 0.4)
            points = points + fast_gradient(weights, biases, points, labels, radius)
        heights = points @ weights.T
        gates = (heights.abs() > biases).to(weights.dtype)
        values = (torch.relu(heights - biases) - torch.relu(-heights - biases)).sum(dim=1)
        pull = torch.sigmoid(-labels * values) * labels / len(points)
        weights = weights + rate * ((gates * pull[:, None]).T @ points - recipe.decay * weights)
        if step % 100 == 99:
            if not float(weights.norm()) > COLLAPSED * first:
                raise NoInstance(f"the weights collapsed at step {step + 1}: norm {float(weights.norm()):.3g}")
            if progress:
                progress(step + 1, recipe.steps)
    return weights


def attacked(
    weights: torch.Tensor, biases: torch.Tensor, points: torch.Tensor, labels: torch.Tensor, radius: float,
    steps: int, generator: torch.Generator,
) -> torch.Tensor:  # fmt: skip
    """Least y f(x + delta) found (n,): the dense direction, then projected gradients from zero, dense, support, random.

    Closed gates have no gradient, so the starts matter, and the best iterate of every run is kept.
    """
    d = points.shape[1]
    dense = -labels[:, None] * torch.full_like(points, 1 / math.sqrt(d))
    support = -points / points.norm(dim=1, keepdim=True).clamp_min(1e-12)
    noise = torch.randn(points.shape, generator=generator).to(points.device)
    starts = (0.0 * dense, 0.9 * dense, 0.9 * support, 0.9 * noise / noise.norm(dim=1, keepdim=True))
    best = labels * outputs_of(weights, biases, points + radius * dense)
    for begin in starts:
        delta = radius * begin
        for step in range(steps):
            best = torch.minimum(best, labels * outputs_of(weights, biases, points + delta))
            length = radius / 4 if step < steps // 2 else radius / 16
            delta = delta + fast_gradient(weights, biases, points + delta, labels, length)
            delta = delta * (radius / delta.norm(dim=1, keepdim=True).clamp_min(1e-12)).clamp_max(1.0)
        best = torch.minimum(best, labels * outputs_of(weights, biases, points + delta))
    return best
