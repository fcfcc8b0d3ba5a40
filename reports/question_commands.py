"""Commands that question a statement: `falsify` looks for a violation, `replay` repeats it, `sharpen` moves constants.

Numerical libraries are imported inside the functions.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from contextlib import suppress
from fractions import Fraction
from functools import wraps
from pathlib import Path
from typing import Any

import click

from constructions.files import write_whole
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
DEFAULT_OUT = "thinmargin-constants"
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
                return command(*arguments, **options)
            except KeyboardInterrupt:
                click.echo(f"thinmargin: interrupted; {kept}", err=True)
                return 130

        return wrapped

    return decorate


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
        print_json(result)
    else:
        (console.necessity if EVERY in drop else console.finding)(result, out_console())
    as_shipped = not (drop or constants or mutant)
    return 1 if as_shipped and result["status"] == "refuted" and shipped.expected != "refuted" else 0


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
    from theorems.engine.falsify import falsify as search

    finding = search(variation, budget, seed, None, progress)
    _keep(finding["witness"], store)
    return {"schema": 1} | finding | described(variation.statement()) | {"variation": variation.text}


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
    print_json(result) if as_json else console.replayed(result, out_console())
    return 0 if result["refutes"] else 1


@click.command(short_help="How far each named constant can move.")
@click.argument("statements", nargs=-1, metavar="[STATEMENT]...")
@click.option("--constant", "names", multiple=True, metavar="NAME", help="Move this constant only; may be repeated.")
@budget_option
@store_option
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    default=DEFAULT_OUT,
    show_default=True,
    help="Folder for index.html and constants.json.",
)
@click.option("--publish", is_flag=True, help="Merge the history of the store into the published atlas of a checkout.")
@click.option("--published", is_flag=True, help="Render the published atlas; nothing is computed.")
@seed_option
@json_option
@interruptible("what was finished is in the history of the store and counts next time")
def sharpen(
    statements: tuple[str, ...],
    names: tuple[str, ...],
    budget: float,
    store: Path,
    out: Path,
    publish: bool,
    published: bool,
    seed: int,
    as_json: bool,
) -> int:
    """How far each named constant can move until an instance refutes the statement.

    The time is shared equally by the constants. Every run is kept in the store, and the page shows the best of all
    runs together with their total effort. Exit code 1 if a value is refuted as stated although that was not expected.
    """
    from reports import atlas
    from reports import question_console as console

    if published and (statements or names or publish):
        raise click.UsageError("--published renders what is there and takes no STATEMENT, --constant or --publish")
    if not (statements or published or publish):
        raise click.UsageError("give a STATEMENT, or --published for the atlas that is published")
    if publish and atlas.checkout() is None:
        raise click.ClickException("--publish writes into a checkout of the project, and this is an installation "
                                   "without one; clone it and run the command there")  # fmt: skip
    if published:
        content = atlas.read(atlas.published_file())
    else:
        content = _explored(statements, names, budget, ready(store, "--store"), seed)
    folder = ready(out)
    atlas.write(content, folder / atlas.FILE)
    files = [write_whole(folder / "index.html", atlas.render(content, published))]
    files += [_published(store)] if publish else []
    print_json(content) if as_json else console.atlas(content, files, out_console())
    refuted = [e for e in content["constants"] if atlas.stated_is_refuted(e) and e["expected"] != "refuted"]
    return 1 if refuted and not published else 0


def _explored(targets: Sequence[str], names: Sequence[str], budget: float, folder: Path, seed: int) -> Json:
    """Run the searches, then the record of what all runs so far say; without targets, of all runs of the store."""
    from theorems.engine import atlas, library
    from theorems.engine.store import Store

    places = atlas.plan(targets, names) if targets else None
    with Store(folder) as store:
        if places is not None:
            with progress_display() as progress:
                atlas.explore(places, budget, seed, store, progress)
        entries = atlas.history(store, places)
    return _record(*atlas.merge(entries, library.statements() if places is None else [p.statement for p in places]))


def _published(folder: Path) -> Path:
    """Merge the history of the store into what is published. What is left out is nobody else's business."""
    from reports import atlas
    from theorems.engine import atlas as engine
    from theorems.engine import library
    from theorems.engine.store import Store

    path = atlas.published_file()
    before = atlas.read(path)["constants"] if path.is_file() else []
    with Store(folder) as store:
        entries, _ = engine.merge([*before, *engine.history(store)], library.statements())
    if not entries:
        raise click.ClickException(f"{store.path} has no run on a statement of the library, so nothing is published; "
                                   "name a STATEMENT to run")  # fmt: skip
    path.parent.mkdir(exist_ok=True)
    return atlas.write(_record(entries, []), path)


def _record(entries: list[Json], notes: list[str]) -> Json:
    from importlib.metadata import version

    from reports import atlas
    from theorems.engine.verify import environment

    return atlas.record(entries, notes, version("thinmargin"), environment())


COMMANDS: tuple[click.Command, ...] = (falsify, replay, sharpen)
