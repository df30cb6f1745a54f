"""What the header and the banner say of source, ingester and store. Pure.

Silence that looks like peace is the worst state: where ticks fail, where none come, or where nobody ingests, it is
said in words.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Literal, NamedTuple

from dezky_audit_tui.model.instants import to_ms
from dezky_audit_tui.model.report import TickReport, reads_newest
from dezky_audit_tui.store.lease_owner import shown_owner
from dezky_audit_tui.store.store import Lease, StoreStatus
from dezky_audit_tui.tui.words.zone import age, clock

if TYPE_CHECKING:
    from dezky_audit_tui.ingest.state import IngesterState

Level = Literal["ok", "busy", "warn", "bad"]

OTHER_WORKER_TOLD = timedelta(days=1)
"""How long another worker that was seen at the cursor is told of."""

_GRACE_S = 5.0
_STEP_S = 5


class Facts(NamedTuple):
    """What is known at a moment. `ingester` None: none was made; then `watch_only` tells whether that is meant.

    `good`: the last good tick, where it lies beyond `ticks`, the latest ones. `trouble`: why the ingester could not be
    made, or ended. `store_error`: why the store was not read just now. `stored`: whether it has events of the source.
    """

    now: datetime
    interval_s: float
    status: StoreStatus | None = None
    ticks: tuple[TickReport, ...] = ()
    ingester: IngesterState | None = None
    watch_only: bool = False
    trouble: str | None = None
    store_error: str | None = None
    good: TickReport | None = None
    stored: bool = False


class Health(NamedTuple):
    """The header's words. `problem`: a sentence with what happened and what to do, for the banner."""

    word: str
    level: Level
    lag: str
    next: str
    who: str
    problem: str | None = None

    @property
    def glyph(self) -> str:
        """A mark for the word, so that no state is a colour alone."""
        return {"ok": "●", "busy": "○", "warn": "!", "bad": "✗"}[self.level]


def health_of(facts: Facts) -> Health:
    """The state of the pull at `facts.now`."""
    ticks, good = told_ticks(facts), last_good(facts)
    lag_s = None if good is None else max(0.0, (facts.now - good.started_at).total_seconds())
    word, level, problem = _word(facts, ticks, lag_s)
    return Health(
        word=word,
        level=level,
        lag="no data yet" if lag_s is None else "up to date" if lag_s < 1 else f"{age(_calm(lag_s, down=True))} behind",
        next=_next(facts),
        who=_who(facts),
        problem=problem,
    )


def last_good(facts: Facts) -> TickReport | None:
    """The last tick that read the head of the source's list, and so knows of the newest events."""
    return next(filter(reads_newest, told_ticks(facts)), facts.good)


def failed_in_a_row(facts: Facts) -> tuple[int, bool]:
    """How many of the latest ticks failed, and whether there may have been more before those that are known."""
    ticks = told_ticks(facts)
    count = next((at for at, tick in enumerate(ticks) if tick.outcome != "failed"), len(ticks))
    return count, count == len(ticks) and facts.good is not None


def holder_of(facts: Facts) -> str | None:
    """Who holds the lease, if anybody does."""
    state = facts.ingester
    if state is not None and state.holder is not None:
        return shown_owner(state.holder)
    # Whether it has expired the store says, by the clock that leases go by.
    lease = facts.status.lease if facts.status else None
    return shown_owner(lease.owner) if lease is not None else None


def _word(facts: Facts, ticks: list[TickReport], lag_s: float | None) -> tuple[str, Level, str | None]:
    if facts.store_error is not None:
        return "store away", "bad", f"The store cannot be read: {_sentence(facts.store_error)} Trying again."
    if facts.status is None:
        return "starting", "busy", None
    last = ticks[0] if ticks else None
    if last is not None and last.outcome == "failed":
        return _failing(facts, ticks, lag_s)
    if facts.trouble is not None:
        return "not ingesting", "bad", facts.trouble
    state = facts.ingester
    if state is not None and state.failures and state.why and state.phase == "waiting":
        return "failing", "bad", state.why
    if _is_starting(facts):
        return "starting", "busy", None
    if lag_s is None:
        return _never_reached(facts)
    if lag_s > 2 * facts.interval_s + _GRACE_S and not _busy(facts):
        return "silent", "bad", _silent(facts, lag_s)
    if last is not None and last.warning:
        return "ok", "warn", last.warning
    note = _note(facts)
    return "ok", "warn" if note else "ok", note


def _note(facts: Facts) -> str | None:
    """What is well, and still not as it was meant to be."""
    state = facts.ingester
    if state is not None and state.phase == "read_only" and state.why:
        return f"This program only watches: {_sentence(state.why)}"
    other = facts.status.other_worker if facts.status else None
    if other is not None and facts.now - other < OTHER_WORKER_TOLD:
        return (
            f"Another worker moves this store's cursor too, last seen {other:%H:%M:%S} UTC. This program goes by its "
            "own; turn the other one off, since both pull the same events."
        )
    return None


