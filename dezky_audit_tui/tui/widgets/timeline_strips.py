"""Paints single lines of the timeline. Every text from data passes `fit`, so it can never act on the terminal."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.cache import LRUCache
from textual.strip import Strip

from dezky_audit_tui.model.event import Row
from dezky_audit_tui.text import fit
from dezky_audit_tui.tui.timeline.lines import DayLine, EndLine, GapLine, SilenceLine
from dezky_audit_tui.tui.words.cells import NEW_MARK, NOTHING, READERS_MARK, Cells, Note, cells_of, fit_actor
from dezky_audit_tui.tui.words.columns import GUTTER, Column, ColumnName
from dezky_audit_tui.tui.words.silences import gap_text, silence_line_text
from dezky_audit_tui.tui.words.zone import Zone, day_text

if TYPE_CHECKING:
    from dezky_audit_tui.tui.timeline.search import Search

FLAG = "⚑"
"""Stands before a row that holds characters which hide or act."""

Between = GapLine | SilenceLine | DayLine | EndLine
"""What stands between rows."""

_CURSOR, _CURSOR_AWAY = "▶", "▷"
HELD = 1024
"""Finished lines that are held: those of some screens."""


STYLES = (
    "head", "time", "plain", "quiet", "failure", "broken-in", "impersonation", "privileged", "tenant", "dim", "gap",
    "silence", "day", "selected", "cursor", "flag", "tag", "new", "bar", "thumb", "hit",
)  # fmt: skip
"""Names of the widget's component classes, after `timeline--`."""


