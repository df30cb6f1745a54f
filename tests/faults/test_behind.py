"""While one page is written, the next ones are read: what is under way counts as known, and nothing overtakes it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest

from dezky_audit_tui.errors import StoreUnavailable
from dezky_audit_tui.ingest.behind import _ENOUGH, _MOST_WAITING, Behind
from dezky_audit_tui.model.event import AuditEvent
from dezky_audit_tui.sources.authentik.wire import EventPage
from dezky_audit_tui.sources.source import Budget, Fetched, PullStep
from dezky_audit_tui.store.store import Committed, Store
from tests.faults import oracle
from tests.faults.failing_store import FailingStore
from tests.faults.operator import operating
from tests.faults.world import World
from tests.store.houses import House
from tests.store.samples import AUTHENTIK, NOON, event, take_lease

WITHIN_S = 10.0


@pytest.fixture
def store(house: House, store: Store) -> FailingStore:
    return FailingStore(store)


async def test_some_pages_are_read_while_one_is_written_and_then_no_more(
    world: World, store: FailingStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    most = 1 + _MOST_WAITING + 2  # what is written, what waits, what waits for room, and what comes meanwhile
    came = asyncio.Semaphore(0)
    read: list[int] = []

    async def until_no_more_pages_come() -> None:
        if not read:
            for _ in range(most):
                await asyncio.wait_for(came.acquire(), WITHIN_S)
            await asyncio.sleep(0.1)
        read.append(world.server.requests.count("events"))

    store.before["commit"] = until_no_more_pages_come
    async with operating(world, store.as_store(), budget=Budget(max_pages=20, page_size=5)) as operator:
        fetch = operator.source.client.events_page

        async def watched(*args: Any, **kwargs: Any) -> EventPage:
            page = await fetch(*args, **kwargs)
            came.release()
            return page

        monkeypatch.setattr(operator.source.client, "events_page", watched)
        await operator.tick(until_caught_up=True)
        assert read[0] == most
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

    async def test_what_comes_meanwhile_waits_for_it_is_known_too_and_goes_into_one_commit(
        self, behind: Behind
    ) -> None:
        before = behind.state
        for number in (3, 4):
            await behind.start(self.step(behind, event(number)), [event(number)])
        assert not self.done
        assert await behind.known(AUTHENTIK, ["id-1", "id-3", "id-4", "id-5"]) == {"id-1", "id-3", "id-4"}
        self.go.set()
        await behind.settle()
        assert [len(done.inserted) for done in self.done] == [2, 2]
        assert behind.state.rev == before.rev + 2

    async def test_what_follows_soon_goes_into_one_commit_and_no_more_than_that_is_waited_for(
        self, behind: Behind
    ) -> None:
        self.go.set()
        await self.until_done(1)
        for number in (3, 4, 5):
            await behind.start(self.step(behind, event(number)), [event(number)])
        await self.until_done(2)
        assert [len(done.inserted) for done in self.done] == [2, 3]

    async def test_enough_of_it_waits_for_nothing(self, behind: Behind, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("dezky_audit_tui.ingest.behind._FOLLOWS_S", 3600.0)
        self.go.set()
        await self.until_done(1)
        page = [event(number) for number in range(10, 10 + _ENOUGH - 1)]
        await behind.start(self.step(behind, *page), page)
        await asyncio.sleep(0.05)
        assert len(self.done) == 1
        await behind.start(self.step(behind, event(3)), [event(3)])
        await self.until_done(2)
        assert len(self.done[1].inserted) == _ENOUGH

    async def test_nor_does_what_is_the_last(self, behind: Behind, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("dezky_audit_tui.ingest.behind._FOLLOWS_S", 3600.0)
        self.go.set()
        await self.until_done(1)
        await behind.start(self.step(behind, event(3)), [event(3)])
        await asyncio.wait_for(behind.settle(), WITHIN_S)
        assert [len(done.inserted) for done in self.done] == [2, 1]

    async def until_done(self, commits: int) -> None:
        async with asyncio.timeout(WITHIN_S):
            while len(self.done) < commits:  # noqa: ASYNC110 - what is done is told in no event
                await asyncio.sleep(0.01)

    async def test_no_more_is_taken_than_may_wait(self, behind: Behind) -> None:
        for number in range(3, 3 + _MOST_WAITING):
            await behind.start(self.step(behind, event(number)), [event(number)])
        one_more = asyncio.create_task(behind.start(self.step(behind, event(99)), [event(99)]))
        await asyncio.sleep(0.05)
        assert not one_more.done()
        self.go.set()
        await one_more
        await behind.settle()
        assert [len(done.inserted) for done in self.done] == [2, _MOST_WAITING, 1]

    async def test_where_it_fails_nothing_follows(self, behind: Behind, store: FailingStore) -> None:
        store.fail("commit", StoreUnavailable("the store is gone"), nth=1)
        before = behind.state
        await behind.start(self.step(behind, event(3)), [event(3)])
        self.go.set()
        with pytest.raises(StoreUnavailable):
            await behind.settle()
        await behind.settle()
        assert (self.done, behind.state) == ([], before)
        assert set(await behind.known(AUTHENTIK, ["id-1", "id-2", "id-3"])) == set()

    async def test_who_hands_over_more_is_told_that_it_failed(self, behind: Behind, store: FailingStore) -> None:
        store.fail("commit", StoreUnavailable("the store is gone"), nth=1)
        for number in range(3, 3 + _MOST_WAITING):
            await behind.start(self.step(behind, event(number)), [event(number)])
        waits_for_room = asyncio.create_task(behind.start(self.step(behind, event(9)), [event(9)]))
        await asyncio.sleep(0.05)
        self.go.set()
        with pytest.raises(StoreUnavailable):
            await waits_for_room
        await behind.settle()
        assert not self.done
        assert set(await behind.known(AUTHENTIK, ["id-1", "id-3", "id-9"])) == set()
