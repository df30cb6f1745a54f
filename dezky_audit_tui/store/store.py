"""What every store offers: the one place where the ingester and the dashboard meet.

All methods may raise `StoreUnavailable` and, where they write, `StoreReadOnly` and `StoreFull`. Nothing here is
cached: two programs on one store see each other's writes.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from dezky_audit_tui.model.cursor import PullState
from dezky_audit_tui.model.event import AuditEvent, Position, Row
from dezky_audit_tui.model.query import Query
from dezky_audit_tui.model.report import TickReport
from dezky_audit_tui.model.tenants import Resolution

if TYPE_CHECKING:
    # What few commands make, and no start.
    from dezky_audit_tui.model.finding import Finding
    from dezky_audit_tui.model.set_aside import SetAside


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to pull one source: `epoch` rises with every new holder and fences what an old one writes."""

    source: str
    owner: str
    epoch: int
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Committed:
    """`inserted`: those of the events that were new. `state`: the state as written, with its new `rev`."""

    inserted: tuple[AuditEvent, ...]
    duplicates: int
    state: PullState


@dataclass(frozen=True, slots=True)
class ActionCount:
    """How often an action was seen. `raw` is None for rows of other writers."""

    action: str
    raw: str | None
    unmapped: bool
    count: int
    first_at: datetime
    last_at: datetime


@dataclass(frozen=True, slots=True)
class TenantCounts:
    """`reasons`: rows by reason; `tenants`: rows by slug; `unknown_groups`: names that matched no tenant, with
    how often (of the newest rows without a tenant, most frequent first); `latest`: the newest resolutions; `no_list`:
    why the store has no list of tenants of its own, where it should have one."""

    reasons: Mapping[str, int]
    tenants: Mapping[str, int]
    unknown_groups: Mapping[str, int]
    latest: Sequence[Row]
    no_list: str | None = None


@dataclass(frozen=True, slots=True)
class StoreStatus:
    """What `status` and the header show of one source. `other_worker`: when another program than this one, with an
    ingester of its own, was last seen moving the same cursor; None where none was."""

    state: PullState
    lease: Lease | None
    last_tick: TickReport | None
    force_requested_at: datetime | None = None
    other_worker: datetime | None = None


REQUEST_S = 10.0
"""How long a request for the lease is good: who waits on asks again before that."""

TENANTS_FINDING = "store tenants"
"""The name of the finding about the store's own list of tenants."""


@dataclass(frozen=True, slots=True)
class StoreFinding:
    """One thing a check of the store found. `remedy` says what to do; empty where all is well."""

    name: str
    ok: bool
    message: str
    remedy: str = ""


@dataclass(frozen=True, slots=True)
class Changes:
    """What `Follower.poll` brings: new rows (any order, of any writer), and whether tenants of older rows moved."""

    rows: Sequence[Row] = field(default_factory=tuple)
    resolved: bool = False


class Bell(Protocol):
    """Rings when something is written."""

    def fileno(self) -> int:
        """A descriptor that can be read from when it rings."""

    def silence(self) -> None:
        """It has been heard."""


class Follower(Protocol):
    """New rows as they are stored, whoever stores them, from the moment it was made."""

    async def poll(self) -> Changes:
        """What has come since the last call; returns at once."""

    def stamp(self) -> object:
        """A value that is another one when something was written since, or may have been. Costs next to nothing, so
        that it can be asked many times a second; always the same where there is no such thing."""

    def bell(self) -> Bell | None:
        """What rings when `stamp` may have changed, perhaps before all of it is written; None where nothing does."""

    async def close(self) -> None:
        """End it."""


