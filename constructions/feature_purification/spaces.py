"""Where searches and campaigns look for networks, points and laws of feature purification: exact rational instances.

Sizes are small enough for rational arithmetic; degenerate cases are parameters: b = 0, zero rows, radii far beyond the
points, points on a gate.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import numpy as np

from constructions.feature_purification.instance import PurificationInstance
from constructions.feature_purification.laws import SparseLaw
from constructions.feature_purification.lottery import InitialLaw
from constructions.feature_purification.networks import mixture_network, pure_network
from constructions.instance import NoInstance, exact_array
from constructions.space import Integer, Real, Reals, Space

Numbers = tuple[Fraction, ...]
SWITCH = Integer(0, 1)


def _at(network: PurificationInstance, points: Any, labels: Any, tau: Fraction, norm: int, **more: Any) -> Any:
    """A network with points, rationals kept exactly."""
    return PurificationInstance(
        weights=network.weights, biases=network.biases, outputs=network.outputs, points=exact_array(points),
        labels=np.array(labels), radius=exact_array(tau), norm=norm, **more,
    )  # fmt: skip


def pure_point(bias: Any, heights: Any, noise: Any, tau: Any, copies: int = 1, norm: int = 2) -> PurificationInstance:
    """A pure network at one point: active coordinates bias + height, the others as given, with sizes up to the bias."""
    bias = Fraction(bias)
    x = [bias + Fraction(h) for h in heights] + [Fraction(v) for v in noise]
    found: PurificationInstance = _at(pure_network(len(x), bias, copies), [x], [1], Fraction(tau), norm)
    return found


def _rest(p: Mapping[str, Any]) -> int:
    return max(0, p["d"] - p["active"])


def _pure(d: int, active: int, copies: int, flat: int, b: Fraction, tau: Fraction, h: Numbers, z: Numbers) -> Any:
    if active > d:
        raise NoInstance(f"{active} of {d} coordinates cannot be active")
    return pure_point(b, h, [v * b for v in z], tau, copies, 0 if flat else 2)


def _pure_light(d: int, active: int, flat: int, b: Fraction, tau: Fraction) -> Any:
    if active > d:
        raise NoInstance(f"{active} of {d} coordinates cannot be active")
    return pure_point(b, [1] * active, [0] * (d - active), tau, 1, 0 if flat else 2)


def mixture_point(d: int, plus: int, minus: int, alpha: Any, beta: Any, bias: Any, tau: Any, norm: int = 2) -> Any:
    """alpha e_j + beta 1 in every neuron, at a point with `plus` entries +1 and `minus` entries -1."""
    if not 0 < plus + minus <= d or plus == minus:
        raise NoInstance(f"{plus} entries +1 and {minus} entries -1 of {d} give no label")
    x = [1] * plus + [-1] * minus + [0] * (d - plus - minus)
    label = 1 if plus > minus else -1
    return _at(mixture_network(d, alpha, beta, bias), [x], [label], Fraction(tau), norm)


def _mixture(d: int, plus: int, minus: int, flat: int, alpha: Fraction, beta: Fraction, b: Fraction, tau: Fraction,
             ) -> Any:  # fmt: skip
    return mixture_point(d, plus, minus, alpha, beta, b, tau, 0 if flat else 2)


def purified_pair(d: int, alpha: Any, beta: Any) -> PurificationInstance:
    """Unit vectors as weights, and as clean weights the mixtures alpha e_j + beta 1 that they came from."""
    clean = mixture_network(d, alpha, beta, 0)
    pure = pure_network(d, 0)
    return PurificationInstance(weights=pure.weights, biases=pure.biases, clean=clean.weights)


def _pair(d: int, alpha: Fraction, beta: Fraction) -> PurificationInstance:
    return purified_pair(d, alpha, beta)


def small_network(
    d: int, m: int, weights: Numbers, biases: Numbers, outputs: Numbers, x: Numbers, tau: Fraction, norm: int = 2,
    label: int = 1,
) -> PurificationInstance:  # fmt: skip
    """Any network with m neurons in d dimensions at one point."""
    rows = np.array(weights, dtype=object).reshape(m, d)
    return PurificationInstance(
        weights=exact_array(rows), biases=exact_array(biases), outputs=exact_array(outputs), points=exact_array([x]),
        labels=np.array([label]), radius=exact_array(tau), norm=norm,
    )  # fmt: skip


def _small(
    d: int, m: int, flat: int, zero: int, even: int, w: Numbers, b: Numbers, a: Numbers, x: Numbers, tau: Fraction
) -> Any:  # fmt: skip
    weights = (Fraction(0),) * d + w[d:] if zero else w
    biases = (b[0],) * m if even else b
    return small_network(d, m, weights, biases, a, x, tau, 0 if flat else 2)


def _pairs(d: int, m: int, w: Numbers, v: Numbers) -> PurificationInstance:
    own, clean = (exact_array(np.array(e, dtype=object).reshape(m, d)) for e in (w, v))
    return PurificationInstance(weights=own, biases=np.zeros(m, dtype=np.int64), clean=clean)


def _light(d: int, k: int, gap: Fraction) -> SparseLaw:
    if k > d:
        raise NoInstance(f"{k} of {d} coordinates cannot be expected to be nonzero")
    law = SparseLaw.of("light", d, k, exact_array(gap), 0)
    if law.least_count > d:
        raise NoInstance(f"{d} signs never add up to {law.least_count}")
    return law


def _initial(d: int, m: int, c0: Fraction, share: Fraction) -> InitialLaw:
    return InitialLaw(d, m, exact_array(c0), exact_array(share))


def _double(d: int, c0: Fraction) -> InitialLaw:
    return _initial(d, 2 * d, c0, Fraction(1, 2))


def _entries(p: Mapping[str, Any]) -> int:
    return int(p["d"] * p["m"])


pure_points = Space(
    "pure_points",
    {"d": Integer(1, 6), "active": Integer(1, 6), "copies": Integer(1, 2), "flat": SWITCH, "b": Real(0, 1),
     "tau": Real("1/64", 3), "h": Reals("1/16", 2, lambda p: p["active"]), "z": Reals(-1, 1, _rest)},
    _pure,
    note="pure networks; active heights h over the bias, the other coordinates b z",
)  # fmt: skip
light_points = Space(
    "light_points",
    {"d": Integer(1, 9), "active": Integer(1, 9), "flat": SWITCH, "b": Real("1/20", 1), "tau": Real("1/64", 3)},
    _pure_light,
    note="pure networks at noise-free points, active coordinates 1 + b",
)
mixtures = Space(
    "mixtures",
    {"d": Integer(1, 6), "plus": Integer(0, 4), "minus": Integer(0, 3), "flat": SWITCH, "alpha": Real("1/4", 2),
     "beta": Real("-1/8", "1/2"), "b": Real(0, 1), "tau": Real(0, 2)},
    _mixture,
    note="every neuron alpha e_j + beta 1, points with entries -1, 0, 1",
)  # fmt: skip
small_networks = Space(
    "small_networks",
    {"d": Integer(1, 3), "m": Integer(1, 4), "flat": SWITCH, "zero": SWITCH, "even": SWITCH,
     "w": Reals(-2, 2, _entries), "b": Reals(0, 1, lambda p: p["m"]), "a": Reals("1/4", 2, lambda p: p["m"]),
     "x": Reals(-2, 2, lambda p: p["d"]), "tau": Real(0, 3)},
    _small,
    note="any small network at one point; zero empties the first row, even makes the biases equal",
)  # fmt: skip
solved_networks = Space(
    "solved_networks",
    {"d": Integer(1, 3), "m": Integer(1, 3), "flat": Integer(0, 0), "zero": SWITCH, "even": SWITCH,
     "w": Reals(-2, 2, _entries), "b": Reals(0, 1, lambda p: p["m"]), "a": Reals("1/4", 2, lambda p: p["m"]),
     "x": Reals(-2, 2, lambda p: p["d"]), "tau": Real("1/16", 2)},
    _small,
    note="small networks at one point, with a radius and sizes for a semidefinite program",
)  # fmt: skip
weight_pairs = Space(
    "weight_pairs",
    {"d": Integer(1, 5), "m": Integer(1, 3), "w": Reals(-1, 1, _entries), "v": Reals(-1, 1, _entries)},
    _pairs,
    note="weights w and clean weights v",
)
purified_pairs = Space(
    "purified_pairs",
    {"d": Integer(2, 9), "alpha": Real("1/4", 2), "beta": Real(0, 1)},
    _pair,
    note="unit vectors, and mixtures alpha e_j + beta 1 as clean weights",
)
light_laws = Space(
    "light_laws",
    {"d": Integer(1, 24), "k": Integer(1, 8), "gap": Real(0, 2)},
    _light,
    note="light(d, k) data with |<w*, z>| >= gap",
)
initial_laws = Space(
    "initial_laws",
    {"d": Integer(2, 1000, log=True), "m": Integer(1, 2000, log=True), "c0": Real("1/100", "99/100"),
     "share": Real(0, 1)},
    _initial,
    note="Gaussian initialisations and the thresholds of their lottery sets",
)  # fmt: skip
double_widths = Space(
    "double_widths",
    {"d": Integer(64, 1000, log=True), "c0": Real("1/100", "1/10")},
    _double,
    note="Gaussian initialisations of m = 2d neurons",
)
