"""The client against a real HTTP server on loopback: recorded replies, and every way in which an answer can fail."""

from __future__ import annotations

import asyncio
import gzip
import json
import logging
import socket
import ssl
import traceback
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from dezky_audit_tui.errors import (
    SettingsError,
    SourceError,
    SourceGarbled,
    SourcePageGone,
    SourceRefused,
    SourceUnavailable,
)
from dezky_audit_tui.settings import Secret
from dezky_audit_tui.sources.authentik.client import AuthentikClient
from dezky_audit_tui.sources.authentik.connection import Patience
from tests.sources.replies import FIXTURES, SEEN_AT, VERSIONS, page, recorded, reply
from tests.sources.scripted import Answer, Request, ScriptedServer, answer, recorded_answer

TOKEN = "fixture-token-that-nobody-may-see"
LOGIN = recorded("2025.12.4", "login")[0]
EVENTS = answer(page([LOGIN]))
CA = FIXTURES / "tls" / "ca.pem"
LONG_S = 120.0
"""What a test does not wait for, however slow the machine is."""


def always(said: Answer) -> Callable[[Request], Answer]:
    return lambda _: said


def in_turn(*said: Answer) -> Callable[[Request], Answer]:
    left = list(said)
    return lambda _: left.pop(0) if len(left) > 1 else left[0]


async def failure(said: Answer, number: int = 1, patience: Patience | None = None) -> SourceError:
    """The error that an answer to a request for events makes; nothing of it may show the token."""
    async with ScriptedServer(always(said)) as server:
        client = AuthentikClient(server.url, TOKEN, patience=patience, clock=lambda: SEEN_AT)
        try:
            with pytest.raises(SourceError) as caught:
                await client.events_page(number, 100)
        finally:
            await client.aclose()
    told = "".join(traceback.TracebackException.from_exception(caught.value, capture_locals=True).format())
    assert TOKEN not in told
    assert "\n" not in caught.value.message
    assert not type(caught.value.__context__).__module__.startswith("http")
    return caught.value


@pytest.mark.parametrize("version", VERSIONS)
async def test_a_recorded_page_is_read_with_the_servers_clock(version: str) -> None:
    said = reply(version, "events_page1")
    async with ScriptedServer(always(recorded_answer(said))) as server:
        client = AuthentikClient(server.url + "/", Secret(TOKEN), clock=lambda: SEEN_AT)
        got = await client.events_page(1, 100)
        await client.aclose()
    assert [row.pk for row in got.rows] == [event["pk"] for event in said["body"]["results"]]
    assert got.date == datetime.strptime(said["headers"]["date"], "%a, %d %b %Y %H:%M:%S %Z").replace(tzinfo=UTC)
    assert 0 < got.elapsed_s < 60
    assert client.clock_offset_s == (got.date - SEEN_AT).total_seconds()
    (request,) = server.requests
    assert request.path == "/api/v3/events/events/"
    assert request.query == {"ordering": "-created,-pk", "page": "1", "page_size": "100"}
    assert request.headers["authorization"] == f"Bearer {TOKEN}"
    assert request.headers["accept"] == "application/json"
    assert client.requests == 1


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(
    ("name", "kind", "told"),
    [
        ("wrong_token", "token_invalid", "AUTHENTIK_TOKEN"),
        ("expired_token", "token_invalid", "expired"),
        ("app_password_token", "token_invalid", "intent is not API"),
        ("no_token", "not_authenticated", ""),
        ("token_scheme", "not_authenticated", ""),
        ("noperm_events", "no_permission", "Can view Event"),
        ("accept_html_ok_token", "source_garbled", "406"),
        ("filter_actions_nope", "source_garbled", "400"),
    ],
)
async def test_a_recorded_refusal_has_its_own_plain_message(version: str, name: str, kind: str, told: str) -> None:
    error = await failure(recorded_answer(reply(version, name)))
    assert error.kind == kind
    assert told in error.message
    assert isinstance(error, SourceGarbled if kind == "source_garbled" else SourceRefused)


