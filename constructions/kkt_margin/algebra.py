"""Algebra shared by the KKT constructions: merged points, their patterns, and the residual used as an own filter.

Everything happens in Gram coordinates: ``gram`` is always the lifted Gram matrix G (raw plus one if biased) and
``labels`` the vector y of +-1. Nothing here is trusted by a verifier, which recomputes all of it from the instance.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from constructions.instance import NoInstance
from constructions.kkt_margin.instance import MarginInstance

KINK = 1e-7  # relative pre-activation below which a (neuron, sample) pair of a polished point is read as a kink
SUPPORT = 1e-9  # multipliers below this fraction of the largest are read as zero
ACCEPT = 1e-9  # largest relative violation of a KKT condition that a construction hands out


class NoPoint(NoInstance):
    """The method did not end at a KKT point. `rows` lists violating (neuron, sample, mu, lambda); the text says why."""

    def __init__(self, message: str, rows: list[tuple[int, int, float, float]] | None = None) -> None:
        self.rows = rows or []
        if self.rows:
            shown = "; ".join(f"neuron {k}, sample {i}: mu={m:.3g}, lambda={lam:.3g}" for k, i, m, lam in self.rows[:4])
            message = f"{message} ({shown}{'; ...' if len(self.rows) > 4 else ''})"
        super().__init__(message)


@dataclass(frozen=True)
class MergedPoint:
    """A merged network with its multipliers, normalised so that every |g_k| is 1.

    signs (K,), pattern (K, n) of 1 on / 0 kink / -1 off, multipliers lambda (n,), rows mu = lambda sigma' (K, n),
    masses c = v^2 (K,), residual the largest relative violation of a KKT condition; inverse is the inverse Jacobian
    at the point for the system of `newton.system`, when known.
    """

    signs: np.ndarray
    pattern: np.ndarray
    multipliers: np.ndarray
    rows: np.ndarray
    masses: np.ndarray
    residual: float = float("nan")
    inverse: np.ndarray | None = field(default=None, repr=False)

    @property
    def support(self) -> np.ndarray:
        """Support mask (n,): samples with a positive multiplier."""
        return self.multipliers > SUPPORT * self.multipliers.max(initial=0.0)

    def on(self, instance: MarginInstance) -> MarginInstance:
        """The data of `instance` with this network."""
        return instance.with_point(self.signs, self.rows, self.masses)


def activations(rows: np.ndarray, gram: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """<g_k, x~_i> as (K, n)."""
    return (rows * labels) @ gram


def relative_activations(rows: np.ndarray, gram: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """<g_k, x~_i> / (|g_k| |x~_i|) as (K, n), free of every scale."""
    values = activations(rows, gram, labels)
    norms = np.sqrt(np.maximum((values * rows * labels).sum(axis=1), 0.0))
    lengths = np.sqrt(np.diag(gram))
    scale = norms[:, None] * lengths
    return np.divide(values, scale, out=np.zeros_like(values), where=scale > 0)


def patterns_of(
    signs: np.ndarray, rows: np.ndarray, gram: np.ndarray, labels: np.ndarray, tolerance: float = KINK
) -> np.ndarray:
    """Pattern (K, n): 1 where S_k<g_k, x~_i> > 0, -1 where < 0, 0 where it vanishes up to the relative tolerance."""
    values = signs[:, None] * relative_activations(rows, gram, labels)
    return ((values > tolerance).astype(np.int64) - (values < -tolerance)).astype(np.int8)


def outputs(
    signs: np.ndarray, rows: np.ndarray, masses: np.ndarray, gram: np.ndarray, labels: np.ndarray
) -> np.ndarray:
    """Network values N(x_i) as (n,)."""
    return (signs * masses) @ np.maximum(signs[:, None] * activations(rows, gram, labels), 0.0)


def normalised(
    signs: np.ndarray, rows: np.ndarray, masses: np.ndarray, gram: np.ndarray, labels: np.ndarray,
    tolerance: float = KINK,
) -> MergedPoint:
    """Bring a merged network in any neuron scale to |g_k| = 1 and read off multipliers, pattern and residual."""
    values = activations(rows, gram, labels)
    norms = np.sqrt((values * rows * labels).sum(axis=1))
    if not np.all(norms > 0):
        raise NoPoint(f"neuron {int(np.argmin(norms))} is zero")
    mu = rows / norms[:, None]
    point = MergedPoint(
        signs=signs.astype(np.int64), pattern=patterns_of(signs, mu, gram, labels, tolerance),
        multipliers=mu.max(axis=0), rows=mu, masses=masses * norms,
    )
    return replace(point, residual=residual(point, gram, labels))


def residual(point: MergedPoint, gram: np.ndarray, labels: np.ndarray) -> float:
    """Largest violation of the KKT conditions, relative to the scale of each: 0 at an exact KKT point.

    Covers |g_k| = 1, margins >= 1 with equality on the support, mu = lambda where on, mu = 0 where off,
    0 <= mu <= lambda at kinks, and vanishing pre-activation at kinks.
    """
    values = activations(point.rows, gram, labels)
    scale = point.multipliers.max(initial=0.0)
    if not (scale > 0 and np.all(point.masses > 0)):
        return float("inf")
    pattern, lam, mu = point.pattern, point.multipliers, point.rows
    margins = labels * outputs(point.signs, mu, point.masses, gram, labels)
    relative = np.abs(relative_activations(mu, gram, labels))
    parts = [
        np.abs((values * mu * labels).sum(axis=1) - 1.0),
        np.where(point.support, np.abs(margins - 1.0), np.maximum(1.0 - margins, 0.0)),
        np.where(pattern == 1, np.abs(mu - lam), 0.0) / scale,
        np.where(pattern == -1, np.abs(mu), 0.0) / scale,
        np.maximum(np.maximum(-mu, mu - lam), 0.0) / scale,
        np.where(pattern == 0, relative, 0.0),
    ]
    worst = max(float(part.max(initial=0.0)) for part in parts)
    return worst if np.isfinite(worst) else float("inf")


def violations(point: MergedPoint, tolerance: float = ACCEPT) -> list[tuple[int, int, float, float]]:
    """(neuron, sample, mu, lambda) wherever mu leaves [0, lambda] or disagrees with the pattern."""
    mu, lam = point.rows, np.broadcast_to(point.multipliers, point.rows.shape)
    slack = tolerance * point.multipliers.max(initial=0.0)
    bad = (mu < -slack) | (mu > lam + slack)
    bad |= (point.pattern == 1) & (np.abs(mu - lam) > slack)
    bad |= (point.pattern == -1) & (np.abs(mu) > slack)
    return [(int(k), int(i), float(mu[k, i]), float(lam[k, i])) for k, i in np.argwhere(bad)]


def require(point: MergedPoint, method: str, tolerance: float = ACCEPT) -> MergedPoint:
    """Return the point, or raise `NoPoint` with the violating rows when its residual exceeds the tolerance."""
    if point.residual <= tolerance:
        return point
    raise NoPoint(
        f"{method} did not reach a KKT point: relative residual {point.residual:.3g} exceeds {tolerance:.0e}",
        violations(point, tolerance),
    )
