"""What a change stream brought of late: so that, where it lost its place, what it left out is told from that."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from bson import ObjectId, Timestamp

from dezky_audit_tui.model.event import Row
from dezky_audit_tui.model.instants import to_ms
from dezky_audit_tui.store.mongo.base import Base, date
from dezky_audit_tui.store.mongo.filters import Filter, all_of, any_of, is_none
from dezky_audit_tui.store.mongo.places import first_id
from dezky_audit_tui.store.mongo.reading import row_of
from dezky_audit_tui.store.mongo.streams import OTHER_IDS
from dezky_audit_tui.store.mongo.ties import tie_of

_BEHIND_MS = 60_000
"""How far the clocks of writers may lie apart: ids of the last minute are looked at again."""
_MOST_BEHIND_MS = 3_600_000
"""How far this host's clock may be behind the server's, so that ids that are made here are looked at for all that."""
MOST_OTHERS = 20_000
"""More rows than that whose `_id` is no ObjectId are not looked through: they come with the next page."""


def looked_from(server_ms: int, wall: datetime) -> int:
    """From where ids are looked at: the server's clock counts, and this host's where that one is behind."""
    return server_ms - _BEHIND_MS - min(max(server_ms - to_ms(wall), 0), _MOST_BEHIND_MS)


class Recent:
    """The rows of about the last minute before the last change that is known, and what was stored behind it.

    ObjectIds begin with the clock of whoever made them. Other ids tell no time, so `createdAt` or `at` has to.
    """

    def __init__(self, base: Base, wall: Callable[[], datetime]) -> None:
        self._base = base
        self._wall = wall
        self._seen: set[ObjectId] = set()
        self._others: dict[str, None] = {}
        self._floor = first_id(0)
        self._changed_ms = 0
        # What `missed` brought, for the stream that was begun before it may tell of it too.
        self._found: set[str] = set()
        self._next: Filter | None = None

    async def start(self) -> None:
        """From now on: what is there by now counts as brought."""
        self._changed_ms = await self._base.server_ms()
        self._floor = first_id(looked_from(self._changed_ms, self._wall()) // 1_000)
        found = self._base.find(self._base.events, {"_id": {"$gte": self._floor}}, fields={"_id": 1})
        self._seen = {document["_id"] async for document in found}

    def note(self, change: Mapping[str, Any]) -> bool:
        """A change that the stream told of. Whether `missed` has not brought its row already."""
        at = change.get("clusterTime")
        if isinstance(at, Timestamp) and at.time * 1_000 > self._changed_ms:
            self._changed_ms = at.time * 1_000
            self._raise_floor()
        if change["operationType"] != "insert":
            return True
        row_id = change["fullDocument"]["_id"]
        self._add(row_id)
        tie = tie_of(row_id)
        is_new = tie not in self._found
        self._found.discard(tie)
        return is_new

    def look_again(self) -> None:
        """From the last change that is known on, by `missed`."""
        self._next, self._found = {"_id": {"$gte": self._floor}}, set()

    async def missed(self, limit: int) -> list[Row]:
        """Rows that no change told of, in parts: empty where there are no more. May raise a StoreError, and goes on
        where it was then."""
        while self._next is not None:
            by_id = "_id" in self._next
            if by_id:
                found = self._base.find(self._base.events, self._next, sort=(("_id", 1),), limit=limit)
            else:
                found = self._base.find(self._base.events, self._next, limit=MOST_OTHERS)
            documents = [document async for document in found]
            rows = [row_of(document) for document in documents if not self._knows(document["_id"])]
            for row in rows:
                self._found.add(str(row.position.tie))
            for document in documents:
                self._add(document["_id"])
            if by_id:
                is_full = len(documents) >= limit
                self._next = {"_id": {"$gt": documents[-1]["_id"]}} if is_full else self._other_ids()
            else:
                self._next = None
            if rows:
                return rows
        return []

    def _other_ids(self) -> Filter:
        since = {"$gte": date(self._changed_ms)}
        return all_of([OTHER_IDS, any_of([{"createdAt": since}, all_of([is_none("createdAt"), {"at": since}])])])

    def _knows(self, row_id: Any) -> bool:
        return row_id in self._seen if isinstance(row_id, ObjectId) else tie_of(row_id) in self._others

    def _add(self, row_id: Any) -> None:
        if not isinstance(row_id, ObjectId):
            self._others[tie_of(row_id)] = None
            if len(self._others) > MOST_OTHERS:
                del self._others[next(iter(self._others))]
        elif row_id >= self._floor:
            self._seen.add(row_id)

    def _raise_floor(self) -> None:
        """Once a minute, so that what is kept stays small."""
        floor = first_id(looked_from(self._changed_ms, self._wall()) // 1_000)
        if floor.generation_time.timestamp() - self._floor.generation_time.timestamp() >= _BEHIND_MS / 1_000:
            self._floor = floor
            self._seen = {each for each in self._seen if each >= floor}
