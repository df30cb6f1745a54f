"""A MongoDB database as the place of a store under test."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

from pymongo import MongoClient
from pymongo.database import Database

from dezky_audit_tui.store.mongo.store import MongoStore
from dezky_audit_tui.store.store import Store
from tests.store.mongo_server import REAL, REPLICA_SET, STANDALONE, new_database


class MongoHouse:
    """A new database of the server of `kind`."""

    kind = REPLICA_SET

    def __init__(self, folder: Path) -> None:
        self.url = new_database(self.kind)
        # As on the platform: without it there would be something for a check to find.
        with self.client() as client:
            database_of(client).create_collection("tenants")

    async def enter(self) -> Store:
        store = MongoStore(self.url)
        await store.open()
        return store

    async def pass_time(self, seconds: float) -> None:
        """The server's clock stands above the stores': so its leases, and who waits for them, are moved instead."""
        with self.client() as client:
            cursors = database_of(client).ingestcursors
            for row in cursors.find({"lease": {"$ne": None}}):
                by = timedelta(seconds=seconds)
                moved = {"lease.expiresAt": row["lease"]["expiresAt"] - by}
                if row.get("leaseWantedAt"):
                    moved["leaseWantedAt"] = row["leaseWantedAt"] - by
                cursors.update_one({"_id": row["_id"]}, {"$set": moved})

    async def add_tenants(self, *slugs: str) -> None:
        with self.client() as client:
            database_of(client).tenants.insert_many([{"slug": slug, "name": slug.title()} for slug in slugs])

    def client(self) -> MongoClient[dict[str, Any]]:
        """The driver itself, as another program would use it."""
        return MongoClient(self.url, tz_aware=True, appname="tests")


def database_of(client: MongoClient[dict[str, Any]]) -> Database[dict[str, Any]]:
    """The house's database."""
    return client.get_default_database()


class StandaloneHouse(MongoHouse):
    """On a server without change streams."""

    kind = STANDALONE


class RealHouse(MongoHouse):
    """On the MongoDB that AUDIT_TEST_MONGO names."""

    kind = "real"


MONGO_HOUSES: dict[str, type[MongoHouse]] = {"mongodb": MongoHouse}
if REAL:
    MONGO_HOUSES["mongodb-real"] = RealHouse
