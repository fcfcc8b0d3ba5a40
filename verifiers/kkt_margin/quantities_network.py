"""Quantities of robustness: exact radii, the robust network, and the bounds valid for all KKT points of the data."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np

from constructions.instance import InvalidInstance, fractions_of
from constructions.kkt_margin.cone import coordinates
from verifiers import arithmetic
from verifiers.errors import MissingPart, NoCertificate
from verifiers.kkt_margin.all_points import AllPoints, Threshold
from verifiers.kkt_margin.subject import CATALOGUE, Subject
from verifiers.quantity import Enclosure, between, enclose, estimate
from verifiers.relu_certificate import CertifiedRadius, certify_radius
from verifiers.relu_radius import robust_radii
from verifiers.verdict import Rigor

_measures = CATALOGUE.measures


@lru_cache(maxsize=64)
def network_arrays(subject: Subject) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Outputs (K,), Gram matrix of the raw weight vectors (K, K) and pre-activations at the samples (K, n).

    Of the KKT point if the instance has a merged network, else of its raw network, exactly as stored.
    """
    instance = subject.instance
    if instance.signs is not None:
        point = subject.point
        signed = point.signs[:, None] * point.coefficients
        if point.kind == "float":  # through coordinates, so that rounding leaves a Gram matrix
            directions = signed @ coordinates(point.raw_gram)
            return point.outputs, directions @ directions.T, point.pre_activations
        return point.outputs, signed @ point.raw_gram @ signed.T, point.pre_activations
    if instance.weights is None:
        raise MissingPart("the instance has no network")
    weights, points, outputs = (
        arithmetic.rationals(fractions_of(part)) for part in (instance.weights, instance.points, instance.outputs)
    )
    biases = arithmetic.rationals(
        np.zeros(len(outputs), dtype=int) if instance.biases is None else fractions_of(instance.biases)
    )
    return outputs, weights @ weights.T, weights @ points.T + biases[:, None]


@lru_cache(maxsize=64)
def certified_radii(subject: Subject) -> list[CertifiedRadius]:
    """Proved robust radius at every sample. Raises `NoCertificate` for a point known in floats only."""
    outputs, gram, activations = network_arrays(subject)
    if arithmetic.kind_of(outputs) == "float":
        raise NoCertificate("the network is known in floats only")
    if not all(np.all(np.isfinite(arithmetic.nearest(part))) for part in (outputs, gram, activations)):
        raise NoCertificate("a number of the network is beyond the range of floats: rescale the data")
    return [certify_radius(outputs, gram, activations[:, i], int(label)) for i, label in enumerate(subject.data.labels)]


@_measures("squared length", "squared robust radius, min |delta|^2 with y_i N(x_i + delta) <= 0", ("sample",))
def radius_sq(subject: Subject) -> Enclosure:
    outputs, gram, activations = network_arrays(subject)
    if arithmetic.kind_of(outputs) == "float":
        floats = robust_radii(outputs, gram, activations.T, subject.data.labels)
        return between(floats.lower**2, floats.upper**2, ("sample",), Rigor.NUMERICAL)
    radii = certified_radii(subject)
    lower = np.array([r.lower_squared for r in radii], dtype=object)
    upper = np.array([r.upper_squared for r in radii], dtype=object)
    if np.any(upper == np.inf):
        above = [np.inf if value == np.inf else float(arithmetic.upper_bounds(value)[()]) for value in upper]
        return between(arithmetic.lower_bounds(arithmetic.rationals(lower)), above, ("sample",))
    if np.all(lower == upper):
        return enclose(lower, ("sample",))
    return enclose(arithmetic.ball_between(lower, upper), ("sample",))


@_measures("1", "threshold theta of the robust network N(x) = sum_l y_l relu(<x_l, x>/D - theta)")
def theta(subject: Subject) -> Enclosure:
    instance = subject.instance
    if instance.weights is None or instance.biases is None:
        raise MissingPart("the instance is not a robust network of 2.1: it has no raw weights and biases")
    return enclose(-arithmetic.rational(fractions_of(instance.biases)[0]) / _first_square(subject))


def _first_square(subject: Subject) -> Any:
    """|x_0|^2, the D of the robust network."""
    square = subject.data.raw_gram[0, 0]
    if square == 0:
        raise NoCertificate("the first sample is zero, so the robust network is not defined")
    return square


