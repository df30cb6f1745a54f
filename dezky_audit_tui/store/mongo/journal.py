"""Reports of ticks, which expire by an index of their own, and what was set aside, which does not."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from dezky_audit_tui.model.instants import floor_ms, instant_text
from dezky_audit_tui.model.report import TickReport, report_from_json, report_json
from dezky_audit_tui.model.set_aside import SetAside
from dezky_audit_tui.store.mongo.base import Base
from dezky_audit_tui.store.mongo.codec import Document, stamps
from dezky_audit_tui.store.mongo.places import date_ms
from dezky_audit_tui.store.mongo.schema import TICKS_KEPT_S
from dezky_audit_tui.store.mongo.values import instant, text
from dezky_audit_tui.text import clean

KEPT_FOR = timedelta(seconds=TICKS_KEPT_S)


class Journal:
    """Keeps what is told of ticks, and what could not be made an event."""

    def __init__(self, base: Base) -> None:
        self._base = base

    async def save_tick(self, report: TickReport, now: datetime) -> None:
        """Keep a report; after 14 days the server lets it go."""
        with self._base.writing():
            await self._base.ticks.insert_one(_tick_document(report, now))

    async def ticks(self, source: str, limit: int, now: datetime) -> list[TickReport]:
        """The latest reports, newest first: those of 14 days, and the last one however old. What another version
        wrote and this one cannot read is left out."""
        found = self._base.find(self._base.ticks, {"source": {"$eq": source}}, sort=(("_id", -1),), limit=limit)
        reports = [_report(document) async for document in found]
        readable = [report for report in reports if report is not None]
        return readable[:1] + [report for report in readable[1:] if now - report.started_at < KEPT_FOR]

    async def quarantined(self, limit: int, skip: int) -> list[SetAside]:
        """What was set aside, newest first, but for the first `skip`."""
        newest_first = (("seenAt", -1), ("_id", -1))
        found = self._base.find(self._base.quarantine, {}, sort=newest_first, limit=limit, skip=skip)
        return [_set_aside(document) async for document in found]


def _tick_document(report: TickReport, now: datetime) -> Document:
    data = report_json(report)
    data["startedAt"] = floor_ms(report.started_at)
    if data["cursor"] is not None and report.last_event_at is not None:
        data["cursor"] = {**data["cursor"], "lastEventAt": floor_ms(report.last_event_at)}
    data["unmapped"] = {clean(action): count for action, count in report.unmapped.items()}
    return {**data, **stamps(now)}


def _report(document: Mapping[str, Any]) -> TickReport | None:
    cursor = document.get("cursor")
    try:
        if cursor is not None:
            cursor = {**cursor, "lastEventAt": _date_text(cursor["lastEventAt"])}
        return report_from_json({**document, "startedAt": _date_text(document["startedAt"]), "cursor": cursor})
    except (KeyError, TypeError, ValueError):
        return None


def _date_text(value: object) -> str:
    found = date_ms(value)
    if found is None:
        raise ValueError("no date")
    return instant_text(instant(found))


def _set_aside(document: Mapping[str, Any]) -> SetAside:
    return SetAside(
        source=text(document.get("source")) or "",
        key=text(document.get("key")) or "",
        reason=text(document.get("reason")) or "",
        seen_at=instant(date_ms(document.get("seenAt")) or 0),
        created=text(document.get("created")),
        action=text(document.get("action")),
        excerpt=text(document.get("excerpt")),
    )
