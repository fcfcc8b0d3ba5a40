"""Known answers of ntk_features: published numbers, 50-digit arithmetic of another library, exact laws, simulation."""

from __future__ import annotations

import math
from fractions import Fraction

import mpmath
import numpy as np
import pytest
from scipy.stats import binom, binomtest

from constructions.instance import exact_array
from constructions.ntk_features import (
    AngleInstance,
    Architecture,
    CircleInstance,
    KernelInstance,
    KernelPredictor,
    WidthInstance,
    descended,
    diagonal,
    early_stopped,
    features,
    fit,
    kernels,
    kernels_numpy,
    one_step,
    projected,
    ridge,
)
from constructions.ntk_features.lazy import empirical_kernel
from verifiers.arithmetic import _flint, precision, rational
from verifiers.ntk_features import measure
from verifiers.ntk_features.angles import nngp_angle, ntk_angle, supremum
from verifiers.ntk_features.recursion import BITS, Recursion

UNIT = {"divisor": 1.0}
ORACLES = [  # x, x', depth, NNGP, NTK at D = 1, sigma_w^2 = 2, no bias
    ((1, 0), (0, 1), 1, 0.636619772367581, 0.636619772367581),
    ((1, 0), (0, 1), 2, 0.987462180400743, 1.37141727256588),
    ((1, 0), (0, 1), 3, 1.20965144022589, 2.12077621360517),
    ((1, 0), (0.6, 0.8), 1, 1.35509513553303, 2.20089445317199),
    ((1, 0), (0.6, 0.8), 3, 1.55062486968814, 3.9045733703693),
    ((0, 1), (0.6, 0.8), 1, None, 2.92650701638332),
    ((1, 0), (-1, 0), 1, 0.0, 0.0),
    ((1, 0), (-1, 0), 2, 0.636619772367581, 0.636619772367581),
]


def in_mpmath(x, z, depth, weight, bias, divisor):
    """(NNGP, NTK) by the recursion in 50 digits, written with mpmath alone."""
    with mpmath.workdps(50):
        inner = lambda a, b: sum(mpmath.mpf(p) * q for p, q in zip(a, b, strict=True))  # noqa: E731
        k, q, p = (weight * inner(a, b) / divisor + bias for a, b in ((x, z), (x, x), (z, z)))
        t = k
        for _ in range(depth):
            n = mpmath.sqrt(q * p)
            theta = mpmath.acos(max(-1, min(1, k / n)))
            k = weight * n / (2 * mpmath.pi) * (mpmath.sin(theta) + (mpmath.pi - theta) * mpmath.cos(theta)) + bias
            t = k + weight * (mpmath.pi - theta) / (2 * mpmath.pi) * t
            q, p = weight * q / 2 + bias, weight * p / 2 + bias
        return k, t


def single(x, z, **options):
    found = kernels(np.array([x], dtype=float), np.array([z], dtype=float), **options)
    return found.nngp[0, 0], found.ntk[0, 0]


@pytest.mark.parametrize(("x", "z", "depth", "nngp", "ntk"), ORACLES)
def test_published_kernels(x, z, depth, nngp, ntk) -> None:
    found = single(x, z, depth=depth, **UNIT)
    assert found[1] == pytest.approx(ntk, abs=2e-14)
    assert nngp is None or found[0] == pytest.approx(nngp, abs=2e-14)
    assert single(x, x, depth=depth, **UNIT)[1] == 2 * (depth + 1) * sum(v * v for v in x)


def test_kernels_with_a_bias_and_a_divisor_and_not_with_another_divisor() -> None:
    options = {"depth": 2, "bias_variance": 0.01}
    x, z = (1, 2, 3), (-1, 0, 2)
    assert single(x, z, divisor=3, **options) == pytest.approx((4.11399816972111, 8.63945131149232), abs=1e-13)
    exact = diagonal(np.array([x], dtype=float), divisor=3, **options)
    assert (exact.nngp[0], exact.ntk[0]) == pytest.approx((9.36333333333333, 28.06), abs=1e-13)
    assert abs(single(x, z, divisor=1, **options)[1] - 8.63945131149232) > 10


