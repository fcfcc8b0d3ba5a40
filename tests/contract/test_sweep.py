"""Campaigns: grids, cells and their keys, counts that can be checked by hand, and the files that are left behind."""

from __future__ import annotations

import csv
import json
import re
from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from reports import campaign as files
from reports import command_line, phase
from theorems.engine import cells, executors, grids, library, origin
from theorems.engine.store import FILE, Store
from theorems.engine.sweep import Campaign, sweep, time_left
from verifiers.errors import UsageError
from verifiers.probability import clopper_pearson
from verifiers.verdict import Holds, HypothesisFailed, Refuted

OWN = str(Path(__file__).with_name("campaign_file.py"))
PRODUCT, ALWAYS = f"{OWN}::product", f"{OWN}::always"


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "runs"


def run(folder, targets=(PRODUCT, ALWAYS), grid="n=2:8:3,x=0|1/2|1", seeds=6, **more):
    return sweep(targets, grid, seeds, "pairs", folder, **({"fixed": {"pause": 0}} | more))


# grids


@pytest.mark.parametrize(("text", "values"), [
    ("n=3", (3,)), ("n=2:5", (2, 3, 4, 5)), ("n=2:9:3", (2, 5, 8)), ("n=1|10|3", (1, 10, 3)), ("n=-1:1", (-1, 0, 1)),
    ("x=0:1:1/4", (0, Fraction(1, 4), Fraction(1, 2), Fraction(3, 4), 1)),
    ("x=1/3|0.5", (Fraction(1, 3), Fraction(1, 2))),
    ("n=1:1000:4log", (1, 10, 100, 1000)), ("n=1:4:9log", (1, 2, 3, 4)), ("n=5:5:3log", (5,)),
    (" n = 1 | 2 ", (1, 2)),
])  # fmt: skip
def test_an_axis_is_read(text, values) -> None:
    (axis,) = grids.parse_grid(text)
    assert axis.values == values and axis.log == text.strip().endswith("log")


def test_logarithmic_values_are_the_whole_numbers_nearest_to_a_geometric_sequence() -> None:
    (axis,) = grids.parse_grid("n=4:64:6log")
    assert axis.values == (4, 7, 12, 21, 37, 64), "4 * 16^(k/5) = 4, 6.96, 12.1, 21.1, 36.8, 64"


def test_several_axes() -> None:
    axes = grids.parse_grid("n=4:64:6log,d=100:10000:8log,bias=0|1")
    sizes = [(axis.name, len(axis.values), axis.log) for axis in axes]
    assert sizes == [("n", 6, True), ("d", 8, True), ("bias", 2, False)]
    assert len(list(grids.points(axes, {"c": 1}))) == 96
    assert next(iter(grids.points(axes, {"c": 1}))) == {"n": 4, "d": 100, "bias": 0, "c": 1}


@pytest.mark.parametrize(("text", "words"), [
    ("", "cannot read"), ("n", "cannot read 'n'"), ("n=", "cannot read"), ("n=1,n=2", "names n twice"),
    ("n=1:2:3:4", "cannot read"), ("n=a|b", "'a' in 'n=a|b' is not a number"), ("n=1/0", "not a number"),
    ("n=9:2", "smaller number first"), ("n=1:5:0", "must be positive"), ("n=1:5:-1", "must be positive"),
    ("x=0.5:1", "give a step"), ("n=0:5:3log", "from 1 on"), ("x=1/2:5:3log", "whole numbers"),
    ("n=1:9:1log", "at least 2"), ("n=1:9:log", "at least 2"), ("n=1|2|1", "twice"), ("n=1:10000000", "at most"),
])  # fmt: skip
def test_an_unreadable_grid_says_how_to_write_it(text, words) -> None:
    with pytest.raises(UsageError, match=re.escape(words)) as error:
        grids.parse_grid(text)
    assert "\n" not in str(error.value)


def test_a_grid_from_python() -> None:
    assert grids.as_grid({"n": [1, 2], "x": ["1/3", 0.5, Fraction(1, 4)]})[1].values == (
        Fraction(1, 3), Fraction(1, 2), Fraction(1, 4))  # fmt: skip
    assert grids.as_grid({"n": np.array([1, 2])})[0].values == (1, 2)
    with pytest.raises(UsageError, match="not a finite number"):
        grids.as_grid({"n": [float("nan")]})


