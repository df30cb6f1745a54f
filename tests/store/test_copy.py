"""Bringing one store's rows and pull state into another: any kind into any kind, cut anywhere, run again."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest
from bson import ObjectId
from hypothesis import example, given
from hypothesis import strategies as st

from dezky_audit_tui.errors import LeaseHeld, LeaseLost, StoreUnavailable
from dezky_audit_tui.model.cursor import UNREAD, Hole, Mark, PullState
from dezky_audit_tui.model.event import AuditEvent
from dezky_audit_tui.model.finding import finding_of
from dezky_audit_tui.model.instants import exact_text
from dezky_audit_tui.model.set_aside import SetAside
from dezky_audit_tui.ops import copy as engine
from dezky_audit_tui.ops.copy import Copy, CopyReport
from dezky_audit_tui.store.store import Store
from tests.effort import costly
from tests.store.houses import HOUSES, House
from tests.store.mongo.shapes import NEAR_DOCUMENTS, platform_rows
from tests.store.mongo_house import MongoHouse, database_of
from tests.store.samples import AUTHENTIK, NOON, event, events_of, failed_lookup, full_event, put, take_lease, walk_down

PAIRS = list(permutations(HOUSES, 2)) + [(kind, kind) for kind in HOUSES]
NAMELESS = event(3, source="platform", external_id=None, action="mailbox.created", tenant_why=None)
GONE = finding_of(event(3), "gone", NOON)
ASIDE = SetAside(AUTHENTIK, "k-1", "no moment", NOON, None, "login", "{}")


def house_of(kind: str, folder: Path, name: str) -> House:
    place = folder / name
    place.mkdir()
    return HOUSES[kind](place)


@pytest.fixture(params=PAIRS, ids=["-to-".join(pair) for pair in PAIRS])
async def pair(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[tuple[Store, Store]]:
    """Where rows are, and an empty store."""
    stores = [await house_of(kind, tmp_path, str(at)).enter() for at, kind in enumerate(request.param)]
    yield stores[0], stores[1]
    for store in stores:
        await store.close()


@pytest.fixture
async def files(tmp_path: Path) -> AsyncIterator[tuple[Store, Store]]:
    """Two stores, where the kind does not matter."""
    stores = [await house_of("sqlite", tmp_path, name).enter() for name in ("origin", "target")]
    yield stores[0], stores[1]
    for store in stores:
        await store.close()


async def run(origin: Store, target: Store) -> CopyReport:
    return await Copy(origin, target, AUTHENTIK).run()


async def rows_of(store: Store) -> list[AuditEvent]:
    """All rows, oldest first."""
    return events_of(await walk_down(store, "", 100))[::-1]


def mark(number: int) -> Mark:
    return Mark(exact_text(event(number).at), f"id-{number}")


async def fill(store: Store, *events: AuditEvent, cursor: int, holes: tuple[Hole, ...] = ()) -> PullState:
    """Events, and a state whose cursor is the event of that number."""
    lease = await take_lease(store)
    before = await store.state(AUTHENTIK)
    state = PullState(
        AUTHENTIK, mark(cursor), event(cursor).at - timedelta(seconds=2), holes, NOON, None, rev=before.rev
    )
    committed = await store.commit(events, (ASIDE,), state, lease)
    await store.note([GONE], lease)
    await store.release_lease(lease)
    return committed.state


async def test_everything_comes_along_and_a_second_run_finds_it_there(pair: tuple[Store, Store]) -> None:
    origin, target = pair
    hole = Hole(mark(4), event(2).at, UNREAD, 120, 400, 20)
    events = [full_event(), *map(event, range(2, 12)), failed_lookup(20), NAMELESS, NAMELESS]
    state = await fill(origin, *events, replace(NAMELESS, actor_name="Bo"), cursor=11, holes=(hole,))
    expected = await rows_of(origin)

    report = await run(origin, target)
    assert (report.total, report.rows, report.inserted, report.duplicates) == (15, 15, 15, 0)
    assert await rows_of(target) == expected
    assert replace(await target.state(AUTHENTIK), rev=0) == replace(state, rev=0)
    assert await target.quarantined(5) == [ASIDE]
    assert await target.findings(5) == [GONE]
    assert (await target.status(AUTHENTIK)).lease is None, "it is given back"

    again = await run(origin, target)
    assert (again.rows, again.inserted, again.duplicates) == (15, 0, 15)
    assert await rows_of(target) == expected
    assert replace(await target.state(AUTHENTIK), rev=0) == replace(state, rev=0)
    assert (await target.counts()) == (await origin.counts())


async def test_what_came_to_the_origin_meanwhile_comes_with_the_next_run(pair: tuple[Store, Store]) -> None:
    origin, target = pair
    await fill(origin, *map(event, range(5)), cursor=4)
    await run(origin, target)
    await fill(origin, *map(event, range(4, 8)), replace(NAMELESS, at=event(6).at), cursor=7)
    report = await run(origin, target)
    assert (report.inserted, report.duplicates) == (4, 5)
    assert await rows_of(target) == await rows_of(origin)
    assert (await target.state(AUTHENTIK)).cursor == mark(7)


@pytest.mark.parametrize("cut", [1, 2, 3, 4, 5, 6])
async def test_cut_between_any_two_writes_it_is_gone_on_from(
    pair: tuple[Store, Store], cut: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    origin, target = pair
    monkeypatch.setattr(engine, "PAGE_ROWS", 3)
    await fill(origin, *map(event, range(9)), NAMELESS, NAMELESS, cursor=8)
    writes, commit = 0, target.commit

    async def cut_commit(*arguments: Any) -> Any:
        nonlocal writes
        writes += 1
        if writes == cut:
            raise StoreUnavailable("cut")
        return await commit(*arguments)

    monkeypatch.setattr(target, "commit", cut_commit)
    with pytest.raises(StoreUnavailable):
        await run(origin, target)
    assert (await target.state(AUTHENTIK)).cursor is None, "it claims nothing before all is there"
    report = await run(origin, target)
    assert (report.rows, report.inserted + report.duplicates) == (11, 11)
    assert await rows_of(target) == await rows_of(origin)
    assert (await target.state(AUTHENTIK)).cursor == mark(8)


async def test_rows_that_tell_the_same_come_as_often_as_they_are_there(
    files: tuple[Store, Store], monkeypatch: pytest.MonkeyPatch
) -> None:
    origin, target = files
    monkeypatch.setattr(engine, "PAGE_ROWS", 2)
    other = replace(NAMELESS, metadata={"note": "another"})
    await put(origin, NAMELESS, NAMELESS, NAMELESS, other, NAMELESS)
    await put(target, NAMELESS, NAMELESS)
    report = await run(origin, target)
    assert (report.inserted, report.duplicates) == (3, 2)
    assert (await run(origin, target)).inserted == 0
    rows = await rows_of(target)
    assert (rows.count(replace(NAMELESS, recorded_at=rows[0].recorded_at)), len(rows)) >= (1, 5)
    assert sum(row.metadata == {"note": "another"} for row in rows) == 1


async def test_the_targets_cursor_goes_forward_and_never_back(files: tuple[Store, Store]) -> None:
    origin, target = files
    await fill(origin, *map(event, range(7)), cursor=6, holes=(Hole(mark(2), None, UNREAD),))
    await fill(target, *map(event, range(3, 9)), cursor=8, holes=(Hole(mark(3), None, UNREAD),))
    report = await run(origin, target)
    assert report.joined
    state = await target.state(AUTHENTIK)
    assert (state.cursor, state.settled_at) == (mark(8), event(6).at)
    assert [hole.top for hole in state.holes] == [mark(2)], "only what neither has read is left to be read"
    back = await run(target, origin)
    assert back.state is not None
    assert (back.state.cursor, back.state.holes) == (state.cursor, state.holes)


async def test_a_target_that_follows_another_log_keeps_its_own_state(files: tuple[Store, Store]) -> None:
    origin, target = files
    await fill(origin, *map(event, range(5)), cursor=4)
    own = await fill(target, *map(event, range(50, 55)), cursor=54, holes=(Hole(mark(50), None, UNREAD),))
    report = await run(origin, target)
    assert not report.joined
    assert report.inserted == 5
    assert replace(await target.state(AUTHENTIK), rev=own.rev) == own


async def test_nothing_is_written_where_somebody_ingests(pair: tuple[Store, Store]) -> None:
    origin, target = pair
    await put(origin, event(1))
    lease = await take_lease(target)
    with pytest.raises(LeaseHeld, match=r"ingests into .*: end it"):
        await run(origin, target)
    assert await rows_of(target) == []
    await target.release_lease(lease)
    assert (await run(origin, target)).inserted == 1


async def test_a_lease_that_was_lost_ends_it(files: tuple[Store, Store], monkeypatch: pytest.MonkeyPatch) -> None:
    origin, target = files
    monkeypatch.setattr(engine, "PAGE_ROWS", 2)
    await put(origin, *map(event, range(6)))
    now = 0.0
    reports: list[CopyReport] = []

    def sleep(report: CopyReport) -> None:
        nonlocal now
        reports.append(report)
        if report.rows:
            now = 60.0

    copy = Copy(origin, target, AUTHENTIK, on_progress=sleep, monotonic=lambda: now)
    with pytest.raises(LeaseLost):
        await copy.run()
    assert copy.report == reports[-1]
    assert (copy.report.rows, copy.report.done) == (2, False)
    assert len(await rows_of(target)) == 2


async def test_an_empty_store_is_copied_as_one(pair: tuple[Store, Store]) -> None:
    origin, target = pair
    report = await run(origin, target)
    assert (report.rows, report.done, report.joined) == (0, True, True)


@given(documents=st.lists(NEAR_DOCUMENTS | platform_rows(), max_size=8))
@example(documents=[{"at": [None]}])
@costly(8)
async def test_rows_of_any_shape_are_neither_lost_nor_doubled(tmp_path: Path, documents: list[dict[str, Any]]) -> None:
    house = MongoHouse(tmp_path)
    ids = {repr(document.get("_id", number)): document for number, document in enumerate(documents)}
    with house.client() as client:
        if ids:
            database_of(client).auditevents.insert_many([dict(document) for document in ids.values()])
    origin = await house.enter()
    into = [house_of(kind, tmp_path, str(ObjectId())) for kind in ("sqlite", "mongodb")]
    stored = len(await rows_of(origin))
    assert stored == len(ids)
    for each in into:
        target = await each.enter()
        assert (await run(origin, target)).inserted == stored
        assert (await run(origin, target)).inserted == 0
        assert len(await rows_of(target)) == stored
        await target.close()
    await origin.close()


async def test_an_external_id_that_is_no_text_makes_no_two_rows_one(tmp_path: Path) -> None:
    house = MongoHouse(tmp_path)
    with house.client() as client:
        odd: list[Any] = [7, 7, "7", {"a": 1}, "x" * 2_000, "x" * 2_000 + "y"]
        database_of(client).auditevents.insert_many([{"source": "p", "externalId": each, "at": NOON} for each in odd])
    origin, target = await house.enter(), await house_of("sqlite", tmp_path, "target").enter()
    assert (await run(origin, target)).inserted == len(odd)
    assert (await run(origin, target)).inserted == 0
    assert [row.external_id for row in await rows_of(target) if row.external_id] == ["7"]
    await origin.close()
    await target.close()
