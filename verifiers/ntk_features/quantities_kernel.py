"""Quantities of kernels on data and of their predictors, in balls; what is rational is exact."""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations
from typing import Any

import numpy as np

from constructions.instance import floats_of
from constructions.ntk_features import kernels_numpy
from verifiers import tolerances
from verifiers.arithmetic import _flint, absolute, balls, lower_bounds, power, rational, rationals, upper_bounds
from verifiers.errors import MissingPart, NoCertificate
from verifiers.ntk_features.angles import ntk_angle
from verifiers.ntk_features.recursion import Recursion
from verifiers.ntk_features.subject import KernelSubject, measures_on
from verifiers.quantity import Enclosure, between, enclose

_measures = measures_on(KernelSubject)


def _largest(entries: Any) -> Any:
    """Ball or rational of the largest |entry|."""
    found, *rest = absolute(np.asarray(entries)).reshape(-1).tolist()
    for entry in rest:
        found = found.max(entry) if hasattr(found, "max") else max(found, entry)
    return found


def _in_units(error: Any) -> Enclosure:
    """In units of what two ways to one number may differ by."""
    return enclose(balls(error) / rational(tolerances.IDENTITY))


def _number(field: str, unit: str, doc: str, name: str) -> None:
    _measures(unit, doc, name=name)(lambda subject: enclose(rational(subject.instance.number(field))))


_number("depth", "layers", "hidden layers L", "depth")
_number("weight_variance", "1", "sigma_w^2", "weight_sq")
_number("bias_variance", "1", "sigma_b^2", "bias_sq")
_number("divisor", "1", "divisor D of inner products of inputs", "divisor")
_number("ridge", "1", "ridge added to the kernel", "ridge_amount")
_number("kind", "1", "1 for the NTK, 0 for the NNGP kernel", "tangent")


@_measures("samples", "number of points")
def samples(subject: KernelSubject) -> Enclosure:
    return enclose(subject.n)


@_measures("1", "circle constant")
def pi(subject: KernelSubject) -> Enclosure:
    return enclose(balls(_flint().arb.pi()))


@_measures("1", "1 if the predictor is fitted to the labels without ridge and stopping, 0 else")
def interpolates(subject: KernelSubject) -> Enclosure:
    own = subject.instance
    return enclose(int(own.coefficients is None and own.time is None and own.number("ridge") == 0))


@_measures("1", "largest ||y_i| - 1|: 0 for labels that are signs")
def label_error(subject: KernelSubject) -> Enclosure:
    return enclose(max(abs(abs(y) - 1) for y in subject.labels))


@_measures("1", "least squared sine of the angle between two points; 0 where two are parallel, or one is 0")
def least_sine_sq(subject: KernelSubject) -> Enclosure:
    g = subject.gram
    found = [rational(1), *(rational(0) for i in range(subject.n) if g[i, i] == 0)]
    pairs = combinations(range(subject.n), 2)
    found += [1 - g[i, j] ** 2 / (g[i, i] * g[j, j]) for i, j in pairs if g[i, i] * g[j, j] != 0]
    return enclose(min(found))


@_measures("1", "largest ||x|^2 - 1| over points and queries")
def sphere_error(subject: KernelSubject) -> Enclosure:
    rows = [*subject.points, *(subject.queries if subject.instance.queries is not None else [])]
    return enclose(max(abs(x @ x - 1) for x in rows))


@_measures("1", "least pivot of the kernel of the points: positive iff the kernel is positive definite")
def least_pivot(subject: KernelSubject) -> Enclosure:
    found, *rest = subject.pivots
    for pivot in rest:
        found = found.min(pivot)
    return enclose(balls(found))


# ------------------------------------------------------------------ the diagonal


@_measures("1", "T(x_j, x_j) by the recursion at angle 0", axes=("sample",))
def ntk_diagonal(subject: KernelSubject) -> Enclosure:
    return enclose([subject.recursion.diagonal(x @ x)[1] for x in subject.points], ("sample",))


@_measures("1", "sum_l (sigma_w^2/2)^(L-l) q_l(x_j): T(x_j, x_j) in closed form", axes=("sample",))
def closed_diagonal(subject: KernelSubject) -> Enclosure:
    own, found = subject.recursion, []
    half = own.weight / 2
    for x in subject.points:
        first = own.weight * (x @ x) / own.divisor + own.bias
        layers = [half**k * first + own.bias * sum((half**i for i in range(k)), rational(0))
                  for k in range(own.depth + 1)]  # fmt: skip
        found.append(sum((half ** (own.depth - k) * q for k, q in enumerate(layers)), rational(0)))
    return enclose(found, ("sample",))


@_measures("1", "T(x_j, x_j) as the plain recursion in float64 gives it: the rational number it is", axes=("sample",))
def plain_diagonal(subject: KernelSubject) -> Enclosure:
    points = floats_of(subject.instance.points)
    found = kernels_numpy(points, points.copy(), **subject.instance.architecture.options)
    return enclose(rationals(np.diag(found.ntk).astype(object)), ("sample",))


