"""The pull that loses nothing: which pages to ask for, and what the state becomes after each.

Authentik's list honours no time filter, grows at the head, loses rows anywhere and shifts between two requests.
So a page counts only where it overlaps the last row read; what a tick could not read is kept as a hole; and what
may still be joined by late commits is read again. Nothing here knows HTTP, a store or a screen.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Protocol

from dezky_audit_tui.errors import SourceEmpty, SourceError, SourceGarbled, SourcePageGone
from dezky_audit_tui.model.cursor import RECHECK, Hole, Mark, PullState
from dezky_audit_tui.model.holes import next_to_fill, with_hint, with_top, without
from dezky_audit_tui.model.instants import floor_ms
from dezky_audit_tui.model.set_aside import SetAside
from dezky_audit_tui.sources.authentik.aim import MAX_PAGE_SIZE, Aim, Search, aim_at
from dezky_audit_tui.sources.authentik.settle import HeadWalk, settle
from dezky_audit_tui.sources.authentik.walk import Walk, reach
from dezky_audit_tui.sources.authentik.wire import EventPage, PlaceOnly, WireEvent
from dezky_audit_tui.sources.source import Budget

NOTHING_VISIBLE = (
    "Authentik shows no events at all: the log is empty, or the token lacks the permission 'Can view Event' "
    "(an internal service account without it gets an empty list)"
)


class EventReader(Protocol):
    """Where pages come from. Raises SourcePageGone where there is no such page, and other SourceErrors."""

    async def events_page(self, page: int, page_size: int) -> EventPage:
        """One page of `ordering=-created,-pk`."""


@dataclass(frozen=True, slots=True)
class Again:
    """The part of a page that was read once more, without a break: all rows from `bottom` up to `top` (exclusive), as
    (moment, pk). `complete`, `settled` and `at`: see `Stretch`."""

    bottom: tuple[datetime, str]
    top: tuple[datetime, str]
    complete: bool
    settled: bool
    at: datetime


@dataclass(frozen=True, slots=True)
class RawStep:
    """Rows of one page, which become durable together with `state` or before it; see `PullStep`. `ids`: the keys of
    all that came, unreadable ones too."""

    rows: tuple[WireEvent, ...]
    set_aside: tuple[SetAside, ...]
    state: PullState
    caught_up: bool = False
    more: bool = False
    warning: str | None = None
    error: SourceError | None = None
    again: Again | None = None
    ids: frozenset[str] = frozenset()


class NothingReadable(SourceGarbled):
    """A page on which not even the place of an event can be read. `page` tells what was set aside for it."""

    def __init__(self, page: EventPage) -> None:
        super().__init__("no event on a whole page of Authentik's list can be read; `quarantine` tells why")
        self.page = page


class EventPull:
    """Pulls one Authentik. Between ticks it remembers only hints that spare requests; the state is all it needs."""

    def __init__(self, reader: EventReader, clock: Callable[[], datetime]) -> None:
        self._reader = reader
        self._clock = clock
        self._cap = MAX_PAGE_SIZE
        self._count: int | None = None
        # The cursor's row, and how many rows lay at or below it: unchanged means that nothing was joined below.
        self._below: tuple[Mark, int] | None = None
        # Where the top of a hole was looked for so far.
        self._searched: Mark | None = None
        self._search = Search()
        # What a walk that read all above the cursor had left of the overlap, and what reading it settles.
        self._rest: _Rest | None = None

    async def steps(
        self, state: PullState, budget: Budget, *, fill_only: bool = False
    ) -> AsyncGenerator[RawStep, None]:
        """The steps of one tick. Raises a SourceError only before the first; later ones end the last step.

        `fill_only`: leave the head of the list alone and only read holes.
        """
        tick = _Tick(self, state, budget)
        if not fill_only:
            async for step in tick.head():
                yield step
                if step.error is not None:
                    return
        async for step in tick.fill():
            yield step

    def _search_for(self, top: Mark) -> Search:
        """The search for a hole's top, which goes on from tick to tick: a small budget steps as far as a large one."""
        if top != self._searched:
            self._searched, self._search = top, Search()
        return self._search

    async def _fetch(self, aim: Aim) -> EventPage:
        try:
            page = await self._reader.events_page(aim.page, aim.size)
        except SourcePageGone:
            if aim.page == 1:
                raise SourceGarbled("Authentik has no first page of events: is AUTHENTIK_URL right?") from None
            raise
        where = page.pagination
        granted = where.end_index - where.start_index + 1
        if where.next and 0 < granted < aim.size:
            self._cap = granted
        self._count = where.count
        return page


@dataclass(frozen=True, slots=True)
class _Rest:
    """The lower part of an overlap, as a hole that no state knows: reading it all settles up to `edge`."""

    hole: Hole
    edge: datetime


