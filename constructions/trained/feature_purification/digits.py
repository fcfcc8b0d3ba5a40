"""Handwritten digits: a two-layer ReLU network on the parity of scikit-learn's digits, clean and adversarially trained.

The offline counterpart of the paper's experiments on photographs. f(x) = sum_i a_i max(<w_i, x> + b_i, 0), a_i = +-1
fixed, half of each; weights and biases are learned by gradient descent with momentum on the logistic loss. Networks of
several seeds are trained at once, as one batch of matrices; each has its own split, start and order of points.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import torch

TRAINING = 1200
"""Points of 1797 to learn from; the other 597 are attacked."""


@dataclass(frozen=True)
class DigitsRecipe:
    """Sizes and rates; the first weights have deviation `start` / sqrt(d)."""

    width: int = 400
    epochs: int = 60
    batch: int = 64
    rate: float = 0.3
    momentum: float = 0.9
    decay: float = 1e-4
    radius: float = 0.25
    ramp: float = 0.3
    start: float = 0.1


class Networks(NamedTuple):
    """First layers (R, m, d) and biases (R, m) of R networks; the second layer is that of `second_layer`."""

    weights: torch.Tensor
    biases: torch.Tensor


class Digits(NamedTuple):
    """Points (R, n, d) and labels (R, n) of +-1, one split per network."""

    points: torch.Tensor
    labels: torch.Tensor


@lru_cache(maxsize=1)
def all_digits() -> tuple[np.ndarray, np.ndarray]:
    """Centred points (1797, 64) of mean length 1, and labels: +1 for even digits."""
    from sklearn.datasets import load_digits

    found = load_digits()
    points = found.data - found.data.mean(axis=0)
    return points / np.sqrt((points**2).sum(axis=1)).mean(), np.where(found.target % 2 == 0, 1.0, -1.0)


def split_digits(seeds: Sequence[int], device: torch.device | str = "cpu") -> tuple[Digits, Digits]:
    """Training and testing part for each seed, which alone decides the split."""
    points, labels = all_digits()
    orders = [np.random.default_rng(np.random.SeedSequence([seed, 1797])).permutation(len(points)) for seed in seeds]

    def part(chosen: slice) -> Digits:
        x, y = (np.stack([array[order[chosen]] for order in orders]) for array in (points, labels))
        return Digits(*(torch.tensor(array, dtype=torch.float32, device=device) for array in (x, y)))

    return part(slice(0, TRAINING)), part(slice(TRAINING, None))


def second_layer(networks: Networks) -> torch.Tensor:
    """a (m,): +1 for the first half of the neurons, -1 for the rest."""
    count = networks.biases.shape[-1]
    signs = torch.ones(count, dtype=networks.weights.dtype, device=networks.weights.device)
    signs[count // 2 :] = -1
    return signs


def first_networks(seeds: Sequence[int], recipe: DigitsRecipe, device: torch.device | str = "cpu") -> Networks:
    """Gaussian weights and biases 0, drawn on the CPU so that a seed means the same everywhere."""
    dimension = all_digits()[0].shape[1]
    drawn = [
        torch.randn((recipe.width, dimension), generator=torch.Generator().manual_seed(1000 + seed)) for seed in seeds
    ]
    weights = recipe.start / math.sqrt(dimension) * torch.stack(drawn).to(device)
    return Networks(weights, torch.zeros(weights.shape[:2], device=device))


def outputs(networks: Networks, points: torch.Tensor) -> torch.Tensor:
    """f(x) (R, n)."""
    heights = torch.baddbmm(networks.biases[:, None, :], points, networks.weights.mT)
    return torch.relu(heights) @ second_layer(networks)


def output_gradient(networks: Networks, points: torch.Tensor) -> torch.Tensor:
    """grad_x f (R, n, d)."""
    heights = torch.baddbmm(networks.biases[:, None, :], points, networks.weights.mT)
    return ((heights > 0) * second_layer(networks)) @ networks.weights


def steepest(networks: Networks, points: torch.Tensor, labels: torch.Tensor, length: float) -> torch.Tensor:
    """-length * y grad f / |grad f|: the l2 step that lowers y f fastest; 0 where the gradient is."""
    gradient = output_gradient(networks, points)
    return -length * labels[..., None] * gradient / gradient.norm(dim=-1, keepdim=True).clamp_min(1e-12)


def train_digits(
    networks: Networks, data: Digits, recipe: DigitsRecipe, adversarial: bool, stream: Sequence[int],
    rank: int | None = None,
) -> Networks:  # fmt: skip
    """The trained networks; `stream` seeds the order of the points of each.

    Adversarial training takes one fast gradient step per batch, whose radius grows to its full value over the first
    `ramp` of all steps. With a rank the first layer moves only by U V^T, U from 0 and V (d, rank) from orthonormal
    columns, both trained; biases are free.
    """
    weights, biases = (entry.clone() for entry in networks)
    signs, base = second_layer(networks), networks.weights
    generators = [torch.Generator().manual_seed(seed) for seed in stream]
    rows = torch.arange(len(weights), device=weights.device)[:, None]
    left = right = torch.empty(0)
    if rank is not None:
        drawn = torch.stack([torch.randn((weights.shape[2], rank), generator=generator) for generator in generators])
        right = torch.linalg.qr(drawn).Q.to(weights.device)
        left = torch.zeros((*weights.shape[:2], rank), device=weights.device)
    moved = [left, right, biases] if rank is not None else [weights, biases]
    speeds = [torch.zeros_like(entry) for entry in moved]
    batches = data.points.shape[1] // recipe.batch
    steps = recipe.epochs * batches
    for step in range(steps):
        if step % batches == 0:
            drawn_orders = [torch.randperm(data.points.shape[1], generator=generator) for generator in generators]
            order = torch.stack(drawn_orders).to(weights.device)
        chosen = order[:, (step % batches) * recipe.batch :][:, : recipe.batch]
        points, labels = data.points[rows, chosen], data.labels[rows, chosen]
        now = Networks(weights, biases)
        if adversarial:
            radius = recipe.radius * min(1.0, step / (recipe.ramp * steps))
            points = points + steepest(now, points, labels, radius)
        heights = torch.baddbmm(biases[:, None, :], points, weights.mT)
        pull = torch.sigmoid(-labels * (torch.relu(heights) @ signs)) * labels / recipe.batch
        flow = (heights > 0) * (signs * pull[..., None])
        slope = recipe.decay * weights - flow.mT @ points
        slopes = [slope] if rank is None else [slope @ moved[1], slope.mT @ moved[0]]
        for entry, speed, downhill in zip(moved, speeds, [*slopes, -flow.sum(dim=1)], strict=True):
            speed.mul_(recipe.momentum).add_(downhill)
            entry.sub_(speed, alpha=recipe.rate)
        if rank is not None:
            weights = base + moved[0] @ moved[1].mT
    return Networks(weights, biases)


def attacked_digits(
    networks: Networks, data: Digits, radius: float, steps: int, seeds: Sequence[int]
) -> tuple[torch.Tensor, torch.Tensor]:
    """Least y f(x + delta) found (R, n), in float64, and the delta (R, n, d) where it was found.

    Projected gradients from 0 and from a random point at .9 of the radius; the best iterate of both is kept.
    """
    noise = torch.stack([
        torch.randn(data.points.shape[1:], generator=torch.Generator().manual_seed(2000 + seed)) for seed in seeds
    ]).to(data.points.device)  # fmt: skip
    best = data.labels * outputs(networks, data.points)
    found = torch.zeros_like(data.points)
    for begin in (torch.zeros_like(noise), 0.9 * radius * noise / noise.norm(dim=-1, keepdim=True)):
        delta = begin
        for step in range(steps + 1):
            margin = data.labels * outputs(networks, data.points + delta)
            better = ~(margin >= best)  # NaN counts for the attacker
            best = torch.where(better, margin, best)
            found = torch.where(better[..., None], delta, found)
            length = radius / 4 if step < steps // 2 else radius / 16
            delta = delta + steepest(networks, data.points + delta, data.labels, length)
            delta = delta * (radius / delta.norm(dim=-1, keepdim=True).clamp_min(1e-12)).clamp_max(1.0)
    exact = Networks(*(entry.double() for entry in networks))
    moved = data.points.double() + found.double()
    return data.labels.double() * outputs(exact, moved), found


def robust_accuracy(networks: Networks, data: Digits, radius: float, steps: int, seeds: Sequence[int]) -> list[float]:
    """Share of points that no attack moved to y f <= 0, one per network: an upper bound; f = 0 counts as wrong."""
    margin, _ = attacked_digits(networks, data, radius, steps, seeds)
    return [float(share) for share in (margin > 0).double().mean(dim=1)]


def active(networks: Networks, data: Digits) -> torch.Tensor:
    """Which neurons (R, m) have a positive height at some point; the others no longer move, whatever is trained."""
    heights = torch.baddbmm(networks.biases[:, None, :], data.points, networks.weights.mT)
    return (heights > 0).any(dim=1)


def row_cosines(one: torch.Tensor, other: torch.Tensor) -> torch.Tensor:
    """cos(w_i, w_i') (..., m) of the neurons of two first layers; 0 where one is 0."""
    return torch.nn.functional.cosine_similarity(one, other, dim=-1)


def truncated(before: torch.Tensor, after: torch.Tensor, rank: int) -> torch.Tensor:
    """`before` plus the best approximation of rank `rank` of the update (R, m, d)."""
    u, s, v = torch.linalg.svd(after - before, full_matrices=False)
    return before + (u[..., :rank] * s[..., None, :rank]) @ v[..., :rank, :]


def energy_shares(update: torch.Tensor) -> torch.Tensor:
    """Share of |update|_F^2 in the leading r singular directions, for r = 1, 2, ... (..., min(m, d))."""
    squares = torch.linalg.svdvals(update.double()) ** 2
    return squares.cumsum(-1) / squares.sum(-1, keepdim=True)
