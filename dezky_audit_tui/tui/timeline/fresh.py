"""What came while the reader was paused. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from dezky_audit_tui.model.event import Position, Row
from dezky_audit_tui.tui.words.filter_bar import pill_text


class Fresh:
    """Counts rows newer than `since`, the newest one of the log when the reader stopped."""

    def __init__(self, since: Position | None = None) -> None:
        self.since = since
        self.new = 0
        self.impersonations = 0
        self.failures = 0
        self._counted: set[Position] | None = None

    def take(self, rows: Iterable[Row]) -> None:
        """Rows that came since."""
        for row in rows:
            if self.since is not None and row.position <= self.since:
                continue
            if self._counted is not None:
                if row.position in self._counted:
                    continue
                self._counted.add(row.position)
            self.new += 1
            self.impersonations += row.event.action.endswith("impersonation_started")
            self.failures += row.event.outcome in ("failure", "denied")

    def recount(self) -> None:
        """Back to nothing, to be counted anew since the same row. Until `settle`, a row that comes live and is read
        too is counted once."""
        self.new = self.impersonations = self.failures = 0
        self._counted = set()

    def settle(self) -> None:
        """All is read, and what came beside it has been taken."""
        self._counted = None

    @property
    def pill(self) -> str:
        """In words; empty where nothing came."""
        return pill_text(self.new, self.impersonations, self.failures)
