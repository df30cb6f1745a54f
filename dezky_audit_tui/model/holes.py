"""The list of holes: pure operations that keep it sorted, and disjoint within a kind.

A hole is the half-open stretch [(bottom, ""), top) over (created, pk). Where holes overlap, `unread` keeps the
stretch and `recheck` gives way; among those, one of a `rewalk` gives way to one that has not settled yet.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from dezky_audit_tui.model.cursor import RECHECK, UNREAD, Hole, Mark, PullState
from dezky_audit_tui.model.instants import exact_text, floor_ms

_LAST_PK = "~"
"""Sorts after every pk: a top made of a time alone takes in the events of that very moment."""


def top_at(moment: datetime) -> Mark:
    """The top of a hole that reaches up to `moment`, inclusive."""
    return Mark(exact_text(moment), _LAST_PK)


def with_hole(holes: tuple[Hole, ...], hole: Hole) -> tuple[Hole, ...]:
    """`holes` and one more: merged with those of its kind that it touches, newest first."""
    return _tidy((*holes, hole))


def with_top(holes: tuple[Hole, ...], hole: Hole, top: Mark, end_index: int, count: int, read: int) -> tuple[Hole, ...]:
    """`holes` with the top of `hole` lowered to the last row read, after `read` rows of it; an emptied one is gone.

    Raises ValueError where the top would rise.
    """
    if top.key > hole.top.key:
        raise ValueError("a hole's top only falls")
    left = None if hole.events is None else max(hole.events - read, 0)
    if hole.bottom is None:
        left = max(count - end_index, 0)
    return _swap(holes, hole, replace(hole, top=top, end_index=end_index, count=count, events=left))


def with_hint(holes: tuple[Hole, ...], hole: Hole, end_index: int, count: int) -> tuple[Hole, ...]:
    """`holes` with a better hint where `hole` lies."""
    return _swap(holes, hole, replace(hole, end_index=end_index, count=count))


def without(holes: tuple[Hole, ...], hole: Hole) -> tuple[Hole, ...]:
    """`holes` with `hole` closed."""
    return tuple(each for each in holes if each != hole)


def next_to_fill(holes: tuple[Hole, ...], *, kinds: tuple[str, ...] = (UNREAD, RECHECK)) -> Hole | None:
    """The hole to read from now: `unread` first, then what is not settled, the newest first; a `rewalk` last."""
    wanted = [hole for kind in kinds for hole in holes if hole.kind == kind]
    return min(wanted, key=lambda hole: hole.rewalk, default=None)


def is_overdue(state: PullState, overlap: timedelta) -> bool:
    """Whether re-reading has fallen behind by more than twice the overlap: ticks alone do not keep up with it."""
    settled = state.settled_at
    if settled is None:
        return False
    return any(hole.kind == RECHECK and settled - hole.top.at > 2 * overlap for hole in state.holes)


def _swap(holes: tuple[Hole, ...], old: Hole, new: Hole) -> tuple[Hole, ...]:
    if old not in holes:
        raise ValueError("no such hole")
    return _tidy(tuple(new if each == old else each for each in holes))


def _tidy(holes: tuple[Hole, ...]) -> tuple[Hole, ...]:
    unread = _merged([hole for hole in holes if hole.kind == UNREAD])
    again = [hole for hole in holes if hole.kind == RECHECK]
    recheck = _merged([part for hole in again if not hole.rewalk for part in _minus(hole, unread)])
    rewalk = _merged([part for hole in again if hole.rewalk for part in _minus(hole, unread + recheck)])
    return tuple(sorted((*unread, *recheck, *rewalk), key=lambda hole: hole.top.key, reverse=True))


def _merged(holes: list[Hole]) -> list[Hole]:
    """Those that touch or overlap made one, newest first; the hint is that of the higher top."""
    done: list[Hole] = []
    for hole in sorted(holes, key=lambda hole: hole.top.key, reverse=True):
        if hole.is_empty:
            continue
        upper = done[-1] if done else None
        if upper is None or (upper.bottom is not None and hole.top.key < (upper.bottom, "")):
            done.append(hole)
        elif upper.bottom is not None and (hole.bottom is None or hole.bottom < upper.bottom):
            together = None if None in (upper.events, hole.events) else (upper.events or 0) + (hole.events or 0)
            done[-1] = replace(upper, bottom=hole.bottom, events=together)
    return done


def _minus(hole: Hole, others: list[Hole]) -> list[Hole]:
    """What is left of `hole` outside of `others`."""
    parts = [hole]
    for other in others:
        rest: list[Hole] = []
        for part in parts:
            if not _overlap(part, other):
                rest.append(part)
                continue
            if part.top.key > other.top.key:
                rest.append(replace(part, bottom=floor_ms(other.top.at), events=None))
            if other.bottom is not None and (part.bottom is None or part.bottom < other.bottom):
                low = Mark(exact_text(other.bottom), "")
                rest.append(replace(part, top=low, end_index=None, count=None, events=None))
        parts = [part for part in rest if not part.is_empty]
    return parts


def _overlap(one: Hole, two: Hole) -> bool:
    one_low = one.bottom is None or (one.bottom, "") < two.top.key
    two_low = two.bottom is None or (two.bottom, "") < one.top.key
    return one_low and two_low
