"""What a terminal shows: progress on standard error, tables on standard output. Texts come from records alone."""

from __future__ import annotations

import math
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from reports.records import Record, Statement
from reports.summary import as_expected, necessity_sentence, overview, problems, summarise
from reports.tables import count, number, seconds, share

_STYLES = {
    "proved": "cyan",
    "supported": "green",
    "refuted": "red",
    "undecided": "yellow",
    "vacuous": "dim",
    "cited": "blue",
    "argued": "default",
    "open": "yellow",
    "accepted": "green",
    "altered": "red",
    "false": "red",
    "malformed": "red",
    "Holds": "green",
    "Refuted": "red",
    "HypothesisFailed": "dim",
    "Undecided": "yellow",
    "Unsupported": "dim",
}
_STEP_STATUSES = ("proved", "cited", "argued", "open", "refuted")
_PLAIN_WIDTH = 180  # columns when the output is a file or a pipe


def console(file: Any = None) -> Console:
    """A console on standard output (or `file`); wide enough for tables when it is not a terminal."""
    target = file or sys.stdout
    return Console(file=target, width=None if getattr(target, "isatty", bool)() else _PLAIN_WIDTH, highlight=False)


class Display:
    """A progress display on standard error: one bar per event, shown on a terminal only.

    Use it as a context manager and pass it on as ``progress(event, done, total, text)``.
    """

    def __init__(self, stream: Any = None) -> None:
        stream = stream or sys.stderr
        self._bars: dict[str, TaskID] = {}
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=24),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TextColumn("[dim]{task.fields[text]}"),
            console=Console(file=stream, highlight=False),
            transient=True,
            disable=not stream.isatty(),
        )

    def __enter__(self) -> Display:
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def __call__(self, event: str, done: int, total: int, text: str = "") -> None:
        if event not in self._bars:
            self._bars[event] = self._progress.add_task(event, total=total or None, text=text)
        self._progress.update(self._bars[event], completed=done, total=total or None, text=text[:60])


def plain_table(*columns: str, right: Sequence[str] = (), title: str | None = None) -> Table:
    """A table without rules; columns named in `right` hold numbers and are never cut."""
    table = Table(
        title=title,
        title_justify="left",
        title_style="bold",
        box=None,
        pad_edge=False,
        padding=(0, 2, 0, 0),
        header_style="bold",
    )
    for column in columns:
        table.add_column(
            column, justify="right" if column in right else "left", overflow="fold", no_wrap=column in right
        )
    return table


def _status(word: str, note: str = "") -> Text:
    return Text(word, style=_STYLES.get(word, "")) + Text(f"\n{note}" if note else "", style="bold red")


def _levels(rigor: dict[str, str | None]) -> str:
    return " to ".join(dict.fromkeys(level for level in (rigor["best"], rigor["weakest"]) if level)) or "–"


def _steps(amounts: Counter[str]) -> str:
    return ", ".join(f"{amounts[status]} {status}" for status in _STEP_STATUSES if amounts[status])


def summary_table(statements: Iterable[Statement], width: int = _PLAIN_WIDTH) -> Table:
    """The end-of-run table: statement, status, rigor, accepted and drawn instances, slack, mutants killed, proof.

    On fewer than 150 columns the proof is left out, on fewer than 115 rigor and undecided checks too; numbers are
    never cut.
    """
    table = plain_table(
        "statement",
        "status",
        *(["rigor"] if width >= 115 else []),
        "accepted / drawn",
        "checked",
        *(["undecided"] if width >= 115 else []),
        "slack",
        "mutants killed",
        *(["proof"] if width >= 150 else []),
        right=("accepted / drawn", "checked", "undecided", "slack", "mutants killed"),
    )
    for statement in statements:
        row = overview(statement)
        under = row["promised"] is not None and row["checked"] < row["promised"]
        note = "" if as_expected(statement) else f"expected {statement['expected']}"
        proof = _steps(row["proof"])
        table.add_row(
            statement["id"],
            _status(statement["status"], note),
            *([_levels(statement["rigor"])] if width >= 115 else []),
            f"{count(row['accepted'])} / {count(row['drawn'])}",
            Text(
                f"{count(row['checked'])} of {count(row['promised'])}" if under else count(row["checked"]),
                style="bold red" if under else "",
            ),
            *([count(row["undecided"])] if width >= 115 else []),
            number(row["least_slack"]),
            (f"{row['killed']} / {row['planted']}" if row["planted"] else "–")
            + (f" (+{row['open_mutants']} open)" if row["open_mutants"] else ""),
            *([proof or "–"] if width >= 150 else []),
        )
    return table


