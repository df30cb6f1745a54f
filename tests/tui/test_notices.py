"""What is said in the footer: until the next key, or some seconds."""

from __future__ import annotations

from pathlib import Path

from textual import events

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
