"""The gain q(w) = |u~(w)|^2 of a rational filter as a polynomial in x = cos w: peaks, half width, real roots.

Roots of rational polynomials come as isolating balls (flint), so nothing here is a sample of the circle.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from verifiers import arithmetic
from verifiers.frequency_bias.eigenvalues import ball
from verifiers.frequency_bias.spectra import correlations

Ball = Any


def gain_polynomial(taps: Sequence[Fraction]) -> Any:
    """q as a rational polynomial in cos w: r_0 + 2 sum_j r_j T_j(x)."""
    import flint

    total = flint.fmpq_poly([0])
    for j, r in enumerate(correlations(list(taps))):
        chebyshev = flint.fmpq_poly(flint.fmpz_poly.chebyshev_t(j))
        total += chebyshev * arithmetic.rational(r if j == 0 else 2 * r)
    return total


def real_roots(polynomial: Any) -> list[Ball]:
    """The distinct real roots of a rational polynomial, as disjoint balls."""
    if polynomial.degree() < 1:
        return []
    return [root.real for root, _ in polynomial.numer().complex_roots() if root.imag == 0]


def count_real_roots(taps: Sequence[Fraction]) -> int:
    """Real projective roots of u(z) = sum_k u_k z^k with multiplicity: a leading zero is a root at infinity."""
    import flint

    polynomial = flint.fmpq_poly([arithmetic.rational(u) for u in taps])
    at_infinity = len(taps) - 1 - polynomial.degree()
    if polynomial.degree() < 1:
        return at_infinity
    roots: Any = polynomial.numer().complex_roots()
    return at_infinity + sum(int(m) for root, m in roots if root.imag == 0)


@dataclass(frozen=True)
class Lobe:
    """`peak` of q over the circle, and the least distance in turns, `lower` to `upper`, from a peak to half of it.

    Half a turn stands for "never".
    """

    peak: Ball
    lower: Ball
    upper: Ball


def lobe(taps: Sequence[Fraction]) -> Lobe:
    """Peak and half width of the gain of a rational filter that is not zero.

    Places that balls do not tell from a peak make the enclosure wider, never wrong.
    """
    polynomial = gain_polynomial(taps)
    places = [ball(1), ball(-1), *(_clipped(x) for x in real_roots(polynomial.derivative()) if not (x > 1 or x < -1))]
    values = [_value(polynomial, x) for x in places]
    peak = values[0]
    for value in values[1:]:
        peak = peak.max(value)
    tops = [x.acos() for x, value in zip(places, values, strict=True) if value.overlaps(peak)]
    high, low = (real_roots(polynomial - arithmetic.rational(dyadic(end) / 2)) for end in (peak.upper(), peak.lower()))
    nearest = [_distance([_clipped(x) for x in high if not (x > 1 or x < -1)], top) for top in tops]
    farthest = [_distance([x for x in low if x < 1 and x > -1], top) for top in tops]
    least, most = nearest[0], farthest[0]
    for near, far in zip(nearest[1:], farthest[1:], strict=True):
        least, most = least.min(near), most.max(far)
    return Lobe(peak, least, most)


def _clipped(x: Ball) -> Ball:
    """The part of a ball in [-1, 1]."""
    return x.max(ball(-1)).min(ball(1))


def dyadic(value: Ball) -> Fraction:
    """An exact ball as the rational it is."""
    mantissa, exponent = value.man_exp()
    return Fraction(int(mantissa)) * Fraction(2) ** int(exponent)


def _value(polynomial: Any, x: Ball) -> Ball:
    total = ball(0)
    for c in reversed(polynomial.coeffs()):
        total = total * x + ball(c)
    return total


def _distance(roots: Sequence[Ball], top: Ball) -> Ball:
    """Least distance in turns from a peak to one of these places; half a turn if there are none."""
    pi = ball(0).pi()
    least = pi
    for x in roots:
        least = least.min(abs(x.acos() - top))
    return least / (2 * pi)
