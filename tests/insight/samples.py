"""Events as insights meet them: small to write, and wild ones for hypothesis."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from dezky_audit_tui.model.event import AuditEvent, Person, Position, Row, Target
from dezky_audit_tui.model.instants import exact_text, floor_ms, to_ms

NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
ROOT, ANA, BOB = Person("3", "root", "root@ops.example"), Person("5", "ana", "ana@acme.example"), Person("6", "bob")
FIREFOX, SCRIPT = "Mozilla/5.0 Firefox", "python-requests/2"

_ids = count(1)


def event(
    raw: str,
    seconds: float = 0.0,
    actor: Person | None = ROOT,
    *,
    behalf: Person | None = None,
    ip: str | None = "203.0.113.1",
    agent: str | None = FIREFOX,
    outcome: Any = "success",
    id: str | None = None,
    target: Target | None = None,
    tenant: str | None = None,
    **metadata: Any,
) -> AuditEvent:
    """An event of Authentik's, `seconds` after noon, with microseconds in its record."""
    moment = NOON + timedelta(seconds=seconds)
    who = actor or Person()
    return AuditEvent(
        source="authentik",
        external_id=id or f"id-{next(_ids):06}",
        at=floor_ms(moment),
        action=f"authentik.{raw}",
        outcome=outcome,
        actor_id=who.id,
        actor_name=who.name,
        actor_email=who.email,
        actor_ip=ip,
        on_behalf_of=behalf,
        target=target,
        tenant_slug=tenant,
        metadata={
            "rawAction": raw,
            "created": exact_text(moment),
            **({"userAgent": agent} if agent is not None else {}),
            **metadata,
        },
    )


def started(seconds: float, whom: Person = ANA, admin: Person = ROOT, **more: Any) -> AuditEvent:
    return event("impersonation_started", seconds, admin, behalf=whom, **more)


def ended(seconds: float, admin: Person = ROOT, **more: Any) -> AuditEvent:
    return event("impersonation_ended", seconds, admin, **more)


def acted(seconds: float, whom: Person = ANA, admin: Person = ROOT, **more: Any) -> AuditEvent:
    return event("model_updated", seconds, admin, behalf=whom, **more)


def failed(seconds: float, who: Person = ANA, ip: str | None = "198.51.100.4", **more: Any) -> AuditEvent:
    return event("login_failed", seconds, who, ip=ip, outcome="failure", **more)


def login(seconds: float, who: Person = ANA, ip: str | None = "198.51.100.4", **more: Any) -> AuditEvent:
    return event("login", seconds, who, ip=ip, **more)


def row(each: AuditEvent, tie: int = 0) -> Row:
    return Row(Position(to_ms(each.at), tie), each)


def at(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def moved(each: AuditEvent, seconds: float) -> AuditEvent:
    """The same at another time."""
    moment = NOON + timedelta(seconds=seconds)
    return replace(each, at=floor_ms(moment), metadata={**each.metadata, "created": exact_text(moment)})
