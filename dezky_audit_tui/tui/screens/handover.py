"""The handover: what the last hours leave to the next shift, over the dashboard."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from typing import ClassVar

from rich.cells import cell_len
from textual import work
from textual.binding import Binding, BindingType
from textual.containers import Vertical

from dezky_audit_tui.errors import StoreError
from dezky_audit_tui.insight.handover import Handover
from dezky_audit_tui.insight.handover_text import MARKS, Entry, Mark, headline, parts_of
from dezky_audit_tui.text import fit, visible
from dezky_audit_tui.tui.screens.lines_box import LinesBox, StylePaths
from dezky_audit_tui.tui.words.pieces import Line, Piece, Tone, crop, wrap
from dezky_audit_tui.tui.words.zone import Zone

HOURS = (8, 12, 24, 72)
"""The shifts that can be chosen."""

Read = Callable[[datetime, datetime], Awaitable[Handover]]
"""From a moment to a moment."""

_KEYS = "   s: another shift   r: read again   esc: close"
_NARROW = 72
_GAP = 2
_MARK_CELLS = 3
_LEAST_CELLS = 26
"""Cells that a column keeps, where all of them together are too wide."""

_TONES: dict[Mark, Tone] = {"loud": "bad", "warn": "warn", "plain": "plain"}


def handover_lines(handover: Handover, zone: Zone, width: int) -> list[Line]:
    """The handover laid out for `width` cells."""

    def moment(at: datetime) -> str:
        return f"{zone.place(at):%d %b %H:%M:%S}"

    head = headline(handover, moment)
    # Its time and its counts each stay together where there is no room for both beside each other.
    parts = [head] if cell_len(head) < width else head.split("   ")
    lines: list[Line] = [(Piece(f" {text}", "strong"),) for part in parts for text in wrap(part, width - 1, 2)]
    for part in parts_of(handover, moment):
        title = f" {part.title} ({len(part.entries):,})" if part.entries else f" {part.title}"
        rest = "" if part.entries else f": {part.nothing}"
        lines += [(), crop((Piece(title, "accent"), Piece(rest, "dim")), width)]
        lines += _table(part.entries, width)
        for note in part.notes:
            lines += [(Piece(f"    {line}", "faint"),) for line in wrap(visible(note), max(20, width - 5), 4)]
    return lines


def _table(entries: Sequence[Entry], width: int) -> list[Line]:
    table = [tuple(visible(cell) for cell in entry.cells) for entry in entries]
    widths = [max(map(cell_len, column)) for column in zip(*table, strict=True)]
    words = max((at for at, cells in enumerate(widths) if cells), default=0)
    if _taken(widths) > width:
        less = list(widths)
        # The words at the end say what happened: they go below, whole, before a name is cut for them.
        less[words] = 0
        while _taken(less) > width and max(less) > _LEAST_CELLS:
            less[less.index(max(less))] -= 1
        widths = less if _taken(less) <= width else widths
    lines: list[Line] = []
    for entry, row in zip(entries, table, strict=True):
        cells = [(fit(cell, each), bool(cell)) for cell, each in zip(row, widths, strict=True) if each]
        start = f" {fit(MARKS[entry.mark], _MARK_CELLS)}"
        texts = _packed(start, cells, width)
        if not widths[words] and row[words]:
            blank = " " * (len(start) + _GAP)
            texts += [f"{blank}{text}" for text in wrap(row[words], width - len(blank), 3)]
        lines += [crop((Piece(text, _TONES[entry.mark]),), width) for text in texts]
    return lines


def _taken(widths: Sequence[int]) -> int:
    return 1 + _MARK_CELLS + sum(cells + _GAP for cells in widths if cells) - _GAP


def _packed(start: str, cells: Sequence[tuple[str, bool]], width: int) -> list[str]:
    """Cells beside each other; those for which there is no room go below, where nothing has to stand in columns."""
    texts, line = [], start
    blank = " " * (len(start) + _GAP)
    for cell, has_words in cells:
        longer = line + ("" if line in (start, blank) else " " * _GAP) + cell
        if cell_len(longer.rstrip()) <= width or line in (start, blank):
            line = longer
        elif has_words:
            texts.append(line.rstrip())
            line = blank + cell.rstrip()
    return [*texts, line.rstrip()]


class HandoverScreen(LinesBox[None]):
    """Reads the shift when it is shown, again by a key, and for a longer time by another."""

    CSS_PATH: ClassVar[StylePaths] = ["lines_box.tcss", "handover.tcss"]
    NAME = "handover"
    HEAD = "handover"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,h,enter", "dismiss", "close"),
        Binding("r", "read", "again"),
        Binding("s", "longer", "shift"),
        Binding("j", "scroll(1)", show=False),
        Binding("k", "scroll(-1)", show=False),
        Binding("g", "scroll_home", show=False),
        Binding("G", "scroll_end", show=False),
    ]

    def __init__(self, read: Read, clock: Callable[[], datetime], zone: Zone) -> None:
        super().__init__()
        self._read, self._clock, self._zone = read, clock, zone
        self._shift = 0
        self._handover: Handover | None = None
        self._trouble: str | None = None

    def on_mount(self) -> None:
        """Keys scroll it."""
        self.view.focus()
        self.action_read()

    @work(exclusive=True, group="handover")
    async def action_read(self) -> None:
        """Read the shift, up to now."""
        hours = HOURS[self._shift]
        self._say(f"reading the last {hours} hours…")
        now = self._clock()
        try:
            self._handover, self._trouble = await self._read(now - timedelta(hours=hours), now), None
        except StoreError as error:
            self._trouble = error.message
        narrow = self.size.width < _NARROW
        self._say(f"{hours} h   s: another   r: again   esc: close" if narrow else f"the last {hours} hours{_KEYS}")
        self.fill()

    def action_longer(self) -> None:
        """The next length of a shift."""
        self._shift = (self._shift + 1) % len(HOURS)
        self.action_read()

    def action_scroll_home(self) -> None:
        """To the first line."""
        self.view.scroll_home(animate=False)

    def action_scroll_end(self) -> None:
        """To the last line."""
        self.view.scroll_end(animate=False)

    def _say(self, text: str) -> None:
        self.query_one("#handover-box", Vertical).border_subtitle = text

    def fill(self) -> None:
        """Show the lines for the width that there is."""
        view = self.view
        width = view.text_width
        lines: list[Line] = []
        if self._trouble is not None:
            lines += [(Piece(f" {text}", "bad"),) for text in wrap(visible(self._trouble), max(20, width - 1), 6)]
        if self._handover is not None and width:
            lines += handover_lines(self._handover, self._zone, width)
        view.show(lines or [(Piece(" reading…", "dim"),)])
