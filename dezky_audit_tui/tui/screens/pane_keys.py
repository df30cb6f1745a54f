"""The keys for the panes below the timeline. The main screen has them from here."""

from __future__ import annotations

from textual import on, work

from dezky_audit_tui.errors import StoreError
from dezky_audit_tui.tui.screens.frame import Frame
from dezky_audit_tui.tui.widgets.panes_dock import PaneName, PanesDock

TALL = 32
"""Lines of the screen from which on a pane is open from the start."""

LOW = 12
"""Lines of the screen below which no pane has room."""


class PaneKeys(Frame):
    """Opens and closes panes, and counts what they show."""

    pane_chosen = False
    """Whether the reader has opened or closed one; until then it goes by the screen's height."""

    def action_pane(self, name: PaneName) -> None:
        """Open or close a pane."""
        if self.size.height < LOW:
            self.tell(f"a pane needs {LOW} lines of screen")
            return
        self.pane_chosen = True
        self.dock.toggle(name)
        if self.dock.open == "top":
            self.dock.top.focus()
        elif self.dock.open is None:
            self.focus_place()

    def choose_pane(self, name: PaneName | None) -> None:
        """Have this one open, or none."""
        self.pane_chosen = True
        other = name or self.dock.open
        if other is not None and self.dock.open != name:
            self.dock.toggle(other)

    def place_pane(self) -> None:
        """Open on a tall screen, until the reader has chosen."""
        if not self.pane_chosen and (self.size.height >= TALL) != (self.dock.open is not None):
            self.dock.toggle("cursor")

    @on(PanesDock.TabClicked)
    def _tab_clicked(self, message: PanesDock.TabClicked) -> None:
        self.action_pane(message.name)

    @on(PanesDock.Changed)
    def _pane_changed(self) -> None:
        self.refresh_pane()

    def refresh_pane(self) -> None:
        """Write it anew, and count where the last count is old."""
        self.fill_pane()
        if self.narrator.news.error is None and self.panes.is_stale(self.clock()):
            self._count_pane()

    @work(exclusive=True, group="pane")
    async def _count_pane(self) -> None:
        try:
            await self.panes.count(self.clock())
        except StoreError as error:
            self.tell_beside(error)
        self.fill_pane()
