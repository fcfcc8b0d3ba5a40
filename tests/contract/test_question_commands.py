"""falsify and replay on statements with closed forms, and on kkt_margin: verdicts, evidence, exit codes, refusals."""

from __future__ import annotations

import json
import os
import re
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import pytest
import square

from constructions.instance import exact_array
from reports import command_line
from theorems.engine.origin import replay
from verifiers.recheck import check_file
from verifiers.verdict import Refuted

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
SQUARE, PARABOLA = HERE / "square.py", HERE / "parabola.py"
MAIN = "kkt_margin.main"


@pytest.fixture
def run(capsys, tmp_path, monkeypatch):
    """Run in an empty folder; returns exit code, standard output and standard error."""
    monkeypatch.chdir(tmp_path)

    def call(*arguments):
        code = command_line.main([str(argument) for argument in arguments])
        return SimpleNamespace(code=code, **dict(zip(("out", "err"), capsys.readouterr(), strict=True)))

    return call


def assert_refused(result, *words):
    """Exit code 2, one line on standard error with these words, nothing on standard output."""
    assert (2, "") == (result.code, result.out), result.err
    assert result.err.startswith("thinmargin: ") and result.err.count("\n") == 1, result.err
    for word in words:
        assert word in result.err


def replay_lines(text):
    """The replay commands in an output, as the arguments that a shell would pass on."""
    commands = [line.partition(": thinmargin ")[2] for line in text.splitlines()]
    return [shlex.split(command) for command in commands if command.startswith("replay ")]


# falsify


def test_a_false_statement_ends_with_one_and_hands_over_its_evidence(run, tmp_path):
    result = run("falsify", f"{SQUARE}::bold", "--budget", "1s")
    assert result.code == 1 and result.err == ""
    assert "All numbers have smaller squares" in result.out and "square <= factor*x" in result.out
    assert "Refuted: the statement is false, in rational arithmetic (rigor exact)" in result.out
    assert "9 <= 3 is false" in result.out, "x = 3, the end of the line, is the worst and the plainest place"
    for layer in ("structured and degenerate", "independent draws", "evolved", "polished"):
        assert layer in result.out
    [command] = replay_lines(result.out)
    again = run(*command)
    assert again.code == 0 and "x^2 <= factor x is violated by 6" in again.out
    [folder] = (tmp_path / "thinmargin-runs" / "witnesses").iterdir()
    assert folder.name == replay(command[1])[1].instance.short_digest
    names = sorted(path.name for path in folder.iterdir())
    assert [name.partition("-")[0] for name in names if name.endswith("json")] == ["interval_positivity"] * 3
    assert all(check_file(folder / name).status == "accepted" for name in names if name.endswith("json"))
    assert all(f"{name}  accepted" in result.out for name in names if name.endswith("json"))
    assert "nearby variants may still be true" in result.out.splitlines()[-1]


@pytest.mark.parametrize("arguments", [
    [f"{SQUARE}::known_bold"],
    [f"{SQUARE}::below", "--set", "limit=2"],
    [f"{SQUARE}::below", "--drop", "1"],
    [f"{SQUARE}::below", "--drop", "at most the limit", "--drop", "NINE"],
    [f"{SQUARE}::below", "--mutant", "a third of it"],
])  # fmt: skip
def test_what_was_expected_or_varied_is_refuted_with_exit_code_zero(run, arguments):
    result = run("falsify", *arguments, "--budget", "1", "--json")
    finding = json.loads(result.out)
    assert (result.code, finding["status"], finding["witness"]["rigor"]) == (0, "refuted", "exact")
    statement, _, row = replay(finding["witness"]["replay"])
    assert isinstance(row.verdict, Refuted) and statement.id == finding["statement"]
    assert (finding["variation"] == "") == (len(arguments) == 1)


def test_a_survivor_shows_its_least_slack_and_what_the_search_could_have_found(run, tmp_path):
    result = run("falsify", f"{SQUARE}::below", "--budget", "1s")
    assert result.code == 0 and "Survived: no violation" in result.out
    least = float(re.search(r"Least slack relative ([0-9.]+),", result.out)[1])
    assert 0.5 <= least < 0.55, "x^2 = x / 2 at x = 1/2"
    assert "The same search refutes 1 of 1 variants known to be false." in result.out
    assert "that is no proof" in result.out.splitlines()[-1]
    [command] = replay_lines(result.out)
    again = run(*command)
    assert again.code == 1 and "holds on this instance" in again.out and "no refutation" in again.out
    assert [] == list(tmp_path.iterdir()), "no witness, no folder"


def test_floats_alone_are_said_to_be_floats_alone(run):
    result = run("falsify", f"{PARABOLA}::rough_only", "--budget", "1s")
    assert result.code == 0 and "Numerical only" in result.out and "This is no refutation" in result.out
    assert "Refuted" not in result.out
    [command] = replay_lines(result.out)
    assert run(*command).code == 1


