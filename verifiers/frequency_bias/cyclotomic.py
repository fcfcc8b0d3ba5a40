"""Exact zero tests of Fourier coefficients: nonzero modulo a prime proves nonzero, division by Phi_N decides the rest.

A signal is an integer table (N, N) of coefficients in zeta = e^(2 pi i/N), or a rational vector (N,). Its transform at
d is, up to sqrt(N), the sum of c_nk zeta^(k - d n).
"""

from __future__ import annotations

from functools import lru_cache
from math import lcm

import numpy as np


def is_prime(number: int) -> bool:
    """Trial division."""
    return number > 1 and all(number % p for p in range(2, int(number**0.5) + 1))


@lru_cache(maxsize=256)
def prime_with_root(order: int, skip: int = 0) -> tuple[int, int]:
    """(q, g): a prime q = 1 modulo N below 2^31, and an element of order exactly N; `skip` primes are passed over."""
    q = 2**30 // order * order + 1
    while True:
        if is_prime(q):
            if skip == 0:
                break
            skip -= 1
        q += order
    divisors = [p for p in range(2, order + 1) if order % p == 0 and is_prime(p)]
    base = 2
    while True:
        g = pow(base, (q - 1) // order, q)
        if all(pow(g, order // p, q) != 1 for p in divisors):
            return q, g
        base += 1


def coefficient_table(signal: np.ndarray) -> np.ndarray:
    """The signal (N,) or (N, N) of fractions as integers (N, N), up to a positive factor; object array."""
    count = len(signal)
    scale = lcm(*(entry.denominator for entry in signal.reshape(-1)))
    table = np.zeros((count, count), dtype=object)
    if signal.ndim == 1:
        table[:, 0] = [int(entry * scale) for entry in signal]
    else:
        table[:] = [[int(entry * scale) for entry in row] for row in signal]
    return table


def folded(table: np.ndarray, d: int) -> list[int]:
    """The transform at d as coefficients of 1, zeta, ..., zeta^(N-1)."""
    count = len(table)
    sums = [0] * count
    for n in range(count):
        for k in range(count):
            if table[n, k]:
                sums[(k - d * n) % count] += table[n, k]
    return sums


def vanishes(coefficients: list[int]) -> bool:
    """Whether sum_k c_k zeta^k = 0: divisibility by the cyclotomic polynomial."""
    import flint

    remainder = flint.fmpz_poly(coefficients) % flint.fmpz_poly.cyclotomic(len(coefficients))
    return bool(remainder == 0)


def modular_transform(table: np.ndarray, skip: int = 0) -> np.ndarray:
    """The transform modulo the prime of `prime_with_root`, int64 (N,)."""
    count = len(table)
    q, g = prime_with_root(count, skip)
    powers = np.array([pow(g, k, q) for k in range(count)], dtype=np.int64)
    reduced = np.array([[int(entry) % q for entry in row] for row in table], dtype=np.int64)
    values = (reduced * powers[None, :] % q).sum(axis=1) % q
    places = np.arange(count)
    kernel = powers[-np.outer(places, places) % count]
    return (kernel * values[None, :] % q).sum(axis=1) % q


def nonzero_frequencies(table: np.ndarray) -> np.ndarray:
    """Which Fourier coefficients are not zero, decided exactly; bool (N,)."""
    found = modular_transform(table) != 0
    for d in np.flatnonzero(~found):
        found[d] = not vanishes(folded(table, int(d)))
    return found


def nonzero_sites(table: np.ndarray) -> np.ndarray:
    """Which values of the signal are not zero; bool (N,)."""
    return np.array([any(row) and not vanishes([int(c) for c in row]) for row in table])


def longest_run(flags: np.ndarray) -> int:
    """Length of the longest circular run of True."""
    count = len(flags)
    if flags.all():
        return count
    start = int(np.flatnonzero(~flags)[0])
    best = run = 0
    for flag in np.roll(flags, -start):
        run = run + 1 if flag else 0
        best = max(best, run)
    return best
