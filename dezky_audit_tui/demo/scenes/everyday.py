"""What people do all day: log in, open applications, mistype, log out, look after their account."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from dezky_audit_tui.demo.log import Json
from dezky_audit_tui.demo.people import Person
from dezky_audit_tui.demo.places import MACHINES, SCRIPT
from dezky_audit_tui.demo.records import ANONYMOUS, MASK, MIDDLEWARE, SECRET_MARK, SIGNALS, hex_id, model
from dezky_audit_tui.demo.stage import Origin, Stage, Step

LOGIN_PATH = "/api/v3/flows/executor/default-authentication-flow/"
PASSWORD_PATH = "/api/v3/flows/executor/default-password-change/"
PASSWORD_STAGE = model(
    "authentik_stages_password",
    "passwordstage",
    "f72ed8ac9d264bcda4b4a146782cb972",
    "default-authentication-password",
)
MFA_STAGE = model(
    "authentik_stages_authenticator_validate",
    "authenticatorvalidatestage",
    "c5f03fcf56aa462dbfc82c0f7fdb1b66",
    "default-authentication-mfa-validation",
)


@dataclass(frozen=True, slots=True)
class Application:
    """Something behind single sign-on."""

    pk: str
    name: str
    client_id: str
    redirect_uri: str


APPLICATIONS = (
    Application("9a48ae065fac41968d43e6267351c2a0", "Portal", "portal", "https://portal.dezky.example/cb"),
    Application("1b7de4c3a0d84f0e9a6c1f4b2d3e5a60", "Nextcloud", "nextcloud", "https://files.dezky.example/oidc"),
    Application("2c8ef5d4b1e95f1fab7d205c3e4f6b71", "Grafana", "grafana", "https://grafana.dezky.example/login"),
    Application("3d9f06e5c2fa6020bc8e316d4f507c82", "Outline Wiki", "outline", "https://wiki.dezky.example/auth"),
    Application("4ea017f6d30b7131cd9f427e50618d93", "GitLab", "gitlab", "https://git.dezky.example/callback"),
    Application("5fb128a7e41c8242de0a538f61729ea4", "Zammad [Support]", "zammad", "https://desk.dezky.example/oidc"),
)

_DEVICES = {
    "totp": ("authentik_stages_authenticator_totp", "totpdevice", "TOTP Device"),
    "webauthn": ("authentik_stages_authenticator_webauthn", "webauthndevice", "WebAuthn Device"),
    "static": ("authentik_stages_authenticator_static", "staticdevice", "Static Token"),
}


def login_step(stage: Stage, at: datetime, person: Person, origin: Origin, *, known: bool | None = None) -> Step:
    """A login with a password, and with the person's second factor where there is one."""
    rng = stage.rng
    args: Json = {"known_device": rng.random() < 0.8 if known is None else known}
    if person.mfa is not None and (not args["known_device"] or rng.random() < 0.6):
        app, name, title = _DEVICES[person.mfa]
        args["mfa_devices"] = [model(app, name, 100 + person.user.pk, title)]
    query = None
    if rng.random() < 0.4:
        application = rng.choice(APPLICATIONS)
        state = f"{SECRET_MARK}{hex_id(rng)}"
        query = {"next": f"/application/o/authorize/?client_id={application.client_id}&state={state}"}
    context = {**stage.request_context(origin, LOGIN_PATH, args=query), "auth_method": "password"}
    context["auth_method_args"] = args
    return stage.step(at, "login", SIGNALS, person.user.reference, context, origin.ip)


def failed_step(
    stage: Stage, at: datetime, typed: str, origin: Origin, *, user: Json | None = None, device: str | None = None
) -> Step:
    """A failed login with the name that was typed: of `user`, or of nobody known; `device`: the second factor."""
    if user is None:
        user = {"pk": None, "email": typed, "username": typed, "authenticated_as": ANONYMOUS}
    context = stage.request_context(origin, LOGIN_PATH, "POST")
    context["username"] = typed
    if device is None:
        context |= {"stage": PASSWORD_STAGE, "password": MASK}
    else:
        context |= {"stage": MFA_STAGE, "device_class": device}
    return stage.step(at, "login_failed", SIGNALS, user, context, origin.ip)


