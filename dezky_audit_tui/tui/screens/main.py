"""The dashboard: it composes the parts, routes their messages, and says in words how things stand."""

from __future__ import annotations

from collections.abc import Coroutine, Sequence
from pathlib import Path
from typing import Any, ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.screen import Screen

from dezky_audit_tui.errors import StoreError
from dezky_audit_tui.model.cursor import Hole
from dezky_audit_tui.model.event import AuditEvent
from dezky_audit_tui.model.query import EVERYTHING, Query
from dezky_audit_tui.model.query_parse import parse_query
from dezky_audit_tui.model.report import TickReport
from dezky_audit_tui.store.store import Changes
from dezky_audit_tui.text import visible
from dezky_audit_tui.tui import filters
from dezky_audit_tui.tui.bars import FilterWords, banner_lines, filter_line, footer_line, header_line
from dezky_audit_tui.tui.browse import Browser, Kind
from dezky_audit_tui.tui.detail_lines import copy_text
from dezky_audit_tui.tui.fault import Fault
from dezky_audit_tui.tui.feed import Feed, News
from dezky_audit_tui.tui.forcing import force_tick
from dezky_audit_tui.tui.health import Facts, Health, health_of
from dezky_audit_tui.tui.jump import ALLOWED, parse_jump
from dezky_audit_tui.tui.keymap import KEYS, Context
from dezky_audit_tui.tui.panes.fill import PaneFiller
from dezky_audit_tui.tui.reader import Reader
from dezky_audit_tui.tui.related import Related, related_to
from dezky_audit_tui.tui.screens.help import HelpScreen
from dezky_audit_tui.tui.setup import Setup
from dezky_audit_tui.tui.supervise import Supervisor
from dezky_audit_tui.tui.widgets.detail import Detail
from dezky_audit_tui.tui.widgets.line import LineWidget
from dezky_audit_tui.tui.widgets.panes_dock import PaneName, PanesDock
from dezky_audit_tui.tui.widgets.prompt import FaultLine, Prompt
from dezky_audit_tui.tui.widgets.timeline import Timeline

WIDE, TALL = 120, 32
"""From here on the detail stands beside the timeline, and a pane is open from the start."""

_NOTICE_S = 6.0
_COPY_LIMIT = 64 * 1024
"""Bytes of JSON; terminals drop longer sequences without a word."""