@pytest.mark.parametrize(("grid", "fixed", "words"), [
    ("m=1:3", {}, "no parameter m; it has n "), ("n=0:3", {}, "is in 1..100; 0 is not"), ("n=1/2", {}, "whole number"),
    ("n=1:3", {"n": 2}, "both in the grid and set"), ("n=1:3", {"y": 2}, "no parameter y"), ("x=2", {}, "is in 0..1"),
])  # fmt: skip
def test_a_grid_must_fit_the_space(folder, grid, fixed, words) -> None:
    with pytest.raises(UsageError, match=re.escape(words)):
        Campaign.plan([PRODUCT], grid, 1, "pairs", 0, fixed)


def test_a_grid_does_not_move_vectors() -> None:
    with pytest.raises(UsageError, match="v of the space vectors is a vector"):
        Campaign.plan([PRODUCT], "v=1/2", 1, "vectors")


def test_the_space_is_the_only_one_that_has_the_parameters() -> None:
    assert Campaign.plan([PRODUCT], "x=0|1").space.name == "pairs"
    assert Campaign.plan([PRODUCT], "n=1:2", fixed={"seed": 3}).space.name == "pairs"
    with pytest.raises(UsageError, match="several spaces have n: pairs, vectors; choose one with --space"):
        Campaign.plan([PRODUCT], "n=1:2")
    with pytest.raises(UsageError, match="no space has all of x, v; there is pairs with n .*; vectors with n "):
        Campaign.plan([PRODUCT], "x=0", fixed={"v": 1})
    with pytest.raises(UsageError, match="no space nowhere; there is pairs with"):
        Campaign.plan([PRODUCT], "n=1:2", space="nowhere")
    with pytest.raises(UsageError, match="none of these statements declares a space"):
        Campaign.plan([f"{OWN}::homeless"], "n=1:2")


# cells


def test_keys_depend_on_everything_that_a_result_depends_on() -> None:
    base = dict(targets=[PRODUCT], grid="n=2|3", seeds=2, space="pairs", seed=0)

    def keys(**changed):
        return {cell.key for cell in Campaign.plan(**(base | changed)).cells}

    assert keys() == keys() and len(keys()) == 4
    assert keys(seeds=3) > keys(), "more seeds and a larger grid keep what is there"
    assert keys(grid="n=2|3|4") > keys() == keys(grid="n=3|2") == keys(grid={"n": [2, 3]})
    assert keys(grid="n=2", fixed={"x": "1/2"}) == keys(grid="n=2,x=0.5"), "fixed or in the grid is the same"
    for other in ({"seed": 1}, {"targets": [ALWAYS]}, {"targets": [PRODUCT, ALWAYS]}, {"fixed": {"x": 1}}):
        assert not keys() & keys(**other), other


def test_keys_depend_on_formulas_constants_law_and_sources() -> None:
    (product,) = library.statements(PRODUCT)
    space = product.spaces[0]
    content = cells.campaign_content((product,), space, "sources")
    assert content["statements"][0]["constants"] == {"campaign_limit": "5"}
    assert content["statements"][0]["then"] == [["n x <= 5", "n*x", "<=", "constant_campaign_limit"]]
    moved = product.variant(name="product", constants={"campaign_limit": 4})
    changed = [
        cells.campaign_content((moved,), space, "sources"),
        cells.campaign_content((product.variant(without="x >= 1/4"),), space, "sources"),
        cells.campaign_content((product,), product.spaces[1], "sources"),
        cells.campaign_content((product,), space, "other sources"),
    ]
    assert len({cells.digest(c) for c in (content, *changed)}) == 5


def test_the_digest_of_the_sources_follows_the_users_file(tmp_path) -> None:
    path = tmp_path / "mine.py"
    path.write_text("a = 1")
    before = cells.sources.__wrapped__((str(path),))
    assert before == cells.sources.__wrapped__((f"{path}::name",))
    path.write_text("a = 2")
    assert before != cells.sources.__wrapped__((str(path),)) != cells.sources.__wrapped__(())


def test_draws_come_from_seed_space_parameters_and_index_alone() -> None:
    (product,) = library.statements(PRODUCT)
    space = product.spaces[0]

    def point(parameters, seed, index):
        return cells.point(space, parameters, seed, index)

    base = point({"n": 3}, 0, 0)
    assert base == point({"n": 3}, 0, 0) and base["n"] == 3
    others = [point({"n": 3}, 0, 1), point({"n": 3}, 1, 0), point({"n": 4}, 0, 0)]
    assert len({other["seed"] for other in (base, *others)}) == 4
    drawn = [float(point({"n": 3}, 0, k)["x"]) for k in range(400)]
    assert abs(np.mean(drawn) - 0.5) < 0.06 and min(drawn) < 0.02 and max(drawn) > 0.98


