"""Moves the timeline through the store: filters, jumps, pages, live rows. Between a reader and its widget."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine, Sequence
from datetime import datetime
from typing import Any, Literal, NamedTuple

from dezky_audit_tui.errors import StoreError
from dezky_audit_tui.model.event import Position, Row
from dezky_audit_tui.model.query import EVERYTHING, Match, Pattern, Query, Term
from dezky_audit_tui.model.query_match import matches
from dezky_audit_tui.store.store import Store
from dezky_audit_tui.tui.timeline.counting import Counting
from dezky_audit_tui.tui.timeline.reader import End, Reader
from dezky_audit_tui.tui.widgets.timeline import Timeline

Kind = Literal["failure", "impersonation"]

KINDS: dict[Kind, Query] = {
    "failure": Query((Term(Match("outcome", (Pattern("failure"), Pattern("denied"))), False, ""),)),
    "impersonation": Query((Term(Match("verb", (Pattern("impersonation_started"),)), False, ""),)),
}


class _Anchor(NamedTuple):
    """The event and line of the screen that were wanted, and where the reader was put instead (None: nowhere)."""

    row: Row
    line: int | None
    landed: Position | None


class Browser(Counting):
    """Its coroutines raise StoreError; a search that was stopped is told, and leaves all as it was.

    `tell` says a line to the operator; `on_change` is called when filter, counts or search changed; `aside` runs a
    coroutine beside all this; `catch_up` takes the live rows that wait.
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
        catch_up: Callable[[], Awaitable[None]],
    ) -> None:
        super().__init__(store, reader, timeline, tell=tell, on_change=on_change, catch_up=catch_up)
        self._aside = aside
        self._off: Query | None = None
        self._wanted: Query | None = None
        self._failed = False
        self._asked: Query | None = None
        self._context: Row | None = None
        self._anchor: _Anchor | None = None

    @property
    def wanted(self) -> Query:
        """The filter that holds, or that will as soon as it is read."""
        return self.query if self._wanted is None else self._wanted

    @property
    def lags(self) -> bool:
        """Whether another filter is wanted than the one that holds."""
        return self._wanted is not None

    @property
    def waits(self) -> bool:
        """The same, because the store could not be asked for it."""
        return self.lags and self._failed

    def want(self, query: Query) -> None:
        """The filter that is about to be opened: the next key counts on it, be it read by then or not."""
        self._wanted = query if query != self.query else None

    @property
    def opened(self) -> bool:
        """Whether the store has been read at all."""
        return self._reader.opened

    @property
    def off(self) -> Query | None:
        """The filter that is switched off, and comes back with one key; none where one holds."""
        return None if self.wanted.terms else self._off

    @property
    def context(self) -> Row | None:
        """The row whose neighbours are shown while the filter is switched off for them."""
        return self._context if self.off is not None else None

    def put_off(self, query: Query | None, context: Row | None = None) -> None:
        """Which filter comes back, once everything is shown; None: none does."""
        self._off, self._context = query, context

    @property
    def loading(self) -> bool:
        """Whether another stretch, perhaps of another filter, is on its way."""
        return self._reader.busy

    @property
    def sought(self) -> Query | None:
        """The filter that a slow search is for, where it is another than the one that holds."""
        return self._asked if self.searching and self._asked != self.query else None

    @property
    def chips(self) -> Sequence[str]:
        """The terms as they were typed, also while they are switched off or searched for."""
        return [term.text for term in (self.sought or self.off or self.wanted).terms]

    def begin_with(self, query: Query, *, off: bool) -> None:
        """The filter of the first opening; `off`: that it is switched off."""
        if off:
            self.put_off(query)
        else:
            self._reader.query = query

    async def open(self, query: Query | None = None) -> bool | None:
        """Read anew, with another filter or the same. A paused reader stays at the event. False where another opening
        came in between, None where the search was stopped."""
        wanted = self.wanted if query is None else query
        row, line = self.place
        if self._timeline.following or row is None:
            return await self.follow(wanted)
        return await self.stay(wanted, row, line)

    async def follow(self, query: Query) -> bool | None:
        """The newest rows that match."""
        opened = await self._refilter(query, self._load(self._reader.open_newest(query), following=True))
        self._aside(self.count())
        return opened

    async def show_everything(self) -> None:
        """Where the search of a filter was stopped, and what is held is not to be kept: the newest rows without it."""
        self.put_off(self.query)
        self._tell("search stopped; filter off: f brings it back")
        await self.follow(EVERYTHING)

    async def stay(self, query: Query, row: Row, line: int | None) -> bool | None:
        """The rows that match around `row`, and it selected on a line of the screen; or the nearest in time, where it
        does not match. It is come back to with the next filter, unless the reader has moved by then."""
        opening = self._reader.open_at(query, row.position)
        opened = await self._refilter(query, self._load(opening, select=lambda: row, line=line))
        landed = self._timeline.selected
        self._anchor = _Anchor(row, line, landed.position if landed is not None else None)
        self._aside(self.count())
        return opened

    async def enter_context(self) -> None:
        """The selected row among all its neighbours, without the filter."""
        row = self._timeline.selected
        if row is not None:
            self.put_off(self.query, row)
            await self.stay(EVERYTHING, row, self.place[1])

    async def leave_context(self) -> None:
        """Back to the filter, and to the row."""
        query, row = self.off, self.context
        if query is not None and row is not None:
            await self.stay(query, row, self.place[1])

    @property
    def place(self) -> tuple[Row | None, int | None]:
        """The event that the reader is at, also where the filter does not show it; and its line of the screen."""
        selected, line, anchor = self._timeline.selected, self._timeline.view.screen_line, self._anchor
        if anchor is not None and anchor.landed == (selected.position if selected is not None else None):
            return anchor.row, anchor.line if line is None else line
        return selected, line

    async def newest(self) -> None:
        """To the newest row, and follow."""
        await self._catch_filter()
        await self._load(self._reader.open_newest(self.query), following=True)

    async def oldest(self) -> None:
        """To the beginning of the log."""
        await self._catch_filter()
        window = self._reader.window
        if window.at_oldest:
            self._timeline.move(len(window))
        else:
            await self._load(self._reader.open_oldest(), select=lambda: window.oldest, line=1 << 20)

    async def jump(self, moment: datetime) -> None:
        """To the newest row up to a moment."""
        await self._catch_filter()
        window = self._reader.window

        def newest_before() -> Row | None:
            return next((row for row in window.newest_first() if row.event.at <= moment), window.oldest)

        await self._load(self._reader.open_moment(moment), select=newest_before)

    async def seek(self, kind: Kind, end: End) -> None:
        """To the next row of a kind within the filter, older or newer."""
        await self.find(KINDS[kind], end, kind)

    async def find(self, query: Query, end: End, what: str) -> None:
        """To the next row that fits within the filter, older or newer; `what` it is called where there is none."""
        await self._catch_filter()
        here = self._timeline.selected
        if here is None:
            return
        layout, place = self._timeline.view.layout, here.position
        while True:
            found = await self._unless_stopped(self._said(self._looked(query, place, end)))
            if found is None:
                return
            row = found[0]
            # Behind a row that stands for many there may be hundreds of that kind: they are all the one selected.
            if row is None or layout.shown(row.position) != here.position:
                break
            place = row.position
        if row is None:
            self._tell(f"no {end} {what} here")
        elif self._reader.window.index(row.position) is not None:
            self._timeline.go_to(row)
        else:
            await self._load(self._reader.open_at(self.query, row.position), select=lambda: row)

    async def go(self, row: Row) -> None:
        """To a row; a filter that hides it is switched off."""
        await self._catch_filter()
        query = self.query
        if not matches(query, row.event):
            self.put_off(query)
            query = EVERYTHING
            self._tell("filter off to show it: f brings it back")
        await self._load(self._reader.open_at(query, row.position), select=lambda: row)
        if self.off is not None:
            self._aside(self.count())

    async def extend(self, end: End) -> None:
        """One more page at an end of the window."""
        if await self._unless_stopped(self._reader.extend(end)):
            self._timeline.update()

    async def _catch_filter(self) -> None:
        """Before a move, load the filter that the key for it came too early for."""
        if self.lags:
            await self.open()

    async def _refilter(self, query: Query, loading: Awaitable[bool | None]) -> bool | None:
        """Load with a filter; where the store is away, or a move ends this, it is still wanted: when the store is back,
        or before that move."""
        self._asked = query
        self.want(query)
        try:
            opened = await loading
        except StoreError:
            self._failed = True
            self._on_change()
            raise
        finally:
            if self._asked is query:  # else another filter was asked for meanwhile
                self._asked = None
        self._wanted, self._failed = None, False
        return opened

    async def _load(
        self,
        read: Awaitable[bool],
        *,
        following: bool = False,
        select: Callable[[], Row | None] | None = None,
        line: int | None = None,
    ) -> bool | None:
        """Wait for another stretch and show it; a slow one says that it is searched, and can be stopped."""
        before = self.query
        opened = await self._unless_stopped(self._said(read))
        if opened:
            if self.query != before:
                self.matching, self.hits, self._fresh_due = None, None, True
            row = select() if select is not None else None
            self._timeline.opened(row.position if row is not None else None, following=following, line=line)
        self._on_change()
        return opened

    async def _looked(self, query: Query, position: Position, end: End) -> tuple[Row | None]:
        return (await self._reader.look(query, position, end),)
