"""The main job on small statement files: records, resumption, refusals, and statuses that must not pass."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from reports import records
from reports.summary import exit_code, summarise
from theorems.engine.library import collect, statements
from theorems.engine.verify import _key, verify
from verifiers.errors import UsageError

FILE = '''
from constructions import kkt_margin as build
from theorems.claim import Claim, constant, quantities
from theorems.statement import Conjecture, Family, Mutant, Source
from verifiers.kkt_margin import CATALOGUE, measure

n, c, kkt_residual, flip_threshold = quantities("n c kkt_residual flip_threshold")
share = constant("engine_test_share", "{share}")


def _draw(generator, index):
    size = 2 + index % 3
    labels = build.random_labels(size, generator)
    return {draw}


flip = Conjecture(
    "kkt_margin.engine_test", title="A statement of the tests", source=Source("the tests", "none", "derived"),
    given=(Claim("a KKT point", kkt_residual <= 0), {extra} Claim("both classes", c > 0)),
    then=(Claim("flipped late enough", flip_threshold * n >= share),),
    measure=measure, catalogue=CATALOGUE,
    instances=(Family("engine_test_signs", "random", "+-1 data", _draw, quick={count}, full={count}),),
    mutants=(Mutant("ten times later", constants={{"engine_test_share": 10}}),),
    promised={promised}, does_not_claim="Nothing else.",
)
'''
MERGED = "build.exact_partition_point(build.sign_data(size, 100 * size**2, generator, labels=labels))"


def write(folder: Path, **options) -> str:
    options = {"share": "1/10", "draw": MERGED, "extra": "", "count": 25, "promised": 20} | options
    path = folder / f"statement_{abs(hash(tuple(sorted(options.items()))))}.py"
    path.write_text(FILE.format(**options))
    return str(path)


def settled(record):
    """The record without times and environment: what must not depend on how it was computed."""
    if isinstance(record, dict):
        return {key: settled(value) for key, value in record.items() if key not in ("seconds", "environment")}
    return [settled(value) for value in record] if isinstance(record, list) else record


def code_of(record) -> int:
    return exit_code(record | {"summary": summarise(record)})


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """File, folder and record of one uninterrupted run."""
    folder = tmp_path_factory.mktemp("whole")
    path = write(folder)
    return path, folder / "out", verify([path], out=folder / "out", workers=2)


def test_a_record_is_valid_and_certificates_and_worst_instances_lie_beside_it(whole) -> None:
    _, out, record = whole
    records.validate(record)
    (entry,) = record["statements"]
    assert entry["status"] == "supported" and entry["acceptance"]["accepted"] == 25
    assert entry["mutants"]["killed"] == 1
    worst = entry["conclusions"][0]["worst_instance"]
    assert (out / worst["file"]).is_file()
    assert not (out / ".units").exists()
    assert code_of(record) == 0


def test_one_worker_gives_the_same_record_as_two(whole, tmp_path) -> None:
    path, _, record = whole
    assert settled(verify([path], out=tmp_path, workers=1)) == settled(record)


def test_an_interrupted_run_goes_on_where_it_stopped(whole, tmp_path) -> None:
    path, _, record = whole

    def interrupt(event, done, total, text):
        if done >= 1:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        verify([path], out=tmp_path, workers=1, progress=interrupt)
    kept = list((tmp_path / ".units").glob("*.json"))
    assert kept and all(json.loads(unit.read_text())["rows"] for unit in kept)
    first = []
    resumed = verify([path], out=tmp_path, workers=1, progress=lambda event, done, *_: first.append(done))
    assert first[0] == len(kept)
    assert settled(resumed) == settled(record)


@pytest.mark.slow
def test_a_stored_unit_that_is_unreadable_or_lacks_a_certificate_is_computed_again(tmp_path) -> None:
    target = "kkt_margin.balance"
    complete = verify([target], out=tmp_path / "complete", workers=1)

    def interrupt(record):
        raise KeyboardInterrupt

    out = tmp_path / "out"
    with pytest.raises(KeyboardInterrupt):
        verify([target], out=out, workers=1, finish=interrupt)
    units = {path: json.loads(path.read_text()) for path in (out / ".units").glob("*.json")}
    rows = {path: unit.get("rows", []) for path, unit in units.items()}
    names = {path: [name for row in rows[path] for name in row["certificates"]] for path in units}
    (out / "certificates" / next(filter(None, names.values()))[0]).unlink()
    next(path for path in units if not names[path]).write_text("")
    known = []
    resumed = verify([target], out=out, workers=1, progress=lambda event, done, *_: known.append(done))
    assert known[0] == len(units) - 2
    assert settled(resumed) == settled(complete)


def test_a_file_edited_during_the_run_is_refused_and_nothing_of_it_is_kept(tmp_path) -> None:
    path = Path(write(tmp_path))
    text, seen = path.read_text(), []

    def edit(event, done, total, what):
        seen.append(done)
        path.write_text(text + f"# {len(seen)}")

    with pytest.raises(UsageError, match="was changed while it was being verified"):
        verify([str(path)], out=tmp_path / "out", workers=1, progress=edit)
    assert seen == [0] and list((tmp_path / "out" / ".units").iterdir()) == []


def test_the_record_is_finished_while_the_work_behind_it_is_kept(whole, tmp_path) -> None:
    """An earlier run's files go only when the new record is written."""
    path, _, record = whole
    (conclusion,) = verify([path], seed=1, out=tmp_path, workers=1)["statements"][0]["conclusions"]
    earlier = conclusion["worst_instance"]["file"]
    seen = []

    def finish(result):
        seen.append((len(list((tmp_path / ".units").iterdir())), (tmp_path / earlier).is_file()))
        return result | {"notes": ["finished"]}

    result = verify([path], out=tmp_path, workers=1, finish=finish)
    assert seen == [(3, True)] and result["notes"] == ["finished"]
    assert not (tmp_path / ".units").exists() and not (tmp_path / earlier).exists()


