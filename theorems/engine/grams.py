"""Sums of squares as multipliers: a semidefinite program, rounded to rationals and split into squares exactly.

Every product of hypotheses gets a Gram matrix over a small basis of monomials; products with the negated conclusion get
numbers. The solver's matrices are rounded, the identity is restored by an exact linear solve, and an exact LDL^T
decides whether each rounded matrix is still positive semidefinite and writes it as a sum of weighted squares.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np

from theorems.engine.polynomials import Monomial, Polynomial, Refutation, Term, degree, monomials, multiply

if TYPE_CHECKING:
    from theorems.engine.positivstellensatz import Search

BASIS = 21
"""Products whose Gram matrix would be larger get a number as multiplier."""

UNKNOWNS = 700
"""Semidefinite programs with more unknowns are not tried."""

SIZE = 1000
"""Bound on the traces when a solution far inside the cone is sought."""


def squares(matrix: Sequence[Sequence[Fraction]]) -> list[tuple[Fraction, list[Fraction]]] | None:
    """Weights d > 0 and vectors v with ``matrix = sum d v v^T``, or None if it is not positive semidefinite."""
    work = [list(row) for row in matrix]
    found = []
    for k in range(len(work)):
        pivot = work[k][k]
        if pivot < 0 or (pivot == 0 and any(work[k])):
            return None
        if pivot > 0:
            vector = [value / pivot for value in work[k]]
            found.append((pivot, vector))
            work = [[x - pivot * vector[i] * v for x, v in zip(row, vector, strict=True)] for i, row in enumerate(work)]
    return found


@dataclass(frozen=True)
class _Block:
    """A Gram matrix: the product it multiplies and its basis of monomials; unknowns are its lower triangle by rows."""

    factors: tuple[int, ...]
    basis: tuple[Monomial, ...]
    values: tuple[Polynomial, ...]

    @staticmethod
    def of(factors: tuple[int, ...], product: Polynomial, basis: Sequence[Monomial]) -> _Block:
        values = []
        for i, a in enumerate(basis):
            for j, b in enumerate(basis[: i + 1]):
                values.append(multiply({tuple(map(int.__add__, a, b)): Fraction(1 if i == j else 2)}, product))
        return _Block(factors, tuple(basis), tuple(values))

    def term(self, entries: Sequence[Fraction]) -> Term | None:
        """The term for exact entries; None if the matrix is not positive semidefinite."""
        table = [[Fraction(0)] * len(self.basis) for _ in self.basis]
        order = iter(entries)
        for i in range(len(self.basis)):
            for j in range(i + 1):
                table[i][j] = table[j][i] = next(order)
        split = squares(table)
        if split is None:
            return None
        return Term(self.factors, tuple((d, {m: v for m, v in zip(self.basis, vector, strict=True) if v})
                                        for d, vector in split))


def _solve(matrix: list[list[Fraction]], numbers: int, blocks: Sequence[_Block], inward: bool) -> np.ndarray | None:
    """Approximate unknowns (numbers >= 0, free numbers, triangles): far inside the cone, or of least trace."""
    import cvxpy

    triangles = [len(block.values) for block in blocks]
    table = np.array([[float(v) for v in row] for row in matrix])
    unknowns = cvxpy.Variable(table.shape[1] - 1)
    depth = cvxpy.Variable()
    constraints = [table[:, :-1] @ unknowns == table[:, -1], depth >= 0, depth <= 1]
    size: Any = 0
    if numbers:
        constraints.append(unknowns[:numbers] >= 0)
        size = cvxpy.sum(unknowns[:numbers])
    start = table.shape[1] - 1 - sum(triangles)
    for block, length in zip(blocks, triangles, strict=True):
        k = len(block.basis)
        rows, columns = np.tril_indices(k)
        gram = cvxpy.Variable((k, k), PSD=True)
        entries = cvxpy.reshape(gram, (k * k,), order="C")[rows * k + columns]
        diagonal = (rows == columns).astype(float)
        constraints.append(unknowns[start:start + length] == entries + (depth * diagonal if inward else 0))
        size = size + cvxpy.sum(cvxpy.multiply(diagonal, unknowns[start:start + length]))
        start += length
    if inward:
        constraints.append(size <= SIZE)
    problem = cvxpy.Problem(cvxpy.Maximize(depth) if inward else cvxpy.Minimize(size), constraints)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            problem.solve(solver=cvxpy.CLARABEL)
        except cvxpy.error.SolverError:
            return None
    return None if unknowns.value is None else np.asarray(unknowns.value)


def gram_refutation(search: Search, factors: int, up_to: int) -> Refutation | None:
    """A verified refutation with sums of squares as multipliers of products of at most so many factors, or None."""
    from theorems.engine.positivstellensatz import identity_matrix, solve_near

    last, count = len(search.inequalities) - 1, len(search.variables)
    scalars, blocks = [], []
    for chosen, product in search.products(factors, up_to):
        basis = list(monomials(count, (up_to - degree(product)) // 2))
        gram = last not in chosen and 1 < len(basis) <= BASIS
        if gram:
            blocks.append(_Block.of(chosen, product, basis))
        if not gram or all(search.inequalities[i][1] for i in chosen):
            scalars.append((chosen, product))
    numbers = list(search.scalar_columns(scalars))
    columns = [*numbers, *search.equation_columns(up_to)]
    values = [c.value for c in columns] + [value for block in blocks for value in block.values]
    if not blocks or len(values) > UNKNOWNS:
        return None
    matrix = identity_matrix(values, [c.strict for c in columns] + [False] * (len(values) - len(columns)))
    for inward in (True, False):
        near = _solve(matrix, len(numbers), blocks, inward)
        if near is None:
            continue
        for exact in solve_near(matrix, near.tolist()):
            rest, terms = exact[len(columns):], []
            for block in blocks:
                terms.append(block.term(rest[:len(block.values)]))
                rest = rest[len(block.values):]
            if None not in terms:
                proof = search.collect(columns, exact[:len(columns)], [t for t in terms if t is not None and t.squares])
                if proof.verify():
                    return proof
    return None
