"""The command `sharpen`: how far each named constant of a statement can move, over all runs, and the published atlas.

Numerical libraries are imported inside the functions.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from constructions.files import write_whole
from reports.command_support import json_option, out_console, print_json, progress_display, ready, seed_option
from reports.question_commands import budget_option, interruptible, store_option

Json = dict[str, Any]

DEFAULT_OUT = "thinmargin-constants"


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


COMMANDS: tuple[click.Command, ...] = (sharpen,)
