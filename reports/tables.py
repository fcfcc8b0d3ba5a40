"""Numbers as people read them, CSV text, and the LaTeX tables of a record."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterable, Sequence
from typing import Any

from reports.records import Real, Record, plain, real
from reports.summary import overview

_SUPERSCRIPT = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
_LATEX = {
    "\\": r"\textbackslash{}",
    "&": r"\&",
    "%": r"\%",
    "$": r"\$",
    "#": r"\#",
    "_": r"\_",
    "{": r"\{",
    "}": r"\}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
}


def number(value: Real | None, digits: int = 3) -> str:
    """A float to `digits` significant figures: 0.0123, 1.5·10⁻⁷, ∞, NaN, and – for no value."""
    value = real(value)
    if value is None:
        return "–"
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "∞" if value > 0 else "−∞"
    if value == 0:
        return "0"
    if float(value).is_integer() and abs(value) < 10**6:
        return f"{int(value)}".replace("-", "−")
    text = f"{value:.{digits}g}"
    if "e" in text:
        mantissa, exponent = text.split("e")
        text = f"{mantissa}·10{str(int(exponent)).translate(_SUPERSCRIPT)}"
    return text.replace("-", "−")


def count(value: int | None) -> str:
    """An integer with thin spaces between groups of three digits; – for no value."""
    return "–" if value is None else f"{value:,}".replace(",", "\N{NARROW NO-BREAK SPACE}")


def share(part: int, whole: int) -> str:
    """``part / whole`` as a percentage, never rounded up to 100 %; – when there is nothing to divide by."""
    if whole == 0:
        return "–"
    percent = 100 * part / whole
    shown = f"{percent:.0f}" if part in (0, whole) else f"{min(max(percent, 0.1), 99.9):.1f}"
    return f"{shown}\N{NARROW NO-BREAK SPACE}%"


def seconds(value: float | None) -> str:
    """A duration: 0.4 s, 12 s, 3 min 20 s; – for no value."""
    if value is None:
        return "–"
    if value < 10:
        return f"{value:.1f} s" if value >= 0.05 else "< 0.1 s"
    minutes, rest = divmod(round(value), 60)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


def csv_text(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """CSV with a header line; floats are written so that they read back exactly."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(columns)
    for row in rows:
        if len(row) != len(columns):
            raise ValueError(f"a row has {len(row)} entries, the table has {len(columns)} columns: {row!r}")
        writer.writerow(
            ["" if entry is None else repr(entry) if isinstance(entry, float) else entry for entry in plain(row)]
        )
    return stream.getvalue()


def csv_columns(text: str) -> tuple[list[str], list[list[float | str]]]:
    """Header and rows of a CSV text; entries that are numbers become floats, empty ones NaN."""
    rows = list(csv.reader(io.StringIO(text)))
    if not rows:
        raise ValueError("the table is empty: it lacks a header line")
    return rows[0], [[_cell(entry) for entry in row] for row in rows[1:]]


def _cell(entry: str) -> float | str:
    if entry == "":
        return math.nan
    try:
        return float(entry)
    except ValueError:
        return entry


INDEX_COLUMNS = (
    "statement",
    "kind",
    "status",
    "expected",
    "best",
    "weakest",
    "basis",
    "drawn",
    "accepted",
    "checked",
    "least_slack",
    "mutants_killed",
    "mutants_planted",
    "steps_proved",
    "steps_cited",
    "steps_argued",
    "steps_open",
)


def index_rows(record: Record) -> list[list[Any]]:
    """One row per statement, in the columns `INDEX_COLUMNS`."""
    rows: list[list[Any]] = []
    for statement in record["statements"]:
        row = overview(statement)
        rows.append(
            [
                statement["id"],
                statement["kind"],
                statement["status"],
                statement["expected"],
                statement["rigor"]["best"],
                statement["rigor"]["weakest"],
                " ".join(statement["basis"]),
                row["drawn"],
                row["accepted"],
                row["checked"],
                row["least_slack"],
                row["killed"],
                row["planted"],
                *(row["proof"][status] for status in ("proved", "cited", "argued", "open")),
            ]
        )
    return rows


