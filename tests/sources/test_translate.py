"""Each action and its traps, on what two real servers recorded."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dezky_audit_tui.model.event import METADATA_LIMIT, AuditEvent, Person, Target
from dezky_audit_tui.model.instants import parse_instant
from dezky_audit_tui.sources.authentik.action_map import VERBS, verb_for
from dezky_audit_tui.sources.authentik.siblings import Known
from dezky_audit_tui.sources.authentik.translate import translate
from dezky_audit_tui.sources.authentik.wire import WireEvent
from tests.sources.replies import SEEN_AT, VERSIONS, all_recorded, as_text, changed, one, recorded, translated, wire
from tests.sources.test_wire import ANY_JSON

ADMIN = {"pk": 3, "email": "root@example.test", "username": "akadmin"}
BOB = {"pk": 6, "email": "bob@example.test", "username": "bob"}
ANONYMOUS = {"pk": 1, "email": "", "username": "AnonymousUser", "is_anonymous": True}
LOGIN = recorded("2025.12.4", "login")[0]
UPDATED = recorded("2025.12.4", "model_updated")[0]


def actor(event: AuditEvent) -> tuple[str | None, str | None, str | None]:
    return event.actor_id, event.actor_name, event.actor_email


def model_event(action: str, app: str, model: str, *, path: str = "", **context: Any) -> dict[str, Any]:
    """An event about a model, by the admin, through the API."""
    return changed(
        UPDATED,
        action=action,
        user=ADMIN,
        context={
            "model": {"pk": "ab" * 16, "app": app, "name": "The one", "model_name": model},
            "http_request": {"path": path, "method": "POST", "args": {}, "request_id": "r1", "user_agent": "x"},
            **context,
        },
    )


def test_the_map_has_sixteen_verbs_and_all_else_falls_through() -> None:
    assert len(VERBS) == 16
    assert verb_for("password_set") == ("authentik.password_changed", True)
    assert verb_for("custom_a b[c]") == ("authentik.custom_a b[c]", False)
    assert verb_for("custom_\x00\ud800") == ("authentik.custom_\ufffd\ufffd", False)
    assert verb_for("") == ("authentik.unknown", False)
    assert len(verb_for("x" * 5000)[0]) == 1024


def test_every_recorded_event_becomes_one_with_its_time_verb_and_raw_action() -> None:
    raw = all_recorded()
    for event, got in zip(raw, translated(*raw), strict=True):
        assert got.source == "authentik"
        assert got.external_id == event["pk"]
        assert got.raw_action == event["action"]
        assert got.metadata["created"] == event["created"]
        assert parse_instant(event["created"]).replace(microsecond=0) == got.at.replace(microsecond=0)
        assert got.at.microsecond % 1000 == 0
        assert got.unmapped == (event["action"] not in VERBS)
        assert got.action == VERBS.get(event["action"], f"authentik.{event['action']}")
        assert got.tenant_why is None
        assert got.actor_ip == (None if event["client_ip"] == "255.255.255.255" else event["client_ip"])


@pytest.mark.parametrize("version", VERSIONS)
def test_a_login_tells_who_whence_and_how(version: str) -> None:
    got = one(recorded(version, "login")[0])
    assert (got.action, got.outcome) == ("authentik.login", "success")
    assert actor(got) == ("3", "akadmin", "root@example.test")
    assert got.actor_ip == "2.125.160.216"
    assert got.metadata["geo"] == {"country": "GB", "city": "Boxford"}
    assert got.metadata["authMethod"] == "password"
    assert got.metadata["knownDevice"] is False
    assert "Firefox" in got.metadata["userAgent"]
    assert got.metadata["path"] == "/api/v3/flows/executor/default-authentication-flow/"


def test_a_second_factor_shows_in_its_devices() -> None:
    devices = [{"pk": 1, "app": "authentik_stages_authenticator_totp", "name": "x", "model_name": "totpdevice"}]
    got = one(changed(LOGIN, context={"auth_method_args": {"known_device": True, "mfa_devices": devices}}))
    assert (got.metadata["mfaDevices"], got.metadata["knownDevice"]) == (["totpdevice"], True)


def test_a_login_of_a_program_names_its_application() -> None:
    got = one(recorded("2025.8.6", "login")[2])
    assert got.metadata["authMethod"] == "oauth_client_secret"
    assert got.metadata["application"] == "Acme Portal"
    assert got.metadata["asn"] == {"number": "29518", "organization": "Bredband2 AB"}


@pytest.mark.parametrize("version", VERSIONS)
def test_a_failed_login_has_the_name_that_was_typed(version: str) -> None:
    known, unknown = translated(*recorded(version, "login_failed")[:2])
    assert (known.action, known.outcome, known.metadata["stage"]) == (
        "authentik.login_failed",
        "failure",
        "default-authentication-password",
    )
    assert actor(known) == ("5", "alice", "alice@example.test")
    assert actor(unknown) == (None, "nosuchuser", None)
    assert unknown.metadata.get("session") is None


def test_a_failed_login_by_mail_address_names_what_was_typed_and_who_was_meant() -> None:
    event = recorded("2025.8.6", "login_failed")[0]
    got = one(changed(event, context={"username": "Alice@Example.test "}))
    assert actor(got) == ("5", "Alice@Example.test ", "alice@example.test")
    assert got.metadata["meantUser"] == {"id": "5", "name": "alice"}


def test_a_failed_login_before_2024_8_has_no_user_but_the_name() -> None:
    event = recorded("2025.8.6", "login_failed")[1]
    got = one({**event, "user": {"pk": 1, "email": "", "username": "AnonymousUser"}})
    assert actor(got) == (None, "nosuchuser", None)


def test_a_failed_second_factor_tells_the_kind_of_device() -> None:
    got = one(recorded("2025.8.6", "login_failed")[2])
    assert got.metadata["deviceClass"] == "totp"
    assert got.metadata["stage"] == "default-authentication-mfa-validation"


@pytest.mark.parametrize("version", VERSIONS)
def test_of_a_password_the_user_is_the_target_and_nobody_the_actor(version: str) -> None:
    at_start, by_admin, by_form = translated(*recorded(version, "password_set"))
    assert [event.action for event in (at_start, by_admin, by_form)] == ["authentik.password_changed"] * 3
    for event in (at_start, by_admin, by_form):
        assert actor(event) == (None, None, None)
        assert event.on_behalf_of is None
    assert at_start.target == Target("user", "3", "akadmin")
    assert at_start.actor_ip is None
    assert by_admin.target == by_form.target == Target("user", "5", "alice")


@pytest.mark.parametrize("version", VERSIONS)
def test_of_a_written_user_the_fields_are_told_and_no_value(version: str) -> None:
    settings_form, password_form = translated(*recorded(version, "user_write")[:2])
    assert settings_form.target == Target("user", "5", "alice")
    assert actor(settings_form) == (None, None, None)
    assert settings_form.metadata["fields"] == ["attributes", "email", "name", "username"]
    assert settings_form.metadata["userCreated"] is False
    assert password_form.metadata["fields"] == ["password", "password_repeat"]
    assert "Alice A. Acme" not in as_text(settings_form)


@pytest.mark.parametrize("action", ["password_set", "user_write"])
def test_a_form_while_impersonating_names_the_real_actor(action: str) -> None:
    event = recorded("2025.12.4", action)[0]
    session = {**ADMIN, "on_behalf_of": BOB}
    got = one({**event, "user": {**BOB, "authenticated_as": session}})
    assert actor(got) == ("3", "akadmin", "root@example.test")
    assert got.on_behalf_of == Person("6", "bob", "bob@example.test")
    assert got.target == Target("user", "6", "bob")
    got = one({**event, "user": {**BOB, "authenticated_as": ADMIN}})
    assert (actor(got)[1], got.on_behalf_of, got.target) == ("akadmin", None, Target("user", "6", "bob"))
    got = one({**event, "user": {**BOB, "authenticated_as": ANONYMOUS}})
    assert (actor(got), got.target) == ((None, "AnonymousUser", None), Target("user", "6", "bob"))
    got = one({**event, "user": {**ADMIN, "on_behalf_of": BOB}})
    assert (actor(got)[1], got.on_behalf_of) == ("akadmin", Person("6", "bob", "bob@example.test"))
    assert got.target == Target("user", "6", "bob")


def test_who_really_acted_while_impersonating() -> None:
    by_api = one({**LOGIN, "action": "model_updated", "user": {**ADMIN, "on_behalf_of": BOB}})
    by_form = one(
        {
            **LOGIN,
            "action": "authorize_application",
            "user": {**BOB, "authenticated_as": {**ADMIN, "on_behalf_of": BOB}},
        }
    )
    for got in (by_api, by_form):
        assert actor(got) == ("3", "akadmin", "root@example.test")
        assert got.on_behalf_of == Person("6", "bob", "bob@example.test")
    itself = one({**LOGIN, "user": {**BOB, "authenticated_as": BOB}})
    assert (itself.actor_name, itself.on_behalf_of) == ("bob", None)
    anonymous = one({**LOGIN, "user": {**BOB, "authenticated_as": ANONYMOUS}})
    assert (anonymous.actor_name, anonymous.on_behalf_of, anonymous.metadata["session"]) == ("bob", None, "anonymous")


@pytest.mark.parametrize("version", VERSIONS)
def test_an_impersonation_names_both_and_its_reason(version: str) -> None:
    got = one(recorded(version, "impersonation_started")[0])
    assert actor(got) == ("3", "akadmin", "root@example.test")
    assert got.on_behalf_of == Person("6", "bob", "bob@example.test")
    assert got.target == Target("user", "6", "bob")
    assert got.metadata["reason"] == "ticket 4711"


def test_logging_out_while_impersonating_names_both() -> None:
    got = one(recorded("2025.8.6", "logout")[1])
    assert (got.actor_name, got.on_behalf_of) == ("akadmin", Person("6", "bob", "bob@example.test"))


def test_an_authorized_application_is_the_target_and_arguments_have_names_alone() -> None:
    got = one(recorded("2025.8.6", "authorize_application")[1])
    assert got.action == "authentik.application_authorized"
    assert got.target == Target("application", "9a48ae065fac41968d43e6267351c2a0", "Acme Portal")
    assert got.metadata["scopes"] == ["profile", "openid", "email"]
    assert got.metadata["args"] == ["client_id", "redirect_uri", "response_type", "scope", "state"]
    assert "fixture-state-value" not in as_text(got)


def test_a_linked_source_keeps_no_code() -> None:
    got = one(recorded("2025.8.6", "source_linked")[0])
    assert got.target == Target("oauthsource", "f884e84ad1f947d9b3b6561705c65adc", "self")
    assert got.metadata["args"] == ["code", "state"]
    assert "fixture-code-value" not in as_text(got)


def test_an_invitation_is_used_by_nobody_known() -> None:
    got = one(recorded("2025.8.6", "invitation_used")[0])
    assert actor(got) == (None, "AnonymousUser", None)
    assert got.target == Target("invitation", "942466e04cad4ca69b518f3d3be68e7a")


@pytest.mark.parametrize("version", VERSIONS)
def test_a_viewed_secret_is_the_target(version: str) -> None:
    token, _, key = translated(*recorded(version, "secret_view"))
    assert token.target is not None
    assert (token.action, token.target.type, token.target.name) == ("authentik.secret_viewed", "token", "t1")
    assert (key.target and key.target.type, key.metadata["secretType"]) == ("certificatekeypair", "private_key")


def test_a_rotated_secret_names_its_token() -> None:
    got = one(recorded("2025.8.6", "secret_rotate")[1])
    assert got.target is not None
    assert (got.target.type, got.actor_name, got.outcome) == ("token", None, "success")
    assert got.metadata["message"] == "Token t1's secret was rotated."


def test_a_suspicious_request_was_denied() -> None:
    got = one(recorded("2025.8.6", "suspicious_request")[0])
    assert (got.outcome, got.metadata["message"]) == ("denied", "Revoked refresh token was used")


def test_a_mail_tells_to_whom_and_never_what() -> None:
    for event, got in zip(
        recorded("2025.8.6", "email_sent"), translated(*recorded("2025.8.6", "email_sent")), strict=True
    ):
        assert got.unmapped
        assert got.target == Target("email", None, "Carol Initech <carol@example.test>")
        assert got.metadata["subject"] == "authentik"
        assert "fixture-recovery-token" not in as_text(got)
        assert event["context"]["body"][:20] not in as_text(got)


@pytest.mark.parametrize(
    ("action", "outcome"),
    [
        ("policy_execution", "success"),
        ("policy_exception", "failure"),
        ("property_mapping_exception", "failure"),
        ("configuration_error", "failure"),
        ("system_task_exception", "failure"),
        ("update_available", "success"),
        ("custom_policy_note", "unknown"),
        ("custom_", "unknown"),
    ],
)
def test_other_actions_pass_and_are_counted_as_unmapped(action: str, outcome: str) -> None:
    got = one(recorded("2025.8.6", action)[0])
    assert (got.action, got.outcome, got.unmapped) == (f"authentik.{action}", outcome, True)


def test_a_policy_that_denies_is_denied_and_names_what_was_asked_for() -> None:
    event = recorded("2025.8.6", "policy_execution")[0]
    got = one(changed(event, context={"result": {"passing": False, "messages": ["no"]}}))
    assert (got.outcome, got.metadata["checkedUser"], got.metadata["messages"]) == ("denied", "carol", ["no"])
    assert got.target == Target("application", "9a48ae065fac41968d43e6267351c2a0", "Acme Portal")


def test_an_exception_tells_its_type_and_no_expression() -> None:
    got = one(recorded("2025.8.6", "property_mapping_exception")[0])
    assert got.metadata["error"] == {"type": "KeyError", "text": "'x'"}
    assert "return {}" not in as_text(got)


@pytest.mark.parametrize("version", VERSIONS)
def test_a_models_target_is_the_model(version: str) -> None:
    got = one(recorded(version, "model_deleted")[0])
    assert (got.target, got.metadata["model"]) == (Target("user", "11", "Zed"), "authentik_core.user")


def test_a_group_change_tells_who_came_and_who_left() -> None:
    added = model_event("model_updated", "authentik_core", "group", diff={"users": {"add": [9, 10], "remove": []}})
    got = one(added)
    assert got.target == Target("group", "ab" * 16, "The one")
    assert got.metadata["membership"] == {"change": "added", "added": ["9", "10"]}
    both = model_event("model_updated", "authentik_core", "group", diff={"users": {"add": [9], "remove": [1]}})
    assert one(both).metadata["membership"] == {"change": "added and removed", "added": ["9"], "removed": ["1"]}
    path = "/api/v3/core/groups/6747c6b6-9c07-4db7-ae05-7ac2bb143389/add_user/"
    assert one(model_event("model_updated", "authentik_core", "group", path=path)).metadata["membership"] == {
        "change": "added"
    }
    path = path.replace("add_user", "remove_user")
    assert one(model_event("model_updated", "authentik_core", "group", path=path)).metadata["membership"] == {
        "change": "removed"
    }
    assert "membership" not in one(model_event("model_updated", "authentik_core", "group")).metadata


def test_a_diff_tells_the_names_of_what_changed_and_no_value() -> None:
    diff = {"client_secret": {"previous_value": "old-one", "new_value": "new-one"}, "name": {"new_value": "N"}}
    got = one(model_event("model_updated", "authentik_providers_oauth2", "oauth2provider", diff=diff))
    assert got.metadata["changed"] == ["client_secret", "name"]
    assert "new-one" not in as_text(got)


def test_a_device_that_comes_or_goes_is_noted_and_a_stage_is_not() -> None:
    app = "authentik_stages_authenticator_webauthn"
    assert one(model_event("model_created", app, "webauthndevice")).metadata["mfa"] == "enrolled"
    removed = one(model_event("model_deleted", app, "webauthndevice")).metadata
    assert (removed["mfa"], removed["mfaDevice"]) == ("removed", "webauthn")
    assert "mfa" not in one(model_event("model_updated", app, "webauthndevice")).metadata
    assert "mfa" not in one(model_event("model_created", app, "authenticatorwebauthnstage")).metadata
    assert "mfa" not in one(model_event("model_created", app, "webauthndevicetype")).metadata


def changed_at(*events: dict[str, Any]) -> str | None:
    moment = translate(wire(*events), Known(), SEEN_AT).groups_changed_at
    return moment.isoformat() if moment else None


def test_what_may_have_changed_groups_is_told_with_the_newest_time() -> None:
    group = changed(model_event("model_updated", "authentik_core", "group"), created="2026-11-24T03:00:00.000001Z")
    older = changed(model_event("model_deleted", "authentik_core", "group"), created="2026-11-24T02:00:00Z")
    assert changed_at(older, group, LOGIN) == "2026-11-24T03:00:00.000001+00:00"
    assert changed_at(LOGIN, *recorded("2025.12.4", "model_updated")) is None
    user = model_event("model_updated", "authentik_core", "user")
    assert changed_at(user) is None
    user["context"]["http_request"]["method"] = "PATCH"
    assert changed_at(user) is not None
    assert changed_at(changed(user, context={"diff": {"name": {}}})) is None
    assert changed_at(changed(user, context={"diff": {"groups": {"add": []}}})) is not None


def test_an_address_that_is_none_is_kept_aside() -> None:
    got = one(changed(LOGIN, client_ip="not an address"))
    assert (got.actor_ip, got.metadata["clientIp"]) == (None, "not an address")
    assert one(changed(LOGIN, client_ip=" ")).actor_ip is None
    assert one(changed(LOGIN, client_ip="2001:db8::1")).actor_ip == "2001:db8::1"


def test_names_come_as_they_are_but_for_what_no_store_can_hold() -> None:
    name = "\x1b[31m‮<script>[bold]\x00\ud83d x"
    got = one(changed(recorded("2025.8.6", "login_failed")[1], context={"username": name}))
    assert got.actor_name == "\x1b[31m‮<script>[bold]\ufffd\ufffd x"
    as_text(got).encode("utf-8")


def test_names_are_cut_at_1024_characters_and_it_says_which() -> None:
    long = "x" * 5000
    started = changed(recorded("2025.12.4", "impersonation_started")[0], action="impersonation_started")
    got = one({**started, "user": {**ADMIN, "username": long, "on_behalf_of": {**BOB, "username": long}}})
    assert len(got.actor_name or "") == 1024
    assert got.metadata["cut"] == ["actorName", "onBehalfOf.name", "target.name"]
    got = one(changed(LOGIN, action="custom_" + long))
    assert (len(got.action), len(got.raw_action or ""), got.metadata["cut"]) == (1024, 1024, ["metadata.rawAction"])


def size(event: AuditEvent) -> int:
    return len(json.dumps(dict(event.metadata)).encode())


def test_metadata_stay_below_their_limit_and_say_what_was_dropped() -> None:
    context = {f"item{number}": ["é" * 400] * 20 for number in range(40)}
    got = one(changed(LOGIN, action="custom_big", context=context))
    assert size(got) <= METADATA_LIMIT
    assert got.metadata["truncated"] == ["context"]
    assert got.metadata["userAgent"]
    assert got.metadata["requestId"]


def test_the_worst_names_of_all_fit_too() -> None:
    worst = "\U0001f600" * 5000
    request = {"request_id": worst, "path": worst, "user_agent": worst, "args": {worst: worst}, "method": worst}
    model = {"app": worst, "model_name": worst, "pk": worst, "name": worst}
    for action in (worst, "model_created"):
        got = one(changed(LOGIN, action=action, app=worst, context={"http_request": request, "model": model}))
        assert size(got) <= METADATA_LIMIT
        assert got.raw_action == action[:1024]


JSON_OBJECT = st.dictionaries(
    st.sampled_from(
        [
            "model",
            "http_request",
            "geo",
            "asn",
            "diff",
            "users",
            "request",
            "obj",
            "user",
            "username",
            "pk",
            "email",
            "on_behalf_of",
            "authenticated_as",
            "auth_method_args",
            "mfa_devices",
            "secret",
            "to_email",
            "message",
            "exception",
            "path",
            "args",
            "request_id",
            "result",
            "scopes",
            "app",
            "model_name",
            "name",
        ]
    ),
    ANY_JSON,
)
NESTED = st.recursive(
    JSON_OBJECT,
    lambda inner: st.dictionaries(
        st.sampled_from(
            ["model", "http_request", "geo", "diff", "users", "request", "result", "auth_method_args", "user"]
        ),
        inner,
        max_size=4,
    ),
    max_leaves=6,
)


@settings(max_examples=60, deadline=None)
@given(
    action=st.sampled_from([*VERBS, "email_sent", "policy_execution", "policy_exception", "system_exception", "x"])
    | st.text(max_size=20),
    user=NESTED,
    context=NESTED,
    client_ip=ANY_JSON,
)
def test_no_shape_of_an_event_is_lost_or_grows_too_large(
    action: str, user: dict[str, Any], context: dict[str, Any], client_ip: object
) -> None:
    row = {**LOGIN, "action": action, "user": user, "context": context, "client_ip": client_ip}
    fetched = translate(wire(LOGIN, row, changed(LOGIN, pk="last")), Known(), SEEN_AT)
    assert len(fetched.events) == 3
    got = fetched.events[1]
    assert "reduced" not in got.metadata
    assert size(got) <= METADATA_LIMIT
    as_text(got).encode("utf-8")
    assert all(value is None or isinstance(value, str) for value in actor(got))


def test_nesting_beyond_all_reason_is_cut() -> None:
    deep: dict[str, Any] = {}
    inner = deep
    for _ in range(600):
        inner["a"] = {}
        inner = inner["a"]
    got = one(changed_without_copy(LOGIN, action="custom_deep", context=deep))
    assert size(got) < 2_000


def changed_without_copy(event: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {**event, **fields}


class _Spiteful(dict[str, Any]):
    """An object that breaks whoever looks into it."""

    def get(self, key: str, default: object = None) -> Any:
        raise LookupError("spite")


def test_where_the_details_cannot_be_taken_the_event_goes_without_them() -> None:
    row = WireEvent.model_validate(changed_without_copy(LOGIN, context=_Spiteful()))
    fetched = translate([row], Known(), SEEN_AT)
    (got,) = fetched.events
    assert (got.external_id, got.action, got.metadata["reduced"]) == (LOGIN["pk"], "authentik.login", "LookupError")
