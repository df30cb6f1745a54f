"""What reading a stretch of the source again finds. Pure: notes that lie beside the rows, which never change.

A row is what the source said first, and that is the better witness: in Authentik, events can be edited and
deleted without a trace.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, get_args

from dezky_audit_tui.model.event import AuditEvent, event_json
from dezky_audit_tui.model.instants import instant_text
from dezky_audit_tui.text import clean

FindingKind = Literal["missing", "changed", "gone"]
FINDING_KINDS: tuple[FindingKind, ...] = get_args(FindingKind)
"""`missing`: it was not in the store, though its time was settled, and is now. `changed`: the source tells it
otherwise now. `gone`: the source has it no more, before its time to expire."""

EXPIRES = "expires"
"""The key of an event's metadata that says when the source means to forget it; absent where it never does."""
DIGEST = "digest"
"""The key of an event's metadata that holds a digest of all that the source said of it. Where two agree, the source
says the same, whatever a newer version of this program makes of it."""

# Set by the store or by the directory, or not part of the story.
_NOT_COMPARED = frozenset({"recordedAt", "tenantSlug", "tenantWhy", "metadata"})
_NOT_COMPARED_IN_METADATA = frozenset({EXPIRES, DIGEST, "actorFrom", "startedBy"})
# Metadata key of a stored event: the fields that it took from another event, which the source does not tell.
_BORROWED = {"actorFrom": ("actorId", "actorName", "actorEmail", "onBehalfOf"), "startedBy": ("onBehalfOf",)}
_DEEPEST = 50
_INT64 = range(-(1 << 63), 1 << 63)


@dataclass(frozen=True, slots=True)
class Change:
    """One field (`actorName`, `metadata.userAgent`): as it is stored, and as the source tells it now."""

    field: str
    stored: Any
    source: Any


@dataclass(frozen=True, slots=True)
class Finding:
    """One note on one event. `at`, `action` and `actor_name` are those of the event; `found_at`: when it was found
    first. `changes` are empty but for a `changed` one, and then the latest that were seen. `back_at`: when the
    source showed an event again that was `gone`."""

    source: str
    external_id: str
    kind: FindingKind
    found_at: datetime
    at: datetime
    action: str
    actor_name: str | None = None
    changes: tuple[Change, ...] = ()
    back_at: datetime | None = None


def finding_of(event: AuditEvent, kind: FindingKind, found_at: datetime, changes: tuple[Change, ...] = ()) -> Finding:
    """A note on `event`, which has an id."""
    assert event.external_id is not None
    return Finding(event.source, event.external_id, kind, found_at, event.at, event.action, event.actor_name, changes)


def changes_between(stored: AuditEvent, now: AuditEvent) -> tuple[Change, ...]:
    """What the source tells otherwise now. `now` is the event as it is told alone, without what others add to it.

    When the source will forget it does not count: retention is a setting and no part of the story.
    """
    digest = stored.metadata.get(DIGEST)
    if digest is not None and digest == now.metadata.get(DIGEST):
        return ()
    before, after = event_json(stored), event_json(now)
    borrowed = {name for key, names in _BORROWED.items() if key in stored.metadata for name in names}
    found: list[Change] = []
    for name in before.keys() - _NOT_COMPARED:
        if not (name in borrowed and after[name] is None):
            found += _change(name, before[name], after[name])
    for key in (stored.metadata.keys() | now.metadata.keys()) - _NOT_COMPARED_IN_METADATA:
        found += _change(f"metadata.{key}", stored.metadata.get(key), now.metadata.get(key))
    return tuple(sorted(found, key=lambda change: change.field))


def finding_json(finding: Finding) -> dict[str, Any]:
    """The note as JSON-ready data (see the README)."""
    return {
        "kind": finding.kind,
        "source": finding.source,
        "externalId": finding.external_id,
        "at": instant_text(finding.at),
        "action": finding.action,
        "actorName": finding.actor_name,
        "foundAt": instant_text(finding.found_at),
        "backAt": instant_text(finding.back_at) if finding.back_at else None,
        "changes": changes_json(finding.changes),
    }


def changes_json(changes: tuple[Change, ...]) -> list[dict[str, Any]]:
    """Changes as JSON-ready data."""
    return [{"field": each.field, "stored": each.stored, "source": each.source} for each in changes]


def changes_from_json(data: object) -> tuple[Change, ...]:
    """The inverse of `changes_json`; what is none is left out."""
    listed = data if isinstance(data, list) else []
    return tuple(
        Change(str(each.get("field")), each.get("stored"), each.get("source"))
        for each in listed
        if isinstance(each, Mapping)
    )


def change_text(change: Change) -> str:
    """`actorName: ana → mallory`, for a line; not made visible yet."""
    return f"{change.field}: {_told(change.stored)} → {_told(change.source)}"


def _told(value: object) -> str:
    return "nothing" if value is None else value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _change(field: str, stored: object, source: object) -> Iterator[Change]:
    one, two = storable(stored), storable(source)
    if one != two:
        yield Change(field, one, two)


def storable(value: Any, depth: int = 0) -> Any:
    """JSON as every store gives it back, so that what a store cannot hold is no change."""
    match value:
        case str():
            return clean(value)
        case int() if not isinstance(value, bool) and value not in _INT64:
            return str(value)
        case Mapping() | list() | tuple() if depth >= _DEEPEST:
            return clean(json.dumps(value, ensure_ascii=False))
        case Mapping():
            return {clean(str(key)): storable(each, depth + 1) for key, each in value.items()}
        case list() | tuple():
            return [storable(each, depth + 1) for each in value]
    return value