def test_a_cell_is_plain_json_without_times() -> None:
    statements = tuple(library.statements(OWN)[:3])
    result = cells.judged(statements, statements[0].spaces[0], {"n": 8, "x": "1", "pause": 0, "seed": 1}, 0, 0)
    assert json.loads(json.dumps(result)) == result
    assert set(result) == {"instance", "statements"} and len(result["instance"]) == 64
    assert result["statements"]["pairs.product"] == {
        "verdict": "Refuted", "accepted": True, "slack": -3.0, "relative_slack": -0.375,
        "reason": "n x <= 5: violated by 3, exact"}  # fmt: skip
    failed = cells.judged(statements, statements[0].spaces[0], {"n": 8, "x": "0", "pause": 0, "seed": 1}, 0, 0)
    assert failed["statements"]["pairs.product"] == {
        "verdict": "HypothesisFailed", "accepted": False, "slack": None, "relative_slack": None,
        "reason": "x >= 1/4: 0 >= 0.25 is false"}  # fmt: skip
    assert failed["statements"]["pairs.always"]["slack"] == 1.0
    none = cells.judged(statements, statements[0].spaces[0], {"n": 8, "x": "0", "pause": 0, "seed": 4}, 0, 0)
    assert none == {"instance": None, "statements": {}}


def test_a_worker_with_other_sources_refuses() -> None:
    task = Campaign.plan([PRODUCT], "n=2", 1, "pairs").task([])
    assert cells.run(task) == []
    elsewhere = cells.Task(**(vars(task) | {"home": "another process", "sources": "other"}))
    with pytest.raises(UsageError, match="a worker has other source files"):
        cells.run(elsewhere)


def test_a_fault_in_a_cell_names_the_cell(folder, monkeypatch) -> None:
    def fault(*_):
        raise ZeroDivisionError("in the verifier")

    monkeypatch.setattr(cells, "judged", fault)
    with pytest.raises(ZeroDivisionError) as error:
        run(folder, grid="n=2,x=1/2", seeds=1)
    assert error.value.__notes__ == ["in the cell pairs at n=2, x=1/2, pause=0, seed 0, draw 0"]


# counts


def test_counts_are_what_the_formulas_say(folder) -> None:
    """n x <= 5 is decided by the grid; only which draws have an instance is left to chance."""
    result = run(folder, grid="n=2:8:3,x=0|1/4|1/2|1", seeds=12)
    assert len(result["points"]) == 12 and result["cells"]["total"] == 144
    drawn = 0
    for place in result["points"]:
        n, x = place["parameters"]["n"], Fraction(place["parameters"]["x"])
        counts = place["statements"]["pairs.product"]
        word = "HypothesisFailed" if x < Fraction(1, 4) else "Holds" if n * x <= 5 else "Refuted"
        assert counts["verdicts"] == dict.fromkeys(cells.WORDS, 0) | {word: counts["instances"]}
        assert counts["drawn"] == 12
        assert counts["accepted"] == (counts["instances"] if word != "HypothesisFailed" else 0)
        if counts["accepted"]:
            assert counts["least"]["slack"] == float(5 - n * x)
        letters = {"Holds": "H", "Refuted": "R", "HypothesisFailed": "F"}[word] + "H"
        assert place["patterns"] == {k: v for k, v in
                                     (("", 12 - counts["instances"]), (letters, counts["instances"])) if v}  # fmt: skip
        drawn += counts["instances"]
    total = result["statements"][0]
    assert total["instances"] == drawn and total["drawn"] == 144 and 80 < drawn < 135, "three quarters have one"
    assert total["least"]["slack"] == -3.0 and total["least"]["parameters"]["n"] == 8


def test_the_least_slack_is_replayed_by_its_string(folder) -> None:
    result = run(folder, targets=[PRODUCT], grid="n=2:9", seeds=5)
    kinds = set()
    for place in result["points"]:
        least = place["statements"]["pairs.product"]["least"]
        if least:
            statement, draw, row = origin.replay(least["replay"])
            assert statement.id == "pairs.product" and draw.instance.digest == least["instance"]
            assert type(row.verdict).__name__ == least["verdict"]
            assert min(outcome.slack for outcome in row.conclusions) == least["slack"]
            kinds.add(type(row.verdict))
    assert kinds == {Holds, Refuted} and HypothesisFailed not in kinds


