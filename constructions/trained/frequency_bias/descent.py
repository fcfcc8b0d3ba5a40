"""Training a batch of nets, attacking them, and the spectra of what their gradients and perturbations look like."""

from __future__ import annotations

from typing import Literal

import torch

from constructions.frequency_bias.transform import frequency_sizes, high_weights
from constructions.trained.frequency_bias.models import Architecture, Parameters, scores

Norm = Literal["l2", "linf"]


def margins(values: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """Logit margins (B, n): y f for one output, own score minus the largest other one for more."""
    if values.shape[-1] == 1:
        return labels * values[..., 0]
    own = values.gather(-1, labels.long()[..., None])
    others = values.scatter(-1, labels.long()[..., None], float("-inf"))
    return own[..., 0] - others.amax(-1)


def losses(values: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """Logistic loss of each net (B,), averaged over its samples."""
    if values.shape[-1] == 1:
        return torch.nn.functional.softplus(-labels * values[..., 0]).mean(1)
    flat = torch.nn.functional.cross_entropy(values.flatten(0, 1), labels.long().reshape(-1), reduction="none")
    return flat.reshape(labels.shape).mean(1)


def fit(
    model: Architecture, parameters: Parameters, points: torch.Tensor, labels: torch.Tensor, steps: int, rate: float,
    batch: int, generator: torch.Generator,
) -> Parameters:  # fmt: skip
    """Adam on the logistic loss, all nets at once; whole data if they fit into `batch`, else fresh batches of it.

    Adam acts entry by entry, so the nets of a batch do not influence each other.
    """
    own = {name: value.clone().requires_grad_(True) for name, value in parameters.items()}
    optimiser = torch.optim.Adam(list(own.values()), lr=rate)
    nets, count = labels.shape
    rows = torch.arange(nets)[:, None]
    for _ in range(steps):
        if count > batch:
            chosen = torch.randint(count, (nets, batch), generator=generator)
            some, marks = points[rows, chosen], labels[rows, chosen]
        else:
            some, marks = points, labels
        optimiser.zero_grad()
        losses(scores(model, own, some), marks).sum().backward()
        optimiser.step()
    return {name: value.detach() for name, value in own.items()}


def slopes(
    model: Architecture, parameters: Parameters, points: torch.Tensor, labels: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    """(margins (B, n), gradients of the margins with respect to the points, like the points)."""
    points = points.detach().requires_grad_(True)
    values = margins(scores(model, parameters, points), labels)
    (gradient,) = torch.autograd.grad(values.sum(), points)
    return values.detach(), gradient


def _length(signals: torch.Tensor, norm: Norm) -> torch.Tensor:
    flat = signals.flatten(2)
    return flat.norm(dim=2) if norm == "l2" else flat.abs().amax(2)


def _expand(values: torch.Tensor, like: torch.Tensor) -> torch.Tensor:
    return values.reshape(*values.shape, *(1,) * (like.dim() - values.dim()))


def attacked(
    model: Architecture, parameters: Parameters, points: torch.Tensor, labels: torch.Tensor, radius: torch.Tensor,
    norm: Norm, steps: int,
) -> tuple[torch.Tensor, torch.Tensor]:  # fmt: skip
    """(perturbations, margins under them): projected gradient on the margin from 0, the best iterate of each sample.

    radius (B,) is each net's own. Steps of 2.5 radius/steps along the gradient (l2) or its signs (l_inf).
    """
    bound = _expand(radius[:, None], points)
    delta = torch.zeros_like(points)
    best, least = torch.zeros_like(points), torch.full(labels.shape, float("inf"), device=points.device)
    for step in range(steps + 1):
        values, gradient = slopes(model, parameters, points + delta, labels)
        lower = values < least
        best = torch.where(_expand(lower, points), delta, best)
        least = torch.minimum(least, values)
        if step == steps:
            break
        if norm == "l2":
            move = gradient / _expand(_length(gradient, norm).clamp_min(1e-20), points)
            delta = delta - 2.5 / steps * bound * move
            delta = delta * (bound / _expand(_length(delta, norm).clamp_min(1e-20), points)).clamp_max(1.0)
        else:
            delta = delta - 2.5 / steps * bound * gradient.sign()
            delta = torch.minimum(torch.maximum(delta, -bound), bound)
    return best, least


def breaking_radius(
    model: Architecture, parameters: Parameters, points: torch.Tensor, labels: torch.Tensor, norm: Norm,
    target: float = 0.5, rounds: int = 9, steps: int = 6,
) -> torch.Tensor:  # fmt: skip
    """Radii (B,) at which the attacked accuracy of each net is near `target`, by bisection of their logarithm.

    Searched between a thousandth of the median size of the points and that size: larger ones wipe a point out.
    """
    high = _length(points, norm).median(1).values
    low = high / 1000
    for _ in range(rounds):
        radius = (low * high).sqrt()
        _, worst = attacked(model, parameters, points, labels, radius, norm, steps)
        above = (worst > 0).float().mean(1) > target
        low, high = torch.where(above, radius, low), torch.where(above, high, radius)
    return (low * high).sqrt()


def energy(signals: torch.Tensor) -> torch.Tensor:
    """Mean energy per frequency (B, *grid) of signals (B, n, I, *grid), each scaled to unit energy; sums are one.

    Samples without energy count for nothing.
    """
    axes = tuple(range(3, signals.dim()))
    power = torch.fft.fftn(signals.double(), dim=axes, norm="ortho").abs().square().sum(2)
    total = power.flatten(2).sum(2)
    shares = power / _expand(total.clamp_min(1e-300), power)
    used = _expand((total > 0).double(), power)
    return (shares * used).sum(1) / used.sum(1).clamp_min(1.0)


def high_share(power: torch.Tensor, grid: tuple[int, ...]) -> torch.Tensor:
    """Share of energy (B,) at high frequencies, of what `energy` returns."""
    return (power * torch.tensor(high_weights(grid), device=power.device)).flatten(1).sum(1)


def centroid(power: torch.Tensor, grid: tuple[int, ...]) -> torch.Tensor:
    """Mean frequency (B,) in units of half the side."""
    return (power * torch.tensor(frequency_sizes(grid), device=power.device)).flatten(1).sum(1) / (min(grid) / 2)


def profile(power: torch.Tensor, grid: tuple[int, ...]) -> torch.Tensor:
    """Energy by whole frequency 0 .. N/2 (B, N/2 + 1): +-d together; in two dimensions rings of width one, cut off."""
    top = min(grid) // 2
    ring = torch.tensor(frequency_sizes(grid), device=power.device).round().long().clamp_max(top).reshape(-1)
    out = torch.zeros((len(power), top + 1), dtype=power.dtype, device=power.device)
    return out.index_add(1, ring, power.flatten(1))
