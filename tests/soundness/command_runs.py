"""Runs of the command line in processes of their own: killed, interrupted, short of disk; and what they leave."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from reports import records

KILLS = 20
TIMEOUT = 600


def start(arguments: list[str], folder: Path, first: Callable[[], None] = lambda: None) -> subprocess.Popen[str]:
    """`thinmargin ARGUMENTS` in a process group of its own; `first` is called in the new process."""

    def prepare() -> None:
        signal.signal(signal.SIGINT, signal.SIG_DFL)  # a shell may have started these tests with Ctrl-C ignored
        first()

    return subprocess.Popen(
        [sys.executable, "-m", "reports.command_line", *arguments], cwd=folder, text=True, start_new_session=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, preexec_fn=prepare)  # fmt: skip


def run(
    arguments: list[str], folder: Path, first: Callable[[], None] = lambda: None
) -> subprocess.CompletedProcess[str]:
    """The same to its end."""
    process = start(arguments, folder, first)
    out, err = process.communicate(timeout=TIMEOUT)
    return subprocess.CompletedProcess(arguments, process.returncode, out, err)


def assert_one_line(done: subprocess.CompletedProcess[str], *words: str, code: int = 2) -> None:
    """This exit code, one line on standard error with these words, nothing on standard output."""
    assert done.returncode == code, done
    line = done.stderr.removeprefix("\n")  # after Ctrl-C, so that it does not continue the line with ^C
    assert line.startswith("thinmargin: ") and line.count("\n") == 1, done.stderr
    assert done.stdout == ""
    for word in words:
        assert word in done.stderr


def contents(folder: Path) -> dict[str, bytes]:
    """Every file below the folder by its path, hidden ones too."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def assert_nothing_half_written(folder: Path) -> None:
    """Every file that has its own name is complete. What was being written has a name that no reader looks at."""
    for path in folder.rglob("*"):
        if not path.is_file() or (path.name.startswith(".") and path.suffix == ".part"):
            continue
        if path.suffix == ".json":
            content = json.loads(path.read_text())
            if path.name == "verification.json":
                records.validate(content)
                assert content["digest"] == records.digest(content)
        elif path.suffix == ".npz":
            with np.load(path, allow_pickle=False) as stored:
                assert all(stored[name].size >= 0 for name in stored.files)
        else:
            assert path.name == "index.html" and path.read_text().rstrip().endswith("</html>"), path


def alive(group: int) -> list[int]:
    """Processes of a group that have not ended."""
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, _, of_group = path.read_text().rpartition(") ")[2].split()[:3]
        except (FileNotFoundError, ProcessLookupError):
            continue
        if int(of_group) == group and state not in "ZX":
            found.append(int(path.parent.name))
    return found


def assert_ends(group: int, seconds: float = 20.0) -> None:
    """Every process of the group ends by itself."""
    limit = time.monotonic() + seconds
    while alive(group):
        assert time.monotonic() < limit, f"processes {alive(group)} outlive the run"
        time.sleep(0.05)


def killed(
    arguments: list[str], folder: Path, out: Path, longest: float, kept: Callable[[Path], set[str]]
) -> Iterator[Path]:
    """Run and kill -9 the whole process group, at `KILLS` random moments of up to `longest` seconds.

    After each kill what lies in `out` is checked: nothing half-written, nothing of `kept(out)` lost. A run that ends
    before its moment is yielded for a check, and the next one starts in an empty folder.
    """
    generator, kills, before = random.Random(7), 0, set()
    while kills < KILLS:
        process = start(arguments, folder)
        try:
            _, err = process.communicate(timeout=generator.uniform(0.3, longest))
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate()
            kills += 1
            assert_nothing_half_written(out)
            after = kept(out)
            assert before <= after or (out / "verification.json").exists(), "finished work is lost"
            before = after
        else:
            assert process.returncode == 0, err
            yield out
            before = set()
        assert_ends(process.pid)


@contextmanager
def small_disk(folder: Path, size: str) -> Iterator[Callable[[str], None]]:
    """A file system of this size mounted there; yields a function that mounts it again with other options.

    Raises `PermissionError` where this process may not mount one.
    """

    def mount(options: str) -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)], capture_output=True)

    def again(options: str) -> None:
        subprocess.run(["mount", "-o", f"remount,{options}", str(folder)], check=True, capture_output=True)

    folder.mkdir()
    try:
        mounted = mount(f"size={size}").returncode == 0
    except FileNotFoundError:
        mounted = False
    if not mounted:
        raise PermissionError("this process may not mount a file system")
    try:
        yield again
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True, capture_output=True)
