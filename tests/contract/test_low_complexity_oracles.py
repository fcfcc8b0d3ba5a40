"""Known answers of low_complexity: published numbers, full enumeration of laws in rationals, and other methods."""

from __future__ import annotations

import itertools
import math
from fractions import Fraction

import numpy as np
import pytest
from scipy.special import ive, ndtr
from scipy.stats import norm

from constructions.feature_purification import SparseLaw
from constructions.instance import InvalidInstance, exact_array, fractions_of
from constructions.low_complexity import (
    LowInstance,
    MenuInstance,
    cutting_planes,
    indicator,
    interpolating,
    light,
    light_magnitude,
    odd_monomials,
    partitions,
    power_sum_features,
    quintic,
    septic,
    simulated,
    spaces,
)
from constructions.low_complexity.spaces import two_scales
from verifiers.arithmetic import to_fraction
from verifiers.low_complexity import measure
from verifiers.low_complexity.additive import Additive
from verifiers.low_complexity.bounds import linear_bound, moments
from verifiers.low_complexity.ceilings import degree_two_bound_of, linear_bound_of, moments_of
from verifiers.low_complexity.grid import grid_of
from verifiers.low_complexity.lattice import lattice_of
from verifiers.low_complexity.linear import affine_accuracy, best_set, direction_accuracy, groups_of, sparse_accuracy
from verifiers.low_complexity.menu import MenuSubject, count_partitions
from verifiers.low_complexity.mixture import heavy_agreement
from verifiers.verdict import Rigor

GAPS = ("0", "1/2", "99/100", "6/5")
RADII = {"1/10": 0.44306523, "3/20": 0.06637690, "1/5": 0.00842669, "1/4": 0.00088443}


def reference(d: int = 256, k: int = 5) -> SparseLaw:
    return light(d, k, 0).law


def atoms(d: int, k: int, gap: str) -> tuple[list[tuple[tuple[int, ...], Fraction]], Fraction]:
    """All signed points of a light law with their conditional probabilities, straight from its definition."""
    p, gamma = Fraction(k, d), Fraction(gap)
    chances = {-1: p / 2, 0: 1 - p, 1: p / 2}
    kept = []
    for point in itertools.product((-1, 0, 1), repeat=d):
        total = sum(point)
        if total != 0 and Fraction(total**2, k) >= gamma**2:
            chance = math.prod((chances[s] for s in point), start=Fraction(1))
            if chance:
                kept.append((point, chance))
    share = sum((chance for _, chance in kept), Fraction(0))
    return [(point, chance / share) for point, chance in kept] if share else [], share


@pytest.mark.parametrize(("radius", "expected"), RADII.items())
def test_w_star_at_the_reference_law(radius, expected) -> None:
    assert float(direction_accuracy(reference(), Fraction(radius)).mid()) == pytest.approx(expected, abs=6e-9)


@pytest.mark.parametrize(("d", "k", "radius", "expected"), [
    (64, 5, "3/20", 0.9567), (64, 5, "1/5", 0.4417), (512, 8, "1/20", 0.6726), (512, 8, "1/10", 0.0663),
])
def test_w_star_at_other_laws(d, k, radius, expected) -> None:
    assert float(direction_accuracy(reference(d, k), Fraction(radius)).mid()) == pytest.approx(expected, abs=6e-5)


@pytest.mark.parametrize(("size", "radius", "expected"), [
    (1, "1/10", 0.01885), (1, "1/4", 0.01885), (8, "3/20", 0.12511), (4, "1/5", 0.07246), (2, "1/4", 0.03719),
    (3, "1/4", 0.04993),
])
def test_sets_of_coordinates(size, radius, expected) -> None:
    assert float(sparse_accuracy(reference(), size, Fraction(radius)).mid()) == pytest.approx(expected, abs=6e-6)


@pytest.mark.parametrize(("radius", "size"), [("1/10", 256), ("3/20", 8), ("1/5", 4), ("1/4", 3)])
def test_the_best_set(radius, size) -> None:
    assert best_set(reference(), Fraction(radius))[0] == size


