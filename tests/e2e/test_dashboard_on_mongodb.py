"""What a dashboard on the platform's MongoDB says where it may not write, and where somebody else moves the cursor."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from pymongo import MongoClient

from dezky_audit_tui.demo.simulation import Simulation
from dezky_audit_tui.model.instants import now
from tests.cli.conftest import Machine
from tests.cli.terminal import Terminal
from tests.store.mongo_server import GUARDED, REPLICA_SET, ROOT, ROOT_PASSWORD, new_database

PASSWORD = "MARKER-hunter2"


@pytest.fixture
def authentik() -> Iterator[Simulation]:
    with Simulation(events=40, rate=0, seed=7) as running:
        yield running


@pytest.fixture
def machine(tmp_path: Path, authentik: Simulation) -> Machine:
    machine = Machine(tmp_path / "home")
    machine.set(AUTHENTIK_URL=authentik.url, AUTHENTIK_TOKEN=authentik.token, AUDIT_INGEST_INTERVAL="3600")
    return machine


def test_who_may_only_read_sees_all_and_is_told_why_it_does_not_ingest(machine: Machine, authentik: Simulation) -> None:
    url = new_database(GUARDED)
    as_root = url.replace("mongodb://", f"mongodb://{ROOT}:{quote(ROOT_PASSWORD, safe='')}@") + "?authSource=admin"
    with MongoClient[dict[str, Any]](as_root) as client:
        database = client.get_default_database()
        database.command("createUser", "reader", pwd=PASSWORD, roles=[{"role": "read", "db": database.name}])
        machine.set(AUDIT_STORE=as_root)
        assert machine.run("tick").code == 0
        machine.set(
            AUDIT_STORE=url.replace("mongodb://", f"mongodb://reader:{PASSWORD}@") + f"?authSource={database.name}"
        )
        requests = authentik.server.requests.count()
        with Terminal(machine) as terminal:
            terminal.until(lambda text: "40 events" in text and "may not write" in text)
            shown = terminal.until(lambda text: "This program only watches" in text and "there." in text)
            assert "give it the role readWrite" in " ".join(shown.split())
            database.auditevents.insert_one({"verb": "mailbox.created", "at": now()})
            terminal.until(lambda text: "mailbox.created" in text)
            terminal.press("r")
            terminal.until(lambda text: "› the user of AUDIT_STORE may not write" in text)
            terminal.press("q")
            assert terminal.ended() == 0
    assert authentik.server.requests.count() == requests
    assert PASSWORD.encode() not in terminal.raw
    doctor = machine.run("doctor", "--json")
    assert doctor.code == 1
    [store] = [check for check in doctor.json["checks"] if check["name"] == "store"]
    assert (store["status"], "readWrite" in store["remedy"]) == ("fail", True)
    refused = machine.run("tick", "--json")
    assert (refused.code, refused.json["outcome"], refused.json["error"]["kind"]) == (1, "failed", "store_read_only")
    for reading in ("status", "timeline", "actions", "tenants", "handover", "quarantine"):
        assert machine.run(reading).code == 0, reading


def test_another_worker_at_the_cursor_is_told_by_header_status_and_doctor(
    machine: Machine, authentik: Simulation
) -> None:
    machine.set(AUDIT_STORE=new_database(REPLICA_SET), AUDIT_TENANTS=",".join(Simulation.tenants))
    with MongoClient[dict[str, Any]](machine.environment["AUDIT_STORE"]) as client, Terminal(machine) as terminal:
        terminal.until(lambda text: "40 events" in text and "ingesting here" in text)
        client.get_default_database().ingestcursors.update_one(
            {"source": "authentik"}, {"$set": {"lastEventId": "moved", "lastEventAt": now(), "updatedAt": now()}}
        )
        terminal.until(lambda text: "Another worker moves this store's cursor too" in text)
        terminal.press("q")
        assert terminal.ended() == 0
    assert machine.run("tick").code == 0, "the pull goes by its own place"
    assert "moved by another worker too" in machine.run("status").out
    assert "otherWorkerAt" in machine.run("status", "--json").json
    found = {check["name"]: check for check in machine.run("doctor", "--json").json["checks"]}
    assert "another worker moves the cursor" in found["store cursor"]["message"]
    assert (found["store tenants"]["status"], "AUDIT_TENANTS names" in found["store tenants"]["message"]) == (
        "ok",
        True,
    )
