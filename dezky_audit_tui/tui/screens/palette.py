"""The command palette: Textual's own, with a guard."""

from __future__ import annotations

from textual import events
from textual.command import CommandList, CommandPalette

_PAGING = frozenset({"pageup", "pagedown", "ctrl+home", "ctrl+end", "shift+home", "shift+end"})


class Palette(CommandPalette):
    """Paging through a list that is not on the screen ends Textual 8.2 with a KeyError: such keys go nowhere."""

    def on_key(self, event: events.Key) -> None:
        """Keys come by here before they are anything's command."""
        if event.key in _PAGING and not self.query_one(CommandList).size.height:
            event.stop()
