"""What has to wait until the reader stands still: it would be outdated with the next key, and hold that one up."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

STILL_S = 0.15
"""So long nothing may move."""


class Stillness:
    """Calls `then` on the loop once nothing has moved for a while. Each `moved` costs no more than a look at the clock:
    a timer of the screen is a task of its own, and keys repeat thirty times a second."""

    def __init__(self, then: Callable[[], object]) -> None:
        self._then = then
        self._handle: asyncio.TimerHandle | None = None

    def moved(self) -> None:
        """It moves, or something else makes what `then` does worth doing."""
        if self._handle is not None:
            self._handle.cancel()
        self._handle = asyncio.get_running_loop().call_later(STILL_S, self._stands)

    @property
    def waits(self) -> bool:
        """Whether it is still to be called."""
        return self._handle is not None

    def _stands(self) -> None:
        self._handle = None
        self._then()
