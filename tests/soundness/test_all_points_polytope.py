"""The polytope of all KKT points, written out again entry by entry: known KKT points lie inside, bounds lie above."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy.optimize import brentq, linprog, nnls

from verifiers.kkt_margin.all_points import FAMILIES, AllPoints


def sign_data(n, d):
    """Reproducible +-1 points: minimal-standard generator, row by row; labels alternate from +."""
    state, entries = 1, []
    for _ in range(n * d):
        state = 48271 * state % (2**31 - 1)
        entries.append(1 if state > 1073741823 else -1)
    return np.array(entries).reshape(n, d), np.array([1, -1] * (n // 2))


def oracle(n, d, bias):
    points, labels = sign_data(n, d)
    return AllPoints.from_gram(points @ points.T, labels, bias)


@pytest.mark.parametrize("n, d, bias", [(4, 256, False), (6, 1024, True), (8, 4096, True), (16, 1024, True)])
def test_exact_bounds_sit_just_above_an_independent_lp(n, d, bias):
    points, labels = sign_data(n, d)
    everything = oracle(n, d, bias)
    bounds = everything.bound_at(Fraction(1, n))
    box = [float(value) * d for value in everything.sums.upper]
    for i in range(n):
        matrix, limits = plain_rows(points @ points.T, labels, bias, range(n))
        objective = plain_objective(points @ points.T, labels, bias, i, Fraction(1, n))
        best = linprog(-objective / d, matrix / d, limits, bounds=[(0, value) for value in box])
        assert -best.fun - 1e-7 < bounds.upper[i] < -best.fun + 1e-7
        assert -best.fun - 1e-7 < bounds.values[i] < -best.fun + 1e-7


# --- the inequalities once more, entry by entry --------------------------------------------------------------------

def slot(labels, j, sign):
    """Position of A_l^sign in (own, cross)."""
    return j if sign == labels[j] else j + len(labels)


def signed_grams(gram, labels, bias):
    n = len(labels)
    raw = [[labels[i] * labels[j] * gram[i][j] for j in range(n)] for i in range(n)]
    lifted = [[labels[i] * labels[j] * (gram[i][j] + (1 if bias else 0)) for j in range(n)] for i in range(n)]
    return raw, lifted


def plain_rows(gram, labels, bias, support):
    """(U) for the given samples, then (L), (L'), (X) for all, as rows and right-hand sides of ``row @ A <= side``."""
    n, (_, r) = len(labels), signed_grams(gram, labels, bias)
    rows, sides = [], []

    def new(side):
        rows.append([0] * (2 * n))
        sides.append(side)
        return rows[-1]

    for i in support:
        row = new(1)
        for j in range(n):
            row[slot(labels, j, labels[i])] += r[i][j]
            if j != i:
                row[slot(labels, j, -labels[i])] -= max(-r[i][j], 0)
    for i in range(n):
        row = new(-1)
        for j in range(n):
            row[slot(labels, j, labels[i])] -= max(r[i][j], 0)
    for i in range(n):
        row = new(-1)
        for j in range(n):
            row[slot(labels, j, labels[i])] -= max(r[i][j], 0)
            row[slot(labels, j, -labels[i])] -= r[i][j]
    for i in range(n):
        row = new(0)
        row[slot(labels, i, -labels[i])] += r[i][i]
        for j in range(n):
            if j != i:
                row[slot(labels, j, -labels[i])] -= max(-r[i][j], 0)
    exact = isinstance(rows[0][0], Fraction)
    return np.array(rows, dtype=object if exact else float), np.array(sides, dtype=object if exact else float)


def plain_objective(gram, labels, bias, i, t):
    n, (raw, r) = len(labels), signed_grams(gram, labels, bias)
    row = [Fraction(0)] * (2 * n)
    for j in range(n):
        tilted = r[i][j] - t * sum(raw[j])
        row[slot(labels, j, labels[i])] += max(tilted, 0)
        row[slot(labels, j, -labels[i])] += tilted
    return np.array(row, dtype=float)


@pytest.mark.parametrize("kind", ["integers", "doubles", "rationals"])
def test_dual_vectors_prove_the_bounds(kind):
    """Weak duality redone in Fractions, from the payload fields alone."""
    points, labels = sign_data(6, 64)
    if kind == "doubles":
        points = points + np.random.default_rng(3).normal(size=points.shape) / 8
    gram = points @ points.T
    if kind == "rationals":
        gram = np.array([[Fraction(int(v), 7) for v in row] for row in gram], dtype=object)
    everything = AllPoints.from_gram(gram, labels, True)
    bounds = everything.bound_at(Fraction(3, 7))
    exact = [[Fraction(v) for v in row] for row in gram.tolist()]
    n, t = 6, Fraction(3, 7)
    raw, lifted = signed_grams(exact, labels.tolist(), True)
    rows, sides = plain_rows(exact, labels.tolist(), True, range(n))
    upper = everything.sums.upper
    for i in range(n):
        vector = [value for name in FAMILIES for value in bounds.duals[name][i]]
        assert min(vector) >= 0 and len(vector) == 4 * n
        total = sum(y * side for y, side in zip(vector, sides, strict=True))
        for column in range(2 * n):
            j, own = column % n, column < n
            tilted = lifted[i][j] - t * sum(raw[j])
            wanted = max(tilted, 0) if own == (labels[i] == labels[j]) else tilted
            total += upper[column] * max(wanted - sum(y * row[column] for y, row in zip(vector, rows, strict=True)), 0)
        assert total == bounds.upper[i]


def test_step_one_is_a_rational_proof():
    points, labels = sign_data(16, 1024)
    everything = oracle(16, 1024, True)
    _, r = signed_grams((points @ points.T).tolist(), labels.tolist(), True)
    upper = everything.sums.upper
    for i in range(16):
        own = cross = Fraction(0)
        for j in range(16):
            if j != i:
                weight = max(Fraction(-r[i][j]), Fraction(0))
                own += weight * (upper[j] + upper[j + 16])
                cross += weight * upper[slot(labels, j, -labels[i])]
        assert r[i][i] * upper[i] - own >= 1 and own >= 0
        assert r[i][i] * upper[16 + i] - cross > 0
    assert all(value > 0 for value in upper)


# --- KKT points known in closed form lie inside --------------------------------------------------------------------

class Point:
    """A merged KKT point: A sums and values y_i N(x_i - t y_i u) in the arithmetic of its entries."""

    def __init__(self, gram, labels, bias, signs, rows, masses):
        self.gram, self.labels, self.bias = gram, labels, bias
        self.signs, self.rows, self.masses = signs, rows, masses
        self.raw, self.lifted = signed_grams(gram, labels, bias)
        self.n = len(labels)

    def sums(self):
        out = [0] * (2 * self.n)
        for sign, row, mass in zip(self.signs, self.rows, self.masses, strict=True):
            for j, weight in enumerate(row):
                out[slot(self.labels, j, sign)] += mass * weight
        return out

    def value(self, i, t):
        total = 0
        for sign, row, mass in zip(self.signs, self.rows, self.masses, strict=True):
            before = sum(weight * self.lifted[i][j] for j, weight in enumerate(row))
            along = sum(weight * sum(self.raw[j]) for j, weight in enumerate(row))
            # <g, x_i - t y_i u> = y_i (before - t along)
            total += mass * max(sign * self.labels[i] * (before - t * along), 0) * sign * self.labels[i]
        return total

    def assert_inside(self, tolerance=0, times=tuple(Fraction(k, 20) for k in range(0, 30, 3))):
        everything = AllPoints.from_gram(np.array(self.gram, dtype=object), self.labels, self.bias)
        sums, n = self.sums(), self.n
        support = [i for i in range(n) if sums[i] > tolerance]
        for i in range(n):
            assert self.value(i, 0) >= 1 - tolerance and (i not in support or self.value(i, 0) <= 1 + tolerance)
        rows, sides = plain_rows(self.gram, self.labels, self.bias, support)
        assert (np.asarray(rows @ np.array(sums) - sides) <= tolerance).all()
        if everything.sums.proved:
            assert all(a <= bound + tolerance for a, bound in zip(sums, everything.sums.upper, strict=True))
            assert all(a >= low - tolerance for a, low in zip(sums[:n], everything.sums.own_lower, strict=True))
            for t in times:
                bounds = everything.bound_at(t)
                for i in range(n):
                    assert self.value(i, t) <= bounds.upper[i] + tolerance
        return everything


def labels_of(positives, negatives):
    return [1] * positives + [-1] * negatives


def equicorrelated(m, q):
    """Gram matrix with y y^T * G = (1 + q) I - q 11^T, n = 2m."""
    y = labels_of(m, m)
    return [[Fraction(1) if i == j else -q * y[i] * y[j] for j in range(2 * m)] for i in range(2 * m)], y


def class_rows(labels, own, other):
    return [[own if y == sign else other for y in labels] for sign in (1, -1)]


@pytest.mark.parametrize("positives, negatives", [(1, 1), (3, 2), (5, 5), (9, 1)])
@pytest.mark.parametrize("merged", [True, False])
def test_orthogonal_data(positives, negatives, merged):
    y, n = labels_of(positives, negatives), positives + negatives
    gram = [[Fraction(9 * (i == j)) for j in range(n)] for i in range(n)]
    if merged:
        rows, signs = class_rows(y, Fraction(1), Fraction(0)), [1, -1]
    else:
        rows, signs = [[Fraction(int(i == j)) for j in range(n)] for i in range(n)], y
    point = Point(gram, y, False, signs, rows, [Fraction(1, 9)] * len(signs))
    everything = point.assert_inside()
    # every KKT point flips at 1/(1 + n_opp) at the latest, and singles attain it
    found = everything.threshold()
    sharp = Fraction(1, 1 + min(positives, negatives))
    assert found.lower == pytest.approx(float(sharp), rel=1e-7) and found.t > sharp
    assert not everything.bound_at(sharp).flipped


@pytest.mark.parametrize("positives, negatives", [(3, 3), (4, 2), (1, 5)])
def test_simplex_data(positives, negatives):
    y, n = labels_of(positives, negatives), positives + negatives
    gram = [[Fraction(12) if i == j else Fraction(-12, n - 1) for j in range(n)] for i in range(n)]
    masses = [Fraction(n - 1, 12 * negatives), Fraction(n - 1, 12 * positives)]
    Point(gram, y, False, [1, -1], class_rows(y, Fraction(1), Fraction(0)), masses).assert_inside()


@pytest.mark.parametrize("m", [1, 2, 5])
@pytest.mark.parametrize("r", [Fraction(1, 20), Fraction(1, 5), Fraction(2, 5), Fraction(4, 5)])
@pytest.mark.parametrize("merged", [True, False])
def test_signed_equicorrelated_data(m, r, merged):
    n = 2 * m
    q = r / (n - 1)
    a = 1 - (m - 1) * q
    gram, y = equicorrelated(m, q)
    if merged:
        rows, signs, norm = class_rows(y, Fraction(1), m * q / a), [1, -1], (1 - r) * (1 + q) / a
    else:
        rows = [[Fraction(1) if j == i else (q / a if y[j] != y[i] else Fraction(0)) for j in range(n)]
                for i in range(n)]
        signs, norm = y, (1 + q) * (1 - m * q) / a
    everything = Point(gram, y, False, signs, rows, [1 / norm] * len(signs)).assert_inside()
    if not merged and everything.sums.proved:
        actual = (1 - m * q) / ((1 + m) * (1 - r))
        assert everything.threshold().lower >= float(actual) * (1 - 1e-7)
        assert not everything.bound_at(actual * Fraction(99, 100)).flipped


def test_a_point_with_cross_class_activation():
    """k satellites around a centre against m negatives: (U) needs its cross term at the centre."""
    k, m, r = 45, 18, 1 / 3
    n, q = 1 + k + m, r / (k + m)

    def rest(centre):
        satellite = np.sqrt(1 - centre**2 * (1 - m * q * q))
        negative = (2 * m * q * centre + np.sqrt((2 * m * q * centre) ** 2 - 4 * m * (centre**2 - 1))) / (2 * m)
        return satellite, negative

    def residual(centre):
        satellite, negative = rest(centre)
        masses = 1 / satellite, 1 / (negative - q * centre)
        return k * masses[0] * centre * (1 - m * q * q) - masses[1] * (m * q * negative - centre) - 1

    centre = brentq(residual, 1e-4, 0.1, xtol=1e-15)
    satellite, negative = rest(centre)
    assert m * q * negative > centre  # the negative neuron is strictly on at the centre
    y = labels_of(1 + k, m)
    gram = np.eye(n)
    gram[0, 1 + k:] = gram[1 + k:, 0] = q
    rows = np.zeros((k + 1, n))
    rows[:k, 0], rows[:k, 1 + k:] = centre, centre * q
    rows[np.arange(k), 1 + np.arange(k)] = satellite
    rows[k, 0], rows[k, 1 + k:] = centre, negative
    masses = [1 / satellite] * k + [1 / (negative - q * centre)]
    point = Point(gram.tolist(), y, False, [1] * k + [-1], rows.tolist(), masses)
    everything = point.assert_inside(tolerance=1e-9, times=(Fraction(1, 30), Fraction(1, 15)))
    assert everything.sums.proved
    _, lifted = signed_grams(gram.tolist(), y, False)
    uncrossed = sum(lifted[0][j] * point.sums()[slot(y, j, 1)] for j in range(n))
    assert uncrossed > 1.0008


def test_points_of_the_oracle_data():
    """Multipliers and subgradients as printed by an independent prototype (8 to 10 digits)."""
    points, y = sign_data(4, 256)
    lam = [.0432697023, .0431628799, .0439243970, .0426165620]
    rows = [[lam[0], .1488351304 * lam[1], lam[2], .0285819699 * lam[3]],
            [.0809882591 * lam[0], lam[1], .0970739388 * lam[2], lam[3]]]
    check_printed(points, y, False, [1, -1], rows, 1e-7)
    points, y = sign_data(6, 1024)
    lam = [.02196994, .01817071, .03123743, .01791328, .02191528, .01861345]
    rows = [[0, .00565294 * lam[1], lam[2], 0, 0, .02144085 * lam[5]],
            [lam[0], 0, 0, 0, lam[4], .06447178 * lam[5]],
            [.00066448 * lam[0], lam[1], 0, lam[3], 0, lam[5]]]
    masses = [.0312374336, .0438852217, .0546974404]
    everything = check_printed(points, y, True, [1, 1, -1], rows, 1e-5, masses)
    assert everything.threshold().t > Fraction("0.2527629122")
    assert not everything.bound_at(Fraction("0.2527629")).flipped


def check_printed(points, y, bias, signs, rows, tolerance, masses=None):
    gram, y = (points @ points.T).tolist(), y.tolist()
    if masses is None:
        masses = [1.0] * len(signs)
        unit = Point(gram, y, bias, signs, rows, masses)
        masses = [1 / unit.value(y.index(sign), 0) for sign in signs]
    return Point(gram, y, bias, signs, rows, masses).assert_inside(tolerance)


def class_merged_point(points, labels, bias):
    """Two neurons, each the least-norm separator of its class from kinks on the other, or None if that is not KKT."""
    lifted = np.hstack([points, np.ones((len(points), 1))]) if bias else points.astype(float)
    rows, masses = [], []
    for sign in (1, -1):
        edges = np.vstack([(lifted * labels[:, None]).T, labels == sign])  # least distance programming
        target = np.zeros(edges.shape[0])
        target[-1] = 1
        weights, gap = nnls(edges, target, maxiter=1000)
        residual = edges @ weights - target
        if gap < 1e-6 or residual[-1] > -1e-9:
            return None
        alpha = weights / -residual[-1]
        norm = np.linalg.norm(alpha * labels @ lifted)
        rows.append(alpha / norm)
        masses.append(norm)
    rows = np.array(rows)
    own = np.where(labels == 1, rows[0], rows[1])
    other = np.where(labels == 1, rows[1], rows[0])
    if (other > own + 1e-9).any():
        return None
    return Point((points @ points.T).tolist(), labels.tolist(), bias, [1, -1], rows.tolist(), masses)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.integers(2, 5), st.integers(2, 12), st.booleans(), st.integers(0, 10**6))
