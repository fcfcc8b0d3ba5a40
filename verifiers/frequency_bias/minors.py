"""Minors of the Fourier matrix modulo primes: Chebotarev's theorem for one p at a time, and how sparse a pair can be.

Nonzero modulo a prime q = 1 (mod N) proves nonzero; a zero modulo q proves nothing by itself.
"""

from __future__ import annotations

from functools import lru_cache
from itertools import combinations
from math import comb

import numba
import numpy as np

from verifiers.frequency_bias.cyclotomic import prime_with_root

PRIMES = 6
"""Primes that are tried on a minor that vanishes modulo the ones before."""


@numba.njit(cache=True)
def _nonzero(exponents: np.ndarray, powers: np.ndarray, q: int, rows: np.ndarray, columns: np.ndarray) -> bool:
    """Whether det (powers[exponents[r, c]]) is not 0 modulo q, by elimination without division."""
    k = len(rows)
    a = np.empty((k, k), np.int64)
    for i in range(k):
        for j in range(k):
            a[i, j] = powers[exponents[rows[i], columns[j]]]
    for c in range(k):
        pivot = -1
        for i in range(c, k):
            if a[i, c] != 0:
                pivot = i
                break
        if pivot < 0:
            return False
        if pivot != c:
            for j in range(c, k):
                a[c, j], a[pivot, j] = a[pivot, j], a[c, j]
        head = a[c, c]
        for i in range(c + 1, k):
            factor = a[i, c]
            if factor != 0:
                for j in range(c + 1, k):
                    a[i, j] = (a[i, j] * head - a[c, j] * factor) % q
    return True


@numba.njit(cache=True)
def _count(exponents: np.ndarray, powers: np.ndarray, q: int, sets: np.ndarray, failed: np.ndarray) -> int:
    """Minors over all pairs of sets that are not zero modulo q; the first pairs that are zero go to `failed`."""
    good = bad = 0
    for i in range(len(sets)):
        for j in range(len(sets)):
            if _nonzero(exponents, powers, q, sets[i], sets[j]):
                good += 1
            else:
                if bad < len(failed):
                    failed[bad, 0], failed[bad, 1] = i, j
                bad += 1
    return good


def _tables(order: int, skip: int) -> tuple[np.ndarray, np.ndarray, int]:
    q, g = prime_with_root(order, skip)
    powers = np.array([pow(g, k, q) for k in range(order)], dtype=np.int64)
    return np.outer(np.arange(order), np.arange(order)) % order, powers, q


def minors_to_check(p: int) -> int:
    """Minors of size up to p/2 with the row 0 and the column 0: all others follow by shifts and complements."""
    return sum(comb(p - 1, k - 1) ** 2 for k in range(1, p // 2 + 1))


Minor = tuple[tuple[int, ...], tuple[int, ...]]
"""Rows and columns."""


@lru_cache(maxsize=16)
def proved_minors(p: int) -> tuple[int, Minor | None]:
    """How many of `minors_to_check` are proved to be nonzero, and the first that is not, if any."""
    proved, suspect = 0, None
    for k in range(1, p // 2 + 1):
        sets = np.array([(0, *rest) for rest in combinations(range(1, p), k - 1)], dtype=np.int64).reshape(-1, k)
        failed = np.full((64, 2), -1, dtype=np.int64)
        proved += _count(*_tables(p, 0), sets, failed)
        for i, j in failed[failed[:, 0] >= 0]:
            if any(_nonzero(*_tables(p, skip), sets[i], sets[j]) for skip in range(1, PRIMES)):
                proved += 1
            elif suspect is None:
                suspect = tuple(sets[i].tolist()), tuple(sets[j].tolist())
    return proved, suspect


@numba.njit(cache=True)
def _most_zeros(powers: np.ndarray, q: int, order: int, sites: np.ndarray, choice: np.ndarray) -> tuple[int, int]:
    """(most zeros, which choice of k - 1 frequencies forces them) of a transform of a signal on `sites`, modulo q."""
    k = len(sites)
    best, which = -1, -1
    for index in range(len(choice)):
        a = np.empty((k - 1, k), np.int64)
        for i in range(k - 1):
            for j in range(k):
                a[i, j] = powers[(-choice[index, i] * sites[j]) % order]
        pivots = np.full(k, -1, np.int64)
        rank = 0
        for c in range(k):
            pivot = -1
            for i in range(rank, k - 1):
                if a[i, c] != 0:
                    pivot = i
                    break
            if pivot < 0:
                continue
            for j in range(k):
                a[rank, j], a[pivot, j] = a[pivot, j], a[rank, j]
            inverse, base, power = 1, a[rank, c], q - 2
            while power > 0:
                if power % 2 == 1:
                    inverse = inverse * base % q
                base = base * base % q
                power //= 2
            for j in range(k):
                a[rank, j] = a[rank, j] * inverse % q
            for i in range(k - 1):
                if i != rank and a[i, c] != 0:
                    factor = a[i, c]
                    for j in range(k):
                        a[i, j] = (a[i, j] - factor * a[rank, j]) % q
            pivots[c] = rank
            rank += 1
        if rank < k - 1:
            continue
        free = 0
        for c in range(k):
            if pivots[c] < 0:
                free = c
        zeros = 0
        for d in range(order):
            total = powers[(-d * sites[free]) % order]
            for c in range(k):
                if pivots[c] >= 0:
                    total = (total - a[pivots[c], free] * powers[(-d * sites[c]) % order]) % q
            zeros += total % q == 0
        if zeros > best:
            best, which = zeros, index
    return best, which


@lru_cache(maxsize=512)
def sparsest(order: int, k: int) -> tuple[int, tuple[int, ...], tuple[int, ...]]:
    """(t, sites, frequencies): no signal on at most k sites has fewer than t nonzero Fourier coefficients.

    t is a proved lower bound. The signal on `sites` that vanishes at the k - 1 `frequencies` attains it modulo q;
    whether it does so exactly is for its exact form to say (`constructions.frequency_bias.cyclotomic.null_vector`).
    """
    if k == 1:
        return order, (0,), ()
    _, powers, q = _tables(order, 0)
    shifted = [(0, *rest) for rest in combinations(range(1, order), k - 2)]  # a modulation moves one zero to 0
    choice = np.array(shifted, dtype=np.int64).reshape(-1, k - 1)
    before = sparsest(order, k - 1)
    best = (order - before[0], before[1], before[2])
    for rest in combinations(range(1, order), k - 1):
        sites = np.array((0, *rest), dtype=np.int64)
        zeros, which = _most_zeros(powers, q, order, sites, choice)
        if zeros > best[0]:
            best = (int(zeros), tuple(int(n) for n in sites), tuple(int(d) for d in choice[which]))
    return order - best[0], best[1], best[2]
