"""A widget of a few lines that sends only those cells to the terminal which changed."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.geometry import Region
from textual.message import Message
from textual.strip import Strip

from dezky_audit_tui.tui.widgets.drawn_lines import DrawnLines
from dezky_audit_tui.tui.words.pieces import TONES, Line, Tone, crop, text_of, width_of

_APART = 12
"""Cells that are the same: more of them cost more than to begin anew behind them."""


TONE_CLASSES = {f"line--{tone}" for tone in TONES}
"""The component classes of the application that lines are shown in: dressed once there, not once a widget."""


class LineWidget(DrawnLines):
    """Lines of pieces. A countdown that ticks costs the few cells of its digits, not the line."""

    DEFAULT_CSS = Path(__file__).with_suffix(".tcss").read_text(encoding="utf-8")

    class Clicked(Message):
        """A click on a cell of a line."""

        def __init__(self, sender: LineWidget, line: Line, x: int) -> None:
            super().__init__()
            self._sender_line, self.line, self.x = sender, line, x

        @property
        def control(self) -> LineWidget:
            """Whose line it is."""
            return self._sender_line

        def piece_before(self, tone: Tone) -> str | None:
            """The text of the last piece in a tone that begins before the cell."""
            edge, found = 0, None
            for piece in self.line:
                if edge > self.x:
                    break
                found = piece.text if piece.tone == tone else found
                edge += piece.width
            return found if self.x < width_of(self.line) else None

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._lines: Sequence[Line] = ()
        self._strips: list[Strip] = []
        self._styles_of: dict[Tone, Style] = {}

    def show(self, *lines: Line) -> None:
        """Show these lines; they are cut to the width that there is."""
        if lines == self._lines and self._strips:
            return
        self._lines = lines
        self._paint()

    def texts(self) -> list[str]:
        """The plain text of its lines."""
        return [text_of(line) for line in self._lines]

    def on_click(self, event: events.Click) -> None:
        """Whoever shows the line knows what it means."""
        if 0 <= event.y < len(self._lines):
            self.post_message(self.Clicked(self, self._lines[event.y], event.x))

    def on_resize(self) -> None:
        """Another width."""
        self._strips = []
        self._paint()

    def notify_style_update(self) -> None:
        """Other colours. Those of the component classes are set after this was called."""
        super().notify_style_update()
        if self.is_attached:
            self.call_next(self._renew)

    def render_line(self, y: int) -> Strip:
        """One finished line."""
        return self._strips[y] if y < len(self._strips) else Strip.blank(self.size.width, self._style("plain"))

    def _renew(self) -> None:
        self._styles_of, self._strips = {}, []
        self._paint()

    def _paint(self) -> None:
        width = self.size.width
        if not width:
            return
        strips = [self._strip(line, width) for line in self._lines]
        old, self._strips = self._strips, strips
        if len(old) != len(strips):
            self.refresh()
            return
        regions = [region for y, strip in enumerate(strips) for region in _differences(old[y], strip, y)]
        if regions:
            self.refresh(*regions)

    def _strip(self, line: Line, width: int) -> Strip:
        segments = [Segment(piece.text, self._style(piece.tone)) for piece in crop(line, width)]
        return Strip(segments).adjust_cell_length(width, self._style("plain"))

    def _style(self, tone: Tone) -> Style:
        if tone not in self._styles_of:
            self._styles_of[tone] = self.app.get_component_styles(f"line--{tone}").rich_style
        return self._styles_of[tone]


def _differences(old: Strip, new: Strip, y: int) -> list[Region]:
    """The cells that differ, in as few stretches as are cheap to send; none where the lines are the same."""
    if old == new:
        return []
    before, after = _cells(old), _cells(new)
    if len(before) != len(after):
        return [Region(0, y, new.cell_length, 1)]
    stretches: list[list[int]] = []
    for x, (one, two) in enumerate(zip(before, after, strict=True)):
        if one == two:
            continue
        if stretches and x - stretches[-1][1] <= _APART:
            stretches[-1][1] = x
        else:
            stretches.append([x, x])
    return [Region(first, y, last - first + 1, 1) for first, last in stretches]


def _cells(strip: Strip) -> list[tuple[str, Style | None]]:
    """The line cell by cell; a character of two cells takes two."""
    cells: list[tuple[str, Style | None]] = []
    for text, style, _ in strip:
        for char in text:
            width = 1 if char.isascii() else Segment(char).cell_length
            cells += [(char, style)] * width
    return cells
