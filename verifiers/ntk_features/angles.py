"""Two unit vectors at an angle t, depth 1, sigma_w^2 = 2, no bias, D = 1: bounds over whole intervals of angles.

With C = (1 - cos t)/t^2, S = (sin t - t cos t)/t^3 and H = (t^2/2 - 1 + cos t)/t^4 the squared distances are

    NNGP  4 (1 - kappa_1)  =  t^2 (2 - 4 H t^2 - 4 S t/pi)
    NTK                    =  (4/pi) t + 4 t^2 - 8 H t^4 - (4/pi) (S + C) t^3,

and C = int_0^1 (1-s) cos(ts) ds, S = 1/2 int (1-s^2) cos(ts) ds, H = 1/6 int (1-s)^3 cos(ts) ds fall on [0, pi]. So an
interval of angles is bounded by values at its ends, and the bounds are sharp at t = 0, where plain enclosures fail.
The slope of the NTK is -g(t), g = (2/pi) (2 (pi - t) sin t + cos t), with |g''| <= (2/pi) (5 + 2 pi).
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Callable
from fractions import Fraction
from typing import Any

from verifiers.arithmetic import _flint, precision, rational
from verifiers.verdict import Rigor

BITS = 192
GAPS = {"slope": 1e-15, "cone": 1e-6, "square": 1e-6, "nngp": 1e-6}
"""Difference of upper and lower bound on a supremum at which the bisection stops.

Taylor's formula about the middle converges quadratically, values at the ends only linearly.
"""

MOST_BOXES = 5000
"""Intervals after which the bisection stops, with the bounds it has."""

CERTIFIED = Rigor.CERTIFIED
Box = tuple[Any, Any]
Bounds = Callable[[Any, Any], Box]
"""(upper bound on an interval, lower bound of the supremum over it), from its two ends: balls."""


def _series(square: Any, start: int, weight: Callable[[int], Fraction]) -> Any:
    """sum_k (-1)^k weight(start + k) square^k over k = 0 .. 29: what is left out is below 1e-40 for square <= 10."""
    total, power = _flint().arb(0), _flint().arb(1)
    for k in range(30):
        total += rational(weight(start + k)) * power * (-1) ** k
        power *= square
    return total + _flint().arb(0, 1e-40)


def parts(t: Any) -> tuple[Any, Any, Any]:
    """C(t), S(t), H(t) in balls, 0 <= t <= pi: their Taylor series, which need no division by t."""
    square = t * t
    c = _series(square, 1, lambda k: Fraction(1, math.factorial(2 * k)))
    s = _series(square, 1, lambda k: Fraction(2 * k, math.factorial(2 * k + 1)))
    h = _series(square, 2, lambda k: Fraction(1, math.factorial(2 * k)))
    return c, s, h


def _ratio(name: str) -> Bounds:
    """Bounds of 4 - ..., 4 - ... or 2 - ... from the ends of an interval."""

    def value(left: Any, right: Any) -> Any:
        """C, S, H at `left`, powers of t at `right`: an upper bound if left is the larger end, else a lower one."""
        pi, (c, s, h) = _flint().arb.pi(), parts(left)
        if name == "cone":
            return 4 - 8 * pi * h * right**3 - 4 * (s + c) * right**2
        if name == "square":
            return 4 - 8 * h * right**2 - 4 * (s + c) * right / pi
        return 2 - 4 * h * right**2 - 4 * s * right / pi

    def bounds(low: Any, high: Any) -> Box:
        return value(high, low), value(low, low)

    return bounds


def slope(t: Any) -> tuple[Any, Any]:
    """g(t) = -d NTK/dt, and its derivative, in balls."""
    pi = _flint().arb.pi()
    sine, cosine = t.sin(), t.cos()
    return 2 / pi * (2 * (pi - t) * sine + cosine), 2 / pi * (2 * (pi - t) * cosine - 3 * sine)


def _steepest(low: Any, high: Any) -> Box:
    """|g| on an interval by Taylor's formula about the middle."""
    pi = _flint().arb.pi()
    middle, radius = (low + high) / 2, (high - low) / 2
    value, first = slope(middle)
    return abs(value) + abs(first) * radius + (5 + 2 * pi) / pi * radius**2, abs(value)


BOUNDS: dict[str, Bounds] = {"cone": _ratio("cone"), "square": _ratio("square"), "nngp": _ratio("nngp"),
                             "slope": _steepest}  # fmt: skip


def supremum(name: str, low: Fraction, high: Fraction) -> tuple[Any, Any]:
    """(lower, upper) balls of the supremum of one of `BOUNDS` over the angles from low to min(high, pi).

    cone: pi (d^2 - 4 t^2)/t. square: (d^2 - 4 t/pi)/t^2. nngp: d^2/t^2 of the NNGP. slope: |d NTK/dt|.
    """
    arb, bounds = _flint().arb, BOUNDS[name]
    with precision(BITS):
        pi = arb.pi()
        left, right = arb(rational(low)), arb(rational(high))
        right = right if right < pi else pi
        upper, best = bounds(left, right)
        waiting, count = [(-float(upper.mid()), 0, upper, left, right)], 0
        while -waiting[0][0] - float(best.mid()) > GAPS[name] and count < MOST_BOXES:
            _, _, _, a, b = heapq.heappop(waiting)
            middle = (a + b) / 2
            for part in ((a, middle), (middle, b)):
                above, below = bounds(*part)
                count += 1
                best = best.max(below)
                heapq.heappush(waiting, (-float(above.mid()), count, above, *part))
        top = waiting[0][2]
        for entry in waiting[1:]:
            top = top.max(entry[2])
        return best, top


def ntk_angle(ratio: Any) -> Any:
    """Angle up to which d_K <= ratio for the NTK: (sqrt(1/pi^2 + c^2) - 1/pi)/2."""
    pi = _flint().arb.pi()
    return ((1 / pi**2 + ratio * ratio).sqrt() - 1 / pi) / 2


def nngp_angle(ratio: Any) -> Any:
    """The same for the NNGP: c/sqrt(2)."""
    return ratio / _flint().arb(2).sqrt()
