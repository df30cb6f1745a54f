"""What the system says of itself, what others make it say, and what clocks do to the order of things."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from dezky_audit_tui.demo.log import Json
from dezky_audit_tui.demo.places import SCRIPT
from dezky_audit_tui.demo.records import ANONYMOUS, SHELL, created_text, hex_id, model
from dezky_audit_tui.demo.scenes.everyday import APPLICATIONS, login_step, session
from dezky_audit_tui.demo.stage import Origin, Stage, Step

_POLICIES = "authentik.policies.process"
_BLUEPRINTS = ("Default - Authentication flow", "Default - Password change flow", "Default - Events Transport & Rules")
_TASKS = ("authentik.blueprints.v1.tasks.apply_blueprint", "authentik.outposts.tasks.outpost_controller")
_PORTAL = model("authentik_core", "application", APPLICATIONS[0].pk, APPLICATIONS[0].name)
_PROVIDER = model("authentik_providers_oauth2", "oauth2provider", 1, "portal")


def _exception(kind: str, value: str) -> list[Json]:
    frame = {"filename": "/authentik/policies/process.py", "lineno": 84, "name": "execute", "line": ""}
    problem: Json = {"frames": [frame], "exc_type": kind, "is_cause": False, "is_group": False, "exc_notes": []}
    return [problem | {"exc_value": value, "exceptions": [], "syntax_error": None}]


def task_fails(stage: Stage, at: datetime) -> list[Step]:
    """A background task stumbles."""
    name = stage.rng.choice(_TASKS)
    context: Json = {
        "actor": name,
        "message": f"Task {name} encountered an error",
        "rel_obj": model("authentik_blueprints", "blueprintinstance", hex_id(stage.rng), stage.rng.choice(_BLUEPRINTS)),
        "exception": _exception("RelatedObjectDoesNotExist", "FlowStageBinding has no target."),
    }
    return [stage.step(at, "system_task_exception", "authentik.tasks.middleware", {}, context)]


def task_runs(stage: Stage, at: datetime) -> list[Step]:
    """A background task tells that it ran."""
    context: Json = {"actor": _TASKS[1], "message": f"Task {_TASKS[1]} finished"}
    return [stage.step(at, "system_task_execution", "authentik.tasks.middleware", {}, context)]


def update_is_out(stage: Stage, at: datetime) -> list[Step]:
    """There is a new version."""
    version = f"2026.{stage.rng.randint(2, 10)}.{stage.rng.randint(0, 5)}"
    context: Json = {
        "message": f"New version {version} available!",
        "changelog": "https://docs.example/releases",
        "new_version": version,
    }
    return [stage.step(at, "update_available", "authentik.admin.tasks", {}, context)]


def policy_breaks(stage: Stage, at: datetime) -> list[Step]:
    """A policy raises while an administrator checks somebody's access, and tells of it in both forms."""
    admin, person = stage.admin(), stage.member()
    origin = Origin("127.0.0.1", SCRIPT)
    path = "/api/v3/core/applications/portal/check_access/"
    base = stage.request_context(origin, path, args={"for_user": str(person.user.pk)})
    inner: Json = {
        "obj": _PORTAL,
        "user": person.user.reference,
        "debug": False,
        "context": {"asn": None, "geoip": None},
        "http_request": None,
    }
    broken = {
        **base,
        "binding": model(
            "authentik_policies", "policybinding", hex_id(stage.rng), "Binding from Portal #0 to Policy risk"
        ),
        "message": "Policy failed to execute",
        "request": inner,
        "exception": _exception("ZeroDivisionError", "division by zero"),
        "policy_uuid": "1c2328e2b9844fb3bd5e51d4774f975e",
    }
    result = {"passing": True, "messages": [], "raw_result": True, "log_messages": []}
    ran = {
        **base,
        "result": {**result, "source_binding": None, "source_results": []},
        "binding": model(
            "authentik_policies", "policybinding", hex_id(stage.rng), "Binding from Portal #1 to Policy log"
        ),
        "message": "Policy Execution",
        "request": inner,
        "policy_uuid": "e5500cc7b7e14c81ac5574d5e891b518",
    }
    later, me = at + timedelta(milliseconds=63), admin.user.reference
    return [
        stage.step(at, "policy_exception", _POLICIES, me, broken, origin.ip),
        stage.step(later, "policy_execution", _POLICIES, me, ran, origin.ip),
    ]


def mapping_breaks(stage: Stage, at: datetime) -> list[Step]:
    """A property mapping raises, and the provider says that its configuration is wrong."""
    person = stage.member()
    origin = Origin("127.0.0.1", SCRIPT)
    path = "/api/v3/providers/oauth2/1/preview_user/"
    base = stage.request_context(origin, path, args={"for_user": str(person.user.pk)})
    raised = {
        **base,
        "message": "Failed to execute property mapping",
        "exception": _exception("KeyError", "'department'"),
        "expression": 'return {"department": user.attributes["department"]}',
    }
    wrong = {
        **base,
        "mapping": model("authentik_providers_oauth2", "scopemapping", hex_id(stage.rng), "department"),
        "message": "Failed to evaluate property-mapping: 'department'",
        "provider": _PROVIDER,
    }
    user, later = person.user.reference, at + timedelta(milliseconds=57)
    evaluator, userinfo = "authentik.core.expression.evaluator", "authentik.providers.oauth2.views.userinfo"
    return [
        stage.step(at, "property_mapping_exception", evaluator, user, raised, origin.ip),
        stage.step(later, "configuration_error", userinfo, user, wrong, origin.ip),
    ]


