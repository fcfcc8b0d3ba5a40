"""Records: what every report is rendered from, as plain JSON with a schema (``reports/schema.json``).

The typed dictionaries below name the fields; the schema decides what is valid. A record is read and written whole:
`write` goes to a temporary file that is then renamed, `read` and `validate` name the first thing that is wrong.

JSON has no NaN and no infinities: such numbers are the strings ``"NaN"``, ``"Infinity"`` and ``"-Infinity"``. ``null``
means that there is no value, for instance the least slack of a claim that no instance reached. `plain` writes numbers
this way and `real` reads them back.
"""

from __future__ import annotations

import enum
import hashlib
import json
import math
import numbers
import os
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any, NotRequired, TypedDict

from constructions.files import write_whole

RECORD_FILE = "verification.json"
RIGORS = ("exact", "certified", "statistical", "numerical", "empirical")
STATUSES = ("proved", "supported", "refuted", "undecided", "vacuous")
SOURCES = ("random", "structured", "solved", "searched", "trained", "user")
NONFINITE = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}

Real = float | str  # a JSON number, or one of the keys of NONFINITE


class InvalidRecord(ValueError):
    """A record that does not follow the schema or contradicts itself; the text says where."""


class Formula(TypedDict):
    name: str
    latex: str
    mathml: NotRequired[str | None]


class Hypothesis(TypedDict):
    name: str
    checked: int
    held: int
    undecided: NotRequired[int]
    least_slack: Real | None


class WorstInstance(TypedDict):
    digest: str
    file: NotRequired[str | None]
    source: NotRequired[str | None]
    law: NotRequired[str | None]
    at: NotRequired[str | None]


class Conclusion(TypedDict):
    name: str
    checked: int  # instances on which the claim was evaluated: held + refuted + undecided never exceeds it
    held: int
    refuted: int
    undecided: int
    least_slack: Real | None
    relative_slack: NotRequired[Real | None]
    worst_instance: str | WorstInstance | None
    by_rigor: dict[str, int]  # "basis/rigor" -> number of instances
    reasons: NotRequired[dict[str, int]]
    certificates: list[str]  # file names in the folder certificates/ beside the record


class ProofStep(TypedDict):
    step: str
    status: str
    by: str | None
    title: NotRequired[str | None]
    argument: NotRequired[str | None]
    mathml: NotRequired[str | None]
    detail: NotRequired[str | None]
    certificate: NotRequired[str | None]  # file names, separated by commas
    seconds: NotRequired[float | None]


class Mutant(TypedDict):
    name: str
    status: str  # killed, survivor, open, or stored: a witness is known that this run did not replay
    witness: NotRequired[str | None]
    known_false: NotRequired[bool]
    origin: NotRequired[str]  # declared with the statement, or generated from its claims
    replay: NotRequired[str | None]


class Killed(TypedDict):
    planted: int
    killed: int
    left: NotRequired[int]  # stored witnesses that this run did not replay


class Mutants(TypedDict):
    planted: int  # known false and tried in this run; killed + len(survivors) == planted
    killed: int
    open: int
    survivors: list[str]
    declared: NotRequired[Killed]  # of these, the declared ones and those with a stored witness
    stored: NotRequired[Killed]
    detail: NotRequired[list[Mutant]]


class Figure(TypedDict):
    x: str
    y: str | list[str]
    series: NotRequired[str | None]
    log: NotRequired[list[str]]
    kind: NotRequired[str]
    value: NotRequired[str | None]  # heatmap, surface: the column shown as colour; pictures: the number under each
    mesh: NotRequired[str]  # surface: the column that numbers the lines of the mesh, empty for labelled points
    pixels: NotRequired[list[str]]  # pictures: the columns of one line of pixels
    levels: NotRequired[dict[str, str]]  # heatmap: meaning of each integer value
    low: NotRequired[str | None]  # columns of a band around a single y
    high: NotRequired[str | None]


class Measurement(TypedDict):
    name: str
    title: NotRequired[str | None]
    axes: list[str]
    units: dict[str, str]
    csv: str
    note: NotRequired[str | None]
    figure: NotRequired[Figure | None]


class Law(TypedDict):
    law: str
    source: NotRequired[str]
    drawn: int
    accepted: int


class Acceptance(TypedDict):
    drawn: int
    accepted: int
    laws: NotRequired[list[Law]]


class Witness(TypedDict):
    replayed: bool
    instance: NotRequired[str | None]
    certificate: NotRequired[str | None]
    sentence: NotRequired[str | None]
    violation: NotRequired[Real | None]


class Necessity(TypedDict):
    hypothesis: str
    status: str
    violating: int  # instances that violate this hypothesis and meet all the others
    measured: int
    rigor: str | None
    replay: str | None
    conclusion: NotRequired[str | None]
    violation: Real | None


