"""No secret in anything that is kept."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dezky_audit_tui.sources.authentik import redact
from dezky_audit_tui.sources.authentik.action_map import VERBS
from dezky_audit_tui.sources.authentik.redact import argument_names, is_secret_name, safe_copy, safe_path, safe_text
from tests.sources.replies import all_recorded, as_text, changed, one, recorded

MARK = "Pl4nted"
LOGIN = recorded("2025.12.4", "login")[0]
SECRET_NAMES = [
    "password",
    "password_repeat",
    "newPassword",
    "passwd",
    "pwd",
    "client_secret",
    "clientSecret",
    "token",
    "itoken",
    "access_token",
    "flow_token",
    "key",
    "api_key",
    "apiKey",
    "privateKey",
    "private_key",
    "code",
    "auth_code",
    "state",
    "cookie",
    "Set-Cookie",
    "sessionid",
    "session_key",
    "Authorization",
    "X-Authorization",
    "otp",
    "pin",
    "jwt",
    "nonce",
    "csrfmiddlewaretoken",
    "signature",
    "SAMLassertion",
    "passphrase",
    "recovery_codes",
    "hash",
    "bearer",
    "credentials",
]


@pytest.mark.parametrize("name", SECRET_NAMES)
def test_a_name_that_smells_is_masked_wherever_it_stands(name: str) -> None:
    for value in (MARK, [MARK], {"a": MARK}, 1234567, [{"x": [MARK]}]):
        copied = json.dumps(safe_copy({"outer": {"list": [{name: value}]}}))
        assert MARK not in copied
        assert "1234567" not in copied
        assert name in copied


def test_a_tree_of_a_million_leaves_is_not_copied_whole() -> None:
    tree: Any = "leaf"
    for _ in range(4):
        tree = {f"branch {number}": tree for number in range(32)}
    copied = json.dumps(safe_copy(tree))
    assert 100 < copied.count("leaf") < 10_000


@pytest.mark.parametrize(
    "name",
    [
        "name",
        "username",
        "email",
        "pk",
        "path",
        "country_code",
        "status_code",
        "monkey",
        "keyboard",
        "statement",
        "encoder",
        "authorized_application",
        "spin",
    ],
)
def test_a_plain_name_keeps_its_value(name: str) -> None:
    assert not is_secret_name(name)


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        (
            "see https://a.test/if/flow/x/?flow_token=Pl4nted&next=/b",
            "see https://a.test/if/flow/x/?flow_token=***&next=***",
        ),
        ("https://user:Pl4nted@a.test/b", "https://***@a.test/b"),
        ("https://a.test/#access_token=Pl4nted&x=1", "https://a.test/?access_token=***&x=***"),
        ("/if/flow/x/?flow_token=Pl4nted", "/if/flow/x/?flow_token=***"),
        ("https://a.test/recovery/use-token/Pl4ntedPl4nted/", "https://a.test/recovery/use-token/***/"),
        ("password=Pl4nted", "password=***"),
        ('{"password": "Pl4nted and more", "a": 1}', '{"password": ***, "a": 1}'),
        ("Authorization: Bearer Pl4nted.abc", "Authorization: ***"),
        ("sent Bearer Pl4nted-abcdef", "sent Bearer ***"),
        ("got Pl4ntedAAAAbbbbCCCC1234ddddEEEE", "got ***"),
        ("Token t1's secret was rotated.", "Token t1's secret was rotated."),
        ("Email to Carol <carol@example.test> sent", "Email to Carol <carol@example.test> sent"),
        (
            "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101",
            "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101",
        ),
        ("a\x00b\ud800", "a\ufffdb\ufffd"),
    ],
)
def test_free_text_loses_what_links_and_assignments_hold(text: str, kept: str) -> None:
    assert safe_text(text) == kept


PIECES = st.sampled_from(
    [
        "pass",
        "Password",
        "toKen",
        "\u212aey",
        "p\u0131n",
        "\u017fecret",
        "Bearer",
        "BASIC",
        "=",
        ": ",
        "'",
        '"',
        " ",
        "?a",
        "&",
        "x.y",
        "Pl4nted-ab",
    ]
)


@given(st.lists(PIECES, max_size=12).map("".join))
def test_the_short_cut_for_texts_that_hold_nothing_misses_none(text: str) -> None:
    every = redact._ARGUMENT.sub(r"\1***", text)
    every = redact._BEARER.sub(r"\1 ***", every)
    every = redact._ASSIGNED.sub(r"\1***", every)
    every = redact._RUN.sub(lambda run: "***" if redact._is_random(run[0]) else run[0], every)
    assert safe_text(text) == every


def test_text_is_cut() -> None:
    assert safe_text("x y" * 1000, 10) == "x yx yx y…"


@pytest.mark.parametrize(
    ("path", "kept"),
    [
        ("/api/v3/core/users/5/set_password/", "/api/v3/core/users/5/set_password/"),
        ("/api/v3/core/groups/6747c6b6-9c07-4db7-ae05-7ac2bb143389/add_user/",) * 2,
        ("/api/v3/flows/executor/default-authentication-flow/",) * 2,
        ("/recovery/use-token/Pl4nted123/", "/recovery/use-token/***/"),
        ("/x/Pl4ntedPl4ntedPl4nted/", "/x/***/"),
        ("/if/flow/a/?flow_token=Pl4nted", "/if/flow/a/"),
        ("/a;jsessionid=Pl4nted", "/a"),
        ("/a#Pl4nted", "/a"),
    ],
)
def test_a_path_loses_its_query_and_its_tokens(path: str, kept: str) -> None:
    assert safe_path(path) == kept


def test_an_arguments_name_that_is_a_value_is_masked() -> None:
    assert argument_names({"next": "x", "Pl4ntedPl4ntedPl4nted1": "", "a b": "", "code": "x"}) == [
        "***",
        "code",
        "next",
    ]
    assert argument_names(["next"]) == []


VALUES = st.recursive(
    st.just(MARK),
    lambda inner: (
        st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["a", "name", "user"]), inner, max_size=2)
    ),
    max_leaves=4,
)


@settings(max_examples=120, deadline=None)
@given(
    event=st.sampled_from(all_recorded()),
    action=st.none()
    | st.sampled_from([*VERBS, "email_sent", "policy_exception", "system_exception", "custom_x", "new_one"]),
    secrets=st.dictionaries(st.sampled_from(SECRET_NAMES), VALUES, max_size=4),
    args=st.dictionaries(st.sampled_from(["code", "state", "next", "flow_token", "q"]), VALUES, max_size=4),
    wrap=st.sampled_from([(), ("prompt_data",), ("plan", "context"), ("request", "context")]),
)
def test_planted_secrets_are_in_no_event(
    event: dict[str, Any], action: str | None, secrets: dict[str, Any], args: dict[str, Any], wrap: tuple[str, ...]
) -> None:
    planted: dict[str, Any] = {
        **secrets,
        "body": f"<a href='https://a.test/?flow_token={MARK}'>here</a>",
        "expression": f"return '{MARK}'",
        "exception": [{"exc_type": "E", "exc_value": f"https://a.test/?t={MARK}", "frames": [{"vars": {"x": MARK}}]}],
        "message": f"see https://a.test/if/flow/a/?flow_token={MARK} or token={MARK}",
        "diff": {"password": {"new_value": MARK}, "name": {"new_value": MARK}},
    }
    nested = planted
    for name in reversed(wrap):
        nested = {name: nested}
    request = {"args": args, "path": f"/if/flow/a/?{MARK}=1", "method": "GET", "request_id": "r", "user_agent": "u"}
    got = one(changed(event, context={**nested, "http_request": request}, **({"action": action} if action else {})))
    assert MARK not in as_text(got)


def test_the_values_of_a_form_are_never_kept() -> None:
    form = {"name": MARK, "attributes": {"phone": MARK, "settings": {"x": MARK}}, "email": MARK, "custom_field": [MARK]}
    got = one(changed(recorded("2025.12.4", "user_write")[0], context=form))
    assert MARK not in as_text(got)
    assert "custom_field" in got.metadata["fields"]


@pytest.mark.parametrize(
    "piece",
    ["a-", "token ", "token" + " " * 50, "https://", "?a", "x" * 500, "password", "key=", "((", "🙂", "Bearer "],
)
def test_no_text_takes_long(piece: str) -> None:
    text = (piece * 5000)[:5000]
    started = time.process_time()
    safe_text(text)
    safe_path(text)
    assert time.process_time() - started < 2.0
