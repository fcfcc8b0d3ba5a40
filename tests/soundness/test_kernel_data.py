"""Theorems of the Rocq kernel about one dataset: what they state, and that wrong numbers are refused."""

from __future__ import annotations

import json
import re
import shutil
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from constructions.kkt_margin.instance import MarginInstance
from constructions.kkt_margin.user_file import parse
from reports.command_line import thinmargin
from theorems.engine import kernel
from theorems.kkt_margin import kernel_data
from verifiers.kkt_margin.all_points import AllPoints
from verifiers.kkt_margin.sum_bounds import MarginData

needs_coqc = pytest.mark.skipif(shutil.which("coqc") is None, reason="coqc is not installed (apt-get install coq)")


def instance(gram: object, labels: list[int], bias: bool = False) -> MarginInstance:
    return parse({"format": 1, "slug": "kkt_margin", "bias": bias, "gram": gram, "y": labels}).instance


def signs(n: int, d: int, seed: int) -> MarginData:
    points = np.random.default_rng(seed).choice([-1, 1], size=(n, d))
    return MarginData.from_gram((points @ points.T).astype(object), [1 if i % 2 == 0 else -1 for i in range(n)], True)


def test_orthogonal_data_give_the_closed_form_of_the_main_theorem() -> None:
    """r = 0, S = A = 1/D, m = 1: the sign flips beyond t = (1 + 0)/(1 + 1) = 1/2, whatever D is."""
    for norm in (1, 4, 100):
        main, _ = kernel_data.theorems(instance([[norm, 0], [0, norm]], [1, -1]))
        found = re.search(r"IZR (\d+)%Z / IZR (\d+)%Z <= t", main.source)
        assert found is not None
        t = Fraction(int(found[1]), int(found[2]))
        assert Fraction(1, 2) < t <= Fraction(1, 2) + Fraction(1, 10**5)


def test_the_programs_state_what_the_finder_proved() -> None:
    data = signs(5, 256, 1)
    points = AllPoints(data)
    wanted = points.threshold(0).t
    assert wanted is not None
    theorem = kernel_data._programs(points)
    assert f"IZR {wanted.numerator}%Z / IZR {wanted.denominator}%Z <= t" in theorem.source
    assert theorem.source.count("%nat, [") == data.size, "one dual vector per sample"


@pytest.mark.parametrize(
    ("gram", "labels", "says"),
    [
        ([[4, 3], [3, 4]], [1, -1], "r < sqrt"),
        ([[4, 0], [0, 4]], [1, 1], "both classes"),
        ([[100, 2, 2], [2, 100, 2], [2, 2, 3]], [1, -1, 1], "sqrt"),
    ],
)
def test_data_outside_the_hypotheses_get_a_reason_and_no_theorem(gram: list, labels: list[int], says: str) -> None:
    main = kernel_data._main(MarginData.from_gram(np.array(gram, dtype=object), labels, False))
    assert says in main.reason and main.source == ""


def test_rational_data_become_integers_over_one_denominator() -> None:
    main, _ = kernel_data.theorems(instance([["7/2", "1/3"], ["1/3", 5]], [1, -1], bias=True))
    assert "den : Z := 6%Z" in main.source and "[21;2]" in main.source and "[2;30]" in main.source


def test_judge_without_a_compiler_says_why_and_ends_with_0(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    code, found = judge(tmp_path)
    assert code == 0 and "not found" in found["skipped"] and found["theorems"] == []


def test_judge_ends_with_1_when_the_kernel_rejects(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The library is accepted, the theorems about the data are not: a compiler that fails on their files alone."""
    script = tmp_path / "coqc"
    script.write_text(
        '#!/bin/sh\ncase "$*" in *--print-version*) echo 8.16.1;; *Statement.v*) echo false >&2; exit 1;; '
        "*) echo Closed under the global context;; esac\n"
    )
    script.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    code, found = judge(tmp_path)
    assert code == 1 and [theorem["status"] for theorem in found["theorems"]] == ["rejected", "rejected"]


def judge(folder: Path) -> tuple[int, dict]:
    file = folder / "data.json"
    content = {"format": 1, "slug": "kkt_margin", "bias": False, "gram": [[4, 0], [0, 4]], "y": [1, -1]}
    file.write_text(json.dumps(content))
    command = ["judge", "kkt_margin", str(file), "--kernel", "--json"]
    done = CliRunner().invoke(thinmargin, command, standalone_mode=False)
    assert done.exception is None, done.exception
    return done.return_value, json.loads(done.stdout)["kernel"]


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> kernel.Library:
    return kernel.library(kernel.find_compiler(), cache=tmp_path_factory.mktemp("rocq"))


def accepted(built: kernel.Library, theorem: kernel_data.DataTheorem, source: str = "") -> bool:
    try:
        kernel.check(built, source or theorem.source, [theorem.name])
    except kernel.Rejected:
        return False
    return True


@needs_coqc
@pytest.mark.slow
def test_the_kernel_proves_both_theorems_and_refuses_changed_numbers(built) -> None:
    data = signs(6, 1024, 0)
    main, programs = kernel_data._main(data), kernel_data._programs(AllPoints(data))
    assert accepted(built, main) and accepted(built, programs)

    found = re.search(r"main_check gram labels den n bias (.*) (\d+)%Z (\d+)%Z = true", main.source)
    assert found is not None
    sooner = Fraction(int(found[2]), int(found[3])) * Fraction(9, 10)
    early = main.source
    for number, smaller in ((found[2], sooner.numerator), (found[3], sooner.denominator)):
        early = early.replace(f"{number}%Z", f"{smaller}%Z")
    assert not accepted(built, main, early), "a time ten percent too small"

    larger = str(int(data.raw.max()) // 2)
    first = re.search(r"gram : list \(list Z\) := \(\[\[(\d+);(-?\d+)", main.source)
    assert first is not None
    changed = main.source.replace(f"[[{first[1]};{first[2]}", f"[[{first[1]};{larger}")
    assert not accepted(built, main, changed), "one changed entry of the data"

    bounds = AllPoints(data).threshold(0).bounds
    for wrong in (
        replace(bounds, dual_numerators=bounds.dual_numerators * 0),
        replace(bounds, dual_numerators=-bounds.dual_numerators),
        replace(bounds, t=bounds.t * Fraction(9, 10)),
        replace(bounds, level=Fraction(-1)),
    ):
        assert not accepted(built, kernel_data.flip_theorem(data, AllPoints(data).sums.upper, wrong, programs.name))
    small = tuple(value * Fraction(1, 2) for value in AllPoints(data).sums.upper)
    assert not accepted(built, kernel_data.flip_theorem(data, small, bounds, programs.name)), "bounds of half the size"
