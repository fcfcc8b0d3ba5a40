"""Certified l2 radii of a kernel predictor in input space, for any depth and bias, and flips that bound them above.

Two lower bounds on the radius at x: by the norm, as `Recursion.moved_sq` bounds the kernel distance over the ball; and
by the values, f being enclosed on the whole ball, kernel by kernel.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from constructions.instance import fractions_of
from constructions.ntk_features import one_step, projected
from verifiers.arithmetic import _flint, absolute, balls, rationals
from verifiers.errors import NoCertificate
from verifiers.ntk_features.subject import KernelSubject, measures_on
from verifiers.quantity import Enclosure, between, enclose

STEPS = 14
"""Halvings of the interval of radii: a radius is found to 1e-4 of |x|."""

DIRECTIONS = 24
"""Halvings along each direction of attack."""

PAIRS = ("query", "sample")
_measures = measures_on(KernelSubject)


def value_range(subject: KernelSubject, x: np.ndarray, t: Any) -> Any:
    """A ball that contains f on the whole ball of radius t around x."""
    arb, r = _flint().arb, x @ x
    length, total = arb(r).sqrt(), arb(0)
    inner = (length - t).max(arb(0))
    around = (inner * inner).union((length + t) ** 2)
    for alpha, other in zip(subject.alpha, subject.points, strict=True):
        p, s = other @ other, x @ other
        move = arb(p).sqrt() * t
        reach = (arb(s) - move).union(arb(s) + move)
        total += alpha * subject.recursion.spread(reach, around, p)[subject.tangent]
    return total


def _largest(holds: Callable[[Any], bool], low: Any, high: Any) -> Any:
    """The largest radius found by bisection of [low, high] at which something is proved, a dyadic number."""
    for _ in range(STEPS):
        middle = ((low + high) / 2).mid()
        low, high = (middle, high) if holds(middle) else (low, middle)
    return low


def certified_radius(subject: KernelSubject, j: int) -> Any:
    """A radius of the l2 ball around x_j within which f keeps the sign it has at x_j; 0 if its sign is not proved."""
    x, value = subject.points[j], subject.fitted[j]
    length = _flint().arb(x @ x).sqrt().mid()
    if not (abs(value) > 0 and length > 0):
        return _flint().arb(0)
    budget = value**2 / subject.norm_sq if subject.norm_sq > 0 else _flint().arb(0)
    none = _flint().arb(0)
    by_norm = _largest(lambda t: bool(subject.recursion.moved_sq(x @ x, t, subject.tangent) < budget), none, length)

    def by_value(t: Any) -> bool:
        return bool(value_range(subject, x, t) * value > 0)

    better = (by_norm * (1 + 1 / 64) + length / 2**STEPS).mid()
    return _largest(by_value, better, length) if by_value(better) else by_norm


def flip(subject: KernelSubject, j: int) -> Any:
    """|delta| of a perturbation of x_j at which f certainly has another sign than at x_j: the shortest one found."""
    arb, x = _flint().arb, subject.points[j]
    centre = np.array([float(entry) for entry in x])
    sign = 1.0 if subject.fitted[j] > 0 else -1.0
    predictor, length = subject.floats, max(float(np.linalg.norm(centre)), 1e-3)
    ends = [one_step(predictor, centre[None], np.array([sign]), 2 * length, "l2")[0]]
    ends += [projected(predictor, centre[None], np.array([sign]), share * length, "l2", steps=12)[0]
             for share in (0.1, 0.3, 1.0, 2.0)]  # fmt: skip
    found = [point for point in (_along(predictor, centre, end, sign) for end in ends) if point is not None]
    for candidate in sorted(found, key=lambda point: float(np.linalg.norm(point - centre))):
        point = rationals(fractions_of(candidate))
        value = subject.kernel_between(point[None], subject.points)[0] @ subject.alpha
        if value * int(sign) < 0:
            delta = point - x
            return arb(delta @ delta).sqrt()
    return arb.pos_inf()


def _along(predictor: Any, centre: np.ndarray, end: np.ndarray, sign: float) -> np.ndarray | None:
    """A point a little beyond the first sign change between centre and end in float64, or None."""
    shares = np.linspace(0, 1, 65)[1:]
    wrong = sign * predictor(centre + shares[:, None] * (end - centre)) < 0
    if not wrong.any():
        return None
    high = float(shares[int(np.argmax(wrong))])
    low = high - 1 / 64
    for _ in range(DIRECTIONS):
        middle = (low + high) / 2
        value = sign * float(predictor((centre + middle * (end - centre))[None])[0])
        low, high = (low, middle) if value < 0 else (middle, high)
    return np.asarray(centre + high * (1 + 1e-6) * (end - centre))


@_measures("1", "squared Lipschitz constant of the NNGP distance in l2: sigma_w^2/D (sigma_w^2/2)^L")
def nngp_lipschitz_sq(subject: KernelSubject) -> Enclosure:
    own = subject.recursion
    return enclose(own.weight / own.divisor * (own.weight / 2) ** own.depth)


@_measures("squared length", "|x - x_j|^2", axes=PAIRS)
def input_distance_sq(subject: KernelSubject) -> Enclosure:
    return enclose(_apart(subject), PAIRS)


@_measures("1", "squared NNGP distance of query and point", axes=PAIRS)
def nngp_distance_sq(subject: KernelSubject) -> Enclosure:
    cross = subject.kernels(subject.queries, subject.points)[0]
    left, right = ([subject.recursion.diagonal(x @ x)[0] for x in part] for part in (subject.queries, subject.points))
    found = balls(left)[:, None] + balls(right)[None, :] - 2 * cross
    found[subject.coincident] = _flint().arb(0)
    return enclose(found, PAIRS)


@_measures("1", "bound on d_K(x, x_j)^2 from |x - x_j| and |x_j| alone", axes=PAIRS)
def moved_bound_sq(subject: KernelSubject) -> Enclosure:
    out = np.empty((len(subject.queries), subject.n), dtype=object)
    for (i, j), square in np.ndenumerate(_apart(subject)):
        x = subject.points[j]
        out[i, j] = subject.recursion.moved_sq(x @ x, _flint().arb(square).sqrt(), subject.tangent)
    return enclose(balls(out), PAIRS)


def _apart(subject: KernelSubject) -> np.ndarray:
    return np.asarray(((subject.queries[:, None] - subject.points[None]) ** 2).sum(axis=2))


@_measures("length", "certified l2 radius around x_j within which f keeps its sign", axes=("sample",))
def certified_input_radius(subject: KernelSubject) -> Enclosure:
    found = [certified_radius(subject, j).lower() for j in range(subject.n)]
    bounds = np.array([np.nextafter(float(value), 0.0) for value in found]).clip(min=0.0)
    return between(bounds, bounds, ("sample",))


@_measures("length", "length of the shortest perturbation of x_j found that certainly flips f", axes=("sample",))
def flip_length(subject: KernelSubject) -> Enclosure:
    found = []
    for j in range(subject.n):
        if not absolute(subject.fitted)[j] > 0:
            raise NoCertificate(f"the sign of f at point {j} is not proved: its value may be 0")
        value = flip(subject, j)
        found.append(np.nextafter(float(value.upper()), np.inf) if value.is_finite() else np.inf)
    return between(np.array(found), np.array(found), ("sample",))


@_measures("1", "|f(x_j)|/|f|_H: the certified radius in kernel distance", axes=("sample",))
def kernel_radius(subject: KernelSubject) -> Enclosure:
    return enclose(balls(absolute(subject.fitted) / subject.norm_sq.sqrt()), ("sample",))
