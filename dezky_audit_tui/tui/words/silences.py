"""Stretches that were not read, times that were not seen, and quiet ones that were: in words. Pure."""

from __future__ import annotations

from datetime import datetime

from dezky_audit_tui.insight.silence import QUIET, Silence, patience
from dezky_audit_tui.insight.words import away_text, clock_text, many
from dezky_audit_tui.model.cursor import Hole
from dezky_audit_tui.tui.timeline.lines import ReadStretch
from dezky_audit_tui.tui.words.health import Facts, last_good, told_ticks
from dezky_audit_tui.tui.words.zone import Zone

_UNSEEN, _QUIET = "~ ~ ~", "· · ·"


def since_newest(facts: Facts, newest: datetime | None) -> Silence | None:
    """What the time after the newest event was: the source away, nobody asking, or quiet; None where it was none of
    them for long. `newest`: when that event was, None where there is none."""
    good = last_good(facts)
    if good is None or facts.status is None:
        return None
    ticks = told_ticks(facts)
    failed = [tick for tick in ticks if tick.outcome == "failed" and tick.started_at > good.started_at]
    if failed and ticks[0].outcome == "failed":
        error = failed[0].error
        message, kind = (error.message, error.kind) if error is not None else (None, None)
        more = ticks[-1].started_at > good.started_at
        return Silence("away", good.started_at, facts.now, ticks=len(failed), error=message, error_kind=kind, more=more)
    if facts.now - good.started_at > patience(facts.interval_s):
        return Silence("not_running", good.started_at, facts.now)
    if newest is not None and good.started_at - newest > QUIET:
        return Silence("quiet", newest, good.started_at)
    return None


def read_stretch(facts: Facts) -> ReadStretch | None:
    """From when to when the source was read, but for the holes; None where it never was."""
    state, good = facts.status.state if facts.status is not None else None, last_good(facts)
    if state is None:
        return None
    ends = (good.started_at if good is not None else None, state.settled_at, state.cursor.at if state.cursor else None)
    known = [end for end in ends if end is not None]
    return (state.history_from, max(known)) if known else None


_ALL = 10_000


Stretch = tuple[datetime | None, datetime | None]
"""From when (None: the beginning) to when (None: now)."""


def unseen_stretches(facts: Facts, *, in_trouble: bool) -> tuple[Stretch, ...]:
    """What nobody has read: the holes, and where ticks are `in_trouble` the time since the last good one."""
    if facts.status is None:
        return ()
    holes = tuple((hole.bottom, hole.top.at) for hole in facts.status.state.unread)
    if not in_trouble:
        return holes
    read = read_stretch(facts)
    return (*holes, (read[1] if read is not None else None, None))


def gap_text(hole: Hole, zone: Zone, room: int = _ALL) -> str:
    """A hole: `~ ~ ~ not read yet: 07:58 to 08:03, about 420 events`; where there is no `room` for it, less."""
    top = zone.place(hole.top.at)
    if hole.bottom is None:
        text = f"{_UNSEEN} not read yet: everything before {top:%H:%M} of {top.day} {top:%b}"
    else:
        text = f"{_UNSEEN} not read yet: {_span(hole.bottom, hole.top.at, zone)}"
    about = f", about {many(hole.events, 'event')}" if hole.events else ""
    return _first_that_fits(room, text + about, text)


def silence_line_text(silence: Silence, zone: Zone, room: int = _ALL) -> str:
    """`~ ~ ~ not seen since 08:03, source away: 3 failed ticks`, `· · · quiet for 00:42:00: read from 07:20 ...`;
    where there is no `room` for it, less."""
    start = silence.start if silence.start is not None else silence.end
    if silence.kind == "quiet":
        quiet = f"{_QUIET} quiet for {clock_text(silence.end - start)}"
        read = f"read from {_span(start, silence.end, zone)}"
        return _first_that_fits(room, f"{quiet}: {read}, nothing happened", f"{quiet}: {read}", quiet)
    unseen = f"{_UNSEEN} not seen since {_moment(start, silence.end, zone, '%H:%M:%S')}"
    if silence.kind == "away":
        unseen = f"{unseen}: {away_text(silence.error_kind)}"
        ticks = f"{'at least ' if silence.more else ''}{many(silence.ticks, 'failed tick')}"
        return _first_that_fits(room, f"{unseen}, {ticks}", unseen)
    return f"{unseen}: nobody asked the source"


def _first_that_fits(room: int, *texts: str) -> str:
    return next((text for text in texts if len(text) <= room), texts[-1])


def _span(start: datetime, end: datetime, zone: Zone) -> str:
    return f"{_moment(start, end, zone, '%H:%M')} to {zone.place(end):%H:%M}"


def _moment(moment: datetime, near: datetime, zone: Zone, clock: str) -> str:
    """The time of day, with the day where it is another one."""
    there = zone.place(moment)
    return f"{there:{clock}}" if there.date() == zone.place(near).date() else f"{there.day} {there:%b} {there:{clock}}"
