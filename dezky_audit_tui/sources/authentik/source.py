"""Authentik as a source of events: the client, the pull, the translation and the directory put together."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Collection, Mapping
from contextlib import aclosing
from datetime import datetime

from dezky_audit_tui.model.cursor import PullState
from dezky_audit_tui.model.event import AuditEvent
from dezky_audit_tui.model.instants import now
from dezky_audit_tui.model.set_aside import SetAside
from dezky_audit_tui.model.tenants import Membership
from dezky_audit_tui.sources.authentik.client import AuthentikClient
from dezky_audit_tui.sources.authentik.directory import Directory
from dezky_audit_tui.sources.authentik.pull import EventPull
from dezky_audit_tui.sources.authentik.raw import RawStep
from dezky_audit_tui.sources.authentik.siblings import gather_siblings
from dezky_audit_tui.sources.authentik.translate import told_alone, translate
from dezky_audit_tui.sources.authentik.wire import SOURCE
from dezky_audit_tui.sources.source import Budget, Fetched, PullStep, Siblings, Stretch

_BATCH = 100
"""Events translated at a time: the screen's loop has its turn in between."""


class AuthentikSource:
    """One Authentik. The `client` is closed with it; `directory` tells why look-ups failed."""

    name = SOURCE

    def __init__(self, client: AuthentikClient, clock: Callable[[], datetime] = now) -> None:
        self.client = client
        self.directory = Directory(client, clock)
        self._clock = clock
        self._pull = EventPull(client, clock)

    @property
    def requests(self) -> int:
        """Requests sent since the source was made, those for groups and users included."""
        return self.client.requests

    @property
    def directory_error(self) -> str | None:
        """Why the last look-up of groups failed, in words; None where it went well."""
        error = self.directory.last_error
        return error.message if error is not None else None

    @property
    def users_waiting(self) -> int:
        """How many users could not be looked up in this tick any more: it was one look-up too many."""
        return self.directory.waiting

    async def pull(
        self, state: PullState, budget: Budget, siblings: Siblings, *, fill_only: bool = False
    ) -> AsyncGenerator[PullStep, None]:
        """The steps of one tick. Raises a SourceError only before the first step; later ones end the last step."""
        async with (
            aclosing(self._pull.steps(state, budget, fill_only=fill_only)) as steps,
            aclosing(_one_ahead(steps)) as ahead,
        ):
            async for step in ahead:
                yield PullStep(
                    fetched=await self._translated(step, siblings),
                    state=step.state,
                    caught_up=step.caught_up,
                    more=step.more,
                    warning=step.warning,
                    error=step.error,
                    again=await _again(step),
                )

    def begin_tick(self) -> None:
        """A new tick: look-ups that are allowed once a tick are allowed again."""
        self.directory.begin_tick()

    def forget(self) -> None:
        """What was pulled last may not be durable: count on nothing but the state."""
        self._pull.forget()

    async def memberships(
        self, user_ids: Collection[str], groups_changed_at: datetime | None
    ) -> Mapping[str, Membership | None]:
        """What the directory says of each of these users; None where it did not answer. Never raises a SourceError."""
        return await self.directory.memberships(user_ids, groups_changed_at)

    async def aclose(self) -> None:
        """Close connections."""
        await self.client.aclose()

    async def _translated(self, step: RawStep, siblings: Siblings) -> Fetched:
        events: list[AuditEvent] = []
        aside: list[SetAside] = list(step.set_aside)
        changed_at: datetime | None = None
        stored = await siblings.known(self.name, [row.pk for row in step.rows]) if step.rows else ()
        new = [row for row in step.rows if row.pk not in stored]
        known = await gather_siblings(new, siblings)
        for start in range(0, len(new), _BATCH):
            fetched = await asyncio.to_thread(translate, new[start : start + _BATCH], known, self._clock())
            events += fetched.events
            aside += fetched.set_aside
            if fetched.groups_changed_at is not None:
                changed_at = max(changed_at or fetched.groups_changed_at, fetched.groups_changed_at)
        return Fetched(tuple(events), tuple(aside), len(step.rows) - len(new), changed_at)


async def _one_ahead(steps: AsyncGenerator[RawStep, None]) -> AsyncGenerator[RawStep, None]:
    """The same `steps`, each asked for while the one before it is worked on: a page comes while another is translated.
    There is never more than one page on its way."""

    async def following() -> RawStep | None:
        return await anext(steps, None)

    coming = asyncio.create_task(following())
    try:
        while (step := await coming) is not None:
            coming = asyncio.create_task(following())
            yield step
    finally:
        # Where nobody wants the next one any more, neither does anybody want its error.
        coming.cancel()
        await asyncio.gather(coming, return_exceptions=True)


async def _again(step: RawStep) -> Stretch | None:
    """What the source shows now where it was read once more."""
    again = step.again
    if again is None:
        return None
    rows = [row for row in step.rows if again.bottom <= row.mark.key < again.top]
    events: list[AuditEvent] = []
    for start in range(0, len(rows), _BATCH):
        events += await asyncio.to_thread(told_alone, rows[start : start + _BATCH])
    return Stretch(again.bottom, again.top, tuple(events), step.ids, again.complete, again.settled, again.at)
