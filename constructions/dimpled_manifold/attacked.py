"""One step of adversarial training at the perturbed points: what the inner problem returned, and the loss there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from constructions.dimpled_manifold.instance import NetworkInstance
from constructions.instance import Instance, InvalidInstance, floats_of


@dataclass(frozen=True, eq=False)
class AttackedStep(Instance):
    """A network, perturbations of its points, and the size of the derivative of the loss at each.

    Shapes: weights (m, d), outputs (m,), biases (m,) (zero where absent), points (n, d) in P, labels (n,),
    perturbations (n, d), slopes (n,) > 0: |loss'_j|. P by `basis` (p, d) or `codimension`. restricted 1: perturbations
    stay orthogonal to P. norm 2, or 0 for l_inf, of the ball of the given radius. gates (n, m) in [0, 1]: subgradient
    weights at kinks, 1 where a neuron is on and 0 where it is off; where absent, on means pre-activation > 0.
    """

    slug: ClassVar[str] = "dimpled_manifold"

    weights: Any
    outputs: Any
    points: Any
    labels: Any
    perturbations: Any
    slopes: Any
    radius: Any
    codimension: Any = None
    basis: Any = None
    biases: Any = None
    restricted: Any = 0
    norm: Any = 2
    gates: Any = None

    def validate(self) -> None:
        network = self.network()
        n, m = self.labels.size, network.width
        if self.perturbations.shape != self.points.shape or self.slopes.shape != (n,):
            raise InvalidInstance(f"perturbations {self.perturbations.shape} and slopes {self.slopes.shape} need "
                                  f"{self.points.shape} and ({n},)")  # fmt: skip
        if not np.all(floats_of(self.slopes) > 0):
            raise InvalidInstance("slopes are sizes of a derivative of a decreasing loss; every one must be positive")
        if self.gates is not None and self.gates.shape != (n, m):
            raise InvalidInstance(f"gates have shape {self.gates.shape}; need ({n}, {m})")
        if self.gates is not None and not np.all((floats_of(self.gates) >= 0) & (floats_of(self.gates) <= 1)):
            raise InvalidInstance("gates are weights of a subgradient; every one must be in [0, 1]")
        if self.radius.shape != () or not floats_of(self.radius) >= 0:
            raise InvalidInstance("radius must be one number >= 0")
        if int(self.norm) not in (0, 2) or int(self.restricted) not in (0, 1):
            raise InvalidInstance("norm is 2, or 0 for l_inf; restricted is 0 or 1")

    def network(self) -> NetworkInstance:
        """The network at its unperturbed points."""
        return NetworkInstance(weights=self.weights, outputs=self.outputs, points=self.points, labels=self.labels,
                               biases=self.biases, basis=self.basis, codimension=self.codimension)  # fmt: skip
