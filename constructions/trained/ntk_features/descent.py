"""Full-batch heavy ball on the squared loss, standard or adversarial, and l_inf attacks on what it trains.

The loss of each seed is (1/2) sum_j (g(x_j) - y_j)^2 with g = f - f_0 (centred) or f. For nets of infinite width the
coefficients follow `constructions.ntk_features.descended` with the same rate, momentum and steps: a finite net is
compared with the kernel predictor of the same time, not with the interpolant.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch

from constructions.trained.ntk_features.networks import (
    Centred,
    Network,
    Parameters,
    forward,
    outputs,
    parameter_gradient,
)

CACHE = 2**19
"""Bytes of activations of one layer up to which seeds share a tensor on a processor: beyond it stacking loses."""

Watch = Callable[[int, Parameters, torch.Tensor], None]
"""Called with the step, the parameters before it, and the points (S, n, d) or (n, d) of this step."""


@dataclass(frozen=True)
class Attack:
    """An l_inf ball of this radius, and projected sign steps of 2.5 radius/steps (one step: radius).

    `box` keeps pixels in a range; without it one step is the optimum of the linearisation.
    """

    radius: float
    steps: int = 1
    box: tuple[float, float] | None = None

    @property
    def step(self) -> float:
        return self.radius if self.steps == 1 else 2.5 * self.radius / self.steps


def stacks(seeds: list[int], network: Network, points: int, place: torch.device) -> list[list[int]]:
    """The seeds in groups that are trained in one tensor: all of them on a GPU, else as many as fit into `CACHE`."""
    widest = 8 * points * max((*network.hidden, network.inputs))
    size = len(seeds) if place.type != "cpu" else max(1, CACHE // widest)
    return [seeds[begin : begin + size] for begin in range(0, len(seeds), size)]


def attacked(model: Centred, points: torch.Tensor, labels: torch.Tensor, attack: Attack) -> torch.Tensor:
    """Points (S, n, d) at which y g is least along the path of the attack, by projected sign steps from the points.

    A point where no step lowers y g stays as it is. points (n, d) or (S, n, d), labels (n,) or (S, n).
    """
    seeds = model.parameters[0].shape[0]
    origin = points.expand(seeds, *points.shape) if points.dim() == 2 else points
    low, high = origin - attack.radius, origin + attack.radius
    if attack.box is not None:
        low, high = low.clamp(*attack.box), high.clamp(*attack.box)
    moved, best = origin, origin
    least = torch.full(origin.shape[:2], float("inf"), dtype=origin.dtype, device=origin.device)
    for step in range(attack.steps + 1):
        if step == attack.steps:
            margins = labels * model.values(moved)
        else:
            values, gradient = model.slopes(moved)
            margins = labels * values
        better = margins < least
        least = torch.where(better, margins, least)
        best = torch.where(better[..., None], moved, best)
        if step < attack.steps:
            moved = moved - attack.step * torch.sign(labels[..., None] * gradient)
            moved = torch.minimum(torch.maximum(moved, low), high)
    return best


def descend(
    network: Network, initial: Parameters, points: torch.Tensor, labels: torch.Tensor, steps: int,
    rate: float | torch.Tensor, momentum: float = 0.9, *, centred: bool = True, attack: Attack | None = None,
    watch: Watch | None = None,
) -> Parameters:  # fmt: skip
    """Parameters after so many steps v <- momentum v + gradient, p <- p - rate v, from rest.

    Points (n, d) and labels (n,) are shared by all seeds, or each has its own, (S, n, d) and (S, n), and rate (S,).

    With an attack every step trains on the points attacked for the parameters it starts from.
    """
    own = [entry.clone() for entry in initial]
    speed = [torch.zeros_like(entry) for entry in own]
    at_start = outputs(network, initial, points) if centred and attack is None else None
    rates = torch.as_tensor(rate, dtype=own[0].dtype, device=own[0].device).expand(own[0].shape[0])
    for step in range(steps):
        moved = points
        if attack is not None:
            moved = attacked(Centred(network, own, initial if centred else None), points, labels, attack)
            at_start = outputs(network, initial, moved) if centred else None
        if watch is not None:
            watch(step, own, moved)
        passed = forward(network, own, moved)
        residual = passed.values - labels if at_start is None else passed.values - at_start - labels
        for entry, v, slope in zip(own, speed, parameter_gradient(network, own, passed, residual), strict=True):
            v.mul_(momentum).add_(slope)
            entry.sub_(rates.reshape(-1, *(1,) * (entry.dim() - 1)) * v)
    if watch is not None:
        moved = points
        if attack is not None:
            moved = attacked(Centred(network, own, initial if centred else None), points, labels, attack)
        watch(steps, own, moved)
    return own


