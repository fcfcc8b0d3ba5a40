"""Quantities of a KKT point: multipliers, class sums, the flip curve and its thresholds."""

from __future__ import annotations

from typing import Any

import numpy as np

from verifiers import arithmetic
from verifiers.arithmetic import relu
from verifiers.errors import NoCertificate
from verifiers.kkt_margin.exact import residual_enclosure
from verifiers.kkt_margin.nearby import raw_residual
from verifiers.kkt_margin.path import FlipPath
from verifiers.kkt_margin.quantities_data import cluster_means
from verifiers.kkt_margin.subject import CATALOGUE, Subject
from verifiers.quantity import Enclosure, enclose, estimate

_measures = CATALOGUE.measures


@_measures("1", "KKT residual with free subgradients; exactly 0 when the statement speaks about an exact KKT point")
def kkt_residual(subject: Subject) -> Enclosure:
    if subject.instance.signs is None and subject.instance.weights is not None:
        return raw_residual(subject.instance).enclosure()
    point = subject.point
    if point.proved:
        return enclose(0)
    return residual_enclosure(point) if point.kind == "rational" else estimate(point.residual, 0.0)


@_measures("relative", "largest distance from the stored floats to the exact KKT point that was proved to exist")
def distance_to_exact(subject: Subject) -> Enclosure:
    point = subject.point
    if not point.proved:
        raise NoCertificate("no exact KKT point was proved near this network")
    return enclose(arithmetic.balls(point.distance)[()])


@_measures("1/squared length", "squared multiplier lambda_i^2", ("sample",))
def multiplier_sq(subject: Subject) -> Enclosure:
    point = subject.point
    return point.enclosure(point.square_multipliers, ("sample",), 1.0 / _length(subject))


@_measures("1/length", "multiplier lambda_i", ("sample",))
def multiplier(subject: Subject) -> Enclosure:
    point = subject.point
    return point.enclosure(point.multipliers, ("sample",), _length(subject) ** -0.5)


@_measures("1/length", "sum of the multipliers")
def multiplier_sum(subject: Subject) -> Enclosure:
    point = subject.point
    return point.enclosure(point.multipliers.sum(), (), subject.data.n * _length(subject) ** -0.5)


@_measures("1/length", "sum of v_k^2, half the squared norm of all parameters")
def mass_sum(subject: Subject) -> Enclosure:
    point = subject.point
    squares = arithmetic.balls(point.square_norms) if point.kind == "rational" else point.square_norms
    return point.enclosure(
        (point.masses * arithmetic.square_root(squares)).sum(), (), subject.data.n * _length(subject) ** -0.5
    )


def _length(subject: Subject) -> float:
    return float(arithmetic.to_fraction(subject.data.least_square_norm)) or 1.0


@_measures("1", "margin y_i N(x_i)", ("sample",))
def margin(subject: Subject) -> Enclosure:
    point = subject.point
    return point.enclosure(point.margins, ("sample",))


@_measures("1/squared length", "A_i summed over neurons of the sample's own class", ("sample",))
def own(subject: Subject) -> Enclosure:
    return subject.point.enclosure(subject.point.own, ("sample",), 1.0 / _length(subject))


@_measures("1/squared length", "A_i summed over neurons of the opposite class", ("sample",))
def cross(subject: Subject) -> Enclosure:
    return subject.point.enclosure(subject.point.cross, ("sample",), 1.0 / _length(subject))


def _row_sums(subject: Subject, matrix: np.ndarray, same_class: bool) -> Enclosure:
    """sum_l M_il A_l^{y_i} (same class sign as sample i) or A_l^{-y_i}, in the arithmetic of the point."""
    point, labels = subject.point, subject.data.labels
    plus, minus = point.class_sums
    of_own = np.where(labels[:, None] > 0, plus[None, :], minus[None, :])
    of_other = np.where(labels[:, None] > 0, minus[None, :], plus[None, :])
    if point.kind == "float":
        matrix = arithmetic.nearest(matrix)
    return point.enclosure((matrix * (of_own if same_class else of_other)).sum(axis=1), ("sample",))