@pytest.mark.parametrize(("k", "radius", "expected", "cosine"), [
    (5, "3/20", 0.3282, 0.834), (5, "1/5", 0.1469, 0.626), (5, "1/4", 0.0859, 0.500),
    (8, "3/20", 0.2594, None), (8, "1/5", 0.1253, None), (8, "1/4", 0.0753, None),
])
def test_bound_over_all_linear_classifiers(k, radius, expected, cosine) -> None:
    lattice, tau = lattice_of(reference(256, k)), Fraction(radius)
    bound = linear_bound(lattice, tau)
    assert isinstance(bound, Fraction)
    assert float(bound) == pytest.approx(expected, abs=6e-5)
    if cosine is not None:
        assert float(moments(lattice).best_cosine(tau).mid()) == pytest.approx(cosine, abs=6e-4)


@pytest.mark.parametrize("radius", ["1/8", "3/20", "1/5", "1/4"])
def test_the_closed_form_is_the_maximum_on_a_grid(radius) -> None:
    """A second method: Cantelli's bound in float64 at 4001 cosines, never above, and close below."""
    own, tau = moments(lattice_of(reference())), float(Fraction(radius))
    m, a, s = math.sqrt(own.mean_sq), float(own.across), float(own.spread)
    cosines = np.linspace(-1, 1, 4001)
    variance = a - s * cosines**2
    grid = np.where(tau > cosines * m, variance / (variance + (tau - cosines * m) ** 2), 1.0).max()
    exact = float(own.bound(Fraction(radius)))
    assert grid <= exact * (1 + 1e-12)
    assert grid == pytest.approx(exact, rel=1e-6)


@pytest.mark.parametrize("gap", GAPS)
@pytest.mark.parametrize("d", range(2, 7))
def test_moments_and_accuracies_against_full_enumeration(d, gap) -> None:
    weights = [Fraction(n, 3) for n in (3, 1, -2, 3, 0, 1)][:d]
    for k in range(1, d):
        points, share = atoms(d, k, gap)
        if not points:
            with pytest.raises(InvalidInstance, match="no draw"):
                light(d, k, 0, gap)
            continue
        instance = light(d, k, "1/4", gap, 0, weights=exact_array(weights))
        lattice = lattice_of(instance.law)
        assert lattice.acceptance() == share
        own = moments(lattice)
        mean = sum(chance * abs(sum(point)) for point, chance in points)
        second = sum(chance * sum(point) ** 2 for point, chance in points) / Fraction(k * d)
        each = sum(chance * point[0] ** 2 for point, chance in points) / k
        cross = sum(chance * point[0] * point[1] for point, chance in points) / k
        assert own.mean_sq == mean**2 / (k * d)
        assert own.along == second
        assert own.across == each - cross
        scores = [sum(w * s for w, s in zip(weights, point, strict=True)) for point, _ in points]
        labels = [1 if sum(point) > 0 else -1 for point, _ in points]
        length_sq = sum(w**2 for w in weights)
        right = sum(
            chance
            for (_, chance), score, label in zip(points, scores, labels, strict=True)
            if label * score > 0 and score**2 > Fraction(k, 16) * length_sq
        )
        assert affine_accuracy(lattice, groups_of(weights), Fraction(1, 4)) == right


def test_sums_by_fft_are_those_in_integers() -> None:
    lattice = lattice_of(reference())
    size = 2 * 256 + 1
    step = np.zeros(1024)
    for value, chance in lattice.steps:
        step[value % 1024] = float(chance)
    by_fft = np.fft.fftshift(np.fft.ifft(np.fft.fft(step) ** 256).real)[512 - 256 : 512 + 257]
    denominator, numerators = lattice.sums(256)
    exact = np.array([float(Fraction(v, denominator)) for v in numerators])
    assert exact.shape == (size,)
    assert np.abs(by_fft - exact).max() < 1e-14


