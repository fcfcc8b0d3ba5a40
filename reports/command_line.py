"""The command `thinmargin`.

Numerical libraries are imported inside the commands, after the thread setting. A command returns its exit code: 0 if
all is as expected, 1 if a theorem is refuted, a certificate rejected, a counterexample not replayed or too little was
checked, 2 for bad usage or input (one line on standard error), 70 for a fault of the program itself.
"""

from __future__ import annotations

import errno
import os
import sys
import tempfile
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from constructions.files import write_whole
from constructions.threads import cores, limit_threads
from reports import atlas_commands, campaign_commands, proof_commands, question_commands, search_commands
from reports.command_support import (
    certificate_files,
    json_option,
    known_slug,
    out_console,
    print_json,
    progress_display,
    publish,
    ready,
    rechecked,
    resolve,
    seed_option,
)

DEFAULT_OUT = "thinmargin-report"
DEFAULT_STORE = "thinmargin-runs"
FAULT = 70


def version() -> str:
    """Version of the installed product."""
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("thinmargin")
    except PackageNotFoundError:
        return "0+unknown"


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(version(), prog_name="thinmargin")
def thinmargin() -> None:
    """Theorems about adversarial robustness, instantiated, measured, certified, attacked and reported.

    A TARGET is a slug (kkt_margin), a statement (kkt_margin.universal_flip) or a file of your own (PATH or PATH::NAME).
    Exit codes: 0 as expected, 1 a theorem refuted, a certificate rejected or too few checks, 2 bad usage or input.
    """


@thinmargin.command("list")
@click.argument("targets", nargs=-1, metavar="[TARGET]...")
@click.option(
    "--report",
    "folder",
    type=click.Path(path_type=Path),
    default=DEFAULT_OUT,
    show_default=True,
    help="Folder of an earlier run, for status and rigor.",
)
@json_option
def list_command(targets: tuple[str, ...], folder: Path, as_json: bool) -> int:
    """Statements with kind, source, status and rigor."""
    from reports import console, records

    found = {}
    if (folder / records.RECORD_FILE).exists():
        found = {s["id"]: s for s in records.read(folder)["statements"]}
    rows = []
    for statement in resolve(targets):
        known = found.get(statement.id)
        known = known if known and known["version"] == statement.source.version else None
        rows.append(
            {
                "id": statement.id,
                "slug": statement.slug,
                "kind": statement.kind,
                "title": statement.title,
                "version": statement.source.version,
                "source": {
                    "paper": statement.source.paper,
                    "item": statement.source.item,
                    "provenance": statement.source.provenance,
                },
                "expected": statement.expected,
                "status": known["status"] if known else None,
                "rigor": known["rigor"] if known else None,
                "does_not_claim": statement.does_not_claim,
                "latex": statement.latex(),
            }
        )
    print_json(rows) if as_json else console.listing(rows, out_console())
    return 0


@thinmargin.command(short_help="The main job: build, measure, judge, prove, report.")
@click.argument("targets", nargs=-1, metavar="[TARGET]...")
@click.option("--profile", type=click.Choice(["quick", "full"]), default="quick", show_default=True)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    default=DEFAULT_OUT,
    show_default=True,
    help="Folder for verification.json, certificates/ and index.html.",
)
@click.option("--workers", type=click.IntRange(min=1), default=None, help="Worker processes.  [default: all cores]")
@click.option("--kernel", "kernel", is_flag=True, help="Check the formal proofs as well, where Rocq is installed.")
@seed_option
@json_option
def verify(
    targets: tuple[str, ...], profile: str, out: Path, workers: int | None, kernel: bool, seed: int, as_json: bool
) -> int:
    """Build instances, measure, judge and prove; write the record, the certificates and the report.

    An interrupted run is resumed by the same command.
    """
    from reports import console, html
    from reports.summary import exit_code
    from theorems.engine.verify import verify as run

    def finish(record: Any) -> Any:
        if "certificates" not in record:
            record["certificates"] = rechecked(certificate_files(folder)) if (folder / "certificates").is_dir() else []
        return publish(record, folder)

    resolve(targets)
    folder = ready(out)
    with progress_display() as progress:
        record: Any = run(list(targets), profile, seed, folder, workers or cores(), progress, finish, kernel)
    print_json(record) if as_json else console.verification(record, folder / html.PAGE, out_console())
    return exit_code(record)


