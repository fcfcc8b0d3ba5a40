"""The store: a key counts once, batches are whole, several processes may use it, and trouble is one clear line."""

from __future__ import annotations

import json
import os
import pickle
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from theorems.engine import store as stores
from theorems.engine.store import COMMIT_CELLS, FILE, Store
from verifiers.errors import UsageError

ROOT = Path(__file__).parents[2]


@pytest.fixture
def store(tmp_path):
    with Store(tmp_path / "runs") as opened:
        yield opened


def put(store, key, result=None, seconds=0.25):
    store.add(key, "campaign", {"key": key}, result or {"of": key}, seconds)


def rows(folder, query="SELECT key, result FROM cells ORDER BY key"):
    with closing(sqlite3.connect(folder / FILE)) as connection, connection:
        return connection.execute(query).fetchall()


def one_line(error) -> str:
    text = str(error.value)
    assert "\n" not in text and len(text) < 300
    return text


def test_what_is_added_is_read_back(store) -> None:
    put(store, "a", {"slack": 0.1, "verdict": "Holds"}, 1.5)
    assert store.known(["a", "b"]) == {"a"}, "also before it is written"
    store.flush()
    assert store.results(["a", "b"]) == {"a": ({"slack": 0.1, "verdict": "Holds"}, 1.5)}
    assert (store.inserted, store.disagreements) == (1, 0)


def test_a_key_counts_once_and_the_first_result_stays(store) -> None:
    for result in ({"r": 1}, {"r": 1}, {"r": 2}):
        put(store, "a", result)
        store.flush()
    assert store.results(["a"])["a"][0] == {"r": 1}
    assert (store.inserted, store.disagreements) == (1, 1), "a different result for one key is noticed"


def test_many_keys_at_once(store) -> None:
    keys = [f"{k:05d}" for k in range(1234)]
    for key in keys:
        put(store, key)
    store.flush()
    assert store.known([*keys, "none"]) == set(keys) and len(store.results(keys)) == len(keys)


def test_cells_are_written_in_batches(store, monkeypatch) -> None:
    for k in range(COMMIT_CELLS - 1):
        put(store, f"{k}")
    assert rows(store.folder) == []
    put(store, "last")
    assert len(rows(store.folder)) == COMMIT_CELLS
    monkeypatch.setattr(stores, "COMMIT_SECONDS", 0.0)
    put(store, "late")
    assert len(rows(store.folder)) == COMMIT_CELLS + 1, "or when half a second has passed"


def test_closing_writes_what_waits(tmp_path) -> None:
    with Store(tmp_path) as store:
        put(store, "a")
    assert [key for key, _ in rows(tmp_path)] == ["a"]
    assert sorted(os.listdir(tmp_path)) == [FILE], "the log is folded into the file"


def test_the_file_is_in_write_ahead_mode(store) -> None:
    assert rows(store.folder, "PRAGMA journal_mode") == [("wal",)]


def test_a_failing_write_leaves_nothing_behind_and_is_written_later(store) -> None:
    put(store, "a")
    store._waiting["b"] = ("campaign", "{}", None, 0.0)  # NOT NULL fails in the middle of the batch
    with pytest.raises(sqlite3.IntegrityError):
        store.flush()
    assert rows(store.folder) == []
    del store._waiting["b"]
    store.flush()
    assert [key for key, _ in rows(store.folder)] == ["a"]


def test_campaigns_say_what_their_keys_stand_for(store) -> None:
    for _ in range(2):
        store.declare("digest", {"statements": ["s"], "space": {"name": "p"}})
    assert json.loads(rows(store.folder, "SELECT content FROM campaigns")[0][0])["space"] == {"name": "p"}


def test_history_is_kept_in_order_and_cannot_be_changed(store) -> None:
    store.record("sharpen", "kkt_margin.main C", {"refuted": "3/7"})
    store.record("sharpen", "kkt_margin.main D", {"refuted": "1/7"})
    store.record("sharpen", "kkt_margin.main C", {"refuted": "2/7"})
    found = store.history("sharpen", "kkt_margin.main C")
    assert [entry["payload"]["refuted"] for entry in found] == ["3/7", "2/7"]
    assert found[0]["created"] <= found[1]["created"] and found[0]["created"].endswith("+00:00")
    assert len(store.history("sharpen")) == 3 and store.history("other") == []
    for change in ("UPDATE history SET payload = '{}'", "DELETE FROM history"):
        with pytest.raises(sqlite3.IntegrityError, match="append-only"):
            rows(store.folder, change)
    with Store(store.folder) as other:
        assert len(other.history("sharpen")) == 3


def test_two_connections_in_turn(store) -> None:
    with Store(store.folder) as other:
        put(store, "a")
        put(other, "a")
        put(other, "b")
        store.flush()
        other.flush()
        assert (store.inserted, other.inserted, other.disagreements) == (1, 1, 0)
        assert store.known(["a", "b"]) == {"a", "b"}


