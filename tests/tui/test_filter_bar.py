"""The filter line: terms, what the timeline does, and counts, at any width."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from dezky_audit_tui.tui.words.filter_bar import FilterWords, filter_lines, part_at, pill_text
from dezky_audit_tui.tui.words.pieces import text_of, width_of
from tests.tui.screen import dashboard


def told(width: int, words: FilterWords) -> str:
    """Where it stands on one line."""
    (line,) = filter_lines(width, words)
    return text_of(line)


@pytest.mark.parametrize("width", [60, 80, 120])
def test_the_terms_are_whole_before_all_that_came_is_told(width: int) -> None:
    pill = "+18 new, 1 impersonation, 11 failed"
    words = FilterWords(("outcome:failure",), matching=57, total=5024, following=False, pill=pill)
    line = told(width, words)
    assert cell_len(line) <= width
    assert " outcome:failure " in line
    assert "+18 new, 1 impersonation" in line or (width == 60 and "+18 new, 1 !" in line)
    assert ("11 failed" in line) == (width == 120)
    many = words._replace(chips=("verb:application_authorized",), off=True, search="mallory", hits=2)
    lines = [text_of(line) for line in filter_lines(width, many)]
    assert all(cell_len(line) <= width for line in lines)
    for part in ("off: verb:application_authorized", "mallory", "2 hits"):
        assert any(part in line for line in lines)
    assert "+18 new, 1" in lines[0]
    assert len(lines) == (1 if width == 120 else 2)


MANY = ("outcome:failure,denied", "since:12h", "!actor:root", "tenant:acme,globex", "verb:login*")


@pytest.mark.parametrize("width", [60, 80, 120])
@pytest.mark.parametrize("off", [False, True])
def test_many_terms_take_more_lines_and_none_is_cut(width: int, off: bool) -> None:
    lines = filter_lines(width, FilterWords(MANY, off=off, matching=57, total=5024))
    texts = [text_of(line) for line in lines]
    assert len(texts) == (1 if width == 120 else 2)
    assert all(cell_len(text) == width for text in texts)
    assert "57" in texts[0] or off
    for term in MANY:
        (place,) = [(line, text.index(term)) for line, text in zip(lines, texts, strict=True) if term in text]
        assert part_at(*place) == "filter"


def test_terms_that_have_no_place_at_all_are_counted() -> None:
    texts = [text_of(line) for line in filter_lines(60, FilterWords([f"!actor:nobody{n}" for n in range(20)]))]
    assert len(texts) == 3
    shown = sum(text.count("!actor:") for text in texts)
    assert texts[-1].rstrip().endswith(f"+{20 - shown} more")
    assert shown > 6


@given(
    st.lists(st.text(min_size=1, max_size=90), max_size=9),
    st.sampled_from(["", "mallory"]),
    st.booleans(),
    st.integers(1, 260),
)
def test_whatever_is_filtered_by_the_line_keeps_to_its_width(
    terms: list[str], search: str, off: bool, width: int
) -> None:
    lines = filter_lines(width, FilterWords(terms, off=off, search=search, hits=3, matching=1, total=2))
    assert 1 <= len(lines) <= 3
    assert all(width_of(line) <= width for line in lines)


def test_the_filter_stands_as_chips_with_the_count() -> None:
    line = told(100, FilterWords(("tenant:acme", "!actor:root"), matching=1284, total=60112))
    assert " tenant:acme " in line
    assert line.rstrip().endswith("● following   1,284 of 60,112")


def test_a_count_that_is_not_there_yet_is_said_to_be_counted() -> None:
    assert "counting… of 60,112" in told(80, FilterWords(("x",), counting=True, total=60112))


def test_paused_shows_what_came() -> None:
    pill = pill_text(12, 2, 0)
    assert pill == "+12 new, 2 impersonations"
    assert "paused  +12 new, 2 impersonations " in told(80, FilterWords(following=False, pill=pill))


def test_a_search_that_runs_says_how_to_stop_it() -> None:
    assert "searching, esc stops" in told(80, FilterWords(("x",), searching=True))


def test_a_filter_that_is_switched_off_stays_visible() -> None:
    assert "off: tenant:acme (f: on again)" in told(80, FilterWords(("tenant:acme",), off=True))


async def test_no_row_that_is_read_moves_when_the_filter_takes_another_line_or_is_typed(tmp_path: Path) -> None:
    async with dashboard(tmp_path, size=(80, 24), events=120) as screen:
        await screen.press("pagedown", "pagedown")

        def place() -> tuple[str | None, int]:
            return screen.chosen, screen.main.timeline.region.y + screen.cursor_line

        before = place()
        await screen.press("slash", *"!actor:nobody !target:nothing !verb:none_at_all !tenant:nowhere", "enter")
        assert place() == before
        assert screen.main.bars.filter.size.height == 2
        await screen.press("slash")
        assert place() == before
        assert screen.main.prompt.size.height == 2
        await screen.press("escape", "f")
        assert "off: " in screen.filter
        assert place() == before
        await screen.press("escape")
        assert screen.main.bars.filter.size.height == 1
        assert place() == before
