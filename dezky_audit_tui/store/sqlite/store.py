"""The embedded store: one SQLite file. Each method hands a function of its room to a lane.

Reading never waits for writing, a page never for a count, and the unfiltered timeline never for a search: there are
four lanes, each a thread with its own connection.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from dezky_audit_tui.errors import StoreReadOnly, StoreUnavailable
from dezky_audit_tui.model.cursor import PullState
from dezky_audit_tui.model.event import AuditEvent, Position, Row
from dezky_audit_tui.model.instants import now
from dezky_audit_tui.model.query import Query
from dezky_audit_tui.model.report import TickReport
from dezky_audit_tui.model.tenants import Resolution
from dezky_audit_tui.store.sqlite import events as rows
from dezky_audit_tui.store.sqlite import findings as notes
from dezky_audit_tui.store.sqlite import journal, panes, pulls, schema, siblings, tallies, timeline
from dezky_audit_tui.store.sqlite.files import Door, find_door, use_wal
from dezky_audit_tui.store.sqlite.lanes import Lane, transaction
from dezky_audit_tui.store.sqlite.live import SqliteFollower
from dezky_audit_tui.store.sqlite.plans import Plans
from dezky_audit_tui.store.sqlite.strides import Direction
from dezky_audit_tui.store.store import (
    ActionCount,
    Committed,
    Follower,
    Lease,
    StoreFinding,
    StoreStatus,
    TenantCounts,
)

if TYPE_CHECKING:
    from dezky_audit_tui.model.finding import Finding
    from dezky_audit_tui.model.set_aside import SetAside

PATIENCE_S = 5.0
"""How long to wait for another program's lock before StoreUnavailable."""


