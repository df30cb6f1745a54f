"""The walk down from the head of the list: where it stands, what it has seen, and whether it has to go on."""

from __future__ import annotations

from datetime import datetime, timedelta

from dezky_audit_tui.model.cursor import Mark, PullState
from dezky_audit_tui.model.instants import floor_ms
from dezky_audit_tui.sources.authentik.settle import HeadWalk
from dezky_audit_tui.sources.authentik.wire import EventPage, PlaceOnly
from dezky_audit_tui.sources.source import Budget


class Walk:
    """The walk down from page 1: where it stands, and whether it has to go on."""

    def __init__(self, state: PullState, server_now: datetime, budget: Budget, below: tuple[Mark, int] | None) -> None:
        edge = floor_ms(server_now - timedelta(seconds=budget.overlap_s))
        cursor, history = state.cursor, reach(budget)
        self.index = 1
        self.history_from = state.history_from
        if cursor is None and history is not None and self.history_from is None:
            self.history_from = floor_ms(server_now - history)
        self.rows_below: tuple[Mark, int] | None = None
        self._server_now = server_now
        self._cursor = cursor
        # A source whose clock went back writes below the cursor: then the overlap is the only floor to trust.
        self._cursor_key = None if cursor is None else (cursor.key if cursor.at <= server_now else (edge, ""))
        self._floor = min(edge, state.settled_at or edge)
        self._has_holes = bool(state.holes)
        self._below = below if below is not None and cursor is not None and below[0] == cursor else None
        self._newest: Mark | None = None
        self._oldest: Mark | None = None
        self._end_index = 0
        self._count = 0
        self._reached_cursor = self._reached_floor = self._nothing_joined = False

    @property
    def ended(self) -> bool:
        """Whether the walk is where it wanted to go."""
        if self._cursor is None:
            return self._reached_floor or self._newest is not None
        return self._reached_floor or (self._reached_cursor and (self._has_holes or self._nothing_joined))

    def take(self, page: EventPage) -> None:
        """Go on over `page`: it counts only where it continues the last one; else the next aim is further up."""
        where, first, last = page.pagination, page.rows[0].mark, page.rows[-1].mark
        if self._oldest is not None and where.start_index > 1 and first.key < self._oldest.key:
            self.index = max(where.start_index - (where.end_index - where.start_index + 1), 1)
            return
        self.index = page.last_index
        self._count = where.count
        self._look_for_newest(page)
        if self._oldest is None or last.key < self._oldest.key:
            self._oldest, self._end_index = last, page.last_index
        # The end of the list is believed only of a page that really goes on from the last row read.
        if not where.next and last.key <= self._oldest.key:
            self._reached_cursor = self._reached_floor = True
        if self._cursor_key is not None and last.key <= self._cursor_key:
            self._reached_cursor = True
            self._nothing_joined = self._below is not None and self._below == self._place(page, self._below[0])
        self._reached_floor |= self._reached_cursor and last.at < self._floor
        if self._cursor is None and self.history_from is not None and last.at < self.history_from:
            self._reached_floor = True

    def result(self) -> HeadWalk:
        """Where it came to. Raises AssertionError where no page was taken."""
        assert self._oldest is not None
        return HeadWalk(
            server_now=self._server_now,
            newest=self._newest,
            oldest=self._oldest,
            end_index=self._end_index,
            count=self._count,
            reached_cursor=self._reached_cursor,
            reached_floor=self._reached_floor,
            above_cursor=None if self._below is None else self._count - self._below[1],
        )

    def _look_for_newest(self, page: EventPage) -> None:
        found = newest_of(page, self._server_now)
        if found is not None and (self._newest is None or found.key > self._newest.key):
            self._newest = found
            self.rows_below = self._place(page, found)

    def _place(self, page: EventPage, mark: Mark) -> tuple[Mark, int] | None:
        """`mark` and how many rows of the list lie at or below it, where `page` holds it."""
        for offset, row in zip(page.offsets, page.rows, strict=True):
            if row.mark == mark:
                return mark, page.pagination.count - (page.pagination.start_index + offset - 1)
        return None


def newest_of(page: EventPage, server_now: datetime) -> Mark | None:
    """The newest row that can be read and does not lie ahead of the source's clock."""
    return next((row.mark for row in page.rows if row.mark.at <= server_now and not isinstance(row, PlaceOnly)), None)


def reach(budget: Budget) -> timedelta | None:
    """How far back the first run reaches, or None for all."""
    return None if budget.history_days is None else timedelta(days=budget.history_days)
