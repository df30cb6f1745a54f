"""New rows as they come, whoever writes them: by a change stream where there is one, else by `_id`.

Never by `at`: a row that is stored late carries an early moment.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from bson import ObjectId
from motor.motor_asyncio import AsyncIOMotorChangeStream
from pymongo.errors import OperationFailure, PyMongoError

from dezky_audit_tui.model.event import Row
from dezky_audit_tui.model.instants import now
from dezky_audit_tui.store.mongo.base import Base, let_go
from dezky_audit_tui.store.mongo.codec import Document
from dezky_audit_tui.store.mongo.faults import HISTORY_LOST, NO_CHANGE_STREAM, UNAUTHORIZED
from dezky_audit_tui.store.mongo.filters import Filter
from dezky_audit_tui.store.mongo.places import first_id
from dezky_audit_tui.store.mongo.pulls import Pulls
from dezky_audit_tui.store.mongo.reading import row_of
from dezky_audit_tui.store.mongo.recent import MOST_OTHERS, Recent, looked_from
from dezky_audit_tui.store.mongo.streams import OTHER_IDS
from dezky_audit_tui.store.mongo.ties import tie_of
from dezky_audit_tui.store.store import Changes, Follower

log = logging.getLogger(__name__)

_MOST = 1_000
"""Rows of one poll; the rest comes with the next."""
_AWAIT_MS = 1
"""How long the server may wait for a change: a poll returns at once."""
_CLOCK_FOR_S = 60.0
_CHANGES = [{"$match": {"operationType": {"$in": ["insert", "update", "replace"]}}}]


async def follow(base: Base, pulls: Pulls) -> Follower:
    """New rows from now on."""
    if base.replica_set:
        stream = StreamFollower(base)
        if await stream.start():
            return stream
    poller = IdFollower(base, pulls)
    await poller.start()
    return poller


class StreamFollower:
    """By a change stream. After a cut it goes on behind the last change that it has seen; where the server does not
    know that place any more, what came since is looked for by `_id`."""

    def __init__(self, base: Base, wall: Callable[[], datetime] = now) -> None:
        self._base = base
        self._recent = Recent(base, wall)
        self._stream: AsyncIOMotorChangeStream[Document] | None = None
        self._token: Mapping[str, Any] | None = None
        self._rows: list[Row] = []
        self._resolved = False
        self._closed = False

    async def start(self) -> bool:
        """From now on. False where the server or the user's rights do not allow it."""
        try:
            with self._base.reading():
                await self._open_or_refuse()
        except _NoStream:
            return False
        await self._recent.start()
        return True

    async def poll(self) -> Changes:
        """What has come since the last call."""
        if self._closed:
            return Changes()
        with self._base.reading():
            return await self._poll()

    def stamp(self) -> object:
        """None: only the server knows."""
        return None

    def bell(self) -> None:
        """None: see `stamp`."""

    async def close(self) -> None:
        """It brings nothing any more."""
        self._closed = True
        await self._let_go()

    async def _poll(self) -> Changes:
        try:
            stream = self._stream or await self._open()
            # What a lost place left out comes first: what the stream brings is behind it.
            while len(self._rows) < _MOST and (missed := await self._recent.missed(_MOST)):
                self._rows += missed
            while len(self._rows) < _MOST and (change := await stream.try_next()) is not None:
                self._take(change)
            self._token = stream.resume_token or self._token
            alive: object = stream.alive  # a property, whatever motor's types say
            if alive is False:
                # It ends with its collection, and would bring nothing for ever without a word.
                log.warning("auditevents was dropped or renamed; what is there now is read again")
                await self._begin_anew()
        except PyMongoError as error:
            # What was read waits for the next call: the stream goes on behind it.
            if self._stream is not None:
                self._token = self._stream.resume_token or self._token
            await self._let_go()
            if not isinstance(error, OperationFailure) or error.code not in HISTORY_LOST:
                raise
            log.warning("the change stream lost its place (code %s); what came since is read again", error.code)
            await self._begin_anew()
            self._rows += await self._recent.missed(_MOST)
        changes = Changes(tuple(self._rows), self._resolved)
        self._rows, self._resolved = [], False
        return changes

    def _take(self, change: Mapping[str, Any]) -> None:
        """Keep what it tells, and not the change itself, which may be large."""
        is_new = self._recent.note(change)
        if change["operationType"] == "insert":
            if is_new:
                self._rows.append(row_of(change["fullDocument"]))
        else:
            self._resolved = self._resolved or _is_resolved(change)

    async def _open_or_refuse(self) -> None:
        try:
            await self._open()
        except OperationFailure as error:
            if error.code in NO_CHANGE_STREAM or error.code == UNAUTHORIZED:
                raise _NoStream from None
            raise

    async def _open(self) -> AsyncIOMotorChangeStream[Document]:
        stream: AsyncIOMotorChangeStream[Document] = self._base.events.watch(
            _CHANGES, resume_after=self._token, max_await_time_ms=_AWAIT_MS, batch_size=_MOST
        )
        # The driver opens it with the first look.
        first = await stream.try_next()
        if first is not None:
            self._take(first)
        self._stream = stream
        self._token = stream.resume_token or self._token
        return stream

    async def _begin_anew(self) -> None:
        """From now on; what no change told of is looked for, and what is there already is to be read again."""
        await self._let_go()
        self._token, self._resolved = None, True
        await self._open()
        self._recent.look_again()

    async def _let_go(self) -> None:
        stream, self._stream = self._stream, None
        if stream is not None:
            await let_go(stream)


