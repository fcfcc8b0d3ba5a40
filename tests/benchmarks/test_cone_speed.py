"""The program over activation patterns in Gram coordinates against the same vectorised cvxpy model in d coordinates.

    pytest tests/benchmarks/test_cone_speed.py

n = 20, d = 500 with bias, patterns of random hyperplanes, each with both signs; one core. The reference is timed once
in the same process; each benchmark notes the ratio. At 1000 patterns the reference takes minutes: it is run there
only with THINMARGIN_LONG=1, and its growth is read from 25, 50 and 100 patterns otherwise.
"""

from __future__ import annotations

import functools
import os
import time

import numpy as np
import pytest

from constructions import kkt_margin as build
from constructions.kkt_margin.cone import coordinates

SIZE, DIMENSION = 20, 500


@functools.cache
def problem(count):
    generator = np.random.default_rng(2026)
    data = build.uniform_sphere_data(SIZE, DIMENSION, generator, bias=True)
    signs, patterns = build.sampled_neurons(data.float_lifted_gram(), generator, count)
    return data, signs, patterns


@functools.cache
def reference(count):
    """(seconds, objective) of the cvxpy model in d coordinates, modelling layer included."""
    data, signs, patterns = problem(count)
    samples = np.hstack([data.points, np.ones((SIZE, 1))])
    build.reference_program(samples[:2], data.labels[:2], data.labels[:2], np.eye(2))  # imports are not the subject
    start = time.perf_counter()
    objective = build.reference_program(samples, data.labels, signs, patterns).objective
    return time.perf_counter() - start, objective


def from_data(count):
    """Gram matrix, its eigendecomposition and the program: everything that the d coordinates do not need."""
    data, signs, patterns = problem(count)
    return build.solve_program(coordinates(data.float_lifted_gram()), data.labels, signs, patterns)


@pytest.mark.timeout(900)
def test_hundred_patterns_are_twenty_times_faster_than_the_reference(benchmark):
    found = benchmark.pedantic(from_data, args=(100,), rounds=5, warmup_rounds=1)
    seconds, objective = reference(100)
    ratio = seconds / benchmark.stats.stats.median
    benchmark.extra_info.update(reference_seconds=seconds, ratio=ratio)
    print(f"\n100 patterns: reference {seconds:.2f} s, Gram coordinates {benchmark.stats.stats.median:.4f} s, "
          f"ratio {ratio:.0f}, optimum differs by {abs(found.objective / objective - 1):.1e}")
    assert found.objective == pytest.approx(objective, rel=1e-6)


@pytest.mark.timeout(3600)
@pytest.mark.parametrize("count", [25, 50, 100, 200, 500, 1000])
def test_growth_with_the_number_of_patterns(benchmark, count):
    found = benchmark.pedantic(from_data, args=(count,), rounds=3, warmup_rounds=1)
    line = f"\n{count} patterns: Gram coordinates {benchmark.stats.stats.median:.4f} s"
    if count <= 100 or os.environ.get("THINMARGIN_LONG"):
        seconds, objective = reference(count)
        benchmark.extra_info.update(reference_seconds=seconds)
        line += f", reference {seconds:.2f} s"
        assert found.objective == pytest.approx(objective, rel=1e-6)
    print(line)


def test_direct_program_without_generating_neurons(benchmark):
    data, signs, patterns = problem(100)
    found = benchmark.pedantic(
        lambda: build.solve_program(coordinates(data.float_lifted_gram()), data.labels, signs, patterns, direct=10**6),
        rounds=3, warmup_rounds=1)
    assert found.objective == pytest.approx(from_data(100).objective, rel=1e-7)
