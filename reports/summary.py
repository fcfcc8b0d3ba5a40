"""Counts over a record, what needs attention, and the exit code. Recorded numbers are added up, nothing is measured."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from reports.records import RIGORS, STATUSES, Record, Statement, real

NECESSITY = ("needed", "needed in floats only", "not shown to be needed", "refutes the statement itself")
"""What a search without a hypothesis may find."""

FINITE_CHECK = (
    "What a finite check does not show: that a statement is true. “Supported” means that no violation was found among "
    "the instances counted beside it, by a search whose power is stated there; only “proved” speaks of all parameter "
    "values, and “vacuous” says that nothing was tested."
)


def overview(statement: Statement) -> dict[str, Any]:
    """The numbers of one statement that a headline shows.

    drawn and accepted: instances built, and those on which every hypothesis held; checked: the least number of checks
    any conclusion received; undecided: the largest number of undecided checks of any; least_slack over all
    conclusions; mutants and proof steps counted by outcome.
    """
    conclusions, acceptance = statement["conclusions"], statement.get("acceptance")
    checked = min((claim["checked"] for claim in conclusions), default=0)
    slacks = [slack for claim in conclusions if (slack := real(claim["least_slack"])) is not None]
    return {
        "drawn": acceptance["drawn"] if acceptance else sum(statement["instances"].values()),
        "accepted": acceptance["accepted"] if acceptance else max((c["checked"] for c in conclusions), default=0),
        "checked": checked,
        "promised": statement.get("checks_promised"),
        "undecided": max((claim["undecided"] for claim in conclusions), default=0),
        # a NaN slack is shown as NaN: min() would hide it
        "least_slack": next((slack for slack in slacks if slack != slack), min(slacks, default=None)),
        "planted": statement["mutants"]["planted"],
        "killed": statement["mutants"]["killed"],
        "open_mutants": statement["mutants"]["open"],
        "proof": Counter(step["status"] for step in statement["proof"]),
        "certificates": sorted({name for claim in conclusions for name in claim["certificates"]}),
        "expected": as_expected(statement),
    }


def as_expected(statement: Statement) -> bool:
    """Whether the status is the expected one; proved where supported was expected counts as expected."""
    return statement["status"] == statement["expected"] or (statement["status"], statement["expected"]) == (
        "proved",
        "supported",
    )


def problems(record: Record) -> list[tuple[str, str]]:
    """What makes a run end with exit code 1, as (statement id or file, one sentence)."""
    found = []
    for statement in record["statements"]:
        name, status, expected = statement["id"], statement["status"], statement["expected"]
        checked, promised = overview(statement)["checked"], statement.get("checks_promised", 0)
        witness = statement.get("witness")
        if status == "refuted" and expected != "refuted":
            found.append((name, f"this {statement['kind']} is refuted; {expected} was expected"))
        elif expected == "refuted" and status == "refuted" and not (witness and witness["replayed"]):
            found.append((name, "the stored counterexample was not replayed"))
        elif expected == "refuted" and status != "refuted":
            found.append((name, f"the shipped counterexample no longer refutes it: the status is {status}"))
        elif not as_expected(statement):
            found.append((name, f"the status is {status}; {expected} was expected"))
        if checked < promised and expected not in ("refuted", "vacuous"):
            found.append((name, f"under-checked: {checked} of the {promised} promised checks ran"))
        for mutant in statement["mutants"].get("detail", []):
            if mutant.get("origin") == "generated" and mutant["status"] == "survivor":
                found.append((name, f"mutant {mutant['name']!r}: {mutant.get('witness') or 'it survives'}"))
        for row in statement.get("necessity", []):
            if row["status"] == "refutes the statement itself":
                text = f"refuted by an instance that was to violate {row['hypothesis']!r}: {row['replay']}"
                found.append((name, text))
        for step in statement["proof"]:
            if step["status"] == "refuted":
                detail = step.get("detail") or "see its counterexample"
                found.append((name, f"proof step {step['step']} is false as stated: {detail}"))
    for rejected in record.get("kernel", {}).get("rejected", []):
        theorem, _, reason = rejected.partition(": ")
        found.append((theorem, f"rejected by the Rocq kernel: {reason}"))
    for entry in record.get("certificates", []):
        if entry["status"] != "accepted":
            found.append((entry["file"], f"certificate {entry['status']}: {entry['sentence']}"))
    return found


def summarise(record: Record) -> dict[str, Any]:
    """The ``summary`` of a record: statements by status, weakest rigor, denominators, mutants, proof steps, problems.

    drawn and accepted count pairs (statement, instance), since one instance usually serves several statements. Where
    it was searched which hypotheses are needed, they are counted by what was found.
    """
    rows = [overview(statement) for statement in record["statements"]]
    by_status = Counter(statement["status"] for statement in record["statements"])
    proof: Counter[str] = sum((row["proof"] for row in rows), Counter())
    needed = Counter(row["status"] for statement in record["statements"] for row in statement.get("necessity", []))
    weakest = [s["rigor"]["weakest"] for s in record["statements"] if s["rigor"]["weakest"] is not None]
    return {
        "statements": len(rows),
        "as_expected": sum(row["expected"] for row in rows),
        "by_status": {status: by_status[status] for status in STATUSES if by_status[status]},
        "weakest_rigor": max(weakest, key=RIGORS.index, default=None),
        "drawn": sum(row["drawn"] for row in rows),
        "accepted": sum(row["accepted"] for row in rows),
        "mutants": {
            name: sum(row[key] for row in rows)
            for name, key in (("planted", "planted"), ("killed", "killed"), ("open", "open_mutants"))
        },
        "proof": {
            status: proof[status] for status in ("proved", "cited", "argued", "open", "refuted") if proof[status]
        },
        **({"necessity": dict(needed)} if needed else {}),
        "certificates": dict(Counter(entry["status"] for entry in record.get("certificates", []))),
        "problems": [f"{name}: {sentence}" for name, sentence in problems(record)],
    }


def exit_code(record: Record) -> int:
    """0 if every statement has its expected status and the promised checks ran, else 1."""
    return 1 if problems(record) else 0


def necessity_sentence(counts: Mapping[str, int]) -> str:
    """What the searches for needed hypotheses found, in one sentence with its denominator; empty without any."""
    if not counts:
        return ""
    others = [f"{counts[status]} {status}" for status in NECESSITY[1:] if counts.get(status)]
    shown = f"{counts.get(NECESSITY[0], 0)} of {sum(counts.values())} hypotheses shown to be needed"
    return "; ".join([f"{shown} by an instance that replays", *others]) + "."
