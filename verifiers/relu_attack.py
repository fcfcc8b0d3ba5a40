"""Rays and Lipschitz bounds of piecewise-linear functions sum_k o_k relu(p_k + t s_k): cheap, exact where numbers are.

A network seen along a ray x + t v has pre-activations p + t s with slopes s_k = <g_k, v>. Multiply the outputs by the
label to speak about margins. Both functions of t are exact for fractions, integers and flint rationals, and vectorised
for float64, where a value within rounding of the level counts as having reached it (radii use the closed condition).
"""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import numpy as np

from verifiers import tolerances
from verifiers.errors import NoCertificate

FEW = 64  # neurons up to which values on a ray are summed directly, K^2 work and the smallest rounding


def check_finite(**arrays: Any) -> None:
    """Raise `ValueError` naming the first array with a NaN or infinite entry; exact numbers have none."""
    for name, array in arrays.items():
        array = np.asarray(array)
        if array.dtype.kind == "f" and not np.all(np.isfinite(array)):
            where = tuple(int(i) for i in np.argwhere(~np.isfinite(np.atleast_1d(array)))[0])
            raise ValueError(f"{name} has a NaN or infinite entry at index {where}; no radius can be given")


def is_float(*arrays: Any) -> bool:
    """True if all arrays are plain numbers and one of them is floating point, so that the float64 path applies.

    Beside fractions or balls a float is the rational it is.
    """
    kinds = [np.asarray(array).dtype.kind for array in arrays]
    return "f" in kinds and "O" not in kinds


def value_on_ray(outputs: Any, pre: Any, slopes: Any, time: Any) -> Any:
    """sum_k o_k relu(p_k + t s_k) in the arithmetic of the arguments."""
    return sum((o * max(p + time * s, 0) for o, p, s in zip(outputs, pre, slopes, strict=True)), start=Fraction(0))


def first_crossing(outputs: Any, pre: Any, slopes: Any, level: Any = 0) -> Any:
    """Least t >= 0 with sum_k o_k relu(p_k + t s_k) <= level; infinity if there is none.

    Float64: pre and slopes (..., K), outputs (K,) or (..., K); returns (...,). Exact: vectors of K exact numbers;
    returns a `Fraction` (or `math.inf`).
    """
    if is_float(outputs, pre, slopes, level):
        times, excess, last_slope = _profile(outputs, pre, slopes, level)
        reached = excess <= 0
        index = np.argmax(reached, axis=-1)
        inside = _interpolate(times, excess, np.maximum(index - 1, 0), index)
        inside = np.where(index == 0, 0.0, inside)
        with np.errstate(divide="ignore", invalid="ignore"):
            beyond = np.where(last_slope < 0, times[..., -1] - excess[..., -1] / last_slope, np.inf)
        return np.where(reached.any(axis=-1), inside, beyond)
    outputs, pre, slopes, level = _exact(outputs, pre, slopes, level)
    start, before = Fraction(0), value_on_ray(outputs, pre, slopes, 0) - level
    if before <= 0:
        return start
    for end in _breakpoints(pre, slopes):
        after = value_on_ray(outputs, pre, slopes, end) - level
        if after <= 0:
            return start + (end - start) * before / (before - after)
        start, before = end, after
    slope = value_on_ray(outputs, pre, slopes, start + 1) - level - before
    return start - before / slope if slope < 0 else math.inf


def last_crossing(outputs: Any, pre: Any, slopes: Any, level: Any = 0) -> Any:
    """Least t >= 0 beyond which sum_k o_k relu(p_k + t s_k) <= level for good; infinity if there is none.

    It equals `first_crossing` when the function is nonincreasing. Same shapes and arithmetics.
    """
    if is_float(outputs, pre, slopes, level):
        times, excess, last_slope = _profile(outputs, pre, slopes, level)
        above = excess > 0
        count = times.shape[-1]
        index = count - 1 - np.argmax(above[..., ::-1], axis=-1)
        inside = _interpolate(times, excess, index, np.minimum(index + 1, count - 1))
        with np.errstate(divide="ignore", invalid="ignore"):
            beyond = np.where(last_slope < 0, times[..., -1] - excess[..., -1] / last_slope, np.inf)
        result = np.where(index == count - 1, beyond, inside)
        result = np.where(above.any(axis=-1), result, 0.0)
        return np.where(last_slope > 0, np.inf, result)
    outputs, pre, slopes, level = _exact(outputs, pre, slopes, level)
    knots = [Fraction(0), *_breakpoints(pre, slopes)]
    heights = [value_on_ray(outputs, pre, slopes, time) - level for time in knots]
    slope = value_on_ray(outputs, pre, slopes, knots[-1] + 1) - level - heights[-1]
    if slope > 0 or (slope == 0 and heights[-1] > 0):
        return math.inf
    if heights[-1] > 0:
        return knots[-1] - heights[-1] / slope
    for index in range(len(knots) - 2, -1, -1):
        if heights[index] > 0:
            width = knots[index + 1] - knots[index]
            return knots[index] + width * heights[index] / (heights[index] - heights[index + 1])
    return Fraction(0)


