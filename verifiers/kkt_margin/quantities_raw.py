"""Quantities of a network given by its weights: its KKT residual, the identities E1-E3, flips and radii as stored.

Residuals and identities are those of the network multiplied by `network_scale`; everything else is the network's own.
"""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

import numpy as np

from constructions.kkt_margin.instance import MarginInstance
from verifiers import arithmetic, tolerances
from verifiers.errors import MissingPart, NoCertificate
from verifiers.kkt_margin import nearby
from verifiers.kkt_margin.quantities_network import certified_radii
from verifiers.kkt_margin.residual import CONDITIONS, Network, exactly, given_residual, residual
from verifiers.kkt_margin.subject import CATALOGUE, Subject
from verifiers.quantity import Enclosure, between, enclose, estimate
from verifiers.relu_attack import last_crossing
from verifiers.relu_radius import robust_radii
from verifiers.verdict import Rigor

_measures = CATALOGUE.measures

ENUMERATED = 10
"""Neurons up to which robust radii of a raw network are proved; beyond that they are numerical enclosures."""


def _raw(subject: Subject) -> MarginInstance:
    if subject.instance.weights is None:
        raise MissingPart("the instance has no network given by its weights")
    return subject.instance


@lru_cache(maxsize=64)
def _network(instance: MarginInstance) -> Network:
    """The network as stored, in rationals if that is cheap."""
    return Network.of(instance, exact=exactly(instance))


@lru_cache(maxsize=64)
def _scaled(instance: MarginInstance) -> tuple[Network, np.ndarray]:
    """The scaled network in float64, and g_j = sum_i mu_ji y_i x~_i from its best multipliers (m, k)."""
    network = Network.of(nearby.normalised(instance)[0])
    return network, network.combinations(nearby.raw_residual(instance).rows)


def _numerical(values: np.ndarray, axes: tuple[str, ...]) -> Enclosure:
    return estimate(values, tolerances.ROUNDING * (1.0 + np.abs(values)), axes)


def _violation(values: np.ndarray, axes: tuple[str, ...]) -> Enclosure:
    """A nonnegative number that would be 0 in exact arithmetic at an exact KKT point."""
    found = _numerical(values, axes)
    return replace(found, lower=np.maximum(found.lower, 0.0))


@_measures("1", "factor that makes the least margin of the network one; its KKT conditions are those after scaling")
def network_scale(subject: Subject) -> Enclosure:
    scale = nearby.normalised(_raw(subject))[1]
    return enclose(1) if scale == 1.0 else _numerical(np.asarray(scale), ())


@_measures("1", "margin y_i N(x_i) of the network as stored", ("sample",))
def network_margin(subject: Subject) -> Enclosure:
    network = _network(_raw(subject))
    return enclose(network.margins, ("sample",)) if network.exact else _numerical(network.margins, ("sample",))


@_measures("1", "KKT residual of the network: the least found over multipliers and free subgradients at kinks")
def network_residual(subject: Subject) -> Enclosure:
    return nearby.raw_residual(_raw(subject)).enclosure()


@_measures("1", f"the parts of that residual: {', '.join(CONDITIONS)}", ("condition",))
def residual_part(subject: Subject) -> Enclosure:
    parts = nearby.raw_residual(_raw(subject)).parts
    return _violation(np.array([parts[name] for name in CONDITIONS]), ("condition",))


@_measures("1", "the same residual with sigma' := 1[a > 0] forced; large where kinks carry fractional subgradients")
def strict_residual(subject: Subject) -> Enclosure:
    return residual(_scaled(_raw(subject))[0], subgradients="strict").enclosure()


@_measures("1", "residual of the network as stored with the multipliers and subgradients of the file")
def given_multipliers_residual(subject: Subject) -> Enclosure:
    return given_residual(_raw(subject)).enclosure()


@_measures("1", "E1, balance: | |w~_j|^2 - v_j^2 | as a share of |theta|^2 / 2", ("neuron",))
def balance_defect(subject: Subject) -> Enclosure:
    network = _scaled(_raw(subject))[0]
    gap = np.abs(network.weight_squares - network.outputs**2)
    return _violation(2 * gap / network.neuron_squares.sum(), ("neuron",))