def test_the_interval_covers_undecided_draws_either_way(folder) -> None:
    """On n = 7 nothing can be measured: the interval is trivial; elsewhere it contains the fixed-sample one."""
    result = run(folder, targets=[f"{OWN}::open_at_seven"], grid="n=6|7", seeds=40)
    six, seven = (place["statements"]["pairs.open_at_seven"] for place in result["points"])
    assert seven["verdicts"]["Undecided"] == seven["accepted"] > 20 and seven["holds_given_accepted"] == [0.0, 1.0]
    assert seven["reasons"] == {"7 is never measured": seven["accepted"]}
    low, high = clopper_pearson(six["verdicts"]["Holds"], six["accepted"], result["confidence"])
    assert six["holds_given_accepted"][0] <= low and six["holds_given_accepted"][1] >= high == 1.0
    assert six["holds_given_accepted"][0] > 0.5


def test_a_statement_without_the_space_is_left_out_and_named(folder) -> None:
    result = run(folder, targets=[OWN], grid="n=2", seeds=1)
    assert [s["id"] for s in result["statements"]] == ["pairs.product", "pairs.always", "pairs.open_at_seven"]
    assert result["left_out"] == ["pairs.homeless"]


def test_without_a_grid_the_whole_law_is_drawn_from(folder) -> None:
    result = sweep([ALWAYS], {}, 8, "pairs", folder, fixed={"pause": 0})
    assert len(result["points"]) == 1 and result["cells"]["total"] == 8


# resuming


def test_a_rerun_takes_everything_from_the_store(folder, monkeypatch) -> None:
    first = run(folder)
    assert first["cells"] == {"total": 54, "before": 0, "now": 54, "by_others": 0, "disagreeing": 0}
    monkeypatch.setattr(cells, "run", lambda task: pytest.fail("nothing is left to compute"))
    again = run(folder)
    assert again["cells"] == {"total": 54, "before": 54, "now": 0, "by_others": 0, "disagreeing": 0}
    assert (again["digest"], again["points"]) == (first["digest"], first["points"])


def test_a_larger_campaign_computes_only_what_is_new(folder) -> None:
    small = run(folder, seeds=3)
    large = run(folder, seeds=6)
    assert large["cells"]["before"] == 27 and large["cells"]["now"] == 27
    assert run(folder, seeds=3)["digest"] == small["digest"] != large["digest"]


@pytest.mark.parametrize("interrupt", [KeyboardInterrupt, SystemExit])
def test_an_interrupt_keeps_what_is_finished(folder, monkeypatch, interrupt) -> None:
    fresh = run(folder.with_name("fresh"))
    task, tasks = cells.run, []

    def stopped(work):
        tasks.append(work)
        if len(tasks) > 3:
            raise interrupt
        return task(work)

    monkeypatch.setattr(cells, "run", stopped)
    with pytest.raises(interrupt):
        run(folder)
    monkeypatch.setattr(cells, "run", task)
    done = sum(len(work.cells) for work in tasks[:3])
    rest = run(folder)
    assert rest["cells"]["before"] == done > 0 and rest["cells"]["now"] == 54 - done
    assert rest["digest"] == fresh["digest"]


def test_cells_finished_by_another_campaign_meanwhile_are_not_computed_again(folder, monkeypatch) -> None:
    fresh, task, tasks = run(folder.with_name("fresh")), cells.run, []

    def shared(work):
        tasks.append(work)
        if len(tasks) == 1:
            monkeypatch.setattr(cells, "run", task)
            assert run(folder)["cells"]["now"] == 54
            monkeypatch.setattr(cells, "run", shared)
        return task(work)

    monkeypatch.setattr(cells, "run", shared)
    result = run(folder)
    assert sum(len(work.cells) for work in tasks) == 1, "one was under way when the other campaign ran"
    assert result["cells"] == {"total": 54, "before": 0, "now": 0, "by_others": 54, "disagreeing": 0}
    assert result["digest"] == fresh["digest"]


def test_a_result_that_changes_is_reported(folder) -> None:
    campaign = Campaign.plan([ALWAYS], "n=2", 1, "pairs", 0, {"pause": 0, "seed": 1})
    with Store(folder) as store:
        store.add(campaign.cells[0].key, campaign.digest, {}, {"instance": None, "statements": {}}, 0.0)
        store.flush()
        ((result, seconds),) = cells.run(campaign.task(campaign.cells))
        store.add(campaign.cells[0].key, campaign.digest, {}, result, seconds)
        store.flush()
        assert store.disagreements == 1 and result["instance"] is not None


