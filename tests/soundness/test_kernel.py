"""The Rocq kernel as a judge: what it must refuse, and that the theorems it sees are the claims that are measured."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import sympy
from click.testing import CliRunner

from reports import html, summary
from reports.command_line import thinmargin
from theorems.claim import Claim, plain_text, quantity
from theorems.engine import aggregate, formal, kernel, kernel_prove, library
from theorems.engine.rocq_printer import Unprintable, relation_text, text
from theorems.formal import definitions
from theorems.statement import Statement

COQC = shutil.which("coqc")
needs_coqc = pytest.mark.skipif(COQC is None, reason="coqc is not installed (apt-get install coq)")

FORMALISED = [
    (statement, entry)
    for slug in library.slugs()
    for name, entry in formal.table(slug).items()
    for statement in library.statements(slug)
    if statement.id == name
]
IDS = [statement.id for statement, _ in FORMALISED]


def by_id(name: str) -> tuple[Statement, formal.Formal]:
    return next(pair for pair in FORMALISED if pair[0].id == name)


# A compiler that is a shell script: what it says about its version, about axioms, and its exit status.


@pytest.fixture
def fake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator:
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))

    def make(version: str = "8.16.1 4.13.1", says: str = "Closed under the global context", status: int = 0) -> None:
        answer = tmp_path / "answer.txt"
        answer.write_text(says + "\n")
        script = folder / "coqc"
        script.write_text(
            f'#!/bin/sh\nif [ "$1" = --print-version ]; then echo "{version}"; exit 0; fi\n'
            f"echo no such lemma >&2\n/bin/cat '{answer}'\nexit {status}\n"
        )
        script.chmod(0o755)
        monkeypatch.setenv("PATH", str(folder))

    monkeypatch.setenv("PATH", str(folder))
    yield make


def outcome() -> kernel_prove.Outcome:
    return kernel_prove.prove([by_id("kkt_margin.main")[0]])


def test_no_compiler_is_a_reason_to_skip_with_the_way_to_install_one(fake) -> None:
    found = outcome()
    assert "coqc was not found" in found.skipped and "apt-get install" in found.skipped
    assert found.rows == () and found.rejected == []


@pytest.mark.parametrize("version", ["8.15.2 4.13.1", "8.4pl6", "7.3", "no version at all"])
def test_a_compiler_too_old_or_silent_is_a_reason_to_skip(fake, version: str) -> None:
    fake(version)
    assert outcome().skipped and outcome().rows == ()


def test_newer_compilers_are_taken(fake) -> None:
    for version in ("8.16.0", "8.20.1 4.14.2", "9.0.0"):
        fake(version)
        assert kernel.find_compiler().version == version.split()[0]


@pytest.mark.parametrize(
    ("says", "status"),
    [
        ("Closed under the global context", 1),
        ("", 0),
        ("Axioms:", 0),
        ("Axioms:\nwishful : False", 0),
        ("Axioms:\nClassicalDedekindReals.sig_forall_dec : forall P, P\nwishful : False", 0),
        ("Closed under the global context\nwishful : False", 0),
        ("everything is fine", 0),
        ("Axioms:\nsupport is assumed to be guarded.", 0),
    ],
)
def test_a_failed_file_or_a_strange_answer_about_axioms_is_rejected(fake, says: str, status: int) -> None:
    fake(says=says, status=status)
    found = outcome()
    assert not found.skipped
    assert found.rejected
    assert all(row["status"] == "open" and row["by"] is None for _, rows in found.rows for row in rows)


def test_the_three_axioms_of_the_reals_are_accepted(fake) -> None:
    fake(says="Axioms:\n" + "\n".join(f"{name}\n  : forall P : Prop, P" for name in sorted(kernel.AXIOMS)))
    found = outcome()
    statement, entry = by_id("kkt_margin.main")
    assert [row["title"] for row in found.by_statement[statement.id]] == list(entry.scripts)
    assert found.rejected == []


def test_the_command_ends_with_1_for_a_rejection_and_with_0_for_a_skip(fake) -> None:
    def run() -> tuple[int, dict]:
        done = CliRunner().invoke(thinmargin, ["prove", "kkt_margin.weak", "--kernel", "--json"], standalone_mode=False)
        assert done.exception is None, done.exception
        return done.return_value, json.loads(done.stdout)

    code, record = run()
    assert code == 0 and "not found" in record["kernel"]["skipped"]
    fake(status=1)
    code, record = run()
    assert code == 1 and record["kernel"]["skipped"] is None and record["kernel"]["rejected"]


def test_a_library_is_built_once_per_source_and_version(fake, tmp_path: Path) -> None:
    fake()
    compiler = kernel.find_compiler()
    first = kernel.library(compiler, {"A": "Theorem a : True. Proof. exact I. Qed."}, tmp_path)
    assert kernel.library(compiler, {"A": "Theorem a : True. Proof. exact I. Qed."}, tmp_path) == first
    assert (first.folder / kernel.BUILT).is_file()
    fake("8.17.0")
    assert kernel.library(kernel.find_compiler(), {"A": ""}, tmp_path).digest != first.digest
    assert sorted(path.name for path in tmp_path.glob("rocq-*")) == sorted(
        {first.folder.name, *(p.name for p in tmp_path.glob("rocq-*") if (p / kernel.BUILT).is_file())}
    ), "no half-built folder is left"


def test_a_library_that_failed_leaves_nothing_behind(fake, tmp_path: Path) -> None:
    fake(status=1)
    with pytest.raises(kernel.Rejected, match="no such lemma"):
        kernel.library(kernel.find_compiler(), {"A": ""}, tmp_path)
    assert not list(tmp_path.glob("rocq-*"))


# The text of theorems, without any compiler.


def replayed(printed: str, values: dict[str, Fraction]) -> bool:
    """Truth of a printed relation in rational arithmetic, read back by another parser: Python's."""
    source = re.sub(r"(?<![<>=])=(?!=)", "==", printed.replace("^", "**"))
    source = re.sub(r"\b(\d+)\b", r"Fraction(\1)", source)
    source = re.sub(r"\*\* Fraction\((\d+)\)", r"** \1", source)
    while found := re.search(r"Rabs ", source):
        inside, rest = argument(source[found.end() :])
        source = f"{source[: found.start()]}abs({inside}){rest}"
    for name, function in (("Rmax", "max"), ("Rmin", "min")):
        while found := re.search(rf"{name} ", source):
            first, rest = argument(source[found.end() :])
            second, rest = argument(rest)
            source = f"{source[: found.start()]}{function}({first}, {second}){rest}"
    return eval(source, {"Fraction": Fraction, "max": max, "min": min, "abs": abs} | values)  # noqa: S307


