"""What a search costs: slacks of a batch against a loop over instances, measured batches against exact measurements.

    pytest tests/benchmarks/test_search_speed.py

One core. The kernels are compiled before anything is timed; the exact path builds, measures and decides one instance
after the other, as every candidate of a search finally is.
"""

from __future__ import annotations

import time

import numpy as np
import pytest

from constructions.instance import Draw
from constructions.kkt_margin import spaces
from theorems.engine.library import statements
from theorems.statement import judge
from verifiers.kkt_margin import CATALOGUE
from verifiers.kkt_margin.batch import measure_batch

AXES = {name: quantity.axes for name, quantity in CATALOGUE.items()}
INSTANCES, LOOPED = 100_000, 1_000
BATCH = 4_096


def main():
    return statements("kkt_margin.main")[0]


def test_slacks_of_a_batch(benchmark):
    """One claim of the main theorem over 10^5 instances of 8 samples, against evaluating it instance by instance."""
    claim = next(c for c in main().then if c.name == "the sign flips by t0")
    generator = np.random.default_rng(0)
    sizes = {"L": (), "U": (), "q": (), "n": (), "Delta": (), "opposite": (8,), "flip_threshold": (8,)}
    arrays = {name: generator.uniform(1.0, 1.1, (INSTANCES, *shape)) for name, shape in sizes.items()}
    arrays["q"] /= 100
    found = benchmark(claim.batch_slack, arrays, AXES)
    constants = {own: float(declared.value) for own, declared in claim.constant_symbols.items()}
    start = time.perf_counter()
    looped = [claim.slack({k: a[i] for k, a in arrays.items()} | constants).min() for i in range(LOOPED)]
    seconds = (time.perf_counter() - start) / LOOPED
    each = benchmark.stats.stats.min / INSTANCES
    benchmark.extra_info.update(instances_per_second=1 / each, ratio=seconds / each)
    slack, _ = claim.batch_entries({k: a[:LOOPED] for k, a in arrays.items()}, AXES)
    np.testing.assert_allclose(slack.min(axis=1), looped, rtol=1e-12)
    assert np.array_equal(found[:LOOPED] >= 0, np.array(looped) >= 0)
    assert seconds >= 100 * each


@pytest.mark.parametrize("singles", [0, 1], ids=["one neuron per class", "one neuron per sample"])
def test_measured_instances_of_the_main_theorem(benchmark, singles):
    """Draw, build, measure and evaluate every claim at n = 8, per instance that is a KKT point."""
    statement, space = main(), spaces.correlated
    sizes = {"n": 8, "positives": 4, "dimension": 100, "bias": 0, "singles": singles, "uneven": 0}
    generator = np.random.default_rng(0)
    low, high = space.bounds(sizes)

    def batch():
        vectors = generator.uniform(low, high, (BATCH, len(low)))
        arrays = space.stack(**space.batch(sizes, vectors))
        measured = measure_batch(arrays)
        slacks = [claim.batch_slack(measured, AXES) for claim in (*statement.given, *statement.then)]
        return int(arrays["ok"].sum()), slacks

    batch()
    points, slacks = benchmark(batch)
    start, judged = time.perf_counter(), 0
    while judged < 20:
        instance = space.instance(space.draw(generator, sizes))
        if instance is not None:
            judge(statement, Draw(instance, "random", space.law))
            judged += 1
    exactly = (time.perf_counter() - start) / judged
    rate = points / benchmark.stats.stats.min
    benchmark.extra_info.update(instances_per_second=rate, exact_seconds=exactly, ratio=rate * exactly)
    assert all(np.isfinite(slack).any() for slack in slacks)
    assert rate >= 2000
