"""What reading a stretch again found: notes beside the rows, one an event and kind."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection, Iterable, Sequence
from typing import TYPE_CHECKING, Any

from dezky_audit_tui.model.instants import from_ms, to_ms
from dezky_audit_tui.store.sqlite import pulls
from dezky_audit_tui.store.sqlite.codec import to_json
from dezky_audit_tui.store.store import Lease
from dezky_audit_tui.text import clean

if TYPE_CHECKING:
    # Loaded with the first note that is kept or read: no start waits for it.
    from dezky_audit_tui.model.finding import Finding

_COLUMNS = "source, external_id, kind, found_at, at, action, actor_name, changes, back_at"
_AT_ONCE = 500


def note(connection: sqlite3.Connection, findings: Sequence[Finding], lease: Lease) -> None:
    """Keep them; of one that is known, the moment when it was found first stays. Raises LeaseLost."""
    from dezky_audit_tui.model.finding import changes_json

    pulls.fence(connection, lease)
    connection.executemany(
        f"INSERT INTO findings ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) "  # noqa: S608 - constants
        "ON CONFLICT (source, external_id, kind) DO UPDATE SET changes = excluded.changes, back_at = excluded.back_at",
        [
            (
                clean(each.source),
                clean(each.external_id),
                each.kind,
                to_ms(each.found_at),
                to_ms(each.at),
                clean(each.action),
                None if each.actor_name is None else clean(each.actor_name),
                to_json(changes_json(each.changes)),
                None if each.back_at is None else to_ms(each.back_at),
            )
            for each in findings
        ],
    )


def latest(connection: sqlite3.Connection, limit: int, skip: int) -> list[Finding]:
    """The latest first, but for the first `skip`."""
    found = connection.execute(
        f"SELECT {_COLUMNS} FROM findings ORDER BY found_at DESC, id DESC LIMIT ? OFFSET ?",  # noqa: S608 - constants
        (limit, skip),
    )
    return _findings(found)


def of(connection: sqlite3.Connection, source: str, external_ids: Collection[str]) -> list[Finding]:
    """Those of some events."""
    ids = list(external_ids)
    found: list[Finding] = []
    for start in range(0, len(ids), _AT_ONCE):
        some = ids[start : start + _AT_ONCE]
        found += _findings(
            connection.execute(
                f"SELECT {_COLUMNS} FROM findings WHERE source = ? "  # noqa: S608 - constants
                f"AND external_id IN ({', '.join('?' * len(some))}) ORDER BY id",
                (clean(source), *map(clean, some)),
            )
        )
    return found


def _findings(found: Iterable[tuple[Any, ...]]) -> list[Finding]:
    from dezky_audit_tui.model.finding import Finding, changes_from_json

    return [
        Finding(
            source,
            external_id,
            kind,
            from_ms(found_at),
            from_ms(at),
            action,
            actor_name,
            changes_from_json(json.loads(changes)),
            None if back_at is None else from_ms(back_at),
        )
        for source, external_id, kind, found_at, at, action, actor_name, changes, back_at in found
    ]