class _Tick:
    """One tick: the walk from the head, then the holes, within one budget of pages."""

    def __init__(self, pull: EventPull, state: PullState, budget: Budget) -> None:
        self._pull = pull
        self._state = state
        self._budget = budget
        self._left = max(budget.max_pages, 1)
        self._size = min(budget.page_size, MAX_PAGE_SIZE)
        self._history_from = state.history_from
        # A tick with holes reads from them in any case: the walk leaves a page for that, where there is one to spare.
        self._for_holes = 1 if state.holes else 0
        self._at_floor = False
        self._steps = 0

    async def head(self) -> AsyncGenerator[RawStep, None]:
        """Down from page 1 until below the floor, or until the budget ends; then the state settles."""
        before, pull = self._state, self._pull
        page = await self._fetch(self._aim(1))
        server_now = (page.date or pull._clock()) - timedelta(seconds=page.elapsed_s)
        if not page.rows:
            yield self._nothing(page)
            return
        walk = Walk(before, server_now, self._budget, pull._below)
        self._history_from = walk.history_from
        taken: EventPage | None = page
        error: SourceError | None = None
        walk.take(page)
        while not walk.ended and self._left > self._for_holes:
            if taken is not None:
                yield self._step(taken)
            taken = None
            aim = self._aim(walk.index)
            try:
                taken = await self._fetch_below(aim, walk.index)
            except SourcePageGone:
                walk.index = max(aim.start - aim.size, 1)
                continue
            except NothingReadable as failure:
                taken, error = failure.page, failure
                break
            except SourceError as failure:
                taken, error = None, failure
                break
            walk.take(taken)
        result = walk.result()
        self._state = settle(before, result, timedelta(seconds=self._budget.overlap_s), reach(self._budget))
        self._at_floor = result.reached_floor or (before.cursor is None and self._state.cursor is not None)
        pull._rest = self._rest(result)
        if walk.rows_below is not None:
            pull._below = walk.rows_below
        yield self._step(taken, error)

    async def fill(self) -> AsyncGenerator[RawStep, None]:
        """Reads from the holes, `unread` ones first: at least one page where the tick began with any."""
        self._left = max(self._left, self._for_holes)
        while self._left > 0 and (hole := self._next_hole()) is not None:
            search = self._pull._search_for(hole.top)
            known = self._pull._count
            index = _hinted(hole, known)
            aim = self._aim(index)
            try:
                page = await self._confirmed(await self._fetch_below(aim, index), hole)
            except SourcePageGone:
                length = max(aim.start - 1, 1)
                self._pull._count = length
                self._hint(hole, search.too_low(aim.start, aim.size, length), length)
                yield self._step(None)
                continue
            except NothingReadable as failure:
                yield self._step(failure.page, failure)
                return
            except SourceError as failure:
                if not self._steps:
                    raise
                yield self._step(None, failure)
                return
            bottom = self._read(hole, page, aim, search, known)
            again = None
            if hole.kind == RECHECK and bottom is not None and bottom < hole.top.key:
                at = (page.date or self._pull._clock()) - timedelta(seconds=page.elapsed_s)
                again = Again(bottom, hole.top.key, _is_complete(page), hole.rewalk, at)
            yield self._step(page, again=again)

    def _read(
        self, hole: Hole, page: EventPage, aim: Aim, search: Search, known: int | None
    ) -> tuple[datetime, str] | None:
        """What a page means for the hole that it was aimed at. Down to where it was read without a break, as
        (moment, pk); None where the page lies elsewhere.

        Where the list ends within the hole, what lay below may have been deleted or have expired: nothing is known
        of it."""
        where, first, last = page.pagination, page.rows[0].mark, page.rows[-1].mark
        size = max(where.end_index - where.start_index + 1, 1)
        shift = 0 if known is None else where.count - known
        if where.start_index > 1 and first.key < hole.top.key:
            moved = aim.start + shift if shift <= -size else None
            self._hint(hole, moved or search.too_low(where.start_index, size, where.count), where.count)
            return None
        if where.next and last.key >= hole.top.key:
            moved = aim.start + shift if shift >= size else None
            self._hint(hole, moved or search.too_high(where.end_index, size, where.count), where.count)
            return None
        if not where.next or (hole.bottom is not None and last.at < hole.bottom):
            self._put(hole, lambda holes: without(holes, hole))
        else:
            read = sum(1 for row in page.rows if row.mark.key < hole.top.key)
            self._put(hole, lambda holes: with_top(holes, hole, last, page.last_index, where.count, read))
        return last.key if hole.bottom is None else max(last.key, (hole.bottom, ""))

    def _hint(self, hole: Hole, index: int, count: int) -> None:
        index = min(max(index, 1), max(count, 1))
        self._put(hole, lambda holes: with_hint(holes, hole, index, count))

    def _next_hole(self) -> Hole | None:
        rest = self._pull._rest
        return next_to_fill(self._state.holes) or (rest.hole if rest is not None else None)

    def _put(self, hole: Hole, change: Callable[[tuple[Hole, ...]], tuple[Hole, ...]]) -> None:
        """Change `hole` among the state's, or where it is the rest of an overlap, that one."""
        rest = self._pull._rest
        if rest is None or rest.hole is not hole:
            self._state = replace(self._state, holes=change(self._state.holes))
            return
        left = change((hole,))
        self._pull._rest = replace(rest, hole=left[0]) if left else None
        if not left:
            settled = self._state.settled_at
            self._state = replace(self._state, settled_at=max(settled, rest.edge) if settled else rest.edge)
            self._at_floor = True

    def _rest(self, walk: HeadWalk) -> _Rest | None:
        """What is left of the overlap below a walk that read all above the cursor."""
        if not self._budget.whole_overlap or walk.reached_floor or not walk.reached_cursor or self._state.holes:
            return None
        edge = floor_ms(walk.server_now - timedelta(seconds=self._budget.overlap_s))
        floor = min(edge, self._state.settled_at or edge)
        hole = Hole(walk.oldest, floor, RECHECK, walk.end_index, walk.count)
        return None if hole.is_empty else _Rest(hole, edge)

    def _aim(self, index: int) -> Aim:
        return Aim(1, min(self._size, self._pull._cap)) if index <= 1 else aim_at(index, self._size, self._pull._cap)

    async def _fetch(self, aim: Aim) -> EventPage:
        self._left -= 1
        return await self._pull._fetch(aim)

    async def _confirmed(self, page: EventPage, hole: Hole) -> EventPage:
        """`page`, or where it says that the list ends above the hole's top, what another look says.

        Such a page closes the hole unread. It is true where all below was deleted, and false where a server
        repeats a page.
        """
        if page.pagination.next or page.rows[-1].mark.key < hole.top.key:
            return page
        count = max(page.pagination.count, 1)
        again = await self._fetch(aim_at(count, max(self._size - 1, 1), self._pull._cap))
        _check_readable(again)
        return again

    async def _fetch_below(self, aim: Aim, index: int) -> EventPage:
        """The page of `aim`, which is to bring rows below `index`.

        Where the server grants so few rows a page that none both overlaps `index` and goes on below it, the next
        page is read first and the one that ends at `index` after it: where that one still ends there and the
        list has kept its length, the two together are one page.
        """
        if aim.start + aim.size - 1 > index:
            page = await self._fetch(aim)
            _check_readable(page)
            return page
        try:
            below: EventPage | None = await self._fetch(Aim(aim.page + 1, aim.size))
        except SourcePageGone:
            below = None
        page = await self._fetch(aim)
        _check_readable(page)
        return page if below is None or not below.rows else _joined(page, below)

    def _nothing(self, page: EventPage) -> RawStep:
        """Page 1 without a row that can be read."""
        if page.set_aside:
            return self._step(page, NothingReadable(page))
        if self._state.cursor is not None:
            raise SourceEmpty(f"{NOTHING_VISIBLE}; nothing was changed here")
        if page.pagination.count:
            raise SourceGarbled(f"Authentik counts {page.pagination.count} events but shows none")
        self._at_floor = True
        return self._step(page, warning=NOTHING_VISIBLE)

    def _step(
        self,
        page: EventPage | None,
        error: SourceError | None = None,
        warning: str | None = None,
        again: Again | None = None,
    ) -> RawStep:
        self._steps += 1
        limit = self._history_from
        rows = [row for row in page.rows if not isinstance(row, PlaceOnly)] if page is not None else []
        return RawStep(
            rows=tuple(row for row in rows if limit is None or row.mark.at >= limit),
            set_aside=page.set_aside if page is not None else (),
            state=self._state,
            caught_up=self._at_floor and error is None and not self._state.holes,
            more=self._next_hole() is not None,
            warning=warning,
            error=error,
            again=again,
            ids=_ids(page) if page is not None and again is not None else frozenset(),
        )


