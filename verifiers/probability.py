"""Exact probability bounds from independent trials with a declared law."""

from __future__ import annotations

from scipy.stats import beta

CONFIDENCE = 1 - 1e-6
"""Two-sided confidence of an interval for a probability; the chance that any of 1000 intervals errs is below 1e-3."""


def clopper_pearson(successes: int, trials: int, confidence: float = CONFIDENCE) -> tuple[float, float]:
    """Exact two-sided interval for a success probability. Raises `ValueError` unless 0 <= successes <= trials > 0."""
    if not 0 <= successes <= trials or trials == 0:
        raise ValueError(f"{successes} successes in {trials} trials")
    tail = (1 - confidence) / 2
    lower = 0.0 if successes == 0 else float(beta.ppf(tail, successes, trials - successes + 1))
    upper = 1.0 if successes == trials else float(beta.ppf(1 - tail, successes + 1, trials - successes))
    return lower, upper
