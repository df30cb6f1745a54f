"""Makes the ingester after the first frame, keeps it running, and ends it cleanly. Knows no screen."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Protocol

from dezky_audit_tui.errors import AuditError

if TYPE_CHECKING:
    # It comes with the ingester, after the first frame.
    from dezky_audit_tui.ingest.state import ForceAnswer, IngesterState

log = logging.getLogger(__name__)

STOP_WITHIN_S = 4.5
"""Seconds that a tick in flight has to end before the program goes on without it."""

_RETRY_S = (5.0, 10.0, 20.0, 40.0, 60.0)


class IngesterHandle(Protocol):
    """What the dashboard needs of an ingester."""

    @property
    def state(self) -> IngesterState:
        """What it is at now."""

    def force(self) -> ForceAnswer:
        """Ask for a tick now."""

    async def run(self) -> None:
        """Tick until stopped."""

    async def stop(self) -> None:
        """End the tick in flight and give the lease back."""


MakeIngester = Callable[[], Awaitable[IngesterHandle]]


class Supervisor:
    """One ingester at a time. Where it cannot be made, or ends, `trouble` says why and it is tried again."""

    def __init__(self, make: MakeIngester | None, *, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep) -> None:
        self._make = make
        self._sleep = sleep
        self._ingester: IngesterHandle | None = None
        self.trouble: str | None = None

    @property
    def watch_only(self) -> bool:
        """Whether no ingester is wanted."""
        return self._make is None

    @property
    def state(self) -> IngesterState | None:
        """The ingester's own word, where there is one."""
        return self._ingester.state if self._ingester is not None else None

    async def run(self) -> None:
        """Until cancelled, or until the ingester was stopped."""
        if self._make is None:
            return
        attempt = 0
        while True:
            try:
                self._ingester = await self._make()
                self.trouble = None
                attempt = 0
                await self._ingester.run()
                return
            except AuditError as error:
                self.trouble = error.message
                log.warning("the ingester ended: %s", error.message)
            except Exception as error:  # whatever it was, the screen must stay and say so
                self.trouble = f"The ingester ended by a fault of its own ({type(error).__name__}). Its log has more."
                log.exception("the ingester ended")
            await self._end()
            await self._sleep(_RETRY_S[min(attempt, len(_RETRY_S) - 1)])
            attempt += 1

    def force(self) -> ForceAnswer:
        """A tick now, and what became of the wish."""
        if self._ingester is None:
            return "disabled"
        return self._ingester.force()

    async def stop(self) -> None:
        """End the ingester, within some seconds whatever it does."""
        await self._end()

    async def _end(self) -> None:
        ingester, self._ingester = self._ingester, None
        if ingester is None:
            return
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._quietly(ingester), STOP_WITHIN_S)

    @staticmethod
    async def _quietly(ingester: IngesterHandle) -> None:
        try:
            await ingester.stop()
        except AuditError as error:
            log.warning("the ingester did not end cleanly: %s", error.message)
