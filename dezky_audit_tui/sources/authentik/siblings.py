"""What an event doesn't tell of itself and another one does: who set a password, and whose impersonation ended.

Both are put together only where the other event is known when the row is written; a stored row never changes.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from dezky_audit_tui.model.event import AuditEvent, Person
from dezky_audit_tui.model.instants import parse_instant
from dezky_audit_tui.sources.authentik.action_map import IMPERSONATION_ENDED, IMPERSONATION_STARTED, LOGOUT
from dezky_audit_tui.sources.authentik.persons import WRITTEN, cast_of, id_text
from dezky_audit_tui.sources.authentik.takers import CORE
from dezky_audit_tui.sources.authentik.wire import SOURCE, WireEvent
from dezky_audit_tui.sources.source import Siblings

_USER_MODEL = f"{CORE}.user"
_SESSION_VERBS = (IMPERSONATION_STARTED, IMPERSONATION_ENDED, LOGOUT)


@dataclass(frozen=True, slots=True)
class Known:
    """Stored events that may tell something about those of a batch."""

    events: tuple[AuditEvent, ...] = ()


async def gather_siblings(rows: Sequence[WireEvent], siblings: Siblings) -> Known:
    """Asks the store for what `rows` need and do not hold themselves; for nothing at all where they need nothing.

    May raise a StoreError.
    """
    told = {request_of(row) for row in rows if _names_user_model(row)}
    asking = [row for row in rows if row.action in WRITTEN and not _has_actor(row)]
    requests = {request: row.mark.at for row in asking if (request := request_of(row)) and request not in told}
    found: list[AuditEvent] = []
    if requests:
        found += await siblings.same_request(SOURCE, sorted(requests), sorted(requests.values()))
    for row in rows:
        if row.action != "impersonation_ended":
            continue
        cast = cast_of(row)
        if cast.on_behalf_of is None and cast.actor.id is not None:
            asked = (siblings.last_before(SOURCE, verb, cast.actor.id, row.mark.at) for verb in _SESSION_VERBS)
            found += [last for last in await asyncio.gather(*asked) if last is not None]
    return Known(tuple(found))


def joined(events: Sequence[AuditEvent], known: Known) -> list[AuditEvent]:
    """`events` with what they and the `known` ones tell about each other."""
    everything = {event.external_id: event for event in (*known.events, *events)}
    writers = _writers(everything.values())
    sessions = [event for event in everything.values() if event.action in _SESSION_VERBS]
    done = []
    for event in events:
        if event.raw_action in WRITTEN and event.actor_id is None and event.actor_name is None:
            writer = writers.get(event.request_id) if event.request_id is not None else None
            event = _with_writer(event, writer) if writer is not None else event
        elif event.action == IMPERSONATION_ENDED and event.on_behalf_of is None:
            event = _with_impersonated(event, sessions)
        done.append(event)
    return done


def request_of(row: WireEvent) -> str | None:
    """The id of the request that an event came from."""
    request = row.context.get("http_request")
    return id_text(request.get("request_id")) if isinstance(request, dict) else None


def _has_actor(row: WireEvent) -> bool:
    actor = cast_of(row).actor
    return actor.id is not None or actor.name is not None


def _names_user_model(row: WireEvent) -> bool:
    model = row.context.get("model")
    return (
        row.action.startswith("model_")
        and isinstance(model, dict)
        and (model.get("app"), model.get("model_name")) == (CORE, "user")
    )


def _writers(events: Iterable[AuditEvent]) -> dict[str, AuditEvent]:
    """By request: the event of the user's model, which names who asked for it."""
    return {
        event.request_id: event
        for event in events
        if event.request_id is not None
        and event.metadata.get("model") == _USER_MODEL
        and (event.actor_id is not None or event.actor_name is not None)
    }


def _with_writer(event: AuditEvent, writer: AuditEvent) -> AuditEvent:
    return replace(
        event,
        actor_id=writer.actor_id,
        actor_name=writer.actor_name,
        actor_email=writer.actor_email,
        on_behalf_of=event.on_behalf_of or writer.on_behalf_of,
        metadata={**event.metadata, "actorFrom": writer.external_id},
    )


def _with_impersonated(event: AuditEvent, sessions: Sequence[AuditEvent]) -> AuditEvent:
    """The last start of the same admin, where no end and no logout came in between."""
    if event.actor_id is None:
        return event
    place = _place(event)
    earlier = [
        other
        for other in sessions
        if other.actor_id == event.actor_id and other.external_id != event.external_id and _place(other) < place
    ]
    last = max((other for other in earlier if _begins_or_ends(other)), key=_place, default=None)
    if last is None or last.action != IMPERSONATION_STARTED or last.on_behalf_of is None:
        return event
    return replace(
        event, on_behalf_of=_bare(last.on_behalf_of), metadata={**event.metadata, "startedBy": last.external_id}
    )


def _begins_or_ends(event: AuditEvent) -> bool:
    """A logout counts only while impersonating: another browser's does not end the session."""
    return event.action != LOGOUT or event.on_behalf_of is not None


def _bare(person: Person) -> Person:
    return Person(person.id, person.name, person.email)


def _place(event: AuditEvent) -> tuple[datetime, str]:
    """By the exact time, as the source orders them."""
    created = event.metadata.get("created")
    try:
        exact = parse_instant(created) if isinstance(created, str) else event.at
    except ValueError:
        exact = event.at
    return exact, event.external_id or ""
