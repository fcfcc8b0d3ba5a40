"""Commands that question a statement: `falsify` looks for a violation, `replay` judges the instance again.

Numerical libraries are imported inside the functions.
"""

from __future__ import annotations

import gc
import re
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from fractions import Fraction
from functools import wraps
from pathlib import Path
from types import FrameType
from typing import Any

import click

from reports.command_support import (
    json_option,
    out_console,
    print_json,
    progress_display,
    ready,
    seed_option,
)

Json = dict[str, Any]

DEFAULT_STORE = "thinmargin-runs"
EVERY = "all"
"""What `--drop` takes for every hypothesis in turn."""

POWER_SHARE = 0.2
"""Share of the time in which the search for needed hypotheses is tried on variants known to be false."""


class Duration(click.ParamType):
    """Seconds as a float, written 90, 90s, 1.5m or 2h."""

    name = "duration"

    def convert(self, value: Any, parameter: click.Parameter | None, context: click.Context | None) -> float:
        if isinstance(value, (int, float)):
            return float(value)
        found = re.fullmatch(r"(\d+(?:\.\d*)?|\.\d+)\s*([smh]?)", str(value).strip())
        seconds = float(found[1]) * {"": 1, "s": 1, "m": 60, "h": 3600}[found[2]] if found else 0.0
        if not 0 < seconds <= 10**7:
            self.fail(f"{value!r} is not a length of time; write 90, 90s or 5m", parameter, context)
        return seconds


class Assignment(click.ParamType):
    """NAME=VALUE with an exact value: 7, 1/3 or 0.25."""

    name = "name=value"

    def convert(
        self, value: Any, parameter: click.Parameter | None, context: click.Context | None
    ) -> tuple[str, Fraction]:
        if isinstance(value, tuple):
            return value
        name, equals, number = str(value).partition("=")
        try:
            return name.strip(), Fraction(number.strip()) if equals else Fraction("")
        except (ValueError, ZeroDivisionError):
            return self.fail(f"{value!r} is not NAME=VALUE with a value such as 7, 1/3 or 0.25", parameter, context)


budget_option = click.option(
    "--budget", type=Duration(), default="60s", show_default=True, help="Time for the search: 90, 90s, 5m."
)
store_option = click.option(
    "--store",
    type=click.Path(path_type=Path),
    default=DEFAULT_STORE,
    show_default=True,
    help="Folder for long-lived results.",
)


def interruptible(kept: str) -> Callable[[Callable[..., int]], Callable[..., int]]:
    """End an interrupted command with one line that says what was kept, and exit code 130."""

    def decorate(command: Callable[..., int]) -> Callable[..., int]:
        @wraps(command)
        def wrapped(*arguments: Any, **options: Any) -> int:
            try:
                with _insisting():
                    return command(*arguments, **options)
            except KeyboardInterrupt:
                click.echo(f"thinmargin: interrupted; {kept}", err=True)
                return 130

        return wrapped

    return decorate


@contextmanager
def _insisting() -> Iterator[None]:
    """Let an interrupt come again until the block ends.

    Python drops one that is raised in a callback of the garbage collector, and hypothesis has such a callback.
    """
    if threading.current_thread() is not threading.main_thread() or not hasattr(signal, "setitimer"):
        yield
        return
    before: list[Any] = []

    def interrupt(_: int, frame: FrameType | None) -> None:
        if not before:
            before.append(signal.signal(signal.SIGALRM, interrupt))
        lost = _collecting(frame)
        signal.setitimer(signal.ITIMER_REAL, 0.01 if lost else 1.0)
        if not lost:
            raise KeyboardInterrupt

    usual = signal.signal(signal.SIGINT, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, usual)
        if before:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, before[0])


def _collecting(frame: FrameType | None) -> bool:
    """Whether a callback of the garbage collector is running."""
    callbacks = {getattr(callback, "__code__", None) for callback in gc.callbacks}
    while frame is not None and frame.f_code not in callbacks:
        frame = frame.f_back
    return frame is not None


@click.command(short_help="Search for a violation of a statement.")
@click.argument("statement")
@click.option("--drop", multiple=True, metavar="HYPOTHESIS", help="Drop a hypothesis: its name, number or a part of "
              "its name; 'all' drops each in turn and says which are needed.")  # fmt: skip
