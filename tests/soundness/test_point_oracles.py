"""Published numbers of KKT points, read off by the verifier; networks that look like KKT points and are not, refused.

Networks are written out here by hand, and the +-1 data by their own recurrence, so that nothing is tested against the
code that builds it.
"""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from reference_point import network

from constructions import kkt_margin as build
from constructions.instance import Draw
from constructions.kkt_margin.instance import MarginInstance
from theorems.kkt_margin import STATEMENTS
from theorems.statement import judge
from verifiers import tolerances
from verifiers.errors import NoCertificate
from verifiers.kkt_margin import measure
from verifiers.kkt_margin.all_points import AllPoints
from verifiers.kkt_margin.box import enclose_point
from verifiers.kkt_margin.exact import float_point
from verifiers.verdict import Holds, HypothesisFailed, Refuted, Rigor

STATEMENT = {statement.id.split(".")[1]: statement for statement in STATEMENTS}


def own_and_other(labels, own, other):
    """Rows of one neuron per class: `own` on its class, `other` (per class) on the opposite one."""
    return [[own if y == s else o for y in labels] for s, o in zip((1, -1), other, strict=True)]


def scaled_identity(n, square):
    return np.eye(n, dtype=object) * Fraction(square)


def exact_values(instance, name):
    entries = measure(instance)[name].entries
    return [Fraction(int(e.p), int(e.q)) for e in np.asarray(entries).reshape(-1)]


def value(instance, name):
    return measure(instance)[name].value


def subgradients(instance):
    """sigma' at every pair where the pre-activation vanishes, from the verifier's own point, as floats."""
    point = measure(instance).subject.point
    norms, lam = np.sqrt(floats(point.square_norms)), np.sqrt(floats(point.square_multipliers))
    mu = floats(point.rows) / norms[:, None]
    return {(k, i): mu[k, i] / lam[i] for k, i in np.argwhere(floats(point.pre_activations) == 0)}


def floats(array):
    return np.array([float(Fraction(int(e.p), int(e.q)) if hasattr(e, "p") else e) for e in array.reshape(-1)]).reshape(
        array.shape
    )


def length(instance):
    """|z0|: u times the largest flip threshold."""
    flip = float(value(instance, "flip_threshold").max())
    return flip * float(value(instance, "direction_norm_sq")) ** 0.5


SPLIT = [1, 1, 1, -1, -1]


def test_orthogonal_merged_point():
    x = np.zeros((5, 9), dtype=np.int64)
    x[np.arange(5), np.arange(5)] = 3
    o1 = network(x, SPLIT, [1, -1], own_and_other(SPLIT, 1, (0, 0)), ["1/9", "1/9"])
    assert measure(o1)["kkt_residual"].rigor == Rigor.EXACT
    assert value(o1, "multiplier_sum") == pytest.approx(1.048754789981, rel=1e-11)
    assert value(o1, "multiplier") == pytest.approx([0.1924500897] * 3 + [0.2357022604] * 2, rel=1e-9)
    assert exact_values(o1, "flip_threshold") == [Fraction(1, 5)] * 5
    assert max(exact_values(o1, "level_threshold")) == Fraction(1, 2)
    assert length(o1) == pytest.approx(1.3416407865, rel=1e-10)
    assert np.sqrt(value(o1, "radius_sq")) == pytest.approx([1.3416407865] * 5, rel=1e-10)
    assert set(subgradients(o1).values()) == {0.0} and value(o1, "fractional_pairs") == 0


def test_orthogonal_singles():
    o2 = network(scaled_identity(5, 9), SPLIT, SPLIT, np.eye(5, dtype=int), ["1/9"] * 5)
    assert value(o2, "multiplier") == pytest.approx([1 / 3] * 5, rel=1e-15)
    assert value(o2, "multiplier_sum") == pytest.approx(5 / 3, rel=1e-15)
    assert exact_values(o2, "flip_threshold") == [Fraction(1, 3)] * 3 + [Fraction(1, 4)] * 2
    assert max(exact_values(o2, "level_threshold")) == Fraction(2, 3)


