"""The ticks pane: the latest reports. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from dezky_audit_tui.insight.words import many
from dezky_audit_tui.model.report import TickReport
from dezky_audit_tui.text import visible
from dezky_audit_tui.tui.panes.grid import Cell, table
from dezky_audit_tui.tui.words.pieces import Line, Piece, Tone, crop, width_of, wrap
from dezky_audit_tui.tui.words.zone import Zone

_HEADS = ("time", "trigger", "outcome", "fetched", "new", "known", "aside", "requests", "ms")
_NEEDED = {"time", "trigger", "outcome", "new", "known", "requests"}
_NARROW = 76
"""Cells for all the numbers."""
_BESIDE = 24
"""Cells that have to be left for what went wrong to stand beside the numbers, not below."""

_MARKS: dict[str, tuple[str, Tone]] = {"ok": ("ok", "ok"), "skipped": ("skipped", "dim"), "failed": ("✗ failed", "bad")}


def ticks_pane(ticks: Sequence[TickReport], zone: Zone, width: int) -> list[Line]:
    """Newest first, with what went wrong in words."""
    if not ticks:
        return [(Piece(" No tick yet.", "dim"),)]
    kept = [at for at, head in enumerate(_HEADS) if width >= _NARROW or head in _NEEDED or _is_told(head, ticks)]
    heads = [_HEADS[at] for at in kept]
    cells = [[row[at] for at in kept] for row in (_cells(tick, zone) for tick in ticks)]
    lines = table(heads, cells, width, right=range(3, len(kept)))
    taken = max(map(width_of, lines))
    told: list[Line] = [lines[0]]
    for tick, line in zip(ticks, lines[1:], strict=True):
        words, tone = _words(tick)
        if not words or taken + 2 + _BESIDE <= width:
            told.append(crop((*line, Piece(" " * (taken + 2 - width_of(line))), Piece(words, tone)), width))
        else:
            told += [line, *((Piece(f"{_INDENT}{text}", tone),) for text in wrap(words, width - len(_INDENT), 3))]
    return told


_INDENT = " " * 11
"""As far as the second column."""


def _is_told(head: str, ticks: Sequence[TickReport]) -> bool:
    """What could not be read is told wherever there is any."""
    return head == "aside" and any(tick.set_aside for tick in ticks)


def _words(tick: TickReport) -> tuple[str, Tone]:
    if tick.error is not None:
        return visible(tick.error.message), "bad" if tick.outcome == "failed" else "dim"
    if tick.warning:
        return visible(tick.warning), "warn"
    return f"{many(tick.holes, 'hole')} left" if tick.holes else "", "dim"


def _cells(tick: TickReport, zone: Zone) -> list[Cell]:
    counts = (tick.fetched, tick.inserted, tick.duplicates, tick.set_aside, tick.requests, tick.duration_ms)
    numbers: list[Cell] = [(f"{count:,}", "plain" if count else "faint") for count in counts]
    numbers[1] = (numbers[1][0], "strong" if tick.inserted else "faint")
    numbers[3] = (numbers[3][0], "warn" if tick.set_aside else "faint")
    return [
        (zone.place(tick.started_at).strftime("%H:%M:%S"), "dim"),
        (tick.trigger.replace("_", " "), "plain"),
        _MARKS[tick.outcome],
        *numbers,
    ]
