"""The data side of a kkt_margin instance: Gram matrices and the numbers the theorems are stated in.

Notation (Vardi, Yehudai, Shamir 2022, with uneven norms): x~ = (x, 1) with bias, x without; K0 the raw and G the
lifted Gram matrix; R_il = y_i y_l G_il; u = sum_l y_l x_l; h_l = y_l <x_l, u>.
"""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np

from constructions.kkt_margin.instance import MarginInstance
from verifiers import arithmetic
from verifiers.errors import MissingPart, NoCertificate


class Data:
    """Exact and float views of the data of one instance. Object arrays hold flint rationals."""

    def __init__(self, instance: MarginInstance) -> None:
        self.instance = instance
        self.n = instance.size
        self.labels = instance.labels
        self.bias = bool(instance.bias)
        self.dimension = int(instance.dimension)

    @cached_property
    def raw_gram(self) -> np.ndarray:
        """K0 exactly (n, n). A Gram matrix given without points must be realisable, which is checked here."""
        gram = arithmetic.rationals(self.instance.exact_gram())
        if self.instance.points is None:
            require_positive_semidefinite(gram, self.instance.short_digest)
        return gram

    @cached_property
    def gram(self) -> np.ndarray:
        """G = K0 + 1 with bias, K0 without, exactly (n, n)."""
        return self.raw_gram + (1 if self.bias else 0)

    @cached_property
    def correlation(self) -> np.ndarray:
        """R_il = y_i y_l G_il exactly (n, n)."""
        return self.gram * np.outer(self.labels, self.labels)

    @cached_property
    def direction_products(self) -> np.ndarray:
        """h_l = y_l <x_l, u> exactly (n,)."""
        return (self.raw_gram @ self.labels) * self.labels

    @cached_property
    def float_gram(self) -> np.ndarray:
        return arithmetic.nearest(self.gram)

    def off_diagonal_maximum(self, gram: np.ndarray) -> Any:
        """max over i != l of |gram_il|, exactly; 0 for a single sample."""
        if self.n == 1:
            return arithmetic.rational(0)
        return max(abs(gram[i, j]) for i in range(self.n) for j in range(i))

    @cached_property
    def p(self) -> Any:
        return self.off_diagonal_maximum(self.raw_gram)

    @cached_property
    def q(self) -> Any:
        return self.off_diagonal_maximum(self.gram)

    @cached_property
    def least_square_norm(self) -> Any:
        """L = min |x~_i|^2."""
        return min(self.gram.diagonal())

    @cached_property
    def greatest_square_norm(self) -> Any:
        """U = max |x~_i|^2."""
        return max(self.gram.diagonal())

    @cached_property
    def delta(self) -> Any:
        """Delta = min |x_i|^2 - p (n - 1), a lower bound of every h_l."""
        return min(self.raw_gram.diagonal()) - self.p * (self.n - 1)

    @cached_property
    def opposite_counts(self) -> np.ndarray:
        """Number of samples of the opposite class, per sample (n,)."""
        positives = int(np.sum(self.labels > 0))
        return np.where(self.labels > 0, self.n - positives, positives)

    @cached_property
    def class_balance(self) -> Any:
        """c = min(n_+, n_-) / n."""
        return arithmetic.rational(int(self.opposite_counts.min() if self.opposite_counts.size else 0)) / self.n

    def clusters(self) -> np.ndarray:
        if self.instance.clusters is None:
            raise MissingPart("this statement is about clustered data, and the instance names no clusters")
        return self.instance.clusters


def require_positive_semidefinite(gram: np.ndarray, digest: str) -> None:
    """Exact LDL^T: raise `NoCertificate` unless the rational symmetric matrix is positive semidefinite."""
    work = np.array(gram, dtype=object)
    for pivot in range(work.shape[0]):
        diagonal = work[pivot, pivot]
        column = work[pivot + 1 :, pivot]
        if diagonal < 0 or (diagonal == 0 and any(entry != 0 for entry in column)):
            raise NoCertificate(
                f"instance {digest}: the Gram matrix is not positive semidefinite (pivot {pivot} is "
                f"{float(arithmetic.to_fraction(diagonal)):.3g}), so no points realise it"
            )
        if diagonal != 0 and column.size:
            work[pivot + 1 :, pivot + 1 :] -= np.outer(column, column) / diagonal
