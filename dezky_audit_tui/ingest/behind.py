"""Commits behind the pull: while pages are on their way to the disk, the next ones are read and translated.

The order of commits stays that of the pull, and no page is committed before the one above it is durable. Pages that
follow each other fast go into one commit, with the state after the last of them: a flush takes as long as some pages,
and what is written together touches each page of an index once. What is read ahead is in memory alone: whoever dies
then has it in a hole, as before.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from dezky_audit_tui.errors import StoreError
from dezky_audit_tui.model.cursor import PullState
from dezky_audit_tui.model.event import AuditEvent
from dezky_audit_tui.model.instants import floor_ms
from dezky_audit_tui.sources.source import PullStep
from dezky_audit_tui.store.store import Committed, Lease, Store

_NEAR = timedelta(minutes=5)
_ENOUGH = 500
"""Events that are worth a commit."""
_FOLLOWS_S = 0.1
"""How long fewer than that wait for the next page, at most; those that come first, or after a while, wait for none."""
_MOST_WAITING = 10
"""Steps that wait for the commit before theirs: so many rows more are written at once, or lost from memory at most."""

Done = Callable[[Sequence[PullStep], Committed], None]
"""Called with steps that have become durable in one commit, and what the store says of it."""


@dataclass(frozen=True, slots=True)
class _Handed:
    """A step that is being written or waits for it, and what a source may ask of its events."""

    step: PullStep
    events: Sequence[AuditEvent]
    ids: frozenset[str | None]
    requests: Mapping[str | None, Sequence[AuditEvent]]


def _handed(step: PullStep, events: Sequence[AuditEvent]) -> _Handed:
    requests: defaultdict[str | None, list[AuditEvent]] = defaultdict(list)
    for event in events:
        requests[event.request_id].append(event)
    return _Handed(step, events, frozenset(event.external_id for event in events), requests)


class Behind:
    """At most one commit under way, from `state` on. It answers what a source asks of the store as well, with the
    events that are being written, or are about to be: those are known too.

    `lease` is asked when a write starts, and raises LeaseLost where it is gone.
    """

    def __init__(self, store: Store, state: PullState, lease: Callable[[], Lease], on_done: Done) -> None:
        self._store = store
        self.state = state
        """The last one that is durable."""
        self._lease = lease
        self._on_done = on_done
        self._waiting: list[_Handed] = []
        self._under_way: list[_Handed] = []
        self._room = asyncio.Event()
        self._room.set()
        self._due = asyncio.Event()
        """What waits is enough for a commit, or is the last."""
        self._is_last = False
        self._task: asyncio.Task[None] | None = None

    async def settle(self) -> None:
        """All that was handed over is durable. Raises the StoreError of the commit that failed, and never a second
        time; what waited for that one is dropped."""
        task = self._task
        if task is None:
            return
        self._is_last = True
        self._due.set()
        try:
            await task
        finally:
            self._is_last = False
            if task.done():
                self._task, self._waiting, self._under_way = None, [], []

    async def start(self, step: PullStep, events: Sequence[AuditEvent]) -> None:
        """Write `step`, whose `events` have their tenants, once those before it are durable; returns meanwhile, as soon
        as few enough wait. Raises what `settle` raises where one before it failed."""
        await self._room.wait()
        if self._task is not None and self._task.done():
            await self.settle()
        self._waiting.append(_handed(step, events))
        if len(self._waiting) >= _MOST_WAITING:
            self._room.clear()
        if self._task is None:
            self._task = asyncio.create_task(self._write())
        if not self._room.is_set() or sum(len(each.events) for each in self._waiting) >= _ENOUGH:
            self._due.set()

    def cancel(self) -> None:
        """Wait no longer for what is under way: it is durable as a whole or not at all, and nobody counts on it."""
        if self._task is not None:
            self._task.cancel()

    async def end(self) -> None:
        """Nothing is under way any more. For what ends early: its own error is the one to tell."""
        with suppress(StoreError):
            await self.settle()

    async def _write(self) -> None:
        """Commits until nothing waits any more."""
        try:
            while self._waiting:
                self._under_way, self._waiting = self._waiting, []
                if not self._is_last:
                    self._due.clear()
                self._room.set()
                await self._commit(self._under_way)
                self._under_way = []
                await self._until_due()
        finally:
            self._room.set()

    async def _until_due(self) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(_FOLLOWS_S):
                await self._due.wait()

    async def _commit(self, handed: Sequence[_Handed]) -> None:
        steps = [each.step for each in handed]
        events = [event for each in handed for event in each.events]
        set_aside = [item for step in steps for item in step.fetched.set_aside]
        state = replace(steps[-1].state, rev=self.state.rev)
        # The oldest first: of rows of one millisecond, the one that is stored last stands for the newest.
        done = await self._store.commit(events[::-1], set_aside, state, self._lease())
        self.state = done.state
        self._on_done(steps, done)

    # What a source asks. What is under way is looked at first: a row that lands meanwhile is in one of the two.

    def _coming(self, source: str) -> Sequence[_Handed]:
        return (*self._under_way, *self._waiting) if source == self.state.source else ()

    async def known(self, source: str, external_ids: Collection[str]) -> Collection[str]:
        """Those of the ids that are stored, or about to be."""
        coming = [each for handed in self._coming(source) for each in handed.ids.intersection(external_ids) if each]
        return {*await self._store.known(source, external_ids), *coming}

    async def same_request(
        self, source: str, request_ids: Collection[str], near: Sequence[datetime]
    ) -> Sequence[AuditEvent]:
        """Events of these requests within five minutes of those moments."""
        coming = [
            event
            for handed in self._coming(source)
            for request_id in request_ids
            for event in handed.requests.get(request_id, ())
            if any(abs(event.at - moment) <= _NEAR for moment in near)
        ]
        return [*await self._store.same_request(source, request_ids, near), *coming]

    async def last_before(self, source: str, action: str, actor_id: str, at: datetime) -> AuditEvent | None:
        """The newest event of that action and actor up to `at`."""
        wanted, latest = (action, actor_id), floor_ms(at)
        coming = [
            event
            for handed in self._coming(source)
            for event in handed.events
            if (event.action, event.actor_id) == wanted and floor_ms(event.at) <= latest
        ]
        stored = await self._store.last_before(source, action, actor_id, at)
        return max([*coming, *([] if stored is None else [stored])], key=lambda event: event.at, default=None)
