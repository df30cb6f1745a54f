"""`ingestcursors`, one row per source: the pull's state, the lease, and the wish for a tick now.

The server's clock is the only one that counts for a lease. `own` is a copy of the place that this program wrote:
where `lastEventId` or `lastEventAt` say something else, another worker of the platform has moved them. The pull goes
by its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from bson import ObjectId
from pymongo import ReturnDocument
from pymongo.errors import DuplicateKeyError

from dezky_audit_tui.errors import LeaseLost, StoreConflict, StoreUnavailable
from dezky_audit_tui.model.cursor import PullState, state_from_json, state_json
from dezky_audit_tui.model.instants import EPOCH, floor_ms, instant_text, parse_instant
from dezky_audit_tui.store.lease_owner import is_dead, shown_owner
from dezky_audit_tui.store.mongo.base import Base, Pipeline
from dezky_audit_tui.store.mongo.codec import Document, stamps
from dezky_audit_tui.store.mongo.places import date_ms
from dezky_audit_tui.store.mongo.values import instant, text
from dezky_audit_tui.store.store import Lease

_SLACK_MS = 60_000
"""A lease that has longer to live than it was given, and this on top, was given by a clock that was wrong."""
_TRIES = 3
_EVERY = {"source": {"$type": "string"}}
_STATE_DATES = ("lastEventAt", "settledAt", "rewalkedAt", "historyFrom")

_NOW_MS = {"$toLong": "$$NOW"}
_EXPIRES_MS = {"$convert": {"input": "$lease.expiresAt", "to": "long", "onError": 0, "onNull": 0}}
_GIVEN_MS = {"$convert": {"input": "$lease.ms", "to": "long", "onError": 0, "onNull": 0}}
_EPOCH = {"$convert": {"input": "$lease.epoch", "to": "long", "onError": 0, "onNull": 0}}
_HELD = {
    "$and": [
        {"$eq": [{"$type": "$lease.owner"}, "string"]},
        {"$gt": [_EXPIRES_MS, _NOW_MS]},
        {"$lte": [_EXPIRES_MS, {"$add": [_NOW_MS, _GIVEN_MS, _SLACK_MS]}]},
    ]
}
"""Whether somebody holds the lease, by the server's clock."""


@dataclass(frozen=True, slots=True)
class PullRow:
    """A row of `ingestcursors`. `other_worker`: when another one was last seen moving the place."""

    state: PullState
    lease: Lease | None
    force_requested_at: datetime | None
    other_worker: datetime | None


class Pulls:
    """The rooms' way to `ingestcursors`."""

    def __init__(self, base: Base) -> None:
        self._base = base

    async def state(self, source: str) -> PullState:
        """The state as it was written last."""
        with self._base.reading():
            found = await self._base.cursors.find_one({"source": {"$eq": source}})
        return _state(source, found, self._base.place)

    async def row(self, source: str) -> PullRow:
        """All of it: the lease only where its holder may be alive."""
        pipeline: Pipeline = [{"$match": {"source": {"$eq": source}}}, {"$limit": 1}, {"$addFields": {"held": _HELD}}]
        rows = await self._base.aggregate(self._base.cursors, pipeline)
        found = rows[0] if rows else None
        lease = _lease(source, found)
        alive = found is not None and found.get("held") is True and lease is not None and not is_dead(lease.owner)
        wished = date_ms((found or {}).get("forceRequestedAt"))
        return PullRow(
            state=_state(source, found, self._base.place),
            lease=lease if alive else None,
            force_requested_at=None if wished is None else instant(wished),
            other_worker=_other_worker(found),
        )

    async def fence(self, lease: Lease, rev: int | None = None) -> Document:
        """The row as it is. Raises LeaseLost where somebody else has had the lease since, and StoreConflict where
        the state is another than `rev`. A lease that expired untaken is still good."""
        with self._base.reading():
            found = await self._base.cursors.find_one({"source": {"$eq": lease.source}})
        held = _lease(lease.source, found)
        if held is None or (held.owner, held.epoch) != (lease.owner, lease.epoch):
            holder = shown_owner(held.owner) if held else "nobody"
            raise LeaseLost(f"the lease of {lease.source} is no longer ours; {holder} has it now")
        row = found or {}
        if rev is not None and _rev(row) != rev:
            raise StoreConflict("another ingester went on from this state; the next tick goes on from there")
        return row

    async def write_state(self, state: PullState, lease: Lease, seen: Mapping[str, Any], now: datetime) -> PullState:
        """Write it over the one with `state.rev`, in one update that the lease fences, and return it with its new
        rev. `seen`: the row as `fence` gave it. Raises LeaseLost and StoreConflict."""
        written = replace(state_from_json(state_json(state)), rev=state.rev + 1)
        fields = _state_document(written)
        fields["own"] = {"lastEventAt": fields["lastEventAt"], "lastEventId": fields["lastEventId"]}
        fields["updatedAt"] = floor_ms(now)
        if moved_by_another(seen):
            fields["otherWorkerAt"] = floor_ms(now)
        where = {
            "source": {"$eq": state.source},
            "rev": {"$in": [state.rev, None]} if state.rev == 0 else {"$eq": state.rev},
            **_holds(lease),
        }
        with self._base.writing():
            done = await self._base.cursors.update_one(where, {"$set": fields})
        if not done.matched_count:
            await self.fence(lease, state.rev)
            raise StoreConflict("another ingester went on from this state; the next tick goes on from there")
        return written

    async def acquire(self, source: str, owner: str, seconds: float) -> Lease | None:
        """The lease, or None where a living other holds it."""
        dead: Lease | None = None
        for _ in range(_TRIES):
            try:
                with self._base.writing():
                    found = await self._take(source, owner, seconds, dead)
            except _Raced:
                continue
            held = _lease(source, found)
            if held is not None and held.owner == owner:
                return held
            if held is None or held == dead or not is_dead(held.owner):
                return None
            dead = held
        return None

    async def renew(self, lease: Lease, seconds: float) -> Lease:
        """The lease with a later end. Raises LeaseLost."""
        given = _given(lease.owner, {"$literal": lease.epoch}, seconds)
        with self._base.writing():
            found = await self._base.cursors.find_one_and_update(
                {"source": {"$eq": lease.source}, **_holds(lease)},
                [{"$set": {"lease": given}}],
                return_document=ReturnDocument.AFTER,
            )
        renewed = _lease(lease.source, found)
        if renewed is None:
            await self.fence(lease)
            raise LeaseLost(f"the lease of {lease.source} is no longer ours")
        return renewed

    async def release(self, lease: Lease) -> None:
        """Nobody holds it any more; its epoch stays."""
        with self._base.writing():
            await self._base.cursors.update_one(
                {"source": {"$eq": lease.source}, **_holds(lease)},
                {"$set": {"lease.owner": None, "lease.expiresAt": EPOCH}},
            )

    async def request_force(self, source: str, now: datetime) -> None:
        """Remember that somebody wants a tick now."""
        for _ in range(_TRIES):
            try:
                with self._base.writing():
                    await self._wish(source, now)
                return
            except _Raced:
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
            done = await self._base.cursors.update_one(
                {**wished, **_holds(lease)}, {"$set": {"forceRequestedAt": None}}
            )
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
        seen = [(text(row.get("source")) or "", _other_worker(row)) async for row in found]
        return [(source, at) for source, at in seen if at is not None]

    async def _take(self, source: str, owner: str, seconds: float, dead: Lease | None) -> Document | None:
        """One update: the lease where it is free, ours already, or the one of `dead`; the row as it is then."""
        ours = {"$eq": ["$lease.owner", {"$literal": owner}]}
        free: list[Any] = [{"$not": [_HELD]}, ours]
        if dead is not None:
            gone = [{"$eq": ["$lease.owner", {"$literal": dead.owner}]}, {"$eq": [_EPOCH, dead.epoch]}]
            free.append({"$and": gone})
        given = _given(owner, {"$cond": [ours, _EPOCH, {"$add": [_EPOCH, 1]}]}, seconds)
        update = [
            {
                "$set": {
                    "source": {"$literal": source},
                    "lease": {"$cond": [{"$or": free}, given, "$lease"]},
                    **_kept(),
                }
            }
        ]
        try:
            return await self._base.cursors.find_one_and_update(
                {"source": {"$eq": source}}, update, upsert=True, return_document=ReturnDocument.AFTER
            )
        except DuplicateKeyError:
            raise _Raced from None

    async def _wish(self, source: str, now: datetime) -> None:
        dates = {name: value for name, value in stamps(now).items() if name != "updatedAt"}
        made = {**_NEW, "lease": None, **dates}
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
            raise _Raced from None


