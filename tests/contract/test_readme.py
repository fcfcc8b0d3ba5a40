"""The tutorial of README.md, followed by a reader who types every block of it in order, and the facts it states.

Files, commands and outputs are read from README.md; there is no copy of them here.
"""

from __future__ import annotations

import json
import math
import re
import shlex
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest

from constructions.kkt_margin import spaces
from reports import command_line
from theorems.engine.library import statements
from verifiers.kkt_margin.batch import measure_batch

README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
TUTORIAL = README.partition("\n## From an idea")[2].partition("\n## ")[0]
BLOCKS = re.findall(r"^```(python|console)\n(.*?)^```$", TUTORIAL, re.DOTALL | re.MULTILINE)
REPLAYS = re.findall(r"^Replay: (thinmargin replay '[^']+')$", TUTORIAL, re.MULTILINE)


@dataclass
class Step:
    """A command as written, the lines shown below it, and the file as it stands when the reader types it."""

    command: str
    shown: list[str] = field(default_factory=list)
    file: str = ""

    @property
    def words(self) -> list[str]:
        return shlex.split(self.command)

    def line(self, start: str) -> str:
        """The one shown line that starts so."""
        (found,) = [line for line in self.shown if line.strip().startswith(start)]
        return found.strip()


def steps() -> list[Step]:
    """The commands in order. A block of Python is the file, replaces the line that begins like it, or is appended."""
    found: list[Step] = []
    file = ""
    for kind, text in BLOCKS:
        if kind == "console":
            for line in text.splitlines():
                if line.startswith("$ "):
                    found.append(Step(line.removeprefix("$ "), file=file))
                else:
                    found[-1].shown.append(line)
        elif text.startswith(" "):
            start = text[: text.index("=") + 1]
            (old,) = [line for line in file.splitlines(keepends=True) if line.startswith(start)]
            file = file.replace(old, text)
        else:
            file += text
    return found


STEPS = steps()
(NEW,) = [step for step in STEPS if step.words[1] == "new"]
FALSIFY = [step for step in STEPS if step.words[1] == "falsify" and "--drop" not in step.words]
(DROP,) = [step for step in STEPS if "--drop" in step.words]
(SHARPEN,) = [step for step in STEPS if step.words[1] == "sharpen"]
(SWEEP,) = [step for step in STEPS if step.words[1] == "sweep"]
(PYTEST,) = [step for step in STEPS if step.words[0] == "pytest"]
(NAME,) = NEW.words[2:3]


@pytest.fixture
def run(capsys, tmp_path, monkeypatch):
    """Type a command in an empty folder, with less time if asked; returns exit code and standard output."""
    monkeypatch.chdir(tmp_path)

    def call(step, budget=None, extra=()):
        if step.file:
            (tmp_path / f"{NAME}.py").write_text(step.file, encoding="utf-8")
        command = re.sub(r"--budget \S+", f"--budget {budget}", step.command) if budget else step.command
        program, *arguments = shlex.split(command)
        assert program == "thinmargin"
        code = command_line.main([*arguments, *extra])
        captured = capsys.readouterr()
        assert not captured.err.startswith("thinmargin:"), captured.err
        return code, captured.out

    return call


def json_of(run, step, budget=None):
    code, out = run(step, budget, ["--json"])
    return code, json.loads(out)


def hub_ratio(companions, r):
    """Largest over least squared multiplier when one of `companions` + 1 samples shares a neuron with each other one.

    With one more sample in the other class, orthogonal to all, q = r/(companions + 1), and squared lengths 1: the
    margins of the centre and of a companion are equal if companions (lambda_0 + q lambda_s) = lambda_s + q lambda_0,
    the neurons have length one if lambda_0^2 + lambda_s^2 + 2 q lambda_0 lambda_s = 1, and the other sample has 1.
    """
    q = r / (companions + 1)
    ratio = (companions - q) / (1 - companions * q)
    return 1 + ratio**2 + 2 * q * ratio


def test_the_tutorial_has_all_parts_and_every_command_exists(run):
    kinds = [step.words[1] if step.words[0] == "thinmargin" else step.words[0] for step in STEPS]
    assert kinds == ["new", "falsify", "falsify", "falsify", "falsify", "sharpen", "sweep", "pytest"]
    assert len(REPLAYS) == 2 and TUTORIAL.count("\n") <= 135
    named = set(re.findall(r"`thinmargin ([a-z]+)", README))
    assert named <= set(command_line.thinmargin.commands)
    assert {"new", "quantities", "falsify", "sharpen", "sweep", "replay"} <= named


def test_new_writes_a_file_that_passes_and_names_the_commands_to_come(run, tmp_path):
    code, out = run(NEW)
    assert code == 0 and (tmp_path / f"{NAME}.py").exists()
    for step in (*FALSIFY, SHARPEN, PYTEST):
        assert step.words[0] in out and all(word in out for word in step.words[1:3] if not word.startswith("-"))


