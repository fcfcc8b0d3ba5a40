"""What is measured: one instance, with its data, its KKT point and its robust radius computed at most once."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from functools import cached_property
from typing import Any

import numpy as np

from constructions.kkt_margin.instance import MarginInstance
from verifiers.errors import MissingPart
from verifiers.kkt_margin.data import Data
from verifiers.kkt_margin.path import FlipPath, bound_path, in_arithmetic_of, main_path
from verifiers.kkt_margin.point import Point
from verifiers.quantity import Catalogue, Measurements


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
    def main_path(self) -> tuple[FlipPath, np.ndarray]:
        """Activations along the flip path of the main theorem, and tau = t Delta at its times."""
        return main_path(self.point)

    @cached_property
    def bound_path(self) -> tuple[FlipPath, np.ndarray]:
        """Activations along the path at the bends of (F), and its right side."""
        return bound_path(self.point)

    def native(self, value: Any) -> Any:
        """A rational in the arithmetic of the point."""
        return in_arithmetic_of(self.point, value)[()]


def _subject(instance: MarginInstance) -> Subject:
    if not isinstance(instance, MarginInstance):
        raise MissingPart("this statement is about labelled data, which this instance does not hold")
    return Subject(instance)


CATALOGUE = Catalogue(_subject)
"""Every quantity of kkt_margin, filled by the modules `quantities_*` of this folder; `extended()` takes your own."""


def measure(instance: MarginInstance, constants: Mapping[str, Fraction] | None = None) -> Measurements:
    """Lazy measurements of a kkt_margin instance, kept per instance digest.

    `constants` is part of the interface of every verifier; no quantity of kkt_margin depends on one, because its
    constants enter only the bounds that claims compare with.
    """
    return CATALOGUE.measure(instance, constants)
