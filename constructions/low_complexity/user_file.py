"""The user's own simple model, law and sample, from JSON or npz; whatever is wrong is said in one line."""

from __future__ import annotations

import os
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

from constructions.feature_purification.laws import FAMILIES
from constructions.instance import InvalidInstance, fractions_of
from constructions.kkt_margin.user_numbers import kind, table, vector
from constructions.low_complexity.instance import EUCLIDEAN, MAXIMUM, LowInstance
from constructions.user_content import check_header, known_keys, nested, read_content

FORMAT = 1

FIELDS: tuple[dict[str, Any], ...] = (
    {"name": "format", "type": "1", "required": True, "meaning": "version of this format"},
    {"name": "slug", "type": '"low_complexity"', "required": True, "meaning": "which theory the file is for"},
    {"name": "radius", "type": "number >= 0", "required": True, "meaning": "radius of the ball around each point"},
    {"name": "norm", "type": '2 or "inf"', "required": False, "meaning": "norm of the ball, 2 if absent"},
    {"name": "law", "type": "{family, d, k, gap, noise, heavy}", "required": False,
     "meaning": "law of the data with the identity as dictionary and w* = (1, ..., 1); gap, noise 0 if absent; family "
                f"one of {', '.join(FAMILIES)}"},
    {"name": "w", "type": "d numbers", "required": False, "meaning": "a linear classifier sign(<w, x> + w0)"},
    {"name": "w0", "type": "number", "required": False, "meaning": "its intercept, 0 if absent; with w"},
    {"name": "Q", "type": "d rows of d numbers, symmetric", "required": False,
     "meaning": "quadratic part: f(x) = w0 + <w, x> + x^T Q x; with w"},
    {"name": "coefficients", "type": "numbers", "required": False,
     "meaning": "c_1, c_3, c_5, ... of an odd polynomial p, f(x) = sum_j p(x_j); instead of w"},
    {"name": "X", "type": "n rows of d numbers", "required": False, "meaning": "points of a sample; with y"},
    {"name": "y", "type": "n entries of +1 or -1", "required": False, "meaning": "their labels; with X"},
    {"name": "degree", "type": "odd number 1 to 9", "required": False,
     "meaning": "bound the hinge risk of all polynomials of this degree on the sample, symmetrised; l2, with X"},
)  # fmt: skip

EXAMPLE: dict[str, Any] = {
    "format": 1, "slug": "low_complexity", "radius": "1/5",
    "law": {"family": "light", "d": 4, "k": 1, "gap": "1/2", "noise": 0},
    "w": [1, 1, 1, 1], "X": [[1, 0, 0, 0], [0, 0, -1, 0], [1, 0, 1, 0]], "y": [1, -1, 1], "degree": 3,
}  # fmt: skip

LARGEST_DEGREE = 9
_LAW = {"family", "d", "k", "gap", "noise", "heavy"}


@dataclass(frozen=True)
class UserFile:
    """What a file holds: law, model and sample in one instance, the degree that is asked for, and notes."""

    instance: LowInstance
    degree: int | None
    notes: tuple[str, ...]


def read_user_file(path: str | os.PathLike[str]) -> UserFile:
    """Read a file of the user. Raises `InvalidInstance` with one line that names the entry and what to do."""
    content, packed = read_content(path)
    if packed and "format" not in content and {"radius", "norm"} <= set(content):
        return UserFile(LowInstance.load(Path(path)), None, ())
    return parse(nested(content) if packed else content)


def parse(content: dict[str, Any]) -> UserFile:
    """The instance that a file's content describes, JSON objects or arrays alike."""
    known_keys(content, {field["name"] for field in FIELDS}, "")
    check_header(content, LowInstance.slug, FORMAT)
    if "radius" not in content:
        raise InvalidInstance("the file has no radius; give one number that is not negative")
    parts: dict[str, Any] = {"radius": _number(content["radius"], "radius"), "norm": _norm(content.get("norm", 2))}
    parts |= _law(content.get("law"))
    width: int | None = parts.get("dimension")
    if ("X" in content) != ("y" in content):
        raise InvalidInstance("X and y belong together; give both or neither")
    if "X" in content:
        parts["points"] = table(content["X"], "X")
        parts["labels"] = _labels(vector(content["y"], "y", len(parts["points"]), "rows of X"))
        width = _agreed(width, parts["points"].shape[1], "X has rows of")
        _consistent(parts["points"], parts["labels"])
    parts |= _model(content, width)
    instance = LowInstance(**parts)
    if instance.family is not None and instance.points is not None and instance.law.exact("noise") == 0:
        _labels_of_law(instance)
    notes = () if instance.weights is not None or instance.coefficients is not None else (
        "the file has no model; ceilings of whole classes are given alone",)  # fmt: skip
    return UserFile(instance, _degree(content, instance), notes)