class IdFollower:
    """By `_id`, for a server without change streams. ObjectIds begin with the clock of whoever made them, so those of
    the last minute are compared with what was seen; ids of other types are few, and compared as a whole."""

    def __init__(
        self,
        base: Base,
        pulls: Pulls,
        *,
        monotonic: Callable[[], float] = time.monotonic,
        wall: Callable[[], datetime] = now,
    ) -> None:
        self._base = base
        self._pulls = pulls
        self._monotonic = monotonic
        self._wall = wall
        self._seen: set[ObjectId] = set()
        self._from_ms = self._next_ms = 0
        self._others: set[str] = set()
        self._resolved = 0
        self._clock: tuple[float, int] | None = None
        self._closed = False

    async def start(self) -> None:
        """From now on."""
        self._from_ms = self._next_ms = looked_from(await self._now_ms(), self._wall())
        self._seen = set(await self._ids(self._recent()))
        self._others = set(map(tie_of, await self._ids(OTHER_IDS, limit=MOST_OTHERS)))
        self._resolved = await self._pulls.resolved()

    async def poll(self) -> Changes:
        """What has come since the last call. Where nothing was written, this counts some keys of an index."""
        if self._closed:
            return Changes()
        edge_ms = looked_from(await self._now_ms(), self._wall())
        # Not beyond where the last whole look began: the program or the store may have been away since.
        await self._move(min(self._next_ms, edge_ms))
        resolved = await self._pulls.resolved()
        fresh = [*await self._fresh_recent(), *await self._fresh_others()]
        found = self._base.find(self._base.events, {"_id": {"$in": fresh[:_MOST]}})
        pairs = [(document["_id"], row_of(document)) async for document in found]
        # Not before all of them are there, and nothing can fail any more: else they come with the next call.
        for row_id, _ in pairs:
            self._note(row_id)
        if len(fresh) <= _MOST:
            self._next_ms = edge_ms
        changes = Changes(tuple(row for _, row in pairs), resolved != self._resolved)
        self._resolved = resolved
        return changes

    def stamp(self) -> object:
        """None: only the server knows."""
        return None

    def bell(self) -> None:
        """None: see `stamp`."""

    async def close(self) -> None:
        """It brings nothing any more."""
        self._closed = True

    def _note(self, row_id: Any) -> None:
        if isinstance(row_id, ObjectId):
            self._seen.add(row_id)
        else:
            self._others.add(tie_of(row_id))

    async def _fresh_recent(self) -> list[Any]:
        where = self._recent()
        newest = await self._ids(where, -1, 1)
        known = not newest or newest[0] in self._seen
        if known and await self._base.count(self._base.events, where) == len(self._seen):
            return []
        ids = await self._ids(where)
        fresh = [each for each in ids if each not in self._seen]
        # Rows that were removed meanwhile count no more.
        self._seen.intersection_update(ids)
        return fresh

    async def _fresh_others(self) -> list[Any]:
        if len(self._others) >= MOST_OTHERS or await self._base.count(self._base.events, OTHER_IDS) == len(
            self._others
        ):
            return []
        ids = {tie_of(each): each for each in await self._ids(OTHER_IDS, limit=MOST_OTHERS)}
        fresh = [each for tie, each in ids.items() if tie not in self._others]
        self._others.intersection_update(ids)
        return fresh

    async def _move(self, edge_ms: int) -> None:
        """Look at ids from there on. Where a clock went back, all that lies there by now was brought before."""
        first, before = first_id(edge_ms // 1_000), first_id(self._from_ms // 1_000)
        if first < before:
            self._seen.update(await self._ids({"_id": {"$gte": first, "$lt": before}}))
        else:
            self._seen = {each for each in self._seen if each >= first}
        self._from_ms = edge_ms

    def _recent(self) -> Filter:
        return {"_id": {"$gte": first_id(self._from_ms // 1_000)}}

    async def _ids(self, where: Filter, direction: int = 1, limit: int = 0) -> list[Any]:
        found = self._base.find(self._base.events, where, sort=(("_id", direction),), limit=limit, fields={"_id": 1})
        return [document["_id"] async for document in found]

    async def _now_ms(self) -> int:
        """The server's clock, asked for once a minute."""
        now = self._monotonic()
        if self._clock is None or now - self._clock[0] > _CLOCK_FOR_S:
            self._clock = (now, await self._base.server_ms())
        since, then = self._clock
        return then + int((now - since) * 1_000)


class _NoStream(Exception):
    """There is no change stream here."""


def _is_resolved(change: Mapping[str, Any]) -> bool:
    """Whether an older row was given another tenant, or was replaced as a whole."""
    if change["operationType"] != "update":
        return bool(change["operationType"] == "replace")
    updated = change.get("updateDescription", {}).get("updatedFields", {})
    return any(str(name).partition(".")[0] in ("tenantSlug", "tenantWhy") for name in updated)
