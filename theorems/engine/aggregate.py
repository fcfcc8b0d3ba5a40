"""From rows to the record of one statement: counts, least slacks, status. Pure bookkeeping on plain JSON."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from constructions.instance import SOURCES
from theorems.claim import definition_formula
from theorems.statement import Statement
from verifiers.verdict import Rigor

Json = dict[str, Any]


def record(
    statement: Statement, units: list[Json], proof: list[Json], certificates: set[str], generated: Sequence[Json] = ()
) -> Json:
    """The `verification.json` entry of one statement from the finished units of its families, in order.

    `generated` are the rows of its generated mutants, see `theorems.engine.replayed`.
    """
    rows = [row for unit in units for row in unit["rows"] if row["statement"] == statement.id]
    reached = [row for row in rows if _accepted(statement, row)]
    decided = [row for row in reached if row["verdict"]["verdict"] == "Holds"]
    refuted = [row for row in rows if row["verdict"]["verdict"] == "Refuted"]
    rigors = [_rigor(o["rigor"]) for row in reached for o in row["conclusions"] if o["state"] != "undecided"]
    drawn = sum(unit["drawn"] for unit in units)
    mutants = _mutants(statement, units, generated)
    return {
        "id": statement.id,
        "slug": statement.slug,
        "version": statement.source.version,
        "kind": statement.kind,
        "title": statement.title,
        "latex": statement.latex(),
        "source": {
            "paper": statement.source.paper,
            "item": statement.source.item,
            "provenance": statement.source.provenance,
            "version": statement.source.version,
        },
        "status": status(rows, reached, decided, refuted, proof, [claim.name for claim in statement.then]),
        "expected": statement.expected,
        "rigor": {"best": str(max(rigors)) if rigors else None, "weakest": str(min(rigors)) if rigors else None},
        "basis": [statement.basis],
        "instances": {source: sum(row["source"] == source for row in reached) for source in SOURCES},
        "hypotheses": [_hypothesis(claim.name, rows) for claim in statement.given],
        "conclusions": [_conclusion(statement, claim.name, reached, certificates) for claim in statement.then],
        "proof": proof,
        "mutants": mutants,
        "measurements": [],
        "does_not_claim": statement.does_not_claim,
        "seconds": round(sum(row["seconds"] for row in rows), 3),
        "given": [{"name": c.name, "latex": c.latex(), "mathml": c.mathml()} for c in statement.given],
        "then": [{"name": c.name, "latex": c.latex(), "mathml": c.mathml()} for c in statement.then],
        "where": [definition_formula(name, e) for name, e in statement.abbreviations.items()],
        "power": _power(mutants),
        "acceptance": {
            "drawn": drawn,
            "accepted": len(reached),
            "laws": [
                {
                    "law": unit["law"],
                    "source": unit["source"],
                    "drawn": unit["drawn"],
                    "accepted": sum(row["family"] == unit["family"] for row in reached),
                }
                for unit in _by_family(units)
            ],
        },
        "checks_promised": statement.promised,
        "constants": [
            {"name": c.name, "value": str(c.value), "source": c.source} for c in statement.declared_constants.values()
        ],
        "witness": None,
        "notes": _notes(rows),
    }


def _accepted(statement: Statement, row: Json) -> bool:
    """True if every hypothesis held and the instance has what the conclusions speak about, decided or not."""
    held = [outcome["state"] == "holds" for outcome in row["hypotheses"]]
    return row["verdict"]["verdict"] in ("Holds", "Refuted", "Undecided") and held == [True] * len(statement.given)


def _rigor(name: str) -> Rigor:
    return Rigor[name.upper()]


def status(
    rows: list[Json], reached: list[Json], decided: list[Json], refuted: list[Json], proof: list[Json],
    conclusions: Iterable[str] = ("",),
) -> str:  # fmt: skip
    """The honest word for what was found; see `Status` in `theorems.statement`.

    A statement is proved if every step of its proof is, or if the Rocq kernel proved every one of its conclusions.
    """
    if refuted:
        return "refuted"
    if not reached:
        return "vacuous" if rows else "undecided"
    if not decided:
        return "undecided"
    if proof and all(step["status"] in ("proved", "cited") for step in proof):
        return "proved"
    formal = {step.get("title") for step in proof if step.get("by") == "rocq" and step["status"] == "proved"}
    if formal and set(conclusions) <= formal:
        return "proved"
    return "supported"


def _outcomes(rows: Iterable[Json], part: str, name: str) -> list[tuple[Json, Json]]:
    return [(row, o) for row in rows for o in row[part] if o["name"] == name]


def _least(outcomes: list[tuple[Json, Json]]) -> tuple[Json, Json] | None:
    """The least slack among decided entries; undecided ones are counted, and their bounds say nothing."""
    finite = [pair for pair in outcomes if pair[1]["slack"] is not None and pair[1]["state"] != "undecided"]
    return min(finite, key=lambda pair: pair[1]["slack"]) if finite else None


def _hypothesis(name: str, rows: list[Json]) -> Json:
    outcomes = _outcomes(rows, "hypotheses", name)
    held = [pair for pair in outcomes if pair[1]["state"] == "holds"]
    least = _least(held)
    return {
        "name": name,
        "checked": len(outcomes),
        "held": len(held),
        "undecided": sum(o["state"] == "undecided" for _, o in outcomes),
        "least_slack": least[1]["slack"] if least else None,
    }


def _conclusion(statement: Statement, name: str, reached: list[Json], certificates: set[str]) -> Json:
    outcomes = [(row, _concluded(row, name)) for row in reached]
    states = Counter(o["state"] for _, o in outcomes)
    least = _least(outcomes)
    rigors = Counter(f"{statement.basis}/{o['rigor']}" for _, o in outcomes if o["state"] != "undecided")
    reasons = Counter(o["note"] for _, o in outcomes if o["state"] == "undecided")
    worst = None
    if least is not None:
        row, outcome = least
        worst = {
            "digest": row["instance"],
            "file": f"instances/{row['instance'][:12]}.npz",
            "source": row["source"],
            "law": row["law"],
            "at": outcome["where"],
        }
    files = [name for row, _ in outcomes for name in row["certificates"] if name in certificates]
    return {
        "name": name,
        "checked": len(outcomes),
        "held": states["holds"],
        "refuted": states["fails"],
        "undecided": states["undecided"],
        "least_slack": least[1]["slack"] if least else None,
        "relative_slack": least[1]["relative_slack"] if least else None,
        "worst_instance": worst,
        "by_rigor": dict(sorted(rigors.items())),
        "reasons": dict(reasons),
        "certificates": sorted(set(files)),
    }


def _concluded(row: Json, name: str) -> Json:
    """What a row says of one conclusion; where it could not be measured, undecided for the reason of the verdict."""
    open_one = {"name": name, "state": "undecided", "slack": None, "note": row["verdict"].get("reason", "not measured")}
    return next((outcome for outcome in row["conclusions"] if outcome["name"] == name), open_one)


def _mutants(statement: Statement, units: list[Json], generated: Sequence[Json]) -> Json:
    """Declared mutants with the draws that refute them, then the generated ones as they came.

    `planted` are those known to be false that this run tried: of the generated ones those with a replayed witness.
    """
    detail = []
    for mutant in statement.mutants:
        kills = [unit["kills"][key] for unit in units if (key := f"{statement.id}|{mutant.name}") in unit["kills"]]
        state = "killed" if kills else "survivor" if mutant.known_false else "open"
        detail.append(
            {
                "name": mutant.name,
                "status": state,
                "known_false": mutant.known_false,
                "witness": f"{kills[0]['instance'][:12]}: {kills[0]['conclusion']} violated by "
                f"{kills[0]['violation']:.3g} ({kills[0]['rigor']})"
                if kills
                else None,
                "origin": "declared",
            }
        )
    detail += generated
    tried = [m for m in detail if m["known_false"] and m["status"] != "stored"]
    own = [m for m in tried if m["origin"] == "declared"]
    others = [m for m in tried if m["origin"] == "generated"]
    return {
        "planted": len(tried),
        "killed": _killed(tried),
        "open": sum(m["status"] == "open" for m in detail),
        "survivors": [m["name"] for m in tried if m["status"] == "survivor"],
        "declared": {"planted": len(own), "killed": _killed(own)},
        "stored": {
            "planted": len(others),
            "killed": _killed(others),
            "left": sum(m["status"] == "stored" for m in detail),
        },
        "detail": detail,
    }


def _killed(mutants: Iterable[Json]) -> int:
    return sum(mutant["status"] == "killed" for mutant in mutants)


def _power(mutants: Json) -> str:
    declared, stored = mutants["declared"], mutants["stored"]
    parts = []
    if declared["planted"]:
        text = f"the same instances refute {declared['killed']} of {declared['planted']} planted variants"
        parts.append(f"{text} that are known to be false")
    if stored["planted"]:
        text = f"stored witnesses refute {stored['killed']} of {stored['planted']} generated ones"
        parts.append(text + (f", {stored['left']} more were not replayed" if stored["left"] else ""))
    return "; ".join(parts) or "no variant known to be false was planted, so silence of the search says little"


def _by_family(units: list[Json]) -> list[Json]:
    merged: dict[str, Json] = {}
    for unit in units:
        if unit["family"] in merged:
            merged[unit["family"]]["drawn"] += unit["drawn"]
        else:
            merged[unit["family"]] = {key: unit[key] for key in ("family", "law", "source", "drawn")}
    return list(merged.values())


def _notes(rows: list[Json]) -> list[str]:
    reasons = Counter(
        f"{row['verdict']['verdict'].lower()}: {row['verdict']['reason']}"
        for row in rows
        if row["verdict"]["verdict"] in ("Undecided", "Unsupported")
    )
    return [f"{count} instances {reason}" for reason, count in sorted(reasons.items())]
