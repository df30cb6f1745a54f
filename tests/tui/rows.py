"""Events and stores for the tests of the dashboard."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

from dezky_audit_tui.model.cursor import PullState
from dezky_audit_tui.model.event import AuditEvent, Position, Row
from dezky_audit_tui.model.instants import parse_instant, to_ms
from dezky_audit_tui.store.store import Store

NOON = parse_instant("2026-11-24T12:00:00Z")


def event(n: int = 0, *, seconds: float | None = None, **changes: Any) -> AuditEvent:
    """Event number `n`, `seconds` (or `n` of them) after noon."""
    made = AuditEvent(
        source="authentik",
        external_id=f"id-{n:06d}",
        at=NOON + timedelta(seconds=n if seconds is None else seconds),
        action="authentik.login",
        outcome="success",
        actor_id=str(n % 7),
        actor_name=f"user{n % 7}",
        actor_ip=f"203.0.113.{n % 250}",
        tenant_slug=("acme", "globex", None)[n % 3],
        metadata={"rawAction": "login"},
    )
    return replace(made, **changes)


def row(n: int = 0, tie: int | None = None, **changes: Any) -> Row:
    """The event at its place."""
    made = event(n, **changes)
    return Row(Position(to_ms(made.at), n if tie is None else tie), made)


async def put(store: Store, events: Sequence[AuditEvent], source: str = "authentik") -> None:
    """Store events as the ingester of a source would."""
    lease = await store.acquire_lease(source, "ops@bastion/1/a-b-1", 30)
    assert lease is not None
    state = await store.state(source)
    await store.commit(events, (), state, lease)
    await store.release_lease(lease)


def empty_state() -> PullState:
    """Nothing pulled yet."""
    return PullState("authentik")
