"""Gradient method for the max-margin direction, in Gram coordinates, and the KKT point it leads to.

Plain gradient flow approaches its limit like 1/log t. The recipe reaches the limit's activation patterns sooner:
(1) from a small start, ascend the exponential loss until every margin exceeds 3, the condition under which the theory
promises a KKT point; (2) on the unit sphere of parameters, ascend a soft minimum of the margins that hardens in stages;
(3) read off the patterns, solve the program over them, and polish by Newton. The samples are scaled to mean square
norm one. A neuron is carried as its pre-activations on the samples, its squared weight norm and its output weight, so
a step costs width * n^2 whatever the dimension.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numba
import numpy as np

from constructions.kkt_margin.algebra import MergedPoint, NoPoint
from constructions.kkt_margin.cone import coordinates
from constructions.kkt_margin.instance import MarginInstance
from constructions.kkt_margin.restricted import Neurons, distinct, restricted_point

START = 1e-2  # standard deviation of the initial weights, in units where samples have norm one
MARGIN = 3.0  # every margin above this ends the first phase
HARDNESS = (1.0, 3.0, 10.0, 30.0, 100.0, 300.0, 1e3, 3e3, 1e4)  # stages of the soft minimum
OPEN = 1e-3  # pre-activation above this times |v_j| |x_i| is read as on
PRESENT = 1e-3  # neurons with |v_j| below this fraction of the largest are read as absent


class NotFitted(NoPoint):
    """The run did not separate the samples: the hypothesis of the convergence theorem is not met."""


@dataclass(frozen=True)
class GradientRun:
    """End of one run, scaled to least margin one in units where samples have mean square norm one.

    activations (width, n), outputs v (width,), least_margin at the end of the first phase, fitted.
    """

    activations: np.ndarray
    outputs: np.ndarray
    least_margin: float
    fitted: bool

    def neurons(self, lengths: np.ndarray) -> Neurons:
        """Distinct (sign, on-pattern) pairs of the neurons that are present; `lengths` are the scaled |x~_i|."""
        size = np.abs(self.outputs)
        present = size > PRESENT * size.max()
        on = self.activations[present] > OPEN * size[present, None] * lengths
        return distinct(np.sign(self.outputs[present]), on.astype(np.float64))


@numba.njit(cache=True, nogil=True, fastmath={"reassoc", "contract"})
def _margins(activations, outputs, labels, margins):
    margins[:] = 0.0
    for j in range(outputs.size):
        for i in range(labels.size):
            margins[i] += outputs[j] * max(activations[j, i], 0.0)
    margins *= labels


@numba.njit(cache=True, nogil=True, fastmath={"reassoc", "contract"})
def _gradient(gram, labels, weights, activations, outputs, pull, moves, inner):
    """Ascent direction for sample weights: moves (width, n) of pre-activations per unit v_j, `pull` (width,) of v_j.

    inner[j] is (<w_j, g_j>, |g_j|^2) for the weight direction g_j. Returns the squared norm of the gradient.
    """
    total = 0.0
    for j in range(outputs.size):
        moves[j] = 0.0
        pull[j] = 0.0
        for i in range(labels.size):
            if activations[j, i] > 0.0:
                factor = labels[i] * weights[i]
                pull[j] += factor * activations[j, i]
                for other in range(labels.size):
                    moves[j, other] += factor * gram[i, other]
        inner[j, 0] = pull[j]
        inner[j, 1] = 0.0
        for i in range(labels.size):
            if activations[j, i] > 0.0:
                inner[j, 1] += labels[i] * weights[i] * moves[j, i]
        total += pull[j] ** 2 + outputs[j] ** 2 * inner[j, 1]
    return total


@numba.njit(cache=True, nogil=True, fastmath={"reassoc", "contract"})
def _step(activations, squares, outputs, pull, moves, inner, rate):
    for j in range(outputs.size):
        size = rate * outputs[j]
        squares[j] += 2.0 * size * inner[j, 0] + size**2 * inner[j, 1]
        for i in range(moves.shape[1]):
            activations[j, i] += size * moves[j, i]
        outputs[j] += rate * pull[j]


@numba.njit(cache=True, nogil=True, fastmath={"reassoc", "contract"})
def _run(gram, labels, activations, squares, outputs, fit_steps, stage_steps, hardness, goal):
    """Both phases in place; returns the least margin at the end of the first."""
    width, n = activations.shape
    margins, weights = np.zeros(n), np.zeros(n)
    pull, moves, inner = np.zeros(width), np.zeros((width, n)), np.zeros((width, 2))
    least = -np.inf
    for _ in range(fit_steps):
        _margins(activations, outputs, labels, margins)
        least = margins.min()
        if least > goal:
            break
        mean = 0.0
        for i in range(n):
            weights[i] = np.exp(-margins[i]) / n
            mean += weights[i]
        _gradient(gram, labels, weights, activations, outputs, pull, moves, inner)
        _step(activations, squares, outputs, pull, moves, inner, 0.1 * min(1.0 / mean, 3.0))
    if not least > goal:
        return least
    reference = 0.0
    for stage in range(hardness.size):
        for _ in range(stage_steps):
            total = 0.0
            for j in range(width):
                total += squares[j] + outputs[j] ** 2
            scale = 1.0 / np.sqrt(total)
            for j in range(width):
                squares[j] *= scale * scale
                outputs[j] *= scale
                for i in range(n):
                    activations[j, i] *= scale
            _margins(activations, outputs, labels, margins)
            smallest = margins.min()
            if reference == 0.0:
                reference = smallest
            mean = 0.0
            for i in range(n):
                weights[i] = np.exp(-hardness[stage] * (margins[i] - smallest) / reference)
                mean += weights[i]
            for i in range(n):
                weights[i] /= mean
            norm = _gradient(gram, labels, weights, activations, outputs, pull, moves, inner)
            _step(activations, squares, outputs, pull, moves, inner, 0.5 / ((1.0 + hardness[stage]) * np.sqrt(norm)))
    return least


@numba.njit(cache=True, nogil=True)
def _run_batch(grams, labels, activations, squares, outputs, fit_steps, stage_steps, hardness, goal):
    least = np.zeros(labels.shape[0])
    for b in range(labels.shape[0]):
        least[b] = _run(
            grams[b], labels[b], activations[b], squares[b], outputs[b], fit_steps, stage_steps, hardness, goal
        )
    return least


def gradient_runs(
    instances: Sequence[MarginInstance], width: int, generator: np.random.Generator, *, fit_steps: int = 4000,
    stage_steps: int = 500, hardness: Sequence[float] = HARDNESS,
) -> list[GradientRun]:
    """One run of the given width on each instance (all of one size n), on one core.

    Weights start at 1e-2 N(0, I/k) in the rank-k Gram coordinates, |v_j| = |w_j|, signs half and half.
    """
    if width < 2 or len({instance.size for instance in instances}) > 1:
        raise ValueError("gradient runs need width >= 2 and instances of one size")
    labels = np.array([instance.labels for instance in instances], dtype=np.float64)
    grams = np.array([instance.float_lifted_gram() for instance in instances])
    grams /= (np.trace(grams, axis1=1, axis2=2) / labels.shape[1])[:, None, None]
    shape = (len(instances), width)
    activations, squares = np.zeros((*shape, labels.shape[1])), np.zeros(shape)
    for b, gram in enumerate(grams):
        samples = coordinates(gram)
        weights = START / np.sqrt(samples.shape[1]) * generator.standard_normal((width, samples.shape[1]))
        activations[b], squares[b] = weights @ samples.T, (weights**2).sum(axis=1)
    outputs = np.sqrt(squares) * np.where(np.arange(width) % 2 == 0, 1.0, -1.0)
    least = _run_batch(grams, labels, activations, squares, outputs, fit_steps, stage_steps,
                       np.asarray(hardness, dtype=np.float64), MARGIN)
    runs = []
    for b in range(len(instances)):
        fitted = bool(least[b] > MARGIN)
        margins = labels[b] * (outputs[b] @ np.maximum(activations[b], 0.0))
        scale = 1.0 / np.sqrt(margins.min()) if margins.min() > 0 else 1.0
        runs.append(GradientRun(activations[b] * scale, outputs[b] * scale, float(least[b]), fitted))
    return runs


def point_of_run(instance: MarginInstance, run: GradientRun) -> MergedPoint:
    """The KKT point at the end of a run. Raises `NotFitted` or `NoPoint`, each with its reason."""
    if not run.fitted:
        raise NotFitted(
            f"hypothesis not met: least margin {run.least_margin:.3g} did not exceed {MARGIN:g} in a run of width "
            f"{run.outputs.size}; use a wider network or more steps"
        )
    gram = instance.float_lifted_gram()
    lengths = np.sqrt(np.diag(gram) / (np.trace(gram) / len(gram)))
    return restricted_point(instance, run.neurons(lengths))


def gradient_point(
    instance: MarginInstance, width: int, generator: np.random.Generator, *, stage_steps: int = 500
) -> MergedPoint:
    """KKT point reached from one random start: gradient method, program over its patterns, Newton's polish."""
    (run,) = gradient_runs([instance], width, generator, stage_steps=stage_steps)
    return point_of_run(instance, run)
