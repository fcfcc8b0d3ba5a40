"""The user's own data and network from a file: JSON, npz with the same dotted keys, or an instance saved by `save`.

JSON integers are exact, decimals are the nearest double, texts such as "1/10" are exact rationals. Whatever is wrong
with a file is said in one `InvalidInstance` line in the file's own words, and nothing is built from it.
"""

from __future__ import annotations

import math
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from constructions.instance import InvalidInstance, floats_of, fractions_of
from constructions.kkt_margin.fittable import check_fittable
from constructions.kkt_margin.instance import MarginInstance
from constructions.kkt_margin.user_numbers import HUGE, TINY, at, in_range, kind, out_of_size, table, vector
from constructions.kkt_margin.user_schema import FIELDS, FORMAT, NUMBERS
from constructions.user_content import check_header, known_keys, nested, read_content

_TOP = {field["name"] for field in FIELDS}
_PARTS = {"network": ("W", "b", "v"), "merged": ("signs", "rows", "masses")}


@dataclass(frozen=True)
class UserFile:
    """What a file holds: the instance as given, and notes on what is legal but unusual."""

    instance: MarginInstance
    notes: tuple[str, ...]


def read_user_file(path: str | os.PathLike[str]) -> UserFile:
    """Read a file of the user. Raises `InvalidInstance` with one line that names the entry and what to do."""
    content, packed = read_content(path)
    if packed and "labels" in content:
        return _saved_instance(Path(path), content)
    return parse(nested(content) if packed else content)


def _saved_instance(path: Path, content: dict[str, np.ndarray]) -> UserFile:
    """An instance file of the product: fields by their own names."""
    for name, array in content.items():
        if array.dtype.kind not in "biufU" or (array.dtype.kind == "f" and array.dtype.itemsize > 8):
            raise InvalidInstance(f"{name} has entries of type {array.dtype}; {NUMBERS}")
    return _checked(MarginInstance.load(path))


def parse(content: dict[str, Any]) -> UserFile:
    """The instance that a file's content describes, JSON objects or arrays alike."""
    known_keys(content, _TOP, "")
    check_header(content, MarginInstance.slug, FORMAT)
    bias = content.get("bias")
    if not isinstance(bias, (bool, np.bool_)):
        raise InvalidInstance(f"bias is {kind(bias)}; it must be true or false")
    if ("X" in content) == ("gram" in content):
        both = "both X and gram are given" if "X" in content else "the file has no X and no gram"
        raise InvalidInstance(f"{both}; give exactly one of them")
    labels = _labels(content)
    n = labels.size
    points = gram = None
    if "X" in content:
        points = table(content["X"], "X")
        if points.shape[0] != n:
            raise InvalidInstance(f"X has {points.shape[0]} rows and y has {n} entries; they must be as many")
    else:
        gram = table(content["gram"], "gram")
        _check_gram(gram, n)
    dimension = _dimension(content, points, gram)
    parts = _network(content, bool(bias), points, n) | _merged(content, n)
    if "clusters" in content:
        parts["clusters"] = vector(content["clusters"], "clusters", n)
        if parts["clusters"].dtype.kind != "i":
            raise InvalidInstance("clusters must be integers, one cluster number per sample")
    notes = []
    if gram is not None and dimension is None:
        notes.append(f"gram is given without a dimension: d is taken to be {n}, the least that holds all such samples")
    return _checked(
        MarginInstance(labels=labels, bias=bool(bias), points=points, gram=gram, dimension=dimension, **parts), *notes
    )


def _labels(content: dict[str, Any]) -> np.ndarray:
    if "y" not in content:
        raise InvalidInstance("the file has no y; give one label +1 or -1 per sample")
    labels = vector(content["y"], "y")
    for i, value in enumerate(fractions_of(labels).tolist()):
        if abs(value) != 1:
            raise InvalidInstance(f"y[{i}] is {labels[i]}; every label must be +1 or -1")
    return labels


def _dimension(content: dict[str, Any], points: np.ndarray | None, gram: np.ndarray | None) -> int | None:
    if "dimension" not in content:
        return None
    value = content["dimension"]
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or not 0 < value < 2**53:
        raise InvalidInstance(f"dimension is {value!r}; it must be a positive integer")
    if points is not None and value < points.shape[1]:
        raise InvalidInstance(f"dimension is {value} but X has {points.shape[1]} columns")
    if gram is not None and value < gram.shape[0] and (rank := _rank(gram)) > value:
        raise InvalidInstance(f"dimension is {value} but gram has rank {rank}: such samples need dimension {rank}")
    return int(value)


def _rank(gram: np.ndarray) -> int:
    import flint

    exact = fractions_of(gram)
    scale = math.lcm(*(entry.denominator for entry in exact.reshape(-1)))
    size = gram.shape[0]
    return int(flint.fmpz_mat(size, size, [int(entry * scale) for entry in exact.reshape(-1)]).rank())


def _check_gram(gram: np.ndarray, n: int) -> None:
    if gram.shape != (n, n):
        raise InvalidInstance(f"gram has shape {gram.shape[0]} x {gram.shape[1]} and y has {n} entries; "
                              f"it must be {n} x {n}")  # fmt: skip
    exact = fractions_of(gram)
    for i, j in zip(*np.triu_indices(n, 1), strict=True):
        if exact[i, j] != exact[j, i]:
            raise InvalidInstance(
                f"gram is not symmetric: entry ({i}, {j}) is {gram[i, j]} and ({j}, {i}) is {gram[j, i]}"
            )