def test_noisy_accuracy_by_adding_up_points() -> None:
    """Noise makes every point's margin normal: the sum over points, in float64."""
    weights = [Fraction(1), Fraction(-1, 2), Fraction(2)]
    points, _ = atoms(3, 2, "1/2")
    lattice, tau, sigma = lattice_of(light(3, 2, 0, "1/2", "1/5").law), 0.3, 0.2
    length = math.sqrt(sum(float(w) ** 2 for w in weights))
    expected = sum(
        float(chance)
        * norm.cdf((np.sign(sum(point)) * np.dot(np.array(weights, float), point) / math.sqrt(2) - tau * length)
                   / (sigma * length / math.sqrt(3)))
        for point, chance in points
    )  # fmt: skip
    own = affine_accuracy(lattice, groups_of(weights), Fraction(3, 10))
    assert float(own.mid()) == pytest.approx(expected, abs=1e-12)
    assert float(own.rad()) < 1e-20


def test_two_magnitudes_against_full_enumeration() -> None:
    law = two_scales(6, 4, 1, 0, "3/5").law
    lattice = lattice_of(law)
    p, q = Fraction(4, 6), Fraction(1, 6)
    chances = {0: 1 - p - q, 1: p / 2, -1: p / 2, 2: q / 2, -2: q / 2}
    share, mean, square = Fraction(0), Fraction(0), Fraction(0)
    for point in itertools.product(chances, repeat=6):
        total = sum(point)
        if total and Fraction(total**2, 4) >= Fraction(9, 25):
            chance = math.prod((chances[s] for s in point), start=Fraction(1))
            share, mean, square = share + chance, mean + chance * abs(total), square + chance * point[0] ** 2
    assert (lattice.acceptance(), lattice.expected(1), lattice.square_mean()) == (share, mean, square)


def test_hermite_coefficients_at_k_25() -> None:
    assert quintic(25) == (0, 26, -25)
    assert septic(25) == (0, Fraction(1295, 48), Fraction(-1211, 24), Fraction(1175, 48))
    a = light_magnitude(25)
    for polynomial in (quintic(25), septic(25)):
        for t in (a, Fraction(1)):
            assert sum(c * t ** (2 * n + 1) for n, c in enumerate(polynomial)) == t
    with pytest.raises(InvalidInstance, match="irrational"):
        light_magnitude(5)


@pytest.mark.parametrize("k", [2, 7, 25])
def test_two_magnitudes_of_the_general_interpolation(k) -> None:
    assert interpolating([Fraction(1, k), Fraction(1)]) == septic(k)


def test_three_magnitudes_by_values_and_slopes() -> None:
    """p at 1/3, 1/2, 1 by a float polynomial: numpy's own evaluation and derivative."""
    own = interpolating([Fraction(1, 9), Fraction(1, 4), Fraction(1)])
    dense = np.zeros(2 * len(own))
    dense[1::2] = [float(c) for c in own]
    p = np.polynomial.Polynomial(dense)
    assert len(own) == 6 and dense[1] == 0
    assert np.allclose(p(np.array([1 / 3, 1 / 2, 1])), [1 / 3, 1 / 2, 1], atol=1e-9)
    assert np.allclose(p.deriv()(np.array([1 / 2, 1])), 0, atol=1e-8) and abs(p.deriv()(1 / 3)) > 1


@pytest.mark.parametrize(("h", "drawn", "closed"), [
    ("1/2", 0.9495, 0.949481), ("1", 0.9318, 0.931734), ("2", 0.9274, 0.927372),
])
def test_heavy_sign_agreement(h, drawn, closed) -> None:
    value = heavy_agreement(Fraction(h))
    assert float(value.mid()) == pytest.approx(drawn, abs=3e-4)
    assert float(value.mid()) == pytest.approx(closed, abs=6e-7)
    mass = float(Fraction(h))
    by_floats = ive(0, mass) + 2 * sum(ive(r, mass) * ndtr(r) for r in range(1, 60))
    assert float(value.mid()) == pytest.approx(by_floats, abs=1e-13)


