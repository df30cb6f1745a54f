"""What insights look at in an event: its kind, its exact place, who it was and through which client. Pure."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from dezky_audit_tui.model.event import AuditEvent, Person
from dezky_audit_tui.model.instants import parse_instant
from dezky_audit_tui.model.query_match import fold

STARTED: Final = "impersonation_started"
ENDED: Final = "impersonation_ended"
LOGOUT: Final = "logout"
LOGIN: Final = "login"
LOGIN_FAILED: Final = "login_failed"
PASSWORD_SET: Final = "password_set"
SECRET_VIEW: Final = "secret_view"
SECRET_ROTATE: Final = "secret_rotate"

GROUP_MODEL: Final = "authentik_core.group"
USER_MODEL: Final = "authentik_core.user"

NOBODY: Final = "AnonymousUser"
"""The name of the user that stands for somebody who is not logged in."""

Place = tuple[datetime, str]
"""The exact moment of an event, and what tells it from others of that moment: the order of the source's own list."""

Client = tuple[str | None, str | None]
"""Address and user agent."""

PersonKey = tuple[str, str]
"""What tells one person from another: by id where there is one."""


def kind_of(event: AuditEvent) -> str:
    """The source's own name of the action; of rows without one, what follows the verb's last dot."""
    return event.raw_action or event.action.rpartition(".")[2]


def place_of(event: AuditEvent) -> Place:
    """Where an event stands among others: microseconds where the record has them, then its id."""
    created = event.metadata.get("created")
    moment = event.at
    if isinstance(created, str):
        try:
            moment = parse_instant(created)
        except ValueError:
            moment = event.at
    return moment, event.external_id if event.external_id is not None else f"{event.source} {event.action}"


def client_of(event: AuditEvent) -> Client:
    """What the request came from."""
    agent = event.metadata.get("userAgent")
    return event.actor_ip, agent if isinstance(agent, str) else None


def person_key(person: Person) -> PersonKey | None:
    """The key of a person; None where nothing is known of who it was."""
    if person.id is not None:
        return "id", person.id
    name = person.name if person.name is not None else person.email
    return None if name is None else ("name", fold(name))


def actor_of(event: AuditEvent) -> Person:
    """Who really did it."""
    return Person(event.actor_id, event.actor_name, event.actor_email)


def is_nobody(person: Person) -> bool:
    """Whether nobody is named, or the user that stands for nobody."""
    return person_key(person) is None or (person.id is None and person.name == NOBODY)


def name_of(person: Person | None) -> str:
    """What to call a person; hostile text still."""
    if person is None:
        return "?"
    return person.name or person.email or person.id or "?"


def text_in(event: AuditEvent, key: str) -> str | None:
    """A text of the metadata."""
    value = event.metadata.get(key)
    return value if isinstance(value, str) and value else None
