"""One life of a source and two ingesters in virtual time: what may happen in it, and what has to hold after each.

Real HTTP, a real store, the real code; only the clocks are the life's own.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from random import Random
from typing import Any, TypeVar

from dezky_audit_tui.demo.faults import FaultKind
from dezky_audit_tui.errors import StoreError
from dezky_audit_tui.ingest.clocks import Clocks
from dezky_audit_tui.ingest.reconcile import Reconciled, reconcile
from dezky_audit_tui.ingest.tick import TenantRules
from dezky_audit_tui.model.cursor import RECHECK, UNREAD, PullState
from dezky_audit_tui.model.event import AuditEvent
from dezky_audit_tui.model.report import TickReport
from dezky_audit_tui.model.tenants import DEFAULT_ADMIN_GROUPS, GroupPatterns
from dezky_audit_tui.sources.authentik.client import AuthentikClient
from dezky_audit_tui.sources.authentik.source import AuthentikSource
from dezky_audit_tui.sources.source import Budget
from dezky_audit_tui.store.store import Store
from tests.faults import oracle
from tests.faults.failing_store import FailingStore, When
from tests.faults.operator import Operator
from tests.faults.world import World

T = TypeVar("T")
START = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
"""Half an hour before Europe's clocks go back."""
BUDGETS = (Budget(max_pages=2, page_size=10), Budget(max_pages=3, page_size=17))
_LEASE_DIES = timedelta(seconds=31)


class Program:
    """One of the two ingesters: a process that may die and be started again."""

    def __init__(self, life: Life, budget: Budget) -> None:
        self._life = life
        self._budget = budget
        self.store: FailingStore
        self.operator: Operator

    async def start(self) -> None:
        life = self._life
        self._real = await life.open_store()
        self.store = FailingStore(self._real)
        # With its usual patience: none of a life's faults keeps it waiting, and the machine may be busy.
        client = AuthentikClient(life.world.simulation.url, life.world.simulation.token)
        self.operator = Operator(
            AuthentikSource(client, life.clock),
            self.store.as_store(),
            TenantRules(frozenset(life.world.simulation.tenants), GroupPatterns(DEFAULT_ADMIN_GROUPS)),
            self._budget,
            Clocks(life.clock, life.seconds, life.never),
        )

    async def end(self) -> None:
        await self.operator.source.aclose()
        await self._real.close()

    async def rise(self) -> None:
        """Start again where it died."""
        if self.store.dead:
            await self.end()
            await self.start()


