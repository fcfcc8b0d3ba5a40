"""Purification measures of trained weights in float64: aggregates over neurons of what one neuron is made of.

For w_i with largest coordinate j: top = |w_ij|/|w_i|, dense = <w_i, u>/|w_i| along u = 1/sqrt(d), the mixture
beta/alpha = mean of the other coordinates over |w_ij|, and the residual, the distance from the span of e_j and u.
Neurons with w_i = 0 are left out and counted.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

Numbers = dict[str, float]

PURE = 0.5
"""A feature is covered if some neuron has more than this cosine with it."""

RANKS = (1, 5, 20, 64)
"""Numbers of leading singular directions whose share of the energy is measured."""


def purification(weights: np.ndarray) -> Numbers:
    """Measures of weights (m, d) in coordinates in which w* = 1; neurons are counted once each in the means."""
    lengths = np.sqrt((weights**2).sum(axis=1))
    rows, lengths = weights[lengths > 0], lengths[lengths > 0]
    if not len(rows):
        return {"zero_neurons": float(len(weights))}
    d = weights.shape[1]
    place = np.abs(rows).argmax(axis=1)
    entry = rows[np.arange(len(rows)), place]
    top = np.abs(entry) / lengths
    dense = rows.sum(axis=1) / math.sqrt(d) / lengths
    mean = (rows.sum(axis=1) - entry) / max(d - 1, 1)
    rest = np.maximum(lengths**2 - entry**2 - (d - 1) * mean**2, 0)
    left, values, right = np.linalg.svd(weights, full_matrices=False)
    return {
        "top_mean": float(top.mean()),
        "top_median": float(np.median(top)),
        "top_first_decile": float(np.quantile(top, 0.1)),
        "top_by_length": float(np.average(top, weights=lengths)),
        "dense_mean": float(dense.mean()),
        "dense_median": float(np.median(dense)),
        "mixture_median": float(np.median(mean / np.abs(entry))),
        "residual_mean": float((np.sqrt(rest) / lengths).mean()),
        "coverage": float(len(set(place[top > PURE].tolist())) / d),
        "singular_1": float(values[0]),
        "singular_2": float(values[1]) if len(values) > 1 else 0.0,
        "singular_3": float(values[2]) if len(values) > 2 else 0.0,
        "singular_median": float(np.median(values)),
        "alignment": float(abs(right[0].sum()) / math.sqrt(d)),
        "zero_neurons": float(len(weights) - len(rows)),
    }


def cosines(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Cosine of each neuron in two sets of weights (m, d), where both are nonzero."""
    sizes = np.sqrt((first**2).sum(axis=1) * (second**2).sum(axis=1))
    return ((first * second).sum(axis=1)[sizes > 0]) / sizes[sizes > 0]


def relations(initial: np.ndarray, clean: np.ndarray, trained: np.ndarray) -> Numbers:
    """Mean cosines between the three sets of weights, and |beta w'|/|v| of the decomposition w = beta w' + v, v
    orthogonal to w': the cotangent of the angle between clean weights w and trained ones w'."""
    between = cosines(clean, trained)
    ratio = np.abs(between) / np.sqrt(np.maximum(1 - between**2, np.finfo(float).tiny))
    return {
        "cos_initial_clean": float(cosines(initial, clean).mean()),
        "cos_initial_trained": float(cosines(initial, trained).mean()),
        "cos_clean_trained": float(between.mean()),
        "decomposition_median": float(np.median(ratio)),
        "decomposition_above_one": float((ratio > 1).mean()),
    }


def spectrum(change: np.ndarray) -> list[list[Any]]:
    """[rank, share of the squared singular values of a change of weights (m, d) in its leading directions]."""
    squares = np.linalg.svd(change, compute_uv=False) ** 2
    total = float(squares.sum()) or 1.0
    return [[rank, float(squares[:rank].sum() / total)] for rank in RANKS if rank <= len(squares)]
