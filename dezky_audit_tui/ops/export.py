"""Rows as jsonl and csv, read from the store page by page, so that any number of them takes little memory."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import AsyncIterator, Mapping
from typing import Any

from dezky_audit_tui.model.event import AuditEvent, Person, Position, Row, Target, event_json
from dezky_audit_tui.model.instants import instant_text
from dezky_audit_tui.model.query import Query
from dezky_audit_tui.store.store import Store
from dezky_audit_tui.text import escaped, visible

PAGE_ROWS = 500

CSV_COLUMNS = (
    "at",
    "recordedAt",
    "source",
    "externalId",
    "action",
    "rawAction",
    "outcome",
    "actorId",
    "actorName",
    "actorEmail",
    "actorIp",
    "onBehalfOfId",
    "onBehalfOfName",
    "onBehalfOfEmail",
    "targetType",
    "targetId",
    "targetName",
    "tenantSlug",
    "tenantReason",
    "requestId",
)
"""The columns of csv, in their order: an interface, see the README."""

# A spreadsheet takes a cell that starts with one of these for a formula; the wide forms too, in some languages.
_FORMULA_START = frozenset("=+-@\t\r\n＝＋－＠")


async def newest_first(store: Store, query: Query, limit: int | None = None) -> AsyncIterator[list[Row]]:
    """The rows that match, newest first, in pages; at most `limit` rows in all, None for every one.

    Each page is asked for by the place of the last row, so rows that are stored meanwhile move nothing.
    """
    than: Position | None = None
    left = limit
    while left is None or left > 0:
        size = PAGE_ROWS if left is None else min(PAGE_ROWS, left)
        rows = list(await store.older(query, than, size))
        if not rows:
            return
        yield rows
        than = rows[-1].position
        left = None if left is None else left - len(rows)


def json_line(data: Mapping[str, Any]) -> str:
    """JSON on one line. Characters that act on a terminal or hide in it are written as escapes: the same JSON."""
    return escaped(json.dumps(data, ensure_ascii=False, allow_nan=False))


def event_line(event: AuditEvent) -> str:
    """The event as one line of jsonl."""
    return json_line(event_json(event))


def csv_header() -> str:
    """The first line of csv."""
    return _csv_line(CSV_COLUMNS)


def csv_line(event: AuditEvent) -> str:
    """The event as one line of csv: control characters as glyphs, and no cell that a spreadsheet would run."""
    behalf, target, why = event.on_behalf_of or Person(), event.target or Target(), event.tenant_why
    cells = (
        instant_text(event.at),
        instant_text(event.recorded_at) if event.recorded_at else None,
        event.source,
        event.external_id,
        event.action,
        event.raw_action,
        event.outcome,
        event.actor_id,
        event.actor_name,
        event.actor_email,
        event.actor_ip,
        behalf.id,
        behalf.name,
        behalf.email,
        target.type,
        target.id,
        target.name,
        event.tenant_slug,
        why.reason if why else None,
        event.request_id,
    )
    return _csv_line(tuple(safe_cell(cell or "") for cell in cells))


def safe_cell(value: str) -> str:
    """`value` on one line, after an apostrophe where a spreadsheet would take it for a formula."""
    shown = visible(value)
    start = value.lstrip(" ")[:1]
    return f"'{shown}" if start and start in _FORMULA_START else shown


def _csv_line(cells: tuple[str, ...]) -> str:
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="").writerow(cells)
    return buffer.getvalue()