class Constant(TypedDict):
    name: str
    value: float | str
    source: NotRequired[str | None]


class Statement(TypedDict):
    id: str
    slug: str
    version: int
    kind: str
    title: str
    latex: str
    source: dict[str, Any]
    status: str
    expected: str
    rigor: dict[str, str | None]
    basis: list[str]
    instances: dict[str, int]
    hypotheses: list[Hypothesis]
    conclusions: list[Conclusion]
    proof: list[ProofStep]
    mutants: Mutants
    measurements: list[Measurement]
    does_not_claim: str
    seconds: float
    where: NotRequired[list[Formula]]
    given: NotRequired[list[Formula]]
    then: NotRequired[list[Formula]]
    power: NotRequired[str | None]
    acceptance: NotRequired[Acceptance]
    checks_promised: NotRequired[int]
    constants: NotRequired[list[Constant]]
    witness: NotRequired[Witness | None]
    necessity: NotRequired[list[Necessity]]
    notes: NotRequired[list[str]]


class Quantity(TypedDict):
    name: str
    unit: str
    axes: list[str]
    doc: str
    mathml: NotRequired[str | None]


class Certificate(TypedDict):
    file: str
    kind: NotRequired[str]
    statement: NotRequired[str | None]
    status: str
    sentence: str


class Record(TypedDict):
    schema: int
    thinmargin: str
    profile: str
    seed: int
    environment: dict[str, Any]
    seconds: float
    statements: list[Statement]
    quantities: NotRequired[list[Quantity]]
    certificates: NotRequired[list[Certificate]]
    measurements: NotRequired[list[Measurement]]
    training: NotRequired[dict[str, Any]]
    kernel: NotRequired[dict[str, Any]]  # compiler, library, skipped, axioms, coverage
    notes: NotRequired[list[str]]
    summary: NotRequired[dict[str, Any]]
    digest: NotRequired[str]


def real(value: Real | None) -> float | None:
    """The float that a JSON number or one of the three strings stands for; None stays None."""
    return NONFINITE[value] if isinstance(value, str) else value


def plain(value: Any) -> Any:
    """The same content in JSON types: numpy scalars and arrays, fractions, paths, tuples and sets are converted.

    A Fraction that is not an integer becomes the text "p/q"; floats that are not finite become the three strings.
    """
    if value is None or isinstance(value, (str, bool)):
        return str(value) if isinstance(value, str) else value
    if isinstance(value, dict):
        return {str(key): plain(entry) for key, entry in value.items()}
    if isinstance(value, enum.Enum):
        return str(value)
    if hasattr(value, "tolist"):  # numpy arrays and scalars
        return plain(value.tolist())
    if isinstance(value, (list, tuple)):
        return [plain(entry) for entry in value]
    if isinstance(value, (set, frozenset)):
        return sorted(plain(entry) for entry in value)
    if isinstance(value, numbers.Integral):
        return int(value)
    if isinstance(value, Fraction):
        return value.numerator if value.denominator == 1 else f"{value.numerator}/{value.denominator}"
    if isinstance(value, numbers.Real):
        number = float(value)
        if math.isnan(number):
            return "NaN"
        return number if math.isfinite(number) else ("Infinity" if number > 0 else "-Infinity")
    if isinstance(value, os.PathLike):
        return os.fspath(value)
    raise TypeError(f"{type(value).__name__} has no JSON form: {value!r}")