def argument(source: str) -> tuple[str, str]:
    """The first atom of an application, and what follows it."""
    source = source.lstrip()
    if not source.startswith("("):
        atom = re.match(r"[\w']+(\([^)]*\))?", source)
        assert atom is not None
        return atom[0], source[atom.end() :]
    depth = 0
    for place, letter in enumerate(source):
        depth += (letter == "(") - (letter == ")")
        if depth == 0:
            return source[: place + 1], source[place + 1 :]
    raise AssertionError("unbalanced")


@pytest.mark.parametrize("statement", [pair[0] for pair in FORMALISED], ids=IDS)
def test_printed_relations_say_what_the_claims_say(statement: Statement) -> None:
    rng = np.random.default_rng(7)
    for claim in (*statement.given, *statement.then):
        symbols = sorted(claim.relation.free_symbols, key=lambda s: s.name)
        if any(not power.exp.is_Integer for power in claim.relation.atoms(sympy.Pow)):
            continue  # square roots are not rational
        printed = relation_text(claim.relation, {s.name: s.name for s in symbols})
        for _ in range(20):
            # never whole, so that no denominator such as n - 1 is zero
            values = {s: sympy.Rational(2 * int(rng.integers(1, 40)) + 1, 2 * int(rng.integers(1, 9))) for s in symbols}
            wanted = claim.relation.xreplace(values)
            own = replayed(printed, {s.name: Fraction(int(v.p), int(v.q)) for s, v in values.items()})
            assert own == bool(wanted), (printed, values)


def test_the_printer_refuses_what_it_does_not_know() -> None:
    a, b = sympy.symbols("a b", real=True)
    for expression in (sympy.exp(a), a**b, a ** sympy.Rational(1, 3), sympy.Float(0.5) * a, sympy.pi):
        with pytest.raises(Unprintable):
            text(expression, {"a": "a", "b": "b"})
    with pytest.raises(Unprintable):
        text(a, {})
    with pytest.raises(Unprintable):
        relation_text(sympy.Ne(a, b), {"a": "a", "b": "b"})


