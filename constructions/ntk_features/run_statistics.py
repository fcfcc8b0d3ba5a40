"""Tests of what runs showed, in whole numbers and rationals where the statistic allows it.

Square roots are avoided: a statistic z with a root is given as its signed square z |z|, which orders in the same way.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction

import numpy as np


def binomial_tail(successes: int, trials: int, chance: Fraction = Fraction(1, 2)) -> Fraction:
    """P(Bin(trials, chance) >= successes), exactly."""
    good, all_ways = chance.numerator, chance.denominator
    bad = all_ways - good
    ways = sum(
        math.comb(trials, k) * good**k * bad ** (trials - k) for k in range(max(successes, 0), trials + 1)
    )  # fmt: skip
    return Fraction(ways, all_ways**trials)


def sign_test(wins: int, losses: int) -> Fraction:
    """One-sided p value of the sign test for more wins than losses; ties are left out."""
    return binomial_tail(wins, wins + losses)


def mcnemar(only_first: int, only_second: int) -> Fraction:
    """Two-sided exact p value of McNemar's test from the two counts of discordant pairs."""
    return min(Fraction(1), 2 * binomial_tail(max(only_first, only_second), only_first + only_second))


def cochran_armitage(successes: Sequence[int], trials: Sequence[int], scores: Sequence[int]) -> Fraction:
    """Signed square z |z| of the Cochran-Armitage statistic for a trend of shares in the scores.

    Under equal chances z is asymptotically standard normal. Zero where no trend can be seen: all trials succeeded, all
    failed, or all scores are equal. Raises `ValueError` unless 0 <= successes <= trials.
    """
    if any(not 0 <= s <= n for s, n in zip(successes, trials, strict=True)):
        raise ValueError(f"successes {successes} of trials {trials}")
    total, wins = sum(trials), sum(successes)
    if total == 0:
        return Fraction(0)
    mean = Fraction(wins, total)
    moment = sum(t * (s - n * mean) for t, s, n in zip(scores, successes, trials, strict=True))
    spread = sum(n * t * t for t, n in zip(scores, trials, strict=True)) - Fraction(
        sum(n * t for t, n in zip(scores, trials, strict=True)) ** 2, total
    )
    variance = mean * (1 - mean) * spread
    return _signed_square(Fraction(moment), variance)


def midranks(values: Sequence[float] | np.ndarray) -> list[Fraction]:
    """Ranks from 1 up, equal values sharing the mean of their ranks. Raises `ValueError` on NaN, which has no rank."""
    array = np.asarray(values, dtype=np.float64)
    if np.isnan(array).any():
        raise ValueError("NaN has no rank")
    below = [int((array < value).sum()) for value in array]
    equal = [int((array == value).sum()) for value in array]
    return [low + Fraction(same + 1, 2) for low, same in zip(below, equal, strict=True)]


def spearman(first: Sequence[float] | np.ndarray, second: Sequence[float] | np.ndarray) -> Fraction:
    """Signed square of Spearman's rank correlation, ties by midranks; zero if one side is constant."""
    one, two = midranks(first), midranks(second)
    middle = Fraction(len(one) + 1, 2)
    product = sum(((a - middle) * (b - middle) for a, b in zip(one, two, strict=True)), Fraction(0))
    squares = [sum(((a - middle) ** 2 for a in side), Fraction(0)) for side in (one, two)]
    return _signed_square(product, squares[0] * squares[1])


def _signed_square(value: Fraction, variance: Fraction) -> Fraction:
    """value |value| / variance."""
    return value * abs(value) / variance if variance > 0 else Fraction(0)


def root(signed_square: Fraction) -> float:
    """The statistic itself, for tables."""
    return math.copysign(math.sqrt(abs(signed_square)), signed_square)


def normal_tail(z: float) -> float:
    """P(N(0, 1) >= z)."""
    return 0.5 * math.erfc(z / math.sqrt(2))


def spearman_p(correlation: float, count: int) -> float:
    """One-sided p value of a rank correlation by Student's t with count - 2 degrees of freedom; 1 below three pairs."""
    from scipy.special import stdtr

    if count < 3:
        return 1.0
    if abs(correlation) >= 1:
        return 0.0 if correlation > 0 else 1.0
    return float(stdtr(count - 2, -correlation * math.sqrt((count - 2) / (1 - correlation**2))))


def overlap(first: np.ndarray, second: np.ndarray) -> float:
    """(1/k) |V^T V'|_F^2 of two sets of k orthonormal columns (n, k): the mean square cosine of principal angles."""
    return float(((first.T @ second) ** 2).sum() / first.shape[1])


def permuted_overlaps(first: np.ndarray, second: np.ndarray, generator: np.random.Generator, draws: int) -> np.ndarray:
    """Overlaps after the samples of the second were permuted: what two spaces share that know nothing of each other."""
    return np.array([overlap(first, second[generator.permutation(len(second))]) for _ in range(draws)])


def slope(across: Sequence[float] | np.ndarray, up: Sequence[float] | np.ndarray) -> float:
    """Least-squares slope of `up` against `across`."""
    centred = np.asarray(across) - np.mean(across)
    return float(centred @ np.asarray(up) / (centred @ centred))
