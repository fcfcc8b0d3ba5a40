"""How many points of a labelled sample a simple model classifies robustly: exact, or enclosed from both sides."""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from constructions.instance import fractions_of
from constructions.low_complexity import MAXIMUM, LowInstance
from verifiers import arithmetic
from verifiers.errors import MissingPart
from verifiers.low_complexity.additive import least_value, shifted, value_at
from verifiers.low_complexity.linear import ball
from verifiers.low_complexity.quadratic import Quadratic

MULTIPLIERS = (0.0, 0.1, 0.3, 1.0, 3.0, 10.0)
"""Multipliers of polynomials that are tried, relative to their largest coefficient; more only tighten the bound."""

MINIMA = 6000
"""Most minima of polynomials that are taken for one sample."""

WIDEST = 40
"""Most coordinates of a quadratic on a sample."""


def robust_points(instance: LowInstance) -> tuple[np.ndarray, np.ndarray]:
    """(robust for certain (n,), possibly robust (n,)) as booleans: a point is robust if y f > 0 on its whole ball.

    Raises `MissingPart` without a sample or a model, and where a model is too large to be decided point by point.
    """
    if instance.points is None:
        raise MissingPart("this instance has no sample")
    points, labels = fractions_of(instance.points).tolist(), [int(y) for y in instance.labels]
    maximum = int(instance.norm) == MAXIMUM
    if instance.coefficients is not None:
        if maximum:
            raise MissingPart("polynomials are decided in l2 only")
        return _additive(points, labels, fractions_of(instance.coefficients).tolist(), instance.tau)
    if instance.weights is None:
        raise MissingPart("this instance has no model")
    weights = fractions_of(instance.weights).tolist()
    offset = Fraction(0) if instance.intercept is None else instance.number("intercept")
    if instance.quadratic is not None:
        if maximum or len(weights) > WIDEST:
            raise MissingPart(f"quadratics are decided in l2 only, and up to {WIDEST} coordinates")
        form = Quadratic(offset, weights, fractions_of(instance.quadratic), instance.tau)
        ends = [form.least(row, y) for row, y in zip(points, labels, strict=True)]
        return np.array([low > 0 for low, _ in ends]), np.array([high > 0 for _, high in ends])
    sizes = [abs(w) for w in weights]
    length_sq = sum(sizes, Fraction(0)) ** 2 if maximum else sum((w**2 for w in sizes), Fraction(0))
    limit_sq = instance.tau**2 * length_sq
    right = []
    for row, y in zip(points, labels, strict=True):
        value = y * (sum((w * x for w, x in zip(weights, row, strict=True)), Fraction(0)) + offset)
        right.append(value > 0 and value**2 > limit_sq)
    return np.array(right), np.array(right)


def _additive(
    points: list[list[Fraction]], labels: list[int], coefficients: list[Fraction], tau: Fraction
) -> tuple[np.ndarray, np.ndarray]:
    """As p is odd, y p(x) = p(y x). From below one multiplier for all coordinates, from above a few moves."""
    dense = [Fraction(0)] * (2 * len(coefficients))
    dense[1::2] = coefficients
    signed = [[y * v for v in row] for row, y in zip(points, labels, strict=True)]
    size = max(abs(float(c)) for c in coefficients) or 1.0
    kinds = sorted({v for row in signed for v in row})
    if len(kinds) * len(MULTIPLIERS) > MINIMA:
        raise MissingPart(f"{len(kinds)} different coordinates; polynomials are decided on few of them, without noise")
    robust = np.zeros(len(signed), dtype=bool)
    for multiplier in (Fraction(size * factor).limit_denominator(10**6) for factor in MULTIPLIERS):
        floors = {}
        for v in kinds:
            own = [*shifted(dense, v), Fraction(0), Fraction(0)]
            own[2] += multiplier
            floors[v] = Fraction(float(arithmetic.lower_bounds(least_value(own, tau))[()])) if tau else own[0]
        for i, row in enumerate(signed):
            robust[i] |= sum((floors[v] for v in row), Fraction(0)) - multiplier * tau**2 > 0
    possible = [all(_moved(dense, row, tau, count) > 0 for count in range(len(row) + 1)) for row in signed]
    return robust, np.array(possible)


def _moved(dense: list[Fraction], row: list[Fraction], tau: Fraction, count: int) -> Fraction:
    """The value after the `count` largest coordinates fell by tau/sqrt(count), rounded down."""
    step = Fraction(0)
    if count:
        root: Fraction = Fraction(float(arithmetic.upper_bounds(ball(count).sqrt())[()]))
        step = tau / root
    order = sorted(range(len(row)), key=lambda j: -row[j])
    return sum((value_at(dense, row[j] - (step if rank < count else 0)) for rank, j in enumerate(order)), Fraction(0))
