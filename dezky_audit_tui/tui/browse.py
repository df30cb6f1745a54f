"""Moves the timeline through the store: filters, jumps, pages, live rows. Between a reader and its widget."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from datetime import datetime
from typing import Any, Literal, TypeVar

from dezky_audit_tui.errors import Interrupted
from dezky_audit_tui.model.event import Row
from dezky_audit_tui.model.query import EVERYTHING, Match, Pattern, Query, Term
from dezky_audit_tui.model.query_match import matches
from dezky_audit_tui.store.store import Changes, Store
from dezky_audit_tui.tui.reader import End, Reader
from dezky_audit_tui.tui.widgets.timeline import Timeline

T = TypeVar("T")
Kind = Literal["failure", "impersonation"]

SLOW_S = 0.3
"""After this many seconds a search says that it runs."""

_KINDS: dict[Kind, Query] = {
    "failure": Query((Term(Match("outcome", (Pattern("failure"), Pattern("denied"))), False, ""),)),
    "impersonation": Query((Term(Match("verb", (Pattern("impersonation_started"),)), False, ""),)),
}


class Browser:
    """Its coroutines raise StoreError; a search that was stopped is told, and leaves all as it was.

    `tell` says a line to the operator; `on_change` is called when filter, counts or search changed; `aside` runs a
    coroutine beside all this.
    """

    def __init__(
        self,
        store: Store,
        reader: Reader,
        timeline: Timeline,
        *,
        tell: Callable[[str], None],
        on_change: Callable[[], None],
        aside: Callable[[Coroutine[Any, Any, None]], None],
    ) -> None:
        self._store, self._reader, self._timeline = store, reader, timeline
        self._tell, self._on_change, self._aside = tell, on_change, aside
        self.searching = False
        self.counting = False
        self.matching: int | None = None
        """How many rows match; None while it is not known."""
        self.off: Query | None = None
        """The filter that is switched off, and comes back with one key."""

    @property
    def query(self) -> Query:
        """The filter that holds now."""
        return self._reader.query

    @property
    def opened(self) -> bool:
        """Whether the store has been read at all."""
        return self._reader.opened

    @property
    def chips(self) -> Sequence[str]:
        """The terms as they were typed, also while they are switched off."""
        return [term.text for term in (self.off or self.query).terms]

    def begin_with(self, query: Query, *, off: bool) -> None:
        """The filter of the first opening; `off`: that it is switched off."""
        if off:
            self.off = query
        else:
            self._reader.query = query

    async def open(self, query: Query | None = None) -> None:
        """Read anew, with another filter or the same. A paused reader stays at the event."""
        wanted = self.query if query is None else query
        selected, line = self._timeline.selected, self._timeline.view.screen_line
        if self._timeline.following or selected is None:
            await self._load(self._reader.open_newest(wanted), following=True)
        else:
            around = self._reader.open_at(wanted, selected.position)
            await self._load(around, select=lambda: selected, line=line)
        self._aside(self.count())

    async def newest(self) -> None:
        """To the newest row, and follow."""
        await self._load(self._reader.open_newest(self.query), following=True)

    async def oldest(self) -> None:
        """To the beginning of the log."""
        window = self._reader.window
        if window.at_oldest:
            self._timeline.move(len(window))
        else:
            await self._load(self._reader.open_oldest(), select=lambda: window.oldest, line=1 << 20)

    async def jump(self, moment: datetime) -> None:
        """To the newest row up to a moment."""
        window = self._reader.window

        def newest_before() -> Row | None:
            return next((row for row in window.newest_first() if row.event.at <= moment), window.oldest)

        await self._load(self._reader.open_moment(moment), select=newest_before)

    async def seek(self, kind: Kind, end: End) -> None:
        """To the next row of a kind within the filter, older or newer."""
        here = self._timeline.selected
        if here is None:
            return
        row = await self._unless_stopped(self._reader.look(_KINDS[kind], here.position, end))
        layout, same = self._timeline.view.layout, here.position
        # Behind a row that stands for many there may be hundreds of that kind: they are all the one that is selected.
        while row is not None and layout.shown(row.position) == same:
            row = await self._unless_stopped(self._reader.look(_KINDS[kind], row.position, end))
        if row is None:
            self._tell(f"no {end} {kind} here")
        elif self._reader.window.index(row.position) is not None:
            self._timeline.go_to(row)
        else:
            await self._load(self._reader.open_at(self.query, row.position), select=lambda: row)

    async def go(self, row: Row) -> None:
        """To a row; a filter that hides it is switched off."""
        query = self.query
        if not matches(query, row.event):
            self.off, query = query, EVERYTHING
            self._tell("filter off to show it: f brings it back")
        await self._load(self._reader.open_at(query, row.position), select=lambda: row)
        if self.off is not None:
            self._aside(self.count())

    async def extend(self, end: End) -> None:
        """One more page at an end of the window."""
        if await self._unless_stopped(self._reader.extend(end)):
            self._timeline.update()

    def take(self, changes: Changes) -> None:
        """Live rows."""
        taken = self._reader.take(changes.rows)
        if self.matching is not None:
            self.matching += len(taken.matching)
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
        """How many rows match; stopped together with a search."""
        self.matching, self.counting = None, self.query != EVERYTHING
        self._on_change()
        if self.counting:
            try:
                self.matching = await self._unless_stopped(self._store.count(self.query))
            finally:
                self.counting = False
            self._on_change()

    async def _load(
        self,
        read: Awaitable[bool],
        *,
        following: bool = False,
        select: Callable[[], Row | None] | None = None,
        line: int | None = None,
    ) -> None:
        """Wait for another stretch and show it; a slow one says that it is searched, and can be stopped."""
        slow = asyncio.get_running_loop().call_later(SLOW_S, self._is_slow)
        try:
            opened = await self._unless_stopped(read)
        finally:
            slow.cancel()
            self.searching = False
        if opened:
            row = select() if select is not None else None
            self._timeline.opened(row.position if row is not None else None, following=following, line=line)
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
