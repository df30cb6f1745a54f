"""A MongoDB that fails under a tick: nothing is lost or doubled, and the cursor never stands before the rows."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from pymongo.database import Database

from dezky_audit_tui.sources.source import Budget
from dezky_audit_tui.store.store import Store
from tests.faults import oracle
from tests.faults.catalogue import MONGO_FAULTS, StoreFault
from tests.faults.operator import operating
from tests.faults.world import World
from tests.store.mongo.faults import failing
from tests.store.mongo_house import MongoHouse, database_of

SMALL = Budget(max_pages=8, page_size=10)


@pytest.fixture
def house(tmp_path: Path) -> MongoHouse:
    return MongoHouse(tmp_path)


@pytest.fixture
def platform(house: MongoHouse) -> Iterator[Database[dict[str, Any]]]:
    with house.client() as client:
        yield database_of(client)


@pytest.mark.parametrize("fault", MONGO_FAULTS, ids=lambda fault: fault.what)
async def test_a_server_that_fails_from_the_third_page_on_is_told_and_made_good(
    world: World, house: MongoHouse, store: Store, platform: Database[dict[str, Any]], fault: StoreFault
) -> None:
    command, order = fault.order
    pages = count(1)
    with ExitStack() as stack:

        def fail(_: int) -> None:
            if next(pages) == 3:
                stack.enter_context(failing(platform, command, **order))

        async with operating(world, store, budget=SMALL) as operator:
            await operator.tick()
            world.add(65)
            world.server.before_page = fail
            (report,) = await operator.tick()
            world.server.before_page = None
            stack.close()
            assert report.error is not None
            assert report.error.kind == fault.error_kind
            # On a busy machine the driver may be looking for the server still when its patience ends.
            assert fault.told in report.error.message or "does not answer" in report.error.message
            await oracle.check(world, store)
            await house.pass_time(31)
            assert (await operator.tick(until_caught_up=True))[-1].outcome == "ok"
            await oracle.at_rest(world, store)


async def test_a_page_of_which_some_rows_are_refused_and_some_are_there_moves_no_cursor(
    world: World, store: Store, platform: Database[dict[str, Any]]
) -> None:
    async with operating(world, store, budget=SMALL) as operator:
        await operator.tick(until_caught_up=True)
        before = await store.state("authentik")
        there = world.add(5)
        refused = world.add(5, user={"pk": 9, "username": "refused", "email": "r@example.test"})
        world.add(5)
        rows = [{"source": "authentik", "externalId": pk, "at": before.settled_at} for pk in there]
        platform.auditevents.insert_many(rows)
        platform.command("collMod", "auditevents", validator={"actorName": {"$ne": "refused"}})
        (report,) = await operator.tick()
        assert report.error is not None
        assert "validation rules" in report.error.message
        assert (await store.state("authentik")).cursor == before.cursor
        stored = {row["externalId"] for row in platform.auditevents.find({"source": "authentik"})}
        assert not stored & set(refused)
        platform.command("collMod", "auditevents", validator={})
        await operator.tick(until_caught_up=True)
        ids = [row["externalId"] for row in platform.auditevents.find({"source": "authentik"})]
        assert len(ids) == len(set(ids))
        assert set(ids) == world.ever, "each once, those included that another writer had stored"
