"""Reads the timeline from the store: pages at either end, jumps, and live rows, into one window. Knows no screen."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Literal, NamedTuple

from dezky_audit_tui.model.event import Position, Row
from dezky_audit_tui.model.query import EVERYTHING, Query, Since, Term, Until
from dezky_audit_tui.model.query_match import matches
from dezky_audit_tui.store.store import Store
from dezky_audit_tui.tui.timeline.window import LIMIT, PAGE, Window

End = Literal["older", "newer"]

_LATEST = 10
"""Rows from the top of the log in which the newest one is looked for: some may be dated ahead."""


class Taken(NamedTuple):
    """Live rows: those that match the filter, and whether any of them went into the window."""

    matching: Sequence[Row]
    changed: bool


class Reader:
    """The window over one filter. Its coroutines raise StoreError and Interrupted, and then change nothing.

    Rows that come live while a page is on its way could fall between the two: they are kept, and taken after it.
    """

    def __init__(self, store: Store, *, limit: int = LIMIT, page: int = PAGE) -> None:
        self._store = store
        self._limit, self._page = limit, page
        self.window = Window(limit)
        self.query = EVERYTHING
        self.opened = False
        self._turn = 0
        self._loads = 0
        self._meanwhile: list[Row] = []

    @property
    def busy(self) -> bool:
        """Whether a page is on its way."""
        return self._loads > 0

    async def open_newest(self, query: Query) -> bool:
        """The newest rows that match. False where another opening came in between."""
        return await self._open(query, lambda: self._newest(query))

    async def open_oldest(self) -> bool:
        """The oldest rows."""
        return await self._open(self.query, lambda: self._oldest(self.query))

    async def open_at(self, query: Query, position: Position) -> bool:
        """The rows around a place, which itself need not match."""
        return await self._open(query, lambda: self._around(query, position))

    async def open_moment(self, moment: datetime) -> bool:
        """The rows around a moment."""
        return await self._open(self.query, lambda: self._around_moment(self.query, moment))

    async def extend(self, end: End) -> bool:
        """One more page at an end, if there can be one. Whether the window changed."""
        window, turn = self.window, self._turn
        edge = window.oldest if end == "older" else window.newest
        done = window.at_oldest if end == "older" else window.at_newest
        if edge is None or done or self.busy:
            return False
        self._loads += 1
        try:
            read = self._store.older if end == "older" else self._store.newer
            rows = await read(self.query, edge.position, self._page)
            if turn != self._turn:
                return False
            last = len(rows) < self._page
            (window.add_older if end == "older" else window.add_newer)(rows, last=last)
            self._take_again()
            return True
        finally:
            self._loaded()

    def take(self, rows: Sequence[Row]) -> Taken:
        """Rows that were stored just now, by whomever."""
        matching = [row for row in rows if matches(self.query, row.event)]
        self.window.note(rows)
        if self.busy:
            self._meanwhile += rows
        return Taken(matching, self.window.take(matching) > 0)

    async def look(self, query: Query, position: Position, end: End) -> Row | None:
        """The nearest row of `query` within the filter, older or newer than a place."""
        both = Query((*self.query.terms, *query.terms))
        read = self._store.older if end == "older" else self._store.newer
        rows = await read(both, position, 1)
        return rows[0] if rows else None

    async def _open(self, query: Query, read: _Read) -> bool:
        self._turn += 1
        turn = self._turn
        self._loads += 1
        try:
            held = await read()
            if turn != self._turn:
                return False
            self.query, self.opened = query, True
            self.window.set(held.rows, at_newest=held.at_newest, at_oldest=held.at_oldest, above=held.above)
            self.window.note(held.latest)
            self._take_again()
            return True
        finally:
            self._loaded()

    def _take_again(self) -> None:
        self.window.take((row for row in self._meanwhile if matches(self.query, row.event)), again=True)

    def _loaded(self) -> None:
        self._loads -= 1
        if not self._loads:
            self._meanwhile = []

    async def _newest(self, query: Query) -> _Held:
        rows = await self._store.older(query, None, self._page)
        latest = await self._store.older(EVERYTHING, None, _LATEST) if query.terms else ()
        return _Held(rows, at_newest=True, at_oldest=len(rows) < self._page, latest=latest)

    async def _oldest(self, query: Query) -> _Held:
        rows = await self._store.newer(query, None, self._page)
        held = _Held(list(reversed(rows)), at_newest=len(rows) < self._page, at_oldest=True)
        return await self._with_above(query, held)

    async def _around(self, query: Query, position: Position) -> _Held:
        here = await self._store.get(position)
        older = await self._store.older(query, position, self._page)
        newer = await self._store.newer(query, position, self._page)
        middle = [here] if here is not None and matches(query, here.event) else []
        return await self._with_above(query, self._joined(newer, middle, older))

    async def _around_moment(self, query: Query, moment: datetime) -> _Held:
        before = Query((*query.terms, Term(Until(moment), negated=False, text="")))
        after = Query((*query.terms, Term(Since(moment), negated=False, text="")))
        older = await self._store.older(before, None, self._page)
        newer = await self._store.newer(after, None, self._page)
        return await self._with_above(query, self._joined(newer, [], older))

    def _joined(self, newer: Sequence[Row], middle: Sequence[Row], older: Sequence[Row]) -> _Held:
        rows = [*reversed(newer), *middle, *older]
        return _Held(rows, at_newest=len(newer) < self._page, at_oldest=len(older) < self._page)

    async def _with_above(self, query: Query, held: _Held) -> _Held:
        """How many rows lie above, for the scroll bar; left out where counting would mean a search."""
        if held.at_newest or not held.rows or query.has_words:
            return held
        since = Term(Since(held.rows[0].event.at), negated=False, text="")
        count = await self._store.count(Query((*query.terms, since)))
        return held._replace(above=max(0, count - 1))


class _Held(NamedTuple):
    rows: Sequence[Row]
    at_newest: bool
    at_oldest: bool
    above: int = 0
    latest: Sequence[Row] = ()


_Read = Callable[[], Awaitable[_Held]]
