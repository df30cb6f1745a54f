"""The timeline: a line-API widget over a reader's window. It owns what is selected and what stands on the screen."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import ClassVar, Literal

from textual import events
from textual.cache import LRUCache
from textual.geometry import Region
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from dezky_audit_tui.model.cursor import Hole
from dezky_audit_tui.model.event import Position, Row
from dezky_audit_tui.tui.columns import Column, lay_out
from dezky_audit_tui.tui.lines import Line, RowLine, build_lines
from dezky_audit_tui.tui.reader import End, Reader
from dezky_audit_tui.tui.widgets.timeline_strips import Painter
from dezky_audit_tui.tui.zone import Zone

AHEAD = 100
"""Lines before an end of the window at which the next page is asked for."""

_WHEEL = 3


class Timeline(Widget, can_focus=True):
    """Newest on top. Following, the newest row is selected; paused, the selected event keeps its line on the screen."""

    ALLOW_SELECT = False
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "timeline--head",
        "timeline--time",
        "timeline--plain",
        "timeline--quiet",
        "timeline--failure",
        "timeline--impersonation",
        "timeline--tenant",
        "timeline--dim",
        "timeline--gap",
        "timeline--day",
        "timeline--selected",
        "timeline--cursor",
        "timeline--flag",
        "timeline--bar",
        "timeline--thumb",
    }
    DEFAULT_CSS = Path(__file__).with_suffix(".tcss").read_text(encoding="utf-8")

    class Selected(Message):
        """Another event is selected, or the same one again after it changed."""

        def __init__(self, row: Row | None) -> None:
            super().__init__()
            self.row = row

        @property
        def can_replace_last(self) -> bool:
            """Only the latest counts."""
            return True

        def can_replace(self, message: Message) -> bool:
            """A burst of moves is one message."""
            return isinstance(message, Timeline.Selected)

    class Wanted(Message):
        """The reader is near an end of the window: a page is wanted there."""

        def __init__(self, end: End) -> None:
            super().__init__()
            self.end: End = end

    class Opened(Message):
        """A row was clicked twice."""

    class FollowWanted(Message):
        """The reader went up from the first line: back to the newest."""

    def __init__(self, reader: Reader, clock: Callable[[], datetime], zone: Zone, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.reader = reader
        self._clock = clock
        self.zone = zone
        self.following = True
        self.prefixed = False
        self.empty_text: tuple[str, ...] = ()
        self.end_text = "beginning of the log"
        self.filling = ""
        self.total: int | None = None
        self._holes: Sequence[Hole] = ()
        self._lines: list[Line] = []
        self._line_of: dict[Position, int] = {}
        self._selected: Row | None = None
        self._top = 0
        self._columns: tuple[Column, ...] = ()
        self._cache: LRUCache[object, Strip] = LRUCache(1024)
        self._painter: Painter | None = None
        self._strips: list[Strip] = []

    # What others ask

    @property
    def selected(self) -> Row | None:
        """The selected event."""
        return self._selected

    @property
    def body_height(self) -> int:
        """Lines for rows, below the heads of the columns."""
        return max(1, self.size.height - 1)

    @property
    def screen_line(self) -> int | None:
        """The line of the widget on which the selected event stands."""
        line = self._line_of.get(self._selected.position) if self._selected else None
        return None if line is None else line - self._top + 1

    def texts(self) -> list[str]:
        """What stands on its lines, as plain text."""
        return [strip.text for strip in self._strips]

    # What comes from outside

    def show(self, holes: Sequence[Hole] | None = None) -> None:
        """The window, the gaps or the zone changed: lay the lines out again, around the selected event."""
        if holes is not None:
            self._holes = holes
        line = self.screen_line
        before = self._selected
        self._rebuild()
        if self.following and self.reader.window.at_newest:
            self._select(self.reader.window.newest)
            self._top = 0
        elif self._selected is not None:
            self._keep(self._selected, line)
        else:
            self._select(self._first_row())
        self._paint()
        if before is not self._selected and before is not None and self._selected is not None:
            self.post_message(self.Selected(self._selected))
        self._ask_ahead()

    def opened(self, select: Position | None, *, following: bool, line: int | None = None) -> None:
        """The reader opened another stretch: select there, on that line of the screen where it is given."""
        self.following = following
        self._rebuild()
        window = self.reader.window
        index = None if select is None else window.nearest(select)
        row = window.nth(index) if index is not None else window.newest
        self._selected = None
        self._select(row)
        self._top = 0
        if row is not None and not following:
            self._keep(row, line if line is not None else self.body_height // 2)
            self._clamp()
        self._paint()
        self._ask_ahead()

    def set_zone(self, zone: Zone) -> None:
        """Show moments in another way."""
        self.zone = zone
        self.show()

    def repaint(self) -> None:
        """Styles, the cursor's second or a word changed; the lines are the same."""
        self._paint()

    # Moving

    def move(self, rows: int) -> None:
        """Select another row, older for positive numbers."""
        window = self.reader.window
        if self._selected is None or not len(window):
            return
        here = window.index(self._selected.position)
        here = here if here is not None else window.nearest(self._selected.position) or 0
        if rows < 0 and here == 0 and window.at_newest:
            if not self.following:
                self.post_message(self.FollowWanted())
            return
        there = min(max(here + rows, 0), len(window) - 1)
        self._go(there)

    def page(self, pages: int) -> None:
        """A screen up or down."""
        self.move(pages * max(1, self.body_height - 1))

    def pause(self) -> None:
        """Stop at the selected row."""
        self.following = False

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """The wheel moves the view, and the selection with its edge."""
        event.stop()
        self._wheel(_WHEEL)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """The wheel moves the view, and the selection with its edge."""
        event.stop()
        self._wheel(-_WHEEL)

    def on_click(self, event: events.Click) -> None:
        """Select what was clicked; a double click opens it."""
        index = self._top + event.y - 1
        if event.y >= 1 and index < len(self._lines):
            line = self._lines[index]
            if isinstance(line, RowLine):
                if not (self.following and line.row is self._selected):
                    self.following = False
                self._select(line.row)
                self._paint()
                if event.chain >= 2:
                    self.post_message(self.Opened())

    # Textual

    def on_resize(self) -> None:
        """Other columns, another number of lines; the selected event stays in view."""
        self._painter = None
        if self._selected is not None and not self.following:
            self._reveal()
        self._paint(everything=True)
        self._ask_ahead()

    def notify_style_update(self) -> None:
        """Other colours."""
        super().notify_style_update()
        self._painter = None
        if self.is_attached:
            self._paint(everything=True)

    def render_line(self, y: int) -> Strip:
        """One finished line."""
        return self._strips[y] if y < len(self._strips) else Strip.blank(self.size.width)

    # Inside

    def _rebuild(self) -> None:
        now, window = self._clock(), self.reader.window
        self._lines = build_lines(
            window.newest_first(),
            self._holes,
            self.zone,
            self.zone.day(now),
            at_newest=window.at_newest,
            at_oldest=window.at_oldest,
        )
        self._line_of = {line.row.position: at for at, line in enumerate(self._lines) if isinstance(line, RowLine)}

    def _first_row(self) -> Row | None:
        return self.reader.window.newest

    def _select(self, row: Row | None) -> None:
        old, self._selected = self._selected, row
        if row is not old:
            self.post_message(self.Selected(row))

    def _keep(self, row: Row, screen_line: int | None) -> None:
        """Put `row`, or what stands in its place, on a line of the screen. Blank lines below are allowed for that."""
        line = self._line_of.get(row.position)
        if line is None:
            index = self.reader.window.nearest(row.position)
            row_there = None if index is None else self.reader.window.nth(index)
            self._select(row_there)
            line = 0 if row_there is None else self._line_of[row_there.position]
        else:
            held = self._lines[line]
            if isinstance(held, RowLine):
                self._selected = held.row
        self._top = max(0, line - ((screen_line or 1) - 1))
        self._reveal()

    def _go(self, index: int) -> None:
        row = self.reader.window.nth(index)
        self.following = False
        self._select(row)
        self.reader.window.trim(index)
        if len(self._line_of) != len(self.reader.window):
            line = self.screen_line
            self._rebuild()
            self._keep(row, line)
        self._reveal()
        self._paint()
        self._ask_ahead()

    def _reveal(self) -> None:
        """Scroll as little as possible, so that the selected event is on the screen."""
        if self._selected is None:
            return
        line = self._line_of.get(self._selected.position)
        if line is None:
            return
        height = self.body_height
        if line < self._top:
            # What stands above the first row (a new day, a gap) belongs to it.
            self._top = 0 if self.reader.window.index(self._selected.position) == 0 else line
        elif line >= self._top + height:
            self._top = line - height + 1
        if self._top and self._top < line and not any(isinstance(each, RowLine) for each in self._lines[: self._top]):
            self._top = 0

    def _clamp(self) -> None:
        self._top = min(self._top, max(0, len(self._lines) - self.body_height))

    def _wheel(self, lines: int) -> None:
        height = self.body_height
        top = min(max(self._top + lines, 0), max(0, len(self._lines) - height))
        if top == self._top or self._selected is None:
            if lines < 0 and self._top == 0 and self.reader.window.at_newest and not self.following:
                self.post_message(self.FollowWanted())
            return
        self.following = False
        self._top = top
        line = self._line_of.get(self._selected.position, top)
        inside = min(max(line, top), top + height - 1)
        step: Literal[1, -1] = 1 if lines > 0 else -1
        while 0 <= inside < len(self._lines):
            found = self._lines[inside]
            if isinstance(found, RowLine):
                self._select(found.row)
                break
            inside += step
        self._paint()
        self._ask_ahead()

    def _ask_ahead(self) -> None:
        if not self._lines:
            return
        window = self.reader.window
        if not window.at_oldest and self._top + self.body_height + AHEAD >= len(self._lines):
            self.post_message(self.Wanted("older"))
        elif not window.at_newest and self._top < AHEAD:
            self.post_message(self.Wanted("newer"))

    def _paint(self, *, everything: bool = False) -> None:
        """Make the lines anew, and send those that differ to the terminal."""
        width, height = self.size
        if not width or not height:
            return
        strips = self._compose_strips(width, height)
        old, self._strips = self._strips, strips
        if everything or len(old) != len(strips):
            self.refresh()
            return
        changed = [y for y, strip in enumerate(strips) if strip != old[y]]
        if changed:
            self.refresh(*(Region(0, y, width, 1) for y in changed))

    def _compose_strips(self, width: int, height: int) -> list[Strip]:
        if self._painter is None:
            self._cache.clear()
            self._painter = Painter(self.get_component_rich_style)
        painter, columns = self._painter, lay_out(width - 1, prefixed=self.prefixed)
        if columns != self._columns:
            self._columns = columns
            self._cache.clear()
        body = self.body_height
        bar = self._bar(body)
        strips = [self._join(painter.head(columns, width - 1, self.zone), painter.blank(1))]
        now = self._clock()
        for y in range(body):
            index = self._top + y
            if index < len(self._lines):
                strip = self._line_strip(painter, self._lines[index], width - 1, now)
            elif not self._lines and 1 <= y <= len(self.empty_text):
                strip = painter.words(self.empty_text[y - 1], width - 1)
            else:
                strip = painter.blank(width - 1)
            strips.append(self._join(strip, painter.bar(bar, y)))
        return strips[:height]

    def _line_strip(self, painter: Painter, line: Line, width: int, now: datetime) -> Strip:
        if not isinstance(line, RowLine):
            return painter.mark(line, width, self.zone, self.filling, self.end_text)
        time = self.zone.time(line.row.event.at, now)
        selected = self._selected is not None and line.row.position == self._selected.position
        key = (line.row.position, line.row.event.tenant_slug, time, selected, self.has_focus, self.prefixed, width)
        strip = self._cache.get(key)
        if strip is None:
            focused = self.has_focus
            strip = painter.row(line.row, self._columns, width, self.zone, now, self.prefixed, selected, focused)
            self._cache[key] = strip
        return strip

    def on_focus(self) -> None:
        """The cursor shows whether keys go here."""
        self._paint()

    def on_blur(self) -> None:
        """The cursor shows whether keys go here."""
        self._paint()

    @staticmethod
    def _join(line: Strip, bar: Strip) -> Strip:
        return Strip([*line, *bar], line.cell_length + bar.cell_length)

    def _bar(self, height: int) -> tuple[int, int] | None:
        """First line and length of the scroll bar's thumb; None where everything is on the screen."""
        window = self.reader.window
        held = len(self._lines)
        total = max(self.total or 0, window.above + held)
        if total <= height and not self._top:
            return None
        length = max(1, round(height * height / total))
        place = (window.above + self._top) / max(1, total - height)
        return round(min(1.0, place) * (height - length)), length
