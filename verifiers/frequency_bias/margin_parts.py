"""What the quantities of costs and margins share: rational bounds, solved once per instance and kernel and kept."""

from __future__ import annotations

from fractions import Fraction
from functools import lru_cache

import numpy as np

from constructions.frequency_bias import FrequencyInstance
from constructions.instance import InvalidInstance, floats_of
from verifiers import arithmetic, tolerances
from verifiers.errors import MissingPart, NoCertificate
from verifiers.frequency_bias.margin import MarginSolution, max_margin
from verifiers.frequency_bias.solvers import Shape, represent
from verifiers.frequency_bias.solvers_exact import (
    Sandwich,
    compose_exact,
    dual_threshold,
    gram_exact,
    integers,
    margin_exact,
    represent_exact,
)
from verifiers.frequency_bias.subject import Subject
from verifiers.quantity import Enclosure, between, enclose
from verifiers.verdict import Rigor

TIGHT = 1e-9
"""Relative gap asked of the solvers behind enclosures."""


def shape_of(subject: Subject, fewer: int = 0) -> Shape:
    """Grid and kernel of an instance, with `fewer` taps per dimension. Raises `MissingPart` where that leaves none."""
    kernel = subject.instance.kernel_shape
    if kernel is None:
        raise MissingPart("this instance has no filter and no kernel")
    if min(kernel) <= fewer:
        raise MissingPart("there is no smaller kernel than one tap")
    return Shape(subject.grid, tuple(taps - fewer for taps in kernel))


def bounded(lower: Fraction, upper: Fraction) -> Enclosure:
    """Enclosure of a number between two rationals, certified."""
    low, high = (arithmetic.rationals(value) for value in (lower, upper))
    return between(arithmetic.lower_bounds(low), arithmetic.upper_bounds(high), rigor=Rigor.CERTIFIED)


@lru_cache(maxsize=1024)
def cost_bounds(instance: FrequencyInstance, name: str, shape: Shape, channels: int | None = None) -> Sandwich:
    """Rational bounds on the cost of the signal `name`; with `channels` given, upper is that of such a net."""
    stored = getattr(instance, name)
    if stored is None:
        raise MissingPart(f"this instance has no {name}")
    if not np.any(floats_of(stored)):
        raise MissingPart(f"the {name} is zero, and so is its cost")
    return represent_exact(stored, shape, represent(floats_of(stored), shape, channels, TIGHT))


@lru_cache(maxsize=1024)
def sum_bounds(instance: FrequencyInstance, shape: Shape) -> Sandwich:
    """The same for predictor + signal."""
    if instance.predictor is None or instance.signal is None:
        raise MissingPart("this needs a predictor and a signal")
    total = FrequencyInstance(
        length=instance.length, width=instance.width,
        predictor=Subject(instance).part("predictor") + Subject(instance).part("signal"),
    )  # fmt: skip
    return cost_bounds(total, "predictor", shape)


@lru_cache(maxsize=256)
def margin_solution(instance: FrequencyInstance, shape: Shape) -> MarginSolution:
    """The max-margin net of the instance's data in float64, at a gap that a few starts reach."""
    if instance.points is None or instance.labels is None:
        raise MissingPart("this needs points and labels")
    try:
        return max_margin(floats_of(instance.points), floats_of(instance.labels), shape, tolerance=TIGHT)
    except InvalidInstance as refused:
        raise MissingPart(str(refused)) from None


@lru_cache(maxsize=256)
def margin_bounds(instance: FrequencyInstance, shape: Shape) -> Sandwich:
    """Rational bounds on R* of the instance's data."""
    return margin_exact(instance.points, instance.labels, shape, margin_solution(instance, shape))


