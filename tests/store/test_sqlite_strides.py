"""SQLite: a filter that walks several branches looks at no more of them than a page needs."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dezky_audit_tui.model.event import AuditEvent, Target
from dezky_audit_tui.model.query import Query
from dezky_audit_tui.store.sqlite import strides, walks
from dezky_audit_tui.store.sqlite.plan import make_plan
from dezky_audit_tui.store.sqlite.timeline import page
from tests.effort import costly
from tests.store import wild
from tests.store.houses import SqliteHouse
from tests.store.samples import NOON, check_plain_rule, event, put, query
from tests.store.test_sqlite_text import ODD


@pytest.fixture
def short_strides(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(strides, "_FIRST_STRIDE", 1)
    monkeypatch.setattr(strides, "_GROWTH", 1)


@pytest.fixture
def few_branches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(walks, "_MOST_NAMES", 1)
    monkeypatch.setattr(walks, "_MOST_ADDRESSES", 1)


@costly(10)
@given(stored=wild.events(wild.TEXTS), filters=st.lists(wild.queries(wild.TEXTS), min_size=1, max_size=12))
@pytest.mark.usefixtures("short_strides")
async def test_in_strides_the_same_rows_are_found(stored: list[AuditEvent], filters: list[Query]) -> None:
    await _agree(stored, filters)


@costly(10)
@given(stored=wild.events(ODD), filters=st.lists(wild.queries(ODD), min_size=1, max_size=12))
@pytest.mark.usefixtures("short_strides", "few_branches")
async def test_values_that_are_read_as_a_range_hold_the_same_rows(
    stored: list[AuditEvent], filters: list[Query]
) -> None:
    await _agree(stored, filters)


async def _agree(stored: list[AuditEvent], filters: list[Query]) -> None:
    """With the plain rule."""
    with TemporaryDirectory() as folder:
        store = await SqliteHouse(Path(folder)).enter()
        await check_plain_rule(store, stored, filters)
        await store.close()


@pytest.fixture
async def steps(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], int]:
    """How many steps SQLite's machine takes for a page of ten in a store of 1,200 rows, once it is planned."""
    monkeypatch.setattr(strides, "_FIRST_STRIDE", 20)
    house = SqliteHouse(tmp_path)
    store = await house.enter()
    await put(store, *(_event(number) for number in range(1_200)))
    await store.close()

    def count(text: str) -> int:
        taken = 0

        def step() -> int:
            nonlocal taken
            taken += 1
            return 0

        with closing(sqlite3.connect(house.path)) as connection:
            plan = make_plan(connection, query(text))
            connection.set_progress_handler(step, 1)
            assert len(page(connection, query(text), None, 10, "older", lambda *_: plan)) == 10
        return taken

    return count


@pytest.mark.parametrize("text", ["ip:198.51.100.0/30 target:door", "verb:log* target:door", "actor:a*,b* target:door"])
def test_a_branch_without_a_hit_is_not_walked_to_its_end(steps: Callable[[str], int], text: str) -> None:
    assert steps(text) < 2_000


def _event(number: int) -> AuditEvent:
    """Two addresses, verbs and actors in turn; of one of them nothing is about the door."""
    odd = number % 2
    return event(
        number,
        at=NOON + timedelta(seconds=number),
        action="authentik.login" if odd else "authentik.logout",
        actor_ip=f"198.51.100.{odd}",
        actor_name="ana" if odd else "bo",
        actor_email=None,
        target=Target("thing", None, "door") if odd else None,
    )
