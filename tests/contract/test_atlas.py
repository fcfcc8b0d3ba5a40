"""sharpen over many runs: merging, totals, what no longer replays, the page, the published atlas, and the schema."""

from __future__ import annotations

import copy
import json
import os
import re
import shutil
import subprocess
import sys
from contextlib import redirect_stdout
from fractions import Fraction
from io import StringIO
from pathlib import Path
from types import SimpleNamespace

import pytest
import square

from constructions.instance import exact_array
from reports import atlas, atlas_figure, command_line
from reports.records import InvalidRecord
from theorems.engine import atlas as engine
from theorems.engine.store import Store

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
SQUARE = HERE / "square.py"
BELOW = f"{SQUARE}::square.below"


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


def shown(limit, x, verdict):
    """An instance of `square.below` with a moved limit, as `sharpen` shows it."""
    digest, value = square.Number(exact_array(x)).digest, float(Fraction(x))
    return {"replay": f"{BELOW}?set.limit={limit}&space=line&x.x={x}#{digest[:12]}", "digest": digest,
            "verdict": verdict, "rigor": "exact", "conclusion": "x^2 <= factor x", "where": "", "left": value**2,
            "relation": "<=", "right": value, "slack": value - value**2, "relative_slack": -0.5,
            "point": {"x": x}}  # fmt: skip


def row(refuted="2", witness="3/2", critical=1.5, kept="1", worst="1", **more):
    """A row of `sharpen` on the limit of `square.below`, by hand: x = 3/2 refutes every limit from 3/2 on."""
    return {"statement": BELOW, "constant": "limit", "value": "1/2", "source": "chosen", "in": "hypothesis",
            "stronger": "larger", "measured": 100, "inside": 40, "seconds": 1.5, "seed": 0, "critical": critical,
            "refuted": refuted, "witness": shown(refuted, witness, "Refuted"), "not_refuted": kept,
            "worst": shown(kept, worst, "Holds"), "decided": True} | more  # fmt: skip


NOTHING = {"critical": None, "refuted": None, "witness": None, "not_refuted": None, "worst": None, "decided": False}


def kept(folder, *rows):
    """A store with these rows in its history, and the one place they are about."""
    store = Store(folder)
    for one in rows:
        run = engine.run_of(square.below, one) | {"budget": 2.0, "thinmargin": "0.1.0"}
        store.record(engine.KIND, "square.below|limit|larger|1", run)
    return store, engine.plan([BELOW], ["limit"])


def merged(folder, *rows):
    store, places = kept(folder, *rows)
    with store:
        return engine.merge(engine.history(store, places), [square.below])


# merging


def test_of_several_runs_the_most_extreme_counts_and_efforts_add_up(tmp_path):
    [entry], notes = merged(tmp_path, row("2"), row("5/4", "5/4", 1.25, seed=1), row("3", "2", 2.0), row() | NOTHING)
    assert notes == [] and (entry["refuted"], entry["critical"], entry["not_refuted"]) == ("5/4", 1.25, "1")
    assert (entry["measured"], entry["inside"], entry["seconds"]) == (400, 160, 6.0)
    assert [run["seed"] for run in entry["runs"]] == [0, 1, 0, 0] and len({run["id"] for run in entry["runs"]}) == 4


def test_merging_again_changes_nothing_because_each_run_counts_once(tmp_path):
    entries, _ = merged(tmp_path, row("2"), row("5/4", "5/4", 1.25))
    store, places = kept(tmp_path / "more", row("3", "2", 2.0))
    again, notes = engine.merge([*entries, *entries, *engine.history(store, places)], [square.below])
    assert notes == [] and again[0]["measured"] == 300 and again[0]["refuted"] == "5/4"
    assert engine.merge(again, [square.below])[0] == again


