"""The timeline's parts, each in order along an index, and all of them merged by place.

Most rows have a date in `at`. Those without one are apart: with an ObjectId they stand among the others, by its
second; with any other `_id` they stand below all.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Literal

from bson import ObjectId

from dezky_audit_tui.model.event import Position, Row
from dezky_audit_tui.store.mongo.base import Base, date
from dezky_audit_tui.store.mongo.filters import Filter, all_of, any_of
from dezky_audit_tui.store.mongo.places import LAST_SECOND, TIMELESS, date_ms, first_id, id_edge, tie_text
from dezky_audit_tui.store.mongo.reading import row_of
from dezky_audit_tui.store.mongo.ties import HIGHEST, LOWEST, OBJECT_ID, RANK_TYPES, value_of

Direction = Literal["older", "newer"]

_DATED: Filter = {"at": {"$type": "date"}}
"""Not needed beside a comparison with a date, which holds for dates alone."""
_NO_ARRAY: Filter = {"at": {"$not": {"$type": "array"}}}
"""A list of dates would pass for each of them."""
_LISTS_IN_A_ROW = 50
"""Where more of them stand side by side, what lies ahead is looked at in one go."""
_NOT_DATES = ["dbPointer", *(name for names in RANK_TYPES.values() for name in names if name not in ("date", "null"))]
UNDATED: tuple[Filter, Filter] = ({"at": {"$eq": None, "$not": {"$type": "array"}}}, {"at": {"$type": _NOT_DATES}})
"""No `at`; and an `at` that is no date. Apart, since the first is one value of the index, in the order of `_id`. A list
with a null in it is equal to null, too."""
OTHER_IDS: Filter = {
    "_id": {"$type": [name for rank, names in RANK_TYPES.items() if rank != OBJECT_ID for name in names]}
}


@dataclass(frozen=True, slots=True)
class Stretch:
    """From `low` (inclusive) to `high` (exclusive), in milliseconds, and beyond the place `than` in `direction`."""

    direction: Direction
    than: Position | None
    low: int | None
    high: int | None


async def read(base: Base, where: Filter, stretch: Stretch, limit: int) -> list[Row]:
    """The nearest rows of a stretch that fit, at most `limit`; fewer where there are no more."""
    parts = await asyncio.gather(
        _dated(base, where, stretch, limit),
        *(_by_id(base, where, undated, stretch, limit) for undated in UNDATED),
    )
    placed = [each for part in parts for each in part]
    if stretch.direction == "older":
        placed.sort(key=_position, reverse=True)
        if len(placed) < limit and stretch.low is None:
            placed += await _timeless(base, where, stretch, limit - len(placed))
    else:
        placed.sort(key=_position)
        if stretch.low is None and (stretch.than is None or stretch.than.at_ms <= TIMELESS):
            placed = await _timeless(base, where, stretch, limit) + placed
    return placed[:limit]


async def edge(base: Base, stretch: Stretch, rows: int) -> int | None:
    """The moment of the row that lies about `rows` ahead; None where there are fewer. The index alone tells."""
    if _is_past(stretch):
        return None
    found = base.find(
        base.events,
        all_of(_bounds(stretch)),
        sort=_sort(("at", "_id"), stretch.direction),
        limit=_LISTS_IN_A_ROW,
        skip=rows,
        fields={"_id": 1, "at": 1},
    )
    async for document in found:
        # A list of dates passes for each of them, and tells of no place in the stretch.
        moment = date_ms(document.get("at"))
        if moment is not None:
            return moment
    return None


def dated_where(low: int | None, high: int | None) -> Filter:
    """Rows with a date in a stretch of time."""
    return all_of([*_bounds(Stretch("older", None, low, high)), _NO_ARRAY])


def undated_where(low: int | None, high: int | None) -> Filter:
    """The condition on `_id` for rows without a date in a stretch of time; those without any time have no `low`."""
    bounds = _id_bounds(Stretch("older", None, low, high))
    return bounds if low is not None else any_of([bounds, OTHER_IDS]) if bounds else {}


async def _dated(base: Base, where: Filter, stretch: Stretch, limit: int) -> list[Row]:
    if _is_past(stretch):
        return []
    filters = [*_bounds(stretch), _NO_ARRAY, where]
    return await _placed(base, all_of(filters), ("at", "_id"), stretch.direction, limit)


async def _by_id(base: Base, where: Filter, undated: Filter, stretch: Stretch, limit: int) -> list[Row]:
    filters = [undated, {"_id": {"$type": "objectId"}}, _id_bounds(stretch), where]
    return await _placed(base, all_of(filters), ("_id",), stretch.direction, limit)


async def _timeless(base: Base, where: Filter, stretch: Stretch, limit: int) -> list[Row]:
    beyond: list[Filter] = [OTHER_IDS]
    if stretch.than is not None and stretch.than.at_ms <= TIMELESS:
        beyond.append(_beyond_id(tie_text(stretch.than), stretch.direction))
    parts = await asyncio.gather(
        *(_placed(base, all_of([undated, *beyond, where]), ("_id",), stretch.direction, limit) for undated in UNDATED)
    )
    placed = [each for part in parts for each in part]
    placed.sort(key=_position, reverse=stretch.direction == "older")
    return placed[:limit]


async def _placed(base: Base, where: Filter, order: Sequence[str], direction: Direction, limit: int) -> list[Row]:
    found = base.find(base.events, where, sort=_sort(order, direction), limit=limit)
    # At once: a page of documents as large as MongoDB allows would not fit into memory.
    return [row_of(document) async for document in found]


def _is_past(stretch: Stretch) -> bool:
    """Whether all rows with a date lie behind: only those without any time are left."""
    return stretch.direction == "older" and stretch.than is not None and stretch.than.at_ms <= TIMELESS


def _bounds(stretch: Stretch) -> list[Filter]:
    """One bound a side, so that the index is entered and left at it; then the place among the rows of its moment."""
    low, high, than = stretch.low, stretch.high, stretch.than
    filters: list[Filter] = []
    if than is not None and stretch.direction == "older" and (high is None or than.at_ms < high):
        filters += _beyond(than, "older")
    elif high is not None:
        filters.append({"at": {"$lt": date(high)}})
    if than is not None and stretch.direction == "newer" and (low is None or than.at_ms >= low):
        filters += _beyond(than, "newer")
    elif low is not None:
        filters.append({"at": {"$gte": date(low)}})
    return filters or [_DATED]


def _beyond(than: Position, direction: Direction) -> list[Filter]:
    if than.at_ms <= TIMELESS:
        return []
    within, beyond = ("$lte", "$lt") if direction == "older" else ("$gte", "$gt")
    moment = date(than.at_ms)
    tie = tie_text(than)
    if tie == (LOWEST if direction == "older" else HIGHEST):
        return [{"at": {beyond: moment}}]
    return [{"at": {within: moment}}, any_of([{"at": {beyond: moment}}, _beyond_id(tie, direction)])]


def _beyond_id(tie: str, direction: Direction) -> Filter:
    """Ids beyond that of `tie`, in MongoDB's order: of its own type, or of a type beyond."""
    older = direction == "older"
    rank = tie[:1]
    types = [name for each, names in RANK_TYPES.items() if (each < rank if older else each > rank) for name in names]
    filters: list[Filter] = [{"_id": {"$type": types}}] if types else []
    with suppress(ValueError):  # a tie above or below all: only the types count
        filters.append({"_id": {"$lt" if older else "$gt": value_of(tie)}})
    return any_of(filters)


