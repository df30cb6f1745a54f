"""The history holds every case that an operator may meet."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Callable
from itertools import pairwise

import pytest

from dezky_audit_tui.demo.records import SECRET_MARK
from dezky_audit_tui.demo.scenes.attacks import HOSTILE_NAMES
from dezky_audit_tui.insight.silence import QUIET
from dezky_audit_tui.model.instants import parse_instant
from tests.demo.told import Json, actions, by_request, gap, history, of


def _burst_with_success() -> bool:
    for address in {event["client_ip"] for event in of("login_failed")}:
        if not address or not address.startswith(("198.51.100.", "2001:db8:bad:")):
            continue
        seen = [event for event in history() if event["client_ip"] == address]
        actions = [event["action"] for event in seen]
        names = {event["user"]["username"] for event in seen}
        if actions.count("login_failed") >= 9 and "login" in actions and len(names) == 1:
            return True
    return False


def _spraying() -> bool:
    names: dict[str, set[str]] = defaultdict(set)
    for event in of("login_failed"):
        names[event["client_ip"]].add(event["context"]["username"])
    return any(len(typed) >= 12 for typed in names.values())


def _admin_password() -> bool:
    pairs = (
        group for group in by_request() if [event["action"] for event in group] == ["password_set", "model_updated"]
    )
    return any(one["user"] != two["user"] and 0.4 < gap(one, two) < 0.7 for one, two in pairs)


def _own_password() -> bool:
    wanted = ["password_set", "model_updated", "user_write"]
    return any(
        [event["action"] for event in group] == wanted and len({event["user"]["pk"] for event in group}) == 1
        for group in by_request()
    )


def _double_update() -> bool:
    return any(
        [event["action"] for event in group] == ["model_updated"] * 2
        and group[0]["context"]["model"]["model_name"] == "group"
        and "diff" in group[1]["context"]
        for group in by_request()
    )


def _sessions() -> list[list[Json]]:
    """What each administrator did from an impersonation's start to the next end, logout or start."""
    found, running = [], {}
    for event in history():
        user = event["user"]
        real = user.get("authenticated_as", user).get("pk")
        if event["action"] == "impersonation_started":
            running[real] = [event]
            found.append(running[real])
        elif real in running:
            if event["action"] == "impersonation_ended" or "on_behalf_of" in json.dumps(user):
                running[real].append(event)
            if event["action"] in ("impersonation_ended", "logout"):
                del running[real]
    return found


def _session_ending(action: str) -> bool:
    return any(len(session) >= 3 and session[-1]["action"] == action for session in _sessions())


def _new_country() -> bool:
    """Somebody logs in from a country where that person has not been, after having been elsewhere."""
    been: dict[int, set[str]] = defaultdict(set)
    for event in of("login"):
        country = event["context"].get("geo", {}).get("country")
        known = been[event["user"]["pk"]]
        if country and known and country not in known:
            return True
        if country:
            known.add(country)
    return False


def _admin_group() -> bool:
    return any(
        event["context"]["model"]["model_name"] == "group" and event["context"]["model"]["name"].endswith("-admins")
        for event in of("model_updated")
    )


def _quiet() -> bool:
    moments = sorted(parse_instant(event["created"]) for event in history())
    return any(later - earlier > QUIET for earlier, later in pairwise(moments))


