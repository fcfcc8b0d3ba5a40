"""From a trained network to a KKT point: read off the same-class activations, solve their program, refine, check.

What `polish` reports is the residual of the KKT conditions with free subgradients, computed from the returned point
alone; a network counts as polished only by that number.
"""

from __future__ import annotations

from typing import NamedTuple

import numba as nb
import numpy as np

from constructions.trained.kkt_margin.program import (
    ACCURACY,
    FAST,
    ITERATIONS,
    backward_vector,
    cholesky,
    forward,
    forward_vector,
    interior_point,
    slopes_of,
)

NEWTON_STEPS = 12
PROXIMAL = 1e-11  # regularises Newton's blocks: dependent samples or neurons then move by the least step
REPAIRS = 11  # of same-class activations
REPLACING_REPAIRS = 6  # the first ones replace a contradicted activation pattern, later ones keep it beside the new
COVERAGE = 1.0 - 1e-6  # activation patterns carrying this share of the mass enter the program
DONE = 1e-8  # residual at which no repair is tried
EXACT = 1e-14  # residual at which Newton's steps stop


class Polished(NamedTuple):
    """A merged point: signs (K,), rows (K, n), masses (K,), its KKT residual, and the repairs it took."""

    signs: np.ndarray
    rows: np.ndarray
    masses: np.ndarray
    residual: float
    repairs: int


@nb.njit(cache=True, nogil=True, error_model="numpy")
def group_neurons(labels, hidden, outputs, coverage):
    """Signs (K,) and same-class activations (K, n) of the neurons, each combination once, heaviest first.

    Neurons that are off on their whole class are left out, and the lightest combinations beyond the coverage.
    """
    n, width = hidden.shape
    signs, gates, mass = np.zeros(width), np.zeros((width, n), dtype=np.bool_), np.zeros(width)
    found = 0
    gate = np.zeros(n, dtype=np.bool_)
    for j in range(width):
        sign, alive = (1.0 if outputs[j] > 0.0 else -1.0), False
        for i in range(n):
            gate[i] = hidden[i, j] > 0.0 and labels[i] == sign
            alive = alive or gate[i]
        if not alive or outputs[j] == 0.0:
            continue
        place = -1
        for k in range(found):
            if signs[k] == sign:
                same = True
                for i in range(n):
                    if gates[k, i] != gate[i]:
                        same = False
                        break
                if same:
                    place = k
                    break
        if place < 0:
            place = found
            signs[place], gates[place] = sign, gate
            found += 1
        mass[place] += outputs[j] ** 2
    order = np.argsort(-mass[:found])
    total, kept = 0.0, 0
    while kept < found and total <= coverage * mass.sum():
        total += mass[order[kept]]
        kept += 1
    return signs[order[:kept]], gates[order[:kept]]


@nb.njit(cache=True, error_model="numpy")
def point_residual(gram, labels, signs, rows, masses):
    """Largest violation of the KKT conditions at a merged point, each relative to its natural scale (|x~| = 1).

    |g_k| = 1; least margin one; margin one or multiplier zero; every row entry in the subdifferential interval of
    its pre-activation, up to the smaller of the two distances (in multipliers, or in relative pre-activation).
    """
    neurons, n = rows.shape
    slopes, squares = np.empty((neurons, n)), np.empty(neurons)
    slopes_of(gram, labels, signs, rows, slopes, squares)
    margins, lam = np.zeros(n), np.zeros(n)
    for i in range(n):
        for k in range(neurons):
            lam[i] = max(lam[i], rows[k, i])
            activation = slopes[k, i] * signs[k] * labels[i]
            if activation > 0.0:
                margins[i] += labels[i] * signs[k] * masses[k] * activation
    top, worst = lam.max(), 0.0
    if not top > 0.0:
        return np.inf
    for k in range(neurons):
        worst = max(worst, abs(squares[k] - 1.0))
        for i in range(n):
            activation = slopes[k, i] * signs[k] * labels[i] / np.sqrt(max(gram[i, i], 1e-300))
            wanted = lam[i] if activation > 0.0 else 0.0
            worst = max(worst, min(abs(activation), abs(wanted - rows[k, i]) / top), -rows[k, i] / top)
    for i in range(n):
        worst = max(worst, 1.0 - margins[i], min(abs(margins[i] - 1.0), lam[i] / top))
    return worst if worst >= 0.0 else np.inf


