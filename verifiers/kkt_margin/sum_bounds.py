"""Bounds on the neuron sums A of every KKT point of a dataset, from its Gram matrix alone (step 1 of `all_points`).

``A_i^s = sum over neurons j of sign s of v_j^2 lambda_i sigma'_ij``; own_i = A_i^{y_i}, cross_i = A_i^{-y_i}. At every
KKT point (own, cross) <= T (own, cross) + b with a nonnegative T built from the signed Gram matrix. A rational vector
a > 0 with ``(I - T) a >= b`` and > 0 in every row proves that T has spectral radius below 1 and (own, cross) <= a.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any

import numpy as np

from constructions.instance import InvalidInstance, fractions_of
from verifiers import arithmetic

INFLATION = 1e-9
"""Relative enlargement of T and b, which makes every row of the rational check strict."""
SMALLEST = Fraction(1, 2**400)
"""Squared norms between this and its reciprocal are accepted; the float programs then cannot overflow."""


@dataclass(frozen=True, eq=False)
class MarginData:
    """Exact data as integers over one denominator: signed lifted and raw Gram matrices and h, each divided by it."""

    labels: np.ndarray
    bias: bool
    denominator: int
    lifted: np.ndarray
    raw: np.ndarray

    @classmethod
    def from_gram(cls, gram: Any, labels: Any, bias: bool) -> MarginData:
        """Read a raw Gram matrix (float64 taken as the dyadic rationals they are, int, Fraction) and +-1 labels.

        Raises `InvalidInstance` on NaN, wrong shapes, asymmetry, labels other than +-1 or a sample of norm zero.
        """
        gram, labels = np.asarray(gram), np.asarray(labels)
        n = labels.size
        if labels.shape != (n,) or n == 0 or not all(label in (1, -1) for label in labels.tolist()):
            raise InvalidInstance("labels must be a vector of +1 and -1")
        if gram.shape != (n, n):
            raise InvalidInstance(f"gram has shape {gram.shape}; {n} labels need ({n}, {n})")
        try:
            exact = fractions_of(gram)
        except (ValueError, OverflowError, TypeError) as error:
            raise InvalidInstance(f"gram has an entry that is not a finite number: {error}") from None
        if not np.array_equal(exact, exact.T):
            raise InvalidInstance("gram is not symmetric")
        denominator = math.lcm(*(entry.denominator for entry in exact.flat))
        entries = [entry.numerator * (denominator // entry.denominator) for entry in exact.flat]
        signs = np.outer(labels, labels).astype(np.int64).astype(object)
        raw = np.array(entries, dtype=object).reshape(n, n) * signs
        lifted = raw + (denominator * signs if bias else 0)
        for i in range(n):
            norm = Fraction(lifted[i, i], denominator)
            if not SMALLEST <= norm <= 1 / SMALLEST:
                raise InvalidInstance(f"sample {i} has lifted squared norm {arithmetic.nearest(norm):.3g}; it must be "
                                      "positive and of a size that floats can hold")
        return cls(labels.astype(np.int64), bool(bias), denominator, lifted, raw)

    @property
    def size(self) -> int:
        return self.labels.size

    @property
    def gram(self) -> np.ndarray:
        """Raw Gram matrix in Fractions (n, n)."""
        signed = self.raw * np.outer(self.labels, self.labels)
        return np.array([Fraction(v, self.denominator) for v in signed.flat], dtype=object).reshape(signed.shape)

    @cached_property
    def same(self) -> np.ndarray:
        """Mask of pairs with equal labels (n, n)."""
        return np.equal.outer(self.labels, self.labels)

    @cached_property
    def direction(self) -> np.ndarray:
        """h_l times the denominator, for u = sum_l y_l x_l."""
        return self.raw.sum(axis=1)

    @cached_property
    def monotone(self) -> bool:
        """All h_l >= 0: moving along u lowers y_i N for every sample and every KKT point."""
        return all(entry >= 0 for entry in self.direction)

    def columns(self, same: np.ndarray, other: np.ndarray) -> np.ndarray:
        """Coefficients on A_l^{y_i} and on A_l^{-y_i} (n, n) laid out over (own, cross), shape (n, 2n)."""
        return np.hstack([np.where(self.same, same, other), np.where(self.same, other, same)])

    @cached_property
    def rows(self) -> np.ndarray:
        """Matrix of (U), (L), (L'), (X) as ``rows @ A <= (1, -1, -1, 0)``, times the denominator, (4n, 2n)."""
        signed = self.lifted
        positive, negative = np.maximum(signed, 0), np.maximum(-signed, 0)
        zero, diagonal = np.zeros_like(signed), np.diag(np.diag(signed))
        return np.vstack([
            self.columns(signed, -negative), self.columns(-positive, zero),
            self.columns(-positive, -signed), self.columns(zero, diagonal - negative),
        ])

    @cached_property
    def sides(self) -> np.ndarray:
        """Right-hand sides of `rows` (4n,)."""
        return np.repeat(np.array([1, -1, -1, 0]), self.size)

    def objectives(self, t: Fraction) -> np.ndarray:
        """Coefficients of (F) for every sample (n, 2n), times the denominator and the denominator of t."""
        tilted = self.lifted * t.denominator - t.numerator * self.direction
        return self.columns(np.maximum(tilted, 0), tilted)


@dataclass(frozen=True, eq=False)
class SumBounds:
    """Bounds on own_i = A_i^{y_i} and cross_i = A_i^{-y_i} valid at every KKT point.

    `upper` (own then cross, 2n) is empty when there is no proof; `reason` then says why. `own_lower` is negative where
    nothing is proved; cross_i >= 0 is all that holds below.
    """

    spectral_radius: float
    upper: tuple[Fraction, ...]
    own_lower: tuple[Fraction, ...]
    reason: str

    @property
    def proved(self) -> bool:
        return bool(self.upper)

    @property
    def support_proved(self) -> tuple[bool, ...]:
        """Samples that are support vectors of every KKT point."""
        return tuple(lower > 0 for lower in self.own_lower)

    @property
    def total(self) -> tuple[Fraction, ...]:
        """Upper bounds on own_i + cross_i: how much sample i can contribute to an input gradient."""
        half = len(self.upper) // 2
        return tuple(own + cross for own, cross in zip(self.upper[:half], self.upper[half:], strict=True))


def sum_bounds(data: MarginData) -> SumBounds:
    """The bound with its rational check; `SumBounds.reason` where there is none."""
    n, scale = data.size, data.denominator
    negative = np.maximum(-data.lifted, 0)
    squared = np.concatenate([np.diag(data.lifted)] * 2)
    transfer = np.vstack([data.columns(negative, negative), data.columns(np.zeros_like(negative), negative)])
    matrix = np.array(transfer / squared[:, None], dtype=np.float64)
    radius = float(np.abs(np.linalg.eigvals(matrix)).max())
    if not radius * (1 + 2 * INFLATION) < 1:
        return SumBounds(radius, (), (), f"the spectral radius {radius:.6g} of the transfer matrix is not below 1")
    norms = np.array(squared / scale, dtype=np.float64)
    source = np.concatenate([np.ones(n), np.full(n, INFLATION)]) / norms
    solution = _strict_supersolution(matrix, source, np.sqrt(norms))
    bits = max(0, math.ceil(math.log2(float(norms.max()) / INFLATION))) + 10
    upper = np.array([math.ceil(Fraction(value) * 2**bits) for value in solution.tolist()], dtype=object)
    slack = squared * upper - transfer @ upper
    if not (all(upper > 0) and all(slack[:n] >= scale << bits) and all(slack[n:] > 0)):
        return SumBounds(radius, (), (), f"the rational check of the bound failed (spectral radius {radius:.9g})")
    positive = np.maximum(data.lifted, 0)
    np.fill_diagonal(positive, 0)
    lower = (scale << bits) - data.columns(positive, np.zeros_like(positive)) @ upper
    return SumBounds(
        radius, tuple(Fraction(value, 2**bits) for value in upper),
        tuple(Fraction(a, g << bits) for a, g in zip(lower, squared[:n], strict=True)), "",
    )


def _strict_supersolution(matrix: np.ndarray, source: np.ndarray, units: np.ndarray) -> np.ndarray:
    """Float a with ``(I - T) a`` above the source in every row, by a share of the largest term of that row.

    Entries are measured in 1 / `units`, and the solution is refined twice: rounding stays small row by row even where
    the norms of the samples differ by many orders of magnitude.
    """
    scaled = np.eye(len(source)) - (1 + INFLATION) * matrix * units[:, None] / units
    right = (1 + INFLATION) * source * units
    solution = np.linalg.solve(scaled, right)
    for _ in range(2):
        solution += np.linalg.solve(scaled, right - scaled @ solution)
    return solution / units
