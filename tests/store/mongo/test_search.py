"""Searches that no index serves: in strides that grow, and cancelled between two of them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pymongo.database import Database

from dezky_audit_tui.errors import Interrupted
from dezky_audit_tui.model.event import AuditEvent
from dezky_audit_tui.model.query import EVERYTHING, Query
from dezky_audit_tui.store.mongo import plan, timeline
from dezky_audit_tui.store.mongo.anycase import contains, odd_ones
from dezky_audit_tui.store.store import Store
from tests.effort import costly
from tests.store import wild
from tests.store.houses import House
from tests.store.mongo.faults import failing
from tests.store.samples import NOON, check_plain_rule, event, ids, put, query, walk_down, walk_up

Platform = Database[dict[str, Any]]


@pytest.fixture
def short_strides(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plan, "_STRIDE", 3)
    monkeypatch.setattr(plan, "_LONG_STRIDE", 5)
    monkeypatch.setattr(timeline, "_FIRST_STRIDE", 1)


@given(stored=wild.events(wild.TEXTS), filters=st.lists(wild.queries(wild.TEXTS), min_size=1, max_size=3))
@costly(8)
@pytest.mark.usefixtures("short_strides")
async def test_in_strides_the_same_rows_are_found(
    new_house: Callable[[], House], stored: list[AuditEvent], filters: list[Query]
) -> None:
    store = await new_house().enter()
    await check_plain_rule(store, stored, filters)
    await store.close()


@pytest.mark.usefixtures("short_strides")
async def test_rows_without_a_date_are_found_in_their_stride(store: Store, platform: Platform) -> None:
    await put(store, *(event(number) for number in range(0, 40, 4)))
    platform.auditevents.insert_many(
        [{"_id": "x", "actorName": "ANA"}, {"actorName": "ana"}, {"_id": 3, "user": "Ana"}]
    )
    down = await walk_down(store, "actor:ana*", 2)
    assert len(down) == 13
    assert [row.position for row in down] == sorted((row.position for row in down), reverse=True)
    assert await walk_up(store, "actor:ana*", 2) == down[::-1]
    assert await store.count(query("actor:ana*")) == 13


@pytest.mark.usefixtures("short_strides")
@pytest.mark.parametrize(
    "times", ["", "until:2026-11-24T12:00:20", "since:2026-11-24T12:00:10 until:2026-11-24T12:00:30"]
)
async def test_rows_whose_time_is_a_list_lead_no_stride_astray(store: Store, platform: Platform, times: str) -> None:
    await put(store, *(event(number) for number in range(0, 40, 4)))
    lists = [[NOON + timedelta(seconds=number), NOON + timedelta(seconds=number + 5)] for number in range(0, 40, 3)]
    platform.auditevents.insert_many([{"at": each, "actorName": "ana"} for each in lists])
    every = await walk_down(store, times, 100)
    for limit in (2, 100):
        down = await walk_down(store, f"actor:ana* {times}", limit)
        assert down == every
        assert await walk_up(store, f"actor:ana* {times}", limit) == down[::-1]
    assert await store.count(query(f"actor:ana* {times}")) == len(every)


async def test_a_search_is_cancelled_and_the_next_one_is_not(store: Store, platform: Platform) -> None:
    await put(store, event(1))
    with failing(platform, "find", blockConnection=True, blockTimeMS=300):
        searches = [
            asyncio.ensure_future(each)
            for each in (
                store.older(query("nobody"), None, 10),
                store.newer(query("actor:x"), None, 10),
                store.count(query("target:x")),
                store.older(query("verb:authentik.login tenant:acme"), None, 10),
            )
        ]
        await asyncio.sleep(0.05)
        store.interrupt()
        for search in searches:
            with pytest.raises(Interrupted):
                await search
    assert await ids(store, "ana") == ["id-1"]


async def test_the_timeline_without_a_filter_is_not_interrupted(store: Store, platform: Platform) -> None:
    await put(store, event(1))
    with failing(platform, "find", blockConnection=True, blockTimeMS=100):
        page = asyncio.ensure_future(store.older(EVERYTHING, None, 10))
        await asyncio.sleep(0.02)
        store.interrupt()
        assert len(await page) == 1


async def test_what_the_ingester_reads_again_is_not_interrupted(store: Store, platform: Platform) -> None:
    await put(store, event(1))
    stretch = query("source:authentik since:2026-11-24 until:2026-11-25")
    with failing(platform, "find", blockConnection=True, blockTimeMS=100):
        reading = [asyncio.ensure_future(store.newer(stretch, None, 10)), asyncio.ensure_future(store.count(stretch))]
        await asyncio.sleep(0.02)
        store.interrupt()
        rows, count = await asyncio.gather(*reading)
    assert (len(rows), count) == (1, 1)


async def test_a_caller_that_is_cancelled_ends_its_search(store: Store, platform: Platform) -> None:
    await put(store, event(1))
    with failing(platform, "find", blockConnection=True, blockTimeMS=300):
        search = asyncio.ensure_future(store.older(query("nobody"), None, 10))
        await asyncio.sleep(0.05)
        search.cancel()
        with pytest.raises(asyncio.CancelledError):
            await search
    assert await ids(store, "ana") == ["id-1"]


@pytest.mark.parametrize(
    ("text", "names", "found"),
    [
        ("strasse", ["Straße", "STRASSE", "strase"], 2),
        ("ß", ["ss", "SS", "ẞ", "s"], 3),
        ("kelvin", ["\u212aelvin", "KELVIN"], 2),
        ("ΟΔΟΣ", ["οδος", "οδοσ", "ΟΔΟΣ"], 3),
        ("ﬁ", ["fi", "FI", "ﬁ", "f"], 3),
        ("i̇", ["İ", "i"], 1),
        ("a.c", ["a.c", "abc", "A.C"], 2),
        ("^a", ["^a", "a"], 1),
        ("a$", ["a$", "a"], 1),
        ("[a", ["[a", "a"], 1),
        ("(?i)", ["(?i)", ""], 1),
        ("\\", ["\\", "/"], 1),
        ("a b", ["a b", "a\x1fb", "ab"], 2),
        ("$where", ["$where", "where"], 1),
    ],
)
async def test_words_are_found_in_any_case_and_are_never_an_expression(
    store: Store, text: str, names: list[str], found: int
) -> None:
    await put(store, *(event(n, actor_name=name, actor_email=None) for n, name in enumerate(names)))
    quoted = text.replace("\\", "\\\\")
    assert len(await ids(store, f'"{quoted}"')) == found
    assert await store.count(query(f'"{quoted}"')) == found


@pytest.mark.parametrize("value", ["$ne", "$gt", '{"$ne":null}', "$where", "$$NOW", "$actorName", ".*", "^"])
@pytest.mark.parametrize("field", ["verb", "tenant", "actor", "source", "target"])
async def test_no_value_becomes_an_operator(store: Store, field: str, value: str) -> None:
    await put(store, event(1))
    quoted = value.replace('"', '\\"')
    for text in (f'{field}:"{quoted}"', f'{field}:"{quoted}"*', f'"{quoted}"'):
        assert await ids(store, text) == []
        assert await ids(store, f"!{text}") == ["id-1"]


def test_the_characters_that_fold_oddly_are_few() -> None:
    assert 100 < len(odd_ones()) < 200
    assert contains("Ab") == "[Aa][Bb]"
