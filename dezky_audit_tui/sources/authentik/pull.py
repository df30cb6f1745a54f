"""The pull that loses nothing.

Authentik's list honours no time filter, grows at the head, loses rows anywhere and shifts between two requests.
So a page counts only where it overlaps the last row read; what a tick could not read is kept as a hole; and what
may still be joined by late commits is read again. Nothing here knows HTTP, a store or a screen.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from datetime import datetime

from dezky_audit_tui.model.cursor import PullState
from dezky_audit_tui.sources.authentik.memory import EventReader, Memory
from dezky_audit_tui.sources.authentik.pull_tick import PullTick
from dezky_audit_tui.sources.authentik.raw import RawStep
from dezky_audit_tui.sources.source import Budget


class EventPull:
    """Pulls one Authentik. Between ticks it remembers only hints that spare requests; the state is all it needs."""

    def __init__(self, reader: EventReader, clock: Callable[[], datetime]) -> None:
        self._memory = Memory(reader, clock)

    def forget(self) -> None:
        """What was read last may not be durable: the state is all that counts."""
        self._memory.forget()

    async def steps(
        self, state: PullState, budget: Budget, *, fill_only: bool = False
    ) -> AsyncGenerator[RawStep, None]:
        """The steps of one tick. Raises a SourceError only before the first; later ones end the last step.

        `fill_only`: leave the head of the list alone and only read holes.
        """
        tick = PullTick(self._memory, state, budget)
        if not fill_only:
            async for step in tick.head():
                yield step
                if step.error is not None:
                    return
        async for step in tick.fill():
            yield step
