"""What stands on the lines of the timeline: rows, and between them gaps, silences, new days, the log's end. Pure."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple

from dezky_audit_tui.insight.silence import QUIET, Silence
from dezky_audit_tui.model.cursor import Hole
from dezky_audit_tui.model.event import Position, Row
from dezky_audit_tui.model.instants import to_ms
from dezky_audit_tui.tui.words.zone import Zone


class RowLine(NamedTuple):
    """An event."""

    row: Row


class GapLine(NamedTuple):
    """A stretch of the source that has not been read yet."""

    hole: Hole


class SilenceLine(NamedTuple):
    """A stretch without events: because it was not seen, or because nothing happened in it."""

    silence: Silence


class DayLine(NamedTuple):
    """All rows below are of this day, or older."""

    day: date


@dataclass(frozen=True, slots=True)
class EndLine:
    """Nothing older is there."""


ReadStretch = tuple[datetime | None, datetime]
"""From when (None: the beginning) to when everything was read that is in no hole."""

Line = RowLine | GapLine | SilenceLine | DayLine | EndLine


_NEAR_MS = 1_000
"""An ObjectId tells the second in which a row was made."""


def build_lines(
    newest_first: Iterable[Row],
    holes: Sequence[Hole],
    zone: Zone,
    today: date,
    *,
    at_newest: bool,
    at_oldest: bool,
    hidden: Container[Position] = (),
    since_newest: Silence | None = None,
    read: ReadStretch | None = None,
) -> list[Line]:
    """The lines of a held stretch, newest first.

    A gap stands above the first row that is older than its top, so that rows of other writers inside it stand
    below its line. Gaps beyond an end that is not the store's own are left out, since rows may lie between.
    `hidden`: rows that another one stands for. `since_newest`: what is known of the time after the newest row.
    `read`: when every event is among the rows, so that long stretches without one are told.
    """
    lines: list[Line] = []
    gaps = iter(holes)
    gap = next(gaps, None)
    day = today
    newer: Row | None = None
    if since_newest is not None and at_newest and (read is not None or since_newest.kind != "quiet"):
        lines.append(SilenceLine(since_newest))
    for row in newest_first:
        at_ms = row.position.at_ms
        seen = True
        while gap is not None and to_ms(gap.top.at) > at_ms:
            if at_newest or newer is not None:
                lines.append(GapLine(gap))
            seen = False
            gap = next(gaps, None)
        if read is not None and seen and newer is not None and _is_quiet(row, newer, holes, read):
            lines.append(SilenceLine(Silence("quiet", row.event.at, newer.event.at)))
        newer = row
        if hidden and row.position in hidden:
            continue
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


def _is_quiet(older: Row, newer: Row, holes: Sequence[Hole], read: ReadStretch) -> bool:
    """Whether two neighbours are far apart, and all between them was read."""
    start, end = older.event.at, newer.event.at
    if end - start <= QUIET or not (_is_at_its_time(older) and _is_at_its_time(newer)):
        return False
    if end > read[1] or (read[0] is not None and start < read[0]):
        return False
    unread = (hole.top.at > start and (hole.bottom is None or hole.bottom < end) for hole in holes)
    return not any(unread)


def _is_at_its_time(row: Row) -> bool:
    """Whether it stands among its contemporaries. Rows of other writers may have a moment that no index serves: they
    stand elsewhere, and their neighbours are none in time."""
    return abs(to_ms(row.event.at) - row.position.at_ms) <= _NEAR_MS


def _rest(gap: Hole | None, gaps: Iterator[Hole]) -> list[Line]:
    rest: list[Line] = []
    while gap is not None:
        rest.append(GapLine(gap))
        gap = next(gaps, None)
    return rest
