"""What the commands of `thinmargin` share: checks before work begins, output, and writing results whole.

Everything numerical is imported inside the functions.
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from constructions.files import write_whole

json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON on standard output.")
seed_option = click.option(
    "--seed",
    type=click.IntRange(min=0),
    default=0,
    show_default=True,
    help="Seed of every random draw; the order of workers does not matter.",
)


def ready(folder: Path, option: str = "--out") -> Path:
    """Create a folder if needed and make sure that files can be written there, before any work is done."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):  # without a name, so that nothing is left of it if the run is killed
            pass
    except OSError as error:
        message = f"cannot write to {folder}: {error.strerror}; choose another folder with {option}"
        raise click.ClickException(message) from None
    return folder


def out_console() -> Any:
    """Standard output for tables."""
    from reports.console import console

    return console()


def progress_display() -> Any:
    """A progress display on standard error."""
    from reports.console import Display

    return Display()


def print_json(value: Any) -> None:
    """A record, or any part of one, on standard output."""
    from reports.records import dumps

    click.echo(dumps(value), nl=False)


def known_slug(name: str) -> str:
    """The slug itself, or one line that lists the known ones."""
    from theorems.engine import library

    known = library.slugs()
    if name not in known:
        raise click.ClickException(f"unknown slug {name!r}; the slugs are {', '.join(known)}")
    return name


def resolve(targets: Sequence[str]) -> list[Any]:
    """The statements of the targets, each once; all of them when there is no target. Unknown names stop the command."""
    from theorems.engine import library

    chosen = [s for target in targets for s in library.statements(target)] if targets else library.statements()
    return list({statement.id: statement for statement in chosen}.values())


def certificate_files(folder: Path) -> list[Path]:
    """The certificates of a run: of its folder certificates/, of the folder itself, or one file."""
    inside = folder / "certificates" if (folder / "certificates").is_dir() else folder
    if folder.is_file():
        return [folder]
    try:
        return sorted(path for path in inside.iterdir() if path.suffix == ".json" and path.name != "verification.json")
    except OSError as error:
        raise click.ClickException(f"cannot read {folder}: {error.strerror}; give a folder written by verify") from None


def rechecked(files: Sequence[Path]) -> list[dict[str, Any]]:
    """The independent checker's answer on every file."""
    from verifiers.recheck import check_file

    entries = []
    with progress_display() as progress:
        for done, path in enumerate(files):
            progress("recheck", done, len(files), path.name)
            outcome = check_file(path)
            entries.append(
                {
                    "file": path.name,
                    "kind": path.stem.rpartition("-")[0] or path.stem,
                    "status": outcome.status,
                    "sentence": outcome.sentence,
                }
            )
    return entries


def publish(record: Any, folder: Path) -> Any:
    """Write record and page; returns the record. An invalid one is a fault of the program, and nothing is written."""
    from reports import html, records
    from reports.summary import summarise

    record = records.plain(record)
    try:
        records.validate(record)
        record["summary"] = summarise(record)
        record["digest"] = records.digest(record)
        page = html.render(record)
        records.write(record, folder)
    except records.InvalidRecord as error:
        raise RuntimeError(f"the run produced a record that is not valid: {error}") from error
    write_whole(folder / html.PAGE, page)
    return record
