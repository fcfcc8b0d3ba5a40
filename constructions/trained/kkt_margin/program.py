"""The gated max-margin program of a network's same-class activations, solved by a compiled interior-point method.

A KKT point of the max-margin problem is, for neuron k of sign S_k, a choice of which *same-class* samples are on; the
opposite-class pattern then follows. With s = S_k y, rows p_k (p_kl = lambda_l on the chosen same-class samples, 0 on
the other same-class samples, 0 <= p_kl <= lambda_l on opposite-class samples) and |g_k|^2 = (s p_k) G (s p_k),

    maximise  sum_l lambda_l   subject to   |g_k| <= 1,   0 <= p_kl <= lambda_l (l opposite),   lambda >= 0

is convex, and its multipliers are the masses c_k: stationarity in lambda_l says y_l N(x_l) >= 1 with equality where
lambda_l > 0, stationarity in p_kl says that an opposite-class sample is on, at a kink or off as p_kl = lambda_l,
between or 0. A solution is a KKT point exactly when the chosen same-class samples are on and the others are not, for
every neuron with c_k > 0. Nothing is assumed about kinks: no pattern has to be guessed on the opposite class.

Arrays: gram (n, n) lifted Gram with mean diagonal one, labels (n,), signs (K,), gates (K, n) bool (False on the
opposite class), multipliers (n,), rows (K, n), masses (K,), all float64 but the gates.
"""

from __future__ import annotations

from typing import NamedTuple

import numba as nb
import numpy as np

FAST = {"reassoc", "contract", "nsz", "arcp"}  # vectorise sums; NaN and infinities keep their meaning
SHRINK = 0.995  # fraction of the way to the boundary
ACCURACY = 1e-11  # complementarity at which the interior-point method hands over to Newton
ITERATIONS = 60


class Iterate(NamedTuple):
    """Interior point, or a step of it: lambda with multiplier eta, p with alpha (p <= lambda) and beta (p >= 0),
    masses of |g_k| <= 1 with slack (1 - |g_k|^2)/2."""

    lam: np.ndarray
    eta: np.ndarray
    rows: np.ndarray
    alpha: np.ndarray
    beta: np.ndarray
    masses: np.ndarray
    slack: np.ndarray


@nb.njit(cache=True, fastmath=FAST, error_model="numpy")
def cholesky(matrix, size):
    """Lower factor in place; a pivot that is not positive becomes huge, which freezes that direction."""
    for j in range(size):
        row = matrix[j]
        for i in range(j):
            other = matrix[i]
            total = row[i]
            for m in range(i):
                total -= row[m] * other[m]
            row[i] = total / other[i]
        total = row[j]
        for m in range(j):
            total -= row[m] * row[m]
        row[j] = np.sqrt(total) if total > 0.0 else 1e64


@nb.njit(cache=True, fastmath=FAST, error_model="numpy")
def forward(factor, size, right):
    """right <- L^-1 right for a matrix of right sides (size, columns)."""
    for i in range(size):
        row = right[i]
        for m in range(i):
            scale, other = factor[i, m], right[m]
            for j in range(right.shape[1]):
                row[j] -= scale * other[j]
        scale = 1.0 / factor[i, i]
        for j in range(right.shape[1]):
            row[j] *= scale


@nb.njit(cache=True, fastmath=FAST, error_model="numpy")
def forward_vector(factor, size, right):
    """right <- L^-1 right."""
    for i in range(size):
        total = right[i]
        for m in range(i):
            total -= factor[i, m] * right[m]
        right[i] = total / factor[i, i]


@nb.njit(cache=True, fastmath=FAST, error_model="numpy")
def backward_vector(factor, size, right):
    """right <- L^-T right."""
    for i in range(size - 1, -1, -1):
        right[i] /= factor[i, i]
        for m in range(i):
            right[m] -= right[i] * factor[i, m]


