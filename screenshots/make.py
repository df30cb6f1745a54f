"""Makes the pictures of this folder: `python -m screenshots.make` from the root of a checkout with the `dev` extra.

The simulated Authentik, the real pull, a real store and the real dashboard, with a fixed seed and a clock of their
own. Each view is written as SVG and, by a monospace font of this machine, as PNG.
"""

from __future__ import annotations

import asyncio
import re
import sys
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path

import resvg_py
from textual.pilot import Pilot

from tests.tui.stage import Stage

HERE = Path(__file__).parent
FONT = "DejaVu Sans Mono"
SIZES = ((120, 40), (80, 24))
_FACE = re.compile(r"@font-face\s*{.*?}", re.DOTALL)
_FAMILY = re.compile(r"font-family:[^;]*;")

View = Callable[[Stage, Pilot[None]], Awaitable[None]]


async def timeline(stage: Stage, pilot: Pilot[None]) -> None:
    """The newest rows, followed."""


async def paused(stage: Stage, pilot: Pilot[None]) -> None:
    """Paused, while events come."""
    await pilot.press("j", "j", "j", "j")
    await stage.pass_time(180, step=10)


async def detail(stage: Stage, pilot: Pilot[None]) -> None:
    """An impersonation in full."""
    await pilot.press("m")
    await pilot.pause(0.3)
    await pilot.press("enter")


async def filtered(stage: Stage, pilot: Pilot[None]) -> None:
    """A filter, and how many match."""
    await pilot.press("slash", *"outcome:failure since:12h")
    await pilot.press("enter")


async def typing(stage: Stage, pilot: Pilot[None]) -> None:
    """A filter that cannot be read, while it is typed."""
    await pilot.press("slash", *"outcome:failure tennant:acme")


async def picking(stage: Stage, pilot: Pilot[None]) -> None:
    """A verb is picked, with counts."""
    await pilot.press("P", *"log")
    await pilot.pause(0.5)


async def searching(stage: Stage, pilot: Pilot[None]) -> None:
    """A search: its hits are marked, and nothing is hidden."""
    await pilot.press("s", *"verb:login", "enter")
    await pilot.pause(0.3)
    await pilot.press("n", "n")
    await pilot.pause(0.3)


async def palette(stage: Stage, pilot: Pilot[None]) -> None:
    """The palette finds a key by another word for it."""
    await pilot.press("ctrl+p", *"user")
    await pilot.pause(0.5)


async def ticks(stage: Stage, pilot: Pilot[None]) -> None:
    """The ticks pane."""
    await pilot.press("2")


async def actions(stage: Stage, pilot: Pilot[None]) -> None:
    """The actions pane."""
    await pilot.press("3")


async def tenants(stage: Stage, pilot: Pilot[None]) -> None:
    """The tenants pane."""
    await pilot.press("4", "j", "j")


async def top(stage: Stage, pilot: Pilot[None]) -> None:
    """The top pane, on the last 24 hours."""
    await pilot.press("b", "b", "5", "right", "right")


async def copying(stage: Stage, pilot: Pilot[None]) -> None:
    """What can be copied of an event."""
    await pilot.press("m")
    await pilot.pause(0.3)
    await pilot.press("enter", "y")


async def light(stage: Stage, pilot: Pilot[None]) -> None:
    """Light colours, and a bar of the volume chosen."""
    await pilot.press("T", "b", "left_square_bracket", "left_square_bracket")


async def failing(stage: Stage, pilot: Pilot[None]) -> None:
    """The source is away."""
    stage.simulation.server.faults.set("starting", count=None)
    await stage.pass_time(130, step=2)


async def keys(stage: Stage, pilot: Pilot[None]) -> None:
    """The help."""
    await pilot.press("question_mark")


async def guessing(stage: Stage, pilot: Pilot[None]) -> None:
    """A burst of failed logins that got in, as one row."""
    line = stage.app.main.timeline
    for _ in range(60):
        await pilot.press("e")
        await pilot.pause(0.2)
        if any(text.startswith("▶") and "then OK" in text for text in line.texts()):
            break


async def opened(stage: Stage, pilot: Pilot[None]) -> None:
    """The same burst, opened."""
    await guessing(stage, pilot)
    await pilot.press("x")


async def impersonations(stage: Stage, pilot: Pilot[None]) -> None:
    """The list of impersonations."""
    await pilot.press("O")


async def handover(stage: Stage, pilot: Pilot[None]) -> None:
    """What the last hours leave to the next shift."""
    await pilot.press("h")
    await pilot.pause(1.0)


VIEWS: dict[str, View] = {
    view.__name__: view
    for view in (
        timeline,
        paused,
        detail,
        filtered,
        typing,
        picking,
        searching,
        palette,
        ticks,
        actions,
        tenants,
        top,
        copying,
        light,
        failing,
        keys,
        guessing,
        opened,
        impersonations,
        handover,
    )
}


async def picture(name: str, size: tuple[int, int]) -> str:
    """One view as SVG."""
    with tempfile.TemporaryDirectory() as folder, Stage(Path(folder), events=1500, rate=0.05, seed=3) as stage:
        async with stage.app.run_test(size=size) as pilot:
            await stage.caught_up()
            await stage.pass_time(1440, step=5)
            await stage.pass_time(9)
            # As it is some seconds after the last call.
            stage.app.main.heed(calls_too=True)
            await VIEWS[name](stage, pilot)
            await pilot.pause(0.5)
            await stage.shown()
            await pilot.pause()
            svg = stage.app.export_screenshot(title="dezky-audit-tui demo")
        await stage.app.shut_down()
        return svg


def as_png(svg: str) -> bytes:
    """The SVG drawn with a font of this machine, since a file has no web font."""
    plain = _FAMILY.sub(f"font-family: {FONT};", _FACE.sub("", svg))
    return bytes(resvg_py.svg_to_bytes(svg_string=plain, font_family=FONT, monospace_family=FONT))


async def main(names: list[str]) -> None:
    """All views, or those that are named."""
    for name in names or list(VIEWS):
        for size in SIZES:
            svg = await picture(name, size)
            stem = f"{name}-{size[0]}x{size[1]}"
            (HERE / f"{stem}.svg").write_text(svg, encoding="utf-8")
            (HERE / f"{stem}.png").write_bytes(as_png(svg))
            sys.stdout.write(f"{stem}\n")


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1:]))
