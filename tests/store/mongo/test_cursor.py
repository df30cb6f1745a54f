"""The cursor beside another worker of the platform, which knows nothing of revisions and leases."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from pymongo.database import Database

from dezky_audit_tui.errors import StoreConflict, StoreUnavailable
from dezky_audit_tui.model.cursor import Mark, PullState
from dezky_audit_tui.model.instants import floor_ms, now
from dezky_audit_tui.store.store import Store
from tests.store.mongo_house import MongoHouse
from tests.store.samples import AUTHENTIK, NOON, event, put, take_lease

Platform = Database[dict[str, Any]]


def move(platform: Platform, number: int) -> None:
    """As the platform's own worker does it."""
    platform.ingestcursors.update_one(
        {"source": AUTHENTIK},
        {"$set": {"lastEventAt": event(number).at, "lastEventId": f"id-{number}", "updatedAt": floor_ms(now())}},
        upsert=True,
    )


async def cursor_finding(store: Store) -> tuple[bool, str]:
    [found] = [each for each in await store.check() if each.name == "store cursor"]
    return found.ok, found.message


async def test_a_place_that_another_worker_left_is_no_place_of_ours(house: MongoHouse, platform: Platform) -> None:
    move(platform, 50)
    store = await house.enter()
    assert await store.state(AUTHENTIK) == PullState(AUTHENTIK)
    committed = await put(store, event(1))
    assert committed.state.cursor == Mark("2026-11-24T12:00:01Z", "id-1")
    await store.close()


async def test_a_worker_that_left_its_place_long_ago_is_not_told_as_one_that_still_moves_it(
    house: MongoHouse, platform: Platform
) -> None:
    move(platform, 50)
    left = floor_ms(now() - timedelta(days=21))
    platform.ingestcursors.update_one({}, {"$set": {"updatedAt": left}})
    store = await house.enter()
    assert (await cursor_finding(store))[0]
    await put(store, event(1))
    assert (await store.status(AUTHENTIK)).other_worker == left
    assert (await cursor_finding(store))[0]

    move(platform, 51)
    assert not (await cursor_finding(store))[0], "it moves after all"
    await store.close()


async def test_another_worker_that_moves_the_cursor_moves_nothing_of_ours_and_is_told(
    store: Store, platform: Platform
) -> None:
    lease = await take_lease(store)
    committed = await put(store, event(1), lease=lease)
    assert (await store.status(AUTHENTIK)).other_worker is None
    assert await cursor_finding(store) == (True, "moved by this program alone")

    move(platform, 90)
    assert await store.state(AUTHENTIK) == committed.state
    status = await store.status(AUTHENTIK)
    assert status.state == committed.state
    assert status.other_worker is not None
    assert now() - status.other_worker < timedelta(minutes=1)
    ok, message = await cursor_finding(store)
    assert not ok
    assert "another worker moves the cursor" in message

    await put(store, event(2), lease=lease)
    assert platform.ingestcursors.find_one({})["lastEventId"] == "id-2"  # type: ignore[index]  # there is one
    still = (await store.status(AUTHENTIK)).other_worker
    assert still is not None, "it is remembered when our own place stands there again"


async def test_a_state_that_another_program_broke_is_told_and_never_taken_for_an_empty_one(
    store: Store, platform: Platform
) -> None:
    await put(store, event(1))
    for broken in ({"holes": [{"top": 7}]}, {"holes": "none"}, {"lastEventCreated": "yesterday"}):
        before = platform.ingestcursors.find_one({}) or {}
        platform.ingestcursors.update_one({}, {"$set": broken})
        with pytest.raises(StoreUnavailable, match="cannot be read"):
            await store.state(AUTHENTIK)
        platform.ingestcursors.replace_one({}, before)
    assert (await store.state(AUTHENTIK)).cursor is not None


async def test_a_row_whose_lease_is_of_another_shape_can_be_taken(store: Store, platform: Platform) -> None:
    for lease in (None, "free", {}, {"owner": 7}, {"owner": "x", "epoch": "y", "expiresAt": "z"}, {"owner": "x"}):
        platform.ingestcursors.delete_many({})
        platform.ingestcursors.insert_one({"source": AUTHENTIK, "lease": lease})
        taken = await take_lease(store)
        await put(store, event(1), lease=taken)
        assert (await store.state(AUTHENTIK)).rev == 1


async def test_the_state_is_fenced_in_the_very_update_that_writes_it(
    store: Store, platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody else goes on between the look at the fence and the write."""
    lease = await take_lease(store)
    state = await store.state(AUTHENTIK)
    rooms = store._backend  # type: ignore[attr-defined]  # the seam between the two
    insert = rooms.events._insert_new

    async def meanwhile(documents: Any) -> Any:
        platform.ingestcursors.update_one({}, {"$inc": {"rev": 1}})
        return await insert(documents)

    monkeypatch.setattr(type(rooms.events), "_insert_new", lambda _self, documents: meanwhile(documents))
    with pytest.raises(StoreConflict):
        await store.commit((event(1, at=NOON),), (), state, lease)
    assert (await store.state(AUTHENTIK)).cursor is None