def authorize_step(stage: Stage, at: datetime, user: Json, origin: Origin) -> Step:
    """Single sign-on to an application."""
    rng = stage.rng
    application = rng.choice(APPLICATIONS)
    args = {
        "scope": "openid email profile offline_access",
        "state": f"{SECRET_MARK}{hex_id(rng)}",
        "nonce": f"{SECRET_MARK}{hex_id(rng)}",
        "client_id": application.client_id,
        "redirect_uri": application.redirect_uri,
        "response_type": "code",
        "code_challenge": f"{SECRET_MARK}{hex_id(rng)}",
        "code_challenge_method": "S256",
    }
    context = stage.request_context(origin, "/application/o/authorize/", args=args)
    context |= {
        "flow": "9263a5cd02a8489e95a2fd5c7c04497c",
        "scopes": "offline_access profile openid email",
        "authorized_application": model("authentik_core", "application", application.pk, application.name),
    }
    return stage.step(
        at, "authorize_application", "authentik.providers.oauth2.views.authorize", user, context, origin.ip
    )


def logout_step(stage: Stage, at: datetime, user: Json, origin: Origin) -> Step:
    """A logout."""
    context = stage.request_context(origin, "/api/v3/flows/executor/default-invalidation-flow/")
    return stage.step(at, "logout", SIGNALS, user, context, origin.ip)


def session(stage: Stage, at: datetime) -> list[Step]:
    """Somebody logs in, opens something, perhaps logs out."""
    person = stage.anybody()
    origin = stage.origin(person)
    steps = [login_step(stage, at, person, origin)]
    moment = at
    for _ in range(stage.rng.choice((0, 1, 1, 2, 3))):
        moment = stage.after(moment, 0.8, 14)
        steps.append(authorize_step(stage, moment, person.user.reference, origin))
    if stage.rng.random() < 0.35:
        steps.append(logout_step(stage, stage.after(moment, 20, 240), person.user.reference, origin))
    return steps


def visit(stage: Stage, at: datetime) -> list[Step]:
    """Somebody with a running session opens an application."""
    person = stage.anybody()
    return [authorize_step(stage, at, person.user.reference, stage.origin(person))]


def mistyped(stage: Stage, at: datetime) -> list[Step]:
    """A wrong password or two, then the right one."""
    person = stage.anybody()
    origin, steps = stage.origin(person), []
    for _ in range(stage.rng.choice((1, 1, 2))):
        typed = person.user.email if stage.rng.random() < 0.3 and person.user.email else person.user.username
        steps.append(failed_step(stage, at, typed, origin, user=person.user.reference))
        at = stage.after(at, 3, 15)
    return [*steps, login_step(stage, at, person, origin)]


def unknown_name(stage: Stage, at: datetime) -> list[Step]:
    """A name that nobody has, typed by somebody who then remembers."""
    person = stage.member()
    origin = stage.origin(person)
    typed = stage.rng.choice((person.user.username.replace(".", ""), person.user.name, f"{person.user.username}x"))
    failed = failed_step(stage, at, typed, origin)
    return [failed, login_step(stage, stage.after(at, 5, 20), person, origin)]


def wrong_second_factor(stage: Stage, at: datetime) -> list[Step]:
    """The password fits, the code does not; then it does."""
    person = stage.rng.choice([one for one in stage.cast.members if one.mfa == "totp"])
    origin = stage.origin(person)
    failed = failed_step(stage, at, person.user.username, origin, user=person.user.reference, device="totp")
    return [failed, login_step(stage, stage.after(at, 8, 30), person, origin, known=False)]


def machine_login(stage: Stage, at: datetime) -> list[Step]:
    """A service gets its token with client credentials."""
    service = stage.rng.choice(stage.cast.services[:2])
    origin = Origin(MACHINES.address(stage.rng), SCRIPT, MACHINES)
    application = APPLICATIONS[2]
    context = {
        **stage.request_context(origin, "/application/o/token/", "POST"),
        "auth_method": "oauth_client_secret",
        "application": model("authentik_core", "application", application.pk, application.name),
    }
    return [stage.step(at, "login", "authentik.providers.oauth2.views.token", service.reference, context, origin.ip)]


