"""Any document of `auditevents` as a row: our own, and those of other writers in whatever shape they come.

Nothing here raises: a page must not fail for one row.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from typing import Any, cast

from bson import ObjectId

from dezky_audit_tui.model.event import (
    METADATA_LIMIT,
    OUTCOMES,
    REASONS,
    AuditEvent,
    Outcome,
    Person,
    Row,
    Target,
    TenantWhy,
)
from dezky_audit_tui.model.instants import parse_instant
from dezky_audit_tui.store.mongo import shapes
from dezky_audit_tui.store.mongo.places import date_ms, id_ms, position_of
from dezky_audit_tui.store.mongo.values import Room, first, instant, is_text, plain, text
from dezky_audit_tui.text import NAME_LIMIT, clean

_READ = frozenset({"_id", "__v", "source", "action", "recordedAt", "onBehalfOf", "tenantSlug", "metadata"})
"""Names that are always read, or tell nothing of an event."""
_STAMPS = frozenset({"at", "createdAt", "updatedAt", "timestamp"})
_SECONDS = range(100_000_000, 100_000_000_000)
"""A number in here counts seconds since 1970, a greater one milliseconds: both from 1973 on."""
_LATEST_MS = 253_000_000_000_000


def row_of(document: Mapping[str, Any]) -> Row:
    """The document as a row, at its place."""
    return Row(position_of(document), event_of(document))


def event_of(document: Mapping[str, Any]) -> AuditEvent:
    """The document as an event. What is not known of it lies in its metadata."""
    used: set[str | None] = set()

    def named(paths: tuple[str, ...]) -> str | None:
        value, path = shapes.look(document, paths)
        used.add(path)
        return text(value)

    recorded = date_ms(document.get("recordedAt"))
    outcome = document.get("outcome")
    target = Target(named(shapes.TARGET_TYPE), named(shapes.TARGET_ID), named(shapes.TARGET_NAME))
    has_target = target != Target() or isinstance(document.get("target"), Mapping)
    # A document in the field of its own is the verb, as it is in its index; elsewhere it is something else.
    action = text(first(document.get("action")))
    action = (named(shapes.ACTION) if action is None else action) or shapes.UNKNOWN
    actor = [named(paths) for paths in (shapes.ACTOR_ID, shapes.ACTOR_NAME, shapes.ACTOR_EMAIL, shapes.ACTOR_IP)]
    return AuditEvent(
        source=text(first(document.get("source"))) or shapes.UNKNOWN,
        external_id=_external_id(document),
        at=_moment(document),
        action=action,
        outcome=cast(Outcome, outcome) if outcome in OUTCOMES else "unknown",
        actor_id=actor[0],
        actor_name=actor[1],
        actor_email=actor[2],
        actor_ip=actor[3],
        on_behalf_of=_behalf(document.get("onBehalfOf")),
        target=target if has_target else None,
        tenant_slug=text(first(document.get("tenantSlug"))),
        tenant_why=_why(document.get("tenantWhy")),
        metadata=_metadata(document, used),
        recorded_at=None if recorded is None else instant(recorded),
    )


def _external_id(document: Mapping[str, Any]) -> str | None:
    """Only a text tells rows apart, as for the unique index; and none that would have to be cut."""
    value = document.get("externalId")
    return clean(value) if is_text(value) and len(value) <= NAME_LIMIT else None


def _moment(document: Mapping[str, Any]) -> datetime:
    for name in shapes.AT:
        found = _time(document.get(name))
        if found is not None:
            return found
    row_id = document.get("_id")
    if isinstance(row_id, ObjectId):
        return instant(id_ms(row_id))
    return _time(row_id) or instant(0)


def _time(value: object) -> datetime | None:
    """A date, or what can be read as one: an ISO text (in UTC where it names no zone), a number since 1970."""
    found = date_ms(value)
    if found is not None:
        return instant(found)
    if isinstance(value, str) and 8 <= len(value) <= 40:
        return _time_text(value.strip())
    if isinstance(value, int | float) and not isinstance(value, bool) and _SECONDS.start <= value < _LATEST_MS:
        return instant(round(value * 1_000 if value < _SECONDS.stop else value))
    return None


def _time_text(value: str) -> datetime | None:
    if value.isascii() and value.isdigit():
        return _time(int(value)) if len(value) > 8 else None
    try:
        return parse_instant(value)
    except ValueError:
        pass
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        return None
    return None if moment.tzinfo else moment.replace(tzinfo=UTC)


def _behalf(value: object) -> Person | None:
    if value is None or value == "":
        return None
    if isinstance(value, Mapping):
        return Person(*(text(value.get(name)) for name in ("id", "name", "email")))
    return Person(name=text(value))


def _why(value: object) -> TenantWhy | None:
    if not isinstance(value, Mapping) or value.get("reason") not in REASONS:
        return None
    looked_up = date_ms(value.get("lookedUpAt"))
    return TenantWhy(
        reason=value["reason"],
        user_id=text(value.get("userId")),
        groups=_names(value.get("groups")),
        stripped=_names(value.get("stripped")),
        looked_up_at=None if looked_up is None else instant(looked_up),
    )


def _names(value: object) -> tuple[str, ...]:
    return tuple(text(each) or "" for each in value) if isinstance(value, list) else ()


def _metadata(document: Mapping[str, Any], used: Collection[str | None]) -> dict[str, Any]:
    """The row's own metadata, and every name of the document that was not read."""
    own = document.get("metadata")
    shown: dict[str, Any] = {}
    if isinstance(own, Mapping):
        shown = cast(dict[str, Any], plain(own, Room(3 * METADATA_LIMIT)))
    elif own is not None:
        shown["metadata"] = plain(own, Room(METADATA_LIMIT))
    room = Room(METADATA_LIMIT)
    for name, value in document.items():
        of_several = name in shapes.OF_ONE_VALUE and isinstance(value, list) and len(value) > 1
        if of_several or (name not in _READ and name not in used and not _is_read(name, value)):
            left = _unused(name, value, used)
            if left is not None and room.take(len(name)):
                key = clean(name)
                shown[key if key not in shown else f"{key} (of the row)"] = plain(left, room)
    return shown


def _is_read(name: str, value: object) -> bool:
    match name:
        case "outcome":
            return value in OUTCOMES
        case "externalId":
            return value is None or (is_text(value) and len(value) <= NAME_LIMIT)
        case "tenantWhy":
            return _why(value) is not None
    return name in _STAMPS and date_ms(value) is not None


def _unused(name: str, value: object, used: Collection[str | None]) -> object:
    """What of a value no path has read; None where nothing is left."""
    if not isinstance(value, Mapping):
        return value
    return {key: each for key, each in value.items() if each is not None and f"{name}.{key}" not in used} or None
