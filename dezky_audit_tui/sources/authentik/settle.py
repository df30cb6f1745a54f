"""What the state becomes when the walk from the head of the list has ended. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from dezky_audit_tui.model.cursor import RECHECK, UNREAD, Hole, Mark, PullState
from dezky_audit_tui.model.holes import top_at, with_hole
from dezky_audit_tui.model.instants import floor_ms

REWALK_EVERY = timedelta(hours=24)
_ONCE_MORE = timedelta(hours=3)
"""How far a re-walk goes back behind the last one: what is committed up to this late is in one of them for sure."""
_GONE_BACK = timedelta(minutes=2)
"""How far the source's clock has to lie behind the last re-walk to have been set back: what is known of it comes by the
second, less the time that a request took."""
_UNSHARP = 0.05
"""The part of the overlap that the source's clock may seem to go back between two ticks for the same reason: half a
minute of ten."""


@dataclass(frozen=True, slots=True)
class HeadWalk:
    """How far the walk came.

    `server_now`: the source's clock when page 1 was asked for. `newest`: the newest row not later than that, None
    where there was none. `oldest`: the last row read, at `end_index` of a list of `count`. `reached_cursor`: all
    above the cursor was read; `reached_floor`: all above the floor too, or the list ended. `above_cursor`: about
    how many rows lie above the cursor, where that can be told.
    """

    server_now: datetime
    newest: Mark | None
    oldest: Mark
    end_index: int
    count: int
    reached_cursor: bool
    reached_floor: bool
    above_cursor: int | None = None


def as_settled(state: PullState, server_now: datetime, overlap: timedelta, sure: datetime | None) -> PullState:
    """`state`; where one reply told of a time that is still to come, and more was settled than had been, with what was
    settled for sure. `sure`: what the walk before this one had settled, where that is known.

    Without it: the cursor was not ahead of the time when it was met, and what may wait to be read again below the
    overlap is half of one.
    """
    edge = floor_ms(server_now - overlap)
    if state.cursor is None or state.settled_at is None or state.settled_at <= edge + overlap * _UNSHARP:
        return state
    if sure is None or sure > edge:
        sure = floor_ms(min(state.cursor.at, server_now) - 1.5 * overlap)
    return replace(state, settled_at=sure)


def settle(state: PullState, walk: HeadWalk, overlap: timedelta, history: timedelta | None) -> PullState:
    """The state after a head walk: `settled_at`, new holes and the cursor.

    No `recheck` hole reaches above `server_now` minus `overlap`: what lies above may still be joined by late
    commits, and the next walks read it anyway.
    """
    edge = floor_ms(walk.server_now - overlap)
    if state.cursor is None or state.settled_at is None:
        return _first(state, walk, edge, history)
    holes, settled = state.holes, state.settled_at
    if walk.reached_floor:
        settled = max(settled, edge)
    elif not walk.reached_cursor:
        # Below a cursor that lies ahead of the source's clock, which was set back, there are new events too; and a walk
        # that met nothing but rows ahead of it, which may be so each time, leaves all that it wanted to the hole.
        ahead = state.cursor.at > walk.server_now
        known = walk.above_cursor is not None and walk.newest is not None and not ahead
        left = max((walk.above_cursor or 0) - walk.end_index, 0) if known else None
        bottom = edge if ahead else floor_ms(state.cursor.at)
        if walk.newest is None:
            bottom = min(bottom, edge)
        unread = Hole(walk.oldest, bottom, UNREAD, walk.end_index, walk.count, left)
        if not _is_in_hand(unread, holes, walk.server_now):
            holes = with_hole(holes, unread)
        if edge > settled:
            top = min(top_at(edge), walk.oldest, key=lambda mark: mark.key)
            holes = with_hole(holes, Hole(top, settled, RECHECK, walk.end_index, walk.count))
            settled = edge
    elif edge - settled >= overlap / 2 and edge > settled:
        holes = with_hole(holes, Hole(top_at(edge), settled, RECHECK, walk.end_index, walk.count))
        settled = edge
    cursor = state.cursor
    if walk.newest is not None and walk.newest.key > cursor.key:
        cursor = walk.newest
    return _rewalk(replace(state, cursor=cursor, settled_at=settled, holes=holes), walk, edge, overlap)


def _is_in_hand(unread: Hole, holes: tuple[Hole, ...], server_now: datetime) -> bool:
    """Whether a hole that is there already takes in all of `unread` but for rows ahead of the source's clock, which
    were read down to its top. What joins those later is not settled yet. Else each walk would put back what was
    filled."""
    return any(
        hole.kind == UNREAD
        and server_now < hole.top.at
        and hole.top.key < unread.top.key
        and unread.bottom is not None
        and (hole.bottom is None or hole.bottom <= unread.bottom)
        for hole in holes
    )


def _first(state: PullState, walk: HeadWalk, edge: datetime, history: timedelta | None) -> PullState:
    """The first run: page 1 is stored, and everything older is one hole.

    A walk that met nothing but rows ahead of the source's clock leaves the hole alone; the cursor is found in it, and
    until then it stays as it is."""
    if walk.newest is None and (state.holes or walk.reached_floor):
        return state
    history_from = state.history_from
    if history_from is None and history is not None:
        history_from = floor_ms(walk.server_now - history)
    holes = state.holes
    if not walk.reached_floor:
        left = walk.count - walk.end_index if history_from is None else None
        holes = with_hole(holes, Hole(walk.oldest, history_from, UNREAD, walk.end_index, walk.count, left))
    state = replace(state, holes=holes, history_from=history_from)
    return state if walk.newest is None else _begun(state, walk.newest, walk.server_now, edge)


def with_newest(state: PullState, newest: Mark, server_now: datetime, overlap: timedelta) -> PullState:
    """The state after `newest`, not later than the source's clock, was read in a hole. It lies above the cursor where
    the head walk met nothing but rows ahead of that clock, and did not come down to it."""
    if state.cursor is None or state.settled_at is None:
        return _begun(state, newest, server_now, floor_ms(server_now - overlap))
    return replace(state, cursor=newest) if newest.key > state.cursor.key else state


def _begun(state: PullState, newest: Mark, server_now: datetime, edge: datetime) -> PullState:
    return replace(state, cursor=newest, settled_at=edge, rewalked_at=floor_ms(server_now))


def _rewalk(state: PullState, walk: HeadWalk, edge: datetime, overlap: timedelta) -> PullState:
    """Once a day the last 24 hours are to be read again: the net below the overlap. Also where the source's clock was
    set back behind the last time: else what is written until then would lie below every net.

    And the day since the last time, from some hours before that: what came late then was in none yet, and a program
    that was down for long leaves no day out.
    """
    rewalked = state.rewalked_at
    if rewalked is not None and -_GONE_BACK <= walk.server_now - rewalked < REWALK_EVERY:
        return state
    holes = state.holes
    if rewalked is not None:
        bottom = floor_ms(walk.server_now - REWALK_EVERY)
        top = min(top_at(edge), top_at(state.settled_at or edge), key=lambda mark: mark.key)
        holes = with_hole(holes, Hole(top, bottom, RECHECK, walk.end_index, walk.count, rewalk=True))
        if rewalked <= bottom:
            top = top_at(min(rewalked + REWALK_EVERY, bottom))
            bottom = floor_ms(rewalked - max(overlap, _ONCE_MORE))
            holes = with_hole(holes, Hole(top, bottom, RECHECK, rewalk=True))
    return replace(state, holes=holes, rewalked_at=floor_ms(walk.server_now))
