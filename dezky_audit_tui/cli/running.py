"""Run a command's coroutine until it is done or a signal ends it."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any, TypeVar

from dezky_audit_tui.cli.errors import CutShort
from dezky_audit_tui.ending import end_soon
from dezky_audit_tui.errors import Exit
from dezky_audit_tui.settings import Settings
from dezky_audit_tui.store.open import open_store
from dezky_audit_tui.store.store import Store

T = TypeVar("T")

_ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def run_until_done(work: Callable[[], Coroutine[Any, Any, T]]) -> T | None:
    """What `work` returns, or None where SIGTERM or SIGHUP ended it: that is a clean end.

    A signal cancels `work`, which may still put things in order, and has some seconds to do it. Raises CutShort where
    it was SIGINT. A signal that was ignored when the program started (nohup) stays ignored.
    """
    return asyncio.run(_guarded(work))


async def _guarded(work: Callable[[], Coroutine[Any, Any, T]]) -> T | None:
    task = asyncio.ensure_future(work())
    came: list[signal.Signals] = []

    def end(number: signal.Signals) -> None:
        if not came:
            end_soon(Exit.INTERRUPTED if number is signal.SIGINT else Exit.DONE)
        came.append(number)
        task.cancel()

    loop = asyncio.get_running_loop()
    for number in _ENDING:
        if signal.getsignal(number) is not signal.SIG_IGN:
            loop.add_signal_handler(number, end, number)
    try:
        return await task
    except asyncio.CancelledError:
        if not came:
            raise
    finally:
        for number in _ENDING:
            loop.remove_signal_handler(number)
    if came[0] is signal.SIGINT:
        raise CutShort
    return None


@asynccontextmanager
async def opened_store(settings: Settings) -> AsyncIterator[Store]:
    """The store, open; a search that still runs when the command is cancelled is cut short."""
    store = open_store(settings.store_url)
    try:
        await store.open()
        yield store
    except asyncio.CancelledError:
        store.interrupt()
        raise
    finally:
        await store.close()
