"""A monkey at the dashboard: keys, clicks, pastes, resizes, rows and troubles in any order, at any pace."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dezky_audit_tui.store.sqlite.store import SqliteStore
from tests.effort import costly
from tests.tui import promises
from tests.tui.cage import caged
from tests.tui.monkey import SIZES, STEPS, Monkey, Step
from tests.tui.rows import NOON, event, put

HISTORIES = (0, 3, 900, 3_500)


@pytest.fixture(scope="module")
def histories(tmp_path_factory: pytest.TempPathFactory) -> dict[int, Path]:
    """A store of each length."""
    folder = tmp_path_factory.mktemp("histories")

    async def fill(file: Path, rows: int) -> None:
        store = SqliteStore(file, clock=lambda: NOON + timedelta(hours=2))
        await store.open()
        for begin in range(0, rows, 500):
            end = min(begin + 500, rows)
            changes = (
                {"outcome": "failure", "action": "authentik.login_failed"} if n % 11 < 3 else {}
                for n in range(begin, end)
            )
            await put(
                store, [event(n, seconds=n * 2, **each) for n, each in zip(range(begin, end), changes, strict=True)]
            )
        await store.close()

    for rows in HISTORIES:
        asyncio.run(fill(folder / f"{rows}.db", rows))
    return {rows: folder / f"{rows}.db" for rows in HISTORIES}


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A monkey writes files where it is."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))


async def play(template: Path, size: tuple[int, int], steps: Sequence[Step]) -> None:
    """All steps, and what holds where it stands still."""
    with tempfile.TemporaryDirectory() as folder:
        async with caged(Path(folder) / "cage", template, size) as cage:
            monkey = Monkey(cage)
            for step in steps:
                if cage.is_dead:
                    break
                await monkey.do(step)
                if step.name == "settle" and cage.is_up and not cage.is_dead:
                    await promises.all_of_them(cage)
            promises.no_fault(cage)
            cage.store.mood = "well"
            await cage.settle()
            await promises.all_of_them(cage)
            await promises.comes_home(cage)
            await promises.all_of_them(cage)
            cage.app.exit = cage.leave  # type: ignore[method-assign]
            await cage.pilot.press("q")
            assert cage.app.return_code == 0
        assert not cage.faults


@given(history=st.sampled_from(HISTORIES), size=SIZES, steps=st.lists(STEPS, max_size=25))
@costly(5)
def test_whatever_is_done_it_goes_on_and_tells_the_truth(
    histories: dict[int, Path],
    history: int,
    size: tuple[int, int],
    steps: list[Step],
) -> None:
    asyncio.run(play(histories[history], size, steps))
