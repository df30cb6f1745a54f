"""Impersonations as they stand now: read once from the whole store, then kept up with every row that comes."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

from dezky_audit_tui.insight.kinds import ENDED, STARTED, kind_of
from dezky_audit_tui.insight.session_fold import Session
from dezky_audit_tui.insight.sessions import SessionBook
from dezky_audit_tui.model.event import Position, Row
from dezky_audit_tui.model.query import Is, Match, Pattern, Query, Term
from dezky_audit_tui.store.store import Store

LIMIT = 2_500
"""Events of impersonations that are held: five for each of the 500 ended sessions that are listed, and few enough to
tell the sessions of one administrator within a frame. Each takes about 1 kB, with what is left of reading it."""

PAGE = 25
"""Rows that are held at a time, and taken before anything else has its turn. With more at a time, what was read in
between leaves more holes in the memory that is held."""

_BOUNDS = Query((Term(Match("verb", (Pattern(STARTED), Pattern(ENDED))), False, ""),))
_ACTIONS = Query((Term(Is(("impersonated",)), False, ""),))


class LiveSessions:
    """`version` rises with every change. Rows are taken at once, also while the store is still being read."""

    def __init__(self, store: Store, limit: int = LIMIT) -> None:
        self._store = store
        self._limit = limit
        self.book = SessionBook(limit)
        self.version = 0
        self.loaded = False
        self._open: tuple[int, list[Session]] = (-1, [])

    async def load(self) -> None:
        """Read all starts and ends, however long ago one was left open, and the newest of what was done in between;
        page by page. Raises StoreError and Interrupted."""
        await self._read(_BOUNDS, None)
        await self._read(_ACTIONS, self._limit)
        for _ in self.book.settle():
            await asyncio.sleep(0)
        self.loaded = True
        self.version += 1

    async def _read(self, query: Query, most: int | None) -> None:
        than: Position | None = None
        read = 0
        while most is None or read < most:
            rows = await self._store.older(query, than, PAGE)
            # Told once all are there: to tell the sessions of one page costs as much as to tell them all.
            self.book.add_all(row.event for row in rows)
            await asyncio.sleep(0)
            if len(rows) < PAGE:
                break
            read += len(rows)
            than = rows[-1].position

    def take(self, rows: Iterable[Row]) -> list[Session]:
        """Rows that were stored, or are shown: in any order, as often as they come. Returns the sessions that begin
        with one of them."""
        begun = []
        for row in rows:
            if self.book.add(row.event):
                self.version += 1
                if kind_of(row.event) == STARTED:
                    begun.append(row.event)
        found = (self.book.session_of(event) for event in begun)
        return [session for session in found if session is not None]

    def open(self) -> list[Session]:
        """Those without an end, the newest first."""
        if self._open[0] != self.version:
            self._open = self.version, self.book.open()
        return self._open[1]