class _Raced(Exception):
    """Another program made the row at the same moment: it is there now."""


def moved_by_another(row: Mapping[str, Any] | None) -> bool:
    """Whether the place of a row is not the one that this program wrote last."""
    if not row:
        return False
    own = row.get("own")
    if not isinstance(own, Mapping):
        return row.get("lastEventId") is not None or row.get("lastEventAt") is not None
    return any(row.get(name) != own.get(name) for name in ("lastEventAt", "lastEventId"))


def _other_worker(row: Mapping[str, Any] | None) -> datetime | None:
    if not row:
        return None
    seen = date_ms(row.get("otherWorkerAt"))
    if moved_by_another(row):
        seen = date_ms(row.get("updatedAt")) or seen or 0
    return None if seen is None else instant(seen)


def _holds(lease: Lease) -> Document:
    return {"lease.owner": {"$eq": lease.owner}, "lease.epoch": {"$eq": lease.epoch}}


def _given(owner: str, epoch: Mapping[str, Any], seconds: float) -> Document:
    milliseconds = round(seconds * 1_000)
    return {
        "owner": {"$literal": owner},
        "epoch": epoch,
        "ms": {"$literal": milliseconds},
        "expiresAt": {"$add": ["$$NOW", milliseconds]},
    }


_NEW: Mapping[str, Any] = {
    "lastEventAt": None,
    "lastEventId": None,
    "lastEventCreated": None,
    "settledAt": None,
    "holes": [],
    "rewalkedAt": None,
    "historyFrom": None,
    "rev": 0,
}
"""A row that nobody has written to, with every name that it will have."""


def _kept() -> Document:
    """What a new row has, as Mongoose would make it; of one that is there it stays."""
    new = {**_NEW, "forceRequestedAt": None, "createdAt": "$$NOW", "updatedAt": "$$NOW", "__v": 0}
    return {name: {"$ifNull": [f"${name}", value]} for name, value in new.items()}


def _lease(source: str, row: Mapping[str, Any] | None) -> Lease | None:
    lease = (row or {}).get("lease")
    if not isinstance(lease, Mapping) or not isinstance(lease.get("owner"), str):
        return None
    epoch, expires = lease.get("epoch"), date_ms(lease.get("expiresAt"))
    if not isinstance(epoch, int) or expires is None:
        return None
    return Lease(source, lease["owner"], int(epoch), instant(expires))


def _rev(row: Mapping[str, Any]) -> int:
    rev = row.get("rev")
    return int(rev) if isinstance(rev, int | float) else 0


def _state(source: str, row: Mapping[str, Any] | None, place: str) -> PullState:
    if row is None:
        return PullState(source)
    own = row.get("own")
    data: dict[str, Any] = {**row, "source": source, "rev": _rev(row)}
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


def _state_document(state: PullState) -> Document:
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
