"""What every file of a user's own has in common: JSON or npz with the same dotted keys, a format and a slug.

Whatever is wrong with a file is said in one `InvalidInstance` line in the file's own words.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import numpy as np

from constructions.instance import InvalidInstance
from constructions.kkt_margin.user_numbers import kind


def read_content(path: str | os.PathLike[str]) -> tuple[dict[str, Any], bool]:
    """The keys of a file and whether it is an npz, whose dotted keys are left as they are (see `nested`)."""
    path = Path(path)
    try:
        with path.open("rb") as stream:
            head = stream.read(6)
    except OSError as error:
        raise InvalidInstance(f"cannot read {path}: {error.strerror}") from None
    if not head:
        raise InvalidInstance(f"{path} is empty; give JSON or npz")
    if head.startswith(b"\x93NUMPY"):
        raise InvalidInstance(f"{path} is a single npy array; give JSON, or npz with the keys of --schema")
    if head.startswith(b"PK"):
        return _read_npz(path), True
    return _read_json(path), False


def _read_json(path: Path) -> dict[str, Any]:
    def constant(word: str) -> Any:
        raise InvalidInstance(f"{path} contains {word}; every number must be finite")

    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) < len(pairs):
            twice = next(key for i, (key, _) in enumerate(pairs) if key in [other for other, _ in pairs[:i]])
            raise InvalidInstance(f"{path} gives {twice} twice")
        return found

    try:
        content = json.loads(path.read_bytes(), parse_constant=constant, object_pairs_hook=unique)
    except InvalidInstance:
        raise
    except (ValueError, RecursionError) as error:
        raise InvalidInstance(f"{path} is neither npz nor readable JSON ({error}); it may be truncated") from None
    if not isinstance(content, dict):
        raise InvalidInstance(f"{path} holds {kind(content)}; it must be one JSON object with the keys of --schema")
    return content


def _read_npz(path: Path) -> dict[str, np.ndarray]:
    try:
        with path.open("rb") as stream, np.load(stream, allow_pickle=False) as stored:
            return {name: stored[name] for name in stored.files}
    except Exception as error:  # a broken archive can fail in any layer: zip, deflate, header, shape
        reason = " ".join(str(error).split()) or type(error).__name__
        raise InvalidInstance(f"{path} is not a readable npz file ({reason}); it may be truncated") from None


def nested(content: dict[str, np.ndarray]) -> dict[str, Any]:
    """npz entries as JSON would give them: dotted keys nested, scalars unpacked, arrays kept."""
    found: dict[str, Any] = {}
    for name, array in content.items():
        outer, dot, inner = name.partition(".")
        value = array.item() if array.ndim == 0 and array.dtype.kind in "biufU" else array
        if not dot:
            found[name] = value
        else:
            part = found.setdefault(outer, {})
            if not isinstance(part, dict):
                raise InvalidInstance(f"the file has both {outer} and {name}; give one")
            part[inner] = value
    return found


def check_header(content: dict[str, Any], slug: str, version: int) -> None:
    """Raise `InvalidInstance` unless the content names this format and slug."""
    given = content.get("format")
    if isinstance(given, bool) or given != version:
        said = "is missing" if "format" not in content else f"is {given!r}"
        raise InvalidInstance(f"format {said}; this version reads format {version}")
    if content.get("slug") != slug:
        said = "is missing" if "slug" not in content else f"is {content['slug']!r}"
        raise InvalidInstance(f"slug {said}; it must be {slug!r}")


def known_keys(content: dict[str, Any], known: set[str], place: str) -> None:
    """Raise `InvalidInstance` on a key that is not among the known ones."""
    unknown = sorted(str(key) for key in content if key not in known)
    if unknown:
        raise InvalidInstance(f"unknown key {place}{unknown[0]}; known are {', '.join(sorted(known))}")
