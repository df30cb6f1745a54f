"""All that a tick takes, in one place: a worker, a single pull and a walk make their ticks with it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from dezky_audit_tui.ingest.clocks import Clocks
from dezky_audit_tui.ingest.lease import LeaseKeeper
from dezky_audit_tui.ingest.tick import TenantRules, Tick, run_tick
from dezky_audit_tui.model.report import Trigger
from dezky_audit_tui.sources.source import Budget, Source
from dezky_audit_tui.store.lease_owner import make_owner
from dezky_audit_tui.store.store import Store


@dataclass(frozen=True, slots=True)
class Ticker:
    """One source and one store, and by which rules and clocks the one is pulled into the other."""

    source: Source
    store: Store
    budget: Budget
    rules: TenantRules
    clocks: Clocks

    def keeper(self, owner: str | None = None) -> LeaseKeeper:
        """For the source's lease, which is not taken yet. `owner`: a new one unless told."""
        return LeaseKeeper(
            self.store,
            self.source.name,
            owner or make_owner(),
            monotonic=self.clocks.monotonic,
            sleep=self.clocks.sleep,
        )

    async def tick(
        self, keeper: LeaseKeeper, trigger: Trigger, on_progress: Callable[[str], None] | None = None
    ) -> Tick:
        """One tick under the lease that `keeper` holds; see `run_tick`."""
        return await run_tick(
            self.source,
            self.store,
            keeper.current,
            trigger=trigger,
            budget=self.budget,
            rules=self.rules,
            clock=self.clocks.wall,
            monotonic=self.clocks.monotonic,
            on_progress=on_progress,
        )

    async def pause_after(self, tick: Tick) -> None:
        """About as long as a request of that tick took: what the source is given before the next one."""
        await self.clocks.sleep(request_s(tick))


def request_s(tick: Tick) -> float:
    """About how many seconds a request took."""
    return tick.report.duration_ms / 1000 / max(tick.report.requests, 1)
