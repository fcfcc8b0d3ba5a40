"""Needed hypotheses as part of a verification: which are searched for, what counts, and that nothing runs twice."""

from __future__ import annotations

from pathlib import Path

import pytest
import square

from reports import console, html, records
from reports.summary import problems, summarise
from theorems.engine import needed
from theorems.engine.library import collect
from theorems.engine.origin import replay
from theorems.engine.verify import verify
from verifiers.verdict import Refuted

SQUARE = str(Path(__file__).with_name("square.py"))
BELOW = f"{SQUARE}::square.below"


def plan(*targets, profile="full"):
    return needed.plan(targets, collect(list(targets)), profile, 0)


def test_only_the_full_profile_searches_and_only_for_statements_expected_to_be_true():
    assert plan(f"{SQUARE}::below", profile="quick") == []
    found = plan(SQUARE)
    of_below = [need.hypothesis for need in found if need.statement == "square.below"]
    assert of_below == [claim.name for claim in square.below.given]
    assert {need.statement for need in found} == {"square.below", "square.bold", "square.plain"}, "not known_bold"
    assert {need.target for need in found if need.statement == "square.below"} == {BELOW}
    assert len({need.label for need in found}) == len(found)


def test_the_library_is_found_by_statement():
    found = plan("kkt_margin")
    assert {need.target for need in found} == {need.statement for need in found} and len(found) > 50
    assert not any("global_optimum" in need.statement and "wide" not in need.statement for need in found)


def row(name):
    return needed.run(needed.Need(BELOW, "square.below", name, 0))


def test_a_hypothesis_without_which_an_instance_refutes_is_needed_and_the_instance_replays():
    found = row("x at most the limit")
    assert (found["status"], found["rigor"], found["violation"]) == ("needed", "exact", 6), "9 <= 3 is false by 6"
    assert found["conclusion"] == "x^2 <= factor x" and 0 < found["violating"] <= found["measured"]
    assert isinstance(replay(found["replay"])[2].verdict, Refuted)


def test_a_hypothesis_that_nothing_violates_is_not_shown_to_be_needed():
    found = row("x at most nine")
    assert (found["status"], found["violating"], found["replay"]) == ("not shown to be needed", 0, None)


def forged(monkeypatch, x, hypothesis, target=BELOW):
    """What `run` makes of a search that hands over this instance as its witness."""
    from constructions.instance import exact_array

    digest = square.Number(exact_array(x)).short_digest
    text = f"{target}?drop={hypothesis.replace(' ', '%20')}&space=line&x.x={x}#{digest}"
    witness = {"replay": text, "rigor": "exact", "conclusion": "x^2 <= factor x", "slack": -1.0}
    finding = {"witness": witness, "least": None}
    answer = {"status": "needed", "violating": 1, "measured": 1, "finding": finding}
    monkeypatch.setattr(needed, "drop", lambda *_: answer)
    return needed.run(needed.Need(target, target.partition("::")[2], hypothesis, 0))


def test_an_instance_that_meets_the_hypothesis_refutes_the_statement_itself(monkeypatch):
    found = forged(monkeypatch, "2", "x at most nine", f"{SQUARE}::square.bold")
    assert found["status"] == needed.AGAINST


def test_a_witness_that_does_not_replay_is_not_shown(monkeypatch):
    found = forged(monkeypatch, "1/4", "x at most the limit")
    assert (found["status"], found["replay"], found["violation"]) == ("not shown to be needed", None, None)


@pytest.fixture(scope="module")
def record(tmp_path_factory):
    """A full verification of the toy, interrupted at its very end and resumed."""
    out = tmp_path_factory.mktemp("full")

    def interrupt(_):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        verify([BELOW], "full", 0, out, 1, finish=interrupt)
    begun: list[tuple[int, int]] = []
    result = verify([BELOW], "full", 0, out, 1, progress=lambda _, done, total, __: begun.append((done, total)))
    assert begun[0][0] == begun[0][1] > 3, "every unit, proof step and search was kept"
    return result


def test_the_record_has_one_row_per_hypothesis_and_the_page_a_table(record):
    records.validate(record)
    rows = record["statements"][0]["necessity"]
    assert [entry["hypothesis"] for entry in rows] == [claim.name for claim in square.below.given]
    assert [entry["status"] for entry in rows] == ["needed", "needed", "not shown to be needed"]
    assert summarise(record)["necessity"] == {"needed": 2, "not shown to be needed": 1}
    page = html.render(record, draw=False)
    assert "Which hypotheses are needed: 2 of 3 shown" in page and "thinmargin replay" in page
    assert not [sentence for _, sentence in problems(record) if "refuted" in sentence]


def test_the_end_of_a_run_says_it_in_one_line(record, capsys):
    console.verification(record, "index.html", console.console())
    line = "2 of 3 hypotheses shown to be needed by an instance that replays; 1 not shown to be needed."
    assert line in capsys.readouterr().out.splitlines()
