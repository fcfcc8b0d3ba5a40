"""The robust network for near-orthogonal data: its guarantees against its exact robust radius."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from constructions.instance import InvalidInstance, fractions_of
from constructions.kkt_margin.data import (
    alternating_labels,
    linear_congruential_sign_data,
    orthogonal_data,
    signed_equicorrelated_data,
    split_labels,
    uniform_sphere_data,
)
from constructions.kkt_margin.instance import MarginInstance
from constructions.kkt_margin.robust_network import (
    best_threshold,
    correlation_bound,
    guaranteed_radius_squared,
    half_class_distance_squared,
    is_orthogonal_threshold,
    orthogonal_thresholds,
    robust_network,
    robust_neurons,
    simple_radius_squared,
    squared_norm,
)
from verifiers import certificates, recheck
from verifiers.relu_certificate import activation_cells, certify_radius
from verifiers.relu_radius import robust_radii


def exact_radii_squared(data: MarginInstance, threshold) -> list[Fraction]:
    """Squared robust radii of the robust network in units of d, exactly."""
    neurons, d = robust_neurons(data, threshold), squared_norm(data)
    found = [certify_radius(neurons.outputs, neurons.gram, pre, int(label))
             for pre, label in zip(neurons.pre_activations, data.labels, strict=True)]
    assert all(radius.lower_squared == radius.upper_squared for radius in found)
    return [radius.lower_squared / d for radius in found]


def hadamard(size: int) -> np.ndarray:
    block = np.array([[1]])
    while len(block) < size:
        block = np.block([[block, block], [block, -block]])
    return block


# ------------------------------------------------------------------------------------------- orthogonal data


@pytest.mark.parametrize("n", [2, 3, 5, 8])
def test_quarter_threshold_is_optimal_on_orthogonal_data(n):
    data = orthogonal_data(alternating_labels(n), 9)
    assert exact_radii_squared(data, "1/4") == [Fraction(1, 2)] * n
    assert half_class_distance_squared(data) == Fraction(1, 2)
    for threshold in ("1/2", "3/5"):
        assert exact_radii_squared(data, threshold) == [(1 - Fraction(threshold)) ** 2] * n


def test_quarter_threshold_on_hadamard_rows_needs_no_unit_vectors():
    data = MarginInstance(labels=alternating_labels(8), bias=False, points=hadamard(8))
    assert correlation_bound(data) == 0 and squared_norm(data) == 8
    assert exact_radii_squared(data, "1/4") == [Fraction(1, 2)] * 8


def test_optimal_exactly_inside_the_window():
    low, high = orthogonal_thresholds(2)
    assert (low, high) == pytest.approx((0.2247448713915890, 0.2928932188134524), abs=1e-15)
    data = orthogonal_data(split_labels(2, 2), 4)
    below, above = Fraction(22474, 100000), Fraction(29290, 100000)
    for threshold, optimal in ((below, False), (Fraction(22475, 100000), True), (Fraction(29289, 100000), True),
                               (above, False), (Fraction(1, 5), False), (Fraction(3, 10), False)):
        radii = exact_radii_squared(data, threshold)
        assert is_orthogonal_threshold(threshold, 2) is optimal
        assert all((radius == Fraction(1, 2)) is optimal for radius in radii) and max(radii) <= Fraction(1, 2)
        assert radii == [guaranteed_radius_squared(0, threshold, 2)] * 4


def test_with_one_opposite_sample_there_is_no_lower_end():
    data = orthogonal_data(split_labels(1, 1), 4)
    assert orthogonal_thresholds(1)[0] == 0.0
    for threshold in ("1/100", "1/5", "29289/100000"):
        assert is_orthogonal_threshold(threshold, 1) and exact_radii_squared(data, threshold) == [Fraction(1, 2)] * 2
    assert max(exact_radii_squared(data, "3/10")) < Fraction(1, 2)


# ------------------------------------------------------------------------------------------- correlated data


def test_guarantees_on_reproducible_sign_data():
    """R1 <= R2 <= exact radius <= half the least distance between the classes, at the best threshold and at others."""
    for n, d in ((4, 256), (6, 1024)):
        data = linear_congruential_sign_data(n, d)
        c, opposite, cap = correlation_bound(data), n // 2, half_class_distance_squared(data)
        best = best_threshold(c, opposite)
        best_bound = guaranteed_radius_squared(c, best, opposite)
        assert best_bound == pytest.approx((1 - best) ** 2, rel=1e-12)
        half = (1 + c) / 2
        assert simple_radius_squared(c) <= guaranteed_radius_squared(c, half, opposite) <= best_bound
        for threshold in (best, half, Fraction(1, 4), Fraction(9, 10)):
            bound = guaranteed_radius_squared(c, threshold, opposite)
            radii = exact_radii_squared(data, threshold)
            assert bound <= min(radii)
            # the best point classifier has half the distance as its radius at some sample
            assert min(radii) <= cap and bound <= best_bound * (1 + Fraction(1, 10**12))


def test_published_values_of_the_bounds():
    """For correlation bounds .1869 (8 samples) and .0904 (10 samples), in units of sqrt(d)."""
    for c, opposite, simple, best in (("0.1869", 4, 0.4066, 0.5278), ("0.0904", 5, 0.4548, 0.6160)):
        assert math.sqrt(simple_radius_squared(c)) == pytest.approx(simple, abs=6e-5)
        threshold = best_threshold(c, opposite)
        assert math.sqrt(guaranteed_radius_squared(c, threshold, opposite)) == pytest.approx(best, abs=6e-5)
    # any threshold is as good where the pair bound k = 1 decides
    assert math.sqrt(guaranteed_radius_squared("0.1869", "0.451", 4)) == pytest.approx(0.5278, abs=6e-5)


@settings(deadline=None, max_examples=100)
@given(st.fractions(0, Fraction(9, 10)), st.integers(1, 30), st.fractions(0, 1))
def test_no_threshold_beats_the_best_one(c, opposite, share):
    threshold = c + (1 - c) * share
    best = best_threshold(c, opposite)
    assert c <= best < 1
    if c < threshold < 1 and c < Fraction(best):
        assert guaranteed_radius_squared(c, threshold, opposite) <= guaranteed_radius_squared(c, best, opposite) * (
            1 + Fraction(1, 10**12))


@settings(deadline=None, max_examples=25)
@given(st.integers(1, 3), st.fractions(0, Fraction(1, 6)), st.fractions(Fraction(1, 50), Fraction(49, 50)))
def test_second_guarantee_never_exceeds_the_exact_radius(half, correlation, share):
    data = signed_equicorrelated_data(half, correlation)
    c = correlation_bound(data)
    threshold = c + (1 - c) * share
    assert guaranteed_radius_squared(c, threshold, half) <= min(exact_radii_squared(data, threshold))


def test_pair_bound_decides_at_small_correlation():
    """At theta = 1/4 and c <= .0185 the worst number of opposite neurons is one; at c = .0186 it is two."""
    for c in ("0.01", "0.018", "0.0185"):
        assert len({guaranteed_radius_squared(c, "1/4", k) for k in range(1, 200)}) == 1
    pair, *more = [guaranteed_radius_squared("0.0186", "1/4", k) for k in (1, 2, 200)]
    assert more[0] == more[1] < pair


# ------------------------------------------------------------------------------------------- forms and refusals


def test_raw_form_is_the_same_network_and_its_certificate_is_accepted():
    data = linear_congruential_sign_data(4, 16)
    network, neurons = robust_network(data, "1/3"), robust_neurons(data, "1/3")
    weights, biases, outputs = (fractions_of(part) for part in (network.weights, network.biases, network.outputs))
    points = fractions_of(data.points)
    direct = np.maximum(points @ weights.T + biases, 0) @ outputs
    assert list(direct) == list(np.maximum(neurons.pre_activations, 0) @ neurons.outputs)
    raw_gram, raw_pre = weights @ weights.T, points @ weights.T + biases
    block = certificates.data_block(data.labels, True, points=data.points)
    for sample, label in enumerate(data.labels.tolist()):
        radius = certify_radius(outputs, raw_gram, raw_pre[sample], label)
        scaled = certify_radius(neurons.outputs, neurons.gram, neurons.pre_activations[sample], label)
        assert radius.lower_squared == scaled.upper_squared
        certificate = certificates.robust_radius(
            certificates.raw_network(weights, biases, outputs, block), sample=sample,
            lower_squared=radius.lower_squared, upper_squared=radius.upper_squared,
            cells=activation_cells(radius, outputs, label),
            vector=np.array(radius.displacement, dtype=object) @ weights, statement="kkt_margin.robust_any_threshold")
        assert recheck.check(certificate).status == "accepted"
        claim = {**certificate["claim"], "lower_squared": certificates.rational_to_json(radius.lower_squared * 2),
                 "upper_squared": certificates.rational_to_json(radius.upper_squared * 2)}
        assert recheck.check(certificates.seal({**certificate, "claim": claim})).status == "false"


def test_float_form_agrees_with_the_exact_form():
    data = linear_congruential_sign_data(8, 256)
    exact, floats = robust_neurons(data, "2/5"), robust_neurons(data, "2/5", exact=False)
    assert np.allclose(exact.pre_activations.astype(float), floats.pre_activations, rtol=0, atol=1e-15)
    found = robust_radii(*floats, data.labels)
    squares = np.array(exact_radii_squared(data, "2/5"), dtype=float) * 256
    assert found.closed.all() and np.all(found.lower**2 <= squares) and np.all(squares <= found.upper**2 * (1 + 1e-15))


def test_uneven_norms_use_the_mean_and_bad_input_is_refused():
    data = uniform_sphere_data(3, 5, np.random.default_rng(0))
    assert float(squared_norm(data)) == pytest.approx(5)
    gram_only = signed_equicorrelated_data(2, Fraction(1, 10))
    with pytest.raises(InvalidInstance, match="gram matrix"):
        robust_network(gram_only)
    zero = MarginInstance(labels=[1, -1], bias=False, points=np.zeros((2, 2)))
    with pytest.raises(InvalidInstance, match="zero"):
        robust_neurons(zero)
    with pytest.raises(ValueError, match="outside"):
        guaranteed_radius_squared("1/2", "1/2", 1)
    with pytest.raises(ValueError, match="outside"):
        simple_radius_squared(1)
    with pytest.raises(InvalidInstance, match="class is empty"):
        half_class_distance_squared(MarginInstance(labels=[1, 1], bias=False, points=np.eye(2)))
