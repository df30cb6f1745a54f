"""What stands on the lines of the timeline: rows, and between them gaps, new days and the end of the log. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from dezky_audit_tui.model.cursor import Hole
from dezky_audit_tui.model.event import Row
from dezky_audit_tui.model.instants import to_ms
from dezky_audit_tui.tui.zone import Zone


@dataclass(frozen=True, slots=True)
class RowLine:
    """An event."""

    row: Row


@dataclass(frozen=True, slots=True)
class GapLine:
    """A stretch of the source that has not been read yet."""

    hole: Hole


@dataclass(frozen=True, slots=True)
class DayLine:
    """All rows below are of this day, or older."""

    day: date


@dataclass(frozen=True, slots=True)
class EndLine:
    """Nothing older is there."""


Line = RowLine | GapLine | DayLine | EndLine


def build_lines(
    newest_first: Iterable[Row],
    holes: Sequence[Hole],
    zone: Zone,
    today: date,
    *,
    at_newest: bool,
    at_oldest: bool,
) -> list[Line]:
    """The lines of a held stretch, newest first.

    A gap stands above the first row that is older than its top, so that rows of other writers inside it stand
    below its line. Gaps beyond an end that is not the store's own are left out, since rows may lie between.
    """
    lines: list[Line] = []
    gaps = iter(holes)
    gap = next(gaps, None)
    day = today
    first = True
    for row in newest_first:
        at_ms = row.position.at_ms
        while gap is not None and to_ms(gap.top.at) > at_ms:
            if at_newest or not first:
                lines.append(GapLine(gap))
            gap = next(gaps, None)
        first = False
        row_day = zone.day(row.event.at)
        if row_day != day:
            day = row_day
            lines.append(DayLine(day))
        lines.append(RowLine(row))
    if at_oldest:
        lines += _rest(gap, gaps)
        if lines and not isinstance(lines[-1], GapLine):
            lines.append(EndLine())
    return lines


def _rest(gap: Hole | None, gaps: Iterator[Hole]) -> list[Line]:
    rest: list[Line] = []
    while gap is not None:
        rest.append(GapLine(gap))
        gap = next(gaps, None)
    return rest
