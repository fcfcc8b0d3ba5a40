"""Files are written complete or not at all, and a folder belongs to one run at a time.

A run may be killed at any moment. What it was writing then lies under a temporary name that no reader looks at, and the
next run in the same folder removes it.
"""

from __future__ import annotations

import errno
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

try:
    import fcntl
except ImportError:  # not on Windows
    fcntl = None  # type: ignore[assignment]

PART = ".part"
"""Ending of files that are being written; their names begin with a dot."""


def write_whole(path: str | os.PathLike[str], content: str | bytes) -> Path:
    """Write a file under a temporary name in its folder, then rename it. Text is UTF-8 with "\\n" as line ends.

    Raises `OSError` with the path, and leaves nothing behind, if the disk is full or the folder cannot be written.
    """
    target = Path(path)
    temporary = target.with_name(f".{target.name}.{secrets.token_hex(6)}{PART}")
    try:
        with open(temporary, "xb") as stream:
            stream.write(content.encode("utf-8") if isinstance(content, str) else content)
        os.replace(temporary, target)
    except BaseException as error:
        with suppress(OSError):
            temporary.unlink()
        if isinstance(error, OSError) and error.errno is not None:
            raise OSError(error.errno, error.strerror, os.fspath(target)) from error
        raise
    return target


@contextmanager
def sole_writer(folder: Path) -> Iterator[None]:
    """Hold a folder for one run, and remove what killed runs were writing in it. A killed run holds nothing.

    Raises `OSError` if another run holds the folder. Where folders cannot be locked, nothing is held or removed.
    """
    if fcntl is None:
        yield
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            advice = "another run is writing there; wait for it or choose another folder"
            raise OSError(errno.EBUSY, advice, os.fspath(folder)) from None
        except OSError:  # a file system without locks
            pass
        else:
            for path in folder.rglob(f".*{PART}"):
                path.unlink(missing_ok=True)
        yield
    finally:
        os.close(handle)
