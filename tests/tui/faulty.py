"""A store that can go away and come back under a dashboard that runs."""

from __future__ import annotations

from typing import Any

from dezky_audit_tui.errors import StoreUnavailable
from tests.tui.screen import Screen

_READS = ("open", "follow", "status", "ticks", "counts", "older", "newer", "get", "count", "action_counts")
_MORE = ("tenant_counts", "volume", "values")


class StoreAway:
    """While it is entered, all reads of the screen's store say that it is away. The screen knows it by then; at the
    end it has read the store anew."""

    def __init__(self, screen: Screen, why: str = "The disk is gone. Mount it again.") -> None:
        self._screen, self._why = screen, why
        self._names = [name for name in (*_READS, *_MORE) if hasattr(screen.stage.store, name)]

    async def __aenter__(self) -> None:
        store, feed = self._screen.stage.store, self._screen.main.feed
        for name in self._names:
            setattr(store, name, self._refuse)
        await feed._let_go()  # as after a poll that failed
        await self._screen.stage.until(lambda: self._screen.main.narrator.news.error is not None, "that it is away")
        await self._screen.settled()

    async def __aexit__(self, *_: object) -> None:
        for name in self._names:
            delattr(self._screen.stage.store, name)
        main = self._screen.main
        await self._screen.stage.until(lambda: main.narrator.news.error is None, "that it is back")
        await self._screen.settled()

    async def _refuse(self, *_: Any, **__: Any) -> Any:
        raise StoreUnavailable(self._why)
