"""Events made to fit: names no longer than a name may be, metadata no larger than a store takes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from pydantic_core import to_json

from dezky_audit_tui.model.event import METADATA_LIMIT, AuditEvent
from dezky_audit_tui.model.finding import DIGEST
from dezky_audit_tui.text import NAME_LIMIT, cut

# What tells an event apart: never dropped, and small enough together. Then what events are put together by.
_KEPT = frozenset({"rawAction", "unmapped", "created", DIGEST, "cut"})
_DROPPED_LAST = frozenset({"requestId", "model", "mfa", "membership"})
_SHORT_ENTRIES = ("rawAction", "requestId")
_PEOPLE = {"actor_id": "actorId", "actor_name": "actorName", "actor_email": "actorEmail", "actor_ip": "actorIp"}


def fitted(event: AuditEvent) -> AuditEvent:
    """`event` with names cut at 1,024 characters (`metadata.cut` lists them) and its metadata below 16 KiB of JSON
    (`metadata.truncated` lists what was dropped for it, the largest first)."""
    if not _has_long_name(event):
        fitting = within_limit(event.metadata)
        return event if fitting is event.metadata else replace(event, metadata=fitting)
    shortened: list[str] = []

    def short(value: str | None, field: str) -> str | None:
        if value is None or len(value) <= NAME_LIMIT:
            return value
        shortened.append(field)
        return cut(value, NAME_LIMIT)[0]

    changes: dict[str, Any] = {name: short(getattr(event, name), field) for name, field in _PEOPLE.items()}
    for name, field in (("on_behalf_of", "onBehalfOf"), ("target", "target")):
        part = getattr(event, name)
        if part is not None:
            parts = {inner: short(getattr(part, inner), f"{field}.{inner}") for inner in part.__dataclass_fields__}
            changes[name] = replace(part, **parts)
    metadata = dict(event.metadata)
    for key in _SHORT_ENTRIES:
        value = metadata.get(key)
        if isinstance(value, str):
            metadata[key] = short(value, f"metadata.{key}")
    metadata["cut"] = shortened
    return replace(event, **changes, metadata=within_limit(metadata))


def within_limit(metadata: Mapping[str, Any]) -> Mapping[str, Any]:
    """`metadata`, its largest entries dropped until its JSON fits, however a store escapes it."""
    if _is_small(metadata) or len(json.dumps(metadata)) <= METADATA_LIMIT:
        return metadata
    sizes = {key: len(json.dumps(value)) + len(json.dumps(key)) + 4 for key, value in metadata.items()}
    total, dropped = sum(sizes.values()), list[str]()
    for key in sorted(sizes.keys() - _KEPT, key=lambda key: (key in _DROPPED_LAST, -sizes[key], key)):
        if total + sum(len(name) + 8 for name in dropped) <= METADATA_LIMIT - 32:
            break
        total -= sizes[key]
        dropped.append(key)
    return {**{key: value for key, value in metadata.items() if key not in dropped}, "truncated": dropped}


def _has_long_name(event: AuditEvent) -> bool:
    behalf, target = event.on_behalf_of, event.target
    names = [event.actor_id, event.actor_name, event.actor_email, event.actor_ip, event.raw_action, event.request_id]
    if behalf is not None:
        names += (behalf.id, behalf.name, behalf.email)
    if target is not None:
        names += (target.type, target.id, target.name)
    # All of them together are shorter than one may be, of nearly every event.
    told = [name for name in names if name]
    return len("".join(told)) > NAME_LIMIT and max(map(len, told)) > NAME_LIMIT


def _is_small(metadata: Mapping[str, Any]) -> bool:
    """Whether it fits for sure. Cheap: every event is asked, and nearly all are small.

    JSON in ASCII is at most six times as long as in UTF-8: DEL is escaped there alone.
    """
    try:
        return len(to_json(metadata)) * 6 <= METADATA_LIMIT
    except ValueError:
        return False  # what UTF-8 cannot hold
