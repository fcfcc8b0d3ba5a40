"""Robust accuracy of linear classifiers sign <w, x> on light data: exact for given ones, bounded for all at once.

A point counts as right when y <w, x> > tau |w| strictly, so a tie is wrong. Source: finite-dimensional statements
derived for this library, after Allen-Zhu and Li 2020, lower bound for linear models.
"""

from __future__ import annotations

import heapq
from fractions import Fraction
from typing import Any

from constructions.feature_purification import SparseLaw
from verifiers import arithmetic, tolerances
from verifiers.feature_purification.walk import (
    acceptance,
    law_of_sum,
    margin_moment,
    require_light,
    support_mean,
)

SUBDIVISIONS = 20_000
"""Intervals of the cosine looked at before the bound is taken as it is: still a bound, only wider."""

GAP = Fraction(1, 10**6)
"""Width at which the maximum over the cosine is taken for found."""

NEGLIGIBLE = Fraction(1, 10**30)
"""Sums whose probability is below this are bounded by 0 and 1 instead of being evaluated."""


def _ball(value: Any) -> Any:
    return arithmetic.balls(value)[()]


def _normal(argument: Any) -> Any:
    """Phi of a ball: erfc(-x / sqrt 2) / 2."""
    return (-argument / _ball(2).sqrt()).erfc() / 2


def direction_accuracy(law: SparseLaw, tau: Fraction) -> Any:
    """Robust accuracy of w = w*, the direction of the labels, as a ball."""
    return sparse_accuracy(law, law.d, tau)


def sparse_accuracy(law: SparseLaw, size: int, tau: Fraction) -> Any:
    """Robust accuracy of w = 1_T (times w*) with |T| = size, as a ball.

    Sums over (S_size, S_{d - size}): the first decides the score, both the label and the acceptance.
    """
    law, t = require_light(law), law.least_count
    if not 1 <= size <= law.d:
        raise ValueError(f"size {size} of a set of {law.d} coordinates")
    p, rest = law.probability, law.d - size
    inside_denominator, inside = law_of_sum(size, p)
    outside_denominator, outside = law_of_sum(rest, p)
    tail = [0] * (2 * rest + 2)  # tail[j] = numerators of P(S_rest >= j - rest)
    for j in range(2 * rest, -1, -1):
        tail[j] = tail[j + 1] + outside[j]
    total, skipped, accepted = _ball(0), Fraction(0), 0
    root_k, root_d = _ball(law.k).sqrt(), _ball(law.d).sqrt()
    threshold, sigma = _ball(tau) * _ball(size).sqrt(), _ball(law.exact("noise"))
    deviation = sigma * _ball(size).sqrt() / root_d
    scale = inside_denominator * outside_denominator
    for s in range(-size, size + 1):
        need = min(max(t - s, -rest), rest + 1)
        weight = inside[s + size] * tail[need + rest]  # label +1: S_size + S_rest >= t
        accepted += weight
        if weight == 0:
            continue
        if Fraction(weight, scale) < NEGLIGIBLE:
            skipped += Fraction(weight, scale)
            continue
        if law.exact("noise") == 0:
            right = _ball(1) if s > 0 and s * s > tau * tau * size * law.k else _ball(0)
        else:
            right = _normal((s / root_k - threshold) / deviation)
        total += right * _ball(Fraction(weight, scale))
    total = total.union(total + _ball(skipped)) if skipped else total
    return total / _ball(Fraction(accepted, scale))


class Moments:
    """First and second moments of light data under its condition, exact up to the square roots of k and d."""

    def __init__(self, law: SparseLaw) -> None:
        law = require_light(law)
        d, k = law.d, law.k
        self.first_sq = margin_moment(law, 1) ** 2 / k / d
        """m(c)^2 at c = 1: (E |sum z|)^2 / d."""
        second = margin_moment(law, 2) / k / d
        noise = law.exact("noise") ** 2 / d
        each = support_mean(law) / (k * d)
        cross = (second - each) / (d - 1) if d > 1 else Fraction(0)
        self.along = second + noise
        """B: second moment of y <u, x> along the dense direction u."""
        self.across = each - cross + noise
        """A: the same in every direction orthogonal to u."""


def every_linear_bound(law: SparseLaw, tau: Fraction) -> tuple[float, float]:
    """(lower, upper) float64 enclosure of max over c in [-1, 1] of Cantelli's bound: no unit w has more accuracy.

    c = <w, u>; the bound is 1 where tau <= m(c), else V / (V + (tau - m)^2). Branch and bound in ball arithmetic.
    """
    if tau <= 0:
        return 1.0, 1.0
    moments = Moments(law)
    slope, along, across = _ball(moments.first_sq).sqrt(), _ball(moments.along), _ball(moments.across)
    if moments.first_sq >= tau * tau:
        return 1.0, 1.0

    def upper(low: Fraction, high: Fraction) -> float:
        c = _ball(low).union(_ball(high))
        square = c * c
        variance = across * (1 - square) + along * square - (slope * c) ** 2
        most = _ball(float(arithmetic.upper_bounds(variance)))
        gap = _ball(tau) - _ball(float(arithmetic.upper_bounds(slope * c)))
        if not gap > 0:
            return 1.0
        return min(1.0, float(arithmetic.upper_bounds(most / (most + gap * gap))))

    def value(c: Fraction) -> float:
        centre = _ball(c)
        variance = across * (1 - centre**2) + along * centre**2 - (slope * centre) ** 2
        return float(arithmetic.lower_bounds(variance / (variance + (_ball(tau) - slope * centre) ** 2)))

    with arithmetic.precision(tolerances.BALL_PRECISION):
        start = (Fraction(-1), Fraction(1))
        queue = [(-upper(*start), *start)]
        best = value(Fraction(0))
        for _ in range(SUBDIVISIONS):
            bound, low, high = queue[0]
            if -bound <= best + float(GAP):
                break
            heapq.heappop(queue)
            middle = (low + high) / 2
            best = max(best, value(middle))
            for part in ((low, middle), (middle, high)):
                heapq.heappush(queue, (-upper(*part), *part))
    return best, -queue[0][0]


def with_intercept(bound: float) -> float:
    """Bound for affine classifiers, and for every polynomial of degree 2, from the one for linear ones.

    A point and its mirror image (-x, -y) have the same probability, and both are right only if the odd part is.
    """
    return float(arithmetic.upper_bounds((1 + _ball(bound)) / 2))


def accepted_share(law: SparseLaw) -> Fraction:
    """P(|<w*, z>| >= gap), the share of proposals kept."""
    return acceptance(law)
