"""Which rows are told as one: bursts until they are opened, impersonations once they are closed."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from dezky_audit_tui.insight.sessions import SessionBook
from dezky_audit_tui.insight.words import burst_text
from dezky_audit_tui.model.event import AuditEvent, Row
from dezky_audit_tui.tui.timeline.folds import BOTTOM, LOOSE, MIDDLE, MOST, OPENED, TOP, Folds, Layout
from tests.insight.samples import ANA, BOB, acted, ended, failed, login, row, started


def rows_of(*events: AuditEvent) -> list[Row]:
    """As the window holds them: newest first."""
    rows = [row(each, number) for number, each in enumerate(events)]
    return sorted(rows, key=lambda each: each.position, reverse=True)


def shown(rows: Sequence[Row], layout: Layout) -> list[str]:
    return [each.event.action.removeprefix("authentik.") for each in rows if each.position not in layout.hidden]


def burst(count: int = 6, start: float = 0) -> list[AuditEvent]:
    return [failed(start + number) for number in range(count)]


def test_a_burst_stands_where_its_newest_row_stands_and_hides_the_others() -> None:
    rows = rows_of(login(-50, BOB), *burst(), login(7), login(60, BOB, ip="203.0.113.1"))
    layout = Folds(SessionBook()).lay(rows)
    assert shown(rows, layout) == ["login", "login", "login"]
    (head,) = layout.heads.items()
    assert head[0] == rows[1].position
    assert (head[1].count, head[1].burst is not None) == (7, True)
    assert head[1].burst is not None
    assert burst_text(head[1].burst) == "6 failed, then OK, 00:00:07"
    assert {layout.shown(each.position) for each in rows[2:8]} == {rows[1].position}
    assert layout.shown(rows[0].position) == rows[0].position


def test_it_opens_and_closes_from_any_of_its_rows() -> None:
    rows = rows_of(*burst(), login(7))
    folds = Folds(SessionBook())
    layout = folds.lay(rows)
    assert folds.toggle(rows[0], layout) == "burst open"
    layout = folds.lay(rows)
    assert (layout.heads, layout.hidden) == ({}, {})
    assert [layout.tags[each.position] for each in rows] == [OPENED, *[LOOSE] * 6]
    assert list(layout.after) == [rows[0].position]
    assert folds.toggle(rows[3], layout) == "burst closed"
    assert len(folds.lay(rows).hidden) == 6


def test_an_open_burst_stays_open_when_it_grows_at_either_end() -> None:
    folds = Folds(SessionBook())
    middle = burst(6, 10)
    layout = folds.lay(rows_of(*middle))
    folds.toggle(rows_of(*middle)[0], layout)
    assert folds.lay(rows_of(failed(9), *middle, failed(17))).hidden == {}


def test_a_session_is_tagged_from_its_start_to_its_end_and_folds_when_asked() -> None:
    folds = Folds(SessionBook())
    rows = rows_of(started(0), acted(5), acted(9), ended(20))
    layout = folds.lay(rows)
    assert [layout.tags[each.position] for each in rows] == [TOP, MIDDLE, MIDDLE, BOTTOM]
    assert layout.hidden == {}
    assert folds.toggle(rows[1], layout) == "session folded"
    layout = folds.lay(rows)
    assert shown(rows, layout) == ["impersonation_ended"]
    (fold,) = layout.heads.values()
    assert fold.session is not None
    assert (fold.count, fold.session.actions) == (4, 2)
    assert folds.toggle(rows[0], layout) == "session open"
    assert folds.lay(rows).hidden == {}


def test_what_belongs_to_nothing_cannot_be_opened() -> None:
    rows = rows_of(login(0))
    folds = Folds(SessionBook())
    assert folds.toggle(rows[0], folds.lay(rows)) is None
    assert folds.lay(rows) == Layout()


def test_rows_that_are_not_shown_complete_a_burst() -> None:
    folds = Folds(SessionBook())
    failures = rows_of(*burst())
    folds.bring(rows_of(login(7)))
    (fold,) = folds.lay(failures).heads.values()
    assert fold.burst is not None
    assert fold.burst.succeeded


def test_a_burst_of_thousands_is_several_folds() -> None:
    rows = rows_of(*(failed(number) for number in range(2 * MOST + 3)))
    layout = Folds(SessionBook()).lay(rows)
    assert len(layout.heads) > 5
    assert sum(fold.count for fold in layout.heads.values()) == len(rows)
    lower = Folds(SessionBook()).lay(rows[700:])
    assert set(list(lower.heads)[1:]) <= set(layout.heads)
    assert {fold.burst.failures for fold in layout.heads.values() if fold.burst is not None} == {2 * MOST + 3}


def test_a_session_that_the_book_has_no_room_for_is_told_by_its_rows() -> None:
    book = SessionBook(limit=20)
    rows = rows_of(started(0), acted(5), ended(20))
    book.add_all(each for at in range(30) for each in (started(1000 + 60 * at), ended(1030 + 60 * at)))
    assert len(book) <= 20
    layout = Folds(book).lay(rows)
    assert [layout.tags[each.position] for each in rows] == [TOP, MIDDLE, BOTTOM]


EVENTS = st.lists(
    st.tuples(st.sampled_from([failed, failed, login, started, acted, ended]), st.sampled_from([ANA, BOB])), max_size=30
)


@given(EVENTS, st.randoms(use_true_random=False))
def test_every_row_is_shown_or_stands_behind_a_newer_one_that_is(
    made: list[tuple[object, object]], chance: Random
) -> None:
    events = [make(number * chance.choice([1, 5])) for number, (make, _) in enumerate(made)]  # type: ignore[operator]  # one of the makers
    rows = rows_of(*events)
    folds = Folds(SessionBook())
    layout = folds.lay(rows)
    for _ in range(3):
        for each in rows:
            head = layout.hidden.get(each.position)
            assert head is None or (head > each.position and head in layout.heads and head not in layout.hidden)
        for head, fold in layout.heads.items():
            assert fold.count == 1 + sum(there == head for there in layout.hidden.values())
        if rows:
            folds.toggle(chance.choice(rows), layout)
        layout = folds.lay(rows)
