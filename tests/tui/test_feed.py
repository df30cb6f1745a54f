from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from dezky_audit_tui.errors import SourceRefused, StoreUnavailable
from dezky_audit_tui.ingest.state import ForceAnswer, IngesterState
from dezky_audit_tui.model.report import TickReport
from dezky_audit_tui.store.sqlite.store import SqliteStore
from dezky_audit_tui.store.store import Bell, Changes
from dezky_audit_tui.tui.feed import Feed, News
from dezky_audit_tui.tui.forcing import force_tick, report_text
from dezky_audit_tui.tui.supervise import Supervisor
from tests.tui.rows import NOON, event, put


class Faulty:
    """A store in front of a store that is away while `away` is set, and silent while `answers` is not."""

    def __init__(self, store: SqliteStore) -> None:
        self._store = store
        self.away: str | None = None
        self.answers = asyncio.Event()
        self.answers.set()
        self.status: Any

    def __getattr__(self, name: str) -> Any:
        real = getattr(self._store, name)
        if name not in ("open", "follow", "status", "ticks", "counts", "older"):
            return real

        async def guarded(*args: Any) -> Any:
            await self.answers.wait()
            if self.away is not None:
                raise StoreUnavailable(self.away)
            return await real(*args)

        return guarded


class Heard:
    def __init__(self, store: Any) -> None:
        self.opened = 0
        self.rows: list[str | None] = []
        self.news: list[News] = []
        self.step = asyncio.Event()
        self.failing: list[StoreUnavailable] = []
        self.feed = Feed(
            store,
            "authentik",
            clock=lambda: NOON,
            on_open=self.on_open,
            on_changes=self.on_changes,
            on_news=self.news.append,
            sleep=self.sleep,
            until=self.until,
        )

    async def on_open(self) -> None:
        if self.failing:
            raise self.failing.pop()
        self.opened += 1

    def on_changes(self, changes: Changes) -> None:
        self.rows += [row.event.external_id for row in changes.rows]

    async def sleep(self, seconds: float) -> None:
        await self.step.wait()
        self.step.clear()

    async def until(self, holds: Callable[[], bool], every_s: float, most: int, bell: Bell | None) -> None:
        """One look is enough for a test."""
        await self.sleep(every_s)

    async def turn(self) -> None:
        self.step.set()
        for _ in range(20):
            await asyncio.sleep(0.005)


async def test_new_rows_of_any_writer_are_heard_and_counted(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "audit.db", clock=lambda: NOON)
    heard = Heard(store)
    running = asyncio.create_task(heard.feed.run())
    await heard.turn()
    other = SqliteStore(tmp_path / "audit.db", clock=lambda: NOON)
    await other.open()
    await put(other, [event(1), event(2, source="platform", external_id=None)])
    await heard.turn()
    assert heard.rows == ["id-000001", None]
    assert heard.news[-1].total == 2
    assert heard.news[-1].sources == ("authentik", "platform")
    running.cancel()
    await other.close()
    await heard.feed.close()


async def test_a_row_that_comes_between_a_poll_and_the_count_is_counted_once(tmp_path: Path) -> None:
    store, other = (SqliteStore(tmp_path / "audit.db", clock=lambda: NOON) for _ in range(2))
    counts, late = store.counts, [event(2), event(1)]

    async def counts_late() -> Mapping[str, int]:
        if late:
            await put(other, [late.pop()])
        return await counts()

    store.counts = counts_late  # type: ignore[method-assign]
    heard = Heard(store)
    await other.open()
    running = asyncio.create_task(heard.feed.run())
    await heard.turn()
    await heard.turn()
    assert heard.rows == ["id-000001", "id-000002"]
    assert heard.news[-1].total == 2
    running.cancel()
    await other.close()
    await heard.feed.close()