@nb.njit(cache=True, fastmath=FAST, error_model="numpy")
def newton_step(gram, labels, signs, pattern, support, lam, rows, masses):
    """One Newton step, in place, on |g_k| = 1, margins one on the support, pre-activations zero at kinks.

    `pattern` (K, n) is 1 on, 0 kink, -1 off; `support` (n,) bool. Kinks are eliminated neuron by neuron.
    """
    neurons, n = rows.shape
    slopes, squares = np.empty((neurons, n)), np.empty(neurons)
    slopes_of(gram, labels, signs, rows, slopes, squares)
    hessian, sides = np.zeros((n, n)), np.zeros((n, neurons + 1))  # last column: right side of the margin equations
    length_miss = np.empty(neurons)
    index = np.empty((neurons, n), dtype=np.int64)
    sizes = np.zeros(neurons, dtype=np.int64)
    factors, ties, miss = np.zeros((neurons, n, n)), np.zeros((neurons, n, n)), np.zeros((neurons, n))
    for i in range(n):
        sides[i, neurons] = 1.0
    for k in range(neurons):
        for i in range(n):
            if pattern[k, i] == 0:
                index[k, sizes[k]] = i
                sizes[k] += 1
        size = sizes[k]
        for a in range(size):
            i = index[k, a]
            for b in range(a + 1):
                m = index[k, b]
                factors[k, a, b] = labels[i] * labels[m] * gram[i, m]
            factors[k, a, a] += PROXIMAL
            miss[k, a] = slopes[k, i]
            for m in range(n):
                ties[k, a, m] = labels[i] * labels[m] * gram[i, m] if pattern[k, m] > 0 and support[m] else 0.0
        cholesky(factors[k], size)
        forward(factors[k], size, ties[k])
        forward_vector(factors[k], size, miss[k])
        length_miss[k] = 0.5 * (1.0 - squares[k])
        for a in range(size):
            length_miss[k] += miss[k, a] ** 2
        for i in range(n):
            if pattern[k, i] > 0:
                sides[i, neurons] -= masses[k] * slopes[k, i]
                if support[i]:
                    sides[i, k] = slopes[k, i]
                    for a in range(size):
                        sides[i, k] -= ties[k, a, i] * miss[k, a]
                        sides[i, neurons] += masses[k] * ties[k, a, i] * miss[k, a]
                    for m in range(n):
                        if pattern[k, m] > 0 and support[m]:
                            entry = labels[i] * labels[m] * gram[i, m]
                            for a in range(size):
                                entry -= ties[k, a, i] * ties[k, a, m]
                            hessian[i, m] += masses[k] * entry
    for i in range(n):
        if support[i]:
            hessian[i, i] += PROXIMAL
        else:
            hessian[i, i] = 1.0
            sides[i] = 0.0
    cholesky(hessian, n)
    forward(hessian, n, sides)
    schur, change = np.empty((neurons, neurons)), np.empty(neurons)
    for k in range(neurons):
        change[k] = -length_miss[k]
        for i in range(n):
            change[k] += sides[i, k] * sides[i, neurons]
        for other in range(neurons):
            schur[k, other] = 0.0
            for i in range(n):
                schur[k, other] += sides[i, k] * sides[i, other]
        schur[k, k] += PROXIMAL
    cholesky(schur, neurons)
    forward_vector(schur, neurons, change)
    backward_vector(schur, neurons, change)
    shift = np.empty(n)
    for i in range(n):
        shift[i] = sides[i, neurons]
        for k in range(neurons):
            shift[i] -= sides[i, k] * change[k]
    backward_vector(hessian, n, shift)
    for i in range(n):
        lam[i] += shift[i]
    for k in range(neurons):
        masses[k] += change[k]
        size = sizes[k]
        for a in range(size):
            miss[k, a] = -miss[k, a]
            for i in range(n):
                miss[k, a] -= ties[k, a, i] * shift[i]
        backward_vector(factors[k], size, miss[k])
        for i in range(n):
            if pattern[k, i] != 0:
                rows[k, i] = lam[i] if pattern[k, i] > 0 else 0.0
        for a in range(size):
            rows[k, index[k, a]] += miss[k, a]


@nb.njit(cache=True, error_model="numpy")
def _update_pattern(gram, labels, signs, pattern, support, lam, rows, masses):
    """Move contradicted opposite-class pairs and samples to the neighbouring set: on - kink - off, support - not."""
    neurons, n = rows.shape
    slopes, squares, margins = np.empty((neurons, n)), np.empty(neurons), np.zeros(n)
    slopes_of(gram, labels, signs, rows, slopes, squares)
    for k in range(neurons):
        for i in range(n):
            if pattern[k, i] > 0:
                margins[i] += masses[k] * slopes[k, i]
            if labels[i] == signs[k]:
                continue
            if pattern[k, i] == 0:
                if rows[k, i] > lam[i]:
                    pattern[k, i] = 1
                elif rows[k, i] < 0.0:
                    pattern[k, i] = -1
            elif (slopes[k, i] < 0.0) != (pattern[k, i] > 0) and support[i]:  # own slope is minus the pre-activation
                pattern[k, i] = 0
    for i in range(n):
        if support[i] and lam[i] < 0.0:
            support[i], lam[i] = False, 0.0
            for k in range(neurons):
                if pattern[k, i] == 0:
                    pattern[k, i] = -1
        elif not support[i] and margins[i] < 1.0:
            support[i] = True
    for k in range(neurons):
        for i in range(n):
            if pattern[k, i] != 0:
                rows[k, i] = lam[i] if pattern[k, i] > 0 else 0.0


