"""Networks of finite width in the lazy regime: the predictor of the tangent kernel at their initial weights.

f(x) = m^(-1/2) u.relu(W x), both layers trained, f - f_0: the empirical kernel
K^ = (X X^T) o (A A^T)/m + relu(Z) relu(Z)^T/m, Z = X W^T, A = 1{Z > 0} diag(u), has mean T_1/4 at sigma_w^2 = 2, D = 1.
"""

from __future__ import annotations

import numpy as np

from constructions.ntk_features.instance import TransferInstance
from constructions.ntk_features.predictor import Architecture, KernelPredictor, one_step, ridge

RIDGE = 0.01
"""Ridge of the NTK predictor."""


def empirical_kernel(first: np.ndarray, second: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """K^ (n, k) between the rows of `first` and `second` at hidden weights W (m, d), output weights +-1."""
    left, right = first @ weights.T, second @ weights.T
    gates = (left > 0).astype(np.float64) @ (right > 0).astype(np.float64).T
    return np.asarray(((first @ second.T) * gates + np.maximum(left, 0) @ np.maximum(right, 0).T) / len(weights))


def attacked(
    generator: np.random.Generator, width: int, radius: float, *, samples: int = 12, dimension: int = 4, tests: int = 1
) -> TransferInstance:
    """A lazy network of this width and the NTK predictor, both fitted to y = sign(x_1 + x_2^2 - 1/4) on the sphere, at
    the l2 one-step attack of the NTK predictor on fresh points: values y f in float64.

    Both are ridge predictors, of T + `RIDGE` and of K^ + `RIDGE`/4, since narrow networks have singular kernels.
    """
    points = generator.standard_normal((samples + tests, dimension))
    points /= np.linalg.norm(points, axis=1, keepdims=True)
    labels = np.where(points[:, 0] + points[:, 1] ** 2 > 0.25, 1.0, -1.0)
    train, test, y = points[:samples], points[samples:], labels[samples:]
    weights = generator.standard_normal((width, dimension))
    architecture = Architecture(depth=1, divisor=1.0)
    limit = KernelPredictor(train, ridge(architecture.kernel(train), labels[:samples], RIDGE), architecture)
    alpha = ridge(empirical_kernel(train, train, weights), labels[:samples], RIDGE / 4)
    moved = one_step(limit, test, y, radius, "l2")
    values = [y * (empirical_kernel(part, train, weights) @ alpha) for part in (moved, test)]
    return TransferInstance(network=values[0], kernel=y * limit(moved), clean_network=values[1],
                            clean_kernel=y * limit(test), level="9/10")  # fmt: skip
