"""KKT points in which every sample is on at exactly one neuron: one nonnegative least-squares solve per neuron.

Split each class into blocks (the default, one block per class, is the class-merged point). If samples of a block's own
class outside the block are off, the neuron of block B is the shortest u with  y_i <u, x~_i> >= 1 on B  and
y_i <u, x~_i> >= 0 on the opposite class, whatever the other neurons are. With R = y y^T * G and b = 1_B its dual is
min 1/2 a^T R a - b^T a over a >= 0, and u = sum_i a_i y_i x~_i. Two things remain to be checked: the excluded samples
really are off, and at kinks a_i/|u| <= lambda_i. Given the active sets the point is rational: exact data give it so.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from math import gcd, lcm

import numpy as np

from constructions.instance import InvalidInstance, exact_array
from constructions.kkt_margin.algebra import KINK, MergedPoint, NoPoint, normalised, require
from constructions.kkt_margin.instance import MarginInstance

Blocks = Sequence[Sequence[int]]

ACTIVE = 1e-10  # relative dual entry below which a constraint is read as inactive


def class_blocks(labels: np.ndarray) -> list[list[int]]:
    """One block per class, positives first."""
    return [np.flatnonzero(labels == sign).tolist() for sign in (1, -1) if np.any(labels == sign)]


def single_blocks(labels: np.ndarray) -> list[list[int]]:
    """One block per sample."""
    return [[i] for i in range(labels.size)]


def contiguous_blocks(labels: np.ndarray, parts: int) -> list[list[int]]:
    """Each class cut, in its order, into `parts` nearly equal blocks, or into single samples if it has fewer."""
    return [
        part.tolist()
        for own in class_blocks(labels)
        for part in np.array_split(np.array(own), min(parts, len(own)))
    ]


def random_blocks(labels: np.ndarray, generator: np.random.Generator, parts: int = 2) -> list[list[int]]:
    """Each class split at random into at most `parts` blocks."""
    blocks = []
    for own in class_blocks(labels):
        part = generator.integers(0, parts, len(own))
        blocks += [[i for i, p in zip(own, part, strict=True) if p == k] for k in range(parts)]
    return [block for block in blocks if block]


def fitting_blocks(
    instance: MarginInstance, generator: np.random.Generator, *, parts: int = 2, attempts: int = 64
) -> list[list[int]]:
    """A random split of the classes, other than the class-merged one, that does carry a KKT point.

    Splits are drawn until one does; `NoPoint` after so many attempts. A split needs excluded samples of the same class
    to be off, so strongly correlated classes have none.
    """
    merged = len(class_blocks(instance.labels))
    for _ in range(attempts):
        blocks = random_blocks(instance.labels, generator, parts)
        if len(blocks) > merged:
            try:
                partition_point(instance, blocks)
            except NoPoint:
                continue
            return blocks
    raise NoPoint(f"none of {attempts} random splits of the classes into at most {parts} blocks carries a KKT point")


def least_distance(signed: np.ndarray, bounds: np.ndarray) -> np.ndarray | None:
    """Dual a >= 0 of  min |u|^2 s.t. <z_i, u> >= b_i  from R = Z Z^T; None if no u satisfies the constraints.

    Lawson-Hanson: nonnegative least squares on [Z^T; b^T] against the last unit vector, then an accurate solve on the
    active set.
    """
    from scipy.optimize import nnls

    scale = float(np.trace(signed)) / max(len(signed), 1)
    if not scale > 0:
        return None
    values, vectors = np.linalg.eigh(signed / scale)
    keep = values > 1e-13 * max(values[-1], 1.0)
    design = np.vstack([(vectors[:, keep] * np.sqrt(values[keep])).T, bounds])
    target = np.zeros(len(design))
    target[-1] = 1.0
    try:
        raw, _ = nnls(design, target, maxiter=60 * len(signed) + 300)
    except RuntimeError:
        return None
    rest = 1.0 - float(bounds @ raw)
    if not rest > 1e-12:
        return None
    dual = raw / rest
    active = dual > ACTIVE * dual.max(initial=0.0)
    block = signed[np.ix_(active, active)] / scale
    try:
        solved = np.linalg.solve(block, bounds[active])
        solved += np.linalg.solve(block, bounds[active] - block @ solved)
    except np.linalg.LinAlgError:
        solved = dual[active]
    out = np.zeros(len(signed))
    close = np.abs(solved - dual[active]).max(initial=0.0) <= 1e-5 * dual.max(initial=0.0)
    out[active] = (solved if close else dual[active]) / scale
    return out


def partition_point(instance: MarginInstance, blocks: Blocks | None = None, *, tolerance: float = KINK) -> MergedPoint:
    """KKT point of the given partition of each class (default: class-merged) in float64.

    Raises `NoPoint` with the violating rows if the partition carries none: the restricted program is infeasible, an
    excluded sample of the same class is on, or a kink needs mu > lambda.
    """
    signs, duals, gram = _duals(instance, blocks)
    point = normalised(signs, duals, np.ones(len(signs)), gram, instance.labels, tolerance)
    return require(point, "the partition's least-distance point")


def exact_partition_point(instance: MarginInstance, blocks: Blocks | None = None) -> MarginInstance:
    """The same point in exact rationals, neuron scale free: integer rows over one denominator per neuron.

    The active sets come from floats; the solve and every KKT condition are exact. Kinks may be degenerate.
    """
    signs, duals, _ = _duals(instance, blocks)
    scale, gram = _integer_lifted_gram(instance)
    labels = instance.labels.astype(object)
    signed = gram * np.outer(labels, labels)
    rows, units = np.zeros(duals.shape, dtype=object), []
    for k, block in enumerate(class_blocks(instance.labels) if blocks is None else blocks):
        active = np.flatnonzero(duals[k] > 0)
        rows[k, active], unit = _solve(signed, active, set(block))
        units.append(unit)
    # With G = H / scale and H_AA p = unit on the block, the neuron (scale / unit) p has margin one.
    _check_exactly(signs, rows, units, gram, scale, labels)
    return instance.with_point(signs, exact_array(rows), exact_array([Fraction(scale, unit) for unit in units]))


def merged_point(instance: MarginInstance) -> MergedPoint:
    """Class-merged KKT point: one neuron per class."""
    return partition_point(instance)


def _duals(instance: MarginInstance, blocks: Blocks | None) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    labels, gram = instance.labels, instance.float_lifted_gram()
    blocks = class_blocks(labels) if blocks is None else blocks
    if sorted(i for block in blocks for i in block) != list(range(labels.size)):
        raise InvalidInstance(f"blocks do not partition the samples 0..{labels.size - 1}")
    signed = gram * np.outer(labels, labels)
    signs, duals = [], np.zeros((len(blocks), labels.size))
    for k, block in enumerate(blocks):
        sign = int(labels[block[0]])
        if np.any(labels[list(block)] != sign):
            raise InvalidInstance(f"block {list(block)} mixes both classes")
        inside = np.zeros(labels.size)
        inside[list(block)] = 1.0
        kept = np.flatnonzero((inside > 0) | (labels != sign))
        dual = least_distance(signed[np.ix_(kept, kept)], inside[kept])
        if dual is None:
            raise NoPoint(f"no neuron separates block {k} (samples {list(block)[:6]}) from the opposite class")
        duals[k, kept] = dual
        signs.append(sign)
    return np.array(signs), duals, gram


def _integer_lifted_gram(instance: MarginInstance) -> tuple[int, np.ndarray]:
    """(s, integers H) with G = H / s exactly."""
    raw = instance.exact_gram()
    flat = raw.reshape(-1).tolist()
    scale = lcm(*{getattr(entry, "denominator", 1) for entry in flat})
    lifted = np.array([int(entry * scale) for entry in flat], dtype=object).reshape(raw.shape)
    return scale, lifted + (scale if bool(instance.bias) else 0)


def _solve(signed: np.ndarray, active: np.ndarray, block: set[int]) -> tuple[list[int], int]:
    """Integer numerators p and denominator q > 0 with  H_AA p = q 1_block,  gcd-reduced."""
    from flint import fmpz_mat

    size = len(active)
    matrix = fmpz_mat(size, size, [int(signed[i, j]) for i in active for j in active])
    right = fmpz_mat(size, 1, [int(i in block) for i in active])
    try:
        solution = matrix.solve(right)
    except ZeroDivisionError:
        raise NoPoint("the active samples are linearly dependent: the multipliers are not unique") from None
    entries = [solution[i, 0] for i in range(size)]
    denominator = lcm(*(int(entry.q) for entry in entries))
    numerators = [int(entry.p) * (denominator // int(entry.q)) for entry in entries]
    common = gcd(denominator, *numerators)
    return [value // common for value in numerators], denominator // common


def _check_exactly(signs, rows, units, gram, scale, labels) -> None:
    """Own filter in integers: conditions of a KKT point with the neuron scale free; raises `NoPoint`."""
    values = (rows * labels) @ gram
    squares = (rows * labels * values).sum(axis=1)
    gates = values * signs.astype(object)[:, None]
    owner = np.argmax(gates > 0, axis=0)
    bad = []
    for k, i in np.ndindex(*rows.shape):
        on = gates[k, i] > 0
        if k == owner[i] and on:
            margin, unit = gates[k, i], units[k]
            if margin < unit or (rows[k, i] > 0 and margin != unit) or rows[k, i] < 0:
                bad.append((k, i))
        elif on or rows[k, i] < 0 or (gates[k, i] < 0 and rows[k, i] != 0):
            bad.append((k, i))
        elif rows[k, i] ** 2 * squares[owner[i]] > rows[owner[i], i] ** 2 * squares[k]:
            bad.append((k, i))
    if bad or not np.all(np.any(gates > 0, axis=0)):
        shown = [
            (k, i, *(float(Fraction(rows[j, i]) ** 2 * scale / squares[j]) ** 0.5 for j in (k, owner[i])))
            for k, i in bad
        ]
        raise NoPoint("the exact least-distance point of this partition is not a KKT point", shown)
