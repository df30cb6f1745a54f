"""What an ingester says of itself: one frozen value that a screen may read at any time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from dezky_audit_tui.model.report import TickReport, Trigger

Phase = Literal["starting", "waiting", "ticking", "watching", "disabled", "read_only", "stopped"]
"""`watching`: somebody else holds the lease. `disabled`: AUDIT_INGEST_ENABLED is false. `read_only`: nothing can be
written to the store."""

ForceAnswer = Literal["started", "folded", "next", "asked", "disabled"]
"""What became of a forced tick: it starts now; folded into the one in flight; next after the one in flight, which
does not look at the newest events any more; the holder of the lease was asked for it; or nothing is sent at all."""


@dataclass(frozen=True, slots=True)
class IngesterState:
    """`why` is a line for the operator: why it does not ingest, or what it waits for. `failures`: failed ticks in
    a row. `progress`: what the tick in flight is at (`filling, about 12 pages left`)."""

    phase: Phase = "starting"
    next_tick_at: datetime | None = None
    tick_started_at: datetime | None = None
    trigger: Trigger | None = None
    progress: str | None = None
    holder: str | None = None
    why: str | None = None
    failures: int = 0
    last: TickReport | None = None


def force_answer(state: IngesterState) -> ForceAnswer:
    """What becomes of a tick that is asked for in this state."""
    if state.phase in ("disabled", "read_only", "stopped"):
        return "disabled"
    if state.phase == "ticking":
        # Where the newest events were read already, or are not read at all, a tick that reads them follows.
        return "folded" if state.trigger != "catch_up" and state.progress is None else "next"
    return "asked" if state.phase == "watching" else "started"
