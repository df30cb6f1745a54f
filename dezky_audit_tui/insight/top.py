"""Who and what stands out in a stretch of time: the most frequent tenants, verbs, actors and addresses."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, get_args

from dezky_audit_tui.model.event import AuditEvent, Position
from dezky_audit_tui.model.query import Query, Since, Term, Until
from dezky_audit_tui.store.store import Store

TopField = Literal["tenant", "verb", "actor", "ip"]
TOP_FIELDS: tuple[TopField, ...] = get_args(TopField)

MOST = 5_000
"""Rows that are read, the newest of the stretch."""
_PAGE = 500


@dataclass(frozen=True, slots=True)
class Share:
    """`value` None: events without a tenant."""

    value: str | None
    events: int
    failures: int


@dataclass(frozen=True, slots=True)
class Top:
    """By field, the most frequent first. `rows`: events that were counted; `whole`: whether there are no others."""

    shares: Mapping[TopField, Sequence[Share]] = field(default_factory=dict)
    rows: int = 0
    whole: bool = True


async def read_top(store: Store, query: Query, since: datetime, until: datetime, most: int = MOST) -> Top:
    """Count what matches `query` from `since` (inclusive) to `until`. Raises StoreError and Interrupted."""
    bounds = Term(Since(since), False, ""), Term(Until(until), False, "")
    timed = Query((*query.terms, *bounds))
    events: list[AuditEvent] = []
    than: Position | None = None
    while len(events) < most:
        rows = await store.older(timed, than, min(_PAGE, most - len(events)))
        if not rows:
            return count_top(events, whole=True)
        events += (row.event for row in rows)
        than = rows[-1].position
    return count_top(events, whole=not await store.older(timed, than, 1))


def count_top(events: Iterable[AuditEvent], *, whole: bool) -> Top:
    """Count these. An actor is told by name, else by mail address; who has neither is left out, as is no address."""
    counts: dict[TopField, dict[str | None, list[int]]] = {name: {} for name in TOP_FIELDS}
    rows = 0
    for event in events:
        rows += 1
        failed = event.outcome in ("failure", "denied")
        values: tuple[tuple[TopField, str | None], ...] = (
            ("tenant", event.tenant_slug),
            ("verb", event.action),
            ("actor", event.actor_name or event.actor_email),
            ("ip", event.actor_ip),
        )
        for name, value in values:
            if value is not None or name == "tenant":
                count = counts[name].setdefault(value, [0, 0])
                count[0] += 1
                count[1] += failed
    return Top({name: _ordered(found) for name, found in counts.items()}, rows, whole)


def _ordered(found: Mapping[str | None, Sequence[int]]) -> list[Share]:
    shares = [Share(value, *numbers) for value, numbers in found.items()]
    return sorted(shares, key=lambda share: (-share.events, -share.failures, share.value or ""))