def test_smaller_is_stronger_the_other_way_round(tmp_path):
    rows = [row(critical=value, refuted=str(Fraction(value)), stronger="smaller") for value in (0.25, 0.75, 0.5)]
    runs = [engine.run_of(square.below, one) | {"budget": 1.0, "thinmargin": "0"} for one in rows]
    entries = [engine._entry(one, "2026") for one in runs]
    assert engine._extreme(entries, "refuted")["refuted"] == "3/4"
    negative = [entry | {"value": "-1", "refuted": f"-{entry['refuted']}"} for entry in entries]
    assert engine._extreme(negative, "refuted")["refuted"] == "-3/4", "a smaller size is stronger, so -3/4 claims least"


def test_a_claim_of_the_history_that_does_not_replay_is_left_out_and_counted(tmp_path):
    forged = row("3/4", "3/4", 0.75)  # x = 3/4 refutes nothing
    [entry], notes = merged(tmp_path, forged, row("2"))
    assert entry["refuted"] == "2" and entry["measured"] == 100
    assert notes == ["square.below, limit: 1 run names an instance that is no longer what it was, and left out"]
    assert merged(tmp_path / "alone", forged)[0] == []
    wrong = row("5/4", "5/4", 1.25)
    wrong["witness"] = wrong["witness"] | {"replay": wrong["witness"]["replay"][:-12] + "0" * 12}
    assert merged(tmp_path / "digest", wrong, row("2"))[0][0]["refuted"] == "2"
    optimistic = row("5/4", "5/4", 1.25, kept="2", worst="2")  # x = 2 refutes the limit 2
    assert merged(tmp_path / "kept", optimistic, row("2"))[0][0]["critical"] == 1.5


def test_runs_on_another_wording_do_not_count(tmp_path):
    store, places = kept(tmp_path, row("2"))
    old = engine.run_of(square.below, row("5/4", "5/4", 1.25)) | {"form": "0" * 12, "budget": 2.0, "thinmargin": "0"}
    store.record(engine.KIND, "square.below|limit|larger|1", old)
    [entry], notes = engine.merge(engine.history(store, places), [square.below])
    assert entry["refuted"] == "2"
    assert notes == ["square.below, limit: 1 run left out, because the statement has changed since"]
    assert engine.merge(engine.history(store, places), [])[1] == [
        "square.below, limit: 2 runs left out, because there is no such statement in the library"]  # fmt: skip


def test_the_form_follows_claims_and_values():
    assert engine.form(square.below) != engine.form(square.bold)
    assert engine.form(square.below) != engine.form(square.below.variant(constants={"limit": 2}))


# the command


@pytest.fixture(scope="module")
def twice(tmp_path_factory):
    """Two runs of one command in one store: what the first and the second printed as JSON, and the folder."""
    folder = tmp_path_factory.mktemp("twice")
    texts = []
    for seed in (0, 1):
        arguments = ["sharpen", BELOW, "--budget", "3s", "--seed", str(seed), "--store", str(folder / "runs"),
                     "--out", str(folder / "out"), "--json"]  # fmt: skip
        with redirect_stdout(StringIO()) as printed:
            assert command_line.main(arguments) == 0
        texts.append(printed.getvalue())
    return SimpleNamespace(folder=folder, first=json.loads(texts[0]), second=json.loads(texts[1]))


def test_two_runs_find_the_critical_values_and_add_up(twice):
    first, second = ({e["constant"]: e for e in content["constants"]} for content in (twice.first, twice.second))
    assert list(second) == ["limit", "factor"]
    assert (second["limit"]["in"], second["limit"]["stronger"]) == ("hypothesis", "larger")
    assert (second["factor"]["in"], second["factor"]["stronger"]) == ("conclusion", "smaller")
    assert second["limit"]["critical"] == pytest.approx(1, rel=1e-2), "x^2 <= x holds up to x = 1"
    assert second["factor"]["critical"] == pytest.approx(0.5, rel=1e-2), "and x = 1/2 needs the factor 1/2"
    assert 1 < Fraction(second["limit"]["refuted"]) <= Fraction(first["limit"]["refuted"])
    assert Fraction(first["factor"]["refuted"]) <= Fraction(second["factor"]["refuted"]) < Fraction(1, 2)
    for name in first:
        assert len(first[name]["runs"]) == 1 and [run["seed"] for run in second[name]["runs"]] == [0, 1]
        assert second[name]["measured"] == sum(run["measured"] for run in second[name]["runs"])
        assert second[name]["measured"] > first[name]["measured"]


