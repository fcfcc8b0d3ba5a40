"""What is measured: one instance, with its data, its KKT point and its robust radius computed at most once."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from functools import cached_property, lru_cache
from typing import Any

import numpy as np

from constructions.kkt_margin.instance import MarginInstance
from verifiers import arithmetic
from verifiers.errors import MissingPart
from verifiers.kkt_margin.data import Data
from verifiers.kkt_margin.point import Point
from verifiers.quantity import Catalogue, Measurements

CATALOGUE = Catalogue()
"""Every quantity of kkt_margin, filled by the modules `quantities_*` of this folder."""


class Subject:
    """One instance with what the quantities share; every part is computed on first use."""

    def __init__(self, instance: MarginInstance) -> None:
        self.instance = instance
        self.data = Data(instance)

    @cached_property
    def point(self) -> Point:
        """The KKT point the instance speaks about, see `verifiers.kkt_margin.exact.resolve`."""
        from verifiers.kkt_margin.exact import resolve

        return resolve(self.data)

    @cached_property
    def scales(self) -> tuple[Any, Any]:
        """q / Delta and U / Delta, the two switches of the bound of the main theorem. Delta must be positive."""
        data = self.data
        if not data.delta > 0:
            raise MissingPart("Delta = min |x_i|^2 - p (n - 1) is not positive, so the direction has no scale")
        return data.q / data.delta, data.greatest_square_norm / data.delta

    def native(self, value: Any) -> Any:
        """A rational in the arithmetic of the point."""
        if self.point.kind == "ball":
            return arithmetic.balls(value)[()]
        return float(arithmetic.to_fraction(value)) if self.point.kind == "float" else value

    @cached_property
    def flip_times(self) -> np.ndarray:
        """Times t >= q / Delta at which the flip curve or its bound may bend, per sample (n, K + 2)."""
        start, switch = (self.native(value) for value in self.scales)
        times = arithmetic.maximum(self.point.breakpoints, start)
        fixed = np.array([[start, switch]] * self.data.n, dtype=times.dtype)
        return np.concatenate([fixed, times], axis=1)


@lru_cache(maxsize=256)
def _measurements(instance: MarginInstance) -> Measurements:
    return Measurements(CATALOGUE, Subject(instance))


def measure(instance: MarginInstance, constants: Mapping[str, Fraction] | None = None) -> Measurements:
    """Lazy measurements of a kkt_margin instance, kept per instance digest.

    `constants` is part of the interface of every verifier; no quantity of kkt_margin depends on one, because its
    constants enter only the bounds that claims compare with.
    """
    return _measurements(instance)
