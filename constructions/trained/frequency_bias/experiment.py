"""One unit of the frequency experiment: a batch of nets of one architecture trained on one task, and their spectra."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from constructions.trained.frequency_bias.data import Task
from constructions.trained.frequency_bias.descent import (
    Norm,
    attacked,
    breaking_radius,
    centroid,
    energy,
    fit,
    high_share,
    margins,
    profile,
    slopes,
)
from constructions.trained.frequency_bias.models import (
    Architecture,
    Parameters,
    alternating,
    circular,
    mirrored,
    scores,
    started,
)

Json = dict[str, Any]
BAND = 5
"""Width M of the low band |d| <= 2 in which hidden units are compared with the bound lambda(N, K_eff, M)."""


@dataclass(frozen=True)
class Recipe:
    """Training and attack sizes: Adam steps, rate and batch, attack steps, test points that are attacked."""

    steps: int
    rate: float
    batch: int
    attack: int
    points: int


def equivariant(model: Architecture) -> bool:
    """Whether the mirror maps every training run of the architecture to another one, so that a control adds nothing."""
    return model.kind != "conv"


def generator_of(model: Architecture, task: str, seed: int) -> torch.Generator:
    """The generator of a unit's initial weights; a mirrored unit starts from the mirrored ones."""
    words = [seed, *(ord(letter) for letter in f"{model} {task}")]
    return torch.Generator().manual_seed(int(np.random.SeedSequence(words).generate_state(1, np.uint64)[0] >> 2))


def trained(
    model: Architecture, task: Task, recipe: Recipe, seed: int, place: torch.device, mirror: bool = False
) -> Parameters:  # fmt: skip
    """Parameters of all nets after training on the task, or on its mirror image from mirrored initial weights."""
    generator = generator_of(model, task.name, seed)
    start = started(model, task.grid, task.inputs, task.outputs, task.nets, generator, place)
    points, labels = (part.to(place) for part in task.train)
    if mirror:
        start, points = mirrored(model, start, task.grid), points * alternating(task.grid, place)
    return fit(model, start, points, labels, recipe.steps, recipe.rate, recipe.batch, generator)


def measured(
    model: Architecture, task: Task, recipe: Recipe, seed: int, place: torch.device, mirror: bool = False
) -> Json:  # fmt: skip
    """Train a unit and measure it: per net accuracy, attack radii and accuracies, HF shares, centroids; mean spectra.

    A mirrored unit is read back: its gradients and perturbations are mirrored before their spectra are taken, so that
    a net without a preference of its own shows the same numbers as the original. The first of the nets that have one
    local layer on a circle is returned too, with four points, for the verifier.
    """
    parameters = trained(model, task, recipe, seed, place, mirror)
    points, labels = (part[:, : recipe.points].to(place) for part in task.test)
    sign = alternating(task.grid, place) if mirror else torch.ones(task.grid, device=place)
    fresh, marks = (part.to(place) for part in task.test)
    with torch.no_grad():
        clean = (margins(scores(model, parameters, fresh * sign), marks) > 0).double().mean(1)
    points = points * sign
    _, gradient = slopes(model, parameters, points, labels)
    found: Json = {"accuracy": clean.tolist()}
    signals = {"gradient": gradient}
    norms: tuple[Norm, ...] = ("l2", "linf")
    for norm in norms:
        radius = breaking_radius(model, parameters, points, labels, norm)
        signals[norm], worst = attacked(model, parameters, points, labels, radius, norm, recipe.attack)
        found[f"radius {norm}"] = radius.tolist()
        found[f"accuracy {norm}"] = (worst > 0).double().mean(1).tolist()
    for name, signal in signals.items():
        power = energy(signal * sign)
        found[f"high {name}"] = high_share(power, task.grid).tolist()
        found[f"centroid {name}"] = centroid(power, task.grid).tolist()
        found[f"profile {name}"] = profile(power, task.grid).tolist()
    if not mirror and model.kind in ("conv", "linear"):
        found["layers"] = layer_slack(model, parameters, points[:, :32], labels[:, :32])
    if not mirror and model.kind == "conv" and model.depth == 2 and len(task.grid) == 1 and task.inputs == 1:
        found["net"] = {"filters": parameters["u0"][0, :, 0].tolist(), "readouts": parameters["v"][0, 0].tolist(),
                        "points": points[0, :4, 0].tolist(), "labels": labels[0, :4].tolist()}  # fmt: skip
    return found


