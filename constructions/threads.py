"""One thread setting for the whole product. This module imports no numerical library, so it can run before all of them.

A BLAS pool beside numba's pool stalls both, so BLAS gets one thread and parallelism comes from batches, numba's
threads in the main process, and worker processes. The command line, the conftest files and every worker call
`limit_threads` first.
"""

from __future__ import annotations

import os
import sys

BLAS_VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS")


def cores() -> int:
    """Number of processor cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return max(1, len(os.sched_getaffinity(0)))
    return max(1, os.cpu_count() or 1)


def limit_threads(worker: bool = False) -> dict[str, str]:
    """Give BLAS one thread, and numba all cores, or one in a worker process. Returns the variables that were set.

    Call it before numpy is imported. If numpy is already there, its pools are limited through threadpoolctl where that
    is installed; a numba that is already there is limited through its own call.
    """
    settings = dict.fromkeys(BLAS_VARIABLES, "1")
    settings["NUMBA_NUM_THREADS"] = "1" if worker else str(cores())
    if "numba" in sys.modules:  # the size of its pool is fixed by now, only the part in use can change
        del settings["NUMBA_NUM_THREADS"]
        if worker:
            sys.modules["numba"].set_num_threads(1)
    os.environ.update(settings)
    if "numpy" in sys.modules:
        try:
            from threadpoolctl import threadpool_limits
        except ImportError:
            return settings
        threadpool_limits(1, user_api="blas")
    return settings
