"""Quantities of angles, of one-step attacks, of transfer to networks, and of kernels at finite width."""

from __future__ import annotations

import math
from fractions import Fraction
from functools import lru_cache, partial
from itertools import product
from typing import Any

import numpy as np

from constructions.instance import fractions_of
from constructions.ntk_features.instance import AngleInstance, StepInstance, TransferInstance, WidthInstance
from verifiers import tolerances
from verifiers.arithmetic import _flint, balls, lower_bounds, rational, rationals, upper_bounds
from verifiers.errors import MissingPart
from verifiers.ntk_features.angles import supremum
from verifiers.ntk_features.recursion import Recursion
from verifiers.ntk_features.subject import measures_on
from verifiers.quantity import Enclosure, between, enclose

_on_angles, _on_step = measures_on(AngleInstance), measures_on(StepInstance)
_on_transfer, _on_width = measures_on(TransferInstance), measures_on(WidthInstance)

# ------------------------------------------------------------------ angles


@lru_cache(maxsize=512)
def _supremum(name: str, low: Fraction, high: Fraction) -> tuple[Any, Any]:
    return supremum(name, low, high)


def _over(name: str, instance: AngleInstance) -> Enclosure:
    below, above = _supremum(name, instance.number("low"), instance.number("high"))
    return between(lower_bounds(balls(below)), upper_bounds(balls(above)))


_SUPREMA = {
    "cone": ("cone_ratio", "supremum over the angles t of pi (d^2 - 4 t^2)/t, d the NTK distance"),
    "square": ("square_ratio", "supremum of (d^2 - 4 t/pi)/t^2, d the NTK distance"),
    "nngp": ("nngp_ratio", "supremum of d^2/t^2, d the NNGP distance"),
    "slope": ("largest_slope", "supremum of |d Theta/dt| of the NTK"),
}
for _key, (_name, _doc) in _SUPREMA.items():
    _on_angles("1", _doc, name=_name)(partial(_over, _key))


# ------------------------------------------------------------------ one step


@lru_cache(maxsize=64)
def _step(instance: StepInstance) -> tuple[Any, Any, np.ndarray, np.ndarray]:
    """(y, radius, g, other perturbations) as rationals."""
    g, others = (rationals(fractions_of(part)) for part in (instance.gradient, instance.others))
    return rational(instance.number("label")), rational(instance.number("radius")), g, others


@_on_step("1", "least y <g, delta> over all delta = radius s, s a vector of signs: by enumeration")
def best_change(instance: StepInstance) -> Enclosure:
    y, radius, g, _ = _step(instance)
    least = None
    for signs in product((1, -1), repeat=len(g)):
        value = y * radius * sum((entry * sign for entry, sign in zip(g, signs, strict=True)), rational(0))
        least = value if least is None or value < least else least
    return enclose(least)


@_on_step("1", "radius |g|_1")
def dual_drop(instance: StepInstance) -> Enclosure:
    _, radius, g, _ = _step(instance)
    return enclose(radius * sum(map(abs, g), rational(0)))


@_on_step("1", "y <g, delta> of the step -radius y sign(g)")
def sign_change(instance: StepInstance) -> Enclosure:
    y, radius, g, _ = _step(instance)
    return enclose(y * sum((-radius * y * ((v > 0) - (v < 0)) * v for v in g), rational(0)))


@_on_step("1", "y <g, delta> of the other perturbations", axes=("other",))
def other_change(instance: StepInstance) -> Enclosure:
    y, _, g, others = _step(instance)
    return enclose(others @ g * y, ("other",))


@_on_step("1", "|delta|_inf of the other perturbations", axes=("other",))
def other_size(instance: StepInstance) -> Enclosure:
    return enclose(np.array([max(map(abs, row)) for row in _step(instance)[3]], dtype=object), ("other",))


@_on_step("1", "|delta|_2^2 of the other perturbations", axes=("other",))
def other_length_sq(instance: StepInstance) -> Enclosure:
    return enclose((_step(instance)[3] ** 2).sum(axis=1), ("other",))


@_on_step("1", "|g|_2^2")
def gradient_sq(instance: StepInstance) -> Enclosure:
    return enclose((_step(instance)[2] ** 2).sum())


@_on_step("1", "(y <g, delta>)^2 of delta = -radius y g/|g|: the change is not positive")
def l2_change_sq(instance: StepInstance) -> Enclosure:
    _, radius, g, _ = _step(instance)
    if not any(g):
        raise MissingPart("the gradient is 0: there is no direction of steepest descent")
    inner = (g * (radius * g)).sum()
    return enclose(inner**2 / (g**2).sum())


@_on_step("1", "radius of the perturbations")
def step_radius(instance: StepInstance) -> Enclosure:
    return enclose(_step(instance)[1])


# ------------------------------------------------------------------ transfer


@lru_cache(maxsize=64)
def _values(instance: TransferInstance) -> dict[str, list[Fraction]]:
    return {name: fractions_of(getattr(instance, name)).tolist()
            for name in ("network", "kernel", "clean_network", "clean_kernel")}  # fmt: skip


def _quantile(gaps: list[Fraction], level: Fraction) -> Fraction:
    """The least t such that at least the share `level` of the gaps is at most t."""
    return sorted(gaps)[math.ceil(level * len(gaps)) - 1]


