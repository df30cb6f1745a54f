"""What the panes show besides the timeline: counts, by the indexes."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from dezky_audit_tui.model.event import REASONS
from dezky_audit_tui.store.mongo import shapes
from dezky_audit_tui.store.mongo.base import TENANTS, Base, Pipeline
from dezky_audit_tui.store.mongo.journal import Journal
from dezky_audit_tui.store.mongo.places import date_ms
from dezky_audit_tui.store.mongo.pulls import Pulls
from dezky_audit_tui.store.mongo.reading import row_of
from dezky_audit_tui.store.mongo.scalars import PRESENT
from dezky_audit_tui.store.mongo.values import first, instant, is_text, text
from dezky_audit_tui.store.store import ActionCount, StoreStatus, TenantCounts

_LOOKED_AT = 2_000
"""Newest rows that are searched for unknown groups."""
_LATEST = 50
_MOST_TENANTS = 10_000
_NEWEST_FIRST = (("at", -1), ("_id", -1))

_DATED = {"$eq": [{"$type": "$at"}, "date"]}
_MOMENT = {"$cond": [_DATED, "$at", {"$convert": {"input": "$_id", "to": "date", "onError": None, "onNull": None}}]}


class Panes:
    """Counts for the panes and for `status`."""

    def __init__(self, base: Base, pulls: Pulls, journal: Journal) -> None:
        self._base = base
        self._pulls = pulls
        self._journal = journal

    async def status(self, source: str, now: datetime) -> StoreStatus:
        """Cursor, holes, lease (where its holder may be alive), last tick, and another worker that moves the cursor."""
        row, last = await asyncio.gather(self._pulls.row(source), self._journal.ticks(source, 1, now))
        return StoreStatus(
            state=row.state,
            lease=row.lease,
            last_tick=last[0] if last else None,
            force_requested_at=row.force_requested_at,
            other_worker=row.other_worker,
        )

    async def counts(self) -> dict[str, int]:
        """Rows by source, most frequent first."""
        return await self._by_value("source", shapes.UNKNOWN)

    async def action_counts(self) -> list[ActionCount]:
        """All actions, most frequent first."""
        own, *others = shapes.ACTION
        named, elsewhere = await asyncio.gather(
            self._base.aggregate(self._base.events, [{"$match": {own: {"$type": [*PRESENT]}}}, _group(f"${own}")]),
            self._base.aggregate(
                self._base.events, [{"$match": {own: {"$in": [None, []]}}}, _group(_first_of(others))]
            ),
        )
        return _action_counts([*named, *elsewhere])

    async def tenant_counts(self) -> TenantCounts:
        """How tenants were found."""
        reasons, tenants, unknown, latest, no_list = await asyncio.gather(
            self._reasons(),
            self._by_value("tenantSlug", None),
            self._unknown_groups(),
            self._latest(),
            self.why_no_tenants(),
        )
        return TenantCounts(reasons, tenants, unknown, tuple(latest), no_list)

    async def tenants(self) -> frozenset[str]:
        """The slugs of the platform's tenants, as they are now."""
        found = self._base.find(
            self._base.tenants, {"slug": {"$type": "string"}}, limit=_MOST_TENANTS, fields={"slug": 1}
        )
        return frozenset([str(document["slug"]) async for document in found])

    async def why_no_tenants(self) -> str | None:
        """What is said where the platform's collection is not there, or not shown to this user."""
        if await self._base.has(TENANTS):
            return None
        return f"{self._base.place} has no collection {TENANTS}: only slugs in AUDIT_TENANTS are known"

    async def _by_value(self, path: str, nameless: str | None) -> dict[str, int]:
        """Rows by the text of a field; those without one under `nameless`, where that is given."""
        pipeline: Pipeline = [
            {"$match": {path: {"$type": [*PRESENT]}}},
            {"$group": {"_id": f"${path}", "rows": {"$sum": 1}}},
        ]
        rows: Counter[str] = Counter()
        for each in await self._base.aggregate(self._base.events, pipeline):
            rows[text(first(each["_id"])) or nameless or ""] += int(each["rows"])
        if nameless is not None:
            without = await self._base.count(self._base.events, {path: {"$in": [None, []]}})
            if without:
                rows[nameless] += without
        return dict(sorted(rows.items(), key=lambda item: (-item[1], item[0])))

    async def _reasons(self) -> dict[str, int]:
        path = "tenantWhy.reason"
        numbers = await asyncio.gather(
            *(self._base.count(self._base.events, {path: {"$eq": reason}}) for reason in REASONS)
        )
        rows = {str(reason): number for reason, number in zip(REASONS, numbers, strict=True) if number}
        return dict(sorted(rows.items(), key=lambda item: (-item[1], item[0])))

    async def _unknown_groups(self) -> dict[str, int]:
        found = self._base.find(
            self._base.events,
            {"tenantWhy.reason": {"$eq": "no_such_tenant"}},
            sort=_NEWEST_FIRST,
            limit=_LOOKED_AT,
            fields={"tenantWhy": 1},
        )
        groups: Counter[str] = Counter()
        async for document in found:
            why = document["tenantWhy"]
            if not isinstance(why, Mapping):  # a list of them passes too
                continue
            names, stripped = (why.get(name) for name in ("groups", "stripped"))
            if isinstance(names, list):
                known = stripped if isinstance(stripped, list) else []
                groups.update(set(filter(is_text, names)) - set(filter(is_text, known)))
        return dict(sorted(groups.items(), key=lambda item: (-item[1], item[0])))

    async def _latest(self) -> list[Any]:
        where = {"tenantWhy.reason": {"$in": list(REASONS)}}
        found = self._base.find(self._base.events, where, sort=_NEWEST_FIRST, limit=_LATEST)
        return [row_of(document) async for document in found]


def _group(action: Any) -> dict[str, Any]:
    return {
        "$group": {
            "_id": {"action": action, "raw": "$metadata.rawAction", "unmapped": "$metadata.unmapped"},
            "rows": {"$sum": 1},
            "first": {"$min": _MOMENT},
            "last": {"$max": _MOMENT},
        }
    }


def _first_of(paths: list[str]) -> dict[str, Any]:
    """The first of these fields that has a value, as `shapes.look` reads it."""
    return {"$ifNull": [*map(_value_of, paths), None]}


def _value_of(path: str) -> dict[str, Any]:
    one = {"$cond": [{"$isArray": f"${path}"}, {"$arrayElemAt": [f"${path}", 0]}, f"${path}"]}
    return {"$cond": [{"$in": [{"$type": one}, ["object", "array", "missing"]]}, None, one]}


def _action_counts(groups: Sequence[Mapping[str, Any]]) -> list[ActionCount]:
    """One for each action, raw name and mark, most frequent first; what is neither text nor true counts as none."""
    merged: dict[tuple[str, str | None, bool], ActionCount] = {}
    for group in groups:
        names = group["_id"]
        raw = names.get("raw")
        key = (text(first(names.get("action"))) or shapes.UNKNOWN, raw if is_text(raw) else None)
        first_at, last_at = (instant(date_ms(group[name]) or 0) for name in ("first", "last"))
        new = ActionCount(*key, names.get("unmapped") is True, int(group["rows"]), first_at, last_at)
        old = merged.get((*key, new.unmapped), new)
        merged[*key, new.unmapped] = (
            new
            if old is new
            else replace(
                new,
                count=old.count + new.count,
                first_at=min(old.first_at, new.first_at),
                last_at=max(old.last_at, new.last_at),
            )
        )
    return sorted(merged.values(), key=lambda each: (-each.count, each.action, each.raw or ""))
