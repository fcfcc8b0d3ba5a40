"""Laws in balls: chi-square and Student distribution functions and quantiles, and E(mu + s Z)_+ of a normal Z."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from scipy.special import gammainccinv, gammaincinv, stdtrit

from verifiers import arithmetic
from verifiers.errors import NoCertificate

SPREAD = 2.0**-40
"""Relative width of the intervals in which quantiles are enclosed."""

DIRECT = 128
"""Degrees of freedom up to which the lower incomplete gamma function is evaluated by itself."""


def ball(value: Any) -> Any:
    """One exact number as a ball."""
    return arithmetic.balls(value)[()]


def chi_below(freedom: int, level: Any) -> Any:
    """P(chi^2 with `freedom` >= 1 degrees of freedom <= level) as a ball.

    Beyond `DIRECT` degrees of freedom it is one minus the upper part: the direct series loses all digits there.
    """
    x = ball(level) / 2
    if x <= 0:
        return ball(0)
    half = ball(Fraction(freedom, 2))
    if freedom <= DIRECT:
        return x.gamma_lower(half, regularized=1)
    return 1 - x.gamma_upper(half, regularized=1)


def chi_above(freedom: int, level: Any) -> Any:
    """P(chi^2 > level) as a ball."""
    x = ball(level) / 2
    return ball(1) if x <= 0 else x.gamma_upper(ball(Fraction(freedom, 2)), regularized=1)


def chi_lower_quantile(freedom: int, share: Fraction) -> Fraction:
    """A level with P(chi^2 <= level) <= share, proved, close to the largest one."""
    found = 2 * gammaincinv(freedom / 2, float(share))
    for room in (SPREAD, 2.0**-20, 2.0**-10):
        level = Fraction(float(found)) * (1 - Fraction(room))
        if chi_below(freedom, level) <= ball(share):
            return level
    raise NoCertificate(f"no quantile of chi-square with {freedom} degrees of freedom is proved at {float(share):.3g}")


def chi_upper_quantile(freedom: int, share: Fraction) -> Fraction:
    """A level with P(chi^2 > level) <= share, proved, close to the least one."""
    found = 2 * gammainccinv(freedom / 2, float(share))
    for room in (SPREAD, 2.0**-20, 2.0**-10):
        level = Fraction(float(found)) * (1 + Fraction(room))
        if chi_above(freedom, level) <= ball(share):
            return level
    raise NoCertificate(f"no quantile of chi-square with {freedom} degrees of freedom is proved at {float(share):.3g}")


def student_within(freedom: int, level: Any) -> Any:
    """P(|t| <= level) of Student's t with `freedom` degrees of freedom, as a ball; level > 0."""
    square = ball(level) ** 2
    argument = square / (ball(freedom) + square)
    return argument.beta_lower(ball(Fraction(1, 2)), ball(Fraction(freedom, 2)), regularized=True)


def student_median(freedom: int) -> Any:
    """The median of |t| as a ball: both ends are decided by `student_within`."""
    found = Fraction(float(stdtrit(freedom, 0.75)))
    low, high = found * (1 - Fraction(SPREAD)), found * (1 + Fraction(SPREAD))
    half = ball(Fraction(1, 2))
    if not (student_within(freedom, low) <= half <= student_within(freedom, high)):
        raise NoCertificate(f"the median of |t| with {freedom} degrees of freedom is not enclosed")
    return arithmetic.ball_between(low, high)[()]


def normal_median() -> Any:
    """Phi^-1(3/4), the median of |Z|, as a ball: erf(x / sqrt 2) = 1/2."""
    return ball(Fraction(1, 2)).erfinv() * ball(2).sqrt()


def positive_part_mean(mean: Any, deviation: Any) -> Any:
    """Psi(mu, s) = E(mu + s Z)_+ = mu Phi(mu/s) + s phi(mu/s); mu_+ for a deviation that is exactly 0."""
    if deviation == 0:
        return mean.max(ball(0))
    ratio = mean / deviation
    below = (-ratio / ball(2).sqrt()).erfc() / 2
    density = (-(ratio * ratio) / 2).exp() / (2 * ball(1).pi()).sqrt()
    return mean * below + deviation * density
