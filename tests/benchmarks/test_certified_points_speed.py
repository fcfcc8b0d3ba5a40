"""Certified KKT instances per second, without gradient training or cone program, and the main job as a whole.

    pytest tests/benchmarks/test_certified_points_speed.py

n = 10, d = 1000, +-1 data with bias: class-merged point, then either Newton and a proved box, or exact rationals; what
follows is carried over to the box (flip thresholds, multipliers). One core. The alternative is the independent checker,
which proves the same box and conclusions in Python integers.
"""

from __future__ import annotations

import time

import numpy as np

from constructions import kkt_margin as build
from verifiers import recheck
from verifiers.kkt_margin.certify import certify
from verifiers.kkt_margin.data import Data
from verifiers.kkt_margin.exact import resolve

SIZE, DIMENSION, COUNT = 10, 1000, 40


def datasets():
    generator = np.random.default_rng(18)
    labels = build.alternating_labels(SIZE)
    return [build.sign_data(SIZE, DIMENSION, generator, labels=labels, bias=True) for _ in range(COUNT)]


def boxed(instances):
    """Merged point, Newton, box, thresholds carried over; the number proved."""
    proved = 0
    for instance in instances:
        point = resolve(Data(build.merged_point(instance).on(instance)))
        if point.kind == "ball":
            point.threshold(0), point.threshold(-1), point.multipliers.sum()
            proved += 1
    return proved


def exact(instances):
    proved = 0
    for instance in instances:
        point = resolve(Data(build.exact_partition_point(instance)))
        if point.kind == "rational":
            point.threshold(0), point.threshold(-1), point.multipliers.sum()
            proved += 1
    return proved


def test_boxes_per_second(benchmark):
    instances = datasets()
    proved = benchmark.pedantic(boxed, args=(instances,), rounds=3, warmup_rounds=1)
    points = [build.merged_point(instance).on(instance) for instance in instances[:10]]
    found = [c for point in points for c in certify(point) if c["kind"] == "kkt_point"]
    start = time.perf_counter()
    accepted = sum(recheck.check(certificate).status == "accepted" for certificate in found)
    checker = (time.perf_counter() - start) / len(found)
    median = benchmark.stats.stats.median
    benchmark.extra_info.update(proved_of_40=proved, per_second=COUNT / median,
                                checker_in_integers_ratio=checker / (median / COUNT))
    assert accepted == len(found) == 10
    assert proved >= 0.9 * COUNT


def test_exact_points_per_second(benchmark):
    proved = benchmark.pedantic(exact, args=(datasets(),), rounds=3, warmup_rounds=1)
    benchmark.extra_info.update(proved_of_40=proved, per_second=COUNT / benchmark.stats.stats.median)
    assert proved == COUNT


def test_main_job(benchmark, tmp_path):
    """`thinmargin verify kkt_margin --profile quick` in this process's workers: seconds per run, caches warm."""
    from theorems.engine.verify import verify

    record = benchmark.pedantic(verify, args=(["kkt_margin"],), kwargs={"out": tmp_path}, rounds=1, warmup_rounds=1)
    benchmark.extra_info.update(statements=len(record["statements"]), certificates=len(record["certificates"]))
    assert all(s["status"] in (s["expected"], "proved") for s in record["statements"])
