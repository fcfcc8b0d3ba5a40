"""Bounds on a success probability that hold at every sample size at once, so that a run may be watched and stopped.

The beta-binomial mixture (Ville 1939; Robbins 1970, Ann. Math. Stat. 41; Howard, Ramdas, McAuliffe, Sekhon 2021, Ann.
Stat. 49; Waudby-Smith, Ramdas 2023, JRSS B 86). After s successes and f failures, for every p and a prior Beta(a, b),

    M(p) = B(a + s, b + f) / (B(a, b) p^s (1 - p)^f)

is a nonnegative martingale with mean 1 under success probability p, so with probability 1 - alpha it stays below
1/alpha for ever. The interval {p : M(p) < 1/alpha} therefore covers the true p at all sample sizes simultaneously, also
at one chosen after looking at the data. `verifiers.probability.clopper_pearson` is narrower, and valid only at one
sample size that was fixed in advance: looked at again and again, it excludes the truth sooner or later.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from fractions import Fraction
from typing import Any

from verifiers import arithmetic, tolerances
from verifiers.probability import CONFIDENCE

JEFFREYS = (Fraction(1, 2), Fraction(1, 2))
"""The mixture that pays least at probabilities near 0 and 1, where the events of theorems lie."""

ROOT_BITS, OUTWARD_BITS = 60, 44
"""The solver stops at steps below 2^-60 of p; an end is tried 2^-44 of min(p, 1 - p) outside it first, then farther."""


def anytime_interval(
    successes: int,
    trials: int,
    confidence: float = CONFIDENCE,
    prior: tuple[Fraction | float, Fraction | float] = JEFFREYS,
) -> tuple[float, float]:
    """Interval (lower, upper) for a success probability from independent trials, valid at every stopping time.

    It depends on the counts alone. Both ends are rounded outward: the mixture is proved in ball arithmetic to exceed
    1/alpha at each of them; no trial at all gives (0, 1). `prior` (a, b) are the parameters of the mixing beta law.
    Raises `ValueError` unless 0 <= successes <= trials are whole numbers, 0 < confidence < 1 and a, b > 0.
    """
    try:
        successes, trials = operator.index(successes), operator.index(trials)
    except TypeError:
        raise ValueError(f"{successes} successes in {trials} trials; counts are whole numbers") from None
    if not 0 <= successes <= trials:
        raise ValueError(f"{successes} successes in {trials} trials; need 0 <= successes <= trials")
    if not 0 < confidence < 1:
        raise ValueError(f"confidence is {confidence}; it lies strictly between 0 and 1")
    a, b = prior
    if not (0 < a < math.inf and 0 < b < math.inf):
        raise ValueError(f"prior is {prior}; both parameters are positive")
    failures, alpha = trials - successes, 1 - Fraction(confidence)
    with arithmetic.precision(tolerances.BALL_PRECISION):
        lower = _lower(successes, failures, Fraction(a), Fraction(b), alpha)
        mirrored = _lower(failures, successes, Fraction(b), Fraction(a), alpha)
    upper = 1.0 - mirrored
    if Fraction(upper) < 1 - Fraction(mirrored):
        upper = math.nextafter(upper, 2.0)
    return lower, upper


def _lower(successes: int, failures: int, a: Fraction, b: Fraction, alpha: Fraction) -> float:
    """A float64 p below s/n with M(p) >= 1/alpha proved, as large as the solver finds; 0 if there is no success.

    All smaller p are excluded with it, because log M is convex and least at s/n.
    """
    if successes == 0:
        return 0.0
    ball = _ball
    s, f = ball(Fraction(successes)), ball(Fraction(failures))
    mixture = _log_beta(ball(a) + s, ball(b) + f) - _log_beta(ball(a), ball(b)) + ball(alpha).log()

    def excess(p: Any) -> Any:
        """log(alpha M(p)): p is excluded where this is certainly not negative."""
        return mixture - s * p.log() - (f * (1 - p).log() if failures else 0)

    root = _newton(excess, s, f)
    gap = min(root, 1 - root)
    for bits in range(OUTWARD_BITS, -1, -4):
        candidate = _float_below(root - gap / 2**bits)
        if 0 < candidate < 1 and bool(ball(candidate) < s / (s + f)) and bool(excess(ball(candidate)) >= 0):
            return candidate
    return 0.0


def _newton(excess: Callable[[Any], Any], s: Any, f: Any) -> Any:
    """The root of `excess` left of s/n. In u = log p the function is convex and decreasing there.

    Newton's steps therefore land left of the root and climb to it; nothing here needs to be proved.
    """
    top = s / (s + f)
    depth = -excess(top) / s
    u = (top.log() - depth - (2 * depth * (1 - top)).sqrt()).mid()
    for _ in range(100):
        p = u.exp().mid()
        step = (excess(p) * (1 - p) / (s - (s + f) * p)).mid()
        u = (u + step).mid()
        if bool(abs(step) < 2.0**-ROOT_BITS):
            break
    return u.exp().mid()


def _log_beta(a: Any, b: Any) -> Any:
    return a.lgamma() + b.lgamma() - (a + b).lgamma()


def _ball(value: Fraction | float) -> Any:
    return arithmetic.balls(value)[()]


def _float_below(value: Any) -> float:
    return float(arithmetic.lower_bounds(value)[()])
