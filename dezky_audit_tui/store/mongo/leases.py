"""The lease in a row of `ingestcursors`: taken, renewed, given back, and passed on to another that asked for it.

The server's clock is the only one that counts.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pymongo import ReturnDocument
from pymongo.errors import DuplicateKeyError

from dezky_audit_tui.errors import LeaseLost
from dezky_audit_tui.model.instants import EPOCH
from dezky_audit_tui.store.lease_owner import is_dead, shown_owner
from dezky_audit_tui.store.mongo.base import Base
from dezky_audit_tui.store.mongo.codec import Document
from dezky_audit_tui.store.mongo.pull_row import NEW, Raced, lease_of
from dezky_audit_tui.store.store import REQUEST_S, Lease

_SLACK_MS = 60_000
"""A lease that has longer to live than it was given, and this on top, was given by a clock that was wrong."""
TRIES = 3

_NOW_MS = {"$toLong": "$$NOW"}
_EXPIRES_MS = {"$convert": {"input": "$lease.expiresAt", "to": "long", "onError": 0, "onNull": 0}}
_GIVEN_MS = {"$convert": {"input": "$lease.ms", "to": "long", "onError": 0, "onNull": 0}}
_EPOCH = {"$convert": {"input": "$lease.epoch", "to": "long", "onError": 0, "onNull": 0}}
_WANTED_MS = {"$convert": {"input": "$leaseWantedAt", "to": "long", "onError": 0, "onNull": 0}}
HELD = {
    "$and": [
        {"$eq": [{"$type": "$lease.owner"}, "string"]},
        {"$gt": [_EXPIRES_MS, _NOW_MS]},
        {"$lte": [_EXPIRES_MS, {"$add": [_NOW_MS, _GIVEN_MS, _SLACK_MS]}]},
    ]
}
"""Whether somebody holds the lease, by the server's clock."""
_WANTED = {"$gt": [_WANTED_MS, {"$subtract": [_NOW_MS, round(REQUEST_S * 1_000)]}]}
"""Whether who asked for the lease may still wait for it."""
_NOT_WANTED = {"leaseWantedBy": None, "leaseWantedAt": None}


class Leases:
    """The rooms' way to the lease of each source."""

    def __init__(self, base: Base) -> None:
        self._base = base

    async def fence(self, lease: Lease) -> Document:
        """The row as it is. Raises LeaseLost where somebody else has had the lease since. One that expired untaken
        is still good."""
        with self._base.reading():
            found = await self._base.cursors.find_one({"source": {"$eq": lease.source}})
        held = lease_of(lease.source, found)
        if held is None or (held.owner, held.epoch) != (lease.owner, lease.epoch):
            holder = shown_owner(held.owner) if held else "nobody"
            raise LeaseLost(f"the lease of {lease.source} is no longer ours; {holder} has it now")
        return found or {}

    async def acquire(self, source: str, owner: str, seconds: float) -> Lease | None:
        """The lease, or None where a living other holds it."""
        dead: Lease | None = None
        for _ in range(TRIES):
            try:
                with self._base.writing():
                    found = await self._take(source, owner, seconds, dead)
            except Raced:
                continue
            held = lease_of(source, found)
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
                {"source": {"$eq": lease.source}, **holds(lease)},
                [{"$set": {"lease": given}}],
                return_document=ReturnDocument.AFTER,
            )
        renewed = lease_of(lease.source, found)
        if renewed is None:
            await self.fence(lease)
            raise LeaseLost(f"the lease of {lease.source} is no longer ours")
        return renewed

    async def release(self, lease: Lease) -> None:
        """Nobody holds it any more; its epoch stays."""
        with self._base.writing():
            await self._base.cursors.update_one(
                {"source": {"$eq": lease.source}, **holds(lease)},
                {"$set": {"lease.owner": None, "lease.expiresAt": EPOCH}},
            )

    async def request(self, source: str, owner: str) -> None:
        """Ask whoever holds it to pass it on to `owner`."""
        with self._base.writing():
            await self._base.cursors.update_one(
                {"source": {"$eq": source}},
                {"$currentDate": {"leaseWantedAt": True}, "$set": {"leaseWantedBy": owner}},
            )

    async def withdraw(self, source: str, owner: str) -> None:
        """`owner` does not wait for it any more."""
        with self._base.writing():
            await self._base.cursors.update_one(
                {"source": {"$eq": source}, "leaseWantedBy": {"$eq": owner}}, {"$set": _NOT_WANTED}
            )

    async def pass_on(self, lease: Lease, seconds: float) -> str | None:
        """Whom it went to; None where nobody who may be alive waits for it, or where it is not ours any more."""
        where = {"source": {"$eq": lease.source}, **holds(lease)}
        with self._base.reading():
            found = await self._base.cursors.find_one(
                {**where, "leaseWantedBy": {"$type": "string"}}, {"leaseWantedBy": 1}
            )
        if found is None:
            return None
        owner: str = found["leaseWantedBy"]
        where["leaseWantedBy"] = {"$eq": owner}
        with self._base.writing():
            if owner != lease.owner and not is_dead(owner):
                given = _given(owner, {"$literal": lease.epoch + 1}, seconds)
                done = await self._base.cursors.update_one(
                    {**where, "$expr": _WANTED}, [{"$set": {"lease": given, **_NOT_WANTED}}]
                )
                if done.matched_count:
                    return owner
            await self._base.cursors.update_one(where, {"$set": _NOT_WANTED})
        return None

    async def _take(self, source: str, owner: str, seconds: float, dead: Lease | None) -> Document | None:
        """One update: the lease where it is free, ours already, or the one of `dead`; the row as it is then."""
        ours = {"$eq": ["$lease.owner", {"$literal": owner}]}
        free: list[Any] = [{"$not": [HELD]}, ours]
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
            raise Raced from None


def holds(lease: Lease) -> Document:
    """The condition of a write that the lease fences."""
    return {"lease.owner": {"$eq": lease.owner}, "lease.epoch": {"$eq": lease.epoch}}


def _given(owner: str, epoch: Mapping[str, Any], seconds: float) -> Document:
    milliseconds = round(seconds * 1_000)
    return {
        "owner": {"$literal": owner},
        "epoch": epoch,
        "ms": {"$literal": milliseconds},
        "expiresAt": {"$add": ["$$NOW", milliseconds]},
    }


def _kept() -> Document:
    """What a new row has, as Mongoose would make it; of one that is there it stays."""
    new = {**NEW, "forceRequestedAt": None, "createdAt": "$$NOW", "updatedAt": "$$NOW", "__v": 0}
    return {name: {"$ifNull": [f"${name}", value]} for name, value in new.items()}