def test_class_merged_points_of_random_data(n, d, bias, seed):
    generator = np.random.default_rng(seed)
    points = generator.integers(-2, 3, size=(n, d)) + 3 * np.eye(n, d, dtype=np.int64)
    labels = np.where(generator.permutation(n) < max(1, n // 2), 1, -1)
    assume(bias or np.abs(points).sum(axis=1).all())
    point = class_merged_point(points, labels, bias)
    assume(point is not None)
    point.assert_inside(tolerance=1e-7, times=(Fraction(1, 10), Fraction(1, n), Fraction(1, 2), Fraction(3, 2)))


def test_class_merged_points_at_larger_sizes():
    inside = 0
    for seed in range(12):
        generator = np.random.default_rng(seed)
        points, labels = generator.choice([-1, 1], (12, 600)), np.where(np.arange(12) % 2, -1, 1)
        point = class_merged_point(points, labels, True)
        if point is not None:
            everything = point.assert_inside(tolerance=1e-7, times=(Fraction(1, 12), Fraction(1, 6)))
            inside += everything.sums.proved
    assert inside >= 6


def test_unproved_support_gives_a_weaker_bound_that_still_holds():
    """Three alike positives against orthogonal negatives: (L) proves support for few, (U) is used for those only."""
    gram = np.eye(8)
    gram[:4, :4] = 0.4
    np.fill_diagonal(gram, 1.0)
    y = labels_of(4, 4)
    everything = AllPoints.from_gram(gram, y, False)
    assert everything.sums.support_proved == (False,) * 4 + (True,) * 4
    bounds = everything.bound_at(1)
    assert not any(any(row[:4]) for row in bounds.duals["U"])
    weight = 1 / (1 + 3 * 0.4)
    rows = [[weight] * 4 + [0] * 4, [0] * 4 + [1.0] * 4]
    Point(gram.tolist(), y, False, [1, -1], rows, [1.0, 1.0]).assert_inside(tolerance=1e-9)