def test_printing_keeps_signs_and_precedence() -> None:
    a, b, c = sympy.symbols("a b c", real=True)
    names = {"a": "a", "b": "b", "c": "(INR c)"}
    for expression, wanted in [
        (-a, "- a"),
        (a - b, "a - b"),
        (b - a * b, "b - a * b"),
        ((a + b) / c, "(b + a) / (INR c)"),
        (a / (b * c), "a / (b * (INR c))"),
        ((-a) ** 3, "- a ^ 3"),
        ((a + 1) ** 2, "(1 + a) ^ 2"),
        (sympy.Rational(-1, 2) * a, "- a / 2"),
        (sympy.Max(a - b, 0), "Rmax (a - b) 0"),
        (sympy.sqrt(a) / b, "sqrt a / b"),
        (sympy.Rational(-3), "(-3)"),
    ]:
        assert text(expression, names) == wanted


@pytest.mark.parametrize("pair", FORMALISED, ids=IDS)
def test_every_conclusion_is_stated_with_every_hypothesis(pair) -> None:
    statement, entry = pair
    goals = formal.goals(statement, entry)
    assert len(goals) == len(entry.scripts)
    for goal in goals:
        assert goal.statement.count(" ->\n") >= len(statement.given)
        assert "Admitted" not in goal.source and "admit" not in goal.script
        assert goal.source in formal.source(entry, goals)


@pytest.mark.parametrize(
    ("name", "constant", "value"),
    [("kkt_margin.main", "flip_factor", "97/100"), ("kkt_margin.universal_flip", "C", "6"),
     ("kkt_margin.main", "support_limit", "64/25")],
)  # fmt: skip
def test_a_moved_constant_moves_the_theorem_and_nothing_else(name: str, constant: str, value: str) -> None:
    statement, entry = by_id(name)
    moved = statement.variant(constants={constant: Fraction(value)})
    shown = Fraction(value)
    written = str(shown.numerator) if shown.denominator == 1 else f"{shown.numerator} / {shown.denominator}"
    changed = 0
    for before, after in zip(formal.goals(statement, entry), formal.goals(moved, entry), strict=True):
        lines = [pair for pair in zip(before.statement.splitlines(), after.statement.splitlines(), strict=True)
                 if pair[0] != pair[1]]  # fmt: skip
        assert all(after == f"  let C_{constant} := {written} in" for _, after in lines)
        changed += len(lines)
    assert changed >= 1


def test_a_claim_without_a_term_or_a_script_without_a_claim_is_refused() -> None:
    statement, entry = by_id("kkt_margin.main")
    stranger = Claim("every margin is one", quantity("nobody_knows") > 0)
    with pytest.raises(Unprintable, match="nobody_knows"):
        formal.goals(statement.variant(then=(stranger, *statement.then[2:], *statement.then[:1])), entry)
    with pytest.raises(KeyError, match="every margin is one"):
        formal.goals(statement.variant(then=statement.then[:1]), entry)


READ = [(s, e, c) for s, e in FORMALISED for c in s.given if e.read_as.get(plain_text(c.relation))]


@pytest.mark.parametrize(("statement", "entry", "claim"), READ, ids=[f"{s.id}: {c.name}" for s, _, c in READ])
def test_a_hypothesis_is_read_as_a_definition_only_as_it_stands(statement, entry, claim) -> None:
    """With another threshold, or turned around, it would be another hypothesis: the theorem is not stated then."""
    left, right = claim.relation.lhs, claim.relation.rhs
    for other in (claim.relation.func(left, right + 1), sympy.Gt(left, right + 1)):
        given = tuple(Claim(c.name, other) if c is claim else c for c in statement.given)
        with pytest.raises(Unprintable):
            formal.goals(replace(statement, given=given), entry)


def test_nothing_is_concluded_by_reading_it_as_a_definition() -> None:
    statement, entry, claim = READ[0]
    changed = replace(statement, then=(Claim(next(iter(entry.scripts)), claim.relation), *statement.then[1:]))
    with pytest.raises(Unprintable, match="cannot be a conclusion"):
        formal.goals(changed, entry)


def test_the_definitions_are_those_of_the_library() -> None:
    shown = definitions()
    sources = "".join(kernel.library_sources().values())
    assert all(line in sources for line in shown.splitlines() if not line.startswith("(*"))
    assert "Record KKTnet" in shown and "K5" in shown


def test_every_source_of_the_library_is_listed_and_none_is_left_open() -> None:
    sources = kernel.library_sources()
    folder = Path(formal.__file__).parents[1] / "formal"
    assert {path.stem for path in folder.glob("*.v")} == set(sources)
    for name, source in sources.items():
        assert not re.search(r"\b(Admitted|admit|Axiom|Parameter)\b", kernel._without_comments(source)), name


