"""Pages by keyset: every row once, in order, however many share a moment and whatever comes in between."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dezky_audit_tui.model.event import Position
from dezky_audit_tui.model.query import EVERYTHING
from dezky_audit_tui.store.store import Store
from tests.effort import costly
from tests.store.houses import House
from tests.store.samples import NOON, event, events_of, ids, put, query, walk_down, walk_up

FILTERS = ["", "verb:login", "verb:login,logout", "!verb:login", "actor:ana*", "since:2026-11-24T12:00:00.002"]


async def test_an_empty_store_has_no_pages(store: Store) -> None:
    assert await store.older(EVERYTHING, None, 10) == []
    assert await store.newer(EVERYTHING, None, 10) == []
    assert await store.count(EVERYTHING) == 0
    assert await store.get(Position(0, 1)) is None


async def test_the_newest_come_first_whatever_order_they_were_stored_in(store: Store) -> None:
    await put(store, event(2), event(3), event(1))
    assert await ids(store, "") == ["id-3", "id-2", "id-1"]


@costly(8)
@given(
    moments=st.lists(st.integers(0, 4), min_size=1, max_size=40),
    page=st.integers(1, 9),
    text=st.sampled_from(FILTERS),
)
async def test_pages_lead_to_the_beginning_and_back_without_a_gap_or_a_double(
    new_house: Callable[[], House], moments: list[int], page: int, text: str
) -> None:
    store = await new_house().enter()
    actions = ["authentik.login", "authentik.logout", "platform.login"]
    events = [
        event(number, at=NOON + timedelta(milliseconds=moment), action=actions[number % 3])
        for number, moment in enumerate(moments)
    ]
    await put(store, *events)
    whole = await store.older(query(text), None, 1_000)
    assert [row.position for row in whole] == sorted((row.position for row in whole), reverse=True)
    assert await walk_down(store, text, page) == whole
    assert await walk_up(store, text, page) == whole[::-1]
    middle = whole[len(whole) // 2].position if whole else None
    if middle is not None:
        both = [*(await walk_up(store, text, page, middle))[::-1], await store.get(middle)]
        assert both + await walk_down(store, text, page, middle) == whole
    assert await store.count(query(text)) == len(whole)
    await store.close()


async def test_a_page_is_not_moved_by_rows_that_come_above_it(store: Store) -> None:
    await put(store, *(event(number) for number in range(10)))
    first = await store.older(EVERYTHING, None, 5)
    await put(store, *(event(number) for number in range(20, 40)))
    second = await store.older(EVERYTHING, first[-1].position, 5)
    assert [each.external_id for each in events_of([*first, *second])] == [
        f"id-{number}" for number in range(9, -1, -1)
    ]


async def test_a_place_between_rows_that_are_there_is_a_place_too(store: Store) -> None:
    await put(store, event(0), event(10))
    [low, high] = await walk_up(store, "", 10)
    between = Position((low.position.at_ms + high.position.at_ms) // 2, low.position.tie)
    assert await store.older(EVERYTHING, between, 10) == [low]
    assert await store.newer(EVERYTHING, between, 10) == [high]
    assert await store.get(between) is None


@pytest.mark.parametrize("text", ["since:2026-11-24T12:00:03 until:2026-11-24T12:00:06", "!until:2026-11-24T12:00:03"])
async def test_a_page_begins_at_the_edge_of_the_time_asked_for_where_the_place_lies_outside(
    store: Store, text: str
) -> None:
    await put(store, *(event(number) for number in range(10)))
    [*rows] = await walk_up(store, "", 100)
    wanted = await walk_up(store, text, 2)
    assert wanted
    for row in rows:
        assert await walk_down(store, text, 2, row.position) == [
            each for each in wanted[::-1] if each.position < row.position
        ]
        assert await walk_up(store, text, 2, row.position) == [each for each in wanted if each.position > row.position]


async def test_asking_for_no_rows_gives_none(store: Store) -> None:
    await put(store, event(1))
    assert await store.older(EVERYTHING, None, 0) == []


async def test_the_ids_that_are_stored_are_known_and_no_others(store: Store) -> None:
    await put(store, *(event(number) for number in range(5)), event(7, source="mailboxes"))
    await put(store, event(1, source="platform", external_id=None))
    asked = [f"id-{number}" for number in range(3, 2_500)]
    assert await store.known("authentik", asked) == {"id-3", "id-4"}
    assert await store.known("mailboxes", asked) == {"id-7"}
    assert await store.known("authentik", ["$ne", "", "None"]) == frozenset()
    assert await store.known("authentik", []) == frozenset()


async def test_siblings_are_those_of_the_same_request_within_minutes(store: Store) -> None:
    await put(
        store,
        event(0, metadata={"requestId": "r1"}),
        event(1, metadata={"requestId": "r1"}, source="elsewhere"),
        event(299, metadata={"requestId": "r1"}),
        event(301, metadata={"requestId": "r1"}),
        event(302, metadata={"requestId": "r2"}),
        event(4_000, metadata={"requestId": "r2"}),
        event(4_001, metadata={}),
    )

    async def found(request_ids: set[str], *seconds: int) -> list[str | None]:
        near = [NOON + timedelta(seconds=second) for second in seconds]
        return [each.external_id for each in await store.same_request("authentik", request_ids, near)]

    assert await found({"r1"}, 0) == ["id-0", "id-299"]
    assert await found({"r1", "r2"}, 0, 10, 4_000) == ["id-0", "id-299", "id-301", "id-302", "id-4000"]
    assert await found(set(), 0) == []
    assert await found({"r1"}) == []


async def test_the_last_before_is_of_the_same_action_and_actor(store: Store) -> None:
    started = "authentik.impersonation_started"
    await put(
        store,
        event(1, action=started),
        event(2, action=started, actor_id="8"),
        event(3),
        event(4, action=started, source="elsewhere"),
        event(5, action=started),
    )

    async def last(second: int, actor: str = "7") -> str | None:
        found = await store.last_before("authentik", started, actor, NOON + timedelta(seconds=second))
        return found.external_id if found else None

    assert await last(4) == "id-1"
    assert await last(5) == "id-5"
    assert await last(9, "8") == "id-2"
    assert await last(0) is None
    assert await last(9, "none") is None
