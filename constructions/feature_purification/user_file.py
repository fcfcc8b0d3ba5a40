"""The user's own symmetric-ReLU network with points, from JSON or npz; whatever is wrong is said in one line."""

from __future__ import annotations

import os
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

from constructions.feature_purification.instance import PurificationInstance
from constructions.feature_purification.laws import FAMILIES, SparseLaw
from constructions.instance import InvalidInstance, fractions_of
from constructions.kkt_margin.user_numbers import kind, table, vector
from constructions.user_content import check_header, known_keys, nested, read_content

FORMAT = 1

FIELDS: tuple[dict[str, Any], ...] = (
    {"name": "format", "type": "1", "required": True, "meaning": "version of this format"},
    {"name": "slug", "type": '"feature_purification"', "required": True, "meaning": "which theory the file is for"},
    {"name": "W", "type": "m rows of d numbers", "required": True,
     "meaning": "weights of f(x) = sum_i a_i [max(<W_i, x> - b_i, 0) - max(-<W_i, x> - b_i, 0)]"},
    {"name": "b", "type": "m numbers >= 0", "required": True, "meaning": "biases"},
    {"name": "a", "type": "m numbers > 0", "required": False, "meaning": "output weights, 1 if absent"},
    {"name": "X", "type": "n rows of d numbers", "required": False, "meaning": "points; with y"},
    {"name": "y", "type": "n entries of +1 or -1", "required": False, "meaning": "labels; with X"},
    {"name": "radius", "type": "number >= 0", "required": False, "meaning": "radius of the ball around each point"},
    {"name": "norm", "type": '2 or "inf"', "required": False, "meaning": "norm of the ball, 2 if absent"},
    {"name": "clean", "type": "m rows of d numbers", "required": False, "meaning": "weights after clean training"},
    {"name": "initial", "type": "m rows of d numbers", "required": False, "meaning": "weights before training"},
    {"name": "direction", "type": "d numbers", "required": False,
     "meaning": "the dense direction M w*, ones if absent; measures per feature need entries +-1"},
    {"name": "law", "type": "{family, k, gap, noise, heavy}", "required": False,
     "meaning": f"law of the points with the identity as dictionary, family one of {', '.join(FAMILIES)}"},
)  # fmt: skip

EXAMPLE: dict[str, Any] = {
    "format": 1, "slug": "feature_purification",
    "W": [[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]], "b": ["1/5", "1/5", "1/5", "1/5"],
    "X": [[1, 1, 0, 0], [0, -1, 0, 0]], "y": [1, -1], "radius": "1/2",
    "law": {"family": "light", "k": 2, "gap": "1/2", "noise": 0},
}  # fmt: skip

_LAW = {"family", "k", "gap", "noise", "heavy"}


@dataclass(frozen=True)
class UserFile:
    """What a file holds: the network with its points, the law if it is named, and notes on what is unusual."""

    instance: PurificationInstance
    law: SparseLaw | None
    notes: tuple[str, ...]


def read_user_file(path: str | os.PathLike[str]) -> UserFile:
    """Read a file of the user. Raises `InvalidInstance` with one line that names the entry and what to do."""
    content, packed = read_content(path)
    if packed and "weights" in content:
        return UserFile(PurificationInstance.load(Path(path)), None, ())
    return parse(nested(content) if packed else content)


def parse(content: dict[str, Any]) -> UserFile:
    """The network that a file's content describes, JSON objects or arrays alike."""
    known_keys(content, {field["name"] for field in FIELDS}, "")
    check_header(content, PurificationInstance.slug, FORMAT)
    for name in ("W", "b"):
        if name not in content:
            raise InvalidInstance(f"the file has no {name}; a network needs W (m rows of d numbers) and b (m numbers)")
    weights = table(content["W"], "W")
    m, d = weights.shape
    parts: dict[str, Any] = {"weights": weights, "biases": vector(content["b"], "b", m, "rows of W")}
    if "a" in content:
        parts["outputs"] = vector(content["a"], "a", m, "rows of W")
    if ("X" in content) != ("y" in content):
        raise InvalidInstance("X and y belong together; give both or neither")
    if "X" in content:
        parts["points"] = table(content["X"], "X")
        parts["labels"] = _labels(vector(content["y"], "y", parts["points"].shape[0], "rows of X"))
        if parts["points"].shape[1] != d:
            raise InvalidInstance(f"X has rows of {parts['points'].shape[1]} numbers and W has {d} columns")
    for name in ("clean", "initial"):
        if name in content:
            parts[name] = table(content[name], name)
    if "direction" in content:
        parts["direction"] = vector(content["direction"], "direction", d, "columns of W")
    if "radius" in content:
        parts["radius"] = vector([content["radius"]], "radius").reshape(())
    parts["norm"] = _norm(content.get("norm", 2))
    notes = () if "radius" in content or "X" not in content else ("no radius is given: nothing is said about balls",)
    return UserFile(PurificationInstance(**parts), _law(content.get("law"), d), notes)


def _labels(labels: np.ndarray) -> np.ndarray:
    for i, value in enumerate(fractions_of(labels).tolist()):
        if abs(value) != 1:
            raise InvalidInstance(f"y[{i}] is {labels[i]}; every label must be +1 or -1")
    return labels


def _norm(value: Any) -> int:
    if value == "inf" or (value == 2 and not isinstance(value, bool)):
        return 0 if value == "inf" else 2
    raise InvalidInstance(f'norm is {value!r}; give 2 or "inf"')


def _law(content: Any, dimension: int) -> SparseLaw | None:
    if content is None:
        return None
    if not isinstance(content, dict):
        raise InvalidInstance(f"law is {kind(content)}; it must be an object with family and k")
    known_keys(content, _LAW, "law.")
    for name in ("family", "k"):
        if name not in content:
            raise InvalidInstance(f"law has no {name}; it needs family and k, and may have gap, noise and heavy")
    if content["family"] not in FAMILIES:
        raise InvalidInstance(f"law.family is {content['family']!r}; the families are {', '.join(FAMILIES)}")
    numbers = {name: _number(content[name], f"law.{name}") for name in sorted(_LAW - {"family"}) if name in content}
    return SparseLaw(
        family=FAMILIES.index(content["family"]), dimension=dimension, sparsity=numbers["k"],
        gap=numbers.get("gap", 0), noise=numbers.get("noise", 0), heavy=numbers.get("heavy"),
    )  # fmt: skip


def _number(value: Any, name: str) -> str:
    exact: Any = fractions_of(vector([value], name))[0]
    return str(Fraction(exact))
