"""One self-contained HTML page from a record: styles, formulas and figures are inside it, and it works offline.

The page is rendered from the record alone. It needs no script; a few lines of one filter the index where scripts run.
"""

from __future__ import annotations

import base64
import re
import shlex
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader
from markupsafe import Markup

from constructions.files import write_whole
from reports import figures, tables
from reports.compare import Change
from reports.mathml import UnsafeMathML, clean
from reports.records import Formula, Measurement, Record, Statement, validate
from reports.summary import FINITE_CHECK, overview, problems, summarise

PAGE = "index.html"
_HERE = Path(__file__).parent
_SHOWN_ROWS = 200  # of a measurement table on the page; the download always has all
_SHOWN_CERTIFICATES = 40  # of one statement or kind on the page; the folder has all


@cache
def environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_HERE / "templates"), autoescape=True, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters |= {
        "number": tables.number,
        "count": tables.count,
        "seconds": tables.seconds,
        "quoted": shlex.quote,
        "short": lambda digest: digest[:12] if re.fullmatch("[0-9a-f]{16,}", digest) else digest,
    }
    environment.globals |= {
        "share": tables.share,
        "formula": formula,
        "data_uri": data_uri,
        "anchor": anchor,
        "certificate_names": certificate_names,
    }
    return environment


def anchor(name: str) -> str:
    """A statement id as the id of its section."""
    return "statement-" + re.sub(r"[^A-Za-z0-9_.-]", "-", name)


def formula(claim: Formula) -> Markup:
    """The MathML of a claim if it is safe, else its LaTeX as text."""
    if claim.get("mathml"):
        try:
            return Markup(clean(claim["mathml"] or ""))  # noqa: S704 (rebuilt from a list of elements and attributes)
        except UnsafeMathML:
            pass
    return Markup('<code class="tex">{}</code>').format(claim["latex"])


def data_uri(text: str, kind: str = "text/csv") -> str:
    """A text as a download inside the page."""
    return f"data:{kind};base64,{base64.b64encode(text.encode()).decode()}"


def certificate_names(text: str | None) -> list[str]:
    """The file names in a field that may hold none, one, or several separated by commas, with or without the folder."""
    return [Path(part.strip()).name for part in (text or "").split(",") if part.strip()]


def _measurement(measurement: Measurement, prefix: str, draw: bool) -> dict[str, Any]:
    picture, trouble = None, None
    if draw and figures.has_figure(measurement):
        try:
            picture = Markup(figures.svg(measurement, prefix))  # noqa: S704 (matplotlib escapes the texts it is given)
        except ValueError as error:
            trouble = str(error)
    columns, rows = tables.csv_columns(measurement["csv"])
    return {
        "name": measurement["name"],
        "title": measurement.get("title") or measurement["name"],
        "note": measurement.get("note"),
        "svg": picture,
        "trouble": trouble,
        "csv": measurement["csv"],
        "columns": [(column, measurement["units"].get(column, "")) for column in columns],
        "rows": [
            [tables.number(cell, 6) if isinstance(cell, float) else cell for cell in row] for row in rows[:_SHOWN_ROWS]
        ],
        "all_rows": len(rows),
        "has_figure": figures.has_figure(measurement),
    }


def _statement(statement: Statement, known: dict[str, dict[str, Any]], draw: bool) -> dict[str, Any]:
    numbers = overview(statement)
    names = [name for claim in statement["conclusions"] for name in claim["certificates"]]
    names += [name for step in statement["proof"] for name in certificate_names(step.get("certificate"))]
    witness = statement.get("witness")
    names += certificate_names(witness.get("certificate")) if witness else []
    names += [name for name, entry in known.items() if entry.get("statement") == statement["id"]]
    return {
        "record": statement,
        "overview": numbers,
        "anchor": anchor(statement["id"]),
        "certificates": [known.get(name, {"file": name}) for name in dict.fromkeys(Path(name).name for name in names)],
        "measurements": [
            _measurement(entry, f"{anchor(statement['id'])}-f{position}", draw)
            for position, entry in enumerate(statement["measurements"])
        ],
    }


def render(record: Record, changes: list[Change] | None = None, *, draw: bool = True) -> str:
    """The page of a valid record; `changes` adds a section on what differs from an earlier run.

    With ``draw=False`` figures are left out, their tables stay.
    """
    validate(record)
    certificates: list[dict[str, Any]] = [
        dict(entry) | {"file": Path(entry["file"]).name} for entry in record.get("certificates", [])
    ]
    known: dict[str, dict[str, Any]] = {str(entry["file"]): entry for entry in certificates}
    groups: dict[str, list[dict[str, Any]]] = {}
    for statement in record["statements"]:
        groups.setdefault(statement["slug"], []).append(_statement(statement, known, draw))
    kinds: dict[str, list[dict[str, Any]]] = {}
    for entry in certificates:
        kinds.setdefault(entry.get("kind") or "other", []).append(entry)
    return (
        environment()
        .get_template("report.html.j2")
        .render(
            certificates=kinds,
            known_certificates=bool(certificates),
            shown_certificates=_SHOWN_CERTIFICATES,
            record=record,
            summary=summarise(record),
            problems=problems(record),
            groups=groups,
            changes=changes,
            finite_check=FINITE_CHECK,
            style=Markup((_HERE / "style.css").read_text(encoding="utf-8")),  # noqa: S704
            measurements=[
                _measurement(entry, f"run-f{position}", draw)
                for position, entry in enumerate(record.get("measurements", []))
            ],
            index_csv=tables.index_csv(record),
            ids={statement["id"] for statement in record["statements"]},
            statuses=sorted({statement["status"] for statement in record["statements"]}),
            kinds=sorted({statement["kind"] for statement in record["statements"]}),
        )
    )


def write(record: Record, folder: Path, changes: list[Change] | None = None) -> Path:
    """Render into ``folder/index.html``, complete or not at all; returns its path."""
    return write_whole(Path(folder) / PAGE, render(record, changes))
