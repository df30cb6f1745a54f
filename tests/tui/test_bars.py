from __future__ import annotations

import pytest
from rich.cells import cell_len

from dezky_audit_tui.tui.words.bars import banner_lines, footer_line, header_line
from dezky_audit_tui.tui.words.filter_bar import FilterWords, filter_lines
from dezky_audit_tui.tui.words.health import Health
from dezky_audit_tui.tui.words.pieces import Piece, chop, crop, spread, text_of, wrap

WELL = Health("ok", "ok", "4 s behind", "next tick 0:38", "ingesting here")


def header(width: int, health: Health = WELL, store: str = "sqlite audit.db") -> str:
    return text_of(header_line(width, "authentik", store, "UTC", health))


@pytest.mark.parametrize("width", [60, 70, 80, 100, 120, 200])
def test_source_state_lag_and_store_stand_at_every_width(width: int) -> None:
    line = header(width)
    assert cell_len(line) <= width
    for word in ("authentik", "● ok", "4 s behind", "sqlite audit.db"):
        assert word in line


def test_a_wide_header_tells_all() -> None:
    assert header(120).split() == [
        *("dezky", "audit", "authentik", "●", "ok", "4", "s", "behind", "next", "tick", "0:38"),
        *("ingesting", "here", "sqlite", "audit.db", "UTC"),
    ]


def test_brand_who_and_countdown_give_way_before_what_must_stand() -> None:
    assert "dezky" not in header(80)
    assert "ingesting here" in header(80)
    assert "UTC" in header(60)


def test_a_long_name_of_a_store_is_cut_and_the_state_is_not() -> None:
    line = header(60, store="mongodb cluster0-shard-00-02.example.net/platform-production")
    assert cell_len(line) <= 60
    assert line.startswith(" authentik ● ok  4 s behind  next 0:38  mongodb clus")
    assert line.endswith("… UTC ")


@pytest.mark.parametrize(
    ("word", "lag", "upcoming"),
    [("failing", "2 min behind", "retry 0:05"), ("store away", "14 min behind", ""), ("silent", "3 d behind", "retry")],
)
def test_in_trouble_a_narrow_header_still_names_the_store_whole(word: str, lag: str, upcoming: str) -> None:
    line = header(60, Health(word, "bad", lag, "retry 0:05", "ingesting here"))
    assert cell_len(line) == 60
    assert all(part in line for part in (f"✗ {word}", lag, upcoming, " audit.db ", "UTC"))


@pytest.mark.parametrize("width", [60, 70, 80, 100, 120, 160])
@pytest.mark.parametrize("store", ["sqlite audit.db", "mongodb cluster0-shard-00-02.example.net/platform-production"])
def test_outcome_lag_next_tick_and_store_are_always_there_and_the_cursor_from_80_on(width: int, store: str) -> None:
    line = text_of(header_line(width, "authentik", store, "UTC", WELL, "08:22:47"))
    assert cell_len(line) <= width
    assert all(part in line for part in ("● ok", "4 s behind", "0:38", store[:8], "UTC"))
    assert ("cursor 08:22:47" in line) or width < 80


def test_a_failure_is_told_by_glyph_and_word() -> None:
    assert "✗ failing" in header(80, Health("failing", "bad", "3 min behind", "retry 0:20", "ingesting here"))


def test_nothing_from_outside_puts_a_control_byte_on_a_line() -> None:
    hostile = "sqlite \x1b[2J\x07evil\u202e.db"
    for line in (
        header(120, store=hostile),
        *map(text_of, filter_lines(120, FilterWords(chips=(hostile,)))),
        *map(text_of, filter_lines(120, FilterWords(chips=(hostile,), off=True))),
        text_of(footer_line(120, "timeline", hostile)),
        *map(text_of, banner_lines(80, Health("failing", "bad", "", "", "", problem=hostile))),
    ):
        assert line.isprintable()
        assert "evil" in line


def test_the_banner_wraps_at_words_into_three_lines_at_most() -> None:
    problem = "Authentik refused the token. " * 12
    lines = [text_of(line) for line in banner_lines(60, Health("failing", "bad", "", "", "", problem=problem))]
    assert len(lines) == 3
    assert all(cell_len(line) <= 60 for line in lines)
    assert lines[0].startswith(" ✗ Authentik refused")


def test_no_trouble_no_banner() -> None:
    assert banner_lines(80, WELL) == []


@pytest.mark.parametrize("width", [60, 80, 120])
def test_the_footer_keeps_help_and_never_cuts_a_word(width: int) -> None:
    line = text_of(footer_line(width, "timeline", None))
    assert cell_len(line) <= width
    assert line.startswith(" r tick now")
    assert "…" not in line
    assert "? help" in line


def test_pieces_are_cut_by_cells_and_wide_characters_count_twice() -> None:
    assert text_of(crop((Piece("漢字漢字"), Piece("x")), 5)) == "漢字…"
    assert text_of(spread((Piece("ab"),), (Piece("yz"),), 8)) == "ab    yz"
    assert [text_of(line) for line in chop((Piece("漢字"), Piece("abc")), 3)] == ["漢", "字a", "bc"]
    assert wrap("one two three", 7, 5) == ["one two", "three"]
    assert wrap("one two three four", 7, 2) == ["one two", "three …"]
