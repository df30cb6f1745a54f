"""What the panes show besides the timeline."""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from datetime import datetime

from dezky_audit_tui.store.sqlite import journal, pulls, tallies
from dezky_audit_tui.store.sqlite.codec import READ, rows_of
from dezky_audit_tui.store.store import StoreStatus, TenantCounts

_LOOKED_AT = 2_000
"""Newest rows that are searched for unknown groups and for the latest resolutions."""
_LATEST = 50


def status(connection: sqlite3.Connection, source: str, now: datetime) -> StoreStatus:
    """Cursor, holes, lease and last tick."""
    last = journal.ticks(connection, source, 1)
    return StoreStatus(
        state=pulls.read_state(connection, source),
        lease=pulls.holder(connection, source, now),
        last_tick=last[0] if last else None,
        force_requested_at=pulls.force_requested_at(connection, source),
    )


def tenant_counts(connection: sqlite3.Connection) -> TenantCounts:
    """How tenants were found."""
    found = connection.execute(
        f"SELECT {READ} FROM events WHERE id IN (SELECT id FROM events INDEXED BY events_at "  # noqa: S608 - constants
        "ORDER BY at DESC, id DESC LIMIT ?) AND reason IS NOT NULL ORDER BY at DESC, id DESC LIMIT ?",
        (_LOOKED_AT, _LATEST),
    )
    latest = tuple(rows_of(found))
    return TenantCounts(
        reasons=tallies.read(connection, tallies.REASON),
        tenants=tallies.read(connection, tallies.TENANT),
        unknown_groups=_unknown_groups(connection),
        latest=latest,
    )


def tenants(connection: sqlite3.Connection) -> frozenset[str]:
    """The slugs that somebody put into the table."""
    return frozenset(slug for (slug,) in connection.execute("SELECT slug FROM tenants"))


def _unknown_groups(connection: sqlite3.Connection) -> dict[str, int]:
    found = connection.execute(
        "SELECT tenant_why, reason FROM events INDEXED BY events_unresolved "
        "WHERE tenant_slug IS NULL AND reason IS NOT NULL ORDER BY at DESC, id DESC LIMIT ?",
        (_LOOKED_AT,),
    )
    groups: Counter[str] = Counter()
    for why, reason in found:
        if reason == "no_such_tenant":
            data = json.loads(why)
            groups.update(set(data["groups"]) - set(data["stripped"]))
    return dict(sorted(groups.items(), key=lambda item: (-item[1], item[0])))
