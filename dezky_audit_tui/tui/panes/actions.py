"""The actions pane: which actions were seen, how often, and which have no verb of ours. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from dezky_audit_tui.insight.radar import radar_of
from dezky_audit_tui.model.event import AuditEvent
from dezky_audit_tui.store.store import ActionCount
from dezky_audit_tui.text import visible
from dezky_audit_tui.tui.panes.counting import counting_line
from dezky_audit_tui.tui.panes.grid import Cell, table
from dezky_audit_tui.tui.words.pieces import Line, Tone
from dezky_audit_tui.tui.words.zone import Zone, age

_ROOMY, _WIDE, _NARROW = 140, 100, 72
"""Cells from which on there is room for more words, for the raw action, and for the first time that one was seen."""

_HEADS = ("", "verb", "raw action", "events", "first seen", "last seen", "map")
_RAW, _FIRST_SEEN = 2, 4


def actions_pane(
    counts: Sequence[ActionCount] | None,
    verbs: Mapping[str, str],
    selected: AuditEvent | None,
    zone: Zone,
    now: datetime,
    width: int,
    *,
    away: bool = False,
) -> tuple[list[Line], int | None]:
    """The lines, and which of them is the selected event's: the unmapped actions first, the latest to appear on top;
    then those of the map, and last the rows of the map that nothing ever used. `verbs`: the map, raw action to verb."""
    if counts is None:
        return [counting_line(away=away)], None
    rows: list[list[Cell]] = []
    lit: int | None = None
    radar = radar_of(counts, verbs)
    for count in (*radar.unmapped, *(count for count in counts if not count.unmapped)):
        if selected is not None and (count.action, count.raw) == (selected.action, selected.raw_action):
            lit = len(rows) + 1
        rows.append(_cells(count, lit == len(rows) + 1, zone, now))
    never = "on the map, never seen" if width >= _ROOMY else "never seen"
    rows += [
        [("", "plain"), *[(text, _FAINT) for text in (verb, raw, "0", "-", "never", never)]]
        for raw, verb in radar.never_seen.items()
    ]
    unmapped = len(radar.unmapped)
    heads: list[str] = [*_HEADS[:-1], f"map ({unmapped} unmapped)" if unmapped else "map"]
    if width < _ROOMY:
        rows = _without_prefix(rows)
    if width >= _WIDE:
        return table(heads, rows, width, right=(3,), most=34), lit
    # The verb tells the raw action but for its spelling.
    left_out = {_RAW} if width >= _NARROW else {_RAW, _FIRST_SEEN}
    if width < _NARROW:
        heads[-1] = f"{unmapped} unmapped" if unmapped else "map"
    heads = [head for at, head in enumerate(heads) if at not in left_out]
    rows = [[cell for at, cell in enumerate(row) if at not in left_out] for row in rows]
    return table(heads, rows, width, right=(2,), most=30 if width >= _NARROW else 22), lit


def _without_prefix(rows: Sequence[list[Cell]]) -> list[list[Cell]]:
    """Where all verbs are of one source, it is known."""
    prefixes = {row[1][0].partition(".")[0] for row in rows}
    if len(prefixes) != 1 or not all("." in row[1][0] for row in rows):
        return list(rows)
    return [[row[0], (row[1][0].partition(".")[2], row[1][1]), *row[2:]] for row in rows]


_FAINT: Tone = "faint"


def _cells(count: ActionCount, lit: bool, zone: Zone, now: datetime) -> list[Cell]:
    tone: Tone = "accent" if lit else "plain"
    mapped: Cell = ("mapped", "dim")
    if count.unmapped:
        mapped = ("? unmapped", "warn")
    elif count.raw is None:
        mapped = ("another writer's", "dim")
    return [
        ("▶" if lit else "", "accent"),
        (visible(count.action), tone),
        (visible(count.raw) if count.raw else "-", "dim"),
        (f"{count.count:,}", tone),
        (f"{zone.place(count.first_at):%d %b %H:%M}", "plain" if count.unmapped else "dim"),
        (f"{age((now - count.last_at).total_seconds())} ago".replace("now ago", "now"), "dim"),
        mapped,
    ]
