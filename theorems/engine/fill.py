"""Fill the ledger: search for a witness against every generated mutant that has none.

    python -m theorems.engine.fill [TARGET ...] [--seconds 15] [--workers 2] [--seed 0]

An instance that refutes one mutant often refutes others, so the instances found so far are tried before a new search.
Conjectures are left out: whether they are true is open anyway.
"""

from __future__ import annotations

import argparse
import re
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from functools import partial
from multiprocessing import get_context
from typing import Any

from constructions.instance import InvalidInstance
from constructions.threads import limit_threads
from theorems.engine import ledger, library
from theorems.engine.falsify import falsify
from theorems.engine.mutate import generated
from theorems.engine.origin import Origin, Variation, parse, refutes, replay_text
from theorems.statement import Statement, judge
from verifiers.errors import UsageError

MUTANT = re.compile(r"\?then=[^&]*&")
"""The part of a replay string that names a mutant, which may be gone while its instance is still good."""

Json = dict[str, Any]
Progress = Callable[[str, int, int, str], None]
Outcomes = dict[str, Json | None]
"""A witness per mutant, None where none was found."""


def fill(
    targets: Iterable[str] = (), seconds: float = 15.0, workers: int = 2, seed: int = 0,
    progress: Progress | None = None,
) -> dict[str, Outcomes]:  # fmt: skip
    """Search for witnesses, `seconds` per mutant, and store each statement's when it is done; returns all outcomes.

    Stored witnesses that still refute are kept, the others are dropped. Raises `UsageError` for unknown targets.
    """
    statements = [s for s in library.collect(list(targets)) if s.kind != "conjecture"]
    outside = [s.id for s in statements if s.slug not in library.slugs()]
    if outside:
        raise UsageError(f"{outside[0]} is no statement of the library; only those have stored witnesses")
    outcomes: dict[str, Outcomes] = {}
    waiting = list(statements)
    limit = partial(limit_threads, worker=True)
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn"), initializer=limit) as pool:
        pending: dict[Future[Outcomes], Statement] = {}
        try:
            while waiting or pending:
                while waiting and len(pending) < workers:
                    statement = waiting.pop(0)
                    task = pool.submit(outcomes_of, statement.id, _found(outcomes), seconds, seed)
                    pending[task] = statement
                done, _ = wait(pending, return_when=FIRST_COMPLETED)
                for task in done:
                    statement = pending.pop(task)
                    outcomes[statement.id] = task.result()
                    _store(statement, outcomes[statement.id])
                    if progress:
                        progress("fill", len(outcomes), len(statements), statement.id)
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    return {statement.id: outcomes[statement.id] for statement in statements}


def outcomes_of(target: str, others: list[str], seconds: float, seed: int) -> Outcomes:
    """A witness for every generated mutant of one statement; `others` are replay strings whose instances are tried."""
    statement = library.statements(target)[0]
    stored = ledger.known(statement)
    origins = _origins(statement, [*(entry["replay"] for entry in stored.values()), *others])
    found: Outcomes = {}
    for mutant in generated(statement):
        variation = Variation(target, mutant=mutant.name)
        first = [stored[mutant.name]["replay"]] if mutant.name in stored else []
        found[mutant.name] = _refuted(variation, (_origins(statement, first) | origins).values())
        if found[mutant.name] is None:
            finding = falsify(variation, seconds, seed, power=False)
            if finding["status"] == "refuted":
                text = finding["witness"]["replay"]
                found[mutant.name] = entry(variation, parse(text)[1])
                origins |= _origins(statement, [text])
    return found


def entry(variation: Variation, origin: Origin) -> Json | None:
    """The ledger's entry for an instance that refutes the variation, or None if it does not."""
    statement = variation.statement()
    draw = origin.draw(statement)
    if draw is None:
        return None
    row = judge(statement, draw)
    if not refutes(row):
        return None
    return {
        "replay": replay_text(variation, origin, draw.instance.digest),
        "version": statement.source.version,
        "rigor": str(row.verdict.rigor),  # type: ignore[attr-defined]
        "violation": row.verdict.violation + 0.0,  # type: ignore[attr-defined]
    }


def _refuted(variation: Variation, origins: Iterable[Origin]) -> Json | None:
    return next((found for origin in origins if (found := entry(variation, origin)) is not None), None)


def _origins(statement: Statement, texts: Iterable[str]) -> dict[str, Origin]:
    """The places that replay strings name, each once, where the statement has the space or the family."""
    spaces, families = {s.name for s in statement.spaces}, {f.name for f in statement.instances}
    found: dict[str, Origin] = {}
    for text in texts:
        try:
            origin = parse(MUTANT.sub("?", text))[1]
        except (UsageError, InvalidInstance):  # its space has changed
            continue
        if origin.space in spaces or origin.family in families:
            found.setdefault(str(origin.pairs()), origin)
    return found


def _found(outcomes: dict[str, Outcomes]) -> list[str]:
    return [found["replay"] for own in outcomes.values() for found in own.values() if found is not None]


def _store(statement: Statement, outcomes: Outcomes) -> None:
    names = set(ledger.stored(statement.slug).get(statement.id, {}))
    found = {name: e for name, e in outcomes.items() if e is not None}
    ledger.add(statement.slug, {statement.id: found}, {statement.id: names - set(found)})


def operator_of(name: str) -> str:
    """The operator that made a mutant, read off its name, for the table."""
    for text, word in (
        (" replaced by ", "size off by one"), (": equality allowed", "hypothesis not strict"), (": strict", "strict"),
        (": turned around", "turned around"), ("right side raised by", "equality moved"),
    ):  # fmt: skip
        if text in name:
            return word
    kind = "conclusion scaled" if "stronger" in name else "constant moved"
    return f"{kind} by {name.split(' percent')[0].split()[-1]} percent"


def table(outcomes: dict[str, Outcomes]) -> str:
    """Operator against killed, open and all, as text."""
    killed: Counter[str] = Counter()
    everything: Counter[str] = Counter()
    for own in outcomes.values():
        for name, found in own.items():
            everything[operator_of(name)] += 1
            killed[operator_of(name)] += found is not None
    lines = [f"{'operator':32} killed   open    all"]
    for name, count in [*sorted(everything.items()), ("all", sum(everything.values()))]:
        dead = killed[name] if name in everything else sum(killed.values())
        lines.append(f"{name:32} {dead:6} {count - dead:6} {count:6}")
    return "\n".join(lines)


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m theorems.engine.fill", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("targets", nargs="*", metavar="TARGET")
    parser.add_argument("--seconds", type=float, default=15.0, help="for the search against each mutant")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--seed", type=int, default=0)
    chosen = parser.parse_args(arguments)
    start = time.perf_counter()

    def report(_: str, done: int, total: int, name: str) -> None:
        print(f"{done}/{total} {name} {time.perf_counter() - start:.0f} s", file=sys.stderr, flush=True)

    outcomes = fill(chosen.targets, chosen.seconds, chosen.workers, chosen.seed, report)
    print(table(outcomes))
    for name, own in outcomes.items():
        for mutant in (m for m, found in own.items() if found is None):
            print(f"open: {name}: {mutant}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