class Painter:
    """Lines in the styles of the component classes, which are looked up once."""

    def __init__(self, style: Callable[[str], Style]) -> None:
        self.styles = {name: style(f"timeline--{name}") for name in STYLES}
        chosen = self.styles["selected"]
        # Without a colour of its own, so that a selected failure is red still.
        # Turned around, each colour would be a patch of its own, and what is faint would be faint on light.
        turned, bright = (chosen.color, False) if chosen.reverse else (None, None)
        self._selected = Style(
            color=turned, bgcolor=chosen.bgcolor, bold=chosen.bold, dim=bright, reverse=chosen.reverse
        )

        self._no_bar = Strip([Segment(" ", self.styles["bar"])], 1)
        self._bar = Strip([Segment("│", self.styles["bar"])], 1)
        self._thumb = Strip([Segment("┃", self.styles["thumb"])], 1)
        self._joined: LRUCache[tuple[int, int], tuple[Strip, Strip]] = LRUCache(HELD)

    def joined(self, line: Strip, bar: Strip) -> Strip:
        """A line and its cell of the scroll bar: for the same two the very same, which needs no comparing."""
        key = (id(line), id(bar))
        found = self._joined.get(key)
        if found is None:
            # The line is held too, so that its id stays its own.
            found = self._joined[key] = (line, Strip([*line, *bar], line.cell_length + bar.cell_length))
        return found[1]

    def blank(self, width: int) -> Strip:
        """Nothing."""
        return Strip([Segment(" " * width, self.styles["plain"])], width)

    def words(self, text: str, width: int) -> Strip:
        """A line that speaks to the reader, in the middle."""
        shown = fit(text, min(width, cell_len(text)))
        left = max(0, (width - cell_len(shown)) // 2)
        return Strip([Segment(fit(" " * left + shown, width), self.styles["dim"])], width)

    def head(self, columns: tuple[Column, ...], width: int, zone: Zone) -> Strip:
        """The heads of the columns."""
        text = " " * GUTTER
        for column in columns:
            name = (
                ""
                if column.name == "mark"
                else "age"
                if column.name == "time" and zone.mode == "relative"
                else column.name
            )
            text += fit(name, column.width) + " " * column.gap
        return Strip([Segment(fit(text, width), self.styles["head"])], width)

    def row(
        self,
        row: Row,
        columns: tuple[Column, ...],
        width: int,
        zone: Zone,
        now: datetime,
        *,
        prefixed: bool,
        cursor: bool | None,
        note: Note = NOTHING,
        search: Search | None = None,
    ) -> Strip:
        """One event. `cursor`: None where it is not selected, else whether keys go to the timeline. `search`: the one
        whose hit it is."""
        brief = columns[-1].name != "what"
        cells = cells_of(row.event, zone, now, prefixed=prefixed, note=note, brief=brief)
        base = Style.null() if cursor is None else self._selected
        segments = [
            Segment(" " if cursor is None else _CURSOR if cursor else _CURSOR_AWAY, self.styles["cursor"] + base),
            Segment(FLAG if cells.suspect else " ", self.styles["flag"] + base),
            Segment(fit(note.tag, GUTTER - 2), self.styles["tag"] + base),
        ]
        for column in columns:
            if column.name == "address" and note.new:
                # In the blank before the address, so that nothing of it is lost.
                last = segments.pop()
                segments += [Segment(last.text[:-1], last.style), Segment(NEW_MARK, self.styles["new"] + base)]
            words = (
                fit_actor(row.event, column.width)
                if column.name == "actor"
                else fit(cells.words[column.name], column.width)
            )
            style = self._style(cells, column.name) + base
            if search is None:
                segments.append(Segment(words, style))
            else:
                segments += [
                    Segment(text, style + self.styles["hit"] if marked else style)
                    for text, marked in search.parts(column.name, words)
                    if text
                ]
            if column.name == "time" and note.marked:
                segments.append(Segment(READERS_MARK, self.styles["new"] + base))
            else:
                segments.append(Segment(" " * column.gap, style))
        plain = self.styles["plain"] + base
        segments = [_uncoloured(each, plain) for each in segments]
        return Strip(segments).adjust_cell_length(width, plain).simplify()

    def mark(self, line: Between, width: int, zone: Zone, filling: str, end_text: str) -> Strip:
        """A line between the rows."""
        if isinstance(line, DayLine):
            words = f"   ── {day_text(line.day)} "
            return Strip([Segment(words + "─" * max(0, width - cell_len(words) - 1) + " ", self.styles["day"])]).crop(
                0, width
            )
        if isinstance(line, EndLine):
            return Strip([Segment(fit(f"   ── {end_text} ──", width), self.styles["dim"])], width)
        before = " " * GUTTER
        if isinstance(line, SilenceLine):
            style = "silence" if line.silence.kind == "quiet" else "gap"
            text = before + silence_line_text(line.silence, zone, width - GUTTER)
            return Strip([Segment(fit(text, width), self.styles[style])], width)
        beside = f"  {filling} " if filling else ""
        room = max(0, width - cell_len(beside))
        text = before + gap_text(line.hole, zone, room - GUTTER)
        return Strip([Segment(fit(fit(text, room) + beside, width), self.styles["gap"])], width)

    def bar(self, thumb: tuple[int, int] | None, y: int) -> Strip:
        """One cell of the scroll bar."""
        if thumb is None:
            return self._no_bar
        start, length = thumb
        return self._thumb if start <= y < start + length else self._bar

    def _style(self, cells: Cells, name: ColumnName) -> Style:
        match name:
            case "time":
                return self.styles["time"]
            case "mark" | "verb":
                return self.styles[cells.tone.replace("_", "-")]
            case "actor":
                return self.styles["impersonation" if cells.in_disguise else "plain"]
            case "tenant":
                return self.styles["dim" if cells.words["tenant"] == "-" else "tenant"]
            case _:
                return self.styles["dim" if cells.words[name] == "-" else "plain"]


def _uncoloured(segment: Segment, plain: Style) -> Segment:
    """A blank shows no colour of letters: like its neighbours, it costs no escape sequence of its own."""
    style = segment.style
    if style is None or not segment.text.isspace() or style.reverse != plain.reverse or style.bgcolor != plain.bgcolor:
        return segment
    return Segment(segment.text, plain)