def test_many_processes_may_open_a_new_store_at_once(tmp_path) -> None:
    code = (
        "import sys; from theorems.engine.store import Store\n"
        "with Store(sys.argv[1]) as s: s.add(sys.argv[2], 'c', {}, {}, 0.0)"
    )
    started = [
        subprocess.Popen([sys.executable, "-c", code, str(tmp_path / "runs"), str(k)], cwd=ROOT, stderr=subprocess.PIPE)
        for k in range(4)
    ]
    for process in started:
        _, errors = process.communicate(timeout=120)
        assert process.returncode == 0, errors.decode()
    assert [key for key, _ in rows(tmp_path / "runs")] == ["0", "1", "2", "3"]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_forked_child_opens_its_own_connection(store) -> None:
    put(store, "parent")
    child = os.fork()
    if child == 0:  # pragma: no cover
        status = 1
        try:
            put(store, "child")
            store.flush()
            status = 0 if store.known(["parent"]) == set() else 2
        finally:
            os._exit(status)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    store.flush()
    assert [key for key, _ in rows(store.folder)] == ["child", "parent"], "each wrote its own, once"
    assert rows(store.folder, "PRAGMA integrity_check") == [("ok",)]


def test_a_pickled_store_opens_again(store) -> None:
    put(store, "a")
    store.flush()
    with pickle.loads(pickle.dumps(store)) as other:
        assert other.known(["a"]) == {"a"} and other._open is not store._open


def test_a_file_in_place_of_the_folder(tmp_path) -> None:
    (tmp_path / "runs").write_text("")
    with pytest.raises(UsageError, match="cannot create the folder .*--store") as error:
        Store(tmp_path / "runs")
    one_line(error)


def test_a_folder_in_place_of_the_file(tmp_path) -> None:
    (tmp_path / FILE).mkdir()
    with pytest.raises(UsageError, match="choose another folder with --store") as error:
        Store(tmp_path)
    one_line(error)


def test_a_file_that_is_no_database(tmp_path) -> None:
    (tmp_path / FILE).write_text("this is not a database, however long one looks at it" * 100)
    with pytest.raises(UsageError, match="not a database.*move it away") as error:
        Store(tmp_path)
    one_line(error)
    assert (tmp_path / FILE).read_text().startswith("this is not"), "left as it was"


def test_a_database_of_another_program(tmp_path) -> None:
    rows(tmp_path, "CREATE TABLE mail (subject TEXT)")
    with pytest.raises(UsageError, match="belongs to another program") as error:
        Store(tmp_path)
    one_line(error)
    assert rows(tmp_path, "SELECT count(*) FROM mail") == [(0,)]


def test_a_store_of_a_newer_version(tmp_path) -> None:
    Store(tmp_path).close()
    rows(tmp_path, "PRAGMA user_version = 99")
    with pytest.raises(UsageError, match="newer thinmargin .schema 99.*update") as error:
        Store(tmp_path)
    one_line(error)


def test_a_damaged_file(tmp_path) -> None:
    with Store(tmp_path) as store:
        for k in range(500):
            put(store, f"{k:064d}")
    content = bytearray((tmp_path / FILE).read_bytes())
    content[4096:] = b"\xff" * (len(content) - 4096)
    (tmp_path / FILE).write_bytes(content)
    with pytest.raises(UsageError, match="damaged; move it away") as error, Store(tmp_path) as store:
        store.known(["a"])
    one_line(error)


def test_a_lock_that_is_never_released(tmp_path) -> None:
    with Store(tmp_path, wait=0.1) as store:
        blocker = sqlite3.connect(tmp_path / FILE, isolation_level=None)
        blocker.execute("BEGIN IMMEDIATE")
        put(store, "a")
        with pytest.raises(UsageError, match="another process keeps it locked") as error:
            store.flush()
        one_line(error)
        blocker.execute("ROLLBACK")
        blocker.close()
        store.flush()
        assert store.known(["a"]) == {"a"}, "the cell waited for the lock to go"


def test_a_full_disk(tmp_path) -> None:
    with Store(tmp_path) as store:
        put(store, "kept")
        store.flush()
        pages = store._open.execute("PRAGMA page_count").fetchone()[0]
        store._open.execute(f"PRAGMA max_page_count = {pages}")
        for k in range(COMMIT_CELLS - 1):
            put(store, f"{k:064d}", {"long": "x" * 1000})
        with pytest.raises(UsageError, match="the disk is full; free some space.*finished cells are kept") as error:
            store.flush()
        one_line(error)
        assert [key for key, _ in rows(tmp_path)] == ["kept"], "nothing of the batch is half-written"
        store._open.execute("PRAGMA max_page_count = 100000")
        store.flush()
        assert len(rows(tmp_path)) == COMMIT_CELLS


def test_a_database_that_may_only_be_read(tmp_path, monkeypatch) -> None:
    Store(tmp_path).close()
    connect = sqlite3.connect

    def read_only(path, **options):
        return connect(f"file:{path}?mode=ro&immutable=1", uri=True, **options)

    monkeypatch.setattr(sqlite3, "connect", read_only)
    with pytest.raises(UsageError, match="may not be written to; choose another folder") as error:
        store = Store(tmp_path)
        put(store, "a")
        store.flush()
    one_line(error)
