"""What to copy, and where to: a small list over the dashboard."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from rich.console import RenderableType
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen

from dezky_audit_tui.tui.screens.behind import Box, pushed_back
from dezky_audit_tui.tui.widgets.line import LineWidget
from dezky_audit_tui.tui.words.copies import COPIES, CopyName
from dezky_audit_tui.tui.words.pieces import Line, Piece

Choice = tuple[CopyName, bool]
"""What, and whether it goes to a file."""


class CopyScreen(Box, ModalScreen[Choice | None]):
    """Answers with what was chosen, or with None."""

    CSS_PATH: ClassVar[str | Path] = "copying.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        *(Binding(copy.key, f"choose('{copy.name}')", show=False) for copy in COPIES),
        Binding("down,j", "move(1)", show=False),
        Binding("up,k", "move(-1)", show=False),
        Binding("enter", "take", show=False),
        Binding("f", "turn", show=False),
        Binding("escape,q", "dismiss", show=False),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._at = 0
        self._to_file = False

    def compose(self) -> ComposeResult:
        """A box with its lines."""
        with Vertical(id="copy-box") as box:
            box.border_title = "copy"
            box.border_subtitle = "esc: close"
            yield LineWidget(id="copy-lines")

    def render(self) -> RenderableType:
        """What is beside the box."""
        return pushed_back(super().render())

    def on_mount(self) -> None:
        """The first one is chosen."""
        self._fill()

    def action_move(self, steps: int) -> None:
        """Choose another one."""
        self._at = (self._at + steps) % len(COPIES)
        self._fill()

    def action_take(self) -> None:
        """The chosen one."""
        self.dismiss((COPIES[self._at].name, self._to_file))

    def action_choose(self, name: CopyName) -> None:
        """This one."""
        self.dismiss((name, self._to_file))

    def action_turn(self) -> None:
        """To a file, or to the terminal."""
        self._to_file = not self._to_file
        self._fill()

    def _fill(self) -> None:
        lines: list[Line] = []
        for at, copy in enumerate(COPIES):
            lit = at == self._at
            mark = Piece("▶ " if lit else "  ", "accent")
            lines.append((mark, Piece(f"{copy.key}  ", "key"), Piece(copy.words, "strong" if lit else "plain")))
        where = "a new file" if self._to_file else "the terminal's clipboard (OSC 52)"
        lines += [(), (Piece("  "), Piece("f  ", "key"), Piece("goes to ", "dim"), Piece(where, "strong"))]
        self.query_one(LineWidget).show(*lines)
