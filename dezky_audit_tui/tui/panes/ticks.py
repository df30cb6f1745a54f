"""The ticks pane: the latest reports. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from dezky_audit_tui.insight.words import many
from dezky_audit_tui.model.report import TickReport
from dezky_audit_tui.text import visible
from dezky_audit_tui.tui.panes.grid import Cell, table
from dezky_audit_tui.tui.pieces import Line, Piece, Tone
from dezky_audit_tui.tui.zone import Zone

_HEADS = ("time", "trigger", "outcome", "fetched", "new", "known", "aside", "requests", "ms", "")
_MARKS: dict[str, tuple[str, Tone]] = {"ok": ("ok", "ok"), "skipped": ("skipped", "dim"), "failed": ("✗ failed", "bad")}


def ticks_pane(ticks: Sequence[TickReport], zone: Zone, width: int) -> list[Line]:
    """Newest first, with what went wrong in words."""
    if not ticks:
        return [(Piece(" No tick yet.", "dim"),)]
    return table(_HEADS, [_cells(tick, zone) for tick in ticks], width, right=range(3, 9))


def _cells(tick: TickReport, zone: Zone) -> list[Cell]:
    counts = (tick.fetched, tick.inserted, tick.duplicates, tick.set_aside, tick.requests, tick.duration_ms)
    numbers: list[Cell] = [(f"{count:,}", "plain" if count else "faint") for count in counts]
    numbers[1] = (numbers[1][0], "strong" if tick.inserted else "faint")
    numbers[3] = (numbers[3][0], "warn" if tick.set_aside else "faint")
    words = (
        tick.error.message if tick.error else tick.warning or (f"{many(tick.holes, 'hole')} left" if tick.holes else "")
    )
    return [
        (zone.place(tick.started_at).strftime("%H:%M:%S"), "dim"),
        (tick.trigger.replace("_", " "), "plain"),
        _MARKS[tick.outcome],
        *numbers,
        (visible(words), "bad" if tick.error and tick.outcome == "failed" else "warn" if tick.warning else "dim"),
    ]
