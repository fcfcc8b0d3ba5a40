"""The command `sweep`: statements over a grid of parameters times seeds, resumable, on one machine or many.

Numerical libraries are imported inside the functions.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from reports.command_support import json_option, out_console, print_json, progress_display, ready, resolve, seed_option

DEFAULT_OUT = "thinmargin-campaign"
DEFAULT_STORE = "thinmargin-runs"


@click.command(short_help="Judge statements over a grid of parameters.")
@click.argument("targets", nargs=-1, metavar="TARGET...", required=True)
@click.option("--grid", default="", metavar="GRID", help="Such as n=4:64:6log,d=100:10000:8log,bias=0|1; see below.")
@click.option("--seeds", type=click.IntRange(min=1), default=20, show_default=True, help="Draws per grid point.")
@click.option("--space", default=None, metavar="NAME", help="Where to draw.  [default: the one that fits]")
@click.option("--set", "settings", multiple=True, metavar="NAME=VALUE", help="Fix a parameter; may be given often.")
@click.option(
    "--store",
    type=click.Path(path_type=Path),
    default=DEFAULT_STORE,
    show_default=True,
    help="Folder of thinmargin.sqlite, where finished cells stay.",
)
@click.option(
    "--executor",
    default=None,
    metavar="WHERE",
    help="local:N for N processes, dask:ADDRESS for a cluster.  [default: local, all cores]",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    default=DEFAULT_OUT,
    show_default=True,
    help="Folder for index.html, campaign.json and the tables.",
)
@seed_option
@json_option
def sweep(
    targets: tuple[str, ...], grid: str, seeds: int, space: str | None, settings: tuple[str, ...], store: Path,
    executor: str | None, out: Path, seed: int, as_json: bool,
) -> int:  # fmt: skip
    """Judge statements on draws from a space, at every point of a grid of its parameters; write tables and figures.

    GRID is a list of NAME=VALUES, separated by commas: a:b is every whole number, a:b:step a sequence, a:b:Klog
    K whole numbers spaced logarithmically, and v1|v2|v3 are the values themselves. Parameters that are neither in the
    grid nor set are drawn from the law of the space.

    Every finished cell is kept in the store: an interrupted sweep is resumed by the same command, and a larger one
    computes only what is new. Start dask workers with --nthreads 1: a process computes one cell at a time.

    Exit code 1 if a statement is refuted that is expected to be true.
    """
    from reports import campaign, console
    from theorems.engine import grids
    from theorems.engine.store import Store
    from theorems.engine.sweep import Campaign

    resolve(targets)
    axes = grids.parse_grid(grid) if grid.strip() else ()
    planned = Campaign.plan(targets, axes, seeds, space, seed, grids.parse_fixed(settings))
    folder = ready(out)
    with Store(store) as opened:
        try:
            with progress_display() as progress:
                result = planned.run(opened, executor or _local(), progress)
        except KeyboardInterrupt:
            kept = len(opened.known(cell.key for cell in planned.cells))
            text = f"interrupted; {kept} of {len(planned.cells)} cells are kept in {opened.path}"
            click.echo(f"thinmargin: {text}, the same command resumes", err=True)
            return 130
        written = _written(campaign.write, result, planned.rows(opened), folder, opened.path)
    print_json(result) if as_json else console.campaign(result, written[-1], out_console())
    return 1 if campaign.refuted(result) else 0


def _local() -> str:
    from constructions.threads import cores

    return f"local:{cores()}"


def _written(write: Any, result: Any, cells: Any, folder: Path, store: Path) -> list[Path]:
    try:
        return write(result, cells, folder)
    except OSError as error:
        text = f"cannot write to {folder}: {error.strerror or error}; the cells are kept in {store}"
        raise click.ClickException(f"{text}, so the same command with another --out only writes the files") from None


COMMANDS: tuple[click.Command, ...] = (sweep,)
