"""The line of impersonations without an end: none is ever left out, at any width."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from dezky_audit_tui.insight.session_fold import Session
from dezky_audit_tui.model.event import Person
from dezky_audit_tui.tui.words.pieces import text_of, width_of
from dezky_audit_tui.tui.words.strip import strip_line
from tests.insight.samples import NOON


def session(minutes: float, admin: str = "root", behalf: str = "ana", *, started: bool = True) -> Session:
    """One that has been open for that long."""
    begin = NOON - timedelta(minutes=minutes)
    return Session(
        key=(begin, f"{admin}{behalf}{minutes}"),
        source="authentik",
        admin=Person("1", admin),
        behalf=Person("2", behalf),
        started_at=begin if started else None,
        first_at=begin,
        last_at=begin,
    )


def told(width: int, *sessions: Session) -> str:
    return text_of(strip_line(width, sessions, NOON))


def test_one_is_told_with_its_age() -> None:
    assert told(80, session(7.2)).startswith(" ! impersonation  root AS ana 00:07:12 open  ")
    assert told(80, session(7.2)).endswith("o go there  O list ")


def test_several_stand_beside_each_other_where_there_is_room_and_are_counted_where_there_is_none() -> None:
    three = (session(1), session(2, behalf="bob"), session(3, behalf="eve"))
    wide = told(160, *three)
    assert all(f"root AS {name}" in wide for name in ("ana", "bob", "eve"))
    narrow = told(60, *three)
    assert "root AS ana 00:01:00 open   +2 open" in narrow


def test_one_that_was_left_open_long_ago_says_so_after_those_that_run() -> None:
    line = told(80, session(2 * 1440), session(5, behalf="bob"))
    assert "root AS bob 00:05:00 open   +1 not ended, up to 2 d 00:00" in line
    assert "root AS ana 2 d 00:00 not ended" in told(80, session(2 * 1440))


def test_a_start_that_was_not_seen_is_older_than_what_was() -> None:
    assert "root AS ana over 00:05:00 open" in told(80, session(5, started=False))


def test_names_are_cut_to_the_room_that_there_is() -> None:
    line = told(60, session(1.2, "jonas.weber", "soren.ostergaard"), session(3000, "jonas.weber", "bozena.hulka"))
    assert line.startswith(" ! jonas.weber AS soren.oster… 00:01:12 open   +1 not ended ")


NAMES = st.text(min_size=1, max_size=60)


@given(st.integers(40, 200), st.lists(st.tuples(st.floats(0, 5000), NAMES, NAMES), min_size=1, max_size=9))
def test_it_fits_and_counts_all_of_them_whatever_their_names(width: int, made: list[tuple[float, str, str]]) -> None:
    sessions = [session(*each) for each in made]
    line = strip_line(width, sessions, NOON)
    assert width_of(line) <= width
    text = text_of(line)
    assert text.isprintable()
    if width >= 80:
        rest = sum(int(part.split()[0]) for part in text.split("+")[1:] if part.split()[0].isdigit())
        named = len(made) - rest
        assert named >= 1 or any("+" in name for each in made for name in each[1:])
