"""Quantities of pairs of kernel matrices and of the student of mislabelled data: rational throughout."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np

from constructions.instance import fractions_of
from constructions.ntk_features.instance import DistillInstance, MatrixPair
from verifiers.arithmetic import _flint, balls, rational, rationals
from verifiers.errors import MissingPart
from verifiers.ntk_features.subject import measures_on
from verifiers.quantity import Enclosure, enclose

_measures, _on_student = measures_on(MatrixPair), measures_on(DistillInstance)


@lru_cache(maxsize=64)
def _of(pair: MatrixPair) -> tuple[np.ndarray, ...]:
    """A, B, A A^T, B B^T as rationals."""
    a, b = (rationals(fractions_of(part)) for part in (pair.first, pair.second))
    return a, b, a @ a.T, b @ b.T


@_measures("1", "<K, K'>, trace inner product")
def inner_product(pair: MatrixPair) -> Enclosure:
    _, _, k, other = _of(pair)
    return enclose((k * other).sum())


@_measures("1", "|K|_F^2")
def first_sq(pair: MatrixPair) -> Enclosure:
    return enclose((_of(pair)[2] ** 2).sum())


@_measures("1", "|K'|_F^2")
def second_sq(pair: MatrixPair) -> Enclosure:
    return enclose((_of(pair)[3] ** 2).sum())


@_measures("1", "|K' - K|_F^2")
def difference_sq(pair: MatrixPair) -> Enclosure:
    _, _, k, other = _of(pair)
    return enclose(((other - k) ** 2).sum())


def _similarity(k: np.ndarray, other: np.ndarray) -> Any:
    """Ball of <K, K'>/(|K| |K'|)."""
    product = balls((k**2).sum() * (other**2).sum()).item()
    if not product > 0:
        raise MissingPart("a kernel is 0 after centring: all its points look alike")
    return balls((k * other).sum()).item() / product.sqrt()


@_measures("1", "kernel distance 1 - <K, K'>/(|K| |K'|)")
def kernel_distance(pair: MatrixPair) -> Enclosure:
    return enclose(balls(1 - _similarity(*_of(pair)[2:])))


@_measures("radian", "angle of K and K'")
def kernel_angle(pair: MatrixPair) -> Enclosure:
    _, _, k, other = _of(pair)
    inner = (k * other).sum()
    rest = (k**2).sum() * (other**2).sum() - inner**2
    return enclose(balls(_flint().arb.atan2(balls(rest).item().sqrt(), balls(inner).item())))


@_measures("1", "the same distance of the centred kernels H K H, H K' H")
def centred_distance(pair: MatrixPair) -> Enclosure:
    centred = [k - k.mean(axis=0)[None, :] - k.mean(axis=1)[:, None] + k.mean() for k in _of(pair)[2:]]
    return enclose(balls(1 - _similarity(*centred)))


@_measures("1", "|a_1|^2 |b_1|^2 - <a_1, b_1>^2: 0 iff the leading columns of both factors are parallel")
def leading_angle(pair: MatrixPair) -> Enclosure:
    a, b = (part[:, 0] for part in _of(pair)[:2])
    return enclose((a @ a) * (b @ b) - (a @ b) ** 2)


@_measures("1", "|a_1|^2: K is |a_1|^2 v v^T and a positive semidefinite rest, v = a_1/|a_1|")
def first_leading(pair: MatrixPair) -> Enclosure:
    a = _of(pair)[0]
    return enclose(a[:, 0] @ a[:, 0])


@_measures("1", "the same for K'")
def second_leading(pair: MatrixPair) -> Enclosure:
    b = _of(pair)[1]
    return enclose(b[:, 0] @ b[:, 0])


# ------------------------------------------------------------------ the student


@lru_cache(maxsize=64)
def _student(instance: DistillInstance) -> dict[str, Any]:
    """What the clean predictor and the student say at the query, each from a linear system of its own."""
    flint = _flint()
    x, y, normal, query = (
        rationals(fractions_of(part)) for part in (instance.points, instance.labels, instance.normal, instance.query)
    )
    step, amount = rational(instance.number("step")), rational(instance.number("ridge"))
    identity = rationals(np.eye(len(y), dtype=np.int64)) * amount

    def solved(rows: np.ndarray, targets: np.ndarray) -> np.ndarray:
        found = flint.fmpq_mat((rows @ rows.T + identity).tolist()).solve(flint.fmpq_mat([[t] for t in targets]))
        return np.array([row[0] for row in found.tolist()], dtype=object)

    clean = solved(x, y)
    moved = x - step * y[:, None] * normal[None, :]
    student = solved(moved, -y)
    return {
        "clean": clean @ (x @ query), "student": student @ (moved @ query), "energy": y @ clean, "step": step,
        "overlap": max(abs(entry) for entry in x @ normal), "query": abs(normal @ query), "normal": normal @ normal,
    }  # fmt: skip


_STUDENT = {
    "ridge_value": ("clean", "f(x) of the ridge predictor on the clean data at the query"),
    "mislabelled_value": ("student", "f'(x) of the student, trained on (x_j - eps y_j n, -y_j)"),
    "label_energy": ("energy", "y^T (X X^T + ridge I)^(-1) y"),
    "student_step": ("step", "eps"),
    "normal_overlap": ("overlap", "largest |<x_j, n>|"),
    "query_overlap": ("query", "|<x, n>|"),
    "normal_sq": ("normal", "|n|^2"),
}
for _name, (_key, _doc) in _STUDENT.items():
    _on_student("1", _doc, name=_name)(lambda instance, key=_key: enclose(_student(instance)[key]))