def plain_bound(subject: Subject, shape: Shape) -> Enclosure:
    """sum(alpha)/|Z^T alpha|: what the multipliers would prove if the dual norm were the Euclidean one."""
    found = margin_bounds(subject.instance, shape)
    points, labels = subject.part("points"), subject.part("labels")
    alpha = [Fraction(int(a), 2**found.bits) for a in found.dual]
    combined = sum(a * y * x for a, y, x in zip(alpha, labels.tolist(), points, strict=True))
    square = sum((entry**2 for entry in np.asarray(combined).reshape(-1)), Fraction(0))
    if not square:
        raise NoCertificate("the multipliers cancel the data")
    return bounded_root(sum(alpha, Fraction(0)) ** 2 / square)


def bounded_root(square: Fraction) -> Enclosure:
    """The square root of a rational, as a ball."""
    return enclose(arithmetic.square_root(arithmetic.balls(arithmetic.rationals(square))))


def dual_enclosure(signal: np.ndarray, shape: Shape) -> Enclosure:
    """R^o(z) of fractions z: Rayleigh's quotient of a rational vector below, positive pivots above."""
    common = int(np.lcm.reduce([Fraction(entry).denominator for entry in signal.reshape(-1)], dtype=object))
    whole = np.frompyfunc(lambda entry: int(Fraction(entry) * common), 1, 1)(signal.reshape(-1, *shape.grid))
    gram = gram_exact(whole, shape)
    if not np.any(gram):
        return bounded(Fraction(0), Fraction(0))
    scale = max(abs(int(entry)) for entry in gram.reshape(-1))
    vector = integers(np.linalg.eigh((gram / scale).astype(np.float64))[1][:, -1], 40)
    square = Fraction(int(vector @ gram @ vector), int(vector @ vector))
    low = bounded_root(square / common**2).lower
    high = arithmetic.upper_bounds(arithmetic.rationals(dual_threshold(whole, shape, 0) / common))
    return between(low, high, rigor=Rigor.CERTIFIED)


def net_numbers(subject: Subject) -> tuple[Fraction, Fraction]:
    """(cost, smallest margin) of the instance's own two-layer linear net, exact, channels balanced where rational."""
    filters, readouts = subject.part("filters"), subject.part("readouts")
    shape = shape_of(subject)
    predictor = compose_exact(filters[:, None], readouts, shape)[0]
    margins = [
        Fraction(y) * Fraction(np.sum(x * predictor))
        for x, y in zip(subject.part("points"), subject.part("labels").tolist(), strict=True)
    ]
    cost = sum((Fraction(entry) ** 2 for part in (filters, readouts) for entry in part.reshape(-1)), Fraction(0)) / 2
    return cost, min(margins)




def stationarity(subject: Subject) -> Fraction:
    """|theta - sum_n alpha_n g_n|^2/|theta|^2 of the instance's own net for rational alpha >= 0 that floats found.

    g_n is the gradient of the margin y_n f(x_n); only samples within `ACTIVE` of the smallest margin carry an alpha.
    """
    from scipy.optimize import nnls

    filters, readouts = subject.part("filters"), subject.part("readouts")
    shape, sites = shape_of(subject), subject.sites
    data = subject.part("points") * subject.part("labels")[:, None]
    predictor = compose_exact(filters[:, None], readouts, shape)[0]
    margins = [Fraction(np.sum(row * predictor)) for row in data]
    if min(margins) <= 0:
        raise MissingPart("the net of this instance has no positive margin on its data")
    limit = min(margins) * (1 + Fraction(tolerances.ACTIVE))
    active = [row for row, m in zip(data, margins, strict=True) if m <= limit]
    taps = range(shape.kernel[0])
    columns = []
    for row in active:
        shifted = np.stack([np.roll(row, -k) for k in taps])  # x_(m + k)
        by_readouts = filters @ shifted
        columns.append(np.concatenate([(readouts @ shifted.T).reshape(-1), by_readouts.reshape(-1)]))
    theta = np.concatenate([filters.reshape(-1), readouts.reshape(-1)])
    system = np.array(columns).T
    alpha, _ = nnls(system.astype(np.float64), theta.astype(np.float64), maxiter=100 * (sites + len(columns)))
    rest = theta - system @ np.array([Fraction(float(a)) for a in alpha], dtype=object)
    return Fraction(np.sum(rest**2)) / Fraction(np.sum(theta**2))