class MainScreen(Screen[None]):
    """Header, filter, timeline and detail, panes, banner, footer."""

    CSS_PATH: ClassVar[str | Path] = "main.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [Binding(key.keys, key.action, key.label, show=False) for key in KEYS]
    AUTO_FOCUS = "#timeline"

    def __init__(self, setup: Setup, supervisor: Supervisor) -> None:
        super().__init__()
        self._setup, self._supervisor = setup, supervisor
        self._clock = setup.clock
        self._zone = setup.zone
        self._news = News()
        self._notice: str | None = None
        self._notices = 0
        self._pane_chosen = False
        self._reader = Reader(setup.store)
        self.timeline = Timeline(self._reader, setup.clock, setup.zone, id="timeline")
        self._detail = Detail(setup.clock, setup.zone, id="detail")
        self._dock = PanesDock(id="panes")
        self._panes = PaneFiller(setup, self._dock)
        self.browser = Browser(setup.store, self._reader, self.timeline, tell=self.tell, on_change=self._show_filter)
        self.feed = Feed(
            setup.store,
            setup.source_name,
            clock=setup.clock,
            on_open=self.browser.open,
            on_changes=self._take,
            on_news=self._hear,
        )

    def compose(self) -> ComposeResult:
        """From top to bottom."""
        yield LineWidget(id="header")
        yield LineWidget(id="filter")
        yield Prompt(id="prompt")
        yield FaultLine(id="fault")
        with Horizontal(id="middle"):
            yield self.timeline
            yield self._detail
        yield self._dock
        yield LineWidget(id="banner")
        yield LineWidget(id="footer")

    def on_mount(self) -> None:
        """The clock runs."""
        self.set_interval(1.0, self.second)

    def on_resize(self) -> None:
        """Another size: other words fit."""
        self.set_class(self.size.width < WIDE, "-narrow")
        self.set_class(self.size.height >= TALL, "-tall")
        if not self._pane_chosen and (self.size.height >= TALL) != (self._dock.open is not None):
            self._dock.toggle("cursor")
        self._place_detail()
        self.call_after_refresh(self._show_all)

    # News

    def second(self) -> None:
        """Once a second: what depends on the time alone."""
        self._show_health()
        if self._zone.mode == "relative":
            self.timeline.repaint()
        if self._panes.is_stale(self._clock()):
            self._count_pane()
        self._fill_pane()

    def tell(self, text: str) -> None:
        """A line for the operator, for some seconds, in the footer."""
        self._notice = text
        self._notices += 1
        turn = self._notices
        self.set_timer(_NOTICE_S, lambda: self._forget(turn))
        self._show_footer()

    def _forget(self, turn: int) -> None:
        if turn == self._notices:
            self._notice = None
            self._show_footer()

    def _take(self, changes: Changes) -> None:
        self.browser.take(changes)
        if changes.resolved:
            self._open(None)
        self._show_filter()

    def _hear(self, news: News) -> None:
        before, self._news = self._news, news
        if news.sources != before.sources:
            self.timeline.prefixed = len(news.sources) > 1
        if news.status != before.status or news.sources != before.sources:
            self.timeline.update(self._holes())
        self._show_health()
        self._show_filter()
        if news.ticks != before.ticks:
            self._fill_pane()

    def facts(self) -> Facts:
        """All that header, banner and panes are made of."""
        news, supervisor = self._news, self._supervisor
        return Facts(
            now=self._clock(),
            interval_s=self._setup.interval_s,
            status=news.status,
            ticks=news.ticks,
            ingester=supervisor.state,
            watch_only=supervisor.watch_only,
            trouble=supervisor.trouble,
            store_error=news.error,
        )

    # What stands on the lines

    def _show_all(self) -> None:
        self._show_health()
        self._show_filter()
        self._show_footer()
        self._fill_pane()

    def _show_health(self) -> None:
        health = health_of(self.facts())
        width = self.size.width
        zone = self._zone.label(self._clock())
        self.query_one("#header", LineWidget).show(
            header_line(width, self._setup.source_name, self._setup.store.name, zone, health)
        )
        banner = self.query_one("#banner", LineWidget)
        lines = banner_lines(width, health)
        banner.display = bool(lines)
        if lines:
            banner.styles.height = len(lines)
            banner.show(*lines)
        self._show_words(health)

    def _show_words(self, health: Health) -> None:
        """What the timeline says where it has no row, in its gaps, and at its end."""
        timeline, state = self.timeline, self._supervisor.state
        history = self._news.status.state.history_from if self._news.status else None
        query = self.browser.query
        empty = self._empty_words(query, health)
        filling = (
            "filling"
            if state is not None and state.phase == "ticking"
            else "not filling"
            if health.level == "bad"
            else ""
        )
        end = "beginning of the log"
        if query.terms:
            end = "nothing older matches"
        elif history is not None:
            end = f"beginning: history was asked for from {self._zone.exact(history)}"
        total = self.browser.matching if query.terms else self._news.total
        if (empty, filling, end, total) != (timeline.empty_text, timeline.filling, timeline.end_text, timeline.total):
            timeline.empty_text, timeline.filling, timeline.end_text, timeline.total = empty, filling, end, total
            timeline.repaint()

    def _empty_words(self, query: Query, health: Health) -> tuple[str, ...]:
        if self._news.error is not None and not self._reader.opened:
            return ("The store cannot be read.", visible(self._news.error))
        if not self._reader.opened:
            return ("Reading the store…",)
        if query.terms:
            return (f"Nothing matches {visible(query.text)}", "Esc clears the filter")
        first = "No events yet."
        if health.problem is not None:
            return (first, visible(health.problem))
        words = {"": "Waiting for the first tick.", "ticking": "The first tick is on its way."}
        return (first, words.get(health.next, f"{health.next[:1].upper()}{health.next[1:]}."))

    def _show_filter(self) -> None:
        browser, timeline = self.browser, self.timeline
        words = FilterWords(
            chips=browser.chips,
            off=browser.off is not None,
            matching=browser.matching,
            counting=browser.counting,
            total=self._news.total,
            following=timeline.following,
            pill=timeline.view.fresh.pill,
            searching=browser.searching,
        )
        self.query_one("#filter", LineWidget).show(filter_line(self.size.width, words))

    def _show_footer(self) -> None:
        context: Context = "timeline"
        if self.query_one(Prompt).display:
            context = "prompt"
        elif self._detail.display:
            context = "detail"
        self.query_one("#footer", LineWidget).show(footer_line(self.size.width, context, self._notice))

    def _fill_pane(self) -> None:
        self._panes.fill(self.facts(), self._zone, self._selected())

    def _selected(self) -> AuditEvent | None:
        row = self.timeline.selected
        return row.event if row is not None else None

    def _holes(self) -> Sequence[Hole]:
        return self._news.status.state.unread if self._news.status else ()

    # Messages of the parts

    @on(Timeline.Moved)
    def _moved(self) -> None:
        self._show_filter()
        if self._detail.display:
            self._show_detail()
        if self._dock.open in ("actions", "tenants"):
            self._fill_pane()

    @on(Timeline.Wanted)
    def _wanted(self, message: Timeline.Wanted) -> None:
        self.run_worker(self.browser.extend(message.end), group="pages")

    @on(Timeline.FollowWanted)
    def _follow_wanted(self) -> None:
        self.action_newest()

    @on(Timeline.Opened)
    def _double_clicked(self) -> None:
        self.action_detail()

    @on(PanesDock.TabClicked)
    def _tab_clicked(self, message: PanesDock.TabClicked) -> None:
        self.action_pane(message.name)

    @on(PanesDock.Changed)
    def _pane_changed(self) -> None:
        self._fill_pane()
        if self._panes.is_stale(self._clock()):
            self._count_pane()

    @on(Prompt.Faulty)
    def _faulty(self, message: Prompt.Faulty) -> None:
        self.query_one(FaultLine).tell(message.fault, message.column)

    @on(Prompt.Closed)
    def _prompt_closed(self) -> None:
        self.query_one("#filter").display = True
        self._focus_place()
        self._show_all()

    @on(Prompt.Answered)
    def _answered(self, message: Prompt.Answered) -> None:
        if message.kind == "jump":
            if message.text.strip():
                self._browse(self.browser.jump(parse_jump(message.text, self._clock(), self._zone)))
            return
        self.browser.off = None
        self._open(parse_query(message.text, now=self._clock()))

    # Keys

    @work(exclusive=True, group="force")
    async def action_tick(self) -> None:
        """Pull now."""
        self.feed.hurry = True
        try:
            async for line in force_tick(self._supervisor, self._last_stored):
                self.tell(line)
                self._show_health()
        finally:
            self.feed.hurry = False

    def action_filter(self) -> None:
        """Type a filter."""
        self._ask("filter", "/", self.browser.query.text, "tenant:acme verb:login* !actor:root since:2h")

    def action_jump(self) -> None:
        """Type a time."""
        self._ask("jump", "jump to", "", ALLOWED)

    def action_pause(self) -> None:
        """Pause, or follow."""
        if self.timeline.following:
            self.timeline.pause()
        else:
            self.action_newest()

    def action_move(self, rows: int) -> None:
        """Select another row."""
        self.timeline.move(rows)

    def action_page(self, pages: int) -> None:
        """A screen up or down."""
        self.timeline.page(pages)

    def action_newest(self) -> None:
        """Follow the newest."""
        self._browse(self.browser.newest())

    def action_oldest(self) -> None:
        """To the beginning."""
        self._browse(self.browser.oldest())

    def action_next(self, kind: Kind) -> None:
        """To an older row of a kind."""
        self._browse(self.browser.seek(kind, "older"))

    def action_previous(self, kind: Kind) -> None:
        """To a newer row of a kind."""
        self._browse(self.browser.seek(kind, "newer"))

    def action_pivot(self, field: filters.PivotField) -> None:
        """Only rows like the selected one."""
        event = self._selected()
        if event is not None:
            self._refilter(filters.with_pivot(self.browser.off or self.browser.query, event, field, self._clock()))

    def action_negate(self) -> None:
        """Turn the last term around."""
        self._refilter(filters.with_last_negated(self.browser.off or self.browser.query, self._clock()))

    def action_drop(self) -> None:
        """Take the last term away."""
        self._refilter(filters.without_last(self.browser.off or self.browser.query))

    def action_toggle_filter(self) -> None:
        """All terms off, or on again."""
        off = self.browser.off
        if off is not None:
            self.browser.off = None
            self._open(off)
        elif self.browser.query.terms:
            self.browser.off = self.browser.query
            self._open(EVERYTHING)

    def action_escape(self) -> None:
        """The first of: a search, the detail, the filter."""
        if self.browser.stop_search():
            return
        if self._detail.display:
            self.action_detail()
        elif self.browser.query.terms or self.browser.off is not None:
            self._refilter(EVERYTHING)

    def action_detail(self) -> None:
        """Open or close the selected event."""
        if self._selected() is None and not self._detail.display:
            return
        self._detail.display = not self._detail.display
        self._place_detail()
        if self._detail.display:
            self._show_detail()
        self._focus_place()
        self._show_footer()

    def action_copy(self) -> None:
        """The event's JSON to the terminal's clipboard."""
        event = self._selected()
        if event is None:
            return
        text = copy_text(event)
        if len(text) > _COPY_LIMIT:
            self.tell(f"too large for a terminal's clipboard: {len(text):,} bytes")
            return
        self.app.copy_to_clipboard(text)
        self.tell(f"sent to the terminal: {len(text):,} bytes of JSON (its clipboard has to allow OSC 52)")

    def action_pane(self, name: PaneName) -> None:
        """Open or close a pane."""
        self._pane_chosen = True
        self._dock.toggle(name)
        if self._dock.open is None:
            self._focus_place()

    def action_zone(self) -> None:
        """The next way to show moments."""
        self._zone = self._detail.zone = self._zone.next()
        self.timeline.update(zone=self._zone)
        self._detail.lay_out()
        self._show_all()
        names = {"utc": "UTC", "local": "local time", "relative": "ages"}
        self.tell(f"times as {names[self._zone.mode]}")

    def action_help(self) -> None:
        """All keys."""
        self.app.push_screen(HelpScreen())

    def action_quit(self) -> None:
        """End."""
        self.app.exit(return_code=0)

    # Inside

    def _last_stored(self) -> TickReport | None:
        return self._news.status.last_tick if self._news.status else None

    def _ask(self, kind: str, label: str, text: str, placeholder: str) -> None:
        def fault(typed: str) -> Fault | None:
            if kind == "filter":
                return filters.fault_of(typed, self._clock())
            try:
                parse_jump(typed or "0:00", self._clock(), self._zone)
            except ValueError as error:
                return Fault(str(error))
            return None

        self.query_one("#filter").display = False
        self.query_one(Prompt).ask(kind, label, text, placeholder, fault)
        self._show_footer()

    def _refilter(self, query: Query) -> None:
        self.browser.off = None
        if query != self.browser.query:
            self._open(query)
        self._show_filter()

    def _open(self, query: Query | None) -> None:
        self._browse(self.browser.open(query))

    def _browse(self, moving: Coroutine[Any, Any, None]) -> None:
        self.run_worker(moving, group="browse", exclusive=True)

    def _show_detail(self) -> None:
        event = self._selected()
        self._detail.show(event, None)
        if event is not None:
            self._relate(event)

    @work(exclusive=True, group="related")
    async def _relate(self, event: AuditEvent) -> None:
        try:
            related = await related_to(self._setup.store, event)
        except StoreError as error:
            self.tell(error.message)
            related = Related()
        if self._selected() is event:
            self._detail.show(event, related)

    @work(exclusive=True, group="pane")
    async def _count_pane(self) -> None:
        trouble = await self._panes.count(self._clock())
        if trouble is not None:
            self.tell(trouble)
        self._fill_pane()

    def _place_detail(self) -> None:
        """In the timeline's place, or beside it."""
        self.timeline.display = not (self._detail.display and self.has_class("-narrow"))

    def _focus_place(self) -> None:
        """Keys go to what can be seen."""
        if self._detail.display and self.has_class("-narrow"):
            self._detail.view.focus()
        else:
            self.timeline.focus()
