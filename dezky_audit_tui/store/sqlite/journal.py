"""Reports of ticks, which expire, and what was set aside, which does not."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from dezky_audit_tui.model.instants import from_ms, to_ms
from dezky_audit_tui.model.report import TickReport, report_from_json, report_json
from dezky_audit_tui.store.sqlite.codec import to_json
from dezky_audit_tui.text import clean

if TYPE_CHECKING:
    from dezky_audit_tui.model.set_aside import SetAside

TICKS_KEPT = 5_000
TICKS_KEPT_FOR = timedelta(days=14)


def save_tick(connection: sqlite3.Connection, report: TickReport, now: datetime) -> None:
    """Keep a report; let those go that are too old or too many."""
    saved = connection.execute(
        "INSERT INTO ticks (source, started_at, report) VALUES (?, ?, ?)",
        (report.source, to_ms(report.started_at), to_json(report_json(report))),
    ).lastrowid
    connection.execute(
        "DELETE FROM ticks WHERE id <= ? OR (started_at < ? AND id < ?)",
        ((saved or 0) - TICKS_KEPT, to_ms(now - TICKS_KEPT_FOR), saved),
    )


def ticks(connection: sqlite3.Connection, source: str, limit: int) -> list[TickReport]:
    """The latest reports, newest first."""
    found = connection.execute("SELECT report FROM ticks WHERE source = ? ORDER BY id DESC LIMIT ?", (source, limit))
    return [report_from_json(json.loads(report)) for (report,) in found]


def quarantine(connection: sqlite3.Connection, items: Sequence[SetAside]) -> None:
    """Keep what was set aside; what is known already stays as it was seen first."""
    connection.executemany(
        "INSERT INTO quarantine (source, key, reason, seen_at, created, action, excerpt) VALUES (?, ?, ?, ?, ?, ?, ?) "
        "ON CONFLICT (source, key) DO NOTHING",
        [
            (
                item.source,
                clean(item.key),
                clean(item.reason),
                to_ms(item.seen_at),
                *(None if text is None else clean(text) for text in (item.created, item.action, item.excerpt)),
            )
            for item in items
        ],
    )


def quarantined(connection: sqlite3.Connection, limit: int, skip: int) -> list[SetAside]:
    """What was set aside, newest first, but for the first `skip`."""
    from dezky_audit_tui.model.set_aside import SetAside  # no dashboard reads it

    found = connection.execute(
        "SELECT source, key, reason, seen_at, created, action, excerpt FROM quarantine "
        "ORDER BY seen_at DESC, id DESC LIMIT ? OFFSET ?",
        (limit, skip),
    )
    return [
        SetAside(source, key, reason, from_ms(seen_at), created, action, excerpt)
        for source, key, reason, seen_at, created, action, excerpt in found
    ]
