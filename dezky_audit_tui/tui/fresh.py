"""What came while the reader was paused. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from dezky_audit_tui.model.event import Position, Row
from dezky_audit_tui.tui.bars import pill_text


class Fresh:
    """Counts rows newer than the newest one that was there when the reader stopped."""

    def __init__(self, newest: Row | None = None) -> None:
        self.since: Position | None = newest.position if newest is not None else None
        self.new = 0
        self.impersonations = 0
        self.failures = 0

    def take(self, rows: Iterable[Row]) -> None:
        """Rows that came since."""
        for row in rows:
            if self.since is not None and row.position <= self.since:
                continue
            self.new += 1
            self.impersonations += row.event.action.endswith("impersonation_started")
            self.failures += row.event.outcome in ("failure", "denied")

    def forget(self) -> None:
        """Back to nothing, to be counted anew since the same row."""
        self.new = self.impersonations = self.failures = 0

    @property
    def pill(self) -> str:
        """In words; empty where nothing came."""
        return pill_text(self.new, self.impersonations, self.failures)
