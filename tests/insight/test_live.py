"""What the dashboard keeps up with: impersonations as they stand, and the volume of the last hour."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from datetime import timedelta
from pathlib import Path

import pytest

from dezky_audit_tui.errors import StoreUnavailable
from dezky_audit_tui.insight.live import LiveSessions
from dezky_audit_tui.insight.volume import Bucket
from dezky_audit_tui.insight.volume_read import VolumeReader
from dezky_audit_tui.model.event import AuditEvent, Person, Row
from dezky_audit_tui.model.query import EVERYTHING, Query
from dezky_audit_tui.store.sqlite.store import SqliteStore
from tests.insight.samples import ANA, BOB, acted, at, ended, failed, login, started
from tests.store.samples import put


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[SqliteStore]:
    opened = SqliteStore(tmp_path / "audit.db")
    await opened.open()
    yield opened
    await opened.close()


async def stored(store: SqliteStore, *events: AuditEvent) -> list[Row]:
    """The rows of these events, once they are in the store."""
    await put(store, *events)
    ids = {each.external_id for each in events}
    return [row for row in await store.older(EVERYTHING, None, 1_000) if row.event.external_id in ids]


async def test_an_impersonation_that_was_left_open_long_ago_is_found_at_the_start(store: SqliteStore) -> None:
    await put(store, started(0), *(login(number) for number in range(1, 400)))
    live = LiveSessions(store)
    await live.load()
    assert [session.behalf for session in live.open()] == [ANA]


async def test_one_that_was_left_open_before_thousands_of_others_is_found_and_none_looks_open_that_ended(
    store: SqliteStore,
) -> None:
    others = [Person(str(number), f"admin{number % 40}") for number in range(100, 140)]
    pairs: list[AuditEvent] = []
    for number in range(600):
        admin = others[number % 40]
        pairs += [started(10 * number, BOB, admin=admin), ended(10 * number + 5, admin=admin)]
    await put(store, started(-10, ANA), *pairs)
    live = LiveSessions(store, limit=400)
    await live.load()
    assert [session.behalf for session in live.open()] == [ANA]
    assert len(live.book) <= 440


async def test_sessions_are_kept_up_with_and_starts_are_told_once(store: SqliteStore) -> None:
    live = LiveSessions(store)
    await live.load()
    before = live.version
    (begun,) = live.take(await stored(store, started(0), acted(5), login(6)))
    assert (begun.behalf, begun.is_open) == (ANA, True)
    assert live.version > before
    before = live.version
    assert live.take(await stored(store, login(7))) == []
    assert live.version == before
    assert live.take(await stored(store, ended(9))) == []
    assert live.open() == []


async def test_rows_that_come_while_the_store_is_read_are_not_lost(store: SqliteStore) -> None:
    rows = await stored(store, started(0, ANA), started(5, BOB, ip="192.0.2.1"))
    live = LiveSessions(store)
    live.take(rows[:1])
    await live.load()
    live.take(rows)
    assert [session.behalf for session in live.open()] == [BOB, ANA]


def counts(series: Sequence[Bucket]) -> list[tuple[int, int]]:
    return [(bucket.events, bucket.failures) for bucket in series]


async def test_the_volume_is_what_the_store_counts(store: SqliteStore) -> None:
    reader = VolumeReader(store, span=timedelta(minutes=4))
    await put(store, login(0), failed(10), login(130), login(-300))
    assert await reader.refresh(at(200))
    assert counts(reader.series(at(200), 4)) == [(2, 1), (0, 0), (1, 0), (0, 0)]
    assert not await reader.refresh(at(201))


async def test_rows_that_come_later_are_counted_once_however_often_they_are_told(store: SqliteStore) -> None:
    reader = VolumeReader(store, span=timedelta(minutes=4))
    await reader.refresh(at(200))
    rows = await stored(store, failed(61), login(62))
    for _ in range(2):
        reader.touch(rows)
        assert await reader.refresh(at(200))
    assert counts(reader.series(at(200), 4)) == [(0, 0), (2, 1), (0, 0), (0, 0)]


async def test_time_goes_on(store: SqliteStore) -> None:
    reader = VolumeReader(store, span=timedelta(minutes=2))
    await put(store, login(0))
    await reader.refresh(at(30))
    assert counts(reader.series(at(30), 2)) == [(0, 0), (1, 0)]
    assert await reader.refresh(at(61))
    assert counts(reader.series(at(61), 2)) == [(1, 0), (0, 0)]
    assert await reader.refresh(at(500))
    assert counts(reader.series(at(500), 2)) == [(0, 0), (0, 0)]


async def test_fewer_parts_hold_more_each(store: SqliteStore) -> None:
    reader = VolumeReader(store, span=timedelta(minutes=6))
    await put(store, login(-59), login(1), failed(2))
    await reader.refresh(at(30))
    assert counts(reader.series(at(30), 3)) == [(0, 0), (0, 0), (3, 1)]
    assert len(reader.series(at(30), 100)) == 6


class Wavering(SqliteStore):
    """It may be away."""

    away = True

    async def count(self, query: Query) -> int:
        if self.away:
            raise StoreUnavailable("away")
        return await super().count(query)


async def test_a_store_that_goes_away_is_counted_again_later(store: SqliteStore, tmp_path: Path) -> None:
    await put(store, login(0))
    wavering = Wavering(tmp_path / "audit.db")
    await wavering.open()
    reader = VolumeReader(wavering, span=timedelta(minutes=2))
    with pytest.raises(StoreUnavailable):
        await reader.refresh(at(30))
    wavering.away = False
    assert await reader.refresh(at(30))
    assert counts(reader.series(at(30), 2)) == [(0, 0), (1, 0)]
    await wavering.close()
