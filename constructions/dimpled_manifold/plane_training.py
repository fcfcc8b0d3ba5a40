"""Training on P in coordinates of P: the orthogonal weights take no part in it and need not exist."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from constructions.dimpled_manifold.data import random_sphere
from constructions.dimpled_manifold.init import short
from constructions.dimpled_manifold.instance import PlaneInstance

RATE = 0.5
"""Step of gradient descent on the logistic loss, over the squared length of the points."""


def trained_plane(
    generator: np.random.Generator, p: int, codimension: int, m: int, n: int, steps: int, delta: Any = "1/10",
    decay: Any = 1,
) -> PlaneInstance:  # fmt: skip
    """Standard start in R^(p + l), then `steps` of full-batch descent on n random points of P with random labels.

    Points have length sqrt(p + l), weights deviation beta = 1/sqrt(p + l), outputs are +-1/sqrt(m) and fixed. Points,
    outputs and the weights at the end are rounded to multiples of 2^-40.
    """
    d = p + codimension
    beta = d**-0.5
    data = random_sphere(generator, n, p, math.sqrt(d))
    points = short(data.points)
    weights = beta * generator.standard_normal((m, p))
    outputs = short(generator.choice([-1.0, 1.0], m) / math.sqrt(m))
    for _ in range(steps):
        pre = points @ weights.T
        margins = data.labels * (np.maximum(pre, 0.0) @ outputs)
        slopes = -data.labels / (1.0 + np.exp(margins))
        weights -= RATE * m / d * ((slopes[:, None] * (pre > 0) * outputs).T @ points) / n
    return PlaneInstance(weights=short(weights), outputs=outputs, points=points, labels=data.labels,
                         codimension=codimension, beta=beta, decay=decay, delta=delta)  # fmt: skip
