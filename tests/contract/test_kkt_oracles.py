"""Published numbers of KKT points, reproduced by the constructions; `kkt_network` computes the flip thresholds."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from kkt_network import Network, assert_exact_kkt_point, assert_float_kkt_point

from constructions import kkt_margin as build
from constructions.kkt_margin import structured

split = build.split_labels



def test_orthogonal_merged_point_has_the_published_numbers():
    net = assert_exact_kkt_point(build.orthogonal_merged(split(3, 2), 9, dimension=9))
    assert sum(net.multipliers()) == pytest.approx(1.048754789981, rel=1e-11)
    assert net.multipliers()[[0, 3]] == pytest.approx([0.1924500897, 0.2357022604], rel=1e-9)
    assert (net.flip(), net.flip(-1)) == (Fraction(1, 5), Fraction(1, 2))
    assert float(net.flip()) * np.sqrt(float(net.direction_square())) == pytest.approx(1.3416407865, rel=1e-10)
    assert set(net.kink_fractions().values()) == {0.0}


def test_orthogonal_singles_flip_at_one_over_one_plus_opposite_class():
    net = assert_exact_kkt_point(build.orthogonal_singles(split(3, 2), 9))
    assert net.multipliers() == pytest.approx([1 / 3] * 5, rel=1e-15)
    assert [net.threshold(i, 0) for i in range(5)] == [Fraction(1, 3)] * 3 + [Fraction(1, 4)] * 2
    assert net.flip(-1) == Fraction(2, 3)


def test_orthogonal_biased_balanced_point():
    instance = build.orthogonal_biased(split(5, 5), 100, dimension=100)
    net = assert_exact_kkt_point(instance)
    assert sum(net.multipliers()) == pytest.approx(0.436931448753, rel=1e-11)
    assert list(net.kink_fractions().values()) == pytest.approx([1 / 21] * 10, rel=1e-12)
    assert (net.flip(), net.flip(-1)) == (Fraction(1, 10), Fraction(1, 5))
    assert np.sqrt(float(net.direction_square())) == pytest.approx(31.6227766017, rel=1e-11)


def test_orthogonal_biased_unbalanced_point():
    net = assert_exact_kkt_point(build.orthogonal_biased(split(5, 2), 100, dimension=100))
    assert sum(net.multipliers()) == pytest.approx(0.358413264169, rel=1e-11)
    assert net.multipliers()[[0, 6]] == pytest.approx([0.0436639675, 0.0700467134], rel=1e-9)
    assert list(net.kink_fractions().values()) == pytest.approx([0.0305566166] * 7, rel=1e-8)
    assert net.flip() == Fraction(107, 740)
    assert float(net.flip(-1)) == pytest.approx(0.486363636364, rel=1e-11)
    assert float(net.flip()) * np.sqrt(float(net.direction_square())) == pytest.approx(3.8256133822, rel=1e-10)


@pytest.mark.parametrize(
    ("gamma", "total", "fractions", "length"), [("1/2", 1.154700538379, 0.5, 1.0), ("-1/2", 1.0, None, 1.7320508076)]
)
def test_two_points_flip_at_the_midpoint(gamma, total, fractions, length):
    net = assert_exact_kkt_point(build.two_points(gamma, 4))
    assert sum(net.multipliers()) == pytest.approx(total, rel=1e-11)
    assert list(net.kink_fractions().values()) == pytest.approx([fractions] * 2 if fractions else [])
    assert net.flip() == Fraction(1, 2)
    assert 0.5 * np.sqrt(float(net.direction_square())) == pytest.approx(length, rel=1e-10)


def test_simplex_points():
    even = assert_exact_kkt_point(build.simplex_merged(split(3, 3), 12))
    assert sum(even.multipliers()) == pytest.approx(1.290994448736, rel=1e-11)
    assert even.flip() == Fraction(1, 6)
    assert np.sqrt(float(even.direction_square())) / 6 == pytest.approx(1.5491933385, rel=1e-10)
    odd = assert_exact_kkt_point(build.simplex_merged(split(4, 2), 12))
    assert sum(odd.multipliers()) == pytest.approx(1.369306393763, rel=1e-11)
    assert [odd.threshold(i, 0) for i in range(6)] == [Fraction(1, 8)] * 4 + [Fraction(1, 4)] * 2


def test_equicorrelated_points():
    q = Fraction(33, 100) / 9
    merged = assert_exact_kkt_point(build.equicorrelated_merged(5, q))
    singles = assert_exact_kkt_point(build.equicorrelated_singles(5, q))
    length = np.sqrt(float(merged.direction_square()) * 10)
    assert sum(merged.multipliers()) == pytest.approx(4.95698, rel=1e-6)
    assert float(merged.flip()) * length == pytest.approx(0.8185, rel=1e-4)
    assert sum(singles.multipliers()) == pytest.approx(10.03962, rel=1e-6)
    assert float(singles.flip()) * 10 == pytest.approx(2.0315, rel=1e-4)
    assert float(singles.flip()) * length == pytest.approx(1.662862, rel=1e-6)
    steep = assert_exact_kkt_point(build.equicorrelated_singles(5, Fraction(19, 180)))
    assert float(steep.flip()) * np.sqrt(float(steep.direction_square()) * 10) == pytest.approx(3.519737, rel=1e-6)


@pytest.mark.parametrize(("row_sum", "merged", "singles"), [("3/5", 3.65148, 4.21637), ("4/5", 4.81227, 4.45529)])
def test_equicorrelated_margins_swap_order_between_three_and_four_fifths(row_sum, merged, singles):
    q = Fraction(row_sum) / 3
    assert sum(Network(build.equicorrelated_merged(2, q)).multipliers()) == pytest.approx(merged, rel=2e-6)
    assert sum(Network(build.equicorrelated_singles(2, q)).multipliers()) == pytest.approx(singles, rel=2e-6)


def test_equicorrelated_margins_are_equal_at_three_quarters():
    merged, singles = (maker(2, "1/4") for maker in (build.equicorrelated_merged, build.equicorrelated_singles))
    assert sum(Network(merged).multipliers()) == pytest.approx(sum(Network(singles).multipliers()), rel=1e-14)


def test_reproducible_signs_are_the_published_data():
    first = build.linear_congruential_sign_data(4, 256)
    assert first.points[0, :8].tolist() == [-1, -1, 1, 1, 1, -1, 1, -1] and first.points.dtype == np.int64
    assert first.labels.tolist() == [1, -1, 1, -1]
    gram = build.linear_congruential_sign_data(6, 1024, bias=True).exact_gram()
    below = [-12, -14, 2, -42, 10, -44, 14, -30, -40, -20, 50, -30, 12, -16, 4]
    assert gram[np.tril_indices(6, -1)].tolist() == below


REPRODUCIBLE = [
    (4, 256, False, 34, 0.398438, 0.172973541140, 0.25, 0.5, 4),
    (6, 1024, True, 50, 0.248780, 0.109514681246, 0.177630111276, 0.351367996809, 2),
    (8, 4096, True, 182, 0.3093, 0.062426235115, 0.129668023025, 0.257959860260, 7),
    (16, 1024, True, 88, 1.2732, 0.178492589503, 0.067604166082, 0.135026848955, 8),
]


@pytest.mark.parametrize(("n", "d", "bias", "p", "r", "total", "t0", "t1", "kinks"), REPRODUCIBLE)
def test_merged_points_of_the_reproducible_signs(n, d, bias, p, r, total, t0, t1, kinks):
    data = build.linear_congruential_sign_data(n, d, bias=bias)
    raw = data.exact_gram()
    largest = max(abs(raw[i, j]) for i in range(n) for j in range(i))
    lifted = max(abs(raw[i, j] + bias) for i in range(n) for j in range(i))
    assert largest == p
    assert float(Fraction(int(lifted) * (n - 1), d + bias)) == pytest.approx(r, abs=1e-4 if n > 6 else 1e-6)
    net = assert_exact_kkt_point(build.exact_partition_point(data))
    assert sum(net.multipliers()) == pytest.approx(total, rel=1e-10)
    assert (float(net.flip()), float(net.flip(-1))) == pytest.approx((t0, t1), rel=1e-10)
    point = build.polish(build.merged_point(data), data.float_lifted_gram(), data.labels)
    assert point.multipliers.sum() == pytest.approx(total, rel=1e-10)
    fractions = [v for v in assert_float_kkt_point(point.on(data)).kink_fractions().values() if v > 0]
    assert len(fractions) == kinks


def test_multipliers_and_kinks_of_the_smallest_reproducible_signs():
    data = build.linear_congruential_sign_data(4, 256)
    net = Network(build.merged_point(data).on(data), exact=False)
    assert net.multipliers() == pytest.approx([0.0432697023, 0.0431628799, 0.0439243970, 0.0426165620], rel=1e-8)
    found = net.kink_fractions()
    expected = {(0, 1): 0.1488351304, (0, 3): 0.0285819699, (1, 0): 0.0809882591, (1, 2): 0.0970739388}
    assert found == {key: pytest.approx(value, rel=1e-8) for key, value in expected.items()}


@pytest.mark.parametrize("route", ["program", "exact"])
def test_second_point_of_six_reproducible_signs(route):
    data = build.linear_congruential_sign_data(6, 1024, bias=True)
    if route == "program":
        neurons = build.neurons_of([(1, [2]), (1, [0, 4]), (-1, [1, 3, 5])], 6)
        instance = build.restricted_point(data, neurons, repairs=0).on(data)
        assert_float_kkt_point(instance)
    else:
        instance = build.exact_partition_point(data, [[2], [0, 4], [1, 3, 5]])
        assert_exact_kkt_point(instance)
    net = Network(instance, exact=route == "exact")
    order = [next(k for k, s in enumerate(net.signs) if float(s * net.values[k, i]) > 1) for i in (2, 0, 1)]
    assert sum(net.multipliers()) == pytest.approx(0.129820095736, rel=1e-10)
    assert net.multipliers() == pytest.approx(
        [0.02196994, 0.01817071, 0.03123743, 0.01791328, 0.02191528, 0.01861345], rel=4e-7)
    masses = (net.masses * np.sqrt(net.squares.astype(float))).astype(float)
    assert masses[order] == pytest.approx([0.0312374336, 0.0438852217, 0.0546974404], rel=2e-9)
    single, pair, negative = order
    found = {key: value for key, value in net.kink_fractions().items() if value > 0}
    assert found == {
        (single, 1): pytest.approx(0.00565294, abs=1e-8), (single, 5): pytest.approx(0.02144085, abs=1e-8),
        (pair, 5): pytest.approx(0.06447178, abs=1e-8), (negative, 0): pytest.approx(0.00066448, abs=1e-8),
    }
    assert float(net.flip()) == pytest.approx(0.2527629122, rel=1e-9)


def test_point_with_four_neurons_of_eight_reproducible_signs():
    data = build.linear_congruential_sign_data(8, 4096, bias=True)
    neurons = build.neurons_of([(1, [2, 4, 6]), (1, [0, 4, 6]), (-1, [5, 7]), (-1, [1, 3, 5])], 8)
    net = assert_float_kkt_point(build.restricted_point(data, neurons, repairs=0).on(data))
    assert len(net.signs) == 4
    assert sum(net.multipliers()) == pytest.approx(0.078529038548, rel=1e-10)
    assert float(net.flip()) == pytest.approx(0.1864395512, rel=1e-9)


def test_support_threshold_sits_where_the_last_positive_leaves():
    for positives, output in ((3, 1.046), (6, 1.055), (10, 1.058)):
        q = Fraction(1, 2 * positives - 3)
        below = assert_exact_kkt_point(build.support_threshold(positives, q * Fraction(97, 100)))
        above = assert_exact_kkt_point(build.support_threshold(positives, q * Fraction(103, 100)))
        assert below.multiplier_squares[positives - 1] > 0 and below.margin(positives - 1) == 1
        assert above.multiplier_squares[positives - 1] == 0
        assert float(above.margin(positives - 1)) == pytest.approx(output, abs=6e-4)


@pytest.mark.parametrize(("satellites", "negatives", "r"), [(1, 1, "1/2"), (3, 1, 0), (3, 2, "1/10"), (24, 1, "1/3")])
def test_hub_shares_its_centre_among_all_positive_neurons(satellites, negatives, r):
    q = Fraction(r) / (satellites + negatives)
    net = assert_exact_kkt_point(build.hub(satellites, negatives, q, scale=7))
    centre, *others = net.multiplier_squares[: 1 + satellites]
    ratio = (satellites - q) / (1 - satellites * q)
    assert all(other == ratio**2 * centre for other in others)
    assert centre == 1 / (7 * (1 + ratio**2 + 2 * q * ratio))  # |g|^2 = 1 for g = lambda_0 x_0 + lambda_s x_s
    assert all(square == Fraction(1, 7 * negatives) for square in net.multiplier_squares[1 + satellites :])
    assert np.all(net.values[:satellites, 0] > 0) and all(net.margin(i) == 1 for i in range(len(net.labels)))


def test_star_has_a_strict_cross_activation():
    centre, satellite, negative = build.closed_forms.star_multipliers(100, 100, 0.3 / 200)
    assert (centre, satellite, negative) == pytest.approx((0.01045633, 0.99994534, 0.10001022), rel=5e-7)
    assert 100 * 0.0015 * negative - centre == pytest.approx(0.00454521, rel=2e-6)
    net = assert_exact_kkt_point(build.rational_star(45, 18, Fraction(333, 63000)))
    assert net.values[-1, 0] < 0 < net.labels[0]  # the negative neuron is on at the positive centre
    assert_float_kkt_point(structured.unit_star(12, 12, 0.75), 1e-11)
