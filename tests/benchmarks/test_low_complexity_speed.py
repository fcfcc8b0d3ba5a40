"""Linear classifiers of low_complexity: closed form and integers against grids and floats.

    pytest tests/benchmarks/test_low_complexity_speed.py

`test_bound`: the bound over all linear classifiers as a rational number, moments included, against the largest of
Cantelli's bounds on 4001 cosines in numpy; `times_slower` is exact over grid. `test_convolution`: the law of a sum
of 256 or 1024 sparse signs in integers against numpy's FFT, with the errors of the latter: 1e-16 of the largest entry,
so that small probabilities have neither a digit nor a sign. That matters for tails, which are what the laws are asked.
`test_quintic`: both bounds on the accuracy of a polynomial of degree five at d = 256, a point being a list of counts.
"""

from __future__ import annotations

import time
from fractions import Fraction

import numpy as np
import pytest

from constructions.low_complexity import light
from verifiers.low_complexity import lattice
from verifiers.low_complexity.additive import Additive
from verifiers.low_complexity.bounds import linear_bound, moments

LAW = light(256, 5, 0).law
TAU = Fraction(1, 5)


def seconds(work, rounds: int = 7) -> float:
    times = []
    for _ in range(rounds):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return min(times)


def test_bound(benchmark) -> None:
    sums = lattice.lattice_of(LAW)

    def exact() -> Fraction:
        moments.cache_clear()
        return linear_bound(sums, TAU)

    own = moments(sums)
    m, a, s, tau = float(own.mean_sq) ** 0.5, float(own.across), float(own.spread), float(TAU)

    def grid() -> float:
        c = np.linspace(-1, 1, 4001)
        variance = a - s * c**2
        return float((variance / (variance + (tau - c * m) ** 2)).max())

    found = benchmark(exact)
    assert grid() == pytest.approx(float(found), rel=1e-6)
    benchmark.extra_info["times_slower"] = seconds(exact) / seconds(grid)


@pytest.mark.parametrize("d", [256, 1024])
def test_convolution(benchmark, d) -> None:
    sums = lattice.lattice_of(light(d, 5, 0).law)

    def exact() -> tuple[int, tuple[int, ...]]:
        lattice._power.cache_clear()
        return sums.sums(d)

    size = 4 * d
    step = np.zeros(size)
    for value, chance in sums.steps:
        step[value % size] = float(chance)

    def by_fft() -> np.ndarray:
        return np.fft.fftshift(np.fft.ifft(np.fft.fft(step) ** d).real)[d : 3 * d + 1]

    denominator, numerators = benchmark(exact)
    assert sum(numerators) == denominator and min(numerators) > 0
    law, approximate = np.array([float(Fraction(v, denominator)) for v in numerators]), by_fft()
    errors = np.abs(approximate - law)
    with np.errstate(all="ignore"):
        relative = np.where(law > 0, errors / law, np.inf)
    assert errors.max() < 1e-14
    tail = slice(d + 40, None)  # P(S_d >= 40)
    benchmark.extra_info.update(
        times_slower=seconds(exact) / seconds(by_fft), fft_largest_error=float(errors.max()),
        fft_not_positive=int(np.sum(approximate <= 0)), fft_without_a_digit=int(np.sum(relative > 0.5)),
        entries=len(numerators), tail=float(law[tail].sum()), fft_tail=float(approximate[tail].sum()),
    )  # fmt: skip


def test_quintic(benchmark) -> None:
    sums = lattice.lattice_of(light(256, 5, 0, noise=0).law)
    work = Additive(sums, [Fraction(0), Fraction(1), Fraction(-2)], TAU)
    lower, upper = benchmark.pedantic(work.accuracy, rounds=3, warmup_rounds=1)
    assert 0.9999 < float(lower.mid()) <= float(upper.mid())
    benchmark.extra_info["points"] = len(work.counts)
