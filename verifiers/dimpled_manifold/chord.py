"""Lower bounds of the off-manifold radius beyond enumeration: one half-space for a whole ball, by convex duality.

Write o_k for the outputs times the sign at the point, p_k for the pre-activations. On |z| <= R a pre-activation moves
by at most h_k >= R |g_k|. Own neurons (o_k > 0) are at least s_k o_k (p_k + t), s_k in [0, 1]; opposite ones are at
least o_k times the chord of the ReLU over [-h_k, h_k]. So N is at least A + <v, z> there, and keeps its sign if
A^2 >= R^2 |v|^2, A > 0. The best shares solve a second-order cone program; only their rounded values count.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from verifiers.errors import NoCertificate

SHARE_BITS = 30
"""Bits of a rounded share."""

HALVINGS = 12
"""Bisections of the radius between what is proved and what is attacked."""


@dataclass(frozen=True)
class ChordProof:
    """radius_sq is proved: heights h_k (m,) and shares s_k (m,), 0 for opposite neurons, all rational."""

    radius_sq: Fraction
    heights: tuple[Fraction, ...]
    shares: tuple[Fraction, ...]


def half_space(outputs: Any, pre: Any, heights: Any, shares: Any) -> tuple[Any, list[Any]]:
    """(A, weights w_k of the g_k in v) for outputs (m,) times the sign; exact or float like the arguments."""
    constant: Any = 0
    weights = []
    for o, p, h, s in zip(outputs, pre, heights, shares, strict=True):
        if o > 0:
            constant, weight = constant + s * o * p, s * o
        elif p - h >= 0:
            constant, weight = constant + o * p, o
        elif p + h <= 0:
            weight = 0 * o
        else:
            slope = (p + h) / (2 * h)
            constant, weight = constant + o * slope * h, o * slope
        weights.append(weight)
    return constant, weights


def proved(outputs: list[Fraction], gram: np.ndarray, pre: list[Fraction], proof: ChordProof) -> bool:
    """Whether the shares and heights prove the radius, in rationals."""
    if not all(h * h >= proof.radius_sq * gram[k, k] for k, h in enumerate(proof.heights)):
        return False
    if not all(0 <= s <= 1 for s in proof.shares):
        return False
    constant, weights = half_space(outputs, pre, proof.heights, proof.shares)
    w = np.array(weights, dtype=object)
    return bool(constant > 0 and constant * constant >= proof.radius_sq * (w @ gram @ w))


def chord_bound(outputs: list[Fraction], gram: np.ndarray, pre: list[Fraction], upper_sq: Any) -> ChordProof:
    """The best radius proved by one half-space, outputs (m,) times the sign, gram (m, m), pre (m,), all exact.

    `upper_sq` is the squared length of some perturbation that changes the sign, or infinite. Raises `NoCertificate`
    where no positive radius is proved.
    """
    floats = np.array([[float(entry) for entry in row] for row in gram])
    o, p = (np.array([float(entry) for entry in part]) for part in (outputs, pre))
    values, vectors = np.linalg.eigh(floats)
    root = vectors * np.sqrt(np.maximum(values, 0.0))
    high = float(upper_sq) ** 0.5
    if not np.isfinite(high):
        high = 4.0 * (1.0 + np.abs(p).max()) / max(np.sqrt(np.diagonal(floats)).max(), 1e-12)
    best: ChordProof | None = None
    low = 0.0
    for _ in range(HALVINGS):
        middle = 0.5 * (low + high)
        proof = _attempt(outputs, gram, pre, middle, o, p, root)
        if proof is None:
            high = middle
        else:
            best, low = proof, middle
    if best is None:
        raise NoCertificate("no half-space proves a positive off-manifold radius here")
    return best


def _attempt(outputs: list[Fraction], gram: np.ndarray, pre: list[Fraction], radius: float, o: np.ndarray,
             p: np.ndarray, root: np.ndarray) -> ChordProof | None:  # fmt: skip
    lengths = np.sqrt((root * root).sum(axis=1))
    heights = radius * lengths * (1.0 + 1e-9) + 1e-300
    own = o > 0
    fixed, weights = half_space(o, p, heights, np.zeros(len(o)))
    shares = _best_shares(o[own], p[own], root[own], np.array(weights) @ root, float(fixed), radius)
    if shares is None:
        return None
    rounded = np.zeros(len(o))
    rounded[own] = np.clip(shares, 0.0, 1.0)
    found = ChordProof(Fraction(radius) ** 2, tuple(map(Fraction, heights.tolist())), tuple(
        Fraction(round(s * 2**SHARE_BITS), 2**SHARE_BITS) for s in rounded.tolist()))  # fmt: skip
    return found if proved(outputs, gram, pre, found) else None


def _best_shares(o: np.ndarray, p: np.ndarray, rows: np.ndarray, other: np.ndarray, fixed: float,
                 radius: float) -> np.ndarray | None:  # fmt: skip
    """Shares that maximise A - R |v|; the solver proposes, rationals decide."""
    import cvxpy

    if not len(o):
        return None
    shares = cvxpy.Variable(len(o))
    value = fixed + (o * p) @ shares - radius * cvxpy.norm(other + (rows * o[:, None]).T @ shares, 2)
    problem = cvxpy.Problem(cvxpy.Maximize(value), [shares >= 0, shares <= 1])
    try:
        problem.solve(solver=cvxpy.CLARABEL)
    except cvxpy.SolverError:
        return None
    return None if shares.value is None else np.asarray(shares.value, dtype=np.float64)