def _positive_part(matrix: np.ndarray, diagonal: bool = True) -> np.ndarray:
    result = relu(matrix)
    if not diagonal:
        np.fill_diagonal(result, arithmetic.rational(0))
    return result


@_measures("1", "sum_l R_il A_l of the own sign", ("sample",))
def own_pull(subject: Subject) -> Enclosure:
    return _row_sums(subject, subject.data.correlation, True)


@_measures("1", "sum_l (R_il)_+ A_l of the own sign", ("sample",))
def own_push(subject: Subject) -> Enclosure:
    return _row_sums(subject, _positive_part(subject.data.correlation), True)


@_measures("1", "sum_l R_il A_l of the opposite sign", ("sample",))
def cross_pull(subject: Subject) -> Enclosure:
    return _row_sums(subject, subject.data.correlation, False)


@_measures("1", "sum over l != i of (-R_il)_+ A_l of the opposite sign", ("sample",))
def cross_pressure(subject: Subject) -> Enclosure:
    return _row_sums(subject, _positive_part(-subject.data.correlation, diagonal=False), False)


@_measures("1", "sum over l != i of (R_il)_+ A_l of the opposite sign; enters a false variant only", ("sample",))
def cross_attraction(subject: Subject) -> Enclosure:
    return _row_sums(subject, _positive_part(subject.data.correlation, diagonal=False), False)


@_measures("1", "sum_l G_il A_l of the own sign, labels ignored; enters a false variant only", ("sample",))
def own_pull_unsigned(subject: Subject) -> Enclosure:
    return _row_sums(subject, subject.data.gram, True)


@_measures("1", "sum_l (-R_il)_+ A_l of the own sign; enters a false variant only", ("sample",))
def own_push_reversed(subject: Subject) -> Enclosure:
    return _row_sums(subject, _positive_part(-subject.data.correlation), True)


@_measures("squared length", "tau = t Delta >= q at which the flip curve or its bound bends", ("sample", "breakpoint"))
def flip_tau(subject: Subject) -> Enclosure:
    return subject.point.enclosure(subject.main_path[1], ("sample", "breakpoint"), 0.0)


@_measures("1", "y_i N(x_i - t y_i u) at the times `flip_tau`", ("sample", "breakpoint"))
def flip_value(subject: Subject) -> Enclosure:
    return subject.point.enclosure(subject.main_path[0].values, ("sample", "breakpoint"))


@_measures("squared length", "tau = t Delta >= U at which the flip curve bends", ("sample", "breakpoint"))
def late_tau(subject: Subject) -> Enclosure:
    return subject.point.enclosure(_late(subject), ("sample", "breakpoint"), 0.0)


@_measures("1", "y_i N(x_i - t y_i u) at the times `late_tau`", ("sample", "breakpoint"))
def late_value(subject: Subject) -> Enclosure:
    path = subject.main_path[0]
    times = _late(subject) / subject.native(subject.data.delta)
    late = FlipPath(subject.point, times, np.zeros_like(path.zeros))
    return subject.point.enclosure(late.values, ("sample", "breakpoint"))


def _late(subject: Subject) -> np.ndarray:
    return arithmetic.maximum(subject.main_path[1], subject.native(subject.data.greatest_square_norm))


@_measures("1/t", "slope of t -> y_i N(x_i - t y_i u) beyond the last breakpoint", ("sample",))
def final_slope(subject: Subject) -> Enclosure:
    point, labels = subject.point, subject.data.labels
    if not np.all(arithmetic.certainly_positive(point.signs * point.slopes)):
        raise NoCertificate("some neuron does not move against its class along u")
    fall = labels[:, None] * point.slopes[None, :]
    return point.enclosure((relu(-fall) * point.outputs[None, :]).sum(axis=1) * labels, ("sample",))


