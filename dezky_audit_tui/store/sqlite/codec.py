"""An event as the columns of a row, and back."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from functools import cache, lru_cache
from typing import Any, cast

from dezky_audit_tui.model.event import (
    AuditEvent,
    Outcome,
    Person,
    Position,
    Row,
    Target,
    TenantWhy,
    why_from_json,
    why_json,
)
from dezky_audit_tui.model.instants import from_ms, to_ms
from dezky_audit_tui.model.query_match import SEPARATOR, address_of, fold, target_texts, word_texts
from dezky_audit_tui.text import clean

Columns = tuple[Any, ...]

READ = (
    "id, source, external_id, at, recorded_at, action, outcome, actor_id, actor_name, actor_email, actor_ip, "
    "on_behalf_of, target, tenant_slug, tenant_why, metadata"
)
"""What `row_of` takes, in this order."""

_WRITTEN = (
    "source, external_id, at, recorded_at, action, outcome, unmapped, tenant_slug, reason, request_id, actor_id, "
    "actor_name, actor_email, actor_ip, actor_name_key, actor_email_key, actor_ip_key, target_key, words, "
    "on_behalf_of, target, tenant_why, metadata"
)
_ROW = f"({', '.join('?' * len(_WRITTEN.split(',')))})"


@cache
def insert(rows: int) -> str:
    """The statement that takes the values of so many rows of `columns_of`, one row after the other. Only an event that
    is there already is passed over; every other conflict is an error, which leaves it to the transaction to take back
    the rows before (`OR FAIL`): to be able to do that itself, SQLite would copy each page before it changes it."""
    return (
        f"INSERT OR FAIL INTO events ({_WRITTEN}) VALUES {', '.join([_ROW] * rows)} "  # noqa: S608 - constants
        "ON CONFLICT (source, external_id) WHERE external_id IS NOT NULL DO NOTHING"
    )


def columns_of(events: Sequence[AuditEvent], now: datetime) -> list[Columns]:
    """The values for `insert`, event by event. One that comes from another store was recorded there, all else `now`."""
    now_ms = to_ms(now)
    # Events of one user share their diagnosis.
    whys = {id(event.tenant_why): event.tenant_why for event in events}
    why_texts = {key: why_text(why) if why else None for key, why in whys.items()}
    return [
        _columns(event, to_ms(event.recorded_at) if event.recorded_at else now_ms, why_texts[id(event.tenant_why)])
        for event in events
    ]


def _columns(event: AuditEvent, recorded_ms: int, why: str | None) -> Columns:
    behalf, target = event.on_behalf_of, event.target
    return (
        clean(event.source),
        _text(event.external_id),
        to_ms(event.at),
        recorded_ms,
        clean(event.action),
        event.outcome,
        int(event.unmapped),
        _text(event.tenant_slug),
        event.tenant_why.reason if event.tenant_why else None,
        _text(event.request_id),
        _text(event.actor_id),
        _text(event.actor_name),
        _text(event.actor_email),
        _text(event.actor_ip),
        _key(event.actor_name),
        _key(event.actor_email),
        ip_key(event.actor_ip),
        joined(target_texts(event)),
        clean(SEPARATOR.join(word_texts(event))),
        to_json([behalf.id, behalf.name, behalf.email]) if behalf else None,
        to_json([target.type, target.id, target.name]) if target else None,
        why,
        to_json(event.metadata),
    )


def row_of(columns: Columns) -> Row:
    """A row from the values of READ."""
    (row_id, source, external_id, at, recorded_at, action, outcome, actor_id, actor_name, actor_email, actor_ip) = (
        columns[:11]
    )
    behalf, target, tenant_slug, why, metadata = columns[11:]
    # By place, as in `with_tenant`: every row of every page passes here. JSON is read with Python's own: the faster one
    # would spare a tenth of a page, and costs the dashboard 4 MiB and, before its first frame, 13 ms.
    event = AuditEvent(
        source,
        external_id,
        from_ms(at),
        action,
        cast(Outcome, outcome),
        actor_id,
        actor_name,
        actor_email,
        actor_ip,
        Person(*json.loads(behalf)) if behalf else None,
        Target(*json.loads(target)) if target else None,
        tenant_slug,
        _why(why) if why else None,
        json.loads(metadata),
        _recorded_at(recorded_at),
    )
    return Row(Position(at, row_id), event)


def rows_of(found: Iterable[Columns]) -> list[Row]:
    """Rows in the order in which they come."""
    return [row_of(columns) for columns in found]


@lru_cache(maxsize=256)
def why_text(why: TenantWhy) -> str:
    """A tenant's diagnosis for its column. Cached: all events of a user have the same for a while."""
    return to_json(why_json(why))


@lru_cache(maxsize=256)
def _why(text: str) -> TenantWhy:
    return why_from_json(json.loads(text))


_recorded_at = lru_cache(maxsize=256)(from_ms)
"""Rows of one commit share it."""


def to_json(value: object) -> str:
    """Compact JSON that SQLite can hold."""
    try:
        return _writer()(value).decode()
    except ValueError:  # it holds what UTF-8 cannot
        return in_list(value)


def in_list(values: object) -> str:
    """Values as one parameter, for `json_each`. With Python's own writer: who only reads needs no faster one."""
    return clean(json.dumps(values, ensure_ascii=False, separators=(",", ":")))


def ip_key(text: str | None) -> bytes | None:
    """An address so that those of one network lie together: its version, then its bytes."""
    address = address_of(text)
    return None if address is None else bytes([address.version]) + address.packed


def joined(texts: list[str]) -> str | None:
    """Folded texts in one column, each between two separators, so that a whole one can be found."""
    return clean(SEPARATOR + SEPARATOR.join(texts) + SEPARATOR) if texts else None


def _text(value: str | None) -> str | None:
    return None if value is None else clean(value)


def _key(value: str | None) -> str | None:
    return None if value is None else clean(fold(value))


@cache
def _writer() -> Callable[[object], bytes]:
    """Four times as fast as Python's own, and loaded by programs that write alone."""
    from pydantic_core import to_json

    return to_json
