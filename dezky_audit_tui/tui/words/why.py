"""Why an event has its tenant, in words. Pure; texts from data are made visible here."""

from __future__ import annotations

from dezky_audit_tui.model.event import AuditEvent, Reason
from dezky_audit_tui.text import visible

REASON_WORDS: dict[Reason, str] = {
    "matched": "a group names the tenant",
    "no_user": "a system event, or no known user",
    "no_groups": "the user is in no group",
    "only_admin_groups": "only in admin groups",
    "no_such_tenant": "no group names a known tenant",
    "lookup_failed": "not looked up yet; tried again",
}

REMEDIES: dict[Reason, str] = {
    "matched": "",
    "no_user": "nothing to do: a system event, a deleted user or a name that nobody has",
    "no_groups": "in Authentik, put these users into the group that is named like their tenant",
    "only_admin_groups": "give them a tenant's group too, or take the pattern out of AUDIT_ADMIN_GROUPS",
    "no_such_tenant": "name the slugs in AUDIT_TENANTS or in the store's tenants: see the groups",
    "lookup_failed": "tried again by itself; where it lasts, the token may need view_user and view_group: run doctor",
}
"""What would give the next events of that sort a tenant. Stored ones stay as they are, but for failed look-ups."""


def why_text(event: AuditEvent) -> str:
    """One sentence: `group acme of user 12 (acme-admins left out)`."""
    why = event.tenant_why
    if why is None:
        return "told by the writer of the event" if event.tenant_slug else "the writer of the event names no tenant"
    if why.reason == "matched":
        text = f"group {visible(event.tenant_slug or '')} of {whose(event)}"
        others = [name for name in why.groups if name.strip() != event.tenant_slug and name not in why.stripped]
        if others:
            text += f"; also in {names(others)}"
    else:
        text = REASON_WORDS[why.reason]
        rest = [name for name in why.groups if name not in why.stripped]
        if rest:
            text += f": {names(rest)}"
        if why.user_id is not None:
            text += f" ({whose(event)})"
    if why.stripped:
        text += f"; left out as admin groups: {names(why.stripped)}"
    return text


def whose(event: AuditEvent) -> str:
    """Whose groups were looked at, by name where the event has it."""
    why = event.tenant_why
    user_id = why.user_id if why else None
    behalf, target = event.on_behalf_of, event.target
    if behalf is not None and behalf.id == user_id and behalf.name:
        return f"{visible(behalf.name)}, who was impersonated"
    if event.actor_id == user_id and event.actor_name:
        return visible(event.actor_name)
    if target is not None and target.id == user_id and target.name:
        return f"{visible(target.name)}, who was written to"
    return f"user {visible(user_id)}" if user_id else "nobody"


def names(groups: list[str] | tuple[str, ...], most: int = 6) -> str:
    """Names of groups in a row, the first ones of many."""
    shown = ", ".join(visible(name) for name in groups[:most])
    return f"{shown} and {len(groups) - most} more" if len(groups) > most else shown
