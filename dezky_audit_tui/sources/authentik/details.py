"""What else an event tells: its target where that is no user, its outcome, and metadata that help to look into it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dezky_audit_tui.model.event import Outcome, Target
from dezky_audit_tui.sources.authentik.action_map import VERBS
from dezky_audit_tui.sources.authentik.jsons import is_object
from dezky_audit_tui.sources.authentik.persons import id_text
from dezky_audit_tui.sources.authentik.pieces import LABEL_LIMIT, label, model_target, texts
from dezky_audit_tui.sources.authentik.redact import argument_names, safe_path, safe_text
from dezky_audit_tui.sources.authentik.takers import CORE, taken_from
from dezky_audit_tui.sources.authentik.wire import WireEvent

# Where to look for what something was done to, the most telling first.
_TARGET_KEYS = (
    "authorized_application",
    "model",
    "secret",
    "token",
    "provider",
    "source",
    "application",
    "rel_obj",
    "mapping",
    "binding",
)
_EMPTY: tuple[None, list[Any], dict[str, Any]] = (None, [], {})
_KNOWN = frozenset(VERBS) | {
    "email_sent",
    "export_ready",
    "flow_execution",
    "policy_execution",
    "system_task_execution",
    "update_available",
    "user_offboarded",
}


def outcome_of(row: WireEvent) -> Outcome:
    """How it ended, as far as the action tells; `unknown` for actions that somebody made up."""
    action = row.action
    if action == "policy_execution":
        result = row.context.get("result")
        passing = result.get("passing") if is_object(result) else None
        return "success" if passing is True else "denied" if passing is False else "unknown"
    if action == "suspicious_request" or action.endswith(("_denied", "_rejected")):
        return "denied"
    if action == "login_failed" or action.endswith(("_failed", "_exception", "_error")):
        return "failure"
    if action in _KNOWN or action.startswith(("review_", "access_request_")):
        return "success"
    return "unknown"


def target_of(row: WireEvent) -> Target | None:
    """What something was done to, where that is no user of `user`."""
    context = row.context
    if row.action == "invitation_used":
        return Target("invitation", id_text(context.get("invitation_uuid")))
    if row.action == "email_sent":
        to = texts(context.get("to_email"))
        return Target("email", name=to[0]) if to else None
    if row.action in ("login", "login_failed", "logout"):
        return None
    request = context.get("request")
    if row.action.startswith("policy_") and is_object(request) and (target := model_target(request.get("obj"))):
        return target
    for key in _TARGET_KEYS:
        if (target := model_target(context.get(key))) is not None:
            return target
    return None


def metadata_of(row: WireEvent) -> dict[str, Any]:
    """What is kept besides who, what and where. Without empty entries; sizes are not limited yet."""
    context = row.context
    taken: dict[str, Any] = {"app": label(row.app), **_request(context.get("http_request")), **_place(context)}
    for key in ("message", "reason"):
        value = context.get(key)
        if isinstance(value, str):
            taken[key] = safe_text(value)
    if "exception" in context:
        taken["error"] = _exception(context["exception"])
    taken.update(taken_from(row))
    taken["brand"] = label(row.brand.get("name"))
    return {key: value for key, value in taken.items() if value or value not in _EMPTY}


def changes_groups(row: WireEvent) -> bool:
    """Whether who belongs to which group may be another after this event."""
    if row.action not in ("model_created", "model_updated", "model_deleted"):
        return False
    model = row.context.get("model")
    if not is_object(model) or model.get("app") != CORE:
        return False
    if model.get("model_name") == "group":
        return True
    if model.get("model_name") != "user" or row.action != "model_updated":
        return False
    diff, request = row.context.get("diff"), row.context.get("http_request")
    if is_object(diff) and diff:
        return not diff.keys().isdisjoint({"groups", "ak_groups"})
    # Without a licence there is no diff, and a PATCH of a user may have been one of the groups.
    return is_object(request) and request.get("method") in ("PATCH", "PUT")


def _request(request: object) -> dict[str, Any]:
    if not is_object(request):
        return {}
    path, agent = request.get("path"), request.get("user_agent")
    return {
        "requestId": id_text(request.get("request_id")),
        "method": label(request.get("method")),
        "path": safe_path(path) if isinstance(path, str) else None,
        "args": argument_names(request.get("args")),
        "userAgent": safe_text(agent) if isinstance(agent, str) else None,
    }


def _place(context: Mapping[str, Any]) -> dict[str, Any]:
    geo, asn = context.get("geo"), context.get("asn")
    taken: dict[str, Any] = {}
    if is_object(geo):
        taken["geo"] = _told(country=label(geo.get("country")), city=label(geo.get("city")))
    if is_object(asn):
        taken["asn"] = _told(number=id_text(asn.get("asn")), organization=label(asn.get("as_org")))
    return taken


def _told(**named: str | None) -> dict[str, str]:
    return {key: value for key, value in named.items() if value}


def _exception(value: object) -> dict[str, str] | None:
    """The type and a short text of the first exception; frames hold locals, and those anything."""
    first = value[0] if isinstance(value, list) and value else value
    if not is_object(first):
        return None
    told = {"type": first.get("exc_type"), "text": first.get("exc_value")}
    return {key: safe_text(text, LABEL_LIMIT) for key, text in told.items() if isinstance(text, str) and text}
