"""Changes that give power or take protection away. Pure."""

from __future__ import annotations

from typing import Literal

from dezky_audit_tui.insight.kinds import (
    GROUP_MODEL,
    PASSWORD_SET,
    SECRET_ROTATE,
    SECRET_VIEW,
    STARTED,
    actor_of,
    is_nobody,
    kind_of,
)
from dezky_audit_tui.model.event import AuditEvent
from dezky_audit_tui.model.tenants import GroupPatterns

Privilege = Literal[
    "admin_group", "mfa_removed", "password_by_other", "secret_viewed", "secret_rotated", "impersonation"
]

WORDS: dict[Privilege, str] = {
    "admin_group": "admin group changed",
    "mfa_removed": "second factor removed",
    "password_by_other": "password set by another",
    "secret_viewed": "secret viewed",
    "secret_rotated": "secret rotated",
    "impersonation": "impersonation",
}
"""How each is called."""

_GROUP_CHANGES = frozenset({"model_created", "model_updated", "model_deleted"})


def privilege_of(event: AuditEvent, admin_groups: GroupPatterns) -> Privilege | None:
    """What makes an event stand out; None for most. `admin_groups`: the groups that never name a tenant."""
    kind = kind_of(event)
    if kind == STARTED:
        return "impersonation"
    if kind == SECRET_VIEW:
        return "secret_viewed"
    if kind == SECRET_ROTATE:
        return "secret_rotated"
    if kind == PASSWORD_SET:
        return "password_by_other" if set_by_other(event) else None
    if event.metadata.get("mfa") == "removed":
        return "mfa_removed"
    if kind in _GROUP_CHANGES and event.metadata.get("model") == GROUP_MODEL:
        name = event.target.name if event.target is not None else None
        return "admin_group" if name is not None and admin_groups.matches(name) else None
    return None


def set_by_other(event: AuditEvent) -> bool:
    """Whether a password was set by somebody else than its owner, as far as it is known who did it: where it is not,
    a flow, a recovery link or the server's own shell did."""
    target, actor = event.target, actor_of(event)
    if target is None or is_nobody(actor):
        return False
    if actor.id is not None and target.id is not None:
        return actor.id != target.id
    return actor.name != target.name
