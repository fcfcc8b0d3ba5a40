"""Proof that an exact KKT point exists near given floats (Newton-Kantorovich on a quadratic system, in balls).

Unknowns x = (lambda_i for support samples, c_k, mu_ki for kinks). With coefficients C_k[l] = y_l (lambda_l on "on"
pairs, mu_kl on kinks, 0 on "off" pairs) and <g_k, x~_i> = (C G)_ki the equations are

    F1_k = C_k G C_k^T - 1,    F2_i = y_i sum_{k on at i} c_k (C G)_ki - 1 (support i),    F3_ki = (C G)_ki (kinks).

They are square and quadratic: F(x0 + h) = F(x0) + J h + B(h, h) / 2 with constant B. With an approximate inverse Y of
J and the weighted norm |h| = max |h_j| / w_j, let eta >= |Y F(x0)|, delta >= |1 - Y J|, beta >= |Y B|. If
delta + beta rho < 1 and eta + delta rho + beta rho^2 / 2 <= rho, a unique zero lies within rho of x0. Strict signs on
that box then make the zero a KKT point.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from verifiers import arithmetic, tolerances
from verifiers.errors import NoCertificate
from verifiers.kkt_margin.data import Data
from verifiers.kkt_margin.point import Point


@dataclass(frozen=True)
class System:
    """Which pairs are on, kinks or off, and which samples support; index maps into the vector of unknowns."""

    signs: np.ndarray
    on: np.ndarray
    kink: np.ndarray
    support: np.ndarray

    @property
    def size(self) -> int:
        return int(self.support.sum() + len(self.signs) + self.kink.sum())

    def columns(self, labels: np.ndarray) -> np.ndarray:
        """Derivative of the coefficients C (K, n) by each unknown, as an int tensor (size, K, n) with entries y_l."""
        neurons, n = self.on.shape
        tensor = np.zeros((self.size, neurons, n), dtype=np.int64)
        position = 0
        for i in np.flatnonzero(self.support):
            tensor[position, self.on[:, i], i] = labels[i]
            position += 1
        position += neurons
        for k, i in np.argwhere(self.kink):
            tensor[position, k, i] = labels[i]
            position += 1
        return tensor


@dataclass(frozen=True, eq=False)
class BoxProof:
    """What a third party needs to recheck the box; the radius is in units of the weights."""

    system: System
    centre: np.ndarray
    weights: np.ndarray
    radius: float
    inverse: np.ndarray


def read_system(data: Data, signs: np.ndarray, rows: np.ndarray, masses: np.ndarray) -> tuple[System, np.ndarray]:
    """Pattern and starting vector from float rows. Raises `NoCertificate` if the system is not square and sensible."""
    gram = data.float_gram
    coefficients = rows * data.labels
    with np.errstate(all="ignore"):
        norms = np.sqrt(np.einsum("kl,lm,km->k", coefficients, gram, coefficients))
        rows, masses = rows / norms[:, None], masses * norms
        activation = signs[:, None] * ((rows * data.labels) @ gram) / np.sqrt(np.diagonal(gram))
    if not (np.all(np.isfinite(activation)) and np.all(np.isfinite(masses)) and np.all(masses > 0)):
        raise NoCertificate("the network has a zero, infinite or NaN neuron")
    on = activation > tolerances.POINT_PATTERN
    kink = np.abs(activation) <= tolerances.POINT_PATTERN
    largest = rows.max(axis=0)
    support = largest > tolerances.POINT_PATTERN * largest.max()
    kink &= support[None, :]
    if not np.all(on[:, support].any(axis=0)):
        raise NoCertificate("a support sample has no strictly active neuron")
    system = System(signs, on, kink, support)
    multipliers = np.array([rows[on[:, i], i].mean() for i in np.flatnonzero(support)])
    return system, np.concatenate([multipliers, masses, rows[kink]])


def equations(data: Data, system: System, unknowns: np.ndarray, gram: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """F (size,) and its Jacobian (size, size) in the arithmetic of `unknowns` and `gram`."""
    labels, supports = data.labels, np.flatnonzero(system.support)
    neurons = len(system.signs)
    masses = unknowns[len(supports) : len(supports) + neurons]
    columns = system.columns(labels)
    coefficients = np.tensordot(unknowns, columns, axes=(0, 0))
    products = coefficients @ gram
    product_columns = np.tensordot(columns, gram, axes=(2, 0))
    norm_values = (coefficients * products).sum(axis=1) - 1
    norm_rows = 2 * (columns * products[None]).sum(axis=2).T
    active = system.on.astype(np.int64)
    weighted = masses[:, None] * active
    margin_values = ((weighted * products).sum(axis=0) * labels)[supports] - 1
    margin_rows = ((weighted[None] * product_columns).sum(axis=1) * labels)[:, supports].T
    margin_rows = np.array(margin_rows, dtype=margin_rows.dtype)
    margin_rows[:, len(supports) : len(supports) + neurons] += (active * products * labels)[:, supports].T
    kinks = tuple(np.argwhere(system.kink).T)
    kink_values = products[kinks]
    kink_rows = product_columns[:, kinks[0], kinks[1]].T
    return (
        np.concatenate([norm_values, margin_values, kink_values]),
        np.concatenate([norm_rows, margin_rows, kink_rows], axis=0),
    )


def second_derivative_bounds(data: Data, system: System, weights: np.ndarray) -> np.ndarray:
    """b_r >= sup |B_r(h, h')| over |h|, |h'| <= 1 in the weighted norm, per equation (size,), rounded up."""
    supports, neurons = np.flatnonzero(system.support), len(system.signs)
    reach = np.tensordot(weights, np.abs(system.columns(data.labels)), axes=(0, 0))
    gram = np.abs(data.float_gram)
    spread = reach @ gram
    masses = weights[len(supports) : len(supports) + neurons]
    norm = 2 * (reach * spread).sum(axis=1)
    margin = 2 * ((masses[:, None] * system.on) * spread).sum(axis=0)[supports]
    return np.concatenate([norm, margin, np.zeros(int(system.kink.sum()))]) * (1 + tolerances.ROUNDING)


def _matrix(values: np.ndarray) -> Any:
    import flint

    return flint.arb_mat([[flint.arb(v) for v in row] for row in values.tolist()])


def enclose_point(data: Data, signs: np.ndarray, rows: np.ndarray, masses: np.ndarray) -> Point:
    """The exact KKT point near a float network, as balls. Raises `NoCertificate` with the inequality that failed."""
    system, start = read_system(data, signs, rows, masses)
    centre, inverse = _refine(data, system, start)
    with arithmetic.precision(tolerances.BALL_PRECISION):
        radius, weights = _contraction(data, system, centre, inverse)
        box = arithmetic.ball_between(
            arithmetic.rationals(centre) - arithmetic.rationals(radius * weights),
            arithmetic.rationals(centre) + arithmetic.rationals(radius * weights),
        )
        point = _checked_point(data, system, box, start, float(radius))
    point.proof = BoxProof(system, centre, weights, radius, inverse)
    return point


def _refine(data: Data, system: System, start: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Newton's method in float64 to rounding level; returns the centre of the box and the inverse Jacobian there."""
    current = start
    for _ in range(3):
        with np.errstate(all="ignore"):
            values, jacobian = equations(data, system, current, data.float_gram)
        scale = np.abs(jacobian).max(axis=1)
        if not (np.all(scale > 0) and np.all(np.isfinite(scale)) and np.all(np.isfinite(values))):
            raise NoCertificate("the KKT system has an empty or infinite equation: the point is degenerate")
        try:
            step = np.linalg.solve(jacobian / scale[:, None], values / scale)
        except np.linalg.LinAlgError:
            raise NoCertificate("the KKT system is singular at the given point") from None
        current = current - step
    if not np.all(np.isfinite(current)) or np.abs(current - start).max() > 1e-3 * np.abs(start).max():
        raise NoCertificate("Newton's method leaves the given point: it is not near a KKT point of its own pattern")
    inverse = np.linalg.inv(jacobian)
    if not np.all(np.isfinite(inverse)):
        raise NoCertificate("the KKT system is singular at the given point")
    return current, inverse


def _contraction(data: Data, system: System, centre: np.ndarray, inverse: np.ndarray) -> tuple[float, np.ndarray]:
    """Radius and weights of a box in which the Newton map contracts; all bounds in balls rounded outward."""
    gram = arithmetic.balls(data.gram)
    values, jacobian = equations(data, system, arithmetic.balls(centre), gram)
    weights = np.maximum(np.abs(centre), 1e-3 * np.abs(centre).max())
    y = _matrix(inverse)
    moved = y * _matrix(values[:, None])
    product = y * _matrix(jacobian)
    size = system.size
    eta = max(_upper(moved[j, 0]) / weights[j] for j in range(size))
    delta = max(
        sum(_upper(product[j, k] - (1 if j == k else 0)) * weights[k] for k in range(size)) / weights[j]
        for j in range(size)
    )
    beta = float((np.abs(inverse) @ second_derivative_bounds(data, system, weights) / weights).max())
    slack = 1 + tolerances.ROUNDING
    eta, delta, beta = eta * slack, delta * slack, beta * slack
    radius = max(2 * eta, 1e-300)
    if not (delta + beta * radius < 0.99 and eta + delta * radius + beta * radius**2 / 2 <= radius * 0.999):
        raise NoCertificate(f"no contraction: eta {eta:.2g}, delta {delta:.2g}, beta {beta:.2g}")
    return radius, weights


def _upper(ball: Any) -> float:
    return float(arithmetic.upper_bounds(np.asarray(abs(ball), dtype=object))[()])


def _checked_point(data: Data, system: System, box: np.ndarray, start: np.ndarray, radius: float) -> Point:
    supports, neurons = np.flatnonzero(system.support), len(system.signs)
    rows = arithmetic.balls(np.zeros(system.on.shape, dtype=np.int64))
    for position, i in enumerate(supports):
        rows[system.on[:, i], i] = box[position]
    rows[system.kink] = box[len(supports) + neurons :]
    masses = box[len(supports) : len(supports) + neurons]
    distance = float(np.abs(arithmetic.nearest(box) - start).max()) + radius
    point = Point(data, system.signs, rows, masses, 0.0, system.kink, system.support, distance)
    multipliers = np.zeros(data.n, dtype=object)
    multipliers[supports] = box[: len(supports)]
    point.__dict__["multipliers"] = multipliers = arithmetic.balls(multipliers)
    point.__dict__["square_multipliers"] = multipliers * multipliers
    free = point.pre_activations
    undecided = ~system.on & ~system.kink & system.support[None, :]
    checks = {
        "a multiplier is not certainly positive": box[: len(supports)],
        "a mass is not certainly positive": masses,
        "a kink has sigma' not certainly above 0": rows[system.kink],
        "a kink has sigma' not certainly below 1": (multipliers[None, :] - rows)[system.kink],
        "an active pre-activation is not certainly positive": free[system.on],
        "an inactive pre-activation is not certainly negative": -free[undecided],
        "a non-support margin is not certainly above 1": point.margins[~system.support] - 1,
    }
    for reason, values in checks.items():
        if not np.all(arithmetic.certainly_positive(values)):
            raise NoCertificate(reason)
    return point
