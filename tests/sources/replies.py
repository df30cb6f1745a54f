"""What real Authentiks said, and pages made of it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from copy import deepcopy
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from dezky_audit_tui.model.event import AuditEvent, event_json
from dezky_audit_tui.sources.authentik.siblings import Known
from dezky_audit_tui.sources.authentik.translate import translate
from dezky_audit_tui.sources.authentik.wire import WireEvent

FIXTURES = Path(__file__).parent.parent / "fixtures"
VERSIONS = ("2025.8.6", "2025.12.4")
SEEN_AT = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)


def recorded(version: str, action: str) -> list[dict[str, Any]]:
    """The recorded events of an action."""
    return list(json.loads((FIXTURES / "authentik" / "events" / version / f"{action}.json").read_text()))


def all_recorded() -> list[dict[str, Any]]:
    """Every recorded event of both versions."""
    files = sorted((FIXTURES / "authentik" / "events").glob("*/*.json"))
    return [event for file in files for event in json.loads(file.read_text())]


def reply(version: str, name: str) -> dict[str, Any]:
    """A recorded reply: status, headers, body."""
    return dict(json.loads((FIXTURES / "authentik" / "replies" / version / f"{name}.json").read_text()))


def page(events: Sequence[Any], *, count: int | None = None, start: int = 1, following: int = 0) -> dict[str, Any]:
    """A page that holds these events."""
    end = start + len(events) - 1 if events else 0
    return {
        "pagination": {
            "next": following,
            "previous": 0,
            "count": count if count is not None else end,
            "current": 1,
            "total_pages": 1,
            "start_index": start if events else 0,
            "end_index": end,
        },
        "results": list(events),
    }


def changed(event: dict[str, Any], **fields: Any) -> dict[str, Any]:
    """A copy of an event with other fields; those of `context` and `user` are put into what is there."""
    copy = deepcopy(event)
    for name, value in fields.items():
        if name in ("context", "user") and isinstance(value, dict):
            copy[name] = {**copy.get(name, {}), **value}
        else:
            copy[name] = value
    return copy


def wire(*events: dict[str, Any]) -> tuple[WireEvent, ...]:
    """Events as the wire models them."""
    return tuple(WireEvent.model_validate(event) for event in events)


def translated(*events: dict[str, Any], known: Sequence[AuditEvent] = ()) -> list[AuditEvent]:
    """Events translated in one batch; none may be set aside."""
    fetched = translate(wire(*events), Known(tuple(known)), SEEN_AT)
    assert fetched.set_aside == ()
    assert len(fetched.events) == len(events)
    return list(fetched.events)


def one(event: dict[str, Any]) -> AuditEvent:
    """One event translated alone."""
    return translated(event)[0]


def as_text(event: AuditEvent) -> str:
    """All that is kept of an event."""
    return json.dumps(event_json(event))
