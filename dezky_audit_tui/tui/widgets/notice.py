"""What is said in the footer where it has more words than the footer has room for."""

from __future__ import annotations

from dezky_audit_tui.tui.terminal.overlay import Overlay
from dezky_audit_tui.tui.widgets.line import LineWidget
from dezky_audit_tui.tui.words.pieces import Line


class Notice(LineWidget, Overlay):
    """Lies over the last lines of the screen for the time that it stands, so that no row moves."""

    def tell(self, lines: list[Line], beside: int | None) -> None:
        """Show these lines, or nothing where there are none. `beside`: a line of the screen that stays to be seen."""
        self.shown = bool(lines)
        if lines:
            top = self.app.size.height - len(lines)
            if beside is not None and beside >= top:
                top = beside - len(lines)
            self.styles.height = len(lines)
            self.styles.offset = (0, max(0, top))
            self.show(*lines)
