"""The tenant rule: which of a user's groups names the tenant of an event. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from dezky_audit_tui.model.event import AuditEvent, TenantWhy
from dezky_audit_tui.model.instants import floor_ms

_WRITTEN_USER = frozenset({"password_set", "user_write"})

DEFAULT_ADMIN_GROUPS = ("authentik Admins", "authentik Read-only", "*-admins", "*-admin")


class GroupPatterns:
    """Names with `*` for anything, compared in any case."""

    def __init__(self, patterns: Sequence[str]) -> None:
        parts = [".*".join(map(re.escape, pattern.strip().split("*"))) for pattern in patterns]
        self._match = re.compile("|".join(f"(?:{part})" for part in parts) or r"(?!)", re.IGNORECASE | re.DOTALL)

    def matches(self, name: str) -> bool:
        """Whether the trimmed `name` as a whole fits one of the patterns."""
        return self._match.fullmatch(name.strip()) is not None


@dataclass(frozen=True, slots=True)
class Membership:
    """What the directory says of a user: group names in the order of the rule (direct ones sorted by name,
    then parents, breadth first), or `exists` False for an unknown or deleted user."""

    groups: tuple[str, ...]
    looked_up_at: datetime
    exists: bool = True


def tenant_user_id(event: AuditEvent) -> str | None:
    """Whose groups name the tenant: the impersonated user's, else those of the user who was written to (a
    password or an account), else the actor's."""
    if event.on_behalf_of is not None and event.on_behalf_of.id is not None:
        return event.on_behalf_of.id
    if event.raw_action in _WRITTEN_USER and event.target is not None and event.target.id is not None:
        return event.target.id
    return event.actor_id


@dataclass(frozen=True, slots=True)
class Resolution:
    """The tenant found for an event."""

    slug: str | None
    why: TenantWhy


def resolve_tenant(
    user_id: str | None, membership: Membership | None, tenants: Collection[str], admin_groups: GroupPatterns
) -> Resolution:
    """The tenant's slug or None, and why. `membership` None: the directory did not answer."""
    if user_id is None:
        return Resolution(None, TenantWhy("no_user"))
    if membership is None:
        return Resolution(None, TenantWhy("lookup_failed", user_id=user_id))
    looked_up_at = floor_ms(membership.looked_up_at)
    if not membership.exists:
        return Resolution(None, TenantWhy("no_user", user_id=user_id, looked_up_at=looked_up_at))
    groups = membership.groups
    stripped = tuple(name for name in groups if admin_groups.matches(name))
    candidates = [name.strip() for name in groups if name not in stripped]
    slug = next((name for name in candidates if name in tenants), None)
    if slug is not None:
        return Resolution(slug, TenantWhy("matched", user_id, groups, stripped, looked_up_at))
    if not groups:
        return Resolution(None, TenantWhy("no_groups", user_id, looked_up_at=looked_up_at))
    if not candidates:
        return Resolution(None, TenantWhy("only_admin_groups", user_id, groups, stripped, looked_up_at))
    return Resolution(None, TenantWhy("no_such_tenant", user_id, groups, stripped, looked_up_at))
