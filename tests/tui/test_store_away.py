"""What the dashboard keeps and says while the store is away."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.tui.faulty import StoreAway
from tests.tui.screen import dashboard

LATER = "the store is away: done when it is back, any key stops it"
KEPT = "the filter is kept"


@pytest.mark.parametrize(("key", "later"), [("3", "never seen"), ("4", "why events have no tenant"), ("5", "actor")])
async def test_a_pane_says_why_it_has_nothing_and_is_filled_later(key: str, later: str, tmp_path: Path) -> None:
    async with dashboard(tmp_path, events=60) as screen:
        async with StoreAway(screen):
            await screen.press(key)
            screen.main.second()
            await screen.settled()
            pane = screen.main.dock.top.texts() if key == "5" else screen.main.dock.view.texts()
            assert "The store is away: this is counted as soon as it is back." in "\n".join(pane)
            assert "store away" in screen.header
        view = screen.main.dock.top if key == "5" else screen.main.dock.view

        def filled() -> bool:
            screen.main.second()
            return later in "\n".join(view.texts())

        await screen.stage.until(filled, "the counts")


async def test_a_filter_is_kept_shown_and_applied_when_the_store_is_back(tmp_path: Path) -> None:
    async with dashboard(tmp_path, events=120) as screen:
        rows = [row[:-1] for row in screen.rows[:3]]
        async with StoreAway(screen):
            await screen.press("slash", *"outcome:failure", "enter")
            await screen.stage.until(lambda: KEPT in screen.footer, "what became of it")
            assert "outcome:failure" in screen.filter
            assert "waits for the store   ? of 120" in screen.filter
            assert [row[:-1] for row in screen.rows[:3]] == rows
            await screen.press("slash")
            assert screen.main.prompt.text == "outcome:failure"
            await screen.press("escape")
            await screen.stage.until(lambda: "waits for the store" in screen.filter, "the filter line")
        await screen.stage.until(lambda: "waits" not in screen.filter, "the filter")
        assert screen.main.browser.query.text == "outcome:failure"
        assert all("✗" in row or "✘" in row or "──" in row or not row.strip() for row in screen.rows)
        await screen.stage.until(lambda: "of 120" in screen.filter and "…" not in screen.filter, "the count")


async def test_what_was_filtered_before_can_be_had_back_before_the_store_is(tmp_path: Path) -> None:
    async with dashboard(tmp_path, events=60) as screen:
        async with StoreAway(screen):
            await screen.press("slash", *"outcome:failure", "enter")
            for key, words in (("f", "off: outcome:failure"), ("f", "waits for the store"), ("escape", "no filter")):
                await screen.stage.until(lambda: not screen.main.browser.loading, "the store's refusal")
                await screen.press(key)
                await screen.stage.until(lambda: words in screen.filter, words)  # noqa: B023  # awaited at once
            assert "waits" not in screen.filter
        assert screen.main.browser.query.terms == ()


@pytest.mark.parametrize("key", ["G", "g", "e", "n"])
async def test_a_move_that_needs_the_store_is_answered_and_done_when_it_is_back(key: str, tmp_path: Path) -> None:
    async with dashboard(tmp_path, events=400) as screen:
        await screen.press("s", *"login", "enter", "space")
        before = screen.chosen
        async with StoreAway(screen):
            await screen.press(key)
            await screen.stage.until(lambda: LATER in screen.footer, "an answer")
            assert screen.chosen == before
        await screen.stage.until(lambda: screen.main.going is None, "the move")
        await screen.settled()
        view = screen.main.timeline.view
        assert (screen.chosen == before) == (key == "g")
        assert view.following == (key == "g")
        assert key != "G" or view.selected == view.window.oldest


async def test_a_move_that_waits_for_the_store_is_forgotten_with_the_next_key(tmp_path: Path) -> None:
    async with dashboard(tmp_path, events=400) as screen:
        await screen.press("j")
        async with StoreAway(screen):
            await screen.press("G")
            await screen.stage.until(lambda: LATER in screen.footer, "an answer")
            await screen.press("j")
            before = screen.chosen
        await screen.settled()
        assert screen.chosen == before


async def test_a_filter_is_asked_for_again_where_the_store_was_never_away(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with dashboard(tmp_path, events=60) as screen:
        away = StoreAway(screen)
        with monkeypatch.context() as patched:
            patched.setattr(screen.stage.store, "older", away._refuse)
            await screen.press("slash", *"outcome:failure", "enter")
            await screen.stage.until(lambda: KEPT in screen.footer, "what became of it")
            assert screen.main.browser.waits
        # It may have been asked for again meanwhile.
        await screen.stage.pass_time(6)
        await screen.stage.until(lambda: not screen.main.browser.waits, "the filter")
        assert screen.main.browser.query.text == "outcome:failure"
