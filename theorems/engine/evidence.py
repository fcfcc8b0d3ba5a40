"""The files that go with a witness: the instance, and certificates of the refutation that the checker accepts."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import sympy

from constructions.instance import Draw
from theorems.claim import Claim
from theorems.statement import Row, Statement
from verifiers import arithmetic, certificates, recheck
from verifiers.errors import MissingPart, NoCertificate, UsageError
from verifiers.verdict import Refuted

Json = dict[str, Any]

ENTRIES = 4000
"""A hypothesis with more entries than this gets no certificate of its own: the file would be megabytes long."""


def write(statement: Statement, draw: Draw, row: Row, folder: Path) -> Json:
    """Save the instance and its certificates, each rechecked. Raises `UsageError` if nothing can be written there."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        path = draw.instance.save(folder / f"{draw.instance.short_digest}.npz")
        written = [certificates.save(c, folder) for c in refutation(statement, draw, row)]
    except OSError as error:
        raise UsageError(f"cannot write to {folder}: {error.strerror or error}; choose another folder") from None
    outcomes = {name: recheck.check_file(name) for name in written}
    return {
        "file": path.name,
        "certificates": [
            {"file": name.name, "status": outcome.status, "sentence": outcome.sentence}
            for name, outcome in outcomes.items()
        ],
    }


def refutation(statement: Statement, draw: Draw, row: Row) -> Iterator[Json]:
    """Certificates of a refutation: what the slug certifies of the instance, then the arithmetic of the claims.

    The arithmetic says: for the measured enclosures every hypothesis holds and the failing conclusion fails. That the
    instance has these quantities is what the slug's own certificates are for.
    """
    if not isinstance(row.verdict, Refuted):
        return
    if statement.certify is not None:
        yield from statement.certify(draw.instance)
    measured = statement.measure(draw.instance, statement.constants)
    failed = next(claim for claim in statement.then if claim.name == row.verdict.conclusion)
    try:
        for claim in statement.given:
            yield from _arithmetic(statement, claim, measured, draw, negated=False)
        yield from _arithmetic(statement, failed, measured, draw, negated=True, where=row.verdict.where)
    except (MissingPart, NoCertificate):
        return


def _arithmetic(
    statement: Statement, claim: Claim, measured: Any, draw: Draw, negated: bool, where: str = ""
) -> Iterator[Json]:
    """One certificate that the claim holds at every entry, or that it fails at the entry `where`."""
    entries = list(_entries(claim, measured, where if negated else None))
    if not entries or len(entries) > ENTRIES:
        return
    equality = claim.relation.rel_op == "=="
    # a strict claim fails where its slack is <= 0; an equality fails where |difference| > 0
    strict = (not claim.strict) if negated else claim.strict
    enclosures: dict[str, tuple[Fraction, Fraction]] = {}
    parts = []
    for position, values in enumerate(entries):
        names: dict[str, Any] = {name: f"{name}_{position}" if len(entries) > 1 else name for name in values}
        enclosures |= {names[name]: value for name, value in values.items()}
        moved = statement.constants
        names |= {own: moved.get(c.name, c.value) for own, c in claim.constant_symbols.items()}
        expression = prefix(claim.slack_expression, names)
        if expression is None:
            return
        parts.append(("-", expression) if negated else expression)
    combined = parts[0] if len(parts) == 1 else ("min", *parts)
    strict = strict and not (equality and not negated)
    try:
        certificate = certificates.interval_positivity(
            combined, enclosures, strict=strict, statement=statement.id.partition("~")[0],
            version=statement.source.version, instance=draw.instance.digest,
        )  # fmt: skip
    except (ValueError, ZeroDivisionError, RecursionError):
        return
    yield certificate


def prefix(expression: Any, names: dict[str, Any]) -> Any:
    """A sympy expression in the checker's prefix form, symbols read off `names`; None for exp, log and others."""
    if isinstance(expression, sympy.Symbol):
        return names[expression.name]
    if isinstance(expression, sympy.Rational):
        return Fraction(int(expression.p), int(expression.q))
    if isinstance(expression, sympy.Pow):
        base, exponent = expression.args
        half = isinstance(exponent, sympy.Rational) and exponent.q == 2
        inner = prefix(base, names)
        if inner is None or not (half or isinstance(exponent, sympy.Integer)):
            return None
        inner = ("sqrt", inner) if half else inner
        return inner if exponent.p == 1 else ("**", inner, int(exponent.p))
    known = {sympy.Add: "+", sympy.Mul: "*", sympy.Max: "max", sympy.Min: "min", sympy.Abs: "abs"}
    operator = next((text for kind, text in known.items() if isinstance(expression, kind)), None)
    parts = [prefix(part, names) for part in expression.args]
    return None if operator is None or any(part is None for part in parts) else (operator, *parts)


def _entries(claim: Claim, measured: Any, where: str | None) -> Iterator[dict[str, tuple[Fraction, Fraction]]]:
    """Enclosures of the claim's quantities at each distinct entry, or at the named one."""
    enclosures = {name: measured[name] for name in claim.quantities}
    axes = tuple(dict.fromkeys(axis for e in enclosures.values() for axis in e.axes))
    sizes = {axis: e.value.shape[e.axes.index(axis)] for e in enclosures.values() for axis in e.axes}
    wanted = dict(part.rsplit(" ", 1) for part in where.split(", ")) if where else {}
    seen: set[Any] = set()
    for index in np.ndindex(*[sizes[axis] for axis in axes]):
        place = dict(zip(axes, index, strict=True))
        if any(place.get(axis) != int(number) for axis, number in wanted.items()):
            continue
        values = {name: _interval(e, tuple(place[axis] for axis in e.axes)) for name, e in enclosures.items()}
        key = tuple(values.values())
        if key not in seen:
            seen.add(key)
            yield values


def _interval(enclosure: Any, index: tuple[int, ...]) -> tuple[Fraction, Fraction]:
    if enclosure.entries is not None and arithmetic.kind_of(enclosure.entries) == "rational":
        exact = arithmetic.to_fraction(np.asarray(enclosure.entries, dtype=object)[index])
        return exact, exact
    low, high = float(enclosure.lower[index]), float(enclosure.upper[index])
    if not (np.isfinite(low) and np.isfinite(high)):
        raise NoCertificate("a quantity has no finite enclosure")
    return Fraction(low), Fraction(high)
