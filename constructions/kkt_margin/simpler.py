"""Simpler instances of the same kind, simplest first: how a search shrinks what it found.

Fewer samples, fewer coordinates, Gram matrices of small whole numbers, equal norms, no bias, one neuron per class; on
each of these data the same kind of exact point (or the same robust network) is computed again. Everything yielded is
exact, valid, and smaller in the order of `complexity`, so that repeated steps come to an end.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from fractions import Fraction
from itertools import chain, product
from typing import Any

import numpy as np

from constructions.instance import InvalidInstance, NoInstance, exact_array, floats_of, fractions_of
from constructions.kkt_margin.algebra import KINK, NoPoint, normalised, relative_activations
from constructions.kkt_margin.instance import MarginInstance
from constructions.kkt_margin.merged import exact_partition_point
from constructions.kkt_margin.robust_network import correlation_bound, robust_network

Make = Callable[[MarginInstance, np.ndarray], MarginInstance]
"""The network again on simpler data, given which of the former samples they are."""

UNITS = (1, 2, 3, 4, 6, 10, 20, 100, 1000, 10**6)
"""Gram matrices are rounded to multiples of the largest squared norm over one of these."""

DENOMINATORS = (2, 3, 4, 5, 8, 16, 64)
"""Thresholds of robust networks are replaced by fractions of at most one of these."""

CHOICES = 3
"""Subsets of samples tried for each size; of all but one sample, up to `LEFT_OUT`."""

LEFT_OUT = 10

LARGEST = 64
"""Samples up to which Gram matrices are rounded: each rounding is checked exactly, at the cost of the cube."""


def complexity(instance: MarginInstance) -> tuple[int, ...]:
    """Samples, neurons, bias, different norms, and the length of what would have to be printed."""
    arrays = instance.arrays()
    neurons = [len(arrays[name]) for name in ("signs", "outputs") if name in arrays]
    length = sum(_printed(array) for name, array in arrays.items() if name not in ("labels", "clusters", "dimension"))
    norms = len(set(np.diagonal(instance.float_gram()).tolist()))
    return instance.size, max(neurons, default=0), int(instance.bias), norms, length


def _printed(array: np.ndarray) -> int:
    """Entries times the characters of the longest."""
    if array.dtype.kind == "U":
        return array.size * array.dtype.itemsize // 4
    return array.size * (24 if array.dtype.kind == "f" else len(str(int(np.abs(array).max(initial=0)))))


def simpler(instance: MarginInstance) -> Iterator[MarginInstance]:
    """Simpler exact instances of the same kind, simplest first; none for networks of other kinds than those above.

    A point that is no partition of its classes (some sample is on at several neurons) becomes the class-merged one.
    """
    same, others = _makes(instance)
    if not same:
        return
    data = MarginInstance(labels=instance.labels, bias=instance.bias, points=instance.points, gram=instance.gram,
                          dimension=instance.dimension, clusters=instance.clusters)  # fmt: skip
    if instance.weights is None and data.points is not None and data.points.dtype.kind == "f":
        data = _as_gram(data)  # once: products of floats are long fractions
    bound, seen, everything = complexity(instance), {instance.digest}, np.arange(data.size)
    steps = chain(
        ((_restricted(data, kept), kept, make) for kept in _subsets(data.labels) for make in same),
        ((data, everything, make) for make in others),
        ((plainer, everything, same[0]) for plainer in _plainer(data)),
        [(data, everything, same[0])],
    )
    for plainer, kept, make in steps:
        try:
            found = make(plainer, kept)
        except (NoInstance, InvalidInstance, OverflowError, ZeroDivisionError, np.linalg.LinAlgError):
            continue
        if found.digest not in seen and complexity(found) < bound:
            seen.add(found.digest)
            yield found


# Networks


def _merged(data: MarginInstance, _: np.ndarray) -> MarginInstance:
    return exact_partition_point(data)


def _makes(instance: MarginInstance) -> tuple[list[Make], list[Make]]:
    """Ways to compute a network of the same kind on other data, and plainer networks on the same data."""
    if instance.weights is not None:
        theta = _threshold(instance)
        if theta is None:
            return [], []
        plain = dict.fromkeys(theta.limit_denominator(k) for k in DENOMINATORS)
        return [_robust_at_share(instance, theta), _robust(theta)], [_robust(t) for t in plain if 0 < t < 1]
    if instance.signs is None:
        return [lambda data, _: data], []
    owner = _owner(instance)
    if owner is None:
        return [], []
    return [_partition(owner) if owner.size else _merged], [_merged]


def _partition(owner: np.ndarray) -> Make:
    def make(data: MarginInstance, kept: np.ndarray) -> MarginInstance:
        blocks = [np.flatnonzero(owner[kept] == k).tolist() for k in dict.fromkeys(owner.tolist())]
        return exact_partition_point(data, [block for block in blocks if block])

    return make


def _owner(instance: MarginInstance) -> np.ndarray | None:
    """The neuron at which each sample is on (n,), empty if some sample is on at several; None for no KKT point."""
    gram, labels, signs = instance.float_lifted_gram(), instance.labels, floats_of(instance.signs)
    rows = floats_of(instance.rows)
    try:
        if not normalised(signs, rows, floats_of(instance.masses), gram, labels).residual <= 1e-6:
            return None
    except (NoPoint, InvalidInstance):
        return None
    on = signs[:, None] * relative_activations(rows, gram, labels) > KINK
    single = np.all(on.sum(axis=0) == 1) and np.all(signs[np.argmax(on, axis=0)] == labels) and np.all(on.any(axis=1))
    return np.argmax(on, axis=0) if single else np.zeros(0, dtype=np.int64)


def _threshold(instance: MarginInstance) -> Fraction | None:
    """theta of a robust network, None if the stored network is none."""
    if instance.signs is not None or instance.biases is None or instance.weights.shape != instance.points.shape:
        return None
    square = Fraction(instance.exact_gram()[0, 0])
    weights, points, biases, outputs = (
        fractions_of(part) for part in (instance.weights, instance.points, instance.biases, instance.outputs)
    )
    same = np.all(weights == points) and len(set(biases.tolist())) == 1 and square > 0
    signed = same and all(o * square == int(y) for o, y in zip(outputs, instance.labels, strict=True))
    return -biases[0] / square if signed else None


def _robust(theta: Fraction) -> Make:
    return lambda data, _: robust_network(data, theta)


def _robust_at_share(instance: MarginInstance, theta: Fraction) -> Make:
    """theta at the same share of the way from the correlation bound of the data to 1."""
    bound = correlation_bound(instance)
    share = (theta - bound) / (1 - bound) if bound < 1 else theta

    def make(data: MarginInstance, _: np.ndarray) -> MarginInstance:
        least = correlation_bound(data)
        return robust_network(data, least + (1 - least) * share)

    return make


# Data


def _subsets(labels: np.ndarray) -> Iterator[np.ndarray]:
    """Some proper subsets, small ones first, balanced where both classes are there; then all but one sample."""
    size, classes = labels.size, [np.flatnonzero(labels == y) for y in (1, -1) if np.any(labels == y)]
    ranks = np.empty(size)
    for own in classes:
        ranks[own] = np.arange(own.size) / own.size
    order, least = np.argsort(ranks, kind="stable"), len(classes)
    for count in sorted({least, least + 1, 4, size // 4, size // 2, 3 * size // 4} & set(range(least, size - 1))):
        for shift in range(CHOICES):
            kept = np.sort(np.roll(order, -shift * count)[:count])
            if len(set(labels[kept].tolist())) == least:
                yield kept
    for left_out in range(min(size, LEFT_OUT)):
        kept = np.delete(np.arange(size), left_out)
        if len(set(labels[kept].tolist())) == least:
            yield kept


def _restricted(data: MarginInstance, kept: np.ndarray) -> MarginInstance:
    def part(array: Any) -> Any:
        return None if array is None else array[kept]

    gram = None if data.gram is None else data.gram[np.ix_(kept, kept)]
    dimension = data.dimension if data.points is not None or int(data.dimension) != data.size else len(kept)
    return replace(data, labels=data.labels[kept], points=part(data.points), gram=gram,
                   dimension=dimension, clusters=part(data.clusters))  # fmt: skip


def _plainer(data: MarginInstance) -> Iterator[MarginInstance]:
    """The same samples with fewer coordinates, without bias, and with plainer Gram matrices."""
    for unbiased in (replace(data, bias=False), data) if bool(data.bias) else (data,):
        yield from _fewer_coordinates(unbiased)
        yield unbiased
    if data.size <= LARGEST:
        yield from _rounded(data)
        if data.points is not None:
            yield _as_gram(data)


def _as_gram(data: MarginInstance) -> MarginInstance:
    return replace(data, points=None, gram=exact_array(data.exact_gram()))


def _fewer_coordinates(data: MarginInstance) -> Iterator[MarginInstance]:
    """The first coordinates of samples with whole-number entries; +-1 data stay on their sphere."""
    if data.points is None or data.points.dtype.kind != "i" or int(data.dimension) != data.points.shape[1]:
        return
    size, columns = data.points.shape
    for count in sorted({size, 4 * size, 16 * size, columns // 8, columns // 2} & set(range(1, columns))):
        yield replace(data, points=data.points[:, :count], dimension=count)


def _rounded(data: MarginInstance) -> Iterator[MarginInstance]:
    """The data with Gram matrices of small whole numbers or simple fractions, orthogonal and equal norms first.

    Without bias a Gram matrix may be scaled at will, and equal squared norms are made the dimension; with bias the
    squared norms keep their size.
    """
    raw = data.float_gram()
    greatest = float(np.diagonal(raw).max())
    if not greatest > 0:
        return
    even = bool(np.ptp(np.diagonal(raw)) <= 1e-12 * greatest)
    for bias, unit, level in product((False, True) if bool(data.bias) else (False,), UNITS, (True, False)):
        if even and not level:
            continue
        whole = np.rint(raw / greatest * unit)
        if level:
            np.fill_diagonal(whole, unit)
        size = max(round(greatest), 1) if bias else unit * -(-data.size // unit)
        gram = np.array([[Fraction(int(v) * size, unit) for v in row] for row in whole.tolist()], dtype=object)
        if is_gram_matrix(gram):
            dimension = size if level and size >= data.size else data.size
            yield replace(data, points=None, gram=exact_array(gram), bias=bias, dimension=dimension)


def is_gram_matrix(matrix: np.ndarray) -> bool:
    """True if a symmetric matrix of rationals is positive semidefinite, exactly (LDL^T)."""
    work = np.array([[Fraction(v) for v in row] for row in matrix.tolist()], dtype=object)
    for pivot in range(len(work)):
        diagonal, column = work[pivot, pivot], work[pivot + 1 :, pivot].copy()
        if diagonal < 0 or (diagonal == 0 and any(entry != 0 for entry in column)):
            return False
        if diagonal != 0 and column.size:
            work[pivot + 1 :, pivot + 1 :] -= np.outer(column, column) / diagonal
    return True
