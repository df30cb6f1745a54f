"""How much happened when: events by stretches of time, failures apart. Pure, bounded, in any order."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from dezky_audit_tui.model.event import AuditEvent
from dezky_audit_tui.model.instants import from_ms, to_ms

BUCKET = timedelta(minutes=1)
LIMIT = 20_000
"""Buckets that are held: two weeks of minutes."""


@dataclass(frozen=True, slots=True)
class Bucket:
    """What happened from `start` on: all events, and those that failed or were denied."""

    start: datetime
    events: int = 0
    failures: int = 0


class Volume:
    """Counts events; the oldest buckets beyond `limit` are forgotten. Each event is to be given once."""

    def __init__(self, bucket: timedelta = BUCKET, limit: int = LIMIT) -> None:
        if bucket < timedelta(milliseconds=1) or limit < 1:
            raise ValueError("a bucket holds a millisecond at least, and one is held")
        self._width = bucket // timedelta(milliseconds=1)
        self._limit = limit
        self._counts: dict[int, tuple[int, int]] = {}
        self._numbers: list[int] = []
        self._before: int | None = None
        self.total = 0
        self.failures = 0

    def add(self, event: AuditEvent) -> None:
        """Count one."""
        failed = int(event.outcome in ("failure", "denied"))
        self.total += 1
        self.failures += failed
        number = self.number_of(event.at)
        if self._before is not None and number <= self._before:
            return
        held = self._counts.get(number)
        if held is None:
            insort(self._numbers, number)
            held = (0, 0)
        self._counts[number] = (held[0] + 1, held[1] + failed)
        self._forget()

    def put(self, number: int, events: int, failures: int) -> None:
        """Set what a bucket holds, where somebody else has counted. `number`: see `number_of`."""
        if self._before is not None and number <= self._before:
            return
        if number not in self._counts:
            insort(self._numbers, number)
        before = self._counts.get(number, (0, 0))
        self._counts[number] = (events, failures)
        self.total += events - before[0]
        self.failures += failures - before[1]
        self._forget()

    def number_of(self, moment: datetime) -> int:
        """The bucket that a moment lies in, counted from 1970."""
        return to_ms(moment) // self._width

    def start_of(self, number: int) -> datetime:
        """Where a bucket begins."""
        return from_ms(number * self._width)

    def add_all(self, events: Iterable[AuditEvent]) -> None:
        """Count them."""
        for event in events:
            self.add(event)

    def series(self, start: datetime, end: datetime, parts: int) -> list[Bucket]:
        """The time from `start` to `end` in `parts` equal stretches; a bucket counts where it begins."""
        if parts < 1 or end <= start:
            return []
        first, step = to_ms(start), (to_ms(end) - to_ms(start)) / parts
        done = [[0, 0] for _ in range(parts)]
        low = bisect_left(self._numbers, first // self._width)
        high = bisect_left(self._numbers, -(-to_ms(end) // self._width))
        for number in self._numbers[low:high]:
            at = min(max(int((number * self._width - first) / step), 0), parts - 1)
            events, failures = self._counts[number]
            done[at][0] += events
            done[at][1] += failures
        return [Bucket(from_ms(int(first + at * step)), *each) for at, each in enumerate(done)]

    def _forget(self) -> None:
        while len(self._numbers) > self._limit:
            self._before = self._numbers.pop(0)
            del self._counts[self._before]