def verification(record: Record, page: Any, out: Console) -> None:
    """The end of a run: table, headline with denominators, what needs attention, where the report lies."""
    summary = summarise(record)
    out.print(summary_table(record["statements"], out.width))
    out.print()
    words = ", ".join(f"{amount} {status}" for status, amount in summary["by_status"].items()) or "nothing"
    mutants = summary["mutants"]
    out.print(
        f"{summary['statements']} statements: {words}. Weakest rigor: {summary['weakest_rigor'] or '–'}. "
        f"Hypotheses held on {count(summary['accepted'])} of {count(summary['drawn'])} instances "
        f"({share(summary['accepted'], summary['drawn'])}). "
        f"Known-false mutants killed: {mutants['killed']} of {mutants['planted']}. {seconds(record['seconds'])}."
    )
    if sentence := necessity_sentence(summary.get("necessity", {})):
        out.print(sentence)
    if summary["certificates"]:
        out.print("Certificates: " + ", ".join(f"{n} {status}" for status, n in summary["certificates"].items()) + ".")
    for name, sentence in problems(record):
        out.print(Text("! ", style="bold red") + Text(f"{name}: {sentence}"))
    if "digest" in record:
        out.print(Text(f"Digest: {record['digest'][:12]} (of all but times and environment)"))
    out.print(Text(f"Report: {page}"))


def campaign(result: dict[str, Any], page: Any, out: Console) -> None:
    """`thinmargin sweep`: counts per statement, where the least slack is, what needs attention, where the page lies."""
    table = plain_table(
        "statement",
        "accepted / instances",
        "holds",
        "refuted",
        "hypothesis fails",
        "undecided",
        "least slack",
        "at",
        right=("accepted / instances", "holds", "refuted", "hypothesis fails", "undecided", "least slack"),
    )
    for statement in result["statements"]:
        verdicts, least = statement["verdicts"], statement["least"]
        bad = verdicts["Refuted"] and statement["expected"] != "refuted"
        table.add_row(
            statement["id"],
            f"{count(statement['accepted'])} / {count(statement['instances'])}",
            count(verdicts["Holds"]),
            Text(count(verdicts["Refuted"]), style="bold red" if bad else ""),
            count(verdicts["HypothesisFailed"]),
            count(verdicts["Undecided"] + verdicts["Unsupported"]),
            number(least["slack"]) if least else "–",
            ", ".join(f"{name}={value}" for name, value in least["parameters"].items()) if least else "–",
        )
    out.print(table)
    cells = result["cells"]
    shared = f", {count(cells['by_others'])} by others meanwhile" if cells["by_others"] else ""
    out.print(
        f"{count(cells['total'])} cells at {count(len(result['points']))} grid points: {count(cells['now'])} computed "
        f"now, {count(cells['before'])} before{shared}. {seconds(result['seconds'])}. Digest {result['digest'][:12]}."
    )
    if cells["disagreeing"]:
        out.print(Text(f"! {count(cells['disagreeing'])} cells gave different results when computed twice"))
    if result["left_out"]:
        out.print(f"Not swept, for lack of the space {result['space']['name']}: {', '.join(result['left_out'])}.")
    out.print(Text(f"Report: {page}"))


def listing(rows: Sequence[dict[str, Any]], out: Console) -> None:
    """`thinmargin list`: one row per statement with source and, where a report exists, its status and rigor."""
    table = plain_table("statement", "kind", "status", "rigor", "source", "title")
    for row in rows:
        source = ", ".join(part for part in (row["source"]["paper"], row["source"]["item"]) if part)
        status = _status(row["status"]) if row["status"] else Text(f"not run (expected {row['expected']})", style="dim")
        table.add_row(
            row["id"],
            row["kind"],
            status,
            _levels(row["rigor"]) if row["rigor"] else "–",
            f"{source} ({row['source']['provenance']})",
            row["title"],
        )
    out.print(table)


def steps(rows: Sequence[dict[str, Any]], out: Console) -> None:
    """`thinmargin prove`: every step with what it rests on."""
    table = plain_table("statement", "step", "status", "by", "what it says and rests on", "time", right=("time",))
    last = None
    for row in rows:
        text = Text(row.get("title") or "")
        if row.get("detail"):
            text += Text(("\n" if text else "") + str(row["detail"]), style="dim")
        if row.get("certificate"):
            text += Text(f"\ncertificate {row['certificate']}", style="dim")
        table.add_row(
            "" if row["statement"] == last else row["statement"],
            row["step"],
            _status(row["status"]),
            row.get("by") or "–",
            text,
            seconds(row.get("seconds")),
        )
        last = row["statement"]
    out.print(table)
    amounts = Counter(row["status"] for row in rows)
    out.print(_steps(amounts) or "no proof steps")


