"""SQLite: locks, full disks and searches that are cancelled. Each has its own plain message, and passes."""

from __future__ import annotations

import asyncio
import resource
import signal
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from threading import Thread

import pytest

from dezky_audit_tui.errors import Interrupted, StoreFull, StoreUnavailable
from dezky_audit_tui.model.event import AuditEvent
from dezky_audit_tui.model.query import EVERYTHING
from dezky_audit_tui.store.sqlite.faults import as_audit_error
from dezky_audit_tui.store.sqlite.lanes import Lane
from dezky_audit_tui.store.sqlite.store import SqliteStore
from dezky_audit_tui.store.store import Store
from tests.store.houses import SqliteHouse
from tests.store.samples import AUTHENTIK, event, ids, put, query, take_lease

SLOW = query(" ".join(f"!without-{number}" for number in range(99)) + " nothing-like-that")
"""Much to look at in every row, and nothing to find."""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "audit.db"


async def opened(path: Path, patience_s: float = 5.0) -> Store:
    store = SqliteStore(path, patience_s=patience_s)
    await store.open()
    return store


async def test_while_another_program_writes_for_too_long_reading_goes_on(path: Path) -> None:
    store = await opened(path, patience_s=0.05)
    lease = await take_lease(store)
    await put(store, event(1), lease=lease)
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreUnavailable, match="locked by another program"):
            await put(store, event(2), lease=lease)
        assert await ids(store, "") == ["id-1"]
        late = await opened(path, patience_s=0.05)
        assert await ids(late, "tenant:acme") == ["id-1"]
        await late.close()
        other.execute("ROLLBACK")
    await put(store, event(2), lease=lease)
    assert await ids(store, "") == ["id-2", "id-1"]
    await store.close()


async def test_a_new_file_that_somebody_else_holds_is_told_as_locked(path: Path) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        store = SqliteStore(path, patience_s=0.05)
        with pytest.raises(StoreUnavailable, match="locked by another program"):
            await store.open()
        await store.close()


async def test_writing_never_makes_reading_wait(path: Path) -> None:
    store = await opened(path)
    lease = await take_lease(store)
    state = await store.state(AUTHENTIK)
    commit = asyncio.create_task(store.commit([event(n) for n in range(3_000)], (), state, lease))
    await asyncio.sleep(0)
    seen = [len(await store.older(EVERYTHING, None, 5))]
    while not commit.done():
        seen.append(len(await store.older(EVERYTHING, None, 5)))
    await commit
    assert seen[0] == 0
    assert len(seen) > 10
    assert set(seen) <= {0, 5}, "nothing of a commit is seen before all of it is"
    await store.close()


@contextmanager
def no_file_larger_than(size: int) -> Iterator[None]:
    """The system refuses to let a file grow beyond that, as a quota or a full disk does."""
    old_limit = resource.getrlimit(resource.RLIMIT_FSIZE)
    old_handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, old_limit[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, old_limit)
        signal.signal(signal.SIGXFSZ, old_handler)


async def test_where_the_system_takes_no_more_bytes_the_commit_is_undone_and_the_next_passes(path: Path) -> None:
    store = await opened(path)
    lease = await take_lease(store)
    await put(store, event(1), lease=lease)
    before = await store.state(AUTHENTIK)
    with no_file_larger_than(400_000):
        with pytest.raises(StoreFull, match="free some space") as raised:
            await put(store, *_many(), lease=lease)
        assert str(path) in raised.value.message
        assert await store.state(AUTHENTIK) == before
        assert await ids(store, "") == ["id-1"]
    await put(store, *_many(), lease=lease)
    assert await store.count(EVERYTHING) == 1 + len(_many())
    assert all(finding.ok for finding in await store.check())
    await store.close()


async def test_a_database_that_is_full_rolls_back_and_goes_on_when_there_is_room(path: Path) -> None:
    lane = Lane("full", path, lambda: sqlite3.connect(path, isolation_level=None))

    def limit(connection: sqlite3.Connection, pages: int) -> None:
        connection.execute(f"PRAGMA max_page_count = {pages}")

    def fill(connection: sqlite3.Connection) -> None:
        connection.execute("CREATE TABLE IF NOT EXISTS t (x BLOB)")
        connection.execute("INSERT INTO t VALUES (zeroblob(200000))")

    def rows(connection: sqlite3.Connection) -> int:
        return int(connection.execute("SELECT count(*) FROM t").fetchone()[0])

    await lane.write(fill)
    await lane.bare(limit, 60)
    with pytest.raises(StoreFull, match="is full"):
        await lane.write(fill)
    assert await lane.read(rows) == 1
    await lane.bare(limit, 1_000_000)
    await lane.write(fill)
    assert await lane.read(rows) == 2
    await lane.close()


