"""The robust radius against an independent enumeration of faces, published numbers, and its own certificates.

The reference solver below knows nothing of half-spaces or branch and bound: the nearest point of a piecewise-linear
sublevel set is the least-norm solution of some set of equations (kinks, and one linear piece being zero), so all of
them are tried.
"""

from __future__ import annotations

import itertools
import math
import time
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from constructions.instance import fractions_of
from constructions.kkt_margin.closed_forms import orthogonal_merged, orthogonal_singles, simplex_merged, two_points
from constructions.kkt_margin.data import linear_congruential_sign_data, split_labels
from constructions.kkt_margin.instance import MarginInstance
from constructions.kkt_margin.merged import exact_partition_point
from verifiers import arithmetic, certificates, recheck
from verifiers.relu_attack import first_crossing, last_crossing, lipschitz_radius, square_lipschitz_bound, value_on_ray
from verifiers.relu_certificate import EITHER, ON, CertifiedRadius, activation_cells, certify_radius
from verifiers.relu_radius import robust_radii, robust_radius

rationals = arithmetic.rationals


def value(outputs, weights, pre, delta, offset=0):
    return offset + np.maximum(pre + weights @ delta, 0) @ outputs


def reference_radius(outputs, weights, pre, label, offset=0.0):
    """Least |delta| with label * N <= 0 by trying every face, in float64 from the weight vectors themselves."""
    outputs, offset = label * np.asarray(outputs, float), label * offset
    if value(outputs, weights, pre, np.zeros(weights.shape[1]), offset) <= 0:
        return 0.0
    best, neurons = math.inf, range(len(pre))
    for size in range(len(pre) + 1):
        for kinks in itertools.combinations(neurons, size):
            systems = [(weights[list(kinks)], -pre[list(kinks)])]
            for states in itertools.product((0, 1), repeat=len(pre)):
                slope = np.array(states) * outputs
                systems.append((np.vstack([weights[list(kinks)], slope @ weights]),
                                np.append(-pre[list(kinks)], -offset - slope @ pre)))
            for matrix, right in systems:
                delta = np.linalg.pinv(matrix, rcond=1e-10) @ right
                if np.abs(matrix @ delta - right).max(initial=0) > 1e-9:
                    continue
                if value(outputs, weights, pre, delta, offset) <= 1e-9:
                    best = min(best, float(np.linalg.norm(delta)))
    return best


def neurons_of(instance: MarginInstance):
    """Exact outputs, Gram of the raw weights, pre-activations (n, K), combinations (K, n) of a merged point."""
    signs = instance.signs.astype(int)
    combinations = signs[:, None] * rationals(fractions_of(instance.rows)) * instance.labels
    raw = rationals(instance.exact_gram())
    pre = combinations @ (raw + int(bool(instance.bias)))
    outputs = signs * rationals(fractions_of(instance.masses))
    return outputs, combinations @ raw @ combinations.T, pre.T, combinations


def radii_of(instance: MarginInstance):
    outputs, gram, pre, _ = neurons_of(instance)
    return robust_radii(*map(arithmetic.nearest, (outputs, gram, pre)), instance.labels)


def certificate_of(instance: MarginInstance, sample: int) -> tuple[CertifiedRadius, dict]:
    outputs, gram, pre, combinations = neurons_of(instance)
    label = int(instance.labels[sample])
    radius = certify_radius(outputs, gram, pre[sample], label)
    witness = rationals(np.array(radius.displacement, dtype=object)) @ combinations
    network = certificates.merged_network(
        certificates.data_block(instance.labels, instance.bias, gram=instance.exact_gram()), instance.signs,
        fractions_of(instance.rows), fractions_of(instance.masses))
    return radius, certificates.robust_radius(
        network, sample=sample, lower_squared=radius.lower_squared, upper_squared=radius.upper_squared,
        cells=activation_cells(radius, outputs, label), combination=witness, statement="kkt_margin.radius")


@st.composite
def networks(draw, max_neurons=4, max_dimension=3, bound=4):
    """Small integer networks: duplicated, parallel, opposite, zero and dead neurons are all frequent."""
    neurons, dimension = draw(st.integers(1, max_neurons)), draw(st.integers(1, max_dimension))
    entries = st.integers(-bound, bound)
    weights = draw(st.lists(st.lists(entries, min_size=dimension, max_size=dimension), min_size=neurons,
                            max_size=neurons))
    rest = draw(st.lists(entries, min_size=2 * neurons + 1, max_size=2 * neurons + 1))
    offset = draw(st.sampled_from([0, 0, 0, rest[-1]]))
    label = draw(st.sampled_from([1, -1]))
    return np.array(rest[:neurons]), np.array(weights), np.array(rest[neurons:-1]), label, offset


# ------------------------------------------------------------------------------------------- random networks


