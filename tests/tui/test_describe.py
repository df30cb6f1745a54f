from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dezky_audit_tui.model.describe import describe, place_text, target_text
from dezky_audit_tui.model.event import AuditEvent, Target
from dezky_audit_tui.sources.authentik.siblings import Known
from dezky_audit_tui.sources.authentik.translate import translate
from dezky_audit_tui.sources.authentik.wire import WireEvent
from tests.tui.rows import NOON, event

RECORDED = Path(__file__).parents[1] / "fixtures" / "authentik" / "events"


def recorded(action: str, version: str = "2025.8.6") -> list[AuditEvent]:
    rows = json.loads((RECORDED / version / f"{action}.json").read_text(encoding="utf-8"))
    return list(translate([WireEvent.model_validate(row) for row in rows], Known(), NOON).events)


def made(action: str, target: Target | None = None, **metadata: Any) -> str:
    return describe(event(action=f"authentik.{action}", target=target, metadata={"rawAction": action, **metadata}))


@pytest.mark.parametrize(
    ("action", "said"),
    [
        ("login", "password  new device  Boxford GB"),
        ("login_failed", "at password  London GB"),
        ("logout", "London GB"),
        ("impersonation_started", "reason: ticket 4711  Boxford GB"),
        ("password_set", "password of akadmin"),
        ("user_write", "account alice  set attributes, email, name, username  London GB"),
        ("authorize_application", "application Acme Portal  scopes offline_access profile openid email  London GB"),
        ("model_deleted", "user Zed"),
        ("secret_view", "token t1"),
        ("email_sent", "to Carol Initech <carol@example.test>  authentik"),
        ("update_available", "version 2099.1.0 is out"),
    ],
)
def test_recorded_events_are_told_in_a_few_words(action: str, said: str) -> None:
    assert describe(recorded(action)[0]) == said


def test_a_second_factor_is_told_whether_it_passed_or_not() -> None:
    assert made("login", authMethod="password", mfaDevices=["totpdevice"]) == "password + totp"
    assert made("login", authMethod="auth_webauthn_pwl", via="LDAP") == "auth webauthn pwl via LDAP"
    assert made("login_failed", deviceClass="totp", stage="mfa") == "wrong second factor (totp)"


def test_who_came_into_a_group_is_told_as_far_as_it_is_known() -> None:
    group = Target("group", "1", "Admins")
    assert made("model_updated", group, membership={"change": "added"}) == "group Admins: a member added"
    told = made(
        "model_updated", group, membership={"change": "added and removed", "added": ["7"], "removed": ["8", "9"]}
    )
    assert told == "group Admins: added user 7, removed users 8, 9"
    assert made("model_updated", group, changed=["name"]) == "group Admins  changed name"


def test_a_second_factor_that_comes_or_goes_is_told_as_that() -> None:
    assert made("model_created", mfa="enrolled", mfaDevice="webauthn") == "second factor enrolled (security key)"
    assert made("model_deleted", mfa="removed") == "second factor removed"


def test_an_action_that_nobody_knows_shows_what_it_has() -> None:
    assert made("custom_door", message="opened") == "opened"
    assert made("custom_door", context={"door": "north", "times": 3}) == "door north, times 3"
    assert made("custom_door") == ""


def test_the_place_can_be_left_out_where_it_is_told_elsewhere() -> None:
    login = recorded("login")[0]
    assert place_text(login) == "Boxford GB"
    assert describe(login, place=False) == "password  new device"


def test_a_target_is_told_with_its_kind() -> None:
    assert target_text(event(target=Target("oauth2_provider", "5", None))) == "oauth2 provider 5"
    assert target_text(event()) is None


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
KEYS = ("authMethod", "mfaDevices", "geo", "membership", "fields", "scopes", "to", "meantUser", "error", "messages")


@given(
    st.sampled_from(["login", "login_failed", "model_updated", "email_sent", "policy_exception", "x", "user_write"]),
    st.dictionaries(st.sampled_from(KEYS), anything),
)
@settings(max_examples=80, deadline=None)
def test_metadata_of_any_shape_is_never_an_error(action: str, metadata: dict[str, Any]) -> None:
    assert isinstance(made(action, Target(None, None, "t"), **metadata), str)
