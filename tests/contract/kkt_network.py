"""Merged networks evaluated and checked without any function of the package: Fractions for exact ones, else floats."""

from __future__ import annotations

from fractions import Fraction

import numpy as np


def numbers(array, exact):
    """Entries as Fractions, or as floats."""
    integer = np.asarray(array).dtype.kind == "i"
    convert = (int if integer else Fraction) if exact else (lambda entry: float(Fraction(entry)))
    flat = [convert(entry) for entry in np.asarray(array).reshape(-1).tolist()]
    return np.array(flat, dtype=object).reshape(np.shape(array))


class Network:
    """A merged network on its data, evaluated without any function of the package."""

    def __init__(self, instance, exact=True):
        self.labels = [int(y) for y in instance.labels]
        self.signs = [int(s) for s in instance.signs]
        self.rows, self.masses = numbers(instance.rows, exact), numbers(instance.masses, exact)
        raw = instance.gram if instance.points is None else None
        if raw is None:
            points = numbers(instance.points, exact)
            self.raw = points.dot(points.T)
        else:
            self.raw = numbers(raw, exact)
        self.gram = self.raw + (1 if bool(instance.bias) else 0)
        signed = self.rows * np.array(self.labels, dtype=object)
        self.values = signed.dot(self.gram)  # <g_k, x~_i>
        self.slopes = signed.dot(self.raw).dot(np.array(self.labels, dtype=object))  # <g_k, u>, u without bias
        self.squares = (signed * self.values).sum(axis=1)
        self.multiplier_squares = (self.rows**2 / self.squares[:, None]).max(axis=0)

    def margin(self, i, t=0):
        """y_i N(x_i - t y_i u)."""
        y = self.labels[i]
        pairs = zip(self.signs, self.masses, self.values[:, i], self.slopes, strict=True)
        return y * sum(s * a * max(s * (value - t * y * slope), 0) for s, a, value, slope in pairs)

    def threshold(self, i, level):
        """The t at which t -> y_i N(x_i - t y_i u), piecewise linear and falling, passes `level`."""
        y = self.labels[i]
        turns = sorted({v * y / b for v, b in zip(self.values[:, i], self.slopes, strict=True) if b and v * y / b > 0})
        left = 0
        for right in [*turns, (turns[-1] if turns else 0) + 1]:
            before, after = self.margin(i, left), self.margin(i, right)
            if after <= level or right > (turns[-1] if turns else 0):
                return left + (right - left) * (before - level) / (before - after)
            left = right

    def flip(self, level=0):
        return max(self.threshold(i, level) for i in range(len(self.labels)))

    def direction_square(self):
        y = np.array(self.labels, dtype=object)
        return y.dot(self.raw).dot(y)

    def multipliers(self):
        return np.sqrt(self.multiplier_squares.astype(float))

    def kink_fractions(self):
        """sigma' at every kink of a float network, as (sign, sample) -> value."""
        scale = np.sqrt(self.squares.astype(float))
        lengths = np.sqrt(np.diag(self.gram).astype(float))
        lam, found = self.multipliers(), {}
        for k, i in np.ndindex(*self.rows.shape):
            if abs(float(self.values[k, i])) < 1e-9 * scale[k] * lengths[i]:
                found[k, i] = float(self.rows[k, i]) / scale[k] / lam[i]
        return found


def assert_exact_kkt_point(instance):
    """All KKT conditions in Fractions, in squares where a norm would be irrational."""
    net = Network(instance)
    assert all(mass > 0 for mass in net.masses) and all(square > 0 for square in net.squares)
    for (k, i), entry in np.ndenumerate(net.rows):
        gate, square = net.signs[k] * net.values[k, i], entry**2 / net.squares[k]
        assert entry >= 0
        if gate > 0:
            assert square == net.multiplier_squares[i], f"neuron {k} is on at {i} with another multiplier"
        elif gate < 0:
            assert square == 0, f"neuron {k} is off at {i} with mu > 0"
        else:
            assert square <= net.multiplier_squares[i]
    for i in range(len(net.labels)):
        margin = net.margin(i)
        assert margin >= 1
        assert margin == 1 or net.multiplier_squares[i] == 0
    return net


def assert_float_kkt_point(instance, tolerance=1e-12):
    """The same in floats, relative to the scale of each condition."""
    net = Network(instance, exact=False)
    signs, labels = np.array(net.signs), np.array(net.labels)
    rows, values = net.rows.astype(float), net.values.astype(float)
    norms, lengths = np.sqrt(net.squares.astype(float)), np.sqrt(np.diag(net.gram).astype(float))
    mu, lam = rows / norms[:, None], net.multipliers()
    gate = signs[:, None] * values / np.outer(norms, lengths)
    assert np.all(np.abs(np.where(gate > 1e-9, mu - lam, 0.0)) <= tolerance * lam.max())
    assert np.all(np.abs(np.where(gate < -1e-9, mu, 0.0)) <= tolerance * lam.max())
    assert np.all((mu >= -tolerance * lam.max()) & (mu <= lam + tolerance * lam.max()))
    margins = labels * ((signs * net.masses.astype(float)) @ np.maximum(signs[:, None] * values, 0.0))
    assert np.all(margins >= 1 - tolerance)
    assert np.all(np.abs(np.where(lam > 1e-9 * lam.max(), margins - 1, 0.0)) <= tolerance)
    return net
