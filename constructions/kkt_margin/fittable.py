"""Data brought from outside: refuse what no network of the kind can fit, note what is merely unusual.

A depth-2 ReLU network with biases fits every labelling of distinct points. Without biases it is positively
homogeneous, so opposite labels on one ray, and the zero point, are out of reach. All decisions are exact.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np

from constructions.instance import InvalidInstance, fractions_of
from constructions.kkt_margin.instance import MarginInstance

NEAR = 1e-6  # pairs this close to equality in floats are decided in exact arithmetic


def user_data(labels: Any, *, points: Any = None, gram: Any = None, bias: bool = True) -> MarginInstance:
    """The user's own arrays, refused with one clear line when malformed or impossible to fit."""
    instance = MarginInstance(labels=labels, bias=bias, points=points, gram=gram)
    check_fittable(instance)
    return instance


def check_fittable(instance: MarginInstance) -> list[str]:
    """Notes on legal oddities (same-label duplicates); raises `InvalidInstance` if no such network can fit."""
    labels, biased = instance.labels, bool(instance.bias)
    if np.all(labels == labels[0]):
        raise InvalidInstance(f"all {labels.size} labels are {int(labels[0]):+d}; both classes must be present")
    gram = instance.float_gram()
    if instance.points is None:
        _require_positive_semidefinite(instance, gram)
    squares = np.diag(gram)
    small = np.flatnonzero(squares <= NEAR * squares.max(initial=0.0)).tolist()
    zero = [i for i in small if _product(instance, i, i) == 0]
    if zero and not biased:
        raise InvalidInstance(f"sample {zero[0]} is the zero point, where every bias-free network is 0; use bias=true")
    notes = [f"sample {i} is the zero point" for i in zero]
    lengths = np.sqrt(np.maximum(squares, 0.0))
    for i, j in np.argwhere(np.triu(gram >= (1 - NEAR) * np.outer(lengths, lengths), 1)):
        i, j = int(i), int(j)
        relation = _relation(instance, i, j)
        if relation == "equal" or (relation == "ray" and not biased):
            if labels[i] != labels[j]:
                what = "are equal points" if relation == "equal" else "lie on one ray from the origin"
                cure = "" if relation == "equal" else "; use bias=true"
                raise InvalidInstance(
                    f"samples {i} and {j} {what} with opposite labels: no network of this kind fits them{cure}"
                )
            what = "equal" if relation == "equal" else "on one ray"
            notes.append(f"samples {i} and {j} are {what} with equal labels")
    return notes


def _product(instance: MarginInstance, i: int, j: int) -> Fraction:
    """Exact <x_i, x_j>."""
    if instance.points is None:
        return Fraction(instance.gram[i, j].item())
    left, right = fractions_of(instance.points[i]), fractions_of(instance.points[j])
    return sum((a * b for a, b in zip(left, right, strict=True)), Fraction(0))


def _relation(instance: MarginInstance, i: int, j: int) -> str:
    """'equal', 'ray' (positive multiples of one another) or 'apart', exactly."""
    if instance.points is not None and np.array_equal(instance.points[i], instance.points[j]):
        return "equal"
    first, cross, second = (_product(instance, *pair) for pair in ((i, i), (i, j), (j, j)))
    if first - 2 * cross + second == 0:
        return "equal"
    return "ray" if cross > 0 and cross * cross == first * second else "apart"


def _require_positive_semidefinite(instance: MarginInstance, gram: np.ndarray) -> None:
    """Refuse a Gram matrix that no points realise; clear cases in floats, close ones by exact elimination."""
    values = np.linalg.eigvalsh(gram)
    scale = max(float(np.abs(values).max(initial=0.0)), 1e-300)
    if values[0] > 1e-9 * scale:
        return
    if values[0] < -1e-9 * scale or not _exactly_semidefinite(instance.exact_gram()):
        raise InvalidInstance(
            f"gram is not positive semidefinite (least eigenvalue {values[0]:.3g}): no points have these products"
        )


def _exactly_semidefinite(gram: np.ndarray) -> bool:
    """Symmetric elimination in exact arithmetic: pivots nonnegative, and a zero pivot only with a zero row."""
    work = [[Fraction(entry) for entry in row] for row in gram.tolist()]
    while work:
        pivot = work[0][0]
        if pivot < 0 or (pivot == 0 and any(work[0])):
            return False
        if pivot == 0:
            work = [row[1:] for row in work[1:]]
        else:
            head = work[0]
            work = [[a - row[0] * b / pivot for a, b in zip(row[1:], head[1:], strict=True)] for row in work[1:]]
    return True
