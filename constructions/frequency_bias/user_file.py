"""The user's own filter, signal, predictor or net on a circle, from JSON or npz; what is wrong is said in one line."""

from __future__ import annotations

import os
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

from constructions.frequency_bias.bands import low_band
from constructions.frequency_bias.instance import FrequencyInstance
from constructions.instance import InvalidInstance, fractions_of
from constructions.kkt_margin.user_numbers import table, vector
from constructions.user_content import check_header, known_keys, nested, read_content

FORMAT = 1

FIELDS: tuple[dict[str, Any], ...] = (
    {"name": "format", "type": "1", "required": True, "meaning": "version of this format"},
    {"name": "slug", "type": '"frequency_bias"', "required": True, "meaning": "which theory the file is for"},
    {"name": "N", "type": "integer >= 1", "required": True, "meaning": "number of sites of the circle"},
    {"name": "u", "type": "K numbers, or L rows of K numbers", "required": False,
     "meaning": "taps of a filter, or of the layers of a composition; K <= N"},
    {"name": "band", "type": "increasing integers in 0..N-1", "required": False, "meaning": "frequencies of the band"},
    {"name": "half_width", "type": "integer >= 0", "required": False, "meaning": "instead: the low band |d| <= W"},
    {"name": "x", "type": "N numbers", "required": False, "meaning": "a signal"},
    {"name": "sites", "type": "increasing integers in 0..N-1", "required": False,
     "meaning": "a set of sites on which the energy of the signal is looked at; with x"},
    {"name": "beta", "type": "N numbers", "required": False, "meaning": "a linear predictor f(x) = <beta, x>"},
    {"name": "U", "type": "C rows of K numbers", "required": False,
     "meaning": "filters of a two-layer net, beta = sum_c U_c * V_c (circular convolution); with V"},
    {"name": "V", "type": "C rows of N numbers", "required": False, "meaning": "its readouts; with U"},
    {"name": "K", "type": "integer >= 1", "required": False,
     "meaning": "taps of the nets that a predictor or data are judged for, where no filter says so"},
    {"name": "X", "type": "n rows of N numbers", "required": False, "meaning": "labelled points; with y"},
    {"name": "y", "type": "n entries of +1 or -1", "required": False, "meaning": "their labels; with X"},
)  # fmt: skip

EXAMPLE: dict[str, Any] = {
    "format": 1, "slug": "frequency_bias", "N": 32, "u": [1, 2, "3/2", 2, 1], "half_width": 4,
    "x": [1, 0, 0, 0] * 8,
}  # fmt: skip

PARTS = {"x": "signal", "beta": "predictor", "U": "filters", "V": "readouts", "X": "points", "y": "labels"}
"""Fields of the file by the name of the part of an instance they become."""


@dataclass(frozen=True)
class UserFile:
    """What a file holds, and notes on what is unusual."""

    instance: FrequencyInstance
    notes: tuple[str, ...]


def read_user_file(path: str | os.PathLike[str]) -> UserFile:
    """Read a file of the user. Raises `InvalidInstance` with one line that names the entry and what to do."""
    content, packed = read_content(path)
    if packed and "length" in content:
        return UserFile(FrequencyInstance.load(Path(path)), ())
    return parse(nested(content) if packed else content)


def parse(content: dict[str, Any]) -> UserFile:
    """The instance that a file's content describes, JSON objects or arrays alike."""
    known_keys(content, {field["name"] for field in FIELDS}, "")
    check_header(content, FrequencyInstance.slug, FORMAT)
    if "N" not in content:
        raise InvalidInstance("the file has no N, the number of sites of the circle")
    length = _whole(content["N"], "N")
    parts: dict[str, Any] = {"length": length}
    if "u" in content:
        parts["taps"] = _taps(content["u"])
    parts |= {name: _read(key, content[key], length) for key, name in PARTS.items() if key in content}
    for one, other in (("U", "V"), ("X", "y")):
        if (one in content) != (other in content):
            raise InvalidInstance(f"{one} and {other} belong together; give both or neither")
    if "sites" in content:
        parts["sites"] = _integers(content["sites"], "sites")
    if "K" in content:
        parts["kernel"] = _whole(content["K"], "K")
    parts |= _band(content, length)
    if len(parts) == 1 + ("band" in parts):
        raise InvalidInstance("the file has nothing to judge; give u, x, beta, U and V, or X and y")
    notes = () if "band" in parts else ("no band is given: nothing is said about shares of energy in one",)
    return UserFile(FrequencyInstance(**parts), notes)


def _read(key: str, value: Any, length: int) -> np.ndarray:
    if key in ("x", "beta"):
        return vector(value, key, length, "sites")
    if key == "y":
        labels = vector(value, key)
        for i, entry in enumerate(fractions_of(labels).tolist()):
            if abs(entry) != 1:
                raise InvalidInstance(f"y[{i}] is {labels[i]}; every label must be +1 or -1")
        return labels
    rows = table(value, key)
    if key != "U" and rows.shape[1] != length:
        raise InvalidInstance(f"{key} has rows of {rows.shape[1]} numbers; {length} sites need {length}")
    return rows


def _taps(value: Any) -> np.ndarray:
    many = (isinstance(value, list) and bool(value) and isinstance(value[0], list)) or np.ndim(value) == 2
    return table(value, "u") if many else vector(value, "u")


def _band(content: dict[str, Any], length: int) -> dict[str, Any]:
    if "band" in content and "half_width" in content:
        raise InvalidInstance("the file has both band and half_width; give one")
    if "band" in content:
        if isinstance(content["band"], list) and not content["band"]:
            raise InvalidInstance("the band is empty; give at least one frequency in 0..N-1")
        return {"band": _integers(content["band"], "band")}
    if "half_width" in content:
        return {"band": low_band(length, _whole(content["half_width"], "half_width", 0))}
    return {}


def _integers(value: Any, name: str) -> np.ndarray:
    entries = [Fraction(entry) for entry in fractions_of(vector(value, name)).tolist()]
    for i, entry in enumerate(entries):
        if entry.denominator != 1:
            raise InvalidInstance(f"{name}[{i}] is {entry}; it must be an integer")
    return np.array([int(entry) for entry in entries], dtype=np.int64)


def _whole(value: Any, name: str, least: int = 1) -> int:
    number = _integers([value], name)[0]
    if number < least:
        raise InvalidInstance(f"{name} is {number}; it must be at least {least}")
    return int(number)
