from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest

from dezky_audit_tui.errors import Interrupted, StoreUnavailable
from dezky_audit_tui.model.event import Position, Row
from dezky_audit_tui.model.query import EVERYTHING, Query
from dezky_audit_tui.model.query_parse import parse_query
from dezky_audit_tui.store.sqlite.store import SqliteStore
from dezky_audit_tui.tui.timeline.reader import Reader
from tests.tui.rows import NOON, event, put, row


def ids(reader: Reader) -> list[str | None]:
    return [held.event.external_id for held in reader.window.newest_first()]


def query(text: str) -> Query:
    return parse_query(text, now=NOON)


class Hindered:
    """A store in front of a store: something happens before a page is handed over."""

    def __init__(self, store: SqliteStore) -> None:
        self._store = store
        self.before: Any = None
        self.error: Exception | None = None

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    async def older(self, query: Query, than: Position | None, limit: int) -> Sequence[Row]:
        rows = await self._store.older(query, than, limit)
        if self.error is not None:
            raise self.error
        if self.before is not None:
            await self.before()
        return rows


async def test_five_thousand_rows_of_few_moments_are_paged_to_the_beginning(store: SqliteStore) -> None:
    """Thousands of rows share a timestamp, so only the store's tie-breaker tells them apart."""
    events = [event(n, seconds=n // 700) for n in range(5000)]
    for start in range(0, 5000, 500):
        await put(store, events[start : start + 500])
    reader = Reader(store)
    await reader.open_newest(EVERYTHING)
    seen = ids(reader)
    while await reader.extend("older"):
        reader.window.trim(len(reader.window) - 1)
        assert len(reader.window) <= 3000
        before = set(seen)
        seen += [each for each in ids(reader) if each not in before]
    assert seen == [f"id-{n:06d}" for n in reversed(range(5000))]
    assert reader.window.at_oldest
    while await reader.extend("newer"):
        reader.window.trim(0)
    assert reader.window.newest is not None
    assert reader.window.newest.event.external_id == "id-004999"


async def test_a_row_that_comes_while_its_page_is_on_the_way_is_not_lost(store: SqliteStore) -> None:
    await put(store, [event(n) for n in range(0, 40, 2)])
    hindered = Hindered(store)
    reader = Reader(hindered, page=5)
    await reader.open_newest(EVERYTHING)
    follower = await store.follow()

    async def late_commit() -> None:
        await put(store, [event(25)])
        reader.take((await follower.poll()).rows)

    hindered.before = late_commit
    await reader.extend("older")
    assert ids(reader)[4:8] == ["id-000030", "id-000028", "id-000026", "id-000025"]


async def test_a_row_that_comes_while_a_filter_is_read_is_tried_against_that_filter(store: SqliteStore) -> None:
    await put(store, [event(1, action="authentik.logout")])
    hindered = Hindered(store)
    reader = Reader(hindered)
    await reader.open_newest(query("verb:login"))
    follower = await store.follow()

    async def live() -> None:
        await put(store, [event(2, action="authentik.logout"), event(3)])
        reader.take((await follower.poll()).rows)

    hindered.before = live
    await reader.open_newest(query("verb:logout"))
    assert ids(reader) == ["id-000002", "id-000001"]


async def test_a_page_that_comes_too_late_holds_no_live_row_back(store: SqliteStore) -> None:
    await put(store, [event(n) for n in range(20)])
    hindered = Hindered(store)
    reader = Reader(hindered, page=5)
    await reader.open_newest(EVERYTHING)
    follower, gate = await store.follow(), asyncio.Event()
    hindered.before = gate.wait
    page = asyncio.create_task(reader.extend("older"))
    await asyncio.sleep(0.05)

    async def live() -> None:
        await put(store, [event(30)])
        reader.take((await follower.poll()).rows)

    hindered.before = live
    await reader.open_newest(query("verb:login"))
    held = ids(reader)
    assert held[0] == "id-000030"
    gate.set()
    assert not await page
    assert ids(reader) == held


async def test_rows_beyond_a_stretch_of_the_past_are_counted_once_for_the_scroll_bar(store: SqliteStore) -> None:
    await put(store, [event(n) for n in range(40)])
    hindered = Hindered(store)
    reader = Reader(hindered, page=5)
    await reader.open_moment(event(20).at)
    above = reader.window.above
    follower = await store.follow()

    async def live() -> None:
        await put(store, [event(50)])
        reader.take((await follower.poll()).rows)

    hindered.before = live
    await reader.extend("older")
    assert reader.window.above == above + 1


async def test_of_two_openings_the_later_one_counts(store: SqliteStore) -> None:
    await put(store, [event(1), event(2, action="authentik.logout")])
    hindered = Hindered(store)
    gate = asyncio.Event()
    hindered.before = gate.wait
    reader = Reader(hindered)
    slow = asyncio.create_task(reader.open_newest(query("verb:login")))
    await asyncio.sleep(0)
    hindered.before = None
    assert await reader.open_newest(query("verb:logout"))
    gate.set()
    assert not await slow
    assert reader.query == query("verb:logout")
    assert ids(reader) == ["id-000002"]


async def test_a_search_that_is_stopped_leaves_all_as_it_was(store: SqliteStore) -> None:
    await put(store, [event(1)])
    hindered = Hindered(store)
    reader = Reader(hindered)
    await reader.open_newest(EVERYTHING)
    hindered.error = Interrupted("the search was cancelled")
    with pytest.raises(Interrupted):
        await reader.open_newest(query("root"))
    assert reader.query == EVERYTHING
    assert ids(reader) == ["id-000001"]
    assert not reader.busy


async def test_a_page_that_fails_can_be_asked_for_again(store: SqliteStore) -> None:
    await put(store, [event(n) for n in range(10)])
    hindered = Hindered(store)
    reader = Reader(hindered, page=5)
    await reader.open_newest(EVERYTHING)
    hindered.error = StoreUnavailable("away")
    with pytest.raises(StoreUnavailable):
        await reader.extend("older")
    hindered.error = None
    assert await reader.extend("older")
    assert len(ids(reader)) == 10


async def test_a_jump_holds_the_rows_around_the_moment_and_knows_how_many_lie_above(store: SqliteStore) -> None:
    await put(store, [event(n) for n in range(100)])
    reader = Reader(store, page=10)
    await reader.open_newest(EVERYTHING)
    await reader.open_moment(event(50).at)
    assert ids(reader) == [f"id-{n:06d}" for n in range(59, 39, -1)]
    assert reader.window.above == 40


async def test_a_filter_read_around_an_event_that_does_not_match_it_holds_its_neighbours(store: SqliteStore) -> None:
    await put(store, [event(n, action="authentik.logout" if n % 2 else "authentik.login") for n in range(20)])
    reader = Reader(store, page=3)
    await reader.open_newest(EVERYTHING)
    here = reader.window.nth(1)
    await reader.open_at(query(f"verb:{'login' if here.event.action.endswith('logout') else 'logout'}"), here.position)
    assert here.event.external_id not in ids(reader)
    assert len(ids(reader)) >= 4


async def test_the_next_row_of_a_kind_is_looked_for_within_the_filter(store: SqliteStore) -> None:
    failed = {"action": "authentik.login_failed", "outcome": "failure"}
    await put(
        store,
        [
            event(1, **failed, tenant_slug="acme"),
            event(2, **failed, tenant_slug="globex"),
            event(3, tenant_slug="acme"),
        ],
    )
    reader = Reader(store)
    await reader.open_newest(query("tenant:acme"))
    newest = reader.window.newest
    assert newest is not None
    found = await reader.look(query("outcome:failure"), newest.position, "older")
    assert found is not None
    assert found.event.external_id == "id-000001"
    assert await reader.look(query("outcome:failure"), found.position, "older") is None


def test_rows_that_do_not_match_are_not_taken() -> None:
    reader = Reader(Hindered(None))  # type: ignore[arg-type]  # nothing is read
    reader.query = query("tenant:acme")
    taken = reader.take([row(0), row(1)])
    assert [each.event.external_id for each in taken.matching] == ["id-000000"]
