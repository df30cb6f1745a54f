"""The timeline: pages by keyset, single rows and counts; what no index serves goes in strides."""

from __future__ import annotations

from dataclasses import replace

from dezky_audit_tui.model.event import Position, Row
from dezky_audit_tui.model.query import Query
from dezky_audit_tui.model.query_match import matches
from dezky_audit_tui.store.mongo.base import Base
from dezky_audit_tui.store.mongo.filters import Filter, all_of, none_of
from dezky_audit_tui.store.mongo.lists import Lists
from dezky_audit_tui.store.mongo.places import position_of
from dezky_audit_tui.store.mongo.plan import Plan, make_plan
from dezky_audit_tui.store.mongo.reading import event_of, row_of
from dezky_audit_tui.store.mongo.streams import UNDATED, Direction, Stretch, dated_where, edge, read, undated_where
from dezky_audit_tui.store.mongo.ties import value_of

_FIRST_STRIDE = 2_000
"""What is near is often enough: strides begin short, and grow."""
_GROWTH = 4


class Timeline:
    """Reads `auditevents` for the screen."""

    def __init__(self, base: Base) -> None:
        self._base = base
        self._lists = Lists(base)

    async def page(self, query: Query, than: Position | None, limit: int, direction: Direction) -> list[Row]:
        """Up to `limit` rows beyond `than`, the nearest first."""
        if limit <= 0:
            return []
        plan = await make_plan(self._base, self._lists, query)
        stretch = Stretch(direction, than, plan.low, plan.high)
        stride = plan.stride and min(_FIRST_STRIDE, plan.stride)
        rows: list[Row] = []
        while True:
            part, rest = await self._next_stretch(stretch, stride)
            while len(rows) < limit:
                found = await read(self._base, plan.cond.maybe, part, limit)
                rows += [row for row in found if plan.is_exact or matches(plan.untimed, row.event)]
                if len(found) < limit:
                    break
                part = replace(part, than=found[-1].position)
            if rest is None or len(rows) >= limit:
                return rows[:limit]
            stretch = rest
            stride = stride and plan.stride and min(stride * _GROWTH, plan.stride)

    async def get(self, position: Position) -> Row | None:
        """One row."""
        try:
            row_id = value_of(str(position.tie))
        except ValueError:
            return None
        with self._base.reading():
            found = await self._base.events.find_one({"_id": {"$eq": row_id}})
        if found is None or position_of(found) != position:
            return None
        return row_of(found)

    async def count(self, query: Query) -> int:
        """How many rows match. All of them: as the server keeps count."""
        if not query.terms:
            with self._base.reading():
                return await self._base.events.estimated_document_count()
        plan = await make_plan(self._base, self._lists, query)
        if plan.stride is None and not plan.is_timed:
            return await self._counted(plan, {})
        total = 0
        for undated in UNDATED:
            total += await self._counted(plan, all_of([undated, undated_where(plan.low, plan.high)]))
        rest: Stretch | None = Stretch("older", None, plan.low, plan.high)
        while rest is not None:
            part, rest = await self._next_stretch(rest, plan.stride)
            total += await self._counted(plan, dated_where(part.low, part.high))
        return total

    async def _counted(self, plan: Plan, among: Filter) -> int:
        """What the server decides it counts; the others are read and decided here."""
        cond = plan.cond
        total = await self._base.count(self._base.events, all_of([among, cond.sure]))
        if not plan.is_exact:
            unsure = all_of([among, cond.unsure, cond.maybe, none_of(cond.sure)])
            async for document in self._base.find(self._base.events, unsure):
                total += matches(plan.untimed, event_of(document))
        return total

    async def _next_stretch(self, stretch: Stretch, stride: int | None) -> tuple[Stretch, Stretch | None]:
        """The next part of a stretch, and what is left of it then."""
        moment = None if stride is None else await edge(self._base, stretch, stride)
        if moment is None:
            return stretch, None
        if stretch.direction == "older":
            return replace(stretch, low=moment), replace(stretch, high=moment)
        return replace(stretch, high=moment + 1), replace(stretch, low=moment + 1)
