"""Thousands of KKT points at once, in float64: the fast form of the spaces whose Gram matrices have a formula.

A batch is a mapping of arrays with leading axis B, read by `verifiers.kkt_margin.batch`:

* gram (B, n, n), lifted; labels (B, n); bias, dimension (B,); ok (B,), false where there is no instance,
* of a KKT point: signs (B, K), rows (B, K, n), masses (B, K), as in `constructions.kkt_margin.instance`,
* of a robust network: theta (B,).

Where there is no instance, all float entries are NaN. Nothing here decides anything: `Space.build` does, exactly.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numba import njit

from constructions.kkt_margin.data import split_labels
from constructions.kkt_margin.merged import class_blocks, contiguous_blocks, single_blocks

Arrays = dict[str, np.ndarray]

TIGHT = 1e-9  # relative size of what is read as zero: a vanishing pre-activation, a multiplier, a missing margin
PIVOTS = 200  # exchanges of the active set per neuron before giving up; some ten are usual


@njit(cache=True)
def _solve_active(matrix, active, right, factor, solution):
    """Solve matrix_AA x = right_A by Cholesky, x = 0 elsewhere; False if a pivot is not positive."""
    size, count = len(right), 0
    order = np.empty(size, dtype=np.int64)
    for i in range(size):
        solution[i] = 0.0
        if active[i]:
            order[count] = i
            count += 1
    for a in range(count):
        for b in range(a + 1):
            total = matrix[order[a], order[b]]
            for c in range(b):
                total -= factor[a, c] * factor[b, c]
            if a == b:
                if not total > 1e-13 * matrix[order[a], order[a]]:
                    return False
                factor[a, a] = np.sqrt(total)
            else:
                factor[a, b] = total / factor[b, b]
    for a in range(count):
        total = right[order[a]]
        for b in range(a):
            total -= factor[a, b] * solution[order[b]]
        solution[order[a]] = total / factor[a, a]
    for a in range(count - 1, -1, -1):
        total = solution[order[a]]
        for b in range(a + 1, count):
            total -= factor[b, a] * solution[order[b]]
        solution[order[a]] = total / factor[a, a]
    return True


@njit(cache=True)
def _least_distance(matrix, kept, right, active, factor, dual):
    """Minimiser of a.R a / 2 - right.a over a >= 0, a = 0 off `kept`, R positive definite; False if none was found.

    Block principal pivoting: all violating indices change sides at once while their number falls, else only the last
    one (Murty), which cannot cycle.
    """
    size = len(right)
    for i in range(size):
        active[i] = kept[i] and right[i] > 0.0
    fewest, patience = size + 1, 3
    for _ in range(PIVOTS):
        if not _solve_active(matrix, active, right, factor, dual):
            return False
        largest, count, last = 0.0, 0, -1
        for i in range(size):
            largest = max(largest, dual[i])
        for i in range(size):
            if not kept[i]:
                continue
            if active[i]:
                wrong = dual[i] < -TIGHT * largest * 1e-3
            else:
                height = -right[i]
                for j in range(size):
                    height += matrix[i, j] * dual[j]
                wrong = height < -TIGHT * 1e-3
            if wrong:
                count += 1
                last = i
        if count == 0:
            for i in range(size):
                if dual[i] < TIGHT * largest * 1e-3:
                    dual[i] = 0.0
            return True
        together = count < fewest or patience > 0
        patience = 3 if count < fewest else patience - 1
        fewest = min(fewest, count)
        for i in range(size):
            if not kept[i] or not (together or i == last):
                continue
            if active[i]:
                if dual[i] < -TIGHT * largest * 1e-3:
                    active[i] = False
            else:
                height = -right[i]
                for j in range(size):
                    height += matrix[i, j] * dual[j]
                if height < -TIGHT * 1e-3:
                    active[i] = True
    return False


@njit(cache=True)
def _is_point(signed, labels, owner, rows):
    """True if the least-distance neurons make a KKT point: excluded samples off, and mu <= lambda at every kink."""
    size, neurons = len(labels), len(rows)
    squares = np.zeros(neurons)
    for k in range(neurons):
        for i in range(size):
            if owner[i] == k:
                squares[k] += rows[k, i]
    greatest = 0.0
    for i in range(size):
        if not squares[owner[i]] > 0.0:
            return False
        greatest = max(greatest, rows[owner[i], i] / np.sqrt(squares[owner[i]]))
    for k in range(neurons):
        for i in range(size):
            gate = 0.0  # y_i <g_k, x~_i> = S_k y_i times the pre-activation
            for j in range(size):
                gate += signed[i, j] * rows[k, j]
            if owner[i] == k:
                if gate < 1.0 - TIGHT:
                    return False
                continue
            if labels[i] != labels[np.argmax(owner == k)]:
                gate = -gate
            gate /= np.sqrt(squares[k] * signed[i, i])
            mu, limit = rows[k, i] / np.sqrt(squares[k]), rows[owner[i], i] / np.sqrt(squares[owner[i]])
            if gate > TIGHT or mu > limit + TIGHT * greatest or (gate < -TIGHT and mu > TIGHT * greatest):
                return False
    return True


@njit(cache=True)
def _partition_points(gram, labels, owner, neurons, ok, rows):
    size = len(labels)
    signed, factor = np.zeros((size, size)), np.zeros((size, size))
    right, dual = np.zeros(size), np.zeros(size)
    kept, active = np.zeros(size, dtype=np.bool_), np.zeros(size, dtype=np.bool_)
    for b in range(len(gram)):
        if not ok[b]:
            rows[b] = np.nan
            continue
        for i in range(size):
            for j in range(size):
                signed[i, j] = gram[b, i, j] * labels[i] * labels[j]
        for k in range(neurons):
            sign = labels[np.argmax(owner == k)]
            for i in range(size):
                right[i] = 1.0 if owner[i] == k else 0.0
                kept[i] = owner[i] == k or labels[i] != sign
            if not _least_distance(signed, kept, right, active, factor, dual):
                ok[b] = False
                break
            rows[b, k] = dual
        if ok[b] and not _is_point(signed, labels, owner, rows[b]):
            ok[b] = False
        if not ok[b]:
            rows[b] = np.nan


def partition_points(gram: np.ndarray, labels: np.ndarray, blocks: Sequence[Sequence[int]], ok: Any = True) -> Arrays:
    """KKT points of one partition for lifted Gram matrices (B, n, n), positive definite; labels (n,) shared by all.

    Returns signs (B, K), rows (B, K, n), masses (B, K) and ok (B,), false where the partition carries no point.
    """
    gram = np.ascontiguousarray(gram, dtype=np.float64)
    count, size = gram.shape[:2]
    owner = np.zeros(size, dtype=np.int64)
    for k, block in enumerate(blocks):
        owner[list(block)] = k
    found = np.ascontiguousarray(np.broadcast_to(ok, (count,))).astype(bool)
    rows = np.zeros((count, len(blocks), size))
    _partition_points(gram, labels.astype(np.float64), owner, len(blocks), found, rows)
    signs = np.array([float(labels[block[0]]) for block in blocks])
    masses = np.where(found[:, None], 1.0, np.nan) * np.ones(len(blocks))
    return {"ok": found, "signs": np.tile(signs, (count, 1)), "rows": rows, "masses": masses}


def point_batch(
    gram: np.ndarray, labels: np.ndarray, blocks: Sequence[Sequence[int]], *, bias: int = 0, dimension: int = 0,
    ok: Any = True,
) -> Arrays:  # fmt: skip
    """The whole batch of data with their partition points; `dimension` is n if none is given."""
    count, size = gram.shape[:2]
    point = partition_points(gram, labels, blocks, ok)
    return point | {
        "gram": np.where(point["ok"][:, None, None], gram, np.nan),
        "labels": np.tile(labels.astype(np.float64), (count, 1)),
        "bias": np.full(count, float(bias)),
        "dimension": np.full(count, float(dimension or size)),
    }


def robust_batch(
    raw_gram: np.ndarray, labels: np.ndarray, theta: np.ndarray, dimension: int, ok: Any = True
) -> Arrays:
    """A batch of robust networks of threshold theta (B,) on data with raw Gram matrices (B, n, n)."""
    count = len(raw_gram)
    found = np.ascontiguousarray(np.broadcast_to(ok, (count,))).astype(bool)
    return {
        "ok": found,
        "gram": np.where(found[:, None, None], raw_gram + 1.0, np.nan),
        "labels": np.tile(labels.astype(np.float64), (count, 1)),
        "bias": np.ones(count),
        "dimension": np.full(count, float(dimension)),
        "theta": np.where(found, theta, np.nan),
    }


def empty_batch(count: int) -> Arrays:
    """No instance for any of `count` points: the whole numbers fit no construction."""
    return {"ok": np.zeros(count, dtype=bool)}


def _blocks(labels: np.ndarray, singles: int) -> list[list[int]]:
    return single_blocks(labels) if singles else class_blocks(labels)


def _symmetric(entries: np.ndarray, size: int) -> np.ndarray:
    """Matrices (B, n, n) of unit diagonal from entries (B, n(n-1)/2) in the order (0,1), (0,2), ..."""
    matrices = np.tile(np.eye(size), (len(entries), 1, 1))
    first, second = np.triu_indices(size, 1)
    matrices[:, first, second] = entries
    matrices[:, second, first] = entries
    return matrices


def _correlated_gram(
    labels: np.ndarray, dimension: int, bias: int, singles: int, r: np.ndarray, c: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Lifted Gram matrices of `spaces.correlated_data`, and where they exist."""
    size = labels.size
    first, second = np.triu_indices(size, 1)
    if singles:
        c = np.where(labels[first] == labels[second], -np.abs(c), c)
    square = float(dimension + bias)
    signed = c * (r / max(size - 1, 1))[:, None] * (labels[first] * labels[second])
    possible = square * (1.0 - r) >= size if bias else np.full(len(r), True)
    return square * _symmetric(signed, size), possible


