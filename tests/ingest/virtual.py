"""Time that only moves when a test says so, and a source that does what a test says."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from heapq import heappop, heappush
from inspect import iscoroutinefunction
from itertools import count
from typing import Any

from dezky_audit_tui.errors import AuditError
from dezky_audit_tui.ingest.clocks import Clocks
from dezky_audit_tui.model.cursor import UNREAD, Hole, Mark, PullState
from dezky_audit_tui.model.event import AuditEvent
from dezky_audit_tui.model.instants import exact_text, parse_instant
from dezky_audit_tui.model.tenants import Membership
from dezky_audit_tui.sources.source import Budget, Fetched, PullStep, Siblings
from dezky_audit_tui.store.store import Store

START = parse_instant("2026-11-24T08:00:00Z")


class Watched:
    """A store that tells whether one of its calls is under way."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.busy = 0

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._store, name)
        if not iscoroutinefunction(value):
            return value

        async def watched(*args: Any, **kwargs: Any) -> Any:
            self.busy += 1
            try:
                return await value(*args, **kwargs)
            finally:
                self.busy -= 1

        return watched


class VirtualTime:
    """Clocks whose sleepers wake up in order while `advance` runs. `stores`: what may be busy in threads."""

    def __init__(self, *stores: Watched) -> None:
        self._now = 0.0
        self.stores = stores
        self._sleepers: list[tuple[float, int, asyncio.Future[None]]] = []
        self._order = count()

    @property
    def clocks(self) -> Clocks:
        return Clocks(wall=self.wall, monotonic=self.monotonic, sleep=self.sleep, jitter=lambda: 0.5)

    def wall(self) -> datetime:
        return START + timedelta(seconds=self._now)

    def monotonic(self) -> float:
        return self._now

    async def sleep(self, seconds: float) -> None:
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heappush(self._sleepers, (self._now + seconds, next(self._order), future))
        await future

    async def advance(self, seconds: float) -> None:
        """Let that much time pass, sleeper by sleeper."""
        end = self._now + seconds
        await self.settle()
        while self._sleepers and self._sleepers[0][0] <= end:
            at, _, future = heappop(self._sleepers)
            if future.done():
                continue
            self._now = max(self._now, at)
            future.set_result(None)
            await self.settle()
        self._now = end
        await self.settle()

    async def settle(self) -> None:
        """Let what is running come to its next wait, threads included."""
        quiet = 0
        while quiet < 30:
            busy = any(store.busy for store in self.stores)
            quiet = 0 if busy else quiet + 1
            await asyncio.sleep(0.001 if busy else 0)


@dataclass
class ScriptedSource:
    """A source with one new event a tick. `fail_with`: errors for the next ticks; `pages_left`: fill ticks needed;
    `gate`: where set, a tick waits for it; `second_page`: where set, it waits for it after its first page."""

    name: str = "authentik"
    requests: int = 0
    triggers: list[bool] = field(default_factory=list)
    fail_with: list[AuditError] = field(default_factory=list)
    pages_left: int = 0
    gate: asyncio.Event | None = None
    second_page: asyncio.Event | None = None
    running: int = 0
    most_running: int = 0
    directory_error: str | None = None
    users_waiting: int = 0
    members: dict[str, Membership] = field(default_factory=dict)
    closed: bool = False

    def forget(self) -> None:
        """It remembers nothing."""

    def begin_tick(self) -> None:
        pass

    async def pull(
        self, state: PullState, budget: Budget, siblings: Siblings, *, fill_only: bool
    ) -> AsyncGenerator[PullStep, None]:
        self.triggers.append(fill_only)
        self.requests += 1
        self.running += 1
        self.most_running = max(self.most_running, self.running)
        try:
            if self.gate is not None:
                await self.gate.wait()
            if self.fail_with:
                raise self.fail_with.pop(0)
            number = len(self.triggers)
            at = START + timedelta(seconds=number)
            event = AuditEvent(
                source=self.name,
                external_id=f"event-{number}",
                at=at,
                action="authentik.login",
                actor_id="5",
                actor_name="alice",
                metadata={"rawAction": "login", "created": exact_text(at)},
            )
            if fill_only and self.pages_left:
                self.pages_left -= 1
            bottom = START - timedelta(days=1)
            hole = Hole(Mark(exact_text(START), "a"), bottom, UNREAD, 100, 100 + 85 * self.pages_left)
            holes = (replace(hole, events=85 * self.pages_left),) if self.pages_left else ()
            new = replace(state, cursor=Mark(exact_text(at), "a"), settled_at=START, holes=holes)
            yield PullStep(Fetched((event,)), new, caught_up=not self.pages_left and not fill_only)
            if self.second_page is not None:
                await self.second_page.wait()
        finally:
            self.running -= 1

    async def memberships(
        self, user_ids: Collection[str], groups_changed_at: datetime | None
    ) -> Mapping[str, Membership | None]:
        return {user_id: self.members.get(user_id) for user_id in user_ids}

    async def aclose(self) -> None:
        self.closed = True
