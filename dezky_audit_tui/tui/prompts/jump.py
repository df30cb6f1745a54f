"""Moments as an operator types them for a jump: `14:30`, `yesterday 9:00`, `2h`, `2026-11-24T08:00`. Pure."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from dezky_audit_tui.tui.prompts.fault import Fault
from dezky_audit_tui.tui.words.zone import Zone

_AGO = re.compile(r"-?(\d{1,6})\s*(s|m|min|h|d|w)(?:\s+ago)?")
_UNITS = {"s": 1, "m": 60, "min": 60, "h": 3600, "d": 86400, "w": 604800}
_CLOCK = re.compile(r"(\d{1,2}):(\d{2})(?::(\d{2}))?")

ALLOWED = "14:30, yesterday 9:00, 2h (ago), 2026-11-24 or 2026-11-24T08:00"
EXAMPLES = "14:30   yesterday 9:00   -2h   2026-11-24"


def parse_jump(text: str, now: datetime, zone: Zone) -> datetime:
    """The moment that `text` means on the wall clock of `zone`; a bare time of day is the latest that has passed.

    Raises ValueError with a line for the operator.
    """
    words = text.strip().lower()
    ago = _AGO.fullmatch(words)
    there = zone.place(now)
    try:
        if ago is not None:
            return now - timedelta(seconds=int(ago[1]) * _UNITS[ago[2]])
        day_word, _, rest = words.partition(" ")
        if day_word in ("today", "yesterday"):
            day = there.date() - timedelta(days=day_word == "yesterday")
            return _on(day, _clock(rest.strip() or "0:00"), there.tzinfo, zone)
        if _CLOCK.fullmatch(words):
            # Day by day on the wall clock, and an hour that comes twice at its second time first: the latest that
            # has passed.
            days = there.date(), there.date() - timedelta(days=1)
            moments = [
                _on(day, _clock(words).replace(fold=fold), there.tzinfo, zone) for day in days for fold in (1, 0)
            ]
            return next((moment for moment in moments if moment <= now), moments[-1])
        moment = datetime.fromisoformat(text.strip())
        return moment if moment.tzinfo is not None else _on(moment.date(), moment.time(), there.tzinfo, zone)
    except (ValueError, OverflowError) as error:
        raise ValueError(f"no moment: try {ALLOWED}") from error


def _clock(text: str) -> time:
    found = _CLOCK.fullmatch(text)
    if found is None:
        raise ValueError(text)
    return time(int(found[1]), int(found[2]), int(found[3] or 0))


def _on(day: date, at: time, fixed: tzinfo | None, zone: Zone) -> datetime:
    """That wall clock time in the zone shown; the machine's own zone knows its summer time by itself."""
    naive = datetime.combine(day, at)
    if zone.mode == "local" and zone.local is None:
        return naive.astimezone().astimezone(UTC)
    return naive.replace(tzinfo=zone.local if zone.mode == "local" else fixed).astimezone(UTC)


def fault_of_jump(text: str, now: datetime, zone: Zone) -> Fault | None:
    """What is wrong with a moment while it is typed; nothing typed is nothing wrong."""
    try:
        parse_jump(text.strip() or "0:00", now, zone)
    except ValueError as error:
        return Fault(str(error))
    return None
