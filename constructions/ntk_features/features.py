"""Features of a kernel predictor: its parts along the eigenspaces of the kernel, the largest eigenvalue first.

f^(c)(x) = K(x, X) a_c with a_c = P_c y / lam_c, P_c the projector on the eigenspace. Only eigenspaces have a meaning:
eigenvectors of equal or nearly equal eigenvalues are one cluster.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.linalg import eigh

GAP = 1e-6
"""Relative gap below which neighbouring eigenvalues belong to one cluster."""


@dataclass(frozen=True, eq=False)
class Features:
    """One column per cluster, the largest eigenvalue first.

    eigenvalues (c,): means over the clusters. sizes (c,). coefficients (n, c): f^(c) = K(., X) coefficients[:, c].
    parts (n, c): P_c y, the values at the training points. norms_sq (c,): |f^(c)|_H^2 = |P_c y|^2/lam_c.
    vectors (n, n): eigenvectors, in the order of the clusters.
    """

    eigenvalues: np.ndarray
    sizes: np.ndarray
    coefficients: np.ndarray
    parts: np.ndarray
    norms_sq: np.ndarray
    vectors: np.ndarray

    @property
    def radii(self) -> np.ndarray:
        """sqrt(lam_c) |(P_c y)_j|/|P_c y|: within this kernel distance of x_j the sign of f^(c) is constant, (n, c)."""
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.abs(self.parts) / np.sqrt(self.norms_sq)

    @property
    def shares(self) -> np.ndarray:
        """|P_c y|^2/|y|^2: the energy of the labels in each cluster, (c,)."""
        energy = np.einsum("nc,nc->c", self.parts, self.parts)
        return np.asarray(energy / energy.sum())

    def truncated(self, count: int) -> np.ndarray:
        """Coefficients (n,) of the sum of the first `count` features."""
        return np.asarray(self.coefficients[:, :count].sum(axis=1))


def features(kernel: np.ndarray, labels: np.ndarray, gap: float = GAP) -> Features:
    """The features of a symmetric kernel (n, n) and labels (n,). Raises `LinAlgError` if an eigenvalue is not positive.

    Eigenvalues that are equal up to the relative `gap` to their neighbours are one cluster.
    """
    values, vectors = eigh(kernel)
    values, vectors = values[::-1], vectors[:, ::-1]
    if not values[-1] > 0:
        raise np.linalg.LinAlgError(
            f"the least eigenvalue of the kernel is {values[-1]:.3g}, not positive: two points are parallel or equal; "
            "remove one of them, or add a ridge"
        )
    starts = np.concatenate([[True], values[:-1] - values[1:] > gap * values[:-1]])
    owner = np.cumsum(starts) - 1
    count = int(owner[-1]) + 1
    sizes = np.bincount(owner, minlength=count)
    means = np.bincount(owner, weights=values, minlength=count) / sizes
    inner = vectors.T @ labels
    parts, coefficients = np.zeros((len(values), count)), np.zeros((len(values), count))
    for cluster in range(count):
        own = owner == cluster
        parts[:, cluster] = vectors[:, own] @ inner[own]
        coefficients[:, cluster] = vectors[:, own] @ (inner[own] / values[own])
    norms_sq = np.einsum("nc,nc->c", parts, coefficients)
    return Features(means, sizes, coefficients, parts, norms_sq, vectors)
