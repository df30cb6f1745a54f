"""Rows without an external id: which of them another store lacks. Nothing but what they tell can compare them."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from dezky_audit_tui.model.event import METADATA_LIMIT, AuditEvent, Position, event_json
from dezky_audit_tui.model.instants import floor_ms
from dezky_audit_tui.model.query import Match, Pattern, Query, Since, Term, Until
from dezky_audit_tui.store.store import Store

_PAGE_ROWS = 500
_DEPTH = 20
_MS = timedelta(milliseconds=1)


class Nameless:
    """Compares rows of one store, given in any order, with those of `target`. Rows that tell the same are counted:
    the target has to hold as many of them as were given so far."""

    def __init__(self, target: Store) -> None:
        self._target = target
        # Without a name it is a file of its own that is gone with the connection: any number of rows, little memory.
        self._given = sqlite3.connect("", isolation_level=None)
        self._given.execute("CREATE TABLE given (digest BLOB PRIMARY KEY, rows INTEGER NOT NULL) WITHOUT ROWID")

    async def missing(self, events: Sequence[AuditEvent]) -> list[AuditEvent]:
        """Those of `events` that the target lacks. They count as stored from now on."""
        there: Counter[bytes] = Counter()
        for source in {event.source for event in events}:
            there += await self._there(source, [event for event in events if event.source == source])
        lacking = []
        for event in events:
            digest = digest_of(event)
            if there[digest] < self._give(digest):
                there[digest] += 1
                lacking.append(event)
        return lacking

    def close(self) -> None:
        """Forget what was given."""
        self._given.close()

    async def _there(self, source: str, events: Sequence[AuditEvent]) -> Counter[bytes]:
        """How often the target holds what is told, of that source and between the moments of these rows."""
        low, high = min(event.at for event in events), max(event.at for event in events)
        conditions = (Match("source", (Pattern(source),)), Since(floor_ms(low)), Until(floor_ms(high) + _MS))
        query = Query(tuple(Term(condition, False, "") for condition in conditions))
        found: Counter[bytes] = Counter()
        than: Position | None = None
        while rows := await self._target.newer(query, than, _PAGE_ROWS):
            found.update(digest_of(row.event) for row in rows if row.event.external_id is None)
            than = rows[-1].position
        return found

    def _give(self, digest: bytes) -> int:
        [rows] = self._given.execute(
            "INSERT INTO given VALUES (?, 1) ON CONFLICT (digest) DO UPDATE SET rows = rows + 1 RETURNING rows",
            (digest,),
        ).fetchone()
        return int(rows)


def digest_of(event: AuditEvent) -> bytes:
    """What a row tells, in 16 bytes: the same for a copy of it, which is recorded later, and of which a store may
    cut what is too large or too deep."""
    told = event_json(event)
    del told["recordedAt"]
    is_large = len(json.dumps(told["metadata"])) > METADATA_LIMIT
    told["metadata"] = None if is_large else _upper(told["metadata"], _DEPTH)
    return hashlib.blake2b(json.dumps(told, sort_keys=True).encode(), digest_size=16).digest()


def _upper(value: Any, depth: int) -> Any:
    """The upper levels of JSON."""
    match value:
        case Mapping():
            return {key: _upper(each, depth - 1) for key, each in value.items()} if depth else None
        case list() | tuple():
            return [_upper(each, depth - 1) for each in value] if depth else None
    return value
