"""How often the sign of the heavy coordinates is the label, on two magnitudes as k tends to infinity.

The heavy coordinates sum to a difference H of two Poisson numbers of mean h/2, the light ones to a standard Gaussian g;
the label is the sign of H + g. A cubic sum_j x_j^3 sees H alone where H != 0, and g where H = 0.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from verifiers.errors import MissingPart
from verifiers.low_complexity.linear import ball, normal

TERMS = 200
"""Values of |H| that are summed; the rest is bounded by its probability."""


def heavy_agreement(heavy: Fraction) -> Any:
    """P(H = 0) + sum over r != 0 of P(H = r) Phi(|r|), P(H = r) = e^{-h} I_r(h), as a ball. Needs 0 <= h <= 100."""
    if not 0 <= heavy <= 100:
        raise MissingPart(f"heavy mass {heavy} is outside 0..100, where the sum is taken")
    mass = ball(heavy)
    total = ball(0)
    left = ball(1)
    for r in range(TERMS):
        chance = (-mass).exp() * mass.bessel_i(ball(r)) * (1 if r == 0 else 2)
        total += chance * (1 if r == 0 else normal(ball(r)))
        left -= chance
    return total.union(total + abs(left))
