"""The store of long campaigns: one SQLite file in which a finished cell counts once, however often it was computed.

Cells are addressed by content: the key is a digest of everything the result depends on, so a rerun finds what is there
and a changed statement, parameter or source file finds nothing. Finished cells are gathered in memory and written in
one short transaction every half second or 64 cells; what a killed process had not written is computed again.

Write-ahead logging lets several processes use one store at once, on one machine: the log needs shared memory, which
network folders lack. ``synchronous=NORMAL`` never damages the file; after a power cut the last transactions may be
missing, which for cells only means computing them again. The history cannot be recomputed, so `Store.record` waits
until the disk has it.
"""

from __future__ import annotations

import json
import os
import sqlite3
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, nullcontext, suppress
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from theorems.engine.grids import canonical
from verifiers.errors import UsageError

Json = dict[str, Any]

FILE = "thinmargin.sqlite"
SCHEMA = 1
APPLICATION = 0x7468696E
"""Marks the file as ours in its header ("thin")."""

COMMIT_SECONDS = 0.5
COMMIT_CELLS = 64
WAIT_SECONDS = 30.0
"""How long a transaction waits for another process; each holds the file for milliseconds."""

_AT_ONCE = 500
"""Keys per query, below SQLite's limit on variables."""

_TABLES = (
    "CREATE TABLE campaigns (campaign TEXT PRIMARY KEY, content TEXT NOT NULL)",
    "CREATE TABLE cells (key TEXT PRIMARY KEY, campaign TEXT NOT NULL, payload TEXT NOT NULL, result TEXT NOT NULL,"
    " seconds REAL NOT NULL)",
    "CREATE TABLE history (number INTEGER PRIMARY KEY, kind TEXT NOT NULL, subject TEXT NOT NULL,"
    " payload TEXT NOT NULL, created TEXT NOT NULL)",
    "CREATE INDEX history_of ON history (kind, subject)",
    *(
        f"CREATE TRIGGER history_keeps_{change.lower()} BEFORE {change} ON history"
        " BEGIN SELECT RAISE(ABORT, 'the history is append-only'); END"
        for change in ("UPDATE", "DELETE")
    ),
)

_INSERT = "INSERT INTO cells VALUES (?, ?, ?, ?, ?) ON CONFLICT (key) DO NOTHING"
"""Not INSERT OR IGNORE, which would also ignore rows that break another rule."""

_ADVICE = (
    ("SQLITE_FULL", "the disk is full; free some space and run the same command again, finished cells are kept"),
    ("SQLITE_READONLY", "it may not be written to; choose another folder with --store"),
    ("SQLITE_CANTOPEN", "it cannot be opened or created; choose another folder with --store"),
    ("SQLITE_PERM", "it may not be written to; choose another folder with --store"),
    ("SQLITE_BUSY", "another process keeps it locked; wait for that process or stop it"),
    ("SQLITE_LOCKED", "another process keeps it locked; wait for that process or stop it"),
    ("SQLITE_NOTADB", "it is not a database; move it away or choose another folder with --store"),
    ("SQLITE_CORRUPT", "it is damaged; move it away and run the same command again"),
    ("SQLITE_IOERR", "reading or writing failed; check the disk, or choose another folder with --store"),
)
_INHERITED: list[sqlite3.Connection] = []
"""Connections of a parent process: kept, because closing one here would disturb the parent."""


