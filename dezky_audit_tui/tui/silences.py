"""Stretches that were not read, times that were not seen, and quiet ones that were: in words. Pure."""

from __future__ import annotations

from datetime import datetime

from dezky_audit_tui.insight.silence import QUIET, Silence, patience
from dezky_audit_tui.insight.words import away_text, clock_text, many
from dezky_audit_tui.model.cursor import Hole
from dezky_audit_tui.tui.health import Facts, last_good, told_ticks
from dezky_audit_tui.tui.lines import ReadStretch
from dezky_audit_tui.tui.zone import Zone

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


def gap_text(hole: Hole, zone: Zone) -> str:
    """A hole: `~ ~ ~ not read yet: 07:58 to 08:03, about 420 events`."""
    about = f", about {many(hole.events, 'event')}" if hole.events else ""
    top = zone.place(hole.top.at)
    if hole.bottom is None:
        return f"{_UNSEEN} not read yet: everything before {top:%H:%M} of {top.day} {top:%b}{about}"
    return f"{_UNSEEN} not read yet: {_span(hole.bottom, hole.top.at, zone)}{about}"


def silence_line_text(silence: Silence, zone: Zone) -> str:
    """`~ ~ ~ not seen since 08:03, source away: 3 failed ticks`, `· · · quiet for 00:42:00, 07:20 to 08:02: ...`."""
    start = silence.start if silence.start is not None else silence.end
    if silence.kind == "quiet":
        length = clock_text(silence.end - start)
        return f"{_QUIET} quiet for {length}: read from {_span(start, silence.end, zone)}, nothing happened"
    since = _moment(start, silence.end, zone, "%H:%M:%S")
    if silence.kind == "away":
        ticks = f"{'at least ' if silence.more else ''}{many(silence.ticks, 'failed tick')}"
        return f"{_UNSEEN} not seen since {since}: {away_text(silence.error_kind)}, {ticks}"
    return f"{_UNSEEN} not seen since {since}: nobody asked the source"


def _span(start: datetime, end: datetime, zone: Zone) -> str:
    return f"{_moment(start, end, zone, '%H:%M')} to {zone.place(end):%H:%M}"


def _moment(moment: datetime, near: datetime, zone: Zone, clock: str) -> str:
    """The time of day, with the day where it is another one."""
    there = zone.place(moment)
    return f"{there:{clock}}" if there.date() == zone.place(near).date() else f"{there.day} {there:%b} {there:{clock}}"
