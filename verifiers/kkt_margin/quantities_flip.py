"""Whether the direction u flips a sample at all, at KKT points where neurons may move either way along it."""

from __future__ import annotations

from typing import Any

import numpy as np

from verifiers import tolerances
from verifiers.arithmetic import certainly_nonnegative, certainly_positive, relu
from verifiers.errors import NoCertificate
from verifiers.kkt_margin.path import FlipPath, in_arithmetic_of
from verifiers.kkt_margin.point import Point
from verifiers.kkt_margin.subject import CATALOGUE, Subject
from verifiers.quantity import Enclosure, enclose, estimate

_measures = CATALOGUE.measures


@_measures("1", "1 if y_i N(x_i - t y_i u) < 0 for some t >= 0, else 0", ("sample",))
def flipped_along_u(subject: Subject) -> Enclosure:
    """Decided at t = 0, at every bend of the curve and by its last slope, which together bound it from below."""
    point = subject.point
    values, last, complete = _lowest(point)
    error: Any = in_arithmetic_of(point, 0)[()]
    if point.kind == "float":
        error = tolerances.RESIDUAL_AMPLIFICATION * max(point.residual, tolerances.ROUNDING)
    flipped = certainly_positive(-values - error).any(axis=1) | certainly_positive(-last - error)
    never = certainly_nonnegative(values - error).all(axis=1) & certainly_nonnegative(last - error) & complete
    if not np.all(flipped | never):
        open_ones = np.flatnonzero(~(flipped | never))
        raise NoCertificate(f"sample {open_ones[0]}: the numbers do not say whether u flips it")
    answer = flipped.astype(np.int64)
    return estimate(answer, 0.0, ("sample",)) if point.kind == "float" else enclose(answer, ("sample",))


def _lowest(point: Point) -> tuple[np.ndarray, np.ndarray, bool]:
    """Values of each curve at 0 and at its bends (n, K + 1), its last slope (n,), and whether no bend is missing.

    A neuron whose slope may be zero has no bend that could be computed; unless the slope is zero, one is missing.
    """
    labels, slopes = point.data.labels, point.slopes
    moves = np.asarray(certainly_positive(slopes) | certainly_positive(-slopes))
    still = np.array([slope == 0 for slope in slopes], dtype=bool)
    safe = np.where(moves, slopes, in_arithmetic_of(point, 1)[()])
    crossings = point.pre_activations.T * labels[:, None] / safe[None, :]
    own = np.asarray(certainly_positive(crossings)) & moves[None, :]
    times = np.concatenate([crossings[:, :1] * 0, np.where(moves, relu(crossings), crossings * 0)], axis=1)
    zeros = np.zeros((len(labels), len(slopes), len(slopes) + 1), dtype=bool)
    for k in range(len(slopes)):
        zeros[:, k, 1 + k] = own[:, k]
    fall = labels[:, None] * slopes[None, :]
    last = (relu(-fall) * point.outputs[None, :]).sum(axis=1) * labels
    return FlipPath(point, times, zeros).values, np.asarray(last), bool(np.all(moves | still))
