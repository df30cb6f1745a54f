"""What stands on the screen of the timeline: its lines, the one on top, and the selected event. Pure.

Following, the newest row is selected and on top. Paused, the selected event keeps its line of the screen, whatever
comes above it: then blank lines below are allowed.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from datetime import date

from dezky_audit_tui.insight.silence import Silence
from dezky_audit_tui.model.cursor import Hole
from dezky_audit_tui.model.event import Position, Row
from dezky_audit_tui.tui.timeline.folds import PLAIN, Folds, Layout
from dezky_audit_tui.tui.timeline.fresh import Fresh
from dezky_audit_tui.tui.timeline.lines import Line, ReadStretch, RowLine, build_lines
from dezky_audit_tui.tui.timeline.reader import End
from dezky_audit_tui.tui.timeline.window import Window
from dezky_audit_tui.tui.words.zone import Zone

AHEAD = 100
"""Lines before an end of the window at which the next page is wanted."""


class Viewport:
    """A view of `height` lines over a window. Lines count from 0 at the newest."""

    def __init__(self, window: Window, zone: Zone, folds: Folds | None = None) -> None:
        self.window = window
        self.zone = zone
        self.folds = folds
        self.layout: Layout = PLAIN
        self.height = 1
        self.lines: list[Line] = []
        self.top = 0
        self.selected: Row | None = None
        self.following = True
        self.fresh = Fresh()
        self.since_newest: Silence | None = None
        self.read: ReadStretch | None = None
        self._holes: Sequence[Hole] = ()
        self._today = date.min
        self._line_of: dict[Position, int] = {}
        self._row_lines: list[int] = []

    @property
    def screen_line(self) -> int | None:
        """The line of the screen on which the selected event stands."""
        line = self._selected_line()
        return None if line is None else line - self.top

    def line_at(self, screen_line: int) -> Line | None:
        """What stands on a line of the screen."""
        index = self.top + screen_line
        return self.lines[index] if 0 <= index < len(self.lines) else None

    @property
    def rows(self) -> Sequence[Row]:
        """The rows that are on the screen, from the top."""
        return self.rows_near(0)

    def rows_near(self, lines: int) -> Sequence[Row]:
        """The rows on the screen, and those on so many lines above and below it."""
        near = self.lines[max(0, self.top - lines) : self.top + self.height + lines]
        return [line.row for line in near if isinstance(line, RowLine)]

    def thumb(self, total: int) -> tuple[int, int] | None:
        """First line and length of the scroll bar's thumb, of `total` rows in all; None where all are on the screen."""
        above, held, height = self.window.above, len(self.window), self.height
        total = max(total, above + held)
        if total <= height or (held == total and len(self.lines) <= height):
            return None
        length, rows = max(1, round(height * height / total)), self.rows
        if self.window.at_oldest and self.top + height >= len(self.lines):
            return height - length, length
        place = (above + (self.window.index(rows[0].position) or 0 if rows else 0)) / (total - height)
        return round(min(1.0, place) * (height - length)), length

    def wanted(self) -> End | None:
        """The end of the window that the view comes near, where more may be there. A window that is full lets go of
        what lies farther away: nothing is wanted that would be the first to go again."""
        if not self.lines:
            return None
        here = 0 if self.selected is None or self.following else self.window.index(self.selected.position) or 0
        near_end = self.top + self.height + AHEAD >= len(self.lines)
        if not self.window.at_oldest and near_end and self.window.may_keep_older(here):
            return "older"
        near_start = not self.window.at_newest and self.top < AHEAD
        return "newer" if near_start and self.window.may_keep_newer(here) else None

    # What comes from outside

    def update(self, today: date, holes: Sequence[Hole] | None = None, zone: Zone | None = None) -> None:
        """Rows, gaps or the zone changed: the lines are laid out again around the selected event."""
        line = self.screen_line
        self._holes = self._holes if holes is None else holes
        self.zone = zone or self.zone
        self._today = today
        held = None if self.selected is None else self.window.index(self.selected.position)
        self.window.trim(0 if self.following else held or 0)
        self._lay_out()
        if self.following and self.window.at_newest:
            self._to_newest()
        elif self.selected is not None:
            self._keep(self.selected, line or 0)
        else:
            self.selected = self.window.newest

    def opened(self, today: date, select: Position | None, *, following: bool, line: int | None = None) -> None:
        """The window holds another stretch: select there the nearest row, on a line of the screen or in its middle."""
        self._today = today
        self._lay_out()
        if following:
            self.following = True
            self._to_newest()
            return
        self.pause()
        index = None if select is None else self.window.closest(select)
        row = self.window.newest if index is None else self.window.nth(index)
        self.selected = row
        self.top = 0
        if row is not None:
            self._keep(row, self.height // 2 if line is None else line)
            self._clamp()
            self._reveal()

    def toggle(self) -> str | None:
        """Open or fold what the selected event belongs to: what was done, in words; None where that is nothing."""
        if self.folds is None or self.selected is None:
            return None
        done = self.folds.toggle(self.selected, self.layout)
        if done is not None:
            self.pause()
            self.update(self._today)
            self._make_room_below()
            self._reveal()
        return done

    def _make_room_below(self) -> None:
        """What was opened lies below the selected event: it should be seen."""
        line = self._selected_line()
        if line is not None and line - self.top > self.height // 2:
            self.top = max(0, min(line - self.height // 4, len(self.lines) - self.height))

    # Moving

    def pause(self) -> None:
        """Stop following; from now on it is counted what comes."""
        if self.following:
            self.following = False
            self.fresh = Fresh(self.window.latest)

    def move(self, rows: int) -> bool:
        """Select an older (or newer) row. False where that would go above the newest row of all."""
        if self.selected is None or not len(self.window):
            return True
        line = self._selected_line()
        if line is None:
            line = self._line_near(self.selected) or 0
        here = bisect_left(self._row_lines, line)
        if rows < 0 and here == 0 and self.window.at_newest:
            return self.following
        self.pause()
        self._select_line(self._row_lines[min(max(here + rows, 0), len(self._row_lines) - 1)])
        return True

    def go_to(self, row: Row) -> None:
        """Select a row of the window, or the one that stands for it."""
        line = self._line_near(row)
        if line is not None:
            self.pause()
            self._select_line(line)

    def wheel(self, lines: int) -> bool:
        """Move the view, and with its edge the selection. False where that would go above the newest row of all."""
        top = min(max(self.top + lines, 0), max(0, len(self.lines) - self.height))
        if self.selected is None or top == self.top:
            return not (lines < 0 and self.top == 0 and self.window.at_newest and not self.following)
        self.pause()
        self.top = top
        line = self._selected_line()
        line = top if line is None else line
        self._select_near(min(max(line, top), top + self.height - 1), 1 if lines > 0 else -1)
        index = self.window.index(self.selected.position)
        self._trim(index or 0)
        return True

    def select(self, row: Row) -> None:
        """Select a row that is on the screen."""
        if row is not self.selected:
            self.pause()
            self.selected = row

    def resize(self, height: int) -> None:
        """Another number of lines: the selected event stays in view."""
        self.height = max(1, height)
        if self.following:
            self._to_newest()
            return
        line = self.screen_line
        if line is None or not 0 <= line < self.height:
            self._reveal()

    def shift(self, lines: int) -> None:
        """The view itself came so many lines lower on the terminal: what a paused reader reads stays where it was."""
        if not self.following:
            line = self._selected_line()
            self.top = max(0, min(self.top + lines, len(self.lines) - 1 if line is None else line))

    # Inside

    def _lay_out(self) -> None:
        window = self.window
        newest_first = list(window.newest_first())
        self.layout = self.folds.lay(newest_first) if self.folds is not None else PLAIN
        self.lines = build_lines(
            newest_first,
            self._holes,
            self.zone,
            self._today,
            at_newest=window.at_newest,
            at_oldest=window.at_oldest,
            hidden=self.layout.hidden,
            since_newest=self.since_newest,
            read=self.read,
        )
        self._line_of = {line.row.position: at for at, line in enumerate(self.lines) if isinstance(line, RowLine)}
        self._row_lines = list(self._line_of.values())

    def _to_newest(self) -> None:
        self.selected, self.top = self.window.newest, 0
        self._reveal()

    def _selected_line(self) -> int | None:
        """The line of the selected event, or of what stands for it by now."""
        return self._line_of.get(self.layout.shown(self.selected.position)) if self.selected else None

    def _line_near(self, row: Row) -> int | None:
        """The line of a row, or of the next older one where it is gone."""
        index = self.window.nearest(row.position)
        return None if index is None else self._line_of[self.layout.shown(self.window.nth(index).position)]

    def _row_on(self, line: int) -> Row | None:
        found = self.lines[line]
        return found.row if isinstance(found, RowLine) else None

    def _select_line(self, line: int) -> None:
        self.selected = self._row_on(line)
        if self.selected is not None:
            self._trim(self.window.index(self.selected.position) or 0)
        self._reveal()

    def _keep(self, row: Row, screen_line: int) -> None:
        """Put `row`, or what stands for it, or the next older one where it is gone, on a line of the screen."""
        line = self._line_near(row)
        self.selected = None if line is None else self._row_on(line)
        self.top = max(0, (line or 0) - screen_line)

    def _trim(self, index: int) -> None:
        held = len(self.window)
        self.window.trim(index)
        if len(self.window) != held and self.selected is not None:
            line = self.screen_line
            self._lay_out()
            self._keep(self.selected, line or 0)

    def _reveal(self) -> None:
        """Scroll as little as possible, so that the selected event is on the screen."""
        line = self._selected_line()
        if line is None:
            return
        if line < self.top:
            self.top = line
        elif line >= self.top + self.height:
            self.top = line - self.height + 1
        # What stands above the very first row (a gap, a new day) or below the very last one is shown with it.
        if self.top <= self._row_lines[0] and line < self.height:
            self.top = 0
        if line == self._row_lines[-1]:
            self.top = max(self.top, min(line, len(self.lines) - self.height))

    def _clamp(self) -> None:
        self.top = min(self.top, max(0, len(self.lines) - self.height))

    def _select_near(self, line: int, step: int) -> None:
        for direction in (step, -step):
            at = line
            while self.top <= at < min(self.top + self.height, len(self.lines)):
                found = self.lines[at]
                if isinstance(found, RowLine):
                    self.selected = found.row
                    return
                at += direction
