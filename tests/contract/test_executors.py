"""Where cells run: in this process, in local processes, in an executor of one's own, on a dask cluster; and what
happens when a worker is lost. Whatever runs them, the digest of a campaign is the same."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path

import pytest

from theorems.engine import cells, executors
from theorems.engine.executors import Inline, Workers, executor
from theorems.engine.sweep import sweep
from verifiers.errors import UsageError

ROOT = Path(__file__).parents[2]
OWN = str(Path(__file__).with_name("campaign_file.py"))
GRID = "n=2:9,x=0:1:1/4"


def run(folder, where, seeds=3, pause=0, **more):
    targets = [f"{OWN}::product", f"{OWN}::always"]
    return sweep(targets, GRID, seeds, "pairs", folder, where, fixed={"pause": pause}, **more)


@pytest.fixture
def digest(tmp_path):
    """Of the campaign in one process. The sources are read anew: they may have been edited since the last test."""
    cells.sources.cache_clear()
    return run(tmp_path / "inline", None)["digest"]


@pytest.mark.parametrize("text", ["", "local", "local:", "local:0", "local:x", "local:-1", "dask:", "slurm:4", "4"])
def test_an_unknown_executor_is_refused_with_the_forms_there_are(text) -> None:
    with pytest.raises(UsageError, match="write local:N for N processes.*dask:ADDRESS"), executor(text):
        pass


def test_what_is_no_executor_is_refused() -> None:
    with pytest.raises(UsageError, match="3 is no executor"), executor(3):
        pass


def test_an_executor_of_ones_own_is_used_and_left_open(tmp_path, digest) -> None:
    with ThreadPoolExecutor(3) as pool:
        with executor(pool) as workers:
            assert workers.size == 3
        assert run(tmp_path, pool)["digest"] == digest
        assert pool.submit(int, "7").result() == 7


def test_local_processes_give_the_same_digest(tmp_path, digest) -> None:
    result = run(tmp_path, "local:2")
    assert result["digest"] == digest and result["cells"]["now"] == 120


def test_a_lost_local_worker_costs_nothing(tmp_path, digest, monkeypatch) -> None:
    monkeypatch.setenv("THINMARGIN_TEST_CRASH", str(tmp_path / "crashed"))
    result = run(tmp_path / "runs", "local:1")
    assert (tmp_path / "crashed").exists(), "a worker was killed in the middle of a cell"
    assert result["digest"] == digest and result["cells"]["now"] == 120


def test_an_executor_of_ones_own_that_breaks_is_not_replaced(tmp_path, monkeypatch, digest) -> None:
    monkeypatch.setenv("THINMARGIN_TEST_CRASH", str(tmp_path / "crashed"))
    import multiprocessing

    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        with pytest.raises(UsageError, match="the executor broke .*finished cells are kept"):
            run(tmp_path / "runs", pool)
    assert run(tmp_path / "runs", None)["digest"] == digest


class Doomed(Workers):
    """Loses every worker that takes a cell with n = 5, and with it every task under way."""

    together = True
    size = 4  # type: ignore[assignment]
    recovered = 0

    def submit(self, function, *arguments):
        if any(place["n"] == 5 for place, _ in arguments[0].cells):
            from concurrent.futures import BrokenExecutor, Future

            future: Future = Future()
            future.set_exception(BrokenExecutor("a worker died"))
            return future
        return super().submit(function, *arguments)

    def recover(self, error):
        self.recovered += 1


def test_a_cell_that_kills_every_worker_stops_the_campaign_and_is_named(tmp_path) -> None:
    workers = Doomed(Inline())
    with pytest.raises(UsageError, match="workers died 4 times .*'n': 5.*fewer workers or smaller parameters") as error:
        run(tmp_path, workers)
    assert "\n" not in str(error.value) and 3 <= workers.recovered
    with pytest.raises(UsageError):
        run(tmp_path, Doomed(Inline()))


def test_a_missing_dask_says_what_to_install(monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(UsageError, match=r"dask is not installed; pip install 'thinmargin\[cluster\]'"):
        with executor("dask:tcp://127.0.0.1:8786"):
            pass


def test_a_scheduler_that_does_not_answer(monkeypatch) -> None:
    pytest.importorskip("distributed")
    monkeypatch.setattr(executors, "CONNECT_SECONDS", 1)
    with pytest.raises(UsageError, match="no dask scheduler answers at tcp://127.0.0.1:9") as error:
        with executor("dask:tcp://127.0.0.1:9"):
            pass
    assert "\n" not in str(error.value)


class Cluster:
    """A scheduler and workers as processes of their own, over loopback."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.workers = folder, []
        file = folder / "scheduler.json"
        options = ["--host", "127.0.0.1", "--port", "0", "--dashboard-address", "127.0.0.1:0", "--no-jupyter"]
        self.scheduler = self._start("scheduler", *options, "--scheduler-file", str(file))
        until = time.monotonic() + 60
        while not file.exists():
            assert self.scheduler.poll() is None and time.monotonic() < until, "the scheduler does not start"
            time.sleep(0.05)
        time.sleep(0.1)
        self.address = json.loads(file.read_text())["address"]

    def _start(self, kind: str, *arguments: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "dask", kind, *arguments]
        with open(self.folder / f"{kind}.log", "ab") as log:
            return subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=log)

    def start_worker(self) -> subprocess.Popen[bytes]:
        options = ["--nthreads", "1", "--no-nanny", "--host", "127.0.0.1", "--no-dashboard"]
        self.workers.append(self._start("worker", self.address, *options, "--local-directory", str(self.folder)))
        return self.workers[-1]

    def stop(self) -> None:
        for process in (*self.workers, self.scheduler):
            process.kill()
            process.wait()


