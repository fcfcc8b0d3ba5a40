"""Points of a law by number: draws that anyone can make again from a seed, with any Mersenne Twister.

A certificate about the robust accuracy of a network names the law, a seed and a count instead of a million coordinates;
the checker makes the points itself, so nobody can have picked them. The recipe, all numbers u uniform in [0, 1):

* codes from the generator with seed 2 s, d numbers per proposal, one per coordinate; with p = k/d the coordinate is
  positive for u < p/2, negative for u < p and zero else; v = 2 u/p or 2 u/p - 1 is its rank among those of its sign.
  Its size is 1/sqrt(k) (`light`) or 1/sqrt(1 + v (k - 1)) (`scale`), rounded to a multiple of 2^-24;
* a proposal is kept if |sum of signs| >= t (`light`), or if |sum| >= gap and sum != 0 (`scale`), on the rounded sizes;
* noise from the generator with seed 2 s + 1, d numbers per kept point: noise/sqrt(d) times the normal quantile of u,
  added, and the sum rounded to a multiple of 2^-24; u = 0 stands for 2^-54.

Labels are signs of the sum. The generator is the Mersenne Twister as Python's `random.Random(seed).random()` runs it.
"""

from __future__ import annotations

import numpy as np

from constructions.feature_purification.laws import Sample, SparseLaw
from constructions.instance import InvalidInstance, NoInstance

UNIT = 2.0**-24
"""Coordinates of points are whole multiples of this."""

STREAMED = ("light", "scale")
"""Families whose points have numbers."""

PROPOSALS = 200
"""Proposals per kept point after which the condition is taken for impossible."""


def _twister(seed: int) -> np.random.RandomState:
    """The Mersenne Twister in the state that `random.Random(seed)` starts from."""
    digits = [seed & 0xFFFFFFFF] if seed < 2**32 else [seed & 0xFFFFFFFF, seed >> 32]
    return np.random.RandomState(digits)  # a list: one number alone would be seeded by another rule


def stream(law: SparseLaw, seed: int, count: int) -> Sample:
    """The first `count` points of the law with this seed, 0 <= seed < 2^62; see the text of this module.

    Raises `InvalidInstance` for laws whose points have no numbers, `NoInstance` if next to nothing is kept.
    """
    from scipy.special import ndtri

    if law.name not in STREAMED or law.dictionary is not None or law.direction is not None:
        raise InvalidInstance(f"points are numbered for {' and '.join(STREAMED)} laws with M = I, not for {law.text}")
    if not (0 <= seed < 2**62 and count > 0):
        raise InvalidInstance(f"give a seed in [0, 2^62) and a count > 0, got {seed} and {count}")
    d, twister = law.d, _twister(2 * seed)
    kept: list[np.ndarray] = []
    found = proposals = 0
    while found < count:
        if proposals > PROPOSALS * (count + 100):
            raise NoInstance(f"{found} of {proposals} proposals meet |<w*, z>| >= {law.exact('gap')}: {law.text}")
        block = max(count - found, 64)
        codes = _codes(law, twister.random_sample((block, d)))
        proposals += block
        kept.append(codes[_accepted(law, codes)])
        found += len(kept[-1])
    codes = np.concatenate(kept)[:count]
    labels = np.where(codes.sum(axis=1) > 0, 1, -1)
    points = codes * UNIT
    deviation = float(law.exact("noise")) / np.sqrt(d)
    if deviation:
        uniform = _twister(2 * seed + 1).random_sample((count, d))
        points = np.rint((points + deviation * ndtri(np.where(uniform == 0, 2.0**-54, uniform))) / UNIT) * UNIT
    return Sample(points, labels, codes * UNIT)


def _codes(law: SparseLaw, uniform: np.ndarray) -> np.ndarray:
    """Signed sizes of coordinates as multiples of `UNIT`, int64."""
    p, k = float(law.probability), float(law.k)
    negative = (uniform >= p / 2) & (uniform < p)
    rank = 2 * uniform / p - negative
    size = np.full_like(uniform, 1 / np.sqrt(k)) if law.name == "light" else 1 / np.sqrt(1 + rank * (k - 1))
    whole = np.rint(np.where(uniform < p, size, 0.0) / UNIT).astype(np.int64)
    return np.where(negative, -whole, whole)


def _accepted(law: SparseLaw, codes: np.ndarray) -> np.ndarray:
    if law.name == "light":
        return np.asarray(np.abs(np.sign(codes).sum(axis=1)) >= law.least_count)
    sums, gap = np.abs(codes.sum(axis=1)), law.exact("gap")
    return np.asarray((sums * gap.denominator >= gap.numerator * 2**24) & (sums != 0))