def correlated(
    n: int, positives: int, dimension: int, bias: int, singles: int, uneven: int, r: np.ndarray, c: np.ndarray,
    lengths: np.ndarray,
) -> Arrays:  # fmt: skip
    """Batch of the space `correlated`."""
    if not 0 < positives < n:
        return empty_batch(len(r))
    labels = split_labels(positives, n - positives)
    gram, possible = _correlated_gram(labels, dimension, bias, singles, r, c)
    if uneven:
        gram = gram * lengths[:, :, None] * lengths[:, None, :]
    return point_batch(gram, labels, _blocks(labels, singles), bias=bias, dimension=dimension, ok=possible)


def one_class(n: int, dimension: int, bias: int, singles: int, r: np.ndarray, c: np.ndarray) -> Arrays:
    """Batch of the space `one_class`."""
    labels = split_labels(n, 0)
    gram, possible = _correlated_gram(labels, dimension, bias, singles, r, c)
    return point_batch(gram, labels, _blocks(labels, singles), bias=bias, dimension=dimension, ok=possible)


def equicorrelated(half: int, singles: int, r: np.ndarray) -> Arrays:
    """Batch of the space `equicorrelated`."""
    labels, size = split_labels(half, half), 2 * half
    entries = np.tile(-(r / (size - 1))[:, None], (1, size * (size - 1) // 2))
    gram = size * _symmetric(entries, size) * np.outer(labels, labels)
    return point_batch(gram, labels, _blocks(labels, singles))


def support_threshold(positives: int, share: np.ndarray) -> Arrays:
    """Batch of the space `support_threshold`."""
    q, last = share / (2 * positives - 3), positives - 1
    gram = np.tile(np.eye(positives + 1), (len(q), 1, 1))
    own = np.arange(positives)
    gram[:, own[:, None], own[None, :]] = np.where(own[:, None] == own[None, :], 1.0, -q[:, None, None])
    gram[:, last, own[:-1]] = gram[:, own[:-1], last] = q[:, None]
    labels = split_labels(positives, 1)
    return point_batch(gram, labels, class_blocks(labels))


def orthogonal_partition(
    positives: int, negatives: int, square: int, blocks: int, bias: int, uneven: int, ratio: np.ndarray
) -> Arrays:
    """Batch of the space `orthogonal_partition`."""
    labels = split_labels(positives, negatives)
    count = len(ratio)
    squares = np.full((count, labels.size), float(square))
    if uneven:
        squares[:, positives:] *= ratio
    gram = squares[:, :, None] * np.eye(labels.size) + float(bias)
    parts = contiguous_blocks(labels, blocks)
    return point_batch(gram, labels, parts, bias=bias, dimension=max(square, labels.size))


def two_points(square: int, bias: int, cosine: np.ndarray) -> Arrays:
    """Batch of the space `two_points`."""
    labels = split_labels(1, 1)
    gram = square * _symmetric(cosine[:, None], 2) + float(bias)
    return point_batch(gram, labels, class_blocks(labels), bias=bias, dimension=max(square, 2))


def hub(positives: int, negatives: int, r: np.ndarray) -> Arrays:
    """Batch of the space `hub`, by the formulas of `closed_forms.hub`."""
    labels, satellites, centre = split_labels(positives, negatives), positives - 1, 0
    count, size = len(r), labels.size
    own, q = np.arange(1, positives), r / (size - 1)
    gram = np.zeros((count, size, size))
    gram[:, own[:, None], own[None, :]] = -q[:, None, None]
    gram[:, own, centre] = gram[:, centre, own] = q[:, None]
    gram[:, np.arange(size), np.arange(size)] = 1.0
    rho = (satellites - q) / (1.0 - satellites * q)
    rows = np.zeros((count, satellites + 1, size))
    rows[:, :satellites, centre] = 1.0
    rows[:, own - 1, own] = rho[:, None]
    rows[:, satellites, positives:] = 1.0
    masses = np.column_stack([np.tile(1.0 / (rho + q)[:, None], (1, satellites)), np.ones(count)]) / size
    return {
        "ok": np.full(count, True), "gram": size * gram, "labels": np.tile(labels.astype(np.float64), (count, 1)),
        "bias": np.zeros(count), "dimension": np.full(count, float(size)), "rows": rows, "masses": masses,
        "signs": np.tile(np.append(np.ones(satellites), -1.0), (count, 1)),
    }  # fmt: skip


def rescaled_points(
    n: int, positives: int, bias: int, singles: int, zero: int, r: np.ndarray, c: np.ndarray, masses: np.ndarray,
    rows: np.ndarray,
) -> Arrays:  # fmt: skip
    """Batch of the space `rescaled_points`: networks that are mostly no KKT points."""
    found = correlated(n, positives, 4 * n, bias, singles, 0, r, c, np.zeros((len(r), 0)))
    if "rows" not in found:
        return found
    found |= {"rows": found["rows"] * rows[:, None, :], "masses": found["masses"] * masses}
    if zero:
        gram = np.pad(found["gram"] - float(bias), ((0, 0), (0, 1), (0, 1))) + float(bias)
        found["gram"] = np.where(found["ok"][:, None, None], gram, np.nan)
        found["labels"] = np.pad(found["labels"], ((0, 0), (0, 1)), constant_values=1.0)
        found["rows"] = np.pad(found["rows"], ((0, 0), (0, 0), (0, 1)))
    return found


def _leaning(
    positives: int, negatives: int, against: int, scale: np.ndarray, lean: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Raw Gram matrices of `spaces.leaning_data` and its labels: scale^2 I + lean^2, off the diagonal times y_i y_l."""
    labels = split_labels(positives, negatives)
    signs = np.outer(labels, labels) if against else np.ones((labels.size, labels.size))
    gram = scale[:, None, None] ** 2 * np.eye(labels.size) + lean[:, None, None] ** 2 * signs
    return gram, labels


def robust(
    positives: int, negatives: int, against: int, scale: np.ndarray, lean: np.ndarray, theta: np.ndarray
) -> Arrays:
    """Batch of the space `robust`."""
    gram, labels = _leaning(positives, negatives, against, scale, lean)
    return robust_batch(gram, labels, theta, labels.size + 1)


def robust_halfway(positives: int, negatives: int, against: int, scale: np.ndarray, lean: np.ndarray) -> Arrays:
    """Batch of the space `robust_halfway`."""
    bound = lean**2 / (scale**2 + lean**2)
    return robust(positives, negatives, against, scale, lean, (1.0 + bound) / 2.0)


def robust_quarter(positives: int, negatives: int, against: int, scale: np.ndarray, lean: np.ndarray) -> Arrays:
    """Batch of the space `robust_quarter`."""
    return robust(positives, negatives, against, scale, lean, np.full(len(scale), 0.25))


def robust_orthogonal(positives: int, negatives: int, scale: np.ndarray, theta: np.ndarray | float = 0.25) -> Arrays:
    """Batch of the spaces `robust_orthogonal` and, at theta = 1/4, `robust_orthogonal_quarter`."""
    return robust(positives, negatives, 0, scale, 0.0 * scale, theta + 0.0 * scale)
