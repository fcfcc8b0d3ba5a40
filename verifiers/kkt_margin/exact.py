"""From a stored merged network to a `Point`: exactly, in a box, or numerically, whichever the numbers allow."""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from constructions.instance import floats_of, fractions_of
from constructions.kkt_margin.instance import MarginInstance
from verifiers import arithmetic
from verifiers.errors import MissingPart, NoCertificate
from verifiers.kkt_margin.data import Data
from verifiers.kkt_margin.point import Point


def resolve(data: Data) -> Point:
    """The point an instance speaks about. Raises `MissingPart` if the instance has no merged network.

    Text or integer rows are decided in rationals. Float rows stand for the exact KKT point in a box around them if
    `box.enclose_point` proves one; otherwise they are measured as floats, with their residual.
    """
    from verifiers.kkt_margin.box import enclose_point

    instance = data.instance
    if instance.signs is None:
        raise MissingPart("the instance has no network in merged form")
    signs = floats_of(instance.signs).astype(np.int64)
    if instance.rows.dtype.kind in "Ui" and instance.masses.dtype.kind in "Ui":
        point = Point(data, signs, *_balanced(instance), 0.0)
        failure = exact_violation(point)
        if failure is None:
            return point
    try:
        return enclose_point(data, signs, *_floats(instance))
    except NoCertificate:
        return float_point(data)


def _balanced(instance: MarginInstance) -> tuple[np.ndarray, np.ndarray]:
    """Rows and masses as rationals, each neuron rescaled by a power of two so that its largest entry is near 1."""
    rows, masses = (arithmetic.rationals(fractions_of(part)) for part in (instance.rows, instance.masses))
    exponents = [abs(int(row.max().p)).bit_length() - int(row.max().q).bit_length() for row in rows]
    scales = arithmetic.rationals(np.array([Fraction(2) ** e for e in exponents], dtype=object))
    return rows / scales[:, None], masses * scales


def _floats(instance: MarginInstance) -> tuple[np.ndarray, np.ndarray]:
    """Rows and masses in float64; rationals are rescaled first, because theirs may leave the range of floats."""
    if "U" in (instance.rows.dtype.kind, instance.masses.dtype.kind):
        rows, masses = _balanced(instance)
        return arithmetic.nearest(rows), arithmetic.nearest(masses)
    return floats_of(instance.rows), floats_of(instance.masses)


def float_point(data: Data) -> Point:
    """The stored network in float64 with its KKT residual."""
    signs = floats_of(data.instance.signs).astype(np.int64)
    point = Point(data, signs, *_floats(data.instance), np.inf)
    point.residual = merged_residual(point)
    return point


def exact_violation(point: Point) -> str | None:
    """None if the rational network satisfies every KKT condition exactly, else the first condition it violates.

    Conditions are checked in squares, so that 1/|g_k| never has to be rational: on pairs need P^2 = lambda^2 |g|^2,
    kinks P^2 <= lambda^2 |g|^2, off pairs P = 0, with lambda^2 from `Point.square_multipliers`.
    """
    if any(a <= 0 for a in point.masses) or any(p < 0 for p in point.rows.reshape(-1)):
        return "masses must be positive and rows nonnegative"
    if any(square <= 0 for square in point.square_norms):
        return "a neuron has zero weight"
    squares = point.rows * point.rows / point.square_norms[:, None]
    for k in range(len(point.signs)):
        for i in range(point.data.n):
            activation = point.pre_activations[k, i]
            if activation > 0 and squares[k, i] != point.square_multipliers[i]:
                return f"neuron {k} is on at sample {i} but its coefficient is not the multiplier"
            if activation < 0 and squares[k, i] != 0:
                return f"neuron {k} is off at sample {i} but its coefficient is not zero"
    for i, margin in enumerate(point.margins):
        if margin < 1:
            return f"sample {i} has margin {arithmetic.nearest(margin):.6g} < 1"
        if margin != 1 and point.square_multipliers[i] != 0:
            return f"sample {i} has a positive multiplier but margin {arithmetic.nearest(margin):.6g}"
    return None


def merged_residual(point: Point) -> float:
    """KKT residual of a float network in merged form, relative to multipliers of order 1/sqrt(L) and margins of 1.

    Free subgradients: lambda sigma' in lambda * d relu(a) iff mu = clip(mu + a, 0, lambda), which is measured for every
    pair after scaling mu by |x~| and a by 1/|x~|. Complementarity and primal violations are taken as they are.
    """
    with np.errstate(all="ignore"):
        norms, length = np.sqrt(point.square_norms), np.sqrt(np.diagonal(point.data.float_gram))
        if not (np.all(np.isfinite(norms)) and np.all(norms > 0) and np.all(point.masses > 0) and np.all(length > 0)):
            return float("inf")
        mu = point.rows / norms[:, None] * length
        largest = mu.max(axis=0)
        activation = point.pre_activations / norms[:, None] / length
        graph = np.abs(mu - np.clip(mu + activation, 0.0, largest[None, :]))
        primal = np.maximum(1.0 - point.margins, 0.0)
        complementarity = largest / largest.max() * np.abs(point.margins - 1.0)
        violations = np.concatenate([graph.reshape(-1), primal, complementarity, np.maximum(-mu, 0.0).reshape(-1)])
    return float(violations.max()) if np.all(np.isfinite(violations)) else float("inf")
