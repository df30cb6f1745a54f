"""Two programs on one MongoDB: dashboards in terminals and services, Authentik over HTTP, and one of them killed."""

from __future__ import annotations

import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from bson import ObjectId
from pymongo import MongoClient
from pymongo.database import Database

from dezky_audit_tui.demo.simulation import Simulation
from dezky_audit_tui.model.instants import now
from tests.cli.conftest import Machine
from tests.cli.terminal import Terminal
from tests.store.mongo_server import REPLICA_SET, STANDALONE, new_database

Platform = Database[dict[str, Any]]
EVENTS = 120
PATIENCE_S = 60.0
EVENT_FIELDS = {
    *("_id", "source", "externalId", "at", "recordedAt", "action", "outcome", "onBehalfOf", "target", "tenantSlug"),
    *("actorId", "actorName", "actorEmail", "actorIp", "tenantWhy", "metadata", "createdAt", "updatedAt", "__v"),
}


@pytest.fixture
def authentik() -> Iterator[Simulation]:
    with Simulation(events=EVENTS, rate=0, seed=7) as running:
        yield running


@pytest.fixture
def platform(request: pytest.FixtureRequest) -> Iterator[tuple[str, Platform]]:
    """A new database that knows the tenants, by its URL and as another service of the platform sees it."""
    url = new_database(getattr(request, "param", REPLICA_SET))
    with MongoClient[dict[str, Any]](url, tz_aware=True) as client:
        database = client.get_default_database()
        database.tenants.insert_many([{"slug": slug, "name": slug.title()} for slug in Simulation.tenants])
        yield url, database


@pytest.fixture
def machine(tmp_path: Path, platform: tuple[str, Platform], authentik: Simulation) -> Machine:
    machine = Machine(tmp_path / "home")
    machine.set(
        AUDIT_STORE=platform[0],
        AUTHENTIK_URL=authentik.url,
        AUTHENTIK_TOKEN=authentik.token,
        AUDIT_INGEST_INTERVAL="3600",
    )
    return machine


def wait_until(holds: Callable[[], object]) -> float:
    """How many seconds it took."""
    began = time.monotonic()
    while not holds():
        assert time.monotonic() - began < PATIENCE_S
        time.sleep(0.05)
    return time.monotonic() - began


def check_all_is_there_once(database: Platform, authentik: Simulation) -> None:
    stored = [row["externalId"] for row in database.auditevents.find({"source": "authentik"})]
    assert len(stored) == len(set(stored)), "nothing is doubled"
    assert set(stored) == {event["pk"] for event in authentik.log.events()}, "nothing is lost"


@pytest.mark.parametrize("platform", [REPLICA_SET, STANDALONE], indirect=True)
def test_a_watcher_shows_all_asks_the_holder_and_takes_over_when_it_is_killed(
    machine: Machine, platform: tuple[str, Platform], authentik: Simulation
) -> None:
    _, database = platform
    with Terminal(machine, columns=180) as first, Terminal(machine, columns=180) as second:
        first.until(lambda text: "ingesting here" in text or "watching" in text)
        holder, watcher = (first, second) if "ingesting here" in first.text else (second, first)
        holder.until(lambda text: f"{EVENTS} events" in text)
        watcher.until(lambda text: f"pid {holder.process.pid}) ingests" in text and f"{EVENTS} events" in text)

        user = authentik.login()["user"]["username"]
        watcher.press("r")
        for terminal in (watcher, holder):
            terminal.until(lambda text: f"{EVENTS + 1} events" in text and user[:12] in text)

        # A service of the platform writes in a shape of its own.
        database.auditevents.insert_one({"event": "mailbox.created", "actor": {"name": "Ana"}, "timestamp": now()})
        for terminal in (watcher, holder):
            terminal.until(lambda text: "mailbox.created" in text)

        holder.process.send_signal(signal.SIGKILL)
        holder.process.wait()
        missed = [authentik.login()["pk"] for _ in range(3)]
        watcher.until(lambda text: "ingesting here" in text and f"{EVENTS + 5} events" in text)
        assert database.auditevents.count_documents({"externalId": {"$in": missed}}) == 3
        watcher.press("q")
        assert watcher.ended() == 0
    check_all_is_there_once(database, authentik)
    [row] = database.ingestcursors.find()
    assert (row["lease"]["owner"], row["lease"]["epoch"]) == (None, 2)