def test_a_search_that_met_no_hypothesis_says_that_it_says_nothing(run):
    result = run("falsify", f"{PARABOLA}::never", "--budget", "1s")
    assert result.code == 0 and "Vacuous: of" in result.out and "none met every hypothesis." in result.out
    assert "the search says nothing" in result.out


def test_without_one_hypothesis_only_instances_that_violate_it_count(run):
    content = json.loads(run("falsify", f"{SQUARE}::below", "--drop", "at most the", "--budget", "2", "--json").out)
    assert content["violating"] == "x at most the limit" and content["witness"]["point"] == {"x": "3"}
    assert content["inside"] == sum(layer["inside"] for layer in content["layers"])
    both = json.loads(run("falsify", f"{SQUARE}::below", "--drop", "1", "--drop", "3", "--budget", "1", "--json").out)
    assert both["violating"] is None and both["status"] == "refuted"
    empty = run("falsify", f"{SQUARE}::below", "--drop", "nine", "--budget", "1")
    assert "none met every other hypothesis and violated 'x at most nine'" in empty.out, "nothing on the line exceeds 9"
    kept = run("falsify", f"{SQUARE}::plain", "--drop", "1/10", "--budget", "1")
    assert "that meet every other hypothesis and violate 'x from 1/10 on'" in kept.out and "Survived" in kept.out


def test_every_hypothesis_dropped_in_turn(run):
    result = run("falsify", f"{SQUARE}::below", "--drop", "all", "--budget", "3s")
    rows = {line[2:18]: line for line in result.out.splitlines() if line[:2] in ("1 ", "2 ", "3 ")}
    assert result.code == 0
    assert "needed  " in rows["x at most the li"] and "exact" in rows["x at most the li"]
    assert "needed  " in rows["x from 1/10 on  "]
    assert "not shown to be needed" in rows["x at most nine  "] and " 0 of " in rows["x at most nine  "]
    assert "2 of 3 hypotheses are shown to be needed" in result.out
    assert "For the others: The same search refutes 1 of 1 variants known to be false." in result.out
    commands = replay_lines(result.out)
    assert len(commands) == 2 and [run(*command).code for command in commands] == [0, 0]


def test_necessity_as_json(run):
    result = run("falsify", f"{SQUARE}::below", "--drop", "all", "--set", "factor=2", "--budget", "3", "--json")
    content = json.loads(result.out)
    assert content["variation"] == "factor = 2" and content["constants"] == {"limit": "1/2", "factor": "2"}
    found = {row["hypothesis"]: row["finding"]["witness"] for row in content["rows"]}
    assert found["x at most the limit"]["left"] == 9, "x = 3: 9 <= 6 is false"
    assert all(entry["status"] == "accepted" for entry in found["x from 1/10 on"]["certificates"])
    assert found["x at most nine"] is None and content["power"]["planted"] == 1


@pytest.mark.parametrize(("arguments", "words"), [
    (["nothing"], ["no slug, statement or file 'nothing'"]),
    (["kkt_margin"], ["holds", "statements; name one of"]),
    ([MAIN, "--drop", "7"], ["no hypothesis number 7", "5 'the direction"]),
    ([MAIN, "--drop", "0"], ["no hypothesis number 0"]),
    ([MAIN, "--drop", "zebra"], ["no hypothesis 'zebra'", "2 'no sample is zero'"]),
    ([MAIN, "--drop", ""], ["no hypothesis ''"]),
    ([MAIN, "--drop", "sample"], ["'sample' is part of 3 names"]),
    ([MAIN, "--set", "C"], ["'C' is not NAME=VALUE"]),
    ([MAIN, "--set", "C=1/0"], ["'C=1/0' is not NAME=VALUE"]),
    ([MAIN, "--set", "C=7"], ["no constant C", "flip_factor"]),
    ([MAIN, "--set", "flip_factor=1", "--set", "flip_factor=2"], ["two values"]),
    ([MAIN, "--mutant", "zebra"], ["no mutant 'zebra'", "m replaced by n"]),
    ([MAIN, "--budget", "soon"], ["'soon' is not a length of time", "90s or 5m"]),
    ([MAIN, "--budget", "0"], ["not a length of time"]),
    ([MAIN, "--budget", "-5s"], ["not a length of time"]),
    ([MAIN, "--budget", "nan"], ["not a length of time"]),
    ([MAIN, "--seed", "-1"], ["--help"]),
    ([f"{SQUARE}::nothing_given", "--drop", "all"], ["no hypothesis that could be dropped"]),
    ([f"{SQUARE}::nothing_given", "--drop", "1"], ["it has none"]),
    ([f"{SQUARE}::absent"], ["no statement absent"]),
    (["absent.py"], ["not a file"]),
    ([f"{HERE / 'campaign_file.py'}::homeless"], ["names no space and no family"]),
    ([MAIN, "--store", "file/store"], ["cannot write to file/store"]),
])  # fmt: skip
def test_bad_questions_are_refused_in_one_line(run, tmp_path, arguments, words):
    (tmp_path / "file").write_text("")
    assert_refused(run("falsify", *arguments), *words)
    assert ["file"] == [path.name for path in tmp_path.iterdir()]


