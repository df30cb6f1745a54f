"""The database file: made private, opened to write where that may be, to read where not."""

from __future__ import annotations

import os
import sqlite3
import time
from pathlib import Path
from typing import NamedTuple

from dezky_audit_tui.errors import StoreUnavailable

_PRIVATE_FILE = 0o600
_PRIVATE_DIR = 0o700
_CACHE_KIB, _READING_CACHE_KIB = 16_384, 512
"""Writing comes back to the same pages of many indexes; reading walks on, and the system holds the file anyway."""
_WAL_LIMIT = 64 * 1024 * 1024
_CHECKPOINT_PAGES = 4_000
"""16 MB of log before it is brought into the database. Each row touches a page of every index, and a page that was
touched by many commits is written back once: with SQLite's own 4 MB, an ingest of pages of 100 writes twice as much."""
_RETRY_S = 0.05


class Door(NamedTuple):
    """How the file is opened. `read_only`: why it may only be read, or None. `patience_s`: how long to wait for
    somebody else's lock."""

    path: Path
    read_only: str | None
    patience_s: float
    immutable: bool = False

    def connect(self, *, to_write: bool = False) -> sqlite3.Connection:
        """A connection for the calling thread. `to_write`: the one that most is written through."""
        mode = "rw" if self.read_only is None else "ro&immutable=1" if self.immutable else "ro"
        connection = sqlite3.connect(
            f"{self.path.as_uri()}?mode={mode}", uri=True, isolation_level=None, timeout=self.patience_s
        )
        connection.execute(f"PRAGMA cache_size = -{_CACHE_KIB if to_write else _READING_CACHE_KIB}")
        if self.read_only is None:
            # A power cut loses nothing that was committed: the log is flushed at every commit.
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute(f"PRAGMA journal_size_limit = {_WAL_LIMIT}")
            connection.execute(f"PRAGMA wal_autocheckpoint = {_CHECKPOINT_PAGES}")
        return connection


def find_door(path: Path, patience_s: float) -> Door:
    """Make the file where it is missing, and see how it may be opened.

    Raises StoreUnavailable where there is no directory for it, or where it may not even be read.
    """
    try:
        _make_directory(path.parent)
        _make_file(path)
    except OSError as error:
        raise StoreUnavailable(f"cannot make or find {path}: {error.strerror}; correct AUDIT_STORE") from error
    if not _may(path, os.R_OK):
        raise StoreUnavailable(f"no permission to read {path}; run as its owner, or name another file in AUDIT_STORE")
    why = _why_read_only(path)
    if why is None:
        return Door(path, None, patience_s)
    return _reading_door(path, why, patience_s)


def use_wal(connection: sqlite3.Connection, patience_s: float) -> str:
    """Turn the write-ahead log on, so that reading never waits for writing; returns the mode that SQLite took.

    SQLite does not wait for a lock here by itself, and two programs may start on a new file at the same moment.
    """
    deadline = time.monotonic() + patience_s
    while True:
        try:
            return str(connection.execute("PRAGMA journal_mode = WAL").fetchone()[0])
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() >= deadline:
                raise
            time.sleep(_RETRY_S)


def open_to_others(path: Path) -> bool:
    """Whether other users of this machine may read the file (the names and addresses in it are personal data)."""
    return bool(path.stat().st_mode & 0o077)


def _make_directory(directory: Path) -> None:
    if directory.is_dir():
        return
    # A mistyped path should not grow a tree somewhere; in one's own home it is the first start.
    if not directory.parent.is_dir() and not _is_at_home(directory):
        raise StoreUnavailable(f"there is no directory {directory}; make it, or correct AUDIT_STORE")
    missing = [each for each in (directory, *directory.parents) if not each.exists()]
    for each in reversed(missing):
        each.mkdir(mode=_PRIVATE_DIR, exist_ok=True)


def _is_at_home(directory: Path) -> bool:
    try:
        return directory.is_relative_to(Path.home())
    except RuntimeError:  # nobody has told where that is
        return False


def _make_file(path: Path) -> None:
    """SQLite gives -wal and -shm the permissions of the database, so only this one has to be made with care."""
    try:
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, _PRIVATE_FILE))
    except FileExistsError:
        if not path.is_file():
            raise StoreUnavailable(f"{path} is not a file; name another in AUDIT_STORE") from None
    except OSError:
        if not path.exists():
            raise


def _why_read_only(path: Path) -> str | None:
    if not _may(path, os.W_OK):
        return f"no permission to write {path}"
    if not _may(path.parent, os.W_OK | os.X_OK):
        return f"no permission to write in {path.parent}"
    return None


def _may(path: Path, mode: int) -> bool:
    return os.access(path, mode, effective_ids=os.access in os.supports_effective_ids)


def _reading_door(path: Path, why: str, patience_s: float) -> Door:
    """Where the log's own files can neither be used nor made, the database is read as it lies there."""
    door = Door(path, why, patience_s)
    try:
        connection = door.connect()
        try:
            connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
        finally:
            connection.close()
    except sqlite3.Error as error:
        if error.sqlite_errorcode & 0xFF not in (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY):
            return door  # damaged, or no database at all: told when it is used
        log = path.with_name(path.name + "-wal")
        if log.exists() and log.stat().st_size:
            why += "; what was written since the last clean end cannot be read"
        return Door(path, why, patience_s, immutable=True)
    return door
