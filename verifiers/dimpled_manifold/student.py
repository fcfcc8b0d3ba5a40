"""Ridge regression in rationals: the student of moved and mislabelled points, and the one of the clean points."""

from __future__ import annotations

from fractions import Fraction
from functools import cached_property

import numpy as np

from constructions.dimpled_manifold import MislabelledInstance, number_of
from constructions.instance import fractions_of
from verifiers import arithmetic
from verifiers.errors import MissingPart


def solved(matrix: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Exact solution of a square system, fractions. Raises `MissingPart` where the matrix is singular."""
    from flint import fmpq_mat

    n = len(matrix)
    left = fmpq_mat(n, n, list(arithmetic.rationals(matrix).reshape(-1)))
    try:
        found = left.solve(fmpq_mat(n, 1, list(arithmetic.rationals(right))))
    except ZeroDivisionError:
        raise MissingPart("X X^T + lambda I is singular: give a positive ridge, or X of full row rank") from None
    return arithmetic.fractions(np.array(found.entries(), dtype=object))


class StudentSubject:
    """f'(x) = k(x)^T (K' + lambda)^-1 (-y) and the clean f(x) = k(x)^T (K + lambda)^-1 y at the test points."""

    def __init__(self, instance: MislabelledInstance) -> None:
        self.instance = instance

    @cached_property
    def points(self) -> np.ndarray:
        return fractions_of(self.instance.points)

    @cached_property
    def labels(self) -> np.ndarray:
        return np.array([Fraction(int(y)) for y in self.instance.labels], dtype=object)

    @cached_property
    def epsilon(self) -> Fraction:
        return number_of(self.instance.epsilon)

    @cached_property
    def clean_gram(self) -> np.ndarray:
        """X X^T + lambda I."""
        ridge = number_of(self.instance.ridge)
        gram = self.points @ self.points.T
        for i in range(len(gram)):
            gram[i, i] = gram[i, i] + ridge
        return gram

    @cached_property
    def shifts(self) -> np.ndarray:
        """z_j in coordinates orthogonal to P, (n, l)."""
        if self.instance.shifts is not None:
            return fractions_of(self.instance.shifts)
        return (-self.epsilon * self.labels)[:, None]

    @cached_property
    def student(self) -> np.ndarray:
        """f' at the test points: fitted to (x_j + z_j, -y_j) in the full space."""
        weights = solved(self.clean_gram + self.shifts @ self.shifts.T, -self.labels)
        found: np.ndarray = fractions_of(self.instance.tests) @ (self.points.T @ weights)
        return found

    @cached_property
    def clean(self) -> np.ndarray:
        """f at the test points."""
        found: np.ndarray = fractions_of(self.instance.tests) @ (self.points.T @ solved(self.clean_gram, self.labels))
        return found

    @cached_property
    def reversal(self) -> Fraction:
        """1 + eps^2 y^T A^-1 y, for the shifts -eps y_j."""
        if self.instance.shifts is not None:
            raise MissingPart("the factor is known for shifts -eps y_j along one direction only")
        return 1 + self.epsilon**2 * (self.labels * solved(self.clean_gram, self.labels)).sum()
