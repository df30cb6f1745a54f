"""The actions pane: which actions were seen, how often, and which have no verb of ours. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from dezky_audit_tui.model.event import AuditEvent
from dezky_audit_tui.store.store import ActionCount
from dezky_audit_tui.text import visible
from dezky_audit_tui.tui.panes.grid import Cell, table
from dezky_audit_tui.tui.pieces import Line, Piece, Tone
from dezky_audit_tui.tui.zone import Zone, age

_WIDE = 100
_HEADS = ("", "verb", "raw action", "events", "last seen", "map")


def actions_pane(
    counts: Sequence[ActionCount] | None,
    verbs: Mapping[str, str],
    selected: AuditEvent | None,
    zone: Zone,
    now: datetime,
    width: int,
) -> tuple[list[Line], int | None]:
    """The lines, and which of them is the selected event's. `verbs`: the map, raw action to verb."""
    if counts is None:
        return [(Piece(" counting…", "dim"),)], None
    rows: list[list[Cell]] = []
    lit: int | None = None
    for count in counts:
        if selected is not None and (count.action, count.raw) == (selected.action, selected.raw_action):
            lit = len(rows) + 1
        rows.append(_cells(count, lit == len(rows) + 1, now))
    seen = {count.raw for count in counts}
    rows += [
        [("", "plain"), (verb, "faint"), (raw, "faint"), ("0", "faint"), ("never", "faint"), ("mapped", "faint")]
        for raw, verb in verbs.items()
        if raw not in seen
    ]
    unmapped = sum(count.unmapped for count in counts)
    heads: list[str] = [*_HEADS[:-1], f"map ({unmapped} unmapped)" if unmapped else "map"]
    if width < _WIDE:
        # The verb tells the raw action but for its spelling.
        heads, rows = [*heads[:2], *heads[3:]], [[*row[:2], *row[3:]] for row in rows]
        return table(heads, rows, width, right=(2,), most=34), lit
    return table(heads, rows, width, right=(3,), most=34), lit


def _cells(count: ActionCount, lit: bool, now: datetime) -> list[Cell]:
    tone: Tone = "accent" if lit else "plain"
    mapped: Cell = ("mapped", "dim")
    if count.unmapped:
        mapped = ("? unmapped: kept under its own name", "warn")
    elif count.raw is None:
        mapped = ("another writer's", "dim")
    return [
        ("▶" if lit else "", "accent"),
        (visible(count.action), tone),
        (visible(count.raw) if count.raw else "-", "dim"),
        (f"{count.count:,}", tone),
        (f"{age((now - count.last_at).total_seconds())} ago".replace("now ago", "now"), "dim"),
        mapped,
    ]
