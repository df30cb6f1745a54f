"""One tick: pull, resolve tenants, commit, report. A plain async function without a clock or a lease of its own."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from datetime import datetime

from dezky_audit_tui.errors import AuditError, SourceError, StoreError
from dezky_audit_tui.ingest.behind import Behind
from dezky_audit_tui.ingest.compare import Compared, compare, news_line
from dezky_audit_tui.model.cursor import PullState
from dezky_audit_tui.model.event import AuditEvent, Position, Row
from dezky_audit_tui.model.finding import Finding
from dezky_audit_tui.model.instants import now
from dezky_audit_tui.model.report import TickError, TickReport, Trigger
from dezky_audit_tui.model.tenants import GroupPatterns, Membership, Resolution, resolve_tenant, tenant_user_id
from dezky_audit_tui.sources.source import Budget, Fetched, PullStep, Source
from dezky_audit_tui.store.store import Committed, Lease, Store

_UNRESOLVED_A_TICK = 1000
_ROWS_A_PAGE = 85
"""About how many new rows a page of a hole brings, for the progress that is shown."""


@dataclass(frozen=True, slots=True)
class TenantRules:
    """`tenants`: slugs to know besides those in the store's own list; `admin_groups` never name a tenant."""

    tenants: frozenset[str]
    admin_groups: GroupPatterns


@dataclass(frozen=True, slots=True)
class Tick:
    """What a tick leaves: its report, the state, and `caught_up` and `more` as the pull's last step told them.
    `retry_after`: seconds that the source asked to be left alone. `findings`: what differs where a stretch was read
    again, and `shown_again`: how many events the source has there. `waiting`: users whose groups the next tick can look
    up, where it comes at once."""

    report: TickReport
    state: PullState | None
    caught_up: bool = False
    more: bool = False
    retry_after: float | None = None
    findings: tuple[Finding, ...] = ()
    shown_again: int = 0
    waiting: int = 0


@dataclass(slots=True)
class _Tally:
    fetched: int = 0
    inserted: int = 0
    duplicates: int = 0
    set_aside: int = 0
    unmapped: Counter[str] = field(default_factory=Counter)
    tenants: Counter[str] = field(default_factory=Counter)
    findings: list[Finding] = field(default_factory=list)
    news: list[Finding] = field(default_factory=list)
    shown_again: int = 0

    def add_compared(self, compared: Compared) -> None:
        self.findings += compared.found
        self.news += compared.news
        self.shown_again += compared.shown

    def add(self, steps: Sequence[PullStep], done: Committed) -> None:
        for fetched in (step.fetched for step in steps):
            self.fetched += fetched.stored + len(fetched.events) + len(fetched.set_aside)
            self.set_aside += len(fetched.set_aside)
            self.duplicates += fetched.stored
        self.inserted += len(done.inserted)
        self.duplicates += done.duplicates
        for event in done.inserted:
            if event.unmapped and event.raw_action is not None:
                self.unmapped[event.raw_action] += 1
            if event.tenant_why is not None:
                self.tenants[event.tenant_why.reason] += 1


async def run_tick(
    source: Source,
    store: Store,
    lease: Callable[[], Lease],
    *,
    trigger: Trigger,
    budget: Budget,
    rules: TenantRules,
    clock: Callable[[], datetime] = now,
    monotonic: Callable[[], float] = time.monotonic,
    on_progress: Callable[[str], None] | None = None,
) -> Tick:
    """Pull once and say what came of it; never raises a SourceError or a StoreError, which become the report's.

    `lease` gives the lease for a write that starts now, and raises LeaseLost where it is gone. A `catch_up` tick
    leaves the head of the list alone and only fills holes. The report is kept by the store, where it answers.
    """
    started_at, began, sent = clock(), monotonic(), source.requests
    source.begin_tick()
    tally = _Tally()
    state: PullState | None = None
    error: AuditError | None = None
    warning: str | None = None
    caught_up = more = False

    def durable(steps: Sequence[PullStep], done: Committed) -> None:
        nonlocal state, caught_up, more, warning, error
        tally.add(steps, done)
        last = steps[-1]
        state, caught_up, more, error = done.state, last.caught_up, last.more, last.error
        for step in steps:
            warning = step.warning or warning
        if on_progress is not None:
            on_progress(_progress(tally, state))

    try:
        state = await store.state(source.name)
        tenants = rules.tenants | await store.tenants()
        behind = Behind(store, state, lease, durable)
        try:
            async with aclosing(source.pull(state, budget, behind, fill_only=trigger == "catch_up")) as steps:
                async for step in steps:
                    events = await _with_tenants(source, step.fetched, tenants, rules.admin_groups)
                    if step.again is not None:
                        await behind.settle()
                        tally.add_compared(await compare(store, source.name, step.again, events, lease))
                    await behind.start(step, events)
            await behind.settle()
        except asyncio.CancelledError:
            behind.cancel()
            raise
        finally:
            await behind.end()
        await _resolve_again(source, store, tenants, rules.admin_groups, lease)
    except (SourceError, StoreError) as failure:
        error = failure
        if isinstance(failure, StoreError):
            source.forget()
    waiting = 0 if source.directory_error is not None else source.users_waiting
    if source.directory_error is not None and warning is None:
        warning = f"groups could not be looked up, so tenants wait: {source.directory_error}"
    warning = "; ".join(filter(None, (news_line(tally.news), warning, _waiting_line(waiting)))) or None
    report = TickReport(
        source=source.name,
        trigger=trigger,
        started_at=started_at,
        duration_ms=round((monotonic() - began) * 1000),
        requests=source.requests - sent,
        fetched=tally.fetched,
        inserted=tally.inserted,
        duplicates=tally.duplicates,
        set_aside=tally.set_aside,
        unmapped=dict(tally.unmapped),
        tenants=dict(tally.tenants),
        holes=len(state.unread) if state is not None else 0,
        last_event_at=state.cursor.at if state is not None and state.cursor is not None else None,
        last_event_id=state.cursor.pk if state is not None and state.cursor is not None else None,
        outcome="ok" if error is None else "failed",
        error=None if error is None else TickError(error.kind, error.message),
        warning=warning,
    )
    try:
        await store.save_tick(report)
    except StoreError as failure:
        if error is None:
            told = TickError(failure.kind, failure.message)
            report, error = replace(report, outcome="failed", error=told), failure
    retry_after = error.retry_after if isinstance(error, SourceError) else None
    return Tick(
        report,
        state,
        caught_up and error is None,
        more,
        retry_after,
        findings=tuple(tally.findings),
        shown_again=tally.shown_again,
        waiting=waiting,
    )


