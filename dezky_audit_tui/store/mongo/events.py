"""What the ingester writes: events before the pull's state, and tenants that were found later.

A crash between the two leaves rows that the next tick reads again and finds there: the same outcome as of one
transaction, and no transaction is needed, which a single server would not offer.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from pymongo import UpdateOne
from pymongo.errors import AutoReconnect, BulkWriteError

from dezky_audit_tui.model.cursor import PullState
from dezky_audit_tui.model.event import AuditEvent, Position, Row
from dezky_audit_tui.model.instants import floor_ms
from dezky_audit_tui.model.set_aside import SetAside
from dezky_audit_tui.model.tenants import Resolution
from dezky_audit_tui.store.mongo.base import Base, Collection
from dezky_audit_tui.store.mongo.codec import Document, aside_document, event_document, why_document
from dezky_audit_tui.store.mongo.faults import duplicates, first_fault
from dezky_audit_tui.store.mongo.pulls import Pulls
from dezky_audit_tui.store.mongo.reading import row_of
from dezky_audit_tui.store.mongo.schema import Indexes
from dezky_audit_tui.store.mongo.siblings import Siblings
from dezky_audit_tui.store.mongo.ties import value_of
from dezky_audit_tui.store.store import Committed, Lease

_BATCH = 1_000
_UNRESOLVED = "lookup_failed"


class Events:
    """The ingester's side of `auditevents`."""

    def __init__(self, base: Base, pulls: Pulls, indexes: Indexes, siblings: Siblings) -> None:
        self._base = base
        self._pulls = pulls
        self._indexes = indexes
        self._siblings = siblings

    async def commit(
        self,
        events: Sequence[AuditEvent],
        set_aside: Sequence[SetAside],
        state: PullState,
        lease: Lease,
        now: datetime,
    ) -> Committed:
        """Rows and quarantine, durable; then the state. Raises LeaseLost and StoreConflict before any row is
        written, where that can be known then."""
        documents = [event_document(event, now) for event in events]
        aside = [aside_document(item, now) for item in set_aside]
        row = await self._pulls.fence(lease, state.rev)
        new = {id(document) for document in await self._insert_new(documents)}
        await self._insert(self._base.quarantine, _once(aside, "key"))
        written = await self._pulls.write_state(state, lease, row, now)
        inserted = tuple(event for event, document in zip(events, documents, strict=True) if id(document) in new)
        return Committed(inserted, len(events) - len(inserted), written)

    async def unresolved(self, source: str, limit: int) -> list[Row]:
        """Newest rows whose tenant look-up failed."""
        where = {"tenantWhy.reason": {"$eq": _UNRESOLVED}, "source": {"$eq": source}}
        found = self._base.find(self._base.events, where, sort=(("at", -1), ("_id", -1)), limit=limit)
        return [row_of(document) async for document in found]

    async def resolve(self, resolutions: Mapping[Position, Resolution], lease: Lease, now: datetime) -> None:
        """Give rows of the lease's source their tenant, where they had `lookup_failed` and now have another reason.
        Raises LeaseLost."""
        await self._pulls.fence(lease)
        wanted = {position: found for position, found in resolutions.items() if found.why.reason != _UNRESOLVED}
        changes = [
            UpdateOne(
                {
                    "_id": {"$eq": value_of(str(position.tie))},
                    "source": {"$eq": lease.source},
                    "tenantWhy.reason": {"$eq": _UNRESOLVED},
                },
                {
                    "$set": {
                        "tenantSlug": found.slug,
                        "tenantWhy": why_document(found.why),
                        "updatedAt": floor_ms(now),
                    }
                },
            )
            for position, found in wanted.items()
        ]
        changed = 0
        for start in range(0, len(changes), _BATCH):
            with self._base.writing():
                done = await self._base.events.bulk_write(changes[start : start + _BATCH], ordered=False)
            changed += done.modified_count
        if changed:
            await self._pulls.count_resolved(lease.source)

    async def _insert_new(self, documents: Sequence[Document]) -> list[Document]:
        """Store those that are not there, and return them. The unique index keeps the others out; while it is
        missing, a look before the write does, since a tick always reads some events again."""
        fresh = _once(documents, "externalId")
        if fresh and not await self._indexes.guard():
            for source in {each["source"] for each in fresh}:
                ids = [each["externalId"] for each in fresh if each["source"] == source]
                known = await self._siblings.known(source, [each for each in ids if each is not None])
                fresh = [each for each in fresh if each["source"] != source or each["externalId"] not in known]
        return await self._insert(self._base.events, fresh)

    async def _insert(self, collection: Collection, documents: Sequence[Document]) -> list[Document]:
        """Those that were new. Raises where any was refused for another reason than being there already."""
        new: list[Document] = []
        for start in range(0, len(documents), _BATCH):
            new += await self._insert_batch(collection, list(documents[start : start + _BATCH]))
        return new

    async def _insert_batch(self, collection: Collection, documents: list[Document]) -> list[Document]:
        with self._base.writing():
            try:
                there = await _insert_many(collection, documents, self._base.place)
            except AutoReconnect:
                # Nobody knows how far it came: the same documents again, and those that came through have our `_id`.
                there = await _insert_many(collection, documents, self._base.place)
                if there:
                    there -= await self._ours(collection, [documents[place] for place in there], documents)
        return [document for place, document in enumerate(documents) if place not in there]

    async def _ours(self, collection: Collection, refused: list[Document], documents: list[Document]) -> set[int]:
        """The places of those that are there by our own first try."""
        ids = {each["_id"] for each in refused}
        cursor = collection.find({"_id": {"$in": list(ids)}}, {"_id": 1})
        stored = {found["_id"] for found in await cursor.to_list(None)}
        return {place for place, each in enumerate(documents) if each["_id"] in stored}


async def _insert_many(collection: Collection, documents: list[Document], place: str) -> set[int]:
    """The places of those that were there already."""
    try:
        await collection.insert_many(documents, ordered=False)
    except BulkWriteError as error:
        details = error.details or {}
        fault = first_fault(details, place)
        if fault is not None:
            raise fault from None
        return duplicates(details)
    return set()


def _once(documents: Sequence[Document], key: str) -> list[Document]:
    """The first of each source and key; those without a key are all different."""
    seen: set[tuple[str, str]] = set()
    first: list[Document] = []
    for each in documents:
        name = (each["source"], each[key])
        if each[key] is None or name not in seen:
            first.append(each)
            seen.add(name)
    return first
