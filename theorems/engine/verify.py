"""The main job: draw, measure, judge and prove, in parallel, interruptible, with one record at the end."""

from __future__ import annotations

import hashlib
import json
import os
import platform
import shutil
import tempfile
import time
from collections.abc import Callable, Iterable
from concurrent.futures import FIRST_COMPLETED, Future, wait
from importlib import metadata
from pathlib import Path
from typing import Any

from constructions.files import sole_writer, write_whole
from theorems.engine import aggregate, kernel_prove, ledger, needed, processes, prove, replayed, work
from theorems.engine.library import collect
from theorems.statement import Family, Statement
from verifiers.errors import UsageError

Progress = Callable[[str, int, int, str], None]
Json = dict[str, Any]
Item = work.Unit | prove.StepKey | needed.Need | replayed.Stored

UNIT = 10
"""Draws per unit: about a second of work, so that an interrupted run loses little."""
PARTS = ("certificates", "instances", ".units")
"""What lies beside the record of a run."""


def verify(
    targets: Iterable[str],
    profile: str = "quick",
    seed: int = 0,
    out: str | os.PathLike[str] = "out",
    workers: int = 2,
    progress: Progress | None = None,
    finish: Callable[[Json], Json] | None = None,
    kernel: bool = False,
) -> Json:
    """Check every statement of `targets`; return the record of schema 1, write certificates and worst instances.

    Finished work is kept in ``out/.units`` until the run completes, so an interrupted run resumes where it stopped.
    `finish(record)` may write the record and is still part of the run; what it returns is returned. Only then are the
    units removed, and the certificates and instances of earlier runs. With `kernel` the formal proofs are checked by
    Rocq where it is installed, and the record says for every statement what its conclusions rest on.

    Raises `UsageError` for unknown targets, an unwritable folder and files that change meanwhile, `OSError` if another
    run writes to the folder or the disk is full.
    """
    start = time.perf_counter()
    names = tuple(targets)
    statements = collect(list(names))
    folder = _prepare(Path(out))
    with sole_writer(folder):
        for part in PARTS:
            (folder / part).mkdir(exist_ok=True)
        families = work.families(statements)
        plan = _plan(names, families, profile, seed, folder)
        store = _Store(folder / ".units", _key(names, statements, profile, seed), names)
        steps, needs = prove.all_steps(statements, names), needed.plan(names, statements, profile, seed)
        replays = replayed.plan(names, statements, profile)
        results = _execute(plan, steps, needs, replays, workers, progress, store)
        units = [work.labelled(families[unit.family], results[unit]) for unit in plan]
        proofs = prove.rows(statements, {step: results[step] for step in steps}, folder / "certificates")
        formal = _formal(statements, proofs, progress) if kernel else {}
        generated = {s.id: replayed.rows(replays, results, s.id) for s in statements}
        assembled = _assemble(statements, units, proofs, generated, folder)
        for entry in assembled["statements"]:
            if searched := needed.rows(needs, results, entry["id"]):
                entry["necessity"] = searched
        record = {
            "schema": 1,
            "thinmargin": metadata.version("thinmargin"),
            "profile": profile,
            "seed": seed,
            "environment": environment(),
            "seconds": round(time.perf_counter() - start, 2),
        } | assembled | formal
        result = finish(record) if finish else record
        _remove_others(folder, record)
        shutil.rmtree(folder / ".units", ignore_errors=True)
    return result


def _formal(statements: list[Statement], proofs: dict[str, list[Json]], progress: Progress | None) -> Json:
    """What the Rocq kernel says, for the record; its rows are added to the proofs."""
    outcome = kernel_prove.prove(statements, progress)
    for name, rows in outcome.by_statement.items():
        proofs.setdefault(name, []).extend(rows)
    covered = [kernel_prove.coverage(s, proofs[s.id]) for s in statements]
    return {"kernel": outcome.to_json() | {"coverage": covered}}


def environment() -> dict[str, str]:
    """Versions that may matter for a rerun."""
    packages = ("numpy", "scipy", "sympy", "numba", "cvxpy", "torch", "python-flint", "z3-solver", "hypothesis")
    return {"python": platform.python_version(), "system": platform.system(), "machine": platform.machine()} | {
        name: metadata.version(name) for name in packages
    }


def _prepare(folder: Path) -> Path:
    try:
        folder.mkdir(parents=True, exist_ok=True)
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
    files = [_file(target) for target in targets]
    for package in ("theorems", "constructions", "verifiers"):
        files += sorted((root / package).rglob("*.py"))
    files += sorted((root / "theorems" / ledger.FOLDER).glob("*.json"))
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


