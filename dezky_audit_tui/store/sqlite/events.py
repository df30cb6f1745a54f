"""What the ingester writes: events with the pull's state, and tenants that were found later."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime

from dezky_audit_tui.model.cursor import PullState
from dezky_audit_tui.model.event import AuditEvent, Position, Row
from dezky_audit_tui.model.instants import floor_ms
from dezky_audit_tui.model.set_aside import SetAside
from dezky_audit_tui.model.tenants import Resolution
from dezky_audit_tui.store.sqlite import journal, pulls, tallies
from dezky_audit_tui.store.sqlite.codec import INSERT, READ, columns_of, rows_of, stored, why_text
from dezky_audit_tui.store.store import Committed, Lease

_UNRESOLVED = "lookup_failed"


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
    for event in events:
        # One that comes from another store was recorded there.
        recorded_at = floor_ms(event.recorded_at or now)
        columns = columns_of(event, recorded_at)
        if connection.execute(INSERT, columns).rowcount:
            inserted.append(stored(event, columns, recorded_at))
    tallies.add(connection, inserted)
    journal.quarantine(connection, set_aside)
    return Committed(tuple(inserted), len(events) - len(inserted), written)


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
