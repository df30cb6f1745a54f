"""What `doctor` looks at."""

from __future__ import annotations

import sqlite3

from dezky_audit_tui.store.sqlite.files import Door, open_to_others
from dezky_audit_tui.store.sqlite.schema import missing_indexes
from dezky_audit_tui.store.store import StoreFinding

_READ_WHOLE = 256 * 1024 * 1024
"""Bytes of a file that is read from end to end: some seconds on a slow disk."""


def check(connection: sqlite3.Connection, door: Door) -> list[StoreFinding]:
    """Writable, private, its log on, its indexes there, its pages sound where there are not too many."""
    return [_writable(door), _private(door), _log(connection, door), _indexes(connection), _sound(connection, door)]


def _writable(door: Door) -> StoreFinding:
    if door.read_only is None:
        return StoreFinding("store", True, f"{door.path} can be read and written")
    return StoreFinding("store", False, f"{door.path} can only be read: {door.read_only}", "correct the permissions")


def _private(door: Door) -> StoreFinding:
    if not open_to_others(door.path):
        return StoreFinding("store file", True, "only its owner can read it")
    return StoreFinding("store file", False, "other users of this machine can read it", f"chmod 600 {door.path}")


def _log(connection: sqlite3.Connection, door: Door) -> StoreFinding:
    mode = connection.execute("PRAGMA journal_mode").fetchone()[0]
    if mode == "wal" or door.immutable:
        return StoreFinding("store log", True, "write-ahead log")
    return StoreFinding(
        "store log", False, f"journal mode {mode}: reading waits for writing", "move the file to a local file system"
    )


def _indexes(connection: sqlite3.Connection) -> StoreFinding:
    missing = missing_indexes(connection)
    if not missing:
        return StoreFinding("store indexes", True, "all there")
    return StoreFinding("store indexes", False, f"missing: {', '.join(missing)}", "start once with write permission")


def _sound(connection: sqlite3.Connection, door: Door) -> StoreFinding:
    size = door.path.stat().st_size
    if size > _READ_WHOLE:
        return StoreFinding(
            "store pages", True, f"not looked at: {size >> 20} MiB take long; PRAGMA quick_check does it"
        )
    try:
        found = str(connection.execute("PRAGMA quick_check(1)").fetchone()[0])
    except sqlite3.DatabaseError as error:
        if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_CORRUPT:
            raise
        found = str(error)
    if found == "ok":
        return StoreFinding("store pages", True, "sound")
    return StoreFinding("store pages", False, found.splitlines()[0], f"restore {door.path} from a backup")
