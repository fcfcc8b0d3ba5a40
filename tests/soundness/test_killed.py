"""Runs killed with kill -9 or Ctrl-C at random moments: nothing is lost, half-written or left behind.

The record of the run that completes in the end has the digest of an undisturbed one, and the same files lie beside it.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import time
from pathlib import Path

import pytest
from command_runs import (
    alive,
    assert_ends,
    assert_nothing_half_written,
    assert_one_line,
    contents,
    killed,
    run,
    start,
)

from reports import records

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]
TARGET = "kkt_margin.main"
VERIFY = ["verify", TARGET, "--workers", "2", "--out", "out"]
TRAIN = ["train", "kkt_margin", "--store", "runs"]
TRAINED = Path("runs") / "train-kkt_margin-small-cpu-seed0"
INTERRUPTS = 6


class Undisturbed:
    """A run to its end: its folder, its digest, and the seconds that it takes once everything is compiled."""

    def __init__(self, arguments: list[str], folder: Path, out: Path) -> None:
        for _ in range(2):
            shutil.rmtree(folder / out, ignore_errors=True)
            began = time.monotonic()
            done = run(arguments, folder)
            assert done.returncode == 0, done.stderr
            self.seconds = time.monotonic() - began
        self.out = folder / out
        self.digest = records.read(self.out)["digest"]

    def assert_same(self, out: Path) -> None:
        """The same record but for times, the same files of the same content."""
        assert records.read(out)["digest"] == self.digest
        one, other = contents(self.out), contents(out)
        assert one.keys() == other.keys()
        for name in one.keys() - {"verification.json", "index.html"}:  # these two show times
            assert one[name] == other[name], name


@pytest.fixture(scope="module")
def verified(tmp_path_factory) -> Undisturbed:
    return Undisturbed(VERIFY, tmp_path_factory.mktemp("verified"), Path("out"))


@pytest.fixture(scope="module")
def trained(tmp_path_factory) -> Undisturbed:
    return Undisturbed(TRAIN, tmp_path_factory.mktemp("trained"), TRAINED)


def units(out: Path) -> set[str]:
    return {path.name for path in (out / ".units").glob("*.json")}


def finished(out: Path) -> set[str]:
    """Names of the units of work in the checkpoint of a training."""
    path = out / "checkpoint.json"
    return set(json.loads(path.read_text())["done"]) if path.exists() else set()


def test_verify_killed_at_random_moments(verified, tmp_path) -> None:
    out = tmp_path / "out"
    for complete in killed(VERIFY, tmp_path, out, verified.seconds, units):
        verified.assert_same(complete)
        shutil.rmtree(complete)
    assert run(VERIFY, tmp_path).returncode == 0
    verified.assert_same(out)
    assert run(VERIFY, tmp_path).returncode == 0, "and again, over a complete run"
    verified.assert_same(out)


def test_train_killed_at_random_moments(trained, tmp_path) -> None:
    out = tmp_path / TRAINED
    for complete in killed(TRAIN, tmp_path, out, 8.0, finished):
        trained.assert_same(complete)
        shutil.rmtree(complete)
    assert run(TRAIN, tmp_path).returncode == 0
    trained.assert_same(out)


def test_a_verification_killed_over_an_earlier_one_leaves_that_one_readable(verified, tmp_path) -> None:
    """Until the new record is written, the old one and all that it names stay."""
    out = tmp_path / "out"
    shutil.copytree(verified.out, out)
    before = contents(out)
    other = [*VERIFY, "--seed", "1"]
    generator = random.Random(11)
    for _ in range(5):
        process = start(other, tmp_path)
        try:
            process.communicate(timeout=generator.uniform(0.3, 0.6 * verified.seconds))
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate()
        assert_nothing_half_written(out)
        after = contents(out)
        if after["verification.json"] == before["verification.json"]:
            assert {name: after.get(name) for name in before} == before
    assert run(other, tmp_path).returncode == 0
    assert records.read(out)["digest"] != verified.digest
    assert run(VERIFY, tmp_path).returncode == 0
    verified.assert_same(out)


def _begun(process: subprocess.Popen[str], out: Path) -> None:
    """Wait until the run has opened its folder."""
    limit = time.monotonic() + 60
    while not (out / ".units").exists() and process.poll() is None:
        assert time.monotonic() < limit
        time.sleep(0.01)


def test_ctrl_c_ends_a_verification_at_once_with_one_line_and_the_next_run_goes_on(verified, tmp_path) -> None:
    """Ctrl-C reaches the whole process group, the workers too."""
    out, generator, before, interrupts = tmp_path / "out", random.Random(3), set(), 0
    while interrupts < INTERRUPTS:
        process = start(VERIFY, tmp_path)
        _begun(process, out)
        time.sleep(generator.uniform(0.0, 0.4 * verified.seconds))
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGINT)
        began = time.monotonic()
        out_text, err = process.communicate(timeout=60)
        if process.returncode == 0:
            verified.assert_same(out)
            shutil.rmtree(out)
            before = set()
            continue
        interrupts += 1
        assert_one_line(subprocess.CompletedProcess(VERIFY, process.returncode, out_text, err), "interrupted", code=130)
        assert time.monotonic() - began < 0.5 * verified.seconds + 1.0
        assert_ends(process.pid)
        assert_nothing_half_written(out)
        assert before <= units(out)
        before = units(out)
    assert run(VERIFY, tmp_path).returncode == 0
    verified.assert_same(out)


def test_ctrl_c_ends_a_training_with_one_line_and_the_next_run_goes_on(trained, tmp_path) -> None:
    out = tmp_path / TRAINED
    process = start(TRAIN, tmp_path)
    limit = time.monotonic() + 60
    while not finished(out) and time.monotonic() < limit:
        time.sleep(0.05)
    os.killpg(process.pid, signal.SIGINT)
    out_text, err = process.communicate(timeout=60)
    assert_one_line(subprocess.CompletedProcess(TRAIN, process.returncode, out_text, err), "interrupted", code=130)
    assert finished(out)
    assert run(TRAIN, tmp_path).returncode == 0
    trained.assert_same(out)


def test_workers_end_when_only_their_parent_is_killed(verified, tmp_path) -> None:
    out = tmp_path / "out"
    process = start(VERIFY, tmp_path)
    limit = time.monotonic() + 60
    while not units(out) and time.monotonic() < limit:
        time.sleep(0.01)
    assert len(alive(process.pid)) > 1
    os.kill(process.pid, signal.SIGKILL)
    process.communicate(timeout=20)  # until the last worker has closed its standard error
    assert_ends(process.pid)
    assert_nothing_half_written(out)
    assert run(VERIFY, tmp_path).returncode == 0
    verified.assert_same(out)


def test_two_runs_in_one_folder_the_second_is_refused_in_one_line(verified, tmp_path) -> None:
    out = tmp_path / "out"
    first = start(VERIFY, tmp_path)
    _begun(first, out)
    assert_one_line(run(VERIFY, tmp_path), "out: another run is writing there")
    _, err = first.communicate()
    assert first.returncode == 0, err
    verified.assert_same(out)
