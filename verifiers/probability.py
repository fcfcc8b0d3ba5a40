"""Exact probability bounds from independent trials with a declared law, at a sample size fixed in advance.

A run that is watched and stopped when its result is clear needs `verifiers.sequences.anytime_interval` instead.
"""

from __future__ import annotations

import math

from scipy.special import betaincinv  # the quantile of scipy.stats.beta, without half a second of imports

CONFIDENCE = 1 - 1e-6
"""Two-sided confidence of an interval for a probability; the chance that any of 1000 intervals errs is below 1e-3."""

SPENT = 1 - 1e-6
"""Share of a tail that is spent: float64 quantiles miss their tail by up to 3e-8 of it at a billion trials."""


def clopper_pearson(successes: int, trials: int, confidence: float = CONFIDENCE) -> tuple[float, float]:
    """Exact two-sided interval for a success probability, rounded outward (Clopper and Pearson 1934).

    Raises `ValueError` unless 0 <= successes <= trials > 0.
    """
    if not 0 <= successes <= trials or trials == 0:
        raise ValueError(f"{successes} successes in {trials} trials")
    tail = SPENT * (1 - confidence) / 2
    lower = 0.0 if successes == 0 else float(betaincinv(successes, trials - successes + 1, tail))
    upper = 1.0 if successes == trials else float(betaincinv(successes + 1, trials - successes, 1 - tail))
    lower, upper = math.nextafter(lower, 0.0), math.nextafter(upper, 1.0)
    return (lower if lower >= 0 else 0.0), (upper if upper <= 1 else 1.0)