@pytest.mark.parametrize("version", VERSIONS)
async def test_a_recorded_page_past_the_end_is_gone(version: str) -> None:
    assert isinstance(await failure(recorded_answer(reply(version, "events_past_end")), 8), SourcePageGone)


@pytest.mark.parametrize(
    "date", ["Mon, 01 Jan 0001 00:00:00 GMT", "Thu, 01 Jan 1970 00:00:00 GMT", "Fri, 31 Dec 9999 23:59:59 GMT", "soon"]
)
async def test_a_date_from_before_authentik_or_out_of_all_bounds_is_none(date: str) -> None:
    async with ScriptedServer(always(answer(page([LOGIN]), date=date))) as server:
        client = AuthentikClient(server.url, TOKEN, clock=lambda: SEEN_AT)
        got = await client.events_page(1, 100)
        await client.aclose()
    assert (got.date, client.clock_offset_s) == (None, None)


async def test_no_first_page_and_a_404_of_html_mean_a_wrong_address() -> None:
    for error in (
        await failure(answer({"detail": "Invalid page."}, 404)),
        await failure(answer("<html>404 page not found</html>", 404), 8),
    ):
        assert isinstance(error, SourceGarbled)
        assert "AUTHENTIK_URL" in error.message


async def test_a_database_that_is_away_is_told() -> None:
    error = await failure(recorded_answer(reply("2025.8.6", "db_down_events")))
    assert (error.kind, isinstance(error, SourceUnavailable)) == ("server_error", True)
    assert "database" in error.message


@pytest.mark.parametrize(
    ("said", "kind", "retry_after"),
    [
        (answer({"error": "authentik starting"}, 503, retry_after="5"), "starting", 5.0),
        (answer("<html>down</html>", 503), "source_unavailable", None),
        (answer("slow down", 429, retry_after="7"), "rate_limited", 7.0),
        (answer("slow down", 429), "rate_limited", None),
        (answer("bad gateway", 502), "source_unavailable", None),
        (answer("time-out", 504), "source_unavailable", None),
        (answer("?", 599), "source_unavailable", None),
        (answer("", 429, retry_after="0"), "rate_limited", 0.0),
        (answer("", 429, retry_after="-5"), "rate_limited", None),
        (answer("", 429, retry_after="soon"), "rate_limited", None),
        (answer("", 429, retry_after="9" * 400), "rate_limited", 900.0),
        (answer("", 429, retry_after="901"), "rate_limited", 900.0),
        (answer("", 429, retry_after="Tue, 24 Nov 2026 08:00:30 GMT"), "rate_limited", 30.0),
        (answer("", 429, retry_after="Tue, 24 Nov 2026 07:59:30 GMT"), "rate_limited", None),
        (answer("", 429, retry_after="Tue, 24 Nov 2099 08:00:30 GMT"), "rate_limited", 900.0),
        (answer("", 429, retry_after="Tue, 99 Nov 9999999 08:00:30 GMT"), "rate_limited", None),
    ],
)
async def test_away_for_a_while_is_told_with_the_pause_asked_for(
    said: Answer, kind: str, retry_after: float | None
) -> None:
    error = await failure(said)
    assert isinstance(error, SourceUnavailable)
    assert (error.kind, error.retry_after) == (kind, retry_after)


async def test_a_pause_until_a_date_is_measured_by_the_servers_clock() -> None:
    said = answer("", 429, retry_after="Tue, 24 Nov 2026 09:00:10 GMT", date="Tue, 24 Nov 2026 09:00:00 GMT")
    assert (await failure(said)).retry_after == 10.0


async def test_a_redirect_is_not_followed_and_tells_only_the_host() -> None:
    error = await failure(answer("", 302, location="https://user:pw@auth.example.test:8443/login?token=abc#x"))
    assert isinstance(error, SourceGarbled)
    assert "https://auth.example.test:8443" in error.message
    assert "AUTHENTIK_URL" in error.message
    assert all(hidden not in error.message for hidden in ("pw", "abc", "login"))
    for location in ("/if/flow/login/", "", "http://[broken", "https://"):
        assert "AUTHENTIK_URL" in (await failure(answer("", 301, location=location))).message