@_measures("1", "T(x_j, x_j) with divisor 1 in place of D", axes=("sample",))
def undivided_diagonal(subject: KernelSubject) -> Enclosure:
    own = subject.recursion
    other = Recursion(own.depth, own.weight, own.bias, rational(1))
    return enclose([other.diagonal(x @ x)[1] for x in subject.points], ("sample",))


@_measures("2^-80", "largest |<grad f(x), x> - f(x)| over the queries, relative to 1 + |f|")
def euler_error(subject: KernelSubject) -> Enclosure:
    inner = np.array([g @ x for g, x in zip(subject.gradients(), subject.queries, strict=True)], dtype=object)
    return _in_units(_largest((inner - subject.values) / (1 + absolute(subject.values))))


@_measures("2^-80", "largest |k(2x, x_j) - 2 k(x, x_j)| over queries and points, relative to 1 + |k|")
def scaling_error(subject: KernelSubject) -> Enclosure:
    doubled = subject.kernel_between(subject.queries * rational(2), subject.points)
    return _in_units(_largest((doubled - 2 * subject.cross) / (1 + absolute(subject.cross))))


# ------------------------------------------------------------------ the predictor

PAIRS = ("query", "sample")


@_measures("1", "|f|_H^2 = alpha^T K alpha")
def function_norm_sq(subject: KernelSubject) -> Enclosure:
    return enclose(balls(subject.norm_sq))


@_measures("1", "|alpha|_2^2: no norm of a function")
def coefficient_norm_sq(subject: KernelSubject) -> Enclosure:
    return enclose(balls(subject.alpha @ subject.alpha))


@_measures("1", "|alpha|_1")
def coefficient_sum(subject: KernelSubject) -> Enclosure:
    return enclose(balls(absolute(subject.alpha).sum()))


@_measures("1", "f at the queries", axes=("query",))
def query_value(subject: KernelSubject) -> Enclosure:
    return enclose(balls(subject.values), ("query",))


def _moves(subject: KernelSubject) -> np.ndarray:
    """f(x) - f(x_j), balls (m, n); exactly 0 where the query is the point."""
    gaps = subject.values[:, None] - subject.fitted[None, :]
    gaps[subject.coincident] = _flint().arb(0)
    return gaps


@_measures("1", "(f(x) - f(x_j))^2 for query x and point x_j", axes=PAIRS)
def value_gap_sq(subject: KernelSubject) -> Enclosure:
    return enclose(power(_moves(subject), 2), PAIRS)


@_measures("1", "|f(x) - f(x_j)|", axes=PAIRS)
def value_gap(subject: KernelSubject) -> Enclosure:
    return enclose(absolute(_moves(subject)), PAIRS)


@_measures("1", "d_K(x, x_j)^2 = k(x, x) + k(x_j, x_j) - 2 k(x, x_j)", axes=PAIRS)
def distance_sq(subject: KernelSubject) -> Enclosure:
    found = subject.distances_sq(subject.queries, subject.points)
    found[subject.coincident] = _flint().arb(0)
    return enclose(found, PAIRS)


def _angles(subject: KernelSubject) -> np.ndarray:
    """Angles between queries and points, balls (m, n)."""
    arb = _flint().arb
    out = np.empty((len(subject.queries), subject.n), dtype=object)
    for i, x in enumerate(subject.queries):
        for j, other in enumerate(subject.points):
            s, product = x @ other, (x @ x) * (other @ other)
            if product == 0:
                raise MissingPart("a point is 0: the angle to it is not defined")
            out[i, j] = arb.atan2(arb(product - s * s).sqrt(), arb(s))
    return out


@_measures("radian", "angle between query x and point x_j", axes=PAIRS)
def angle(subject: KernelSubject) -> Enclosure:
    return enclose(_angles(subject), PAIRS)


@_measures("radian", "angle within which no sign changes around x_j: the better one of N4 and N5", axes=("sample",))
def certified_angle(subject: KernelSubject) -> Enclosure:
    slope = rational("2.6406737065982")
    total = absolute(subject.alpha).sum()
    found = []
    for value in absolute(subject.fitted):
        first, second = ntk_angle(value / subject.norm_sq.sqrt()), value / (balls(slope)[()] * total)
        found.append(first.max(second))
    return enclose(balls(np.array(found, dtype=object)), ("sample",))


@_measures("radian", "least angle of x_j to a query where f certainly has the other sign, pi if there is none",
           axes=("sample",))  # fmt: skip
def flip_angle(subject: KernelSubject) -> Enclosure:
    angles, found = _angles(subject), []
    for j, own in enumerate(subject.fitted):
        least = _flint().arb.pi()
        for i, other in enumerate(subject.values):
            if own * other < 0:
                least = least.min(angles[i, j])
        found.append(least)
    return enclose(balls(np.array(found, dtype=object)), ("sample",))


@_measures("1", "d_K(x_i, x_j)^2 for the pairs of points with labels +1 and -1", axes=("pair",))
def opposite_distance_sq(subject: KernelSubject) -> Enclosure:
    signs = [int(y > 0) for y in subject.labels]
    pairs = [(i, j) for i, j in combinations(range(subject.n), 2) if signs[i] != signs[j]]
    if not pairs:
        raise MissingPart("all labels have one sign; the statement is about two points with opposite labels")
    found = subject.distances_sq(subject.points, subject.points)
    return enclose(np.array([found[i, j] for i, j in pairs], dtype=object), ("pair",))


