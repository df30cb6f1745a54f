"""Without a colour, what is chosen and where the caret stands can be seen still."""

from __future__ import annotations

from pathlib import Path

import pytest
from rich.segment import Segment

from dezky_audit_tui.tui.widgets.timeline_strips import STYLES, Painter
from tests.tui.screen import Screen, dashboard


@pytest.fixture(autouse=True)
def no_colour(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")


def line(screen: Screen, y: int) -> list[Segment]:
    """What is painted on a line of the screen."""
    return list(screen.stage.app.screen._compositor.render_strips()[y])


def turned_around(segments: list[Segment]) -> str:
    return "".join(part.text for part in segments if part.style and part.style.reverse)


async def test_a_prompt_shows_its_caret(tmp_path: Path) -> None:
    async with dashboard(tmp_path, events=30) as screen:
        await screen.press("slash", *"verb:log", "left")
        assert turned_around(line(screen, 1)) == "g"


async def test_the_palette_shows_its_caret_and_what_is_chosen(tmp_path: Path) -> None:
    async with dashboard(tmp_path, events=30) as screen:
        await screen.press("ctrl+p", *"older", "left")
        app = screen.stage.app
        await screen.stage.until(lambda: "lder" in "".join(part.text for part in line(screen, 4)), "what fits")
        await screen.pilot.pause(0.1)
        assert turned_around(line(screen, 2)) == "r"
        lined = [
            "".join(part.text for part in line(screen, y) if part.style and part.style.underline)
            for y in range(app.size.height)
        ]
        assert sum(" (" in text for text in lined) == 1


async def test_the_time_of_the_selected_row_is_as_bright_as_the_row(tmp_path: Path) -> None:
    async with dashboard(tmp_path, events=30) as screen:
        chosen = line(screen, screen.main.timeline.region.y + 1 + screen.cursor_line)
        assert turned_around(chosen).strip()
        assert not [part.text for part in chosen if part.style and part.style.reverse and part.style.dim]


async def test_a_hit_is_not_turned_around_with_the_row_that_it_is_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NO_COLOR")
    async with dashboard(tmp_path, events=30) as screen:
        timeline = screen.main.timeline
        painter = Painter(timeline.get_component_rich_style)
        assert set(painter.styles) == set(STYLES)
        found = painter.styles["broken-in"] + painter.styles["hit"]
        assert not found.reverse
        assert found.bgcolor == painter.styles["hit"].bgcolor
