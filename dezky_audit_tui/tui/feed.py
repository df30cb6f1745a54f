"""Carries news from the store to the screen: new rows, the pull's status, ticks and totals. Knows no screen."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import NamedTuple

from dezky_audit_tui.errors import StoreError
from dezky_audit_tui.model.report import TickReport, reads_newest
from dezky_audit_tui.store.store import Changes, Follower, Store, StoreStatus
from dezky_audit_tui.tui.looking import Until, until

log = logging.getLogger(__name__)

POLL_S, HURRY_S = 0.25, 0.1
_LOOK_S, _LOOKS = 0.05, 20
"""Between two looks at a store's stamp, and how many of them stand for a poll where it does not change."""
_BELL_LOOK_S, _BELL_LOOKS = 0.5, 2
"""The same where a bell calls for a look: some file systems have bells that do not ring for every writer."""

_STATUS_EVERY = timedelta(seconds=1)
_COUNT_EVERY = timedelta(seconds=60)
_COUNTS = 3
"""How often a count is repeated because rows came meanwhile."""

_TICKS, _ALL_TICKS = 60, 10_000
_MANY, _MORE_S = 200, 0.02
"""So many rows at once, and more are likely to wait: they are read after a pause that is enough for a key."""

_RETRY_S = (0.5, 1.0, 2.0, 5.0)
_SILENT_S = 10.0
"""A store that has not answered for so long is said to be away. A line on which nothing comes through any more ends no
request for half a minute, and all would look as if nothing happened."""


class News(NamedTuple):
    """What the store said last. `total`: all rows, `sources`: who wrote them. `error`: why it says nothing.

    `good`: the last tick that read the newest events, also where it lies beyond `ticks`, the latest ones.
    """

    status: StoreStatus | None = None
    ticks: tuple[TickReport, ...] = ()
    good: TickReport | None = None
    sources: tuple[str, ...] = ()
    total: int | None = None
    error: str | None = None


