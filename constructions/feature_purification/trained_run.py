"""A trained network together with how it was trained: what propositions about runs speak about."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from constructions.feature_purification.instance import PurificationInstance
from constructions.instance import InvalidInstance


@dataclass(frozen=True, eq=False)
class TrainedRun(PurificationInstance):
    """A network with the numbers of its recipe.

    sparsity k of the data; kappa of the biases kappa |w_i| / sqrt(k); trained_radius of adversarial training, 0 for
    clean training; ramp, the share of the steps over which the radius grew, 0 if it was constant; rival (m, d), where
    given, the weights of another run of the same recipe from the clean weights.
    """

    slug: ClassVar[str] = "feature_purification"

    sparsity: Any = None
    kappa: Any = None
    trained_radius: Any = None
    ramp: Any = 0
    rival: Any = None

    def validate(self) -> None:
        super().validate()
        for name in ("sparsity", "kappa", "trained_radius", "ramp"):
            value = getattr(self, name)
            if value is None or value.shape != ():
                raise InvalidInstance(f"a trained run needs one number as {name}")
        if self.rival is not None and self.rival.shape != self.weights.shape:
            raise InvalidInstance(f"rival has shape {self.rival.shape}; weights {self.weights.shape} need the same")