@settings(deadline=None, max_examples=150)
@given(networks())
def test_matches_the_enumeration_of_faces(network):
    outputs, weights, pre, label, offset = network
    expected = reference_radius(outputs, weights, pre, label, offset)
    gram = weights @ weights.T
    found = robust_radius(outputs, gram, pre, label, offset=offset)
    assert found.closed[0] or math.isinf(expected)
    assert found.upper[0] == pytest.approx(expected, rel=1e-8, abs=1e-9)
    proved = certify_radius(outputs, gram, pre, label, offset=offset)
    assert proved.lower_squared == proved.upper_squared or (math.isinf(expected) and math.isinf(proved.upper_squared))
    assert found.lower[0] <= proved.upper and proved.lower <= found.upper[0]


def proves(cells, outputs, gram, pre, constant, lower_squared) -> bool:
    """The half-space rule and the cover, spelled out in fractions for all activation patterns."""
    covered = set()
    for cell in cells:
        nu, *weights = [arithmetic.to_fraction(arithmetic.rational(entry)) for entry in cell.dual(rationals(outputs))]
        for state, w, o in zip(cell.active, weights, outputs, strict=True):
            if nu < 0 or (state != ON and w < 0) or (state in (ON, EITHER) and w > nu * int(o)):
                return False
        advance = nu * constant + sum(w * int(p) for w, p in zip(weights, pre, strict=True))
        square = sum(a * b * int(gram[i, j]) for i, a in enumerate(weights) for j, b in enumerate(weights))
        if not (advance > 0 and advance**2 >= lower_squared * square):
            return False
        choices = [(0, 1) if state == EITHER else (state,) for state in cell.active]
        covered.update(itertools.product(*choices))
    return len(covered) == 2 ** len(pre)


@settings(deadline=None, max_examples=150)
@given(networks(max_neurons=6))
def test_certified_bounds_are_proved_by_their_cells_and_witness(network):
    outputs, weights, pre, label, offset = network
    gram = weights @ weights.T
    radius = certify_radius(outputs, gram, pre, label, offset=offset)
    if radius.displacement is not None:
        delta = weights.T.astype(object) @ np.array(radius.displacement, dtype=object)
        assert label * value(outputs.astype(object), weights.astype(object), pre.astype(object), delta, offset) <= 0
        assert delta @ delta <= radius.upper_squared
    if radius.cells:
        bound = radius.lower_squared if radius.lower_squared != math.inf else Fraction(10) ** 12
        folded = label * outputs
        assert proves(radius.cells, folded, gram, pre, label * offset, bound)
        assert not proves(radius.cells[1:], folded, gram, pre, label * offset, bound)
        if radius.lower_squared != math.inf:
            assert not proves(radius.cells, folded, gram, pre, label * offset, bound * Fraction(1001, 1000))
    else:
        assert label * value(outputs, weights, pre, np.zeros(weights.shape[1], int), offset) <= 0


@settings(deadline=None, max_examples=60)
@given(networks(max_neurons=5), st.data())
def test_radius_ignores_how_the_network_is_written(network, data):
    """Order, dead neurons, splitting, rescaling of a neuron, and the label's sign leave the exact radius unchanged."""
    outputs, weights, pre, label, offset = network
    expected = certify_radius(outputs, weights @ weights.T, pre, label, offset=offset)
    order = np.array(data.draw(st.permutations(range(len(outputs)))))
    factor = Fraction(data.draw(st.integers(1, 5)), data.draw(st.integers(1, 5)))
    outputs, weights, pre = (part[order].astype(object) for part in (outputs, weights, pre))
    outputs = np.array([Fraction(outputs[0]) / 3, *outputs[1:], Fraction(outputs[0]) * 2 / 3, 0], dtype=object)
    weights = np.vstack([weights, weights[:1] * factor, np.ones_like(weights[:1])])
    pre = np.array([*pre, pre[0] * factor, 1], dtype=object)
    outputs[-2] = outputs[-2] / factor
    rewritten = certify_radius(-outputs, weights @ weights.T, pre, -label, offset=-offset)
    assert rewritten.lower_squared == expected.lower_squared or math.isinf(expected.upper_squared)
    assert rewritten.upper_squared == expected.upper_squared


def test_agrees_with_a_general_convex_solver():
    import cvxpy

    generator = np.random.default_rng(3)
    for _ in range(4):
        weights, outputs = generator.normal(size=(3, 2)), np.array([1.0, -0.7, 0.4])
        pre = generator.normal(size=3) + np.sign(outputs)
        if value(outputs, weights, pre, np.zeros(2)) <= 0:
            continue
        best = math.inf
        for states in itertools.product((0, 1), repeat=3):
            delta = cvxpy.Variable(2)
            z, sign = pre + weights @ delta, 2 * np.array(states) - 1
            problem = cvxpy.Problem(cvxpy.Minimize(cvxpy.norm(delta)),
                                    [cvxpy.multiply(sign, z) >= 0, (outputs * states) @ z <= 0])
            problem.solve(solver="CLARABEL")
            if problem.status == "optimal":
                best = min(best, float(problem.value))
        assert robust_radius(outputs, weights @ weights.T, pre, 1).upper[0] == pytest.approx(best, rel=1e-6)