@_measures("t", "least t beyond which y_i N(x_i - t y_i u) < 0", ("sample",))
def flip_threshold(subject: Subject) -> Enclosure:
    return subject.point.enclosure(subject.point.threshold(0), ("sample",))


@_measures("t", "least t from which y_i N(x_i - t y_i u) <= -1", ("sample",))
def level_threshold(subject: Subject) -> Enclosure:
    return subject.point.enclosure(subject.point.threshold(-1), ("sample",))


@_measures("1", "v_k <w_k, u> = a_k <g_k, u>: how fast each neuron moves against its class along u", ("neuron",))
def neuron_speed(subject: Subject) -> Enclosure:
    point = subject.point
    return point.enclosure(point.signs * point.slopes * point.masses, ("neuron",))


@_measures("1/squared length", "v_k^2 Lambda_k = a_k sum_l P_kl of each neuron", ("neuron",))
def neuron_weight(subject: Subject) -> Enclosure:
    point = subject.point
    return point.enclosure(point.rows.sum(axis=1) * point.masses, ("neuron",), 1.0 / _length(subject))


@_measures("1", "what neurons of the own class still contribute at `flip_tau`", ("sample", "breakpoint"))
def own_part(subject: Subject) -> Enclosure:
    return subject.point.enclosure(subject.main_path[0].parts[0], ("sample", "breakpoint"))


@_measures("1", "what neurons of the opposite class contribute at `flip_tau`", ("sample", "breakpoint"))
def opposite_part(subject: Subject) -> Enclosure:
    return subject.point.enclosure(subject.main_path[0].parts[1], ("sample", "breakpoint"))


@_measures("1", "y_i N(x_i - t y_i u) at the bends of (F) and of the curve, from t = 0", ("sample", "breakpoint"))
def bound_time_value(subject: Subject) -> Enclosure:
    return subject.point.enclosure(subject.bound_path[0].values, ("sample", "breakpoint"))


@_measures(
    "1",
    "right side of (F) there: sum_l (R_il - t h_l)_+ A_l own sign + sum_l (R_il - t h_l) A_l opposite sign",
    ("sample", "breakpoint"),
)
def linear_bound(subject: Subject) -> Enclosure:
    return subject.point.enclosure(subject.bound_path[1], ("sample", "breakpoint"))


@_measures("1", "largest y N(x - t y u) at t = (p + b)/Delta over all x with |<x, x_l>| <= p, per label", ("label",))
def unseen_value(subject: Subject) -> Enclosure:
    return subject.point.enclosure(_unseen(subject)[0], ("label",))


@_measures("1/t", "slope in t of that largest value for larger t, per label", ("label",))
def unseen_slope(subject: Subject) -> Enclosure:
    return subject.point.enclosure(_unseen(subject)[1], ("label",))


@_measures("samples", "number of samples of the class opposite to the label", ("label",))
def label_opposite(subject: Subject) -> Enclosure:
    labels = subject.data.labels
    return enclose(np.array([int(np.sum(labels < 0)), int(np.sum(labels > 0))]), ("label",))


