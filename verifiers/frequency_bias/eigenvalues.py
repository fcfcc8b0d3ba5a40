"""Largest eigenvalues of symmetric matrices from both sides: a Rayleigh quotient below, a positive definite gap above.

Everything that decides is ball arithmetic. To prove t I - A >= 0, an approximate Cholesky factor L of (t - s) I - A is
computed, rounding as it comes, and t I - A - L L^T, close to s I, is shown to be diagonally dominant: no ball is ever
divided or subtracted twice, so that precision is not lost on ill-conditioned matrices.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from verifiers import arithmetic, tolerances
from verifiers.errors import NoCertificate

Ball = Any
Rows = Sequence[Sequence[Ball]]

GAP_BITS = 64
"""The upper bound lies above the lower one by 2^-GAP_BITS of the distance of the lower one from `ceiling`."""


def ball(value: Any) -> Ball:
    """One ball around an exact number or a float."""
    return arithmetic.balls(value)[()]


@dataclass(frozen=True)
class Top:
    """Largest eigenvalue: lower and upper as exact dyadic balls, and the vector whose quotient is the lower bound.

    `short` encloses ceiling - eigenvalue; it keeps its relative accuracy where the eigenvalue comes close to the
    ceiling.
    """

    lower: Ball
    upper: Ball
    short: Ball
    vector: tuple[Ball, ...]

    @property
    def value(self) -> Ball:
        """One ball around lower..upper."""
        return self.lower.union(self.upper)


def toeplitz(column: Sequence[Any]) -> list[list[Any]]:
    """The symmetric Toeplitz matrix of a first column."""
    return [[column[abs(i - j)] for j in range(len(column))] for i in range(len(column))]


def rounded_factor(rows: Rows) -> list[list[Ball]] | None:
    """Lower rows of an approximate Cholesky factor, midpoints only; None where a pivot is not positive."""
    factor: list[list[Ball]] = []
    for i, row in enumerate(rows):
        own: list[Ball] = []
        for j in range(i + 1):
            other = own if j == i else factor[j]
            rest = row[j]
            for a, b in zip(own[:j], other[:j], strict=True):
                rest = rest - a * b
            rest = rest.mid()
            if j < i:
                own.append((rest / factor[j][j]).mid())
            elif rest > 0:
                own.append(rest.sqrt().mid())
            else:
                return None
        factor.append(own)
    return factor


def dominates(rows: Rows, factor: list[list[Ball]]) -> bool:
    """Whether rows - L L^T is certainly diagonally dominant with a nonnegative diagonal, hence the matrix >= 0."""
    import flint

    count = len(rows)
    lower = flint.arb_mat([[*row, *([0] * (count - len(row)))] for row in factor])
    rest = (flint.arb_mat([list(row) for row in rows]) - lower * lower.transpose()).tolist()
    return all(row[i] >= sum((abs(x) for j, x in enumerate(row) if j != i), ball(0))
               for i, row in enumerate(rest))  # fmt: skip


def bounded_above(rows: Rows, bound: Ball, spare: Ball) -> bool:
    """True if the largest eigenvalue is proved to be at most `bound`; `spare` is what the factor may leave over."""

    def shifted(by: Ball) -> list[list[Ball]]:
        return [[by - x if i == j else -x for j, x in enumerate(row)] for i, row in enumerate(rows)]

    factor = rounded_factor(shifted(bound - spare))
    return factor is not None and dominates(shifted(bound), factor)


def times(rows: Rows, vector: Sequence[Ball]) -> list[Ball]:
    """A x."""
    return [sum((a * x for a, x in zip(row[1:], vector[1:], strict=True)), row[0] * vector[0]) for row in rows]


def largest(matrix: Callable[[int], Rows], propose: Callable[[int], Sequence[Ball]], ceiling: Any = 1) -> Top:
    """The largest eigenvalue of a symmetric matrix with spectrum below `ceiling`.

    `matrix(bits)` encloses it, `propose(bits)` is an approximate top eigenvector; both are asked again with more bits
    until the bounds meet to 2^-GAP_BITS. Raises `NoCertificate` if they do not.
    """
    bits = 2 * tolerances.BALL_PRECISION
    while bits <= tolerances.BALL_PRECISION_LIMIT:
        with arithmetic.precision(bits):
            found = _largest(matrix(bits), propose(bits), ball(ceiling))
            if found is not None:
                return found
        bits *= 2
    raise NoCertificate("the largest eigenvalue could not be enclosed: the vector found is not close to the top one")


def _largest(rows: Rows, vector: Sequence[Ball], ceiling: Ball) -> Top | None:
    image, size = times(rows, vector), sum((x * x for x in vector), ball(0))
    short = sum((x * (ceiling * x - y) for x, y in zip(vector, image, strict=True)), ball(0)) / size
    if not short > 0 or short.rel_accuracy_bits() < 2 * GAP_BITS:
        return None
    spare = short * ball(2.0 ** -(GAP_BITS + 1))
    low, high = (ceiling - short).lower(), (ceiling - short + 2 * spare).upper()
    if not bounded_above(rows, high, spare):
        return None
    return Top(low, high, short.union(short - 2 * spare), tuple(vector))
