"""The dashboard as a test reads it and presses its keys."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from textual.pilot import Pilot

from dezky_audit_tui.tui.timeline.lines import RowLine
from dezky_audit_tui.tui.widgets.line import LineWidget
from tests.tui.stage import Stage

_PATIENCE_S = 30.0


class Screen:
    """What a reader sees, and the keys."""

    def __init__(self, stage: Stage, pilot: Pilot[None]) -> None:
        self.stage, self.pilot = stage, pilot
        self.main = stage.app.main

    async def press(self, *keys: str) -> None:
        await self.pilot.press(*keys)
        await self.settled()

    async def settled(self) -> None:
        """Until what the keys began has ended, and the screen shows it: for what a test holds up, `pilot` is there."""
        quiet = 0
        async with asyncio.timeout(_PATIENCE_S):
            while quiet < 3:
                await self.pilot.pause(0.02)
                quiet = 0 if self.stage.is_moving or len(self.stage.app.workers) else quiet + 1

    def line(self, id: str) -> str:
        return " ".join(self.main.query_one(f"#{id}", LineWidget).texts())

    @property
    def header(self) -> str:
        return self.line("header")

    @property
    def filter(self) -> str:
        return self.line("filter")

    @property
    def footer(self) -> str:
        return self.line("footer")

    @property
    def banner(self) -> str:
        return " ".join(self.line("banner").split()) if self.main.query_one("#banner").display else ""

    @property
    def rows(self) -> list[str]:
        return self.main.timeline.texts()[1:]

    @property
    def body(self) -> str:
        return "\n".join(self.rows)

    @property
    def pane(self) -> str:
        return "\n".join(self.main.dock.view.texts())

    @property
    def detail(self) -> str:
        return "\n".join(self.main.detail.view.texts())

    @property
    def cursor_line(self) -> int:
        return next(at for at, row in enumerate(self.rows) if row[:1] in "▶▷" and row[:1])

    def row_line(self, at_least: int) -> int:
        """A line with an event on it that stands for no others."""
        view = self.main.timeline.view
        return next(
            at
            for at in range(at_least, view.height)
            if isinstance(line := view.line_at(at), RowLine) and line.row.position not in view.layout.heads
        )

    @property
    def chosen(self) -> str | None:
        row = self.main.timeline.selected
        return row.event.external_id if row else None


@asynccontextmanager
async def dashboard(folder: Path, size: tuple[int, int] = (120, 40), **more: Any) -> AsyncIterator[Screen]:
    with Stage(folder, **more) as stage:
        async with stage.app.run_test(size=size) as pilot:
            screen = Screen(stage, pilot)
            await stage.caught_up()
            await screen.settled()
            yield screen
        await stage.app.shut_down()
