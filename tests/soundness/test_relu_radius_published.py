"""The robust radius against published numbers, its certificates attacked, and crossings along rays."""

from __future__ import annotations

import itertools
import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from radius_reference import certificate_of, networks, neurons_of, radii_of

from constructions.kkt_margin.closed_forms import orthogonal_merged, orthogonal_singles, simplex_merged, two_points
from constructions.kkt_margin.data import linear_congruential_sign_data, split_labels
from constructions.kkt_margin.merged import exact_partition_point
from verifiers import arithmetic, certificates, recheck
from verifiers.relu_attack import first_crossing, last_crossing, lipschitz_radius, value_on_ray
from verifiers.relu_radius import robust_radii

rationals = arithmetic.rationals



# ------------------------------------------------------------------------------------------- published numbers


O6 = [(4, 256, False, 7.834134, 7.834134), (6, 1024, True, 12.631150, 13.922590),
      (8, 4096, True, 22.256923, 23.211922), (16, 1024, True, 7.697311, 8.520674)]


@pytest.mark.parametrize(("n", "d", "bias", "least", "largest"), O6)
def test_radii_of_the_merged_points_of_reproducible_sign_data(n, d, bias, least, largest):
    instance = exact_partition_point(linear_congruential_sign_data(n, d, bias=bias))
    found = radii_of(instance)
    assert found.closed.all()
    assert [found.upper.min(), found.upper.max()] == pytest.approx([least, largest], abs=6e-7)
    for sample in (0, n - 1):
        radius, certificate = certificate_of(instance, sample)
        assert radius.lower_squared == radius.upper_squared
        assert found.lower[sample] <= radius.lower <= radius.upper <= found.upper[sample]
        assert recheck.check(certificate).status == "accepted"


def test_radii_of_the_second_point_of_the_six_samples():
    instance = exact_partition_point(linear_congruential_sign_data(6, 1024, bias=True), [[2], [0, 4], [1, 3, 5]])
    found = radii_of(instance)
    assert [found.upper.min(), found.upper.max()] == pytest.approx([12.842242, 16.129761], abs=6e-7)


def test_radii_of_closed_forms():
    merged = orthogonal_merged(split_labels(3, 2), 9)
    assert radii_of(merged).upper == pytest.approx([1.3416407865] * 5, rel=1e-9)
    for sample in range(5):
        assert certificate_of(merged, sample)[0].lower_squared == Fraction(9, 5)
    # nearest point of the other sample's class at half distance: 1 and sqrt(3)
    for gamma, square in ((Fraction(1, 2), 1), (Fraction(-1, 2), 3)):
        pair = two_points(gamma, 4)
        assert [certificate_of(pair, i)[0].upper_squared for i in range(2)] == [square] * 2
    # universal flip distances 1.5491933385 (= sqrt(12/5)) bound the radius from above
    assert radii_of(simplex_merged(split_labels(3, 3), 12)).upper.max() <= 1.5491933386
    # singles with one opposite sample: exactly half the distance to it
    assert radii_of(orthogonal_singles(split_labels(4, 1), 9)).upper[:4] == pytest.approx([3 / math.sqrt(2)] * 4)


@pytest.mark.parametrize("instance", [
    orthogonal_merged(split_labels(3, 2), 9), orthogonal_singles(split_labels(3, 2), 9),
    simplex_merged(split_labels(4, 2), 12), exact_partition_point(linear_congruential_sign_data(6, 1024, bias=True)),
    exact_partition_point(linear_congruential_sign_data(6, 1024, bias=True), [[2], [0, 4], [1, 3, 5]])])
def test_sandwich_between_multipliers_gradient_bound_and_universal_flip(instance):
    """1 / sum lambda <= 1 / Lipschitz <= radius <= t |u| for the t at which u = sum y x flips the sample."""
    outputs, gram, pre, combinations = neurons_of(instance)
    raw = rationals(instance.exact_gram())
    norms = np.sqrt(np.diagonal(arithmetic.nearest(combinations @ (raw + int(bool(instance.bias))) @ combinations.T)))
    multipliers = (np.abs(arithmetic.nearest(combinations)) / norms[:, None]).max(axis=0)
    gradient = lipschitz_radius(outputs, gram, np.ones(instance.size))
    radii = radii_of(instance)
    labels = instance.labels.tolist()
    slopes = -combinations @ (raw @ instance.labels)
    length = math.sqrt(arithmetic.nearest(instance.labels @ raw @ instance.labels))
    flips = [last_crossing(y * outputs, pre[i], y * slopes) for i, y in enumerate(labels)]
    assert np.all(1 / multipliers.sum() <= gradient * (1 + 1e-12)) and np.all(gradient <= radii.upper)
    assert np.all(radii.lower <= np.array(flips, dtype=float) * length * (1 + 1e-12))


