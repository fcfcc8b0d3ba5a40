"""The main job: draw, measure, judge and prove, in parallel, interruptible, with one record at the end."""

from __future__ import annotations

import hashlib
import json
import multiprocessing
import os
import platform
import shutil
import tempfile
import time
from collections.abc import Callable, Iterable
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from importlib import metadata
from pathlib import Path
from typing import Any

from theorems.engine import aggregate, prove, work
from theorems.engine.library import collect
from theorems.statement import Family, Statement
from verifiers.errors import UsageError

Progress = Callable[[str, int, int, str], None]
Json = dict[str, Any]

UNIT = 10
"""Draws per unit: about a second of work, so that an interrupted run loses little."""


def verify(
    targets: Iterable[str],
    profile: str = "quick",
    seed: int = 0,
    out: str | os.PathLike[str] = "out",
    workers: int = 2,
    progress: Progress | None = None,
) -> Json:
    """Check every statement of `targets`; return the record of schema 1, write certificates and worst instances.

    Finished units are kept in ``out/.units`` until the run completes, so an interrupted run resumes where it stopped.
    Raises `UsageError` for unknown targets and an unwritable folder.
    """
    start = time.perf_counter()
    names = tuple(targets)
    statements = collect(list(names))
    folder = _prepare(Path(out))
    families = work.families(statements)
    plan = _plan(names, families, profile, seed, folder)
    steps = prove.all_steps(statements, names)
    report = progress or (lambda *_: None)
    results, proofs = _execute(plan, steps, folder, workers, report, _key(names, statements, profile, seed))
    units = [work.labelled(families[unit.family], results[unit]) for unit in plan]
    proof = prove.rows(statements, proofs, folder / "certificates")
    record = _assemble(statements, units, proof, folder)
    shutil.rmtree(folder / ".units", ignore_errors=True)
    return {
        "schema": 1,
        "thinmargin": metadata.version("thinmargin"),
        "profile": profile,
        "seed": seed,
        "environment": environment(),
        "seconds": round(time.perf_counter() - start, 2),
    } | record


def environment() -> dict[str, str]:
    """Versions that may matter for a rerun."""
    packages = ("numpy", "scipy", "sympy", "numba", "cvxpy", "torch", "python-flint", "z3-solver", "hypothesis")
    return {"python": platform.python_version(), "system": platform.system(), "machine": platform.machine()} | {
        name: metadata.version(name) for name in packages
    }


def _prepare(folder: Path) -> Path:
    try:
        for part in ("certificates", "instances", ".units"):
            (folder / part).mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise UsageError(
            f"cannot write to {folder}: {error.strerror or error}; choose another folder with --out"
        ) from None
    return folder


def _key(targets: tuple[str, ...], statements: list[Statement], profile: str, seed: int) -> str:
    """Identifies what a stored unit was computed with: statements, profile, seed, every line of our code and files."""
    state = hashlib.sha256(
        json.dumps([[s.id, s.source.version, s.latex()] for s in statements] + [profile, seed]).encode()
    )
    root = Path(__file__).resolve().parents[2]
    files = [Path(target.partition("::")[0]) for target in targets]
    for package in ("theorems", "constructions", "verifiers"):
        files += sorted((root / package).rglob("*.py"))
    for path in files:
        state.update(path.read_bytes() if path.is_file() else b"")
    return state.hexdigest()[:16]


def _plan(
    targets: tuple[str, ...], families: dict[str, Family], profile: str, seed: int, folder: Path
) -> list[work.Unit]:
    return [
        work.Unit(targets, name, start, min(start + UNIT, family.count(profile)), seed, str(folder / "certificates"))
        for name, family in families.items()
        for start in range(0, family.count(profile), UNIT)
    ]


def _stored(folder: Path, key: str, unit: work.Unit) -> Path:
    return folder / ".units" / f"{key}-{unit.family}-{unit.start}.json"


def _execute(
    plan: list[work.Unit], steps: list[prove.StepKey], folder: Path, workers: int, progress: Progress, key: str
) -> tuple[dict[work.Unit, Json], dict[prove.StepKey, Json]]:
    results: dict[work.Unit, Json] = {}
    proofs: dict[prove.StepKey, Json] = {}
    for unit in plan:
        path = _stored(folder, key, unit)
        if path.is_file():
            results[unit] = json.loads(path.read_text())
    total = len(plan) + len(steps)
    progress("verify", len(results), total, "")
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, mp_context=context, initializer=_limit) as pool:
        pending: dict[Future[Json], tuple[str, Any]] = {}
        for step in steps:
            pending[pool.submit(prove.run_step, step)] = ("step", step)
        for unit in sorted((u for u in plan if u not in results), key=lambda u: u.family != "gradient_points"):
            pending[pool.submit(work.run, unit)] = ("unit", unit)
        try:
            while pending:
                done, _ = wait(pending, return_when=FIRST_COMPLETED)
                for future in done:
                    kind, item = pending.pop(future)
                    if kind == "unit":
                        results[item] = future.result()
                        write_json(_stored(folder, key, item), results[item])
                        text = f"{item.family} {item.start}-{item.stop - 1}"
                    else:
                        proofs[item] = future.result()
                        text = f"proof step {item.step}"
                    progress("verify", len(results) + len(proofs), total, text)
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    return results, proofs