class SqliteStore:
    """A Store in the file `path`. `clock` gives this host's time, which leases and `recorded_at` go by."""

    def __init__(self, path: Path, *, clock: Callable[[], datetime] = now, patience_s: float = PATIENCE_S) -> None:
        self._path = path.absolute()
        self._clock = clock
        self._patience_s = patience_s
        self._door: Door | None = None
        names = ("write", "read", "search", "count")
        self._lanes = {name: Lane(name, self._path, partial(self._connect, name == "write")) for name in names}
        self._write, self._read, self._search, self._count = self._lanes.values()
        self._plans = Plans()
        """Of the connection for searches."""

    @property
    def name(self) -> str:
        """`sqlite audit.db`."""
        return f"sqlite {self._path.name}"

    @property
    def read_only(self) -> str | None:
        """Why nothing can be written, or None. Known once it is open."""
        return self._door.read_only if self._door else None

    async def open(self) -> None:
        """Find or make the file, its tables and its indexes."""
        self._door = await asyncio.to_thread(find_door, self._path, self._patience_s)
        if self._door.read_only is None:
            await self._write.bare(self._prepare)
        else:
            await self._read.read(self._check_version)

    async def close(self) -> None:
        """Stop searches, finish what is being written, and let go."""
        self.interrupt()
        for lane in self._lanes.values():
            await lane.close()

    # The ingester's side

    async def state(self, source: str) -> PullState:
        """The pull's state; an empty one where there is none yet."""
        return await self._read.read(pulls.read_state, source)

    async def commit(
        self, events: Sequence[AuditEvent], set_aside: Sequence[SetAside], state: PullState, lease: Lease
    ) -> Committed:
        """All of it in one transaction, flushed to the disk.

        An event that comes from another store with its `recorded_at` keeps it.
        """
        return await self._writer.write(rows.commit, events, set_aside, state, lease, self._clock())

    async def unresolved(self, source: str, limit: int) -> Sequence[Row]:
        """Newest rows whose tenant look-up failed."""
        return await self._read.read(rows.unresolved, source, limit)

    async def resolve(self, resolutions: Mapping[Position, Resolution], lease: Lease) -> None:
        """Give rows of the lease's source that had `lookup_failed` their tenant. Raises LeaseLost."""
        await self._writer.write(rows.resolve, resolutions, lease)

    async def save_tick(self, report: TickReport) -> None:
        """Keep a report; those older than 14 days, or beyond 5,000, go."""
        await self._writer.write(journal.save_tick, report, self._clock())

    async def acquire_lease(self, source: str, owner: str, seconds: float) -> Lease | None:
        """The lease; None where it is held by another that may be alive."""
        return await self._writer.write(pulls.acquire, source, owner, seconds, self._clock())

    async def renew_lease(self, lease: Lease, seconds: float) -> Lease:
        """Raises LeaseLost where it is another's by now."""
        return await self._writer.write(pulls.renew, lease, seconds, self._clock())

    async def release_lease(self, lease: Lease) -> None:
        """Give it back; nothing happens where it is not ours any more."""
        await self._writer.write(pulls.release, lease)

    async def request_lease(self, source: str, owner: str) -> None:
        """Ask whoever holds the lease to pass it on to `owner`."""
        await self._writer.write(pulls.request_lease, source, owner, self._clock())

    async def withdraw_request(self, source: str, owner: str) -> None:
        """`owner` does not wait for the lease any more."""
        await self._writer.write(pulls.withdraw_request, source, owner)

    async def pass_lease(self, lease: Lease, seconds: float) -> str | None:
        """Give it to who asked for it last. Writes only where somebody did."""
        if await self._read.read(pulls.wanted_by, lease.source) is None:
            return None
        return await self._writer.write(pulls.pass_lease, lease, seconds, self._clock())

    async def request_force(self, source: str) -> None:
        """Ask whoever ingests for a tick now."""
        await self._writer.write(pulls.request_force, source, self._clock())

    async def take_force(self, source: str, lease: Lease) -> bool:
        """Whether a tick was asked for since the last call. Writes only where one was."""
        if await self._read.read(pulls.force_requested_at, source) is None:
            return False
        return await self._writer.write(pulls.take_force, source, lease)

    async def note(self, findings: Sequence[Finding], lease: Lease) -> None:
        """Keep what reading again found. Raises LeaseLost."""
        await self._writer.write(notes.note, findings, lease)

    # Look-ups of a source

    async def known(self, source: str, external_ids: Collection[str]) -> frozenset[str]:
        """Those of the ids that are stored."""
        return await self._read.read(siblings.known, source, external_ids)

    async def same_request(
        self, source: str, request_ids: Collection[str], near: Sequence[datetime]
    ) -> Sequence[AuditEvent]:
        """Stored events of these requests within five minutes of those moments, oldest first."""
        return await self._read.read(siblings.same_request, source, request_ids, near)

    async def last_before(self, source: str, action: str, actor_id: str, at: datetime) -> AuditEvent | None:
        """The newest stored event of that action and actor up to `at`."""
        return await self._read.read(siblings.last_before, source, action, actor_id, at)

    # The reader's side

    async def older(self, query: Query, than: Position | None, limit: int) -> Sequence[Row]:
        """The newest rows below `than` (of all, where None), newest first."""
        return await self._page(query, than, limit, "older")

    async def newer(self, query: Query, than: Position | None, limit: int) -> Sequence[Row]:
        """The oldest rows above `than` (of all, where None), oldest first."""
        return await self._page(query, than, limit, "newer")

    async def get(self, position: Position) -> Row | None:
        """One row."""
        return await self._read.read(timeline.get, position)

    async def count(self, query: Query) -> int:
        """How many rows match."""
        read = self._count.search if query.may_look_in_vain else self._count.read
        return await read(timeline.count, query)

    async def follow(self) -> Follower:
        """New rows from now on."""
        follower = SqliteFollower(self._read, self._path.with_name(self._path.name + "-wal"))
        await follower.start()
        return follower

    async def status(self, source: str) -> StoreStatus:
        """Cursor, holes, lease (where its holder may be alive) and last tick."""
        return await self._read.read(panes.status, source, self._clock())

    async def counts(self) -> Mapping[str, int]:
        """Rows by source."""
        return await self._read.read(tallies.read, tallies.SOURCE)

    async def action_counts(self) -> Sequence[ActionCount]:
        """All actions ever seen, most frequent first."""
        return await self._read.read(tallies.actions)

    async def tenant_counts(self) -> TenantCounts:
        """How tenants were found."""
        return await self._read.read(panes.tenant_counts)

    async def ticks(self, source: str, limit: int) -> Sequence[TickReport]:
        """The latest reports, newest first."""
        return await self._read.read(journal.ticks, source, limit)

    async def quarantined(self, limit: int, skip: int = 0) -> Sequence[SetAside]:
        """What was set aside, newest first, but for the first `skip`."""
        return await self._read.read(journal.quarantined, limit, skip)

    async def findings(self, limit: int, skip: int = 0) -> Sequence[Finding]:
        """What reading again found, the latest first, but for the first `skip`."""
        return await self._read.read(notes.latest, limit, skip)

    async def findings_of(self, source: str, external_ids: Collection[str]) -> Sequence[Finding]:
        """What was found of these events."""
        return await self._read.read(notes.of, source, external_ids)

    async def tenants(self) -> frozenset[str]:
        """The slugs in the table `tenants`, which this program only reads."""
        return await self._read.read(panes.tenants)

    async def check(self) -> Sequence[StoreFinding]:
        """For `doctor`: writable, private, its indexes there, its pages sound (of a file up to 256 MiB)."""
        from dezky_audit_tui.store.sqlite.check import check

        return await self._count.read(check, self._opened)

    def interrupt(self) -> None:
        """Cancel pages and counts of filters that may look in vain: they raise Interrupted."""
        self._search.interrupt()
        self._count.interrupt()

    async def _page(self, query: Query, than: Position | None, limit: int, direction: Direction) -> Sequence[Row]:
        if not query.terms:
            return await self._read.read(timeline.page, query, than, limit, direction)
        read = self._search.search if query.may_look_in_vain else self._search.read
        return await read(timeline.page, query, than, limit, direction, self._plans.plan)

    @property
    def _opened(self) -> Door:
        if self._door is None:
            raise StoreUnavailable(f"the store {self._path} is not open")
        return self._door

    @property
    def _writer(self) -> Lane:
        why = self._opened.read_only
        if why is not None:
            raise StoreReadOnly(why)
        return self._write

    def _connect(self, to_write: bool) -> sqlite3.Connection:
        return self._opened.connect(to_write=to_write)

    def _prepare(self, connection: sqlite3.Connection) -> None:
        """Nothing is written, and no lock is waited for, where all is as it should be."""
        with transaction(connection, "BEGIN"):
            version = schema.checked_version(connection, self._path)
            complete = version == schema.VERSION and not schema.missing_indexes(connection)
        use_wal(connection, self._patience_s)
        if not complete:
            with transaction(connection, "BEGIN IMMEDIATE"):
                schema.prepare(connection, self._path)

    def _check_version(self, connection: sqlite3.Connection) -> None:
        if schema.checked_version(connection, self._path) != schema.VERSION:
            raise StoreUnavailable(f"{self._path} is of an older version; start once with permission to write it")
