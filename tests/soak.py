"""Days of a busy source in minutes: `python -m tests.soak --events 1000000 --days 7`.

The source runs in a process of its own, so that the memory and the file handles that are told are the ingester's
alone. A virtual minute is one tick. There are bursts, late commits, deletions, retention and, once a day, an outage of
the source. Each virtual hour prints a line; the end says whether memory and handles stayed flat, whether the lag
stayed bounded, and whether the store holds exactly what the source ever showed. Exit code 1 where one of them did not.
"""

from __future__ import annotations

import argparse
import asyncio
import multiprocessing
import os
import sys
import tempfile
import threading
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import reduce
from multiprocessing.connection import Connection
from operator import xor
from pathlib import Path
from random import Random
from typing import Any
from uuid import UUID

from dezky_audit_tui.ingest.clocks import Clocks
from dezky_audit_tui.ingest.tick import TenantRules
from dezky_audit_tui.model.event import Position
from dezky_audit_tui.model.holes import is_overdue
from dezky_audit_tui.model.instants import exact_text
from dezky_audit_tui.model.query import EVERYTHING
from dezky_audit_tui.model.query_parse import parse_query
from dezky_audit_tui.model.tenants import DEFAULT_ADMIN_GROUPS, GroupPatterns
from dezky_audit_tui.sources.authentik.client import AuthentikClient
from dezky_audit_tui.sources.authentik.source import AuthentikSource
from dezky_audit_tui.sources.source import Budget
from dezky_audit_tui.store.store import Store
from tests.faults.operator import Operator
from tests.faults.world import World, login
from tests.store.houses import HOUSES

