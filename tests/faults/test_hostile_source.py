"""Events that somebody made to break their reader: through real HTTP, in bounded memory, the rest stored."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta

import pytest

from dezky_audit_tui.model.event import METADATA_LIMIT, event_json
from dezky_audit_tui.model.instants import now
from dezky_audit_tui.sources.source import Budget
from dezky_audit_tui.store.store import Store
from tests.faults import oracle
from tests.faults.operator import operating
from tests.faults.world import World

HEAD = '{"pk":"{pk}","user":{"pk":5,"username":"alice"},"action":"login","app":"a","context":'
TAIL = ',"client_ip":"203.0.113.7","created":"{created}","expires":null,"brand":{}}'


def nested(levels: int) -> str:
    """An event whose context is so many objects inside each other."""
    return HEAD + '{"created":' * levels + "1" + "}" * levels + TAIL


@pytest.mark.parametrize("levels", [50, 300, 900, 960, 990, 1_000, 1_100, 10_000])
async def test_nesting_costs_at_most_the_event_that_has_it(world: World, store: Store, levels: int) -> None:
    world.add(10)
    pk = world.add_raw(nested(levels), at=now() - timedelta(seconds=1), readable=levels < 900)
    world.add(10)
    async with operating(world, store) as operator:
        await operator.tick(until_caught_up=True)
    stored = {row.event.external_id for row in await oracle.all_rows(store)}
    aside = {item.key: item for item in await store.quarantined(100)}
    assert (pk in stored) != (pk in aside)
    assert pk in stored or levels >= 900
    assert pk in aside or levels < 10_000
    if pk in aside:
        assert aside[pk].reason == "nested too deeply"
        assert aside[pk].created is not None
        await oracle.at_rest(world, store)
    assert world.visible.keys() - {pk} <= stored


async def test_a_flood_of_unreadable_events_hides_nothing_below_or_above_it(world: World, store: Store) -> None:
    async with operating(world, store, budget=Budget(max_pages=4, page_size=20)) as operator:
        await operator.tick(until_caught_up=True)
        world.add(40, at=now() - timedelta(seconds=5))
        for _ in range(50):
            world.add_raw(nested(1_200), at=now() - timedelta(seconds=3))
        (report,) = await operator.tick()
        assert report.outcome == "ok"
        assert report.set_aside > 0
        await operator.tick(until_caught_up=True)
        await oracle.at_rest(world, store)
        world.add(3)
        await operator.tick(until_caught_up=True)
        await oracle.at_rest(world, store)


async def test_a_first_run_on_unreadable_events_alone_sets_them_aside_and_goes_on_later(store: Store) -> None:
    with World(0) as world:
        for _ in range(30):
            world.add_raw(nested(1_200), at=now() - timedelta(seconds=3))
        async with operating(world, store, budget=Budget(page_size=20)) as operator:
            await operator.tick(until_caught_up=True)
            assert len(await store.quarantined(100)) == 30
            world.add(5, at=now() - timedelta(seconds=2))
            await operator.tick(until_caught_up=True)
            await oracle.at_rest(world, store)


async def test_a_page_of_rows_that_are_no_events_at_all_is_told_and_set_aside(store: Store) -> None:
    with World(0) as world:
        world.add(3, at=now() - timedelta(seconds=9))
        for number in range(20):
            world.add_unreadable({"pk": f"row-{number}", "created": None, "action": "login"})
        async with operating(world, store, budget=Budget(page_size=20)) as operator:
            (report,) = await operator.tick()
            assert report.error is not None
            assert "`quarantine` tells why" in report.error.message
            assert len(await store.quarantined(100)) == 20
            world.add(1, at=now() + timedelta(seconds=9))
            reports = await asyncio.wait_for(operator.tick(until_caught_up=True), 60)
            assert reports[-1].holes == 1
            assert any("not found in Authentik's list" in (report.warning or "") for report in reports)
            await oracle.check(world, store)


WILD = {
    "NUL": HEAD + r'{"username":"a\u0000b"}' + TAIL,
    "a lone surrogate": HEAD + r'{"username":"a\ud800b"}' + TAIL,
    "raw bytes that are no UTF-8": (HEAD.encode() + b'{"username":"a\xff\xfeb"}' + TAIL.encode()),
    "a raw lone surrogate": (HEAD + '{"username":"a\udc80b"}' + TAIL).encode("utf-8", "surrogatepass"),
    "a number of 5,000 digits": HEAD + '{"n":' + "9" * 5_000 + "}" + TAIL,
    "a number out of range": HEAD + '{"n":1e999999,"m":-1e999,"i":123456789012345678901234567890}' + TAIL,
    "NaN": HEAD + '{"n":NaN,"m":Infinity}' + TAIL,
    "a user with a number out of range": HEAD.replace('"pk":5', '"pk":1e999') + "{}" + TAIL,
    "a user with 5,000 digits": HEAD.replace('"pk":5', '"pk":' + "7" * 5_000) + "{}" + TAIL,
    "a string of 10 MB": HEAD + '{"username":"' + "x" * 10_000_000 + '"}' + TAIL,
    "an action of 1 MB": HEAD.replace("login", "l" * 1_000_000) + "{}" + TAIL,
    "100,000 keys": HEAD + "{" + ",".join(f'"k{n}":{n}' for n in range(100_000)) + "}" + TAIL,
    "a key of 1 MB": HEAD + '{"' + "k" * 1_000_000 + '":1}' + TAIL,
    "a list where an object should be": HEAD + "[1,2]" + TAIL,
    "the same key twice": HEAD + '{"a":1,"a":2}' + TAIL,
}


@pytest.mark.parametrize("what", WILD)
async def test_a_wild_event_is_stored_small_and_sound_and_so_is_the_rest(world: World, store: Store, what: str) -> None:
    pk = world.add_raw(WILD[what], at=now() - timedelta(seconds=1), readable=True)
    world.add(5)
    async with operating(world, store) as operator:
        reports = await operator.tick(until_caught_up=True)
        assert sum(report.set_aside for report in reports) == 0
    await oracle.at_rest(world, store)
    (event,) = [row.event for row in await oracle.all_rows(store) if row.event.external_id == pk]
    text = json.dumps(event_json(event), ensure_ascii=False, allow_nan=False)
    text.encode("utf-8")
    assert "\\u0000" not in json.dumps(event_json(event))
    assert len(json.dumps(dict(event.metadata))) <= METADATA_LIMIT
