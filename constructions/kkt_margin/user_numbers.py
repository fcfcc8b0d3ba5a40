"""Vectors and tables of numbers from JSON or npz, each entry exactly; a bad entry is named in one line."""

from __future__ import annotations

import math
import re
from fractions import Fraction
from typing import Any

import numpy as np

from constructions.instance import InvalidInstance, exact_array, fractions_of
from constructions.kkt_margin.user_schema import NUMBERS

_RATIONAL = re.compile(r"\s*[+-]?(\d+(/\d+)?|(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?)\s*", re.ASCII)
HUGE, TINY = 2.0**190, 2.0**-340  # squares of what lies between are far from overflow and underflow
LONGEST = 1000  # characters of a rational given as text


def in_range(array: np.ndarray, name: str, upper: int | None, strict: bool = False) -> None:
    """Refuse entries below 0 (or equal to it if `strict`) and above `upper`."""
    exact = fractions_of(array)
    for index in np.ndindex(exact.shape):
        value: Any = exact[index]
        if value < 0 or (strict and value == 0) or (upper is not None and value > upper):
            wanted = "positive" if strict else "nonnegative" if upper is None else f"between 0 and {upper}"
            raise InvalidInstance(f"{at(name, index)} is {array[index]}; {name} must be {wanted}")


def vector(value: Any, name: str, size: int | None = None, of: str = "samples", *, bounded: bool = True) -> np.ndarray:
    """A nonempty vector of exact entries, `size` of them if given because there are so many `of` something."""
    array = _array(value, name, 1, bounded)
    if size is not None and array.size != size:
        raise InvalidInstance(f"{name} has {array.size} entries; {size} {of} need {size}")
    return array


def table(value: Any, name: str, *, bounded: bool = True) -> np.ndarray:
    """A nonempty table of exact entries, all rows of one length."""
    return _array(value, name, 2, bounded)


def _array(value: Any, name: str, depth: int, bounded: bool) -> np.ndarray:
    """A nonempty vector or table of numbers in the one stored form that keeps every entry exactly."""
    shape = "a list of numbers" if depth == 1 else "a list of rows of numbers"
    if isinstance(value, np.ndarray):
        if value.ndim != depth:
            raise InvalidInstance(f"{name} has {value.ndim} axes; it must be {shape}")
        if value.dtype.kind not in "iufU" or (value.dtype.kind == "f" and value.dtype.itemsize > 8):
            raise InvalidInstance(f"{name} has entries of type {value.dtype}; {NUMBERS}")
        value = value.tolist()
    if not isinstance(value, list) or not value:
        raise InvalidInstance(f"{name} is {kind(value)}; it must be {shape}, at least one")
    rows = [value] if depth == 1 else value
    for i, row in enumerate(rows):
        if not isinstance(row, list) or not row:
            raise InvalidInstance(f"{at(name, (i,))} is {kind(row)}; {name} must be {shape}")
        if len(row) != len(rows[0]):
            raise InvalidInstance(f"{name} is ragged: row {i} has {len(row)} entries, row 0 has {len(rows[0])}")
    entries = [_number(entry, name, (j,) if depth == 1 else (i, j), bounded) for i, row in enumerate(rows)
               for j, entry in enumerate(row)]  # fmt: skip
    array = _stored(entries).reshape(len(rows), -1)
    return array[0] if depth == 1 else array


def _stored(entries: list[int | float | Fraction]) -> np.ndarray:
    """int64 or float64 where that is exact, rationals as text otherwise."""
    if all(isinstance(entry, int) and abs(entry) < 2**62 for entry in entries):
        return np.array(entries, dtype=np.int64)
    if all(isinstance(entry, float) or (isinstance(entry, int) and abs(entry) <= 2**53) for entry in entries):
        return np.array(entries, dtype=np.float64)
    return exact_array(entries)


def _number(entry: Any, name: str, index: tuple[int, ...], bounded: bool) -> int | float | Fraction:
    """One entry exactly; booleans, nulls, non-finite and (if `bounded`) astronomical numbers are refused."""
    if isinstance(entry, bool) or not isinstance(entry, (int, float, str)):
        raise InvalidInstance(f"{at(name, index)} is {kind(entry)}; {NUMBERS}")
    if isinstance(entry, float) and not math.isfinite(entry):
        said = "NaN" if math.isnan(entry) else "infinite"
        raise InvalidInstance(f"{at(name, index)} is {said}; every number must be finite")
    value: int | float | Fraction
    if isinstance(entry, str):
        try:
            if len(entry) > LONGEST or not _RATIONAL.fullmatch(entry):
                raise ValueError
            value = Fraction(entry)
        except (ValueError, ZeroDivisionError):
            said = entry if len(entry) <= 20 else f"{entry[:20]}..."
            raise InvalidInstance(f"{at(name, index)} is the text {said!r}; {NUMBERS}") from None
    else:
        value = entry
    size: Any = abs(value)
    if value and bounded and not TINY < size < HUGE:
        raise InvalidInstance(out_of_size(at(name, index), size > 1))
    return value


def out_of_size(place: str, large: bool) -> str:
    """The line about an entry of astronomical size."""
    return (
        f"{place} is too {'large' if large else 'small'} for float arithmetic; rescale so that nonzero entries lie "
        "between 1e-102 and 1e57"
    )


def at(name: str, index: tuple[int, ...]) -> str:
    """How a message names an entry: ``X[2][0]``."""
    return name + "".join(f"[{int(i)}]" for i in index)


def kind(value: Any) -> str:
    """How a message names a value of the wrong kind."""
    if value is None:
        return "missing or null"
    if isinstance(value, (bool, np.bool_)):
        return str(bool(value)).lower()
    if isinstance(value, dict):
        return "an object"
    if isinstance(value, (list, tuple)):
        return "a list" if len(value) else "an empty list"
    if isinstance(value, str):
        return f"the text {value[:20]!r}"
    return f"an array of type {value.dtype}" if isinstance(value, np.ndarray) else f"{value!r}"
