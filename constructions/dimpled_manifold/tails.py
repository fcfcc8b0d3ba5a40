"""Parameters of tail bounds: a number of degrees of freedom and an exponent."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from constructions.instance import Instance, InvalidInstance, floats_of


@dataclass(frozen=True, eq=False)
class TailInstance(Instance):
    """A chi-square variable with `codimension` >= 1 degrees of freedom, and the exponent > 0 of a bound e^-t."""

    slug: ClassVar[str] = "dimpled_manifold"

    codimension: Any
    exponent: Any = 1

    def validate(self) -> None:
        if self.codimension.shape != () or self.codimension.dtype.kind != "i" or self.codimension < 1:
            raise InvalidInstance(f"codimension is {self.codimension}; it must be a whole number >= 1")
        if self.exponent.shape != () or not floats_of(self.exponent) > 0:
            raise InvalidInstance(f"exponent is {self.exponent}; it must be positive")
