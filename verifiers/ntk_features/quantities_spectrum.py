"""Quantities of a kernel matrix given by its spectrum, and of points on a circle: rational, or balls of exp and cos."""

from __future__ import annotations

from fractions import Fraction
from functools import lru_cache
from typing import Any

import numpy as np

from constructions.instance import fractions_of
from constructions.ntk_features.instance import CircleInstance, SpectralInstance
from verifiers import tolerances
from verifiers.arithmetic import _flint, balls, rational, rationals
from verifiers.errors import MissingPart
from verifiers.ntk_features.recursion import Recursion
from verifiers.ntk_features.subject import measures_on
from verifiers.quantity import Enclosure, enclose

_measures, _on_circle = measures_on(SpectralInstance), measures_on(CircleInstance)

STEPS = 8
"""Steps of gradient descent that are compared with the flow at the same time."""

FEATURE = ("feature",)


class _Spectral:
    """Exact parts of one instance: V, lam, y, K, the coefficients a_i = lam_i^(-1) (v_i^T y) v_i as columns."""

    def __init__(self, instance: SpectralInstance) -> None:
        self.v, self.lam, self.y = (
            rationals(fractions_of(part)) for part in (instance.vectors, instance.eigenvalues, instance.labels)
        )
        self.n = len(self.lam)
        self.kernel = (self.v * self.lam[None, :]) @ self.v.T
        self.inner = self.v.T @ self.y
        self.a = self.v * (self.inner / self.lam)[None, :]
        self.parts = self.kernel @ self.a


@lru_cache(maxsize=64)
def _of(instance: SpectralInstance) -> _Spectral:
    return _Spectral(instance)


def _solved(matrix: np.ndarray, right: np.ndarray) -> np.ndarray:
    """matrix^(-1) right, exactly. Raises `MissingPart` for a singular matrix."""
    flint = _flint()
    try:
        found = flint.fmpq_mat(matrix.tolist()).solve(flint.fmpq_mat([[entry] for entry in right]))
    except ZeroDivisionError:
        raise MissingPart("the kernel matrix is singular: the vectors are no basis") from None
    return np.array([row[0] for row in found.tolist()], dtype=object)


def _largest(entries: Any) -> Any:
    return max((abs(entry) for entry in np.asarray(entries, dtype=object).reshape(-1)), default=rational(0))


@_measures("1", "largest entry of |V^T V - I|")
def orthonormality(instance: SpectralInstance) -> Enclosure:
    own = _of(instance)
    return enclose(_largest(own.v.T @ own.v - rationals(np.eye(own.n, dtype=np.int64))))


@_measures("1", "least |v_i^T y|: 0 where the labels have no part along an eigenvector")
def least_energy(instance: SpectralInstance) -> Enclosure:
    return enclose(min(abs(entry) for entry in _of(instance).inner))


@_measures("1", "eigenvalue", axes=FEATURE)
def eigenvalue(instance: SpectralInstance) -> Enclosure:
    return enclose(_of(instance).lam, FEATURE)


@_measures("samples", "number of points")
def spectral_samples(instance: SpectralInstance) -> Enclosure:
    return enclose(_of(instance).n)


# ------------------------------------------------------------------ N1


@_measures("1", "largest |f^(i)(x_j) - (v_i^T y) v_ij|, f^(i)(X) = K a_i")
def part_error(instance: SpectralInstance) -> Enclosure:
    own = _of(instance)
    return enclose(_largest(own.parts - own.v * own.inner[None, :]))


@_measures("1", "largest |sum_i f^(i)(x_j) - y_j|")
def sum_error(instance: SpectralInstance) -> Enclosure:
    own = _of(instance)
    return enclose(_largest(own.parts.sum(axis=1) - own.y))


@_measures("1", "largest |<f^(i), f^(k)>_H| = |a_i^T K a_k| for i != k")
def part_overlap(instance: SpectralInstance) -> Enclosure:
    own = _of(instance)
    inner = own.a.T @ own.parts
    return enclose(_largest(inner - np.diag(np.diag(inner))))


@_measures("1", "|f^(i)|_H^2 = a_i^T K a_i", axes=FEATURE)
def part_norm_sq(instance: SpectralInstance) -> Enclosure:
    own = _of(instance)
    return enclose((own.a * own.parts).sum(axis=0), FEATURE)