def skipped(source: str, trigger: Trigger, state: PullState | None, error: TickError, at: datetime) -> TickReport:
    """The report of a tick that was not to be: nothing was sent, and nothing written."""
    cursor = state.cursor if state is not None else None
    return TickReport(
        source=source,
        trigger=trigger,
        started_at=at,
        holes=len(state.unread) if state is not None else 0,
        last_event_at=cursor.at if cursor is not None else None,
        last_event_id=cursor.pk if cursor is not None else None,
        outcome="skipped",
        error=error,
    )


async def _with_tenants(
    source: Source, fetched: Fetched, tenants: Collection[str], admin_groups: GroupPatterns
) -> Sequence[AuditEvent]:
    """The events with their tenants, as the directory knows the users now."""
    users = [tenant_user_id(event) for event in fetched.events]
    known = await _memberships(source, users, fetched.groups_changed_at)
    found = {user_id: _resolve(user_id, known, tenants, admin_groups) for user_id in set(users)}
    return [
        event.with_tenant(found[user_id].slug, found[user_id].why)
        for event, user_id in zip(fetched.events, users, strict=True)
    ]


async def _resolve_again(
    source: Source,
    store: Store,
    tenants: Collection[str],
    admin_groups: GroupPatterns,
    lease: Callable[[], Lease],
) -> None:
    """Rows whose look-up had failed get their tenant, now that the directory may answer."""
    rows = await store.unresolved(source.name, _UNRESOLVED_A_TICK)
    if not rows:
        return
    users = {row.position: _user_of(row) for row in rows}
    known = await _memberships(source, users.values(), None)
    found: dict[Position, Resolution] = {}
    for position, user_id in users.items():
        resolution = _resolve(user_id, known, tenants, admin_groups)
        if resolution.why.reason != "lookup_failed":
            found[position] = resolution
    if found:
        await store.resolve(found, lease())


async def _memberships(
    source: Source, user_ids: Collection[str | None], groups_changed_at: datetime | None
) -> Mapping[str, Membership | None]:
    wanted = {user_id for user_id in user_ids if user_id is not None}
    if not wanted and groups_changed_at is None:
        return {}
    return await source.memberships(wanted, groups_changed_at)


def _resolve(
    user_id: str | None,
    known: Mapping[str, Membership | None],
    tenants: Collection[str],
    admin_groups: GroupPatterns,
) -> Resolution:
    membership = known.get(user_id) if user_id is not None else None
    return resolve_tenant(user_id, membership, tenants, admin_groups)


def _user_of(row: Row) -> str | None:
    why = row.event.tenant_why
    return why.user_id if why is not None else tenant_user_id(row.event)


def _waiting_line(users: int) -> str | None:
    if not users:
        return None
    return (
        f"{users:,} user{'s wait' if users > 1 else ' waits'} for a look-up of groups; until then, events lack a tenant"
    )


def _progress(tally: _Tally, state: PullState) -> str:
    if not state.unread:
        return f"{tally.inserted:,} new"
    known = [hole.events for hole in state.unread if hole.events is not None]
    if len(known) < len(state.unread):
        return "filling"
    return f"filling, about {max(round(sum(known) / _ROWS_A_PAGE), 1):,} pages left"
