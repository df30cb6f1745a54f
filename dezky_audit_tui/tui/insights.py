"""What the dashboard makes of the rows besides showing them. Knows no screen.

It reads the store in small pieces off the screen's loop: the impersonations once at the start, and for the rows that
are on the screen what lies around them.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator, Collection, Iterable, Sequence
from datetime import datetime, timedelta

from dezky_audit_tui.insight.first_seen import FirstSeen, may_be_new
from dezky_audit_tui.insight.kinds import (
    LOGIN,
    LOGIN_FAILED,
    PASSWORD_SET,
    USER_MODEL,
    PersonKey,
    actor_of,
    is_nobody,
    kind_of,
    person_key,
    place_of,
)
from dezky_audit_tui.insight.live import LiveSessions
from dezky_audit_tui.insight.privileged import Privilege, privilege_of
from dezky_audit_tui.insight.session_fold import Session
from dezky_audit_tui.model.event import Position, Row
from dezky_audit_tui.model.instants import floor_ms
from dezky_audit_tui.model.query import Match, Pattern, Query, Since, Term, Until
from dezky_audit_tui.model.tenants import GroupPatterns
from dezky_audit_tui.store.store import Store
from dezky_audit_tui.tui.timeline.folds import Folds
from dezky_audit_tui.tui.timeline.marks import Marks
from dezky_audit_tui.tui.timeline.notes import Known
from dezky_audit_tui.tui.words.facts import Findings

AROUND = timedelta(minutes=10)
"""How far from a login other attempts are looked for: the gap that ends a burst."""

Stretch = tuple[datetime, datetime]
"""From the oldest moment to the newest one."""

_ATTEMPTS, _STEPS = 500, 4
_WRITERS = 5_000
_STEP = timedelta(milliseconds=1)
_TRIED = Term(Match("verb", (Pattern(LOGIN), Pattern(LOGIN_FAILED))), False, "")


class Insights:
    """One for the dashboard. Its coroutines raise StoreError and Interrupted."""

    def __init__(self, store: Store, admin_groups: Collection[str]) -> None:
        self._store = store
        self.sessions = LiveSessions(store)
        self.folds = Folds(self.sessions.book)
        self.first_seen = FirstSeen(store)
        self.marks = Marks()
        self._admin_groups = GroupPatterns(tuple(admin_groups))
        self._writers: OrderedDict[str, PersonKey] = OrderedDict()
        self._scouted: OrderedDict[Position, datetime] = OrderedDict()
        self._resets = 0

    def take(self, rows: Iterable[Row]) -> list[Session]:
        """Rows that were stored just now. Returns the impersonations that begin with one of them."""
        rows = list(rows)
        self.see(rows)
        self.first_seen.forget(rows)
        tried = [row.event.at for row in rows if _is_attempt(row)]
        if tried:
            self._look_again(min(tried) - AROUND, max(tried) + AROUND)
        return self.sessions.take(rows)

    def see(self, rows: Iterable[Row]) -> None:
        """Rows that are held: who set a password stands in another event of the same request."""
        for row in rows:
            event = row.event
            if event.request_id is None or event.metadata.get("model") != USER_MODEL:
                continue
            writer = person_key(actor_of(event))
            if writer is not None and not is_nobody(actor_of(event)):
                self._writers[event.request_id] = writer
                while len(self._writers) > _WRITERS:
                    self._writers.popitem(last=False)

    def privilege(self, row: Row) -> Privilege | None:
        """What makes a row stand out."""
        event = row.event
        found = privilege_of(event, self._admin_groups)
        if found is None and kind_of(event) == PASSWORD_SET and event.request_id is not None:
            writer = self._writers.get(event.request_id)
            owner = event.target.id if event.target is not None else None
            if writer is not None and is_nobody(actor_of(event)) and writer != ("id", owner):
                return "password_by_other"
        return found

    def known(self, row: Row) -> Known:
        """What the timeline says of a row besides."""
        return Known(self.privilege(row), self.first_seen.known(row), row.position in self.marks)

    def findings(self, row: Row, unread: int) -> Findings:
        """All that is known of a row besides itself."""
        session, burst = self.folds.session_of(row), self.folds.burst_of(row)
        return Findings(self.privilege(row), session, burst, self.first_seen.known(row), unread)

    async def find(self, session: Session) -> Row | None:
        """The row that a session begins with, as far as it is known."""
        start = floor_ms(session.first_at)
        bounds = Term(Since(start), False, ""), Term(Until(start + _STEP), False, "")
        than: Position | None = None
        while rows := await self._store.older(Query(bounds), than, _ATTEMPTS):
            for row in rows:
                if row.event.source == session.source and place_of(row.event) == session.key:
                    return row
            than = rows[-1].position
        return None

    async def scout(self, rows: Sequence[Row], held: Stretch | None) -> AsyncIterator[bool]:
        """Look up what is not known of these rows: whether their origin is new, and the attempts around theirs.

        `held`: a stretch in which nothing is left out of what is shown (None: there is none). Gives True whenever
        rows may have to be laid out in another way, and False where only their words may be others.
        """
        if self._resets != self.folds.resets:
            self._resets = self.folds.resets
            self._scouted.clear()
        for row in rows:
            if may_be_new(row.event) and self.first_seen.known(row) is None:
                novelty = await self.first_seen.novelty(row)
                if novelty is not None and novelty.anything:
                    yield False
        for row in rows:
            if not _is_attempt(row) or row.position in self._scouted or _is_inside(row, held):
                continue
            changed = await self._bring_around(row)
            self._scouted[row.position] = row.event.at
            while len(self._scouted) > _WRITERS:
                self._scouted.popitem(last=False)
            if changed:
                yield True

    def _look_again(self, since: datetime, until: datetime) -> None:
        for position in [position for position, at in self._scouted.items() if since <= at <= until]:
            del self._scouted[position]

    async def _bring_around(self, row: Row) -> bool:
        """The attempts around one, and on while its burst goes on."""
        changed = False
        since, until = row.event.at - AROUND, row.event.at + AROUND + _STEP
        for _ in range(_STEPS):
            rows = await self._attempts(since, until)
            changed = self.folds.bring(rows) or changed
            await asyncio.sleep(0)
            burst = self.folds.burst_of(row)
            if burst is None:
                break
            wider = min(since, burst.first_at - AROUND), max(until, burst.last_at + AROUND + _STEP)
            if wider == (since, until):
                break
            since, until = wider
        return changed

    async def _attempts(self, since: datetime, until: datetime) -> list[Row]:
        query = Query((_TRIED, Term(Since(since), False, ""), Term(Until(until), False, "")))
        return list(await self._store.older(query, None, _ATTEMPTS))


def _is_attempt(row: Row) -> bool:
    return kind_of(row.event) in (LOGIN, LOGIN_FAILED) and row.event.on_behalf_of is None


def _is_inside(row: Row, held: Stretch | None) -> bool:
    """Whether all attempts that may belong to it are on show."""
    return held is not None and held[0] <= row.event.at - AROUND and row.event.at + AROUND <= held[1]
