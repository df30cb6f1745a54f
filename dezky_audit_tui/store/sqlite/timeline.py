"""The timeline: pages by keyset on (at, id), single rows and counts."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from typing import Literal

from dezky_audit_tui.model.event import Position, Row
from dezky_audit_tui.model.query import Query
from dezky_audit_tui.store.sqlite.codec import READ, in_list, row_of
from dezky_audit_tui.store.sqlite.conditions import Sql, Value, every
from dezky_audit_tui.store.sqlite.plan import Plan, make_plan

Direction = Literal["older", "newer"]


def page(
    connection: sqlite3.Connection,
    query: Query,
    than: Position | None,
    limit: int,
    direction: Direction,
    planned: Callable[[sqlite3.Connection, Query], Plan] = make_plan,
) -> list[Row]:
    """Up to `limit` rows beyond `than`, the nearest first."""
    plan = planned(connection, query)
    beyond = stretches(plan, than, direction)
    if than is not None and len(beyond) > 1 and not _shares_its_moment(connection, than, direction):
        beyond = beyond[1:]
    ids: list[int] = []
    for stretch in beyond:
        if plan.branches and len(ids) < limit:
            statement = page_sql(plan, stretch, limit - len(ids), direction)
            ids += [row_id for _, row_id in connection.execute(statement.text, statement.values)]
    return rows_by_id(connection, ids)


def get(connection: sqlite3.Connection, position: Position) -> Row | None:
    """One row."""
    found = connection.execute(
        f"SELECT {READ} FROM events WHERE id = ? AND at = ?",  # noqa: S608 - constants
        (position.tie, position.at_ms),
    ).fetchone()
    return None if found is None else row_of(found)


def count(connection: sqlite3.Connection, query: Query) -> int:
    """How many rows match."""
    plan = make_plan(connection, query, ordered=False)
    if plan.known is not None:
        return plan.known
    if not plan.branches:
        return 0
    statement = _union(plan, _between(plan.low, plan.high))
    found: int = connection.execute(f"SELECT count(*) FROM ({statement.text})", statement.values).fetchone()[0]  # noqa: S608
    return found


def stretches(plan: Plan, than: Position | None, direction: Direction) -> list[Sql]:
    """The stretches of time beyond `than`, the nearest first: what shares its millisecond, and all the rest.

    Two, since SQLite would walk all rows of that millisecond for one condition on (at, id).
    """
    low, high = plan.low, plan.high
    older = direction == "older"
    if than is None or (older and high is not None and than.at_ms >= high):
        return [_between(low, high)]
    if not older and low is not None and than.at_ms < low:
        return [_between(low, high)]
    if older:
        if low is not None and than.at_ms < low:
            return []
        return [Sql("at = ? AND id < ?", (than.at_ms, than.tie)), _between(low, than.at_ms)]
    if high is not None and than.at_ms >= high:
        return []
    return [Sql("at = ? AND id > ?", (than.at_ms, than.tie)), _between(than.at_ms + 1, high)]


def page_sql(plan: Plan, stretch: Sql, limit: int, direction: Direction) -> Sql:
    """The statement that gives (at, id) of a page from one stretch."""
    order = "DESC" if direction == "older" else "ASC"
    union = _union(plan, stretch)
    return Sql(f"{union.text} ORDER BY at {order}, id {order} LIMIT ?", (*union.values, limit))


def rows_by_id(connection: sqlite3.Connection, ids: list[int]) -> list[Row]:
    """The rows of these ids, in this order."""
    found = connection.execute(
        f"SELECT {READ} FROM events WHERE id IN (SELECT value FROM json_each(?))",  # noqa: S608 - constants
        (in_list(ids),),
    )
    rows = {columns[0]: row_of(columns) for columns in found}
    return [rows[each] for each in ids]


def _shares_its_moment(connection: sqlite3.Connection, place: Position, direction: Direction) -> bool:
    """Whether any row beyond `place` is of the same millisecond: to know that spares a look into each branch."""
    beyond = "id < ?" if direction == "older" else "id > ?"
    found = connection.execute(
        f"SELECT 1 FROM events INDEXED BY events_at WHERE at = ? AND {beyond} LIMIT 1",  # noqa: S608 - constants
        (place.at_ms, place.tie),
    )
    return found.fetchone() is not None


def _union(plan: Plan, bounds: Sql) -> Sql:
    texts: list[str] = []
    values: list[Value] = []
    each = every([bounds, plan.rest])
    for branch in plan.branches:
        where = f"({branch.condition.text}) AND {each.text}"
        texts.append(f"SELECT at, id FROM events INDEXED BY {branch.index} WHERE {where}")  # noqa: S608
        values += (*branch.condition.values, *each.values)
    return Sql(" UNION ALL ".join(texts), tuple(values))


def _between(low: int | None, high: int | None) -> Sql:
    """From `low` (inclusive) to `high` (exclusive)."""
    parts = [Sql("at >= ?", (low,))] if low is not None else []
    return every([*parts, Sql("at < ?", (high,))] if high is not None else parts)
