"""Every construction gives KKT points or says why not; `kkt_network` checks the conditions, not the package."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from kkt_network import Network, assert_exact_kkt_point, assert_float_kkt_point, numbers

from constructions import kkt_margin as build
from constructions import strategies
from constructions.instance import InvalidInstance
from constructions.kkt_margin import algebra, structured
from constructions.kkt_margin.cone import coordinates

split = build.split_labels

# --- closed forms, strategies, methods -------------------------------------------------------------------------------


@pytest.mark.parametrize("name", structured.POINTS)
def test_catalogue_holds_exact_kkt_points(name):
    (draw,) = structured.structured_draws([name])
    assert (draw.source, draw.law) == ("structured", name)
    assert_exact_kkt_point(draw.instance)


@settings(deadline=None, max_examples=60)
@given(strategies.closed_form_points())
def test_closed_forms_are_exact_kkt_points(instance):
    assert_exact_kkt_point(instance)


@settings(deadline=None, max_examples=25)
@given(strategies.closed_form_points(max_size=6))
def test_solved_points_equal_closed_forms_with_one_neuron_per_class(instance):
    if len(instance.signs) > 2:
        return
    solved = assert_exact_kkt_point(build.exact_partition_point(instance.without_network()))
    closed = Network(instance)
    assert (solved.multiplier_squares == closed.multiplier_squares).all()
    assert all(solved.rows[k, i] ** 2 * closed.squares[k] == closed.rows[k, i] ** 2 * solved.squares[k]
               for k, i in np.ndindex(*closed.rows.shape))


@settings(deadline=None, max_examples=15)
@given(strategies.merged_points(), strategies.random_pattern_points(), strategies.gradient_points())
def test_solved_searched_and_descended_points_meet_the_conditions(merged, patterns, descended):
    for instance in (merged, patterns, descended):
        assert_float_kkt_point(instance)


@settings(deadline=None, max_examples=10)
@given(strategies.merged_points(max_size=5, exact=True))
def test_exact_merged_points_of_float_data_are_exact(instance):
    assert_exact_kkt_point(instance)


@settings(deadline=None, max_examples=20)
@given(strategies.label_vectors(2, 7), strategies.generators())
def test_every_dataset_strategy_can_be_fitted(labels, generator):
    data = build.sign_data(labels.size, 64, generator, labels=labels, bias=True)
    assert build.check_fittable(data) == []


@pytest.mark.parametrize("method", build.METHODS)
def test_every_method_gives_a_point_or_says_why_not(method):
    data, generator = build.linear_congruential_sign_data(6, 1024, bias=True), np.random.default_rng(5)
    if method == "singles":
        with pytest.raises(build.NoPoint, match="neuron 0, sample"):
            build.kkt_point(data, method)
    else:
        instance = build.kkt_point(data, method, generator)
        (assert_exact_kkt_point if method == "exact" else assert_float_kkt_point)(instance)


def test_random_patterns_reach_different_points_of_the_same_data():
    data, generator = build.linear_congruential_sign_data(6, 1024, bias=True), np.random.default_rng(0)
    totals = {round(build.restricted_point(data, build.random_neurons(data.labels, generator)).multipliers.sum(), 9)
              for _ in range(12)}
    assert len(totals) >= 3


@pytest.mark.parametrize(("n", "d"), [(12, 6), (24, 12)])
def test_program_and_repair_work_with_more_samples_than_dimensions(n, d):
    generator = np.random.default_rng(7)
    data = build.uniform_sphere_data(n, d, generator, bias=True)
    point = build.restricted_point(data, build.sampled_neurons(data.float_lifted_gram(), generator, 60))
    assert_float_kkt_point(point.on(data), 1e-9)


def test_gradient_run_that_does_not_fit_is_told_apart_from_a_failure():
    data, generator = build.linear_congruential_sign_data(8, 64), np.random.default_rng(0)
    with pytest.raises(build.NotFitted, match="hypothesis not met"):
        for _ in range(20):
            build.gradient_point(data, 2, generator, stage_steps=1)


# --- refusals --------------------------------------------------------------------------------------------------------


def test_zero_or_one_subgradients_at_kinks_are_not_a_kkt_point():
    instance = build.orthogonal_biased(split(5, 5), 100)
    gram, rows = instance.float_lifted_gram(), np.array([[1.0] * 5 + [0.0] * 5, [0.0] * 5 + [1.0] * 5])
    point = algebra.normalised(np.array([1, -1]), rows, np.full(2, 105 / 11000), gram, instance.labels)
    assert point.residual > 1e-2


def test_excluding_a_correlated_sample_of_the_same_class_is_refused():
    data = build.user_data([1, 1, -1], points=[[3, 1, 0], [3, -1, 0], [0, 0, 1]], bias=False)
    blocks, neurons = [[0], [1], [2]], build.neurons_of([(1, [0]), (1, [1]), (-1, [2])], 3)
    for attempt in (lambda: build.partition_point(data, blocks), lambda: build.exact_partition_point(data, blocks),
                    lambda: build.restricted_point(data, neurons, repairs=0)):
        with pytest.raises(build.NoPoint) as refusal:
            attempt()
        assert refusal.value.rows
    rows = refusal.value.rows
    assert all(mu < -1e-3 * lam for _, _, mu, lam in rows)  # pressed against a wall that the neuron wants to cross
    assert_float_kkt_point(build.restricted_point(data, neurons).on(data))  # the repair opens the wall


def test_data_without_a_separating_neuron_are_refused():
    with pytest.raises(build.NoPoint, match="no neuron separates"):
        build.merged_point(build.xor_data())
    point = build.restricted_point(build.xor_data(), build.neurons_of([(1, [0]), (1, [1]), (-1, [2]), (-1, [3])], 4))
    assert_float_kkt_point(point.on(build.xor_data()))


@pytest.mark.parametrize(
    ("arrays", "line"),
    [
        ({"labels": [1, 1], "points": [[1], [2]]}, "both classes"),
        ({"labels": [1, -1], "points": [[1.5, 2], [1.5, 2]]}, "equal points with opposite labels"),
        ({"labels": [1, -1], "points": [["1/3", 1], ["2/6", 1]]}, "equal points with opposite labels"),
        ({"labels": [1, -1], "points": [[1, 2], [2, 4]], "bias": False}, "one ray"),
        ({"labels": [1, -1], "points": [[0, 0], [2, 4]], "bias": False}, "zero point"),
        ({"labels": [1, -1], "gram": [[1, 1], [1, 1]]}, "equal points with opposite labels"),
        ({"labels": [1, -1], "gram": [[1, 2], [2, 1]]}, "not positive semidefinite"),
        ({"labels": [1, 0], "points": [[1], [2]]}, r"must be \+1 or -1"),
        ({"labels": [1, -1], "points": [[1.0], [float("nan")]]}, "NaN"),
    ],
)
def test_data_that_no_network_fits_are_refused_in_one_line(arrays, line):
    with pytest.raises(InvalidInstance, match=line) as refusal:
        build.user_data(**arrays)
    assert "\n" not in str(refusal.value)


def test_legal_oddities_are_noted_not_refused():
    assert build.check_fittable(build.user_data([1, -1, 1], points=[[1, 2], [0, 1], [1, 2]])) == [
        "samples 0 and 2 are equal with equal labels"]
    assert build.check_fittable(build.user_data([1, -1], points=[[1, 2], [2, 4]])) == []
    assert build.check_fittable(build.user_data([1, -1], points=[[1, 2], [-1, -2]], bias=False)) == []
    assert build.check_fittable(build.user_data([1, -1], points=[[0, 0], [1, 0]])) == ["sample 0 is the zero point"]
    close = build.user_data([1, -1], points=[[1.0, 2.0], [1.0, np.nextafter(2.0, 3.0)]])
    assert build.check_fittable(close) == []


# --- agreement of programs -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("n", "d", "bias"), [(5, 30, True), (8, 60, False), (10, 6, True)])
def test_program_in_gram_coordinates_agrees_with_the_reference(n, d, bias):
    generator = np.random.default_rng(n)
    data = build.uniform_sphere_data(n, d, generator, bias=bias)
    samples = np.hstack([data.points, np.ones((n, 1))]) if bias else data.points
    gram = data.float_lifted_gram()
    signs, patterns = build.sampled_neurons(gram, generator, 30)
    reference = build.reference_program(samples, data.labels, signs, patterns)
    for direct in (10**6, 8):
        found = build.solve_program(coordinates(gram), data.labels, signs, patterns, direct=direct)
        assert found.objective == pytest.approx(reference.objective, rel=1e-6)
        assert found.multipliers.sum() == pytest.approx(reference.objective, rel=1e-6)
        functions = [(v.vectors @ s.T * signs[:, None] * patterns).sum(axis=0)
                     for v, s in ((found, coordinates(gram)), (reference, samples))]
        assert functions[0] == pytest.approx(functions[1], abs=1e-4)


def test_program_over_all_patterns_reaches_the_global_optimum_of_orthogonal_data():
    gram, labels = 9.0 * np.eye(5), split(3, 2)
    patterns = np.array(np.meshgrid(*[[0.0, 1.0]] * 5)).reshape(5, -1).T[1:]
    signs = np.repeat([1, -1], len(patterns))
    found = build.solve_program(coordinates(gram), labels, signs, np.vstack([patterns, patterns]))
    assert found.objective == pytest.approx(1.048754789981, rel=1e-8)


def test_triangular_factor_has_the_law_of_sphere_data():
    generator = np.random.default_rng(3)
    factor = build.bartlett_sphere_data(3, 40, generator)
    assert factor.points.shape == (3, 3) and int(factor.dimension) == 40
    draws = np.array([build.bartlett_sphere_data(3, 40, generator).float_gram() for _ in range(4000)])
    assert np.diagonal(draws, axis1=1, axis2=2) == pytest.approx(np.full((4000, 3), 40.0))
    for i, j in ((0, 1), (0, 2), (1, 2)):  # <x, x'> has mean 0 and variance d; 5 standard errors
        assert abs(draws[:, i, j].mean()) < 5 * np.sqrt(40 / 4000)
        assert draws[:, i, j].var() == pytest.approx(40, rel=0.15)


@pytest.mark.parametrize("part", ["rows", "masses", "signs"])
@pytest.mark.parametrize("name", ["two points, cosine 1/2", "orthogonal 5+2, bias", "star 8+8, r=4/5"])
def test_the_checker_of_this_file_refuses_altered_points(part, name):
    (draw,) = structured.structured_draws([name])
    parts = {key: numbers(getattr(draw.instance, key), True) for key in ("signs", "rows", "masses")}
    parts[part] = parts[part].copy()
    first = parts[part].flat
    first[0] = -first[0] if part == "signs" else first[0] * Fraction(1001, 1000)
    altered = draw.instance.with_point(parts["signs"].astype(np.int64), parts["rows"], parts["masses"])
    with pytest.raises(AssertionError):
        assert_exact_kkt_point(altered)