def test_an_antisymmetric_model_is_right_on_a_point_exactly_if_on_its_mirror_image() -> None:
    sample = reference(32, 5).sample(200, np.random.default_rng(0))
    matrix = np.random.default_rng(1).normal(size=(32, 32))

    def f(points: np.ndarray) -> np.ndarray:
        return np.tanh(points @ matrix) @ np.ones(32) + (points**3).sum(axis=1)

    right = sample.labels * f(sample.points) > 0
    assert np.array_equal(right, -sample.labels * f(-sample.points) > 0)


def test_counts_of_odd_symmetric_monomials() -> None:
    assert [len(odd_monomials(degree)) for degree in (1, 3, 5, 7, 9)] == [1, 4, 11, 26, 56]


@pytest.mark.parametrize(("d", "degree"), [(3, 3), (4, 3), (5, 5)])
def test_averages_over_permutations_and_the_mirror_lie_in_the_span_of_power_sums(d, degree) -> None:
    """Reynolds' operator on random monomials, exactly: the rank of the features does not grow."""
    generator = np.random.default_rng(d)
    points = generator.integers(-3, 4, (40, d)).astype(object)
    features = power_sum_features(points, degree)
    columns = [features]
    for _ in range(3):
        exponents = generator.multinomial(int(generator.integers(1, degree + 1)), np.ones(d) / d)

        def average(rows: np.ndarray, powers: np.ndarray = exponents) -> np.ndarray:
            orders = list(itertools.permutations(range(d)))
            return sum(np.prod(rows[:, order] ** powers, axis=1) for order in orders)

        columns.append((average(points) - average(-points))[:, None])
    assert _rank(np.hstack(columns)) == _rank(features)


def _rank(matrix: np.ndarray) -> int:
    from flint import fmpz_mat

    return fmpz_mat([[int(v) for v in row] for row in matrix]).rank()


def test_exact_accuracy_of_the_quintic_in_few_dimensions_lies_between_both_bounds() -> None:
    """Second method: every point of a small law attacked on a grid over the whole ball (d = 2)."""
    law, tau = light(2, 1, 0, "1/2", 0).law, 0.3
    additive = Additive(lattice_of(law), [Fraction(0), Fraction(1), Fraction(-2)], Fraction(3, 10))
    angles, radii = np.linspace(0, 2 * np.pi, 721), np.linspace(0, tau, 61)
    ball = np.array([[r * math.cos(a), r * math.sin(a)] for a in angles for r in radii])

    def f(x: np.ndarray) -> np.ndarray:
        return (x**3 - 2 * x**5).sum(axis=1)

    points, _ = atoms(2, 1, "1/2")
    by_grid = sum(
        float(chance)
        for point, chance in points
        if np.all(np.sign(sum(point)) * f(np.array(point, float) + ball) > 0)
    )
    lower, upper = additive.accuracy()
    assert float(lower.lower()) - 1e-12 <= by_grid <= float(upper.upper()) + 1e-12


def test_quintic_at_the_reference_law_without_noise() -> None:
    lattice = lattice_of(light(256, 5, 0, noise=0).law)
    for radius, least in (("1/5", 0.99998), ("1/4", 0.98836)):
        lower, upper = Additive(lattice, [Fraction(0), Fraction(1), Fraction(-2)], Fraction(radius)).accuracy()
        assert least < float(lower.mid()) <= float(upper.mid())


def test_draws_agree_with_exact_accuracy() -> None:
    instance = light(64, 5, "1/5", weights=indicator(64, 64))
    drawn = simulated(instance, 40_000, np.random.default_rng(3))
    exact = float(measure(instance)["accuracy"].value)
    assert int(drawn.right) / 40_000 == pytest.approx(exact, abs=6 * math.sqrt(exact * (1 - exact) / 40_000))