def _model(content: dict[str, Any], width: int | None) -> dict[str, Any]:
    parts: dict[str, Any] = {}
    if "w" in content and "coefficients" in content:
        raise InvalidInstance("the file has both w and coefficients; give one model")
    if "coefficients" in content:
        parts["coefficients"] = vector(content["coefficients"], "coefficients")
    for name in ("w0", "Q"):
        if name in content and "w" not in content:
            raise InvalidInstance(f"{name} is part of the model of w; give w as well, zeros if need be")
    if "w" in content:
        parts["weights"] = vector(content["w"], "w")
        width = _agreed(width, parts["weights"].size, "w has")
        if "w0" in content:
            parts["intercept"] = _number(content["w0"], "w0")
        if "Q" in content:
            matrix = parts["quadratic"] = table(content["Q"], "Q")
            exact = fractions_of(matrix)
            if matrix.shape != (width, width) or not np.array_equal(exact, exact.T):
                raise InvalidInstance(f"Q has shape {matrix.shape}; it must be symmetric with {width} rows and columns")
    return parts


def _agreed(width: int | None, found: int, said: str) -> int:
    if width is not None and width != found:
        raise InvalidInstance(f"{said} {found} numbers, elsewhere d is {width}")
    return found


def _labels(labels: np.ndarray) -> np.ndarray:
    exact = fractions_of(labels).tolist()
    for i, value in enumerate(exact):
        if abs(value) != 1:
            raise InvalidInstance(f"y[{i}] is {labels[i]}; every label must be +1 or -1")
    return np.array([int(value) for value in exact], dtype=np.int64)


def _consistent(points: np.ndarray, labels: np.ndarray) -> None:
    seen: dict[tuple[Any, ...], int] = {}
    for i, row in enumerate(fractions_of(points).tolist()):
        first = seen.setdefault(tuple(row), i)
        if labels[first] != labels[i]:
            raise InvalidInstance(f"X[{first}] and X[{i}] are the same point with opposite labels; remove one of them")


def _labels_of_law(instance: LowInstance) -> None:
    """Without noise a point says which label the law gives it."""
    for i, row in enumerate(fractions_of(instance.points).tolist()):
        total = sum(row, Fraction(0))
        if total == 0 or (total > 0) != (instance.labels[i] > 0):
            said = "has no label, as its coordinates add up to 0" if total == 0 else f"has label {'+-'[total < 0]}1"
            raise InvalidInstance(f"y[{i}] is {instance.labels[i]}, but under the law of the file X[{i}] {said}")


def _norm(value: Any) -> int:
    if isinstance(value, str) and value == "inf":
        return MAXIMUM
    if isinstance(value, (int, float)) and not isinstance(value, bool) and value == 2:
        return EUCLIDEAN
    raise InvalidInstance(f'norm is {value!r}; give 2 or "inf"')


def _law(content: Any) -> dict[str, Any]:
    if content is None:
        return {}
    if not isinstance(content, dict):
        raise InvalidInstance(f"law is {kind(content)}; it must be an object with family, d and k")
    known_keys(content, _LAW, "law.")
    for name in ("family", "d", "k"):
        if name not in content:
            raise InvalidInstance(f"law has no {name}; it needs family, d and k, and may have gap, noise and heavy")
    if str(content["family"]) not in FAMILIES:
        raise InvalidInstance(f"law.family is {content['family']!r}; the families are {', '.join(FAMILIES)}")
    numbers = {name: _number(content[name], f"law.{name}") for name in sorted(_LAW - {"family"}) if name in content}
    size = Fraction(numbers["d"])
    if size.denominator != 1 or not 1 <= size <= 10**6:
        raise InvalidInstance(f"law.d is {size}; the dimension is a whole number from 1 to 1000000")
    family = [str(name) for name in FAMILIES].index(str(content["family"]))
    return {"family": family, "dimension": int(size), "sparsity": numbers["k"], "gap": numbers.get("gap", 0),
            "noise": numbers.get("noise", 0), "heavy": numbers.get("heavy")}  # fmt: skip


def _degree(content: dict[str, Any], instance: LowInstance) -> int | None:
    if "degree" not in content:
        return None
    value = Fraction(_number(content["degree"], "degree"))
    if value.denominator != 1 or not 1 <= value <= LARGEST_DEGREE or value % 2 == 0:
        raise InvalidInstance(f"degree is {value}; give 1, 3, 5, 7 or 9")
    if instance.points is None or int(instance.norm) != EUCLIDEAN:
        raise InvalidInstance("degree asks for a bound on the sample in l2; give X and y, and the norm 2")
    return int(value)


def _number(value: Any, name: str) -> str:
    exact: Any = fractions_of(vector([value], name))[0]
    return str(Fraction(exact))
