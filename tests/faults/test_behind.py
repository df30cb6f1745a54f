"""While one page is written, the next one is read: what is under way counts as known, and nothing overtakes it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest

from dezky_audit_tui.errors import StoreUnavailable
from dezky_audit_tui.ingest.behind import Behind
from dezky_audit_tui.model.event import AuditEvent
from dezky_audit_tui.sources.authentik.wire import EventPage
from dezky_audit_tui.sources.source import Budget, Fetched, PullStep
from dezky_audit_tui.store.store import Committed
from tests.faults import oracle
from tests.faults.failing_store import FailingStore
from tests.faults.operator import operating
from tests.faults.world import World
from tests.store.houses import House
from tests.store.samples import AUTHENTIK, NOON, event, take_lease

WITHIN_S = 10.0


@pytest.fixture
async def store(house: House) -> AsyncIterator[FailingStore]:
    real = await house.enter()
    yield FailingStore(real)
    await real.close()


async def test_the_next_page_is_read_while_one_is_written(
    world: World, store: FailingStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    came = asyncio.Event()
    ahead: list[int] = []

    async def until_another_page_came() -> None:
        before = world.server.requests.count("events")
        if not ahead:
            came.clear()
            await asyncio.wait_for(came.wait(), WITHIN_S)
            await asyncio.sleep(0.1)
        ahead.append(world.server.requests.count("events") - before)

    store.before["commit"] = until_another_page_came
    async with operating(world, store.as_store(), budget=Budget(max_pages=10, page_size=20)) as operator:
        fetch = operator.source.client.events_page

        async def watched(*args: Any, **kwargs: Any) -> EventPage:
            page = await fetch(*args, **kwargs)
            came.set()
            return page

        monkeypatch.setattr(operator.source.client, "events_page", watched)
        await operator.tick(until_caught_up=True)
        assert ahead[0] == 1, "one page ahead, and never two"
        await oracle.at_rest(world, store.as_store())


class TestOfWhatIsUnderWay:
    """Events whose commit has begun and not ended."""

    @pytest.fixture
    async def behind(self, store: FailingStore) -> AsyncIterator[Behind]:
        self.go = asyncio.Event()
        self.done: list[Committed] = []
        store.before["commit"] = self._wait
        lease = await take_lease(store.as_store())
        behind = Behind(
            store.as_store(),
            await store.state(AUTHENTIK),
            lambda: lease,
            lambda _, done: self.done.append(done),
        )
        await behind.start(self.step(behind, *self.events), self.events)
        yield behind
        self.go.set()
        await behind.end()

    events = (
        event(1, metadata={"rawAction": "login", "requestId": "r-1"}),
        event(2, action="authentik.logout", actor_id="9"),
    )

    async def _wait(self) -> None:
        await self.go.wait()

    def step(self, behind: Behind, *events: AuditEvent) -> PullStep:
        return PullStep(Fetched(events), replace(behind.state, settled_at=NOON))

    async def asked(self, behind: Behind) -> tuple[object, ...]:
        """All that a source may ask of them."""
        same = await behind.same_request(AUTHENTIK, ["r-1", "r-2"], [NOON])
        last = await behind.last_before(AUTHENTIK, "authentik.logout", "9", self.events[1].at)
        return (
            set(await behind.known(AUTHENTIK, ["id-1", "id-2", "id-3"])),
            [each.external_id for each in same],
            last.external_id if last is not None else None,
            await behind.last_before(AUTHENTIK, "authentik.logout", "9", NOON),
            await behind.same_request("another", ["r-1"], [NOON]),
        )

    async def test_it_is_known_as_if_it_were_stored(self, behind: Behind) -> None:
        meanwhile = await self.asked(behind)
        assert not self.done
        self.go.set()
        await behind.settle()
        assert len(self.done[0].inserted) == 2
        assert meanwhile == await self.asked(behind) == ({"id-1", "id-2"}, ["id-1"], "id-2", None, [])

    async def test_the_next_commit_waits_for_it_and_counts_on_its_state(self, behind: Behind) -> None:
        before = behind.state
        next_one = asyncio.create_task(behind.start(self.step(behind, event(3)), [event(3)]))
        await asyncio.sleep(0.05)
        assert not next_one.done()
        self.go.set()
        await next_one
        await behind.settle()
        assert [len(done.inserted) for done in self.done] == [2, 1]
        assert behind.state.rev == before.rev + 2

    async def test_where_it_fails_nothing_follows(self, behind: Behind, store: FailingStore) -> None:
        store.fail("commit", StoreUnavailable("the store is gone"), nth=1)
        self.go.set()
        before = behind.state
        with pytest.raises(StoreUnavailable):
            await behind.start(self.step(behind, event(3)), [event(3)])
        await behind.settle()
        assert (self.done, behind.state) == ([], before)
        assert await store.known(AUTHENTIK, ["id-1", "id-2", "id-3"]) == frozenset()
