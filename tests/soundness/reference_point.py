"""KKT points by the definition alone: a rational checker of K1-K5 and Newton's method in 60 digits.

Of the package only the container `MarginInstance` is used, to store networks that are written out by hand.
"""

from __future__ import annotations

from fractions import Fraction

import mpmath
import numpy as np

from constructions.instance import exact_array
from constructions.kkt_margin.instance import MarginInstance


def network(gram, labels, signs, rows, masses, bias=False, exact=True):
    """An instance from a Gram matrix (or points) and a merged network, in rationals or in doubles."""
    store = exact_array if exact else (lambda array: exactly(exact_array(array)).astype(np.float64))
    data = {"gram": store(gram)} if np.shape(gram) == (len(labels),) * 2 else {"points": np.asarray(gram)}
    return MarginInstance(labels=labels, bias=bias, signs=signs, rows=store(rows), masses=store(masses), **data)


def stored(instance, rows, masses, signs=None):
    """The data of an instance with another network, in the same kind of numbers."""
    exact = instance.rows.dtype.kind != "f"
    store = exact_array if exact else (lambda array: np.array(array, dtype=np.float64))
    return instance.with_point(instance.signs if signs is None else signs, store(rows), store(masses))


def in_floats(instance):
    rows, masses = exactly(instance.rows).astype(float), exactly(instance.masses).astype(float)
    return instance.with_point(instance.signs, rows, masses)


def exactly(array):
    """Stored numbers as Fractions: doubles are the dyadic rationals they are."""
    array = np.asarray(array)
    flat = [Fraction(entry) for entry in array.reshape(-1).tolist()]
    return np.array(flat, dtype=object).reshape(array.shape)


def grams(instance):
    """Raw and lifted Gram matrix in Fractions."""
    if instance.points is None:
        raw = exactly(instance.gram)
    elif instance.points.dtype.kind == "i":
        raw = exactly(instance.points @ instance.points.T)
    else:
        raw = exactly(instance.points).dot(exactly(instance.points).T)
    return raw, raw + (1 if bool(instance.bias) else 0)


def is_kkt_point(instance):
    """K1-K5 of the merged network in Fractions, in squares where |g_k| is irrational."""
    labels, signs = [int(y) for y in instance.labels], [int(s) for s in instance.signs]
    rows, masses, (_, gram) = exactly(instance.rows), exactly(instance.masses), grams(instance)
    if any(mass <= 0 for mass in masses) or any(entry < 0 for entry in rows.reshape(-1)):
        return False
    values = (rows * np.array(labels, dtype=object)).dot(gram)
    squares = [(rows[k] * labels * values[k]).sum() for k in range(len(signs))]
    if any(square <= 0 for square in squares):
        return False
    for i, label in enumerate(labels):
        gates = [sign * values[k, i] for k, sign in enumerate(signs)]
        shares = [rows[k, i] ** 2 / squares[k] for k in range(len(signs))]
        margin = label * sum(s * a * max(g, 0) for s, a, g in zip(signs, masses, gates, strict=True))
        active = {share for gate, share in zip(gates, shares, strict=True) if gate > 0}
        silent = [share for gate, share in zip(gates, shares, strict=True) if gate < 0]
        if margin < 1 or len(active) != 1 or any(silent):
            return False
        multiplier = active.pop()
        if any(share > multiplier for share in shares) or (multiplier and margin != 1):
            return False
    return True


