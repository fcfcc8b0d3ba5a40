"""Quantities of a network over a ball: margins, attacks, and the certificate of Theorem C."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np

from verifiers import tolerances
from verifiers.errors import NoCertificate
from verifiers.feature_purification.certificate import exact_sum
from verifiers.feature_purification.scaling import program_bound, schur_bound
from verifiers.feature_purification.subject import FACTORS, NetworkSubject, measures_on, response
from verifiers.quantity import Enclosure, between, enclose, estimate

_measures = measures_on(NetworkSubject)


def _table(rows: Any) -> np.ndarray:
    return np.array(rows, dtype=object)


@_measures("coordinates", "dimension of the points")
def d(subject: NetworkSubject) -> Enclosure:
    return enclose(subject.instance.dimension)


@_measures("neurons", "number of symmetric pairs of ReLUs", name="width")
def m(subject: NetworkSubject) -> Enclosure:
    return enclose(subject.instance.width)


@_measures("length", "radius of the ball in which points are perturbed", name="tau")
def radius(subject: NetworkSubject) -> Enclosure:
    return enclose(subject.radius)


@_measures("1", "2 for the Euclidean ball, 0 for that of the largest coordinate")
def norm(subject: NetworkSubject) -> Enclosure:
    return enclose(subject.norm)


@_measures("1", "y f(x)", ("point",))
def margin(subject: NetworkSubject) -> Enclosure:
    return enclose(_table([subject.value(row) for row in subject.heights]), ("point",))


@_measures("1", "least y f(x + delta) that an attack found in the ball", ("point",))
def attack_value(subject: NetworkSubject) -> Enclosure:
    return enclose(_table(subject.attack_values), ("point",))


@_measures("points", "points at which no gate is open, so that one gradient step does not move them")
def zero_gradients(subject: NetworkSubject) -> Enclosure:
    return enclose(subject.attacked.zero_gradients)


@_measures("1", "E, a proved upper bound of |W delta|^2 over the ball")
def energy(subject: NetworkSubject) -> Enclosure:
    return enclose(subject.energy)


@_measures("1", "multipliers q at which the certificate is evaluated", ("point", "multiplier"))
def multiplier(subject: NetworkSubject) -> Enclosure:
    return enclose(subject.multipliers, ("point", "multiplier"))


def _sums(subject: NetworkSubject, kinks: bool) -> Enclosure:
    sums = [
        [exact_sum(row, subject.biases, subject.outputs, q, kinks=kinks) for q in chosen]
        for row, chosen in zip(subject.heights, subject.multipliers, strict=True)
    ]
    return enclose(_table(sums).reshape(len(sums), len(FACTORS)), ("point", "multiplier"))


@_measures("1", "sum_i psi_i(q), psi_i(q) = min_u [a_i phi(h_i + u) + q u^2]", ("point", "multiplier"))
def psi_sum(subject: NetworkSubject) -> Enclosure:
    return _sums(subject, True)


@_measures("1", "the same sum with the candidates u = b - h and u = -b - h left out", ("point", "multiplier"))
def psi_sum_smooth(subject: NetworkSubject) -> Enclosure:
    return _sums(subject, False)


@_measures("1", "best sum_i psi_i(q) - q E over the multipliers: a lower bound of y f over the ball", ("point",))
def dual_bound(subject: NetworkSubject) -> Enclosure:
    return enclose(_table(subject.dual_bounds), ("point",))


@_measures("1", "least y f over the ball: certificate below, best attack above", ("point",))
def robust_margin(subject: NetworkSubject) -> Enclosure:
    if subject.exact:
        lower = [float(v) for v in subject.dual_bounds]
        upper = [float(v) for v in subject.attack_values]
        return between(np.nextafter(lower, -np.inf), np.nextafter(upper, np.inf), ("point",))
    lower_float, _ = subject.float_bounds
    net, moved = subject.network, subject.float_points + subject.attacked.deltas
    heights = np.abs(moved @ net.weights.T)
    scale = (heights + net.biases + 1) @ net.outputs
    error = (subject.instance.width + subject.instance.dimension) * 2.0**-50
    lengths = np.sqrt((net.weights**2).sum(axis=1)) @ net.outputs
    reach = np.sqrt((subject.float_points**2).sum(axis=1)) + float(subject.radius) * subject.instance.dimension
    return between(lower_float, subject.attacked.values + error * (scale + lengths * reach), ("point",))


@_measures("1", "robust accuracy: share of points with a positive certificate below, not broken by an attack above")
def robust_accuracy(subject: NetworkSubject) -> Enclosure:
    count = len(subject.labels)
    if subject.exact:
        certified, unbroken = (sum(v > 0 for v in values) for values in (subject.dual_bounds, subject.attack_values))
    else:
        found = robust_margin(subject)
        certified, unbroken = int(np.sum(found.lower > 0)), int(np.sum(found.upper > 0))
    lower, upper = (np.nextafter(v / count, away) if v else 0.0 for v, away in ((certified, -1), (unbroken, 2)))
    return between(lower, upper)


@_measures("1", "the bound with 1/q_i proportional to sum_j |<w_i, w_j>|, at its best multiplier", ("point",))
def schur_dual_bound(subject: NetworkSubject) -> Enclosure:
    return enclose(_table(schur_bound(subject)), ("point",))


@_measures("1", "the bound with the best diagonal found by a semidefinite program, proved in rationals", ("point",))
def program_dual_bound(subject: NetworkSubject) -> Enclosure:
    return enclose(_table(program_bound(subject)), ("point",))


@_measures("squared length", "t, proved: W^T W <= t I")
def spectral_bound(subject: NetworkSubject) -> Enclosure:
    return enclose(subject.spectrum.bound)


def _leading(subject: NetworkSubject) -> np.ndarray:
    return np.asarray(np.linalg.svd(subject.network.weights, full_matrices=False)[2][0])


@_measures("squared length", "|W v|^2/|v|^2 at the leading right singular vector v, as computed")
def rayleigh(subject: NetworkSubject) -> Enclosure:
    vector = [Fraction(float(v)) for v in _leading(subject)]
    image = [sum((w * v for w, v in zip(row, vector, strict=True)), Fraction(0)) for row in subject.weights]
    return enclose(sum((v * v for v in image), Fraction(0)) / sum((v * v for v in vector), Fraction(0)))


@_measures("1", "|<v_1(W), u>|, how far the leading singular direction is the dense one")
def alignment(subject: NetworkSubject) -> Enclosure:
    along = np.asarray(subject.direction, dtype=object).astype(np.float64)
    size = float(np.linalg.norm(along))
    if not size > 0:
        raise NoCertificate("the dense direction is zero")
    return estimate(abs(float(_leading(subject) @ along)) / size, tolerances.ROUNDING * subject.instance.width)


MOVES = (Fraction(-3), Fraction(-1), Fraction(-1, 4), Fraction(1, 16), Fraction(1, 2), Fraction(2))


def _moves(subject: NetworkSubject) -> list[Fraction]:
    scale = max((*subject.biases, Fraction(1, 8)))
    return [move * scale for move in MOVES]


@_measures("1", "shifts u of a pre-activation, some larger than the dead zone", ("move",))
def shift(subject: NetworkSubject) -> Enclosure:
    return enclose(_table(_moves(subject)), ("move",))


@_measures("1", "phi_b(h)", ("point", "neuron"))
def activation(subject: NetworkSubject) -> Enclosure:
    rows = [[response(h, b) for h, b in zip(row, subject.biases, strict=True)] for row in subject.heights]
    return enclose(_table(rows), ("point", "neuron"))


@_measures("1", "phi_b(-h)", ("point", "neuron"))
def mirrored_activation(subject: NetworkSubject) -> Enclosure:
    rows = [[response(-h, b) for h, b in zip(row, subject.biases, strict=True)] for row in subject.heights]
    return enclose(_table(rows), ("point", "neuron"))


@_measures("1", "phi_b(h + u)", ("point", "neuron", "move"))
def shifted_activation(subject: NetworkSubject) -> Enclosure:
    moves = _moves(subject)
    rows = [[[response(h + u, b) for u in moves] for h, b in zip(row, subject.biases, strict=True)]
            for row in subject.heights]  # fmt: skip
    return enclose(_table(rows), ("point", "neuron", "move"))
