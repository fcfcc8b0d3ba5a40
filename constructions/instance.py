"""What every construction returns: a frozen mathematical object with a content digest, and where it came from.

An `Instance` holds arrays and scalars exactly as stored. A float64 entry is the dyadic rational it is, an int64 entry
an integer, and a text entry such as ``"1/3"`` an exact rational; `fractions_of` reads all three alike. An instance
does not know its origin; a `Draw` does.
"""

from __future__ import annotations

import hashlib
import io
import os
import zipfile
from dataclasses import dataclass, fields
from fractions import Fraction
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar, Literal, Self

import numpy as np

from constructions.files import write_whole

Source = Literal["random", "structured", "solved", "searched", "trained", "user"]
SOURCES: tuple[Source, ...] = ("random", "structured", "solved", "searched", "trained", "user")


class InvalidInstance(ValueError):
    """The arrays do not describe an object of the declared kind; the text says which entry and what to do."""


class NoInstance(ValueError):
    """The construction found no instance for these parameters; the text says why."""


def fractions_of(array: Any) -> np.ndarray:
    """The exact values of a float64, int64 or text array as an object array of `Fraction` of the same shape."""
    array = np.asarray(array)
    out = np.empty(array.shape, dtype=object)
    flat, source = out.reshape(-1), array.reshape(-1)
    for position, entry in enumerate(source.tolist()):
        flat[position] = Fraction(entry)
    return out


def exact_array(values: Any) -> np.ndarray:
    """Store rationals without rounding: a text array of ``p/q`` with the shape of `values` (nested lists allowed)."""
    array = np.asarray(values, dtype=object)
    out = np.array([str(Fraction(entry)) for entry in array.reshape(-1)], dtype=np.str_)
    return out.reshape(array.shape)


def floats_of(array: Any) -> np.ndarray:
    """Nearest float64 values of a float64, int64 or text array; rationals beyond float64 raise `InvalidInstance`."""
    array = np.asarray(array)
    if array.dtype.kind == "U":
        try:
            return np.array([float(Fraction(entry)) for entry in array.reshape(-1)]).reshape(array.shape)
        except OverflowError:
            raise InvalidInstance("an entry is beyond the range of float64, about 1e308: rescale the data") from None
    return array.astype(np.float64)


def normalise(name: str, value: Any) -> np.ndarray:
    """One stored form per value: float64, int64, bool or text, read-only, with -0.0 stored as 0.0.

    Raises `InvalidInstance` on NaN, infinities, unparsable rationals and unsupported types.
    """
    array = np.array(value)
    if array.dtype.kind == "O":
        array = exact_array(array)
    kind = array.dtype.kind
    if kind == "f":
        array = array.astype(np.float64) + 0.0
        if not np.all(np.isfinite(array)):
            where = tuple(int(i) for i in np.argwhere(~np.isfinite(np.atleast_1d(array)))[0])
            raise InvalidInstance(f"{name} has a NaN or infinite entry at index {where}; every entry must be finite")
    elif kind in "iu":
        array = array.astype(np.int64)
    elif kind == "U":
        try:
            array = exact_array(array)
        except (ValueError, ZeroDivisionError) as error:
            raise InvalidInstance(f"{name} has an entry that is not a rational number such as '1/3': {error}") from None
    elif kind != "b":
        raise InvalidInstance(f"{name} has entries of type {array.dtype}; use floats, integers or texts such as '1/3'")
    array.setflags(write=False)
    return array


@dataclass(frozen=True, eq=False)
class Instance:
    """Base of all instances. A subclass is a frozen dataclass whose fields are arrays, numbers or None.

    Subclasses set `slug` and may override `validate`, which raises `InvalidInstance`. Equality is equality of digests.
    """

    slug: ClassVar[str]

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if value is not None:
                object.__setattr__(self, field.name, normalise(field.name, value))
        self.validate()

    def validate(self) -> None:
        """Raise `InvalidInstance` unless the arrays describe an object of this kind."""

    def arrays(self) -> dict[str, np.ndarray]:
        """The stored arrays by field name, absent parts left out."""
        return {f.name: getattr(self, f.name) for f in fields(self) if getattr(self, f.name) is not None}

    @cached_property
    def digest(self) -> str:
        """SHA-256 over slug, field names, types, shapes and bytes, as 64 hex digits."""
        state = hashlib.sha256(self.slug.encode())
        for name, array in sorted(self.arrays().items()):
            if array.dtype.kind == "U":
                content = "\0".join(array.reshape(-1).tolist()).encode()
            else:
                content = np.ascontiguousarray(array, dtype=array.dtype.newbyteorder("<")).tobytes()
            state.update(f"|{name}|{array.dtype.kind}|{array.shape}|".encode() + content)
        return state.hexdigest()

    @property
    def short_digest(self) -> str:
        """First 12 hex digits: how messages name an instance."""
        return self.digest[:12]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Instance) and self.digest == other.digest

    def __hash__(self) -> int:
        return int(self.digest[:15], 16)

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write one ``.npz`` (no pickle), complete or not at all."""
        content: dict[str, Any] = {"slug": np.array(self.slug)} | self.arrays()
        stream = io.BytesIO()
        np.savez_compressed(stream, **content)
        return write_whole(path, stream.getvalue())

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Self:
        """Read what `save` wrote. Raises `InvalidInstance` on a truncated, foreign or mislabelled file."""
        try:
            with open(path, "rb") as stream, np.load(stream, allow_pickle=False) as stored:
                content = {name: stored[name] for name in stored.files}
        except (OSError, ValueError, EOFError, KeyError, zipfile.BadZipFile) as error:
            raise InvalidInstance(f"{path} is not a readable instance file ({error})") from None
        slug = str(content.pop("slug", ""))
        if slug != cls.slug:
            raise InvalidInstance(f"{path} holds an instance of {slug or 'no slug'}, not of {cls.slug}")
        unknown = sorted(set(content) - {f.name for f in fields(cls)})
        if unknown:
            raise InvalidInstance(f"{path} has unknown fields {', '.join(unknown)}")
        return cls(**content)


@dataclass(frozen=True)
class Draw:
    """An instance together with its origin: which source, from which declared law, with which seed and index."""

    instance: Instance
    source: Source
    law: str
    seed: int = 0
    index: int = 0
    notes: str = ""