@_measures("1", "0 if the stored network is N(x) = sum_l y_l relu(<x_l, x>/D - theta), else how far it is from that")
def robust_network_defect(subject: Subject) -> Enclosure:
    instance = subject.instance
    if instance.weights is None or instance.biases is None:
        raise MissingPart("the instance is not a robust network: it has no raw weights and biases")
    if instance.weights.shape != instance.points.shape:
        return enclose(1)
    differences = [
        abs(a - b)
        for a, b in zip(
            fractions_of(instance.weights).reshape(-1), fractions_of(instance.points).reshape(-1), strict=True
        )
    ]
    biases = fractions_of(instance.biases)
    differences += [abs(a - biases[0]) for a in biases]
    norm = arithmetic.to_fraction(subject.data.raw_gram[0, 0])
    differences += [
        abs(a * norm - int(y)) for a, y in zip(fractions_of(instance.outputs), instance.labels, strict=True)
    ]
    return enclose(max(differences))


@_measures("samples", "the k in 1..n_opposite at which the bound of the robust network is least", ("sample",))
def critical_count(subject: Subject) -> Enclosure:
    level = CATALOGUE.functions["theta"](subject).entries[()]  # type: ignore[index]
    bound = subject.data.p / _first_square(subject)

    def value(k: int) -> Any:
        return (1 + (k - 1) * level - k * bound) ** 2 / ((k + 1) * (1 + k * bound))

    return enclose(
        np.array([min(range(1, int(m) + 1), key=value) if m else 1 for m in subject.data.opposite_counts]), ("sample",)
    )


@_measures("1/length", "upper bound of every input gradient of the network: sqrt of a bound from the signs of outputs")
def gradient_bound(subject: Subject) -> Enclosure:
    from verifiers.relu_attack import square_lipschitz_bound

    outputs, gram, _ = network_arrays(subject)
    square = square_lipschitz_bound(outputs, gram)
    if arithmetic.kind_of(outputs) == "float":
        return estimate(np.sqrt(square), 1e-9 * np.sqrt(square))
    return enclose(arithmetic.square_root(arithmetic.balls(np.asarray(square, dtype=object))))


@lru_cache(maxsize=64)
def all_points(subject: Subject) -> AllPoints:
    """Bounds valid at every KKT point of the data. Raises `NoCertificate` for samples of zero or extreme norm."""
    try:
        return AllPoints.from_instance(subject.instance.without_network())
    except InvalidInstance as refusal:
        raise NoCertificate(f"no bound for all KKT points: {refusal}") from None


@lru_cache(maxsize=64)
def all_points_threshold(subject: Subject) -> Threshold:
    return all_points(subject).threshold(0)


@_measures("1", "spectral radius of the transfer matrix between class sums")
def transfer_radius(subject: Subject) -> Enclosure:
    radius = all_points(subject).sums.spectral_radius
    return estimate(radius, 1e-9)


@_measures("1", "1 if a rational vector proves that the transfer matrix has spectral radius below 1, else 0")
def transfer_proved(subject: Subject) -> Enclosure:
    return enclose(int(all_points(subject).sums.proved))


def _bounds(subject: Subject, part: str) -> np.ndarray:
    sums, n = all_points(subject).sums, subject.data.n
    if not sums.proved:
        raise NoCertificate(f"no bound for all KKT points: {sums.reason}")
    values = {"own_upper": sums.upper[:n], "cross_upper": sums.upper[n:], "own_lower": sums.own_lower}[part]
    return np.array(values, dtype=object)


@_measures("1/squared length", "upper bound of A^own at every KKT point of the data", ("sample",))
def own_upper(subject: Subject) -> Enclosure:
    return enclose(_bounds(subject, "own_upper"), ("sample",))


@_measures("1/squared length", "lower bound of A^own at every KKT point of the data", ("sample",))
def own_lower(subject: Subject) -> Enclosure:
    return enclose(_bounds(subject, "own_lower"), ("sample",))


@_measures("1/squared length", "upper bound of A^cross at every KKT point of the data", ("sample",))
def cross_upper(subject: Subject) -> Enclosure:
    return enclose(_bounds(subject, "cross_upper"), ("sample",))


@_measures("t", "a t at which u is proved to flip every sample of every KKT point of the data")
def all_points_flip(subject: Subject) -> Enclosure:
    threshold = all_points_threshold(subject)
    if threshold.t is None:
        raise NoCertificate(f"no t is proved for all KKT points: {threshold.reason}")
    return enclose(threshold.t)


@_measures("1", "proved upper bound of y_i N(x_i - t y_i u) over all KKT points, at t = all_points_flip", ("sample",))
def all_points_value(subject: Subject) -> Enclosure:
    threshold = all_points_threshold(subject)
    if threshold.t is None:
        raise NoCertificate(f"no t is proved for all KKT points: {threshold.reason}")
    return enclose(np.array(threshold.bounds.upper, dtype=object), ("sample",))


@_measures("1/squared length", "bound on the squared input gradient of every KKT point of the data")
def all_points_gradient_sq(subject: Subject) -> Enclosure:
    square = all_points(subject).gradient_bound_squared
    if square is None:
        raise NoCertificate(f"no bound for all KKT points: {all_points(subject).sums.reason}")
    return enclose(square)
