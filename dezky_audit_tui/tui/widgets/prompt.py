"""The line at the top while something is typed: a filter, or a time to jump to."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.message import Message
from textual.widgets import Input

from dezky_audit_tui.text import visible
from dezky_audit_tui.tui.fault import Fault
from dezky_audit_tui.tui.pieces import Line, Piece, wrap
from dezky_audit_tui.tui.widgets.line import LineWidget

Check = Callable[[str], Fault | None]


class PromptInput(Input):
    """The text being typed."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "cancel", show=False),
        # A prompt that is open has the keys: tab must not take them elsewhere.
        Binding("tab,shift+tab", "stay", show=False),
    ]

    class Cancelled(Message):
        """Esc."""

    def action_stay(self) -> None:
        """Nothing."""

    def validate_value(self, value: str) -> str:
        """What was pasted may hold anything: it is shown as glyphs, never sent to the terminal as it is."""
        return visible(value)

    def action_cancel(self) -> None:
        """Leave all as it was."""
        self.post_message(self.Cancelled())


class Prompt(Horizontal):
    """Opened with `ask`. What is wrong is told while typing; Enter takes only what can be read."""

    DEFAULT_CSS = Path(__file__).with_suffix(".tcss").read_text(encoding="utf-8")

    class Answered(Message):
        """Enter, on a text that can be read."""

        def __init__(self, kind: str, text: str) -> None:
            super().__init__()
            self.kind = kind
            self.text = text

    class Closed(Message):
        """It is gone, answered or not."""

    class Faulty(Message):
        """What to say of the text, or None; `column` is where on the line the fault stands."""

        def __init__(self, fault: Fault | None, column: int) -> None:
            super().__init__()
            self.fault = fault
            self.column = column

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._kind = ""
        self._label = ""
        self._check: Check = _nothing_wrong
        self.display = False

    def compose(self) -> ComposeResult:
        """A label and the text."""
        yield LineWidget(id="prompt-label")
        yield PromptInput(compact=True, select_on_focus=False)

    def ask(self, kind: str, label: str, text: str, placeholder: str, check: Check) -> None:
        """Begin to type."""
        self._kind, self._label, self._check = kind, label, check
        self.display = True
        line = self.query_one("#prompt-label", LineWidget)
        line.styles.width = len(label) + 3
        line.show((Piece(f" {label} ", "key"),))
        field = self.query_one(PromptInput)
        field.placeholder = placeholder
        field.cursor_blink = False
        field.value = text
        field.cursor_position = len(text)
        # At once: `focus` would leave the keys that are typed by then to others.
        self.screen.set_focus(field)
        self._tell()

    def cancel(self) -> None:
        """Leave all as it was."""
        if self.display:
            self._close()

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        event.stop()
        if self.display:
            self._tell()

    @on(Input.Submitted)
    def _entered(self, event: Input.Submitted) -> None:
        event.stop()
        if self._check(event.value) is None:
            self.post_message(self.Answered(self._kind, event.value))
            self._close()

    @on(PromptInput.Cancelled)
    def _left(self, event: PromptInput.Cancelled) -> None:
        event.stop()
        self.cancel()

    def _close(self) -> None:
        self.display = False
        self.post_message(self.Faulty(None, 0))
        self.post_message(self.Closed())

    def _tell(self) -> None:
        fault = self._check(self.query_one(PromptInput).value)
        column = len(self._label) + 3 + (fault.place or 0 if fault else 0)
        self.post_message(self.Faulty(fault, column))


class FaultLine(LineWidget):
    """Lies over the first lines, so that no row moves: a caret at the place, and what is wrong there."""

    def tell(self, fault: Fault | None, column: int) -> None:
        """Show it, or nothing."""
        self.display = fault is not None
        if fault is None:
            return
        width = self.app.size.width
        lines: list[Line] = []
        if fault.place is not None:
            lines.append((Piece(" " * min(column, max(0, width - 2))), Piece("^", "bad")))
        lines += [(Piece(f" {text}", "bad"),) for text in wrap(visible(fault.message), width - 2, 3)]
        self.styles.height = len(lines)
        self.show(*lines)


def _nothing_wrong(text: str) -> None:
    return None
