"""The timeline as a table for a terminal or a pipe."""

from __future__ import annotations

from collections.abc import Sequence

import click
from rich.cells import cell_len

from dezky_audit_tui.model.describe import describe
from dezky_audit_tui.model.event import AuditEvent
from dezky_audit_tui.text import fit, visible

_GAP = "  "
_NAMES = ("time (UTC)", "verb", "outcome", "tenant", "actor", "address", "what")
_WIDEST = (19, 34, 7, 16, 28, 39, 400)
_LEAVING = ("what", "address", "tenant", "outcome")
"""Which columns give way first where the terminal is too narrow."""
_LEAST_WHAT = 12
_TONES = {"failure": "red", "denied": "red"}


class TimelineTable:
    """Lines of one table. The widths are those of the first page, so that it can be written as it is read.

    `room`: the terminal's columns; None cuts nothing.
    """

    def __init__(self, room: int | None, *, colour: bool) -> None:
        self._room = room
        self._colour = colour
        self._widths: dict[str, int] | None = None

    def lines(self, events: Sequence[AuditEvent]) -> list[str]:
        """The lines of these events, after a header the first time."""
        rows = [cells(event) for event in events]
        lines = []
        if self._widths is None:
            self._widths = _widths(rows, self._room)
            lines.append(self._line(_NAMES))
        return lines + [self._toned(self._line(row), event.outcome) for row, event in zip(rows, events, strict=True)]

    def _line(self, row: Sequence[str]) -> str:
        shown = [(name, cell) for name, cell in zip(_NAMES, row, strict=True) if name in (self._widths or {})]
        line = _GAP.join(_padded(cell, (self._widths or {})[name], cut=self._room is not None) for name, cell in shown)
        return line.rstrip()

    def _toned(self, line: str, outcome: str) -> str:
        tone = _TONES.get(outcome)
        return click.style(line, fg=tone) if self._colour and tone else line


def cells(event: AuditEvent) -> tuple[str, ...]:
    """The words of one row, made visible."""
    name = event.actor_name or event.actor_email or event.actor_id or "-"
    behalf = event.on_behalf_of
    if behalf is not None:
        name = f"{name} AS {behalf.name or behalf.email or behalf.id or '?'}"
    words = (
        event.at.isoformat(" ", "seconds")[:19],
        event.action,
        event.outcome,
        event.tenant_slug or "-",
        name,
        event.actor_ip or "-",
        describe(event),
    )
    return tuple(visible(word) for word in words)


def _widths(rows: Sequence[tuple[str, ...]], room: int | None) -> dict[str, int]:
    table = [_NAMES, *rows]
    natural = {name: max(cell_len(row[place]) for row in table) for place, name in enumerate(_NAMES)}
    if room is None:
        return natural
    widths = {name: min(natural[name], widest) for name, widest in zip(_NAMES, _WIDEST, strict=True)}
    for name in _LEAVING:
        others = sum(width + len(_GAP) for other, width in widths.items() if other != name)
        if name == "what" and room - others >= _LEAST_WHAT:
            widths[name] = min(widths[name], room - others)
        if sum(widths.values()) + len(_GAP) * (len(widths) - 1) <= room:
            return widths
        del widths[name]
    taken = widths["time (UTC)"] + len(_GAP) * 2
    widths["verb"] = max(8, min(widths["verb"], (room - taken) // 2))
    widths["actor"] = max(8, min(widths["actor"], room - taken - widths["verb"]))
    return widths


def _padded(cell: str, width: int, *, cut: bool) -> str:
    return fit(cell, width) if cut else cell + " " * (width - cell_len(cell))