def _relative_radius_sq(subject: KernelSubject, depth: int) -> Any:
    """1/(|f|_H^2 k(x, x)) of the interpolant at a depth, on points of one norm."""
    flint, own = _flint(), subject.recursion
    other = Recursion(depth, own.weight, own.bias, own.divisor)
    g = subject.gram
    kernel = [[other.pair(g[i, j], g[i, i], g[j, j])[subject.tangent] for j in range(subject.n)]
              for i in range(subject.n)]  # fmt: skip
    labels = flint.arb_mat([[balls(y).item()] for y in subject.labels])
    try:
        alpha = flint.arb_mat(kernel).solve(labels)
    except ZeroDivisionError:
        raise NoCertificate("the kernel is singular or too close to it") from None
    norm_sq = (labels.transpose() * alpha).tolist()[0][0]
    return 1 / (norm_sq * other.diagonal(g[0, 0])[subject.tangent])


@_measures("1", "1/(|f|_H^2 k(x, x)): certified squared radius of the interpolant over that of a constant")
def relative_radius_sq(subject: KernelSubject) -> Enclosure:
    return enclose(balls(_relative_radius_sq(subject, subject.recursion.depth)))


@_measures("1", "the same with one layer more")
def deeper_radius_sq(subject: KernelSubject) -> Enclosure:
    return enclose(balls(_relative_radius_sq(subject, subject.recursion.depth + 1)))


# ------------------------------------------------------------------ features


@_measures("1", "least eigenvalue of each cluster, largest cluster first", axes=("feature",))
def cluster_low(subject: KernelSubject) -> Enclosure:
    own = subject.spectrum
    return _eigen(own.values, own.clusters, min)


@_measures("1", "largest eigenvalue of each cluster", axes=("feature",))
def cluster_high(subject: KernelSubject) -> Enclosure:
    own = subject.spectrum
    return _eigen(own.values, own.clusters, max)


def _eigen(values: list[Any], clusters: list[list[int]], pick: Callable[..., Any]) -> Enclosure:
    lower, upper = lower_bounds(np.array(values, dtype=object)), upper_bounds(np.array(values, dtype=object))
    return between([pick(lower[own]) for own in clusters], [pick(upper[own]) for own in clusters], ("feature",))


def _present(subject: KernelSubject) -> list[Any]:
    """P_c y by cluster. Raises `NoCertificate` where a feature may vanish: it then has no radius."""
    for c, part in enumerate(subject.spectrum.parts):
        if not (part @ part) > 0:
            raise NoCertificate(f"the labels may have no part in eigenspace {c}: the feature may be identically 0")
    return subject.spectrum.parts


@_measures("1", "|f^(c)|_H^2 of each feature", axes=("feature",))
def feature_norm_sq(subject: KernelSubject) -> Enclosure:
    pairs = zip(subject.feature_coefficients, subject.spectrum.parts, strict=True)
    return enclose(np.array([a @ part for a, part in pairs], dtype=object), ("feature",))


@_measures("1", "mean over the points of f^(c)(x_j)^2/|f^(c)|_H^2: the mean squared radius", axes=("feature",))
def mean_radius_sq(subject: KernelSubject) -> Enclosure:
    pairs = zip(subject.feature_coefficients, _present(subject), strict=True)
    found = [(part @ part) / ((a @ part) * subject.n) for a, part in pairs]
    return enclose(np.array(found, dtype=object), ("feature",))


@_measures("1", "(f^(c)(x) - f^(c)(x_j))^2", axes=("feature", *PAIRS))
def feature_gap_sq(subject: KernelSubject) -> Enclosure:
    values = subject.cross @ subject.feature_coefficients.T
    parts = np.array(subject.spectrum.parts, dtype=object)
    gaps = values.T[:, :, None] - parts[:, None, :]
    gaps[:, subject.coincident] = _flint().arb(0)
    return enclose(power(gaps, 2), ("feature", *PAIRS))


@_measures("1", "largest |sum_c P_c y - y|, relative to |y|")
def feature_sum_error(subject: KernelSubject) -> Enclosure:
    total = np.sum(np.array(subject.spectrum.parts, dtype=object), axis=0)
    return enclose(balls(_largest(total - subject.labels)) / balls(subject.labels @ subject.labels).item().sqrt())


@_measures("1", "largest |<f^(c), f^(e)>_H| of two features over the product of their norms")
def feature_overlap(subject: KernelSubject) -> Enclosure:
    a, parts = subject.feature_coefficients, _present(subject)
    inner = np.array([[left @ right for right in parts] for left in a], dtype=object)
    norms = [inner[i, i].sqrt() for i in range(len(parts))]
    found = [inner[i, k] / (norms[i] * norms[k]) for i in range(len(parts)) for k in range(len(parts)) if i != k]
    return enclose(balls(_largest(found)) if found else 0)
