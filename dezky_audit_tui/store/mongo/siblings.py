"""What a source asks about stored events: by id, of the same request, what an actor did before. Always bounded."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from dezky_audit_tui.model.event import AuditEvent
from dezky_audit_tui.store.mongo.base import Base, Pipeline
from dezky_audit_tui.store.mongo.reading import event_of
from dezky_audit_tui.text import clean

NEAR = timedelta(minutes=5)
_LOOKED_AT = 10_000
"""Rows of an action that are searched for an actor."""
_AT_ONCE = 1_000


class Siblings:
    """Looks events up for the source."""

    def __init__(self, base: Base) -> None:
        self._base = base

    async def known(self, source: str, external_ids: Collection[str]) -> frozenset[str]:
        """Those of the ids that are stored, by the unique index."""
        # As they were stored: what cannot be held is replaced there too.
        asked = {clean(each): each for each in external_ids}
        wanted = list(asked)
        there: set[str] = set()
        for start in range(0, len(wanted), _AT_ONCE):
            # The type belongs to the index's own condition: without it the index cannot be used.
            some = {"$in": wanted[start : start + _AT_ONCE], "$type": "string"}
            rows = self._base.find(
                self._base.events,
                {"source": {"$eq": source}, "externalId": some},
                fields={"_id": 0, "source": 1, "externalId": 1},
            )
            # A list with one of them in it passes too, and is no id.
            there |= {asked[row["externalId"]] async for row in rows if isinstance(row["externalId"], str)}
        return frozenset(there)

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
