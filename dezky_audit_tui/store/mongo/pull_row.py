"""What a row of `ingestcursors` holds, and how it is read whoever wrote it. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from dezky_audit_tui.errors import StoreUnavailable
from dezky_audit_tui.model.cursor import PullState, state_from_json, state_json
from dezky_audit_tui.model.instants import floor_ms, instant_text, parse_instant
from dezky_audit_tui.store.mongo.codec import Document
from dezky_audit_tui.store.mongo.places import date_ms
from dezky_audit_tui.store.mongo.values import instant, text
from dezky_audit_tui.store.store import Lease

_STATE_DATES = ("lastEventAt", "settledAt", "rewalkedAt", "historyFrom")

NEW: Mapping[str, Any] = {
    "lastEventAt": None,
    "lastEventId": None,
    "lastEventCreated": None,
    "settledAt": None,
    "holes": [],
    "rewalkedAt": None,
    "historyFrom": None,
    "rev": 0,
}
"""The state of a row that nobody has written to, with every name that it will have."""


class Raced(Exception):
    """Another program made the row at the same moment: it is there now."""


@dataclass(frozen=True, slots=True)
class PullRow:
    """A row of `ingestcursors`. `other_worker`: when another one was last seen moving the place."""

    state: PullState
    lease: Lease | None
    force_requested_at: datetime | None
    other_worker: datetime | None


def moved_by_another(row: Mapping[str, Any] | None) -> bool:
    """Whether the place of a row is not the one that this program wrote last."""
    if not row:
        return False
    own = row.get("own")
    if not isinstance(own, Mapping):
        return row.get("lastEventId") is not None or row.get("lastEventAt") is not None
    return any(row.get(name) != own.get(name) for name in ("lastEventAt", "lastEventId"))


def other_worker(row: Mapping[str, Any] | None) -> datetime | None:
    """When another worker was last seen moving the place."""
    if not row:
        return None
    seen = date_ms(row.get("otherWorkerAt"))
    if moved_by_another(row):
        seen = date_ms(row.get("updatedAt")) or seen or 0
    return None if seen is None else instant(seen)


def lease_of(source: str, row: Mapping[str, Any] | None) -> Lease | None:
    """The lease as it stands in the row, expired or not."""
    lease = (row or {}).get("lease")
    if not isinstance(lease, Mapping) or not isinstance(lease.get("owner"), str):
        return None
    epoch, expires = lease.get("epoch"), date_ms(lease.get("expiresAt"))
    if not isinstance(epoch, int) or expires is None:
        return None
    return Lease(source, lease["owner"], int(epoch), instant(expires))


def rev_of(row: Mapping[str, Any]) -> int:
    """How often the state was written."""
    rev = row.get("rev")
    return int(rev) if isinstance(rev, int | float) else 0


def state_of(source: str, row: Mapping[str, Any] | None, place: str) -> PullState:
    """The state; an empty one without a row. Raises StoreUnavailable where it cannot be read."""
    if row is None:
        return PullState(source)
    own = row.get("own")
    data: dict[str, Any] = {**row, "source": source, "rev": rev_of(row)}
    data["lastEventId"] = own.get("lastEventId") if isinstance(own, Mapping) else None
    try:
        for name in _STATE_DATES:
            data[name] = _date_text(row.get(name))
        data["holes"] = [{**hole, "bottom": _date_text(hole.get("bottom"))} for hole in row.get("holes") or ()]
        return state_from_json(data)
    except (AttributeError, KeyError, TypeError, ValueError):
        raise StoreUnavailable(
            f"the row of {text(source)} in ingestcursors at {place} cannot be read: another program has changed it; "
            "remove its field holes, lastEventCreated or settledAt to start anew (nothing is stored twice)"
        ) from None


def state_document(state: PullState) -> Document:
    """The fields of the state, dates as dates."""
    data = state_json(state)
    for name in _STATE_DATES:
        data[name] = _text_date(data[name])
    data["holes"] = [{**hole, "bottom": _text_date(hole["bottom"])} for hole in data["holes"]]
    return data


def _date_text(value: object) -> str | None:
    found = date_ms(value)
    return None if found is None else instant_text(instant(found))


def _text_date(value: str | None) -> datetime | None:
    return None if value is None else floor_ms(parse_instant(value))