@pytest.mark.parametrize("neurons", [12, 20, 28])
def test_many_neurons_branch_and_bound_closes_the_gap(neurons):
    generator = np.random.default_rng(neurons)
    weights = generator.normal(size=(neurons, neurons))
    outputs, pre = generator.normal(size=neurons), generator.normal(size=neurons)
    outputs *= 1 if value(outputs, weights, pre, np.zeros(neurons)) > 0 else -1
    gram = weights @ weights.T
    found = robust_radius(outputs, gram, pre, 1)
    assert found.closed[0]
    delta = weights.T @ found.displacements[0]
    assert np.linalg.norm(delta) == pytest.approx(found.upper[0], rel=1e-8)
    assert value(outputs, weights, pre, 1.0000001 * delta) < 1e-9
    open_enclosure = robust_radius(outputs, gram, pre, 1, budget=1)
    assert open_enclosure.lower[0] <= found.upper[0] and found.lower[0] <= open_enclosure.upper[0]
    margin = value(outputs, weights, pre, np.zeros(neurons))
    assert lipschitz_radius(outputs, gram, margin) <= found.upper[0]


def test_beyond_the_limit_the_lower_bound_is_lipschitz_and_the_witness_stays_exact():
    generator = np.random.default_rng(5)
    weights = generator.integers(-5, 6, (8, 6)).astype(object)
    outputs, pre = np.array([1] * 4 + [-1] * 4), np.array([5] * 4 + [1] * 4)
    sharp = certify_radius(outputs, weights @ weights.T, pre, 1)
    rough = certify_radius(outputs, weights @ weights.T, pre, 1, limit=1)
    assert not rough.cells and sharp.upper_squared == sharp.lower_squared
    assert sharp.upper_squared <= rough.upper_squared <= sharp.upper_squared * (1 + Fraction(1, 10**9))
    slope = arithmetic.to_fraction(square_lipschitz_bound(rationals(outputs), rationals(weights @ weights.T)))
    assert rough.lower_squared == Fraction(16**2) / slope < sharp.lower_squared
    bound = lipschitz_radius(rationals(outputs), rationals(weights @ weights.T), np.array([16.0]))
    assert 0 <= rough.lower - bound[0] < 1e-12


# ------------------------------------------------------------------------------------------- degenerate cases


def test_refuses_what_is_not_a_number_or_does_not_fit():
    eye, pre = np.eye(2), np.array([1.0, -1.0])
    for outputs, gram, activations in (([1, np.nan], eye, pre), ([1, -1], np.full((2, 2), np.inf), pre),
                                       ([1, -1], eye, [np.nan, 0])):
        with pytest.raises(ValueError, match="NaN or infinite"):
            robust_radius(np.array(outputs, float), gram, activations, 1)
        with pytest.raises(ValueError, match="NaN or infinite"):
            certify_radius(np.array(outputs, float), gram, np.array(activations, float), 1)
    with pytest.raises(ValueError, match="NaN or infinite"):
        first_crossing(np.array([1.0]), np.array([np.nan]), np.array([1.0]))
    with pytest.raises(ValueError, match="do not fit"):
        robust_radii([1.0], eye, [pre], [1])
    with pytest.raises(ValueError, match=r"\+1 or -1"):
        robust_radii([1.0, -1.0], eye, [pre], [0])
    with pytest.raises(ValueError, match="symmetric"):
        robust_radius([1.0, -1.0], np.array([[1.0, 0.5], [0.0, 1.0]]), pre, 1)
    with pytest.raises(ValueError, match="semidefinite"):
        certify_radius([1, 1], np.array([[1, -2], [-2, 1]]), [1, 1], 1, offset=1)
    with pytest.raises(ValueError, match="sign"):
        certify_radius(arithmetic.ball_between([-1, 1], [1, 1]), arithmetic.balls(np.eye(2)), arithmetic.balls(pre), 1)


def test_wrong_side_and_zero_margin_have_radius_zero():
    for pre, label in (([1, 2], 1), ([1, 1], 1), ([-1, -1], 1), ([2, 1], -1)):
        assert robust_radius([1, -1], np.eye(2), pre, label).upper[0] == 0
        assert certify_radius([1, -1], np.eye(2, dtype=int), pre, label).upper_squared == 0


