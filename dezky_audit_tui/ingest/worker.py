"""The ingester: ticks at their cadence, one at a time, with catch-up ticks, back-off and a clean end."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta

from dezky_audit_tui.errors import AuditError, LeaseLost, StoreError
from dezky_audit_tui.ingest.clocks import Clocks
from dezky_audit_tui.ingest.state import ForceAnswer, IngesterState, force_answer
from dezky_audit_tui.ingest.tick import TenantRules, Tick
from dezky_audit_tui.ingest.ticker import Ticker, request_s
from dezky_audit_tui.model.cursor import PullState
from dezky_audit_tui.model.holes import is_overdue
from dezky_audit_tui.model.report import TickError, TickReport, Trigger
from dezky_audit_tui.sources.source import Budget, Source
from dezky_audit_tui.store.lease_owner import shown_owner
from dezky_audit_tui.store.store import Store

log = logging.getLogger(__name__)

POLL_S = 1.0
"""How often a watcher tries the lease, and a holder looks whether somebody asked for a tick."""
_FIRST_RETRY_S = 5.0
_LONGEST_RETRY_S = 120.0
_JITTER = 0.2
_STOP_S = 3.0
_SHORTEST_PAUSE_S = 0.01


class Ingester:
    """Pulls one source into one store, as long as it holds the lease; else it watches who does.

    `enabled` False: nothing is sent at all. `interval_s`: from the start of one tick to the next.
    """

    def __init__(
        self,
        source: Source,
        store: Store,
        *,
        budget: Budget,
        rules: TenantRules,
        interval_s: float = 60.0,
        enabled: bool = True,
        clocks: Clocks | None = None,
        owner: str | None = None,
    ) -> None:
        self._source = source
        self._store = store
        self._overlap = timedelta(seconds=budget.overlap_s)
        self._interval_s = interval_s
        self._clocks = clocks or Clocks()
        self._ticker = Ticker(source, store, budget, rules, self._clocks)
        self._keeper = self._ticker.keeper(owner)
        self._enabled = enabled
        self._state = IngesterState()
        self.changed = asyncio.Event()
        """Set whenever `state` is another one; who waits for it clears it."""
        self._wake = asyncio.Event()
        self._forced = False
        self._stopping = False
        self._started = False
        self._tick: asyncio.Task[Tick] | None = None

    @property
    def state(self) -> IngesterState:
        """What it does now: frozen, to be read at any time."""
        return self._state

    @property
    def owner(self) -> str:
        """Its name as the holder of a lease."""
        return self._keeper.owner

    def force(self) -> ForceAnswer:
        """Ask for a tick now. One that is in flight is not doubled; where another ingester holds the lease, it is
        asked through the store."""
        answer = force_answer(self._state)
        if answer in ("started", "asked", "next"):
            self._forced = True
        if answer in ("started", "asked"):
            self._wake.set()
        return answer

    async def run(self) -> None:
        """Until `stop`. Raises nothing that an operator could mend: that stands in `state`."""
        try:
            if not self._enabled:
                self._show(phase="disabled", why="AUDIT_INGEST_ENABLED is false: this program only watches")
                await self._idle()
            elif self._store.read_only is not None:
                self._show(phase="read_only", why=self._store.read_only)
                await self._idle()
            else:
                await self._compete()
        finally:
            self._show(phase="stopped", next_tick_at=None, progress=None, tick_started_at=None, trigger=None)

    async def stop(self) -> None:
        """End within seconds: the tick in flight may finish, else it is cancelled; the lease is given back."""
        self._stopping = True
        self._wake.set()
        tick = self._tick
        if tick is not None:
            await asyncio.wait({tick}, timeout=_STOP_S)
            tick.cancel()

    async def _idle(self) -> None:
        while not self._stopping:
            await self._wake.wait()
            self._wake.clear()

    async def _compete(self) -> None:
        """Take the lease whenever it is free, and watch while it is not."""
        failures = 0
        while not self._stopping:
            try:
                ours = await self._keeper.acquire()
                if not ours:
                    await self._watch()
            except StoreError as error:
                failures += 1
                self._show(phase="waiting", why=error.message, failures=failures, holder=None)
                await self._pause(self._backoff(failures))
                continue
            failures = 0
            if ours:
                async with self._keeper.held():
                    await self._ingest()
            else:
                await self._pause(POLL_S)

    async def _watch(self) -> None:
        """Another holds the lease: say who, and pass on what the operator asked for."""
        status = await self._store.status(self._source.name)
        holder = status.lease.owner if status.lease is not None else None
        shown = shown_owner(holder) if holder is not None else "another ingester"
        self._show(
            phase="watching",
            holder=holder,
            why=f"{shown} ingests; this program watches and takes over when it ends",
            last=status.last_tick or self._state.last,
            next_tick_at=None,
            failures=0,
        )
        if self._forced:
            await self._store.request_force(self._source.name)
            self._forced = False

    async def _ingest(self) -> None:
        """Tick after tick, until the end or until the lease is lost."""
        trigger: Trigger = "timer" if self._started else "startup"
        self._started = True
        failures = 0
        due = self._clocks.monotonic()
        while not self._stopping and self._holds():
            if trigger != "catch_up":
                due = self._clocks.monotonic() + self._interval_s
            tick = await self._run(trigger)
            if tick is None or (tick.report.error is not None and tick.report.error.kind == "lease_lost"):
                return
            if tick.report.outcome == "failed":
                failures += 1
                wait = max(self._backoff(failures), tick.retry_after or 0.0)
                # After failures in a row the clock starts again: a burst of missed ticks helps nobody.
                due = self._clocks.monotonic() + wait
            else:
                failures = 0
            self._show(failures=failures)
            after = await self._next(tick, trigger, due)
            if after is None:
                return
            trigger = after

    async def _next(self, tick: Tick, trigger: Trigger, due: float) -> Trigger | None:
        """Wait for the reason of the next tick, and name it; None where another asked for the lease, and has it."""
        if await self._passed_on():
            return None
        behind = tick.waiting > 0 or (tick.state is not None and self._is_behind(tick.state, trigger))
        if tick.report.outcome == "ok" and behind and not self._forced:
            pause = max(request_s(tick), _SHORTEST_PAUSE_S)
            if self._clocks.monotonic() + pause < due:
                await self._pause(pause)
                if not self._forced:
                    return "catch_up"
        while not self._stopping and not self._forced:
            left = due - self._clocks.monotonic()
            if left <= 0:
                return "timer"
            self._show(phase="waiting", next_tick_at=self._clocks.wall() + timedelta(seconds=left))
            await self._pause(min(left, POLL_S))
            # `force` may come while the store is asked: its answer alone must not be what is left.
            if not self._forced and await self._asked():
                self._forced = True
            if await self._passed_on():
                return None
        self._forced = False
        return "forced"

    def _is_behind(self, state: PullState, trigger: Trigger) -> bool:
        """Unread holes are filled at once; re-reading that fell behind gets one more tick an interval."""
        if state.unread:
            return True
        return trigger != "catch_up" and is_overdue(state, self._overlap)

    def _holds(self) -> bool:
        with suppress(LeaseLost):
            return self._keeper.current() is not None
        return False

    async def _asked(self) -> bool:
        with suppress(StoreError):
            return await self._store.take_force(self._source.name, self._keeper.current())
        return False

    async def _passed_on(self) -> bool:
        """Whether another asked for the lease, and has it now. It comes back when that one is done."""
        with suppress(StoreError):
            owner = await self._keeper.pass_on()
            if owner is not None:
                log.info("%s asked for its turn, and ingests now", shown_owner(owner))
                return True
        return False

    async def _run(self, trigger: Trigger) -> Tick | None:
        """One tick; None where it was cancelled by `stop`."""
        self._show(
            phase="ticking",
            trigger=trigger,
            tick_started_at=self._clocks.wall(),
            next_tick_at=None,
            holder=self.owner,
            why=None,
            progress=None,
        )
        self._tick = asyncio.create_task(self._guarded(trigger))
        try:
            tick = await self._tick
        except asyncio.CancelledError:
            if not self._stopping:
                raise
            return None
        finally:
            self._tick = None
            self._show(phase="waiting", tick_started_at=None, trigger=None, progress=None)
        self._show(last=tick.report, why=tick.report.error.message if tick.report.error else None)
        _log(tick)
        return tick

    async def _guarded(self, trigger: Trigger) -> Tick:
        """A tick; a fault of this program itself is a failed tick too, and never the silent end of the ingester."""
        started_at = self._clocks.wall()
        try:
            return await self._ticker.tick(self._keeper, trigger, lambda progress: self._show(progress=progress))
        except Exception as fault:  # told loudly; what is durable is still right
            if isinstance(fault, AuditError):  # a setting that turns out to be wrong when it is used
                told = TickError(fault.kind, fault.message)
            else:
                log.error("tick %s: an error in this program", trigger, exc_info=True)
                what = f"an error in this program ({type(fault).__name__})"
                told = TickError("internal", f"{what}; the log has the details")
            report = TickReport(self._source.name, trigger, started_at, outcome="failed", error=told)
            return Tick(report, None)

    def _backoff(self, failures: int) -> float:
        """Seconds until the next try: doubled with each failure, and spread, so that programs do not march in step."""
        base = min(self._interval_s, _FIRST_RETRY_S) * 2.0 ** min(failures - 1, 10)
        return min(base, _LONGEST_RETRY_S) * (1 + _JITTER * (2 * self._clocks.jitter() - 1))

    async def _pause(self, seconds: float) -> None:
        """Sleep, but wake up for `force` and `stop`."""
        if self._stopping:
            return
        waking = asyncio.create_task(self._wake.wait())
        sleeping = asyncio.ensure_future(_sleep(self._clocks.sleep, seconds))
        try:
            await asyncio.wait({waking, sleeping}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            waking.cancel()
            sleeping.cancel()
            self._wake.clear()

    def _show(self, **changes: object) -> None:
        self._state = replace(self._state, **changes)  # type: ignore[arg-type]  # the names are those of the fields
        self.changed.set()


async def _sleep(sleep: Callable[[float], Awaitable[object]], seconds: float) -> None:
    await sleep(seconds)


def _log(tick: Tick) -> None:
    report = tick.report
    error: TickError | None = report.error
    if error is not None:
        log.warning("tick %s failed (%s): %s", report.trigger, error.kind, error.message)
        return
    log.info(
        "tick %s: %d fetched, %d new, %d set aside, %d requests, %d ms%s",
        report.trigger,
        report.fetched,
        report.inserted,
        report.set_aside,
        report.requests,
        report.duration_ms,
        f", {report.holes} stretches not read yet" if report.holes else "",
    )
    if report.warning:
        log.warning("%s", report.warning)
