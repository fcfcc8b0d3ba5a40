"""Quantities of representation costs and of max margins under them: rational enclosures of convex programs."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np

from constructions.frequency_bias import FrequencyInstance
from constructions.frequency_bias.transform import high_weights
from verifiers import arithmetic, tolerances
from verifiers.errors import MissingPart, NoCertificate
from verifiers.frequency_bias.margin_parts import (
    bounded,
    bounded_root,
    cost_bounds,
    dual_enclosure,
    margin_bounds,
    net_numbers,
    plain_bound,
    shape_of,
    stationarity,
    sum_bounds,
)
from verifiers.frequency_bias.margin_spectra import ball_energies, total_energies
from verifiers.frequency_bias.shares import prolate_share, value_of
from verifiers.frequency_bias.solvers_exact import Sandwich, compose_exact, root_above
from verifiers.frequency_bias.solvers_torus import one_filter_floor
from verifiers.frequency_bias.subject import CATALOGUE, Subject
from verifiers.quantity import Enclosure, between, enclose

_measures = CATALOGUE.measures


def on_circle(subject: Subject, name: str) -> np.ndarray:
    """A part of an instance in one dimension, as fractions. Raises `MissingPart` on a torus."""
    subject.sites  # noqa: B018 - raises on a torus
    return subject.part(name)


def _cost(subject: Subject, name: str = "predictor", fewer: int = 0) -> Enclosure:
    found = cost_bounds(subject.instance, name, shape_of(subject, fewer))
    return bounded(found.lower, found.upper)


@_measures("norm", "R_K of the predictor: least 1/2 (|u|^2 + |v|^2) of two-layer nets with its K taps that realise it")
def cost(subject: Subject) -> Enclosure:
    return _cost(subject)


@_measures("norm", "the same with one tap less per dimension")
def cost_fewer(subject: Subject) -> Enclosure:
    return _cost(subject, fewer=1)


@_measures("norm", "R_K of the signal, a second predictor")
def cost_signal(subject: Subject) -> Enclosure:
    return _cost(subject, "signal")


@_measures("norm", "R_K of predictor + signal")
def cost_sum(subject: Subject) -> Enclosure:
    found = sum_bounds(subject.instance, shape_of(subject))
    return bounded(found.lower, found.upper)


@_measures("dimensions", "dimensions of the grid: 1 for a circle, 2 for a torus")
def dimensions(subject: Subject) -> Enclosure:
    return enclose(len(subject.grid))


@_measures("norm", "least cost of nets with one filter that realise the predictor; at least R_K")
def one_filter_cost(subject: Subject) -> Enclosure:
    found = cost_bounds(subject.instance, "predictor", shape_of(subject), 1)
    lower = arithmetic.lower_bounds(arithmetic.rationals(_cost_floor(subject)))
    if len(subject.grid) == 2 and subject.instance.kernel_shape == (2, 2):
        try:
            lower = np.maximum(lower, arithmetic.lower_bounds(np.array(one_filter_floor(subject.part("predictor")))))
        except (MissingPart, NoCertificate):
            pass  # the weaker bound stands
    return between(lower, arithmetic.upper_bounds(arithmetic.rationals(found.upper)))


@_measures("norm", "t below the cost of every net with one 2 x 2 filter on a torus, by a box around the optimum")
def single_floor(subject: Subject) -> Enclosure:
    return enclose(one_filter_floor(subject.part("predictor")))


@_measures("norm", "cost of a rational net with one filter that realises the predictor, and of what it misses")
def single_ceiling(subject: Subject) -> Enclosure:
    return enclose(cost_bounds(subject.instance, "predictor", shape_of(subject), 1).upper)


@_measures("norm", "least cost of nets with two filters that realise the predictor; at least R_K")
def two_filter_cost(subject: Subject) -> Enclosure:
    return bounded(_cost_floor(subject), cost_bounds(subject.instance, "predictor", shape_of(subject), 2).upper)


def _cost_floor(subject: Subject) -> Fraction:
    return cost_bounds(subject.instance, "predictor", shape_of(subject)).lower


@_measures("norm", "<w, z>/t for a rational z whose dual norm is proved to be below t: no net costs less")
def cost_floor(subject: Subject) -> Enclosure:
    return enclose(_cost_floor(subject))


@_measures("norm", "cost of a rational net that realises the predictor, and of what it misses with one tap")
def cost_ceiling(subject: Subject) -> Enclosure:
    return enclose(cost_bounds(subject.instance, "predictor", shape_of(subject)).upper)


@_measures("norm", "R^o_K of the signal: largest singular value of the matrix z_(n+k)")
def dual_signal(subject: Subject) -> Enclosure:
    return dual_enclosure(subject.part("signal"), shape_of(subject))


@_measures("norm", "the same with one tap less per dimension")
def dual_signal_fewer(subject: Subject) -> Enclosure:
    return dual_enclosure(subject.part("signal"), shape_of(subject, 1))


@_measures("norm^2", "<predictor, signal>")
def pairing(subject: Subject) -> Enclosure:
    return enclose(Fraction(np.sum(subject.part("predictor") * subject.part("signal"))))


@_measures("norm", "|w|, the cost with one tap")
def length(subject: Subject) -> Enclosure:
    return bounded_root(sum((entry**2 for entry in subject.part("predictor").reshape(-1)), Fraction(0)))


@_measures("norm", "|w^|_1/sqrt(N), unitary transform: the cost with filters of full width")
def full_cost(subject: Subject) -> Enclosure:
    roots = arithmetic.square_root(ball_energies(on_circle(subject, "predictor")))
    return enclose(roots.sum() / arithmetic.square_root(arithmetic.balls(subject.sites)))


@_measures("norm", "|w| sqrt(2/(K + |sin(K w)/sin w|)), w = 2 pi d/N: the cost of a cosine at its frequency d")
def tone_cost(subject: Subject) -> Enclosure:
    sites, taps = subject.sites, subject.kernel
    values = subject.floats("predictor")
    spectrum = np.abs(np.fft.rfft(values))
    d = int(np.argmax(spectrum))
    rest = np.delete(spectrum, d)
    if not float(np.abs(rest).max(initial=0.0)) <= tolerances.TONE * spectrum[d]:
        raise MissingPart("this predictor is not a cosine")
    size = length(subject).balls()
    if 2 * d % sites == 0:
        return enclose(size / arithmetic.square_root(arithmetic.balls(taps)))
    turn: Any = arithmetic.balls(0)[()]
    top, bottom = (turn.sin_pi_fmpq(arithmetic.rational(Fraction(2 * d * k, sites))) for k in (taps, 1))
    return enclose(size * arithmetic.square_root(arithmetic.balls(2) / (taps + abs(top / bottom))))


@_measures("norm", "R_K of the mirrored predictor (-1)^n w_n")
def cost_mirrored(subject: Subject) -> Enclosure:
    if subject.sites % 2:
        raise MissingPart("the mirror needs an even number of sites")
    signs = np.where(np.arange(subject.sites) % 2, -1, 1)
    image = FrequencyInstance(length=subject.sites, predictor=subject.part("predictor") * signs)
    found = cost_bounds(image, "predictor", shape_of(subject))
    return bounded(found.lower, found.upper)


@_measures("norm", "least cost of a predictor with margin one on the data, R*")
def margin_cost(subject: Subject) -> Enclosure:
    found = margin_bounds(subject.instance, shape_of(subject))
    return bounded(found.lower, found.upper)


@_measures("norm", "sum(alpha)/t: multipliers whose combination of the data has a dual norm proved to be below t")
def margin_floor(subject: Subject) -> Enclosure:
    return enclose(margin_bounds(subject.instance, shape_of(subject)).lower)


@_measures("norm", "cost over margin of a rational net")
def margin_ceiling(subject: Subject) -> Enclosure:
    return enclose(margin_bounds(subject.instance, shape_of(subject)).upper)


@_measures("norm", "the same multipliers with the Euclidean length in place of the dual norm: wrong for K > 1")
def plain_floor(subject: Subject) -> Enclosure:
    return plain_bound(subject, shape_of(subject))


@_measures("norm", "R* with one tap less per dimension")
def margin_cost_fewer(subject: Subject) -> Enclosure:
    found = margin_bounds(subject.instance, shape_of(subject, 1))
    return bounded(found.lower, found.upper)


@_measures("norm", "cost over margin of the instance's own net; infinite without a positive margin")
def own_cost(subject: Subject) -> Enclosure:
    total, margin = net_numbers(subject)
    if margin <= 0:
        raise MissingPart("the net of this instance has no positive margin on its data")
    return enclose(total / margin)


@_measures("1", "|theta - sum_n alpha_n grad of y_n f(x_n)|/|theta| of the instance's own net, least over alpha >= 0")
def own_residual(subject: Subject) -> Enclosure:
    return bounded(Fraction(0), root_above(stationarity(subject)))


@_measures("1", "share of the gain q of the max-margin filters outside of the band: sum_(d not in B) q_d/sum_d q_d")
def gain_outside(subject: Subject) -> Enclosure:
    filters, sites = margin_bounds(subject.instance, shape_of(subject)).filters[:, 0], subject.sites
    if subject.kernel == 1:
        return enclose(1 - Fraction(len(subject.band), sites))
    gains = total_energies(np.array([[*row, *[0] * (sites - len(row))] for row in filters], dtype=object))
    outside = [d for d in range(sites) if d not in set(subject.band)]
    return enclose(gains[outside].sum() / gains.sum() if outside else 0)


@_measures("norm^2", "energy inside of the band of the predictor of a rational net with margin one")
def energy_inside(subject: Subject) -> Enclosure:
    return enclose(_energies(subject)[list(subject.band)].sum())


@_measures("norm^2", "energy outside of the band of the predictor of a rational net with margin one")
def energy_outside(subject: Subject) -> Enclosure:
    outside = [d for d in range(subject.sites) if d not in set(subject.band)]
    return enclose(_energies(subject)[outside].sum() if outside else 0)


def _energies(subject: Subject) -> np.ndarray:
    shape = shape_of(subject)
    found = margin_bounds(subject.instance, shape)
    predictor = compose_exact(found.filters, found.readouts, shape)[0]
    data = on_circle(subject, "points") * subject.part("labels")[:, None]
    margin = min(Fraction(np.sum(row * predictor)) for row in data)
    return ball_energies(predictor / margin)


@_measures(
    "norm^2",
    "((1 - lambda) N |U|^2/(sum_(d not in B) |g^_d|^-2)^(1/2) - (2 K |U|^2 (net* - dual*))^(1/2))_+^2: of the net with "
    "margin one, g the combination of the data by multipliers, of dual norm at most one",
)
def leak_floor(subject: Subject) -> Enclosure:
    """What the rational pair of net and multipliers proves: b^ = q g^ up to the second root, see OPTIMAL and LEAK."""
    found, sites, taps = margin_bounds(subject.instance, shape_of(subject)), subject.sites, subject.kernel
    energy = sum((Fraction(int(entry)) ** 2 for entry in found.filters.reshape(-1)), Fraction(0))
    energy *= found.upper / sum(
        (Fraction(int(x)) ** 2 / 2 for part in (found.filters, found.readouts) for x in part.reshape(-1)), Fraction(0)
    )
    powers = ball_energies(_dual_of(subject, found))
    with arithmetic.precision(192):
        inverse: Any = arithmetic.balls(0)[()]
        for d in sorted(set(range(sites)) - set(subject.band)):
            if not powers[d] > 0:
                return enclose(0)  # g^_d may vanish: nothing is forced
            inverse = inverse + 1 / powers[d]
        if len(subject.band) == sites:
            return enclose(0)
        short = arithmetic.balls(1)[()] - _ball(value_of(prolate_share(sites, taps, len(subject.band))))
        forced = short * sites * _ball(energy) / inverse.sqrt()
        missed = _ball(2 * taps * energy * (found.upper - found.lower)).sqrt()
        return enclose((forced - missed).nonnegative_part() ** 2)


def _ball(value: Any) -> Any:
    return arithmetic.balls(arithmetic.rational(value))[()] if isinstance(value, Fraction) else value


def _dual_of(subject: Subject, found: Sandwich) -> np.ndarray:
    """g = sum_n alpha_n y_n x_n of the rational multipliers over their threshold, (N,): of dual norm at most one."""
    data = on_circle(subject, "points") * subject.part("labels")[:, None]
    alpha = np.array([Fraction(int(a), 2**found.bits) for a in found.dual], dtype=object)
    return alpha @ data / found.threshold


def _single(subject: Subject) -> np.ndarray:
    points, labels = on_circle(subject, "points"), subject.part("labels")
    if len(labels) != 1:
        raise MissingPart("the closed form of the max-margin predictor is for a single sample")
    return points[0] * int(labels[0])


def high_of(signal: np.ndarray) -> Enclosure:
    """HF share of fractions: rational for N = 4, a ball else."""
    energies, weights = ball_energies(signal), high_weights((len(signal),))
    total = sum((Fraction(entry) ** 2 for entry in signal), Fraction(0))
    if not total:
        raise MissingPart("a zero signal has no spectrum")
    weighted = sum((e * int(2 * w) for e, w in zip(energies, weights, strict=True)), arithmetic.balls(0)[()])
    return enclose(weighted / (2 * arithmetic.balls(total)[()]))


@_measures("1", "high-frequency share of the max-margin predictor of a single sample with one tap: that of the sample")
def single_high_one(subject: Subject) -> Enclosure:
    return high_of(_single(subject))


@_measures("norm^2", "correlation of neighbours in a single sample, sum_n x_n x_(n+1)")
def neighbours(subject: Subject) -> Enclosure:
    sample = _single(subject)
    return enclose(Fraction(np.sum(sample * np.roll(sample, -1))))


@_measures("1", "high-frequency share of the max-margin predictor of a single sample with two taps: gain 1 +- cos")
def single_high_two(subject: Subject) -> Enclosure:
    """g = alpha x; Q on the top eigenvector (1, sign r_1) of the correlations of x, unique unless r_1 = 0."""
    sample = _single(subject)
    next_one = np.roll(sample, -1)
    sign = Fraction(np.sum(sample * next_one))
    if sign == 0:
        raise MissingPart("with r_1 = 0 every filter of two taps is optimal, and the predictor is not unique")
    step = 1 if sign > 0 else -1
    return high_of(2 * sample + step * (next_one + np.roll(sample, 1)))


@_measures("1", "high-frequency share of the data: mean over samples of their shares")
def data_high(subject: Subject) -> Enclosure:
    rows = [high_of(row) for row in on_circle(subject, "points")]
    return enclose(sum((row.balls()[()] for row in rows), arithmetic.balls(0)[()]) / len(rows))


@_measures("norm", "cost of a predictor with two input channels, filters and readouts shared between them")
def inputs_cost(subject: Subject) -> Enclosure:
    found = cost_bounds(subject.instance, "inputs", shape_of(subject))
    return bounded(found.lower, found.upper)


@_measures("norm", "nuclear norm of a predictor with two input channels: the cost with one tap")
def inputs_nuclear(subject: Subject) -> Enclosure:
    first, second = _inputs(subject)
    aa, bb, ab = (Fraction(np.sum(x * y)) for x, y in ((first, first), (second, second), (first, second)))
    root = arithmetic.square_root(arithmetic.balls(arithmetic.rationals(aa * bb - ab**2)))
    return enclose(arithmetic.square_root(arithmetic.balls(arithmetic.rationals(aa + bb)) + 2 * root))


@_measures("norm", "N^(-1/2) times the sum over frequencies of |(w_1^, w_2^)|: the cost with filters of full width")
def inputs_full(subject: Subject) -> Enclosure:
    roots = arithmetic.square_root(total_energies(_inputs(subject)))
    return enclose(roots.sum() / arithmetic.square_root(arithmetic.balls(subject.sites)))


@_measures("norm", "costs of the input channels one by one, added")
def inputs_apart(subject: Subject) -> Enclosure:
    shape, instance = shape_of(subject), subject.instance
    found = [
        cost_bounds(FrequencyInstance(length=instance.length, predictor=row), "predictor", shape)
        for row in _inputs(subject)
        if np.any(row)
    ]
    return bounded(sum((f.lower for f in found), Fraction(0)), sum((f.upper for f in found), Fraction(0)))


def _inputs(subject: Subject) -> np.ndarray:
    rows = on_circle(subject, "inputs")
    if len(rows) != 2:
        raise MissingPart("the closed forms here are for two input channels")
    return rows
