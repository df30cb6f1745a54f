"""What waits for the reader to stand still is done once, however many keys came before, and done at last."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from dezky_audit_tui.tui.timeline import stillness
from dezky_audit_tui.tui.timeline.stillness import Stillness
from tests.tui.screen import dashboard


async def test_many_moves_are_one_call_behind_the_last(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stillness, "STILL_S", 0.005)
    stood = asyncio.Event()
    calls = []
    still = Stillness(lambda: (calls.append(1), stood.set()))
    assert not still.waits
    for _ in range(30):
        still.moved()
    assert still.waits
    assert not calls
    await asyncio.wait_for(stood.wait(), 10)
    assert calls == [1]
    assert not still.waits


async def test_the_volume_stays_while_the_reader_moves_and_then_shows_where_the_reader_stands(tmp_path: Path) -> None:
    async with dashboard(tmp_path, events=120) as screen:
        counted = 0
        count = screen.stage.store.count

        async def counting(query: object) -> int:
            nonlocal counted
            counted += 1
            return await count(query)  # type: ignore[arg-type]

        screen.stage.store.count = counting  # type: ignore[method-assign,assignment]
        stillness.STILL_S = 3600.0
        before = screen.main.volume_line.texts()
        for key in ("pagedown", "pagedown", "end", "home", "end"):
            await screen.pilot.press(key)
            await screen.pilot.pause(0.02)
        await screen.stage.until(lambda: screen.main.timeline.view.window.at_oldest, "the oldest row")
        assert "last hour" in before[0]
        assert screen.main.volume_line.texts()[0].split(":")[0] == before[0].split(":")[0]
        assert counted == 0
        screen.main.second()
        assert counted == 0
        stillness.STILL_S = 0.01
        await screen.press("k")
        assert "1 h to" in screen.main.volume_line.texts()[0]
        assert counted > 0
