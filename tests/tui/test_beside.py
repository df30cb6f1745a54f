"""What comes beside a reading, or cuts it short: no row is lost or counted twice, no count is of another view."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from dezky_audit_tui.errors import Interrupted
from dezky_audit_tui.model.event import AuditEvent, Position, Row
from dezky_audit_tui.model.query import Query
from dezky_audit_tui.store.store import Changes
from tests.tui.rows import event, put
from tests.tui.screen import Screen, dashboard


def platform_login(screen: Screen, n: int, **changes: Any) -> AuditEvent:
    """A row of another writer, newer than the whole story."""
    at = screen.stage.time.wall() + timedelta(milliseconds=n)
    return replace(event(n, action="platform.login", source="platform", external_id=None, **changes), at=at)


async def come(screen: Screen, *events: AuditEvent) -> None:
    """Another writer stores rows, and the screen reads them."""
    await put(screen.stage.store, list(events), source="platform")
    await screen.main.feed.refresh()


async def idle(screen: Screen) -> None:
    """Until nothing is read or counted any more, however slow the machine is."""
    await screen.settled()
    main = screen.main
    working = ("browse", "count")
    await screen.stage.until(
        lambda: all(worker.is_finished for worker in main.workers if worker.group in working), "an idle screen"
    )
    await screen.settled()


async def press(screen: Screen, *keys: str) -> None:
    """The keys, and all that comes of them."""
    await screen.press(*keys)
    await idle(screen)


async def filter_by(screen: Screen, text: str) -> None:
    """A filter, and all that it shows."""
    await press(screen, "slash", *text, "enter")


async def test_what_was_there_before_the_pause_is_not_new_whatever_filter_holds(tmp_path: Path) -> None:
    async with dashboard(tmp_path, events=60) as screen:
        await come(screen, platform_login(screen, 1), platform_login(screen, 2))
        await filter_by(screen, "source:authentik")
        await screen.press("space")
        await press(screen, "f")
        assert "new" not in screen.filter
        await come(screen, platform_login(screen, 3))
        assert "+1 new" in screen.filter
        await press(screen, "f")
        assert "new" not in screen.filter


async def test_after_a_jump_into_the_past_only_what_comes_is_new(tmp_path: Path) -> None:
    async with dashboard(tmp_path, events=450) as screen:
        await press(screen, "G")
        await filter_by(screen, "source:authentik")
        assert "paused" in screen.filter
        assert "new" not in screen.filter


async def test_a_row_that_comes_beside_the_count_of_what_is_new_is_counted_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with dashboard(tmp_path, events=60) as screen:
        await screen.press("space")
        await come(screen, platform_login(screen, 1))
        store = screen.main.setup.store
        newer, late = store.newer, [platform_login(screen, 2)]

        async def newer_late(query: Query, than: Position | None, limit: int) -> Sequence[Row]:
            if limit == 1_000 and late:
                await come(screen, late.pop())
            return await newer(query, than, limit)

        monkeypatch.setattr(store, "newer", newer_late)
        await filter_by(screen, "source:platform")
        assert "+2 new" in screen.filter


async def test_a_move_that_cuts_in_leaves_no_count_of_the_filter_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with dashboard(tmp_path, events=60) as screen:
        await screen.press("space")
        await come(screen, platform_login(screen, 1))
        store = screen.main.setup.store
        newer, gate = store.newer, asyncio.Event()

        async def newer_held(query: Query, than: Position | None, limit: int) -> Sequence[Row]:
            if limit == 1_000:
                await gate.wait()
            return await newer(query, than, limit)

        monkeypatch.setattr(store, "newer", newer_held)
        await screen.pilot.press("slash", *"verb:login", "enter")
        await screen.pilot.pause(0.1)
        await screen.pilot.press("E")
        gate.set()
        await idle(screen)
        matching = await store.count(screen.main.browser.query)
        assert f"{matching} of 61" in screen.filter
        assert "+1 new" in screen.filter


async def test_rows_that_come_beside_a_slow_count_are_in_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with dashboard(tmp_path, events=60) as screen:
        monkeypatch.setattr("dezky_audit_tui.tui.timeline.counting.SLOW_S", 0.0)
        store, here = screen.main.setup.store, screen.main.timeline.selected
        assert here is not None
        count, late = store.count, [replace(platform_login(screen, 1), action=here.event.action)]

        async def count_slow(query: Query) -> int:
            found = await count(query)
            if late:
                await come(screen, late.pop())
            return found

        monkeypatch.setattr(screen.main.volume, "is_due", lambda now: False)
        monkeypatch.setattr(store, "count", count_slow)
        await press(screen, "v")
        assert not late
        matching = await count(screen.main.browser.query)
        assert f"{matching} of 61" in screen.filter


def hold(screen: Screen, monkeypatch: pytest.MonkeyPatch, text: str) -> asyncio.Event:
    """The pages of a filter are read, but come only when the event is set."""
    store = screen.main.setup.store
    older, gate = store.older, asyncio.Event()

    async def older_held(query: Query, than: Position | None, limit: int) -> Sequence[Row]:
        rows = await older(query, than, limit)
        if query.text == text:
            await gate.wait()
        return rows

    monkeypatch.setattr(store, "older", older_held)
    return gate


async def test_a_tenant_that_is_found_late_takes_no_filter_away_that_is_on_its_way(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with dashboard(tmp_path, events=60) as screen:
        gate = hold(screen, monkeypatch, "verb:login")
        await screen.pilot.press("slash", *"verb:login", "enter")
        await screen.stage.until(lambda: screen.main.browser.loading, "the filter on its way")
        screen.main.feed._on_changes(Changes(resolved=True))
        await screen.pilot.pause()
        gate.set()
        await idle(screen)
        assert " verb:login " in screen.filter


@pytest.mark.parametrize("keys", [("e",), ("G",), ("m", "g"), ("j", "e")], ids=" ".join)
async def test_a_move_takes_no_filter_away_that_is_on_its_way(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, keys: Sequence[str]
) -> None:
    async with dashboard(tmp_path, events=60) as screen:
        gate = hold(screen, monkeypatch, "verb:login")
        await screen.pilot.press("slash", *"verb:login", "enter")
        await screen.stage.until(lambda: screen.main.browser.loading, "the filter on its way")
        await screen.pilot.press(*keys)
        await screen.pilot.pause()
        gate.set()
        await idle(screen)
        assert " verb:login " in screen.filter
        assert screen.main.browser.query.text == "verb:login"


async def test_keys_that_come_in_one_go_lose_no_term(tmp_path: Path) -> None:
    async with dashboard(tmp_path, events=60) as screen:
        main = screen.main
        main.typed_filter("verb:login")
        main.action_newest()
        await idle(screen)
        assert " verb:login " in screen.filter
        main.action_pivot("actor")
        main.action_pivot("ip")
        await idle(screen)
        assert [term.text.split(":")[0] for term in main.browser.query.terms] == ["verb", "actor", "ip"]


async def test_a_store_that_comes_back_takes_no_filter_away_and_is_read_once_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with dashboard(tmp_path, events=60) as screen:
        gate = hold(screen, monkeypatch, "verb:login")
        await screen.pilot.press("slash", *"verb:login", "enter")
        await screen.stage.until(lambda: screen.main.browser.loading, "the filter on its way")
        await screen.pilot.pause()
        await screen.main.feed._on_open()
        # Stored while nobody followed: only another reading of the page shows it.
        follower = screen.main.feed._follower
        assert follower is not None
        async with screen.main.feed._turn:
            await put(screen.stage.store, [platform_login(screen, 1, actor_name="unseen")], source="platform")
            await follower.poll()
        gate.set()
        await screen.stage.until(lambda: "unseen" in screen.body, "another reading of the page")
        assert " verb:login " in screen.filter


async def test_a_search_that_is_stopped_while_the_store_is_read_anew_leaves_no_gap(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with dashboard(tmp_path, events=60) as screen:
        await filter_by(screen, "verb:login")
        store = screen.main.setup.store
        older = store.older

        async def older_stopped(query: Query, than: Position | None, limit: int) -> Sequence[Row]:
            if query.text == "verb:login":
                raise Interrupted("the search was cancelled")
            return await older(query, than, limit)

        monkeypatch.setattr(store, "older", older_stopped)
        await screen.main.feed._on_open()
        await idle(screen)
        assert "off: verb:login (f: on again)" in screen.filter
        assert "f brings it back" in screen.footer


async def test_the_top_pane_is_of_the_filter_that_holds_however_much_comes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with dashboard(tmp_path, events=60, rate=0.1) as screen:
        await screen.stage.pass_time(120, step=10)
        await press(screen, "5")

        def tops() -> str:
            return "\n".join(screen.main.dock.top.texts())

        await screen.stage.until(lambda: "login" in tops(), "the lists")
        await come(screen, platform_login(screen, 1))
        await filter_by(screen, "source:platform")
        screen.main.second()
        await screen.stage.until(lambda: "platform.login" in tops() and "authentik" not in tops(), "its own list")

        store = screen.main.setup.store
        older, stopping = store.older, [True]

        async def older_stopped(query: Query, than: Position | None, limit: int) -> Sequence[Row]:
            if limit == 500 and stopping:
                stopping.clear()
                raise Interrupted("the search was cancelled")
            return await older(query, than, limit)

        monkeypatch.setattr(store, "older", older_stopped)
        await press(screen, "f")
        screen.main.second()
        await screen.stage.until(lambda: "platform.login" not in tops(), "no list of another filter")
        await screen.stage.pass_time(6)
        await screen.stage.until(lambda: "authentik.login" in tops(), "the list counted again")
