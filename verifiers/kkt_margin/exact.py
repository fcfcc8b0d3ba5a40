"""From a stored merged network to a `Point`: exact, in a box, or no proved KKT point, whichever the numbers allow."""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from constructions.instance import floats_of, fractions_of
from constructions.kkt_margin.instance import MarginInstance
from verifiers import arithmetic, tolerances
from verifiers.errors import MissingPart, NoCertificate
from verifiers.kkt_margin.data import Data
from verifiers.kkt_margin.point import Point
from verifiers.quantity import Enclosure, enclose, estimate


def resolve(data: Data) -> Point:
    """The point an instance speaks about. Raises `MissingPart` if the instance has no merged network.

    Text or integer rows are decided in rationals. Other rows stand for the exact KKT point in a box around them if
    `box.enclose_point` proves one. What is left is no proved KKT point: rationals keep their exact numbers beside their
    positive residual, floats are measured as floats.
    """
    from verifiers.kkt_margin.box import enclose_point

    instance = data.instance
    if instance.signs is None:
        raise MissingPart("the instance has no network in merged form")
    signs = floats_of(instance.signs).astype(np.int64)
    stated = None
    if instance.rows.dtype.kind in "Ui" and instance.masses.dtype.kind in "Ui":
        stated = Point(data, signs, *_balanced(instance), np.inf)
        if exact_violation(stated) is None:
            stated.residual = 0.0
            return stated
    try:
        return enclose_point(data, signs, *_floats(instance))
    except NoCertificate:
        if stated is None or malformed(stated) is not None:
            return float_point(data)
    stated.residual = float(residual_enclosure(stated).upper)
    return stated


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
    if (reason := malformed(point)) is not None:
        return reason
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


def malformed(point: Point) -> str | None:
    """None if every mass and every |g_k| is positive and no row entry negative, else what is not."""
    if any(a <= 0 for a in point.masses) or any(p < 0 for p in point.rows.reshape(-1)):
        return "masses must be positive and rows nonnegative"
    return "a neuron has zero weight" if any(square <= 0 for square in point.square_norms) else None


def merged_residual(point: Point) -> float:
    """KKT residual of a float network in merged form, relative to multipliers of order 1/sqrt(L) and margins of 1.

    Free subgradients: lambda sigma' in lambda * d relu(a) iff mu = clip(mu + a, 0, lambda), which is measured for every
    pair after scaling mu by |x~| and a by 1/|x~|. Complementarity and primal violations are taken as they are.
    """
    with np.errstate(all="ignore"):
        squares, lengths = point.square_norms, np.diagonal(point.data.float_gram)
        if not (np.all(np.isfinite(squares)) and all(np.all(part > 0) for part in (squares, point.masses, lengths))):
            return float("inf")
        violations = _violations(point.rows, squares, point.pre_activations, point.margins, lengths)
    return float(violations.max()) if np.all(np.isfinite(violations)) else float("inf")


def residual_enclosure(point: Point) -> Enclosure:
    """The same residual of a rational network that is no exact KKT point, and whose neurons are not `malformed`.

    Certified where it is certainly above `tolerances.KKT_RESIDUAL`; numerical below, so that a network that is nearly
    a KKT point never counts as one beyond numerical rigor. Infinite if a sample is zero.
    """
    parts = (point.rows, point.square_norms, point.pre_activations, point.margins, point.data.gram.diagonal())
    violations = _violations(*(arithmetic.balls(part) for part in parts))
    if not all(ball.is_finite() for ball in violations):
        return estimate(np.inf, 0.0)
    worst = arithmetic.reduce_maximum(violations)
    if arithmetic.lower_bounds(worst) > tolerances.KKT_RESIDUAL:
        return enclose(worst)
    return estimate(np.nextafter(arithmetic.upper_bounds(worst), np.inf), 0.0)


def _violations(
    rows: np.ndarray, square_norms: np.ndarray, pre_activations: np.ndarray, margins: np.ndarray, squares: np.ndarray
) -> np.ndarray:
    """Every violation of a KKT condition, in float64 or in balls; the squares are |x~_i|^2."""
    norms, length = arithmetic.square_root(square_norms)[:, None], arithmetic.square_root(squares)[None, :]
    mu = rows / norms * length
    largest = arithmetic.reduce_maximum(mu, axis=0)
    moved = arithmetic.maximum(mu + pre_activations / norms / length, mu * 0)
    graph = arithmetic.absolute(mu - arithmetic.minimum(moved, largest[None, :]))
    primal = arithmetic.maximum(1 - margins, margins * 0)
    complementarity = largest / arithmetic.reduce_maximum(largest) * arithmetic.absolute(margins - 1)
    return np.concatenate([graph.reshape(-1), primal, complementarity, arithmetic.maximum(-mu, mu * 0).reshape(-1)])
