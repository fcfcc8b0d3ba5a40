"""A network with two hidden layers, all of them trained on P, and its orthogonal first-layer weights drawn afterwards.

    N(x) = <u, relu(V relu(W x))>
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from constructions.dimpled_manifold.data import random_sphere
from constructions.dimpled_manifold.init import normal_entries, short
from constructions.instance import Instance, InvalidInstance, floats_of

RATE = 0.2
"""Step of descent on the logistic loss."""


@dataclass(frozen=True, eq=False)
class DeepInstance(Instance):
    """Shapes: weights W (m, p + l), hidden V (h, m), outputs u (h,), point x (p,) in P, the first p coordinates.

    beta > 0: the deviation of the entries of the orthogonal weights W[:, p:].
    """

    slug: ClassVar[str] = "dimpled_manifold"

    weights: Any
    hidden: Any
    outputs: Any
    point: Any
    beta: Any

    def validate(self) -> None:
        if self.weights.ndim != 2 or self.hidden.ndim != 2 or self.hidden.shape[1] != self.weights.shape[0]:
            raise InvalidInstance(f"weights {self.weights.shape} and hidden {self.hidden.shape} need (m, d) and (h, m)")
        if self.outputs.shape != self.hidden.shape[:1] or self.point.ndim != 1:
            raise InvalidInstance(f"outputs {self.outputs.shape} and point {self.point.shape} need (h,) and (p,)")
        if not 0 < self.point.size < self.weights.shape[1]:
            raise InvalidInstance(f"the point has {self.point.size} of {self.weights.shape[1]} coordinates; P needs "
                                  "fewer, and at least one")  # fmt: skip
        if self.beta.shape != () or not floats_of(self.beta) > 0:
            raise InvalidInstance("beta must be one positive number")


def drawn_deep(generator: np.random.Generator, normal: np.random.Generator, p: int, codimension: int, m: int, h: int,
               steps: int) -> DeepInstance:  # fmt: skip
    """All layers trained for `steps` on six points of P; then orthogonal weights from the second generator."""
    d = p + codimension
    beta = d**-0.5
    data = random_sphere(generator, 6, p, math.sqrt(d))
    points = short(data.points)
    weights = beta * generator.standard_normal((m, p))
    hidden = generator.standard_normal((h, m)) * math.sqrt(2 / m)
    outputs = generator.choice([-1.0, 1.0], h) / math.sqrt(h)
    for _ in range(steps):
        first = points @ weights.T
        second = np.maximum(first, 0.0) @ hidden.T
        margins = data.labels * (np.maximum(second, 0.0) @ outputs)
        slopes = -data.labels / (1.0 + np.exp(margins)) / len(points)
        back = slopes[:, None] * (second > 0) * outputs
        changes = (slopes @ np.maximum(second, 0.0), back.T @ np.maximum(first, 0.0), ((back @ hidden) * (first > 0)).T
                   @ points / d)  # fmt: skip
        outputs, hidden, weights = (part - RATE * change for part, change in
                                    zip((outputs, hidden, weights), changes, strict=True))  # fmt: skip
    whole = np.hstack([short(weights), normal_entries(normal, (m, codimension), beta)])
    return DeepInstance(weights=whole, hidden=short(hidden), outputs=short(outputs), point=points[0], beta=beta)
