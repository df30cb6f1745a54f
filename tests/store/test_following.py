"""Live rows, whoever stores them, and tenants found later."""

from __future__ import annotations

from datetime import timedelta

from dezky_audit_tui.model.event import TenantWhy
from dezky_audit_tui.model.query import EVERYTHING
from dezky_audit_tui.model.tenants import Resolution
from dezky_audit_tui.store.store import Changes, Follower, Store
from tests.store import programs
from tests.store.houses import House
from tests.store.other_program import BATCH
from tests.store.samples import AUTHENTIK, NOON, event, failed_lookup, put, take_lease

FOUND = Resolution("acme", TenantWhy("matched", "7", ("acme",), (), NOON))


async def drained(follower: Follower) -> list[str | None]:
    """The ids of all that is waiting."""
    found: list[str | None] = []
    while changes := (await follower.poll()).rows:
        found += [row.event.external_id for row in changes]
    return found


async def test_it_brings_what_comes_after_it_was_made_and_brings_it_once(store: Store, other_store: Store) -> None:
    await put(store, event(1))
    follower = await store.follow()
    assert await drained(follower) == []
    await put(store, event(2))
    await put(other_store, event(3))
    assert sorted(await drained(follower), key=str) == ["id-2", "id-3"]
    assert await follower.poll() == Changes()
    await follower.close()


async def test_it_brings_rows_older_than_what_is_there(store: Store) -> None:
    await put(store, event(100))
    follower = await store.follow()
    await put(store, event(1, at=NOON - timedelta(days=300)))
    assert await drained(follower) == ["id-1"]


async def test_rows_come_with_the_place_where_a_page_finds_them(store: Store) -> None:
    follower = await store.follow()
    await put(store, event(1), event(2))
    rows = list((await follower.poll()).rows)
    assert sorted(rows, key=lambda row: row.position, reverse=True) == await store.older(EVERYTHING, None, 10)


async def test_a_flood_comes_whole(store: Store) -> None:
    follower = await store.follow()
    lease = await take_lease(store)
    for start in range(0, 2_500, 500):
        await put(store, *(event(number) for number in range(start, start + 500)), lease=lease)
    assert len(set(await drained(follower))) == 2_500


async def test_what_another_program_stores_comes_too(house: House, store: Store) -> None:
    follower = await store.follow()
    await programs.run(house.url, "commit", "3")
    assert sorted(await drained(follower), key=str) == sorted(f"id-{number}" for number in range(3 * BATCH))


async def test_two_followers_do_not_disturb_each_other(store: Store) -> None:
    first = await store.follow()
    await put(store, event(1))
    second = await store.follow()
    await put(store, event(2))
    assert await drained(second) == ["id-2"]
    assert await drained(first) == ["id-1", "id-2"]


async def test_a_closed_one_brings_nothing(store: Store) -> None:
    follower = await store.follow()
    await follower.close()
    await put(store, event(1))
    assert await follower.poll() == Changes()


async def test_it_tells_that_tenants_of_older_rows_were_found(store: Store, other_store: Store) -> None:
    await put(store, failed_lookup(1))
    follower = await store.follow()
    lease = await take_lease(other_store)
    [row] = await other_store.unresolved(AUTHENTIK, 10)
    await other_store.resolve({row.position: FOUND}, lease)
    assert (await follower.poll()).resolved
    assert await follower.poll() == Changes()
    await other_store.resolve({row.position: FOUND}, lease)
    assert await follower.poll() == Changes()


async def test_only_rows_whose_look_up_failed_are_given_a_tenant(store: Store) -> None:
    events = [
        failed_lookup(1),
        failed_lookup(2),
        event(3),
        event(4, tenant_slug=None, tenant_why=TenantWhy("no_groups", "7")),
        event(5, tenant_slug=None, tenant_why=None),
        event(6, source="elsewhere", tenant_slug=None, tenant_why=TenantWhy("lookup_failed")),
    ]
    await put(store, *events)
    before = {row.event.external_id: row for row in await store.older(EVERYTHING, None, 10)}
    assert [row.event.external_id for row in await store.unresolved(AUTHENTIK, 10)] == ["id-2", "id-1"]
    assert [row.event.external_id for row in await store.unresolved(AUTHENTIK, 1)] == ["id-2"]

    lease = await take_lease(store)
    none_yet = Resolution(None, TenantWhy("lookup_failed", "7"))
    wanted = {row.position: FOUND for row in before.values()} | {before["id-2"].position: none_yet}
    await store.resolve(wanted, lease)

    after = {row.event.external_id: row for row in await store.older(EVERYTHING, None, 10)}
    changed = after.pop("id-1")
    unchanged = before.pop("id-1")
    assert after == before
    assert changed.position == unchanged.position
    assert (changed.event.tenant_slug, changed.event.tenant_why) == (FOUND.slug, FOUND.why)
    assert await store.unresolved(AUTHENTIK, 10) == [before["id-2"]]


async def test_a_resolved_row_is_found_by_its_tenant_and_counted_there(store: Store) -> None:
    await put(store, failed_lookup(1))
    [row] = await store.unresolved(AUTHENTIK, 10)
    await store.resolve({row.position: FOUND}, await take_lease(store))
    counts = await store.tenant_counts()
    assert (counts.reasons, counts.tenants) == ({"matched": 1}, {"acme": 1})
    assert await store.count(EVERYTHING) == 1