# With a compiler: what must be rejected.


@pytest.fixture
def compiler() -> kernel.Compiler:
    return kernel.find_compiler()


TINY = "Theorem fine : 1 + 1 = 2.\nProof. reflexivity. Qed.\n"


@needs_coqc
@pytest.mark.parametrize(
    ("source", "says"),
    [
        (TINY + "Lemma hole : 1 = 2.\nAdmitted.\n", "hole"),
        (TINY + "Axiom wishful : 1 = 2.\n", "wishful"),
        (TINY + "Lemma hole : 1 = 2.\nAdmitted.\nLemma uses : 2 = 1.\nProof. symmetry. exact hole. Qed.\n", "hole"),
        (TINY + "Lemma broken : 1 = 2.\nProof. reflexivity. Qed.\n", "File.v"),
        (TINY + "Unset Guard Checking.\nFixpoint f (n : nat) : False := f n.\nTheorem bad : False.\n"
                "Proof. exact (f 0). Qed.\n", "answer about axioms|rests on"),
    ],
    ids=["admitted", "axiom", "rests on admitted", "broken", "unguarded"],
)  # fmt: skip
def test_a_library_with_a_hole_is_rejected(compiler, tmp_path: Path, source: str, says: str) -> None:
    with pytest.raises(kernel.Rejected, match=says):
        kernel.library(compiler, {"File": source}, tmp_path)
    assert not list(tmp_path.glob("rocq-*"))


@needs_coqc
def test_a_theorem_with_a_hole_is_rejected(compiler, tmp_path: Path) -> None:
    built = kernel.library(compiler, {"File": TINY}, tmp_path)
    head = "Require Import Thinmargin.File.\n"
    right = f"{head}Theorem good : 2 = 1 + 1. Proof. symmetry. exact fine. Qed."
    assert kernel.check(built, right, ["good"]).axioms == ()
    for wrong in (
        "Theorem good : 1 = 2. Admitted.",
        "Axiom good : 1 = 2.",
        "Theorem good : 1 = 2. Proof. exact fine. Qed.",
        "Theorem other : 1 = 1. Proof. reflexivity. Qed.",
    ):
        with pytest.raises(kernel.Rejected):
            kernel.check(built, head + wrong, ["good"])


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> kernel.Library:
    return kernel.library(kernel.find_compiler(), cache=tmp_path_factory.mktemp("rocq"))


@needs_coqc
@pytest.mark.slow
@pytest.mark.skipif(shutil.which("coqchk") is None, reason="coqchk is not installed beside coqc")
def test_the_independent_checker_accepts_the_library(built) -> None:
    """coqchk reads the compiled files and checks every proof again, without tactics."""
    names = [f"{kernel.LOGICAL_NAME}.{name}" for name in kernel.library_sources()]
    command = ["coqchk", "-silent", "-o", "-Q", str(built.folder), kernel.LOGICAL_NAME, *names]
    done = subprocess.run(command, capture_output=True, text=True, timeout=280, check=False)
    assert done.returncode == 0, done.stderr[-500:]
    said = done.stdout + done.stderr
    assert "Thinmargin" not in said.split("* Axioms:")[1].split("* Constants")[0], "no axiom of our own"


@needs_coqc
@pytest.mark.slow
@pytest.mark.parametrize("pair", FORMALISED, ids=IDS)
def test_the_kernel_proves_every_formalised_conclusion(built, pair) -> None:
    statement, entry = pair
    rows = kernel_prove._rows(statement, entry, built)
    assert [(row["title"], row["status"], row["by"]) for row in rows] == [
        (name, "proved", "rocq") for name in (claim.name for claim in statement.then) if name in entry.scripts
    ], [row["detail"] for row in rows]


def strengthened(claim: Claim) -> Claim:
    """The same inequality with a percent of its larger side more asked for."""
    left, right = claim.relation.lhs, claim.relation.rhs
    more = sympy.Abs(right) / 100 + sympy.Rational(1, 100)
    more = -more if claim.relation.rel_op in ("<=", "<") else more
    # not evaluated: |x| <= -1/100 stays a relation
    return Claim(claim.name, claim.relation.func(left, right + more, evaluate=False))


