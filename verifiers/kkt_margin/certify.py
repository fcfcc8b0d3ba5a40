"""Certificates of one kkt_margin instance, for the independent checker: what was decided exactly, as plain JSON."""

from __future__ import annotations

import math
from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import numpy as np

from constructions.instance import fractions_of
from constructions.kkt_margin.instance import MarginInstance
from verifiers import arithmetic, certificates
from verifiers.errors import MissingPart, NoCertificate
from verifiers.kkt_margin.point import Point
from verifiers.kkt_margin.quantities_network import all_points, all_points_threshold, certified_radii, network_arrays
from verifiers.kkt_margin.subject import Subject, measure
from verifiers.relu_certificate import activation_cells

Json = dict[str, Any]

LARGEST = 24
"""Instances with more samples than this get no certificate files: they would be megabytes long."""

RADII = 6
"""Robust radii are certified for networks of up to this many neurons: 2^K cells per sample are listed."""


def certify(instance: MarginInstance) -> Iterator[Json]:
    """Sealed certificates of everything about this instance that is decided in exact or ball arithmetic."""
    if instance.size > LARGEST:
        return
    subject: Subject = measure(instance).subject
    block = data_block(subject)
    for part in (_point, _all_points, _radii):
        try:
            yield from part(subject, block)
        except (MissingPart, NoCertificate):
            continue


def data_block(subject: Subject) -> Json:
    """The data of an instance for its certificates: the points if they are few numbers, else the exact Gram matrix."""
    instance = subject.instance
    labels = [int(y) for y in instance.labels]
    if instance.points is not None and (instance.points.size <= 400 or instance.weights is not None):
        return certificates.data_block(labels, bool(instance.bias), points=fractions_of(instance.points))
    return certificates.data_block(labels, bool(instance.bias), gram=arithmetic.fractions(subject.data.raw_gram))


def rounded_up(value: float) -> Fraction:
    """A short decimal just above a positive float."""
    step = Fraction(10) ** (math.floor(math.log10(value)) - 5) if value > 0 else Fraction(1, 10**6)
    return (math.floor(Fraction(value) / step) + 1) * step


def _conclusions(point: Point) -> list[Json]:
    said = []
    if np.all(arithmetic.certainly_positive(point.square_multipliers)):
        said.append(certificates.margin_one())
    try:
        flip = float(arithmetic.upper_bounds(point.threshold(0)).max())
        said.append(certificates.flipped(rounded_up(flip)))
        level = float(arithmetic.upper_bounds(point.threshold(-1)).max())
        said.append(certificates.flipped(rounded_up(level), -1, "<="))
    except NoCertificate:
        pass
    return said


def _point(subject: Subject, block: Json) -> Iterator[Json]:
    point = subject.point
    if not point.proved:
        return
    options: Json = {"statement": "kkt_margin.main", "instance": subject.instance.digest}
    options["conclusions"] = _conclusions(point)
    signs = [int(s) for s in point.signs]
    if point.kind == "rational":
        yield certificates.kkt_point_exact(
            block,
            signs=signs,
            rows=arithmetic.fractions(point.rows),
            masses=arithmetic.fractions(point.masses),
            **options,
        )
    else:
        proof = point.proof
        system, supports, neurons = proof.system, int(proof.system.support.sum()), len(signs)
        pattern = np.where(system.on, 1, np.where(system.kink, 0, -1)).tolist()
        yield certificates.kkt_point_box(
            block,
            signs=signs,
            pattern=pattern,
            support=system.support.tolist(),
            multipliers=proof.centre[:supports],
            masses=proof.centre[supports : supports + neurons],
            kinks=proof.centre[supports + neurons :],
            weights=proof.weights,
            radius=proof.radius,
            inverse=proof.inverse,
            **options,
        )


def _all_points(subject: Subject, block: Json) -> Iterator[Json]:
    threshold = all_points_threshold(subject)
    if threshold.t is not None:
        yield all_points(subject).certificate(
            threshold.bounds, block, statement="kkt_margin.all_points", instance=subject.instance.digest
        )


def _radii(subject: Subject, block: Json) -> Iterator[Json]:
    outputs, _, _ = network_arrays(subject)
    if len(outputs) > RADII or arithmetic.kind_of(outputs) != "rational":
        return
    instance = subject.instance
    if instance.signs is not None:
        point = subject.point
        if not point.proved:
            return
        network = certificates.merged_network(
            block, [int(s) for s in point.signs], arithmetic.fractions(point.rows), arithmetic.fractions(point.masses)
        )
        weights, statement = arithmetic.fractions(point.signs[:, None] * point.coefficients), "radius_lower_bound"
    else:
        network = certificates.raw_network(
            fractions_of(instance.weights), fractions_of(instance.biases), fractions_of(instance.outputs), block
        )
        weights, statement = fractions_of(instance.weights), "robust_any_threshold"
    for i, radius in enumerate(certified_radii(subject)):
        if not radius.cells or radius.displacement is None:
            continue
        witness = np.array(radius.displacement, dtype=object) @ weights
        place = {"combination": witness} if instance.signs is not None else {"vector": witness}
        yield certificates.robust_radius(
            network,
            sample=i,
            lower_squared=radius.lower_squared,
            upper_squared=radius.upper_squared,
            cells=activation_cells(radius, outputs, int(subject.data.labels[i])),
            **place,
            statement=f"kkt_margin.{statement}",
            instance=instance.digest,
        )
