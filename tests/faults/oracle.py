"""The one oracle: what the source showed and what the store holds are the same, each event once.

`check` is asked after every crash and fault, `at_rest` when the trouble is over. Both look through the store's own
door, so they judge every kind of store alike.
"""

from __future__ import annotations

from collections import Counter
from datetime import datetime

from dezky_audit_tui.model.cursor import Hole, PullState
from dezky_audit_tui.model.event import Row
from dezky_audit_tui.model.query import EVERYTHING
from dezky_audit_tui.store.store import Store
from tests.faults.world import World

SOURCE = "authentik"


async def check(world: World, store: Store) -> set[str]:
    """What holds at any time, whatever has happened. Returns the ids that are stored."""
    state, rows = await store.state(SOURCE), await all_rows(store)
    stored = {row.event.external_id or "" for row in rows}
    assert len(stored) == len(rows), "no key is there twice"
    assert stored <= world.ever, "nothing is stored that the source never showed"
    assert not stored & world.unreadable, "what cannot be read is no event"
    _check_cursor(state, {row.event.external_id: row for row in rows})
    lost = [
        pk
        for pk, at in world.visible.items()
        if state.settled_at is not None
        and at <= state.settled_at
        and pk not in stored
        and pk not in world.late
        and not in_hole((at, pk), state.holes)
    ]
    assert not lost, f"settled to {state.settled_at}, but neither stored nor in a hole: {lost[:3]}"
    await _check_tallies(store, rows)
    return stored


async def at_rest(world: World, store: Store) -> None:
    """What holds when all faults are over and ticks have caught up."""
    stored = await check(world, store)
    missing = world.visible.keys() - stored - world.late
    assert not missing, f"{len(missing)} accepted events are not stored: {sorted(missing)[:3]}"
    status = await store.status(SOURCE)
    assert status.state.unread == ()
    assert status.lease is None, "the lease is given back"
    aside = [item.key for item in await store.quarantined(100_000)]
    assert len(aside) == len(set(aside))
    assert world.shown_unreadable <= set(aside), "what could not be read was set aside"


async def all_rows(store: Store) -> list[Row]:
    """Every row of the source, newest first."""
    rows: list[Row] = []
    while page := await store.older(EVERYTHING, rows[-1].position if rows else None, 1_000):
        rows += page
    positions = [row.position for row in rows]
    assert positions == sorted(positions, reverse=True)
    return rows


def in_hole(key: tuple[datetime, str], holes: tuple[Hole, ...]) -> bool:
    """Whether a row lies in a stretch that is known as not read."""
    return any(key < hole.top.key and (hole.bottom is None or key[0] >= hole.bottom) for hole in holes)


def _check_cursor(state: PullState, rows: dict[str | None, Row]) -> None:
    """The cursor is never ahead of durable rows: it is one of them, to the microsecond."""
    if state.cursor is None:
        return
    row = rows.get(state.cursor.pk)
    assert row is not None, "the cursor's event is not stored"
    assert row.event.metadata["created"] == state.cursor.created


async def _check_tallies(store: Store, rows: list[Row]) -> None:
    """What the panes count is what is there."""
    counted = (await store.counts()).get(SOURCE, 0)
    assert counted == len(rows)
    assert sum(count.count for count in await store.action_counts()) == len(rows)
    reasons = Counter(row.event.tenant_why.reason for row in rows if row.event.tenant_why is not None)
    told = (await store.tenant_counts()).reasons
    assert {reason: count for reason, count in told.items() if count} == dict(reasons)
