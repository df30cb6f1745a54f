"""Pictures of the main views at both sizes, with a frozen clock. `pytest --snapshot-update` makes them anew."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from dezky_audit_tui.tui.screens import previews
from tests.tui.stage import Stage

SIZES = [(80, 24), (120, 40)]
KEYS: dict[str, tuple[str, ...]] = {
    "timeline": (),
    "paused": ("j", "j", "j"),
    "detail": ("j", "j", "enter"),
    "filtered": ("slash", *"outcome:failure", "enter"),
    "faulty_filter": ("slash", *"outcome:failure tennant:x"),
    "ticks": ("2",),
    "actions": ("3",),
    "tenants": ("4", "j"),
    "top": ("5", "right"),
    "copying": ("j", "y", "f"),
    "exporting": ("W",),
    "volume": ("b", "b", "left_square_bracket", "left_square_bracket"),
    "help": ("question_mark",),
}


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("view", KEYS)
def test_the_view_looks_as_it_did(view: str, size: tuple[int, int], snap_compare: Any, tmp_path: Path) -> None:
    with Stage(tmp_path, events=120, seed=3) as stage:
        assert snap_compare(stage.app, terminal_size=size, run_before=_steps(stage, KEYS[view]))


def test_a_failing_source_looks_as_it_did(snap_compare: Any, tmp_path: Path) -> None:
    with Stage(tmp_path, events=120, seed=3) as stage:

        async def fail(pilot: Pilot[None]) -> None:
            await _steps(stage, ())(pilot)
            stage.simulation.server.faults.set("error_500", count=None)
            await stage.reach(60)
            await stage.due_tick_done()
            ingester = stage.ingester
            assert ingester is not None
            await stage.until(lambda: ingester.state.failures > 0, "the failed tick")
            await stage.quiet()
            retry = ingester.state.next_tick_at
            assert retry is not None
            # How much time the tick itself has taken depends on this machine; how much is left to the next does not.
            left = (retry - stage.time.wall()).total_seconds()
            await stage.reach(stage.time.monotonic() + left - 2.5)

        assert snap_compare(stage.app, terminal_size=(80, 24), run_before=fail)


@pytest.fixture(autouse=True)
def no_preview(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a filter that is typed shows meanwhile depends on how fast this machine types."""
    monkeypatch.setattr(previews, "PAUSE_S", 60.0)


def _steps(stage: Stage, keys: tuple[str, ...]) -> Callable[[Pilot[None]], Awaitable[None]]:
    async def run(pilot: Pilot[None]) -> None:
        await stage.caught_up()
        await stage.reach(20)
        for key in keys:
            # What a key began ends before the next one: a jump goes out from where the one before it has led.
            await pilot.press(key)
            await stage.until(lambda: not len(stage.app.workers), f"the end of {key}")
        for _ in range(5):
            await pilot.pause(0.05)
        await stage.shown()
        await pilot.pause()

    return run
