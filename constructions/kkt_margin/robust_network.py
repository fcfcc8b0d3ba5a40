"""The robust network that exists for near-orthogonal data: N(x) = sum_l y_l relu(<x_l, x> / d - theta).

Assume |x_i|^2 = d and |<x_i, x_l>| <= c d with 0 <= c < 1; n_opp is the number of samples of the class opposite to the
one at which the radius is measured. All radii here are in units of sqrt(d), their squares are exact rationals.

* R1, theta = (1 + c) / 2: radius >= (1 - c) / 2.
* R2, theta in (c, 1): radius >= min(1 - theta, min_k (1 + (k - 1) theta - k c) / sqrt((k + 1)(1 + k c))) over
  1 <= k <= n_opp.
* R3, orthogonal data: theta in [sqrt(3/2) - 1, 1 - sqrt(1/2)], such as 1/4, gives radius sqrt(1/2), half the least
  distance between the classes. No classifier does better. With n_opp = 1 there is no lower end.
"""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from math import sqrt
from typing import Any, NamedTuple

import numpy as np

from constructions.instance import InvalidInstance, exact_array, fractions_of
from constructions.kkt_margin.instance import MarginInstance

Rational = int | float | str | Fraction


class Neurons(NamedTuple):
    """A network as its neurons are seen from the samples: N(x_i + delta) = sum_k o_k relu(p_ik + <g_k, delta>).

    outputs o (K,), gram <g_k, g_m> (K, K), pre_activations p (n, K); float64, or object arrays of `Fraction`.
    """

    outputs: np.ndarray
    gram: np.ndarray
    pre_activations: np.ndarray


def squared_norm(data: MarginInstance) -> Fraction:
    """d: the common |x_i|^2, or the mean of them if they differ."""
    diagonal = data.exact_gram().diagonal()
    return Fraction(sum(map(Fraction, diagonal))) / len(diagonal)


def robust_network(data: MarginInstance, threshold: Rational = "1/4") -> MarginInstance:
    """The data with the network in raw form: weights x_l, biases -theta d, outputs y_l / d, all exact.

    The instance gets biases whatever the data had. Raises `InvalidInstance` for data known by their Gram matrix only;
    use `robust_neurons` there.
    """
    if data.points is None:
        raise InvalidInstance("the weights of the robust network are the points; these data have only a gram matrix")
    d = _positive(squared_norm(data))
    bias = -Fraction(threshold) * d
    return replace(data, bias=True, signs=None, rows=None, masses=None, multipliers=None, subgradients=None,
                   weights=data.points, biases=exact_array([bias] * data.size),
                   outputs=exact_array([Fraction(int(y)) / d for y in data.labels]))


def robust_neurons(data: MarginInstance, threshold: Rational = "1/4", *, exact: bool = True) -> Neurons:
    """The same network in Gram form: outputs y, gram K0 / d^2, pre-activations K0 / d - theta."""
    if exact:
        raw, d, theta = fractions_of(exact_array(data.exact_gram())), _positive(squared_norm(data)), Fraction(threshold)
        return Neurons(fractions_of(data.labels), raw / (d * d), raw / d - theta)
    gram = data.float_gram()
    length = _positive(float(np.mean(np.diagonal(gram))))
    return Neurons(data.labels.astype(np.float64), gram / length**2, gram / length - float(Fraction(threshold)))


def _positive(length: Any) -> Any:
    if not length > 0:
        raise InvalidInstance("every point is zero: the robust network is not defined")
    return length


def correlation_bound(data: MarginInstance) -> Fraction:
    """c = max_{i != l} |<x_i, x_l>| / d, exactly."""
    raw = data.exact_gram()
    off = [abs(Fraction(raw[i, j])) for i in range(data.size) for j in range(i)]
    return max(off, default=Fraction(0)) / squared_norm(data)


def half_class_distance_squared(data: MarginInstance) -> Fraction:
    """Square of half the least distance between samples of different classes, in units of d: no classifier beats it."""
    raw, labels = data.exact_gram(), data.labels
    pairs = [Fraction(raw[i, i] + raw[j, j] - 2 * raw[i, j])
             for i in np.flatnonzero(labels > 0) for j in np.flatnonzero(labels < 0)]
    if not pairs:
        raise InvalidInstance("one class is empty: there is no distance between the classes")
    return min(pairs) / 4 / squared_norm(data)


def simple_radius_squared(correlation: Rational) -> Fraction:
    """R1 in squares, for the threshold (1 + c) / 2."""
    c = _correlation(correlation)
    return ((1 - c) / 2) ** 2


def guaranteed_radius_squared(correlation: Rational, threshold: Rational, opposite: int) -> Fraction:
    """R2 in squares: correlation bound c, threshold theta in (c, 1), `opposite` = n_opp samples of the other class."""
    c, theta = _correlation(correlation), Fraction(threshold)
    if not c < theta < 1:
        raise ValueError(f"threshold {theta} is outside ({c}, 1), where the bound is proved")
    bounds = [(1 + (k - 1) * theta - k * c) ** 2 / ((k + 1) * (1 + k * c)) for k in range(1, opposite + 1)]
    return min([(1 - theta) ** 2, *bounds])


def best_threshold(correlation: Rational, opposite: int) -> float:
    """The largest theta that maximises R2 (nearest float64); the radius it guarantees is 1 - theta.

    1 - theta falls with theta and the k-th bound does not; with s^2 = (k + 1)(1 + k c) they meet at
    (s - 1 + k c) / (s - 1 + k).
    """
    c = float(_correlation(correlation))
    k = np.arange(1, opposite + 1)
    excess = np.sqrt((k + 1) * (1 + k * c)) - 1
    return float(np.max((excess + k * c) / (excess + k), initial=c))


def orthogonal_thresholds(opposite: int) -> tuple[float, float]:
    """R3: the thresholds at which the radius on orthogonal data is sqrt(1/2), nearest float64."""
    return (sqrt(1.5) - 1 if opposite >= 2 else 0.0), 1 - sqrt(0.5)


def is_orthogonal_threshold(threshold: Rational, opposite: int) -> bool:
    """The same interval decided in rationals, by comparing squares."""
    theta = Fraction(threshold)
    return 0 < theta < 1 and 2 * (1 - theta) ** 2 >= 1 and (opposite < 2 or 2 * (1 + theta) ** 2 >= 3)


def _correlation(correlation: Rational) -> Fraction:
    c = Fraction(correlation)
    if not 0 <= c < 1:
        raise ValueError(f"correlation bound {c} is outside [0, 1)")
    return c
