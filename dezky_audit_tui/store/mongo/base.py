"""The connection: one client, the collections, and the rules that all rooms go by."""

from __future__ import annotations

import warnings
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AbstractContextManager, suppress
from datetime import UTC, datetime
from typing import Any

from bson import DatetimeMS, UuidRepresentation
from bson.codec_options import CodecOptions, DatetimeConversion
from motor.motor_asyncio import (
    AsyncIOMotorChangeStream,
    AsyncIOMotorClient,
    AsyncIOMotorCollection,
    AsyncIOMotorCursor,
)
from pymongo import ReadPreference, WriteConcern
from pymongo.errors import OperationFailure, PyMongoError

from dezky_audit_tui.errors import StoreUnavailable
from dezky_audit_tui.store.mongo.address import Address
from dezky_audit_tui.store.mongo.codec import Document
from dezky_audit_tui.store.mongo.faults import UNAUTHORIZED, told

Collection = AsyncIOMotorCollection[Document]
Sort = Sequence[tuple[str, int]]
Pipeline = Sequence[Mapping[str, Any]]

EVENTS, CURSORS, TICKS, QUARANTINE, FINDINGS, TENANTS = (
    "auditevents",
    "ingestcursors",
    "ingestticks",
    "ingestquarantine",
    "ingestfindings",
    "tenants",
)
READ_MS = 60_000
"""No query runs longer on the server."""

_APP = "dezky-audit-tui"
_PATIENCE_MS = 5_000
_CONFIRM_MS = 15_000
CODEC: CodecOptions[Document] = CodecOptions(
    document_class=dict,
    tz_aware=True,
    tzinfo=UTC,
    datetime_conversion=DatetimeConversion.DATETIME_AUTO,
    unicode_decode_error_handler="replace",
    uuid_representation=UuidRepresentation.UNSPECIFIED,
)
"""Nothing that another writer stored may fail to be read: dates of any year, text that is no UTF-8, any UUID."""
_DURABLE = WriteConcern(w="majority", j=True, wtimeout=_CONFIRM_MS)


class Base:
    """Made in the loop that uses it. `replica_set`: whether there are change streams. `version`: the server's."""

    def __init__(self, address: Address) -> None:
        self.place = address.place
        self.client = _client(address)
        self._database = self.client.get_database(address.database, codec_options=CODEC)
        self.events = self.collection(EVENTS)
        self.quarantine = self.collection(QUARANTINE)
        self.findings = self.collection(FINDINGS)
        self.ticks = self._database.get_collection(TICKS, write_concern=WriteConcern(w=1))
        self.tenants = self._database.get_collection(TENANTS)
        # The pull's state and the lease are never read from a member that may lag behind.
        self.cursors = self._database.get_collection(
            CURSORS, write_concern=_DURABLE, read_preference=ReadPreference.PRIMARY
        )
        self.replica_set = False
        self.primary = True
        self.version = ""

    async def greet(self) -> None:
        """Reach the server, and learn what it is. Raises StoreUnavailable."""
        with self.reading():
            hello = await self.client.admin.command("hello")
            info = await self.client.server_info()
        self.replica_set = "setName" in hello or hello.get("msg") == "isdbgrid"
        self.primary = bool(hello.get("isWritablePrimary", hello.get("ismaster", True)))
        self.version = str(info.get("version", ""))

    def collection(self, name: str) -> Collection:
        """A collection whose writes are durable once they are confirmed: on a majority, and in its journal."""
        return self._database.get_collection(name, write_concern=_DURABLE)

    def close(self) -> None:
        """Let all connections go."""
        self.client.close()

    def reading(self) -> AbstractContextManager[None]:
        """Around a query: faults as typed errors."""
        return told(self.place)

    def writing(self) -> AbstractContextManager[None]:
        """Around a write: faults as typed errors."""
        return told(self.place, writing=True)

    async def server_ms(self) -> int:
        """The server's clock."""
        with self.reading():
            hello = await self.client.admin.command("hello")
        now: datetime = hello["localTime"]
        return int(now.replace(tzinfo=now.tzinfo or UTC).timestamp() * 1_000)

    async def has(self, collection: str) -> bool:
        """Whether a collection exists. Of those that this user may read, which takes no right to list them all; where
        a server wants it all the same, it is taken for there."""
        with self.reading():
            try:
                return collection in await self._database.list_collection_names(authorizedCollections=True)
            except OperationFailure as error:
                if error.code != UNAUTHORIZED:
                    raise
                return True

    async def find(
        self,
        collection: Collection,
        where: Mapping[str, Any],
        *,
        sort: Sort = (),
        skip: int = 0,
        limit: int = 0,
        fields: Mapping[str, Any] | None = None,
    ) -> AsyncIterator[Document]:
        """Documents, a batch in memory at a time."""
        with self.reading():
            cursor = collection.find(
                where, fields, sort=list(sort) or None, skip=skip, limit=limit, max_time_ms=READ_MS
            )
            try:
                async for document in cursor:
                    yield document
            finally:
                await let_go(cursor)

    async def aggregate(self, collection: Collection, pipeline: Pipeline) -> list[Document]:
        """The results of a pipeline that gives few."""
        with self.reading():
            cursor = collection.aggregate(list(pipeline), maxTimeMS=READ_MS)
            return await cursor.to_list(None)

    async def count(self, collection: Collection, where: Mapping[str, Any]) -> int:
        """How many documents match."""
        with self.reading():
            return await collection.count_documents(where, maxTimeMS=READ_MS)


async def let_go(cursor: AsyncIOMotorCursor[Document] | AsyncIOMotorChangeStream[Document]) -> None:
    """Close it. Where its connection broke, the server forgets it by itself, and the driver stumbles over that."""
    with suppress(PyMongoError, AttributeError):
        await cursor.close()


def date(milliseconds: int) -> DatetimeMS:
    """A BSON date, of any year."""
    return DatetimeMS(milliseconds)


def _client(address: Address) -> AsyncIOMotorClient[Document]:
    """The driver's client. What it says of a URI that it cannot read may show parts of it, so it is said anew."""
    given = address.url.lower()
    defaults: dict[str, Any] = {
        name: _PATIENCE_MS for name in ("serverSelectionTimeoutMS", "connectTimeoutMS") if name.lower() not in given
    }
    try:
        with warnings.catch_warnings(record=True) as warned, told(address.place):
            warnings.simplefilter("always")
            client: AsyncIOMotorClient[Document] = AsyncIOMotorClient(
                address.url, document_class=dict, tz_aware=True, appname=_APP, **defaults
            )
    except OSError as error:
        raise StoreUnavailable(
            f"a file that AUDIT_STORE names for MongoDB cannot be read ({error.strerror or type(error).__name__})"
        ) from None
    except ValueError:
        raise StoreUnavailable("AUDIT_STORE is no URI that MongoDB's driver can read") from None
    # The driver leaves out an option that it does not understand. One that it does not know is another driver's;
    # one with a wrong value may be what keeps the connection safe.
    if any(not str(each.message).startswith("Unknown option") for each in warned):
        client.close()
        raise StoreUnavailable("an option in AUDIT_STORE has a value that MongoDB's driver does not allow; correct it")
    return client
