"""Signals with values in the cyclotomic field Q(zeta), zeta = e^(2 pi i/N): exact null vectors and filters with zeros.

A signal is a table (N, N) of integers, row n the coefficients of x_n = sum_k c_nk zeta^k.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from functools import lru_cache
from math import gcd
from typing import Any

import numpy as np

from constructions.instance import NoInstance


class Field:
    """Arithmetic in Q(zeta_N): elements are rational polynomials reduced modulo the cyclotomic polynomial."""

    def __init__(self, order: int) -> None:
        import flint

        self.order = order
        self.make = flint.fmpq_poly
        self.modulus = flint.fmpq_poly(flint.fmpz_poly.cyclotomic(order))
        self.powers = [self.reduced(flint.fmpq_poly([0] * k + [1])) for k in range(order)]

    def reduced(self, value: Any) -> Any:
        return value % self.modulus

    def zeta(self, exponent: int) -> Any:
        return self.powers[exponent % self.order]

    def inverse(self, value: Any) -> Any:
        common, factor, _ = value.xgcd(self.modulus)
        return self.reduced(factor / common[0])


@lru_cache(maxsize=64)
def field(order: int) -> Field:
    """The field of one order, kept."""
    return Field(order)


def table_of(order: int, values: dict[int, Any]) -> np.ndarray:
    """The signal with these field elements at these sites, as integers without a common factor; int64 (N, N)."""
    rows = {site: [Fraction(int(c.p), int(c.q)) for c in value.coeffs()] for site, value in values.items()}
    entries = [c for row in rows.values() for c in row if c]
    if not entries:
        raise NoInstance("the signal is zero")
    denominator = int(np.lcm.reduce([c.denominator for c in entries]))
    common = gcd(*(int(c * denominator) for c in entries))
    table = np.zeros((order, order), dtype=np.int64)
    for site, row in rows.items():
        for k, c in enumerate(row):
            table[site, k] = int(c * denominator) // common
    return table


def null_vector(order: int, sites: Sequence[int], zeros: Sequence[int]) -> np.ndarray:
    """A signal supported in `sites` whose transform vanishes at `zeros`, exactly; table (N, N).

    Raises `NoInstance` if only the zero signal does.
    """
    own = field(order)
    rows = [[own.zeta(-d * n) for n in sites] for d in zeros]
    pivots: list[int] = []
    done = 0
    for column in range(len(sites)):
        found = next((i for i in range(done, len(rows)) if rows[i][column] != 0), None)
        if found is None:
            continue
        rows[done], rows[found] = rows[found], rows[done]
        scale = own.inverse(rows[done][column])
        rows[done] = [own.reduced(entry * scale) for entry in rows[done]]
        for i, row in enumerate(rows):
            if i != done and row[column] != 0:
                factor = row[column]
                rows[i] = [own.reduced(a - factor * b) for a, b in zip(row, rows[done], strict=True)]
        pivots.append(column)
        done += 1
    free = [column for column in range(len(sites)) if column not in pivots]
    if not free:
        raise NoInstance(f"no signal on the sites {list(sites)} vanishes at the frequencies {list(zeros)}")
    values = {sites[free[0]]: own.make([1])}
    for i, column in enumerate(pivots):
        values[sites[column]] = own.reduced(-rows[i][free[0]])
    return table_of(order, values)


def annihilator(order: int, zeros: Sequence[int]) -> np.ndarray:
    """The filter prod_d (z - zeta^-d): its transform vanishes at exactly these frequencies; table (N, N)."""
    own = field(order)
    taps = [own.make([1])]
    for d in zeros:
        root = own.zeta(-d)
        taps = [
            own.reduced(
                (taps[k - 1] if k > 0 else own.make([0])) - root * (taps[k] if k < len(taps) else own.make([0]))
            )
            for k in range(len(taps) + 1)
        ]
    if len(taps) > order:
        raise NoInstance(f"{len(zeros)} zeros need {len(taps)} sites; there are {order}")
    return table_of(order, dict(enumerate(taps)))


def modulated_coset(order: int, step: int, shift: int, modulation: int) -> np.ndarray:
    """zeta^(modulation n) on the sites n = shift modulo `step`, 0 elsewhere; `step` must divide N; table (N, N)."""
    if order % step:
        raise NoInstance(f"{step} does not divide {order}: its multiples are no subgroup")
    table = np.zeros((order, order), dtype=np.int64)
    for n in range(shift % step, order, step):
        table[n, modulation * n % order] = 1
    return table