def test_certificates_that_claim_more_are_not_accepted():
    instance = exact_partition_point(linear_congruential_sign_data(6, 1024, bias=True), [[2], [0, 4], [1, 3, 5]])
    radius, certificate = certificate_of(instance, 2)
    assert recheck.check(certificate).status == "accepted"

    def forged(**changes):
        body = {key: dict(part) if isinstance(part, dict) else part for key, part in certificate.items()}
        for place, change in changes.items():
            body[place].update(change)
        return certificates.seal(body)

    larger = certificates.rational_to_json(radius.lower_squared * Fraction(10**9 + 1, 10**9))
    smaller = certificates.rational_to_json(radius.upper_squared * Fraction(10**9 - 1, 10**9))
    cells = certificate["payload"]["cells"]
    for changes in ({"claim": {"lower_squared": larger, "upper_squared": larger}},
                    {"claim": {"upper_squared": smaller, "lower_squared": smaller}},
                    {"claim": {"sample": 0}},
                    {"payload": {"cells": cells[:-1]}},
                    {"payload": {"cells": [{**cells[0], "dual": cells[-1]["dual"]}, *cells[1:]]}}):
        assert recheck.check(forged(**changes)).status == "false", changes
    assert recheck.check({**certificate, "claim": {**certificate["claim"], "sample": 0}}).status == "altered"


# ------------------------------------------------------------------------------------------- rays


def dense_crossings(outputs, pre, slopes, level):
    """First and last crossing from the values on all linear pieces, in fractions."""
    knots = sorted({Fraction(0)} | {Fraction(-p, s) for p, s in zip(pre, slopes, strict=True) if p * s < 0})
    far = knots[-1] + 10**6
    first, last, points = math.inf, Fraction(0), [*knots, far]
    for start, end in itertools.pairwise(points):
        before, after = (value_on_ray(outputs, pre, slopes, t) - level for t in (start, end))
        zero = start if before == after else start - before * (end - start) / (after - before)
        if first == math.inf:
            if before <= 0:
                first = start
            elif after <= 0:
                first = zero
        if after > 0:
            last = math.inf if end == far else end
        elif before > 0:
            last = zero
    return first, last


@settings(deadline=None, max_examples=200)
@given(networks(bound=5), st.integers(-3, 3))
def test_crossings_exact_and_in_floats(network, level):
    outputs, weights, pre, _, _ = network
    slopes = weights[:, 0]
    expected = dense_crossings(outputs.tolist(), pre.tolist(), slopes.tolist(), level)
    exact = (first_crossing(outputs, pre, slopes, level), last_crossing(outputs, pre, slopes, level))
    assert exact == expected
    floats = [part.astype(float) for part in (outputs, pre, slopes)]
    stacked = [np.stack([part, part]) for part in floats[1:]]
    assert first_crossing(floats[0], *stacked, level) == pytest.approx([float(expected[0])] * 2, rel=1e-9, abs=1e-12)
    assert last_crossing(floats[0], *stacked, level) == pytest.approx([float(expected[1])] * 2, rel=1e-9, abs=1e-12)


def test_crossings_of_wide_networks_agree_with_the_exact_ones():
    """Beyond 64 neurons values come from running sums; the same numbers must come out."""
    generator = np.random.default_rng(2)
    for _ in range(20):
        outputs, pre, slopes = generator.integers(-9, 10, (3, 90))
        pre[:10], slopes[5:15] = 0, 0
        level = int(generator.integers(-300, 300))
        exact = first_crossing(outputs, pre, slopes, level), last_crossing(outputs, pre, slopes, level)
        floats = [part.astype(float) for part in (outputs, pre, slopes)]
        assert first_crossing(*floats, level) == pytest.approx(float(exact[0]), rel=1e-9, abs=1e-12)
        assert last_crossing(*floats, level) == pytest.approx(float(exact[1]), rel=1e-9, abs=1e-12)


def test_universal_flip_threshold_of_orthogonal_singles():
    """t0 = 1 / (1 + n_opp): 1/3 for the three positives, 1/4 for the two negatives; level -1 at 2/3 and below."""
    instance = orthogonal_singles(split_labels(3, 2), 9)
    outputs, _, pre, combinations = neurons_of(instance)
    slopes = -combinations @ (rationals(instance.exact_gram()) @ instance.labels)
    for i, y in enumerate(instance.labels.tolist()):
        flip = [crossing(y * outputs, pre[i], y * slopes) for crossing in (first_crossing, last_crossing)]
        assert flip == [Fraction(1, 3 if y > 0 else 4)] * 2
    assert max(last_crossing(y * outputs, pre[i], y * slopes, -1)
               for i, y in enumerate(instance.labels.tolist())) == Fraction(2, 3)


def test_attack_directions_only_improve():
    generator = np.random.default_rng(11)
    weights, points = generator.normal(size=(14, 20)), generator.normal(size=(6, 20))
    outputs, pre = generator.normal(size=14), points @ weights.T
    labels = np.where(np.maximum(pre, 0) @ outputs > 0, 1, -1)
    directions = (points @ weights.T, np.linalg.norm(points, axis=1))
    plain = robust_radii(outputs, weights @ weights.T, pre, labels)
    helped = robust_radii(outputs, weights @ weights.T, pre, labels, directions=directions)
    assert plain.closed.all() and helped.upper == pytest.approx(plain.upper, rel=1e-9)
    starved = robust_radii(outputs, weights @ weights.T, pre, labels, directions=directions, budget=0)
    assert np.all(starved.upper >= plain.lower) and np.all(starved.lower <= plain.upper) and np.all(starved.lower > 0)