def judgement(result: dict[str, Any], out: Console) -> None:
    """`thinmargin judge`: what was found, quantities with enclosure and rigor object by object, every verdict."""
    for note in result.get("notes") or []:
        out.print(Text(f"note: {note}", style="dim"))
    for finding in result.get("findings") or []:
        out.print(Text(f"• {finding}"))
    entries = result.get("quantities") or []
    for of in dict.fromkeys(entry.get("of") or "" for entry in entries):
        title = f"{result.get('slug', '')} instance {str(result.get('instance', ''))[:12]}{of and ': '}{of}"
        table = plain_table("quantity", "value", "rigor", "unit", "meaning", right=("value",), title=title)
        for entry in entries:
            if (entry.get("of") or "") == of:
                table.add_row(*_quantity(entry))
        out.print()
        out.print(table)
    verdicts = plain_table(
        "statement", "verdict", "slack", "rigor", "judged on", "reason", right=("slack",), title="Verdicts"
    )
    for entry in result.get("statements") or []:
        verdict = entry["verdict"]
        word, inner = (verdict["verdict"], verdict) if isinstance(verdict, dict) else (str(verdict), entry)
        reason = _reason(word, inner)
        if word == "Unsupported" and entry.get("hypotheses"):
            reason += f"; {_premises(entry['hypotheses'])}"
        slack, rigor = number(inner.get("slack")), str(inner.get("rigor") or "–")
        verdicts.add_row(entry["id"], _status(word), slack, rigor, entry.get("of") or "–", Text(reason))
    out.print()
    out.print(verdicts)
    out.print(Text("--json gives every entry, and every hypothesis and conclusion by itself.", style="dim"))


def _quantity(entry: dict[str, Any]) -> tuple[Any, ...]:
    name = Text(entry["name"] + (f"[{entry['at']}]" if entry.get("at") not in (None, "") else ""), no_wrap=True)
    unit = "" if entry.get("unit") in ("1", None) else entry["unit"]
    if entry.get("reason"):
        return name, "–", "–", unit, Text(f"{entry.get('doc') or ''}: {entry['reason']}", style="dim")
    return name, _range(entry), entry.get("rigor") or "–", unit, Text(entry.get("doc") or "")


def _range(entry: dict[str, Any]) -> str:
    """One number, its bounds, or the range of a quantity with axes."""
    lower, upper, value = entry.get("lower"), entry.get("upper"), entry.get("value")
    if isinstance(lower, (list, tuple)):
        pairs = list(zip(_flat(lower), _flat(upper), strict=True))
        if len(pairs) > 4:
            ends = number(min(low for low, _ in pairs), 4), number(max(high for _, high in pairs), 4)
            return f"{' … '.join(dict.fromkeys(ends))} ({len(pairs)} × {', '.join(entry.get('axes') or ())})"
        middle = _flat(value) if value is not None else [None] * len(pairs)
        return ", ".join(_between(*pair, at, entry) for pair, at in zip(pairs, middle, strict=True))
    return _between(lower, upper, value, entry)


def _between(lower: Any, upper: Any, value: Any, entry: dict[str, Any]) -> str:
    low, high = number(lower, 6), number(upper, 6)
    if low == high:
        return low
    if value is not None and entry.get("rigor") == "numerical" and math.isfinite(upper - lower):
        return f"{number(value, 6)} ± {number((upper - lower) / 2, 1)}"
    return f"{low} … {high}"


def _flat(values: Any) -> list[Any]:
    return [leaf for value in values for leaf in _flat(value)] if isinstance(values, (list, tuple)) else [values]


def _premises(hypotheses: Sequence[dict[str, Any]]) -> str:
    """What the hypotheses say that could be decided without the missing part."""
    decided = [entry for entry in hypotheses if entry["state"] != "unmeasured"]
    if not decided:
        return "no hypothesis is about the data alone"
    share_decided = f"of {len(hypotheses)} hypotheses {len(decided)} can be decided on these data"
    for state, says in (("fails", "fails"), ("undecided", "is open")):
        names = [entry["name"] for entry in decided if entry["state"] == state]
        if names:
            return f"{share_decided}, and {names[0]!r} {says}"
    return f"{share_decided}, and hold{'s' if len(decided) == 1 else ''}"


def _reason(word: str, verdict: dict[str, Any]) -> str:
    where = f" at {verdict['where']}" if verdict.get("where") else ""
    if word == "HypothesisFailed":
        return (
            f"{verdict.get('name')}: measured {number(verdict.get('measured'))}, "
            f"required {verdict.get('relation', '<=')} {number(verdict.get('required'))}{where}"
        )
    if word == "Refuted":
        return f"{verdict.get('conclusion')}: violated by {number(verdict.get('violation'))}{where}"
    return str(verdict.get("reason") or "")


def recheck(entries: Sequence[dict[str, Any]], out: Console, every: bool = False) -> None:
    """`thinmargin recheck`: every certificate that was not accepted, or all of them, then the counts."""
    for entry in entries:
        if every or entry["status"] != "accepted":
            out.print(_status(entry["status"]) + Text(f"  {entry['file']}: {entry['sentence']}"))
    amounts = Counter(entry["status"] for entry in entries)
    out.print(f"{len(entries)} certificates: " + ", ".join(f"{amount} {status}" for status, amount in amounts.items()))


def comparison(found: Sequence[Any], out: Console) -> None:
    """`thinmargin report --against`: what changed."""
    table = plain_table("statement", "what", "before", "now", "direction")
    for change in found:
        style = {"better": "green", "worse": "red"}.get(change.direction, "dim")
        table.add_row(change.statement, change.what, change.before, change.after, Text(change.direction, style=style))
    out.print(table if found else "nothing changed")
