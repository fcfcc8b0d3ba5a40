"""The user's own data and two-layer network, from JSON or npz; what is wrong is said in one line."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from constructions.dimpled_manifold.instance import NetworkInstance
from constructions.dimpled_manifold.subspace import RANK_GAP, independent_rows, split_space
from constructions.instance import InvalidInstance, floats_of, fractions_of
from constructions.kkt_margin.user_numbers import table, vector
from constructions.user_content import check_header, known_keys, nested, read_content

FORMAT = 1
LARGEST_EXACT = 40_000
"""Entries of the points up to which their span is computed in rationals."""

FIELDS: tuple[dict[str, Any], ...] = (
    {"name": "format", "type": "1", "required": True, "meaning": "version of this format"},
    {"name": "slug", "type": '"dimpled_manifold"', "required": True, "meaning": "which theory the file is for"},
    {"name": "X", "type": "n rows of d numbers", "required": True,
     "meaning": "points of the data subspace P at which the network is judged"},
    {"name": "y", "type": "n entries of +1 or -1", "required": True, "meaning": "their labels"},
    {"name": "network.W", "type": "m rows of d numbers", "required": True, "meaning": "first-layer weights"},
    {"name": "network.u", "type": "m numbers", "required": True, "meaning": "output weights"},
    {"name": "network.b", "type": "m numbers", "required": False, "meaning": "biases, zero if absent"},
    {"name": "codimension", "type": "integer >= 1", "required": False,
     "meaning": "P is all but the last so many coordinates"},
    {"name": "basis", "type": "p rows of d numbers", "required": False,
     "meaning": "instead: P is the span of these rows; with neither, P is the span of X"},
    {"name": "beta", "type": "number > 0", "required": False,
     "meaning": "deviation of the first-layer weights at the start; enables what is said about their law"},
    {"name": "decay", "type": "number", "required": False,
     "meaning": "factor by which weight decay has multiplied the orthogonal weights, 1 if absent"},
    {"name": "delta", "type": "number in (0, 1)", "required": False,
     "meaning": "probability given away in each bound of the flip theorem, 1/10 if absent"},
    {"name": "initial", "type": "m rows of d numbers", "required": False, "meaning": "weights W at the start"},
)  # fmt: skip

EXAMPLE: dict[str, Any] = {
    "format": 1, "slug": "dimpled_manifold", "X": [[1, 0, 0], [2, 0, 0]], "y": [1, 1],
    "network": {"W": [[1, "3/10", "2/5"], ["1/2", "-3/5", "4/5"]], "u": [1, "-1/2"]}, "codimension": 2, "beta": "1/2",
}  # fmt: skip


@dataclass(frozen=True)
class UserFile:
    """What a file holds, and notes on what is unusual."""

    instance: NetworkInstance
    notes: tuple[str, ...]


def read_user_file(path: str | os.PathLike[str]) -> UserFile:
    """Read a file of the user. Raises `InvalidInstance` with one line that names the entry and what to do."""
    content, packed = read_content(path)
    if packed and "weights" in content:
        return _checked(NetworkInstance.load(Path(path)), ())
    return parse(nested(content) if packed else content)


def parse(content: dict[str, Any]) -> UserFile:
    """The instance that a file's content describes, JSON objects or arrays alike."""
    known_keys(content, {field["name"].split(".")[0] for field in FIELDS}, "")
    check_header(content, NetworkInstance.slug, FORMAT)
    for name in ("X", "y", "network"):
        if name not in content:
            raise InvalidInstance(f"the file has no {name}; give X, y and network, see --schema")
    network = content["network"]
    if not isinstance(network, dict):
        raise InvalidInstance("network must be an object with W, u and perhaps b")
    known_keys(network, {"W", "u", "b"}, "network.")
    for name in ("W", "u"):
        if name not in network:
            raise InvalidInstance(f"the file has no network.{name}")
    weights, points = table(network["W"], "network.W"), table(content["X"], "X")
    m, d = weights.shape
    if points.shape[1] != d:
        raise InvalidInstance(f"X has rows of {points.shape[1]} numbers; network.W has rows of {d}")
    parts: dict[str, Any] = {"weights": weights, "points": points,
                             "outputs": vector(network["u"], "network.u", m, "neurons"),
                             "labels": _labels(content["y"], len(points))}  # fmt: skip
    if "b" in network:
        parts["biases"] = vector(network["b"], "network.b", m, "neurons")
    if "basis" in content and "codimension" in content:
        raise InvalidInstance("the file has both basis and codimension; give one")
    if "basis" in content:
        parts["basis"] = table(content["basis"], "basis")
    if "codimension" in content:
        parts["codimension"] = _whole(content["codimension"])
    if "initial" in content:
        parts["initial"] = table(content["initial"], "initial")
    parts |= {name: vector([content[name]], name)[0] for name in ("beta", "decay", "delta") if name in content}
    return _checked(NetworkInstance(**parts), _notes(content))


def _notes(content: dict[str, Any]) -> tuple[str, ...]:
    if "beta" not in content:
        return ("no beta is given: nothing is said about the law of the orthogonal weights",)
    if "codimension" not in content:
        return ("the flip theorem is judged where P is given by a codimension; turn your coordinates for that",)
    return ()


def _labels(value: Any, n: int) -> np.ndarray:
    labels = vector(value, "y", n)
    for i, entry in enumerate(fractions_of(labels).tolist()):
        if abs(entry) != 1:
            raise InvalidInstance(f"y[{i}] is {labels[i]}; every label must be +1 or -1")
    return labels


def _whole(value: Any) -> int:
    number: Any = fractions_of(vector([value], "codimension"))[0]
    if number.denominator != 1:
        raise InvalidInstance(f"codimension is {number}; it must be a whole number")
    return int(number)


def _checked(instance: NetworkInstance, notes: tuple[str, ...]) -> UserFile:
    """The file with its subspace resolved: a basis in rationals where P is the span of the points."""
    d = instance.dimension
    if instance.codimension is not None:
        if int(instance.codimension) < 1:
            raise InvalidInstance("codimension is 0: P is everything, and no perturbation is off it; give at least 1")
        return UserFile(instance, notes)
    rows = instance.points if instance.basis is None else instance.basis
    said = "the points" if instance.basis is None else "the rows of the basis"
    if rows.size > LARGEST_EXACT:
        rank = split_space(floats_of(rows))[0].shape[1]
    else:
        rank = len(independent_rows(rows))
    if rank == 0:
        raise InvalidInstance(f"{said} are all zero: they span no subspace")
    if rank == d:
        raise InvalidInstance(
            f"{said} span all {d} dimensions, codimension 0: no perturbation is off that subspace; give the basis or "
            "codimension of a smaller one (an affine plane that misses the origin spans one dimension more than it has)"
        )
    if instance.basis is not None and rank < len(rows):
        raise InvalidInstance(f"the {len(rows)} rows of the basis span only {rank} dimensions; give independent ones")
    if rows.size > LARGEST_EXACT:
        raise InvalidInstance(f"{said} have {rows.size} entries; up to {LARGEST_EXACT} are read exactly (rank "
                              f"{rank} in floats, gap {RANK_GAP}); turn your coordinates and give a codimension")
    return UserFile(instance, notes)
