"""What a source asks about stored events: by id, of the same request, what an actor did before. Always bounded."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from dezky_audit_tui.model.event import AuditEvent
from dezky_audit_tui.model.instants import to_ms
from dezky_audit_tui.store.sqlite.codec import READ, rows_of, to_json

NEAR = timedelta(minutes=5)
_LOOKED_AT = 10_000
"""Rows of an action that are searched for an actor."""


def known(connection: sqlite3.Connection, source: str, external_ids: Collection[str]) -> frozenset[str]:
    """Those of the ids that are stored, by the unique index."""
    found = connection.execute(
        "SELECT external_id FROM events WHERE source = ? AND external_id IN (SELECT value FROM json_each(?))",
        (source, to_json(sorted(external_ids))),
    )
    return frozenset(external_id for (external_id,) in found)


def same_request(
    connection: sqlite3.Connection, source: str, request_ids: Collection[str], near: Sequence[datetime]
) -> list[AuditEvent]:
    """Stored events of these requests within five minutes of those moments, oldest first."""
    if not request_ids:
        return []
    wanted = to_json(sorted(request_ids))
    found: list[AuditEvent] = []
    for low, high in _stretches(near):
        rows = connection.execute(
            f"SELECT {READ} FROM events INDEXED BY events_source "  # noqa: S608 - constants
            "WHERE source = ? AND at BETWEEN ? AND ? AND request_id IN (SELECT value FROM json_each(?)) "
            "ORDER BY at, id",
            (source, low, high, wanted),
        )
        found += [row.event for row in rows_of(rows)]
    return found


def last_before(
    connection: sqlite3.Connection, source: str, action: str, actor_id: str, at: datetime
) -> AuditEvent | None:
    """The newest stored event of that action and actor up to `at`, among the action's 10,000 before it."""
    found = connection.execute(
        f"SELECT {READ} FROM events WHERE id = ("  # noqa: S608 - constants
        "SELECT id FROM (SELECT id, at, source, actor_id FROM events INDEXED BY events_action "
        "WHERE action = ? AND at <= ? ORDER BY at DESC, id DESC LIMIT ?) "
        "WHERE source = ? AND actor_id = ? ORDER BY at DESC, id DESC LIMIT 1)",
        (action, to_ms(at), _LOOKED_AT, source, actor_id),
    )
    rows = rows_of(found)
    return rows[0].event if rows else None


def _stretches(near: Sequence[datetime]) -> list[tuple[int, int]]:
    """The stretches of time to look at, in milliseconds, overlapping ones made one."""
    merged: list[tuple[int, int]] = []
    for moment in sorted(near):
        low, high = to_ms(moment - NEAR), to_ms(moment + NEAR)
        if merged and low <= merged[-1][1]:
            merged[-1] = (merged[-1][0], high)
        else:
            merged.append((low, high))
    return merged