def test_fast_kernels_and_balls_agree_with_fifty_digits_on_random_points() -> None:
    generator = np.random.default_rng(0)
    for _ in range(40):
        d, depth = int(generator.integers(2, 5)), int(generator.integers(1, 5))
        weight, bias = float(generator.choice([1, 1.5, 2])), float(generator.choice([0, 0.01, 0.5]))
        divisor = float(generator.choice([1, d]))
        x, z = generator.standard_normal((2, d))
        expected = in_mpmath(x.tolist(), z.tolist(), depth, weight, bias, divisor)
        found = single(x, z, depth=depth, weight_variance=weight, bias_variance=bias, divisor=divisor)
        assert found == pytest.approx([float(v) for v in expected], rel=3e-14)
        s, r, p = (rational(sum((Fraction(a) * Fraction(b) for a, b in zip(u, v, strict=True)), Fraction(0)))
                   for u, v in ((x, z), (x, x), (z, z)))  # fmt: skip
        with precision(BITS):
            balls = Recursion(depth, *map(rational, (weight, bias, divisor))).pair(s, r, p)
            for ball, value in zip(balls, expected, strict=True):
                assert abs(ball - _flint().arb(mpmath.nstr(value, 45))) < 1e-40


@pytest.mark.parametrize("bias", [0.0, 0.1])
def test_nearly_parallel_points_keep_their_digits(bias) -> None:
    """The plain recursion has eight digits there; the angle is carried by its defect instead."""
    options = {"depth": 3, "bias_variance": bias, "divisor": 2.0}
    worst = 0.0
    for gap in (1e-3, 1e-6, 1e-9, 1e-12):
        for scale in (1.0, 1.5, -1.0):
            x, z = np.array([0.3, 0.7]), scale * np.array([0.3 + gap, 0.7])
            expected = float(in_mpmath(x.tolist(), z.tolist(), 3, 2, bias, 2)[1])
            assert single(x, z, **options)[1] == pytest.approx(expected, rel=1e-13)
            plain = kernels_numpy(x[None], z[None], **options).ntk[0, 0]
            worst = max(worst, abs(plain - expected))
    assert worst > 1e-9


def test_tiles_and_one_half_of_a_matrix_are_the_whole() -> None:
    points = np.random.default_rng(1).standard_normal((1500, 3))
    points[7] = points[1203]
    found, plain = kernels(points, depth=2, **UNIT), kernels_numpy(points, depth=2, **UNIT)
    assert np.array_equal(found.ntk, found.ntk.T)
    assert np.allclose(np.diag(found.ntk), 6 * np.einsum("id,id->i", points, points), rtol=1e-15)
    assert found.ntk[7, 1203] == pytest.approx(found.ntk[7, 7], rel=1e-15)
    far = np.abs(plain.ntk - found.ntk) > 1e-11 * np.abs(found.ntk).max()
    far[7, 1203] = far[1203, 7] = False
    assert not far.any()


def test_inputs_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ValueError, match="one d"):
        kernels(np.zeros((2, 3)), np.zeros((2, 4)), depth=1, divisor=1)
    with pytest.raises(ValueError, match="divisor"):
        kernels(np.zeros((2, 3)), depth=1, divisor=0)
    assert np.array_equal(kernels(np.zeros((1, 2)), np.ones((1, 2)), depth=2, divisor=1).ntk, [[0.0]])


