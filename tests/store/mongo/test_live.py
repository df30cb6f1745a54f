"""Live rows of every writer: by a change stream, also after a cut, and by looking again where there is none."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from bson import ObjectId
from pymongo.database import Database

from dezky_audit_tui.errors import StoreUnavailable
from dezky_audit_tui.model.event import TenantWhy
from dezky_audit_tui.model.instants import now
from dezky_audit_tui.model.query import EVERYTHING
from dezky_audit_tui.model.tenants import Resolution
from dezky_audit_tui.store.mongo.live import IdFollower, StreamFollower
from dezky_audit_tui.store.mongo.store import MongoStore
from dezky_audit_tui.store.store import Changes, Follower, Store
from tests.store.mongo.faults import failing
from tests.store.mongo_house import MongoHouse, StandaloneHouse, database_of
from tests.store.samples import AUTHENTIK, NOON, failed_lookup, put, take_lease

Platform = Database[dict[str, Any]]


@pytest.fixture(params=[MongoHouse, StandaloneHouse], ids=["replica set", "standalone"])
def house(request: pytest.FixtureRequest, tmp_path: Path) -> MongoHouse:
    made: MongoHouse = request.param(tmp_path)
    return made


async def drained(follower: Follower) -> list[str]:
    found: list[str] = []
    while rows := (await follower.poll()).rows:
        found += [row.event.action for row in rows]
    return found


async def test_each_kind_of_server_is_followed_in_its_own_way(house: MongoHouse, store: Store) -> None:
    follower = await store.follow()
    assert isinstance(follower, StreamFollower if type(house) is MongoHouse else IdFollower)
    await follower.close()
    [live] = [finding.message for finding in await store.check() if finding.name == "live rows"]
    assert ("change stream" in live) is True
    assert live.startswith("by looking" if isinstance(follower, IdFollower) else "by a change")


async def test_rows_of_every_writer_come_whatever_their_id_and_their_moment(store: Store, platform: Platform) -> None:
    platform.auditevents.insert_many([{"_id": "old", "action": "old"}, {"action": "old"}])
    follower = await store.follow()
    minute = timedelta(seconds=50)
    behind, ahead = (ObjectId.from_datetime(moment - minute * way) for moment, way in ((now(), 1), (now(), -20)))
    platform.auditevents.insert_many(
        [
            {"_id": "a text", "action": "a"},
            {"_id": 7, "action": "b", "at": NOON - timedelta(days=900)},
            {"_id": behind, "action": "c"},
            {"_id": ahead, "action": "d"},
            {"action": "e", "at": "no date"},
        ]
    )
    assert sorted(await drained(follower)) == ["a", "b", "c", "d", "e"]
    platform.auditevents.insert_one({"action": "f"})
    platform.auditevents.insert_one({"_id": {"a": 1}, "action": "g"})
    assert sorted(await drained(follower)) == ["f", "g"]
    assert await follower.poll() == Changes()
    await follower.close()


async def test_rows_come_also_after_the_collection_was_dropped_and_what_was_there_is_read_again(
    house: MongoHouse, store: Store, platform: Platform
) -> None:
    platform.auditevents.insert_one({"action": "a"})
    follower = await store.follow()
    platform.auditevents.drop()
    changes = await follower.poll()
    assert changes.resolved is (type(house) is MongoHouse)
    platform.auditevents.insert_one({"action": "b"})
    assert await drained(follower) == ["b"]
    await follower.close()


async def test_rows_come_with_the_place_where_a_page_finds_them(store: Store, platform: Platform) -> None:
    follower = await store.follow()
    platform.auditevents.insert_many([{"action": "a"}, {"at": NOON, "action": "b"}, {"_id": 1, "action": "c"}])
    rows = (await follower.poll()).rows
    assert sorted(rows, key=lambda row: row.position, reverse=True) == await store.older(EVERYTHING, None, 10)
    await follower.close()


async def test_a_program_that_slept_gets_all_that_came_meanwhile(house: MongoHouse, platform: Platform) -> None:
    store = await house.enter()
    follower = await store.follow()
    for minutes in (30, 20, 1):
        platform.auditevents.insert_one(
            {"_id": ObjectId.from_datetime(now() + timedelta(minutes=minutes)), "action": str(minutes)}
        )
    assert sorted(await drained(follower)) == ["1", "20", "30"]
    await store.close()


async def test_a_cut_loses_nothing_and_doubles_nothing(store: Store, platform: Platform) -> None:
    follower = await store.follow()
    platform.auditevents.insert_one({"action": "a"})
    with failing(platform, "getMore", "aggregate", "find", closeConnection=True):
        for _ in range(2):
            with pytest.raises(StoreUnavailable):
                await follower.poll()
        platform.auditevents.insert_one({"action": "b"})
    platform.auditevents.insert_one({"action": "c"})
    assert await drained(follower) == ["a", "b", "c"]
    await follower.close()


async def test_a_store_that_is_closed_says_so(store: Store) -> None:
    follower = await store.follow()
    await store.close()
    with pytest.raises(StoreUnavailable):
        await follower.poll()


async def test_what_the_platform_changes_or_removes_stops_nothing(store: Store, platform: Platform) -> None:
    follower = await store.follow()
    row_id = platform.auditevents.insert_one({"action": "a"}).inserted_id
    assert await drained(follower) == ["a"]
    platform.auditevents.update_one({"_id": row_id}, {"$set": {"note": 1}})
    platform.auditevents.delete_one({"_id": row_id})
    platform.auditevents.insert_one({"action": "b"})
    assert await drained(follower) == ["b"]
    await follower.close()


async def test_tenants_that_are_found_later_are_told_by_another_program_too(store: Store, other_store: Store) -> None:
    await put(store, failed_lookup(1))
    follower = await store.follow()
    [row] = await other_store.unresolved(AUTHENTIK, 1)
    lease = await take_lease(other_store)
    assert not (await follower.poll()).resolved, "a lease is no change of a row"
    await other_store.resolve({row.position: Resolution("acme", TenantWhy("matched", "7", ("acme",)))}, lease)
    assert (await follower.poll()).resolved
    await follower.close()


async def test_a_change_stream_whose_place_is_lost_brings_what_came_meanwhile_once_and_says_so(tmp_path: Path) -> None:
    house = MongoHouse(tmp_path)
    store = await house.enter()
    with house.client() as client:
        platform = database_of(client)
        platform.auditevents.insert_one({"action": "before"})
        platform.auditevents.insert_one({"_id": "text 0", "action": "before", "createdAt": now() - timedelta(hours=1)})
        follower = await store.follow()
        platform.auditevents.insert_many([{"action": "a"}, {"_id": "text 1", "action": "b", "createdAt": now()}])
        assert await drained(follower) == ["a", "b"]
        for round_ in ("1", "2"):
            soon = now() + timedelta(seconds=1)
            # The same second may come in both rounds.
            earlier = ObjectId.from_datetime(soon - timedelta(seconds=30)).binary[:-1] + round_.encode()
            platform.auditevents.insert_many(
                [
                    {"action": f"c{round_}"},
                    {"_id": ObjectId(earlier), "action": f"d{round_}"},
                    {"_id": f"text d{round_}", "action": f"e{round_}", "createdAt": soon},
                    {"_id": f"text e{round_}", "action": f"f{round_}", "at": soon},
                ]
            )
            with failing(platform, "getMore", times=1, errorCode=286):
                changes = await follower.poll()
            assert changes.resolved, "the timeline is read again"
            found = [row.event.action for row in changes.rows] + await drained(follower)
            assert sorted(found) == [f"{name}{round_}" for name in "cdef"]
        platform.auditevents.insert_one({"action": "g"})
        assert await drained(follower) == ["g"]
    await follower.close()
    await store.close()


async def test_what_a_change_stream_lost_comes_also_where_it_is_more_than_a_poll_brings_and_the_store_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dezky_audit_tui.store.mongo.live._MOST", 10)
    house = MongoHouse(tmp_path)
    store = await house.enter()
    with house.client() as client:
        platform = database_of(client)
        follower = await store.follow()
        platform.auditevents.insert_many([{"action": f"{number:02}"} for number in range(45)])
        with failing(platform, "getMore", times=1, errorCode=286):
            found = [row.event.action for row in (await follower.poll()).rows]
        assert len(found) == 10
        with failing(platform, "getMore", "aggregate", "find", closeConnection=True), pytest.raises(StoreUnavailable):
            await follower.poll()
        platform.auditevents.insert_one({"action": "45"})
        found += await drained(follower)
        assert sorted(found) == [f"{number:02}" for number in range(46)]
    await store.close()


async def test_live_rows_come_one_after_the_other(store: Store, platform: Platform) -> None:
    follower = await store.follow()

    for number in range(3):
        platform.auditevents.insert_one({"action": str(number)})
        async with asyncio.timeout(60):
            while not (rows := (await follower.poll()).rows):
                pass
        assert [row.event.action for row in rows] == [str(number)]
    await follower.close()


async def test_more_rows_of_strange_ids_than_can_be_looked_through_are_left_to_the_pages(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dezky_audit_tui.store.mongo.live.MOST_OTHERS", 3)
    house = StandaloneHouse(tmp_path)
    store = await house.enter()
    with house.client() as client:
        platform = database_of(client)
        platform.auditevents.insert_many([{"_id": number} for number in range(5)])
        follower = await store.follow()
        platform.auditevents.insert_one({"_id": 9, "action": "strange"})
        platform.auditevents.insert_one({"action": "usual"})
        assert await drained(follower) == ["usual"]
    await store.close()


async def test_ids_of_a_host_whose_clock_is_behind_are_brought_and_none_twice_when_it_is_set(tmp_path: Path) -> None:
    house = StandaloneHouse(tmp_path)
    store = await house.enter()
    assert isinstance(store, MongoStore)
    behind = timedelta(minutes=10)
    with house.client() as client:
        platform = database_of(client)
        follower = IdFollower(store._open.base, store._open.pulls, wall=lambda: now() - behind)
        await follower.start()
        for number, action in enumerate(("a", "b", "c", "d")):
            second = int((now() - behind).timestamp())
            made_here = ObjectId(second.to_bytes(4, "big") + number.to_bytes(8, "big"))
            platform.auditevents.insert_one({"_id": made_here, "action": action})
            assert await drained(follower) == [action]
            behind = timedelta(0) if behind else timedelta(minutes=10)
            assert await drained(follower) == []
    await store.close()


async def test_rows_that_came_before_and_during_a_long_silence_are_brought_after_it(tmp_path: Path) -> None:
    house = StandaloneHouse(tmp_path)
    store = await house.enter()
    assert isinstance(store, MongoStore)
    later_s = 0
    with house.client() as client:
        platform = database_of(client)
        follower = IdFollower(
            store._open.base,
            store._open.pulls,
            monotonic=lambda: 1_000.0 + later_s,
            wall=lambda: now() + timedelta(seconds=later_s),
        )
        await follower.start()
        a_while_ago = now() - timedelta(seconds=30)
        platform.auditevents.insert_one({"_id": ObjectId.from_datetime(a_while_ago), "action": "slept"})
        later_s = 50
        assert await drained(follower) == ["slept"]

        later_s = 0
        assert await drained(follower) == []
        second = int(a_while_ago.timestamp()).to_bytes(4, "big")
        platform.auditevents.insert_one({"_id": ObjectId(second + b"\1" * 8), "action": "away"})
        later_s = 50
        with failing(platform, "find", "aggregate", closeConnection=True):
            for _ in range(2):
                with pytest.raises(StoreUnavailable):
                    await follower.poll()
        assert await drained(follower) == ["away"]
        assert await drained(follower) == []
    await store.close()


async def test_rows_whose_poll_fails_at_its_end_come_with_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    house = StandaloneHouse(tmp_path)
    store = await house.enter()
    assert isinstance(store, MongoStore)

    async def away() -> int:
        raise StoreUnavailable("away")

    with house.client() as client:
        follower = await store.follow()
        database_of(client).auditevents.insert_one({"action": "a"})
        with monkeypatch.context() as patch:
            patch.setattr(store._open.pulls, "resolved", away)
            with pytest.raises(StoreUnavailable):
                await follower.poll()
        assert await drained(follower) == ["a"]
    await store.close()


@pytest.fixture
def platform(house: MongoHouse) -> Iterator[Platform]:
    with house.client() as client:
        yield database_of(client)