def test_the_subject_in_the_history_names_statement_constant_direction_and_version(twice):
    with Store(twice.folder / "runs") as store:
        subjects = [entry["subject"] for entry in store.history("sharpen")]
    assert subjects == ["square.below|limit|larger|1", "square.below|factor|smaller|1"] * 2


def test_the_record_is_valid_and_the_page_is_self_contained(twice):
    content = atlas.read(twice.folder / "out" / "constants.json")
    assert content == twice.second
    page = (twice.folder / "out" / "index.html").read_text()
    assert page == atlas.render(content) and page.count("<svg") == 1 and "<math" in page
    assert not re.search(r"""<(script|link|img)|(src|href)=["'](?!#)""", page)
    for name in ("limit", "factor"):
        assert f"<i>{name}</i>" in page
    assert "nothing is known" in page and "2 runs" in page


def test_what_a_terminal_shows(run, twice):
    result = run("sharpen", BELOW, "--constant", "limit", "--budget", "1s", "--store", twice.folder / "runs")
    assert result.code == 0 and "thinmargin-constants/index.html" in result.out
    line = next(line for line in result.out.splitlines() if line.startswith("  limit"))
    assert "hypothesis" in line and "1/2" in line and line.rstrip().endswith(" 3"), "three runs by now"
    assert "factor" not in result.out.split("Refutes")[0], "only the constant that was asked for"
    assert "Everything above" in result.out and "between that and 0.5 nothing is known" in result.out
    assert "thinmargin replay" in result.out


def test_a_stated_value_that_is_refuted_ends_with_one(run):
    bold = run("sharpen", f"{SQUARE}::bold", "--budget", "2s", "--json")
    [entry] = json.loads(bold.out)["constants"]
    assert bold.code == 1 and Fraction(entry["refuted"]) >= 1, "x = 3 refutes every factor below 3"
    assert entry["critical"] == pytest.approx(3, rel=0.02) and atlas.verdict(entry).startswith("Refuted as stated")
    page = Path("thinmargin-constants/index.html").read_text()
    assert "is refuted with factor = 1 as it is stated" in page
    assert run("sharpen", f"{SQUARE}::known_bold", "--budget", "2s").code == 0


@pytest.mark.parametrize(("arguments", "words"), [
    ([], ["give a STATEMENT"]),
    (["nothing"], ["no slug, statement or file 'nothing'"]),
    ([BELOW, "--constant", "zebra"], ["no constant zebra in square.below", "factor, limit"]),
    (["kkt_margin.weak"], ["no claim has a named constant"]),
    ([BELOW, "--budget", "x"], ["not a length of time"]),
    ([BELOW, "--published"], ["takes no STATEMENT"]),
    (["--published", "--publish"], ["takes no STATEMENT"]),
    ([BELOW, "--store", "file/store"], ["cannot write to file/store"]),
])  # fmt: skip
def test_bad_usage_is_refused_in_one_line(run, tmp_path, arguments, words):
    (tmp_path / "file").write_text("")
    assert_refused(run("sharpen", *arguments), *words)


def test_a_slug_passes_over_statements_without_constants_and_a_value_of_zero_is_refused(tmp_path):
    places = engine.plan(["kkt_margin.weak", "kkt_margin.main"])
    assert [place.statement.id for place in places] == ["kkt_margin.main"]
    assert engine.plan([str(SQUARE)], ["limit"])[0].target == BELOW


# publishing


def test_publishing_needs_a_checkout(run, monkeypatch):
    monkeypatch.setattr(atlas, "checkout", lambda: None)
    assert_refused(run("sharpen", BELOW, "--publish"), "--publish writes into a checkout", "clone it")


@pytest.fixture
def published(tmp_path, monkeypatch):
    """A published atlas of one's own instead of that of the checkout."""
    path = tmp_path / "published" / atlas.FILE
    monkeypatch.setattr(atlas, "published_file", lambda: path)
    return path