@pytest.mark.parametrize(
    ("positives", "negatives", "total", "multipliers", "sigma", "t0", "t1", "z0"),
    [
        (5, 5, 0.436931448753, (0.0436931448753, 0.0436931448753), 1 / 21, Fraction(1, 10), 0.2, 3.16227766017),
        (
            5,
            2,
            0.358413264169,
            (0.0436639675, 0.0700467134),
            0.0305566166,
            Fraction(107, 740),
            0.486363636364,
            3.8256133822,
        ),
    ],
)
def test_orthogonal_biased_points(positives, negatives, total, multipliers, sigma, t0, t1, z0):
    labels, n = [1] * positives + [-1] * negatives, positives + negatives
    counts = {1: positives, -1: negatives}
    other = [Fraction(counts[s], 100 + counts[-s]) for s in (1, -1)]
    masses = [Fraction(100 + counts[-s], 100 * (100 + n)) for s in (1, -1)]
    o3 = network(scaled_identity(n, 100), labels, [1, -1], own_and_other(labels, 1, other), masses, bias=True)
    assert measure(o3).subject.point.kind == "rational"
    assert value(o3, "multiplier_sum") == pytest.approx(total, rel=1e-11)
    assert value(o3, "multiplier")[[0, -1]] == pytest.approx(multipliers, rel=1e-8)
    assert list(subgradients(o3).values()) == pytest.approx([sigma] * n, rel=1e-8)
    assert value(o3, "fractional_pairs") == n
    assert max(exact_values(o3, "flip_threshold")) == t0
    assert float(max(exact_values(o3, "level_threshold"))) == pytest.approx(t1, rel=1e-11)
    assert length(o3) == pytest.approx(z0, rel=1e-10)


@pytest.mark.parametrize(
    ("gamma", "rows", "mass", "total", "sigma", "z0"),
    [
        (Fraction(1, 2), [[1, "1/2"], ["1/2", 1]], "1/3", 1.154700538379, [0.5, 0.5], 1.0),
        (Fraction(-1, 2), [[1, 0], [0, 1]], "1/4", 1.0, [], 1.7320508076),
    ],
)
def test_two_points_flip_at_their_midpoint(gamma, rows, mass, total, sigma, z0):
    o4 = network([[4, 4 * gamma], [4 * gamma, 4]], [1, -1], [1, -1], rows, [mass] * 2)
    assert value(o4, "multiplier_sum") == pytest.approx(total, rel=1e-11)
    assert list(subgradients(o4).values()) == pytest.approx(sigma, rel=1e-12)
    assert exact_values(o4, "flip_threshold") == [Fraction(1, 2)] * 2
    assert length(o4) == pytest.approx(z0, rel=1e-10)


@pytest.mark.parametrize(
    ("positives", "negatives", "total", "t0", "z0"),
    [
        (3, 3, 1.290994448736, (Fraction(1, 6), Fraction(1, 6)), 1.5491933385),
        (4, 2, 1.369306393763, (Fraction(1, 8), Fraction(1, 4)), None),
    ],
)
def test_simplex_points(positives, negatives, total, t0, z0):
    labels = [1] * positives + [-1] * negatives
    gram = np.full((6, 6), Fraction(-12, 5), dtype=object)
    gram[np.diag_indices(6)] = Fraction(12)
    masses = [Fraction(5, 12 * negatives), Fraction(5, 12 * positives)]
    o5 = network(gram, labels, [1, -1], own_and_other(labels, 1, (0, 0)), masses)
    assert value(o5, "multiplier_sum") == pytest.approx(total, rel=1e-11)
    assert exact_values(o5, "flip_threshold") == [t0[0]] * positives + [t0[1]] * negatives
    if z0:
        assert length(o5) == pytest.approx(z0, rel=1e-10)


def equicorrelated(half, r, singles):
    n, labels = 2 * half, [1] * half + [-1] * half
    q = Fraction(r) / (n - 1)
    a = 1 - (half - 1) * q
    gram = [[1 if i == j else -q * labels[i] * labels[j] for j in range(n)] for i in range(n)]
    if singles:
        rows = [[1 if i == k else q / a if labels[i] != labels[k] else 0 for i in range(n)] for k in range(n)]
        return network(gram, labels, labels, rows, [a / ((1 + q) * (1 - half * q))] * n)
    rows = own_and_other(labels, 1, (half * q / a,) * 2)
    return network(gram, labels, [1, -1], rows, [a / ((1 - Fraction(r)) * (1 + q))] * 2)


@pytest.mark.parametrize(
    ("half", "r", "singles", "total", "times", "scaled"),
    [
        (5, "33/100", False, 4.95698, None, 0.8185),
        (5, "33/100", True, 10.03962, 2.0315, 1.662862),
        (5, "19/20", True, None, None, 3.519737),
        (2, "3/5", False, 3.65148, None, None),
        (2, "3/5", True, 4.21637, None, None),
        (2, "4/5", False, 4.81227, None, None),
        (2, "4/5", True, 4.45529, None, None),
    ],
)
def test_equicorrelated_points(half, r, singles, total, times, scaled):
    o7 = equicorrelated(half, r, singles)
    assert measure(o7).subject.point.kind == "rational"
    if total:
        assert value(o7, "multiplier_sum") == pytest.approx(total, rel=2e-6)
    if times:
        assert value(o7, "flip_threshold").max() * 2 * half == pytest.approx(times, rel=1e-4)
    if scaled:
        assert length(o7) * (2 * half) ** 0.5 == pytest.approx(scaled, rel=1e-4)


