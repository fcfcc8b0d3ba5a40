"""Certificates of the off-manifold radii of one network, for the independent checker."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import suppress
from fractions import Fraction
from typing import Any

import numpy as np

from constructions.dimpled_manifold import NetworkInstance
from constructions.instance import fractions_of
from verifiers import certificates_dimpled as build
from verifiers.dimpled_manifold.chord import ChordProof, chord_bound
from verifiers.dimpled_manifold.network import OFF, WIDEST, NetworkSubject
from verifiers.dimpled_manifold.subject import measure
from verifiers.errors import MissingPart, NoCertificate
from verifiers.spectrum import spectral_bound

Json = dict[str, Any]
STATEMENT = "dimpled_manifold.off_radius"

LISTED = 4096
"""Neurons times dimensions up to which certificates are written."""

POINTS = 6
"""Points of an instance for which certificates are written."""


def certify(instance: Any) -> Iterator[Json]:
    """Sealed certificates of the radii at the first points: the bound by the norm, and the best enclosure known."""
    if not isinstance(instance, NetworkInstance) or instance.weights.size > LISTED:
        return
    subject = measure(instance).subject
    for j in range(min(POINTS, len(subject.values))):
        for found in (_by_norm, _enclosed):
            try:
                yield from found(subject, j)
            except (MissingPart, NoCertificate):
                continue


def _block(subject: NetworkSubject, j: int) -> Json:
    where = subject.instance.codimension is not None
    plane = build.leading(subject.rank) if where else build.spanned(subject.rows)
    return build.network_block(fractions_of(subject.instance.weights), subject.biases, subject.outputs, plane,
                               fractions_of(subject.instance.points[j]))  # fmt: skip


def _options(subject: NetworkSubject) -> Json:
    return {"statement": STATEMENT, "instance": subject.instance.digest}


def _norm_proof(subject: NetworkSubject, j: int) -> tuple[Fraction, Json]:
    """The squared radius that the operator norm proves, and its proof."""
    table = subject.normal_weights.transposed
    spectrum = spectral_bound(table.fractions())
    slope = subject.outputs_square * spectrum.bound
    if slope == 0 or subject.values[j] == 0:
        raise MissingPart("the radius by the operator norm is 0 or infinite here")
    return subject.values[j] ** 2 / slope, build.operator_proof(spectrum.bound, spectrum.factor, spectrum.unit)


def _by_norm(subject: NetworkSubject, j: int) -> Iterator[Json]:
    lower, proof = _norm_proof(subject, j)
    yield build.off_radius(_block(subject, j), lower_squared=lower, proof=proof, **_options(subject))


def chord_radius(subject: NetworkSubject, j: int) -> ChordProof:
    """The radius proved by one half-space. Raises `NoCertificate` where none is, `MissingPart` where N is 0."""
    if subject.values[j] == 0:
        raise MissingPart(f"point {j} lies on the boundary: N is 0 there")
    time = subject.flip_time(j)
    upper = math.inf if time == math.inf else Fraction(time) ** 2 * subject.gradient_squares[j]
    return chord_bound(subject.signed_outputs(j), subject.gram(OFF), list(subject.pre[j]), upper)


def _enclosed(subject: NetworkSubject, j: int) -> Iterator[Json]:
    """The enclosure by enumeration where it is closed by cells, else the half-space of the whole ball."""
    options, witness, upper = _options(subject), None, None
    if subject.instance.width <= WIDEST:
        found = subject.radius(OFF, j)
        if found.displacement is not None and found.upper_squared not in (0, math.inf):
            witness, upper = _ambient(subject, found.displacement), Fraction(found.upper_squared)
        if found.cells and found.lower_squared not in (0, math.inf):
            yield build.off_radius(_block(subject, j), lower_squared=found.lower_squared, upper_squared=upper,
                                   proof=build.cells_proof(found.cells), witness=witness, **options)  # fmt: skip
            return
    elif (time := subject.flip_time(j)) != math.inf:
        gradient = subject.normal_gradients.fractions()[j] * -Fraction(time)
        witness = _padded(subject, gradient)
        upper = (gradient * gradient).sum()
    if upper is None:
        return
    lower, proof = _norm_proof(subject, j)
    with suppress(NoCertificate):
        chord = chord_radius(subject, j)
        if chord.radius_sq > lower:
            lower, proof = chord.radius_sq, build.chord_proof(chord.heights, chord.shares)
    yield build.off_radius(_block(subject, j), lower_squared=lower, upper_squared=upper, proof=proof, witness=witness,
                           **options)  # fmt: skip


def _ambient(subject: NetworkSubject, coefficients: tuple[Fraction, ...]) -> np.ndarray:
    """sum_k e_k g_k in R^d."""
    return _padded(subject, np.array(coefficients, dtype=object) @ subject.normal_weights.fractions())


def _padded(subject: NetworkSubject, vector: np.ndarray) -> np.ndarray:
    """A vector orthogonal to P, zeros in the leading coordinates where only the others are kept."""
    missing = subject.instance.dimension - len(vector)
    return np.array([*[Fraction(0)] * missing, *vector], dtype=object)
