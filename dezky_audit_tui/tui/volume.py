"""Which stretch of time the volume shows, and its counts. It follows the clock, or the reader into the past."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from dezky_audit_tui.insight.volume import Bucket
from dezky_audit_tui.insight.volume_read import VolumeReader
from dezky_audit_tui.model.event import Row
from dezky_audit_tui.model.query import EVERYTHING, Query
from dezky_audit_tui.store.store import Store
from dezky_audit_tui.tui.words.silences import Stretch
from dezky_audit_tui.tui.words.zone import Zone


class Span(NamedTuple):
    """A length of time, and the stretches that it is counted in."""

    words: str
    last: str
    length: timedelta
    bucket: timedelta

    @property
    def buckets(self) -> int:
        """How many stretches."""
        return self.length // self.bucket


SPANS: tuple[Span, ...] = (
    Span("1 h", "last hour", timedelta(hours=1), timedelta(minutes=1)),
    Span("6 h", "last 6 h", timedelta(hours=6), timedelta(minutes=5)),
    Span("24 h", "last 24 h", timedelta(hours=24), timedelta(minutes=15)),
    Span("7 d", "last 7 d", timedelta(days=7), timedelta(hours=2)),
    Span("30 d", "last 30 d", timedelta(days=30), timedelta(hours=8)),
)


class Volume:
    """`refresh` counts what is not counted yet; `series` is what is known by now."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.span = SPANS[0]
        self._query = EVERYTHING
        self._end: datetime | None = None
        self._reader = self._read()

    def show(self, query: Query) -> None:
        """Count what matches this filter."""
        if query != self._query:
            self._query = query
            self.forget()

    def next_span(self) -> Span:
        """A longer stretch of time; after the longest one the shortest."""
        self.span = SPANS[(SPANS.index(self.span) + 1) % len(SPANS)]
        self._end = None
        self.forget()
        return self.span

    def forget(self) -> None:
        """Count everything again."""
        self._reader = self._read()

    def touch(self, rows: Iterable[Row]) -> None:
        """These were stored just now."""
        self._reader.touch(rows)

    def follow(self, reader_at: datetime | None, now: datetime) -> None:
        """Have the reader's moment in the stretch. None: the newest rows are read."""
        end = self._end
        if reader_at is None or self._start_before(now) <= reader_at:
            end = None
        elif end is None or not self._start_before(end) <= reader_at <= end:
            end = min(reader_at + self.span.length / 2, now)
        if end != self._end:
            self._end = end
            self.forget()

    @property
    def known(self) -> bool:
        """Whether all of it was counted once: nothing counted is not nothing there."""
        return self._reader.known

    def is_due(self, now: datetime) -> bool:
        """Whether there is anything to count."""
        return self._reader.is_due(self._end or now)

    async def refresh(self, now: datetime) -> bool:
        """Count some of it; whether there was anything to count. Raises StoreError and Interrupted."""
        return await self._reader.refresh(self._end or now)

    def series(self, now: datetime, bars: int) -> Sequence[Bucket]:
        """Oldest first, in at most so many parts."""
        return self._reader.series(self._end or now, bars)

    def stretch(self, now: datetime) -> tuple[datetime, datetime]:
        """From when (inclusive) to when (exclusive)."""
        series = self.series(now, self.span.buckets)
        return series[0].start, series[-1].start + self.span.bucket

    def label(self, now: datetime, zone: Zone) -> str:
        """Which time it is, in words."""
        if self._end is None:
            return self.span.last
        there = zone.place(self._end)
        day = "" if there.date() == zone.day(now) else f"{there.day} {there:%b} "
        return f"{self.span.words} to {day}{there:%H:%M}"

    def since(self, series: Sequence[Bucket], zone: Zone) -> str:
        """When the first of these begins, at most six cells: `07:23`, or `17 Nov`."""
        if not series:
            return ""
        there = zone.place(series[0].start)
        return f"{there.day} {there:%b}" if self.span.length > timedelta(days=1) else f"{there:%H:%M}"

    def _start_before(self, end: datetime) -> datetime:
        # One stretch less: the newest one is still under way.
        return end - self.span.length + self.span.bucket

    def _read(self) -> VolumeReader:
        return VolumeReader(self._store, bucket=self.span.bucket, span=self.span.length, query=self._query)


def bar_at(series: Sequence[Bucket], moment: datetime) -> int | None:
    """The bar that a moment lies in; None beyond both ends."""
    if not series or moment < series[0].start:
        return None
    at = next((at for at in range(len(series) - 1, -1, -1) if series[at].start <= moment), 0)
    step = series[1].start - series[0].start if len(series) > 1 else timedelta(0)
    return at if at < len(series) - 1 or moment < series[-1].start + step else None


def unseen_bars(series: Sequence[Bucket], unseen: Iterable[Stretch]) -> frozenset[int]:
    """The bars without an event that lie in a stretch which nobody has read."""
    step = series[1].start - series[0].start if len(series) > 1 else timedelta(0)
    found: set[int] = set()
    for start, end in unseen:
        found.update(
            at
            for at, bucket in enumerate(series)
            if not bucket.events
            and (start is None or bucket.start + step > start)
            and (end is None or bucket.start < end)
        )
    return frozenset(found)
