"""One state of two: nothing that neither has read is called read, and nothing that one has read is called a gap."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from dezky_audit_tui.model.cursor import RECHECK, UNREAD, Hole, Mark, PullState
from dezky_audit_tui.model.holes import with_hole
from dezky_audit_tui.model.instants import exact_text
from dezky_audit_tui.model.merge import merged
from tests.effort import costly

NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
LAST = 40
PKS = ("a", "b")


def at(second: int) -> datetime:
    return NOON + timedelta(seconds=second)


def mark(second: int, pk: str = "a") -> Mark:
    return Mark(exact_text(at(second)), pk)


LOG = [mark(second, pk) for second in range(LAST + 1) for pk in PKS]


@st.composite
def states(draw: st.DrawFn) -> PullState:
    history = draw(st.none() | st.integers(0, 10))
    low = history or 0
    settled = draw(st.integers(low, LAST))
    cursor = draw(st.integers(settled, LAST))
    holes: tuple[Hole, ...] = ()
    for _ in range(draw(st.integers(0, 3))):
        kind = draw(st.sampled_from([UNREAD, RECHECK]))
        top = draw(st.integers(low, settled if kind == RECHECK else cursor))
        bottom = draw(st.integers(low, top) | (st.none() if history is None else st.just(low)))
        hole = Hole(mark(top, draw(st.sampled_from(PKS))), None if bottom is None else at(bottom), kind, 7, 9, 2)
        holes = with_hole(holes, hole)
    return PullState(
        "authentik",
        cursor=mark(cursor, draw(st.sampled_from(PKS))),
        settled_at=at(settled),
        holes=holes,
        rewalked_at=draw(st.none() | st.integers(0, LAST).map(at)),
        history_from=None if history is None else at(history),
        rev=draw(st.integers(0, 9)),
    )


def lies_in(point: Mark, state: PullState, kind: str) -> bool:
    return any(
        hole.kind == kind and point.key < hole.top.key and (hole.bottom is None or point.at >= hole.bottom)
        for hole in state.holes
    )


def knows(state: PullState, point: Mark) -> bool:
    """Whether what is visible there is stored."""
    assert state.settled_at is not None
    wanted = state.history_from is None or point.at >= state.history_from
    return wanted and point.at <= state.settled_at and not lies_in(point, state, UNREAD)


@given(states(), states())
@costly(120)
def test_what_neither_has_read_is_unread_and_what_one_has_read_is_not(ours: PullState, theirs: PullState) -> None:
    both = merged(ours, theirs)
    assert both.settled_at is not None
    edges = {each.settled_at for each in (ours, theirs)} | {each.history_from for each in (ours, theirs)}
    for point in LOG:
        if both.history_from is not None and point.at < both.history_from:
            continue
        known = knows(ours, point) or knows(theirs, point)
        unread = lies_in(point, both, UNREAD)
        if point.at <= both.settled_at and not known:
            assert unread, point
        if known and point.at not in edges:
            assert not unread, point
        if lies_in(point, ours, RECHECK) or lies_in(point, theirs, RECHECK):
            assert unread or lies_in(point, both, RECHECK)


@given(states(), states())
@costly(80)
def test_neither_cursor_nor_what_is_settled_goes_back(ours: PullState, theirs: PullState) -> None:
    both = merged(ours, theirs)
    for each in (ours, theirs):
        assert both.cursor is not None
        assert each.cursor is not None
        assert both.cursor.key >= each.cursor.key
        assert both.settled_at is not None
        assert each.settled_at is not None
        assert both.settled_at >= each.settled_at
    ahead = ours if ours.cursor == both.cursor else theirs
    for point in LOG:
        if point.at > both.settled_at and lies_in(point, ahead, UNREAD):
            assert lies_in(point, both, UNREAD)
    assert both.rev == ours.rev


@given(states())
@settings(max_examples=100, deadline=None)
def test_the_same_state_again_changes_nothing(state: PullState) -> None:
    assert merged(state, state) == state


@given(states(), st.integers(0, 9))
@settings(max_examples=50, deadline=None)
def test_an_empty_state_takes_the_other_over_whole(state: PullState, rev: int) -> None:
    assert merged(PullState("authentik", rev=rev), state) == replace(state, rev=rev)
    assert merged(state, PullState("authentik", rev=rev)) == state


def test_a_first_run_needs_only_what_the_other_store_has_not() -> None:
    fresh = PullState("authentik", mark(40), at(30), (Hole(mark(38), None, UNREAD, 100, 5_000, 4_900),), at(40))
    old = PullState("authentik", mark(20), at(15), (Hole(mark(5), at(3), UNREAD),), at(10))
    both = merged(fresh, old)
    assert [(hole.top, hole.bottom) for hole in both.holes] == [(mark(38), at(15)), (mark(5), at(3))]
    assert (both.cursor, both.settled_at, both.rewalked_at) == (mark(40), at(30), at(10))
