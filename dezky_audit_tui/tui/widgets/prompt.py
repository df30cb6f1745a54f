"""The line at the top while something is typed: a filter, a search, or a time to jump to."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Input

from dezky_audit_tui.text import visible
from dezky_audit_tui.tui.prompts.fault import Fault
from dezky_audit_tui.tui.prompts.history import History
from dezky_audit_tui.tui.terminal.overlay import Overlay
from dezky_audit_tui.tui.widgets.line import LineWidget
from dezky_audit_tui.tui.widgets.prompt_notes import PromptNotes
from dezky_audit_tui.tui.words.pieces import Line, Piece, width_of

if TYPE_CHECKING:
    from dezky_audit_tui.tui.prompts.completion import Offer

Check = Callable[[str], Fault | None]
Complete = Callable[[str, int], "tuple[int, Sequence[Offer]]"]
"""From a text and the caret in it: the column where what is typed there begins, and what may stand in its place."""


class PromptInput(Input):
    """The text being typed. Keys are taken strictly in their order: a key's way up to its binding is longer than that
    of a letter, which would get in before an Enter that was pressed before it."""

    def __init__(self, enter: Callable[[], None], is_open: Callable[[], bool]) -> None:
        super().__init__(compact=True, select_on_focus=False)
        self._enter, self._is_open = enter, is_open

    async def _on_key(self, event: events.Key) -> None:
        if self.screen.focused is not self:
            # Typed right behind the end of the prompt.
            event.stop()
            event.prevent_default()
            self.app.post_message(events.Key(event.key, event.character))
        elif event.is_printable:
            await super()._on_key(event)
        else:
            event.stop()
            event.prevent_default()
            await self.app._check_bindings(event.key)

    def allow_focus(self) -> bool:
        """While something is typed."""
        return self._is_open()

    def watch_has_focus(self, _has_focus: bool) -> None:
        """It is seen with the focus alone: the library would work out all of its colours anew."""

    async def action_submit(self) -> None:
        """Enter."""
        self._enter()

    def validate_value(self, value: str) -> str:
        """What was pasted may hold anything: it is shown as glyphs, never sent to the terminal as it is."""
        return visible(value)


class Prompt(Horizontal, Overlay):
    """Opened with `ask`, over the line whose place it takes. What is wrong, or what may stand at the caret, is told
    while typing; Enter takes only what can be read."""

    DEFAULT_CSS = Path(__file__).with_suffix(".tcss").read_text(encoding="utf-8")
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "cancel", show=False),
        # A prompt that is open has the keys: tab must not take them elsewhere.
        Binding("tab", "accept(1)", show=False),
        Binding("shift+tab", "accept(-1)", show=False),
        Binding("up", "older", show=False),
        Binding("down", "newer", show=False),
    ]

    # Its messages are there at once: on their way up each part between would be woken for them.

    class Typed(Message, bubble=False):
        """Another text, and the caret in it. `readable`: nothing is wrong with it."""

        def __init__(self, kind: str, text: str, caret: int, *, readable: bool) -> None:
            super().__init__()
            self.kind, self.text, self.caret, self.readable = kind, text, caret, readable

    class Answered(Message, bubble=False):
        """Enter, on a text that can be read."""

        def __init__(self, kind: str, text: str) -> None:
            super().__init__()
            self.kind = kind
            self.text = text

    class Closed(Message, bubble=False):
        """It is gone; `answered` or left."""

        def __init__(self, kind: str, *, answered: bool) -> None:
            super().__init__()
            self.kind = kind
            self.answered = answered

    def __init__(self, notes: PromptNotes, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._notes = notes
        self._field = PromptInput(self._entered, lambda: self.shown)
        self.kind = ""
        self._label = ""
        self._check: Check = _nothing_wrong
        self._histories: defaultdict[str, History] = defaultdict(History)
        self._complete: Complete = _nothing_offered
        self._offers: Sequence[Offer] = ()
        self._around = ("", "")
        self._taken: int | None = None
        self._refused = False
        self._pick = False
        self._said_width: int | None = None
        self._from: Widget | None = None

    def compose(self) -> ComposeResult:
        """A label, the text, and what goes on meanwhile."""
        yield LineWidget(id="prompt-label")
        yield self._field
        yield LineWidget(id="prompt-state")

    @property
    def is_open(self) -> bool:
        """Whether something is typed."""
        return self.shown

    @property
    def completes(self) -> bool:
        """Whether anything is offered here."""
        return self._complete is not _nothing_offered

    def history(self, kind: str) -> History:
        """What was typed before in prompts of a kind."""
        return self._histories[kind]

    @property
    def text(self) -> str:
        """What is typed."""
        return self._field.value

    def ask(
        self,
        kind: str,
        label: str,
        text: str,
        placeholder: str,
        check: Check,
        complete: Complete | None = None,
        *,
        pick: bool = False,
    ) -> None:
        """Begin to type. `pick`: Enter takes the first offer, as Tab does."""
        self._pick = pick
        self.kind, self._label, self._check, self._complete = kind, label, check, complete or _nothing_offered
        self._histories[kind].rewind()
        self.shown = True
        line = self.query_one("#prompt-label", LineWidget)
        line.styles.width = len(label) + 3
        line.show((Piece(f" {label} ", "key"),))
        field = self._field
        field.placeholder = placeholder
        field.cursor_blink = False
        with self.prevent(Input.Changed):
            self._put(text)
        # At once: `focus` would leave the keys that are typed by then to others.
        self._from = self.screen.focused
        self.screen.set_focus(field)
        self._consider()

    def say(self, line: Line) -> None:
        """What goes on meanwhile, at the right."""
        state = self.query_one("#prompt-state", LineWidget)
        width = width_of(line)
        if self._said_width != width:
            self._said_width = state.styles.width = width
        state.show(line)

    def offer_anew(self) -> None:
        """More is known by now."""
        if self.is_open and self._taken is None and not self._refused:
            self._look()

    def cancel(self) -> None:
        """Leave all as it was."""
        if self.is_open:
            self._close(answered=False)

    def action_cancel(self) -> None:
        """Esc."""
        self.cancel()

    def action_accept(self, step: int) -> None:
        """Take an offer, or the next one in the place of the one that was taken."""
        if self._taken is None:
            self._look()
        if not self._offers:
            return
        self._taken = (0 if step > 0 else -1) if self._taken is None else self._taken + step
        self._taken %= len(self._offers)
        before, after = self._around
        taken = before + self._offers[self._taken].text
        with self.prevent(Input.Changed):
            self._put(taken + after, len(taken))
        if taken.endswith(":"):
            # A field's name: its values are offered next.
            self._consider()
        else:
            self._note()
            self._tell()

    def action_older(self) -> None:
        """What was typed before."""
        self._recall(self._histories[self.kind].older(self.text))

    def action_newer(self) -> None:
        """What was typed after it."""
        self._recall(self._histories[self.kind].newer())

    @on(Input.Changed)
    def _changed(self, event: Input.Changed) -> None:
        event.stop()
        if self.is_open:
            self._consider()

    def _entered(self) -> None:
        if self._pick and self._taken is None:
            self.action_accept(1)
        text = self.text
        if self._check(text) is not None:
            self._offers, self._refused = (), True
            self._note()
            return
        self._histories[self.kind].add(text)
        self.screen.post_message(self.Answered(self.kind, text))
        self._close(answered=True)

    def _recall(self, text: str | None) -> None:
        if text is not None:
            self._put(text)

    def _put(self, text: str, caret: int | None = None) -> None:
        field = self._field
        field.value = text
        field.cursor_position = len(field.value) if caret is None else caret

    def _consider(self) -> None:
        """Another text."""
        self._taken, self._refused = None, False
        self._look()
        self._tell()

    def _look(self) -> None:
        field = self._field
        start, self._offers = self._complete(field.value, field.cursor_position)
        self._around = (field.value[:start], field.value[field.cursor_position :])
        self._note()

    def _close(self, *, answered: bool) -> None:
        self.screen.set_focus(self._from)
        self.shown = False
        self._notes.tell(None, 0)
        self.screen.post_message(self.Closed(self.kind, answered=answered))

    def _tell(self) -> None:
        field = self._field
        readable = self._check(field.value) is None
        self.screen.post_message(self.Typed(self.kind, field.value, field.cursor_position, readable=readable))

    def _note(self) -> None:
        """What may stand there; else what is wrong."""
        if self._offers:
            self._notes.offer(self._offers, self._taken)
        else:
            self._notes.tell(self._check(self.text), len(self._label) + 3)


def _nothing_wrong(text: str) -> None:
    return None


def _nothing_offered(text: str, caret: int) -> tuple[int, Sequence[Offer]]:
    return caret, ()