def layer_slack(model: Architecture, parameters: Parameters, points: torch.Tensor, labels: torch.Tensor) -> list[Json]:
    """Per layer: how full the gain inequality is, and how near the spectra of hidden units come to their bound.

    gain: sum_d g^_d^* P_d^{-1} g^_d / |h|^2 <= 1, g the gradient at the layer's input, h at its output, P_d the layer's
    gain matrix. unit: in one dimension, the largest energy share in |d| <= 2 of the input gradient of a hidden unit,
    beside lambda(N, K_eff, 5), which no K_eff-tap filter exceeds.
    """
    grid = tuple(points.shape[3:])
    axes = tuple(range(-len(grid), 0))
    hidden = [points.detach().requires_grad_(True)]
    before = []
    for layer in range(model.depth - 1):
        before.append(circular(hidden[-1], parameters[f"u{layer}"]))
        hidden.append(torch.relu(before[-1]) if model.kind == "conv" else before[-1])
    flat = torch.bmm(hidden[-1].reshape(*labels.shape, -1), parameters["v"].flatten(2).transpose(1, 2))
    total = margins(flat, labels).sum()
    gradients = torch.autograd.grad(total, [*hidden[:-1], *before], retain_graph=True)
    rows = []
    for layer in range(model.depth - 1):
        inward, outward = gradients[layer].double(), gradients[model.depth - 1 + layer].double()
        gains = torch.fft.fftn(parameters[f"u{layer}"].double(), grid, axes)  # (B, O, I, *grid)
        gains = gains.flatten(3).permute(0, 3, 2, 1)  # (B, F, I, O)
        goal = torch.fft.fftn(inward, dim=axes, norm="ortho").flatten(3).permute(0, 3, 2, 1)  # (B, F, I, n)
        inverse = torch.linalg.pinv(gains @ gains.conj().transpose(-1, -2), hermitian=True)
        used = (goal.conj() * (inverse @ goal)).real.sum((1, 2)) / outward.flatten(2).square().sum(2)
        row = {"layer": layer + 1, "gain mean": float(used.mean()), "gain most": float(used.max())}
        effective = (layer + 1) * (model.taps - 1) + 1
        if len(grid) == 1 and effective <= grid[0]:
            row |= {"reach": effective, "bound": concentration(grid[0], effective, BAND),
                    "unit": _largest_share(before[layer], hidden[0], grid[0])}  # fmt: skip
        rows.append(row)
    return rows


def _largest_share(outputs: torch.Tensor, points: torch.Tensor, sites: int) -> float:
    """Largest energy share in the low band of the input gradients of the units at site 0."""
    best = 0.0
    for channel in range(outputs.shape[2]):
        (gradient,) = torch.autograd.grad(outputs[:, :, channel, 0].sum(), points, retain_graph=True)
        power = torch.fft.fft(gradient.double(), norm="ortho").abs().square()
        total = power.sum(-1)
        width = BAND // 2
        low = power[..., : width + 1].sum(-1) + power[..., sites - width :].sum(-1)
        shares = torch.where(total > 1e-30, low / total.clamp_min(1e-30), torch.zeros_like(total))
        best = max(best, float(shares.max()))
    return best


def concentration(sites: int, taps: int, width: int) -> float:
    """lambda(N, K, M): the largest share of energy that K taps can have in M consecutive frequencies."""
    lag = np.arange(taps)[:, None] - np.arange(taps)[None, :]
    with np.errstate(invalid="ignore", divide="ignore"):
        kernel = np.sin(np.pi * width * lag / sites) / (sites * np.sin(np.pi * lag / sites))
    return float(np.linalg.eigvalsh(np.where(lag == 0, width / sites, kernel))[-1])