def _unseen(subject: Subject) -> tuple[np.ndarray, np.ndarray]:
    """Supremum over the box of correlations |<x, x_l>| <= p of y N(x - t y u) at the threshold, and its slope.

    Every vector of correlations in the box is attained when the samples are independent and otherwise contains the
    attainable ones, so the supremum over the box is an upper bound. It is computed for a network whose class-y
    neurons are off and whose opposite neurons are on throughout the box; anything else is reported, not assumed.
    """
    data, point = subject.data, subject.point
    if not data.delta > 0:
        raise NoCertificate("Delta is not positive")
    reach = data.p
    start = subject.native((reach + int(data.bias)) / data.delta)
    reach = subject.native(reach)
    constant = point.coefficients.sum(axis=1) * int(data.bias) * point.signs
    spread = point.rows.sum(axis=1) * reach
    values, slopes = [], []
    for y in (1, -1):
        centre = constant - y * point.slopes * start
        same = point.signs == y
        if not np.all(arithmetic.certainly_nonnegative(-(centre + spread)[same])):
            raise NoCertificate("a neuron of the same class may still be active on an unseen point")
        lowest = (centre - spread)[~same]
        if not np.all(arithmetic.certainly_nonnegative(lowest)):
            raise NoCertificate("a neuron of the opposite class may still be inactive on an unseen point")
        values.append(-(lowest * point.masses[~same]).sum())
        slopes.append((y * point.slopes * point.masses)[~same].sum())
    kind = np.float64 if point.kind == "float" else object
    return np.array(values, dtype=kind), np.array(slopes, dtype=kind)


def _exact(subject: Subject, name: str) -> Any:
    """A scalar of the data as an exact rational."""
    entries = CATALOGUE.functions[name](subject).entries
    assert entries is not None, f"{name} is a number of the data and is exact"
    return entries[()]


def cluster_flip(subject: Subject) -> tuple[np.ndarray, np.ndarray]:
    """Times t >= q'/Delta' and y_i N(x_i - t y_i u) along the sum of signed cluster means, (n, T) each."""
    data, point = subject.data, subject.point
    members = data.clusters()
    names = np.unique(members)
    signs = np.array([int(data.labels[members == s][0]) for s in names])
    products = (cluster_means(subject) * signs).sum(axis=1) * data.labels
    if point.kind == "float":
        products = arithmetic.nearest(products)
    slopes = point.signs * (point.rows @ products)
    delta, greatest, least, crossing = (
        _exact(subject, f"cluster_{name}") for name in ("delta", "greatest", "least", "cross")
    )
    if not delta > 0:
        raise NoCertificate("the cluster means give no positive Delta")
    start = subject.native(crossing * (1 + greatest / least) / delta)
    switch = arithmetic.maximum(subject.native(greatest / delta), start)[()]
    bends = arithmetic.maximum(point.pre_activations.T * data.labels[:, None] / slopes[None, :], start)
    fixed = np.array([[start, switch]] * data.n, dtype=bends.dtype)
    times = np.concatenate([fixed, bends], axis=1)
    moved = point.pre_activations.T[:, :, None] - (data.labels[:, None] * slopes)[:, :, None] * times[:, None, :]
    return times, (relu(moved) * point.outputs[None, :, None]).sum(axis=1) * data.labels[:, None]


@_measures("t", "times along the cluster direction at which the curve or its bound bends", ("sample", "breakpoint"))
def cluster_time(subject: Subject) -> Enclosure:
    return subject.point.enclosure(cluster_flip(subject)[0], ("sample", "breakpoint"), 0.0)


@_measures("1", "y_i N(x_i - t y_i u) along the cluster direction", ("sample", "breakpoint"))
def cluster_value(subject: Subject) -> Enclosure:
    return subject.point.enclosure(cluster_flip(subject)[1], ("sample", "breakpoint"))


def _cluster_sums(subject: Subject, values: np.ndarray) -> np.ndarray:
    members = subject.data.clusters()
    return np.stack([values[members == members[i]].sum() for i in range(subject.data.n)])


@_measures("1/squared length", "A of the own class summed over a sample's cluster", ("sample",))
def cluster_own(subject: Subject) -> Enclosure:
    return subject.point.enclosure(_cluster_sums(subject, subject.point.own), ("sample",), 1.0 / _length(subject))


@_measures("1/squared length", "A of the opposite class summed over a sample's cluster", ("sample",))
def cluster_cross_sum(subject: Subject) -> Enclosure:
    return subject.point.enclosure(_cluster_sums(subject, subject.point.cross), ("sample",), 1.0 / _length(subject))
