"""A store that fails under a tick: at any call, before or after its work, at any row, full, locked, slow or gone."""

from __future__ import annotations

import asyncio
import shutil
import sqlite3
import time
from collections.abc import AsyncIterator
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from dezky_audit_tui.errors import (
    LeaseLost,
    StoreConflict,
    StoreError,
    StoreFull,
    StoreReadOnly,
    StoreUnavailable,
)
from dezky_audit_tui.ingest.tick import run_tick
from dezky_audit_tui.model.instants import now
from dezky_audit_tui.sources.source import Budget
from dezky_audit_tui.store.sqlite.store import SqliteStore
from dezky_audit_tui.store.store import Lease, Store
from tests.faults import oracle
from tests.faults.catalogue import SQLITE_FAULTS, StoreFault
from tests.faults.failing_store import FailingStore, When
from tests.faults.operator import operating
from tests.faults.victims import Victims
from tests.faults.world import World
from tests.store.houses import House

SMALL = Budget(max_pages=10, page_size=10)


@pytest.fixture
def store(house: House, store: Store) -> FailingStore:
    return FailingStore(store)


@pytest.fixture
def commits_of_a_page(monkeypatch: pytest.MonkeyPatch) -> None:
    """No page waits for the next one, however slow the store is: so there are many commits that may fail."""
    monkeypatch.setattr("dezky_audit_tui.ingest.behind._ENOUGH", 1)
    monkeypatch.setattr("dezky_audit_tui.ingest.behind._MOST_WAITING", 1)


CALLS = [
    ("state", 1),
    ("tenants", 1),
    ("known", 2),
    ("same_request", 1),
    ("commit", 1),
    ("commit", 4),
    ("unresolved", 1),
    ("save_tick", 1),
]


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize(("call", "nth"), CALLS)
@pytest.mark.usefixtures("commits_of_a_page")
async def test_a_call_that_fails_fails_the_tick_and_nothing_else(
    world: World, store: FailingStore, call: str, nth: int, when: When
) -> None:
    async with operating(world, store.as_store(), budget=SMALL) as operator:
        await operator.tick()
        world.add(65, action="password_set", context={"http_request": {"request_id": "one"}})
        store.fail(call, StoreUnavailable("the store is gone"), nth=nth, when=when)
        (report,) = await operator.tick()
        assert store.failed == 1
        assert report.outcome == "failed"
        assert report.error is not None
        assert (report.error.kind, report.error.message) == ("store_unavailable", "the store is gone")
        await oracle.check(world, store.as_store())
        assert (await operator.tick(until_caught_up=True))[-1].outcome == "ok"
        await oracle.at_rest(world, store.as_store())


@pytest.mark.parametrize(
    "error",
    [
        StoreFull("the disk is full"),
        StoreReadOnly("may only be read"),
        StoreConflict("another went on"),
        LeaseLost("the lease is lost"),
    ],
    ids=lambda error: error.kind,
)
@pytest.mark.usefixtures("commits_of_a_page")
async def test_every_error_of_a_store_is_told_by_its_name(world: World, store: FailingStore, error: StoreError) -> None:
    async with operating(world, store.as_store(), budget=SMALL) as operator:
        store.fail("commit", error, nth=3)
        (report,) = await operator.tick()
        assert report.error is not None
        assert (report.error.kind, report.error.message) == (error.kind, error.message)
        await oracle.check(world, store.as_store())
        await operator.tick(until_caught_up=True)
        await oracle.at_rest(world, store.as_store())


async def test_a_lease_that_cannot_be_given_back_expires_by_itself(
    world: World, house: House, store: FailingStore
) -> None:
    async with operating(world, store.as_store()) as operator:
        store.fail("release_lease", StoreUnavailable("gone"))
        (report,) = await operator.tick()
        assert report.outcome == "ok"
        assert (await operator.tick())[0].outcome == "skipped"
        await house.pass_time(31)
        assert (await operator.tick(until_caught_up=True))[-1].outcome == "ok"
        await oracle.at_rest(world, store.as_store())


@pytest.mark.usefixtures("commits_of_a_page")
async def test_a_store_slower_than_the_lease_lives_ends_the_tick_and_loses_nothing(
    world: World, house: House, store: FailingStore
) -> None:
    seconds = 0.0

    async def slowly() -> None:
        nonlocal seconds
        seconds += 13.0

    async def never(_: float) -> None:
        await asyncio.Event().wait()

    async with operating(world, store.as_store(), budget=SMALL, monotonic=lambda: seconds, sleep=never) as operator:
        store.before["commit"] = slowly
        (report,) = await operator.tick()
        assert report.error is not None
        assert report.error.kind == "lease_lost"
        assert 0 < report.inserted < len(world.ever)
        await oracle.check(world, store.as_store())
        store.before.clear()
    async with operating(world, store.as_store()) as operator:
        await operator.tick(until_caught_up=True)
        await oracle.at_rest(world, store.as_store())