class Feed:
    """Reads in a loop; `on_open` after every opening of the store, `on_changes` where rows came, `on_news` else.

    The callbacks are called on the loop that runs it.
    """

    def __init__(
        self,
        store: Store,
        source: str,
        *,
        clock: Callable[[], datetime],
        on_open: Callable[[], Awaitable[None]],
        on_changes: Callable[[Changes], None],
        on_news: Callable[[News], None],
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        until: Until = until,
    ) -> None:
        self._store, self._source, self._clock, self._sleep, self._until = store, source, clock, sleep, until
        self._on_open, self._on_changes, self._on_news = on_open, on_changes, on_news
        self._news = News()
        self._follower: Follower | None = None
        self._opened = False
        # One reading at a time: of two, one would count rows that the other adds.
        self._turn = asyncio.Lock()
        self.opened = asyncio.Event()
        """The store was opened and its first page read."""
        self.told = asyncio.Event()
        """There is something to show: the first page, or that the store is away."""
        self._status_at: datetime | None = None
        self._counted_at: datetime | None = None
        self._more = self._busy = False
        self._stamp: object = None
        self.hurry = False
        """Poll faster: somebody waits for what a tick brings."""

    async def run(self) -> None:
        """Until cancelled. A store that is away is tried again, and said to be away meanwhile."""
        attempt = 0
        while True:
            try:
                with self._heard():
                    await self._once()
                attempt = 0
                await self._pause()
            except StoreError as error:
                log.warning("the store is away: %s", error.message)
                self._tell(self._news._replace(error=error.message))
                await self._let_go()
                await self._sleep(_RETRY_S[min(attempt, len(_RETRY_S) - 1)])
                attempt += 1

    async def refresh(self) -> None:
        """Read at once what the loop would read within its second. Raises StoreError. Whoever is cancelled while it
        waits takes no rows along."""
        self._status_at = None
        if self._follower is not None:
            await asyncio.shield(self._once())

    async def close(self) -> None:
        """Let the store go."""
        await self._let_go()
        if self._opened:
            self._opened = False
            try:
                await self._store.close()
            except StoreError as error:
                log.warning("the store did not close cleanly: %s", error.message)

    async def _pause(self) -> None:
        """Until the next poll. What comes after a quiet time is read at once, what comes in a stream four times a
        second: each time the screen moves, which costs a slow line some kilobytes."""
        if self.hurry or self._more:
            await self._sleep(_MORE_S if self._more else HURRY_S)
            return
        follower = self._follower
        if self._busy or self._stamp is None or follower is None:
            await self._sleep(POLL_S)
            return
        bell = follower.bell()
        every_s, looks = (_LOOK_S, _LOOKS) if bell is None else (_BELL_LOOK_S, _BELL_LOOKS)
        await self._until(lambda: self.hurry or follower.stamp() != self._stamp, every_s, looks, bell)

    @contextmanager
    def _heard(self) -> Iterator[None]:
        """Within it, a store that does not answer is told of; the first answer may take as long as it likes."""
        if self._follower is None:
            yield
            return
        silent = asyncio.get_running_loop().call_later(_SILENT_S, self._tell_silent)
        try:
            yield
        finally:
            silent.cancel()

    def _tell_silent(self) -> None:
        log.warning("the store has not answered for %g s", _SILENT_S)
        self._tell(self._news._replace(error=f"it has not answered for {_SILENT_S:g} s"))

    async def _once(self) -> None:
        async with self._turn:
            await self._read()

    async def _read(self) -> None:
        if not self._opened:
            await self._store.open()
            self._opened = True
        if self._follower is None:
            # The follower first: what is stored while the first page is read then comes live.
            self._follower = await self._store.follow()
            self._counted_at = self._status_at = None
            try:
                await self._on_open()
                self.told.set()
                await self._read_status(self._follower)
            except StoreError:
                # Whoever reads next, the page that was not read has to come first.
                await self._let_go()
                raise
            self.opened.set()
            return
        self._stamp = self._follower.stamp()
        changes = await self._poll(self._follower)
        self._busy = bool(changes.rows)
        self._more = len(changes.rows) >= _MANY
        settled = changes.rows and not self._more
        if settled or self._status_at is None or self._clock() - self._status_at >= _STATUS_EVERY or self.hurry:
            await self._read_status(self._follower)

    async def _poll(self, follower: Follower) -> Changes:
        changes = await follower.poll()
        if changes.rows or changes.resolved:
            if self._news.total is not None:
                sources = {*self._news.sources, *(row.event.source for row in changes.rows)}
                total = self._news.total + len(changes.rows)
                self._news = self._news._replace(total=total, sources=tuple(sorted(sources)))
            self._on_changes(changes)
        return changes

    async def _count(self, follower: Follower) -> None:
        """A row that comes between a poll and a count is in both. So the count stands only where none is behind it."""
        for _ in range(_COUNTS):
            counts = await self._store.counts()
            behind = await self._poll(follower)
            self._news = self._news._replace(total=sum(counts.values()), sources=tuple(sorted(counts)))
            if not behind.rows:
                break
        self._counted_at = self._clock()

    async def _read_status(self, follower: Follower) -> None:
        if self._counted_at is None or self._clock() - self._counted_at >= _COUNT_EVERY:
            await self._count(follower)
        status = await self._store.status(self._source)
        news = self._news._replace(status=status, error=None)
        if self._news.status is None or status.last_tick != self._news.status.last_tick or self._news.error:
            ticks = tuple(await self._store.ticks(self._source, _TICKS))
            news = news._replace(ticks=ticks, good=await self._good(ticks))
        self._status_at = self._clock()
        self._tell(news)

    async def _good(self, ticks: Sequence[TickReport]) -> TickReport | None:
        """The last good tick: where a source is away for hours, it lies far behind the latest ones."""
        found = next(filter(reads_newest, ticks), None) or self._news.good
        if found is None and len(ticks) == _TICKS:
            found = next(filter(reads_newest, await self._store.ticks(self._source, _ALL_TICKS)), None)
        return found

    def _tell(self, news: News) -> None:
        self._news = news
        self._on_news(news)
        self.told.set()

    async def _let_go(self) -> None:
        follower, self._follower = self._follower, None
        if follower is not None:
            try:
                await follower.close()
            except StoreError as error:
                log.warning("the follower did not close cleanly: %s", error.message)
