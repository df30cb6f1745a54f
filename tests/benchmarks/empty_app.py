"""The peer of every start: an application of the same library that shows one word."""

from __future__ import annotations

from textual.app import App, ComposeResult
from textual.widgets import Static

READY = "ready-to-go"


class EmptyApp(App[None]):
    """One word."""

    def compose(self) -> ComposeResult:
        """It."""
        yield Static(READY)


if __name__ == "__main__":
    EmptyApp().run()
