"""The indexes: made where they are missing, looked at where they are there, and never dropped or changed."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pymongo import IndexModel
from pymongo.errors import OperationFailure

from dezky_audit_tui.errors import StoreError
from dezky_audit_tui.store.mongo.base import CURSORS, EVENTS, FINDINGS, QUARANTINE, TICKS, Base
from dezky_audit_tui.store.mongo.faults import DUPLICATE, INDEX_DIFFERS, UNAUTHORIZED
from dezky_audit_tui.store.mongo.shapes import PRESENT

log = logging.getLogger(__name__)

TICKS_KEPT_S = 14 * 86_400
_AGAIN_S = 60.0
_QUICK_ROWS = 50_000
"""Up to this many rows an index is waited for; on more it is made while the program runs already."""

_TOLD = ("unique", "sparse", "partialFilterExpression", "expireAfterSeconds", "collation", "hidden")
"""Options that make an index another one."""


@dataclass(frozen=True, slots=True)
class Index:
    """An index as it should be. The name is the one that MongoDB gives by itself, so that it agrees with Mongoose's."""

    collection: str
    keys: tuple[str, ...]
    options: Mapping[str, Any] = field(default_factory=dict, hash=False)

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
    Index(EVENTS, ("at", "_id", "onBehalfOf.id"), {"partialFilterExpression": {"onBehalfOf": {"$type": [*PRESENT]}}}),
    Index(CURSORS, ("source",), {"unique": True}),
    Index(TICKS, ("source", "_id")),
    Index(TICKS, ("createdAt",), {"expireAfterSeconds": TICKS_KEPT_S}),
    Index(QUARANTINE, ("source", "key"), {"unique": True}),
    Index(QUARANTINE, ("seenAt", "_id")),
    Index(FINDINGS, ("source", "externalId", "kind"), {"unique": True}),
    Index(FINDINGS, ("foundAt", "_id")),
)
COLLECTIONS = tuple(dict.fromkeys(index.collection for index in INDEXES))


@dataclass(frozen=True, slots=True)
class Survey:
    """What is there: indexes that are missing, and those that are there with other options, each with its name."""

    missing: tuple[Index, ...]
    differing: tuple[tuple[Index, str], ...]


@dataclass(frozen=True, slots=True)
class Problem:
    """Why the server did not make an index, and what to do."""

    reason: str
    remedy: str


class Indexes:
    """Looks after the indexes of one store. `problems`: why one could not be made and what to do, by its name."""

    def __init__(self, base: Base, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._base = base
        self._monotonic = monotonic
        self._tried_at: float | None = None
        self._making: asyncio.Task[None] | None = None
        self.problems: dict[str, Problem] = {}

    @property
    def making(self) -> bool:
        """Whether some are being made at this moment."""
        return self._making is not None and not self._making.done()

    async def survey(self, collections: Sequence[str] = COLLECTIONS) -> Survey:
        """Compare what is there with what should be."""
        there = await asyncio.gather(*map(self._there, collections))
        missing: list[Index] = []
        differing: list[tuple[Index, str]] = []
        for collection, found in zip(collections, there, strict=True):
            for index in (each for each in INDEXES if each.collection == collection):
                same = [each for each in found if list(each["key"].items()) == [(key, 1) for key in index.keys]]
                if not same:
                    missing.append(index)
                elif not any(_agrees(each, index) for each in same):
                    differing.append((index, str(same[0]["name"])))
        return Survey(tuple(missing), tuple(differing))

    async def ensure(self) -> None:
        """Make what is missing; on a large collection this goes on in the background. Raises StoreUnavailable."""
        survey = await self.survey()
        for index, name in survey.differing:
            log.warning("the index %s.%s is not as %s should be; it is left alone", index.collection, name, index.shown)
        await self._make(survey.missing)

    async def guard(self) -> bool:
        """Whether the unique index keeps double events out now. The platform may drop indexes that its own schema
        does not name: what is missing of them is made again, at most once a minute."""
        survey = await self.survey((EVENTS,))
        lacking = {*survey.missing, *(index for index, _ in survey.differing)}
        if survey.missing and (self._tried_at is None or self._monotonic() - self._tried_at > _AGAIN_S):
            self._tried_at = self._monotonic()
            await self._make(survey.missing)
        return UNIQUE not in lacking

    async def close(self) -> None:
        """Wait for nothing any more; the server ends by itself what it has begun."""
        if self._making is not None:
            self._making.cancel()
            await asyncio.gather(self._making, return_exceptions=True)

    async def _make(self, indexes: Sequence[Index]) -> None:
        if not indexes or self.making:
            return
        with self._base.reading():
            rows = await self._base.events.estimated_document_count()
        if rows <= _QUICK_ROWS:
            await self._make_now(indexes)
        else:
            self._making = asyncio.create_task(self._make_quietly(indexes))

    async def _make_quietly(self, indexes: Sequence[Index]) -> None:
        try:
            await self._make_now(indexes)
        except StoreError as error:
            log.warning("indexes are still missing: %s", error.message)

    async def _make_now(self, indexes: Sequence[Index]) -> None:
        """All of a collection in one go; where the server refuses that, each by itself."""
        for collection in dict.fromkeys(index.collection for index in indexes):
            wanted = [index for index in indexes if index.collection == collection]
            if await self._why_not(wanted) is None:
                continue
            for index in wanted:
                why = await self._why_not([index])
                if why is not None:
                    self.problems[index.shown] = why
                    log.warning("the index %s could not be made: %s", index.shown, why.reason)

    async def _why_not(self, indexes: Sequence[Index]) -> Problem | None:
        """Make indexes of one collection; why the server refused, or None."""
        models = [IndexModel([(key, 1) for key in index.keys], **index.options) for index in indexes]
        with self._base.writing():
            try:
                await self._base.collection(indexes[0].collection).create_indexes(models)
            except OperationFailure as error:
                return _WHY_NOT.get(error.code or 0, Problem(f"the server refuses it (code {error.code})", _LOG))
        for index in indexes:
            self.problems.pop(index.shown, None)
        return None

    async def _there(self, collection: str) -> Sequence[Mapping[str, Any]]:
        with self._base.reading():
            return await self._base.collection(collection).list_indexes().to_list(None)


_LOG = "the server's log says more; it is tried again at the next start"
_WHY_NOT = {
    **dict.fromkeys(
        INDEX_DIFFERS,
        Problem(
            "there is another one with its name or its keys",
            "drop or rename that one in the platform's schema: it is made at the next start",
        ),
    ),
    UNAUTHORIZED: Problem(
        "the user of AUDIT_STORE may not make indexes", "start once with a user that may make indexes"
    ),
    DUPLICATE: Problem(
        "there are rows already that it would not allow",
        "leave one of the rows that have the same values in these fields: it is made at the next start",
    ),
}


def _agrees(there: Mapping[str, Any], index: Index) -> bool:
    return {name: there[name] for name in _TOLD if there.get(name)} == dict(index.options)
