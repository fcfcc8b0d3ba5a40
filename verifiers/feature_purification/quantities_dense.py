"""Quantities along the universal dense direction v: what the perturbation -y eta v does to every neuron and point."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np

from verifiers import arithmetic
from verifiers.errors import MissingPart
from verifiers.feature_purification.subject import NetworkSubject, measures_on
from verifiers.quantity import Enclosure, enclose

_measures = measures_on(NetworkSubject)


def step(subject: NetworkSubject) -> Fraction:
    """eta, rational, with eta |v| <= tau: equal where |v| is rational, else less by a relative 2^-50 at most."""
    if subject.norm == 0:
        largest = max(abs(v) for v in subject.direction)
        if largest == 0:
            raise MissingPart("the direction is zero")
        return subject.radius / largest
    square = sum((v * v for v in subject.direction), Fraction(0))
    if square == 0:
        raise MissingPart("the direction is zero")
    target = arithmetic.rational(subject.radius**2 / square)
    try:
        return Fraction(arithmetic.to_fraction(arithmetic.square_root(target)[()]))
    except arithmetic.NotRational:
        exact = arithmetic.to_fraction(target)
        scale = 4 ** max(0, 60 - exact.numerator.bit_length() + exact.denominator.bit_length())
        return Fraction(math.isqrt(exact.numerator * scale // exact.denominator), math.isqrt(scale))


def _drifts(subject: NetworkSubject) -> list[Fraction]:
    eta = step(subject)
    return [eta * sum((w * v for w, v in zip(row, subject.direction, strict=True)), Fraction(0))
            for row in subject.weights]  # fmt: skip


@_measures("1", "eta, the length of the dense perturbation in units of the direction v")
def dense_step(subject: NetworkSubject) -> Enclosure:
    return enclose(step(subject))


@_measures("squared length", "|v|^2 of the dense direction, which need not be normalised")
def dense_direction_sq(subject: NetworkSubject) -> Enclosure:
    return enclose(sum((v * v for v in subject.direction), Fraction(0)))


@_measures("1", "t_i = eta <w_i, v>: how far the dense perturbation pushes each neuron against the label", ("neuron",))
def drift(subject: NetworkSubject) -> Enclosure:
    return enclose(np.array(_drifts(subject), dtype=object), ("neuron",))


@_measures("1", "y f(x - y eta v), the value under the dense perturbation", ("point",))
def dense_value(subject: NetworkSubject) -> Enclosure:
    drifts = np.array(_drifts(subject), dtype=object)
    return enclose(np.array([subject.value(row - drifts) for row in subject.heights], dtype=object), ("point",))


def _bound(subject: NetworkSubject, closing: bool) -> Enclosure:
    drifts = _drifts(subject)
    found = []
    for row in subject.heights:
        total = subject.value(row)
        for h, b, a, t in zip(row, subject.biases, subject.outputs, drifts, strict=True):
            if t < 0:
                total -= a * t
            elif h > b:
                total -= a * (min(t, h - b) if closing else t)
            elif h < -b:
                total -= a * t
        found.append(total)
    return enclose(np.array(found, dtype=object), ("point",))


@_measures("1", "y f(x) - sum over h_i > b_i of a_i min(t_i, h_i - b_i) - sum over h_i < -b_i of a_i t_i, the neurons "
           "with t_i < 0 charged a_i |t_i| instead", ("point",))  # fmt: skip
def dense_bound(subject: NetworkSubject) -> Enclosure:
    return _bound(subject, True)


@_measures("1", "the same with t_i in place of min(t_i, h_i - b_i), as if no gate could close", ("point",))
def dense_bound_open(subject: NetworkSubject) -> Enclosure:
    return _bound(subject, False)


@_measures("neurons", "gates that open or close along the dense perturbation", ("point",))
def gate_changes(subject: NetworkSubject) -> Enclosure:
    drifts = _drifts(subject)
    found = []
    for row in subject.heights:
        changes = 0
        for h, b, t in zip(row, subject.biases, drifts, strict=True):
            changes += _side(h, b) != _side(h - t, b)
        found.append(changes)
    return enclose(np.array(found), ("point",))


def _side(height: Fraction, bias: Fraction) -> int:
    return int(height > bias) - int(height < -bias)
