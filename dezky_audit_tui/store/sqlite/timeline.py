"""The timeline: pages by keyset on (at, id), single rows and counts."""

from __future__ import annotations

import sqlite3
from typing import Literal

from dezky_audit_tui.model.event import Position, Row
from dezky_audit_tui.model.query import Query
from dezky_audit_tui.store.sqlite.codec import READ, row_of, to_json
from dezky_audit_tui.store.sqlite.conditions import Sql, Value, every
from dezky_audit_tui.store.sqlite.plan import Plan, make_plan

Direction = Literal["older", "newer"]


def page(
    connection: sqlite3.Connection, query: Query, than: Position | None, limit: int, direction: Direction
) -> list[Row]:
    """Up to `limit` rows beyond `than`, the nearest first."""
    plan = make_plan(connection, query)
    if not plan.branches or limit <= 0:
        return []
    statement = page_sql(plan, than, limit, direction)
    ids = [row_id for _, row_id in connection.execute(statement.text, statement.values)]
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
    plan = make_plan(connection, query)
    if plan.known is not None:
        return plan.known
    if not plan.branches:
        return 0
    statement = _union(plan, _bounds(plan, None, "older"))
    found: int = connection.execute(f"SELECT count(*) FROM ({statement.text})", statement.values).fetchone()[0]  # noqa: S608
    return found


def page_sql(plan: Plan, than: Position | None, limit: int, direction: Direction) -> Sql:
    """The statement that gives (at, id) of a page."""
    order = "DESC" if direction == "older" else "ASC"
    union = _union(plan, _bounds(plan, than, direction))
    return Sql(f"{union.text} ORDER BY at {order}, id {order} LIMIT ?", (*union.values, limit))


def rows_by_id(connection: sqlite3.Connection, ids: list[int]) -> list[Row]:
    """The rows of these ids, in this order."""
    found = connection.execute(
        f"SELECT {READ} FROM events WHERE id IN (SELECT value FROM json_each(?))",  # noqa: S608 - constants
        (to_json(ids),),
    )
    rows = {columns[0]: row_of(columns) for columns in found}
    return [rows[each] for each in ids]


def _union(plan: Plan, bounds: Sql) -> Sql:
    texts: list[str] = []
    values: list[Value] = []
    for branch in plan.branches:
        where = every([branch.condition, bounds, plan.rest])
        texts.append(f"SELECT at, id FROM events INDEXED BY {branch.index} WHERE {where.text}")  # noqa: S608
        values += where.values
    return Sql(" UNION ALL ".join(texts), tuple(values))


def _bounds(plan: Plan, than: Position | None, direction: Direction) -> Sql:
    """The stretch of time. One bound a side, so that SQLite can enter and leave the index at it."""
    low, high = plan.low, plan.high
    parts: list[Sql] = []
    if than is not None and direction == "older" and (high is None or than.at_ms < high):
        parts.append(Sql("(at, id) < (?, ?)", (than.at_ms, than.tie)))
    elif high is not None:
        parts.append(Sql("at < ?", (high,)))
    if than is not None and direction == "newer" and (low is None or than.at_ms >= low):
        parts.append(Sql("(at, id) > (?, ?)", (than.at_ms, than.tie)))
    elif low is not None:
        parts.append(Sql("at >= ?", (low,)))
    return every(parts)
