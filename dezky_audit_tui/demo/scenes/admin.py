"""What administrators do: groups, passwords of others, secrets, invitations, people who come and go."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from dezky_audit_tui.demo.directory import Directory, User
from dezky_audit_tui.demo.log import Json
from dezky_audit_tui.demo.people import DELETED_USER, Person
from dezky_audit_tui.demo.places import SCRIPT
from dezky_audit_tui.demo.records import ANONYMOUS, MASK, MIDDLEWARE, SECRET_MARK, SIGNALS, created_text, hex_id, model
from dezky_audit_tui.demo.scenes.everyday import APPLICATIONS, login_step, password_flow
from dezky_audit_tui.demo.stage import Origin, Stage, Step, person_like

_JOINED_AT_MOST = 12
"""How many newcomers of the past are still there."""


def admin_origin(stage: Stage, admin: Person) -> Origin:
    """An administrator at the browser, or a script on the server itself."""
    return Origin("127.0.0.1", SCRIPT) if stage.rng.random() < 0.25 else stage.origin(admin)


def changed_model(
    stage: Stage, at: datetime, user: Json, origin: Origin, action: str, what: Json, request: Json
) -> Step:
    """A model that was created, updated or deleted in that request."""
    context = {**origin.context(), "model": what, "http_request": request}
    return stage.step(at, action, MIDDLEWARE, user, context, origin.ip)


def group_membership(stage: Stage, at: datetime) -> list[Step]:
    """Somebody joins or leaves a group by its own call: only the path tells which; then it is undone later."""
    admin, person = stage.admin(), stage.member()
    group = stage.cast.directory.group(f"{person.tenant}-admins")
    if group is None or person.user.pk in group.users:
        return whole_group(stage, at)
    origin, pk, name = admin_origin(stage, admin), person.user.pk, group.name
    what = model("authentik_core", "group", group.hex, group.name)
    steps = []
    for verb, delay in (("add_user", 0.0), ("remove_user", stage.rng.uniform(90, 600))):
        moment = at + timedelta(seconds=delay)
        request = stage.pen.request(f"/api/v3/core/groups/{group.pk}/{verb}/", "POST", origin.agent)
        step = changed_model(stage, moment, admin.user.reference, origin, "model_updated", what, request)

        def change(directory: Directory, verb: str = verb) -> None:
            (directory.add_member if verb == "add_user" else directory.remove_member)(name, pk)

        steps.append(replace(step, change=None if stage.past else change))
    return steps


def whole_group(stage: Stage, at: datetime) -> list[Step]:
    """A group is saved as a whole: two events of one request, the second with what changed where a licence is."""
    admin = stage.admin()
    group = stage.rng.choice(stage.cast.directory.groups())
    origin = admin_origin(stage, admin)
    request = stage.pen.request(f"/api/v3/core/groups/{group.pk}/", "PATCH", origin.agent)
    what = model("authentik_core", "group", group.hex, group.name)
    first = changed_model(stage, at, admin.user.reference, origin, "model_updated", what, request)
    later = at + timedelta(milliseconds=stage.rng.uniform(12, 60))
    second = changed_model(stage, later, admin.user.reference, origin, "model_updated", what, request)
    if second.event is not None and stage.rng.random() < 0.5:
        second.event["context"]["diff"] = {"users": {"add": [stage.member().user.pk], "remove": []}}
    return [first, second]


def sets_password(stage: Stage, at: datetime) -> list[Step]:
    """An administrator sets a password: the event names its target, the sibling half a second later who did it."""
    admin, person = stage.admin(), stage.member()
    origin = admin_origin(stage, admin)
    request = stage.pen.request(f"/api/v3/core/users/{person.user.pk}/set_password/", "POST", origin.agent)
    target = person.user.reference
    what = model("authentik_core", "user", person.user.pk, person.user.name)
    later = at + timedelta(milliseconds=stage.rng.uniform(420, 640))
    context = {**origin.context(), "http_request": request}
    return [
        stage.step(at, "password_set", SIGNALS, target, context, origin.ip),
        changed_model(stage, later, admin.user.reference, origin, "model_updated", what, request),
    ]


def password_from_shell(stage: Stage, at: datetime) -> list[Step]:
    """A password set on the server's command line: no request, no address, nobody named."""
    return [stage.step(at, "password_set", SIGNALS, stage.admin().user.reference, {}, "255.255.255.255")]