@pytest.mark.parametrize("kind", ["ntk", "nngp"])
def test_gradients_against_differences_and_euler(kind) -> None:
    generator = np.random.default_rng(2)
    points, queries = generator.standard_normal((20, 4)), generator.standard_normal((6, 4))
    for depth in (1, 2, 4):
        for bias in (0.0, 0.3):
            own = Architecture(depth, 4.0, 1.7, bias, kind)  # type: ignore[arg-type]
            predictor = KernelPredictor(points, generator.standard_normal(20), own)
            values, slopes = predictor.gradient(queries)
            assert values == pytest.approx(predictor(queries), rel=1e-10)
            for axis in range(4):
                step = np.zeros(4)
                step[axis] = 1e-6
                difference = (predictor(queries + step) - predictor(queries - step)) / 2e-6
                assert slopes[:, axis] == pytest.approx(difference, abs=1e-7)
            euler = np.einsum("md,md->m", slopes, queries) - values
            assert np.abs(euler).max() < 1e-12 if bias == 0 else np.abs(euler).max() > 1e-3


def test_two_points() -> None:
    """O5: eigenvalues, coefficients, norm, value and gradient."""
    predictor = fit(np.eye(2), np.array([1.0, -1.0]), Architecture(1, 1.0))
    assert predictor.coefficients == pytest.approx([0.297319937776981, -0.297319937776981], abs=1e-15)
    own = features(predictor.architecture.kernel(np.eye(2)), np.array([1.0, -1.0]))
    assert own.eigenvalues == pytest.approx([4.63661977236758, 3.36338022763242], abs=1e-14)
    values, slopes = predictor.gradient(np.array([[0.6, 0.8]]))
    assert values[0] == pytest.approx(-0.21573908214419, abs=1e-14)
    assert slopes[0] == pytest.approx([1.07295022635, -1.07438652244], abs=1e-11)
    assert np.linalg.norm(slopes[0]) == pytest.approx(1.51839671622, abs=1e-11)
    assert np.abs(slopes[0]).sum() == pytest.approx(2.14733674879, abs=1e-11)
    instance = KernelInstance(points=[[1, 0], [0, 1]], labels=[1, -1], queries=exact_array([["3/5", "4/5"]]))
    measured = measure(instance)
    assert float(measured["function_norm_sq"].value) == pytest.approx(0.594639875553963, abs=1e-15)
    assert float(measured["cluster_low"].value[0]) == pytest.approx(4.63661977236758, abs=1e-14)


@pytest.mark.parametrize(("depth", "expected"), [
    (1, [5.2732395447352, 4, 2.7267604552648, 4]),
    (2, [9.37945431749934, 5.36338022763242, 3.89378522723582, 5.36338022763242]),
])  # fmt: skip
def test_four_points_on_the_circle(depth, expected) -> None:
    """O6, by the transform and by the decomposition of the matrix; the middle two are one cluster."""
    found = measure(CircleInstance(count=4, depth=depth))["circle_eigenvalue"]
    assert found.value == pytest.approx(expected, abs=1e-13)
    points = np.array([[1, 0], [0, 1], [-1, 0], [0, -1]], dtype=float)
    own = features(kernels(points, depth=depth, **UNIT).ntk, np.array([1.0, -1.0, 1.0, 1.0]))
    assert own.sizes.tolist() == [1, 2, 1]
    assert own.eigenvalues == pytest.approx(sorted(set(np.round(expected, 12)), reverse=True), abs=1e-11)


def test_distances_at_small_angles_and_their_bound() -> None:
    """O7 and O9."""
    for angle, distance, bound in ((0.1, 0.1662305538967, 0.167323954), (0.01, 0.01313133109062, 0.013132395),
                                   (0.001, 0.001277238483369, 0.001277239545)):  # fmt: skip
        found = single((1, 0), (math.cos(angle), math.sin(angle)), depth=1, **UNIT)[1]
        assert 8 - 2 * found == pytest.approx(distance, rel=2e-12)
        assert 4 / math.pi * angle + 4 * angle**2 == pytest.approx(bound, rel=1e-7)
    with precision(BITS):
        ratio = _flint().arb(rational("1/5"))
        assert float(ntk_angle(ratio).mid()) == pytest.approx(0.02880860632816, abs=1e-14)
        assert float(nngp_angle(ratio).mid()) == pytest.approx(0.1414213562373, abs=1e-13)