def reproducible_signs(n, d, bias=False):
    """s <- 48271 s mod (2^31 - 1) from 1; +1 where s > 1073741823, row by row; labels +, -, +, ..."""
    state, entries = 1, []
    for _ in range(n * d):
        state = state * 48271 % (2**31 - 1)
        entries.append(1 if state > 1073741823 else -1)
    points = np.array(entries).reshape(n, d)
    return MarginInstance(labels=[(-1) ** i for i in range(n)], bias=bias, points=points)


O6 = [
    (4, 256, False, 34, 0.398438, 0.172973541140, 0.25, 0.5, (7.834134, 7.834134), 0.381328, 4, 0.21693677, 0.91088077),
    (
        6,
        1024,
        True,
        50,
        0.248780,
        0.109514681246,
        0.177630111276,
        0.351367996809,
        (12.631150, 13.922590),
        0.277087,
        2,
        0.10297645,
        0.98412933,
    ),
    (
        8,
        4096,
        True,
        182,
        0.3093,
        0.062426235115,
        0.129668023025,
        0.257959860260,
        (22.256923, 23.211922),
        0.223816,
        7,
        0.11728680,
        0.95933936,
    ),
    (
        16,
        1024,
        True,
        88,
        1.2732,
        0.178492589503,
        0.067604166082,
        0.135026848955,
        (7.697311, 8.520674),
        0.172905,
        8,
        0.33380215,
        0.69110639,
    ),
]


@pytest.mark.parametrize(
    ("n", "d", "bias", "p", "r", "total", "t0", "t1", "radius", "t_all", "kinks", "rho", "least"), O6
)
@pytest.mark.parametrize("kind", ["ball", "rational"])
def test_reproducible_signs(kind, n, d, bias, p, r, total, t0, t1, radius, t_all, kinks, rho, least):
    data = reproducible_signs(n, d, bias)
    point = build.exact_partition_point(data) if kind == "rational" else build.merged_point(data).on(data)
    assert measure(point).subject.point.kind == kind
    assert value(point, "p") == p
    assert float(value(point, "q") * (n - 1) / value(point, "L")) == pytest.approx(r, abs=5e-5 if n > 6 else 1e-6)
    assert value(point, "multiplier_sum") == pytest.approx(total, rel=1e-10)
    assert value(point, "flip_threshold").max() == pytest.approx(t0, rel=1e-10)
    assert value(point, "level_threshold").max() == pytest.approx(t1, rel=1e-10)
    assert value(point, "fractional_pairs") == kinks
    lengths = np.sqrt(value(point, "radius_sq"))
    assert (lengths.min(), lengths.max()) == pytest.approx(radius, rel=2e-7)
    if kind == "rational":
        assert AllPoints.from_instance(data).threshold(0).lower == pytest.approx(t_all, abs=6e-7)
        assert t_all - 1e-6 < float(value(point, "all_points_flip")) < t_all * (1 + 1e-4)
        assert value(point, "transfer_radius") == pytest.approx(rho, rel=1e-7)
        bounds = [float(e) for e in exact_values(point, "own_lower")]
        assert min(bounds) * (d + bias) == pytest.approx(least, rel=1e-6)


def test_multipliers_of_the_smallest_reproducible_signs():
    data = reproducible_signs(4, 256)
    assert data.points[0, :8].tolist() == [-1, -1, 1, 1, 1, -1, 1, -1]
    point = build.merged_point(data).on(data)
    assert value(point, "multiplier") == pytest.approx(
        [0.0432697023, 0.0431628799, 0.0439243970, 0.0426165620], rel=1e-8
    )
    expected = {(0, 1): 0.1488351304, (0, 3): 0.0285819699, (1, 0): 0.0809882591, (1, 2): 0.0970739388}
    assert subgradients(point) == {key: pytest.approx(value, rel=1e-8) for key, value in expected.items()}


def test_one_rational_bound_for_all_kkt_points_of_six_signs():
    data = reproducible_signs(6, 1024, True)
    below = [-12, -14, 2, -42, 10, -44, 14, -30, -40, -20, 50, -30, 12, -16, 4]
    assert data.exact_gram()[np.tril_indices(6, -1)].tolist() == below
    bounds = AllPoints.from_instance(data).bound_at(Fraction(17, 60))
    assert bounds.flipped and -0.0250937 < float(max(bounds.upper)) <= -0.025093


