"""The atlas of constants as a record, ``constants.json``, and as a page. Rendered from the record alone.

An entry says how far one named constant of one statement can be moved towards a stronger claim: the weakest value
that an instance refutes, decided exactly, the critical value at which the worst instance found changes sides, in
floats, and the strongest value that this instance does not refute. What lies between the stated value and the refuted
ones is not known.
"""

from __future__ import annotations

import json
import math
from collections import Counter
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

from markupsafe import Markup

from reports import html
from reports.records import InvalidRecord, digest, dumps, plain
from reports.tables import number

Json = dict[str, Any]

FILE = "constants.json"
PUBLISHED = Path("reports") / "published" / FILE
"""Where the published atlas lies in a checkout."""

SHARP = 0.01
"""A refuted value this close to the stated one, relatively, says that the constant cannot be improved by more."""

_HERE = Path(__file__).parent


def published_file() -> Path:
    """The published atlas of this installation."""
    return _HERE / "published" / FILE


def checkout() -> Path | None:
    """The folder of the checkout that this code lies in; None if it was installed without one."""
    root = _HERE.parent
    return root if (root / "pyproject.toml").is_file() and (root / "tests").is_dir() else None


def record(entries: list[Json], notes: list[str], version: str, environment: Json) -> Json:
    """A complete record of merged entries, with the digest of what it says."""
    content = plain({
        "schema": 1,
        "thinmargin": version,
        "environment": environment,
        "seconds": round(sum(entry["seconds"] for entry in entries), 2),
        "constants": entries,
        "notes": notes,
    })  # fmt: skip
    return content | {"digest": content_digest(content)}


def content_digest(content: Json) -> str:
    """SHA-256 of what a record says: without times, the environment, and the names of runs, which follow the clock."""

    def timeless(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: timeless(entry) for key, entry in value.items() if key not in ("created", "id")}
        return [timeless(entry) for entry in value] if isinstance(value, list) else value

    return digest(timeless(content))


@cache
def schema() -> Json:
    """The JSON Schema of the record."""
    return json.loads((_HERE / "constants_schema.json").read_text(encoding="utf-8"))


@cache
def _validator() -> Any:
    from jsonschema import Draft202012Validator

    return Draft202012Validator(schema())


def validate(content: Any) -> None:
    """Raise `InvalidRecord` naming the first field that breaks the schema, or the first contradiction."""
    from jsonschema.exceptions import best_match

    error = best_match(_validator().iter_errors(content))
    if error is not None:
        place = error.json_path.removeprefix("$.").removeprefix("$") or "the record"
        raise InvalidRecord(f"{place}: {error.message[:300]}")
    if content["digest"] != content_digest(content):
        raise InvalidRecord("digest: the content is not what the digest was computed from; it was altered")
    seen = set()
    for entry in content["constants"]:
        key = (entry["statement"], entry["constant"], entry["stronger"])
        if key in seen:
            raise InvalidRecord(f"{label(entry)}: appears twice")
        seen.add(key)
        for contradiction in _contradictions(entry):
            raise InvalidRecord(f"{label(entry)}: {contradiction}")


def _contradictions(entry: Json) -> list[str]:
    """What a reader would find inconsistent between two cells of one row."""
    found = []
    refuted, critical, kept = (movement(entry, entry[key]) for key in ("refuted", "critical", "not_refuted"))
    for value, part in (("refuted", "witness"), ("not_refuted", "worst")):
        if (entry[value] is None) != (entry[part] is None):
            found.append(f"{value} and {part} need each other")
    if refuted is not None and kept is not None and kept >= refuted:
        found.append(f"{entry['not_refuted']} claims more than {entry['refuted']}, which is refuted")
    if refuted is not None and (critical is None or critical > refuted):
        found.append("the refuted value claims less than the critical one")
    for key in ("measured", "inside"):
        if entry[key] != sum(run[key] for run in entry["runs"]):
            found.append(f"{key} is not the sum over the runs")
    if entry["inside"] > entry["measured"]:
        found.append("more instances inside than measured")
    return found


def movement(entry: Json, value: str | float | None) -> float | None:
    """How far a value lies towards the stronger claims, on a logarithmic scale: 0 is the stated value."""
    if value is None:
        return None
    ratio = Fraction(value) / Fraction(entry["value"])
    return math.log(ratio) * (1 if entry["stronger"] == "larger" else -1)


def ratio(entry: Json, value: str | float | None) -> float | None:
    """A value divided by the stated one."""
    return None if value is None else float(Fraction(value) / Fraction(entry["value"]))


def stated_is_refuted(entry: Json) -> bool:
    """True if an instance refutes the statement with the value as it stands."""
    refuted = movement(entry, entry["refuted"])
    return refuted is not None and refuted <= 0


