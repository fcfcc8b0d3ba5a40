"""Quantities for conjectures: kinks, activations across classes, and comparison with the class-merged point."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from constructions.instance import InvalidInstance
from constructions.kkt_margin import NoPoint, exact_partition_point
from verifiers import arithmetic
from verifiers.errors import NoCertificate
from verifiers.kkt_margin.quantities_network import certified_radii
from verifiers.kkt_margin.subject import CATALOGUE, Subject
from verifiers.quantity import Enclosure, enclose

_measures = CATALOGUE.measures


def _exactly_known(subject: Subject) -> None:
    if subject.point.kind == "float":
        raise NoCertificate("the KKT point is known in floats only, so pairs at a kink cannot be told from others")


@_measures("pairs", "number of (neuron, sample) pairs with 0 < sigma' < 1")
def fractional_pairs(subject: Subject) -> Enclosure:
    _exactly_known(subject)
    point = subject.point
    positive = arithmetic.certainly_positive(point.rows)
    squares = point.rows * point.rows / point.square_norms[:, None]
    below = arithmetic.certainly_positive(point.square_multipliers[None, :] - squares)
    kinks = point.pre_activations == 0 if point.kind == "rational" else point.proof.system.kink
    return enclose(int(np.sum(positive & below & kinks)))


@_measures("pairs", "number of (neuron, sample) pairs of different classes with a strictly positive pre-activation")
def strict_cross_pairs(subject: Subject) -> Enclosure:
    _exactly_known(subject)
    point = subject.point
    across = point.signs[:, None] != subject.data.labels[None, :]
    return enclose(int(np.sum(arithmetic.certainly_positive(point.pre_activations) & across)))


@lru_cache(maxsize=64)
def _class_merged(subject: Subject) -> Subject:
    """The class-merged KKT point of the same data, resolved and verified like any other."""
    try:
        merged = Subject(exact_partition_point(subject.instance.without_network()))
    except (NoPoint, InvalidInstance) as failure:
        raise NoCertificate(f"these data have no class-merged KKT point: {failure}") from None
    if not (merged.point.kind == "rational" and merged.point.proved):
        raise NoCertificate("the class-merged point of these data was not verified exactly")
    return merged


@_measures("1/length", "sum of the multipliers of the class-merged KKT point of the same data")
def merged_multiplier_sum(subject: Subject) -> Enclosure:
    return enclose(_class_merged(subject).point.multipliers.sum())


@_measures("squared length", "squared robust radius at the class-merged KKT point of the same data", ("sample",))
def merged_radius_sq(subject: Subject) -> Enclosure:
    radii = certified_radii(_class_merged(subject))
    lower, upper = (
        np.array([getattr(r, name) for r in radii], dtype=object) for name in ("lower_squared", "upper_squared")
    )
    return (
        enclose(lower, ("sample",))
        if np.all(lower == upper)
        else enclose(arithmetic.ball_between(lower, upper), ("sample",))
    )