@nb.njit(cache=True, fastmath=FAST, error_model="numpy")
def slopes_of(gram, labels, signs, rows, slopes, squares):
    """slopes_kl = s_l <s p_k, G>_l (half the gradient of |g_k|^2 in p) and squares_k = |g_k|^2."""
    n = labels.size
    for k in range(signs.size):
        out = slopes[k]
        out[:] = 0.0
        for m in range(n):
            if rows[k, m] != 0.0:
                factor = signs[k] * labels[m] * rows[k, m]
                for i in range(n):
                    out[i] += factor * gram[m, i]
        for i in range(n):
            out[i] *= signs[k] * labels[i]
        total = 0.0
        for i in range(n):
            total += rows[k, i] * out[i]
        squares[k] = total


@nb.njit(cache=True, error_model="numpy")
def _sides(labels):
    """Samples seen as opposite by positive neurons (row 0: negatives) and by negative ones (row 1), with counts."""
    opposite, sizes = np.zeros((2, labels.size), dtype=np.int64), np.zeros(2, dtype=np.int64)
    for i in range(labels.size):
        side = 0 if labels[i] < 0 else 1
        opposite[side, sizes[side]] = i
        sizes[side] += 1
    return opposite, sizes


@nb.njit(cache=True, error_model="numpy")
def _start(gram, labels, signs, gates, slopes, squares):
    """A strictly feasible point with equal multipliers and equal products; fills slopes and squares."""
    n, neurons = labels.size, signs.size
    rows, alpha, beta = np.zeros((neurons, n)), np.zeros((neurons, n)), np.zeros((neurons, n))
    for k in range(neurons):
        for i in range(n):
            rows[k, i] = 1.0 if gates[k, i] else (0.5 if labels[i] != signs[k] else 0.0)
    slopes_of(gram, labels, signs, rows, slopes, squares)
    scale = np.sqrt(0.7 / squares.max())
    rows *= scale
    slopes *= scale
    squares *= scale * scale
    slack = 0.5 * (1.0 - squares)
    masses = np.full(neurons, n * scale / neurons)
    level = np.mean(masses * slack)
    for k in range(neurons):
        for i in range(n):
            if labels[i] != signs[k]:
                alpha[k, i] = beta[k, i] = level / rows[k, i]
    return Iterate(np.full(n, scale), np.full(n, level / scale), rows, alpha, beta, masses, slack)


@nb.njit(cache=True, fastmath=FAST, error_model="numpy")
def _complementarity(labels, signs, point, step, length):
    """Sum of all products of a slack with its multiplier after a step of the given length."""
    total = np.sum((point.eta + length * step.eta) * (point.lam + length * step.lam))
    total += np.sum((point.masses + length * step.masses) * (point.slack + length * step.slack))
    for k in range(signs.size):
        for i in range(labels.size):
            if labels[i] != signs[k]:
                row = point.rows[k, i] + length * step.rows[k, i]
                room = point.lam[i] + length * step.lam[i] - row
                total += (point.alpha[k, i] + length * step.alpha[k, i]) * room
                total += (point.beta[k, i] + length * step.beta[k, i]) * row
    return total


@nb.njit(cache=True, error_model="numpy")
def _cut(value, change, limit):
    return min(limit, -value / change) if change < 0.0 else limit


@nb.njit(cache=True, error_model="numpy")
def _longest(labels, signs, point, step):
    """Longest step up to one that keeps every slack and multiplier nonnegative."""
    limit = 1.0
    for i in range(labels.size):
        limit = _cut(point.lam[i], step.lam[i], limit)
        limit = _cut(point.eta[i], step.eta[i], limit)
    for k in range(signs.size):
        limit = _cut(point.masses[k], step.masses[k], limit)
        limit = _cut(point.slack[k], step.slack[k], limit)
        for i in range(labels.size):
            if labels[i] != signs[k]:
                limit = _cut(point.rows[k, i], step.rows[k, i], limit)
                limit = _cut(point.lam[i] - point.rows[k, i], step.lam[i] - step.rows[k, i], limit)
                limit = _cut(point.alpha[k, i], step.alpha[k, i], limit)
                limit = _cut(point.beta[k, i], step.beta[k, i], limit)
    return limit


