"""Nets beside dual vectors, and data with a first filter whose training starts: all rational."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from math import isqrt
from typing import Any

import numpy as np

from constructions.frequency_bias.instance import FrequencyInstance
from constructions.frequency_bias.networks import Numbers, labelled
from constructions.instance import exact_array, fractions_of
from constructions.space import Integer, Reals, Space


def pair(filters: Any, readouts: Any, dual: Any) -> FrequencyInstance:
    """Filters (C, K), readouts (C, N) and a dual vector (N,), of any entries, stored exactly."""
    return FrequencyInstance(
        length=np.shape(readouts)[1], filters=exact_array(fractions_of(np.asarray(filters)).tolist()),
        readouts=exact_array(fractions_of(np.asarray(readouts)).tolist()),
        signal=exact_array(fractions_of(np.asarray(dual)).tolist()),
    )  # fmt: skip


def row_sum_root(dual: Sequence[Fraction], taps: int) -> Fraction:
    """A rational t with C(g)^T C(g) <= t^2: the root, rounded up, of r_0 + 2 sum_(0 < j < K) |r_j|."""
    sites = len(dual)
    lags = [sum((dual[n] * dual[(n + j) % sites] for n in range(sites)), Fraction(0)) for j in range(taps)]
    bound = lags[0] + 2 * sum((abs(lag) for lag in lags[1:]), Fraction(0))
    return Fraction(isqrt(int(bound * 2**40)) + 1, 2**20)


def _pair(n: int, k: int, c: int, stretch: int, u: Numbers, v: Numbers, g: Numbers) -> FrequencyInstance | None:
    taps = min(k, n)
    if not any(g) or not any(u):
        return None
    scale = stretch / row_sum_root(g, taps)
    rows = [list(u[i * k : i * k + taps]) for i in range(c)], [list(v[i * n : (i + 1) * n]) for i in range(c)]
    return FrequencyInstance(
        length=n, filters=exact_array(rows[0]), readouts=exact_array(rows[1]),
        signal=exact_array([scale * entry for entry in g]),
    )  # fmt: skip


dual_pairs = Space(
    "dual_pairs",
    {"n": Integer(2, 7), "k": Integer(1, 5), "c": Integer(1, 3), "stretch": Integer(1, 2),
     "u": Reals(-1, 1, lambda p: p["k"] * p["c"]), "v": Reals(-1, 1, lambda p: p["n"] * p["c"]),
     "g": Reals(-1, 1, lambda p: p["n"])},
    _pair,
    note="nets of up to 3 filters on up to 7 sites beside a dual vector scaled by its correlations, then stretched",
)  # fmt: skip


def starting(points: Any, labels: Sequence[int], filter: Any, steps: int) -> FrequencyInstance:
    """Data, one first filter (K,), and the number of steps that are taken from it, kept as `depth`."""
    return labelled(points, labels, len(filter), filters=exact_array([list(filter)]), depth=steps)


def _starting(n: int, k: int, steps: int, u: Numbers, x: Numbers) -> FrequencyInstance | None:
    taps = min(k, n)
    if not any(u[:taps]):
        return None
    points = exact_array([list(x[:n]), list(x[n:])])
    return FrequencyInstance(
        length=n, filters=exact_array([list(u[:taps])]), points=points, labels=np.array([1, -1]), depth=steps
    )


starting_nets = Space(
    "starting_nets",
    {"n": Integer(2, 8), "k": Integer(2, 5), "steps": Integer(1, 8), "u": Reals(-1, 1, lambda p: p["k"]),
     "x": Reals(-1, 1, lambda p: 2 * p["n"])},
    _starting,
    note="two points of different labels on up to 8 sites, a first filter of up to 5 taps, up to 8 steps",
)  # fmt: skip
