"""The palette: what the keys do, found by any word for it."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.command import CommandList

from dezky_audit_tui.tui.keymap import KEYS
from dezky_audit_tui.tui.prompts.key_search import ALSO, mark_of
from tests.tui.screen import dashboard


def best(typed: str) -> str:
    return max((key for key in KEYS if key.palette), key=lambda key: mark_of(typed, key)).action


@pytest.mark.parametrize(
    ("typed", "action"),
    [
        ("pull", "tick"),
        ("refresh", "tick"),
        ("download", "export"),
        ("csv", "export"),
        ("clipboard", "copy"),
        ("timezone", "zone"),
        ("shift", "handover"),
        ("unmapped", "pane('actions')"),
        ("same user", "pivot('actor')"),
        ("Colors", "theme"),
        ("exit", "quit"),
        ("sudo list", "impersonations"),
    ],
)
def test_a_key_is_found_by_its_name_its_help_and_other_words(typed: str, action: str) -> None:
    assert best(typed) == action


def test_the_name_comes_before_the_help() -> None:
    marks = {key.action: mark_of("filter", key) for key in KEYS}
    assert marks["filter"] > marks["escape"] > 0


def test_nothing_fits_a_word_that_nobody_uses_for_it() -> None:
    assert not any(mark_of("filter xylophone", key) for key in KEYS)
    assert not any(mark_of("", key) for key in KEYS)


def test_every_other_word_belongs_to_a_key() -> None:
    assert {key.action for key in KEYS} >= ALSO.keys()


async def test_other_words_lead_there(tmp_path: Path) -> None:
    async with dashboard(tmp_path, events=30) as screen:
        await screen.press("ctrl+p", *"download")
        found = screen.stage.app.screen.query_one(CommandList)
        await screen.stage.until(lambda: found.option_count == 1 and found.highlighted == 0, "the one that fits")
        await screen.press("enter")
        prompt = screen.main.prompt
        await screen.stage.until(lambda: prompt.is_open and prompt.kind == "export", "the export")


@pytest.mark.parametrize("size", [(60, 20), (120, 40)])
async def test_the_box_is_as_high_as_what_is_found_and_begins_where_it_did(
    tmp_path: Path, size: tuple[int, int]
) -> None:
    async with dashboard(tmp_path, size=size, events=30) as screen:
        await screen.press("ctrl+p")
        palette = screen.stage.app.screen
        box, found = palette.query_one("#--container"), palette.query_one(CommandList)
        await screen.stage.until(lambda: found.option_count > 20, "all of it")
        await screen.settled()
        whole = box.region
        assert size[1] - 3 <= whole.bottom < size[1]
        await screen.press(*"download")
        await screen.stage.until(lambda: found.option_count == 1 and box.region.height < 10, "the one that fits")
        assert box.region.y == whole.y


async def test_a_box_leaves_the_dashboard_beside_it_on_the_screen_without_colours(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    async with dashboard(tmp_path, size=(160, 60), events=30) as screen:
        for key in ("question_mark", "ctrl+p", "y", "O", "h"):
            await screen.press(key)
            await screen.stage.until(lambda: screen.stage.app.screen is not screen.main, key)
            await screen.pilot.pause(0.1)
            segments = [part for line in screen.stage.app.screen._compositor.render_strips() for part in line]
            shown = "".join(part.text for part in segments)
            assert "dezky audit   authentik ● ok" in shown, key
            assert "30 events" in shown, key
            assert not any(part.style and part.style.color and not part.style.color.is_default for part in segments)
            await screen.press("escape")
            await screen.stage.until(lambda: screen.stage.app.screen is screen.main, key)
