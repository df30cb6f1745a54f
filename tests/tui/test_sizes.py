"""How the parts share screens of other sizes than the usual two."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.tui.screen import dashboard


@pytest.mark.parametrize(("width", "detail"), [(60, 60), (119, 119), (120, 56), (200, 80), (250, 100), (300, 110)])
async def test_the_detail_takes_its_share(width: int, detail: int, tmp_path: Path) -> None:
    async with dashboard(tmp_path, size=(width, 30), events=30) as screen:
        await screen.press("j", "enter")
        edge = width >= 120
        await screen.stage.until(lambda: screen.main.detail.size.width + edge == detail, "its width")
        assert screen.main.timeline.display == (width >= 120)