@pytest.mark.parametrize("step", FALSIFY[:2], ids=["the idea", "the first repair"])
def test_false_variants_are_refuted_exactly_within_seconds(run, tmp_path, step):
    for budget in ("4s", "16s", "60s"):  # seconds are few on a loaded machine
        code, finding = json_of(run, step, budget)
        if finding["status"] == "refuted":
            break
    verdict = step.line("Refuted").removeprefix("Refuted: ")
    assert code == 1 and finding["status"] == "refuted" and finding["witness"]["rigor"] == "exact" in verdict
    folder = Path(finding["witness"]["folder"])
    assert folder.parent == Path(step.line("Files").removeprefix("Files: ")).parent if step is FALSIFY[0] else folder
    written = finding["witness"]["certificates"]
    assert len(written) >= 5 and all(c["status"] == "accepted" and (folder / c["file"]).exists() for c in written)


@pytest.mark.parametrize("step", FALSIFY[:2], ids=["the idea", "the first repair"])
def test_the_witnesses_shown_replay_and_have_the_numbers_shown(run, step):
    shown = step.line("Replay: ").removeprefix("Replay: ")
    assert shown in REPLAYS
    code, judged = json_of(run, Step(shown, file=step.file))
    assert code == 0 and judged["refutes"] and judged["verdict"]["rigor"] == "exact"
    left, right = re.findall(r"(\S+) <= (\S+) is false", step.line("sides"))[0]
    (failed,) = [outcome for outcome in judged["conclusions"] if outcome["state"] == "fails"]
    assert (f"{failed['left']:.3g}", f"{failed['right']:.3g}") == (left, right)
    point = dict(pair.split("=") for pair in re.findall(r"x\.([a-z]+=[0-9/]+)", shown))
    companions, r = int(point["positives"]) - 1, float(eval(point["r"]))  # noqa: S307
    size = companions + 1 if step is FALSIFY[1] else 1
    assert failed["left"] / failed["right"] == pytest.approx(hub_ratio(companions, r) / (2 * size), rel=1e-12)
    for name, value in point.items():
        if step is FALSIFY[0]:
            assert step.line(f"{name} ").split()[1] == value


def test_the_last_variant_survives_and_its_false_ancestors_do_not(run):
    step = FALSIFY[2]
    code, finding = json_of(run, step, "6s")
    assert code == 0 and finding["status"] == "survived" and step.line("Survived")
    killed, planted = map(int, re.findall(r"refutes (\d) of (\d) variants", step.line("The same search"))[0])
    assert finding["power"]["planted"] == planted == killed == 2
    for mutant in finding["power"]["survivors"]:  # a loaded machine may cut one short: it gets the time of all
        again = Step(f"{step.command} --mutant {shlex.quote(mutant)}", file=step.file)
        assert json_of(run, again, "6s")[1]["status"] == "refuted"


def test_numbers_of_the_text_follow_from_the_closed_form():
    """The factor is sharp at the largest hub with r = 1/10; the limit where that hub needs the factor two."""
    rows = {name: SHARPEN.line(f"{name} ").split() for name in ("limit", "factor")}
    below, critical, above = map(float, rows["factor"][-3:])
    assert below > critical > above
    largest = spaces.hub.parameters["positives"].high - 1
    assert critical == pytest.approx(hub_ratio(largest, 0.1) / (largest + 1) ** 2, rel=1e-5)
    assert f"between {critical:.2f} and {rows['factor'][2]}" in TUTORIAL and f"with {largest} companions" in TUTORIAL
    assert hub_ratio(largest, float(rows["limit"][-2])) == pytest.approx(2 * (largest + 1) ** 2, rel=1e-5)
    assert f"(positives = {largest + 1})" in SHARPEN.line("factor: ")
    assert f"= {1 / (1 - 0.1) ** 2:.2f}" in TUTORIAL
    assert hub_ratio(10**6, 0.1) / 10**12 == pytest.approx(1 / (1 - 0.1) ** 2, rel=1e-5)
    assert f"proof gives {((1 + 0.1) / (1 - 2 * 0.1 - 0.1**2)) ** 2:.2f}" in TUTORIAL


