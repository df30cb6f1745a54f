"""What is taken from the context of each action, so that a mail's body, the values of a form or an argument never are.

Actions that nobody knows yet bring a small, masked copy of their context instead.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from dezky_audit_tui.sources.authentik.jsons import is_object
from dezky_audit_tui.sources.authentik.pieces import MOST, ids, label, model_name, texts
from dezky_audit_tui.sources.authentik.redact import safe_copy, safe_text
from dezky_audit_tui.sources.authentik.wire import WireEvent

CORE = "authentik_core"
"""The app of users and groups."""

TOLD_ELSEWHERE = frozenset({"http_request", "geo", "asn", "message", "exception", "diff", "model", "reason"})
"""Keys of a context that are told of in a field of their own, or must not be told at all."""

Taker = Callable[[WireEvent], Mapping[str, Any]]

_MFA_APP = "authentik_stages_authenticator_"


def taken_from(row: WireEvent) -> Mapping[str, Any]:
    """The entries of the metadata that are this action's own; some may be empty."""
    return _TAKERS.get(row.action, _others)(row)


def _login(row: WireEvent) -> Mapping[str, Any]:
    context = row.context
    method, args = context.get("auth_method"), context.get("auth_method_args")
    taken: dict[str, Any] = {"authMethod": label(method), "via": model_name(context.get("source"))}
    taken["application"] = model_name(context.get("application"))
    if is_object(args):
        known, devices = args.get("known_device"), args.get("mfa_devices")
        taken["knownDevice"] = known if isinstance(known, bool) else None
        if isinstance(devices, list) and devices:
            # "password" is the method also where a second factor passed: the devices tell.
            taken["mfaDevices"] = [_device(device) for device in devices[:MOST]]
    return taken


def _login_failed(row: WireEvent) -> Mapping[str, Any]:
    return {
        "stage": model_name(row.context.get("stage")),
        "deviceClass": label(row.context.get("device_class")),
    }


def _user_write(row: WireEvent) -> Mapping[str, Any]:
    """The names of the form's fields; the values are other people's data, masked or not."""
    fields = sorted(safe_text(name, 64) for name in row.context.keys() - TOLD_ELSEWHERE - {"created"})
    created = row.context.get("created")
    return {"fields": fields[:MOST], "userCreated": created if isinstance(created, bool) else None}


def _authorize(row: WireEvent) -> Mapping[str, Any]:
    scopes = row.context.get("scopes")
    names = scopes.split() if isinstance(scopes, str) else texts(scopes)
    return {"scopes": [label(name) for name in dict.fromkeys(names[:MOST])]}


def _model(row: WireEvent) -> Mapping[str, Any]:
    model, diff = row.context.get("model"), row.context.get("diff")
    if not is_object(model):
        return {}
    app, name = model.get("app"), model.get("model_name")
    taken: dict[str, Any] = {}
    if isinstance(app, str) and isinstance(name, str):
        taken["model"] = label(f"{app}.{name}")
        if app == CORE and name == "group" and row.action == "model_updated":
            taken["membership"] = _membership(row)
        if app.startswith(_MFA_APP) and name.endswith("device") and row.action != "model_updated":
            taken["mfa"] = "enrolled" if row.action == "model_created" else "removed"
            taken["mfaDevice"] = label(app.removeprefix(_MFA_APP))
    if is_object(diff):
        taken["changed"] = sorted(safe_text(field, 64) for field in diff)[:MOST]
    return taken


def _membership(row: WireEvent) -> dict[str, Any] | None:
    """Who came into the group or left it: by id where the diff tells (with a licence), else by the path alone."""
    diff, request = row.context.get("diff"), row.context.get("http_request")
    users = diff.get("users") if is_object(diff) else None
    if is_object(users):
        added, removed = ids(users.get("add")), ids(users.get("remove"))
        taken: dict[str, Any] = {}
        if added:
            taken["added"] = added
        if removed:
            taken["removed"] = removed
        if users.get("clear"):
            taken["cleared"] = True
        if taken:
            return {"change": " and ".join(taken), **taken}
    path = request.get("path") if is_object(request) else None
    if isinstance(path, str):
        if path.endswith("/add_user/"):
            return {"change": "added"}
        if path.endswith("/remove_user/"):
            return {"change": "removed"}
    return None


def _secret(row: WireEvent) -> Mapping[str, Any]:
    return {"secretType": label(row.context.get("type"))}


def _email(row: WireEvent) -> Mapping[str, Any]:
    subject = row.context.get("subject")
    return {
        "subject": safe_text(subject) if isinstance(subject, str) else None,
        "to": [label(address) for address in texts(row.context.get("to_email"))[:MOST]],
        "from": label(row.context.get("from_email")),
    }


def _policy(row: WireEvent) -> Mapping[str, Any]:
    request, result = row.context.get("request"), row.context.get("result")
    user = request.get("user") if is_object(request) else None
    messages = result.get("messages") if is_object(result) else None
    return {
        "checkedUser": label(user.get("username")) if is_object(user) else None,
        "policyId": label(row.context.get("policy_uuid")),
        "binding": model_name(row.context.get("binding")),
        "messages": [safe_text(text) for text in texts(messages)[:10]],
    }


def _task(row: WireEvent) -> Mapping[str, Any]:
    return {"task": label(row.context.get("actor"))}


def _configuration(row: WireEvent) -> Mapping[str, Any]:
    uri = row.context.get("redirect_uri")
    return {
        "redirectUri": safe_text(uri) if isinstance(uri, str) else None,
        "mapping": model_name(row.context.get("mapping")),
    }


def _update(row: WireEvent) -> Mapping[str, Any]:
    return {"newVersion": label(row.context.get("new_version"))}


def _source_linked(row: WireEvent) -> Mapping[str, Any]:
    return {"via": model_name(row.context.get("source"))}


def _nothing(row: WireEvent) -> Mapping[str, Any]:
    return {}


def _others(row: WireEvent) -> Mapping[str, Any]:
    rest = {key: value for key, value in row.context.items() if key not in TOLD_ELSEWHERE}
    return {"context": safe_copy(rest)}


def _device(value: object) -> str:
    name = value.get("model_name") if is_object(value) else value
    return label(name) or "device"


_TAKERS: Mapping[str, Taker] = {
    "login": _login,
    "login_failed": _login_failed,
    "logout": _nothing,
    "password_set": _nothing,
    "user_write": _user_write,
    "impersonation_started": _nothing,
    "impersonation_ended": _nothing,
    "authorize_application": _authorize,
    "source_linked": _source_linked,
    "invitation_used": _nothing,
    "secret_view": _secret,
    "secret_rotate": _secret,
    "suspicious_request": _nothing,
    "model_created": _model,
    "model_updated": _model,
    "model_deleted": _model,
    "email_sent": _email,
    "policy_execution": _policy,
    "policy_exception": _policy,
    "property_mapping_exception": _nothing,
    "configuration_error": _configuration,
    "system_task_exception": _task,
    "system_exception": _nothing,
    "update_available": _update,
}
