"""The timeline: a line-API widget that paints a viewport, and sends only the lines that changed to the terminal."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual import events
from textual.cache import LRUCache
from textual.geometry import Region
from textual.message import Message
from textual.strip import Strip

from dezky_audit_tui.model.cursor import Hole
from dezky_audit_tui.model.event import Position, Row
from dezky_audit_tui.tui.timeline.folds import Folds
from dezky_audit_tui.tui.timeline.lines import Line, RowLine
from dezky_audit_tui.tui.timeline.notes import Known, note_of
from dezky_audit_tui.tui.timeline.reader import End, Reader
from dezky_audit_tui.tui.timeline.viewport import Viewport
from dezky_audit_tui.tui.widgets.drawn_lines import DrawnLines
from dezky_audit_tui.tui.widgets.timeline_strips import HELD, STYLES, Painter
from dezky_audit_tui.tui.words.columns import GUTTER, Column, lay_out
from dezky_audit_tui.tui.words.zone import Zone

if TYPE_CHECKING:
    from dezky_audit_tui.tui.timeline.search import Search

_WHEEL = 3
_HEADS = 1
_SIGN = GUTTER - 1
"""The cell of the sign that ties rows together."""


class Timeline(DrawnLines, can_focus=True):
    """The rows of a reader's window, newest on top, with the heads of the columns above."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {f"timeline--{name}" for name in STYLES}
    DEFAULT_CSS = Path(__file__).with_suffix(".tcss").read_text(encoding="utf-8")

    class Moved(Message, bubble=False):
        """Another event is selected, or it follows where it did not, or no longer."""

        def can_replace(self, message: Message) -> bool:
            """A burst of moves is one message."""
            return isinstance(message, Timeline.Moved)

    class Wanted(Message):
        """The view is near an end of the window: a page is wanted there."""

        def __init__(self, end: End) -> None:
            super().__init__()
            self.end: End = end

    class Opened(Message):
        """A row was clicked twice."""

    class FollowWanted(Message):
        """The reader went up from the newest row: follow."""

    def __init__(
        self,
        reader: Reader,
        clock: Callable[[], datetime],
        zone: Zone,
        folds: Folds | None = None,
        known: Callable[[Row], Known] | None = None,
        *,
        id: str | None = None,
    ) -> None:
        super().__init__(id=id)
        self.view = Viewport(reader.window, zone, folds)
        self._known = known
        self.prefixed = False
        self.empty_text: tuple[str, ...] = ()
        self.end_text = ""
        self.filling = ""
        self.total: int | None = None
        """Rows that match in the whole store, for the scroll bar."""
        self._search: Search | None = None
        self._clock = clock
        self._columns: tuple[Column, ...] = ()
        self._cache: LRUCache[object, Strip] = LRUCache(HELD)
        self._painter: Painter | None = None
        self._strips: list[Strip] = []
        self._told: tuple[Row | None, bool] = (None, True)

    @property
    def selected(self) -> Row | None:
        """The selected event."""
        return self.view.selected

    @property
    def following(self) -> bool:
        """Whether it stays at the newest row."""
        return self.view.following

    @property
    def is_folded(self) -> bool:
        """Whether the selected row stands for others."""
        return self.selected is not None and self.selected.position in self.view.layout.heads

    @property
    def cursor_y(self) -> int | None:
        """The line of the screen with the selected event; None where it is not to be seen."""
        line = self.view.screen_line
        return self.region.y + _HEADS + line if line is not None and self.display else None

    def texts(self) -> list[str]:
        """What stands on its lines, as plain text."""
        return [strip.text for strip in self._strips]

    # What comes from outside

    def update(self, holes: Sequence[Hole] | None = None, zone: Zone | None = None) -> None:
        """Rows, gaps or the zone changed."""
        if zone is not None and zone != self.view.zone:
            self._cache.clear()
        self.view.update(self._today(zone), holes, zone)
        self._after()

    def opened(self, select: Position | None, *, following: bool, line: int | None = None) -> None:
        """The reader opened another stretch."""
        self.view.opened(self._today(), select, following=following, line=line)
        self._after()

    def shift(self, lines: int) -> None:
        """It came so many lines lower on the terminal; its new height is told by the next resize."""
        self.view.shift(lines)

    def repaint(self) -> None:
        """A word or an age changed; the lines are the same."""
        self._paint()

    def highlight(self, search: Search | None) -> None:
        """Mark the hits of a search, or none."""
        if search != self._search:
            self._search = search
            self._paint()

    # Moving

    def move(self, rows: int) -> None:
        """Select another row, older for positive numbers."""
        self._moved(self.view.move(rows))

    def go_to(self, row: Row) -> None:
        """Select a row of the window, or the one that stands for it."""
        self.view.go_to(row)
        self._after()

    def toggle(self) -> str | None:
        """Open or close what the selected row belongs to: what was done, in words; None where it belongs to nothing."""
        done = self.view.toggle()
        self._after()
        return done

    def page(self, pages: float) -> None:
        """Screens, or parts of one, up or down."""
        rows = max(1, round(abs(pages) * (self.view.height - 1)))
        self.move(rows if pages > 0 else -rows)

    def pause(self) -> None:
        """Stop at the selected row."""
        self.view.pause()
        self._after()

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """Older rows."""
        event.stop()
        self._moved(self.view.wheel(_WHEEL))

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """Newer rows."""
        event.stop()
        self._moved(self.view.wheel(-_WHEEL))

    def on_click(self, event: events.Click) -> None:
        """Select what was clicked; a double click opens it, and a click on its sign what it stands for."""
        line = self.view.line_at(event.y - _HEADS) if event.y >= _HEADS else None
        if isinstance(line, RowLine):
            self.view.select(line.row)
            self._after()
            if event.x == _SIGN and self.toggle() is not None:
                return
            if event.chain >= 2:
                self.post_message(self.Opened())

    # Textual

    def on_resize(self) -> None:
        """Other columns, another number of lines."""
        self.view.resize(self.size.height - _HEADS)
        self._paint(everything=True)
        self._ask_ahead()

    def watch_has_focus(self, _has_focus: bool) -> None:
        """The cursor shows whether keys go here. Its styles are the same with the focus and without: the library would
        work out all of its colours anew, which is half of the answer to a filter."""
        y, (width, height) = self.view.screen_line, self.size
        if y is not None and 0 <= y < height - _HEADS and self._painter is not None and len(self._strips) == height:
            bar = self._painter.bar(self.view.thumb(self.total or 0), y)
            strip = self._line(self._painter, y, width - 1, self._clock())
            self._strips[_HEADS + y] = self._painter.joined(strip, bar)
            self.refresh(Region(0, _HEADS + y, width, 1))

    def notify_style_update(self) -> None:
        """Other colours. Those of the component classes are set after this was called."""
        super().notify_style_update()
        if self.is_attached:
            self.call_next(self._renew)

    def render_line(self, y: int) -> Strip:
        """One finished line."""
        return self._strips[y] if y < len(self._strips) else Strip.blank(self.size.width)

    # Inside

    def _renew(self) -> None:
        # Focus comes and goes by here too, and leaves the colours as they are.
        painter = Painter(self.get_component_rich_style)
        other = self._painter is None or self._painter.styles != painter.styles
        if other:
            self._painter = painter
            self._cache.clear()
        self._paint(everything=other)

    def _today(self, zone: Zone | None = None) -> date:
        return (zone or self.view.zone).day(self._clock())

    def _moved(self, done: bool) -> None:
        if done:
            self._after()
        else:
            self.post_message(self.FollowWanted())

    def _after(self) -> None:
        self._paint()
        now = (self.view.selected, self.view.following)
        if now != self._told:
            self._told = now
            # There at once: on its way up each part between would be woken for it.
            self.screen.post_message(self.Moved())
        self._ask_ahead()

    def _ask_ahead(self) -> None:
        end = self.view.wanted()
        if end is not None:
            self.post_message(self.Wanted(end))

    def _paint(self, *, everything: bool = False) -> None:
        """Make the lines of the screen anew; only those that differ are painted."""
        width, height = self.size
        if not width or not height:
            return
        strips = self._screen(width, height)
        old, self._strips = self._strips, strips
        if everything or len(old) != len(strips):
            self.refresh()
            return
        changed = [y for y, strip in enumerate(strips) if strip is not old[y] and strip != old[y]]
        if changed:
            self.refresh(*_stretches(changed, width))

    def _screen(self, width: int, height: int) -> list[Strip]:
        if self._painter is None:
            self._painter = Painter(self.get_component_rich_style)
            self._cache.clear()
        columns = lay_out(width - 1, prefixed=self.prefixed)
        if columns != self._columns:
            self._columns = columns
            self._cache.clear()
        painter, now, thumb = self._painter, self._clock(), self.view.thumb(self.total or 0)
        strips = [painter.joined(painter.head(columns, width - 1, self.view.zone), painter.blank(1))]
        for y in range(height - _HEADS):
            strip = self._line(painter, y, width - 1, now)
            strips.append(painter.joined(strip, painter.bar(thumb, y)))
        return strips

    def _line(self, painter: Painter, y: int, width: int, now: datetime) -> Strip:
        line: Line | None = self.view.line_at(y)
        if isinstance(line, RowLine):
            return self._row(painter, line.row, width, now)
        if line is not None:
            return painter.mark(line, width, self.view.zone, self.filling, self.end_text)
        at = y - len(self.view.lines) - 1
        if not len(self.view.window) and 0 <= at < len(self.empty_text):
            return painter.words(self.empty_text[at], width)
        return painter.blank(width)

    def _row(self, painter: Painter, row: Row, width: int, now: datetime) -> Strip:
        zone, chosen = self.view.zone, self.view.selected
        age = zone.time(row.event.at, now) if zone.mode == "relative" else ""
        cursor = self.has_focus if chosen is not None and row.position == chosen.position else None
        known = self._known(row) if self._known is not None else Known()
        note = note_of(row, self.view.layout, known, now, self._day_text)
        search = self._search if self._search is not None and self._search.hits(row.event) else None
        key = (row.position, row.event.tenant_slug, age, cursor, self.prefixed, width, note, search)
        strip = self._cache.get(key)
        if strip is None:
            strip = painter.row(
                row,
                self._columns,
                width,
                zone,
                now,
                prefixed=self.prefixed,
                cursor=cursor,
                note=note,
                search=search,
            )
            self._cache[key] = strip
        return strip

    def _day_text(self, moment: datetime) -> str:
        return f"{self.view.zone.day(moment):%Y-%m-%d}"


def _stretches(lines: Sequence[int], width: int) -> list[Region]:
    """The regions of these lines, those that follow each other in one."""
    found: list[Region] = []
    for y in lines:
        if found and found[-1].bottom == y:
            found[-1] = Region(0, found[-1].y, width, found[-1].height + 1)
        else:
            found.append(Region(0, y, width, 1))
    return found
