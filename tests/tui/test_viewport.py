from __future__ import annotations

from datetime import timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from dezky_audit_tui.insight.sessions import SessionBook
from dezky_audit_tui.model.cursor import UNREAD, Hole, Mark
from dezky_audit_tui.model.event import Row
from dezky_audit_tui.model.instants import exact_text
from dezky_audit_tui.tui.timeline.folds import Folds
from dezky_audit_tui.tui.timeline.lines import DayLine, EndLine, GapLine, RowLine
from dezky_audit_tui.tui.timeline.viewport import Viewport
from dezky_audit_tui.tui.timeline.window import PAGE, Window
from dezky_audit_tui.tui.words.zone import Zone
from tests.tui.rows import NOON, event, row

TODAY = NOON.date()


def viewport(count: int, height: int = 10) -> Viewport:
    window = Window()
    window.set([row(n) for n in reversed(range(count))], at_newest=True, at_oldest=True)
    view = Viewport(window, Zone("utc"))
    view.resize(height)
    view.update(TODAY)
    return view


def come(view: Viewport, *ns: int) -> None:
    rows = [row(n) for n in ns]
    view.window.take(rows)
    view.fresh.take(rows)
    view.update(TODAY)


def name(view: Viewport) -> str | None:
    return view.selected.event.external_id if view.selected else None


def on_screen(view: Viewport, line: int) -> str | None:
    found = view.line_at(line)
    return found.row.event.external_id if isinstance(found, RowLine) else None


def test_following_the_newest_row_is_selected_and_on_top() -> None:
    view = viewport(30)
    come(view, 100)
    assert (name(view), view.top, view.following) == ("id-000100", 0, True)


def test_moving_off_the_top_pauses_and_then_the_row_never_moves_on_the_screen() -> None:
    view = viewport(30)
    view.move(1)
    view.move(1)
    assert not view.following
    come(view, 100, 101, 102)
    come(view, 103)
    assert name(view) == "id-000027"
    assert view.screen_line == 2
    assert on_screen(view, 2) == "id-000027"


def test_a_row_that_comes_below_the_selected_one_does_not_move_it_either() -> None:
    view = viewport(30)
    view.move(4)
    line = view.screen_line
    view.window.take([row(24, tie=900), row(3, tie=901)])
    view.update(TODAY)
    assert (name(view), view.screen_line) == ("id-000025", line)


def test_a_short_list_paused_keeps_its_row_and_leaves_blank_lines_below() -> None:
    view = viewport(3)
    view.pause()
    come(view, 50, 51)
    assert name(view) == "id-000002"
    assert view.screen_line == 0
    assert view.line_at(9) is None


def test_a_gap_that_is_filled_above_does_not_move_the_selected_row() -> None:
    window = Window()
    window.set([row(n) for n in (20, 19, 5, 4, 3, 2, 1)], at_newest=True, at_oldest=True)
    view = Viewport(window, Zone("utc"))
    view.resize(20)
    hole = Hole(Mark(exact_text(event(19).at), "x"), event(5).at, UNREAD, events=13)
    view.update(TODAY, (hole,))
    assert isinstance(view.line_at(2), GapLine)
    view.move(4)
    line = view.screen_line
    assert line == 5
    come(view, *range(6, 19))
    view.update(TODAY, ())
    assert (name(view), view.screen_line) == ("id-000003", line)
    assert not any(isinstance(each, GapLine) for each in view.lines)


def test_what_came_since_the_pause_is_counted_but_not_what_is_older() -> None:
    view = viewport(30)
    view.pause()
    rows = [
        row(100, action="authentik.impersonation_started"),
        row(101, outcome="failure"),
        row(3, tie=77),
    ]
    view.fresh.take(rows)
    assert view.fresh.pill == "+2 new, 1 impersonation, 1 failed"


def test_following_the_newest_row_is_seen_at_any_height_and_what_stands_above_it_too() -> None:
    view = viewport(10)
    view.update(NOON.date() + timedelta(days=1))
    assert isinstance(view.line_at(0), DayLine)
    view.resize(1)
    assert view.screen_line == 0
    view.resize(8)
    assert isinstance(view.line_at(0), DayLine)


def test_going_up_from_the_newest_row_asks_to_follow() -> None:
    view = viewport(30)
    view.move(1)
    assert view.move(-1)
    assert not view.following
    assert not view.move(-1)


def test_the_wheel_moves_the_view_and_takes_the_selection_along_at_its_edge() -> None:
    view = viewport(50)
    assert view.wheel(3)
    assert (view.top, view.screen_line) == (3, 0)
    assert view.wheel(-3)
    assert (view.top, view.screen_line) == (0, 3)
    assert not view.wheel(-3)


def test_the_wheel_ends_at_the_last_line() -> None:
    view = viewport(12)
    view.wheel(50)
    assert view.top == len(view.lines) - 10
    assert isinstance(view.lines[-1], EndLine)


def test_the_selected_event_is_kept_when_another_stretch_is_opened_around_it() -> None:
    view = viewport(50)
    view.move(7)
    chosen, line = view.selected, view.screen_line
    assert chosen is not None
    view.window.set([row(n) for n in range(60, 20, -2)] + [row(n) for n in (7, 5)], at_newest=True, at_oldest=True)
    view.opened(TODAY, chosen.position, following=False, line=line)
    assert (name(view), view.screen_line) == ("id-000042", line)


