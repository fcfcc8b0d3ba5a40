"""Full-batch training of a batch of nets: gradient descent and its relatives, attacks in the loop, snapshots.

Gradient descent, heavy ball and Nesterov keep every update of the first layer in the span of the inputs, so that on
data in P they never move the normal block (Adam does, unless P is axis-aligned). Nets of a batch do not influence each
other: the loss is a sum over nets of means over samples.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import torch

from constructions.instance import InvalidInstance
from constructions.trained.dimpled_manifold.nets import Parameters, input_slopes, scores, trained_names

Method = Literal["gd", "heavy ball", "nesterov", "adam"]
Norm = Literal["l2", "linf"]


@dataclass(frozen=True)
class Inner:
    """The attack inside training: projected gradient of radius eps in coordinates `start`.. of R^d, l2 or l_inf.

    start = 0 perturbs freely, start = p normal to P. With `steps` = 0 the l2 attack iterates z = -eps y grad/|grad|
    instead, which ends at an exact stationary point wherever the pattern of active neurons settles.
    """

    radius: float
    steps: int = 5
    norm: Norm = "l2"
    start: int = 0


@dataclass(frozen=True)
class Recipe:
    """Steps and rates; `decay` is the lambda of loss + lambda/2 |W|^2, on the first layer alone."""

    steps: int
    rate: float
    method: Method = "gd"
    momentum: float = 0.9
    decay: float = 0.0
    inner: Inner | None = None


FIXED_POINTS = (*[1.0] * 10, *[0.3] * 20, *[1.0] * 10)
"""Shares of the way to -eps y grad/|grad| that the fixed-point attack goes: full steps end exactly, short ones between
them leave cycles."""


def losses(values: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """Logistic loss of each net (B,), averaged over its samples."""
    return torch.nn.functional.softplus(-labels * values).mean(1)


def gradients(parameters: Parameters, points: torch.Tensor, labels: torch.Tensor) -> Parameters:
    """Gradients of the loss of every net with respect to what is trained."""
    names = trained_names(parameters)
    own = {**parameters, **{name: parameters[name].detach().requires_grad_(True) for name in names}}
    total = losses(scores(own, points), labels).sum()
    return dict(zip(names, torch.autograd.grad(total, [own[name] for name in names]), strict=True))


def attacked(parameters: Parameters, points: torch.Tensor, labels: torch.Tensor, inner: Inner) -> torch.Tensor:
    """Perturbations (B, n, d) of the attack against each sample's margin, zero outside the attacked coordinates."""
    found = torch.zeros_like(points)
    if inner.radius == 0:
        return found
    if inner.norm == "l2" and inner.steps == 0:
        return _fixed_point(parameters, points, labels, inner)
    step = 2.5 * inner.radius / max(inner.steps, 1)
    for _ in range(max(inner.steps, 1)):
        slope = labels[..., None] * input_slopes(parameters, points + found)[1]
        slope[..., : inner.start] = 0
        if inner.norm == "linf":
            found = (found - step * slope.sign()).clamp(-inner.radius, inner.radius)
        else:
            length = slope.norm(dim=-1, keepdim=True).clamp_min(torch.finfo(slope.dtype).tiny)
            found = found - step * slope / length
            size = found.norm(dim=-1, keepdim=True)
            found = found * (inner.radius / size.clamp_min(inner.radius))
    return found


def _fixed_point(parameters: Parameters, points: torch.Tensor, labels: torch.Tensor, inner: Inner) -> torch.Tensor:
    found = torch.zeros_like(points)
    for share in FIXED_POINTS:
        slope = labels[..., None] * input_slopes(parameters, points + found)[1]
        slope[..., : inner.start] = 0
        length = slope.norm(dim=-1, keepdim=True).clamp_min(torch.finfo(slope.dtype).tiny)
        moved = -inner.radius * slope / length
        if torch.equal(moved, found):
            break
        if share < 1:
            moved = (1 - share) * found + share * moved
            moved = inner.radius * moved / moved.norm(dim=-1, keepdim=True).clamp_min(torch.finfo(slope.dtype).tiny)
        found = moved
    return found


Watch = Callable[[int, Parameters], None]
"""Called with the number of steps taken and the parameters at that time, before the first step and at snapshots."""


def fit(
    parameters: Parameters, points: torch.Tensor, labels: torch.Tensor, recipe: Recipe, watch: Watch | None = None,
    snapshots: tuple[int, ...] = (),
) -> Parameters:  # fmt: skip
    """The parameters after `recipe.steps` full-batch steps on points (B, n, d) with labels +-1 (B, n).

    Raises `InvalidInstance` if a parameter is no longer finite: the rate is too large for these data.
    """
    own = {name: value.clone() for name, value in parameters.items()}
    names = trained_names(own)
    speed = {name: torch.zeros_like(own[name]) for name in names}
    square = {name: torch.zeros_like(own[name]) for name in names} if recipe.method == "adam" else {}
    if watch and 0 in snapshots:
        watch(0, own)
    for step in range(1, recipe.steps + 1):
        inputs = points if recipe.inner is None else points + attacked(own, points, labels, recipe.inner)
        place = own
        if recipe.method == "nesterov":
            place = {**own, **{name: own[name] + recipe.momentum * speed[name] for name in names}}
        slopes = gradients(place, inputs, labels)
        if recipe.decay:
            slopes["W"] = slopes["W"] + recipe.decay * place["W"]
        for name in names:
            own[name] = own[name] + _move(recipe, slopes[name], speed, square, name, step)
        if watch and step in snapshots:
            watch(step, own)
    if not all(bool(value.isfinite().all()) for value in own.values()):
        raise InvalidInstance(f"training diverged at rate {recipe.rate:g}: use a smaller one")
    return own


def _move(
    recipe: Recipe, slope: torch.Tensor, speed: Parameters, square: Parameters, name: str, step: int
) -> torch.Tensor:
    """The update of one parameter; `speed` and `square` are the running means that the method keeps."""
    if recipe.method == "gd":
        return -recipe.rate * slope
    if recipe.method == "adam":
        speed[name] = 0.9 * speed[name] + 0.1 * slope
        square[name] = 0.999 * square[name] + 0.001 * slope.square()
        mean, spread = speed[name] / (1 - 0.9**step), square[name] / (1 - 0.999**step)
        return -recipe.rate * mean / (spread.sqrt() + 1e-8)
    speed[name] = recipe.momentum * speed[name] - recipe.rate * slope
    return speed[name]


def normal_factor(recipe: Recipe) -> float:
    """s with G(T) = s G(0) after training on P: by the scalar recursion of the method. Not defined for Adam."""
    if recipe.method == "adam":
        raise InvalidInstance("Adam does not scale the normal block: its updates leave the span of the inputs")
    place, speed = 1.0, 0.0
    for _ in range(recipe.steps):
        ahead = place + (recipe.momentum * speed if recipe.method == "nesterov" else 0.0)
        speed = (0.0 if recipe.method == "gd" else recipe.momentum * speed) - recipe.rate * recipe.decay * ahead
        place += speed
    return place
