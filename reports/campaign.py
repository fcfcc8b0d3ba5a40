"""What a campaign leaves behind: campaign.json, three tables and a page. Nothing is computed here but sums for display.

``cells.csv`` has one row per cell, ``grid.csv`` one per grid point and statement, ``regions.csv`` one per grid point
with the number of draws by the strongest statement that holds on them.
"""

from __future__ import annotations

import csv
import os
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from markupsafe import Markup

from reports import html, phase, tables
from reports.records import dumps, plain

Json = dict[str, Any]
Rows = tuple[Sequence[str], Iterable[Sequence[Any]]]

FILES = ("campaign.json", "cells.csv", "grid.csv", "regions.csv", "index.html")
VERDICTS = ("Holds", "Refuted", "HypothesisFailed", "Undecided", "Unsupported")
_HERE = Path(__file__).parent
_SHOWN = 200  # grid points of a table on the page; the file has all


def refuted(campaign: Json) -> list[Json]:
    """Statements that were refuted although they are expected to be true."""
    return [s for s in campaign["statements"] if s["verdicts"]["Refuted"] and s["expected"] != "refuted"]


def grid_table(campaign: Json) -> Rows:
    """One row per grid point and statement: counts, least slack with its draw, interval of the share that holds."""
    names = _parameters(campaign)
    columns = [*names, "statement", "drawn", "instances", "accepted", *VERDICTS, "least_slack", "least_relative_slack",
               "least_slack_draw", "least_slack_replay", "holds_low", "holds_high"]  # fmt: skip
    return columns, (
        [*(place["parameters"][name] for name in names), statement, counts["drawn"], counts["instances"],
         counts["accepted"], *(counts["verdicts"][word] for word in VERDICTS), *_least(counts),
         *(counts["holds_given_accepted"] or (None, None))]
        for place in campaign["points"]
        for statement, counts in place["statements"].items()
    )  # fmt: skip


def _least(counts: Json) -> list[Any]:
    least = counts["least"]
    keys = ("slack", "relative_slack", "index", "replay")
    return [least[key] if least else None for key in keys]


def region_table(campaign: Json) -> Rows:
    """One row per grid point: the draws on which each statement is the strongest that holds, and the others."""
    names, bands = _parameters(campaign), list(phase.region_bands(campaign))
    columns = [*names, *bands[:-4], "none_holds_some_undecided", "refuted", "hypotheses_fail", "no_instance"]

    def rows() -> Iterator[list[Any]]:
        for place in campaign["points"]:
            found = dict.fromkeys(bands, 0)
            for pattern, count in place["patterns"].items():
                found[phase.strongest(campaign, pattern)] += count
            yield [*(place["parameters"][name] for name in names), *found.values()]

    return columns, rows()


def cell_table(campaign: Json, cells: Iterable[tuple[Any, Json, float]]) -> Rows:
    """One row per cell: parameters, draw, instance, and for every statement its verdict, slack and reason."""
    names, ids = _parameters(campaign), [statement["id"] for statement in campaign["statements"]]
    parts = ("verdict", "slack", "relative_slack", "reason")
    columns = ["key", *names, "draw", "instance", *(f"{name} {part}" for name in ids for part in parts), "seconds"]
    return columns, (
        [cell.key, *(cell.parameters[name] for name in names), cell.index, result["instance"],
         *(result["statements"].get(name, {}).get(part) for name in ids for part in parts), round(seconds, 6)]
        for cell, result, seconds in cells
    )  # fmt: skip


def _parameters(campaign: Json) -> list[str]:
    return [*(axis["name"] for axis in campaign["grid"]), *campaign["fixed"]]


def write(campaign: Json, cells: Iterable[tuple[Any, Json, float]], folder: Path) -> list[Path]:
    """Write all files of a campaign: first under temporary names, then renamed, so that a failure changes nothing."""
    content: dict[str, Callable[[Any], Any]] = {
        "campaign.json": lambda stream: stream.write(dumps(campaign)),
        "cells.csv": lambda stream: _write_table(stream, cell_table(campaign, cells)),
        "grid.csv": lambda stream: _write_table(stream, grid_table(campaign)),
        "regions.csv": lambda stream: _write_table(stream, region_table(campaign)),
        "index.html": lambda stream: stream.write(render(campaign)),
    }
    waiting: list[tuple[Path, Path]] = []
    try:
        for name in FILES:
            handle, temporary = tempfile.mkstemp(dir=folder, prefix=f".{name}.")
            waiting.append((Path(temporary), folder / name))
            with os.fdopen(handle, "w", encoding="utf-8", newline="") as stream:
                content[name](stream)
            os.chmod(temporary, 0o644)
        for source, target in waiting:
            os.replace(source, target)
    except BaseException:
        for source, _ in waiting:
            source.unlink(missing_ok=True)
        raise
    return [target for _, target in waiting]


def _write_table(stream: Any, table: Rows) -> None:
    columns, rows = table
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(columns)
    for row in rows:
        writer.writerow(["" if v is None else repr(v) if isinstance(v, float) else v for v in plain(list(row))])


def render(campaign: Json) -> str:
    """The page of a campaign: self-contained, from its JSON alone."""
    table = tables.csv_text(*_listed(grid_table(campaign)))
    broken, total = phase.nesting(campaign)
    return (
        html.environment()
        .get_template("campaign.html.j2")
        .render(
            campaign=campaign,
            refuted=refuted(campaign),
            names=phase.short_names(campaign),
            parameters=_parameters(campaign),
            regions=_picture(phase.regions(campaign, "regions")) if len(campaign["statements"]) > 1 else None,
            order=phase.by_strength(campaign),
            broken=broken,
            drawn=total,
            figures={
                s["id"]: _picture(phase.composition(campaign, s["id"], f"verdicts-{position}"))
                for position, s in enumerate(campaign["statements"])
            },
            grid_csv=table,
            shown=_SHOWN,
            most_tiles=phase.MOST_TILES,
            words=VERDICTS,
            style=Markup((_HERE / "style.css").read_text(encoding="utf-8")),  # noqa: S704
        )
    )


def _listed(table: Rows) -> tuple[Sequence[str], list[Sequence[Any]]]:
    columns, rows = table
    return columns, list(rows)


def _picture(svg: str | None) -> Markup | None:
    return None if svg is None else Markup(svg)  # noqa: S704 (matplotlib escapes the texts it is given)
