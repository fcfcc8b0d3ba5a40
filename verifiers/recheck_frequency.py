"""Checker of certificates about filters and signals on a circle; `recheck.py` loads it when it meets one.

Transforms are unitary on Z_N; c_m = (1/N) sum over the band of cos(2 pi d m/N).

* ``band_bound``: every real filter with K consecutive taps has at most the share t of its energy in the band. The share
  is a quotient of forms with the matrix A = (c_|i-j|), and t I - A - L L^T is symmetric and diagonally dominant.
* ``band_share``: the share of one rational filter u, which is sum_m c_m r_m / r_0 with its correlations r_m (both signs
  of m), compared with a number.
* ``supports``: a signal with values in Z[zeta], zeta = e^(2 pi i/N), has exactly so many nonzero values and nonzero
  Fourier coefficients: zero where the cyclotomic polynomial divides, nonzero where an image in a prime field is not.

Standard library only; shares no code with what finds certificates. Cosines are integers over 2^P with a proved error.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from fractions import Fraction
from functools import partial
from types import SimpleNamespace
from typing import Any

LARGEST = 4096  # sites; guards against work without end
GUARD = 48  # bits computed beyond those promised; all roundings together stay below 2^(GUARD - 1) units

Ends = tuple[int, int]


def _arctan_inverse(x: int, unit: int) -> int:
    """arctan(1/x) in units, each term rounded down: off by at most the number of terms."""
    power, total, n, sign = unit // x, 0, 1, 1
    while power:
        total += sign * (power // n)
        power //= x * x
        n, sign = n + 2, -sign
    return total


def _circle(sites: int, bits: int) -> list[Ends]:
    """Intervals, in units of 2^-bits, around cos(2 pi m/N) for m = 0..N-1."""
    wide = bits + GUARD
    unit = 1 << wide
    pi = 16 * _arctan_inverse(5, unit) - 4 * _arctan_inverse(239, unit)

    def series(turns: Fraction, start: int) -> int:
        """cos (start 0) or sin (start 1) of at most an eighth of a turn, by Taylor's series."""
        angle = 2 * pi * turns.numerator // turns.denominator
        square, term, total, n = angle * angle >> wide, angle if start else unit, 0, start
        while term:
            total += term
            term = -((term * square >> wide) // ((n + 1) * (n + 2)))
            n += 2
            if abs(term) <= 1:
                break
        return total

    found: list[Ends] = []
    for m in range(sites):
        turns = Fraction(min(m, sites - m), sites)
        sign = 1
        if turns > Fraction(1, 4):
            turns, sign = Fraction(1, 2) - turns, -1
        value = series(turns, 0) if turns <= Fraction(1, 8) else series(Fraction(1, 4) - turns, 1)
        value *= sign
        found.append(((value >> GUARD) - 1, (value >> GUARD) + 2))
    return found


def _band_weights(sites: int, band: Sequence[int], count: int, bits: int) -> list[Ends]:
    """Intervals around N c_m, m = 0..count-1, in units of 2^-bits."""
    table = _circle(sites, bits)
    weights = []
    for m in range(count):
        ends = [table[d * m % sites] for d in band]
        weights.append((sum(low for low, _ in ends), sum(high for _, high in ends)))
    return weights


def _shape(read: SimpleNamespace, sites: Any, band: Any) -> tuple[int, list[int]]:
    sites = read._choice(sites, "sites", range(1, LARGEST + 1))
    band = read._indices(band, "the band", sites)
    read._need(len(band) > 0, "the band is empty")
    return sites, band


def _shown(band: list[int]) -> str:
    listed = ", ".join(map(str, band[:12]))
    return f"{{{listed}{', ...' if len(band) > 12 else ''}}} ({len(band)} residues)"


def _precision(*numbers: int) -> int:
    return 64 + 2 * max(number.bit_length() for number in numbers)


def _check_bound(read: SimpleNamespace, payload: dict[str, Any], claim: dict[str, Any]) -> str:
    sites, band, taps, factor = read._open(payload, "payload", "sites band taps factor")
    (sites, band), taps = _shape(read, sites, band), read._choice(taps, "taps", range(1, LARGEST + 1))
    read._need(taps <= sites, "there are more taps than sites")
    bound = read._rational(read._open(claim, "claim", "type bound")[1], "bound")
    den, num = read._open(factor, "factor", "den num")
    unit = read._hex(den, "factor", True)
    rows = [[read._hex(entry, "factor") for entry in read._list(row, "a row of the factor", i + 1)]
            for i, row in enumerate(read._list(num, "factor", taps))]
    bits = _precision(unit, bound.denominator)
    weights = _band_weights(sites, band, taps, bits)
    part, more = unit * unit * bound.denominator, sites * bound.denominator  # all below is times N part 2^bits
    for i in range(taps):
        least, others = 0, 0
        for j in range(taps):
            low, high = weights[abs(i - j)]
            own = sum(a * b for a, b in zip(rows[i], rows[j], strict=False)) * more << bits
            if i == j:
                least = (bound.numerator * sites * unit * unit << bits) - high * part - own
            else:
                others += max(abs(low * part + own), abs(high * part + own))
        read._prove(least >= others, f"t I - A - L L^T is not diagonally dominant in row {i}: the bound "
                    f"{read._show(bound)} is not proved")
    return (f"every real filter with {taps} consecutive taps on Z_{sites} has at most {read._show(bound)} of its "
            f"energy at the frequencies {_shown(band)}")


def _check_share(read: SimpleNamespace, payload: dict[str, Any], claim: dict[str, Any]) -> str:
    sites, band, taps = read._open(payload, "payload", "sites band taps")
    sites, band = _shape(read, sites, band)
    entries, den = read._array(taps, "taps", None)
    read._need(0 < len(entries) <= sites, "there are no taps, or more taps than sites")
    read._prove(any(entries), "the filter is zero: it has no share of energy")
    _, relation, level = read._open(claim, "claim", "type relation level")
    relation, level = read._choice(relation, "a relation", ("<=", ">=")), read._rational(level, "level")
    lags = [sum(a * b for a, b in zip(entries, entries[m:], strict=False)) for m in range(len(entries))]
    bits = _precision(level.denominator, lags[0])
    low = high = 0
    for m, ends in enumerate(_band_weights(sites, band, len(entries), bits)):
        both = [(1 if m == 0 else 2) * lags[m] * end for end in ends]
        low, high = low + min(both), high + max(both)
    share = Fraction(low, sites * lags[0] << bits), Fraction(high, sites * lags[0] << bits)
    read._prove(all(read._HOLDS[relation](end, level) for end in share),
                f"the share lies in [{read._show(share[0])}, {read._show(share[1])}], which does not prove {relation} "
                f"{read._show(level)}")  # fmt: skip
    name = hashlib.sha256(json.dumps(taps, sort_keys=True, separators=(",", ":")).encode()).hexdigest()[:12]
    return (f"the filter {name} with {len(entries)} taps on Z_{sites} has a share {relation} {read._show(level)} of "
            f"its energy at the frequencies {_shown(band)}")


def _divided(left: list[int], right: list[int]) -> tuple[list[int], list[int]]:
    """Quotient and remainder of integer polynomials, lowest coefficient first; `right` is monic."""
    rest, quotient = list(left), [0] * max(len(left) - len(right) + 1, 1)
    for k in range(len(left) - len(right), -1, -1):
        factor = quotient[k] = rest[k + len(right) - 1]
        for i, entry in enumerate(right):
            rest[k + i] -= factor * entry
    return quotient, rest


def _cyclotomic(order: int) -> list[int]:
    """x^N - 1 divided by the cyclotomic polynomials of all smaller divisors."""
    found: dict[int, list[int]] = {}
    for n in (n for n in range(1, order + 1) if order % n == 0):
        own = [-1] + [0] * (n - 1) + [1]
        for d, smaller in found.items():
            if n % d == 0:
                own = _divided(own, smaller)[0]
        found[n] = own
    return found[order]


def _is_prime(number: int) -> bool:
    return number > 1 and all(number % p for p in range(2, int(number**0.5) + 2) if p < number)


def _check_supports(read: SimpleNamespace, payload: dict[str, Any], claim: dict[str, Any]) -> str:
    table, prime, root = read._open(payload, "payload", "table prime root")
    rows, _ = read._array(table, "table", None, None)
    sites = len(rows)
    read._need(0 < sites <= 256 and len(rows[0]) == sites, "the table of the signal is not square, or too large")
    _, values, spectrum = read._open(claim, "claim", "type support spectrum")
    counts = [read._choice(count, "a support", range(1, sites + 1)) for count in (values, spectrum)]
    prime = read._choice(prime, "prime", range(2, 2**31))
    root = read._choice(root, "root", range(1, prime))
    read._need(_is_prime(prime), "the modulus is not a prime")
    powers = [pow(root, k, prime) for k in range(sites)]
    read._need(pow(root, sites, prime) == 1 and len(set(powers)) == sites, f"the root is not of order {sites}")
    modulus = _cyclotomic(sites)

    def nonzero(coefficients: list[int], name: str) -> bool:
        if sum(c * p for c, p in zip(coefficients, powers, strict=True)) % prime:
            return True
        read._prove(not any(_divided(coefficients, modulus)[1]), f"{name} vanishes modulo the prime, but is not zero")
        return False

    def transformed(d: int) -> list[int]:
        sums = [0] * sites
        for n, row in enumerate(rows):
            for k, entry in enumerate(row):
                sums[(k - d * n) % sites] += entry
        return sums

    found = [sum(nonzero(row, f"the value at {n}") for n, row in enumerate(rows)),
             sum(nonzero(transformed(d), f"the coefficient at {d}") for d in range(sites))]  # fmt: skip
    read._prove(found == counts, f"there are {found[0]} nonzero values and {found[1]} nonzero coefficients")
    name = hashlib.sha256(json.dumps(table, sort_keys=True, separators=(",", ":")).encode()).hexdigest()[:12]
    return (f"the signal {name} on Z_{sites} has exactly {found[0]} nonzero values and {found[1]} nonzero Fourier "
            f"coefficients: product {found[0] * found[1]}, sum {sum(found)}")


def checks(base: dict[str, Any]) -> dict[str, Callable[[dict[str, Any], dict[str, Any]], str]]:
    """Checker by kind; `base` holds the reading functions of `recheck.py`."""
    read = SimpleNamespace(**base)
    return {"band_bound": partial(_check_bound, read), "band_share": partial(_check_share, read),
            "supports": partial(_check_supports, read)}  # fmt: skip
