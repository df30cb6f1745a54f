"""An event as a document, as Mongoose would make it for the platform."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from bson import ObjectId

from dezky_audit_tui.model.event import AuditEvent, TenantWhy
from dezky_audit_tui.model.instants import floor_ms
from dezky_audit_tui.model.set_aside import SetAside
from dezky_audit_tui.text import clean

Document = dict[str, Any]

_DEPTH = 60
"""MongoDB takes up to 100 levels; what lies deeper is kept as the text of its JSON."""
_INT64 = range(-(1 << 63), 1 << 63)


def event_document(event: AuditEvent, now: datetime) -> Document:
    """A new document with an `_id` of its own. Raises TypeError for metadata that is no JSON."""
    behalf, target, why = event.on_behalf_of, event.target, event.tenant_why
    return {
        "_id": ObjectId(),
        "source": clean(event.source),
        "externalId": _text(event.external_id),
        "at": floor_ms(event.at),
        "recordedAt": floor_ms(event.recorded_at or now),
        "action": clean(event.action),
        "outcome": event.outcome,
        "actorId": _text(event.actor_id),
        "actorName": _text(event.actor_name),
        "actorEmail": _text(event.actor_email),
        "actorIp": _text(event.actor_ip),
        "onBehalfOf": _texts(id=behalf.id, name=behalf.name, email=behalf.email) if behalf else None,
        "target": _texts(type=target.type, id=target.id, name=target.name) if target else None,
        "tenantSlug": _text(event.tenant_slug),
        "tenantWhy": why_document(why) if why else None,
        "metadata": _storable(dict(event.metadata), 0),
        **stamps(now),
    }


def why_document(why: TenantWhy) -> Document:
    """A tenant's diagnosis."""
    return {
        "reason": why.reason,
        "userId": _text(why.user_id),
        "groups": [clean(name) for name in why.groups],
        "stripped": [clean(name) for name in why.stripped],
        "lookedUpAt": floor_ms(why.looked_up_at) if why.looked_up_at else None,
    }


def aside_document(item: SetAside, now: datetime) -> Document:
    """What was set aside."""
    return {
        "_id": ObjectId(),
        "source": clean(item.source),
        "key": clean(item.key),
        "reason": clean(item.reason),
        "seenAt": floor_ms(item.seen_at),
        **_texts(created=item.created, action=item.action, excerpt=item.excerpt),
        **stamps(now),
    }


def stamps(now: datetime) -> Document:
    """What Mongoose adds to every document."""
    return {"createdAt": floor_ms(now), "updatedAt": floor_ms(now), "__v": 0}


def _text(value: str | None) -> str | None:
    return None if value is None else clean(value)


def _texts(**values: str | None) -> Document:
    return {name: _text(value) for name, value in values.items()}


def _storable(value: Any, depth: int) -> Any:
    """JSON as BSON can hold it: no NUL in a key, no number of more than 64 bits, no endless depth."""
    match value:
        case None | bool() | float():
            return value
        case str():
            return clean(value)
        case int():
            return value if value in _INT64 else str(value)
        case Mapping() | list() | tuple() if depth >= _DEPTH:
            return clean(json.dumps(value, ensure_ascii=False))
        case Mapping():
            return {clean(str(key)): _storable(each, depth + 1) for key, each in value.items()}
        case list() | tuple():
            return [_storable(each, depth + 1) for each in value]
    raise TypeError(f"metadata holds a {type(value).__name__}, which is no JSON")
