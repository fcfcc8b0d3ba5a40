"""What no model of a whole class exceeds, under every law of the library: linear classifiers, and degree two.

Exact for light data, fixed supports and two magnitudes with a square k; certified from both sides for the others.
"""

from __future__ import annotations

import math
from fractions import Fraction
from functools import lru_cache

from constructions.feature_purification import SparseLaw
from verifiers import arithmetic
from verifiers.errors import MissingPart
from verifiers.low_complexity.bounds import Moments, moments, upper_float, with_intercept
from verifiers.low_complexity.grid import grid_of
from verifiers.low_complexity.lattice import Lattice, lattice_of
from verifiers.quantity import Enclosure, between, enclose

MomentSpan = tuple[Moments, Moments]
"""Mean, variance across and variance along u are between those of the two; one object where they are known exactly."""


def moments_of(law: SparseLaw) -> MomentSpan:
    """Moments of y <w, x> under a law with the identity as dictionary and w* = (1, ..., 1).

    Raises `MissingPart` for turned data, for more than 5000 coordinates of the laws that are put on a grid, and where
    next to no draw is accepted.
    """
    if law.name == "fixed":
        own = _of_fixed_support(law)
        return own, own
    try:
        own = moments(lattice_of(law))
    except MissingPart:
        if law.name == "light":
            raise
        return _on_grid(law)
    return own, own


@lru_cache(maxsize=64)
def _on_grid(law: SparseLaw) -> MomentSpan:
    return grid_of(law).moments()


@lru_cache(maxsize=64)
def _of_fixed_support(law: SparseLaw) -> Moments:
    """k signs over sqrt(k), at places that are uniform: sum_j z_j^2 = 1 for every draw."""
    if law.dictionary is not None or law.direction is not None:
        raise MissingPart("exact sums need the identity as dictionary and w* = (1, ..., 1); turn the data first")
    half, d = Fraction(1, 2), law.d
    signs = Lattice(((-1, half), (0, Fraction(0)), (1, half)), int(law.k), 1 / law.k, law.least_count, Fraction(0))
    accepted, noise = signs.acceptance(), law.exact("noise") ** 2 / d
    mean, second, each = signs.expected(1) / accepted, signs.expected(2) / accepted / law.k / d, Fraction(1, d)
    mean_sq, along = mean**2 / law.k / d, second + noise
    across = each - (second - each) / (d - 1) + noise if d > 1 else along - mean_sq
    return Moments(mean_sq, across, along)


def linear_bound_of(law: SparseLaw, tau: Fraction, maximum: bool = False) -> Enclosure:
    """No homogeneous linear classifier has more robust accuracy at radius tau, in l2 or with `maximum` in l_inf.

    Encloses the largest of Cantelli's bounds; quote its `upper`. Raises `MissingPart` as `moments_of`.
    """
    low, high = moments_of(law)
    cap_sq = Fraction(1, law.d) if maximum else Fraction(1)
    if tau <= 0:
        return enclose(Fraction(1))
    if low is high:
        return enclose(high.bound(tau, cap_sq))
    ends = (arithmetic.lower_bounds(low.bound(tau, cap_sq))[()], upper_float(high.bound(tau, cap_sq)))
    return between(ends[0], min(ends[1], 1.0))


def degree_two_bound_of(law: SparseLaw, tau: Fraction, maximum: bool = False) -> Enclosure:
    """No affine classifier and no polynomial of degree two has more robust accuracy: (1 + the linear bound)/2."""
    linear = linear_bound_of(law, tau, maximum)
    if linear.entries is not None:
        return enclose(with_intercept(linear.entries[()]))
    lower, upper = ((1 + float(end)) / 2 for end in (linear.lower, linear.upper))
    return between(math.nextafter(lower, 0.0), min(math.nextafter(upper, 2.0), 1.0))