def _failing(facts: Facts, ticks: list[TickReport], lag_s: float | None) -> tuple[str, Level, str]:
    error = ticks[0].error
    said = error.message if error else "The last tick failed."
    in_a_row, more = failed_in_a_row(facts)
    times = f" {in_a_row}{' or more' if more else ''} ticks in a row failed." if in_a_row > 1 else ""
    if lag_s is None:
        return "never reached", "bad", f"{_sentence(said)}{times}"
    return "failing", "bad", f"{_sentence(said)}{times} Newer events are not on this screen."


def _is_starting(facts: Facts) -> bool:
    """An old store looks silent until the first tick of this program has ended."""
    if facts.watch_only:
        return False
    return facts.ingester is None or facts.ingester.phase == "starting"


def _sentence(text: str) -> str:
    return text if text.endswith((".", "!", "?")) else f"{text}."


def _never_reached(facts: Facts) -> tuple[str, Level, str | None]:
    if _nobody_ingests(facts):
        return "never reached", "bad", f"Nobody ingests into this store. {_why(facts)}".strip()
    if facts.ingester is not None and facts.ingester.phase == "ticking":
        return "first tick", "busy", None
    return "starting", "busy", None


def _silent(facts: Facts, lag_s: float) -> str:
    late = f"No good tick for {age(_calm(lag_s, down=True))}, one every {clock(facts.interval_s)} is expected."
    if _nobody_ingests(facts):
        return f"{late} Nobody ingests into this store. {_why(facts)}".strip()
    holder = holder_of(facts)
    if holder is not None and (facts.ingester is None or facts.ingester.phase == "watching"):
        return f"{late} {holder} holds the lease: look there."
    return late


def _nobody_ingests(facts: Facts) -> bool:
    if holder_of(facts) is not None:
        return False
    if facts.ingester is None:
        return facts.watch_only
    return facts.ingester.phase in ("disabled", "read_only", "stopped")


def _why(facts: Facts) -> str:
    if facts.ingester is not None and facts.ingester.why:
        return facts.ingester.why
    return "This program only watches (AUDIT_INGEST_ENABLED is false)." if facts.watch_only else ""


def _busy(facts: Facts) -> bool:
    """A long first tick is work, not silence."""
    state = facts.ingester
    if state is None or state.phase != "ticking" or state.tick_started_at is None:
        return False
    return (facts.now - state.tick_started_at).total_seconds() < 2 * facts.interval_s + _GRACE_S


def _next(facts: Facts) -> str:
    state = facts.ingester
    if state is None or state.phase in ("watching", "disabled", "read_only", "stopped"):
        return ""
    if state.phase == "ticking":
        return "ticking"
    if state.next_tick_at is None:
        return ""
    left = clock(_calm((state.next_tick_at - facts.now).total_seconds(), down=False))
    return f"retry {left}" if state.failures else f"next tick {left}"


def _calm(seconds: float, *, down: bool) -> float:
    """Steps of five seconds but for the last and the first ten: what moves all day long is sent all day long."""
    if seconds <= 10:
        return seconds
    return (math.floor if down else math.ceil)(seconds / _STEP_S) * _STEP_S


def _who(facts: Facts) -> str:
    state, holder = facts.ingester, holder_of(facts)
    if state is None:
        if facts.trouble is not None:
            return "not ingesting"
        if facts.watch_only:
            return f"watch only, {holder} ingests" if holder else "watch only"
        return "starting"
    match state.phase:
        case "waiting" | "ticking":
            return "ingesting here"
        case "watching":
            return f"watching, {holder} ingests" if holder else "watching"
        case "disabled":
            return f"watch only, {holder} ingests" if holder else "watch only"
        case "read_only":
            return f"may not write, {holder} ingests" if holder else "may not write"
        case "stopped":
            return "stopped"
        case _:
            return "starting"


def told_ticks(facts: Facts) -> list[TickReport]:
    """All known ticks, the newest first, but skipped ones, the ingester's own last one among them."""
    ticks: list[TickReport] = [tick for tick in _known(facts) if tick.outcome != "skipped"]
    ticks.sort(key=lambda tick: tick.started_at, reverse=True)
    return ticks


def _known(facts: Facts) -> Iterable[TickReport]:
    yield from facts.ticks
    extra = [facts.ingester.last if facts.ingester else None, facts.status.last_tick if facts.status else None]
    # The ingester's own report is finer than a millisecond, which is all that a store keeps of it.
    seen = {to_ms(tick.started_at) for tick in facts.ticks}
    for tick in extra:
        if tick is not None and to_ms(tick.started_at) not in seen:
            seen.add(to_ms(tick.started_at))
            yield tick


def lease_text(lease: Lease | None) -> str:
    """Who may pull, in words."""
    if lease is None:
        return "nobody"
    return f"{shown_owner(lease.owner)}, epoch {lease.epoch}"
