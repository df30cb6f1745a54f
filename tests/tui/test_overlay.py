"""What lies over other parts comes and goes without a new layout, and is out of the way while it is not seen."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.widget import Widget

from tests.tui.screen import Screen, dashboard


def layouts_of(screen: Screen) -> list[object]:
    """One for each time that the screen is laid out from now on."""
    found: list[object] = []
    screen.main.screen_layout_refresh_signal.subscribe(screen.main, found.append, immediate=True)
    return found


def widget_at(screen: Screen, x: int, y: int) -> Widget:
    return screen.main.get_widget_at(x, y)[0]


@pytest.mark.parametrize("leave", ["enter", "escape"])
async def test_a_prompt_opens_and_closes_without_a_layout(leave: str, tmp_path: Path) -> None:
    async with dashboard(tmp_path, events=60) as screen:
        await screen.press("/")
        await screen.press(leave)
        layouts = layouts_of(screen)
        await screen.press("/")
        assert screen.main.prompt.is_open
        assert screen.main.notes.shown
        await screen.press(leave)
        assert not screen.main.prompt.is_open
        assert not screen.main.notes.shown
        assert not layouts


async def test_what_is_not_seen_takes_no_click_and_no_focus(tmp_path: Path) -> None:
    async with dashboard(tmp_path, events=60) as screen:
        main = screen.main
        assert widget_at(screen, 3, 1) is main.bars.filter
        assert main.notes not in [widget_at(screen, 3, y) for y in range(main.size.height)]
        assert not [each for each in main.focus_chain if main.prompt in each.ancestors]
        await screen.press("/")
        assert main.prompt in widget_at(screen, 3, 1).ancestors_with_self
        assert widget_at(screen, 3, 2) is main.notes
        assert [each for each in main.focus_chain if main.prompt in each.ancestors]
        await screen.press("escape")
        await screen.stage.until(lambda: not main.prompt.is_open, "its end")
        assert widget_at(screen, 3, 1) is main.bars.filter
        assert main.notes is not widget_at(screen, 3, 2)


async def test_a_prompt_that_is_open_stays_over_the_line_at_another_size(tmp_path: Path) -> None:
    async with dashboard(tmp_path, events=60) as screen:
        await screen.press("/", *"verb:lo")
        await screen.pilot.resize_terminal(80, 24)
        await screen.stage.until(lambda: screen.main.prompt.size.width == 80, "the other size")
        assert widget_at(screen, 3, 1) in screen.main.prompt.walk_children()
        assert screen.main.prompt.text == "verb:lo"