class Life:
    """The plain reference is the world's memory of what it ever showed, and `first`: each row as it was first seen in
    the store."""

    def __init__(self, house: Any) -> None:
        self.house = house
        self.now = START
        self.loop = asyncio.new_event_loop()
        self.world = World(40, seed=7, clock=self.clock)
        self.world.__enter__()
        self.world.server.clock = self.clock
        self.first: dict[str | None, AuditEvent] = {}
        self.deleted: set[str] = set()
        self.edited: set[str] = set()
        self.settled: datetime | None = None
        self.programs = [Program(self, budget) for budget in BUDGETS]
        for program in self.programs:
            self.run(program.start())

    def close(self) -> None:
        for program in self.programs:
            self.run(program.end())
        self.world.__exit__(None, None, None)
        self.loop.close()

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return self.loop.run_until_complete(work)

    def clock(self) -> datetime:
        return self.now

    def seconds(self) -> float:
        return (self.now - START).total_seconds()

    @staticmethod
    async def never(seconds: float) -> None:
        """A pause of the lease's renewal does not end within a tick; one between two ticks takes no time."""
        if seconds >= 5:
            await asyncio.Event().wait()

    async def open_store(self) -> Store:
        store: Store = await self.house.enter()
        if hasattr(store, "_clock"):
            store._clock = self.clock
        return store

    # What may happen

    def pass_time(self, by: timedelta) -> None:
        self.now += by
        self.run(self.house.pass_time(by.total_seconds()))

    def insert(self, count: int, age: timedelta) -> None:
        """`count` events of one and the same moment."""
        self.world.add(count, at=self.now - age)

    def delete(self, random: Random, count: int) -> None:
        """A run of neighbours, as with a user who is deleted; never the very last one."""
        pks = self.world.log.pks()
        count = min(count, len(pks) - 1)
        start = random.randrange(len(pks) - count) if count > 0 else 0
        self.deleted |= set(pks[start : start + max(count, 0)])
        self.world.log.remove(pks[start : start + max(count, 0)])

    def edit(self, random: Random) -> None:
        pk = random.choice(self.world.log.pks())
        event = self.world.log.get(pk)
        assert event is not None
        self.world.log.remove([pk])
        self.world.log.add(event | {"client_ip": f"198.51.100.{random.randrange(250)}"})
        self.edited.add(pk)

    def tick(self, who: int, *, until_caught_up: bool = False) -> list[TickReport]:
        """A tick of one program, which may have died before."""
        return self.run(self._tick(self.programs[who], until_caught_up))

    def both_tick(self) -> None:
        async def together() -> None:
            await asyncio.gather(*(self._tick(program, False) for program in self.programs))

        self.run(together())

    def crash(self, who: int, call: str, nth: int, when: When) -> None:
        """A tick in which the program dies; it is started again, and nobody gave the lease back."""
        program = self.programs[who]
        program.store.die_at(call, nth=nth, when=when)
        self.run(self._tick(program, True))
        program.store._deadly = None
        self.run(program.rise())

    def store_fails(self, who: int, call: str, nth: int, error: StoreError, when: When) -> None:
        program = self.programs[who]
        program.store.fail(call, error, nth=nth, when=when)
        self.run(self._tick(program, True))
        program.store._armed.clear()

    def source_fails(self, who: int, kind: FaultKind, after: int, count: int) -> None:
        self.world.server.faults.set(kind, where="events", count=count, after=after)
        self.run(self._tick(self.programs[who], True))
        self.world.server.faults.clear()

    def stir_within(self, who: int, random: Random) -> None:
        """The list moves between the pages of a tick."""

        def move(_: int) -> None:
            self.insert(random.randint(0, 4), timedelta(seconds=random.randint(0, 300)))
            if random.random() < 0.4:
                self.delete(random, random.randint(1, 12))

        self.world.server.before_page = move
        try:
            self.run(self._tick(self.programs[who], False))
        finally:
            self.world.server.before_page = None

    def reconcile(self, who: int, since: timedelta) -> Reconciled | None:
        return self.run(self._reconcile(self.programs[who], since))

    # What has to hold

    def check(self) -> None:
        """After everything."""
        self.run(self._check())

    def come_to_rest(self) -> None:
        """All faults are over: the two catch up, and the store holds what the source has."""
        self.pass_time(timedelta(hours=3))  # events of the future come to pass, dead leases end
        for who in (0, 1):
            reports = self.tick(who, until_caught_up=True)
            assert reports[-1].outcome == "ok", reports[-1].error
        self.run(oracle.at_rest(self.world, self.programs[0].store.as_store()))
        self.pass_time(timedelta(hours=25))
        self.tick(0, until_caught_up=True)
        assert self.run(self.programs[0].store.state(oracle.SOURCE)).holes == ()
        self.check()

    async def _tick(self, program: Program, until_caught_up: bool) -> list[TickReport]:
        await program.rise()
        with suppress(StoreError):  # only where the store does not answer before the first tick
            return await program.operator.tick(until_caught_up=until_caught_up)
        return []

    async def _reconcile(self, program: Program, since: timedelta) -> Reconciled | None:
        await program.rise()
        each = program.operator
        with suppress(StoreError):
            return await reconcile(
                each.source,
                each.store,
                self.now - since,
                self.now,
                budget=each.budget,
                rules=each.rules,
                clocks=each.clocks,
                patience_s=0,  # no time passes here, so one that died with the lease would be waited for without end
            )
        return None

    async def _check(self) -> None:
        store = await self.open_store()
        try:
            await oracle.check(self.world, store)
            self._check_state(await store.state(oracle.SOURCE))
            for row in await oracle.all_rows(store):
                event = row.event
                before = self.first.setdefault(event.external_id, event)
                assert event == before or before.tenant_why is None or before.tenant_why.reason == "lookup_failed"
            for note in await store.findings(10_000):
                if note.kind == "gone":
                    assert note.external_id in self.deleted | self.edited, "nothing is called gone that was never away"
                elif note.kind == "changed":
                    assert note.external_id in self.edited, "nothing is called changed that nobody edited"
                else:
                    assert note.external_id in self.world.late, "nothing is called missing that was not late"
        finally:
            await store.close()

    def _check_state(self, state: PullState) -> None:
        assert state.cursor is None or state.cursor.at <= self.now
        if self.settled is not None:
            assert state.settled_at is not None
            assert state.settled_at >= self.settled
        self.settled = state.settled_at
        for kind, rewalk in ((UNREAD, False), (RECHECK, False), (RECHECK, True)):
            holes = [hole for hole in state.holes if (hole.kind, hole.rewalk) == (kind, rewalk)]
            for upper, lower in pairwise(holes):
                assert upper.bottom is not None
                assert lower.top.key < (upper.bottom, ""), "holes of one kind are sorted, and do not touch"
