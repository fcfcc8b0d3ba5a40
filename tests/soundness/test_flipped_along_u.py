"""Whether u flips a sample: closed forms by hand, and exact evaluation of the network at many steps."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from constructions import kkt_margin as build
from constructions.instance import floats_of, fractions_of
from constructions.kkt_margin.instance import MarginInstance
from theorems.kkt_margin.exact_families import stretched_xor
from verifiers.errors import NoCertificate
from verifiers.kkt_margin import measure
from verifiers.verdict import Rigor


def flipped(instance):
    return measure(instance)["flipped_along_u"]


def values_along_u(instance: MarginInstance, steps) -> np.ndarray:
    """y_i N(x_i - t y_i u) (n, T) from the points alone: N(x) = sum_k S_k a_k relu(S_k <g_k, x>), in fractions."""
    points, labels = fractions_of(instance.points), [int(y) for y in instance.labels]
    rows, masses = fractions_of(instance.rows), fractions_of(instance.masses)
    signs = [int(s) for s in instance.signs]
    weights = [sum(p * y * x for p, y, x in zip(row, labels, points, strict=True)) for row in rows]
    u = sum(y * x for y, x in zip(labels, points, strict=True))
    return np.array([
        [y * sum(s * a * max(s * (g @ (x - t * y * u)), 0) for s, a, g in zip(signs, masses, weights, strict=True))
         for t in steps]
        for x, y in zip(points, labels, strict=True)
    ], dtype=object)  # fmt: skip


def test_two_orthogonal_samples_are_flipped() -> None:
    found = flipped(build.orthogonal_singles(build.split_labels(1, 1), 4))
    assert found.rigor == Rigor.EXACT and found.value.tolist() == [1, 1]


def test_u_is_zero_on_xor_data_and_flips_nothing() -> None:
    data = build.xor_data()
    found = flipped(build.exact_partition_point(data, build.single_blocks(data.labels)))
    assert found.rigor == Rigor.EXACT and found.value.tolist() == [0, 0, 0, 0]


@pytest.mark.parametrize("index", range(3))
def test_stretched_xor_flips_the_class_that_was_not_stretched(index) -> None:
    """On the line through the stretched class the network is a sum of positive neurons: never below zero."""
    instance = stretched_xor.draw(np.random.default_rng(0), index)
    found = flipped(instance)
    assert found.rigor == Rigor.EXACT and found.value.tolist() == [0, 0, 1, 1]
    steps = [Fraction(k, 8) for k in range(0, 400)]
    values = values_along_u(instance, steps)
    assert (values[:, 0] == 1).all() and min(values[:2].reshape(-1)) >= 0 and max(values[2:, -1]) < 0


@pytest.mark.parametrize("seed", range(12))
def test_random_points_agree_with_the_network_evaluated_in_fractions(seed) -> None:
    generator = np.random.default_rng(seed)
    n = 3 + seed % 4
    data = build.sign_data(n, (2 * n, 40)[seed % 2], generator, labels=build.random_labels(n, generator))
    try:
        instance = build.exact_partition_point(data, build.fitting_blocks(data, generator))
    except build.NoPoint:
        instance = build.exact_partition_point(data)
    found = flipped(instance)
    assert found.rigor == Rigor.EXACT
    values = values_along_u(instance, [Fraction(k, 16) for k in range(64)] + [Fraction(10**6)])
    assert (values[:, 0] == 1).all()
    seen = np.array([any(v < 0 for v in row) for row in values])
    assert (found.value[seen] == 1).all(), "a sample seen to flip must be reported so"
    assert seen.all() == found.value.all()


def test_a_float_network_is_numerical_and_an_unclear_one_is_not_decided() -> None:
    exact = build.orthogonal_singles(build.split_labels(1, 1), 4)
    rows, masses = floats_of(exact.rows), floats_of(exact.masses)
    nearly = exact.without_network().with_point([1, -1], rows, masses * (1 + 1e-9))
    found = flipped(nearly)
    assert found.rigor == Rigor.NUMERICAL and found.value.tolist() == [1, 1]
    far = exact.without_network().with_point([1, -1], rows, masses * 2)
    with pytest.raises(NoCertificate, match="do not say"):
        flipped(far)
