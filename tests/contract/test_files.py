"""Files are whole or absent, a folder has one writer, and what killed runs left is removed."""

from __future__ import annotations

import errno
import os

import pytest

from constructions import files
from constructions.files import PART, sole_writer, write_whole
from reports import records


def test_text_and_bytes_are_written_as_they_are_with_the_rights_of_any_new_file(tmp_path) -> None:
    plain = tmp_path / "plain"
    plain.write_text("")
    path = write_whole(tmp_path / "a.json", "é\n")
    assert path.read_bytes() == "é\n".encode() and path.stat().st_mode == plain.stat().st_mode
    assert write_whole(path, b"\0").read_bytes() == b"\0"
    assert {entry.name for entry in tmp_path.iterdir()} == {"a.json", "plain"}


@pytest.mark.parametrize("call", ["open", "replace"])
def test_a_failure_names_the_file_leaves_the_old_one_and_nothing_else(tmp_path, monkeypatch, call) -> None:
    path = write_whole(tmp_path / "a.json", "old")

    def fail(*_):
        raise OSError(errno.EROFS, "Read-only file system")

    monkeypatch.setattr(files if call == "open" else files.os, call, fail, raising=False)
    with pytest.raises(OSError, match="Read-only file system: '.*a.json'"):
        write_whole(path, "new")
    assert path.read_text() == "old" and list(tmp_path.iterdir()) == [path]


def test_an_interrupt_leaves_nothing_behind(tmp_path, monkeypatch) -> None:
    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(files.os, "replace", interrupt)
    with pytest.raises(KeyboardInterrupt):
        write_whole(tmp_path / "a.json", "new")
    assert list(tmp_path.iterdir()) == []


def test_a_folder_has_one_writer_and_what_a_killed_one_left_is_removed(tmp_path) -> None:
    (tmp_path / "inner").mkdir()
    for name in (f".a.json.0123{PART}", f"inner/.b.npz.4567{PART}", "inner/.hidden", f"inner/mine{PART}"):
        (tmp_path / name).write_text("half")
    with sole_writer(tmp_path):
        left = {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file()}
        assert left == {"inner/.hidden", f"inner/mine{PART}"}
        with pytest.raises(OSError, match="another run is writing there") as refused, sole_writer(tmp_path):
            pass
        assert refused.value.filename == os.fspath(tmp_path)
    with sole_writer(tmp_path):
        pass


def test_the_digest_of_a_record_is_of_what_it_says() -> None:
    statement = {"id": "a.b", "seconds": 2.0, "conclusions": [{"worst_instance": {"digest": "00"}}]}
    record = {"schema": 1, "seed": 0, "seconds": 1.0, "environment": {"python": "3.11"}, "statements": [statement]}
    first = records.digest(record)
    later = {"seconds": 9.0, "environment": {}, "summary": {}, "digest": first}
    assert records.digest(record | later) == first
    assert records.digest(dict(reversed(record.items()))) == first
    slower = [statement | {"seconds": 3.0}]
    assert records.digest(record | {"statements": slower}) == first
    other = [statement | {"conclusions": [{"worst_instance": {"digest": "01"}}]}]
    for change in ({"seed": 1}, {"statements": other}, {"statements": []}):
        assert records.digest(record | change) != first
