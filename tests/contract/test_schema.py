"""The schema of records, both ways: good records pass, each kind of broken record is refused with its place named."""

from __future__ import annotations

import copy
import errno
import json
import math
import typing
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from constructions import files
from reports import records
from reports.records import InvalidRecord
from reports.summary import as_expected, exit_code, necessity_sentence, overview, problems, summarise
from reports.training import measurement, training_record

EXAMPLE = Path(__file__).parents[1] / "snapshots" / "record.json"
SMALLEST = {
    "schema": 1,
    "thinmargin": "0.1.0",
    "profile": "quick",
    "seed": 0,
    "environment": {},
    "seconds": 0.0,
    "statements": [],
}
# exactly the record that the design of the schema shows, filled in
DOCUMENTED = SMALLEST | {
    "seconds": 12.3,
    "statements": [
        {
            "id": "kkt_margin.universal_flip",
            "slug": "kkt_margin",
            "version": 1,
            "kind": "theorem",
            "title": "t",
            "latex": "x",
            "source": {"paper": "p", "item": "i", "provenance": "derived"},
            "status": "supported",
            "expected": "supported",
            "rigor": {"best": "certified", "weakest": "numerical"},
            "basis": ["instance"],
            "instances": {"random": 200, "structured": 12, "solved": 20, "searched": 0, "trained": 4},
            "hypotheses": [{"name": "h", "checked": 236, "held": 210, "least_slack": 0.5}],
            "conclusions": [
                {
                    "name": "c",
                    "checked": 210,
                    "held": 210,
                    "refuted": 0,
                    "undecided": 0,
                    "least_slack": 0.1,
                    "worst_instance": "7f3a",
                    "by_rigor": {"instance/certified": 206, "runs/numerical": 4},
                    "certificates": ["kkt_point-7f3a.json"],
                }
            ],
            "proof": [{"step": "S5", "status": "proved", "by": "z3"}],
            "mutants": {"planted": 6, "killed": 6, "open": 2, "survivors": []},
            "measurements": [],
            "does_not_claim": "d",
            "seconds": 1.9,
        }
    ],
}


@pytest.fixture
def record() -> records.Record:
    return json.loads(EXAMPLE.read_text(encoding="utf-8"))


def broken(record, path, value=None, *, delete=False):
    """A copy of the record with one entry replaced, added or deleted."""
    record = copy.deepcopy(record)
    *inner, last = path
    place = record
    for key in inner:
        place = place[key]
    if delete:
        del place[last]
    else:
        place[last] = value
    return record


@pytest.mark.parametrize("good", [SMALLEST, DOCUMENTED])
def test_small_and_documented_records_are_valid(good):
    records.validate(good)


def test_the_example_record_is_valid_and_survives_a_round_trip(record, tmp_path):
    path = records.write(record, tmp_path)
    assert record == records.read(path) == records.read(tmp_path)
    assert [path.name] == [entry.name for entry in tmp_path.iterdir()]


S, C = ("statements", 0), ("statements", 0, "conclusions", 0)


