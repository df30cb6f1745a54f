"""The timeline as plain lines, for screen readers and pipes: one line an event, states as words. Knows no screen."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from dezky_audit_tui.insight.words import many
from dezky_audit_tui.model.cursor import Hole
from dezky_audit_tui.model.describe import describe
from dezky_audit_tui.model.event import AuditEvent, Position, Row
from dezky_audit_tui.model.query import EVERYTHING, Query, Since, Term
from dezky_audit_tui.store.store import Changes
from dezky_audit_tui.text import visible
from dezky_audit_tui.tui.feed import Feed, News
from dezky_audit_tui.tui.setup import Setup
from dezky_audit_tui.tui.standing import facts_now
from dezky_audit_tui.tui.supervise import Supervisor
from dezky_audit_tui.tui.words.cells import actor_text
from dezky_audit_tui.tui.words.health import Health, health_of

FIRST = 20
"""Rows that are told at the start."""

_LATE = timedelta(minutes=10)
"""So much older than what was known, a new row is news still: sources commit some events late."""
_REMEMBERED = 20_000
_PAGE = 500
_LOOK_S = 1.0
_HISTORY_EVERY = 10


@dataclass(frozen=True, slots=True)
class Ends:
    """`events` takes lines of data, `say` a line about the program. What they raise ends it."""

    events: Callable[[Iterable[str]], None]
    say: Callable[[str], None]


def plain_line(event: AuditEvent) -> str:
    """`2026-11-24 08:22:47Z  failure  authentik.login_failed  mallory  198.51.100.4  acme  what`; `-` for none."""
    words = (
        f"{event.at:%Y-%m-%d %H:%M:%S}Z",
        event.outcome,
        event.action,
        actor_text(event),
        event.actor_ip or "-",
        event.tenant_slug or "-",
        describe(event) or "-",
    )
    return "  ".join(visible(word) for word in words)


def state_line(source: str, health: Health) -> str:
    """`authentik: ok, 4 s behind, ingesting here`, and behind it what is wrong."""
    line = f"{source}: " + ", ".join(word for word in (health.word, health.lag, health.who) if word)
    return visible(f"{line}. {health.problem}" if health.problem else line)


def gaps_line(holes: Sequence[Hole]) -> str:
    """What has not been read yet."""
    if not holes:
        return "gaps: none, everything is read"
    events = sum(hole.events or 0 for hole in holes)
    about = f", about {many(events, 'event')}" if events else ""
    return f"gaps: {len(holes):,} stretch{'es' if len(holes) > 1 else ''} of time not read yet{about}"


async def run_plain(setup: Setup, ends: Ends) -> None:
    """Ingest and tell until cancelled; then the ingester ends, and the store is let go.

    A store that is away is said to be, and read again; what came meanwhile is told then.
    """
    await _Plain(setup, ends).run()


class _Plain:
    def __init__(self, setup: Setup, ends: Ends) -> None:
        self._setup, self._ends = setup, ends
        self._supervisor = Supervisor(setup.make_ingester)
        self._news = News()
        self._state: tuple[str, ...] = ()
        self._gaps = False
        self._told: deque[Position] = deque(maxlen=_REMEMBERED)
        self._known: datetime | None = None
        """The newest moment that was told at the start: what lies long before it is history."""
        self._newest: datetime | None = None
        self._history = 0
        self._feed = Feed(
            setup.store,
            setup.source_name,
            clock=setup.clock,
            on_open=self._opened,
            on_changes=self._take,
            on_news=self._hear,
        )

    async def run(self) -> None:
        work = [asyncio.ensure_future(each) for each in (self._feed.run(), self._supervise(), self._watch())]
        try:
            done, _ = await asyncio.wait(work, return_when=asyncio.FIRST_EXCEPTION)
            for task in done:
                task.result()
        finally:
            for task in work:
                task.cancel()
            await asyncio.gather(*work, return_exceptions=True)
            await self._supervisor.stop()
            await self._feed.close()

    async def _supervise(self) -> None:
        await self._feed.opened.wait()
        await self._supervisor.run()

    async def _watch(self) -> None:
        turn = 0
        while True:
            self._tell_state()
            turn += 1
            if turn % _HISTORY_EVERY == 0:
                self._tell_history()
            await asyncio.sleep(_LOOK_S)

    async def _opened(self) -> None:
        if self._newest is None:
            self._begin(await self._setup.store.older(EVERYTHING, None, FIRST))
            return
        # The store was away: what others stored meanwhile no follower brings.
        recent = Query((Term(Since(self._newest - _LATE), False, ""),))
        than: Position | None = None
        while rows := await self._setup.store.newer(recent, than, _PAGE):
            self._tell(rows)
            than = rows[-1].position

    def _begin(self, newest_first: Sequence[Row]) -> None:
        if newest_first:
            self._known = self._not_ahead(newest_first[0].event.at)
            self._write(list(reversed(newest_first[:FIRST])))

    def _take(self, changes: Changes) -> None:
        rows = sorted(changes.rows, key=lambda row: row.position)
        if rows and self._known is None:
            self._begin(rows[::-1])
            self._history += max(0, len(rows) - FIRST)
        else:
            self._tell(rows)

    def _tell(self, oldest_first: Sequence[Row]) -> None:
        """What is new on the screen; what happened long before it fills in behind, and is told as a number."""
        told = frozenset(self._told)
        since = (self._known or self._setup.clock()) - _LATE
        new = [row for row in oldest_first if row.position not in told]
        fresh = [row for row in new if row.event.at >= since]
        self._history += len(new) - len(fresh)
        self._write(fresh)

    def _write(self, oldest_first: Sequence[Row]) -> None:
        if not oldest_first:
            return
        self._told.extend(row.position for row in oldest_first)
        last = self._not_ahead(oldest_first[-1].event.at)
        self._newest = last if self._newest is None else max(self._newest, last)
        self._ends.events([plain_line(row.event) for row in oldest_first])

    def _not_ahead(self, moment: datetime) -> datetime:
        """A fast clock must not make all that comes look like history."""
        return min(moment, self._setup.clock())

    def _tell_history(self) -> None:
        if self._history:
            count, self._history = self._history, 0
            self._ends.say(f"history: {many(count, 'older event')} stored")

    def _hear(self, news: News) -> None:
        self._news = news
        self._tell_state()
        holes = news.status.state.unread if news.status is not None else ()
        if bool(holes) != self._gaps:
            self._gaps = bool(holes)
            self._tell_history()
            self._ends.say(gaps_line(holes))

    def _tell_state(self) -> None:
        """Where the word, its weight or who ingests has changed; a lag that grows is no change."""
        health = health_of(facts_now(self._setup, self._supervisor, self._news))
        state = (health.word, health.level, health.who)
        if state != self._state:
            self._state = state
            self._ends.say(state_line(self._setup.source_name, health))
