"""Quantities of laws: the chi-square law of the orthogonal gradient, the flip theorem, tail bounds, distances at start.

What P sees is measured alike on a `PlaneInstance` and on the plane part of a network: the functions get `Seen`, which
holds no orthogonal weight. All of them speak about the first point.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from functools import wraps
from typing import Any

from constructions.instance import InvalidInstance
from verifiers.dimpled_manifold import tails
from verifiers.dimpled_manifold.deep import DeepSubject
from verifiers.dimpled_manifold.flip import Seen
from verifiers.dimpled_manifold.network import NetworkSubject
from verifiers.dimpled_manifold.subject import CATALOGUE, TailSubject, measures_on
from verifiers.dimpled_manifold.tails import ball
from verifiers.errors import MissingPart
from verifiers.quantity import Enclosure, enclose

_drawn, _tail, _deep = (measures_on(kind) for kind in (NetworkSubject, TailSubject, DeepSubject))


def seen_by_plane(subject: Any, exact_window: bool = False) -> Seen:
    """What P sees of a subject. Raises `MissingPart` where no law is declared."""
    if isinstance(subject, Seen):
        plane = subject.plane
    elif isinstance(subject, NetworkSubject):
        try:
            plane = subject.instance.plane()
        except InvalidInstance as error:
            raise MissingPart(str(error)) from None
    else:
        raise MissingPart("this is measured on what P sees of a network")
    kept: dict[bool, Seen] = subject.__dict__.setdefault("seen", {})
    return kept.setdefault(exact_window, Seen(plane, exact_window))


def _seen(unit: str, doc: str, name: str | None = None, both: bool = True) -> Callable[..., Callable]:
    """A quantity of what P sees; with `both`, a second one, ``sharp_...``, for the window of proved quantiles."""

    def register(function: Callable[[Seen], Any]) -> Callable[[Seen], Any]:
        own = name or function.__name__

        @wraps(function)
        def first(subject: Any) -> Enclosure:
            return enclose(function(seen_by_plane(subject)))

        @wraps(function)
        def second(subject: Any) -> Enclosure:
            return enclose(function(seen_by_plane(subject, True)))

        CATALOGUE.measures(unit, doc, name=own)(first)
        if both:
            CATALOGUE.measures(unit, f"{doc}; with proved quantiles of chi-square", name=f"sharp_{own}")(second)
        return function

    return register


@_seen("dimensions", "l, the declared codimension", both=False)
def declared_codimension(seen: Seen) -> Any:
    return seen.codimension


@_seen("1", "nu = |N| at the first point", both=False)
def seen_confidence(seen: Seen) -> Any:
    return abs(seen.value)


@_seen("1", "|c|^2 at the first point", both=False)
def seen_combination_sq(seen: Seen) -> Any:
    return seen.coefficients_sq


@_seen("1", "delta, the probability given away in each of three bounds", both=False)
def delta(seen: Seen) -> Any:
    return seen.delta


@_seen("1", "squared deviation of the orthogonal weights: (beta times decay)^2", both=False)
def deviation_sq(seen: Seen) -> Any:
    return seen.deviation_sq


@_seen("1", "4 ln(1/delta), which the codimension must exceed", both=False)
def least_codimension(seen: Seen) -> Any:
    return 4 * seen.exponent


@_seen("1", "kappa, a factor chosen from what P sees")
def kappa(seen: Seen) -> Any:
    return seen.kappa


@_seen("distance", "a = kappa nu/rho_-: where the flip is claimed")
def flip_distance(seen: Seen) -> Any:
    return seen.distance


@_seen("1", "M(a, rho_+): mean of what the kinks add along the way, at the largest likely gradient")
def bend(seen: Seen) -> Any:
    return seen.bend


@_seen("1", "the part of M(a, rho_+) that depends on rho: that of the active neurons", both=False)
def active_bend(seen: Seen) -> Any:
    return seen.mean_bend(seen.distance, seen.window.high_sq.sqrt(), active=True)


@_seen("1", "the same part of M(a, rho_-), at the smallest likely gradient", both=False)
def least_bend(seen: Seen) -> Any:
    return seen.mean_bend(seen.distance, seen.window.low_sq.sqrt(), active=True)


@_seen("1", "the same part of M(a, 0), without a gradient", both=False)
def no_bend(seen: Seen) -> Any:
    return seen.mean_bend(seen.distance, ball(0), active=True)


@_seen("1", "a beta |u| sqrt(2 ln(1/delta)): what it may exceed its mean by")
def rise(seen: Seen) -> Any:
    return seen.rise


@_seen("1", "a |u|_1 times the largest |h_i| that a union bound allows: the curvature bounded naively", both=False)
def naive_bend(seen: Seen) -> Any:
    outputs = sum((abs(u) for u in seen.outputs), Fraction(0))
    reach = (2 * (ball(len(seen.outputs)) / ball(seen.delta)).log() * ball(seen.deviation_sq)).sqrt()
    return seen.distance * ball(outputs) * reach


@_seen("1", "P(rho < rho_-), the exact tail of chi-square at the lower end of the window")
def lower_miss(seen: Seen) -> Any:
    return tails.chi_below(seen.codimension, seen.window.low_sq / ball(seen.deviation_sq * seen.coefficients_sq))


@_seen("1", "P(rho > rho_+), the exact tail of chi-square at the upper end")
def upper_miss(seen: Seen) -> Any:
    return tails.chi_above(seen.codimension, seen.window.high_sq / ball(seen.deviation_sq * seen.coefficients_sq))


# Once the orthogonal weights are drawn


def _flip_value(subject: NetworkSubject, distance: Any) -> Any:
    """y N(x - a g/rho) at the first point, for a ball a."""
    square = subject.gradient_squares[0]
    if square == 0:
        raise MissingPart("the orthogonal gradient is zero at the first point")
    time = distance / ball(square).sqrt()
    total = ball(0)
    for o, z, v in zip(subject.signed_outputs(0), subject.pre[0], subject.normal_slopes(0), strict=True):
        total += ball(o) * (ball(z) + time * ball(v)).max(ball(0))
    return total


@_drawn("1", "y N at the claimed distance along the orthogonal gradient of the drawn network; <= 0 is a flip")
def flip_value(subject: NetworkSubject) -> Enclosure:
    return enclose(_flip_value(subject, seen_by_plane(subject).distance))


@_drawn("1", "y N at the distance claimed with proved quantiles")
def sharp_flip_value(subject: NetworkSubject) -> Enclosure:
    return enclose(_flip_value(subject, seen_by_plane(subject, True).distance))


@_drawn("1", "y N at the distance nu/rho_-, without the factor kappa")
def first_order_value(subject: NetworkSubject) -> Enclosure:
    seen = seen_by_plane(subject)
    return enclose(_flip_value(subject, seen.distance / ball(seen.kappa)))


def _ratio(subject: NetworkSubject, j: int) -> Fraction:
    """rho^2/(beta s |c|)^2 at point j."""
    scale = seen_by_plane(subject).deviation_sq * sum((c * c for c in subject.coefficients(j)), Fraction(0))
    if scale == 0:
        raise MissingPart(f"no neuron is active at point {j}, or the decay is total: the ratio is 0/0")
    return subject.gradient_squares[j] / scale


@_drawn("1", "rho^2/(beta s |c|)^2 at the first point: of chi-square law with l degrees of freedom")
def chi_ratio(subject: NetworkSubject) -> Enclosure:
    return enclose(_ratio(subject, 0))


@_drawn("1", "P(chi^2_l <= the ratio), uniform on [0, 1] if the law is exact")
def chi_level(subject: NetworkSubject) -> Enclosure:
    return enclose(tails.chi_below(int(subject.instance.codimension), _ratio(subject, 0)))


@_drawn("1", "the same with l + 1 degrees of freedom")
def wrong_chi_level(subject: NetworkSubject) -> Enclosure:
    return enclose(tails.chi_below(int(subject.instance.codimension) + 1, _ratio(subject, 0)))


@_drawn("1", "P(chi^2_l <= the ratio) at the point where the drawn gradient is largest")
def late_chi_level(subject: NetworkSubject) -> Enclosure:
    ratio = max(_ratio(subject, j) for j in range(len(subject.values)))
    return enclose(tails.chi_below(int(subject.instance.codimension), ratio))


def _pair(subject: NetworkSubject, table: Any) -> Any:
    """Cosine of the first two rows of a table of fractions, as a ball."""
    if len(table) < 2:
        raise MissingPart("this compares two points, and the instance has one")
    a, b = table[0], table[1]
    squares = (a * a).sum() * (b * b).sum()
    if squares == 0:
        raise MissingPart("no neuron is active at one of the first two points")
    return ball((a * b).sum()) / ball(squares).sqrt()


@_drawn("points", "points at which no neuron is active")
def inactive_points(subject: NetworkSubject) -> Enclosure:
    return enclose(sum(not any(subject.coefficients(j)) for j in range(len(subject.values))))


@_drawn("1", "cosine of the orthogonal gradients at the first two points")
def gradient_cosine(subject: NetworkSubject) -> Enclosure:
    return enclose(_pair(subject, subject.normal_gradients.fractions()[:2]))


@_drawn("1", "cosine of the coefficients c at the first two points, which P sees")
def seen_cosine(subject: NetworkSubject) -> Enclosure:
    return enclose(_pair(subject, subject.combination.fractions()[:2]))


@_deep("neurons", "first-layer neurons on which N depends at the point")
def deep_active(subject: DeepSubject) -> Enclosure:
    return enclose(int((subject.combination != 0).sum()))


@_deep("1", "P(chi^2_l <= rho^2/(beta |c|)^2), c the derivatives by first-layer pre-activations of a deep network")
def deep_chi_level(subject: DeepSubject) -> Enclosure:
    return enclose(tails.chi_below(subject.codimension, subject.ratio))


# Tails


@_tail("degrees of freedom", "l of a chi-square variable")
def freedom(subject: TailSubject) -> Enclosure:
    return enclose(subject.freedom)


@_tail("1", "t, the exponent of the bound e^-t")
def exponent(subject: TailSubject) -> Enclosure:
    return enclose(subject.exponent)


@_tail("1", "P(chi^2_l <= l - 2 sqrt(l t))")
def lower_tail(subject: TailSubject) -> Enclosure:
    return enclose(tails.chi_below(subject.freedom, _spread(subject, -2, 0)))


@_tail("1", "P(chi^2_l > l + 2 sqrt(l t) + 2 t)")
def upper_tail(subject: TailSubject) -> Enclosure:
    return enclose(tails.chi_above(subject.freedom, _spread(subject, 2, 2)))


@_tail("1", "P(chi^2_l > l + 2 sqrt(l t)), without the linear term")
def upper_tail_short(subject: TailSubject) -> Enclosure:
    return enclose(tails.chi_above(subject.freedom, _spread(subject, 2, 0)))


@_tail("1", "P(chi^2_(l+1) <= l - 2 sqrt(l t)), one degree of freedom more")
def lower_tail_more(subject: TailSubject) -> Enclosure:
    return enclose(tails.chi_below(subject.freedom + 1, _spread(subject, -2, 0)))


def _spread(subject: TailSubject, root: int, linear: int) -> Any:
    return ball(subject.freedom) + root * ball(subject.freedom * subject.exponent).sqrt() + linear * ball(
        subject.exponent)  # fmt: skip


@_tail("1", "P(chi^2_l <= l/2)")
def half_tail(subject: TailSubject) -> Enclosure:
    return enclose(tails.chi_below(subject.freedom, Fraction(subject.freedom, 2)))


@_tail("1", "P(chi^2_l > 2 l)")
def double_tail(subject: TailSubject) -> Enclosure:
    return enclose(tails.chi_above(subject.freedom, 2 * subject.freedom))


@_tail("1", "median of |t_l|, Student's t with l degrees of freedom")
def student_median(subject: TailSubject) -> Enclosure:
    return enclose(tails.student_median(subject.freedom))


@_tail("1", "median of |Z|, Z standard normal")
def normal_median(subject: TailSubject) -> Enclosure:
    return enclose(tails.normal_median())
