"""Collections, documents and indexes as the platform's Mongoose makes them, and nothing of its own ever touched."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from bson import ObjectId
from pymongo.database import Database

from dezky_audit_tui.model.report import TickReport
from dezky_audit_tui.model.set_aside import SetAside
from dezky_audit_tui.store.mongo.store import MongoStore
from dezky_audit_tui.store.store import Store, StoreFinding
from tests.store.mongo_house import MongoHouse
from tests.store.samples import AUTHENTIK, NOON, event, full_event, ids, put, take_lease

Platform = Database[dict[str, Any]]

MONGOOSE_UNIQUE = {"unique": True, "partialFilterExpression": {"externalId": {"$type": "string"}}}
STAMPS = {"createdAt", "updatedAt", "__v"}


def failed(findings: list[StoreFinding]) -> dict[str, str]:
    return {finding.name: finding.message for finding in findings if not finding.ok}


async def test_an_event_is_stored_as_mongoose_would(store: Store, platform: Platform) -> None:
    await put(store, full_event())
    [document] = platform.auditevents.find()
    assert isinstance(document.pop("_id"), ObjectId)
    assert document.pop("__v") == 0
    for name in ("createdAt", "updatedAt", "recordedAt"):
        assert isinstance(document.pop(name), datetime)
    given = full_event()
    assert document == {
        "source": AUTHENTIK,
        "externalId": "id-1",
        "at": given.at,
        "action": "authentik.login",
        "outcome": "denied",
        "actorId": "7",
        "actorName": given.actor_name,
        "actorEmail": "ana@acme.example",
        "actorIp": "203.0.113.1",
        "onBehalfOf": {"id": "8", "name": "Bo", "email": None},
        "target": {"type": "group", "id": "g-1", "name": "Admins \U0001f600"},
        "tenantSlug": "acme",
        "tenantWhy": {
            "reason": "matched",
            "userId": "7",
            "groups": ["acme", "staff-admins"],
            "stripped": ["staff-admins"],
            "lookedUpAt": NOON,
        },
        "metadata": given.metadata,
    }


async def test_the_cursor_has_the_platforms_fields(store: Store, platform: Platform) -> None:
    lease = await take_lease(store)
    await put(store, event(1), lease=lease)
    [row] = platform.ingestcursors.find()
    assert (row["source"], row["lastEventId"], row["lastEventAt"]) == (AUTHENTIK, "id-1", event(1).at)
    assert (row["lastEventCreated"], row["rev"], row["holes"]) == ("2026-11-24T12:00:01Z", 1, [])
    assert (row["lease"]["owner"], row["lease"]["epoch"]) == (lease.owner, lease.epoch)
    assert row.keys() >= STAMPS


async def test_ticks_and_what_was_set_aside_have_collections_of_their_own(store: Store, platform: Platform) -> None:
    lease = await take_lease(store)
    aside = SetAside(AUTHENTIK, "k", "no moment", NOON)
    await store.commit((), (aside,), await store.state(AUTHENTIK), lease)
    await store.save_tick(TickReport(AUTHENTIK, "timer", NOON, unmapped={"a.b": 1, "$c": 2}))
    [kept] = platform.ingestquarantine.find()
    assert (kept["key"], kept["seenAt"]) == ("k", NOON)
    [tick] = platform.ingestticks.find()
    assert (tick["startedAt"], tick["unmapped"]) == (NOON, {"a.b": 1, "$c": 2})
    assert kept.keys() & tick.keys() >= STAMPS


async def test_the_indexes_are_those_that_mongoose_would_make(store: Store, platform: Platform) -> None:
    there = platform.auditevents.index_information()
    unique = there.pop("source_1_externalId_1")
    assert unique.pop("key") == [("source", 1), ("externalId", 1)]
    unique.pop("v")
    assert unique == MONGOOSE_UNIQUE
    assert set(there) == {
        "_id_",
        "at_1__id_1",
        "at_1__id_1_onBehalfOf.id_1",
        *(
            f"{name}_1_at_1__id_1"
            for name in ("tenantSlug", "action", "actorEmail", "actorIp", "source", "tenantWhy.reason")
        ),
    }
    # What the platform's own start does then is no conflict.
    platform.auditevents.create_index([("source", 1), ("externalId", 1)], **MONGOOSE_UNIQUE)
    platform.ingestcursors.create_index("source", unique=True)
    assert platform.ingestticks.index_information()["createdAt_1"]["expireAfterSeconds"] == 14 * 86_400


async def test_indexes_that_were_dropped_are_there_again_after_a_start(house: MongoHouse, platform: Platform) -> None:
    first = await house.enter()
    await first.close()
    before = platform.auditevents.index_information()
    platform.auditevents.drop_indexes()
    again = await house.enter()
    assert platform.auditevents.index_information() == before
    await again.close()


async def test_an_index_that_differs_is_told_and_left_alone(house: MongoHouse, platform: Platform) -> None:
    platform.auditevents.create_index([("source", 1), ("externalId", 1)], unique=True, sparse=True)
    platform.auditevents.create_index([("tenantSlug", 1)], name="action_1_at_1__id_1")
    platform.auditevents.create_index([("noise", 1)])
    before = platform.auditevents.index_information()
    store = await house.enter()
    after = platform.auditevents.index_information()
    assert {name: after[name] for name in before} == before
    findings = [finding for finding in await store.check() if not finding.ok]
    assert all(finding.name == "store indexes" and finding.remedy for finding in findings)
    differing, missing = (finding.message for finding in findings)
    assert "auditevents.source_1_externalId_1 has other options" in differing
    assert "missing: auditevents.action_1_at_1__id_1 (there is another one with its name" in missing
    assert "drop or rename that one" in findings[1].remedy
    assert "at_1__id_1" in after, "the others were made all the same"
    await store.close()


@pytest.mark.parametrize("unique", [True, False], ids=["a full unique index", "no unique index"])
async def test_events_stay_single_whatever_index_the_platform_has(
    house: MongoHouse, platform: Platform, unique: bool
) -> None:
    platform.auditevents.create_index([("source", 1), ("externalId", 1)], unique=unique)
    store = await house.enter()
    assert len((await put(store, event(1), event(2), event(2))).inserted) == 2
    again = await put(store, event(2), event(3), event(1))
    assert [each.external_id for each in again.inserted] == ["id-3"]
    assert await ids(store, "") == ["id-3", "id-2", "id-1"]
    await store.close()


async def test_a_unique_index_that_vanishes_while_the_program_runs_is_made_again(
    store: Store, platform: Platform
) -> None:
    await put(store, event(1))
    platform.auditevents.drop_index("source_1_externalId_1")
    again = await put(store, event(1), event(2))
    assert [each.external_id for each in again.inserted] == ["id-2"]
    assert "source_1_externalId_1" in platform.auditevents.index_information()


async def test_rows_that_the_unique_index_would_not_allow_keep_it_away_and_stay(
    house: MongoHouse, platform: Platform
) -> None:
    double = {"source": AUTHENTIK, "externalId": "id-9", "at": NOON}
    platform.auditevents.insert_many([dict(double), dict(double)])
    store = await house.enter()
    [told] = [finding for finding in await store.check() if finding.name == "store indexes"]
    assert "rows already that it would not allow" in told.message
    assert "leave one of the rows" in told.remedy, "no user who may make indexes could make it"
    assert (await put(store, event(9), event(1))).duplicates == 1
    assert platform.auditevents.count_documents({}) == 3
    await store.close()


async def test_tenants_are_read_again_each_time_and_a_missing_collection_is_told(
    house: MongoHouse, store: Store, platform: Platform
) -> None:
    platform.tenants.insert_many([{"slug": "acme"}, {"slug": 7}, {"name": "no slug"}])
    assert await store.tenants() == {"acme"}
    platform.tenants.insert_one({"slug": "globex"})
    assert await store.tenants() == {"acme", "globex"}
    platform.tenants.drop()
    assert await store.tenants() == frozenset()
    told = failed(list(await store.check()))["store tenants"]
    assert "has no collection tenants" in told


async def test_nothing_of_the_platforms_is_written(house: MongoHouse, platform: Platform) -> None:
    platform.tenants.insert_one({"_id": 1, "slug": "acme", "name": "Acme"})
    platform.users.insert_one({"_id": 1})
    store = await house.enter()
    await put(store, event(1))
    assert list(platform.tenants.find()) == [{"_id": 1, "slug": "acme", "name": "Acme"}]
    assert set(platform.list_collection_names()) == {
        "auditevents",
        "ingestcursors",
        "ingestticks",
        "ingestquarantine",
        "ingestfindings",
        "tenants",
        "users",
    }
    await store.close()


def test_a_url_without_a_database_is_refused() -> None:
    for url in ("mongodb://db.example", "mongodb://db.example/", "mongodb://db.example/?tls=true", "mongodb:///audit"):
        with pytest.raises(Exception, match="AUDIT_STORE has to") as told:
            MongoStore(url)
        assert "db.example" not in str(told.value)