def label(entry: Json) -> str:
    """The constant of an entry, for people."""
    return f"{entry['statement']}, {entry['constant']}"


def stronger(entry: Json) -> str:
    """In which direction the statement claims more."""
    return entry["stronger"] if Fraction(entry["value"]) > 0 else f"{entry['stronger']} in size"


def decimal(value: str | float | None, digits: int = 7) -> str:
    """A value to so many significant figures; exact ones are not rounded unless they are longer."""
    return "–" if value is None else f"{float(Fraction(value)):.{digits}g}"


def verdict(entry: Json) -> str:
    """One sentence on what was found, without a full stop."""
    if entry["ends"] and (movement(entry, entry["refuted"]) or 0) >= SHARP:
        return f"{_verdict(entry)}. The worst instance is at the end of its space ({', '.join(entry['ends'])})"
    return _verdict(entry)


def _verdict(entry: Json) -> str:
    way = "above" if (entry["stronger"] == "larger") == (Fraction(entry["value"]) > 0) else "below"
    stated, refuted = decimal(entry["value"]), decimal(entry["refuted"])
    if entry["refuted"] is None:
        return f"No value was refuted, up to a factor of 1000 {way} {stated}"
    if stated_is_refuted(entry):
        return f"Refuted as stated, and so is everything {way} {refuted}"
    if (movement(entry, entry["refuted"]) or 0) < SHARP:
        return f"Sharp: everything {way} {refuted} is refuted, {_percent(entry)} from what is stated"
    return f"Everything {way} {refuted} is refuted; between that and {stated} nothing is known"


def _percent(entry: Json) -> str:
    return f"{100 * abs((ratio(entry, entry['refuted']) or 1) - 1):.1g} %"


def write(content: Json, path: Path) -> Path:
    """Validate and write a record, complete or not at all."""
    from constructions.files import write_whole

    validate(content)
    return write_whole(path, dumps(content))


def read(path: Path) -> Json:
    """Read and validate a record. Raises `InvalidRecord` with one clear line."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise InvalidRecord(f"{path} does not exist; `thinmargin sharpen STATEMENT --publish` writes it") from None
    except (UnicodeDecodeError, json.JSONDecodeError) as error:
        raise InvalidRecord(f"{path} is not readable JSON ({error})") from None
    try:
        validate(content)
    except InvalidRecord as error:
        raise InvalidRecord(f"{path}: {error}") from None
    return content


def render(content: Json, published: bool = False) -> str:
    """The page of a record: self-contained, from the record alone."""
    validate(content)
    groups: dict[str, list[Json]] = {}
    for entry in content["constants"]:
        groups.setdefault(entry["statement"], []).append(entry)
    return (
        html.environment()
        .get_template("constants.html.j2")
        .render(
            record=content,
            groups=groups,
            published=published,
            broken=[entry for entry in content["constants"] if stated_is_refuted(entry)],
            picture=Markup(figure(content["constants"])) if content["constants"] else None,  # noqa: S704
            decimal=decimal,
            stronger=stronger,
            verdict=verdict,
            stated_is_refuted=stated_is_refuted,
            replay_command=replay_command,
            sides=sides,
            style=Markup((_HERE / "style.css").read_text(encoding="utf-8")),  # noqa: S704
        )
    )


def replay_command(text: str) -> str:
    """The command that judges a replay string again, quoted for the shell."""
    import shlex

    return f"thinmargin replay {shlex.quote(text)}"


def sides(one: Json) -> str:
    """Left side, relation and right side as numbers, with more digits where they would look alike."""
    left, right = number(one["left"]), number(one["right"])
    if left == right and one["left"] != one["right"]:
        left, right = number(one["left"], 12), number(one["right"], 12)
    return f"{left} {'=' if one['relation'] == '==' else one['relation']} {right}"


def figure(entries: list[Json]) -> str:
    """The figure of an atlas as one ``<svg>`` element."""
    from reports import atlas_figure

    several = len({entry["statement"] for entry in entries}) > 1
    twice = Counter((entry["statement"], entry["constant"]) for entry in entries)
    return atlas_figure.draw(
        [
            {
                "label": (f"{entry['statement'].split('.', 1)[-1]}: " if several else "")
                + entry["constant"]
                + (f", {stronger(entry)}" if twice[entry["statement"], entry["constant"]] > 1 else ""),
                "text": f"{decimal(entry['value'])} stated; {_found(entry)}",
                "stronger": 1 if entry["stronger"] == "larger" else -1,
                "refuted": ratio(entry, entry["refuted"]),
                "critical": ratio(entry, entry["critical"]),
            }
            for entry in entries
        ]
    )


def _found(entry: Json) -> str:
    return f"{decimal(entry['refuted'])} refuted" if entry["refuted"] is not None else "none refuted"
