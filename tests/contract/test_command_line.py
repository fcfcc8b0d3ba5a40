"""The command line against a stand-in engine: exit codes, one-line errors, JSON, and nothing half-written."""

from __future__ import annotations

import copy
import json
import os
import subprocess
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest

import theorems.engine
from constructions.instance import InvalidInstance
from constructions.threads import BLAS_VARIABLES, cores, limit_threads
from reports import command_line
from verifiers import recheck
from verifiers.errors import UsageError

ROOT = Path(__file__).parents[2]
EXAMPLE = json.loads((ROOT / "tests" / "snapshots" / "record.json").read_text(encoding="utf-8"))


def fine_record():
    """The example record without what needs attention."""
    record = copy.deepcopy(EXAMPLE)
    record["statements"] = record["statements"][:4]
    record["certificates"] = record["certificates"][:2]
    del record["summary"]
    return record


def statement(entry):
    source = SimpleNamespace(**{"version": 1} | entry["source"])
    return SimpleNamespace(
        **{k: entry[k] for k in ("id", "slug", "kind", "title", "expected", "does_not_claim")},
        source=source,
        latex=lambda: entry["latex"],
    )


class Engine:
    """What the command line imports from the engine, with the answers of a test."""

    def __init__(self) -> None:
        self.calls: list[tuple] = []
        self.record = fine_record()
        self.error: Exception | None = None
        self.known = [statement(entry) for entry in EXAMPLE["statements"]]
        self.rows = [
            {
                "statement": "kkt_margin.universal_flip",
                "step": "S5",
                "title": "t",
                "status": "proved",
                "by": "z3",
                "detail": "unsat",
                "certificate": None,
                "seconds": 0.01,
            }
        ]
        self.judged = {
            "slug": "kkt_margin",
            "instance": "7f3a" * 16,
            "notes": ["two equal points"],
            "quantities": [
                {
                    "name": "p",
                    "unit": "1",
                    "axes": [],
                    "rigor": "exact",
                    "lower": 0.5,
                    "upper": 0.5,
                    "doc": "largest correlation",
                }
            ],
            "statements": [
                {
                    "id": "kkt_margin.universal_flip",
                    "expected": "supported",
                    "verdict": {"verdict": "Holds", "slack": 0.25, "relative_slack": 0.1, "rigor": "exact"},
                }
            ],
        }

    def slugs(self):
        return ("feature_purification", "kkt_margin")

    def statements(self, target=None):
        found = [s for s in self.known if target in (None, s.id, s.slug)]
        if not found:
            raise UsageError(f"no slug, statement or file {target!r}; the slugs are {', '.join(self.slugs())}")
        return found

    def _answer(self, name, *arguments):
        self.calls.append((name, *arguments))
        if self.error:
            raise self.error

    def verify(self, targets, profile, seed, out, workers, progress, finish, kernel=False):
        progress("verify", 1, 2, "drawing")
        (out / "certificates").mkdir(exist_ok=True)
        self._answer("verify", targets, profile, seed, workers)
        return finish(self.record)

    def judge(self, slug, file, seed):
        self._answer("judge", slug, file, seed)
        return self.judged

    def schema(self, slug):
        return {"fields": [{"name": "X"}], "example": {"slug": slug}}

    def prove(self, targets, certificates_dir, progress):
        self._answer("prove", targets, certificates_dir)
        return self.rows

    def train(self, slug, device, scale, seed, store, progress):
        self._answer("train", slug, device, scale, seed)
        return {
            "statements": self.record["statements"][:1],
            "networks": 8,
            "measurements": [{"name": "a", "columns": ["n", "v"], "units": {}, "rows": [[1, 2.0]], "x": "n", "y": "v"}],
        }


@pytest.fixture
def engine(monkeypatch):
    stand_in = Engine()
    for name in ("library", "verify", "judge", "prove", "train"):
        module = ModuleType(f"theorems.engine.{name}")
        for function in ("slugs", "statements", "verify", "judge", "schema", "prove", "train"):
            setattr(module, function, getattr(stand_in, function))
        monkeypatch.setitem(sys.modules, module.__name__, module)
        monkeypatch.setattr(theorems.engine, name, module, raising=False)
    return stand_in


