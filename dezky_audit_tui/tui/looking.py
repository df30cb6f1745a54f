"""Looks for something again and again, at the price of a timer."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

Until = Callable[[Callable[[], bool], float, int], Awaitable[None]]
"""What `until` is: the condition, seconds between two looks, and how many looks at most."""


async def until(holds: Callable[[], bool], every_s: float, most: int) -> None:
    """Until `holds`, or until so many looks were taken; the first one comes after `every_s`.

    A task that sleeps between the looks wakes the loop up twice for each of them, day and night.
    """
    loop = asyncio.get_running_loop()
    over = loop.create_future()
    timer: asyncio.TimerHandle

    def look(left: int) -> None:
        nonlocal timer
        enough = True  # where `holds` raises, too: the loop tells of it, and nobody waits for ever
        try:
            enough = holds() or left <= 1
        finally:
            if not enough:
                timer = loop.call_later(every_s, look, left - 1)
            elif not over.done():
                over.set_result(None)

    timer = loop.call_later(every_s, look, most)
    try:
        await over
    finally:
        timer.cancel()
