"""Adversarial training, and training on mislabelled adversarial examples, with whole weights in R^d."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch

from constructions.trained.dimpled_manifold.data import generators, samples
from constructions.trained.dimpled_manifold.descent import Inner, Recipe, attacked, fit, gradients
from constructions.trained.dimpled_manifold.nets import (
    Parameters,
    head_slopes,
    input_slopes,
    padded,
    preactivations,
    scores,
    started,
)
from constructions.trained.dimpled_manifold.phases import Task, medians, radii_of, start

Json = dict[str, Any]

CLEAN, FREE, NORMAL, CUBE = "clean", "l2", "l2 normal to P", "l_inf"
"""Kinds of training: no attack, an attack in R^d, one normal to P, one in the cube."""


@dataclass(frozen=True)
class Versions:
    """What is trained from one start: no attack, and attacks of radius eps, free, normal to P and in l_inf.

    `again`: random directions in which the attacks that measure the nets begin again.
    """

    task: Task
    radius: float
    steps: int = 5
    again: int = 4

    def recipes(self) -> dict[str, Recipe]:
        attacks = {
            FREE: Inner(self.radius, self.steps), NORMAL: Inner(self.radius, self.steps, start=self.task.p),
            CUBE: Inner(self.radius / math.sqrt(self.task.d), self.steps, "linf"),
        }  # fmt: skip
        return {CLEAN: self.task.recipe} | {n: replace(self.task.recipe, inner=a) for n, a in attacks.items()}


def deepened(
    versions: Versions, seed: int, word: int, nets: int, place: torch.device, names: tuple[str, ...] = ()
) -> Json:
    """Median radii after each kind of training from the same start and data: {name: {measure: (B,)}}.

    Off-manifold attacks begin again along the gradient of the start and in random directions, the same for all kinds.
    normal and aligned are ratios to the start: of |G|_F, and of the median |G^T c| at gates c of the trained net.
    """
    task = versions.task
    begun = start(task, seed, word, nets, 0, place)
    points = padded(begun.points, task.d)
    some, p = points[:, : task.measured], task.p
    known = input_slopes(begun.whole, some)[1][..., p:]
    shape = (versions.again, task.measured, task.codimension)
    drawn = [own.standard_normal(shape) for own in generators(seed, word + 1, nets)]
    fresh = torch.tensor(np.stack(drawn, axis=1), device=place)
    starts = (known, -known, *fresh)
    found: Json = {}
    for name, recipe in versions.recipes().items():
        if names and name not in names:
            continue
        whole = fit(begun.whole, points, begun.labels, recipe)
        _, gates = head_slopes(whole, preactivations(whole, some))
        parts = [(gates @ net["W"])[..., p:].norm(dim=2) for net in (whole, begun.whole)]
        blocks = [net["W"][:, :, p:].flatten(1).norm(dim=1) for net in (whole, begun.whole)]
        radii = radii_of(whole, some, p, starts)
        found[name] = {key: medians(radii[key]) for key in ("off", "on", "full", "energy")} | {
            "accuracy": (begun.labels * scores(whole, points) > 0).double().mean(1).tolist(),
            "normal": (blocks[0] / blocks[1]).tolist(), "aligned": medians(parts[0] / parts[1]),
        }  # fmt: skip
    return found


@dataclass(frozen=True)
class Identity:
    """One step of l2 adversarial training of one net against d/dt |G|^2/2 = -mean |loss'| mu |Pi z|^2.

    left: the contraction of G with its gradient flow; right: the formula, both over stationary samples alone, per
    sample of all; kinks: samples whose attack did not end at a stationary point; change: of |G|_F^2/2 in this step;
    second: eta^2/2 |dG/dt|^2, which a step of finite rate adds.
    """

    left: float
    right: float
    kinks: int
    change: float
    second: float


STATIONARY = 1e-9
"""|y grad N + mu z| over |grad N| up to which an attack has ended where the gradient is opposite to it."""


def identity(
    parameters: Parameters, points: torch.Tensor, labels: torch.Tensor, inner: Inner, p: int, rate: float
) -> Identity:
    """Both sides for one net (B = 1) at points (1, n, d): the gradient of the parameters against that of the inputs."""
    found = attacked(parameters, points, labels, inner)
    values, slopes = input_slopes(parameters, points + found)
    slopes = labels[..., None] * slopes
    slopes[..., : inner.start] = 0
    multiplier = slopes.norm(dim=2) / inner.radius
    rest = (slopes + multiplier[..., None] * found).norm(dim=2)
    settled = rest <= STATIONARY * slopes.norm(dim=2)
    weight = torch.sigmoid(-labels * values) / labels.shape[1]
    right = -(weight * multiplier * found[..., p:].square().sum(2))[settled].sum()
    normal = parameters["W"][:, :, p:]
    whole = gradients(parameters, points + found, labels)["W"][:, :, p:]
    if bool(settled.any()):
        own = gradients(parameters, (points + found)[settled][None], labels[settled][None])["W"][:, :, p:]
        left = -(normal * own).sum() * settled.sum() / labels.shape[1]
    else:
        left = torch.zeros(())
    moved = normal - rate * whole
    change = (moved.square().sum() - normal.square().sum()) / 2
    return Identity(float(left), float(right), int((~settled).sum()), float(change),
                    float(rate**2 * whole.square().sum() / 2))  # fmt: skip


def identities(task: Task, radius: float, seed: int, word: int, nets: int, place: torch.device) -> Json:
    """The identity at every step of adversarial training with the fixed-point attack: {name: (B, steps)}."""
    inner = Inner(radius, 0)
    recipe = replace(task.recipe, inner=inner, steps=1)
    found: Json = {name: [] for name in ("left", "right", "kinks", "change", "second")}
    for net in range(nets):
        begun = start(task, seed, word, 1, net, place)
        whole, points = begun.whole, padded(begun.points, task.d)
        rows: dict[str, list[float]] = {name: [] for name in found}
        for _ in range(task.recipe.steps):
            step = identity(whole, points, begun.labels, inner, task.p, recipe.rate)
            for name, row in rows.items():
                row.append(getattr(step, name))
            whole = fit(whole, points, begun.labels, recipe)
        for name, row in rows.items():
            found[name].append(row)
    return found


def mislabelled(
    task: Task, test: int, radii: tuple[float, ...], seed: int, word: int, nets: int, place: torch.device
) -> Json:
    """Accuracy of students on clean test points, by kind of perturbation and radius: {"kind radius": {measure: (B,)}}.

    A teacher learns (x, y); its attacks z of length eps move every training point across; students from fresh starts
    learn (x + z, -y) and never see a right label.
    """
    own = generators(seed, word, nets)
    points, labels = samples(task.images, task.count + test, own, math.sqrt(task.d), place)
    points = padded(points, task.d)
    first, second = (started(task.net, task.p, task.d, own, place) for _ in range(2))
    learned, marks = points[:, : task.count], labels[:, : task.count]
    teacher = fit(first, learned, marks, task.recipe)
    found: Json = {CLEAN: {"test": _accuracy(teacher, points[:, task.count :], labels[:, task.count :])}}
    for kind in ("off", "on", "full"):
        for radius in radii:
            shift = _shift(teacher, learned, marks, kind, radius, task.p)
            student = fit(second, learned + shift, -marks, task.recipe)
            found[f"{kind} {radius:g}"] = {
                "test": _accuracy(student, points[:, task.count :], labels[:, task.count :]),
                "fitted": _accuracy(student, learned + shift, -marks),
                "fooled": _accuracy(teacher, learned + shift, -marks),
            }
    return found


def _shift(
    teacher: Parameters, points: torch.Tensor, labels: torch.Tensor, kind: str, radius: float, p: int
) -> torch.Tensor:
    """The teacher's attack (B, n, d) with its on- or off-manifold part alone: 20 steps of projected gradient."""
    if kind == "on":
        inside = {**teacher, "W": teacher["W"][:, :, :p]}
        return padded(attacked(inside, points[..., :p], labels, Inner(radius, 20)), points.shape[2])
    return attacked(teacher, points, labels, Inner(radius, 20, start=p if kind == "off" else 0))


def _accuracy(parameters: Parameters, points: torch.Tensor, labels: torch.Tensor) -> list[float]:
    return (labels * scores(parameters, points) > 0).double().mean(1).tolist()
