"""The audit event: one thing that somebody did, as the store keeps it and every surface shows it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, cast, get_args

from dezky_audit_tui.model.instants import instant_text, parse_instant

Outcome = Literal["success", "failure", "denied", "unknown"]
OUTCOMES: tuple[Outcome, ...] = get_args(Outcome)

Reason = Literal["matched", "no_user", "no_groups", "only_admin_groups", "no_such_tenant", "lookup_failed"]
REASONS: tuple[Reason, ...] = get_args(Reason)

METADATA_LIMIT = 16 * 1024
"""Bytes of JSON that an event's metadata may take."""


@dataclass(frozen=True, slots=True)
class Person:
    """A user as an event names it."""

    id: str | None = None
    name: str | None = None
    email: str | None = None


@dataclass(frozen=True, slots=True)
class Target:
    """What something was done to: `type` is `user`, `group`, `application`, `token` ... or a model's name."""

    type: str | None = None
    id: str | None = None
    name: str | None = None


@dataclass(frozen=True, slots=True)
class TenantWhy:
    """How the tenant was found. `groups`: all names that were looked at, in order; `stripped`: those left out."""

    reason: Reason
    user_id: str | None = None
    groups: tuple[str, ...] = ()
    stripped: tuple[str, ...] = ()
    looked_up_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class AuditEvent:
    """One event. Of a failed login the actor is the name that was typed; while somebody impersonates, the
    actor is the real person and `on_behalf_of` the impersonated one. `at` and `recorded_at` are UTC with
    milliseconds; `recorded_at` is None until a store has taken the event.
    """

    source: str
    external_id: str | None
    at: datetime
    action: str
    outcome: Outcome = "unknown"
    actor_id: str | None = None
    actor_name: str | None = None
    actor_email: str | None = None
    actor_ip: str | None = None
    on_behalf_of: Person | None = None
    target: Target | None = None
    tenant_slug: str | None = None
    tenant_why: TenantWhy | None = None
    metadata: Mapping[str, Any] = field(default_factory=dict)
    recorded_at: datetime | None = None

    def with_tenant(self, slug: str | None, why: TenantWhy | None) -> AuditEvent:
        """The same with its tenant: written out, since every event that is pulled passes here."""
        return AuditEvent(
            self.source,
            self.external_id,
            self.at,
            self.action,
            self.outcome,
            self.actor_id,
            self.actor_name,
            self.actor_email,
            self.actor_ip,
            self.on_behalf_of,
            self.target,
            slug,
            why,
            self.metadata,
            self.recorded_at,
        )

    @property
    def raw_action(self) -> str | None:
        """The source's own name of the action."""
        raw = self.metadata.get("rawAction")
        return raw if isinstance(raw, str) else None

    @property
    def unmapped(self) -> bool:
        """Whether the action has no verb of ours and fell through."""
        return self.metadata.get("unmapped") is True

    @property
    def request_id(self) -> str | None:
        """The request that this and its sibling events came from."""
        value = self.metadata.get("requestId")
        return value if isinstance(value, str) else None


@dataclass(frozen=True, slots=True, order=True)
class Position:
    """Where a row stands in its store's timeline: ordered by time, then by the store's own tie-breaker."""

    at_ms: int
    tie: int | str


@dataclass(frozen=True, slots=True)
class Row:
    """An event together with its place."""

    position: Position
    event: AuditEvent


def event_json(event: AuditEvent) -> dict[str, Any]:
    """The event as JSON-ready data, in camelCase (the fixed interface; see the README)."""
    behalf, target, why = event.on_behalf_of, event.target, event.tenant_why
    return {
        "source": event.source,
        "externalId": event.external_id,
        "at": instant_text(event.at),
        "recordedAt": instant_text(event.recorded_at) if event.recorded_at else None,
        "action": event.action,
        "outcome": event.outcome,
        "actorId": event.actor_id,
        "actorName": event.actor_name,
        "actorEmail": event.actor_email,
        "actorIp": event.actor_ip,
        "onBehalfOf": {"id": behalf.id, "name": behalf.name, "email": behalf.email} if behalf else None,
        "target": {"type": target.type, "id": target.id, "name": target.name} if target else None,
        "tenantSlug": event.tenant_slug,
        "tenantWhy": why_json(why) if why else None,
        "metadata": dict(event.metadata),
    }


def why_json(why: TenantWhy) -> dict[str, Any]:
    """A tenant diagnosis as JSON-ready data."""
    return {
        "reason": why.reason,
        "userId": why.user_id,
        "groups": list(why.groups),
        "stripped": list(why.stripped),
        "lookedUpAt": instant_text(why.looked_up_at) if why.looked_up_at else None,
    }


def why_from_json(data: Mapping[str, Any]) -> TenantWhy:
    """The inverse of `why_json`."""
    looked_up = data.get("lookedUpAt")
    return TenantWhy(
        reason=cast(Reason, data["reason"]),
        user_id=data.get("userId"),
        groups=tuple(data.get("groups") or ()),
        stripped=tuple(data.get("stripped") or ()),
        looked_up_at=parse_instant(looked_up) if looked_up else None,
    )