@pytest.mark.parametrize(("path", "value"), [
    (("schema",), 2), (("schema",), "1"), (("profile",), "slow"), (("seed",), -1), (("seed",), 0.5),
    (("seconds",), "1"),
    (("environment",), []), (("environment", "cores"), [1, 2]),
    (("statements",), {}), (("extra",), 1),
    ((*S, "status"), "verified"), ((*S, "expected"), "true"), ((*S, "kind"), "axiom"), ((*S, "version"), 0),
    ((*S, "version"), "1"), ((*S, "note"), "x"), ((*S, "source", "provenance"), "guessed"),
    ((*S, "source", "url"), "x"),
    ((*S, "rigor", "best"), "sure"),
    ((*S, "rigor", "middle"), "exact"), ((*S, "basis"), ["everything"]),
    ((*S, "basis"), "instance"), ((*S, "instances", "random"), -1), ((*S, "instances", "made_up"), 3),
    ((*S, "hypotheses", 0, "held"), 1.5), ((*S, "hypotheses", 0, "least_slack"), "small"),
    ((*S, "hypotheses", 0, "slack"), 0.1), ((*C, "checked"), "210"), ((*C, "checked"), None), ((*C, "extra"), 0),
    ((*C, "by_rigor"), {"instance/sure": 3}), ((*C, "by_rigor"), {"certified": 3}),
    ((*C, "by_rigor"), {"instance/certified": -3}), ((*C, "certificates"), [1]), ((*C, "certificates"), "a.json"),
    ((*C, "worst_instance"), 7), ((*C, "worst_instance"), {"file": "x"}), ((*C, "least_slack"), True),
    ((*S, "proof", 0, "status"), "checked"), ((*S, "proof", 0, "by"), "hand"), ((*S, "proof", 0, "rests_on"), "x"),
    ((*S, "mutants", "killed"), -1), ((*S, "mutants", "detail", 0, "status"), "maybe"), ((*S, "mutants", "rate"), 1.0),
    ((*S, "measurements", 0, "csv"), None), ((*S, "measurements", 0, "figure", "log"), ["z"]),
    ((*S, "measurements", 0, "figure", "kind"), "pie"), ((*S, "measurements", 0, "units"), ["d"]),
    ((*S, "given", 0, "text"), "x"), ((*S, "acceptance", "drawn"), None), ((*S, "does_not_claim"), None),
    ((*S, "constants", 0, "value"), [7]), (("certificates", 0, "status"), "fine"),
    (("quantities", 0, "axes"), "sample"),
    (("summary", "by_status"), {"verified": 3}),
    ((*S, "necessity", 0, "status"), "required"), ((*S, "necessity", 0, "violating"), -1),
    ((*S, "necessity", 0, "rigor"), "sure"), ((*S, "necessity", 0, "seconds"), 2.0), ((*S, "necessity"), {}),
    (("summary", "necessity"), {"needed": -1}),
])  # fmt: skip
def test_a_wrong_value_is_refused(record, path, value):
    with pytest.raises(InvalidRecord):
        records.validate(broken(record, path, value))


def _required():
    schema = records.schema()
    places = {
        "Statement": S,
        "Conclusion": C,
        "Hypothesis": (*S, "hypotheses", 0),
        "ProofStep": (*S, "proof", 0),
        "Mutants": (*S, "mutants"),
        "Mutant": (*S, "mutants", "detail", 0),
        "Killed": (*S, "mutants", "stored"),
        "Rigor": (*S, "rigor"),
        "Source": (*S, "source"),
        "Instances": (*S, "instances"),
        "Formula": (*S, "given", 0),
        "Measurement": (*S, "measurements", 0),
        "Figure": (*S, "measurements", 0, "figure"),
        "Acceptance": (*S, "acceptance"),
        "Law": (*S, "acceptance", "laws", 0),
        "Constant": (*S, "constants", 0),
        "WorstInstance": (*C, "worst_instance"),
        "Witness": ("statements", 3, "witness"),
        "Quantity": ("quantities", 0),
        "Certificate": ("certificates", 0),
        "Necessity": (*S, "necessity", 0),
        "Summary": ("summary",),
    }
    for key in schema["required"]:
        yield (key,)
    for name, place in places.items():
        for key in schema["$defs"][name]["required"]:
            yield (*place, key)


@pytest.mark.parametrize("path", list(_required()), ids=lambda path: ".".join(map(str, path)))
def test_a_missing_field_is_refused(record, path):
    with pytest.raises(InvalidRecord):
        records.validate(broken(record, path, delete=True))


def test_every_object_of_the_schema_refuses_unknown_properties_except_the_two_open_ones():
    def objects(schema, name):
        if schema.get("type") == "object":
            yield name, schema
        for key in ("properties", "$defs"):
            for inner, entry in schema.get(key, {}).items():
                yield from objects(entry, inner)

    is_open = {name for name, schema in objects(records.schema(), "record") if "additionalProperties" not in schema}
    assert {"training"} == is_open
    records.validate(SMALLEST | {"environment": {"anything": {"numpy": "2.0"}}, "training": {"anything": [1]}})


@pytest.mark.parametrize("name", ["Statement", "Conclusion", "Hypothesis", "ProofStep", "Mutants", "Mutant", "Killed",
                                  "Formula", "Measurement", "Figure", "Acceptance", "Law", "Constant", "WorstInstance",
                                  "Witness", "Necessity", "Quantity", "Certificate", "Record"])  # fmt: skip
def test_typed_dictionaries_and_schema_name_the_same_fields(name):
    schema = records.schema() if name == "Record" else records.schema()["$defs"][name]
    hints = typing.get_type_hints(getattr(records, name), include_extras=True)
    assert set(schema["properties"]) == set(hints)
    optional = {key for key, hint in hints.items() if typing.get_origin(hint) is typing.NotRequired}
    assert set(schema["required"]) == set(hints) - optional


