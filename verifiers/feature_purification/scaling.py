"""Theorem C with unequal multipliers: diagonal scaling that needs no eigenvalue, and the best diagonal for small nets.

Both end in rationals: shares s_i^2 > 0 and a proved energy E with sum_i s_i^2 <w_i, delta>^2 <= E over the ball.
"""

from __future__ import annotations

import warnings
from fractions import Fraction
from typing import Any

import numpy as np

from verifiers.errors import MissingPart, NoCertificate
from verifiers.feature_purification.certificate import energy as energy_of
from verifiers.feature_purification.certificate import exact_bound, lower_bounds
from verifiers.spectrum import integer_form, matrix_product, spectral_bound

LARGEST_PROGRAM = 64
"""Dimensions and widths up to which the semidefinite program is solved."""

GRID = 64
"""Displacements u per neuron at which the program supports psi from above; it only proposes."""

ROUNDS = 3
"""Programs solved per point: each is given the displacements at which the shares of the one before are least."""

DIGITS = 24
"""Bits kept of a proposed square root of a share."""


def schur_squares(weights: Any) -> list[Fraction]:
    """s_i^2 = 1 / sum_j |<w_i, w_j>|, with which W^T diag(s^2) W <= I; 1 for a zero row, which carries no energy.

    Because D - W W^T with D = diag(1/s^2) is diagonally dominant, so that D^(-1/2) W W^T D^(-1/2) <= I.
    """
    integers, scale = integer_form(weights)
    sums = np.abs(matrix_product(integers, integers.T)).sum(axis=1)
    return [Fraction(scale * scale, int(v)) if v else Fraction(1) for v in sums]


def ball_square(radius: Fraction, norm: int, dimension: int) -> Fraction:
    """Largest |delta|_2^2 in the ball."""
    return radius**2 * (1 if norm == 2 else dimension)


def _best(subject: Any, squares: list[Fraction], energy: Fraction, rows: Any) -> list[Fraction]:
    """Exact bounds at the multipliers that the float search proposes, one per row of heights."""
    heights = np.asarray(rows, dtype=object).astype(np.float64)
    net = subject.network
    shares = np.sqrt(np.array(squares, dtype=object).astype(np.float64))
    _, multipliers = lower_bounds(heights, net.biases, net.outputs, float(energy), shares)
    found = []
    for row, q in zip(rows, multipliers, strict=True):
        exact = Fraction(float(np.float32(q))) if np.isfinite(q) else Fraction(0)
        chosen = exact if exact > 0 else Fraction(1)
        found.append(exact_bound(row, subject.biases, subject.outputs, energy, chosen, squares))
    return found


def schur_bound(subject: Any) -> list[Fraction]:
    """The certificate of every point with Schur's shares, in rationals."""
    squares = schur_squares(subject.weights)
    energy = ball_square(subject.radius, subject.norm, subject.instance.dimension)
    return _best(subject, squares, energy, subject.heights)


def program_bound(subject: Any) -> list[Fraction]:
    """The certificate of every point with the diagonal that a semidefinite program proposes for that point.

    max over q, lambda of sum_i min_u [a_i phi(h_i + u) + q_i u^2] - lambda |delta|^2 with W^T diag(q) W <= lambda I, u
    on a grid. What it proposes is rounded, W^T diag(s^2) W <= t I is proved anew, and the bound is exact.
    Raises `MissingPart` for larger networks and `NoCertificate` where the solver gives up.
    """
    import cvxpy as cp

    m, dimension = subject.instance.width, subject.instance.dimension
    if max(m, dimension) > LARGEST_PROGRAM:
        raise MissingPart(f"the semidefinite program is solved for at most {LARGEST_PROGRAM} neurons and coordinates")
    net, size = subject.network, float(ball_square(subject.radius, subject.norm, dimension))
    heights = subject.heights.astype(np.float64)
    found = []
    for point, row in enumerate(heights):
        reach = size**0.5 * np.sqrt((net.weights**2).sum(axis=1)) + 1e-9
        places = [_displacements(*entry) for entry in zip(row, net.biases, reach, strict=True)]
        for _ in range(ROUNDS):
            q, lam, least = cp.Variable(m, nonneg=True), cp.Variable(nonneg=True), cp.Variable(m)
            matrix = cp.Variable((dimension, dimension), PSD=True)
            limits = [matrix == lam * np.eye(dimension) - net.weights.T @ cp.diag(q) @ net.weights]
            for i, u in enumerate(places):
                opened = np.maximum(row[i] + u - net.biases[i], 0) - np.maximum(-row[i] - u - net.biases[i], 0)
                limits.append(least[i] <= net.outputs[i] * opened + cp.multiply(u**2, q[i]))
            program = cp.Problem(cp.Maximize(cp.sum(least) - size * lam), limits)
            try:
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")  # an inaccurate solution is a proposal like any other
                    program.solve(solver=cp.CLARABEL)
            except cp.SolverError as error:
                raise NoCertificate(f"the semidefinite program of point {point} was not solved: {error}") from None
            if q.value is None or not np.all(np.isfinite(q.value)):
                raise NoCertificate(f"the semidefinite program of point {point} has no solution: {program.status}")
            proposed = np.maximum(np.asarray(q.value), 0)
            vertices = -net.outputs / np.maximum(2 * proposed, 1e-9 * net.outputs)
            places = [np.append(u, vertex) for u, vertex in zip(places, vertices, strict=True)]
        found.append(_proved(subject, point, proposed))
    return found


def _displacements(height: float, bias: float, reach: float) -> np.ndarray:
    inner = np.linspace(-reach, reach, GRID)
    outer = reach * 2.0 ** np.arange(1, 12)  # psi is a minimum over all u: without these a tiny q would look good
    return np.concatenate([inner, outer, -outer, [0.0, bias - height, -bias - height]])


def _proved(subject: Any, point: int, q: np.ndarray) -> Fraction:
    """The exact bound of one point with shares near the square roots of q, whatever the solver meant."""
    top = float(q.max(initial=0.0))
    if not top > 0:
        q, top = np.ones_like(q), 1.0
    roots = np.sqrt(np.maximum(q / top, 1e-8))
    exact = [Fraction(round(float(v) * 2**DIGITS), 2**DIGITS) for v in roots]
    squares = [v * v for v in exact]
    scaled = subject.weights * np.array(exact, dtype=object)[:, None]
    energy = energy_of(spectral_bound(scaled), subject.radius, subject.norm)
    return _best(subject, squares, energy, [subject.heights[point]])[0]