@pytest.fixture
def run(capsys, tmp_path, monkeypatch):
    """Run in an empty folder; returns exit code, standard output and standard error."""
    monkeypatch.chdir(tmp_path)

    def call(*arguments):
        code = command_line.main([str(argument) for argument in arguments])
        return SimpleNamespace(code=code, **dict(zip(("out", "err"), capsys.readouterr(), strict=True)))

    return call


def assert_refused(result, *words, code=2):
    """One line on standard error with these words, nothing on standard output."""
    assert code == result.code, result.err
    assert result.err.startswith("thinmargin: ") and 1 == result.err.count("\n"), result.err
    assert "" == result.out
    for word in words:
        assert word in result.err


def test_verify_without_arguments_runs_everything_and_says_where_the_report_is(engine, run, tmp_path):
    result = run("verify")
    assert (0, "") == (result.code, result.err)
    assert [("verify", [], "quick", 0, cores())] == engine.calls
    folder = tmp_path / "thinmargin-report"
    assert {"certificates", "index.html", "verification.json"} == {entry.name for entry in folder.iterdir()}
    assert "Report: thinmargin-report/index.html" in result.out
    assert "kkt_margin.universal_flip" in result.out and "210 / 236" in result.out and "4 / 5 (+2 open)" in result.out


def test_verify_passes_its_options_on(engine, run):
    assert 0 == run("verify", "kkt_margin", "--profile", "full", "--seed", 7, "--workers", 1, "--out", "o").code
    assert [("verify", ["kkt_margin"], "full", 7, 1)] == engine.calls


def test_verify_json_is_the_record_that_was_written(engine, run, tmp_path):
    result = run("verify", "--json")
    printed = json.loads(result.out)
    written = json.loads((tmp_path / "thinmargin-report" / "verification.json").read_text())
    assert printed == written and 4 == written["summary"]["statements"]


def test_verify_rechecks_certificates_when_the_engine_did_not(engine, run, tmp_path):
    del engine.record["certificates"]
    (tmp_path / "out" / "certificates").mkdir(parents=True)
    (tmp_path / "out" / "certificates" / "kkt_point-0.json").write_text("{}")
    result = run("verify", "--out", "out")
    assert 1 == result.code
    assert "malformed" == json.loads((tmp_path / "out" / "verification.json").read_text())["certificates"][0]["status"]


def _refute(record):
    record["statements"][0]["conclusions"][0] |= {"held": 208, "refuted": 1}
    record["statements"][0]["status"] = "refuted"


def _reject(record):
    record["certificates"][0]["status"] = "false"


def _forget(record):
    record["statements"][3]["witness"]["replayed"] = False


def _underchecked(record):
    record["statements"][0]["checks_promised"] = 211


@pytest.mark.parametrize(("change", "word"), [(_refute, "is refuted"), (_reject, "certificate false"),
                                              (_forget, "not replayed"), (_underchecked, "under-checked")])  # fmt: skip
def test_what_is_not_as_expected_ends_with_exit_code_one(engine, run, change, word):
    change(engine.record)
    result = run("verify")
    assert 1 == result.code and word in result.out
    assert 1 == run("verify", "--json").code


def test_an_invalid_record_is_a_fault_and_nothing_is_written(engine, run, tmp_path):
    engine.record["statements"][0]["status"] = "verified"
    result = run("verify", "--out", "out")
    assert 70 == result.code and "not valid" in result.err
    assert ["certificates"] == [entry.name for entry in (tmp_path / "out").iterdir()]


@pytest.mark.parametrize("line", ["verify nope", "prove nope", "list nope", "judge nope x.json", "train nope"])
def test_unknown_names_are_refused_with_the_known_ones(engine, run, tmp_path, line):
    assert_refused(run(*line.split()), "nope", "feature_purification, kkt_margin")
    assert [] == list(tmp_path.iterdir()) and [] == engine.calls


@pytest.mark.parametrize("arguments", [("verify", "--out", "file/out"), ("prove", "--certificates", "file/out"),
                                       ("train", "kkt_margin", "--store", "file/out")])  # fmt: skip
def test_an_unwritable_folder_is_refused_before_any_work(engine, run, tmp_path, arguments):
    (tmp_path / "file").write_text("")
    assert_refused(run(*arguments), "cannot write to file/out")
    assert [] == engine.calls