@nb.njit(cache=True, nogil=True, error_model="numpy")
def finish(gram, labels, signs, gates, lam, rows, masses, slack, alpha, beta):
    """From the interior-point solution to full accuracy on the neurons of positive mass.

    Active sets come from comparing primal with dual variables, Newton steps correct them where they are contradicted.
    Returns (numbers of the neurons used, rows, masses, residual); infinite residual when nothing can be read off.
    """
    used = np.flatnonzero(masses > slack)
    if used.size == 0 or not np.isfinite(np.sum(rows) + np.sum(masses)):
        return used, rows[used], masses[used], np.inf
    n, top = labels.size, lam.max()
    signs, gates, rows, masses = signs[used], gates[used], rows[used].copy(), masses[used].copy()
    margins = np.zeros(n)
    slopes, squares = np.empty(rows.shape), np.empty(used.size)
    slopes_of(gram, labels, signs, rows, slopes, squares)
    pattern = np.zeros(rows.shape, dtype=np.int8)
    for k in range(used.size):
        for i in range(n):
            if gates[k, i] or (labels[i] != signs[k] and lam[i] - rows[k, i] < alpha[used[k], i]):
                pattern[k, i] = 1
            elif labels[i] == signs[k] or rows[k, i] < beta[used[k], i]:
                pattern[k, i] = -1
            if pattern[k, i] > 0:
                margins[i] += masses[k] * slopes[k, i]
    support = lam / top > margins - 1.0
    lam = np.where(support, lam, 0.0)
    for k in range(used.size):
        for i in range(n):
            if pattern[k, i] != 0 or not support[i]:
                rows[k, i] = lam[i] if pattern[k, i] > 0 else 0.0
                if not support[i] and pattern[k, i] == 0:
                    pattern[k, i] = -1
    best = point_residual(gram, labels, signs, rows, masses)
    best_rows, best_masses = rows.copy(), masses.copy()
    for _ in range(NEWTON_STEPS):
        newton_step(gram, labels, signs, pattern, support, lam, rows, masses)
        residual = point_residual(gram, labels, signs, rows, masses)
        if residual < best and masses.min() > 0.0:
            best, best_rows, best_masses = residual, rows.copy(), masses.copy()
        if best < EXACT or not np.isfinite(residual):
            break
        _update_pattern(gram, labels, signs, pattern, support, lam, rows, masses)
    return used, best_rows, best_masses, best


@nb.njit(cache=True, nogil=True, error_model="numpy")
def repaired(gram, labels, signs, gates, used, rows, keep):
    """Gates with every contradicted same-class entry of a used neuron flipped, duplicates removed."""
    n = labels.size
    slopes, squares = np.empty(rows.shape), np.empty(used.size)
    slopes_of(gram, labels, signs[used], rows, slopes, squares)
    new_signs, new_gates, count = np.empty(2 * signs.size), np.empty((2 * signs.size, n), dtype=np.bool_), 0
    for k in range(signs.size):
        gate, place, wrong = gates[k].copy(), -1, False
        for position in range(used.size):
            if used[position] == k:
                place = position
        if place >= 0:
            for i in range(n):
                if labels[i] == signs[k] and gate[i] != (slopes[place, i] > 0.0) and abs(slopes[place, i]) > 1e-12:
                    gate[i], wrong = not gate[i], True
        for source in range(2 if wrong and keep else 1):
            candidate = gate if source == 0 else gates[k]
            fresh = candidate.any()
            for other in range(count):
                if new_signs[other] == signs[k] and (new_gates[other] == candidate).all():
                    fresh = False
            if fresh:
                new_signs[count], new_gates[count] = signs[k], candidate
                count += 1
    return new_signs[:count].copy(), new_gates[:count].copy()


def polish(
    gram: np.ndarray, labels: np.ndarray, hidden: np.ndarray, outputs: np.ndarray, coverage: float = COVERAGE
) -> Polished:
    """The KKT point that the activations of the network with pre-activations `hidden` (n, W) lead to."""
    signs, gates = group_neurons(labels, hidden, outputs, coverage)
    best = Polished(signs[:0], np.empty((0, labels.size)), np.empty(0), float("inf"), 0)
    for repairs in range(REPAIRS + 1):
        if not 0 < signs.size <= 4 * outputs.size:
            break
        used, rows, masses, residual = solve_gates(gram, labels, signs, gates)
        if residual < best.residual:
            best = Polished(signs[used], rows, masses, float(residual), repairs)
        if best.residual < DONE or used.size == 0:
            break
        signs, gates = repaired(gram, labels, signs, gates, used, rows, repairs >= REPLACING_REPAIRS)
    return best


def solve_gates(gram, labels, signs, gates):
    """Best point of the program with these gates: (neuron numbers used, rows, masses, residual)."""
    *solution, _ = interior_point(gram, labels, signs, gates, ACCURACY, ITERATIONS)
    return finish(gram, labels, signs, gates, *solution)
