"""Lines in a box over the dashboard, laid out anew for each width: the help, the impersonations, the handover."""

from __future__ import annotations

from abc import abstractmethod
from pathlib import PurePath
from typing import ClassVar, TypeVar

from rich.console import RenderableType
from textual import events
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.screen import ModalScreen

from dezky_audit_tui.tui.screens.behind import Box, pushed_back
from dezky_audit_tui.tui.widgets.lines_view import LinesView

Answer = TypeVar("Answer")
StylePaths = str | PurePath | list[str | PurePath] | None

_BORDER = 2


class LinesBox(Box, ModalScreen[Answer]):
    """`NAME` is the box's, by which its styles go; `HEAD` and `KEYS` stand in its border. `fill` lays it out."""

    CSS_PATH: ClassVar[StylePaths] = "lines_box.tcss"
    NAME: ClassVar[str]
    HEAD: ClassVar[str]
    KEYS: ClassVar[str] = ""

    def compose(self) -> ComposeResult:
        """A box that scrolls."""
        with Vertical(id=f"{self.NAME}-box", classes="lines-box") as box:
            box.border_title, box.border_subtitle = self.HEAD, self.KEYS
            yield LinesView(id=f"{self.NAME}-lines")

    def render(self) -> RenderableType:
        """What is beside the box."""
        return pushed_back(super().render())

    def on_resize(self, event: events.Resize) -> None:
        """Lay it out for the width that there is."""
        self.call_after_refresh(self.fill)

    @property
    def view(self) -> LinesView:
        """Where the lines are shown."""
        return self.query_one(LinesView)

    @abstractmethod
    def fill(self) -> None:
        """Show the lines for the width that there is."""

    def fit_box(self, lines: int) -> None:
        """Make the box no higher than so many lines take; its styles say how high it is at most."""
        self.query_one(f"#{self.NAME}-box").styles.height = lines + _BORDER

    def action_scroll(self, lines: int) -> None:
        """As the arrow keys do."""
        self.view.scroll_relative(y=lines, animate=False)
