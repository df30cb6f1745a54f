"""One event in a few words: what the columns beside it do not say already. Pure; the text may be hostile still."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from dezky_audit_tui.model.event import AuditEvent

_SEPARATOR = "  "


def describe(event: AuditEvent) -> str:
    """What was done, to what, how, and from where; empty where the event tells nothing more."""
    kind = event.raw_action or event.action.rpartition(".")[2]
    words = _BY_KIND.get(kind, _anything)
    return _SEPARATOR.join(part for part in words(event) if part)


def place_text(event: AuditEvent) -> str | None:
    """City and country of the address: `Linköping SE`."""
    geo = _mapping(event, "geo")
    return " ".join(part for part in (_text(geo, "city"), _text(geo, "country")) if part) or None


def target_text(event: AuditEvent) -> str | None:
    """The target in words: `user ana`, `group Admins`."""
    target = event.target
    if target is None:
        return None
    kind = (target.type or "").replace("_", " ")
    return " ".join(part for part in (kind, target.name or target.id) if part) or None


def _login(event: AuditEvent) -> Iterator[str | None]:
    method = _text(event.metadata, "authMethod")
    second = _second_factor(event)
    if method is not None:
        yield f"{method.replace('_', ' ')} + {second}" if second else method.replace("_", " ")
    else:
        yield second
    if event.metadata.get("knownDevice") is False:
        yield "new device"
    yield place_text(event)


def _login_failed(event: AuditEvent) -> Iterator[str | None]:
    device, stage = _text(event.metadata, "deviceClass"), _text(event.metadata, "stage")
    if device is not None:
        yield f"wrong second factor ({device})"
    elif stage is not None:
        yield f"at {stage}"
    yield place_text(event)


def _password_set(event: AuditEvent) -> Iterator[str | None]:
    yield _of("password of", event)
    yield place_text(event)


def _user_write(event: AuditEvent) -> Iterator[str | None]:
    yield _of("account", event)
    fields = _names(event.metadata.get("fields"))
    yield f"set {', '.join(fields)}" if fields else None


def _impersonation(event: AuditEvent) -> Iterator[str | None]:
    reason = _text(event.metadata, "reason")
    yield _behalf(event)
    yield f"reason: {reason}" if reason else None


def _application(event: AuditEvent) -> Iterator[str | None]:
    yield target_text(event)
    scopes = event.metadata.get("scopes")
    names = scopes.split() if isinstance(scopes, str) else _names(scopes)
    yield f"scopes {' '.join(names)}" if names else None
    yield place_text(event)


def _model(event: AuditEvent) -> Iterator[str | None]:
    members = tuple(_membership(event))
    enrolled = _enrolment(event)
    if enrolled is not None:
        yield enrolled
    else:
        yield ": ".join(part for part in (target_text(event), ", ".join(members)) if part)
    if not members:
        fields = _names(event.metadata.get("changed"))
        yield f"changed {', '.join(fields)}" if fields else None


def _email(event: AuditEvent) -> Iterator[str | None]:
    to, subject = _text(event.metadata, "to"), _text(event.metadata, "subject")
    yield f"to {to}" if to else target_text(event)
    yield subject


def _anything(event: AuditEvent) -> Iterator[str | None]:
    yield target_text(event)
    yield _text(event.metadata, "message") or _text(event.metadata, "reason")
    yield place_text(event)


def _membership(event: AuditEvent) -> Iterator[str]:
    """Who came to a group and who left it."""
    membership = _mapping(event, "membership")
    for verb, key in (("added", "added"), ("removed", "removed")):
        names = _names(membership.get(key))
        if names:
            yield f"{verb} {', '.join(names)}"
    change = _text(membership, "change")
    if change is not None:
        yield f"a member {change}"


def _enrolment(event: AuditEvent) -> str | None:
    mfa = event.metadata.get("mfa")
    if isinstance(mfa, Mapping):
        change, device = _text(mfa, "change"), _text(mfa, "device")
        return " ".join(part for part in ("second factor", change, f"({device})" if device else None) if part)
    return None


def _second_factor(event: AuditEvent) -> str | None:
    devices = event.metadata.get("mfaDevices")
    kinds = _names(devices)
    return ", ".join(kinds) if kinds else "second factor" if devices else None


def _of(prefix: str, event: AuditEvent) -> str | None:
    name = (event.target.name or event.target.id) if event.target else None
    return f"{prefix} {name}" if name else None


def _behalf(event: AuditEvent) -> str | None:
    if event.on_behalf_of is not None:
        return None
    return target_text(event)


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
}
