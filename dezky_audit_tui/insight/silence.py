"""What a silent stretch means: not read yet, the source away, nobody asked, or nothing happened. Pure.

A good tick tells of everything up to its start. So what is not known lies in the unread holes and after the last
good tick; all else was seen, and where it is empty nothing happened. Times without a good tick that lie in the past
were made up for by the next good one: those are told, as made up.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Literal

from dezky_audit_tui.model.cursor import Hole
from dezky_audit_tui.model.report import TickReport

SilenceKind = Literal["unread", "away", "not_running", "quiet"]
"""`unread`: a hole. `away`: ticks failed, be it that the source, the store or this program did. `not_running`: there
were no ticks. `quiet`: seen, and nothing happened."""

GRACE = timedelta(seconds=15)
QUIET = timedelta(minutes=30)


@dataclass(frozen=True, slots=True)
class Silence:
    """A stretch of time, from `start` to `end`. `start` None: from the beginning. `made_up`: a later tick has read it.

    `ticks`: how many failed in it, `more`: that there may be others, which are not known any more; `error` and
    `error_kind`: what the last of them said, and its machine name. `events`: about how many a hole holds.
    """

    kind: SilenceKind
    start: datetime | None
    end: datetime
    made_up: bool = False
    ticks: int = 0
    error: str | None = None
    error_kind: str | None = None
    events: int | None = None
    more: bool = False


def patience(interval_s: float) -> timedelta:
    """How far apart good ticks may be where all is well."""
    return timedelta(seconds=2 * interval_s) + GRACE


def unread(holes: Iterable[Hole], since: datetime | None = None, until: datetime | None = None) -> list[Silence]:
    """The holes between two moments as far as they lie there, newest first."""
    found = []
    for hole in holes:
        start, end = hole.bottom, hole.top.at
        if (until is not None and start is not None and start >= until) or (since is not None and end < since):
            continue
        whole = (since is None or (start is not None and start >= since)) and (until is None or end <= until)
        start = start if since is None or (start is not None and start >= since) else since
        end = end if until is None else min(end, until)
        found.append(Silence("unread", start, end, events=hole.events if whole else None))
    return found


def unattended(
    ticks: Iterable[TickReport], since: datetime, until: datetime, allowed: timedelta, *, known_from: datetime | None
) -> list[Silence]:
    """The times between `since` and `until` without a good tick for longer than `allowed`, newest first.

    `ticks` in any order, with the ones before and after that stretch. Ticks older than `known_from` are not kept any
    more: nothing is told of that time (None: from the oldest tick on).
    """
    told = sorted((tick for tick in ticks if tick.outcome != "skipped"), key=lambda tick: tick.started_at)
    # A catch-up tick leaves the head of the list alone, but where one ran the source was there.
    ran = [(tick.started_at, _ended(tick)) for tick in told if tick.outcome == "ok"]
    head = max((tick.started_at for tick in told if tick.outcome == "ok" and tick.trigger != "catch_up"), default=None)
    begin = known_from if known_from is not None else told[0].started_at if told else until
    found: list[Silence] = []
    reached = begin
    for start, end in [*ran, (until, until)]:
        if start - reached > allowed and reached < until and start > since:
            made_up = head is not None and head >= start
            failed = [tick for tick in told if tick.outcome == "failed" and reached <= tick.started_at < start]
            error = failed[-1].error if failed else None
            found.append(
                Silence(
                    "away" if failed else "not_running",
                    max(reached, since),
                    min(start, until),
                    made_up,
                    len(failed),
                    error.message if error is not None else None,
                    error.kind if error is not None else None,
                )
            )
        reached = max(reached, end)
    return found[::-1]


def quiet(moments: Sequence[datetime], unseen: Sequence[Silence], longer_than: timedelta = QUIET) -> list[Silence]:
    """Where nothing happened between neighbours of `moments` (newest first) although all was seen, newest first."""
    found = []
    for upper, lower in pairwise(moments):
        if upper - lower > longer_than and not any(_overlap(silence, lower, upper) for silence in unseen):
            found.append(Silence("quiet", lower, upper))
    return found


def _overlap(silence: Silence, low: datetime, high: datetime) -> bool:
    return not silence.made_up and silence.end > low and (silence.start is None or silence.start < high)


def _ended(tick: TickReport) -> datetime:
    return tick.started_at + timedelta(milliseconds=tick.duration_ms)
