"""A dashboard for a monkey: a store with moods that others write to, an ingester that says whatever it is told to say,
and every fault noted, also one that nobody looked at."""

from __future__ import annotations

import asyncio
import logging
import shutil
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from inspect import iscoroutinefunction
from pathlib import Path
from typing import Any, Literal, cast
from unittest.mock import patch

from textual.pilot import Pilot

from dezky_audit_tui.errors import StoreUnavailable
from dezky_audit_tui.ingest.state import ForceAnswer, IngesterState, force_answer
from dezky_audit_tui.model.event import AuditEvent
from dezky_audit_tui.sources.authentik.action_map import VERBS
from dezky_audit_tui.store.sqlite.store import SqliteStore
from dezky_audit_tui.store.store import Changes, Follower, Store
from dezky_audit_tui.tui import feed, supervise
from dezky_audit_tui.tui.app import AuditApp
from dezky_audit_tui.tui.screens import insight_keys, previews
from dezky_audit_tui.tui.setup import Setup
from dezky_audit_tui.tui.timeline import stillness
from dezky_audit_tui.tui.words.zone import Zone
from tests.tui.rows import NOON, put

Mood = Literal["well", "slow", "away", "unsure"]
"""Answers at once, or late; or refuses; or refuses after it has done what was asked."""

_LATE_S = 0.03
_PATIENCE_S = 30.0
_ENDLESS = {"force"}
"""Groups of workers that wait for what an ingester may never tell."""


class MoodyStore:
    """The store as a screen meets it over a long day."""

    def __init__(self, store: SqliteStore) -> None:
        self._store = store
        self.mood: Mood = "well"

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._store, name)
        return self._moody(value) if iscoroutinefunction(value) and name != "close" else value

    async def follow(self) -> Follower:
        """A follower that has the moods of its store."""
        return cast("Follower", _MoodyFollower(self, await self._moody(self._store.follow)()))

    def _moody(self, call: Callable[..., Any]) -> Callable[..., Any]:
        async def moody(*args: Any, **named: Any) -> Any:
            if self.mood == "slow":
                await asyncio.sleep(_LATE_S)
            if self.mood == "away":
                raise StoreUnavailable("The disk \x1b[31mis gone[/]. Mount it again.")
            answer = await call(*args, **named)
            if self.mood == "unsure":
                raise StoreUnavailable("The line broke.")
            return answer

        return moody


class _MoodyFollower:
    def __init__(self, store: MoodyStore, follower: Follower) -> None:
        self._store, self._follower = store, follower

    def __getattr__(self, name: str) -> Any:
        return getattr(self._follower, name)

    async def poll(self) -> Changes:
        if self._store.mood in ("away", "unsure"):
            raise StoreUnavailable("The disk is gone.")
        return await self._follower.poll()


class Puppet:
    """An ingester in any state."""

    def __init__(self) -> None:
        self.state = IngesterState()
        self._ended = asyncio.Event()

    def force(self) -> ForceAnswer:
        return force_answer(self.state)

    async def run(self) -> None:
        await self._ended.wait()

    async def stop(self) -> None:
        self._ended.set()


class Cage:
    """The dashboard inside, and what a test has to know of it."""

    def __init__(self, folder: Path, template: Path) -> None:
        folder.mkdir(parents=True)
        shutil.copy(template, folder / "audit.db")
        self.now = NOON + timedelta(hours=3)
        self.others = SqliteStore(folder / "audit.db", clock=self.clock)
        self.store = MoodyStore(SqliteStore(folder / "audit.db", clock=self.clock))
        self.puppet: Puppet | None = None
        self.faults: list[str] = []
        self.exits: list[object] = []
        self.app = AuditApp(
            Setup(
                store=cast("Store", self.store),
                make_ingester=self._make,
                source_name="authentik",
                verbs=VERBS,
                clock=self.clock,
                zone=Zone("utc"),
                view_file=folder / "view.json",
            )
        )
        self.main = self.app.main
        # What would end it is noted: a monkey that has found the way out learns nothing more.
        self.leave, self.app.exit = self.app.exit, self._exit  # type: ignore[method-assign]
        self.pilot: Pilot[None]

    def clock(self) -> datetime:
        return self.now

    async def _make(self) -> Puppet:
        self.puppet = Puppet()
        return self.puppet

    def _exit(self, *args: Any, **named: Any) -> None:
        self.exits.append(named.get("return_code"))

    def note(self, context: dict[str, Any]) -> None:
        """What the loop found that nobody else would have heard of."""
        self.faults.append(f"{context.get('message')}: {context.get('exception')!r}")

    @property
    def is_dead(self) -> bool:
        return self.app._exception is not None or not self.app._running

    @property
    def is_up(self) -> bool:
        return self.store.mood in ("well", "slow")

    async def come(self, events: Sequence[AuditEvent], source: str) -> None:
        """Another program stores events."""
        await put(self.others, events, source)

    async def settle(self) -> None:
        """Until nothing moves any more, or, where the store is away, for a moment."""
        if not self.is_up:
            await self.pilot.pause(0.1)
            return
        async with asyncio.timeout(_PATIENCE_S):
            await self._rest()
            while not self.is_dead:
                # What was refused is asked for again every few seconds.
                self.now += timedelta(seconds=6)
                await self.main.feed.refresh()
                self.main.second()
                await self._rest()
                browser = self.main.browser
                if not (browser.lags or self.main._outdated or self.main.feed._more) and browser.opened:
                    break

    async def _rest(self) -> None:
        main, quiet = self.main, 0
        while quiet < 3 and not self.is_dead:
            await self.pilot.pause(0.01)
            busy = any(worker.group not in _ENDLESS for worker in self.app.workers)
            waits = main.rows_stand.waits or main.reader_stands.waits or main.narrator.news.error is not None
            waits = waits or self.app._resize_timer is not None
            quiet = 0 if busy or waits else quiet + 1


class _Faults(logging.Handler):
    def __init__(self, cage: Cage) -> None:
        super().__init__(logging.ERROR)
        self._cage = cage

    def emit(self, record: logging.LogRecord) -> None:
        self._cage.faults.append(record.getMessage())


@asynccontextmanager
async def caged(folder: Path, template: Path, size: tuple[int, int] = (120, 40)) -> AsyncIterator[Cage]:
    """A dashboard that runs; at the end it is closed, and a fault raised."""
    cage = Cage(folder, template)
    loop, log, handler = asyncio.get_running_loop(), logging.getLogger("dezky_audit_tui"), _Faults(cage)
    loop.set_exception_handler(lambda _, context: cage.note(context))
    log.addHandler(handler)
    try:
        with (
            patch.object(stillness, "STILL_S", 0.01),
            patch.object(previews, "PAUSE_S", 0.01),
            patch.object(insight_keys, "AGAIN_S", 0.02),
            patch.object(feed, "_RETRY_S", (0.02,)),
            patch.object(supervise, "_RETRY_S", (0.02,)),
        ):
            await cage.others.open()
            async with cage.app.run_test(size=size) as cage.pilot:
                yield cage
            await cage.app.shut_down()
            await cage.others.close()
    finally:
        log.removeHandler(handler)
        loop.set_exception_handler(None)
