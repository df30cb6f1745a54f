"""`ingestfindings`: what reading a stretch again found, beside the rows; one document an event and kind."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from pymongo import UpdateOne

from dezky_audit_tui.model.finding import FINDING_KINDS, Finding, changes_from_json, changes_json, storable
from dezky_audit_tui.model.instants import floor_ms
from dezky_audit_tui.store.mongo.base import Base
from dezky_audit_tui.store.mongo.places import date_ms
from dezky_audit_tui.store.mongo.pulls import Pulls
from dezky_audit_tui.store.mongo.values import instant, text
from dezky_audit_tui.store.store import Lease
from dezky_audit_tui.text import clean

_BATCH = 1_000


class Findings:
    """Keeps the notes."""

    def __init__(self, base: Base, pulls: Pulls) -> None:
        self._base = base
        self._pulls = pulls

    async def note(self, findings: Sequence[Finding], lease: Lease, now: datetime) -> None:
        """Keep them; of one that is known, the moment when it was found first stays. Raises LeaseLost."""
        await self._pulls.fence(lease)
        for start in range(0, len(findings), _BATCH):
            changes = [_upsert(each, now) for each in findings[start : start + _BATCH]]
            with self._base.writing():
                await self._base.findings.bulk_write(changes, ordered=False)

    async def latest(self, limit: int, skip: int) -> list[Finding]:
        """The latest first, but for the first `skip`."""
        latest_first = (("foundAt", -1), ("_id", -1))
        found = self._base.find(self._base.findings, {}, sort=latest_first, limit=limit, skip=skip)
        return [each async for document in found if (each := _finding(document)) is not None]

    async def of(self, source: str, external_ids: Collection[str]) -> list[Finding]:
        """Those of some events."""
        ids, found = [clean(each) for each in external_ids], list[Finding]()
        for start in range(0, len(ids), _BATCH):
            where = {"source": {"$eq": clean(source)}, "externalId": {"$in": ids[start : start + _BATCH]}}
            documents = self._base.find(self._base.findings, where, sort=(("_id", 1),))
            found += [each async for document in documents if (each := _finding(document)) is not None]
        return found


def _upsert(finding: Finding, now: datetime) -> UpdateOne:
    key = {"source": clean(finding.source), "externalId": clean(finding.external_id), "kind": finding.kind}
    latest = {
        "changes": storable(changes_json(finding.changes)),
        "backAt": None if finding.back_at is None else floor_ms(finding.back_at),
        "updatedAt": floor_ms(now),
    }
    first = {
        "foundAt": floor_ms(finding.found_at),
        "at": floor_ms(finding.at),
        "action": clean(finding.action),
        "actorName": None if finding.actor_name is None else clean(finding.actor_name),
        "createdAt": floor_ms(now),
        "__v": 0,
    }
    where = {name: {"$eq": value} for name, value in key.items()}
    return UpdateOne(where, {"$set": latest, "$setOnInsert": first}, upsert=True)


def _finding(document: Mapping[str, Any]) -> Finding | None:
    """None for what another version wrote and this one cannot read."""
    kind = next((each for each in FINDING_KINDS if each == document.get("kind")), None)
    found_at, at, back_at = (date_ms(document.get(name)) for name in ("foundAt", "at", "backAt"))
    if kind is None or found_at is None or at is None:
        return None
    return Finding(
        source=text(document.get("source")) or "",
        external_id=text(document.get("externalId")) or "",
        kind=kind,
        found_at=instant(found_at),
        at=instant(at),
        action=text(document.get("action")) or "",
        actor_name=text(document.get("actorName")),
        changes=changes_from_json(document.get("changes")),
        back_at=None if back_at is None else instant(back_at),
    )
