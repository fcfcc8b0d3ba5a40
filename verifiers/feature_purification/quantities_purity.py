"""Purification measures per neuron, exact and in squares: top feature, dense part, residual, and the decomposition
w_i = beta_i w'_i + v_i of clean weights w along purified weights w'. Neurons with w_i = 0 are left out and counted.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np

from verifiers.errors import MissingPart
from verifiers.feature_purification.subject import NetworkSubject, measures_on
from verifiers.quantity import Enclosure, enclose

_measures = measures_on(NetworkSubject)


def _dot(left: Any, right: Any) -> Fraction:
    return sum((a * b for a, b in zip(left, right, strict=True)), Fraction(0))


def _rows(subject: NetworkSubject) -> list[Any]:
    rows = [row for row in subject.weights if any(row)]
    if not rows:
        raise MissingPart("every neuron is zero")
    return rows


def _signed(subject: NetworkSubject) -> list[list[Fraction]]:
    """Weights with the signs of the direction taken off, so that the dense direction is 1."""
    if any(abs(v) != 1 for v in subject.direction):
        raise MissingPart("purity is measured in coordinates of the features: the direction needs entries +-1")
    return [[w * v for w, v in zip(row, subject.direction, strict=True)] for row in _rows(subject)]


def _per_neuron(subject: NetworkSubject, formula: Callable[[list[Fraction]], Fraction]) -> Enclosure:
    return enclose(np.array([formula(row) for row in _signed(subject)], dtype=object), ("neuron",))


def _top(row: list[Fraction]) -> Fraction:
    return max(row, key=abs)


def top_square(row: list[Fraction]) -> Fraction:
    """w_ij^2/|w_i|^2 of the largest coordinate."""
    return _top(row) ** 2 / _dot(row, row)


def residual_square(row: list[Fraction]) -> Fraction:
    """(|w|^2 - w_j^2 - (d-1) c^2)/|w|^2, c the mean of the other coordinates: never negative."""
    top, rest = _top(row), len(row) - 1
    mean = (sum(row, Fraction(0)) - top) / rest if rest else Fraction(0)
    return (_dot(row, row) - top**2 - rest * mean**2) / _dot(row, row)


@_measures("neurons", "neurons with w_i = 0, which no measure per neuron covers")
def zero_neurons(subject: NetworkSubject) -> Enclosure:
    return enclose(subject.instance.width - sum(any(row) for row in subject.weights))


@_measures("1", "squared share of the largest coordinate, w_ij^2/|w_i|^2", ("neuron",))
def top_sq(subject: NetworkSubject) -> Enclosure:
    return _per_neuron(subject, top_square)


@_measures("1", "squared cosine with the dense direction, <w_i, u>^2/|w_i|^2", ("neuron",))
def dense_sq(subject: NetworkSubject) -> Enclosure:
    return _per_neuron(subject, lambda row: sum(row, Fraction(0)) ** 2 / len(row) / _dot(row, row))


@_measures("1", "dense over pure coefficient: mean of the other coordinates over the size of the largest", ("neuron",))
def dense_over_pure(subject: NetworkSubject) -> Enclosure:
    def formula(row: list[Fraction]) -> Fraction:
        top, rest = _top(row), len(row) - 1
        return (sum(row, Fraction(0)) - top) / rest / abs(top) if rest else Fraction(0)

    return _per_neuron(subject, formula)


@_measures("1", "squared distance of w_i from the span of e_j and the dense direction over |w_i|^2", ("neuron",))
def residual_sq(subject: NetworkSubject) -> Enclosure:
    return _per_neuron(subject, residual_square)


@_measures("1", "1 - top^2 - dense^2, which takes e_j and the dense direction for orthogonal", ("neuron",))
def naive_residual_sq(subject: NetworkSubject) -> Enclosure:
    def formula(row: list[Fraction]) -> Fraction:
        return 1 - top_square(row) - sum(row, Fraction(0)) ** 2 / len(row) / _dot(row, row)

    return _per_neuron(subject, formula)


@_measures("1", "the same distance by least squares: one minus the squared projection on the span", ("neuron",))
def projected_residual_sq(subject: NetworkSubject) -> Enclosure:
    def formula(row: list[Fraction]) -> Fraction:
        size, total, top = len(row), sum(row, Fraction(0)), _top(row)
        if size == 1:
            return Fraction(0)
        # normal equations of x e_j + z 1 = w with Gram matrix [[1, 1], [1, d]]
        z = (total - top) / (size - 1)
        x = top - z
        return 1 - (x * top + z * total) / _dot(row, row)

    return _per_neuron(subject, formula)


@_measures("1", "share of the features that are the largest coordinate, w_ij^2/|w_i|^2 > 1/4, of some neuron")
def coverage(subject: NetworkSubject) -> Enclosure:
    rows = _signed(subject)
    found = {row.index(_top(row)) for row in rows if top_square(row) > Fraction(1, 4)}
    return enclose(Fraction(len(found), subject.instance.dimension))


def _pairs(subject: NetworkSubject, name: str) -> list[tuple[Any, Any]]:
    """(w_i, w'_i) for every neuron at which both are nonzero: other weights, and those of the network."""
    from constructions.instance import fractions_of

    stored = getattr(subject.instance, name)
    if stored is None:
        raise MissingPart(f"the instance holds no {name} weights beside its own")
    pairs = [(w, v) for w, v in zip(fractions_of(stored), subject.weights, strict=True) if any(w) and any(v)]
    if not pairs:
        raise MissingPart(f"no neuron is nonzero both in the {name} weights and in the network's own")
    return pairs


def _per_pair(subject: NetworkSubject, name: str, formula: Callable[[Any, Any], Fraction]) -> Enclosure:
    return enclose(np.array([formula(w, v) for w, v in _pairs(subject, name)], dtype=object), ("neuron",))


def _cosine_square(w: Any, v: Any) -> Fraction:
    return _dot(w, v) ** 2 / (_dot(w, w) * _dot(v, v))


@_measures("1", "squared cosine of clean and own weights", ("neuron",))
def clean_cosine_sq(subject: NetworkSubject) -> Enclosure:
    return _per_pair(subject, "clean", _cosine_square)


@_measures("1", "squared cosine of initial and own weights", ("neuron",))
def initial_cosine_sq(subject: NetworkSubject) -> Enclosure:
    return _per_pair(subject, "initial", _cosine_square)


@_measures("1", "beta_i = <w_i, w'_i>/|w'_i|^2: clean weights along the purified ones", ("neuron",))
def beta(subject: NetworkSubject) -> Enclosure:
    return _per_pair(subject, "clean", lambda w, v: _dot(w, v) / _dot(v, v))


@_measures("squared length", "|beta_i w'_i|^2", ("neuron",))
def along_sq(subject: NetworkSubject) -> Enclosure:
    return _per_pair(subject, "clean", lambda w, v: _dot(w, v) ** 2 / _dot(v, v))


@_measures("squared length", "|v_i|^2, v_i = w_i - beta_i w'_i", ("neuron",))
def rest_sq(subject: NetworkSubject) -> Enclosure:
    def formula(w: Any, v: Any) -> Fraction:
        factor = _dot(w, v) / _dot(v, v)
        rest = [a - factor * b for a, b in zip(w, v, strict=True)]
        return _dot(rest, rest)

    return _per_pair(subject, "clean", formula)


@_measures("squared length", "|w_i|^2 of the clean weights", ("neuron",))
def clean_sq(subject: NetworkSubject) -> Enclosure:
    return _per_pair(subject, "clean", lambda w, v: _dot(w, w))


@_measures("coordinates", "dimension, per neuron of the decomposition")
def features(subject: NetworkSubject) -> Enclosure:
    return enclose(subject.instance.dimension)