@pytest.mark.parametrize(
    ("said", "kind", "told"),
    [
        (answer("<!DOCTYPE html><html>login</html>"), "source_garbled", "HTML instead of JSON"),
        (answer(json.dumps(page([LOGIN]))[:300]), "source_garbled", "cut after 300 bytes"),
        (answer([1]), "source_garbled", "a JSON list"),
        (answer({}), "source_garbled", "no list of results"),
        (answer(""), "source_garbled", "empty"),
        (answer("", 204), "source_garbled", "204"),
        (answer("teapot", 418), "source_garbled", "418"),
        (answer("blocked", 403), "source_refused", "proxy or a firewall"),
        (answer({"detail": "No \x1b[2Jway"}, 403), "source_refused", "No ␛[2Jway"),
        (answer("", 401), "source_refused", "401"),
        (Answer(raw=b"SSH-2.0-OpenSSH_9.2\r\n\r\n"), "source_garbled", "is not HTTP"),
        (Answer(raw=b"220 mail.example.test ESMTP\r\n", close=True), "unreachable", "broke the connection off"),
        (Answer(raw=b"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n"), "source_garbled", "is not HTTP"),
        (Answer(raw=b"", close=True), "unreachable", "broke the connection off"),
        (Answer(body=EVENTS.body, cut=len(EVENTS.to_bytes()) - 500), "source_garbled", "was cut after"),
        (Answer(body=EVENTS.body, cut=20), "unreachable", "broke the connection off"),
        (Answer(body=b"no gzip", headers={"Content-Encoding": "gzip"}), "source_garbled", "unpacked"),
    ],
)
async def test_what_is_no_answer_is_told_in_one_line(said: Answer, kind: str, told: str) -> None:
    error = await failure(said)
    assert error.kind == kind
    assert told in error.message


async def test_a_silent_server_and_one_that_trickles_for_ever_come_to_an_end() -> None:
    error = await failure(Answer(silence=True), patience=Patience(connect_s=LONG_S, read_s=0.2, whole_s=LONG_S))
    assert (error.kind, "sent nothing for 0.2 s" in error.message) == ("timeout", True)
    trickling = Answer(trickle=True, headers={"Content-Length": "9999999"})
    error = await failure(trickling, patience=Patience(connect_s=LONG_S, read_s=LONG_S, whole_s=0.5))
    assert (error.kind, "did not finish its answer within 0.5 s" in error.message) == ("timeout", True)


async def test_a_body_beyond_the_limit_is_not_read_to_its_end_packed_or_not() -> None:
    bomb = gzip.compress(b" " * 5_000_000)
    for said in (Answer(body=b" " * 2_000_000), Answer(body=bomb, headers={"Content-Encoding": "gzip"})):
        async with ScriptedServer(always(said)) as server:
            client = AuthentikClient(server.url, TOKEN, largest_body=1_000_000)
            with pytest.raises(SourceGarbled, match="larger than 1,000,000 bytes"):
                await client.events_page(1, 100)
            await client.aclose()


async def test_a_body_that_is_packed_twice_is_not_unpacked() -> None:
    body = gzip.compress(gzip.compress(b" " * 100_000))
    error = await failure(Answer(body=body, headers={"Content-Encoding": "gzip, gzip"}))
    assert (error.kind, "packed more than once" in error.message) == ("source_garbled", True)


async def test_a_packed_page_is_read() -> None:
    said = Answer(body=gzip.compress(EVENTS.body), headers={"Content-Encoding": "gzip"})
    async with ScriptedServer(always(said)) as server:
        client = AuthentikClient(server.url, TOKEN)
        assert len((await client.events_page(1, 100)).rows) == 1
        await client.aclose()


