"""Reads a shift from a store: page by page by the place of the last row, so that any number of rows takes little
memory. What takes time is done in a thread, so that a screen goes on. May raise a StoreError.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime, timedelta

from dezky_audit_tui.insight.first_seen import FirstSeen
from dezky_audit_tui.insight.handover import Arrival, Handover, Shift
from dezky_audit_tui.insight.kinds import ENDED, LOGIN, LOGIN_FAILED, STARTED
from dezky_audit_tui.insight.radar import radar_of
from dezky_audit_tui.insight.silence import patience, unattended, unread
from dezky_audit_tui.model.event import Position, Row
from dezky_audit_tui.model.query import Condition, Is, Match, Pattern, Query, Since, Term, Until
from dezky_audit_tui.model.tenants import GroupPatterns
from dezky_audit_tui.store.store import Store

PAGE_ROWS = 500
LOOKED_BACK = 20_000
"""Rows of impersonations before the shift that are read, of each sort."""

_ATTEMPTS_BEFORE = timedelta(hours=1)
_TICKS = 5_000


async def read_handover(
    store: Store,
    source: str,
    since: datetime,
    until: datetime,
    *,
    now: datetime,
    admin_groups: GroupPatterns,
    verbs: Mapping[str, str],
    interval_s: float,
) -> Handover:
    """The shift from `since` to `until` (excluded). `verbs`: the action map; `interval_s`: how often a tick is due."""
    shift = Shift(since, until, admin_groups)
    sessions_from = await _read_before(store, shift)
    async for rows in pages_between(store, _query(Since(since), Until(until))):
        await asyncio.to_thread(shift.add_all, rows)
    arrivals = []
    first_seen = FirstSeen(store)
    for row in shift.origins():
        novelty = await first_seen.novelty(row)
        if novelty is not None and novelty.anything:
            arrivals.append(Arrival(row.event, novelty))
    status = await store.status(source)
    ticks = await store.ticks(source, _TICKS)
    state = status.state
    end = min(until, now)
    # Where no tick is kept any more, or none ever ran, nobody asked since all was settled.
    known_from = None if any(tick.outcome != "skipped" for tick in ticks) else state.settled_at or since
    return await asyncio.to_thread(
        shift.handover,
        made_at=now,
        source=source,
        store=store.name,
        arrivals=arrivals,
        unmapped=radar_of(await store.action_counts(), verbs).new_between(since, until),
        unread=unread(state.unread, since, until),
        unattended=unattended(ticks, since, end, patience(interval_s), known_from=known_from),
        settled_to=state.settled_at,
        sessions_from=sessions_from,
    )


async def pages_between(store: Store, query: Query) -> AsyncIterator[Sequence[Row]]:
    """The rows that match, oldest first, in pages."""
    than: Position | None = None
    while rows := await store.newer(query, than, PAGE_ROWS):
        yield rows
        than = rows[-1].position


async def _read_before(store: Store, shift: Shift) -> datetime | None:
    """What happened before the shift and belongs to it: open impersonations, and guessing that had begun. Returns how
    far back impersonations were read, None for all of them."""
    until = Until(shift.since)
    began = Match("verb", (Pattern(STARTED), Pattern(ENDED)))
    reached: list[datetime] = []
    found: list[Row] = []
    for query in (_query(Is(("impersonated",)), until), _query(began, until)):
        rows = await newest_rows(store, query, LOOKED_BACK)
        if len(rows) == LOOKED_BACK:
            reached.append(rows[-1].event.at)
        found += rows
    # Beyond where the one of the two ends, a start could look open only because its end was not read.
    floor = max(reached, default=None)
    events = [row.event for row in found if floor is None or row.event.at >= floor]
    tried = Match("verb", (Pattern(LOGIN), Pattern(LOGIN_FAILED)))
    earlier = await newest_rows(store, _query(tried, Since(shift.since - _ATTEMPTS_BEFORE), until), LOOKED_BACK)
    await asyncio.to_thread(shift.before, [*events, *(row.event for row in earlier)])
    return floor


async def newest_rows(store: Store, query: Query, most: int) -> list[Row]:
    """The newest rows that match, `most` of them at most, newest first."""
    found: list[Row] = []
    while len(found) < most:
        limit = min(PAGE_ROWS, most - len(found))
        rows = await store.older(query, found[-1].position if found else None, limit)
        found += rows
        if len(rows) < limit:
            break
    return found


def _query(*conditions: Condition) -> Query:
    return Query(tuple(Term(condition, False, "") for condition in conditions))
