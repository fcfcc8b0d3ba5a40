"""Quantities of frozen gates on a sample with a menu: what one vector says of every model, and one model's own risk."""

from __future__ import annotations

from fractions import Fraction

from verifiers.errors import MissingPart
from verifiers.low_complexity.kernel import GateSubject
from verifiers.low_complexity.subject import measures_on
from verifiers.quantity import Enclosure, between, enclose

_measures = measures_on(GateSubject)


@_measures("gates", "number of frozen gates")
def gate_count(subject: GateSubject) -> Enclosure:
    return enclose(len(subject.instance.directions))


@_measures("1", "smallest multiplier of the menu")
def least_multiplier(subject: GateSubject) -> Enclosure:
    own, unit = subject.multipliers
    return enclose(Fraction(min(own.tolist()), unit))


@_measures("1", "smallest sum of the multipliers of a point")
def smallest_total(subject: GateSubject) -> Enclosure:
    return enclose(min(subject.totals()))


@_measures("1", "largest sum of the multipliers of a point")
def largest_total(subject: GateSubject) -> Enclosure:
    return enclose(max(subject.totals()))


@_measures("1", "sum of all multipliers over the number of points")
def frozen_mass(subject: GateSubject) -> Enclosure:
    return enclose(subject.mass())


@_measures("squared length", "|z|^2, z the mean of alpha y (g_i(x) x)_i over the menu")
def moment_sq(subject: GateSubject) -> Enclosure:
    return enclose(subject.moment_sq())


@_measures("squared length", "the same with gates and points as they are without perturbation: no bound")
def still_moment_sq(subject: GateSubject) -> Enclosure:
    return enclose(subject.moment_sq(still=True))


@_measures("1", "no model of norm at most the limit has less hinge risk on the menu")
def frozen_bound(subject: GateSubject) -> Enclosure:
    return enclose(subject.bound())


@_measures("1", "no model of whatever norm has less hinge risk on the menu")
def any_norm_bound(subject: GateSubject) -> Enclosure:
    return enclose(subject.any_norm())


@_measures("1", "hinge risk of the model on the menu")
def frozen_risk(subject: GateSubject) -> Enclosure:
    return enclose(subject.risk(subject.values()))


@_measures("1", "least hinge risk of the norm on the menu: multipliers below, the model or 0 above")
def frozen_least_risk(subject: GateSubject) -> Enclosure:
    found = Fraction(1)  # of the model 0
    if subject.norm_sq() <= subject.instance.number("limit") ** 2:
        found = min(found, subject.risk(subject.values()))
    return between(enclose(subject.bound()).lower, enclose(found).upper)


@_measures("1", "mean over the points of the least y f on their menu")
def worst_margin(subject: GateSubject) -> Enclosure:
    return enclose(subject.worst_margin())


@_measures("1", "squared norm of the model: of all its vectors v_i together")
def frozen_norm_sq(subject: GateSubject) -> Enclosure:
    return enclose(subject.norm_sq())


@_measures("1", "the norm within which models are spoken about")
def frozen_limit(subject: GateSubject) -> Enclosure:
    if subject.instance.limit is None:
        raise MissingPart("this instance has no limit of the norm")
    return enclose(subject.instance.number("limit"))
