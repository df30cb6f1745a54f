"""What runs and may be cancelled: searches, and counts that no index serves."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

from dezky_audit_tui.errors import Interrupted

T = TypeVar("T")


class Searches:
    """The searches of one store."""

    def __init__(self) -> None:
        self._running: dict[asyncio.Task[Any], asyncio.AbstractEventLoop] = {}
        self._stopped: set[asyncio.Task[Any]] = set()

    async def run(self, search: Coroutine[Any, Any, T], stoppable: bool = True) -> T:
        """What `search` gives. Where it is `stoppable`, it raises Interrupted when `stop` comes in between."""
        if not stoppable:
            return await search
        task = asyncio.ensure_future(search)
        self._running[task] = asyncio.get_running_loop()
        try:
            return await task
        except asyncio.CancelledError:
            if task in self._stopped:
                raise Interrupted("the search was cancelled") from None
            task.cancel()
            raise
        finally:
            self._running.pop(task, None)
            self._stopped.discard(task)

    def stop(self) -> None:
        """Cancel all of them. May be called from any thread."""
        for task, loop in tuple(self._running.items()):
            self._stopped.add(task)
            loop.call_soon_threadsafe(task.cancel)
