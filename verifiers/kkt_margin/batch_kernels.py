"""Compiled loops of the batch measurement: flip thresholds, both sides along the flip path, robust radii.

Shapes: pre-activations S_k <g_k, x~_i> (B, K, n), outputs S_k a_k (B, K), slopes S_k <g_k, u> (B, K), labels (B, n).
Entries that could not be computed are NaN. The formulas are those of `point`, `path` and `relu_radius`.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from verifiers.relu_kernel import search_batch

NEGLIGIBLE = 1e-12
"""Relative size of a number that is read as zero where an exact comparison is meant."""


@njit(cache=True)
def _value(pre, outputs, slopes, label, sample, time):
    total = 0.0
    for k in range(len(outputs)):
        fall = time * label * slopes[k]
        z = pre[k, sample] - fall
        if z > NEGLIGIBLE * (abs(pre[k, sample]) + abs(fall)):
            total += outputs[k] * z
    return total * label


@njit(cache=True)
def thresholds(pre, outputs, slopes, labels, level):
    """Largest t >= 0 with y_i N(x_i - t y_i u) >= level (B, n); NaN where u moves some neuron the wrong way."""
    count, neurons, size = pre.shape
    found = np.full((count, size), np.nan)
    times, values = np.empty(neurons), np.empty(neurons)
    for b in range(count):
        monotone = True
        for k in range(neurons):
            monotone = monotone and slopes[b, k] * outputs[b, k] > 0.0
        if not monotone:
            continue
        for i in range(size):
            y = labels[b, i]
            for k in range(neurons):
                times[k] = max(pre[b, k, i] * y / slopes[b, k], 0.0)
            times.sort()
            for k in range(neurons):
                values[k] = _value(pre[b], outputs[b], slopes[b], y, i, times[k])
            if not values[0] >= level - NEGLIGIBLE:
                continue
            last = 0
            for k in range(neurons):
                if values[k] >= level:
                    last = k
            if last + 1 < neurons and times[last + 1] > times[last]:
                slope = (values[last] - values[last + 1]) / (times[last + 1] - times[last])
            else:
                # beyond the last breakpoint exactly the neurons of the opposite sign are on
                slope = 0.0
                for k in range(neurons):
                    if outputs[b, k] * y < 0.0:
                        slope += y * outputs[b, k] * y * slopes[b, k]
            if slope > 0.0:
                found[b, i] = times[last] + (values[last] - level) / slope
    return found


@njit(cache=True)
def flipped(pre, outputs, slopes, labels):
    """1.0 where y_i N(x_i - t y_i u) < 0 for some t >= 0, else 0.0 (B, n), from 0, every bend and the last slope.

    Values that may be rounding count as 0.
    """
    count, neurons, size = pre.shape
    found = np.zeros((count, size))
    for b in range(count):
        for i in range(size):
            y, last, magnitude = labels[b, i], 0.0, 0.0
            for k in range(neurons):
                fall = y * slopes[b, k]
                last += max(-fall, 0.0) * outputs[b, k] * y
                magnitude += abs(fall * outputs[b, k])
            below = last < -NEGLIGIBLE * magnitude
            for s in range(neurons + 1):
                time = 0.0
                if s > 0 and slopes[b, s - 1] != 0.0:
                    time = max(pre[b, s - 1, i] * y / slopes[b, s - 1], 0.0)
                size_of_terms = 0.0
                for k in range(neurons):
                    size_of_terms += abs(outputs[b, k]) * (abs(pre[b, k, i]) + abs(time * slopes[b, k]))
                below = below or _value(pre[b], outputs[b], slopes[b], y, i, time) < -NEGLIGIBLE * size_of_terms
            found[b, i] = 1.0 if below else 0.0
    return found


@njit(cache=True)
def path_parts(pre, signs, masses, slopes, labels, times):
    """What neurons of the own and of the opposite sign contribute at times (B, n, T): two arrays (B, n, T), >= 0."""
    count, neurons, size = pre.shape
    own, opposite = np.zeros(times.shape), np.zeros(times.shape)
    for b in range(count):
        for i in range(size):
            y = labels[b, i]
            for k in range(neurons):
                fall = y * slopes[b, k]
                for s in range(times.shape[2]):
                    moved = fall * times[b, i, s]
                    z = pre[b, k, i] - moved
                    if z > NEGLIGIBLE * (abs(pre[b, k, i]) + abs(moved)):
                        if signs[b, k] == y:
                            own[b, i, s] += masses[b, k] * z
                        else:
                            opposite[b, i, s] += masses[b, k] * z
    return own, opposite


@njit(cache=True)
def bound_path(pre, signs, masses, slopes, labels, correlation, products, own, cross):
    """Both sides of (F) at t = 0, its bends and those of the neurons: values and bounds (B, n, 1 + n + K).

    Times at which both sides are the same linear function by definition are replaced by t = 0, as in `path`.
    correlation R (B, n, n), products h (B, n), class sums own and cross (B, n) by the sample's class.
    """
    count, neurons, size = pre.shape
    steps = 1 + size + neurons
    values, bounds = np.full((count, size, steps), np.nan), np.full((count, size, steps), np.nan)
    for b in range(count):
        moving = True
        for j in range(size):
            moving = moving and products[b, j] > 0.0
        if not moving:
            continue
        for i in range(size):
            y = labels[b, i]
            for s in range(steps):
                if s == 0:
                    time = 0.0
                elif s <= size:
                    time = max(correlation[b, i, s - 1] / products[b, s - 1], 0.0)
                else:
                    time = max(pre[b, s - 1 - size, i] * y / slopes[b, s - 1 - size], 0.0)
                late = True
                for k in range(neurons):
                    fall = time * y * slopes[b, k]
                    z = pre[b, k, i] - fall
                    small = NEGLIGIBLE * (abs(pre[b, k, i]) + abs(fall))
                    late = late and (z <= small if signs[b, k] == y else z >= -small)
                for j in range(size):
                    fall = time * products[b, j]
                    late = late and correlation[b, i, j] - fall <= NEGLIGIBLE * (abs(correlation[b, i, j]) + fall)
                if late:
                    time = 0.0
                values[b, i, s] = _value(pre[b], masses[b] * signs[b], slopes[b], y, i, time)
                total = 0.0
                for j in range(size):
                    gap = correlation[b, i, j] - time * products[b, j]
                    same = labels[b, j] == y
                    total += max(gap, 0.0) * (own[b, j] if same else cross[b, j])
                    total += gap * (cross[b, j] if same else own[b, j])
                bounds[b, i, s] = total
    return values, bounds


@njit(cache=True)
def radii(outputs, gram, pre, labels, budget):
    """Robust radii (B, n) from outputs (B, K), gram (B, K, K) of the weight vectors, pre-activations (B, K, n).

    NaN where the enclosure of `relu_radius` stays open within the budget of convex problems.
    """
    count, neurons, size = pre.shape
    found = np.full((count, size), np.nan)
    nothing, nowhere = np.zeros((0, neurons)), np.zeros(0)
    for b in range(count):
        length, usable = np.empty(neurons), True
        for k in range(neurons):
            length[k] = np.sqrt(gram[b, k, k]) if gram[b, k, k] > 0.0 else 0.0
            usable = usable and length[k] > 0.0 and np.isfinite(outputs[b, k])
        if not usable:
            continue
        unit, points, folded = np.empty((neurons, neurons)), np.empty((size, neurons)), np.empty((size, neurons))
        for k in range(neurons):
            for m in range(neurons):
                unit[k, m] = gram[b, k, m] / (length[k] * length[m])
            for i in range(size):
                points[i, k] = pre[b, k, i] / length[k]
                folded[i, k] = labels[b, i] * outputs[b, k] * length[k]
        lower, radius, _, share, _, _ = search_batch(np.zeros(size), folded, unit, points, nothing, nowhere, budget)
        for i in range(size):
            if lower[i] >= radius[i] * (1.0 - 4.0 * share[i]):
                found[b, i] = radius[i]
    return found
