"""Symmetric-ReLU networks in closed form: pure features, explicit mixtures, bias schedules, smoothing noise."""

from __future__ import annotations

from fractions import Fraction
from math import log, sqrt
from typing import Any

import numpy as np

from constructions.feature_purification.instance import PurificationInstance
from constructions.instance import InvalidInstance, exact_array, fractions_of


def symmetric_relu(values: np.ndarray, bias: Any) -> np.ndarray:
    """phi_b(t) = max(t - b, 0) - max(-t - b, 0), entrywise on floats."""
    return np.maximum(values - bias, 0) - np.maximum(-values - bias, 0)


def forward(weights: np.ndarray, biases: np.ndarray, points: np.ndarray) -> np.ndarray:
    """f(x) = sum_i phi_{b_i}(<w_i, x>) for points (n, d), in floats (n,)."""
    return symmetric_relu(points @ weights.T, biases).sum(axis=1)


def smoothed_relu(values: np.ndarray, bias: Any, deviation: float) -> np.ndarray:
    """E max(t + rho - b, 0) over rho ~ N(0, deviation^2): (t-b) Phi((t-b)/s) + s phi((t-b)/s)."""
    from scipy.special import ndtr

    gap = np.asarray(values - bias, dtype=np.float64)
    if deviation == 0:
        return np.maximum(gap, 0)
    scaled = gap / deviation
    return gap * ndtr(scaled) + deviation * np.exp(-0.5 * scaled**2) / np.sqrt(2 * np.pi)


def pure_network(dimension: int, bias: Any, copies: int = 1) -> PurificationInstance:
    """f(x) = copies * sum_j phi_b(x_j): one feature per neuron, `copies` neurons per feature, exact."""
    if copies < 1:
        raise InvalidInstance(f"{copies} copies: give at least one")
    weights = np.repeat(np.eye(dimension, dtype=np.int64), copies, axis=0)
    return PurificationInstance(weights=weights, biases=exact_array([Fraction(bias)] * (dimension * copies)))


def mixture_network(dimension: int, alpha: Any, beta: Any, bias: Any) -> PurificationInstance:
    """w_j = alpha e_j + beta 1 with one bias: a pure feature and a small dense mixture in every neuron, exact."""
    weights = np.full((dimension, dimension), Fraction(beta), dtype=object)
    weights[np.diag_indices(dimension)] += Fraction(alpha)
    return PurificationInstance(weights=exact_array(weights), biases=exact_array([Fraction(bias)] * dimension))


def rotated(instance: PurificationInstance, dictionary: Any) -> PurificationInstance:
    """The same function of z = M^T x: weights W M^T for an orthonormal dictionary M (d, d), in floats."""
    matrix = fractions_of(dictionary).astype(np.float64)
    weights = fractions_of(instance.weights).astype(np.float64) @ matrix.T
    return PurificationInstance(weights=weights, biases=instance.biases, outputs=instance.outputs)


def relative_biases(weights: np.ndarray, kappa: float, k: float) -> np.ndarray:
    """b_i = kappa |w_i| / sqrt(k): scale-free, refreshed at every step of training and never differentiated."""
    return kappa * np.sqrt((weights**2).sum(axis=-1)) / sqrt(k)


def initial_bias(dimension: int, deviation: float, c0: float, share: float) -> float:
    """b^(0) = sigma_0 sqrt(c1 log d) with c1 = 2 + 2 (1 - share) c0: the paper's start, as remembered."""
    return deviation * sqrt((2 + 2 * (1 - share) * c0) * log(dimension))


def haar_orthogonal(dimension: int, generator: np.random.Generator) -> np.ndarray:
    """A uniformly random orthogonal matrix (d, d)."""
    q, r = np.linalg.qr(generator.normal(size=(dimension, dimension)))
    return q * np.sign(np.diagonal(r))


def incoherent_dictionary(dimension: int, codes: int, generator: np.random.Generator) -> np.ndarray:
    """`codes` random unit columns (d, D): nearly orthogonal for D << d^2, overcomplete for D > d."""
    columns = generator.normal(size=(dimension, codes))
    return columns / np.sqrt((columns**2).sum(axis=0))
