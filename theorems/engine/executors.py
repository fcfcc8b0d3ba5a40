"""Where cells run: in this process, in local worker processes, on a dask cluster, or in an executor of the caller's.

`executor` gives one interface over all four: submit a function of plain values, get a `concurrent.futures.Future`. What
differs is how a lost worker shows: a broken local pool takes every running task with it and is replaced; dask moves
tasks to other workers by itself and reports a task only when several workers died of it.
"""

from __future__ import annotations

import multiprocessing
import re
from collections.abc import Callable, Iterator
from concurrent.futures import BrokenExecutor, CancelledError, Executor, Future, ProcessPoolExecutor
from contextlib import contextmanager, suppress
from typing import Any

from constructions.threads import cores
from theorems.engine import processes
from verifiers.errors import UsageError

FORMS = "local:N for N processes on this machine, or dask:ADDRESS for a cluster, such as dask:tcp://127.0.0.1:8786"
CONNECT_SECONDS = 20
"""How long to wait for a scheduler, and then for its first worker."""


class Workers:
    """An executor with what a campaign needs to know about it; this base is for an executor of the caller's.

    `size` is the number of tasks that run at once, `lost` the errors that mean that a worker died under a task. The
    caller's executor is neither shut down nor replaced.
    """

    together = False
    """True if one lost worker takes every running task with it."""
    lost: tuple[type[BaseException], ...] = (BrokenExecutor,)

    def __init__(self, executor: Executor) -> None:
        self.executor = executor

    @property
    def size(self) -> int:
        return int(getattr(self.executor, "_max_workers", None) or cores())

    def submit(self, function: Callable[..., Any], *arguments: Any) -> Future[Any]:
        """Run ``function(*arguments)`` somewhere; both must be picklable."""
        return self.executor.submit(function, *arguments)

    def recover(self, error: BaseException) -> None:
        """After a lost worker: make ready for more tasks, or raise `UsageError`."""
        raise UsageError(f"the executor broke ({_words(error)}); finished cells are kept, give a working one") from None

    def abandon(self) -> None:
        """Leave running tasks to themselves, without waiting for them."""

    def close(self) -> None:
        """All tasks are done."""


class Inline(Executor):
    """Runs every task at once in this process."""

    _max_workers = 1

    def submit(self, function: Callable[..., Any], /, *arguments: Any, **named: Any) -> Future[Any]:
        future: Future[Any] = Future()
        try:
            future.set_result(function(*arguments, **named))
        except Exception as error:
            future.set_exception(error)
        return future


class Local(Workers):
    """Fresh processes on this machine, one thread each; a broken pool is replaced by a new one."""

    together = True

    def __init__(self, count: int) -> None:
        self.count = count
        super().__init__(self._pool())

    def _pool(self) -> ProcessPoolExecutor:
        context = multiprocessing.get_context("spawn")
        return ProcessPoolExecutor(self.count, mp_context=context, initializer=processes.begin)

    @property
    def size(self) -> int:
        return self.count

    def submit(self, function: Callable[..., Any], *arguments: Any) -> Future[Any]:
        with processes.interrupts_held():  # submitting starts processes
            return super().submit(function, *arguments)

    def recover(self, error: BaseException) -> None:
        self.abandon()
        self.executor = self._pool()

    def abandon(self) -> None:
        pool = self.executor
        assert isinstance(pool, ProcessPoolExecutor)
        running = list((getattr(pool, "_processes", None) or {}).values())
        pool.shutdown(wait=False, cancel_futures=True)
        for process in running:
            with suppress(Exception):
                process.terminate()

    def close(self) -> None:
        self.executor.shutdown()


class Dask(Workers):
    """The workers of a dask scheduler, as many as there are at any time."""

    def __init__(self, address: str) -> None:
        try:
            import distributed
        except ImportError:
            raise UsageError("dask is not installed; pip install 'thinmargin[cluster]'") from None
        self.address = address
        self.lost = (distributed.scheduler.KilledWorker, CancelledError, distributed.comm.CommClosedError)
        try:
            self.client = distributed.Client(address, timeout=CONNECT_SECONDS, set_as_default=False)
        except (OSError, ValueError) as error:
            raise UsageError(f"no dask scheduler answers at {address} ({_words(error)}); start one with "
                             "`dask scheduler` and give the address it prints") from None  # fmt: skip
        try:
            self.client.wait_for_workers(1, timeout=CONNECT_SECONDS)
        except (TimeoutError, OSError):
            self.client.close()
            raise UsageError(f"the scheduler at {address} has no worker; start one with `dask worker {address} "
                             "--nthreads 1`") from None  # fmt: skip
        super().__init__(self.client.get_executor(pure=False))

    @property
    def size(self) -> int:
        self._check()
        try:
            return max(1, sum(self.client.ncores().values()))
        except OSError:
            raise UsageError(self._gone()) from None

    def submit(self, function: Callable[..., Any], *arguments: Any) -> Future[Any]:
        self._check()
        return super().submit(function, *arguments)

    def recover(self, error: BaseException) -> None:
        self._check()

    def _check(self) -> None:
        """The client tries for a while to reach a scheduler that it lost, and is closed if it does not come back."""
        if self.client.status not in ("running", "connecting"):
            raise UsageError(self._gone())

    def _gone(self) -> str:
        return f"the dask scheduler at {self.address} is gone; finished cells are kept, the same command resumes"

    def abandon(self) -> None:
        with suppress(Exception):
            self.executor.shutdown(wait=False)
        self.close()

    def close(self) -> None:
        with suppress(Exception):
            self.client.close()


@contextmanager
def executor(choice: str | Executor | Workers | None) -> Iterator[Workers]:
    """Workers for a campaign: None for this process, a text (see `FORMS`), or any `concurrent.futures.Executor`.

    Raises `UsageError` on a text that is none, a missing package, or a scheduler that does not answer.
    """
    if isinstance(choice, Workers):
        chosen = choice
    elif choice is None:
        chosen = Workers(Inline())
    elif isinstance(choice, str):
        chosen = _named(choice)
    elif isinstance(choice, Executor) or hasattr(choice, "submit"):
        chosen = Workers(choice)
    else:
        raise UsageError(f"{choice!r} is no executor; give None, {FORMS}, or a concurrent.futures.Executor")
    try:
        yield chosen
    except BaseException:
        chosen.abandon()
        raise
    else:
        chosen.close()


def _named(text: str) -> Workers:
    kind, _, rest = text.partition(":")
    if kind == "local" and re.fullmatch(r"[1-9]\d{0,3}", rest):
        return Local(int(rest))
    if kind == "dask" and rest:
        return Dask(rest)
    raise UsageError(f"unknown executor {text!r}; write {FORMS}")


def _words(error: BaseException) -> str:
    return " ".join(str(error).split()) or type(error).__name__