CASES: dict[str, Callable[[], bool]] = {
    "a login with a known device": lambda: any(e["context"]["auth_method_args"]["known_device"] for e in _people_in()),
    "a login with a second factor": lambda: any(
        "mfa_devices" in e["context"]["auth_method_args"] for e in _people_in()
    ),
    "a login with geography and network": lambda: any({"geo", "asn"} <= e["context"].keys() for e in _people_in()),
    "a login without a network": lambda: any("asn" not in e["context"] for e in _people_in()),
    "a service with client credentials": lambda: any(
        e["context"].get("auth_method") == "oauth_client_secret" for e in of("login")
    ),
    "a wrong password": lambda: any(e["user"].get("pk") and "password" in e["context"] for e in of("login_failed")),
    "an unknown name": lambda: any("authenticated_as" in e["user"] for e in of("login_failed")),
    "a wrong second factor": lambda: any("device_class" in e["context"] for e in of("login_failed")),
    "a guessing burst that ends in a success": _burst_with_success,
    "password spraying": _spraying,
    "hostile names": lambda: any(e["context"]["username"] in HOSTILE_NAMES for e in of("login_failed")),
    "hostile user agents": lambda: any(
        "\x1b" in e["context"]["http_request"]["user_agent"] for e in of("login_failed")
    ),
    "an impersonation with a reason": lambda: any(e["context"]["reason"] for e in of("impersonation_started")),
    "an action through the API meanwhile": lambda: any("on_behalf_of" in e["user"] for e in of("model_updated")),
    "an action through a form meanwhile": lambda: any(
        "on_behalf_of" in e["user"].get("authenticated_as", {}) for e in of("user_write")
    ),
    "a session that is ended": lambda: _session_ending("impersonation_ended"),
    "a session that a logout ends": lambda: _session_ending("logout"),
    "a session that a new start ends": lambda: any(
        a[0]["user"]["pk"] == b[0]["user"]["pk"]
        and a[-1]["action"] not in ("impersonation_ended", "logout")
        and b[0]["context"]["reason"] == "same ticket, next account"
        for a, b in pairwise(_sessions())
    ),
    "a session that never ends": lambda: any(
        s[-1]["action"] not in ("impersonation_ended", "logout") and len(s) > 2 for s in _sessions()
    ),
    "a start by token": lambda: any(
        e["context"]["http_request"]["user_agent"].startswith("python") for e in of("impersonation_started")
    ),
    "a group change with its sibling": _double_update,
    "a group change by its own call": lambda: any(
        e["context"].get("http_request", {}).get("path", "").endswith("/add_user/") for e in of("model_updated")
    ),
    "a password set by an administrator": _admin_password,
    "an own password change": _own_password,
    "a password set on the server": lambda: any(e["client_ip"] == "255.255.255.255" for e in of("password_set")),
    "a second factor enrolled": lambda: any(
        "authenticator_" in e["context"]["model"]["app"] for e in of("model_created")
    ),
    "a second factor removed": lambda: any(
        "authenticator_" in e["context"]["model"]["app"] for e in of("model_deleted")
    ),
    "a country that is new for somebody": _new_country,
    "a group of administrators that changes": _admin_group,
    "a token and a key that are viewed": lambda: (
        {event["context"]["secret"]["model_name"] for event in of("secret_view")} == {"token", "certificatekeypair"}
    ),
    "a stretch in which nothing happens": _quiet,
    "OAuth arguments": lambda: all(
        e["context"]["http_request"]["args"]["state"].startswith(SECRET_MARK) for e in of("authorize_application")
    ),
    "a mail with a live link": lambda: all(
        f"flow_token={SECRET_MARK}" in e["context"]["body"] for e in of("email_sent")
    ),
    "an invitation used": lambda: bool(of("invitation_used")),
    "an authenticator's own word": lambda: bool(of("custom_static_authenticator_disable")),
    "somebody offboarded": lambda: bool(of("user_offboarded")),
    "unknown names of actions": lambda: {"review_initiated", "export_ready", "custom_risk_raised"} <= actions(),
    "system events": lambda: {"system_task_exception", "system_task_execution", "update_available"} <= actions(),
    "trouble": lambda: {"suspicious_request", "policy_exception", "configuration_error", "secret_rotate"} <= actions(),
    "forged events": lambda: any(event["app"] == "forged" for event in history()),
    "several events at one moment": lambda: max(Counter(event["created"] for event in history()).values()) >= 3,
    "moments without a fraction": lambda: any("." not in event["created"] for event in history()),
    "events without a user": lambda: any(event["user"] == {} for event in history()),
    "events without an address": lambda: any(event["client_ip"] is None for event in history()),
}


def _people_in() -> list[Json]:
    return [event for event in of("login") if "auth_method_args" in event["context"]]


@pytest.mark.parametrize("case", CASES)
def test_the_history_has(case: str) -> None:
    assert CASES[case]()
