"""Predictors of a kernel: fitted by ridge regression or stopped early, with exact input gradients and attacks on them.

K = V diag(lam) V^T throughout. A predictor is f(x) = sum_j alpha_j k(x, x_j); several columns of coefficients are
several predictors on the same points, which share every kernel evaluation.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
from scipy.linalg import cho_factor, cho_solve, eigh

from constructions.ntk_features.kernels import derivatives, kernels

Kind = Literal["ntk", "nngp"]
BATCH = 256
"""Queries whose gradients are computed at once."""


@dataclass(frozen=True)
class Architecture:
    """The kernel: depth (hidden layers), variances of weights and biases, divisor D of the inputs, and which kernel."""

    depth: int
    divisor: float
    weight_variance: float = 2.0
    bias_variance: float = 0.0
    kind: Kind = "ntk"

    @property
    def options(self) -> dict[str, Any]:
        """Keyword arguments of `kernels` and `diagonal`."""
        return {"depth": self.depth, "divisor": self.divisor, "weight_variance": self.weight_variance,
                "bias_variance": self.bias_variance}  # fmt: skip

    def kernel(self, first: np.ndarray, second: np.ndarray | None = None) -> np.ndarray:
        """The kernel (n, k) between two sets of points, or of one with itself."""
        return kernels(first, second, **self.options).of(self.kind)


@dataclass(frozen=True, eq=False)
class KernelPredictor:
    """f(x) = sum_j alpha_j k(x, x_j): points (n, d); coefficients (n,), or (n, c) for c predictors at once."""

    points: np.ndarray
    coefficients: np.ndarray
    architecture: Architecture

    def __call__(self, queries: np.ndarray) -> np.ndarray:
        """Values (m,) or (m, c)."""
        return self.architecture.kernel(queries, self.points) @ self.coefficients

    def gradient(self, queries: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Values (m,) and input gradients (m, d); with c columns values (m, c) and gradients (m, c, d)."""
        queries = np.asarray(queries, dtype=np.float64)
        single = self.coefficients.ndim == 1
        alpha = self.coefficients[:, None] if single else self.coefficients
        values = np.empty((len(queries), alpha.shape[1]))
        slopes = np.empty((*values.shape, queries.shape[1]))
        for start in range(0, len(queries), BATCH):
            part = slice(start, start + BATCH)
            k, by_s, by_r = derivatives(
                queries[part], self.points, kind=self.architecture.kind, **self.architecture.options
            )
            values[part] = k @ alpha
            along = 2 * (by_r @ alpha)
            for column in range(alpha.shape[1]):
                slopes[part, column] = (by_s * alpha[:, column]) @ self.points + queries[part] * along[:, column, None]
        return (values[:, 0], slopes[:, 0]) if single else (values, slopes)

    def column(self, index: int) -> KernelPredictor:
        """One of several predictors."""
        return replace(self, coefficients=np.ascontiguousarray(self.coefficients[:, index]))


def ridge(kernel: np.ndarray, targets: np.ndarray, amount: float = 0.0) -> np.ndarray:
    """(K + amount I)^(-1) y, by Cholesky; y (n,) or (n, c). Raises `LinAlgError` where K + amount I is not positive."""
    return np.asarray(cho_solve(cho_factor(kernel + amount * np.eye(len(kernel)), lower=True), targets))


def early_stopped(kernel: np.ndarray, targets: np.ndarray, time: float) -> np.ndarray:
    """Coefficients of gradient flow from 0 on |f - y|^2/2 at eta t = `time`: V (1 - e^(-lam t))/lam V^T y."""
    values, vectors = eigh(kernel)
    with np.errstate(divide="ignore", invalid="ignore"):
        factor = np.where(values * time > 1e-300, -np.expm1(-values * time) / values, time)
    return filtered(vectors, factor, targets)