def _network(content: dict[str, Any], bias: bool, points: np.ndarray | None, n: int) -> dict[str, np.ndarray]:
    if "network" not in content:
        for name in ("multipliers", "subgradients"):
            if name in content:
                hint = "a merged network carries them in its rows" if "merged" in content else "there is no network"
                raise InvalidInstance(f"{name} belong to a network given by W and v, and {hint}")
        return {}
    network = _part(content, "network")
    for name in ("W", "v"):
        if name not in network:
            raise InvalidInstance(f"network has no {name}; it needs W (m rows of d numbers) and v (m numbers)")
    if points is None:
        raise InvalidInstance("a network given by W and v needs the samples X, not only their gram")
    if not bias and "b" in network:
        raise InvalidInstance("network has b but bias is false; set bias to true or leave b out")
    if bias and "b" not in network:
        raise InvalidInstance("bias is true but network has no b; give one bias per neuron, or set bias to false")
    weights = table(network["W"], "network.W")
    m = weights.shape[0]
    if weights.shape[1] != points.shape[1]:
        raise InvalidInstance(f"network.W has rows of {weights.shape[1]} numbers and X has {points.shape[1]} columns; "
                              "they must agree")  # fmt: skip
    found = {"weights": weights, "outputs": vector(network["v"], "network.v", m, "rows of network.W")}
    if bias:
        found["biases"] = vector(network["b"], "network.b", m, "rows of network.W")
    if "multipliers" in content:
        found["multipliers"] = vector(content["multipliers"], "multipliers", n)
        in_range(found["multipliers"], "multipliers", None)
    if "subgradients" in content:
        given = table(content["subgradients"], "subgradients")
        if given.shape != (m, n):
            raise InvalidInstance(f"subgradients have shape {given.shape[0]} x {given.shape[1]}; "
                                  f"{m} neurons and {n} samples need {m} x {n}")  # fmt: skip
        in_range(given, "subgradients", 1)
        found["subgradients"] = given
    return found


def _merged(content: dict[str, Any], n: int) -> dict[str, np.ndarray]:
    if "merged" not in content:
        return {}
    if "network" in content:
        raise InvalidInstance("both network and merged are given; give one of them")
    merged = _part(content, "merged")
    for name in _PARTS["merged"]:
        if name not in merged:
            raise InvalidInstance(f"merged has no {name}; it needs signs, rows and masses")
    signs = vector(merged["signs"], "merged.signs")
    for k, value in enumerate(fractions_of(signs).tolist()):
        if abs(value) != 1:
            raise InvalidInstance(f"merged.signs[{k}] is {signs[k]}; every sign must be +1 or -1")
    masses = vector(merged["masses"], "merged.masses", signs.size, "signs", bounded=False)
    in_range(masses, "merged.masses", None, strict=True)
    rows = table(merged["rows"], "merged.rows", bounded=False)
    if rows.shape != (signs.size, n):
        raise InvalidInstance(f"merged.rows has shape {rows.shape[0]} x {rows.shape[1]}; {signs.size} signs and {n} "
                              f"samples need {signs.size} x {n}")  # fmt: skip
    in_range(rows, "merged.rows", None)
    return {"signs": signs, "rows": rows, "masses": masses}


def _part(content: dict[str, Any], name: str) -> dict[str, Any]:
    part = content[name]
    if not isinstance(part, dict):
        raise InvalidInstance(f"{name} is {kind(part)}; it must hold {', '.join(_PARTS[name])}")
    known_keys(part, set(_PARTS[name]), f"{name}.")
    return part


def _checked(instance: MarginInstance, *notes: str) -> UserFile:
    """Size limits and fittability, with notes; also what a saved instance has not been asked yet.

    Exact rows and masses of a merged network may have any size, because only their product counts.
    """
    for name, array in instance.arrays().items():
        if array.dtype.kind == "f" or (array.dtype.kind == "U" and name not in ("rows", "masses")):
            sizes = np.abs(fractions_of(array) if array.dtype.kind == "U" else array)
            bad = (sizes != 0) & ((sizes <= TINY) | (sizes >= HUGE))
            if np.any(bad):
                where = tuple(np.argwhere(bad)[0])
                raise InvalidInstance(out_of_size(at(name, where), sizes[where] > 1))
    for name in ("multipliers", "subgradients", "rows", "masses"):
        array = getattr(instance, name)
        if array is not None:
            in_range(array, name, 1 if name == "subgradients" else None, strict=name == "masses")
    squares = (
        (floats_of(instance.points) ** 2).sum(axis=1) if instance.gram is None else floats_of(instance.gram).diagonal()
    )
    for i, square in enumerate(squares + float(bool(instance.bias))):
        if square and not 2.0**-400 <= square <= 2.0**400:
            raise InvalidInstance(f"sample {i} has squared norm {square:.3g}; rescale the data")
    if instance.outputs is not None and not np.any(floats_of(instance.outputs)):
        raise InvalidInstance("every output weight of the network is zero; it computes nothing")
    return UserFile(instance, (*notes, *check_fittable(instance)))
