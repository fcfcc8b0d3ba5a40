"""Streams of filters, signals and nets: equality cases first, then independent draws from the spaces."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np

from constructions.frequency_bias import FrequencyInstance, consecutive_band, filters, low_band, signals, spaces
from constructions.frequency_bias.cyclotomic import modulated_coset, null_vector
from constructions.instance import Instance
from theorems.statement import Family

Make = Callable[[], Instance | None]


def _family(name: str, law: str, points: Sequence[Make]) -> Family:
    def draw(_: np.random.Generator, index: int) -> Instance | None:
        return points[index]()

    return Family(name, "structured", law, draw, quick=len(points), full=len(points))


def _best(sites: int, taps: int, half_width: int, bits: int = 40) -> FrequencyInstance:
    own = filters.rounded(filters.prolate_taps(sites, taps, 2 * half_width + 1), bits)
    return FrequencyInstance(length=sites, taps=own, band=low_band(sites, half_width))


def _nyquist(sites: int, taps: int, size: int) -> FrequencyInstance:
    """The best filter moved to a band around N/2."""
    own = filters.rounded(filters.prolate_taps(sites, taps, size), 40)
    band = consecutive_band(sites, (sites - size + 1) // 2, size)
    return FrequencyInstance(length=sites, taps=filters.modulated(own, sites, band), band=band)


def _named(make: Callable[[int], np.ndarray], sites: int, taps: int, half_width: int) -> FrequencyInstance:
    return FrequencyInstance(length=sites, taps=make(taps), band=low_band(sites, half_width))


best_filters = _family(
    "best_filters",
    "discrete prolate filters, rounded to 40 bits, with their bands around 0 and N/2",
    [
        *[partial(_best, *sizes) for sizes in ((32, 2, 4), (32, 3, 4), (32, 5, 4), (16, 3, 2), (64, 9, 4), (12, 5, 3))],
        partial(_nyquist, 32, 5, 7),
        partial(_nyquist, 15, 4, 4),
    ],
)
named_filters = _family(
    "named_filters",
    "box, delta, binomial and two-end filters with low bands",
    [partial(_named, make, *sizes) for sizes in ((32, 5, 3), (24, 4, 2), (17, 6, 3))
     for make in (filters.box, filters.delta, filters.binomial, filters.two_ends)],
)  # fmt: skip


def _best_real(sites: int, taps: int, band: Sequence[int]) -> FrequencyInstance:
    """The best real filter for any band, by a float eigenvector."""
    rows = np.arange(taps)
    lags = np.cos(2 * np.pi * np.outer(np.arange(taps), band) / sites).sum(axis=1) / sites
    vector = np.linalg.eigh(lags[np.abs(rows[:, None] - rows)])[1][:, -1]
    return FrequencyInstance(length=sites, taps=filters.rounded(vector, 40), band=sorted(band))


best_real_filters = _family(
    "best_real_filters",
    "best real filters, rounded, for pairs of bands around +-8, +-16 and for bands that are not symmetric",
    [
        partial(_best_real, 64, 5, sorted({(s * c + d) % 64 for s in (1, -1) for d in range(-4, 5)})) for c in (8, 16)
    ] + [partial(_best_real, 32, 3, [1, 2, 3]), partial(_best_real, 30, 4, [0, 5, 7, 25])],
)  # fmt: skip


def _sizes(sites: int, taps: int, size: int, depth: int = 1) -> FrequencyInstance:
    return FrequencyInstance(length=sites, kernel=taps, depth=depth, band=consecutive_band(sites, 0, size))


named_sizes = _family(
    "named_sizes",
    "N, K, M of the reference values, of the boundary K + M = N - 1, N, N + 1, and with K or M small",
    [partial(_sizes, *sizes) for sizes in (
        (32, 2, 9), (32, 3, 9), (32, 5, 9), (16, 3, 5), (64, 5, 9), (64, 9, 9), (128, 9, 17), (1024, 9, 65), (32, 3, 5),
        (12, 4, 7), (12, 5, 7), (12, 6, 7), (12, 5, 8), (12, 7, 7), (13, 1, 5), (13, 5, 1), (13, 6, 7), (16, 8, 8),
        (9, 3, 3), (40, 3, 12), (64, 20, 20), (4, 2, 2), (5, 3, 2))],
)  # fmt: skip
named_depths = _family(
    "named_depths",
    "compositions of L layers with an odd number of taps: (K, L) = (3, 4), (5, 2), (3, 2), (1, 3), (7, 1)",
    [partial(_sizes, *sizes) for sizes in ((64, 3, 9, 4), (64, 5, 9, 2), (32, 3, 9, 2), (20, 1, 5, 3), (40, 7, 9, 1))],
)


def _even_composition(sites: int, half_width: int, layers: Sequence[Sequence[int]]) -> FrequencyInstance:
    return FrequencyInstance(length=sites, taps=np.array(layers), band=low_band(sites, half_width))


def _odd_composition(sites: int, taps: int, depth: int, half_width: int) -> FrequencyInstance:
    reach = depth * (taps - 1) + 1
    layers = filters.layers_of(filters.prolate_taps(sites, reach, 2 * half_width + 1), depth)
    return FrequencyInstance(length=sites, taps=layers, band=low_band(sites, half_width))


named_compositions = _family(
    "named_compositions",
    "powers of 1 + z, compositions that multiply up to the best filter, and others",
    [
        partial(_even_composition, 64, 4, [[1, 1], [1, 1]]),
        partial(_even_composition, 32, 4, [[1, 1], [1, 1], [1, 1]]),
        partial(_even_composition, 16, 2, [[1, 2], [1, 1]]),
        partial(_even_composition, 24, 3, [[1, 1, 1, 1], [1, 2, 2, 1]]),
        partial(_odd_composition, 64, 3, 4, 4),
        partial(_odd_composition, 64, 5, 2, 4),
        partial(_odd_composition, 32, 3, 2, 3),
    ],
)


def _two_ends(taps: int) -> FrequencyInstance:
    """(1, 0, ..., 0, 1 + 1/1000): close to the sharp case, whose slack is exactly zero."""
    ends = [0] * taps
    ends[0], ends[-1] = 1000, 1001
    return FrequencyInstance(length=4 * taps, taps=ends, band=[0])


near_two_ends = _family(
    "near_two_ends",
    "filters with two nonzero taps at their ends, nearly equal",
    [partial(_two_ends, taps) for taps in (2, 3, 4, 6, 9)],
)


# Signals


def _coset(sites: int, step: int, shift: int, modulation: int) -> FrequencyInstance:
    return FrequencyInstance(length=sites, signal=modulated_coset(sites, step, shift, modulation))


def _null(sites: int, places: Sequence[int], zeros: Sequence[int]) -> FrequencyInstance:
    return FrequencyInstance(length=sites, signal=null_vector(sites, places, zeros))


modulated_cosets = _family(
    "modulated_cosets",
    "modulated indicators of cosets, with values in the cyclotomic field",
    [partial(_coset, *parts) for parts in ((12, 3, 1, 5), (12, 4, 0, 1), (8, 2, 1, 3), (9, 3, 2, 1), (7, 1, 0, 3),
                                           (10, 10, 4, 1), (6, 2, 1, 1))],
)  # fmt: skip
null_vectors = _family(
    "null_vectors",
    "signals over the cyclotomic field with prescribed zeros: tight for Tao's and Meshulam's bounds, or close",
    [
        partial(_null, 5, [0, 1, 3], [0, 2]),
        partial(_null, 7, [0, 1, 3], [0, 2]),
        partial(_null, 7, [0, 2, 3, 5], [1, 4, 6]),
        partial(_null, 11, [0, 1, 4, 9], [0, 2, 3]),
        partial(_null, 11, [1, 2], [5]),
        partial(_null, 10, [0, 1, 5, 6], [0, 1, 2, 4, 6, 8]),
        partial(_null, 9, [0, 1, 3], [0, 1]),
        partial(_null, 6, [0, 1], [3]),
    ],
)


def _limited(sites: int, places: Sequence[int], zeros: Sequence[int]) -> FrequencyInstance:
    band = sorted(set(range(sites)) - set(zeros))
    return FrequencyInstance(length=sites, signal=null_vector(sites, places, zeros), sites=list(places), band=band)


limited_signals = _family(
    "limited_signals",
    "signals on T with transforms in B: |T| + |B| = N + 1 for primes, then for N = 4, 9, then N + 2 for a prime",
    [
        *[partial(_limited, *parts) for parts in (
            (2, [0], []), (3, [0, 2], [1]), (5, [0, 1, 3], [0, 2]), (7, [0, 2, 3, 5], [1, 4, 6]),
            (11, [0, 1, 4, 9], [0, 2, 3]), (11, list(range(11)), list(range(10))), (13, [1, 2, 6], [5, 12]))],
        partial(_limited, 4, [0, 2], [1]),
        partial(_limited, 9, [0, 3, 6], [1, 2]),
        partial(_limited, 7, [0, 2, 3, 5], [1, 4]),
    ],
)  # fmt: skip


def _window(sites: int, count: int, half_width: int, signal: Sequence[int]) -> FrequencyInstance:
    return FrequencyInstance(
        length=sites, signal=np.array(signal), sites=list(range(count)), band=low_band(sites, half_width)
    )


def _slepian(sites: int, count: int, half_width: int, part: float) -> FrequencyInstance:
    """On the curve of Landau and Pollak: the best signal on T, turned towards its part in the band."""
    own = signals.padded(filters.prolate_taps(sites, count, 2 * half_width + 1), sites)
    inside = np.zeros(sites)
    inside[low_band(sites, half_width)] = 1.0
    limited = np.real(np.fft.ifft(np.fft.fft(own) * inside))
    mixed = own / np.linalg.norm(own) * (1 - part) + part * limited / np.linalg.norm(limited)
    return FrequencyInstance(
        length=sites, signal=np.round(mixed * 2.0**40), sites=list(range(count)), band=low_band(sites, half_width)
    )


windows = _family(
    "windows",
    "signals that are nearly limited to T and B at once, on the curve of Landau and Pollak",
    [partial(_slepian, *sizes) for sizes in ((12, 4, 1, 0.5), (16, 5, 2, 0.3), (10, 3, 1, 0.8), (9, 3, 1, 0.1))]
    + [partial(_window, 8, 3, 1, [3, 5, 3, 1, 0, 0, 0, 1]), partial(_window, 6, 4, 1, [2, 3, 3, 2, 1, 1])],
)
prime_orders = _family(
    "prime_orders",
    "the Fourier matrices of orders 2, 3, 5, 7, 11",
    [partial(FrequencyInstance, length=p) for p in (2, 3, 5, 7, 11)],
)
next_prime = Family(
    "next_prime", "structured", "the Fourier matrix of order 13 (full profile) or 3",
    lambda _, index: FrequencyInstance(length=13 if index else 3), quick=1, full=2,
)  # fmt: skip


def _support(sites: int, count: int) -> FrequencyInstance:
    return FrequencyInstance(length=sites, kernel=count)


support_tables = _family(
    "support_tables",
    "every number of sites k on N = 6, 8, 9, 10",
    [partial(_support, n, k) for n in (6, 8, 9, 10) for k in range(1, n + 1)],
)


def _annihilator(sites: int, taps: int, size: int) -> FrequencyInstance:
    found = spaces.zeros.build(n=sites, k=taps, m=size, start=0)
    assert isinstance(found, FrequencyInstance)
    return found


annihilators = _family(
    "annihilators",
    "filters that vanish outside of M consecutive frequencies, K + M = N, N + 1, N + 2",
    [partial(_annihilator, *sizes) for sizes in ((12, 6, 7), (12, 5, 7), (9, 5, 5), (10, 8, 4), (7, 7, 1), (5, 1, 5))],
)


# Nets


def _cheapest(sites: int, taps: int, half_width: int) -> FrequencyInstance:
    band = low_band(sites, half_width)
    net = filters.cheapest_net(filters.prolate_taps(sites, taps, len(band)), sites, band)
    own, readouts = (np.round(part * 2.0**24) for part in net)
    return FrequencyInstance(length=sites, filters=own, readouts=readouts, band=band)


cheapest_nets = _family(
    "cheapest_nets",
    "nets with a prolate filter and its part in the band as readout, rounded to 24 bits: the price is nearly attained",
    [partial(_cheapest, *sizes) for sizes in ((32, 3, 2), (32, 5, 2), (32, 9, 4), (12, 2, 1), (10, 1, 1))],
)


def _disc(side: int, taps: int, radius: int) -> FrequencyInstance:
    low = range(-radius, radius + 1)
    band = sorted((a % side, b % side) for a in low for b in low if a * a + b * b <= radius * radius)
    return FrequencyInstance(length=side, width=side, taps=np.ones((taps, taps), dtype=np.int64), band=band)


def _square(side: int, taps: int, half_width: int) -> FrequencyInstance:
    low = range(-half_width, half_width + 1)
    own = filters.rounded(filters.prolate_taps(side, taps, 2 * half_width + 1), 20)
    band = sorted((a % side, b % side) for a in low for b in low)
    return FrequencyInstance(length=side, width=side, taps=np.outer(own, own), band=band)


discs = _family(
    "discs", "box filters and discs of low frequencies on tori",
    [partial(_disc, *sizes) for sizes in ((32, 3, 4), (16, 3, 3), (16, 2, 2), (12, 4, 2))],
)  # fmt: skip
squares = _family(
    "squares", "products of prolate filters and squares of low frequencies on tori",
    [partial(_square, *sizes) for sizes in ((32, 3, 4), (16, 3, 2), (16, 2, 2), (12, 4, 2))],
)  # fmt: skip
constant_predictors = _family(
    "constant_predictors",
    "constant predictors, K > N/2",
    [partial(spaces.constants.build, n=n, k=k) for n, k in ((8, 5), (16, 9), (12, 8))],
)

sizes = Family.of(spaces.sizes, quick=40, full=1500)
depths = Family.of(spaces.depths, quick=20, full=500)
random_filters = Family.of(spaces.filters, quick=60, full=3000)
pairs = Family.of(spaces.pairs, quick=25, full=1000)
any_bands = Family.of(spaces.any_bands, quick=25, full=1000)
compositions = Family.of(spaces.compositions, quick=30, full=1000)
two_taps = Family.of(spaces.two_taps, quick=20, full=1000)
random_signals = Family.of(spaces.signals, quick=40, full=2000)
supported = Family.of(spaces.supported, quick=40, full=600)
sparse = Family.of(spaces.sparse, quick=40, full=2000)
cosets = Family.of(spaces.cosets, quick=25, full=300)
shares = Family.of(spaces.shares, quick=40, full=1500)
zeros = Family.of(spaces.zeros, quick=25, full=500)
nets = Family.of(spaces.nets, quick=25, full=1000)
predictors = Family.of(spaces.predictors, quick=25, full=500)


def _open_net(sites: int, layers: int, taps: int, half_width: int) -> FrequencyInstance:
    """Every unit open: the gradient is a product of box filters, lower in frequency than any filter of one layer."""
    weights = np.ones((layers, 1, 1, taps), dtype=np.int64)
    return FrequencyInstance(
        length=sites, weights=weights, signal=np.ones(sites, dtype=np.int64), band=low_band(sites, half_width)
    )


box_nets = _family(
    "box_nets",
    "ReLU nets of box filters on the constant signal, every unit open",
    [partial(_open_net, *sizes) for sizes in ((32, 3, 2, 4), (32, 2, 3, 4), (24, 4, 2, 3), (17, 1, 3, 2))],
)
relu_nets = Family.of(spaces.relu_nets, quick=20, full=500)
planes = Family.of(spaces.planes, quick=15, full=300)
