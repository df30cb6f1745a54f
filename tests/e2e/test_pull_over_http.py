"""The whole way of an event: simulated Authentik over HTTP, pull, translation, tenants, SQLite."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path
from random import Random

import pytest

from dezky_audit_tui import logs
from dezky_audit_tui.demo.faults import FaultKind
from dezky_audit_tui.demo.log import Generation, Json
from dezky_audit_tui.demo.simulation import Simulation
from dezky_audit_tui.ingest.build import build_source
from dezky_audit_tui.ingest.once import run_once
from dezky_audit_tui.ingest.tick import TenantRules
from dezky_audit_tui.model.event import AuditEvent, Row
from dezky_audit_tui.model.instants import exact_text, now
from dezky_audit_tui.model.query import EVERYTHING
from dezky_audit_tui.model.report import TickReport
from dezky_audit_tui.model.tenants import DEFAULT_ADMIN_GROUPS, GroupPatterns
from dezky_audit_tui.settings import Settings
from dezky_audit_tui.sources.authentik.client import AuthentikClient
from dezky_audit_tui.sources.authentik.source import AuthentikSource
from dezky_audit_tui.sources.source import Budget, Source
from dezky_audit_tui.store.open import open_store
from dezky_audit_tui.store.store import Store

FAULTS: tuple[FaultKind, ...] = (
    "error_500",
    "starting",
    "too_many",
    "html_200",
    "truncated",
    "cut_off",
    "empty_body",
    "empty_list",
    "reset",
    "hang_up",
    "redirect",
    "endless_next",
    "repeated_page",
    "shifted_page",
    "no_date",
    "bad_pagination",
)
RULES = TenantRules(frozenset(Simulation.tenants), GroupPatterns(DEFAULT_ADMIN_GROUPS))


class Operator:
    """An ingester on a simulated Authentik, and the two of them to look at."""

    def __init__(self, simulation: Simulation, store: Store, source: Source) -> None:
        self.simulation = simulation
        self.store = store
        self.source = source
        self.ever: set[str] = {event["pk"] for event in simulation.log.events()}

    def add(self, count: int, at: datetime | None = None) -> list[str]:
        """Logins that become visible now."""
        pks = []
        for _ in range(count):
            event = login(at or now())
            self.simulation.log.add(event)
            pks.append(event["pk"])
        self.ever.update(pks)
        return pks

    async def tick(self, *, until_caught_up: bool = False, budget: Budget | None = None) -> list[TickReport]:
        return [
            report
            async for report in run_once(
                self.source, self.store, budget=budget or Budget(), rules=RULES, until_caught_up=until_caught_up
            )
        ]

    async def rows(self) -> list[Row]:
        found: list[Row] = []
        while rows := await self.store.older(EVERYTHING, found[-1].position if found else None, 1000):
            found += rows
        return found

    async def check(self) -> None:
        """The store holds what was there: each once."""
        rows = await self.rows()
        stored = [row.event.external_id for row in rows if row.event.source == "authentik"]
        assert len(stored) == len(set(stored))
        assert {event["pk"] for event in self.simulation.log.events()} <= set(stored)
        assert set(stored) <= self.ever
        assert [row.position for row in rows] == sorted((row.position for row in rows), reverse=True)


def login(at: datetime) -> Json:
    """A login of somebody, in the shape of a recorded one."""
    return {
        "pk": str(uuid.uuid4()),
        "user": {"pk": 5, "email": "alice@example.test", "username": "alice"},
        "action": "login",
        "app": "authentik.events.signals",
        "context": {"auth_method": "password"},
        "client_ip": "203.0.113.7",
        "created": exact_text(at),
        "expires": None,
        "brand": {},
    }


@asynccontextmanager
async def operating(
    folder: Path, events: int = 300, generation: Generation = "2025.12", seed: int = 5
) -> AsyncIterator[Operator]:
    with Simulation(events=events, rate=0, seed=seed, generation=generation) as simulation:
        store = open_store(f"sqlite:///{folder}/audit.db")
        await store.open()
        source = AuthentikSource(AuthentikClient(simulation.url, simulation.token))
        try:
            yield Operator(simulation, store, source)
        finally:
            await source.aclose()
            await store.close()


@pytest.mark.parametrize("generation", ["2025.8", "2025.12"])
async def test_a_long_and_rough_life_ends_with_every_event_once(tmp_path: Path, generation: Generation) -> None:
    random = Random(generation)
    async with operating(tmp_path, events=3_000, generation=generation) as operator:
        simulation, server = operator.simulation, operator.simulation.server

        def between_pages(page: int) -> None:
            roll = random.random()
            if roll < 0.3:
                operator.add(random.randint(1, 30))
            elif roll < 0.4:
                operator.add(2, now() - timedelta(seconds=random.randint(1, 500)))
            elif roll < 0.5:
                place = random.randrange(len(simulation.log) - 50)
                pks = [event["pk"] for event in list(simulation.log.events())[place : place + 40]]
                simulation.log.remove(pks)

        server.before_page = between_pages
        for round_ in range(6):
            if round_ % 2 == 0:
                server.faults.set(random.choice(FAULTS), where="events", count=2, after=random.randint(0, 8))
            await operator.tick(until_caught_up=True)
            if round_ == 2:
                operator.add(1_500)
            if round_ == 3:
                oldest = [event["pk"] for event in simulation.log.events()][:500]
                simulation.log.remove(oldest)
        server.before_page = None
        server.faults.clear()
        reports = await operator.tick(until_caught_up=True)
        assert reports[-1].outcome == "ok"
        assert reports[-1].holes == 0
        await operator.check()


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("after", [0, 3])
async def test_a_fault_changes_nothing_and_is_recovered_from(tmp_path: Path, fault: FaultKind, after: int) -> None:
    budget = Budget(page_size=30)
    async with operating(tmp_path, events=400) as operator:
        faults = operator.simulation.server.faults
        await operator.tick(budget=budget)
        operator.add(210)
        before = await operator.store.state("authentik")
        faults.set(fault, where="events", count=3, after=after)
        (report,) = await operator.tick(budget=budget)
        if report.outcome == "failed":
            assert report.error is not None
            assert "\n" not in report.error.message
            assert operator.simulation.token not in report.error.message
            if after == 0:
                state = await operator.store.state("authentik")
                assert (state.cursor, state.settled_at, state.holes) == (before.cursor, before.settled_at, before.holes)
        faults.clear()
        reports = await operator.tick(until_caught_up=True)
        assert reports[-1].outcome == "ok"
        await operator.check()


async def test_a_fresh_store_and_a_restart_store_nothing_twice(tmp_path: Path) -> None:
    async with operating(tmp_path, events=800) as operator:
        first = await operator.tick(until_caught_up=True)
        assert sum(report.inserted for report in first) == 800
    async with operating(tmp_path, events=800) as operator:
        again = await operator.tick(until_caught_up=True)
        assert [report.inserted for report in again] == [0]
        assert again[0].requests == 1, "no full pull after a restart"
        await operator.check()


async def test_the_newest_of_a_long_history_are_there_after_ten_pages(tmp_path: Path) -> None:
    async with operating(tmp_path, events=12_000) as operator:
        (report,) = await operator.tick()
        assert operator.simulation.server.requests.count("events") <= 10
        newest = max(operator.simulation.log.events(), key=lambda event: event["created"])
        rows = await operator.store.older(EVERYTHING, None, 1)
        assert rows[0].event.external_id == newest["pk"]
        assert report.holes == 1


async def test_a_quiet_tick_asks_for_one_page(tmp_path: Path) -> None:
    async with operating(tmp_path, events=500) as operator:
        await operator.tick(until_caught_up=True)
        (report,) = await operator.tick()
        assert report.requests == 1
        assert report.inserted == 0


async def test_a_token_that_is_replaced_in_its_file_needs_no_new_start(tmp_path: Path) -> None:
    async with operating(tmp_path) as operator:
        server, file = operator.simulation.server, tmp_path / "token"
        file.write_text(f"{operator.simulation.token}\n")
        operator.source = build_source(Settings(authentik_url=operator.simulation.url, authentik_token_file=file))
        (report,) = await operator.tick()
        assert report.outcome == "ok"
        server.tokens["another-token"] = server.tokens.pop(operator.simulation.token)
        (report,) = await operator.tick()
        assert report.error is not None
        assert report.error.kind == "token_invalid"
        file.write_text("another-token\n")
        (report,) = await operator.tick()
        assert report.outcome == "ok"
        file.unlink()
        (report,) = await operator.tick()
        assert report.outcome == "ok", "a file that is away takes no token away"
        await operator.source.aclose()
        assert "another-token" not in logs.redact("Bearer another-token")
        logs.stop_logging()


async def test_a_login_is_stored_with_its_tenant_and_the_reason(tmp_path: Path) -> None:
    async with operating(tmp_path, events=200) as operator:
        await operator.tick(until_caught_up=True)
        made = operator.simulation.login()
        await operator.tick()
        rows = await operator.store.older(EVERYTHING, None, 20)
        (event,) = [row.event for row in rows if row.event.external_id == made["pk"]]
        assert event.action == "authentik.login"
        assert event.tenant_slug in Simulation.tenants
        assert event.tenant_why is not None
        assert event.tenant_why.reason == "matched"


async def test_rows_of_other_writers_never_collide(tmp_path: Path) -> None:
    async with operating(tmp_path, events=100) as operator:
        await operator.tick(until_caught_up=True)
        store = operator.store
        lease = await store.acquire_lease("platform", "mail@here/1/a-b-1", 30)
        assert lease is not None
        for _ in range(3):
            event = AuditEvent(source="platform", external_id=None, at=now(), action="mail.sent")
            await store.commit([event, event], (), await store.state("platform"), lease)
        assert (await store.counts())["platform"] == 6


async def test_no_secret_of_the_source_reaches_the_store(tmp_path: Path) -> None:
    async with operating(tmp_path, events=2_000) as operator:
        await operator.tick(until_caught_up=True)
        kept = stored_bytes(tmp_path)
        secrets = {secret for event in operator.simulation.log.events() for secret in secrets_of(event)}
        assert secrets, "the story holds mails and arguments"
        for secret in secrets:
            assert secret.encode() not in kept
        assert operator.simulation.token.encode() not in kept


def stored_bytes(folder: Path) -> bytes:
    """All that the store has written, its log of changes included."""
    return b"".join(file.read_bytes() for file in sorted(folder.iterdir()))


def secrets_of(event: Json) -> list[str]:
    """Values that must not be kept: of arguments of a query, and of links in a mail."""
    context = event["context"]
    args = context.get("http_request", {}).get("args", {})
    found = [args[name] for name in ("code", "state", "itoken", "flow_token") if len(str(args.get(name, ""))) > 12]
    body = context.get("body")
    return found + ([body[:200]] if isinstance(body, str) else [])
