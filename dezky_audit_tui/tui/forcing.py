"""A tick that somebody asked for: what became of the wish, and what the tick brought, in words. Knows no screen."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import TYPE_CHECKING

from dezky_audit_tui.model.report import TickReport
from dezky_audit_tui.tui.supervise import Supervisor

if TYPE_CHECKING:
    from dezky_audit_tui.ingest.state import ForceAnswer

_ANSWERS: dict[ForceAnswer, str] = {
    "started": "tick started",
    "folded": "a tick is in flight: yours is folded into it",
    "next": "a tick is in flight and past the newest events: yours comes right after it",
    "asked": "asked the ingester that holds the lease",
    "disabled": "nothing is sent: this program only watches",
}
_LOOK_S, _PATIENCE_S = 0.1, 60.0


async def force_tick(
    supervisor: Supervisor,
    last_stored: Callable[[], TickReport | None],
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> AsyncIterator[str]:
    """Lines for the operator, each when it is known. `last_stored`: the newest tick that the store told of."""
    before, before_stored = _last(supervisor), last_stored()
    answer = supervisor.force()
    state = supervisor.state
    if answer == "disabled":
        yield (state.why if state is not None and state.why else None) or supervisor.trouble or _ANSWERS[answer]
        return
    yield _ANSWERS[answer]
    waited = 0.0
    while waited < _PATIENCE_S:
        await sleep(_LOOK_S)
        waited += _LOOK_S
        if answer == "asked":
            stored = last_stored()
            if stored is not None and stored != before_stored:
                yield report_text(stored)
                return
            continue
        last = _last(supervisor)
        if last is not None and last != before and (answer != "next" or last.trigger == "forced"):
            yield report_text(last)
            return
    yield "no tick has ended yet; the header says what it waits for"


def report_text(report: TickReport) -> str:
    """A tick in one line."""
    if report.outcome != "ok":
        word = "failed" if report.outcome == "failed" else "skipped"
        return f"tick {word}: {report.error.message}" if report.error else f"tick {word}"
    parts = [f"{report.inserted:,} new", f"{report.duplicates:,} seen before"]
    if report.set_aside:
        parts.append(f"{report.set_aside:,} set aside")
    if report.holes:
        parts.append(f"{report.holes} hole{'s' if report.holes > 1 else ''} left")
    return f"tick done in {report.duration_ms / 1000:.1f} s: {', '.join(parts)}"


def _last(supervisor: Supervisor) -> TickReport | None:
    return supervisor.state.last if supervisor.state is not None else None