def views_secret(stage: Stage, at: datetime) -> list[Step]:
    """Somebody looks at a token or a private key."""
    admin = stage.admin()
    origin = admin_origin(stage, admin)
    if stage.rng.random() < 0.5:
        name = stage.rng.choice(("backup-robot", "grafana-sync", "ci-deploy"))
        context = stage.request_context(origin, f"/api/v3/core/tokens/{name}/view_key/")
        context["secret"] = model("authentik_core", "token", "74426de3ddc44cc6a3e09160745f4095", name)
        app = "authentik.core.api.tokens"
    else:
        kind = stage.rng.choice(("certificate", "private_key"))
        path = f"/api/v3/crypto/certificatekeypairs/269b7010-1e51-41ea-a596-34c0f71a10ef/view_{kind}/"
        context = {**stage.request_context(origin, path), "type": kind}
        pair = model("authentik_crypto", "certificatekeypair", "269b70101e5141eaa59634c0f71a10ef", "auth.dezky.example")
        context["secret"] = pair
        app = "authentik.crypto.api"
    return [stage.step(at, "secret_view", app, admin.user.reference, context, origin.ip)]


def rotates_secret(stage: Stage, at: datetime) -> list[Step]:
    """A token that expires gets a new key; nobody did it."""
    name = stage.rng.choice(("grafana-sync", "ci-deploy"))
    until = created_text(at + timedelta(minutes=30)).replace("T", " ").replace("Z", "+00:00")
    token = model("authentik_core", "token", hex_id(stage.rng), f"{name} (expires={until})")
    context: Json = {"token": token, "message": f"Token {name}'s secret was rotated."}
    return [stage.step(at, "secret_rotate", "authentik.core.models", {}, context)]


def recovers(stage: Stage, at: datetime) -> list[Step]:
    """A recovery mail, its link and all, and the password set through it."""
    person = stage.member()
    secret = f"{SECRET_MARK}{hex_id(stage.rng)}"
    mail = mail_step(stage, at, person.user, "Password recovery", secret)
    flow = "/api/v3/flows/executor/default-recovery-flow/"
    return [mail, *password_flow(stage, stage.after(at, 40, 180), person, flow, {"flow_token": secret})]


def mail_step(stage: Stage, at: datetime, user: User, subject: str, secret: str) -> Step:
    """A mail with a link in it."""
    link = f"https://auth.dezky.example/if/flow/default-recovery-flow/?flow_token={secret}"
    to = f"{user.name} <{user.email}>"
    context: Json = {
        "body": f'<p>Hello {user.name},</p>\n<p>Follow <a href="{link}">this link</a> within 30 minutes: {link}</p>\n',
        "message": f"Email to {to} sent",
        "subject": subject,
        "to_email": [to],
        "from_email": "auth@dezky.example",
    }
    return stage.step(at, "email_sent", "authentik.stages.email.tasks", {}, context)


def invites(stage: Stage, at: datetime) -> list[Step]:
    """An invitation is made, used by somebody nobody knows yet, and gone; then the new person logs in."""
    admin, colleague, pen = stage.admin(), stage.member(), stage.pen
    origin, home = admin_origin(stage, admin), stage.origin(colleague)
    number = 1000 + stage.rng.randrange(9000)
    pk = number if stage.past else max(number, stage.cast.directory.next_user_pk())
    domain = colleague.user.email.partition("@")[2]
    newcomer = User(pk, f"newcomer{number}", f"Newcomer {number}", f"newcomer{number}@{domain}")
    invitation = model("authentik_stages_invitation", "invitation", hex_id(stage.rng), f"invite-{newcomer.username}")
    made = pen.request("/api/v3/stages/invitation/invitations/", "POST", origin.agent)
    path, args = "/api/v3/flows/executor/enroll-invited/", {"itoken": MASK}
    used_at = stage.after(at, 20, 120)
    gone_at = used_at + timedelta(milliseconds=37)
    used = {**stage.request_context(home, path, args=args), "invitation_uuid": invitation["pk"]}
    steps = [
        changed_model(stage, at, admin.user.reference, origin, "model_created", invitation, made),
        stage.step(used_at, "invitation_used", SIGNALS, ANONYMOUS, used, home.ip),
        changed_model(stage, gone_at, ANONYMOUS, home, "model_deleted", invitation, used["http_request"]),
    ]
    if stage.past and len(stage.joined) >= _JOINED_AT_MOST:
        # This one has left since, and took the own events along.
        return steps
    return [*steps, *_first_day(stage, stage.after(gone_at, 0.2, 0.4), person_like(newcomer, colleague), home)]