@pytest.mark.parametrize("error", [UsageError("labels\nare wrong"), InvalidInstance("labels are wrong")])
def test_errors_about_input_become_one_line(engine, run, tmp_path, error):
    engine.error = error
    (tmp_path / "x.json").write_text("{}")
    assert_refused(run("judge", "kkt_margin", "x.json"), "labels are wrong")


def test_errors_during_a_run_leave_no_record(engine, run, tmp_path):
    engine.error = OSError(28, "No space left on device")
    assert_refused(run("verify", "--out", "out"), "No space left on device")
    assert ["certificates"] == [entry.name for entry in (tmp_path / "out").iterdir()]


def test_a_fault_of_the_program_is_not_a_verdict(engine, run):
    engine.error = ZeroDivisionError("x")
    result = run("verify")
    assert 70 == result.code and "Traceback" in result.err and "not a verdict" in result.err


def test_an_interrupted_run_says_how_to_go_on(engine, run):
    engine.error = KeyboardInterrupt()
    result = run("verify")
    assert 130 == result.code and "thinmargin: interrupted; run the same command again" in result.err


@pytest.mark.parametrize(
    "line",
    [
        "frob",
        "judge",
        "verify --seed -1",
        "verify --profile x",
        "train kkt_margin --device tpu",
        "report",
        "list --what",
    ],
)
def test_bad_usage_is_one_line(engine, run, line):
    assert_refused(run(*line.split()), "--help")


def test_no_command_shows_the_help(run):
    result = run()
    assert 2 == result.code and "verify" in result.err


@pytest.mark.parametrize("command", ["list", "verify", "judge", "prove", "train", "report", "recheck"])
def test_every_command_has_help_and_json(run, command):
    result = run(command, "--help")
    assert 0 == result.code and "--json" in result.out


def test_list_shows_status_and_rigor_only_where_a_run_of_this_version_exists(engine, run, tmp_path):
    before = json.loads(run("list", "--json").out)
    assert [None] * 5 == [row["status"] for row in before]
    run("verify")
    after = {row["id"]: row["status"] for row in json.loads(run("list", "--json").out)}
    assert (
        "supported" == after["kkt_margin.universal_flip"]
        and "refuted" == after["kkt_margin.larger_margin_larger_radius"]
    )
    assert after["kkt_margin.balance"] is None  # the record has version 2, the library version 1
    assert after["feature_purification.dense_mixture"] is None
    shown = run("list", "kkt_margin").out
    assert "not run (expected proved)" in shown and "feature_purification" not in shown


def test_judge_shows_quantities_and_verdicts(engine, run, tmp_path):
    (tmp_path / "x.json").write_text("{}")
    result = run("judge", "kkt_margin", "x.json", "--seed", 3)
    assert (
        0 == result.code and "Holds" in result.out and "largest correlation" in result.out and "two equal" in result.out
    )
    assert [("judge", "kkt_margin", Path("x.json"), 3)] == engine.calls


@pytest.mark.parametrize(("expected", "code"), [("supported", 1), ("refuted", 0)])
def test_judge_ends_with_one_when_a_theorem_is_refuted(engine, run, tmp_path, expected, code):
    (tmp_path / "x.json").write_text("{}")
    engine.judged["statements"][0] |= {
        "expected": expected,
        "verdict": {
            "verdict": "Refuted",
            "conclusion": "flipped",
            "violation": 0.5,
            "where": "sample 3",
            "rigor": "exact",
        },
    }
    result = run("judge", "kkt_margin", "x.json")
    assert code == result.code and "violated by 0.5 at sample 3" in result.out


def test_judge_needs_a_readable_file_or_schema(engine, run):
    assert_refused(run("judge", "kkt_margin"), "--schema")
    assert_refused(run("judge", "kkt_margin", "absent.json"), "cannot read absent.json")
    assert {"slug": "kkt_margin"} == json.loads(run("judge", "kkt_margin", "--schema").out)["example"]


def test_prove_lists_the_steps(engine, run):
    result = run("prove", "kkt_margin")
    assert 0 == result.code and "S5" in result.out and "1 proved" in result.out
    assert engine.rows == json.loads(run("prove", "--json").out)
    engine.rows[0]["status"] = "refuted"
    assert 1 == run("prove").code


