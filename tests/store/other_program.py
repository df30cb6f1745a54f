"""Another program on the same store: `python other_program.py URL VERB NUMBER`.

`commit` stores NUMBER events, a batch for each line that it prints, until it is done or killed. `hold` takes the
lease, prints its owner and waits for its standard input to end. `own` prints an owner and ends.
"""

from __future__ import annotations

import asyncio
import sys

from dezky_audit_tui.store.lease_owner import make_owner
from dezky_audit_tui.store.open import open_store
from tests.store.samples import event, put, take_lease

BATCH = 7


async def commit(url: str, batches: int) -> None:
    store = open_store(url)
    await store.open()
    lease = await take_lease(store, seconds=600)
    state = await store.state("authentik")
    first = int(state.cursor.pk.removeprefix("id-")) + 1 if state.cursor else 0
    for batch in range(batches):
        start = first + batch * BATCH
        await put(store, *(event(number) for number in range(start, start + BATCH)), lease=lease)
        print(start, flush=True)
    await store.release_lease(lease)
    await store.close()


async def hold(url: str) -> None:
    store = open_store(url)
    await store.open()
    lease = await take_lease(store, seconds=600)
    print(lease.owner, flush=True)
    await asyncio.to_thread(sys.stdin.read)


if __name__ == "__main__":
    match sys.argv[1:]:
        case [url, "commit", number]:
            asyncio.run(commit(url, int(number)))
        case [url, "hold"]:
            asyncio.run(hold(url))
        case [_, "own"]:
            print(make_owner())
