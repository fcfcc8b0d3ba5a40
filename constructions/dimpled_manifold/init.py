"""Initial weights: orthogonal parts with i.i.d. normal entries, and the standard start of two-layer networks.

Normal draws are rounded to multiples of 2^-40, so that sums of their products are cheap in exact arithmetic; the law
that is declared is the normal one, from which rounding at that scale is not told apart by any test run here.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

ROUNDED = 40
"""Fractional bits of a drawn entry."""


class Start(NamedTuple):
    """Weights (m, d), outputs (m,) and the deviation beta of the entries of the weights."""

    weights: np.ndarray
    outputs: np.ndarray
    beta: float


def short(array: np.ndarray) -> np.ndarray:
    """Entries rounded to multiples of 2^-40."""
    return np.ldexp(np.rint(np.ldexp(array, ROUNDED)), -ROUNDED)


def normal_entries(generator: np.random.Generator, shape: tuple[int, ...], beta: float) -> np.ndarray:
    """I.i.d. entries N(0, beta^2), rounded to multiples of 2^-40."""
    return short(beta * generator.standard_normal(shape))


def standard_start(generator: np.random.Generator, m: int, d: int, beta: float | None = None) -> Start:
    """w_i ~ N(0, beta^2 I), beta = 1/sqrt(d) unless given, and u_i = +-1/sqrt(m) with random signs, no bias."""
    beta = d**-0.5 if beta is None else beta
    return Start(normal_entries(generator, (m, d), beta), generator.choice([-1.0, 1.0], m) / np.sqrt(m), beta)
