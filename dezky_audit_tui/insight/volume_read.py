"""Keeps the volume of the last hours right: the store counts a stretch again whenever a row came into it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from dezky_audit_tui.insight.volume import BUCKET, Bucket, Volume
from dezky_audit_tui.model.event import Row
from dezky_audit_tui.model.query import EVERYTHING, Condition, Match, Pattern, Query, Since, Term, Until
from dezky_audit_tui.store.store import Store

SPAN = timedelta(hours=1)
AT_ONCE = 30
"""Stretches that one refresh counts at most, the newest first."""

_FAILED = Match("outcome", (Pattern("failure"), Pattern("denied")))


class VolumeReader:
    """The last `span` before a moment, by stretches of `bucket`, of what matches `query`. Rows may be told twice: the
    store counts them."""

    def __init__(
        self, store: Store, *, bucket: timedelta = BUCKET, span: timedelta = SPAN, query: Query = EVERYTHING
    ) -> None:
        self._store = store
        self._terms = query.terms
        self._buckets = max(span // bucket, 1)
        self._volume = Volume(bucket, self._buckets + 1)
        self._counted: set[int] = set()
        self._known = False
        self._series: tuple[tuple[int, int], Sequence[Bucket]] | None = None

    def touch(self, rows: Iterable[Row]) -> None:
        """Rows were stored: where they lie is to be counted again."""
        for row in rows:
            self._counted.discard(self._volume.number_of(row.event.at))

    @property
    def known(self) -> bool:
        """Whether all of it was counted once; what came since may still be to count."""
        return self._known

    def is_due(self, now: datetime) -> bool:
        """Whether there is anything to count."""
        newest = self._volume.number_of(now)
        return not self._counted.issuperset(range(newest, newest - self._buckets, -1))

    async def refresh(self, now: datetime) -> bool:
        """Count what is to be counted; whether there was anything. Raises StoreError and Interrupted."""
        newest = self._volume.number_of(now)
        span = range(newest, newest - self._buckets, -1)
        wanted = [number for number in span if number not in self._counted][:AT_ONCE]
        self._counted.intersection_update(span)
        for number in wanted:
            # Before the store is asked: a row that comes meanwhile has it counted once more.
            self._counted.add(number)
            try:
                bounds = Since(self._volume.start_of(number)), Until(self._volume.start_of(number + 1))
                events = await self._store.count(self._query(*bounds))
                failures = await self._store.count(self._query(*bounds, _FAILED)) if events else 0
            except BaseException:
                self._counted.discard(number)
                raise
            self._volume.put(number, events, failures)
            self._series = None
        self._known = self._known or not self.is_due(now)
        return bool(wanted)

    def series(self, now: datetime, parts: int) -> Sequence[Bucket]:
        """The last hours in that many parts at most, oldest first, each of the same number of stretches.

        The same object until there is another answer: it is asked for with each key.
        """
        end = self._volume.number_of(now) + 1
        if self._series is None or self._series[0] != (end, parts):
            each = -(-self._buckets // max(parts, 1))
            count = self._buckets // each
            start, stop = self._volume.start_of(end - count * each), self._volume.start_of(end)
            self._series = (end, parts), self._volume.series(start, stop, count)
        return self._series[1]

    def _query(self, *conditions: Condition) -> Query:
        return Query((*self._terms, *(Term(condition, False, "") for condition in conditions)))
