"""A commit behind the pull: while one page is on its way to the disk, the next one is read and translated.

The order of commits stays that of the pull, one page and its state in each, and no page is committed before the one
above it is durable. What is read ahead is in memory alone: whoever dies then has it in a hole, as before.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta

from dezky_audit_tui.errors import StoreError
from dezky_audit_tui.model.cursor import PullState
from dezky_audit_tui.model.event import AuditEvent
from dezky_audit_tui.model.instants import floor_ms
from dezky_audit_tui.sources.source import PullStep
from dezky_audit_tui.store.store import Committed, Lease, Store

_NEAR = timedelta(minutes=5)

Done = Callable[[PullStep, Committed], None]
"""Called with a step that has become durable, and what the store says of it."""


class Behind:
    """At most one commit under way, from `state` on. It answers what a source asks of the store as well, with the
    events that are being written: those are known too.

    `lease` is asked when a write starts, and raises LeaseLost where it is gone.
    """

    def __init__(self, store: Store, state: PullState, lease: Callable[[], Lease], on_done: Done) -> None:
        self._store = store
        self.state = state
        """The last one that is durable."""
        self._lease = lease
        self._on_done = on_done
        self._coming: Sequence[AuditEvent] = ()
        self._task: asyncio.Task[None] | None = None

    async def settle(self) -> None:
        """The commit under way has ended. Raises its StoreError, and never a second time."""
        task = self._task
        if task is None:
            return
        try:
            await task
        finally:
            if task.done():
                self._task, self._coming = None, ()

    async def start(self, step: PullStep, events: Sequence[AuditEvent]) -> None:
        """Write `step`, whose `events` have their tenants, once the one before it is durable; returns meanwhile."""
        await self.settle()
        lease = self._lease()
        self._coming = events
        self._task = asyncio.create_task(self._commit(step, events, lease))

    def cancel(self) -> None:
        """Wait no longer for what is under way: it is durable as a whole or not at all, and nobody counts on it."""
        if self._task is not None:
            self._task.cancel()

    async def end(self) -> None:
        """Nothing is under way any more. For what ends early: its own error is the one to tell."""
        with suppress(StoreError):
            await self.settle()

    async def _commit(self, step: PullStep, events: Sequence[AuditEvent], lease: Lease) -> None:
        state = replace(step.state, rev=self.state.rev)
        done = await self._store.commit(events, step.fetched.set_aside, state, lease)
        self.state = done.state
        self._on_done(step, done)

    # What a source asks. What is under way is looked at first: a row that lands meanwhile is in one of the two.

    async def known(self, source: str, external_ids: Collection[str]) -> Collection[str]:
        """Those of the ids that are stored, or about to be."""
        coming = {event.external_id for event in self._coming if event.source == source}
        return {*await self._store.known(source, external_ids), *(each for each in external_ids if each in coming)}

    async def same_request(
        self, source: str, request_ids: Collection[str], near: Sequence[datetime]
    ) -> Sequence[AuditEvent]:
        """Events of these requests within five minutes of those moments."""
        coming = [
            event
            for event in self._coming
            if event.source == source
            and event.request_id in request_ids
            and any(abs(event.at - moment) <= _NEAR for moment in near)
        ]
        return [*await self._store.same_request(source, request_ids, near), *coming]

    async def last_before(self, source: str, action: str, actor_id: str, at: datetime) -> AuditEvent | None:
        """The newest event of that action and actor up to `at`."""
        wanted, latest = (source, action, actor_id), floor_ms(at)
        coming = [
            event
            for event in self._coming
            if (event.source, event.action, event.actor_id) == wanted and floor_ms(event.at) <= latest
        ]
        stored = await self._store.last_before(source, action, actor_id, at)
        return max([*coming, *([] if stored is None else [stored])], key=lambda event: event.at, default=None)