def test_second_point_of_six_signs():
    data = reproducible_signs(6, 1024, True)
    neurons = build.neurons_of([(1, [2]), (1, [0, 4]), (-1, [1, 3, 5])], 6)
    point = build.restricted_point(data, neurons, repairs=0).on(data)
    assert measure(point).subject.point.kind == "ball"
    assert value(point, "multiplier_sum") == pytest.approx(0.129820095736, rel=1e-10)
    assert value(point, "multiplier") == pytest.approx(
        [0.02196994, 0.01817071, 0.03123743, 0.01791328, 0.02191528, 0.01861345], rel=4e-7
    )
    masses = sorted(float(c) for c in measure(point).subject.point.masses)
    assert masses == pytest.approx([0.0312374336, 0.0438852217, 0.0546974404], rel=2e-9)
    found = sorted(s for s in subgradients(point).values() if s > 0)
    assert found == pytest.approx([0.00066448, 0.00565294, 0.02144085, 0.06447178], abs=1e-8)
    assert value(point, "flip_threshold").max() == pytest.approx(0.2527629122, rel=1e-9)
    lengths = np.sqrt(value(point, "radius_sq"))
    assert (lengths.min(), lengths.max()) == pytest.approx((12.842242, 16.129761), rel=2e-7)


def test_the_cells_of_eight_signs():
    data = reproducible_signs(8, 4096, True)
    neurons = build.neurons_of([(1, [2, 4, 6]), (1, [0, 4, 6]), (-1, [5, 7]), (-1, [1, 3, 5])], 8)
    point = build.restricted_point(data, neurons, repairs=0).on(data)
    assert measure(point).subject.point.kind == "ball"
    assert value(point, "multiplier_sum") == pytest.approx(0.078529038548, rel=1e-10)
    assert value(point, "flip_threshold").max() == pytest.approx(0.1864395512, rel=1e-9)


def refused(instance, least):
    """Never exact, never in a box, with a residual above `least`, and no statement says anything but that."""
    data = measure(instance).subject.data
    point = measure(instance).subject.point
    assert not point.proved and not float_point(data).residual <= tolerances.KKT_RESIDUAL
    assert point.residual > least
    with pytest.raises(NoCertificate):
        enclose_point(
            data,
            np.array(instance.signs),
            *(
                np.array(part, dtype=float)
                for part in (
                    [[float(Fraction(e)) for e in row] for row in instance.rows.tolist()],
                    [float(Fraction(e)) for e in instance.masses.tolist()],
                )
            ),
        )
    for statement in STATEMENT.values():
        if statement.id != "kkt_margin.sphere_correlations":
            assert not isinstance(judge(statement, Draw(instance, "user", "refused")).verdict, (Holds, Refuted))


@pytest.mark.parametrize("exact", [True, False])
def test_subgradients_of_zero_or_one_are_refused_where_kinks_are_forced(exact):
    labels = [1] * 5 + [-1] * 5
    rows = own_and_other(labels, 1, (0, 0))
    refused(network(scaled_identity(10, 100), labels, [1, -1], rows, [Fraction(1, 105)] * 2, True, exact), 1e-2)


@pytest.mark.parametrize("exact", [True, False])
def test_an_excluded_sample_with_positive_correlation_is_refused(exact):
    half = Fraction(1, 2)
    gram = [[1, half, 0], [half, 1, 0], [0, 0, 1]]
    pressed = [[1, -half, 0], [-half, 1, 0], [0, 0, 1]]  # every margin is 1, but mu = -lambda / 2
    refused(network(gram, [1, 1, -1], [1, 1, -1], pressed, [Fraction(4, 3), Fraction(4, 3), 1], exact=exact), 1e-2)
    ignored = [[1, 0, 0], [0, 1, 0], [0, 0, 1]]  # on at the excluded sample without its multiplier
    refused(network(gram, [1, 1, -1], [1, 1, -1], ignored, [Fraction(2, 3), Fraction(2, 3), 1], exact=exact), 1e-2)


def test_the_crowded_signs_are_beyond_the_main_theorem_but_within_the_certificate():
    data = reproducible_signs(16, 1024, True)
    point = Draw(build.exact_partition_point(data), "user", "16 signs")
    verdict = judge(STATEMENT["main"], point).verdict
    assert isinstance(verdict, HypothesisFailed) and verdict.name == "nearly orthogonal samples, r < sqrt(2) - 1"
    assert isinstance(judge(STATEMENT["all_points"], point).verdict, Holds)
