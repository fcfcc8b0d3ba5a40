"""The certificate for all KKT points against the plain way: one `linprog` per sample and t, checked in Fractions.

    pytest tests/benchmarks/test_all_points_speed.py

n = 40, d = 2000, one core. Each benchmark notes its speed-up over the plain way, timed once in the same process; the
plain way bisects over t to 1e-3 and uses the same bounds on the neuron sums.
"""

from __future__ import annotations

import time
from fractions import Fraction

import numpy as np
import pytest
from scipy.optimize import linprog

from verifiers.kkt_margin.all_points import AllPoints

SIZE, DIMENSION = 40, 2000
KINDS = ["signs", "sphere"]


def grams(kind):
    generator = np.random.default_rng(2026)
    if kind == "signs":
        points = generator.choice([-1.0, 1.0], (SIZE, DIMENSION))
    else:
        points = generator.normal(size=(SIZE, DIMENSION))
        points *= np.sqrt(DIMENSION) / np.linalg.norm(points, axis=1, keepdims=True)
    return points @ points.T, np.where(np.arange(SIZE) % 2, -1, 1)


class PlainWay:
    """No reuse between programs, and every number a Fraction."""

    def __init__(self, gram, labels):
        everything = AllPoints.from_gram(gram, labels, True)
        data, self.upper, self.everything = everything.data, everything.sums.upper, everything
        self.rows = [[Fraction(int(v), data.denominator) for v in row] for row in data.rows]
        self.sides, self.kept = data.sides, [*everything.sums.support_proved, *[True] * (3 * SIZE)]

    def bound(self, i, t):
        data = self.everything.data
        scale = data.denominator * t.denominator
        objective = [Fraction(int(v), scale) for v in data.objectives(t)[i]]
        norms = self.everything._norms
        matrix = np.array(self.rows, dtype=float) / norms
        box = [(0, float(value) * norm) for value, norm in zip(self.upper, norms, strict=True)]
        costs = -np.array(objective, dtype=float) / norms
        solved = linprog(costs, matrix[self.kept], self.sides[self.kept], bounds=box)
        duals = np.zeros(4 * SIZE)
        duals[self.kept] = np.maximum(-solved.ineqlin.marginals, 0)
        vector = [Fraction(value) for value in duals.tolist()]
        total = sum(y * int(side) for y, side in zip(vector, self.sides, strict=True))
        for column, (wanted, bound) in enumerate(zip(objective, self.upper, strict=True)):
            covered = sum(y * row[column] for y, row in zip(vector, self.rows, strict=True) if y)
            total += bound * max(wanted - covered, 0)
        return total

    def flipped(self, t):
        return all(self.bound(i, t) < 0 for i in range(SIZE))

    def one_t(self, t):
        return [self.bound(i, t) for i in range(SIZE)]

    def threshold(self):
        low, high = Fraction(0), Fraction(1)
        while high - low > high / 1000:
            middle = (low + high) / 2
            low, high = (low, middle) if self.flipped(middle) else (middle, high)
        return high


def timed(function, *arguments):
    start = time.perf_counter()
    return function(*arguments), time.perf_counter() - start


@pytest.mark.parametrize("kind", KINDS)
def test_one_t(benchmark, kind):
    gram, labels = grams(kind)
    t = Fraction(1, 10)
    plain, seconds = timed(lambda: PlainWay(gram, labels).one_t(t))
    bounds = benchmark(lambda: AllPoints.from_gram(gram, labels, True).bound_at(t))
    assert max(abs(float(a - b)) for a, b in zip(plain, bounds.upper, strict=True)) < 1e-6
    benchmark.extra_info["plain_seconds"] = seconds
    benchmark.extra_info["times_faster"] = seconds / benchmark.stats.stats.median


@pytest.mark.parametrize("kind", KINDS)
def test_threshold(benchmark, kind):
    gram, labels = grams(kind)
    plain, seconds = timed(lambda: PlainWay(gram, labels).threshold())
    found = benchmark(lambda: AllPoints.from_gram(gram, labels, True).threshold())
    assert found.status == "certified" and 0.998 * float(plain) < found.lower < float(found.t) < float(plain) * 1.0001
    benchmark.extra_info["plain_seconds"] = seconds
    benchmark.extra_info["times_faster"] = seconds / benchmark.stats.stats.median


def test_small_instances(benchmark):
    """Certificates per second at n = 10, as phase diagrams need them."""
    generator = np.random.default_rng(10)
    points = generator.choice([-1.0, 1.0], (10, 1000))
    gram, labels = points @ points.T, np.where(np.arange(10) % 2, -1, 1)
    found = benchmark(lambda: AllPoints.from_gram(gram, labels, True).threshold())
    assert found.status == "certified"
    benchmark.extra_info["per_second"] = 1 / benchmark.stats.stats.median