def test_a_new_day_stands_above_its_rows_and_the_selection_steps_over_it() -> None:
    window = Window()
    window.set([row(10), row(1, seconds=-43_300), row(0, seconds=-43_400)], at_newest=True, at_oldest=True)
    view = Viewport(window, Zone("utc"))
    view.resize(10)
    view.update(TODAY)
    assert [type(line) for line in view.lines] == [RowLine, DayLine, RowLine, RowLine, EndLine]
    view.move(1)
    assert view.screen_line == 2


def test_a_page_is_wanted_well_before_its_end_is_seen() -> None:
    window = Window()
    window.set([row(n) for n in reversed(range(200))], at_newest=True, at_oldest=False)
    view = Viewport(window, Zone("utc"))
    view.resize(20)
    view.update(TODAY)
    assert view.wanted() is None
    view.move(105)
    assert view.wanted() == "older"


@given(
    st.lists(st.tuples(st.sampled_from(["come", "late", "move", "wheel", "size"]), st.integers(-30, 30)), max_size=30)
)
@settings(max_examples=60, deadline=None)
def test_whatever_happens_the_selected_event_is_on_the_screen(steps: list[tuple[str, int]]) -> None:
    view = viewport(40, height=8)
    number = 1000
    for step, amount in steps:
        before, line, paused = name(view), view.screen_line, not view.following
        number += 1
        match step:
            case "come":
                come(view, number)
            case "late":
                view.window.take([row(20 + amount % 20, tie=number)])
                view.update(TODAY)
            case "move":
                view.move(amount)
            case "wheel":
                view.wheel(amount)
            case _:
                view.resize(8 + amount % 5)
        assert view.screen_line is not None
        assert 0 <= view.screen_line < view.height
        assert on_screen(view, view.screen_line) == name(view)
        if paused and step in ("come", "late"):
            assert (name(view), view.screen_line) == (before, line)


class Paged:
    """A view over a store of rows that is read in pages as the view asks for them, as the dashboard does."""

    def __init__(self, rows: list[Row], height: int = 20, limit: int = 3000) -> None:
        self.rows = sorted(rows, key=lambda each: each.position)
        self.window = Window(limit)
        newest = self.rows[::-1][:PAGE]
        self.window.set(newest, at_newest=True, at_oldest=len(newest) == len(self.rows))
        self.view = Viewport(self.window, Zone("utc"), Folds(SessionBook()))
        self.view.resize(height)
        self.view.update(TODAY)
        self.pages = self.read()

    def read(self) -> int:
        """Until nothing more is wanted: in how many pages."""
        pages = 0
        while (end := self.view.wanted()) is not None:
            pages += 1
            assert pages < 60, "it never has enough"
            edge = self.window.oldest if end == "older" else self.window.newest
            assert edge is not None
            at = next(n for n, each in enumerate(self.rows) if each.position == edge.position)
            if end == "older":
                self.window.add_older(self.rows[max(0, at - PAGE) : at][::-1], last=at <= PAGE)
            else:
                page = self.rows[at + 1 : at + 1 + PAGE]
                self.window.add_newer(page, last=at + 1 + PAGE >= len(self.rows))
            self.view.update(TODAY)
        return pages

    def page(self, lines: int) -> None:
        self.view.move(lines)
        self.read()


def burst(count: int, start: int = 0) -> list[Row]:
    changes: dict[str, Any] = {"action": "authentik.login_failed", "outcome": "failure", "actor_ip": "198.51.100.4"}
    changes |= {"actor_id": "7", "actor_name": "ana", "metadata": {"rawAction": "login_failed"}}
    return [row(n, **changes) for n in range(start, start + count)]


def test_a_burst_longer_than_the_window_is_gone_through_and_ends() -> None:
    paged = Paged([*(row(n) for n in range(50)), *burst(9_000, 1_000), *(row(n) for n in range(20_000, 20_040))])
    for _ in range(25):
        paged.page(19)
    assert name(paged.view) == "id-000000"
    for _ in range(25):
        paged.page(-19)
    assert name(paged.view) == "id-020039"


def test_following_over_an_endless_burst_stops_reading() -> None:
    paged = Paged(burst(12_000))
    assert paged.pages < 50
    assert len(paged.view.lines) >= 6


@given(st.lists(st.integers(-40, 40), max_size=40), st.integers(0, 3))
@settings(max_examples=30, deadline=None)
def test_however_one_moves_a_row_is_selected_that_stands_on_the_screen(moves: list[int], opened: int) -> None:
    rows = [*(row(n) for n in range(60)), *burst(40, 100), *(row(n) for n in range(200, 230)), *burst(30, 300)]
    paged = Paged(rows, height=12)
    for at, step in enumerate(moves):
        if at == opened:
            paged.view.toggle()
        paged.page(step)
        selected = paged.view.selected
        assert selected is not None
        assert selected.position not in paged.view.layout.hidden
        line = paged.view.screen_line
        assert line is not None
        assert 0 <= line < 12
        assert on_screen(paged.view, line) == selected.event.external_id