async def test_one_connection_is_kept_and_a_stale_one_is_tried_again_once() -> None:
    async with ScriptedServer(in_turn(EVENTS, Answer(body=EVENTS.body, close=True), EVENTS)) as server:
        client = AuthentikClient(server.url, TOKEN)
        await client.events_page(1, 100)
        await client.events_page(1, 100)
        assert (server.connections, client.requests) == (1, 2)
        await client.events_page(1, 100)
        await client.aclose()
    assert server.connections == 2
    assert len(server.requests) == 3
    assert client.requests in (3, 4)  # A fourth where the closed connection was noticed only by asking.


async def test_a_connection_that_dies_while_it_is_asked_is_tried_again_once_and_counted() -> None:
    async with ScriptedServer(in_turn(EVENTS, Answer(raw=b"", close=True), EVENTS)) as server:
        client = AuthentikClient(server.url, TOKEN)
        await client.events_page(1, 100)
        assert len((await client.events_page(1, 100)).rows) == 1
        assert (client.requests, len(server.requests)) == (3, 3)
        await client.aclose()
    async with ScriptedServer(in_turn(EVENTS, Answer(raw=b"", close=True))) as server:
        client = AuthentikClient(server.url, TOKEN)
        await client.events_page(1, 100)
        with pytest.raises(SourceUnavailable):
            await client.events_page(1, 100)
        assert client.requests == 3
        await client.aclose()


async def test_a_new_connection_that_dies_and_an_answer_that_began_are_not_tried_again() -> None:
    for said in (Answer(raw=b"", close=True), Answer(body=EVENTS.body, cut=len(EVENTS.to_bytes()) - 9)):
        async with ScriptedServer(always(said)) as server:
            client = AuthentikClient(server.url, TOKEN)
            with pytest.raises(SourceError):
                await client.events_page(1, 100)
            assert (client.requests, len(server.requests)) == (1, 1)
            await client.aclose()


async def test_nobody_listening_and_an_unknown_name_are_told() -> None:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        port = held.getsockname()[1]
    for url, told in ((f"http://127.0.0.1:{port}", "refuses the connection"), ("http://a..b", "a..b")):
        client = AuthentikClient(url, TOKEN, patience=Patience(connect_s=2))
        with pytest.raises(SourceUnavailable, match=told) as caught:
            await client.events_page(1, 100)
        assert caught.value.kind == "unreachable"
        await client.aclose()


async def test_it_can_be_used_again_after_a_failure() -> None:
    async with ScriptedServer(in_turn(answer("", 500), EVENTS)) as server:
        client = AuthentikClient(server.url, TOKEN)
        with pytest.raises(SourceUnavailable):
            await client.events_page(1, 100)
        assert len((await client.events_page(1, 100)).rows) == 1
        await client.aclose()
        await client.aclose()


async def test_a_cancelled_request_leaves_the_client_usable() -> None:
    asked, serve = asyncio.Event(), in_turn(Answer(silence=True), EVENTS)

    def script(request: Request) -> Answer:
        asked.set()
        return serve(request)

    async with ScriptedServer(script) as server:
        client = AuthentikClient(server.url, TOKEN)
        task = asyncio.create_task(client.events_page(1, 100))
        await asked.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert len((await client.events_page(1, 100)).rows) == 1
        await client.aclose()


def tls(*, certificate: Path = FIXTURES / "tls" / "server.pem") -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context


async def test_a_private_ca_is_trusted_by_its_bundle_alone() -> None:
    async with ScriptedServer(always(EVENTS), tls()) as server:
        client = AuthentikClient(server.url, TOKEN, ca_bundle=CA)
        assert len((await client.events_page(1, 100)).rows) == 1
        await client.aclose()
        client = AuthentikClient(server.url, TOKEN)
        with pytest.raises(SourceUnavailable, match="AUTHENTIK_CA_BUNDLE") as caught:
            await client.events_page(1, 100)
        assert caught.value.kind == "certificate"
        await client.aclose()


