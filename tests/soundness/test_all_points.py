"""The certificate for all KKT points of a dataset: known numbers, what is refused, and what the checker accepts."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from constructions.instance import InvalidInstance
from constructions.kkt_margin.instance import MarginInstance
from verifiers import certificates, recheck
from verifiers.errors import NoCertificate
from verifiers.kkt_margin.all_points import FAMILIES, AllPoints
from verifiers.kkt_margin.sum_bounds import MarginData

STATEMENT = "kkt_margin.all_points"


def sign_data(n, d):
    """Reproducible +-1 points: minimal-standard generator, row by row; labels alternate from +."""
    state, entries = 1, []
    for _ in range(n * d):
        state = 48271 * state % (2**31 - 1)
        entries.append(1 if state > 1073741823 else -1)
    return np.array(entries).reshape(n, d), np.array([1, -1] * (n // 2))


# n, d, bias, rho, least lower bound times G_ii, LP t0, t0 and t1 of the class-merged KKT point
ORACLES = [
    (4, 256, False, .21693677, .91088077, .381328, .25, .5),
    (6, 1024, True, .10297645, .98412933, .277087, .177630111276, .351367996809),
    (8, 4096, True, .11728680, .95933936, .223816, .129668023025, .257959860260),
    (16, 1024, True, .33380215, .69110639, .172905, .067604166082, .135026848955),
]
EACH_ORACLE = pytest.mark.parametrize("n, d, bias, rho, lower, lp_t0, merged_t0, merged_t1", ORACLES)


def oracle(n, d, bias):
    points, labels = sign_data(n, d)
    return AllPoints.from_gram(points @ points.T, labels, bias)


@EACH_ORACLE
def test_known_numbers(n, d, bias, rho, lower, lp_t0, merged_t0, merged_t1):
    everything = oracle(n, d, bias)
    assert everything.sums.spectral_radius == pytest.approx(rho, abs=1e-8)
    assert float(min(everything.sums.own_lower)) * (d + bias) == pytest.approx(lower, abs=2e-8)
    assert all(everything.sums.support_proved)
    found = everything.threshold()
    assert found.lower == pytest.approx(lp_t0, abs=6e-7)
    assert found.status == "certified" and found.monotone and found.bounds.flipped
    assert found.lower < found.t < found.lower * (1 + 2e-5)
    assert all(bound < 0 for bound in found.bounds.upper)


@EACH_ORACLE
def test_nothing_is_claimed_below_the_flip_of_an_actual_point(n, d, bias, rho, lower, lp_t0, merged_t0, merged_t1):
    everything = oracle(n, d, bias)
    for factor in (0, Fraction(1, 2), Fraction(999, 1000)):
        assert not everything.bound_at(factor * Fraction(merged_t0)).flipped
        assert not everything.bound_at(factor * Fraction(merged_t1), level=-1).flipped
    level = everything.threshold(level=-1)
    assert level.status == "certified" and merged_t1 < level.lower < level.t
    assert all(bound < -1 for bound in level.bounds.upper)
    assert level.t > everything.threshold().t


def test_six_points_at_a_fixed_t():
    everything = oracle(6, 1024, True)
    bounds = everything.bound_at(Fraction(17, 60))
    assert bounds.flipped and bounds.samples == tuple(range(6))
    assert -0.0250937 < max(bounds.upper) <= Fraction("-0.025093")
    assert max(bounds.values) == pytest.approx(-0.02509369, abs=5e-9)
    refused = everything.bound_at(Fraction("0.177"))
    assert not refused.flipped and all(bound >= -1e-9 for bound in refused.values)


def test_gradient_bound_is_below_every_known_radius():
    """Least robust radius of the class-merged point of the oracle data, per row."""
    for (n, d, bias, *_), radius in zip(ORACLES, (7.834134, 12.631150, 22.256923, 7.697311), strict=True):
        lower = float(1 / oracle(n, d, bias).gradient_bound_squared) ** 0.5
        assert 0.5 * radius < lower < radius


# --- symmetries ----------------------------------------------------------------------------------------------------

def test_labels_order_and_scale_do_not_matter():
    points, labels = sign_data(6, 64)
    gram = points @ points.T
    reference = AllPoints.from_gram(gram, labels, False).threshold()
    order = [3, 0, 5, 1, 4, 2]
    for other in (AllPoints.from_gram(gram, -labels, False),
                  AllPoints.from_gram(gram[np.ix_(order, order)], labels[order], False),
                  AllPoints.from_gram(gram.astype(float) / 1024, labels, False),
                  AllPoints.from_gram(gram.astype(object) * 10**30, labels, False)):
        found = other.threshold()
        assert found.t == reference.t and found.lower == pytest.approx(reference.lower, rel=1e-7)


def test_an_instance_and_its_arrays_agree():
    points, labels = sign_data(4, 256)
    from_instance = AllPoints.from_instance(MarginInstance(labels=labels, bias=False, points=points))
    assert from_instance.bound_at(Fraction(2, 5)).upper == oracle(4, 256, False).bound_at(Fraction(2, 5)).upper


# --- what must be refused ------------------------------------------------------------------------------------------

def test_xor_is_refused():
    points = np.array([[1, 0], [-1, 0], [0, 1], [0, -1]])
    for bias in (False, True):
        everything = AllPoints.from_gram(points @ points.T, [1, 1, -1, -1], bias)
        for t in (0, Fraction(1, 4), 10):
            assert not everything.bound_at(t).flipped
        found = everything.threshold()
        assert found.status == "none" and found.t is None and found.reason


def test_strong_correlation_is_refused_with_the_reason():
    y = np.repeat([1, -1], 5)
    gram = 112 * np.eye(10, dtype=np.int64) - 12 * np.outer(y, y)  # y y^T * G has -12 off a diagonal of 100
    everything = AllPoints.from_gram(gram, y, False)
    assert not everything.sums.proved and "spectral radius" in everything.sums.reason
    bounds = everything.bound_at(1)
    assert bounds.upper == () and not bounds.flipped and bounds.samples == () and bounds.reason
    assert everything.gradient_bound_squared is None


def test_spectral_radius_one_exactly_is_refused():
    everything = AllPoints.from_gram([[1, 1], [1, 1]], [1, -1], False)
    assert everything.sums.spectral_radius >= 1 - 1e-7 and not everything.sums.proved


def test_negative_delta_does_not_matter_but_negative_h_does():
    """Row 4 of the oracle data has L0 - p(n-1) < 0 and is certified; one h_l < 0 takes the larger t away."""
    points, labels = sign_data(16, 1024)
    gram = points @ points.T
    assert 1024 - np.abs(gram - np.diag(np.diag(gram))).max() * 15 < 0
    assert oracle(16, 1024, True).threshold().monotone
    gram = np.diag([0.01, 1, 1, 1, 1, 1, 1])
    gram[0, 1] = gram[1, 0] = -0.012
    everything = AllPoints.from_gram(gram, [1, 1, -1, -1, -1, -1, -1], False)
    assert MarginData.from_gram(gram, [1, 1, -1, -1, -1, -1, -1], False).direction[0] < 0
    found = everything.threshold()
    assert found.status == "certified" and not found.monotone
    assert not everything.bound_at(found.lower * 0.999).flipped


def test_one_class_alone_is_never_flipped():
    found = AllPoints.from_gram(np.eye(3), [1, 1, 1], False).threshold()
    assert found.status == "none" and found.t is None and found.reason and not found.bounds.flipped


@pytest.mark.parametrize("gram, labels, word", [
    ([[1.0, float("nan")], [float("nan"), 1.0]], [1, -1], "finite"),
    ([[1.0, float("inf")], [float("inf"), 1.0]], [1, -1], "finite"),
    ([[1, 0], [1, 1]], [1, -1], "symmetric"),
    ([[1, 0, 0], [0, 1, 0]], [1, -1], "shape"),
    ([[1, 0], [0, 1]], [1, 2], "labels"),
    ([[1, 0], [0, 1]], [1, float("nan")], "labels"),
    ([[0, 0], [0, 1]], [1, -1], "norm"),
    ([[1, 0], [0, -1]], [1, -1], "norm"),
    (np.zeros((0, 0)), [], "labels"),
])
def test_bad_input_is_one_clear_error(gram, labels, word):
    with pytest.raises(InvalidInstance, match=word):
        AllPoints.from_gram(np.array(gram), labels, False)


@pytest.mark.parametrize("t", [Fraction(-1, 2), float("nan"), "x"])
def test_bad_t_is_an_error(t):
    with pytest.raises(ValueError):
        oracle(4, 256, False).bound_at(t)


# --- certificates --------------------------------------------------------------------------------------------------

def forged(certificate, **claim):
    """The certificate with another claim and a digest that fits."""
    return certificates.seal({**certificate, "claim": {**certificate["claim"], **claim}})


@pytest.mark.parametrize("n, d, bias", [(4, 256, False), (6, 1024, True), (16, 1024, True)])
def test_certificates_are_accepted_and_forgeries_are_false(n, d, bias):
    everything = oracle(n, d, bias)
    for level in (0, -1):
        found = everything.threshold(level)
        good = everything.certificate(found.bounds, statement=STATEMENT)
        outcome = recheck.check(good)
        assert outcome.status == "accepted" and "every larger t" in outcome.sentence
        smaller = certificates.rational_to_json(found.t * Fraction(999, 1000))
        assert recheck.check(forged(good, t=smaller)).status == "false"
        assert recheck.check({**good, "claim": {**good["claim"], "t": smaller}}).status == "altered"
        assert recheck.check(forged(good, level=certificates.rational_to_json(level - 1))).status == "false"
    points, labels = sign_data(n, d)
    block = certificates.data_block(labels, bias, points=points)
    on_points = everything.certificate(everything.threshold().bounds, block, statement=STATEMENT)
    assert recheck.check(on_points).status == "accepted"


def test_a_changed_dual_bound_or_datum_is_false():
    everything = oracle(6, 1024, True)
    good = everything.certificate(everything.threshold().bounds, statement=STATEMENT)
    payload = good["payload"]
    shrunk = certificates.vector_to_json([value / 2 for value in everything.sums.upper])
    zeros = {name: certificates.matrix_to_json([[0] * 6] * 6) for name in FAMILIES}
    labels = [-y if i == 2 else y for i, y in enumerate(payload["labels"])]
    for change in ({"upper": shrunk}, {"duals": zeros}, {"labels": labels}):
        assert recheck.check(certificates.seal({**good, "payload": {**payload, **change}})).status == "false"


def test_some_samples_only():
    everything = oracle(6, 1024, True)
    bounds = everything.bound_at(Fraction(27, 100))
    assert 0 < len(bounds.samples) < 6
    good = everything.certificate(bounds, statement=STATEMENT)
    assert recheck.check(good).status == "accepted" and good["claim"]["samples"] == list(bounds.samples)
    with pytest.raises(NoCertificate, match="least bound"):
        everything.certificate(everything.bound_at(0), statement=STATEMENT)
    refused = AllPoints.from_gram([[1, 1], [1, 1]], [1, -1], False)
    with pytest.raises(NoCertificate, match="spectral radius"):
        refused.certificate(refused.bound_at(1), statement=STATEMENT)


@pytest.mark.parametrize("seed", range(4))
def test_norms_of_very_different_size(seed):
    generator = np.random.default_rng(seed)
    points = generator.normal(size=(6, 200)) * 10.0 ** generator.uniform(-3, 3, (6, 1))
    everything = AllPoints.from_gram(points @ points.T, [1, -1] * 3, False)
    assert everything.sums.proved
    upper, block = everything.sums.upper, certificates.data_block([1, -1] * 3, False, gram=points @ points.T)
    lower = 1 / everything.gradient_bound_squared
    good = certificates.all_kkt_points_radius(block, upper=upper, lower_squared=lower, statement=STATEMENT)
    assert recheck.check(good).status == "accepted"


def test_support_and_radius_certificates():
    everything = oracle(8, 4096, True)
    upper, block = everything.sums.upper, certificates.data_block(
        everything.data.labels, True, gram=everything.data.gram)
    good = certificates.all_kkt_points_support(block, upper=upper, statement=STATEMENT)
    assert recheck.check(good).status == "accepted"
    lower = 1 / everything.gradient_bound_squared
    for factor, status in ((1, "accepted"), (Fraction(1001, 1000), "false")):
        claimed = certificates.all_kkt_points_radius(
            block, upper=upper, lower_squared=lower * factor, statement=STATEMENT)
        assert recheck.check(claimed).status == status


def test_doubles_and_unproved_support_certify_too():
    generator = np.random.default_rng(5)
    points, labels = generator.normal(size=(8, 300)), np.where(np.arange(8) % 2, -1, 1)
    partial = np.eye(8)
    partial[:3, :3] = 0.52
    np.fill_diagonal(partial, 1.0)
    for gram, y, bias in ((points @ points.T, labels, True), (partial, [1, 1, 1, 1, -1, -1, -1, -1], False)):
        everything = AllPoints.from_gram(gram, y, bias)
        found = everything.threshold()
        assert found.status == "certified"
        good = everything.certificate(found.bounds, statement=STATEMENT)
        assert recheck.check(good).status == "accepted"
        smaller = certificates.rational_to_json(found.t * Fraction(999, 1000))
        assert recheck.check(forged(good, t=smaller)).status == "false"
    assert not all(everything.sums.support_proved)
