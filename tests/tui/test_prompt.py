"""Typing a filter: live preview, completion, history, and leaving it all as it was."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from textual.events import Key

from dezky_audit_tui.model.event import Position, Row
from dezky_audit_tui.model.query import Query
from dezky_audit_tui.tui.widgets.line import LineWidget
from dezky_audit_tui.tui.widgets.prompt_notes import PromptNotes
from tests.tui.rows import event
from tests.tui.screen import Screen, dashboard


def notes(screen: Screen) -> str:
    widget = screen.main.query_one(PromptNotes)
    return " ".join(widget.texts()) if widget.shown else ""


def state(screen: Screen) -> str:
    return " ".join(screen.main.prompt.query_one("#prompt-state", LineWidget).texts())


async def previewed(screen: Screen, text: str) -> None:
    await screen.stage.until(lambda: screen.main.browser.query.text == text, f"the preview of {text}")
    await screen.settled()


def verbs(screen: Screen) -> set[str]:
    return {row[14:40].split()[0] for row in screen.rows if row[3:4].isdigit()}


async def test_a_filter_is_shown_while_it_is_typed_and_esc_leaves_all_as_it_was(tmp_path: Path) -> None:
    async with dashboard(tmp_path, events=900) as screen:
        await screen.press(*"jjjj")
        chosen, line = screen.chosen, screen.cursor_line
        await screen.press("slash", *"verb:login_failed")
        await previewed(screen, "verb:login_failed")
        assert verbs(screen) == {"login_failed"}
        await screen.stage.until(lambda: "of 900" in state(screen), "the count beside it")
        assert screen.main.prompt.is_open
        await screen.press("escape")
        assert "no filter" in screen.filter
        assert (screen.chosen, screen.cursor_line) == (chosen, line)
        assert "paused" in screen.filter


async def test_esc_brings_the_filter_back_that_held_before(tmp_path: Path) -> None:
    async with dashboard(tmp_path, events=900) as screen:
        await screen.press("slash", *"outcome:failure", "enter")
        await screen.press("slash", "ctrl+u", *"verb:login")
        await previewed(screen, "verb:login")
        await screen.press("escape")
        assert " outcome:failure " in screen.filter
        assert "following" in screen.filter


async def test_the_event_comes_back_after_a_preview_that_found_nothing(tmp_path: Path) -> None:
    async with dashboard(tmp_path, events=900) as screen:
        await screen.press(*"jjjj")
        chosen = screen.chosen
        await screen.press("slash", *"zzzz")
        await previewed(screen, "zzzz")
        assert "Nothing matches zzzz" in screen.body
        await screen.press(*["backspace"] * 4)
        await previewed(screen, "")
        assert screen.chosen == chosen
        assert not screen.main.timeline.following


async def test_a_word_that_begins_a_known_one_is_waited_for(tmp_path: Path) -> None:
    async with dashboard(tmp_path) as screen:
        await screen.press("slash", *"verb:")
        await screen.stage.until(lambda: "login" in notes(screen), "what the store holds")
        await screen.press(*"logi")
        await asyncio.sleep(0.3)
        await screen.settled()
        assert screen.main.browser.query.text == ""
        await screen.press("n")
        await previewed(screen, "verb:login")


async def test_a_beginning_that_is_typed_before_the_values_are_known_is_waited_for_too(tmp_path: Path) -> None:
    async with dashboard(tmp_path) as screen:
        await screen.pilot.press("slash", *"verb:logi")
        await screen.stage.until(lambda: "login_failed" in notes(screen), "what the store holds")
        await asyncio.sleep(0.3)
        await screen.settled()
        assert screen.main.browser.query.text == ""
        assert "Nothing matches" not in screen.body


async def test_tab_takes_a_field_then_its_values_one_after_the_other(tmp_path: Path) -> None:
    async with dashboard(tmp_path) as screen:
        await screen.press("slash", *"ten")
        assert "tenant:" in notes(screen)
        await screen.press("tab")
        assert screen.main.prompt.text == "tenant:"
        await screen.stage.until(lambda: len(screen.main.prompt._offers) > 2, "the tenants")
        offers = [offer.text for offer in screen.main.prompt._offers]
        await screen.press("tab")
        assert screen.main.prompt.text == f"tenant:{offers[0]}"
        await screen.press("tab")
        assert screen.main.prompt.text == f"tenant:{offers[1]}"
        await screen.press("shift+tab")
        assert screen.main.prompt.text == f"tenant:{offers[0]}"
        await screen.press("enter")
        assert f" tenant:{offers[0]} " in screen.filter


async def test_actors_are_offered_from_the_whole_store(tmp_path: Path) -> None:
    async with dashboard(tmp_path, events=900) as screen:
        store = screen.stage.store
        status = await store.status("authentik")
        assert status.lease is not None
        long_ago = screen.stage.time.wall() - timedelta(days=900)
        names = [*["xanthia"] * 150, "xantippe"]
        old = [
            replace(event(n, external_id=f"old-{n}", actor_name=name), at=long_ago - timedelta(seconds=n))
            for n, name in enumerate(names)
        ]
        await store.commit(old, (), await store.state("authentik"), status.lease)
        await screen.press("slash", *"actor:xan")
        await screen.stage.until(lambda: "xantippe" in notes(screen), "the one behind 150 rows of another")
        assert "xanthia" in notes(screen)


async def test_a_fault_gives_way_to_offers_and_is_told_by_enter(tmp_path: Path) -> None:
    async with dashboard(tmp_path) as screen:
        await screen.press("slash", *"outcome:")
        assert "failure" in notes(screen)
        await screen.press("enter")
        assert "needs a value" in notes(screen)
        await screen.press(*"fai", "tab", "enter")
        assert " outcome:failure " in screen.filter


async def test_up_and_down_go_through_what_was_typed_before(tmp_path: Path) -> None:
    async with dashboard(tmp_path) as screen:
        for text in ("verb:login", "outcome:failure"):
            await screen.press("slash", "ctrl+u", *text, "enter")
        await screen.press("slash", "ctrl+u", *"dra", "up")
        assert screen.main.prompt.text == "outcome:failure"
        await screen.press("up")
        assert screen.main.prompt.text == "verb:login"
        await screen.press("up", "down", "down")
        assert screen.main.prompt.text == "dra"
        await screen.press("escape", "colon", "up")
        assert screen.main.prompt.text == "", "a time has a history of its own"


@pytest.mark.parametrize(("key", "field"), [("p", "tenant"), ("P", "verb")])
async def test_a_value_is_picked_from_all_that_the_store_holds(tmp_path: Path, key: str, field: str) -> None:
    async with dashboard(tmp_path) as screen:
        await screen.press(key)
        assert screen.main.prompt.text == f"{field}:"
        await screen.stage.until(lambda: len(screen.main.prompt._offers) > 1, "what the store holds")
        first = screen.main.prompt._offers[0]
        assert first.count
        assert f"{first.text}" in notes(screen)
        await screen.press("enter")
        assert f" {field}:{first.text} " in screen.filter
        await screen.press(key, *first.text[:3], "tab", "escape")
        assert f" {field}:{first.text} " in screen.filter


async def test_keys_right_behind_one_another_are_taken_in_their_order(tmp_path: Path) -> None:
    async with dashboard(tmp_path) as screen:
        driver = screen.stage.app._driver
        assert driver is not None
        for key in ("slash", "x", "ctrl+u", *"outcome:failure", "enter", "z", "z"):
            driver.send_message(Key(key, key if len(key) == 1 else None))
        await screen.stage.until(lambda: " outcome:failure " in screen.filter, "the filter")
        await screen.stage.until(lambda: screen.header.rstrip().endswith("ages, UTC"), "the time zone's key, twice")


async def test_the_filter_stays_in_sight_while_something_else_is_typed(tmp_path: Path) -> None:
    async with dashboard(tmp_path) as screen:
        await screen.press("slash", *"verb:login", "enter", "colon")
        assert "verb:login" in state(screen)
        await screen.press("escape", "s")
        assert "verb:login" in state(screen)


async def test_what_cannot_be_typed_still_holds_in_the_preview(tmp_path: Path) -> None:
    async with dashboard(tmp_path) as screen:
        store = screen.stage.store
        status = await store.status("authentik")
        assert status.lease is not None
        odd = replace(event(1, external_id="odd", actor_name="od\x1bd"), at=screen.stage.time.wall())
        await store.commit([odd], (), await store.state("authentik"), status.lease)
        await screen.stage.shown()
        await screen.settled()
        await screen.press("a", "slash", *"verb:login")
        await screen.stage.until(lambda: len(screen.main.browser.query.terms) == 2, "the preview")
        await screen.settled()
        assert screen.chosen == "odd"


async def test_a_slow_search_says_that_it_runs_and_esc_stops_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with dashboard(tmp_path) as screen:
        store = screen.stage.store
        real, stopped = store.older, []

        async def slow(query: Query, than: Position | None, limit: int) -> list[Row]:
            if query.has_words:
                try:
                    await asyncio.sleep(30)
                except asyncio.CancelledError:
                    stopped.append(query.text)
                    raise
            return list(await real(query, than, limit))

        monkeypatch.setattr(store, "older", slow)
        await screen.pilot.press("slash", *"zebra")
        await screen.stage.until(lambda: "searching" in state(screen), "the word that it searches")
        await screen.pilot.press("s")
        await screen.stage.until(lambda: stopped[-1:] == ["zebra"], "the search to end when it is typed on")
        await screen.stage.until(lambda: "searching" in state(screen), "the next search")
        await screen.pilot.press("enter")
        await screen.stage.until(lambda: "searching, esc stops" in screen.filter, "the search without the prompt")
        assert " zebras " in screen.filter, "what is searched for"
        assert "? of" in screen.filter
        await screen.pilot.press("slash", "escape")
        await screen.press("escape")
        await screen.stage.until(lambda: stopped[-1:] == ["zebras"], "the search to end")
        assert "no filter" in screen.filter
        assert screen.cursor_line < 3, "the newest row is there again"
