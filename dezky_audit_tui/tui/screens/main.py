"""The dashboard: it composes the parts and routes their messages and the keys."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Sequence
from pathlib import Path
from typing import Any, ClassVar

from textual import events, on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal

from dezky_audit_tui.errors import StoreError
from dezky_audit_tui.model.cursor import Hole
from dezky_audit_tui.model.event import Row
from dezky_audit_tui.model.report import TickReport
from dezky_audit_tui.store.store import Changes
from dezky_audit_tui.tui.browse import Browser, Kind
from dezky_audit_tui.tui.detail_lines import copy_text
from dezky_audit_tui.tui.fault import Fault
from dezky_audit_tui.tui.feed import Feed, News
from dezky_audit_tui.tui.forcing import force_tick
from dezky_audit_tui.tui.jump import ALLOWED, fault_of_jump, parse_jump
from dezky_audit_tui.tui.keymap import KEYS, Context
from dezky_audit_tui.tui.narrator import Bars, Narrator
from dezky_audit_tui.tui.panes.fill import PaneFiller
from dezky_audit_tui.tui.reader import Reader
from dezky_audit_tui.tui.related import Related, related_to
from dezky_audit_tui.tui.screens.filter_keys import FilterKeys
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

_PROMPTING = ("filter", "jump")
_NOTICE_S = 6.0
_COPY_LIMIT = 64 * 1024
"""Bytes of JSON; terminals drop longer sequences without a word."""


class MainScreen(FilterKeys):
    """Header, filter, timeline and detail, panes, banner, footer."""

    CSS_PATH: ClassVar[str | Path] = "main.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        # What opens the prompt comes first, so that what is typed right behind it goes there.
        Binding(key.keys, key.action, key.label, show=False, priority=key.action in _PROMPTING)
        for key in KEYS
    ]
    AUTO_FOCUS = "#timeline"

    def __init__(self, setup: Setup, supervisor: Supervisor) -> None:
        super().__init__()
        self._setup, self._supervisor = setup, supervisor
        self.clock = setup.clock
        self._bars = Bars(*(LineWidget(id=name) for name in ("header", "filter", "banner", "footer")))
        self.timeline = Timeline(reader := Reader(setup.store), setup.clock, setup.zone, id="timeline")
        self.detail = Detail(setup.clock, setup.zone, id="detail")
        self.dock = PanesDock(id="panes")
        self.prompt = Prompt(id="prompt")
        self._fault = FaultLine(id="fault")
        self.browser = Browser(
            setup.store,
            reader,
            self.timeline,
            tell=self.tell,
            on_change=self._changed,
            aside=lambda counting: self._work(counting, "count", exclusive=True),
        )
        self._narrator = Narrator(setup, supervisor, self.browser, self.timeline, self._bars, lambda: self.size.width)
        self._panes = PaneFiller(setup, self.dock)
        self.feed = Feed(
            setup.store,
            setup.source_name,
            clock=setup.clock,
            on_open=self.browser.open,
            on_changes=self._take,
            on_news=self._hear,
        )
        self._notices = 0
        self._pane_chosen = False
        self._holes: Sequence[Hole] = ()
        self._day = setup.zone.day(setup.clock())

    def compose(self) -> ComposeResult:
        """From top to bottom."""
        yield self._bars.header
        yield self._bars.filter
        yield self.prompt
        yield self._fault
        with Horizontal(id="middle"):
            yield self.timeline
            yield self.detail
        yield self.dock
        yield self._bars.banner
        yield self._bars.footer

    def on_mount(self) -> None:
        """The clock runs."""
        self.set_interval(1.0, self.second)

    def on_resize(self) -> None:
        """Another size: other words fit."""
        self.set_class(self.size.width < WIDE, "-narrow")
        self.set_class(self.size.height >= TALL, "-tall")
        if not self._pane_chosen and (self.size.height >= TALL) != (self.dock.open is not None):
            self.dock.toggle("cursor")
        self._place_detail()
        self.call_after_refresh(self._show_all)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """While something is typed, no key means anything else."""
        return action not in _PROMPTING or not self.prompt.display

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        """A click elsewhere is the end of typing."""
        if event.widget not in self.prompt.query("*"):
            self.prompt.cancel()

    # News

    def second(self) -> None:
        """Once a second: what depends on the time alone."""
        self._narrator.health()
        today = self._narrator.zone.day(self.clock())
        if today != self._day:
            self._day = today
            self.timeline.update()
        elif self._narrator.zone.mode == "relative":
            self.timeline.repaint()
        if self._panes.is_stale(self.clock()):
            self._count_pane()
        self._fill_pane()

    def tell(self, text: str) -> None:
        """A line for the operator, for some seconds, in the footer."""
        self._narrator.notice = text
        self._notices += 1
        turn = self._notices
        self.set_timer(_NOTICE_S, lambda: self._forget(turn))
        self._show_footer()

    def _forget(self, turn: int) -> None:
        if turn == self._notices:
            self._narrator.notice = None
            self._show_footer()

    def _take(self, changes: Changes) -> None:
        self.browser.take(changes)
        if changes.resolved:
            self.browse(self.browser.open())
        self.show_filter()

    def _hear(self, news: News) -> None:
        before, self._narrator.news = self._narrator.news, news
        holes = news.status.state.unread if news.status else ()
        if holes != self._holes or news.sources != before.sources:
            self._holes = holes
            self.timeline.prefixed = len(news.sources) > 1
            self.timeline.update(holes)
        self._narrator.health()
        self.show_filter()
        if news.ticks != before.ticks:
            self._fill_pane()

    # What stands on the lines

    def _show_all(self) -> None:
        self._narrator.health()
        self.show_filter()
        self._show_footer()
        self._fill_pane()

    def _changed(self) -> None:
        self._narrator.health()
        self.show_filter()

    def show_filter(self) -> None:
        """Write the filter line anew."""
        self._narrator.filter()

    def _show_footer(self) -> None:
        context: Context = "timeline" if self.timeline.following else "paused"
        if self.prompt.display or self.detail.display:
            context = "prompt" if self.prompt.display else "detail"
        self._narrator.footer(context)

    def _fill_pane(self) -> None:
        row = self.timeline.selected
        self._panes.fill(self._narrator.facts(), self._narrator.zone, row.event if row is not None else None)

    # Messages of the parts

    @on(Timeline.Moved)
    def _moved(self) -> None:
        self.show_filter()
        self._show_footer()
        if self.detail.display:
            self._show_detail()
        if self.dock.open in ("actions", "tenants"):
            self._fill_pane()

    @on(Timeline.Wanted)
    def _wanted(self, message: Timeline.Wanted) -> None:
        self._work(self.browser.extend(message.end), "pages")

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
        if self._panes.is_stale(self.clock()):
            self._count_pane()

    @on(Prompt.Faulty)
    def _faulty(self, message: Prompt.Faulty) -> None:
        self._fault.tell(message.fault, message.column)

    @on(Prompt.Closed)
    def _prompt_closed(self) -> None:
        self._bars.filter.display = True
        self._focus_place()
        self._show_all()

    @on(Prompt.Answered)
    def _answered(self, message: Prompt.Answered) -> None:
        if message.kind == "filter":
            self.typed_filter(message.text)
        elif message.text.strip():
            self.browse(self.browser.jump(parse_jump(message.text, self.clock(), self._narrator.zone)))

    # Keys

    @work(exclusive=True, group="force")
    async def action_tick(self) -> None:
        """Pull now."""
        self.feed.hurry = True
        try:
            async for line in force_tick(self._supervisor, self._last_stored):
                self.tell(line)
                self._narrator.health()
        finally:
            self.feed.hurry = False

    def action_jump(self) -> None:
        """Type a time."""
        self.ask("jump", "jump to", "", ALLOWED, lambda typed: fault_of_jump(typed, self.clock(), self._narrator.zone))

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
        self.browse(self.browser.newest())

    def action_oldest(self) -> None:
        """To the beginning."""
        self.browse(self.browser.oldest())

    def action_next(self, kind: Kind) -> None:
        """To an older row of a kind."""
        self.browse(self.browser.seek(kind, "older"))

    def action_previous(self, kind: Kind) -> None:
        """To a newer row of a kind."""
        self.browse(self.browser.seek(kind, "newer"))

    def action_escape(self) -> None:
        """The first of: a search, the detail, the filter."""
        if self.browser.stop_search():
            return
        if self.detail.display:
            self.action_detail()
        else:
            self.clear_filter()

    def action_detail(self) -> None:
        """Open or close the selected event."""
        if self.timeline.selected is None and not self.detail.display:
            return
        self.detail.display = not self.detail.display
        self._place_detail()
        if self.detail.display:
            self._show_detail()
        self._focus_place()
        self._show_footer()

    def action_copy(self) -> None:
        """The event's JSON to the terminal's clipboard."""
        row = self.timeline.selected
        if row is None:
            return
        text = copy_text(row.event)
        if len(text) > _COPY_LIMIT:
            self.tell(f"too large for a terminal's clipboard: {len(text):,} bytes")
            return
        self.app.copy_to_clipboard(text)
        self.tell(f"sent to the terminal: {len(text):,} bytes of JSON (its clipboard has to allow OSC 52)")

    def action_pane(self, name: PaneName) -> None:
        """Open or close a pane."""
        self._pane_chosen = True
        self.dock.toggle(name)
        if self.dock.open is None:
            self._focus_place()

    def action_zone(self) -> None:
        """The next way to show moments."""
        zone = self._narrator.zone = self.detail.zone = self._narrator.zone.next()
        self.timeline.update(zone=zone)
        self.detail.lay_out()
        self._show_all()
        names = {"utc": "UTC", "local": "local time", "relative": "ages"}
        self.tell(f"times as {names[zone.mode]}")

    def action_help(self) -> None:
        """All keys."""
        self.app.push_screen(HelpScreen())

    def action_quit(self) -> None:
        """End."""
        self.app.exit(return_code=0)

    # Inside

    def browse(self, moving: Coroutine[Any, Any, None]) -> None:
        """Run one move of the browser; it ends the one before it."""
        self._work(moving, "browse", exclusive=True)

    def ask(self, kind: str, label: str, text: str, placeholder: str, check: Callable[[str], Fault | None]) -> None:
        """Open the prompt in the place of the filter line."""
        self._bars.filter.display = False
        self.prompt.ask(kind, label, text, placeholder, check)
        self._show_footer()

    def _last_stored(self) -> TickReport | None:
        status = self._narrator.news.status
        return status.last_tick if status is not None else None

    def _work(self, work: Coroutine[Any, Any, None], group: str, *, exclusive: bool = False) -> None:
        self.run_worker(self._guarded(work), group=group, exclusive=exclusive)

    async def _guarded(self, work: Coroutine[Any, Any, None]) -> None:
        """What the store does not give is said; the feed finds out by itself when it is back."""
        try:
            await work
        except StoreError as error:
            self.tell(error.message)

    def _show_detail(self) -> None:
        row = self.timeline.selected
        self.detail.show(row.event if row is not None else None, None)
        if row is not None:
            self._relate(row)

    @work(exclusive=True, group="related")
    async def _relate(self, row: Row) -> None:
        try:
            related = await related_to(self._setup.store, row.event)
        except StoreError as error:
            self.tell(error.message)
            related = Related()
        here = self.timeline.selected
        if here is not None and here.position == row.position:
            self.detail.show(here.event, related)

    @work(exclusive=True, group="pane")
    async def _count_pane(self) -> None:
        trouble = await self._panes.count(self.clock())
        if trouble is not None:
            self.tell(trouble)
        self._fill_pane()

    def _place_detail(self) -> None:
        """In the timeline's place, or beside it."""
        self.timeline.display = not (self.detail.display and self.has_class("-narrow"))

    def _focus_place(self) -> None:
        """Keys go to what can be seen."""
        if self.detail.display and self.has_class("-narrow"):
            self.detail.view.focus()
        else:
            self.timeline.focus()
