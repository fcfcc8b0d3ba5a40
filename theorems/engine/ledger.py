"""The ledger of stored witnesses: for each mutant that was ever refuted, the string that replays the refutation.

One file per slug, ``theorems/witnesses/<slug>.json``: statement id -> mutant -> {replay, version, rigor, violation}. An
entry counts only for the version of the statement it was found for. Nothing is believed because it is stored: a run
replays an entry before it counts the mutant as killed. Files are written by `add` alone, which
``python -m theorems.engine.fill`` calls.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from constructions.files import write_whole
from theorems.engine import library
from theorems.statement import Statement
from verifiers.errors import UsageError

Json = dict[str, Any]

FOLDER = "witnesses"


def path_of(slug: str) -> Path:
    """The file of a slug, whether it exists or not."""
    return Path(str(files("theorems").joinpath(FOLDER, f"{slug}.json")))


@cache
def stored(slug: str) -> Mapping[str, Mapping[str, Json]]:
    """Everything stored for a slug, by statement id and mutant. Raises `UsageError` for a file that is not JSON."""
    path = path_of(slug) if slug.isidentifier() else None
    if path is None or not path.is_file():
        return {}
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (UnicodeDecodeError, json.JSONDecodeError) as error:
        raise UsageError(f"{path} is not readable JSON ({error}); restore it or remove it") from None


def known(statement: Statement) -> Mapping[str, Json]:
    """The stored witnesses against mutants of a statement of the library, by mutant.

    Empty for a variant, and for a user's statement that merely has the id of another one.
    """
    entries = stored(statement.slug).get(statement.id, {})
    if not entries or not _is_library(statement):
        return {}
    return {name: entry for name, entry in entries.items() if entry["version"] == statement.source.version}


def _is_library(statement: Statement) -> bool:
    return statement.slug in library.slugs() and any(
        (s.given, s.then, s.constants) == (statement.given, statement.then, statement.constants)
        for s in library.statements(statement.slug)
        if s.id == statement.id
    )


def add(slug: str, found: Mapping[str, Mapping[str, Json]], gone: Mapping[str, set[str]] | None = None) -> Path:
    """Store witnesses by statement id and mutant over those there, and forget the mutants in `gone`; returns the file.

    Raises `OSError` where the file cannot be written.
    """
    stored.cache_clear()
    content = {name: dict(entries) for name, entries in stored(slug).items()}
    for name, entries in found.items():
        content.setdefault(name, {}).update(entries)
    for name, mutants in (gone or {}).items():
        for mutant in mutants & set(content.get(name, {})):
            del content[name][mutant]
    kept = {name: dict(sorted(entries.items())) for name, entries in sorted(content.items()) if entries}
    path = path_of(slug)
    path.parent.mkdir(exist_ok=True)
    write_whole(path, json.dumps(kept, indent=1, ensure_ascii=False) + "\n")
    stored.cache_clear()
    return path
