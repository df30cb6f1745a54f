from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import pytest

from dezky_audit_tui.store.sqlite.store import SqliteStore
from dezky_audit_tui.tui import plain
from dezky_audit_tui.tui.plain import Ends, plain_line, run_plain
from dezky_audit_tui.tui.setup import Setup
from tests.tui.rows import NOON, event, put
from tests.tui.test_feed import Faulty


class Ear:
    """What was told."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.said: list[str] = []

    def events(self, lines: Iterable[str]) -> None:
        self.lines += lines

    async def until(self, holds: Any) -> None:
        async with asyncio.timeout(60):
            while not holds():  # noqa: ASYNC110  # what is waited for tells nobody
                await asyncio.sleep(0.02)


@asynccontextmanager
async def telling(store: Any) -> AsyncIterator[Ear]:
    ear = Ear()
    began = time.monotonic()
    clock = lambda: NOON + timedelta(seconds=time.monotonic() - began)  # noqa: E731
    setup = Setup(store, None, "authentik", clock=clock)
    task = asyncio.create_task(run_plain(setup, Ends(ear.events, ear.said.append)))
    try:
        yield ear
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_the_newest_are_told_first_then_what_comes_and_history_as_a_number(
    store: SqliteStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plain, "_HISTORY_EVERY", 1)
    await put(store, [event(n, seconds=-n) for n in range(30)])
    async with telling(store) as ear:
        await ear.until(lambda: len(ear.lines) == 20)
        assert ear.lines[-1] == plain_line(event(0))
        await put(store, [event(31, seconds=5), event(32, seconds=-300), event(33, seconds=-90_000)])
        await ear.until(lambda: len(ear.lines) == 22)
        assert ear.lines[-2:] == [plain_line(event(32, seconds=-300)), plain_line(event(31, seconds=5))]
        await ear.until(lambda: "history: 1 older event stored" in ear.said)


async def test_a_row_that_a_fast_clock_dated_hides_none_of_those_that_come(store: SqliteStore) -> None:
    await put(store, [event(1, seconds=-1), event(2, seconds=86_400)])
    async with telling(store) as ear:
        await ear.until(lambda: len(ear.lines) == 2)
        await put(store, [event(3)])
        await ear.until(lambda: len(ear.lines) == 3)
        assert ear.lines[-1] == plain_line(event(3))


async def test_what_comes_while_the_store_is_away_is_told_once_it_is_back(store: SqliteStore) -> None:
    await put(store, [event(1), event(2)])
    faulty = Faulty(store)
    async with telling(faulty) as ear:
        await ear.until(lambda: len(ear.lines) == 2)
        faulty.away = "the disk is gone"
        await ear.until(lambda: any("the disk is gone" in line for line in ear.said))
        await put(store, [event(3)])
        faulty.away = None
        await ear.until(lambda: len(ear.lines) >= 3)
        await put(store, [event(4)])
        await ear.until(lambda: len(ear.lines) >= 4)
    assert ear.lines == [plain_line(event(n)) for n in (1, 2, 3, 4)]


def test_a_line_has_every_word_and_none_that_acts() -> None:
    made = event(1, outcome="failure", actor_name="mal\x1b[2J", actor_ip=None, tenant_slug=None)
    assert plain_line(made) == "2026-11-24 12:00:01Z  failure  authentik.login  mal␛[2J  -  -  -"
