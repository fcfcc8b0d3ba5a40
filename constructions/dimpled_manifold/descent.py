"""Gradient descent of the first layer, short enough to be repeated in rational arithmetic by the verifier.

Only the recipe is stored; what it leads to is computed where it is judged.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from constructions.dimpled_manifold.instance import NetworkInstance
from constructions.instance import Instance, InvalidInstance, floats_of

LOSSES = ("linear", "squared")
"""Losses by number, of v = N(x): -y v, and (v - y)^2/2. Their derivatives are rational."""

RULES = ("gradient", "heavy ball", "Nesterov", "sign")
"""Update rules by number. The last one moves by the sign of each entry of the gradient."""


@dataclass(frozen=True, eq=False)
class DescentRun(Instance):
    """A start, an update rule and a number of steps; the loss is the mean over the points, outputs stay fixed.

    Shapes: start (m, d), outputs (m,), points (n, d), labels (n,) of +-1, steps >= 0; rate, momentum, decay (the
    coefficient lambda of |W|^2/2) numbers; loss and rule by number (`LOSSES`, `RULES`). P: all but the last
    `codimension` coordinates, or the row space of `basis` (p, d). other (m, d): a second start for the same recipe.
    """

    slug: ClassVar[str] = "dimpled_manifold"

    start: Any
    outputs: Any
    points: Any
    labels: Any
    steps: Any
    rate: Any
    codimension: Any = None
    basis: Any = None
    momentum: Any = 0
    decay: Any = 0
    loss: Any = 0
    rule: Any = 0
    other: Any = None

    def validate(self) -> None:
        if self.codimension is None and self.basis is None:
            raise InvalidInstance("a run needs its subspace: give a codimension or a basis")
        self.network(self.start)
        if self.other is not None and self.other.shape != self.start.shape:
            raise InvalidInstance(f"the second start has shape {self.other.shape}; need {self.start.shape}")
        for name, count in (("loss", len(LOSSES)), ("rule", len(RULES))):
            if getattr(self, name).shape != () or int(getattr(self, name)) not in range(count):
                raise InvalidInstance(f"{name} is {getattr(self, name)}; it must be one of 0..{count - 1}")
        if self.steps.shape != () or self.steps.dtype.kind != "i" or self.steps < 0:
            raise InvalidInstance(f"steps is {self.steps}; it must be a whole number >= 0")
        for name in ("rate", "momentum", "decay"):
            if getattr(self, name).shape != () or not np.all(np.isfinite(floats_of(getattr(self, name)))):
                raise InvalidInstance(f"{name} must be one number")

    def network(self, weights: Any) -> NetworkInstance:
        """The network with these first-layer weights (m, d), on the same points and subspace."""
        return NetworkInstance(weights=weights, outputs=self.outputs, points=self.points, labels=self.labels,
                               basis=self.basis, codimension=self.codimension)  # fmt: skip
