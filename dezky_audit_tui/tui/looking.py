"""Looks for something again and again, at the price of a timer; or when a bell rings, at next to none."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from dezky_audit_tui.store.store import Bell

Until = Callable[[Callable[[], bool], float, int, Bell | None], Awaitable[None]]
"""What `until` is: the condition, seconds between two looks, how many looks at most, and what calls for one."""

_AFTER_BELL_S = 0.01
"""It rings when the first part of something is written: by then, the rest is written too."""


async def until(holds: Callable[[], bool], every_s: float, most: int, bell: Bell | None = None) -> None:
    """Until `holds`, or until so many looks were taken; the first one comes after `every_s`, or when the `bell` rings.

    A task that sleeps between the looks wakes the loop up twice for each of them, day and night.
    """
    loop = asyncio.get_running_loop()
    over = loop.create_future()
    timer: asyncio.TimerHandle
    left = most

    def look() -> None:
        nonlocal timer, left
        left -= 1
        enough = True  # where `holds` raises, too: the loop tells of it, and nobody waits for ever
        try:
            enough = holds() or left <= 0
        finally:
            if not enough:
                timer = loop.call_later(every_s, look)
                listen()
            elif not over.done():
                over.set_result(None)

    def listen() -> None:
        if bell is not None:
            loop.add_reader(bell.fileno(), heard, bell)

    def heard(bell: Bell) -> None:
        nonlocal timer
        bell.silence()
        loop.remove_reader(bell.fileno())
        timer.cancel()
        timer = loop.call_later(_AFTER_BELL_S, look)

    timer = loop.call_later(every_s, look)
    listen()
    try:
        await over
    finally:
        timer.cancel()
        if bell is not None:
            loop.remove_reader(bell.fileno())