def _execute(
    plan: list[work.Unit], steps: list[prove.StepKey], needs: list[needed.Need], replays: list[replayed.Stored],
    workers: int, progress: Progress | None, store: _Store,
) -> dict[Any, Json]:  # fmt: skip
    """The result of every unit, proof step, needed hypothesis and replay, those of an interrupted run among them."""
    items: list[Item] = [*plan, *steps, *needs, *replays]
    done = {item: known for item in items if (known := store.read(item)) is not None}
    report = progress or (lambda *_: None)
    report("verify", len(done), len(items), "")
    with processes.pool(workers) as pool:
        with processes.interrupts_held():  # this starts the workers
            pending: dict[Future[Json], Item] = {pool.submit(prove.run_step, s): s for s in steps if s not in done}
            for unit in sorted((u for u in plan if u not in done), key=lambda u: u.family != "gradient_points"):
                pending[pool.submit(work.run, unit)] = unit
            pending |= {pool.submit(replayed.run, stored): stored for stored in replays if stored not in done}
            pending |= {pool.submit(needed.run, need): need for need in needs if need not in done}
        while pending:
            for future in wait(pending, return_when=FIRST_COMPLETED).done:
                item = pending.pop(future)
                done[item] = future.result()
                store.write(item, done[item])
                report("verify", len(done), len(items), item.label)
    return done


class _Store:
    """Finished units and proof steps of one run, a file each."""

    def __init__(self, folder: Path, key: str, targets: tuple[str, ...]) -> None:
        self.folder, self.key = folder, key
        self.files = {path: path.read_bytes() for path in map(_file, targets) if path.is_file()}

    def _path(self, item: Item) -> Path:
        name = hashlib.sha256(f"{self.key}\0{item.label}".encode()).hexdigest()[:24]
        return self.folder / f"{name}.json"

    def read(self, item: Item) -> Json | None:
        """The stored result, or None where there is none, or a certificate that belongs to it is gone."""
        try:
            result = json.loads(self._path(item).read_text(encoding="utf-8"))
        except (FileNotFoundError, ValueError):
            return None
        names = {name for row in result.get("rows", []) for name in row["certificates"]}
        return result if all((self.folder.parent / "certificates" / name).is_file() for name in names) else None

    def write(self, item: Item, result: Json) -> None:
        """Keep a result. Raises `UsageError` if it may be that of an edited file."""
        for path, content in self.files.items():
            if not path.is_file() or path.read_bytes() != content:
                raise UsageError(f"{path} was changed while it was being verified; run the same command again")
        write_whole(self._path(item), json.dumps(result))


def _file(target: str) -> Path:
    return Path(target.partition("::")[0])


def _assemble(
    statements: list[Statement], units: list[Json], proof: dict[str, list[Json]], generated: dict[str, list[Json]],
    folder: Path,
) -> Json:  # fmt: skip
    from verifiers import recheck

    current = {name for unit in units for row in unit["rows"] for name in row["certificates"]}
    current |= {
        Path(name).name for rows in proof.values() for row in rows for name in (row["certificate"] or "").split(", ")
    }
    paths = sorted(path for path in (folder / "certificates").glob("*.json") if path.name in current)
    outcomes = {path.name: recheck.check_file(path) for path in paths}
    accepted = {name for name, outcome in outcomes.items() if outcome.status == "accepted"}
    records = []
    for statement in statements:
        names = {family.name for family in statement.instances}
        own = [unit for unit in units if unit["family"] in names]
        records.append(aggregate.record(statement, own, proof[statement.id], accepted, generated[statement.id]))
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


def _remove_others(folder: Path, record: Json) -> None:
    """Remove the certificates and instances that the record does not speak of."""
    kept = {entry["file"] for entry in record["certificates"]}
    for statement in record["statements"]:
        kept |= {c["worst_instance"]["file"] for c in statement["conclusions"] if c["worst_instance"]}
        kept |= {statement["witness"]["instance"]} if statement["witness"] else set()
    for path in [*(folder / "certificates").glob("*.json"), *(folder / "instances").glob("*.npz")]:
        if path.relative_to(folder).as_posix() not in kept:
            path.unlink()


def _witness(record: Json, units: list[Json]) -> Json:
    rows = [
        row
        for unit in units
        for row in unit["rows"]
        if row["statement"] == record["id"] and row["verdict"]["verdict"] == "Refuted"
    ]
    return max(rows, key=lambda row: (row["verdict"]["rigor"] == "exact", row["verdict"]["violation"]))