def test_a_holder_that_slept_moves_nothing(
    machine: Machine, platform: tuple[str, Platform], authentik: Simulation
) -> None:
    _, database = platform
    machine.set(AUDIT_INGEST_INTERVAL="1")
    sleeper, other = (machine.spawn("ingest") for _ in range(2))
    try:
        wait_until(lambda: database.auditevents.count_documents({}) >= EVENTS)
        lease = database.ingestcursors.find_one({})["lease"]  # type: ignore[index]  # there is one
        if f"/{sleeper.pid}/" not in lease["owner"]:
            sleeper, other = other, sleeper
        sleeper.send_signal(signal.SIGSTOP)
        # Its lease runs out, by the server's clock.
        database.ingestcursors.update_one({}, {"$set": {"lease.expiresAt": now() - timedelta(seconds=1)}})
        wait_until(lambda: f"/{other.pid}/" in _owner(database))
        pk = authentik.login()["pk"]
        wait_until(lambda: database.auditevents.count_documents({"externalId": pk}))
        sleeper.send_signal(signal.SIGCONT)
        for _ in range(5):
            pk = authentik.login()["pk"]
            wait_until(lambda: database.auditevents.count_documents({"externalId": pk}))  # noqa: B023 - used at once
            assert f"/{other.pid}/" in _owner(database)
        told = _ended(sleeper)
        assert "lease" in told, "it says that it was lost"
        assert _ended(other)
    finally:
        for program in (sleeper, other):
            program.kill()
    check_all_is_there_once(database, authentik)


def test_killed_again_and_again_while_it_reads_history_each_event_is_stored_once(
    machine: Machine, platform: tuple[str, Platform], authentik: Simulation
) -> None:
    _, database = platform
    machine.set(AUDIT_INGEST_PAGE_SIZE="10", AUDIT_INGEST_MAX_PAGES="1")
    for at_least in (10, 40, 80):
        program = machine.spawn("ingest")
        wait_until(lambda: database.auditevents.count_documents({}) >= at_least)  # noqa: B023 - used at once
        program.kill()
        program.communicate()
    machine.set(AUDIT_INGEST_PAGE_SIZE="100", AUDIT_INGEST_MAX_PAGES="10")
    assert machine.run("tick", "--until-caught-up").code == 0
    check_all_is_there_once(database, authentik)


def test_every_document_has_the_fields_of_the_platforms_schema(
    machine: Machine, platform: tuple[str, Platform], authentik: Simulation
) -> None:
    _, database = platform
    assert machine.run("tick", "--until-caught-up").code == 0
    check_all_is_there_once(database, authentik)
    for row in database.auditevents.find():
        assert set(row) == EVENT_FIELDS
        assert isinstance(row["_id"], ObjectId)
        assert row["__v"] == 0
        for name in ("at", "recordedAt", "createdAt", "updatedAt"):
            assert isinstance(row[name], datetime), name
        assert set(row["tenantWhy"]) == {"reason", "userId", "groups", "stripped", "lookedUpAt"}
        for name, keys in (("onBehalfOf", {"id", "name", "email"}), ("target", {"type", "id", "name"})):
            assert row[name] is None or set(row[name]) == keys
        assert isinstance(row["metadata"]["rawAction"], str)
        assert isinstance(row["metadata"]["created"], str)
    assert {row["tenantSlug"] for row in database.auditevents.find()} >= {None, Simulation.tenants[0]}

    [cursor] = database.ingestcursors.find()
    newest = database.auditevents.find_one({}, sort=[("at", -1), ("_id", -1)]) or {}
    assert cursor["lastEventId"] == newest["externalId"]
    assert cursor["lastEventCreated"] == newest["metadata"]["created"]
    assert set(cursor["lease"]) >= {"owner", "epoch", "expiresAt"}
    assert (type(cursor["rev"]), cursor["holes"], cursor["source"]) == (int, [], "authentik")
    for name in ("lastEventAt", "settledAt", "rewalkedAt", "createdAt", "updatedAt"):
        assert isinstance(cursor[name], datetime), name
    assert {"forceRequestedAt", "__v"} <= set(cursor)

    tick = database.ingestticks.find_one({}) or {}
    assert {"source", "trigger", "durationMs", "requests", "fetched", "inserted", "duplicates", "setAside"} <= set(tick)
    assert {"unmapped", "tenants", "holes", "cursor", "outcome", "error", "createdAt", "updatedAt", "__v"} <= set(tick)
    assert isinstance(tick["startedAt"], datetime)
    assert "expireAfterSeconds" in database.ingestticks.index_information()["createdAt_1"]


def _owner(database: Platform) -> str:
    row = database.ingestcursors.find_one({}) or {}
    return str(row["lease"]["owner"])


def _ended(program: subprocess.Popen[str]) -> str:
    """What a service logged until it was told to end."""
    program.send_signal(signal.SIGTERM)
    _, told = program.communicate(timeout=PATIENCE_S)
    assert program.returncode == 0
    return told