def test_the_steepest_angle() -> None:
    """O8, against mpmath's own maximiser, and on a grid that plays no part in the bisection."""
    with mpmath.workdps(30):
        slope = lambda t: 2 / mpmath.pi * (2 * (mpmath.pi - t) * mpmath.sin(t) + mpmath.cos(t))  # noqa: E731
        at = mpmath.findroot(lambda t: mpmath.diff(slope, t), 1)
        assert float(at) == pytest.approx(0.966966624901, abs=1e-11)
        below, above = supremum("slope", Fraction(0), Fraction(4))
        assert below <= _flint().arb(mpmath.nstr(slope(at), 25)) + 1e-20 and float(above.mid()) >= float(slope(at))
    grid = np.linspace(0, math.pi, 20001)
    values = np.abs(2 / math.pi * (2 * (math.pi - grid) * np.sin(grid) + np.cos(grid)))
    assert values.max() <= 2.6406737065982 and float(above.mid()) - values.max() < 1e-7


@pytest.mark.parametrize(("name", "value"), [
    ("cone_ratio", lambda t, d: math.pi * (d - 4 * t**2) / t),
    ("square_ratio", lambda t, d: (d - 4 * t / math.pi) / t**2),
])  # fmt: skip
def test_suprema_over_angles_against_a_grid(name, value) -> None:
    for low, high in (("0", "4"), ("1/2", "3/4"), ("2", "3")):
        found = measure(AngleInstance(low=low, high=high))[name]
        grid = np.linspace(max(float(Fraction(low)), 1e-3), min(float(Fraction(high)), math.pi), 400)
        d = 8 - 2 * np.array([single((1, 0), (math.cos(t), math.sin(t)), depth=1, **UNIT)[1] for t in grid])
        best = max(value(t, square) for t, square in zip(grid, d, strict=True))
        assert best - 1e-5 <= float(found.upper) and float(found.lower) <= best + 0.02


def test_time_to_fit() -> None:
    """O10, and flow, descent and heavy ball against explicit integration of the linearised dynamics."""
    assert math.log(100) / (0.1 * 4) == pytest.approx(11.5129254650, abs=1e-10)
    generator = np.random.default_rng(3)
    points, y = generator.standard_normal((12, 3)), np.sign(generator.standard_normal(12))
    kernel = kernels(points, depth=1, divisor=3.0).ntk
    rate = 0.5 / np.linalg.eigvalsh(kernel)[-1]
    alpha, speed = np.zeros(12), np.zeros(12)
    for _ in range(200):
        speed = 0.9 * speed + (y - kernel @ alpha)
        alpha = alpha + rate * speed
    assert descended(kernel, y, rate, 200, 0.9) == pytest.approx(alpha, abs=1e-10)
    small, steps = 1e-4 / np.linalg.eigvalsh(kernel)[-1], 20000
    flow = early_stopped(kernel, y, small * steps)
    assert flow == pytest.approx(descended(kernel, y, small, steps), abs=2e-3 * np.abs(flow).max())
    assert early_stopped(kernel, y, 1e9) == pytest.approx(ridge(kernel, y), rel=1e-6)
    instance = KernelInstance(points=points, labels=y.astype(int), divisor=3, time=2)
    balls = [float(a.mid()) for a in measure(instance).subject.alpha]
    assert early_stopped(kernel, y, 2.0) == pytest.approx(balls, abs=1e-11)