def test_instances_that_make_no_sense_are_refused() -> None:
    for make, said in (
        (lambda: light(4, 2, "-1/2"), "must not be negative"),
        (lambda: light(4, 2, "1/2", norm=1), "neither 2 nor 0"),
        (lambda: light(4, 2, "1/2", weights=[1, 2]), "weights have shape"),
        (lambda: light(4, 2, "1/2", weights=[1, 2, 3, float("nan")]), "NaN"),
        (lambda: light(2, 2, "1/2", quadratic=[[1, 2], [3, 4]]), "symmetric"),
        (lambda: light(4, 2, "1/2", cosine="3/2"), "outside"),
        (lambda: LowInstance(radius=1), "give a law"),
        (lambda: LowInstance(radius=1, points=[[1, 2]], labels=[0]), "labels"),
        (lambda: light(4, 2, "1/2", gap=3), "no draw"),
        (lambda: indicator(4, 5), "size 5"),
    ):
        with pytest.raises(InvalidInstance, match=said):
            make()


def test_instances_survive_their_file(tmp_path) -> None:
    instance = light(3, 2, "1/3", weights=exact_array(["1/3", 0, 1]), intercept="1/7")
    stored = LowInstance.load(instance.save(tmp_path / "instance.npz"))
    assert stored == instance and fractions_of(stored.weights)[0] == Fraction(1, 3)


def test_weights_of_two_sizes_beat_every_set_by_hand() -> None:
    """d = 3, k = 2, gap 1: equally likely points (1, 1, 0), (1, 0, 1), (0, 1, 1), (1, 1, 1) up to sign."""
    lattice, tau = lattice_of(light(3, 2, 0, "1", 0).law), Fraction(17, 20)
    doubled = groups_of([Fraction(w) for w in (1, 1, 2)])
    sets = [groups_of([Fraction(int(w)) for w in indicator(3, size)]) for size in (1, 2, 3)]
    assert affine_accuracy(lattice, doubled, tau) == Fraction(3, 4)
    assert [affine_accuracy(lattice, own, tau) for own in sets] == [0, Fraction(1, 2), Fraction(1, 4)]



SCALE_FREE = SparseLaw.of("scale", 256, 20, gap="4/5")


def test_moments_on_a_grid_enclose_the_exact_ones_of_two_magnitudes() -> None:
    """k = 9: sums of both magnitudes are thirds, so the other method is exact; 1/3 is on no grid of step 2^-12."""
    for gap, noise in (("1/2", 0), ("7/10", "1/10")):
        law = SparseLaw.of("two", 40, 9, gap=gap, noise=noise, heavy=2)
        own, (low, high) = moments(lattice_of(law)), grid_of(law).moments()
        for name in ("mean_sq", "across"):
            assert getattr(low, name) < getattr(own, name) < getattr(high, name)
        assert low.along - low.mean_sq < own.along - own.mean_sq < high.along - high.mean_sq
        kept = grid_of(law).acceptance
        assert kept.low < lattice_of(law).acceptance() < kept.high < kept.low * Fraction(101, 100)
        assert low.bound(Fraction(1, 2)) < own.bound(Fraction(1, 2)) < high.bound(Fraction(1, 2))


@pytest.mark.parametrize("shift", ["1/1000", "-1/1000"])
def test_sums_within_the_slack_of_the_gap_are_on_neither_side(shift) -> None:
    """Sums of 2/3 lie within a thousandth of the gap, on its other side in turn: both ends have to allow for them."""
    law = SparseLaw.of("two", 40, 9, gap=Fraction(2, 3) + Fraction(shift), noise=0, heavy=2)
    lattice = lattice_of(law)
    accepted = lattice.acceptance()
    exact = (accepted, lattice.expected(1) / accepted / 3, lattice.expected(2) / 9, lattice.square_mean() / 9)
    for span, value in zip(grid_of(law).conditioned, exact, strict=True):
        assert span.low < value < span.high < span.low * Fraction(5, 4)


