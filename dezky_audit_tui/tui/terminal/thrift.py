"""Sends only what differs from what stands on the terminal, which may lie behind a slow line. Pure.

The terminal is remembered cell by cell. What is drawn is laid over a copy of it; where lines have moved up or down,
the terminal is asked to move them, and then the cells that still differ are sent, each with the least that changes
its colours.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import compress, groupby, repeat
from operator import itemgetter, ne
from typing import NamedTuple

from rich.cells import get_character_cell_size
from rich.color import ColorSystem
from rich.style import Style
from textual.strip import Strip

_LEAST_MOVED = 3
"""So many lines have to be where others were, before it pays to move them."""
_MOST_MOVED = 30
_SAMPLED = 8
"""Every so many cells of a line are enough to tell it from most others."""
_NEAR = 5
"""Cells that are the same between two that differ, and cheaper to send than to step over."""


class Look(NamedTuple):
    """How a cell looks, as parameters of SGR; "" is the terminal's own. `attributes`: bold, underlined, ...

    A tuple, since the cells of a whole screen are compared and looked up with each page.
    """

    attributes: str = ""
    front: str = ""
    back: str = ""


PLAIN = Look()
Cell = tuple[str, Look]
"""A character with what combines with it; "" is the second half of a wide one."""
Placed = tuple[int, int, Strip]
"""The column and the line at which a strip begins, and it."""
Grid = list[list[Cell | None]]
"""The lines of the terminal; None: nobody knows what stands there."""


def unknown(width: int, height: int) -> Grid:
    """A terminal of which nothing is known."""
    return [[None] * width for _ in range(height)]


class Thrift:
    """One terminal. `draw` takes what is to be drawn and gives what is to be sent."""

    def __init__(self) -> None:
        self._there: Grid = []
        self._size = (0, 0)
        self._look: Look | None = None

    def forget(self) -> None:
        """Something else may have been written there: all is sent the next time."""
        self._size = (0, 0)
        self._look = None

    def draw(self, strips: Iterable[Placed], width: int, height: int, colors: ColorSystem) -> str:
        """What is drawn has to be all that changes.

        The terminal is left in the look of what was written last: most often the next thing has it too.
        """
        if self._size != (width, height):
            self._size = (width, height)
            self._there = unknown(width, height)
        wanted = [*self._there]
        touched = _lay(strips, wanted, width, colors)
        changed = [y for y in sorted(touched) if wanted[y] != self._there[y]]
        sent: list[str] = []
        pen = _Pen(self._look)
        move = _find_move(self._there, wanted, changed)
        if move is not None:
            top, bottom, lines = move
            sent += (pen.wear(PLAIN), _scroll(top, bottom, lines))
            self._there = _scrolled(self._there, top, bottom, lines)
            changed = [y for y in range(height) if wanted[y] != self._there[y]]
        for y in changed:
            sent += pen.line(y, self._there[y], wanted[y])
        self._there, self._look = wanted, pen.look
        return "".join(sent)


def _lay(strips: Iterable[Placed], grid: Grid, width: int, colors: ColorSystem) -> set[int]:
    """Lay the strips over the lines of `grid`, which are copied before; which lines."""
    touched: set[int] = set()
    for x, y, strip in strips:
        if not 0 <= y < len(grid):
            continue
        if y not in touched:
            touched.add(y)
            grid[y] = [*grid[y]]
        line = grid[y]
        for text, style, control in strip:
            if control:
                continue
            cells = _cells(text, _look(style, colors) if style is not None else PLAIN)
            line[x : x + len(cells)] = cells
            x += len(cells)
        del line[width:]
    return touched


@lru_cache(maxsize=2048)
def _cells(text: str, look: Look) -> tuple[Cell, ...]:
    """Remembered, since blanks, verbs and names come again in line after line."""
    if text.isascii():
        return tuple(map(_cell, text, repeat(look)))
    cells: list[Cell] = []
    for char in text:
        size = get_character_cell_size(char)
        if size == 0:
            if cells:
                cells[-1] = (cells[-1][0] + char, look)
            continue
        cells.append(_cell(char, look))
        if size == 2:
            cells.append(_cell("", look))
    return tuple(cells)


@lru_cache(maxsize=4096)
def _cell(char: str, look: Look) -> Cell:
    """The same object for the same cell: a screen of them is held twice over, and compared."""
    return char, look


@lru_cache(maxsize=1024)
def _look(style: Style, colors: ColorSystem) -> Look:
    front = style.color.downgrade(colors).get_ansi_codes() if style.color is not None else ()
    back = style.bgcolor.downgrade(colors).get_ansi_codes(foreground=False) if style.bgcolor is not None else ()
    marks = [
        code
        for on, code in (
            (style.bold, "1"),
            (style.dim, "2"),
            (style.italic, "3"),
            (style.underline, "4"),
            (style.blink, "5"),
            (style.reverse, "7"),
            (style.conceal, "8"),
            (style.strike, "9"),
            (style.underline2, "21"),
            (style.overline, "53"),
        )
        if on
    ]
    return Look(";".join(marks), _named(front, "39"), _named(back, "49"))


def _named(codes: Sequence[str], own: str) -> str:
    """The terminal's own colour is no colour."""
    joined = ";".join(codes)
    return "" if joined == own else joined