@thinmargin.command(short_help="Judge your own instance.")
@click.argument("slug")
@click.argument("file", required=False, type=click.Path(path_type=Path))
@click.option("--schema", "show_schema", is_flag=True, help="Print the fields of FILE and an example.")
@click.option("--kernel", "kernel", is_flag=True, help="Have Rocq prove what holds for these data.")
@seed_option
@json_option
def judge(slug: str, file: Path | None, show_schema: bool, kernel: bool, seed: int, as_json: bool) -> int:
    """Judge your own instance: every quantity with its enclosure and rigor, every statement's verdict.

    FILE is JSON or npz; JSON decimals are read as the nearest double, texts such as "1/10" as exact rationals.
    """
    from reports import console, kernel_console

    known_slug(slug)
    from theorems.engine import judge as engine

    if show_schema:
        print_json(engine.schema(slug))
        return 0
    if file is None:
        hint = f"`thinmargin judge {slug} --schema` prints its fields and an example"
        raise click.ClickException(f"judge needs a FILE; {hint}")
    try:
        with file.open("rb"):
            pass
    except OSError as error:
        raise click.ClickException(f"cannot read {file}: {error.strerror}") from None
    result = engine.judge(slug, file, seed)
    if kernel:
        result["kernel"] = engine.kernel(slug, file)
    print_json(result) if as_json else console.judgement(result, out_console())
    if kernel and not as_json:
        kernel_console.data_theorems(result["kernel"], out_console())
    rejected = any(theorem["status"] == "rejected" for theorem in result.get("kernel", {}).get("theorems", []))
    return 1 if rejected or any(_is_refutation(entry) for entry in result.get("statements", [])) else 0


def _is_refutation(entry: dict[str, Any]) -> bool:
    verdict = entry["verdict"]
    word = verdict["verdict"] if isinstance(verdict, dict) else verdict
    return word == "Refuted" and entry.get("expected") != "refuted"


@thinmargin.command(short_help="Train networks and judge them.")
@click.argument("slug")
@click.option("--device", type=click.Choice(["cpu", "cuda"]), default="cpu", show_default=True)
@click.option("--scale", default="small", show_default=True, help="small, paper, or a scale of the slug's own.")
@click.option(
    "--store",
    type=click.Path(path_type=Path),
    default=DEFAULT_STORE,
    show_default=True,
    help="Folder for long-lived results.",
)
@click.option(
    "--publish",
    "published",
    is_flag=True,
    help="Write the record to reports/published as well; in a checkout only.",
)
@seed_option
@json_option
def train(slug: str, device: str, scale: str, store: Path, published: bool, seed: int, as_json: bool) -> int:
    """Train networks; they become instances and are judged by the same verifier.

    An interrupted run is resumed by the same command. A published record is rendered by `thinmargin report FILE`.
    """
    import platform
    import time

    from reports import atlas, console, html
    from reports.summary import exit_code
    from reports.training import published_file, training_record, write_published

    known_slug(slug)
    if published and atlas.checkout() is None:
        raise click.ClickException("--publish writes into a checkout of the project, and this is an installation "
                                   "without one; clone it and run the command there")  # fmt: skip
    from theorems.engine.train import train as run

    folder = ready(ready(store, "--store") / f"train-{slug}-{scale}-{device}-seed{seed}", "--store")
    start = time.perf_counter()
    with progress_display() as progress:
        result = run(slug, device, scale, seed, folder, progress)
    record = training_record(
        {"slug": slug, "device": device, "scale": scale} | result,
        thinmargin=version(),
        seed=seed,
        seconds=time.perf_counter() - start,
        environment={"python": platform.python_version(), "platform": f"{platform.system()} {platform.machine()}"},
    )
    record = publish(record, folder)
    if published:
        path = write_published(record, published_file(slug, scale))
        click.echo(f"published {path}", err=True)
    print_json(record) if as_json else console.verification(record, folder / html.PAGE, out_console())
    return exit_code(record)