def test_two_scale_free_coordinates_by_adding_up() -> None:
    """d = k = 2: both coordinates are never zero, |z| = (1 + U)^(-1/2) with U uniform on [0, 1]; a midpoint rule."""
    law, g = SparseLaw.of("scale", 2, 2, gap="3/4", noise=0), 0.75
    low, high = grid_of(law).moments()
    magnitudes = 1 / np.sqrt(1 + (np.arange(2000) + 0.5) / 2000)
    sums = np.abs(np.stack([np.add.outer(magnitudes, magnitudes), np.subtract.outer(magnitudes, magnitudes)]))
    kept = sums >= g
    squares = np.broadcast_to(magnitudes[:, None] ** 2, sums.shape)
    mean, second, each = sums[kept].mean(), (sums[kept] ** 2).mean() / 2, squares[kept].mean()
    assert low.mean_sq < mean**2 / 2 < high.mean_sq
    assert low.across < each - (second - each) < high.across
    assert low.along - low.mean_sq < second - mean**2 / 2 < high.along - high.mean_sq
    assert float(high.mean_sq) == pytest.approx(float(low.mean_sq), rel=5e-3)


@pytest.mark.parametrize("law", [SCALE_FREE, SparseLaw.of("unif", 64, 5, gap="1/2"), SparseLaw.of("fixed", 64, 5),
                                 SparseLaw.of("two", 64, 5, gap="1/2", heavy=1)], ids=lambda law: law.name)  # fmt: skip
def test_moments_of_every_law_against_draws(law) -> None:
    low, high = moments_of(law)
    drawn = law.sample(100_000, np.random.default_rng(11))
    sums, d = np.abs(drawn.codes.sum(axis=1)), law.d
    squares, noise = (drawn.codes**2).sum(axis=1) / d, float(law.exact("noise")) ** 2 / d
    across = squares - (sums**2 / d - squares) / (d - 1) + noise
    for lower, upper, values in (
        (math.sqrt(low.mean_sq * d), math.sqrt(high.mean_sq * d), sums),
        (float(low.across), float(high.across), across),
        (float(low.along - low.mean_sq), float(high.along - high.mean_sq), (sums - sums.mean()) ** 2 / d + noise),
    ):
        error = 5 * values.std() / math.sqrt(len(values)) + 1e-12
        assert lower - error < values.mean() < upper + error
        assert upper - lower < 0.06 * upper


def test_the_bound_under_every_law_is_the_known_one_or_close_to_that_of_draws() -> None:
    """Cantelli's bound with moments of 100000 draws, the largest on a grid of cosines, in float64."""
    exact = linear_bound_of(reference(), Fraction(1, 5))
    assert exact.rigor == Rigor.EXACT and exact.entries is not None
    assert to_fraction(exact.entries[()]) == linear_bound(lattice_of(reference()), Fraction(1, 5))
    drawn = SCALE_FREE.sample(100_000, np.random.default_rng(5))
    sums, squares = np.abs(drawn.codes.sum(axis=1)), (drawn.codes**2).sum(axis=1).mean() / 256
    m, second, noise = sums.mean() / 16, (sums**2).mean() / 256, 0.01 / 256
    c = np.linspace(-1, 1, 4001)
    variance = (squares - (second - squares) / 255) * (1 - c**2) + (second - m**2) * c**2 + noise
    for tau in (0.15, 0.2, 0.3):
        expected = np.where(tau > c * m, variance / (variance + (tau - c * m) ** 2), 1).max()
        found = linear_bound_of(SCALE_FREE, Fraction(str(tau)))
        assert float(found.lower) - 0.01 < expected < float(found.upper) + 0.01
        assert float(found.upper - found.lower) < 0.015
        even = degree_two_bound_of(SCALE_FREE, Fraction(str(tau)))
        assert float(even.upper) == pytest.approx((1 + float(found.upper)) / 2, abs=1e-12)