def _find_move(there: Grid, wanted: Grid, changed: Sequence[int]) -> tuple[int, int, int] | None:
    """Lines that stand elsewhere by now: the first and last line of the part to be moved, and how far down."""
    if len(changed) < _LEAST_MOVED:
        return None
    # The cursor and the scroll bar at the ends of a line stay where they are while the lines move.
    places: dict[tuple[Cell | None, ...], list[int]] = {}
    for y in changed:
        places.setdefault(tuple(there[y][3:-2:_SAMPLED]), []).append(y)
    found: dict[int, list[int]] = {}
    votes: Counter[int] = Counter()
    for y in changed:
        for old in places.get(tuple(wanted[y][3:-2:_SAMPLED]), ()):
            if old == y or abs(y - old) > _MOST_MOVED or there[old][3:-2] != wanted[y][3:-2]:
                continue
            if not _is_blank(wanted[y]):
                votes[y - old] += 1
                found.setdefault(y - old, []).append(y)
    best = max(votes, key=lambda lines: (votes[lines], -abs(lines)), default=0)
    if votes[best] < _LEAST_MOVED:
        return None
    first, last = found[best][0], found[best][-1]
    return min(first, first - best), max(last, last - best), best


def _is_blank(line: Sequence[Cell | None]) -> bool:
    return all(cell is not None and cell[0] == " " for cell in line[3:-2])


def _scroll(top: int, bottom: int, lines: int) -> str:
    """Move what stands from `top` to `bottom` within it, down or (negative) up."""
    step = f"\x1b[{lines}L" if lines > 0 else f"\x1b[{-lines}M"
    return f"\x1b[{top + 1};{bottom + 1}r\x1b[{top + 1}H{step}\x1b[r"


def _scrolled(grid: Grid, top: int, bottom: int, lines: int) -> Grid:
    part = grid[top : bottom + 1]
    new = unknown(len(grid[top]), abs(lines))
    moved = [*new, *part[:-lines]] if lines > 0 else [*part[-lines:], *new]
    return [*grid[:top], *moved, *grid[bottom + 1 :]]


class _Pen:
    """Knows its look (None: nobody does) and its place while it writes."""

    def __init__(self, look: Look | None) -> None:
        self.look = look
        self._at: tuple[int, int] | None = None

    def line(self, y: int, old: Sequence[Cell | None], new: Sequence[Cell | None]) -> list[str]:
        """What makes a line of `new` from `old`."""
        sent: list[str] = []
        for start, end in _runs(old, new):
            sent.append(self._to(start, y))
            for look, cells in groupby(filter(None, new[start:end]), key=itemgetter(1)):
                if look is not self.look:
                    sent.append(self.wear(look))
                sent += [char for char, _ in cells]
            # In the last column a terminal waits, with its cursor on or behind it: nobody knows.
            self._at = (end, y) if end < len(new) else None
        return sent

    def wear(self, look: Look) -> str:
        """Change the look."""
        old, self.look = self.look, look
        return _change(old, look)

    def _to(self, x: int, y: int) -> str:
        if self._at is not None and self._at[1] == y and x > self._at[0]:
            step = x - self._at[0]
            return "\x1b[C" if step == 1 else f"\x1b[{step}C"
        return f"\x1b[{y + 1};{x + 1}H" if x else f"\x1b[{y + 1}H"


@lru_cache(maxsize=1024)
def _change(old: Look | None, look: Look) -> str:
    """The least that makes one look of another. Remembered, since a page goes back and forth between a few."""
    if look == old:
        return ""
    if look == PLAIN:
        return "\x1b[m"
    if old is None:
        old = Look("unknown")
    if look.attributes == old.attributes and (look.front or not old.front) and (look.back or not old.back):
        changed = (part for part, before in ((look.front, old.front), (look.back, old.back)) if part != before)
        return f"\x1b[{';'.join(changed)}m"
    parts = ("0" if old != PLAIN else "", look.attributes, look.front, look.back)
    return f"\x1b[{';'.join(part for part in parts if part)}m"


def _runs(old: Sequence[Cell | None], new: Sequence[Cell | None]) -> list[tuple[int, int]]:
    """Stretches of cells to send: those that differ, and what lies between near ones. Never half a wide character."""
    runs: list[tuple[int, int]] = []
    first = last = -_NEAR - 1
    for x in compress(range(len(new)), map(ne, old, new)):
        if new[x] is None:
            continue
        if x - last > 1 and (x - last > _NEAR or None in new[last + 1 : x]):
            if last >= 0:
                runs.append((first, last + 1))
            first = x
        last = x
    if last >= 0:
        runs.append((first, last + 1))
    return [(_whole(new, start, -1), _whole(new, end, 1)) for start, end in runs]


def _whole(line: Sequence[Cell | None], x: int, step: int) -> int:
    """`x`, or the place beside it where it would part a wide character."""
    while 0 < x < len(line) and (cell := line[x]) is not None and cell[0] == "":
        x += step
    return x