@needs_coqc
@pytest.mark.slow
@pytest.mark.parametrize("pair", FORMALISED, ids=IDS)
def test_a_strengthened_conclusion_is_rejected(built, pair) -> None:
    statement, entry = pair
    claims = tuple(strengthened(claim) for claim in statement.then)
    rows = kernel_prove._rows(statement.variant(then=claims), entry, built)
    assert [row["title"] for row in rows if row["status"] == "proved"] == []


@needs_coqc
@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "constant", "value", "fails"),
    [
        ("kkt_margin.main", "flip_factor", "97/100", "the sign flips by t0"),
        ("kkt_margin.main", "support_limit", "64/25", "every sample is a support vector"),
        ("kkt_margin.universal_flip", "C", "69/10", "level -1 is reached by t"),
        ("kkt_margin.universal_flip", "C_sign", "4", "the sign flips with the smaller constant"),
        ("kkt_margin.universal_flip", "orthogonality_factor", "2", "r < 1/3"),
        ("dimpled_manifold.off_radius", "lipschitz", "101/100", "radius"),
        ("ntk_features.rkhs_certificate", "norm_factor", "99/100", "the move is bounded"),
        ("ntk_features.distance_by_angle", "cone", "22/7", "factor of the angle"),
        ("ntk_features.kernel_rotation", "rotation", "1/2", "sine of the angle"),
    ],
)
def test_a_moved_constant_is_rejected(built, name: str, constant: str, value: str, fails: str) -> None:
    statement, entry = by_id(name)
    moved = statement.variant(constants={constant: Fraction(value)})
    rejected = {row["title"] for row in kernel_prove._rows(moved, entry, built) if row["status"] != "proved"}
    assert fails in rejected


# What records and reports make of it.


def test_only_a_kernel_proof_of_every_conclusion_proves_a_statement_with_argued_steps() -> None:
    argued = {"step": "S1", "status": "argued", "by": "text", "title": "first"}
    formal_rows = [{"step": f"t_{n}", "status": "proved", "by": "rocq", "title": n} for n in ("first", "second")]
    held = [{}]
    for proof, wanted in [
        ([argued], "supported"),
        ([argued, formal_rows[0]], "supported"),
        ([argued, *formal_rows], "proved"),
        ([argued, formal_rows[0], formal_rows[1] | {"status": "open"}], "supported"),
        ([argued, formal_rows[0], formal_rows[1] | {"by": "text"}], "supported"),
    ]:
        assert aggregate.status(held, held, held, [], proof, ["first", "second"]) == wanted
    assert aggregate.status(held, held, held, held, [argued, *formal_rows], ["first", "second"]) == "refuted"


def test_coverage_names_the_weakest_support_of_a_statement() -> None:
    statement, entry = by_id("kkt_margin.weak")
    argued = {"status": "argued", "by": "text", "title": ""}
    rows = [{"status": "proved", "by": "rocq", "title": claim.name} for claim in statement.then]
    for given, wanted in [
        ([], "no proof"),
        ([argued], "argued"),
        ([{"status": "proved", "by": "z3", "title": statement.then[0].name}], "scalar prover"),
        ([argued, {"status": "cited", "by": "paper", "title": ""}], "cited"),
        ([argued, rows[0]], "kernel in part"),
        ([argued, *rows], "kernel"),
    ]:
        assert kernel_prove.coverage(statement, given)["by"] == wanted
    assert len(entry.scripts) == len(statement.then)


def test_a_rejection_is_a_problem_of_the_record_and_the_page_shows_the_theorem() -> None:
    record = json.loads((Path(__file__).parents[1] / "snapshots" / "record.json").read_text(encoding="utf-8"))
    before = len(summary.problems(record))
    statement = record["statements"][0]
    row = {"step": "kkt_margin_universal_flip_1", "status": "proved", "by": "rocq", "argument": "Theorem a : 1 < 2.",
           "title": statement["conclusions"][0]["name"], "mathml": None}  # fmt: skip
    statement["proof"].append(row)
    covered = {"statement": statement["id"], "by": "kernel in part", "kernel": 1, "conclusions": 2,
               "written_proof": "argued"}  # fmt: skip
    record["kernel"] = {"compiler": "8.16.1", "library": "abc", "skipped": None, "axioms": [], "rejected": [],
                        "coverage": [covered]}  # fmt: skip
    page = html.render(record, draw=False)
    assert "Theorem a : 1 &lt; 2." in page and "kernel in part" in page
    record["kernel"]["rejected"] = ["kkt_margin_universal_flip_1: not a proof"]
    assert len(summary.problems(record)) == before + 1
