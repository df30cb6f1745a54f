"""One tick of the pull: which pages to ask for, and what the state becomes after each."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from dataclasses import replace
from datetime import datetime, timedelta

from dezky_audit_tui.errors import SourceEmpty, SourceError, SourceGarbled, SourcePageGone
from dezky_audit_tui.model.cursor import RECHECK, Hole, PullState
from dezky_audit_tui.model.holes import next_to_fill, with_hint, with_top, without
from dezky_audit_tui.model.instants import floor_ms
from dezky_audit_tui.sources.authentik.aim import MAX_PAGE_SIZE, Aim, Search, aim_at
from dezky_audit_tui.sources.authentik.memory import Memory, Rest
from dezky_audit_tui.sources.authentik.pages import (
    NOTHING_VISIBLE,
    NothingReadable,
    check_readable,
    ids_of,
    is_complete,
    joined,
)
from dezky_audit_tui.sources.authentik.raw import Again, RawStep
from dezky_audit_tui.sources.authentik.settle import HeadWalk, as_settled, settle, with_newest
from dezky_audit_tui.sources.authentik.walk import Walk, newest_of, reach
from dezky_audit_tui.sources.authentik.wire import EventPage, PlaceOnly
from dezky_audit_tui.sources.source import Budget


class PullTick:
    """One tick: the walk from the head, then the holes, within one budget of pages."""

    def __init__(self, memory: Memory, state: PullState, budget: Budget) -> None:
        self._memory = memory
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
        before, memory = self._state, self._memory
        page = await self._fetch(self._aim(1))
        server_now = self._asked_at(page)
        if not page.rows:
            yield self._nothing(page)
            return
        overlap = timedelta(seconds=self._budget.overlap_s)
        settled = as_settled(before, server_now, overlap, memory.sure)
        walk = Walk(settled, server_now, self._budget, memory.below)
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
        self._state = settle(settled, result, overlap, reach(self._budget))
        memory.sure = self._state.settled_at
        if before.settled_at is not None and memory.sure is not None:
            self._state = replace(self._state, settled_at=max(before.settled_at, memory.sure))
        self._at_floor = result.reached_floor or (before.cursor is None and self._state.cursor is not None)
        memory.rest = self._rest(result)
        if walk.rows_below is not None:
            memory.below = walk.rows_below
        yield self._step(taken, error)

    async def fill(self) -> AsyncGenerator[RawStep, None]:
        """Reads from the holes, `unread` ones first: at least one page where the tick began with any."""
        self._left = max(self._left, self._for_holes)
        while self._left > 0 and (hole := self._next_hole()) is not None:
            search = self._memory.search_for(hole.top)
            known = self._memory.count
            index = _hinted(hole, known)
            aim = self._aim(index)
            try:
                page = await self._confirmed(await self._fetch_below(aim, index), hole)
            except SourcePageGone:
                length = max(aim.start - 1, 1)
                self._memory.count = length
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
            at = self._asked_at(page)
            if bottom is not None and (newest := newest_of(page, at)) is not None:
                self._state = with_newest(self._state, newest, at, timedelta(seconds=self._budget.overlap_s))
            if hole.kind == RECHECK and bottom is not None and bottom < hole.top.key:
                # What is new within the overlap was not missing, whatever an odd Date had settled before.
                is_settled = hole.rewalk and hole.top.at <= at - timedelta(seconds=self._budget.overlap_s)
                again = Again(bottom, hole.top.key, is_complete(page), is_settled, at)
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
        rest = self._memory.rest
        return next_to_fill(self._state.holes) or (rest.hole if rest is not None else None)

    def _put(self, hole: Hole, change: Callable[[tuple[Hole, ...]], tuple[Hole, ...]]) -> None:
        """Change `hole` among the state's, or where it is the rest of an overlap, that one."""
        rest = self._memory.rest
        if rest is None or rest.hole is not hole:
            self._state = replace(self._state, holes=change(self._state.holes))
            return
        left = change((hole,))
        self._memory.rest = replace(rest, hole=left[0]) if left else None
        if not left:
            settled, sure = self._state.settled_at, self._memory.sure
            self._state = replace(self._state, settled_at=max(settled, rest.edge) if settled else rest.edge)
            self._memory.sure = max(sure, rest.edge) if sure else rest.edge
            self._at_floor = True

    def _rest(self, walk: HeadWalk) -> Rest | None:
        """What is left of the overlap below a walk that read all above the cursor."""
        if not self._budget.whole_overlap or walk.reached_floor or not walk.reached_cursor or self._state.holes:
            return None
        edge = floor_ms(walk.server_now - timedelta(seconds=self._budget.overlap_s))
        floor = min(edge, self._memory.sure or edge)
        hole = Hole(walk.oldest, floor, RECHECK, walk.end_index, walk.count)
        return None if hole.is_empty else Rest(hole, edge)

    def _aim(self, index: int) -> Aim:
        return Aim(1, min(self._size, self._memory.cap)) if index <= 1 else aim_at(index, self._size, self._memory.cap)

    def _asked_at(self, page: EventPage) -> datetime:
        """When it was asked for, by the source's clock."""
        return (page.date or self._memory.clock()) - timedelta(seconds=page.elapsed_s)

    async def _fetch(self, aim: Aim) -> EventPage:
        self._left -= 1
        return await self._memory.fetch(aim)

    async def _confirmed(self, page: EventPage, hole: Hole) -> EventPage:
        """`page`, or where it says that the list ends above the hole's top, what another look says.

        Such a page closes the hole unread. It is true where all below was deleted, and false where a server
        repeats a page.
        """
        if page.pagination.next or page.rows[-1].mark.key < hole.top.key:
            return page
        count = max(page.pagination.count, 1)
        again = await self._fetch(aim_at(count, max(self._size - 1, 1), self._memory.cap))
        check_readable(again)
        return again

    async def _fetch_below(self, aim: Aim, index: int) -> EventPage:
        """The page of `aim`, which is to bring rows below `index`.

        Where the server grants so few rows a page that none both overlaps `index` and goes on below it, the next
        page is read first and the one that ends at `index` after it: where that one still ends there and the
        list has kept its length, the two together are one page.
        """
        if aim.start + aim.size - 1 > index:
            page = await self._fetch(aim)
            check_readable(page)
            return page
        try:
            below: EventPage | None = await self._fetch(Aim(aim.page + 1, aim.size))
        except SourcePageGone:
            below = None
        page = await self._fetch(aim)
        check_readable(page)
        return page if below is None or not below.rows else joined(page, below)

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
        hole = self._next_hole()
        is_lost = hole is not None and self._memory.is_lost(hole.top)
        if is_lost and hole is not None:
            warning = f"events up to {hole.top.created} are not found in Authentik's list; each tick looks for them"
        return RawStep(
            rows=tuple(row for row in rows if limit is None or row.mark.at >= limit),
            set_aside=page.set_aside if page is not None else (),
            state=self._state,
            caught_up=self._at_floor and error is None and not self._state.holes,
            more=hole is not None and not is_lost,
            warning=warning,
            error=error,
            again=again,
            ids=ids_of(page) if page is not None and again is not None else frozenset(),
        )


def _hinted(hole: Hole, count: int | None) -> int:
    """Where the hole's top should be by now: its hint, moved by what came to the list or left it since."""
    if hole.end_index is None:
        return 1
    if count is None or hole.count is None:
        return hole.end_index
    return min(max(hole.end_index + count - hole.count, 1), max(count, 1))