def _is_complete(page: EventPage) -> bool:
    """Whether it is known of every row of the page which event it is."""
    return len(page.rows) >= page.pagination.end_index - page.pagination.start_index + 1


def _ids(page: EventPage) -> frozenset[str]:
    return frozenset([row.mark.pk for row in page.rows] + [item.key for item in page.set_aside])


def _joined(page: EventPage, below: EventPage) -> EventPage:
    """Two pages as one where the second goes on at the very row where the first ends; else the first alone."""
    one, two = page.pagination, below.pagination
    if (
        one.count != two.count
        or two.start_index != one.end_index + 1
        or below.rows[0].mark.key >= page.rows[-1].mark.key
    ):
        return page
    return replace(
        page,
        rows=page.rows + below.rows,
        offsets=page.offsets + tuple(two.start_index - one.start_index + offset for offset in below.offsets),
        set_aside=page.set_aside + below.set_aside,
        pagination=replace(two, start_index=one.start_index),
    )


def _hinted(hole: Hole, count: int | None) -> int:
    """Where the hole's top should be by now: its hint, moved by what came to the list or left it since."""
    if hole.end_index is None:
        return 1
    if count is None or hole.count is None:
        return hole.end_index
    return min(max(hole.end_index + count - hole.count, 1), max(count, 1))


def _check_readable(page: EventPage) -> None:
    """An empty page proves nothing, whatever its status says."""
    if page.rows:
        return
    if page.set_aside:
        raise NothingReadable(page)
    raise SourceEmpty(NOTHING_VISIBLE)
