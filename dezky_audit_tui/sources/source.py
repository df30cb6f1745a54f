"""What every source of events offers to a tick."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from dezky_audit_tui.errors import SourceError
from dezky_audit_tui.model.cursor import PullState
from dezky_audit_tui.model.event import AuditEvent
from dezky_audit_tui.model.set_aside import SetAside
from dezky_audit_tui.model.tenants import Membership


@dataclass(frozen=True, slots=True)
class Fetched:
    """What one page brought: events ready for the store (no tenant yet), and what could not be read.

    `stored`: how many events the store had already, which are not among `events`.
    """

    events: tuple[AuditEvent, ...]
    set_aside: tuple[SetAside, ...] = ()
    stored: int = 0
    groups_changed_at: datetime | None = None
    """The newest event among these that changed who belongs to which group."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """A part of the list that was read again without a break, from `bottom` up to `top` (exclusive), as (moment, id).

    `events`: what the source shows in it now, each as it is told alone. `ids`: of all that it shows, those included
    that cannot be read; `complete` False: there are others, of which not even that is known. `settled`: all of it was
    known as read, so what is new in it was missing. `at`: the source's clock meanwhile.
    """

    bottom: tuple[datetime, str]
    top: tuple[datetime, str]
    events: tuple[AuditEvent, ...]
    ids: frozenset[str]
    complete: bool
    settled: bool
    at: datetime


@dataclass(frozen=True, slots=True)
class PullStep:
    """One step of a pull: `fetched` becomes durable together with `state`, or before it. `again`: the stretch of
    which this page was read once more.

    `caught_up`: the walk from the head reached its floor, and no hole is left. `more`: a `fill_only` tick has
    something to read. `error`: the pull ended early after this step.
    """

    fetched: Fetched
    state: PullState
    caught_up: bool = False
    more: bool = False
    warning: str | None = None
    error: SourceError | None = None
    again: Stretch | None = None


@dataclass(frozen=True, slots=True)
class Budget:
    """What a tick may ask for: event pages, rows a page, seconds of overlap, and the reach of a first run (days).

    `whole_overlap`: where the overlap holds more than a tick may read, the `fill_only` ticks after it go on with
    it. That finds late commits at once, at the price of reading the overlap again each time.
    """

    max_pages: int = 10
    page_size: int = 100
    overlap_s: float = 600.0
    history_days: float | None = None
    whole_overlap: bool = False


class Siblings(Protocol):
    """Events that the store knows already: they are not made again, and tell what another does not tell of itself."""

    async def known(self, source: str, external_ids: Collection[str]) -> Collection[str]:
        """Those of the ids that are stored."""

    async def same_request(
        self, source: str, request_ids: Collection[str], near: Sequence[datetime]
    ) -> Sequence[AuditEvent]:
        """Stored events of these requests within some minutes of those moments."""

    async def last_before(self, source: str, action: str, actor_id: str, at: datetime) -> AuditEvent | None:
        """The newest stored event of that action and actor up to `at`."""


class Source(Protocol):
    """A source of audit events."""

    name: str
    """The value of `source` in its events: `authentik`."""

    @property
    def requests(self) -> int:
        """Requests sent since the source was made."""

    def pull(
        self, state: PullState, budget: Budget, siblings: Siblings, *, fill_only: bool
    ) -> AsyncGenerator[PullStep, None]:
        """The steps of one tick. Raises a SourceError only before the first step; later ones end the last step."""

    @property
    def directory_error(self) -> str | None:
        """Why the last look-up of groups failed, in words; None where it went well."""

    @property
    def users_waiting(self) -> int:
        """How many users could not be looked up in this tick any more, since it may only ask for so many."""

    def begin_tick(self) -> None:
        """A new tick: look-ups that are allowed once a tick are allowed again."""

    def forget(self) -> None:
        """What was pulled last may not be durable: count on nothing but the state."""

    async def memberships(
        self, user_ids: Collection[str], groups_changed_at: datetime | None
    ) -> Mapping[str, Membership | None]:
        """What the directory says of each of these users; None where it did not answer. Never raises a SourceError."""

    async def aclose(self) -> None:
        """Close connections."""
