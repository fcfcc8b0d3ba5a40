"""Where statements are found: by slug, by statement id, or in a file of the user's own."""

from __future__ import annotations

import hashlib
import importlib
import importlib.util
import os
import pkgutil
import re
import sys
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from types import ModuleType

import theorems
from theorems.statement import Statement
from verifiers.errors import UsageError


@cache
def slugs() -> tuple[str, ...]:
    """Every slug of the library: the modules and folders of `theorems` that declare `STATEMENTS`.

    Read off their text: a process that works on one slug, or on a file, does not pay for importing the others.
    """
    names = [module.name for module in pkgutil.iter_modules(theorems.__path__)]
    modules = [name for name in names if not name.startswith(("_", "test_", "conftest"))]
    return tuple(sorted(name for name in modules if _declares(name)))


def _declares(name: str) -> bool:
    spec = importlib.util.find_spec(f"theorems.{name}")
    if spec is None or spec.origin is None:
        return False
    return re.search(r"^STATEMENTS\b.*=", Path(spec.origin).read_text(encoding="utf-8"), re.MULTILINE) is not None


@cache
def _of_slug(slug: str) -> tuple[Statement, ...]:
    found = tuple(importlib.import_module(f"theorems.{slug}").STATEMENTS)
    name = f"theorems.conjectures.{slug}"
    if importlib.util.find_spec(name) is not None:
        found += tuple(importlib.import_module(name).STATEMENTS)
    return found


def statements(target: str | None = None) -> list[Statement]:
    """The statements of a slug, one statement by id, those of a file ``PATH`` or ``PATH::NAME``, or all of them.

    Raises `UsageError` naming what exists if the target does not.
    """
    if target is None:
        return [statement for slug in slugs() for statement in _of_slug(slug)]
    if target in slugs():
        return list(_of_slug(target))
    path, _, name = target.partition("::")
    if path.endswith(".py") or Path(path).exists():
        return _of_file(Path(path), name)
    slug = target.split(".")[0]
    if slug in slugs():
        found = [statement for statement in _of_slug(slug) if statement.id == target]
        if found:
            return found
        known = ", ".join(statement.id for statement in _of_slug(slug))
        raise UsageError(f"no statement {target}; {slug} has {known}")
    raise UsageError(f"no slug, statement or file {target!r}; the slugs are {', '.join(slugs())}")


def named(target: str) -> list[tuple[str, Statement]]:
    """The statements of a target, each with a target of its own, by which a replay string finds it."""
    found = statements(target)
    path = target.partition("::")[0]
    from_file = target not in slugs() and (path.endswith(".py") or Path(path).exists())
    return [(f"{path}::{statement.id}" if from_file else statement.id, statement) for statement in found]


def collect(targets: list[str]) -> list[Statement]:
    """The statements of several targets, each once, in the order given; all of them if no target is given.

    Raises `UsageError` if two statements share an id: one of them would silently stand for both.
    """
    return _each_once([s for target in targets for s in statements(target)] if targets else statements())


def _each_once(found: Iterable[Statement]) -> list[Statement]:
    chosen: dict[str, Statement] = {}
    for statement in found:
        if chosen.setdefault(statement.id, statement) is not statement:
            raise UsageError(f"two different statements are called {statement.id}; rename one of them")
    return list(chosen.values())


_FILES: dict[Path, tuple[bytes, ModuleType]] = {}
"""User files by path, each with the content it was imported from: an edited file is imported again."""


def _module(path: Path) -> ModuleType:
    """The module of a user's file, named after its whole path: two files of one name stand apart.

    The text is compiled here, because Python's own cache takes an edit of equal length within a second for none.
    """
    content = path.read_bytes()
    known, module = _FILES.get(path, (b"", None))
    if module is not None and known == content:
        return module
    name = f"thinmargin_user_{path.stem}_{hashlib.sha256(os.fsencode(path)).hexdigest()[:12]}"
    module = ModuleType(name)
    module.__file__ = str(path)
    before = sys.modules.get(name)
    sys.modules[name] = module  # dataclasses look their module up while it runs
    try:
        exec(compile(content, str(path), "exec", dont_inherit=True), module.__dict__)
    except BaseException:
        del sys.modules[name]
        if before is not None:
            sys.modules[name] = before
        raise
    _FILES[path] = (content, module)
    return module


def _of_file(path: Path, name: str) -> list[Statement]:
    if not path.is_file():
        raise UsageError(f"{path} is not a file; give a slug ({', '.join(slugs())}) or the path of a statement file")
    try:
        module = _module(path.resolve())
    except (Exception, SystemExit) as error:
        raise UsageError(f"{path} cannot be imported: {type(error).__name__}: {error}") from error
    found = {key: value for key, value in vars(module).items() if isinstance(value, Statement)}
    if name:
        chosen = [value for key, value in found.items() if name in (key, value.id)]
        if not chosen:
            raise UsageError(f"{path} has no statement {name}; it has {', '.join(found) or 'none'}")
        return chosen
    if not found:
        raise UsageError(f"{path} declares no statement; `thinmargin new NAME` writes a file that does")
    return _each_once(found.values())
