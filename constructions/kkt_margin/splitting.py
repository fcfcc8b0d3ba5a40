"""A merged network written out by its weights: every merged neuron becomes several of the same direction."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from constructions.instance import InvalidInstance, floats_of
from constructions.kkt_margin.instance import MarginInstance


def split_network(instance: MarginInstance, generator: np.random.Generator, *, copies: int = 4) -> MarginInstance:
    """The instance with its merged network also given by weights, each neuron split into 1 to `copies` at random.

    A neuron of mass c = v^2 splits into masses that add up to c, all with w~ = v g: the network and its KKT conditions
    stay the same. Raises `InvalidInstance` without points or without a merged network.
    """
    if instance.points is None or instance.signs is None:
        raise InvalidInstance("splitting needs the points and a merged network")
    labels, rows = instance.labels, floats_of(instance.rows)
    points = floats_of(instance.points)
    lifted = np.hstack([points, np.ones((len(points), 1))]) if bool(instance.bias) else points
    directions = (rows * labels) @ lifted
    lengths = np.linalg.norm(directions, axis=1)
    masses = floats_of(instance.masses) * lengths
    weights, outputs = [], []
    for sign, direction, mass in zip(floats_of(instance.signs), directions / lengths[:, None], masses, strict=True):
        for share in generator.dirichlet(np.ones(int(generator.integers(1, copies + 1)))):
            output = sign * np.sqrt(mass * share)
            weights.append(output * direction)
            outputs.append(output)
    table = np.array(weights)
    biases = table[:, -1] if bool(instance.bias) else None
    return replace(instance, weights=table[:, : points.shape[1]], biases=biases, outputs=np.array(outputs))
