"""The stretches of time in which a page is sought, the nearest first."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from typing import Literal

from dezky_audit_tui.model.event import Position
from dezky_audit_tui.store.sqlite import tallies
from dezky_audit_tui.store.sqlite.conditions import ALWAYS, Sql, every
from dezky_audit_tui.store.sqlite.plan import Plan

Direction = Literal["older", "newer"]

_FIRST_STRIDE = 5_000
"""Rows of the timeline, about, that lie in the nearest stride. Each is longer than the one before."""
_GROWTH = 4


def stretches(connection: sqlite3.Connection, plan: Plan, than: Position | None, direction: Direction) -> Iterator[Sql]:
    """What shares the millisecond of `than`, if anything does, and all beyond, perhaps in strides.

    The millisecond by itself, since SQLite would walk all its rows for one condition on (at, id).
    """
    low, high = plan.low, plan.high
    if not plan.branches:
        return
    if than is not None and direction == "older" and (high is None or than.at_ms < high):
        if low is not None and than.at_ms < low:
            return
        if _shares_its_moment(connection, than, "id < ?"):
            yield Sql("at = ? AND id < ?", (than.at_ms, than.tie))
        high = than.at_ms
    elif than is not None and direction == "newer" and (low is None or than.at_ms >= low):
        if high is not None and than.at_ms >= high:
            return
        if _shares_its_moment(connection, than, "id > ?"):
            yield Sql("at = ? AND id > ?", (than.at_ms, than.tie))
        low = than.at_ms + 1
    if _may_walk_in_vain(plan):
        yield from _strides(connection, low, high, direction)
    else:
        yield between(low, high)


def between(low: int | None, high: int | None) -> Sql:
    """From `low` (inclusive) to `high` (exclusive)."""
    parts = [Sql("at >= ?", (low,))] if low is not None else []
    return every([*parts, Sql("at < ?", (high,))] if high is not None else parts)


def _may_walk_in_vain(plan: Plan) -> bool:
    """Whether one of several branches may be walked to its end before the nearest rows of the others are known."""
    sieved = plan.rest != ALWAYS or any(branch.also != ALWAYS for branch in plan.branches)
    return len(plan.branches) > 1 and sieved


def _shares_its_moment(connection: sqlite3.Connection, place: Position, beyond: str) -> bool:
    """Whether any row beyond `place` is of the same millisecond: to know that spares a look into each branch."""
    found = connection.execute(
        f"SELECT 1 FROM events INDEXED BY events_at WHERE at = ? AND {beyond} LIMIT 1",  # noqa: S608 - from above
        (place.at_ms, place.tie),
    )
    return found.fetchone() is not None


def _strides(connection: sqlite3.Connection, low: int | None, high: int | None, direction: Direction) -> Iterator[Sql]:
    first, last = (
        connection.execute(f"SELECT {which}(at) FROM events INDEXED BY events_at").fetchone()[0]  # noqa: S608
        for which in ("min", "max")
    )
    if first is None:
        return
    low, high = first if low is None else max(first, low), last + 1 if high is None else min(last + 1, high)
    length = max(1, (last - first) * _FIRST_STRIDE // max(1, tallies.total(connection)))
    while low < high:
        if direction == "older":
            edge = max(low, high - length)
            yield between(edge, high)
            high = edge
        else:
            edge = min(high, low + length)
            yield between(low, edge)
            low = edge
        length *= _GROWTH
