"""Compiled gradient ascent for depth-2 ReLU networks, in pre-activation coordinates.

Weights stay in the span of the samples, w_j = sum_l B_lj x_l, so A = G B (n, W) holds all pre-activations and a step
costs one product G C with the (n, W) coefficients C of the gradient; the dimension d never appears.
The recipe has two phases: fit (ascent of -log mean exp(-y N) until the least margin exceeds a target), then ascent of
the soft minimum of the normalised margins on the unit sphere of parameters, with growing sharpness beta.
"""

from __future__ import annotations

import numba as nb
import numpy as np

from constructions.trained.kkt_margin.program import FAST


@nb.njit(cache=True, fastmath=FAST, error_model="numpy")
def margins_of(labels, hidden, outputs, margins):
    """Write y_i N(x_i) to `margins` and return the least."""
    least = np.inf
    for i in range(labels.size):
        total = 0.0
        row = hidden[i]
        for j in range(outputs.size):
            total += outputs[j] * max(row[j], 0.0)
        margins[i] = labels[i] * total
        least = min(least, margins[i])
    return least


@nb.njit(cache=True, fastmath=FAST, error_model="numpy")
def shares_of(labels, margins, least, sharpness, shares):
    """y_i times the softmin probability exp(-sharpness m_i) / sum."""
    for i in range(labels.size):
        shares[i] = np.exp(-sharpness * (margins[i] - least))
    total = 0.0
    for i in range(labels.size):
        total += shares[i]
    for i in range(labels.size):
        shares[i] *= labels[i] / total


@nb.njit(cache=True, fastmath=FAST, error_model="numpy")
def gradient(gram, hidden, outputs, shares, slopes, change, rise):
    """Gradient of sum_i shares_i N(x_i): in the outputs (`rise`), in B (`slopes`), in A (`change` = G slopes).

    Returns its squared norm.
    """
    n, width = hidden.shape
    rise[:] = 0.0
    for i in range(n):
        share, row, slope = shares[i], hidden[i], slopes[i]
        for j in range(width):
            on = row[j] > 0.0
            slope[j] = share * outputs[j] if on else 0.0
            rise[j] += share * row[j] if on else 0.0
    square = 0.0
    for i in range(n):
        out = change[i]
        out[:] = 0.0
        blocks = n - n % 4
        for m in range(0, blocks, 4):
            g0, g1, g2, g3 = gram[i, m], gram[i, m + 1], gram[i, m + 2], gram[i, m + 3]
            s0, s1, s2, s3 = slopes[m], slopes[m + 1], slopes[m + 2], slopes[m + 3]
            for j in range(width):
                out[j] += g0 * s0[j] + g1 * s1[j] + g2 * s2[j] + g3 * s3[j]
        for m in range(blocks, n):
            for j in range(width):
                out[j] += gram[i, m] * slopes[m, j]
        slope = slopes[i]
        for j in range(width):
            square += slope[j] * out[j]
    for j in range(width):
        square += rise[j] * rise[j]
    return square


@nb.njit(cache=True, fastmath=FAST, error_model="numpy")
def squared_norm(hidden, coefficients, outputs):
    """Squared norm of all parameters.

    Sums stand in loops of their own, without stores: a loop with both is compiled twice and chosen by memory
    addresses, and the last digits would depend on where the arrays lie.
    """
    square = 0.0
    for i in range(hidden.shape[0]):
        for j in range(outputs.size):
            square += hidden[i, j] * coefficients[i, j]
    for j in range(outputs.size):
        square += outputs[j] * outputs[j]
    return square


@nb.njit(cache=True, fastmath=FAST, error_model="numpy")
def move(hidden, coefficients, outputs, slopes, change, rise, step):
    """Take the step, and return the new squared norm of all parameters."""
    n, width = hidden.shape
    for i in range(n):
        row, weight, slope, out = hidden[i], coefficients[i], slopes[i], change[i]
        for j in range(width):
            row[j] += step * out[j]
            weight[j] += step * slope[j]
    outputs += step * rise
    return squared_norm(hidden, coefficients, outputs)


@nb.njit(cache=True, fastmath=FAST, error_model="numpy")
def rescale(hidden, coefficients, outputs, factor):
    """Multiply every parameter by the factor."""
    outputs *= factor
    hidden *= factor
    coefficients *= factor


@nb.njit(cache=True, fastmath=FAST, error_model="numpy")
def fit(gram, labels, hidden, coefficients, outputs, target, step, steps):
    """Ascent of -log mean exp(-y N). Returns the steps used, or -1 when the least margin stayed below the target."""
    n, width = hidden.shape
    margins, shares, rise = np.empty(n), np.empty(n), np.empty(width)
    slopes, change = np.empty((n, width)), np.empty((n, width))
    for taken in range(steps + 1):
        least = margins_of(labels, hidden, outputs, margins)
        if least > target:
            return taken
        if taken < steps:
            shares_of(labels, margins, least, 1.0, shares)
            gradient(gram, hidden, outputs, shares, slopes, change, rise)
            move(hidden, coefficients, outputs, slopes, change, rise, step)
    return -1


@nb.njit(cache=True, fastmath=FAST, error_model="numpy")
def sharpen(gram, labels, hidden, coefficients, outputs, betas, steps, rate):
    """Ascent of the soft minimum of normalised margins; returns the least normalised margin reached."""
    n, width = hidden.shape
    margins, shares, rise = np.empty(n), np.empty(n), np.empty(width)
    slopes, change = np.empty((n, width)), np.empty((n, width))
    square = squared_norm(hidden, coefficients, outputs)
    rescale(hidden, coefficients, outputs, 1.0 / np.sqrt(square))
    reference = margins_of(labels, hidden, outputs, margins)
    square = 1.0
    for stage in range(betas.size):
        for _ in range(steps[stage]):
            least = margins_of(labels, hidden, outputs, margins) / square
            for i in range(n):
                margins[i] /= square
            shares_of(labels, margins, least, betas[stage] / reference, shares)
            norm = np.sqrt(gradient(gram, hidden, outputs, shares, slopes, change, rise))
            # The gradient is homogeneous of degree one: the norms of network and gradient cancel to one factor.
            step = rate * np.sqrt(square) / ((1.0 + betas[stage]) * norm)
            square = move(hidden, coefficients, outputs, slopes, change, rise, step)
            if not 0.25 < square < 4.0:
                rescale(hidden, coefficients, outputs, 1.0 / np.sqrt(square))
                square = 1.0
    rescale(hidden, coefficients, outputs, 1.0 / np.sqrt(square))
    return margins_of(labels, hidden, outputs, margins)


@nb.njit(cache=True, nogil=True, error_model="numpy")
def train_one(gram, labels, hidden, coefficients, outputs, target, step, fit_steps, betas, steps, rate):
    """Both phases for one network, in place: (steps of the fit or -1, least normalised margin or nan)."""
    taken = fit(gram, labels, hidden, coefficients, outputs, target, step, fit_steps)
    if taken < 0:
        return taken, np.nan
    return taken, sharpen(gram, labels, hidden, coefficients, outputs, betas, steps, rate)
