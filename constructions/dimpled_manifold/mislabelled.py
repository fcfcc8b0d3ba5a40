"""Ridge regression on points that were moved off their subspace and got the opposite label."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from constructions.instance import Instance, InvalidInstance, floats_of


@dataclass(frozen=True, eq=False)
class MislabelledInstance(Instance):
    """points X (n, p) in coordinates of P, labels y (n,) of +-1, ridge >= 0, test points (t, p) in P.

    The student is fitted to (x_j + z_j, -y_j). `shifts` (n, l): z_j in coordinates orthogonal to P; where absent there
    is one such coordinate and z_j = -epsilon y_j.
    """

    slug: ClassVar[str] = "dimpled_manifold"

    points: Any
    labels: Any
    tests: Any
    epsilon: Any = 0
    ridge: Any = 0
    shifts: Any = None

    def validate(self) -> None:
        n = self.labels.size
        if self.points.ndim != 2 or self.labels.shape != (n,) or self.points.shape[0] != n or not self.points.size:
            raise InvalidInstance(f"points {self.points.shape} and labels {self.labels.shape} need (n, p) and (n,)")
        if self.tests.ndim != 2 or self.tests.shape[1] != self.points.shape[1] or not self.tests.size:
            raise InvalidInstance(f"tests have shape {self.tests.shape}; need (t, {self.points.shape[1]})")
        if not np.all(np.abs(floats_of(self.labels)) == 1.0):
            raise InvalidInstance("every label must be +1 or -1")
        object.__setattr__(self, "labels", floats_of(self.labels).astype(np.int64))
        if self.ridge.shape != () or not floats_of(self.ridge) >= 0 or self.epsilon.shape != ():
            raise InvalidInstance("ridge is one number >= 0, epsilon one number")
        if self.shifts is not None and (self.shifts.ndim != 2 or self.shifts.shape[0] != n):
            raise InvalidInstance(f"shifts have shape {self.shifts.shape}; need ({n}, l)")