def own_password(stage: Stage, at: datetime) -> list[Step]:
    """Somebody changes the own password: three events of one request."""
    person = stage.member()
    return password_flow(stage, at, person, PASSWORD_PATH)


def password_flow(
    stage: Stage, at: datetime, person: Person, path: str, args: dict[str, str] | None = None
) -> list[Step]:
    """The events of a form that sets the own password: target and writer are the same person."""
    origin, request = stage.origin(person), stage.request_id()
    user = person.user.reference
    base = stage.request_context(origin, path, args=args, request_id=request)
    changed = {**base, "model": model("authentik_core", "user", person.user.pk, person.user.name)}
    written = {**base, "created": False, "password": MASK, "password_repeat": MASK}
    return [
        stage.step(at, "password_set", SIGNALS, user, base, origin.ip),
        stage.step(at + timedelta(milliseconds=290), "model_updated", MIDDLEWARE, user, changed, origin.ip),
        stage.step(at + timedelta(milliseconds=578), "user_write", SIGNALS, user, written, origin.ip),
    ]


def own_profile(stage: Stage, at: datetime) -> list[Step]:
    """Somebody edits the own profile."""
    person = stage.member()
    origin, user = stage.origin(person), person.user
    context = stage.request_context(origin, "/api/v3/flows/executor/default-user-settings-flow/")
    context |= {"name": user.name, "email": user.email, "created": False, "username": user.username}
    context["attributes"] = dict(user.attributes)
    return [stage.step(at, "user_write", SIGNALS, user.reference, context, origin.ip)]


def enrolls_factor(stage: Stage, at: datetime) -> list[Step]:
    """A second factor is set up: no action of its own, only a model that appears."""
    person = stage.member()
    kind = stage.rng.choice(tuple(_DEVICES))
    app, name, title = _DEVICES[kind]
    origin = stage.origin(person)
    context = stage.request_context(origin, f"/api/v3/flows/executor/default-authenticator-{kind}-setup/", "POST")
    context["model"] = model(app, name, stage.rng.randrange(1, 400), title)
    return [stage.step(at, "model_created", MIDDLEWARE, person.user.reference, context, origin.ip)]


def removes_factor(stage: Stage, at: datetime) -> list[Step]:
    """A second factor is taken away; static tokens say so once more by an action of their own."""
    person = stage.member()
    kind = stage.rng.choice(tuple(_DEVICES))
    origin = stage.origin(person)
    app, name, title = _DEVICES[kind]
    pk: int | str = stage.rng.randrange(1, 400)
    context = stage.request_context(origin, f"/api/v3/authenticators/{kind}/{pk}/", "DELETE")
    context["model"] = model(app, name, pk, title)
    steps = [stage.step(at, "model_deleted", MIDDLEWARE, person.user.reference, context, origin.ip)]
    if kind == "static":
        message: Json = {"message": "User disabled Static OTP Tokens."}
        said = stage.step(
            at + timedelta(milliseconds=40),
            "custom_static_authenticator_disable",
            "authentik.stages.authenticator_static.signals",
            person.user.reference,
            message,
        )
        steps.append(said)
    return steps


def links_source(stage: Stage, at: datetime) -> list[Step]:
    """Somebody connects an account elsewhere: the callback carries code and state in clear."""
    person = stage.member()
    origin, rng = stage.origin(person), stage.rng
    args = {"code": f"{SECRET_MARK}{hex_id(rng)}", "state": f"{SECRET_MARK}{hex_id(rng)}"}
    context = stage.request_context(origin, "/source/oauth/callback/codeberg/", args=args)
    source = model("authentik_sources_oauth", "oauthsource", "f884e84ad1f947d9b3b6561705c65adc", "codeberg")
    context |= {"source": source, "message": "Linked Source"}
    return [
        stage.step(
            at, "source_linked", "authentik.core.sources.flow_manager", person.user.reference, context, origin.ip
        )
    ]