@pytest.fixture
def cluster(tmp_path):
    pytest.importorskip("distributed")
    started = Cluster(tmp_path)
    yield started
    started.stop()


@pytest.mark.slow
def test_a_scheduler_without_workers(cluster, monkeypatch) -> None:
    monkeypatch.setattr(executors, "CONNECT_SECONDS", 2)
    with pytest.raises(UsageError, match="has no worker; start one with `dask worker tcp://"):
        with executor(f"dask:{cluster.address}"):
            pass


@pytest.mark.slow
def test_a_dask_worker_killed_in_the_middle(cluster, tmp_path, digest) -> None:
    """kill -9 of one of two workers while it computes: the other takes over, and the digest is that of one process."""
    first, _ = cluster.start_worker(), cluster.start_worker()
    killed: list[int] = []

    def progress(event, done, total, text):
        if done > total // 4 and not killed:
            killed.append(done)
            os.kill(first.pid, signal.SIGKILL)

    result = run(tmp_path / "dask", f"dask:{cluster.address}", pause=20, progress=progress)
    assert killed and killed[0] < 120 and first.wait() == -signal.SIGKILL
    assert result["cells"] == {"total": 120, "before": 0, "now": 120, "by_others": 0, "disagreeing": 0}
    assert result["digest"] == run(tmp_path / "one", None, pause=20)["digest"]
    assert run(tmp_path / "again", f"dask:{cluster.address}")["digest"] == digest, "one worker is left"


@pytest.mark.slow
def test_a_dask_worker_that_joins_late_takes_part(cluster, tmp_path, digest) -> None:
    cluster.start_worker()
    late = threading.Timer(4.0, cluster.start_worker)
    late.start()
    result = run(tmp_path / "dask", f"dask:{cluster.address}", seeds=6, pause=50)
    late.join()
    assert result["cells"]["now"] == 240


@pytest.mark.slow
def test_a_scheduler_that_dies_keeps_what_is_finished(cluster, tmp_path, digest) -> None:
    cluster.start_worker()

    def progress(event, done, total, text):
        if done > total // 4 and cluster.scheduler.poll() is None:
            cluster.scheduler.kill()
            cluster.scheduler.wait()

    with pytest.raises(UsageError, match="the dask scheduler at .* is gone; finished cells are kept"):
        run(tmp_path / "runs", f"dask:{cluster.address}", pause=20, progress=progress)
    result = run(tmp_path / "runs", None, pause=20)
    assert 0 < result["cells"]["before"] < 120 and result["cells"]["now"] == 120 - result["cells"]["before"]
