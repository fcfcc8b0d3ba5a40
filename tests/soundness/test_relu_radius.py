"""The robust radius of random networks against an independent enumeration of faces and a general solver."""

from __future__ import annotations

import itertools
import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from radius_reference import networks, neurons_of, reference_radius, value

from constructions.kkt_margin.closed_forms import orthogonal_merged
from constructions.kkt_margin.data import split_labels
from verifiers import arithmetic
from verifiers.relu_attack import first_crossing, lipschitz_radius, square_lipschitz_bound
from verifiers.relu_certificate import EITHER, ON, certify_radius
from verifiers.relu_radius import robust_radii, robust_radius

rationals = arithmetic.rationals



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