def test_train_writes_a_record_and_a_page_into_the_store(engine, run, tmp_path):
    result = run("train", "kkt_margin", "--seed", 4)
    assert 0 == result.code and [("train", "kkt_margin", "cpu", "small", 4)] == engine.calls
    folder = tmp_path / "thinmargin-runs" / "train-kkt_margin-small-cpu-seed4"
    record = json.loads((folder / "verification.json").read_text())
    assert ("train", 8) == (record["profile"], record["training"]["networks"])
    assert "Training report" in (folder / "index.html").read_text()


def test_report_renders_the_page_and_the_tables_from_the_record_alone(engine, run, tmp_path):
    run("verify", "--out", "a")
    (tmp_path / "a" / "index.html").unlink()
    engine.record["statements"][0]["status"] = "undecided"
    run("verify", "--out", "b")
    engine.calls.clear()
    result = run("report", "a", "--against", "b")
    assert 0 == result.code and [] == engine.calls and "better" in result.out
    assert {"index.html", "tables.tex"} < {entry.name for entry in (tmp_path / "a").iterdir()}
    assert "Changes against the earlier run" in (tmp_path / "a" / "index.html").read_text()
    assert "undecided" == json.loads(run("report", "a", "--against", "b", "--json").out)["changes"][0]["before"]
    assert json.loads(run("report", "a", "--json").out)["changes"] is None


def test_report_refuses_what_is_not_a_record(run, tmp_path):
    assert_refused(run("report", "absent"), "thinmargin verify --out absent")
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "verification.json").write_text('{"schema": 1')
    assert_refused(run("report", "a"), "not readable JSON")
    assert ["verification.json"] == [entry.name for entry in (tmp_path / "a").iterdir()]


def _answers(monkeypatch, statuses):
    monkeypatch.setattr(recheck, "check_file", lambda path: SimpleNamespace(status=statuses[path.name], sentence="why"))


def test_recheck_counts_and_names_what_was_not_accepted(run, tmp_path, monkeypatch):
    folder = tmp_path / "out" / "certificates"
    folder.mkdir(parents=True)
    for name in ("a-1.json", "b-2.json"):
        (folder / name).write_text("{}")
    _answers(monkeypatch, {"a-1.json": "accepted", "b-2.json": "accepted"})
    assert 0 == run("recheck", "out").code == run("recheck", folder).code
    _answers(monkeypatch, {"a-1.json": "accepted", "b-2.json": "false"})
    result = run("recheck", "out")
    assert 1 == result.code and "b-2.json: why" in result.out and "1 accepted, 1 false" in result.out
    assert "a-1.json: why" in run("recheck", "out", "--all").out
    assert not json.loads(run("recheck", "out", "--json").out)["ok"]


def test_recheck_with_nothing_to_check_is_refused(run, tmp_path):
    assert_refused(run("recheck", "absent"), "cannot read absent")
    (tmp_path / "empty").mkdir()
    assert_refused(run("recheck", "empty"), "no certificate")


def test_the_command_line_loads_no_numerical_library_before_the_thread_setting():
    script = (
        "import sys, reports.command_line\n"
        "loaded = {'numpy', 'numba', 'torch', 'sympy', 'scipy', 'matplotlib'} & set(sys.modules)\n"
        "assert not loaded, loaded\n"
    )
    subprocess.run([sys.executable, "-c", script], check=True, cwd=ROOT)


def test_threads_are_limited_before_numpy_is_loaded_and_one_in_workers(monkeypatch):
    script = (
        "import os; from constructions.threads import limit_threads; limit_threads(worker=True)\n"
        "print(*(os.environ[n] for n in ('OMP_NUM_THREADS', 'OPENBLAS_NUM_THREADS', 'NUMBA_NUM_THREADS')))"
    )
    environment = os.environ | dict.fromkeys((*BLAS_VARIABLES, "NUMBA_NUM_THREADS"), "8")
    done = subprocess.run(
        [sys.executable, "-c", script], check=True, cwd=ROOT, env=environment, capture_output=True, text=True
    )
    assert "1 1 1" == done.stdout.strip()
    for name in (*BLAS_VARIABLES, "NUMBA_NUM_THREADS"):
        monkeypatch.setenv(name, "8")
    monkeypatch.delitem(sys.modules, "numba", raising=False)
    assert str(cores()) == limit_threads()["NUMBA_NUM_THREADS"]
    assert {"1"} == {os.environ[name] for name in BLAS_VARIABLES}