def test_infinite_radius_without_a_neuron_of_the_other_sign():
    # relu(1 + s) + relu(1 - s) never vanishes; relu(1 + s) alone does.
    opposed = np.array([[1, -1], [-1, 1]])
    assert robust_radius([1, 1], opposed, [1, 1], 1).upper[0] == math.inf
    proved = certify_radius([1, 1], opposed, [1, 1], 1)
    assert proved.upper_squared == proved.lower_squared == math.inf and proved.displacement is None
    assert certify_radius([1], [[4]], [3], 1).upper_squared == Fraction(9, 4)
    # a constant network, and one whose constant can never be outweighed
    assert robust_radius([1.0], [[0.0]], [3.0], 1).upper[0] == math.inf
    assert certify_radius([1, -1], [[0, 0], [0, 1]], [3, 1], 1).upper_squared == 4
    assert certify_radius([1], [[0]], [3], 1).lower_squared == math.inf


def test_ties_between_cells_and_zero_gradient_cells():
    # |s| - 1 in 1-d: both sides at distance 1; and a plateau: relu(1+s) - relu(s) is 1 for s >= 0, reaches 0 at s = -1.
    assert certify_radius([-1, -1], [[1, -1], [-1, 1]], [0, 0], 1, offset=1).lower_squared == 1
    assert certify_radius([1, -1], [[1, 1], [1, 1]], [1, 0], 1).lower_squared == 1
    # flat at zero: relu(1 - s) - relu(s - 3) is 0 on [1, 3]; the closed radius is 1, a sign change needs more than 3
    arrays = ([1, -1], [[1, -1], [-1, 1]], [1, -3], 1)
    assert certify_radius(*arrays).upper_squared == 1
    assert certify_radius(*arrays, level=Fraction(-1, 100)).lower_squared == Fraction(301, 100) ** 2
    assert robust_radius(*arrays, level=-0.01).upper[0] == pytest.approx(3.01)


def test_far_but_finite_radius_is_found():
    # relu(1 + s) + relu(1 - s) - (1 + e) relu(s) vanishes at s = 1 / e for small e
    gram = np.array([[1.0, -1.0, 1.0], [-1.0, 1.0, -1.0], [1.0, -1.0, 1.0]])
    small = 2.0**-12
    assert robust_radius([1, 1, -1 - small], gram, [1, 1, 0], 1).upper[0] == pytest.approx(1 / small, rel=1e-5)
    exact = certify_radius([1, 1, -1 - small], gram, [1, 1, 0], 1)
    assert exact.lower_squared == exact.upper_squared == Fraction(2) ** 24


# ------------------------------------------------------------------------------------------- balls


@settings(deadline=None, max_examples=40)
@given(networks(max_neurons=4), st.integers(0, 2**32 - 1))
def test_ball_enclosure_contains_the_radius_of_every_network_in_the_balls(network, seed):
    outputs, weights, pre, label, offset = network
    outputs = np.where(outputs == 0, 1, outputs)
    generator, width = np.random.default_rng(seed), Fraction(1, 10**9)

    def moved(array):
        shift = generator.integers(-1000, 1001, array.shape).astype(object) * Fraction(width, 1000)
        return array.astype(object) + shift

    def ball(array):
        array = array.astype(object)
        return arithmetic.ball_between(rationals(array - width), rationals(array + width))

    box = ball(weights)
    enclosed = certify_radius(ball(outputs), box @ box.T, ball(pre), label, offset=offset)
    for _ in range(2):
        member = moved(weights)
        exact = certify_radius(moved(outputs), member @ member.T, moved(pre), label, offset=offset)
        assert enclosed.lower <= exact.upper and exact.lower <= enclosed.upper


def test_balls_are_sharp_where_the_radius_is_smooth():
    instance = orthogonal_merged(split_labels(3, 2), 9)
    outputs, gram, pre, _ = neurons_of(instance)
    radius = certify_radius(arithmetic.balls(outputs), arithmetic.balls(gram), arithmetic.balls(pre[0]), 1)
    assert radius.lower <= math.sqrt(1.8) <= radius.upper <= radius.lower * (1 + 1e-14)


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


def test_speed_of_a_batch():
    """Ten samples, four neurons: the budget is 50 ms; some 0.1 ms are typical, so the factor is ample."""
    generator = np.random.default_rng(0)
    weights, points = generator.normal(size=(4, 30)), generator.normal(size=(10, 30))
    outputs, pre = np.array([1.0, 1.0, -1.0, -1.0]), points @ weights.T
    labels = np.where(np.maximum(pre, 0) @ outputs > 0, 1, -1)
    arrays = (outputs, weights @ weights.T, pre, labels)
    assert robust_radii(*arrays).closed.all()
    durations = []
    for _ in range(5):
        start = time.perf_counter()
        robust_radii(*arrays)
        durations.append(time.perf_counter() - start)
    assert min(durations) < 0.05


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
