"""What a test of a statement needs: its record on its own families, and the check that it is what was promised."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from theorems.engine import aggregate, work
from theorems.statement import Family, Statement
from verifiers import arithmetic
from verifiers.quantity import Enclosure

Json = dict[str, Any]


class Bench:
    """Judges statements in this process. A family that several of `statements` use is drawn and measured once."""

    def __init__(self, statements: Sequence[Statement], profile: str = "quick", seed: int = 0) -> None:
        self.statements = list(statements)
        self.profile, self.seed = profile, seed
        self._units: dict[str, Json] = {}

    def record(self, statement: Statement) -> Json:
        """The record of one of the statements; without certificate files, and without its proof steps."""
        return aggregate.record(statement, [self._unit(family) for family in statement.instances], [], set())

    def _unit(self, family: Family) -> Json:
        if family.name not in self._units:
            unit = work.Unit((), family.name, 0, family.count(self.profile), self.seed, None)
            self._units[family.name] = work.labelled(family, work.judged(unit, self.statements))
        return self._units[family.name]


def checks(statement: Statement, profile: str = "quick", seed: int = 0) -> Json:
    """The record of one statement on its own families, as `thinmargin verify` writes it, without files and proof."""
    return Bench([statement], profile, seed).record(statement)


def assert_as_expected(record: Json) -> None:
    """The status is the expected one, the promised checks were decided, and every mutant known to be false died."""
    name, expected = record["id"], record["expected"]
    # proof steps are no part of such a record: without them nothing is more than supported
    wanted = "supported" if expected == "proved" else expected
    assert record["status"] == wanted, f"{name} is {record['status']}, not {wanted}; {record['notes']}"
    decided = min(c["checked"] - c["undecided"] for c in record["conclusions"])
    if wanted != "vacuous":
        promised = record["checks_promised"]
        assert decided >= promised, f"{name}: {decided} of the {promised} promised checks were decided"
    survivors = record["mutants"]["survivors"]
    assert not survivors, f"{name}: no instance refutes the planted mutants {', '.join(survivors)}"


def exact(enclosure: Enclosure) -> Any:
    """The value of an exact quantity as a fraction, or as nested lists of fractions along its axes.

    Raises `ValueError` if the quantity was not measured exactly.
    """
    if enclosure.entries is None or arithmetic.kind_of(enclosure.entries) != "rational":
        raise ValueError(f"measured with {enclosure.rigor} rigor; exact values exist only for exact quantities")
    return arithmetic.fractions(enclosure.entries).tolist()