async def test_a_lease_that_went_to_another_fences_the_old_holder_in_the_middle_of_its_tick(
    world: World, house: House, store: FailingStore
) -> None:
    taken: list[Lease | None] = []

    async def take_over() -> None:
        if not taken:
            await house.pass_time(31)
            taken.append(await store.acquire_lease("authentik", "ben@there/2/c-d-1", 30))

    async with operating(world, store.as_store(), budget=SMALL) as operator:
        await operator.tick()
        world.add(45)
        store.before["commit"] = take_over
        (report,) = await operator.tick()
        assert report.error is not None
        assert report.error.kind == "lease_lost"
        assert "ben@there (pid 2)" in report.error.message
        assert report.inserted == 0
        store.before.clear()
        await oracle.check(world, store.as_store())
        assert (await operator.tick())[0].outcome == "skipped"
        await store.release_lease(taken[0])
        await operator.tick(until_caught_up=True)
        await oracle.at_rest(world, store.as_store())


async def test_two_ticks_under_one_lease_conflict_and_neither_loses_nor_doubles(
    world: World, store: FailingStore
) -> None:
    async with (
        operating(world, store.as_store(), budget=SMALL) as one,
        operating(world, store.as_store(), budget=SMALL) as two,
    ):
        lease = await store.acquire_lease("authentik", "ann@here/1/a-b-1", 30)
        for _ in range(3):
            world.add(30)
            ticks = await asyncio.gather(
                *(
                    run_tick(
                        each.source,
                        store.as_store(),
                        lambda: lease,
                        trigger="timer",
                        budget=each.budget,
                        rules=each.rules,
                    )
                    for each in (one, two)
                )
            )
            kinds = {tick.report.error.kind for tick in ticks if tick.report.error is not None}
            assert kinds <= {"store_conflict"}
            await oracle.check(world, store.as_store())
        await store.release_lease(lease)
        await one.tick(until_caught_up=True)
        await oracle.at_rest(world, store.as_store())