def test_what_the_text_calls_proved_holds_on_thousands_of_points():
    """lambda_i sum_own lambda >= (1 - 2r - r^2)/((1 - r^2) U) and (1 - r) L lambda_j^2 <= 1; equality occurs."""
    generator, checked, closest = np.random.default_rng(0), 0, math.inf
    for space in (spaces.correlated, spaces.hub, spaces.equicorrelated, spaces.orthogonal_partition, spaces.one_class):
        for _ in range(25):
            sizes = space.draw(generator)
            low, high = space.bounds(sizes)
            arrays = space.stack(**space.batch(sizes, generator.uniform(low, high, (40, len(low)))))
            known = measure_batch(arrays)
            inside = arrays["ok"] & (known["r"] < math.sqrt(2) - 1)
            if not inside.any():
                continue
            multiplier, r = known["multiplier"][inside], known["r"][inside]
            greatest, least = known["U"][inside], known["L"][inside]
            same = arrays["labels"][inside][:, :, None] == arrays["labels"][inside][:, None, :]
            own = (same * multiplier[:, None, :]).sum(axis=2)
            slack = (multiplier * own).min(axis=1) * (1 - r**2) * greatest - (1 - 2 * r - r**2)
            assert slack.min() >= -1e-9
            assert ((multiplier**2).max(axis=1) * (1 - r) * least).max() <= 1 + 1e-9
            checked, closest = checked + int(inside.sum()), min(closest, slack.min())
    assert checked >= 1000 and closest <= 1e-9


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_hypotheses_shown_as_needed_are_and_the_other_is_not(run):
    """The class condition cannot be shown to be needed: the proof does without it."""
    _, result = json_of(run, DROP)
    found = {row["hypothesis"]: row["status"] for row in result["rows"]}
    shown = {name: re.split(r"\s{2,}", DROP.line(f"{position} {name}"))[1] for position, name in enumerate(found, 1)}
    assert found.keys() == shown.keys() and len(shown) == len(DROP.shown)
    for position, name in enumerate(found, 1):  # a loaded machine may cut one short: it gets the time of all
        seeds = iter(range(1, 4))
        while found[name] != shown[name]:
            again = Step(DROP.command.replace("all", str(position)) + f" --seed {next(seeds)}", file=DROP.file)
            found[name] = "needed" if json_of(run, again)[1]["status"] == "refuted" else found[name]
    assert sorted(shown.values()) == ["needed", "needed", "needed", "not shown to be needed"]


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_constants_move_as_far_as_shown(run, tmp_path):
    code, _ = run(SHARPEN)
    record = json.loads((tmp_path / "thinmargin-constants" / "constants.json").read_text())
    found = {entry["constant"]: entry for entry in record["constants"]}
    shown = {name: float(SHARPEN.line(f"{name} ").split()[-2]) for name in ("limit", "factor")}
    assert code == 0 and set(found) == set(shown)
    assert found["factor"]["critical"] == pytest.approx(shown["factor"], rel=0.02)  # of a search cut off by the clock
    assert found["factor"]["critical"] <= shown["factor"] + 1e-5
    assert found["limit"]["critical"] == pytest.approx(shown["limit"], rel=0.15)
    assert found["limit"]["critical"] >= shown["limit"] - 1e-5


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_the_table_of_the_campaign_is_what_the_sweep_finds(run, tmp_path):
    code, _ = run(SWEEP)
    assert code == 0
    record = json.loads((tmp_path / "thinmargin-campaign" / "campaign.json").read_text())
    found = {}
    for point in record["points"]:
        (entry,) = point["statements"].values()
        place = point["parameters"]["n"], point["parameters"]["d"]
        found[place] = f"{entry['verdicts']['Refuted']}/{entry['instances']}"
    header, _, *rows = [[cell.strip() for cell in line.strip("|").split("|")]
                        for line in TUTORIAL.splitlines() if line.startswith(("| ", "|--"))]  # fmt: skip
    dimensions = [int(cell.removeprefix("d = ")) for cell in header[1:]]
    shown = {}
    for name, *cells in rows:
        shown |= {(int(name.removeprefix("n = ")), d): cell for d, cell in zip(dimensions, cells, strict=True)}
    assert found == shown


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_the_file_of_the_end_passes_pytest(tmp_path):
    (tmp_path / f"{NAME}.py").write_text(PYTEST.file, encoding="utf-8")
    done = subprocess.run([sys.executable, "-m", *PYTEST.words, "-q", "-W", "error", "-p", "no:cacheprovider"],
                          cwd=tmp_path, capture_output=True, text=True)  # fmt: skip
    assert done.returncode == 0 and "2 passed" in done.stdout, done.stdout + done.stderr
    found = {statement.id for statement in statements(str(tmp_path / f"{NAME}.py"))}
    assert found == {f"kkt_margin.{NAME}", f"kkt_margin.{NAME}~anywhere"}


def test_the_numbers_of_the_finite_pair_are_those_of_its_certificates():
    """Rounded to the safe side: what is proved is at least as good as what is printed."""
    section = README.partition("\n## One finite instance")[2].partition("\n## ")[0]
    cells = [row.split("|")[2].strip() for row in section.splitlines() if row.startswith("| ")][1:]
    robust, clean, linear, quadratic, _ = [[float(n) for n in re.findall(r"0\.\d+", cell)] for cell in cells]
    folder = Path(__file__).parents[2] / "reports" / "published" / "finite_pair" / "certificates"

    def proved(name, entry):
        above, below = json.loads((folder / f"light_256_5-{name}.json").read_text())["payload"][entry]
        return int(above, 16) / int(below, 16)

    for number, printed in enumerate(robust):
        assert 0 <= proved(f"adversarial-{number}", "accuracy") - printed < 0.001
    assert 0 <= clean[0] - proved("clean", "accuracy") < 0.001
    ceiling = proved("linear", "ceiling")
    assert 0 <= linear[0] - ceiling < 1e-4 and 0 <= quadratic[0] - (1 + ceiling) / 2 < 1e-4
