"""The same costs as convex programs, written for the reader: slow, small sizes, for cross-checks and fixed points.

cvxpy is imported inside. What a solver returns is a number to compare with, never a decision.
"""

from __future__ import annotations

import warnings
from math import prod
from typing import Any

import numpy as np

from verifiers.frequency_bias.margin import signed
from verifiers.frequency_bias.solvers import Shape

Floats = np.ndarray


def _solved(problem: Any) -> float:
    import cvxpy

    with warnings.catch_warnings():  # "may be inaccurate": nobody here takes the solver's word
        warnings.simplefilter("ignore")
        problem.solve(solver=cvxpy.CLARABEL)
    return float(problem.value) if problem.value is not None else float("nan")


def _gain_program(shape: Shape) -> tuple[Any, Any, Floats]:
    """Q >= 0 of the size of the kernel, its gains q_d as an affine expression, and how often each d counts.

    q_d = sum_{jk} Q_jk e^{-2 pi i d(j-k)/N} = sum over lags of their sums over Q, times a cosine. d and -d count once.
    """
    import cvxpy

    taps = np.stack(np.meshgrid(*(np.arange(size) for size in shape.kernel), indexing="ij"))
    taps = taps.reshape(len(shape.kernel), -1)
    gram = cvxpy.Variable((taps.shape[1],) * 2, PSD=True)
    frequencies, counts = half_of(shape)
    phases = 2 * np.pi * (frequencies / np.array(shape.grid)) @ taps
    difference = phases[:, :, None] - phases[:, None, :]
    kernel = np.cos(difference).reshape(len(frequencies), -1)
    return gram, kernel @ cvxpy.reshape(gram, (taps.shape[1] ** 2,), order="C"), counts


def half_of(shape: Shape) -> tuple[Floats, Floats]:
    """One frequency of each pair d, -d as integers (F, dimensions), and whether it stands for one or two (F,)."""
    grid = np.array(shape.grid)
    every = np.stack(np.meshgrid(*(np.arange(size) for size in grid), indexing="ij")).reshape(len(grid), -1).T
    opposite = (-every) % grid
    first = [tuple(a) <= tuple(b) for a, b in zip(every.tolist(), opposite.tolist(), strict=True)]
    chosen = every[first]
    return chosen, np.where(np.all(chosen == (-chosen) % grid, axis=1), 1.0, 2.0)


def _transform_rows(shape: Shape) -> tuple[Floats, Floats]:
    """Real matrices (F, N) that give real and imaginary parts of the unitary transform at `half_of`."""
    sites = np.stack(np.meshgrid(*(np.arange(size) for size in shape.grid), indexing="ij")).reshape(len(shape.grid), -1)
    phases = 2 * np.pi * (half_of(shape)[0] / np.array(shape.grid)) @ sites
    return np.cos(phases) / np.sqrt(shape.sites), -np.sin(phases) / np.sqrt(shape.sites)


def cost_program(shape: Shape, predictor: Floats | None = None, data: Floats | None = None) -> tuple[float, Floats]:
    """(value, predictor) of the K x K program of one input channel: R(w), or the max margin on data Z (n, *grid).

    min 1/2 (tr Q + sum_d |b^_d|^2 / q_d(Q)): Q >= 0 of kernel size, one quadratic cone per frequency.
    """
    import cvxpy

    gram, gains, counts = _gain_program(shape)
    real, imaginary = _transform_rows(shape)
    b = cvxpy.Variable(shape.sites)
    parts = [
        cvxpy.quad_over_lin(cvxpy.hstack([real[d] @ b, imaginary[d] @ b]), gains[d]) * counts[d]
        for d in range(len(counts))
    ]
    given = [b == np.asarray(predictor).reshape(-1)] if data is None else [data.reshape(len(data), -1) @ b >= 1]
    value = _solved(cvxpy.Problem(cvxpy.Minimize(0.5 * (cvxpy.trace(gram) + sum(parts))), given))
    return value, np.asarray(b.value).reshape(shape.grid)


def nuclear_program(predictor: Floats, shape: Shape) -> float:
    """R(w) as a nuclear norm: min |M|_* over M (N, R K) whose anti-diagonals sum to w; any number of input channels."""
    import cvxpy

    signal = shape.signals(predictor)
    taps = list(np.ndindex(*shape.kernel))
    index = np.arange(shape.sites).reshape(shape.grid)
    matrix = cvxpy.Variable((shape.sites, len(signal) * len(taps)))
    given = []
    for r, row in enumerate(signal):
        # w_n = sum_k M_{n-k, (r,k)}: the outer product v_m u_k of a filter and a readout contributes at n = m + k
        moved = [np.roll(index, tap, shape.axes).reshape(-1) for tap in taps]
        total = sum(matrix[places, r * len(taps) + k] for k, places in enumerate(moved))
        given.append(total == row.reshape(-1))
    return _solved(cvxpy.Problem(cvxpy.Minimize(cvxpy.normNuc(matrix)), given))


def margin_program(points: Floats, labels: Floats, shape: Shape) -> tuple[float, Floats]:
    """(R*, predictor) by the K x K program, one input channel."""
    data = signed(points, labels, shape)
    return cost_program(shape, data=data[:, 0])


def full_width_program(points: Floats, labels: Floats) -> tuple[float, Floats]:
    """(R*, predictor) of full-width filters on a cycle: min |b^|_1 / sqrt(N), a second-order cone per frequency."""
    import cvxpy

    sites = np.shape(points)[1]
    shape = Shape.of(sites, sites)
    data = signed(points, labels, shape)[:, 0]
    real, imaginary = _transform_rows(shape)
    b = cvxpy.Variable(sites)
    lengths = cvxpy.norm(cvxpy.vstack([real @ b, imaginary @ b]), axis=0)
    value = _solved(cvxpy.Problem(cvxpy.Minimize(half_of(shape)[1] @ lengths / np.sqrt(sites)), [data @ b >= 1]))
    return value, np.asarray(b.value)


def lifted_margin_program(points: Floats, labels: Floats, shape: Shape) -> float:
    """R* by the nuclear norm of the whole (N, K) product: the lift of size N + K of the literature, for N <= 64."""
    import cvxpy

    data = signed(points, labels, shape)
    taps, index = list(np.ndindex(*shape.kernel)), np.arange(shape.sites).reshape(shape.grid)
    matrix = cvxpy.Variable((shape.sites, prod(shape.kernel)))
    b = sum(matrix[np.roll(index, tap, shape.axes).reshape(-1), k] for k, tap in enumerate(taps))
    given: Any = data.reshape(len(data), -1) @ b >= 1
    return _solved(cvxpy.Problem(cvxpy.Minimize(cvxpy.normNuc(matrix)), [given]))