def _limit() -> None:
    from constructions.threads import limit_threads

    limit_threads(worker=True)


def write_json(path: Path, content: Any) -> None:
    """Write JSON under a temporary name, then rename: complete or absent."""
    handle, temporary = tempfile.mkstemp(dir=path.parent, suffix=".tmp")
    with os.fdopen(handle, "w") as stream:
        json.dump(content, stream)
    os.replace(temporary, path)


def _assemble(statements: list[Statement], units: list[Json], proof: dict[str, list[Json]], folder: Path) -> Json:
    from verifiers import recheck

    current = {name for unit in units for row in unit["rows"] for name in row["certificates"]}
    current |= {
        Path(name).name for rows in proof.values() for row in rows for name in (row["certificate"] or "").split(", ")
    }
    for path in (folder / "certificates").glob("*.json"):
        if path.name not in current:
            path.unlink()
    outcomes = {path.name: recheck.check_file(path) for path in sorted((folder / "certificates").glob("*.json"))}
    accepted = {name for name, outcome in outcomes.items() if outcome.status == "accepted"}
    records = []
    for statement in statements:
        names = {family.name for family in statement.instances}
        own = [unit for unit in units if unit["family"] in names]
        records.append(aggregate.record(statement, own, proof[statement.id], accepted))
    _keep_worst(statements, records, units, folder)
    catalogue = {
        q.name: {"name": q.name, "unit": q.unit, "axes": list(q.axes), "doc": q.doc}
        for statement in statements
        for q in statement.quantities()
    }
    kinds = {name: name.rsplit("-", 1)[0] for name in outcomes}
    return {
        "statements": records,
        "quantities": list(catalogue.values()),
        "certificates": [
            {
                "file": f"certificates/{name}",
                "kind": kinds[name],
                "status": outcome.status,
                "sentence": outcome.sentence,
            }
            for name, outcome in outcomes.items()
        ],
    }


def _keep_worst(statements: list[Statement], records: list[Json], units: list[Json], folder: Path) -> None:
    """Regenerate and save the instances named as worst; a refuted statement must fail again on its stored witness."""
    seeds = {(row["instance"], row["family"]): row["index"] for unit in units for row in unit["rows"]}
    families = work.families(statements)
    by_digest = {digest: (family, index) for (digest, family), index in seeds.items()}
    needed = {c["worst_instance"]["digest"] for r in records for c in r["conclusions"] if c["worst_instance"]}
    witnesses = {record["id"]: _witness(record, units) for record in records if record["status"] == "refuted"}
    needed |= {row["instance"] for row in witnesses.values()}
    seed = next((unit["seed"] for unit in units), 0)
    for path in (folder / "instances").glob("*.npz"):
        path.unlink()
    kept = {}
    for digest in sorted(needed):
        family, index = by_digest[digest]
        draw = next(work.draws(families[family], seed, index, index + 1))
        draw.instance.save(folder / "instances" / f"{digest[:12]}.npz")
        kept[digest] = draw
    for statement, record in zip(statements, records, strict=True):
        if record["id"] in witnesses:
            row = witnesses[record["id"]]
            again = work.replay(statement, kept[row["instance"]], folder / "instances" / f"{row['instance'][:12]}.npz")
            record["witness"] = {
                "replayed": again,
                "instance": f"instances/{row['instance'][:12]}.npz",
                "violation": row["verdict"]["violation"],
                "sentence": f"{row['verdict']['conclusion']} fails at {row['verdict']['where']} "
                f"({row['verdict']['rigor']} arithmetic)",
            }


def _witness(record: Json, units: list[Json]) -> Json:
    rows = [
        row
        for unit in units
        for row in unit["rows"]
        if row["statement"] == record["id"] and row["verdict"]["verdict"] == "Refuted"
    ]
    return max(rows, key=lambda row: (row["verdict"]["rigor"] == "exact", row["verdict"]["violation"]))
