"""Events and what is needed to store them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from dezky_audit_tui.model.cursor import Mark
from dezky_audit_tui.model.event import AuditEvent, Person, Position, Row, Target, TenantWhy
from dezky_audit_tui.model.instants import exact_text
from dezky_audit_tui.model.query import Query
from dezky_audit_tui.model.query_match import matches
from dezky_audit_tui.model.query_parse import parse_query
from dezky_audit_tui.store.lease_owner import make_owner
from dezky_audit_tui.store.store import Committed, Lease, Store

NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
AUTHENTIK = "authentik"


def event(number: int = 0, **changes: object) -> AuditEvent:
    """A login, `number` seconds after noon."""
    return replace(
        AuditEvent(
            source=AUTHENTIK,
            external_id=f"id-{number}",
            at=NOON + timedelta(seconds=number),
            action="authentik.login",
            outcome="success",
            actor_id="7",
            actor_name="Ana Lund",
            actor_email="ana@acme.example",
            actor_ip="203.0.113.1",
            tenant_slug="acme",
            tenant_why=TenantWhy("matched", "7", ("acme", "staff-admins"), ("staff-admins",), NOON),
            metadata={"rawAction": "login", "requestId": f"request-{number}"},
        ),
        **changes,  # type: ignore[arg-type]  # fields of an event, by name
    )


def full_event() -> AuditEvent:
    """Every field set, with text of many kinds."""
    return event(
        1,
        outcome="denied",
        actor_name="Åsa \x1b[31m<b>\u202e 'quoted\" ; DROP TABLE events",
        on_behalf_of=Person("8", "Bo", None),
        target=Target("group", "g-1", "Admins \U0001f600"),
        metadata={"rawAction": "login", "geo": {"lat": 55.6, "city": None}, "list": [1, True, "x"], "requestId": "r"},
    )


def failed_lookup(number: int) -> AuditEvent:
    return event(number, tenant_slug=None, tenant_why=TenantWhy("lookup_failed", "7"))


async def take_lease(store: Store, source: str = AUTHENTIK, seconds: float = 30.0) -> Lease:
    lease = await store.acquire_lease(source, make_owner(), seconds)
    assert lease is not None
    return lease


async def put(store: Store, *events: AuditEvent, lease: Lease | None = None) -> Committed:
    """Commit events, the cursor at the last of them, under a lease that is given back if it was taken here."""
    held = lease or await take_lease(store)
    state = await store.state(AUTHENTIK)
    if events:
        last = events[-1]
        state = replace(state, cursor=Mark(exact_text(last.at), last.external_id or "none"))
    committed = await store.commit(events, (), state, held)
    if lease is None:
        await store.release_lease(held)
    return committed


def query(text: str) -> Query:
    return parse_query(text, now=NOON)


async def ids(store: Store, text: str) -> list[str | None]:
    """The external ids of what a filter finds, newest first."""
    return [row.event.external_id for row in await store.older(query(text), None, 1_000)]


async def walk_down(store: Store, text: str, page: int, start: Position | None = None) -> list[Row]:
    """All rows from the newest to the beginning, page by page."""
    rows: list[Row] = []
    than = start
    while found := await store.older(query(text), than, page):
        assert len(found) <= page
        rows += found
        than = found[-1].position
    return rows


async def walk_up(store: Store, text: str, page: int, start: Position | None = None) -> list[Row]:
    """All rows from the beginning to the newest."""
    rows: list[Row] = []
    than = start
    while found := await store.newer(query(text), than, page):
        assert len(found) <= page
        rows += found
        than = found[-1].position
    return rows


async def check_plain_rule(store: Store, stored: Sequence[AuditEvent], filters: Sequence[Query]) -> None:
    """Store these in an empty store: pages from either end and from the middle, and counts, go by the plain rule."""
    await put(store, *stored)
    every = await walk_down(store, "", 100)
    for each in filters:
        expected = [row for row in every if matches(each, row.event)]
        assert await store.older(each, None, 100) == expected
        assert await store.newer(each, None, 100) == expected[::-1]
        assert await store.count(each) == len(expected)
        if expected:
            middle = len(expected) // 2
            place = expected[middle].position
            assert await store.older(each, place, 100) == expected[middle + 1 :]
            assert await store.newer(each, place, 2) == expected[:middle][::-1][:2]


def events_of(rows: Sequence[Row]) -> list[AuditEvent]:
    return [row.event for row in rows]