def wrong_redirect(stage: Stage, at: datetime) -> list[Step]:
    """Somebody asks for a token with an address that the provider does not know."""
    origin = stage.stranger(SCRIPT)
    context = stage.request_context(origin, "/application/o/token/", "POST")
    context |= {
        "message": "Invalid redirect URI used by provider",
        "expected": [{"url": APPLICATIONS[0].redirect_uri, "matching_mode": "strict"}],
        "provider": _PROVIDER,
        "redirect_uri": "https://elsewhere.example/cb",
    }
    app = "authentik.providers.oauth2.views.token"
    return [stage.step(at, "configuration_error", app, ANONYMOUS, context, origin.ip)]


def policy_notes(stage: Stage, at: datetime) -> list[Step]:
    """A policy writes an event of its own making."""
    admin, person = stage.admin(), stage.member()
    origin = Origin("127.0.0.1", SCRIPT)
    path = "/api/v3/core/applications/portal/check_access/"
    context = stage.request_context(origin, path, args={"for_user": str(person.user.pk)})
    context |= {"who": person.user.username, "ak_is_sso_flow": False, "context": {"asn": None, "geoip": None}}
    name = stage.rng.choice(("custom_policy_note", "custom_risk_raised", "custom_door_opened", "custom_\u202edesrever"))
    return [stage.step(at, name, "risk", admin.user.reference, context, origin.ip)]


def newer_actions(stage: Stage, at: datetime) -> list[Step]:
    """Actions that newer versions know, and that no map of ours does."""
    person, name = (
        stage.member(),
        stage.rng.choice(
            ("review_initiated", "review_attested", "review_overdue", "access_request_created", "export_ready")
        ),
    )
    context: Json = {"message": name.replace("_", " ").capitalize(), "object": _PORTAL}
    return [stage.step(at, name, "authentik.enterprise.lifecycle", person.user.reference, context)]


def flow_runs(stage: Stage, at: datetime) -> list[Step]:
    """A flow that is watched tells that it ran."""
    person = stage.member()
    origin = stage.origin(person)
    context = stage.request_context(origin, "/if/flow/default-authentication-flow/")
    context["flow"] = model("authentik_flows", "flow", hex_id(stage.rng), "Welcome to dezky!")
    return [stage.step(at, "flow_execution", "authentik.flows.planner", person.user.reference, context, origin.ip)]


def forged(stage: Stage, at: datetime) -> list[Step]:
    """Events that somebody with the permission wrote by hand: little in them is as it should be."""
    person, rng = stage.member(), stage.rng
    hello: Json = {"hello": "world"}
    login: Json = {"auth_method": "password"}
    return [
        stage.step(at, "custom_", "dezky", {"username": "x"}, hello, "10.0.0.1"),
        stage.step(
            stage.after(at, 1, 9), "login", "forged", person.user.reference, login, f"10.9.9.{rng.randint(1, 250)}"
        ),
    ]


def shell_session(stage: Stage, at: datetime) -> list[Step]:
    """A blueprint is applied on the server: many models, several at the very same moment."""
    steps, kinds = (
        [],
        (("authentik_flows", "flow"), ("authentik_stages_prompt", "prompt"), ("authentik_policies", "policy")),
    )
    for index in range(stage.rng.randint(4, 9)):
        app, name = kinds[index % 3]
        action = "model_created" if index == 0 else "model_updated"
        what: Json = {"model": model(app, name, hex_id(stage.rng), f"default-{name}-{index}")}
        if index % 3 == 0:
            at += timedelta(milliseconds=stage.rng.uniform(1, 40))
        step = stage.step(at, action, "authentik.core.management.commands.shell", SHELL, what)
        if step.event is not None:
            step.event["created"] = created_text(at)
        steps.append(step)
    return steps


def commits_late(stage: Stage, at: datetime) -> list[Step]:
    """A long transaction: its event shows only when later ones have been seen."""
    person = stage.member()
    began = at - timedelta(seconds=stage.rng.uniform(15, 240))
    return [replace(login_step(stage, began, person, stage.origin(person)), at=at), *session(stage, at)]


def fast_clock(stage: Stage, at: datetime) -> list[Step]:
    """A worker whose clock is fast writes an event from the future."""
    person = stage.member()
    ahead = timedelta(seconds=0.0 if stage.past else stage.rng.uniform(20, 70))
    return [replace(login_step(stage, at + ahead, person, stage.origin(person)), at=at)]
