"""Searching without hiding: what is marked in a row, and the keys that go from hit to hit."""

from __future__ import annotations

from pathlib import Path

import pytest

from dezky_audit_tui.model.query_parse import parse_query
from dezky_audit_tui.tui.timeline.search import Search
from dezky_audit_tui.tui.words.columns import ColumnName
from tests.tui.rows import NOON, event
from tests.tui.screen import Screen, dashboard


def searched(text: str) -> Search:
    return Search(parse_query(text, now=NOON))


def marked(text: str, column: ColumnName, cell: str) -> list[str]:
    return [part for part, is_hit in searched(text).parts(column, cell) if is_hit]


def test_words_are_marked_wherever_they_stand_in_any_case() -> None:
    assert marked("root", "actor", "Root AS root  ") == ["Root", "root"]
    assert marked("root ana", "what", "root gave ana more") == ["root", "ana"]
    assert marked('"a.b"', "what", "axb") == []


def test_a_field_marks_its_own_column_without_its_padding() -> None:
    assert marked("verb:login*", "verb", "login_failed   ") == ["login_failed"]
    assert marked("verb:login*", "what", "login_failed") == []
    assert marked("ip:10.0.0.0/8", "address", "10.1.2.3 ") == ["10.1.2.3"]
    assert marked("!actor:root", "actor", "ana") == []


def test_the_parts_of_a_cell_are_the_cell() -> None:
    for text in ("root", "actor:root", "is:unmapped"):
        assert "".join(part for part, _ in searched(text).parts("actor", "  root AS x ")) == "  root AS x "


def test_a_hit_is_what_the_same_text_keeps_as_a_filter() -> None:
    assert searched("user1").hits(event(1))
    assert not searched("user1").hits(event(2))
    assert searched("tenant:none").hits(event(2))


def hit_lines(screen: Screen) -> list[int]:
    """Lines of the timeline with a mark."""
    timeline = screen.main.timeline
    background = timeline.get_component_rich_style("timeline--hit").bgcolor
    return [
        y
        for y in range(1, timeline.size.height)
        if any(segment.style and segment.style.bgcolor == background for segment in timeline.render_line(y))
    ]


async def test_hits_are_marked_while_the_rest_stays_and_n_goes_from_one_to_the_next(tmp_path: Path) -> None:
    async with dashboard(tmp_path, events=900) as screen:
        before = screen.rows
        await screen.press("s", *"login_failed")
        assert hit_lines(screen), "marked while it is typed"
        await screen.press("enter")
        total = await screen.stage.store.count(parse_query("login_failed", now=NOON))
        await screen.stage.until(lambda: f"{total} hits" in screen.filter, "the count")
        assert "300 events" in screen.filter or "900 events" in screen.filter
        first = screen.main.timeline.selected
        assert first is not None
        assert first.event.action.endswith("login_failed")
        assert len([row for row in screen.rows if row[3:4].isdigit()]) == len(
            [row for row in before if row[3:4].isdigit()]
        )
        await screen.press("n")
        second = screen.main.timeline.selected
        assert second is not None
        assert second.position < first.position
        assert second.event.action.endswith("login_failed")
        await screen.press("N")
        assert screen.chosen == first.event.external_id
        await screen.press("escape")
        assert hit_lines(screen) == []
        assert "hits" not in screen.filter


async def test_what_is_searched_for_is_completed_from_what_the_store_holds(tmp_path: Path) -> None:
    async with dashboard(tmp_path, events=200) as screen:
        await screen.press("s", *"verb:log")
        assert "tab complete" in screen.footer
        notes = screen.main.notes
        await screen.stage.until(lambda: notes.shown and "login_failed" in notes.texts()[0], "what the store holds")
        await screen.press("tab")
        assert screen.main.prompt.text == "verb:login"
        assert screen.main.browser.query.terms == (), "nothing is hidden"
        await screen.press("enter")
        assert "verb:login" in screen.filter
        assert not notes.shown


async def test_a_search_that_finds_nothing_says_so_and_moves_nothing(tmp_path: Path) -> None:
    async with dashboard(tmp_path) as screen:
        await screen.press("n")
        assert "s begins a search" in screen.footer
        await screen.press("j", "j")
        chosen = screen.chosen
        await screen.press("s", *"zzzz", "enter")
        assert "no older hit here" in screen.footer
        assert screen.chosen == chosen
        await screen.stage.until(lambda: "0 hits" in screen.filter, "the count")


async def test_an_escaped_search_leaves_the_marks_of_the_one_before(tmp_path: Path) -> None:
    async with dashboard(tmp_path, events=900) as screen:
        await screen.press("s", *"login", "enter")
        await screen.settled()
        marks = hit_lines(screen)
        await screen.press("s", *"zzz", "escape")
        assert hit_lines(screen) == marks


async def test_a_row_is_shown_among_its_neighbours_and_c_leads_back_to_it(tmp_path: Path) -> None:
    async with dashboard(tmp_path, events=900) as screen:
        await screen.press("c")
        assert "no filter hides anything" in screen.footer
        await screen.press("slash", *"verb:login_failed", "enter", "j", "j")
        chosen, line = screen.chosen, screen.cursor_line
        await screen.press("c")
        assert "context, off: verb:login_failed (c: back)" in screen.filter
        assert (screen.chosen, screen.cursor_line) == (chosen, line)
        assert any("login_failed" not in row for row in screen.rows if row[3:4].isdigit())
        await screen.press("j", "j", "j")
        await screen.press("c")
        assert " verb:login_failed " in screen.filter
        assert screen.chosen == chosen
        await screen.press("c", "f")
        assert "context" not in screen.filter
        assert " verb:login_failed " in screen.filter


async def test_the_event_survives_a_filter_that_does_not_show_it(tmp_path: Path) -> None:
    async with dashboard(tmp_path, events=900) as screen:
        await screen.press(*"jjjjjj")
        here = screen.main.timeline.selected
        assert here is not None
        others = [
            row for row in screen.main.timeline.view.window.newest_first() if row.event.action != here.event.action
        ]
        nearest = min(abs(row.position.at_ms - here.position.at_ms) for row in others)
        await screen.press("v", "exclamation_mark")
        there = screen.main.timeline.selected
        assert there is not None
        assert there.event.action != here.event.action
        assert abs(there.position.at_ms - here.position.at_ms) == nearest
        await screen.press("backspace")
        assert screen.chosen == here.event.external_id


@pytest.mark.parametrize(("key", "field"), [("w", "target"), ("S", "source")])
async def test_target_and_source_are_taken_from_the_row(tmp_path: Path, key: str, field: str) -> None:
    async with dashboard(tmp_path) as screen:
        chosen = screen.chosen
        await screen.press(key)
        assert f" {field}:" in screen.filter
        assert screen.chosen == chosen
