"""Rows that the reader marked, to come back to. They last as long as the program."""

from __future__ import annotations

from collections.abc import Callable

from dezky_audit_tui.model.event import Position, Row
from dezky_audit_tui.tui.timeline.reader import End


class Marks:
    """A few rows by their place."""

    def __init__(self) -> None:
        self._rows: dict[Position, Row] = {}

    def __len__(self) -> int:
        return len(self._rows)

    def __contains__(self, position: Position) -> bool:
        return position in self._rows

    def toggle(self, row: Row) -> bool:
        """Mark a row, or take its mark away; whether it is marked now."""
        if self._rows.pop(row.position, None) is not None:
            return False
        self._rows[row.position] = row
        return True

    def next(self, here: Position, end: End, shown: Callable[[Position], Position]) -> Row | None:
        """The nearest marked row, older or newer. `shown`: which row stands for one: it lies where that one does, so
        that all are passed in turn, and those behind the reader's own row are reached already."""
        places = [(shown(at), at) for at in self._rows]
        if end == "older":
            found = max((each for each in places if each[0] < here), default=None)
        else:
            found = min((each for each in places if each[0] > here), default=None)
        return self._rows[found[1]] if found else None
