"""The peer of every scroll: the library's own table with 10,000 rows of seven columns."""

from __future__ import annotations

from random import Random

from textual.app import App, ComposeResult
from textual.widgets import DataTable

READY, ROWS = "ready-to-go", 10_000
_NAMES = ("time", "mark", "verb", "tenant", "actor", "address", "what")


class DataTableApp(App[None]):
    """A table."""

    def __init__(self) -> None:
        super().__init__()
        self.animation_level = "none"

    def compose(self) -> ComposeResult:
        """It."""
        yield DataTable(cursor_type="row")

    def on_mount(self) -> None:
        """Fill it."""
        random, table = Random(1), self.query_one(DataTable)
        table.add_columns(READY, *_NAMES[1:])
        for number in range(ROWS):
            minute, second = divmod(number, 60)
            table.add_row(
                f"{minute // 60:02}:{minute % 60:02}:{second:02}",
                random.choice(" ✗!"),
                random.choice(["login", "login_failed", "model_updated", "impersonation_started"]),
                random.choice(["acme", "globex", "initech", "-"]),
                f"user{random.randrange(500)}",
                f"203.0.113.{random.randrange(250)}",
                f"group Admins: added user{random.randrange(500)}",
            )
        table.focus()


if __name__ == "__main__":
    DataTableApp().run()
