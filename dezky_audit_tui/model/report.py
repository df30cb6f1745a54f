"""What one tick did: printed by `tick`, kept by the store, shown by the dashboard."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, cast

from dezky_audit_tui.model.instants import instant_text, parse_instant

Trigger = Literal["startup", "timer", "forced", "catch_up", "cli"]
TickOutcome = Literal["ok", "skipped", "failed"]


@dataclass(frozen=True, slots=True)
class TickError:
    """Why a tick failed or was skipped: a stable machine name and a line for the operator."""

    kind: str
    message: str


@dataclass(frozen=True, slots=True)
class TickReport:
    """One tick. `fetched` = `inserted` + `duplicates` + `set_aside`; `requests` counts all that were sent.

    `unmapped` (raw action: rows) and `tenants` (reason: rows) count inserted rows. `holes`: unread ones left.
    `warning` is a line to show although the tick went well.
    """

    source: str
    trigger: Trigger
    started_at: datetime
    duration_ms: int = 0
    requests: int = 0
    fetched: int = 0
    inserted: int = 0
    duplicates: int = 0
    set_aside: int = 0
    unmapped: Mapping[str, int] = field(default_factory=dict)
    tenants: Mapping[str, int] = field(default_factory=dict)
    holes: int = 0
    last_event_at: datetime | None = None
    last_event_id: str | None = None
    outcome: TickOutcome = "ok"
    error: TickError | None = None
    warning: str | None = None


def reads_newest(report: TickReport) -> bool:
    """Whether a tick read the head of the source's list, and so knows of the newest events."""
    return report.outcome == "ok" and report.trigger != "catch_up"


def report_json(report: TickReport) -> dict[str, Any]:
    """The report as JSON-ready data (the fixed interface; see the README)."""
    cursor = None
    if report.last_event_id is not None and report.last_event_at is not None:
        cursor = {"lastEventAt": instant_text(report.last_event_at), "lastEventId": report.last_event_id}
    return {
        "source": report.source,
        "trigger": report.trigger,
        "startedAt": instant_text(report.started_at),
        "durationMs": report.duration_ms,
        "requests": report.requests,
        "fetched": report.fetched,
        "inserted": report.inserted,
        "duplicates": report.duplicates,
        "setAside": report.set_aside,
        "unmapped": dict(report.unmapped),
        "tenants": dict(report.tenants),
        "holes": report.holes,
        "cursor": cursor,
        "outcome": report.outcome,
        "error": {"kind": report.error.kind, "message": report.error.message} if report.error else None,
        "warning": report.warning,
    }


def report_from_json(data: Mapping[str, Any]) -> TickReport:
    """The inverse of `report_json`."""
    cursor, error = data.get("cursor") or {}, data.get("error")
    return TickReport(
        source=data["source"],
        trigger=cast(Trigger, data["trigger"]),
        started_at=parse_instant(data["startedAt"]),
        duration_ms=data["durationMs"],
        requests=data["requests"],
        fetched=data["fetched"],
        inserted=data["inserted"],
        duplicates=data["duplicates"],
        set_aside=data["setAside"],
        unmapped=data["unmapped"],
        tenants=data["tenants"],
        holes=data["holes"],
        last_event_at=parse_instant(cursor["lastEventAt"]) if cursor else None,
        last_event_id=cursor.get("lastEventId"),
        outcome=cast(TickOutcome, data["outcome"]),
        error=TickError(error["kind"], error["message"]) if error else None,
        warning=data.get("warning"),
    )
