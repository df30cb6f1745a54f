"""Filters and orders of the list of events, as far as a pull could meet them.

What is asked for with a name that the API does not know is ignored without a word, as on a real server:
`created__gt` and its like among it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from dezky_audit_tui.demo.log import EventLog, pack
from dezky_audit_tui.model.instants import parse_instant

FIELDS = ("pk", "user", "action", "app", "context", "client_ip", "created", "expires", "brand")
"""What `ordering` may name."""

_FILTERS = ("action", "actions", "username", "client_ip", "search")

Params = Mapping[str, list[str]]


def terms(params: Params) -> list[str]:
    """The terms of `ordering` that count; `-created` where none is left."""
    given = (term.strip() for term in params.get("ordering", [""])[-1].split(","))
    return [term for term in given if term.lstrip("-") in FIELDS] or ["-created"]


def plain_order(params: Params) -> Literal["descending", "ascending"] | None:
    """Where the order is the log's own or its reverse, which; else None."""
    order = tuple(terms(params))
    if order in (("-created",), ("-created", "-pk")):
        return "descending"
    if order in (("created",), ("created", "pk")):
        return "ascending"
    return None


def needs_scan(params: Params) -> bool:
    """Whether all events have to be looked at: a filter, or an order that the log does not keep."""
    return plain_order(params) is None or any(params.get(name, [""])[-1] for name in _FILTERS)


def select(log: EventLog, params: Params) -> list[bytes]:
    """The events that the filters let through, in the order asked for, as JSON bytes."""
    chosen = [event for event in log.events() if _passes(event, params)]
    for term in reversed([*terms(params), "-pk"]):
        name = term.lstrip("-")
        chosen.sort(key=lambda event, name=name: _rank(event, name), reverse=term.startswith("-"))  # type: ignore[misc]  # mypy cannot infer the default
    return [pack(event) for event in chosen]


def _passes(event: Mapping[str, Any], params: Params) -> bool:
    action, user = str(event.get("action")), event.get("user")
    wanted = {name: params.get(name, [""])[-1] for name in _FILTERS}
    if wanted["action"] and wanted["action"].lower() not in action.lower():
        return False
    if wanted["actions"] and action not in params["actions"]:
        return False
    if wanted["username"] and not (isinstance(user, dict) and user.get("username") == wanted["username"]):
        return False
    if wanted["client_ip"] and event.get("client_ip") != wanted["client_ip"]:
        return False
    return not wanted["search"] or wanted["search"].lower() in pack(dict(event)).decode().lower()


def _rank(event: Mapping[str, Any], name: str) -> str:
    value = event.get(name)
    if name == "created" and isinstance(value, str):
        try:
            return parse_instant(value).isoformat(timespec="microseconds")
        except ValueError:
            return value
    return value if isinstance(value, str) else pack({"value": value}).decode()
