"""Sessions, bursts, marks and silences on the dashboard, by their keys: real store, real app, a clock of its own."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from dezky_audit_tui.errors import StoreUnavailable
from dezky_audit_tui.insight.live import PAGE
from dezky_audit_tui.model.event import AuditEvent, Position, Row, Target, TenantWhy
from dezky_audit_tui.model.query import Query
from dezky_audit_tui.model.tenants import Resolution
from dezky_audit_tui.tui.screens import insight_keys
from dezky_audit_tui.tui.screens.handover import HandoverScreen
from dezky_audit_tui.tui.screens.sessions import SessionsScreen
from dezky_audit_tui.tui.widgets.lines_view import LinesView
from tests.insight.samples import ANA, BOB, ROOT, acted, ended, event, failed, login, started
from tests.tui.screen import Screen, dashboard

NOW = -4 * 3600.0
"""When the stage's clock starts, in seconds after the samples' noon."""

ELSEWHERE = {"ip": "192.0.2.77"}


@asynccontextmanager
async def shown(folder: Path, *events: AuditEvent, **more: Any) -> AsyncIterator[Screen]:
    """A dashboard on a store with these events, and some of a history that is a day older."""
    async with dashboard(folder, events=10, **more) as screen:
        await come(screen, *events)
        yield screen


async def come(screen: Screen, *events: AuditEvent) -> None:
    """Another program stores events."""
    store = screen.stage.store
    status = await store.status("authentik")
    assert status.lease is not None
    await store.commit(events, (), await store.state("authentik"), status.lease)
    await screen.stage.shown()
    await looked(screen)


async def looked(screen: Screen) -> None:
    """The screen has stood still for long enough to be looked at closer."""
    await screen.settled()
    await screen.pilot.pause(0.3)
    await screen.settled()


def strip(screen: Screen) -> str:
    return screen.line("strip") if screen.main.strip.display else ""


def line_with(screen: Screen, words: str) -> str:
    return next((line for line in screen.rows if words in line), "")


def burst(count: int = 6, start: float = NOW - 100) -> list[AuditEvent]:
    return [failed(start + number) for number in range(count)]


async def test_a_burst_is_one_row_that_opens_and_folds_with_its_success_marked(tmp_path: Path) -> None:
    async with shown(tmp_path, login(NOW - 500, BOB), *burst(), login(NOW - 90)) as screen:
        head = line_with(screen, "6 failed")
        assert "▸" in head
        assert "✘ login" in head
        assert "6 failed, then OK, 00:00:10" in head
        assert screen.body.count("198.51.100.4") == 2
        assert "x open these" in screen.footer
        await screen.press("x")
        assert screen.body.count("login_failed") >= 6
        assert "after 6 failed logins" in line_with(screen, "✘")
        assert "burst open" in screen.footer
        await screen.press("j", "j", "x")
        assert screen.body.count("198.51.100.4") == 2
        assert "▸" in screen.rows[screen.cursor_line]


async def test_a_click_on_its_sign_opens_it_too(tmp_path: Path) -> None:
    async with shown(tmp_path, *burst(), login(NOW - 10, BOB)) as screen:
        line = screen.rows.index(line_with(screen, "▸"))
        await screen.pilot.click("#timeline", offset=(2, line + 1))
        await screen.settled()
        assert "▾" in screen.body
        assert not screen.main.detail.display


async def test_the_detail_tells_the_whole_burst_and_that_it_may_not_be_all(tmp_path: Path) -> None:
    async with shown(tmp_path, *burst(), login(NOW - 90)) as screen:
        await screen.press("enter")
        detail = " ".join(screen.detail.split())
        assert "guessing 6 failed, then OK" in detail
        assert "got in as ana" in detail
        assert "pretend_user_exists" in detail


async def test_spraying_counts_its_names(tmp_path: Path) -> None:
    people = [replace(ANA, id=str(number), name=f"user{number}", email=None) for number in range(20, 28)]
    async with shown(tmp_path, *(failed(NOW - 60 + at, who) for at, who in enumerate(people))) as screen:
        assert "spraying, 8 names, 8 failed" in line_with(screen, "▸")


async def test_with_a_filter_on_a_burst_is_still_told_whole(tmp_path: Path) -> None:
    async with shown(tmp_path, *burst(), login(NOW - 90)) as screen:
        await screen.press("slash", *"outcome:failure", "enter")
        await looked(screen)
        assert "6 failed, then OK" in line_with(screen, "▸")


async def test_the_next_failure_lies_beyond_a_folded_burst(tmp_path: Path) -> None:
    before = failed(NOW - 5000, BOB, ip="192.0.2.9")
    async with shown(tmp_path, before, *burst(8)) as screen:
        await screen.press("e")
        assert screen.chosen == before.external_id
        await screen.press("E")
        assert "8 failed" in screen.rows[screen.cursor_line]


async def test_an_open_impersonation_is_always_told_and_gone_to(tmp_path: Path) -> None:
    long_ago = started(NOW - 30 * 3600, BOB, reason="ticket 42", **ELSEWHERE)
    start = started(NOW - 432)
    between = [login(NOW - 400 + number, BOB) for number in range(300)]
    async with shown(tmp_path, long_ago, start, *between, size=(80, 24)) as screen:
        assert "root AS ana 00:07:12 open" in strip(screen)
        assert "+1 not ended" in strip(screen)
        await screen.stage.time.advance(1)
        screen.main.second()
        assert "root AS ana 00:07:13 open" in strip(screen)
        await screen.press("o")
        assert screen.chosen == start.external_id
        await screen.press("o")
        assert screen.chosen == long_ago.external_id
        await screen.press("o")
        assert screen.chosen == start.external_id
        await come(screen, ended(NOW), ended(NOW, **ELSEWHERE))
        assert strip(screen) == ""
        await screen.press("o")
        assert "no impersonation is open" in screen.footer


async def test_an_open_impersonation_is_told_as_soon_as_the_store_tells_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with shown(tmp_path, login(NOW - 50, BOB)) as screen:
        monkeypatch.setattr(insight_keys, "AGAIN_S", 0.01)
        store, main = screen.stage.store, screen.main
        older, failing = store.older, [StoreUnavailable("locked for too long")]

        async def older_once_more(query: Query, than: Position | None, limit: int) -> Sequence[Row]:
            if limit == PAGE and query.terms and failing:
                raise failing.pop()
            return await older(query, than, limit)

        monkeypatch.setattr(store, "older", older_once_more)
        # Stored before anybody followed: only what is read at the start tells of it.
        main.insights.sessions.take = lambda rows: []  # type: ignore[method-assign]
        await come(screen, started(NOW - 432))
        main.insights.sessions.loaded = False
        await screen.press("o")
        assert "still being read" in screen.footer
        await screen.press("O")
        listed = screen.stage.app.screen.query_one(LinesView)
        assert "still being read" in "\n".join(listed.texts())
        main.load_insights()
        await screen.stage.until(lambda: "root AS ana" in strip(screen), "the impersonation")
        await screen.stage.until(lambda: "still being read" not in "\n".join(listed.texts()), "the list")
        assert not failing


async def test_a_tenant_that_is_found_late_is_the_impersonations_too(tmp_path: Path) -> None:
    unresolved = replace(started(NOW - 432), tenant_why=TenantWhy("lookup_failed", "2"))
    async with shown(tmp_path, unresolved) as screen:
        store = screen.stage.store
        rows = await store.unresolved("authentik", 10)
        lease = (await store.status("authentik")).lease
        assert lease is not None
        found = Resolution("acme", TenantWhy("matched", "2", ("acme",)))
        await store.resolve({row.position: found for row in rows}, lease)
        await screen.main.feed.refresh()
        sessions = screen.main.insights.sessions
        await screen.stage.until(lambda: [each.tenant for each in sessions.open()] == ["acme"], "the tenant")


async def test_a_filter_that_hides_it_is_switched_off_to_show_it(tmp_path: Path) -> None:
    start = started(NOW - 100)
    async with shown(tmp_path, start, login(NOW - 50, BOB)) as screen:
        await screen.press("slash", *"verb:login", "enter")
        await screen.press("o")
        assert screen.chosen == start.external_id
        assert "off: verb:login" in screen.filter
        await screen.press("f")
        assert "verb:login" in screen.filter
        assert "impersonation_started" not in screen.body


async def test_rows_of_a_session_are_tagged_and_fold(tmp_path: Path) -> None:
    session = [started(NOW - 100), acted(NOW - 90), acted(NOW - 80), ended(NOW - 70)]
    async with shown(tmp_path, *session, login(NOW - 60, BOB)) as screen:
        assert [line[2] for line in screen.rows if line[2:3] in tuple("╭│╰")] == ["╭", "│", "│", "╰"]
        await screen.press("j", "x")
        assert "session folded" in screen.footer
        assert "4 events: root AS ana 00:00:30" in line_with(screen, "▸")
        assert "impersonation_started" not in screen.body
        await screen.press("x")
        assert "╰" in line_with(screen, "impersonation_started")


@pytest.mark.parametrize("size", [(60, 20), (80, 24), (120, 40)])
async def test_the_list_has_the_open_ones_first_and_goes_where_it_is_told(
    tmp_path: Path, size: tuple[int, int]
) -> None:
    first, other = started(NOW - 3600), started(NOW - 100, BOB, **ELSEWHERE)
    async with shown(tmp_path, first, ended(NOW - 3500), other, size=size) as screen:
        await screen.press("O")
        listed = screen.stage.app.screen
        assert isinstance(listed, SessionsScreen)
        text = listed.query_one(LinesView).texts()
        assert "bob" in text[2]
        assert "bob  open " in text[2]
        assert any("ana  ended" in line for line in text[3:5])
        assert "00:01:40" in text[2] + text[3]
        assert text[-1].rstrip().endswith("stays open here."), "the whole note"
        await screen.press("j", "enter")
        assert screen.chosen == first.external_id
        await screen.press("O", "escape")
        assert screen.stage.app.screen is screen.main


async def test_a_start_calls_once_and_one_of_the_past_does_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TMUX", raising=False)
    async with shown(tmp_path) as screen:
        rung: list[str] = []
        app = screen.stage.app
        monkeypatch.setattr(app, "bell", lambda: rung.append("bell"))
        monkeypatch.setattr(app, "send", rung.append)
        await come(screen, started(NOW - 30 * 3600, BOB, **ELSEWHERE))
        assert rung == []
        await come(screen, started(NOW - 3))
        assert rung == ["bell"]
        assert "impersonation: root AS ana" in screen.footer
        screen.main.setup = replace(screen.main.setup, bell=False, notify="osc9")
        await come(screen, started(NOW - 2, replace(ANA, id="9", name="\x1b]0;owned\x07"), ip="192.0.2.3"))
        assert rung[1:] == ["\x1b]9;dezky audit: impersonation: root AS ␛]0,owned␇\x07"]


async def test_the_handover_is_a_screen_of_its_own(tmp_path: Path) -> None:
    async with shown(tmp_path, started(NOW - 100), *burst(), login(NOW - 90), size=(80, 24)) as screen:
        await screen.press("h")
        await looked(screen)
        over = screen.stage.app.screen
        assert isinstance(over, HandoverScreen)
        text = "\n".join(over.query_one(LinesView).texts())
        assert "root AS ana" in text
        assert "6 failed, then OK" in text
        assert "0 actions" in text
        await screen.press("s")
        await looked(screen)
        assert "the last 12 hours" in str(over.query_one("#handover-box").border_subtitle)
        await screen.press("escape")
        assert screen.stage.app.screen is screen.main


async def test_what_is_privileged_stands_out_with_mark_and_word_at_any_width(tmp_path: Path) -> None:
    admins = Target("group", "7", "acme-admins")
    group = {"model": "authentik_core.group", "membership": {"added": ["5"]}}
    changes = (
        event("model_updated", NOW - 60, target=admins, **group),
        event("model_deleted", NOW - 50, ANA, target=Target("totpdevice", "1", "phone"), mfa="removed"),
        event("secret_view", NOW - 40, target=Target("token", "2", "backup")),
        event("password_set", NOW - 30, ROOT, target=Target("user", "5", "ana")),
    )
    async with shown(tmp_path, *changes) as screen:
        for words in ("admin group changed", "second factor removed", "secret viewed", "password set by another"):
            assert "◆" in line_with(screen, words)
        await screen.pilot.resize_terminal(80, 24)
        await looked(screen)
        for words in ("admin group changed", "second factor removed", "secret viewed", "password set by"):
            assert "◆" in line_with(screen, words)


async def test_who_set_a_password_may_stand_in_the_next_event_of_the_request(tmp_path: Path) -> None:
    target, request = Target("user", "5", "ana"), {"requestId": "r1"}
    sibling = event("model_updated", NOW - 29, ROOT, target=target, model="authentik_core.user", **request)
    async with shown(tmp_path, event("password_set", NOW - 30, None, target=target, **request)) as screen:
        assert "◆" not in screen.body
        await come(screen, sibling)
        assert "◆ password_set" in line_with(screen, "password set by another")


async def test_an_origin_that_is_new_is_marked_with_the_last_place(tmp_path: Path) -> None:
    home = {"ip": "203.0.113.7", "geo": {"country": "SE"}}
    away = {"ip": "198.51.100.40", "geo": {"country": "BR"}}
    async with shown(tmp_path, login(NOW - 9000, **home), login(NOW - 60, **away)) as screen:
        line = line_with(screen, "+198.51.100.40")
        assert "new country BR" in line
        assert "+203.0.113.7" not in screen.body
        await screen.press("enter")
        await looked(screen)
        detail = " ".join(screen.detail.split())
        assert "new country BR, last seen in SE on Tue 24 Nov 2026 05:30:00 UTC" in detail
        await come(screen, login(NOW - 20_000, **away))
        assert "+198.51.100.40" not in screen.body


async def test_a_source_that_is_away_is_told_in_the_timeline_until_it_is_back(tmp_path: Path) -> None:
    async with dashboard(tmp_path, events=30) as screen:
        fault = screen.stage.simulation.server.faults.set("error_500", count=None)
        await screen.stage.pass_time(65)
        assert "~ ~ ~ not seen since" in screen.rows[0]
        assert re.search("source away, [12] failed tick", screen.rows[0])
        assert "quiet" not in screen.rows[0]
        screen.stage.simulation.server.faults.end(fault)
        await screen.stage.pass_time(130, step=5)
        assert "not seen" not in screen.body


async def test_the_header_has_the_cursor(tmp_path: Path) -> None:
    async with dashboard(tmp_path, events=30, size=(80, 24)) as screen:
        cursor = (await screen.stage.store.state("authentik")).cursor
        assert cursor is not None
        assert f"cursor {cursor.at:%H:%M:%S}" in screen.header or f"cursor {cursor.at:%d %b %H:%M}" in screen.header


async def test_a_paused_reader_stays_at_the_line_while_an_impersonation_comes_and_goes(tmp_path: Path) -> None:
    rows = [login(NOW - 3_000 + at) for at in range(60)]
    async with shown(tmp_path, *rows) as screen:
        await screen.press(*"jjjjjj")

        def place() -> tuple[str | None, int]:
            return screen.chosen, screen.main.timeline.region.y + screen.cursor_line

        before = place()
        await come(screen, started(NOW - 30))
        await screen.stage.until(lambda: screen.main.strip.display and place() == before, "the same line")
        await come(screen, ended(NOW - 10))
        await screen.stage.until(lambda: not screen.main.strip.display and place() == before, "the same line again")
