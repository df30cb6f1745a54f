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


@pytest.mark.parametrize("size", [(20, 5), (30, 8), (60, 6)])
async def test_however_small_the_screen_the_selected_row_is_on_it(size: tuple[int, int], tmp_path: Path) -> None:
    async with dashboard(tmp_path, size=size, events=60) as screen:
        for keys in ((), ("j", "j", "j"), ("1",), ("t", "a")):
            await screen.press(*keys)
            line = screen.main.timeline.cursor_y
            assert line is not None
            assert line < size[1]
            assert screen.main.timeline.region.contains(0, line)
