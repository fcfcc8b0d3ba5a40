"""Instances of feature_purification: a symmetric-ReLU network, with points, a radius, and the networks it came from.

    f(x) = sum_i a_i phi_{b_i}(<w_i, x>),   phi_b(t) = max(t - b, 0) - max(-t - b, 0)

Source: Allen-Zhu and Li 2020, with the second layer fixed; phi_b is odd, nondecreasing, 1-Lipschitz, zero on [-b, b].
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from constructions.instance import Instance, InvalidInstance, floats_of, fractions_of


@dataclass(frozen=True, eq=False)
class PurificationInstance(Instance):
    """A network and what it is asked about.

    Shapes: weights (m, d), biases (m,) >= 0, outputs (m,) > 0 (ones where absent); points (n, d) with labels (n,) of
    +-1; radius of the attack >= 0 in the norm 2, or 0 for l_inf; initial and clean (m, d): the weights before training
    and after clean training; direction (d,), the dense direction M w*, ones where absent.
    """

    slug: ClassVar[str] = "feature_purification"

    weights: Any
    biases: Any
    outputs: Any = None
    points: Any = None
    labels: Any = None
    radius: Any = None
    norm: Any = 2
    initial: Any = None
    clean: Any = None
    direction: Any = None

    def validate(self) -> None:
        if self.weights.ndim != 2 or 0 in self.weights.shape:
            raise InvalidInstance(f"weights have shape {self.weights.shape}; need (m, d) with m, d >= 1")
        m, d = self.weights.shape
        for name, shape in (("biases", (m,)), ("outputs", (m,)), ("initial", (m, d)), ("clean", (m, d)),
                            ("direction", (d,))):  # fmt: skip
            part = getattr(self, name)
            if part is not None and part.shape != shape:
                raise InvalidInstance(f"{name} have shape {part.shape}; weights {self.weights.shape} need {shape}")
        if np.any(_signs(self.biases) < 0):
            raise InvalidInstance(f"bias {int(np.argmax(_signs(self.biases) < 0))} is negative; phi_b needs b >= 0")
        if self.outputs is not None and not np.all(_signs(self.outputs) > 0):
            raise InvalidInstance("every output weight must be positive; turn w_i around instead of a_i")
        if (self.points is None) != (self.labels is None):
            raise InvalidInstance("give points and labels together, or neither")
        if self.points is not None:
            n = self.labels.size
            if self.points.shape != (n, d) or self.labels.shape != (n,) or n == 0:
                raise InvalidInstance(f"points {self.points.shape} and labels {self.labels.shape} need (n, {d}), (n,)")
            if not np.all(np.abs(floats_of(self.labels)) == 1.0):
                raise InvalidInstance("every label must be +1 or -1")
            object.__setattr__(self, "labels", floats_of(self.labels).astype(np.int64))
        if self.radius is not None and (self.radius.shape != () or _signs(self.radius[None])[0] < 0):
            raise InvalidInstance("radius must be one number >= 0")
        if int(self.norm) not in (0, 2):
            raise InvalidInstance(f"norm is {self.norm}; give 2, or 0 for l_inf")

    @property
    def width(self) -> int:
        """Number m of symmetric pairs."""
        return int(self.weights.shape[0])

    @property
    def dimension(self) -> int:
        return int(self.weights.shape[1])

    @property
    def exact(self) -> bool:
        """Whether weights and biases are integers or rationals, small enough objects for rational arithmetic."""
        return self.weights.dtype.kind in "Ui" and self.biases.dtype.kind in "Ui"


def _signs(array: np.ndarray) -> np.ndarray:
    if array.dtype.kind == "U":
        return np.array([(v > 0) - (v < 0) for v in fractions_of(array)])
    return np.sign(array)
