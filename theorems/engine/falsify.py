"""Question one statement: search for the worst instance, decide it exactly, shrink it, and hand over the evidence."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from constructions.instance import Draw
from constructions.space import format_value
from theorems.claim import Claim
from theorems.engine import evidence
from theorems.engine.mutate import mutants
from theorems.engine.objective import EQUAL, OUTSIDE, Falsify
from theorems.engine.origin import Origin, Variation, refutes, replay, replay_text
from theorems.engine.search import Candidate, Search
from theorems.engine.shrink import shrink
from theorems.statement import Row, Statement, judge
from verifiers.errors import UsageError
from verifiers.verdict import Holds, Refuted, Undecided

Json = dict[str, Any]
Progress = Callable[[str, int, int, str], None]

CONFIRMED = 24
"""Candidates at or below zero in floats that are decided exactly; theorems that are sharp have many at zero."""

TRIED = 8
"""Variants known to be false that the same search is tried on, so that each gets a fair share of the time."""

SHRINKING = 0.25
"""Share of the budget kept for shrinking, and at least a second of it."""


class Decided:
    """Exact verdicts by origin, each computed once."""

    def __init__(self, statement: Statement) -> None:
        self.statement = statement
        self._rows: dict[str, tuple[Draw, Row] | None] = {}

    def __call__(self, origin: Origin) -> tuple[Draw, Row] | None:
        key = str(origin)
        if key not in self._rows:
            draw = origin.draw(self.statement)
            self._rows[key] = None if draw is None else (draw, judge(self.statement, draw))
        return self._rows[key]

    def refuted(self, origin: Origin) -> bool:
        found = self(origin)
        return found is not None and refutes(found[1])


def falsify(
    variation: Variation,
    seconds: float = 60.0,
    seed: int = 0,
    folder: Path | None = None,
    progress: Progress | None = None,
    power: bool = True,
) -> Json:
    """Search for a violation of the statement, or of the variant of it that `variation` describes.

    Returns the finding as plain JSON. `status` is refuted (a witness decided in exact or ball arithmetic, or at law
    level by an exact bound), numerical (floats say no, exact replay does not), survived, or vacuous (no instance met
    the hypotheses). With `folder`, the witness and its certificates are written there. Raises `UsageError` for a
    statement that has nothing to search in.
    """
    statement = variation.statement()
    finding = question(statement, variation, seconds, seed, progress)
    silent = power and finding["status"] != "refuted"
    finding["power"] = kill_rate(variation, seconds / 4, seed, progress) if silent else None
    if folder is not None and finding["witness"] is not None:
        finding["witness"] |= evidence.write(*replay(finding["witness"]["replay"]), folder)
    return finding


def question(
    statement: Statement,
    variation: Variation,
    seconds: float,
    seed: int = 0,
    progress: Progress | None = None,
    violating: Claim | None = None,
) -> Json:
    """One search with what it found, decided and shrunk; see `Falsify` for `violating`."""
    if not statement.spaces and not statement.instances:
        raise UsageError(f"{statement.id} names no space and no family to search in; add `spaces=(...)` to it")
    start = time.perf_counter()
    objective = Falsify(statement, violating)
    search = Search(objective, seconds * (1 - SHRINKING), seed, progress).run()
    decided = Decided(statement)
    hits, numerical = _decide(search.candidates(), decided)
    witness = None
    if hits:
        worst = max(hits, key=lambda c: _violation(decided(c.origin)))
        if progress:
            progress("search", len(search.layers), len(search.layers), "shrinking the witness")
        plainest = shrink(objective, worst.origin, decided.refuted, max(1.0, seconds * SHRINKING))
        witness = shown(variation, plainest, decided) | {"worst": shown(variation, worst.origin, decided)}
    inside = [c for c in search.candidates() if c.score < OUTSIDE]
    status = "refuted" if hits else "numerical" if numerical else "survived" if inside else "vacuous"
    least = numerical[0] if numerical else inside[0] if inside else None
    return {
        "statement": statement.id,
        "target": variation.target,
        "title": statement.title,
        "latex": statement.latex(),
        "variant": {
            "constants": {name: str(value) for name, value in variation.constants.items()},
            "drop": list(variation.drop),
            "mutant": variation.mutant,
        },
        "status": status,
        "seed": seed,
        "budget": seconds,
        "seconds": round(time.perf_counter() - start, 2),
        "layers": [_layer(layer) for layer in search.layers],
        "measured": search.measured,
        "inside": search.inside,
        "witness": witness,
        "least": None if least is None or witness else shown(variation, least.origin, decided),
        "does_not_claim": _limit(status),
    }


def _limit(status: str) -> str:
    if status == "refuted":
        return "One instance refutes the statement as written; nearby variants may still be true."
    if status == "numerical":
        return "Floats violate the statement but no exact replay does: this is no refutation."
    if status == "vacuous":
        return "No instance met the hypotheses, so the search says nothing."
    return "No violation was found in the spaces searched; that is no proof."


def _decide(candidates: list[Candidate], decided: Decided) -> tuple[list[Candidate], list[Candidate]]:
    """Candidates that refute exactly, and those of which only floats say so."""
    hits, numerical = [], []
    for candidate in [c for c in candidates if c.score < EQUAL][:CONFIRMED]:
        found = decided(candidate.origin)
        if found is None:
            continue
        if refutes(found[1]):
            hits.append(candidate)
        elif isinstance(found[1].verdict, Undecided) and "numerical violation" in found[1].verdict.reason:
            numerical.append(candidate)
    return hits, numerical


def _violation(found: tuple[Draw, Row] | None) -> float:
    """How far the worst conclusion is violated, relative to its sides."""
    if found is None:
        return -math.inf
    failed = [outcome.relative_slack for outcome in found[1].conclusions if outcome.state == "fails"]
    return -min(failed, default=math.inf)


def _layer(layer: Any) -> Json:
    content = asdict(layer)
    return content | {"least": layer.least if layer.least < OUTSIDE else None, "seconds": round(layer.seconds, 3)}


def shown(variation: Variation, origin: Origin, decided: Decided) -> Json:
    """A place with its verdict and the string that replays it."""
    found = decided(origin)
    assert found is not None
    draw, row = found
    verdict = row.verdict
    named = [o for o in row.conclusions if not isinstance(verdict, Refuted) or o.name == verdict.conclusion]
    worst = min(named, key=lambda o: o.relative_slack, default=None)
    return {
        "digest": draw.instance.digest,
        "replay": replay_text(variation, origin, draw.instance.digest),
        "law": draw.law,
        "point": {k: format_value(v) for k, v in (origin.point or {}).items()},
        "verdict": type(verdict).__name__,
        "rigor": str(verdict.rigor) if isinstance(verdict, (Refuted, Holds)) else None,
        "reason": getattr(verdict, "reason", None),
        "conclusion": worst.name if worst else None,
        "where": worst.where if worst else "",
        "left": _finite(worst.left) if worst else None,
        "right": _finite(worst.right) if worst else None,
        "relation": next((c.relation.rel_op for c in decided.statement.then if worst and c.name == worst.name), None),
        "slack": _finite(worst.slack) if worst else None,
        "relative_slack": _finite(worst.relative_slack) if worst else None,
    }


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None


def kill_rate(variation: Variation, seconds: float, seed: int, progress: Progress | None) -> Json:
    """How many variants known to be false the same search refutes: what silence is worth.

    All declared ones are tried, and some of those with a stored witness, spread over the operators, up to `TRIED`.
    """
    base = replace(variation, mutant=None)
    original = replace(base, constants={}, drop=()).statement()
    declared = [m for m in original.mutants if m.known_false]
    stored = [m for m in mutants(original)[len(original.mutants) :] if m.known_false]
    step = max(1, math.ceil(len(stored) / max(1, TRIED - len(declared))))
    known = [*declared, *stored[::step]][: max(TRIED, len(declared))]
    killed, survivors = 0, []
    for position, mutant in enumerate(known):
        if progress:
            progress("power", position, len(known), mutant.name)
        own = replace(base, mutant=mutant.name, constants={}, drop=())
        finding = _quick(own, seconds / len(known), seed)
        killed += finding
        survivors += [] if finding else [mutant.name]
    return {"planted": len(known), "killed": killed, "survivors": survivors}


def _quick(variation: Variation, seconds: float, seed: int) -> bool:
    """True if the mutant is refuted within the time; no shrinking."""
    statement = variation.statement()
    search = Search(Falsify(statement), seconds, seed).run()
    hits, _ = _decide(search.candidates(), Decided(statement))
    return bool(hits)