def _exact(outputs: Any, pre: Any, slopes: Any, level: Any) -> tuple[list, list, list, Fraction]:
    from verifiers.arithmetic import rational, to_fraction

    check_finite(outputs=outputs, pre_activations=pre, slopes=slopes, level=level)
    parts = [[to_fraction(rational(entry)) for entry in part] for part in (outputs, pre, slopes)]
    return parts[0], parts[1], parts[2], to_fraction(rational(level))


def _breakpoints(pre: list, slopes: list) -> list[Fraction]:
    """The positive times at which a neuron switches, sorted, without repetition."""
    return sorted({time for p, s in zip(pre, slopes, strict=True) if s != 0 and (time := -p / s) > 0})


def _profile(outputs: Any, pre: Any, slopes: Any, level: Any) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Times 0 and breakpoints (..., K + 1), value minus level there (0 within rounding), and the slope at the end."""
    check_finite(outputs=outputs, pre_activations=pre, slopes=slopes, level=level)
    pre, slopes = np.broadcast_arrays(np.asarray(pre, dtype=np.float64), np.asarray(slopes, dtype=np.float64))
    outputs = np.broadcast_to(np.asarray(outputs, dtype=np.float64), pre.shape)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        times = np.where(slopes != 0, -pre / slopes, 0.0)
    times = np.where(np.isfinite(times) & (times > 0), times, 0.0)
    switches = times
    times = np.sort(np.concatenate([np.zeros((*times.shape[:-1], 1)), times], axis=-1), axis=-1)
    if pre.shape[-1] <= FEW:
        moved = pre[..., None, :] + times[..., :, None] * slopes[..., None, :]
        values = np.sum(outputs[..., None, :] * np.maximum(moved, 0.0), axis=-1)
    else:
        values = _values_by_sums(outputs, pre, slopes, switches, times)
    size = (np.abs(outputs * pre).sum(axis=-1, keepdims=True)
            + times * np.abs(outputs * slopes).sum(axis=-1, keepdims=True))
    excess = values - level
    excess = np.where(np.abs(excess) <= tolerances.ROUNDING * (size + np.abs(level)), 0.0, excess)
    parts = outputs * np.maximum(slopes, 0.0)
    last_slope = parts.sum(axis=-1)
    last_slope = np.where(np.abs(last_slope) <= tolerances.ROUNDING * np.abs(parts).sum(axis=-1), 0.0, last_slope)
    return times, excess, last_slope


def _values_by_sums(outputs: np.ndarray, pre: np.ndarray, slopes: np.ndarray, switches: np.ndarray,
                    times: np.ndarray) -> np.ndarray:
    """Values at the sorted times 0 and switches (..., K + 1) from running sums of height and slope: K log K steps."""
    on = (pre > 0) | ((pre == 0) & (slopes > 0))
    order = np.argsort(switches, axis=-1, kind="stable")
    change = np.where(switches > 0, np.sign(slopes), 0.0) * outputs
    values = np.zeros_like(times)
    for part, factor in ((pre, 1.0), (slopes, times)):
        start = (outputs * part * on).sum(axis=-1, keepdims=True)
        steps = np.take_along_axis(change * part, order, axis=-1)
        values += factor * np.concatenate([start, start + np.cumsum(steps, axis=-1)], axis=-1)
    return values


def _interpolate(times: np.ndarray, excess: np.ndarray, left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Where the segment from index `left` (value > 0) to index `right` (value <= 0) vanishes."""
    def at(array: np.ndarray, index: np.ndarray) -> np.ndarray:
        return np.take_along_axis(array, index[..., None], axis=-1)[..., 0]

    before, after, start, end = at(excess, left), at(excess, right), at(times, left), at(times, right)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(before > after, start + (end - start) * before / (before - after), start)


def square_lipschitz_bound(outputs: Any, gram: Any) -> Any:
    """Upper bound of the squared norm of every Clarke gradient sum_k tau_k o_k g_k, tau in [0, 1]^K.

    It is sum_{k,l} max(o_k o_l M_kl, 0): exact for rationals, an enclosure for balls, float64 otherwise.
    """
    if is_float(outputs, gram):
        outputs = np.asarray(outputs, dtype=np.float64)
        return np.maximum(outputs[:, None] * np.asarray(gram, dtype=np.float64) * outputs[None, :], 0.0).sum()
    from verifiers.arithmetic import relu

    outputs = np.asarray(outputs, dtype=object)
    return relu(outputs[:, None] * np.asarray(gram, dtype=object) * outputs[None, :]).sum()


def lipschitz_radius(outputs: Any, gram: Any, margins: Any) -> np.ndarray:
    """Lower bound margin / Lipschitz constant on the robust radius per sample in float64; 0 where the margin is <= 0.

    Balls and rationals are first evaluated in their own arithmetic, then rounded down.
    """
    bound = square_lipschitz_bound(outputs, gram)
    if is_float(outputs, gram, margins):
        margins = np.maximum(np.asarray(margins, dtype=np.float64), 0.0)
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.where(margins > 0, margins / np.sqrt(bound), 0.0)
    from verifiers import arithmetic

    margins = arithmetic.lower_bounds(margins)
    if not arithmetic.upper_bounds(bound) < math.inf:
        raise NoCertificate("the Lipschitz constant has no finite enclosure")
    constant = np.nextafter(np.sqrt(arithmetic.upper_bounds(bound)), np.inf)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(margins > 0, np.nextafter(margins / constant, 0.0), 0.0)
