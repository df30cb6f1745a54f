"""A program killed at any moment loses nothing and doubles nothing: the same outcome as of one transaction."""

from __future__ import annotations

import asyncio
import sys
from asyncio.subprocess import PIPE

import pytest

from dezky_audit_tui.store.store import Store
from tests.store import programs
from tests.store.mongo.stopped import AFTER, BATCH, SEAMS
from tests.store.mongo_house import MongoHouse
from tests.store.other_program import BATCH as OTHER_BATCH
from tests.store.samples import AUTHENTIK, event, put, query, walk_down


async def test_killed_at_each_seam_it_is_gone_on_from(house: MongoHouse, store: Store) -> None:
    await put(store, *(event(number) for number in range(BATCH)))
    total = BATCH
    for seam in (*SEAMS, AFTER):
        program = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tests.store.mongo.stopped", house.url, seam, stdout=PIPE
        )
        assert await programs.line(program) == "here"
        program.kill()
        await program.wait()

        state = await store.state(AUTHENTIK)
        moved = seam == AFTER
        assert state.cursor is not None
        assert state.cursor.pk == f"id-{total + BATCH * moved - 1}", f"the cursor never runs ahead of the rows: {seam}"
        again = await put(store, *(event(number) for number in range(total, total + BATCH)))
        assert again.duplicates == (0 if seam == "before the rows" else BATCH)
        total += BATCH
        rows = await walk_down(store, "", 100)
        assert [row.event.external_id for row in rows] == [f"id-{number}" for number in range(total - 1, -1, -1)]


async def test_killed_in_the_middle_of_commits_its_rows_are_never_behind_its_cursor(
    house: MongoHouse, store: Store
) -> None:
    seen = -1
    for lines in (1, 6):
        program = await programs.start(house.url, "commit", "100000")
        for _ in range(lines):
            seen = max(seen, int(await programs.line(program)))
        program.kill()
        await program.wait()

        state = await store.state(AUTHENTIK)
        assert state.cursor is not None
        last = int(state.cursor.pk.removeprefix("id-"))
        assert last >= seen + OTHER_BATCH - 1, "what was told as committed is there"
        rows = await walk_down(store, f"until:{event(last + 1).at.isoformat()}", 500)
        assert [row.event.external_id for row in rows] == [f"id-{number}" for number in range(last, -1, -1)]
        beyond = await store.count(query("")) - len(rows)
        assert beyond in range(OTHER_BATCH + 1), "at most the rows of the commit that was cut"
    await put(store, *(event(number) for number in range(last + 1 + OTHER_BATCH)))
    rows = await walk_down(store, "", 500)
    assert len({row.event.external_id for row in rows}) == len(rows) == last + 1 + OTHER_BATCH


@pytest.mark.parametrize("round_", range(3))
async def test_of_many_that_want_the_lease_of_a_new_database_one_gets_it(house: MongoHouse, round_: int) -> None:
    stores = [await house.enter() for _ in range(6)]
    owners = [f"ops@host-{number}/1/aa-bb-1" for number in range(len(stores))]
    leases = await asyncio.gather(
        *(store.acquire_lease(AUTHENTIK, owner, 30) for store, owner in zip(stores, owners, strict=True))
    )
    [held] = [lease for lease in leases if lease is not None]
    assert held.epoch == 1
    with house.client() as client:
        assert client.get_default_database().ingestcursors.count_documents({}) == 1
    for store in stores:
        await store.close()


async def test_two_wishes_on_a_new_database_are_one(house: MongoHouse, store: Store, other_store: Store) -> None:
    await asyncio.gather(*(each.request_force(AUTHENTIK) for each in (store, other_store) * 3))
    with house.client() as client:
        [row] = client.get_default_database().ingestcursors.find()
    assert row["forceRequestedAt"] is not None
    assert (row["rev"], row["__v"]) == (0, 0)
