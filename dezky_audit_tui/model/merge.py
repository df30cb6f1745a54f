"""One pull's state of two, for a store that holds the rows of both. Pure.

What one of them has read is read. So a stretch is unread where neither has read it: where it lies in a hole of one, or
beyond what that one knows, and the same of the other. Where it cannot be told, the stretch is read once more.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from dezky_audit_tui.model.cursor import RECHECK, UNREAD, Hole, Mark, PullState
from dezky_audit_tui.model.holes import top_at, with_hole


def merged(ours: PullState, theirs: PullState) -> PullState:
    """The state that holds for the rows of both, with the `rev` of `ours`. Its cursor is the newer of the two.

    Both have to be of one and the same log.
    """
    if theirs.cursor is None or theirs == replace(ours, rev=theirs.rev):
        return ours
    if ours.cursor is None:
        return replace(theirs, rev=ours.rev)
    ahead = max(ours, theirs, key=lambda state: state.cursor.key if state.cursor else ())
    settled = _newer(ours.settled_at, theirs.settled_at)
    history = _further(ours.history_from, theirs.history_from)
    holes: tuple[Hole, ...] = ()
    for one in _unknown(ours, settled, history):
        for other in _unknown(theirs, settled, history):
            holes = with_hole(holes, _common(one, other))
    for hole in ahead.unread:
        # Above what is settled the pull reads again anyway, down to the cursor: only its own gaps count there.
        holes = with_hole(holes, _from(hole, settled))
    for hole in (*ours.holes, *theirs.holes):
        if hole.kind == RECHECK:
            holes = with_hole(holes, hole)
    return PullState(
        source=ours.source,
        cursor=ahead.cursor,
        settled_at=settled,
        holes=holes,
        rewalked_at=_older(ours.rewalked_at, theirs.rewalked_at),
        history_from=history,
        rev=ours.rev,
    )


def _unknown(state: PullState, settled: datetime | None, history: datetime | None) -> list[Hole]:
    """All up to `settled` that this state has not read: its holes, what came later, and what it was not to read."""
    if settled is None:
        return []
    edge = top_at(settled)
    holes = [hole if hole.top.key <= edge.key else _below(hole, edge) for hole in state.unread]
    if state.settled_at is None or state.settled_at < settled:
        holes.append(Hole(edge, state.settled_at, UNREAD))
    if state.history_from is not None and (history is None or history < state.history_from):
        holes.append(Hole(top_at(state.history_from), history, UNREAD))
    return [hole for hole in holes if not hole.is_empty]


def _common(one: Hole, other: Hole) -> Hole:
    """The stretch that lies in both. What is known of its size and place stays where it is all of one of them."""
    low = _newer(one.bottom, other.bottom)
    upper = min(one, other, key=lambda hole: hole.top.key)
    return upper if upper.bottom == low else replace(upper, bottom=low, events=None)


def _below(hole: Hole, top: Mark) -> Hole:
    return Hole(top, hole.bottom, hole.kind)


def _from(hole: Hole, bottom: datetime | None) -> Hole:
    if bottom is None or (hole.bottom is not None and hole.bottom >= bottom):
        return hole
    return replace(hole, bottom=bottom, events=None)


def _newer(one: datetime | None, other: datetime | None) -> datetime | None:
    """The later moment; None is before all."""
    return max((each for each in (one, other) if each is not None), default=None)


def _older(one: datetime | None, other: datetime | None) -> datetime | None:
    """The earlier moment; None is before all."""
    return None if one is None or other is None else min(one, other)


_further = _older
"""The longer reach back; None reaches back to the beginning."""
