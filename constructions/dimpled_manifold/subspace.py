"""The subspace P of a network: its rank, its orthogonal projector in rationals, orthonormal bases in floats."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np

from constructions.dimpled_manifold.instance import NetworkInstance
from constructions.instance import InvalidInstance, floats_of, fractions_of

RANK_GAP = 1e-10
"""Singular values below this share of the largest count as zero where a rank is read off floats."""


def independent_rows(rows: Any) -> np.ndarray:
    """Rows of an exact table (k, d) that span its row space, each independent of those before it, as fractions (r, d).

    Echelon form in rationals: meant for tables of at most some hundred rows.
    """
    exact = fractions_of(rows)
    chosen: list[np.ndarray] = []
    reduced: list[np.ndarray] = []
    pivots: list[int] = []
    for row in exact:
        rest = row.copy()
        for other, pivot in zip(reduced, pivots, strict=True):
            if rest[pivot]:
                rest = rest - other * rest[pivot]
        support = [j for j, entry in enumerate(rest) if entry]
        if support:
            chosen.append(row)
            pivots.append(support[0])
            reduced.append(rest / rest[support[0]])
    return np.array(chosen, dtype=object).reshape(len(chosen), exact.shape[1])


def plane_rows(instance: NetworkInstance) -> np.ndarray:
    """Independent rows that span P, as fractions (p, d).

    Raises `InvalidInstance` where the rows of a given basis are dependent, or no point is off the origin.
    """
    d = instance.dimension
    if instance.codimension is not None:
        p = d - int(instance.codimension)
        identity = np.full((p, d), Fraction(0), dtype=object)
        identity[range(p), range(p)] = Fraction(1)
        return identity
    if instance.basis is not None:
        rows = independent_rows(instance.basis)
        if len(rows) < len(instance.basis):
            raise InvalidInstance(f"the {len(instance.basis)} rows of the basis span only {len(rows)} dimensions")
        return rows
    return independent_rows(instance.points)


def projector(rows: np.ndarray) -> np.ndarray:
    """The orthogonal projector onto the span of independent rows (p, d), fractions (d, d)."""
    d = rows.shape[1]
    found = np.full((d, d), Fraction(0), dtype=object)
    orthogonal: list[tuple[np.ndarray, Fraction]] = []
    for row in rows:
        rest = row
        for other, square in orthogonal:
            rest = rest - other * ((row * other).sum() / square)
        square = (rest * rest).sum()
        orthogonal.append((rest, square))
        found = found + np.outer(rest, rest) / square
    return found


def orthonormal(instance: NetworkInstance) -> tuple[np.ndarray, np.ndarray]:
    """Orthonormal bases in float64: of P as columns (d, p), of its orthogonal complement as columns (d, l)."""
    d = instance.dimension
    if instance.codimension is not None:
        p = d - int(instance.codimension)
        identity = np.eye(d)
        return identity[:, :p], identity[:, p:]
    return split_space(floats_of(instance.points if instance.basis is None else instance.basis))


def split_space(rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Orthonormal bases of the row space of a float table (k, d) and of its complement: (d, p) and (d, d - p).

    The rank is read off the singular values with `RANK_GAP`.
    """
    _, values, right = np.linalg.svd(np.asarray(rows, dtype=np.float64), full_matrices=True)
    rank = int((values > RANK_GAP * max(values.max(initial=0.0), np.finfo(float).tiny)).sum())
    return right[:rank].T, right[rank:].T
