"""Many lines in a box that scrolls: the detail and the panes stand in it."""

from __future__ import annotations

from collections.abc import Sequence

from textual.app import ComposeResult
from textual.containers import VerticalScroll

from dezky_audit_tui.tui.widgets.line import LineWidget
from dezky_audit_tui.tui.words.pieces import Line


class LinesView(VerticalScroll, can_focus=True):
    """Shows lines that were laid out for `text_width` cells."""

    ALLOW_SELECT = False

    def compose(self) -> ComposeResult:
        """The lines are one widget, as high as they are many."""
        yield LineWidget()

    @property
    def text_width(self) -> int:
        """Cells for a line, with the scroll bar there or not."""
        return max(0, self.size.width - self.styles.scrollbar_size_vertical)

    def show(self, lines: Sequence[Line]) -> None:
        """Show these lines; the place where the reader is stays where it can."""
        body = self.query_one(LineWidget)
        height = max(1, len(lines))
        if body.styles.height is None or body.styles.height.value != height:
            body.styles.height = height
        body.show(*lines)

    def reveal(self, line: int) -> None:
        """Scroll so that a line is seen."""
        if not self.scroll_offset.y <= line < self.scroll_offset.y + self.size.height:
            self.scroll_to(y=max(0, line - self.size.height // 2), animate=False)

    def texts(self) -> list[str]:
        """The plain text of all its lines."""
        return self.query_one(LineWidget).texts()