def test_a_stored_unit_of_other_code_or_seed_is_not_used(whole, tmp_path) -> None:
    path, _, record = whole
    again = verify([path], seed=1, out=tmp_path, workers=1)
    assert settled(again) != settled(record)


def test_a_stored_unit_of_an_edited_file_is_not_used(tmp_path) -> None:
    """The value of a constant or the body of a family does not show in any formula."""
    path = write(tmp_path)
    before = _key((path,), collect([path]), "quick", 0)
    assert _key((path,), collect([path]), "quick", 0) == before
    Path(path).write_text(Path(path).read_text().replace("100 * size**2", "101 * size**2"))
    assert _key((path,), collect([path]), "quick", 0) != before
    assert _key((path,), collect([path]), "full", 0) != _key((path,), collect([path]), "quick", 0)


def test_two_files_that_use_one_name_are_refused(tmp_path) -> None:
    first, second = write(tmp_path), write(tmp_path, count=24)
    assert len(collect([first, first, f"{first}::flip"])) == 1
    with pytest.raises(UsageError, match="statements are called kkt_margin.engine_test"):
        collect([first, second])
    third = tmp_path / "third.py"
    third.write_text(Path(second).read_text().replace("kkt_margin.engine_test", "kkt_margin.engine_other"))
    with pytest.raises(UsageError, match="families are called engine_test_signs"):
        verify([first, str(third)], out=tmp_path / "out", workers=1)


def test_a_failing_construction_stops_the_run_and_what_was_finished_is_kept(tmp_path) -> None:
    path = write(tmp_path, draw=f"{MERGED} if index < 12 else 1 / 0")
    with pytest.raises(ZeroDivisionError):
        verify([path], out=tmp_path / "out", workers=1)
    kept = list((tmp_path / "out" / ".units").iterdir())
    assert [unit.suffix for unit in kept] == [".json"] and json.loads(kept[0].read_text())["accepted"] == 10
    assert not (tmp_path / "out" / "verification.json").exists()


def test_a_conjecture_that_is_shipped_as_refuted_passes_with_its_witness(tmp_path) -> None:
    path = write(tmp_path, share="3")
    Path(path).write_text(Path(path).read_text().replace("promised=20,", 'promised=20, expected="refuted",'))
    record = verify([path], out=tmp_path / "out", workers=1)
    assert record["statements"][0]["witness"]["replayed"] and code_of(record) == 0
    record["statements"][0]["witness"]["replayed"] = False
    assert code_of(record) == 1


def test_unknown_targets_are_refused_by_name(tmp_path) -> None:
    for target, word in (("no_such_slug", "kkt_margin"), ("kkt_margin.nothing", "kkt_margin.main"),
                         (str(tmp_path / "missing.py"), "not a file"), (f"{write(tmp_path)}::other", "flip")):
        with pytest.raises(UsageError, match=word):
            collect([target])


def test_a_file_that_does_not_import_or_declares_nothing_is_refused(tmp_path) -> None:
    broken, empty = tmp_path / "broken.py", tmp_path / "empty.py"
    broken.write_text("import nothing_of_this_name\n")
    empty.write_text("x = 1\n")
    with pytest.raises(UsageError, match="cannot be imported"):
        statements(str(broken))
    with pytest.raises(UsageError, match="declares no statement"):
        statements(str(empty))


def test_a_folder_that_cannot_be_written_is_refused_before_any_work(tmp_path) -> None:
    blocked = tmp_path / "a file"
    blocked.write_text("")
    with pytest.raises(UsageError, match="--out"):
        verify([write(tmp_path)], out=blocked / "out")


def test_hypotheses_that_never_hold_are_vacuous_not_passing(tmp_path) -> None:
    path = write(tmp_path, extra='Claim("never", n < 0),', count=5)
    record = verify([path], out=tmp_path / "out", workers=1)
    assert record["statements"][0]["status"] == "vacuous" and code_of(record) == 1


def test_a_family_that_yields_nothing_does_not_pass(tmp_path) -> None:
    record = verify([write(tmp_path, draw="None", count=5)], out=tmp_path / "out", workers=1)
    assert record["statements"][0]["status"] == "undecided" and code_of(record) == 1


def test_fewer_checks_than_promised_is_a_failure(tmp_path) -> None:
    record = verify([write(tmp_path, count=5, promised=6)], out=tmp_path / "out", workers=1)
    assert record["statements"][0]["status"] == "supported" and code_of(record) == 1


def test_a_false_statement_is_refuted_and_its_stored_witness_replayed(tmp_path) -> None:
    record = verify([write(tmp_path, share="3")], out=tmp_path / "out", workers=1)
    (entry,) = record["statements"]
    assert entry["status"] == "refuted" and entry["witness"]["replayed"] and code_of(record) == 1
    assert (tmp_path / "out" / entry["witness"]["instance"]).is_file()
