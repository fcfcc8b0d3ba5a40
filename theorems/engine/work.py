"""One unit of verification: a range of one family's draws, judged by every statement that uses the family.

Units are independent of each other and of the order in which workers take them: the generator of a draw comes from the
seed, the family and the index alone.
"""

from __future__ import annotations

import hashlib
import math
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from constructions.instance import Draw
from theorems.engine.library import collect
from theorems.statement import Family, Row, Statement, judge
from verifiers.errors import UsageError
from verifiers.verdict import Holds, Refuted

CERTIFIED_DRAWS = 3
"""Certificates are written for this many draws of each random family, and for all structured ones."""


@dataclass(frozen=True)
class Unit:
    """Draws start..stop-1 of one family, for the statements found by `targets`."""

    targets: tuple[str, ...]
    family: str
    start: int
    stop: int
    seed: int
    certificates: str | None

    @property
    def label(self) -> str:
        """What the unit is, for people; no other unit of its run has the same."""
        return f"{self.family} {self.start}-{self.stop - 1}"


def generator(seed: int, family: str, index: int) -> np.random.Generator:
    """The generator of one draw, from seed, family name and index alone."""
    name = int.from_bytes(hashlib.sha256(family.encode()).digest()[:8], "big")
    return np.random.default_rng(np.random.SeedSequence([seed, name, index]))


def draws(family: Family, seed: int, start: int, stop: int) -> Iterator[Draw]:
    """The accepted draws of a family in an index range."""
    for index in range(start, stop):
        instance = family.draw(generator(seed, family.name, index), index)
        if instance is not None:
            yield Draw(instance, family.source, family.law, seed, index)


def families(statements: list[Statement]) -> dict[str, Family]:
    """Every family used by the statements, by name. Raises `UsageError` if two families share a name."""
    found: dict[str, Family] = {}
    for statement in statements:
        for family in statement.instances:
            if found.setdefault(family.name, family) is not family:
                raise UsageError(f"two different families are called {family.name}; rename one of them")
    return found


def run(unit: Unit) -> dict[str, Any]:
    """Judge one unit; the result is plain JSON."""
    return judged(unit, collect(list(unit.targets)))


def judged(unit: Unit, statements: list[Statement]) -> dict[str, Any]:
    """Judge one unit by statements already found; the result is plain JSON."""
    family = families(statements)[unit.family]
    users = [s for s in statements if any(f.name == family.name for f in s.instances)]
    start = time.perf_counter()
    rows: list[dict[str, Any]] = []
    kills: dict[str, dict[str, Any]] = {}
    accepted = 0
    for draw in draws(family, unit.seed, unit.start, unit.stop):
        accepted += 1
        names = _certify(unit, family, users, draw)
        for statement in users:
            row = judge(statement, draw)
            rows.append(row_to_json(row, draw.index, names))
            _mutants(statement, draw, row, kills)
    return {
        "family": family.name,
        "start": unit.start,
        "seed": unit.seed,
        "drawn": unit.stop - unit.start,
        "accepted": accepted,
        "rows": rows,
        "kills": kills,
        "seconds": time.perf_counter() - start,
    }


def labelled(family: Family, result: dict[str, Any]) -> dict[str, Any]:
    """A finished unit with the law its draws came from, on the unit and on every row."""
    label = {"family": family.name, "law": family.law, "source": family.source}
    return result | label | {"rows": [row | label for row in result["rows"]]}


def _mutants(statement: Statement, draw: Draw, row: Row, kills: dict[str, dict[str, Any]]) -> None:
    """Try every mutant not yet killed in this unit. Only an instance rigorous enough to refute counts as a kill."""
    if not isinstance(row.verdict, (Holds, Refuted)) and all(
        m.without is None and m.given is None and not m.constants for m in statement.mutants
    ):
        return
    for mutant, variant in statement.mutations():
        key = f"{statement.id}|{mutant.name}"
        if key in kills:
            continue
        verdict = judge(variant, draw).verdict
        if isinstance(verdict, Refuted):
            kills[key] = {"instance": draw.instance.digest, "family_index": draw.index} | verdict.to_json()


def _certify(unit: Unit, family: Family, users: list[Statement], draw: Draw) -> list[str]:
    if unit.certificates is None or (family.source != "structured" and draw.index >= CERTIFIED_DRAWS):
        return []
    from verifiers import certificates

    names = []
    for certify in dict.fromkeys(s.certify for s in users if s.certify is not None):
        for certificate in certify(draw.instance):
            names.append(certificates.save(certificate, Path(unit.certificates)).name)
    return names


def _number(value: float) -> float | None:
    return value if math.isfinite(value) else None


def row_to_json(row: Row, index: int, certificates: list[str]) -> dict[str, Any]:
    """A row without live objects; infinite slacks become null."""

    def outcomes(items: Any) -> list[dict[str, Any]]:
        return [
            {key: _number(value) if isinstance(value, float) else value for key, value in asdict(o).items()}
            | {"rigor": str(o.rigor)}
            for o in items
        ]

    verdict = {k: _number(v) if isinstance(v, float) else v for k, v in row.verdict.to_json().items()}
    return {
        "statement": row.statement,
        "instance": row.instance,
        "source": row.source,
        "index": index,
        "verdict": verdict,
        "hypotheses": outcomes(row.hypotheses),
        "conclusions": outcomes(row.conclusions),
        "certificates": certificates,
        "seconds": row.seconds,
    }


def replay(statement: Statement, draw: Draw, path: Path) -> bool:
    """True if the instance read back from its file refutes the statement again."""
    stored = type(draw.instance).load(path)
    return isinstance(judge(statement, Draw(stored, draw.source, draw.law, draw.seed, draw.index)).verdict, Refuted)
