"""The least robust hinge risk of linear classifiers on a labelled sample: a second-order cone program, and its dual.

Risk(w) = (1/n) sum_i (1 - y_i <w, x_i> + tau |w|_*)_+ is at least (1/n) sum_i alpha_i for all alpha in [0, 1]^n with
|sum_i alpha_i y_i x_i| <= tau sum_i alpha_i, in the norm of the perturbation. A solver proposes alpha; rationals check.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np

from constructions.instance import fractions_of
from constructions.low_complexity import MAXIMUM, LowInstance
from verifiers import arithmetic
from verifiers.errors import MissingPart, NoCertificate
from verifiers.low_complexity.linear import ball

INWARD = (Fraction(0), Fraction(1, 10**9), Fraction(1, 10**7), Fraction(1, 10**5), Fraction(1, 10**3))
"""Shares by which the radius is shrunk for the solver, until its rounded answer meets the constraint exactly."""

DENOMINATOR = 10**10
"""Proposed multipliers are rounded to multiples of 1/DENOMINATOR."""


def signed_points(instance: LowInstance) -> np.ndarray:
    """y_i x_i as fractions (n, d). Raises `MissingPart` without a sample."""
    if instance.points is None:
        raise MissingPart("robust hinge risk is measured on a sample: give points and labels")
    return fractions_of(instance.points) * np.array([int(y) for y in instance.labels], dtype=object)[:, None]


def robust_hinge_risk(instance: LowInstance) -> Any:
    """Risk of the instance's w: a Fraction where |w|_* is rational, else a ball."""
    if instance.weights is None:
        raise MissingPart("this instance has no weights")
    products = signed_points(instance) @ fractions_of(instance.weights)
    length = _dual_norm(fractions_of(instance.weights), int(instance.norm))
    if isinstance(length, Fraction):
        penalty = instance.tau * length
        return sum((max(1 - v + penalty, Fraction(0)) for v in products), Fraction(0)) / len(products)
    terms = [arithmetic.maximum(ball(1 - v) + ball(instance.tau) * length, ball(0))[()] for v in products]
    return sum(terms, ball(0)) / len(products)


def _dual_norm(weights: np.ndarray, norm: int) -> Any:
    if norm == MAXIMUM:
        return sum((abs(w) for w in weights), Fraction(0))
    square = sum((w**2 for w in weights), Fraction(0))
    try:
        return arithmetic.to_fraction(arithmetic.square_root(arithmetic.rationals([square]))[0])
    except arithmetic.NotRational:
        return ball(square).sqrt()


def feasible(signed: np.ndarray, alpha: np.ndarray, tau: Fraction, norm: int) -> bool:
    """Whether multipliers (n,) meet the constraint of the dual, in rationals."""
    if not all(0 <= a <= 1 for a in alpha):
        return False
    pull, total = alpha @ signed, sum(alpha, Fraction(0))
    if norm == MAXIMUM:
        return max(abs(v) for v in pull) <= tau * total
    return sum(v**2 for v in pull) <= (tau * total) ** 2


def dual_bound(instance: LowInstance) -> tuple[Fraction, np.ndarray]:
    """(lower bound on the risk of every w, multipliers (n,) that prove it). No multipliers at all prove 0."""
    signed = signed_points(instance)
    norm, tau = int(instance.norm), instance.tau
    best, proof = Fraction(0), np.full(len(signed), Fraction(0), dtype=object)
    for share in INWARD:
        proposed = _solve(signed.astype(np.float64), float(tau * (1 - share)), norm)
        if proposed is None:
            continue
        alpha = np.array(
            [Fraction(round(min(max(a, 0.0), 1.0) * DENOMINATOR), DENOMINATOR) for a in proposed], dtype=object
        )
        if feasible(signed, alpha, tau, norm):
            value = sum(alpha, Fraction(0)) / len(alpha)
            if value > best:
                best, proof = value, alpha
            break
    return best, proof


def _solve(signed: np.ndarray, tau: float, norm: int) -> np.ndarray | None:
    """Multipliers from the conic solver, or None if it fails."""
    import cvxpy

    alpha = cvxpy.Variable(len(signed))
    pull = cvxpy.norm(signed.T @ alpha, "inf" if norm == MAXIMUM else 2)
    program = cvxpy.Problem(cvxpy.Maximize(cvxpy.sum(alpha)), [alpha >= 0, alpha <= 1, pull <= tau * cvxpy.sum(alpha)])
    try:
        program.solve(solver="CLARABEL")
    except cvxpy.SolverError:
        return None
    return None if alpha.value is None or not np.all(np.isfinite(alpha.value)) else np.asarray(alpha.value)


def best_weights(instance: LowInstance) -> np.ndarray:
    """The classifier of least robust hinge risk as the solver finds it, float64 (d,): how good is for others to say.

    Raises `NoCertificate` if the solver fails.
    """
    import cvxpy

    signed, norm = signed_points(instance).astype(np.float64), int(instance.norm)
    weights = cvxpy.Variable(signed.shape[1])
    length = cvxpy.norm(weights, 1 if norm == MAXIMUM else 2)
    losses = cvxpy.pos(1 - signed @ weights + float(instance.tau) * length)
    try:
        cvxpy.Problem(cvxpy.Minimize(cvxpy.sum(losses) / len(signed))).solve(solver="CLARABEL")
    except cvxpy.SolverError as error:
        raise NoCertificate(f"the conic solver failed: {error}") from None
    return np.asarray(weights.value, dtype=np.float64)
