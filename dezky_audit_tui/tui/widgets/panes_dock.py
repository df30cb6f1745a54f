"""The panes at the bottom: a line of tabs, and the one that is open, in a height that does not change."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, get_args

from textual import events
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.message import Message

from dezky_audit_tui.tui.widgets.line import LineWidget
from dezky_audit_tui.tui.widgets.lines_view import LinesView
from dezky_audit_tui.tui.widgets.top_view import TopView
from dezky_audit_tui.tui.words.pieces import Piece, width_of

PaneName = Literal["cursor", "ticks", "actions", "tenants", "top"]
PANES: tuple[PaneName, ...] = get_args(PaneName)


class Tabs(LineWidget):
    """`─ 1 Cursor ─ 2 Ticks ─ ...`: what is open, and the keys of the others."""

    def show_open(self, name: PaneName, *, focused: bool) -> None:
        """Mark the open one."""
        pieces: list[Piece] = []
        for at, each in enumerate(PANES, 1):
            tone: Literal["accent", "dim"] = "accent" if each == name else "dim"
            pieces += [Piece("─ ", "faint"), Piece(f"{at} {each.capitalize()}", tone), Piece(" ", "faint")]
        hint = self._hint(name, width_of(pieces)) if focused else Piece("")
        rest = max(0, self.size.width - width_of(pieces) - hint.width - 1)
        self.show((*pieces, Piece("─" * rest, "faint"), hint, Piece("─", "faint")))

    def _hint(self, name: PaneName, taken: int) -> Piece:
        """What keys do here, in as many words as there is room for."""
        words = (
            (" ↑↓←→ choose, enter filters, esc back ", " ↑↓←→ enter esc ")
            if name == "top"
            else (" ↑↓ scroll, esc back ", " ↑↓ scroll ")
        )
        hints = [Piece(each, "dim") for each in words]
        return next((hint for hint in hints if taken + hint.width + 1 <= self.size.width), Piece(""))

    def on_click(self, event: events.Click) -> None:
        """A click on a tab is its key."""
        text, x = self.texts()[0], 0
        for name in PANES:
            x = text.find(name.capitalize(), x)
            if x >= 0 and x - 3 <= event.x < x + len(name) + 1:
                self.post_message(PanesDock.TabClicked(name))
                return


class PanesDock(Vertical):
    """At most one pane is open."""

    DEFAULT_CSS = Path(__file__).with_suffix(".tcss").read_text(encoding="utf-8")

    class TabClicked(Message):
        """A tab was clicked."""

        def __init__(self, name: PaneName) -> None:
            super().__init__()
            self.name: PaneName = name

    class Changed(Message):
        """Another pane, or another width: its lines are wanted."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.open: PaneName | None = None
        self.view = LinesView()
        """The lines of the open pane."""
        self.top = TopView()
        """Stands in their place where the top pane is open."""
        self.display = False

    def compose(self) -> ComposeResult:
        """Tabs over the lines."""
        yield Tabs()
        yield self.view
        yield self.top

    def toggle(self, name: PaneName) -> None:
        """Open a pane, or close it where it is the open one."""
        self.open = None if self.open == name else name
        self.display = self.open is not None
        if self.open is not None:
            self.view.display, self.top.display = self.open != "top", self.open == "top"
            self.view.scroll_home(animate=False)
            self._tabs()
            self.call_after_refresh(self.post_message, self.Changed())

    def on_resize(self) -> None:
        """Another width."""
        self._tabs()
        self.post_message(self.Changed())

    def on_descendant_focus(self) -> None:
        """The tabs tell that keys scroll here."""
        self._tabs()

    def on_descendant_blur(self) -> None:
        """The tabs tell that keys go elsewhere."""
        self._tabs()

    def _tabs(self) -> None:
        if self.open is not None:
            self.query_one(Tabs).show_open(self.open, focused=self.view.has_focus or self.top.has_focus)
