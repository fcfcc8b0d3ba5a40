"""The law of an initialisation: m neurons w_i ~ N(0, sigma^2 I_d), and the thresholds of its lottery sets."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any, ClassVar

import numpy as np

from constructions.instance import Instance, InvalidInstance, fractions_of


@dataclass(frozen=True, eq=False)
class InitialLaw(Instance):
    """Dimension d >= 2, width m >= 1, exponent c0 in (0, 1) and share in [0, 1]; the scale sigma does not matter.

    With c1 = 2 + 2 (1 - share) c0 and c2 = share c0, neuron i is *sure* for feature j if w_ij > 0 is at least
    sigma sqrt((c1 + c2) log d) and every other |w_il| is below sigma sqrt((c1 - c2) log d); it is *potential* if
    |w_ij| is at least the latter. Source: the lottery sets of Allen-Zhu and Li 2020, as remembered.
    """

    slug: ClassVar[str] = "feature_purification"

    dimension: Any
    width: Any
    exponent: Any
    share: Any

    def validate(self) -> None:
        if int(self.dimension) < 2 or int(self.width) < 1:
            raise InvalidInstance(f"need d >= 2 and m >= 1, got d = {self.dimension}, m = {self.width}")
        if not (0 < self.exact("exponent") < 1 and 0 <= self.exact("share") <= 1):
            raise InvalidInstance(f"need 0 < c0 < 1 and a share in [0, 1], got {self.exponent} and {self.share}")

    @property
    def d(self) -> int:
        return int(self.dimension)

    @property
    def m(self) -> int:
        return int(self.width)

    def exact(self, name: str) -> Fraction:
        """A parameter as the rational it is."""
        value: Any = fractions_of(getattr(self, name))[()]
        return Fraction(value)

    @property
    def levels(self) -> tuple[Fraction, Fraction]:
        """(c1 + c2, c1 - c2): the squared thresholds over sigma^2 log d."""
        c0, share = self.exact("exponent"), self.exact("share")
        c1, c2 = 2 + 2 * (1 - share) * c0, share * c0
        return c1 + c2, c1 - c2

    def draw(self, generator: np.random.Generator) -> np.ndarray:
        """One initialisation (m, d) with sigma = 1."""
        return generator.normal(size=(self.m, self.d))

    def sets(self, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(sure, potential): boolean (m, d) arrays, for weights with sigma = 1 and w* = 1."""
        high, low = (np.sqrt(float(level) * np.log(self.d)) for level in self.levels)
        potential = np.abs(weights) >= low
        others = potential.sum(axis=1, keepdims=True) - potential
        return (weights >= high) & (others == 0), potential
