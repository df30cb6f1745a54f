"""The keys for the selected event: its detail. The main screen has them from here."""

from __future__ import annotations

from textual import on, work

from dezky_audit_tui.errors import StoreError
from dezky_audit_tui.model.event import Row
from dezky_audit_tui.tui.screens.frame import Frame
from dezky_audit_tui.tui.widgets.timeline import Timeline


class EventKeys(Frame):
    """Opens and closes the selected event."""

    def action_detail(self) -> None:
        """Open or close the selected event. What is read must not give way to the next event that comes."""
        if not self.detail.display:
            if self.selected_row() is None:
                return
            self.timeline.pause()
        self.detail.display = not self.detail.display
        self.place_detail()
        if self.detail.display:
            self.detail.view.scroll_home(animate=False)
            self.show_detail()
        self.focus_place()
        self.show_footer()

    @on(Timeline.Opened)
    def _double_clicked(self) -> None:
        self.action_detail()

    def show_detail(self) -> None:
        """The selected event in the detail, and what belongs to it as soon as the store has told."""
        row = self.timeline.selected
        self.detail.show(row.event if row is not None else None, None)
        self.show_findings()
        if row is not None:
            self._relate(row)

    @work(exclusive=True, group="related")
    async def _relate(self, row: Row) -> None:
        from dezky_audit_tui.tui.words.related import Related, related_to

        try:
            related = await related_to(self.setup.store, row.event)
        except StoreError as error:
            self.tell_beside(error)
            related = Related()
        here = self.timeline.selected
        if here is not None and here.position == row.position:
            self.detail.show(here.event, related)
