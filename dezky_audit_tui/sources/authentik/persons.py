"""Who an event is about: who really acted, as whom, and to whom it was done.

Authentik's `user` means three different things, by the action and by the way it was done:

- usually the one who acted; while impersonating through the API with `on_behalf_of`, the impersonated user;
- through a form while impersonating: the IMPERSONATED user, with the real one in `authenticated_as`;
- of `password_set` and `user_write`: the user who was written to, and who did it is not told.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from dezky_audit_tui.model.event import Person, Target
from dezky_audit_tui.sources.authentik.jsons import is_object
from dezky_audit_tui.sources.authentik.wire import WireEvent
from dezky_audit_tui.text import clean

ANONYMOUS = "AnonymousUser"
WRITTEN = frozenset({"password_set", "user_write"})
"""Actions whose `user` is the target."""


@dataclass(frozen=True, slots=True)
class Cast:
    """Who takes part. `meant` is the known user whom a failed login was for; `session` who was logged in when the
    actor is somebody else: ANONYMOUS, or a name."""

    actor: Person = field(default_factory=Person)
    on_behalf_of: Person | None = None
    target: Target | None = None
    meant: Person | None = None
    session: Person | None = None


def person(value: object) -> Person | None:
    """The user that a JSON object names, or None where it names nobody. An anonymous one has a name alone."""
    if not is_object(value):
        return None
    found = Person(id_text(value.get("pk")), _name(value.get("username")), _name(value.get("email")))
    if found.name is None and found.id is None and found.email is None:
        return None
    return Person(name=found.name or ANONYMOUS) if is_anonymous(value) else found


def is_anonymous(value: Mapping[str, Any]) -> bool:
    """Whether a JSON object names the user that stands for nobody (before 2024.8 only by its name)."""
    return value.get("is_anonymous") is True or value.get("username") == ANONYMOUS


def cast_of(row: WireEvent) -> Cast:
    """Who takes part in `row`, as far as it tells itself."""
    user = row.user
    session = user.get("authenticated_as")
    session = session if is_object(session) and person(session) is not None else None
    if row.action == "login_failed":
        return _failed_login(row, session)
    if row.action in WRITTEN:
        return _written(user, session)
    if session is not None and not is_anonymous(session):
        done_by, done_as = person(session), person(user)
        same = done_by is not None and done_as is not None and done_by.id is not None and done_by.id == done_as.id
        behalf = person(session.get("on_behalf_of")) if same else done_as
        return Cast(actor=done_by or Person(), on_behalf_of=behalf)
    behalf = person(user.get("on_behalf_of"))
    cast = Cast(actor=person(user) or Person(), on_behalf_of=behalf, session=person(session) if session else None)
    if row.action == "impersonation_started" and behalf is not None:
        return replace(cast, target=as_target(behalf))
    return cast


def as_target(user: Person) -> Target:
    """A user as what something was done to."""
    return Target("user", user.id, user.name if user.name is not None else user.email)


def id_text(value: object) -> str | None:
    """A pk as text: users have numbers, models hex or numbers."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return str(value) if abs(value) < 10**18 else None
    if isinstance(value, str):
        return clean(value.strip()) or None
    return None


def _failed_login(row: WireEvent, session: Mapping[str, Any] | None) -> Cast:
    """The actor has the name that was TYPED, whoever typed it, and the id of the user it was meant for."""
    typed = _name(row.context.get("username"))
    meant = person(row.user)
    known = meant is not None and meant.id is not None
    actor = Person(
        id=meant.id if meant is not None and known else None,
        name=typed or (meant.name if meant is not None else None),
        email=meant.email if meant is not None and known else None,
    )
    logged_in = person(session) if session is not None and not is_anonymous(session) else None
    return Cast(actor=actor, meant=meant if known else None, session=logged_in)


def _written(user: Mapping[str, Any], session: Mapping[str, Any] | None) -> Cast:
    """The target is `user`; the actor is null where nothing tells who it was, and never the target by guess."""
    written = person(user)
    if session is not None:
        behalf = person(session.get("on_behalf_of"))
        target = as_target(written) if written is not None else None
        return Cast(actor=person(session) or Person(), on_behalf_of=behalf, target=target)
    behalf = person(user.get("on_behalf_of"))
    if behalf is not None:
        # While impersonating, older versions name the real user here, and the one written to is whom it was done as.
        return Cast(actor=written or Person(), on_behalf_of=behalf, target=as_target(behalf))
    return Cast(target=as_target(written) if written is not None else None)


def _name(value: object) -> str | None:
    return clean(value) or None if isinstance(value, str) else None
