"""Where a row stands in the timeline: by its `at`, and by its `_id` among those of the same moment.

Rows of other writers may have an `at` that is no date. Such a row stands at the second in which its ObjectId was
made; where its `_id` is none, there is no time that an index could serve, and it stands below all others.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from bson import DatetimeMS, ObjectId

from dezky_audit_tui.model.event import Position
from dezky_audit_tui.model.instants import to_ms
from dezky_audit_tui.store.mongo.ties import HIGHEST, LOWEST, tie_of

TIMELESS = -(1 << 63) - 1
"""The moment of rows that have none: below every BSON date."""
LAST_SECOND = 1 << 32
"""Above every second that an ObjectId can hold."""


def position_of(document: Mapping[str, Any]) -> Position:
    """The place of a document of `auditevents`."""
    row_id = document.get("_id")
    at = date_ms(document.get("at"))
    if at is None:
        at = id_ms(row_id) if isinstance(row_id, ObjectId) else TIMELESS
    return Position(at, tie_of(row_id))


def date_ms(value: object) -> int | None:
    """Milliseconds of a BSON date, which may lie beyond Python's years; None of anything else."""
    if isinstance(value, datetime):
        return to_ms(value)
    return int(value) if isinstance(value, DatetimeMS) else None


def id_ms(row_id: ObjectId) -> int:
    """When an ObjectId was made, by its second."""
    return int.from_bytes(row_id.binary[:4], "big") * 1_000


def first_id(second: int) -> ObjectId:
    """The lowest ObjectId of a second (cut to those that there are)."""
    return ObjectId(min(max(second, 0), LAST_SECOND - 1).to_bytes(4, "big") + bytes(8))


def tie_text(position: Position) -> str:
    """The tie of a place. One of another kind of store is above or below all of ours at that moment."""
    return position.tie if isinstance(position.tie, str) else HIGHEST if position.tie > 0 else LOWEST


def id_edge(position: Position) -> ObjectId | None:
    """Where rows without an `at` part at `position`: those below have a lower `_id`, those above this one or a
    higher. It is the row's own `_id` where the row at `position` is one of them. None: all stand below.
    """
    second, rest = divmod(position.at_ms, 1_000)
    if second < 0:
        return first_id(0)
    if second >= LAST_SECOND:
        return None
    first, after = first_id(second), first_id(second + 1) if second + 1 < LAST_SECOND else None
    tie = tie_text(position)
    if rest or tie < tie_of(first):
        return after if rest else first
    return ObjectId(tie[1:]) if tie[:9] == tie_of(first)[:9] and ObjectId.is_valid(tie[1:]) else after