async def test_a_certificate_of_another_name_is_told_as_such() -> None:
    async with ScriptedServer(always(EVENTS), tls()) as server:
        client = AuthentikClient(server.url.replace("localhost", "127.0.0.1"), TOKEN, ca_bundle=CA)
        with pytest.raises(SourceUnavailable, match="is for another name") as caught:
            await client.events_page(1, 100)
        assert caught.value.kind == "certificate"
        await client.aclose()


async def test_tls_with_a_server_that_speaks_none_is_told() -> None:
    async with ScriptedServer(always(EVENTS)) as server:
        client = AuthentikClient(server.url.replace("http:", "https:"), TOKEN, patience=Patience(connect_s=0.2))
        with pytest.raises(SourceUnavailable) as caught:
            await client.events_page(1, 100)
        assert caught.value.kind in ("unreachable", "timeout")
        await client.aclose()


@pytest.mark.parametrize(
    "content", [None, b"", b"no PEM", b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"]
)
async def test_a_bundle_that_is_none_is_a_wrong_setting(tmp_path: Path, content: bytes | None) -> None:
    bundle = tmp_path / "ca.pem"
    if content is not None:
        bundle.write_bytes(content)
    with pytest.raises(SettingsError, match=f"AUTHENTIK_CA_BUNDLE: {bundle}"):
        await AuthentikClient("https://localhost:1", TOKEN, ca_bundle=bundle).version()
    with pytest.raises(SettingsError, match="AUTHENTIK_CA_BUNDLE"):
        AuthentikClient("https://localhost:1", TOKEN, ca_bundle=tmp_path)


@pytest.mark.parametrize("token", ["", " ", "to ken", "tok\nen", "tok\r\nX-Evil: 1", "tökén", "tok\x00en", "\ud800"])
async def test_a_token_that_can_be_none_is_a_wrong_setting(token: str) -> None:
    with pytest.raises(SettingsError, match="AUTHENTIK_TOKEN") as caught:
        AuthentikClient("http://127.0.0.1:1", token)
    assert not token.strip() or token not in caught.value.message
    client = AuthentikClient("http://127.0.0.1:1", lambda: token)
    with pytest.raises(SettingsError, match="AUTHENTIK_TOKEN"):
        await client.events_page(1, 100)
    assert client.requests == 0


@pytest.mark.parametrize(
    "url",
    [
        "",
        "auth.example.test",
        "ftp://auth.example.test",
        "https://",
        "https://user:secret@auth.example.test",
        "https://[x",
        "https://auth.example.test:99999",
        "https://auth.example.test/?a=secret",
        "https://a b.test",
        "https://a.test#x",
    ],
)
def test_an_address_that_can_be_none_is_a_wrong_setting(url: str) -> None:
    with pytest.raises(SettingsError, match="AUTHENTIK_URL") as caught:
        AuthentikClient(url, TOKEN)
    assert "secret" not in caught.value.message


async def test_a_path_before_the_api_is_kept_and_the_apis_own_is_not_doubled() -> None:
    async with ScriptedServer(always(EVENTS)) as server:
        for path in ("/auth", "/auth/", "/auth/api/v3", "/auth/api/v3/"):
            client = AuthentikClient(server.url + path, TOKEN)
            await client.events_page(1, 100)
            await client.aclose()
    assert {request.path for request in server.requests} == {"/auth/api/v3/events/events/"}


async def test_the_token_is_asked_for_anew_each_time() -> None:
    tokens = iter(["one", "two"])
    async with ScriptedServer(always(EVENTS)) as server:
        held = ""

        def token() -> str:
            return held

        client = AuthentikClient(server.url, token)
        for held in tokens:  # noqa: B007 - read by `token`
            await client.events_page(1, 100)
        await client.aclose()
    assert [request.headers["authorization"] for request in server.requests] == ["Bearer one", "Bearer two"]


async def test_neither_netrc_nor_a_proxy_is_used_for_loopback(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login evil password evil\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    async with ScriptedServer(always(EVENTS)) as server:
        client = AuthentikClient(server.url, TOKEN)
        await client.events_page(1, 100)
        await client.aclose()
    assert server.requests[0].headers["authorization"] == f"Bearer {TOKEN}"


@pytest.mark.parametrize("host", ["127.0.0.2", "[0:0:0:0:0:0:0:1]", "LOCALHOST.", "auth.localhost"])
async def test_no_proxy_gets_a_token_that_is_for_this_machine(host: str, monkeypatch: pytest.MonkeyPatch) -> None:
    async with ScriptedServer(always(EVENTS)) as proxy:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy.url)
        client = AuthentikClient(f"http://{host}:1", TOKEN)
        with pytest.raises(SourceUnavailable):
            await client.events_page(1, 100)
        await client.aclose()
    assert proxy.requests == []


async def test_a_proxy_of_the_environment_carries_other_hosts(monkeypatch: pytest.MonkeyPatch) -> None:
    async with ScriptedServer(always(EVENTS)) as proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        monkeypatch.setenv("http_proxy", proxy.url)
        client = AuthentikClient("http://auth.example.test", TOKEN)
        await client.events_page(1, 100)
        await client.aclose()
    assert proxy.requests[0].target.startswith("http://auth.example.test/api/v3/events/events/?")
    monkeypatch.setenv("HTTP_PROXY", "socks9://nowhere")
    monkeypatch.setenv("http_proxy", "socks9://nowhere")
    with pytest.raises(SettingsError, match="HTTP_PROXY"):
        await AuthentikClient("http://auth.example.test", TOKEN).events_page(1, 100)


async def test_the_token_is_in_no_repr_and_no_log(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    async with ScriptedServer(always(EVENTS)) as server:
        client = AuthentikClient(server.url, Secret(TOKEN))
        await client.events_page(1, 100)
        await client.aclose()
    assert TOKEN not in caplog.text
    assert TOKEN not in repr(client)


@pytest.mark.parametrize("version", VERSIONS)
async def test_recorded_groups_users_and_version(version: str) -> None:
    def script(request: Request) -> Answer:
        names = {
            "/api/v3/core/groups/": "groups_no_users",
            "/api/v3/core/users/5/": "user_alice",
            "/api/v3/core/users/99999/": "user_missing",
            "/api/v3/admin/version/": "admin_version",
        }
        return recorded_answer(reply(version, names[request.path]))

    async with ScriptedServer(script) as server:
        client = AuthentikClient(server.url, TOKEN)
        groups = {group.name: group for group in await client.groups()}
        assert groups["acme"].users == {"5"}
        assert groups["authentik Admins"].users == {"3", "8"}
        assert groups["acme"].parents == ()
        alice = await client.user("5")
        assert alice is not None
        assert {name for _, name in alice.groups} == {"acme", "acme-admins"}
        assert await client.user("99999") is None
        assert await client.version() == version
        assert [request.query for request in server.requests[:1]] == [
            {"include_users": "false", "page_size": "100", "page": "1"}
        ]
        sent = client.requests
        for hostile in ("../../admin", "5/../6", "", "-1", "1e3", "٥", "5?x=1"):
            assert await client.user(hostile) is None
        assert client.requests == sent
        await client.aclose()


@pytest.mark.parametrize(
    ("said", "is_gone"),
    [
        (answer({"detail": "No User matches the given query."}, 404), True),
        (answer({"detail": "Not found."}, 404), True),
        (answer({"detail": "Nicht gefunden."}, 404, x_authentik_id="3e96a9b4"), True),
        (answer({"message": "no Route matched with those values"}, 404), False),
        (answer({"detail": "Not Found"}, 404), False),
        (answer({"detail": 404}, 404), False),
        (answer({}, 404), False),
        (answer({"detail": "Not found."}, 410), False),
    ],
)
async def test_a_user_is_gone_where_authentik_says_so_and_not_where_a_gateway_does(said: Answer, is_gone: bool) -> None:
    async with ScriptedServer(always(said)) as server:
        client = AuthentikClient(server.url, TOKEN)
        if is_gone:
            assert await client.user("5") is None
        else:
            with pytest.raises(SourceGarbled, match="AUTHENTIK_URL"):
                await client.user("5")
        await client.aclose()


async def test_the_answer_about_another_user_is_none_about_this_one() -> None:
    async with ScriptedServer(always(recorded_answer(reply("2025.12.4", "user_alice")))) as server:
        client = AuthentikClient(server.url, TOKEN)
        with pytest.raises(SourceGarbled, match="another user"):
            await client.user("6")
        await client.aclose()


def group(number: int, **fields: object) -> dict[str, object]:
    return {"pk": f"g{number}", "name": f"group {number}", "parents": [], "users": [number], **fields}


def pages_of(groups: list[dict[str, object]], size: int = 2) -> Callable[[Request], Answer]:
    """Serves a list of groups as it is at the time of each request."""

    def script(request: Request) -> Answer:
        number = int(request.query["page"])
        start = (number - 1) * size
        if start >= len(groups):
            return answer({"detail": "Invalid page."}, 404)
        following = number + 1 if start + size < len(groups) else 0
        data = page(groups[start : start + size], count=len(groups), start=start + 1, following=following)
        data["pagination"]["current"] = number
        return answer(data)

    return script


async def listed(script: Callable[[Request], Answer]) -> list[str]:
    async with ScriptedServer(script) as server:
        client = AuthentikClient(server.url, TOKEN)
        try:
            return [group.name for group in await client.groups()]
        finally:
            await client.aclose()


async def test_groups_come_from_all_pages() -> None:
    assert await listed(pages_of([group(number) for number in range(7)])) == [f"group {number}" for number in range(7)]


@pytest.mark.parametrize("twist", ["deleted", "inserted", "last page gone"])
async def test_a_list_of_groups_that_moves_while_it_is_read_is_read_again(twist: str) -> None:
    groups = [group(number) for number in range(5)]
    serve, asked = pages_of(groups), 0

    def script(request: Request) -> Answer:
        nonlocal asked
        asked += 1
        said = serve(request)
        if asked == 1 and twist == "deleted":
            groups.pop(0)
        if asked == 1 and twist == "inserted":
            groups.insert(0, group(99))
        if asked == 2 and twist == "last page gone":
            groups.pop()
        return said

    assert await listed(script) == [str(each["name"]) for each in groups]


async def test_groups_that_never_stand_still_are_no_answer() -> None:
    groups = [group(number) for number in range(5)]
    serve = pages_of(groups)

    def script(request: Request) -> Answer:
        groups.insert(0, group(100 + len(groups)))
        return serve(request)

    with pytest.raises(SourceUnavailable, match="changed"):
        await listed(script)


@pytest.mark.parametrize(
    "bad",
    [None, {"name": "no pk"}, group(1, name=None), group(1, users=["x"]), group(1, users=5), group(1, parents=[5])],
)
async def test_a_group_that_cannot_be_read_spoils_the_list(bad: object) -> None:
    with pytest.raises(SourceGarbled, match="group"):
        await listed(always(answer(page([group(0), bad]))))


@pytest.mark.parametrize("version", VERSIONS)
async def test_groups_without_the_permission_name_it(version: str) -> None:
    with pytest.raises(SourceRefused, match="view_group") as caught:
        await listed(always(recorded_answer(reply(version, "noperm_groups"))))
    assert caught.value.kind == "no_permission"


async def test_the_clock_is_that_of_the_caller() -> None:
    later = SEEN_AT + timedelta(hours=1)
    async with ScriptedServer(always(answer(page([None]), date="Tue, 24 Nov 2026 09:00:00 GMT"))) as server:
        client = AuthentikClient(server.url, TOKEN, clock=lambda: later)
        got = await client.events_page(1, 100)
        assert got.set_aside[0].seen_at == later
        assert client.clock_offset_s == 0
        await client.aclose()
