"""A widget whose lines are drawn before the library asks for them."""

from __future__ import annotations

from textual.color import Color
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget


class DrawnLines(Widget):
    """Gives the compositor its lines as they are, in the colours that they were made in.

    The library would look up borders, padding, hatching, tint and opacity for each of them: half of what painting a
    page costs. So none of these may be set in the styles of such a widget.
    """

    ALLOW_SELECT = False

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._behind: Color | None = None

    def notify_style_update(self) -> None:
        """Other colours."""
        super().notify_style_update()
        self._behind = None

    def render_lines(self, crop: Region) -> list[Strip]:
        """The lines of a part of it. A line that was filtered before is the very same again: nothing is done twice."""
        if self._behind is None:
            self._behind = self.background_colors[1]
        lines = [self.render_line(y) for y in crop.line_range]
        for each in self.get_line_filters():
            lines = [line.apply_filter(each, self._behind) for line in lines]
        if crop.column_span != (0, self.size.width):
            lines = [line.crop(*crop.column_span) for line in lines]
        return lines