def test_neurons_follow_a_binomial_law() -> None:
    """O11 in rationals, the tail of the verifier against scipy, and 400 simulated nets by an exact test."""
    p, m = Fraction(1, 3), 100
    tail = sum((math.comb(m, k) * p**k * (1 - p) ** (m - k) for k in range(21)), Fraction(0))
    assert float(tail) == pytest.approx(0.00236979573022, abs=1e-14)
    found = measure(WidthInstance(first=[1, 0], second=[1, 1], width=100, error="1/20"))
    expected = binom.cdf(32, 100, 0.375) + binom.sf(42, 100, 0.375)
    assert float(found["binomial_tail"].value) == pytest.approx(expected, rel=1e-12)
    generator, on = np.random.default_rng(4), 0
    for _ in range(400):
        heights = generator.standard_normal((100, 2)) @ np.array([[1, 1], [0, 1]])
        on += int(np.all(heights > 0, axis=1).sum())
    assert binomtest(on, 40_000, 0.375).pvalue > 1e-4
    assert binomtest(on, 40_000, 0.75).pvalue < 1e-12


def test_the_mean_empirical_kernel_is_a_quarter_of_the_ntk() -> None:
    points = np.random.default_rng(5).standard_normal((5, 3))
    weights = np.random.default_rng(6).standard_normal((200_000, 3))
    limit = kernels(points, depth=1, **UNIT).ntk / 4
    assert empirical_kernel(points, points, weights) == pytest.approx(limit, abs=0.02 * np.abs(limit).max())


def test_attacks_stay_in_the_ball_and_one_step_is_best_to_first_order() -> None:
    generator = np.random.default_rng(7)
    points, y = generator.standard_normal((30, 5)), np.sign(generator.standard_normal(30))
    predictor = fit(points, y, Architecture(2, 5.0), amount=0.1)
    clean = y * predictor(points)
    for norm, length in (("linf", lambda v: np.abs(v).max(1)), ("l2", lambda v: np.linalg.norm(v, axis=1))):
        weak = one_step(predictor, points, y, 0.1, norm)
        strong = projected(predictor, points, y, 0.1, norm)
        assert length(weak - points).max() <= 0.1 + 1e-12 and length(strong - points).max() <= 0.1 + 1e-12
        assert np.all(y * predictor(strong) <= clean + 1e-12)
        assert np.mean(y * predictor(strong)) <= np.mean(y * predictor(weak)) + 1e-3
        fresh = generator.standard_normal((30, 5))  # at the points themselves an NTK has a cone and no gradient
        step = 1e-6 * np.sign(generator.standard_normal(points.shape))
        step = step if norm == "linf" else step / np.sqrt(5)
        best = y * predictor(one_step(predictor, fresh, y, 1e-6, norm))
        assert np.all(best <= y * predictor(fresh + step) + 1e-10)
    clipped = projected(predictor, points, y, 0.5, clip=(-0.2, 0.2))
    assert np.abs(clipped).max() <= np.abs(points).max() + 1e-12


def test_several_predictors_at_once_are_each_of_them() -> None:
    generator = np.random.default_rng(8)
    points, y = generator.standard_normal((25, 4)), np.sign(generator.standard_normal(25))
    own = Architecture(1, 4.0)
    found = features(own.kernel(points), y)
    every = KernelPredictor(points, found.coefficients, own)
    queries = generator.standard_normal((7, 4))
    values, slopes = every.gradient(queries)
    moved = one_step(every, queries, np.ones(7), 0.1)
    for column in (0, 3, 24):
        alone = every.column(column)
        assert values[:, column] == pytest.approx(alone.gradient(queries)[0])
        assert slopes[:, column] == pytest.approx(alone.gradient(queries)[1])
        assert moved[:, column] == pytest.approx(one_step(alone, queries, np.ones(7), 0.1))
    assert found.parts.sum(axis=1) == pytest.approx(y, abs=1e-9)
    assert found.truncated(25) == pytest.approx(ridge(own.kernel(points), y), rel=1e-7)
    assert (found.radii**2).mean(axis=0) == pytest.approx(found.eigenvalues / 25, rel=1e-9)
