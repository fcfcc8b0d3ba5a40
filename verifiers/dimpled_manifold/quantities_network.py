"""Quantities of a network at points of P: value, gradient orthogonal to P, operator norm, radii, scaling."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np

from constructions.dimpled_manifold import number_of
from verifiers import arithmetic
from verifiers.dimpled_manifold.network import FULL, OFF, ON, NetworkSubject, Table, closeness
from verifiers.dimpled_manifold.subject import enclosed, measures_on
from verifiers.errors import MissingPart, NoCertificate
from verifiers.quantity import Enclosure, enclose

_measures = measures_on(NetworkSubject)
SAMPLE = ("sample",)
STRETCH = Fraction(1, 4)
"""Factor by which the orthogonal weights are multiplied where scaling is measured."""


def _listed(entries: Any) -> Enclosure:
    return enclose(np.array(list(entries), dtype=object), SAMPLE)


def _points(subject: NetworkSubject) -> range:
    return range(len(subject.values))


@_measures("dimensions", "l, how many dimensions of R^d the subspace P leaves")
def codimension(subject: NetworkSubject) -> Enclosure:
    return enclose(subject.instance.dimension - subject.rank)


@_measures("distance^2", "largest squared distance of a point from P; 0 where all points lie in P")
def off_plane(subject: NetworkSubject) -> Enclosure:
    return enclose(subject.off_plane)


@_measures("1", "|N(x)|: how far the network is from changing its mind", SAMPLE)
def confidence(subject: NetworkSubject) -> Enclosure:
    return _listed(abs(value) for value in subject.values)


@_measures("1", "y N(x): positive where the label is predicted", SAMPLE)
def margin(subject: NetworkSubject) -> Enclosure:
    return _listed(int(y) * v for y, v in zip(subject.instance.labels, subject.values, strict=True))


@_measures("neurons", "k, neurons with positive pre-activation at the point", SAMPLE)
def active(subject: NetworkSubject) -> Enclosure:
    return _listed(sum(z > 0 for z in row) for row in subject.pre)


@_measures("neurons", "pre-activations that are exactly 0 at the point, with a weight vector that is not zero", SAMPLE)
def ties(subject: NetworkSubject) -> Enclosure:
    moving = [any(row) for row in subject.weights.integers]
    return _listed(sum(z == 0 and moves for z, moves in zip(row, moving, strict=True)) for row in subject.pre)


@_measures("1", "|c|^2: squared output weights of the active neurons", SAMPLE)
def combination_sq(subject: NetworkSubject) -> Enclosure:
    return _listed(sum((c * c for c in subject.coefficients(j)), Fraction(0)) for j in _points(subject))


@_measures("1/distance^2", "rho^2: squared length of the part of the gradient orthogonal to P", SAMPLE)
def normal_gradient_sq(subject: NetworkSubject) -> Enclosure:
    return _listed(subject.gradient_squares)


@_measures("1", "share of the squared gradient that is orthogonal to P", SAMPLE)
def normal_share(subject: NetworkSubject) -> Enclosure:
    whole = subject.combination @ subject.weights
    squares = [Fraction(int((row * row).sum()), whole.scale**2) for row in whole.integers]
    if not all(squares):
        raise MissingPart(f"the gradient of the network is zero at point {squares.index(Fraction(0))}")
    return _listed(a / b for a, b in zip(subject.gradient_squares, squares, strict=True))


@_measures("1", "|u|^2: squared output weights of all neurons")
def outputs_sq(subject: NetworkSubject) -> Enclosure:
    return enclose(subject.outputs_square)


@_measures("1/distance^2", "squared operator norm of the weights' part orthogonal to P, between a quotient and a proof")
def operator_sq(subject: NetworkSubject) -> Enclosure:
    lower, upper = subject.operator_square
    return enclose(lower) if lower == upper else enclose(arithmetic.ball_between(lower, upper))


def _closeness(subject: NetworkSubject, kind: str, stretch: Fraction = Fraction(1)) -> Enclosure:
    bounds = []
    for j in _points(subject):
        found = subject.radius(kind, j, stretch)
        if found.lower_squared == 0:
            raise NoCertificate(f"no positive lower bound of a radius is proved at point {j}")
        bounds.append((closeness(found.upper_squared), closeness(found.lower_squared)))
    return enclosed(bounds, SAMPLE)


@_measures("1/distance^2", "1/r_off^2, r_off the least perturbation orthogonal to P that changes the sign; 0 if none",
           SAMPLE)  # fmt: skip
def off_closeness(subject: NetworkSubject) -> Enclosure:
    return _closeness(subject, OFF)


@_measures("1/distance^2", "1/r_on^2 for perturbations within P", SAMPLE)
def on_closeness(subject: NetworkSubject) -> Enclosure:
    return _closeness(subject, ON)


@_measures("1/distance^2", "1/r_full^2 for all perturbations", SAMPLE)
def full_closeness(subject: NetworkSubject) -> Enclosure:
    return _closeness(subject, FULL)


def _on_the_ray(subject: NetworkSubject, stretch: Fraction = Fraction(1)) -> Enclosure:
    found = []
    for j in _points(subject):
        time = subject.flip_time(j, stretch)
        square = subject.gradient_squares[j] * stretch * stretch
        found.append(closeness(Fraction(time) ** 2 * square if square and time != float("inf") else float("inf")))
    return _listed(found)


@_measures("1/distance^2", "1/a^2, a the first sign change along the orthogonal gradient, an exact root; 0 if none",
           SAMPLE)  # fmt: skip
def ray_closeness(subject: NetworkSubject) -> Enclosure:
    return _on_the_ray(subject)


@_measures("1/distance^2", "1/nu^2 rho^2: the square of the inverse first-order distance rho/nu", SAMPLE)
def linear_closeness(subject: NetworkSubject) -> Enclosure:
    return _listed(closeness(v * v / s if s else float("inf")) for v, s in
                   zip(subject.values, subject.gradient_squares, strict=True))  # fmt: skip


@_measures("1/distance^2", "largest |w_k|^2/z_k^2: the inverse squared distance of the nearest kink of N", SAMPLE)
def kink_closeness(subject: NetworkSubject) -> Enclosure:
    squares = [Fraction(int((row * row).sum()), subject.weights.scale**2) for row in subject.weights.integers]
    found = []
    for j, row in enumerate(subject.pre):
        moving = [(s, z) for s, z in zip(squares, row, strict=True) if s]
        if any(z == 0 for _, z in moving):
            raise MissingPart(f"point {j} lies on a kink of the network")
        found.append(max((s / (z * z) for s, z in moving), default=Fraction(0)))
    return _listed(found)


def _output(outputs: list[Fraction], pre: Any) -> Fraction:
    """sum_i u_i relu(z_i)."""
    return sum((u * z for u, z in zip(outputs, pre, strict=True) if z > 0), Fraction(0))


# Scaling of the orthogonal weights


@_measures("1", "s, the factor by which the orthogonal weights are multiplied in the scaled network")
def stretch(subject: NetworkSubject) -> Enclosure:
    return enclose(STRETCH)


@_measures("1/distance^2", "1/a^2 along the orthogonal gradient of the scaled network", SAMPLE)
def stretched_ray_closeness(subject: NetworkSubject) -> Enclosure:
    return _on_the_ray(subject, STRETCH)


@_measures("1/distance^2", "1/r_off^2 of the scaled network", SAMPLE)
def stretched_off_closeness(subject: NetworkSubject) -> Enclosure:
    return _closeness(subject, OFF, STRETCH)


@_measures("1/distance^2", "1/r_full^2 of the scaled network", SAMPLE)
def stretched_full_closeness(subject: NetworkSubject) -> Enclosure:
    return _closeness(subject, FULL, STRETCH)


@_measures("1", "N of the scaled network at x + z minus N at x + s z, z the orthogonal gradient", SAMPLE)
def stretch_defect(subject: NetworkSubject) -> Enclosure:
    """Evaluated at ambient points, from the stretched weights themselves: no shared slopes."""
    found = []
    normal, gradients = subject.normal_weights.fractions(), subject.normal_gradients.fractions()
    for j in _points(subject):
        moves = normal @ gradients[j]
        scaled = (STRETCH * normal) @ gradients[j]
        left = _output(subject.outputs, subject.pre[j] + scaled)
        found.append(left - _output(subject.outputs, subject.pre[j] + STRETCH * moves))
    return _listed(found)


# The identity along the ray


@_measures("1", "y N(x - t g) - (nu - t rho^2 + sum_i y u_i (t s_i h_i - |z_i|)_+) at t = the first-order distance",
           SAMPLE)  # fmt: skip
def ray_defect(subject: NetworkSubject) -> Enclosure:
    """Left side from the moved point itself, right side from pre-activations and velocities."""
    found = []
    gradients = subject.normal_gradients.fractions()
    normal = subject.normal_weights.fractions()
    for j in _points(subject):
        square = subject.gradient_squares[j]
        time = abs(subject.values[j]) / square if square else Fraction(1)
        signed = subject.signed_outputs(j)
        at = normal @ (-time * gradients[j])
        left = _output(signed, subject.pre[j] + at)
        velocity = [-entry for entry in subject.normal_slopes(j)]
        bend = sum((o * max((1 if z > 0 else -1) * time * h - abs(z), Fraction(0)) for o, z, h in
                    zip(signed, subject.pre[j], velocity, strict=True)), Fraction(0))  # fmt: skip
        found.append(left - (abs(subject.values[j]) - time * square + bend))
    return _listed(found)


# The start


def _initial(subject: NetworkSubject) -> Table:
    if subject.instance.initial is None:
        raise MissingPart("this is measured against the weights at the start, which the instance does not hold")
    return subject.normal_part(Table.of(subject.instance.initial))


@_measures("weight", "largest entry of the orthogonal weights minus `decay` times those at the start")
def normal_drift(subject: NetworkSubject) -> Enclosure:
    decay = number_of(subject.instance.decay)
    start, end = _initial(subject).fractions(), subject.normal_weights.fractions()
    return enclose(max(abs(entry) for entry in (end - decay * start).reshape(-1)))
