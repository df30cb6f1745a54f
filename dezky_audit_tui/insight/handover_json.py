"""A handover as JSON: an interface, whose keys the README lists (The JSON of the commands).

Lists hold the newest first. Moments are UTC: `2026-11-24T08:15:42.771Z`. A spraying that got in stands under
`succeeded` and under `spraying`; `privileged` repeats all changes that give power or take protection away.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from dezky_audit_tui.insight.bursts import INCOMPLETE, Burst, Success
from dezky_audit_tui.insight.changes import Change
from dezky_audit_tui.insight.handover import Arrival, Handover, TenantShare
from dezky_audit_tui.insight.kinds import actor_of
from dezky_audit_tui.insight.session_fold import Session
from dezky_audit_tui.insight.silence import Silence
from dezky_audit_tui.model.event import Person
from dezky_audit_tui.model.instants import instant_text
from dezky_audit_tui.store.store import ActionCount


def handover_json(handover: Handover) -> dict[str, Any]:
    """The handover as JSON-ready data."""
    now = handover.made_at
    changes = handover.changes
    privileged = [change for found in changes.values() for change in found if change.privilege is not None]
    privileged.sort(key=lambda change: change.place, reverse=True)
    return {
        "since": instant_text(handover.since),
        "until": instant_text(handover.until),
        "generatedAt": instant_text(now),
        "source": handover.source,
        "store": handover.store,
        "events": handover.events,
        "failures": handover.failures,
        "tenants": [_share(share) for share in handover.tenants],
        "impersonations": {
            "open": [session_json(session, now) for session in handover.open_sessions],
            "ended": [session_json(session, now) for session in handover.sessions if not session.is_open],
            "lookedBackTo": _moment(handover.sessions_from),
        },
        "guessing": {
            "succeeded": [burst_json(burst) for burst in handover.guessed],
            "inVain": [burst_json(each) for each in handover.bursts if not each.succeeded and each.kind != "spray"],
            "spraying": [burst_json(burst) for burst in handover.bursts if burst.kind == "spray"],
            "note": INCOMPLETE,
        },
        **{name: [_change(change) for change in changes[name]] for name in ("memberships", "mfa", "passwords")},
        "privileged": [_change(change) for change in privileged],
        "newForActor": [_arrival(arrival) for arrival in handover.arrivals],
        "newAddresses": handover.new_addresses,
        "unmapped": [_count(count) for count in handover.unmapped],
        "gaps": {
            "settledTo": _moment(handover.settled_to),
            "unread": _gaps(handover.unread),
            "withoutGoodTick": _gaps(handover.unattended),
        },
        "leftOut": dict(handover.left_out),
    }


def session_json(session: Session, now: datetime) -> dict[str, Any]:
    """One impersonation."""
    return {
        "admin": _person(session.admin),
        "behalf": _person(session.behalf) if session.behalf is not None else None,
        "startedAt": _moment(session.started_at),
        "firstAt": instant_text(session.first_at),
        "lastAt": instant_text(session.last_at),
        "endedAt": _moment(session.ended_at),
        "how": session.how,
        "seconds": round(session.age(now).total_seconds(), 3),
        "actions": session.actions,
        "reason": session.reason,
        "address": session.address,
        "tenantSlug": session.tenant,
    }


def burst_json(burst: Burst) -> dict[str, Any]:
    """One burst of failed logins."""
    return {
        "kind": burst.kind,
        "failures": burst.failures,
        "firstAt": instant_text(burst.first_at),
        "lastAt": instant_text(burst.last_at),
        "seconds": round(burst.took.total_seconds(), 3),
        "names": list(burst.names),
        "nameCount": burst.name_count,
        "addresses": list(burst.addresses),
        "addressCount": burst.address_count,
        "tenants": list(burst.tenants),
        "successes": [_login(success) for success in burst.successes],
        "otherLogins": burst.others,
        "elsewhere": _login(burst.elsewhere) if burst.elsewhere is not None else None,
        "cut": burst.cut,
    }


def _share(share: TenantShare) -> dict[str, Any]:
    return {
        "tenant": share.slug,
        "events": share.events,
        "failures": share.failures,
        "logins": share.logins,
        "failedLogins": share.failed_logins,
        "impersonations": share.impersonations,
        "changes": share.changes,
    }


def _login(success: Success) -> dict[str, Any]:
    return {
        "at": instant_text(success.at),
        "externalId": success.place[1],
        "name": success.name,
        "address": success.address,
    }


def _change(change: Change) -> dict[str, Any]:
    target = change.target
    return {
        "at": instant_text(change.at),
        "action": change.action,
        "externalId": change.external_id,
        "actor": _person(change.actor),
        "behalf": _person(change.behalf) if change.behalf is not None else None,
        "target": {"type": target.type, "id": target.id, "name": target.name} if target is not None else None,
        "address": change.address,
        "tenantSlug": change.tenant,
        "what": change.what,
        "privilege": change.privilege,
        "told": change.told,
        "by": change.by,
    }


def _arrival(arrival: Arrival) -> dict[str, Any]:
    event, novelty = arrival.event, arrival.novelty
    last = novelty.last
    return {
        "at": instant_text(event.at),
        "action": event.action,
        "externalId": event.external_id,
        "actor": _person(actor_of(event)),
        "address": event.actor_ip,
        "tenantSlug": event.tenant_slug,
        "new": novelty.widest,
        "network": novelty.network,
        "country": novelty.country,
        "lastSeenAt": _moment(last.at) if last is not None else None,
        "lastAddress": last.address if last is not None else None,
        "lastCountry": last.country if last is not None else None,
    }


def _count(count: ActionCount) -> dict[str, Any]:
    return {
        "action": count.action,
        "rawAction": count.raw,
        "count": count.count,
        "firstAt": instant_text(count.first_at),
    }


def _gaps(found: Sequence[Silence]) -> list[dict[str, Any]]:
    return [
        {
            "kind": silence.kind,
            "start": _moment(silence.start),
            "end": instant_text(silence.end),
            "madeUp": silence.made_up,
            "failedTicks": silence.ticks,
            "error": silence.error,
            "errorKind": silence.error_kind,
            "events": silence.events,
        }
        for silence in found
    ]


def _person(person: Person) -> dict[str, str | None]:
    return {"id": person.id, "name": person.name, "email": person.email}


def _moment(moment: datetime | None) -> str | None:
    return instant_text(moment) if moment is not None else None
