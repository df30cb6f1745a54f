"""An ingester in this process: real HTTP, a real store, and waits as short as a test wants them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime

from dezky_audit_tui.ingest.clocks import Clocks
from dezky_audit_tui.ingest.lease import Sleep
from dezky_audit_tui.ingest.once import run_once
from dezky_audit_tui.ingest.tick import TenantRules
from dezky_audit_tui.model.instants import now
from dezky_audit_tui.model.report import TickReport
from dezky_audit_tui.model.tenants import DEFAULT_ADMIN_GROUPS, GroupPatterns
from dezky_audit_tui.sources.authentik.client import AuthentikClient
from dezky_audit_tui.sources.authentik.connection import Patience
from dezky_audit_tui.sources.authentik.source import AuthentikSource
from dezky_audit_tui.sources.source import Budget
from dezky_audit_tui.store.store import Store
from tests.faults.world import World

SHORT = Patience(connect_s=2.0, read_s=1.0, whole_s=2.0)


class Operator:
    """Ticks from one source into one store; the source lives as long as the operator, as in a service."""

    def __init__(
        self, source: AuthentikSource, store: Store, rules: TenantRules, budget: Budget, clocks: Clocks
    ) -> None:
        self.source = source
        self.store = store
        self.rules = rules
        self.budget = budget
        self.clocks = clocks

    async def tick(self, *, until_caught_up: bool = False) -> list[TickReport]:
        """The reports of one tick, or of as many as it takes."""
        ticks = run_once(
            self.source,
            self.store,
            budget=self.budget,
            rules=self.rules,
            until_caught_up=until_caught_up,
            clocks=self.clocks,
        )
        return [report async for report in ticks]


@asynccontextmanager
async def operating(
    world: World,
    store: Store,
    *,
    clock: Callable[[], datetime] = now,
    monotonic: Callable[[], float] | None = None,
    sleep: Sleep | None = None,
    budget: Budget | None = None,
    largest_body: int = 64 * 1024 * 1024,
) -> AsyncIterator[Operator]:
    """An operator of that world; `clock` is this machine's."""
    client = AuthentikClient(
        world.simulation.url, world.simulation.token, patience=SHORT, clock=clock, largest_body=largest_body
    )
    source = AuthentikSource(client, clock)
    rules = TenantRules(frozenset(world.simulation.tenants), GroupPatterns(DEFAULT_ADMIN_GROUPS))
    clocks = Clocks(wall=clock)
    if monotonic is not None:
        clocks = Clocks(wall=clock, monotonic=monotonic)
    if sleep is not None:
        clocks = Clocks(clocks.wall, clocks.monotonic, sleep)
    try:
        yield Operator(source, store, rules, budget or Budget(), clocks)
    finally:
        await source.aclose()
