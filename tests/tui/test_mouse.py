"""The mouse: the wheel, and clicks on what stands around the timeline."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual import events

from dezky_audit_tui.tui.words.filter_bar import FilterWords, filter_lines, part_at
from dezky_audit_tui.tui.words.pieces import text_of
from tests.insight.samples import login, started
from tests.tui.screen import Screen, dashboard
from tests.tui.test_insight_keys import NOW, shown

SIZES = [(60, 20), (80, 24), (120, 40), (200, 60)]


async def turn(screen: Screen, kind: type[events.MouseEvent], x: int = 30, y: int = 12) -> None:
    """The wheel as a terminal tells of it."""
    screen.stage.app.post_message(kind(None, x, y, 0, 0, 0, False, False, False, x, y))
    await screen.settled()


async def click(screen: Screen, id: str, word: str) -> None:
    """On the middle of a word of a line."""
    x = screen.line(id).index(word) + len(word) // 2
    await screen.pilot.click(f"#{id}", offset=(x, 0))
    await screen.settled()


async def test_the_wheel_pauses_moves_and_follows_again_at_the_top(tmp_path: Path) -> None:
    async with dashboard(tmp_path, size=(80, 24), events=80) as screen:
        first = screen.rows[0]
        await turn(screen, events.MouseScrollDown)
        await screen.stage.until(lambda: "paused" in screen.filter, "the wheel")
        assert screen.rows[0] != first
        for _ in range(40):
            await turn(screen, events.MouseScrollDown)
        await screen.stage.until(lambda: "beginning of the log" in screen.body, "the end")
        for _ in range(60):
            await turn(screen, events.MouseScrollUp)
        await screen.stage.until(lambda: screen.main.timeline.following, "the newest")
        await screen.stage.until(lambda: "following" in screen.filter and screen.rows[0] == first, "the first row")


@pytest.mark.parametrize("size", SIZES, ids=str)
async def test_a_click_on_the_pill_jumps_back_to_the_newest(size: tuple[int, int], tmp_path: Path) -> None:
    async with dashboard(tmp_path, size=size, events=60) as screen:
        await screen.press("j", "j")
        screen.stage.simulation.login()
        await screen.stage.pass_time(61, step=10)
        assert "+1 new" in screen.filter
        await click(screen, "filter", "+1 new")
        await screen.stage.until(lambda: screen.main.timeline.following, "the newest")
        await screen.stage.until(lambda: "following" in screen.filter, "the filter line")
        await click(screen, "filter", "following")
        await screen.stage.until(lambda: "paused" in screen.filter, "the pause")


@pytest.mark.parametrize("size", SIZES, ids=str)
async def test_a_click_on_the_filter_types_one(size: tuple[int, int], tmp_path: Path) -> None:
    async with dashboard(tmp_path, size=size, events=60) as screen:
        await screen.press("s", *"mallory", "enter")
        prompt = screen.main.prompt
        await click(screen, "filter", "mallory")
        await screen.stage.until(lambda: prompt.is_open and prompt.kind == "search", "the search")
        await screen.press("escape")
        await screen.stage.until(lambda: not prompt.is_open, "the filter line")
        await click(screen, "filter", "no filter")
        await screen.stage.until(lambda: prompt.is_open and prompt.kind == "filter", "the filter")


@pytest.mark.parametrize("size", SIZES, ids=str)
async def test_a_click_on_the_impersonations_goes_there(size: tuple[int, int], tmp_path: Path) -> None:
    rows = [started(NOW - 3_000), *(login(NOW - 2_900 + at) for at in range(80))]
    async with shown(tmp_path, *rows, size=size) as screen:
        assert screen.main.strip.display
        await screen.pilot.click("#strip", offset=(12, 0))
        await screen.stage.until(lambda: not screen.main.timeline.following, "the start")
        await screen.stage.until(lambda: any("▶" in line for line in screen.rows), "the row")
        row = screen.main.timeline.selected
        assert row is not None
        assert row.event.action.endswith("impersonation_started")
        assert any(line.startswith("▶") and "impersonation_started" in line for line in screen.rows)


async def test_a_click_on_a_key_of_the_footer_is_that_key(tmp_path: Path) -> None:
    async with dashboard(tmp_path, events=30) as screen:
        await click(screen, "footer", "pause")
        await screen.stage.until(lambda: "paused" in screen.filter, "the pause")
        await click(screen, "footer", "detail")
        await screen.stage.until(lambda: "esc close" in screen.footer, "the detail")
        assert screen.main.detail.display
        await click(screen, "footer", "close")
        await screen.stage.until(lambda: not screen.main.detail.display, "its end")


def test_every_cell_of_the_filter_line_belongs_to_one_part() -> None:
    words = FilterWords(("a:b", "c:d"), total=12, matching=3, following=False, pill="+3 new", search="+ x", hits=2)
    (line,) = filter_lines(100, words)
    text = text_of(line)
    told = {word: part_at(line, text.index(word)) for word in ("/", "a:b", "c:d", "+ x", "2 hits", "paused", "+3 new")}
    assert told == {
        "/": "filter",
        "a:b": "filter",
        "c:d": "filter",
        "+ x": "search",
        "2 hits": "search",
        "paused": "following",
        "+3 new": "following",
    }
    assert part_at(line, text.index("3 of 12")) is None
    assert part_at(line, 100) is None


async def test_a_click_where_a_resize_took_the_cell_away_leaves_the_keys_where_they_are(tmp_path: Path) -> None:
    async with dashboard(tmp_path, size=(80, 24), events=60) as screen:
        for kind in (events.MouseDown, events.MouseUp, events.MouseScrollDown):
            await turn(screen, kind, 100, 30)
        assert screen.main.focused is screen.main.timeline
        await screen.press("slash")
        await turn(screen, events.MouseDown, 100, 30)
        await screen.press(*"mallory")
        assert screen.main.prompt.text == "mallory"
