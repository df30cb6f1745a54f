"""Counters that are kept with the rows, in the same transaction: what panes and filters ask for costs nothing."""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from collections.abc import Sequence
from typing import Any

from dezky_audit_tui.model.instants import from_ms
from dezky_audit_tui.store.sqlite.codec import Columns, to_json
from dezky_audit_tui.store.store import ActionCount

SOURCE, ACTION, OUTCOME, TENANT, NO_TENANT, REASON = "source", "action", "outcome", "tenant", "no_tenant", "reason"
"""The facets. NO_TENANT has one value, the empty text."""

_ADD = """INSERT INTO tallies (facet, value, rows) VALUES (?, ?, ?)
    ON CONFLICT (facet, value) DO UPDATE SET rows = rows + excluded.rows"""
_ADD_ACTION = """INSERT INTO actions (action, raw, unmapped, rows, first_at, last_at) VALUES (?, ?, ?, ?, ?, ?)
    ON CONFLICT (action, raw, unmapped) DO UPDATE SET rows = rows + excluded.rows,
    first_at = min(first_at, excluded.first_at), last_at = max(last_at, excluded.last_at)"""
_NO_RAW = ""
"""The raw name of rows that have none: a source's own action is never the empty text."""


def tenant_facet(slug: str | None) -> tuple[str, str]:
    """Where rows of that tenant, or of none, are counted."""
    return (NO_TENANT, "") if slug is None else (TENANT, slug)


def add(connection: sqlite3.Connection, rows: Sequence[tuple[Columns, str | None]]) -> None:
    """Count rows that were inserted, each with the source's own name of its action."""
    # Few differ in what is counted of them.
    alike: dict[tuple[Any, ...], list[int]] = {}
    for columns, raw in rows:
        source, _, at, _, *counted = columns[:9]
        alike.setdefault((raw, source, *counted), []).append(at)
    counts: Counter[tuple[str, str]] = Counter()
    actions: dict[tuple[str, str, bool], list[int]] = {}
    for (raw, source, action, outcome, unmapped, slug, reason), times in alike.items():
        number = len(times)
        counts[SOURCE, source] += number
        counts[ACTION, action] += number
        counts[OUTCOME, outcome] += number
        counts[tenant_facet(slug)] += number
        if reason is not None:
            counts[REASON, reason] += number
        actions.setdefault((action, _raw(raw), unmapped), []).extend(times)
    change(connection, counts)
    connection.executemany(
        _ADD_ACTION, [(*key, len(times), min(times), max(times)) for key, times in sorted(actions.items())]
    )


def change(connection: sqlite3.Connection, by: Counter[tuple[str, str]]) -> None:
    """Add to counters; negative numbers take away."""
    connection.executemany(_ADD, [(*key, number) for key, number in sorted(by.items()) if number])


def read(connection: sqlite3.Connection, facet: str) -> dict[str, int]:
    """Rows by value, most frequent first; values without rows are left out."""
    found = connection.execute(
        "SELECT value, rows FROM tallies WHERE facet = ? AND rows > 0 ORDER BY rows DESC, value", (facet,)
    )
    return dict(found)


def total(connection: sqlite3.Connection) -> int:
    """All rows."""
    found: int = connection.execute("SELECT coalesce(sum(rows), 0) FROM tallies WHERE facet = ?", (SOURCE,)).fetchone()[
        0
    ]
    return found


def actions(connection: sqlite3.Connection) -> list[ActionCount]:
    """All actions, most frequent first."""
    found = connection.execute(
        "SELECT action, raw, unmapped, rows, first_at, last_at FROM actions ORDER BY rows DESC, action, raw"
    )
    return [
        ActionCount(action, raw or None, bool(unmapped), rows, from_ms(first_at), from_ms(last_at))
        for action, raw, unmapped, rows, first_at, last_at in found
    ]


def _raw(raw: str | None) -> str:
    """As it comes back with the row's metadata."""
    if not raw:
        return _NO_RAW
    return raw if raw.isascii() else str(json.loads(to_json(raw)))