async def test_a_store_that_is_away_is_said_to_be_and_read_anew_when_it_is_back(tmp_path: Path) -> None:
    faulty = Faulty(SqliteStore(tmp_path / "audit.db", clock=lambda: NOON))
    faulty.away = "the disk is gone"
    heard = Heard(faulty)
    running = asyncio.create_task(heard.feed.run())
    await heard.turn()
    assert heard.news[-1].error == "the disk is gone"
    assert heard.opened == 0
    faulty.away = None
    await heard.turn()
    assert heard.news[-1].error is None
    assert heard.opened == 1
    faulty.away = "gone again"
    heard.feed.hurry = True
    await heard.turn()
    assert heard.news[-1].error == "gone again"
    faulty.away = None
    await heard.turn()
    await heard.turn()
    assert heard.opened == 2
    running.cancel()
    await heard.feed.close()


async def test_a_store_that_does_not_answer_is_told_of_before_anything_fails(tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setattr("dezky_audit_tui.tui.feed._SILENT_S", 0.05)
    faulty = Faulty(SqliteStore(tmp_path / "audit.db", clock=lambda: NOON))
    heard = Heard(faulty)
    running = asyncio.create_task(heard.feed.run())
    await heard.turn()
    faulty.answers.clear()
    heard.feed.hurry = True
    await heard.turn()
    assert heard.news[-1].error == "it has not answered for 0.05 s"
    faulty.answers.set()
    await heard.turn()
    assert heard.news[-1].error is None
    assert heard.opened == 1
    running.cancel()
    await heard.feed.close()


class Stub:
    """An ingester that does what a test says."""

    def __init__(self, error: Exception | None = None) -> None:
        self.state = IngesterState("waiting")
        self.error = error
        self.answer: ForceAnswer = "started"
        self.stopped = 0
        self._end = asyncio.Event()

    def force(self) -> ForceAnswer:
        return self.answer

    async def run(self) -> None:
        if self.error is not None:
            raise self.error
        await self._end.wait()

    async def stop(self) -> None:
        self.stopped += 1
        self._end.set()


async def test_the_last_good_tick_is_known_however_many_failed_since(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "audit.db", clock=lambda: NOON)
    await store.open()
    good = TickReport("authentik", "timer", NOON - timedelta(hours=2))
    await store.save_tick(good)
    for minute in range(100, 0, -1):
        await store.save_tick(replace(good, started_at=NOON - timedelta(minutes=minute), outcome="failed"))
    heard = Heard(store)
    running = asyncio.create_task(heard.feed.run())
    await heard.turn()
    assert heard.news[-1].good == good
    assert len(heard.news[-1].ticks) < 100
    running.cancel()
    await heard.feed.close()


async def test_a_first_page_that_fails_is_read_again_whoever_asked_for_it(tmp_path: Path) -> None:
    faulty = Faulty(SqliteStore(tmp_path / "audit.db", clock=lambda: NOON))
    heard = Heard(faulty)
    running = asyncio.create_task(heard.feed.run())
    await heard.turn()
    asked: list[asyncio.Task[None]] = []

    async def status(*_: Any) -> Any:
        # Somebody asks while the loop reads, and finds the store back, but not its first page.
        asked.append(asyncio.create_task(heard.feed.refresh()))
        await asyncio.sleep(0.01)
        del faulty.status
        heard.failing.append(StoreUnavailable("still away"))
        raise StoreUnavailable("away")

    faulty.status = status
    heard.feed.hurry = True
    await heard.turn()
    with contextlib.suppress(StoreUnavailable):
        await asked[0]
    assert not heard.failing
    await heard.turn()
    await heard.turn()
    assert heard.opened == 2
    running.cancel()
    await heard.feed.close()


async def test_an_ingester_that_cannot_be_made_is_made_again_and_the_reason_told() -> None:
    tries: list[float] = []
    good = Stub()

    async def make() -> Stub:
        if len(tries) < 2:
            raise SourceRefused("The token file is gone.")
        return good

    async def sleep(seconds: float) -> None:
        assert supervisor.trouble == "The token file is gone."
        tries.append(seconds)

    supervisor = Supervisor(make, sleep=sleep)
    running = asyncio.create_task(supervisor.run())
    for _ in range(10):
        await asyncio.sleep(0)
    assert tries == [5.0, 10.0]
    assert supervisor.trouble is None
    assert supervisor.state == good.state
    await supervisor.stop()
    await running
    assert good.stopped == 1


async def test_an_ingester_that_breaks_is_stopped_told_of_and_made_again() -> None:
    broken, good = Stub(error=ZeroDivisionError()), Stub()
    made = iter([broken, good])
    told: list[str | None] = []

    async def make() -> Stub:
        return next(made)

    async def sleep(seconds: float) -> None:
        told.append(supervisor.trouble)

    supervisor = Supervisor(make, sleep=sleep)
    running = asyncio.create_task(supervisor.run())
    for _ in range(10):
        await asyncio.sleep(0)
    assert broken.stopped == 1
    assert told[0] is not None
    assert "ZeroDivisionError" in told[0]
    assert supervisor.state == good.state
    await supervisor.stop()
    await running


async def test_an_ingester_that_does_not_end_does_not_hold_the_program(monkeypatch: Any) -> None:
    class Stubborn(Stub):
        async def stop(self) -> None:
            await asyncio.Event().wait()

    monkeypatch.setattr("dezky_audit_tui.tui.supervise.STOP_WITHIN_S", 0.05)

    async def make() -> Stubborn:
        return Stubborn()

    supervisor = Supervisor(make)
    running = asyncio.create_task(supervisor.run())
    await asyncio.sleep(0)
    await asyncio.wait_for(supervisor.stop(), 2)
    running.cancel()


async def said(supervisor: Supervisor, reports: list[TickReport | None] | None = None) -> list[str]:
    stored = iter(reports or [])

    async def sleep(seconds: float) -> None:
        await asyncio.sleep(0)

    return [line async for line in force_tick(supervisor, lambda: next(stored, (reports or [None])[-1]), sleep)]


async def test_a_forced_tick_says_what_became_of_it_and_what_it_brought() -> None:
    stub = Stub()

    async def make() -> Stub:
        return stub

    supervisor = Supervisor(make)
    running = asyncio.create_task(supervisor.run())
    await asyncio.sleep(0)
    report = TickReport("authentik", "forced", NOON, 210, inserted=3, duplicates=97)
    asyncio.get_running_loop().call_soon(lambda: setattr(stub, "state", IngesterState("waiting", last=report)))
    assert await said(supervisor) == ["tick started", "tick done in 0.2 s: 3 new, 97 seen before"]
    stub.answer = "asked"
    assert (await said(supervisor, [None, None, report]))[1].startswith("tick done")
    stub.answer = "disabled"
    assert await said(supervisor) == ["nothing is sent: this program only watches"]
    await supervisor.stop()
    await running


async def test_a_tick_is_told_in_one_line() -> None:
    assert await said(Supervisor(None)) == ["nothing is sent: this program only watches"]
    failed = TickReport("authentik", "forced", NOON, outcome="failed")
    assert report_text(failed) == "tick failed"
    assert "2 set aside, 1 hole left" in report_text(TickReport("authentik", "forced", NOON, set_aside=2, holes=1))


async def test_what_comes_after_a_quiet_time_is_read_at_once_and_a_stream_in_its_turn(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "audit.db", clock=lambda: NOON)
    slept: list[float] = []
    look = 0.0
    heard = Heard(store)
    waiting = asyncio.Event()

    async def sleep(seconds: float) -> None:
        slept.append(seconds)
        waiting.set()
        await heard.step.wait()
        heard.step.clear()

    async def until(holds: Callable[[], bool], every_s: float, most: int, bell: Bell | None) -> None:
        for _ in range(most):
            await sleep(look)
            if holds():
                return

    feed = Feed(
        store,
        "authentik",
        clock=lambda: NOON,
        on_open=heard.on_open,
        on_changes=heard.on_changes,
        on_news=heard.news.append,
        sleep=sleep,
        until=until,
    )
    running = asyncio.create_task(feed.run())
    other = SqliteStore(tmp_path / "audit.db", clock=lambda: NOON)
    await waiting.wait()
    await other.open()

    async def turn() -> None:
        waiting.clear()
        heard.step.set()
        await waiting.wait()

    await turn()
    for _ in range(3):
        await turn()
    assert slept[-3:] == [look] * 3
    await put(other, [event(1)])
    await turn()
    assert heard.rows == ["id-000001"]
    assert slept[-1] == 0.25, "what follows it waits its turn"
    await turn()
    assert slept[-1] == look
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    await feed.close()
    await other.close()