def _share(flags: list[bool]) -> Enclosure:
    return enclose(Fraction(sum(flags), len(flags)))


@_on_transfer("1", "q, the level of the quantile")
def level(instance: TransferInstance) -> Enclosure:
    return enclose(rational(instance.number("level")))


@_on_transfer("1", "share of the points that fool the network")
def network_fooled(instance: TransferInstance) -> Enclosure:
    return _share([value < 0 for value in _values(instance)["network"]])


@_on_transfer("1", "share of the points that fool the kernel predictor")
def kernel_fooled(instance: TransferInstance) -> Enclosure:
    return _share([value < 0 for value in _values(instance)["kernel"]])


@_on_transfer("1", "share of the points that fool both")
def both_fooled(instance: TransferInstance) -> Enclosure:
    own = _values(instance)
    return _share([a < 0 and b < 0 for a, b in zip(own["network"], own["kernel"], strict=True)])


def _beyond(instance: TransferInstance, before: str) -> Enclosure:
    own = _values(instance)
    pairs = zip(own[f"{before}network"], own[f"{before}kernel"], strict=True)
    quantile = _quantile([abs(a - b) for a, b in pairs], instance.number("level"))
    return _share([-value > quantile for value in own["kernel"]])


@_on_transfer("1", "share with -y f_ker above the q-quantile of |f_net - f_ker| on the attacked points")
def kernel_beyond(instance: TransferInstance) -> Enclosure:
    return _beyond(instance, "")


@_on_transfer("1", "the same with the quantile of the clean points")
def kernel_beyond_clean(instance: TransferInstance) -> Enclosure:
    return _beyond(instance, "clean_")


# ------------------------------------------------------------------ finite width


@lru_cache(maxsize=64)
def _width(instance: WidthInstance) -> tuple[int, Any, Any, Any]:
    """(m, <x, x'>, angle, p) with p = (pi - angle)/(2 pi), the last two in balls."""
    x, other = (rationals(fractions_of(part)) for part in (instance.first, instance.second))
    arb, s = _flint().arb, x @ other
    angle = arb.atan2(arb((x @ x) * (other @ other) - s * s).sqrt(), arb(s))
    return int(instance.width), s, angle, (arb.pi() - angle) / (2 * arb.pi())


@_on_width("neurons", "width m")
def net_width(instance: WidthInstance) -> Enclosure:
    return enclose(int(instance.width))


@_on_width("1", "deviation t of the share of neurons")
def deviation(instance: WidthInstance) -> Enclosure:
    return enclose(rational(instance.number("error")))


@_on_width("1", "p = (pi - angle)/(2 pi): probability that a neuron is on at both points")
def both_chance(instance: WidthInstance) -> Enclosure:
    return enclose(balls(_width(instance)[3]))


@_on_width("1", "P(|B/m - p| >= t), B binomial(m, p): the sum of its terms")
def binomial_tail(instance: WidthInstance) -> Enclosure:
    m, _, _, p = _width(instance)
    if m > 2000:
        raise MissingPart(f"binomial tails are summed for at most 2000 neurons, this instance has {m}")
    arb, t = _flint().arb, balls(rational(instance.number("error"))).item()
    total, certain = arb(0), arb(0)
    q = 1 - p
    term = q**m
    for count in range(m + 1):
        gap = abs(arb(count) / m - p) - t
        if gap >= 0:
            certain += term
            total += term
        elif not gap < 0:
            total += term
        if count < m:
            term = term * (m - count) / (count + 1) * p / q
    return enclose(balls(certain.union(total)))


@_on_width("1", "<x, x'> p, the mean of the hidden-layer eNTK of m^(-1/2) u.relu(W x), u of signs")
def mean_kernel(instance: WidthInstance) -> Enclosure:
    _, s, _, p = _width(instance)
    return enclose(balls(s * p))


@_on_width("1", "T_1 - K_1 of the recursion at sigma_w^2 = 2, D = 1: the hidden layer's part of the NTK")
def hidden_part(instance: WidthInstance) -> Enclosure:
    x, other = (rationals(fractions_of(part)) for part in (instance.first, instance.second))
    recursion = Recursion(1, rational(2), rational(0), rational(1))
    k, t = recursion.pair(x @ other, x @ x, other @ other)
    return enclose(balls(t - k))


@_on_width("2^-80", "|4 <x, x'> p - (T_1 - K_1)|, relative to 1 + |T_1 - K_1|")
def mean_error(instance: WidthInstance) -> Enclosure:
    mean, hidden = mean_kernel(instance).balls().item(), hidden_part(instance).balls().item()
    return enclose(balls(abs(4 * mean - hidden) / (1 + abs(hidden)) / rational(tolerances.IDENTITY)))


@_on_width("neurons", "neurons of the directions that are on at both points: exact signs")
def both_on(instance: WidthInstance) -> Enclosure:
    if instance.directions is None:
        raise MissingPart("this instance has no network; give the directions of its neurons")
    w = fractions_of(instance.directions)
    heights = [w @ fractions_of(part) for part in (instance.first, instance.second)]
    return enclose(int(np.sum((heights[0] > 0) & (heights[1] > 0))))
