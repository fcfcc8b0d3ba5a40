"""Eigenvalues and eigenspaces of a symmetric matrix of balls, enclosed by the residual of a float decomposition.

With V float and D diagonal let R = K V - V D, E = V^T V - I, e = |E|_F < 1/2. The orthogonal polar factor Q of V has
|V - Q| <= e, so |Q^T K Q - D| <= |R|_F + e (|K|_F + max |d|) = rho. Hence |lam_i - d_i| <= rho in order (Weyl), and if
the eigenvalues outside a cluster stay g away from its d's, its projector differs from Q_c Q_c^T by at most rho/g
(Davis and Kahan), and from V_c V_c^T by at most rho/g + (2 + e) e.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.linalg import eigh

from constructions.ntk_features.features import GAP
from verifiers.arithmetic import _flint, balls, lower_bounds, nearest, upper_bounds
from verifiers.errors import NoCertificate

REFINED = 40
"""Points up to which float eigenvectors are refined: each step is a few products of matrices of balls."""


@dataclass(frozen=True)
class Spectrum:
    """Clusters of eigenvalues, the largest first: (c, 2) balls of the smallest and largest eigenvalue of each, sizes,
    and a ball vector (n,) of P_c y for each.
    """

    values: list[Any]
    clusters: list[list[int]]
    parts: list[np.ndarray]
    error: Any


def frobenius(matrix: np.ndarray) -> Any:
    """Ball of the Frobenius norm of an object array."""
    return sum((entry * entry for entry in matrix.flat), _flint().arb(0)).nonnegative_part().sqrt()


def upper(value: Any) -> Any:
    """The upper end of a ball, as a ball of radius 0. Raises `NoCertificate` if it is not finite."""
    if not value.is_finite():
        raise NoCertificate("a bound is not finite: the kernel is too close to singular for this precision")
    return value.upper()


def spectrum(kernel: np.ndarray, labels: np.ndarray, gap: float = GAP) -> Spectrum:
    """Eigenvalues of a symmetric object array of balls (n, n) and the projections of `labels` (n,) on its eigenspaces.

    Raises `NoCertificate` if clusters are too close to be told apart.
    """
    arb = _flint().arb
    floats = nearest(kernel)
    values, vectors = eigh((floats + floats.T) / 2)
    values, vectors = values[::-1].copy(), vectors[:, ::-1].copy()
    count = len(values)
    v, d = _refined(kernel, balls(vectors), gap) if count <= REFINED else (balls(vectors), balls(values))
    orthogonal = frobenius(v.T @ v - balls(np.eye(count, dtype=np.int64)))
    residual = frobenius(kernel @ v - v * d[None, :])
    e = upper(orthogonal)
    if not 2 * e < 1:
        raise NoCertificate("the float eigenvectors are not orthogonal; the kernel may be badly scaled")
    rho = upper(residual + e * (frobenius(kernel) + frobenius(d)))
    clusters: list[list[int]] = [[0]]
    for i in range(1, count):
        if values[i - 1] - values[i] > gap * abs(values[i - 1]):
            clusters.append([])
        clusters[-1].append(i)
    error = _flint().arb(0, 1) * rho
    length = sum((entry * entry for entry in labels), arb(0)).sqrt()
    parts = []
    for own in clusters:
        outside = [d[k] for k in range(count) if k not in own]
        distances = [abs(d[i] - other) for i in own for other in outside]
        least = None
        for distance in distances:
            least = distance if least is None else least.min(distance)
        eta = (2 + e) * e
        if least is not None:
            room = least - rho
            if not room > 0:
                raise NoCertificate("two clusters of eigenvalues are closer than the rounding of their enclosures")
            eta = eta + rho / room
        inner = v[:, own].T @ labels
        parts.append(v[:, own] @ inner + arb(0, 1) * upper(eta * length))
    return Spectrum([entry + error for entry in d], clusters, parts, rho)


def _refined(kernel: np.ndarray, v: np.ndarray, gap: float) -> tuple[np.ndarray, np.ndarray]:
    """Two steps of the refinement of Ogita and Aishima (2018) on the middles of balls: a better V and D, unproved."""
    middles, identity = _middle(kernel), balls(np.eye(len(v), dtype=np.int64))
    for _ in range(2):
        loss, inner = identity - v.T @ v, v.T @ middles @ v
        d = np.array([inner[i, i] / (1 - loss[i, i]) for i in range(len(v))], dtype=object)
        step = loss / 2
        for i, j in np.ndindex(*step.shape):
            if abs(d[i] - d[j]) > gap * abs(d[j]):
                step[i, j] = (inner[i, j] + d[j] * loss[i, j]) / (d[j] - d[i])
        v, d = _middle(v + v @ step), _middle(d)
    return v, d


_middle = np.frompyfunc(lambda ball: ball.mid(), 1, 1)


def positive_pivots(kernel: np.ndarray) -> list[Any]:
    """Pivots of the elimination of a symmetric object array, in balls: all positive iff it is positive definite."""
    work, pivots = [list(row) for row in kernel], []
    for k in range(len(work)):
        pivot = work[k][k]
        pivots.append(pivot)
        if k + 1 < len(work) and not (pivot > 0 or pivot < 0):
            pivots += [_flint().arb.nan()] * (len(work) - k - 1)
            break
        for i in range(k + 1, len(work)):
            factor = work[i][k] / pivot
            for j in range(k, len(work)):
                work[i][j] -= factor * work[k][j]
    return pivots


def bounds_of(entries: Any) -> tuple[np.ndarray, np.ndarray]:
    """float64 bounds, outward."""
    return lower_bounds(entries), upper_bounds(entries)
