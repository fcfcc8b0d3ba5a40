"""Exact algebra of a two-layer network and a subspace P: values, gradients orthogonal to P, Gram matrices, rays, radii.

Everything is a rational number: integers over one denominator for tables, fractions for what is read off them. Radii
are distances from a point to where N has the other sign or is zero, within P, orthogonal to P, or anywhere.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any

import numpy as np

from constructions.dimpled_manifold import NetworkInstance
from constructions.dimpled_manifold.subspace import plane_rows, projector
from constructions.instance import fractions_of
from verifiers.errors import MissingPart
from verifiers.relu_attack import first_crossing
from verifiers.relu_certificate import CertifiedRadius, certify_radius
from verifiers.spectrum import integer_form, matrix_product, spectral_bound

WIDEST = 48
"""Neurons up to which radii are enclosed by exact branch and bound."""

ENUMERATED = 10
"""Opposite neurons within reach up to which activation cells are enumerated."""

OFF, ON, FULL = "off", "on", "full"


@dataclass(frozen=True)
class Table:
    """A matrix of rationals: integers (m, d) as Python ints in an object array, over one positive denominator."""

    integers: np.ndarray
    scale: int

    @classmethod
    def of(cls, array: Any) -> Table:
        return cls(*integer_form(array))

    def __matmul__(self, other: Table) -> Table:
        return Table(matrix_product(self.integers, other.integers), self.scale * other.scale)

    @property
    def transposed(self) -> Table:
        return Table(self.integers.T, self.scale)

    def fractions(self) -> np.ndarray:
        out = np.empty(self.integers.shape, dtype=object)
        out.reshape(-1)[:] = [Fraction(int(entry), self.scale) for entry in self.integers.reshape(-1)]
        return out


def _row(entries: Any) -> Table:
    return Table.of(np.array(entries, dtype=object).reshape(1, -1))


class NetworkSubject:
    """A network with its points and its subspace; parts are computed once."""

    def __init__(self, instance: NetworkInstance) -> None:
        self.instance = instance

    @cached_property
    def weights(self) -> Table:
        return Table.of(self.instance.weights)

    @cached_property
    def outputs(self) -> list[Fraction]:
        return list(fractions_of(self.instance.outputs))

    @cached_property
    def biases(self) -> list[Fraction]:
        stored = self.instance.biases
        return [Fraction(0)] * self.instance.width if stored is None else list(fractions_of(stored))

    @cached_property
    def rank(self) -> int:
        """p, the dimension of P."""
        if self.instance.codimension is not None:
            return self.instance.dimension - int(self.instance.codimension)
        return len(self.rows)

    @cached_property
    def rows(self) -> np.ndarray:
        """Independent rows that span P."""
        return plane_rows(self.instance)

    @cached_property
    def _onto_plane(self) -> Table:
        return Table.of(projector(self.rows))

    def normal_part(self, table: Table) -> Table:
        """Rows of a table (k, d) projected off P; for leading coordinates only the last l columns are kept."""
        if self.instance.codimension is not None:
            p = self.rank
            return Table(table.integers[:, p:], table.scale) if p < self.instance.dimension else Table(
                np.zeros((len(table.integers), 1), dtype=object), 1)
        projected = table @ self._onto_plane
        return Table(table.integers * self._onto_plane.scale - projected.integers, projected.scale)

    @cached_property
    def normal_weights(self) -> Table:
        return self.normal_part(self.weights)

    @cached_property
    def points(self) -> Table:
        return Table.of(self.instance.points)

    @cached_property
    def off_plane(self) -> Fraction:
        """Largest squared distance of a point from P."""
        part = self.normal_part(self.points)
        return Fraction(max(int((row * row).sum()) for row in part.integers), part.scale**2)

    @cached_property
    def pre(self) -> np.ndarray:
        """Pre-activations z (n, m)."""
        return (self.points @ self.weights.transposed).fractions() + np.array(self.biases, dtype=object)

    @cached_property
    def values(self) -> list[Fraction]:
        """N(x_j)."""
        return [sum((u * z for u, z in zip(self.outputs, row, strict=True) if z > 0), Fraction(0)) for row in self.pre]

    @cached_property
    def signs(self) -> list[int]:
        """Sign of N at the points, 1 where it is zero."""
        return [1 if value >= 0 else -1 for value in self.values]

    def coefficients(self, j: int) -> list[Fraction]:
        """c_i = sign(N(x_j)) u_i where neuron i is on (pre-activation > 0), otherwise 0."""
        sign = self.signs[j]
        return [sign * u if z > 0 else Fraction(0) for u, z in zip(self.outputs, self.pre[j], strict=True)]

    @cached_property
    def combination(self) -> Table:
        """c for every point (n, m)."""
        return Table.of(np.array([self.coefficients(j) for j in range(len(self.values))], dtype=object))

    @cached_property
    def normal_gradients(self) -> Table:
        """The part of sign(N) grad N orthogonal to P at every point, (n, r)."""
        return self.combination @ self.normal_weights

    @cached_property
    def gradient_squares(self) -> list[Fraction]:
        """rho^2 at every point."""
        table = self.normal_gradients
        return [Fraction(int((row * row).sum()), table.scale**2) for row in table.integers]

    @cached_property
    def outputs_square(self) -> Fraction:
        return sum((u * u for u in self.outputs), Fraction(0))

    @cached_property
    def operator_square(self) -> tuple[Fraction, Fraction]:
        """Proved bounds of the squared operator norm of the weights' part orthogonal to P."""
        return operator_bounds(self.normal_weights)

    def gram(self, kind: str, stretch: Fraction = Fraction(1)) -> np.ndarray:
        """Gram matrix (m, m) of the weight vectors within P (on), orthogonal to it (off), or both (full).

        The part orthogonal to P is first multiplied by `stretch`.
        """
        off = self._normal_gram * (stretch * stretch)
        return off if kind == OFF else self._plane_gram if kind == ON else self._plane_gram + off

    @cached_property
    def _normal_gram(self) -> np.ndarray:
        return (self.normal_weights @ self.normal_weights.transposed).fractions()

    @cached_property
    def _plane_gram(self) -> np.ndarray:
        return (self.weights @ self.weights.transposed).fractions() - self._normal_gram

    def radius(self, kind: str, j: int, stretch: Fraction = Fraction(1)) -> CertifiedRadius:
        """The proved enclosure of a radius at a point where N is not zero."""
        key = (kind, j, stretch)
        if key not in self._radii:
            if self.instance.width > WIDEST:
                raise MissingPart(f"radii are enclosed for at most {WIDEST} neurons; this network has more")
            if self.values[j] == 0:
                raise MissingPart(f"point {j} lies on the boundary: N is 0 there")
            self._radii[key] = certify_radius(
                np.array(self.outputs, dtype=object), self.gram(kind, stretch), self.pre[j], self.signs[j],
                limit=ENUMERATED,
            )  # fmt: skip
        return self._radii[key]

    @cached_property
    def _radii(self) -> dict[tuple[str, int, Fraction], CertifiedRadius]:
        return {}

    def normal_slopes(self, j: int) -> list[Fraction]:
        """Velocities of the pre-activations along -sign(N) times the orthogonal gradient at point j."""
        row = Table(self.normal_gradients.integers[j : j + 1], self.normal_gradients.scale)
        return [-entry for entry in (row @ self.normal_weights.transposed).fractions()[0]]

    def signed_outputs(self, j: int) -> list[Fraction]:
        return [self.signs[j] * u for u in self.outputs]

    def flip_time(self, j: int, stretch: Fraction = Fraction(1)) -> Fraction | float:
        """Least t with sign N(x_j) N(x_j - t g) <= 0 along the orthogonal gradient g; infinite if there is none."""
        slopes = [stretch * stretch * entry for entry in self.normal_slopes(j)]
        found: Fraction | float = first_crossing(self.signed_outputs(j), list(self.pre[j]), slopes, Fraction(0))
        return found


