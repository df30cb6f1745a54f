"""What other stored events add to one, put together when it is read: stored rows do not change."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from dezky_audit_tui.model.event import AuditEvent
from dezky_audit_tui.model.finding import Finding
from dezky_audit_tui.store.store import Store

_STARTED, _ENDED = "impersonation_started", "impersonation_ended"


@dataclass(frozen=True, slots=True)
class Related:
    """`siblings`: other events of the same request, oldest first. `started`: the start of the impersonation that this
    ends. `actor`: who set the password or wrote the account, where a sibling tells. `notes`: what reading the source
    again found of the event itself."""

    siblings: Sequence[AuditEvent] = ()
    started: AuditEvent | None = None
    actor: AuditEvent | None = None
    notes: Sequence[Finding] = ()


async def related_to(store: Store, event: AuditEvent) -> Related:
    """Look the other events up. Raises StoreUnavailable."""
    siblings: Sequence[AuditEvent] = ()
    if event.request_id is not None:
        found = await store.same_request(event.source, [event.request_id], [event.at])
        siblings = sorted(
            (other for other in found if (other.external_id, other.at) != (event.external_id, event.at)),
            key=lambda other: other.at,
        )
    actor = next((other for other in siblings if other.actor_name), None) if _wants_actor(event) else None
    notes = [] if event.external_id is None else await store.findings_of(event.source, [event.external_id])
    return Related(tuple(siblings), await _start_of(store, event), actor, tuple(notes))


def _wants_actor(event: AuditEvent) -> bool:
    return event.raw_action in ("password_set", "user_write") and event.actor_name is None


async def _start_of(store: Store, event: AuditEvent) -> AuditEvent | None:
    """The start that this end belongs to: the admin's last one, if no other end came after it."""
    if event.raw_action != _ENDED or event.on_behalf_of is not None or event.actor_id is None:
        return None
    prefix = event.action.removesuffix(_ENDED)
    started = await store.last_before(event.source, prefix + _STARTED, event.actor_id, event.at)
    if started is None:
        return None
    before = event.at - timedelta(milliseconds=1)
    ended = await store.last_before(event.source, prefix + _ENDED, event.actor_id, before)
    return None if ended is not None and ended.at > started.at else started
