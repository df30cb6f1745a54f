"""The keys that mark rows and go to marked ones. The main screen has them from here."""

from __future__ import annotations

from dezky_audit_tui.insight.words import many
from dezky_audit_tui.tui.screens.frame import Frame
from dezky_audit_tui.tui.timeline.reader import End


class MarkKeys(Frame):
    """Of any row, whatever the filter is."""

    def action_mark(self) -> None:
        """Mark the selected row, or take its mark away."""
        row = self.selected_row()
        if row is None:
            return
        marks = self.insights.marks
        if marks.toggle(row):
            self.tell(f"marked, {many(len(marks), 'row')} in all: u and U go there")
        else:
            self.tell("the mark is taken away")
        self.timeline.repaint()

    def action_marked(self, end: End) -> None:
        """To the next marked row; a filter that hides it is switched off."""
        marks, here = self.insights.marks, self.timeline.selected
        if not len(marks):
            self.tell("no row is marked: * marks one")
            return
        row = marks.next(here.position, end, self.timeline.view.layout.shown) if here is not None else None
        if row is None:
            self.tell(f"no {end} marked row")
        else:
            self.travel(lambda: self.browser.go(row))
