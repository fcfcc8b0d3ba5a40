"""A disk that fills up, a folder that cannot be written, a limit on file sizes: one clear line, nothing half-written.

With more room the same command goes on and ends with the record of an undisturbed run. Tests that mount a small file
system are skipped where this process may not.
"""

from __future__ import annotations

import errno
import os
import resource
import shutil
from pathlib import Path

import pytest
from command_runs import assert_nothing_half_written, assert_one_line, contents, run, small_disk

from constructions import files
from reports import command_line, records

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]
TRAINED = Path("train-kkt_margin-small-cpu-seed0")
SIZES = ["16k", "64k", "256k", "1m", "4m", "16m", "64m"]


@pytest.fixture(scope="module")
def whole(tmp_path_factory) -> Path:
    """A folder with a statement file and the report of an undisturbed run on it."""
    folder = tmp_path_factory.mktemp("whole")
    for arguments in (["new", "gap"], ["verify", "gap.py", "--out", "out"], ["report", "out"]):
        done = run(arguments, folder)
        assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture
def disk(tmp_path):
    """A folder on a file system of 16 kB, and the function that mounts it again with other options."""
    folder = tmp_path / "disk"
    try:
        with small_disk(folder, SIZES[0]) as again:
            yield folder, again
    except PermissionError as error:
        pytest.skip(str(error))


def until_it_fits(arguments: list[str], folder: Path, out: Path, again) -> int:
    """Run on a file system of growing size until there is room; returns how often there was none."""
    for failures, size in enumerate(SIZES):
        again(f"size={size}")
        done = run(arguments, folder)
        if done.returncode == 0:
            return failures
        assert_one_line(done, "No space left on device")
        assert_nothing_half_written(out)
        assert not [name for name in contents(out) if name.endswith(files.PART)]
    raise AssertionError(f"{SIZES[-1]} is not enough")


def test_a_verification_on_a_full_disk_goes_on_when_there_is_room(whole, disk, tmp_path) -> None:
    folder, again = disk
    shutil.copy(whole / "gap.py", tmp_path)
    assert until_it_fits(["verify", "gap.py", "--out", str(folder / "out")], tmp_path, folder / "out", again) >= 2
    assert records.read(folder / "out")["digest"] == records.read(whole / "out")["digest"]
    assert contents(folder / "out").keys() == contents(whole / "out").keys() - {"tables.tex"}


def test_a_training_on_a_full_disk_goes_on_when_there_is_room(disk, tmp_path) -> None:
    folder, again = disk
    arguments = ["train", "kkt_margin", "--store"]
    assert until_it_fits([*arguments, str(folder / "runs")], tmp_path, folder / "runs", again) >= 2
    assert run([*arguments, "runs"], tmp_path).returncode == 0
    full, undisturbed = folder / "runs" / TRAINED, tmp_path / "runs" / TRAINED
    assert records.read(full)["digest"] == records.read(undisturbed)["digest"]
    assert contents(full).keys() == contents(undisturbed).keys()


def test_new_and_report_on_a_full_disk_change_nothing(whole, disk) -> None:
    folder, again = disk
    again("size=12k")
    (folder / "filling").write_bytes(bytes(4096))
    shutil.copy(whole / "out" / "verification.json", folder)
    before = contents(folder)
    for arguments in (["new", "gap"], ["report", "."]):
        assert_one_line(run(arguments, folder), "No space left on device")
        assert contents(folder) == before
    again("size=1m")
    for arguments in (["new", "gap"], ["report", "."]):
        assert run(arguments, folder).returncode == 0
    assert (folder / "gap.py").read_bytes() == (whole / "gap.py").read_bytes()


def test_a_read_only_folder_is_refused_in_one_line(whole, disk) -> None:
    folder, again = disk
    again("size=1m")
    shutil.copytree(whole / "out", folder / "out")
    shutil.copy(whole / "gap.py", folder / "other.py")
    before = contents(folder)
    again("ro")
    try:
        for arguments in (["verify", "other.py", "--out", "out"], ["verify", "other.py", "--out", "fresh"],
                          ["train", "kkt_margin", "--store", "runs"], ["prove", "--certificates", "proofs"],
                          ["report", "out"], ["new", "gap"]):  # fmt: skip
            assert_one_line(run(arguments, folder), "Read-only file system")
    finally:
        again("rw")
    assert contents(folder) == before


@pytest.mark.parametrize("limit", [1_000, 5_000, 12_000])
def test_a_limit_on_the_size_of_files_is_one_line_and_without_it_the_run_goes_on(whole, tmp_path, limit) -> None:
    """The limits stop the run at a unit, at the record and at the page."""

    def limited() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

    shutil.copy(whole / "gap.py", tmp_path)
    shutil.copytree(whole / "out", tmp_path / "old")
    before = contents(tmp_path)
    for arguments in (["verify", "gap.py", "--out", "out"], ["report", "old"]):
        assert_one_line(run(arguments, tmp_path, limited), "File too large")
        assert_nothing_half_written(tmp_path / "out")
    if limit == 1_000:
        assert_one_line(run(["new", "other"], tmp_path, limited), "other.py: File too large")
        assert not (tmp_path / "other.py").exists()
    assert {name: content for name, content in contents(tmp_path).items() if not name.startswith("out/")} == before
    assert run(["verify", "gap.py", "--out", "out"], tmp_path).returncode == 0
    assert records.read(tmp_path / "out")["digest"] == records.read(whole / "out")["digest"]


@pytest.mark.parametrize("name", [".units", ".npz", "verification.json", "index.html"])
def test_what_cannot_be_written_is_named_and_the_next_run_completes(whole, tmp_path, monkeypatch, capsys, name) -> None:
    replace = os.replace

    def full(source: str | Path, target: str | Path) -> None:
        if name in str(target):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(source))
        replace(source, target)

    monkeypatch.chdir(tmp_path)
    arguments = ["verify", str(whole / "gap.py"), "--out", "out", "--workers", "1"]
    with monkeypatch.context() as patched:
        patched.setattr(files.os, "replace", full)
        assert command_line.main(arguments) == 2
    out, err = capsys.readouterr()
    assert out == "" and err.count("\n") == 1
    assert name in err and "No space left on device; make room and run the same command again" in err
    assert_nothing_half_written(tmp_path / "out")
    assert command_line.main(arguments) == 0
    assert records.read(tmp_path / "out")["digest"] == records.read(whole / "out")["digest"]
    assert contents(tmp_path / "out").keys() == contents(whole / "out").keys() - {"tables.tex"}
