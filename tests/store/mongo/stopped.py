"""A program that commits one batch and stops at a seam: `python -m tests.store.mongo.stopped URL SEAM`.

It prints a line when it is there, and waits to be killed.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable
from typing import Any

from dezky_audit_tui.store.mongo import events, pulls
from dezky_audit_tui.store.open import open_store
from tests.store.samples import event, put, take_lease

BATCH = 5
SEAMS: dict[str, tuple[type, str]] = {
    "before the rows": (events.Events, "_insert_new"),
    "between rows and quarantine": (events.Events, "_insert"),
    "between rows and cursor": (pulls.Pulls, "write_state"),
}
AFTER = "after the cursor"


async def main(url: str, seam: str) -> None:
    store = open_store(url)
    await store.open()
    lease = await take_lease(store, seconds=600)
    state = await store.state("authentik")
    first = int(state.cursor.pk.removeprefix("id-")) + 1 if state.cursor else 0
    if seam in SEAMS:
        _stop_at(*SEAMS[seam])
    await put(store, *(event(number) for number in range(first, first + BATCH)), lease=lease)
    await _wait()


def _stop_at(room: type, name: str) -> None:
    go_on: Callable[..., Awaitable[Any]] = getattr(room, name)

    async def stopped(self: object, *arguments: object) -> Any:
        # The quarantine's insert is the second one: the rows are there then.
        is_here = name != "_insert" or getattr(arguments[0], "name", "") == "ingestquarantine"
        return await (_wait() if is_here else go_on(self, *arguments))

    setattr(room, name, stopped)


async def _wait() -> None:
    print("here", flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
