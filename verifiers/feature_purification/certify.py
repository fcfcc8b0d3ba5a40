"""Certificates of one network: the points at which it is robust, and those at which it is broken, for the checker."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import numpy as np

from verifiers import certificates_networks as build
from verifiers.errors import MissingPart, NoCertificate
from verifiers.feature_purification.certificate import exact_bound
from verifiers.feature_purification.subject import NetworkSubject, measure

Json = dict[str, Any]

LARGEST = 40_000
"""Weights of a network up to which certificates are written on their own; `certificates_of` takes any."""


def certify(instance: Any) -> Iterator[Json]:
    """Sealed certificates of what is proved about an instance's points; none for laws and for large networks."""
    subject = measure(instance).subject
    if not isinstance(subject, NetworkSubject) or instance.points is None or instance.radius is None:
        return
    if instance.weights.size <= LARGEST and subject.exact and all(b >= 0 for b in subject.biases):
        try:
            yield from certificates_of(subject, "feature_purification.certificate")
        except (MissingPart, NoCertificate):
            return


def certificates_of(subject: NetworkSubject, statement: str) -> Iterator[Json]:
    """One certificate for all points with a positive bound, and one for all that an attack breaks."""
    options: Json = {"statement": statement, "instance": subject.instance.digest}
    bounds, multipliers = subject.float_bounds
    chosen: list[Fraction] = []
    proved: list[int] = []
    for point in np.flatnonzero(bounds > -np.inf):
        q = _multiplier(subject, int(point), multipliers[point])
        if q is not None:
            proved.append(int(point))
            chosen.append(q)
    if proved:
        spectrum = subject.spectrum
        yield build.ball_margin(
            _block(subject, proved), bound=spectrum.bound, factor=spectrum.factor, unit=spectrum.unit,
            multipliers=chosen, **options,
        )  # fmt: skip
    broken = [i for i in np.flatnonzero(subject.attacked.values <= 0).tolist() if _is_broken(subject, i)]
    if broken:
        yield build.ball_broken(_block(subject, broken), deltas=subject.attacked.deltas[broken], **options)


def _multiplier(subject: NetworkSubject, point: int, proposed: float) -> Fraction | None:
    """A multiplier that proves the point in rationals, short enough to store; None if there is none."""
    if subject.exact:
        row = subject.heights[point]
        for q in subject.multipliers[point]:
            if exact_bound(row, subject.biases, subject.outputs, subject.energy, q) > 0:
                return Fraction(q)
        return None
    short = float(np.float32(proposed))
    return Fraction(short) if subject.float_bounds[0][point] > 0 and 0 < short < np.inf else None


def _is_broken(subject: NetworkSubject, point: int) -> bool:
    return subject.value_at(point, subject.attacked.deltas[point]) <= 0


def _block(subject: NetworkSubject, chosen: list[int]) -> Json:
    return build.network_block(
        subject.weights, subject.biases, subject.outputs, subject.points[chosen], subject.labels[chosen], subject.norm,
        subject.radius,
    )  # fmt: skip
