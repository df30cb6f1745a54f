"""The indexes: made where they are missing, looked at where they are there, and never dropped or changed."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pymongo.errors import OperationFailure

from dezky_audit_tui.errors import StoreError
from dezky_audit_tui.store.mongo.base import CURSORS, EVENTS, QUARANTINE, TICKS, Base, Collection
from dezky_audit_tui.store.mongo.faults import DUPLICATE, INDEX_DIFFERS, UNAUTHORIZED

log = logging.getLogger(__name__)

TICKS_KEPT_S = 14 * 86_400
_QUICK_ROWS = 50_000
"""Up to this many rows an index is waited for; on more it is made while the program runs already."""

_TOLD = ("unique", "sparse", "partialFilterExpression", "expireAfterSeconds", "collation", "hidden")
"""Options that make an index another one."""


@dataclass(frozen=True, slots=True)
class Index:
    """An index as it should be. The name is the one that MongoDB gives by itself, so that it agrees with Mongoose's."""

    collection: str
    keys: tuple[str, ...]
    options: Mapping[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """`at_1__id_1`."""
        return "_".join(f"{key}_1" for key in self.keys)

    @property
    def shown(self) -> str:
        """For a message: `auditevents.at_1__id_1`."""
        return f"{self.collection}.{self.name}"


UNIQUE = Index(
    EVENTS,
    ("source", "externalId"),
    {"unique": True, "partialFilterExpression": {"externalId": {"$type": "string"}}},
)
INDEXES = (
    UNIQUE,
    Index(EVENTS, ("at", "_id")),
    *(
        Index(EVENTS, (name, "at", "_id"))
        for name in ("tenantSlug", "action", "actorEmail", "actorIp", "source", "tenantWhy.reason")
    ),
    Index(CURSORS, ("source",), {"unique": True}),
    Index(TICKS, ("source", "_id")),
    Index(TICKS, ("createdAt",), {"expireAfterSeconds": TICKS_KEPT_S}),
    Index(QUARANTINE, ("source", "key"), {"unique": True}),
    Index(QUARANTINE, ("seenAt", "_id")),
)


@dataclass(frozen=True, slots=True)
class Survey:
    """What is there: indexes that are missing, and those that are there with other options, each with its name."""

    missing: tuple[Index, ...]
    differing: tuple[tuple[Index, str], ...]


class Indexes:
    """Looks after the indexes of one store. `problems`: why one could not be made, by its name."""

    def __init__(self, base: Base) -> None:
        self._base = base
        self._making: asyncio.Task[None] | None = None
        self.problems: dict[str, str] = {}

    @property
    def making(self) -> bool:
        """Whether some are being made at this moment."""
        return self._making is not None and not self._making.done()

    async def survey(self) -> Survey:
        """Compare what is there with what should be."""
        missing: list[Index] = []
        differing: list[tuple[Index, str]] = []
        for name in dict.fromkeys(index.collection for index in INDEXES):
            there = await self._there(name)
            for index in (each for each in INDEXES if each.collection == name):
                same_keys = [
                    each for each in there if tuple(each["key"].items()) == tuple((key, 1) for key in index.keys)
                ]
                if not same_keys:
                    missing.append(index)
                elif not any(_agrees(each, index) for each in same_keys):
                    differing.append((index, str(same_keys[0]["name"])))
        return Survey(tuple(missing), tuple(differing))

    async def ensure(self) -> None:
        """Make what is missing; on a large collection this goes on in the background. Raises StoreUnavailable."""
        if self.making:
            return
        survey = await self.survey()
        for index, name in survey.differing:
            log.warning(
                "the index %s.%s is not as it should be (%s); it is left alone", index.collection, name, index.shown
            )
        if not survey.missing:
            return
        with self._base.reading():
            rows = await self._base.events.estimated_document_count()
        if rows <= _QUICK_ROWS:
            await self._make(survey.missing)
        else:
            self._making = asyncio.create_task(self._make_quietly(survey.missing))

    async def close(self) -> None:
        """Wait for nothing any more; the server ends by itself what it has begun."""
        if self._making is not None:
            self._making.cancel()
            await asyncio.gather(self._making, return_exceptions=True)

    async def _make_quietly(self, indexes: Sequence[Index]) -> None:
        try:
            await self._make(indexes)
        except StoreError as error:
            log.warning("indexes are still missing: %s", error.message)

    async def _make(self, indexes: Sequence[Index]) -> None:
        for index in indexes:
            try:
                with self._base.writing():
                    await self._make_one(index)
                self.problems.pop(index.shown, None)
            except _NotMade as error:
                self.problems[index.shown] = str(error)
                log.warning("the index %s could not be made: %s", index.shown, error)

    async def _make_one(self, index: Index) -> None:
        try:
            await self._collection(index.collection).create_index([(key, 1) for key in index.keys], **index.options)
        except OperationFailure as error:
            why = _WHY_NOT.get(error.code or 0)
            if why is None:
                raise
            raise _NotMade(why) from None

    async def _there(self, collection: str) -> Sequence[Mapping[str, Any]]:
        with self._base.reading():
            return await self._collection(collection).list_indexes().to_list(None)

    def _collection(self, name: str) -> Collection:
        return self._base.collection(name)


class _NotMade(Exception):
    """An index that this program can do without for now."""


_WHY_NOT = {
    **dict.fromkeys(INDEX_DIFFERS, "there is another one with its name or its keys"),
    UNAUTHORIZED: "the user of AUDIT_STORE may not make indexes",
    DUPLICATE: "there are rows already that it would not allow",
}


def _agrees(there: Mapping[str, Any], index: Index) -> bool:
    return {name: there[name] for name in _TOLD if there.get(name)} == dict(index.options)
