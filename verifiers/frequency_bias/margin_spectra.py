"""Energies of exactly stored signals at every frequency, as balls."""

from __future__ import annotations

from fractions import Fraction
from functools import lru_cache
from typing import Any

import numpy as np

from verifiers import arithmetic


@lru_cache(maxsize=64)
def _cosines(sites: int, bits: int) -> tuple[Any, ...]:
    """cos(2 pi j/N) as balls at a precision."""
    ball: Any = arithmetic.balls(0)[()]
    return tuple(ball.cos_pi_fmpq(arithmetic.rational(Fraction(2 * j, sites))) for j in range(sites))


def ball_energies(signal: np.ndarray, bits: int = 192) -> np.ndarray:
    """|x^_d|^2, unitary, of fractions x (N,): object array (N,) of balls >= 0, by the circular correlations of x."""
    sites = len(signal)
    exact = arithmetic.rationals(signal)
    correlations = [np.sum(exact * np.roll(exact, -lag)) for lag in range(sites)]
    with arithmetic.precision(bits):
        turns = _cosines(sites, bits)
        balls = [arithmetic.balls(r)[()] for r in correlations]
        out = np.empty(sites, dtype=object)
        for d in range(sites):
            total: Any = sum((r * turns[d * lag % sites] for lag, r in enumerate(balls)), arithmetic.balls(0)[()])
            out[d] = (total / sites).nonnegative_part()
    return out


def total_energies(signals: np.ndarray) -> np.ndarray:
    """The same, added over the rows of fractions (C, N)."""
    return np.sum(np.stack([ball_energies(row) for row in signals]), axis=0)