def operator_bounds(table: Table) -> tuple[Fraction, Fraction]:
    """Bounds of the squared operator norm of a table: a Rayleigh quotient, and a proved spectral bound."""
    if not table.integers.size or not np.any(table.integers):
        return Fraction(0), Fraction(0)
    wide = table.integers.shape[0] < table.integers.shape[1]
    small = table.transposed if wide else table
    exact = np.array([Fraction(int(v), small.scale) for v in small.integers.reshape(-1)], dtype=object)
    upper = spectral_bound(exact.reshape(small.integers.shape)).bound
    floats = (small.integers / small.scale).astype(np.float64)
    vector = np.linalg.svd(floats, full_matrices=False)[2][0]
    column = Table.of(vector.reshape(-1, 1))
    image = (small @ column).integers.reshape(-1)
    square = Fraction(int((column.integers**2).sum()), column.scale**2)
    quotient = Fraction(int((image * image).sum()), (small.scale * column.scale) ** 2) / square
    return min(quotient, upper), upper


def closeness(square: Fraction | float) -> Fraction:
    """1/r^2 of a squared radius, 0 for an infinite one. Raises `MissingPart` for the radius 0."""
    if square == 0:
        raise MissingPart("a radius is 0 here: the point lies on the boundary")
    return Fraction(0) if square == math.inf else 1 / Fraction(square)
