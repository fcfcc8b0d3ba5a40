"""Speed of the exact side of frequency_bias, as ratios against plain ways to the same numbers."""

from __future__ import annotations

import time

import numpy as np

from verifiers.frequency_bias.minors import minors_to_check, proved_minors
from verifiers.frequency_bias.prolate import concentration, prolate


def seconds(function, *arguments, repeat: int = 3) -> float:
    best = np.inf
    for _ in range(repeat):
        start = time.perf_counter()
        function(*arguments)
        best = min(best, time.perf_counter() - start)
    return float(best)


def dense_share(sites: int, taps: int, size: int) -> float:
    """lambda by a dense eigenvalue problem."""
    lags = np.full(taps, size / sites)
    m = np.arange(1, taps)
    lags[1:] = np.sin(np.pi * size * m / sites) / (sites * np.sin(np.pi * m / sites))
    rows = np.arange(taps)
    return float(np.linalg.eigvalsh(lags[np.abs(rows[:, None] - rows)])[-1])


def test_a_hundred_thousand_taps_against_a_dense_matrix(benchmark) -> None:
    """The dense problem at K = 1000 already takes longer, and loses 1 - lambda below 1e-16."""
    concentration(1000, 20, 9)
    inside, outside = benchmark(concentration, 400_000, 100_000, 21)
    dense = seconds(dense_share, 4000, 1000, 21)
    own = benchmark.stats.stats.median
    benchmark.extra_info.update(dense_seconds=dense, cubic_ratio=dense * 100**3 / own)
    assert 0 < outside < 1e-5 and abs(inside + outside - 1) < 1e-14
    assert own < 1.0 and dense * 100**3 / own > 1e4
    exact = float(prolate(4096, 21, 1024).short.mid())
    assert abs(concentration(4096, 1024, 21)[1] / exact - 1) < 1e-12


def test_all_minors_of_order_thirteen(benchmark) -> None:
    """925190 minors against determinants in floats, extrapolated from 2000 of them; floats decide none."""
    proved_minors(5)
    matrices = np.random.default_rng(0).normal(size=(2000, 6, 6)) + 0j
    floats = seconds(np.linalg.det, matrices) * minors_to_check(13) / 2000

    def count() -> int:
        proved_minors.cache_clear()
        return proved_minors(13)[0]

    assert benchmark(count) == minors_to_check(13)
    benchmark.extra_info.update(float_seconds=floats, ratio=floats / benchmark.stats.stats.median)
    assert benchmark.stats.stats.median < 5.0


def test_two_sided_bounds_against_dense_eigenvalues_in_balls(benchmark) -> None:
    """lambda(512, 17, 65) to 64 bits of 1 - lambda, against flint's certified eigenvalues of the same matrix."""
    import flint

    from verifiers import arithmetic
    from verifiers.frequency_bias.eigenvalues import toeplitz
    from verifiers.frequency_bias.prolate import lags

    sizes = (512, 17, 65)

    def own() -> object:
        prolate.cache_clear()
        return prolate(*sizes)

    def certified() -> object:
        with arithmetic.precision(256):
            return flint.acb_mat(toeplitz(lags(*sizes))).eig()

    benchmark(own)
    ratio = seconds(certified) / benchmark.stats.stats.median
    benchmark.extra_info.update(ratio=ratio)
    assert ratio > 1.0
