"""Robust radius of a depth-2 ReLU network at a sample: the least |delta| with label * N(x + delta) <= level.

A network enters through three arrays only, so every slug can use this module whatever its data look like: outputs
o (K,), the Gram matrix M_kl = <g_k, g_l> of the neurons' weight vectors (raw parts, without bias), and pre-activations
p_k = <g_k, x> + b_k at the sample, for ``N(x + delta) = offset + sum_k o_k relu(p_k + <g_k, delta>)``. A merged network
``sum_k S_k a_k relu(S_k <g_k, x~>)`` has outputs S_k a_k and weight vectors S_k g_k. The minimal delta lies in the span
of the g_k and is reported by its coefficients.

The condition is closed: the infimum over sign changes label * N < 0 is larger where N vanishes on a region.

Here everything is float64 and all samples are done at once, by branch and bound over the neurons of the opposite sign
(`verifiers.relu_kernel` explains the method). `verifiers.relu_certificate` proves the numbers for rationals and balls.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from verifiers import tolerances
from verifiers.relu_attack import check_finite


@dataclass(frozen=True, eq=False)
class Radii:
    """Enclosures of the robust radius at n samples, at numerical rigor.

    lower, upper (n,); displacements (n, K), coefficients in the g_k of the best delta found (zero if upper is
    infinite); problems (n,), convex problems solved; closed (n,), true where the enclosure is a value with its error
    estimate rather than [bound, attack]. An infinite upper bound means that no perturbation was found.
    """

    lower: np.ndarray
    upper: np.ndarray
    displacements: np.ndarray
    problems: np.ndarray
    closed: np.ndarray


def robust_radii(outputs: Any, gram: Any, pre_activations: Any, labels: Any, *, offset: float = 0.0, level: float = 0.0,
                 directions: tuple[Any, Any] | None = None, budget: int | None = None) -> Radii:
    """Robust radii at n samples in float64: outputs (K,), gram (K, K), pre_activations (n, K), labels (n,) of +-1.

    `directions` are optional attack rays as (slopes (m, K) = <g_k, v>, lengths (m,) = |v|), tried both ways. `budget`
    bounds the convex problems per sample, by default to some 0.2 s; beyond it the enclosure stays open. Ten neurons
    take some 20 microseconds, thirty some 20 ms. Raises `ValueError` on NaN, infinities and shapes that do not fit.
    """
    outputs, gram = np.asarray(outputs, dtype=np.float64), np.asarray(gram, dtype=np.float64)
    pre, labels = np.asarray(pre_activations, dtype=np.float64), np.asarray(labels, dtype=np.float64)
    _check(outputs, gram, pre, labels, offset, level)
    from verifiers.relu_kernel import search_batch

    if budget is None:
        budget = 1 + int(2e7 / (5 + len(outputs)) ** 2)
    length = np.sqrt(np.diagonal(gram))
    flat = length == 0
    unit = np.where(flat, 1.0, length)
    folded = labels[:, None] * outputs[None, :]
    constants = labels * offset - level + (folded * np.maximum(pre, 0.0) * flat).sum(axis=1)
    slopes, lengths = np.zeros((0, len(outputs))), np.zeros(0)
    if directions is not None:
        slopes, lengths = (np.asarray(part, dtype=np.float64) for part in directions)
        check_finite(slopes=slopes, lengths=lengths)
    lower, radius, sure, share, points, problems = search_batch(
        np.ascontiguousarray(constants), np.ascontiguousarray(np.where(flat, 0.0, folded * unit)),
        np.ascontiguousarray(gram / unit / unit[:, None]), np.ascontiguousarray(pre / unit),
        np.ascontiguousarray(slopes / unit), lengths, budget)
    # The witness that no rounding can undo, unless that lies far beyond one for which equality holds up to rounding.
    equality = np.where(share <= tolerances.LOST_DIGITS, radius * (1.0 + share), np.inf)
    upper = np.where(sure <= radius * (1.0 + 2.0 * share), sure, equality)
    lower = np.minimum(lower, upper)
    points = np.where(np.isfinite(upper)[:, None], points / unit, 0.0)
    return Radii(lower, upper, points, problems, (lower == upper) | (lower >= upper * (1.0 - 4.0 * share)))


def robust_radius(outputs: Any, gram: Any, pre_activations: Any, label: int, **options: Any) -> Radii:
    """`robust_radii` at one sample with pre_activations (K,); arrays of the result have one row."""
    return robust_radii(outputs, gram, np.asarray(pre_activations, dtype=np.float64)[None], [label], **options)


def _check(outputs: np.ndarray, gram: np.ndarray, pre: np.ndarray, labels: np.ndarray, offset: Any, level: Any) -> None:
    size = outputs.size
    if outputs.shape != (size,) or gram.shape != (size, size) or pre.shape != (labels.size, size) or labels.ndim != 1:
        raise ValueError(f"outputs {outputs.shape}, gram {gram.shape}, pre_activations {pre.shape} and labels "
                         f"{labels.shape} do not fit; they must be (K,), (K, K), (n, K), (n,)")
    check_finite(outputs=outputs, gram=gram, pre_activations=pre, labels=labels, offset=offset, level=level)
    if not np.all(np.abs(labels) == 1):
        raise ValueError("every label must be +1 or -1")
    scale = np.abs(gram).max(initial=0.0)
    if not np.all(np.abs(gram - gram.T) <= tolerances.ROUNDING * scale) or not np.all(np.diagonal(gram) >= 0):
        raise ValueError("gram is not the Gram matrix of weight vectors: it must be symmetric, diagonal >= 0")
