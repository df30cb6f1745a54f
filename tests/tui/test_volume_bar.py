"""The lines of the volume."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dezky_audit_tui.insight.volume import Bucket
from dezky_audit_tui.tui.words.pieces import text_of, width_of
from dezky_audit_tui.tui.words.volume_bar import bar_cells, volume_lines
from tests.tui.rows import NOON


def series(*counts: tuple[int, int]) -> list[Bucket]:
    return [Bucket(NOON + timedelta(minutes=at), *each) for at, each in enumerate(counts)]


def test_failures_have_a_row_of_their_own() -> None:
    upper, lower = volume_lines(60, series((0, 0), (1, 0), (64, 16), (16, 1)), "last hour", None, rows=2)
    assert text_of(upper).startswith("         ▁█▄ ")
    assert text_of(lower).startswith("          ▄▁ ")
    assert text_of(upper).endswith("last hour: 81 events ")
    assert text_of(lower).endswith("✗ 17 failed ")


@pytest.mark.parametrize("rows", [1, 2])
def test_the_first_bar_says_when_it_begins(rows: int) -> None:
    told = volume_lines(70, series((1, 0), (1, 0)), "last hour", None, rows=rows, since="11:00")
    assert text_of(told[0]).startswith(" 11:00  ██ ")
    assert not any("11:00" in text_of(line) for line in told[1:])


def test_on_one_row_they_have_a_glyph_of_their_own() -> None:
    (line,) = volume_lines(70, series((0, 0), (4, 1), (64, 15), (16, 0)), "last hour", None, rows=1)
    assert text_of(line).startswith("         ✗█▄ ")
    assert text_of(line).endswith("last hour: 84 events, ✗ 16 failed ")


def test_nothing_that_failed_is_said_in_words() -> None:
    (line,) = volume_lines(70, series((1, 0)), "last 6 h", None, rows=1)
    assert text_of(line).endswith("last 6 h: 1 event, none failed ")


def test_the_reader_sees_where_he_is() -> None:
    upper, _ = volume_lines(60, series((1, 0), (1, 0), (1, 0)), "last hour", 1, rows=2)
    assert [piece.text for piece in upper if piece.tone == "pill"] == ["█"]


@pytest.mark.parametrize("label", ["last 30 d", "30 d to 24 Nov 03:07"])
@pytest.mark.parametrize("width", [62, 70, 80, 99])
def test_words_give_way_to_the_newest_bars(width: int, label: str) -> None:
    bars, cells = bar_cells(width, 90)
    counts = series(*[(0, 0)] * (bars - 1), (1_234, 99))
    (line,) = volume_lines(width, counts, label, None, rows=1, cells=cells)
    assert "█" in text_of(line)
    assert "30 d" in text_of(line)
    assert "1,234" in text_of(line) or width < 70


def test_what_is_not_counted_is_not_told_as_nothing() -> None:
    for rows in (1, 2):
        told = " ".join(map(text_of, volume_lines(80, series((0, 0)), "last hour", None, rows=rows, waits="counting…")))
        assert told.rstrip().endswith("last hour: counting…")
        assert "0 events" not in told
        assert "failed" not in told


def test_what_nobody_has_read_is_no_peace() -> None:
    counts = series((4, 0), (0, 0), (0, 0), (0, 0))
    for rows in (1, 2):
        told = [text_of(line) for line in volume_lines(80, counts, "last hour", None, rows=rows, unseen={2, 3})]
        assert told[0].startswith("        █ ~~ ")
        assert told[-1].endswith("not all seen ")
        assert "none failed" not in " ".join(told)


@pytest.mark.parametrize("buckets", [60, 72, 96, 84, 90])
@given(width=st.integers(0, 300))
def test_bars_fit_with_their_words(buckets: int, width: int) -> None:
    bars, cells = bar_cells(width, buckets)
    assert 0 <= bars <= buckets
    assert bars * cells <= max(0, width - 35)
    for rows in (1, 2):
        for line in volume_lines(width, series((9, 3)) * bars, "30 d to 24 Nov 12:00", 0, rows=rows, cells=cells):
            assert width_of(line) == max(width, 0)


def test_wide_screens_have_wide_bars() -> None:
    assert bar_cells(120, 60) == (60, 1)
    assert bar_cells(200, 60) == (60, 2)
    assert bar_cells(80, 60) == (30, 1)
    assert bar_cells(40, 60) == (0, 1)