@click.option("--set", "constants", type=Assignment(), multiple=True, metavar="NAME=VALUE", help="Move a constant.")
@click.option("--mutant", metavar="NAME", help="Question this mutant of the statement instead.")
@budget_option
@store_option
@seed_option
@json_option
@interruptible("nothing was kept, and the same command searches again")
def falsify(
    statement: str,
    drop: tuple[str, ...],
    constants: tuple[tuple[str, Fraction], ...],
    mutant: str | None,
    budget: float,
    store: Path,
    seed: int,
    as_json: bool,
) -> int:
    """Search for an instance that violates a statement, decide it exactly and shrink it.

    What refutes is written to STORE/witnesses with certificates. Exit code 1 if the statement as shipped is refuted
    although that was not expected; a variant (--drop, --set, --mutant) is refuted with exit code 0.
    """
    from reports import question_console as console

    variation = _variation(statement, drop, constants, mutant)
    shipped = variation.statement()  # unknown names end the command here
    ready(store, "--store")
    try:
        with progress_display() as progress:
            if EVERY in drop:
                result = _needed(variation, budget, seed, store, progress)
            else:
                result = _questioned(variation, budget, seed, store, progress)
    finally:
        with suppress(OSError):
            store.rmdir()  # unless something was written there
    if as_json:
        _print(result)
    else:
        (console.necessity if EVERY in drop else console.finding)(result, out_console())
    as_shipped = not (drop or constants or mutant)
    return 1 if as_shipped and result["status"] == "refuted" and shipped.expected != "refuted" else 0


def _print(result: Json) -> None:
    """JSON on standard output, checked first: what breaks the schema is a fault of the program."""
    import json

    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import best_match

    from reports.records import plain

    content = plain(result)
    schema = json.loads(Path(__file__).with_name("question_schema.json").read_text(encoding="utf-8"))
    error = best_match(Draft202012Validator(schema).iter_errors(content))
    if error is not None:
        raise RuntimeError(f"the output does not follow its schema: {error.json_path}: {error.message[:300]}")
    print_json(content)


def _variation(
    target: str, drop: Sequence[str], constants: Sequence[tuple[str, Fraction]], mutant: str | None
) -> Any:
    from theorems.engine.mutate import mutants
    from theorems.engine.origin import Variation

    statement = Variation(target).statement()
    moved = dict(constants)
    if len(moved) < len(constants):
        raise click.ClickException("--set gives one constant two values; give each once")
    names = {claim.name for claim in statement.given}
    dropped = [_chosen(text, [claim.name for claim in statement.given], statement.id, "hypothesis")
               for text in drop if text != EVERY or text in names]  # fmt: skip
    known = [known.name for known in mutants(statement)] if mutant is not None else []
    chosen = None if mutant is None else _chosen(mutant, known, statement.id, "mutant")
    return Variation(target, moved, tuple(dict.fromkeys(dropped)), chosen)


def _chosen(text: str, names: Sequence[str], of: str, what: str) -> str:
    """The one name that is meant: the name itself, its number counted from 1, or a part that no other name has."""
    numbered = "; ".join(f"{number} {name!r}" for number, name in enumerate(names, 1)) or "none"
    if text in names:
        return text
    if text.isdecimal():
        if 1 <= int(text) <= len(names):
            return names[int(text) - 1]
        raise click.ClickException(f"{of} has no {what} number {text}; it has {numbered}")
    found = [name for name in names if text.casefold() in name.casefold()] if text else []
    if len(found) == 1:
        return found[0]
    if found:
        raise click.ClickException(f"{text!r} is part of {len(found)} names; {of} has {numbered}")
    raise click.ClickException(f"{of} has no {what} {text!r}; it has {numbered}")


def described(statement: Any) -> Json:
    """What a statement says, for people: every claim with its formula in plain characters and in LaTeX."""
    from theorems.claim import plain_text

    def formulas(claims: Any) -> list[Json]:
        return [{"name": c.name, "text": plain_text(c.relation), "latex": c.latex()} for c in claims]

    where = statement.abbreviations.items()
    values = {name: statement.constants.get(name, c.value) for name, c in statement.declared_constants.items()}
    return {
        "title": statement.title,
        "version": statement.source.version,
        "expected": statement.expected,
        "given": formulas(statement.given),
        "then": formulas(statement.then),
        "where": [f"{name.removeprefix('where_')} = {plain_text(expression)}" for name, expression in where],
        "constants": {name: str(value) for name, value in values.items()},
    }