def _first_day(stage: Stage, at: datetime, person: Person, home: Origin) -> list[Step]:
    """The newcomer is written, is somebody from then on, and logs in."""
    user, slug = person.user, person.tenant or ""
    written = stage.request_context(home, "/api/v3/flows/executor/enroll-invited/", args={"itoken": MASK})
    written |= {"name": user.name, "email": user.email, "created": True, "username": user.username}

    def joins(directory: Directory) -> None:
        directory.put_user(user)
        directory.add_member(slug, user.pk)

    stage.joined.append(person)
    if stage.past:
        joins(stage.cast.directory)
    return [
        replace(stage.step(at, "user_write", SIGNALS, user.reference, written, home.ip), change=joins),
        login_step(stage, stage.after(at, 0.4, 2), person, home, known=False),
    ]


def offboards(stage: Stage, at: datetime) -> list[Step]:
    """Somebody leaves: impersonated for a last look, then deleted; within seconds the own events are gone.

    In the past only what others did is left.
    """
    admin = stage.admin()
    origin = stage.origin(admin)
    person = None if stage.past or not stage.joined else stage.joined.pop(0)
    leaver = DELETED_USER if person is None else person.user
    pk, what = leaver.pk, model("authentik_core", "user", leaver.pk, leaver.name)
    start = stage.request_context(origin, f"/api/v3/core/users/{pk}/impersonate/", "POST")
    start["reason"] = "handover of open files"
    end = stage.request_context(origin, "/api/v3/core/users/impersonate_end/")
    ended_at = stage.after(at, 15, 40)
    gone_at = stage.after(ended_at, 4, 12)
    request = stage.pen.request(f"/api/v3/core/users/{pk}/", "DELETE", origin.agent)
    me, behalf = admin.user.reference, {**admin.user.reference, "on_behalf_of": leaver.reference}
    note: Json = {"message": f"User {leaver.username} was offboarded.", "user": leaver.reference}
    deleted = changed_model(stage, gone_at, me, origin, "model_deleted", what, request)
    vanished = [] if stage.past else [Step(stage.after(gone_at, 1, 4), vanish_user=pk)]
    return [
        stage.step(at, "impersonation_started", "authentik.core.api.users", behalf, start, origin.ip),
        stage.step(ended_at, "impersonation_ended", "authentik.core.api.users", me, end, origin.ip),
        replace(deleted, change=lambda directory: directory.delete_user(pk)),
        stage.step(stage.after(gone_at, 0.1, 0.6), "user_offboarded", "authentik.enterprise.lifecycle", me, note),
        *vanished,
    ]


def makes_user(stage: Stage, at: datetime) -> list[Step]:
    """A user made by the API: created and updated in one request."""
    admin, number = stage.admin(), 20_000 + stage.rng.randrange(70_000)
    origin = admin_origin(stage, admin)
    request = stage.pen.request("/api/v3/core/users/", "POST", origin.agent)
    what, me = model("authentik_core", "user", number, f"Probation {number}"), admin.user.reference
    return [
        changed_model(stage, at, me, origin, "model_created", what, request),
        changed_model(stage, at + timedelta(milliseconds=50), me, origin, "model_updated", what, request),
    ]


def edits_application(stage: Stage, at: datetime) -> list[Step]:
    """An application or its provider is edited."""
    admin, application = stage.admin(), stage.rng.choice(APPLICATIONS)
    origin = admin_origin(stage, admin)
    request = stage.pen.request(f"/api/v3/core/applications/{application.client_id}/", "PUT", origin.agent)
    what = model("authentik_core", "application", application.pk, application.name)
    return [changed_model(stage, at, admin.user.reference, origin, "model_updated", what, request)]
