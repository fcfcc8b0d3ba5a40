"""How far a trained network is from the KKT conditions: an upper bound, by optimised multipliers and subgradients.

The conditions ask for *some* lambda >= 0 and *some* subgradients, so any candidate bounds the residual from above. The
candidates minimise, by accelerated projected gradient on {0 <= mu_ij <= lambda_i},

    sum_j |w_j - v_j sum_i mu_ij y_i x_i|^2 + sum_j (v_j - sum_i lambda_i y_i relu(a_ij))^2 + complementarity^2

relative to the squared norm of the network scaled to least margin one. A pair may take a fractional subgradient only
within a distance `window` of its kink, in units |w_j| |x_i|, and that distance counts as residual too.
"""

from __future__ import annotations

import numba as nb
import numpy as np

WINDOWS = (0.3, 0.1, 0.03, 0.01, 1e-3, 1e-4, 1e-6, 0.0)
ITERATIONS = 300


@nb.njit(cache=True, error_model="numpy")
def _project(multipliers, rows, free):
    """Nearest point with lambda >= 0 and 0 <= mu_ij <= lambda_i on the free pairs, in place."""
    n, width = rows.shape
    sorted_rows = np.empty(width)
    for i in range(n):
        count = 0
        for j in range(width):
            if free[i, j]:
                sorted_rows[count] = rows[i, j]
                count += 1
        order = np.sort(sorted_rows[:count])[::-1]
        total, taken = multipliers[i], 1
        for value in order:
            if value <= total / taken:
                break
            total += value
            taken += 1
        multipliers[i] = max(total / taken, 0.0)
        for j in range(width):
            if free[i, j]:
                rows[i, j] = min(max(rows[i, j], 0.0), multipliers[i])


@nb.njit(cache=True, error_model="numpy")
def _defect(gram, labels, hidden, coefficients, outputs, excess, multipliers, rows, free, slope_lam, slope_rows):
    """Objective at (multipliers, rows) and its gradient."""
    n, width = hidden.shape
    defect = np.empty((n, width))
    for i in range(n):
        for j in range(width):
            mu = rows[i, j] if free[i, j] else (multipliers[i] if hidden[i, j] > 0.0 else 0.0)
            defect[i, j] = coefficients[i, j] - outputs[j] * mu * labels[i]
    product = gram @ defect
    reached = np.zeros(width)
    for i in range(n):
        for j in range(width):
            reached[j] += multipliers[i] * labels[i] * max(hidden[i, j], 0.0)
    comp = 0.0
    for i in range(n):
        comp += multipliers[i] * excess[i]
    value = comp * comp
    for j in range(width):
        value += (outputs[j] - reached[j]) ** 2
    for i in range(n):
        slope_lam[i] = 2.0 * comp * excess[i]
        for j in range(width):
            value += defect[i, j] * product[i, j]
            slope = -2.0 * outputs[j] * labels[i] * product[i, j]
            slope_lam[i] -= 2.0 * (outputs[j] - reached[j]) * labels[i] * max(hidden[i, j], 0.0)
            slope_rows[i, j] = 0.0
            if free[i, j]:
                slope_rows[i, j] = slope
            elif hidden[i, j] > 0.0:
                slope_lam[i] += slope
    return value


@nb.njit(cache=True, nogil=True, error_model="numpy")
def network_residual(gram, labels, hidden, coefficients, outputs):
    """Relative KKT residual (upper bound) of the network with pre-activations (n, W) = gram @ coefficients.

    Infinite when the network does not classify every sample. Any positive scaling of the network gives the same value.
    """
    n, width = hidden.shape
    margins = labels * (np.maximum(hidden, 0.0) @ outputs)
    least = margins.min()
    if not least > 0.0:
        return np.inf
    scale = 1.0 / np.sqrt(least)
    hidden, coefficients, outputs = hidden * scale, coefficients * scale, outputs * scale
    square = np.sum(outputs**2) + np.sum(hidden * coefficients)
    excess = (margins / least - 1.0) * 2.0 / np.sqrt(square)  # complementarity relative to sum lambda = |theta|^2 / 2
    distance = np.empty((n, width))
    for j in range(width):
        length = np.sqrt(max(np.sum(hidden[:, j] * coefficients[:, j]), 1e-300))
        for i in range(n):
            distance[i, j] = abs(hidden[i, j]) / (length * np.sqrt(gram[i, i]))
    multipliers = np.full(n, 0.5 * square / n)
    rows = np.zeros((n, width))
    for i in range(n):
        for j in range(width):
            rows[i, j] = multipliers[i] if hidden[i, j] > 0.0 else 0.0
    slope_lam, slope_rows = np.empty(n), np.empty((n, width))
    best = np.inf
    for window in WINDOWS:
        free = distance <= window
        lam, mu = multipliers.copy(), rows.copy()
        ahead_lam, ahead_mu, momentum, bound = lam.copy(), mu.copy(), 1.0, 1.0
        for _ in range(ITERATIONS):
            value = _defect(gram, labels, hidden, coefficients, outputs, excess, ahead_lam, ahead_mu, free,
                            slope_lam, slope_rows)
            grad_lam, grad_mu = slope_lam.copy(), slope_rows.copy()
            while True:
                next_lam, next_mu = ahead_lam - grad_lam / bound, ahead_mu - grad_mu / bound
                _project(next_lam, next_mu, free)
                reached = _defect(gram, labels, hidden, coefficients, outputs, excess, next_lam, next_mu, free,
                                  slope_lam, slope_rows)
                step_lam, step_mu = next_lam - ahead_lam, next_mu - ahead_mu
                model = value + np.sum(grad_lam * step_lam) + np.sum(grad_mu * step_mu)
                model += 0.5 * bound * (np.sum(step_lam**2) + np.sum(step_mu**2))
                if reached <= model + 1e-12 * square or bound > 1e12:
                    break
                bound *= 2.0
            following = 0.5 * (1.0 + np.sqrt(1.0 + 4.0 * momentum**2))
            if np.sum((ahead_lam - next_lam) * (next_lam - lam)) + np.sum((ahead_mu - next_mu) * (next_mu - mu)) > 0.0:
                following = 1.0  # restart: the momentum points uphill
            factor = (momentum - 1.0) / following
            ahead_lam, ahead_mu = next_lam + factor * (next_lam - lam), next_mu + factor * (next_mu - mu)
            lam, mu, momentum = next_lam, next_mu, following
        value = _defect(gram, labels, hidden, coefficients, outputs, excess, lam, mu, free, slope_lam, slope_rows)
        top, stray = max(lam.max(), 1e-300), 0.0
        for i in range(n):
            for j in range(width):
                if free[i, j]:
                    wanted = lam[i] if hidden[i, j] > 0.0 else 0.0
                    stray = max(stray, min(distance[i, j], abs(mu[i, j] - wanted) / top))
        best = min(best, max(np.sqrt(value / square), stray))
        multipliers, rows = lam, mu
    return best