def _questioned(variation: Any, budget: float, seed: int, store: Path, progress: Any) -> Json:
    """One finding. Without one hypothesis the search is among the instances that violate it: others show nothing."""
    from theorems.engine.falsify import falsify as search
    from theorems.engine.falsify import kill_rate
    from theorems.engine.necessity import drop

    violated = variation.drop[0] if len(variation.drop) == 1 else None
    if violated is None:
        finding = search(variation, budget, seed, None, progress)
    else:
        finding = drop(replace(variation, drop=()), violated, budget, seed, progress)["finding"]
        silent = finding["status"] != "refuted"
        finding["power"] = kill_rate(variation, budget / 4, seed, progress) if silent else None
    _keep(finding["witness"], store)
    told = described(variation.statement()) | {"variation": variation.text, "violating": violated}
    return {"schema": 1} | finding | told


def _needed(variation: Any, budget: float, seed: int, store: Path, progress: Any) -> Json:
    """The necessity of every hypothesis that the variation has left, and what silence of the search is worth."""
    from theorems.engine.falsify import kill_rate
    from theorems.engine.necessity import necessity

    statement = variation.statement()
    if not statement.given:
        raise click.ClickException(f"{statement.id} has no hypothesis that could be dropped")
    rows = necessity(variation, budget * (1 - POWER_SHARE), seed, progress)
    for row in rows:
        _keep(row["finding"]["witness"], store)
    silent = any(row["status"] == "not shown to be needed" for row in rows)
    return {
        "schema": 1,
        "statement": statement.id,
        "target": variation.target,
        "variation": variation.text,
        "status": "necessity",
        "seed": seed,
        "budget": budget,
        "rows": rows,
        "power": kill_rate(variation, budget * POWER_SHARE, seed, progress) if silent else None,
        "does_not_claim": "A hypothesis that is not shown to be needed may be needed all the same, elsewhere or in a "
        "proof; one that is needed may still be needed less strictly than stated.",
    } | described(statement)


def _keep(witness: Json | None, store: Path) -> None:
    """Write a witness and its certificates, made again from its replay string, to a folder of its own."""
    from theorems.engine import evidence
    from theorems.engine.origin import replay as again

    if witness is None:
        return
    folder = store / "witnesses" / witness["digest"][:12]
    witness |= evidence.write(*again(witness["replay"]), folder) | {"folder": f"{folder}"}


@click.command(short_help="Judge the instance of a replay string again.")
@click.argument("string")
@json_option
@interruptible("nothing was decided")
def replay(string: str, as_json: bool) -> int:
    """Build the instance of a replay string again and judge it: quote the STRING in the shell.

    Exit code 0 if the instance refutes the statement (as varied by the string) again, 1 if it does not, 2 if the
    string cannot be read or its instance is no longer the same.
    """
    from reports import question_console as console
    from theorems.engine.origin import parse, refutes
    from theorems.engine.origin import replay as again
    from theorems.engine.work import row_to_json

    variation, origin, _ = parse(string)
    statement, draw, row = again(string)
    relations = {claim.name: claim.relation.rel_op for claim in (*statement.given, *statement.then)}
    judged = row_to_json(row, draw.index, [])
    for outcome in (*judged["hypotheses"], *judged["conclusions"]):
        outcome["relation"] = relations[outcome["name"]]
    result = {
        "schema": 1,
        "statement": statement.id,
        "target": variation.target,
        "variation": variation.text,
        "replay": string.strip(),
        "digest": draw.instance.digest,
        "law": draw.law,
        "point": {name: value for name, value in origin.pairs() if name.startswith("x.")},
        "refutes": refutes(row),
        "verdict": judged["verdict"],
        "hypotheses": judged["hypotheses"],
        "conclusions": judged["conclusions"],
        "does_not_claim": statement.does_not_claim,
    } | described(statement)
    _print(result) if as_json else console.replayed(result, out_console())
    return 0 if result["refutes"] else 1


COMMANDS: tuple[click.Command, ...] = (falsify, replay)
