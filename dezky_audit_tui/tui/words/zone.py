"""How moments are shown: in UTC, in local time, or as an age. Pure."""

from __future__ import annotations

from datetime import UTC, date, datetime, tzinfo
from typing import Literal, NamedTuple

ZoneMode = Literal["utc", "local", "relative"]
_ORDER: tuple[ZoneMode, ...] = ("utc", "local", "relative")

_MINUTE, _HOUR, _DAY = 60, 3600, 86400


class Zone(NamedTuple):
    """One way to show moments. `local` None is this machine's zone, summer time included."""

    mode: ZoneMode = "utc"
    local: tzinfo | None = None

    def next(self) -> Zone:
        """The way after this one; three of them, in a ring."""
        return Zone(_ORDER[(_ORDER.index(self.mode) + 1) % len(_ORDER)], self.local)

    def place(self, moment: datetime) -> datetime:
        """`moment` on the wall clock that is shown (an age counts days in UTC)."""
        return moment.astimezone(self.local) if self.mode == "local" else moment.astimezone(UTC)

    def day(self, moment: datetime) -> date:
        """The day that `moment` falls on."""
        return self.place(moment).date()

    def time(self, moment: datetime, now: datetime) -> str:
        """A row's time, at most eight cells: `08:22:47`, or `12 min`."""
        if self.mode == "relative":
            return age((now - moment).total_seconds())
        return self.place(moment).strftime("%H:%M:%S")

    def short(self, moment: datetime) -> str:
        """Hours and minutes on the wall clock: `08:22`."""
        return self.place(moment).strftime("%H:%M")

    def exact(self, moment: datetime) -> str:
        """Everything: `Tue 24 Nov 2026 08:22:47.005 UTC`."""
        there = self.place(moment)
        milliseconds = f"{there.microsecond // 1000:03d}"
        return f"{day_text(there.date())} {there:%H:%M:%S}.{milliseconds} {self._name(there)}"

    def second(self, moment: datetime) -> str:
        """The same to the second: `Tue 24 Nov 2026 08:22:47 UTC`."""
        there = self.place(moment)
        return f"{day_text(there.date())} {there:%H:%M:%S} {self._name(there)}"

    def label(self, now: datetime) -> str:
        """The name of the zone for the header; beside ages there are times of day, too."""
        name = self._name(self.place(now))
        return f"ages, {name}" if self.mode == "relative" else name

    @staticmethod
    def _name(there: datetime) -> str:
        return there.tzname() or there.strftime("%z")


def age(seconds: float) -> str:
    """A length of time in its largest unit: `4 s`, `12 min`, `3 h`, `5 d`. What lies ahead is `now`."""
    if seconds < 1:
        return "now"
    if seconds < _MINUTE:
        return f"{int(seconds)} s"
    if seconds < _HOUR:
        return f"{int(seconds // _MINUTE)} min"
    if seconds < _DAY:
        return f"{int(seconds // _HOUR)} h"
    return f"{int(seconds // _DAY)} d"


def clock(seconds: float) -> str:
    """A countdown: `0:38`, `12:05`, `1:02:00`. Never below zero."""
    left = max(0, int(seconds + 0.999))
    hours, rest = divmod(left, _HOUR)
    minutes, rest = divmod(rest, _MINUTE)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


def day_text(day: date) -> str:
    """A day in words: `Tue 24 Nov 2026`."""
    return f"{day:%a} {day.day} {day:%b %Y}"