class Exact:
    """The KKT point with the activation pattern of given floats, to 60 digits: lam (n,), mass (K,), mu (K, n)."""

    def __init__(self, instance, digits=60):
        self.labels, self.signs = [int(y) for y in instance.labels], [int(s) for s in instance.signs]
        raw, gram = grams(instance)
        n, neurons = len(self.labels), len(self.signs)
        with mpmath.workdps(digits):
            self.raw, self.gram = (self._numbers(part) for part in (raw, gram))
            rows, masses = exactly(instance.rows).astype(float), exactly(instance.masses).astype(float)
            values = (rows * instance.labels) @ gram.astype(float)
            norms = np.sqrt((rows * instance.labels * values).sum(axis=1))
            gates = np.array(self.signs)[:, None] * values / norms[:, None] / np.sqrt(np.diag(gram).astype(float))
            rows, masses = rows / norms[:, None], masses * norms
            self.support = [i for i in range(n) if rows[:, i].max() > 1e-7 * rows.max()]
            self.on = gates > 1e-7
            self.kinks = [(k, i) for k, i in np.argwhere(np.abs(gates) <= 1e-7) if i in self.support]
            start = [rows[self.on[:, i], i].mean() for i in self.support]
            start += [*masses, *(rows[k, i] for k, i in self.kinks)]
            unknowns = mpmath.matrix([mpmath.mpf(float(v)) for v in start])
            for _ in range(9):
                value = self._system(unknowns)
                unknowns -= mpmath.lu_solve(self._jacobian(unknowns), value)
                if mpmath.norm(value, mpmath.inf) < mpmath.mpf(10) ** (12 - digits):
                    break
            self.error = mpmath.norm(self._system(unknowns), mpmath.inf)
            self.lam, self.mass, self.mu = self._read(unknowns, n, neurons)
            self.values = [
                [sum(self.mu[k][j] * self.labels[j] * self.gram[j][i] for j in range(n)) for i in range(n)]
                for k in range(neurons)
            ]
            self.slopes = [
                sum(
                    self.mu[k][j] * self.labels[j] * self.raw[j][i] * self.labels[i] for j in range(n) for i in range(n)
                )
                for k in range(neurons)
            ]

    @staticmethod
    def _numbers(matrix):
        return [[mpmath.mpf(v.numerator) / v.denominator for v in row] for row in matrix]

    def _read(self, unknowns, n, neurons):
        lam = [mpmath.mpf(0)] * n
        for position, i in enumerate(self.support):
            lam[i] = unknowns[position]
        mass = [unknowns[len(self.support) + k] for k in range(neurons)]
        mu = [[lam[i] if self.on[k, i] else mpmath.mpf(0) for i in range(n)] for k in range(neurons)]
        for position, (k, i) in enumerate(self.kinks):
            mu[k][i] = unknowns[len(self.support) + neurons + position]
        return lam, mass, mu

    def _system(self, unknowns):
        n, neurons = len(self.labels), len(self.signs)
        _, mass, mu = self._read(unknowns, n, neurons)
        values = [
            [sum(mu[k][j] * self.labels[j] * self.gram[j][i] for j in range(n) if mu[k][j]) for i in range(n)]
            for k in range(neurons)
        ]
        norm = [sum(mu[k][i] * self.labels[i] * values[k][i] for i in range(n)) - 1 for k in range(neurons)]
        margin = [
            self.labels[i] * sum(mass[k] * values[k][i] for k in range(neurons) if self.on[k, i]) - 1
            for i in self.support
        ]
        return mpmath.matrix([*norm, *margin, *(values[k][i] for k, i in self.kinks)])

    def _jacobian(self, unknowns):
        """Central differences with step 1 are exact for a quadratic system."""
        size = len(unknowns)
        jacobian = mpmath.matrix(size, size)
        for j in range(size):
            unit = mpmath.matrix(size, 1)
            unit[j] = 1
            column = (self._system(unknowns + unit) - self._system(unknowns - unit)) / 2
            for i in range(size):
                jacobian[i, j] = column[i]
        return jacobian

    def along(self, i, t):
        """y_i N(x_i - t y_i u)."""
        y = self.labels[i]
        return y * sum(
            s * a * max(s * (v[i] - t * y * slope), mpmath.mpf(0))
            for s, a, v, slope in zip(self.signs, self.mass, self.values, self.slopes, strict=True)
        )

    def threshold(self, i, level):
        """Where the falling curve t -> y_i N(x_i - t y_i u) passes the level, by bisection to 50 digits."""
        with mpmath.workdps(60):
            low, high = mpmath.mpf(0), mpmath.mpf(1)
            while self.along(i, high) > level:
                high *= 2
            for _ in range(180):
                middle = (low + high) / 2
                low, high = (middle, high) if self.along(i, middle) > level else (low, middle)
            return (low + high) / 2

    def class_sum(self, i, own):
        """sum of c_k mu_ki over the neurons of the sample's own sign, or of the other sign."""
        return sum(
            (
                a * row[i]
                for s, a, row in zip(self.signs, self.mass, self.mu, strict=True)
                if (s == self.labels[i]) == own
            ),
            mpmath.mpf(0),
        )


def contains(ball, number):
    """True if the flint ball contains the 60-digit number, up to its last digits."""
    with mpmath.workdps(60):
        slack = mpmath.mpf(10) ** -45
        ends = [end.man_exp() for end in (ball.lower(), ball.upper())]
        low, high = (mpmath.mpf(int(m)) * mpmath.mpf(2) ** int(e) for m, e in ends)
        return low - slack <= number <= high + slack


def assert_contains(point, exact):
    """Multipliers, masses, rows, thresholds and class sums of the box contain those of the 60-digit point."""
    n, neurons = len(exact.labels), len(exact.signs)
    assert exact.error < mpmath.mpf(10) ** -45
    assert all(contains(point.multipliers[i], exact.lam[i]) for i in range(n))
    assert all(contains(point.masses[k], exact.mass[k]) for k in range(neurons))
    assert all(contains(point.rows[k, i], exact.mu[k][i]) for k in range(neurons) for i in range(n))
    for i in range(n):
        assert contains(point.own[i], exact.class_sum(i, True)) and contains(point.cross[i], exact.class_sum(i, False))
        if all(slope * sign > 0 for slope, sign in zip(exact.slopes, exact.signs, strict=True)):
            for level in (0, -1):
                assert contains(point.threshold(level)[i], exact.threshold(i, level))
