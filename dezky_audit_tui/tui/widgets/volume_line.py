"""The volume below the filter: a click on a bar goes there."""

from __future__ import annotations

from collections.abc import Sequence

from textual import events
from textual.message import Message

from dezky_audit_tui.insight.volume import Bucket
from dezky_audit_tui.tui.widgets.line import LineWidget
from dezky_audit_tui.tui.words.volume_bar import LEFT, bar_cells, volume_lines


class VolumeLine(LineWidget):
    """One or two lines, as high as it is styled."""

    class Chosen(Message):
        """A bar was clicked: its number, from the oldest on."""

        def __init__(self, at: int) -> None:
            super().__init__()
            self.at = at

    def bars(self, buckets: int) -> int:
        """How many bars there is room for."""
        return bar_cells(self.size.width, buckets)[0]

    def tell(
        self,
        series: Sequence[Bucket],
        buckets: int,
        label: str,
        chosen: int | None,
        since: str = "",
        waits: str = "",
        unseen: frozenset[int] = frozenset(),
    ) -> None:
        """Show these, or why there is nothing to show yet; asked for once a second, and most often they are what
        stands there."""
        told = (series, buckets, label, chosen, since, waits, unseen, self.size)
        if told == self._told:
            return
        self._told = told
        self._bars, self._cells = bar_cells(self.size.width, buckets)
        shown = series if self._bars else ()
        self.show(
            *volume_lines(
                self.size.width,
                shown,
                label,
                chosen,
                rows=max(1, self.size.height),
                cells=self._cells,
                since=since,
                waits=waits,
                unseen=unseen,
            )
        )

    def on_click(self, event: events.Click) -> None:
        """A bar is as wide as its cells."""
        at = (event.x - LEFT) // self._cells if event.x >= LEFT else -1
        if 0 <= at < self._bars:
            self.post_message(self.Chosen(at))

    _bars, _cells = 0, 1
    _told: object = None
