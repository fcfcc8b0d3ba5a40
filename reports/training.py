"""From what measuring and training code returns to the form in which records keep it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from constructions.files import write_whole
from reports.records import InvalidRecord, Measurement, Record, digest, dumps, plain, read, validate
from reports.tables import csv_text

_HERE = Path(__file__).parent

_OWN = (
    "schema",
    "thinmargin",
    "profile",
    "seed",
    "environment",
    "seconds",
    "statements",
    "quantities",
    "certificates",
    "measurements",
    "training",
    "notes",
    "summary",
)


def measurement(table: dict[str, Any]) -> Measurement:
    """The record form of a measurement table ``{name, title, columns, units, rows, x, y, series, log}``.

    Optional keys of the table: kind ("lines", "points", "heatmap", "pictures", "surface"), value, levels (meaning
    of each integer value of a heatmap), pixels (columns of one line of a picture), mesh (column that numbers the lines
    of a surface), low, high, note. `units` may be
    a mapping from column to unit or a list in column order. Without x and y there is no figure, only the table.
    """
    columns, units = list(table["columns"]), table.get("units") or {}
    if not isinstance(units, dict):
        units = dict(zip(columns, units, strict=True))
    keys = ("x", "y", "series", "kind", "value", "levels", "pixels", "low", "high", "mesh")
    figure = {key: table[key] for key in keys if table.get(key)}
    if table.get("log"):
        figure["log"] = [table["log"]] if isinstance(table["log"], str) else list(table["log"])
    series = table.get("y") if table.get("kind") == "pictures" else table.get("series")
    content: Measurement = {
        "name": table["name"],
        "title": table.get("title"),
        "axes": [name for name in (table.get("x"), series) if name] or columns[:1],
        "units": {name: str(unit or "") for name, unit in units.items()},
        "csv": csv_text(columns, table["rows"]),
        "figure": figure if "x" in figure and "y" in figure else None,  # type: ignore[typeddict-item]
    }
    if table.get("note"):
        content["note"] = table["note"]
    return content


def training_record(result: dict[str, Any], **defaults: Any) -> Record:
    """A record of schema 1 from what a training run returned.

    Measurement tables become measurements, whatever the schema does not name (slug, device, scale, sizes) goes to
    ``training``, and `defaults` fill what the run left out.
    """
    content: dict[str, Any] = (
        {"schema": 1, "statements": [], "measurements": []} | defaults | {k: result[k] for k in _OWN if k in result}
    )
    content["profile"] = "train"
    content["measurements"] = [measurement(entry) if "rows" in entry else entry for entry in content["measurements"]]
    rest = {key: value for key, value in result.items() if key not in _OWN}
    content["training"] = rest | (result.get("training") or {})
    return plain(content)


def published_file(slug: str, scale: str) -> Path:
    """Where the published training record of a slug lies in this checkout."""
    return _HERE / "published" / f"{slug}-{scale}.json"


def write_published(record: Record, path: Path) -> Path:
    """Publish the record of a training run, with the digest of all it says but times and environment, complete or not
    at all. Raises `InvalidRecord` for any other record."""
    content = plain(record)
    validate(content)
    if content["profile"] != "train":
        raise InvalidRecord(f"{path}: only records of training runs are published here")
    content["digest"] = digest(content)
    path.parent.mkdir(exist_ok=True)
    return write_whole(path, dumps(content))


def read_published(path: Path) -> Record:
    """Read what `write_published` wrote. Raises `InvalidRecord` if it was altered since."""
    record = read(path)
    if record.get("digest") != digest(record):
        raise InvalidRecord(f"{path}: the content is not what its digest was computed from; it was altered")
    return record