@nb.njit(cache=True, fastmath=FAST, error_model="numpy")
def _factorise(signs, gates, signed, opposite, sizes, point, slopes, factors, ties, hessian):
    """Factor the Newton matrix: each neuron's opposite-class rows first, then the Schur complement in lambda."""
    n = hessian.shape[0]
    hessian[:] = 0.0
    for i in range(n):
        hessian[i, i] = point.eta[i] / point.lam[i]
    for k in range(signs.size):
        side = 0 if signs[k] > 0 else 1
        mass, ratio, slope = point.masses[k], point.masses[k] / point.slack[k], slopes[k]
        for a in range(sizes[side]):
            i = opposite[side, a]
            tie = ties[k, a]
            for b in range(a + 1):
                m = opposite[side, b]
                factors[k, a, b] = mass * signed[i, m] + ratio * slope[i] * slope[m]
            for m in range(n):
                tie[m] = mass * signed[i, m] + ratio * slope[i] * slope[m] if gates[k, m] else 0.0
            pull = point.alpha[k, i] / (point.lam[i] - point.rows[k, i])
            factors[k, a, a] += pull + point.beta[k, i] / point.rows[k, i]
            tie[i] -= pull
            hessian[i, i] += pull
        cholesky(factors[k], sizes[side])
        forward(factors[k], sizes[side], ties[k])
        for i in range(n):
            if gates[k, i]:
                for m in range(i + 1):
                    if gates[k, m]:
                        hessian[i, m] += mass * signed[i, m] + ratio * slope[i] * slope[m]
        for a in range(sizes[side]):
            tie = ties[k, a]
            for i in range(n):
                if tie[i] != 0.0:
                    for m in range(i + 1):
                        hessian[i, m] -= tie[i] * tie[m]
    cholesky(hessian, n)


@nb.njit(cache=True, fastmath=FAST, error_model="numpy")
def _direction(signs, gates, opposite, sizes, point, slopes, factors, ties, hessian, target, miss, step):
    """Newton's direction towards products equal to `target`; on entry `step` holds the predictor or zero.

    miss_k is slack_k - (1 - |g_k|^2)/2, with the predictor's curvature added for the corrector.
    """
    n, neurons = hessian.shape[0], signs.size
    right, inner = np.empty(n), np.empty((neurons, sizes.max()))
    for i in range(n):
        right[i] = -1.0 - (target - step.eta[i] * step.lam[i]) / point.lam[i]
    for k in range(neurons):
        side = 0 if signs[k] > 0 else 1
        weight = (target - step.masses[k] * step.slack[k] + point.masses[k] * miss[k]) / point.slack[k]
        for i in range(n):
            if gates[k, i]:
                right[i] += weight * slopes[k, i]
        for a in range(sizes[side]):
            i = opposite[side, a]
            above = target - step.alpha[k, i] * (step.lam[i] - step.rows[k, i])
            above /= point.lam[i] - point.rows[k, i]
            below = (target - step.beta[k, i] * step.rows[k, i]) / point.rows[k, i]
            right[i] -= above
            inner[k, a] = weight * slopes[k, i] + above - below
        forward_vector(factors[k], sizes[side], inner[k])
        for a in range(sizes[side]):
            for i in range(n):
                right[i] -= ties[k, a, i] * inner[k, a]
    forward_vector(hessian, n, right)
    backward_vector(hessian, n, right)
    for k in range(neurons):
        side = 0 if signs[k] > 0 else 1
        for a in range(sizes[side]):
            for i in range(n):
                inner[k, a] -= ties[k, a, i] * right[i]
        backward_vector(factors[k], sizes[side], inner[k])
        moved = 0.0
        for i in range(n):
            if gates[k, i]:
                moved -= slopes[k, i] * right[i]
        for a in range(sizes[side]):
            i = opposite[side, a]
            row, room, change, opening = point.rows[k, i], point.lam[i] - point.rows[k, i], -inner[k, a], 0.0
            opening = -right[i] - change
            above = (target - step.alpha[k, i] * (step.lam[i] - step.rows[k, i])) / room
            below = (target - step.beta[k, i] * step.rows[k, i]) / row
            moved += slopes[k, i] * change
            step.alpha[k, i] = above - point.alpha[k, i] * (1.0 + opening / room)
            step.beta[k, i] = below - point.beta[k, i] * (1.0 + change / row)
            step.rows[k, i] = change
        for i in range(n):
            if gates[k, i]:
                step.rows[k, i] = -right[i]
        product = step.masses[k] * step.slack[k]
        step.slack[k] = -miss[k] - moved
        step.masses[k] = (target - product) / point.slack[k]
        step.masses[k] -= point.masses[k] * (1.0 + step.slack[k] / point.slack[k])
    for i in range(n):
        product = step.eta[i] * step.lam[i]
        step.lam[i] = -right[i]
        step.eta[i] = (target - product) / point.lam[i] - point.eta[i] * (1.0 + step.lam[i] / point.lam[i])