def test_an_empty_store_publishes_nothing(run, published):
    result = run("sharpen", "--publish")
    assert result.code == 2 and "nothing is published" in result.err and not published.exists()


def test_what_is_published_is_rendered_without_computing(run, published, twice, monkeypatch):
    assert_refused(run("sharpen", "--published"), "does not exist", "--publish")
    published.parent.mkdir()
    atlas.write(twice.second, published)
    monkeypatch.setitem(sys.modules, "theorems.engine.sharpen", None)
    monkeypatch.setitem(sys.modules, "theorems.engine.atlas", None)
    result = run("sharpen", "--published")
    assert result.code == 0 and "limit" in result.out
    assert "published, 2 lines" in Path("thinmargin-constants/index.html").read_text()
    published.write_text(published.read_text().replace('"inside": ', '"inside": 1', 1))
    assert_refused(run("sharpen", "--published"), "it was altered")


@pytest.mark.slow
def test_publishing_in_a_checkout_of_its_own(tmp_path):
    """Twice the same publication counts every run once; the user's own statements stay out of it."""
    for name in ("constructions", "verifiers", "theorems", "reports", "tests/contract", "pyproject.toml"):
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, tmp_path / name)
        else:
            shutil.copy2(ROOT / name, tmp_path / name)
    shutil.rmtree(tmp_path / "reports" / "published", ignore_errors=True)

    def call(*arguments):
        done = subprocess.run([sys.executable, "-m", "reports.command_line", "sharpen", *arguments], cwd=tmp_path,
                              text=True, capture_output=True, env=os.environ | {"OMP_NUM_THREADS": "1"})  # fmt: skip
        return done.returncode, done.stdout, done.stderr

    own = "tests/contract/square.py::below"
    assert call(own, "kkt_margin.robust_half_gap", "--budget", "4s", "--publish")[0] == 0
    path = tmp_path / atlas.PUBLISHED
    first = atlas.read(path)
    assert [entry["statement"] for entry in first["constants"]] == ["kkt_margin.robust_half_gap"]
    assert first["notes"] == [] and call("--publish")[0] == 0
    assert atlas.read(path)["constants"] == first["constants"] and atlas.read(path)["digest"] == first["digest"]
    assert call("kkt_margin.robust_half_gap", "--budget", "4s", "--store", "other", "--publish")[0] == 0
    assert len(atlas.read(path)["constants"][0]["runs"]) == 2, "what was published counts without its store"
    code, out, _ = call("--published")
    assert code == 0 and "half_factor" in out
    (tmp_path / "pyproject.toml").unlink()
    code, out, err = call("--publish")
    assert (code, out) == (2, "") and "--publish writes into a checkout" in err


def test_the_published_atlas_is_valid_and_about_statements_as_they_are():
    """Its numbers are replayed by the slow test below."""
    if not atlas.published_file().is_file():
        pytest.skip("nothing is published")
    from theorems.engine import library

    forms = {statement.id: engine.form(statement) for statement in library.statements()}
    for entry in atlas.read(atlas.published_file())["constants"]:
        assert forms[entry["statement"]] == entry["form"], f"{entry['statement']} has changed; publish again"


@pytest.mark.slow
def test_every_published_instance_replays():
    if not atlas.published_file().is_file():
        pytest.skip("nothing is published")
    from theorems.engine import library

    entries = atlas.read(atlas.published_file())["constants"]
    assert engine.merge(entries, library.statements()) == (entries, [])


# figure and words


def drawn(**changes):
    one = {"label": "C", "text": "7 stated; 2 refuted", "stronger": -1, "refuted": 2 / 7, "critical": 0.29} | changes
    return atlas_figure.draw([one, one])


@pytest.mark.parametrize("changes", [
    {}, {"refuted": None, "critical": None}, {"stronger": 1, "refuted": 1.1, "critical": 1.05},
    {"stronger": 1, "refuted": 1.000001, "critical": 1.0}, {"refuted": 2.9, "critical": 2.91},
    {"stronger": 1, "refuted": 999.0, "critical": 998.0},
])  # fmt: skip
def test_the_figure_is_svg_with_text_for_every_line(changes):
    text = drawn(**changes)
    assert text.startswith("<svg") and text.count("7 stated; 2 refuted") == 2 and "value / stated value" in text
    for word in ("stated", "refuted", "not known", "critical, in floats"):
        assert f">{word}<" in text
    assert "#0a0b" not in text and "#0102" not in text


