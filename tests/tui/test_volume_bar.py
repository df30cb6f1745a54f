"""The line of the volume: bars at the left, impersonations without an end at the right."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from dezky_audit_tui.insight.session_fold import Session
from dezky_audit_tui.insight.sessions import SessionBook
from dezky_audit_tui.insight.volume import Bucket
from dezky_audit_tui.model.event import Person
from dezky_audit_tui.tui.pieces import text_of, width_of
from dezky_audit_tui.tui.volume_bar import bar_pieces, volume_line
from tests.insight.samples import BOB, NOON, at, started

SERIES = [Bucket(NOON + timedelta(minutes=number), number % 9, 0) for number in range(60)]


def sessions(*events: object) -> list[Session]:
    book = SessionBook()
    book.add_all(events)  # type: ignore[arg-type]  # events
    return book.open()


def test_the_running_impersonation_stands_at_the_right() -> None:
    line = volume_line(100, SERIES, sessions(started(0)), at(432))
    text = text_of(line)
    assert text.endswith("impersonation root AS ana  00:07:12  open ")
    assert "▁▂" in text
    assert "in the last hour" not in text or width_of(line) == 100


def test_more_than_one_are_counted_and_old_ones_say_that_they_did_not_end() -> None:
    found = sessions(started(0, BOB, ip="192.0.2.1"), started(90_000), started(90_001, BOB, ip="192.0.2.2"))
    text = text_of(volume_line(120, SERIES, found, at(90_060)))
    assert "root AS bob  00:00:59  open   +1, 1 not ended" in text
    assert "1 not ended" in text_of(volume_line(80, SERIES, found[2:], at(90_060)))


@pytest.mark.parametrize("width", [20, 40, 80, 200])
@given(name=st.text(max_size=60), count=st.integers(0, 3))
def test_it_fits_every_width_and_never_hides_that_one_is_open(width: int, name: str, count: int) -> None:
    events = [started(number, Person("9", name), ip=f"192.0.2.{number}") for number in range(count)]
    line = volume_line(width, SERIES, sessions(*events), at(60))
    assert width_of(line) == width
    assert all(char.isprintable() for char in text_of(line))
    if count and width >= 40:
        assert "open" in text_of(line)


def test_bars_are_as_high_as_their_events_and_loud_where_they_failed() -> None:
    pieces = bar_pieces(
        [Bucket(NOON, 0), Bucket(NOON, 1), Bucket(NOON, 80), Bucket(NOON, 40, 39), Bucket(NOON, 40, 15)]
    )
    assert text_of(pieces) == " ▁█▄▄"
    assert [piece.tone for piece in pieces] == ["dim", "bad", "warn"]
    assert bar_pieces([]) == []
    assert cell_len(text_of(bar_pieces(SERIES))) == 60


def test_where_nothing_is_open_nothing_is_said() -> None:
    assert "impersonation" not in text_of(volume_line(120, SERIES, [], NOON))
