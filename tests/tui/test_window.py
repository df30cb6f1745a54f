from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from dezky_audit_tui.model.event import Row
from dezky_audit_tui.tui.timeline.window import Window
from tests.tui.rows import NOON, row


def numbers(window: Window) -> list[int]:
    return [int(held.position.tie) for held in window.newest_first()]


def open_window(*ns: int, at_newest: bool = True, at_oldest: bool = True, limit: int = 100) -> Window:
    window = Window(limit)
    window.set([row(n) for n in sorted(ns, reverse=True)], at_newest=at_newest, at_oldest=at_oldest)
    return window


def test_a_late_row_goes_to_its_place() -> None:
    window = open_window(1, 2, 5)
    assert window.take([row(3)]) == 1
    assert numbers(window) == [5, 3, 2, 1]


def test_a_row_of_the_same_moment_is_ordered_by_the_stores_tie_breaker() -> None:
    window = open_window()
    window.take([row(1, seconds=9), row(3, seconds=9), row(2, seconds=9)])
    assert numbers(window) == [3, 2, 1]


def test_a_row_taken_twice_stands_once_and_as_it_is_now() -> None:
    window = open_window(1, 2)
    assert window.take([row(2, tenant_slug="initech")]) == 0
    assert numbers(window) == [2, 1]
    assert window.nth(0).event.tenant_slug == "initech"


def test_rows_beyond_an_end_that_is_not_the_stores_own_are_left_to_the_next_page() -> None:
    window = open_window(4, 5, at_newest=False, at_oldest=False)
    assert window.take([row(1), row(9), row(8)]) == 0
    assert numbers(window) == [5, 4]
    assert window.above == 2


def test_an_empty_store_takes_its_first_row() -> None:
    window = open_window()
    assert window.take([row(1)]) == 1


def test_a_window_that_was_never_opened_takes_nothing() -> None:
    assert Window().take([row(1)]) == 0


def test_trimming_drops_what_lies_farthest_and_remembers_that_more_is_there() -> None:
    window = open_window(*range(20), limit=10)
    window.trim(0)
    assert numbers(window) == list(range(19, 9, -1))
    assert (window.at_newest, window.at_oldest, window.above) == (True, False, 0)
    window = open_window(*range(20), limit=10)
    window.trim(19)
    assert numbers(window) == list(range(9, -1, -1))
    assert (window.at_newest, window.at_oldest, window.above) == (False, True, 10)


def test_the_nearest_row_of_a_place_that_is_gone_is_the_next_older_one() -> None:
    window = open_window(1, 2, 4, 5)
    assert window.nth(window.nearest(row(3).position) or 0).position == row(2).position
    assert window.nth(window.nearest(row(9).position) or 0).position == row(5).position
    index = window.nearest(row(0).position)
    assert index is not None
    assert window.nth(index).position == row(1).position


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_whatever_comes_the_window_is_a_contiguous_stretch_of_the_store(data: st.DataObject) -> None:
    """The store is a set of numbers; pages, live rows and trims in any order never leave a gap or a double."""
    stored = set(data.draw(st.sets(st.integers(0, 60), max_size=30)))
    window = Window(12)
    newest = sorted(stored, reverse=True)[:5]
    window.set([row(n) for n in newest], at_newest=True, at_oldest=len(newest) < 5)
    for step in data.draw(st.lists(st.sampled_from(["older", "newer", "live", "trim"]), max_size=25)):
        held = numbers(window)
        if step == "live":
            new = data.draw(st.sets(st.integers(0, 60), max_size=4)) - stored
            stored |= new
            window.take([row(n) for n in new])
        elif step == "older" and held and not window.at_oldest:
            page = sorted((n for n in stored if n < held[-1]), reverse=True)[:5]
            window.add_older([row(n) for n in page], last=len(page) < 5)
        elif step == "newer" and held and not window.at_newest:
            page = sorted(n for n in stored if n > held[0])[:5]
            window.add_newer([row(n) for n in page], last=len(page) < 5)
        elif step == "trim" and held:
            window.trim(data.draw(st.integers(0, len(held) - 1)))
            assert len(window) <= 12
        held = numbers(window)
        expected = [n for n in sorted(stored, reverse=True) if held and held[-1] <= n <= held[0]]
        assert held == expected
        if window.at_newest and held:
            assert held[0] == max(stored)
            assert window.above == 0
        if window.at_oldest and held:
            assert held[-1] == min(stored)
        if held and not window.at_newest:
            assert window.above == sum(n > held[0] for n in stored)


def test_rows_are_given_newest_first() -> None:
    window = open_window(3, 1, 2)
    first: Row = next(iter(window.newest_first()))
    assert first.position == row(3).position
    assert window.index(row(1).position) == 2
    assert window.index(row(7).position) is None


def test_a_row_that_a_fast_clock_dated_is_not_taken_for_the_newest_of_the_log() -> None:
    window = Window()
    ahead = row(3, seconds=3_600, recorded_at=NOON)
    window.set([ahead, row(2, recorded_at=NOON)], at_newest=True, at_oldest=True)
    assert window.latest == row(2).position
    window.take([row(9)])
    assert window.latest == row(9).position