class Store:
    """The store in a folder. Open it where it is used: every process opens its own connection.

    Raises `UsageError`, here and in every method, when the folder cannot be used; the text says what to do.
    """

    def __init__(self, folder: str | os.PathLike[str], wait: float = WAIT_SECONDS) -> None:
        self.folder = Path(folder)
        self.path = self.folder / FILE
        self.inserted = 0
        self.disagreements = 0
        self._wait = wait
        self._waiting: dict[str, tuple[str, str, str, float]] = {}
        self._last = time.monotonic()
        self._open: sqlite3.Connection | None = None
        self._process = os.getpid()
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise UsageError(f"cannot create the folder {self.folder}: {error.strerror or error}; "
                             "choose another one with --store") from None  # fmt: skip
        self._connection()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self.close(quiet=error is not None)

    def __getstate__(self) -> Json:
        return {"folder": self.folder, "wait": self._wait}

    def __setstate__(self, state: Json) -> None:
        self.__init__(state["folder"], state["wait"])  # type: ignore[misc]

    def close(self, quiet: bool = False) -> None:
        """Write what is waiting and close; with `quiet`, a failure to write gives way to the error on its way."""
        self._adopt()
        try:
            with suppress(UsageError) if quiet else nullcontext():
                self.flush()
        finally:
            if self._open is not None:
                self._open.close()
            self._open = None

    def add(self, key: str, campaign: str, payload: Json, result: Json, seconds: float) -> None:
        """Take a finished cell; it is written with the next batch."""
        self._adopt()
        self._waiting.setdefault(key, (campaign, canonical(payload), canonical(result), seconds))
        self.flush_if_due()

    def flush_if_due(self) -> None:
        """Write if half a second or 64 cells have gathered."""
        if len(self._waiting) >= COMMIT_CELLS or time.monotonic() - self._last >= COMMIT_SECONDS:
            self.flush()

    def flush(self) -> None:
        """Write every waiting cell in one transaction.

        A key that is there already is left alone: `inserted` counts the new ones, `disagreements` those whose stored
        result differs from ours, which only cells that are not reproducible can cause.
        """
        self._adopt()
        self._last = time.monotonic()
        if not self._waiting:
            return
        inserted = disagreements = 0
        with self._transaction() as connection:
            for key, row in self._waiting.items():
                if connection.execute(_INSERT, (key, *row)).rowcount:
                    inserted += 1
                else:
                    stored = connection.execute("SELECT result FROM cells WHERE key = ?", (key,)).fetchone()
                    disagreements += stored[0] != row[2]
        self.inserted += inserted
        self.disagreements += disagreements
        self._waiting.clear()

    def declare(self, campaign: str, content: Json) -> None:
        """Keep what the keys of a campaign stand for: statements, space and sources."""
        with self._transaction() as connection:
            insert = "INSERT INTO campaigns VALUES (?, ?) ON CONFLICT (campaign) DO NOTHING"
            connection.execute(insert, (campaign, canonical(content)))

    def known(self, keys: Iterable[str]) -> set[str]:
        """Those of the keys that are stored, or wait to be."""
        self._adopt()
        keys = list(keys)
        found = {key for key in keys if key in self._waiting}
        for rows in self._selected("key", keys):
            found |= {row[0] for row in rows}
        return found

    def results(self, keys: Iterable[str]) -> dict[str, tuple[Json, float]]:
        """Result and seconds of those of the keys that are stored."""
        return {
            key: (json.loads(result), seconds)
            for rows in self._selected("key, result, seconds", list(keys))
            for key, result, seconds in rows
        }

    def record(self, kind: str, subject: str, payload: Json) -> None:
        """Append one entry to the history; it is on the disk when this returns."""
        created = datetime.now(UTC).isoformat(timespec="milliseconds")
        connection = self._connection()
        with self._clear():
            connection.execute("PRAGMA synchronous=FULL")
        try:
            with self._transaction():
                connection.execute(
                    "INSERT INTO history (kind, subject, payload, created) VALUES (?, ?, ?, ?)",
                    (kind, subject, canonical(payload), created),
                )
        finally:
            with suppress(sqlite3.Error):
                connection.execute("PRAGMA synchronous=NORMAL")

    def history(self, kind: str, subject: str | None = None) -> list[Json]:
        """Entries of a kind, of one subject or of all, oldest first: ``kind, subject, payload, created`` (UTC)."""
        with self._clear():
            rows = self._connection().execute(
                "SELECT kind, subject, payload, created FROM history WHERE kind = ? AND (? IS NULL OR subject = ?)"
                " ORDER BY number",
                (kind, subject, subject),
            )
            return [{"kind": k, "subject": s, "payload": json.loads(p), "created": c} for k, s, p, c in rows]

    def _selected(self, columns: str, keys: Sequence[str]) -> Iterator[list[tuple[Any, ...]]]:
        for start in range(0, len(keys), _AT_ONCE):
            some = keys[start : start + _AT_ONCE]
            query = f"SELECT {columns} FROM cells WHERE key IN ({', '.join('?' * len(some))})"
            with self._clear():
                rows = self._connection().execute(query, some).fetchall()
            yield rows

    def _adopt(self) -> None:
        """In a child made by fork: start anew. The connection and the cells that wait are the parent's."""
        if self._process != os.getpid():
            if self._open is not None:
                _INHERITED.append(self._open)
            self._open, self._process, self._waiting = None, os.getpid(), {}

    def _connection(self) -> sqlite3.Connection:
        self._adopt()
        if self._open is None:
            with self._clear():
                self._open = self._connected()
        return self._open

    def _connected(self) -> sqlite3.Connection:
        """A connection with the tables in place; opening waits for other processes that are doing the same."""
        deadline = time.monotonic() + self._wait
        while True:
            connection = sqlite3.connect(self.path, timeout=self._wait, isolation_level=None)
            try:
                mode = connection.execute("PRAGMA journal_mode=WAL").fetchone()[0]
                connection.execute(f"PRAGMA synchronous={'NORMAL' if mode == 'wal' else 'FULL'}")
                self._prepare(connection)
                return connection
            except sqlite3.OperationalError as error:
                connection.close()
                busy = (getattr(error, "sqlite_errorname", "") or "").startswith(("SQLITE_BUSY", "SQLITE_LOCKED"))
                if not busy or time.monotonic() >= deadline:
                    raise
                time.sleep(0.05)
            except BaseException:
                connection.close()
                raise

    def _prepare(self, connection: sqlite3.Connection) -> None:
        def header() -> tuple[int, int]:
            application, version = (
                int(connection.execute(f"PRAGMA {name}").fetchone()[0]) for name in ("application_id", "user_version")
            )
            return application, version

        if header() == (APPLICATION, SCHEMA):
            return
        connection.execute("BEGIN IMMEDIATE")
        try:
            application, version = header()
            if (application, version) != (APPLICATION, SCHEMA):
                if application == APPLICATION and version > SCHEMA:
                    raise UsageError(f"{self.path} was written by a newer thinmargin (schema {version}, this one reads "
                                     f"{SCHEMA}); update thinmargin or choose another folder with --store")  # fmt: skip
                if connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
                    raise UsageError(f"{self.path} belongs to another program; choose another folder with --store")
                for command in _TABLES:
                    connection.execute(command)
                connection.execute(f"PRAGMA application_id={APPLICATION}")
                connection.execute(f"PRAGMA user_version={SCHEMA}")
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        """One short write, all of it or nothing."""
        connection = self._connection()
        with self._clear():
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
                connection.execute("COMMIT")
            except BaseException:
                if connection.in_transaction:
                    with suppress(sqlite3.Error):
                        connection.execute("ROLLBACK")
                raise

    @contextmanager
    def _clear(self) -> Iterator[None]:
        """Errors of SQLite as one line that says what to do."""
        try:
            yield
        except sqlite3.Error as error:
            name = getattr(error, "sqlite_errorname", "") or ""
            if not isinstance(error, sqlite3.DatabaseError) or name.startswith(("SQLITE_ERROR", "SQLITE_CONSTRAINT")):
                raise
            advice = next((text for start, text in _ADVICE if name.startswith(start)), "choose another with --store")
            raise UsageError(f"the store {self.path} cannot be used ({error}): {advice}") from None