@thinmargin.command(short_help="Render a record again, and what changed.")
@click.argument("folder", type=click.Path(path_type=Path), metavar="DIR")
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    default=None,
    help="Folder for the pages.  [default: DIR; thinmargin-report for a record given by its FILE]",
)
@click.option(
    "--against",
    type=click.Path(path_type=Path),
    default=None,
    metavar="OLD",
    help="Folder of an earlier run: show what changed.",
)
@json_option
def report(folder: Path, out: Path | None, against: Path | None, as_json: bool) -> int:
    """Render DIR/verification.json again: one self-contained index.html and tables.tex. Nothing is computed.

    DIR may also be the file of a published record.
    """
    from reports import compare, console, html, records, tables, training

    other = folder.is_file() and folder.name != records.RECORD_FILE
    record = training.read_published(folder) if other else records.read(folder)
    found = compare.changes(records.read(against), record) if against is not None else None
    if out is None:
        out = Path(DEFAULT_OUT) if other else folder if folder.is_dir() else folder.parent
    folder = ready(out, "--out")
    page, latex = html.render(record, found), tables.latex(record)
    written = [write_whole(folder / html.PAGE, page), write_whole(folder / "tables.tex", latex)]
    if as_json:
        print_json(
            {
                "report": written[0],
                "tables": written[1],
                "changes": [vars(change) for change in found] if found is not None else None,
            }
        )
        return 0
    if found is not None:
        console.comparison(found, out_console())
    for path in written:
        click.echo(path)
    return 0


@thinmargin.command(short_help="Re-verify every certificate.")
@click.argument("folder", type=click.Path(path_type=Path), metavar="DIR")
@click.option("--all", "every", is_flag=True, help="Print the sentence of every certificate, accepted ones too.")
@json_option
def recheck(folder: Path, every: bool, as_json: bool) -> int:
    """Re-verify every certificate of DIR with the independent checker."""
    from reports import console

    files = certificate_files(folder)
    if not files:
        raise click.ClickException(f"there is no certificate in {folder}; give a folder written by verify")
    entries = rechecked(files)
    if as_json:
        print_json({"ok": all(entry["status"] == "accepted" for entry in entries), "certificates": entries})
    else:
        console.recheck(entries, out_console(), every)
    return 0 if all(entry["status"] == "accepted" for entry in entries) else 1


for module in (proof_commands, search_commands, question_commands, atlas_commands, campaign_commands):
    for command in module.COMMANDS:
        thinmargin.add_command(command)


_ADVICE = (
    dict.fromkeys((errno.ENOSPC, errno.EDQUOT), "; make room and run the same command again")
    | {errno.EFBIG: "; raise the limit on the size of files and run the same command again"}
    | dict.fromkeys((errno.EROFS, errno.EACCES, errno.EPERM), "; choose a folder that can be written")
)


def _input_errors() -> tuple[type[BaseException], ...]:
    """Errors that mean bad usage or input. A module that was never imported cannot have raised one."""
    names = (
        ("constructions.instance", "InvalidInstance"),
        ("verifiers.errors", "UsageError"),
        ("reports.records", "InvalidRecord"),
    )
    return tuple(getattr(sys.modules[module], name) for module, name in names if module in sys.modules)


def _fail(message: str, code: int = 2) -> int:
    """One line on standard error; returns the exit code."""
    click.echo("thinmargin: " + " ".join(str(message).split()), err=True)
    return code


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit code."""
    limit_threads()
    # Searches run the engine of hypothesis, which would otherwise leave a folder .hypothesis where the user stands.
    scratch = os.path.join(tempfile.gettempdir(), f"thinmargin-hypothesis-{getattr(os, 'getuid', int)()}")
    os.environ.setdefault("HYPOTHESIS_STORAGE_DIRECTORY", scratch)
    try:
        code = thinmargin.main(args=arguments, prog_name="thinmargin", standalone_mode=False)
        sys.stdout.flush()
        return code or 0
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.ctx.get_help() if error.ctx else "", err=True)
        return 2
    except click.ClickException as error:
        command = error.ctx.command_path if isinstance(error, click.UsageError) and error.ctx else None
        return _fail(error.format_message() + (f" (see `{command} --help`)" if command else ""))
    except (click.Abort, KeyboardInterrupt):
        return _fail("interrupted; run the same command again: verify and train go on where they stopped", 130)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as error:
        if isinstance(error, _input_errors()):
            return _fail(str(error))
        if isinstance(error, OSError) and error.strerror:
            place = f"{error.filename}: " if error.filename else ""
            return _fail(f"{place}{error.strerror}{_ADVICE.get(error.errno or 0, '')}")
        traceback.print_exc()
        return _fail("this is a fault of thinmargin, not a verdict; please report the lines above", FAULT)


if __name__ == "__main__":
    sys.exit(main())
