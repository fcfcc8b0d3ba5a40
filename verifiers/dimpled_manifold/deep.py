"""A deep network at one point of P: the derivatives by first-layer pre-activations, and the orthogonal gradient."""

from __future__ import annotations

from fractions import Fraction
from functools import cached_property

import numpy as np

from constructions.dimpled_manifold import number_of
from constructions.dimpled_manifold.deep import DeepInstance
from constructions.instance import fractions_of
from verifiers.dimpled_manifold.network import Table
from verifiers.errors import MissingPart


class DeepSubject:
    """Exact forward and backward pass; a pre-activation of 0 counts as off."""

    def __init__(self, instance: DeepInstance) -> None:
        self.instance = instance
        self.codimension = int(instance.weights.shape[1] - instance.point.size)

    @cached_property
    def combination(self) -> np.ndarray:
        """dN/dz_i at the point, (m,) fractions; a function of what P sees."""
        plane = self.instance.weights[:, : self.instance.point.size]
        first = (Table.of(plane) @ Table.of(self.instance.point[:, None])).fractions()[:, 0]
        active = (first > 0).astype(int) * first
        second = (Table.of(self.instance.hidden) @ Table.of(active[:, None])).fractions()[:, 0]
        back = (second > 0).astype(int) * fractions_of(self.instance.outputs)
        through = (Table.of(back[None, :]) @ Table.of(self.instance.hidden)).fractions()[0]
        return (first > 0).astype(int) * through

    @cached_property
    def ratio(self) -> Fraction:
        """rho^2/(beta |c|)^2."""
        size = (self.combination**2).sum()
        if size == 0:
            raise MissingPart("nothing is active at the point: the ratio is 0/0")
        normal = Table.of(self.instance.weights[:, self.instance.point.size :])
        gradient = (Table.of(self.combination[None, :]) @ normal).fractions()[0]
        return Fraction((gradient**2).sum() / size / number_of(self.instance.beta) ** 2)