def test_the_axis_shows_everything_that_moved_and_its_ticks_are_few():
    rows = [{"refuted": 2 / 7, "critical": 0.29}, {"refuted": None, "critical": None}]
    half = atlas_figure.half_width(rows)
    assert half > abs(atlas_figure.math.log(2 / 7))
    assert atlas_figure.half_width(rows[1:]) == atlas_figure.NARROWEST
    for width in (0.2, atlas_figure.NARROWEST, half, 3.0, atlas_figure.WIDEST):
        low, high = atlas_figure.math.exp(-width), atlas_figure.math.exp(width)
        ticks = atlas_figure.ticks(low, high)
        assert 1.0 in ticks and ticks == sorted(ticks) and len(ticks) <= 9
        assert all(low <= tick <= high for tick in ticks)


@pytest.mark.parametrize(("changes", "said"), [
    ({}, "Everything above 2 is refuted; between that and 0.5 nothing is known"),
    ({"refuted": "1/4"}, "Refuted as stated, and so is everything above 0.25"),
    ({"refuted": "1/2"}, "Refuted as stated, and so is everything above 0.5"),
    ({"refuted": "500001/1000000"}, "Sharp: everything above 0.500001 is refuted, 0.0002 % from what is stated"),
    ({"refuted": None}, "No value was refuted, up to a factor of 1000 above 0.5"),
    ({"stronger": "smaller", "refuted": "1/4"},
     "Everything below 0.25 is refuted; between that and 0.5 nothing is known"),
    ({"value": "-1/2", "refuted": "-2"}, "Everything below -2 is refuted; between that and -0.5 nothing is known"),
])  # fmt: skip
def test_one_sentence_says_what_was_found(changes, said):
    assert said == atlas.verdict({"value": "1/2", "stronger": "larger", "refuted": "2", "ends": []} | changes)


def test_a_worst_instance_at_the_end_of_its_space_is_said_to_be_there():
    inside, end = shown("2", "1", "Holds"), shown("2", "3", "Holds")
    assert engine.ends(square.below, inside) == [] == engine.ends(square.below, None)
    assert engine.ends(square.below, end) == ["x = 3"]
    entry = {"value": "1/2", "stronger": "larger", "refuted": "2", "ends": ["x = 3"]}
    assert atlas.verdict(entry).endswith("nothing is known. The worst instance is at the end of its space (x = 3)")
    assert "end of its space" not in atlas.verdict(entry | {"refuted": "500001/1000000"}), "sharp is sharp"


# schema


@pytest.fixture(scope="module")
def example(tmp_path_factory):
    entries, notes = merged(tmp_path_factory.mktemp("example"), row("2"), row("5/4", "5/4", 1.25))
    return atlas.record(entries, notes, "0.1.0", {"python": "3.11"})


def broken(content, path, value=None, *, delete=False, sealed=True):
    """A copy with one entry replaced, added or deleted, and the digest of what it then says."""
    content = copy.deepcopy(content)
    place = content
    for key in path[:-1]:
        place = place[key]
    if delete:
        del place[path[-1]]
    else:
        place[path[-1]] = value
    if sealed and "digest" in content and path != ("digest",):
        content["digest"] = atlas.content_digest(content)
    return content


E, R = ("constants", 0), ("constants", 0, "runs", 0)


def test_the_example_is_valid_and_survives_a_round_trip(example, tmp_path):
    path = atlas.write(example, tmp_path / atlas.FILE)
    assert atlas.read(path) == example and [path] == list(tmp_path.iterdir())