def descended(
    kernel: np.ndarray, targets: np.ndarray, rate: float, steps: int, momentum: float = 0.0
) -> np.ndarray:  # fmt: skip
    """Coefficients of `steps` of gradient descent, or heavy ball, on |f - y|^2/2 from 0: time-matched to a lazy net.

    Per eigenvalue v <- momentum v + lam r, r <- r - rate v; what is left of y is r, so alpha = V (1 - r)/lam V^T y.
    """
    values, vectors = eigh(kernel)
    left, speed = np.ones_like(values), np.zeros_like(values)
    for _ in range(steps):
        speed = momentum * speed + values * left
        left = left - rate * speed
    with np.errstate(divide="ignore", invalid="ignore"):
        factor = np.where(np.abs(values) > 1e-14 * np.abs(values).max(), (1 - left) / values, 0.0)
    return filtered(vectors, factor, targets)


def filtered(vectors: np.ndarray, factor: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """V diag(factor) V^T y for y (n,) or (n, c)."""
    inner = vectors.T @ targets
    return np.asarray(vectors @ (factor * inner if targets.ndim == 1 else factor[:, None] * inner))


def fit(
    points: np.ndarray, targets: np.ndarray, architecture: Architecture, *, amount: float = 0.0,
    time: float | None = None,
) -> KernelPredictor:  # fmt: skip
    """The ridge predictor, or with `time` the early-stopped one, on points (n, d) and targets (n,) or (n, c)."""
    points, targets = np.asarray(points, dtype=np.float64), np.asarray(targets, dtype=np.float64)
    kernel = architecture.kernel(points)
    alpha = ridge(kernel, targets, amount) if time is None else early_stopped(kernel, targets, time)
    return KernelPredictor(points, alpha, architecture)


# ------------------------------------------------------------------ attacks

Norm = Literal["linf", "l2"]


def steepest(slopes: np.ndarray, norm: Norm) -> np.ndarray:
    """Directions of unit norm along which a linear form grows most, last axis d: sign(g), or g/|g|; 0 where g = 0."""
    if norm == "linf":
        return np.sign(slopes)
    length = np.linalg.norm(slopes, axis=-1, keepdims=True)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(length > 0, slopes / length, 0.0)


def one_step(
    predictor: KernelPredictor, queries: np.ndarray, labels: np.ndarray, radius: float, norm: Norm = "linf"
) -> np.ndarray:
    """The attacked points x - radius y steepest(grad f): best to first order. (m, d), or (m, c, d) for c predictors."""
    _, slopes = predictor.gradient(queries)
    signs = np.asarray(labels, dtype=np.float64).reshape(-1, *(1,) * (slopes.ndim - 1))
    points = queries if slopes.ndim == 2 else np.asarray(queries)[:, None]
    return np.asarray(points - radius * signs * steepest(slopes, norm))


def projected(
    predictor: KernelPredictor, queries: np.ndarray, labels: np.ndarray, radius: float, norm: Norm = "linf",
    *, steps: int = 20, size: float | None = None, clip: tuple[float, float] | None = None,
) -> np.ndarray:  # fmt: skip
    """Projected gradient descent on y f from the clean points, (m, d); step `size`, by default 2.5 radius/steps.

    The returned point of each query is the one of least y f among all iterates. `clip` keeps coordinates in a range.
    """
    queries = np.asarray(queries, dtype=np.float64)
    signs = np.asarray(labels, dtype=np.float64)
    size = 2.5 * radius / steps if size is None else size
    moved = np.zeros_like(queries)
    best, least = queries.copy(), np.full(len(queries), np.inf)
    for step in range(steps + 1):
        at = queries + moved
        values, slopes = predictor.gradient(at)
        better = signs * values < least
        best[better], least[better] = at[better], (signs * values)[better]
        if step < steps:
            moved = _project(moved - size * signs[:, None] * steepest(slopes, norm), radius, norm)
            if clip is not None:
                moved = np.clip(queries + moved, *clip) - queries
    return best


def _project(moved: np.ndarray, radius: float, norm: Norm) -> np.ndarray:
    if norm == "linf":
        return np.clip(moved, -radius, radius)
    length = np.linalg.norm(moved, axis=-1, keepdims=True)
    return np.asarray(moved * np.minimum(1.0, radius / np.maximum(length, 1e-300)))
