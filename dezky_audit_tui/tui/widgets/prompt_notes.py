"""The notes below a prompt: what is wrong at which place, or what may stand there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from dezky_audit_tui.text import visible
from dezky_audit_tui.tui.prompts.fault import Fault
from dezky_audit_tui.tui.terminal.overlay import Overlay
from dezky_audit_tui.tui.widgets.line import LineWidget
from dezky_audit_tui.tui.words.pieces import Line, Piece, width_of, wrap

if TYPE_CHECKING:
    from dezky_audit_tui.tui.prompts.completion import Offer


class PromptNotes(LineWidget, Overlay):
    """Lies over the first lines, so that no row moves."""

    def tell(self, fault: Fault | None, column: int) -> None:
        """A caret at the place, `column` cells behind the prompt's own beginning, and what is wrong; or nothing."""
        self.shown = fault is not None
        if fault is None:
            return
        width = self.app.size.width
        lines: list[Line] = []
        if fault.place is not None:
            lines.append((Piece(" " * min(column + fault.place, max(0, width - 2))), Piece("^", "bad")))
        lines += [(Piece(f" {text}", "bad"),) for text in wrap(visible(fault.message), width - 2, 3)]
        self.styles.height = len(lines)
        self.show(*lines)

    def offer(self, offers: Sequence[Offer], taken: int | None) -> None:
        """As many as there is room for, from the one that is taken on."""
        self.shown = True
        self.styles.height = 1
        width = self.app.size.width
        line: Line = (Piece(" tab ", "key"),)
        first = 0 if taken is None else min(taken, max(0, len(offers) - 1))
        for at in (*range(first, len(offers)), *range(first)):
            offer = offers[at]
            count = "" if offer.count is None else f" {offer.count:,}"
            piece = (Piece(f" {offer.text} ", "chip" if at == (taken or 0) else "plain"), Piece(f"{count} ", "faint"))
            if width_of((*line, *piece)) > width - 2:
                line = (*line, Piece("…", "faint"))
                break
            line = (*line, *piece)
        self.show(line)