@_measures("1", "(v_i^T y)^2/lam_i", axes=FEATURE)
def part_energy(instance: SpectralInstance) -> Enclosure:
    own = _of(instance)
    return enclose(own.inner**2 / own.lam, FEATURE)


@_measures("1", "(v_i^T y)^2 over the eigenvalue of opposite rank: the features in the wrong order", axes=FEATURE)
def reversed_energy(instance: SpectralInstance) -> Enclosure:
    own = _of(instance)
    return enclose(own.inner**2 / own.lam[::-1], FEATURE)


@_measures("1", "|f|_H^2 = y^T K^(-1) y, by solving with K")
def interpolant_norm_sq(instance: SpectralInstance) -> Enclosure:
    own = _of(instance)
    return enclose(own.y @ _solved(own.kernel, own.y))


@_measures("1", "sum_i |f^(i)|_H^2")
def part_norm_sum(instance: SpectralInstance) -> Enclosure:
    own = _of(instance)
    return enclose((own.a * own.parts).sum())


# ------------------------------------------------------------------ N3


def _cross(instance: SpectralInstance) -> np.ndarray:
    if instance.cross is None:
        raise MissingPart("this instance has no further point; give cross and own")
    return rationals(fractions_of(instance.cross))


@_measures("1", "k(x, x) - k(x, X) K^(-1) k(X, x): not negative iff a kernel has these values")
def schur_complement(instance: SpectralInstance) -> Enclosure:
    own, cross = _of(instance), _cross(instance)
    return enclose(rational(instance.number("own")) - cross @ _solved(own.kernel, cross))


@_measures("1", "(f^(i)(x) - f^(i)(x_j))^2 at the further point x", axes=("feature", "sample"))
def part_gap_sq(instance: SpectralInstance) -> Enclosure:
    own = _of(instance)
    values = _cross(instance) @ own.a
    return enclose((values[:, None] - own.parts.T) ** 2, ("feature", "sample"))


@_measures("1", "d_K(x, x_j)^2 of the further point", axes=("sample",))
def part_distance_sq(instance: SpectralInstance) -> Enclosure:
    own = _of(instance)
    return enclose(rational(instance.number("own")) + np.diag(own.kernel) - 2 * _cross(instance), ("sample",))


@_measures("1", "mean over the points of f^(i)(x_j)^2/|f^(i)|_H^2", axes=FEATURE)
def part_radius_sq(instance: SpectralInstance) -> Enclosure:
    own = _of(instance)
    norms = (own.a * own.parts).sum(axis=0)
    if not all(norms):
        raise MissingPart("a feature is identically 0: it has no radius")
    return enclose((own.parts**2).sum(axis=0) / (norms * rational(own.n)), FEATURE)


# ------------------------------------------------------------------ N6


def _time(instance: SpectralInstance) -> Any:
    return rational(instance.number("time"))


@_measures("1", "(eta t/8) lam_1: the step of gradient descent over its largest monotone one")
def step_ratio(instance: SpectralInstance) -> Enclosure:
    return enclose(_time(instance) * _of(instance).lam[0] / STEPS)


@_measures("1", "what 8 steps of gradient descent with (I - (eta t/8) K) leave of v_i^T y", axes=FEATURE)
def descent_share(instance: SpectralInstance) -> Enclosure:
    own = _of(instance)
    if not all(own.inner):
        raise MissingPart("the labels have no part along an eigenvector")
    left = own.y
    for _ in range(STEPS):
        left = left - _time(instance) / STEPS * (own.kernel @ left)
    return enclose((own.v.T @ left) / own.inner, FEATURE)


@_measures("1", "(1 - (eta t/8) lam_i)^8", axes=FEATURE)
def descent_factor(instance: SpectralInstance) -> Enclosure:
    own, step = _of(instance), _time(instance) / STEPS
    return enclose(np.array([(1 - step * lam) ** STEPS for lam in own.lam], dtype=object), FEATURE)


@_measures("1", "e^(-eta t lam_i): what gradient flow leaves", axes=FEATURE)
def flow_factor(instance: SpectralInstance) -> Enclosure:
    found = [balls(-_time(instance) * lam).item().exp() for lam in _of(instance).lam]
    return enclose(np.array(found, dtype=object), FEATURE)


@_measures("1", "e^(-eta t lam_(i+1)) over e^(-eta t lam_i), neighbours in rank", axes=("pair",))
def flow_order(instance: SpectralInstance) -> Enclosure:
    lam, t = _of(instance).lam, _time(instance)
    found = [balls(t * (a - b)).item().exp() for a, b in zip(lam, lam[1:], strict=False)]
    return enclose(np.array(found, dtype=object), ("pair",))


