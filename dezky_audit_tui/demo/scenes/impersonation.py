"""Administrators in other people's shoes, in every form that Authentik records."""

from __future__ import annotations

from datetime import datetime

from dezky_audit_tui.demo.log import Json
from dezky_audit_tui.demo.people import Person
from dezky_audit_tui.demo.places import SCRIPT
from dezky_audit_tui.demo.records import MIDDLEWARE, SIGNALS, model
from dezky_audit_tui.demo.scenes.everyday import APPLICATIONS, authorize_step, login_step, logout_step
from dezky_audit_tui.demo.stage import Origin, Stage, Step

_USERS_API = "authentik.core.api.users"
_REASONS = (
    "ticket 4711",
    "cannot open invoices, asked for help",
    "checking rights after the move",
    "ticket 5120: calendar empty",
    "",
)


def acting_as(admin: Person, person: Person) -> Json:
    """The `user` of what an administrator does through the API while impersonating."""
    return {**admin.user.reference, "on_behalf_of": person.user.reference}


def seen_through_form(admin: Person, person: Person) -> Json:
    """The `user` of what is done through a form meanwhile: the other way around."""
    return {**person.user.reference, "authenticated_as": acting_as(admin, person)}


def start_step(stage: Stage, at: datetime, admin: Person, person: Person, origin: Origin, reason: str) -> Step:
    """An impersonation begins."""
    path = f"/api/v3/core/users/{person.user.pk}/impersonate/"
    context = {**stage.request_context(origin, path, "POST"), "reason": reason}
    return stage.step(at, "impersonation_started", _USERS_API, acting_as(admin, person), context, origin.ip)


def end_step(stage: Stage, at: datetime, admin: Person, origin: Origin) -> Step:
    """It ends: whose it was is not recorded."""
    context = stage.request_context(origin, "/api/v3/core/users/impersonate_end/")
    return stage.step(at, "impersonation_ended", _USERS_API, admin.user.reference, context, origin.ip)


def api_action(stage: Stage, at: datetime, admin: Person, person: Person, origin: Origin) -> Step:
    """Something done through the API as somebody else."""
    application = stage.rng.choice(APPLICATIONS)
    path = f"/api/v3/core/applications/{application.client_id}/"
    context = stage.request_context(origin, path, "PATCH")
    context["model"] = model("authentik_core", "application", application.pk, application.name)
    return stage.step(at, "model_updated", MIDDLEWARE, acting_as(admin, person), context, origin.ip)


def form_action(stage: Stage, at: datetime, admin: Person, person: Person, origin: Origin) -> Step:
    """Something done through a form as somebody else."""
    user = person.user
    context = stage.request_context(origin, "/api/v3/flows/executor/default-user-settings-flow/")
    context |= {"name": user.name, "email": user.email, "created": False, "username": user.username}
    context["attributes"] = dict(user.attributes)
    return stage.step(at, "user_write", SIGNALS, seen_through_form(admin, person), context, origin.ip)


def helps(stage: Stage, at: datetime) -> list[Step]:
    """The usual session: start, a few actions of both sorts, end."""
    admin, person, origin, steps, at = _opening(stage, at)
    at = _acts(stage, at, admin, person, origin, steps)
    return [*steps, end_step(stage, stage.after(at, 5, 60), admin, origin)]


def helps_and_logs_out(stage: Stage, at: datetime) -> list[Step]:
    """The session ends by a logout, which says so itself; no end is recorded."""
    admin, person, origin, steps, at = _opening(stage, at)
    at = _acts(stage, at, admin, person, origin, steps)
    return [*steps, logout_step(stage, stage.after(at, 5, 60), acting_as(admin, person), origin)]


def hops(stage: Stage, at: datetime) -> list[Step]:
    """From one person straight to the next: the new start ends the old session."""
    admin, person, origin, steps, at = _opening(stage, at)
    at = _acts(stage, at, admin, person, origin, steps)
    other = stage.rng.choice([one for one in stage.cast.members if one is not person])
    at = stage.after(at, 8, 30)
    steps.append(start_step(stage, at, admin, other, origin, "same ticket, next account"))
    at = _acts(stage, at, admin, other, origin, steps)
    return [*steps, end_step(stage, stage.after(at, 5, 40), admin, origin)]


def never_ends(stage: Stage, at: datetime) -> list[Step]:
    """A session that was left open."""
    admin, person, origin, steps, at = _opening(stage, at)
    _acts(stage, at, admin, person, origin, steps)
    return steps


def by_token(stage: Stage, at: datetime) -> list[Step]:
    """A script with an API token calls the start: there is no session that could end."""
    admin, person = stage.admin(), stage.member()
    return [start_step(stage, at, admin, person, Origin("127.0.0.1", SCRIPT), "nightly check")]


def _opening(stage: Stage, at: datetime) -> tuple[Person, Person, Origin, list[Step], datetime]:
    admin, person = stage.free_admin(at), stage.member()
    origin = stage.origin(admin)
    steps = []
    if stage.rng.random() < 0.5:
        steps.append(login_step(stage, at, admin, origin))
        at = stage.after(at, 5, 20)
    steps.append(start_step(stage, at, admin, person, origin, stage.rng.choice(_REASONS)))
    return admin, person, origin, steps, at


def _acts(stage: Stage, at: datetime, admin: Person, person: Person, origin: Origin, steps: list[Step]) -> datetime:
    at = stage.after(at, 2, 8)
    steps.append(form_action(stage, at, admin, person, origin))
    for _ in range(stage.rng.choice((1, 1, 2, 3))):
        at = stage.after(at, 2, 12)
        if stage.rng.random() < 0.5:
            steps.append(api_action(stage, at, admin, person, origin))
        else:
            steps.append(authorize_step(stage, at, acting_as(admin, person), origin))
    stage.busy[admin.user.pk] = stage.after(at, 60, 90)
    return at
