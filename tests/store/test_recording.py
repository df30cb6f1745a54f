"""What is written: each event once, all or nothing, and never over what is there."""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import timedelta

import pytest

from dezky_audit_tui.errors import StoreConflict
from dezky_audit_tui.model.cursor import RECHECK, UNREAD, Hole, Mark, PullState
from dezky_audit_tui.model.instants import floor_ms
from dezky_audit_tui.model.query import EVERYTHING
from dezky_audit_tui.model.set_aside import SetAside
from dezky_audit_tui.store.store import Store
from tests.store.samples import AUTHENTIK, NOON, event, full_event, ids, put, take_lease, walk_down


async def test_an_event_comes_back_as_it_was_given(store: Store) -> None:
    given = full_event()
    committed = await put(store, given)
    [row] = await store.older(EVERYTHING, None, 10)
    assert row.event.recorded_at is not None
    assert replace(row.event, recorded_at=None) == given
    assert committed.inserted == (given,)
    assert await store.get(row.position) == row


async def test_times_are_kept_in_milliseconds_and_the_exact_text_stays_in_the_metadata(store: Store) -> None:
    at = NOON + timedelta(microseconds=771_153)
    await put(store, event(at=at, metadata={"created": "2026-11-24T12:00:00.771153Z"}))
    [row] = await store.older(EVERYTHING, None, 10)
    assert row.event.at == floor_ms(at)
    assert row.event.metadata["created"] == "2026-11-24T12:00:00.771153Z"


async def test_an_event_that_is_there_is_counted_and_left_as_it_was(
    store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    await put(store, event(1))
    again = await put(store, event(1, actor_name="somebody else", tenant_slug="globex"), event(2), event(2))
    assert [each.external_id for each in again.inserted] == ["id-2"]
    assert again.duplicates == 2
    rows = await store.older(EVERYTHING, None, 10)
    assert [row.event.actor_name for row in rows] == ["Ana Lund", "Ana Lund"]
    assert not [record for record in caplog.records if record.name.startswith("dezky")]


async def test_of_many_events_each_is_stored_once_whichever_are_there(store: Store) -> None:
    many = [event(number) for number in range(1, 131)]
    await put(store, *many[3:90:7])
    again = await put(store, *many[:60], *many[50:], many[129], many[0])
    assert list(again.inserted) == [each for each in many if each not in many[3:90:7]]
    assert (again.duplicates, await store.counts()) == (12 + 13, {AUTHENTIK: 130})
    stored = await walk_down(store, "", 200)
    assert {row.event.external_id for row in stored} == {each.external_id for each in many}
    assert len(stored) == len(many)


async def test_the_same_id_of_two_sources_is_two_events(store: Store) -> None:
    await put(store, event(1), event(1, source="mailboxes"))
    assert await store.counts() == {AUTHENTIK: 1, "mailboxes": 1}


async def test_rows_without_an_external_id_never_collide(store: Store) -> None:
    row = event(1, source="platform", external_id=None, metadata={}, tenant_why=None)
    committed = await put(store, row, row, row)
    assert len(committed.inserted) == 3
    assert committed.duplicates == 0
    assert len({row.position for row in await store.older(EVERYTHING, None, 10)}) == 3


async def test_the_pulls_state_comes_back_with_holes_and_exact_texts(store: Store) -> None:
    lease = await take_lease(store)
    assert await store.state(AUTHENTIK) == PullState(AUTHENTIK)
    state = PullState(
        AUTHENTIK,
        cursor=Mark("2026-11-24T12:00:00.005153Z", "e71860cd"),
        settled_at=NOON,
        holes=(
            Hole(Mark("2026-11-24T11:00:00.123456Z", "b"), NOON - timedelta(hours=2), UNREAD, 40, 420),
            Hole(Mark("2026-11-24T09:00:00Z", "~"), None, RECHECK),
        ),
        rewalked_at=NOON - timedelta(days=1),
        history_from=NOON - timedelta(days=30),
    )
    committed = await store.commit((), (), state, lease)
    assert committed.state == replace(state, rev=1)
    assert await store.state(AUTHENTIK) == committed.state
    assert (await store.status(AUTHENTIK)).state == committed.state


async def test_a_state_that_somebody_moved_is_not_overwritten_and_nothing_else_is_stored(store: Store) -> None:
    lease = await take_lease(store)
    stale = await store.state(AUTHENTIK)
    await put(store, event(1), lease=lease)
    with pytest.raises(StoreConflict):
        await store.commit((event(2),), (_set_aside("x"),), stale, lease)
    assert await ids(store, "") == ["id-1"]
    assert await store.quarantined(10) == []
    assert (await store.state(AUTHENTIK)).rev == 1


async def test_what_cannot_be_stored_takes_the_whole_commit_with_it(store: Store) -> None:
    lease = await take_lease(store)
    unstorable = event(2, metadata={"bytes": object()})
    with pytest.raises(TypeError):
        await put(store, event(1), unstorable, lease=lease)
    assert await ids(store, "") == []
    assert await store.counts() == {}
    assert (await store.state(AUTHENTIK)).rev == 0
    await put(store, event(1), lease=lease)
    assert await ids(store, "") == ["id-1"]


async def test_what_no_store_can_hold_is_replaced(store: Store) -> None:
    await put(store, event(1, actor_name="a\x00b\ud800", metadata={"userAgent": "x\ud800"}))
    [row] = await store.older(EVERYTHING, None, 1)
    assert row.event.actor_name == "a�b�"
    assert row.event.metadata["userAgent"] == "x�"


async def test_what_was_set_aside_is_kept_once_newest_first(store: Store) -> None:
    lease = await take_lease(store)
    state = await store.state(AUTHENTIK)
    first = _set_aside("a")
    second = replace(_set_aside("b"), seen_at=NOON + timedelta(minutes=1), created=None, action=None, excerpt=None)
    state = (await store.commit((), (first, second), state, lease)).state
    await store.commit((), (replace(first, reason="another"),), state, lease)
    assert await store.quarantined(10) == [second, first]
    assert await store.quarantined(1) == [second]
    assert await store.quarantined(10, 1) == [first]


async def test_what_one_program_stored_another_reads_at_once(store: Store, other_store: Store) -> None:
    committed = await put(store, event(1), event(2))
    assert await other_store.state(AUTHENTIK) == committed.state
    assert await ids(other_store, "") == ["id-2", "id-1"]


def _set_aside(key: str) -> SetAside:
    return SetAside(AUTHENTIK, key, "no moment in created", NOON, "yesterday", "login", "{pk, created}")
