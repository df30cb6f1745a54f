"""What SQLite says when something is wrong, as a typed error with a line for the operator."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

from dezky_audit_tui.errors import AuditError, Interrupted, StoreFull, StoreReadOnly, StoreUnavailable

_WRITING = {
    sqlite3.SQLITE_IOERR_WRITE,
    sqlite3.SQLITE_IOERR_FSYNC,
    sqlite3.SQLITE_IOERR_DIR_FSYNC,
    sqlite3.SQLITE_IOERR_TRUNCATE,
    sqlite3.SQLITE_IOERR_SHMSIZE,
}
"""I/O errors that mean, as a rule, that no byte more may be written: a full disk, a quota, a failing disk."""


UNREADABLE = (ValueError, TypeError, LookupError, AttributeError, OverflowError)
"""What code that reads our own rows raises where they are not what we wrote."""


def damage(error: Exception, connection: sqlite3.Connection | None, path: Path) -> AuditError | None:
    """The typed error where `error`, one of UNREADABLE, comes from a damaged file; None where it does not."""
    if isinstance(error, json.JSONDecodeError | UnicodeDecodeError):  # we wrote JSON, in UTF-8
        return _damaged(path)
    if connection is None:
        return None
    try:
        found = connection.execute("PRAGMA quick_check(1)").fetchone()
    except sqlite3.Error as failure:
        return as_audit_error(failure, path)
    return None if found == ("ok",) else _damaged(path)


def as_audit_error(error: sqlite3.Error, path: Path) -> AuditError:
    """The typed error for what went wrong with the database at `path`."""
    code = getattr(error, "sqlite_errorcode", 0)
    if code in _WRITING:
        return StoreFull(f"cannot write to {path}: the disk is full, over quota or failing; free some space")
    match code & 0xFF:
        case sqlite3.SQLITE_INTERRUPT:
            return Interrupted("the search was cancelled")
        case sqlite3.SQLITE_FULL:
            return StoreFull(f"the disk below {path} is full; free some space, the next tick goes on from there")
        case sqlite3.SQLITE_BUSY | sqlite3.SQLITE_LOCKED:
            return StoreUnavailable(f"{path} is locked by another program; close it, or wait until it is done")
        case sqlite3.SQLITE_READONLY:
            return StoreReadOnly(f"{path} may only be read; check the permissions of the file and its directory")
        case sqlite3.SQLITE_CANTOPEN | sqlite3.SQLITE_PERM | sqlite3.SQLITE_AUTH:
            return StoreUnavailable(f"cannot open {path}; check that it exists and the permissions of its directory")
        case sqlite3.SQLITE_NOTADB:
            return StoreUnavailable(f"{path} is not an SQLite database; name another file in AUDIT_STORE")
        case sqlite3.SQLITE_CORRUPT:
            return _damaged(path)
        case sqlite3.SQLITE_IOERR:
            return StoreUnavailable(
                f"reading or locking {path} failed ({_name(error)}); check the disk, and keep the file on a local one"
            )
    if str(error).startswith("Could not decode to UTF-8"):  # we wrote UTF-8; the text that follows is data
        return _damaged(path)
    return StoreUnavailable(f"{path}: {error} ({_name(error)})")


def _damaged(path: Path) -> StoreUnavailable:
    return StoreUnavailable(f"{path} is damaged; restore it from a backup, or move it away to start anew")


def _name(error: sqlite3.Error) -> str:
    return str(getattr(error, "sqlite_errorname", type(error).__name__))
