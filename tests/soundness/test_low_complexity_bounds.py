"""Nothing that low_complexity calls a bound is ever exceeded: classifiers that climb, odd laws, attacks."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from constructions.instance import InvalidInstance, exact_array
from constructions.low_complexity import LowInstance, MenuInstance, indicator, light, spaces
from verifiers.errors import MissingPart
from verifiers.low_complexity import measure
from verifiers.low_complexity.additive import Additive, least_value
from verifiers.low_complexity.bounds import linear_bound, moments
from verifiers.low_complexity.hinge import best_weights, dual_bound, feasible, robust_hinge_risk, signed_points
from verifiers.low_complexity.lattice import lattice_of
from verifiers.low_complexity.linear import affine_accuracy, ball, exceeds, groups_of, root_sign
from verifiers.low_complexity.menu import MenuSubject
from verifiers.low_complexity.quadratic import Quadratic, quadratic_accuracy

fractions = st.fractions(-2, 2, max_denominator=12)


@settings(max_examples=150, deadline=None)
@given(
    st.integers(1, 5), st.integers(1, 5), st.sampled_from(["0", "1/2", "99/100", "6/5"]),
    st.fractions(0, 2, max_denominator=20), st.lists(fractions, min_size=5, max_size=5), st.booleans(),
)  # fmt: skip
def test_no_classifier_exceeds_the_bound(d, k, gap, tau, weights, maximum) -> None:
    try:
        lattice = lattice_of(light(d, min(k, d), tau, gap, 0).law)
    except InvalidInstance:
        return
    own = groups_of(weights[:d])
    accuracy = affine_accuracy(lattice, own, tau, maximum)
    bound = linear_bound(lattice, tau, maximum)
    assert not ball(accuracy) > ball(bound)
    offset = affine_accuracy(lattice, own, tau, maximum, weights[-1])
    assert not 2 * offset > 1 + accuracy


@pytest.mark.parametrize(("d", "k", "gap", "tau"), [(5, 1, "0", "1/2"), (5, 3, "1/2", "4/5"), (4, 4, "1", "3/4")])
def test_climbing_classifiers_stay_below_the_bound(d, k, gap, tau) -> None:
    """Random steps that keep whatever is at least as accurate, from the best set of coordinates."""
    lattice, radius = lattice_of(light(d, k, 0, gap, 0).law), Fraction(tau)
    bound, generator = linear_bound(lattice, radius), np.random.default_rng(d)
    starts = [indicator(d, size).tolist() for size in range(1, d + 1)]
    best = max(starts, key=lambda w: affine_accuracy(lattice, groups_of([Fraction(v) for v in w]), radius))
    weights = [Fraction(v) for v in best]
    accuracy = affine_accuracy(lattice, groups_of(weights), radius)
    for _ in range(150):
        moved = [w + Fraction(int(generator.integers(-8, 9)), 16) for w in weights]
        found = affine_accuracy(lattice, groups_of(moved), radius)
        if found >= accuracy:
            weights, accuracy = moved, found
    assert 0 < accuracy and not ball(accuracy) > ball(bound)


def test_radius_zero_and_beyond_everything() -> None:
    instance = light(4, 2, 0, "1/2", 0, weights=[1, 1, 1, 1])
    assert float(measure(instance)["accuracy"].value) == 1.0
    assert float(measure(instance)["linear_bound"].value) == 1.0
    far = light(4, 2, 100, "1/2", 0, weights=[1, 1, 1, 1])
    assert float(measure(far)["accuracy"].value) == 0.0
    assert 0 <= float(measure(far)["linear_bound"].upper) < 1e-3


def test_one_coordinate_and_every_coordinate_in_use() -> None:
    own = moments(lattice_of(light(1, 1, 0, "0", 0).law))
    assert (own.mean_sq, own.along, own.across) == (1, 1, 0)
    assert own.bound(Fraction(1)) == 1 and own.bound(Fraction(11, 10)) == 0
    full = light(4, 4, "1/2", "1/2", 0, weights=[1, 1, 1, 1])
    assert measure(full)["accuracy"].value <= measure(full)["linear_bound"].upper


def test_ties_and_the_zero_classifier_are_wrong() -> None:
    """x = (1): y <w, x> = 1 is not beyond the radius 1; w = 0 is right nowhere, a constant on half of the points."""
    lattice = lattice_of(light(1, 1, 0, "0", 0).law)
    one, zero = groups_of([Fraction(1)]), groups_of([Fraction(0)])
    assert affine_accuracy(lattice, one, Fraction(1)) == 0
    assert affine_accuracy(lattice, one, Fraction(999, 1000)) == 1
    assert affine_accuracy(lattice, zero, Fraction(0)) == 0
    assert affine_accuracy(lattice, zero, Fraction(5), offset=Fraction(1)) == Fraction(1, 2)


@given(fractions, st.fractions(0, 4, max_denominator=9), fractions, st.fractions(0, 4, max_denominator=9))
def test_comparisons_of_square_roots_are_those_of_balls(score, unit_sq, offset, limit_sq) -> None:
    from flint import arb, fmpq

    def root(value: Fraction) -> arb:
        return arb(fmpq(value.numerator, value.denominator)).sqrt()

    left = arb(fmpq(score.numerator, score.denominator)) * root(unit_sq) + arb(
        fmpq(offset.numerator, offset.denominator)
    )
    assert not (root_sign(score, unit_sq, offset) > 0 and left < 0)
    assert not (root_sign(score, unit_sq, offset) < 0 and left > 0)
    right = root(limit_sq)
    if left > right:
        assert exceeds(score, unit_sq, offset, limit_sq)
    if left < right:
        assert not exceeds(score, unit_sq, offset, limit_sq)


def test_equal_square_roots_are_a_tie() -> None:
    assert not exceeds(Fraction(2), Fraction(2), Fraction(0), Fraction(8))  # 2 sqrt(2) = sqrt(8)
    assert not exceeds(Fraction(0), Fraction(2), Fraction(3), Fraction(9))
    assert root_sign(Fraction(1), Fraction(4), Fraction(-2)) == 0


@settings(max_examples=40, deadline=None)
@given(st.lists(fractions, min_size=6, max_size=6), st.fractions(0, 2, max_denominator=9), st.sampled_from([-1, 1]))
def test_least_values_of_quadratics_lie_below_a_grid_and_have_no_gap(numbers, tau, label) -> None:
    a, b, c, p, q, constant = numbers
    matrix = np.array([[a, b], [b, c]], dtype=object)
    low, high = Quadratic(constant, [p, q], matrix, tau).least([Fraction(1), Fraction(-1)], label)
    angles, radii = np.linspace(0, 2 * np.pi, 361), float(tau) * np.linspace(0, 1, 41)
    x = 1 + radii[:, None] * np.cos(angles)
    y = -1 + radii[:, None] * np.sin(angles)
    f = float(constant) + float(p) * x + float(q) * y + float(a) * x**2 + 2 * float(b) * x * y + float(c) * y**2
    least = (label * f).min()
    assert float(low) <= least + 1e-9
    assert float(high) >= least - 0.05 and low <= high
    assert float(high - low) < 1e-4


def test_hard_case_of_the_trust_region_has_no_gap() -> None:
    """min of -x^2 + y^2 over the unit disk is -1, at (1, 0), though the gradient at the origin vanishes."""
    matrix = np.array([[Fraction(-1), Fraction(0)], [Fraction(0), Fraction(1)]], dtype=object)
    low, high = Quadratic(Fraction(0), [Fraction(0)] * 2, matrix, Fraction(1)).least([Fraction(0)] * 2, 1)
    assert float(low) == pytest.approx(-1, abs=1e-5) and float(high) == pytest.approx(-1, abs=1e-5)
    assert low <= -1 <= high


@settings(max_examples=60, deadline=None)
@given(st.lists(fractions, min_size=2, max_size=7), st.fractions("1/9", 2, max_denominator=9))
def test_least_values_of_polynomials_lie_below_a_grid(dense, reach) -> None:
    least = least_value(dense, reach)
    grid = np.polyval([float(c) for c in reversed(dense)], np.linspace(-float(reach), float(reach), 4001))
    assert float(least.lower()) <= grid.min() + 1e-12
    assert float(least.mid()) == pytest.approx(grid.min(), abs=1e-3)


@settings(max_examples=15, deadline=None)
@given(st.lists(fractions, min_size=2, max_size=3), st.fractions("1/20", 1, max_denominator=20), st.integers(1, 3))
def test_certified_points_of_polynomials_withstand_random_attacks(coefficients, tau, d) -> None:
    additive = Additive(lattice_of(light(d, 1, 0, "1/2", 0).law), coefficients, tau)
    robust, broken = additive.certified(), additive.broken()
    assert not np.any(robust & broken)
    generator = np.random.default_rng(0)
    moves = generator.normal(size=(4000, d))
    moves *= float(tau) * generator.random((4000, 1)) ** (1 / d) / np.linalg.norm(moves, axis=1, keepdims=True)
    for row, safe in zip(additive.counts, robust, strict=True):
        point = np.repeat([*additive.kinds, 0], row).astype(float)
        x = point + moves
        f = sum(float(c) * x ** (2 * n + 1) for n, c in enumerate(coefficients)).sum(axis=1)
        assert not safe or f.min() > -1e-12


def test_probabilities_of_points_add_up() -> None:
    lattice = lattice_of(light(40, 5, 0, "1/2", 0).law)
    additive = Additive(lattice, [Fraction(1)], Fraction(1, 10))
    total = additive.probability(np.ones(len(additive.counts), dtype=bool))
    assert float(total.mid()) == pytest.approx(float(lattice.acceptance()) / 2, abs=1e-7)


def test_noise_is_refused_where_bounds_need_its_absence() -> None:
    noisy = lattice_of(light(3, 1, 0).law)
    with pytest.raises(MissingPart, match="without noise"):
        Additive(noisy, [Fraction(1)], Fraction(1, 10))
    with pytest.raises(MissingPart, match="without noise"):
        quadratic_accuracy(noisy, Fraction(0), [Fraction(1)] * 3, np.full((3, 3), Fraction(0)), Fraction(1))


@pytest.mark.parametrize("norm", [2, 0])
@pytest.mark.parametrize("seed", range(6))
def test_no_classifier_has_less_hinge_risk_than_the_multipliers_prove(norm, seed) -> None:
    generator = np.random.default_rng(seed)
    points = generator.integers(-3, 4, (10, 3))
    labels = np.where(generator.random(10) < 0.5, 1, -1)
    empty = LowInstance(radius="1/3", norm=norm, points=points, labels=labels, weights=[0, 0, 0])
    bound, alpha = dual_bound(empty)
    assert feasible(signed_points(empty), alpha, Fraction(1, 3), norm)
    for _ in range(20):
        weights = exact_array([Fraction(int(v), 8) for v in generator.integers(-16, 17, 3)])
        other = LowInstance(**(empty.arrays() | {"weights": weights}))
        assert not ball(robust_hinge_risk(other)) < ball(bound)
    solved = LowInstance(**(empty.arrays() | {"weights": best_weights(empty)}))
    assert float(measure(solved)["hinge_risk"].value) - float(bound) < 1e-5


def test_forged_multipliers_are_not_feasible() -> None:
    signed = signed_points(LowInstance(radius=1, points=[[2, 0], [0, 1]], labels=[1, -1]))
    half = Fraction(1, 2)
    assert feasible(signed, np.array([Fraction(0), half], dtype=object), Fraction(1), 2)
    assert not feasible(signed, np.array([half, Fraction(0)], dtype=object), Fraction(1), 2)
    assert not feasible(signed, np.array([Fraction(0), Fraction(3, 2)], dtype=object), Fraction(1), 2)
    assert not feasible(signed, np.array([Fraction(0), -half], dtype=object), Fraction(1), 2)
    assert not feasible(signed, np.array([float("nan"), half], dtype=object), Fraction(1), 2)


def test_laws_without_exact_sums_are_named() -> None:
    from constructions.feature_purification import SparseLaw

    for law in (SparseLaw.of("scale", 10, 4), SparseLaw.of("two", 10, 3, heavy=1)):
        with pytest.raises(MissingPart, match="exact sums"):
            lattice_of(law)


@settings(max_examples=40, deadline=None)
@given(
    st.integers(1, 8), st.integers(1, 3), st.sampled_from([1, 3]), st.integers(0, 99),
    st.fractions(0, 1, max_denominator=8), st.lists(fractions, min_size=4, max_size=4),
)  # fmt: skip
def test_no_symmetric_polynomial_has_less_risk_than_the_multipliers_prove(n, d, degree, seed, tau, numbers) -> None:
    own = spaces.sample(n, d, seed, 0, tau, (Fraction(0),) * d)
    coefficients = exact_array(numbers[: 1 if degree == 1 else 4])
    subject = MenuSubject(spaces.menu_of(own.points, own.labels, tau, degree=degree, coefficients=coefficients))
    bound, alpha = subject.bound()
    assert 0 <= bound <= 1 and (bound == 0 or subject.proves(alpha))
    assert subject.symmetrised_risk() >= bound
    assert subject.excess() <= 0


def test_forged_multipliers_on_a_menu_prove_nothing() -> None:
    """Points 1 and 2, both of label +1, and f = c x: any positive c is right, so no positive multipliers balance."""
    instance = MenuInstance(degree=1, radius=0, points=[[1], [2], [1]], labels=[1, 1, -1], attacked=[[1], [2], [1]],
                            owners=[0, 1, 2])  # fmt: skip
    subject, half = MenuSubject(instance), Fraction(1, 2)
    assert subject.proves([half, Fraction(0), half])
    for forged in (
        [half, half, half], [half, Fraction(0), Fraction(1)], [2 * half, half, 3 * half], [-half, Fraction(0), -half],
        [half, Fraction(0)], [float("nan"), 0.0, float("nan")],
    ):  # fmt: skip
        assert not subject.proves(forged)


def test_moves_beyond_the_ball_are_seen() -> None:
    own = {"degree": 1, "radius": "1/2", "points": [[1, 1]], "labels": [1], "owners": [0]}
    assert MenuSubject(MenuInstance(attacked=[["1/2", 1]], **own)).excess() == 0
    assert MenuSubject(MenuInstance(attacked=[["1/2", "1/2"]], **own)).excess() > 0
    assert MenuSubject(MenuInstance(attacked=[["1/2", "1/2"]], norm=0, **own)).excess() == 0