def digest(record: Any) -> str:
    """SHA-256 of what a record says, as 64 hex digits: of all but times, the environment and the summary.

    Searches for needed hypotheses are left out too: the clock ends them. Two runs of the same targets, profile and seed
    by the same version have the same digest, interrupted or not.
    """

    def said(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: said(entry) for key, entry in value.items() if key not in ("seconds", "necessity")}
        return [said(entry) for entry in value] if isinstance(value, list) else value

    content = {key: entry for key, entry in plain(record).items() if key not in ("environment", "summary", "digest")}
    text = json.dumps(said(content), sort_keys=True, allow_nan=False, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def dumps(value: Any) -> str:
    """Text of a record or any part of it, one line per entry, ending in a newline."""
    return json.dumps(plain(value), indent=1, allow_nan=False, ensure_ascii=False) + "\n"


@cache
def schema() -> dict[str, Any]:
    """The JSON Schema of a record."""
    return json.loads(Path(__file__).with_name("schema.json").read_text(encoding="utf-8"))


@cache
def _validator() -> Any:
    from jsonschema import Draft202012Validator

    return Draft202012Validator(schema())


def validate(record: Any) -> None:
    """Raise `InvalidRecord` naming the first field that breaks the schema, or the first contradiction."""
    from jsonschema.exceptions import best_match

    if isinstance(record, dict) and isinstance(record.get("schema"), int) and record["schema"] > 1:
        raise InvalidRecord(f"the record has schema {record['schema']}, this version reads schema 1; update thinmargin")
    error = best_match(_validator().iter_errors(record))
    if error is not None:
        place = error.json_path.removeprefix("$.").removeprefix("$") or "the record"
        message = error.message if len(error.message) <= 300 else error.message[:120] + " ... " + error.message[-160:]
        raise InvalidRecord(f"{place}: {message}")
    seen: set[str] = set()
    for statement in record["statements"]:
        if statement["id"] in seen:
            raise InvalidRecord(f"{statement['id']}: appears twice")
        seen.add(statement["id"])
        for contradiction in _contradictions(statement):
            raise InvalidRecord(f"{statement['id']}: {contradiction}")


def _contradictions(statement: Statement) -> list[str]:
    """What a reader would find inconsistent between two cells of one statement."""
    found = []
    status, conclusions, mutants = statement["status"], statement["conclusions"], statement["mutants"]
    for hypothesis in statement["hypotheses"]:
        if hypothesis["held"] + hypothesis.get("undecided", 0) > hypothesis["checked"]:
            found.append(f"hypothesis {hypothesis['name']!r} held more often than it was checked")
    for claim in conclusions:
        if claim["held"] + claim["refuted"] + claim["undecided"] > claim["checked"]:
            found.append(f"conclusion {claim['name']!r} has more outcomes than checks")
        if claim["refuted"] and status != "refuted":
            found.append(f"conclusion {claim['name']!r} was refuted, yet the status is {status}")
        for name in claim["by_rigor"]:
            weakest = statement["rigor"]["weakest"]
            if weakest is not None and RIGORS.index(name.split("/")[1]) > RIGORS.index(weakest):
                found.append(f"conclusion {claim['name']!r} has {name} below the stated weakest rigor {weakest}")
    if status == "refuted" and not statement.get("witness") and not any(c["refuted"] for c in conclusions):
        found.append("the status is refuted, yet there is neither a refuted conclusion nor a witness")
    steps = {step["status"] for step in statement["proof"]}
    formal = {step.get("title") for step in statement["proof"] if step["by"] == "rocq" and step["status"] == "proved"}
    by_kernel = {claim["name"] for claim in conclusions} <= formal
    if status == "proved" and not by_kernel and not (steps and steps <= {"proved", "cited"}):
        found.append("the status is proved, yet not every proof step is proved or cited")
    if status == "supported" and not any(claim["held"] for claim in conclusions):
        found.append("the status is supported, yet no conclusion held on any instance")
    if status == "vacuous" and any(claim["checked"] for claim in conclusions):
        found.append("the status is vacuous, yet conclusions were checked")
    if mutants["killed"] + len(mutants["survivors"]) != mutants["planted"]:
        found.append("killed and surviving mutants do not add up to the planted ones")
    if {"declared", "stored"} <= set(mutants):
        for name in ("planted", "killed"):
            if mutants["declared"][name] + mutants["stored"][name] != mutants[name]:  # type: ignore[literal-required]
                found.append(f"declared and stored mutants do not add up to those {name}")
    for row in statement.get("necessity", []):
        if row["hypothesis"] not in {hypothesis["name"] for hypothesis in statement["hypotheses"]}:
            found.append(f"it has no hypothesis {row['hypothesis']!r}, of which the necessity is stated")
        if row["violating"] > row["measured"]:
            found.append(f"more instances violate {row['hypothesis']!r} than were measured")
        if (row["replay"] is None) != (row["status"] == "not shown to be needed"):
            found.append(f"the necessity of {row['hypothesis']!r} needs a replay string exactly if something was found")
    acceptance = statement.get("acceptance")
    if acceptance and acceptance["accepted"] > acceptance["drawn"]:
        found.append("more instances accepted than drawn")
    return found


def write(record: Record, folder: Path) -> Path:
    """Validate and write ``folder/verification.json`` atomically; returns its path."""
    content = plain(record)
    validate(content)
    return write_whole(Path(folder) / RECORD_FILE, dumps(content))


def read(path: Path) -> Record:
    """Read and validate a record: a ``verification.json``, or the folder that holds one."""
    path = Path(path)
    if path.suffix != ".json":
        path = path / RECORD_FILE
    if not path.exists():
        raise InvalidRecord(f"{path} does not exist; `thinmargin verify --out {path.parent}` writes it")
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
    except (UnicodeDecodeError, json.JSONDecodeError) as error:
        raise InvalidRecord(f"{path} is not readable JSON ({error}); run `thinmargin verify` again") from None
    try:
        validate(record)
    except InvalidRecord as error:
        raise InvalidRecord(f"{path}: {error}") from None
    return record
