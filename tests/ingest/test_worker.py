"""The ingester over a real SQLite store, a scripted source and virtual time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import cast

import pytest

from dezky_audit_tui.errors import SettingsError, SourceRefused, SourceUnavailable
from dezky_audit_tui.ingest.tick import TenantRules
from dezky_audit_tui.ingest.worker import Ingester
from dezky_audit_tui.model.query import EVERYTHING
from dezky_audit_tui.model.tenants import GroupPatterns, Membership
from dezky_audit_tui.sources.source import Budget
from dezky_audit_tui.store.lease_owner import make_owner
from dezky_audit_tui.store.open import open_store
from dezky_audit_tui.store.store import Store
from tests.ingest.virtual import START, ScriptedSource, VirtualTime, Watched

RULES = TenantRules(frozenset({"acme"}), GroupPatterns(("*-admins",)))


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    store = open_store(f"sqlite:///{tmp_path}/audit.db")
    await store.open()
    yield cast(Store, Watched(store))
    await store.close()


@asynccontextmanager
async def running(
    source: ScriptedSource, store: Store, time: VirtualTime, *, enabled: bool = True, owner: str | None = None
) -> AsyncIterator[Ingester]:
    time.stores = (*time.stores, cast(Watched, store))
    ingester = Ingester(source, store, budget=Budget(), rules=RULES, enabled=enabled, clocks=time.clocks, owner=owner)
    task = asyncio.create_task(ingester.run())
    await time.settle()
    try:
        yield ingester
    finally:
        if source.gate is not None:
            source.gate.set()
        await ingester.stop()
        await asyncio.wait_for(task, 5)


async def test_it_ticks_at_the_start_and_then_every_interval(store: Store) -> None:
    source, time = ScriptedSource(), VirtualTime()
    async with running(source, store, time) as ingester:
        assert len(source.triggers) == 1
        await time.advance(59)
        assert len(source.triggers) == 1
        assert ingester.state.phase == "waiting"
        await time.advance(2)
        assert len(source.triggers) == 2
        await time.advance(600)
        assert len(source.triggers) == 12
    triggers = [report.trigger for report in await store.ticks("authentik", 100)]
    assert triggers[-1] == "startup"
    assert set(triggers[:-1]) == {"timer"}
    assert ingester.state.phase == "stopped"


async def test_a_forced_tick_runs_at_once(store: Store) -> None:
    source, time = ScriptedSource(), VirtualTime()
    async with running(source, store, time) as ingester:
        await time.advance(10)
        assert ingester.force() == "started"
        await time.settle()
        assert len(source.triggers) == 2
        assert ingester.state.last is not None
        assert ingester.state.last.trigger == "forced"


async def test_a_tick_forced_while_the_store_is_asked_for_wishes_is_not_forgotten(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    source, time = ScriptedSource(), VirtualTime()
    async with running(source, store, time) as ingester:

        async def nobody_asked(*_: object) -> bool:
            if len(source.triggers) == 1:
                assert ingester.force() == "started"
            return False

        monkeypatch.setattr(store, "take_force", nobody_asked)
        await time.advance(2)
        assert len(source.triggers) == 2
        assert ingester.state.last is not None
        assert ingester.state.last.trigger == "forced"


async def test_a_tick_forced_during_one_is_folded_into_it(store: Store) -> None:
    source, time = ScriptedSource(gate=asyncio.Event()), VirtualTime()
    async with running(source, store, time) as ingester:
        assert ingester.state.phase == "ticking"
        assert ingester.force() == "folded"
        assert ingester.force() == "folded"
        assert source.gate is not None
        source.gate.set()
        await time.settle()
        assert len(source.triggers) == 1
        assert source.most_running == 1


async def test_a_tick_forced_during_one_that_has_read_the_newest_comes_right_after_it(store: Store) -> None:
    source, time = ScriptedSource(second_page=(second_page := asyncio.Event())), VirtualTime()
    async with running(source, store, time) as ingester:
        assert ingester.state.phase == "ticking"
        assert ingester.state.progress is not None
        assert ingester.force() == "next"
        second_page.set()
        await time.settle()
        assert ingester.state.last is not None
        assert ingester.state.last.trigger == "forced"
        assert len(source.triggers) == 2


async def test_unread_holes_are_filled_by_catch_up_ticks_at_once(store: Store) -> None:
    source, time = ScriptedSource(pages_left=5), VirtualTime()
    async with running(source, store, time):
        await time.advance(2)
        assert source.triggers == [False, True, True, True, True, True]
        await time.advance(50)
        assert len(source.triggers) == 6


async def test_a_tick_forced_during_a_catch_up_tick_looks_at_the_head_next(store: Store) -> None:
    source, time = ScriptedSource(pages_left=50), VirtualTime()
    async with running(source, store, time) as ingester:
        source.gate = asyncio.Event()
        await time.advance(0.1)
        assert ingester.state.trigger == "catch_up"
        assert ingester.force() == "next"
        source.gate.set()
        await time.advance(0.001)
        assert False in source.triggers[1:]


async def test_failures_back_off_and_one_good_tick_ends_them(store: Store) -> None:
    source, time = ScriptedSource(fail_with=[SourceUnavailable("away") for _ in range(4)]), VirtualTime()
    async with running(source, store, time) as ingester:
        assert ingester.state.failures == 1
        assert ingester.state.why == "away"
        await time.advance(4.9)
        assert len(source.triggers) == 1
        await time.advance(0.2)
        assert len(source.triggers) == 2
        await time.advance(30.1)
        assert len(source.triggers) == 4
        assert ingester.state.failures == 4
        await time.advance(41)
        assert ingester.state.failures == 0
        assert ingester.state.why is None
        assert ingester.state.last is not None
        assert ingester.state.last.outcome == "ok"
    outcomes = [report.outcome for report in await store.ticks("authentik", 10)]
    assert outcomes == ["ok", "failed", "failed", "failed", "failed"]


async def test_a_source_that_asks_for_a_pause_gets_it(store: Store) -> None:
    source, time = ScriptedSource(fail_with=[SourceUnavailable("busy", retry_after=50.0)]), VirtualTime()
    async with running(source, store, time):
        await time.advance(49)
        assert len(source.triggers) == 1
        await time.advance(2)
        assert len(source.triggers) == 2


async def test_an_error_of_the_program_itself_is_told_and_does_not_end_the_ingester(store: Store) -> None:
    source, time = ScriptedSource(fail_with=[RuntimeError("a bug")]), VirtualTime()  # type: ignore[list-item]
    async with running(source, store, time) as ingester:
        assert ingester.state.last is not None
        assert ingester.state.last.error is not None
        assert ingester.state.last.error.kind == "internal"
        await time.advance(6)
        assert ingester.state.last.outcome == "ok"


async def test_a_setting_that_proves_wrong_when_it_is_used_is_told_in_its_own_words(store: Store) -> None:
    wrong = SettingsError("AUTHENTIK_CA_BUNDLE: ca.pem cannot be read (No such file or directory)")
    source, time = ScriptedSource(fail_with=[wrong]), VirtualTime()
    async with running(source, store, time) as ingester:
        assert ingester.state.last is not None
        assert ingester.state.last.error is not None
        assert (ingester.state.last.error.kind, ingester.state.why) == ("settings", wrong.message)
        await time.advance(6)
        assert ingester.state.failures == 0


async def test_a_disabled_ingester_sends_nothing(store: Store) -> None:
    source, time = ScriptedSource(), VirtualTime()
    async with running(source, store, time, enabled=False) as ingester:
        await time.advance(600)
        assert ingester.state.phase == "disabled"
        assert ingester.force() == "disabled"
        await time.advance(5)
    assert source.requests == 0
    assert (await store.status("authentik")).lease is None


async def test_one_ingests_and_the_other_watches_and_takes_over(store: Store, tmp_path: Path) -> None:
    other_store = cast(Store, Watched(open_store(f"sqlite:///{tmp_path}/audit.db")))
    await other_store.open()
    one, two, time = ScriptedSource(), ScriptedSource(), VirtualTime()
    async with (
        running(one, store, time, owner="ann@here/1/a-b-1") as first,
        running(two, other_store, time, owner="ben@there/2/c-d-1") as second,
    ):
        assert second.state.phase == "watching"
        assert second.state.holder == "ann@here/1/a-b-1"
        assert "ann@here" in (second.state.why or "")
        ticks = len(one.triggers)
        assert second.force() == "asked"
        await time.advance(2.5)
        assert len(one.triggers) == ticks + 1, "the holder was asked for the tick"
        assert two.requests == 0
        await first.stop()
        await time.advance(2)
        assert second.state.phase == "waiting"
        assert two.requests == 1
    await other_store.close()
    assert one.most_running == two.most_running == 1


async def test_stopping_during_a_tick_ends_soon_and_gives_the_lease_back(store: Store) -> None:
    source, time = ScriptedSource(gate=asyncio.Event()), VirtualTime()
    time.stores = (cast(Watched, store),)
    ingester = Ingester(source, store, budget=Budget(), rules=RULES, clocks=time.clocks)
    task = asyncio.create_task(ingester.run())
    await time.settle()
    stopping = asyncio.create_task(ingester.stop())
    await asyncio.wait_for(asyncio.gather(task, stopping), 5)
    assert (await store.status("authentik")).lease is None
    assert list(await store.older(EVERYTHING, None, 10)) == []


async def test_a_failed_look_up_is_made_good_when_the_directory_answers(store: Store) -> None:
    source, time = ScriptedSource(directory_error="groups: no permission"), VirtualTime()
    async with running(source, store, time) as ingester:
        (row,) = await store.older(EVERYTHING, None, 10)
        assert row.event.tenant_why is not None
        assert row.event.tenant_why.reason == "lookup_failed"
        assert ingester.state.last is not None
        assert ingester.state.last.tenants == {"lookup_failed": 1}
        assert "no permission" in (ingester.state.last.warning or "")
        source.members["5"] = Membership(("acme-admins", "acme"), START)
        source.directory_error = None
        ingester.force()
        await time.settle()
        rows = await store.older(EVERYTHING, None, 10)
        assert [row.event.tenant_slug for row in rows] == ["acme", "acme"]
        assert rows[-1].event.tenant_why is not None
        assert rows[-1].event.tenant_why.stripped == ("acme-admins",)


async def test_a_refusal_is_told_in_the_words_of_the_source(store: Store) -> None:
    source, time = ScriptedSource(fail_with=[SourceRefused("the token is wrong", kind="token_invalid")]), VirtualTime()
    async with running(source, store, time) as ingester:
        assert ingester.state.why == "the token is wrong"
        (report,) = await store.ticks("authentik", 1)
        assert report.error is not None
        assert report.error.kind == "token_invalid"


async def test_another_that_asks_has_its_turn_between_two_ticks(store: Store) -> None:
    source, time = ScriptedSource(pages_left=50), VirtualTime()
    async with running(source, store, time) as ingester:
        source.gate = asyncio.Event()
        await time.advance(0.1)
        assert ingester.state.trigger == "catch_up"
        await store.request_lease("authentik", asker := make_owner())
        await time.advance(5)
        assert ingester.state.phase == "ticking", "not within one"
        ticks = len(source.triggers)
        source.gate.set()
        await time.settle()
        assert len(source.triggers) == ticks
        assert ingester.state.phase == "watching"
        assert ingester.state.holder == asker
        turn = await store.acquire_lease("authentik", asker, 30)
        assert turn is not None
        assert ingester.force() == "asked"
        await time.settle()
        assert await store.take_force("authentik", turn), "who has its turn is asked for a tick"
        await store.release_lease(turn)
        await time.advance(1.1)
        assert len(source.triggers) > ticks
        assert ingester.state.failures == 0


async def test_another_that_asks_while_it_waits_has_its_turn_within_seconds(store: Store) -> None:
    source, time = ScriptedSource(), VirtualTime()
    async with running(source, store, time) as ingester:
        await time.advance(10)
        await store.request_lease("authentik", asker := make_owner())
        await time.advance(1.1)
        assert (ingester.state.phase, ingester.state.holder) == ("watching", asker)


async def test_users_that_wait_for_their_look_up_are_told_and_the_next_tick_comes_at_once(store: Store) -> None:
    source, time = ScriptedSource(users_waiting=850), VirtualTime()
    async with running(source, store, time) as ingester:
        assert ingester.state.last is not None
        assert ingester.state.last.warning == (
            "850 users wait for a look-up of groups; until then, events lack a tenant"
        )
        await time.advance(0.1)
        assert source.triggers[:3] == [False, True, True]
        source.users_waiting = 0
        await time.advance(1)
        ticks = len(source.triggers)
        await time.advance(30)
        assert len(source.triggers) == ticks
        assert ingester.state.last.warning is None


async def test_where_look_ups_fail_the_others_wait_for_the_next_interval(store: Store) -> None:
    source, time = ScriptedSource(users_waiting=850, directory_error="groups: no answer"), VirtualTime()
    async with running(source, store, time) as ingester:
        await time.advance(59)
        assert len(source.triggers) == 1
        assert ingester.state.last is not None
        assert ingester.state.last.warning == "groups could not be looked up, so tenants wait: groups: no answer"
