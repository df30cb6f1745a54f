"""The colours: every word can be read, in each of the two themes that bring their own background."""

from __future__ import annotations

from pathlib import Path

import pytest
from rich.style import Style

from dezky_audit_tui.tui.widgets.timeline_strips import STYLES
from dezky_audit_tui.tui.words.pieces import TONES
from tests.tui.screen import dashboard

LEAST = 4.5
"""WCAG 2.2, 1.4.3: contrast of text."""

NO_WORDS = {"bar", "thumb", "selected"}
"""The scroll bar, and a background."""


def contrast(style: Style) -> float:
    def luminance(rgb: tuple[int, int, int]) -> float:
        parts = [part / 255 for part in rgb]
        red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    assert style.color is not None
    assert style.bgcolor is not None
    two = sorted(luminance(tuple(color.get_truecolor())) for color in (style.color, style.bgcolor))
    return (two[1] + 0.05) / (two[0] + 0.05)


@pytest.mark.parametrize("theme", ["dark", "light"])
async def test_every_tone_stands_out_from_its_background(theme: str, tmp_path: Path) -> None:
    async with dashboard(tmp_path, events=30) as screen:
        app, timeline = screen.stage.app, screen.main.timeline
        app.theme = theme
        await screen.settled()
        lines = {tone: app.get_component_styles(f"line--{tone}").rich_style for tone in TONES}
        rows = {name: timeline.get_component_rich_style(f"timeline--{name}") for name in STYLES}
        found = {name: contrast(style) for name, style in {**lines, **rows}.items() if name not in NO_WORDS}
        assert {name: ratio for name, ratio in found.items() if ratio < LEAST} == {}


@pytest.mark.parametrize("theme", ["dark", "light"])
async def test_a_selected_row_can_be_read_too(theme: str, tmp_path: Path) -> None:
    async with dashboard(tmp_path, events=30) as screen:
        app, timeline = screen.stage.app, screen.main.timeline
        app.theme = theme
        await screen.settled()
        selected = Style(bgcolor=timeline.get_component_rich_style("timeline--selected").bgcolor)
        rows = ("plain", "quiet", "time", "tenant", "failure", "privileged", "impersonation", "new", "tag", "flag")
        found = {name: contrast(timeline.get_component_rich_style(f"timeline--{name}") + selected) for name in rows}
        assert {name: ratio for name, ratio in found.items() if ratio < LEAST} == {}
