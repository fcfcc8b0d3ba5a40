"""Quantities of training: what descent leaves orthogonal to P, one step against attacks, students of moved points."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np

from constructions.dimpled_manifold import number_of
from verifiers import arithmetic
from verifiers.dimpled_manifold.attacked import AttackedSubject
from verifiers.dimpled_manifold.descent import DescentSubject
from verifiers.dimpled_manifold.network import OFF, NetworkSubject, closeness
from verifiers.dimpled_manifold.student import StudentSubject
from verifiers.dimpled_manifold.subject import enclosed, measures_on
from verifiers.errors import NoCertificate
from verifiers.quantity import Enclosure, enclose

_run, _step, _student = (measures_on(kind) for kind in (DescentSubject, AttackedSubject, StudentSubject))
STEP, SAMPLE = ("step",), ("sample",)


def _listed(entries: Any, axes: tuple[str, ...]) -> Enclosure:
    return enclose(np.array(list(entries), dtype=object), axes)


def _largest(table: np.ndarray) -> Fraction:
    return max((abs(entry) for entry in table.reshape(-1)), default=Fraction(0))


# Descent


@_run("distance^2", "largest squared distance of a training point from P")
def training_off_plane(subject: DescentSubject) -> Enclosure:
    return enclose(subject.off_plane)


@_run("1", "s_t of the scalar recursion: 1 without weight decay", STEP)
def decay_factor(subject: DescentSubject) -> Enclosure:
    return _listed(subject.factors, STEP)


@_run("weight", "largest entry of G(t) - s_t G(0)", STEP)
def frozen_defect(subject: DescentSubject) -> Enclosure:
    start = subject.normal(subject.weights[0])
    parts = zip(subject.weights, subject.factors, strict=True)
    return _listed((_largest(subject.normal(w) - s * start) for w, s in parts), STEP)


@_run("weight", "largest entry of G(t) - G(0), without the factor of weight decay", STEP)
def unscaled_defect(subject: DescentSubject) -> Enclosure:
    start = subject.normal(subject.weights[0])
    return _listed((_largest(subject.normal(w) - start) for w in subject.weights), STEP)


@_run("weight", "largest difference, seen from P, between the runs from two starts", STEP)
def blind_defect(subject: DescentSubject) -> Enclosure:
    pairs = zip(subject.weights, subject.other_weights, strict=True)
    return _listed((_largest(subject.plane(a) - subject.plane(b)) for a, b in pairs), STEP)


@_run("weight", "largest difference, seen from P, between the two starts")
def starts_differ(subject: DescentSubject) -> Enclosure:
    return enclose(_largest(subject.plane(subject.weights[0]) - subject.plane(subject.other_weights[0])))


@_run("weight", "largest difference between the two starts")
def starts_apart(subject: DescentSubject) -> Enclosure:
    return enclose(_largest(subject.weights[0] - subject.other_weights[0]))


def _table(subject: DescentSubject, of: Callable[[NetworkSubject, int], Any]) -> np.ndarray:
    return np.array([[of(net, j) for j in range(len(net.values))] for net in subject.networks], dtype=object)


@_run("1", "y N at the training points at every step", (*STEP, *SAMPLE))
def run_margin(subject: DescentSubject) -> Enclosure:
    labels = subject.run.labels.tolist()
    return enclose(_table(subject, lambda net, j: labels[j] * net.values[j]), (*STEP, *SAMPLE))


@_run("1", "|N| at the training points at every step", (*STEP, *SAMPLE))
def run_confidence(subject: DescentSubject) -> Enclosure:
    return enclose(_table(subject, lambda net, j: abs(net.values[j])), (*STEP, *SAMPLE))


@_run("1/distance^2", "1/r_off^2 at the training points at every step", (*STEP, *SAMPLE))
def run_closeness(subject: DescentSubject) -> Enclosure:
    def bounds(net: NetworkSubject, j: int) -> tuple[Fraction, Fraction]:
        found = net.radius(OFF, j)
        if found.lower_squared == 0:
            raise NoCertificate(f"no positive lower bound of a radius is proved at point {j}")
        return closeness(found.upper_squared), closeness(found.lower_squared)

    table = [[bounds(net, j) for j in range(len(net.values))] for net in subject.networks]
    flat = enclosed([pair for row in table for pair in row], SAMPLE).entries
    assert flat is not None
    return enclose(flat.reshape(len(table), -1), (*STEP, *SAMPLE))


@_run("1", "|u|^2 |G(0)|^2, the squared Lipschitz constant orthogonal to P at the start, proved from above")
def start_slope_sq(subject: DescentSubject) -> Enclosure:
    net = subject.networks[0]
    return enclose(net.outputs_square * net.operator_square[1])


@_run("1", "1/r_off^2 at the end over that at the start, at the training points", SAMPLE)
def depth_change(subject: DescentSubject) -> Enclosure:
    """(depth at the start/depth at the end)^2."""
    first, last = subject.networks[0], subject.networks[-1]
    bounds = []
    for j in range(len(first.values)):
        a, b = first.radius(OFF, j), last.radius(OFF, j)
        if 0 in (a.lower_squared, b.lower_squared, a.upper_squared, b.upper_squared):
            raise NoCertificate(f"the change of depth is not enclosed at point {j}")
        bounds.append((Fraction(a.lower_squared) * closeness(b.upper_squared),
                       Fraction(a.upper_squared) * closeness(b.lower_squared)))  # fmt: skip
    return enclosed(bounds, SAMPLE)


def _least_median_share(subject: DescentSubject) -> tuple[Fraction, Fraction]:
    """Bounds of the least over t <= t1 of (median depth at t / at 0)^2; t1 the first time 9 of 10 points are right."""
    labels, n = subject.run.labels.tolist(), len(subject.points)
    medians = []
    for net in subject.networks:
        radii = [net.radius(OFF, j) for j in range(n)]
        medians.append(tuple(sorted(Fraction(getattr(r, side)) for r in radii)[(n - 1) // 2]
                             for side in ("lower_squared", "upper_squared")))  # fmt: skip
        if 10 * sum(y * v > 0 for y, v in zip(labels, net.values, strict=True)) >= 9 * n:
            break
    start = medians[0]
    return (min(low for low, _ in medians) / start[1], min(high for _, high in medians) / start[0])


@_run("1", "least squared median depth until 9 of 10 points are right, over that at the start")
def clinging(subject: DescentSubject) -> Enclosure:
    low, high = _least_median_share(subject)
    return enclose(low) if low == high else enclose(arithmetic.ball_between(low, high))


# Adversarial training


@_step("distance^2", "largest squared distance of an unperturbed point from P")
def step_off_plane(subject: AttackedSubject) -> Enclosure:
    return enclose(subject.network.off_plane)


@_step("1", "|y grad N + mu z|^2 with mu = -y <grad N, z>/|z|^2: 0 at a stationary point of the inner problem", SAMPLE)
def stationarity(subject: AttackedSubject) -> Enclosure:
    return _listed(subject.stationarity, SAMPLE)


@_step("1", "mu, the multiplier of the ball", SAMPLE)
def multiplier(subject: AttackedSubject) -> Enclosure:
    return _listed(subject.multipliers, SAMPLE)


@_step("gates", "subgradient weights that do not fit the sign of their pre-activation")
def misplaced_gates(subject: AttackedSubject) -> Enclosure:
    return enclose(subject.misplaced_gates)


@_step("distance^2", "squared part within P of a perturbation that must stay orthogonal to it", SAMPLE)
def strays(subject: AttackedSubject) -> Enclosure:
    return _listed(subject.outside, SAMPLE)


@_step("1", "y <Pi grad N, Pi z> at the perturbed point", SAMPLE)
def attack_product(subject: AttackedSubject) -> Enclosure:
    return _listed(subject.products, SAMPLE)


@_step("weight^2/time", "d/dt |G|^2/2 under the gradient flow of the attacked loss, summed over neurons")
def energy_rate(subject: AttackedSubject) -> Enclosure:
    return enclose(subject.energy_rate)


@_step("weight^2/time", "-(1/n) sum_j |loss'_j| mu_j |Pi z_j|^2")
def predicted_rate(subject: AttackedSubject) -> Enclosure:
    return enclose(subject.predicted_rate)


@_step("1", "1 if the perturbation minimises y N over the l_inf ball where N is linear", SAMPLE)
def worst_in_cube(subject: AttackedSubject) -> Enclosure:
    radius = number_of(subject.step.radius)
    found = []
    for y, g, z in zip(subject.labels, subject.gradients, subject.perturbations, strict=True):
        found.append(int(all(-y * e * v == abs(e) * radius and abs(v) <= radius for e, v in zip(g, z, strict=True))))
    return _listed(found, SAMPLE)


# Students


@_student("1", "f'(x) of the student of moved, mislabelled points", ("test",))
def student_value(subject: StudentSubject) -> Enclosure:
    return _listed(subject.student, ("test",))


@_student("1", "f(x) of the student of clean points", ("test",))
def clean_value(subject: StudentSubject) -> Enclosure:
    return _listed(subject.clean, ("test",))


@_student("1", "1 + eps^2 y^T (X X^T + lambda I)^-1 y")
def reversal(subject: StudentSubject) -> Enclosure:
    return enclose(subject.reversal)


@_student("points", "test points at which student and clean predictor have one sign")
def agreements(subject: StudentSubject) -> Enclosure:
    return enclose(sum(a * b > 0 for a, b in zip(subject.student, subject.clean, strict=True)))


@_student("points", "number of test points")
def test_count(subject: StudentSubject) -> Enclosure:
    return enclose(len(subject.student))
