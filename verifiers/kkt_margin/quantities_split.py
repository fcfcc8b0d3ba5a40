"""Quantities of an instance that holds one network twice: by its weights, and merged. They must agree."""

from __future__ import annotations

import numpy as np

from constructions.instance import floats_of
from constructions.kkt_margin.instance import MarginInstance
from verifiers import tolerances
from verifiers.errors import MissingPart
from verifiers.kkt_margin.subject import CATALOGUE, Subject
from verifiers.quantity import Enclosure, estimate

_measures = CATALOGUE.measures


def _weights(instance: MarginInstance) -> tuple[np.ndarray, np.ndarray]:
    """Lifted weights (m, k + 1 with bias) and outputs (m,) in float64."""
    if instance.weights is None or instance.outputs is None:
        raise MissingPart("the instance has no network given by its weights")
    weights = floats_of(instance.weights)
    if bool(instance.bias):
        biases = np.zeros(len(weights)) if instance.biases is None else floats_of(instance.biases)
        weights = np.hstack([weights, biases[:, None]])
    return weights, floats_of(instance.outputs)


def _lifted(instance: MarginInstance) -> np.ndarray:
    points = floats_of(instance.points)
    return np.hstack([points, np.ones((len(points), 1))]) if bool(instance.bias) else points


@_measures("1", "E5: |N(x) - N_merged(x)| at the samples and twice along the flip path", ("sample",))
def merge_defect(subject: Subject) -> Enclosure:
    instance, point = subject.instance, subject.point
    if instance.signs is None:
        raise MissingPart("the instance holds no merged form of its network")
    weights, outputs = _weights(instance)
    labels, samples = instance.labels, _lifted(instance)
    rows, masses = floats_of(instance.rows), floats_of(instance.masses)
    directions = point.signs[:, None] * ((rows * labels) @ samples)
    u = labels @ samples
    if bool(instance.bias):
        u[-1] = 0.0
    worst = np.zeros(instance.size)
    for t in (0.0, 0.5 / instance.size, 2.0 / instance.size):
        moved = samples - t * labels[:, None] * u[None, :]
        raw = np.maximum(moved @ weights.T, 0.0) @ outputs
        merged = np.maximum(moved @ directions.T, 0.0) @ (point.signs * masses)
        worst = np.maximum(worst, np.abs(raw - merged))
    return estimate(worst, tolerances.ROUNDING * len(outputs), ("sample",))


@_measures("1/length", "E4: norm of the input gradient at each sample, inactive kinks left out", ("sample",))
def gradient_norm(subject: Subject) -> Enclosure:
    instance = subject.instance
    weights, outputs = _weights(instance)
    raw = weights[:, :-1] if bool(instance.bias) else weights
    active = _lifted(instance) @ weights.T > 0
    norms = np.linalg.norm((active * outputs) @ raw, axis=1)
    return estimate(norms, tolerances.ROUNDING * len(outputs) * norms.max(initial=0.0), ("sample",))
