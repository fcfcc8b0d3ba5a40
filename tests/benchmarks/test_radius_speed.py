"""Robust radii of a batch against one least-distance problem per activation cell.

    pytest tests/benchmarks/test_radius_speed.py

Ten samples, eight neurons of both signs, one core. The plain way solves all 2^8 cells of every sample by nonnegative
least squares (Lawson and Hanson's least-distance programming) in the coordinates of the weights.
"""

from __future__ import annotations

import itertools
import time

import numpy as np
from scipy.optimize import nnls

from verifiers.relu_radius import robust_radii

NEURONS, DIMENSION, SAMPLES = 8, 30, 10


def network():
    generator = np.random.default_rng(4)
    weights = generator.normal(size=(NEURONS, DIMENSION))
    outputs = np.where(np.arange(NEURONS) % 2 == 0, 1.0, -1.0)
    activations = generator.normal(size=(SAMPLES, DIMENSION)) @ weights.T
    labels = np.where(np.maximum(activations, 0) @ outputs > 0, 1, -1)
    return outputs, weights, activations, labels


def least_distance(matrix, bounds):
    """min |x| subject to matrix x >= bounds; infinite if there is no such x."""
    design = np.vstack([matrix.T, bounds])
    solution, residual = nnls(design, np.append(np.zeros(matrix.shape[1]), 1.0))
    rest = design @ solution - np.append(np.zeros(matrix.shape[1]), 1.0)
    return np.linalg.norm(rest[:-1] / rest[-1]) if residual > 1e-9 else np.inf


def plain(outputs, weights, activations, labels):
    radii = []
    for pre, label in zip(activations, labels, strict=True):
        best = np.inf
        for cell in itertools.product((-1.0, 1.0), repeat=NEURONS):
            signs = np.array(cell)
            slopes = label * outputs * (signs > 0)
            matrix = np.vstack([signs[:, None] * weights, -(slopes @ weights)[None, :]])
            best = min(best, least_distance(matrix, np.append(-signs * pre, slopes @ pre)))
        radii.append(best)
    return np.array(radii)


def test_radii_of_a_batch(benchmark):
    outputs, weights, activations, labels = network()
    found = benchmark(robust_radii, outputs, weights @ weights.T, activations, labels)
    start = time.perf_counter()
    expected = plain(outputs, weights, activations, labels)
    seconds = time.perf_counter() - start
    benchmark.extra_info.update(cells_seconds=seconds, ratio=seconds / benchmark.stats.stats.median)
    assert found.closed.all()
    np.testing.assert_allclose(found.upper, expected, rtol=1e-6)
