"""One event in a few words: what the columns beside it do not say already. Pure; the text may be hostile still."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from dezky_audit_tui.model.event import AuditEvent

_SEPARATOR = "  "
_DEFAULT_STAGE = "default-authentication-"
_DEVICES = {"static": "recovery codes", "webauthn": "security key", "duo": "Duo", "sms": "SMS", "email": "email code"}


def describe(event: AuditEvent, *, place: bool = True) -> str:
    """What was done, to what, how, and (where `place`) from which town; empty where the event tells nothing more."""
    kind = event.raw_action or event.action.rpartition(".")[2]
    parts = [part for part in _BY_KIND.get(kind, _anything)(event) if part]
    if place and (town := place_text(event)):
        parts.append(town)
    return _SEPARATOR.join(parts)


def place_text(event: AuditEvent) -> str | None:
    """City and country of the address: `Linköping SE`."""
    geo = _mapping(event, "geo")
    return " ".join(part for part in (_text(geo, "city"), _text(geo, "country")) if part) or None


def target_text(event: AuditEvent) -> str | None:
    """The target in words: `user ana`, `group Admins`."""
    target = event.target
    if target is None:
        return None
    kind = _spaced(target.type or "")
    return " ".join(part for part in (kind, target.name or target.id) if part) or None


def _login(event: AuditEvent) -> Iterator[str | None]:
    method, devices = _text(event.metadata, "authMethod"), _names(event.metadata.get("mfaDevices"))
    words = _spaced(method) if method else ""
    if devices:
        words = f"{words} + {_device(devices[0])}".removeprefix(" + ")
    via = _text(event.metadata, "via") or _text(event.metadata, "application")
    yield f"{words} via {via}" if words and via else words or (f"via {via}" if via else None)
    if event.metadata.get("knownDevice") is False:
        yield "new device"


def _login_failed(event: AuditEvent) -> Iterator[str | None]:
    device, stage = _text(event.metadata, "deviceClass"), _text(event.metadata, "stage")
    if device is not None:
        yield f"wrong second factor ({device})"
    elif stage is not None:
        yield f"at {stage.removeprefix(_DEFAULT_STAGE)}"
    meant = _text(_mapping(event, "meantUser"), "name")
    yield f"meant {meant}" if meant else None


def _password_set(event: AuditEvent) -> Iterator[str | None]:
    yield _of("password of", event)


def _user_write(event: AuditEvent) -> Iterator[str | None]:
    yield _of("new account" if event.metadata.get("userCreated") is True else "account", event)
    fields = _names(event.metadata.get("fields"))
    yield f"set {', '.join(fields)}" if fields else None


def _impersonation(event: AuditEvent) -> Iterator[str | None]:
    reason = _text(event.metadata, "reason")
    if event.on_behalf_of is None:
        yield target_text(event)
    yield f"reason: {reason}" if reason else None


def _application(event: AuditEvent) -> Iterator[str | None]:
    yield target_text(event)
    scopes = _names(event.metadata.get("scopes"))
    yield f"scopes {' '.join(scopes)}" if scopes else None


def _model(event: AuditEvent) -> Iterator[str | None]:
    mfa, members = _text(event.metadata, "mfa"), ", ".join(_membership(event))
    if mfa is not None:
        device = _text(event.metadata, "mfaDevice")
        yield f"second factor {mfa} ({_device(device)})" if device else f"second factor {mfa}"
        return
    target = target_text(event)
    yield f"{target}: {members}" if target and members else target or members
    fields = _names(event.metadata.get("changed"))
    if fields and not members:
        yield f"changed {', '.join(fields)}"


def _email(event: AuditEvent) -> Iterator[str | None]:
    to = _names(event.metadata.get("to"))
    yield f"to {', '.join(to)}" if to else target_text(event)
    yield _text(event.metadata, "subject")


def _policy(event: AuditEvent) -> Iterator[str | None]:
    yield target_text(event)
    checked = _text(event.metadata, "checkedUser")
    yield f"for {checked}" if checked else None
    yield _text(event.metadata, "message") or "; ".join(_names(event.metadata.get("messages"))) or _error(event)


def _update(event: AuditEvent) -> Iterator[str | None]:
    version = _text(event.metadata, "newVersion")
    yield f"version {version} is out" if version else _text(event.metadata, "message")


def _anything(event: AuditEvent) -> Iterator[str | None]:
    yield target_text(event)
    task = _text(event.metadata, "task")
    yield f"task {task}" if task else None
    yield _text(event.metadata, "message") or _text(event.metadata, "reason") or _error(event) or _context(event)


def _membership(event: AuditEvent) -> Iterator[str]:
    """Who came to a group and who left it: by id where that is known, else only that somebody did."""
    membership = _mapping(event, "membership")
    listed = False
    for change in ("added", "removed"):
        users = _names(membership.get(change))
        if users:
            listed = True
            yield f"{change} {'user' if len(users) == 1 else 'users'} {', '.join(users)}"
    if membership.get("cleared") is True:
        listed = True
        yield "all members removed"
    told = _text(membership, "change")
    if told is not None and not listed:
        yield f"a member {told}"


def _context(event: AuditEvent) -> str | None:
    """What an action that nobody mapped tells of itself, as far as it is short."""
    context = _mapping(event, "context")
    parts = [f"{key} {value}" for key, value in context.items() if isinstance(value, str | int | float)]
    return ", ".join(parts[:4]) or None


def _error(event: AuditEvent) -> str | None:
    return _text(_mapping(event, "error"), "text")


def _device(name: str) -> str:
    """A kind of device as people call it: `totpdevice` and `totp` are both `totp`."""
    return _DEVICES.get(short := name.lower().removesuffix("device").strip(), short or name)


def _of(prefix: str, event: AuditEvent) -> str | None:
    name = (event.target.name or event.target.id) if event.target else None
    return f"{prefix} {name}" if name else None


def _spaced(text: str) -> str:
    return text.replace("_", " ")


def _mapping(event: AuditEvent, key: str) -> Mapping[str, Any]:
    value = event.metadata.get(key)
    return value if isinstance(value, Mapping) else {}


def _text(values: Mapping[str, Any], key: str) -> str | None:
    value = values.get(key)
    return value.strip() or None if isinstance(value, str) else None


def _names(value: object) -> list[str]:
    """Texts of a list, or the `name` of its objects."""
    if isinstance(value, str) or not isinstance(value, Sequence):
        return []
    found = (item.get("name") if isinstance(item, Mapping) else item for item in value)
    return [str(item) for item in found if isinstance(item, str | int) and not isinstance(item, bool)]


_BY_KIND: Mapping[str, Callable[[AuditEvent], Iterator[str | None]]] = {
    "login": _login,
    "login_failed": _login_failed,
    "password_set": _password_set,
    "user_write": _user_write,
    "impersonation_started": _impersonation,
    "impersonation_ended": _impersonation,
    "authorize_application": _application,
    "model_created": _model,
    "model_updated": _model,
    "model_deleted": _model,
    "email_sent": _email,
    "policy_execution": _policy,
    "policy_exception": _policy,
    "update_available": _update,
}
