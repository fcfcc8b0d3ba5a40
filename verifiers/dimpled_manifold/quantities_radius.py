"""Quantities of networks of any size: radii by attack and by operator norm, and a p-value of the chi-square law."""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from constructions.dimpled_manifold import number_of
from constructions.dimpled_manifold.subspace import orthonormal
from constructions.instance import floats_of
from verifiers import tolerances
from verifiers.dimpled_manifold import tails
from verifiers.dimpled_manifold.network import NetworkSubject
from verifiers.dimpled_manifold.radii import AttackRadii, attack_radii
from verifiers.dimpled_manifold.subject import measures_on
from verifiers.errors import MissingPart
from verifiers.quantity import Enclosure, enclose, estimate

_measures = measures_on(NetworkSubject)
SAMPLE = ("sample",)


def _attacked(subject: NetworkSubject) -> AttackRadii:
    """Attacks of all points, once per subject."""
    kept: dict[str, AttackRadii] = subject.__dict__.setdefault("attacked", {})
    if "radii" not in kept:
        kept["radii"] = _attack(subject)
    return kept["radii"]


def _attack(subject: NetworkSubject) -> AttackRadii:
    instance = subject.instance
    plane, normal = orthonormal(instance)
    biases = np.zeros(instance.width) if instance.biases is None else floats_of(instance.biases)
    return attack_radii(plane, normal, floats_of(instance.weights), biases, floats_of(instance.outputs),
                        floats_of(instance.points), np.array(subject.signs, dtype=np.float64))  # fmt: skip


def _lengths(found: np.ndarray) -> Enclosure:
    return estimate(found, tolerances.ROUNDING * np.where(np.isfinite(found), found, 0.0), SAMPLE)


@_measures("distance", "length of a perturbation orthogonal to P that changes the sign, by attack; infinite if none",
           SAMPLE)  # fmt: skip
def off_attack(subject: NetworkSubject) -> Enclosure:
    return _lengths(_attacked(subject).off)


@_measures("distance", "the same within P", SAMPLE)
def on_attack(subject: NetworkSubject) -> Enclosure:
    return _lengths(_attacked(subject).on)


@_measures("distance", "the same in all directions", SAMPLE)
def full_attack(subject: NetworkSubject) -> Enclosure:
    return _lengths(_attacked(subject).full)


@_measures("distance", "nu/(|u| |G|): no shorter perturbation orthogonal to P changes the sign", SAMPLE)
def off_proved(subject: NetworkSubject) -> Enclosure:
    slope = subject.outputs_square * subject.operator_square[1]
    if slope == 0:
        raise MissingPart("the network does not depend on what is orthogonal to P: the radius is infinite")
    squares = [tails.ball(value**2 / slope).sqrt() for value in subject.values]
    return enclose(np.array(squares, dtype=object), SAMPLE)


@_measures("1", "twice the smaller tail of chi-square at rho^2/(beta s |c|)^2: small where the law is unlikely",
           SAMPLE)  # fmt: skip
def law_p_value(subject: NetworkSubject) -> Enclosure:
    if subject.instance.beta is None:
        raise MissingPart("no law of the orthogonal weights is declared; give beta")
    freedom = subject.instance.dimension - subject.rank
    scale = (number_of(subject.instance.beta) * number_of(subject.instance.decay)) ** 2
    found = []
    for j, square in enumerate(subject.gradient_squares):
        size = scale * sum((c * c for c in subject.coefficients(j)), Fraction(0))
        if size == 0:
            raise MissingPart(f"no neuron is active at point {j}, or the decay is total: the ratio is 0/0")
        ratio = square / size
        found.append(2 * tails.chi_below(freedom, ratio).min(tails.chi_above(freedom, ratio)))
    return enclose(np.array(found, dtype=object), SAMPLE)