class TestSqlite:
    """What only a file can do."""

    @pytest.fixture
    def path(self, tmp_path: Path) -> Path:
        return tmp_path / "audit.db"

    hours = 0

    @pytest.fixture
    async def file_store(self, path: Path) -> AsyncIterator[Store]:
        store = SqliteStore(path, clock=lambda: now() + timedelta(hours=self.hours), patience_s=0.2)
        await store.open()
        yield store
        await store.close()

    @pytest.mark.parametrize("fault", SQLITE_FAULTS, ids=lambda fault: fault.what)
    async def test_an_error_at_row_k_takes_the_whole_page_back(
        self, world: World, file_store: Store, monkeypatch: pytest.MonkeyPatch, fault: StoreFault
    ) -> None:
        async with operating(world, file_store, budget=SMALL) as operator:
            await operator.tick()
            held = await oracle.check(world, file_store)
            world.add(18)
            fail_at_row(monkeypatch, 7, fault.order)
            (report,) = await operator.tick()
            assert report.error is not None
            assert report.error.kind == fault.error_kind
            assert fault.told in report.error.message
            assert report.inserted == 0
            assert await oracle.check(world, file_store) == held
            monkeypatch.undo()
            await operator.tick(until_caught_up=True)
            await oracle.at_rest(world, file_store)

    @pytest.mark.parametrize("kilobytes", [40, 90, 200, 400, 700])
    async def test_a_full_disk_is_one_line_and_the_next_tick_goes_on(
        self, victims: Victims, world: World, tmp_path: Path, kilobytes: int
    ) -> None:
        victims.environment["AUDIT_STORE"] = f"sqlite:///{tmp_path}/audit.db"
        world.add(600)
        ended = victims.run("tick", "--until-caught-up", limit=kilobytes * 1024)
        assert ended.code == 1
        (line,) = ended.err.splitlines()
        assert "full" in line
        assert "free some space" in line
        store = SqliteStore(tmp_path / "audit.db")
        await store.open()
        await oracle.check(world, store)
        assert victims.run("tick", "--until-caught-up").code == 0
        await oracle.at_rest(world, store)
        await store.close()

    async def test_a_store_locked_from_the_third_page_on_is_told_and_made_good(
        self, world: World, path: Path, file_store: Store
    ) -> None:
        other = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        pages = count(1)

        def lock(_: int) -> None:
            if next(pages) != 3:
                return
            # The first page is on its way to the disk, and comes there.
            while not other.execute("SELECT count(*) FROM events").fetchone()[0]:
                time.sleep(0.01)
            other.execute("BEGIN IMMEDIATE")

        async with operating(world, file_store, budget=SMALL) as operator:
            world.server.before_page = lock
            (report,) = await operator.tick()
            assert report.error is not None
            assert report.error.kind == "store_unavailable"
            assert "locked by another program" in report.error.message
            assert report.inserted > 0
            other.execute("ROLLBACK")
            other.close()
            world.server.before_page = None
            await oracle.check(world, file_store)
            assert (await operator.tick())[0].outcome == "skipped", "the lease could not be given back"
            self.hours += 1
            await operator.tick(until_caught_up=True)
            await oracle.at_rest(world, file_store)

    async def test_a_store_that_turns_read_only_in_the_middle_is_told_and_made_good(
        self, world: World, path: Path
    ) -> None:
        readable = WriteSwitch()
        with pytest.MonkeyPatch.context() as patch:
            readable.install(patch)
            store = SqliteStore(path, clock=lambda: now() + timedelta(hours=self.hours))
            await store.open()
            async with operating(world, store, budget=SMALL) as operator:
                pages = count(1)
                world.server.before_page = lambda _: readable.turn(off=next(pages) >= 3)
                (report,) = await operator.tick()
                assert report.error is not None
                assert report.error.kind == "store_read_only"
                assert "check the permissions" in report.error.message
                world.server.before_page = None
                readable.turn(off=False)
                self.hours += 1
                await oracle.check(world, store)
                await operator.tick(until_caught_up=True)
                await oracle.at_rest(world, store)
            await store.close()

    @pytest.mark.parametrize("how", ["removed", "replaced", "moved away"])
    async def test_a_file_that_vanishes_is_told_and_never_written_to_in_the_dark(
        self, world: World, path: Path, file_store: Store, how: str
    ) -> None:
        async with operating(world, file_store) as operator:
            await operator.tick(until_caught_up=True)
            world.add(20)
            take_away(path, how)
            with pytest.raises(StoreUnavailable, match="start again"):
                await operator.tick()
            with pytest.raises(StoreUnavailable, match="start again"):
                await file_store.counts()

    async def test_a_clock_that_jumps_keeps_no_dead_lease_alive(self, world: World, path: Path) -> None:
        time = now()
        store = SqliteStore(path, clock=lambda: time)
        await store.open()
        assert await store.acquire_lease("authentik", "ann@there/1/a-b-1", 30) is not None
        time -= timedelta(hours=1)
        async with operating(world, store) as operator:
            assert (await operator.tick(until_caught_up=True))[-1].outcome == "ok"
            await oracle.at_rest(world, store)
        await store.close()


def take_away(path: Path, how: str) -> None:
    """What an operator may do to a file that is in use."""
    if how == "removed":
        path.unlink()
    elif how == "replaced":
        shutil.copy(path, path.with_name("copy.db"))
        path.with_name("copy.db").replace(path)
    else:
        path.rename(path.with_name("old.db"))


def fail_at_row(monkeypatch: pytest.MonkeyPatch, row: int, code: int) -> None:
    """From now on rows are written one by one, and each `row`th fails with that code: at the driver's door."""
    from dezky_audit_tui.store.sqlite import codec, events

    original, rows = codec.insert, count(1)

    def failing(number: int) -> str:
        if next(rows) % row == 0:
            error = sqlite3.OperationalError("as ordered")
            error.sqlite_errorcode = code
            error.sqlite_errorname = "AS_ORDERED"
            raise error
        return original(number)

    monkeypatch.setattr(events, "_AT_ONCE", 1)
    monkeypatch.setattr(events, "insert", failing)


class WriteSwitch:
    """Connections that SQLite itself makes read-only, and writable again, while they are open."""

    def __init__(self) -> None:
        self._off = False

    def turn(self, *, off: bool) -> None:
        """For every statement from now on."""
        self._off = off

    def install(self, patch: pytest.MonkeyPatch) -> None:
        """For every connection that is opened from now on."""
        connect = sqlite3.connect
        switch = self

        class Switched(sqlite3.Connection):
            def execute(self, sql: str, *parameters: Any) -> sqlite3.Cursor:
                super().execute(f"PRAGMA query_only = {int(switch._off)}")
                return super().execute(sql, *parameters)

        patch.setattr(sqlite3, "connect", lambda *args, **kwargs: connect(*args, factory=Switched, **kwargs))
