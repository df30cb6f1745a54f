"""Counts beside what is shown: what matches, what is marked, and what came since the reader stopped."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from time import monotonic
from typing import TYPE_CHECKING, TypeVar

from dezky_audit_tui.errors import Interrupted
from dezky_audit_tui.model.query import EVERYTHING, Query
from dezky_audit_tui.model.query_match import matches
from dezky_audit_tui.store.store import Changes, Store
from dezky_audit_tui.tui.timeline.reader import Reader
from dezky_audit_tui.tui.timeline.window import is_ahead
from dezky_audit_tui.tui.widgets.timeline import Timeline

if TYPE_CHECKING:
    from dezky_audit_tui.tui.timeline.search import Search

T = TypeVar("T")

_FRESH_AT_ONCE = 1_000
_COUNTS = 3
"""How often a count is repeated because rows came meanwhile."""
SLOW_S = 0.3
"""After this many seconds a search says that it runs."""


@dataclass(slots=True)
class _Tally:
    """Live rows that match a query while the store counts it."""

    query: Query
    rows: int = 0


class Counting:
    """What the browser knows in numbers, and the searches that may be stopped. Its coroutines raise StoreError."""

    def __init__(
        self,
        store: Store,
        reader: Reader,
        timeline: Timeline,
        *,
        tell: Callable[[str], None],
        on_change: Callable[[], None],
        catch_up: Callable[[], Awaitable[None]],
    ) -> None:
        self._store, self._reader, self._timeline = store, reader, timeline
        self._tell, self._on_change, self._catch_up = tell, on_change, catch_up
        self.searching = False
        self.counting = False
        self.matching: int | None = None
        """How many rows match; None while it is not known."""
        self.search: Search | None = None
        """What is marked among the rows."""
        self.hits: int | None = None
        """How many rows of the filter are marked; None while it is not known."""
        self._tallies: list[_Tally] = []
        self._fresh_due = False
        """Whether what came since the reader stopped is to be counted for another filter than it was."""

    @property
    def query(self) -> Query:
        """The filter that holds now."""
        return self._reader.query

    def take(self, changes: Changes) -> None:
        """Live rows."""
        taken = self._reader.take(changes.rows)
        for tally in self._tallies:
            tally.rows += sum(matches(tally.query, row.event) for row in changes.rows)
        if self.matching is not None:
            self.matching += len(taken.matching)
        if self.hits is not None and self.search is not None:
            self.hits += sum(self.search.hits(row.event) for row in taken.matching)
        if not self._timeline.following:
            self._timeline.view.fresh.take(taken.matching)
        if taken.changed:
            self._timeline.update()

    def stop_search(self) -> bool:
        """Cancel the search that runs; False where none does."""
        if self.searching:
            self._store.interrupt()
        return self.searching

    async def count(self) -> None:
        """How many rows match, and how many of them are hits; stopped together with a search."""
        query, search = self.query, self.search
        self.matching, self.hits, self.counting = None, None, query != EVERYTHING or search is not None
        self._on_change()
        try:
            if self._fresh_due:
                await self._count_fresh()
            if query != EVERYTHING:
                self.matching = await self._counted(query)
                self._on_change()
            if search is not None:
                self.hits = await self._counted(search.within(query))
        finally:
            self.counting = False
        self._on_change()

    async def _counted(self, query: Query) -> int | None:
        """A live row that comes beside a count may be in it or not: a short one is repeated until none does. Those
        that come beside a long one were stored after it had begun, since all that waited was taken before."""
        tally = _Tally(query)
        self._tallies.append(tally)
        try:
            for _ in range(_COUNTS):
                await self._catch_up()
                tally.rows, begun = 0, monotonic()
                count = await self._unless_stopped(self._store.count(query))
                slow = monotonic() - begun > SLOW_S
                await self._catch_up()
                if count is None or not tally.rows:
                    break
                if slow:
                    return count + tally.rows
            return count
        finally:
            self._tallies.remove(tally)

    async def _count_fresh(self) -> None:
        """What came since the reader stopped is counted anew, for the filter that holds now."""
        fresh, query = self._timeline.view.fresh, self.query
        last = fresh.since
        if last is not None:
            fresh.recount()
            while rows := await self._unless_stopped(self._store.newer(query, last, _FRESH_AT_ONCE)):
                fresh.take(row for row in rows if not is_ahead(row))
                last = rows[-1].position
                if len(rows) < _FRESH_AT_ONCE:
                    break
            await self._catch_up()
            fresh.settle()
        self._fresh_due = False
        self._on_change()

    async def _said(self, wait: Awaitable[T]) -> T:
        """A slow one is said to run while it does."""
        slow = asyncio.get_running_loop().call_later(SLOW_S, self._is_slow)
        try:
            return await wait
        finally:
            slow.cancel()
            if self.searching:
                self.searching = False
                self._on_change()

    def _is_slow(self) -> None:
        self.searching = True
        self._on_change()

    async def _unless_stopped(self, wait: Awaitable[T]) -> T | None:
        try:
            return await wait
        except Interrupted:
            self._tell("search stopped; the timeline is as it was")
            return None
