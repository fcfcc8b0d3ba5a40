"""Proof steps of statements: run each once, wherever it is used, and list what every step rests on."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from theorems.engine.library import collect
from theorems.proof import ProofStep, arguments
from theorems.statement import Statement

Json = dict[str, Any]


@dataclass(frozen=True)
class StepKey:
    """One distinct step, found again in a worker by the targets, a statement that uses it, and its id."""

    targets: tuple[str, ...]
    statement: str
    step: str

    @property
    def label(self) -> str:
        """What the step is, for people; no other step of its run has the same."""
        return f"proof step {self.step} of {self.statement}"


def all_steps(statements: Iterable[Statement], targets: tuple[str, ...] = ()) -> list[StepKey]:
    """Every distinct scalar or checked step of the statements, named once."""
    found: dict[ProofStep, StepKey] = {}
    for statement in statements:
        for step in statement.proof:
            if step.kind in ("scalar", "checked"):
                found.setdefault(step, StepKey(targets, statement.id, step.id))
    return list(found.values())


def _step(key: StepKey) -> ProofStep:
    statement = next(s for s in collect(list(key.targets)) if s.id == key.statement)
    return next(step for step in statement.proof if step.id == key.step)


def run_step(key: StepKey) -> Json:
    """Prove one step; plain JSON with the certificates found."""
    from theorems.engine.prover import prove as prove_step

    result = prove_step(_step(key))
    return result.to_json() | {"certificates": [c for c in result.certificates if c is not None]}


def rows(
    statements: Iterable[Statement], results: dict[StepKey, Json], certificates: Path | None
) -> dict[str, list[Json]]:
    """The proof entries of every statement for its record, certificates of steps written beside the others."""
    by_step = {_step(key): result for key, result in results.items()}
    files = {step: _save(result, certificates) for step, result in by_step.items()}
    return {s.id: [_row(s.slug, step, by_step.get(step), files.get(step)) for step in s.proof] for s in statements}


def _argument(slug: str, step: ProofStep) -> str:
    """What a step that is no relation rests on: the written argument, the reference, or what is missing."""
    if step.kind in ("argued", "checked"):
        return arguments(slug).get(step.anchor, step.anchor)
    return step.reference or step.reason


def _save(result: Json, folder: Path | None) -> str | None:
    if folder is None or not result["certificates"]:
        return None
    from verifiers import certificates

    names = [certificates.save(certificate, folder).name for certificate in result["certificates"]]
    return ", ".join(f"certificates/{name}" for name in names)


def _row(slug: str, step: ProofStep, result: Json | None, file: str | None) -> Json:
    from theorems.engine.prover import prove as prove_step

    if result is None:
        result = prove_step(step).to_json()
    detail = result["detail"]
    if result.get("model"):
        values = ", ".join(f"{name} = {value}" for name, value in result["model"].items())
        detail += f"; counterexample {values}" if result.get("confirmed") else f"; unconfirmed model {values}"
    argument = step.latex() if step.kind == "scalar" else _argument(slug, step)
    return {
        "step": step.id,
        "status": result["status"],
        "by": result["by"] or None,
        "title": step.title,
        "detail": detail,
        "argument": argument,
        "mathml": step.mathml() or None,
        "certificate": file,
        "seconds": round(result["seconds"], 3),
    }


def prove(
    targets: Iterable[str] = (),
    certificates_dir: Path | None = None,
    progress: Callable[[str, int, int, str], None] | None = None,
) -> list[Json]:
    """Run the proof steps of all statements found by `targets`, one row per statement and step.

    With `certificates_dir`, the polynomial certificates that were found are written there.
    """
    names = tuple(targets)
    statements = collect(list(names))
    keys = all_steps(statements, names)
    results: dict[StepKey, Json] = {}
    for number, key in enumerate(keys):
        if progress:
            progress("prove", number, len(keys), f"{key.statement} {key.step}")
        results[key] = run_step(key)
    if progress:
        progress("prove", len(keys), len(keys), "")
    if certificates_dir is not None:
        certificates_dir.mkdir(parents=True, exist_ok=True)
    found = rows(statements, results, certificates_dir)
    return [{"statement": statement.id} | row for statement in statements for row in found[statement.id]]
