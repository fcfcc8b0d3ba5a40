"""A campaign killed at random moments, two campaigns on one store, full and read-only disks: nothing lost, nothing
twice, nothing half-written, and the same digest in the end.

The kills hit a process of its own, so whatever it holds in memory is gone. All processes run a copy of the sources, so
that editing them meanwhile does not change the keys.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
import uuid
from contextlib import closing
from pathlib import Path

import pytest

from theorems.engine.store import FILE, Store

ROOT = Path(__file__).parents[2]
GRID, SEEDS, TOTAL = "n=1:20,x=0:1:1/9", 20, 4000
DRIVER = """
import json, sys
from constructions.threads import limit_threads
limit_threads()
from theorems.engine.sweep import sweep
if __name__ == "__main__":
    targets, folder, grid, seeds, pause, executor = sys.argv[1:]
    seen = []

    def progress(event, done, total, text):
        if not seen or (len(seen) == 1 and done > seen[0]):
            print("computing" if seen else "ready", flush=True)
            seen.append(done)

    result = sweep([f"{targets}::product", f"{targets}::always"], grid, int(seeds), "pairs", folder, executor or None,
                   fixed={"pause": int(pause)}, progress=progress)
    print(json.dumps({key: result[key] for key in ("digest", "cells", "points")}))
"""


@pytest.fixture(scope="module")
def copy(tmp_path_factory):
    """The sources, the user's file and the driver in a folder of their own."""
    folder = tmp_path_factory.mktemp("copy")
    for package in ("constructions", "verifiers", "theorems", "reports"):
        shutil.copytree(ROOT / package, folder / package, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "tests" / "contract" / "campaign_file.py", folder / "own.py")
    (folder / "driver.py").write_text(DRIVER)
    return folder


def process(copy, *arguments, **more):
    environment = os.environ | {"PYTHONPATH": str(copy)} | more.pop("environment", {})
    options = dict(cwd=copy, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) | more
    return subprocess.Popen([sys.executable, *map(str, arguments)], **options)


def start(copy, folder, executor="", **more):
    """The campaign as a process: it says "ready" when the store is open, "computing" when the first cells are done."""
    return process(copy, "driver.py", "own.py", folder, GRID, SEEDS, 2, executor, **more)


def finish(process):
    out, errors = process.communicate(timeout=600)
    assert process.returncode == 0, errors
    return json.loads(out.splitlines()[-1])


