"""The first frame: it has rows in it, and does not wait long for a store that is slow."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from dezky_audit_tui.errors import StoreUnavailable
from dezky_audit_tui.store.sqlite.store import SqliteStore
from dezky_audit_tui.tui.terminal.narrow import NarrowCompositor
from tests.tui.rows import event, put
from tests.tui.stage import Stage


async def test_the_first_frame_has_rows_and_words_in_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    frames: list[str] = []
    make = NarrowCompositor.render_update

    with Stage(tmp_path, ingest=False) as stage:

        def seen(compositor: NarrowCompositor, *given: Any, **named: Any) -> Any:
            made = make(compositor, *given, **named)
            if made is not None:
                main = stage.app.main
                lines = [*main.bars.header.texts(), *main.timeline.texts(), *main.bars.footer.texts()]
                frames.append("\n".join(lines))
            return made

        before = SqliteStore(tmp_path / "audit.db")
        await before.open()
        await put(before, [event(1, actor_name="mallory")])
        await before.close()
        monkeypatch.setattr("dezky_audit_tui.tui.app._EMPTY_AFTER_S", 60.0)
        monkeypatch.setattr(NarrowCompositor, "render_update", seen)
        async with stage.app.run_test(size=(120, 40)):
            await stage.until(stage.app.main.painted.is_set, "the first frame")
        await stage.app.shut_down()
    assert "mallory" in frames[0]
    assert "watch only" in frames[0]
    assert "quit" in frames[0]


async def test_a_store_that_is_slow_leaves_the_first_frame_empty_and_the_keys_alive(tmp_path: Path) -> None:
    with Stage(tmp_path, ingest=False) as stage:
        answer = asyncio.Event()
        opening = stage.store.open

        async def slowly() -> None:
            await answer.wait()
            await opening()

        stage.store.open = slowly  # type: ignore[method-assign]
        async with stage.app.run_test(size=(120, 40)) as pilot:
            await stage.until(stage.app.main.painted.is_set, "the first frame")
            assert "Reading the store" in "\n".join(stage.app.main.timeline.texts())
            await pilot.press("question_mark")
            await stage.until(lambda: stage.app.screen is not stage.app.main, "the help")
            answer.set()
            await stage.until(stage.app.main.feed.opened.is_set, "the store")
        await stage.app.shut_down()


async def test_a_store_that_is_away_at_the_start_is_told_with_the_first_frame(tmp_path: Path) -> None:
    with Stage(tmp_path, ingest=False) as stage:

        async def refuse() -> None:
            raise StoreUnavailable("The disk is gone. Mount it again.")

        stage.store.open = refuse  # type: ignore[method-assign]
        async with stage.app.run_test(size=(120, 40)):
            main = stage.app.main
            await stage.until(main.painted.is_set, "the first frame")
            assert "cannot be read" in "\n".join(main.timeline.texts())
            assert "The disk is gone." in "\n".join(main.bars.banner.texts())
            assert "store away" in "\n".join(main.bars.header.texts())
        await stage.app.shut_down()
