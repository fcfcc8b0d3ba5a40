"""The command `thinmargin prove`: what every proof rests on, and what the Rocq kernel accepts."""

from __future__ import annotations

from pathlib import Path

import click

from reports.command_support import json_option, out_console, print_json, progress_display, ready, resolve


@click.command("prove", short_help="Proof steps, and what each rests on.")
@click.argument("targets", nargs=-1, metavar="[TARGET]...")
@click.option(
    "--certificates",
    "folder",
    type=click.Path(path_type=Path),
    default=None,
    help="Folder for the certificates of the steps that have one.",
)
@click.option("--kernel", "kernel", is_flag=True, help="Check the formal proofs as well, where Rocq is installed.")
@click.option("--definitions", is_flag=True, help="Print what the formal proofs speak about, and stop.")
@json_option
def prove(targets: tuple[str, ...], folder: Path | None, kernel: bool, definitions: bool, as_json: bool) -> int:
    """Proof steps: proved, cited, argued or open, and by what.

    With --kernel, theorems generated from the claims are checked by coqc as well, and a table says for every statement
    what its conclusions rest on. A theorem that the kernel rejects ends the command with exit code 1.
    """
    from reports import console, kernel_console
    from theorems.engine import kernel_prove
    from theorems.engine.prove import prove as run

    statements = resolve(targets)
    if definitions:
        from theorems.formal import definitions as shown

        click.echo(shown())
        return 0
    if folder is not None:
        ready(folder, "--certificates")
    with progress_display() as progress:
        rows = run(list(targets), folder, progress)
        found = kernel_prove.added(statements, rows, progress) if kernel else None
    if found is None:
        print_json(rows) if as_json else console.steps(rows, out_console())
    else:
        print_json(found | {"steps": rows}) if as_json else kernel_console.kernel(found, rows, out_console())
    return 1 if any(row["status"] == "refuted" for row in rows) or (found and found["kernel"]["rejected"]) else 0


COMMANDS = (prove,)