@pytest.mark.parametrize(("path", "value", "word"), [
    ((*C, "held"), 211, "outcomes than checks"),
    ((*C, "refuted"), 1, "refuted, yet the status is supported"),
    ((*S, "hypotheses", 0, "held"), 237, "held more often"),
    ((*S, "status"), "proved", "not every proof step"),
    ((*S, "status"), "refuted", "neither a refuted conclusion nor a witness"),
    ((*S, "status"), "vacuous", "conclusions were checked"),
    (("statements", 4, "status"), "supported", "no conclusion held"),
    ((*S, "rigor", "weakest"), "certified", "below the stated weakest rigor"),
    ((*S, "mutants", "killed"), 3, "do not add up"),
    ((*S, "mutants", "stored", "killed"), 0, "declared and stored mutants do not add up"),
    ((*S, "acceptance", "accepted"), 237, "accepted than drawn"),
    (("statements", 1, "id"), "kkt_margin.universal_flip", "twice"),
    ((*S, "necessity", 0, "hypothesis"), "p < 1", "no hypothesis 'p < 1'"),
    ((*S, "necessity", 0, "violating"), 11220, "than were measured"),
    ((*S, "necessity", 0, "replay"), None, "needs a replay string"),
    ((*S, "necessity", 2, "status"), "needed", "needs a replay string"),
])  # fmt: skip
def test_cells_that_contradict_each_other_are_refused(record, path, value, word):
    if path == (*C, "refuted"):
        record["statements"][0]["conclusions"][0]["undecided"] = 0
    with pytest.raises(InvalidRecord, match=word):
        records.validate(broken(record, path, value))


def test_a_record_of_a_later_schema_says_to_update():
    with pytest.raises(InvalidRecord, match="update thinmargin"):
        records.validate(SMALLEST | {"schema": 2})


@pytest.mark.parametrize("content", ["", "{", "[1]", '{"schema": 1}', "\x00", "null"])
def test_unreadable_files_are_refused_with_their_path(tmp_path, content):
    (tmp_path / "verification.json").write_text(content)
    with pytest.raises(InvalidRecord, match="verification.json"):
        records.read(tmp_path)


def test_a_missing_file_says_how_to_make_one(tmp_path):
    with pytest.raises(InvalidRecord, match="thinmargin verify --out"):
        records.read(tmp_path)


def test_an_invalid_record_is_not_written(tmp_path):
    with pytest.raises(InvalidRecord):
        records.write(SMALLEST | {"seed": -1}, tmp_path)
    assert [] == list(tmp_path.iterdir())


def test_a_failing_write_leaves_the_old_file_and_nothing_else(tmp_path, monkeypatch):
    path = files.write_whole(tmp_path / "index.html", "old")
    full = OSError(errno.ENOSPC, "No space left on device")
    monkeypatch.setattr(files.os, "replace", lambda *_: (_ for _ in ()).throw(full))
    with pytest.raises(OSError, match="No space left on device: '.*index.html'"):
        files.write_whole(path, "new")
    assert "old" == path.read_text() and [path] == list(tmp_path.iterdir())


@given(st.floats())
def test_every_float_survives_the_trip_through_json(value):
    back = records.real(json.loads(json.dumps(records.plain(value), allow_nan=False)))
    assert back == value or (math.isnan(back) and math.isnan(value))


def test_numpy_fractions_paths_and_sets_become_json():
    content = {
        "a": np.float64("nan"),
        "b": np.arange(3),
        "c": Fraction(1, 3),
        "d": Fraction(4, 2),
        "e": Path("x"),
        "f": {"b", "a"},
        "g": np.bool_(True),
        "h": np.int64(3),
        1: None,
        "i": (True, math.inf),
    }
    assert {
        "a": "NaN",
        "b": [0, 1, 2],
        "c": "1/3",
        "d": 2,
        "e": "x",
        "f": ["a", "b"],
        "g": True,
        "h": 3,
        "1": None,
        "i": [True, "Infinity"],
    } == records.plain(content)


def test_what_has_no_json_form_is_refused():
    with pytest.raises(TypeError, match="object"):
        records.plain({"a": object()})