@_measures("1", "ridge/(lam_i + ridge), by solving with K + ridge I", axes=FEATURE)
def ridge_share(instance: SpectralInstance) -> Enclosure:
    own, amount = _of(instance), rational(instance.number("ridge"))
    if not all(own.inner):
        raise MissingPart("the labels have no part along an eigenvector")
    alpha = _solved(own.kernel + rationals(np.eye(own.n, dtype=np.int64)) * amount, own.y)
    return enclose((own.v.T @ (own.y - own.kernel @ alpha)) / own.inner, FEATURE)


@_measures("1", "ridge/(lam_i + ridge) in closed form", axes=FEATURE)
def ridge_factor(instance: SpectralInstance) -> Enclosure:
    amount = rational(instance.number("ridge"))
    return enclose(amount / (_of(instance).lam + amount), FEATURE)


# ------------------------------------------------------------------ N11


@_measures("1", "|f_k|_H^2 - |f_(k-1)|_H^2, f_k the sum of the first k features", axes=FEATURE)
def norm_growth(instance: SpectralInstance) -> Enclosure:
    own, norms = _of(instance), [rational(0)]
    for k in range(1, own.n + 1):
        a = own.a[:, :k].sum(axis=1)
        norms.append(a @ own.kernel @ a)
    return enclose(np.array([b - a for a, b in zip(norms, norms[1:], strict=False)], dtype=object), FEATURE)


@_measures("1", "|y - f_k(X)|^2", axes=FEATURE)
def truncated_residual_sq(instance: SpectralInstance) -> Enclosure:
    own, found = _of(instance), []
    for k in range(1, own.n + 1):
        left = own.y - own.kernel @ own.a[:, :k].sum(axis=1)
        found.append(left @ left)
    return enclose(np.array(found, dtype=object), FEATURE)


@_measures("1", "sum of (v_i^T y)^2 over i > k", axes=FEATURE)
def tail_energy(instance: SpectralInstance) -> Enclosure:
    squares = _of(instance).inner ** 2
    return enclose(np.array([squares[k:].sum() for k in range(1, len(squares))] + [rational(0)], dtype=object), FEATURE)


@_measures("1", "|f_k(x)| at the further point", axes=FEATURE)
def truncated_value(instance: SpectralInstance) -> Enclosure:
    own = _of(instance)
    values = _cross(instance) @ own.a
    return enclose(np.array([abs(values[:k].sum()) for k in range(1, own.n + 1)], dtype=object), FEATURE)


def _kept(instance: SpectralInstance) -> list[np.ndarray]:
    """Coefficients of the truncated predictors f_k that have the sign of every label at its point; f_n is one."""
    own = _of(instance)
    sums = [own.a[:, :k].sum(axis=1) for k in range(1, own.n + 1)]
    return [a for a in sums if min(y * f for y, f in zip(own.y, own.kernel @ a, strict=True)) > 0]


KEPT = ("kept",)


@_measures("1", "least y_j f_k(x_j) of the truncated predictors with the sign of every label", axes=KEPT)
def kept_margin(instance: SpectralInstance) -> Enclosure:
    own = _of(instance)
    found = [min(y * f for y, f in zip(own.y, own.kernel @ a, strict=True)) for a in _kept(instance)]
    return enclose(np.array(found, dtype=object), KEPT)


@_measures("1", "|f_k|_H^2 of these", axes=KEPT)
def kept_norm_sq(instance: SpectralInstance) -> Enclosure:
    kernel = _of(instance).kernel
    return enclose(np.array([a @ kernel @ a for a in _kept(instance)], dtype=object), KEPT)


@_measures("1", "least y_j^2: the least margin of the interpolant")
def label_margin(instance: SpectralInstance) -> Enclosure:
    return enclose(min(_of(instance).y ** 2))


def _nearest_label(instance: SpectralInstance) -> Any:
    """Label of the training point nearest to the further one in kernel distance."""
    own = _of(instance)
    distances = list(np.diag(own.kernel) - 2 * _cross(instance))
    return own.y[distances.index(min(distances))]


@_measures("1", "y f_k(x) of these at the further point, y the label of the training point nearest to it", axes=KEPT)
def kept_value(instance: SpectralInstance) -> Enclosure:
    y, cross = _nearest_label(instance), _cross(instance)
    return enclose(np.array([y * (cross @ a) for a in _kept(instance)], dtype=object), KEPT)