@_measures("1", "E2: |sum lambda_i - sum v_j^2| / sum v_j^2 with the best multipliers found")
def multiplier_sum_defect(subject: Subject) -> Enclosure:
    total = float((_scaled(_raw(subject))[0].outputs ** 2).sum())
    found = nearby.raw_residual(_raw(subject)).multipliers.sum()
    return _violation(np.asarray(abs(found - total) / total), ())


@_measures("1", "E3: |w~_j - v_j g_j| plus |v_j| times | |g_j| - 1 |, as a share of |theta|", ("neuron",))
def unit_defect(subject: Subject) -> Enclosure:
    network, directions = _scaled(_raw(subject))
    missing = np.linalg.norm(network.weights - network.outputs[:, None] * directions, axis=1)
    missing = missing + np.abs(network.outputs) * np.abs(np.linalg.norm(directions, axis=1) - 1.0)
    return _violation(missing / np.sqrt(network.neuron_squares.sum()), ("neuron",))


def _crossings(subject: Subject, level: object) -> Enclosure:
    """Least t beyond which y_i N(x_i - t y_i u) <= level for good, per sample; infinite where there is none."""
    instance = _raw(subject)
    network, labels = _network(instance), instance.labels
    points = network.points[:, :-1] if bool(instance.bias) else network.points
    weights = network.weights[:, :-1] if bool(instance.bias) else network.weights
    falls = weights @ (labels @ points)
    if not network.exact:
        found = last_crossing(labels[:, None] * network.outputs, network.activations.T, -np.outer(labels, falls), level)
        with np.errstate(invalid="ignore"):
            error = np.where(np.isfinite(found), tolerances.RESIDUAL_AMPLIFICATION * tolerances.ROUNDING * found, 0.0)
        return estimate(found, error, ("sample",))
    times = [last_crossing(network.outputs * int(y), network.activations[:, i], falls * int(-y), level)
             for i, y in enumerate(labels)]  # fmt: skip
    if all(time != np.inf for time in times):
        return enclose(np.array(times, dtype=object), ("sample",))
    lower, upper = (np.array([np.inf if time == np.inf else bound(time)[()] for time in times])
                    for bound in (arithmetic.lower_bounds, arithmetic.upper_bounds))  # fmt: skip
    return between(lower, upper, ("sample",))


@_measures(
    "t", "least t beyond which y_i N(x_i - t y_i u) <= 0 for good, network as stored; infinite if none", ("sample",)
)
def network_flip_time(subject: Subject) -> Enclosure:
    return _crossings(subject, 0)


@_measures("t", "least t beyond which y_i N(x_i - t y_i u) <= -(least margin) for good, network as stored", ("sample",))
def network_level_time(subject: Subject) -> Enclosure:
    network = _network(_raw(subject))
    least = min(network.margins)
    if not least > 0:
        raise NoCertificate("the network misclassifies a sample, so there is no positive margin to turn round")
    return _crossings(subject, -least)


@_measures("length", "robust radius of the network as stored, min |delta| with y_i N(x_i + delta) <= 0", ("sample",))
def network_radius(subject: Subject) -> Enclosure:
    instance = _raw(subject)
    if exactly(instance) and len(instance.outputs) <= ENUMERATED:
        radii = certified_radii(subject)
        return between([r.lower for r in radii], [r.upper for r in radii], ("sample",))
    network = Network.of(instance)
    weights = network.weights[:, :-1] if bool(instance.bias) else network.weights
    found = robust_radii(network.outputs, weights @ weights.T, network.activations.T, instance.labels)
    return between(found.lower, found.upper, ("sample",), Rigor.NUMERICAL)


@_measures("relative", "bound of the distance, in parameters, from the network to the KKT point that speaks for it")
def point_distance(subject: Subject) -> Enclosure:
    found = nearby.nearby(subject.instance)
    return between(0.0, found.distance, (), Rigor.CERTIFIED if found.proved else Rigor.NUMERICAL)
