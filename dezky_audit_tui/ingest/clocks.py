"""Time as the ingester knows it, passed in so that tests never wait."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from dezky_audit_tui.ingest.lease import Sleep
from dezky_audit_tui.model.instants import now


def elapsed() -> float:
    """Seconds that never go back, and that go on while the machine sleeps, where the system can tell."""
    if hasattr(time, "CLOCK_BOOTTIME"):
        return time.clock_gettime(time.CLOCK_BOOTTIME)
    return time.monotonic()


@dataclass(frozen=True, slots=True)
class Clocks:
    """`wall` is aware UTC, `monotonic` seconds, `sleep` takes seconds, `jitter` gives 0 to 1."""

    wall: Callable[[], datetime] = now
    monotonic: Callable[[], float] = elapsed
    sleep: Sleep = asyncio.sleep
    jitter: Callable[[], float] = random.random
