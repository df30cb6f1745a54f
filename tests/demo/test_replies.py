"""The simulated server answers as the recorded servers did: status, headers, keys, types, and errors word by word."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest

from dezky_audit_tui.demo.directory import Directory, Group, User
from dezky_audit_tui.demo.log import EventLog
from dezky_audit_tui.demo.server import SimulatedAuthentik
from dezky_audit_tui.demo.tokens import Token
from dezky_audit_tui.model.instants import exact_text, parse_instant
from tests.demo import recorded

AT = datetime(2026, 11, 24, 3, 26, 12, 700_000, tzinfo=UTC)
SETTINGS = {"settings": {"locale": "en"}}
TOKENS = {
    "noperm": Token(view_event=False, view_group=False, view_user=False),
    "expired": Token(expired=True),
    "app": Token(intent="app_password"),
    "empty": Token(empty=True),
}
KEYS = {
    "noperm_events": "Bearer noperm",
    "noperm_groups": "Bearer noperm",
    "expired_token": "Bearer expired",
    "app_password_token": "Bearer app",
    "wrong_token": "Bearer wrong",
    "token_scheme": "Token good",
}
VALUES_THAT_MATTER = ("content-type", "allow", "server", "vary", "content-language", "x-frame-options")


def _directory() -> Directory:
    alice = User(5, "alice", "Alice A. Acme", "alice@example.test", attributes=SETTINGS, last_login=exact_text(AT))
    users = [User(3, "akadmin", "authentik Default Admin", "root@example.test", last_login=exact_text(AT)), alice]
    users += [User(6, "bob", "Bob", "bob@example.test"), User(8, "dave", "Dave Dezky", "dave@example.test")]
    names = {"acme": {5}, "acme-admins": {5}, "authentik Admins": {3, 8}, "authentik Read-only": set(), "dezky": {8}}
    groups = [
        Group(str(UUID(int=index)), name, frozenset(pks), is_superuser="Admins" in name)
        for index, (name, pks) in enumerate(names.items(), 1)
    ]
    return Directory(users, groups)


def _log(version: str) -> EventLog:
    page = recorded.reply(version, "events_page1")["body"]
    log = EventLog(recorded.VERSIONS[version])
    log.add(*page["results"])
    oldest = parse_instant(page["results"][-1]["created"])
    for index in range(page["pagination"]["count"] - len(page["results"])):
        created = exact_text(oldest - timedelta(seconds=index + 1))
        log.add({**page["results"][-1], "pk": str(UUID(int=index)), "created": created})
    return log


@pytest.fixture(scope="module")
def servers() -> Iterator[dict[str, SimulatedAuthentik]]:
    with ExitStack() as stack:
        yield {
            version: stack.enter_context(
                SimulatedAuthentik(_log(version), _directory(), token="good", tokens=TOKENS, clock=lambda: AT)
            )
            for version in recorded.VERSIONS
        }


@pytest.fixture(params=recorded.VERSIONS)
def server(request: pytest.FixtureRequest, servers: dict[str, SimulatedAuthentik]) -> SimulatedAuthentik:
    return servers[request.param]


def _ask(server: SimulatedAuthentik, path: str, **headers: str) -> httpx.Response:
    sent = {"Authorization": "Bearer good", "Accept": "application/json", **headers}
    return httpx.get(f"{server.url}/api/v3{path}", headers={name: value for name, value in sent.items() if value})


@pytest.mark.parametrize(("version", "name"), recorded.reply_names())
def test_every_recorded_reply(servers: dict[str, SimulatedAuthentik], version: str, name: str) -> None:
    simulated = servers[version]
    was = recorded.reply(version, name)
    headers = dict(was["request"]["headers"])
    headers["Authorization"] = KEYS.get(name, "Bearer good") if "Authorization" in headers else ""
    if name == "db_down_events":
        simulated.faults.set("error_500")
    got = _ask(simulated, was["request"]["path"], **headers)
    assert got.status_code == was["status"]
    for header in VALUES_THAT_MATTER:
        assert got.headers.get(header) == was["headers"].get(header), header
    assert set(was["headers"]) - {"transfer-encoding"} <= set(got.headers)
    assert got.headers["date"] == "Tue, 24 Nov 2026 03:26:12 GMT"
    _compare_bodies(got, was, name)


def _compare_bodies(got: httpx.Response, was: dict[str, Any], name: str) -> None:
    body = was["body"]
    if isinstance(body, str):
        assert got.text == body
        return
    now = got.json()
    if was["status"] != 200:
        assert now == body
        return
    assert list(now) == list(body)
    if "pagination" not in body:
        _same_keys_and_types(now, body)
        return
    assert list(now["pagination"]) == list(body["pagination"])
    if "events" in name or name.startswith("proof"):
        assert now["pagination"] == body["pagination"]
        if body["pagination"]["current"] == 1:
            assert now["results"][: len(body["results"])] == body["results"]
        if "note" not in body["autocomplete"]:
            assert recorded.shape(now["autocomplete"]).keys() >= recorded.shape(body["autocomplete"]).keys()
    else:
        for row in now["results"]:
            assert list(row) == list(body["results"][0])
        _same_keys_and_types({"results": now["results"]}, {"results": body["results"]})
        assert now["autocomplete"] == body["autocomplete"]


def _same_keys_and_types(now: Any, was: Any) -> None:
    free = ("attributes", ".roles", "children[]")
    mine, theirs = recorded.shape(now), recorded.shape(was)
    for path, kind in mine.items():
        if any(word in path for word in free) or "NoneType" in (kind, theirs.get(path)):
            continue
        assert theirs.get(path) == kind, path
    assert {path for path in theirs if not any(word in path for word in free)} <= mine.keys()


def test_unknown_arguments_are_ignored(server: SimulatedAuthentik) -> None:
    plain = _ask(server, "/events/events/").json()
    assert _ask(server, "/events/events/?created__gt=2026-11-24T03:26:03Z&since=1").json() == plain
    assert _ask(server, "/events/events/?ordering=nonsense").json() == plain


def test_the_oldest_come_first_where_asked(server: SimulatedAuthentik) -> None:
    first = _ask(server, "/events/events/?ordering=created&page_size=50").json()["results"]
    last = _ask(server, "/events/events/?ordering=-created,-pk&page=last&page_size=1").json()["results"]
    assert first[0] == last[0]
    times = [parse_instant(row["created"]) for row in first]
    assert times == sorted(times)


def test_other_fields_order_too(server: SimulatedAuthentik) -> None:
    rows = _ask(server, "/events/events/?ordering=action,-created&page_size=100").json()["results"]
    assert [row["action"] for row in rows] == sorted(row["action"] for row in rows)


@pytest.mark.parametrize("page", ["0", "-1", "x", "1.5", "99999999999999"])
def test_there_is_no_such_page(server: SimulatedAuthentik, page: str) -> None:
    reply = _ask(server, f"/events/events/?page={page}")
    assert (reply.status_code, reply.json()) == (404, {"detail": "Invalid page."})


@pytest.mark.parametrize("size", ["0", "-5", "x", ""])
def test_a_senseless_page_size_is_the_default(server: SimulatedAuthentik, size: str) -> None:
    reply = _ask(server, f"/events/events/?page_size={size}").json()
    assert len(reply["results"]) == server.log.default_page_size


def test_an_internal_service_account_sees_an_empty_list(server: SimulatedAuthentik) -> None:
    for path in ("/events/events/", "/core/groups/"):
        reply = _ask(server, path, Authorization="Bearer empty")
        assert reply.status_code == 200
        assert reply.json()["pagination"]["count"] == 0
        assert reply.json()["results"] == []


def test_only_what_the_api_has_is_answered_in_json(server: SimulatedAuthentik) -> None:
    for path in ("/events/events", "/nothing/here/"):
        reply = _ask(server, path)
        assert reply.status_code == 404
        assert reply.headers["content-type"].startswith("text/html")
    assert httpx.get(server.url).status_code == 404
    assert _ask(server, "/core/users/5/", Accept="*/*").status_code == 200
    good = {"Authorization": "Bearer good"}
    refused = httpx.post(f"{server.url}/api/v3/events/events/", headers=good)
    assert (refused.status_code, refused.json()) == (405, {"detail": 'Method "POST" not allowed.'})
    head = httpx.head(f"{server.url}/api/v3/events/events/", headers=good)
    assert (head.status_code, head.content) == (200, b"")


def test_inherited_groups_are_told_as_the_generation_tells_them() -> None:
    parent, child = (
        Group(str(UUID(int=2)), "acme"),
        Group(str(UUID(int=1)), "acme ops", frozenset({5}), (str(UUID(int=2)),)),
    )
    rows = {}
    for generation in recorded.VERSIONS.values():
        with SimulatedAuthentik(EventLog(generation), Directory([], [parent, child]), token="good") as simulated:
            rows[generation] = _ask(simulated, "/core/groups/?include_users=false").json()["results"]
    assert [row["name"] for row in rows["2025.12"]] == ["acme", "acme ops"]
    assert rows["2025.12"][1]["parents"] == [parent.pk]
    assert rows["2025.12"][0]["children"] == [child.pk]
    assert (rows["2025.8"][1]["parent"], rows["2025.8"][1]["parent_name"]) == (parent.pk, "acme")
    assert rows["2025.8"][0]["parent"] is None


def test_groups_come_in_pages() -> None:
    groups = [Group(str(UUID(int=index)), f"group {index:03}", frozenset({index})) for index in range(1, 131)]
    with SimulatedAuthentik(EventLog(), Directory([], groups), token="good") as simulated:
        first = _ask(simulated, "/core/groups/?page_size=500").json()
        second = _ask(simulated, "/core/groups/?page_size=500&page=2").json()
    assert [first["pagination"]["next"], second["pagination"]["next"]] == [2, 0]
    assert [row["users"] for row in first["results"] + second["results"]] == [[index] for index in range(1, 131)]
