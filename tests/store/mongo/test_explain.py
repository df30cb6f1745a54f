"""On a real MongoDB: no query of this program looks through a whole collection."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

from pymongo import monitoring

from dezky_audit_tui.errors import StoreError
from dezky_audit_tui.model.event import Person, TenantWhy
from dezky_audit_tui.model.finding import finding_of
from dezky_audit_tui.model.query import EVERYTHING
from dezky_audit_tui.model.report import TickReport
from dezky_audit_tui.model.set_aside import SetAside
from dezky_audit_tui.model.tenants import Resolution
from dezky_audit_tui.store.mongo.conditions import term_cond
from dezky_audit_tui.store.store import Store
from tests.store.mongo_house import MongoHouse, RealHouse, database_of
from tests.store.mongo_server import REAL
from tests.store.samples import AUTHENTIK, NOON, event, failed_lookup, put, query, take_lease

QUERIES = ("find", "aggregate", "count", "update", "findAndModify")
OWN = ("auditevents", "ingestcursors", "ingestticks", "ingestquarantine", "ingestfindings")
FILTERS = (
    "",
    "tenant:acme",
    "tenant:none",
    "tenant:a*",
    "!tenant:acme",
    "verb:login",
    "verb:authentik.login,authentik.logout",
    "!verb:login",
    "source:authentik",
    "outcome:failure",
    "actor:ana*",
    "target:admins",
    "ip:203.0.113.1",
    "ip:203.0.113.0/24",
    "ip:203.*",
    "is:unmapped",
    "is:unresolved",
    "is:impersonated",
    "since:2026-11-24T12:00:05",
    "until:2026-11-24T12:00:05 tenant:acme",
    "word",
    "tenant:acme word",
)


class Heard(monitoring.CommandListener):
    """What the program's own client sent."""

    def __init__(self, database: str) -> None:
        self.database = database
        self.commands: dict[str, dict[str, Any]] = {}
        self.asked: set[tuple[str, str]] = set()

    def started(self, event: monitoring.CommandStartedEvent) -> None:
        command = dict(event.command)
        if event.database_name == self.database and event.command_name in QUERIES:
            kept = {name: value for name, value in command.items() if not name.startswith("$") and name not in _SESSION}
            if "$changeStream" not in str(kept.get("pipeline")) and kept[event.command_name] in OWN:
                self.commands.setdefault(json.dumps(kept, default=str), kept)
                self.asked.add((event.command_name, kept[event.command_name]))

    def succeeded(self, event: monitoring.CommandSucceededEvent) -> None:
        """Not of interest."""

    def failed(self, event: monitoring.CommandFailedEvent) -> None:
        """Not of interest."""


_SESSION = ("lsid", "txnNumber", "writeConcern", "readConcern", "maxTimeMS", "bypassEmptyTsReplacement")


async def use_everything(store: Store) -> None:
    """Every method that queries."""
    lease = await take_lease(store)
    await put(store, *(event(number) for number in range(50)), *map(failed_lookup, range(60, 63)), lease=lease)
    aside = SetAside(AUTHENTIK, "k", "no moment", NOON)
    await store.commit((), (aside,), await store.state(AUTHENTIK), lease)
    lease = await store.renew_lease(lease, 30)
    [row, *_] = await store.unresolved(AUTHENTIK, 10)
    await store.resolve({row.position: Resolution("acme", TenantWhy("matched", "7"))}, lease)
    await store.request_force(AUTHENTIK)
    await store.take_force(AUTHENTIK, lease)
    await store.request_lease(AUTHENTIK, lease.owner)
    await store.pass_lease(lease, 30)
    await store.withdraw_request(AUTHENTIK, lease.owner)
    await store.save_tick(TickReport(AUTHENTIK, "timer", NOON))
    await store.known(AUTHENTIK, ["id-1", "id-2"])
    await store.same_request(AUTHENTIK, {"request-1"}, [NOON])
    await store.last_before(AUTHENTIK, "authentik.login", "7", NOON + timedelta(seconds=9))
    for text in FILTERS:
        rows = await store.older(query(text), None, 5)
        for read in (store.older, store.newer):
            await read(query(text), rows[0].position if rows else row.position, 5)
        await store.count(query(text))
    await store.get(row.position)
    for read_all in (store.counts, store.action_counts, store.tenant_counts, store.tenants, store.check):
        await read_all()
    await store.count(EVERYTHING)
    await store.status(AUTHENTIK)
    await store.ticks(AUTHENTIK, 5)
    await store.quarantined(5)
    await store.note([finding_of(event(1), "missing", NOON)], lease)
    await store.findings(5)
    await store.findings_of(AUTHENTIK, ["id-1", "id-2"])
    follower = await store.follow()
    await put(store, event(99), lease=lease)
    await follower.poll()
    await follower.close()
    await store.release_lease(lease)


def scans(plan: object) -> bool:
    """Whether a plan that won has a stage that walks a collection."""
    if isinstance(plan, Mapping):
        if "winningPlan" in plan:
            return scans(plan["winningPlan"])
        rest = {name: each for name, each in plan.items() if name != "rejectedPlans"}
        return plan.get("stage") == "COLLSCAN" or any(map(scans, rest.values()))
    return isinstance(plan, list) and any(map(scans, plan))


async def heard_by(house: MongoHouse) -> Heard:
    heard = Heard(house.url.rpartition("/")[2].partition("?")[0])
    monitoring.register(heard)
    try:
        store = await house.enter()
        await use_everything(store)
    finally:
        monitoring._LISTENERS.command_listeners.remove(heard)
    with suppress(StoreError):
        await store.close()
    return heard


async def test_every_query_of_this_program_is_heard(tmp_path: Path) -> None:
    heard = await heard_by(MongoHouse(tmp_path))
    assert {collection for _, collection in heard.asked} == set(OWN)
    assert {command for command, _ in heard.asked} == set(QUERIES)
    assert len(heard.commands) > 50


if REAL:

    async def test_impersonations_are_found_without_a_look_at_all_other_rows(tmp_path: Path) -> None:
        house = RealHouse(tmp_path)
        store = await house.enter()
        lease = await take_lease(store)
        behalf = [event(number, on_behalf_of=Person("8", "Bo")) for number in range(3)]
        await put(store, *behalf, *(event(number) for number in range(10, 2_010)), lease=lease)
        with house.client() as client:
            where = term_cond(query("is:impersonated").terms[0]).maybe
            command = {"find": "auditevents", "filter": where, "sort": {"at": -1, "_id": -1}, "limit": 100}
            told = database_of(client).command("explain", command, verbosity="executionStats")
            assert told["executionStats"]["totalKeysExamined"] <= 4
            assert told["executionStats"]["nReturned"] == 3
        await store.close()

    async def test_no_query_looks_through_a_whole_collection(tmp_path: Path) -> None:
        house = RealHouse(tmp_path)
        heard = await heard_by(house)
        with house.client() as client:
            for shown, command in heard.commands.items():
                plan = database_of(client).command("explain", command, verbosity="queryPlanner")
                assert not scans(plan), shown