async def test_searches_are_cancelled_and_the_next_one_is_not(tmp_path: Path) -> None:
    store = await _large(tmp_path)
    searches = [asyncio.create_task(store.older(SLOW, None, 10)) for _ in range(3)]
    counts = [asyncio.create_task(store.count(SLOW)) for _ in range(3)]
    combined = asyncio.create_task(store.older(query("verb:login tenant:acme"), None, 10))
    named = asyncio.create_task(store.older(query("verb:authentik.login"), None, 10))
    await asyncio.sleep(0)
    store.interrupt()
    *_, last_search = await asyncio.gather(*searches, return_exceptions=True)
    *_, last_count = await asyncio.gather(*counts, return_exceptions=True)
    assert isinstance(last_search, Interrupted)
    assert isinstance(last_count, Interrupted)
    with pytest.raises(Interrupted):
        await combined
    assert len(await named) == 10
    assert await store.older(SLOW, None, 10) == []
    assert await store.count(SLOW) == 0
    await store.close()


async def test_a_search_that_nobody_waits_for_any_more_gives_its_place_free(tmp_path: Path) -> None:
    lane = Lane("search", tmp_path / "x.db", lambda: sqlite3.connect(":memory:"))
    endless = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT count(*) FROM n"
    search = asyncio.create_task(lane.read(lambda connection: connection.execute(endless).fetchone()))
    await asyncio.sleep(0.01)
    search.cancel()
    with pytest.raises(asyncio.CancelledError):
        await search
    assert await lane.read(lambda connection: connection.execute("SELECT 7").fetchone()) == (7,)
    await lane.close()


@pytest.mark.parametrize("cut_in", ["read", "write"])
async def test_reading_that_was_cut_short_keeps_no_snapshot(path: Path, cut_in: str) -> None:
    lane = Lane("cut", path, lambda: sqlite3.connect(path, isolation_level=None))
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("PRAGMA journal_mode = WAL")
    other.execute("CREATE TABLE t (x INTEGER)")
    other.executemany("INSERT INTO t VALUES (?)", [(1,), (2,)])

    def half(connection: sqlite3.Connection) -> None:
        found = connection.execute("SELECT x FROM t")
        found.fetchone()
        try:
            raise KeyError
        except KeyError:
            raise ValueError("in the middle of its rows") from None

    def rows(connection: sqlite3.Connection) -> int:
        return int(connection.execute("SELECT count(*) FROM t").fetchone()[0])

    with pytest.raises(ValueError, match="middle") as kept:
        await (lane.read(half) if cut_in == "read" else lane.write(half))
    other.execute("INSERT INTO t VALUES (3)")
    assert await lane.read(rows) == 3
    assert await lane.write(rows) == 3
    assert kept.value.__traceback__ is not None  # somebody holds the error all the while
    other.close()
    await lane.close()


async def test_a_running_search_stops_at_once(tmp_path: Path) -> None:
    lane = Lane("search", tmp_path / "x.db", lambda: sqlite3.connect(":memory:"))
    endless = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT count(*) FROM n"
    search = asyncio.create_task(lane.search(lambda connection: connection.execute(endless).fetchone()))
    await asyncio.sleep(0.01)
    lane.interrupt()
    with pytest.raises(Interrupted):
        await search
    await lane.close()


async def test_where_no_thread_can_be_started_it_says_so_and_goes_on_later(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_: Thread) -> None:
        raise RuntimeError("can't start new thread")

    lane = Lane("test", path, lambda: sqlite3.connect(path, isolation_level=None))
    with monkeypatch.context() as patch:
        patch.setattr(Thread, "start", refuse)
        with pytest.raises(StoreUnavailable, match=r"can't start new thread; look at the limits for processes$"):
            await lane.read(lambda connection: None)
    await lane.read(lambda connection: None)
    await lane.close()
    with pytest.raises(StoreUnavailable, match=r"is closed$"):
        await lane.read(lambda connection: None)


async def test_closing_finishes_what_is_being_written_and_stops_searches(tmp_path: Path) -> None:
    house = SqliteHouse(tmp_path)
    store = await house.enter()
    lease = await take_lease(store)
    state = await store.state(AUTHENTIK)
    commit = asyncio.create_task(store.commit(_many(), (), state, lease))
    await asyncio.sleep(0)
    await store.close()
    assert len((await commit).inserted) == len(_many())
    again = await house.enter()
    assert await again.count(EVERYTHING) == len(_many())
    await again.close()


def test_every_fault_names_the_file_and_fits_on_a_line(path: Path) -> None:
    for code in (
        value for name, value in vars(sqlite3).items() if name.startswith("SQLITE_") and isinstance(value, int)
    ):
        error = sqlite3.OperationalError("what SQLite says")
        error.sqlite_errorcode = code  # type: ignore[misc]  # set by the driver
        message = as_audit_error(error, path).message
        assert str(path) in message or "cancelled" in message
        assert "\n" not in message


def _many() -> list[AuditEvent]:
    return [event(number) for number in range(1_000, 1_800)]


async def _large(folder: Path) -> Store:
    """A store in which a search takes some time."""
    store = await SqliteHouse(folder).enter()
    await put(store, *(event(number) for number in range(3_000)))
    return store
