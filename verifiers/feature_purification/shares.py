"""Shares of neurons with which Theorem C certifies more points. They only propose: any positive shares are valid.

Let q_i = s_i^2, scaled so that W^T diag(q) W <= I. A weighted sum over points x of the bounds at their best multipliers
m_x is largest in q where, for every neuron, what its share gains at the points balances what it costs the ball:

    sum_x p_x m_x u_i(x)^2  =  tau^2 (sum_x p_x m_x) <w_i, P w_i>,

u_i(x) the minimiser in psi_i and P a density matrix on the leading eigenvectors of W^T diag(q) W. The loop moves log q
towards that, with weights p_x on the points whose bound is nearest to 0. One set of shares serves every point of a
network, so one matrix inequality proves them all.
"""

from __future__ import annotations

import numpy as np

from verifiers.feature_purification.certificate import lower_bounds

ROUNDS = 100
BITS = 10
"""Shares are rounded to multiples of 2^-BITS of the largest one, so that certificates stay short."""

TEMPERATURE = 0.02
"""Spread of P over eigenvalues, relative to the largest."""

NEAR = 0.3
"""Scale of |bound| at which a point loses weight, relative to the median |bound|."""


def _spectral(weights: np.ndarray, q: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return np.linalg.eigh(weights.T @ (q[:, None] * weights))


def _minimisers(heights: np.ndarray, biases: np.ndarray, q: np.ndarray) -> np.ndarray:
    """u_i(x): where phi_b(h + u) + q u^2 is least, for q (n, m)."""
    candidates = np.stack([np.zeros_like(heights), -1 / (2 * q), biases - heights, -biases - heights])
    moved = heights + candidates
    values = np.maximum(moved - biases, 0) - np.maximum(-moved - biases, 0) + q * candidates**2
    return np.take_along_axis(candidates, values.argmin(axis=0)[None], axis=0)[0]


def balanced(weights: np.ndarray, rounds: int = 20) -> np.ndarray:
    """q (m,) that flattens the spectrum: neurons along crowded directions get less. Needs no points."""
    squares, q = np.maximum((weights**2).sum(axis=1), 1e-12), np.ones(len(weights))
    for _ in range(rounds):
        gram = weights.T @ (q[:, None] * weights)
        crowd = np.einsum("ij,jk,ik->i", weights, gram, weights) / squares
        q = q / np.sqrt(np.maximum(crowd, 1e-9 * crowd.max(initial=1e-300)))
        q /= q.max()
    return q


def tuned_shares(
    weights: np.ndarray, biases: np.ndarray, points: np.ndarray, labels: np.ndarray, radius: float,
    rounds: int = ROUNDS,
) -> np.ndarray:  # fmt: skip
    """Shares (m,) float64, dyadic, tuned on points (n, d) that must not be those whose count is reported.

    weights (m, d) and biases (m,) in float64, output weights 1. The best round by certified points is kept.
    """
    heights, outputs = labels[:, None] * (points @ weights.T), np.ones(len(biases))
    q = balanced(weights)
    best, kept = -1.0, q
    for number in range(rounds):
        values, vectors = _spectral(weights, q)
        q = q / values[-1]
        bounds, multipliers = lower_bounds(heights, biases, outputs, radius**2 * (1 + 1e-9), np.sqrt(q))
        share = float((bounds > 0).mean())
        if share > best:
            best, kept = share, q
        distance = np.abs(bounds) / (NEAR * np.median(np.abs(bounds)) + 1e-300)
        chosen = np.isfinite(multipliers) & (distance < 40)
        if not chosen.any():
            break
        pull = multipliers[chosen] / (1 + np.exp(distance[chosen]))
        moves = _minimisers(heights[chosen], biases, multipliers[chosen, None] * q)
        density = np.exp((values / values[-1] - 1) / TEMPERATURE)
        cost = radius**2 * pull.sum() * ((weights @ vectors) ** 2 @ (density / density.sum()))
        gain = pull @ moves**2
        step = 0.15 / (1 + number / 40)
        q = q * np.exp(step * np.clip(np.log((gain + 1e-300) / (cost + 1e-300)), -2, 2))
    shares = np.sqrt(kept / kept.max())
    return np.maximum(np.rint(shares * 2**BITS), 1) / 2**BITS
