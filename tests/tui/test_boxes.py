"""Boxes over the dashboard: keys and clicks that come too early, or twice."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual import events

from tests.insight.samples import BOB, started
from tests.tui.screen import dashboard
from tests.tui.test_insight_keys import ELSEWHERE, NOW, shown

BOXES = {
    "app.command_palette": ["command_list('page_down')", "cursor_down"],
    "help": ["scroll(1)"],
    "impersonations": ["move(1)", "scroll(1)"],
    "handover": ["scroll(1)"],
    "copy": ["move(1)", "turn"],
}
"""What opens each, and what its keys do."""


@pytest.mark.parametrize("opens", BOXES)
async def test_one_that_is_closed_twice_closes_nothing_else(tmp_path: Path, opens: str) -> None:
    async with dashboard(tmp_path, events=30) as screen:
        app = screen.stage.app
        await app.run_action(opens, screen.main)
        await screen.settled()
        box = app.screen
        assert box is not screen.main
        box.dismiss()
        box.dismiss()
        await screen.settled()
        assert app.screen is screen.main


@pytest.mark.parametrize("opens", BOXES)
async def test_a_key_before_its_parts_are_there_breaks_nothing(tmp_path: Path, opens: str) -> None:
    async with dashboard(tmp_path, events=30) as screen:
        app = screen.stage.app
        await app.run_action(opens, screen.main)
        assert app.screen is not screen.main
        for action in BOXES[opens]:
            await app.run_action(action, app.screen)
        await screen.press("escape")
        assert app.screen is screen.main


async def test_where_there_is_no_room_for_the_list_its_keys_break_nothing(tmp_path: Path) -> None:
    async with shown(tmp_path, started(NOW - 3600), started(NOW - 100, BOB, **ELSEWHERE), size=(1, 1)) as screen:
        await screen.press("O", "j", "G", "k", "escape")
        await screen.press("ctrl+p", "pagedown", "down", "ctrl+end", "escape")
        assert screen.stage.app.screen is screen.main


async def test_a_click_beside_all_that_is_there_after_a_resize_breaks_nothing(tmp_path: Path) -> None:
    async with dashboard(tmp_path, events=30) as screen:
        await screen.press("ctrl+p")
        palette = screen.stage.app.screen
        palette.post_message(events.Click(palette, 500, 500, 0, 0, 1, False, False, False, 500, 500))
        await screen.settled()
        await screen.press("escape")
        assert screen.stage.app.screen is screen.main


async def test_the_palette_can_be_clicked_away_while_it_searches(tmp_path: Path) -> None:
    async with dashboard(tmp_path, events=30) as screen:
        app = screen.stage.app
        for key in ("ctrl+p", "tab", "["):
            app.post_message(events.Key(key, key if len(key) == 1 else None))
        for kind in (events.MouseDown, events.MouseUp) * 2:
            app.post_message(kind(None, 10, 0, 0, 0, 1, False, False, False, 10, 0))
        await screen.settled()
        await screen.press("escape")
        assert app.screen is screen.main


async def test_a_box_that_is_clicked_before_its_parts_are_there_is_not_closed_half_made(tmp_path: Path) -> None:
    async with dashboard(tmp_path, events=30) as screen:
        app = screen.stage.app
        await app.run_action("app.command_palette", screen.main)
        app.screen.dismiss()
        await screen.settled()
        await screen.press("escape")
        assert app.screen is screen.main
