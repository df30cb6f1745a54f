"""The platform's MongoDB as the store. The driver is loaded when the store is opened, not when it is named.

Each method hands over to a room of this folder. Before `open`, and after `close`, they raise StoreUnavailable.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from importlib import import_module
from typing import TYPE_CHECKING

from dezky_audit_tui.errors import StoreReadOnly, StoreUnavailable
from dezky_audit_tui.model.cursor import PullState
from dezky_audit_tui.model.event import AuditEvent, Position, Row
from dezky_audit_tui.model.finding import Finding
from dezky_audit_tui.model.instants import now
from dezky_audit_tui.model.query import Query
from dezky_audit_tui.model.report import TickReport
from dezky_audit_tui.model.set_aside import SetAside
from dezky_audit_tui.model.tenants import Resolution
from dezky_audit_tui.store.mongo.address import parse_address
from dezky_audit_tui.store.mongo.searches import Searches
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
    from dezky_audit_tui.store.mongo.backend import Backend

_BACKEND = "dezky_audit_tui.store.mongo.backend"


class MongoStore:
    """A Store in the database that `url` names. `clock` gives this host's time, which `recorded_at` goes by; leases
    go by the server's.

    Raises SettingsError where the URL names no database.
    """

    def __init__(self, url: str, *, clock: Callable[[], datetime] = now) -> None:
        self._address = parse_address(url)
        self._clock = clock
        self._backend: Backend | None = None
        self._searches = Searches()

    @property
    def name(self) -> str:
        """`mongodb db.example/dezky`."""
        return f"mongodb {self._address.place}"

    @property
    def read_only(self) -> str | None:
        """Why nothing can be written, or None. Known once it is open."""
        return self._backend.read_only if self._backend else None

    async def open(self) -> None:
        """Reach the server, and make the indexes that are missing. Opening it again makes a new connection."""
        await self.close()
        # Loading the driver takes a tenth of a second: not on the screen's loop.
        backend = await asyncio.to_thread(import_module, _BACKEND)
        self._backend = await backend.connect(self._address)

    async def close(self) -> None:
        """Stop searches, and let go."""
        self.interrupt()
        backend, self._backend = self._backend, None
        if backend is not None:
            await backend.close()

    # The ingester's side

    async def state(self, source: str) -> PullState:
        """The pull's state; an empty one where there is none yet."""
        return await self._open.pulls.state(source)

    async def commit(
        self, events: Sequence[AuditEvent], set_aside: Sequence[SetAside], state: PullState, lease: Lease
    ) -> Committed:
        """Rows first, on a majority and in the journal; then the state, in one update that the lease fences.

        An event that comes from another store with its `recorded_at` keeps it.
        """
        return await self._writable.events.commit(events, set_aside, state, lease, self._clock())

    async def unresolved(self, source: str, limit: int) -> Sequence[Row]:
        """Newest rows whose tenant look-up failed."""
        return await self._open.events.unresolved(source, limit)

    async def resolve(self, resolutions: Mapping[Position, Resolution], lease: Lease) -> None:
        """Give rows of the lease's source that had `lookup_failed` their tenant. Raises LeaseLost."""
        await self._writable.events.resolve(resolutions, lease, self._clock())

    async def save_tick(self, report: TickReport) -> None:
        """Keep a report; after 14 days the server lets it go."""
        await self._writable.journal.save_tick(report, self._clock())

    async def acquire_lease(self, source: str, owner: str, seconds: float) -> Lease | None:
        """The lease; None where it is held by another that may be alive."""
        return await self._writable.leases.acquire(source, owner, seconds)

    async def renew_lease(self, lease: Lease, seconds: float) -> Lease:
        """Raises LeaseLost where it is another's by now."""
        return await self._writable.leases.renew(lease, seconds)

    async def release_lease(self, lease: Lease) -> None:
        """Give it back; nothing happens where it is not ours any more."""
        await self._writable.leases.release(lease)

    async def request_lease(self, source: str, owner: str) -> None:
        """Ask whoever holds the lease to pass it on to `owner`."""
        await self._writable.leases.request(source, owner)

    async def withdraw_request(self, source: str, owner: str) -> None:
        """`owner` does not wait for the lease any more."""
        await self._writable.leases.withdraw(source, owner)

    async def pass_lease(self, lease: Lease, seconds: float) -> str | None:
        """Give it to who asked for it last. Writes only where somebody did."""
        return await self._writable.leases.pass_on(lease, seconds)

    async def request_force(self, source: str) -> None:
        """Ask whoever ingests for a tick now."""
        await self._writable.pulls.request_force(source, self._clock())

    async def take_force(self, source: str, lease: Lease) -> bool:
        """Whether a tick was asked for since the last call. Writes only where one was."""
        return await self._writable.pulls.take_force(source, lease)

    async def note(self, findings: Sequence[Finding], lease: Lease) -> None:
        """Keep what reading again found. Raises LeaseLost."""
        await self._writable.findings.note(findings, lease, self._clock())

    # Look-ups of a source

    async def known(self, source: str, external_ids: Collection[str]) -> frozenset[str]:
        """Those of the ids that are stored."""
        return await self._open.siblings.known(source, external_ids)

    async def same_request(
        self, source: str, request_ids: Collection[str], near: Sequence[datetime]
    ) -> Sequence[AuditEvent]:
        """Stored events of these requests within five minutes of those moments, oldest first."""
        return await self._open.siblings.same_request(source, request_ids, near)

    async def last_before(self, source: str, action: str, actor_id: str, at: datetime) -> AuditEvent | None:
        """The newest stored event of that action and actor up to `at`."""
        return await self._open.siblings.last_before(source, action, actor_id, at)

    # The reader's side

    async def older(self, query: Query, than: Position | None, limit: int) -> Sequence[Row]:
        """The newest rows below `than` (of all, where None), newest first."""
        page = self._open.timeline.page(query, than, limit, "older")
        return await self._searches.run(page, query.may_look_in_vain)

    async def newer(self, query: Query, than: Position | None, limit: int) -> Sequence[Row]:
        """The oldest rows above `than` (of all, where None), oldest first."""
        page = self._open.timeline.page(query, than, limit, "newer")
        return await self._searches.run(page, query.may_look_in_vain)

    async def get(self, position: Position) -> Row | None:
        """One row."""
        return await self._open.timeline.get(position)

    async def count(self, query: Query) -> int:
        """How many rows match."""
        return await self._searches.run(self._open.timeline.count(query), query.may_look_in_vain)

    async def follow(self) -> Follower:
        """New rows from now on: by a change stream, or by polling where there is none."""
        return await self._open.follow()

    async def status(self, source: str) -> StoreStatus:
        """Cursor, holes, lease (where its holder may be alive), last tick, and another worker that was seen."""
        return await self._open.panes.status(source, self._clock())

    async def counts(self) -> Mapping[str, int]:
        """Rows by source."""
        return await self._open.panes.counts()

    async def action_counts(self) -> Sequence[ActionCount]:
        """All actions ever seen, most frequent first."""
        return await self._open.panes.action_counts()

    async def tenant_counts(self) -> TenantCounts:
        """How tenants were found."""
        return await self._open.panes.tenant_counts()

    async def ticks(self, source: str, limit: int) -> Sequence[TickReport]:
        """The latest reports, newest first."""
        return await self._open.journal.ticks(source, limit, self._clock())

    async def quarantined(self, limit: int, skip: int = 0) -> Sequence[SetAside]:
        """What was set aside, newest first, but for the first `skip`."""
        return await self._open.journal.quarantined(limit, skip)

    async def findings(self, limit: int, skip: int = 0) -> Sequence[Finding]:
        """What reading again found, the latest first, but for the first `skip`."""
        return await self._open.findings.latest(limit, skip)

    async def findings_of(self, source: str, external_ids: Collection[str]) -> Sequence[Finding]:
        """What was found of these events."""
        return await self._open.findings.of(source, external_ids)

    async def tenants(self) -> frozenset[str]:
        """The slugs in the platform's collection `tenants`, which this program only reads."""
        return await self._open.panes.tenants()

    async def check(self) -> Sequence[StoreFinding]:
        """For `doctor`: reachable, writable, indexes, tenants, live rows, and whether another worker is at it."""
        backend = self._open
        return await backend.check(self.name, self._clock())

    def interrupt(self) -> None:
        """Cancel pages and counts of filters that may look in vain: they raise Interrupted."""
        self._searches.stop()

    @property
    def _open(self) -> Backend:
        if self._backend is None:
            raise StoreUnavailable(f"the store {self.name} is not open")
        return self._backend

    @property
    def _writable(self) -> Backend:
        backend = self._open
        if backend.read_only is not None:
            raise StoreReadOnly(backend.read_only)
        return backend
