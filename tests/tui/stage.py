"""A whole dashboard whose time only moves when it is told to: simulated Authentik, real pull, real SQLite, real app."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self
from unittest.mock import patch

from dezky_audit_tui.demo.simulation import Simulation
from dezky_audit_tui.ingest.tick import TenantRules
from dezky_audit_tui.ingest.worker import Ingester
from dezky_audit_tui.model.tenants import DEFAULT_ADMIN_GROUPS, GroupPatterns
from dezky_audit_tui.sources.authentik.action_map import VERBS
from dezky_audit_tui.sources.authentik.client import AuthentikClient
from dezky_audit_tui.sources.authentik.source import AuthentikSource
from dezky_audit_tui.sources.source import Budget
from dezky_audit_tui.store.sqlite.store import SqliteStore
from dezky_audit_tui.tui.app import AuditApp
from dezky_audit_tui.tui.setup import Setup
from dezky_audit_tui.tui.timeline import stillness
from dezky_audit_tui.tui.words.zone import Zone
from tests.ingest.virtual import VirtualTime

OWNER = "ops@bastion/4711/1f0c2a9d-5be07c31-1"


class Stage:
    """`events` of history, then `rate` events a second of virtual time. A context manager: the source is up inside."""

    def __init__(
        self,
        folder: Path,
        *,
        events: int = 300,
        rate: float = 0.0,
        seed: int = 7,
        interval_s: float = 60.0,
        budget: Budget | None = None,
        ingest: bool = True,
        view_file: Path | None = None,
    ) -> None:
        self.time = VirtualTime()
        self.interval_s = interval_s
        self.budget = budget or Budget()
        self.simulation = Simulation(events=events, rate=rate, seed=seed, clock=self.time.wall, live=False)
        folder.mkdir(exist_ok=True)
        self.store = SqliteStore(folder / "audit.db", clock=self.time.wall)
        self.ingester: Ingester | None = None
        self._brief = patch.object(stillness, "STILL_S", 0.01)  # which is real time, and waited for after each key
        self.app = AuditApp(
            Setup(
                store=self.store,
                make_ingester=self._make if ingest else None,
                source_name="authentik",
                interval_s=interval_s,
                verbs=VERBS,
                clock=self.time.wall,
                zone=Zone("utc"),
                view_file=view_file,
            )
        )

    def __enter__(self) -> Self:
        self.simulation.start()
        self._brief.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._brief.stop()
        self.simulation.stop()

    async def _make(self) -> Ingester:
        client = AuthentikClient(self.simulation.url, self.simulation.token)
        source = AuthentikSource(client, clock=self.time.wall)
        self.ingester = Ingester(
            source,
            self.store,
            budget=self.budget,
            rules=TenantRules(frozenset(self.simulation.tenants), GroupPatterns(DEFAULT_ADMIN_GROUPS)),
            interval_s=self.interval_s,
            clocks=self.time.clocks,
            owner=OWNER,
        )
        return self.ingester

    async def until(self, holds: Callable[[], bool], what: str, patience_s: float = 60.0) -> None:
        """Wait, in real time, for threads and sockets; virtual time stands still."""
        async with asyncio.timeout(patience_s):
            while not holds():  # noqa: ASYNC110  # what is waited for tells nobody
                await asyncio.sleep(0.02)

    async def caught_up(self) -> None:
        """Until the first ticks are done, no hole is left, and the screen knows."""
        await self.until(lambda: self.ingester is not None and self.ingester.state.last is not None, "the first tick")
        assert self.ingester is not None
        while True:
            await self.quiet()
            if not (await self.store.state("authentik")).unread:
                break
            await self.time.advance(0.2)
        await self.shown()

    async def quiet(self) -> None:
        """Until no tick is in flight."""
        ingester = self.ingester
        if ingester is not None:
            await self.until(lambda: ingester.state.phase not in ("ticking", "starting"), "the end of a tick")

    async def shown(self) -> None:
        """Until the screen has read what the store holds by now."""
        main = self.app.main
        await main.feed.refresh()
        main.second()
        await asyncio.sleep(0.05)
        await self.until(lambda: not self.is_moving and not main.counting_volume, "the volume")

    @property
    def is_moving(self) -> bool:
        """Whether something waits for the reader, or for the rows, to stand still."""
        return self.app.main.rows_stand.waits or self.app.main.reader_stands.waits

    async def pass_time(self, seconds: float, step: float = 1.0) -> None:
        """The story goes on, the ingester ticks, and the screen shows it."""
        left = seconds
        while left > 0:
            await self.time.advance(min(step, left))
            self.simulation.play_until(self.time.wall())
            await self.time.settle()
            await self.quiet()
            left -= step
        await self.due_tick_done()
        await self.shown()

    async def reach(self, seconds: float) -> None:
        """Let virtual time stand exactly so many seconds after the start, whatever the first ticks have taken of it."""
        await self.time.advance(seconds - self.time.monotonic())
        await self.quiet()
        await self.shown()

    async def due_tick_done(self) -> None:
        """A tick that is due by now may still wait for a thread of the store."""
        ingester = self.ingester
        while ingester is not None and (due := ingester.state.next_tick_at) is not None and due <= self.time.wall():
            await self.time.advance(0.05)
            await self.quiet()
