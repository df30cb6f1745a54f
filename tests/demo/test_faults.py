"""Every fault can be had on demand, hits what it was meant for, and is over when it is over."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest

from dezky_audit_tui.demo.faults import KINDS
from dezky_audit_tui.demo.log import EventLog
from dezky_audit_tui.demo.server import SimulatedAuthentik
from dezky_audit_tui.model.instants import exact_text

AT = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)
EVENTS, GROUPS, VERSION = "/api/v3/events/events/", "/api/v3/core/groups/", "/api/v3/admin/version/"


@pytest.fixture(scope="module")
def shared() -> Iterator[SimulatedAuthentik]:
    log = EventLog()
    log.add(
        *({"pk": str(UUID(int=index)), "created": exact_text(AT - timedelta(seconds=index))} for index in range(300))
    )
    with SimulatedAuthentik(log, token="good", clock=lambda: AT, control=True) as started:
        yield started


@pytest.fixture
def server(shared: SimulatedAuthentik) -> SimulatedAuthentik:
    shared.faults.clear()
    shared.requests.clear()
    return shared


@pytest.fixture
def client(server: SimulatedAuthentik) -> Iterator[httpx.Client]:
    headers = {"Authorization": "Bearer good", "Accept": "application/json"}
    with httpx.Client(base_url=server.url, headers=headers, timeout=60) as opened:
        yield opened


def _page(number: int = 2) -> str:
    return f"{EVENTS}?page={number}&page_size=50&ordering=-created,-pk"


def _pks(reply: httpx.Response) -> list[int]:
    return [UUID(row["pk"]).int for row in reply.json()["results"]]


Check = Callable[[httpx.Response], bool]
ANSWERS: dict[str, tuple[Any, Check]] = {
    "error_500": (None, lambda r: r.status_code == 500 and r.text.startswith("<!DOCTYPE html>")),
    "starting": (None, lambda r: r.status_code == 503 and r.headers["retry-after"] == "5"),
    "too_many": (
        "Fri, 01 Jan 2999 00:00:00 GMT",
        lambda r: r.status_code == 429 and "2999" in r.headers["retry-after"],
    ),
    "status": (451, lambda r: r.status_code == 451),
    "html_200": (None, lambda r: r.status_code == 200 and r.headers["content-type"].startswith("text/html")),
    "truncated": (None, lambda r: r.status_code == 200 and not _is_json(r)),
    "not_utf8": (None, lambda r: r.status_code == 200 and not _is_json(r)),
    "empty_body": (None, lambda r: r.status_code == 200 and r.content == b""),
    "empty_list": (None, lambda r: r.json()["pagination"]["count"] == 0 and r.json()["results"] == []),
    "garbled_row": ("<b>", lambda r: r.json()["results"][0] == "<b>" and len(r.json()["results"]) == 50),
    "trickle": (0.001, lambda r: _pks(r) == list(range(50, 100))),
    "redirect": ("http://a.example/x", lambda r: (r.status_code, r.headers["location"]) == (302, "http://a.example/x")),
    "repeated_page": (None, lambda r: _pks(r) == list(range(50)) and r.json()["pagination"]["current"] == 2),
    "shifted_page": (7, lambda r: _pks(r) == list(range(57, 107)) and r.json()["pagination"]["count"] == 293),
    "no_date": (None, lambda r: "date" not in r.headers and r.status_code == 200),
    "wrong_date": (-90, lambda r: r.headers["date"] == "Tue, 24 Nov 2026 07:58:30 GMT"),
    "bad_date": (None, lambda r: r.headers["date"] == "the day before yesterday"),
    "deep": (5000, lambda r: r.content.count(b"[") == 5000),
    "gzip_bomb": (2_000_000, lambda r: len(r.content) == 2_000_000),
    "bad_pagination": (None, lambda r: "pagination" not in r.json() and len(r.json()["results"]) == 50),
    "stall": (0.01, lambda r: _pks(r) == list(range(50, 100))),
}
BREAKS = ("cut_off", "reset", "hang_up", "huge")


def _is_json(reply: httpx.Response) -> bool:
    try:
        json.loads(reply.content)
    except ValueError:
        return False
    return True


@pytest.mark.parametrize("kind", ANSWERS)
def test_a_fault_that_answers_hits_once(server: SimulatedAuthentik, client: httpx.Client, kind: Any) -> None:
    value, check = ANSWERS[kind]
    server.faults.set(kind, where="events", value=value)
    assert client.get(GROUPS).status_code == 200
    assert check(client.get(_page()))
    assert _pks(client.get(_page())) == list(range(50, 100))
    assert [seen.fault for seen in server.requests.all("events")] == [kind, None]


@pytest.mark.parametrize("kind", BREAKS)
def test_a_fault_that_breaks_the_connection_hits_once(
    server: SimulatedAuthentik, client: httpx.Client, kind: Any
) -> None:
    server.faults.set(kind, value=200_000 if kind == "huge" else None)
    with pytest.raises(httpx.TransportError):
        client.get(_page())
    assert _pks(client.get(_page())) == list(range(50, 100))


def test_a_stalled_request_is_never_answered(server: SimulatedAuthentik, client: httpx.Client) -> None:
    server.faults.set("stall")
    with pytest.raises(httpx.ReadTimeout):
        client.get(_page(), timeout=0.05)
    assert server.requests.all()[0].status is None
    assert client.get(_page()).status_code == 200


def test_an_endless_list_goes_on_with_its_last_page(server: SimulatedAuthentik, client: httpx.Client) -> None:
    server.faults.set("endless_next", count=None, where="events")
    for number in (6, 7, 4000):
        reply = client.get(_page(number))
        assert _pks(reply) == list(range(250, 300))
        assert reply.json()["pagination"]["next"] == number + 1


def test_every_fault_is_tried_here() -> None:
    assert {*ANSWERS, *BREAKS, "endless_next"} == set(KINDS)


def test_faults_queue_and_spare_the_first(server: SimulatedAuthentik, client: httpx.Client) -> None:
    server.faults.set("status", value=451, count=2, after=1)
    server.faults.set("error_500", where="version")
    assert [client.get(GROUPS).status_code for _ in range(4)] == [200, 451, 451, 200]
    assert [client.get(VERSION).status_code for _ in range(2)] == [500, 200]


def test_an_unknown_fault_is_refused(server: SimulatedAuthentik) -> None:
    with pytest.raises(ValueError, match="no fault 'gremlin'"):
        server.faults.set("gremlin")  # type: ignore[arg-type]  # the point of the test


def test_the_log_may_change_between_two_pages(server: SimulatedAuthentik, client: httpx.Client) -> None:
    asked: list[int] = []
    added = {"pk": str(UUID(int=5000)), "created": exact_text(AT + timedelta(seconds=1))}

    def insert(page: int) -> None:
        asked.append(page)
        if page == 2:
            server.log.add(added)

    server.before_page = insert
    try:
        first, second = client.get(_page(1)), client.get(_page(2))
    finally:
        server.before_page = None
        server.log.remove([added["pk"]])
    assert asked == [1, 2]
    assert _pks(first)[-1] == _pks(second)[0] == 49


def test_requests_are_counted_and_told(server: SimulatedAuthentik, client: httpx.Client) -> None:
    client.get(_page(3))
    client.get(_page(9))
    client.get(GROUPS)
    assert (server.requests.count(), server.requests.count("events"), server.requests.count("groups")) == (3, 2, 1)
    assert server.requests.pages() == [3, 9]
    first, second = server.requests.all("events")
    assert (first.status, first.param("page_size"), first.at) == (200, "50", AT)
    assert second.status == 404


def test_stopping_ends_open_connections_and_frees_the_port() -> None:
    server = SimulatedAuthentik(EventLog(), token="good").start()
    url = server.url
    port = int(url.rpartition(":")[2])
    with httpx.Client(base_url=url, headers={"Authorization": "Bearer good"}) as client:
        assert client.get(VERSION).status_code == 200
        server.stop()
        with pytest.raises(httpx.TransportError):
            client.get(VERSION)
    with pytest.raises(RuntimeError, match="not started"):
        _ = server.url
    with SimulatedAuthentik(EventLog(), token="good", port=port) as again:
        assert again.url == url
        with pytest.raises(OSError, match="in use"):
            SimulatedAuthentik(EventLog(), port=port).start()


def test_stopping_does_not_wait_for_stalled_clients() -> None:
    server = SimulatedAuthentik(EventLog(), token="good").start()
    server.faults.set("stall")
    with socket.create_connection(("127.0.0.1", int(server.url.rpartition(":")[2]))) as client:
        client.sendall(f"GET {VERSION} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        while not server.requests.count():
            server.pause(0.005)
        server.stop()
        client.settimeout(60)
        assert client.recv(1) == b""
    server.stop()


def test_many_clients_at_once(server: SimulatedAuthentik) -> None:
    headers = {"Authorization": "Bearer good"}

    def read(number: int) -> list[int]:
        with httpx.Client(base_url=server.url, headers=headers) as client:
            return [UUID(row["pk"]).int for page in (1, 2, 3) for row in client.get(_page(page)).json()["results"]]

    with ThreadPoolExecutor(12) as pool:
        assert all(pks == list(range(150)) for pks in pool.map(read, range(24)))
    assert server.requests.count("events") == 72


def test_connections_are_kept_alive(server: SimulatedAuthentik, client: httpx.Client) -> None:
    first = client.get(VERSION).extensions["network_stream"].get_extra_info("client_addr")
    second = client.get(VERSION).extensions["network_stream"].get_extra_info("client_addr")
    assert first == second


def test_the_control_path_switches_faults(server: SimulatedAuthentik, client: httpx.Client) -> None:
    told = client.post("/sim/faults", json={"kind": "error_500", "where": "events", "count": 3}).json()
    assert told["faults"] == [
        {"kind": "error_500", "where": "events", "count": 3, "value": None, "after": 0, "hits": 0}
    ]
    assert client.get(_page()).status_code == 500
    assert client.request("DELETE", "/sim/faults").json() == {"faults": []}
    assert client.get(_page()).status_code == 200
    for body in ({"kind": "gremlin"}, {"kind": "stall", "count": 0}, {"kind": "stall", "often": 1}, {}):
        assert client.post("/sim/faults", json=body).status_code == 400
    assert client.post("/sim/faults", content=b"[").status_code == 400
    assert client.get("/sim/requests").json()["events"] == 2


def test_the_control_path_changes_the_log(server: SimulatedAuthentik, client: httpx.Client) -> None:
    event = {"pk": "e1", "created": exact_text(AT), "user": {"pk": 77}}
    assert client.post("/sim/events", json={"event": event}).json() == {"pk": "e1", "created": event["created"]}
    assert server.log.get("e1") == event
    assert client.request("DELETE", "/sim/events", json={"pks": ["e1", "nobody"]}).json() == {"deleted": 1}
    server.log.add(event)
    assert client.request("DELETE", "/sim/users/77").json() == {"deleted": 1}
    assert client.post("/sim/events", json={}).status_code == 400


def test_the_control_path_wants_the_token_and_is_shut_by_default(server: SimulatedAuthentik) -> None:
    assert httpx.get(f"{server.url}/sim/faults").status_code == 403
    with SimulatedAuthentik(EventLog(), token="good") as other:
        good = {"Authorization": "Bearer good"}
        assert httpx.post(f"{other.url}/sim/faults", json={"kind": "reset"}, headers=good).status_code == 404
        assert other.faults.pending() == []