@pytest.mark.parametrize(("text", "seconds"), [("90", 90), ("90s", 90), ("5m", 300), ("1.5m", 90), ("2h", 7200),
                                               (" 3 s", 3), (".5", 0.5)])  # fmt: skip
def test_lengths_of_time(text, seconds):
    from reports.question_commands import Duration

    assert seconds == Duration().convert(text, None, None)


def test_a_conjecture_of_kkt_margin_is_refuted_with_the_certificates_of_its_slug(run):
    result = run("falsify", "kkt_margin.conjecture_absolute_constant", "--budget", "3s", "--json")
    finding = json.loads(result.out)
    assert (result.code, finding["status"], finding["expected"]) == (0, "refuted", "refuted")
    kinds = {entry["file"].partition("-")[0] for entry in finding["witness"]["certificates"]}
    assert kinds >= {"kkt_point", "interval_positivity"}
    assert {entry["status"] for entry in finding["witness"]["certificates"]} == {"accepted"}
    assert finding["where"] == ["r = q*(n - 1)/L"]


def test_an_interrupted_search_ends_with_130_and_one_line(tmp_path):
    command = [sys.executable, "-m", "reports.command_line", "falsify", f"{SQUARE}::below", "--budget", "120s"]
    environment = os.environ | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    process = subprocess.Popen(command, cwd=tmp_path, env=environment, text=True,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE)  # fmt: skip
    until = time.monotonic() + 60
    while not (tmp_path / "thinmargin-runs").exists() and time.monotonic() < until:
        time.sleep(0.05)
    time.sleep(0.5)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert (130, "") == (process.returncode, out)
    assert err.startswith("thinmargin: interrupted; nothing was kept") and err.count("\n") == 1, err
    assert [] == list(tmp_path.iterdir())


# replay


def test_a_replay_shows_both_sides_of_every_claim(run):
    result = run("replay", f"{SQUARE}::bold?space=line&x.x=2#{_digest('2')}")
    lines = result.out.splitlines()
    assert result.code == 0
    assert any("x^2 <= factor x" in line and "4" in line and "fails" in line and "exact" in line for line in lines)
    assert any(line.strip() == "x.x = 2" for line in lines)


def _digest(x):
    return square.Number(exact_array(x)).short_digest


def test_an_instance_outside_the_hypotheses_refutes_nothing(run):
    result = run("replay", f"{SQUARE}::below?space=line&x.x=3#{_digest('3')}")
    assert result.code == 1 and "the hypothesis 'x at most the limit' fails, 0.5 >= 3 is false" in result.out
    assert "not reached" in result.out
    content = json.loads(run("replay", f"{SQUARE}::below?space=line&x.x=3#{_digest('3')}", "--json").out)
    assert (content["refutes"], content["verdict"]["verdict"]) == (False, "HypothesisFailed")
    assert content["hypotheses"][0] | {"note": ""} == {
        "name": "x at most the limit", "state": "fails", "slack": -2.5, "relative_slack": -2.5 / 3, "where": "",
        "rigor": "exact", "note": "", "left": 0.5, "right": 3.0, "relation": ">=",
    }  # fmt: skip


@pytest.mark.parametrize(("string", "words"), [
    ("nonsense", ["a replay string looks like"]),
    ("", ["a replay string looks like"]),
    ("kkt_margin.main?space=line#", ["a replay string looks like"]),
    ("kkt_margin.main?space=line#0123", ["no space line", "correlated"]),
    ("kkt_margin.nothing?space=line#0123", ["no statement kkt_margin.nothing"]),
    ("absent.py::x?space=line#0123", ["not a file"]),
    (f"{SQUARE}::bold?space=line&x.x=2#000000000000", ["the instance is now", "its construction has changed"]),
    (f"{SQUARE}::bold?space=line&x.x=7#000000000000", ["outside -1..3"]),
    (f"{SQUARE}::bold?space=line&x.y=1#000000000000", ["no parameter y"]),
    (f"{SQUARE}::bold?space=line&x.x=abc#000000000000", ["not a number"]),
    (f"{SQUARE}::bold?space=line&colour=red#000000000000", ["no part 'colour'"]),
    (f"{SQUARE}::bold?set.factor=x&space=line&x.x=1#000000000000", ["not a number"]),
    (f"{SQUARE}::bold?set.size=1&space=line&x.x=1#000000000000", ["no constant size"]),
    (f"{SQUARE}::bold?family=line&seed=0#000000000000", ["family=NAME, seed and index"]),
])  # fmt: skip
def test_a_string_that_replays_nothing_is_refused_in_one_line(run, string, words):
    assert_refused(run("replay", string), *words)


@pytest.mark.parametrize("command", ["falsify", "replay", "sharpen"])
def test_every_command_has_help_and_json(run, command):
    result = run(command, "--help")
    assert result.code == 0 and "--json" in result.out
