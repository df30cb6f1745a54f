"""The stretch of the timeline that is held in memory: contiguous, bounded, and always in the store's order. Pure.

Rows come from the store in pages at either end, and live from its follower at any place.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from datetime import timedelta

from dezky_audit_tui.model.event import Position, Row

PAGE = 200
"""Rows asked for at once."""

LIMIT = 3000
"""Rows held at most. What lies farthest from the reader is dropped, and read again when needed."""

_AHEAD = timedelta(minutes=1)


class Window:
    """Rows, oldest first. Between the first and the last nothing that matches is missing.

    `at_newest` and `at_oldest`: nothing that matches lies beyond that end. `above`: how many matching rows lie
    beyond the newest end. `latest`: the newest place of the whole log that is known, whatever matches.
    """

    def __init__(self, limit: int = LIMIT) -> None:
        self._limit = limit
        self._rows: list[Row] = []
        self.at_newest = False
        self.at_oldest = False
        self.above = 0
        self.latest: Position | None = None

    def __len__(self) -> int:
        return len(self._rows)

    def newest_first(self) -> Iterable[Row]:
        """All rows as the screen shows them."""
        return reversed(self._rows)

    @property
    def newest(self) -> Row | None:
        """The upper end."""
        return self._rows[-1] if self._rows else None

    @property
    def oldest(self) -> Row | None:
        """The lower end."""
        return self._rows[0] if self._rows else None

    def nth(self, index: int) -> Row:
        """The row at `index`, counted from the newest."""
        return self._rows[-1 - index]

    def index(self, position: Position) -> int | None:
        """Where `position` stands, counted from the newest; None where it is not held."""
        place = self._place(position)
        if place < len(self._rows) and self._rows[place].position == position:
            return len(self._rows) - 1 - place
        return None

    def nearest(self, position: Position) -> int | None:
        """The row at `position` or the next older one, counted from the newest; None of an empty window."""
        if not self._rows:
            return None
        place = self._place(position)
        if place < len(self._rows) and self._rows[place].position == position:
            return len(self._rows) - 1 - place
        return len(self._rows) - max(place, 1)

    def closest(self, position: Position) -> int | None:
        """The row at `position` or the nearest in time, older or newer, counted from the newest."""
        older = self.nearest(position)
        if older is None or (older == 0 and self.nth(0).position <= position):
            return older
        newer = older - 1 if self.nth(older).position < position else older
        away = [(abs(self.nth(index).position.at_ms - position.at_ms), -index) for index in (older, newer)]
        return -min(away)[1]

    def set(self, newest_first: Sequence[Row], *, at_newest: bool, at_oldest: bool, above: int = 0) -> None:
        """Begin again with these rows."""
        self._rows = list(reversed(newest_first))
        if at_newest:
            self.note(newest_first)
        self.at_newest, self.at_oldest, self.above = at_newest, at_oldest, above

    def add_older(self, newest_first: Sequence[Row], *, last: bool) -> None:
        """A page below the oldest row; `last`: the store has nothing beyond it."""
        oldest = self.oldest
        page = [row for row in reversed(newest_first) if oldest is None or row.position < oldest.position]
        self._rows[:0] = page
        self.at_oldest = last

    def add_newer(self, oldest_first: Sequence[Row], *, last: bool) -> None:
        """A page above the newest row; `last`: the store has nothing beyond it."""
        newest = self.newest
        page = [row for row in oldest_first if newest is None or row.position > newest.position]
        self._rows += page
        self.at_newest = last
        self.above = 0 if last else max(0, self.above - len(page))

    def note(self, rows: Iterable[Row]) -> None:
        """Rows of the log, matching or not."""
        for row in rows:
            if not is_ahead(row) and (self.latest is None or row.position > self.latest):
                self.latest = row.position

    def take(self, rows: Iterable[Row], *, again: bool = False) -> int:
        """Live rows, in any order: each goes to its place if that lies within the stretch. How many did.

        `again`: they were taken before, and a page has come meanwhile.
        """
        rows = sorted(rows, key=lambda row: row.position)
        self.note(rows)
        taken = 0
        for row in rows:
            if self._rows:
                if row.position > self._rows[-1].position and not self.at_newest:
                    self.above += not again
                    continue
                if row.position < self._rows[0].position and not self.at_oldest:
                    continue
            elif not (self.at_newest and self.at_oldest):
                continue
            place = self._place(row.position)
            if place < len(self._rows) and self._rows[place].position == row.position:
                self._rows[place] = row
                continue
            self._rows.insert(place, row)
            taken += 1
        return taken

    def may_keep_older(self, index: int) -> bool:
        """Whether a page below would stay, while the reader is at the row at `index` (counted from the newest)."""
        return len(self._rows) + PAGE <= self._limit or len(self._rows) - index <= self._limit // 2

    def may_keep_newer(self, index: int) -> bool:
        """Whether a page above would stay."""
        return len(self._rows) + PAGE <= self._limit or index + PAGE <= self._limit // 2

    def trim(self, index: int) -> None:
        """Keep to the limit by dropping what lies farthest from the row at `index` (counted from the newest)."""
        excess = len(self._rows) - self._limit
        if excess <= 0:
            return
        below = len(self._rows) - 1 - index
        drop_older = min(excess, max(0, below - self._limit // 2))
        drop_newer = min(excess - drop_older, index)
        drop_older = excess - drop_newer
        if drop_older:
            del self._rows[:drop_older]
            self.at_oldest = False
        if drop_newer:
            del self._rows[-drop_newer:]
            self.at_newest = False
            self.above += drop_newer

    def _place(self, position: Position) -> int:
        return bisect_left(self._rows, position, key=lambda row: row.position)


def is_ahead(row: Row) -> bool:
    """Whether a clock that is fast dated it: what comes after it would look older."""
    recorded = row.event.recorded_at
    return recorded is not None and row.event.at - recorded > _AHEAD