class Store(Protocol):
    """The audit log, the pull's state, the lease and the ticks."""

    @property
    def name(self) -> str:
        """As header and `status` show it, without a secret: `sqlite audit.db`, `mongodb db.example/dezky`."""

    @property
    def read_only(self) -> str | None:
        """Why nothing can be written, or None."""

    async def open(self) -> None:
        """Connect, and make tables and indexes where they are missing."""

    async def close(self) -> None:
        """Finish what is being written, and let go."""

    # The ingester's side

    async def state(self, source: str) -> PullState:
        """The pull's state; an empty one where there is none yet."""

    async def commit(
        self, events: Sequence[AuditEvent], set_aside: Sequence[SetAside], state: PullState, lease: Lease
    ) -> Committed:
        """Events, what was set aside and the state: all or nothing, or rows first. Events that are there already
        are left as they are. `recorded_at` is set here, but for an event that brings it from another store.

        Raises StoreConflict where `state.rev` is not the stored one, LeaseLost where `lease` is not the newest.
        """

    async def unresolved(self, source: str, limit: int) -> Sequence[Row]:
        """Newest rows whose tenant look-up failed."""

    async def resolve(self, resolutions: Mapping[Position, Resolution], lease: Lease) -> None:
        """Give rows that had `lookup_failed` their tenant. Nothing else of a row changes, and no other row does."""

    async def save_tick(self, report: TickReport) -> None:
        """Keep a report; old ones expire."""

    async def acquire_lease(self, source: str, owner: str, seconds: float) -> Lease | None:
        """The lease, new or taken over from a holder that expired or (on this host) died; None where it is held."""

    async def renew_lease(self, lease: Lease, seconds: float) -> Lease:
        """Raises LeaseLost where it is another's by now."""

    async def release_lease(self, lease: Lease) -> None:
        """Give it back; nothing happens where it is not ours any more."""

    async def request_lease(self, source: str, owner: str) -> None:
        """Ask whoever holds the lease to pass it on to `owner`. The request is good for REQUEST_S."""

    async def withdraw_request(self, source: str, owner: str) -> None:
        """`owner` does not wait for the lease any more."""

    async def pass_lease(self, lease: Lease, seconds: float) -> str | None:
        """Give it, with a higher epoch, to the owner who asked for it last, and return that one; None where nobody
        who may be alive waits for it, or where it is not ours any more."""

    async def request_force(self, source: str) -> None:
        """Ask whoever ingests for a tick now."""

    async def take_force(self, source: str, lease: Lease) -> bool:
        """Whether a tick was asked for since the last call."""

    async def note(self, findings: Sequence[Finding], lease: Lease) -> None:
        """Keep what reading again found, beside the rows: one note an event and kind, as it was found last and with
        the moment when it was found first. Raises LeaseLost."""

    # Look-ups of a source (sources.source.Siblings)

    async def known(self, source: str, external_ids: Collection[str]) -> frozenset[str]:
        """Those of the ids that are stored."""

    async def same_request(
        self, source: str, request_ids: Collection[str], near: Sequence[datetime]
    ) -> Sequence[AuditEvent]:
        """Stored events of these requests within five minutes of those moments."""

    async def last_before(self, source: str, action: str, actor_id: str, at: datetime) -> AuditEvent | None:
        """The newest stored event of that action and actor up to `at`."""

    # The reader's side

    async def older(self, query: Query, than: Position | None, limit: int) -> Sequence[Row]:
        """The newest rows below `than` (of all, where None), newest first."""

    async def newer(self, query: Query, than: Position | None, limit: int) -> Sequence[Row]:
        """The oldest rows above `than` (of all, where None), oldest first."""

    async def get(self, position: Position) -> Row | None:
        """One row."""

    async def count(self, query: Query) -> int:
        """How many rows match."""

    async def follow(self) -> Follower:
        """New rows from now on."""

    async def status(self, source: str) -> StoreStatus:
        """Cursor, holes, lease and last tick."""

    async def counts(self) -> Mapping[str, int]:
        """Rows by source."""

    async def action_counts(self) -> Sequence[ActionCount]:
        """All actions ever seen, most frequent first."""

    async def tenant_counts(self) -> TenantCounts:
        """How tenants were found."""

    async def ticks(self, source: str, limit: int) -> Sequence[TickReport]:
        """The latest reports, newest first."""

    async def quarantined(self, limit: int, skip: int = 0) -> Sequence[SetAside]:
        """What was set aside, newest first, but for the first `skip`."""

    async def findings(self, limit: int, skip: int = 0) -> Sequence[Finding]:
        """What reading again found, the latest first, but for the first `skip`."""

    async def findings_of(self, source: str, external_ids: Collection[str]) -> Sequence[Finding]:
        """What was found of these events."""

    async def tenants(self) -> frozenset[str]:
        """The slugs in the store's own list of tenants."""

    async def check(self) -> Sequence[StoreFinding]:
        """For `doctor`: reachable, writable, indexes as they should be."""

    def interrupt(self) -> None:
        """Cancel pages and counts of filters that may look in vain: they raise Interrupted."""
