"""Quantities of the law and of whole classes of models: moments, the bound over all linear classifiers."""

from __future__ import annotations

from fractions import Fraction

from verifiers import arithmetic
from verifiers.errors import MissingPart
from verifiers.low_complexity.bounds import Moments, product_moments
from verifiers.low_complexity.ceilings import linear_bound_of
from verifiers.low_complexity.grid import grid_of
from verifiers.low_complexity.linear import best_set, sparse_accuracy
from verifiers.low_complexity.mixture import heavy_agreement as agreement
from verifiers.low_complexity.subject import Subject, measures_on
from verifiers.quantity import Enclosure, between, enclose

_measures = measures_on(Subject)


@_measures("coordinates", "dimension of the data")
def d(subject: Subject) -> Enclosure:
    return enclose(subject.law.d)


@_measures("coordinates", "expected number of light coordinates that are not zero, before conditioning")
def k(subject: Subject) -> Enclosure:
    return enclose(subject.law.k)


@_measures("length", "radius of the perturbation")
def tau(subject: Subject) -> Enclosure:
    return enclose(subject.tau)


@_measures("length", "least |<w*, z>| of a draw that is kept")
def margin_gap(subject: Subject) -> Enclosure:
    return enclose(subject.law.exact("gap"))


@_measures("length", "sigma_x: the noise has standard deviation sigma_x/sqrt(d) per coordinate")
def noise(subject: Subject) -> Enclosure:
    return enclose(subject.law.exact("noise"))


@_measures("coordinates", "heavy mass h: the expected number of coordinates of magnitude one")
def heavy(subject: Subject) -> Enclosure:
    if subject.instance.heavy is None:
        raise MissingPart("this law has no heavy coordinates")
    return enclose(subject.instance.number("heavy"))


@_measures("magnitudes", "number of magnitudes of the law")
def scales(subject: Subject) -> Enclosure:
    return enclose(sum(step > 0 and chance > 0 for step, chance in subject.lattice.steps))


@_measures("1", "1 if magnitudes follow the scale-free law on [1/sqrt(k), 1], 0 otherwise")
def scale_free(subject: Subject) -> Enclosure:
    return enclose(int(subject.law.name == "scale"))


@_measures("1", "1 if perturbations are bounded in the maximum norm, 0 in l2")
def maximum_norm(subject: Subject) -> Enclosure:
    return enclose(int(subject.maximum))


@_measures("1", "P(|<w*, z>| >= gap), the share of independent draws that is kept")
def acceptance(subject: Subject) -> Enclosure:
    try:
        return enclose(subject.lattice.acceptance())
    except MissingPart:
        kept = grid_of(subject.law).acceptance
        return _spanned(kept.low, kept.high)


@_measures("squared length", "m^2: square of the mean of y <u, x>, u = (1, ..., 1)/sqrt(d)")
def mean_sq(subject: Subject) -> Enclosure:
    low, high = subject.moment_span
    return _spanned(low.mean_sq, high.mean_sq)


@_measures("squared length", "A: variance of y <w, x> for a unit w orthogonal to u")
def across(subject: Subject) -> Enclosure:
    low, high = subject.moment_span
    return _spanned(low.across, high.across)


@_measures("squared length", "s = A - variance of y <u, x>")
def variance_fall(subject: Subject) -> Enclosure:
    low, high = subject.moment_span
    along = high.across - high.spread, low.across - low.spread
    return _spanned(low.across - along[0], high.across - along[1])


@_measures("1", "no linear classifier has more robust accuracy: the largest of Cantelli's bounds", name="linear_bound")
def _linear_bound(subject: Subject) -> Enclosure:
    return linear_bound_of(subject.law, subject.tau)


@_measures("1", "the same against perturbations in the maximum norm", name="maximum_bound")
def _maximum_bound(subject: Subject) -> Enclosure:
    return linear_bound_of(subject.law, subject.tau, maximum=True)


def _spanned(low: Fraction, high: Fraction) -> Enclosure:
    """One number if both ends are equal, an interval rounded outward otherwise."""
    if low == high:
        return enclose(low)
    return between(arithmetic.lower_bounds(low)[()], arithmetic.upper_bounds(high)[()])


@_measures("1", "the same with the moments of independent coordinates, the condition forgotten: not a bound")
def product_bound(subject: Subject) -> Enclosure:
    return enclose(_bound(subject, product_moments(subject.lattice)))


@_measures("1", "the same with E z_j^2 = 1/d, as without the condition, in the variance alone: not a bound")
def variance_bound(subject: Subject) -> Enclosure:
    own, lattice = subject.moments, subject.lattice
    noise, count = lattice.noise**2 / lattice.count, lattice.count
    each = lattice.unit_sq * sum((step**2 * chance for step, chance in lattice.steps), Fraction(0))
    cross = (own.along - noise - each) / (count - 1) if count > 1 else Fraction(0)
    return enclose(_bound(subject, Moments(own.mean_sq, each - cross + noise, own.along)))


@_measures("1", "the same at the cosine 1 alone, as if w* were the worst case: not a bound")
def direction_bound(subject: Subject) -> Enclosure:
    return enclose(subject.moments.cantelli(Fraction(1), subject.tau))


def _bound(subject: Subject, moments: Moments) -> object:
    if subject.tau <= 0:
        return Fraction(1)
    return moments.bound(subject.tau)


@_measures("1", "c = <w, u> of the direction looked at")
def cosine(subject: Subject) -> Enclosure:
    return enclose(subject.part("cosine")[()])


@_measures("1", "Cantelli's bound on the robust accuracy of unit w with cosine c")
def cosine_bound(subject: Subject) -> Enclosure:
    return enclose(subject.moments.cantelli(subject.part("cosine")[()], subject.tau))


@_measures("1", "robust accuracy of w*, the direction of the labels")
def direction_accuracy(subject: Subject) -> Enclosure:
    _euclidean(subject)
    return enclose(sparse_accuracy(subject.law, subject.lattice.count, subject.tau))


@_measures("1", "robust accuracy of 1_T for the size of T at which it is largest")
def best_set_accuracy(subject: Subject) -> Enclosure:
    _euclidean(subject)
    return enclose(best_set(subject.law, subject.tau)[1])


@_measures("1", "how often the sign of the heavy coordinates is the label as k tends to infinity")
def heavy_agreement(subject: Subject) -> Enclosure:
    if subject.instance.heavy is None:
        raise MissingPart("this instance has no heavy coordinates")
    with arithmetic.precision(128):
        return enclose(agreement(subject.instance.number("heavy")))


def _euclidean(subject: Subject) -> None:
    if subject.maximum:
        raise MissingPart("sets of coordinates are compared in l2 only")
