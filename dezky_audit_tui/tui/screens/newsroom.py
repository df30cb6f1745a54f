"""What comes to the main screen by itself: live rows, the pull's news, the clock."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from textual import work

from dezky_audit_tui.model.cursor import Hole
from dezky_audit_tui.model.report import TickReport
from dezky_audit_tui.store.store import Changes
from dezky_audit_tui.tui.feed import Feed, News
from dezky_audit_tui.tui.screens.insight_keys import InsightKeys
from dezky_audit_tui.tui.screens.pane_keys import PaneKeys
from dezky_audit_tui.tui.screens.volume_keys import VolumeKeys
from dezky_audit_tui.tui.setup import Setup
from dezky_audit_tui.tui.supervise import Supervisor

_ASK_EVERY = timedelta(seconds=5)


class Newsroom(InsightKeys, VolumeKeys, PaneKeys):
    """Owns the feed. `second` runs once a second."""

    def __init__(self, setup: Setup, supervisor: Supervisor) -> None:
        super().__init__(setup, supervisor)
        self.feed = Feed(
            setup.store,
            setup.source_name,
            clock=setup.clock,
            on_open=self._open,
            on_changes=self._take,
            on_news=self._hear,
        )
        self._holes: Sequence[Hole] = ()
        self._outdated = False
        """Whether what is held has to be read anew, as soon as nothing else that the reader wanted is on its way."""
        self._day = setup.zone.day(setup.clock())
        self._asked_at: datetime | None = None

    async def catch_up(self) -> None:
        await self.feed.refresh()

    def second(self) -> None:
        """What depends on the time alone."""
        self._ask_again()
        self.narrator.health()
        self.show_strip()
        self.show_silence()
        self.show_findings()
        if not self.reader_stands.waits:
            self.show_volume()
        today = self.narrator.zone.day(self.clock())
        if today != self._day:
            self._day = today
            self.timeline.update()
        elif self.narrator.zone.mode == "relative":
            self.timeline.repaint()
        self.refresh_pane()

    @work(exclusive=True, group="force")
    async def action_tick(self) -> None:
        """Pull now."""
        from dezky_audit_tui.tui.forcing import force_tick

        self.feed.hurry = True
        try:
            async for line in force_tick(self.supervisor, self._last_stored):
                self.tell(line)
                self.narrator.health()
        finally:
            self.feed.hurry = False

    async def _open(self) -> None:
        await self.taken_up.wait()  # the filter that it was left with
        # What was stored while it was away has not come by.
        self.forget_volume()
        self.panes.forget()
        if self._is_browsing():
            # A filter that was typed before the store was open: it must not be taken away.
            self._outdated = True
        else:
            found = await self.browser.open()
            if found is None:
                await self.browser.show_everything()
            self._outdated = found is False
        if self.going is not None:
            self.browse(self.arrive(self.going))
        self.load_insights()

    def _take(self, changes: Changes) -> None:
        self.take_insights(changes.rows)
        self.touch_volume(changes.rows)
        self.browser.take(changes)
        if changes.resolved:
            self.forget_volume()
            self.load_insights()
            self._outdated = True
            if not self._is_browsing():
                self.browse(self._reopen())
        self.show_filter()

    def _is_browsing(self) -> bool:
        return any(worker.group == "browse" and not worker.is_finished for worker in self.workers)

    async def _reopen(self) -> None:
        await self.browser.open()
        self._outdated = False

    def _hear(self, news: News) -> None:
        before, self.narrator.news = self.narrator.news, news
        if not self.taken_up.is_set():
            return  # there is nothing yet to write on
        if news == before and not self.feed.hurry:
            return  # what depends on the time alone has its second
        holes = news.status.state.unread if news.status else ()
        if holes != self._holes or news.sources != before.sources:
            self._holes = holes
            self.timeline.prefixed = len(news.sources) > 1
            self.timeline.update(holes)
        self.changed()
        self.show_silence()
        if news.ticks != before.ticks:
            self.fill_pane()

    def _ask_again(self) -> None:
        """For what is outdated, and a filter that the store did not answer to, though it is not away."""
        if (self._outdated or self.browser.lags) and not self._is_browsing() and self.narrator.news.error is None:
            now = self.clock()
            if self._asked_at is None or now - self._asked_at >= _ASK_EVERY:
                self._asked_at = now
                self.browse(self._reopen())

    def _last_stored(self) -> TickReport | None:
        status = self.narrator.news.status
        return status.last_tick if status is not None else None
