"""Energies in a band, of exact filters and signals, as balls of any accuracy; zero is zero by an exact test.

For real x with correlations r_m (circular, or of the taps of a filter), sum_B |x^_d|^2 = sum_m c_m r_m with the
lag weights c_m = (1/N) sum_B cos(2 pi d m/N).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from functools import partial
from typing import Any

import numpy as np

from constructions.frequency_bias.bands import consecutive_start
from verifiers import arithmetic, tolerances
from verifiers.errors import NoCertificate
from verifiers.frequency_bias.cyclotomic import vanishes
from verifiers.frequency_bias.eigenvalues import ball
from verifiers.frequency_bias.prolate import turn

Ball = Any
ACCURATE = 64
"""Relative accuracy in bits at which a positive energy is passed on."""


def correlations(vector: Sequence[Any]) -> list[Any]:
    """r_j = sum_i x_i x_(i+j), j = 0..K-1, not wrapped, in the arithmetic of the entries."""
    count = len(vector)
    return [sum((vector[i] * vector[i + j] for i in range(1, count - j)), vector[0] * vector[j]) for j in range(count)]


def weighted(column: Sequence[Any], lags: Sequence[Any]) -> Any:
    """c_0 r_0 + 2 sum_j c_j r_j."""
    return sum((2 * c * r for c, r in zip(column[1:], lags[1:], strict=True)), column[0] * lags[0])


def lag_weights(sites: int, band: Sequence[int], count: int) -> list[Ball]:
    """c_0, ..., c_(count-1) as balls; a closed form for consecutive residues, sums for other bands."""
    size = len(band)
    start = consecutive_start(sites, np.asarray(band))
    first = [ball(Fraction(size, sites))]
    if start is None:
        return first + [sum(turn(2 * d * m, sites)[1] for d in band) / sites for m in range(1, count)]
    return first + [
        turn(m * (2 * start + size - 1), sites)[1] * turn(size * m, sites)[0] / (turn(m, sites)[0] * sites)
        if m % sites else first[0] for m in range(1, count)
    ]  # fmt: skip


def accurate(compute: Callable[[], Ball], vanishes: Callable[[], bool]) -> Ball | Fraction:
    """A nonnegative number to `ACCURATE` bits, or the exact 0; `compute` is called at growing precision."""
    bits = 2 * tolerances.BALL_PRECISION
    while bits <= tolerances.BALL_PRECISION_LIMIT:
        with arithmetic.precision(bits):
            found = compute()
            if found > 0 and found.rel_accuracy_bits() >= ACCURATE:
                return found
        if bits == 2 * tolerances.BALL_PRECISION and vanishes():
            return Fraction(0)
        bits *= 2
    raise NoCertificate("an energy is too small to be told from zero")


def band_energy(taps: Sequence[Fraction], sites: int, band: Sequence[int]) -> Ball | Fraction:
    """sum_B |u^_d|^2 of a rational filter or signal with at most N entries, unitary; exact 0 if it vanishes on B."""
    exact = correlations(list(taps))
    if len(band) in (0, sites) or not any(exact[1:]):
        return exact[0] * Fraction(len(band), sites)

    def compute() -> Ball:
        return weighted(lag_weights(sites, band, len(taps)), [ball(r) for r in exact])

    found = accurate(compute, lambda: all(vanishes_at(taps, sites, d) for d in band))
    if isinstance(found, Fraction):
        return found
    if not found < ball(exact[0]) and all(vanishes_at(taps, sites, d) for d in complement(sites, band)):
        return exact[0]
    return found


def vanishes_at(taps: Sequence[Fraction], sites: int, d: int) -> bool:
    """Whether the transform of a rational vector is zero at d: divisibility by a cyclotomic polynomial."""
    import flint

    order = sites // int(np.gcd(d, sites))
    remainder = flint.fmpq_poly([arithmetic.rational(u) for u in taps]) % flint.fmpq_poly(
        flint.fmpz_poly.cyclotomic(order)
    )
    return bool(remainder == 0)


def complement(sites: int, band: Sequence[int]) -> list[int]:
    """The residues outside of a band."""
    inside = set(band)
    return [d for d in range(sites) if d not in inside]


def composed(layers: np.ndarray) -> list[Fraction]:
    """The filter (L (K - 1) + 1 taps) of a composition of layers (L, K), exactly."""
    taps = [Fraction(1)]
    for layer in layers:
        out = [Fraction(0)] * (len(taps) + len(layer) - 1)
        for i, a in enumerate(taps):
            for j, b in enumerate(layer):
                out[i + j] += a * b
        taps = out
    return taps


def wrapped(filters: np.ndarray, readouts: np.ndarray) -> list[Fraction]:
    """sum_c u_c * v_c for filters (C, K) and readouts (C, N), circular convolution, exactly."""
    sites = readouts.shape[1]
    out = [Fraction(0)] * sites
    for u, v in zip(filters, readouts, strict=True):
        for k, a in enumerate(u):
            for m, b in enumerate(v):
                out[(k + m) % sites] += a * b
    return out


def circular(signal: Sequence[Fraction]) -> list[Fraction]:
    """r_m = sum_n x_n x_(n+m), m = 0..N-1."""
    sites = len(signal)
    return [sum((signal[n] * signal[(n + m) % sites] for n in range(sites)), Fraction(0)) for m in range(sites)]


def cosine_sum(lags: Sequence[Fraction], step: int) -> Ball:
    """sum_m r_m cos(2 pi step m/N) for N rational lags."""
    count = len(lags)
    terms = (ball(r) * turn(2 * step * m, count)[1] for m, r in enumerate(lags) if r)
    return sum(terms, ball(0))


def absolute_sum(signal: Sequence[Fraction], band: Sequence[int]) -> Ball:
    """sum_B |x^_d| of a rational signal (N,), unitary, as a ball."""
    sites, lags = len(signal), circular(signal)
    total = ball(0)
    for d in band:
        energy = accurate(partial(_one_energy, lags, d, sites), partial(vanishes_at, signal, sites, d))
        total = total + ball(energy).sqrt()
    return total


def _one_energy(lags: Sequence[Fraction], d: int, scale: int) -> Ball:
    return cosine_sum(lags, d) / scale


def table_energies(rows: Sequence[Sequence[int]]) -> list[Ball | Fraction]:
    """|sum_k c_k zeta^k|^2 for rows of integers (N,), zeta = e^(2 pi i/N)."""
    return [
        accurate(partial(cosine_sum, circular([Fraction(c) for c in row]), 1), partial(vanishes, list(row)))
        for row in rows
    ]
