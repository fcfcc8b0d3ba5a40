"""Quantities in the units a reader thinks in: r, |u|, perturbation sizes in sqrt(D / n), radii as lengths.

D is the mean of |x_i|^2, so that sqrt(D / n) is the paper's sqrt(d / n) on its sphere.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np

from verifiers import arithmetic
from verifiers.errors import NoCertificate
from verifiers.kkt_margin.all_points import Threshold
from verifiers.kkt_margin.quantities_network import all_points, all_points_threshold
from verifiers.kkt_margin.subject import CATALOGUE, Subject
from verifiers.quantity import Enclosure, between, enclose
from verifiers.verdict import Rigor

_measures = CATALOGUE.measures


@_measures("1", "near-orthogonality of the lifted samples, r = q (n - 1) / L")
def r(subject: Subject) -> Enclosure:
    data = subject.data
    if not data.least_square_norm > 0:
        raise NoCertificate("a sample is zero, so r is infinite")
    return enclose(data.q * (data.n - 1) / data.least_square_norm)


@_measures("length", "|u|, length of the flip direction u = sum_l y_l x_l")
def direction_norm(subject: Subject) -> Enclosure:
    return enclose(_length(subject.data.direction_products.sum()))


def _length(square: Any) -> Any:
    return arithmetic.square_root(arithmetic.balls(square))[()]


def _unit(subject: Subject) -> Any:
    """sqrt(D / n) as a ball."""
    data = subject.data
    return _length(sum(data.raw_gram.diagonal()) / data.n**2)


def _size(subject: Subject, times: Enclosure) -> Enclosure:
    """Largest |t u| in units sqrt(D / n)."""
    factor = CATALOGUE.functions["direction_norm"](subject).balls()[()] / _unit(subject)
    sizes = arithmetic.reduce_maximum(np.atleast_1d(np.asarray(times.balls() * factor, dtype=object)))
    if times.rigor >= Rigor.CERTIFIED:
        return enclose(sizes)
    return between(arithmetic.lower_bounds(sizes), arithmetic.upper_bounds(sizes), (), times.rigor)


@_measures("sqrt(D/n)", "length of t u at the largest t0 over samples: the universal flip of this KKT point")
def flip_size(subject: Subject) -> Enclosure:
    return _size(subject, CATALOGUE.functions["flip_threshold"](subject))


@_measures("sqrt(D/n)", "length of t u at the largest t1 over samples")
def level_size(subject: Subject) -> Enclosure:
    return _size(subject, CATALOGUE.functions["level_threshold"](subject))


@_measures("length", "robust radius, min |delta| with y_i N(x_i + delta) <= 0", ("sample",))
def radius(subject: Subject) -> Enclosure:
    square = CATALOGUE.functions["radius_sq"](subject)
    if square.rigor >= Rigor.CERTIFIED and np.all(np.isfinite(square.upper)):
        return enclose(arithmetic.square_root(square.balls()), ("sample",))
    with np.errstate(invalid="ignore"):
        low, high = np.sqrt(np.maximum(square.lower, 0.0)), np.sqrt(square.upper)
    return between(np.nextafter(low, 0.0), np.nextafter(high, np.inf), ("sample",), square.rigor)


@_measures("samples", "number of samples proved to be support vectors of every KKT point of the data")
def support_proved(subject: Subject) -> Enclosure:
    return enclose(int(sum(all_points(subject).sums.support_proved)))


@lru_cache(maxsize=64)
def _level_threshold(subject: Subject) -> Threshold:
    return all_points(subject).threshold(-1)


@_measures("t", "a t at which u is proved to bring every sample of every KKT point of the data below -1")
def all_points_level(subject: Subject) -> Enclosure:
    threshold = _level_threshold(subject)
    if threshold.t is None:
        raise NoCertificate(f"no t is proved for all KKT points: {threshold.reason}")
    return enclose(threshold.t)


@_measures("1", "1 if that flip extends to every larger t (all h_l >= 0), else 0")
def all_points_monotone(subject: Subject) -> Enclosure:
    return enclose(int(all_points_threshold(subject).monotone))


@_measures("sqrt(D/n)", "length of t u at t = all_points_flip")
def all_points_flip_size(subject: Subject) -> Enclosure:
    return _size(subject, CATALOGUE.functions["all_points_flip"](subject))


@_measures("sqrt(D/n)", "length of t u at t = all_points_level")
def all_points_level_size(subject: Subject) -> Enclosure:
    return _size(subject, CATALOGUE.functions["all_points_level"](subject))


@_measures("length", "lower bound of the robust radius of every KKT point of the data at every sample")
def all_points_radius(subject: Subject) -> Enclosure:
    square = CATALOGUE.functions["all_points_gradient_sq"](subject).balls()
    return enclose(1 / arithmetic.square_root(square))
