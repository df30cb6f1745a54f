"""The timeline: pages by keyset on (at, id), single rows and counts."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from dataclasses import replace

from dezky_audit_tui.model.event import Position, Row
from dezky_audit_tui.model.query import Query
from dezky_audit_tui.store.sqlite.codec import READ, in_list, row_of
from dezky_audit_tui.store.sqlite.conditions import ALWAYS, Sql, Value, every
from dezky_audit_tui.store.sqlite.plan import Plan, make_plan
from dezky_audit_tui.store.sqlite.strides import Direction, between, stretches


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
    ids: list[int] = []
    for stretch in stretches(connection, plan, than, direction):
        statement = page_sql(plan, stretch, limit - len(ids), direction)
        ids += [row_id for _, row_id in connection.execute(statement.text, statement.values)]
        if len(ids) >= limit:
            break
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
    # Most rows fit a negation: what it leaves out is counted instead, where all are known.
    for term in query.terms:
        if term.negated:
            others = Query(tuple(each for each in query.terms if each is not term))
            all_of_them = make_plan(connection, others, ordered=False).known
            if all_of_them is not None:
                return all_of_them - count(connection, Query((*others.terms, replace(term, negated=False))))
    statement = _union(plan, between(plan.low, plan.high))
    found: int = connection.execute(f"SELECT count(*) FROM ({statement.text})", statement.values).fetchone()[0]  # noqa: S608
    return found


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


def _union(plan: Plan, bounds: Sql) -> Sql:
    texts: list[str] = []
    values: list[Value] = []
    each = every([bounds, plan.rest])
    for branch in plan.branches:
        rest = each if branch.also == ALWAYS else every([branch.also, each])
        where = f"({branch.condition.text}) AND {rest.text}"
        texts.append(f"SELECT at, id FROM events INDEXED BY {branch.index} WHERE {where}")  # noqa: S608
        values += (*branch.condition.values, *rest.values)
    return Sql((" UNION " if plan.overlapping else " UNION ALL ").join(texts), tuple(values))
