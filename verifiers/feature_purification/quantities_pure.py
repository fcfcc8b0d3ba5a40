"""Quantities of pure networks: F, A, b', what D(tau) is made of, its dual form, and what attacks reach."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np

from verifiers.feature_purification.pure import Pure
from verifiers.feature_purification.subject import NetworkSubject, measures_on
from verifiers.quantity import Enclosure, enclose

_measures = measures_on(NetworkSubject)


def pure(subject: NetworkSubject) -> Pure:
    """The pure network of a subject, read once. Raises `MissingPart` if it is none."""
    found = subject.__dict__.get("_pure")
    if found is None:
        found = subject.__dict__["_pure"] = Pure(subject)
    return found


def _per_point(values: list[Any]) -> Enclosure:
    return enclose(np.array(values, dtype=object), ("point",))


@_measures("1", "F = sum_j phi_b(y x_j)", ("point",), name="pure_value")
def value(subject: NetworkSubject) -> Enclosure:
    return _per_point(pure(subject).values)


@_measures("coordinates", "A, the number of active coordinates, |x_j| > b", ("point",))
def active(subject: NetworkSubject) -> Enclosure:
    return _per_point(pure(subject).active)


@_measures("length", "b' = b - max |x_j| over inactive coordinates; radius + 1 where there is none", ("point",))
def gap(subject: NetworkSubject) -> Enclosure:
    return _per_point(pure(subject).gaps)


@_measures("length", "b + min y x_j over inactive coordinates, at least b'", ("point",))
def sharp_gap(subject: NetworkSubject) -> Enclosure:
    return _per_point(pure(subject).sharp_gaps)


@_measures("coordinates", "number of coordinates best attacked: (tau/(2 b'))^2 brought into [A, d]; real", ("point",))
def spread(subject: NetworkSubject) -> Enclosure:
    own = pure(subject)
    return _per_point([own.count(i, g) for i, g in enumerate(own.gaps)])


@_measures("coordinates", "the same with b + min x_j in place of b'", ("point",))
def sharp_spread(subject: NetworkSubject) -> Enclosure:
    own = pure(subject)
    return _per_point([own.count(i, g) for i, g in enumerate(own.sharp_gaps)])


@_measures("1", "Theorem C for one copy, at the multiplier that proves F - D(tau)", ("point",))
def pure_dual(subject: NetworkSubject) -> Enclosure:
    own = pure(subject)
    return _per_point([own.dual(i) for i in range(len(own.active))])


@_measures("1", "least sum_j phi_b found in the ball, by equal shifts of 1 to d coordinates and by every attack",
           ("point",))  # fmt: skip
def pure_least(subject: NetworkSubject) -> Enclosure:
    own = pure(subject)
    attacked = [value / own.copies for value in subject.attack_values]
    return _per_point([min(own.least(i), attacked[i]) for i in range(len(own.active))])


@_measures("length", "least height x_j - b over active coordinates with x_j > b; 0 where some x_j < -b", ("point",))
def least_active_height(subject: NetworkSubject) -> Enclosure:
    own = pure(subject)
    found = []
    for x in own.points:
        heights = [v - own.bias for v in x if v > own.bias]
        found.append(Fraction(0) if any(v < -own.bias for v in x) or not heights else min(heights))
    return _per_point(found)


@_measures("length", "largest |x_j| over inactive coordinates, 0 where the point has no noise", ("point",))
def largest_noise(subject: NetworkSubject) -> Enclosure:
    own = pure(subject)
    rows = [[abs(v) for v in x if abs(v) <= own.bias] for x in own.points]
    return _per_point([max(row, default=Fraction(0)) for row in rows])


@_measures("coordinates", "all numbers N of coordinates from 1 to d", ("count",))
def coordinates(subject: NetworkSubject) -> Enclosure:
    return enclose(np.arange(1, pure(subject).d + 1), ("count",))


@_measures("length", "bias b of every neuron")
def bias(subject: NetworkSubject) -> Enclosure:
    return enclose(pure(subject).bias)
