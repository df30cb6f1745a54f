"""Events that belong to another: of the same request, or what the same actor did before. Always bounded."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from dezky_audit_tui.model.event import AuditEvent
from dezky_audit_tui.store.mongo.base import Base, Pipeline
from dezky_audit_tui.store.mongo.reading import event_of

NEAR = timedelta(minutes=5)
_LOOKED_AT = 10_000
"""Rows of an action that are searched for an actor."""


class Siblings:
    """Looks events up for the source."""

    def __init__(self, base: Base) -> None:
        self._base = base

    async def same_request(
        self, source: str, request_ids: Collection[str], near: Sequence[datetime]
    ) -> list[AuditEvent]:
        """Stored events of these requests within five minutes of those moments, oldest first."""
        if not request_ids:
            return []
        found: list[AuditEvent] = []
        for low, high in _stretches(near):
            where = {
                "source": {"$eq": source},
                "at": {"$gte": low, "$lte": high},
                "metadata.requestId": {"$in": sorted(request_ids)},
            }
            rows = self._base.find(self._base.events, where, sort=(("at", 1), ("_id", 1)))
            found += [event_of(document) async for document in rows]
        return found

    async def last_before(self, source: str, action: str, actor_id: str, at: datetime) -> AuditEvent | None:
        """The newest stored event of that action and actor up to `at`, among the action's 10,000 before it."""
        newest_first = {"$sort": {"at": -1, "_id": -1}}
        pipeline: Pipeline = [
            {"$match": {"action": {"$eq": action}, "at": {"$lte": at}}},
            newest_first,
            {"$limit": _LOOKED_AT},
            {"$match": {"source": {"$eq": source}, "actorId": {"$eq": actor_id}}},
            {"$limit": 1},
        ]
        found = await self._base.aggregate(self._base.events, pipeline)
        return event_of(found[0]) if found else None


def _stretches(near: Sequence[datetime]) -> list[tuple[datetime, datetime]]:
    """The stretches of time to look at, overlapping ones made one."""
    merged: list[tuple[datetime, datetime]] = []
    for moment in sorted(near):
        low, high = moment - NEAR, moment + NEAR
        if merged and low <= merged[-1][1]:
            merged[-1] = (merged[-1][0], high)
        else:
            merged.append((low, high))
    return merged
