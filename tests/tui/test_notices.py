"""What is said in the footer: until the next key, or some seconds."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual import events

from dezky_audit_tui.tui.screens import notices
from tests.tui.screen import dashboard


async def test_the_next_key_ends_what_was_said(tmp_path: Path) -> None:
    async with dashboard(tmp_path, events=60) as screen:
        await screen.press("z")
        assert "times as local time" in screen.footer
        await screen.press("j")
        assert "›" not in screen.footer
        assert "tick now" in screen.footer


async def test_the_next_key_may_say_something_else(tmp_path: Path) -> None:
    async with dashboard(tmp_path, events=60) as screen:
        await screen.press("z", "b")
        assert "the volume shows 6 h" in screen.footer


async def test_a_click_and_the_wheel_end_it_too(tmp_path: Path) -> None:
    async with dashboard(tmp_path, events=60) as screen:
        for kind in (events.MouseScrollDown, events.MouseDown):
            await screen.press("b")
            assert "the volume shows" in screen.footer
            screen.stage.app.post_message(kind(None, 30, 10, 0, 0, 0, False, False, False, 30, 10))
            await screen.stage.until(lambda: "the volume shows" not in screen.footer, "the keys")


async def test_an_alarm_outlasts_the_keys(tmp_path: Path) -> None:
    async with dashboard(tmp_path, events=60) as screen:
        screen.main.tell("impersonation: root AS ana", stays=True)
        await screen.press("j", "k")
        assert "root AS ana" in screen.footer


async def test_of_two_that_stay_each_has_its_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(notices, "_NOTICE_S", 0.3)
    async with dashboard(tmp_path, events=60) as screen:
        screen.main.tell("120 events written", stays=True)
        screen.main.tell("impersonation: root AS ana", stays=True)
        assert "120 events written" in screen.footer
        await screen.stage.until(lambda: "root AS ana" in screen.footer, "the one behind it")
        await screen.stage.until(lambda: "tick now" in screen.footer, "the keys")


async def test_where_the_volume_has_no_line_its_time_is_told_with_what_it_is_for(tmp_path: Path) -> None:
    async with dashboard(tmp_path, size=(60, 20), events=30) as screen:
        await screen.press("b")
        assert "6 h: for [ ] and 5; its bars need 22 lines of screen" in screen.footer


async def test_what_has_more_words_than_the_footer_stands_whole_over_the_last_rows(tmp_path: Path) -> None:
    async with dashboard(tmp_path, size=(60, 20), events=60) as screen:
        await screen.press("j")
        place = screen.chosen, screen.main.timeline.region, screen.cursor_line
        notice = screen.main.bars.notice
        screen.main.tell(
            "120 events written to /home/operator/exports/audit-20261124-082712.jsonl, for you alone (0600)"
        )
        await screen.settled()
        assert " ".join(" ".join(notice.texts()).split()).endswith("audit-20261124-082712.jsonl, for you alone (0600)")
        assert notice.region.height == len(notice.texts()) > 1
        assert notice.region.bottom == 20
        assert (screen.chosen, screen.main.timeline.region, screen.cursor_line) == place
        await screen.press("pagedown")
        assert not notice.shown
        lowest = screen.main.timeline.cursor_y
        assert lowest == 18
        screen.main.tell("events written to /home/operator/exports/audit-20261124-082712.jsonl, for you alone (0600)")
        await screen.settled()
        assert notice.shown
        assert notice.region.bottom == lowest, "the selected row stays to be seen"
        screen.main.tell("brief")
        assert not notice.shown
