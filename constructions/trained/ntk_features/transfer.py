"""Nets of finite width beside the kernel: do perturbations made from the kernel alone fool them, and what do they learn
first?

The kernel predictor is stopped at the time of the nets (same rate, momentum, steps), and nets are taken less their
start; both matter more than the width.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from constructions.ntk_features import KernelPredictor, descended, one_step
from constructions.ntk_features.run_statistics import mcnemar
from constructions.ntk_features.spectrum import accuracy, kernel_of
from constructions.ntk_features.tasks import Task, load
from constructions.trained.ntk_features.descent import Attack, attacked, descend, stacks
from constructions.trained.ntk_features.networks import Centred, Network, Parameters, start

Json = dict[str, Any]

RATE, MOMENTUM = 0.3, 0.9
"""Step size in units of 1/lam_1 of the kernel; heavy ball is stable below 2 (1 + momentum)."""


@dataclass(frozen=True)
class Transfer:
    """One task: nets of one hidden layer, all parameters trained from `seeds` starts, attacked at an l_inf radius."""

    task: str
    train: int
    test: int | None
    widths: tuple[int, ...]
    seeds: int
    steps: int
    radius: float = 0.15
    depth: int = 1

    @property
    def name(self) -> str:
        return f"{self.task}, n = {self.train}" + (f", {self.depth} hidden layers" if self.depth > 1 else "")


def trained(
    network: Network, seeds: list[int], task: Task, steps: int, rate: float, place: torch.device
) -> tuple[Parameters, Parameters]:
    """(start, end) in float64 of nets trained in float32."""
    initial = start(network, seeds, place, torch.float32)
    points = torch.tensor(task.points, dtype=torch.float32, device=place)
    labels = torch.tensor(task.labels, dtype=torch.float32, device=place)
    parts = [descend(network, start(network, own, place, torch.float32), points, labels, steps, rate, MOMENTUM)
             for own in stacks(seeds, network, len(points), place)]  # fmt: skip
    return [entry.double() for entry in initial], [torch.cat(group).double() for group in zip(*parts, strict=True)]


def kernel_side(plan: Transfer, seed: int) -> tuple[Task, KernelPredictor, float, np.ndarray]:
    """(task, predictor of the time of the nets, rate, its perturbed test points)."""
    task = load(plan.task, seed, plan.train, plan.test)
    architecture = kernel_of(task.points, plan.depth)
    kernel = architecture.kernel(task.points)
    rate = RATE / float(np.linalg.eigvalsh(kernel)[-1])
    alpha = descended(kernel, task.labels, rate, plan.steps, MOMENTUM)
    model = KernelPredictor(task.points, alpha, architecture)
    return task, model, rate, one_step(model, task.test_points, task.test_labels, plan.radius)


def run_width(plan: Transfer, width: int, seed: int, place: torch.device) -> Json:
    """Everything measured of the nets of one width; lists have one entry per net, margins y f are of the first."""
    task, model, rate, moved = kernel_side(plan, seed)
    seeds = [1000 * seed + number for number in range(plan.seeds)]
    network = Network(task.points.shape[1], (width,) * plan.depth)
    initial, final = trained(network, seeds, task, plan.steps, rate, place)
    nets = Centred(network, final, initial)
    labels = task.test_labels
    clean, signs = torch.tensor(task.test_points, device=place), torch.tensor(labels, device=place)
    generator = np.random.default_rng(np.random.SeedSequence([seed, 15]))
    noise = task.test_points + plan.radius * generator.choice([-1.0, 1.0], task.test_points.shape)
    values, slopes = (entry.cpu().numpy() for entry in nets.slopes(clean))
    at_moved, at_noise, at_white, at_bare = (
        found.cpu().numpy() for found in (
            nets.values(torch.tensor(moved, device=place)), nets.values(torch.tensor(noise, device=place)),
            nets.values(attacked(nets, clean, signs, Attack(plan.radius))), Centred(network, final).values(clean),
        )
    )  # fmt: skip
    kernel_clean, kernel_slopes = model.gradient(task.test_points)
    kernel_moved = model(moved)
    fooled, noisy = at_moved * labels <= 0, at_noise * labels <= 0
    kernel_fooled = kernel_moved * labels <= 0
    cosines = np.einsum("snd,nd->sn", slopes, kernel_slopes) / (
        np.linalg.norm(slopes, axis=2) * np.linalg.norm(kernel_slopes, axis=1))
    return {
        "width": width, "seeds": seeds, "kernel_clean": accuracy(kernel_clean, labels),
        "kernel_attacked": accuracy(kernel_moved, labels), "kernel_fooled": kernel_fooled.astype(int).tolist(),
        "margins": {
            "network": (labels * at_moved[0]).tolist(), "kernel": (labels * kernel_moved).tolist(),
            "clean_network": (labels * values[0]).tolist(), "clean_kernel": (labels * kernel_clean).tolist(),
        },
        "fooled": fooled.astype(int).tolist(), "noise": noisy.astype(int).tolist(),
        "clean": [accuracy(v, labels) for v in values], "bare": [accuracy(v, labels) for v in at_bare],
        "white": [accuracy(v, labels) for v in at_white], "black": [accuracy(v, labels) for v in at_moved],
        "mcnemar": [float(mcnemar(int((f & ~n).sum()), int((n & ~f).sum())))
                    for f, n in zip(fooled, noisy, strict=True)],
        "cosine": np.median(cosines, axis=1).tolist(), "cosine low": np.quantile(cosines, 0.1, axis=1).tolist(),
        "gap": np.sqrt(np.mean((values - kernel_clean) ** 2, axis=1)).tolist(),
        "gap moved": np.sqrt(np.mean((at_moved - kernel_moved) ** 2, axis=1)).tolist(),
    }  # fmt: skip


@dataclass(frozen=True)
class Early:
    """When features are learned: nets of one hidden layer at several times of plain gradient descent at 1/lam_1."""

    task: str
    train: int
    widths: tuple[int, ...]
    seeds: int
    times: tuple[int, ...]


ENERGY = 0.02
"""Features count whose |v_i.y|/|y| is above this: ratios of tiny numbers mean nothing."""


def run_early(plan: Early, width: int, seed: int, place: torch.device) -> Json:
    """energies (n,), law (times, n) and measured (times, nets, n): what is still to be learned of each feature."""
    task = load(plan.task, seed, plan.train, 1)
    kernel = kernel_of(task.points, 1).kernel(task.points)
    eigenvalues, vectors = np.linalg.eigh(kernel)
    eigenvalues, vectors = eigenvalues[::-1], vectors[:, ::-1]
    rate = 1 / float(eigenvalues[0])
    inner = vectors.T @ task.labels
    network = Network(task.points.shape[1], (width,))
    seeds = [1000 * seed + number for number in range(plan.seeds)]
    points = torch.tensor(task.points, dtype=torch.float32, device=place)
    labels = torch.tensor(task.labels, dtype=torch.float32, device=place)

    def left_by(own: list[int]) -> list[np.ndarray]:
        """The shares (nets, n) still to be learned, one array per time."""
        initial, found = start(network, own, place, torch.float32), []

        def watch(step: int, parameters: Parameters, _: torch.Tensor) -> None:
            if step in plan.times:
                nets = Centred(network, [p.double() for p in parameters], [p.double() for p in initial])
                left = task.labels - nets.values(points.double()).cpu().numpy()
                found.append(left @ vectors / inner)

        descend(network, initial, points, labels, max(plan.times), rate, 0.0, watch=watch)
        return found

    measured = np.concatenate([left_by(own) for own in stacks(seeds, network, len(points), place)], axis=1).tolist()
    law = [((1 - rate * eigenvalues) ** step).tolist() for step in plan.times]
    return {"width": width, "times": list(plan.times), "energies": (inner**2 / (inner @ inner)).tolist(), "law": law,
            "measured": measured}  # fmt: skip
