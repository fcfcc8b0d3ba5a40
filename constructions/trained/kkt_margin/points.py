"""Trained networks as instances: the KKT point each one was heading for, or the network itself where there is none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import torch

from constructions.instance import Draw, floats_of
from constructions.kkt_margin.instance import MarginInstance
from constructions.trained.kkt_margin.networks import (
    STANDARD,
    Batch,
    Networks,
    Progress,
    Recipe,
    in_threads,
    train_networks,
)
from constructions.trained.kkt_margin.polish import Polished, polish
from constructions.trained.kkt_margin.residual import network_residual

Status = Literal["polished", "gradient only", "not fitted"]

POLISHED = 1e-6  # KKT residual up to which a point counts as polished; 1e-15 is usual
POLISH_SIZE = 160  # larger data sets are not polished: the program costs about n^3 per activation pattern and step
MEASURED_SIZE = 160  # nor is the residual of the network itself found for them


@dataclass(frozen=True)
class Trained:
    """What one run led to.

    polished: `instance` carries the merged KKT point, `residual` is its relative KKT residual with free subgradients.
    gradient only: `instance` carries the raw network (no network where only a Gram matrix is known), `residual` is an
    upper bound on the network's own, nan where it was not measured.
    not fitted: some sample stayed below the target margin, so the hypothesis of the convergence theorems is not met.

    steps of the fit (-1: not fitted); gain, the normalised margin of the KKT point over that of the network; repairs,
    how often same-class activations had to be corrected, 0 when the point has exactly the activations of the network.
    """

    status: Status
    instance: MarginInstance
    residual: float
    steps: int
    gain: float = float("nan")
    repairs: int = 0

    def draw(self, law: str, seed: int, index: int) -> Draw:
        """The instance with its origin."""
        return Draw(self.instance, "trained", law, seed, index, notes=f"{self.status}, residual {self.residual:.1e}")


def train_points(
    instances: Sequence[MarginInstance], recipe: Recipe = STANDARD, *, generator: torch.Generator, device: str = "cpu",
    workers: int = 1, progress: Progress | None = None,
) -> list[Trained]:
    """Train and polish one network per data set; all data sets of one size."""
    batch = Batch.of(instances)
    networks = train_networks(batch, recipe, generator, device=device, workers=workers, progress=progress)
    return polish_networks(instances, batch, networks, workers=workers, progress=progress)


def polish_networks(
    instances: Sequence[MarginInstance], batch: Batch, networks: Networks, *, workers: int = 1,
    progress: Progress | None = None, measure: bool = True,
) -> list[Trained]:
    """The KKT point of every fitted network; the network itself where the polish fails or the data are too many.

    `measure` finds the residual of networks that are not polished.
    """
    grams = batch.grams if batch.labels.shape[1] <= POLISH_SIZE else None

    def one(b: int) -> Trained:
        steps = int(networks.steps[b])
        if steps < 0:
            return Trained("not fitted", instances[b].without_network(), float("nan"), steps)
        if grams is not None:
            point = polish(grams[b], batch.labels[b], networks.hidden[b], networks.outputs[b])
            if point.residual <= POLISHED:
                gain = 0.5 / (point.rows.max(axis=0).sum() * networks.margins[b])
                instance = merged_instance(instances[b], point, batch.units[b])
                return Trained("polished", instance, point.residual, steps, float(gain), point.repairs)
        residual = raw_residual(batch, networks, b) if measure else float("nan")
        return Trained("gradient only", raw_instance(instances[b], batch, networks, b), residual, steps)

    results = []
    for done, result in enumerate(in_threads(one, range(len(batch)), workers), 1):
        results.append(result)
        if progress:
            progress(done, len(batch), "networks polished")
    return results


def merged_instance(instance: MarginInstance, point: Polished, unit: float) -> MarginInstance:
    """The data with the point, taken back from the Gram matrix divided by `unit`."""
    root = np.sqrt(unit)
    return instance.with_point(point.signs.astype(np.int64), np.maximum(point.rows, 0.0) / root, point.masses / root)


def raw_instance(instance: MarginInstance, batch: Batch, networks: Networks, b: int) -> MarginInstance:
    """The data with the network scaled to least margin one; the data alone where they have no points."""
    if instance.points is None:
        return instance.without_network()
    # The rescaled data are x / sqrt(unit); the scale returns to both layers evenly, which keeps them balanced.
    factor = batch.units[b] ** -0.25 / np.sqrt(networks.margins[b])
    if batch.raw:
        weights = networks.weights[b, : instance.points.shape[1]].T
    else:
        weights = networks.coefficients(batch, b).T @ floats_of(instance.points) / np.sqrt(batch.units[b])
    return replace(
        instance.without_network(), weights=weights * factor, outputs=networks.outputs[b] * factor,
        biases=networks.bias_weights(batch, b) * factor if batch.biased else None,
    )


def raw_residual(batch: Batch, networks: Networks, b: int) -> float:
    """Upper bound on the relative KKT residual of the network itself; nan beyond `MEASURED_SIZE` samples."""
    if batch.grams is None or batch.labels.shape[1] > MEASURED_SIZE:
        return float("nan")
    return float(network_residual(
        batch.grams[b], batch.labels[b], networks.hidden[b], np.ascontiguousarray(networks.coefficients(batch, b)),
        networks.outputs[b],
    ))