@nb.njit(cache=True, error_model="numpy")
def _add(point, step, length):
    """point <- point + length * step, in place."""
    for value, change in ((point.lam, step.lam), (point.eta, step.eta), (point.masses, step.masses),
                          (point.slack, step.slack)):
        value += length * change
    for table, change in ((point.rows, step.rows), (point.alpha, step.alpha), (point.beta, step.beta)):
        table += length * change


@nb.njit(cache=True, nogil=True, error_model="numpy")
def interior_point(gram, labels, signs, gates, accuracy, iterations):
    """Mehrotra's predictor-corrector method on the program above.

    Returns (multipliers, rows, masses, slack, alpha, beta, complementarity): slack_k = (1 - |g_k|^2)/2, and alpha, beta
    are the multipliers of p <= lambda and p >= 0. Complementarity is infinite when the method broke down.
    """
    n, neurons = labels.size, signs.size
    opposite, sizes = _sides(labels)
    signed = np.outer(labels, labels) * gram
    slopes, squares = np.empty((neurons, n)), np.empty(neurons)
    point = _start(gram, labels, signs, gates, slopes, squares)
    count = neurons + n
    for k in range(neurons):
        count += 2 * sizes[0 if signs[k] > 0 else 1]
    shape, widest = (neurons, n), sizes.max()
    step = Iterate(np.zeros(n), np.zeros(n), np.zeros(shape), np.zeros(shape), np.zeros(shape), np.zeros(neurons),
                   np.zeros(neurons))
    factors, ties, hessian = np.empty((neurons, widest, widest)), np.empty((neurons, widest, n)), np.empty((n, n))
    gap = np.inf
    for _ in range(iterations):
        gap = _complementarity(labels, signs, point, step, 0.0) / count
        miss = point.slack - 0.5 * (1.0 - squares)
        if gap < accuracy and np.abs(miss).max() < 1e-9:
            break
        _factorise(signs, gates, signed, opposite, sizes, point, slopes, factors, ties, hessian)
        _add(step, step, -1.0)
        _direction(signs, gates, opposite, sizes, point, slopes, factors, ties, hessian, 0.0, miss, step)
        after = _complementarity(labels, signs, point, step, _longest(labels, signs, point, step)) / count
        for k in range(neurons):
            for i in range(n):
                bent = 0.0
                for m in range(n):
                    bent += signed[i, m] * step.rows[k, m]
                miss[k] += 0.5 * bent * step.rows[k, i]
        _direction(signs, gates, opposite, sizes, point, slopes, factors, ties, hessian, gap * (after / gap) ** 3,
                   miss, step)
        if not np.isfinite(np.sum(step.lam) + np.sum(step.masses)):
            break
        length = min(1.0, SHRINK * _longest(labels, signs, point, step))
        _add(point, step, length)
        slopes_of(gram, labels, signs, point.rows, slopes, squares)
    return point.lam, point.rows, point.masses, point.slack, point.alpha, point.beta, gap