def _id_bounds(stretch: Stretch) -> Filter:
    low, high = _second(stretch.low), _second(stretch.high)
    bounds: list[Mapping[str, ObjectId]] = []
    if low is not None:
        bounds.append({"$gte": first_id(low)} if low < LAST_SECOND else {"$lt": first_id(0)})
    if high is not None and high < LAST_SECOND:
        bounds.append({"$lt": first_id(high)})
    if stretch.than is not None:
        bounds += _id_beyond(stretch.than, stretch.direction)
    return all_of([{"_id": dict(each)} for each in bounds])


def _id_beyond(than: Position, direction: Direction) -> list[Mapping[str, ObjectId]]:
    parting = id_edge(than)
    if parting is None:
        return [] if direction == "older" else [{"$lt": first_id(0)}]
    if direction == "older":
        return [{"$lt": parting}]
    own = tie_text(than) == OBJECT_ID + str(parting)
    return [{"$gt": parting} if own else {"$gte": parting}]


def _second(milliseconds: int | None) -> int | None:
    """The first second that is not before that moment."""
    return None if milliseconds is None else -(-milliseconds // 1_000)


def _sort(order: Sequence[str], direction: Direction) -> list[tuple[str, int]]:
    return [(name, -1 if direction == "older" else 1) for name in order]


def _position(row: Row) -> Position:
    return row.position
