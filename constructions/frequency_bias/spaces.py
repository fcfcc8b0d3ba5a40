"""Spaces of filters, signals and nets on a circle or a torus; every point is an exact rational instance."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np

from constructions.frequency_bias.bands import consecutive_band, low_band
from constructions.frequency_bias.cyclotomic import annihilator, null_vector
from constructions.frequency_bias.instance import FrequencyInstance
from constructions.frequency_bias.signals import comb
from constructions.instance import NoInstance, exact_array
from constructions.space import Integer, Reals, Seed, Space

Numbers = tuple[Fraction, ...]


def _sizes(n: int, k: int, m: int, start: int, depth: int) -> FrequencyInstance:
    return FrequencyInstance(length=n, kernel=min(k, n), depth=depth, band=consecutive_band(n, start % n, min(m, n)))


def _filter(n: int, m: int, start: int, u: Numbers) -> FrequencyInstance:
    return FrequencyInstance(length=n, taps=exact_array(u), band=consecutive_band(n, start % n, min(m, n)))


def _pair(n: int, centre: int, w: int, u: Numbers) -> FrequencyInstance:
    """Two bands around +-centre."""
    band = sorted({sign * (centre + d) % n for sign in (1, -1) for d in range(-w, w + 1)})
    return FrequencyInstance(length=n, taps=exact_array(u), band=band)


def _any_band(n: int, mask: Numbers, u: Numbers) -> FrequencyInstance | None:
    """Any set of frequencies: those whose number is at least 1/2."""
    band = [d for d, x in enumerate(mask) if 2 * x >= 1]
    return FrequencyInstance(length=n, taps=exact_array(u), band=band) if band else None


def _composition(n: int, l: int, k: int, w: int, u: Numbers) -> FrequencyInstance | None:  # noqa: E741
    if l * (k - 1) + 1 > n or 2 * w + 1 > n:
        return None
    return FrequencyInstance(length=n, taps=exact_array(u).reshape(l, k), band=low_band(n, w))


def _signal(n: int, x: Numbers) -> FrequencyInstance:
    """Entries rounded to integers, so that zeros are common."""
    return FrequencyInstance(length=n, signal=[int(np.floor(float(value) + 0.5)) for value in x])


def _sparse(inner: int, outer: int, shift: int, a: Numbers, b: Numbers) -> FrequencyInstance:
    """x_(a + inner b) = a_a b_b with rounded entries: sparse along a coset and along its dual."""
    rounded = [[int(np.floor(float(value) + 0.5)) for value in part] for part in (a, b)]
    signal = np.outer(rounded[1], rounded[0]).reshape(-1)
    return FrequencyInstance(length=inner * outer, signal=np.roll(signal, shift))


def _coset(n: int, step: int, shift: int) -> FrequencyInstance:
    return FrequencyInstance(length=n, signal=comb(n, step, shift % n))


def _shares(n: int, t: int, w: int, x: Numbers) -> FrequencyInstance | None:
    if 2 * w + 1 > n:
        return None
    return FrequencyInstance(length=n, signal=exact_array(x), sites=list(range(min(t, n))), band=low_band(n, w))


def _zeros(n: int, k: int, m: int, start: int) -> FrequencyInstance:
    """The filter that vanishes outside of a band of M consecutive frequencies, N - M + 1 taps."""
    band = consecutive_band(n, start % n, min(m, n))
    outside = [d for d in range(n) if d not in set(band.tolist())]
    return FrequencyInstance(length=n, kernel=min(k, n), band=band, signal=annihilator(n, outside))


def _net(n: int, c: int, k: int, w: int, u: Numbers, v: Numbers) -> FrequencyInstance | None:
    if k > n or 2 * w + 1 > n:
        return None
    return FrequencyInstance(
        length=n, filters=exact_array(u).reshape(c, k), readouts=exact_array(v).reshape(c, n), band=low_band(n, w)
    )


def _predictor(n: int, x: Numbers) -> FrequencyInstance:
    return FrequencyInstance(length=n, predictor=exact_array(x))


def _relu(n: int, l: int, c: int, k: int, w: int, seed: int) -> FrequencyInstance:  # noqa: E741
    if l * (k - 1) + 1 > n or 2 * w + 1 > n:
        raise NoInstance("the net reaches around the circle")
    generator = np.random.default_rng([seed, n, l, c, k])
    return FrequencyInstance(
        length=n, weights=generator.integers(-4, 5, (l, c, c, k)), signal=generator.integers(-4, 5, n),
        band=low_band(n, w),
    )  # fmt: skip


def _plane(n1: int, n2: int, k1: int, k2: int, w1: int, w2: int, disc: int, u: Numbers) -> FrequencyInstance | None:
    if k1 > n1 or k2 > n2 or 2 * w1 + 1 > n1 or 2 * w2 + 1 > n2:
        return None
    rows = [(a % n1, b % n2) for a in range(-w1, w1 + 1) for b in range(-w2, w2 + 1)
            if not disc or (a * w2) ** 2 + (b * w1) ** 2 <= (w1 * w2) ** 2]  # fmt: skip
    return FrequencyInstance(length=n1, width=n2, taps=exact_array(u).reshape(k1, k2), band=sorted(rows))


def _order(n: int) -> FrequencyInstance:
    return FrequencyInstance(length=n)


def _support(n: int, k: int) -> FrequencyInstance:
    return FrequencyInstance(length=n, kernel=min(k, n))


def _supported(n: int, t: int, spare: int, seed: int) -> FrequencyInstance:
    """A signal on a random set T whose transform vanishes outside of a random B, |T| + |B| = N + 1 + spare."""
    generator = np.random.default_rng(seed)
    places = sorted(generator.permutation(n)[: min(t, n)].tolist())
    zeros = sorted(generator.permutation(n)[: max(len(places) - 1 - spare, 0)].tolist())
    band = sorted(set(range(n)) - set(zeros))
    return FrequencyInstance(length=n, signal=null_vector(n, places, zeros), sites=places, band=band)


def _constant(n: int, k: int) -> FrequencyInstance:
    """A constant predictor on a band of one frequency."""
    return FrequencyInstance(length=n, kernel=min(k, n), predictor=np.ones(n, dtype=np.int64), band=[0])


def _count(name: str) -> Any:
    return lambda p: p[name]


_START = Integer(0, 40)
_TAPS = Reals(-1, 1, _count("k"))

sizes = Space(
    "sizes",
    {"n": Integer(3, 40), "k": Integer(1, 12), "m": Integer(1, 13), "start": _START, "depth": Integer(1, 1)},
    _sizes,
    note="N sites, K taps, M consecutive frequencies",
)
depths = Space(
    "depths",
    {"n": Integer(5, 40), "k": Integer(1, 5), "m": Integer(1, 13), "start": Integer(0, 0), "depth": Integer(1, 4)},
    _sizes,
    note="N sites, K taps per layer, M consecutive frequencies, L layers",
)
filters = Space(
    "filters",
    {"n": Integer(8, 40), "k": Integer(1, 7), "m": Integer(1, 13), "start": _START, "u": _TAPS},
    lambda n, k, m, start, u: _filter(n, m, start, u),
    note="any filter with K taps and a band of M consecutive frequencies",
)
pairs = Space(
    "pairs",
    {"n": Integer(8, 40), "k": Integer(1, 6), "centre": Integer(0, 20), "w": Integer(0, 3), "u": _TAPS},
    lambda n, k, centre, w, u: _pair(n, centre, w, u),
    note="any filter with K taps and two bands of half width W around +-d",
)
any_bands = Space(
    "any_bands",
    {"n": Integer(8, 16), "k": Integer(1, 5), "mask": Reals(0, 1, _count("n")), "u": _TAPS},
    lambda n, k, mask, u: _any_band(n, mask, u),
    note="any filter with K taps and any set of frequencies",
)
compositions = Space(
    "compositions",
    {"n": Integer(6, 40), "l": Integer(1, 4), "k": Integer(1, 4), "w": Integer(0, 5),
     "u": Reals(-1, 1, lambda p: p["l"] * p["k"])},
    _composition,
    note="compositions of L filters with K taps and a low band",
)  # fmt: skip
two_taps = Space(
    "two_taps",
    {"n": Integer(6, 40), "l": Integer(1, 4), "w": Integer(0, 5), "u": Reals(-1, 1, lambda p: 2 * p["l"])},
    lambda n, l, w, u: _composition(n, l, 2, w, u),  # noqa: E741
    note="compositions of L filters with two taps and a low band",
)
signals = Space(
    "signals",
    {"n": Integer(2, 12), "x": Reals(-2, 2, _count("n"))},
    _signal,
    note="signals with entries -2..2",
)
sparse = Space(
    "sparse",
    {"inner": Integer(1, 5), "outer": Integer(1, 5), "shift": Integer(0, 24), "a": Reals(-1, 1, _count("inner")),
     "b": Reals(-1, 1, _count("outer"))},
    _sparse,
    note="products of two short signals with entries -1..1 along a coset and across",
)  # fmt: skip
cosets = Space(
    "cosets",
    {"n": Integer(2, 30), "step": Integer(1, 6), "shift": Integer(0, 6)},
    _coset,
    note="indicators of cosets of subgroups",
)
shares = Space(
    "shares",
    {"n": Integer(3, 10), "t": Integer(1, 6), "w": Integer(0, 3), "x": Reals(-1, 1, _count("n"))},
    _shares,
    note="any signal, the first T sites and a low band",
)
zeros = Space(
    "zeros",
    {"n": Integer(2, 14), "k": Integer(1, 14), "m": Integer(1, 14), "start": Integer(0, 13)},
    _zeros,
    note="filters that vanish outside of M consecutive frequencies",
)
nets = Space(
    "nets",
    {"n": Integer(4, 10), "c": Integer(1, 2), "k": Integer(1, 5), "w": Integer(0, 2),
     "u": Reals(-1, 1, lambda p: p["c"] * p["k"]), "v": Reals(-1, 1, lambda p: p["c"] * p["n"])},
    _net,
    note="two-layer linear nets with C channels and a low band",
)  # fmt: skip
predictors = Space(
    "predictors",
    {"n": Integer(2, 16), "x": Reals(-1, 1, _count("n"))},
    _predictor,
    note="any linear predictor",
)
relu_nets = Space(
    "relu_nets",
    {
        "n": Integer(8, 24),
        "l": Integer(1, 3),
        "c": Integer(1, 3),
        "k": Integer(1, 4),
        "w": Integer(0, 4),
        "seed": Seed(),
    },
    _relu,
    note="ReLU nets of L layers with weights -4..4 and a signal",
)
planes = Space(
    "planes",
    {"n1": Integer(4, 10), "n2": Integer(4, 10), "k1": Integer(1, 3), "k2": Integer(1, 3), "w1": Integer(0, 3),
     "w2": Integer(0, 3), "disc": Integer(0, 1), "u": Reals(-1, 1, lambda p: p["k1"] * p["k2"])},
    _plane,
    note="filters on a torus and a rectangle or an ellipse of low frequencies",
)  # fmt: skip
orders = Space("orders", {"n": Integer(2, 11)}, _order, note="the Fourier matrix of order N")
supports = Space(
    "supports", {"n": Integer(2, 10), "k": Integer(1, 10)}, _support, note="N sites, signals on at most K of them"
)
supported = Space(
    "supported",
    {"n": Integer(2, 13), "t": Integer(1, 13), "spare": Integer(0, 1), "seed": Seed()},
    _supported,
    note="over the cyclotomic field: a set T of sites, a set B of frequencies, a signal limited to both",
)
constants = Space(
    "constants", {"n": Integer(2, 24), "k": Integer(1, 24)}, _constant, note="the constant predictor, K taps"
)

SPACES: tuple[Space, ...] = (
    sizes, depths, filters, pairs, any_bands, compositions, two_taps, signals, sparse, cosets, shares, zeros, nets,
    predictors, relu_nets, planes, orders, supports, supported, constants,
)  # fmt: skip
