"""A lane: one thread with one connection. What is slow in one lane never makes another wait."""

from __future__ import annotations

import asyncio
import sqlite3
import traceback
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Concatenate, Literal, ParamSpec, TypeVar

from dezky_audit_tui.errors import Interrupted, StoreUnavailable
from dezky_audit_tui.store.sqlite.faults import UNREADABLE, as_audit_error, damage

P = ParamSpec("P")
T = TypeVar("T")

_STEPS_BETWEEN_LOOKS = 20_000
"""Steps of SQLite's machine between two looks at whether the job is still wanted: some milliseconds."""


class _Job:
    """One call in a lane. `wanted` turns False when nobody waits for its result any more."""

    __slots__ = ("interruptible", "wanted")

    def __init__(self, interruptible: bool) -> None:
        self.interruptible = interruptible
        self.wanted = True


class Lane:
    """Runs functions that take a connection, one after the other, in a thread of its own.

    `connect` is called in that thread, when the lane is used first.
    """

    def __init__(self, name: str, path: Path, connect: Callable[[], sqlite3.Connection]) -> None:
        self._path = path
        self._connect = connect
        self._connection: sqlite3.Connection | None = None
        self._identity: tuple[int, int] | None = None
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix=f"store-{name}")
        self._closed = False
        self._running: _Job | None = None
        self._jobs: set[_Job] = set()

    async def read(
        self, function: Callable[Concatenate[sqlite3.Connection, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """`function` on one snapshot. Where the caller is cancelled, it stops within some milliseconds."""
        return await self._run("BEGIN", _Job(False), function, *args, **kwargs)

    async def search(
        self, function: Callable[Concatenate[sqlite3.Connection, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """As `read`, and `interrupt` makes it raise Interrupted."""
        return await self._run("BEGIN", _Job(True), function, *args, **kwargs)

    async def write(
        self, function: Callable[Concatenate[sqlite3.Connection, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """`function` in one transaction: all of it is durable when this returns, or nothing where it raises."""
        return await self._run("BEGIN IMMEDIATE", None, function, *args, **kwargs)

    async def bare(
        self, function: Callable[Concatenate[sqlite3.Connection, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """`function` outside of any transaction."""
        return await self._run(None, None, function, *args, **kwargs)

    def interrupt(self) -> None:
        """Stop the searches that run or wait in this lane. May be called from any thread."""
        for job in tuple(self._jobs):
            if job.interruptible:
                job.wanted = False

    async def close(self) -> None:
        """Finish what is in the lane, let the connection go, and end the thread. Nothing happens a second time."""
        self._closed = True
        try:
            future = self._thread.submit(self._disconnect)
        except RuntimeError:  # closed already, or there never was a thread
            return
        self._thread.shutdown(wait=False)
        await asyncio.wrap_future(future)

    async def _run(
        self,
        begin: Literal["BEGIN", "BEGIN IMMEDIATE"] | None,
        job: _Job | None,
        function: Callable[Concatenate[sqlite3.Connection, P], T],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        def work() -> T:
            if job is not None and not job.wanted:
                raise Interrupted("the search was cancelled")
            self._running = job
            try:
                with transaction(self._open(), begin) as connection:
                    return function(connection, *args, **kwargs)
            except sqlite3.Error as error:
                raise as_audit_error(error, self._path) from error
            except UNREADABLE as error:
                found = damage(error, self._connection, self._path)
                if found is None:
                    raise
                raise found from error
            finally:
                self._running = None

        try:
            future = self._thread.submit(work)
        except RuntimeError as error:
            why = "is closed" if self._closed else f"cannot be used: {error}; look at the limits for processes"
            raise StoreUnavailable(f"the store {self._path} {why}") from error
        if job is not None:
            self._jobs.add(job)
        try:
            return await asyncio.wrap_future(future)
        except asyncio.CancelledError:
            if job is not None:
                job.wanted = False
            raise
        finally:
            if job is not None:
                self._jobs.discard(job)

    def _open(self) -> sqlite3.Connection:
        """The connection. Raises StoreUnavailable where the file at the path is not the one it is connected to.

        SQLite itself would go on with a file that was removed, and all that is written there is gone at the end.
        """
        if self._connection is None:
            self._connection = self._connect()
            self._connection.set_progress_handler(self._unwanted, _STEPS_BETWEEN_LOOKS)
            self._identity = _identity(self._path)
        elif _identity(self._path) != self._identity:
            raise StoreUnavailable(
                f"{self._path} was removed or replaced while it was in use; nothing more is written to it: put it back "
                "or end every program that uses it, and start again"
            )
        return self._connection

    def _unwanted(self) -> int:
        return int(self._running is not None and not self._running.wanted)

    def _disconnect(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def _identity(path: Path) -> tuple[int, int] | None:
    """Which file lies at the path; None where there is none."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino


@contextmanager
def transaction(
    connection: sqlite3.Connection, begin: Literal["BEGIN", "BEGIN IMMEDIATE"] | None
) -> Iterator[sqlite3.Connection]:
    """One transaction around a block, or none where `begin` is None. Rolled back where the block or COMMIT raises."""
    if begin is None:
        yield connection
        return
    connection.execute(begin)
    try:
        yield connection
        connection.execute("COMMIT")
    except BaseException as error:
        _let_go(error)
        # SQLite ends some failed transactions (a full disk) by itself.
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def _let_go(error: BaseException) -> None:
    """End the statements that the frames of an error hold.

    One that was read in part keeps its snapshot beyond the ROLLBACK, and with it every later reading of this
    connection, until somebody collects the error.
    """
    held: BaseException | None = error
    while held is not None:
        traceback.clear_frames(held.__traceback__)
        held = held.__context__