@pytest.mark.parametrize(("path", "value"), [
    (("schema",), 2), (("thinmargin",), ""), (("seconds",), -1), (("environment",), {"cores": 2}), (("extra",), 1),
    (("constants",), {}), (("notes",), "none"), (("digest",), "0" * 63),
    ((*E, "statement"), ""), ((*E, "version"), 0), ((*E, "form"), "x"), ((*E, "expected"), "true"),
    ((*E, "value"), 0.5), ((*E, "value"), "0.5"), ((*E, "value"), "0"), ((*E, "value"), "1/0"), ((*E, "in"), "proof"),
    ((*E, "stronger"), "more"), ((*E, "claims"), []), ((*E, "claims", 0, "role"), "maybe"), ((*E, "refuted"), 1.25),
    ((*E, "critical"), "1.25"), ((*E, "witness"), "x"), ((*E, "witness", "verdict"), "Holds"),
    ((*E, "witness", "rigor"), "numerical"), ((*E, "witness", "replay"), "kkt_margin.main"),
    ((*E, "witness", "law"), "x"), ((*E, "worst", "verdict"), "Refuted"), ((*E, "worst", "point"), {"x": 1}),
    ((*E, "measured"), 1.5),
    ((*E, "ends"), "x = 3"),
    ((*E, "runs"), []), ((*R, "seed"), -1), ((*R, "id"), "x"), ((*R, "computer"), "mine"), ((*R, "refuted"), 2),
])  # fmt: skip
def test_a_wrong_value_is_refused(example, path, value):
    with pytest.raises(InvalidRecord):
        atlas.validate(broken(example, path, value))


def _required():
    places = {"Entry": E, "Claim": (*E, "claims", 0), "Instance": (*E, "witness"), "Run": R}
    yield from ((key,) for key in atlas.schema()["required"])
    for name, place in places.items():
        yield from ((*place, key) for key in atlas.schema()["$defs"][name]["required"])
    yield from ((*E, "worst", key) for key in atlas.schema()["$defs"]["Instance"]["required"])


@pytest.mark.parametrize("path", list(_required()), ids=lambda path: ".".join(map(str, path)))
def test_a_missing_field_is_refused(example, path):
    with pytest.raises(InvalidRecord):
        atlas.validate(broken(example, path, delete=True, sealed=path != ("digest",)))


@pytest.mark.parametrize(("changes", "word"), [
    ({"witness": None}, "need each other"), ({"not_refuted": None}, "need each other"),
    ({"not_refuted": "3"}, "claims more than 5/4"), ({"critical": 1.5}, "claims less than the critical"),
    ({"measured": 7}, "not the sum"), ({"inside": 7}, "not the sum"),
])  # fmt: skip
def test_cells_that_contradict_each_other_are_refused(example, changes, word):
    content = copy.deepcopy(example)
    content["constants"][0] |= changes
    content["digest"] = atlas.content_digest(content)
    with pytest.raises(InvalidRecord, match=word):
        atlas.validate(content)


def test_a_constant_stands_once_in_a_record(example):
    twice = broken(example, ("constants",), example["constants"] * 2)
    with pytest.raises(InvalidRecord, match="appears twice"):
        atlas.validate(twice)


def test_the_digest_is_over_what_is_said_and_not_over_when(example):
    for path, value in (((*R, "created"), "2030"), ((*R, "id"), "0" * 12), ((*E, "seconds"), 9.0), (("seconds",), 9.0),
                        (("environment",), {})):  # fmt: skip
        assert example["digest"] == atlas.content_digest(broken(example, path, value, sealed=False))
    for path, value in (((*E, "refuted"), "1"), ((*R, "seed"), 5), ((*E, "witness", "replay"), "x"),
                        (("thinmargin",), "9")):  # fmt: skip
        assert example["digest"] != atlas.content_digest(broken(example, path, value, sealed=False))
    with pytest.raises(InvalidRecord, match="altered"):
        atlas.validate(broken(example, (*E, "title"), "Another", sealed=False))


@pytest.mark.parametrize("content", ["", "{", "[1]", '{"schema": 1}', "\x00", "null"])
def test_unreadable_files_are_refused_with_their_path(tmp_path, content):
    path = tmp_path / atlas.FILE
    path.write_text(content)
    with pytest.raises(InvalidRecord, match="constants.json"):
        atlas.read(path)
