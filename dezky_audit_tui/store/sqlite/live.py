"""New rows as they come, whoever writes them.

SQLite lets one program write at a time, so ids rise in the order of the commits: all that is new lies above the
highest id seen.
"""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path

from dezky_audit_tui.store.sqlite.bell import FileBell, bell_on
from dezky_audit_tui.store.sqlite.codec import READ, rows_of
from dezky_audit_tui.store.sqlite.lanes import Lane, transaction
from dezky_audit_tui.store.store import Changes

_MOST = 200
"""Rows of one poll: a key waits as long as they take to be read and taken in. The rest comes with the next."""


class SqliteFollower:
    """Made by `follow`. Its lane's connection only reads, so that `data_version` tells of every writer."""

    def __init__(self, lane: Lane, log: Path) -> None:
        """`log`: where every commit is written first."""
        self._lane = lane
        self._log = log
        self._version = -1
        self._last_id = 0
        self._resolved = 0
        self._closed = False
        self._bell: FileBell | None = None

    async def start(self) -> None:
        """From now on."""
        await self._lane.bare(self._start)

    async def poll(self) -> Changes:
        """What has come since the last call. Where nothing was written, this reads one number."""
        return Changes() if self._closed else await self._lane.bare(self._poll)

    def stamp(self) -> object:
        """Size and time of the write-ahead log: each commit makes it longer, or writes it from its start again."""
        try:
            log = os.stat(self._log)
        except OSError:
            return None
        return log.st_size, log.st_mtime_ns

    def bell(self) -> FileBell | None:
        """On the write-ahead log. Made when it is asked for."""
        if self._bell is None and not self._closed:
            self._bell = bell_on(self._log)
        return self._bell

    async def close(self) -> None:
        """It brings nothing any more."""
        self._closed = True
        if self._bell is not None:
            self._bell.close()
            self._bell = None

    def _start(self, connection: sqlite3.Connection) -> None:
        self._version = _data_version(connection)
        with transaction(connection, "BEGIN"):
            self._last_id = _last_id(connection)
            self._resolved = _resolved(connection)

    def _poll(self, connection: sqlite3.Connection) -> Changes:
        # Read before the rows: what is committed in between changes it again, and the next poll looks once more.
        version = _data_version(connection)
        if version == self._version:
            return Changes()
        with transaction(connection, "BEGIN"):
            found = connection.execute(
                f"SELECT {READ} FROM events WHERE id > ? ORDER BY id LIMIT ?",  # noqa: S608 - constants
                (self._last_id, _MOST),
            )
            rows = rows_of(found)
            resolved = _resolved(connection)
        if rows:
            self._last_id = max(int(row.position.tie) for row in rows)
        changes = Changes(tuple(rows), resolved != self._resolved)
        self._resolved = resolved
        if len(rows) < _MOST:
            self._version = version
        return changes


def _data_version(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA data_version").fetchone()[0])


def _last_id(connection: sqlite3.Connection) -> int:
    found = connection.execute("SELECT seq FROM sqlite_sequence WHERE name = 'events'").fetchone()
    return int(found[0]) if found else 0


def _resolved(connection: sqlite3.Connection) -> int:
    return int(connection.execute("SELECT value FROM counters WHERE name = 'resolved'").fetchone()[0])