def stored(folder) -> dict[str, str]:
    """Every stored cell; the file must be sound and every row whole."""
    with closing(sqlite3.connect(folder / FILE)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        rows = connection.execute("SELECT key, payload, result FROM cells").fetchall()
    for _, payload, result in rows:
        assert set(json.loads(payload)) == {"space", "parameters", "seed", "index"}
        assert set(json.loads(result)) == {"instance", "statements"}
    assert len({key for key, _, _ in rows}) == len(rows)
    return {key: result for key, _, result in rows}


@pytest.fixture(scope="module")
def whole(copy, tmp_path_factory):
    """The campaign run once, undisturbed."""
    folder = tmp_path_factory.mktemp("whole")
    return finish(start(copy, folder)) | {"stored": stored(folder)}


def count(folder) -> int:
    """Cells stored so far; -1 before there is a table of them."""
    with closing(sqlite3.connect(folder / FILE)) as connection:
        tables = connection.execute("SELECT count(*) FROM sqlite_master WHERE name = 'campaigns'").fetchone()[0]
        if not tables or not connection.execute("SELECT count(*) FROM campaigns").fetchone()[0]:
            return -1
        return connection.execute("SELECT count(*) FROM cells").fetchone()[0]


def processes_with(mark: str) -> list[int]:
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                if mark.encode() in (entry / "environ").read_bytes() and b"spawn" in (entry / "cmdline").read_bytes():
                    found.append(int(entry.name))
            except OSError:
                continue
    return found


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize(("executor", "kills"), [("", 20), ("local:2", 5)])
def test_kill_nine_at_random_moments(copy, tmp_path, whole, executor, kills) -> None:
    moments, folder, last = random.Random(7), tmp_path / "runs", {}
    mark = f"mark-{uuid.uuid4().hex}"
    for _ in range(kills):
        running = start(copy, folder, executor, environment={"THINMARGIN_TEST_MARK": mark})
        assert running.stdout.readline() == "ready\n", running.stderr.read()
        if executor:  # the workers take seconds to start
            assert running.stdout.readline() == "computing\n", running.stderr.read()
        time.sleep(moments.uniform(0, 0.6))
        running.kill()
        running.communicate()
        assert running.returncode == -signal.SIGKILL, "make the campaign longer"
        now = stored(folder)
        assert last.items() <= now.items(), "what was stored stays as it was"
        assert now.items() <= whole["stored"].items(), "and is what an undisturbed run stores"
        last = now
    assert 0 < len(last) < TOTAL, "the kills hit a campaign under way"
    result = finish(start(copy, folder, executor))
    assert result["digest"] == whole["digest"] and result["points"] == whole["points"]
    counted = {"total": TOTAL, "before": len(last), "now": TOTAL - len(last), "by_others": 0, "disagreeing": 0}
    assert result["cells"] == counted and stored(folder) == whole["stored"]
    if Path("/proc").is_dir():
        until = time.monotonic() + 20
        while processes_with(mark) and time.monotonic() < until:
            time.sleep(0.2)
        assert processes_with(mark) == [], "workers do not outlive the process that started them"


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_two_campaigns_on_one_store_at_once(copy, tmp_path, whole) -> None:
    both = [start(copy, tmp_path) for _ in range(2)]
    first, second = (finish(running) for running in both)
    assert first["digest"] == second["digest"] == whole["digest"]
    assert first["cells"]["now"] + second["cells"]["now"] == TOTAL, "every cell was stored by exactly one of them"
    assert first["cells"]["now"] > 0 < second["cells"]["now"]
    assert first["cells"]["disagreeing"] == second["cells"]["disagreeing"] == 0
    assert stored(tmp_path) == whole["stored"]


def command(copy, store, out, *options, **more):
    """The command line on 400 cells, unless the options say otherwise."""
    campaign = ("own.py::always", "--grid", "n=1:100", "--space", "pairs", "--seeds", 4, "--set", "pause=1")
    places = ("--executor", "local:1", "--store", store, "--out", out, "--json")
    return process(copy, "-m", "reports.command_line", "sweep", *campaign, *places, *options, **more)


def refused(running, *words) -> None:
    """One clear line, exit code 2."""
    out, errors = running.communicate(timeout=300)
    assert running.returncode == 2 and out == "" and errors.count("\n") == 1, errors
    for word in words:
        assert word in errors


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("cells", [-1, 50], ids=["while workers start", "in the middle"])
def test_an_interrupt_from_the_keyboard(copy, tmp_path, cells) -> None:
    """Ctrl-C reaches the whole group of processes: one line, exit code 130, and the same command goes on."""
    store, out = tmp_path / "runs", tmp_path / "out"
    options = ("--seeds", 16, "--executor", "local:2")
    running = command(copy, store, out, *options, start_new_session=True)
    until = time.monotonic() + 120
    while not ((store / FILE).exists() and count(store) > cells):
        assert time.monotonic() < until and running.poll() is None
        time.sleep(0.05)
    pressed = time.monotonic()
    os.killpg(running.pid, signal.SIGINT)
    printed, errors = running.communicate(timeout=60)
    assert time.monotonic() - pressed < 15
    assert running.returncode == 130 and printed == "" and errors.count("\n") == 1, errors
    kept = len(stored(store))
    assert f"interrupted; {kept} of 1600 cells are kept" in errors and "the same command resumes" in errors
    result = json.loads(command(copy, store, out, *options).communicate(timeout=300)[0])
    assert result["cells"]["before"] == kept and result["cells"]["now"] == 1600 - kept > 0


@pytest.fixture
def disk(tmp_path):
    """A disk of its own: `disk(option, ...)` mounts it, or mounts it again with other options."""
    target, mounted = tmp_path / "disk", []
    target.mkdir()

    def mount(*options: str) -> Path:
        listed = ",".join([*(["remount"] if mounted else []), *options])
        try:
            subprocess.run(["mount", "-t", "tmpfs", "-o", listed, "tmpfs", target], check=True, capture_output=True)
        except (OSError, subprocess.CalledProcessError):
            pytest.skip("only the administrator of a machine can mount a disk of a given size")
        mounted.append(target)
        return target

    yield mount
    if mounted:
        subprocess.run(["umount", target], check=True)


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_disk_that_fills_up_under_the_store(copy, disk, tmp_path) -> None:
    store = disk("size=400k")
    full = "the disk is full; free some space and run the same command again, finished cells are kept"
    refused(command(copy, store, tmp_path / "out"), full)
    kept = stored(store)
    assert 0 < len(kept) < 400 and not (tmp_path / "out" / "campaign.json").exists()
    disk("size=20m")
    result = json.loads(command(copy, store, tmp_path / "out").communicate(timeout=300)[0])
    assert result["cells"]["before"] == len(kept) and result["cells"]["now"] == 400 - len(kept)
    fresh = json.loads(command(copy, tmp_path / "fresh", tmp_path / "out").communicate(timeout=300)[0])
    assert fresh["digest"] == result["digest"]


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_disk_that_fills_up_under_the_report(copy, disk, tmp_path) -> None:
    out = disk("size=64k")
    refused(command(copy, tmp_path / "runs", out), "cannot write to", "No space left on device", "the cells are kept")
    assert list(out.iterdir()) == [], "nothing half-written"
    assert len(stored(tmp_path / "runs")) == 400


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_folder_that_may_only_be_read(copy, disk, tmp_path) -> None:
    store = disk("size=20m")
    Store(store).close()
    disk("ro")
    refused(command(copy, store, tmp_path / "out"), "cannot be used", "choose another folder with --store")
    refused(command(copy, store / "new", tmp_path / "out"), "Read-only file system", "--store")
    refused(command(copy, tmp_path / "runs", store / "out"), "cannot write to", "--out")
    disk("rw")
