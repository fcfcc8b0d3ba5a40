"""The user's own instance: every quantity with its enclosure and rigor, every statement's verdict.

What a slug adds lives in ``theorems.<slug>.judging``, found by name:

* ``case(path, seed) -> Case`` reads the user's file and says which objects are to be measured: the data, the network as
  given, the exact object near it. Bad files raise `InvalidInstance` or `UsageError` with one clear line.
* ``SCHEMA`` is a dict with "fields" (name, type, required, meaning) and a complete "example".

Everything returned is plain JSON.
"""

from __future__ import annotations

import importlib
import importlib.util
import math
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from constructions.instance import Draw, Instance, InvalidInstance
from theorems.claim import Claim
from theorems.engine import library
from theorems.engine.work import row_to_json
from theorems.statement import Statement
from theorems.statement import judge as decide
from verifiers.arithmetic import to_fraction
from verifiers.errors import MissingPart, NoCertificate, UsageError
from verifiers.quantity import Enclosure, Measurements, Quantity
from verifiers.verdict import Rigor

Json = dict[str, Any]

NOT_MEASURED = (MissingPart, NoCertificate, InvalidInstance, np.linalg.LinAlgError)
"""Raised by a measurement that this object does not carry; the text takes the place of the number."""

LONGEST_EXACT = 60
"""Characters up to which an exact number is also shown as a fraction."""


@dataclass(frozen=True)
class Part:
    """One object of a case: what it is called, its measurements, and the quantities to show, in order."""

    of: str
    measured: Measurements
    names: tuple[str, ...]


@dataclass(frozen=True)
class Case:
    """A user's file, read: the instance as given, and what is to be said about it.

    `notes` are about the file, `findings` are sentences about what was found. `subject` tells for a statement which
    instance it is judged on and what that is called, or None and the reason why it does not apply.
    """

    instance: Instance
    notes: tuple[str, ...]
    findings: tuple[str, ...]
    parts: tuple[Part, ...]
    subject: Callable[[Statement], tuple[Instance | None, str]]


def _module(slug: str) -> ModuleType:
    if slug not in library.slugs():
        raise UsageError(f"unknown slug {slug!r}; the slugs are {', '.join(library.slugs())}")
    package = importlib.import_module(f"theorems.{slug}")
    name = f"theorems.{slug}.judging"
    if not hasattr(package, "__path__") or importlib.util.find_spec(name) is None:
        raise UsageError(f"{slug} does not judge files of your own yet")
    return importlib.import_module(name)


def schema(slug: str) -> Json:
    """The fields of a file for `slug`, with a complete example."""
    return {"slug": slug} | dict(_module(slug).SCHEMA)


def judge(slug: str, file: str | os.PathLike[str], seed: int = 0) -> Json:
    """Measure and judge what a file describes.

    Returns ``slug, file, instance`` (digest)``, notes, findings, quantities, statements``. A quantity has ``name, of,
    unit, axes, doc, rigor, lower, value, upper`` (lists along its axes) and ``exact`` where it is a short rational, or
    a ``reason`` instead of numbers. A statement has ``id, kind, title, expected, basis, of, verdict, hypotheses,
    conclusions``; every hypothesis is decided on its own, so they also say what the data alone fulfil.
    """
    with np.errstate(all="ignore"):
        case: Case = _module(slug).case(Path(file), seed)
        return {
            "slug": slug,
            "file": str(file),
            "instance": case.instance.digest,
            "notes": list(case.notes),
            "findings": list(case.findings),
            "quantities": [entry for part in case.parts for entry in _quantities(part)],
            "statements": [_statement(statement, case, seed) for statement in library.statements(slug)],
        }


def kernel(slug: str, file: str | os.PathLike[str]) -> Json:
    """What the Rocq kernel proves about the data of a file: ``compiler, skipped, theorems``, found in the slug's
    ``kernel_data.check(instance)``. Raises `UsageError` for a slug that states no theorem about single datasets.
    """
    name = f"theorems.{slug}.kernel_data"
    case = _module(slug).case
    if importlib.util.find_spec(name) is None:
        having = [own for own in library.slugs() if importlib.util.find_spec(f"theorems.{own}.kernel_data") is not None]
        raise UsageError(f"{slug} has no theorem about one dataset for the kernel; {', '.join(having)} has")
    found: Json = importlib.import_module(name).check(case(Path(file), 0).instance)
    return found


def _quantities(part: Part) -> Iterator[Json]:
    for name in part.names:
        declared: Quantity = part.measured.catalogue[name]
        entry = {"name": name, "of": part.of, "unit": declared.unit, "axes": list(declared.axes), "doc": declared.doc}
        try:
            yield entry | _numbers(part.measured[name])
        except NOT_MEASURED as failure:
            yield entry | {"reason": str(failure)}


def _numbers(found: Enclosure) -> Json:
    entry: Json = {
        "rigor": str(found.rigor),
        "lower": found.lower.tolist(),
        "value": found.value.tolist(),
        "upper": found.upper.tolist(),
    }
    if found.rigor == Rigor.EXACT and found.entries is not None and not found.axes:
        text = str(to_fraction(found.entries[()]))
        if len(text) <= LONGEST_EXACT:
            entry["exact"] = text
    return entry


NOT_IN_A_FILE = {
    "runs": "the statement is about how training ends, which a file does not record",
    "law": "the statement is about a random law, not about one instance",
}
"""What a statement of this basis speaks about instead."""


def _statement(statement: Statement, case: Case, seed: int) -> Json:
    instance, of = (
        (None, NOT_IN_A_FILE[statement.basis]) if statement.basis in NOT_IN_A_FILE else case.subject(statement)
    )
    entry: Json = {
        "id": statement.id,
        "kind": statement.kind,
        "title": statement.title,
        "expected": statement.expected,
        "basis": statement.basis,
        "of": of if instance is not None else "",
    }
    if instance is None:
        verdict = {"verdict": "Unsupported", "reason": of}
        return entry | {"verdict": verdict, "hypotheses": [], "conclusions": []}
    row = row_to_json(decide(statement, Draw(instance, "user", "your file", seed)), 0, [])
    return entry | {
        "verdict": row["verdict"],
        "hypotheses": _hypotheses(statement, instance),
        "conclusions": row["conclusions"],
    }


def _hypotheses(statement: Statement, instance: Instance) -> list[Json]:
    measured = statement.measure(instance, statement.constants)
    return [_hypothesis(claim, measured, statement) for claim in statement.given]


def _hypothesis(claim: Claim, measured: Measurements, statement: Statement) -> Json:
    """One hypothesis by itself; state "unmeasured" where the file lacks what it speaks about."""
    try:
        found = claim.decide(measured, statement.constants)
    except MissingPart as missing:
        return {"name": claim.name, "state": "unmeasured", "slack": None, "rigor": None, "note": str(missing)}
    except NOT_MEASURED as failure:
        return {"name": claim.name, "state": "undecided", "slack": None, "rigor": None, "note": str(failure)}
    return {
        "name": claim.name,
        "state": found.state,
        "slack": found.slack if math.isfinite(found.slack) else None,
        "rigor": str(found.rigor),
        "note": found.note,
    }
