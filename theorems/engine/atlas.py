"""The atlas of constants: what all runs of `sharpen` together say about how far each named constant can move.

Every run is appended to the history of a store. Merged, the most extreme value counts that any run refuted, and the
search efforts add up, each run once. Nothing is taken from the history on trust: the instances it names are built and
decided again from their replay strings, and what no longer does what it did is left out and counted.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from importlib import metadata
from typing import Any

from constructions.instance import InvalidInstance
from constructions.space import Integer, Real, format_value
from theorems.claim import plain_text
from theorems.engine import library
from theorems.engine.grids import canonical
from theorems.engine.origin import Variation, parse, refutes, replay, space_of
from theorems.engine.sharpen import sharpen, value_of
from theorems.engine.store import Store
from theorems.statement import Statement
from verifiers.errors import UsageError
from verifiers.verdict import Holds, HypothesisFailed

Json = dict[str, Any]
Progress = Callable[[str, int, int, str], None]

KIND = "sharpen"
"""What a run is called in the history of a store."""

_IDENTITY = ("statement", "version", "form", "constant", "stronger")
_STATED = ("title", "expected", "value", "source", "in", "claims")
_SHOWN = ("replay", "digest", "verdict", "rigor", "conclusion", "where", "left", "relation", "right", "slack",
          "relative_slack", "point")  # fmt: skip


@dataclass(frozen=True)
class Place:
    """A statement whose constants are to be moved, and the text by which replay strings name it."""

    target: str
    statement: Statement
    names: tuple[str, ...]


def plan(targets: Iterable[str], names: Sequence[str] = ()) -> list[Place]:
    """Which constants of which statements are to be moved; statements without any are passed over.

    Raises `UsageError` if a name, or every statement, has none, or a value is 0, which no factor moves.
    """
    found: dict[str, Place] = {}
    for target in targets:
        for text, statement in library.named(target):
            chosen = tuple(n for n in statement.declared_constants if not names or n in names)
            found.setdefault(statement.id, Place(text, statement, chosen))
    known = {name for place in found.values() for name in place.statement.declared_constants}
    for name in names:
        if name not in known:
            listed = ", ".join(sorted(known)) or "none"
            raise UsageError(f"no constant {name} in {', '.join(found)}; there is {listed}")
    places = [place for place in found.values() if place.names]
    if not places:
        raise UsageError(f"{', '.join(found)}: no claim has a named constant; write C = constant('C', 7) and use it")
    for place in places:
        for name in place.names:
            if value_of(place.statement, name) == 0:
                raise UsageError(f"{place.statement.id}: the constant {name} is 0, and constants are moved by factors")
    return places


def explore(places: Sequence[Place], seconds: float, seed: int, store: Store, progress: Progress | None = None) -> None:
    """Run `sharpen` on every place, each constant with an equal share of the time; every row goes to the history."""
    total, done = sum(len(place.names) for place in places), 0
    for place in places:

        def report(_: str, inner: int, __: int, text: str, before: int = done, of: Place = place) -> None:
            if progress:
                progress(KIND, before + inner, total, f"{of.statement.id} {text}")

        share = seconds / total
        for row in sharpen(Variation(place.target), share * len(place.names), seed, place.names, report):
            run = run_of(place.statement, row)
            subject = f"{run['statement']}|{run['constant']}|{run['stronger']}|{run['version']}"
            store.record(KIND, subject, run | {"budget": share, "thinmargin": metadata.version("thinmargin")})
        done += len(place.names)


def form(statement: Statement) -> str:
    """Digest of what a statement claims, as 12 hex digits: runs on another wording do not count for this one."""
    values = {name: str(value_of(statement, name)) for name in statement.declared_constants}
    claims = [plain_text(claim.relation) for claim in (*statement.given, *statement.then)]
    where = [plain_text(expression) for expression in statement.abbreviations.values()]
    return hashlib.sha256(canonical([claims, where, values]).encode()).hexdigest()[:12]


def run_of(statement: Statement, row: Json) -> Json:
    """A row of `sharpen` with what the statement says, as it is kept in the history."""
    claims = [
        {"role": role, "name": c.name, "text": plain_text(c.relation), "latex": c.latex(), "mathml": c.mathml()}
        for role, part in (("given", statement.given), ("then", statement.then))
        for c in part
        if row["constant"] in c.constants
    ]
    told = {"version": statement.source.version, "form": form(statement), "title": statement.title,
            "expected": statement.expected, "claims": claims, "ends": ends(statement, row["worst"])}  # fmt: skip
    return row | {"statement": statement.id} | told


def ends(statement: Statement, worst: Json | None) -> list[str]:
    """Parameters of the worst instance that are the largest of their space: a wider space may refute more."""
    origin = parse(worst["replay"])[1] if worst else None
    if origin is None or origin.space is None:
        return []
    found = []
    for name, parameter in space_of(statement, origin.space).parameters.items():
        many = isinstance(parameter, Integer) and parameter.high > parameter.low + 1
        value = (origin.point or {})[name]
        if (many or isinstance(parameter, Real)) and value == parameter.high:
            found.append(f"{name} = {format_value(value)}")
    return found


def history(store: Store, places: Sequence[Place] | None = None) -> list[Json]:
    """Entries of an atlas, one for each run in the history, oldest first; of some places or of all."""
    wanted = None if places is None else {(p.statement.id, name) for p in places for name in p.names}
    runs = store.history(KIND)
    return [
        _entry(run["payload"], run["created"])
        for run in runs
        if wanted is None or (run["payload"]["statement"], run["payload"]["constant"]) in wanted
    ]


def _entry(run: Json, created: str) -> Json:
    """One run as an entry of its own."""
    effort = {key: run[key] for key in ("seed", "budget", "measured", "inside", "seconds", "critical", "refuted")}
    identity = hashlib.sha256(canonical([run, created]).encode()).hexdigest()[:12]
    entry = {key: run[key] for key in (*_IDENTITY, *_STATED)}
    entry |= {key: run[key] for key in ("critical", "refuted", "not_refuted", "ends", "measured", "inside", "seconds")}
    entry |= {key: run[key] and {k: run[key][k] for k in _SHOWN} for key in ("witness", "worst")}
    return entry | {"runs": [{"id": identity, "created": created, "thinmargin": run["thinmargin"]} | effort]}


def merge(entries: Iterable[Json], statements: Iterable[Statement]) -> tuple[list[Json], list[str]]:
    """One entry per constant and direction, in the order of the statements, and what was left out, in words.

    Entries of other statements, or of another wording of these, are left out, and so are those whose instances no
    longer do what the entry says.
    """
    current = {statement.id: (statement, form(statement)) for statement in statements}
    groups: dict[tuple[str, str, str], list[Json]] = {}
    for entry in entries:
        key = (entry["statement"], entry["constant"], entry["stronger"])
        groups.setdefault(key, []).append(entry)
    order = list(current)
    merged: list[tuple[Any, Json]] = []
    notes = []
    for key, group in groups.items():
        known = current.get(key[0])
        same = [e for e in group if known and (e["version"], e["form"]) == (known[0].source.version, known[1])]
        kept, broken = _that_replay(same)
        label = f"{key[0]}, {key[1]}"
        if runs := _runs(group) - _runs(same):
            reason = "the statement has changed since" if known else "there is no such statement in the library"
            notes.append(f"{label}: {runs} {'run' if runs == 1 else 'runs'} left out, because {reason}")
        if broken:
            plural = "run names an instance that is" if broken == 1 else "runs name instances that are"
            notes.append(f"{label}: {broken} {plural} no longer what it was, and left out")
        if kept and known:
            place = (order.index(key[0]), list(known[0].declared_constants).index(key[1]), key[2])
            merged.append((place, _combined(kept)))
    return [entry for _, entry in sorted(merged, key=lambda pair: pair[0])], notes


def _runs(entries: Iterable[Json]) -> int:
    return len({run["id"] for entry in entries for run in entry["runs"]})


def _that_replay(entries: list[Json]) -> tuple[list[Json], int]:
    """The entries without those that would decide what is shown but do not replay, and how many these are."""
    kept, broken = list(entries), 0
    good: list[int] = []
    for part in ("refuted", "critical"):
        while (best := _extreme(kept, part)) is not None and id(best) not in good:
            if _replays(best):
                good.append(id(best))
            else:
                kept = [entry for entry in kept if entry is not best]
                broken += 1
    return kept, broken


def _replays(entry: Json) -> bool:
    """Whether the instances of an entry do again what it says: one refutes, the other does not."""
    try:
        if entry["witness"] is not None and not refutes(replay(entry["witness"]["replay"])[2]):
            return False
        worst = entry["worst"]
        return worst is None or isinstance(replay(worst["replay"])[2].verdict, (Holds, HypothesisFailed))
    except (UsageError, InvalidInstance):
        return False


def _extreme(entries: list[Json], part: str) -> Json | None:
    """The entry with the value nearest to, or furthest into, the weaker claims; None if none has one."""
    known = [entry for entry in entries if entry[part] is not None]
    sign = 1 if known and known[0]["stronger"] == "larger" else -1
    return min(known, key=lambda entry: sign * Fraction(entry[part]) * _sign(entry), default=None)


def _sign(entry: Json) -> int:
    """Constants are moved by factors: for a negative one, larger means further from zero."""
    return 1 if Fraction(entry["value"]) > 0 else -1


def _combined(entries: list[Json]) -> Json:
    """Entries of one constant and direction as one: the most extreme findings, and every run once."""
    refuted, critical = _extreme(entries, "refuted"), _extreme(entries, "critical")
    runs = {run["id"]: run for entry in entries for run in entry["runs"]}
    chosen = sorted(runs.values(), key=lambda run: (run["created"], run["id"]))
    totals: Json = {key: sum(run[key] for run in chosen) for key in ("measured", "inside", "seconds")}
    totals["seconds"] = round(totals["seconds"], 2)
    return {key: entries[-1][key] for key in (*_IDENTITY, *_STATED)} | totals | {
        "refuted": refuted and refuted["refuted"],
        "witness": refuted and refuted["witness"],
        "critical": critical and critical["critical"],
        "not_refuted": critical and critical["not_refuted"],
        "worst": critical and critical["worst"],
        "ends": critical["ends"] if critical else [],
        "runs": chosen,
    }
