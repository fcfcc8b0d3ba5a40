"""Quantities of a sample with a menu: risks of one polynomial, a bound for all of its degree, dimensions of classes."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from constructions.instance import fractions_of
from verifiers.errors import MissingPart
from verifiers.low_complexity.linear import ball
from verifiers.low_complexity.menu import Attacked, MenuSubject, count_partitions
from verifiers.low_complexity.subject import measures_on
from verifiers.quantity import Enclosure, between, enclose

_measures, _on_menus = measures_on(MenuSubject), measures_on(Attacked)


@_measures("1", "degree that bounds the polynomials spoken about")
def class_degree(subject: MenuSubject) -> Enclosure:
    return enclose(subject.degree)


@_on_menus("coordinates", "number of coordinates of the points")
def coordinates(subject: Attacked) -> Enclosure:
    return enclose(subject.width)


@_measures("1", "k of the law from which the points are drawn")
def menu_sparsity(subject: MenuSubject) -> Enclosure:
    return enclose(_sparsity(subject))


@_measures("octaves", "log_2 k: twice the number of octaves between the smallest magnitude and the largest")
def log_sparsity(subject: MenuSubject) -> Enclosure:
    return enclose(ball(_sparsity(subject)).log() / ball(Fraction(2)).log())


def _sparsity(subject: MenuSubject) -> Fraction:
    if subject.instance.sparsity is None:
        raise MissingPart("this sample is drawn from no law")
    value: Any = fractions_of(subject.instance.sparsity)[()]
    return Fraction(value)


@_on_menus("length", "radius of the ball around each point")
def menu_radius(subject: Attacked) -> Enclosure:
    return enclose(subject.tau)


@_on_menus("points", "number of points of the sample")
def menu_points(subject: Attacked) -> Enclosure:
    return enclose(subject.size)


@_on_menus("squared length", "largest squared length of a move of the menu, less tau^2: not positive inside the ball")
def excess(subject: Attacked) -> Enclosure:
    return enclose(subject.excess())


@_measures("1", "no polynomial of the degree has less hinge risk on the menu, averaged over arrangements and mirror")
def menu_bound(subject: MenuSubject) -> Enclosure:
    return enclose(subject.bound()[0])


@_measures("1", "hinge risk of the polynomial on the menu, averaged over arrangements and mirror images of the sample")
def symmetrised_risk(subject: MenuSubject) -> Enclosure:
    return enclose(subject.symmetrised_risk())


@_measures("1", "hinge risk of the polynomial on the menu, the sample as it is")
def menu_risk(subject: MenuSubject) -> Enclosure:
    return enclose(subject.risk(subject.values(subject.instance.attacked)))


@_measures("1", "least hinge risk of the degree on the menu, averaged: multipliers below, the polynomial or 0 above")
def least_risk(subject: MenuSubject) -> Enclosure:
    found = Fraction(1)  # of the polynomial 0
    if subject.instance.coefficients is not None:
        found = min(found, subject.symmetrised_risk())
    return between(enclose(subject.bound()[0]).lower, enclose(found).upper)


@_measures("polynomials", "rank of the odd products of power sums at the points")
def class_rank(subject: MenuSubject) -> Enclosure:
    return enclose(subject.dimensions()[0])


@_measures("polynomials", "the same with the averages of the monomials over arrangements and mirror added")
def averaged_rank(subject: MenuSubject) -> Enclosure:
    return enclose(subject.dimensions()[1])


@_measures("partitions", "partitions of 1, 3, 5, ..., degree into at most as many parts as there are coordinates")
def odd_partitions(subject: MenuSubject) -> Enclosure:
    return enclose(sum(count_partitions(total, subject.width) for total in range(1, subject.degree + 1, 2)))


@_measures("partitions", "partitions of 1, 3, 5, ..., degree into any number of parts: too many in few coordinates")
def free_partitions(subject: MenuSubject) -> Enclosure:
    return enclose(sum(count_partitions(total, total) for total in range(1, subject.degree + 1, 2)))
