"""Streams of nets beside dual vectors, and of first filters on data."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import numpy as np

from constructions.frequency_bias import FrequencyInstance, pairs
from theorems.frequency_bias.margin_families import MARGIN_POINTS, ORACLE
from theorems.statement import Family

SEVENTHS = ((3, 5, 7), (7, 8, 13), (5, 16, 19), (3, -5, 7))
"""a, b, t with a^2 + b^2 + |a b| = t^2: the dual vector (a, b, 0, ..., 0)/t has dual norm one with two taps."""


def optimal(entry: tuple[int, int, int], sites: int, sizes: Sequence[int] = (1,)) -> FrequencyInstance:
    """An optimal pair in rationals: filters (s, +-s), s in `sizes`, in the kernel of I - T, and readouts C(g) u."""
    first, second, root = entry
    dual = np.array([Fraction(first, root), Fraction(second, root)] + [Fraction(0)] * (sites - 2), dtype=object)
    sign = 1 if first * second > 0 else -1
    filters = [[Fraction(size), Fraction(sign * size)] for size in sizes]
    readouts = [[size * (dual[n] + sign * dual[(n + 1) % sites]) for n in range(sites)] for size in sizes]
    return pairs.pair(filters, readouts, dual)


def _optimal(index: int) -> FrequencyInstance:
    return optimal(SEVENTHS[index % 4], 4 + index // 4, (1,) if index % 2 else (1, 2))


optimal_pairs = Family(
    "optimal_pairs", "structured", "rational nets and dual vectors without a gap, two taps, one filter or two",
    lambda _, index: _optimal(index), quick=8, full=16,
)  # fmt: skip


def flat_pair(size: Fraction) -> FrequencyInstance:
    """Filter (1, 1), constant dual vector 1/4 on 8 sites, constant readout: all of the defect is at one frequency."""
    return pairs.pair([[1, 1]], [[size] * 8], [Fraction(1, 4)] * 8)


flat_pairs = Family(
    "flat_pairs", "structured", "the filter (1, 1), a constant dual vector, constant readouts off by a half to two",
    lambda _, index: flat_pair(Fraction(index, 2)), quick=6, full=6,
)  # fmt: skip


def solved_pair(taps: int) -> FrequencyInstance:
    """A predictor's least-norm net and its dual vector, shrunk by 2^-24 and rounded so that it stays feasible."""
    from verifiers.frequency_bias.solvers import Shape, represent

    found = represent(np.array(ORACLE, dtype=np.float64), Shape.of(8, taps))
    dual = np.round(found.dual[0] * (1 - 2.0**-24) * 2.0**40) / 2.0**40
    filters, readouts = (np.round(part * 2.0**30) / 2.0**30 for part in (found.filters[:, 0], found.readouts))
    return pairs.pair(filters, readouts, dual)


solved_pairs = Family(
    "solved_pairs", "solved", "least-norm nets of (4, -1, 3, 0, 2, 5, -2, 1) and their dual vectors, kernels 1 to 6",
    lambda _, index: solved_pair(1 + index), quick=6, full=6,
)  # fmt: skip
drawn_pairs = Family.of(pairs.dual_pairs, quick=60, full=600)


def _first(index: int) -> FrequencyInstance:
    taps, steps = 2 + index % 3, 1 + 3 * (index // 3)
    filter = [Fraction(1)] + [Fraction(0)] * (taps - 1)
    return pairs.starting(np.array(MARGIN_POINTS), [1, -1, 1], filter, steps)


first_filters = Family(
    "first_filters", "structured", "three integer points, a first filter of one tap among 2, 3 or 4, 1 to 10 steps",
    lambda _, index: _first(index), quick=12, full=12,
)  # fmt: skip


def aligned_filter(points: Sequence[int], filter: Sequence[int], steps: int) -> FrequencyInstance:
    """One point and a first filter of two taps."""
    return pairs.starting(np.array([points]), [1], [Fraction(entry) for entry in filter], steps)


STARTS = (((4, 3, 2, 1), (1, 1), 3), ((4, 3, 2, 1), (1, -1), 3), ((2, 1, 0, 0, 1), (3, -2), 12),
          ((3, -2, 1, 0), (5, 1), 9))  # fmt: skip
aligned_filters = Family(
    "aligned_filters", "structured", "two taps: the best filter, the worst, and some between, up to 12 steps",
    lambda _, index: aligned_filter(*STARTS[index]), quick=len(STARTS), full=len(STARTS),
)  # fmt: skip
starting_nets = Family.of(pairs.starting_nets, quick=30, full=400)
