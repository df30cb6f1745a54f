"""What the pull remembers of the list between ticks. It spares requests, and no more: the state is all it needs.

It knows nothing of commits: where one failed, it has to `forget`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from dezky_audit_tui.errors import SourceGarbled, SourcePageGone
from dezky_audit_tui.model.cursor import Hole, Mark
from dezky_audit_tui.sources.authentik.aim import MAX_PAGE_SIZE, Aim, Search
from dezky_audit_tui.sources.authentik.wire import EventPage


class EventReader(Protocol):
    """Where pages come from. Raises SourcePageGone where there is no such page, and other SourceErrors."""

    async def events_page(self, page: int, page_size: int) -> EventPage:
        """One page of `ordering=-created,-pk`."""


@dataclass(frozen=True, slots=True)
class Rest:
    """The lower part of an overlap, as a hole that no state knows: reading it all settles up to `edge`."""

    hole: Hole
    edge: datetime


class Memory:
    """The list as it was seen last: `cap` rows a page at most, `count` rows in all where that is known."""

    def __init__(self, reader: EventReader, clock: Callable[[], datetime]) -> None:
        self._reader = reader
        self.clock = clock
        self.cap = MAX_PAGE_SIZE
        self.count: int | None = None
        # The cursor's row, and how many rows lay at or below it: unchanged means that nothing was joined below.
        self.below: tuple[Mark, int] | None = None
        # Up to where the last walk settled. The state may say more, where a reply told of a time still to come.
        self.sure: datetime | None = None
        # Where the top of a hole was looked for so far.
        self._searched: Mark | None = None
        self._search = Search()
        # What a walk that read all above the cursor had left of the overlap, and what reading it settles.
        self.rest: Rest | None = None

    def search_for(self, top: Mark) -> Search:
        """The search for a hole's top, which goes on from tick to tick: a small budget steps as far as a large one."""
        if top != self._searched:
            self._searched, self._search = top, Search()
        return self._search

    def is_lost(self, top: Mark) -> bool:
        """Whether the search for this top went on for so long that it may as well wait for the next tick."""
        return top == self._searched and self._search.is_lost

    def forget(self) -> None:
        """What the last walk settled, or left to settle, may not have been stored."""
        self.below = self.sure = self.rest = None

    async def fetch(self, aim: Aim) -> EventPage:
        """The page, from which the length of the list and of its pages is learned. Raises SourceErrors."""
        try:
            page = await self._reader.events_page(aim.page, aim.size)
        except SourcePageGone:
            if aim.page == 1:
                raise SourceGarbled("Authentik has no first page of events: is AUTHENTIK_URL right?") from None
            raise
        where = page.pagination
        granted = where.end_index - where.start_index + 1
        if where.next and 0 < granted < aim.size:
            self.cap = granted
        self.count = where.count
        return page
