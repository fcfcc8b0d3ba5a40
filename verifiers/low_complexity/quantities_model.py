"""Quantities of one model: its robust accuracy, how a polynomial interpolates, its robust hinge risk on a sample."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from functools import partial
from typing import Any

import numpy as np

from verifiers import arithmetic
from verifiers.errors import MissingPart
from verifiers.low_complexity.hinge import dual_bound, robust_hinge_risk
from verifiers.low_complexity.linear import Affine, affine_accuracy
from verifiers.low_complexity.robust_points import robust_points
from verifiers.low_complexity.subject import Subject, enumerated, measures_on
from verifiers.probability import clopper_pearson
from verifiers.quantity import Enclosure, between, enclose
from verifiers.verdict import Rigor

_measures = measures_on(Subject)


def _enclosed(pair: tuple[Any, Any]) -> Enclosure:
    """Two numbers that enclose a probability; one number if they are the same."""
    lower, upper = pair
    if lower is upper or lower == upper:
        return enclose(lower)
    low, high = arithmetic.lower_bounds(lower)[()], arithmetic.upper_bounds(upper)[()]
    return between(np.maximum(low, 0.0), np.minimum(high, 1.0))


@_measures("1", "robust accuracy of the model")
def accuracy(subject: Subject) -> Enclosure:
    return _enclosed(subject.accuracy())


@_measures("1", "robust accuracy of the odd part of the model")
def odd_accuracy(subject: Subject) -> Enclosure:
    return _enclosed(subject.accuracy(odd=True))


@_measures("1", "accuracy of the linear classifier beyond tau instead of tau |w|_*: wrong unless |w|_* = 1")
def unscaled_accuracy(subject: Subject) -> Enclosure:
    return enclose(Affine(subject.lattice, subject.groups, subject.tau, offset=subject.offset).unscaled(subject.tau))


@_measures("1", "robust accuracy of the linear classifier on all data that are no tie: wrong unless the gap is small")
def unconditional_accuracy(subject: Subject) -> Enclosure:
    free = replace(subject.lattice, least=1)
    return enclose(affine_accuracy(free, subject.groups, subject.tau, subject.maximum, subject.offset))


@_measures("1", "robust accuracy of the affine classifier by going through all points")
def enumerated_accuracy(subject: Subject) -> Enclosure:
    return enclose(enumerated(subject)[0])


@_measures("1", "robust accuracy of the linear classifier among the draws that the instance carries")
def sampled_accuracy(subject: Subject) -> Enclosure:
    instance = subject.instance
    if instance.draws is None:
        raise MissingPart("this instance carries no draws; `constructions.low_complexity.simulated` adds them")
    right, draws = int(instance.right), int(instance.draws)
    low, high = clopper_pearson(right, draws)
    return between(low, high, rigor=Rigor.STATISTICAL)


def _coefficient(subject: Subject, position: int) -> Enclosure:
    own = subject.part("coefficients")
    return enclose(own[position] if position < len(own) else 0)


for _position in range(4):
    _measures("1", f"coefficient of t^{2 * _position + 1} of the odd polynomial", name=f"c{2 * _position + 1}")(
        partial(_coefficient, position=_position)
    )


@_measures("1", "degree of the odd polynomial")
def degree(subject: Subject) -> Enclosure:
    used = [position for position, c in enumerate(subject.part("coefficients")) if c != 0]
    return enclose(2 * max(used, default=0) + 1)


@_measures("1", "p(a)/a of the odd polynomial at the light magnitude a = 1/sqrt(k)")
def light_ratio(subject: Subject) -> Enclosure:
    return enclose(subject.scaled_value(slope=False, heavy=False))


@_measures("1", "p(1) of the odd polynomial")
def heavy_value(subject: Subject) -> Enclosure:
    return enclose(subject.scaled_value(slope=False, heavy=True))


@_measures("1", "p'(a) of the odd polynomial at the light magnitude")
def light_slope(subject: Subject) -> Enclosure:
    return enclose(subject.scaled_value(slope=True, heavy=False))


@_measures("1", "p'(1) of the odd polynomial")
def heavy_slope(subject: Subject) -> Enclosure:
    return enclose(subject.scaled_value(slope=True, heavy=True))


@_measures("magnitudes", "number s of magnitudes at which the odd polynomial is looked at")
def node_count(subject: Subject) -> Enclosure:
    return enclose(len(subject.nodes()))


@_measures("1", "largest |p(a)/a - 1| over the magnitudes a")
def node_error(subject: Subject) -> Enclosure:
    return enclose(max(abs(value - 1) for value, _ in subject.nodes()))


@_measures("1", "largest |p'(a)| over all magnitudes a but the smallest; 0 if there is one")
def outer_slope(subject: Subject) -> Enclosure:
    return enclose(max((abs(slope) for _, slope in subject.nodes()[1:]), default=Fraction(0)))


@_measures("1", "p'(a) at the smallest magnitude a")
def inner_slope(subject: Subject) -> Enclosure:
    return enclose(subject.nodes()[0][1])


@_measures("1", "robust hinge risk of the linear classifier on the sample")
def hinge_risk(subject: Subject) -> Enclosure:
    return enclose(robust_hinge_risk(subject.instance))


@_measures("1", "no linear classifier has less robust hinge risk on the sample, by multipliers checked in rationals")
def hinge_bound(subject: Subject) -> Enclosure:
    return enclose(dual_bound(subject.instance)[0])


@_measures("1", "share of the points of the sample that the model classifies robustly")
def robust_share(subject: Subject) -> Enclosure:
    sure, possible = robust_points(subject.instance)
    low, high = Fraction(int(sure.sum()), sure.size), Fraction(int(possible.sum()), sure.size)
    return _enclosed((low, high))


@_measures("points", "number of points of the sample")
def points(subject: Subject) -> Enclosure:
    if subject.instance.points is None:
        raise MissingPart("this instance has no sample")
    return enclose(len(subject.instance.points))
