"""Where to aim a page so that it continues the last row read: pure arithmetic over indexes that count from 1."""

from __future__ import annotations

from dataclasses import dataclass

MAX_PAGE_SIZE = 100
"""More is never asked for: from 2025.12 Authentik clamps to this without a word."""


@dataclass(frozen=True, slots=True)
class Aim:
    """A page to ask for. It starts at index `start` and holds up to `size` rows."""

    page: int
    size: int

    @property
    def start(self) -> int:
        """The index of its first row."""
        return (self.page - 1) * self.size + 1


def aim_at(index: int, size: int, cap: int = MAX_PAGE_SIZE) -> Aim:
    """The page that starts at or before `index` and brings the most rows below it.

    `size` is the wished page size, `cap` the largest that the server grants. Sizes from half of `size` up are
    tried; only where none brings a new row also smaller ones, and larger ones up to `cap`. A page always overlaps
    the row at `index`, since that overlap is what shows that nothing was skipped.
    """
    index = max(index, 1)
    size = min(size, cap)
    best = _best(index, range(size, max(size // 2, 1) - 1, -1))
    if best is None:
        best = _best(index, (*range(size // 2, 1, -1), *range(size + 1, cap + 1)))
    return best or Aim((index - 1) // size + 1, size)


def _best(index: int, sizes: range | tuple[int, ...]) -> Aim | None:
    """Of pages that hold `index`, the one with the most rows after it; None where no size brings one."""
    best: Aim | None = None
    most = 0
    for size in sizes:
        page = (index - 1) // size + 1
        gain = page * size - index
        if gain > most:
            best, most = Aim(page, size), gain
    return best


_LOST = 60
"""More pages than doubling and bisecting take on a list of a thousand million rows."""


class Search:
    """Looks for the page where a hole's top lies, from a hint that may be off by any number of rows.

    The adjacent page first, then doubling steps, and bisecting once the top is between two pages that were seen.
    Rows come and go meanwhile: bounds move with the list's length, and are forgotten where they contradict.
    """

    def __init__(self) -> None:
        self._above: int | None = None  # a row at or above the top
        self._below: int | None = None  # a row below the top, or past the end
        self._step = 1
        self._count: int | None = None
        self._tries = 0

    @property
    def is_lost(self) -> bool:
        """Whether it takes far longer than on a list whose rows can be told apart: there is no use in haste."""
        return self._tries > _LOST

    def too_low(self, start: int, size: int, count: int) -> int:
        """The page begins below the top, at index `start`: the index to try next."""
        self._moved(count)
        self._below = start if self._below is None else min(self._below, start)
        return self._next(start - self._step * size, size)

    def too_high(self, end: int, size: int, count: int) -> int:
        """The page ends above the top, at index `end`: the index to try next."""
        self._moved(count)
        self._above = end if self._above is None else max(self._above, end)
        return self._next(min(end + (self._step - 1) * size, count), size)

    def _moved(self, count: int) -> None:
        shift = count - (count if self._count is None else self._count)
        self._count = count
        self._above = None if self._above is None else self._above + shift
        self._below = None if self._below is None else self._below + shift

    def _next(self, stepped: int, size: int) -> int:
        self._tries += 1
        if self._above is not None and self._below is not None:
            if self._above < self._below:
                near = self._below - self._above < size
                return max(self._above if near else (self._above + self._below) // 2, 1)
            self._above = self._below = None
        self._step *= 2
        return max(stepped, 1)