@pytest.mark.parametrize(("radius", "measured"), [("1/10", 0.576), ("3/20", 0.274), ("1/5", 0.106)])
def test_w_star_on_scale_free_draws(radius, measured) -> None:
    own = LowInstance.under(SCALE_FREE, radius, weights=indicator(256, 256))
    drawn = simulated(own, 20_000, np.random.default_rng(7))
    assert int(drawn.right) / 20_000 == pytest.approx(measured, abs=0.02)


def menu(points, labels, attacked, owners, degree=1, tau="1/4", **more) -> MenuInstance:
    own = {"points": points, "labels": labels, "attacked": attacked, "owners": owners}
    return MenuInstance(degree=degree, radius=tau, **own, **more)


def test_least_hinge_risk_by_hand() -> None:
    """f = c x on x = 1 with labels +, +, -: the risk (2 (1 - c)_+ + (1 + c)_+)/3 is least at c = 1. Moved to 3/4, the
    first two points want c = 4/3, where the last, moved to 5/4, costs 1 + 5/3."""
    still = menu([[1]] * 3, [1, 1, -1], [[1]] * 3, [0, 1, 2])
    assert MenuSubject(still).bound()[0] == Fraction(2, 3)
    moved = menu([[1]] * 3, [1, 1, -1], [["3/4"], ["3/4"], ["5/4"]], [0, 1, 2])
    assert MenuSubject(moved).bound()[0] == min(Fraction(1), (1 + Fraction(5, 3)) / 3)
    traded = menu([[1, 0], [0, 1]], [1, -1], [[1, 0], [0, 1]], [0, 1], degree=5)
    assert MenuSubject(traded).bound()[0] == 1
    alone = menu([[1]], [1], [["3/4"]], [0])
    assert MenuSubject(alone).bound()[0] == 0


def test_least_hinge_risk_of_cubics_by_another_solver() -> None:
    """Four coefficients, 12 points, moves by half against one coordinate: a cone solver on the primal problem."""
    import cvxpy

    own = spaces.sample(12, 3, 4, 0, Fraction(1, 2), (Fraction(0),) * 3)
    instance = spaces.menu_of(own.points, own.labels, Fraction(1, 2), degree=3)
    rows = power_sum_features(fractions_of(instance.attacked).astype(float), 3)
    c = cvxpy.Variable(4)
    losses = cvxpy.reshape(1 - cvxpy.multiply(own.labels[instance.owners], rows @ c), (4, 12), order="C")
    risk = cvxpy.sum(cvxpy.pos(cvxpy.max(losses, axis=0))) / 12
    value = cvxpy.Problem(cvxpy.Minimize(risk)).solve(solver="CLARABEL")
    assert 0.1 < value < 0.95
    assert float(MenuSubject(instance).bound()[0]) == pytest.approx(value, abs=1e-6)


def test_cutting_planes_close_on_the_least_risk() -> None:
    """Whatever the minimiser suffers under attack is at least the proved bound, and within a few percent of it."""
    law = SparseLaw.of("scale", 64, 9, gap="4/5", noise=0)
    drawn = law.sample(60, np.random.default_rng(2))
    cuts = cutting_planes(drawn.points, drawn.labels, 3, "1/5", 3.0)
    subject = MenuSubject(cuts.instance)
    bound = subject.bound()[0]
    assert subject.excess() <= 0
    assert float(bound) == pytest.approx(cuts.least, abs=1e-7)
    assert float(bound) <= cuts.attacked <= float(bound) + 0.05
    form, step = cuts.form, 1e-6 * np.eye(64)[3]
    slopes = (form.features(drawn.points + step) - form.features(drawn.points - step)) @ form.coefficients / 2e-6
    assert np.allclose(slopes, form.slopes(drawn.points)[:, 3], rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(("total", "most", "expected"), [(5, 5, 7), (7, 7, 15), (9, 9, 30), (5, 2, 3), (9, 3, 12)])
def test_partitions_into_few_parts(total, most, expected) -> None:
    assert count_partitions(total, most) == expected
    assert sum(len(parts) <= most for parts in partitions(total)) == expected
