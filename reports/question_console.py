"""What a terminal shows of a question asked to a statement: findings, needed hypotheses, replays, the atlas.

Texts come from the JSON of the commands alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.text import Text

from reports import atlas as constants
from reports.atlas import replay_command, sides
from reports.console import plain_table
from reports.tables import count, number, seconds, share

Json = dict[str, Any]

_LONG = 40
"""Characters of a parameter that are shown; the replay string has all of it."""

_ALIKE = 2
"""Certificates of one kind whose sentences are all shown, unless they carry the refutation itself."""

_MEET_ALL = "meet every hypothesis"

_STYLES = {
    "needed": "green",
    "needed in floats only": "yellow",
    "not shown to be needed": "dim",
    "Refuted": "bold red",
    "Holds": "green",
    "holds": "green",
    "fails": "red",
    "undecided": "yellow",
    "accepted": "green",
}


def finding(result: Json, out: Console) -> None:
    """`thinmargin falsify`: the statement, what every layer did, the verdict and its evidence."""
    _statement(result, out)
    inside = "met the others, violated it" if result["violating"] else "met all hypotheses"
    right = ("measured", inside, "least relative slack in floats", "time")
    layers = plain_table("layer", *right, right=right)
    for layer in result["layers"]:
        layers.add_row(layer["name"], count(layer["measured"]), count(layer["inside"]), number(layer["least"]),
                       seconds(layer["seconds"]))  # fmt: skip
    out.print(layers)
    out.print()
    {"refuted": _refuted, "numerical": _numerical, "survived": _survived, "vacuous": _vacuous}[result["status"]](
        result, out
    )
    if result["power"] is not None:
        out.print(Text(_power(result["power"])))
    _ending(result, out)


def _statement(result: Json, out: Console) -> None:
    changed = f", varied: {result['variation']}" if result["variation"] else ""
    out.print(Text(result["statement"].partition("~")[0], style="bold") + Text(changed, style="yellow"))
    out.print(Text(result["title"]))
    formulas = plain_table("", "", "")
    formulas.show_header = False
    for role in ("given", "then"):
        for position, claim in enumerate(result[role]):
            formulas.add_row(Text(role if position == 0 else "", style="dim"), _numbered(role, position, claim),
                             Text(claim["text"]))  # fmt: skip
    for position, text in enumerate(result["where"]):
        formulas.add_row(Text("where" if position == 0 else "", style="dim"), "", Text(text))
    if result["constants"]:
        values = ", ".join(f"{name} = {value}" for name, value in result["constants"].items())
        formulas.add_row(Text("with", style="dim"), "", Text(values))
    out.print(formulas)
    out.print()


def _numbered(role: str, position: int, claim: Json) -> Text:
    return Text(f"{position + 1} {claim['name']}" if role == "given" else claim["name"])


def _refuted(result: Json, out: Console) -> None:
    witness = result["witness"]
    varied = "the statement as varied is" if result["variation"] else "the statement is"
    out.print(Text(f"Refuted: {varied} false, in {_arithmetic(witness['rigor'])}.", style="bold red"))
    _witness(witness, out)


def _arithmetic(rigor: str) -> str:
    words = {"exact": "rational arithmetic", "certified": "ball arithmetic", "statistical": "exact probability bounds"}
    return f"{words[rigor]} (rigor {rigor})"


def _witness(witness: Json, out: Console) -> None:
    worst = witness["worst"]
    both = worst["replay"] != witness["replay"]
    shown = plain_table("", "plainest instance", *(["worst instance"] if both else []))
    for name, entry in _facts(witness).items():
        shown.add_row(name, entry, *([_facts(worst).get(name, "–")] if both else []))
    out.print(shown)
    out.print(Text(f"drawn from: {witness['law']}", style="dim"))
    out.print()
    _line("Replay", replay_command(witness["replay"]), out)
    if both:
        _line("Worst", replay_command(worst["replay"]), out)
    files(witness, out)


def _facts(one: Json) -> dict[str, Text]:
    return {
        "instance": Text(one["digest"][:12]),
        "fails": Text(one["conclusion"] or "–"),
        "at": Text(one["where"] or "the one entry"),
        "sides": Text(f"{sides(one)} is false"),
        "slack": Text(f"{number(one['slack'])}, relative {number(one['relative_slack'])}"),
        "rigor": Text(str(one["rigor"])),
    } | {f"  {name}": Text(_short(value)) for name, value in one["point"].items()}


def _short(value: str) -> str:
    return value if len(value) <= _LONG else value[: _LONG - 1] + "…"


def _at(one: Json) -> str:
    return f" at {one['where']}" if one["where"] else ""


def files(witness: Json, out: Console) -> None:
    """What was written for a witness, and what the independent checker said of it."""
    if "file" not in witness:
        return
    out.print(Text(f"Files: {witness['folder']}/"), soft_wrap=True)
    out.print(Text(f"  {witness['file']}  the instance"), soft_wrap=True)
    kinds: dict[tuple[str, str], list[Json]] = {}
    for entry in witness["certificates"]:
        kinds.setdefault((entry["file"].rpartition("-")[0], entry["status"]), []).append(entry)
    for (kind, status), entries in kinds.items():
        for entry in entries if kind == "interval_positivity" or len(entries) <= _ALIKE else entries[:1]:
            text = Text(f"  {entry['file']}  ") + Text(status, style=_STYLES.get(status, "bold red"))
            out.print(text + Text(f": {entry['sentence']}"), soft_wrap=True)
            if entry is not entries[-1] and kind != "interval_positivity" and len(entries) > _ALIKE:
                out.print(Text(f"  and {len(entries) - 1} more of the kind {kind}, {status}"))
    if not witness["certificates"]:
        out.print(Text("  no certificate: the violation is decided by this library alone", style="dim"))


def _numerical(result: Json, out: Console) -> None:
    least = result["least"]
    out.print(Text("Numerical only: floats violate the statement, and no exact replay does. This is no refutation.",
                   style="bold yellow"))  # fmt: skip
    out.print(Text(f"{least['conclusion'] or 'the statement'}: {sides(least)} in floats; {least['reason'] or ''}"))
    _line("Replay", replay_command(least["replay"]), out)


def _survived(result: Json, out: Console) -> None:
    least = result["least"]
    inside, measured = count(result["inside"]), count(result["measured"])
    met = f"meet every other hypothesis and violate {result['violating']!r}" if result["violating"] else _MEET_ALL
    out.print(Text(f"Survived: no violation on {inside} instances that {met}, of {measured} measured",
                   style="bold green") + Text(" in floats; what came close was decided exactly."))  # fmt: skip
    if least is not None:
        found = f"{least['conclusion']}{_at(least)}: {sides(least)}" if least["conclusion"] else least["verdict"]
        said = f"relative {number(least['relative_slack'])}" if least["relative_slack"] is not None else "not decided"
        rigor = least["rigor"] or "undecided"
        out.print(Text(f"Least slack {said}, instance {least['digest'][:12]}: {found} ({rigor})"))
        _line("Replay", replay_command(least["replay"]), out)


def _vacuous(result: Json, out: Console) -> None:
    other = f"other hypothesis and violated {result['violating']!r}" if result["violating"] else "hypothesis"
    text = f"Vacuous: of {count(result['measured'])} instances measured none met every {other}."
    out.print(Text(text, style="bold yellow"))


def _power(power: Json) -> str:
    if not power["planted"]:
        return "No variant known to be false is planted, so silence of this search says little."
    text = f"The same search refutes {power['killed']} of {power['planted']} variants known to be false"
    missed = "; ".join(power["survivors"])
    return f"{text}{f', but not {missed}' if missed else ''}."


def _ending(result: Json, out: Console) -> None:
    out.print()
    out.print(Text(result["does_not_claim"], style="italic"))


def _line(name: str, text: str, out: Console) -> None:
    out.print(Text(f"{name}: ", style="bold") + Text(text), soft_wrap=True)


def necessity(result: Json, out: Console) -> None:
    """`thinmargin falsify --drop all`: which hypotheses are needed, and by what instance."""
    _statement(result, out)
    table = plain_table("hypothesis dropped", "", "could have shown it", "violation", "rigor", "time",
                        right=("could have shown it", "violation", "time"))  # fmt: skip
    for position, row in enumerate(result["rows"]):
        witness = row["finding"]["witness"]
        table.add_row(
            Text(f"{position + 1} {row['hypothesis']}"),
            Text(row["status"], style=_STYLES[row["status"]]),
            f"{count(row['violating'])} of {count(row['measured'])}",
            number(-witness["slack"]) if witness else "–",
            witness["rigor"] if witness else "–",
            seconds(row["seconds"]),
        )
    out.print(table)
    out.print(Text("“Could have shown it”: instances that violate the dropped hypothesis and meet all the others.",
                   style="dim"))  # fmt: skip
    for row in result["rows"]:
        one = row["finding"]["least" if row["status"] == "needed in floats only" else "witness"]
        if one:
            out.print()
            said = f": {one['conclusion']}: {sides(one)} is false{_at(one)} ({one['rigor'] or 'in floats only'})"
            out.print(Text(f"Without {row['hypothesis']!r}", style="bold") + Text(said))
            _line("Replay", replay_command(one["replay"]), out)
            files(one, out)
    out.print()
    needed = sum(row["status"] == "needed" for row in result["rows"])
    text = f"{needed} of {len(result['rows'])} hypotheses are shown to be needed"
    out.print(Text(text, style="bold") + Text(": without each of them the statement is false." if needed else "."))
    if result["power"] is not None:
        out.print(Text("For the others: " + _power(result["power"])))
    _ending(result, out)


def replayed(result: Json, out: Console) -> None:
    """`thinmargin replay`: the statement, every claim with both sides, the verdict."""
    _statement(result, out)
    out.print(Text(f"instance {result['digest'][:12]}", style="bold") + Text(f", drawn from: {result['law']}"))
    for name, value in result["point"].items():
        out.print(Text(f"  {name} = {_short(value)}"))
    claims = plain_table("", "claim", "left", "", "right", "slack", "at", "", "rigor", right=("left", "right", "slack"))
    for role in ("given", "then"):
        judged = {o["name"]: o for o in result["hypotheses" if role == "given" else "conclusions"]}
        for position, claim in enumerate(result[role]):
            shown = _outcome(judged.get(claim["name"]))
            claims.add_row(Text(role if position == 0 else "", style="dim"), _numbered(role, position, claim), *shown)
    out.print(claims)
    out.print()
    verdict = result["verdict"]
    style = _STYLES.get(verdict["verdict"], "bold yellow")
    out.print(Text(verdict["verdict"], style=style) + Text(f": {_verdict(verdict, result)}"))
    _ending(result, out)


def _outcome(outcome: Json | None) -> Sequence[Any]:
    if outcome is None:
        return "–", "", "–", "–", "", Text("not reached", style="dim"), "–"
    left, relation, right = sides(outcome).split(" ")
    state = Text(outcome["state"], style=_STYLES.get(outcome["state"], ""))
    return left, relation, right, number(outcome["slack"]), outcome["where"], state, outcome["rigor"]


def _verdict(verdict: Json, result: Json) -> str:
    """One sentence on what the replay shows."""
    where = f" at {verdict['where']}" if verdict.get("where") else ""
    of = "the statement as varied" if result["variation"] else "the statement"
    match verdict["verdict"]:
        case "Refuted":
            violation, rigor = number(verdict["violation"]), _arithmetic(verdict["rigor"])
            return f"{of} is false, {verdict['conclusion']} is violated by {violation}{where}, in {rigor}"
        case "Holds":
            return f"{of} holds on this instance, in {verdict['rigor']} arithmetic; that is no refutation"
        case "HypothesisFailed":
            found = f"{number(verdict['measured'])} {verdict['relation']} {number(verdict['required'])}"
            return f"the hypothesis {verdict['name']!r} fails{where}, {found} is false, so the instance says nothing"
        case _:
            return str(verdict.get("reason") or "nothing follows")


def atlas(content: Json, written: Sequence[Path], out: Console) -> None:
    """`thinmargin sharpen`: one row per constant and direction, then the instances that decide it."""
    numbers = ("stated", "not refuted", "critical", "refuted", "met hypotheses / measured", "time", "runs")
    table = plain_table("constant", "in", "stated", "claims more if", *numbers[1:], right=numbers)
    last = None
    for entry in content["constants"]:
        if entry["statement"] != last:
            table.add_row(Text(entry["statement"], style="bold"))
        last = entry["statement"]
        table.add_row(
            Text(f"  {entry['constant']}"),
            entry["in"],
            entry["value"],
            constants.stronger(entry),
            constants.decimal(entry["not_refuted"]),
            constants.decimal(entry["critical"]),
            Text(constants.decimal(entry["refuted"]), style="bold red" if constants.stated_is_refuted(entry) else ""),
            f"{count(entry['inside'])} / {count(entry['measured'])} ({share(entry['inside'], entry['measured'])})",
            seconds(entry["seconds"]),
            str(len(entry["runs"])),
        )
    out.print(table)
    for entry in content["constants"]:
        out.print()
        out.print(Text(f"{constants.label(entry)}: ", style="bold") + Text(constants.verdict(entry)))
        if entry["witness"]:
            name = f"Refutes {constants.decimal(entry['refuted'])} ({entry['witness']['rigor']})"
            _line(name, replay_command(entry["witness"]["replay"]), out)
        if entry["worst"]:
            name = f"Does not refute {constants.decimal(entry['not_refuted'])}"
            _line(name, replay_command(entry["worst"]["replay"]), out)
    out.print()
    for note in content["notes"]:
        out.print(Text("! ", style="bold red") + Text(note))
    for path in written:
        out.print(Text(str(path)), soft_wrap=True)
    out.print(Text("Does not claim: that a value which is not refuted is true.", style="italic"))