def index_csv(record: Record) -> str:
    """The statement index as CSV."""
    return csv_text(INDEX_COLUMNS, index_rows(record))


def latex_escape(text: str) -> str:
    """Plain text made safe for LaTeX; typographic characters that pdflatex lacks are spelled out."""
    return "".join(_LATEX.get(character, character) for character in text)


def latex_number(value: Real | None) -> str:
    """A float in LaTeX mathematics, to three figures; -- for no value."""
    value = real(value)
    if value is None:
        return "--"
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return r"$\infty$" if value > 0 else r"$-\infty$"
    text = f"{value:.3g}"
    if "e" in text:
        mantissa, exponent = text.split("e")
        text = rf"{mantissa}\cdot 10^{{{int(exponent)}}}"
    return f"${text}$"


def latex_table(columns: Sequence[str], rows: Iterable[Sequence[str]], *, align: str, caption: str, label: str) -> str:
    """A longtable with booktabs rules; the cells are LaTeX already."""
    head = " & ".join(columns) + r" \\"
    body = "\n".join(" & ".join(row) + r" \\" for row in rows)
    return "\n".join(
        [
            rf"\begin{{longtable}}{{{align}}}",
            rf"\caption{{{caption}}}\label{{{label}}}\\",
            r"\toprule",
            head,
            r"\midrule\endfirsthead",
            r"\toprule",
            head,
            r"\midrule\endhead",
            r"\bottomrule\endfoot",
            body,
            r"\end{longtable}",
        ]
    )


def latex(record: Record) -> str:
    """All tables of a record: statements, conclusions, proof steps. Needs the packages booktabs, longtable, amsmath."""
    escape = latex_escape
    index, conclusions, steps = [], [], []
    for statement in record["statements"]:
        row = overview(statement)
        name = rf"\texttt{{{escape(statement['id'])}}}"
        rigor = statement["rigor"]
        levels = " -- ".join(dict.fromkeys(level for level in (rigor["best"], rigor["weakest"]) if level))
        index.append(
            [
                name,
                statement["kind"],
                statement["status"],
                levels or "--",
                f"{row['accepted']} / {row['drawn']}",
                latex_number(row["least_slack"]),
                f"{row['killed']} / {row['planted']}",
            ]
        )
        for claim in statement["conclusions"]:
            conclusions.append(
                [
                    name,
                    escape(claim["name"]),
                    str(claim["checked"]),
                    str(claim["held"]),
                    str(claim["refuted"]),
                    str(claim["undecided"]),
                    latex_number(claim["least_slack"]),
                ]
            )
        for step in statement["proof"]:
            steps.append(
                [name, escape(step["step"]), escape(step.get("title") or ""), step["status"], step["by"] or "--"]
            )
    run = f"thinmargin {escape(record['thinmargin'])}, profile {record['profile']}, seed {record['seed']}"
    tables = [
        latex_table(
            ["Statement", "Kind", "Status", "Rigor", "Accepted / drawn", "Least slack", "Mutants killed"],
            index,
            align="lllllrr",
            label="tab:thinmargin-statements",
            caption=f"Statements. ``Supported'' means no violation among the accepted instances ({run})",
        )
    ]
    if conclusions:
        tables.append(
            latex_table(
                ["Statement", "Conclusion", "Checked", "Held", "Refuted", "Undecided", "Least slack"],
                conclusions,
                align="llrrrrr",
                caption=f"Conclusions ({run})",
                label="tab:thinmargin-conclusions",
            )
        )
    if steps:
        tables.append(
            latex_table(
                ["Statement", "Step", "Title", "Status", "By"],
                steps,
                align="llp{6cm}ll",
                caption=f"Proof steps ({run})",
                label="tab:thinmargin-proof",
            )
        )
    return "% needs \\usepackage{booktabs,longtable,amsmath}\n" + "\n\n".join(tables) + "\n"
