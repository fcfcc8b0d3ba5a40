"""The experiments: clean and adversarially trained networks attacked and measured, and where training collapses.

Every unit of work returns plain JSON, so that a run can be interrupted between units. Streams of samples come from the
seed, the law and the part of the experiment, so that no two runs share batches and no evaluation sees the points of a
training.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch

from constructions.feature_purification import SparseLaw
from constructions.trained.feature_purification.descent import (
    Recipe,
    Trained,
    biases_of,
    margins_under,
    outputs_of,
    start_weights,
    steepest,
    train_runs,
)
from constructions.trained.feature_purification.measures import purification, relations, spectrum

Json = dict[str, Any]
Report = Callable[[str], None]

KEPT = 2.0**-20
"""Trained weights are rounded to multiples of this, so that certificates stay short."""

STARTS = ("clean", "adversarial, from scratch", "adversarial, from the clean network")

WATCHED = 200
"""Steps between two measurements along a run."""


@dataclass(frozen=True)
class Pairs:
    """Clean networks and their adversarially trained counterparts at one dimension, sparsity and kappa, one of each
    per seed. `norm` 0 is the l_inf version, without the start from the clean network; `radii` are those of attacks;
    the networks of the first `judged` seeds are handed to the verifiers, which decide in exact arithmetic."""

    d: int
    k: int
    kappa: float
    seeds: int
    clean: int = 1500
    adversarial: int = 2500
    radius: float = 0.25
    radii: tuple[float, ...] = (0.1, 0.15, 0.2, 0.25)
    norm: int = 2
    points: int = 1000
    attack: int = 40
    judged: int = 1

    @property
    def law(self) -> SparseLaw:
        return SparseLaw.of("light", self.d, self.k)

    @property
    def name(self) -> str:
        ball = "l2" if self.norm == 2 else "l_inf"
        return f"d = {self.d}, k = {self.k}, kappa = {self.kappa:g}, {ball}"


@dataclass(frozen=True)
class Collapse:
    """Adversarial training from scratch over a grid of radii and kappas, with and without the radius ramp."""

    d: int
    k: int
    seeds: int
    steps: int
    radii: tuple[float, ...]
    kappas: tuple[float, ...]

    @property
    def law(self) -> SparseLaw:
        return SparseLaw.of("light", self.d, self.k)

    @property
    def name(self) -> str:
        return f"collapse, d = {self.d}, k = {self.k}"


def stream(seed: int, *parts: Any) -> np.random.Generator:
    """A generator for one part of an experiment."""
    return np.random.default_rng(np.random.SeedSequence([seed, *(zlib.crc32(str(p).encode()) for p in parts)]))


def initial_weights(law: SparseLaw, seed: int, place: torch.device) -> torch.Tensor:
    """The starting weights (2d, d) of one seed, float32; every training of that seed starts from them."""
    return start_weights(law, 2 * law.d, Recipe(1), torch.Generator().manual_seed(seed)).to(place)


def rounded(weights: torch.Tensor) -> np.ndarray:
    """Weights as float64 multiples of `KEPT`."""
    return np.asarray((torch.round(weights.double().cpu() / KEPT) * KEPT).numpy())


def run_pairs(pairs: Pairs, seeds: list[int], place: torch.device, report: Report) -> list[Json]:
    """One entry per seed: per network its status, robust accuracies, measures, and weights in units of `KEPT`."""
    law = pairs.law
    initial = torch.stack([initial_weights(law, seed, place) for seed in seeds])
    recipe = Recipe(pairs.clean, kappa=pairs.kappa)
    hard = replace(recipe, steps=pairs.adversarial, radius=pairs.radius, norm=pairs.norm)
    paths: dict[str, list[list[Any]]] = {}

    def descend(name: str, begin: torch.Tensor, own: Recipe) -> Trained:
        def watch(step: int, weights: torch.Tensor) -> None:
            if step % WATCHED == 0:
                found = purification(weights[0].double().cpu().numpy())
                measured = ("top_mean", "dense_mean", "mixture_median", "singular_1")
                paths.setdefault(name, []).append([step, *(found[key] for key in measured)])

        report(f"{pairs.name}: {name}")
        streams = [stream(seed, pairs.name, name) for seed in seeds]
        return train_runs(law, begin, [own] * len(seeds), streams, watch=watch)

    trained = {STARTS[0]: descend(STARTS[0], initial, recipe), STARTS[1]: descend(STARTS[1], initial, hard)}
    if pairs.norm == 2:
        trained[STARTS[2]] = descend(STARTS[2], trained[STARTS[0]].weights, hard)
    report(f"{pairs.name}: attacks")
    entries = []
    for position, seed in enumerate(seeds):
        first = rounded(initial[position])
        clean = rounded(trained[STARTS[0]].weights[position])
        networks: dict[str, Json] = {}
        for name, found in trained.items():
            weights = rounded(found.weights[position])
            entry: Json = {"status": found.status[position], "shrink": found.shrink[position]}
            if entry["status"] == "trained":
                own = torch.Generator().manual_seed(seed)
                entry |= {
                    "accuracies": accuracies(weights, pairs, stream(seed, pairs.name, "evaluation"), own, place),
                    "measures": purification(weights) | relations(first, clean, weights),
                    "spectrum": [] if name == STARTS[0] else spectrum(weights - clean),
                    "weights": np.rint(weights / KEPT).astype(np.int64).tolist(),
                }
            networks[name] = entry
        entries.append({"seed": seed, "networks": networks, "initial": np.rint(first / KEPT).astype(int).tolist(),
                        "paths": paths if position == 0 else {}})  # fmt: skip
    return entries


def accuracies(
    weights: np.ndarray, pairs: Pairs, own: np.random.Generator, generator: torch.Generator, place: torch.device
) -> list[list[float]]:
    """[radius, dense, one step, best attack] robust accuracies on fresh points; f = 0 counts as wrong."""
    sample = pairs.law.sample(pairs.points, own)
    stored = torch.tensor(weights, dtype=torch.float32, device=place)
    points = torch.tensor(sample.points, dtype=torch.float32, device=place)
    labels = torch.tensor(sample.labels, dtype=torch.float32, device=place)
    biases = biases_of(stored, pairs.kappa, float(pairs.k))
    right = float((labels * outputs_of(stored, biases, points) > 0).float().mean())
    rows = [[0.0, right, right, right]]
    for radius in pairs.radii:
        found = margins_under(stored, biases, points, labels, radius, pairs.attack, generator, pairs.norm)
        rows.append([radius, *(float((margin > 0).float().mean()) for margin in found)])
    return rows


def run_collapse(grid: Collapse, seeds: list[int], place: torch.device, report: Report, stack: int = 24) -> list[Json]:
    """One entry per cell and seed: status, norm left, accuracy on fresh points, and the radius predicted at the start.

    Runs are stacked `stack` at a time.
    """
    cells = [(radius, kappa, ramp, seed) for kappa in grid.kappas for radius in grid.radii for ramp in (False, True)
             for seed in seeds]  # fmt: skip
    entries: list[Json] = []
    predicted = {(kappa, seed): _predicted(grid, kappa, seed, place) for kappa in grid.kappas for seed in seeds}
    for begin in range(0, len(cells), stack):
        chosen = cells[begin : begin + stack]
        report(f"{grid.name}: {begin} of {len(cells)} runs")
        initial = torch.stack([initial_weights(grid.law, seed, place) for *_, seed in chosen])
        recipes = [Recipe(grid.steps, radius=radius, kappa=kappa, ramp=None if ramp else 0)
                   for radius, kappa, ramp, _ in chosen]  # fmt: skip
        streams = [stream(cell[3], grid.name, *cell[:3]) for cell in chosen]
        found = train_runs(grid.law, initial, recipes, streams)
        for position, (radius, kappa, ramp, seed) in enumerate(chosen):
            sample = grid.law.sample(1000, stream(seed, grid.name, "evaluation"))
            points = torch.tensor(sample.points, dtype=torch.float32, device=place)
            labels = torch.tensor(sample.labels, dtype=torch.float32, device=place)
            weights = found.weights[position]
            values = outputs_of(weights, biases_of(weights, kappa, float(grid.k)), points)
            entries.append({
                "radius": radius, "kappa": kappa, "ramp": ramp, "seed": seed, "status": found.status[position],
                "steps": found.steps[position], "shrink": found.shrink[position],
                "accuracy": float((labels * values > 0).float().mean()),
                "predicted": predicted[kappa, seed],
            })  # fmt: skip
    return entries


def _predicted(grid: Collapse, kappa: float, seed: int, place: torch.device) -> float:
    """`predicted_radius` of one start, on so many points that the noise of v does not count."""
    sample = grid.law.sample(20_000, stream(seed, grid.name, "prediction"))
    points = torch.tensor(sample.points, dtype=torch.float32, device=place)
    labels = torch.tensor(sample.labels, dtype=torch.float32, device=place)
    return predicted_radius(initial_weights(grid.law, seed, place), kappa, float(grid.k), points, labels)


def predicted_radius(
    weights: torch.Tensor, kappa: float, k: float, points: torch.Tensor, labels: torch.Tensor
) -> float:
    """E y <v, x> with v the direction of the first gradient of f's margin, added up over the neurons: the radius at
    which a step along v no longer gains against an attack along v. For open gates v is the dense direction."""
    gates = ((points @ weights.T).abs() > biases_of(weights, kappa, k)).sum(dim=1)
    moments = (labels[:, None] * points).mean(dim=0)
    direction = steepest(((gates * labels)[:, None] * points).mean(dim=0))
    return float(moments @ direction)
