"""The user's own data and kernel predictor, from JSON or npz; whatever is wrong is said in one line."""

from __future__ import annotations

import os
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

from constructions.instance import InvalidInstance, fractions_of
from constructions.kkt_margin.user_numbers import table, vector
from constructions.ntk_features.instance import KINDS, KernelInstance
from constructions.user_content import check_header, known_keys, nested, read_content

FORMAT = 1
LARGEST = 160
"""Points that are enclosed in balls: all pairs of them take seconds."""

FIELDS: tuple[dict[str, Any], ...] = (
    {"name": "format", "type": "1", "required": True, "meaning": "version of this format"},
    {"name": "slug", "type": '"ntk_features"', "required": True, "meaning": "which theory the file is for"},
    {"name": "X", "type": "n rows of d numbers", "required": True, "meaning": f"points, at most {LARGEST}"},
    {"name": "y", "type": "n entries of +1 or -1", "required": True, "meaning": "their labels"},
    {"name": "depth", "type": "whole number 0 to 100", "required": False, "meaning": "hidden layers L, 1 if absent"},
    {"name": "kernel", "type": '"ntk" or "nngp"', "required": False, "meaning": "the kernel, ntk if absent"},
    {"name": "weight_variance", "type": "number > 0", "required": False, "meaning": "sigma_w^2, 2 if absent"},
    {"name": "bias_variance", "type": "number >= 0", "required": False, "meaning": "sigma_b^2, 0 if absent"},
    {"name": "divisor", "type": 'number > 0, or "d"', "required": False,
     "meaning": "divisor of inner products of inputs; d if absent, 1 for formulas on the unit sphere"},
    {"name": "ridge", "type": "number >= 0", "required": False, "meaning": "ridge of the predictor, 0 if absent"},
    {"name": "time", "type": "number > 0", "required": False,
     "meaning": "stop gradient flow at eta t = time, instead of a ridge"},
    {"name": "alpha", "type": "n numbers", "required": False,
     "meaning": "coefficients of the predictor f = sum_j alpha_j k(., x_j), instead of fitting it to y"},
    {"name": "queries", "type": "m rows of d numbers", "required": False,
     "meaning": "points at which the predictor is looked at as well"},
)  # fmt: skip

EXAMPLE: dict[str, Any] = {
    "format": 1, "slug": "ntk_features", "X": [["3/5", "4/5"], [1, 0], [0, 1], ["-5/13", "12/13"]], "y": [1, -1, 1, -1],
    "depth": 1, "divisor": 1, "kernel": "ntk", "queries": [["12/13", "5/13"]],
}  # fmt: skip


@dataclass(frozen=True)
class UserFile:
    """What a file holds: data, kernel and predictor, and notes about them."""

    instance: KernelInstance
    notes: tuple[str, ...]


def read_user_file(path: str | os.PathLike[str]) -> UserFile:
    """Read a file of the user. Raises `InvalidInstance` with one line that names the entry and what to do."""
    content, packed = read_content(path)
    if packed and "format" not in content and {"points", "labels"} <= set(content):
        return UserFile(KernelInstance.load(Path(path)), ())
    return parse(nested(content) if packed else content)


def parse(content: dict[str, Any]) -> UserFile:
    """The instance that a file's content describes, JSON objects or arrays alike."""
    known_keys(content, {field["name"] for field in FIELDS}, "")
    check_header(content, KernelInstance.slug, FORMAT)
    for name in ("X", "y"):
        if name not in content:
            raise InvalidInstance(f"the file has no {name}; give points X and labels y")
    points = table(content["X"], "X")
    count, d = points.shape
    if count > LARGEST:
        raise InvalidInstance(f"X has {count} rows; kernels are enclosed for at most {LARGEST} points, give fewer")
    labels = _labels(vector(content["y"], "y", count, "rows of X"))
    _distinct(points, labels, content)
    fitted = [name for name in ("ridge", "time", "alpha") if name in content]
    if len(fitted) > 1:
        raise InvalidInstance(f"the file has both {fitted[0]} and {fitted[1]}; give one way to make a predictor")
    parts: dict[str, Any] = {name: _number(content[name], name)
                             for name in ("weight_variance", "bias_variance", "ridge", "time") if name in content}
    divisor = content.get("divisor", "d")
    parts["divisor"] = d if isinstance(divisor, str) and divisor == "d" else _number(divisor, "divisor")
    kernel = content.get("kernel", "ntk")
    if not isinstance(kernel, str) or kernel not in KINDS:
        raise InvalidInstance(f'kernel is {kernel!r}; give "ntk" or "nngp"')
    depth = Fraction(_number(content.get("depth", 1), "depth"))
    if depth.denominator != 1 or not 0 <= depth <= 100:
        raise InvalidInstance(f"depth is {depth}; give a whole number of hidden layers from 0 to 100")
    if "alpha" in content:
        parts["coefficients"] = vector(content["alpha"], "alpha", count, "rows of X")
    if "queries" in content:
        parts["queries"] = table(content["queries"], "queries")
        if parts["queries"].shape[1] != d:
            raise InvalidInstance(f"queries have rows of {parts['queries'].shape[1]} numbers, X has rows of {d}")
    instance = KernelInstance(points=points, labels=labels, depth=int(depth), kind=KINDS.index(kernel), **parts)
    return UserFile(instance, _notes(instance, content))


def _notes(instance: KernelInstance, content: dict[str, Any]) -> tuple[str, ...]:
    notes = []
    if "divisor" not in content:
        notes.append(f"inner products are divided by d = {instance.divisor}; give divisor 1 for formulas on the sphere")
    if "queries" not in content:
        notes.append("the file has no queries; statements about further points do not apply")
    return tuple(notes)


def _labels(labels: np.ndarray) -> np.ndarray:
    exact = fractions_of(labels).tolist()
    for i, value in enumerate(exact):
        if abs(value) != 1:
            raise InvalidInstance(f"y[{i}] is {labels[i]}; every label must be +1 or -1")
    return np.array([int(value) for value in exact], dtype=np.int64)


def _distinct(points: np.ndarray, labels: np.ndarray, content: dict[str, Any]) -> None:
    """Points that make the kernel singular are refused where a predictor has to be fitted without a ridge."""
    seen: dict[tuple[Any, ...], int] = {}
    for i, row in enumerate(fractions_of(points).tolist()):
        first = seen.setdefault(tuple(row), i)
        if first == i:
            continue
        if labels[first] != labels[i]:
            raise InvalidInstance(f"X[{first}] and X[{i}] are the same point with opposite labels; remove one of them")
        if not {"alpha", "time"} & set(content) and not _number(content.get("ridge", 0), "ridge") != "0":
            raise InvalidInstance(
                f"X[{first}] and X[{i}] are the same point: the kernel is singular; remove one, or give a ridge"
            )


def _number(value: Any, name: str) -> str:
    exact: Any = fractions_of(vector([value], name))[0]
    return str(Fraction(exact))
