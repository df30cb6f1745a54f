"""What the ingester writes: events with the pull's state, and tenants that were found later."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from dezky_audit_tui.model.cursor import PullState
from dezky_audit_tui.model.event import AuditEvent, Position, Row
from dezky_audit_tui.model.tenants import Resolution
from dezky_audit_tui.store.sqlite import journal, pulls, tallies
from dezky_audit_tui.store.sqlite.codec import READ, Columns, columns_of, insert, rows_of, why_text
from dezky_audit_tui.store.store import Committed, Lease

if TYPE_CHECKING:
    from dezky_audit_tui.model.set_aside import SetAside

_UNRESOLVED = "lookup_failed"
_AT_ONCE = 40
"""Rows of one statement: other threads may run until it is done, instead of between each row and the next. Times the
columns, it is less than the 999 values that any SQLite takes."""


def commit(
    connection: sqlite3.Connection,
    events: Sequence[AuditEvent],
    set_aside: Sequence[SetAside],
    state: PullState,
    lease: Lease,
    now: datetime,
) -> Committed:
    """Rows, quarantine, counters and state. Raises LeaseLost and StoreConflict before anything is written."""
    pulls.fence(connection, lease)
    written = pulls.write_state(connection, state)
    inserted: list[AuditEvent] = []
    counted: list[tuple[Columns, str | None]] = []
    for start in range(0, len(events), _AT_ONCE):
        chunk = events[start : start + _AT_ONCE]
        rows = columns_of(chunk, now)
        for place in _insert(connection, rows):
            inserted.append(chunk[place])
            counted.append((rows[place], chunk[place].raw_action))
    tallies.add(connection, counted)
    journal.quarantine(connection, set_aside)
    return Committed(tuple(inserted), len(events) - len(inserted), written)


def _insert(connection: sqlite3.Connection, rows: Sequence[Columns]) -> Sequence[int]:
    """The places of those that were not there yet."""
    last: int = connection.execute("SELECT coalesce(max(id), 0) FROM events").fetchone()[0]
    values = [value for row in rows for value in row]
    inserted = connection.execute(insert(len(rows)), values).rowcount
    return range(len(rows)) if inserted == len(rows) else _inserted(connection, rows, last)


def _inserted(connection: sqlite3.Connection, rows: Sequence[Columns], last: int) -> list[int]:
    """The places of those of `rows` that have become some of the store's: above `last`, and of equal ones the first."""
    found = connection.execute("SELECT source, external_id FROM events WHERE id > ?", (last,))
    keys = {key for key in found if key[1] is not None}
    places = []
    for place, row in enumerate(rows):
        key = row[:2]
        if key[1] is None or key in keys:
            keys.discard(key)
            places.append(place)
    return places


def unresolved(connection: sqlite3.Connection, source: str, limit: int) -> list[Row]:
    """Newest rows whose tenant look-up failed."""
    found = connection.execute(
        f"SELECT {READ} FROM events INDEXED BY events_lookup "  # noqa: S608 - constants
        "WHERE reason = 'lookup_failed' AND source = ? ORDER BY at DESC, id DESC LIMIT ?",
        (source, limit),
    )
    return rows_of(found)


def resolve(connection: sqlite3.Connection, resolutions: Mapping[Position, Resolution], lease: Lease) -> None:
    """Give rows of the lease's source their tenant, where they had `lookup_failed` and now have another reason."""
    pulls.fence(connection, lease)
    changes: Counter[tuple[str, str]] = Counter()
    for position, resolution in resolutions.items():
        reason = resolution.why.reason
        if reason == _UNRESOLVED:
            continue
        found = connection.execute(
            "SELECT tenant_slug FROM events WHERE id = ? AND at = ? AND source = ? AND reason = 'lookup_failed'",
            (position.tie, position.at_ms, lease.source),
        ).fetchone()
        if found is None:
            continue
        connection.execute(
            "UPDATE events SET tenant_slug = ?, reason = ?, tenant_why = ? WHERE id = ?",
            (resolution.slug, reason, why_text(resolution.why), position.tie),
        )
        changes[tallies.REASON, _UNRESOLVED] -= 1
        changes[tallies.REASON, reason] += 1
        changes[tallies.tenant_facet(found[0])] -= 1
        changes[tallies.tenant_facet(resolution.slug)] += 1
    if changes:
        tallies.change(connection, changes)
        connection.execute("UPDATE counters SET value = value + 1 WHERE name = 'resolved'")
