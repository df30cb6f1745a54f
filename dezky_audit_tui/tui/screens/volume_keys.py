"""The volume and the top pane, and their keys. The main screen has them from here."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from textual import on, work

from dezky_audit_tui.errors import Interrupted, StoreError
from dezky_audit_tui.insight.volume import Bucket
from dezky_audit_tui.model.event import Row
from dezky_audit_tui.model.query import Query
from dezky_audit_tui.tui.screens.frame import Frame
from dezky_audit_tui.tui.setup import Setup
from dezky_audit_tui.tui.supervise import Supervisor
from dezky_audit_tui.tui.timeline.stillness import Stillness
from dezky_audit_tui.tui.volume import Volume, bar_at, unseen_bars
from dezky_audit_tui.tui.widgets.top_view import TopView
from dezky_audit_tui.tui.widgets.volume_line import VolumeLine

if TYPE_CHECKING:
    from dezky_audit_tui.insight.top import Top

_MS = timedelta(milliseconds=1)
_NO_LINE = "for [ ] and 5; its bars need 22 lines of screen"
_TOP_FOR = timedelta(seconds=5)
"""So long a count of the top pane holds, also where rows come in."""


class VolumeKeys(Frame):
    """Counts behind the screen; `second` of the newsroom keeps it up."""

    def __init__(self, setup: Setup, supervisor: Supervisor) -> None:
        super().__init__(setup, supervisor)
        self.volume = Volume(setup.store)
        self.counting_volume = False
        """Whether a count is under way."""
        self.reader_stands = Stillness(lambda: self.call_later(self.show_volume))
        self._top: Top | None = None
        self._top_key: object = None
        self._top_due = False
        """Whether it is to be counted again for the same filter and time, in its turn."""
        self._topped_at: datetime | None = None

    # What keeps it up

    def touch_volume(self, rows: Sequence[Row]) -> None:
        """Rows that were stored just now."""
        self.volume.touch(rows)
        self._top_due = True

    def forget_volume(self) -> None:
        """Tenants of older rows moved."""
        self.volume.forget()
        self._top_key = None

    def follow_reader(self) -> None:
        """Mark the bar of the selected event. Where it lies beyond them, those around it are counted once the reader
        stands still; until then the others stand there, with their own time beside them."""
        if self.browser.opened:
            self.draw_volume()
        self.reader_stands.moved()

    def show_volume(self) -> None:
        """Write it anew, and count what is not counted yet."""
        if not self.browser.opened:
            return
        row = self.timeline.selected
        self.volume.show(self.browser.query)
        self.volume.follow(None if self.timeline.following or row is None else row.event.at, self.clock())
        self.draw_volume()
        away = self.narrator.news.error is not None
        if not away and not self.counting_volume and self.volume.is_due(self.clock()):
            self.counting_volume = True
            self._count_volume()
        if self.dock.open == "top":
            self._show_top()

    @work(group="volume")
    async def _count_volume(self) -> None:
        try:
            while await self.volume.refresh(self.clock()):
                self.draw_volume()
        except Interrupted:
            # Somebody stopped another search: counted again within a second.
            return
        except StoreError as error:
            self.tell_beside(error)
        finally:
            self.counting_volume = False

    def draw_volume(self) -> None:
        """Write what is known of it."""
        line, now = self.volume_line, self.clock()
        row = self.timeline.selected
        series = self._series()
        chosen = bar_at(series, row.event.at) if row is not None and not self.timeline.following else None
        away = self.narrator.news.error is not None
        waits = "" if self.volume.known else "the store is away" if away else "counting…"
        unseen = unseen_bars(series, self.narrator.unseen)
        zone, buckets = self.narrator.zone, self.volume.span.buckets
        since = self.volume.since(series, zone)
        line.tell(series, buckets, self.volume.label(now, zone), chosen, since, waits, unseen)

    def _series(self) -> Sequence[Bucket]:
        bars = self.volume_line.bars(self.volume.span.buckets)
        return self.volume.series(self.clock(), bars or self.volume.span.buckets)

    # Keys

    def action_span(self) -> None:
        """A longer stretch of time."""
        span = self.volume.next_span()
        self.tell(f"the volume shows {span.words}" if self.volume_line.display else f"{span.words}: {_NO_LINE}")
        self.show_volume()

    def action_bar(self, step: int) -> None:
        """To the next bar that has events: older for -1, newer for 1."""
        series, row = self._series(), self.timeline.selected
        here = bar_at(series, row.event.at) if row is not None else None
        at = len(series) if here is None else here
        at += step
        while 0 <= at < len(series) and not series[at].events:
            at += step
        if 0 <= at < len(series):
            self._go_to_bar(at)
        else:
            self.tell(f"no {'older' if step < 0 else 'newer'} events in this time (b: a longer one)")

    @on(VolumeLine.Chosen)
    def _bar_clicked(self, message: VolumeLine.Chosen) -> None:
        self._go_to_bar(message.at)

    def _go_to_bar(self, at: int) -> None:
        series = self._series()
        if at >= len(series):
            return
        if not series[at].events:
            self.tell("no event in this part; the next older one")
        step = series[1].start - series[0].start if len(series) > 1 else self.volume.span.bucket
        moment = series[at].start + step - _MS
        self.travel(lambda: self.browser.jump(moment))

    # The top pane

    def _show_top(self) -> None:
        now = self.clock()
        sources = self.narrator.news.sources
        label = self.volume.label(now, self.narrator.zone)
        away = self.narrator.news.error is not None
        self.dock.top.tell(self._top, label, sources[0] if len(sources) == 1 else None, away=away)
        stretch = self.volume.stretch(now)
        key = (self.browser.query, stretch)
        old = self._topped_at is None or now - self._topped_at >= _TOP_FOR
        if not away and (key != self._top_key or (self._top_due and old)):
            self._top_key, self._topped_at, self._top_due = key, now, False
            self._count_top(self.browser.query, *stretch)

    @work(exclusive=True, group="top")
    async def _count_top(self, query: Query, since: datetime, until: datetime) -> None:
        from dezky_audit_tui.insight.top import read_top

        try:
            self._top = await read_top(self.setup.store, query, since, until)
        except (Interrupted, StoreError) as error:
            # What was counted last may be of another filter: rather nothing, until it is counted again.
            self._top, self._top_due = None, True
            if isinstance(error, StoreError):
                self.tell_beside(error)
        self._show_top()

    @on(TopView.Left)
    def _top_left(self) -> None:
        self.focus_place()
