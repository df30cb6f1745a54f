"""Walks a stretch of the source again: ticks that fill one hole, until it is closed."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from functools import reduce
from typing import Literal

from dezky_audit_tui.errors import StoreError
from dezky_audit_tui.ingest.clocks import Clocks
from dezky_audit_tui.ingest.once import who_ingests
from dezky_audit_tui.ingest.tick import TenantRules, Tick
from dezky_audit_tui.ingest.ticker import Ticker
from dezky_audit_tui.model.cursor import RECHECK, Hole, Mark, PullState
from dezky_audit_tui.model.finding import Finding
from dezky_audit_tui.model.holes import with_hole
from dezky_audit_tui.model.instants import exact_text
from dezky_audit_tui.model.report import TickError, Trigger
from dezky_audit_tui.sources.source import Budget, Source
from dezky_audit_tui.store.store import Store

PATIENCE_S = 60.0
"""How long to wait for the tick that another ingester is in."""


@dataclass(frozen=True, slots=True)
class Reconciled:
    """What came of it. `since` and `until`: the stretch that could be walked (up to what is settled), None where
    nothing could. `shown`: events that the source has in it. `inserted`: all that were new, also elsewhere.
    `left`: stretches not read yet, where it failed on the way; the next ticks go on with them."""

    outcome: Literal["ok", "skipped", "failed"]
    since: datetime | None = None
    until: datetime | None = None
    shown: int = 0
    inserted: int = 0
    requests: int = 0
    findings: tuple[Finding, ...] = ()
    left: int = 0
    error: TickError | None = None


async def reconcile(
    source: Source,
    store: Store,
    since: datetime,
    until: datetime,
    *,
    budget: Budget,
    rules: TenantRules,
    clocks: Clocks | None = None,
    interval_s: float = 60.0,
    patience_s: float = PATIENCE_S,
    on_wait: Callable[[str], None] | None = None,
) -> Reconciled:
    """Read [`since`, `until`) again, repair what was missing, and note what was changed or is gone.

    An ingester that holds the lease is asked to pass it on between two ticks (within `patience_s`; `on_wait` is told
    who it is), and takes it back at the end; meanwhile the newest events are read here, every `interval_s`. The
    stretch becomes a hole in the pull's state, so that an end in the middle loses nothing: the next ticks read the
    rest. Raises a StoreError only where the store does not answer.
    """
    clocks = clocks or Clocks()
    ticker = Ticker(source, store, budget, rules, clocks)
    keeper = ticker.keeper()
    if not await keeper.acquire():
        if on_wait is not None:
            on_wait(await who_ingests(source, store))
        if not await keeper.await_turn(patience_s):
            holder = await who_ingests(source, store)
            kept = f"{holder} ingests, and did not pass the lease on within {patience_s:.0f} s; nothing was sent"
            return Reconciled("skipped", error=TickError("lease_held", kept))

    async def asked() -> bool:
        with suppress(StoreError):
            return await store.take_force(source.name, keeper.current())
        return False

    async with keeper.held():
        # What is settled has to be known first, and the newest events come with it.
        looked_at = clocks.monotonic()
        last = await ticker.tick(keeper, "cli")
        done = _with(Reconciled("ok"), last)
        state = last.state
        if done.outcome != "ok" or state is None or state.settled_at is None:
            return done
        top = min(until, state.settled_at)
        bottom = max(since, state.history_from) if state.history_from else since
        if bottom >= top:
            return done
        done = replace(done, since=bottom, until=top)
        whole = Hole(Mark(exact_text(top), ""), bottom, RECHECK, rewalk=True)
        # What was never read is read first, and compared then: some of it may be stored for all that.
        for holes in ((whole,), _never_read(state, whole)):
            if not holes or done.outcome != "ok":
                break
            wished = replace(state, holes=reduce(with_hole, holes, state.holes))
            state = (await store.commit((), (), wished, keeper.current())).state
            while done.outcome == "ok" and _left(state, bottom, top):
                await ticker.pause_after(last)
                trigger: Trigger = "catch_up"
                if clocks.monotonic() - looked_at >= interval_s or await asked():
                    trigger, looked_at = "cli", clocks.monotonic()
                last = await ticker.tick(keeper, trigger)
                state = last.state or state
                done = _with(done, last)
        findings = tuple(each for each in done.findings if bottom <= each.at < top)
        return replace(done, findings=findings, left=_left(state, bottom, top))


def _with(done: Reconciled, tick: Tick) -> Reconciled:
    report = tick.report
    return replace(
        done,
        outcome="failed" if report.outcome == "failed" else "ok",
        shown=done.shown + tick.shown_again,
        inserted=done.inserted + report.inserted,
        requests=done.requests + report.requests,
        findings=done.findings + tick.findings,
        error=report.error,
    )


def _never_read(state: PullState, whole: Hole) -> tuple[Hole, ...]:
    """The parts of a stretch that lie in an `unread` hole, to be read again once they were read."""
    parts = (
        replace(
            whole,
            top=min(hole.top, whole.top, key=lambda mark: mark.key),
            bottom=max(filter(None, (hole.bottom, whole.bottom))),
        )
        for hole in state.unread
    )
    return tuple(part for part in parts if not part.is_empty)


def _left(state: PullState, since: datetime, until: datetime) -> int:
    """How many holes still lie in the stretch."""
    return sum(1 for hole in state.holes if hole.top.at >= since and (hole.bottom is None or hole.bottom < until))
