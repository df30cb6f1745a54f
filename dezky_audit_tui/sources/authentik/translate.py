"""Authentik's events as events of ours: verb, outcome, who really acted, as whom, to what, and what else is known.

Pure. Whatever comes makes an event: where the details cannot be taken, the event goes without them.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any

from dezky_audit_tui.model.event import AuditEvent, Person
from dezky_audit_tui.model.finding import DIGEST, EXPIRES
from dezky_audit_tui.model.instants import floor_ms, instant_text, parse_instant
from dezky_audit_tui.model.query_match import address_of
from dezky_audit_tui.model.set_aside import SetAside
from dezky_audit_tui.sources.authentik.action_map import verb_for
from dezky_audit_tui.sources.authentik.details import changes_groups, metadata_of, outcome_of, target_of
from dezky_audit_tui.sources.authentik.fingerprint import fingerprint
from dezky_audit_tui.sources.authentik.fitting import fitted
from dezky_audit_tui.sources.authentik.persons import ANONYMOUS, Cast, cast_of
from dezky_audit_tui.sources.authentik.siblings import Known, joined
from dezky_audit_tui.sources.authentik.wire import SOURCE, WireEvent
from dezky_audit_tui.sources.source import Fetched
from dezky_audit_tui.text import clean

NO_ADDRESS = "255.255.255.255"
"""Stands in `client_ip` where there was no request."""

# What code that reads a shape that nobody thought of can raise. Anything else is not about the shape of one row.
_SHAPE_FAULTS = (ValueError, TypeError, LookupError, AttributeError, ArithmeticError, RecursionError)


def translate(rows: Sequence[WireEvent], known: Known, seen_at: datetime) -> Fetched:
    """`rows` as events without a tenant, in the same order; they see each other and the `known` ones.

    `seen_at`: the moment for what is set aside.
    """
    events: list[AuditEvent] = []
    aside: list[SetAside] = []
    changed_at: datetime | None = None
    for row in rows:
        try:
            events.append(_event(row))
        except _SHAPE_FAULTS as error:
            reason = f"it could not be translated ({type(error).__name__})"
            aside.append(SetAside(SOURCE, row.pk, reason, seen_at, row.created, clean(row.action[:100])))
            continue
        if changes_groups(row) and (changed_at is None or row.mark.at > changed_at):
            changed_at = row.mark.at
    return Fetched(tuple(joined(events, known)), tuple(aside), groups_changed_at=changed_at)


def told_alone(rows: Sequence[WireEvent]) -> list[AuditEvent]:
    """`rows` as events by what each tells of itself, without what others add to it; one that cannot be translated
    is left out."""
    events: list[AuditEvent] = []
    for row in rows:
        with suppress(*_SHAPE_FAULTS):
            events.append(_event(row))
    return events


def _event(row: WireEvent) -> AuditEvent:
    try:
        return fitted(_whole(row))
    except _SHAPE_FAULTS as error:
        return fitted(_bare(row, type(error).__name__))


def _bare(row: WireEvent, why: str) -> AuditEvent:
    """What is certain of every row; `metadata.reduced` says that there was more."""
    verb, mapped = verb_for(row.action)
    metadata = {**_identity(row, mapped), "reduced": why}
    return AuditEvent(SOURCE, row.pk, floor_ms(row.mark.at), verb, metadata=metadata)


def _whole(row: WireEvent) -> AuditEvent:
    verb, mapped = verb_for(row.action)
    cast = cast_of(row)
    address, odd_address = _address(row.client_ip)
    metadata = {**_identity(row, mapped), **metadata_of(row), **_bystanders(cast)}
    if odd_address:
        metadata["clientIp"] = odd_address
    return AuditEvent(
        source=SOURCE,
        external_id=row.pk,
        at=floor_ms(row.mark.at),
        action=verb,
        outcome=outcome_of(row),
        actor_id=cast.actor.id,
        actor_name=cast.actor.name,
        actor_email=cast.actor.email,
        actor_ip=address,
        on_behalf_of=cast.on_behalf_of,
        target=cast.target if cast.target is not None else target_of(row),
        metadata=metadata,
    )


def _identity(row: WireEvent, mapped: bool) -> dict[str, Any]:
    identity: dict[str, Any] = {
        "rawAction": clean(row.action),
        "created": row.created,
        **_expiry(row.expires),
        **_digest(row),
    }
    return identity if mapped else {**identity, "unmapped": True}


def _digest(row: WireEvent) -> dict[str, str]:
    try:
        return {DIGEST: fingerprint(row)}
    except _SHAPE_FAULTS:
        return {}


def _expiry(expires: str | None) -> dict[str, str]:
    """When the source will forget it: what is gone from there after that is no wonder."""
    try:
        return {EXPIRES: instant_text(parse_instant(expires))} if expires is not None else {}
    except ValueError:
        return {}


def _bystanders(cast: Cast) -> dict[str, Any]:
    """The known user of a failed login, and who was logged in where that was not the actor."""
    told: dict[str, Any] = {}
    if cast.meant is not None and cast.meant.name != cast.actor.name:
        told["meantUser"] = _shown(cast.meant)
    if cast.session is not None:
        told["session"] = "anonymous" if cast.session == Person(name=ANONYMOUS) else _shown(cast.session)
    return told


def _shown(person: Person) -> dict[str, str]:
    named = {"id": person.id, "name": person.name}
    return {key: value[:200] for key, value in named.items() if value is not None}


def _address(client_ip: str | None) -> tuple[str | None, str | None]:
    """The address, and what stood in its place where that is none."""
    text = (client_ip or "").strip()
    if not text or text == NO_ADDRESS:
        return None, None
    if address_of(text) is None:
        return None, clean(text[:100])
    return text, None
