"""Ticks without a worker: one, or as many as the holes need. What `tick` and a `demo` without a terminal run."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import suppress
from dataclasses import replace

from dezky_audit_tui.errors import StoreError
from dezky_audit_tui.ingest.clocks import Clocks
from dezky_audit_tui.ingest.tick import TenantRules, skipped
from dezky_audit_tui.ingest.ticker import Ticker
from dezky_audit_tui.model.report import TickError, TickReport, Trigger
from dezky_audit_tui.sources.source import Budget, Source
from dezky_audit_tui.store.lease_owner import shown_owner
from dezky_audit_tui.store.store import Store


async def run_once(
    source: Source,
    store: Store,
    *,
    budget: Budget,
    rules: TenantRules,
    until_caught_up: bool = False,
    enabled: bool = True,
    clocks: Clocks | None = None,
) -> AsyncGenerator[TickReport, None]:
    """The report of each tick, as it ends; the last one is failed or skipped, or nothing is left to do.

    Holds the lease meanwhile; where another ingester has it, or `enabled` is False, the one report is `skipped`.
    Raises a StoreError only where the store does not answer before the first tick.
    """
    clocks = clocks or Clocks()
    if not enabled or store.read_only is not None:
        why = store.read_only if enabled else None
        told = TickError("disabled", why or "AUDIT_INGEST_ENABLED is false: nothing was sent")
        yield skipped(source.name, "cli", await store.state(source.name), told, clocks.wall())
        return
    ticker = Ticker(source, store, replace(budget, whole_overlap=until_caught_up), rules, clocks)
    keeper = ticker.keeper()
    if not await keeper.acquire():
        yield await held_by_another(source, store, clocks)
        return
    async with keeper.held():
        trigger: Trigger = "cli"
        inserted, again = 0, False
        while True:
            tick = await ticker.tick(keeper, trigger)
            yield tick.report
            more = tick.more or tick.waiting > 0
            if not until_caught_up or tick.report.outcome != "ok" or (tick.caught_up and not more):
                return
            inserted += tick.report.inserted
            if not more:
                if again and not inserted:
                    return  # read from the head through every hole: what is above the cursor lies ahead of the clock
                inserted, again = 0, True
            trigger = "catch_up" if more else "cli"
            if trigger == "catch_up":
                await ticker.pause_after(tick)


async def held_by_another(source: Source, store: Store, clocks: Clocks) -> TickReport:
    """The report of a tick that another ingester's lease kept from being."""
    told = TickError("lease_held", f"{await who_ingests(source, store)} ingests already; nothing was sent")
    return skipped(source.name, "cli", await store.state(source.name), told, clocks.wall())


async def who_ingests(source: Source, store: Store) -> str:
    """The holder of the lease, for a line."""
    lease = None
    with suppress(StoreError):
        lease = (await store.status(source.name)).lease
    return shown_owner(lease.owner) if lease is not None else "another ingester"