def test_the_example_record_has_exactly_its_planted_problems(record):
    assert [
        ("feature_purification.dense_mixture", "the status is vacuous; supported was expected"),
        ("feature_purification.dense_mixture", "under-checked: 0 of the 20 promised checks ran"),
        ("network_values-77aa92f00b1c.json", "certificate altered: the digest does not match the content"),
    ] == problems(record)
    assert 1 == exit_code(record)
    assert summarise(record) == record["summary"]


def _only(record, position):
    return broken(broken(record, ("statements",), [record["statements"][position]]), ("certificates",), [])


def test_each_reason_for_exit_code_one_is_found(record):
    assert (
        0
        == exit_code(SMALLEST)
        == exit_code(_only(record, 0))
        == exit_code(_only(record, 1))
        == exit_code(_only(record, 3))
    )
    assert 1 == exit_code(broken(_only(record, 0), (*S, "status"), "refuted"))
    assert 1 == exit_code(broken(_only(record, 0), (*S, "status"), "undecided"))
    assert 1 == exit_code(broken(_only(record, 0), (*S, "checks_promised"), 211))
    assert 1 == exit_code(broken(_only(record, 0), (*S, "proof", 0, "status"), "refuted"))
    assert 1 == exit_code(broken(_only(record, 0), (*S, "necessity", 0, "status"), "refutes the statement itself"))
    assert 1 == exit_code(broken(_only(record, 3), (*S, "witness", "replayed"), False))
    assert 1 == exit_code(broken(_only(record, 3), (*S, "witness"), None))
    assert 1 == exit_code(broken(_only(record, 3), (*S, "status"), "supported"))


def test_a_proof_where_support_was_expected_is_as_expected_and_the_reverse_is_not(record):
    statement = record["statements"][1]
    assert as_expected(statement | {"status": "proved", "expected": "supported"})
    assert not as_expected(statement | {"status": "supported", "expected": "proved"})


def test_the_least_slack_of_a_statement_shows_nan_and_infinities(record):
    statement = record["statements"][0]
    assert 1.72e-5 == overview(statement)["least_slack"]
    statement["conclusions"][0]["least_slack"] = "-Infinity"
    assert -math.inf == overview(statement)["least_slack"]
    statement["conclusions"][1]["least_slack"] = "NaN"
    assert math.isnan(overview(statement)["least_slack"])


TABLE = {
    "name": "phase",
    "title": "t",
    "columns": ["n", "d", "share"],
    "units": {"n": "count", "share": "1"},
    "rows": [(2, 4, 0.1), (3, 4, math.nan)],
    "x": "n",
    "y": "share",
    "series": "d",
    "log": "x",
}


def test_a_measurement_table_becomes_a_valid_measurement():
    entry = measurement(TABLE)
    assert ["n", "d"] == entry["axes"]
    assert "n,d,share\n2,4,0.1\n3,4,NaN\n" == entry["csv"]
    assert {"x": "n", "y": "share", "series": "d", "log": ["x"]} == entry["figure"]
    records.validate(SMALLEST | {"measurements": [entry]})


def test_a_measurement_table_without_axes_has_no_figure():
    assert measurement({"name": "a", "columns": ["n"], "rows": [[1]]})["figure"] is None


def test_a_training_result_becomes_a_valid_record():
    record = training_record(
        {"slug": "kkt_margin", "device": "cpu", "measurements": [TABLE], "networks": np.int64(64)},
        thinmargin="0.1.0",
        seed=3,
        seconds=1.0,
        environment={},
    )
    records.validate(record)
    assert ("train", 3, 64) == (record["profile"], record["seed"], record["training"]["networks"])


def test_what_the_clock_ends_is_no_part_of_the_digest(record):
    fewer = broken(record, (*S, "necessity", 0, "measured"), 11220)
    assert records.digest(record) == records.digest(fewer) == records.digest(broken(record, (*S, "necessity"), []))
    assert records.digest(record) != records.digest(broken(record, (*S, "version"), 7))


@pytest.mark.parametrize(("counts", "said"), [
    ({}, ""),
    ({"needed": 2}, "2 of 2 hypotheses shown to be needed by an instance that replays."),
    ({"needed": 1, "needed in floats only": 1, "not shown to be needed": 3},
     "1 of 5 hypotheses shown to be needed by an instance that replays; 1 needed in floats only; "
     "3 not shown to be needed."),
])  # fmt: skip
def test_the_sentence_on_needed_hypotheses_has_its_denominator(counts, said):
    assert said == necessity_sentence(counts)
