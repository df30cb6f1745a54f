"""`ingestcursors`, one row per source: the pull's state, and the wish for a tick now.

`own` is a copy of the place that this program wrote: where `lastEventId` or `lastEventAt` say something else, another
worker of the platform has moved them. The pull goes by its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from bson import ObjectId
from pymongo.errors import DuplicateKeyError

from dezky_audit_tui.errors import StoreConflict
from dezky_audit_tui.model.cursor import PullState, state_from_json, state_json
from dezky_audit_tui.model.instants import floor_ms
from dezky_audit_tui.store.lease_owner import is_dead
from dezky_audit_tui.store.mongo.base import Base, Pipeline
from dezky_audit_tui.store.mongo.codec import Document, stamps
from dezky_audit_tui.store.mongo.leases import HELD, TRIES, Leases, holds
from dezky_audit_tui.store.mongo.places import date_ms
from dezky_audit_tui.store.mongo.pull_row import (
    NEW,
    PullRow,
    Raced,
    lease_of,
    moved_by_another,
    other_worker,
    rev_of,
    state_document,
    state_of,
)
from dezky_audit_tui.store.mongo.values import instant, text
from dezky_audit_tui.store.store import Lease

_EVERY = {"source": {"$type": "string"}}


class Pulls:
    """The rooms' way to `ingestcursors`."""

    def __init__(self, base: Base, leases: Leases) -> None:
        self._base = base
        self._leases = leases

    async def state(self, source: str) -> PullState:
        """The state as it was written last."""
        with self._base.reading():
            found = await self._base.cursors.find_one({"source": {"$eq": source}})
        return state_of(source, found, self._base.place)

    async def row(self, source: str) -> PullRow:
        """All of it: the lease only where its holder may be alive."""
        pipeline: Pipeline = [{"$match": {"source": {"$eq": source}}}, {"$limit": 1}, {"$addFields": {"held": HELD}}]
        rows = await self._base.aggregate(self._base.cursors, pipeline)
        found = rows[0] if rows else None
        lease = lease_of(source, found)
        alive = found is not None and found.get("held") is True and lease is not None and not is_dead(lease.owner)
        wished = date_ms((found or {}).get("forceRequestedAt"))
        return PullRow(
            state=state_of(source, found, self._base.place),
            lease=lease if alive else None,
            force_requested_at=None if wished is None else instant(wished),
            other_worker=other_worker(found),
        )

    async def fence(self, lease: Lease, rev: int | None = None) -> Document:
        """The row as it is. Raises LeaseLost where somebody else has had the lease since, and StoreConflict where
        the state is another than `rev`."""
        row = await self._leases.fence(lease)
        if rev is not None and rev_of(row) != rev:
            raise StoreConflict("another ingester went on from this state; the next tick goes on from there")
        return row

    async def write_state(self, state: PullState, lease: Lease, seen: Mapping[str, Any], now: datetime) -> PullState:
        """Write it over the one with `state.rev`, in one update that the lease fences, and return it with its new
        rev. `seen`: the row as `fence` gave it. Raises LeaseLost and StoreConflict."""
        written = replace(state_from_json(state_json(state)), rev=state.rev + 1)
        fields = state_document(written)
        fields["own"] = {"lastEventAt": fields["lastEventAt"], "lastEventId": fields["lastEventId"]}
        fields["updatedAt"] = floor_ms(now)
        if moved_by_another(seen):
            # A place that was there before the first write may be one that its worker left long ago.
            fields["otherWorkerAt"] = floor_ms(now) if "own" in seen else other_worker(seen)
        where = {
            "source": {"$eq": state.source},
            "rev": {"$in": [state.rev, None]} if state.rev == 0 else {"$eq": state.rev},
            **holds(lease),
        }
        with self._base.writing():
            done = await self._base.cursors.update_one(where, {"$set": fields})
        if not done.matched_count:
            await self.fence(lease, state.rev)
            raise StoreConflict("another ingester went on from this state; the next tick goes on from there")
        return written

    async def request_force(self, source: str, now: datetime) -> None:
        """Remember that somebody wants a tick now."""
        for _ in range(TRIES):
            try:
                with self._base.writing():
                    await self._wish(source, now)
                return
            except Raced:
                continue

    async def take_force(self, source: str, lease: Lease) -> bool:
        """Whether there was a wish; it is gone then. Only the holder of the lease can take it."""
        wished = {"source": {"$eq": source}, "forceRequestedAt": {"$type": "date"}}
        with self._base.reading():
            if await self._base.cursors.find_one(wished, {"_id": 1}) is None:
                return False
        if source != lease.source:
            return False
        with self._base.writing():
            done = await self._base.cursors.update_one({**wished, **holds(lease)}, {"$set": {"forceRequestedAt": None}})
        return done.modified_count > 0

    async def count_resolved(self, source: str) -> None:
        """Tell followers that tenants of older rows were found."""
        with self._base.writing():
            await self._base.cursors.update_one({"source": {"$eq": source}}, {"$inc": {"resolved": 1}})

    async def resolved(self) -> int:
        """How often that was told; it only rises."""
        found = self._base.find(self._base.cursors, _EVERY, fields={"resolved": 1})
        return sum([int(each["resolved"]) async for each in found if isinstance(each.get("resolved"), int)])

    async def others(self) -> list[tuple[str, datetime]]:
        """The sources whose place another worker moves, and when it was last seen."""
        found = self._base.find(self._base.cursors, _EVERY)
        seen = [(text(row.get("source")) or "", other_worker(row)) async for row in found]
        return [(source, at) for source, at in seen if at is not None]

    async def _wish(self, source: str, now: datetime) -> None:
        dates = {name: value for name, value in stamps(now).items() if name != "updatedAt"}
        made = {**NEW, "lease": None, **dates}
        try:
            await self._base.cursors.update_one(
                {"source": {"$eq": source}},
                {
                    "$currentDate": {"forceRequestedAt": True, "updatedAt": True},
                    "$setOnInsert": {"_id": ObjectId(), **made},
                },
                upsert=True,
            )
        except DuplicateKeyError:
            raise Raced from None