@_measures("1", "the same of the interpolant")
def further_value(instance: SpectralInstance) -> Enclosure:
    return enclose(_nearest_label(instance) * (_cross(instance) @ _of(instance).a.sum(axis=1)))


@_measures("1", "f^(i)(x)^2/|f^(i)|_H^2 at the further point", axes=FEATURE)
def further_ratio_sq(instance: SpectralInstance) -> Enclosure:
    own = _of(instance)
    if not all(own.inner):
        raise MissingPart("a feature is identically 0: it has no radius")
    return enclose((_cross(instance) @ own.a) ** 2 / (own.inner**2 / own.lam), FEATURE)


@_measures("1", "k(x, x) at the further point")
def further_square(instance: SpectralInstance) -> Enclosure:
    _cross(instance)
    return enclose(rational(instance.number("own")))


@_measures("1", "largest k(x_j, x_j)")
def largest_square(instance: SpectralInstance) -> Enclosure:
    return enclose(max(np.diag(_of(instance).kernel)))


# ------------------------------------------------------------------ the circle


@lru_cache(maxsize=64)
def _circle(instance: CircleInstance) -> tuple[np.ndarray, np.ndarray]:
    """First row of the kernel matrix and its eigenvalues by discrete cosine transform, balls (n,)."""
    flint, n = _flint(), int(instance.count)
    recursion = Recursion(int(instance.depth), rational(2), rational(instance.number("bias_variance")), rational(1))
    one = rational(1)
    row = []
    for k in range(n):
        if k == 0:
            row.append(flint.arb(recursion.diagonal(one)[1]))
        elif 2 * k == n:
            row.append(recursion.pair(-one, one, one)[1])
        else:
            row.append(recursion.pair_at(rational(Fraction(2 * min(k, n - k), n))))
    cosines = [flint.arb.cos_pi_fmpq(rational(Fraction(2 * k, n))) for k in range(n)]
    found = [sum((row[k] * cosines[k * m % n] for k in range(n)), flint.arb(0)) for m in range(n)]
    return np.array(row, dtype=object), np.array(found, dtype=object)


@_on_circle("points", "number of points on the circle")
def circle_count(instance: CircleInstance) -> Enclosure:
    return enclose(int(instance.count))


@_on_circle("layers", "hidden layers of the kernel on the circle")
def circle_depth(instance: CircleInstance) -> Enclosure:
    return enclose(int(instance.depth))


@_on_circle("1", "sigma_b^2 of the kernel on the circle")
def circle_bias(instance: CircleInstance) -> Enclosure:
    return enclose(rational(instance.number("bias_variance")))


@_on_circle("1", "eigenvalue of the kernel matrix by frequency", axes=("frequency",))
def circle_eigenvalue(instance: CircleInstance) -> Enclosure:
    return enclose(_circle(instance)[1], ("frequency",))


def _odd(n: int) -> list[int]:
    """Odd frequencies that alias only to odd ones, none of them 1."""
    return [k for k in range(3, n - 2, 2)] if n % 2 == 0 else []


@_on_circle("2^-80", "|eigenvalue| at the odd frequencies 3, 5, ..., n - 3 of an even number n", axes=("odd",))
def odd_eigenvalue(instance: CircleInstance) -> Enclosure:
    odd = _odd(int(instance.count))
    if not odd:
        raise MissingPart("fewer than 6 points, or an odd number: every odd frequency aliases to 1 or to an even one")
    found = [abs(_circle(instance)[1][k]) / rational(tolerances.IDENTITY) for k in odd]
    return enclose(np.array(found, dtype=object), ("odd",))


@_on_circle("2^-80", "largest |K u - lam u| over the cosine vectors u, K filled pair by pair")
def transform_error(instance: CircleInstance) -> Enclosure:
    flint, n = _flint(), int(instance.count)
    row, values = _circle(instance)
    worst = flint.arb(0)
    for m in range(n):
        u = [flint.arb.cos_pi_fmpq(rational(Fraction(2 * m * j % (2 * n), n))) for j in range(n)]
        for i in range(n):
            total = sum((row[(i - j) % n] * u[j] for j in range(n)), flint.arb(0))
            worst = worst.max(abs(total - values[m] * u[i]))
    return enclose(balls(worst / rational(tolerances.IDENTITY)))
