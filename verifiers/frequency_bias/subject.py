"""What is measured: one grid with its filter, band, signal or data; parts are read exactly and computed once."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from functools import cached_property

import numpy as np

from constructions.frequency_bias import FrequencyInstance
from constructions.instance import floats_of, fractions_of
from verifiers.errors import MissingPart
from verifiers.frequency_bias.spectra import composed
from verifiers.quantity import Catalogue, Measurements


class Subject:
    """One instance with what the quantities share. `MissingPart` where it lacks what is asked for."""

    def __init__(self, instance: FrequencyInstance) -> None:
        self.instance = instance
        self.grid = instance.grid

    def part(self, name: str) -> np.ndarray:
        """A part of the instance as fractions."""
        return fractions_of(self._stored(name))

    def floats(self, name: str) -> np.ndarray:
        """A part of the instance as nearest float64."""
        return floats_of(self._stored(name))

    def _stored(self, name: str) -> np.ndarray:
        value = getattr(self.instance, name)
        if value is None:
            raise MissingPart(f"this instance has no {name}")
        return np.asarray(value)

    @property
    def sites(self) -> int:
        """N of one dimension. Raises `MissingPart` on a torus."""
        if len(self.grid) != 1:
            raise MissingPart("this is measured on a circle, and the instance has a width")
        return self.grid[0]

    @property
    def kernel(self) -> int:
        """K of one dimension."""
        shape = self.instance.kernel_shape
        if shape is None:
            raise MissingPart("this instance has no filter and no kernel")
        if len(shape) != 1:
            raise MissingPart("this is measured on a circle, and the instance has a width")
        return int(shape[0])

    @property
    def reach(self) -> int:
        """K_eff = L (K - 1) + 1, the taps of the composition as a whole; at most N where it is measured."""
        taps = self.instance.layers * (self.kernel - 1) + 1
        if taps > self.sites:
            raise MissingPart(f"the composition has {taps} taps on {self.sites} sites: it wraps around")
        return taps

    @cached_property
    def composed(self) -> list[Fraction]:
        """The filter, or the layers composed, exactly; K_eff fractions."""
        taps = self.part("taps")
        self.reach  # noqa: B018 - raises where it wraps around, and on a torus
        return composed(taps if taps.ndim == 2 else taps[None, :])

    @property
    def band(self) -> tuple[int, ...]:
        """Residues of a band in one dimension."""
        self.sites  # noqa: B018 - raises on a torus
        return tuple(int(d) for d in self._stored("band"))


def _subject(instance: FrequencyInstance) -> Subject:
    if not isinstance(instance, FrequencyInstance):
        raise MissingPart("this statement is about filters and signals on a grid, which this instance is not")
    return Subject(instance)


CATALOGUE = Catalogue(_subject)
"""Every quantity of frequency_bias, filled by the modules `quantities_*` of this folder."""


def measure(instance: FrequencyInstance, constants: Mapping[str, Fraction] | None = None) -> Measurements:
    """Lazy measurements of a frequency_bias instance; no quantity depends on a constant of a claim."""
    return CATALOGUE.measure(instance, constants)
