"""Kernels followed through standard and adversarial training from the same starts.

Every pair of trainings has a split of the data and a start of its own, so that pairs are independent. Nets start small
(all parameters times `scale`) and are not taken less their start, as the paper trains them; kernels are evaluated on
the clean training images, and in adversarial training also on the attacked images of that step, which is what the
authors' code does. The two differ because the images move as well as the net.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from constructions.ntk_features.spectrum import kernel_of
from constructions.ntk_features.tasks import load
from constructions.trained.ntk_features.descent import Attack, attacked, descend, stacks
from constructions.trained.ntk_features.empirical import as_function, as_parameters, empirical_kernel, one_layer_kernel
from constructions.trained.ntk_features.evolution import Follower
from constructions.trained.ntk_features.networks import Centred, Network, Parameters, start
from constructions.trained.ntk_features.transfer import MOMENTUM, RATE

Json = dict[str, Any]

BOX = (0.0, 1.0)
STANDARD, ADVERSARIAL, MOVED = "standard", "adversarial", "adversarial, on attacked images"


@dataclass(frozen=True)
class Paths:
    """Pairs of trainings of one size, `seeds` of them; `attack` steps of projected signs in training.

    Kernels are looked at about `records` times.
    """

    task: str
    train: int
    test: int | None
    width: int
    seeds: int
    steps: int
    radius: float
    depth: int = 1
    scale: float = 0.3
    attack: int = 5
    records: int = 40

    @property
    def name(self) -> str:
        layers = "" if self.depth == 1 else f", {self.depth} hidden layers"
        return f"{self.task}, n = {self.train}, m = {self.width}{layers}, {self.steps} steps, radius {self.radius:g}"


def kernels_of(network: Network, parameters: Parameters, points: torch.Tensor) -> torch.Tensor:
    """Empirical kernels (S, n, n), in closed form where there is one."""
    if len(network.hidden) == 1:
        return one_layer_kernel(network, parameters, points)
    own = points.expand(len(parameters[0]), *points.shape) if points.dim() == 2 else points
    function = as_function(network)
    return torch.stack([
        empirical_kernel(function, as_parameters(parameters, net), own[net]) for net in range(len(own))
    ])  # fmt: skip


def run_standard(plan: Paths, seed: int, place: torch.device) -> Json:
    """The standard trainings; they do not depend on the radius but for the accuracy under attack."""
    return _run(plan, seed, place, None)


def run_adversarial(plan: Paths, seed: int, place: torch.device) -> Json:
    """The adversarial trainings from the same starts."""
    return _run(plan, seed, place, Attack(plan.radius, plan.attack, BOX))


def _run(plan: Paths, seed: int, place: torch.device, attack: Attack | None) -> Json:
    inputs = load(plan.task, seed, plan.train, 1).points.shape[1]
    network = Network(inputs, (plan.width,) * plan.depth, scale=plan.scale)
    seeds = [1000 * seed + number for number in range(plan.seeds)]
    parts = [_run_stack(plan, network, own, place, attack) for own in stacks(seeds, network, plan.train, place)]
    joined = parts[0]
    for part in parts[1:]:
        for name in ("train", "accuracy", "robust"):
            joined[name] += part[name]
        for name in ("clean", "moved") if attack is not None else ("clean",):
            for column, rows in joined[name]["columns"].items():
                for row, more in zip(rows, part[name]["columns"][column], strict=True):
                    row += more
    return joined


def _run_stack(
    plan: Paths, network: Network, seeds: list[int], place: torch.device, attack: Attack | None
) -> Json:  # fmt: skip
    """Trainings of some seeds in one tensor; the last axis of columns is that of the seeds."""
    tasks = [load(plan.task, own, plan.train, plan.test) for own in seeds]
    points, labels, test, marks = (
        torch.tensor(np.stack(arrays), device=place) for arrays in zip(
            *((t.points, t.labels, t.test_points, t.test_labels) for t in tasks), strict=True)
    )  # fmt: skip
    initial = start(network, seeds, place)
    first = [np.linalg.eigvalsh(kernel_of(t.points, plan.depth).kernel(t.points))[-1] for t in tasks]
    rate = torch.tensor(RATE / np.array(first), device=place)
    every = max(1, plan.steps // plan.records)
    clean, moved = Follower(), Follower(top=False)

    def watch(step: int, parameters: Parameters, images: torch.Tensor) -> None:
        if step % every == 0:
            clean.see(step, kernels_of(network, parameters, points))
            if attack is not None:
                moved.see(step, kernels_of(network, parameters, images))

    final = descend(network, initial, points, labels, plan.steps, rate, MOMENTUM, centred=False, attack=attack,
                    watch=watch)  # fmt: skip
    nets = Centred(network, final)
    hard = attacked(nets, test, marks, Attack(plan.radius, 20, BOX))

    def accuracies(at: torch.Tensor, signs: torch.Tensor) -> list[float]:
        return [float(share) for share in (nets.values(at) * signs > 0).double().mean(dim=1)]

    return {
        "clean": clean.table(), "moved": moved.table() if attack is not None else None,
        "train": accuracies(points, labels), "accuracy": accuracies(test, marks), "robust": accuracies(hard, marks),
    }  # fmt: skip
