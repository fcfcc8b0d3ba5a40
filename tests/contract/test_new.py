"""The file that `thinmargin new` writes, as a user meets it: written once, accepted everywhere, never stale."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from fractions import Fraction
from types import SimpleNamespace

import pytest

from reports import command_line, records
from theorems.engine.library import collect, statements
from theorems.engine.verify import verify
from theorems.testing import assert_as_expected, checks, exact
from verifiers import arithmetic
from verifiers.errors import UsageError
from verifiers.quantity import enclose, estimate


@pytest.fixture
def run(capsys, tmp_path, monkeypatch):
    """Run in an empty folder; returns exit code, standard output and standard error."""
    monkeypatch.chdir(tmp_path)

    def call(*arguments):
        code = command_line.main([str(argument) for argument in arguments])
        return SimpleNamespace(code=code, **dict(zip(("out", "err"), capsys.readouterr(), strict=True)))

    return call


def assert_refused(result, *words):
    """One line on standard error with these words, nothing on standard output."""
    assert 2 == result.code and "" == result.out, result
    assert result.err.startswith("thinmargin: ") and 1 == result.err.count("\n"), result.err
    for word in words:
        assert word in result.err


def test_new_writes_one_file_under_the_name_and_says_what_to_run(run, tmp_path):
    result = run("new", "wide_gap")
    assert 0 == result.code and "" == result.err
    assert ["wide_gap.py"] == [entry.name for entry in tmp_path.iterdir()]
    assert "pytest wide_gap.py" in result.out and "thinmargin verify wide_gap.py" in result.out
    text = (tmp_path / "wide_gap.py").read_text()
    assert "my_conjecture" not in text and '"wide_gap.class_means"' in text and text.count("\n") <= 130
    printed = json.loads(run("new", "other_gap", "--json").out)
    assert "other_gap.py" == printed["path"] and "pytest other_gap.py" in printed["next"]


@pytest.mark.parametrize(("line", "words"), [
    ("1x", ["no Python name"]), ("class", ["no Python name"]), ("a/b", ["no Python name", "no folder"]),
    ("a.py", ["no Python name"]), ("json", ["installed module"]), ("numpy", ["installed module"]),
    ("__main__", ["installed module"]), ("kkt_margin", ["name of the library"]), ("engine", ["name of the library"]),
    ("margin", ["used for something else"]), ("judge", ["used for something else"]), ("Points", ["something else"]),
    ("test_gap", ["pytest"]), ("conftest", ["pytest"]), ("main --from-slug kkt_margin", ["kkt_margin.main"]),
    ("gap --from-slug nothing", ["no template for 'nothing'", "kkt_margin"]), ("", ["--help"]),
])  # fmt: skip
def test_names_that_mean_something_else_are_refused(run, tmp_path, line, words):
    assert_refused(run("new", *line.split()), *words)
    assert [] == list(tmp_path.iterdir())


def test_a_file_that_exists_is_left_as_it_is(run, tmp_path):
    (tmp_path / "wide_gap.py").write_text("mine")
    assert_refused(run("new", "wide_gap"), "wide_gap.py exists")
    assert "mine" == (tmp_path / "wide_gap.py").read_text()
    (tmp_path / "link.py").symlink_to(tmp_path / "absent")
    assert_refused(run("new", "link"), "link.py exists")


def test_a_folder_that_is_gone_is_one_line(run, tmp_path, monkeypatch):
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    assert_refused(run("new", "wide_gap"), "wide_gap.py: No such file or directory")
    os.chdir(tmp_path)


@pytest.mark.parametrize("options", [(), ("--from-slug", "kkt_margin")])
def test_pytest_accepts_the_file_from_any_folder(run, tmp_path, options):
    run("new", "wide_gap", *options)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    done = subprocess.run([sys.executable, "-m", "pytest", "-q", "-W", "error", "-p", "no:cacheprovider",
                           str(tmp_path / "wide_gap.py")], cwd=elsewhere, capture_output=True, text=True)  # fmt: skip
    assert 0 == done.returncode and "2 passed" in done.stdout, done.stdout + done.stderr


def test_list_and_verify_accept_the_file_and_its_statement_by_name(run, tmp_path):
    run("new", "wide_gap")
    listed = json.loads(run("list", "wide_gap.py", "--json").out)
    assert ["wide_gap.class_means"] == [row["id"] for row in listed]
    result = run("verify", "wide_gap.py::wide_gap", "--out", "out", "--workers", "1")
    assert 0 == result.code and "wide_gap.class_means" in result.out and "2 / 2" in result.out, result.out + result.err
    record = records.read(tmp_path / "out")
    assert "supported" == record["statements"][0]["status"] and "exact" == record["statements"][0]["rigor"]["weakest"]
    assert "wide_gap" in (tmp_path / "out" / "index.html").read_text()
    assert (tmp_path / "out" / record["statements"][0]["conclusions"][1]["worst_instance"]["file"]).is_file()
    again = json.loads(run("list", "wide_gap.py", "--report", "out", "--json").out)
    assert "supported" == again[0]["status"]


def test_the_line_to_change_refutes_the_statement(run, tmp_path):
    for options, before, after in (((), '"1/4", source', '"1", source'),
                                   (("--from-slug", "kkt_margin"), '"1/5", source', '"2", source')):  # fmt: skip
        name = f"gap{len(options)}"
        run("new", name, *options)
        path = tmp_path / f"{name}.py"
        assert_as_expected(checks(*statements(str(path))))
        assert before in path.read_text()
        path.write_text(path.read_text().replace(before, after))
        record = checks(*statements(str(path)))
        assert "refuted" == record["status"]
        with pytest.raises(AssertionError, match="is refuted, not supported"):
            assert_as_expected(record)


@pytest.mark.parametrize(("name", "options"), [("wide_sweep", ()), ("kkt_sweep", ("--from-slug", "kkt_margin"))])
def test_the_sweep_that_new_prints_runs(run, name, options):
    commands = json.loads(run("new", name, *options, "--json").out)["next"]
    command = next(line for line in commands if line.startswith("thinmargin sweep"))
    result = run(*command.split()[1:], "--seeds", "2", "--executor", "local:1")
    assert 0 == result.code and "Report: thinmargin-campaign/index.html" in result.out, result.err


def test_quantities_lists_what_claims_can_speak_about(run):
    listed = {row["name"]: row for row in json.loads(run("quantities", "kkt_margin", "--json").out)}
    assert (listed["multiplier_sq"]["unit"], listed["multiplier_sq"]["axes"]) == ("1/squared length", ["sample"])
    assert len(listed) >= 60 and all(row["doc"] for row in listed.values())
    run("new", "wide_gap", "--from-slug", "kkt_margin")
    text = run("quantities", "wide_gap.py").out
    assert "flip_length_sq" in text and "multiplier_sq" in text
    own = {row["name"] for row in json.loads(run("quantities", "wide_gap.py", "--json").out)}
    assert "flip_length_sq" in own and "flip_length_sq" not in listed
    assert_refused(run("quantities", "nothing"), "no slug, statement or file 'nothing'")


def test_a_proof_written_into_the_file_reaches_the_record(run, tmp_path):
    run("new", "wide_gap")
    path = tmp_path / "wide_gap.py"
    path.write_text(path.read_text().replace("    promised=10", (
        '    proof=(argued("S1", "lengths", "By Cauchy and Schwarz."), '
        'scalar("S2", "squares", [t >= 0], [(t + 1) ** 2 >= 1])),\n    promised=10')).replace(
        "from theorems.statement", "import sympy\nfrom theorems.proof import argued, scalar\nfrom theorems.statement")
        .replace("ENTRIES =", 't = sympy.Symbol("t", real=True)\nENTRIES ='))  # fmt: skip
    record = verify([str(path)], out=tmp_path / "out", workers=1)
    records.validate(record)
    steps = record["statements"][0]["proof"]
    assert [("argued", "By Cauchy and Schwarz."), ("proved", steps[1]["argument"])] == [
        (step["status"], step["argument"]) for step in steps
    ]


def test_an_edited_file_is_read_again_even_within_a_second_and_at_equal_length(run, tmp_path):
    run("new", "wide_gap")
    path = tmp_path / "wide_gap.py"
    (first,) = statements(str(path))
    assert statements(f"{path}::wide_gap") == [first] and collect([str(path), f"{path}::wide_gap"]) == [first]
    text, times = path.read_text(), path.stat()
    path.write_text(text.replace('"1/4", source', '"1/3", source'))
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))
    (second,) = statements(str(path))
    assert ["1/4", "1/3"] == [str(s.declared_constants["least"].value) for s in (first, second)]
    path.write_text("this is no statement")
    with pytest.raises(UsageError, match="cannot be imported: SyntaxError"):
        statements(str(path))
    path.write_text("raise SystemExit(0)")
    with pytest.raises(UsageError, match="cannot be imported: SystemExit"):
        statements(str(path))
    path.write_text(text)
    assert "1/4" == str(statements(str(path))[0].declared_constants["least"].value)


def test_files_of_one_name_in_two_folders_stand_apart(run, tmp_path, monkeypatch):
    paths = []
    for folder, name in (("a", "wide_gap"), ("b", "deep_gap")):
        (tmp_path / folder).mkdir()
        monkeypatch.chdir(tmp_path / folder)
        run("new", name)
        paths.append((tmp_path / folder / f"{name}.py").rename(tmp_path / folder / "mine.py"))
    first, second = collect([str(path) for path in paths])
    assert ("wide_gap.class_means", "deep_gap.class_means") == (first.id, second.id)
    kinds = [type(next(iter(work_draws(statement))).instance) for statement in (first, second)]
    assert kinds[0].__module__ != kinds[1].__module__
    for kind in kinds:  # what a module is called is where it is found
        assert getattr(sys.modules[kind.__module__], "Points") is kind  # noqa: B009
    record = verify([str(path) for path in paths], out=tmp_path / "out", workers=2)
    assert ["supported"] * 2 == [entry["status"] for entry in record["statements"]]


def work_draws(statement):
    from theorems.engine import work

    return work.draws(statement.instances[0], 0, 0, 5)


def test_two_statements_of_one_id_in_a_file_are_refused(run, tmp_path):
    run("new", "wide_gap")
    path = tmp_path / "wide_gap.py"
    path.write_text(path.read_text() + "\nfrom dataclasses import replace\nsecond = replace(wide_gap, promised=1)\n")
    with pytest.raises(UsageError, match="two different statements are called wide_gap.class_means"):
        statements(str(path))
    assert 1 == len(statements(f"{path}::second"))


def test_a_record_that_is_not_what_was_promised_fails_the_test(run, tmp_path):
    run("new", "wide_gap")
    (statement,) = statements(str(tmp_path / "wide_gap.py"))
    record = checks(statement)
    assert_as_expected(record)
    for change, word in (({"status": "undecided"}, "undecided, not supported"),
                         ({"checks_promised": 101}, "of the 101"),
                         ({"mutants": {"survivors": ["a variant"]}}, "a variant")):  # fmt: skip
        with pytest.raises(AssertionError, match=word):
            assert_as_expected(record | change)
    assert_as_expected(record | {"expected": "proved"})


def test_exact_values_are_those_of_exact_quantities_only():
    assert [Fraction(1, 3), 2] == exact(enclose([Fraction(1, 3), 2], ("point",)))
    for rougher in (estimate(1.0, 1e-9), enclose(arithmetic.balls(Fraction(1, 3)))):
        with pytest.raises(ValueError, match="exact values exist only for exact quantities"):
            exact(rougher)