def test_a_store_that_lost_a_cell_is_a_fault(folder) -> None:
    campaign = Campaign.plan([ALWAYS], "n=2|3", 2, "pairs")
    with Store(folder) as store, pytest.raises(RuntimeError, match="the store lost the cell"):
        list(campaign.rows(store))


def test_progress_counts_up_to_the_total_and_says_how_long(folder) -> None:
    seen = []
    run(folder, seeds=30, progress=lambda *event: seen.append(event))
    assert seen[0] == ("sweep", 0, 270, "") and seen[-1][:3] == ("sweep", 270, 270)
    done = [event[1] for event in seen]
    assert done == sorted(done)
    assert any(re.fullmatch(r"about \d+ s left", event[3]) for event in seen)


@pytest.mark.parametrize(("seconds", "text"), [
    (0.2, "about 1 s left"), (42, "about 42 s left"), (100, "about 2 min left"), (7800, "about 2 h 10 min left")])
def test_the_time_left_is_rounded(seconds, text) -> None:
    assert time_left(seconds) == text


# files


def rows_of(path):
    with open(path, newline="", encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


@pytest.fixture
def command(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(executors, "_named", lambda text: executors.Workers(executors.Inline()))

    def call(*arguments):
        code = command_line.main([str(argument) for argument in arguments])
        return SimpleNamespace(code=code, **dict(zip(("out", "err"), capsys.readouterr(), strict=True)))

    return call


SWEEP = ("sweep", PRODUCT, ALWAYS, "--grid", "n=2:8:3,x=0|1/2|1", "--space", "pairs", "--set", "pause=0", "--seeds", 6)


def test_the_command_writes_tables_that_add_up(command, tmp_path) -> None:
    result = command(*SWEEP, "--out", "o")
    assert result.code == 1, "pairs.product is expected to hold"
    assert sorted(p.name for p in (tmp_path / "o").iterdir()) == sorted(files.FILES)
    campaign = json.loads((tmp_path / "o" / "campaign.json").read_text())
    assert (tmp_path / "thinmargin-runs" / FILE).exists() and "Report: o/index.html" in result.out
    found = rows_of(tmp_path / "o" / "cells.csv")
    assert len(found) == 54 == len({row["key"] for row in found})
    grid = rows_of(tmp_path / "o" / "grid.csv")
    assert len(grid) == 18
    for row in grid:
        own = [c for c in found if (c["n"], c["x"]) == (row["n"], row["x"])]
        assert len(own) == int(row["drawn"]) == 6
        for word in ("Holds", "Refuted", "HypothesisFailed"):
            assert int(row[word]) == sum(c[f"{row['statement']} verdict"] == word for c in own)
    assert sum(int(row["refuted"]) for row in rows_of(tmp_path / "o" / "regions.csv")) == sum(
        s["verdicts"]["Refuted"] for s in campaign["statements"])  # fmt: skip


def test_the_page_is_self_contained_and_names_what_was_refuted(command, tmp_path) -> None:
    command(*SWEEP, "--out", "o")
    page = (tmp_path / "o" / "index.html").read_text()
    assert page.count("<svg") == 3 and "pairs.product</code></a> is expected to be supported" in page
    links = re.findall(r'(?:href|src)="(?!#|data:)([^"]*)"', page)
    assert set(links) == {"cells.csv", "grid.csv", "regions.csv", "campaign.json"}
    assert not re.search(r"#0c0d[0-9a-f]{2}", page), "every colour is one of the page"


def test_json_is_what_was_written_and_a_rerun_has_the_same_digest(command, tmp_path) -> None:
    first = json.loads(command(*SWEEP, "--json").out)
    assert first == json.loads((tmp_path / "thinmargin-campaign" / "campaign.json").read_text())
    again = json.loads(command(*SWEEP, "--json").out)
    assert again["digest"] == first["digest"] and again["cells"]["before"] == 54


def test_what_holds_ends_with_exit_code_zero(command) -> None:
    result = command("sweep", ALWAYS, "--grid", "n=1:3", "--space", "pairs", "--set", "pause=0", "--seeds", 2)
    assert result.code == 0 and "6 computed now" in result.out.replace("\N{NARROW NO-BREAK SPACE}", " ")


@pytest.mark.parametrize(("arguments", "words"), [
    (("nope", "--grid", "n=1"), "no slug, statement or file 'nope'"), ((PRODUCT, "--grid", "n=1:"), "is not a number"),
    ((PRODUCT, "--grid", "n=1"), "several spaces have n"), ((PRODUCT, "--set", "x"), "write name=value"),
    ((PRODUCT, "--set", "x=1", "--set", "x=2"), "x is set twice"), ((), "--help"), ((PRODUCT, "--seeds", 0), "--help"),
    ((ALWAYS, "--grid", "x=0", "--out", "file/out"), "cannot write to file/out"),
    ((ALWAYS, "--grid", "x=0", "--store", "file"), "cannot create the folder file"),
])  # fmt: skip
def test_bad_usage_is_one_line_before_any_work(command, tmp_path, arguments, words) -> None:
    (tmp_path / "file").write_text("")
    result = command("sweep", *arguments)
    assert result.code == 2 and result.out == "" and result.err.count("\n") == 1
    assert result.err.startswith("thinmargin: ") and words in result.err
    assert not (tmp_path / "thinmargin-campaign" / "index.html").exists()


def test_an_interrupted_command_says_what_is_kept(command, tmp_path, monkeypatch) -> None:
    def stop(work):
        raise KeyboardInterrupt

    monkeypatch.setattr(cells, "run", stop)
    result = command(*SWEEP)
    assert result.code == 130 and "interrupted; 0 of 54 cells are kept in thinmargin-runs" in result.err
    assert list((tmp_path / "thinmargin-campaign").iterdir()) == []


def test_a_full_disk_while_writing_leaves_the_old_files(command, tmp_path, monkeypatch) -> None:
    command(*SWEEP)
    folder = tmp_path / "thinmargin-campaign"
    before = {path.name: path.read_bytes() for path in folder.iterdir()}

    def full(stream, table):
        stream.write("half a li")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(files, "_write_table", full)
    result = command(*SWEEP)
    assert result.code == 2 and result.err.count("\n") == 1
    assert "cannot write to thinmargin-campaign: No space left on device; the cells are kept" in result.err
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


def test_every_option_is_explained(command) -> None:
    result = command("sweep", "--help")
    assert result.code == 0
    for word in ("--grid", "--executor", "--store", "--seeds", "--space", "--set", "--out", "--seed", "--json", "Klog"):
        assert word in result.out


# figures


def campaign_of(patterns, grid=(("n", [1, 2], False),)):
    """A campaign with two statements and the given patterns at every grid point."""
    axes = [{"name": name, "values": values, "log": log} for name, values, log in grid]
    held = [sum(c for p, c in patterns.items() if p and p[k] == "H") for k in range(2)]
    points = [{"n": value} for value in axes[0]["values"]]
    return {
        "statements": [{"id": f"s.{k}", "verdicts": {"Holds": count}} for k, count in zip("ab", held, strict=True)],
        "grid": axes,
        "points": [{"parameters": place, "patterns": dict(patterns)} for place in points],
        "fixed": {},
    }


def test_a_draw_belongs_to_the_strongest_statement_that_holds_on_it() -> None:
    campaign = campaign_of({"HH": 1, "FH": 3, "FU": 1, "FF": 2, "HR": 1, "": 4})
    expected = {"HH": "s.a", "FH": "s.b", "HF": "s.a", "FU": "undecided", "FF": "failed", "HR": "refuted", "": "none"}
    assert {pattern: phase.strongest(campaign, pattern) for pattern in expected} == expected
    assert phase.nesting(campaign_of({"HH": 2, "FH": 3, "": 5})) == (0, 10), "two grid points"
    assert phase.nesting(campaign_of({"HH": 2, "HF": 1, "FH": 3})) == (2, 12)


def test_a_grid_without_a_moving_axis_or_with_too_many_points_has_no_figure(monkeypatch) -> None:
    assert phase.regions(campaign_of({"HH": 1}, grid=(("n", [1], False),)), "p") is None
    assert "<svg" in (phase.regions(campaign_of({"HH": 1}), "p") or "")
    monkeypatch.setattr(phase, "MOST_TILES", 1)
    assert phase.regions(campaign_of({"HH": 1}), "p") is None


def test_equal_campaigns_give_equal_figures() -> None:
    campaign = campaign_of({"HH": 1, "FR": 2, "": 1})
    assert phase.regions(campaign, "p") == phase.regions(campaign, "p")
