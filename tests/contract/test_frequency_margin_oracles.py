"""Representation costs and max margins of frequency_bias against reference numbers, closed forms, convex programs."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from constructions.frequency_bias import FrequencyInstance, networks
from constructions.frequency_bias.transform import high_share
from constructions.instance import InvalidInstance
from theorems.frequency_bias import judging_margin
from theorems.frequency_bias import margin_families as families
from theorems.testing import exact
from verifiers.errors import MissingPart, NoCertificate
from verifiers.frequency_bias import certifies_all, measure
from verifiers.frequency_bias.margin import lower_bound, max_margin, separable, upper_bound
from verifiers.frequency_bias.margin_bridge import bridge_penalty, euclidean_margin, polished, stationary_points
from verifiers.frequency_bias.solvers import Shape, dual_norm, filter_gram, full_width_norm, represent, tone_norm
from verifiers.frequency_bias.solvers_exact import (
    compose_exact,
    dual_threshold,
    gram_exact,
    margin_exact,
    positive_definite,
    represent_exact,
)
from verifiers.frequency_bias.solvers_reference import (
    cost_program,
    full_width_program,
    lifted_margin_program,
    margin_program,
    nuclear_program,
)

WEIGHTS = np.array(families.ORACLE)
COSTS = {1: 7.745966692, 2: 7.734617160, 3: 7.606521449, 4: 6.442079174, 5: 6.442064156, 6: 6.438311756, 7: 6.438311756,
         8: 6.438311756}  # fmt: skip
POINTS, LABELS = np.array(families.MARGIN_POINTS), [1, -1, 1]
MARGINS = {1: 0.35662931, 2: 0.35005245, 3: 0.31946016, 4: 0.31067632, 5: 0.29914546, 8: 0.29563543}
SHARES = {1: 0.607429, 2: 0.680092, 3: 0.539619, 4: 0.604503, 5: 0.592119, 8: 0.593293}
BETA_3 = (0.144521, 0.150685, -0.097945, -0.206164, 0.166438, 0.057534, -0.213014, -0.002055)


def gaussian(seed=1, count=10, sites=32):
    own = np.random.default_rng(seed)
    return own.standard_normal((count, sites)), np.sign(own.standard_normal(count))


@pytest.mark.parametrize(("kernel", "value"), COSTS.items())
def test_costs_of_an_integer_predictor(kernel, value):
    found = represent(WEIGHTS, Shape.of(8, kernel))
    bounds = represent_exact(WEIGHTS, Shape.of(8, kernel), found)
    assert float(bounds.lower) == pytest.approx(value, abs=2e-9) == float(bounds.upper)
    assert bounds.lower <= bounds.upper and float(bounds.gap) < 1e-8


def test_kernels_four_and_five_differ_by_what_they_should():
    four, five = (represent_exact(WEIGHTS, Shape.of(8, k), represent(WEIGHTS, Shape.of(8, k))) for k in (4, 5))
    assert 1.4e-5 < float(four.lower - five.upper) < 1.6e-5


@pytest.mark.parametrize("kernel", [1, 2, 3, 5])
def test_three_programs_have_one_value(kernel):
    """The K x K program, the nuclear norm and the dual bound; one filter attains it."""
    shape = Shape.of(8, kernel)
    value = represent(WEIGHTS, shape).lower
    assert cost_program(shape, WEIGHTS)[0] == pytest.approx(value, rel=1e-6)
    assert nuclear_program(WEIGHTS, shape) == pytest.approx(value, rel=1e-6)
    assert represent(WEIGHTS, shape, channels=1).upper == pytest.approx(value, rel=1e-8)


def test_factors_compose_to_the_predictor_and_cost_what_is_said():
    found = represent(WEIGHTS, Shape.of(8, 3))
    direct = sum(found.filters[c, 0, k] * np.roll(found.readouts[c], k) for c in range(2) for k in range(3))
    assert direct == pytest.approx(WEIGHTS, abs=1e-9)
    cost = 0.5 * (np.sum(found.filters**2) + np.sum(found.readouts**2))
    assert cost == pytest.approx(found.upper) and dual_norm(found.dual, Shape.of(8, 3)) == pytest.approx(1, abs=1e-9)


@pytest.mark.parametrize(("d", "values"), {
    0: (0.57735027, 0.44721360, 0.33333333), 1: (0.58481737, 0.46468992, 0.37759596),
    4: (0.70710678, 0.57735027, 0.44721360), 12: (0.70710678, 0.57735027, 0.44721360),
    16: (0.57735027, 0.44721360, 0.33333333),
}.items())  # fmt: skip
def test_costs_of_unit_cosines(d, values):
    wave = np.cos(2 * np.pi * d * np.arange(32) / 32)
    wave /= np.linalg.norm(wave)
    for taps, value in zip((3, 5, 9), values, strict=True):
        found = represent(wave, Shape.of(32, taps))
        assert found.lower == pytest.approx(value, abs=1e-8) == found.upper
        assert tone_norm(taps, 32, d) == pytest.approx(value, abs=1e-8)


def test_costs_with_two_input_channels():
    weights = np.random.default_rng(0).standard_normal((8, 2)).T
    for taps, value in ((1, 4.77989395), (2, 4.6544083), (3, 4.3099531), (8, 3.58557527)):
        found = represent(weights, Shape.of(8, taps))
        assert found.lower == pytest.approx(value, abs=2e-7) and found.upper == pytest.approx(value, abs=2e-6)
    assert full_width_norm(weights) == pytest.approx(3.58557527, abs=1e-8)
    with pytest.raises(InvalidInstance, match="output channels"):
        represent(weights, Shape.of(8, 2), channels=1)


def test_two_dimensions_need_two_filters():
    shape, weights = Shape.of((4, 4), 2), np.array(families.TORUS)
    assert represent(weights, Shape.of((4, 4), 1)).upper == pytest.approx(6.32455532, abs=1e-8)
    assert represent(weights, Shape.of((4, 4), 4)).upper == pytest.approx(5.60921521, abs=1e-8)
    assert cost_program(shape, weights)[0] == pytest.approx(5.880836538, abs=1e-6)
    two = represent_exact(weights, shape, represent(weights, shape, 2))
    assert float(two.upper) == pytest.approx(5.880836538, abs=1e-8) == float(two.lower)
    one = represent(weights, shape, 1, generator=np.random.default_rng(4))
    assert one.upper == pytest.approx(5.895318043, abs=1e-6)
    measured = measure(networks.predictor(weights, 2))["one_filter_cost"]
    assert float(two.upper) < measured.lower < 5.895318043 < measured.upper + 1e-6


@pytest.mark.parametrize(("kernel", "value"), MARGINS.items())
def test_max_margins_of_three_integer_points(kernel, value):
    shape = Shape.of(8, kernel)
    found = max_margin(POINTS, LABELS, shape, tolerance=1e-9)
    bounds = margin_exact(POINTS, LABELS, shape, found)
    assert float(bounds.lower) == pytest.approx(value, abs=1e-8) == float(bounds.upper)
    assert bounds.lower <= bounds.upper
    energies = np.abs(np.fft.fft(found.predictor[0])) ** 2
    share = (energies[3:6].sum() + energies[[2, 6]].sum() / 2) / energies.sum()
    assert share == pytest.approx(SHARES[kernel], abs=2e-5)
    if kernel == 3:
        assert found.predictor[0] == pytest.approx(BETA_3, abs=1e-5)


def test_the_exact_sandwich_is_as_narrow_as_that_of_the_reference():
    reference = {2: (0.3500524421, 0.3500524458), 3: (0.3194601608, 0.3194601612), 5: (0.2991454630, 0.2991454634)}
    for kernel, (low, high) in reference.items():
        shape = Shape.of(8, kernel)
        bounds = margin_exact(POINTS, LABELS, shape, max_margin(POINTS, LABELS, shape, tolerance=1e-9))
        assert low - 1e-9 < bounds.lower <= bounds.upper < high + 1e-9


@pytest.mark.parametrize(("kernel", "value"), {
    1: 0.744181, 3: 0.72683245, 5: 0.719230, 9: 0.65470335, 32: 0.59048672}.items())  # fmt: skip
def test_max_margins_of_gaussian_points(kernel, value):
    points, labels = gaussian()
    found = max_margin(points, labels, Shape.of(32, kernel))
    assert found.gap <= 1e-6 and found.lower == pytest.approx(value, rel=2e-6)


def test_max_margin_agrees_with_the_convex_programs():
    for kernel in (1, 3):
        shape = Shape.of(8, kernel)
        value = max_margin(POINTS, LABELS, shape).lower
        assert margin_program(POINTS, LABELS, shape)[0] == pytest.approx(value, rel=2e-6)
        assert lifted_margin_program(POINTS, LABELS, shape) == pytest.approx(value, rel=2e-6)
    assert full_width_program(POINTS, LABELS)[0] == pytest.approx(MARGINS[8], abs=1e-7)


def test_both_bounds_hold_for_any_multipliers_and_any_net():
    own = np.random.default_rng(3)
    shape = Shape.of(8, 3)
    data = (POINTS * np.array(LABELS)[:, None])[:, None].astype(float)
    for _ in range(200):
        assert lower_bound(own.exponential(size=3), data, shape) <= MARGINS[3] + 1e-7
        filters, readouts = own.standard_normal((2, 1, 3)), own.standard_normal((2, 8))
        assert upper_bound(filters, readouts, data, shape) >= MARGINS[3] - 1e-7


def test_one_filter_gets_trapped_where_two_do_not():
    """The optimum has a one-filter net of the same cost, so that the trap is one of descent."""
    own = np.random.default_rng(7)
    points, labels = own.integers(-9, 10, (8, 12)), own.choice([-1, 1], 8)
    shape = Shape.of(12, 3)
    best = max_margin(points, labels, shape)
    assert best.gap <= 1e-6
    trapped = max_margin(points, labels, shape, channels=1, generator=np.random.default_rng(0), starts=1)
    assert trapped.upper > 1.05 * best.upper
    single = represent(best.predictor, shape, channels=1)
    assert single.upper == pytest.approx(best.upper, rel=1e-5)


def test_full_width_problems_are_solved_to_the_gap_that_is_asked():
    for seed in range(4):
        points, labels = gaussian(seed, 6, 15)
        found = max_margin(points, labels, Shape.of(15, 15))
        assert found.gap <= 1e-6
        assert full_width_norm(found.predictor[0]) == pytest.approx(found.upper, rel=1e-9)
        assert (points @ found.predictor[0] * labels).min() == pytest.approx(1)


def test_data_that_no_predictor_separates_are_refused():
    points = np.array([[1.0, 0, 2, 0], [1, 0, 2, 0]])
    with pytest.raises(InvalidInstance, match="positive margin"):
        max_margin(points, [1, -1], Shape.of(4, 2))
    with pytest.raises(InvalidInstance, match="zero"):
        max_margin(np.zeros((2, 4)), [1, -1], Shape.of(4, 2))
    assert not separable(points * np.array([[1], [-1]])) and separable(points)
    instance = networks.labelled(points, [1, -1], 2)
    with pytest.raises(MissingPart, match="positive margin"):
        measure(instance)["margin_cost"]


@pytest.mark.parametrize(("points", "labels", "text"), [
    ([[1.0, np.nan]], [1], "NaN"), ([[1.0, 2.0]], [2], r"\+1 and -1"), ([[1.0, 2.0, 3.0]], [1], "do not fit"),
    ([[1.0, 2.0]], [], "nonempty"),
])  # fmt: skip
def test_bad_data_are_refused_in_one_line(points, labels, text):
    with pytest.raises(InvalidInstance, match=text):
        max_margin(np.array(points), labels, Shape.of(2, 1))


@pytest.mark.parametrize(("grid", "kernel"), [(4, 5), (4, 0), ((4, 4), (2,)), ((3, 3), 4)])
def test_kernels_that_do_not_fit_are_refused(grid, kernel):
    with pytest.raises(InvalidInstance, match="K <= N|dimensions"):
        Shape.of(grid, kernel)


def test_exact_correlations_are_those_of_the_transform():
    own = np.random.default_rng(5)
    for shape in (Shape.of(7, 4), Shape.of((3, 4), (2, 3))):
        signal = own.integers(-9, 10, (2, *shape.grid))
        assert np.allclose(gram_exact(signal.astype(object), shape).astype(float), filter_gram(signal, shape))
    filters, readouts = own.integers(-3, 4, (2, 1, 2, 2)), own.integers(-3, 4, (2, 3, 4))
    composed = compose_exact(filters.astype(object), readouts.astype(object), Shape.of((3, 4), 2))
    assert np.allclose(composed.astype(float), Shape.of((3, 4), 2).compose(filters, readouts))


def test_pivots_tell_definite_from_singular_and_indefinite():
    assert positive_definite(np.array([[2, 1], [1, 2]], dtype=object))
    assert not positive_definite(np.array([[1, 1], [1, 1]], dtype=object))
    assert not positive_definite(np.array([[1, 2], [2, 1]], dtype=object))
    assert not positive_definite(np.array([[2, 1, 1], [1, 2, -2], [1, -2, 2]], dtype=object))
    ones = np.ones((1, 4), dtype=object)  # dual norm sqrt(4 * 3): all four sites, three taps
    square = dual_threshold(ones, Shape.of(4, 3), 0) ** 2
    assert square > 12 > Fraction(999, 1000) * square
    with pytest.raises(NoCertificate):
        dual_threshold(np.zeros((1, 4), dtype=object), Shape.of(4, 3), 0)


def test_euclidean_margin_is_the_hard_margin_classifier():
    points, labels = gaussian()
    data = points * labels[:, None]
    predictor, alpha = euclidean_margin(data)
    assert np.linalg.norm(predictor) == pytest.approx(0.744181, abs=1e-6) and (data @ predictor).min() >= 1 - 1e-9
    assert alpha.min() >= 0 and data.T @ alpha == pytest.approx(predictor)
    with pytest.raises(InvalidInstance, match="positive margin"):
        euclidean_margin(np.array([[1.0, 2], [-1, -2]]))


def test_bridge_penalty_has_one_stationary_point_at_depth_two_and_many_at_depth_three():
    points, labels = gaussian()
    (two,) = stationary_points(points, labels, 2, np.random.default_rng(0), starts=5)
    assert two.penalty / np.sqrt(32) == pytest.approx(0.59048672, abs=1e-7) and two.found == 5
    three = stationary_points(points, labels, 3, np.random.default_rng(0), starts=10)
    assert len(three) >= 4 and three[0].penalty == pytest.approx(4.254876, abs=1e-5)
    assert any(point.penalty == pytest.approx(4.334305, abs=2e-5) for point in three)
    data = points * labels[:, None]
    for point in three:
        assert point.residual < 1e-9 and (data @ point.predictor).min() == pytest.approx(1, abs=1e-9)
        spectrum = np.fft.fft(point.predictor, norm="ortho")
        assert point.penalty == pytest.approx(np.sum(np.abs(spectrum) ** (2 / 3)), rel=1e-9)


def test_a_point_that_is_not_stationary_has_a_residual():
    points, labels = gaussian()
    data = points * labels[:, None]
    good = polished(euclidean_margin(data)[0], data, 3)
    from verifiers.frequency_bias.margin_bridge import first_order_residual

    tilted = good.predictor + 0.01 * np.roll(good.predictor, 1)
    assert first_order_residual(tilted, data, 3)[0] > 1e-3 > 1e-9 > good.residual
    assert bridge_penalty(good.predictor, 1) == pytest.approx(np.sum(good.predictor**2))


def test_what_training_is_compared_with():
    points, labels = gaussian()
    two = certifies_all(points, labels, 3, 2, np.zeros(32))
    assert two["cost"] == pytest.approx(0.72683245, rel=2e-6) and 0 <= two["gap"] <= 1e-6
    three = certifies_all(points, labels, 32, 3, euclidean_margin(points * labels[:, None])[0])
    assert three["residual"] < 1e-9 and np.linalg.norm(three["predictor"]) == pytest.approx(1)


def test_quantities_of_a_small_net_by_hand():
    """u = (1, 1), v = (1, -2, 3), x = (1, 0, -2): inputs (1, -2, -1), so only the first unit is open."""
    net = networks.relu_net([[1, 1]], [[1, -2, 3]], [[1, 0, -2]])
    measured = measure(net)
    assert exact(measured["open_energy"]) == [1] and exact(measured["readout_energy"]) == 14
    assert exact(measured["gain_used"]) == [1] and exact(measured["closed_units"]) == [2]
    assert float(measured["least_gain"].value) == pytest.approx(1)  # |1 + e^(i 2 pi/3)|^2


def test_gain_used_is_the_sum_over_frequencies():
    net = networks.integer_net(8, 3, 2, 5, np.random.default_rng(2))
    filters, readouts, points = (np.asarray(p, dtype=float) for p in (net.filters, net.readouts, net.points))
    gains = np.sum(np.abs(np.fft.fft(filters, 8)) ** 2, axis=0)
    for x, used in zip(points, exact(measure(net)["gain_used"]), strict=True):
        inputs = sum(filters[:, k, None] * np.roll(x, -k) for k in range(3))
        h = readouts * (inputs > 0)
        step = 1e-6
        value = lambda z, f=filters, v=readouts: np.sum(  # noqa: E731
            v * np.maximum(sum(f[:, k, None] * np.roll(z, -k) for k in range(3)), 0)
        )
        gradient = np.array([(value(x + step * e) - value(x - step * e)) / (2 * step) for e in np.eye(8)])
        if np.all(np.abs(inputs) > 1e-3):
            direct = np.sum(np.abs(np.fft.fft(gradient, norm="ortho")) ** 2 / gains)
            assert direct == pytest.approx(float(used), rel=1e-5)
        assert float(used) <= np.sum(h**2) + 1e-9


def test_filters_with_a_vanishing_gain_are_handled_by_their_range():
    """u = (1, -1) has gain 0 at d = 0; the gradient u * h has none there either."""
    net = networks.relu_net([[1, -1]], [[1, 2, 1, 1]], [[5, 4, 3, 1]])
    assert exact(measure(net)["gain_used"])[0] <= exact(measure(net)["open_energy"])[0]


@pytest.mark.parametrize(("d", "fundamental", "high"), [(1, 0.81317866, None), (2, 0.82106695, 0.0776884)])
def test_sign_patterns_of_cosines(d, fundamental, high):
    instance = networks.tone(32, d, 3, np.pi * d / 32)
    measured = measure(instance)
    assert float(measured["sign_fundamental"].value) == pytest.approx(fundamental, abs=1e-8)
    assert float(measured["high_frequency"].upper) < 1e-20
    if high is not None:
        assert float(measured["sign_high"].value) == pytest.approx(high, abs=1e-7)


def test_the_closed_form_for_a_single_sample_is_what_the_solver_finds():
    own = np.random.default_rng(11)
    for _ in range(5):
        sample = own.integers(-9, 10, 9)
        measured = measure(networks.labelled(sample[None], [-1], 2))
        for taps, name in ((1, "single_high_one"), (2, "single_high_two")):
            found = max_margin(sample[None], [-1], Shape.of(9, taps), tolerance=1e-10)
            assert high_share(found.predictor[0]) == pytest.approx(float(measured[name].value), abs=1e-4)


def test_judging_says_both_sides_of_a_cost_and_of_a_margin():
    instance = networks.labelled(POINTS, LABELS, 3, predictor=WEIGHTS, band=np.array([0, 1, 7]))
    measured = measure(instance)
    assert [part.of for part in judging_margin.parts(instance, measured)] == ["cost of the predictor", "max margin"]
    cost, margin, leak = judging_margin.findings(instance, measured)
    assert "7.606521449" in cost and "3 taps" in cost and "0.31946016" in margin and "outside of the band" in leak
    net = networks.integer_net(8, 3, 2, 4, np.random.default_rng(0), labels=np.array([1, 1, -1, 1]))
    assert judging_margin.parts(net, measure(net))[-1].of == "as a ReLU net"


def test_parts_that_are_missing_are_named():
    bare = FrequencyInstance(length=4)
    for name in ("cost", "margin_cost", "gain_used", "sign_high", "inputs_cost"):
        with pytest.raises(MissingPart):
            measure(bare)[name]