START = datetime(2026, 10, 24, 6, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
KEPT = timedelta(hours=26)
"""What the source remembers: more than the daily second look reads."""
OUTAGE = range(700, 720)
"""Minutes of a day in which the source answers 500."""
MEMORY_SLACK_MB = 40.0
SLACK = 2
"""File handles and threads: a connection that is made anew beside one that ends."""
LAG_MINUTES = 3
"""Minutes in which the store may hold fewer events than the source showed a minute ago, outages apart. Late commits
take longer where more comes within the overlap than a tick may read: the end asks for each of them."""


def serve(pipe: Connection, seed: int) -> None:
    """The source's process. Told a minute and how many events it brings, it answers what it has shown so far."""
    clock = [START]
    random = Random(seed)
    shown, digest = 0, 0
    with World(0, clock=lambda: clock[0]) as world:
        world.server.clock = world.clock
        pipe.send((world.simulation.url, world.simulation.token, world.simulation.tenants))
        while (order := pipe.recv()) is not None:
            clock[0], count, minute = order
            events = [login(clock[0] - timedelta(seconds=random.uniform(0, 59))) for _ in range(count)]
            if count and minute % 5 == 0:
                events.append(login(clock[0] - timedelta(seconds=random.uniform(60, 500))))
            world.log.add(*events)
            shown += len(events)
            digest = reduce(xor, (UUID(event["pk"]).int for event in events), digest)
            if minute % 60 == 30:
                world.log.remove_before(exact_text(clock[0] - KEPT))
                pks = world.log.pks()
                half = len(pks) // 2
                world.log.remove(pks[half : half + 5])
            if minute % 1_440 == OUTAGE.start:
                world.server.faults.set("error_500", where="events", count=None)
            elif minute % 1_440 == OUTAGE.stop:
                world.server.faults.clear()
            pipe.send((shown, digest))


@dataclass
class Watch:
    """What is measured of this process."""

    memory: list[float] = field(default_factory=list)
    handles: list[int] = field(default_factory=list)
    threads: list[int] = field(default_factory=list)
    lag: int = 0
    worst_lag: int = 0
    failed: int = 0

    def look(self) -> None:
        """Once a virtual hour."""
        pages = int(Path("/proc/self/statm").read_text().split()[1])
        self.memory.append(pages * os.sysconf("SC_PAGE_SIZE") / 1024**2)
        self.handles.append(len(os.listdir("/proc/self/fd")))
        self.threads.append(threading.active_count())

    def judged(self) -> list[str]:
        """What did not stay as it should; the first quarter is for warming up."""
        wrong = []
        warm = max(len(self.memory) // 4, 1)
        before, after = max(self.memory[:warm]), max(self.memory[warm:] or [0.0])
        if after > before + MEMORY_SLACK_MB:
            wrong.append(f"memory rose from {before:.0f} to {after:.0f} MB")
        for what, seen in (("file handles", self.handles), ("threads", self.threads)):
            if max(seen[warm:] or [0]) > max(seen[:warm]) + SLACK:
                wrong.append(f"{what} rose from {max(seen[:warm])} to {max(seen[warm:])}")
        if self.worst_lag > LAG_MINUTES:
            wrong.append(f"the store was {self.worst_lag} minutes behind")
        return wrong


async def soak(events: int, days: float, kind: str, seed: int, folder: Path) -> int:
    """All of it. Returns the exit code."""
    random = Random(seed)
    ours, theirs = multiprocessing.get_context("spawn").Pipe()
    source = multiprocessing.get_context("spawn").Process(target=serve, args=(theirs, seed), daemon=True)
    source.start()
    url, token, tenants = ours.recv()
    now = [START]
    house: Any = HOUSES[kind](folder)
    store: Store = await house.enter()
    await warm_up(store)
    operator = make_operator(store, url, token, tenants, now)
    minutes = round(days * 1_440)
    watch, began = Watch(), time.monotonic()
    shown = digest = 0
    for minute in range(minutes + 10):
        now[0] += MINUTE
        await moved(house, now[0])
        rate = events / minutes * (20 if minute % 60 == 59 else 0.67) if minute < minutes else 0
        ours.send((now[0], int(rate + random.random()), minute))
        before = shown
        shown, digest = ours.recv()
        until = minute >= minutes
        state = await store.state("authentik")
        behind = bool(state.unread) or is_overdue(state, timedelta(seconds=operator.budget.overlap_s))
        reports = await operator.tick(until_caught_up=until or behind)
        watch.failed += reports[-1].outcome != "ok"
        away = minute % 1_440 in OUTAGE
        stored = (await store.counts()).get("authentik", 0)
        watch.lag = 0 if away or stored >= before else watch.lag + 1
        watch.worst_lag = max(watch.worst_lag, watch.lag)
        if minute % 60 == 59:
            watch.look()
            told = f"{now[0]:%a %H:%M}  {stored:>9,} of {shown:>9,} events  {watch.memory[-1]:6.1f} MB"
            print(f"{told}  {watch.handles[-1]} handles  {watch.threads[-1]} threads  lag {watch.lag} min", flush=True)
    wrong = watch.judged() + await differs(store, shown, digest)
    seconds = time.monotonic() - began
    found = len(await store.findings(1_000_000))
    print(f"{shown:,} events over {days:g} days in {seconds:,.0f} s; {watch.failed} ticks failed, {found:,} findings")
    print(f"memory {min(watch.memory):.0f} to {max(watch.memory):.0f} MB, worst lag {watch.worst_lag} min")
    print("all is well" if not wrong else "\n".join(f"WRONG: {each}" for each in wrong))
    ours.send(None)
    await operator.source.aclose()
    await store.close()
    source.join(10)
    return 1 if wrong else 0


def make_operator(store: Store, url: str, token: str, tenants: tuple[str, ...], now: list[datetime]) -> Operator:
    """The ingester, with the life's clock."""
    client = AuthentikClient(url, token, clock=lambda: now[0])
    rules = TenantRules(frozenset(tenants), GroupPatterns(DEFAULT_ADMIN_GROUPS))
    clocks = Clocks(lambda: now[0], lambda: (now[0] - START).total_seconds(), pause)
    return Operator(AuthentikSource(client, lambda: now[0]), store, rules, Budget(), clocks)


async def warm_up(store: Store) -> None:
    """Each part of a store opens its files and its thread when it is used first: all of them are, before anything is
    measured."""
    words = parse_query("nobody", now=START)
    await store.older(EVERYTHING, None, 1)
    await store.older(words, None, 1)
    await store.count(words)


async def pause(seconds: float) -> None:
    """Between two ticks no time passes; the lease is not renewed within one."""
    if seconds >= 5:
        await asyncio.Event().wait()


async def moved(house: Any, now: datetime) -> None:
    """The store's clock follows, where it is this machine's."""
    if hasattr(house, "now"):
        house.now = now


async def differs(store: Store, shown: int, digest: int) -> list[str]:
    """How the store differs from all that the source ever showed: by count, and by the digest of all ids."""
    rows, ours = 0, 0
    than: Position | None = None
    while found := await store.older(EVERYTHING, than, 2_000):
        rows += len(found)
        ours = reduce(xor, (UUID(str(row.event.external_id)).int for row in found), ours)
        than = found[-1].position
    if (rows, ours) == (shown, digest):
        return []
    return [f"the store holds {rows:,} events of {shown:,}, or others"]


def main() -> int:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m tests.soak", description=__doc__)
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--days", type=float, default=7)
    parser.add_argument("--store", choices=sorted(HOUSES), default="sqlite")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        return asyncio.run(soak(given.events, given.days, given.store, given.seed, Path(folder)))


if __name__ == "__main__":
    sys.exit(main())
