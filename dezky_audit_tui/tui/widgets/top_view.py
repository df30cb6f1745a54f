"""The lists of the top pane, with a cursor: what is chosen becomes a term of the filter."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.message import Message

from dezky_audit_tui.tui import panes
from dezky_audit_tui.tui.widgets.lines_view import LinesView

if TYPE_CHECKING:
    from dezky_audit_tui.insight.top import Top, TopField
    from dezky_audit_tui.tui.panes.top import Place

_HEADS = 1


class TopView(LinesView):
    """Arrow keys choose while it has the focus."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down,j", "choose(0, 1)", show=False),
        Binding("up,k", "choose(0, -1)", show=False),
        Binding("right,l", "choose(1, 0)", show=False),
        Binding("left,h", "choose(-1, 0)", show=False),
        Binding("enter", "take", show=False),
        Binding("escape", "leave", show=False),
    ]

    class Taken(Message):
        """A value was chosen; None: events without a tenant."""

        def __init__(self, field: TopField, value: str | None) -> None:
            super().__init__()
            self.field: TopField = field
            self.value = value

    class Left(Message):
        """Keys go back to the timeline."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._top: Top | None = None
        self._label = ""
        self._source: str | None = None
        self._away = False
        self._place: Place = (0, 0)

    def tell(self, top: Top | None, label: str, source: str | None, *, away: bool = False) -> None:
        """Show this; the cursor stays where it can."""
        self._top, self._label, self._source, self._away = top, label, source, away
        self._place = self._held(self._place)
        self._draw()

    def action_choose(self, columns: int, rows: int) -> None:
        """Move the cursor."""
        column, row = self._place
        self._place = self._held((column + columns, row + rows))
        self._draw()
        self.reveal(self._place[1] + _HEADS)

    def action_take(self) -> None:
        """What the cursor is at."""
        from dezky_audit_tui.insight.top import TOP_FIELDS

        column, row = self._place
        shares = self._top.shares.get(TOP_FIELDS[column], ()) if self._top is not None else ()
        if row < len(shares):
            self.post_message(self.Taken(TOP_FIELDS[column], shares[row].value))

    def action_leave(self) -> None:
        """Back."""
        self.post_message(self.Left())

    def on_click(self, event: events.Click) -> None:
        """One click chooses, two take."""
        row = event.y + int(self.scroll_offset.y) - _HEADS
        if row < 0 or self._top is None:
            return
        self._place = self._held((panes.top.column_at(event.x, self.text_width, self._place[0]), row))
        self._draw()
        if event.chain >= 2:
            self.action_take()

    def on_focus(self) -> None:
        """The cursor shows."""
        self._draw()

    def on_blur(self) -> None:
        """The cursor hides."""
        self._draw()

    def on_resize(self) -> None:
        """Another width."""
        self._draw()

    def _held(self, place: Place) -> Place:
        from dezky_audit_tui.insight.top import TOP_FIELDS

        column = min(max(place[0], 0), len(TOP_FIELDS) - 1)
        shares = self._top.shares.get(TOP_FIELDS[column], ()) if self._top is not None else ()
        return column, min(max(place[1], 0), max(len(shares) - 1, 0))

    def _draw(self) -> None:
        if self.text_width:
            chosen = self._place if self.has_focus else None
            lines = panes.top.top_lines(
                self._top,
                self._label,
                self.text_width,
                chosen,
                source=self._source,
                away=self._away,
                column=self._place[0],
            )
            self.show(lines)
