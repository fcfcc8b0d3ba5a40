"""Compiled inner loops of the robustness decider for f(x) = c + sum_k o_k relu(p_k + <g_k, x>), margin f(0) > 0.

Only inner products of the g_k enter, so x = sum_k x_k g_k is stored by its coefficients; all g_k have norm one here.

Idea. A neuron with o_k < 0 is a minimum, o_k relu(z) = min(0, o_k z). Fixing which of these "opposite" neurons count (a
set T) leaves a convex function h_T >= f, and {f <= 0} is the union of the convex sets {h_T <= 0}. The nearest point of
one such set is found by cutting planes: every choice of slopes w_k in [0, o_k] for the own neurons (o_k > 0) gives a
half-space that contains the set, and the best half-space is as far away as the set itself. That half-space is the
certificate. Over the sets T one branches and bounds, an undecided opposite neuron being replaced by its chord on the
ball of the best radius so far.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from verifiers.tolerances import RESIDUAL_AMPLIFICATION, ROUNDING, SINGULAR_PIVOT, UNREACHABLE

SOLVED, PRUNED, EMPTY, STALLED = 0, 1, 2, 3
CLOSE = RESIDUAL_AMPLIFICATION * ROUNDING
MANY = 100  # beyond so many neurons each is no longer tried as an attack of its own
ON, OFF, FREE = 1, 0, -1


@njit(cache=True)
def _solve(matrix, right, count, factor, solution):
    """Solve the leading positive definite block by Cholesky; False if it is numerically singular."""
    for i in range(count):
        for j in range(i + 1):
            total = matrix[i, j]
            for k in range(j):
                total -= factor[i, k] * factor[j, k]
            if i == j:
                if not total > SINGULAR_PIVOT * matrix[i, i]:
                    return False
                factor[i, i] = np.sqrt(total)
            else:
                factor[i, j] = total / factor[j, j]
    for i in range(count):
        total = right[i]
        for k in range(i):
            total -= factor[i, k] * solution[k]
        solution[i] = total / factor[i, i]
    for i in range(count - 1, -1, -1):
        total = solution[i]
        for k in range(i + 1, count):
            total -= factor[k, i] * solution[k]
        solution[i] = total / factor[i, i]
    return True


@njit(cache=True)
def _image(gram, x):
    """gram @ x without the detour over BLAS, which costs more than the product at these sizes."""
    size = len(x)
    result = np.zeros(size)
    for m in range(size):
        if x[m] != 0.0:
            for k in range(size):
                result[k] += gram[m, k] * x[m]
    return result


@njit(cache=True)
def _inner(a, b):
    total = 0.0
    for k in range(len(a)):
        total += a[k] * b[k]
    return total


@njit(cache=True)
def norm(gram, x):
    """|sum_k x_k g_k|, rounded up by what may have cancelled."""
    return np.sqrt(max(_inner(x, _image(gram, x)), 0.0) + ROUNDING * np.abs(x).sum() ** 2)


@njit(cache=True)
def nearest(constant, fixed, own, gram, pre, scale, cap):
    """Nearest point of {x : constant + sum fixed_k z_k + sum own_k relu(z_k) <= 0}, z = pre + gram x, own >= 0.

    Nonnegative least squares over the cuts min |scale B'u|^2 + (a.u - 1)^2, u >= 0, with cuts generated as they are
    violated. Stops as soon as the dual bound reaches `cap`. Returns (status, squared dual bound less its rounding, x,
    cuts (m, K) as 0/1 rows of own neurons counted as on, weights u (m,)).
    """
    size, limit = len(pre), min(len(pre) + 2, 200)
    slopes, moved = np.zeros((limit, size)), np.zeros((limit, size))
    cuts = np.zeros((limit, size), dtype=np.int8)
    offsets, matrix, factor = np.zeros(limit), np.zeros((limit, limit)), np.zeros((limit, limit))
    weights, trial = np.zeros(limit), np.zeros(limit)
    x, z = np.zeros(size), pre.copy()
    count, square, status, start = 0, 0.0, STALLED, 0.0
    for _ in range(20 * size + 50):
        reach, height, magnitude = np.abs(x).sum(), constant, abs(constant)
        for k in range(size):
            height += (fixed[k] + (own[k] if z[k] > 0 else 0.0)) * z[k]
            magnitude += (abs(fixed[k]) + own[k]) * (abs(pre[k]) + reach)
        start = max(start, height)
        if CLOSE * magnitude >= start or height <= ROUNDING * magnitude:
            status = SOLVED if CLOSE * magnitude < start or count == 0 else EMPTY
            break
        repeated = False
        for j in range(count):
            same = True
            for k in range(size):
                same = same and (own[k] <= 0 or (cuts[j, k] == 1) == (z[k] > 0))
            repeated = repeated or same
        if repeated or count == limit:
            status = SOLVED if height <= CLOSE * magnitude else STALLED
            break
        offsets[count] = constant
        for k in range(size):
            cuts[count, k] = 1 if own[k] > 0 and z[k] > 0 else 0
            slopes[count, k] = fixed[k] + own[k] * cuts[count, k]
            offsets[count] += slopes[count, k] * pre[k]
        moved[count, :] = _image(gram, slopes[count])
        for j in range(count + 1):
            entry = scale * scale * _inner(slopes[j], moved[count]) + offsets[j] * offsets[count]
            matrix[j, count] = entry
            matrix[count, j] = entry
        weights[count] = 0.0
        count += 1
        broken = False
        for _trial in range(4 * limit):
            if not _solve(matrix, offsets, count, factor, trial):
                broken = True
                break
            step = 1.0
            for j in range(count):
                if trial[j] <= 0.0:
                    step = min(step, weights[j] / (weights[j] - trial[j]) if weights[j] > trial[j] else 0.0)
            if step == 1.0:
                weights[:count] = trial[:count]
                break
            kept = 0
            for j in range(count):
                value = weights[j] + step * (trial[j] - weights[j])
                if trial[j] <= 0.0 and value <= 1e-14 * (abs(weights[j]) + abs(trial[j])):
                    continue
                weights[kept] = value
                if kept != j:
                    offsets[kept] = offsets[j]
                    for k in range(size):
                        slopes[kept, k], moved[kept, k], cuts[kept, k] = slopes[j, k], moved[j, k], cuts[j, k]
                    matrix[kept, :count] = matrix[j, :count]
                    matrix[:count, kept] = matrix[:count, j]
                kept += 1
            if kept == count or kept == 0:
                broken = True
                break
            count = kept
        if broken:
            count -= 1
            break
        slope, shift, advance, doubt = np.zeros(size), np.zeros(size), 0.0, 0.0
        for j in range(count):
            advance += weights[j] * offsets[j]
            doubt += weights[j] * abs(constant)
            for k in range(size):
                slope[k] += weights[j] * slopes[j, k]
                shift[k] += weights[j] * moved[j, k]
                doubt += weights[j] * abs(slopes[j, k] * pre[k])
        rest, spread = 1.0 - advance, np.abs(slope).sum()
        length, sure = _inner(slope, shift), max(advance - ROUNDING * doubt, 0.0)
        square = sure * sure / (max(length, 0.0) + ROUNDING * spread * spread) if spread > 0.0 else np.inf
        if rest <= UNREACHABLE or square >= cap * cap:
            status = EMPTY if rest <= UNREACHABLE else PRUNED
            break
        for k in range(size):
            x[k] = -scale * scale / rest * slope[k]
            z[k] = pre[k] - scale * scale / rest * shift[k]
    return status, square, x, cuts[:count].copy(), weights[:count].copy()


@njit(cache=True)
def nearest_anywhere(constant, fixed, own, gram, pre, scale, cap):
    """`nearest`, repeated at the scale of what it found when no radius was known to set the scale."""
    best = nearest(constant, fixed, own, gram, pre, scale, cap)
    for _ in range(4):
        if best[0] == PRUNED or (best[0] != EMPTY and best[1] <= 64.0 * scale * scale):
            break
        scale = scale * 1e4 if best[0] == EMPTY else np.sqrt(best[1])
        again = nearest(constant, fixed, own, gram, pre, scale, cap)
        if again[0] == SOLVED or again[1] > best[1]:
            best = again
    return best


@njit(cache=True)
def evaluate(constant, outputs, pre, moved, time, reach):
    """f at pre-activations pre + time * moved, and the size of its summands if moved is a sum of size `reach`."""
    value, magnitude = constant, abs(constant)
    for k in range(len(pre)):
        z = pre[k] + time * moved[k]
        if z > 0:
            value += outputs[k] * z
        magnitude += abs(outputs[k]) * (abs(pre[k]) + max(abs(time * moved[k]), reach))
    return value, magnitude


@njit(cache=True)
def crossing(constant, outputs, pre, slopes, tolerance):
    """Least t >= 0 with constant + sum outputs relu(pre + t slopes) <= 0, infinity if there is none.

    A value at a breakpoint below `tolerance` times its summands counts as 0.
    """
    size = len(pre)
    times = np.empty(size)
    for k in range(size):
        times[k] = -pre[k] / slopes[k] if slopes[k] != 0.0 else -1.0
    start = 0.0
    value, _ = evaluate(constant, outputs, pre, slopes, start, 0.0)
    if value <= 0:
        return 0.0
    while True:
        end = np.inf
        for k in range(size):
            if start < times[k] < end:
                end = times[k]
        if end == np.inf:
            break
        after, magnitude = evaluate(constant, outputs, pre, slopes, end, 0.0)
        if after <= tolerance * magnitude:
            return start + (end - start) * value / (value - min(after, 0.0))
        start, value = end, after
    slope, total = 0.0, 0.0
    for k in range(size):
        if slopes[k] > 0:
            slope += outputs[k] * slopes[k]
        total += abs(outputs[k] * slopes[k])
    return start - value / slope if slope < -ROUNDING * total else np.inf


@njit(cache=True)
def sure_crossing(constant, outputs, gram, pre, x):
    """A t with f(t x) <= 0 however the pre-activations are rounded, infinity if none is found."""
    doubt, slopes, shifted = ROUNDING * np.abs(x).sum(), _image(gram, x), pre.copy()
    for k in range(len(pre)):
        sign = 1.0 if outputs[k] > 0 else -1.0
        slopes[k] += sign * doubt
        shifted[k] += sign * ROUNDING * abs(pre[k])
    return crossing(constant + ROUNDING * abs(constant), outputs, shifted, slopes, 0.0)


@njit(cache=True)
def descend(constant, outputs, gram, pre, x, radius):
    """Walk downhill from a point x with f(x) <= 0: nearest point of its convex set, its set again, until it repeats."""
    own = np.maximum(outputs, 0.0)
    for _ in range(len(pre) + 2):
        fixed = np.where((outputs < 0) & (pre + _image(gram, x) > 0), outputs, 0.0)
        status, _, candidate, _, _ = nearest(constant, fixed, own, gram, pre, radius, radius)
        if status != SOLVED or not norm(gram, candidate) < radius * (1.0 - ROUNDING):
            break
        x, radius = candidate, norm(gram, candidate)
    return x, radius


@njit(cache=True)
def attack(constant, outputs, gram, pre, slopes, lengths):
    """Best point with f <= 0 found from rays: own and opposite neurons, gradients, and the given directions.

    `slopes` (m, K) are the inner products of m directions of the given lengths with the g_k; both ends are tried.
    Returns coefficients and norm (infinite if no ray crosses).
    """
    size = len(pre)
    best, radius = np.zeros(size), np.inf
    own = np.maximum(outputs, 0.0)
    for index in range(0 if size <= MANY else size, 2 * len(lengths) + size + 2):
        row, coefficients = (index - size - 2) // 2, np.zeros(size)
        if index < size:
            coefficients[index] = -1.0 if outputs[index] > 0 else 1.0
        elif index < size + 2:
            coefficients = np.where((pre > 0) | (index > size), -outputs, 0.0)
        ray = _image(gram, coefficients) if index < size + 2 else slopes[row] * (1.0 - 2.0 * ((index - size) % 2))
        length = norm(gram, coefficients) if index < size + 2 else lengths[row]
        if not length > 0.0:
            continue
        ray /= length
        time = crossing(constant, outputs, pre, ray, ROUNDING)
        if not np.isfinite(time):
            continue
        ray *= time
        fixed = np.where((outputs < 0) & (pre + ray > 0), outputs, 0.0)
        limit = min(radius, time * (1.0 + 1e-9))
        status, _, candidate, _, _ = nearest(constant, fixed, own, gram, pre, limit, limit)
        if status == SOLVED and norm(gram, candidate) < radius:
            best, radius = descend(constant, outputs, gram, pre, candidate, norm(gram, candidate))
        elif index < size + 2:
            coefficients *= sure_crossing(constant, outputs, gram, pre, coefficients)
            if norm(gram, coefficients) < radius:
                best, radius = coefficients, norm(gram, coefficients)
    return best, radius


@njit(cache=True)
def search(constant, outputs, gram, pre, x, radius, scale, budget):
    """Branch and bound from a known point x with f(x) <= 0 at distance `radius` (or infinity).

    Returns (lower bound, radius of the best point, its coefficients, number of convex problems solved).
    """
    size = len(pre)
    own = np.maximum(outputs, 0.0)
    opposite = [k for k in range(size) if outputs[k] < 0]
    states, state = np.full((2 * size + 4, size), FREE, dtype=np.int8), np.zeros(size, dtype=np.int8)
    bounds = np.zeros(2 * size + 4)
    top, solved, lower = 1, 0, np.inf
    while top > 0:
        top -= 1
        if solved >= budget:
            for row in range(top + 1):
                lower = min(lower, bounds[row])
            break
        bound = bounds[top]
        state[:] = states[top]
        if bound >= radius:
            continue
        fixed, shift = np.zeros(size), constant
        undecided, dominated, branch = 0, False, -1
        for k in opposite:
            if pre[k] + radius <= 0.0:
                dominated = dominated or state[k] == ON
            elif pre[k] - radius >= 0.0:
                dominated = dominated or state[k] == OFF
                fixed[k] = outputs[k]
            elif state[k] == ON:
                fixed[k] = outputs[k]
            elif state[k] == FREE:
                undecided += 1
                branch = k
                if np.isfinite(radius):
                    share = (pre[k] + radius) / (2.0 * radius)
                    fixed[k] = outputs[k] * share
                    shift -= fixed[k] * (pre[k] - radius)
        if dominated:
            continue
        on_first = True
        if undecided == 0 or np.isfinite(radius):
            solved += 1
            status, square, candidate, _, _ = nearest_anywhere(
                shift, fixed, own, gram, pre, radius if np.isfinite(radius) else scale, radius)
            if status == PRUNED:
                continue
            bound, length = max(bound, np.sqrt(square)), norm(gram, candidate)
            moved = _image(gram, candidate)
            value, magnitude = evaluate(constant, outputs, pre, moved, 1.0, np.abs(candidate).sum())
            reached = status == SOLVED and (undecided == 0 or value <= ROUNDING * magnitude)
            time = 1.0 if reached else sure_crossing(constant, outputs, gram, pre, candidate)
            if time * length < radius:
                x, radius = descend(constant, outputs, gram, pre, candidate * time, time * length)
            if undecided == 0 or (reached and bound >= radius * (1.0 - CLOSE)):
                lower = min(lower, bound)
                continue
            widest = -1.0
            for k in opposite:
                if state[k] == FREE and pre[k] + radius > 0.0 and pre[k] - radius < 0.0:
                    z = pre[k] + moved[k]
                    gap = outputs[k] * max(z, 0.0) - fixed[k] * (z - pre[k] + radius)
                    if gap > widest:
                        widest, branch = gap, k
            on_first = pre[branch] + moved[branch] > 0.0
        for value_first in (False, True):
            states[top, :] = state
            states[top, branch] = ON if on_first == value_first else OFF
            bounds[top] = bound
            top += 1
    return min(lower, radius), radius, x, solved


@njit(cache=True)
def search_batch(constants, outputs, gram, pre, slopes, lengths, budget):
    """`attack`, then `search`, per row of constants (n,), outputs (n, K), pre (n, K): lower bounds, radii (0 if f(0) is
    not positive), radii enlarged until no rounding matters, relative errors, coefficients, problems solved."""
    samples, size = pre.shape
    lower, radius, sure, share = np.zeros((4, samples))
    points, solved = np.zeros((samples, size)), np.zeros(samples, dtype=np.int64)
    for i in range(samples):
        margin, magnitude = evaluate(constants[i], outputs[i], pre[i], pre[i], 0.0, 0.0)
        if not margin > 0.0:
            continue
        total = 0.0
        for k in range(size):
            for m in range(size):
                total += max(outputs[i, k] * outputs[i, m] * gram[k, m], 0.0)
        if total == 0.0:
            lower[i], radius[i], sure[i] = np.inf, np.inf, np.inf
            continue
        scale = margin / np.sqrt(total)
        x, reach = attack(constants[i], outputs[i], gram, pre[i], slopes, lengths)
        low, radius[i], x, solved[i] = search(constants[i], outputs[i], gram, pre[i], x, reach, scale, budget)
        lower[i] = max(low, (1.0 - ROUNDING * magnitude / margin) * scale, 0.0) * (1.0 - ROUNDING)
        sure[i], share[i] = np.inf, CLOSE
        if np.isfinite(radius[i]) and radius[i] > 0.0:
            points[i, :] = x
            spread = np.abs(x).sum()
            _, magnitude = evaluate(constants[i], outputs[i], pre[i], x, 0.0, spread)
            share[i] = CLOSE * max(1.0, magnitude / margin) + ROUNDING * (spread / radius[i]) ** 2
            sure[i] = max(sure_crossing(constants[i], outputs[i], gram, pre[i], x), 1.0) * radius[i]
    return lower, radius, sure, share, points, solved
